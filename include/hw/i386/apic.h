/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC as CPUs, interrupt controllers and MSI sources see it. BQL
 * held for everything here; @dev is CPUX86State.apic_state, and NULL (a CPU
 * without APIC) is allowed everywhere.
 */
#ifndef HW_I386_APIC_H
#define HW_I386_APIC_H

#include "exec/hwaddr.h"
#include "hw/qdev-core.h"

#define APIC_DEFAULT_ADDRESS 0xfee00000u
#define APIC_SPACE_SIZE      0x100000u
#define MAX_APICS            4096 /* highest APIC id plus 1 */

/* ---- what the CPU does ---- */

/* Vector of the interrupt to take now, moved from IRR to ISR; -1: none of the APIC's own. */
int apic_get_interrupt(DeviceState *dev);
/* Nonzero if LINT0 passes the PIC's interrupts (or there is no enabled APIC). */
int apic_accept_pic_intr(DeviceState *dev);
/* Vector waiting above the processor priority: > 0; nothing: 0; masked by priority: -1. */
int apic_irq_pending(DeviceState *dev);
/* Looks again whether there is an interrupt to signal to the CPU. */
void apic_poll_irq(DeviceState *dev);

/* MSR 1BH. set: negative if the transition is not allowed (#GP). */
int cpu_set_apic_base(DeviceState *dev, uint64_t val);
uint64_t cpu_get_apic_base(DeviceState *dev);
bool cpu_is_apic_enabled(DeviceState *dev);
bool is_x2apic_mode(DeviceState *dev);

/* Task priority as CR8 has it: bits 7:4 of the TPR. */
void cpu_set_apic_tpr(DeviceState *dev, uint8_t val);
uint8_t cpu_get_apic_tpr(DeviceState *dev);

/* MSRs 800H + @index in x2APIC mode; negative: #GP. */
int apic_msr_read(DeviceState *dev, int index, uint64_t *val);
int apic_msr_write(DeviceState *dev, int index, uint64_t val);

/* MSR 6E0H: guest TSC value of the next interrupt, 0 when disarmed. */
void apic_set_tsc_deadline(DeviceState *dev, uint64_t val);
uint64_t apic_get_tsc_deadline(DeviceState *dev);

void apic_init_reset(DeviceState *dev);
/* The CPU takes the SIPI that it was signalled. vCPU thread. */
void apic_sipi(DeviceState *dev);
void apic_designate_bsp(DeviceState *dev, bool bsp);
bool apic_is_bsp(DeviceState *dev);

/* ---- interrupt sources ---- */

/* Level of the PIC's output at LINT0. */
void apic_deliver_pic_intr(DeviceState *dev, int level);
/* An NMI at LINT1. */
void apic_deliver_nmi(DeviceState *dev);
/*
 * A message on the system bus (SDM vol. 3, 11.6): @dest as an xAPIC (8 bits) or
 * x2APIC id, @delivery_mode and @trigger_mode as in the ICR.
 */
void apic_deliver_irq(uint32_t dest, uint8_t dest_mode, uint8_t delivery_mode, uint8_t vector,
                      uint8_t trigger_mode);
/* A write of @data to the MSI address @addr (0xfeexxxxx, upper half: extended destination). */
void apic_deliver_msi(uint64_t addr, uint32_t data);

/* ---- the monitor ---- */

typedef struct APICCommonState APICCommonState;
/* The APIC of @cpu_index's CPU for `info lapic`; NULL if it has none. */
char *apic_dump(DeviceState *dev, int cpu_index);

#endif
