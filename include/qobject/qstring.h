/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings: NUL-terminated UTF-8, never changed. */
#ifndef QOBJECT_QSTRING_H
#define QOBJECT_QSTRING_H

#include "qobject/qobject.h"

struct QString {
    struct QObjectBase_ base;
    const char *string;
};

QString *qstring_new(void);
QString *qstring_from_str(const char *str);
/* Takes ownership of @str. */
QString *qstring_take_str(char *str);
const char *qstring_get_str(const QString *qstring);

void qstring_unref(QString *q);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QString, qstring_unref)

#endif /* QOBJECT_QSTRING_H */
