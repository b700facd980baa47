/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -icount: guest time is the number of instructions executed, so that a guest that nothing
 * reaches from outside does the same thing at the same time in every run.
 *
 * All vCPUs run in one thread, one after the other (accel/tcg/tcg-rr.c). It gives a vCPU a
 * budget of instructions, which ends where the next timer is due, and runs the timers of
 * the main loop itself.
 */
#ifndef SYSTEM_ICOUNT_H
#define SYSTEM_ICOUNT_H

#include "hw/core/cpu.h"

#define ICOUNT_MAX_SHIFT  10
#define ICOUNT_AUTO_SHIFT 3 /* that shift=auto begins with */

typedef struct IcountConfig {
    bool on;
    bool adaptive; /* shift=auto */
    int shift;     /* an instruction takes 2^shift ns */
    bool sleep;    /* while all vCPUs are halted, time goes on with the host's; else it jumps */
    bool align;    /* the guest waits for the host's clock */
} IcountConfig;

/* Main thread, once, before the accelerator starts. */
void icount_configure(const IcountConfig *config);
/* When vCPUs are about to exist: timers that steer the clock. BQL held. */
void icount_start(void);

/* ns of virtual time. Any thread; in the vCPU's it is exact, in others that of its last look. */
int64_t icount_get_ns(void);
void icount_set_ns(int64_t ns);

/* ---- for the thread that runs the vCPUs ---- */

/* Instructions until the first timer is due; 0: now. */
int64_t icount_until_deadline(void);
/* Gives @cpu @budget instructions; and takes note of how many of them it executed. */
void icount_begin(CPUState *cpu, int64_t budget);
void icount_end(CPUState *cpu);
/* align=on: waits for the host's clock, or says that the guest is late. Without the BQL. */
void icount_align(void);
/*
 * All vCPUs are halted. True: time went to the next deadline. False: sleep, until somebody kicks
 * or icount_idle_over(). @wake is called in the main loop when that is. BQL held.
 */
bool icount_idle_begin(void (*wake)(void));
bool icount_idle_over(void);
/* The sleep has ended, by a deadline that has been reached or otherwise. BQL held. */
void icount_idle_end(void);

/* Lines of `info jit`. */
void icount_describe(GString *buf);

#endif
