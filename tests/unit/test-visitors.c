/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Visitors over QObjects, option strings and text. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-builtin-visit.h"
#include "qapi/qapi-types-common.h"
#include "qapi/qobject-input-visitor.h"
#include "qapi/qobject-output-visitor.h"
#include "qapi/string-input-visitor.h"
#include "qapi/string-output-visitor.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"

typedef struct Inner {
    uint8_t port;
    char *host;
} Inner;

typedef struct Outer {
    char *name;
    bool has_size;
    uint64_t size;
    int mode;
    bool flag;
    double ratio;
    Inner *inner;
    strList *tags;
} Outer;

static bool visit_inner(Visitor *v, const char *name, Inner **obj, Error **errp)
{
    bool ok;

    if (!visit_start_struct(v, name, (void **)obj, sizeof(Inner), errp)) {
        return false;
    }
    ok = visit_type_uint8(v, "port", &(*obj)->port, errp) &&
         visit_type_str(v, "host", &(*obj)->host, errp) && visit_check_struct(v, errp);
    visit_end_struct(v, (void **)obj);
    return ok;
}

static bool visit_outer(Visitor *v, Outer *o, Error **errp)
{
    bool ok;

    if (!visit_start_struct(v, NULL, NULL, 0, errp)) {
        return false;
    }
    ok = visit_type_str(v, "name", &o->name, errp) &&
         (!visit_optional(v, "size", &o->has_size) || visit_type_size(v, "size", &o->size, errp)) &&
         visit_type_enum(v, "mode", &o->mode, &OnOffAuto_lookup, errp) &&
         visit_type_bool(v, "flag", &o->flag, errp) &&
         visit_type_number(v, "ratio", &o->ratio, errp) &&
         visit_inner(v, "inner", &o->inner, errp) &&
         visit_type_strList(v, "tags", &o->tags, errp) && visit_check_struct(v, errp);
    visit_end_struct(v, NULL);
    return ok;
}

static void outer_clear(Outer *o)
{
    g_free(o->name);
    if (o->inner) {
        g_free(o->inner->host);
        g_free(o->inner);
    }
    qapi_free_strList(o->tags);
    memset(o, 0, sizeof(*o));
}

#define GOOD                                                                                       \
    "{\"name\": \"n\", \"size\": 65536, \"mode\": \"on\", \"flag\": true, \"ratio\": 0.5, "        \
    "\"inner\": {\"port\": 80, \"host\": \"h\"}, \"tags\": [\"a\", \"b\"]}"

static void test_qobject_round_trip(void)
{
    g_autoptr(QObject) obj = qobject_from_json(GOOD, &error_abort);
    g_autoptr(Visitor) in = qobject_input_visitor_new(obj);
    QObject *result;
    g_autoptr(Visitor) out = qobject_output_visitor_new(&result);
    g_autoptr(GString) text = NULL;
    Outer o = {0};

    g_assert_true(visit_outer(in, &o, &error_abort));
    g_assert_cmpint(o.inner->port, ==, 80);
    g_assert_true(visit_outer(out, &o, &error_abort));
    visit_complete(out, &result);
    text = qobject_to_json(result);
    g_assert_cmpstr(text->str, ==, GOOD);
    qobject_unref(result);
    outer_clear(&o);
}

/* Options give lists of numbers as ranges, too. */
static void test_keyval_range(void)
{
    static const struct {
        const char *text;
        int first, count; /* no count: refused */
    } cases[] = {{"n=7", 7, 1},  {"n=0-3", 0, 4},  {"n.0=4", 4, 1},   {"n=3-2", 0, 0},
                 {"n=x", 0, 0},  {"n=1-", 0, 0},   {"n=1-2-3", 0, 0}, {"n=0-99999999", 0, 0},
                 {"n=-1", 0, 0}, {"n=0--1", 0, 0}, {"n=70000", 0, 0}};

    for (int i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Visitor) v = qobject_input_visitor_new_str(cases[i].text, "n", &error_abort);
        uint16List *list = NULL;
        Error *err = NULL;
        int count = 0;

        g_assert_true(visit_start_struct(v, NULL, NULL, 0, &error_abort));
        g_assert_cmpint(visit_type_uint16List(v, "n", &list, &err), ==, cases[i].count > 0);
        g_assert_cmpint(err == NULL, ==, cases[i].count > 0);
        for (uint16List *n = list; n; n = n->next) {
            g_assert_cmpint(n->value, ==, cases[i].first + count++);
        }
        g_assert_cmpint(count, ==, cases[i].count);
        qapi_free_uint16List(list);
        error_free(err);
        visit_end_struct(v, NULL);
    }
}

static void test_keyval_input(void)
{
    g_autoptr(Visitor) v =
        qobject_input_visitor_new_str("n,size=64K,mode=on,flag=yes,ratio=0.5,inner.port=0x50,"
                                      "inner.host=h,tags.0=a,tags.1=b",
                                      "name", &error_abort);
    g_autoptr(Visitor) json = qobject_input_visitor_new_str(GOOD, "name", &error_abort);
    Outer o = {0};

    g_assert_true(visit_outer(v, &o, &error_abort));
    g_assert_cmpstr(o.name, ==, "n");
    g_assert_cmpint(o.size, ==, 65536);
    g_assert_cmpint(o.inner->port, ==, 80);
    g_assert_true(o.flag);
    g_assert_cmpstr(o.tags->next->value, ==, "b");
    outer_clear(&o);
    g_assert_true(visit_outer(json, &o, &error_abort));
    outer_clear(&o);
}

static void assert_refused(const char *str, const char *why, const char *hint)
{
    g_autoptr(Visitor) v = qobject_input_visitor_new_str(str, NULL, &error_abort);
    Error *err = NULL;
    Outer o = {0};

    g_assert_false(visit_outer(v, &o, &err));
    if (!strstr(error_get_pretty(err), why)) {
        g_error("'%s': expected '%s', got '%s'", str, why, error_get_pretty(err));
    }
    if (hint) {
        g_assert_nonnull(strstr(error_get_hint(err), hint));
    }
    error_free(err);
    outer_clear(&o);
}

static void test_input_errors(void)
{
    assert_refused("{}", "Parameter 'name' is missing", NULL);
    assert_refused("{\"name\": 1}", "Invalid parameter type for 'name', expected: string", NULL);
    assert_refused("{\"name\": \"n\", \"mode\": \"onn\"}",
                   "'mode' does not accept value 'onn', expected one of: auto, on, off",
                   "did you mean 'on'?");
    assert_refused("name=n,size=64Q", "'size' expects a size", NULL);
    assert_refused("name=n,mode=on,flag=maybe", "'flag' expects 'on' or 'off', got 'maybe'", NULL);
    assert_refused("name=n,mode=on,flag=on,ratio=1,inner.port=256,inner.host=h",
                   "'port' expects uint8_t (0 to 255)", NULL);
    assert_refused("name=n,mode=on,flag=on,ratio=1,inner.port=-1,inner.host=h", "got -1", NULL);
    assert_refused("name=n,mode=on,flag=on,ratio=1,inner.port=18446744073709551615,inner.host=h",
                   "got 18446744073709551615", NULL);
    for (int i = 0; i < 2; i++) {
        const char *number = i ? "-1" : "18446744073709551615";
        g_autofree char *json = g_strdup_printf("{\"name\": \"n\", \"mode\": \"on\", "
                                                "\"flag\": true, \"ratio\": 1, "
                                                "\"inner\": {\"port\": %s, \"host\": \"h\"}}",
                                                number);
        g_autofree char *got = g_strconcat("got ", number, NULL);

        assert_refused(json, got, NULL);
    }
    assert_refused("name=n,mode=on,flag=on,ratio=1,inner.port=1",
                   "Parameter 'inner.host' is missing", NULL);
    assert_refused("name=n,mode=on,flag=on,ratio=1,inner=5", "type for 'inner', expected: object",
                   NULL);
    assert_refused("name=n,mode=on,flag=on,ratio=1,inner.port=1,inner.host=h,inner.hots=x",
                   "Parameter 'inner.hots' is unexpected", NULL);
    assert_refused("name=n,sise=3,mode=on,flag=on,ratio=1,inner.port=1,inner.host=h,tags.0=a",
                   "Parameter 'sise' is unexpected", "did you mean 'size'?");
    assert_refused("{\"name\": \"n\", \"mode\": \"on\", \"flag\": true, \"ratio\": 1, "
                   "\"inner\": {\"port\": 1, \"host\": \"h\"}, \"tags\": [\"a\", 2]}",
                   "Invalid parameter type for 'tags[1]', expected: string", NULL);
    assert_refused("name.x=1", "'name' is a single value", NULL);
}

static void test_string_lists(void)
{
    static const char *const bad[] = {"1,", ",1", "1-", "3-1", "1;2", "x", "0-1000000000"};
    g_autoptr(Visitor) in = string_input_visitor_new("1-3,8,-2");
    char *text;
    g_autoptr(Visitor) out = string_output_visitor_new(false, &text);
    intList *list;

    g_assert_true(visit_type_intList(in, NULL, &list, &error_abort));
    g_assert_cmpint(list->next->next->value, ==, 3);
    g_assert_true(visit_type_intList(out, NULL, &list, &error_abort));
    visit_complete(out, &text);
    g_assert_cmpstr(text, ==, "1-3,8,-2");
    g_free(text);
    qapi_free_intList(list);

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(Visitor) v = string_input_visitor_new(bad[i]);
        Error *err = NULL;

        g_assert_false(visit_type_intList(v, NULL, &list, &err));
        error_free_or_abort(&err);
    }
}

static void assert_text(bool human, bool (*visit)(Visitor *, Error **), const char *expected)
{
    char *text;
    g_autoptr(Visitor) v = string_output_visitor_new(human, &text);

    g_assert_true(visit(v, &error_abort));
    visit_complete(v, &text);
    g_assert_cmpstr(text, ==, expected);
    g_free(text);
}

static bool visit_some_size(Visitor *v, Error **errp)
{
    uint64_t size = 64 << 20;

    return visit_type_size(v, "s", &size, errp);
}

static bool visit_some_int(Visitor *v, Error **errp)
{
    int64_t i = 10;

    return visit_type_int(v, "i", &i, errp);
}

static bool visit_some_str(Visitor *v, Error **errp)
{
    char *s = (char *)"x";

    return visit_type_str(v, "s", &s, errp);
}

static bool visit_some_struct(Visitor *v, Error **errp)
{
    return visit_start_struct(v, NULL, NULL, 0, errp) && visit_some_int(v, errp) &&
           visit_some_str(v, errp) && (visit_end_struct(v, NULL), true);
}

static void test_string_output(void)
{
    assert_text(false, visit_some_size, "67108864");
    assert_text(true, visit_some_size, "67108864 (64 MiB)");
    assert_text(false, visit_some_int, "10");
    assert_text(true, visit_some_int, "10 (0xa)");
    assert_text(false, visit_some_str, "x");
    assert_text(true, visit_some_str, "\"x\"");
    assert_text(false, visit_some_struct, "{i=10,s=x}");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/visitors/qobject/round-trip", test_qobject_round_trip);
    g_test_add_func("/visitors/keyval/input", test_keyval_input);
    g_test_add_func("/visitors/keyval/range", test_keyval_range);
    g_test_add_func("/visitors/input-errors", test_input_errors);
    g_test_add_func("/visitors/string/lists", test_string_lists);
    g_test_add_func("/visitors/string/output", test_string_output);
    return g_test_run();
}
