/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What time the machine's clocks show: -rtc. */
#ifndef SYSTEM_RTC_H
#define SYSTEM_RTC_H

#include "qemu/timer.h"
#include "qapi/error.h"

/* The clock that drives real-time clocks of the machine. Fixed after start. */
extern QEMUClockType rtc_clock;

/*
 * Applies -rtc. Each argument may be NULL for its default. @base: "utc",
 * "localtime" or a date (UTC), "2006-06-17T16:01:21" or "2006-06-17"; @clock:
 * "host", "rt" or "vm". Main thread, before devices exist.
 */
bool rtc_configure(const char *base, const char *clock, Error **errp);

/*
 * Applies driftfix= of -rtc to the machine's RTC: "none" or "slew". Main thread,
 * before devices exist.
 */
bool rtc_configure_driftfix(const char *driftfix, Error **errp);

/* The present time that the guest is to see first, plus @offset seconds. BQL held. */
void qemu_get_timedate(struct tm *tm, time_t offset);
/* That time in ns since 1970, UTC. BQL held. */
int64_t qemu_get_wall_clock_ns(void);
/* By how many seconds @tm, set by the guest, differs from that. BQL held. */
time_t qemu_timedate_diff(struct tm *tm);

#endif
