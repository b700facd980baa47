/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of the human monitor, and how they print. */
#ifndef MONITOR_HMP_H
#define MONITOR_HMP_H

#include "qapi/error.h"
#include "qobject/qdict.h"

typedef struct Monitor Monitor;
typedef struct CPUState CPUState;

/*
 * args: "name:type,..." with these types; a '?' after it: optional.
 *   s  a word, or a string in double quotes      S  the rest of the line
 *   l  an integer expression                     i  the same, 32 bits
 *   b  on or off                                 O  key=value,... (one word, as a dictionary)
 *   /  a format "/10xw" (gives count, format and size)
 *   -x a switch (bool)                           M  a size, in MiB unless it has a suffix
 */
typedef struct HMPCommand {
    const char *name; /* "quit|q": name and aliases */
    const char *args;
    const char *params; /* for help */
    const char *help;
    void (*cmd)(Monitor *mon, const QDict *args);
    /* For an O argument: its implied key ("driver"), NULL: none. */
    const char *implied_key;
    /* Words that can stand where @text is begun: call add() for each; index of the argument. */
    void (*complete)(int index, const char *text, void (*add)(void *opaque, const char *word),
                     void *opaque);
} HMPCommand;

/* @cmds must stay alive. @info: they follow the word "info". */
void hmp_register_commands(const HMPCommand *cmds, size_t n, bool info);

/* To @mon. Main thread, or with the BQL held. */
int monitor_vprintf(Monitor *mon, const char *fmt, va_list ap) G_GNUC_PRINTF(2, 0);
int monitor_printf(Monitor *mon, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
int monitor_puts(Monitor *mon, const char *text);
/* @text with the line ends of a terminal, CR LF; g_free() it. */
char *monitor_crlf(const char *text);
/* Prints "Error: ..." with hints and frees @err; true if there was one. */
bool hmp_handle_error(Monitor *mon, Error *err);

/* The monitor whose command this thread executes, NULL: none. */
Monitor *monitor_cur(void);
/* The CPU that commands of @mon are about (command "cpu"); NULL without CPUs. */
CPUState *mon_get_cpu(Monitor *mon);
int monitor_set_cpu(Monitor *mon, int cpu_index);

/* One line as if it were typed; the output, caller frees. @cpu_index -1: the default. */
char *hmp_execute_to_string(const char *line, int cpu_index);

/*
 * Value of a C-like expression at *@pp, which moves behind it: numbers, 'c',
 * registers ($eip), + - * / % & | ^ ~ and parentheses. false and @errp.
 */
bool hmp_parse_expr(Monitor *mon, const char **pp, int64_t *value, Error **errp);
/* Where $NAME is looked up; set by what knows the target. */
typedef bool HMPRegisterFn(CPUState *cpu, const char *name, int64_t *value);
void hmp_set_register_hook(HMPRegisterFn *fn);

#endif
