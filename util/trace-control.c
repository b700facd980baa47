/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registry of trace events, the -trace option, and their way into the log. */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/nearest-name.h"
#include "trace/control.h"

/* TraceEvent pointers; an event's id is its index. */
static GPtrArray *all_events;

void trace_event_register_group(TraceEvent **events)
{
    if (!all_events) {
        all_events = g_ptr_array_new();
    }
    for (; *events; events++) {
        (*events)->id = all_events->len;
        g_ptr_array_add(all_events, *events);
    }
}

/* The folders' events are registered on first use, so that tools need not say anything. */
static size_t num_events(void)
{
    module_call_init(MODULE_INIT_TRACE);
    return all_events ? all_events->len : 0;
}

void trace_event_iter_init_pattern(TraceEventIter *iter, const char *pattern)
{
    iter->next = 0;
    iter->pattern = pattern;
}

void trace_event_iter_init_all(TraceEventIter *iter)
{
    trace_event_iter_init_pattern(iter, NULL);
}

TraceEvent *trace_event_iter_next(TraceEventIter *iter)
{
    size_t n = num_events();

    while (iter->next < n) {
        TraceEvent *ev = g_ptr_array_index(all_events, iter->next++);

        if (!iter->pattern || g_pattern_match_simple(iter->pattern, ev->name)) {
            return ev;
        }
    }
    return NULL;
}

TraceEvent *trace_event_by_name(const char *name)
{
    TraceEventIter iter;
    TraceEvent *ev;

    trace_event_iter_init_all(&iter);
    while ((ev = trace_event_iter_next(&iter)) && strcmp(ev->name, name)) {
    }
    return ev;
}

bool trace_event_is_pattern(const char *str)
{
    return strpbrk(str, "*?") != NULL;
}

void trace_event_set_state_dynamic(TraceEvent *ev, bool state)
{
    Error *err = NULL;

    if (state && !qemu_loglevel_mask(LOG_TRACE)) {
        qemu_add_log(LOG_TRACE, &err);
        if (err) {
            error_report_err(err);
        }
    }
    qatomic_set(ev->dstate, state);
}

static void warn_unknown(const char *name)
{
    TraceEventIter iter;
    TraceEvent *ev;
    NearestName near;

    nearest_name_init(&near, name);
    trace_event_iter_init_all(&iter);
    while ((ev = trace_event_iter_next(&iter))) {
        nearest_name_try(&near, ev->name);
    }
    if (near.best) {
        warn_report("trace event '%s' does not exist; did you mean '%s'?", name, near.best);
    } else {
        warn_report("trace event '%s' does not exist", name);
    }
    nearest_name_clear(&near);
}

static void apply_pattern(const char *pattern)
{
    bool on = !strstart(pattern, "-", &pattern);
    TraceEventIter iter;
    TraceEvent *ev;
    bool found = false;

    trace_event_iter_init_pattern(&iter, pattern);
    while ((ev = trace_event_iter_next(&iter))) {
        found = true;
        if (ev->sstate) {
            trace_event_set_state_dynamic(ev, on);
        } else if (!trace_event_is_pattern(pattern)) {
            warn_report("trace event '%s' is not traceable", pattern);
        }
    }
    if (!found && !trace_event_is_pattern(pattern)) {
        warn_unknown(pattern);
    }
}

void trace_list_events(FILE *f)
{
    TraceEventIter iter;
    TraceEvent *ev;

    trace_event_iter_init_all(&iter);
    while ((ev = trace_event_iter_next(&iter))) {
        fprintf(f, "%s\n", ev->name);
    }
}

bool trace_pattern_is_help(const char *pattern)
{
    return g_str_equal(pattern, "help") || g_str_equal(pattern, "?");
}

void trace_enable_events(const char *pattern)
{
    if (trace_pattern_is_help(pattern)) {
        trace_list_events(stdout);
        return;
    }
    apply_pattern(pattern);
}

#define EVENTS_FILE_MAX (1 << 20)

static bool apply_file(const char *name, Error **errp)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    ERRP_GUARD();
    size_t size;
    int i;

    text = qemu_read_file(name, EVENTS_FILE_MAX, &size, errp);
    if (!text) {
        error_prepend(errp, "-trace events: ");
        return false;
    }
    lines = g_strsplit(text, "\n", 0);
    for (i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);

        if (line[0] && line[0] != '#') {
            apply_pattern(line);
        }
    }
    return true;
}

/* One of the comma-separated parts; @first may leave out "enable=". */
static bool apply_part(const char *part, bool first, const char **pattern, const char **events,
                       const char **file, Error **errp)
{
    ERRP_GUARD();
    if (strstart(part, "enable=", pattern) || strstart(part, "events=", events) ||
        strstart(part, "file=", file)) {
        return true;
    }
    if (first && !strchr(part, '=')) {
        *pattern = part;
        return true;
    }
    error_setg(errp, "-trace: '%s' is not a parameter", part);
    error_append_hint(errp, "Accepted: [enable=]PATTERN, events=FILE, file=FILE.\n");
    return false;
}

bool trace_opt_parse(const char *optstr, Error **errp)
{
    ERRP_GUARD();
    g_auto(GStrv) parts = g_strsplit(optstr, ",", 0);
    const char *pattern = NULL, *events = NULL, *file = NULL;
    int i;

    for (i = 0; parts[i]; i++) {
        if (!apply_part(parts[i], i == 0, &pattern, &events, &file, errp)) {
            return false;
        }
    }
    if (file && !qemu_set_log_filename_flags(file, qemu_loglevel | LOG_TRACE, errp)) {
        return false;
    }
    if (events && !apply_file(events, errp)) {
        return false;
    }
    if (pattern) {
        apply_pattern(pattern);
    }
    return true;
}

void trace_log(const char *name, const char *fmt, ...)
{
    FILE *f = qemu_loglevel_mask(LOG_TRACE) ? qemu_log_trylock() : NULL;
    struct timeval now;
    va_list ap;

    if (!f) {
        return;
    }
    if (message_with_timestamp) {
        gettimeofday(&now, NULL);
        fprintf(f, "%d@%ld.%06ld:", qemu_get_thread_id(), (long)now.tv_sec, (long)now.tv_usec);
    }
    fprintf(f, "%s ", name);
    va_start(ap, fmt);
    vfprintf(f, fmt, ap);
    va_end(ap);
    fputc('\n', f);
    qemu_log_unlock(f);
}
