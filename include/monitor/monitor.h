/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Monitors: how people (HMP) and programs (QMP) talk to a running machine. */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include "chardev/char.h"
#include "qapi/qapi-types-misc.h"

typedef enum MonitorMode {
    MONITOR_MODE_READLINE, /* human monitor, HMP */
    MONITOR_MODE_CONTROL,  /* QMP */
} MonitorMode;

/*
 * A monitor on @chr. @pretty: QMP output is indented. Main thread, BQL held.
 * false when @chr has another user.
 */
bool monitor_init_chardev(Chardev *chr, MonitorMode mode, bool pretty, Error **errp);
/* Before the first monitor: events, commands, and where error_report() goes. */
void monitor_init_globals(void);
/* Before the command line is read: file descriptors that were passed. */
void monitor_fds_init(void);
/*
 * -add-fd: puts @fd, which is the monitor's from here on, into a set that
 * files /dev/fdset/ID are opened from. NULL and @errp.
 */
AddfdInfo *monitor_fdset_add_fd(int fd, bool has_id, int64_t id, const char *opaque, Error **errp);
/* At exit. */
void monitor_cleanup(void);

#endif
