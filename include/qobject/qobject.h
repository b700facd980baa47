/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QObject: a reference-counted value of one of JSON's types. QNull, QNum,
 * QString, QBool, QDict and QList all start with one. Counts are not atomic: a
 * value belongs to one thread at a time.
 */
#ifndef QOBJECT_QOBJECT_H
#define QOBJECT_QOBJECT_H

#include "qapi/qapi-builtin-types.h"

typedef struct QObject QObject;
typedef struct QNull QNull;
typedef struct QNum QNum;
typedef struct QString QString;
typedef struct QBool QBool;
typedef struct QDict QDict;
typedef struct QList QList;

struct QObjectBase_ {
    QType type;
    size_t refcnt;
};

struct QObject {
    struct QObjectBase_ base;
};

/*
 * Any of the value types as QObject *; NULL stays NULL. The sizeof only makes
 * other pointers fail to compile.
 */
#define QOBJECT(obj)          ((QObject *)((void)sizeof((obj)->base.refcnt), (obj)))

#define QTYPE_CAST_TO_QNull   QTYPE_QNULL
#define QTYPE_CAST_TO_QNum    QTYPE_QNUM
#define QTYPE_CAST_TO_QString QTYPE_QSTRING
#define QTYPE_CAST_TO_QDict   QTYPE_QDICT
#define QTYPE_CAST_TO_QList   QTYPE_QLIST
#define QTYPE_CAST_TO_QBool   QTYPE_QBOOL

/* qobject_to(QDict, obj): NULL when obj is NULL or of another type. */
#define qobject_to(type, obj) ((type *)qobject_check_type((obj), QTYPE_CAST_TO_##type))

QObject *qobject_check_type(const QObject *obj, QType type);
QType qobject_type(const QObject *obj);

void qobject_ref_impl(QObject *obj);
void qobject_unref_impl(QObject *obj);

/* Returns its argument. NULL is ignored by both. */
#define qobject_ref(obj)                                                                           \
    ({                                                                                             \
        typeof(obj) _o = (obj);                                                                    \
        qobject_ref_impl(QOBJECT(_o));                                                             \
        _o;                                                                                        \
    })
#define qobject_unref(obj) qobject_unref_impl(QOBJECT(obj))

/* Deep comparison; integers compare by value, never equal to a double. */
bool qobject_is_equal(const QObject *x, const QObject *y);
/* Deep copy (scalars are shared); caller's reference. */
QObject *qobject_deep_copy(QObject *obj);

static inline void qobject_cleanup(QObject *obj)
{
    qobject_unref_impl(obj);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QObject, qobject_cleanup)

#endif /* QOBJECT_QOBJECT_H */
