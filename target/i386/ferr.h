/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FERR#, IGNNE# and IRQ 13 (PC/AT reporting of x87 exceptions).
 */
#ifndef I386_FERR_H
#define I386_FERR_H

#include "hw/irq.h"
#include "target/i386/cpu.h"

/* The machine's line for FERR# (IRQ 13). Once, at machine creation. */
void x86_register_ferr_irq(qemu_irq irq);

/* A write to port F0h: IGNNE# is active until the exception is cleared; FERR# falls. BQL held. */
void cpu_set_ignne(void);
void cpu_clear_ignne(void);

/* An unmasked x87 exception is reported with CR0.NE clear. vCPU thread. */
void x86_fpu_signal_ferr(CPUX86State *env);

#endif
