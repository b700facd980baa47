/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Coroutines and their locks, in one thread and across threads. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "block/aio-wait.h"
#include "qemu/coroutine_int.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"

static void coroutine_fn set_flag(void *opaque)
{
    g_assert_true(qemu_in_coroutine());
    *(bool *)opaque = true;
}

static void test_lifecycle(void)
{
    bool done = false;
    Coroutine *co = qemu_coroutine_create(set_flag, &done);

    g_assert_false(qemu_in_coroutine());
    g_assert_false(done);
    qemu_coroutine_enter(co);
    g_assert_true(done);
    g_assert_false(qemu_in_coroutine());
}

static void coroutine_fn yield_some(void *opaque)
{
    int *n = opaque, i;
    /* Enough to notice a stack that is not kept, or not aligned. */
    double local[4] QEMU_ALIGNED(16) = {1, 2, 3, 4};

    g_assert_true(QEMU_PTR_IS_ALIGNED(local, 16));
    for (i = 0; i < 5; i++) {
        (*n)++;
        qemu_coroutine_yield();
        g_assert_true(local[i % 4] == i % 4 + 1);
    }
}

static void test_yield(void)
{
    int n = 0, i;
    Coroutine *co = qemu_coroutine_create(yield_some, &n);

    for (i = 1; i <= 5; i++) {
        qemu_coroutine_enter(co);
        g_assert_cmpint(n, ==, i);
        g_assert_false(qemu_coroutine_entered(co));
    }
    qemu_coroutine_enter(co);
}

typedef struct Nest {
    unsigned depth, max;
    Coroutine *self;
} Nest;

static void coroutine_fn nest(void *opaque)
{
    Nest *n = opaque;

    n->depth++;
    if (n->depth < n->max) {
        qemu_coroutine_enter(qemu_coroutine_create(nest, n));
    }
    g_assert_true(qemu_coroutine_entered(qemu_coroutine_self()));
}

static void test_nesting(void)
{
    Nest n = {.max = 128};

    qemu_coroutine_enter(qemu_coroutine_create(nest, &n));
    g_assert_cmpint(n.depth, ==, 128);
}

static void coroutine_fn one_round(void *opaque)
{
    qemu_coroutine_yield();
}

static void test_pool(void)
{
    enum { N = 600 };
    g_autofree Coroutine **cos = g_new0(Coroutine *, N);
    int round, i;

    for (round = 0; round < 3; round++) {
        for (i = 0; i < N; i++) {
            cos[i] = qemu_coroutine_create(one_round, NULL);
            qemu_coroutine_enter(cos[i]);
        }
        for (i = 0; i < N; i++) {
            qemu_coroutine_enter(cos[i]);
        }
    }
    qemu_coroutine_inc_pool_size(64);
    qemu_coroutine_dec_pool_size(64);
}

/* ---- locks in one thread */

typedef struct Locks {
    CoMutex mutex;
    CoQueue queue;
    CoRwlock rw;
    GString *log;
    bool ready;
    int running;
} Locks;

typedef struct Actor {
    Locks *l;
    char name;
} Actor;

static void coroutine_fn mutex_actor(void *opaque)
{
    Actor *a = opaque;

    qemu_co_mutex_lock(&a->l->mutex);
    qemu_co_mutex_assert_locked(&a->l->mutex);
    g_string_append_c(a->l->log, a->name);
    qemu_coroutine_yield();
    g_string_append_c(a->l->log, a->name);
    qemu_co_mutex_unlock(&a->l->mutex);
}

static void test_mutex(void)
{
    Locks l = {.log = g_string_new(NULL)};
    Actor a[3] = {{&l, 'a'}, {&l, 'b'}, {&l, 'c'}};
    Coroutine *co[3];
    int i;

    qemu_co_mutex_init(&l.mutex);
    for (i = 0; i < 3; i++) {
        co[i] = qemu_coroutine_create(mutex_actor, &a[i]);
        qemu_coroutine_enter(co[i]);
    }
    g_assert_cmpstr(l.log->str, ==, "a");
    for (i = 0; i < 3; i++) {
        qemu_coroutine_enter(co[i]);
    }
    g_assert_cmpstr(l.log->str, ==, "aabbcc");
    g_string_free(l.log, TRUE);
}

static void coroutine_fn queue_actor(void *opaque)
{
    Actor *a = opaque;

    WITH_QEMU_LOCK_GUARD(&a->l->mutex)
    {
        while (!a->l->ready) {
            qemu_co_queue_wait(&a->l->queue, &a->l->mutex);
        }
        g_string_append_c(a->l->log, a->name);
    }
    a->l->running--;
}

static void coroutine_fn queue_waker(void *opaque)
{
    Locks *l = opaque;

    QEMU_LOCK_GUARD(&l->mutex);
    g_assert_true(qemu_co_queue_next(&l->queue));
    l->ready = true;
    qemu_co_queue_restart_all(&l->queue);
    g_assert_false(qemu_co_queue_next(&l->queue));
}

static void test_queue(void)
{
    Locks l = {.log = g_string_new(NULL), .running = 3};
    Actor a[3] = {{&l, 'a'}, {&l, 'b'}, {&l, 'c'}};
    int i;

    qemu_co_mutex_init(&l.mutex);
    qemu_co_queue_init(&l.queue);
    for (i = 0; i < 3; i++) {
        qemu_coroutine_enter(qemu_coroutine_create(queue_actor, &a[i]));
    }
    g_assert_false(qemu_co_queue_empty(&l.queue));
    qemu_coroutine_enter(qemu_coroutine_create(queue_waker, &l));
    while (l.running) {
        aio_poll(qemu_get_aio_context(), true);
    }
    g_assert_cmpstr(l.log->str, ==, "abc");
    g_string_free(l.log, TRUE);
}

static void coroutine_fn rw_actor(void *opaque)
{
    Actor *a = opaque;
    CoRwlock *rw = &a->l->rw;

    switch (a->name) {
    case 'r':
        qemu_co_rwlock_rdlock(rw);
        g_string_append_c(a->l->log, 'r');
        break;
    case 'w':
        qemu_co_rwlock_wrlock(rw);
        g_string_append_c(a->l->log, 'w');
        break;
    case 'd':
        qemu_co_rwlock_wrlock(rw);
        g_string_append_c(a->l->log, 'd');
        qemu_coroutine_yield();
        qemu_co_rwlock_downgrade(rw);
        g_string_append_c(a->l->log, 'D');
        break;
    case 'u':
        qemu_co_rwlock_rdlock(rw);
        g_string_append_c(a->l->log, 'u');
        qemu_coroutine_yield();
        qemu_co_rwlock_upgrade(rw);
        g_string_append_c(a->l->log, 'U');
        break;
    }
    qemu_coroutine_yield();
    g_string_append_c(a->l->log, '.');
    qemu_co_rwlock_unlock(rw);
}

static void run_rw(const char *actors, const char *enters, const char *expected)
{
    Locks l = {.log = g_string_new(NULL)};
    Actor a[8];
    Coroutine *co[8];
    int i;

    qemu_co_rwlock_init(&l.rw);
    for (i = 0; actors[i]; i++) {
        a[i] = (Actor){&l, actors[i]};
        co[i] = qemu_coroutine_create(rw_actor, &a[i]);
        qemu_coroutine_enter(co[i]);
    }
    for (; *enters; enters++) {
        qemu_coroutine_enter(co[*enters - '0']);
    }
    g_assert_cmpstr(l.log->str, ==, expected);
    g_assert_cmpint(l.rw.owners, ==, 0);
    g_string_free(l.log, TRUE);
}

static void test_rwlock(void)
{
    run_rw("rr", "01", "rr..");
    run_rw("rwr", "012", "r.w.r.");
    run_rw("wrr", "012", "w.rr..");
    /* After the downgrade the reader behind comes in. */
    run_rw("dr", "001", "dDr..");
    run_rw("ur", "010", "ur.U.");
    /* Both upgrade: neither waits for the other for ever. */
    run_rw("uu", "0101", "uuU.U.");
}

/* ---- time */

static void coroutine_fn sleeper(void *opaque)
{
    int64_t *slept = opaque;
    int64_t start = get_clock();

    qemu_co_sleep_ns(QEMU_CLOCK_REALTIME, 2 * SCALE_MS);
    *slept = get_clock() - start;
}

static void test_sleep(void)
{
    int64_t slept = 0;

    qemu_coroutine_enter(qemu_coroutine_create(sleeper, &slept));
    g_assert_cmpint(slept, ==, 0);
    while (!slept) {
        aio_poll(qemu_get_aio_context(), true);
    }
    g_assert_cmpint(slept, >=, 2 * SCALE_MS);
}

static int cleaned;

static void count_clean(void *opaque)
{
    cleaned++;
}

static void coroutine_fn slow(void *opaque)
{
    qemu_co_sleep_ns(QEMU_CLOCK_REALTIME, *(int *)opaque * SCALE_MS);
}

static void coroutine_fn with_timeout(void *opaque)
{
    int ms[2] = {0, 20};
    bool *done = opaque;

    g_assert_cmpint(qemu_co_timeout(slow, &ms[0], 10 * NANOSECONDS_PER_SECOND, count_clean), ==, 0);
    g_assert_cmpint(qemu_co_timeout(slow, &ms[1], SCALE_MS, count_clean), ==, -ETIMEDOUT);
    g_assert_cmpint(cleaned, ==, 0);
    qemu_co_sleep_ns(QEMU_CLOCK_REALTIME, 40 * SCALE_MS);
    g_assert_cmpint(cleaned, ==, 1);
    *done = true;
}

static void test_timeout(void)
{
    bool done = false;

    qemu_coroutine_enter(qemu_coroutine_create(with_timeout, &done));
    while (!done) {
        aio_poll(qemu_get_aio_context(), true);
    }
}

static void coroutine_fn wait_fd(void *opaque)
{
    int *fd = opaque;
    char c;

    yield_until_fd_readable(*fd);
    g_assert_cmpint(read(*fd, &c, 1), ==, 1);
    *fd = -1;
}

static void test_fd(void)
{
    int p[2], fd;

    g_assert_cmpint(qemu_pipe(p), ==, 0);
    fd = p[0];
    qemu_coroutine_enter(qemu_coroutine_create(wait_fd, &fd));
    aio_poll(qemu_get_aio_context(), false);
    g_assert_cmpint(fd, ==, p[0]);
    g_assert_cmpint(write(p[1], "x", 1), ==, 1);
    while (fd >= 0) {
        aio_poll(qemu_get_aio_context(), true);
    }
    close(p[0]);
    close(p[1]);
}

/* ---- several threads */

#define LOOPS    3
#define PER_LOOP 3
#define ROUNDS   300

typedef struct Loop {
    QemuThread thread;
    AioContext *ctx;
    QemuEvent ready;
    bool stop;
} Loop;

static Loop loops[LOOPS];
static CoMutex shared_mutex;
static CoRwlock shared_rw;
static int shared_count, shared_rw_count;
static int actors_running;

static void *loop_thread(void *opaque)
{
    Loop *l = opaque;

    rcu_register_thread();
    qemu_set_current_aio_context(l->ctx);
    qemu_event_set(&l->ready);
    while (!qatomic_read(&l->stop)) {
        aio_poll(l->ctx, true);
    }
    rcu_unregister_thread();
    return NULL;
}

static void coroutine_fn contender(void *opaque)
{
    int i, seen;

    for (i = 0; i < ROUNDS; i++) {
        WITH_QEMU_LOCK_GUARD(&shared_mutex)
        {
            seen = shared_count;
            if (i % 16 == 0) {
                qemu_co_sleep_ns(QEMU_CLOCK_REALTIME, 1000);
            }
            g_assert_cmpint(shared_count, ==, seen);
            shared_count = seen + 1;
        }
        if (i % 8 == 0) {
            qemu_co_rwlock_wrlock(&shared_rw);
            shared_rw_count++;
            qemu_co_rwlock_unlock(&shared_rw);
        } else {
            qemu_co_rwlock_rdlock(&shared_rw);
            seen = shared_rw_count;
            g_assert_cmpint(qatomic_read(&shared_rw_count), ==, seen);
            qemu_co_rwlock_unlock(&shared_rw);
        }
        if (i % 64 == 0) {
            /* Go on in another thread. */
            AioContext *next = loops[i / 64 % LOOPS].ctx;

            aio_co_reschedule_self(next);
            g_assert_true(qemu_get_current_aio_context() == next);
        }
    }
    qatomic_dec(&actors_running);
    aio_wait_kick();
}

static void stop_bh(void *opaque)
{
    qatomic_set(&((Loop *)opaque)->stop, true);
}

static void test_threads(void)
{
    int i, k;

    qemu_co_mutex_init(&shared_mutex);
    qemu_co_rwlock_init(&shared_rw);
    for (i = 0; i < LOOPS; i++) {
        loops[i].ctx = aio_context_new(&error_abort);
        qemu_event_init(&loops[i].ready, false);
        qemu_thread_create(&loops[i].thread, "loop", loop_thread, &loops[i], QEMU_THREAD_JOINABLE);
        qemu_event_wait(&loops[i].ready);
    }
    actors_running = LOOPS * PER_LOOP;
    for (i = 0; i < LOOPS; i++) {
        for (k = 0; k < PER_LOOP; k++) {
            aio_co_schedule(loops[i].ctx, qemu_coroutine_create(contender, NULL));
        }
    }
    AIO_WAIT_WHILE(NULL, qatomic_read(&actors_running));
    g_assert_cmpint(shared_count, ==, LOOPS * PER_LOOP * ROUNDS);
    g_assert_cmpint(shared_rw_count, ==, LOOPS * PER_LOOP * DIV_ROUND_UP(ROUNDS, 8));
    for (i = 0; i < LOOPS; i++) {
        aio_bh_schedule_oneshot(loops[i].ctx, stop_bh, &loops[i]);
        qemu_thread_join(&loops[i].thread);
        aio_context_unref(loops[i].ctx);
    }
}

static void coroutine_fn bench_yield(void *opaque)
{
    unsigned *n = opaque;

    while ((*n)--) {
        qemu_coroutine_yield();
    }
}

static void coroutine_fn bench_empty(void *opaque)
{
}

static void test_bench(void)
{
    unsigned n = 20000000, i;
    Coroutine *co;
    double secs;

    if (!g_test_perf()) {
        g_test_skip("needs -m perf");
        return;
    }
    co = qemu_coroutine_create(bench_yield, &n);
    g_test_timer_start();
    for (i = n + 1; i; i--) {
        qemu_coroutine_enter(co);
    }
    secs = g_test_timer_elapsed();
    g_test_message("enter and yield: %.1f ns", secs * 1e9 / 20000000);
    g_test_timer_start();
    for (i = 0; i < 10000000; i++) {
        qemu_coroutine_enter(qemu_coroutine_create(bench_empty, NULL));
    }
    secs = g_test_timer_elapsed();
    g_test_message("life of a coroutine: %.1f ns", secs * 1e9 / 10000000);
}

int main(int argc, char **argv)
{
    qemu_init_main_loop(&error_abort);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/coroutine/lifecycle", test_lifecycle);
    g_test_add_func("/coroutine/yield", test_yield);
    g_test_add_func("/coroutine/nesting", test_nesting);
    g_test_add_func("/coroutine/pool", test_pool);
    g_test_add_func("/coroutine/mutex", test_mutex);
    g_test_add_func("/coroutine/queue", test_queue);
    g_test_add_func("/coroutine/rwlock", test_rwlock);
    g_test_add_func("/coroutine/sleep", test_sleep);
    g_test_add_func("/coroutine/timeout", test_timeout);
    g_test_add_func("/coroutine/fd", test_fd);
    g_test_add_func("/coroutine/threads", test_threads);
    g_test_add_func("/coroutine/bench", test_bench);
    return g_test_run();
}
