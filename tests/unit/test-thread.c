/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads, locks, events, event notifiers and notifier lists. */
#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/event_notifier.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/notify.h"
#include "qemu/thread.h"

#define THREADS 4
#define ROUNDS  20000

typedef struct Shared {
    QemuMutex mutex;
    QemuSpin spin;
    QemuSemaphore sem;
    QemuEvent ev, back;
    int by_mutex, by_spin, passes;
    bool turn_over;
} Shared;

static void *count(void *opaque)
{
    Shared *s = opaque;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        WITH_QEMU_LOCK_GUARD(&s->mutex)
        {
            s->by_mutex++;
        }
        qemu_spin_lock(&s->spin);
        s->by_spin++;
        qemu_spin_unlock(&s->spin);
    }
    qemu_sem_post(&s->sem);
    return s;
}

static void test_locks(void)
{
    QemuThread t[THREADS];
    Shared s = {0};
    int i;

    qemu_mutex_init(&s.mutex);
    qemu_spin_init(&s.spin);
    qemu_sem_init(&s.sem, 0);
    g_assert_cmpint(qemu_sem_timedwait(&s.sem, 1), ==, -1);
    for (i = 0; i < THREADS; i++) {
        qemu_thread_create(&t[i], "counter", count, &s, QEMU_THREAD_JOINABLE);
    }
    for (i = 0; i < THREADS; i++) {
        qemu_sem_wait(&s.sem);
        g_assert_true(qemu_thread_join(&t[i]) == &s);
    }
    g_assert_cmpint(s.by_mutex, ==, THREADS * ROUNDS);
    g_assert_cmpint(s.by_spin, ==, THREADS * ROUNDS);
    g_assert_cmpint(qemu_mutex_trylock(&s.mutex), ==, 0);
    qemu_mutex_unlock(&s.mutex);
    qemu_sem_destroy(&s.sem);
    qemu_mutex_destroy(&s.mutex);
}

static void *ping(void *opaque)
{
    Shared *s = opaque;
    int i;

    for (i = 0; i < ROUNDS / 10; i++) {
        qemu_event_wait(&s->ev);
        qemu_event_reset(&s->ev);
        s->passes++;
        qemu_event_set(&s->back);
    }
    return NULL;
}

static void test_event(void)
{
    QemuThread t;
    Shared s = {0};
    int i;

    qemu_event_init(&s.ev, false);
    qemu_event_init(&s.back, false);
    qemu_thread_create(&t, "ping", ping, &s, QEMU_THREAD_JOINABLE);
    for (i = 0; i < ROUNDS / 10; i++) {
        qemu_event_set(&s.ev);
        qemu_event_wait(&s.back);
        qemu_event_reset(&s.back);
        g_assert_cmpint(s.passes, ==, i + 1);
    }
    qemu_thread_join(&t);
    qemu_event_destroy(&s.ev);
    qemu_event_destroy(&s.back);
}

static void test_cond(void)
{
    QemuMutex m;
    QemuCond c;

    qemu_mutex_init(&m);
    qemu_cond_init(&c);
    qemu_mutex_lock(&m);
    g_assert_false(qemu_cond_timedwait(&c, &m, 5));
    qemu_mutex_unlock(&m);
    qemu_cond_destroy(&c);
    qemu_mutex_destroy(&m);
}

typedef struct Exit {
    Notifier n;
    QemuThread self;
    bool called, named;
} Exit;

static void on_exit_thread(Notifier *n, void *data)
{
    container_of(n, Exit, n)->called = true;
}

static void *exiting(void *opaque)
{
    Exit *e = opaque;
    char name[16];

    pthread_getname_np(pthread_self(), name, sizeof(name));
    e->named = g_str_equal(name, "a-rather-long-n");
    e->n.notify = on_exit_thread;
    qemu_thread_atexit_add(&e->n);
    return NULL;
}

static void test_atexit_and_name(void)
{
    g_autofree unsigned long *cpus = NULL;
    unsigned long n;
    Exit e = {0};

    qemu_thread_create(&e.self, "a-rather-long-name", exiting, &e, QEMU_THREAD_JOINABLE);
    qemu_thread_join(&e.self);
    g_assert_true(e.called);
    g_assert_true(e.named);
    qemu_thread_get_self(&e.self);
    g_assert_cmpint(qemu_thread_get_affinity(&e.self, &cpus, &n), ==, 0);
    g_assert_false(bitmap_empty(cpus, n));
    g_assert_cmpint(qemu_thread_set_affinity(&e.self, cpus, n), ==, 0);
}

static void test_event_notifier(void)
{
    EventNotifier e;

    g_assert_cmpint(event_notifier_init(&e, 1), ==, 0);
    g_assert_cmpint(event_notifier_test_and_clear(&e), ==, 1);
    g_assert_cmpint(event_notifier_test_and_clear(&e), ==, 0);
    event_notifier_set(&e);
    event_notifier_set(&e);
    g_assert_cmpint(event_notifier_test_and_clear(&e), ==, 1);
    g_assert_cmpint(event_notifier_test_and_clear(&e), ==, 0);
    event_notifier_cleanup(&e);
    event_notifier_cleanup(&e);
}

static void test_bql(void)
{
    g_assert_false(bql_locked());
    {
        BQL_LOCK_GUARD();
        g_assert_true(bql_locked());
        {
            BQL_LOCK_GUARD();
        }
        g_assert_true(bql_locked());
    }
    g_assert_false(bql_locked());
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/thread/locks", test_locks);
    g_test_add_func("/thread/event", test_event);
    g_test_add_func("/thread/cond", test_cond);
    g_test_add_func("/thread/atexit-and-name", test_atexit_and_name);
    g_test_add_func("/event-notifier", test_event_notifier);
    g_test_add_func("/bql", test_bql);
    return g_test_run();
}
