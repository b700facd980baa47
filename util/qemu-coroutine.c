/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coroutines: creation, with a pool of used ones, entering and yielding.
 *
 * Finished coroutines keep their stacks and are used again. Each thread has a
 * small pool of its own without locking; whole batches move between it and a
 * common pool, for when one thread creates what another one ends.
 */
#include "qemu/osdep.h"
#include "qemu/coroutine-tls.h"
#include "qemu/coroutine_int.h"
#include "qemu/lockable.h"
#include "block/aio.h"
#include "trace/trace-util.h"

#define POOL_BATCH_MAX 128
/* Of the common pool, plus what block devices ask for. */
#define POOL_INITIAL_MAX 128

typedef struct CoroutineBatch {
    QSLIST_HEAD(, Coroutine) list;
    QSLIST_ENTRY(CoroutineBatch) next;
    unsigned size;
} CoroutineBatch;

typedef struct LocalPool {
    /* One that is used, and one full or empty, so as not to go back and forth. */
    CoroutineBatch *batch[2];
    Notifier cleanup;
} LocalPool;

static QemuMutex global_pool_lock;
static QSLIST_HEAD(, CoroutineBatch) global_pool = QSLIST_HEAD_INITIALIZER(global_pool);
static unsigned global_pool_size;
static unsigned global_pool_max = POOL_INITIAL_MAX;
static unsigned global_pool_hard_max;

QEMU_DEFINE_STATIC_CO_TLS(LocalPool, local_pool)

/*
 * A stack is two mappings, and the host limits mappings per process: more in the
 * pool than half of those would have the next mmap() somewhere else fail.
 */
static unsigned pool_hard_max(void)
{
    g_autofree char *text = NULL;
    int64_t max_map_count = 65530;

    if (g_file_get_contents("/proc/sys/vm/max_map_count", &text, NULL, NULL)) {
        max_map_count = g_ascii_strtoll(text, NULL, 10);
    }
    return MIN(MAX(max_map_count - 5000, 0) / 2 / 2, INT_MAX);
}

static void __attribute__((constructor)) coroutine_pool_init(void)
{
    qemu_mutex_init(&global_pool_lock);
    global_pool_hard_max = pool_hard_max();
}

static void batch_free(CoroutineBatch *batch)
{
    Coroutine *co;

    while ((co = QSLIST_FIRST(&batch->list))) {
        QSLIST_REMOVE_HEAD(&batch->list, pool_next);
        qemu_coroutine_delete(co);
    }
    g_free(batch);
}

static void local_pool_cleanup(Notifier *n, void *value)
{
    LocalPool *pool = container_of(n, LocalPool, cleanup);
    int i;

    for (i = 0; i < ARRAY_SIZE(pool->batch); i++) {
        if (pool->batch[i]) {
            batch_free(pool->batch[i]);
            pool->batch[i] = NULL;
        }
    }
}

static LocalPool *get_pool(void)
{
    LocalPool *pool = get_ptr_local_pool();

    if (unlikely(!pool->cleanup.notify)) {
        pool->cleanup.notify = local_pool_cleanup;
        qemu_thread_atexit_add(&pool->cleanup);
    }
    return pool;
}

static CoroutineBatch *global_pool_get(void)
{
    CoroutineBatch *batch;

    /* Without the lock: an answer that is a moment old does no harm. */
    if (qatomic_read(&global_pool_size) == 0) {
        return NULL;
    }
    QEMU_LOCK_GUARD(&global_pool_lock);
    batch = QSLIST_FIRST(&global_pool);
    if (batch) {
        QSLIST_REMOVE_HEAD(&global_pool, next);
        qatomic_set(&global_pool_size, global_pool_size - batch->size);
    }
    return batch;
}

static void global_pool_put(CoroutineBatch *batch)
{
    WITH_QEMU_LOCK_GUARD(&global_pool_lock)
    {
        if (global_pool_size < MIN(global_pool_max, global_pool_hard_max)) {
            QSLIST_INSERT_HEAD(&global_pool, batch, next);
            qatomic_set(&global_pool_size, global_pool_size + batch->size);
            return;
        }
    }
    batch_free(batch);
}

static Coroutine *pool_get(void)
{
    LocalPool *pool = get_pool();
    CoroutineBatch *batch = pool->batch[0];
    Coroutine *co;

    if (!batch || batch->size == 0) {
        /* An empty first one changes places with the second, or gives way to a common one. */
        if (!pool->batch[1] || pool->batch[1]->size == 0) {
            g_free(pool->batch[1]);
            pool->batch[1] = global_pool_get();
            if (!pool->batch[1]) {
                return NULL;
            }
        }
        pool->batch[0] = pool->batch[1];
        pool->batch[1] = batch;
        batch = pool->batch[0];
    }
    co = QSLIST_FIRST(&batch->list);
    QSLIST_REMOVE_HEAD(&batch->list, pool_next);
    batch->size--;
    return co;
}

static void pool_put(Coroutine *co)
{
    LocalPool *pool = get_pool();
    CoroutineBatch *batch = pool->batch[0];

    if (batch && batch->size == POOL_BATCH_MAX) {
        /* A full first one changes places with the second; a full second one leaves. */
        if (pool->batch[1] && pool->batch[1]->size == POOL_BATCH_MAX) {
            global_pool_put(pool->batch[1]);
            pool->batch[1] = NULL;
        }
        pool->batch[0] = pool->batch[1];
        pool->batch[1] = batch;
        batch = pool->batch[0];
    }
    if (!batch) {
        batch = g_new0(CoroutineBatch, 1);
        pool->batch[0] = batch;
    }
    QSLIST_INSERT_HEAD(&batch->list, co, pool_next);
    batch->size++;
}

void qemu_coroutine_inc_pool_size(unsigned int additional)
{
    QEMU_LOCK_GUARD(&global_pool_lock);
    global_pool_max += additional;
}

void qemu_coroutine_dec_pool_size(unsigned int removing)
{
    QEMU_LOCK_GUARD(&global_pool_lock);
    global_pool_max -= removing;
}

Coroutine *qemu_coroutine_create(CoroutineEntry *entry, void *opaque)
{
    Coroutine *co = pool_get();

    if (!co) {
        co = qemu_coroutine_new();
    }
    co->entry = entry;
    co->entry_arg = opaque;
    QSIMPLEQ_INIT(&co->co_queue_wakeup);
    return co;
}

static void coroutine_end(Coroutine *co)
{
    trace_qemu_coroutine_terminate(co);
    co->caller = NULL;
    pool_put(co);
}

void qemu_aio_coroutine_enter(AioContext *ctx, Coroutine *co)
{
    QSIMPLEQ_HEAD(, Coroutine) pending = QSIMPLEQ_HEAD_INITIALIZER(pending);
    Coroutine *from = qemu_coroutine_self();

    QSIMPLEQ_INSERT_TAIL(&pending, co, co_queue_next);

    /* Whom the coroutine woke is entered from here, so that stacks do not nest. */
    while (!QSIMPLEQ_EMPTY(&pending)) {
        Coroutine *to = QSIMPLEQ_FIRST(&pending);
        CoroutineAction ret;

        QSIMPLEQ_REMOVE_HEAD(&pending, co_queue_next);
        trace_qemu_aio_coroutine_enter(ctx, from, to, to->entry_arg);

        /* A coroutine that is scheduled or running must not be entered as well. */
        g_assert(!qatomic_read(&to->scheduled));
        g_assert(!to->caller);

        to->caller = from;
        to->ctx = ctx;
        /* Pairs with aio_co_wake() in the thread that wakes it next. */
        smp_wmb();

        ret = qemu_coroutine_switch(from, to, COROUTINE_ENTER);

        QSIMPLEQ_PREPEND(&pending, &to->co_queue_wakeup);
        if (ret == COROUTINE_TERMINATE) {
            coroutine_end(to);
        }
    }
}

void qemu_coroutine_enter(Coroutine *co)
{
    qemu_aio_coroutine_enter(qemu_get_current_aio_context(), co);
}

void coroutine_fn qemu_coroutine_yield(void)
{
    Coroutine *self = qemu_coroutine_self();
    Coroutine *to = self->caller;

    trace_qemu_coroutine_yield(self, to);
    g_assert(to); /* in no coroutine */
    self->caller = NULL;
    qemu_coroutine_switch(self, to, COROUTINE_YIELD);
}

bool qemu_coroutine_entered(Coroutine *co)
{
    return co->caller != NULL;
}

void coroutine_trampoline(Coroutine *co)
{
    while (true) {
        co->entry(co->entry_arg);
        qemu_coroutine_switch(co, co->caller, COROUTINE_TERMINATE);
    }
}
