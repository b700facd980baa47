/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of a BlockBackend: checks, waiting while drained, counting; as coroutines, with
 * callback, and waiting. Any thread.
 */
#include "qemu/osdep.h"
#include "blk-internal.h"
#include "block/aio-wait.h"
#include "io-internal.h"
#include "qemu/coroutine-tls.h"
#include "qemu/defer-call.h"

void blk_inc_in_flight(BlockBackend *blk)
{
    qatomic_inc(&blk->in_flight);
}

void blk_dec_in_flight(BlockBackend *blk)
{
    qatomic_dec(&blk->in_flight);
    aio_wait_kick();
}

void coroutine_fn blk_wait_while_drained(BlockBackend *blk)
{
    /* Counted already: either the drain sees us, or we see the drain. */
    smp_mb();
    if (likely(!qatomic_read(&blk->quiesce_counter)) ||
        qatomic_read(&blk->disable_request_queuing)) {
        return;
    }
    qemu_mutex_lock(&blk->queued_requests_lock);
    while (qatomic_read(&blk->quiesce_counter)) {
        blk_dec_in_flight(blk);
        qemu_co_queue_wait(&blk->queued_requests, &blk->queued_requests_lock);
        blk_inc_in_flight(blk);
        smp_mb();
    }
    qemu_mutex_unlock(&blk->queued_requests_lock);
}

static int check_request(BlockBackend *blk, int64_t offset, int64_t bytes)
{
    int64_t len;

    if (bytes < 0 || offset < 0) {
        return -EIO;
    }
    if (!blk_is_available(blk)) {
        return -ENOMEDIUM;
    }
    if (!blk->allow_write_beyond_eof) {
        len = bdrv_getlength(blk_bs(blk));
        if (len < 0) {
            return len;
        }
        if (offset > len || len - offset < bytes) {
            return -EIO;
        }
    }
    return 0;
}

/* A request that may go to the node waits for the limits first. */
static void coroutine_fn wait_for_limits(BlockBackend *blk, bool is_write, int64_t bytes)
{
    if (unlikely(blk->throttle)) {
        throttle_wait(blk->throttle, is_write, bytes);
    }
}

/* ---- in flight already ---- */

static int coroutine_fn do_preadv(BlockBackend *blk, int64_t offset, int64_t bytes,
                                  QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    int ret;

    blk_wait_while_drained(blk);
    ret = check_request(blk, offset, bytes);
    if (ret < 0) {
        return ret;
    }
    wait_for_limits(blk, false, bytes);
    return bdrv_co_preadv_part(blk->root, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn do_pwritev(BlockBackend *blk, int64_t offset, int64_t bytes,
                                   QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    int ret;

    blk_wait_while_drained(blk);
    ret = check_request(blk, offset, bytes);
    if (ret < 0) {
        return ret;
    }
    wait_for_limits(blk, true, bytes);
    if (!blk->enable_write_cache) {
        flags |= BDRV_REQ_FUA;
    }
    if (flags & BDRV_REQ_ZERO_WRITE) {
        return bdrv_co_pwrite_zeroes(blk->root, offset, bytes, flags & ~BDRV_REQ_ZERO_WRITE);
    }
    return bdrv_co_pwritev_part(blk->root, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn do_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes)
{
    int ret;

    blk_wait_while_drained(blk);
    ret = check_request(blk, offset, bytes);
    if (ret < 0) {
        return ret;
    }
    wait_for_limits(blk, true, bytes);
    return bdrv_co_pdiscard(blk->root, offset, bytes);
}

static int coroutine_fn do_flush(BlockBackend *blk)
{
    blk_wait_while_drained(blk);
    return blk_is_available(blk) ? bdrv_co_flush(blk_bs(blk)) : -ENOMEDIUM;
}

static int coroutine_fn do_ioctl(BlockBackend *blk, unsigned long req, void *buf)
{
    blk_wait_while_drained(blk);
    return blk_is_available(blk) ? bdrv_co_ioctl(blk_bs(blk), req, buf) : -ENOMEDIUM;
}

/* ---- coroutines ---- */

#define IN_FLIGHT(call)                                                                            \
    __extension__({                                                                                \
        int ret_;                                                                                  \
        blk_inc_in_flight(blk);                                                                    \
        ret_ = (call);                                                                             \
        blk_dec_in_flight(blk);                                                                    \
        ret_;                                                                                      \
    })

int coroutine_fn blk_co_preadv(BlockBackend *blk, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                               BdrvRequestFlags flags)
{
    return IN_FLIGHT(do_preadv(blk, offset, bytes, qiov, 0, flags));
}

int coroutine_fn blk_co_pwritev_part(BlockBackend *blk, int64_t offset, int64_t bytes,
                                     QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    return IN_FLIGHT(do_pwritev(blk, offset, bytes, qiov, qiov_offset, flags));
}

int coroutine_fn blk_co_pwritev(BlockBackend *blk, int64_t offset, int64_t bytes,
                                QEMUIOVector *qiov, BdrvRequestFlags flags)
{
    return IN_FLIGHT(do_pwritev(blk, offset, bytes, qiov, 0, flags));
}

int coroutine_fn blk_co_pread(BlockBackend *blk, int64_t offset, int64_t bytes, void *buf,
                              BdrvRequestFlags flags)
{
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, bytes);

    return blk_co_preadv(blk, offset, bytes, &qiov, flags);
}

int coroutine_fn blk_co_pwrite(BlockBackend *blk, int64_t offset, int64_t bytes, const void *buf,
                               BdrvRequestFlags flags)
{
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, bytes);

    return blk_co_pwritev(blk, offset, bytes, &qiov, flags);
}

int coroutine_fn blk_co_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes,
                                      BdrvRequestFlags flags)
{
    return IN_FLIGHT(do_pwritev(blk, offset, bytes, NULL, 0, flags | BDRV_REQ_ZERO_WRITE));
}

int coroutine_fn blk_co_pwrite_compressed(BlockBackend *blk, int64_t offset, int64_t bytes,
                                          const void *buf)
{
    return blk_co_pwrite(blk, offset, bytes, buf, BDRV_REQ_WRITE_COMPRESSED);
}

int coroutine_fn blk_co_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes)
{
    return IN_FLIGHT(do_pdiscard(blk, offset, bytes));
}

int coroutine_fn blk_co_flush(BlockBackend *blk)
{
    return IN_FLIGHT(do_flush(blk));
}

int coroutine_fn blk_co_ioctl(BlockBackend *blk, unsigned long req, void *buf)
{
    return IN_FLIGHT(do_ioctl(blk, req, buf));
}

int coroutine_fn blk_co_truncate(BlockBackend *blk, int64_t offset, bool exact,
                                 PreallocMode prealloc, unsigned flags, Error **errp)
{
    if (!blk_is_available(blk)) {
        error_setg(errp, "No medium inserted");
        return -ENOMEDIUM;
    }
    return bdrv_co_truncate(blk->root, offset, exact, prealloc, flags, errp);
}

int coroutine_fn blk_co_copy_range(BlockBackend *blk_in, int64_t off_in, BlockBackend *blk_out,
                                   int64_t off_out, int64_t bytes, BdrvRequestFlags read_flags,
                                   BdrvRequestFlags write_flags)
{
    int ret = check_request(blk_in, off_in, bytes);

    if (ret >= 0) {
        ret = check_request(blk_out, off_out, bytes);
    }
    return ret < 0 ? ret
                   : bdrv_co_copy_range(blk_in->root, off_in, blk_out->root, off_out, bytes,
                                        read_flags, write_flags);
}

/* ---- with callback ---- */

typedef enum AioKind { AIO_READ, AIO_WRITE, AIO_DISCARD, AIO_FLUSH, AIO_IOCTL, AIO_ABORT } AioKind;

typedef struct BlkAio {
    BlockAIOCB common;
    BlockBackend *blk;
    AioKind kind;
    BdrvRequestFlags flags;
    int64_t offset, bytes;
    QEMUIOVector *qiov;
    unsigned long req;
    void *buf;
    int ret;
    bool done;
    bool returned; /* blk_aio_*() has returned to the caller */
    QSIMPLEQ_ENTRY(BlkAio) next;
} BlkAio;

/* Requests of this thread that were done at once: their callbacks come at the end of the batch. */
typedef struct DoneAtOnce {
    QSIMPLEQ_HEAD(, BlkAio) list;
    unsigned num;
} DoneAtOnce;

QEMU_DEFINE_STATIC_CO_TLS(DoneAtOnce, done_at_once)

static const AIOCBInfo blk_aiocb_info = {
    .aiocb_size = sizeof(BlkAio),
};

static void blk_aio_finish(BlkAio *acb)
{
    BlockBackend *blk = acb->blk;

    acb->common.cb(acb->common.opaque, acb->ret);
    blk_dec_in_flight(blk);
    qemu_aio_unref(acb);
}

static void finish_bh(void *opaque)
{
    blk_aio_finish(opaque);
}

static void finish_batch(void *opaque)
{
    DoneAtOnce *d = get_ptr_done_at_once();

    if (d->num > 1) {
        /* A callback that runs an event loop waits for the others, too. */
        defer_call(finish_batch, NULL);
    }
    while (d->num) {
        BlkAio *acb = QSIMPLEQ_FIRST(&d->list);

        QSIMPLEQ_REMOVE_HEAD(&d->list, next);
        d->num--;
        blk_aio_finish(acb);
    }
}

/* The callback never comes before the caller knows of the request. */
static void finish_soon(BlkAio *acb)
{
    DoneAtOnce *d = get_ptr_done_at_once();

    if (!defer_call_in_batch()) {
        aio_bh_schedule_oneshot(qemu_get_current_aio_context(), finish_bh, acb);
        return;
    }
    if (!d->num) {
        QSIMPLEQ_INIT(&d->list);
        defer_call(finish_batch, NULL);
    }
    QSIMPLEQ_INSERT_TAIL(&d->list, acb, next);
    d->num++;
}

static int coroutine_fn blk_aio_run(BlkAio *acb)
{
    switch (acb->kind) {
    case AIO_READ:
        return do_preadv(acb->blk, acb->offset, acb->bytes, acb->qiov, 0, acb->flags);
    case AIO_WRITE:
        return do_pwritev(acb->blk, acb->offset, acb->bytes, acb->qiov, 0, acb->flags);
    case AIO_DISCARD:
        return do_pdiscard(acb->blk, acb->offset, acb->bytes);
    case AIO_FLUSH:
        return do_flush(acb->blk);
    case AIO_IOCTL:
        return do_ioctl(acb->blk, acb->req, acb->buf);
    case AIO_ABORT:
        return acb->ret;
    }
    return -EINVAL;
}

static void coroutine_fn blk_aio_entry(void *opaque)
{
    BlkAio *acb = opaque;

    acb->ret = blk_aio_run(acb);
    acb->done = true;
    if (acb->returned) {
        blk_aio_finish(acb);
    }
}

static BlockAIOCB *blk_aio_start(BlockBackend *blk, AioKind kind, int64_t offset, int64_t bytes,
                                 QEMUIOVector *qiov, BdrvRequestFlags flags, unsigned long req,
                                 void *buf, BlockCompletionFunc *cb, void *opaque)
{
    BlkAio *acb = qemu_aio_get(&blk_aiocb_info, NULL, cb, opaque);

    blk_inc_in_flight(blk);
    acb->blk = blk;
    acb->kind = kind;
    acb->offset = offset;
    acb->bytes = bytes;
    acb->qiov = qiov;
    acb->flags = flags;
    acb->req = req;
    acb->buf = buf;
    acb->ret = kind == AIO_ABORT ? (int)offset : -EINPROGRESS;
    acb->done = acb->returned = false;
    qemu_coroutine_enter(qemu_coroutine_create(blk_aio_entry, acb));
    acb->returned = true;
    if (acb->done) {
        finish_soon(acb);
    }
    return &acb->common;
}

BlockAIOCB *blk_aio_preadv(BlockBackend *blk, int64_t offset, QEMUIOVector *qiov,
                           BdrvRequestFlags flags, BlockCompletionFunc *cb, void *opaque)
{
    return blk_aio_start(blk, AIO_READ, offset, qiov->size, qiov, flags, 0, NULL, cb, opaque);
}

BlockAIOCB *blk_aio_pwritev(BlockBackend *blk, int64_t offset, QEMUIOVector *qiov,
                            BdrvRequestFlags flags, BlockCompletionFunc *cb, void *opaque)
{
    return blk_aio_start(blk, AIO_WRITE, offset, qiov->size, qiov, flags, 0, NULL, cb, opaque);
}

BlockAIOCB *blk_aio_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes,
                                  BdrvRequestFlags flags, BlockCompletionFunc *cb, void *opaque)
{
    return blk_aio_start(blk, AIO_WRITE, offset, bytes, NULL, flags | BDRV_REQ_ZERO_WRITE, 0, NULL,
                         cb, opaque);
}

BlockAIOCB *blk_aio_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes,
                             BlockCompletionFunc *cb, void *opaque)
{
    return blk_aio_start(blk, AIO_DISCARD, offset, bytes, NULL, 0, 0, NULL, cb, opaque);
}

BlockAIOCB *blk_aio_flush(BlockBackend *blk, BlockCompletionFunc *cb, void *opaque)
{
    return blk_aio_start(blk, AIO_FLUSH, 0, 0, NULL, 0, 0, NULL, cb, opaque);
}

BlockAIOCB *blk_aio_ioctl(BlockBackend *blk, unsigned long req, void *buf, BlockCompletionFunc *cb,
                          void *opaque)
{
    return blk_aio_start(blk, AIO_IOCTL, 0, 0, NULL, 0, req, buf, cb, opaque);
}

BlockAIOCB *blk_abort_aio_request(BlockBackend *blk, BlockCompletionFunc *cb, void *opaque, int ret)
{
    return blk_aio_start(blk, AIO_ABORT, ret, 0, NULL, 0, 0, NULL, cb, opaque);
}

void blk_aio_cancel_async(BlockAIOCB *acb)
{
    if (acb->aiocb_info->cancel_async) {
        acb->aiocb_info->cancel_async(acb);
    }
}

/* ---- waiting ---- */

typedef struct Args {
    BlockBackend *blk;
    int64_t offset, bytes;
    QEMUIOVector *qiov;
    BdrvRequestFlags flags;
    unsigned long req;
    void *buf;
    bool exact;
    PreallocMode prealloc;
    unsigned tflags;
    Error **errp;
} Args;

#define WRAP(name, expr)                                                                           \
    static int coroutine_fn call_##name(void *opaque)                                              \
    {                                                                                              \
        Args *a = opaque;                                                                          \
        return expr;                                                                               \
    }
#define CALL(name) bdrv_run_co(NULL, call_##name, &args)

WRAP(preadv, blk_co_preadv(a->blk, a->offset, a->bytes, a->qiov, a->flags))
WRAP(pwritev, blk_co_pwritev(a->blk, a->offset, a->bytes, a->qiov, a->flags))
WRAP(pwrite_zeroes, blk_co_pwrite_zeroes(a->blk, a->offset, a->bytes, a->flags))
WRAP(pdiscard, blk_co_pdiscard(a->blk, a->offset, a->bytes))
WRAP(flush, blk_co_flush(a->blk))
WRAP(ioctl, blk_co_ioctl(a->blk, a->req, a->buf))
WRAP(truncate, blk_co_truncate(a->blk, a->offset, a->exact, a->prealloc, a->tflags, a->errp))

int blk_preadv(BlockBackend *blk, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
               BdrvRequestFlags flags)
{
    Args args = {.blk = blk, .offset = offset, .bytes = bytes, .qiov = qiov, .flags = flags};

    return CALL(preadv);
}

int blk_pwritev(BlockBackend *blk, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                BdrvRequestFlags flags)
{
    Args args = {.blk = blk, .offset = offset, .bytes = bytes, .qiov = qiov, .flags = flags};

    return CALL(pwritev);
}

int blk_pread(BlockBackend *blk, int64_t offset, int64_t bytes, void *buf, BdrvRequestFlags flags)
{
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, bytes);

    return blk_preadv(blk, offset, bytes, &qiov, flags);
}

int blk_pwrite(BlockBackend *blk, int64_t offset, int64_t bytes, const void *buf,
               BdrvRequestFlags flags)
{
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, bytes);

    return blk_pwritev(blk, offset, bytes, &qiov, flags);
}

int blk_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes, BdrvRequestFlags flags)
{
    Args args = {.blk = blk, .offset = offset, .bytes = bytes, .flags = flags};

    return CALL(pwrite_zeroes);
}

int blk_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes)
{
    Args args = {.blk = blk, .offset = offset, .bytes = bytes};

    return CALL(pdiscard);
}

int blk_flush(BlockBackend *blk)
{
    Args args = {.blk = blk};

    return CALL(flush);
}

int blk_ioctl(BlockBackend *blk, unsigned long req, void *buf)
{
    Args args = {.blk = blk, .req = req, .buf = buf};

    return CALL(ioctl);
}

int blk_truncate(BlockBackend *blk, int64_t offset, bool exact, PreallocMode prealloc,
                 unsigned flags, Error **errp)
{
    Args args = {.blk = blk,
                 .offset = offset,
                 .exact = exact,
                 .prealloc = prealloc,
                 .tflags = flags,
                 .errp = errp};

    return CALL(truncate);
}

int blk_save_vmstate(BlockBackend *blk, const uint8_t *buf, int64_t pos, int size)
{
    int ret;

    if (!blk_is_available(blk)) {
        return -ENOMEDIUM;
    }
    ret = bdrv_save_vmstate(blk_bs(blk), buf, pos, size);
    if (ret >= 0 && !blk->enable_write_cache) {
        int r = bdrv_flush(blk_bs(blk));

        ret = r < 0 ? r : ret;
    }
    return ret;
}

int blk_load_vmstate(BlockBackend *blk, uint8_t *buf, int64_t pos, int size)
{
    return blk_is_available(blk) ? bdrv_load_vmstate(blk_bs(blk), buf, pos, size) : -ENOMEDIUM;
}
