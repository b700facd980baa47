/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images get another size, room for what is not written yet, or lose all that they have. */
#include "qemu/osdep.h"
#include "qcow2.h"

static int coroutine_fn set_size(BlockDriverState *bs, uint64_t size)
{
    uint64_t be = cpu_to_be64(size);

    return qcow2_put_header(bs, offsetof(Qcow2Header, size), 8, &be);
}

/* The host gives room for it now. What is behind the end of the file makes it longer. */
static int coroutine_fn take_room(BlockDriverState *bs, int64_t host, int64_t bytes,
                                  PreallocMode mode)
{
    int64_t end = qatomic_read(&bs->file->bs->total_bytes);
    int ret = host < end ? bdrv_co_pwrite_zeroes(bs->file, host, MIN(bytes, end - host), 0) : 0;

    return ret < 0 || host + bytes <= end
               ? ret
               : bdrv_co_truncate(bs->file, host + bytes, false, mode, 0, NULL);
}

static int coroutine_fn preallocate(BlockDriverState *bs, uint64_t from, uint64_t to,
                                    PreallocMode mode)
{
    Qcow2State *s = bs->opaque;
    uint64_t pos = ROUND_UP(from, s->cluster_size);
    bool external = qcow2_has_data_file(s);
    int64_t host = 0, end = 0;
    int ret = 0;

    while (pos < to && ret >= 0) {
        uint64_t clusters = MIN(qcow2_clusters(s, to - pos), 64 * MiB >> s->cluster_bits), n;
        bool hidden;

        host = external ? (int64_t)pos : qcow2_alloc_some(bs, &clusters);
        n = clusters << s->cluster_bits;
        if (external) {
            qcow2_data_keep(bs, pos, n);
        }
        if (host < 0) {
            return host;
        }
        /* Clusters that were something else before must not show it. */
        hidden = !external &&
                 (s->crypto || (host < bs->file->bs->total_bytes && mode != PREALLOC_MODE_FULL));
        ret = qcow2_set_entries(bs, pos, n >> s->cluster_bits, host,
                                QCOW_OFLAG_COPIED | (qcow2_has_subclusters(s)    ? QCOW2_ROOM_ONLY
                                                     : s->version >= 3 && hidden ? QCOW_OFLAG_ZERO
                                                                                 : 0),
                                QCOW2_DISCARD_OTHER);
        if (ret >= 0 && mode != PREALLOC_MODE_METADATA && !external) {
            ret = take_room(bs, host, n, mode);
        }
        end = MAX(end, host + (int64_t)n);
        pos += n;
    }
    if (ret >= 0 && !external && end > bs->file->bs->total_bytes) {
        ret = bdrv_co_truncate(bs->file, end, false, PREALLOC_MODE_OFF, 0, NULL);
    }
    return ret;
}

/*
 * Lock held: nothing is at the clusters that begin in [@from, @to) of the disk any more; @to is the
 * disk's end, or that of a level 2 table.
 */
static int coroutine_fn drop_clusters(BlockDriverState *bs, uint64_t from, uint64_t to)
{
    Qcow2State *s = bs->opaque;
    uint64_t start = ROUND_UP(from, s->cluster_size);
    uint64_t end = ROUND_UP(to, s->cluster_size);
    int ret = 0;

    for (uint64_t pos = start, next; pos < end && ret >= 0; pos = next) {
        uint64_t i = pos >> qcow2_table_bits(s);
        Qcow2Entry e;

        if (i >= s->l1_size || !(s->l1[i] & QCOW2_OFFSET_MASK)) {
            next = (i + 1) << qcow2_table_bits(s);
            continue;
        }
        if (i << qcow2_table_bits(s) == pos) {
            next = (i + 1) << qcow2_table_bits(s);
            ret = qcow2_drop_tables(bs, i, 1, QCOW2_DISCARD_REQUEST);
            continue;
        }
        next = pos + s->cluster_size;
        ret = qcow2_get_entry(bs, pos, &e);
        if (ret >= 0 && (e.bitmap || qcow2_cluster_type(s, e.entry) != QCOW2_UNALLOCATED)) {
            ret = qcow2_set_entries(bs, pos, 1, 0, 0, QCOW2_DISCARD_REQUEST);
        }
    }
    return ret < 0 ? ret : qcow2_commit(bs);
}

/* Lock not held: zeroes where the disk shows anything else, of one kind. */
static int coroutine_fn clear_run(BlockDriverState *bs, uint64_t offset, uint64_t *bytes)
{
    Qcow2State *s = bs->opaque;
    QEMU_AUTO_VFREE uint8_t *buf = NULL;
    Qcow2ClusterType type;
    QEMUIOVector qiov;
    uint64_t entry;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    ret = qcow2_lookup(bs, offset, bytes, &entry, &type);
    qemu_co_mutex_unlock(&s->lock);
    if (ret < 0 || type == QCOW2_ZERO_PLAIN || type == QCOW2_ZERO_ALLOC ||
        (type == QCOW2_UNALLOCATED && !bs->backing)) {
        return ret;
    }
    buf = qemu_try_blockalign0(bs->file->bs, *bytes);
    if (!buf) {
        return -ENOMEM;
    }
    qemu_iovec_init_buf(&qiov, buf, *bytes);
    return qcow2_co_pwritev_part(bs, offset, *bytes, &qiov, 0, 0);
}

/*
 * Lock not held, before the disk grows from @old to @size: what its last cluster has behind @old
 * is of before it shrank once, or the backing file's. On stable storage before the size is.
 */
static int coroutine_fn zero_tail(BlockDriverState *bs, uint64_t old, uint64_t size)
{
    Qcow2State *s = bs->opaque;
    uint64_t end = MIN(size, ROUND_UP(old, s->cluster_size));
    int ret = 0;

    for (uint64_t pos = old, n; pos < end && ret >= 0; pos += n) {
        n = end - pos;
        ret = clear_run(bs, pos, &n);
    }
    return ret;
}

int coroutine_fn qcow2_co_truncate(BlockDriverState *bs, int64_t offset, bool exact,
                                   PreallocMode prealloc, unsigned flags, Error **errp)
{
    Qcow2State *s = bs->opaque;
    int64_t old = bs->total_bytes;
    /* Clusters that are added. */
    uint64_t from = ROUND_UP(old, s->cluster_size), to = ROUND_UP(offset, s->cluster_size);
    Error *why = NULL;
    int ret = 0;

    if (offset % 512) {
        error_setg(errp, "The new size must be a multiple of 512");
        return -EINVAL;
    }
    if (offset < old && prealloc != PREALLOC_MODE_OFF) {
        error_setg(errp, "Preallocation can't be used for shrinking an image");
        return -EINVAL;
    }
    if ((flags & BDRV_TRUNCATE_ZERO) && bs->backing && s->version < 3 && to > from) {
        error_setg(errp, "Can't grow an image of compatibility level 0.10 over a longer backing "
                         "file, which would be seen there; \"qemu-img amend -o compat=1.1\" makes "
                         "it one that can");
        return -ENOTSUP;
    }
    ret = offset > old ? zero_tail(bs, old, offset) : 0;
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Failed to resize the image");
        return ret;
    }
    qemu_co_mutex_lock(&s->lock);
    while (qcow2_wait_allocs(bs, 0, MAX(old, offset), true)) {
        /* Look again. */
    }
    if (!qcow2_bitmaps_can_resize(bs, offset, &why)) {
        ret = -ENOTSUP;
    } else if (s->nb_snapshots && offset < old && s->version < 3) {
        ret = -ENOTSUP;
        error_setg(&why, "Can't shrink an image of compatibility level 0.10 that has snapshots; "
                         "\"qemu-img amend -o compat=1.1\" makes it one that can");
    } else if (offset < old) {
        /* The size first: what lies beyond may be lost then. */
        ret = qcow2_drop_vmstate(bs);
        if (ret >= 0) {
            ret = qcow2_snapshots_keep_size(bs);
        }
        if (ret >= 0) {
            ret = set_size(bs, offset);
        }
        /*
         * From here on it has its new size. A failure leaves clusters behind the end: not all of
         * what is there can be shown again. They go when the disk grows.
         */
        if (ret >= 0) {
            if (drop_clusters(bs, offset, old) >= 0) {
                qcow2_trim_file(bs);
            }
            qcow2_data_shrink(bs, offset);
        }
    } else {
        /* A machine's state that was left behind the disk must not become a part of it. */
        ret = qcow2_drop_vmstate(bs);
        /* Nor what the table at its end still has of a shrink that was cut. */
        if (ret >= 0) {
            ret = drop_clusters(bs, old, ROUND_UP(old, 1ULL << qcow2_table_bits(s)));
        }
        if (ret >= 0) {
            ret = qcow2_grow_l1(bs, qcow2_l1_entries(s, offset));
        }
        if (ret >= 0 && (flags & BDRV_TRUNCATE_ZERO) && bs->backing && to > from) {
            ret = qcow2_set_entries(bs, from, (to - from) >> s->cluster_bits, 0, QCOW_OFLAG_ZERO,
                                    QCOW2_DISCARD_OTHER);
        }
        if (ret >= 0) {
            ret = qcow2_data_grow(bs, old, offset, prealloc, &why);
        }
        if (ret >= 0 && prealloc != PREALLOC_MODE_OFF) {
            ret = preallocate(bs, old, offset, prealloc);
        }
        if (ret >= 0) {
            ret = qcow2_commit(bs);
        }
        if (ret >= 0) {
            ret = set_size(bs, offset);
        }
    }
    if (ret >= 0) {
        bs->total_bytes = offset;
    } else if (why) {
        error_propagate(errp, why);
    } else {
        error_setg_errno(errp, -ret, "Failed to resize the image");
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

static int coroutine_fn make_empty_entry(void *opaque)
{
    BlockDriverState *bs = opaque;
    Qcow2State *s = bs->opaque;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    while (qcow2_wait_allocs(bs, 0, INT64_MAX, true)) {
        /* Look again. */
    }
    ret = drop_clusters(bs, 0, bs->total_bytes);
    if (ret >= 0) {
        qcow2_trim_file(bs);
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

int qcow2_make_empty(BlockDriverState *bs)
{
    return bdrv_run_co(bs, make_empty_entry, bs);
}
