/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the generated qapi_event_send_*() and whoever sends events on. Without
 * a monitor they go nowhere.
 */
#ifndef QAPI_QMP_EVENT_H
#define QAPI_QMP_EVENT_H

#include "qapi/qapi-emit-events.h"
#include "qemu/typedefs.h"

/* {"timestamp": now, "event": @name}; caller's reference. */
QDict *qmp_event_build_dict(const char *name);

/* @message is borrowed. Any thread that may send the event; see docs/devel/monitor.md. */
typedef void QapiEventEmitFn(QAPIEvent event, QDict *message);
/* Main thread, when no event can come. NULL: nowhere. */
void qapi_event_set_emit(QapiEventEmitFn *fn);

void qapi_event_emit(QAPIEvent event, QDict *message);

#endif /* QAPI_QMP_EVENT_H */
