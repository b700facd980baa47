/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block-dirty-bitmap-*. Main thread. */
#include "qemu/osdep.h"
#include "block/dirty-bitmap.h"
#include "blockdev-tran.h"
#include "qapi/qapi-commands-block-change.h"

static BdrvDirtyBitmap *find_bitmap(const char *node, const char *name, BlockDriverState **pbs,
                                    Error **errp)
{
    BlockDriverState *bs = bdrv_lookup_bs(node, node, errp);
    BdrvDirtyBitmap *bm = bs ? bdrv_find_dirty_bitmap(bs, name) : NULL;

    if (bs && !bm) {
        error_setg(errp, "Dirty bitmap '%s' not found", name);
    }
    if (pbs) {
        *pbs = bs;
    }
    return bm;
}

typedef struct BitmapState {
    BlockDriverState *bs; /* a reference, or NULL */
    BdrvDirtyBitmap *bitmap;
    HBitmap *backup;
    bool flag;
} BitmapState;

static BitmapState *state_new(BdrvDirtyBitmap *bitmap)
{
    BitmapState *s = g_new0(BitmapState, 1);

    s->bitmap = bitmap;
    return s;
}

static void state_clean(void *opaque)
{
    BitmapState *s = opaque;

    bdrv_unref(s->bs);
    g_free(s);
}

/* ---- add ---- */

static void add_abort(void *opaque)
{
    BitmapState *s = opaque;

    bdrv_release_dirty_bitmap(s->bitmap);
}

static const TranOps add_ops = {.abort = add_abort, .clean = state_clean};

bool tran_bitmap_add(Tran *tran, const BlockDirtyBitmapAdd *args, Error **errp)
{
    BlockDriverState *bs = bdrv_lookup_bs(args->node, args->node, errp);
    bool persistent = args->has_persistent && args->persistent;
    uint32_t granularity;
    BdrvDirtyBitmap *bm;

    if (!bs) {
        return false;
    }
    granularity =
        args->has_granularity ? args->granularity : bdrv_get_default_bitmap_granularity(bs);
    if (persistent && !bdrv_can_store_new_dirty_bitmap(bs, args->name, granularity, errp)) {
        return false;
    }
    bm = bdrv_create_dirty_bitmap(bs, granularity, args->name, errp);
    if (!bm) {
        return false;
    }
    if (args->has_disabled && args->disabled) {
        bdrv_disable_dirty_bitmap(bm);
    }
    bdrv_dirty_bitmap_set_persistence(bm, persistent);
    tran_add(tran, &add_ops, state_new(bm));
    return true;
}

/* ---- remove ---- */

static void remove_commit(void *opaque)
{
    BitmapState *s = opaque;

    bdrv_dirty_bitmap_set_busy(s->bitmap, false);
    bdrv_release_dirty_bitmap(s->bitmap);
}

static void remove_abort(void *opaque)
{
    BitmapState *s = opaque;

    bdrv_dirty_bitmap_set_busy(s->bitmap, false);
    bdrv_dirty_bitmap_skip_store(s->bitmap, false);
}

static const TranOps remove_ops = {remove_commit, remove_abort, state_clean};

bool tran_bitmap_remove(Tran *tran, const BlockDirtyBitmap *args, Error **errp)
{
    BlockDriverState *bs;
    BdrvDirtyBitmap *bm = find_bitmap(args->node, args->name, &bs, errp);

    if (!bm || !bdrv_dirty_bitmap_check(bm, BDRV_BITMAP_BUSY | BDRV_BITMAP_RO, errp)) {
        return false;
    }
    if (bdrv_dirty_bitmap_get_persistence(bm) &&
        !bdrv_remove_persistent_dirty_bitmap(bs, args->name, errp)) {
        return false;
    }
    /* Nobody else uses it until the transaction has ended. */
    bdrv_dirty_bitmap_set_busy(bm, true);
    bdrv_dirty_bitmap_skip_store(bm, true);
    tran_add(tran, &remove_ops, state_new(bm));
    return true;
}

/* ---- clear, merge ---- */

static void restore_commit(void *opaque)
{
    BitmapState *s = opaque;

    hbitmap_free(s->backup);
}

static void restore_abort(void *opaque)
{
    BitmapState *s = opaque;

    if (s->backup) {
        bdrv_restore_dirty_bitmap(s->bitmap, s->backup);
    }
}

static const TranOps restore_ops = {restore_commit, restore_abort, state_clean};

bool tran_bitmap_clear(Tran *tran, const BlockDirtyBitmap *args, Error **errp)
{
    BdrvDirtyBitmap *bm = find_bitmap(args->node, args->name, NULL, errp);
    BitmapState *s;

    if (!bm || !bdrv_dirty_bitmap_check(bm, BDRV_BITMAP_DEFAULT, errp)) {
        return false;
    }
    s = state_new(bm);
    bdrv_clear_dirty_bitmap(bm, &s->backup);
    tran_add(tran, &restore_ops, s);
    return true;
}

static BdrvDirtyBitmap *merge_source(const BlockDirtyBitmapMerge *args, BlockDirtyBitmapOrStr *item,
                                     Error **errp)
{
    BdrvDirtyBitmap *bm;

    if (item->type == QTYPE_QSTRING) {
        bm = find_bitmap(args->node, item->u.local, NULL, errp);
    } else {
        bm = find_bitmap(item->u.external.node, item->u.external.name, NULL, errp);
    }
    return bm;
}

bool tran_bitmap_merge(Tran *tran, const BlockDirtyBitmapMerge *args, Error **errp)
{
    BlockDriverState *bs;
    BdrvDirtyBitmap *dest = find_bitmap(args->node, args->target, &bs, errp), *all, *src;
    BitmapState *s;
    bool ok = true;

    if (!dest || !bdrv_dirty_bitmap_check(dest, BDRV_BITMAP_DEFAULT, errp)) {
        return false;
    }
    /* First all together, which may fail, then at once. */
    all = bdrv_create_dirty_bitmap(bs, bdrv_dirty_bitmap_granularity(dest), NULL, errp);
    if (!all) {
        return false;
    }
    bdrv_disable_dirty_bitmap(all);
    for (BlockDirtyBitmapOrStrList *e = args->bitmaps; ok && e; e = e->next) {
        src = merge_source(args, e->value, errp);
        ok = src && bdrv_merge_dirty_bitmap(all, src, NULL, errp);
    }
    if (ok) {
        s = state_new(dest);
        ok = bdrv_merge_dirty_bitmap(dest, all, &s->backup, errp);
        if (ok) {
            tran_add(tran, &restore_ops, s);
        } else {
            g_free(s);
        }
    }
    bdrv_release_dirty_bitmap(all);
    return ok;
}

/* ---- enable, disable ---- */

static void set_enabled(BdrvDirtyBitmap *bm, bool enable)
{
    if (enable) {
        bdrv_enable_dirty_bitmap(bm);
    } else {
        bdrv_disable_dirty_bitmap(bm);
    }
}

static void enable_abort(void *opaque)
{
    BitmapState *s = opaque;

    set_enabled(s->bitmap, s->flag);
}

static const TranOps enable_ops = {.abort = enable_abort, .clean = state_clean};

bool tran_bitmap_enable(Tran *tran, const BlockDirtyBitmap *args, bool enable, Error **errp)
{
    BdrvDirtyBitmap *bm = find_bitmap(args->node, args->name, NULL, errp);
    BitmapState *s;

    if (!bm ||
        !bdrv_dirty_bitmap_check(bm, enable ? BDRV_BITMAP_DEFAULT : BDRV_BITMAP_ALLOW_RO, errp)) {
        return false;
    }
    s = state_new(bm);
    s->flag = bdrv_dirty_bitmap_enabled(bm);
    set_enabled(bm, enable);
    tran_add(tran, &enable_ops, s);
    return true;
}

/* ---- by themselves ---- */

void qmp_block_dirty_bitmap_add(const char *node, const char *name, bool has_granularity,
                                uint32_t granularity, bool has_persistent, bool persistent,
                                bool has_disabled, bool disabled, Error **errp)
{
    BlockDirtyBitmapAdd args = {
        .node = (char *)node,
        .name = (char *)name,
        .has_granularity = has_granularity,
        .granularity = granularity,
        .has_persistent = has_persistent,
        .persistent = persistent,
        .has_disabled = has_disabled,
        .disabled = disabled,
    };
    Tran *tran = tran_new(false);

    tran_end(tran, tran_bitmap_add(tran, &args, errp));
}

#define BITMAP_COMMAND(command, call)                                                              \
    void qmp_block_dirty_bitmap_##command(const char *node, const char *name, Error **errp)        \
    {                                                                                              \
        BlockDirtyBitmap args = {.node = (char *)node, .name = (char *)name};                      \
        Tran *tran = tran_new(false);                                                              \
                                                                                                   \
        tran_end(tran, call);                                                                      \
    }

BITMAP_COMMAND(remove, tran_bitmap_remove(tran, &args, errp))
BITMAP_COMMAND(clear, tran_bitmap_clear(tran, &args, errp))
BITMAP_COMMAND(enable, tran_bitmap_enable(tran, &args, true, errp))
BITMAP_COMMAND(disable, tran_bitmap_enable(tran, &args, false, errp))

void qmp_block_dirty_bitmap_merge(const char *node, const char *target,
                                  BlockDirtyBitmapOrStrList *bitmaps, Error **errp)
{
    BlockDirtyBitmapMerge args = {
        .node = (char *)node, .target = (char *)target, .bitmaps = bitmaps};
    Tran *tran = tran_new(false);

    tran_end(tran, tran_bitmap_merge(tran, &args, errp));
}
