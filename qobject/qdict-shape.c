/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing a dictionary's shape: between nested values and flat dotted keys, and
 * between dictionaries. Block device options are handed around in flat form.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qobject/qbool.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"

void qdict_copy_default(QDict *dst, QDict *src, const char *key)
{
    QObject *val = qdict_get(src, key);

    if (val && !qdict_haskey(dst, key)) {
        qdict_put_obj(dst, key, qobject_ref(val));
    }
}

void qdict_set_default_str(QDict *dst, const char *key, const char *val)
{
    if (!qdict_haskey(dst, key)) {
        qdict_put_str(dst, key, val);
    }
}

/* ---- flatten ------------------------------------------------------------ */

static void flatten_value(QDict *target, const char *key, QObject *value);

static void flatten_qdict(QDict *target, const char *prefix, const QDict *qdict)
{
    const QDictEntry *entry;

    for (entry = qdict_first(qdict); entry; entry = qdict_next(qdict, entry)) {
        g_autofree char *key =
            prefix ? g_strdup_printf("%s.%s", prefix, entry->key) : g_strdup(entry->key);

        flatten_value(target, key, entry->value);
    }
}

static void flatten_value(QDict *target, const char *key, QObject *value)
{
    QDict *dict = qobject_to(QDict, value);
    QList *list = qobject_to(QList, value);

    if (dict && qdict_size(dict)) {
        flatten_qdict(target, key, dict);
    } else if (list && !qlist_empty(list)) {
        const QListEntry *entry;
        unsigned i = 0;

        QLIST_FOREACH_ENTRY (list, entry) {
            g_autofree char *elem_key = g_strdup_printf("%s.%u", key, i++);

            flatten_value(target, elem_key, entry->value);
        }
    } else {
        qdict_put_obj(target, key, qobject_ref(value));
    }
}

/* Exchanges the contents of two dictionaries that nobody else shares structure with. */
static void qdict_take_contents(QDict *dst, QDict *src)
{
    g_autoptr(GPtrArray) old_keys = g_ptr_array_new_with_free_func(g_free);
    const QDictEntry *entry;

    for (entry = qdict_first(dst); entry; entry = qdict_next(dst, entry)) {
        g_ptr_array_add(old_keys, g_strdup(entry->key));
    }
    for (guint i = 0; i < old_keys->len; i++) {
        qdict_del(dst, old_keys->pdata[i]);
    }
    for (entry = qdict_first(src); entry; entry = qdict_next(src, entry)) {
        qdict_put_obj(dst, entry->key, qobject_ref(entry->value));
    }
}

void qdict_flatten(QDict *qdict)
{
    g_autoptr(QDict) flat = qdict_new();

    flatten_qdict(flat, NULL, qdict);
    qdict_take_contents(qdict, flat);
}

/* ---- sub-dictionaries and arrays ---------------------------------------- */

void qdict_extract_subqdict(QDict *src, QDict **dst, const char *start)
{
    const QDictEntry *entry, *next;
    const char *rest;

    if (dst) {
        *dst = qdict_new();
    }
    for (entry = qdict_first(src); entry; entry = next) {
        next = qdict_next(src, entry);
        if (strstart(entry->key, start, &rest)) {
            if (dst) {
                qdict_put_obj(*dst, rest, qobject_ref(entry->value));
            }
            qdict_del(src, entry->key);
        }
    }
}

static int qdict_count_prefixed_entries(const QDict *src, const char *start)
{
    const QDictEntry *entry;
    int count = 0;

    for (entry = qdict_first(src); entry; entry = qdict_next(src, entry)) {
        if (g_str_has_prefix(entry->key, start)) {
            count++;
        }
    }
    return count;
}

void qdict_array_split(QDict *src, QList **dst)
{
    *dst = qlist_new();
    for (unsigned i = 0; i < UINT_MAX; i++) {
        g_autofree char *indexstr = g_strdup_printf("%u", i);
        g_autofree char *prefix = g_strdup_printf("%u.", i);
        QObject *subqobj = qdict_get(src, indexstr);
        bool is_subqdict = qdict_count_prefixed_entries(src, prefix) > 0;
        QDict *subqdict;

        if (!!subqobj == is_subqdict) {
            return; /* neither: the end; both: contradictory, left to be refused */
        }
        if (is_subqdict) {
            qdict_extract_subqdict(src, &subqdict, prefix);
            qlist_append(*dst, subqdict);
        } else {
            qlist_append_obj(*dst, qobject_ref(subqobj));
            qdict_del(src, indexstr);
        }
    }
}

int qdict_array_entries(QDict *src, const char *subqdict)
{
    const QDictEntry *entry;
    unsigned i, entries = 0;

    for (i = 0; i < INT_MAX; i++) {
        g_autofree char *key = g_strdup_printf("%s%u", subqdict, i);
        g_autofree char *prefix = g_strdup_printf("%s%u.", subqdict, i);
        int subqdict_entries = qdict_count_prefixed_entries(src, prefix);
        QObject *subqobj = qdict_get(src, key);

        if (subqobj && subqdict_entries) {
            return -EINVAL;
        }
        if (!subqobj && !subqdict_entries) {
            break;
        }
        entries += subqdict_entries ? subqdict_entries : 1;
    }
    /* What starts with the prefix and was not counted is no element. */
    for (entry = qdict_first(src); entry; entry = qdict_next(src, entry)) {
        if (g_str_has_prefix(entry->key, subqdict)) {
            if (entries == 0) {
                return -EINVAL;
            }
            entries--;
        }
    }
    return i;
}

/* ---- crumple ------------------------------------------------------------ */

/*
 * Splits a flat key at its first single '.': *@prefix gets the part before it
 * with ".." made '.', *@suffix points behind it, NULL when there is none.
 */
static void split_flat_key(const char *key, char **prefix, const char **suffix)
{
    const char *p = key;
    GString *out = g_string_new(NULL);

    while (*p) {
        if (*p == '.') {
            if (p[1] != '.') {
                break;
            }
            p++;
        }
        g_string_append_c(out, *p++);
    }
    *prefix = g_string_free(out, FALSE);
    *suffix = *p ? p + 1 : NULL;
}

/* 1: all keys are 0..n-1; 0: none is a number; -1 and @errp: a mixture or a gap. */
static int qdict_is_list(const QDict *maybe_list, Error **errp)
{
    const QDictEntry *entry;
    size_t numbers = 0, size = qdict_size(maybe_list);
    uint64_t max = 0, val;

    for (entry = qdict_first(maybe_list); entry; entry = qdict_next(maybe_list, entry)) {
        if (g_ascii_string_to_unsigned(entry->key, 10, 0, INT_MAX, &val, NULL)) {
            numbers++;
            max = MAX(max, val);
        }
    }
    if (numbers == 0) {
        return 0;
    }
    if (numbers < size) {
        error_setg(errp, "Cannot mix list and non-list keys");
        return -1;
    }
    if (max != size - 1) {
        error_setg(errp, "List indices must be 0 to %zu, got %" PRIu64, size - 1, max);
        return -1;
    }
    return 1;
}

/* One level: values under the first part of their keys, the rest still flat. */
static QDict *crumple_one_level(const QDict *src, Error **errp)
{
    g_autoptr(QDict) two_level = qdict_new();
    const QDictEntry *ent;

    for (ent = qdict_first(src); ent; ent = qdict_next(src, ent)) {
        g_autofree char *prefix = NULL;
        const char *suffix;
        QObject *child;

        if ((qobject_to(QDict, ent->value) && qdict_size(qobject_to(QDict, ent->value))) ||
            (qobject_to(QList, ent->value) && qlist_size(qobject_to(QList, ent->value)))) {
            error_setg(errp, "Value of '%s' is not a scalar", ent->key);
            return NULL;
        }
        split_flat_key(ent->key, &prefix, &suffix);
        child = qdict_get(two_level, prefix);
        if (suffix) {
            QDict *child_dict = qobject_to(QDict, child);

            /* An empty dictionary here is a value of the source, not one of ours. */
            if (child && (!child_dict || qdict_size(child_dict) == 0)) {
                error_setg(errp, "Cannot mix scalar and non-scalar keys: '%s'", ent->key);
                return NULL;
            }
            if (!child_dict) {
                child_dict = qdict_new();
                qdict_put(two_level, prefix, child_dict);
            }
            qdict_put_obj(child_dict, suffix, qobject_ref(ent->value));
        } else {
            if (child) {
                error_setg(errp, "Cannot mix scalar and non-scalar keys: '%s'", ent->key);
                return NULL;
            }
            qdict_put_obj(two_level, prefix, qobject_ref(ent->value));
        }
    }
    return g_steal_pointer(&two_level);
}

static QObject *crumple_level(const QDict *src, unsigned depth, Error **errp)
{
    g_autoptr(QDict) two_level = NULL;
    g_autoptr(QDict) multi_level = qdict_new();
    g_autoptr(QList) list = NULL;
    const QDictEntry *ent;
    int is_list;

    if (depth > 128) {
        error_setg(errp, "Keys nest deeper than 128 levels");
        return NULL;
    }
    two_level = crumple_one_level(src, errp);
    if (!two_level) {
        return NULL;
    }
    for (ent = qdict_first(two_level); ent; ent = qdict_next(two_level, ent)) {
        QDict *dict = qobject_to(QDict, ent->value);

        if (dict && qdict_size(dict)) {
            QObject *child = crumple_level(dict, depth + 1, errp);

            if (!child) {
                return NULL;
            }
            qdict_put_obj(multi_level, ent->key, child);
        } else {
            qdict_put_obj(multi_level, ent->key, qobject_ref(ent->value));
        }
    }
    is_list = qdict_is_list(multi_level, errp);
    if (is_list < 0) {
        return NULL;
    }
    if (!is_list) {
        return QOBJECT(g_steal_pointer(&multi_level));
    }
    list = qlist_new();
    for (size_t i = 0; i < qdict_size(multi_level); i++) {
        g_autofree char *key = g_strdup_printf("%zu", i);
        QObject *child = qdict_get(multi_level, key);

        if (!child) {
            error_setg(errp, "Missing list index %zu", i);
            return NULL;
        }
        qlist_append_obj(list, qobject_ref(child));
    }
    return QOBJECT(g_steal_pointer(&list));
}

QObject *qdict_crumple(const QDict *src, Error **errp)
{
    return crumple_level(src, 0, errp);
}

/* ---- joining and renaming ----------------------------------------------- */

void qdict_join(QDict *dest, QDict *src, bool overwrite)
{
    const QDictEntry *entry, *next;

    for (entry = qdict_first(src); entry; entry = next) {
        next = qdict_next(src, entry);
        if (overwrite || !qdict_haskey(dest, entry->key)) {
            qdict_put_obj(dest, entry->key, qobject_ref(entry->value));
            qdict_del(src, entry->key);
        }
    }
}

bool qdict_rename_keys(QDict *qdict, const QDictRenames *renames, Error **errp)
{
    for (; renames->from; renames++) {
        QObject *value = qdict_get(qdict, renames->from);

        if (!value) {
            continue;
        }
        if (qdict_haskey(qdict, renames->to)) {
            error_setg(errp, "'%s' and its alias '%s' can't be used at the same time", renames->to,
                       renames->from);
            return false;
        }
        qdict_put_obj(qdict, renames->to, qobject_ref(value));
        qdict_del(qdict, renames->from);
    }
    return true;
}
