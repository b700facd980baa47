/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bench for ISA devices: a bus with ports, 16 lines that are watched, and a
 * clock that moves only when told. Devices are driven through their ports, as
 * by a guest.
 */
#ifndef TESTS_UNIT_ISA_RIG_H
#define TESTS_UNIT_ISA_RIG_H

#include "exec/ioport.h"
#include "hw/isa/isa.h"
#include "hw/qdev-properties.h"
#include "qemu/timer.h"

typedef struct IsaRigLine {
    int level;
    unsigned rises;
} IsaRigLine;

typedef struct IsaRig {
    ISABus *bus;
    qemu_irq *irqs;
    IsaRigLine line[ISA_NUM_IRQS];
} IsaRig;

extern IsaRig rig;

/* Once, first in main(): types, memory, main loop, clock at 0. */
void isa_rig_init(void);

/* Moves the virtual clock, running timers at their times. */
void isa_rig_advance_ns(int64_t ns);
/* A host that comes late: the clock jumps, then due timers run once. */
void isa_rig_jump_ns(int64_t ns);
int64_t isa_rig_now(void);

/* Rises of a line since the last call; then it counts from 0. */
unsigned isa_rig_take_rises(int line);

/* A line to hang on any output; its state is in *@line. */
qemu_irq isa_rig_watch(IsaRigLine *line);

#endif
