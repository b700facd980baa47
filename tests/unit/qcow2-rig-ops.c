/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done to the image of qcow2-rig.h, and what the model says of it. */
#include "qemu/osdep.h"
#include "block/dirty-bitmap.h"
#include "qcow2-rig.h"
#include "qobject/qdict.h"

/* ---- where: a few places, so that operations meet ---- */

/* A cluster: the first ones, around the end of the first level 2 table, the last ones. */
static int64_t pick_cluster(const Rig *r, const RigArgs *a, const RigState *st)
{
    int64_t clusters = MAX(st->disk.sectors / r->spc, 1), c = a->where % 6;

    if (a->how % 4 == 1) {
        c = 62 + c % 4;
    } else if (a->how % 4 == 2) {
        c = clusters - 1 - c % 3;
    }
    return c < 0 || c >= clusters ? a->where % clusters : c;
}

/* Whole clusters. */
static void pick_clusters(const Rig *r, const RigArgs *a, const RigState *st, int64_t *sector,
                          int64_t *n)
{
    int64_t c = pick_cluster(r, a, st);

    *sector = c * r->spc;
    *n = MIN((1 + a->length % 3) * r->spc, MAX(st->disk.sectors / r->spc, 1) * r->spc - *sector);
    *n = MIN(*n, st->disk.sectors - *sector);
}

/* A part of one, perhaps with the start of the next. */
static void pick_sectors(const Rig *r, const RigArgs *a, const RigState *st, int64_t *sector,
                         int64_t *n)
{
    int64_t half = MAX(r->spc / 2, 1);

    *sector = pick_cluster(r, a, st) * r->spc + (a->length & 1 ? half - 1 : half);
    *sector = MIN(*sector, st->disk.sectors - 1);
    *n = MIN(a->length & 2 ? half : r->spc, st->disk.sectors - *sector);
}

static void set_own(RigState *st, int64_t sector, int64_t n, uint8_t value)
{
    memset(st->disk.data + sector, value, n);
    memset(st->disk.own + sector, true, n);
}

/* What is written makes its whole (sub)clusters the disk's own. */
static void own_clusters(const Rig *r, RigState *st, int64_t sector, int64_t n)
{
    int64_t end = MIN(ROUND_UP(sector + n, r->sub), st->disk.sectors);

    for (int64_t s = ROUND_DOWN(sector, r->sub); s < end; s++) {
        if (!st->disk.own[s]) {
            st->disk.data[s] = s < st->base.sectors ? st->base.data[s] : 0;
            st->disk.own[s] = true;
        }
    }
}

/* ---- the guest's requests ---- */

static int do_write(Rig *r, RigState *next, int64_t sector, int64_t n)
{
    int64_t bytes = n * TAPE_SECTOR;
    g_autofree uint8_t *buf = g_malloc(bytes);

    r->fill = r->fill % 100 + 1;
    memset(buf, r->fill, bytes);
    own_clusters(r, next, sector, n);
    set_own(next, sector, n, r->fill);
    return blk_pwrite(r->blk, sector * TAPE_SECTOR, bytes, buf, 0);
}

static int op_write(Rig *r, const RigArgs *a, RigState *next)
{
    int64_t sector, n;

    pick_clusters(r, a, next, &sector, &n);
    return do_write(r, next, sector, n);
}

static int op_write_part(Rig *r, const RigArgs *a, RigState *next)
{
    int64_t sector, n;

    pick_sectors(r, a, next, &sector, &n);
    return do_write(r, next, sector, n);
}

static int op_discard(Rig *r, const RigArgs *a, RigState *next)
{
    int64_t sector, n;

    pick_clusters(r, a, next, &sector, &n);
    if (r->cfg->key && !strcmp(r->cfg->key, "compat") && r->cfg->backing) {
        return 0;
    }
    set_own(next, sector, n, 0);
    return blk_pdiscard(r->blk, sector * TAPE_SECTOR, n * TAPE_SECTOR);
}

static int do_zero(Rig *r, RigState *next, int64_t sector, int64_t n, bool unmap)
{
    own_clusters(r, next, sector, n);
    set_own(next, sector, n, 0);
    return blk_pwrite_zeroes(r->blk, sector * TAPE_SECTOR, n * TAPE_SECTOR,
                             unmap ? BDRV_REQ_MAY_UNMAP : 0);
}

static int op_zero(Rig *r, const RigArgs *a, RigState *next)
{
    int64_t sector, n;

    pick_clusters(r, a, next, &sector, &n);
    return do_zero(r, next, sector, n, a->how & 16);
}

static int op_zero_part(Rig *r, const RigArgs *a, RigState *next)
{
    int64_t sector, n;

    pick_sectors(r, a, next, &sector, &n);
    return do_zero(r, next, sector, n, a->how & 16);
}

typedef struct Compressed {
    BlockBackend *blk;
    int64_t offset, bytes;
    uint8_t *buf;
} Compressed;

static int coroutine_fn compressed_entry(void *opaque)
{
    Compressed *c = opaque;

    return blk_co_pwrite_compressed(c->blk, c->offset, c->bytes, c->buf);
}

static bool has_compressed(const RigConfig *cfg)
{
    return !cfg->data_file && !cfg->luks;
}

static int op_compressed(Rig *r, const RigArgs *a, RigState *next)
{
    g_autofree uint8_t *buf = NULL;
    int64_t sector, n;
    Compressed c = {r->blk};

    pick_clusters(r, a, next, &sector, &n);
    c.offset = sector * TAPE_SECTOR;
    c.bytes = n * TAPE_SECTOR;
    c.buf = buf = g_malloc(c.bytes);
    r->fill = r->fill % 100 + 1;
    memset(buf, r->fill, c.bytes);
    set_own(next, sector, n, r->fill);
    return bdrv_run_co(blk_bs(r->blk), compressed_entry, &c);
}

/* ---- snapshots ---- */

static int answer(bool ok, Error *err)
{
    int ret = ok ? 0 : -EIO;

    error_free(err);
    return ret;
}

static int op_snapshot_create(Rig *r, const RigArgs *a, RigState *next)
{
    BlockDriverState *bs = blk_bs(r->blk);
    QEMUSnapshotInfo info = {.icount = UINT64_MAX};
    g_autofree RigState *copy = rig_state_copy(next);
    RigSnapshot *sn = g_new0(RigSnapshot, 1);
    Error *err = NULL;

    snprintf(info.name, sizeof(info.name), "s%d", r->next_name++);
    sn->name = g_strdup(info.name);
    sn->view = copy->disk;
    copy->disk = (RigView){0};
    g_free(copy->base.data);
    g_free(copy->base.own);
    g_ptr_array_unref(copy->snapshots);
    g_free(copy->backing_name);
    g_free(copy->marked);
    g_ptr_array_add(next->snapshots, sn);
    return answer(bs->drv->bdrv_snapshot_create(bs, &info, &err), err);
}

static int op_snapshot_delete(Rig *r, const RigArgs *a, RigState *next)
{
    BlockDriverState *bs = blk_bs(r->blk);
    guint n = next->snapshots->len, i = n ? a->where % n : 0;
    g_autofree char *name = NULL;
    Error *err = NULL;

    if (!n) {
        return 0;
    }
    name = g_strdup(((RigSnapshot *)next->snapshots->pdata[i])->name);
    g_ptr_array_remove_index(next->snapshots, i);
    return answer(bs->drv->bdrv_snapshot_delete(bs, NULL, name, &err), err);
}

static int op_snapshot_apply(Rig *r, const RigArgs *a, RigState *next)
{
    BlockDriverState *bs = blk_bs(r->blk);
    guint n = next->snapshots->len;
    RigSnapshot *sn = n ? next->snapshots->pdata[a->where % n] : NULL;
    RigState *copy;
    Error *err = NULL;

    if (!n) {
        return 0;
    }
    /* Through a copy of the whole state, since it knows how long views are. */
    copy = rig_state_copy(next);
    g_free(next->disk.data);
    g_free(next->disk.own);
    next->disk = ((RigSnapshot *)copy->snapshots->pdata[a->where % n])->view;
    ((RigSnapshot *)copy->snapshots->pdata[a->where % n])->view = (RigView){0};
    rig_state_free(copy);
    /* The bitmaps go first, and are gone if it fails, too. */
    g_clear_pointer(&next->marked, g_free);
    g_clear_pointer(&r->now->marked, g_free);
    return answer(rig_goto(bs, sn->name, &err), err);
}

/* ---- size ---- */

static int op_grow(Rig *r, const RigArgs *a, RigState *next)
{
    int64_t add = MIN(r->cfg->clusters / 3 * r->spc + a->length % r->spc,
                      (r->cfg->clusters * 2 + r->cfg->filler) * r->spc - next->disk.sectors);
    int64_t old = next->disk.sectors;
    Error *err = NULL;
    int ret;

    if (add <= 0) {
        return 0;
    }
    next->disk.sectors += add;
    memset(next->disk.data + old, 0, add);
    memset(next->disk.own + old, true, add);
    ret = blk_truncate(r->blk, next->disk.sectors * TAPE_SECTOR, true, PREALLOC_MODE_OFF, 0, &err);
    error_free(err);
    return ret;
}

static int op_shrink(Rig *r, const RigArgs *a, RigState *next)
{
    int64_t less = next->disk.sectors / 3 + a->length % r->spc;
    Error *err = NULL;
    int ret;

    if (next->snapshots->len || less >= next->disk.sectors) {
        return 0;
    }
    next->disk.sectors -= less;
    ret = blk_truncate(r->blk, next->disk.sectors * TAPE_SECTOR, true, PREALLOC_MODE_OFF, 0, &err);
    error_free(err);
    return ret;
}

/* ---- more images than one ---- */

static bool has_backing(const RigConfig *cfg)
{
    return cfg->backing;
}

static int op_commit(Rig *r, const RigArgs *a, RigState *next)
{
    Error *err = NULL;

    for (int64_t s = 0; s < next->disk.sectors; s++) {
        if (next->disk.own[s]) {
            next->base.data[s] = next->disk.data[s];
        } else if (s >= next->base.sectors) {
            next->base.data[s] = 0;
        }
        next->base.own[s] = true;
        next->disk.own[s] = false;
    }
    next->base.sectors = MAX(next->base.sectors, next->disk.sectors);
    return answer(bdrv_commit(blk_bs(r->blk), bdrv_cow_bs(blk_bs(r->blk)), true, NULL, NULL, &err),
                  err);
}

/* The header anew, with a name of another length. */
static int op_rename(Rig *r, const RigArgs *a, RigState *next)
{
    int max = MIN(r->cluster / 4, 1000), len = MAX(max - (int)(a->length % 3) * max / 3, 1);

    g_free(next->backing_name);
    next->backing_name = g_strnfill(len, 'a' + a->where % 26);
    return bdrv_change_backing_file(blk_bs(r->blk), next->backing_name,
                                    a->how & 1 ? "qcow2" : "raw", true);
}

/*
 * What was chosen at creation, chosen again. Counts get no narrower than snapshots may need; lazy
 * ones are for images that are looked at as such.
 */
static int op_amend(Rig *r, const RigArgs *a, RigState *next)
{
    static const int widths[] = {16, 32, 64};
    const char *key = r->cfg->key;
    g_autoptr(QDict) opts = qdict_new();
    Error *err = NULL;

    if (key && !strcmp(key, "compat")) {
        /* Snapshots keep an image from becoming an older one. */
        qdict_put_str(opts, "compat", a->how & 1 || next->snapshots->len ? "1.1" : "0.10");
    } else if (key && !strcmp(key, "lazy_refcounts") && a->how & 1) {
        qdict_put_bool(opts, "lazy_refcounts", a->where & 1);
    } else {
        qdict_put_int(opts, "refcount_bits", widths[a->where % ARRAY_SIZE(widths)]);
    }
    return answer(bdrv_amend_options(blk_bs(r->blk), opts, NULL, NULL, false, &err), err);
}

static bool has_snapshots(const RigConfig *cfg)
{
    return cfg->refcount_bits > 1 && !cfg->data_file;
}

/* ---- bitmaps: their content is not the disk's ---- */

static bool has_bitmaps(const RigConfig *cfg)
{
    return !cfg->key || strcmp(cfg->key, "compat");
}

static int op_bitmap_store(Rig *r, const RigArgs *a, RigState *next)
{
    BlockDriverState *bs = blk_bs(r->blk);
    const char *name = a->how & 1 ? "one" : "two";
    BdrvDirtyBitmap *bm = bdrv_find_dirty_bitmap(bs, name);
    Error *err = NULL;

    if (!bm) {
        bm = bdrv_create_dirty_bitmap(bs, TAPE_SECTOR, name, &error_abort);
        bdrv_dirty_bitmap_set_persistence(bm, true);
    }
    bdrv_set_dirty_bitmap(bm, a->where % next->disk.sectors * TAPE_SECTOR, TAPE_SECTOR);
    /* The other one does not record any more, either. */
    g_clear_pointer(&next->marked, g_free);
    return answer(bs->drv->bdrv_inactivate(bs, &err), err);
}

static int op_bitmap_remove(Rig *r, const RigArgs *a, RigState *next)
{
    BlockDriverState *bs = blk_bs(r->blk);
    const char *name = a->how & 1 ? "one" : "two";
    BdrvDirtyBitmap *bm = bdrv_find_dirty_bitmap(bs, name);
    Error *err = NULL;

    if (bm) {
        bdrv_release_dirty_bitmap(bm);
    }
    return answer(bs->drv->bdrv_remove_persistent_dirty_bitmap(bs, name, &err), err);
}

/* One that records what the guest does from now on, or its end; in the file when that is closed. */
static int op_bitmap_record(Rig *r, const RigArgs *a, RigState *next)
{
    BlockDriverState *bs = blk_bs(r->blk);
    BdrvDirtyBitmap *bm = bdrv_find_dirty_bitmap(bs, "b");
    Error *err = NULL;

    if (next->marked) {
        g_clear_pointer(&next->marked, g_free);
        if (!bm) {
            return 0;
        }
        if (!bdrv_remove_persistent_dirty_bitmap(bs, "b", &err)) {
            return answer(false, err);
        }
        bdrv_release_dirty_bitmap(bm);
        return 0;
    }
    next->marked = rig_shown(next);
    if (!bm) {
        bm = bdrv_create_dirty_bitmap(bs, TAPE_SECTOR, "b", &err);
        if (!bm) {
            return answer(false, err);
        }
        bdrv_dirty_bitmap_set_persistence(bm, true);
    }
    return 0;
}

static int op_reopen(Rig *r, const RigArgs *a, RigState *next)
{
    rig_close(r);
    rig_open(r);
    return 0;
}

const RigOp rig_ops[] = {
    {"snapshot-create", op_snapshot_create, has_snapshots, true},
    {"snapshot-delete", op_snapshot_delete, has_snapshots, true},
    {"snapshot-apply", op_snapshot_apply, has_snapshots, true},
    {"bitmap-store", op_bitmap_store, has_bitmaps, true},
    {"bitmap-remove", op_bitmap_remove, has_bitmaps, true},
    {"write", op_write},
    {"write-part", op_write_part},
    {"compressed", op_compressed, has_compressed},
    {"discard", op_discard},
    {"zero", op_zero},
    {"zero-part", op_zero_part},
    {"grow", op_grow},
    {"shrink", op_shrink},
    {"commit", op_commit, has_backing, true},
    {"rename", op_rename, has_backing, true},
    {"amend", op_amend},
    {"bitmap-record", op_bitmap_record, has_bitmaps},
    {"reopen", op_reopen, .whole = true},
};
const int rig_n_ops = ARRAY_SIZE(rig_ops);
