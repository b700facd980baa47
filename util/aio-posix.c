/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AioContext: registration of file descriptors, dispatching, and aio_poll()
 * with its adaptive busy-polling. How to wait is in fdmon-epoll.c, fdmon-poll.c.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/defer-call.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/rcu_queue.h"
#include "trace/trace-util.h"
#include "aio-internal.h"

/* A handler that had no event for this long of polling is left to the fd monitor. */
#define POLL_IDLE_INTERVAL_NS (7 * NANOSECONDS_PER_SECOND)

/* The first busy-polling time after none; what a wake-up costs is of this order. */
#define POLL_START_NS       4000

#define POLL_WEIGHT_DEFAULT 3
#define POLL_WEIGHT_MAX     62

/* ---- registration */

/* list_lock held. */
static AioHandler *find_handler(AioContext *ctx, int fd)
{
    AioHandler *node;

    QLIST_FOREACH (node, &ctx->aio_handlers, node) {
        if (node->pfd.fd == fd) {
            return node;
        }
    }
    return NULL;
}

/* list_lock held. Off the list of those that exist; freed by the home thread later. */
static void retire_handler(AioContext *ctx, AioHandler *node)
{
    QLIST_REMOVE(node, node);
    qatomic_set(&node->deleted, true);
    /* The home thread looks whether there are any without the lock. */
    QLIST_INSERT_HEAD_RCU(&ctx->deleted_handlers, node, node_deleted);
    if (!node->io_poll) {
        qatomic_set(&ctx->poll_disable_cnt, ctx->poll_disable_cnt - 1);
    }
    qatomic_set(&ctx->poll_list_stale, true);
}

void aio_set_fd_handler(AioContext *ctx, int fd, IOHandler *io_read, IOHandler *io_write,
                        AioPollFn *io_poll, IOHandler *io_poll_ready, void *opaque)
{
    AioHandler *old, *new = NULL;

    /* Polling without something to do when it succeeds makes no sense. */
    if (!io_poll_ready) {
        io_poll = NULL;
    }
    WITH_QEMU_LOCK_GUARD(&ctx->list_lock)
    {
        old = find_handler(ctx, fd);
        if (!old && !io_read && !io_write) {
            return;
        }
        if (io_read || io_write) {
            new = g_new0(AioHandler, 1);
            new->io_read = io_read;
            new->io_write = io_write;
            new->io_poll = io_poll;
            new->io_poll_ready = io_poll_ready;
            new->opaque = opaque;
            new->pfd.fd = fd;
            new->pfd.events = (io_read ? G_IO_IN | G_IO_HUP | G_IO_ERR : 0) |
                              (io_write ? G_IO_OUT | G_IO_ERR : 0);
            if (old) {
                new->io_poll_begin = old->io_poll_begin;
                new->io_poll_end = old->io_poll_end;
            }
        }
        ctx->fdmon_ops->update(ctx, old, new);
        if (new) {
            trace_poll_add(ctx, new, fd);
            QLIST_INSERT_HEAD(&ctx->aio_handlers, new, node);
            if (!new->io_poll) {
                qatomic_set(&ctx->poll_disable_cnt, ctx->poll_disable_cnt + 1);
            }
            qatomic_set(&ctx->poll_list_stale, true);
        }
        if (old) {
            trace_poll_remove(ctx, old, fd);
            retire_handler(ctx, old);
        }
    }
    /* A loop that sleeps must wait for other descriptors now. */
    aio_notify(ctx);
}

void aio_set_fd_poll(AioContext *ctx, int fd, IOHandler *io_poll_begin, IOHandler *io_poll_end)
{
    QEMU_LOCK_GUARD(&ctx->list_lock);
    AioHandler *node = find_handler(ctx, fd);

    if (node) {
        node->io_poll_begin = io_poll_begin;
        node->io_poll_end = io_poll_end;
    }
}

void aio_set_event_notifier(AioContext *ctx, EventNotifier *notifier, EventNotifierHandler *io_read,
                            AioPollFn *io_poll, EventNotifierHandler *io_poll_ready)
{
    aio_set_fd_handler(ctx, event_notifier_get_fd(notifier), (IOHandler *)io_read, NULL, io_poll,
                       (IOHandler *)io_poll_ready, notifier);
}

void aio_set_event_notifier_poll(AioContext *ctx, EventNotifier *notifier,
                                 EventNotifierHandler *io_poll_begin,
                                 EventNotifierHandler *io_poll_end)
{
    aio_set_fd_poll(ctx, event_notifier_get_fd(notifier), (IOHandler *)io_poll_begin,
                    (IOHandler *)io_poll_end);
}

/* Home thread, in no handler. */
static void free_deleted_handlers(AioContext *ctx)
{
    AioHandler *node;

    if (!qatomic_read(&ctx->deleted_handlers.lh_first)) {
        return;
    }
    QEMU_LOCK_GUARD(&ctx->list_lock);
    while ((node = QLIST_FIRST(&ctx->deleted_handlers))) {
        QLIST_REMOVE(node, node_deleted);
        QLIST_SAFE_REMOVE(node, node_ready);
        QLIST_SAFE_REMOVE(node, node_poll);
        ctx->poll_idle_cnt -= node->poll_idle;
        g_free(node);
    }
}

/* ---- dispatching */

void aio_add_ready_handler(AioHandlerList *ready, AioHandler *node, int revents)
{
    QLIST_SAFE_REMOVE(node, node_ready);
    node->pfd.revents = revents;
    QLIST_INSERT_HEAD(ready, node, node_ready);
}

static bool dispatch_handler(AioContext *ctx, AioHandler *node)
{
    int revents = node->pfd.revents & node->pfd.events;
    bool poll_ready = node->poll_ready;
    bool progress = false;

    node->pfd.revents = 0;
    node->poll_ready = false;
    if (poll_ready && !qatomic_read(&node->deleted)) {
        node->io_poll_ready(node->opaque);
        /* A read right after would most likely find nothing. */
        return node->opaque != &ctx->notifier;
    }
    if ((revents & (G_IO_IN | G_IO_HUP | G_IO_ERR)) && node->io_read &&
        !qatomic_read(&node->deleted)) {
        node->io_read(node->opaque);
        /* A wake-up is not an event. */
        progress |= node->opaque != &ctx->notifier;
    }
    if ((revents & (G_IO_OUT | G_IO_ERR)) && node->io_write && !qatomic_read(&node->deleted)) {
        node->io_write(node->opaque);
        progress = true;
    }
    return progress;
}

static bool dispatch_ready_handlers(AioContext *ctx, AioHandlerList *ready)
{
    bool progress = false;
    AioHandler *node;

    /* A nested aio_poll() takes nodes off this list if it finds them ready itself. */
    while ((node = QLIST_FIRST(ready))) {
        QLIST_REMOVE(node, node_ready);
        progress |= dispatch_handler(ctx, node);
    }
    return progress;
}

static void enter_loop(AioContext *ctx)
{
    ctx->nesting++;
}

static void leave_loop(AioContext *ctx)
{
    if (--ctx->nesting == 0) {
        free_deleted_handlers(ctx);
    }
}

/* ---- busy-polling; home thread */

static void refresh_poll_handlers(AioContext *ctx)
{
    AioHandler *node;

    if (!qatomic_xchg(&ctx->poll_list_stale, false)) {
        return;
    }
    QEMU_LOCK_GUARD(&ctx->list_lock);
    while ((node = QLIST_FIRST(&ctx->poll_handlers))) {
        QLIST_REMOVE(node, node_poll);
    }
    QLIST_FOREACH (node, &ctx->aio_handlers, node) {
        if (node->io_poll && !node->poll_idle) {
            QLIST_INSERT_HEAD(&ctx->poll_handlers, node, node_poll);
        }
    }
}

static void mark_poll_ready(AioHandlerList *ready, AioHandler *node)
{
    node->poll_ready = true;
    aio_add_ready_handler(ready, node, 0);
}

/* Switch devices between being polled and sending notifications. */
static void set_poll_started(AioContext *ctx, AioHandlerList *ready, bool started)
{
    AioHandler *node, *next;

    if (ctx->poll_started == started) {
        return;
    }
    ctx->poll_started = started;
    enter_loop(ctx);
    QLIST_FOREACH_SAFE (node, &ctx->poll_handlers, node_poll, next) {
        IOHandler *fn = started ? node->io_poll_begin : node->io_poll_end;

        if (qatomic_read(&node->deleted)) {
            continue;
        }
        if (fn) {
            fn(node->opaque);
        }
        /* An event between the last look and notifications being on is looked for once. */
        if (!started && node->io_poll(node->opaque)) {
            mark_poll_ready(ready, node);
        }
    }
    leave_loop(ctx);
}

static bool run_poll_handlers_once(AioContext *ctx, AioHandlerList *ready, int64_t now)
{
    bool progress = false;
    AioHandler *node, *next;

    QLIST_FOREACH_SAFE (node, &ctx->poll_handlers, node_poll, next) {
        if (!qatomic_read(&node->deleted) && node->io_poll(node->opaque)) {
            mark_poll_ready(ready, node);
            node->poll_idle_timeout = now + POLL_IDLE_INTERVAL_NS;
            /* A wake-up ends the polling, but says nothing about whether it pays. */
            progress = true;
        }
    }
    return progress;
}

/* Stop polling what has been silent, start again with what has events after all. */
static void update_idle_handlers(AioContext *ctx, AioHandlerList *ready, int64_t now)
{
    AioHandler *node, *next;

    QLIST_FOREACH_SAFE (node, &ctx->poll_handlers, node_poll, next) {
        if (node->poll_idle_timeout == 0) {
            node->poll_idle_timeout = now + POLL_IDLE_INTERVAL_NS;
        } else if (now >= node->poll_idle_timeout && node->opaque != &ctx->notifier) {
            QLIST_REMOVE(node, node_poll);
            node->poll_idle = true;
            node->poll_idle_timeout = 0;
            ctx->poll_idle_cnt++;
            if (ctx->poll_started && node->io_poll_end && !qatomic_read(&node->deleted)) {
                node->io_poll_end(node->opaque);
                if (node->io_poll(node->opaque)) {
                    mark_poll_ready(ready, node);
                }
            }
        }
    }
    QLIST_FOREACH (node, ready, node_ready) {
        if (node->poll_idle) {
            node->poll_idle = false;
            ctx->poll_idle_cnt--;
            qatomic_set(&ctx->poll_list_stale, true);
        }
    }
}

static bool run_poll_handlers(AioContext *ctx, AioHandlerList *ready, int64_t max_ns,
                              int64_t *timeout)
{
    int64_t start = get_clock(), elapsed;
    bool progress;

    trace_run_poll_handlers_begin(ctx, max_ns, *timeout);
    do {
        progress = run_poll_handlers_once(ctx, ready, start);
        cpu_relax();
        elapsed = get_clock() - start;
        max_ns = qemu_soonest_timeout(*timeout, max_ns);
    } while (!progress && elapsed < max_ns);

    if (*timeout > 0) {
        *timeout -= MIN(*timeout, elapsed);
    }
    trace_run_poll_handlers_end(ctx, progress, *timeout);
    return progress;
}

/* Poll instead of sleeping, if that is allowed and every handler can be polled. */
static bool try_poll_mode(AioContext *ctx, AioHandlerList *ready, int64_t *timeout)
{
    int64_t poll_ns = MIN(ctx->poll_ns, qatomic_read(&ctx->poll_max_ns));
    int64_t max_ns = qemu_soonest_timeout(*timeout, poll_ns);

    if (max_ns > 0 && !qatomic_read(&ctx->poll_disable_cnt)) {
        refresh_poll_handlers(ctx);
        if (QLIST_EMPTY(&ctx->poll_handlers)) {
            return false;
        }
        set_poll_started(ctx, ready, true);
        if (run_poll_handlers(ctx, ready, max_ns, timeout)) {
            return true;
        }
    }
    if (ctx->poll_started && *timeout != 0) {
        set_poll_started(ctx, ready, false);
        return !QLIST_EMPTY(ready);
    }
    return false;
}

/* @block_ns is how long this round really waited. */
static void adjust_polling_time(AioContext *ctx, int64_t block_ns)
{
    int64_t max_ns = qatomic_read(&ctx->poll_max_ns);
    int64_t grow = qatomic_read(&ctx->poll_grow);
    int64_t shrink = qatomic_read(&ctx->poll_shrink);
    int64_t weight = qatomic_read(&ctx->poll_weight);
    int64_t old = ctx->poll_ns;

    /* Beyond reach is beyond reach: a night of idling counts no more than a moment. */
    block_ns = MIN(block_ns, max_ns < INT64_MAX / 2 ? max_ns * 2 : INT64_MAX);
    ctx->wait_avg_ns += (block_ns - ctx->wait_avg_ns) >> (weight ? weight : POLL_WEIGHT_DEFAULT);
    if (block_ns <= old) {
        return; /* polling was long enough */
    }
    if (ctx->wait_avg_ns > max_ns) {
        /* We mostly have to sleep anyway: poll less. */
        ctx->poll_ns = shrink ? old / shrink : 0;
        if (ctx->poll_ns != old) {
            trace_poll_shrink(ctx, old, ctx->poll_ns);
        }
    } else if (old < max_ns && block_ns <= max_ns) {
        /* The event came within reach: poll longer. */
        if (old == 0) {
            ctx->poll_ns = POLL_START_NS;
        } else if (__builtin_mul_overflow(old, grow ? grow : 2, &ctx->poll_ns)) {
            ctx->poll_ns = max_ns;
        }
        ctx->poll_ns = MIN(ctx->poll_ns, max_ns);
        trace_poll_grow(ctx, old, ctx->poll_ns);
    }
}

/* ---- as a GSource */

bool aio_prepare(AioContext *ctx)
{
    /* GLib is going to sleep in poll(): devices must send notifications again. */
    set_poll_started(ctx, &ctx->poll_leftover, false);
    return !QLIST_EMPTY(&ctx->poll_leftover);
}

bool aio_pending(AioContext *ctx)
{
    return !QLIST_EMPTY(&ctx->poll_leftover) || ctx->fdmon_ops->pending(ctx);
}

void aio_dispatch(AioContext *ctx)
{
    AioHandlerList ready = QLIST_HEAD_INITIALIZER(ready);

    enter_loop(ctx);
    aio_bh_poll(ctx);
    dispatch_ready_handlers(ctx, &ctx->poll_leftover);
    ctx->fdmon_ops->gather(ctx, &ready);
    dispatch_ready_handlers(ctx, &ready);
    leave_loop(ctx);
    timerlistgroup_run_timers(&ctx->tlg);
}

/* ---- the loop */

bool aio_poll(AioContext *ctx, bool blocking)
{
    AioHandlerList ready = QLIST_HEAD_INITIALIZER(ready);
    int64_t timeout, start = 0;
    bool polled, flushed, progress;

    /* The main loop's other context may be polled by the main thread too. */
    g_assert(in_aio_context_home_thread(ctx) || ctx == iohandler_get_aio_context());

    /* In the middle of a batch: whoever waits must not wait for what is put off until its end. */
    flushed = defer_call_flush();
    blocking &= !flushed;
    enter_loop(ctx);
    if (blocking) {
        /* Before computing the timeout; pairs with aio_notify(). */
        qatomic_set(&ctx->notify_me, ctx->notify_me + 2);
        smp_mb();
    }
    timeout = blocking ? aio_compute_timeout(ctx) : 0;
    if (timeout && qatomic_read(&ctx->poll_max_ns)) {
        start = get_clock();
    }
    polled = try_poll_mode(ctx, &ready, &timeout);

    /* Everything was looked at in memory, if no handler is left to the fd monitor. */
    if (!polled || ctx->poll_idle_cnt) {
        ctx->fdmon_ops->wait(ctx, &ready, polled ? 0 : timeout);
    }
    if (blocking) {
        /* From here on the loop is not asleep. */
        qatomic_store_release(&ctx->notify_me, ctx->notify_me - 2);
        aio_notify_accept(ctx);
    }
    if (start) {
        int64_t now = get_clock();

        adjust_polling_time(ctx, now - start);
        update_idle_handlers(ctx, &ready, now);
    }
    progress = aio_bh_poll(ctx);
    progress |= dispatch_ready_handlers(ctx, &ready);
    leave_loop(ctx);
    progress |= flushed;
    progress |= timerlistgroup_run_timers(&ctx->tlg);
    return progress;
}

bool aio_context_set_poll_params(AioContext *ctx, int64_t max_ns, int64_t grow, int64_t shrink,
                                 Error **errp)
{
    if (max_ns < 0 || grow < 0 || shrink < 0) {
        error_setg(errp,
                   "bad poll parameters max-ns %" PRId64 ", grow %" PRId64 ", shrink %" PRId64
                   ": must not be negative",
                   max_ns, grow, shrink);
        return false;
    }
    qatomic_set(&ctx->poll_max_ns, max_ns);
    qatomic_set(&ctx->poll_grow, grow);
    qatomic_set(&ctx->poll_shrink, shrink);
    aio_notify(ctx);
    return true;
}

bool aio_context_set_poll_weight(AioContext *ctx, int64_t weight, Error **errp)
{
    if (weight < 0 || weight > POLL_WEIGHT_MAX) {
        error_setg(errp, "bad poll-weight %" PRId64 ": must be in range [0, %d]", weight,
                   POLL_WEIGHT_MAX);
        return false;
    }
    qatomic_set(&ctx->poll_weight, weight);
    return true;
}

void aio_context_setup(AioContext *ctx)
{
    QLIST_INIT(&ctx->aio_handlers);
    QLIST_INIT(&ctx->deleted_handlers);
    QLIST_INIT(&ctx->poll_handlers);
    QLIST_INIT(&ctx->poll_leftover);
    fdmon_setup(ctx);
}

void aio_context_destroy(AioContext *ctx)
{
    AioHandler *node;

    WITH_QEMU_LOCK_GUARD(&ctx->list_lock)
    {
        while ((node = QLIST_FIRST(&ctx->aio_handlers))) {
            retire_handler(ctx, node);
        }
    }
    free_deleted_handlers(ctx);
    fdmon_destroy(ctx);
}
