/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers: a signed or unsigned 64-bit integer, kept exactly, or a double. */
#ifndef QOBJECT_QNUM_H
#define QOBJECT_QNUM_H

#include "qobject/qobject.h"

typedef enum {
    QNUM_I64,
    QNUM_U64,
    QNUM_DOUBLE,
} QNumKind;

struct QNum {
    struct QObjectBase_ base;
    QNumKind kind;
    union {
        int64_t i64;
        uint64_t u64;
        double dbl;
    } u;
};

QNum *qnum_from_int(int64_t value);
QNum *qnum_from_uint(uint64_t value);
QNum *qnum_from_double(double value);

/* The try forms return false when the value does not fit; the others require that it does. */
bool qnum_get_try_int(const QNum *qn, int64_t *val);
int64_t qnum_get_int(const QNum *qn);
bool qnum_get_try_uint(const QNum *qn, uint64_t *val);
uint64_t qnum_get_uint(const QNum *qn);
double qnum_get_double(const QNum *qn);

/* Shortest decimal text that reads back as the same value; caller frees. */
char *qnum_to_string(const QNum *qn);
bool qnum_is_equal(const QNum *x, const QNum *y);

void qnum_unref(QNum *q);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QNum, qnum_unref)

#endif /* QOBJECT_QNUM_H */
