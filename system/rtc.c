/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The date that guests start with, and the clock by which it goes on (-rtc).
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/timer.h"
#include "hw/qdev-properties.h"
#include "system/rtc.h"

QEMUClockType rtc_clock = QEMU_CLOCK_HOST;

static struct {
    bool known;
    bool localtime;
    time_t date;       /* seconds since 1970, shown when ... */
    int64_t clock_sec; /* ... rtc_clock was this */
} rtc_start;

static int64_t rtc_clock_sec(void)
{
    return qemu_clock_get_ns(rtc_clock) / NANOSECONDS_PER_SECOND;
}

static void rtc_set_start(time_t date)
{
    rtc_start.known = true;
    rtc_start.date = date;
    rtc_start.clock_sec = rtc_clock_sec();
}

static time_t rtc_now(void)
{
    if (!rtc_start.known) {
        rtc_set_start(time(NULL));
    }
    return rtc_start.date + (rtc_clock_sec() - rtc_start.clock_sec);
}

int64_t qemu_get_wall_clock_ns(void)
{
    return rtc_now() * NANOSECONDS_PER_SECOND +
           qemu_clock_get_ns(rtc_clock) % NANOSECONDS_PER_SECOND;
}

void qemu_get_timedate(struct tm *tm, time_t offset)
{
    time_t t = rtc_now() + offset;

    if (rtc_start.localtime) {
        localtime_r(&t, tm);
    } else {
        gmtime_r(&t, tm);
    }
}

time_t qemu_timedate_diff(struct tm *tm)
{
    time_t seconds;

    if (rtc_start.localtime) {
        struct tm tmp = *tm;

        tmp.tm_isdst = -1; /* let the C library find out */
        seconds = mktime(&tmp);
    } else {
        seconds = mktimegm(tm);
    }
    return seconds - rtc_now();
}

static bool rtc_parse_date(const char *base, time_t *date, Error **errp)
{
    ERRP_GUARD();
    struct tm tm = {};
    int year, month, used = 0;

    if (sscanf(base, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &used) != 6 ||
        base[used]) {
        tm = (struct tm){};
        used = 0;
        if (sscanf(base, "%4d-%2d-%2d%n", &year, &month, &tm.tm_mday, &used) != 3 || base[used]) {
            goto bad;
        }
    }
    if (year < 1900 || !g_date_valid_dmy(tm.tm_mday, month, year) || (unsigned)tm.tm_hour > 23 ||
        (unsigned)tm.tm_min > 59 || (unsigned)tm.tm_sec > 60) {
        goto bad;
    }
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    *date = mktimegm(&tm);
    return true;

bad:
    error_setg(errp, "-rtc base=%s: 'utc', 'localtime' or a date was expected", base);
    error_append_hint(errp, "A date looks like 2006-06-17T16:01:21 or 2006-06-17.\n");
    return false;
}

bool rtc_configure(const char *base, const char *clock, Error **errp)
{
    time_t date = time(NULL);
    bool local = false;

    if (base && g_str_equal(base, "localtime")) {
        local = true;
    } else if (base && !g_str_equal(base, "utc") && !rtc_parse_date(base, &date, errp)) {
        return false;
    }
    if (!clock || g_str_equal(clock, "host")) {
        rtc_clock = QEMU_CLOCK_HOST;
    } else if (g_str_equal(clock, "rt")) {
        rtc_clock = QEMU_CLOCK_REALTIME;
    } else if (g_str_equal(clock, "vm")) {
        rtc_clock = QEMU_CLOCK_VIRTUAL;
    } else {
        error_setg(errp, "-rtc clock=%s: 'host', 'rt' or 'vm' was expected", clock);
        return false;
    }
    rtc_start.localtime = local;
    rtc_set_start(date);
    return true;
}

bool rtc_configure_driftfix(const char *driftfix, Error **errp)
{
    static GlobalProperty slew = {
        .driver = "mc146818rtc",
        .property = "lost_tick_policy",
        .value = "slew",
    };

    if (!driftfix) {
        return true;
    }
    if (g_str_equal(driftfix, "slew")) {
        qdev_prop_register_global(&slew);
    } else if (!g_str_equal(driftfix, "none")) {
        error_setg(errp, "-rtc driftfix=%s: 'none' or 'slew' was expected", driftfix);
        return false;
    }
    return true;
}
