/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to worker threads, their completions and cancelling. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "block/thread-pool.h"
#include "qemu/coroutine.h"
#include "qemu/main-loop.h"

static AioContext *ctx;
static int active;

typedef struct Work {
    BlockAIOCB *acb;
    int n, ret;
    QemuEvent *gate;
} Work;

static int worker_cb(void *opaque)
{
    return qatomic_fetch_inc(&((Work *)opaque)->n);
}

static int gated_cb(void *opaque)
{
    Work *w = opaque;

    qatomic_inc(&w->n);
    qemu_event_wait(w->gate);
    return 0;
}

static void done_cb(void *opaque, int ret)
{
    Work *w = opaque;

    g_assert_true(in_aio_context_home_thread(ctx));
    w->ret = ret;
    w->acb = NULL;
    active--;
}

static void wait_all(void)
{
    while (active) {
        aio_poll(ctx, true);
    }
}

static void test_submit(void)
{
    Work w = {.n = 0, .ret = -1};

    thread_pool_submit(worker_cb, &w);
    while (!qatomic_read(&w.n)) {
        aio_poll(ctx, false);
        sched_yield();
    }
    active = 1;
    w.acb = thread_pool_submit_aio(worker_cb, &w, done_cb, &w);
    wait_all();
    g_assert_cmpint(w.ret, ==, 1);
}

static void coroutine_fn submit_co(void *opaque)
{
    Work *w = opaque;

    w->ret = thread_pool_submit_co(worker_cb, w);
    active--;
}

static void test_submit_co(void)
{
    Work w = {.n = 7};

    active = 1;
    qemu_coroutine_enter(qemu_coroutine_create(submit_co, &w));
    wait_all();
    g_assert_cmpint(w.ret, ==, 7);
    g_assert_cmpint(w.n, ==, 8);
}

static void test_many(void)
{
    enum { N = 300 };
    g_autofree Work *w = g_new0(Work, N);
    int i;

    active = N;
    for (i = 0; i < N; i++) {
        w[i].acb = thread_pool_submit_aio(worker_cb, &w[i], done_cb, &w[i]);
    }
    wait_all();
    for (i = 0; i < N; i++) {
        g_assert_cmpint(w[i].n, ==, 1);
    }
}

static int open_gate(void *opaque)
{
    qemu_event_set(((Work *)opaque)->gate);
    return 0;
}

/* One request waits for another that came with it, also when a single worker is idle. */
static void test_not_behind_each_other(void)
{
    QemuEvent gate;
    Work first = {.gate = &gate}, second = {.gate = &gate};

    qemu_event_init(&gate, false);
    for (int i = 0; i < 200; i++) {
        qemu_event_reset(&gate);
        active = 2;
        first.acb = thread_pool_submit_aio(gated_cb, &first, done_cb, &first);
        second.acb = thread_pool_submit_aio(open_gate, &second, done_cb, &second);
        wait_all();
    }
    qemu_event_destroy(&gate);
}

static void test_cancel(void)
{
    enum { N = 20, MAX_THREADS = 2 };
    Work w[N] = {0};
    QemuEvent gate;
    int i, begun = 0, cancelled = 0;
    int64_t min, max;
    Error *err = NULL;

    g_assert_false(aio_context_set_thread_pool_params(ctx, 3, 2, &err));
    error_free_or_abort(&err);
    aio_context_set_thread_pool_params(ctx, 1, MAX_THREADS, &error_abort);
    aio_context_get_thread_pool_params(ctx, &min, &max);
    g_assert_cmpint(min, ==, 1);
    g_assert_cmpint(max, ==, MAX_THREADS);

    qemu_event_init(&gate, false);
    active = N;
    for (i = 0; i < N; i++) {
        w[i].gate = &gate;
        w[i].acb = thread_pool_submit_aio(gated_cb, &w[i], done_cb, &w[i]);
    }
    while (!qatomic_read(&w[0].n)) {
        sched_yield();
    }
    for (i = 0; i < N; i++) {
        w[i].acb->aiocb_info->cancel_async(w[i].acb);
    }
    qemu_event_set(&gate);
    wait_all();
    for (i = 0; i < N; i++) {
        begun += w[i].n;
        cancelled += w[i].ret == -ECANCELED;
        g_assert_cmpint(w[i].n, ==, w[i].ret == 0);
    }
    g_assert_cmpint(begun + cancelled, ==, N);
    g_assert_cmpint(begun, >=, 1);
    g_assert_cmpint(cancelled, >, 0);
    aio_context_set_thread_pool_params(ctx, 0, THREAD_POOL_MAX_THREADS_DEFAULT, &error_abort);
    qemu_event_destroy(&gate);
}

static void test_free(void)
{
    ThreadPool *pool = thread_pool_new_aio(ctx);

    thread_pool_free_aio(pool);
    thread_pool_free_aio(NULL);
    aio_poll(ctx, false);
}

int main(int argc, char **argv)
{
    qemu_init_main_loop(&error_abort);
    ctx = qemu_get_aio_context();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/thread-pool/submit", test_submit);
    g_test_add_func("/thread-pool/submit-co", test_submit_co);
    g_test_add_func("/thread-pool/many", test_many);
    g_test_add_func("/thread-pool/not-behind-each-other", test_not_behind_each_other);
    g_test_add_func("/thread-pool/cancel", test_cancel);
    g_test_add_func("/thread-pool/free", test_free);
    return g_test_run();
}
