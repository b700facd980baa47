/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dictionaries: access, order, shape changes. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"

static void assert_json(const QObject *obj, const char *json)
{
    g_autoptr(GString) text = qobject_to_json(obj);

    g_assert_cmpstr(text->str, ==, json);
}

static void test_put_get(void)
{
    g_autoptr(QDict) d = qdict_new();

    qdict_put_int(d, "i", -3);
    qdict_put_str(d, "s", "text");
    qdict_put_bool(d, "b", true);
    qdict_put_null(d, "n");
    g_assert_cmpint(qdict_size(d), ==, 4);
    g_assert_cmpint(qdict_get_int(d, "i"), ==, -3);
    g_assert_cmpstr(qdict_get_str(d, "s"), ==, "text");
    g_assert_true(qdict_get_bool(d, "b"));
    g_assert_null(qdict_get_try_str(d, "i"));
    g_assert_cmpint(qdict_get_try_int(d, "s", 7), ==, 7);
    g_assert_false(qdict_haskey(d, "x"));
    qdict_put_str(d, "i", "replaced in place");
    qdict_del(d, "s");
    qdict_del(d, "s");
    assert_json(QOBJECT(d), "{\"i\": \"replaced in place\", \"b\": true, \"n\": null}");
}

static void test_many_keys_keep_order(void)
{
    g_autoptr(QDict) d = qdict_new();
    const QDictEntry *e;
    int i = 0;

    for (i = 0; i < 1000; i++) {
        g_autofree char *key = g_strdup_printf("key%d", i);

        qdict_put_int(d, key, i);
    }
    for (i = 0; i < 1000; i += 2) {
        g_autofree char *key = g_strdup_printf("key%d", i);

        qdict_del(d, key);
    }
    g_assert_cmpint(qdict_size(d), ==, 500);
    i = 1;
    for (e = qdict_first(d); e; e = qdict_next(d, e), i += 2) {
        g_assert_cmpint(qnum_get_int(qobject_to(QNum, qdict_entry_value(e))), ==, i);
    }
    g_assert_false(qdict_haskey(d, "key0"));
    g_assert_cmpint(qdict_get_int(d, "key999"), ==, 999);
}

static void test_flatten_and_crumple(void)
{
    g_autoptr(QDict) d = qdict_from_jsonf_nofail(
        "{'a': {'b': 1, 'c': {'d': 'x'}}, 'l': [1, {'m': 2}], 'e': {}, 'f': []}");
    g_autoptr(QObject) back = NULL;

    qdict_flatten(d);
    assert_json(QOBJECT(d), "{\"a.b\": 1, \"a.c.d\": \"x\", \"l.0\": 1, \"l.1.m\": 2, "
                            "\"e\": {}, \"f\": []}");
    back = qdict_crumple(d, &error_abort);
    assert_json(back, "{\"a\": {\"b\": 1, \"c\": {\"d\": \"x\"}}, \"l\": [1, {\"m\": 2}], "
                      "\"e\": {}, \"f\": []}");
}

static void assert_crumple_fails(const char *json)
{
    g_autoptr(QDict) d = qdict_from_jsonf_nofail(json);
    Error *err = NULL;

    g_assert_null(qdict_crumple(d, &err));
    error_free_or_abort(&err);
}

static void test_crumple_refuses_contradictions(void)
{
    g_autoptr(QDict) escaped = qdict_from_jsonf_nofail("{'a..b': 1}");
    g_autoptr(QObject) obj = qdict_crumple(escaped, &error_abort);
    g_autofree char *deep = g_strnfill(4000, 'a');

    assert_json(obj, "{\"a.b\": 1}");
    assert_crumple_fails("{'a': 1, 'a.b': 2}");
    assert_crumple_fails("{'a.b': 2, 'a': 1}");
    assert_crumple_fails("{'a': {}, 'a.b': 2}");
    assert_crumple_fails("{'a.0': 1, 'a.b': 2}");
    assert_crumple_fails("{'a.1': 1}");
    assert_crumple_fails("{'a.0': 1, 'a.2': 2}");
    assert_crumple_fails("{'a': [1]}");
    for (int i = 1; i < 4000; i += 2) {
        deep[i] = '.';
    }
    deep[3999] = '\0';
    {
        g_autoptr(QDict) d = qdict_new();
        Error *err = NULL;

        qdict_put_int(d, deep, 1);
        g_assert_null(qdict_crumple(d, &err));
        error_free_or_abort(&err);
    }
}

static void test_sub_dicts(void)
{
    g_autoptr(QDict) d = qdict_from_jsonf_nofail("{'a.x': 1, 'a.y': 2, 'b': 3}");
    g_autoptr(QDict) arr = qdict_from_jsonf_nofail("{'0': 1, '1.x': 2, '1.y': 3, '3': 4}");
    g_autoptr(QDict) cnt = qdict_from_jsonf_nofail("{'p.0': 1, 'p.1.x': 2, 'p.1.y': 3}");
    QDict *sub;
    QList *list;

    qdict_extract_subqdict(d, &sub, "a.");
    assert_json(QOBJECT(sub), "{\"x\": 1, \"y\": 2}");
    assert_json(QOBJECT(d), "{\"b\": 3}");
    qobject_unref(sub);

    g_assert_cmpint(qdict_array_entries(arr, ""), ==, -EINVAL);
    qdict_array_split(arr, &list);
    assert_json(QOBJECT(list), "[1, {\"x\": 2, \"y\": 3}]");
    assert_json(QOBJECT(arr), "{\"3\": 4}");
    qobject_unref(list);

    g_assert_cmpint(qdict_array_entries(cnt, "p."), ==, 2);
}

static void test_join_and_rename(void)
{
    static const QDictRenames renames[] = {{"old", "new"}, {NULL, NULL}};
    g_autoptr(QDict) d = qdict_from_jsonf_nofail("{'a': 1}");
    g_autoptr(QDict) s = qdict_from_jsonf_nofail("{'a': 2, 'b': 3}");
    g_autoptr(QDict) r = qdict_from_jsonf_nofail("{'old': 1}");
    Error *err = NULL;

    qdict_join(d, s, false);
    assert_json(QOBJECT(d), "{\"a\": 1, \"b\": 3}");
    assert_json(QOBJECT(s), "{\"a\": 2}");
    qdict_join(d, s, true);
    assert_json(QOBJECT(d), "{\"a\": 2, \"b\": 3}");

    g_assert_true(qdict_rename_keys(r, renames, &error_abort));
    assert_json(QOBJECT(r), "{\"new\": 1}");
    qdict_put_int(r, "old", 2);
    g_assert_false(qdict_rename_keys(r, renames, &err));
    error_free_or_abort(&err);
}

static void test_equality_and_copies(void)
{
    g_autoptr(QObject) a = qobject_from_jsonf_nofail("{'x': [1, {'y': null}], 'z': 1.5}");
    g_autoptr(QObject) b = qobject_from_jsonf_nofail("{'z': 1.5, 'x': [1, {'y': null}]}");
    g_autoptr(QObject) copy = qobject_deep_copy(a);
    g_autoptr(QNum) i = qnum_from_int(5);
    g_autoptr(QNum) u = qnum_from_uint(5);
    g_autoptr(QNum) f = qnum_from_double(5);

    g_assert_true(qobject_is_equal(a, b));
    g_assert_true(qobject_is_equal(a, copy));
    qdict_put_int(qobject_to(QDict, copy), "z", 1);
    g_assert_false(qobject_is_equal(a, copy));
    g_assert_true(qobject_is_equal(QOBJECT(i), QOBJECT(u)));
    g_assert_false(qobject_is_equal(QOBJECT(i), QOBJECT(f)));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qdict/put-get", test_put_get);
    g_test_add_func("/qdict/many-keys-keep-order", test_many_keys_keep_order);
    g_test_add_func("/qdict/flatten-crumple", test_flatten_and_crumple);
    g_test_add_func("/qdict/crumple-contradictions", test_crumple_refuses_contradictions);
    g_test_add_func("/qdict/sub-dicts", test_sub_dicts);
    g_test_add_func("/qdict/join-rename", test_join_and_rename);
    g_test_add_func("/qdict/equality-copies", test_equality_and_copies);
    return g_test_run();
}
