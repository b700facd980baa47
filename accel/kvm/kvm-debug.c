/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debugging a guest under KVM: software breakpoints are INT3 in its memory,
 * hardware ones are debug registers that the kernel loads (api.rst 4.87).
 */
#include "qemu/osdep.h"
#include "accel/kvm/kvm-int.h"
#include "system/cpus.h"

/* Breakpoint types of the remote protocol. */
enum { GDB_BREAKPOINT_SW, GDB_BREAKPOINT_HW };

/* All software breakpoints: memory is the same for every CPU. BQL. */
static QTAILQ_HEAD(, kvm_sw_breakpoint) sw_breakpoints = QTAILQ_HEAD_INITIALIZER(sw_breakpoints);

struct kvm_sw_breakpoint *kvm_find_sw_breakpoint(CPUState *cpu, vaddr pc)
{
    struct kvm_sw_breakpoint *bp;

    QTAILQ_FOREACH (bp, &sw_breakpoints, entry) {
        if (bp->pc == pc) {
            return bp;
        }
    }
    return NULL;
}

bool kvm_sw_breakpoints_active(CPUState *cpu)
{
    return !QTAILQ_EMPTY(&sw_breakpoints);
}

bool kvm_supports_guest_debug(void)
{
    return kvm_check_extension(kvm_state, KVM_CAP_SET_GUEST_DEBUG);
}

static void set_guest_debug(CPUState *cpu, run_on_cpu_data data)
{
    kvm_vcpu_ioctl(cpu, KVM_SET_GUEST_DEBUG, data.host_ptr);
}

int kvm_update_guest_debug(CPUState *cpu, uint64_t reinject_trap)
{
    struct kvm_guest_debug dbg = {.control = reinject_trap};

    if (cpu->singlestep_enabled) {
        dbg.control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
        if (cpu->singlestep_enabled & SSTEP_NOIRQ) {
            dbg.control |=
                kvm_check_extension(kvm_state, KVM_CAP_SET_GUEST_DEBUG2) & KVM_GUESTDBG_BLOCKIRQ;
        }
    }
    kvm_arch_update_guest_debug(cpu, &dbg);
    run_on_cpu(cpu, set_guest_debug, RUN_ON_CPU_HOST_PTR(&dbg));
    return 0;
}

int kvm_update_guest_debug_ops(CPUState *cpu)
{
    return kvm_update_guest_debug(cpu, 0);
}

static int update_all_cpus(void)
{
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        int ret = kvm_update_guest_debug(cpu, 0);

        if (ret) {
            return ret;
        }
    }
    return 0;
}

int kvm_insert_breakpoint(CPUState *cpu, int type, vaddr addr, vaddr len)
{
    int ret;

    if (type == GDB_BREAKPOINT_SW) {
        struct kvm_sw_breakpoint *bp = kvm_find_sw_breakpoint(cpu, addr);

        if (bp) {
            bp->use_count++;
            return 0;
        }
        bp = g_new0(struct kvm_sw_breakpoint, 1);
        bp->pc = addr;
        bp->use_count = 1;
        ret = kvm_arch_insert_sw_breakpoint(cpu, bp);
        if (ret) {
            g_free(bp);
            return ret;
        }
        QTAILQ_INSERT_HEAD(&sw_breakpoints, bp, entry);
    } else {
        ret = kvm_arch_insert_hw_breakpoint(addr, len, type);
        if (ret) {
            return ret;
        }
    }
    return update_all_cpus();
}

int kvm_remove_breakpoint(CPUState *cpu, int type, vaddr addr, vaddr len)
{
    int ret;

    if (type == GDB_BREAKPOINT_SW) {
        struct kvm_sw_breakpoint *bp = kvm_find_sw_breakpoint(cpu, addr);

        if (!bp) {
            return -ENOENT;
        }
        if (--bp->use_count) {
            return 0;
        }
        ret = kvm_arch_remove_sw_breakpoint(cpu, bp);
        QTAILQ_REMOVE(&sw_breakpoints, bp, entry);
        g_free(bp);
    } else {
        ret = kvm_arch_remove_hw_breakpoint(addr, len, type);
    }
    return ret ? ret : update_all_cpus();
}

void kvm_remove_all_breakpoints(CPUState *cpu)
{
    struct kvm_sw_breakpoint *bp, *next;
    CPUState *any;

    QTAILQ_FOREACH_SAFE (bp, &sw_breakpoints, entry, next) {
        /* Where it was mapped may be gone for this CPU: another may see it. */
        if (kvm_arch_remove_sw_breakpoint(cpu, bp) != 0) {
            CPU_FOREACH (any) {
                if (kvm_arch_remove_sw_breakpoint(any, bp) == 0) {
                    break;
                }
            }
        }
        QTAILQ_REMOVE(&sw_breakpoints, bp, entry);
        g_free(bp);
    }
    kvm_arch_remove_all_hw_breakpoints();
    update_all_cpus();
}
