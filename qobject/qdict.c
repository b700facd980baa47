/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects with unique string keys.
 *
 * Entries are a list, so that output keeps the order of input. Most dictionaries
 * are small and are searched along that list; a hash index is made only when one
 * grows, so that a message with many tiny dictionaries stays cheap and one with
 * many keys stays fast.
 */
#include "qemu/osdep.h"
#include "qobject/qbool.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qnull.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"
#include "qobject-internal.h"

#define INDEX_THRESHOLD 12

QDict *qdict_new(void)
{
    QDict *qdict = g_new0(QDict, 1);

    qobject_init(QOBJECT(qdict), QTYPE_QDICT);
    QTAILQ_INIT(&qdict->entries);
    return qdict;
}

const char *qdict_entry_key(const QDictEntry *entry)
{
    return entry->key;
}

QObject *qdict_entry_value(const QDictEntry *entry)
{
    return entry->value;
}

static QDictEntry *qdict_find(const QDict *qdict, const char *key)
{
    QDictEntry *entry;

    if (qdict->index) {
        return g_hash_table_lookup(qdict->index, key);
    }
    QTAILQ_FOREACH (entry, &qdict->entries, next) {
        if (!strcmp(entry->key, key)) {
            return entry;
        }
    }
    return NULL;
}

static void qdict_build_index(QDict *qdict)
{
    QDictEntry *entry;

    qdict->index = g_hash_table_new(g_str_hash, g_str_equal);
    QTAILQ_FOREACH (entry, &qdict->entries, next) {
        g_hash_table_insert(qdict->index, entry->key, entry);
    }
}

void qdict_put_obj(QDict *qdict, const char *key, QObject *value)
{
    QDictEntry *entry = qdict_find(qdict, key);

    if (entry) {
        QObject *old = entry->value;

        entry->value = value;
        qobject_unref(old);
        return;
    }
    entry = g_new0(QDictEntry, 1);
    entry->key = g_strdup(key);
    entry->value = value;
    QTAILQ_INSERT_TAIL(&qdict->entries, entry, next);
    qdict->size++;
    if (qdict->index) {
        g_hash_table_insert(qdict->index, entry->key, entry);
    } else if (qdict->size > INDEX_THRESHOLD) {
        qdict_build_index(qdict);
    }
}

void qdict_put_int(QDict *qdict, const char *key, int64_t value)
{
    qdict_put(qdict, key, qnum_from_int(value));
}

void qdict_put_bool(QDict *qdict, const char *key, bool value)
{
    qdict_put(qdict, key, qbool_from_bool(value));
}

void qdict_put_str(QDict *qdict, const char *key, const char *value)
{
    qdict_put(qdict, key, qstring_from_str(value));
}

void qdict_put_null(QDict *qdict, const char *key)
{
    qdict_put(qdict, key, qnull());
}

static void qentry_destroy(QDictEntry *entry)
{
    qobject_unref(entry->value);
    g_free(entry->key);
    g_free(entry);
}

void qdict_del(QDict *qdict, const char *key)
{
    QDictEntry *entry = qdict_find(qdict, key);

    if (!entry) {
        return;
    }
    if (qdict->index) {
        g_hash_table_remove(qdict->index, key);
    }
    QTAILQ_REMOVE(&qdict->entries, entry, next);
    qdict->size--;
    qentry_destroy(entry);
}

QObject *qdict_get(const QDict *qdict, const char *key)
{
    QDictEntry *entry = qdict_find(qdict, key);

    return entry ? entry->value : NULL;
}

bool qdict_haskey(const QDict *qdict, const char *key)
{
    return qdict_find(qdict, key) != NULL;
}

size_t qdict_size(const QDict *qdict)
{
    return qdict->size;
}

const QDictEntry *qdict_first(const QDict *qdict)
{
    return QTAILQ_FIRST(&qdict->entries);
}

const QDictEntry *qdict_next(const QDict *qdict, const QDictEntry *entry)
{
    return QTAILQ_NEXT(entry, next);
}

int64_t qdict_get_int(const QDict *qdict, const char *key)
{
    return qnum_get_int(qobject_to(QNum, qdict_get(qdict, key)));
}

uint64_t qdict_get_uint(const QDict *qdict, const char *key)
{
    return qnum_get_uint(qobject_to(QNum, qdict_get(qdict, key)));
}

bool qdict_get_bool(const QDict *qdict, const char *key)
{
    return qbool_get_bool(qobject_to(QBool, qdict_get(qdict, key)));
}

const char *qdict_get_str(const QDict *qdict, const char *key)
{
    return qstring_get_str(qobject_to(QString, qdict_get(qdict, key)));
}

QList *qdict_get_qlist(const QDict *qdict, const char *key)
{
    return qobject_to(QList, qdict_get(qdict, key));
}

QDict *qdict_get_qdict(const QDict *qdict, const char *key)
{
    return qobject_to(QDict, qdict_get(qdict, key));
}

int64_t qdict_get_try_int(const QDict *qdict, const char *key, int64_t def_value)
{
    QNum *qnum = qobject_to(QNum, qdict_get(qdict, key));
    int64_t val;

    return qnum && qnum_get_try_int(qnum, &val) ? val : def_value;
}

bool qdict_get_try_bool(const QDict *qdict, const char *key, bool def_value)
{
    QBool *qbool = qobject_to(QBool, qdict_get(qdict, key));

    return qbool ? qbool_get_bool(qbool) : def_value;
}

const char *qdict_get_try_str(const QDict *qdict, const char *key)
{
    QString *qstr = qobject_to(QString, qdict_get(qdict, key));

    return qstr ? qstring_get_str(qstr) : NULL;
}

QDict *qdict_clone_shallow(const QDict *src)
{
    QDict *dest = qdict_new();
    const QDictEntry *entry;

    for (entry = qdict_first(src); entry; entry = qdict_next(src, entry)) {
        qdict_put_obj(dest, entry->key, qobject_ref(entry->value));
    }
    return dest;
}

bool qdict_is_equal(const QObject *x, const QObject *y)
{
    const QDict *dict_x = (const QDict *)x, *dict_y = (const QDict *)y;
    const QDictEntry *e;

    if (dict_x->size != dict_y->size) {
        return false;
    }
    for (e = qdict_first(dict_x); e; e = qdict_next(dict_x, e)) {
        if (!qobject_is_equal(e->value, qdict_get(dict_y, e->key))) {
            return false;
        }
    }
    return true;
}

void qdict_destroy_obj(QObject *obj)
{
    QDict *qdict = (QDict *)obj;
    QDictEntry *entry, *next_entry;

    if (qdict->index) {
        g_hash_table_destroy(qdict->index);
    }
    QTAILQ_FOREACH_SAFE (entry, &qdict->entries, next, next_entry) {
        qentry_destroy(entry);
    }
    g_free(qdict);
}

void qdict_unref(QDict *q)
{
    qobject_unref(q);
}
