/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The intrusive lists. */
#include "qemu/osdep.h"
#include "qemu/queue.h"

typedef struct Item {
    int n;
    QLIST_ENTRY(Item) l;
    QSLIST_ENTRY(Item) s;
    QSIMPLEQ_ENTRY(Item) q;
    QTAILQ_ENTRY(Item) t;
} Item;

static void test_qlist(void)
{
    QLIST_HEAD(, Item) head = QLIST_HEAD_INITIALIZER(head), other = {0};
    Item i[4] = {{0}, {1}, {2}, {3}}, *it, *next;
    int sum = 0;

    QLIST_INSERT_HEAD(&head, &i[1], l);
    QLIST_INSERT_BEFORE(&i[1], &i[0], l);
    QLIST_INSERT_AFTER(&i[1], &i[3], l);
    QLIST_INSERT_AFTER(&i[1], &i[2], l);
    QLIST_FOREACH (it, &head, l) {
        g_assert_cmpint(it->n, ==, sum++);
    }
    QLIST_SWAP(&other, &head, l);
    g_assert_true(QLIST_EMPTY(&head));
    QLIST_FOREACH_SAFE (it, &other, l, next) {
        if (it->n % 2) {
            QLIST_REMOVE(it, l);
        }
    }
    QLIST_SAFE_REMOVE(&i[1], l);
    g_assert_true(QLIST_FIRST(&other) == &i[0] && QLIST_NEXT(&i[0], l) == &i[2]);
    g_assert_false(QLIST_IS_INSERTED(&i[3], l));
}

static void test_qslist(void)
{
    QSLIST_HEAD(, Item) head = QSLIST_HEAD_INITIALIZER(head), other;
    Item i[3] = {{0}, {1}, {2}};

    QSLIST_INSERT_HEAD_ATOMIC(&head, &i[2], s);
    QSLIST_INSERT_HEAD(&head, &i[0], s);
    QSLIST_INSERT_AFTER(&i[0], &i[1], s);
    QSLIST_MOVE_ATOMIC(&other, &head);
    g_assert_true(QSLIST_EMPTY(&head));
    QSLIST_REMOVE(&other, &i[1], Item, s);
    g_assert_true(QSLIST_NEXT(&i[0], s) == &i[2]);
    QSLIST_REMOVE_AFTER(&i[0], s);
    QSLIST_REMOVE_HEAD(&other, s);
    g_assert_true(QSLIST_EMPTY(&other));
}

static void test_qsimpleq(void)
{
    typedef QSIMPLEQ_HEAD(, Item) Head;
    Head head, other = QSIMPLEQ_HEAD_INITIALIZER(other);
    Item i[5] = {{0}, {1}, {2}, {3}, {4}}, *it;
    int k;

    QSIMPLEQ_INIT(&head);
    for (k = 1; k < 5; k++) {
        QSIMPLEQ_INSERT_TAIL(&head, &i[k], q);
    }
    QSIMPLEQ_INSERT_HEAD(&head, &i[0], q);
    g_assert_true(QSIMPLEQ_LAST(&head, Item, q) == &i[4]);
    QSIMPLEQ_REMOVE(&head, &i[4], Item, q);
    QSIMPLEQ_INSERT_TAIL(&other, &i[4], q);
    QSIMPLEQ_CONCAT(&head, &other);
    k = 0;
    QSIMPLEQ_FOREACH (it, &head, q) {
        g_assert_cmpint(it->n, ==, k++);
    }
    g_assert_cmpint(k, ==, 5);
    QSIMPLEQ_SPLIT_AFTER(&head, &i[1], q, &other);
    g_assert_true(QSIMPLEQ_FIRST(&head) == &i[2] && QSIMPLEQ_FIRST(&other) == &i[0]);
    QSIMPLEQ_PREPEND(&head, &other);
    g_assert_true(QSIMPLEQ_FIRST(&head) == &i[0] && QSIMPLEQ_NEXT(&i[1], q) == &i[2]);
    while (!QSIMPLEQ_EMPTY(&head)) {
        QSIMPLEQ_REMOVE_HEAD(&head, q);
    }
    QSIMPLEQ_INSERT_TAIL(&head, &i[3], q);
    g_assert_true(QSIMPLEQ_FIRST(&head) == &i[3]);
}

static void test_qtailq(void)
{
    QTAILQ_HEAD(, Item) head = QTAILQ_HEAD_INITIALIZER(head);
    Item i[5] = {{0}, {1}, {2}, {3}, {4}}, *it, *tmp;
    int k;

    g_assert_null(QTAILQ_LAST(&head));
    QTAILQ_INSERT_TAIL(&head, &i[3], t);
    QTAILQ_INSERT_HEAD(&head, &i[1], t);
    QTAILQ_INSERT_BEFORE(&i[1], &i[0], t);
    QTAILQ_INSERT_AFTER(&head, &i[1], &i[2], t);
    QTAILQ_INSERT_AFTER(&head, &i[3], &i[4], t);
    k = 4;
    QTAILQ_FOREACH_REVERSE (it, &head, t) {
        g_assert_cmpint(it->n, ==, k--);
    }
    g_assert_cmpint(k, ==, -1);
    QTAILQ_FOREACH_SAFE (it, &head, t, tmp) {
        if (it->n != 2) {
            QTAILQ_REMOVE(&head, it, t);
        }
    }
    g_assert_true(QTAILQ_FIRST(&head) == &i[2] && QTAILQ_LAST(&head) == &i[2]);
    g_assert_null(QTAILQ_PREV(&i[2], t));
    g_assert_false(QTAILQ_IN_USE(&i[4], t));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/queue/qlist", test_qlist);
    g_test_add_func("/queue/qslist", test_qslist);
    g_test_add_func("/queue/qsimpleq", test_qsimpleq);
    g_test_add_func("/queue/qtailq", test_qtailq);
    return g_test_run();
}
