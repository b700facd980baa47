/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 8254 interval timer, for machines and for what is wired to it. */
#ifndef HW_I8254_H
#define HW_I8254_H

#include "hw/isa/isa.h"
#include "hw/qdev-properties.h"

#define PIT_FREQ        1193182

#define TYPE_PIT_COMMON "pit-common"
#define TYPE_I8254      "isa-pit"
#define TYPE_KVM_I8254  "kvm-pit"

typedef struct PITCommonState PITCommonState;

/* What the speaker port needs to know about a channel. */
typedef struct PITChannelInfo {
    int gate;
    int mode;
    int initial_count;
    int out;
} PITChannelInfo;

/* Big lock held, all of these. */

/* The timer at ports @base to @base + 3; channel 0 goes to ISA line @isa_irq (-1: to @alt_irq). */
ISADevice *i8254_pit_init(ISABus *bus, int base, int isa_irq, qemu_irq alt_irq);
ISADevice *kvm_pit_init(ISABus *bus, int base);

void pit_set_gate(PITCommonState *pit, int channel, int val);
void pit_get_channel_info(PITCommonState *pit, int channel, PITChannelInfo *info);

#endif
