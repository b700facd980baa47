/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two levels of tables that map guest clusters to host clusters. */
#include "qemu/osdep.h"
#include "qcow2.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"

int coroutine_mixed_fn qcow2_write_l1(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    GHashTableIter it;
    gpointer key;

    g_hash_table_iter_init(&it, s->l1_dirty);
    while (g_hash_table_iter_next(&it, &key, NULL)) {
        uint64_t i = GPOINTER_TO_SIZE(key);
        uint64_t entry = cpu_to_be64(s->l1[i]);
        int ret;

        qcow2_event(bs, BLKDBG_L1_UPDATE);
        ret = bdrv_pwrite(bs->file, s->l1_offset + i * 8, 8, &entry, 0);

        if (ret < 0) {
            return ret;
        }
    }
    g_hash_table_remove_all(s->l1_dirty);
    return 0;
}

/* A longer table elsewhere; the header follows when it is on disk. */
int coroutine_mixed_fn qcow2_grow_l1(BlockDriverState *bs, uint64_t min_size)
{
    Qcow2State *s = bs->opaque;
    uint64_t bytes = min_size * 8, old_offset = s->l1_offset, old_size = s->l1_size;
    g_autofree uint64_t *disk = NULL;
    struct QEMU_PACKED {
        uint32_t size;
        uint64_t offset;
    } header;
    uint64_t *l1;
    int64_t offset;
    int ret;

    if (min_size <= s->l1_size) {
        return 0;
    }
    if (bytes > QCOW2_MAX_L1_BYTES) {
        return -EFBIG;
    }
    /* Entries that are only in memory: with what they point at. */
    ret = qcow2_commit(bs);
    if (ret < 0) {
        return ret;
    }
    qcow2_event(bs, BLKDBG_L1_GROW_ALLOC_TABLE);
    offset = qcow2_alloc_clusters(bs, bytes);
    if (offset < 0) {
        return offset;
    }
    disk = g_try_malloc0(bytes);
    l1 = g_try_malloc0(bytes);
    if (!disk || !l1) {
        g_free(l1);
        qcow2_free_later(bs, offset, bytes, QCOW2_DISCARD_OTHER);
        return -ENOMEM;
    }
    memcpy(l1, s->l1, old_size * 8);
    for (uint64_t i = 0; i < old_size; i++) {
        disk[i] = cpu_to_be64(l1[i]);
    }
    ret = qcow2_commit(bs);
    if (ret >= 0) {
        qcow2_event(bs, BLKDBG_L1_GROW_WRITE_TABLE);
        ret = bdrv_pwrite(bs->file, offset, bytes, disk, 0);
    }
    if (ret >= 0) {
        qcow2_event(bs, BLKDBG_L1_GROW_ACTIVATE_TABLE);
        header.size = cpu_to_be32(min_size);
        header.offset = cpu_to_be64(offset);
        ret = qcow2_put_header(bs, offsetof(Qcow2Header, l1_size), sizeof(header), &header);
    }
    if (ret < 0) {
        g_free(l1);
        if (!s->header_unsure) {
            qcow2_free_later(bs, offset, bytes, QCOW2_DISCARD_OTHER);
        }
        return ret;
    }
    g_free(s->l1);
    s->l1 = l1;
    s->l1_size = min_size;
    s->l1_offset = offset;
    qcow2_free_later(bs, old_offset, old_size * 8, QCOW2_DISCARD_OTHER);
    return 0;
}

int coroutine_mixed_fn qcow2_read_l2(BlockDriverState *bs, uint64_t offset, uint64_t *table)
{
    Qcow2State *s = bs->opaque;
    int ret = qcow2_cluster_offset(s, offset) ? -EIO : 0;

    for (int64_t at = 0; at < s->cluster_size && ret >= 0; at += s->slice_bytes) {
        void *slice;

        ret = qcow2_cache_get(s->l2_cache, offset + at, &slice);
        if (ret >= 0) {
            memcpy((char *)table + at, slice, s->slice_bytes);
        }
    }
    return ret;
}

int coroutine_mixed_fn qcow2_update_l2(BlockDriverState *bs, uint64_t offset, const uint64_t *table)
{
    Qcow2State *s = bs->opaque;
    int ret = 0;

    for (int64_t at = 0; at < s->cluster_size && ret >= 0; at += s->slice_bytes) {
        void *slice;

        ret = qcow2_cache_get(s->l2_cache, offset + at, &slice);
        if (ret >= 0 && memcmp(slice, (const char *)table + at, s->slice_bytes)) {
            memcpy(slice, (const char *)table + at, s->slice_bytes);
            qcow2_cache_mark_dirty(s->l2_cache, offset + at);
        }
    }
    return ret;
}

/* All slices of a table at @offset, where none is; @from: what they have, NULL for nothing. */
static int coroutine_mixed_fn new_l2(BlockDriverState *bs, uint64_t offset, const char *from)
{
    Qcow2State *s = bs->opaque;

    for (int64_t at = 0; at < s->cluster_size; at += s->slice_bytes) {
        void *slice;
        int ret = qcow2_cache_new_table(s->l2_cache, offset + at, &slice);

        if (ret < 0) {
            qcow2_cache_drop(s->l2_cache, offset);
            return ret;
        }
        if (from) {
            memcpy(slice, from + at, s->slice_bytes);
        }
    }
    return 0;
}

/* A table of its own for entry @i of level 1: a copy of the shared one, or an empty one. */
static int coroutine_mixed_fn own_l2(BlockDriverState *bs, uint64_t i)
{
    Qcow2State *s = bs->opaque;
    uint64_t old = s->l1[i] & QCOW2_OFFSET_MASK;
    g_autofree void *copy = old ? g_try_malloc(s->cluster_size) : NULL;
    int64_t offset = old && !copy ? -ENOMEM : qcow2_alloc_clusters(bs, s->cluster_size);
    int ret;

    if (offset < 0) {
        return offset;
    }
    ret = old ? qcow2_read_l2(bs, old, copy) : 0;
    ret = ret < 0 ? ret : new_l2(bs, offset, copy);
    if (ret < 0) {
        qcow2_free_later(bs, offset, s->cluster_size, QCOW2_DISCARD_OTHER);
        return ret;
    }
    if (old) {
        qcow2_free_later(bs, old, s->cluster_size, QCOW2_DISCARD_OTHER);
    }
    qcow2_overlap_note(s, offset, QCOW2_OL_ACTIVE_L2);
    s->l1[i] = offset | QCOW_OFLAG_COPIED;
    g_hash_table_add(s->l1_dirty, GSIZE_TO_POINTER(i));
    return 0;
}

int coroutine_mixed_fn qcow2_get_l2(BlockDriverState *bs, uint64_t guest, bool allocate,
                                    uint64_t **table, uint32_t *index, uint64_t *l2_offset)
{
    Qcow2State *s = bs->opaque;
    uint64_t i = guest >> qcow2_table_bits(s);
    void *t;
    int ret;

    *table = NULL;
    if (s->unusable) {
        return -EIO;
    }
    *index = (guest >> s->cluster_bits) & (s->l2_slice - 1);
    if (i >= s->l1_size) {
        if (!allocate) {
            return 0;
        }
        ret = qcow2_grow_l1(bs, i + 1);
        if (ret < 0) {
            return ret;
        }
    }
    /* In a broken image the flag may stand without a table. */
    if (allocate && (!(s->l1[i] & QCOW_OFLAG_COPIED) || !(s->l1[i] & QCOW2_OFFSET_MASK))) {
        ret = own_l2(bs, i);
        if (ret < 0) {
            return ret;
        }
    }
    *l2_offset = s->l1[i] & QCOW2_OFFSET_MASK;
    if (!*l2_offset) {
        /* A table of its own that is nowhere: the image is corrupt. */
        return allocate ? -EIO : 0;
    }
    if (qcow2_cluster_offset(s, *l2_offset)) {
        qcow2_signal_corruption(bs, *l2_offset, s->cluster_size,
                                "entry %" PRIu64 " of the L1 table is not aligned", i);
        return -EIO;
    }
    *l2_offset += ((guest >> s->cluster_bits) & (s->l2_size - 1)) / s->l2_slice * s->slice_bytes;
    ret = qcow2_cache_get(s->l2_cache, *l2_offset, &t);
    if (ret < 0) {
        return ret;
    }
    *table = t;
    return 0;
}

int coroutine_mixed_fn qcow2_get_entry(BlockDriverState *bs, uint64_t guest, Qcow2Entry *e)
{
    uint64_t *table, l2_offset;
    uint32_t index;
    int ret = qcow2_get_l2(bs, guest, false, &table, &index, &l2_offset);

    *e = ret < 0 || !table ? (Qcow2Entry){0} : qcow2_table_get(bs->opaque, table, index);
    return ret;
}

/* How many subclusters from @sub on are of the same kind. */
static unsigned run_of_subclusters(const Qcow2State *s, Qcow2Entry e, Qcow2ClusterType type,
                                   unsigned sub)
{
    uint32_t alloc = e.bitmap, zero = e.bitmap >> 32, same;

    if (!qcow2_has_subclusters(s)) {
        return 1;
    }
    same = type == QCOW2_NORMAL        ? alloc & ~zero
           : type == QCOW2_UNALLOCATED ? ~(alloc | zero)
                                       : zero & ~alloc;
    same = ~(same >> sub);
    return MIN(same ? ctz32(same) : 32, QCOW2_SUBCLUSTERS - sub);
}

/* Does cluster @n behind the one of @first go on like it, at its start? */
static bool goes_on(const Qcow2State *s, Qcow2Entry first, Qcow2ClusterType type, Qcow2Entry e,
                    uint32_t n)
{
    bool placed = type == QCOW2_NORMAL || type == QCOW2_ZERO_ALLOC ||
                  (qcow2_has_subclusters(s) && qcow2_entry_has_host(s, first.entry));

    return qcow2_subcluster_type(s, e, 0) == type &&
           !((e.entry ^ first.entry) & QCOW_OFLAG_COPIED) &&
           qcow2_entry_has_host(s, e.entry) == qcow2_entry_has_host(s, first.entry) &&
           (!placed || (e.entry & QCOW2_OFFSET_MASK) ==
                           (first.entry & QCOW2_OFFSET_MASK) + ((uint64_t)n << s->cluster_bits));
}

/* Places that cannot be: they are not what any program has written. */
static bool misplaced(const Qcow2State *s, uint64_t entry, uint64_t guest_cluster)
{
    return qcow2_cluster_offset(s, entry & QCOW2_OFFSET_MASK) ||
           (qcow2_has_data_file(s) && qcow2_entry_has_host(s, entry) &&
            (entry & QCOW2_OFFSET_MASK) != guest_cluster);
}

int coroutine_mixed_fn qcow2_lookup(BlockDriverState *bs, uint64_t guest, uint64_t *bytes,
                                    uint64_t *entry, Qcow2ClusterType *type)
{
    Qcow2State *s = bs->opaque;
    uint64_t in_cluster = qcow2_cluster_offset(s, guest), l2_offset, have;
    unsigned sub = in_cluster >> s->subcluster_bits;
    uint64_t *table;
    uint32_t index;
    Qcow2Entry first, e;
    int ret = qcow2_get_l2(bs, guest, false, &table, &index, &l2_offset);

    if (ret < 0) {
        return ret;
    }
    have = ((uint64_t)(s->l2_slice - index) << s->cluster_bits) - in_cluster;
    *bytes = MIN(*bytes, have);
    if (!table) {
        *entry = 0;
        *type = QCOW2_UNALLOCATED;
        return 0;
    }
    e = first = qcow2_table_get(s, table, index);
    *entry = first.entry;
    *type = qcow2_subcluster_type(s, first, sub);
    if (*type == QCOW2_COMPRESSED) {
        *bytes = MIN(*bytes, s->cluster_size - in_cluster);
        return 0;
    }
    if (*type == QCOW2_INVALID || misplaced(s, first.entry, guest - in_cluster)) {
        qcow2_signal_corruption(bs, first.entry & QCOW2_OFFSET_MASK, s->cluster_size,
                                "a cluster of the disk's offset 0x%" PRIx64 " cannot be",
                                guest - in_cluster);
        return -EIO;
    }
    for (uint32_t n = 0;;) {
        have = ((uint64_t)n << s->cluster_bits) +
               ((uint64_t)(sub + run_of_subclusters(s, e, *type, sub)) << s->subcluster_bits) -
               in_cluster;
        n++;
        sub = 0;
        if (have >= *bytes || have < ((uint64_t)n << s->cluster_bits) - in_cluster) {
            break;
        }
        e = qcow2_table_get(s, table, index + n);
        if (!goes_on(s, first, *type, e, n)) {
            break;
        }
    }
    *bytes = MIN(*bytes, have);
    return 0;
}

/* What an entry for @host with @flags says of subclusters; @old: of before. */
static uint64_t bitmap_for(const Qcow2State *s, uint64_t flags, uint64_t old)
{
    if (!qcow2_has_subclusters(s) || (flags & QCOW_OFLAG_COMPRESSED)) {
        return 0;
    }
    if (flags & QCOW2_ROOM_ONLY) {
        return old & QCOW2_ALL_ZERO;
    }
    if (flags & QCOW_OFLAG_ZERO) {
        return QCOW2_ALL_ZERO;
    }
    return flags & QCOW_OFLAG_COPIED ? QCOW2_ALL_ALLOC : 0;
}

/* The flags of it as they are in the file. */
static uint64_t flags_for(const Qcow2State *s, uint64_t flags)
{
    if (!qcow2_has_subclusters(s) || (flags & QCOW_OFLAG_COMPRESSED)) {
        return flags;
    }
    return flags & ~(QCOW_OFLAG_ZERO | QCOW2_ROOM_ONLY);
}

/*
 * Entries for @clusters clusters from @guest: at @host on if @flags has COPIED, else nowhere. What
 * they pointed at is freed, for the reason @why.
 */
int coroutine_fn qcow2_set_entries(BlockDriverState *bs, uint64_t guest, uint64_t clusters,
                                   uint64_t host, uint64_t flags, Qcow2Discard why)
{
    Qcow2State *s = bs->opaque;
    uint64_t file_flags = flags_for(s, flags);

    /* In a data file a cluster stays where it is. */
    if (qcow2_has_data_file(s) && (flags & QCOW_OFLAG_COPIED)) {
        why = QCOW2_DISCARD_KEEP;
    }
    while (clusters) {
        uint64_t *table, l2_offset;
        uint32_t index;
        int ret = qcow2_get_l2(bs, guest, true, &table, &index, &l2_offset);

        if (ret < 0) {
            return ret;
        }
        for (; clusters && index < s->l2_slice; index++, clusters--) {
            Qcow2Entry old = qcow2_table_get(s, table, index);

            qcow2_table_put(s, table, index,
                            (Qcow2Entry){host | file_flags, bitmap_for(s, flags, old.bitmap)});
            if (why != QCOW2_DISCARD_KEEP) {
                qcow2_free_entry_later(bs, old.entry, why);
            }
            if (flags & QCOW_OFLAG_COPIED) {
                host += s->cluster_size;
            }
            guest += s->cluster_size;
        }
        qcow2_cache_mark_dirty(s->l2_cache, l2_offset);
    }
    return 0;
}

/* ---- subclusters ---- */

/* Those of the cluster at @guest that lie in @from..@to. */
static uint64_t subclusters_in(const Qcow2State *s, uint64_t guest, uint64_t from, uint64_t to)
{
    uint64_t end = guest + s->cluster_size, first, n;

    from = MAX(from, guest);
    to = MIN(to, end);
    if (from >= to) {
        return 0;
    }
    first = (from - guest) >> s->subcluster_bits;
    n = ((to - guest + s->subcluster_size - 1) >> s->subcluster_bits) - first;
    return ((1ULL << n) - 1) << first;
}

int coroutine_fn qcow2_set_subclusters(BlockDriverState *bs, const Qcow2Alloc *a)
{
    Qcow2State *s = bs->opaque;

    for (uint64_t done = 0; done < a->bytes; done += s->cluster_size) {
        uint64_t guest = a->guest + done, l2_offset, alloc, written;
        uint64_t *table;
        uint32_t index;
        Qcow2Entry old;
        int ret = qcow2_get_l2(bs, guest, true, &table, &index, &l2_offset);

        if (ret < 0) {
            return ret;
        }
        old = qcow2_table_get(s, table, index);
        written = subclusters_in(s, guest, a->set_from, a->set_to);
        alloc = old.entry & QCOW_OFLAG_COMPRESSED ? QCOW2_ALL_ALLOC : old.bitmap & QCOW2_ALL_ALLOC;
        qcow2_table_put(
            s, table, index,
            (Qcow2Entry){(a->host + done) | QCOW_OFLAG_COPIED,
                         alloc | written | (old.bitmap & QCOW2_ALL_ZERO & ~(written << 32))});
        qcow2_cache_mark_dirty(s->l2_cache, l2_offset);
        if (!a->fill && !qcow2_has_data_file(s)) {
            qcow2_free_entry_later(bs, old.entry, QCOW2_DISCARD_OTHER);
        }
    }
    return 0;
}

int coroutine_fn qcow2_zero_subclusters(BlockDriverState *bs, uint64_t guest, uint64_t bytes)
{
    Qcow2State *s = bs->opaque;
    uint64_t cluster = ROUND_DOWN(guest, s->cluster_size), l2_offset, which;
    uint64_t *table;
    uint32_t index;
    Qcow2Entry e;
    int ret = qcow2_get_l2(bs, cluster, true, &table, &index, &l2_offset);

    if (ret < 0) {
        return ret;
    }
    e = qcow2_table_get(s, table, index);
    if (e.entry & QCOW_OFLAG_COMPRESSED) {
        return -ENOTSUP;
    }
    which = subclusters_in(s, cluster, guest, guest + bytes);
    e.bitmap = (e.bitmap & ~which) | which << 32;
    qcow2_table_put(s, table, index, e);
    qcow2_cache_mark_dirty(s->l2_cache, l2_offset);
    return 0;
}
