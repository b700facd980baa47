/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables to disk. Between two barriers (flushes of the file) the host may carry writes out in any
 * order, in part, or not at all when it stops. So everything that is pointed at is on stable
 * storage before what points at it, and references go in the opposite order:
 *
 *   refcounts that grew (and data) | refcount table | level 2 tables | level 1 table |
 *   refcounts that shrink
 *
 * A cut at any '|' or inside a step leaves counts that are too high at worst: leaked clusters.
 *
 * With lazy refcounts the first two steps are left out. Instead, the header says before the third
 * that counts are not to be relied on: who opens the image next to write to it makes them anew.
 */
#include "qemu/osdep.h"
#include "qcow2.h"

/* Ranges that wait for being freed, before that is done without a flush of the guest. */
#define MAX_FREES 4096

int coroutine_mixed_fn qcow2_sync(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    int ret = s->data_file == bs->file ? 0 : bdrv_flush(s->data_file->bs);

    return ret < 0 ? ret : bdrv_flush(bs->file->bs);
}

/* Growing counts, so that whatever comes to be referenced is counted. */
static int coroutine_mixed_fn commit_refs(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    int ret = qcow2_cache_write(s->refblock_cache);

    if (ret < 0) {
        return ret;
    }
    if (g_hash_table_size(s->reftable_dirty)) {
        ret = qcow2_sync(bs);
        if (ret >= 0) {
            ret = qcow2_write_reftable(bs);
        }
    }
    return ret;
}

/* The header's bit that counts on disk are not to be relied on, on stable storage. */
static int coroutine_mixed_fn put_dirty_bit(BlockDriverState *bs, bool on)
{
    Qcow2State *s = bs->opaque;
    uint64_t bit = QCOW2_INCOMPAT_DIRTY, features = (s->incompatible & ~bit) | (on ? bit : 0);
    uint64_t be = cpu_to_be64(features);
    int ret = features == s->incompatible
                  ? 0
                  : qcow2_put_header(bs, offsetof(Qcow2Header, incompatible_features), 8, &be);

    if (ret >= 0) {
        s->incompatible = features;
    }
    return ret;
}

static bool counts_are_dirty(const Qcow2State *s)
{
    return qcow2_cache_is_dirty(s->refblock_cache) || g_hash_table_size(s->reftable_dirty);
}

static int coroutine_mixed_fn commit(BlockDriverState *bs, bool lazy)
{
    Qcow2State *s = bs->opaque;
    int ret = s->unusable ? -EIO : qcow2_settle_header(bs);

    lazy = lazy && !qcow2_cache_is_full(s->refblock_cache);

    if (ret < 0) {
        return ret;
    }
    if (counts_are_dirty(s)) {
        ret = lazy ? put_dirty_bit(bs, true) : commit_refs(bs);
        if (ret < 0) {
            return ret;
        }
    }
    if (qcow2_cache_is_dirty(s->l2_cache)) {
        /* Data and counts before the tables that have them. */
        ret = qcow2_sync(bs);
        if (ret >= 0) {
            ret = qcow2_cache_write(s->l2_cache);
        }
        if (ret < 0) {
            return ret;
        }
    }
    if (g_hash_table_size(s->l1_dirty)) {
        ret = qcow2_sync(bs);
        if (ret >= 0) {
            ret = qcow2_write_l1(bs);
        }
        if (ret < 0) {
            return ret;
        }
    }
    if (s->frees->len) {
        ret = qcow2_sync(bs);
        if (ret >= 0) {
            ret = qcow2_apply_frees(bs);
        }
        if (ret >= 0 && !lazy) {
            ret = commit_refs(bs);
        }
    }
    return ret;
}

int coroutine_mixed_fn qcow2_commit(BlockDriverState *bs)
{
    return commit(bs, ((Qcow2State *)bs->opaque)->lazy);
}

int coroutine_mixed_fn qcow2_commit_counts(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    int ret = commit(bs, false);

    if (ret < 0 || !(s->incompatible & QCOW2_INCOMPAT_DIRTY)) {
        return ret;
    }
    ret = qcow2_sync(bs);
    return ret < 0 ? ret : put_dirty_bit(bs, false);
}

int coroutine_mixed_fn qcow2_commit_if_full(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;

    if (qcow2_cache_is_full(s->l2_cache) || qcow2_cache_is_full(s->refblock_cache) ||
        s->frees->len >= MAX_FREES) {
        return qcow2_commit(bs);
    }
    return 0;
}
