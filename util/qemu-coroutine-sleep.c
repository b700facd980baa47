/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Coroutines that wait for time or for a file descriptor. */
#include "qemu/osdep.h"
#include "qemu/coroutine_int.h"
#include "qemu/timer.h"
#include "block/aio.h"

static const char sleep_name[] = "qemu_co_sleep";

void qemu_co_sleep_wake(QemuCoSleep *w)
{
    Coroutine *co = w->to_wake;

    w->to_wake = NULL;
    if (co) {
        /* "scheduled" was taken so that nobody else enters it. */
        const char *scheduled = qatomic_cmpxchg(&co->scheduled, sleep_name, NULL);

        g_assert(scheduled == sleep_name);
        aio_co_wake(co);
    }
}

static void sleep_timer_cb(void *opaque)
{
    qemu_co_sleep_wake(opaque);
}

void coroutine_fn qemu_co_sleep(QemuCoSleep *w)
{
    Coroutine *co = qemu_coroutine_self();
    const char *scheduled = qatomic_cmpxchg(&co->scheduled, NULL, sleep_name);

    g_assert(!scheduled); /* it is to be entered already */
    w->to_wake = co;
    qemu_coroutine_yield();
    g_assert(!w->to_wake);
}

void coroutine_fn qemu_co_sleep_ns_wakeable(QemuCoSleep *w, QEMUClockType type, int64_t ns)
{
    AioContext *ctx = qemu_get_current_aio_context();
    QEMUTimer ts;

    aio_timer_init(ctx, &ts, type, SCALE_NS, sleep_timer_cb, w);
    timer_mod(&ts, qemu_clock_get_ns(type) + ns);
    /* The timer fires in this thread, so not before the yield. */
    qemu_co_sleep(w);
    timer_deinit(&ts);
}

void coroutine_fn qemu_co_sleep_ns(QEMUClockType type, int64_t ns)
{
    QemuCoSleep w = {0};

    qemu_co_sleep_ns_wakeable(&w, type, ns);
}

/* ---- with a time limit */

typedef struct CoTimeout {
    CoroutineEntry *entry;
    void *opaque;
    QemuCoSleep sleep_state;
    bool marked; /* the other side is done or gave up: free this */
    CleanupFunc *clean;
} CoTimeout;

static void coroutine_fn timeout_entry(void *opaque)
{
    CoTimeout *t = opaque;

    t->entry(t->opaque);
    if (t->marked) {
        if (t->clean) {
            t->clean(t->opaque);
        }
        g_free(t);
    } else {
        t->marked = true;
        qemu_co_sleep_wake(&t->sleep_state);
    }
}

int coroutine_fn qemu_co_timeout(CoroutineEntry *entry, void *opaque, uint64_t timeout_ns,
                                 CleanupFunc clean)
{
    CoTimeout *t;
    Coroutine *co;

    if (timeout_ns == 0) {
        entry(opaque);
        return 0;
    }
    t = g_new0(CoTimeout, 1);
    t->entry = entry;
    t->opaque = opaque;
    t->clean = clean;
    co = qemu_coroutine_create(timeout_entry, t);
    aio_co_enter(qemu_get_current_aio_context(), co);
    qemu_co_sleep_ns_wakeable(&t->sleep_state, QEMU_CLOCK_REALTIME, timeout_ns);
    if (!t->marked) {
        t->marked = true;
        return -ETIMEDOUT;
    }
    g_free(t);
    return 0;
}

/* ---- file descriptors */

typedef struct FDYield {
    AioContext *ctx;
    Coroutine *co;
    int fd;
} FDYield;

static void fd_ready(void *opaque)
{
    FDYield *data = opaque;

    aio_set_fd_handler(data->ctx, data->fd, NULL, NULL, NULL, NULL, NULL);
    qemu_coroutine_enter(data->co);
}

void coroutine_fn yield_until_fd_readable(int fd)
{
    FDYield data = {
        .ctx = qemu_get_current_aio_context(),
        .co = qemu_coroutine_self(),
        .fd = fd,
    };

    aio_set_fd_handler(data.ctx, fd, fd_ready, NULL, NULL, NULL, &data);
    qemu_coroutine_yield();
}
