/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects: unique string keys in the order in which they were added. */
#ifndef QOBJECT_QDICT_H
#define QOBJECT_QDICT_H

#include "qobject/qobject.h"
#include "qemu/queue.h"

typedef struct QDictEntry QDictEntry;
struct QDictEntry {
    char *key;
    QObject *value;
    QTAILQ_ENTRY(QDictEntry) next;
};

struct QDict {
    struct QObjectBase_ base;
    size_t size;
    QTAILQ_HEAD(, QDictEntry) entries;
    GHashTable *index; /* key -> QDictEntry; NULL while there are few */
};

QDict *qdict_new(void);
const char *qdict_entry_key(const QDictEntry *entry);
QObject *qdict_entry_value(const QDictEntry *entry); /* borrowed */
size_t qdict_size(const QDict *qdict);
bool qdict_haskey(const QDict *qdict, const char *key);
void qdict_del(QDict *qdict, const char *key);
/* Walk: removing any entry but the current one's successor is fine. */
const QDictEntry *qdict_first(const QDict *qdict);
const QDictEntry *qdict_next(const QDict *qdict, const QDictEntry *entry);

/* Takes over the caller's reference to @value; replaces an old value in place. */
#define qdict_put(qdict, key, obj) qdict_put_obj(qdict, key, QOBJECT(obj))
void qdict_put_obj(QDict *qdict, const char *key, QObject *value);
void qdict_put_bool(QDict *qdict, const char *key, bool value);
void qdict_put_int(QDict *qdict, const char *key, int64_t value);
void qdict_put_null(QDict *qdict, const char *key);
void qdict_put_str(QDict *qdict, const char *key, const char *value);

/* Borrowed; NULL when absent (or, for the typed ones, of another type). */
QObject *qdict_get(const QDict *qdict, const char *key);
QList *qdict_get_qlist(const QDict *qdict, const char *key);
QDict *qdict_get_qdict(const QDict *qdict, const char *key);
const char *qdict_get_try_str(const QDict *qdict, const char *key);
/* The key must be there with that type: for data whose shape was checked. */
int64_t qdict_get_int(const QDict *qdict, const char *key);
uint64_t qdict_get_uint(const QDict *qdict, const char *key);
bool qdict_get_bool(const QDict *qdict, const char *key);
const char *qdict_get_str(const QDict *qdict, const char *key);
/* @def_value when absent or of another type. */
int64_t qdict_get_try_int(const QDict *qdict, const char *key, int64_t def_value);
bool qdict_get_try_bool(const QDict *qdict, const char *key, bool def_value);

/* Shares the values. */
QDict *qdict_clone_shallow(const QDict *src);

/* Copy @key of @src, resp. @value, to @dst when it has no such key. */
void qdict_copy_default(QDict *dst, QDict *src, const char *key);
void qdict_set_default_str(QDict *dst, const char *key, const char *val);

/* {"a": {"b": 1}, "l": [2]} becomes {"a.b": 1, "l.0": 2}; empty containers stay. In place. */
void qdict_flatten(QDict *qdict);
/*
 * The opposite: keys are split at '.' ("..": a literal '.'), members named 0..n-1
 * make a list. Caller's reference; NULL and @errp when keys contradict each other.
 */
QObject *qdict_crumple(const QDict *src, Error **errp);
/* Moves the keys that start with @start to a new *@dst, without that prefix. */
void qdict_extract_subqdict(QDict *src, QDict **dst, const char *start);
/* Moves "0", "1.x", ... up to the first gap into a list of values and dictionaries. */
void qdict_array_split(QDict *src, QList **dst);
/* How many elements "@subqdict0", "@subqdict1.x" ... there are; -EINVAL on other keys. */
int qdict_array_entries(QDict *src, const char *subqdict);
/* Moves what @dest lacks (or, with @overwrite, everything) from @src to it. */
void qdict_join(QDict *dest, QDict *src, bool overwrite);

typedef struct QDictRenames {
    const char *from;
    const char *to;
} QDictRenames;
/* @renames ends with {NULL}. false and @errp when both names are present. */
bool qdict_rename_keys(QDict *qdict, const QDictRenames *renames, Error **errp);

void qdict_unref(QDict *q);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QDict, qdict_unref)

#endif /* QOBJECT_QDICT_H */
