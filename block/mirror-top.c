/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter over the source of a mirror. It passes requests on; in the mode write-blocking it
 * makes the target equal before a write ends. Any thread.
 */
#include "qemu/osdep.h"
#include "mirror-internal.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"

typedef struct MirrorTop {
    MirrorJob *job; /* NULL: none; changed while drained */
    bool is_commit;
    bool stopped;
} MirrorTop;

void coroutine_fn mirror_op_begin(MirrorJob *s, MirrorOp *op, int64_t offset, int64_t bytes)
{
    MirrorOp *other;

    op->offset = QEMU_ALIGN_DOWN(offset, s->granularity);
    op->bytes = QEMU_ALIGN_UP(offset + bytes, s->granularity) - op->offset;
    qemu_co_queue_init(&op->waiters);
again:
    QLIST_FOREACH (other, &s->ops, next) {
        if (other->offset < op->offset + op->bytes && op->offset < other->offset + other->bytes) {
            qemu_co_queue_wait(&other->waiters, &s->lock);
            goto again;
        }
    }
    QLIST_INSERT_HEAD(&s->ops, op, next);
}

void coroutine_fn mirror_op_end(MirrorJob *s, MirrorOp *op)
{
    QLIST_REMOVE(op, next);
    qemu_co_queue_restart_all(&op->waiters);
}

/* ---- write-blocking ---- */

typedef enum TopKind { TOP_WRITE, TOP_ZEROES, TOP_DISCARD } TopKind;

static int coroutine_fn write_source(BlockDriverState *bs, TopKind kind, int64_t offset,
                                     int64_t bytes, QEMUIOVector *qiov, size_t qiov_offset,
                                     BdrvRequestFlags flags)
{
    switch (kind) {
    case TOP_WRITE:
        return bdrv_co_pwritev_part(bs->backing, offset, bytes, qiov, qiov_offset, flags);
    case TOP_ZEROES:
        return bdrv_co_pwrite_zeroes(bs->backing, offset, bytes, flags);
    case TOP_DISCARD:
        return bdrv_co_pdiscard(bs->backing, offset, bytes);
    }
    return -EINVAL;
}

static int coroutine_fn write_target(MirrorJob *s, TopKind kind, int64_t offset, int64_t bytes,
                                     QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    switch (kind) {
    case TOP_WRITE:
        return blk_co_pwritev_part(s->target, offset, bytes, qiov, qiov_offset,
                                   flags & BDRV_REQ_FUA);
    case TOP_ZEROES:
        return blk_co_pwrite_zeroes(s->target, offset, bytes,
                                    flags & (BDRV_REQ_FUA | BDRV_REQ_MAY_UNMAP));
    case TOP_DISCARD:
        return blk_co_pdiscard(s->target, offset, bytes);
    }
    return -EINVAL;
}

/*
 * Was the cluster at @offset equal on both sides? Where images below stand for what was not copied,
 * a clean one may be not there at all.
 */
static bool is_clean(MirrorJob *s, int64_t offset)
{
    return !s->base && !s->copies_nothing && !bdrv_dirty_bitmap_get(s->bitmap, offset);
}

static void enter_job_bh(void *opaque)
{
    MirrorJob *s = opaque;

    job_enter(&s->common.job);
    job_unref(&s->common.job);
}

static void tell_error(MirrorJob *s, int ret)
{
    qatomic_cmpxchg(&s->active_error, 0, ret);
    job_ref(&s->common.job);
    aio_bh_schedule_oneshot(qemu_get_aio_context(), enter_job_bh, s);
}

static int coroutine_fn write_both(BlockDriverState *bs, MirrorJob *s, TopKind kind, int64_t offset,
                                   int64_t bytes, QEMUIOVector *qiov, size_t qiov_offset,
                                   BdrvRequestFlags flags)
{
    int64_t end = offset + bytes, gran = s->granularity;
    int64_t first, last;
    bool head_clean, tail_clean;
    MirrorOp op;
    int ret, target_ret;

    qemu_mutex_lock(&s->lock);
    mirror_op_begin(s, &op, offset, bytes);
    qemu_mutex_unlock(&s->lock);
    first = op.offset;
    last = op.offset + op.bytes;
    head_clean = offset == first || is_clean(s, first);
    tail_clean = end == last || end >= s->length || is_clean(s, last - gran);
    /* A cluster of which the rest is old on the target stays dirty. */
    first += head_clean ? 0 : gran;
    last -= tail_clean ? 0 : gran;
    ret = write_source(bs, kind, offset, bytes, qiov, qiov_offset, flags);
    if (ret >= 0) {
        target_ret = write_target(s, kind, offset, bytes, qiov, qiov_offset, flags);
        if (target_ret < 0) {
            /* It is dirty, so the job tries again; the guest has nothing to do with that. */
            tell_error(s, target_ret);
        } else if (first < last && kind != TOP_DISCARD) {
            bdrv_reset_dirty_bitmap(s->bitmap, first, MIN(last, s->length) - first);
        }
    }
    qemu_mutex_lock(&s->lock);
    mirror_op_end(s, &op);
    qemu_mutex_unlock(&s->lock);
    return ret;
}

static int coroutine_fn top_request(BlockDriverState *bs, TopKind kind, int64_t offset,
                                    int64_t bytes, QEMUIOVector *qiov, size_t qiov_offset,
                                    BdrvRequestFlags flags)
{
    MirrorTop *top = bs->opaque;
    MirrorJob *s = top->job;
    QEMU_AUTO_VFREE void *copy = NULL;
    QEMUIOVector local;

    if (!s || !bytes || !qatomic_read(&s->write_blocking)) {
        return write_source(bs, kind, offset, bytes, qiov, qiov_offset, flags);
    }
    if (kind == TOP_WRITE) {
        /* The guest may change its buffer between the two writes. */
        copy = qemu_try_blockalign(bs, bytes);
        if (!copy) {
            return -ENOMEM;
        }
        qemu_iovec_to_buf(qiov, qiov_offset, copy, bytes);
        qemu_iovec_init_buf(&local, copy, bytes);
        qiov = &local;
        qiov_offset = 0;
    }
    return write_both(bs, s, kind, offset, bytes, qiov, qiov_offset, flags);
}

/* ---- the driver ---- */

static bool top_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    bs->supported_write_flags = BDRV_REQ_WRITE_UNCHANGED;
    bs->supported_zero_flags = BDRV_REQ_WRITE_UNCHANGED | BDRV_REQ_MAY_UNMAP;
    return true;
}

static int64_t coroutine_fn top_getlength(BlockDriverState *bs)
{
    return bs->backing ? bdrv_co_getlength(bs->backing->bs) : bs->total_bytes;
}

static int coroutine_fn top_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                   QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    return bdrv_co_preadv_part(bs->backing, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn top_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                    QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    return top_request(bs, TOP_WRITE, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn top_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                          BdrvRequestFlags flags)
{
    return top_request(bs, TOP_ZEROES, offset, bytes, NULL, 0, flags);
}

static int coroutine_fn top_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    return top_request(bs, TOP_DISCARD, offset, bytes, NULL, 0, 0);
}

static void top_child_perm(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role, uint64_t perm,
                           uint64_t shared, uint64_t *nperm, uint64_t *nshared)
{
    MirrorTop *top = bs->opaque;

    if (top->stopped) {
        *nperm = 0;
        *nshared = BLK_PERM_ALL;
        return;
    }
    *nperm = perm;
    *nshared = shared;
    if (top->is_commit) {
        /* What is below the source is written by the job; nobody sees a change. */
        *nshared |= BLK_PERM_WRITE | BLK_PERM_RESIZE | BLK_PERM_CONSISTENT_READ;
    }
}

static BlockDriver bdrv_mirror_top = {
    .format_name = "mirror_top",
    .instance_size = sizeof(MirrorTop),
    .is_filter = true,
    .bdrv_open = top_open,
    .bdrv_child_perm = top_child_perm,
    .bdrv_co_getlength = top_getlength,
    .bdrv_co_preadv_part = top_preadv,
    .bdrv_co_pwritev_part = top_pwritev,
    .bdrv_co_pwrite_zeroes = top_pwrite_zeroes,
    .bdrv_co_pdiscard = top_pdiscard,
};

BlockDriverState *mirror_top_insert(BlockDriverState *source, const char *node_name, bool is_commit,
                                    Error **errp)
{
    BlockDriverState *filter;
    MirrorTop *top;

    filter = bdrv_new_open_driver(
        &bdrv_mirror_top, node_name, NULL,
        BDRV_O_RDWR | (source->open_flags & (BDRV_O_UNMAP | BDRV_O_CACHE_MASK)), errp);
    if (!filter) {
        return NULL;
    }
    top = filter->opaque;
    top->is_commit = is_commit;
    filter->implicit = !node_name;
    filter->total_bytes = source->total_bytes;
    if (!bdrv_append(filter, source, errp)) {
        bdrv_unref(filter);
        return NULL;
    }
    return filter;
}

void mirror_top_set_job(BlockDriverState *filter, MirrorJob *job)
{
    MirrorTop *top = filter->opaque;

    bdrv_drained_begin(filter);
    top->job = job;
    bdrv_drained_end(filter);
}

void mirror_top_stop(BlockDriverState *filter)
{
    MirrorTop *top = filter->opaque;

    top->stopped = true;
    /* It asks for less: that cannot be refused. */
    bdrv_refresh_perms(filter, NULL);
}
