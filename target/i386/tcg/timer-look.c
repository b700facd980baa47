/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests compare the ticks of a timer with the time stamp counter, and find the timer
 * broken when there are too few of them (Linux: "IO-APIC + timer doesn't work!"). The
 * counter goes on with the host's; the ticks are the main loop's work. When the host did not
 * let this process run for a while, the vCPU would see the time that has gone by before the
 * main loop could do anything about it, and when only the main loop has to wait for a processor,
 * the guest waits for its timer as long. So a vCPU that looks at the counter runs
 * overdue timers itself; their interrupts arrive right behind its RDTSC.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "hw/core/cpu.h"
#include "system/cpus.h"
#include "target/i386/tcg/timer-look.h"

/* After so many ticks the main loop may be in the middle of a timer, which left the list. */
#define LONG_WHILE (16 * X86_TIMER_LOOK_TICKS)

void x86_look_at_timers(CPUX86State *env, uint64_t ticks)
{
    uint64_t since = ticks + env->jit_hot.minus_looked;

    /* Instructions that are counted: no timer is late. */
    if (since < X86_TIMER_LOOK_TICKS || icount_enabled()) {
        return;
    }
    env->jit_hot.minus_looked = -ticks;
    if (since >= LONG_WHILE ||
        timerlist_expired(qemu_clock_get_main_loop_timerlist(QEMU_CLOCK_VIRTUAL))) {
        BQL_LOCK_GUARD();
        qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
    }
}
