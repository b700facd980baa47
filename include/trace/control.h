/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trace events: named points in the code that can be switched on at run time.
 * They are declared in "trace-events" files; see docs/devel/trace.md.
 */
#ifndef TRACE_CONTROL_H
#define TRACE_CONTROL_H

#include "qemu/atomic.h"
#include "qemu/typedefs.h"

struct TraceEvent {
    uint32_t id;
    const char *name;
    /* The build has code for it. */
    bool sstate;
    /* Non-zero: on. What the code at the trace point tests. */
    uint16_t *dstate;
};

/* All functions but trace_log() belong to the main thread. */

typedef struct TraceEventIter {
    size_t next;
    const char *pattern; /* not copied; NULL: all */
} TraceEventIter;

/* Adds an array that ends with NULL; called by generated code. */
void trace_event_register_group(TraceEvent **events);

/* All events, or those that match a glob pattern ('*' and '?'). */
void trace_event_iter_init_all(TraceEventIter *iter);
void trace_event_iter_init_pattern(TraceEventIter *iter, const char *pattern);
/* NULL after the last. */
TraceEvent *trace_event_iter_next(TraceEventIter *iter);

/* NULL if there is none. */
TraceEvent *trace_event_by_name(const char *name);
bool trace_event_is_pattern(const char *str);

static inline uint32_t trace_event_get_id(TraceEvent *ev)
{
    return ev->id;
}

static inline const char *trace_event_get_name(TraceEvent *ev)
{
    return ev->name;
}

/* Whether it can be switched on at all. */
static inline bool trace_event_get_state_static(TraceEvent *ev)
{
    return ev->sstate;
}

static inline bool trace_event_get_state_dynamic(TraceEvent *ev)
{
    return qatomic_read(ev->dstate) != 0;
}

/* Is TRACE_NAME on? To skip work whose only use is an argument of trace_name(). */
#define trace_event_get_state(id)          unlikely(trace_event_get_state_dynamic(&id))
#define trace_event_get_state_backends(id) trace_event_get_state(id)

/* Opens the log if need be. @ev must have its static state. */
void trace_event_set_state_dynamic(TraceEvent *ev, bool state);

/*
 * One -trace option: [enable=]PATTERN,events=FILE,file=FILE. FILE of events has
 * a pattern a line. A pattern that begins with '-' switches off. False with
 * @errp set if the option or a file is not good.
 */
bool trace_opt_parse(const char *optstr, Error **errp);
/* "help" or "?": a request to list the events, after which the program ends. */
bool trace_pattern_is_help(const char *pattern);
/* PATTERN, the part of -d trace:PATTERN; lists the events if that is asked for. */
void trace_enable_events(const char *pattern);
/* All names, one a line. */
void trace_list_events(FILE *f);

/* Write one message for an event; called by generated code. Any thread. */
void trace_log(const char *name, const char *fmt, ...) QEMU_PRINTF(2, 3);

#endif
