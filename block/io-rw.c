/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads and writes of a node: alignment to what its driver can do, splitting, copy-on-read.
 *
 * Any thread, in a coroutine. From the moment a request counts as in flight until its end, the
 * graph below the node stays as it is.
 */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "block/dirty-bitmap.h"
#include "block/write-threshold.h"
#include "io-internal.h"
#include "qemu/cutils.h"

/* ---- to the driver ---- */

/* Is the vector too scattered for the driver? */
static bool needs_bounce(BlockDriverState *bs, QEMUIOVector *qiov, size_t qiov_offset,
                         int64_t bytes)
{
    return bs->bl.max_iov && qiov->niov > bs->bl.max_iov &&
           qemu_iovec_subvec_niov(qiov, qiov_offset, bytes) > bs->bl.max_iov;
}

int coroutine_fn bdrv_driver_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                    QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    BlockDriver *drv = bs->drv;
    QEMU_AUTO_VFREE void *buf = NULL;
    QEMUIOVector local;
    int ret;

    if (!drv) {
        return -ENOMEDIUM;
    }
    flags &= bs->supported_read_flags;
    if (!drv->bdrv_co_preadv_part) {
        return -ENOTSUP;
    }
    if (likely(!needs_bounce(bs, qiov, qiov_offset, bytes))) {
        return drv->bdrv_co_preadv_part(bs, offset, bytes, qiov, qiov_offset, flags);
    }
    buf = qemu_try_blockalign(bs, bytes);
    if (!buf) {
        return -ENOMEM;
    }
    qemu_iovec_init_buf(&local, buf, bytes);
    ret = drv->bdrv_co_preadv_part(bs, offset, bytes, &local, 0, flags);
    if (ret >= 0) {
        qemu_iovec_from_buf(qiov, qiov_offset, buf, bytes);
    }
    return ret;
}

int coroutine_fn bdrv_driver_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                     QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    BlockDriver *drv = bs->drv;
    QEMU_AUTO_VFREE void *buf = NULL;
    QEMUIOVector local;
    bool flush_after;
    int ret;

    if (!drv) {
        return -ENOMEDIUM;
    }
    if (!drv->bdrv_co_pwritev_part) {
        return -ENOTSUP;
    }
    flush_after = (flags & BDRV_REQ_FUA) && !(bs->supported_write_flags & BDRV_REQ_FUA);
    flags &= bs->supported_write_flags;
    if (unlikely(needs_bounce(bs, qiov, qiov_offset, bytes))) {
        buf = qemu_try_blockalign(bs, bytes);
        if (!buf) {
            return -ENOMEM;
        }
        qemu_iovec_to_buf(qiov, qiov_offset, buf, bytes);
        qemu_iovec_init_buf(&local, buf, bytes);
        qiov = &local;
        qiov_offset = 0;
    }
    ret = drv->bdrv_co_pwritev_part(bs, offset, bytes, qiov, qiov_offset, flags);
    if (ret >= 0 && flush_after) {
        /* Counted as a write first, or the flush would think that there is nothing to do. */
        qatomic_inc(&bs->write_gen);
        ret = bdrv_co_flush(bs);
    }
    return ret < 0 ? ret : 0;
}

static int coroutine_fn driver_pwritev_compressed(BlockDriverState *bs, int64_t offset,
                                                  int64_t bytes, QEMUIOVector *qiov,
                                                  size_t qiov_offset)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (!bs->drv->bdrv_co_pwritev_compressed_part) {
        return -ENOTSUP;
    }
    return bs->drv->bdrv_co_pwritev_compressed_part(bs, offset, bytes, qiov, qiov_offset);
}

/* ---- copy-on-read ---- */

/* Copy one piece of what the backing chain has into the node itself, and into @qiov unless NULL. */
static int coroutine_fn copy_piece(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                   int64_t want_offset, int64_t want_end, QEMUIOVector *qiov,
                                   size_t qiov_offset)
{
    QEMU_AUTO_VFREE void *bounce = qemu_try_blockalign(bs, bytes);
    QEMUIOVector local;
    int ret;

    if (!bounce) {
        return -ENOMEM;
    }
    qemu_iovec_init_buf(&local, bounce, bytes);
    ret = bdrv_driver_preadv(bs, offset, bytes, &local, 0, 0);
    if (ret < 0) {
        return ret;
    }
    bdrv_co_debug_event(bs, BLKDBG_COR_WRITE);
    if (bs->drv->bdrv_co_pwrite_zeroes && buffer_is_zero(bounce, bytes)) {
        /* Not with MAY_UNMAP: then the backing file could show through. */
        ret = bdrv_co_do_pwrite_zeroes(bs, offset, bytes, BDRV_REQ_WRITE_UNCHANGED);
    } else {
        ret = bdrv_driver_pwritev(bs, offset, bytes, &local, 0, BDRV_REQ_WRITE_UNCHANGED);
    }
    if (ret < 0) {
        return ret;
    }
    if (qiov) {
        int64_t from = MAX(offset, want_offset), to = MIN(offset + bytes, want_end);

        if (to > from) {
            qemu_iovec_from_buf(qiov, qiov_offset + (from - want_offset),
                                (char *)bounce + (from - offset), to - from);
        }
    }
    return 0;
}

static int coroutine_fn copy_on_read(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                     QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    int64_t total = bs->total_bytes, pos, end;
    int64_t max_piece = MIN_NON_ZERO(bs->bl.max_transfer, 1 * MiB);
    bool prefetch = flags & BDRV_REQ_PREFETCH;

    bdrv_round_to_subclusters(bs, offset, bytes, &pos, &end);
    end = MIN(end + pos, ROUND_UP(total, bs->bl.request_alignment));
    while (pos < end) {
        int64_t pnum;
        int ret = bdrv_co_is_allocated(bs, pos, MIN(end - pos, max_piece), &pnum);

        if (ret < 0 || pnum == 0) {
            /* Not knowing is no reason not to copy. */
            ret = 0;
            pnum = MIN(end - pos, max_piece);
        }
        if (!ret) {
            /* The node was made writable for this; ignore that its size is no multiple. */
            ret = copy_piece(bs, pos, pnum, offset, offset + bytes, prefetch ? NULL : qiov,
                             qiov_offset);
            if (ret < 0) {
                return ret;
            }
        } else if (!prefetch) {
            int64_t from = MAX(pos, offset), to = MIN(pos + pnum, offset + bytes);

            if (to > from) {
                ret =
                    bdrv_driver_preadv(bs, from, to - from, qiov, qiov_offset + (from - offset), 0);
                if (ret < 0) {
                    return ret;
                }
            }
        }
        pos += pnum;
    }
    return 0;
}

/* ---- aligned requests ---- */

/* @offset and @bytes are multiples of the node's alignment. */
static int coroutine_fn aligned_preadv(BdrvChild *child, BdrvTrackedRequest *req, int64_t offset,
                                       int64_t bytes, QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags)
{
    BlockDriverState *bs = child->bs;
    int64_t total, limit, max_transfer, done = 0;
    int ret;

    max_transfer = bs->bl.max_transfer
                       ? QEMU_ALIGN_DOWN(bs->bl.max_transfer, bs->bl.request_alignment)
                       : BDRV_REQUEST_MAX_BYTES;
    if (flags & BDRV_REQ_COPY_ON_READ) {
        bdrv_make_request_serialising(req, bdrv_cluster_size(bs), 0);
    } else {
        bdrv_wait_serialising_requests(req);
    }
    if (flags & BDRV_REQ_COPY_ON_READ) {
        int64_t pnum;

        flags &= ~BDRV_REQ_COPY_ON_READ;
        ret = bdrv_co_is_allocated(bs, offset, bytes, &pnum);
        if (ret < 0) {
            return ret;
        }
        if (!ret || pnum < bytes) {
            return copy_on_read(bs, offset, bytes, qiov, qiov_offset, flags);
        }
    }
    if (flags & BDRV_REQ_PREFETCH) {
        return 0;
    }
    total = bdrv_co_getlength(bs);
    if (total < 0) {
        return total;
    }
    limit = ROUND_UP(MAX(0, total - offset), bs->bl.request_alignment);
    if (likely(bytes <= limit && bytes <= max_transfer)) {
        return bdrv_driver_preadv(bs, offset, bytes, qiov, qiov_offset, flags);
    }
    while (done < bytes) {
        int64_t num = MIN(bytes - done, max_transfer);

        if (done < limit) {
            num = MIN(num, limit - done);
            ret = bdrv_driver_preadv(bs, offset + done, num, qiov, qiov_offset + done, flags);
            if (ret < 0) {
                return ret;
            }
        } else {
            num = bytes - done;
            qemu_iovec_memset(qiov, qiov_offset + done, 0, num);
        }
        done += num;
    }
    return 0;
}

/* What every changing request does first: checks, and waiting for requests that must be alone. */
int coroutine_fn bdrv_co_write_req_prepare(BdrvChild *child, int64_t offset, int64_t bytes,
                                           BdrvTrackedRequest *req, BdrvRequestFlags flags)
{
    BlockDriverState *bs = child->bs;

    if (unlikely(bdrv_is_read_only(bs))) {
        return -EPERM;
    }
    if (unlikely(flags & BDRV_REQ_SERIALISING)) {
        int ret = bdrv_make_request_serialising(req, bdrv_cluster_size(bs), flags);

        if (ret < 0) {
            return ret;
        }
    } else {
        bdrv_wait_serialising_requests(req);
    }
    if (req->type == BDRV_TRACKED_WRITE) {
        bdrv_write_threshold_check(bs, offset, bytes);
    }
    /* Growing by a write is for parents that may resize. */
    if (unlikely(offset + bytes > bs->total_bytes) && req->type != BDRV_TRACKED_TRUNCATE &&
        !(child->perm & BLK_PERM_RESIZE) &&
        offset + bytes > ROUND_UP(bs->total_bytes, bs->bl.request_alignment)) {
        return -EIO;
    }
    return 0;
}

void bdrv_write_done(BlockDriverState *bs, int64_t offset, int64_t bytes, bool discard)
{
    qatomic_inc(&bs->write_gen);
    if (!discard && bytes) {
        int64_t end = ROUND_UP(offset + bytes, (int64_t)BDRV_SECTOR_SIZE);
        int64_t old = qatomic_read(&bs->total_bytes);

        stat64_max(&bs->wr_highest_offset, offset + bytes);
        if (unlikely(end > old) && !bs->bl.has_variable_length) {
            while (end > old) {
                int64_t seen = qatomic_cmpxchg(&bs->total_bytes, old, end);

                if (seen == old) {
                    bdrv_parent_cb_resize(bs);
                    break;
                }
                old = seen;
            }
        }
    }
    if (bytes && !QLIST_EMPTY(&bs->dirty_bitmaps)) {
        bdrv_set_dirty(bs, offset, bytes);
    }
}

static BdrvRequestFlags detect_zeroes(BlockDriverState *bs, QEMUIOVector *qiov, size_t qiov_offset,
                                      int64_t bytes, BdrvRequestFlags flags)
{
    if (bs->detect_zeroes == BLOCKDEV_DETECT_ZEROES_OPTIONS_OFF ||
        !bs->drv->bdrv_co_pwrite_zeroes || (flags & BDRV_REQ_ZERO_WRITE) ||
        !qemu_iovec_is_zero(qiov, qiov_offset, bytes)) {
        return flags;
    }
    flags |= BDRV_REQ_ZERO_WRITE;
    if (bs->detect_zeroes == BLOCKDEV_DETECT_ZEROES_OPTIONS_UNMAP &&
        (bs->open_flags & BDRV_O_UNMAP)) {
        flags |= BDRV_REQ_MAY_UNMAP;
    }
    return flags;
}

/* @offset and @bytes are multiples of the node's alignment. @qiov NULL: zeroes. */
int coroutine_fn bdrv_aligned_pwritev(BdrvChild *child, BdrvTrackedRequest *req, int64_t offset,
                                      int64_t bytes, QEMUIOVector *qiov, size_t qiov_offset,
                                      BdrvRequestFlags flags)
{
    BlockDriverState *bs = child->bs;
    int64_t max_transfer, done = 0;
    int ret;

    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    ret = bdrv_co_write_req_prepare(child, offset, bytes, req, flags);
    if (ret < 0) {
        return ret;
    }
    flags = detect_zeroes(bs, qiov, qiov_offset, bytes, flags);
    max_transfer = bs->bl.max_transfer
                       ? QEMU_ALIGN_DOWN(bs->bl.max_transfer, bs->bl.request_alignment)
                       : BDRV_REQUEST_MAX_BYTES;
    if (flags & BDRV_REQ_ZERO_WRITE) {
        bdrv_co_debug_event(bs, BLKDBG_PWRITEV_ZERO);
        ret = bdrv_co_do_pwrite_zeroes(bs, offset, bytes, flags);
    } else if (flags & BDRV_REQ_WRITE_COMPRESSED) {
        ret = driver_pwritev_compressed(bs, offset, bytes, qiov, qiov_offset);
    } else if (likely(bytes <= max_transfer)) {
        bdrv_co_debug_event(bs, BLKDBG_PWRITEV);
        ret = bdrv_driver_pwritev(bs, offset, bytes, qiov, qiov_offset, flags);
    } else {
        bdrv_co_debug_event(bs, BLKDBG_PWRITEV);
        while (done < bytes && ret >= 0) {
            int64_t num = MIN(bytes - done, max_transfer);
            /* One flush is enough for FUA, after the last part. */
            BdrvRequestFlags part = done + num < bytes ? flags & ~BDRV_REQ_FUA : flags;

            ret = bdrv_driver_pwritev(bs, offset + done, num, qiov, qiov_offset + done, part);
            done += num;
        }
    }
    bdrv_co_debug_event(bs, BLKDBG_PWRITEV_DONE);
    /* Also after a failure: some of it may have been written. */
    bdrv_write_done(bs, offset, ret < 0 ? 0 : bytes, false);
    if (ret < 0 && !QLIST_EMPTY(&bs->dirty_bitmaps)) {
        bdrv_set_dirty(bs, offset, bytes);
    }
    return ret < 0 ? ret : 0;
}

/* ---- padding to the alignment ---- */

typedef struct Padding {
    uint64_t head, tail; /* bytes before and after the request */
    uint8_t *buf;        /* first and last block, or the one */
    size_t buf_len;
    QEMUIOVector qiov; /* head, request, tail */
} Padding;

static bool pad_init(BlockDriverState *bs, int64_t offset, int64_t bytes, Padding *pad)
{
    uint32_t align = bs->bl.request_alignment;
    uint64_t sum;

    *pad = (Padding){
        .head = offset & (align - 1),
        .tail = -(uint64_t)(offset + bytes) & (align - 1),
    };
    if (likely(!pad->head && !pad->tail)) {
        return false;
    }
    sum = pad->head + bytes + pad->tail;
    pad->buf_len = sum > align && pad->head && pad->tail ? 2 * (size_t)align : align;
    pad->buf = qemu_blockalign(bs, pad->buf_len);
    return true;
}

static uint8_t *pad_tail_buf(BlockDriverState *bs, Padding *pad)
{
    return pad->buf + pad->buf_len - bs->bl.request_alignment;
}

/* Make @pad->qiov of the padding and the caller's data. */
static void pad_build(BlockDriverState *bs, Padding *pad, QEMUIOVector *qiov, size_t qiov_offset,
                      int64_t bytes)
{
    qemu_iovec_init(&pad->qiov, qiov->niov + 2);
    if (pad->head) {
        qemu_iovec_add(&pad->qiov, pad->buf, pad->head);
    }
    qemu_iovec_concat(&pad->qiov, qiov, qiov_offset, bytes);
    if (pad->tail) {
        qemu_iovec_add(&pad->qiov, pad->buf + pad->buf_len - pad->tail, pad->tail);
    }
}

static void pad_finish(Padding *pad)
{
    if (pad->buf) {
        qemu_vfree(pad->buf);
        if (pad->qiov.iov) {
            qemu_iovec_destroy(&pad->qiov);
        }
    }
}

/* Read the first and last block, of which the request writes a part. */
static int coroutine_fn pad_read(BdrvChild *child, BdrvTrackedRequest *req, int64_t offset,
                                 int64_t bytes, Padding *pad)
{
    BlockDriverState *bs = child->bs;
    uint32_t align = bs->bl.request_alignment;
    int64_t first = offset - pad->head;
    int64_t last = offset + bytes + pad->tail - align;
    QEMUIOVector local;
    int ret = 0;

    if (pad->head || first == last) {
        qemu_iovec_init_buf(&local, pad->buf, align);
        bdrv_co_debug_event(bs, pad->head ? BLKDBG_PWRITEV_RMW_HEAD : BLKDBG_PWRITEV_RMW_TAIL);
        ret = aligned_preadv(child, req, first, align, &local, 0, 0);
        bdrv_co_debug_event(bs, pad->head ? BLKDBG_PWRITEV_RMW_AFTER_HEAD
                                          : BLKDBG_PWRITEV_RMW_AFTER_TAIL);
    }
    if (ret >= 0 && pad->tail && first != last) {
        qemu_iovec_init_buf(&local, pad_tail_buf(bs, pad), align);
        bdrv_co_debug_event(bs, BLKDBG_PWRITEV_RMW_TAIL);
        ret = aligned_preadv(child, req, last, align, &local, 0, 0);
        bdrv_co_debug_event(bs, BLKDBG_PWRITEV_RMW_AFTER_TAIL);
    }
    return ret;
}

/* ---- the entry points ---- */

int coroutine_fn bdrv_co_preadv_part(BdrvChild *child, int64_t offset, int64_t bytes,
                                     QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    BlockDriverState *bs = child->bs;
    BdrvTrackedRequest req;
    Padding pad;
    int ret;

    ret = bdrv_check_qiov_request(offset, bytes, qiov, qiov_offset, NULL);
    if (ret < 0) {
        return ret;
    }
    if (unlikely(!bs->drv)) {
        return -ENOMEDIUM;
    }
    if (bytes == 0) {
        return 0;
    }
    if (bytes > BDRV_REQUEST_MAX_BYTES) {
        return -EIO;
    }
    bdrv_inc_in_flight(bs);
    if (unlikely(qatomic_read(&bs->copy_on_read))) {
        flags |= BDRV_REQ_COPY_ON_READ;
    }
    tracked_request_begin(&req, bs, offset, bytes, BDRV_TRACKED_READ);
    if (unlikely(pad_init(bs, offset, bytes, &pad))) {
        if (flags & BDRV_REQ_PREFETCH) {
            ret = aligned_preadv(child, &req, offset - pad.head, pad.head + bytes + pad.tail, NULL,
                                 0, flags);
        } else {
            pad_build(bs, &pad, qiov, qiov_offset, bytes);
            ret =
                aligned_preadv(child, &req, offset - pad.head, pad.qiov.size, &pad.qiov, 0, flags);
        }
        pad_finish(&pad);
    } else {
        ret = aligned_preadv(child, &req, offset, bytes, qiov, qiov_offset, flags);
    }
    tracked_request_end(&req);
    bdrv_dec_in_flight(bs);
    return ret < 0 ? ret : 0;
}

int coroutine_fn bdrv_co_preadv(BdrvChild *child, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                                BdrvRequestFlags flags)
{
    return bdrv_co_preadv_part(child, offset, bytes, qiov, 0, flags);
}

/* Part of a block: read the block, change that part, write it back; nobody else meanwhile. */
static int coroutine_fn padded_pwritev(BdrvChild *child, BdrvTrackedRequest *req, int64_t offset,
                                       int64_t bytes, QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags, Padding *pad)
{
    BlockDriverState *bs = child->bs;
    int ret;

    bdrv_make_request_serialising(req, bs->bl.request_alignment, 0);
    ret = pad_read(child, req, offset, bytes, pad);
    if (ret < 0) {
        return ret;
    }
    pad_build(bs, pad, qiov, qiov_offset, bytes);
    return bdrv_aligned_pwritev(child, req, offset - pad->head, pad->qiov.size, &pad->qiov, 0,
                                flags);
}

/* Zeroes: the blocks at the edges as any padded write, the rest aligned. */
static int coroutine_fn padded_zeroes(BdrvChild *child, BdrvTrackedRequest *req, int64_t offset,
                                      int64_t bytes, BdrvRequestFlags flags, Padding *pad)
{
    BlockDriverState *bs = child->bs;
    uint32_t align = bs->bl.request_alignment;
    int64_t end = offset + bytes;
    QEMUIOVector local;
    int ret;

    bdrv_make_request_serialising(req, align, 0);
    ret = pad_read(child, req, offset, bytes, pad);
    if (ret < 0) {
        return ret;
    }
    if (pad->head || end - offset < align) {
        int64_t n = MIN(bytes, align - pad->head);

        memset(pad->buf + pad->head, 0, n);
        qemu_iovec_init_buf(&local, pad->buf, align);
        ret = bdrv_aligned_pwritev(child, req, offset - pad->head, align, &local, 0,
                                   flags & ~(BDRV_REQ_ZERO_WRITE | BDRV_REQ_MAY_UNMAP));
        offset += n;
        bytes -= n;
    }
    if (ret >= 0 && bytes >= align) {
        int64_t n = QEMU_ALIGN_DOWN(bytes, align);

        ret = bdrv_aligned_pwritev(child, req, offset, n, NULL, 0, flags);
        offset += n;
        bytes -= n;
    }
    if (ret >= 0 && bytes) {
        memset(pad_tail_buf(bs, pad), 0, bytes);
        qemu_iovec_init_buf(&local, pad_tail_buf(bs, pad), align);
        ret = bdrv_aligned_pwritev(child, req, offset, align, &local, 0,
                                   flags & ~(BDRV_REQ_ZERO_WRITE | BDRV_REQ_MAY_UNMAP));
    }
    return ret;
}

int coroutine_fn bdrv_co_pwritev_part(BdrvChild *child, int64_t offset, int64_t bytes,
                                      QEMUIOVector *qiov, size_t qiov_offset,
                                      BdrvRequestFlags flags)
{
    BlockDriverState *bs = child->bs;
    BdrvTrackedRequest req;
    Padding pad;
    int ret;

    if (unlikely(!bs->drv)) {
        return -ENOMEDIUM;
    }
    ret = bdrv_check_qiov_request(offset, bytes, qiov, qiov_offset, NULL);
    if (ret < 0) {
        return ret;
    }
    if (!(flags & BDRV_REQ_ZERO_WRITE) && bytes > BDRV_REQUEST_MAX_BYTES) {
        return -EIO;
    }
    if ((flags & BDRV_REQ_NO_FALLBACK) && !(bs->supported_zero_flags & BDRV_REQ_NO_FALLBACK)) {
        return -ENOTSUP;
    }
    if (bytes == 0 && !QEMU_IS_ALIGNED(offset, bs->bl.request_alignment)) {
        return 0;
    }
    bdrv_inc_in_flight(bs);
    tracked_request_begin(&req, bs, offset, bytes, BDRV_TRACKED_WRITE);
    if (unlikely(pad_init(bs, offset, bytes, &pad))) {
        /* Compressed data comes in clusters; only the end of an image may be unaligned. */
        ret = flags & BDRV_REQ_ZERO_WRITE
                  ? padded_zeroes(child, &req, offset, bytes, flags, &pad)
                  : padded_pwritev(child, &req, offset, bytes, qiov, qiov_offset, flags, &pad);
        pad_finish(&pad);
    } else {
        ret = bdrv_aligned_pwritev(child, &req, offset, bytes, qiov, qiov_offset, flags);
    }
    tracked_request_end(&req);
    bdrv_dec_in_flight(bs);
    return ret;
}

int coroutine_fn bdrv_co_pwritev(BdrvChild *child, int64_t offset, int64_t bytes,
                                 QEMUIOVector *qiov, BdrvRequestFlags flags)
{
    return bdrv_co_pwritev_part(child, offset, bytes, qiov, 0, flags);
}

int coroutine_fn bdrv_co_pread(BdrvChild *child, int64_t offset, int64_t bytes, void *buf,
                               BdrvRequestFlags flags)
{
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, bytes);

    return bdrv_co_preadv_part(child, offset, bytes, &qiov, 0, flags);
}

int coroutine_fn bdrv_co_pwrite(BdrvChild *child, int64_t offset, int64_t bytes, const void *buf,
                                BdrvRequestFlags flags)
{
    QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, bytes);

    return bdrv_co_pwritev_part(child, offset, bytes, &qiov, 0, flags);
}

int coroutine_fn bdrv_co_pwrite_sync(BdrvChild *child, int64_t offset, int64_t bytes,
                                     const void *buf, BdrvRequestFlags flags)
{
    int ret = bdrv_co_pwrite(child, offset, bytes, buf, flags);

    return ret < 0 ? ret : bdrv_co_flush(child->bs);
}
