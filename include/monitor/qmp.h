/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands and events of QMP. A command is a function over JSON values; a table
 * tells which arguments it takes, and nothing else reaches the function.
 */
#ifndef MONITOR_QMP_H
#define MONITOR_QMP_H

#include "qapi/qmp-registry.h"
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

typedef struct QmpTableCommand {
    const char *name;
    QmpCommandFn *fn;
    const QmpArg *args; /* ends with a NULL name; NULL: none */
    bool open_args;     /* others than those of the table are for the function to check */
    bool no_success;    /* it does not answer when it works */
} QmpTableCommand;

/* @cmds must stay alive; a later table may not repeat a name. */
void qmp_register_commands(const QmpTableCommand *cmds, size_t n);
const QmpTableCommand *qmp_find_table_command(const char *name);
/* Calls @fn for each, in order of registration. */
void qmp_foreach_table_command(void (*fn)(const QmpTableCommand *cmd, void *opaque), void *opaque);

/*
 * Runs one request and returns the response, caller's reference; NULL when the
 * command does not answer. @negotiating: only qmp_capabilities is allowed.
 */
QDict *qmp_dispatch(QObject *request, bool negotiating);

/* The commands that are generated from the schema; they go before those of tables. */
extern QmpCommandList *qmp_commands;

#endif
