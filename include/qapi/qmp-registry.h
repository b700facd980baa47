/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands that generated code fills in, and what it needs for that. */
#ifndef QAPI_QMP_REGISTRY_H
#define QAPI_QMP_REGISTRY_H

#include "qapi/error.h"

typedef enum QmpCommandOptions {
    QCO_NO_SUCCESS_RESP = 1 << 0, /* does not answer when it works */
    QCO_ALLOW_OOB = 1 << 1,       /* may run out of band: another thread, no BQL, must not wait */
    QCO_ALLOW_PRECONFIG = 1 << 2, /* also before there is a machine */
    QCO_COROUTINE = 1 << 3,       /* runs in a coroutine and may yield */
} QmpCommandOptions;

/* @args never NULL. Exactly one of *@ret (stays NULL for {}) and *@errp is set. */
typedef void QmpMarshalFn(QDict *args, QObject **ret, Error **errp);

typedef struct QmpCommand {
    const char *name;
    QmpMarshalFn *fn;
    QmpCommandOptions options;
    unsigned special_features; /* bits QAPI_DEPRECATED, QAPI_UNSTABLE */
} QmpCommand;

typedef struct QmpCommandList QmpCommandList;

QmpCommandList *qmp_command_list_new(void);
void qmp_command_list_free(QmpCommandList *cmds);
/* @name must stay alive. Registering a name again replaces what it stood for. */
void qmp_register_command(QmpCommandList *cmds, const char *name, QmpMarshalFn *fn,
                          QmpCommandOptions options, unsigned special_features);
const QmpCommand *qmp_find_command(const QmpCommandList *cmds, const char *name);
/* Calls @fn for each, in order of registration. */
void qmp_for_each_command(const QmpCommandList *cmds,
                          void (*fn)(const QmpCommand *cmd, void *opaque), void *opaque);

/* For commands without arguments: false and @errp when there are some. */
bool qmp_no_arguments(const QDict *args, Error **errp);

#endif /* QAPI_QMP_REGISTRY_H */
