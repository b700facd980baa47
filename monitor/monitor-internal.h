/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kinds of monitors share. */
#ifndef MONITOR_INTERNAL_H
#define MONITOR_INTERNAL_H

#include "chardev/char-fe.h"
#include "monitor/hmp.h"
#include "monitor/monitor.h"
#include "monitor/qmp.h"
#include "qemu/queue.h"
#include "system/iothread.h"

/* A client that has this much unread gets no more requests served until it reads. */
#define MONITOR_OUT_HIGH (1 << 20)
/* And this much ends the connection (QMP), resp. is where output is dropped (HMP). */
#define MONITOR_OUT_MAX (64 << 20)

struct Monitor {
    CharBackend chr;
    bool is_qmp;
    bool is_collector; /* output is only kept, see hmp_execute_to_string() */
    bool muxed_out;    /* on a multiplexer whose input somebody else has */
    int cpu_index;     /* of command "cpu"; -1: the first */
    Coroutine *co;     /* carries out a command of this monitor; NULL: none, or it needs none */
    bool dying;        /* to be freed when that is done */

    QemuMutex out_lock;
    GString *out;    /* not yet taken by the back end */
    guint out_watch; /* id in the back end's context, 0: none; comes and goes there */
    bool out_overrun;
    QTAILQ_ENTRY(Monitor) entry;
};

typedef QTAILQ_HEAD(MonitorList, Monitor) MonitorList;
extern MonitorList monitor_list;

void monitor_data_init(Monitor *mon, bool is_qmp);
/* Gives up the back end, in whose context it is called. */
void monitor_data_detach(Monitor *mon);
void monitor_data_destroy(Monitor *mon);
/* Raw bytes; nothing is added to them. */
void monitor_write(Monitor *mon, const char *text, size_t len);
/* Unread output is at or above MONITOR_OUT_HIGH. */
bool monitor_out_is_high(Monitor *mon);
/* Output was lost since the connection began. */
bool monitor_out_is_overrun(Monitor *mon);
void monitor_out_clear(Monitor *mon);
/* Makes @mon current for this thread; returns the one before. */
Monitor *monitor_set_cur(Monitor *mon);

bool monitor_init_qmp(Chardev *chr, bool pretty, Error **errp);
bool monitor_init_hmp(Chardev *chr, Error **errp);
void monitor_qmp_free(Monitor *mon);
/*
 * The client of @mon may use all commands from here on, with @oob also out of band. False and
 * @errp if it could before, or @mon has no thread for that.
 */
bool monitor_qmp_negotiated(Monitor *mon, bool oob, Error **errp);
/* Output was lost: a program that missed a message cannot go on, so the connection is closed. */
void monitor_qmp_overrun(Monitor *mon);
void monitor_hmp_free(Monitor *mon);
/* Output went below MONITOR_OUT_HIGH. */
void monitor_qmp_drained(Monitor *mon);
void monitor_hmp_drained(Monitor *mon);
/* An event's text goes to @mon if it negotiated. */
void monitor_qmp_send_event(Monitor *mon, const QDict *event);

void hmp_handle_command(Monitor *mon, const char *line);
/* For tab completion: words that can follow at the end of @line. */
void hmp_complete(const char *line, void (*add)(void *opaque, const char *word), void *opaque);

/* Output of messages, and events; monitor_init_globals() adds the commands to that. */
void monitor_init_core(void);
/* Line @i that was typed, oldest first. */
const char *monitor_hmp_history(Monitor *mon, unsigned i);
/* The commands help and info. */
void hmp_register_own(void);
/* The thread that reads QMP and carries out what is out of band; made when it is first needed. */
IOThread *monitor_thread(Error **errp);
void monitor_thread_cleanup(void);
void qmp_events_init(void);
void qmp_events_cleanup(void);

#endif
