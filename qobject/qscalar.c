/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values without parts: null, bool, number, string. */
#include "qemu/osdep.h"
#include "qobject/qbool.h"
#include "qobject/qnull.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"
#include "qobject-internal.h"

/* ---- null --------------------------------------------------------------- */

/* Starts with a reference that nobody drops, so that it is never destroyed. */
static QNull qnull_ = {.base = {.type = QTYPE_QNULL, .refcnt = 1}};

QNull *qnull(void)
{
    return qobject_ref(&qnull_);
}

void qnull_unref(QNull *q)
{
    qobject_unref(q);
}

/* ---- bool --------------------------------------------------------------- */

QBool *qbool_from_bool(bool value)
{
    QBool *qb = g_new(QBool, 1);

    qobject_init(QOBJECT(qb), QTYPE_QBOOL);
    qb->value = value;
    return qb;
}

bool qbool_get_bool(const QBool *qb)
{
    return qb->value;
}

void qbool_destroy_obj(QObject *obj)
{
    g_free(obj);
}

void qbool_unref(QBool *q)
{
    qobject_unref(q);
}

/* ---- number ------------------------------------------------------------- */

static QNum *qnum_new(QNumKind kind)
{
    QNum *qn = g_new0(QNum, 1);

    qobject_init(QOBJECT(qn), QTYPE_QNUM);
    qn->kind = kind;
    return qn;
}

QNum *qnum_from_int(int64_t value)
{
    QNum *qn = qnum_new(QNUM_I64);

    qn->u.i64 = value;
    return qn;
}

QNum *qnum_from_uint(uint64_t value)
{
    QNum *qn = qnum_new(QNUM_U64);

    qn->u.u64 = value;
    return qn;
}

QNum *qnum_from_double(double value)
{
    QNum *qn = qnum_new(QNUM_DOUBLE);

    qn->u.dbl = value;
    return qn;
}

bool qnum_get_try_int(const QNum *qn, int64_t *val)
{
    if (qn->kind == QNUM_I64) {
        *val = qn->u.i64;
        return true;
    }
    if (qn->kind == QNUM_U64 && qn->u.u64 <= INT64_MAX) {
        *val = qn->u.u64;
        return true;
    }
    return false;
}

int64_t qnum_get_int(const QNum *qn)
{
    int64_t val;
    bool success = qnum_get_try_int(qn, &val);

    g_assert(success);
    return val;
}

bool qnum_get_try_uint(const QNum *qn, uint64_t *val)
{
    if (qn->kind == QNUM_U64) {
        *val = qn->u.u64;
        return true;
    }
    if (qn->kind == QNUM_I64 && qn->u.i64 >= 0) {
        *val = qn->u.i64;
        return true;
    }
    return false;
}

uint64_t qnum_get_uint(const QNum *qn)
{
    uint64_t val;
    bool success = qnum_get_try_uint(qn, &val);

    g_assert(success);
    return val;
}

double qnum_get_double(const QNum *qn)
{
    switch (qn->kind) {
    case QNUM_I64:
        return qn->u.i64;
    case QNUM_U64:
        return qn->u.u64;
    default:
        return qn->u.dbl;
    }
}

char *qnum_to_string(const QNum *qn)
{
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};
    char *buf;

    switch (qn->kind) {
    case QNUM_I64:
        return g_strdup_printf("%" PRId64, qn->u.i64);
    case QNUM_U64:
        return g_strdup_printf("%" PRIu64, qn->u.u64);
    default:
        break;
    }
    /* 17 digits always suffice; most values need fewer. Never the locale's decimal comma. */
    buf = g_malloc(G_ASCII_DTOSTR_BUF_SIZE);
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(buf, G_ASCII_DTOSTR_BUF_SIZE, formats[i], qn->u.dbl);
        if (g_ascii_strtod(buf, NULL) == qn->u.dbl) {
            break;
        }
    }
    return buf;
}

bool qnum_is_equal(const QNum *x, const QNum *y)
{
    int64_t xi, yi;
    uint64_t xu, yu;

    if (x->kind == QNUM_DOUBLE || y->kind == QNUM_DOUBLE) {
        /* An integer equals a double only by conversion, which may round; don't pretend. */
        return x->kind == y->kind && x->u.dbl == y->u.dbl;
    }
    if (qnum_get_try_int(x, &xi) && qnum_get_try_int(y, &yi)) {
        return xi == yi;
    }
    return qnum_get_try_uint(x, &xu) && qnum_get_try_uint(y, &yu) && xu == yu;
}

void qnum_destroy_obj(QObject *obj)
{
    g_free(obj);
}

void qnum_unref(QNum *q)
{
    qobject_unref(q);
}

/* ---- string ------------------------------------------------------------- */

QString *qstring_take_str(char *str)
{
    QString *qs = g_new(QString, 1);

    qobject_init(QOBJECT(qs), QTYPE_QSTRING);
    qs->string = str;
    return qs;
}

QString *qstring_new(void)
{
    return qstring_from_str("");
}

QString *qstring_from_str(const char *str)
{
    return qstring_take_str(g_strdup(str));
}

const char *qstring_get_str(const QString *qstring)
{
    return qstring->string;
}

void qstring_destroy_obj(QObject *obj)
{
    QString *qs = (QString *)obj;

    g_free((char *)qs->string);
    g_free(qs);
}

void qstring_unref(QString *q)
{
    qobject_unref(q);
}
