/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for the person who runs the program, and where they come from. */

#include "qemu/osdep.h"
#include "qemu/error-report.h"

bool message_with_timestamp;
bool error_with_guestname;
const char *error_guest_name;

static Location std_loc = {.kind = LOC_NONE};
static Location *cur_loc = &std_loc;
static const char *progname = "";
static ErrorVPrintfFn *vprintf_hook;

Location *loc_push_none(Location *loc)
{
    loc->kind = LOC_NONE;
    loc->prev = NULL;
    loc_push_restore(loc);
    return loc;
}

void loc_push_restore(Location *loc)
{
    loc->prev = cur_loc;
    cur_loc = loc;
}

Location *loc_pop(Location *loc)
{
    g_assert(cur_loc == loc && loc->prev); /* pushes and pops pair up in the source */
    cur_loc = loc->prev;
    loc->prev = NULL;
    return loc;
}

Location *loc_save(Location *loc)
{
    *loc = *cur_loc;
    loc->prev = NULL;
    return loc;
}

void loc_restore(Location *loc)
{
    Location *prev = cur_loc->prev;

    *cur_loc = *loc;
    cur_loc->prev = prev;
}

void loc_set_none(void)
{
    cur_loc->kind = LOC_NONE;
}

void loc_set_cmdline(char **argv, int idx, int cnt)
{
    cur_loc->kind = LOC_CMDLINE;
    cur_loc->num = cnt;
    cur_loc->ptr = argv + idx;
}

void loc_set_file(const char *fname, int lno)
{
    cur_loc->kind = LOC_FILE;
    cur_loc->num = lno;
    if (fname) {
        cur_loc->ptr = fname;
    }
}

void error_set_vprintf_hook(ErrorVPrintfFn *fn)
{
    vprintf_hook = fn;
}

int error_vprintf(const char *fmt, va_list ap)
{
    va_list copy;
    bool taken;

    if (vprintf_hook) {
        va_copy(copy, ap);
        taken = vprintf_hook(fmt, copy);
        va_end(copy);
        if (taken) {
            return 0;
        }
    }
    return vfprintf(stderr, fmt, ap);
}

int error_printf(const char *fmt, ...)
{
    va_list ap;
    int ret;

    va_start(ap, fmt);
    ret = error_vprintf(fmt, ap);
    va_end(ap);
    return ret;
}

static void print_location(void)
{
    const char *sep = "";

    if (progname[0]) {
        error_printf("%s:", progname);
        sep = " ";
    }
    switch (cur_loc->kind) {
    case LOC_CMDLINE:
        for (int i = 0; i < cur_loc->num; i++) {
            error_printf("%s%s", sep, ((const char *const *)cur_loc->ptr)[i]);
            sep = " ";
        }
        error_printf(": ");
        break;
    case LOC_FILE:
        error_printf("%s%s:", sep, (const char *)cur_loc->ptr);
        if (cur_loc->num) {
            error_printf("%d:", cur_loc->num);
        }
        error_printf(" ");
        break;
    case LOC_NONE:
        error_printf("%s", sep);
        break;
    }
}

static void vreport(const char *prefix, const char *fmt, va_list ap)
{
    if (message_with_timestamp) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *text = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
        error_printf("%s.%06dZ ", text, g_date_time_get_microsecond(now));
    }
    if (error_with_guestname && error_guest_name) {
        error_printf("%s ", error_guest_name);
    }
    print_location();
    error_printf("%s", prefix);
    error_vprintf(fmt, ap);
    error_printf("\n");
}

void error_vreport(const char *fmt, va_list ap)
{
    vreport("", fmt, ap);
}

void warn_vreport(const char *fmt, va_list ap)
{
    vreport("warning: ", fmt, ap);
}

void info_vreport(const char *fmt, va_list ap)
{
    vreport("info: ", fmt, ap);
}

#define DEFINE_REPORT(name)                                                                        \
    void name##_report(const char *fmt, ...)                                                       \
    {                                                                                              \
        va_list ap;                                                                                \
        va_start(ap, fmt);                                                                         \
        name##_vreport(fmt, ap);                                                                   \
        va_end(ap);                                                                                \
    }
DEFINE_REPORT(error)
DEFINE_REPORT(warn)
DEFINE_REPORT(info)

bool error_report_once_cond(bool *printed, const char *fmt, ...)
{
    va_list ap;

    if (*printed) {
        return false;
    }
    *printed = true;
    va_start(ap, fmt);
    error_vreport(fmt, ap);
    va_end(ap);
    return true;
}

bool warn_report_once_cond(bool *printed, const char *fmt, ...)
{
    va_list ap;

    if (*printed) {
        return false;
    }
    *printed = true;
    va_start(ap, fmt);
    warn_vreport(fmt, ap);
    va_end(ap);
    return true;
}

static void log_through_report(const char *domain, GLogLevelFlags level, const char *message,
                               gpointer opaque)
{
    switch (level & G_LOG_LEVEL_MASK) {
    case G_LOG_LEVEL_DEBUG:
    case G_LOG_LEVEL_INFO:
        /* GLib's own default is to keep these to itself unless asked. */
        if (g_log_writer_default_would_drop(level, domain)) {
            return;
        }
        info_report("%s%s%s", domain ? domain : "", domain ? ": " : "", message);
        break;
    case G_LOG_LEVEL_WARNING:
        warn_report("%s%s%s", domain ? domain : "", domain ? ": " : "", message);
        break;
    default:
        error_report("%s%s%s", domain ? domain : "", domain ? ": " : "", message);
        break;
    }
}

void error_init(const char *argv0)
{
    const char *slash = strrchr(argv0, '/');

    progname = slash ? slash + 1 : argv0;
    g_log_set_default_handler(log_through_report, NULL);
}

const char *error_get_progname(void)
{
    return progname;
}
