/* SPDX-License-Identifier: GPL-2.0-or-later */
/* key=value,... options. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qobject/keyval.h"
#include "qobject/qjson.h"

static void assert_parses(const char *params, const char *implied, const char *json)
{
    g_autoptr(QDict) d = keyval_parse(params, implied, NULL, &error_abort);
    g_autoptr(GString) text = qobject_to_json(QOBJECT(d));

    g_assert_cmpstr(text->str, ==, json);
}

static void assert_refused(const char *params, const char *implied, const char *why)
{
    Error *err = NULL;

    g_assert_null(keyval_parse(params, implied, NULL, &err));
    if (!strstr(error_get_pretty(err), why)) {
        g_error("'%s': expected '%s', got '%s'", params, why, error_get_pretty(err));
    }
    error_free(err);
}

static void test_simple(void)
{
    assert_parses("", NULL, "{}");
    assert_parses("a=1,b=two", NULL, "{\"a\": \"1\", \"b\": \"two\"}");
    assert_parses("a=,b=x=y", NULL, "{\"a\": \"\", \"b\": \"x=y\"}");
    assert_parses("a=1,", NULL, "{\"a\": \"1\"}");
    assert_parses("a=x,,y,,", NULL, "{\"a\": \"x,y,\"}");
    assert_parses("a=1,a=2", NULL, "{\"a\": \"2\"}");
    assert_parses("pc,accel=tcg", "type", "{\"type\": \"pc\", \"accel\": \"tcg\"}");
    assert_parses("a,,b", "type", "{\"type\": \"a,b\"}");
    assert_parses("__com.example_key-1=x", NULL, "{\"__com.example_key-1\": \"x\"}");
}

static void test_nested(void)
{
    assert_parses("a.b.c=1,a.d=2", NULL, "{\"a\": {\"b\": {\"c\": \"1\"}, \"d\": \"2\"}}");
    assert_parses("l.0=x,l.1=y", NULL, "{\"l\": [\"x\", \"y\"]}");
    assert_parses("l.1=y,l.0=x", NULL, "{\"l\": [\"x\", \"y\"]}");
    assert_parses("l.0.k=x,l.1.k=y", NULL, "{\"l\": [{\"k\": \"x\"}, {\"k\": \"y\"}]}");
    assert_parses("m.0.1=b,m.0.0=a", NULL, "{\"m\": [[\"a\", \"b\"]]}");
}

static void test_errors(void)
{
    g_autofree char *long_key = g_strnfill(128, 'k');
    g_autofree char *long_opt = g_strdup_printf("%s=1", long_key);
    g_autoptr(GString) deep = g_string_new("a");

    assert_refused("a", NULL, "Expected '=' after parameter 'a'");
    assert_refused("x=1,a", "type", "Expected '=' after parameter 'a'");
    assert_refused(",a=1", NULL, "before ','");
    assert_refused("=1", NULL, "Invalid parameter ''");
    assert_refused("a.=1", NULL, "Invalid parameter 'a.'");
    assert_refused("a..b=1", NULL, "Invalid parameter");
    assert_refused("9a=1", NULL, "Invalid parameter '9a'");
    assert_refused("a b=1", NULL, "Invalid parameter 'a b'");
    assert_refused("a=1,a.b=2", NULL, "'a.*' used inconsistently");
    assert_refused("a.b=2,a=1", NULL, "'a.*' used inconsistently");
    assert_refused("l.0=1,l.x=2", NULL, "'l.*' used inconsistently");
    assert_refused("l.1=1", NULL, "'l.0' missing");
    assert_refused("l.0=1,l.4294967295=1", NULL, "used inconsistently");
    assert_refused("l.0=1,l.2000000000=1", NULL, "'l.1' missing");
    assert_refused("0=1", NULL, "must be names");
    assert_refused(long_opt, NULL, "Invalid parameter");
    assert_refused("help", NULL, "Help is not available");
    for (int i = 0; i < 5000; i++) {
        g_string_append(deep, ".a");
    }
    g_string_append(deep, "=1");
    assert_refused(deep->str, NULL, "more than 64 parts");
}

static void test_help(void)
{
    bool help = false;
    g_autoptr(QDict) d = keyval_parse("pc,help", "type", &help, &error_abort);
    g_autoptr(QDict) e = NULL;

    g_assert_true(help);
    g_assert_cmpstr(qdict_get_str(d, "type"), ==, "pc");
    help = false;
    e = keyval_parse("?", "type", &help, &error_abort);
    g_assert_true(help);
    g_assert_cmpint(qdict_size(e), ==, 0);
}

static void assert_short(const char *params, const char *json)
{
    g_autoptr(QDict) d =
        keyval_parse_full(params, NULL, KEYVAL_SHORT_BOOL_ACCEPT, NULL, &error_abort);
    g_autoptr(GString) text = qobject_to_json(QOBJECT(d));

    g_assert_cmpstr(text->str, ==, json);
}

static void test_short_bool(void)
{
    Error *err = NULL;

    assert_short("server,nowait", "{\"server\": \"on\", \"wait\": \"off\"}");
    assert_short("nodelay,", "{\"nodelay\": \"on\"}");
    assert_short("no", "{\"no\": \"on\"}");
    assert_short("cache.direct", "{\"cache\": {\"direct\": \"on\"}}");
    g_assert_null(keyval_parse_full("/a/disk.img,b=1", NULL, KEYVAL_SHORT_BOOL_ACCEPT, NULL, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Expected '=' after parameter '/a/disk.img'");
    error_free(err);
}

/* The last one counts, but of the ids of options that are older than dotted keys the first. */
static void test_again(void)
{
    g_autoptr(QDict) d = keyval_parse("id=a,k=1,id=b,k=2", NULL, NULL, &error_abort);
    g_autoptr(QDict) flat =
        keyval_parse_flat("id=a,k=1,id=b,k=2", KEYVAL_SHORT_BOOL_WARN, &error_abort);

    g_assert_cmpstr(qdict_get_str(d, "id"), ==, "b");
    g_assert_cmpstr(qdict_get_str(d, "k"), ==, "2");
    g_assert_cmpstr(qdict_get_str(flat, "id"), ==, "a");
    g_assert_cmpstr(qdict_get_str(flat, "k"), ==, "2");
    assert_short("id=a,x.id=c,id=b,x.id=d", "{\"id\": \"a\", \"x\": {\"id\": \"d\"}}");
}

static void test_merge(void)
{
    g_autoptr(QDict) d = keyval_parse("a=1,s.x=1,l.0=a", NULL, NULL, &error_abort);
    g_autoptr(GString) text = NULL;
    Error *err = NULL;

    g_autoptr(QDict) more = keyval_parse("a=2,s.y=2,l.0=b", NULL, NULL, &error_abort);
    g_autoptr(QDict) wrong = keyval_parse("a=3,s=2", NULL, NULL, &error_abort);

    g_assert_true(keyval_merge(d, more, &error_abort));
    g_assert_false(keyval_merge(d, wrong, &err));
    error_free_or_abort(&err);
    text = qobject_to_json(QOBJECT(d));
    g_assert_cmpstr(text->str, ==,
                    "{\"a\": \"2\", \"s\": {\"x\": \"1\", \"y\": \"2\"}, \"l\": [\"a\", \"b\"]}");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/keyval/simple", test_simple);
    g_test_add_func("/keyval/nested", test_nested);
    g_test_add_func("/keyval/errors", test_errors);
    g_test_add_func("/keyval/help", test_help);
    g_test_add_func("/keyval/short-bool", test_short_bool);
    g_test_add_func("/keyval/again", test_again);
    g_test_add_func("/keyval/merge", test_merge);
    return g_test_run();
}
