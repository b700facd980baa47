/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The I/O APIC, for machines and local APICs. */
#ifndef HW_IOAPIC_H
#define HW_IOAPIC_H

#include "exec/memory.h"

#define IOAPIC_NUM_PINS           24
#define IO_APIC_DEFAULT_ADDRESS   0xfec00000
#define IO_APIC_SECONDARY_ADDRESS (IO_APIC_DEFAULT_ADDRESS + 0x10000)
/* First GSI of the second I/O APIC of machines that have one. */
#define IO_APIC_SECONDARY_IRQBASE 24

#define TYPE_IOAPIC_COMMON        "ioapic-common"
#define TYPE_IOAPIC               "ioapic"
#define TYPE_KVM_IOAPIC           "kvm-ioapic"

typedef struct IOAPICCommonState IOAPICCommonState;

/* A CPU ended the level-triggered interrupt @vector. BQL held. */
void ioapic_eoi_broadcast(int vector);
/* A CPU took the interrupt @vector: it can be told of the next of the kind. BQL held. */
void ioapic_accepted(int vector);

/*
 * Messages go to @as (an interrupt remapper's space) in place of system memory.
 * BQL held.
 */
void ioapic_set_address_space(IOAPICCommonState *s, AddressSpace *as);

#endif
