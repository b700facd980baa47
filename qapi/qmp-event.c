/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of an event from its sender to the monitors. */
#include "qemu/osdep.h"
#include "qapi/qmp-event.h"
#include "qobject/qjson.h"

static QapiEventEmitFn *emit_fn;

QDict *qmp_event_build_dict(const char *name)
{
    int64_t now = g_get_real_time();

    return qdict_from_jsonf_nofail(
        "{'timestamp': {'seconds': %lld, 'microseconds': %lld}, 'event': %s}",
        (long long)(now / G_USEC_PER_SEC), (long long)(now % G_USEC_PER_SEC), name);
}

void qapi_event_set_emit(QapiEventEmitFn *fn)
{
    emit_fn = fn;
}

void qapi_event_emit(QAPIEvent event, QDict *message)
{
    if (emit_fn) {
        emit_fn(event, message);
    }
}
