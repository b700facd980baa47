/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Typed values to QObjects. */
#include "qemu/osdep.h"
#include "qapi/qobject-output-visitor.h"
#include "qapi/compat-policy.h"
#include "qapi/visitor-impl.h"
#include "qobject/qbool.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qnull.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"

typedef struct QObjectOutputVisitor {
    Visitor visitor;
    GPtrArray *stack; /* open containers, borrowed from their parents or the root */
    QObject *root;
    QObject **result;
} QObjectOutputVisitor;

static QObjectOutputVisitor *to_qov(Visitor *v)
{
    return container_of(v, QObjectOutputVisitor, visitor);
}

/* Takes over the reference to @value. */
static bool qov_add(Visitor *v, const char *name, QObject *value)
{
    QObjectOutputVisitor *qov = to_qov(v);
    QObject *cur = qov->stack->len ? qov->stack->pdata[qov->stack->len - 1] : NULL;

    if (!cur) {
        qobject_unref(qov->root);
        qov->root = value;
    } else if (qobject_type(cur) == QTYPE_QDICT) {
        qdict_put_obj(qobject_to(QDict, cur), name, value);
    } else {
        qlist_append_obj(qobject_to(QList, cur), value);
    }
    return true;
}

static bool qov_start_struct(Visitor *v, const char *name, void **obj, size_t size, Error **errp)
{
    QDict *dict = qdict_new();

    qov_add(v, name, QOBJECT(dict));
    g_ptr_array_add(to_qov(v)->stack, dict);
    return true;
}

static bool qov_start_list(Visitor *v, const char *name, GenericList **list, size_t size,
                           Error **errp)
{
    QList *qlist = qlist_new();

    qov_add(v, name, QOBJECT(qlist));
    g_ptr_array_add(to_qov(v)->stack, qlist);
    return true;
}

static GenericList *qov_next_list(Visitor *v, GenericList *tail, size_t size)
{
    return tail->next;
}

static void qov_end(Visitor *v, void **obj)
{
    QObjectOutputVisitor *qov = to_qov(v);

    g_ptr_array_set_size(qov->stack, qov->stack->len - 1);
}

static bool qov_type_int64(Visitor *v, const char *name, int64_t *obj, Error **errp)
{
    return qov_add(v, name, QOBJECT(qnum_from_int(*obj)));
}

static bool qov_type_uint64(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    return qov_add(v, name, QOBJECT(qnum_from_uint(*obj)));
}

static bool qov_type_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
    return qov_add(v, name, QOBJECT(qbool_from_bool(*obj)));
}

static bool qov_type_str(Visitor *v, const char *name, char **obj, Error **errp)
{
    return qov_add(v, name, QOBJECT(qstring_from_str(*obj ? *obj : "")));
}

static bool qov_type_number(Visitor *v, const char *name, double *obj, Error **errp)
{
    return qov_add(v, name, QOBJECT(qnum_from_double(*obj)));
}

static bool qov_type_any(Visitor *v, const char *name, QObject **obj, Error **errp)
{
    return qov_add(v, name, qobject_ref(*obj));
}

static bool qov_type_null(Visitor *v, const char *name, QNull **obj, Error **errp)
{
    return qov_add(v, name, QOBJECT(qnull()));
}

static bool qov_policy_skip(Visitor *v, const char *name, uint64_t features)
{
    return !compat_policy_output_ok(v->compat_policy, features);
}

static void qov_complete(Visitor *v, void *opaque)
{
    QObjectOutputVisitor *qov = to_qov(v);

    g_assert(qov->stack->len == 0 && opaque == qov->result);
    *qov->result = qobject_ref(qov->root);
    qov->result = NULL;
}

static void qov_free(Visitor *v)
{
    QObjectOutputVisitor *qov = to_qov(v);

    g_ptr_array_free(qov->stack, TRUE);
    qobject_unref(qov->root);
    g_free(qov);
}

Visitor *qobject_output_visitor_new(QObject **result)
{
    QObjectOutputVisitor *qov = g_new0(QObjectOutputVisitor, 1);

    qov->visitor = (Visitor){
        .type = VISITOR_OUTPUT,
        .start_struct = qov_start_struct,
        .end_struct = qov_end,
        .start_list = qov_start_list,
        .next_list = qov_next_list,
        .end_list = qov_end,
        .type_int64 = qov_type_int64,
        .type_uint64 = qov_type_uint64,
        .type_bool = qov_type_bool,
        .type_str = qov_type_str,
        .type_number = qov_type_number,
        .type_any = qov_type_any,
        .type_null = qov_type_null,
        .policy_skip = qov_policy_skip,
        .complete = qov_complete,
        .free = qov_free,
    };
    qov->stack = g_ptr_array_new();
    qov->result = result;
    *result = NULL;
    return &qov->visitor;
}

Visitor *qobject_output_visitor_new_qmp(QObject **result)
{
    Visitor *v = qobject_output_visitor_new(result);

    visit_set_policy(v, &compat_policy);
    return v;
}
