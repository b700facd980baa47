/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for the person who runs the program, and where they come from. */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/option-place.h"

bool message_with_timestamp;
bool error_with_guestname;
const char *error_guest_name;

/* What a thread is working on; other threads' messages must not name it. */
static __thread Location std_loc, *top_loc;
static const char *progname = "";
static ErrorVPrintfFn *vprintf_hook;

/* Not inline: the address of a thread's variable must not be kept over a switch of coroutines. */
static QEMU_NOINLINE Location *current_loc(void)
{
    return top_loc ? top_loc : &std_loc;
}

Location *loc_push_none(Location *loc)
{
    loc->kind = LOC_NONE;
    loc->prev = NULL;
    loc_push_restore(loc);
    return loc;
}

void loc_push_restore(Location *loc)
{
    loc->prev = current_loc();
    top_loc = loc;
}

Location *loc_pop(Location *loc)
{
    /* pushes and pops pair up in the source, in one thread */
    g_assert(current_loc() == loc && loc->prev);
    top_loc = loc->prev;
    loc->prev = NULL;
    return loc;
}

Location *loc_save(Location *loc)
{
    *loc = *current_loc();
    loc->prev = NULL;
    return loc;
}

void loc_restore(Location *loc)
{
    Location *cur = current_loc(), *prev = cur->prev;

    *cur = *loc;
    cur->prev = prev;
}

void loc_set_none(void)
{
    current_loc()->kind = LOC_NONE;
}

void loc_set_cmdline(char **argv, int idx, int cnt)
{
    Location *cur = current_loc();

    cur->kind = LOC_CMDLINE;
    cur->num = cnt;
    cur->ptr = argv + idx;
}

void loc_set_file(const char *fname, int lno)
{
    Location *cur = current_loc();

    cur->kind = LOC_FILE;
    cur->num = lno;
    if (fname) {
        cur->ptr = fname;
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

/* @sep: what is before it, if it is not empty. */
static void append_location(GString *text, const Location *loc, const char *sep)
{
    switch (loc->kind) {
    case LOC_CMDLINE:
        for (int i = 0; i < loc->num; i++) {
            g_string_append_printf(text, "%s%s", sep, ((const char *const *)loc->ptr)[i]);
            sep = " ";
        }
        g_string_append(text, ": ");
        break;
    case LOC_FILE:
        g_string_append_printf(text, "%s%s:", sep, (const char *)loc->ptr);
        if (loc->num) {
            g_string_append_printf(text, "%d:", loc->num);
        }
        g_string_append_c(text, ' ');
        break;
    case LOC_NONE:
        g_string_append(text, sep);
        break;
    }
}

char *loc_describe(void)
{
    GString *text = g_string_new(NULL);

    append_location(text, current_loc(), "");
    return g_string_free(text, false);
}

/* What is quoted from a user or a guest neither breaks the line nor moves the cursor. */
static void escape_controls(GString *text)
{
    for (gsize i = 0; i < text->len; i++) {
        unsigned char c = text->str[i];

        if (c < ' ' || c == 0x7f) {
            char code[5];

            if (c == '\n') {
                pstrcpy(code, sizeof(code), "\\n");
            } else {
                snprintf(code, sizeof(code), "\\x%02x", c);
            }
            g_string_erase(text, i, 1);
            g_string_insert(text, i, code);
            i += strlen(code) - 1;
        }
    }
}

/* Printed as one piece, so that messages of two threads do not mix. */
static void vreport(const char *prefix, const char *fmt, va_list ap)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (message_with_timestamp) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
        g_string_append_printf(text, "%s.%06dZ ", time, g_date_time_get_microsecond(now));
    }
    if (error_with_guestname && error_guest_name) {
        g_string_append_printf(text, "%s ", error_guest_name);
    }
    if (progname[0]) {
        g_string_append_printf(text, "%s:", progname);
    }
    append_location(text, current_loc(), progname[0] ? " " : "");
    g_string_append(text, prefix);
    g_string_append_vprintf(text, fmt, ap);
    escape_controls(text);
    g_string_append_c(text, '\n');
    error_printf("%s", text->str);
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
