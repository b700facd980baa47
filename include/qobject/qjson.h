/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON text to QObjects and back, in one call. */
#ifndef QOBJECT_QJSON_H
#define QOBJECT_QJSON_H

#include "qobject/qobject.h"

/*
 * One value from @string (RFC 8259, and strings in single quotes). Caller's
 * reference; NULL and @errp when it is anything else.
 */
QObject *qobject_from_json(const char *string, Error **errp);

/*
 * The same with interpolation: %d %ld %lld %u %lu %llu (and PRI*64) integers, %i
 * bool, %f double, %s string, %p QObject (reference taken over), %% in strings.
 * The template is a constant of the program: a fault in it ends the program.
 */
QObject *qobject_from_vjsonf_nofail(const char *string, va_list ap);
QObject *qobject_from_jsonf_nofail(const char *string, ...);
QDict *qdict_from_vjsonf_nofail(const char *string, va_list ap);
QDict *qdict_from_jsonf_nofail(const char *string, ...);

/* One line of ASCII; pretty: indented by 4. Caller frees (g_string_free). */
GString *qobject_to_json(const QObject *obj);
GString *qobject_to_json_pretty(const QObject *obj, bool pretty);

#endif /* QOBJECT_QJSON_H */
