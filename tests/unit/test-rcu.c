/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grace periods: readers in threads never see freed elements. */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/rcu_queue.h"

#define MAGIC 0x5afe

typedef struct Elem {
    struct rcu_head rcu;
    int magic;
    QLIST_ENTRY(Elem) node;
} Elem;

static Elem *current;
static bool stop;
static int freed, bql_seen;

static void *reader(void *opaque)
{
    long *n = opaque;

    rcu_register_thread();
    while (!qatomic_read(&stop)) {
        RCU_READ_LOCK_GUARD();
        Elem *e = qatomic_rcu_read(&current);

        g_assert_cmphex(e->magic, ==, MAGIC);
        WITH_RCU_READ_LOCK_GUARD()
        {
            qatomic_set(n, *n + 1);
        }
        g_assert_cmphex(e->magic, ==, MAGIC);
    }
    rcu_unregister_thread();
    return NULL;
}

static void elem_free(Elem *e)
{
    bql_seen += bql_locked();
    freed++;
    e->magic = 0;
    g_free(e);
}

static Elem *elem_new(void)
{
    Elem *e = g_new0(Elem, 1);

    e->magic = MAGIC;
    return e;
}

static void test_replace(void)
{
    QemuThread t[2];
    long reads[2] = {0};
    int i;

    current = elem_new();
    for (i = 0; i < 2; i++) {
        qemu_thread_create(&t[i], "reader", reader, &reads[i], QEMU_THREAD_JOINABLE);
    }
    while (!qatomic_read(&reads[0]) || !qatomic_read(&reads[1])) {
        g_usleep(100);
    }
    for (i = 0; i < 500; i++) {
        Elem *old = current;

        qatomic_rcu_set(&current, elem_new());
        if (i % 20 == 0) {
            synchronize_rcu();
            old->magic = 0;
            g_free(old);
            freed++;
        } else {
            call_rcu(old, elem_free, rcu);
        }
    }
    drain_call_rcu();
    g_assert_cmpint(qatomic_read(&freed), ==, 500);
    g_assert_cmpint(bql_seen, ==, 475);
    qatomic_set(&stop, true);
    for (i = 0; i < 2; i++) {
        qemu_thread_join(&t[i]);
    }
    g_free_rcu(current, rcu);
    drain_call_rcu();
}

static void test_lists(void)
{
    QLIST_HEAD(, Elem) head = QLIST_HEAD_INITIALIZER(head);
    Elem *a = elem_new(), *b = elem_new(), *e;
    int n = 0;

    QLIST_INSERT_HEAD_RCU(&head, a, node);
    QLIST_INSERT_AFTER_RCU(a, b, node);
    rcu_read_lock();
    QLIST_FOREACH_RCU (e, &head, node) {
        if (e == a) {
            /* The link of a removed element still leads on. */
            QLIST_REMOVE_RCU(a, node);
        }
        n++;
    }
    rcu_read_unlock();
    g_assert_cmpint(n, ==, 2);
    g_assert_true(QLIST_FIRST_RCU(&head) == b);
    g_free_rcu(a, rcu);
    g_free_rcu(b, rcu);
    drain_call_rcu();
}

static void test_drain_with_bql(void)
{
    Elem *e = elem_new();
    int before = freed;

    bql_lock();
    call_rcu(e, elem_free, rcu);
    drain_call_rcu();
    g_assert_true(bql_locked());
    bql_unlock();
    g_assert_cmpint(freed, ==, before + 1);
}

static void test_fork(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        Elem *e = elem_new();

        freed = 0;
        call_rcu(e, elem_free, rcu);
        drain_call_rcu();
        synchronize_rcu();
        _exit(freed == 1 ? 0 : 1);
    }
    g_assert_cmpint(RETRY_ON_EINTR(waitpid(pid, &status, 0)), ==, pid);
    g_assert_cmpint(status, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rcu/replace", test_replace);
    g_test_add_func("/rcu/lists", test_lists);
    g_test_add_func("/rcu/drain-with-bql", test_drain_with_bql);
    g_test_add_func("/rcu/fork", test_fork);
    return g_test_run();
}
