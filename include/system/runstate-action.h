/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens when the guest reboots, shuts down, panics, or a watchdog fires. */
#ifndef SYSTEM_RUNSTATE_ACTION_H
#define SYSTEM_RUNSTATE_ACTION_H

#include "qapi/qapi-types-run-state.h"

/* BQL held (or before the machine exists). Defaults: reset, poweroff, shutdown, reset. */
typedef struct RunActions {
    RebootAction reboot;
    ShutdownAction shutdown;
    PanicAction panic;
    WatchdogAction watchdog;
} RunActions;

extern RunActions run_actions;

/*
 * Sets one from its spelling: @event is "reboot", "shutdown", "panic" or
 * "watchdog". The error lists what is accepted.
 */
bool run_action_set(const char *event, const char *action, Error **errp);
const char *run_action_str(const char *event);

/* A watchdog device expired: do what its action says. BQL held. */
void watchdog_perform_action(void);
/* Injects an NMI into all CPUs; the machine provides it (-action watchdog=inject-nmi). */
void watchdog_set_nmi_hook(void (*inject_nmi)(void));

#endif
