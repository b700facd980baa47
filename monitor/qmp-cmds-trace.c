/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands about trace events. */

#include "qemu/osdep.h"
#include "qapi/qapi-commands-trace.h"
#include "trace/control.h"

static bool is_there(const char *name, Error **errp)
{
    TraceEventIter iter;

    trace_event_iter_init_pattern(&iter, name);
    if (!trace_event_is_pattern(name) && !trace_event_iter_next(&iter)) {
        error_setg(errp, "there is no trace event '%s'", name);
        return false;
    }
    return true;
}

TraceEventInfoList *qmp_trace_event_get_state(const char *name, Error **errp)
{
    TraceEventInfoList *list = NULL, **tail = &list;
    TraceEventIter iter;
    TraceEvent *ev;

    if (!is_there(name, errp)) {
        return NULL;
    }
    trace_event_iter_init_pattern(&iter, name);
    while ((ev = trace_event_iter_next(&iter)) != NULL) {
        TraceEventInfo *info = g_new0(TraceEventInfo, 1);

        info->name = g_strdup(trace_event_get_name(ev));
        info->state = !trace_event_get_state_static(ev)   ? TRACE_EVENT_STATE_UNAVAILABLE
                      : trace_event_get_state_dynamic(ev) ? TRACE_EVENT_STATE_ENABLED
                                                          : TRACE_EVENT_STATE_DISABLED;
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

void qmp_trace_event_set_state(bool enable, const char *name, bool has_ignore_unavailable,
                               bool ignore_unavailable, Error **errp)
{
    TraceEventIter iter;
    TraceEvent *ev;

    if (!is_there(name, errp)) {
        return;
    }
    trace_event_iter_init_pattern(&iter, name);
    while (!ignore_unavailable && (ev = trace_event_iter_next(&iter)) != NULL) {
        if (!trace_event_get_state_static(ev)) {
            error_setg(errp, "trace event '%s' was not built in", trace_event_get_name(ev));
            return;
        }
    }
    trace_event_iter_init_pattern(&iter, name);
    while ((ev = trace_event_iter_next(&iter)) != NULL) {
        if (trace_event_get_state_static(ev)) {
            trace_event_set_state_dynamic(ev, enable);
        }
    }
}
