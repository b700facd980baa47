/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The run state, the table of its transitions, and those who follow it. */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "hw/qdev-core.h"
#include "migration/vmstate.h"
#include "runstate-internal.h"

static RunState current_run_state = RUN_STATE_PRELAUNCH;

#define S(x) (1u << RUN_STATE_##x)

/* From each state, those it may change to. */
static const uint32_t allowed[RUN_STATE__MAX] = {
    [RUN_STATE_PRELAUNCH] =
        S(INMIGRATE) | S(RUNNING) | S(FINISH_MIGRATE) | S(PAUSED) | S(SUSPENDED) | S(RESTORE_VM),
    [RUN_STATE_DEBUG] = S(RUNNING) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(SUSPENDED),
    [RUN_STATE_INMIGRATE] = S(INTERNAL_ERROR) | S(IO_ERROR) | S(PAUSED) | S(RUNNING) | S(SHUTDOWN) |
                            S(SUSPENDED) | S(WATCHDOG) | S(GUEST_PANICKED) | S(FINISH_MIGRATE) |
                            S(PRELAUNCH) | S(POSTMIGRATE) | S(COLO),
    [RUN_STATE_INTERNAL_ERROR] = S(PAUSED) | S(FINISH_MIGRATE) | S(PRELAUNCH),
    [RUN_STATE_IO_ERROR] = S(RUNNING) | S(FINISH_MIGRATE) | S(PRELAUNCH),
    [RUN_STATE_PAUSED] =
        S(RUNNING) | S(FINISH_MIGRATE) | S(POSTMIGRATE) | S(PRELAUNCH) | S(COLO) | S(SUSPENDED),
    [RUN_STATE_POSTMIGRATE] =
        S(RUNNING) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(PAUSED) | S(SUSPENDED),
    [RUN_STATE_FINISH_MIGRATE] = S(RUNNING) | S(PAUSED) | S(POSTMIGRATE) | S(PRELAUNCH) | S(COLO) |
                                 S(INTERNAL_ERROR) | S(IO_ERROR) | S(SHUTDOWN) | S(SUSPENDED) |
                                 S(WATCHDOG) | S(GUEST_PANICKED),
    [RUN_STATE_RESTORE_VM] = S(RUNNING) | S(PRELAUNCH) | S(PAUSED) | S(SUSPENDED),
    [RUN_STATE_COLO] = S(RUNNING) | S(PRELAUNCH) | S(SHUTDOWN) | S(SUSPENDED),
    [RUN_STATE_RUNNING] = S(DEBUG) | S(INTERNAL_ERROR) | S(IO_ERROR) | S(PAUSED) |
                          S(FINISH_MIGRATE) | S(RESTORE_VM) | S(SAVE_VM) | S(SHUTDOWN) |
                          S(WATCHDOG) | S(GUEST_PANICKED) | S(COLO) | S(SUSPENDED) | S(PRELAUNCH),
    [RUN_STATE_SAVE_VM] = S(RUNNING) | S(SUSPENDED) | S(PAUSED),
    [RUN_STATE_SHUTDOWN] =
        S(PAUSED) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(COLO) | S(SUSPENDED) | S(RUNNING),
    [RUN_STATE_SUSPENDED] = S(RUNNING) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(COLO) | S(PAUSED) |
                            S(SAVE_VM) | S(RESTORE_VM) | S(SHUTDOWN) | S(DEBUG) |
                            S(INTERNAL_ERROR) | S(IO_ERROR) | S(WATCHDOG) | S(GUEST_PANICKED),
    [RUN_STATE_WATCHDOG] =
        S(RUNNING) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(COLO) | S(SUSPENDED) | S(PAUSED),
    [RUN_STATE_GUEST_PANICKED] =
        S(RUNNING) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(SUSPENDED) | S(PAUSED),
};

bool runstate_transition_allowed(RunState from, RunState to)
{
    return from < RUN_STATE__MAX && to < RUN_STATE__MAX && (allowed[from] & (1u << to));
}

bool runstate_from_str(const char *name, RunState *state)
{
    int value = qapi_enum_parse(&RunState_lookup, name, -1, NULL);

    if (value >= 0) {
        *state = value;
    }
    return value >= 0;
}

bool runstate_check(RunState state)
{
    return current_run_state == state;
}

RunState runstate_get(void)
{
    return current_run_state;
}

void runstate_set(RunState new_state)
{
    RunState old = current_run_state;

    if (old == new_state) {
        return;
    }
    if (!runstate_transition_allowed(old, new_state)) {
        /* Callers check what others ask for: a wrong one is a mistake of ours. */
        error_report("internal error: run state cannot change from '%s' to '%s'", RunState_str(old),
                     RunState_str(new_state));
        g_return_if_reached();
    }
    qatomic_set(&current_run_state, new_state);
}

bool runstate_is_running(void)
{
    return runstate_check(RUN_STATE_RUNNING);
}

bool runstate_is_live(RunState state)
{
    return state == RUN_STATE_RUNNING || state == RUN_STATE_SUSPENDED;
}

bool runstate_needs_reset(void)
{
    return runstate_check(RUN_STATE_INTERNAL_ERROR) || runstate_check(RUN_STATE_SHUTDOWN);
}

bool runstate_store(char *str, size_t size)
{
    return g_strlcpy(str, RunState_str(current_run_state), size) < size;
}

/* ---- handlers ---- */

struct VMChangeStateEntry {
    VMChangeStateHandler *cb;
    VMChangeStateHandler *prepare_cb;
    void *opaque;
    int priority;
    QTAILQ_ENTRY(VMChangeStateEntry) entries;
};

/* Lowest priority first; of equal ones the oldest. */
static QTAILQ_HEAD(, VMChangeStateEntry) handlers = QTAILQ_HEAD_INITIALIZER(handlers);

VMChangeStateEntry *qemu_add_vm_change_state_handler_prio_full(VMChangeStateHandler *cb,
                                                               VMChangeStateHandler *prepare_cb,
                                                               void *opaque, int priority)
{
    VMChangeStateEntry *e = g_new0(VMChangeStateEntry, 1), *other;

    e->cb = cb;
    e->prepare_cb = prepare_cb;
    e->opaque = opaque;
    e->priority = priority;
    QTAILQ_FOREACH (other, &handlers, entries) {
        if (other->priority > priority) {
            QTAILQ_INSERT_BEFORE(other, e, entries);
            return e;
        }
    }
    QTAILQ_INSERT_TAIL(&handlers, e, entries);
    return e;
}

VMChangeStateEntry *qemu_add_vm_change_state_handler_prio(VMChangeStateHandler *cb, void *opaque,
                                                          int priority)
{
    return qemu_add_vm_change_state_handler_prio_full(cb, NULL, opaque, priority);
}

VMChangeStateEntry *qemu_add_vm_change_state_handler(VMChangeStateHandler *cb, void *opaque)
{
    return qemu_add_vm_change_state_handler_prio(cb, opaque, 0);
}

VMChangeStateEntry *qdev_add_vm_change_state_handler(DeviceState *dev, VMChangeStateHandler *cb,
                                                     void *opaque)
{
    int depth = 0;

    while (dev) {
        BusState *bus = qdev_get_parent_bus(dev);

        dev = bus ? bus->parent : NULL;
        depth += bus != NULL;
    }
    return qemu_add_vm_change_state_handler_prio(cb, opaque, depth);
}

void qemu_del_vm_change_state_handler(VMChangeStateEntry *e)
{
    QTAILQ_REMOVE(&handlers, e, entries);
    g_free(e);
}

void vm_state_notify(bool running, RunState state)
{
    VMChangeStateEntry *e, *next;

    if (running) {
        QTAILQ_FOREACH_SAFE (e, &handlers, entries, next) {
            if (e->prepare_cb) {
                e->prepare_cb(e->opaque, running, state);
            }
        }
        QTAILQ_FOREACH_SAFE (e, &handlers, entries, next) {
            e->cb(e->opaque, running, state);
        }
    } else {
        QTAILQ_FOREACH_REVERSE_SAFE(e, &handlers, entries, next)
        {
            e->cb(e->opaque, running, state);
        }
    }
}
