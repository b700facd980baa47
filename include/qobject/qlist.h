/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays. */
#ifndef QOBJECT_QLIST_H
#define QOBJECT_QLIST_H

#include "qobject/qobject.h"
#include "qemu/queue.h"

typedef struct QListEntry {
    QObject *value;
    QTAILQ_ENTRY(QListEntry) next;
} QListEntry;

struct QList {
    struct QObjectBase_ base;
    size_t size;
    QTAILQ_HEAD(, QListEntry) head;
};

/* Takes over the caller's reference to @obj. */
#define qlist_append(qlist, obj) qlist_append_obj(qlist, QOBJECT(obj))
void qlist_append_obj(QList *qlist, QObject *obj);
void qlist_append_int(QList *qlist, int64_t value);
void qlist_append_str(QList *qlist, const char *value);

#define QLIST_FOREACH_ENTRY(qlist, var)                                                            \
    for ((var) = QTAILQ_FIRST(&(qlist)->head); (var); (var) = QTAILQ_NEXT((var), next))

QObject *qlist_entry_obj(const QListEntry *entry);

QList *qlist_new(void);
QObject *qlist_peek(QList *qlist); /* borrowed */
bool qlist_empty(const QList *qlist);
size_t qlist_size(const QList *qlist);
const QListEntry *qlist_first(const QList *qlist);
const QListEntry *qlist_next(const QListEntry *entry);

void qlist_unref(QList *q);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QList, qlist_unref)

#endif /* QOBJECT_QLIST_H */
