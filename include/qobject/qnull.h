/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON null. There is one; it is counted like any other value. */
#ifndef QOBJECT_QNULL_H
#define QOBJECT_QNULL_H

#include "qobject/qobject.h"

struct QNull {
    struct QObjectBase_ base;
};

QNull *qnull(void);
void qnull_unref(QNull *q);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QNull, qnull_unref)

#endif /* QOBJECT_QNULL_H */
