/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file ends where its last used cluster does, after the disk has lost much of what it had.
 * Order: counts that have come down, all on disk | no entry of the refcount table for ranges in
 * which nothing is used but the block that counts them | a shorter file.
 */
#include "qemu/osdep.h"
#include "qcow2.h"

/* So many ranges lose their blocks at once. */
#define MAX_RANGES 4096

/* What the block of range @b counts. */
typedef struct Range {
    uint64_t end; /* behind the last cluster that has a count, in the range; 0: none has */
    bool own;     /* the block lies in its range, and nothing else does */
} Range;

static int coroutine_fn look_at_range(BlockDriverState *bs, uint64_t b, Range *r)
{
    Qcow2State *s = bs->opaque;
    uint64_t first = b << s->refblock_bits, n = 1ULL << s->refblock_bits;
    uint64_t block = s->reftable[b] >> s->cluster_bits;

    *r = (Range){0};
    for (uint64_t i = n; i-- > 0;) {
        uint64_t count;
        int ret = qcow2_get_refcount(bs, first + i, &count);

        if (ret < 0) {
            return ret;
        }
        if (count && r->end) {
            r->own = false;
            return 0;
        }
        if (count) {
            r->end = i + 1;
            r->own = count == 1 && first + i == block;
            if (!r->own) {
                return 0;
            }
        }
    }
    return 0;
}

/* A range that has no block any more, and the block that it had. */
typedef struct Dropped {
    uint64_t b, block;
    bool own;
} Dropped;

static void set_block(Qcow2State *s, uint64_t b, uint64_t block)
{
    s->reftable[b] = block;
    g_hash_table_add(s->reftable_dirty, GSIZE_TO_POINTER(b));
}

/* Ranges at the end that have no cluster lose their blocks; *@end: behind the last cluster. */
static int coroutine_fn drop_ranges(BlockDriverState *bs, GArray *dropped, uint64_t *end)
{
    Qcow2State *s = bs->opaque;
    uint64_t b = s->reftable_size, budget = MAX_RANGES;
    Range r = {0};
    int ret = 0;

    while (ret >= 0 && !r.end && b-- > 0) {
        Dropped d = {b, s->reftable[b]};

        if (!d.block) {
            continue;
        }
        ret = look_at_range(bs, b, &r);
        if (ret < 0 || !b || (r.end && !r.own) || !budget--) {
            break;
        }
        d.own = r.own;
        g_array_append_val(dropped, d);
        r.end = 0;
        set_block(s, b, 0);
        qcow2_cache_drop(s->refblock_cache, d.block);
    }
    *end = ((b << s->refblock_bits) + r.end) << s->cluster_bits;
    return ret;
}

int coroutine_fn qcow2_trim_file(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    g_autoptr(GArray) dropped = g_array_new(false, false, sizeof(Dropped));
    bool elsewhere = false;
    int64_t length;
    uint64_t end = 0;
    int ret = qcow2_commit_counts(bs);

    ret = ret < 0 ? ret : drop_ranges(bs, dropped, &end);
    ret = ret < 0 ? ret : qcow2_commit_counts(bs);
    ret = ret < 0 ? ret : qcow2_sync(bs);
    for (guint i = 0; i < dropped->len; i++) {
        const Dropped *d = &g_array_index(dropped, Dropped, i);

        if (ret < 0) {
            /* The table on disk may lead there still: nothing else must come to be there. */
            set_block(s, d->b, d->block);
        } else if (!d->own) {
            elsewhere = true;
            qcow2_free_later(bs, d->block, s->cluster_size, QCOW2_DISCARD_OTHER);
        }
    }
    if (elsewhere && ret >= 0) {
        /* They were counted in ranges that stay, which may end earlier now: that is for next time.
         */
        ret = qcow2_commit_counts(bs);
    }
    length = ret < 0 ? ret : bdrv_co_getlength(bs->file->bs);
    if (length < 0) {
        return length;
    }
    return end < (uint64_t)length
               ? bdrv_co_truncate(bs->file, end, false, PREALLOC_MODE_OFF, 0, NULL)
               : 0;
}
