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
    /* The event was left in by the build. */
    bool sstate;
    /* Times it was enabled; read by the code at the trace point. */
    uint16_t *dstate;
};

typedef struct TraceEventIter {
    /* Position. */
    size_t group;
    size_t event;
    const char *pattern;
} TraceEventIter;

/* True when any event of the program is on: the trace points test this first. */
extern int trace_events_enabled_count;

/* Events of one folder, an array ended by NULL; called by generated code. */
void trace_event_register_group(TraceEvent **events);

/* All events, those matching a glob pattern, those of one group. */
void trace_event_iter_init_all(TraceEventIter *iter);
void trace_event_iter_init_pattern(TraceEventIter *iter, const char *pattern);
TraceEvent *trace_event_iter_next(TraceEventIter *iter);

TraceEvent *trace_event_by_name(const char *name);

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

void trace_event_set_state_dynamic(TraceEvent *ev, bool state);

/* Before main() parses options: registers what the folders have. */
bool trace_init_backends(void);
/* Where messages go: stderr with the log, or @file of "-trace file=". */
void trace_init_file(void);

/*
 * -trace [enable=]PATTERN,events=FILE,file=FILE. A pattern that begins with '-'
 * switches off. False with @errp set if the option or a file is not good.
 */
bool trace_opt_parse(const char *optstr, Error **errp);
/* PATTERN, the part of -d trace:PATTERN. */
void trace_enable_events(const char *pattern);
/* "-trace help": all names, one a line. */
void trace_list_events(FILE *f);

/* Write one message for an event; called by generated code. */
void trace_log(const char *name, const char *fmt, ...) QEMU_PRINTF(2, 3);

#endif
