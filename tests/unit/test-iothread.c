/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects "iothread" and "main-loop". */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "block/aio-wait.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"
#include "system/iothread.h"

static void expect_error(const char *arg, const char *text)
{
    Error *err = NULL;
    bool helped;

    g_assert_false(user_creatable_add_from_str(arg, &helped, &err));
    if (!strstr(error_get_pretty(err), text)) {
        g_error("'%s' instead of '%s'", error_get_pretty(err), text);
    }
    error_free(err);
}

static void add(const char *arg)
{
    bool helped;

    g_assert_true(user_creatable_add_from_str(arg, &helped, &error_abort));
}

static void note_thread(void *opaque)
{
    *(int *)opaque = qemu_get_thread_id();
}

static void count(IOThread *iothread, void *opaque)
{
    ++*(int *)opaque;
}

static void test_life(void)
{
    IOThreadParams params;
    IOThread *t;
    int id = 0, n = 0;

    add("iothread,id=io0,poll-max-ns=1000,thread-pool-max=4,aio-max-batch=7");
    t = iothread_by_id("io0");
    g_assert_nonnull(t);
    g_assert_null(iothread_by_id("io1"));
    iothread_get_params(t, &params);
    g_assert_cmpstr(params.id, ==, "io0");
    g_assert_cmpint(params.poll_max_ns, ==, 1000);
    g_assert_cmpint(params.aio_max_batch, ==, 7);
    aio_wait_bh_oneshot(iothread_get_aio_context(t), note_thread, &id);
    g_assert_cmpint(id, ==, params.thread_id);
    g_assert_cmpint(id, !=, qemu_get_thread_id());
    iothread_foreach(count, &n);
    g_assert_cmpint(n, ==, 1);

    object_property_set_int(OBJECT(t), "poll-max-ns", 0, &error_abort);
    iothread_get_params(t, &params);
    g_assert_cmpint(params.poll_max_ns, ==, 0);
    g_assert_true(user_creatable_del("io0", &error_abort));
    g_assert_null(iothread_by_id("io0"));
}

static void test_bad_params(void)
{
    expect_error("iothread,id=a,poll-max-ns=-1", "poll-max-ns value must be in range [0, ");
    expect_error("iothread,id=a,thread-pool-min=5,thread-pool-max=3",
                 "bad thread-pool-min/thread-pool-max values");
    expect_error("iothread,id=a,poll-weight=63", "poll-weight");
    g_assert_null(iothread_by_id("a"));
}

static gboolean in_glib(gpointer opaque)
{
    qatomic_store_release((int *)opaque, qemu_get_thread_id());
    aio_wait_kick();
    return G_SOURCE_REMOVE;
}

static void test_glib(void)
{
    IOThread *t = iothread_create("mon", &error_abort);
    GMainContext *context = iothread_get_g_main_context(t);
    IOThreadParams params;
    int id = 0, round;

    iothread_get_params(t, &params);
    for (round = 0; round < 50; round++) {
        GSource *source = g_idle_source_new();

        id = 0;
        g_source_set_callback(source, in_glib, &id, NULL);
        g_source_attach(source, context);
        g_source_unref(source);
        AIO_WAIT_WHILE(NULL, !qatomic_load_acquire(&id));
        g_assert_cmpint(id, ==, params.thread_id);
        /* The AioContext is served too. */
        id = 0;
        aio_wait_bh_oneshot(iothread_get_aio_context(t), note_thread, &id);
        g_assert_cmpint(id, ==, params.thread_id);
    }
    iothread_destroy(t);
}

static void test_main_loop(void)
{
    Error *err = NULL;
    int64_t min, max;

    add("main-loop,id=ml,thread-pool-min=1,thread-pool-max=5");
    aio_context_get_thread_pool_params(qemu_get_aio_context(), &min, &max);
    g_assert_cmpint(min, ==, 1);
    g_assert_cmpint(max, ==, 5);
    expect_error("main-loop,id=ml2", "only one main-loop instance allowed");
    g_assert_false(user_creatable_del("ml", &err));
    error_free_or_abort(&err);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    g_test_add_func("/iothread/life", test_life);
    g_test_add_func("/iothread/bad-params", test_bad_params);
    g_test_add_func("/iothread/glib", test_glib);
    g_test_add_func("/main-loop", test_main_loop);
    return g_test_run();
}
