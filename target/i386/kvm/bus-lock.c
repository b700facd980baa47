/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bus locks of guests. An atomic access across two cache lines, or to memory that is not cached,
 * stops the memory traffic of the whole host while it lasts (SDM 3A, 9.1.2). Processors can leave
 * the guest after one (KVM_CAP_X86_BUS_LOCK_EXIT); who makes more than so many a second waits.
 */
#include "qemu/osdep.h"
#include "kvm-i386.h"
#include "qemu/timer.h"
#include "system/kvm.h"

static int64_t interval; /* ns from one lock to the next */
static int64_t next_due; /* when one is due, by all vCPUs together: atomic */

bool kvm_limit_bus_locks(uint64_t limit, Error **errp)
{
    KVMState *s = kvm_state;
    int ret;

    if (!(kvm_check_extension(s, KVM_CAP_X86_BUS_LOCK_EXIT) & KVM_BUS_LOCK_DETECTION_EXIT)) {
        error_setg(errp,
                   "bus-lock-ratelimit=%" PRIu64
                   ": KVM on this host lacks KVM_CAP_X86_BUS_LOCK_EXIT, or its "
                   "processor does not tell of bus locks",
                   limit);
        return false;
    }
    ret = kvm_vm_enable_cap(s, KVM_CAP_X86_BUS_LOCK_EXIT, KVM_BUS_LOCK_DETECTION_EXIT, 0);
    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_CAP_X86_BUS_LOCK_EXIT", ret);
    }
    interval = MAX(NANOSECONDS_PER_SECOND / limit, 1);
    return true;
}

void kvm_bus_lock_met(void)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_REALTIME), due, seen;

    do {
        seen = qatomic_read(&next_due);
        due = MAX(seen, now);
    } while (qatomic_cmpxchg(&next_due, seen, due + interval) != seen);
    if (due > now) {
        g_usleep((due - now) / 1000);
    }
}
