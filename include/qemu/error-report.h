/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages for the person who runs the program. They go to the current
 * monitor when an HMP command is being executed, otherwise to stderr:
 *
 *   2025-01-31T12:00:00.123456Z guest-name prog: -device foo,bar=1: message
 *   `--- -msg timestamp=on ---' `guest-name=on'  `-- location --'
 *
 * The location (a command-line option, a line of a file) is a stack that
 * parsers push and pop, so that messages from deep below name the option.
 */
#ifndef QEMU_ERROR_REPORT_H
#define QEMU_ERROR_REPORT_H

#include "qemu/compiler.h"

typedef struct Location {
    enum { LOC_NONE, LOC_CMDLINE, LOC_FILE } kind;
    int num;
    const void *ptr;
    struct Location *prev;
} Location;

/* Push @loc with kind LOC_NONE; returns it. The storage is the caller's. */
Location *loc_push_none(Location *loc);
Location *loc_pop(Location *loc);
/* Copy the current location out, e.g. to restore it when options are applied later. */
Location *loc_save(Location *loc);
void loc_push_restore(Location *loc);
void loc_restore(Location *loc);
void loc_set_none(void);
/* The @cnt words from @argv[@idx]; @argv must outlive the location. */
void loc_set_cmdline(char **argv, int idx, int cnt);
void loc_set_file(const char *fname, int lno);

/*
 * Where messages go instead of stderr. @vprintf_fn returns false to decline
 * (no monitor is current), then stderr is used. Set once by the monitor.
 */
typedef bool ErrorVPrintfFn(const char *fmt, va_list ap);
void error_set_vprintf_hook(ErrorVPrintfFn *fn);

/* Raw output to the same place, without prefix. Return bytes or -1. */
int error_vprintf(const char *fmt, va_list ap) QEMU_PRINTF(1, 0);
int error_printf(const char *fmt, ...) QEMU_PRINTF(1, 2);

/* One message, no trailing newline. */
void error_vreport(const char *fmt, va_list ap) QEMU_PRINTF(1, 0);
void warn_vreport(const char *fmt, va_list ap) QEMU_PRINTF(1, 0);
void info_vreport(const char *fmt, va_list ap) QEMU_PRINTF(1, 0);
void error_report(const char *fmt, ...) QEMU_PRINTF(1, 2);
void warn_report(const char *fmt, ...) QEMU_PRINTF(1, 2);
void info_report(const char *fmt, ...) QEMU_PRINTF(1, 2);

bool error_report_once_cond(bool *printed, const char *fmt, ...) QEMU_PRINTF(2, 3);
bool warn_report_once_cond(bool *printed, const char *fmt, ...) QEMU_PRINTF(2, 3);
/* Prints the first time control gets here; true if it did. */
#define error_report_once(fmt, ...)                                                                \
    __extension__({                                                                                \
        static bool printed_once_;                                                                 \
        error_report_once_cond(&printed_once_, fmt, ##__VA_ARGS__);                                \
    })
#define warn_report_once(fmt, ...)                                                                 \
    __extension__({                                                                                \
        static bool printed_once_;                                                                 \
        warn_report_once_cond(&printed_once_, fmt, ##__VA_ARGS__);                                 \
    })

/*
 * Program name for messages, and redirect GLib's own log through them.
 * Call first thing in main().
 */
void error_init(const char *argv0);
/* The last component of argv[0] as given to error_init(). */
const char *error_get_progname(void);

/* -msg timestamp=on, guest-name=on */
extern bool message_with_timestamp;
extern bool error_with_guestname;
extern const char *error_guest_name;

#endif
