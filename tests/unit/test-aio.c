/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AioContext: bottom halves, descriptors, timers, busy-polling; alone and under GLib. */
#include "qemu/osdep.h"
#include <malloc.h>
#include <sys/socket.h>
#include "qapi/error.h"
#include "block/aio-wait.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"

static AioContext *ctx;

typedef struct Counter {
    int n, max;
    QEMUBH *bh;
    int fd;
} Counter;

static void bh_cb(void *opaque)
{
    Counter *c = opaque;

    if (++c->n < c->max) {
        qemu_bh_schedule(c->bh);
    }
}

static void bh_delete_cb(void *opaque)
{
    Counter *c = opaque;

    c->n++;
    qemu_bh_delete(c->bh);
    c->bh = NULL;
}

static void drain(void)
{
    while (aio_poll(ctx, false)) {
    }
}

static void test_bh_schedule(void)
{
    Counter c = {.max = 10};

    c.bh = aio_bh_new(ctx, bh_cb, &c);
    qemu_bh_schedule(c.bh);
    qemu_bh_schedule(c.bh);
    g_assert_cmpint(c.n, ==, 0);
    g_assert_true(aio_poll(ctx, true));
    g_assert_cmpint(c.n, ==, 1);
    drain();
    g_assert_cmpint(c.n, ==, 10);

    qemu_bh_schedule(c.bh);
    qemu_bh_cancel(c.bh);
    drain();
    g_assert_cmpint(c.n, ==, 10);
    /* Cancelled and scheduled again before the loop came by. */
    qemu_bh_schedule(c.bh);
    qemu_bh_cancel(c.bh);
    qemu_bh_schedule(c.bh);
    drain();
    g_assert_cmpint(c.n, ==, 11);
    qemu_bh_schedule(c.bh);
    qemu_bh_delete(c.bh);
    drain();
    g_assert_cmpint(c.n, ==, 11);
}

static void test_bh_delete_from_cb(void)
{
    Counter c = {0};

    c.bh = aio_bh_new(ctx, bh_delete_cb, &c);
    qemu_bh_schedule(c.bh);
    g_assert_true(aio_poll(ctx, false));
    g_assert_cmpint(c.n, ==, 1);
    drain();
}

static GString *order;

static void note(void *opaque)
{
    g_string_append(order, opaque);
}

static void nested(void *opaque)
{
    g_string_append(order, "n");
    /* Those of the outer round must come now. */
    while (!strchr(order->str, 'c')) {
        aio_poll(ctx, true);
    }
    g_string_append(order, "N");
}

static void test_bh_order_and_nesting(void)
{
    order = g_string_new(NULL);
    aio_bh_schedule_oneshot(ctx, note, (void *)"a");
    aio_bh_schedule_oneshot(ctx, nested, NULL);
    aio_bh_schedule_oneshot(ctx, note, (void *)"b");
    aio_bh_schedule_oneshot(ctx, note, (void *)"c");
    aio_poll(ctx, false);
    g_assert_cmpstr(order->str, ==, "anbcN");
    drain();
    g_string_free(order, TRUE);
}

static void test_bh_idle(void)
{
    Counter c = {.max = 1};
    int64_t start = get_clock();

    c.bh = aio_bh_new(ctx, bh_cb, &c);
    qemu_bh_schedule_idle(c.bh);
    g_assert_false(aio_poll(ctx, true));
    g_assert_cmpint(c.n, ==, 1);
    g_assert_cmpint(get_clock() - start, <, 5 * NANOSECONDS_PER_SECOND);
    qemu_bh_delete(c.bh);
    drain();
}

static void kick_often(void *opaque)
{
    size_t before = mallinfo2().uordblks;

    for (int i = 0; i < 100000; i++) {
        aio_wait_kick();
    }
    g_assert_cmpuint(mallinfo2().uordblks, <, before + 65536);
    qatomic_set((bool *)opaque, true);
    aio_wait_kick();
}

/* Who ends many requests before the main thread runs again wakes it once. */
static void test_wait_kicks(void)
{
    for (int i = 0; i < 3; i++) {
        bool done = false;

        aio_bh_schedule_oneshot(qemu_get_aio_context(), kick_often, &done);
        AIO_WAIT_WHILE(NULL, !qatomic_read(&done));
    }
}

static void reader(void *opaque)
{
    Counter *c = opaque;
    char buf[16];

    c->n += MAX(read(c->fd, buf, sizeof(buf)), 0);
}

static void writer(void *opaque)
{
    Counter *c = opaque;

    c->max++;
    aio_set_fd_handler(ctx, c->fd, reader, NULL, NULL, NULL, c);
}

static void test_fd(void)
{
    Counter c = {0};
    int sv[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), ==, 0);
    c.fd = sv[0];
    aio_set_fd_handler(ctx, sv[0], reader, NULL, NULL, NULL, &c);
    g_assert_false(aio_poll(ctx, false));
    g_assert_cmpint(write(sv[1], "abc", 3), ==, 3);
    g_assert_true(aio_poll(ctx, true));
    g_assert_cmpint(c.n, ==, 3);

    /* Another set of callbacks; writable at once. */
    aio_set_fd_handler(ctx, sv[0], reader, writer, NULL, NULL, &c);
    while (!c.max) {
        aio_poll(ctx, true);
    }
    drain();
    g_assert_cmpint(c.max, ==, 1);

    close(sv[1]);
    /* End of file is readable. */
    g_assert_true(aio_poll(ctx, true));
    aio_set_fd_handler(ctx, sv[0], NULL, NULL, NULL, NULL, NULL);
    drain();
    close(sv[0]);
}

typedef struct Notified {
    EventNotifier e;
    int n, other_n;
    struct Notified *other;
    int *flag;
    int begun, ended, polled;
} Notified;

static void notified(EventNotifier *e)
{
    Notified *d = container_of(e, Notified, e);

    g_assert_true(event_notifier_test_and_clear(e));
    qatomic_inc(&d->n);
    if (d->other) {
        aio_set_event_notifier(ctx, &d->other->e, NULL, NULL, NULL);
    }
}

static void test_notifier_removes_other(void)
{
    Notified a = {0}, b = {0};

    event_notifier_init(&a.e, 1);
    event_notifier_init(&b.e, 1);
    a.other = &b;
    b.other = &a;
    aio_set_event_notifier(ctx, &a.e, notified, NULL, NULL);
    aio_set_event_notifier(ctx, &b.e, notified, NULL, NULL);
    /* Both are ready in one round; whichever comes first keeps the other from running. */
    while (!aio_poll(ctx, true)) {
    }
    g_assert_cmpint(a.n + b.n, ==, 1);
    aio_set_event_notifier(ctx, &a.e, NULL, NULL, NULL);
    aio_set_event_notifier(ctx, &b.e, NULL, NULL, NULL);
    event_notifier_cleanup(&a.e);
    event_notifier_cleanup(&b.e);
    drain();
}

static void timer_cb(void *opaque)
{
    Counter *c = opaque;

    c->n++;
}

static void test_timer(void)
{
    g_autoptr(QEMUTimer) t = NULL;
    QEMUTimer u;
    Counter c = {0}, d = {0};
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);

    t = aio_timer_new(ctx, QEMU_CLOCK_REALTIME, SCALE_NS, timer_cb, &c);
    aio_timer_init(ctx, &u, QEMU_CLOCK_VIRTUAL, SCALE_MS, timer_cb, &d);
    timer_mod(t, now + 2 * SCALE_MS);
    g_assert_true(timer_pending(t));
    timer_mod(&u, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + 100000);
    timer_mod_anticipate(&u, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + 1);
    timer_mod_anticipate(&u, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + 1000);
    while (!c.n || !d.n) {
        aio_poll(ctx, true);
    }
    g_assert_cmpint(qemu_clock_get_ns(QEMU_CLOCK_REALTIME), >=, now + 2 * SCALE_MS);
    g_assert_false(timer_pending(t));
    g_assert_cmphex(timer_expire_time_ns(t), ==, UINT64_MAX);

    timer_mod(&u, INT64_MAX);
    g_assert_cmpint(timer_expire_time_ns(&u), ==, INT64_MAX);
    timer_deinit(&u);
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, false);
    timer_mod(t, 0);
    g_assert_true(aio_poll(ctx, true));
    g_assert_cmpint(c.n, ==, 2);
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, true);
}

static int64_t fake_now;

static int64_t fake_get(void *opaque)
{
    return fake_now;
}

static void fake_set(void *opaque, int64_t ns)
{
    fake_now = ns;
}

static void periodic(void *opaque)
{
    Counter *c = opaque;

    c->n++;
    g_assert_cmpint(fake_now, ==, c->n * 100);
}

static void test_virtual_source(void)
{
    static const QEMUVirtualClockSource source = {.get_ns = fake_get, .set_ns = fake_set};
    QEMUTimer t[3], early;
    Counter c = {0}, d = {0};
    int i;

    qemu_clock_set_virtual_source(&source);
    for (i = 0; i < 3; i++) {
        timer_init_ns(&t[i], QEMU_CLOCK_VIRTUAL, periodic, &c);
        timer_mod(&t[i], (i + 1) * 100);
    }
    timer_init_full(&early, NULL, QEMU_CLOCK_VIRTUAL, SCALE_NS, QEMU_TIMER_ATTR_EXTERNAL, timer_cb,
                    &d);
    timer_mod(&early, 50);
    g_assert_cmpint(qemu_clock_deadline_ns_all(QEMU_CLOCK_VIRTUAL, 0), ==, 100);
    g_assert_cmpint(qemu_clock_deadline_ns_all(QEMU_CLOCK_VIRTUAL, QEMU_TIMER_ATTR_ALL), ==, 50);
    /* Not a deadline to sleep for. */
    g_assert_cmpint(timerlistgroup_deadline_ns(&main_loop_tlg), ==, -1);
    main_loop_wait(true);
    g_assert_cmpint(c.n, ==, 0);
    g_assert_cmpint(qemu_clock_advance_virtual_time(250), ==, 250);
    g_assert_cmpint(c.n, ==, 2);
    g_assert_cmpint(d.n, ==, 1);
    g_assert_cmpint(qemu_clock_advance_virtual_time(300), ==, 300);
    g_assert_cmpint(c.n, ==, 3);
    g_assert_false(qemu_clock_has_timers(QEMU_CLOCK_VIRTUAL));
    qemu_clock_set_virtual_source(NULL);
    for (i = 0; i < 3; i++) {
        timer_deinit(&t[i]);
    }
    timer_deinit(&early);
}

static bool poll_flag(void *opaque)
{
    Notified *d = container_of((EventNotifier *)opaque, Notified, e);

    d->polled++;
    return qatomic_read(d->flag);
}

static void poll_flag_ready(EventNotifier *e)
{
    Notified *d = container_of(e, Notified, e);

    qatomic_set(d->flag, 0);
    d->n++;
}

static void poll_begin(EventNotifier *e)
{
    container_of(e, Notified, e)->begun++;
}

static void poll_end(EventNotifier *e)
{
    container_of(e, Notified, e)->ended++;
}

/* Own thread: sets the flag a little later, so that the polling pays. */
static void *set_flag(void *opaque)
{
    g_usleep(300);
    qatomic_set((int *)opaque, 1);
    return NULL;
}

static void test_busy_poll(void)
{
    int flag = 1, i;
    Notified d = {.flag = &flag};
    AioContext *poll_ctx = aio_context_new(&error_abort);
    Error *err = NULL;
    AioContext *old = ctx;
    QEMUTimer t;
    Counter c = {0};

    g_assert_false(aio_context_set_poll_params(poll_ctx, -1, 0, 0, &err));
    error_free_or_abort(&err);
    event_notifier_init(&d.e, 0);
    ctx = qemu_get_aio_context();
    g_assert_true(aio_context_set_poll_params(ctx, 50 * SCALE_MS, 0, 0, &error_abort));
    aio_set_event_notifier(ctx, &d.e, notified, poll_flag, poll_flag_ready);
    aio_set_event_notifier_poll(ctx, &d.e, poll_begin, poll_end);

    /* Sleeps of a length within reach teach it to poll. */
    aio_timer_init(ctx, &t, QEMU_CLOCK_REALTIME, SCALE_NS, timer_cb, &c);
    flag = 0;
    for (i = 0; i < 20; i++) {
        timer_mod(&t, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + SCALE_MS);
        while (c.n <= i) {
            aio_poll(ctx, true);
        }
    }
    g_assert_cmpint(d.polled, >, 0);
    g_assert_cmpint(d.begun, >, 0);
    for (i = 0; i < 5; i++) {
        QemuThread thread;

        qemu_thread_create(&thread, "flag", set_flag, &flag, QEMU_THREAD_JOINABLE);
        /* Polling alone finds it: no sleep is without end, however late the thread is. */
        while (d.n <= i) {
            timer_mod(&t, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + 20 * SCALE_MS);
            aio_poll(ctx, true);
        }
        qemu_thread_join(&thread);
    }
    timer_del(&t);
    /* Under GLib polling ends, and what is found at that moment is not lost. */
    i = d.n;
    qatomic_set(&flag, 1);
    if (d.begun > d.ended) {
        main_loop_wait(true);
        g_assert_cmpint(d.n, ==, i + 1);
    }
    g_assert_cmpint(d.begun, ==, d.ended);
    /* The descriptor itself works too. */
    qatomic_set(&flag, 0);
    i = d.n;
    event_notifier_set(&d.e);
    aio_context_set_poll_params(ctx, 0, 0, 0, &error_abort);
    while (d.n == i) {
        aio_poll(ctx, true);
    }
    aio_set_event_notifier(ctx, &d.e, NULL, NULL, NULL);
    event_notifier_cleanup(&d.e);
    timer_deinit(&t);
    aio_context_unref(poll_ctx);
    ctx = old;
}

/* ---- other threads */

typedef struct Loop {
    QemuThread thread;
    AioContext *ctx;
    QemuEvent ready;
    bool stop;
} Loop;

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

static void loop_start(Loop *l)
{
    l->ctx = aio_context_new(&error_abort);
    l->stop = false;
    qemu_event_init(&l->ready, false);
    qemu_thread_create(&l->thread, "loop", loop_thread, l, QEMU_THREAD_JOINABLE);
    qemu_event_wait(&l->ready);
}

static void loop_stop_bh(void *opaque)
{
    qatomic_set(&((Loop *)opaque)->stop, true);
}

static void loop_stop(Loop *l)
{
    aio_bh_schedule_oneshot(l->ctx, loop_stop_bh, l);
    qemu_thread_join(&l->thread);
    qemu_event_destroy(&l->ready);
    aio_context_unref(l->ctx);
}

static void count_bh(void *opaque)
{
    ((Counter *)opaque)->n++;
}

static void test_threads(void)
{
    Loop l;
    Counter c = {0};
    Notified d = {0};
    int i;

    loop_start(&l);
    for (i = 0; i < 2000; i++) {
        aio_bh_schedule_oneshot(l.ctx, count_bh, &c);
    }
    aio_wait_bh_oneshot(l.ctx, count_bh, &c);
    g_assert_cmpint(c.n, ==, 2001);

    /* Handlers come and go from here while the loop sleeps or runs. */
    event_notifier_init(&d.e, 0);
    for (i = 1; i <= 200; i++) {
        aio_set_event_notifier(l.ctx, &d.e, notified, NULL, NULL);
        event_notifier_set(&d.e);
        while (qatomic_read(&d.n) < i) {
            sched_yield();
        }
        aio_set_event_notifier(l.ctx, &d.e, NULL, NULL, NULL);
    }
    loop_stop(&l);
    event_notifier_cleanup(&d.e);
}

/* ---- the main loop */

static gboolean idle_cb(gpointer opaque)
{
    ((Counter *)opaque)->n++;
    return G_SOURCE_REMOVE;
}

static void test_main_loop(void)
{
    Counter glib = {0}, bh = {0}, tm = {0}, fd = {0}, gt = {0};
    QEMUTimer *t = timer_new_ms(QEMU_CLOCK_REALTIME, timer_cb, &tm);
    QEMUBH *b = qemu_bh_new(bh_cb, &bh);
    int p[2];

    g_assert_cmpint(qemu_pipe(p), ==, 0);
    fd.fd = p[0];
    qemu_set_fd_handler(p[0], reader, NULL, &fd);
    timer_mod(t, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + 2);
    qemu_bh_schedule(b);
    g_idle_add(idle_cb, &glib);
    g_timeout_add(1, idle_cb, &gt);
    g_assert_cmpint(write(p[1], "x", 1), ==, 1);
    bql_lock();
    while (!glib.n || !bh.n || !tm.n || !fd.n || !gt.n) {
        main_loop_wait(false);
        g_assert_true(bql_locked());
    }
    bql_unlock();
    /* The block layer's loop does not serve plain descriptors. */
    g_assert_cmpint(write(p[1], "x", 1), ==, 1);
    while (aio_poll(qemu_get_aio_context(), false)) {
    }
    g_assert_cmpint(fd.n, ==, 1);
    main_loop_wait(true);
    g_assert_cmpint(fd.n, ==, 2);
    qemu_set_fd_handler(p[0], NULL, NULL, NULL);
    close(p[0]);
    close(p[1]);
    timer_free(t);
    qemu_bh_delete(b);
    main_loop_wait(true);
}

/* System calls of this process that write, or -1. */
static int64_t writes_so_far(void)
{
    g_autofree char *text = NULL;
    const char *found;

    if (!g_file_get_contents("/proc/self/io", &text, NULL, NULL)) {
        return -1;
    }
    found = strstr(text, "syscw: ");
    return found ? g_ascii_strtoll(found + strlen("syscw: "), NULL, 10) : -1;
}

/* A main loop that runs need not be woken up. */
static void test_main_loop_awake(void)
{
    Counter c = {.max = 1000};
    int64_t before = writes_so_far();

    if (before < 0) {
        g_test_skip("the host does not count system calls");
        return;
    }
    c.bh = aio_bh_new(ctx, bh_cb, &c);
    qemu_bh_schedule(c.bh);
    while (c.n < c.max) {
        main_loop_wait(false);
    }
    g_assert_cmpint(writes_so_far() - before, <, c.max / 10);
    qemu_bh_delete(c.bh);
}

static void *notify_main(void *opaque)
{
    g_usleep(2000);
    qatomic_set((int *)opaque, 1);
    qemu_notify_event();
    return NULL;
}

static void test_notify_main(void)
{
    QemuThread t;
    int flag = 0;

    qemu_thread_create(&t, "notify", notify_main, &flag, QEMU_THREAD_JOINABLE);
    while (!qatomic_read(&flag)) {
        main_loop_wait(false);
    }
    qemu_thread_join(&t);
}

/* A regular file cannot be in an epoll set: the context goes on with poll(). */
static void test_regular_file(void)
{
    g_autofree char *name = NULL;
    int file = g_file_open_tmp("test-aio-XXXXXX", &name, NULL);
    Counter c = {.fd = file};
    Notified d = {0};

    g_assert_cmpint(write(file, "hello", 5), ==, 5);
    lseek(file, 0, SEEK_SET);
    event_notifier_init(&d.e, 0);
    aio_set_event_notifier(ctx, &d.e, notified, NULL, NULL);
    aio_set_fd_handler(ctx, file, reader, NULL, NULL, NULL, &c);
    while (c.n < 5) {
        aio_poll(ctx, true);
    }
    aio_set_fd_handler(ctx, file, NULL, NULL, NULL, NULL, NULL);
    event_notifier_set(&d.e);
    while (!d.n) {
        aio_poll(ctx, true);
    }
    event_notifier_set(&d.e);
    while (d.n < 2) {
        main_loop_wait(false);
    }
    aio_set_event_notifier(ctx, &d.e, NULL, NULL, NULL);
    event_notifier_cleanup(&d.e);
    close(file);
    unlink(name);
}

/* A timer that is due again at once has its turn once a round, not until it stops. */
typedef struct Rearming {
    QEMUTimer t;
    int n;
} Rearming;

static void rearm_at_once(void *opaque)
{
    Rearming *r = opaque;

    if (++r->n < 1000) {
        g_usleep(1);
        timer_mod(&r->t, qemu_clock_get_ns(QEMU_CLOCK_REALTIME));
    }
}

static void test_timer_rearms(void)
{
    Rearming r = {0};

    timer_init_ns(&r.t, QEMU_CLOCK_REALTIME, rearm_at_once, &r);
    timer_mod(&r.t, 0);
    g_assert_true(qemu_clock_run_timers(QEMU_CLOCK_REALTIME));
    g_assert_cmpint(r.n, ==, 1);
    timer_deinit(&r.t);
}

int main(int argc, char **argv)
{
    qemu_init_main_loop(&error_abort);
    ctx = qemu_get_aio_context();
    drain();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/aio/bh/schedule", test_bh_schedule);
    g_test_add_func("/aio/bh/delete-from-cb", test_bh_delete_from_cb);
    g_test_add_func("/aio/bh/order-and-nesting", test_bh_order_and_nesting);
    g_test_add_func("/aio/bh/idle", test_bh_idle);
    g_test_add_func("/aio/wait/kicks", test_wait_kicks);
    g_test_add_func("/aio/fd", test_fd);
    g_test_add_func("/aio/notifier-removes-other", test_notifier_removes_other);
    g_test_add_func("/aio/timer", test_timer);
    g_test_add_func("/aio/timer-rearms", test_timer_rearms);
    g_test_add_func("/aio/virtual-source", test_virtual_source);
    g_test_add_func("/aio/busy-poll", test_busy_poll);
    g_test_add_func("/aio/threads", test_threads);
    g_test_add_func("/main-loop/all-kinds", test_main_loop);
    g_test_add_func("/main-loop/awake", test_main_loop_awake);
    g_test_add_func("/main-loop/notify", test_notify_main);
    g_test_add_func("/aio/regular-file", test_regular_file);
    return g_test_run();
}
