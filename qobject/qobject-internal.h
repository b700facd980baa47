/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the value types share with the base, and with nobody else. */
#ifndef QOBJECT_INTERNAL_H
#define QOBJECT_INTERNAL_H

#include "qobject/qobject.h"

static inline void qobject_init(QObject *obj, QType type)
{
    obj->base.refcnt = 1;
    obj->base.type = type;
}

/* Free the value itself: its last reference is gone. */
void qdict_destroy_obj(QObject *obj);
void qlist_destroy_obj(QObject *obj);
void qnum_destroy_obj(QObject *obj);
void qstring_destroy_obj(QObject *obj);
void qbool_destroy_obj(QObject *obj);

bool qdict_is_equal(const QObject *x, const QObject *y);
bool qlist_is_equal(const QObject *x, const QObject *y);

#endif
