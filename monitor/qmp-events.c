/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events to QMP clients: the run state's, and what limits those that a guest can cause at will. */

#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "monitor/qmp-event.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qobject/qjson.h"
#include "system/runstate-action.h"

/* At most one of these a second; of those in between, the last. */
typedef struct RateLimit {
    const char *name;
    QDict *pending;
    QEMUTimer *timer;
} RateLimit;

static RateLimit limits[] = {
    {"RTC_CHANGE"},
    {"WATCHDOG"},
};

static void send_to_all(const QDict *event)
{
    Monitor *mon, *next;

    QTAILQ_FOREACH_SAFE (mon, &monitor_list, entry, next) {
        if (mon->is_qmp) {
            monitor_qmp_send_event(mon, event);
        }
    }
}

static void limit_expired(void *opaque)
{
    RateLimit *limit = opaque;
    g_autoptr(QDict) event = g_steal_pointer(&limit->pending);

    if (event) {
        send_to_all(event);
        timer_mod(limit->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + 1000);
    }
}

static RateLimit *find_limit(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        if (!strcmp(limits[i].name, name)) {
            return &limits[i];
        }
    }
    return NULL;
}

void qmp_event_emit(const char *name, const QDict *data)
{
    int64_t now = g_get_real_time();
    RateLimit *limit = find_limit(name);
    g_autoptr(QDict) event = qdict_from_jsonf_nofail(
        "{'timestamp': {'seconds': %lld, 'microseconds': %lld}, 'event': %s}",
        (long long)(now / 1000000), (long long)(now % 1000000), name);

    if (data) {
        qdict_put_obj(event, "data", QOBJECT(qdict_clone_shallow(data)));
    }
    if (!limit) {
        send_to_all(event);
        return;
    }
    if (!limit->timer) {
        limit->timer = timer_new_ms(QEMU_CLOCK_REALTIME, limit_expired, limit);
    }
    if (timer_pending(limit->timer)) {
        qdict_unref(limit->pending);
        limit->pending = g_steal_pointer(&event);
        return;
    }
    send_to_all(event);
    timer_mod(limit->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + 1000);
}

/* ---- events of the run state ---- */

static void send_cause(const char *name, bool guest, ShutdownCause reason)
{
    g_autoptr(QDict) data =
        qdict_from_jsonf_nofail("{'guest': %i, 'reason': %s}", guest, ShutdownCause_str(reason));

    qmp_event_emit(name, data);
}

static void on_shutdown(bool guest, ShutdownCause reason)
{
    send_cause("SHUTDOWN", guest, reason);
}

static void on_reset(bool guest, ShutdownCause reason)
{
    send_cause("RESET", guest, reason);
}

#define PLAIN_EVENT(fn, name)                                                                      \
    static void fn(void)                                                                           \
    {                                                                                              \
        qmp_event_emit(name, NULL);                                                                \
    }

PLAIN_EVENT(on_powerdown, "POWERDOWN")
PLAIN_EVENT(on_stop, "STOP")
PLAIN_EVENT(on_resume, "RESUME")
PLAIN_EVENT(on_suspend, "SUSPEND")
PLAIN_EVENT(on_suspend_disk, "SUSPEND_DISK")
PLAIN_EVENT(on_wakeup, "WAKEUP")
PLAIN_EVENT(on_pvshutdown, "GUEST_PVSHUTDOWN")

static void on_watchdog(WatchdogAction action)
{
    static const char *const names[] = {
        [WATCHDOG_ACTION_RESET] = "reset",           [WATCHDOG_ACTION_SHUTDOWN] = "shutdown",
        [WATCHDOG_ACTION_POWEROFF] = "poweroff",     [WATCHDOG_ACTION_PAUSE] = "pause",
        [WATCHDOG_ACTION_DEBUG] = "debug",           [WATCHDOG_ACTION_NONE] = "none",
        [WATCHDOG_ACTION_INJECT_NMI] = "inject-nmi",
    };
    g_autoptr(QDict) data = qdict_from_jsonf_nofail("{'action': %s}", names[action]);

    qmp_event_emit("WATCHDOG", data);
}

static QDict *panic_info(const GuestPanicInformation *info)
{
    QDict *dict;

    switch (info->type) {
    case GUEST_PANIC_INFORMATION_TYPE_HYPER_V:
        dict = qdict_from_jsonf_nofail(
            "{'type': 'hyper-v', 'arg1': %llu, 'arg2': %llu, 'arg3': %llu, 'arg4': %llu,"
            " 'arg5': %llu}",
            (unsigned long long)info->u.hyper_v.arg1, (unsigned long long)info->u.hyper_v.arg2,
            (unsigned long long)info->u.hyper_v.arg3, (unsigned long long)info->u.hyper_v.arg4,
            (unsigned long long)info->u.hyper_v.arg5);
        break;
    case GUEST_PANIC_INFORMATION_TYPE_SEV:
        dict = qdict_from_jsonf_nofail("{'type': 'sev', 'set': %llu, 'code': %llu}",
                                       (unsigned long long)info->u.sev.set,
                                       (unsigned long long)info->u.sev.code);
        break;
    default:
        dict = qdict_from_jsonf_nofail("{'type': 'tdx', 'error-code': %u, 'message': %s}",
                                       info->u.tdx.error_code,
                                       info->u.tdx.message ? info->u.tdx.message : "");
        if (info->u.tdx.has_gpa) {
            qdict_put_int(dict, "gpa", info->u.tdx.gpa);
        }
        break;
    }
    return dict;
}

static void send_panic(const char *name, GuestPanicAction action, const GuestPanicInformation *info)
{
    static const char *const names[] = {
        [GUEST_PANIC_ACTION_PAUSE] = "pause",
        [GUEST_PANIC_ACTION_POWEROFF] = "poweroff",
        [GUEST_PANIC_ACTION_RUN] = "run",
    };
    g_autoptr(QDict) data = qdict_from_jsonf_nofail("{'action': %s}", names[action]);

    if (info) {
        qdict_put(data, "info", panic_info(info));
    }
    qmp_event_emit(name, data);
}

static void on_panicked(GuestPanicAction action, const GuestPanicInformation *info)
{
    send_panic("GUEST_PANICKED", action, info);
}

static void on_crashloaded(GuestPanicAction action, const GuestPanicInformation *info)
{
    send_panic("GUEST_CRASHLOADED", action, info);
}

static void on_rtc_change(int64_t offset, const char *qom_path)
{
    g_autoptr(QDict) data =
        qdict_from_jsonf_nofail("{'offset': %lld, 'qom-path': %s}", (long long)offset, qom_path);

    qmp_event_emit("RTC_CHANGE", data);
}

static const QmpRunEvents run_events = {
    .shutdown = on_shutdown,
    .powerdown = on_powerdown,
    .reset = on_reset,
    .stop = on_stop,
    .resume = on_resume,
    .suspend = on_suspend,
    .suspend_disk = on_suspend_disk,
    .wakeup = on_wakeup,
    .watchdog = on_watchdog,
    .guest_panicked = on_panicked,
    .guest_crashloaded = on_crashloaded,
    .guest_pvshutdown = on_pvshutdown,
    .rtc_change = on_rtc_change,
};

void qmp_events_init(void)
{
    qmp_set_run_events(&run_events);
}

void qmp_events_cleanup(void)
{
    qmp_set_run_events(NULL);
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        g_clear_pointer(&limits[i].timer, timer_free);
        g_clear_pointer(&limits[i].pending, qdict_unref);
    }
}
