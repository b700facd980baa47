/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to reset, shut down, suspend, wake, stop: anyone may make them, the
 * main loop carries them out between two rounds.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "hw/core/cpu.h"
#include "qapi/qapi-events-run-state.h"
#include "system/cpus.h"
#include "system/reset.h"
#include "system/runstate-action.h"
#include "runstate-internal.h"

/*
 * Written by any thread or signal handler, taken by the main loop. The flag of a
 * request is written last, before the loop is woken.
 */
static struct {
    int reset;    /* ShutdownCause */
    int shutdown; /* ShutdownCause */
    int shutdown_exit_code;
    int shutdown_signal;
    pid_t shutdown_pid;
    int powerdown;
    int debug;
    int suspend;
    int wakeup; /* WakeupReason */
} requests;

static QemuMutex vmstop_lock;
static RunState vmstop_requested = RUN_STATE__MAX; /* under vmstop_lock */

static NotifierList suspend_notifiers = NOTIFIER_LIST_INITIALIZER(suspend_notifiers);
static NotifierList wakeup_notifiers = NOTIFIER_LIST_INITIALIZER(wakeup_notifiers);
static NotifierList powerdown_notifiers = NOTIFIER_LIST_INITIALIZER(powerdown_notifiers);
static NotifierList shutdown_notifiers = NOTIFIER_LIST_INITIALIZER(shutdown_notifiers);
static uint32_t wakeup_reason_mask = ~(1u << QEMU_WAKEUP_REASON_NONE);
static bool wakeup_suspend_enabled;
static const MachineRunHooks *machine_hooks;

static void __attribute__((constructor)) requests_init(void)
{
    qemu_mutex_init(&vmstop_lock);
}

void qemu_set_machine_run_hooks(const MachineRunHooks *hooks)
{
    machine_hooks = hooks;
}

/* ---- making requests ---- */

void qemu_system_reset_request(ShutdownCause reason)
{
    if (run_actions.reboot == REBOOT_ACTION_SHUTDOWN && reason != SHUTDOWN_CAUSE_SUBSYSTEM_RESET) {
        qatomic_set(&requests.shutdown, reason);
    } else if (!cpus_are_resettable()) {
        error_report("cpus are not resettable, terminating");
        qatomic_set(&requests.shutdown, reason);
    } else {
        qatomic_set(&requests.reset, reason);
    }
    cpu_stop_current();
    qemu_notify_event();
}

void qemu_system_shutdown_request(ShutdownCause reason)
{
    qatomic_set(&requests.shutdown, reason);
    /* A guest that switches itself off executes nothing after that. */
    cpu_stop_current();
    qemu_notify_event();
}

void qemu_system_shutdown_request_with_code(ShutdownCause reason, int exit_code)
{
    qatomic_set(&requests.shutdown_exit_code, exit_code);
    qemu_system_shutdown_request(reason);
}

void qemu_system_killed(int signal, pid_t pid)
{
    requests.shutdown_signal = signal;
    requests.shutdown_pid = pid;
    /* Whoever sends a signal wants the process to end, not to pause. */
    run_actions.shutdown = SHUTDOWN_ACTION_POWEROFF;
    smp_wmb();
    qatomic_set(&requests.shutdown, SHUTDOWN_CAUSE_HOST_SIGNAL);
    qemu_ask_to_end();
}

void qemu_system_powerdown_request(void)
{
    qatomic_set(&requests.powerdown, 1);
    qemu_notify_event();
}

void qemu_system_debug_request(void)
{
    qatomic_set(&requests.debug, 1);
    qemu_notify_event();
}

void qemu_system_vmstop_request_prepare(void)
{
    qemu_mutex_lock(&vmstop_lock);
}

void qemu_system_vmstop_request(RunState state)
{
    vmstop_requested = state;
    qemu_mutex_unlock(&vmstop_lock);
    qemu_notify_event();
}

bool runstate_take_vmstop_request(RunState *state)
{
    qemu_mutex_lock(&vmstop_lock);
    *state = vmstop_requested;
    vmstop_requested = RUN_STATE__MAX;
    qemu_mutex_unlock(&vmstop_lock);
    return *state < RUN_STATE__MAX;
}

void qemu_system_suspend_request(void)
{
    if (runstate_check(RUN_STATE_SUSPENDED)) {
        return;
    }
    qatomic_set(&requests.suspend, 1);
    cpu_stop_current();
    qemu_notify_event();
}

void qemu_system_wakeup_request(WakeupReason reason, Error **errp)
{
    if (!runstate_check(RUN_STATE_SUSPENDED)) {
        error_setg(errp, "Unable to wake up: guest is not in suspended state");
        return;
    }
    if (!(wakeup_reason_mask & (1u << reason))) {
        return;
    }
    runstate_set(RUN_STATE_RUNNING);
    qatomic_set(&requests.wakeup, reason);
    qemu_notify_event();
}

void qemu_system_wakeup_enable(WakeupReason reason, bool enabled)
{
    if (enabled) {
        wakeup_reason_mask |= 1u << reason;
    } else {
        wakeup_reason_mask &= ~(1u << reason);
    }
}

void qemu_register_suspend_notifier(Notifier *notifier)
{
    notifier_list_add(&suspend_notifiers, notifier);
}

void qemu_register_wakeup_notifier(Notifier *notifier)
{
    notifier_list_add(&wakeup_notifiers, notifier);
}

void qemu_register_powerdown_notifier(Notifier *notifier)
{
    notifier_list_add(&powerdown_notifiers, notifier);
}

void qemu_register_wakeup_support(void)
{
    wakeup_suspend_enabled = true;
}

bool qemu_wakeup_suspend_enabled(void)
{
    return wakeup_suspend_enabled;
}

bool qemu_reset_requested_get(void)
{
    return qatomic_read(&requests.reset);
}

/* ---- carrying them out ---- */

void qemu_system_reset(ShutdownCause reason)
{
    cpu_synchronize_all_states();
    if (machine_hooks) {
        machine_hooks->reset(reason);
    }
    switch (reason) {
    case SHUTDOWN_CAUSE_NONE:
    case SHUTDOWN_CAUSE_SUBSYSTEM_RESET:
    case SHUTDOWN_CAUSE_SNAPSHOT_LOAD:
        break;
    default:
        qapi_event_send_reset(shutdown_caused_by_guest(reason), reason);
    }
    cpu_synchronize_all_post_reset();
    vm_set_suspended(false);
}

static void do_suspend(void)
{
    pause_all_vcpus();
    notifier_list_notify(&suspend_notifiers, NULL);
    runstate_set(RUN_STATE_SUSPENDED);
    qapi_event_send_suspend();
}

static void do_wakeup(WakeupReason reason)
{
    pause_all_vcpus();
    cpu_synchronize_all_states();
    if (machine_hooks) {
        machine_hooks->wakeup();
    }
    cpu_synchronize_all_post_reset();
    notifier_list_notify(&wakeup_notifiers, &reason);
    resume_all_vcpus();
    qapi_event_send_wakeup();
}

static void do_reset(ShutdownCause reason)
{
    pause_all_vcpus();
    qemu_system_reset(reason);
    resume_all_vcpus();
    /* What was stopped by an error, a panic or at the end may now start afresh. */
    if (!runstate_check(RUN_STATE_RUNNING) && !runstate_check(RUN_STATE_INMIGRATE) &&
        !runstate_check(RUN_STATE_FINISH_MIGRATE)) {
        runstate_set(RUN_STATE_PRELAUNCH);
    }
}

/* The name of the process that sent us a signal, if it still has one. */
static char *process_name(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", pid);
    char *name = NULL;

    return g_file_get_contents(path, &name, NULL, NULL) && *name
               ? name
               : (g_free(name), g_strdup("<unknown process>"));
}

static void report_kill(void)
{
    int signal = requests.shutdown_signal;

    /* Who sent it to the own process has said so: Ctrl-A x. */
    if (!signal || requests.shutdown_pid == getpid()) {
        return;
    }
    if (requests.shutdown_pid == 0) {
        /* From the kernel: Ctrl-C, or the terminal went. */
        error_report("terminating on signal %d", signal);
    } else {
        g_autofree char *name = process_name(requests.shutdown_pid);

        error_report("terminating on signal %d from pid %d (%s)", signal,
                     (int)requests.shutdown_pid, name);
    }
    requests.shutdown_signal = 0;
}

static bool do_shutdown(ShutdownCause reason, int *status)
{
    report_kill();
    qapi_event_send_shutdown(shutdown_caused_by_guest(reason), reason);
    notifier_list_notify(&shutdown_notifiers, &reason);
    if (run_actions.shutdown == SHUTDOWN_ACTION_PAUSE) {
        vm_stop(RUN_STATE_SHUTDOWN);
        return false;
    }
    *status = reason == SHUTDOWN_CAUSE_HOST_ERROR ? EXIT_FAILURE
                                                  : qatomic_read(&requests.shutdown_exit_code);
    return true;
}

bool main_loop_should_exit(int *status)
{
    RunState state;
    int reason;

    if (qatomic_xchg(&requests.debug, 0)) {
        vm_stop(RUN_STATE_DEBUG);
    }
    if (qatomic_xchg(&requests.suspend, 0)) {
        do_suspend();
    }
    reason = qatomic_xchg(&requests.shutdown, SHUTDOWN_CAUSE_NONE);
    if (reason && do_shutdown(reason, status)) {
        return true;
    }
    reason = qatomic_xchg(&requests.reset, SHUTDOWN_CAUSE_NONE);
    if (reason) {
        do_reset(reason);
    }
    reason = qatomic_xchg(&requests.wakeup, QEMU_WAKEUP_REASON_NONE);
    if (reason) {
        do_wakeup(reason);
    }
    if (qatomic_xchg(&requests.powerdown, 0)) {
        qapi_event_send_powerdown();
        notifier_list_notify(&powerdown_notifiers, NULL);
    }
    if (runstate_take_vmstop_request(&state)) {
        vm_stop(state);
    }
    return false;
}

int qemu_main_loop(void)
{
    int status = EXIT_SUCCESS;

    while (!main_loop_should_exit(&status)) {
        main_loop_wait(false);
    }
    return status;
}
