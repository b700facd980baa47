/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refcounts of a qcow2 image: reading, changing, and finding free clusters. */
#include "qemu/osdep.h"
#include "qcow2.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"

bool qcow2_refcount_open(BlockDriverState *bs, Error **errp)
{
    Qcow2State *s = bs->opaque;
    uint64_t bytes = (uint64_t)s->reftable_size * 8;
    bool needed = bdrv_is_writable(bs) && !(bs->open_flags & BDRV_O_CHECK);
    int ret;

    if (!qcow2_is_in_file(bs, s->reftable_offset, bytes, "The refcount table",
                          needed ? errp : NULL)) {
        if (needed) {
            return false;
        }
        /* Who only reads does without; a check makes another. */
        s->reftable_size = bytes = 0;
    }
    s->reftable = g_try_malloc0(MAX(bytes, 8));
    if (!s->reftable) {
        error_setg(errp, "Could not allocate memory for a refcount table of %" PRIu64 " bytes",
                   bytes);
        return false;
    }
    ret = bytes ? bdrv_pread(bs->file, s->reftable_offset, bytes, s->reftable, 0) : 0;
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read the refcount table");
        return false;
    }
    for (uint32_t i = 0; i < s->reftable_size; i++) {
        s->reftable[i] = be64_to_cpu(s->reftable[i]) & 0xfffffffffffffe00ULL;
    }
    s->reftable_dirty = g_hash_table_new(NULL, NULL);
    s->frees = g_array_new(false, false, sizeof(Qcow2Free));
    return true;
}

bool qcow2_has_refcounts(BlockDriverState *bs, Error **errp)
{
    Qcow2State *s = bs->opaque;

    if (!s->reftable_size) {
        error_setg(errp,
                   "Image '%s' can only be read: its refcount table at 0x%" PRIx64
                   " was behind the end of the file when it was opened",
                   bdrv_shown_name(bs), s->reftable_offset);
        error_append_hint(errp, "'qemu-img check' tells what is missing.\n");
        return false;
    }
    return true;
}

void qcow2_refcount_close(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;

    g_free(s->reftable);
    if (s->reftable_dirty) {
        g_hash_table_unref(s->reftable_dirty);
        g_array_free(s->frees, true);
    }
}

/* ---- one refcount in a block ---- */

static uint64_t get_count(const Qcow2State *s, const void *block, uint64_t i)
{
    const uint8_t *b = block;

    switch (s->refcount_order) {
    case 0:
        return (b[i / 8] >> (i % 8)) & 1;
    case 1:
        return (b[i / 4] >> (2 * (i % 4))) & 3;
    case 2:
        return (b[i / 2] >> (4 * (i % 2))) & 15;
    case 3:
        return b[i];
    case 4:
        return lduw_be_p(b + i * 2);
    case 5:
        return (uint32_t)ldl_be_p(b + i * 4);
    default:
        return ldq_be_p(b + i * 8);
    }
}

static void put_bits(uint8_t *byte, int shift, int mask, uint64_t value)
{
    *byte = (*byte & ~(mask << shift)) | (value << shift);
}

void qcow2_put_count(int order, void *block, uint64_t i, uint64_t value)
{
    uint8_t *b = block;

    switch (order) {
    case 0:
        put_bits(&b[i / 8], i % 8, 1, value);
        break;
    case 1:
        put_bits(&b[i / 4], 2 * (i % 4), 3, value);
        break;
    case 2:
        put_bits(&b[i / 2], 4 * (i % 2), 15, value);
        break;
    case 3:
        b[i] = value;
        break;
    case 4:
        stw_be_p(b + i * 2, value);
        break;
    case 5:
        stl_be_p(b + i * 4, value);
        break;
    default:
        stq_be_p(b + i * 8, value);
        break;
    }
}

static void set_count(const Qcow2State *s, void *block, uint64_t i, uint64_t value)
{
    qcow2_put_count(s->refcount_order, block, i, value);
}

void qcow2_set_refcount_width(Qcow2State *s, int order)
{
    s->refcount_order = order;
    s->refcount_max = order == 6 ? INT64_MAX : (1ULL << (1 << order)) - 1;
    s->refblock_bits = s->cluster_bits + 3 - order;
}

static bool has_block(const Qcow2State *s, uint64_t index)
{
    uint64_t block_index = index >> s->refblock_bits;

    return block_index < s->reftable_size && s->reftable[block_index];
}

int coroutine_mixed_fn qcow2_get_refcount(BlockDriverState *bs, uint64_t index, uint64_t *count)
{
    Qcow2State *s = bs->opaque;
    void *block;
    int ret;

    *count = 0;
    if (!has_block(s, index)) {
        return 0;
    }
    ret = qcow2_cache_get(s->refblock_cache, s->reftable[index >> s->refblock_bits], &block);
    if (ret < 0) {
        return ret;
    }
    *count = get_count(s, block, index & ((1ULL << s->refblock_bits) - 1));
    return 0;
}

int coroutine_mixed_fn qcow2_refblock_is_empty(BlockDriverState *bs, uint64_t block_index,
                                               bool *empty)
{
    Qcow2State *s = bs->opaque;
    void *block;
    int ret = qcow2_cache_get(s->refblock_cache, s->reftable[block_index], &block);

    *empty = ret >= 0 && buffer_is_zero(block, s->cluster_size);
    return ret;
}

/* ---- new blocks, and a longer table ---- */

int coroutine_mixed_fn qcow2_write_reftable(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    GHashTableIter it;
    gpointer key;

    g_hash_table_iter_init(&it, s->reftable_dirty);
    while (g_hash_table_iter_next(&it, &key, NULL)) {
        uint64_t i = GPOINTER_TO_SIZE(key);
        uint64_t entry = cpu_to_be64(s->reftable[i]);
        int ret;

        qcow2_event(bs, BLKDBG_REFTABLE_UPDATE);
        ret = bdrv_pwrite(bs->file, s->reftable_offset + i * 8, 8, &entry, 0);

        if (ret < 0) {
            return ret;
        }
    }
    g_hash_table_remove_all(s->reftable_dirty);
    return 0;
}

/* A block in @cluster of the range that it counts, where nothing is, counting itself. */
static int coroutine_mixed_fn new_block(BlockDriverState *bs, uint64_t block_index,
                                        uint64_t cluster)
{
    Qcow2State *s = bs->opaque;
    uint64_t offset = cluster << s->cluster_bits;
    void *block;
    int ret;

    if (!offset) {
        /* The header is there: the image has lost its first block. */
        return -EIO;
    }
    ret = qcow2_cache_new_table(s->refblock_cache, offset, &block);
    if (ret < 0) {
        return ret;
    }
    set_count(s, block, cluster & ((1ULL << s->refblock_bits) - 1), 1);
    s->reftable[block_index] = offset;
    qcow2_overlap_note(s, offset, QCOW2_OL_REFBLOCK);
    g_hash_table_add(s->reftable_dirty, GSIZE_TO_POINTER(block_index));
    return 0;
}

/*
 * A table with room for block @block_index. It goes, with the blocks that count it, behind all that
 * the present one can count; the header is changed when both are on disk.
 */
static int coroutine_mixed_fn grow_reftable(BlockDriverState *bs, uint64_t block_index)
{
    Qcow2State *s = bs->opaque;
    uint64_t per_block = 1ULL << s->refblock_bits, per_cluster = s->cluster_size / 8;
    uint64_t base_block = MAX(s->reftable_size, DIV_ROUND_UP(s->repair_end, per_block));
    uint64_t base = base_block << s->refblock_bits;
    uint64_t table_clusters = 0, blocks = 0, entries = MAX(block_index + 1, s->reftable_size);
    uint64_t old_offset = s->reftable_offset, old_bytes = (uint64_t)s->reftable_size * 8;
    g_autofree uint64_t *table = NULL, *disk = NULL;
    struct QEMU_PACKED {
        uint64_t offset;
        uint32_t clusters;
    } header;
    int ret;

    entries += entries / 2;
    for (int i = 0; i < 4; i++) {
        table_clusters = DIV_ROUND_UP(entries, per_cluster);
        blocks = DIV_ROUND_UP(table_clusters + blocks, per_block);
        blocks = DIV_ROUND_UP(table_clusters + blocks, per_block);
        entries = MAX(entries, base_block + blocks);
    }
    entries = table_clusters * per_cluster;
    if (entries * 8 > QCOW2_MAX_REFTABLE_BYTES) {
        return -EFBIG;
    }
    /* The last attempt may have left this place in the header. */
    ret = qcow2_settle_header(bs);
    if (ret < 0) {
        return ret;
    }
    /* What is in memory must not be overtaken by the header. */
    ret = qcow2_cache_write(s->refblock_cache);
    if (ret < 0) {
        return ret;
    }
    table = g_try_malloc0(entries * 8);
    disk = g_try_malloc0(entries * 8);
    if (!table || !disk) {
        return -ENOMEM;
    }
    memcpy(table, s->reftable, old_bytes);
    for (uint64_t b = 0; b < blocks; b++) {
        uint64_t offset = (base + b) << s->cluster_bits;
        void *block;

        table[base_block + b] = offset;
        ret = qcow2_cache_new_table(s->refblock_cache, offset, &block);
        if (ret < 0) {
            return ret;
        }
        for (uint64_t i = 0; i < per_block; i++) {
            uint64_t cluster = b * per_block + i;

            set_count(s, block, i, cluster < blocks + table_clusters);
        }
    }
    for (uint64_t i = 0; i < entries; i++) {
        disk[i] = cpu_to_be64(table[i]);
    }
    qcow2_event(bs, BLKDBG_REFBLOCK_ALLOC_WRITE_BLOCKS);
    ret = qcow2_cache_write(s->refblock_cache);
    if (ret >= 0) {
        qcow2_event(bs, BLKDBG_REFBLOCK_ALLOC_WRITE_TABLE);
        ret = bdrv_pwrite(bs->file, (base + blocks) << s->cluster_bits, entries * 8, disk, 0);
    }
    if (ret < 0) {
        return ret;
    }
    qcow2_event(bs, BLKDBG_REFBLOCK_ALLOC_SWITCH_TABLE);
    header.offset = cpu_to_be64((base + blocks) << s->cluster_bits);
    header.clusters = cpu_to_be32(table_clusters);
    ret =
        qcow2_put_header(bs, offsetof(Qcow2Header, refcount_table_offset), sizeof(header), &header);
    if (ret < 0) {
        return ret;
    }
    g_free(s->reftable);
    s->reftable = g_steal_pointer(&table);
    s->reftable_size = entries;
    s->reftable_offset = (base + blocks) << s->cluster_bits;
    g_hash_table_remove_all(s->reftable_dirty);
    qcow2_overlap_free(s);
    qcow2_free_later(bs, old_offset, old_bytes, QCOW2_DISCARD_OTHER);
    return 0;
}

int coroutine_mixed_fn qcow2_add_block(BlockDriverState *bs, uint64_t cluster)
{
    Qcow2State *s = bs->opaque;
    uint64_t block_index = cluster >> s->refblock_bits;
    int ret = block_index >= s->reftable_size ? grow_reftable(bs, block_index) : 0;

    return ret < 0 || s->reftable[block_index] ? ret : new_block(bs, block_index, cluster);
}

/* The block that counts cluster @index, made if it is missing. */
static int coroutine_mixed_fn get_block(BlockDriverState *bs, uint64_t index, void **block,
                                        uint64_t *offset)
{
    Qcow2State *s = bs->opaque;
    uint64_t block_index = index >> s->refblock_bits;
    int ret;

    if (block_index >= s->reftable_size) {
        ret = grow_reftable(bs, block_index);
        if (ret < 0) {
            return ret;
        }
    }
    if (!s->reftable[block_index]) {
        ret = new_block(bs, block_index, block_index << s->refblock_bits);
        if (ret < 0) {
            return ret;
        }
    }
    *offset = s->reftable[block_index];
    return qcow2_cache_get(s->refblock_cache, *offset, block);
}

/* The clusters from @first on that one block counts, up to @last; *@done of them are changed. */
static int coroutine_mixed_fn add_refs_in_block(BlockDriverState *bs, uint64_t first, uint64_t last,
                                                int64_t delta, uint64_t *done)
{
    Qcow2State *s = bs->opaque;
    uint64_t in_block = first & ((1ULL << s->refblock_bits) - 1), block_offset, n;
    void *block;
    int ret;

    *done = 0;
    if (delta < 0 && !has_block(s, first)) {
        return -EINVAL;
    }
    ret = get_block(bs, first, &block, &block_offset);
    if (ret < 0) {
        return ret;
    }
    n = MIN(last - first + 1, (1ULL << s->refblock_bits) - in_block);
    for (; *done < n; ++*done) {
        uint64_t count = get_count(s, block, in_block + *done);

        if (delta < 0 ? count < (uint64_t)-delta : count + delta > s->refcount_max) {
            ret = -EINVAL;
            break;
        }
        set_count(s, block, in_block + *done, count + delta);
        if (count + delta == 0) {
            s->free_hint = MIN(s->free_hint, first + *done);
            s->run_hint = first + *done < s->run_hint ? 0 : s->run_hint;
            qcow2_cache_drop(s->l2_cache, (first + *done) << s->cluster_bits);
            if (s->free_byte >> s->cluster_bits == first + *done) {
                s->free_byte = 0; /* the next one who gets it has all of it */
            }
        }
    }
    if (*done) {
        qcow2_cache_mark_dirty(s->refblock_cache, block_offset);
    }
    return ret;
}

int coroutine_mixed_fn qcow2_add_refs(BlockDriverState *bs, uint64_t offset, uint64_t bytes,
                                      int64_t delta)
{
    Qcow2State *s = bs->opaque;
    uint64_t first = offset >> s->cluster_bits, last, i, n;
    int ret = 0;

    if (!bytes) {
        return 0;
    }
    last = (offset + bytes - 1) >> s->cluster_bits;
    for (i = first; i <= last && ret >= 0; i += n) {
        ret = add_refs_in_block(bs, i, last, delta, &n);
    }
    if (ret < 0 && i > first) {
        qcow2_add_refs(bs, offset, (i - first) << s->cluster_bits, -delta);
    }
    return ret;
}

int coroutine_mixed_fn qcow2_share(BlockDriverState *bs, uint64_t offset, uint64_t bytes)
{
    Qcow2State *s = bs->opaque;

    for (uint64_t i = offset >> s->cluster_bits;
         i < (offset + bytes + s->cluster_size - 1) >> s->cluster_bits; i++) {
        uint64_t count;
        int ret = qcow2_get_refcount(bs, i, &count);

        if (ret < 0 || !count) {
            return ret < 0 ? ret : -EUCLEAN;
        }
    }
    return qcow2_add_refs(bs, offset, bytes, 1);
}

/* ---- allocating ---- */

/* A run of @want free clusters: the search so far. */
typedef struct Search {
    uint64_t index; /* the next one to look at */
    uint64_t start, run, want;
    bool seen_free, from_hint;
} Search;

/* What the block of the next cluster counts, as far as needed. */
static int coroutine_mixed_fn search_block(BlockDriverState *bs, Search *r)
{
    Qcow2State *s = bs->opaque;
    uint64_t per_block = 1ULL << s->refblock_bits, block_offset;
    uint64_t in_block = r->index & (per_block - 1);
    void *block;
    /* A range without a block gets one at its start. */
    int ret = get_block(bs, r->index, &block, &block_offset);

    for (; ret >= 0 && in_block < per_block && r->run < r->want; in_block++) {
        bool used = get_count(s, block, in_block);

        r->index++;
        if (used) {
            r->run = 0;
            r->start = r->index;
            continue;
        }
        if (!r->seen_free && r->from_hint) {
            s->free_hint = r->index - 1;
        }
        r->seen_free = true;
        r->run++;
    }
    return ret;
}

/* The first of the ranges behind all that is counted or, in a repair, used. */
static uint64_t unused_range(const Qcow2State *s)
{
    uint64_t n = s->reftable_size;

    while (n && !s->reftable[n - 1]) {
        n--;
    }
    return MAX(n, DIV_ROUND_UP(s->repair_end, 1ULL << s->refblock_bits));
}

/* Blocks that count @want clusters, and themselves behind them, from range @base on. */
static int coroutine_mixed_fn new_blocks_behind(BlockDriverState *bs, uint64_t base, uint64_t want,
                                                uint64_t blocks)
{
    Qcow2State *s = bs->opaque;
    uint64_t per_block = 1ULL << s->refblock_bits, first = (base << s->refblock_bits) + want;

    /* From the last one on, which counts them: what there is when one fails is counted. */
    for (uint64_t b = blocks; b-- > 0;) {
        uint64_t offset = (first + b) << s->cluster_bits;
        void *block;
        int ret = qcow2_cache_new_table(s->refblock_cache, offset, &block);

        if (ret < 0) {
            return ret;
        }
        for (uint64_t i = 0; i < per_block; i++) {
            uint64_t cluster = b * per_block + i;

            set_count(s, block, i, cluster >= want && cluster < want + blocks);
        }
        s->reftable[base + b] = offset;
        qcow2_overlap_note(s, offset, QCOW2_OL_REFBLOCK);
        g_hash_table_add(s->reftable_dirty, GSIZE_TO_POINTER(base + b));
    }
    return 0;
}

/*
 * As many clusters as one block counts, or more: no search finds them, since each range has its
 * block at its start. They go behind all that is counted, and their blocks behind them.
 */
static int64_t coroutine_mixed_fn alloc_long(BlockDriverState *bs, uint64_t want)
{
    Qcow2State *s = bs->opaque;
    uint64_t per_block = 1ULL << s->refblock_bits, blocks = 0, base;
    int64_t offset;
    int ret;

    for (int i = 0; i < 4; i++) {
        blocks = DIV_ROUND_UP(want + blocks, per_block);
    }
    /* A longer table is itself put there. */
    while ((base = unused_range(s)) + blocks > s->reftable_size) {
        ret = grow_reftable(bs, base + blocks - 1);
        if (ret < 0) {
            return ret;
        }
    }
    offset = base << s->refblock_bits << s->cluster_bits;
    if ((base + blocks) << s->refblock_bits > QCOW2_OFFSET_MASK >> s->cluster_bits) {
        return -EFBIG;
    }
    ret = qcow2_check_overlap(bs, 0, offset, (want + blocks) << s->cluster_bits);
    if (ret >= 0) {
        ret = new_blocks_behind(bs, base, want, blocks);
    }
    if (ret >= 0) {
        ret = qcow2_add_refs(bs, offset, want << s->cluster_bits, 1);
    }
    return ret < 0 ? ret : offset;
}

/* *@want of them; with @fewer those that are free before the next block are taken, too. */
static int64_t coroutine_mixed_fn alloc_run(BlockDriverState *bs, uint64_t *wanted, bool fewer)
{
    Qcow2State *s = bs->opaque;
    uint64_t want = *wanted, in_block = (1ULL << s->refblock_bits) - 1;
    uint64_t from = want >= s->run_size ? MAX(s->free_hint, s->run_hint) : s->free_hint;
    Search r = {.index = from, .start = from, .want = want, .from_hint = from == s->free_hint};
    int ret;

    qcow2_event(bs, BLKDBG_CLUSTER_ALLOC);
    while (r.run < r.want) {
        ret = search_block(bs, &r);
        if (ret < 0) {
            return ret;
        }
        if ((r.index << s->cluster_bits) > (uint64_t)BDRV_MAX_LENGTH ||
            (r.index << s->cluster_bits) > QCOW2_OFFSET_MASK) {
            return -EFBIG;
        }
        if (fewer && r.run && !(r.index & in_block)) {
            r.want = MIN(r.run, r.want);
        }
    }
    ret = qcow2_check_overlap(bs, 0, r.start << s->cluster_bits, r.want << s->cluster_bits);
    if (ret < 0) {
        return ret;
    }
    ret = qcow2_add_refs(bs, r.start << s->cluster_bits, r.want << s->cluster_bits, 1);
    if (ret < 0) {
        return ret;
    }
    if (r.start == s->free_hint) {
        s->free_hint = r.start + r.want;
    } else if (r.start + r.want > s->run_hint) {
        s->run_hint = r.start + r.want;
        s->run_size = want;
    }
    *wanted = r.want;
    return r.start << s->cluster_bits;
}

int64_t coroutine_mixed_fn qcow2_alloc_clusters(BlockDriverState *bs, uint64_t bytes)
{
    Qcow2State *s = bs->opaque;
    uint64_t want = qcow2_clusters(s, bytes);

    return want >> s->refblock_bits ? alloc_long(bs, want) : alloc_run(bs, &want, false);
}

int64_t coroutine_mixed_fn qcow2_alloc_some(BlockDriverState *bs, uint64_t *clusters)
{
    *clusters = MIN(*clusters, qcow2_max_run(bs->opaque));
    return alloc_run(bs, clusters, true);
}

int64_t coroutine_mixed_fn qcow2_alloc_bytes(BlockDriverState *bs, uint64_t bytes)
{
    Qcow2State *s = bs->opaque;
    uint64_t room = s->free_byte ? s->cluster_size - qcow2_cluster_offset(s, s->free_byte) : 0;
    uint64_t offset = s->free_byte, count;
    int64_t fresh;
    int ret;

    if (room) {
        /* Every piece of data in a cluster counts as a reference to it. */
        ret = qcow2_get_refcount(bs, offset >> s->cluster_bits, &count);
        if (ret < 0) {
            return ret;
        }
        if (count == s->refcount_max) {
            room = 0;
        }
    }
    if (room < bytes) {
        fresh = qcow2_alloc_clusters(bs, s->cluster_size);
        if (fresh < 0) {
            return fresh;
        }
        if (!room || ROUND_UP(offset, s->cluster_size) != fresh) {
            offset = fresh;
        } else {
            ret = qcow2_add_refs(bs, offset, room, 1);
            if (ret < 0) {
                qcow2_free_later(bs, fresh, s->cluster_size, QCOW2_DISCARD_OTHER);
                return ret;
            }
        }
    } else {
        ret = qcow2_add_refs(bs, offset, bytes, 1);
        if (ret < 0) {
            return ret;
        }
    }
    s->free_byte = offset + bytes;
    if (!qcow2_cluster_offset(s, s->free_byte)) {
        s->free_byte = 0;
    }
    return offset;
}

/* ---- freeing ---- */

static void add_free_to(const Qcow2State *s, GArray *frees, Qcow2Free f)
{
    if (frees->len) {
        Qcow2Free *last = &g_array_index(frees, Qcow2Free, frees->len - 1);

        if (last->offset + last->bytes == f.offset && last->discard == f.discard &&
            last->data == f.data && !qcow2_cluster_offset(s, f.offset)) {
            last->bytes += f.bytes;
            return;
        }
    }
    g_array_append_val(frees, f);
}

static void add_free(Qcow2State *s, Qcow2Free f)
{
    add_free_to(s, s->frees, f);
}

static int compare_frees(const void *a, const void *b)
{
    const Qcow2Free *x = a, *y = b;

    if (x->data != y->data || x->discard != y->discard) {
        return x->data != y->data ? x->data - y->data : (int)x->discard - (int)y->discard;
    }
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* What lies together in the file is given back together, in whatever order it was freed. */
static GArray *take_frees(Qcow2State *s)
{
    GArray *list = g_array_new(false, false, sizeof(Qcow2Free));

    g_array_sort(s->frees, compare_frees);
    for (guint i = 0; i < s->frees->len; i++) {
        add_free_to(s, list, g_array_index(s->frees, Qcow2Free, i));
    }
    g_array_set_size(s->frees, 0);
    return list;
}

void qcow2_free_later(BlockDriverState *bs, uint64_t offset, uint64_t bytes, Qcow2Discard discard)
{
    add_free(bs->opaque, (Qcow2Free){offset, bytes, discard});
}

void qcow2_discard_later(BlockDriverState *bs, uint64_t offset, uint64_t bytes)
{
    add_free(bs->opaque, (Qcow2Free){offset, bytes, QCOW2_DISCARD_REQUEST, true});
}

void qcow2_free_entry_later(BlockDriverState *bs, uint64_t entry, Qcow2Discard discard)
{
    Qcow2State *s = bs->opaque;
    uint64_t offset, bytes;

    switch (qcow2_cluster_type(s, entry)) {
    case QCOW2_COMPRESSED:
        qcow2_compressed_range(s, entry, &offset, &bytes);
        qcow2_free_later(bs, offset, bytes, discard);
        break;
    case QCOW2_NORMAL:
    case QCOW2_ZERO_ALLOC:
        /* Who reads a data file alone sees zeroes: they were written. */
        if (!qcow2_data_file_is_raw(s)) {
            add_free(s, (Qcow2Free){entry & QCOW2_OFFSET_MASK, s->cluster_size, discard,
                                    qcow2_has_data_file(s)});
        }
        break;
    default:
        break;
    }
}

static bool passes(const Qcow2Options *o, Qcow2Discard why)
{
    return why == QCOW2_DISCARD_REQUEST    ? o->pass_request
           : why == QCOW2_DISCARD_SNAPSHOT ? o->pass_snapshot
                                           : why == QCOW2_DISCARD_OTHER && o->pass_other;
}

/*
 * The file gives back what nobody refers to any more: neither do tables on disk, and nobody gets
 * the clusters while the lock is held. If it does not, room is lost, but nothing else.
 */
static void coroutine_mixed_fn discard_unused(BlockDriverState *bs, const Qcow2Free *f)
{
    Qcow2State *s = bs->opaque;
    uint64_t last = (f->offset + f->bytes - 1) >> s->cluster_bits, start = 0, n = 0;

    for (uint64_t i = f->offset >> s->cluster_bits; i <= last + 1; i++) {
        uint64_t count = 1;
        bool unused = i <= last && qcow2_get_refcount(bs, i, &count) >= 0 && !count;

        if (unused) {
            start = n ? start : i;
            n++;
        } else if (n) {
            bdrv_pdiscard(bs->file, start << s->cluster_bits, n << s->cluster_bits);
            n = 0;
        }
    }
}

int coroutine_mixed_fn qcow2_apply_frees(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    g_autoptr(GArray) list = take_frees(s);
    int result = 0;

    for (guint i = 0; i < list->len; i++) {
        Qcow2Free *f = &g_array_index(list, Qcow2Free, i);
        int ret = 0;

        if (!f->data) {
            ret = qcow2_add_refs(bs, f->offset, f->bytes, -1);
            if (ret >= 0 && passes(&s->options, f->discard) && f->bytes) {
                discard_unused(bs, f);
            }
        } else if (f->bytes && passes(&s->options, f->discard)) {
            bdrv_pdiscard(s->data_file, f->offset, f->bytes);
        }
        /* A count that cannot go down is a leak, or was wrong before: check tells. */
        result = ret < 0 && !result && ret != -EINVAL ? ret : result;
    }
    return result;
}
