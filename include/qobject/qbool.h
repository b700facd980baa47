/* SPDX-License-Identifier: GPL-2.0-or-later */
/* true and false. */
#ifndef QOBJECT_QBOOL_H
#define QOBJECT_QBOOL_H

#include "qobject/qobject.h"

struct QBool {
    struct QObjectBase_ base;
    bool value;
};

QBool *qbool_from_bool(bool value);
bool qbool_get_bool(const QBool *qb);

void qbool_unref(QBool *q);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QBool, qbool_unref)

#endif /* QOBJECT_QBOOL_H */
