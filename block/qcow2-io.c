/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest requests to a qcow2 image. In coroutines, any thread; the lock is taken here. */
#include "qemu/osdep.h"
#include "qcow2.h"
#include "qemu/bswap.h"

/* Clusters that one write allocates at once. */
#define MAX_ALLOC_BYTES (4 * MiB)

int coroutine_fn qcow2_wait_allocs(BlockDriverState *bs, uint64_t guest, uint64_t bytes, bool all)
{
    Qcow2State *s = bs->opaque;
    uint64_t start = ROUND_DOWN(guest, s->cluster_size);
    uint64_t end = ROUND_UP(guest + bytes, s->cluster_size);
    Qcow2Alloc *a;

    QLIST_FOREACH (a, &s->allocs, next) {
        if ((all || !a->in_place) && start < a->guest + a->bytes && a->guest < end) {
            qemu_co_queue_wait(&a->waiters, &s->lock);
            return 1;
        }
    }
    return 0;
}

/* ---- reading ---- */

static int coroutine_fn read_backing(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                     QEMUIOVector *qiov, size_t qiov_offset)
{
    /* Behind the disk is the state of a machine, which no backing file has. */
    if (!bs->backing || offset >= bs->total_bytes) {
        qemu_iovec_memset(qiov, qiov_offset, 0, bytes);
        return 0;
    }
    qcow2_event(bs, BLKDBG_READ_BACKING_AIO);
    return bdrv_co_preadv_part(bs->backing, offset, bytes, qiov, qiov_offset, 0);
}

/* Parts of one read that are under way at the same time: clusters that lie apart, or compressed. */
#define MAX_READ_PARTS 8

typedef struct ReadParts ReadParts;

typedef struct ReadPart {
    ReadParts *all;
    bool busy;
    Qcow2ClusterType type;
    uint64_t entry;
    int64_t offset, bytes;
    size_t qiov_offset;
} ReadPart;

/* In the thread of the request, as all its coroutines. */
struct ReadParts {
    BlockDriverState *bs;
    QEMUIOVector *qiov;
    ReadPart part[MAX_READ_PARTS];
    int in_flight;
    int ret;
    Coroutine *waiter; /* for one of them to end; NULL: nobody */
};

static int coroutine_fn read_part(BlockDriverState *bs, const ReadPart *p, QEMUIOVector *qiov)
{
    Qcow2State *s = bs->opaque;

    switch (p->type) {
    case QCOW2_UNALLOCATED:
        return read_backing(bs, p->offset, p->bytes, qiov, p->qiov_offset);
    case QCOW2_ZERO_PLAIN:
    case QCOW2_ZERO_ALLOC:
        qemu_iovec_memset(qiov, p->qiov_offset, 0, p->bytes);
        return 0;
    case QCOW2_COMPRESSED:
        return qcow2_read_compressed(bs, p->entry, p->offset, p->bytes, qiov, p->qiov_offset);
    case QCOW2_NORMAL:
        return qcow2_read_data(bs, p->offset,
                               (p->entry & QCOW2_OFFSET_MASK) + qcow2_cluster_offset(s, p->offset),
                               p->bytes, qiov, p->qiov_offset);
    default:
        return -EIO;
    }
}

static void coroutine_fn read_part_entry(void *opaque)
{
    ReadPart *p = opaque;
    ReadParts *all = p->all;
    int ret = read_part(all->bs, p, all->qiov);

    all->ret = all->ret < 0 ? all->ret : ret;
    all->in_flight--;
    p->busy = false;
    if (all->waiter) {
        aio_co_wake(g_steal_pointer(&all->waiter));
    }
}

static void coroutine_fn wait_for_parts(ReadParts *all, int most)
{
    while (all->in_flight > most) {
        all->waiter = qemu_coroutine_self();
        qemu_coroutine_yield();
    }
}

/* While the caller looks for the next part. */
static void coroutine_fn start_part(ReadParts *all, const ReadPart *p)
{
    ReadPart *slot = all->part;

    wait_for_parts(all, MAX_READ_PARTS - 1);
    while (slot->busy) {
        slot++;
    }
    *slot = *p;
    slot->all = all;
    slot->busy = true;
    all->in_flight++;
    qemu_coroutine_enter(qemu_coroutine_create(read_part_entry, slot));
}

int coroutine_fn qcow2_co_preadv_part(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      QEMUIOVector *qiov, size_t qiov_offset,
                                      BdrvRequestFlags flags)
{
    Qcow2State *s = bs->opaque;
    ReadParts all = {.bs = bs, .qiov = qiov};

    while (bytes && all.ret >= 0) {
        ReadPart p = {.offset = offset, .qiov_offset = qiov_offset};
        uint64_t n = bytes;
        int ret;

        qemu_co_mutex_lock(&s->lock);
        ret = qcow2_lookup(bs, offset, &n, &p.entry, &p.type);
        qemu_co_mutex_unlock(&s->lock);
        p.bytes = n;
        if (ret >= 0 && (int64_t)n < bytes &&
            (p.type == QCOW2_NORMAL || p.type == QCOW2_COMPRESSED ||
             (p.type == QCOW2_UNALLOCATED && bs->backing))) {
            start_part(&all, &p);
        } else if (ret >= 0) {
            ret = read_part(bs, &p, qiov);
        }
        all.ret = all.ret < 0 ? all.ret : ret;
        offset += n;
        bytes -= n;
        qiov_offset += n;
    }
    wait_for_parts(&all, 0);
    return all.ret;
}

/* ---- writing ---- */

static void register_alloc(Qcow2State *s, Qcow2Alloc *a)
{
    qemu_co_queue_init(&a->waiters);
    QLIST_INSERT_HEAD(&s->allocs, a, next);
}

/* What a cluster of its own gets of the one before, @e, is from here on at the latest. */
static uint64_t first_kept(const Qcow2State *s, uint64_t guest, Qcow2Entry e)
{
    uint32_t alloc = e.bitmap;

    if (!qcow2_has_subclusters(s) || (e.entry & QCOW_OFLAG_COMPRESSED)) {
        return guest;
    }
    return alloc ? guest + ((uint64_t)ctz32(alloc) << s->subcluster_bits) : UINT64_MAX;
}

static uint64_t end_kept(const Qcow2State *s, uint64_t guest, Qcow2Entry e)
{
    uint32_t alloc = e.bitmap;

    if (!qcow2_has_subclusters(s) || (e.entry & QCOW_OFLAG_COMPRESSED)) {
        return guest + s->cluster_size;
    }
    return alloc ? guest + ((uint64_t)(32 - clz32(alloc)) << s->subcluster_bits) : 0;
}

/* Lock held. New clusters for the request, as far as none can be written in place. */
static int coroutine_fn start_alloc(BlockDriverState *bs, int64_t offset, uint64_t *bytes,
                                    Qcow2Alloc *a)
{
    Qcow2State *s = bs->opaque;
    uint64_t start = ROUND_DOWN(offset, s->cluster_size), end, last, l2_offset;
    uint64_t *table, n;
    uint32_t index, max;
    Qcow2Entry e0, e1;
    int64_t host;
    int ret = qcow2_get_l2(bs, start, true, &table, &index, &l2_offset);

    if (ret < 0) {
        return ret;
    }
    end = MIN(offset + *bytes, start + MAX_ALLOC_BYTES);
    max = MIN(qcow2_clusters(s, end - start), s->l2_slice - index);
    for (n = 1; n < max; n++) {
        uint64_t e = qcow2_table_get(s, table, index + n).entry;

        if ((e & QCOW_OFLAG_COPIED) && qcow2_cluster_type(s, e) == QCOW2_NORMAL) {
            break;
        }
    }
    host = qcow2_has_data_file(s) ? (int64_t)start : qcow2_alloc_some(bs, &n);
    if (host < 0) {
        return host;
    }
    last = start + ((n - 1) << s->cluster_bits);
    ret = qcow2_get_entry(bs, start, &e0);
    ret = ret < 0 ? ret : qcow2_get_entry(bs, last, &e1);
    if (ret < 0) {
        if (!qcow2_has_data_file(s)) {
            qcow2_free_later(bs, host, n << s->cluster_bits, QCOW2_DISCARD_OTHER);
        }
        return ret;
    }
    if (qcow2_has_data_file(s)) {
        qcow2_data_keep(bs, start, n << s->cluster_bits);
    }
    *bytes = MIN(*bytes, start + (n << s->cluster_bits) - offset);
    *a = (Qcow2Alloc){.guest = start,
                      .bytes = n << s->cluster_bits,
                      .host = host,
                      .set_from = ROUND_DOWN(offset, s->subcluster_size),
                      .set_to = ROUND_UP(offset + *bytes, s->subcluster_size)};
    a->from = MIN(a->set_from, first_kept(s, start, e0));
    a->to = MAX(a->set_to, end_kept(s, last, e1));
    register_alloc(s, a);
    return 0;
}

/* Is the cluster there, and nobody else's, but all of it zero, or it has subclusters? */
static bool can_fill(const Qcow2State *s, uint64_t entry)
{
    if (!(entry & QCOW_OFLAG_COPIED) || (entry & QCOW_OFLAG_COMPRESSED)) {
        return false;
    }
    return qcow2_has_subclusters(s) ? qcow2_entry_has_host(s, entry)
                                    : qcow2_cluster_type(s, entry) == QCOW2_ZERO_ALLOC;
}

/* Without subclusters: how many bytes of clusters from the one at @index go on like it. */
static uint64_t zero_run(const Qcow2State *s, const uint64_t *table, uint32_t index, uint64_t max)
{
    uint64_t entry = qcow2_table_get(s, table, index).entry, n = s->cluster_size;

    while (n < max && ++index < s->l2_slice &&
           qcow2_table_get(s, table, index).entry == entry + n) {
        n += s->cluster_size;
    }
    return n;
}

/* How far from the start of the cluster @e subclusters behind @in are unused. */
static uint64_t unused_until(const Qcow2State *s, Qcow2Entry e, uint64_t in)
{
    uint32_t alloc = (uint32_t)e.bitmap >> (in >> s->subcluster_bits);
    uint64_t n = (uint64_t)(alloc ? ctz32(alloc) : QCOW2_SUBCLUSTERS) << s->subcluster_bits;

    return MIN(ROUND_DOWN(in, s->subcluster_size) + n, (uint64_t)s->cluster_size);
}

/*
 * Lock held. The cluster at @offset is the image's own (can_fill()), but what the request is about
 * is not used there: as far as that goes on.
 */
static int coroutine_fn start_fill(BlockDriverState *bs, int64_t offset, uint64_t *bytes,
                                   Qcow2Alloc *a)
{
    Qcow2State *s = bs->opaque;
    uint64_t start = ROUND_DOWN(offset, s->cluster_size), in = offset - start, l2_offset, run;
    uint64_t *table;
    uint32_t index;
    Qcow2Entry e;
    int ret = qcow2_get_l2(bs, start, true, &table, &index, &l2_offset);

    if (ret < 0) {
        return ret;
    }
    e = qcow2_table_get(s, table, index);
    /* What is used already others may be writing to: not with this request. */
    run = qcow2_has_subclusters(s)
              ? unused_until(s, e, in)
              : zero_run(s, table, index, MIN(in + *bytes, (uint64_t)MAX_ALLOC_BYTES));
    *bytes = MIN(*bytes, run - in);
    *a = (Qcow2Alloc){.guest = start,
                      .bytes = qcow2_has_subclusters(s) ? (uint64_t)s->cluster_size : run,
                      .host = e.entry & QCOW2_OFFSET_MASK,
                      .set_from = ROUND_DOWN(offset, s->subcluster_size),
                      .set_to = ROUND_UP(offset + *bytes, s->subcluster_size),
                      .fill = true};
    a->from = a->set_from;
    a->to = a->set_to;
    a->bytes = MIN(a->bytes, ROUND_UP(a->to, s->cluster_size) - start);
    ret = qcow2_has_data_file(s) ? 0 : qcow2_check_overlap(bs, 0, a->host, a->bytes);
    if (ret < 0) {
        return ret;
    }
    qcow2_data_keep(bs, a->host, a->bytes);
    register_alloc(s, a);
    return 0;
}

/* The data, and around it what the clusters had before, to the new clusters. */
static int coroutine_fn write_new(BlockDriverState *bs, const Qcow2Alloc *a, int64_t offset,
                                  uint64_t bytes, QEMUIOVector *qiov, size_t qiov_offset)
{
    uint64_t head = offset - a->from, tail = a->to - (offset + bytes);
    uint64_t host = a->host + (a->from - a->guest);
    QEMU_AUTO_VFREE uint8_t *buf = NULL;
    QEMUIOVector whole, part;
    int ret = 0;

    if (!head && !tail) {
        return qcow2_write_data(bs, a->from, host, bytes, qiov, qiov_offset);
    }
    buf = qemu_try_blockalign(bs->file->bs, head + tail);
    if (!buf) {
        return -ENOMEM;
    }
    qcow2_event(bs, BLKDBG_COW_READ);
    if (head) {
        qemu_iovec_init_buf(&part, buf, head);
        ret = qcow2_co_preadv_part(bs, a->from, head, &part, 0, 0);
    }
    if (ret >= 0 && tail) {
        qemu_iovec_init_buf(&part, buf + head, tail);
        ret = qcow2_co_preadv_part(bs, offset + bytes, tail, &part, 0, 0);
    }
    if (ret < 0) {
        return ret;
    }
    qemu_iovec_init(&whole, qiov->niov + 2);
    if (head) {
        qemu_iovec_add(&whole, buf, head);
    }
    qemu_iovec_concat(&whole, qiov, qiov_offset, bytes);
    if (tail) {
        qemu_iovec_add(&whole, buf + head, tail);
    }
    qcow2_event(bs, BLKDBG_COW_WRITE);
    ret = qcow2_write_data(bs, a->from, host, a->to - a->from, &whole, 0);
    qemu_iovec_destroy(&whole);
    return ret;
}

/* Lock held. The tables get the new clusters, or these are given back. */
static int coroutine_fn finish_alloc(BlockDriverState *bs, Qcow2Alloc *a, int ret)
{
    Qcow2State *s = bs->opaque;

    if (ret >= 0 && qcow2_has_subclusters(s)) {
        ret = qcow2_set_subclusters(bs, a);
    } else if (ret >= 0) {
        ret =
            qcow2_set_entries(bs, a->guest, a->bytes >> s->cluster_bits, a->host, QCOW_OFLAG_COPIED,
                              a->fill ? QCOW2_DISCARD_KEEP : QCOW2_DISCARD_OTHER);
    }
    if (ret < 0 && !a->fill && !qcow2_has_data_file(s)) {
        qcow2_free_later(bs, a->host, a->bytes, QCOW2_DISCARD_OTHER);
    }
    QLIST_REMOVE(a, next);
    qemu_co_queue_restart_all(&a->waiters);
    /* A guest that never flushes must not fill the memory of the host. */
    return ret < 0 ? ret : qcow2_commit_if_full(bs);
}

static void start_in_place(Qcow2State *s, Qcow2Alloc *a, uint64_t guest, uint64_t bytes)
{
    *a = (Qcow2Alloc){.guest = guest, .bytes = bytes, .in_place = true};
    register_alloc(s, a);
}

int coroutine_fn qcow2_co_pwritev_part(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags)
{
    Qcow2State *s = bs->opaque;

    while (bytes) {
        uint64_t n = bytes, entry;
        Qcow2ClusterType type;
        Qcow2Alloc alloc;
        int ret;

        qemu_co_mutex_lock(&s->lock);
        while (qcow2_wait_allocs(bs, offset, n, false)) {
            /* Look again. */
        }
        ret = qcow2_lookup(bs, offset, &n, &entry, &type);
        if (ret >= 0 && type == QCOW2_NORMAL && (entry & QCOW_OFLAG_COPIED) &&
            !qcow2_has_data_file(s)) {
            ret = qcow2_check_overlap(bs, 0, entry & QCOW2_OFFSET_MASK, n);
        }
        if (ret >= 0 && type == QCOW2_NORMAL && (entry & QCOW_OFLAG_COPIED)) {
            /* Known, so that nobody frees the cluster meanwhile. */
            start_in_place(s, &alloc, offset, n);
            qemu_co_mutex_unlock(&s->lock);
            ret = qcow2_write_data(bs, offset,
                                   (entry & QCOW2_OFFSET_MASK) + qcow2_cluster_offset(s, offset), n,
                                   qiov, qiov_offset);
            qemu_co_mutex_lock(&s->lock);
            QLIST_REMOVE(&alloc, next);
            qemu_co_queue_restart_all(&alloc.waiters);
            qemu_co_mutex_unlock(&s->lock);
        } else if (ret >= 0) {
            n = bytes;
            ret = can_fill(s, entry) ? start_fill(bs, offset, &n, &alloc)
                                     : start_alloc(bs, offset, &n, &alloc);
            qemu_co_mutex_unlock(&s->lock);
            if (ret >= 0) {
                ret = write_new(bs, &alloc, offset, n, qiov, qiov_offset);
                qemu_co_mutex_lock(&s->lock);
                ret = finish_alloc(bs, &alloc, ret);
                qemu_co_mutex_unlock(&s->lock);
            }
        } else {
            qemu_co_mutex_unlock(&s->lock);
        }
        if (ret < 0) {
            return ret;
        }
        offset += n;
        bytes -= n;
        qiov_offset += n;
    }
    return 0;
}

/* ---- zeroes and discard: whole clusters ---- */

/* Lock held. Is the cluster at @offset (a part of which is to become zero) zero anyway? */
static bool coroutine_fn reads_zero(BlockDriverState *bs, uint64_t offset, uint64_t bytes)
{
    uint64_t entry;
    Qcow2ClusterType type;

    if (qcow2_lookup(bs, offset, &bytes, &entry, &type) < 0) {
        return false;
    }
    return type == QCOW2_ZERO_PLAIN || type == QCOW2_ZERO_ALLOC ||
           (type == QCOW2_UNALLOCATED && !bs->backing);
}

/*
 * Lock held. With discard-no-unref a cluster that becomes zero stays where it is in the file, which
 * gives its room back: 1 if that was done.
 */
static int coroutine_fn zero_in_place(BlockDriverState *bs, uint64_t offset, Qcow2Entry e)
{
    Qcow2State *s = bs->opaque;
    uint64_t host = e.entry & QCOW2_OFFSET_MASK;
    int ret;

    if (!s->options.discard_no_unref || qcow2_cluster_type(s, e.entry) != QCOW2_NORMAL ||
        !(e.entry & QCOW_OFLAG_COPIED) || qcow2_data_file_is_raw(s)) {
        return 0;
    }
    ret = qcow2_set_entries(bs, offset, 1, host, QCOW_OFLAG_COPIED | QCOW_OFLAG_ZERO,
                            QCOW2_DISCARD_KEEP);
    if (ret >= 0) {
        qcow2_discard_later(bs, host, s->cluster_size);
    }
    return ret < 0 ? ret : 1;
}

/* Lock held. A whole cluster, or as much of it as the disk has. */
static int coroutine_fn zero_cluster(BlockDriverState *bs, uint64_t offset, BdrvRequestFlags flags)
{
    Qcow2State *s = bs->opaque;
    Qcow2ClusterType type;
    Qcow2Entry e;
    bool zero;
    int ret = qcow2_get_entry(bs, offset, &e);

    if (ret < 0) {
        return ret;
    }
    type = qcow2_cluster_type(s, e.entry);
    zero = type == QCOW2_ZERO_PLAIN || type == QCOW2_ZERO_ALLOC || e.bitmap == QCOW2_ALL_ZERO;
    if (zero && (!qcow2_entry_has_host(s, e.entry) || !(flags & BDRV_REQ_MAY_UNMAP) ||
                 s->options.discard_no_unref)) {
        return 0;
    }
    if (type == QCOW2_NORMAL && (e.entry & QCOW_OFLAG_COPIED) && !(flags & BDRV_REQ_MAY_UNMAP)) {
        return qcow2_set_entries(bs, offset, 1, e.entry & QCOW2_OFFSET_MASK,
                                 QCOW_OFLAG_COPIED | QCOW_OFLAG_ZERO, QCOW2_DISCARD_KEEP);
    }
    ret = flags & BDRV_REQ_MAY_UNMAP ? zero_in_place(bs, offset, e) : 0;
    return ret ? MIN(ret, 0)
               : qcow2_set_entries(bs, offset, 1, 0, QCOW_OFLAG_ZERO, QCOW2_DISCARD_REQUEST);
}

/* Lock held. Whole subclusters; what is behind the disk may become zero, too. */
static int coroutine_fn zero_clusters(BlockDriverState *bs, uint64_t offset, uint64_t end,
                                      BdrvRequestFlags flags)
{
    Qcow2State *s = bs->opaque;
    int ret = 0;

    for (uint64_t n; offset < end && ret >= 0; offset += n) {
        n = s->cluster_size - qcow2_cluster_offset(s, offset);
        if (n == (uint64_t)s->cluster_size &&
            (end - offset >= n || end >= (uint64_t)bs->total_bytes)) {
            ret = zero_cluster(bs, offset, flags);
        } else {
            n = MIN(n, end - offset);
            ret = qcow2_zero_subclusters(bs, offset, n);
        }
    }
    return ret;
}

int coroutine_fn qcow2_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                        BdrvRequestFlags flags)
{
    Qcow2State *s = bs->opaque;
    uint64_t start = ROUND_DOWN(offset, s->subcluster_size);
    uint64_t end = ROUND_UP(offset + bytes, s->subcluster_size);
    uint64_t size_end = MIN(end, ROUND_UP(bs->total_bytes, s->subcluster_size));
    int ret = 0;

    if (s->version < 3) {
        return -ENOTSUP;
    }
    qemu_co_mutex_lock(&s->lock);
    while (qcow2_wait_allocs(bs, start, end - start, true)) {
        /* Look again. */
    }
    /* A part of a subcluster can be marked only if all of it is zero then. */
    if (start != offset && !reads_zero(bs, start, offset - start)) {
        ret = -ENOTSUP;
    }
    if (end != offset + bytes && offset + bytes < bs->total_bytes &&
        !reads_zero(bs, offset + bytes, end - (offset + bytes))) {
        ret = -ENOTSUP;
    }
    if (ret == 0) {
        ret = zero_clusters(bs, start, size_end, flags);
    }
    if (ret >= 0) {
        ret = qcow2_data_zero(bs, offset, bytes, flags);
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

int coroutine_fn qcow2_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    Qcow2State *s = bs->opaque;
    uint64_t start = ROUND_UP(offset, s->cluster_size);
    uint64_t end = ROUND_DOWN(offset + bytes, s->cluster_size);
    int ret = 0;

    if (offset + bytes >= bs->total_bytes) {
        end = ROUND_UP(bs->total_bytes, s->cluster_size);
    }
    if (end <= start) {
        return -ENOTSUP;
    }
    qemu_co_mutex_lock(&s->lock);
    while (qcow2_wait_allocs(bs, start, end - start, true)) {
        /* Look again. */
    }
    for (uint64_t pos = start; pos < end && ret >= 0; pos += s->cluster_size) {
        Qcow2ClusterType type;
        Qcow2Entry e;

        ret = qcow2_get_entry(bs, pos, &e);
        type = qcow2_cluster_type(s, e.entry);
        if (ret < 0 || type == QCOW2_ZERO_PLAIN ||
            (type == QCOW2_UNALLOCATED && (!bs->backing || e.bitmap == QCOW2_ALL_ZERO))) {
            continue;
        }
        /* The old content of the backing file must not come back; version 2 cannot say so. */
        if (s->version >= 3) {
            ret = zero_cluster(bs, pos, BDRV_REQ_MAY_UNMAP);
        } else if (!bs->backing) {
            ret = qcow2_set_entries(bs, pos, 1, 0, 0, QCOW2_DISCARD_REQUEST);
        }
    }
    if (ret >= 0) {
        ret = qcow2_data_zero(bs, start, MIN(end, (uint64_t)bs->total_bytes) - start,
                              BDRV_REQ_MAY_UNMAP);
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}
