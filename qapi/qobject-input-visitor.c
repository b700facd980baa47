/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QObjects to typed values. In keyval mode all scalars are strings and are
 * parsed to the type that is asked for. Messages name members by their full
 * path, such as "server.0.port".
 */
#include "qemu/osdep.h"
#include "qapi/qobject-input-visitor.h"
#include "qapi/compat-policy.h"
#include "qapi/visitor-impl.h"
#include "qemu/cutils.h"
#include "qemu/nearest-name.h"
#include "qemu/option-place.h"
#include "qobject/keyval.h"
#include "qobject/qbool.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qnull.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"

/* A container being visited. */
typedef struct StackObject {
    char *name;              /* of the container in its parent, NULL in a list or for the root */
    QObject *obj;            /* borrowed */
    GHashTable *unvisited;   /* dictionaries: keys not asked for yet; borrowed */
    GPtrArray *known;        /* dictionaries: names asked for that were not there */
    const QListEntry *entry; /* lists: the current element; NULL before the first and at the end */
    QList *expanded;         /* lists: made for a range, which the container owns */
    bool started;
    unsigned index; /* lists: of the current element */
} StackObject;

/* A few characters can ask for a huge range. */
#define RANGE_MAX 65536

typedef struct QObjectInputVisitor {
    Visitor visitor;
    QObject *root;
    bool keyval;
    GPtrArray *stack; /* of StackObject */
} QObjectInputVisitor;

static QObjectInputVisitor *to_qiv(Visitor *v)
{
    return container_of(v, QObjectInputVisitor, visitor);
}

static StackObject *qiv_top(QObjectInputVisitor *qiv)
{
    return qiv->stack->len ? qiv->stack->pdata[qiv->stack->len - 1] : NULL;
}

static void stack_object_free(void *opaque)
{
    StackObject *so = opaque;

    if (so->unvisited) {
        g_hash_table_unref(so->unvisited);
        g_ptr_array_unref(so->known);
    }
    qobject_unref(so->expanded);
    g_free(so->name);
    g_free(so);
}

/* Path of the containers up to @depth, then @name. Caller frees. */
static char *full_name_at(QObjectInputVisitor *qiv, guint depth, const char *name)
{
    GString *path = g_string_new(NULL);

    for (guint i = 0; i < depth; i++) {
        StackObject *so = qiv->stack->pdata[i];

        if (so->name) {
            g_string_append_printf(path, "%s%s", path->len ? "." : "", so->name);
        }
        if (qobject_type(so->obj) == QTYPE_QLIST) {
            if (qiv->keyval) {
                g_string_append_printf(path, "%s%u", path->len ? "." : "", so->index);
            } else {
                g_string_append_printf(path, "[%u]", so->index);
            }
        }
    }
    if (depth == 0 ||
        qobject_type(((StackObject *)qiv->stack->pdata[depth - 1])->obj) == QTYPE_QDICT) {
        g_string_append_printf(path, "%s%s", path->len ? "." : "", name ? name : "(value)");
    }
    return g_string_free(path, FALSE);
}

/* For a complaint, which thereby is about the line of a file that gives @name. */
static char *full_name(QObjectInputVisitor *qiv, const char *name)
{
    if (name) {
        loc_at_key(name);
    }
    return full_name_at(qiv, qiv->stack->len, name);
}

static QObject *qiv_try_get_object(QObjectInputVisitor *qiv, const char *name, bool consume)
{
    StackObject *so = qiv_top(qiv);
    QObject *value;

    if (!so) {
        return qiv->root;
    }
    if (qobject_type(so->obj) == QTYPE_QLIST) {
        return so->entry ? qlist_entry_obj(so->entry) : NULL;
    }
    value = qdict_get(qobject_to(QDict, so->obj), name);
    if (!value) {
        g_ptr_array_add(so->known, g_strdup(name));
    } else if (consume) {
        g_hash_table_remove(so->unvisited, name);
    }
    return value;
}

static QObject *qiv_get_object(QObjectInputVisitor *qiv, const char *name, bool consume,
                               Error **errp)
{
    QObject *obj = qiv_try_get_object(qiv, name, consume);

    if (!obj) {
        g_autofree char *path = full_name(qiv, name);

        error_setg(errp, "Parameter '%s' is missing", path);
    }
    return obj;
}

static bool qiv_type_error(QObjectInputVisitor *qiv, const char *name, const char *expected,
                           Error **errp)
{
    g_autofree char *path = full_name(qiv, name);

    error_setg(errp, "Invalid parameter type for '%s', expected: %s", path, expected);
    return false;
}

/* The value as the text an option had; NULL and @errp when it is no scalar. */
static const char *qiv_get_keyval(QObjectInputVisitor *qiv, const char *name, Error **errp)
{
    QObject *obj = qiv_get_object(qiv, name, true, errp);
    QString *qstr = qobject_to(QString, obj);

    if (!obj) {
        return NULL;
    }
    if (!qstr) {
        g_autofree char *path = full_name(qiv, name);

        error_setg(errp, "Parameters '%s.*' are unexpected, '%s' is a single value", path, path);
        return NULL;
    }
    return qstring_get_str(qstr);
}

/* ---- containers --------------------------------------------------------- */

static void qiv_push(QObjectInputVisitor *qiv, const char *name, QObject *obj)
{
    StackObject *so = g_new0(StackObject, 1);
    QDict *qdict = qobject_to(QDict, obj);
    StackObject *parent = qiv_top(qiv);

    if (!parent || qobject_type(parent->obj) == QTYPE_QDICT) {
        so->name = g_strdup(name);
    }
    so->obj = obj;
    if (qdict) {
        const QDictEntry *e;

        so->unvisited = g_hash_table_new(g_str_hash, g_str_equal);
        so->known = g_ptr_array_new_with_free_func(g_free);
        for (e = qdict_first(qdict); e; e = qdict_next(qdict, e)) {
            g_hash_table_add(so->unvisited, (void *)qdict_entry_key(e));
        }
    } else {
        so->entry = qlist_first(qobject_to(QList, obj));
    }
    g_ptr_array_add(qiv->stack, so);
}

static void qiv_pop(Visitor *v, void **obj)
{
    QObjectInputVisitor *qiv = to_qiv(v);

    g_ptr_array_set_size(qiv->stack, qiv->stack->len - 1);
}

static bool qiv_start_struct(Visitor *v, const char *name, void **obj, size_t size, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    QObject *qobj = qiv_get_object(qiv, name, true, errp);

    if (obj) {
        *obj = NULL;
    }
    if (!qobj) {
        return false;
    }
    if (qobject_type(qobj) != QTYPE_QDICT) {
        return qiv_type_error(qiv, name, "object", errp);
    }
    qiv_push(qiv, name, qobj);
    if (obj) {
        *obj = g_malloc0(size);
    }
    return true;
}

static bool qiv_check_struct(Visitor *v, Error **errp)
{
    ERRP_GUARD();
    QObjectInputVisitor *qiv = to_qiv(v);
    StackObject *so = qiv_top(qiv);
    QDict *qdict = qobject_to(QDict, so->obj);
    const QDictEntry *e;
    NearestName nearest;

    for (e = qdict_first(qdict); e; e = qdict_next(qdict, e)) {
        const char *key = qdict_entry_key(e);

        if (g_hash_table_contains(so->unvisited, key)) {
            g_autofree char *path = full_name(qiv, key);

            error_setg(errp, "Parameter '%s' is unexpected", path);
            nearest_name_init(&nearest, key);
            for (guint i = 0; i < so->known->len; i++) {
                nearest_name_try(&nearest, so->known->pdata[i]);
            }
            nearest_name_hint(&nearest, errp);
            return false;
        }
    }
    return true;
}

/* Options give lists of numbers as "N" and "N-M", too. NULL for other texts. */
static QList *expand_range(const QString *range)
{
    const char *text = range ? qstring_get_str(range) : "";
    QList *list;
    uint64_t first, last;

    if (!g_ascii_isdigit(*text) || qemu_strtou64(text, &text, 0, &first) < 0) {
        return NULL;
    }
    last = first;
    if (*text == '-' &&
        (!g_ascii_isdigit(text[1]) || qemu_strtou64(text + 1, &text, 0, &last) < 0)) {
        return NULL;
    }
    if (*text || last < first || last - first >= RANGE_MAX) {
        return NULL;
    }
    list = qlist_new();
    for (uint64_t i = 0; i <= last - first; i++) {
        g_autofree char *number = g_strdup_printf("%" PRIu64, first + i);

        qlist_append_str(list, number);
    }
    return list;
}

static bool qiv_start_list(Visitor *v, const char *name, GenericList **list, size_t size,
                           Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    QObject *qobj = qiv_get_object(qiv, name, true, errp);
    QList *expanded;

    if (list) {
        *list = NULL;
    }
    if (!qobj) {
        return false;
    }
    expanded = qiv->keyval ? expand_range(qobject_to(QString, qobj)) : NULL;
    qobj = expanded ? QOBJECT(expanded) : qobj;
    if (qobject_type(qobj) != QTYPE_QLIST) {
        return qiv_type_error(qiv, name, "array", errp);
    }
    qiv_push(qiv, name, qobj);
    qiv_top(qiv)->expanded = expanded;
    if (list && !qlist_empty(qobject_to(QList, qobj))) {
        *list = g_malloc0(size);
    }
    return true;
}

static GenericList *qiv_next_list(Visitor *v, GenericList *tail, size_t size)
{
    StackObject *so = qiv_top(to_qiv(v));

    so->entry = so->entry ? qlist_next(so->entry) : NULL;
    so->index++;
    if (!so->entry) {
        return NULL;
    }
    if (tail) {
        tail->next = g_malloc0(size);
        return tail->next;
    }
    /* A virtual walk has no elements; any non-NULL value says that there is one more. */
    return (GenericList *)so->entry;
}

static bool qiv_check_list(Visitor *v, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    StackObject *so = qiv_top(qiv);

    if (so->entry && qlist_next(so->entry)) {
        g_autofree char *path = NULL;

        so->index++;
        path = full_name(qiv, NULL);
        error_setg(errp, "Parameter '%s' is unexpected: only %u list elements", path, so->index);
        return false;
    }
    return true;
}

static bool qiv_start_alternate(Visitor *v, const char *name, GenericAlternate **obj, size_t size,
                                Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    QObject *qobj = qiv_get_object(qiv, name, false, errp);

    *obj = NULL;
    if (!qobj) {
        return false;
    }
    *obj = g_malloc0(size);
    (*obj)->type = qobject_type(qobj);
    return true;
}

static void qiv_optional(Visitor *v, const char *name, bool *present)
{
    *present = qiv_try_get_object(to_qiv(v), name, false) != NULL;
}

static bool qiv_policy_reject(Visitor *v, const char *name, uint64_t features, Error **errp)
{
    return !compat_policy_input_ok(v->compat_policy, features, ERROR_CLASS_GENERIC_ERROR,
                                   "parameter", name, errp);
}

/* ---- scalars ------------------------------------------------------------ */

static bool qiv_type_int64(Visitor *v, const char *name, int64_t *obj, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    QObject *qobj = qiv_get_object(qiv, name, true, errp);
    QNum *qnum = qobject_to(QNum, qobj);

    if (!qobj) {
        return false;
    }
    return (qnum && qnum_get_try_int(qnum, obj)) || qiv_type_error(qiv, name, "integer", errp);
}

static bool keyval_number_error(QObjectInputVisitor *qiv, const char *name, const char *what,
                                const char *got, Error **errp)
{
    g_autofree char *path = full_name(qiv, name);

    error_setg(errp, "Parameter '%s' expects %s, got '%s'", path, what, got);
    return false;
}

static bool qiv_type_int64_keyval(Visitor *v, const char *name, int64_t *obj, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    const char *str = qiv_get_keyval(qiv, name, errp);

    if (!str) {
        return false;
    }
    return qemu_strtoi64(str, NULL, 0, obj) == 0 ||
           keyval_number_error(qiv, name, "an integer", str, errp);
}

static bool qiv_type_uint64(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    QObject *qobj = qiv_get_object(qiv, name, true, errp);
    QNum *qnum = qobject_to(QNum, qobj);
    int64_t val;

    if (!qobj) {
        return false;
    }
    v->negative = false;
    if (qnum && qnum_get_try_uint(qnum, obj)) {
        return true;
    }
    /* Clients have always been able to say -1 for the largest value. */
    if (qnum && qnum_get_try_int(qnum, &val)) {
        v->negative = true;
        *obj = val;
        return true;
    }
    return qiv_type_error(qiv, name, "uint64", errp);
}

static bool qiv_type_uint64_keyval(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    const char *str = qiv_get_keyval(qiv, name, errp);

    if (!str) {
        return false;
    }
    v->negative = strchr(str, '-');
    return qemu_strtou64(str, NULL, 0, obj) == 0 ||
           keyval_number_error(qiv, name, "an integer", str, errp);
}

static bool qiv_type_size_keyval(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    const char *str = qiv_get_keyval(qiv, name, errp);
    int ret;

    if (!str) {
        return false;
    }
    ret = qemu_strtosz(str, NULL, obj);
    return ret == 0 || keyval_number_error(qiv, name,
                                           ret == -ERANGE ? "a size below 16E (2^64 bytes)"
                                                          : "a size (such as 512, 64K, 1.5G)",
                                           str, errp);
}

static bool qiv_type_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    QObject *qobj = qiv_get_object(qiv, name, true, errp);
    QBool *qbool = qobject_to(QBool, qobj);

    if (!qobj) {
        return false;
    }
    if (!qbool) {
        return qiv_type_error(qiv, name, "boolean", errp);
    }
    *obj = qbool_get_bool(qbool);
    return true;
}

static bool qiv_type_bool_keyval(Visitor *v, const char *name, bool *obj, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    const char *str = qiv_get_keyval(qiv, name, errp);
    g_autofree char *path = NULL;

    if (!str) {
        return false;
    }
    path = full_name(qiv, name);
    return qapi_bool_parse(path, str, obj, errp);
}

static bool qiv_type_str(Visitor *v, const char *name, char **obj, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    QObject *qobj = qiv_get_object(qiv, name, true, errp);
    QString *qstr = qobject_to(QString, qobj);

    *obj = NULL;
    if (!qobj) {
        return false;
    }
    if (!qstr) {
        return qiv_type_error(qiv, name, "string", errp);
    }
    *obj = g_strdup(qstring_get_str(qstr));
    return true;
}

static bool qiv_type_str_keyval(Visitor *v, const char *name, char **obj, Error **errp)
{
    const char *str = qiv_get_keyval(to_qiv(v), name, errp);

    *obj = g_strdup(str);
    return str != NULL;
}

static bool qiv_type_number(Visitor *v, const char *name, double *obj, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    QObject *qobj = qiv_get_object(qiv, name, true, errp);
    QNum *qnum = qobject_to(QNum, qobj);

    if (!qobj) {
        return false;
    }
    if (!qnum) {
        return qiv_type_error(qiv, name, "number", errp);
    }
    *obj = qnum_get_double(qnum);
    return true;
}

static bool qiv_type_number_keyval(Visitor *v, const char *name, double *obj, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    const char *str = qiv_get_keyval(qiv, name, errp);
    char *end;

    if (!str) {
        return false;
    }
    *obj = g_ascii_strtod(str, &end);
    if (!*str || *end || !isfinite(*obj)) {
        return keyval_number_error(qiv, name, "a number", str, errp);
    }
    return true;
}

static bool qiv_type_any(Visitor *v, const char *name, QObject **obj, Error **errp)
{
    QObject *qobj = qiv_get_object(to_qiv(v), name, true, errp);

    *obj = qobject_ref(qobj);
    return qobj != NULL;
}

static bool qiv_type_null(Visitor *v, const char *name, QNull **obj, Error **errp)
{
    QObjectInputVisitor *qiv = to_qiv(v);
    QObject *qobj = qiv_get_object(qiv, name, true, errp);

    *obj = NULL;
    if (!qobj) {
        return false;
    }
    if (qobject_type(qobj) != QTYPE_QNULL) {
        return qiv_type_error(qiv, name, "null", errp);
    }
    *obj = qnull();
    return true;
}

/* ---- construction ------------------------------------------------------- */

static void qiv_free(Visitor *v)
{
    QObjectInputVisitor *qiv = to_qiv(v);

    g_ptr_array_free(qiv->stack, TRUE);
    qobject_unref(qiv->root);
    g_free(qiv);
}

Visitor *qobject_input_visitor_new(QObject *obj)
{
    QObjectInputVisitor *qiv = g_new0(QObjectInputVisitor, 1);

    qiv->visitor = (Visitor){
        .type = VISITOR_INPUT,
        .start_struct = qiv_start_struct,
        .check_struct = qiv_check_struct,
        .end_struct = qiv_pop,
        .start_list = qiv_start_list,
        .next_list = qiv_next_list,
        .check_list = qiv_check_list,
        .end_list = qiv_pop,
        .start_alternate = qiv_start_alternate,
        .optional = qiv_optional,
        .policy_reject = qiv_policy_reject,
        .type_int64 = qiv_type_int64,
        .type_uint64 = qiv_type_uint64,
        .type_bool = qiv_type_bool,
        .type_str = qiv_type_str,
        .type_number = qiv_type_number,
        .type_any = qiv_type_any,
        .type_null = qiv_type_null,
        .free = qiv_free,
    };
    qiv->stack = g_ptr_array_new_with_free_func(stack_object_free);
    qiv->root = qobject_ref(obj);
    return &qiv->visitor;
}

Visitor *qobject_input_visitor_new_qmp(QObject *obj)
{
    Visitor *v = qobject_input_visitor_new(obj);

    visit_set_policy(v, &compat_policy);
    return v;
}

Visitor *qobject_input_visitor_new_keyval(QObject *obj)
{
    Visitor *v = qobject_input_visitor_new(obj);

    to_qiv(v)->keyval = true;
    v->type_int64 = qiv_type_int64_keyval;
    v->type_uint64 = qiv_type_uint64_keyval;
    v->type_size = qiv_type_size_keyval;
    v->type_bool = qiv_type_bool_keyval;
    v->type_str = qiv_type_str_keyval;
    v->type_number = qiv_type_number_keyval;
    return v;
}

Visitor *qobject_input_visitor_new_str(const char *str, const char *implied_key, Error **errp)
{
    g_autoptr(QObject) obj = NULL;

    if (str[0] == '{') {
        obj = qobject_from_json(str, errp);
        return obj ? qobject_input_visitor_new(obj) : NULL;
    }
    obj = (QObject *)keyval_parse(str, implied_key, NULL, errp);
    return obj ? qobject_input_visitor_new_keyval(obj) : NULL;
}
