/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that spins with PAUSE may be waiting for another vCPU, which may be waiting for this
 * host thread: it yields. A lock in a guest is held for some microseconds at most, unless the
 * host took the processor from the vCPU that holds it, so whoever spins for longer yields.
 *
 * It may as well be a delay loop of the guest, on a host that is busy with something else. There a
 * yield costs a whole time slice, for which the scheduler gives nothing back. So after a yield
 * the vCPU runs for at least as long as that took, and keeps half of its share.
 *
 * Called with the guest's vector state in the host's registers: nothing here may use those.
 */
#include "qemu/osdep.h"
#include <sched.h>
#include "qemu/timer.h"
#include "target/i386/tcg/spin.h"

/* A round of a loop with PAUSE takes that long at most, in ticks of the host. */
#define ROUND_TICKS 1000

void x86_spun(CPUX86State *env)
{
    int64_t now = cpu_get_host_ticks();

    if (now - env->spin.since < (int64_t)X86_SPINS * ROUND_TICKS && now >= env->spin.keep_until) {
        int64_t start = now;

        sched_yield();
        now = cpu_get_host_ticks();
        env->spin.keep_until = now + (now - start);
    }
    env->spin.since = now;
    env->jit_hot.spins = X86_SPINS;
}
