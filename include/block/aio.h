/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AioContext: one event loop, for file descriptors, event notifiers, timers
 * and bottom halves. It runs in its home thread: the main loop's as a GSource,
 * an IOThread's by calling aio_poll().
 *
 * Thread rules: handlers and callbacks run in the home thread only. Handlers
 * may be set from any thread. Functions marked [any] are lock-free or take a
 * short internal lock and may be called from everywhere.
 */
#ifndef BLOCK_AIO_H
#define BLOCK_AIO_H

#include "qemu/coroutine-core.h"
#include "qemu/event_notifier.h"
#include "qemu/mem-reentrancy.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "qemu/timer.h"

typedef void IOHandler(void *opaque);
typedef bool AioPollFn(void *opaque);
typedef void QEMUBHFunc(void *opaque);
typedef void BlockCompletionFunc(void *opaque, int ret);

/*
 * A request in flight, first member of its owner's structure. The block layer derives its own
 * kinds; @cancel_async asks for early completion, the callback still comes.
 */
typedef struct BlockAIOCB BlockAIOCB;

typedef struct AIOCBInfo {
    void (*cancel_async)(BlockAIOCB *acb);
    size_t aiocb_size;
} AIOCBInfo;

struct BlockAIOCB {
    const AIOCBInfo *aiocb_info;
    BlockDriverState *bs;
    BlockCompletionFunc *cb;
    void *opaque;
    int refcnt;
};

void *qemu_aio_get(const AIOCBInfo *aiocb_info, BlockDriverState *bs, BlockCompletionFunc *cb,
                   void *opaque);
void qemu_aio_unref(void *p);
void qemu_aio_ref(void *p);

/* ---- life */

/* NULL with @errp set if the host has no descriptors left. */
AioContext *aio_context_new(Error **errp);
/* [any] */
void aio_context_ref(AioContext *ctx);
void aio_context_unref(AioContext *ctx);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AioContext, aio_context_unref)

/* The context whose loop the calling thread runs; NULL in a thread that has none. */
AioContext *qemu_get_current_aio_context(void);
/* Once per thread, at its start. */
void qemu_set_current_aio_context(AioContext *ctx);

static inline bool in_aio_context_home_thread(AioContext *ctx)
{
    return ctx == qemu_get_current_aio_context();
}

/* The context as a GSource (a new reference), for a thread that runs a GMainLoop. */
GSource *aio_get_g_source(AioContext *ctx);
ThreadPool *aio_get_thread_pool(AioContext *ctx);

/* ---- the loop; home thread */

/*
 * Wait for an event if @blocking, dispatch what is ready: handlers, bottom
 * halves, timers. True if anything was done. May be called from a handler
 * (nested), which then sees all events too.
 */
bool aio_poll(AioContext *ctx, bool blocking);
/*
 * [any] Make a loop that sleeps look again at its events. What it is to see must be
 * one of them: for a mere flag that the caller of aio_poll() tests, schedule a
 * bottom half, since a loop that is about to sleep does not test it again.
 */
void aio_notify(AioContext *ctx);
/* The parts of the above, for the glue to other event loops. */
void aio_notify_accept(AioContext *ctx);
bool aio_prepare(AioContext *ctx);
bool aio_pending(AioContext *ctx);
void aio_dispatch(AioContext *ctx);
int aio_bh_poll(AioContext *ctx);
/* ns until something is due without an fd event; -1: nothing. */
int64_t aio_compute_timeout(AioContext *ctx);

/* ---- file descriptors */

/*
 * Watch @fd; both callbacks NULL: stop watching. An earlier registration for
 * the fd is replaced. After removal in the home thread no callback comes; one
 * that runs now in another thread may still be finishing.
 *
 * @io_poll (optional) looks at memory instead of the fd; while the context
 * busy-polls, it is called in a loop, and when it says true, @io_poll_ready is.
 */
void aio_set_fd_handler(AioContext *ctx, int fd, IOHandler *io_read, IOHandler *io_write,
                        AioPollFn *io_poll, IOHandler *io_poll_ready, void *opaque);

void aio_set_event_notifier(AioContext *ctx, EventNotifier *notifier, EventNotifierHandler *io_read,
                            AioPollFn *io_poll, EventNotifierHandler *io_poll_ready);
/*
 * Around a busy-polling phase: @io_poll_begin may turn the notifications off
 * that polling makes superfluous, @io_poll_end turns them on again.
 */
void aio_set_event_notifier_poll(AioContext *ctx, EventNotifier *notifier,
                                 EventNotifierHandler *io_poll_begin,
                                 EventNotifierHandler *io_poll_end);
void aio_set_fd_poll(AioContext *ctx, int fd, IOHandler *io_poll_begin, IOHandler *io_poll_end);

/* ---- bottom halves: callbacks run soon, in the home thread */

#define aio_bh_new(ctx, cb, opaque) aio_bh_new_full((ctx), (cb), (opaque), (stringify(cb)), NULL)
/* @guard, the device's, is entered around @cb, so that a DMA cannot call back into it. */
#define aio_bh_new_guarded(ctx, cb, opaque, guard)                                                 \
    aio_bh_new_full((ctx), (cb), (opaque), (stringify(cb)), (guard))
QEMUBH *aio_bh_new_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque, const char *name,
                        MemReentrancyGuard *guard);

/* [any] Run @cb once, soon. */
#define aio_bh_schedule_oneshot(ctx, cb, opaque)                                                   \
    aio_bh_schedule_oneshot_full((ctx), (cb), (opaque), (stringify(cb)))
void aio_bh_schedule_oneshot_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque, const char *name);

/* [any] Run once in the next round; scheduling twice before that is one run. */
void qemu_bh_schedule(QEMUBH *bh);
/* Run in a while; does not keep the loop from sleeping up to 10 ms. */
void qemu_bh_schedule_idle(QEMUBH *bh);
/* [any] */
void qemu_bh_cancel(QEMUBH *bh);
/* [any] Freed by the loop. Pending runs are dropped. */
void qemu_bh_delete(QEMUBH *bh);
/* Call it now. */
void aio_bh_call(QEMUBH *bh);

/* ---- timers */

QEMUTimerListGroup *aio_context_timer_lists(AioContext *ctx);

static inline QEMUTimer *aio_timer_new_with_attrs(AioContext *ctx, QEMUClockType type, int scale,
                                                  int attributes, QEMUTimerCB *cb, void *opaque)
{
    return timer_new_full(aio_context_timer_lists(ctx), type, scale, attributes, cb, opaque);
}

static inline QEMUTimer *aio_timer_new(AioContext *ctx, QEMUClockType type, int scale,
                                       QEMUTimerCB *cb, void *opaque)
{
    return timer_new_full(aio_context_timer_lists(ctx), type, scale, 0, cb, opaque);
}

static inline void aio_timer_init(AioContext *ctx, QEMUTimer *ts, QEMUClockType type, int scale,
                                  QEMUTimerCB *cb, void *opaque)
{
    timer_init_full(ts, aio_context_timer_lists(ctx), type, scale, 0, cb, opaque);
}

/* ---- coroutines */

/* [any] Enter @co from the loop of @ctx. It must have yielded, or be about to. */
void aio_co_schedule(AioContext *ctx, Coroutine *co);
/* Move the calling coroutine to @new_ctx: yields, continues there. */
void coroutine_fn aio_co_reschedule_self(AioContext *new_ctx);
/*
 * [any] Continue @co in its own context: at once if that is this thread's
 * (after the running coroutine, if there is one, has yielded or ended).
 */
void aio_co_wake(Coroutine *co);
/* [any] The same with the context given. */
void aio_co_enter(AioContext *ctx, Coroutine *co);

/* ---- tuning; any thread, takes effect in the next round */

/*
 * Busy-poll up to @max_ns before sleeping (0: off). The time adapts between:
 * multiplied by @grow when it was too short, divided by @shrink when polling
 * was in vain; 0 selects the defaults (double; start again from nothing).
 */
bool aio_context_set_poll_params(AioContext *ctx, int64_t max_ns, int64_t grow, int64_t shrink,
                                 Error **errp);
/*
 * How slowly the time follows the load: the average wait moves by 1/2^@weight of
 * the difference with each wait. 0 selects the default, 3.
 */
bool aio_context_set_poll_weight(AioContext *ctx, int64_t weight, Error **errp);
/* At most @max_batch requests in one submission; 0: the engine's own default. */
void aio_context_set_aio_params(AioContext *ctx, int64_t max_batch);
int64_t aio_context_get_max_batch(AioContext *ctx);
/* Bounds on worker threads, 0 <= @min <= @max, @max > 0. */
bool aio_context_set_thread_pool_params(AioContext *ctx, int64_t min, int64_t max, Error **errp);
void aio_context_get_thread_pool_params(AioContext *ctx, int64_t *min, int64_t *max);

#endif
