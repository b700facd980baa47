/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vCPU threads as all accelerators have them: starting, stopping, waking, and
 * where registers are moved between the accelerator and us.
 *
 * A thread that has nothing to do sleeps on its halt_event, without the BQL:
 * whoever wakes it need not have the BQL, and a wake-up cannot fall between its
 * last look and its sleep.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "exec/address-spaces.h"
#include "hw/core/cpu.h"
#include "system/accel-ops.h"
#include "system/cpus.h"
#include "system/runstate.h"

bool enable_cpu_pm;

static const AccelOpsClass *accel_ops;
static void (*debug_stop_hook)(CPUState *cpu);

/* With the BQL: a thread started or ended; a vCPU stopped. */
static QemuCond thread_changed;
static QemuCond vcpu_stopped;

void cpus_register_accel(const AccelOpsClass *ops)
{
    accel_ops = ops;
    cpus_clock_source_changed();
}

const AccelOpsClass *cpus_get_accel_ops(void)
{
    return accel_ops;
}

static void ignore_signal(int sig)
{
    /* Its arrival is what counts: it ends a system call. */
}

void qemu_init_cpu_loop(void)
{
    struct sigaction sa = {.sa_handler = ignore_signal};

    qemu_cond_init(&thread_changed);
    qemu_cond_init(&vcpu_stopped);
    sigaction(SIG_IPI, &sa, NULL);
    cpus_init_clock();
}

/* ---- kicking ---- */

bool qemu_cpu_is_self(CPUState *cpu)
{
    return cpu == current_cpu || (current_cpu && accel_ops && accel_ops->shared_thread);
}

void cpus_kick_thread(CPUState *cpu)
{
    if (!qatomic_read(&cpu->created) || qatomic_xchg(&cpu->thread_kicked, true)) {
        return;
    }
    pthread_kill(cpu->thread->thread, SIG_IPI);
}

void qemu_cpu_kick(CPUState *cpu)
{
    if (accel_ops && accel_ops->kick_vcpu_thread) {
        accel_ops->kick_vcpu_thread(cpu);
    } else {
        cpus_kick_thread(cpu);
    }
    qemu_event_set(&cpu->halt_event);
}

void cpu_exit(CPUState *cpu)
{
    /* What the thread is to find must be there when it sees this. */
    qatomic_store_release(&cpu->exit_request, true);
}

void cpu_interrupt(CPUState *cpu, uint32_t mask)
{
    if (accel_ops && accel_ops->handle_interrupt) {
        accel_ops->handle_interrupt(cpu, mask);
        return;
    }
    cpu_set_interrupt(cpu, mask);
    if (!qemu_cpu_is_self(cpu)) {
        qemu_cpu_kick(cpu);
    }
}

void cpu_reset_interrupt(CPUState *cpu, uint32_t mask)
{
    qatomic_and(&cpu->interrupt_request, ~mask);
}

/* ---- what a thread does when it is not running guest code ---- */

bool cpu_can_run(CPUState *cpu)
{
    return !qatomic_read(&cpu->stop) && !qatomic_read(&cpu->stopped);
}

bool cpu_thread_is_idle(CPUState *cpu)
{
    if (qatomic_read(&cpu->stop) || !cpu_work_list_empty(cpu)) {
        return false;
    }
    if (qatomic_read(&cpu->stopped)) {
        return !qatomic_read(&cpu->unplug);
    }
    if (!cpu->halted || cpu_has_work(cpu)) {
        return false;
    }
    return accel_ops && accel_ops->cpu_thread_is_idle ? accel_ops->cpu_thread_is_idle(cpu) : true;
}

static void stop_this(CPUState *cpu)
{
    qatomic_set(&cpu->stop, false);
    qatomic_set(&cpu->stopped, true);
    qemu_cond_broadcast(&vcpu_stopped);
}

void qemu_wait_io_event_common(CPUState *cpu)
{
    qatomic_set_mb(&cpu->thread_kicked, false);
    if (qatomic_read(&cpu->stop)) {
        stop_this(cpu);
    }
    process_queued_cpu_work(cpu);
}

void cpu_sleep_while(CPUState *cpu, bool (*idle)(CPUState *cpu))
{
    qemu_event_reset(&cpu->halt_event);
    while (idle(cpu)) {
        qemu_event_wait(&cpu->halt_event);
        qemu_event_reset(&cpu->halt_event);
    }
}

void qemu_wait_io_event(CPUState *cpu)
{
    while (cpu_thread_is_idle(cpu)) {
        bql_unlock();
        cpu_sleep_while(cpu, cpu_thread_is_idle);
        bql_lock();
    }
    qemu_wait_io_event_common(cpu);
}

void cpu_thread_signal_created(CPUState *cpu)
{
    qatomic_set(&cpu->thread_id, qemu_get_thread_id());
    qatomic_set(&cpu->created, true);
    qemu_cond_broadcast(&thread_changed);
}

void cpu_thread_signal_destroyed(CPUState *cpu)
{
    qatomic_set(&cpu->created, false);
    qemu_cond_broadcast(&thread_changed);
}

void cpus_set_debug_stop_hook(void (*stopped)(CPUState *cpu))
{
    debug_stop_hook = stopped;
}

void cpu_handle_guest_debug(CPUState *cpu)
{
    if (debug_stop_hook) {
        debug_stop_hook(cpu);
    }
    qemu_system_debug_request();
    qatomic_set(&cpu->stopped, true);
}

/* ---- starting and ending a thread ---- */

void qemu_init_vcpu(CPUState *cpu)
{
    /* Our own bug otherwise: the accelerator is chosen before CPUs are made. */
    g_assert(accel_ops && accel_ops->create_vcpu_thread && bql_locked());
    qatomic_set(&cpu->stopped, true);
    if (!cpu->as) {
        cpu->num_ases = 1;
        cpu_address_space_init(cpu, 0, "cpu-memory",
                               cpu->memory ? cpu->memory : get_system_memory());
    }
    accel_ops->create_vcpu_thread(cpu);
    while (!qatomic_read(&cpu->created)) {
        qemu_cond_wait_bql(&thread_changed);
    }
}

void cpu_remove_sync(CPUState *cpu)
{
    qatomic_set(&cpu->stop, true);
    qatomic_set(&cpu->unplug, true);
    qemu_cpu_kick(cpu);
    if (accel_ops && accel_ops->shared_thread) {
        while (qatomic_read(&cpu->created)) {
            qemu_cond_wait_bql(&thread_changed);
        }
        return;
    }
    bql_unlock();
    qemu_thread_join(cpu->thread);
    bql_lock();
}

/* ---- stopping and resuming ---- */

void cpu_resume(CPUState *cpu)
{
    qatomic_set(&cpu->stop, false);
    qatomic_set(&cpu->stopped, false);
    qemu_cpu_kick(cpu);
}

void cpu_stop_current(void)
{
    CPUState *cpu;

    if (!current_cpu) {
        return;
    }
    CPU_FOREACH (cpu) {
        /* The others that take turns with it would go on for no one knows how long. */
        if (qemu_cpu_is_self(cpu)) {
            qatomic_set(&cpu->stop, true);
            cpu_exit(cpu);
        }
    }
}

static bool all_vcpus_stopped(void)
{
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        if (!qatomic_read(&cpu->stopped)) {
            return false;
        }
    }
    return true;
}

void pause_all_vcpus(void)
{
    CPUState *cpu;

    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, false);
    CPU_FOREACH (cpu) {
        if (qemu_cpu_is_self(cpu)) {
            /* It returns from here and then finds out. */
            stop_this(cpu);
            cpu_exit(cpu);
        } else {
            qatomic_set(&cpu->stop, true);
            qemu_cpu_kick(cpu);
        }
    }
    while (!all_vcpus_stopped()) {
        qemu_cond_wait_bql(&vcpu_stopped);
    }
}

void resume_all_vcpus(void)
{
    CPUState *cpu;

    if (!runstate_is_running()) {
        return;
    }
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, true);
    CPU_FOREACH (cpu) {
        cpu_resume(cpu);
    }
}

/* ---- registers ---- */

void cpu_synchronize_state(CPUState *cpu)
{
    if (accel_ops && accel_ops->synchronize_state) {
        accel_ops->synchronize_state(cpu);
    }
}

void cpu_synchronize_post_reset(CPUState *cpu)
{
    if (accel_ops && accel_ops->synchronize_post_reset) {
        accel_ops->synchronize_post_reset(cpu);
    }
}

void cpu_synchronize_post_init(CPUState *cpu)
{
    if (accel_ops && accel_ops->synchronize_post_init) {
        accel_ops->synchronize_post_init(cpu);
    }
}

void cpu_synchronize_pre_loadvm(CPUState *cpu)
{
    if (accel_ops && accel_ops->synchronize_pre_loadvm) {
        accel_ops->synchronize_pre_loadvm(cpu);
    }
}

#define FOR_ALL_CPUS(name, one)                                                                    \
    void name(void)                                                                                \
    {                                                                                              \
        CPUState *cpu;                                                                             \
                                                                                                   \
        CPU_FOREACH (cpu) {                                                                        \
            one(cpu);                                                                              \
        }                                                                                          \
    }

FOR_ALL_CPUS(cpu_synchronize_all_states, cpu_synchronize_state)
FOR_ALL_CPUS(cpu_synchronize_all_post_reset, cpu_synchronize_post_reset)
FOR_ALL_CPUS(cpu_synchronize_all_post_init, cpu_synchronize_post_init)
FOR_ALL_CPUS(cpu_synchronize_all_pre_loadvm, cpu_synchronize_pre_loadvm)

bool cpus_are_resettable(void)
{
    return accel_ops && accel_ops->cpus_are_resettable ? accel_ops->cpus_are_resettable() : true;
}
