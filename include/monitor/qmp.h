/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a QMP request is carried out. */
#ifndef MONITOR_QMP_H
#define MONITOR_QMP_H

#include "qapi/qmp-registry.h"
#include "qobject/qdict.h"

/* All commands; and what there is before a client has negotiated. */
extern QmpCommandList *qmp_commands, *qmp_negotiation_commands;

/* There is no machine yet (-preconfig): only some commands are allowed. */
extern bool qmp_in_preconfig;

/* Must qmp_dispatch() of this request be called in a coroutine? */
bool qmp_needs_coroutine(const QmpCommandList *cmds, QObject *request);

/* Does it ask for execution out of band? */
bool qmp_is_oob(QObject *request);

/*
 * Runs one request and returns the response, caller's reference; NULL when the
 * command does not answer. @oob: the client negotiated execution out of band. Main
 * thread with BQL held; or for qmp_is_oob() any other.
 */
QDict *qmp_dispatch(const QmpCommandList *cmds, QObject *request, bool oob);

#endif
