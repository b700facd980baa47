/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of the run state, handed to the monitor if there is one. */
#include "qemu/osdep.h"
#include "monitor/qmp-event.h"

static const QmpRunEvents *run_events;

void qmp_set_run_events(const QmpRunEvents *events)
{
    run_events = events;
}

#define SEND(event, ...)                                                                           \
    do {                                                                                           \
        if (run_events && run_events->event) {                                                     \
            run_events->event(__VA_ARGS__);                                                        \
        }                                                                                          \
    } while (0)

void qapi_event_send_shutdown(bool guest, ShutdownCause reason)
{
    SEND(shutdown, guest, reason);
}

void qapi_event_send_powerdown(void)
{
    SEND(powerdown);
}

void qapi_event_send_reset(bool guest, ShutdownCause reason)
{
    SEND(reset, guest, reason);
}

void qapi_event_send_stop(void)
{
    SEND(stop);
}

void qapi_event_send_resume(void)
{
    SEND(resume);
}

void qapi_event_send_suspend(void)
{
    SEND(suspend);
}

void qapi_event_send_suspend_disk(void)
{
    SEND(suspend_disk);
}

void qapi_event_send_wakeup(void)
{
    SEND(wakeup);
}

void qapi_event_send_watchdog(WatchdogAction action)
{
    SEND(watchdog, action);
}

void qapi_event_send_guest_panicked(GuestPanicAction action, const GuestPanicInformation *info)
{
    SEND(guest_panicked, action, info);
}

void qapi_event_send_guest_crashloaded(GuestPanicAction action, const GuestPanicInformation *info)
{
    SEND(guest_crashloaded, action, info);
}

void qapi_event_send_guest_pvshutdown(void)
{
    SEND(guest_pvshutdown);
}

const char *ShutdownCause_str(ShutdownCause cause)
{
    static const char *const names[SHUTDOWN_CAUSE__MAX] = {
        [SHUTDOWN_CAUSE_NONE] = "none",
        [SHUTDOWN_CAUSE_HOST_ERROR] = "host-error",
        [SHUTDOWN_CAUSE_HOST_QMP_QUIT] = "host-qmp-quit",
        [SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET] = "host-qmp-system-reset",
        [SHUTDOWN_CAUSE_HOST_SIGNAL] = "host-signal",
        [SHUTDOWN_CAUSE_HOST_UI] = "host-ui",
        [SHUTDOWN_CAUSE_GUEST_SHUTDOWN] = "guest-shutdown",
        [SHUTDOWN_CAUSE_GUEST_RESET] = "guest-reset",
        [SHUTDOWN_CAUSE_GUEST_PANIC] = "guest-panic",
        [SHUTDOWN_CAUSE_SUBSYSTEM_RESET] = "subsystem-reset",
        [SHUTDOWN_CAUSE_SNAPSHOT_LOAD] = "snapshot-load",
    };

    return cause < SHUTDOWN_CAUSE__MAX ? names[cause] : "?";
}

void qapi_event_send_rtc_change(int64_t offset, const char *qom_path)
{
    SEND(rtc_change, offset, qom_path);
}
