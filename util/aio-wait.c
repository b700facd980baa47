/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting, outside of coroutines, for what event loops do; and request objects. */
#include "qemu/osdep.h"
#include "block/aio-wait.h"

AioWait global_aio_wait;

/* A bottom half that wakes the main thread is on its way; atomic. */
static bool kicked;

/* Running it makes the main thread's aio_poll() return. */
static void kick_bh(void *opaque)
{
    /* Before the condition is looked at: who found it set has changed that before. */
    qatomic_set(&kicked, false);
    smp_mb();
}

void aio_wait_kick(void)
{
    /* Pairs with AIO_WAIT_WHILE(): the condition was changed before this. */
    smp_mb();
    /* One is enough, and a coroutine that never waits may finish a million requests. */
    if (qatomic_read(&global_aio_wait.num_waiters) && !qatomic_read(&kicked) &&
        !qatomic_xchg(&kicked, true)) {
        aio_bh_schedule_oneshot(qemu_get_aio_context(), kick_bh, NULL);
    }
}

typedef struct WaitBH {
    bool done;
    QEMUBHFunc *cb;
    void *opaque;
} WaitBH;

static void wait_bh(void *opaque)
{
    WaitBH *data = opaque;

    data->cb(data->opaque);
    /* From here on @data may be gone. */
    qatomic_store_release(&data->done, true);
    aio_wait_kick();
}

void aio_wait_bh_oneshot(AioContext *ctx, QEMUBHFunc *cb, void *opaque)
{
    WaitBH data = {.cb = cb, .opaque = opaque};

    aio_bh_schedule_oneshot(ctx, wait_bh, &data);
    AIO_WAIT_WHILE(NULL, !qatomic_load_acquire(&data.done));
}

void *qemu_aio_get(const AIOCBInfo *aiocb_info, BlockDriverState *bs, BlockCompletionFunc *cb,
                   void *opaque)
{
    BlockAIOCB *acb = g_malloc(aiocb_info->aiocb_size);

    *acb = (BlockAIOCB){
        .aiocb_info = aiocb_info,
        .bs = bs,
        .cb = cb,
        .opaque = opaque,
        .refcnt = 1,
    };
    return acb;
}

void qemu_aio_ref(void *p)
{
    BlockAIOCB *acb = p;

    acb->refcnt++;
}

void qemu_aio_unref(void *p)
{
    BlockAIOCB *acb = p;

    g_assert(acb->refcnt > 0);
    if (--acb->refcnt == 0) {
        g_free(acb);
    }
}
