/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vCPU threads under the tcg accelerator: one per vCPU.
 *
 * A kick sets CPUState.exit_request, which guest code looks at between blocks.
 * The thread clears it, then looks at what it may stand for (stop, work,
 * events): whoever kicks has written that before.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "accel/tcg/cpu-ops.h"
#include "hw/core/cpu.h"
#include "system/accel-ops.h"
#include "system/cpus.h"

/* EXCP_YIELD: how long a processor that polls in MWAIT lets others run. */
#define YIELD_US 20

static void handle_exit(CPUState *cpu, int reason)
{
    switch (reason) {
    case EXCP_DEBUG:
        cpu_handle_guest_debug(cpu);
        break;
    case EXCP_ATOMIC:
        bql_unlock();
        cpu->cc->tcg_ops->exec_atomic(cpu);
        bql_lock();
        break;
    case EXCP_YIELD:
        bql_unlock();
        g_usleep(YIELD_US);
        bql_lock();
        break;
    default:
        break;
    }
}

/* Guest code runs inside an RCU critical section: whoever waits for its end makes us leave it. */
typedef struct VCPURcu {
    Notifier notifier;
    CPUState *cpu;
} VCPURcu;

static void force_rcu(Notifier *notifier, void *data)
{
    cpu_exit(container_of(notifier, VCPURcu, notifier)->cpu);
}

static void *tcg_vcpu_thread(void *arg)
{
    CPUState *cpu = arg;
    const TCGCPUOps *ops = cpu->cc->tcg_ops;
    VCPURcu rcu = {.notifier.notify = force_rcu, .cpu = cpu};

    rcu_register_thread();
    rcu_add_force_rcu_notifier(&rcu.notifier);
    bql_lock();
    current_cpu = cpu;
    ops->thread_init(cpu);
    cpu_thread_signal_created(cpu);
    do {
        if (cpu_can_run(cpu)) {
            int reason;

            bql_unlock();
            reason = ops->exec(cpu);
            bql_lock();
            handle_exit(cpu, reason);
        }
        qatomic_set_mb(&cpu->exit_request, false);
        qemu_wait_io_event(cpu);
    } while (!cpu->unplug || cpu_can_run(cpu));

    cpu_thread_signal_destroyed(cpu);
    bql_unlock();
    rcu_remove_force_rcu_notifier(&rcu.notifier);
    rcu_unregister_thread();
    return NULL;
}

static void tcg_create_vcpu_thread(CPUState *cpu)
{
    char name[16];

    snprintf(name, sizeof(name), "CPU %d/TCG", cpu->cpu_index);
    cpu->thread = g_new0(QemuThread, 1);
    qemu_thread_create(cpu->thread, name, tcg_vcpu_thread, cpu, QEMU_THREAD_JOINABLE);
}

static void tcg_kick_vcpu_thread(CPUState *cpu)
{
    cpu_exit(cpu);
}

static void tcg_handle_interrupt(CPUState *cpu, uint32_t mask)
{
    cpu_set_interrupt(cpu, mask);
    if (qemu_cpu_is_self(cpu)) {
        cpu_exit(cpu);
    } else {
        qemu_cpu_kick(cpu);
    }
}

static void tcg_memory_map_changed(CPUState *cpu, int asidx)
{
    if (cpu->cc->tcg_ops) {
        cpu->cc->tcg_ops->flush(cpu);
    }
}

static void tcg_cpu_reset_hold(CPUState *cpu)
{
    if (cpu->cc->tcg_ops) {
        cpu->cc->tcg_ops->reset(cpu);
    }
}

/* ---- debugging: breakpoints are looked up by the execution loop ---- */

static bool tcg_supports_guest_debug(void)
{
    return true;
}

static int tcg_update_guest_debug(CPUState *cpu)
{
    cpu->cc->tcg_ops->debug_changed(cpu);
    return 0;
}

/* Types as the remote protocol numbers them: 0, 1 break; 2 write, 3 read, 4 access watch. */
static int watch_flags(int type)
{
    static const int flags[] = {[2] = BP_MEM_WRITE, [3] = BP_MEM_READ, [4] = BP_MEM_ACCESS};

    return BP_GDB | flags[type];
}

static int tcg_insert_breakpoint(CPUState *cs, int type, vaddr addr, vaddr len)
{
    CPUState *cpu;
    int err = 0;

    if (type < 0 || type > 4) {
        return -ENOSYS;
    }
    CPU_FOREACH (cpu) {
        err = type < 2 ? cpu_breakpoint_insert(cpu, addr, BP_GDB, NULL)
                       : cpu_watchpoint_insert(cpu, addr, len, watch_flags(type), NULL);
        if (err) {
            break;
        }
    }
    return err;
}

static int tcg_remove_breakpoint(CPUState *cs, int type, vaddr addr, vaddr len)
{
    CPUState *cpu;
    int err = 0;

    if (type < 0 || type > 4) {
        return -ENOSYS;
    }
    CPU_FOREACH (cpu) {
        err = type < 2 ? cpu_breakpoint_remove(cpu, addr, BP_GDB)
                       : cpu_watchpoint_remove(cpu, addr, len, watch_flags(type));
        if (err) {
            break;
        }
    }
    return err;
}

static void tcg_remove_all_breakpoints(CPUState *cs)
{
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        cpu_breakpoint_remove_all(cpu, BP_GDB);
        cpu_watchpoint_remove_all(cpu, BP_GDB);
    }
}

static void tcg_accel_ops_class_init(ObjectClass *oc, const void *data)
{
    AccelOpsClass *ops = ACCEL_OPS_CLASS(oc);

    ops->create_vcpu_thread = tcg_create_vcpu_thread;
    ops->kick_vcpu_thread = tcg_kick_vcpu_thread;
    ops->handle_interrupt = tcg_handle_interrupt;
    ops->memory_map_changed = tcg_memory_map_changed;
    ops->cpu_reset_hold = tcg_cpu_reset_hold;
    ops->supports_guest_debug = tcg_supports_guest_debug;
    ops->update_guest_debug = tcg_update_guest_debug;
    ops->insert_breakpoint = tcg_insert_breakpoint;
    ops->remove_breakpoint = tcg_remove_breakpoint;
    ops->remove_all_breakpoints = tcg_remove_all_breakpoints;
}

static const TypeInfo tcg_accel_ops_type = {
    .name = ACCEL_OPS_NAME("tcg"),
    .parent = TYPE_ACCEL_OPS,
    .class_init = tcg_accel_ops_class_init,
    .abstract = true,
};

static void register_tcg_accel_ops(void)
{
    type_register_static(&tcg_accel_ops_type);
}

type_init(register_tcg_accel_ops)
