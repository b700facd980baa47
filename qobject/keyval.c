/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * key=value,... option arguments to nested dictionaries; grammar in the header.
 *
 * While parsing everything is a dictionary; when all is there, those whose keys
 * are all indices become lists.
 */
#include "qemu/osdep.h"
#include "qapi/util.h"
#include "qemu/error-report.h"
#include "qobject/keyval.h"
#include "qobject/qlist.h"
#include "qobject/qstring.h"

#define KEY_FRAGMENT_MAX 127
#define KEY_DEPTH_MAX    64

/* "0", "17": the index; -1 when @key is none. */
static int64_t key_to_index(const char *key)
{
    uint64_t index;

    if (!g_ascii_string_to_unsigned(key, 10, 0, INT_MAX, &index, NULL)) {
        return -1;
    }
    return key[0] == '0' && key[1] ? -1 : (int64_t)index;
}

/* Length of the fragment at @s, which ends at '.', or at @end; 0 when it is no name or index. */
static size_t key_fragment_len(const char *s, const char *end)
{
    int len = parse_qapi_name(s, false);

    if (len < 0) {
        len = 0;
        while (s + len < end && g_ascii_isdigit(s[len])) {
            len++;
        }
    }
    if (len > KEY_FRAGMENT_MAX || s + len > end || (s + len < end && s[len] != '.')) {
        return 0;
    }
    return len;
}

/* The dictionary to hold the last fragment of the key, which goes to @leaf. */
static QDict *find_place(QDict *qdict, const char *key, const char *end, char **leaf, Error **errp)
{
    QDict *cur = qdict;
    const char *s = key;

    for (unsigned depth = 0; depth < KEY_DEPTH_MAX; depth++) {
        size_t len = key_fragment_len(s, end);
        g_autofree char *frag = NULL;
        QObject *child;

        if (!len) {
            error_setg(errp, "Invalid parameter '%.*s'", (int)(end - key), key);
            return NULL;
        }
        frag = g_strndup(s, len);
        s += len;
        child = qdict_get(cur, frag);
        if (child && (s == end) == (qobject_type(child) == QTYPE_QDICT)) {
            error_setg(errp, "Parameters '%.*s.*' used inconsistently", (int)(s - key), key);
            return NULL;
        }
        if (s == end) {
            *leaf = g_steal_pointer(&frag);
            return cur;
        }
        s++;
        if (!child) {
            child = QOBJECT(qdict_new());
            qdict_put_obj(cur, frag, child);
        }
        cur = qobject_to(QDict, child);
    }
    error_setg(errp, "Parameter '%.40s...' has more than %d parts", key, KEY_DEPTH_MAX);
    return NULL;
}

/* Undoes ",,"; *@end at the ',' that ends the value or at the end of the string. */
static char *take_value(const char *s, const char **end)
{
    GString *val = g_string_new(NULL);

    for (; *s; s++) {
        if (*s == ',') {
            if (s[1] != ',') {
                break;
            }
            s++;
        }
        g_string_append_c(val, *s);
    }
    *end = s;
    return g_string_free(val, FALSE);
}

char *keyval_short_bool(const char *word, size_t len, bool *value)
{
    *value = len <= 2 || memcmp(word, "no", 2) || (len == 7 && !memcmp(word, "nodelay", len));
    return *value ? g_strndup(word, len) : g_strndup(word + 2, len - 2);
}

/* The key that @word stands for, and as @val what it is. Caller's. */
static char *take_short_bool(const char *word, size_t len, KeyvalShortBool how, char **val)
{
    bool on;
    char *key = keyval_short_bool(word, len, &on);

    *val = g_strdup(on ? "on" : "off");
    if (how == KEYVAL_SHORT_BOOL_WARN) {
        warn_report("short-form boolean option '%.*s' deprecated", (int)len, word);
        error_printf("Please use %s=%s instead\n", key, *val);
    }
    return key;
}

static bool is_help(const char *s, size_t len)
{
    return (len == 4 && !memcmp(s, "help", 4)) || (len == 1 && *s == '?');
}

/*
 * Parses one element at @params. Returns where the next one starts, NULL and
 * @errp on failure. @implied_key is NULL after the first element.
 */
static const char *keyval_parse_one(QDict *qdict, const char *params, const char *implied_key,
                                    bool flat, KeyvalShortBool short_bool, bool *help, Error **errp)
{
    size_t len = strcspn(params, "=,");
    const char *key = params, *key_end = params + len, *end;
    g_autofree char *val = NULL;
    g_autofree char *leaf = NULL;
    g_autofree char *flag = NULL;
    QDict *place;

    if (*key_end == '=') {
        val = take_value(key_end + 1, &end);
    } else if (is_help(params, len)) {
        *help = true;
        return *key_end ? key_end + 1 : key_end;
    } else if (implied_key) {
        val = take_value(params, &end);
        key = implied_key;
        key_end = key + strlen(key);
    } else if (len == 0) {
        error_setg(errp, "Expected a parameter before ','");
        return NULL;
    } else if (short_bool != KEYVAL_SHORT_BOOL_REFUSE && key_fragment_len(params, key_end)) {
        flag = take_short_bool(params, len, short_bool, &val);
        key = flag;
        end = key_end;
        key_end = key + strlen(key);
    } else {
        error_setg(errp, "Expected '=' after parameter '%.*s'", (int)len, params);
        return NULL;
    }
    if (flat && key_end > key) {
        place = qdict;
        leaf = g_strndup(key, key_end - key);
    } else {
        place = find_place(qdict, key, key_end, &leaf, errp);
    }
    if (!place) {
        return NULL;
    }
    /* The last one counts of all other keys. */
    if (short_bool == KEYVAL_SHORT_BOOL_REFUSE || place != qdict || strcmp(leaf, "id") ||
        !qdict_haskey(place, leaf)) {
        qdict_put(place, leaf, qstring_take_str(g_steal_pointer(&val)));
    }
    return *end ? end + 1 : end;
}

/* @qdict as a list when its keys are indices, else as it is; NULL and @errp on a gap or mixture. */
static QObject *listify_level(QDict *qdict, const char *path, Error **errp)
{
    g_autoptr(QList) list = NULL;
    const QDictEntry *e;
    size_t n_index = 0;

    for (e = qdict_first(qdict); e; e = qdict_next(qdict, e)) {
        n_index += key_to_index(e->key) >= 0;
    }
    if (n_index == 0) {
        return QOBJECT(qobject_ref(qdict));
    }
    if (n_index < qdict_size(qdict)) {
        error_setg(errp, "Parameters '%s.*' used inconsistently: both names and list indices",
                   path);
        return NULL;
    }
    list = qlist_new();
    for (size_t i = 0; i < n_index; i++) {
        g_autofree char *key = g_strdup_printf("%zu", i);
        QObject *elem = qdict_get(qdict, key);

        if (!elem) {
            error_setg(errp, "Parameter '%s%s%zu' missing", path, *path ? "." : "", i);
            return NULL;
        }
        qlist_append_obj(list, qobject_ref(elem));
    }
    return QOBJECT(g_steal_pointer(&list));
}

static QObject *keyval_listify(QDict *cur, const char *path, Error **errp)
{
    const QDictEntry *e;

    for (e = qdict_first(cur); e; e = qdict_next(cur, e)) {
        QDict *child = qobject_to(QDict, e->value);
        g_autofree char *child_path = NULL;
        QObject *value;

        if (!child) {
            continue;
        }
        child_path = *path ? g_strdup_printf("%s.%s", path, e->key) : g_strdup(e->key);
        value = keyval_listify(child, child_path, errp);
        if (!value) {
            return NULL;
        }
        qdict_put_obj(cur, e->key, value);
    }
    return listify_level(cur, path, errp);
}

static QDict *parse_all(const char *params, const char *implied_key, bool flat,
                        KeyvalShortBool short_bool, bool *help, Error **errp)
{
    g_autoptr(QDict) qdict = qdict_new();
    const char *s = params;
    bool want_help = false;

    while (s && *s) {
        s = keyval_parse_one(qdict, s, implied_key, flat, short_bool, &want_help, errp);
        implied_key = NULL;
    }
    if (!s) {
        return NULL;
    }
    if (want_help && !help) {
        error_setg(errp, "Help is not available for this option");
        return NULL;
    }
    if (help) {
        *help = want_help;
    }
    return g_steal_pointer(&qdict);
}

QDict *keyval_parse_flat(const char *params, KeyvalShortBool short_bool, Error **errp)
{
    return parse_all(params, NULL, true, short_bool, NULL, errp);
}

QDict *keyval_parse_full(const char *params, const char *implied_key, KeyvalShortBool short_bool,
                         bool *help, Error **errp)
{
    g_autoptr(QDict) qdict = parse_all(params, implied_key, false, short_bool, help, errp);
    g_autoptr(QObject) listified = qdict ? keyval_listify(qdict, "", errp) : NULL;

    if (!listified) {
        return NULL;
    }
    if (!qobject_to(QDict, listified)) {
        error_setg(errp, "Parameters must be names, not list indices");
        return NULL;
    }
    return g_steal_pointer(&qdict);
}

QDict *keyval_parse(const char *params, const char *implied_key, bool *help, Error **errp)
{
    return keyval_parse_full(params, implied_key, KEYVAL_SHORT_BOOL_REFUSE, help, errp);
}

/* ---- merging ------------------------------------------------------------ */

static bool merge_value(QObject *old, QObject *merged, const char *path, bool dry_run,
                        Error **errp);

static bool merge_dict(QDict *dest, const QDict *merged, const char *path, bool dry_run,
                       Error **errp)
{
    const QDictEntry *e;

    for (e = qdict_first(merged); e; e = qdict_next(merged, e)) {
        QObject *old = qdict_get(dest, e->key);
        g_autofree char *key_path = g_strdup_printf("%s%s%s", path, *path ? "." : "", e->key);

        if (old && (qobject_to(QDict, old) || qobject_to(QList, old) ||
                    qobject_to(QDict, e->value) || qobject_to(QList, e->value))) {
            if (!merge_value(old, e->value, key_path, dry_run, errp)) {
                return false;
            }
        } else if (!dry_run) {
            qdict_put_obj(dest, e->key, qobject_deep_copy(e->value));
        }
    }
    return true;
}

static bool merge_value(QObject *old, QObject *merged, const char *path, bool dry_run, Error **errp)
{
    QList *list = qobject_to(QList, old);
    const QListEntry *e;

    if (qobject_type(old) != qobject_type(merged)) {
        error_setg(errp, "Parameter '%s%s' used inconsistently", path,
                   qobject_to(QString, old) || qobject_to(QString, merged) ? ".*" : "");
        return false;
    }
    if (!list) {
        return merge_dict(qobject_to(QDict, old), qobject_to(QDict, merged), path, dry_run, errp);
    }
    if (!dry_run) {
        QLIST_FOREACH_ENTRY (qobject_to(QList, merged), e) {
            qlist_append_obj(list, qobject_deep_copy(e->value));
        }
    }
    return true;
}

bool keyval_merge(QDict *old, const QDict *merged, Error **errp)
{
    return merge_dict(old, merged, "", true, errp) && merge_dict(old, merged, "", false, errp);
}
