/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error objects, propagation, and what is printed. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/option-place.h"

static void test_set(void)
{
    g_autoptr(Error) err = NULL;

    errno = 42;
    error_setg_errno(&err, ENOENT, "no %s", "file");
    g_assert_cmpint(errno, ==, 42);
    g_assert_cmpstr(error_get_pretty(err), ==, "no file: No such file or directory");
    g_assert_cmpint(error_get_class(err), ==, ERROR_CLASS_GENERIC_ERROR);
    error_prepend(&err, "%s: ", "ctx");
    g_assert_true(g_str_has_prefix(error_get_pretty(err), "ctx: no file"));
    error_append_hint(&err, "Try %d.\n", 1);
    error_append_hint(&err, "Or %d.\n", 2);
    g_assert_cmpstr(error_get_hint(err), ==, "Try 1.\nOr 2.\n");
    error_setg(NULL, "ignored");
}

static void test_class(void)
{
    g_autoptr(Error) err = NULL;

    error_set(&err, ERROR_CLASS_DEVICE_NOT_FOUND, "gone");
    g_assert_cmpstr(error_class_str(error_get_class(err)), ==, "DeviceNotFound");
    g_assert_cmpint(error_class_from_str("KVMMissingCap"), ==, ERROR_CLASS_KVM_MISSING_CAP);
    g_assert_cmpint(error_class_from_str("x"), ==, ERROR_CLASS__MAX);
}

static void guarded(Error **errp)
{
    ERRP_GUARD();

    error_setg(errp, "inner");
    g_assert_nonnull(*errp);
    error_prepend(errp, "outer ");
}

static void test_guard(void)
{
    g_autoptr(Error) err = NULL;

    guarded(NULL);
    guarded(&err);
    g_assert_cmpstr(error_get_pretty(err), ==, "outer inner");
}

static void test_propagate(void)
{
    Error *first = NULL, *second = NULL, *copy;

    error_setg(&first, "one");
    error_setg(&second, "two");
    copy = error_copy(second);
    error_propagate(&first, second);
    g_assert_cmpstr(error_get_pretty(first), ==, "one");
    error_free_or_abort(&first);
    g_assert_null(first);
    error_propagate_prepend(&first, copy, "pre ");
    g_assert_cmpstr(error_get_pretty(first), ==, "pre two");
    error_free(first);
}

static void test_fatal(void)
{
    if (g_test_subprocess()) {
        guarded(&error_fatal);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*outer inner*");
}

static GString *captured;

static bool capture(const char *fmt, va_list ap)
{
    g_string_append_vprintf(captured, fmt, ap);
    return true;
}

static void test_location(void)
{
    char *argv[] = {(char *)"prog", (char *)"-device", (char *)"foo", NULL};
    Location loc;

    captured = g_string_new(NULL);
    error_set_vprintf_hook(capture);
    loc_push_none(&loc);
    loc_set_cmdline(argv, 1, 2);
    error_report("bad %d", 7);
    loc_set_file("file.cfg", 3);
    warn_report("odd");
    loc_pop(&loc);
    info_report("fine");
    info_report("quoted '%s'", "a\nb\x1b[2J");
    error_set_vprintf_hook(NULL);
    g_assert_cmpstr(captured->str, ==,
                    "-device foo: bad 7\nfile.cfg:3: warning: odd\ninfo: fine\n"
                    "info: quoted 'a\\nb\\x1b[2J'\n");
    g_string_free(captured, TRUE);
}

/* A section of a file becomes the line of one key; a property's option is named much later. */
static void test_location_of_key(void)
{
    g_autoptr(GHashTable) lines = g_hash_table_new(g_str_hash, g_str_equal);
    Location loc, property;
    Error *err = NULL;

    g_hash_table_insert(lines, (void *)"size", GUINT_TO_POINTER(5));
    captured = g_string_new(NULL);
    error_set_vprintf_hook(capture);
    loc_push_none(&loc);
    loc_set_file("file.cfg", 3);
    loc_note_keys("file.cfg", 3, g_hash_table_ref(lines));
    loc_note_keys("file.cfg", 7, g_hash_table_new(g_str_hash, g_str_equal));
    loc_at_key("colour");
    error_report("section");
    loc_at_key("size");
    error_report("line");
    loc_note_property("ram");
    loc_set_file("file.cfg", 9);
    loc_at_key("size");
    error_report("other section");
    loc_pop(&loc);
    loc_push_property("ram", &property);
    error_report("late");
    loc_pop(&property);
    loc_push_property("rom", &property);
    error_report("not given");
    loc_pop(&property);
    error_setg(&err, "later");
    loc_prepend_property("rom", &err);
    loc_prepend_property("ram", &err);
    error_report_err(err);
    error_set_vprintf_hook(NULL);
    g_assert_cmpstr(captured->str, ==,
                    "file.cfg:3: section\nfile.cfg:5: line\nfile.cfg:9: other section\n"
                    "file.cfg:5: late\nnot given\nfile.cfg:5: later\n");
    g_string_free(captured, TRUE);
}

static void *report_from_thread(void *opaque)
{
    Location loc;

    error_report("elsewhere");
    loc_push_none(&loc);
    loc_set_file("thread.cfg", 1);
    error_report("in it");
    loc_pop(&loc);
    return NULL;
}

/* What one thread works on is not what another one's messages are about. */
static void test_location_of_thread(void)
{
    char *argv[] = {(char *)"prog", (char *)"-device", (char *)"foo", NULL};
    Location loc;

    captured = g_string_new(NULL);
    error_set_vprintf_hook(capture);
    loc_push_none(&loc);
    loc_set_cmdline(argv, 1, 2);
    g_thread_join(g_thread_new("report", report_from_thread, NULL));
    error_report("here");
    loc_pop(&loc);
    error_set_vprintf_hook(NULL);
    g_assert_cmpstr(captured->str, ==, "elsewhere\nthread.cfg:1: in it\n-device foo: here\n");
    g_string_free(captured, TRUE);
}

static void test_prefixes(void)
{
    if (g_test_subprocess()) {
        error_init("/usr/bin/prog");
        message_with_timestamp = true;
        error_with_guestname = true;
        error_guest_name = "vm1";
        error_report("hello");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*T??:??:??.??????Z vm1 prog: hello\n*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/error/set", test_set);
    g_test_add_func("/error/class", test_class);
    g_test_add_func("/error/guard", test_guard);
    g_test_add_func("/error/propagate", test_propagate);
    g_test_add_func("/error/fatal", test_fatal);
    g_test_add_func("/report/location", test_location);
    g_test_add_func("/report/location-of-key", test_location_of_key);
    g_test_add_func("/report/location-of-thread", test_location_of_thread);
    g_test_add_func("/report/prefixes", test_prefixes);
    return g_test_run();
}
