/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that the run state sends to management programs. Senders call these
 * functions; they go through a table that the monitor fills in. Without a
 * monitor they do nothing.
 */
#ifndef MONITOR_QMP_EVENT_H
#define MONITOR_QMP_EVENT_H

#include "qapi/qapi-types-run-state.h"

typedef struct QmpRunEvents {
    void (*shutdown)(bool guest, ShutdownCause reason);
    void (*powerdown)(void);
    void (*reset)(bool guest, ShutdownCause reason);
    void (*stop)(void);
    void (*resume)(void);
    void (*suspend)(void);
    void (*suspend_disk)(void);
    void (*wakeup)(void);
    void (*watchdog)(WatchdogAction action);
    /* @info may be NULL; borrowed. */
    void (*guest_panicked)(GuestPanicAction action, const GuestPanicInformation *info);
    void (*guest_crashloaded)(GuestPanicAction action, const GuestPanicInformation *info);
    void (*guest_pvshutdown)(void);
    /* The guest set the clock @qom_path: it is @offset seconds ahead of -rtc base. */
    void (*rtc_change)(int64_t offset, const char *qom_path);
} QmpRunEvents;

/* BQL held. @events must stay alive; NULL members are skipped. */
void qmp_set_run_events(const QmpRunEvents *events);

/* BQL held for all. */
void qapi_event_send_shutdown(bool guest, ShutdownCause reason);
void qapi_event_send_powerdown(void);
void qapi_event_send_reset(bool guest, ShutdownCause reason);
void qapi_event_send_stop(void);
void qapi_event_send_resume(void);
void qapi_event_send_suspend(void);
void qapi_event_send_suspend_disk(void);
void qapi_event_send_wakeup(void);
void qapi_event_send_watchdog(WatchdogAction action);
void qapi_event_send_guest_panicked(GuestPanicAction action, const GuestPanicInformation *info);
void qapi_event_send_guest_crashloaded(GuestPanicAction action, const GuestPanicInformation *info);
void qapi_event_send_guest_pvshutdown(void);
void qapi_event_send_rtc_change(int64_t offset, const char *qom_path);

#endif
