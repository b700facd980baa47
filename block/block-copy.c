/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copying clusters once. Any thread, but for making and freeing. */
#include "qemu/osdep.h"
#include "block/block-copy.h"
#include "qemu/lockable.h"

#define DEFAULT_CLUSTER (64 * KiB)
/* What is in memory at once, unless a cluster is larger. */
#define MAX_PIECE (1 * MiB)

typedef struct CopyOp {
    int64_t offset, bytes;
    CoQueue waiters; /* lock */
    QLIST_ENTRY(CopyOp) next;
} CopyOp;

struct BlockCopy {
    BdrvChild *source, *target;
    int64_t cluster_size, len;
    int64_t max_chunk; /* of an operation */
    int64_t max_piece; /* of what goes through memory */
    bool compress, discard_source;
    bool copy_range; /* atomic: becomes false when the host cannot */
    BdrvDirtyBitmap *todo;
    void (*progress)(void *opaque, int64_t bytes);
    void *progress_opaque;
    QemuMutex lock;
    QLIST_HEAD(, CopyOp) ops; /* lock */
};

/* A cluster of the target must not be written in parts: the rest would be made up. */
static int64_t choose_cluster_size(BlockDriverState *target, int64_t min_size)
{
    BlockDriverInfo bdi;
    int64_t size = MAX(DEFAULT_CLUSTER, min_size);

    if (bdrv_get_info(target, &bdi) >= 0) {
        size = MAX(size, bdi.cluster_size);
    }
    return size;
}

BlockCopy *block_copy_new(BdrvChild *source, BdrvChild *target, int64_t min_cluster_size,
                          Error **errp)
{
    BlockCopy *bc = g_new0(BlockCopy, 1);

    bc->source = source;
    bc->target = target;
    bc->len = bdrv_getlength(source->bs);
    bc->cluster_size = choose_cluster_size(target->bs, min_cluster_size);
    bc->max_piece = MAX(MAX_PIECE, bc->cluster_size);
    bc->max_chunk = bc->max_piece;
    bc->todo = bdrv_create_dirty_bitmap(source->bs, bc->cluster_size, NULL, errp);
    if (!bc->todo) {
        g_free(bc);
        return NULL;
    }
    /* Writes do not add to it. */
    bdrv_disable_dirty_bitmap(bc->todo);
    bdrv_set_dirty_bitmap(bc->todo, 0, bc->len);
    qemu_mutex_init(&bc->lock);
    QLIST_INIT(&bc->ops);
    return bc;
}

void block_copy_free(BlockCopy *bc)
{
    if (bc) {
        bdrv_release_dirty_bitmap(bc->todo);
        qemu_mutex_destroy(&bc->lock);
        g_free(bc);
    }
}

BdrvDirtyBitmap *block_copy_todo(BlockCopy *bc)
{
    return bc->todo;
}

int64_t block_copy_cluster_size(BlockCopy *bc)
{
    return bc->cluster_size;
}

void block_copy_set_compress(BlockCopy *bc, bool compress)
{
    bc->compress = compress;
}

void block_copy_set_copy_range(BlockCopy *bc, bool copy_range)
{
    qatomic_set(&bc->copy_range, copy_range);
}

void block_copy_set_max_chunk(BlockCopy *bc, int64_t bytes)
{
    bc->max_chunk = QEMU_ALIGN_DOWN(bytes, bc->cluster_size);
}

void block_copy_set_discard_source(BlockCopy *bc, bool discard)
{
    bc->discard_source = discard;
}

void block_copy_set_progress(BlockCopy *bc, void (*progress)(void *opaque, int64_t bytes),
                             void *opaque)
{
    bc->progress = progress;
    bc->progress_opaque = opaque;
}

/* ---- copying ---- */

/* Nothing is lost by trying: what fails is copied through memory, and so is all that follows. */
static bool coroutine_fn host_copies(BlockCopy *bc, int64_t offset, int64_t bytes)
{
    if (bc->compress || !qatomic_read(&bc->copy_range)) {
        return false;
    }
    if (bdrv_co_copy_range(bc->source, offset, bc->target, offset, bytes, 0, 0) >= 0) {
        return true;
    }
    qatomic_set(&bc->copy_range, false);
    return false;
}

static int coroutine_fn copy_data(BlockCopy *bc, int64_t offset, int64_t bytes, bool *is_read)
{
    int64_t max = bc->compress ? bc->cluster_size : bc->max_piece, n;
    QEMU_AUTO_VFREE void *buf = NULL;
    int ret = 0;

    if (host_copies(bc, offset, bytes)) {
        return 0;
    }
    buf = qemu_try_blockalign(bc->source->bs, MIN(bytes, max));
    if (!buf) {
        return -ENOMEM;
    }
    for (int64_t end = offset + bytes; offset < end && ret >= 0; offset += n) {
        n = MIN(end - offset, max);
        *is_read = true;
        ret = bdrv_co_pread(bc->source, offset, n, buf, 0);
        if (ret >= 0) {
            *is_read = false;
            ret = bdrv_co_pwrite(bc->target, offset, n, buf,
                                 bc->compress ? BDRV_REQ_WRITE_COMPRESSED : 0);
        }
    }
    return ret;
}

/* Clusters that nobody else copies. */
static int coroutine_fn copy_clusters(BlockCopy *bc, int64_t offset, int64_t bytes, bool *is_read)
{
    int64_t end = MIN(offset + bytes, bc->len), n;
    int ret = 0;

    while (offset < end && ret >= 0) {
        int status =
            bdrv_co_block_status_above(bc->source->bs, NULL, offset, end - offset, &n, NULL, NULL);

        n = status < 0 || !n ? end - offset : n;
        /* Parts of a cluster that are zero are copied with it. */
        if (status >= 0 && (status & BDRV_BLOCK_ZERO) &&
            (n >= bc->cluster_size || n == end - offset)) {
            n = n == end - offset ? n : QEMU_ALIGN_DOWN(n, bc->cluster_size);
            *is_read = false;
            ret = bdrv_co_pwrite_zeroes(bc->target, offset, n, BDRV_REQ_MAY_UNMAP);
        } else {
            n = MIN(QEMU_ALIGN_UP(n, bc->cluster_size), end - offset);
            ret = copy_data(bc, offset, n, is_read);
        }
        offset += n;
    }
    return ret;
}

/* lock held, dropped while waiting; true if it had to wait for others in the range. */
static bool coroutine_fn wait_for_ops(BlockCopy *bc, int64_t offset, int64_t bytes)
{
    CopyOp *op;

    QLIST_FOREACH (op, &bc->ops, next) {
        if (op->offset < offset + bytes && offset < op->offset + op->bytes) {
            qemu_co_queue_wait(&op->waiters, &bc->lock);
            return true;
        }
    }
    return false;
}

/*
 * Take the next clusters that are to be copied in *@offset..@end; false if there are none, and
 * nobody else is at work there.
 */
static bool coroutine_fn take_clusters(BlockCopy *bc, CopyOp *op, int64_t offset, int64_t end)
{
    QEMU_LOCK_GUARD(&bc->lock);
    for (;;) {
        int64_t start, bytes;

        if (bdrv_dirty_bitmap_next_dirty_area(bc->todo, offset, end, bc->max_chunk, &start,
                                              &bytes)) {
            op->offset = QEMU_ALIGN_DOWN(start, bc->cluster_size);
            op->bytes = QEMU_ALIGN_UP(start + bytes, bc->cluster_size) - op->offset;
            qemu_co_queue_init(&op->waiters);
            bdrv_reset_dirty_bitmap(bc->todo, op->offset, MIN(op->bytes, bc->len - op->offset));
            QLIST_INSERT_HEAD(&bc->ops, op, next);
            return true;
        }
        if (!wait_for_ops(bc, offset, end - offset)) {
            return false;
        }
    }
}

int coroutine_fn block_copy(BlockCopy *bc, int64_t offset, int64_t bytes, bool *is_read)
{
    int64_t start = QEMU_ALIGN_DOWN(offset, bc->cluster_size);
    int64_t end = MIN(QEMU_ALIGN_UP(offset + bytes, bc->cluster_size), bc->len);
    bool dummy;
    CopyOp op;
    int ret = 0;

    is_read = is_read ? is_read : &dummy;
    while (ret >= 0 && start < end && take_clusters(bc, &op, start, end)) {
        int64_t n = MIN(op.bytes, bc->len - op.offset);

        ret = copy_clusters(bc, op.offset, n, is_read);
        if (ret >= 0 && bc->discard_source) {
            bdrv_co_pdiscard(bc->source, op.offset, n); /* as far as that is possible */
        }
        if (ret < 0) {
            bdrv_set_dirty_bitmap(bc->todo, op.offset, n);
        } else if (bc->progress) {
            bc->progress(bc->progress_opaque, n);
        }
        WITH_QEMU_LOCK_GUARD(&bc->lock)
        {
            QLIST_REMOVE(&op, next);
            qemu_co_queue_restart_all(&op.waiters);
        }
    }
    return ret < 0 ? ret : 0;
}
