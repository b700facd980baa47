/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays of values. */
#include "qemu/osdep.h"
#include "qobject/qbool.h"
#include "qobject/qlist.h"
#include "qobject/qnull.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"
#include "qobject-internal.h"

QList *qlist_new(void)
{
    QList *qlist = g_new0(QList, 1);

    qobject_init(QOBJECT(qlist), QTYPE_QLIST);
    QTAILQ_INIT(&qlist->head);
    return qlist;
}

QObject *qlist_entry_obj(const QListEntry *entry)
{
    return entry->value;
}

void qlist_append_obj(QList *qlist, QObject *value)
{
    QListEntry *entry = g_new0(QListEntry, 1);

    entry->value = value;
    QTAILQ_INSERT_TAIL(&qlist->head, entry, next);
    qlist->size++;
}

void qlist_append_int(QList *qlist, int64_t value)
{
    qlist_append(qlist, qnum_from_int(value));
}

void qlist_append_str(QList *qlist, const char *value)
{
    qlist_append(qlist, qstring_from_str(value));
}

QObject *qlist_peek(QList *qlist)
{
    QListEntry *entry = qlist ? QTAILQ_FIRST(&qlist->head) : NULL;

    return entry ? entry->value : NULL;
}

bool qlist_empty(const QList *qlist)
{
    return QTAILQ_EMPTY(&qlist->head);
}

size_t qlist_size(const QList *qlist)
{
    return qlist->size;
}

const QListEntry *qlist_first(const QList *qlist)
{
    return QTAILQ_FIRST(&qlist->head);
}

const QListEntry *qlist_next(const QListEntry *entry)
{
    return QTAILQ_NEXT(entry, next);
}

bool qlist_is_equal(const QObject *x, const QObject *y)
{
    const QList *list_x = (const QList *)x, *list_y = (const QList *)y;
    const QListEntry *entry_x, *entry_y;

    if (list_x->size != list_y->size) {
        return false;
    }
    entry_x = qlist_first(list_x);
    entry_y = qlist_first(list_y);
    while (entry_x && entry_y) {
        if (!qobject_is_equal(entry_x->value, entry_y->value)) {
            return false;
        }
        entry_x = qlist_next(entry_x);
        entry_y = qlist_next(entry_y);
    }
    return !entry_x && !entry_y;
}

void qlist_destroy_obj(QObject *obj)
{
    QList *qlist = (QList *)obj;
    QListEntry *entry, *next_entry;

    QTAILQ_FOREACH_SAFE (entry, &qlist->head, next, next_entry) {
        QTAILQ_REMOVE(&qlist->head, entry, next);
        qobject_unref(entry->value);
        g_free(entry);
    }
    g_free(qlist);
}

void qlist_unref(QList *q)
{
    qobject_unref(q);
}
