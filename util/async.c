/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AioContext: life, bottom halves, waking coroutines, and the GSource that
 * makes a GLib main loop run it.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "block/thread-pool.h"
#include "qemu/coroutine-tls.h"
#include "qemu/coroutine_int.h"
#include "qemu/main-loop.h"
#include "qemu/mem-reentrancy.h"
#include "trace/trace-util.h"
#include "aio-internal.h"

/* An idle bottom half waits at most this long. */
#define BH_IDLE_NS (10 * SCALE_MS)

enum {
    BH_PENDING = 1 << 0,   /* on a list of the context */
    BH_SCHEDULED = 1 << 1, /* to be called */
    BH_DELETED = 1 << 2,   /* to be freed, not called */
    BH_ONESHOT = 1 << 3,   /* to be freed after the call */
    BH_IDLE = 1 << 4,      /* scheduled, but in no hurry */
};

struct QEMUBH {
    AioContext *ctx;
    const char *name;
    QEMUBHFunc *cb;
    void *opaque;
    QSLIST_ENTRY(QEMUBH) push; /* while on bh_list */
    QSIMPLEQ_ENTRY(QEMUBH) next;
    unsigned flags;
    MemReentrancyGuard *reentrancy_guard;
};

QEMU_DEFINE_STATIC_CO_TLS(AioContext *, my_aiocontext)

/* ---- bottom halves */

/* [any] */
static void aio_bh_enqueue(QEMUBH *bh, unsigned new_flags)
{
    AioContext *ctx = bh->ctx;

    /*
     * The RMW orders what the caller wrote before the flags. From the moment
     * the home thread can see them, @bh may be gone.
     */
    if (!(qatomic_fetch_or(&bh->flags, BH_PENDING | new_flags) & BH_PENDING)) {
        QSLIST_INSERT_HEAD_ATOMIC(&ctx->bh_list, bh, push);
    }
    aio_notify(ctx);
}

QEMUBH *aio_bh_new_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque, const char *name,
                        MemReentrancyGuard *guard)
{
    QEMUBH *bh = g_new0(QEMUBH, 1);

    bh->ctx = ctx;
    bh->cb = cb;
    bh->opaque = opaque;
    bh->name = name;
    bh->reentrancy_guard = guard;
    return bh;
}

void aio_bh_schedule_oneshot_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque, const char *name)
{
    aio_bh_enqueue(aio_bh_new_full(ctx, cb, opaque, name, NULL), BH_SCHEDULED | BH_ONESHOT);
}

void qemu_bh_schedule(QEMUBH *bh)
{
    aio_bh_enqueue(bh, BH_SCHEDULED);
}

void qemu_bh_schedule_idle(QEMUBH *bh)
{
    aio_bh_enqueue(bh, BH_SCHEDULED | BH_IDLE);
}

void qemu_bh_cancel(QEMUBH *bh)
{
    qatomic_and(&bh->flags, ~BH_SCHEDULED);
}

void qemu_bh_delete(QEMUBH *bh)
{
    aio_bh_enqueue(bh, BH_DELETED);
}

void aio_bh_call(QEMUBH *bh)
{
    MemReentrancyGuard *guard = bh->reentrancy_guard;
    MemReentrancyFrame frame;
    bool entered = guard && mem_reentrancy_enter(guard, &frame);

    if (guard && !entered) {
        /* A register access of the device waits in an event loop, maybe for this one. */
        trace_reentrant_aio(bh->ctx, bh->name);
    }
    bh->cb(bh->opaque);
    if (entered) {
        mem_reentrancy_leave(guard, &frame);
    }
}

/* Off its list; from now on it can be scheduled again. Home thread. */
static QEMUBH *aio_bh_dequeue(BHList *list, unsigned *flags)
{
    QEMUBH *bh = QSIMPLEQ_FIRST(&list->bhs);

    if (bh) {
        QSIMPLEQ_REMOVE_HEAD(&list->bhs, next);
        /* Pairs with aio_bh_enqueue(): what was written before scheduling is seen. */
        *flags = qatomic_fetch_and(&bh->flags, ~(BH_PENDING | BH_SCHEDULED | BH_IDLE));
    }
    return bh;
}

/* Everything that was pushed, oldest first. */
static void aio_bh_take(AioContext *ctx, BHList *list)
{
    QSLIST_HEAD(, QEMUBH) taken;
    QEMUBH *bh;

    QSIMPLEQ_INIT(&list->bhs);
    QSLIST_MOVE_ATOMIC(&taken, &ctx->bh_list);
    while ((bh = QSLIST_FIRST(&taken))) {
        QSLIST_REMOVE_HEAD(&taken, push);
        QSIMPLEQ_INSERT_HEAD(&list->bhs, bh, next);
    }
}

int aio_bh_poll(AioContext *ctx)
{
    BHList slice, *s;
    int ret = 0;

    /*
     * Only what is there now: one that schedules itself runs in the next round.
     * The slice is visible to nested calls, which must get its bottom halves done
     * first, or a wait for one of them in a callback would never end.
     */
    aio_bh_take(ctx, &slice);
    QSIMPLEQ_INSERT_TAIL(&ctx->bh_slices, &slice, next);

    while ((s = QSIMPLEQ_FIRST(&ctx->bh_slices))) {
        unsigned flags = 0;
        QEMUBH *bh = aio_bh_dequeue(s, &flags);

        if (!bh) {
            /* Of an outer call, if it is not ours; that one finds its slice gone. */
            QSIMPLEQ_REMOVE_HEAD(&ctx->bh_slices, next);
            continue;
        }
        if ((flags & (BH_SCHEDULED | BH_DELETED)) == BH_SCHEDULED) {
            /* Idle ones do not count as progress. */
            if (!(flags & BH_IDLE)) {
                ret = 1;
            }
            aio_bh_call(bh);
        }
        if (flags & (BH_DELETED | BH_ONESHOT)) {
            g_free(bh);
        }
    }
    return ret;
}

/* ns until a bottom half of one list wants to run: 0, BH_IDLE_NS or -1. */
static int64_t bh_timeout(QEMUBH *bh, int64_t timeout)
{
    unsigned flags = qatomic_read(&bh->flags);

    if ((flags & (BH_SCHEDULED | BH_DELETED)) == BH_SCHEDULED) {
        return flags & BH_IDLE ? qemu_soonest_timeout(timeout, BH_IDLE_NS) : 0;
    }
    return timeout;
}

/* Home thread: only it takes off the lists, so they can be walked. */
static int64_t aio_compute_bh_timeout(AioContext *ctx)
{
    int64_t timeout = -1;
    BHList *s;
    QEMUBH *bh;

    for (bh = qatomic_load_acquire(&ctx->bh_list.slh_first); bh && timeout;
         bh = QSLIST_NEXT(bh, push)) {
        timeout = bh_timeout(bh, timeout);
    }
    QSIMPLEQ_FOREACH (s, &ctx->bh_slices, next) {
        QSIMPLEQ_FOREACH (bh, &s->bhs, next) {
            timeout = bh_timeout(bh, timeout);
        }
    }
    return timeout;
}

int64_t aio_compute_timeout(AioContext *ctx)
{
    int64_t timeout = aio_compute_bh_timeout(ctx);

    if (timeout == 0) {
        return 0;
    }
    return qemu_soonest_timeout(timeout, timerlistgroup_deadline_ns(&ctx->tlg));
}

/* ---- GSource */

static void no_sleep_any_more(AioContext *ctx)
{
    qatomic_and(&ctx->notify_me, ~1u);
    aio_notify_accept(ctx);
}

static gboolean aio_ctx_prepare(GSource *source, gint *timeout)
{
    AioContext *ctx = (AioContext *)source;

    qatomic_or(&ctx->notify_me, 1);
    /* Before looking at what could be there: pairs with aio_notify(). */
    smp_mb__after_rmw();
    *timeout = qemu_timeout_ns_to_ms(aio_compute_timeout(ctx));
    if (aio_prepare(ctx)) {
        *timeout = 0;
    }
    if (*timeout) {
        return false;
    }
    /* GLib does not call check() for a source that is ready now. */
    no_sleep_any_more(ctx);
    return true;
}

static gboolean aio_ctx_check(GSource *source)
{
    AioContext *ctx = (AioContext *)source;

    no_sleep_any_more(ctx);
    return aio_compute_bh_timeout(ctx) == 0 || aio_pending(ctx) ||
           timerlistgroup_deadline_ns(&ctx->tlg) == 0;
}

static gboolean aio_ctx_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
    g_assert(!callback); /* nobody sets one */
    aio_dispatch((AioContext *)source);
    return TRUE;
}

/* The last reference is gone. Nobody may use the context any more. */
static void aio_ctx_finalize(GSource *source)
{
    AioContext *ctx = (AioContext *)source;
    BHList rest;
    QEMUBH *bh;

    if (!ctx->notifier.initialized) {
        return; /* aio_context_new() failed half-way */
    }
    thread_pool_free_aio(ctx->thread_pool);
    g_assert(QSLIST_EMPTY(&ctx->scheduled_coroutines)); /* a coroutine would be lost */
    qemu_bh_delete(ctx->co_schedule_bh);

    g_assert(QSIMPLEQ_EMPTY(&ctx->bh_slices)); /* we are in a callback of this context */
    aio_bh_take(ctx, &rest);
    while ((bh = QSIMPLEQ_FIRST(&rest.bhs))) {
        QSIMPLEQ_REMOVE_HEAD(&rest.bhs, next);
        g_assert(qatomic_read(&bh->flags) & (BH_DELETED | BH_ONESHOT)); /* its owner is alive */
        g_free(bh);
    }
    aio_set_event_notifier(ctx, &ctx->notifier, NULL, NULL, NULL);
    event_notifier_cleanup(&ctx->notifier);
    timerlistgroup_deinit(&ctx->tlg);
    aio_context_destroy(ctx);
    qemu_mutex_destroy(&ctx->list_lock);
}

static GSourceFuncs aio_source_funcs = {
    .prepare = aio_ctx_prepare,
    .check = aio_ctx_check,
    .dispatch = aio_ctx_dispatch,
    .finalize = aio_ctx_finalize,
};

GSource *aio_get_g_source(AioContext *ctx)
{
    g_source_ref(&ctx->source);
    return &ctx->source;
}

/* ---- waking the loop */

void aio_notify(AioContext *ctx)
{
    /* What the caller wrote, then notified, then the look at notify_me. */
    smp_wmb();
    qatomic_set(&ctx->notified, true);
    smp_mb();
    if (qatomic_read(&ctx->notify_me)) {
        event_notifier_set(&ctx->notifier);
    }
}

void aio_notify_accept(AioContext *ctx)
{
    qatomic_set(&ctx->notified, false);
    /* What was notified of is looked at after this. */
    smp_mb();
}

static void aio_timerlist_notify(void *opaque, QEMUClockType type)
{
    aio_notify(opaque);
}

static void notifier_read(EventNotifier *e)
{
    /* Clearing it early could only cost one more round. */
    event_notifier_test_and_clear(e);
}

static bool notifier_poll(void *opaque)
{
    AioContext *ctx = container_of((EventNotifier *)opaque, AioContext, notifier);

    return qatomic_read(&ctx->notified);
}

static void notifier_poll_ready(EventNotifier *e)
{
    /* aio_poll() has accepted it. */
}

/* ---- coroutines */

static void co_schedule_bh_cb(void *opaque)
{
    AioContext *ctx = opaque;
    QSLIST_HEAD(, Coroutine) taken, ordered = QSLIST_HEAD_INITIALIZER(ordered);
    Coroutine *co;

    QSLIST_MOVE_ATOMIC(&taken, &ctx->scheduled_coroutines);
    while ((co = QSLIST_FIRST(&taken))) {
        QSLIST_REMOVE_HEAD(&taken, co_scheduled_next);
        QSLIST_INSERT_HEAD(&ordered, co, co_scheduled_next);
    }
    while ((co = QSLIST_FIRST(&ordered))) {
        QSLIST_REMOVE_HEAD(&ordered, co_scheduled_next);
        trace_aio_co_schedule_bh_cb(ctx, co);
        /* Before it runs, since it may be scheduled again then. */
        qatomic_set(&co->scheduled, NULL);
        qemu_aio_coroutine_enter(ctx, co);
    }
}

void aio_co_schedule(AioContext *ctx, Coroutine *co)
{
    const char *scheduled = qatomic_cmpxchg(&co->scheduled, NULL, __func__);

    trace_aio_co_schedule(ctx, co);
    /* Entering it twice would run one stack in two places. */
    g_assert(!scheduled);

    /* The coroutine may run and drop the last reference of the context right away. */
    aio_context_ref(ctx);
    QSLIST_INSERT_HEAD_ATOMIC(&ctx->scheduled_coroutines, co, co_scheduled_next);
    qemu_bh_schedule(ctx->co_schedule_bh);
    aio_context_unref(ctx);
}

typedef struct AioCoReschedule {
    Coroutine *co;
    AioContext *new_ctx;
} AioCoReschedule;

/* In the old context, after the coroutine has yielded. */
static void reschedule_self_bh(void *opaque)
{
    AioCoReschedule *data = opaque;

    aio_co_schedule(data->new_ctx, data->co);
}

void coroutine_fn aio_co_reschedule_self(AioContext *new_ctx)
{
    AioContext *old_ctx = qemu_get_current_aio_context();
    AioCoReschedule data = {.co = qemu_coroutine_self(), .new_ctx = new_ctx};

    if (old_ctx != new_ctx) {
        /* Not at once: the new thread could enter the coroutine before it has yielded. */
        aio_bh_schedule_oneshot(old_ctx, reschedule_self_bh, &data);
        qemu_coroutine_yield();
    }
}

void aio_co_wake(Coroutine *co)
{
    /* Written before the coroutine yielded; pairs with qemu_aio_coroutine_enter(). */
    smp_read_barrier_depends();
    aio_co_enter(qatomic_read(&co->ctx), co);
}

void aio_co_enter(AioContext *ctx, Coroutine *co)
{
    if (ctx != qemu_get_current_aio_context()) {
        aio_co_schedule(ctx, co);
        return;
    }
    if (qemu_in_coroutine()) {
        Coroutine *self = qemu_coroutine_self();

        g_assert(self != co); /* it runs already */
        QSIMPLEQ_INSERT_TAIL(&self->co_queue_wakeup, co, co_queue_next);
    } else {
        qemu_aio_coroutine_enter(ctx, co);
    }
}

/* ---- life */

AioContext *aio_context_new(Error **errp)
{
    AioContext *ctx = (AioContext *)g_source_new(&aio_source_funcs, sizeof(AioContext));
    int ret;

    /* g_source_new() has zeroed it. */
    ctx->epollfd = -1;
    ret = event_notifier_init(&ctx->notifier, false);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Failed to initialize event notifier");
        g_source_unref(&ctx->source);
        return NULL;
    }
    g_source_set_can_recurse(&ctx->source, TRUE);
    qemu_mutex_init(&ctx->list_lock);
    QSLIST_INIT(&ctx->bh_list);
    QSIMPLEQ_INIT(&ctx->bh_slices);
    QSLIST_INIT(&ctx->scheduled_coroutines);
    timerlistgroup_init(&ctx->tlg, aio_timerlist_notify, ctx);
    ctx->thread_pool_max = THREAD_POOL_MAX_THREADS_DEFAULT;
    aio_context_setup(ctx);
    ctx->co_schedule_bh = aio_bh_new(ctx, co_schedule_bh_cb, ctx);
    aio_set_event_notifier(ctx, &ctx->notifier, notifier_read, notifier_poll, notifier_poll_ready);
    return ctx;
}

void aio_context_ref(AioContext *ctx)
{
    g_source_ref(&ctx->source);
}

void aio_context_unref(AioContext *ctx)
{
    g_source_unref(&ctx->source);
}

QEMUTimerListGroup *aio_context_timer_lists(AioContext *ctx)
{
    return &ctx->tlg;
}

ThreadPool *aio_get_thread_pool(AioContext *ctx)
{
    if (!ctx->thread_pool) {
        ctx->thread_pool = thread_pool_new_aio(ctx);
    }
    return ctx->thread_pool;
}

AioContext *qemu_get_current_aio_context(void)
{
    AioContext *ctx = get_my_aiocontext();

    if (ctx) {
        return ctx;
    }
    /* A vCPU with the BQL acts for the main thread. */
    return bql_locked() ? qemu_get_aio_context() : NULL;
}

void qemu_set_current_aio_context(AioContext *ctx)
{
    g_assert(!get_my_aiocontext()); /* one context for each thread */
    set_my_aiocontext(ctx);
}

bool aio_context_set_thread_pool_params(AioContext *ctx, int64_t min, int64_t max, Error **errp)
{
    if (min < 0 || max <= 0 || min > max || max > INT_MAX) {
        error_setg(errp,
                   "bad thread-pool-min/thread-pool-max values %" PRId64 "/%" PRId64
                   ": must be 0 <= min <= max, max > 0",
                   min, max);
        return false;
    }
    qatomic_set(&ctx->thread_pool_min, min);
    qatomic_set(&ctx->thread_pool_max, max);
    if (ctx->thread_pool) {
        thread_pool_update_params(ctx->thread_pool, ctx);
    }
    return true;
}

void aio_context_get_thread_pool_params(AioContext *ctx, int64_t *min, int64_t *max)
{
    *min = qatomic_read(&ctx->thread_pool_min);
    *max = qatomic_read(&ctx->thread_pool_max);
}

void aio_context_set_aio_params(AioContext *ctx, int64_t max_batch)
{
    qatomic_set(&ctx->aio_max_batch, max_batch);
    aio_notify(ctx);
}

int64_t aio_context_get_max_batch(AioContext *ctx)
{
    return qatomic_read(&ctx->aio_max_batch);
}
