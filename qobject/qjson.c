/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON text to values and back in one call, over the incremental parser and the writer. */
#include "qemu/osdep.h"
#include "qobject/json-parser.h"
#include "qobject/json-writer.h"
#include "qobject/qbool.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"

typedef struct JSONParsing {
    QObject *result;
    Error *err;
} JSONParsing;

static void consume_json(void *opaque, QObject *json, Error *err)
{
    JSONParsing *s = opaque;

    if (err || s->err) {
        qobject_unref(json);
        if (s->err) {
            error_free(err); /* the first one says what is wrong */
        } else {
            s->err = err;
        }
    } else if (s->result) {
        error_setg(&s->err, "JSON parse error, more than one value");
        qobject_unref(json);
    } else {
        s->result = json;
    }
}

static QObject *from_json(const char *string, va_list *ap, Error **errp)
{
    JSONParsing state = {0};
    JSONMessageParser parser;

    json_message_parser_init(&parser, consume_json, &state, ap);
    json_message_parser_feed(&parser, string, strlen(string));
    json_message_parser_flush(&parser);
    json_message_parser_destroy(&parser);

    if (!state.result && !state.err) {
        error_setg(&state.err, "JSON parse error, expecting a value, got nothing");
    }
    if (state.err) {
        qobject_unref(state.result);
        error_propagate(errp, state.err);
        return NULL;
    }
    return state.result;
}

QObject *qobject_from_json(const char *string, Error **errp)
{
    return from_json(string, NULL, errp);
}

QObject *qobject_from_vjsonf_nofail(const char *string, va_list ap)
{
    va_list ap_copy;
    QObject *obj;

    /* va_list may be an array type: a copy has an address that can be passed on. */
    va_copy(ap_copy, ap);
    obj = from_json(string, &ap_copy, &error_abort);
    va_end(ap_copy);
    return obj;
}

QObject *qobject_from_jsonf_nofail(const char *string, ...)
{
    QObject *obj;
    va_list ap;

    va_start(ap, string);
    obj = qobject_from_vjsonf_nofail(string, ap);
    va_end(ap);
    return obj;
}

QDict *qdict_from_vjsonf_nofail(const char *string, va_list ap)
{
    QDict *qdict = qobject_to(QDict, qobject_from_vjsonf_nofail(string, ap));

    g_assert(qdict);
    return qdict;
}

QDict *qdict_from_jsonf_nofail(const char *string, ...)
{
    QDict *qdict;
    va_list ap;

    va_start(ap, string);
    qdict = qdict_from_vjsonf_nofail(string, ap);
    va_end(ap);
    return qdict;
}

static void write_number(JSONWriter *writer, const char *name, const QNum *num)
{
    switch (num->kind) {
    case QNUM_I64:
        json_writer_int64(writer, name, num->u.i64);
        break;
    case QNUM_U64:
        json_writer_uint64(writer, name, num->u.u64);
        break;
    case QNUM_DOUBLE:
        json_writer_double(writer, name, num->u.dbl);
        break;
    }
}

static void to_json(JSONWriter *writer, const char *name, const QObject *obj)
{
    const QDictEntry *dict_entry;
    const QListEntry *list_entry;

    switch (qobject_type(obj)) {
    case QTYPE_QNULL:
        json_writer_null(writer, name);
        break;
    case QTYPE_QNUM:
        write_number(writer, name, qobject_to(QNum, obj));
        break;
    case QTYPE_QSTRING:
        json_writer_str(writer, name, qstring_get_str(qobject_to(QString, obj)));
        break;
    case QTYPE_QDICT: {
        const QDict *qdict = qobject_to(QDict, obj);

        json_writer_start_object(writer, name);
        for (dict_entry = qdict_first(qdict); dict_entry;
             dict_entry = qdict_next(qdict, dict_entry)) {
            to_json(writer, dict_entry->key, dict_entry->value);
        }
        json_writer_end_object(writer);
        break;
    }
    case QTYPE_QLIST:
        json_writer_start_array(writer, name);
        QLIST_FOREACH_ENTRY (qobject_to(QList, obj), list_entry) {
            to_json(writer, NULL, list_entry->value);
        }
        json_writer_end_array(writer);
        break;
    case QTYPE_QBOOL:
        json_writer_bool(writer, name, qbool_get_bool(qobject_to(QBool, obj)));
        break;
    default:
        g_assert_not_reached();
    }
}

GString *qobject_to_json_pretty(const QObject *obj, bool pretty)
{
    JSONWriter *writer = json_writer_new(pretty);

    to_json(writer, NULL, obj);
    return json_writer_get_and_free(writer);
}

GString *qobject_to_json(const QObject *obj)
{
    return qobject_to_json_pretty(obj, false);
}
