/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens when a watchdog device of the machine runs out. BQL held for all. */
#ifndef SYSTEM_WATCHDOG_H
#define SYSTEM_WATCHDOG_H

#include "qapi/error.h"
#include "qapi/qapi-types-run-state.h"

/* A watchdog ran out: sends WATCHDOG and does what is set. */
void watchdog_perform_action(void);
WatchdogAction get_watchdog_action(void);
void qmp_watchdog_set_action(WatchdogAction action, Error **errp);
/* By name, as -action watchdog= has it. */
bool select_watchdog_action(const char *name, Error **errp);

#endif
