/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that wait for the end of a batch. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "block/aio-wait.h"
#include "qemu/defer-call.h"
#include "qemu/main-loop.h"

static GString *made;

static void note(void *opaque)
{
    g_string_append(made, opaque);
}

/* What @opaque names, and then "x" once more. */
static void note_and_defer(void *opaque)
{
    note(opaque);
    defer_call(note, (void *)"x");
}

#define ASSERT_MADE(expected)                                                                      \
    do {                                                                                           \
        g_assert_cmpstr(made->str, ==, expected);                                                  \
        g_string_truncate(made, 0);                                                                \
    } while (0)

static void test_outside(void)
{
    g_assert_false(defer_call_in_batch());
    defer_call(note, (void *)"a");
    ASSERT_MADE("a");
    defer_call(note_and_defer, (void *)"b");
    ASSERT_MADE("bx");
}

static void test_batch(void)
{
    defer_call_begin();
    defer_call(note, (void *)"a");
    defer_call_begin();
    defer_call(note, (void *)"b");
    defer_call(note, (void *)"a");
    g_assert_true(defer_call_in_batch());
    defer_call_end();
    ASSERT_MADE("");
    defer_call_end();
    g_assert_false(defer_call_in_batch());
    ASSERT_MADE("ab");
}

/* What the calls defer is part of the batch, and made once, too. */
static void test_deferred_at_end(void)
{
    defer_call_begin();
    defer_call(note_and_defer, (void *)"a");
    defer_call(note_and_defer, (void *)"b");
    defer_call_end();
    ASSERT_MADE("abx");
    /* One that was made is made again when it is asked for again. */
    defer_call_begin();
    defer_call(note, (void *)"x");
    defer_call(note_and_defer, (void *)"a");
    defer_call_end();
    ASSERT_MADE("xax");
}

static void set_flag(void *opaque)
{
    *(bool *)opaque = true;
    aio_wait_kick();
}

static void wait_for_flag(void *opaque)
{
    AIO_WAIT_WHILE(NULL, !*(bool *)opaque);
    g_string_append(made, "w");
}

/* Whoever waits in an event loop, in a batch or at its end, gets what was deferred before. */
static void test_wait(void)
{
    bool flag = false;

    defer_call_begin();
    defer_call(set_flag, &flag);
    wait_for_flag(&flag);
    defer_call_end();
    ASSERT_MADE("w");

    flag = false;
    defer_call_begin();
    defer_call(wait_for_flag, &flag);
    defer_call(set_flag, &flag);
    defer_call_end();
    ASSERT_MADE("w");
}

static void *batch_of_thread(void *opaque)
{
    g_assert_false(defer_call_in_batch());
    defer_call_begin();
    defer_call(note, opaque);
    defer_call_end();
    return NULL;
}

static void test_threads(void)
{
    QemuThread t;

    defer_call_begin();
    defer_call(note, (void *)"a");
    qemu_thread_create(&t, "other", batch_of_thread, (void *)"b", QEMU_THREAD_JOINABLE);
    qemu_thread_join(&t);
    ASSERT_MADE("b");
    defer_call_end();
    ASSERT_MADE("a");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    made = g_string_new(NULL);
    g_test_add_func("/defer-call/outside", test_outside);
    g_test_add_func("/defer-call/batch", test_batch);
    g_test_add_func("/defer-call/deferred-at-end", test_deferred_at_end);
    g_test_add_func("/defer-call/wait", test_wait);
    g_test_add_func("/defer-call/threads", test_threads);
    return g_test_run();
}
