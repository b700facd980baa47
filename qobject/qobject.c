/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The base of all values: reference counts, comparison, copies. */
#include "qemu/osdep.h"
#include "qobject/qbool.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qnull.h"
#include "qobject/qnum.h"
#include "qobject/qobject.h"
#include "qobject/qstring.h"
#include "qobject-internal.h"

QType qobject_type(const QObject *obj)
{
    return obj->base.type;
}

QObject *qobject_check_type(const QObject *obj, QType type)
{
    return obj && obj->base.type == type ? (QObject *)obj : NULL;
}

void qobject_ref_impl(QObject *obj)
{
    if (obj) {
        obj->base.refcnt++;
    }
}

static void qobject_destroy(QObject *obj)
{
    switch (obj->base.type) {
    case QTYPE_QNUM:
        qnum_destroy_obj(obj);
        break;
    case QTYPE_QSTRING:
        qstring_destroy_obj(obj);
        break;
    case QTYPE_QDICT:
        qdict_destroy_obj(obj);
        break;
    case QTYPE_QLIST:
        qlist_destroy_obj(obj);
        break;
    case QTYPE_QBOOL:
        qbool_destroy_obj(obj);
        break;
    default:
        /* The one QNull is static and keeps a reference to itself. */
        g_assert_not_reached();
    }
}

void qobject_unref_impl(QObject *obj)
{
    if (!obj) {
        return;
    }
    g_assert(obj->base.refcnt > 0);
    if (--obj->base.refcnt == 0) {
        qobject_destroy(obj);
    }
}

bool qobject_is_equal(const QObject *x, const QObject *y)
{
    if (x == y) {
        return true;
    }
    if (!x || !y || x->base.type != y->base.type) {
        return false;
    }
    switch (x->base.type) {
    case QTYPE_QNULL:
        return true;
    case QTYPE_QNUM:
        return qnum_is_equal((const QNum *)x, (const QNum *)y);
    case QTYPE_QSTRING:
        return !strcmp(((const QString *)x)->string, ((const QString *)y)->string);
    case QTYPE_QBOOL:
        return ((const QBool *)x)->value == ((const QBool *)y)->value;
    case QTYPE_QDICT:
        return qdict_is_equal(x, y);
    case QTYPE_QLIST:
        return qlist_is_equal(x, y);
    default:
        g_assert_not_reached();
    }
}

QObject *qobject_deep_copy(QObject *obj)
{
    QDict *src_dict = qobject_to(QDict, obj);
    QList *src_list = qobject_to(QList, obj);

    if (src_dict) {
        QDict *dict = qdict_new();
        const QDictEntry *e;

        for (e = qdict_first(src_dict); e; e = qdict_next(src_dict, e)) {
            qdict_put_obj(dict, e->key, qobject_deep_copy(e->value));
        }
        return QOBJECT(dict);
    }
    if (src_list) {
        QList *list = qlist_new();
        const QListEntry *e;

        QLIST_FOREACH_ENTRY (src_list, e) {
            qlist_append_obj(list, qobject_deep_copy(e->value));
        }
        return QOBJECT(list);
    }
    return qobject_ref(obj);
}
