/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events to QMP clients, and what limits those that a guest can cause at will. */

#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "qapi/qmp-event.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"

#define LIMIT_MS 1000

/* At most one of these in LIMIT_MS, for each value of these members of theirs ("within" which
 * struct); of those in between, the last. */
static const struct {
    const char *event, *members[2], *within;
} limited[] = {
    {"ACPI_DEVICE_OST", {"slot-type", "slot"}, "info"},
    {"BALLOON_CHANGE"},
    {"DEVICE_UNPLUG_GUEST_ERROR", {"path"}},
    {"GUEST_CRASHLOADED"},
    {"HV_BALLOON_STATUS_REPORT"},
    {"MEMORY_DEVICE_SIZE_CHANGE", {"qom-path"}},
    {"QUORUM_FAILURE"},
    {"QUORUM_REPORT_BAD", {"node-name"}},
    {"RTC_CHANGE"},
    {"VSERPORT_CHANGE", {"id"}},
    {"WATCHDOG"},
};

/* What was sent lately. */
typedef struct Limiter {
    const char *key; /* in the table below */
    QDict *pending;
    QEMUTimer *timer;
} Limiter;

/* "EVENT VALUE" to Limiter; BQL. */
static GHashTable *limiters;

static void limiter_free(void *opaque)
{
    Limiter *limiter = opaque;

    timer_free(limiter->timer);
    qdict_unref(limiter->pending);
    g_free(limiter);
}

static void send_to_all(const QDict *event)
{
    Monitor *mon, *next;

    QTAILQ_FOREACH_SAFE (mon, &monitor_list, entry, next) {
        if (mon->is_qmp) {
            monitor_qmp_send_event(mon, event);
        }
    }
}

static void wait_again(Limiter *limiter)
{
    timer_mod(limiter->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + LIMIT_MS);
}

static void limit_expired(void *opaque)
{
    Limiter *limiter = opaque;
    g_autoptr(QDict) event = g_steal_pointer(&limiter->pending);

    if (event) {
        send_to_all(event);
        wait_again(limiter);
    } else {
        g_hash_table_remove(limiters, limiter->key);
    }
}

static const char *member(const QDict *data, const char *name)
{
    const char *value = data && name ? qdict_get_try_str(data, name) : NULL;

    return value ? value : "";
}

/* Which of the limiters @message is subject to, caller frees; NULL: none. */
static char *limiter_key(const QDict *message)
{
    const char *name = qdict_get_str(message, "event");
    const QDict *data = qdict_get_qdict(message, "data");

    for (size_t i = 0; i < ARRAY_SIZE(limited); i++) {
        if (!strcmp(limited[i].event, name)) {
            if (data && limited[i].within) {
                data = qdict_get_qdict(data, limited[i].within);
            }
            return g_strjoin(" ", name, member(data, limited[i].members[0]),
                             member(data, limited[i].members[1]), NULL);
        }
    }
    return NULL;
}

static void emit(QAPIEvent event, QDict *message)
{
    char *key = limiter_key(message);
    Limiter *limiter = key ? g_hash_table_lookup(limiters, key) : NULL;

    if (limiter) {
        qdict_unref(limiter->pending);
        limiter->pending = qobject_ref(message);
        g_free(key);
        return;
    }
    send_to_all(message);
    if (key) {
        limiter = g_new0(Limiter, 1);
        limiter->key = key;
        limiter->timer = timer_new_ms(QEMU_CLOCK_REALTIME, limit_expired, limiter);
        g_hash_table_insert(limiters, key, limiter);
        wait_again(limiter);
    }
}

void qmp_events_init(void)
{
    limiters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, limiter_free);
    qapi_event_set_emit(emit);
}

void qmp_events_cleanup(void)
{
    qapi_event_set_emit(NULL);
    g_clear_pointer(&limiters, g_hash_table_unref);
}
