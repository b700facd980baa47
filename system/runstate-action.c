/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -action: what follows a reboot, a shutdown, a panic, an expired watchdog. */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/nearest-name.h"
#include "hw/core/cpu.h"
#include "qapi/qapi-events-run-state.h"
#include "system/cpus.h"
#include "system/runstate-action.h"
#include "runstate-internal.h"

RunActions run_actions = {
    .reboot = REBOOT_ACTION_RESET,
    .shutdown = SHUTDOWN_ACTION_POWEROFF,
    .panic = PANIC_ACTION_SHUTDOWN,
    .watchdog = WATCHDOG_ACTION_RESET,
};

static void (*inject_nmi_hook)(void);

static const char *const reboot_names[] = {"reset", "shutdown", NULL};
static const char *const shutdown_names[] = {"poweroff", "pause", NULL};
static const char *const panic_names[] = {"pause", "shutdown", "exit-failure", "none", NULL};
static const char *const watchdog_names[] = {"reset", "shutdown", "poweroff",   "pause",
                                             "debug", "none",     "inject-nmi", NULL};

static int get_reboot(void)
{
    return run_actions.reboot;
}

static void set_reboot(int action)
{
    run_actions.reboot = action;
}

static int get_shutdown(void)
{
    return run_actions.shutdown;
}

static void set_shutdown(int action)
{
    run_actions.shutdown = action;
}

static int get_panic(void)
{
    return run_actions.panic;
}

static void set_panic(int action)
{
    run_actions.panic = action;
}

static int get_watchdog(void)
{
    return run_actions.watchdog;
}

static void set_watchdog(int action)
{
    run_actions.watchdog = action;
}

static const struct {
    const char *event;
    const char *const *actions; /* in the order of the enumeration */
    int (*get)(void);
    void (*set)(int action);
} events[] = {
    {"reboot", reboot_names, get_reboot, set_reboot},
    {"shutdown", shutdown_names, get_shutdown, set_shutdown},
    {"panic", panic_names, get_panic, set_panic},
    {"watchdog", watchdog_names, get_watchdog, set_watchdog},
};

bool run_action_set(const char *event, const char *action, Error **errp)
{
    ERRP_GUARD();
    NearestName nearest;

    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        const char *const *names = events[i].actions;
        g_autofree char *list = NULL;

        if (!g_str_equal(events[i].event, event)) {
            continue;
        }
        for (int n = 0; names[n]; n++) {
            if (g_str_equal(names[n], action)) {
                events[i].set(n);
                return true;
            }
        }
        list = g_strjoinv(", ", (char **)names);
        error_setg(errp, "%s=%s is not possible; accepted are %s", event, action, list);
        return false;
    }
    error_setg(errp, "there is no event '%s'; there are reboot, shutdown, panic and watchdog",
               event);
    nearest_name_init(&nearest, event);
    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        nearest_name_try(&nearest, events[i].event);
    }
    nearest_name_suggest(&nearest, errp);
    return false;
}

const char *run_action_str(const char *event)
{
    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        if (g_str_equal(events[i].event, event)) {
            return events[i].actions[events[i].get()];
        }
    }
    return NULL;
}

/* ---- panics ---- */

static void log_panic(const GuestPanicInformation *info)
{
    if (!info) {
        return;
    }
    switch (info->type) {
    case GUEST_PANIC_INFORMATION_TYPE_HYPER_V:
        qemu_log_mask(LOG_GUEST_ERROR,
                      "\nHV crash parameters: (%#" PRIx64 " %#" PRIx64 " %#" PRIx64 " %#" PRIx64
                      " %#" PRIx64 ")\n",
                      info->u.hyper_v.arg1, info->u.hyper_v.arg2, info->u.hyper_v.arg3,
                      info->u.hyper_v.arg4, info->u.hyper_v.arg5);
        break;
    case GUEST_PANIC_INFORMATION_TYPE_SEV:
        qemu_log_mask(LOG_GUEST_ERROR, "\nSEV: termination set %" PRIu64 " code %" PRIu64 "\n",
                      info->u.sev.set, info->u.sev.code);
        break;
    case GUEST_PANIC_INFORMATION_TYPE_TDX:
        qemu_log_mask(LOG_GUEST_ERROR, "\nTDX: fatal error %#x: %s\n", info->u.tdx.error_code,
                      info->u.tdx.message ? info->u.tdx.message : "");
        break;
    default: /* no machine of ours tells anything else */
        break;
    }
}

void qemu_system_guest_panicked(GuestPanicInformation *info)
{
    bool pause =
        run_actions.panic == PANIC_ACTION_PAUSE || (run_actions.panic == PANIC_ACTION_SHUTDOWN &&
                                                    run_actions.shutdown == SHUTDOWN_ACTION_PAUSE);

    qemu_log_mask(LOG_GUEST_ERROR, "Guest crashed");
    if (current_cpu) {
        qemu_log_mask(LOG_GUEST_ERROR, " on cpu %d", current_cpu->cpu_index);
        current_cpu->crash_occurred = true;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "\n");

    if (pause) {
        qapi_event_send_guest_panicked(GUEST_PANIC_ACTION_PAUSE, info);
        vm_stop(RUN_STATE_GUEST_PANICKED);
    } else if (run_actions.panic == PANIC_ACTION_NONE) {
        qapi_event_send_guest_panicked(GUEST_PANIC_ACTION_RUN, info);
    } else {
        qapi_event_send_guest_panicked(GUEST_PANIC_ACTION_POWEROFF, info);
        vm_stop(RUN_STATE_GUEST_PANICKED);
        qemu_system_shutdown_request_with_code(
            SHUTDOWN_CAUSE_GUEST_PANIC,
            run_actions.panic == PANIC_ACTION_EXIT_FAILURE ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    log_panic(info);
    qapi_free_GuestPanicInformation(info);
}

void qemu_system_guest_crashloaded(GuestPanicInformation *info)
{
    qemu_log_mask(LOG_GUEST_ERROR, "Guest crash loaded\n");
    qapi_event_send_guest_crashloaded(GUEST_PANIC_ACTION_RUN, info);
    qapi_free_GuestPanicInformation(info);
}

void qemu_system_guest_pvshutdown(void)
{
    qapi_event_send_guest_pvshutdown();
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
}

/* ---- watchdog ---- */

void watchdog_set_nmi_hook(void (*inject_nmi)(void))
{
    inject_nmi_hook = inject_nmi;
}

void watchdog_perform_action(void)
{
    WatchdogAction action = run_actions.watchdog;

    if (action == WATCHDOG_ACTION_PAUSE) {
        /* The event must not be sent before the stop is certain. */
        qemu_system_vmstop_request_prepare();
        qapi_event_send_watchdog(action);
        qemu_system_vmstop_request(RUN_STATE_WATCHDOG);
        return;
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
    case WATCHDOG_ACTION_DEBUG:
        error_report("watchdog: timer fired");
        break;
    case WATCHDOG_ACTION_INJECT_NMI:
        if (inject_nmi_hook) {
            inject_nmi_hook();
        }
        break;
    default:
        break;
    }
}
