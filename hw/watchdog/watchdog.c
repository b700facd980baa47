/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The action that all watchdog devices of the machine take. */
#include "qemu/osdep.h"
#include "hw/nmi.h"
#include "monitor/qmp-event.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "system/runstate.h"
#include "system/watchdog.h"

/* One for the machine, as -action watchdog= and watchdog-set-action have it. */
static WatchdogAction watchdog_action = WATCHDOG_ACTION_RESET;

static const char *const action_names[] = {
    [WATCHDOG_ACTION_RESET] = "reset",           [WATCHDOG_ACTION_SHUTDOWN] = "shutdown",
    [WATCHDOG_ACTION_POWEROFF] = "poweroff",     [WATCHDOG_ACTION_PAUSE] = "pause",
    [WATCHDOG_ACTION_DEBUG] = "debug",           [WATCHDOG_ACTION_NONE] = "none",
    [WATCHDOG_ACTION_INJECT_NMI] = "inject-nmi",
};

WatchdogAction get_watchdog_action(void)
{
    return watchdog_action;
}

void qmp_watchdog_set_action(WatchdogAction action, Error **errp)
{
    watchdog_action = action;
}

bool select_watchdog_action(const char *name, Error **errp)
{
    for (int i = 0; i < ARRAY_SIZE(action_names); i++) {
        if (g_str_equal(name, action_names[i])) {
            watchdog_action = i;
            return true;
        }
    }
    error_setg(errp, "-action watchdog=%s: there is no such action", name);
    error_append_hint(errp, "Actions are reset, shutdown, poweroff, pause, debug, none and "
                            "inject-nmi.\n");
    return false;
}

void watchdog_perform_action(void)
{
    WatchdogAction action = watchdog_action;

    if (action == WATCHDOG_ACTION_PAUSE) {
        /* In a timer callback the machine can't stop at once: prepare before the event is out. */
        qemu_system_vmstop_request_prepare();
    }
    qapi_event_send_watchdog(action);
    switch (action) {
    case WATCHDOG_ACTION_RESET:
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        break;
    case WATCHDOG_ACTION_SHUTDOWN:
        qemu_system_powerdown_request();
        break;
    case WATCHDOG_ACTION_POWEROFF:
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
        break;
    case WATCHDOG_ACTION_PAUSE:
        qemu_system_vmstop_request(RUN_STATE_WATCHDOG);
        break;
    case WATCHDOG_ACTION_DEBUG:
        info_report("watchdog: timer fired");
        break;
    case WATCHDOG_ACTION_NONE:
        break;
    case WATCHDOG_ACTION_INJECT_NMI:
        nmi_monitor_handle(0, NULL);
        break;
    }
}
