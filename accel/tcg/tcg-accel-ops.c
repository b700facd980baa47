/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vCPU threads under the tcg accelerator: one per vCPU (all in one: tcg-rr.c).
 *
 * A kick sets CPUState.exit_request, which guest code looks at between blocks.
 * The thread clears it, then looks at what it may stand for (stop, work,
 * events): whoever kicks has written that before.
 *
 * A guest whose processors wake each other goes through HLT all the time, so that
 * is done without the BQL, and who slept only briefly looks for a while whether it
 * is needed again before it sleeps.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "accel/tcg/cpu-ops.h"
#include "accel/tcg/tcg-internal.h"
#include "hw/core/cpu.h"
#include "system/accel-ops.h"
#include "system/cpus.h"
#include "system/memory-failure.h"

/* EXCP_YIELD: how long a processor that polls in MWAIT lets others run. */
#define YIELD_US 20

void tcg_handle_exit(CPUState *cpu, int reason)
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
    default:
        break;
    }
}

/* ---- halted ---- */

/* How long to look before sleeping, at most; a sleep that long says that it is not worth it. */
#define POLL_MAX_NS   50000
#define POLL_MIN_NS   5000
#define POLL_LONG_NS  200000
#define POLL_PER_LOOK 20

typedef struct HaltPoll {
    int64_t ns; /* how long to look next time */
} HaltPoll;

/* A kick came within the time that is worth waiting for. Others may have the processor meanwhile.
 */
static bool kicked_soon(CPUState *cpu, int64_t start, int64_t ns)
{
    while (get_clock() - start < ns) {
        for (unsigned i = 0; i < POLL_PER_LOOK; i++) {
            if (qatomic_read(&cpu->exit_request)) {
                return true;
            }
            cpu_relax();
        }
        sched_yield();
    }
    return false;
}

static void sleep_halted(CPUState *cpu, HaltPoll *poll)
{
    int64_t start = get_clock(), slept;

    if (poll->ns && kicked_soon(cpu, start, poll->ns)) {
        return;
    }
    cpu_sleep_while(cpu, cpu_thread_is_idle);
    slept = get_clock() - start;
    if (slept > POLL_LONG_NS) {
        poll->ns = 0;
    } else if (slept < POLL_MAX_NS || poll->ns == 0) {
        poll->ns = CLAMP(poll->ns * 2, POLL_MIN_NS, POLL_MAX_NS);
    }
}

/* ---- the thread ---- */

/* What the BQL is needed for, if not what exec() returned. */
static bool wanted(CPUState *cpu)
{
    return qatomic_read(&cpu->stop) || qatomic_read(&cpu->stopped) || qatomic_read(&cpu->unplug) ||
           !cpu_work_list_empty(cpu);
}

/* Runs guest code, and sleeps when it is halted, until somebody wants something. Without the BQL.
 */
static int run_guest(CPUState *cpu, HaltPoll *poll)
{
    int reason;

    do {
        reason = cpu->cc->tcg_ops->exec(cpu);
        qatomic_set_mb(&cpu->exit_request, false);
        if (reason == EXCP_DEBUG || reason == EXCP_ATOMIC) {
            break;
        }
        if (reason == EXCP_YIELD) {
            g_usleep(YIELD_US);
        } else if (cpu_thread_is_idle(cpu) && !wanted(cpu)) {
            sleep_halted(cpu, poll);
            qatomic_set_mb(&cpu->exit_request, false);
        }
    } while (!wanted(cpu));
    return reason;
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
    HaltPoll poll = {0};

    rcu_register_thread();
    rcu_add_force_rcu_notifier(&rcu.notifier);
    bql_lock();
    current_cpu = cpu;
    ops->thread_init(cpu);
    memory_failure_enter(MEMORY_FAILURE_GUEST);
    cpu_thread_signal_created(cpu);
    do {
        if (cpu_can_run(cpu)) {
            int reason;

            bql_unlock();
            reason = run_guest(cpu, &poll);
            bql_lock();
            tcg_handle_exit(cpu, reason);
        }
        qatomic_set_mb(&cpu->exit_request, false);
        qemu_wait_io_event(cpu);
    } while (!qatomic_read(&cpu->unplug) || cpu_can_run(cpu));

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

static void tcg_ops_init(AccelClass *ac)
{
    if (tcg_single_thread()) {
        tcg_rr_set_ops(ACCEL_OPS_CLASS(object_class_by_name(ACCEL_OPS_NAME("tcg"))));
    }
}

static void tcg_accel_ops_class_init(ObjectClass *oc, const void *data)
{
    AccelOpsClass *ops = ACCEL_OPS_CLASS(oc);

    ops->ops_init = tcg_ops_init;
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
