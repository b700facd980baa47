/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON: what is accepted, what is refused, hostile input, output. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qobject/json-parser.h"
#include "qobject/json-writer.h"
#include "qobject/qbool.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"
#include <sys/resource.h>

static void assert_reads_as(const char *in, const char *out)
{
    g_autoptr(QObject) obj = qobject_from_json(in, &error_abort);
    g_autoptr(GString) text = qobject_to_json(obj);

    g_assert_cmpstr(text->str, ==, out);
}

static void assert_refused(const char *in, const char *why)
{
    Error *err = NULL;
    QObject *obj = qobject_from_json(in, &err);

    g_assert_null(obj);
    if (!strstr(error_get_pretty(err), why)) {
        g_error("'%s': expected '%s', got '%s'", in, why, error_get_pretty(err));
    }
    error_free(err);
}

static void test_values(void)
{
    assert_reads_as(" null ", "null");
    assert_reads_as("true", "true");
    assert_reads_as("[false]", "[false]");
    assert_reads_as("{ }", "{}");
    assert_reads_as("[ ]", "[]");
    assert_reads_as("{\"a\":[1,-2,{\"b\":'c'}]\n}", "{\"a\": [1, -2, {\"b\": \"c\"}]}");
    assert_reads_as("\"q\\\"\\\\\\/\\b\\f\\n\\r\\t'\"", "\"q\\\"\\\\/\\b\\f\\n\\r\\t'\"");
    assert_reads_as("'single \"'", "\"single \\\"\"");
}

static void test_numbers(void)
{
    assert_reads_as("9223372036854775807", "9223372036854775807");
    assert_reads_as("-9223372036854775808", "-9223372036854775808");
    assert_reads_as("18446744073709551615", "18446744073709551615");
    assert_reads_as("18446744073709551616", "1.8446744073709552e+19");
    assert_reads_as("0", "0");
    assert_reads_as("0.1", "0.1");
    assert_reads_as("1e3", "1000");
    assert_reads_as("-1.5E-3", "-0.0015");
    assert_refused("01", "invalid number");
    assert_refused("-", "invalid number");
    assert_refused("1.", "invalid number");
    assert_refused("1e", "invalid number");
    assert_refused("1x", "invalid number");
    assert_refused("0x10", "invalid number");
    assert_refused("1e999", "out of range");
    assert_refused(".5", "stray");
}

static void test_unicode(void)
{
    assert_reads_as("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"", "\"\\u00E4\\u20AC\\uD83D\\uDE00\"");
    assert_reads_as("\"\\u00e4\\uD83D\\ude00\"", "\"\\u00E4\\uD83D\\uDE00\"");
    assert_refused("\"\\u0000\"", "\\u0000");
    assert_refused("\"\\uD83D\"", "other half");
    assert_refused("\"\\uD83Dx\"", "other half");
    assert_refused("\"\\uD83D\\n\"", "other half");
    assert_refused("\"\\uDE00\"", "other half");
    assert_refused("\"\\u12\"", "hexadecimal");
    assert_refused("\"\\x41\"", "escape");
    assert_refused("\"\xc3\"", "UTF-8");
    assert_refused("\"\xc3(\"", "UTF-8");
    assert_refused("\"\x80\"", "UTF-8");
    assert_refused("\"\xc0\xaf\"", "UTF-8");         /* '/' in too many bytes */
    assert_refused("\"\xe0\x80\xaf\"", "UTF-8");     /* the same */
    assert_refused("\"\xed\xa0\x80\"", "UTF-8");     /* a surrogate */
    assert_refused("\"\xf4\x90\x80\x80\"", "UTF-8"); /* above U+10FFFF */
    assert_refused("\"\xfc\x80\x80\x80\x80\xaf\"", "UTF-8");
}

static void test_syntax_errors(void)
{
    assert_refused("", "expecting a value");
    assert_refused("  \n", "expecting a value");
    assert_refused("{", "premature end");
    assert_refused("[1", "premature end");
    assert_refused("[1,]", "expecting value");
    assert_refused("{\"a\"}", "missing ':'");
    assert_refused("{\"a\":}", "expecting value");
    assert_refused("{\"a\":1,}", "not a string");
    assert_refused("{1:2}", "not a string");
    assert_refused("{\"a\":1 \"b\":2}", "expecting ',' or '}'");
    assert_refused("[1 2]", "expecting ',' or ']'");
    assert_refused("[1}", "expecting ',' or ']'");
    assert_refused("}", "expecting value");
    assert_refused("{\"a\":1,\"a\":2}", "duplicate key");
    assert_refused("tru", "unknown keyword");
    assert_refused("1 2", "more than one");
    assert_refused("\"abc", "unterminated");
    assert_refused("\"a\nb\"", "control character");
    assert_refused("@", "stray");
    assert_refused("%d", "stray");
    assert_refused("{\"a\": @}", "line 1, column 7");
    assert_refused("{\n \"a\": [\n  ;]}", "line 3, column 3");
}

static void test_interpolation(void)
{
    g_autoptr(QDict) d = qdict_from_jsonf_nofail(
        "{'i': %d, 'l': %" PRId64 ", 'u': %" PRIu64
        ", 'b': %i, 's': %s, 'f': %f, 'p': %p, 'k': 'a%%b'}",
        -1, INT64_MIN, UINT64_MAX, 1, "\"x\"", 0.5, qobject_from_jsonf_nofail("[%s]", "%d"));
    g_autoptr(GString) text = qobject_to_json(QOBJECT(d));

    g_assert_cmpstr(text->str, ==,
                    "{\"i\": -1, \"l\": -9223372036854775808, \"u\": 18446744073709551615, "
                    "\"b\": true, \"s\": \"\\\"x\\\"\", \"f\": 0.5, \"p\": [\"%d\"], "
                    "\"k\": \"a%b\"}");
}

/* ---- streams ------------------------------------------------------------ */

typedef struct Stream {
    JSONMessageParser parser;
    GString *log; /* each value as JSON, "!" for an error */
    char *last_error;
} Stream;

static void log_message(void *opaque, QObject *json, Error *err)
{
    Stream *s = opaque;

    g_assert_true(!json != !err);
    if (err) {
        g_string_append(s->log, "!;");
        g_free(s->last_error);
        s->last_error = g_strdup(error_get_pretty(err));
        error_free(err);
    } else {
        g_autoptr(GString) text = qobject_to_json(json);

        g_string_append_printf(s->log, "%s;", text->str);
        qobject_unref(json);
    }
}

static void stream_init(Stream *s)
{
    s->log = g_string_new(NULL);
    s->last_error = NULL;
    json_message_parser_init(&s->parser, log_message, s, NULL);
}

static void stream_destroy(Stream *s)
{
    json_message_parser_destroy(&s->parser);
    g_string_free(s->log, TRUE);
    g_free(s->last_error);
}

static void assert_stream(const char *in, size_t len, const char *log)
{
    /* The pieces in which it arrives must make no difference. */
    for (size_t chunk = 1; chunk <= len; chunk = chunk < 4 ? chunk + 1 : len + (chunk == len)) {
        Stream s;

        stream_init(&s);
        for (size_t pos = 0; pos < len; pos += chunk) {
            json_message_parser_feed(&s.parser, in + pos, MIN(chunk, len - pos));
        }
        g_assert_cmpstr(s.log->str, ==, log);
        stream_destroy(&s);
    }
}

static void test_stream(void)
{
#define STREAM(in, log) assert_stream(in, sizeof(in) - 1, log)
    STREAM("{\"a\":1}[2]\"s\"", "{\"a\": 1};[2];\"s\";");
    STREAM("12 34 ", "12;34;"); /* a number ends with what follows */
    STREAM("12", "");
    STREAM("{\"a\":1", "");
    /* One answer per broken message, and the next one is understood. */
    STREAM("{\"a\" 1}{\"b\":2}", "!;{\"b\": 2};");
    STREAM("{\"a\":[@,{],}]}{\"b\":2}", "!;!;{\"b\": 2};");
    STREAM("{\"a\":{,}}{\"b\":2}", "!;{\"b\": 2};");
    STREAM("@@@ {\"b\":2}", "!;{\"b\": 2};");
    STREAM("}{\"b\":2}", "!;{\"b\": 2};");
    /* A byte that can't be anywhere ends what came before at once. */
    STREAM("{\"a\": [\xFF{\"b\":2}", "!;{\"b\": 2};");
    STREAM("{\"a\": \"x\xFF{\"b\":2}", "!;{\"b\": 2};");
    STREAM("\xFF{\"b\":2}", "!;{\"b\": 2};");
    STREAM("{\"x\": \x01{\"b\":2}", "!;{\"b\": 2};");
    STREAM("{\"x\": \"y\n{\"b\":2}", "!;{\"b\": 2};");
    STREAM("{\"x\": 1\0{\"b\":2}", "!;{\"b\": 2};");
    STREAM("{\"bad \x80 utf-8\": 1}{\"b\":2}", "!;{\"b\": 2};");
}

static void test_flush(void)
{
    Stream s;

    stream_init(&s);
    json_message_parser_feed(&s.parser, "42", 2);
    json_message_parser_flush(&s.parser);
    json_message_parser_feed(&s.parser, "{\"a\":", 5);
    json_message_parser_flush(&s.parser);
    json_message_parser_feed(&s.parser, "\"open", 5);
    json_message_parser_flush(&s.parser);
    json_message_parser_feed(&s.parser, "[]", 2);
    json_message_parser_flush(&s.parser);
    g_assert_cmpstr(s.log->str, ==, "42;!;!;[];");
    stream_destroy(&s);
}

static void test_nesting_limit(void)
{
    Stream s;

    stream_init(&s);
    for (int i = 0; i < JSON_MAX_NESTING; i++) {
        json_message_parser_feed(&s.parser, "[", 1);
    }
    for (int i = 0; i < JSON_MAX_NESTING; i++) {
        json_message_parser_feed(&s.parser, "]", 1);
    }
    g_assert_null(s.last_error);
    g_string_truncate(s.log, 0);

    for (int i = 0; i < 10000; i++) {
        json_message_parser_feed(&s.parser, i % 2 ? "[" : "{\"a\":", i % 2 ? 1 : 5);
    }
    g_assert_cmpstr(s.log->str, ==, "");
    for (int i = 0; i < 10000; i++) {
        json_message_parser_feed(&s.parser, i % 2 ? "}" : "]", 1);
    }
    json_message_parser_feed(&s.parser, "[1]", 3);
    g_assert_cmpstr(s.log->str, ==, "!;[1];");
    g_assert_nonnull(strstr(s.last_error, "nesting depth limit"));
    stream_destroy(&s);
}

static long peak_memory_kib(void)
{
    struct rusage ru;

    getrusage(RUSAGE_SELF, &ru);
    return ru.ru_maxrss;
}

static void feed_repeated(Stream *s, const char *piece, size_t total)
{
    size_t len = strlen(piece);

    for (size_t done = 0; done < total; done += len) {
        json_message_parser_feed(&s->parser, piece, len);
    }
}

static void test_huge_string(void)
{
    g_autofree char *piece = g_strnfill(1 << 20, 'a');
    long before = peak_memory_kib();
    Stream s;

    stream_init(&s);
    json_message_parser_feed(&s.parser, "{\"a\": \"", 7);
    feed_repeated(&s, piece, 100 << 20);
    json_message_parser_feed(&s.parser, "\"}[1]", 5);
    g_assert_cmpstr(s.log->str, ==, "!;[1];");
    g_assert_nonnull(strstr(s.last_error, "too long"));
    /* The limit, as a buffer that grows by doubling, and what else. */
    g_assert_cmpint(peak_memory_kib() - before, <, 220 << 10);
    stream_destroy(&s);
}

static void test_too_many_tokens(void)
{
    g_autofree char *piece = g_strnfill(1 << 16, ',');
    Stream s;

    for (int i = 0; i < 1 << 16; i += 2) {
        piece[i] = '1';
    }
    stream_init(&s);
    json_message_parser_feed(&s.parser, "[", 1);
    feed_repeated(&s, piece, 3 << 20);
    json_message_parser_feed(&s.parser, "1]{}", 4);
    g_assert_cmpstr(s.log->str, ==, "!;{};");
    g_assert_nonnull(strstr(s.last_error, "token count limit"));
    stream_destroy(&s);
}

/* ---- output ------------------------------------------------------------- */

static void test_pretty(void)
{
    g_autoptr(QObject) obj = qobject_from_jsonf_nofail("{'a': [1, {'b': null}], 'c': {}, 'd': []}");
    g_autoptr(GString) text = qobject_to_json_pretty(obj, true);

    g_assert_cmpstr(text->str, ==,
                    "{\n    \"a\": [\n        1,\n        {\n            \"b\": null\n"
                    "        }\n    ],\n    \"c\": {},\n    \"d\": []\n}");
}

static void test_writer(void)
{
    JSONWriter *w = json_writer_new(false);
    g_autoptr(GString) text = NULL;

    json_writer_start_object(w, NULL);
    json_writer_int64(w, "i", INT64_MIN);
    json_writer_uint64(w, "u", UINT64_MAX);
    json_writer_double(w, "nan", NAN);
    json_writer_str(w, "bad\xff", "\x7f\x01");
    json_writer_start_array(w, "l");
    json_writer_bool(w, NULL, false);
    json_writer_null(w, NULL);
    json_writer_end_array(w);
    json_writer_end_object(w);
    text = json_writer_get_and_free(w);
    g_assert_cmpstr(text->str, ==,
                    "{\"i\": -9223372036854775808, \"u\": 18446744073709551615, \"nan\": null, "
                    "\"bad\\uFFFD\": \"\\u007F\\u0001\", \"l\": [false, null]}");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/values", test_values);
    g_test_add_func("/json/numbers", test_numbers);
    g_test_add_func("/json/unicode", test_unicode);
    g_test_add_func("/json/syntax-errors", test_syntax_errors);
    g_test_add_func("/json/interpolation", test_interpolation);
    g_test_add_func("/json/stream", test_stream);
    g_test_add_func("/json/flush", test_flush);
    g_test_add_func("/json/limits/nesting", test_nesting_limit);
    g_test_add_func("/json/limits/huge-string", test_huge_string);
    g_test_add_func("/json/limits/tokens", test_too_many_tokens);
    g_test_add_func("/json/output/pretty", test_pretty);
    g_test_add_func("/json/output/writer", test_writer);
    return g_test_run();
}
