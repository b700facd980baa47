/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests without data: zeroes, discard, flush, resize, copying by the host, ioctl. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "block/dirty-bitmap.h"
#include "io-internal.h"

#define MAX_ZERO_BUFFER (2 * MiB)

int64_t bdrv_cluster_size(BlockDriverState *bs)
{
    BlockDriverInfo bdi;

    if (bdrv_co_get_info(bs, &bdi) < 0 || bdi.cluster_size == 0) {
        return bs->bl.request_alignment;
    }
    return MAX(bdi.cluster_size, bs->bl.request_alignment);
}

void bdrv_round_to_subclusters(BlockDriverState *bs, int64_t offset, int64_t bytes,
                               int64_t *cluster_offset, int64_t *cluster_bytes)
{
    BlockDriverInfo bdi;
    int64_t c = 0;

    if (bdrv_co_get_info(bs, &bdi) >= 0) {
        c = bdi.subcluster_size ? bdi.subcluster_size : bdi.cluster_size;
    }
    c = MAX(c, bs->bl.request_alignment);
    *cluster_offset = QEMU_ALIGN_DOWN(offset, c);
    *cluster_bytes = QEMU_ALIGN_UP(offset + bytes, c) - *cluster_offset;
}

/* Zeroes as data, for what a driver cannot do otherwise. */
static int coroutine_fn write_zero_buffer(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                          BdrvRequestFlags flags)
{
    int64_t max = MIN(MIN_NON_ZERO(bs->bl.max_transfer, MAX_ZERO_BUFFER), MAX_ZERO_BUFFER);
    int64_t size = MIN(bytes, MAX(max, bs->bl.request_alignment));
    QEMU_AUTO_VFREE void *buf = qemu_try_blockalign0(bs, size);
    int ret = 0;

    if (!buf) {
        return -ENOMEM;
    }
    while (bytes > 0 && ret >= 0) {
        int64_t n = MIN(bytes, size);
        QEMUIOVector qiov = QEMU_IOVEC_INIT_BUF(qiov, buf, n);

        ret = bdrv_driver_pwritev(bs, offset, n, &qiov, 0,
                                  flags & ~(BDRV_REQ_ZERO_WRITE | BDRV_REQ_MAY_UNMAP));
        offset += n;
        bytes -= n;
    }
    return ret;
}

int coroutine_fn bdrv_co_do_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                          BdrvRequestFlags flags)
{
    BlockDriver *drv = bs->drv;
    int64_t align = MAX(bs->bl.pwrite_zeroes_alignment, bs->bl.request_alignment);
    int64_t max = QEMU_ALIGN_DOWN(MIN_NON_ZERO(bs->bl.max_pwrite_zeroes, INT64_MAX), align);
    bool need_flush = false;
    int ret = 0;

    if (!drv) {
        return -ENOMEDIUM;
    }
    if ((flags & ~bs->supported_zero_flags) & BDRV_REQ_NO_FALLBACK) {
        return -ENOTSUP;
    }
    while (bytes > 0 && ret >= 0) {
        int64_t num = bytes;

        /* Up to a boundary, whole units, and the rest. */
        if (offset % align) {
            num = MIN(num, align - offset % align);
        } else if (num > align) {
            num = QEMU_ALIGN_DOWN(num, align);
        }
        num = MIN(num, MAX(max, align));
        ret = -ENOTSUP;
        if (drv->bdrv_co_pwrite_zeroes) {
            ret = drv->bdrv_co_pwrite_zeroes(bs, offset, num, flags & bs->supported_zero_flags);
            bdrv_forget_data(bs);
            if (ret != -ENOTSUP && (flags & BDRV_REQ_FUA) &&
                !(bs->supported_zero_flags & BDRV_REQ_FUA)) {
                need_flush = true;
            }
        }
        if (ret == -ENOTSUP && !(flags & BDRV_REQ_NO_FALLBACK)) {
            ret = write_zero_buffer(bs, offset, num, flags);
        }
        offset += num;
        bytes -= num;
    }
    if (ret >= 0 && need_flush) {
        qatomic_inc(&bs->write_gen);
        ret = bdrv_co_flush(bs);
    }
    return ret < 0 ? ret : 0;
}

int coroutine_fn bdrv_co_pwrite_zeroes(BdrvChild *child, int64_t offset, int64_t bytes,
                                       BdrvRequestFlags flags)
{
    if (!(child->bs->open_flags & BDRV_O_UNMAP)) {
        flags &= ~BDRV_REQ_MAY_UNMAP;
    }
    return bdrv_co_pwritev_part(child, offset, bytes, NULL, 0, flags | BDRV_REQ_ZERO_WRITE);
}

/* ---- discard ---- */

static int coroutine_fn discard_aligned(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    int64_t align = MAX(bs->bl.pdiscard_alignment, bs->bl.request_alignment);
    int64_t max = QEMU_ALIGN_DOWN(MIN_NON_ZERO(bs->bl.max_pdiscard, INT64_MAX), align);
    int ret;

    while (bytes > 0) {
        int64_t num = bytes;
        bool edge = false;

        if (offset % align) {
            num = MIN(num, align - offset % align);
            edge = true;
        } else if (num > align) {
            num = QEMU_ALIGN_DOWN(num, align);
        } else {
            edge = num < align;
        }
        num = MIN(num, MAX(max, align));
        /* Edges: the driver may know better than its alignment, an image format for example. */
        if (offset % bs->bl.request_alignment || num % bs->bl.request_alignment) {
            ret = -ENOTSUP;
        } else {
            ret = bs->drv->bdrv_co_pdiscard(bs, offset, num);
            bdrv_forget_data(bs);
        }
        if (ret < 0 && ret != -ENOTSUP && !(edge && ret == -EINVAL)) {
            return ret;
        }
        offset += num;
        bytes -= num;
    }
    return 0;
}

int coroutine_fn bdrv_co_pdiscard(BdrvChild *child, int64_t offset, int64_t bytes)
{
    BlockDriverState *bs = child->bs;
    BdrvTrackedRequest req;
    int64_t head, tail;
    int ret;

    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    ret = bdrv_check_request(offset, bytes, NULL);
    if (ret < 0) {
        return ret;
    }
    if (bdrv_is_read_only(bs)) {
        return -EPERM;
    }
    if (!(bs->open_flags & BDRV_O_UNMAP) || !bs->drv->bdrv_co_pdiscard || bytes == 0) {
        return 0;
    }
    /* What is not a whole block stays. */
    head = -offset & (bs->bl.request_alignment - 1);
    head = MIN(head, bytes);
    tail = (offset + bytes) & (bs->bl.request_alignment - 1);
    if (offset + bytes >= bs->total_bytes) {
        tail = 0;
    }
    bdrv_inc_in_flight(bs);
    tracked_request_begin(&req, bs, offset, bytes, BDRV_TRACKED_DISCARD);
    ret = bdrv_co_write_req_prepare(child, offset, bytes, &req, 0);
    if (ret >= 0 && bytes > head + tail) {
        ret = discard_aligned(bs, offset + head, bytes - head - tail);
        bdrv_write_done(bs, offset, bytes, true);
    }
    tracked_request_end(&req);
    bdrv_dec_in_flight(bs);
    return ret;
}

/* ---- flush ---- */

static int coroutine_fn flush_node(BlockDriverState *bs, unsigned gen)
{
    BlockDriver *drv = bs->drv;
    BlockDriverState *below = bdrv_primary_bs(bs);
    BdrvChild *c;
    int ret = 0;

    if (!drv) {
        return -ENOMEDIUM;
    }
    if (drv->bdrv_co_flush) {
        return bs->open_flags & BDRV_O_NO_FLUSH ? 0 : drv->bdrv_co_flush(bs);
    }
    if (below) {
        bdrv_co_debug_event(below, BLKDBG_FLUSH_TO_OS);
    }
    if (drv->bdrv_co_flush_to_os) {
        ret = drv->bdrv_co_flush_to_os(bs);
        if (ret < 0) {
            return ret;
        }
    }
    if (bs->open_flags & BDRV_O_NO_FLUSH) {
        return 0;
    }
    if (below) {
        bdrv_co_debug_event(below, BLKDBG_FLUSH_TO_DISK);
    }
    if (bs->flushed_gen != gen && drv->bdrv_co_flush_to_disk) {
        ret = drv->bdrv_co_flush_to_disk(bs);
        if (ret < 0) {
            return ret;
        }
    }
    QLIST_FOREACH (c, &bs->children, next) {
        if (c->perm & (BLK_PERM_WRITE | BLK_PERM_WRITE_UNCHANGED)) {
            int r = bdrv_co_flush(c->bs);

            ret = ret < 0 ? ret : r;
        }
    }
    return ret;
}

int coroutine_fn bdrv_co_flush(BlockDriverState *bs)
{
    unsigned gen;
    int ret;

    if (!bdrv_is_inserted(bs) || bdrv_is_read_only(bs) || bdrv_is_sg(bs)) {
        return 0;
    }
    bdrv_inc_in_flight(bs);
    qemu_mutex_lock(&bs->reqs_lock);
    gen = qatomic_read(&bs->write_gen);
    /* One at a time: who waits may find that its writes are flushed when it is its turn. */
    while (bs->active_flush_req) {
        qemu_co_queue_wait(&bs->flush_queue, &bs->reqs_lock);
    }
    bs->active_flush_req = true;
    qemu_mutex_unlock(&bs->reqs_lock);

    ret = flush_node(bs, gen);

    qemu_mutex_lock(&bs->reqs_lock);
    if (ret >= 0) {
        bs->flushed_gen = gen;
    }
    bs->active_flush_req = false;
    qemu_co_queue_next(&bs->flush_queue);
    qemu_mutex_unlock(&bs->reqs_lock);
    bdrv_dec_in_flight(bs);
    return ret;
}

/* ---- resize ---- */

int coroutine_fn bdrv_co_refresh_total_bytes(BlockDriverState *bs, int64_t hint)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (bs->sg) {
        return 0;
    }
    if (bs->drv->bdrv_co_getlength) {
        int64_t length = bs->drv->bdrv_co_getlength(bs);

        if (length < 0) {
            return length;
        }
        if (length > BDRV_MAX_LENGTH) {
            return -EFBIG;
        }
        hint = length;
    }
    qatomic_set(&bs->total_bytes, ROUND_UP(hint, (int64_t)BDRV_SECTOR_SIZE));
    return 0;
}

int64_t coroutine_fn bdrv_co_getlength(BlockDriverState *bs)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (unlikely(bs->bl.has_variable_length)) {
        int ret = bdrv_co_refresh_total_bytes(bs, bs->total_bytes);

        if (ret < 0) {
            return ret;
        }
    }
    return qatomic_read(&bs->total_bytes);
}

int coroutine_fn bdrv_co_truncate(BdrvChild *child, int64_t offset, bool exact,
                                  PreallocMode prealloc, unsigned flags, Error **errp)
{
    BlockDriverState *bs = child->bs;
    BdrvTrackedRequest req;
    int64_t old_size, grown;
    int ret;

    if (!bs->drv) {
        error_setg(errp, "No medium inserted");
        return -ENOMEDIUM;
    }
    if (offset < 0) {
        error_setg(errp, "Image size cannot be negative");
        return -EINVAL;
    }
    if (bdrv_check_request(offset, 0, errp) < 0) {
        return -EINVAL;
    }
    if (bdrv_is_read_only(bs)) {
        error_setg(errp, "Image is read-only");
        return -EACCES;
    }
    if (!bs->drv->bdrv_co_truncate && !bdrv_filter_bs(bs)) {
        error_setg(errp, "Image format driver '%s' does not support resize", bs->drv->format_name);
        return -ENOTSUP;
    }
    old_size = bdrv_co_getlength(bs);
    if (old_size < 0) {
        error_setg_errno(errp, -old_size, "Failed to get old image size");
        return old_size;
    }
    grown = MAX(0, offset - old_size);
    bdrv_inc_in_flight(bs);
    tracked_request_begin(&req, bs, offset - grown, grown, BDRV_TRACKED_TRUNCATE);
    /* The new area: whoever reads it while it is being prepared gets the result. */
    if (grown) {
        bdrv_make_request_serialising(&req, 1, 0);
    }
    /* Under a backing file that is longer, what is added would show it instead of zeroes. */
    if (grown && bdrv_cow_bs(bs)) {
        int64_t backing_len = bdrv_co_getlength(bdrv_cow_bs(bs));

        if (backing_len > old_size) {
            flags |= BDRV_TRUNCATE_ZERO;
        }
    }
    if (bs->drv->bdrv_co_truncate) {
        if (flags & ~bs->supported_truncate_flags) {
            error_setg(errp, "Block driver '%s' does not support requested zeroing of new space",
                       bs->drv->format_name);
            ret = -ENOTSUP;
        } else {
            ret = bs->drv->bdrv_co_truncate(bs, offset, exact, prealloc, flags, errp);
            bdrv_forget_data(bs);
        }
    } else {
        ret = bdrv_co_truncate(bdrv_filter_child(bs), offset, exact, prealloc, flags, errp);
    }
    if (ret >= 0) {
        ret = bdrv_co_refresh_total_bytes(bs, offset);
        if (ret < 0) {
            error_setg_errno(errp, -ret, "Could not refresh total sector count");
        }
        qatomic_inc(&bs->write_gen);
        bdrv_dirty_bitmap_truncate(bs, bs->total_bytes);
        bdrv_parent_cb_resize(bs);
        if (grown) {
            bdrv_set_dirty(bs, old_size, bs->total_bytes - old_size);
        }
    }
    tracked_request_end(&req);
    bdrv_dec_in_flight(bs);
    return ret < 0 ? ret : 0;
}

/* ---- copying by the host ---- */

/* Down the source to where the data is, then down the destination. */
static int coroutine_fn copy_range_step(BdrvChild *src, int64_t src_offset, BdrvChild *dst,
                                        int64_t dst_offset, int64_t bytes,
                                        BdrvRequestFlags read_flags, BdrvRequestFlags write_flags,
                                        bool recurse_src)
{
    BlockDriverState *bs = recurse_src ? src->bs : dst->bs;
    BdrvTrackedRequest req;
    int ret;

    if (!src->bs->drv || !dst->bs->drv) {
        return -ENOMEDIUM;
    }
    if (bdrv_check_request(src_offset, bytes, NULL) < 0 ||
        bdrv_check_request(dst_offset, bytes, NULL) < 0) {
        return -EIO;
    }
    if (!src->bs->drv->bdrv_co_copy_range_from || !dst->bs->drv->bdrv_co_copy_range_to ||
        src->bs->encrypted || dst->bs->encrypted) {
        return -ENOTSUP;
    }
    bdrv_inc_in_flight(bs);
    if (recurse_src) {
        tracked_request_begin(&req, bs, src_offset, bytes, BDRV_TRACKED_READ);
        bdrv_wait_serialising_requests(&req);
        ret = bs->drv->bdrv_co_copy_range_from(bs, src, src_offset, dst, dst_offset, bytes,
                                               read_flags, write_flags);
    } else {
        tracked_request_begin(&req, bs, dst_offset, bytes, BDRV_TRACKED_WRITE);
        ret = bdrv_co_write_req_prepare(dst, dst_offset, bytes, &req, write_flags);
        if (ret >= 0) {
            ret = bs->drv->bdrv_co_copy_range_to(bs, src, src_offset, dst, dst_offset, bytes,
                                                 read_flags, write_flags);
            bdrv_write_done(bs, dst_offset, ret < 0 ? 0 : bytes, false);
        }
    }
    tracked_request_end(&req);
    bdrv_dec_in_flight(bs);
    return ret;
}

int coroutine_fn bdrv_co_copy_range_from(BdrvChild *src, int64_t src_offset, BdrvChild *dst,
                                         int64_t dst_offset, int64_t bytes,
                                         BdrvRequestFlags read_flags, BdrvRequestFlags write_flags)
{
    return copy_range_step(src, src_offset, dst, dst_offset, bytes, read_flags, write_flags, true);
}

int coroutine_fn bdrv_co_copy_range_to(BdrvChild *src, int64_t src_offset, BdrvChild *dst,
                                       int64_t dst_offset, int64_t bytes,
                                       BdrvRequestFlags read_flags, BdrvRequestFlags write_flags)
{
    return copy_range_step(src, src_offset, dst, dst_offset, bytes, read_flags, write_flags, false);
}

int coroutine_fn bdrv_co_copy_range(BdrvChild *src, int64_t src_offset, BdrvChild *dst,
                                    int64_t dst_offset, int64_t bytes, BdrvRequestFlags read_flags,
                                    BdrvRequestFlags write_flags)
{
    return bdrv_co_copy_range_from(src, src_offset, dst, dst_offset, bytes, read_flags,
                                   write_flags);
}

int coroutine_fn bdrv_co_ioctl(BlockDriverState *bs, int req, void *buf)
{
    BlockDriverState *filtered = bdrv_filter_bs(bs);
    int ret;

    bdrv_inc_in_flight(bs);
    if (bs->drv && bs->drv->bdrv_co_ioctl) {
        ret = bs->drv->bdrv_co_ioctl(bs, req, buf);
    } else if (filtered) {
        ret = bdrv_co_ioctl(filtered, req, buf);
    } else {
        ret = -ENOTSUP;
    }
    bdrv_dec_in_flight(bs);
    return ret;
}
