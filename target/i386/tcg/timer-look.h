/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest that looks at its time stamp counter has had the interrupts until then; see timer-look.c.
 */
#ifndef I386_TCG_TIMER_LOOK_H
#define I386_TCG_TIMER_LOOK_H

#include "target/i386/cpu.h"

/* Ticks of the counter between two looks, a power of 2: about 2 ms. */
#define X86_TIMER_LOOK_TICKS (1ull << 22)

/*
 * RDTSC gives @ticks, plus the guest's offset: if it is a while after the last look, runs the
 * timers of devices that are overdue. Translated code makes the first test itself, with
 * jit_hot.minus_looked, the counter at the last look, negative. The vCPU's thread, without
 * the BQL.
 */
void x86_look_at_timers(CPUX86State *env, uint64_t ticks);

#endif
