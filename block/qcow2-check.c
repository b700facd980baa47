/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checking a qcow2 image: count what refers to each cluster, and compare with the refcounts and the
 * "copied" flags. A count that is too high is a leak; one that is too low, or a flag that lets a
 * shared cluster be written in place, is corruption.
 */
#include "qemu/osdep.h"
#include "qcow2.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"

typedef struct Check {
    BlockDriverState *bs;
    BdrvCheckResult *res;
    BdrvCheckMode fix;
    uint64_t clusters;
    uint32_t *counts;
    unsigned long *referred; /* by refcount block: is there a reference to what it counts? */
    uint64_t last_host;      /* end of the cluster before, for fragmentation */
} Check;

static void corrupt(Check *c, const char *fmt, ...) QEMU_PRINTF(2, 3);
static void corrupt(Check *c, const char *fmt, ...)
{
    va_list ap;

    c->res->corruptions++;
    fprintf(stderr, "ERROR ");
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

/* Refcount blocks for so many clusters; one at least. */
static uint64_t ranges(const Qcow2State *s, uint64_t clusters)
{
    return (clusters >> s->refblock_bits) + 1;
}

static void add_one(Check *c, uint64_t i)
{
    Qcow2State *s = c->bs->opaque;

    c->counts[i] += c->counts[i] != UINT32_MAX;
    set_bit(i >> s->refblock_bits, c->referred);
}

/* A reference to each cluster that the range touches. */
static void add(Check *c, uint64_t offset, uint64_t bytes, const char *what)
{
    Qcow2State *s = c->bs->opaque;
    uint64_t first = offset >> s->cluster_bits;
    uint64_t last = bytes ? (offset + bytes - 1) >> s->cluster_bits : first;

    if (!bytes) {
        return;
    }
    if (last >= c->clusters) {
        corrupt(c, "%s offset=0x%" PRIx64 " is beyond the end of the image file", what, offset);
    }
    for (uint64_t i = first; i <= last && i < c->clusters; i++) {
        add_one(c, i);
    }
}

/* A cluster in the data file, which has no count: it is where the guest has it. */
static void check_data_cluster(Check *c, uint64_t entry, uint64_t guest)
{
    if ((entry & QCOW2_OFFSET_MASK) != guest) {
        corrupt(c, "data cluster of 0x%" PRIx64 " is at 0x%" PRIx64 " of the external data file",
                guest, entry & (uint64_t)QCOW2_OFFSET_MASK);
    }
}

static void count_entry(Check *c, uint64_t entry, uint64_t guest, bool active)
{
    Qcow2State *s = c->bs->opaque;
    uint64_t offset, bytes;

    switch (qcow2_cluster_type(s, entry)) {
    case QCOW2_COMPRESSED:
        if (entry & QCOW_OFLAG_COPIED) {
            corrupt(c, "compressed cluster has its copied flag set: 0x%" PRIx64, entry);
        }
        qcow2_compressed_range(s, entry, &offset, &bytes);
        add(c, offset, bytes, "compressed cluster");
        if (active) {
            c->res->bfi.allocated_clusters++;
            c->res->bfi.compressed_clusters++;
            c->res->bfi.fragmented_clusters++;
        }
        break;
    case QCOW2_NORMAL:
    case QCOW2_ZERO_ALLOC:
        offset = entry & QCOW2_OFFSET_MASK;
        if (qcow2_cluster_offset(s, offset)) {
            corrupt(c, "data cluster offset=0x%" PRIx64 " is not aligned", offset);
            break;
        }
        if (qcow2_has_data_file(s)) {
            check_data_cluster(c, entry, guest);
        } else {
            add(c, offset, s->cluster_size, "data cluster");
        }
        if (active) {
            c->res->bfi.allocated_clusters++;
            if (c->last_host && offset != c->last_host) {
                c->res->bfi.fragmented_clusters++;
            }
            c->last_host = offset + s->cluster_size;
        }
        break;
    default:
        break;
    }
}

/*
 * Subclusters that are both allocated and zero, or allocated where there is no cluster; true if
 * that was mended. What they were is not known: zero is what does not show anybody else's data.
 */
static bool wrong_bitmap(Check *c, Qcow2Entry *e, uint64_t guest)
{
    Qcow2State *s = c->bs->opaque;
    uint32_t allocated = e->bitmap, zero = e->bitmap >> 32;
    uint64_t wrong = qcow2_entry_has_host(s, e->entry) ? allocated & zero : allocated;

    if (!wrong || !qcow2_has_subclusters(s) || (e->entry & QCOW_OFLAG_COMPRESSED)) {
        return false;
    }
    if (!(c->fix & BDRV_FIX_ERRORS)) {
        corrupt(c,
                "offset=0x%" PRIx64
                ": Allocated cluster has corrupted subcluster allocation bitmap "
                "0x%" PRIx64 " (guest offset 0x%" PRIx64 ")",
                e->entry & (uint64_t)QCOW2_OFFSET_MASK, e->bitmap, guest);
        return false;
    }
    fprintf(stderr, "Repairing the subclusters of 0x%" PRIx64 ": bitmap=0x%" PRIx64 "\n", guest,
            e->bitmap);
    e->bitmap = (e->bitmap & ~wrong) | wrong << 32;
    c->res->corruptions_fixed++;
    return true;
}

/*
 * A cluster of data that is behind the end of the file shows zeroes, until something else is
 * written there: it becomes zeroes without a place. True if that was mended; version 2 has no such
 * thing.
 */
static bool wrong_place(Check *c, Qcow2Entry *e, uint64_t guest)
{
    Qcow2State *s = c->bs->opaque;
    Qcow2ClusterType type = qcow2_cluster_type(s, e->entry);
    uint64_t offset = e->entry & QCOW2_OFFSET_MASK;

    if ((type != QCOW2_NORMAL && type != QCOW2_ZERO_ALLOC) || qcow2_has_data_file(s) ||
        qcow2_cluster_offset(s, offset) || offset >> s->cluster_bits < c->clusters ||
        !(c->fix & BDRV_FIX_ERRORS) || s->version < 3) {
        return false;
    }
    fprintf(stderr,
            "Repairing the cluster of 0x%" PRIx64 ": offset=0x%" PRIx64
            " is beyond the end of the image file; it becomes zeroes\n",
            guest, offset);
    if (qcow2_has_subclusters(s)) {
        e->entry = 0;
        e->bitmap = (e->bitmap & QCOW2_ALL_ZERO) | e->bitmap << 32;
    } else {
        e->entry = QCOW_OFLAG_ZERO;
    }
    c->res->corruptions_fixed++;
    return true;
}

/* Entry @i of the active level 1 table leads to what is none: there is nothing to be kept. */
static void lost_table(Check *c, const uint64_t *l1, uint32_t i)
{
    Qcow2State *s = c->bs->opaque;
    uint64_t offset = l1[i] & QCOW2_OFFSET_MASK;

    if (l1 != s->l1 || !(c->fix & BDRV_FIX_ERRORS)) {
        corrupt(c, "L2 table offset=0x%" PRIx64 " is invalid", offset);
        return;
    }
    fprintf(stderr,
            "Repairing L1 entry %" PRIu32 ": L2 table offset=0x%" PRIx64
            " is invalid; nothing of 0x%" PRIx64 " bytes of the disk at 0x%" PRIx64 " is left\n",
            i, offset, (uint64_t)1 << qcow2_table_bits(s), (uint64_t)i << qcow2_table_bits(s));
    s->l1[i] = 0;
    g_hash_table_add(s->l1_dirty, GSIZE_TO_POINTER((uint64_t)i));
    c->res->corruptions_fixed++;
}

static int coroutine_fn count_l1(Check *c, const uint64_t *l1, uint32_t size, uint64_t l1_offset,
                                 bool active)
{
    Qcow2State *s = c->bs->opaque;
    g_autofree uint64_t *table = g_malloc(s->cluster_size);

    add(c, l1_offset, (uint64_t)size * 8, "L1 table");
    if (qcow2_is_cut_off(c->bs, l1_offset, (uint64_t)size * 8)) {
        /* Clusters without a reference may be its own. */
        c->fix &= ~BDRV_FIX_LEAKS;
    }
    for (uint32_t i = 0; i < size; i++) {
        uint64_t offset = l1[i] & QCOW2_OFFSET_MASK;
        bool changed = false;
        int ret;

        if (!offset) {
            continue;
        }
        if (qcow2_cluster_offset(s, offset) || (offset >> s->cluster_bits) >= c->clusters) {
            lost_table(c, l1, i);
            continue;
        }
        add(c, offset, s->cluster_size, "L2 table");
        ret = qcow2_read_l2(c->bs, offset, table);
        if (ret < 0) {
            c->res->check_errors++;
            return ret;
        }
        for (uint32_t n = 0; n < s->l2_size; n++) {
            uint64_t guest =
                ((uint64_t)i << qcow2_table_bits(s)) | ((uint64_t)n << s->cluster_bits);

            Qcow2Entry e = qcow2_table_get(s, table, n);

            if (wrong_bitmap(c, &e, guest) | wrong_place(c, &e, guest)) {
                qcow2_table_put(s, table, n, e);
                changed = true;
            }
            count_entry(c, e.entry, guest, active);
        }
        ret = changed ? qcow2_update_l2(c->bs, offset, table) : 0;
        if (ret < 0) {
            c->res->check_errors++;
            return ret;
        }
    }
    return 0;
}

/* Snapshots that the table does not have go; what they have led to is not known. */
static int coroutine_fn forget_snapshots(Check *c)
{
    Qcow2State *s = c->bs->opaque;
    uint32_t lost = s->lost_snapshots, be = cpu_to_be32(s->nb_snapshots);
    int ret;

    if (!lost) {
        return 0;
    }
    if (!(c->fix & BDRV_FIX_ERRORS)) {
        corrupt(c, "snapshot table entry %" PRIu32 " is incomplete", s->nb_snapshots);
        /* So clusters without a reference may be theirs. */
        c->fix &= ~BDRV_FIX_LEAKS;
        return 0;
    }
    fprintf(stderr, "Repairing the snapshot table: of %" PRIu32 " entries, %" PRIu32 " are there\n",
            s->nb_snapshots + lost, s->nb_snapshots);
    s->lost_snapshots = 0;
    ret = qcow2_put_header(c->bs, offsetof(Qcow2Header, nb_snapshots), sizeof(be), &be);
    if (ret < 0) {
        s->lost_snapshots = lost;
        return ret;
    }
    c->res->corruptions_fixed++;
    return 0;
}

/* The snapshot table, and below it a level 1 table of each. */
static int coroutine_fn count_snapshots(Check *c)
{
    Qcow2State *s = c->bs->opaque;
    int ret = forget_snapshots(c);

    for (uint32_t i = 0; i < s->nb_snapshots && ret >= 0; i++) {
        const Qcow2Snapshot *sn = &s->snapshots[i];
        uint64_t bytes = sn->l1_size * 8ULL;
        g_autofree uint64_t *l1 = g_try_malloc0(MAX(bytes, 8));

        if (!l1) {
            return -ENOMEM;
        }
        if (bytes && !qcow2_is_cut_off(c->bs, sn->l1_offset, bytes)) {
            ret = bdrv_co_pread(c->bs->file, sn->l1_offset, bytes, l1, 0);
        }
        for (uint32_t n = 0; n < sn->l1_size; n++) {
            l1[n] = be64_to_cpu(l1[n]);
        }
        ret = ret < 0 ? ret : count_l1(c, l1, sn->l1_size, sn->l1_offset, false);
    }
    add(c, s->snapshots_offset, s->snapshots_bytes, "snapshot table");
    return ret;
}

static void add_bitmap_part(void *opaque, uint64_t offset, uint64_t bytes, const char *what)
{
    add(opaque, offset, bytes, what);
}

static int coroutine_fn count_bitmaps(Check *c)
{
    Error *err = NULL;
    int ret = qcow2_walk_bitmaps(c->bs, add_bitmap_part, c, &err);

    if (err) {
        corrupt(c, "%s", error_get_pretty(err));
        error_free(err);
        /* What they refer to is not known: counts cannot be judged. */
        c->res->check_errors++;
    }
    return ret;
}

static void count_refcounts(Check *c)
{
    Qcow2State *s = c->bs->opaque;

    add(c, s->crypto_offset, s->crypto_bytes, "encryption header");
    add(c, 0, s->cluster_size, "header");
    if (!s->reftable_size) {
        corrupt(c, "refcount table offset=0x%" PRIx64 " is invalid", s->reftable_offset);
        if (c->fix & BDRV_FIX_ERRORS) {
            /* Another is made for the first count. */
            c->res->corruptions_fixed++;
            c->res->corruptions--;
        }
    }
    add(c, s->reftable_offset, (uint64_t)s->reftable_size * 8, "refcount table");
    for (uint32_t i = 0; i < s->reftable_size; i++) {
        uint64_t offset = s->reftable[i];

        if (!offset) {
            continue;
        }
        if (qcow2_cluster_offset(s, offset) || (offset >> s->cluster_bits) >= c->clusters) {
            corrupt(c, "refcount block %" PRIu32 " offset=0x%" PRIx64 " is invalid", i, offset);
            /* It counts nothing. */
            s->reftable[i] = 0;
            if (c->fix & BDRV_FIX_ERRORS) {
                g_hash_table_add(s->reftable_dirty, GSIZE_TO_POINTER(i));
                c->res->corruptions_fixed++;
                c->res->corruptions--;
            }
            continue;
        }
        add(c, offset, s->cluster_size, "refcount block");
    }
}

/* From cluster @i to the end of its refcount block: is there a block, and a count that is not 0? */
static int coroutine_fn has_counts(Check *c, uint64_t i)
{
    Qcow2State *s = c->bs->opaque;
    uint64_t offset = s->reftable[i >> s->refblock_bits], byte;
    void *block;
    int ret;

    if (!offset) {
        return 0;
    }
    ret = qcow2_cache_get(s->refblock_cache, offset, &block);
    if (ret < 0) {
        return ret;
    }
    byte = ((i & ((1ULL << s->refblock_bits) - 1)) << s->refcount_order) / 8;
    return !buffer_is_zero((uint8_t *)block + byte, s->cluster_size - byte);
}

static bool is_used(const Check *c, uint64_t i)
{
    return i < c->clusters && c->counts[i];
}

/*
 * A range without a block that counts it gets one, in a cluster that nothing refers to: usually
 * nothing is at the start of such a range, but here counts are wrong.
 */
static int coroutine_fn give_block(Check *c, uint64_t i)
{
    Qcow2State *s = c->bs->opaque;
    uint64_t per_block = 1ULL << s->refblock_bits, place = ROUND_DOWN(i, per_block);
    uint64_t end = place + per_block;
    unsigned long *referred;
    uint32_t *counts;
    int ret;

    if (i >> s->refblock_bits < s->reftable_size && s->reftable[i >> s->refblock_bits]) {
        return 0;
    }
    while (place < end && is_used(c, place)) {
        place++;
    }
    if (place == end) {
        return -ENOSPC;
    }
    if (place >= c->clusters) {
        counts = g_try_renew(uint32_t, c->counts, place + 1);
        if (!counts) {
            return -ENOMEM;
        }
        memset(counts + c->clusters, 0, (place + 1 - c->clusters) * sizeof(*counts));
        c->counts = counts;
        referred = bitmap_try_new(ranges(s, place + 1));
        if (!referred) {
            return -ENOMEM;
        }
        bitmap_copy(referred, c->referred, ranges(s, c->clusters));
        g_free(c->referred);
        c->referred = referred;
        c->clusters = place + 1;
        s->repair_end = c->clusters;
    }
    ret = qcow2_add_block(c->bs, place);
    if (ret >= 0 && s->reftable[i >> s->refblock_bits] == place << s->cluster_bits) {
        add_one(c, place);
    }
    return ret;
}

/*
 * Of what the refcount block of cluster @i, its first, counts: is there a reference, or a count
 * that is not 0? Files may have large holes.
 */
static int coroutine_fn has_anything(Check *c, uint64_t i)
{
    Qcow2State *s = c->bs->opaque;

    if (i < c->clusters && test_bit(i >> s->refblock_bits, c->referred)) {
        return 1;
    }
    return i >> s->refblock_bits < s->reftable_size ? has_counts(c, i) : 0;
}

/*
 * Counts of clusters behind the end of the file are looked at as well: they were allocated, and
 * then the program was killed before it wrote there.
 */
static int coroutine_fn compare(Check *c)
{
    Qcow2State *s = c->bs->opaque;
    uint64_t highest = 0, counted = (uint64_t)s->reftable_size << s->refblock_bits;
    uint64_t in_block = (1ULL << s->refblock_bits) - 1;

    for (uint64_t i = 0; i < MAX(c->clusters, counted); i++) {
        uint64_t count, references = i < c->clusters ? c->counts[i] : 0;
        bool leak;
        int ret = i < c->clusters && i & in_block ? 1 : has_anything(c, i);

        if (ret == 0) {
            i |= in_block;
            continue;
        }
        if (ret > 0) {
            ret = qcow2_get_refcount(c->bs, i, &count);
        }
        if (ret < 0) {
            c->res->check_errors++;
            return ret;
        }
        if (count || references) {
            highest = i;
        }
        if (count == references) {
            continue;
        }
        leak = count > references;
        fprintf(stderr, "%s cluster %" PRIu64 " refcount=%" PRIu64 " reference=%" PRIu64 "\n",
                leak ? "Leaked" : "ERROR", i, count, references);
        if (c->fix & (leak ? BDRV_FIX_LEAKS : BDRV_FIX_ERRORS)) {
            int64_t delta =
                leak ? -(int64_t)MIN(count - references, INT64_MAX) : (int64_t)(references - count);

            fprintf(stderr,
                    "Repairing cluster %" PRIu64 " refcount=%" PRIu64 " reference=%" PRIu64 "\n", i,
                    count, references);
            ret = give_block(c, i);
            ret = ret < 0 ? ret : qcow2_add_refs(c->bs, i << s->cluster_bits, 1, delta);
            if (ret >= 0) {
                *(leak ? &c->res->leaks_fixed : &c->res->corruptions_fixed) += 1;
                continue;
            }
        }
        *(leak ? &c->res->leaks : &c->res->corruptions) += 1;
    }
    c->res->image_end_offset = (highest + 1) << s->cluster_bits;
    return 0;
}

/*
 * The copied flag of @entry as the count of its cluster wants it (@one: it has one reference
 * anyway); true if it was wrong.
 */
static bool wrong_flag(Check *c, uint64_t *entry, uint64_t offset, bool one, const char *what)
{
    Qcow2State *s = c->bs->opaque;
    uint64_t index = offset >> s->cluster_bits;

    one |= index < c->clusters && c->counts[index] == 1;

    if (!!(*entry & QCOW_OFLAG_COPIED) == one) {
        return false;
    }
    /* A missing one is harmless: the cluster will be copied once more than needed. */
    if (c->fix & (one ? BDRV_FIX_LEAKS : BDRV_FIX_ERRORS)) {
        *entry ^= QCOW_OFLAG_COPIED;
        *(one ? &c->res->leaks_fixed : &c->res->corruptions_fixed) += 1;
        return true;
    }
    if (one) {
        c->res->leaks++;
    } else {
        corrupt(c, "OFLAG_COPIED %s: entry=0x%" PRIx64 " refcount=%" PRIu32, what, *entry,
                index < c->clusters ? c->counts[index] : 0);
    }
    return false;
}

static int coroutine_fn check_flags(Check *c)
{
    Qcow2State *s = c->bs->opaque;
    g_autofree uint64_t *table = g_malloc(s->cluster_size);

    for (uint32_t i = 0; i < s->l1_size; i++) {
        uint64_t offset = s->l1[i] & QCOW2_OFFSET_MASK;
        bool changed = false;
        int ret;

        if (!offset || qcow2_cluster_offset(s, offset) ||
            (offset >> s->cluster_bits) >= c->clusters) {
            continue;
        }
        if (wrong_flag(c, &s->l1[i], offset, false, "L2 cluster")) {
            g_hash_table_add(s->l1_dirty, GSIZE_TO_POINTER(i));
        }
        ret = qcow2_read_l2(c->bs, offset, table);
        if (ret < 0) {
            return ret;
        }
        for (uint32_t n = 0; n < s->l2_size; n++) {
            Qcow2Entry e = qcow2_table_get(s, table, n);
            Qcow2ClusterType type = qcow2_cluster_type(s, e.entry);

            if ((type == QCOW2_NORMAL || type == QCOW2_ZERO_ALLOC) &&
                wrong_flag(c, &e.entry, e.entry & QCOW2_OFFSET_MASK, qcow2_has_data_file(s),
                           "data cluster")) {
                qcow2_table_put(s, table, n, e);
                changed = true;
            }
        }
        ret = changed ? qcow2_update_l2(c->bs, offset, table) : 0;
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

int coroutine_fn qcow2_co_check(BlockDriverState *bs, BdrvCheckResult *result, BdrvCheckMode fix)
{
    Qcow2State *s = bs->opaque;
    Check c = {.bs = bs, .res = result, .fix = fix};
    int64_t length;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    /* As it is on disk, in memory and to come. */
    ret = bdrv_is_read_only(bs) ? 0 : qcow2_commit(bs);
    length = bdrv_co_getlength(bs->file->bs);
    if (ret < 0 || length < 0) {
        result->check_errors++;
        qemu_co_mutex_unlock(&s->lock);
        return ret < 0 ? ret : length;
    }
    c.clusters = qcow2_clusters(s, length);
    c.counts = g_try_new0(uint32_t, MAX(c.clusters, 1));
    c.referred = bitmap_try_new(ranges(s, c.clusters));
    if (!c.counts || !c.referred) {
        g_free(c.counts);
        g_free(c.referred);
        result->check_errors++;
        qemu_co_mutex_unlock(&s->lock);
        return -ENOMEM;
    }
    s->repair_end = fix ? c.clusters : 0;
    result->bfi.total_clusters = qcow2_clusters(s, bs->total_bytes);
    count_refcounts(&c);
    ret = count_l1(&c, s->l1, s->l1_size, s->l1_offset, true);
    ret = ret < 0 ? ret : count_snapshots(&c);
    ret = ret < 0 ? ret : count_bitmaps(&c);
    ret = ret < 0 ? ret : compare(&c);
    ret = ret < 0 ? ret : check_flags(&c);
    if (ret >= 0 && fix) {
        bool sound = !result->corruptions && !result->check_errors;

        ret = sound ? qcow2_commit_counts(bs) : qcow2_commit(bs);
        if (ret >= 0 && sound && (s->incompatible & QCOW2_INCOMPAT_CORRUPT)) {
            s->incompatible &= ~(uint64_t)QCOW2_INCOMPAT_CORRUPT;
            ret = qcow2_update_header(bs);
        }
    }
    g_free(c.counts);
    g_free(c.referred);
    s->repair_end = 0;
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}
