/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The debug log, its file, and trace events that are written to it. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/rcu.h"
#include "trace/control.h"
#include "trace/trace-util.h"

static char *dir;

static char *contents(const char *name)
{
    char *text;

    g_assert_true(g_file_get_contents(name, &text, NULL, NULL));
    return text;
}

static int evaluated;

static int count_evaluation(void)
{
    return ++evaluated;
}

static void test_file(void)
{
    g_autofree char *pattern = g_strdup_printf("%s/log-%%d.txt", dir);
    g_autofree char *name = g_strdup_printf("%s/log-%d.txt", dir, getpid());
    g_autofree char *text = NULL;
    FILE *f;

    g_assert_true(qemu_set_log_filename(pattern, &error_abort));
    g_assert_true(qemu_set_log(LOG_UNIMP, &error_abort));
    g_assert_true(qemu_log_enabled() && qemu_log_separate());
    qemu_log_mask(LOG_UNIMP, "one %d\n", count_evaluation());
    qemu_log_mask(LOG_GUEST_ERROR, "two %d\n", count_evaluation());
    g_assert_cmpint(evaluated, ==, 1);
    f = qemu_log_trylock();
    fprintf(f, "three ");
    fprintf(f, "four\n");
    qemu_log_unlock(f);
    g_assert_true(qemu_set_log(0, &error_abort));
    g_assert_false(qemu_log_enabled());
    qemu_log("five\n");
    drain_call_rcu();
    text = contents(name);
    g_assert_cmpstr(text, ==, "one 1\nthree four\n");
    unlink(name);
    g_assert_true(qemu_set_log_filename(NULL, &error_abort));
}

static void test_bad_names(void)
{
    static const char *const bad[] = {"a-%s", "%d-%d", "x%", "/no/such/folder/x"};
    Error *err = NULL;
    int i;

    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        g_assert_false(qemu_set_log_filename_flags(bad[i], LOG_UNIMP, &err));
        error_free_or_abort(&err);
    }
    qemu_set_log_filename_flags(NULL, 0, &error_abort);
}

static void test_masks(void)
{
    Error *err = NULL;

    g_assert_cmphex(qemu_str_to_log_mask("in_asm,guest_errors", &error_abort), ==,
                    CPU_LOG_TB_IN_ASM | LOG_GUEST_ERROR);
    g_assert_cmphex(qemu_str_to_log_mask("in_asm,gest_errors", &err), ==, 0);
    g_assert_cmpstr(error_get_pretty(err), ==, "there is no log item 'gest_errors'");
    error_free_or_abort(&err);
    g_assert_cmphex(qemu_str_to_log_mask("", &err), ==, 0);
    error_free_or_abort(&err);
    g_assert_true(qemu_str_to_log_mask("all", &error_abort) & CPU_LOG_INT);
}

static void test_dfilter(void)
{
    Error *err = NULL;

    g_assert_true(qemu_log_in_addr_range(5));
    g_assert_true(qemu_set_dfilter_ranges("0x1000+0x100,0x3000-0x10,0x5000..0x5fff", &err));
    g_assert_true(qemu_log_in_addr_range(0x10ff));
    g_assert_false(qemu_log_in_addr_range(0x1100));
    g_assert_true(qemu_log_in_addr_range(0x2ff1));
    g_assert_true(qemu_log_in_addr_range(0x3000));
    g_assert_false(qemu_log_in_addr_range(0x3001));
    g_assert_true(qemu_log_in_addr_range(0x5fff));
    g_assert_false(qemu_set_dfilter_ranges("0x1000+", &err));
    error_free_or_abort(&err);
    g_assert_false(qemu_set_dfilter_ranges("2..1", &err));
    error_free_or_abort(&err);
    g_assert_true(qemu_set_dfilter_ranges("0..0xffffffffffffffff", &error_abort));
}

static void test_trace_registry(void)
{
    TraceEventIter iter;
    TraceEvent *ev;
    int all = 0, matching = 0;

    trace_event_iter_init_all(&iter);
    while ((ev = trace_event_iter_next(&iter))) {
        g_assert_cmpint(trace_event_get_id(ev), ==, all++);
        g_assert_true(trace_event_by_name(trace_event_get_name(ev)) == ev);
    }
    trace_event_iter_init_pattern(&iter, "poll_*");
    while ((ev = trace_event_iter_next(&iter))) {
        matching++;
    }
    g_assert_cmpint(matching, ==, 4);
    g_assert_cmpint(all, >, matching);
    g_assert_null(trace_event_by_name("poll_*"));
}

static void test_trace_log(void)
{
    g_autofree char *file = g_strdup_printf("%s/trace.txt", dir);
    g_autofree char *list = g_strdup_printf("%s/events", dir);
    g_autofree char *option = g_strdup_printf("events=%s,file=%s", list, file);
    g_autofree char *text = NULL;
    Error *err = NULL;

    g_assert_true(g_file_set_contents(list, "# some\npoll_*\n-poll_shrink\n", -1, NULL));
    g_assert_true(trace_opt_parse(option, &error_abort));
    g_assert_true(trace_event_get_state(TRACE_POLL_GROW));
    g_assert_false(trace_event_get_state(TRACE_POLL_SHRINK));
    trace_poll_grow(NULL, 1, 2);
    trace_poll_shrink(NULL, 3, 4);
    g_assert_true(trace_opt_parse("poll_shrink", &error_abort));
    trace_poll_shrink(NULL, 5, -6);
    g_assert_true(trace_opt_parse("enable=-poll_*", &error_abort));
    trace_poll_grow(NULL, 7, 8);
    g_assert_false(trace_opt_parse("poll_grow,colour=red", &err));
    error_free_or_abort(&err);
    g_assert_false(trace_opt_parse("events=/no/such/file", &err));
    error_free_or_abort(&err);
    qemu_set_log_filename_flags(NULL, 0, &error_abort);
    drain_call_rcu();
    text = contents(file);
    g_assert_cmpstr(text, ==,
                    "poll_grow ctx (nil) old 1 new 2\npoll_shrink ctx (nil) old 5 new -6\n");
    unlink(file);
    unlink(list);
}

static void test_trace_unknown(void)
{
    if (g_test_subprocess()) {
        g_assert_true(trace_opt_parse("poll_groww", &error_abort));
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*warning: trace event 'poll_groww' does not exist*poll_grow*");
}

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    dir = g_dir_make_tmp("test-log-XXXXXX", NULL);
    g_test_add_func("/log/file", test_file);
    g_test_add_func("/log/bad-names", test_bad_names);
    g_test_add_func("/log/masks", test_masks);
    g_test_add_func("/log/dfilter", test_dfilter);
    g_test_add_func("/trace/registry", test_trace_registry);
    g_test_add_func("/trace/log", test_trace_log);
    g_test_add_func("/trace/unknown", test_trace_unknown);
    ret = g_test_run();
    rmdir(dir);
    g_free(dir);
    return ret;
}
