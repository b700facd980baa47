/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Worker threads of an AioContext.
 *
 * A worker is started when a request finds none idle, up to the maximum; above
 * the minimum it ends when nothing came for a while. Completions are collected
 * on a list that a bottom half of the context empties.
 */
#include "qemu/osdep.h"
#include "block/thread-pool.h"
#include "qemu/coroutine.h"
#include "qemu/defer-call.h"
#include "qemu/lockable.h"
#include "trace/trace-util.h"

#define IDLE_MS 10000

typedef enum {
    REQ_QUEUED,
    REQ_ACTIVE,
    REQ_DONE,
} ReqState;

typedef struct PoolRequest {
    BlockAIOCB common;
    ThreadPool *pool;
    ThreadPoolFunc *func;
    void *arg;
    int ret;
    ReqState state;                    /* pool->lock; who is done does not say so here */
    QSIMPLEQ_ENTRY(PoolRequest) next;  /* pool->queued or pool->completing */
    QSLIST_ENTRY(PoolRequest) is_done; /* pool->done */
} PoolRequest;

typedef QSIMPLEQ_HEAD(RequestQueue, PoolRequest) RequestQueue;

struct ThreadPool {
    AioContext *ctx;
    QEMUBH *completion_bh;
    /* Added to by workers, atomically, the last one first; the home thread takes all of it. */
    QSLIST_HEAD(, PoolRequest) done;
    RequestQueue completing; /* home thread */

    /* The rest, unless noted. */
    QemuMutex lock;
    QemuCond request_cond;
    QemuCond worker_stopped;
    RequestQueue queued;
    unsigned num_queued;
    int cur_threads;
    int idle_threads;
    int woken; /* of those: who were signalled and do not run yet */
    int min_threads;
    int max_threads;
    bool stopping;
    unsigned pending; /* submitted, not completed; home thread */
};

/* Any thread. The home thread, which this wakes up, may complete and free it at once. */
static void request_done(ThreadPool *pool, PoolRequest *req, int ret)
{
    req->ret = ret;
    QSLIST_INSERT_HEAD_ATOMIC(&pool->done, req, is_done);
    qemu_bh_schedule(pool->completion_bh);
}

/* Lock held. How many idle workers, @max at most, are to be signalled for what is queued. */
static unsigned to_wake(ThreadPool *pool, unsigned max)
{
    int n = MIN(pool->idle_threads, (int)pool->num_queued) - pool->woken;

    n = MIN(n, (int)max);
    pool->woken += MAX(n, 0);
    return MAX(n, 0);
}

static void wake(ThreadPool *pool, unsigned n)
{
    for (; n; n--) {
        qemu_cond_signal(&pool->request_cond);
    }
}

/*
 * Lock held, dropped while @req runs: nobody waits for it who is woken up by its end, or by us.
 * Workers wake each other up, each of them two: a batch of requests is under way soon, and if they
 * are short, those who run are through with them before many were woken.
 */
static void run_request(ThreadPool *pool, PoolRequest *req)
{
    unsigned n = to_wake(pool, 2);

    req->state = REQ_ACTIVE;
    qemu_mutex_unlock(&pool->lock);
    wake(pool, n);
    request_done(pool, req, req->func(req->arg));
    qemu_mutex_lock(&pool->lock);
}

static void *worker_thread(void *opaque)
{
    ThreadPool *pool = opaque;

    qemu_mutex_lock(&pool->lock);
    while (!pool->stopping && pool->cur_threads <= pool->max_threads) {
        PoolRequest *req = QSIMPLEQ_FIRST(&pool->queued);

        if (req) {
            QSIMPLEQ_REMOVE_HEAD(&pool->queued, next);
            pool->num_queued--;
            run_request(pool, req);
        } else {
            bool in_time;

            pool->idle_threads++;
            in_time = qemu_cond_timedwait(&pool->request_cond, &pool->lock, IDLE_MS);
            pool->idle_threads--;
            pool->woken = MAX(pool->woken - 1, 0);
            if (!in_time && QSIMPLEQ_EMPTY(&pool->queued) &&
                pool->cur_threads > pool->min_threads) {
                break;
            }
        }
    }
    pool->cur_threads--;
    qemu_cond_signal(&pool->worker_stopped);
    /* Whoever waits for room may have been woken for nothing by our end. */
    qemu_cond_signal(&pool->request_cond);
    qemu_mutex_unlock(&pool->lock);
    return NULL;
}

/* Lock held. */
static void start_worker(ThreadPool *pool)
{
    QemuThread t;

    pool->cur_threads++;
    qemu_thread_create(&t, "worker", worker_thread, pool, QEMU_THREAD_DETACHED);
}

static void complete_request(ThreadPool *pool, PoolRequest *req)
{
    trace_thread_pool_complete_aio(pool, req, req->common.opaque, req->ret);
    pool->pending--;
    if (req->common.cb) {
        req->common.cb(req->common.opaque, req->ret);
    }
    qemu_aio_unref(req);
}

/* What workers have done goes behind what waits already, in the order in which they did it. */
static void take_done(ThreadPool *pool)
{
    QSLIST_HEAD(, PoolRequest) list;
    RequestQueue sorted = QSIMPLEQ_HEAD_INITIALIZER(sorted);
    PoolRequest *req, *next;

    QSLIST_MOVE_ATOMIC(&list, &pool->done);
    QSLIST_FOREACH_SAFE (req, &list, is_done, next) {
        QSIMPLEQ_INSERT_HEAD(&sorted, req, next);
    }
    QSIMPLEQ_CONCAT(&pool->completing, &sorted);
}

static void completion_bh_cb(void *opaque)
{
    ThreadPool *pool = opaque;
    PoolRequest *req;

    take_done(pool);
    defer_call_begin();
    while ((req = QSIMPLEQ_FIRST(&pool->completing))) {
        QSIMPLEQ_REMOVE_HEAD(&pool->completing, next);
        /* A callback that waits in aio_poll() must get the others' completions. */
        if (!QSIMPLEQ_EMPTY(&pool->completing)) {
            qemu_bh_schedule(pool->completion_bh);
        }
        complete_request(pool, req);
    }
    defer_call_end();
}

static void cancel_request(BlockAIOCB *acb)
{
    PoolRequest *req = (PoolRequest *)acb;
    ThreadPool *pool = req->pool;

    trace_thread_pool_cancel_aio(req, req->common.opaque);
    QEMU_LOCK_GUARD(&pool->lock);
    if (req->state == REQ_QUEUED) {
        QSIMPLEQ_REMOVE(&pool->queued, req, PoolRequest, next);
        pool->num_queued--;
        req->state = REQ_DONE;
        request_done(pool, req, -ECANCELED);
    }
}

static const AIOCBInfo pool_aiocb_info = {
    .aiocb_size = sizeof(PoolRequest),
    .cancel_async = cancel_request,
};

BlockAIOCB *thread_pool_submit_aio(ThreadPoolFunc *func, void *arg, BlockCompletionFunc *cb,
                                   void *opaque)
{
    AioContext *ctx = qemu_get_current_aio_context();
    ThreadPool *pool;
    PoolRequest *req;
    unsigned n;

    g_assert(ctx); /* this thread runs no event loop */
    pool = aio_get_thread_pool(ctx);
    req = qemu_aio_get(&pool_aiocb_info, NULL, cb, opaque);
    req->func = func;
    req->arg = arg;
    req->state = REQ_QUEUED;
    req->pool = pool;
    req->ret = -EINPROGRESS;
    pool->pending++;
    trace_thread_pool_submit_aio(pool, req, arg);

    qemu_mutex_lock(&pool->lock);
    QSIMPLEQ_INSERT_TAIL(&pool->queued, req, next);
    pool->num_queued++;
    /* Who is idle has a request to look after, which may take long. */
    if ((int)pool->num_queued > pool->idle_threads && pool->cur_threads < pool->max_threads) {
        start_worker(pool);
    }
    /* A new worker, all that run, and who is woken already look at the queue before they wait. */
    n = pool->woken ? 0 : to_wake(pool, 1);
    qemu_mutex_unlock(&pool->lock);
    /* Not while it would have to wait for the lock at once. */
    wake(pool, n);
    return &req->common;
}

typedef struct PoolCo {
    Coroutine *co;
    int ret;
} PoolCo;

static void wake_co(void *opaque, int ret)
{
    PoolCo *pc = opaque;

    pc->ret = ret;
    aio_co_wake(pc->co);
}

int coroutine_fn thread_pool_submit_co(ThreadPoolFunc *func, void *arg)
{
    PoolCo pc = {.co = qemu_coroutine_self(), .ret = -EINPROGRESS};

    g_assert(qemu_in_coroutine());
    thread_pool_submit_aio(func, arg, wake_co, &pc);
    qemu_coroutine_yield();
    return pc.ret;
}

void thread_pool_submit(ThreadPoolFunc *func, void *arg)
{
    thread_pool_submit_aio(func, arg, NULL, NULL);
}

void thread_pool_update_params(ThreadPool *pool, AioContext *ctx)
{
    int64_t min, max;
    int i;

    aio_context_get_thread_pool_params(ctx, &min, &max);
    QEMU_LOCK_GUARD(&pool->lock);
    pool->min_threads = min;
    pool->max_threads = max;
    /* The minimum exists from now on; too many go by themselves when they wake up. */
    for (i = pool->cur_threads; i < pool->min_threads; i++) {
        start_worker(pool);
    }
    for (i = pool->cur_threads; i > pool->max_threads; i--) {
        qemu_cond_signal(&pool->request_cond);
    }
}

ThreadPool *thread_pool_new_aio(AioContext *ctx)
{
    ThreadPool *pool = g_new0(ThreadPool, 1);

    pool->ctx = ctx;
    pool->completion_bh = aio_bh_new(ctx, completion_bh_cb, pool);
    qemu_mutex_init(&pool->lock);
    qemu_cond_init(&pool->request_cond);
    qemu_cond_init(&pool->worker_stopped);
    QSIMPLEQ_INIT(&pool->queued);
    QSLIST_INIT(&pool->done);
    QSIMPLEQ_INIT(&pool->completing);
    thread_pool_update_params(pool, ctx);
    return pool;
}

void thread_pool_free_aio(ThreadPool *pool)
{
    if (!pool) {
        return;
    }
    g_assert(pool->pending == 0); /* the callbacks would use freed memory */
    qemu_mutex_lock(&pool->lock);
    pool->stopping = true;
    qemu_cond_broadcast(&pool->request_cond);
    while (pool->cur_threads > 0) {
        qemu_cond_wait(&pool->worker_stopped, &pool->lock);
    }
    qemu_mutex_unlock(&pool->lock);

    qemu_bh_delete(pool->completion_bh);
    qemu_cond_destroy(&pool->worker_stopped);
    qemu_cond_destroy(&pool->request_cond);
    qemu_mutex_destroy(&pool->lock);
    g_free(pool);
}
