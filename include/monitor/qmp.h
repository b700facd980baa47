/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands and events of QMP. A command is a function over JSON values; a table
 * tells which arguments it takes, and nothing else reaches the function.
 */
#ifndef MONITOR_QMP_H
#define MONITOR_QMP_H

#include "qapi/error.h"
#include "qobject/qdict.h"

typedef struct QmpArg {
    const char *name;
    QType type; /* QTYPE_NONE: anything; QTYPE_QNUM: an integer */
    bool optional;
    const char *const *values; /* for strings: what is accepted, NULL-terminated; NULL: all */
} QmpArg;

/*
 * Main thread, BQL held; @args is borrowed and never NULL. The caller's
 * reference to the result; NULL without error stands for {}.
 */
typedef QObject *QmpCommandFn(const QDict *args, Error **errp);

typedef struct QmpCommand {
    const char *name;
    QmpCommandFn *fn;
    const QmpArg *args; /* ends with a NULL name; NULL: none */
    bool open_args;     /* others than those of the table are for the function to check */
    bool no_success;    /* it does not answer when it works */
} QmpCommand;

/* @cmds must stay alive; a later table may not repeat a name. */
void qmp_register_commands(const QmpCommand *cmds, size_t n);
const QmpCommand *qmp_find_command(const char *name);
/* Calls @fn for each, in order of registration. */
void qmp_foreach_command(void (*fn)(const QmpCommand *cmd, void *opaque), void *opaque);

/*
 * Runs one request and returns the response, caller's reference; NULL when the
 * command does not answer. @negotiating: only qmp_capabilities is allowed.
 */
QDict *qmp_dispatch(QObject *request, bool negotiating);

/* An event with @data (may be NULL; borrowed) to every QMP client. BQL held. */
void qmp_event_emit(const char *name, const QDict *data);

#endif
