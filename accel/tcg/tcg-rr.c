/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thread for all vCPUs, which take turns (-accel tcg,thread=single, and -icount).
 *
 * A turn ends when the vCPU halts, spins (PAUSE), or has had its share: of host time, or of
 * instructions under -icount. There, what ends guest code early without a reason that the guest
 * knows of does not end the turn: otherwise the order in which vCPUs execute would depend on it.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "accel/tcg/cpu-ops.h"
#include "accel/tcg/tcg-internal.h"
#include "system/cpus.h"
#include "system/memory-failure.h"
#include "system/icount.h"

#define TURN_NS    (10 * SCALE_MS)
#define TURN_INSNS 50000

static struct {
    QemuThread thread;
    bool started;
    QemuEvent event;   /* there is something to look at */
    CPUState *current; /* (A) whose turn it is */
    QEMUTimer *turn;   /* (B) ends it, where there are several vCPUs and no -icount */
} rr;

static void leave_guest_code(void)
{
    CPUState *cpu = qatomic_read(&rr.current);

    if (cpu) {
        cpu_exit(cpu);
    }
}

static void wake(void)
{
    leave_guest_code();
    qemu_event_set(&rr.event);
}

static void rr_kick(CPUState *cpu)
{
    wake();
}

/* A timer became the first: the budget of whose turn it is may be too long now. */
static void rr_deadline_changed(void)
{
    if (!current_cpu) {
        wake();
    } else if (current_cpu->running) {
        cpu_exit(current_cpu);
    }
}

static void turn_is_over(void *opaque)
{
    leave_guest_code();
    timer_mod(rr.turn, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + TURN_NS);
}

/* ---- a turn ---- */

static bool several(void)
{
    return first_cpu && CPU_NEXT(first_cpu);
}

/* What is due in the main loop's list runs here; other loops are told. */
static void run_due_timers(void)
{
    if (qemu_clock_expired(QEMU_CLOCK_VIRTUAL)) {
        qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
        if (qemu_clock_expired(QEMU_CLOCK_VIRTUAL)) {
            qemu_clock_notify(QEMU_CLOCK_VIRTUAL);
        }
    }
}

/* Runs @cpu once, without the BQL; returns how many instructions, if they are counted. */
static int64_t run_once(CPUState *cpu, int64_t most, int *reason)
{
    int64_t budget = 0, ran = 0;

    if (icount_enabled()) {
        run_due_timers();
        budget = MIN(icount_until_deadline(), most);
        icount_begin(cpu, budget);
    }
    bql_unlock();
    *reason = cpu->cc->tcg_ops->exec(cpu);
    if (icount_enabled()) {
        ran = budget - cpu->icount_left;
        icount_end(cpu);
        icount_align();
    }
    bql_lock();
    qatomic_set_mb(&cpu->exit_request, false);
    if (*reason == EXCP_ATOMIC && icount_enabled()) {
        icount_begin(cpu, 1);
        tcg_handle_exit(cpu, *reason);
        ran += 1 - cpu->icount_left;
        icount_end(cpu);
    } else {
        tcg_handle_exit(cpu, *reason);
    }
    return ran;
}

static void take_turn(CPUState *cpu)
{
    int64_t left = several() ? TURN_INSNS : INT64_MAX;
    int reason;

    do {
        left -= run_once(cpu, left, &reason);
        qemu_wait_io_event_common(cpu);
    } while (icount_enabled() && left > 0 && cpu_can_run(cpu) &&
             (reason == EXCP_INTERRUPT || reason == EXCP_ATOMIC));
}

/* ---- rounds ---- */

/* A vCPU that has been made, or is to go: creators and removers wait for this. */
static void admit_or_retire(CPUState *cpu)
{
    if (!cpu->created && !cpu->unplug) {
        current_cpu = cpu;
        cpu->cc->tcg_ops->thread_init(cpu);
        memory_failure_enter(MEMORY_FAILURE_GUEST);
        cpu_thread_signal_created(cpu);
    } else if (cpu->created && cpu->unplug && !cpu_can_run(cpu)) {
        cpu_thread_signal_destroyed(cpu);
    }
}

static void play_round(void)
{
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        admit_or_retire(cpu);
        if (!cpu->created) {
            continue;
        }
        current_cpu = cpu;
        qatomic_set_mb(&rr.current, cpu);
        if (cpu_can_run(cpu) && !cpu_thread_is_idle(cpu)) {
            take_turn(cpu);
        } else {
            qemu_wait_io_event_common(cpu);
        }
        qatomic_set(&rr.current, NULL);
    }
}

static bool nothing_to_do(void)
{
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        bool waits_for_us = cpu->created ? cpu->unplug : !cpu->unplug;

        if (waits_for_us || (cpu->created && !cpu_thread_is_idle(cpu))) {
            return false;
        }
    }
    return true;
}

static void sleep_until_kicked(void)
{
    if (icount_enabled() && icount_idle_begin(wake)) {
        run_due_timers();
        if (nothing_to_do()) {
            /* Timers that wake no vCPU may go on for ever; others want the BQL, too. */
            bql_unlock();
            g_usleep(1);
            bql_lock();
            current_cpu = first_cpu;
        }
        return;
    }
    for (;;) {
        qemu_event_reset(&rr.event);
        if (!nothing_to_do() || (icount_enabled() && icount_idle_over())) {
            break;
        }
        bql_unlock();
        qemu_event_wait(&rr.event);
        bql_lock();
        current_cpu = first_cpu; /* the last one may have gone */
    }
    if (icount_enabled()) {
        icount_idle_end();
        run_due_timers();
    }
}

static void force_rcu(Notifier *notifier, void *data)
{
    leave_guest_code();
}

static void *rr_thread(void *arg)
{
    Notifier rcu = {.notify = force_rcu};

    rcu_register_thread();
    rcu_add_force_rcu_notifier(&rcu);
    bql_lock();
    for (;;) {
        play_round();
        if (nothing_to_do()) {
            sleep_until_kicked();
        }
    }
    return NULL;
}

static void rr_create_vcpu(CPUState *cpu)
{
    if (!rr.started) {
        rr.started = true;
        qemu_event_init(&rr.event, false);
        if (icount_enabled()) {
            icount_start();
        }
        qemu_thread_create(&rr.thread, "ALL CPUs/TCG", rr_thread, NULL, QEMU_THREAD_DETACHED);
    }
    if (!icount_enabled() && !rr.turn && several()) {
        rr.turn = timer_new_ns(QEMU_CLOCK_VIRTUAL, turn_is_over, NULL);
        timer_mod(rr.turn, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + TURN_NS);
    }
    wake();
}

void tcg_rr_set_ops(AccelOpsClass *ops)
{
    ops->create_vcpu_thread = rr_create_vcpu;
    ops->kick_vcpu_thread = rr_kick;
    ops->shared_thread = true;
    if (icount_enabled()) {
        ops->get_virtual_clock = icount_get_ns;
        ops->set_virtual_clock = icount_set_ns;
        ops->get_elapsed_ticks = icount_get_ns;
        ops->virtual_deadline_changed = rr_deadline_changed;
    }
}
