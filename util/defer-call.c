/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that wait for the end of a batch. */
#include "qemu/osdep.h"
#include "qemu/coroutine-tls.h"
#include "qemu/defer-call.h"
#include "qemu/notify.h"
#include "qemu/thread.h"

typedef struct Call {
    void (*fn)(void *);
    void *opaque;
} Call;

typedef struct Batch {
    unsigned depth;
    unsigned first; /* of the calls that were not made yet */
    GArray *calls;  /* Call; NULL before the first one */
    Notifier exit_notifier;
} Batch;

QEMU_DEFINE_STATIC_CO_TLS(Batch, batch)

static void thread_exit(Notifier *n, void *data)
{
    Batch *b = container_of(n, Batch, exit_notifier);

    g_array_unref(g_steal_pointer(&b->calls));
}

static void make_room(Batch *b)
{
    b->calls = g_array_new(false, false, sizeof(Call));
    b->exit_notifier.notify = thread_exit;
    qemu_thread_atexit_add(&b->exit_notifier);
}

void defer_call(void (*fn)(void *), void *opaque)
{
    Batch *b = get_ptr_batch();
    Call call = {fn, opaque};

    if (!b->depth) {
        fn(opaque);
        return;
    }
    if (!b->calls) {
        make_room(b);
    }
    for (guint i = b->first; i < b->calls->len; i++) {
        const Call *c = &g_array_index(b->calls, Call, i);

        if (c->fn == fn && c->opaque == opaque) {
            return;
        }
    }
    g_array_append_val(b->calls, call);
}

bool defer_call_flush(void)
{
    Batch *b = get_ptr_batch();

    if (!b->calls || !b->calls->len) {
        return false;
    }
    while (b->first < b->calls->len) {
        Call call = g_array_index(b->calls, Call, b->first++);

        call.fn(call.opaque);
    }
    b->first = 0;
    g_array_set_size(b->calls, 0);
    return true;
}

void defer_call_begin(void)
{
    get_ptr_batch()->depth++;
}

bool defer_call_in_batch(void)
{
    return get_ptr_batch()->depth > 0;
}

void defer_call_end(void)
{
    Batch *b = get_ptr_batch();

    /* Each end has its beginning. */
    g_assert(b->depth > 0);
    if (b->depth == 1) {
        defer_call_flush();
    }
    b->depth--;
}
