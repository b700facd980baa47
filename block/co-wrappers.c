/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests that wait. In a coroutine they are the coroutine functions themselves; outside, one is
 * started and the thread's event loop runs until it has ended.
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "block/block-backend.h"
#include "block/block_int.h"
#include "io-internal.h"
#include "qemu/main-loop.h"

typedef struct Workers {
    BdrvCoFunc *fn;
    void *opaque;
    unsigned running;
    int ret;
} Workers;

static void coroutine_fn worker_entry(void *opaque)
{
    Workers *w = opaque;
    int ret = w->fn(w->opaque);

    w->ret = w->ret < 0 ? w->ret : ret;
    w->running--;
    aio_wait_kick();
}

int bdrv_run_workers(unsigned num, BdrvCoFunc *fn, void *opaque)
{
    Workers w = {.fn = fn, .opaque = opaque, .running = num};

    for (unsigned i = 0; i < num; i++) {
        qemu_coroutine_enter(qemu_coroutine_create(worker_entry, &w));
    }
    AIO_WAIT_WHILE(qemu_get_current_aio_context(), w.running);
    return w.ret;
}

int bdrv_run_co(BlockDriverState *bs, BdrvCoFunc *fn, void *opaque)
{
    return qemu_in_coroutine() ? fn(opaque) : bdrv_run_workers(1, fn, opaque);
}

/* The arguments of any of these. */
typedef struct Args {
    BdrvChild *child;
    BlockDriverState *bs, *base;
    int64_t offset, bytes;
    QEMUIOVector *qiov;
    BdrvRequestFlags flags;
    bool exact, include_base, want_zero;
    PreallocMode prealloc;
    unsigned tflags;
    int64_t *pnum, *map;
    BlockDriverState **file;
    int *depth;
    BlockDriverInfo *bdi;
    BdrvCheckResult *res;
    BdrvCheckMode fix;
    int64_t result;
    Error **errp;
} Args;

#define CALL(bs_, name) bdrv_run_co((bs_), call_##name, &args)
#define WRAP(name, expr)                                                                           \
    static int coroutine_fn call_##name(void *opaque)                                              \
    {                                                                                              \
        Args *a = opaque;                                                                          \
        return expr;                                                                               \
    }

WRAP(preadv, bdrv_co_preadv(a->child, a->offset, a->bytes, a->qiov, a->flags))
WRAP(pwritev, bdrv_co_pwritev(a->child, a->offset, a->bytes, a->qiov, a->flags))
WRAP(pwrite_zeroes, bdrv_co_pwrite_zeroes(a->child, a->offset, a->bytes, a->flags))
WRAP(pdiscard, bdrv_co_pdiscard(a->child, a->offset, a->bytes))
WRAP(flush, bdrv_co_flush(a->bs))
WRAP(truncate, bdrv_co_truncate(a->child, a->offset, a->exact, a->prealloc, a->tflags, a->errp))
WRAP(status,
     bdrv_co_common_block_status_above(a->bs, a->base, a->include_base, a->want_zero, a->offset,
                                       a->bytes, a->pnum, a->map, a->file, a->depth))
WRAP(is_allocated, bdrv_co_is_allocated(a->bs, a->offset, a->bytes, a->pnum))
WRAP(is_allocated_above,
     bdrv_co_is_allocated_above(a->bs, a->base, a->include_base, a->offset, a->bytes, a->pnum))
WRAP(get_info, bdrv_co_get_info(a->bs, a->bdi))
WRAP(check, bdrv_co_check(a->bs, a->res, a->fix))
WRAP(getlength, ((a->result = bdrv_co_getlength(a->bs)), 0))
WRAP(allocated_size, ((a->result = bdrv_co_get_allocated_file_size(a->bs)), 0))
WRAP(refresh_total, bdrv_co_refresh_total_bytes(a->bs, a->bs->total_bytes))
WRAP(load_vmstate, a->bs->drv->bdrv_co_load_vmstate(a->bs, a->qiov, a->offset))
WRAP(save_vmstate, a->bs->drv->bdrv_co_save_vmstate(a->bs, a->qiov, a->offset))

int bdrv_preadv(BdrvChild *child, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                BdrvRequestFlags flags)
{
    Args args = {.child = child, .offset = offset, .bytes = bytes, .qiov = qiov, .flags = flags};

    return CALL(child->bs, preadv);
}

int bdrv_pwritev(BdrvChild *child, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                 BdrvRequestFlags flags)
{
    Args args = {.child = child, .offset = offset, .bytes = bytes, .qiov = qiov, .flags = flags};

    return CALL(child->bs, pwritev);
}

int bdrv_pread(BdrvChild *child, int64_t offset, int64_t bytes, void *buf, BdrvRequestFlags flags)
{
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, bytes);

    return bdrv_preadv(child, offset, bytes, &qiov, flags);
}

int bdrv_pwrite(BdrvChild *child, int64_t offset, int64_t bytes, const void *buf,
                BdrvRequestFlags flags)
{
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, bytes);

    return bdrv_pwritev(child, offset, bytes, &qiov, flags);
}

int bdrv_pwrite_sync(BdrvChild *child, int64_t offset, int64_t bytes, const void *buf,
                     BdrvRequestFlags flags)
{
    int ret = bdrv_pwrite(child, offset, bytes, buf, flags);

    return ret < 0 ? ret : bdrv_flush(child->bs);
}

int bdrv_pwrite_zeroes(BdrvChild *child, int64_t offset, int64_t bytes, BdrvRequestFlags flags)
{
    Args args = {.child = child, .offset = offset, .bytes = bytes, .flags = flags};

    return CALL(child->bs, pwrite_zeroes);
}

int bdrv_pdiscard(BdrvChild *child, int64_t offset, int64_t bytes)
{
    Args args = {.child = child, .offset = offset, .bytes = bytes};

    return CALL(child->bs, pdiscard);
}

int bdrv_flush(BlockDriverState *bs)
{
    Args args = {.bs = bs};

    return CALL(bs, flush);
}

int bdrv_truncate(BdrvChild *child, int64_t offset, bool exact, PreallocMode prealloc,
                  unsigned flags, Error **errp)
{
    Args args = {.child = child,
                 .offset = offset,
                 .exact = exact,
                 .prealloc = prealloc,
                 .tflags = flags,
                 .errp = errp};

    return CALL(child->bs, truncate);
}

int bdrv_common_block_status_above(BlockDriverState *bs, BlockDriverState *base, bool include_base,
                                   bool want_zero, int64_t offset, int64_t bytes, int64_t *pnum,
                                   int64_t *map, BlockDriverState **file, int *depth)
{
    Args args = {.bs = bs,
                 .base = base,
                 .include_base = include_base,
                 .want_zero = want_zero,
                 .offset = offset,
                 .bytes = bytes,
                 .pnum = pnum,
                 .map = map,
                 .file = file,
                 .depth = depth};

    return CALL(bs, status);
}

int bdrv_block_status_above(BlockDriverState *bs, BlockDriverState *base, int64_t offset,
                            int64_t bytes, int64_t *pnum, int64_t *map, BlockDriverState **file)
{
    return bdrv_common_block_status_above(bs, base, false, true, offset, bytes, pnum, map, file,
                                          NULL);
}

int bdrv_block_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *pnum,
                      int64_t *map, BlockDriverState **file)
{
    return bdrv_block_status_above(bs, bdrv_filter_or_cow_bs(bs), offset, bytes, pnum, map, file);
}

int bdrv_is_allocated(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *pnum)
{
    Args args = {.bs = bs, .offset = offset, .bytes = bytes, .pnum = pnum};

    return CALL(bs, is_allocated);
}

int bdrv_is_allocated_above(BlockDriverState *bs, BlockDriverState *base, bool include_base,
                            int64_t offset, int64_t bytes, int64_t *pnum)
{
    Args args = {.bs = bs,
                 .base = base,
                 .include_base = include_base,
                 .offset = offset,
                 .bytes = bytes,
                 .pnum = pnum};

    return CALL(bs, is_allocated_above);
}

int bdrv_get_info(BlockDriverState *bs, BlockDriverInfo *bdi)
{
    Args args = {.bs = bs, .bdi = bdi};

    return CALL(bs, get_info);
}

int bdrv_check(BlockDriverState *bs, BdrvCheckResult *res, BdrvCheckMode fix)
{
    Args args = {.bs = bs, .res = res, .fix = fix};

    return CALL(bs, check);
}

int64_t bdrv_getlength(BlockDriverState *bs)
{
    Args args = {.bs = bs};

    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (likely(!bs->bl.has_variable_length)) {
        return qatomic_read(&bs->total_bytes);
    }
    CALL(bs, getlength);
    return args.result;
}

int64_t bdrv_nb_sectors(BlockDriverState *bs)
{
    int64_t length = bdrv_getlength(bs);

    return length < 0 ? length : length / (int64_t)BDRV_SECTOR_SIZE;
}

int64_t bdrv_get_allocated_file_size(BlockDriverState *bs)
{
    Args args = {.bs = bs};

    CALL(bs, allocated_size);
    return args.result;
}

int bdrv_refresh_total_bytes(BlockDriverState *bs)
{
    Args args = {.bs = bs};

    return CALL(bs, refresh_total);
}

/* ---- machine state: down filters to who can store it ---- */

static BlockDriverState *vmstate_bs(BlockDriverState *bs, bool save)
{
    while (bs && bs->drv) {
        if (save ? bs->drv->bdrv_co_save_vmstate : bs->drv->bdrv_co_load_vmstate) {
            return bs;
        }
        bs = bdrv_primary_bs(bs);
    }
    return NULL;
}

int bdrv_readv_vmstate(BlockDriverState *bs, QEMUIOVector *qiov, int64_t pos)
{
    Args args = {.bs = vmstate_bs(bs, false), .qiov = qiov, .offset = pos};

    return args.bs ? CALL(args.bs, load_vmstate) : -ENOTSUP;
}

int bdrv_writev_vmstate(BlockDriverState *bs, QEMUIOVector *qiov, int64_t pos)
{
    Args args = {.bs = vmstate_bs(bs, true), .qiov = qiov, .offset = pos};

    return args.bs ? CALL(args.bs, save_vmstate) : -ENOTSUP;
}

int bdrv_save_vmstate(BlockDriverState *bs, const uint8_t *buf, int64_t pos, int size)
{
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, size);
    int ret = bdrv_writev_vmstate(bs, &qiov, pos);

    return ret < 0 ? ret : size;
}

int bdrv_load_vmstate(BlockDriverState *bs, uint8_t *buf, int64_t pos, int size)
{
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, size);
    int ret = bdrv_readv_vmstate(bs, &qiov, pos);

    return ret < 0 ? ret : size;
}
