/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events to QMP clients, and what limits those that a guest can cause at will. */

#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "qapi/qmp-event.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"

/* At most one of these a second; of those in between, the last. */
typedef struct RateLimit {
    QAPIEvent event;
    QDict *pending;
    QEMUTimer *timer;
} RateLimit;

static RateLimit limits[] = {
    {QAPI_EVENT_RTC_CHANGE},
    {QAPI_EVENT_WATCHDOG},
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

static RateLimit *find_limit(QAPIEvent event)
{
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        if (limits[i].event == event) {
            return &limits[i];
        }
    }
    return NULL;
}

static void emit(QAPIEvent event, QDict *message)
{
    RateLimit *limit = find_limit(event);

    if (!limit) {
        send_to_all(message);
        return;
    }
    if (!limit->timer) {
        limit->timer = timer_new_ms(QEMU_CLOCK_REALTIME, limit_expired, limit);
    }
    if (timer_pending(limit->timer)) {
        qdict_unref(limit->pending);
        limit->pending = qobject_ref(message);
        return;
    }
    send_to_all(message);
    timer_mod(limit->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + 1000);
}

void qmp_events_init(void)
{
    qapi_event_set_emit(emit);
}

void qmp_events_cleanup(void)
{
    qapi_event_set_emit(NULL);
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        g_clear_pointer(&limits[i].timer, timer_free);
        g_clear_pointer(&limits[i].pending, qdict_unref);
    }
}
