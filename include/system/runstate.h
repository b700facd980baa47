/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the virtual machine is doing: the run state and who may change it to
 * what; requests to reset, shut down, suspend...; and the main loop that
 * carries them out.
 */
#ifndef SYSTEM_RUNSTATE_H
#define SYSTEM_RUNSTATE_H

#include "qemu/notify.h"
#include "qemu/queue.h"
#include "qapi/qapi-types-run-state.h"

typedef enum WakeupReason {
    QEMU_WAKEUP_REASON_NONE,
    QEMU_WAKEUP_REASON_RTC,
    QEMU_WAKEUP_REASON_PMTIMER,
    QEMU_WAKEUP_REASON_OTHER,
} WakeupReason;

static inline bool shutdown_caused_by_guest(ShutdownCause cause)
{
    return cause >= SHUTDOWN_CAUSE_GUEST_SHUTDOWN && cause <= SHUTDOWN_CAUSE_SUBSYSTEM_RESET;
}

/* ---- the state; main thread or BQL held ---- */

bool runstate_check(RunState state);
RunState runstate_get(void);
/* Moves to @new_state; a transition that is not in the table is our own bug. */
void runstate_set(RunState new_state);
bool runstate_is_running(void);
/* Running, or stopped while the guest is suspended to RAM. */
bool runstate_is_live(RunState state);
bool runstate_needs_reset(void);
/* Is @from -> @to in the table? */
bool runstate_transition_allowed(RunState from, RunState to);
/* Name to state ("paused"); false if there is none. Used when loading a stream. */
bool runstate_from_str(const char *name, RunState *state);
/* The state after which -incoming continues; "globalstate" section. */
bool runstate_store(char *str, size_t size);

/* Stopped while the guest was in S3: that is where it goes on. */
void vm_set_suspended(bool suspended);
bool vm_get_suspended(void);

/* ---- handlers called when the machine starts or stops running ---- */

typedef struct VMChangeStateEntry VMChangeStateEntry;
typedef void VMChangeStateHandler(void *opaque, bool running, RunState state);

/* BQL held. Order: as added when starting, reversed when stopping. */
VMChangeStateEntry *qemu_add_vm_change_state_handler(VMChangeStateHandler *cb, void *opaque);
/* Lower @priority first when starting (a bus before its devices). */
VMChangeStateEntry *qemu_add_vm_change_state_handler_prio(VMChangeStateHandler *cb, void *opaque,
                                                          int priority);
/* @prepare_cb runs before all handlers of a start. */
VMChangeStateEntry *qemu_add_vm_change_state_handler_prio_full(VMChangeStateHandler *cb,
                                                               VMChangeStateHandler *prepare_cb,
                                                               void *opaque, int priority);
/* Priority is the depth of @dev in the tree of buses. */
VMChangeStateEntry *qdev_add_vm_change_state_handler(DeviceState *dev, VMChangeStateHandler *cb,
                                                     void *opaque);
void qemu_del_vm_change_state_handler(VMChangeStateEntry *e);
void vm_state_notify(bool running, RunState state);

/* ---- requests; any thread, carried out by the main loop ---- */

void qemu_system_reset_request(ShutdownCause reason);
void qemu_system_shutdown_request(ShutdownCause reason);
void qemu_system_shutdown_request_with_code(ShutdownCause reason, int exit_code);
/* Guest shut down by itself; always ends as SHUTDOWN_CAUSE_GUEST_SHUTDOWN. */
void qemu_system_powerdown_request(void);
void qemu_system_debug_request(void);
void qemu_system_vmstop_request(RunState state);
/* For a signal handler or a vCPU thread: split in two so that the wake-up comes last. */
void qemu_system_vmstop_request_prepare(void);
/* Async-signal-safe: SIGINT, SIGTERM, SIGHUP from @pid. */
void qemu_system_killed(int signal, pid_t pid);
/* S3: stop and wait for a wake-up. */
void qemu_system_suspend_request(void);
void qemu_system_wakeup_request(WakeupReason reason, Error **errp);
void qemu_system_wakeup_enable(WakeupReason reason, bool enabled);
void qemu_register_suspend_notifier(Notifier *notifier);
void qemu_register_wakeup_notifier(Notifier *notifier);
void qemu_register_wakeup_support(void);
bool qemu_wakeup_suspend_enabled(void);
void qemu_register_powerdown_notifier(Notifier *notifier);
/* The guest says it crashed; acts as -action panic= says. @info may be NULL, is consumed. BQL held.
 */
void qemu_system_guest_panicked(GuestPanicInformation *info);
void qemu_system_guest_crashloaded(GuestPanicInformation *info);
void qemu_system_guest_pvshutdown(void);
bool qemu_reset_requested_get(void);

/* ---- carrying them out; main thread, BQL held ---- */

/* Runs pending requests; true when the process is to end with *@status. */
bool main_loop_should_exit(int *status);
/* main_loop_wait() until then; returns the exit status. */
int qemu_main_loop(void);
/* Resets the machine now. Sends RESET unless @reason is SHUTDOWN_CAUSE_NONE or SUBSYSTEM_RESET. */
void qemu_system_reset(ShutdownCause reason);

/*
 * What a machine does when it is reset or woken; NULL means qemu_devices_reset().
 * Set by hw/core/machine-board.c.
 */
typedef struct MachineRunHooks {
    void (*reset)(ShutdownCause reason);
    void (*wakeup)(void);
} MachineRunHooks;
void qemu_set_machine_run_hooks(const MachineRunHooks *hooks);

#endif
