/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dirty bitmaps in memory. Images that keep them: qcow2-bitmap.c. */
#include "qemu/osdep.h"
#include "block/dirty-bitmap.h"
#include "qemu/lockable.h"

struct BdrvDirtyBitmap {
    BlockDriverState *bs;
    HBitmap *bitmap; /* bs->dirty_bitmap_mutex */
    char *name;      /* NULL: anonymous */
    int64_t size;
    uint32_t granularity;
    bool busy;
    bool disabled; /* bs->dirty_bitmap_mutex */
    bool readonly;
    bool persistent;
    bool inconsistent;
    bool skip_store;
    BdrvDirtyBitmap *successor;
    QLIST_ENTRY(BdrvDirtyBitmap) list;
};

BdrvDirtyBitmap *bdrv_find_dirty_bitmap(BlockDriverState *bs, const char *name)
{
    BdrvDirtyBitmap *bm;

    QLIST_FOREACH (bm, &bs->dirty_bitmaps, list) {
        if (bm->name && !strcmp(name, bm->name)) {
            return bm;
        }
    }
    return NULL;
}

uint32_t bdrv_get_default_bitmap_granularity(BlockDriverState *bs)
{
    BlockDriverInfo bdi;

    if (bdrv_get_info(bs, &bdi) >= 0 && bdi.cluster_size > 0) {
        return MAX(4096, bdi.cluster_size);
    }
    return 64 * KiB;
}

BdrvDirtyBitmap *bdrv_create_dirty_bitmap(BlockDriverState *bs, uint32_t granularity,
                                          const char *name, Error **errp)
{
    BdrvDirtyBitmap *bm;
    int64_t size;

    if (name && !*name) {
        error_setg(errp, "Bitmap name cannot be empty");
        return NULL;
    }
    if (name && strlen(name) > BDRV_BITMAP_MAX_NAME_SIZE) {
        error_setg(errp, "Bitmap name too long: more than %d bytes", BDRV_BITMAP_MAX_NAME_SIZE);
        return NULL;
    }
    if (name && bdrv_find_dirty_bitmap(bs, name)) {
        error_setg(errp, "Bitmap already exists: %s", name);
        return NULL;
    }
    if (granularity < BDRV_SECTOR_SIZE || granularity & (granularity - 1)) {
        error_setg(errp, "Granularity must be a power of 2 from 512, not %" PRIu32, granularity);
        return NULL;
    }
    size = bdrv_getlength(bs);
    if (size < 0) {
        error_setg_errno(errp, -size, "could not get length of device");
        return NULL;
    }
    bm = g_new0(BdrvDirtyBitmap, 1);
    bm->bs = bs;
    bm->bitmap = hbitmap_alloc(size, ctz32(granularity));
    bm->name = g_strdup(name);
    bm->size = size;
    bm->granularity = granularity;
    WITH_QEMU_LOCK_GUARD(&bs->dirty_bitmap_mutex)
    {
        QLIST_INSERT_HEAD(&bs->dirty_bitmaps, bm, list);
    }
    return bm;
}

void bdrv_release_dirty_bitmap(BdrvDirtyBitmap *bm)
{
    WITH_QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex)
    {
        QLIST_REMOVE(bm, list);
    }
    hbitmap_free(bm->bitmap);
    g_free(bm->name);
    g_free(bm);
}

void bdrv_release_named_dirty_bitmaps(BlockDriverState *bs)
{
    BdrvDirtyBitmap *bm, *next;

    QLIST_FOREACH_SAFE (bm, &bs->dirty_bitmaps, list, next) {
        if (bm->name) {
            bdrv_release_dirty_bitmap(bm);
        }
    }
}

void bdrv_release_persistent_dirty_bitmaps(BlockDriverState *bs)
{
    BdrvDirtyBitmap *bm, *next;

    QLIST_FOREACH_SAFE (bm, &bs->dirty_bitmaps, list, next) {
        if (bm->name && bm->persistent) {
            bdrv_release_dirty_bitmap(bm);
        }
    }
}

BdrvDirtyBitmap *bdrv_dirty_bitmap_first(BlockDriverState *bs)
{
    return QLIST_FIRST(&bs->dirty_bitmaps);
}

BdrvDirtyBitmap *bdrv_dirty_bitmap_next(BdrvDirtyBitmap *bm)
{
    return QLIST_NEXT(bm, list);
}

bool bdrv_dirty_bitmap_check(const BdrvDirtyBitmap *bm, uint32_t flags, Error **errp)
{
    ERRP_GUARD();

    if ((flags & BDRV_BITMAP_BUSY) && bdrv_dirty_bitmap_busy(bm)) {
        error_setg(errp, "Bitmap '%s' is currently in use by another operation and cannot be used",
                   bm->name);
        return false;
    }
    if ((flags & BDRV_BITMAP_RO) && bm->readonly) {
        error_setg(errp, "Bitmap '%s' is readonly and cannot be modified", bm->name);
        return false;
    }
    if ((flags & BDRV_BITMAP_INCONSISTENT) && bm->inconsistent) {
        error_setg(errp, "Bitmap '%s' is inconsistent and cannot be used", bm->name);
        error_append_hint(errp, "Try block-dirty-bitmap-remove to delete this bitmap from disk\n");
        return false;
    }
    return true;
}

const char *bdrv_dirty_bitmap_name(const BdrvDirtyBitmap *bm)
{
    return bm->name;
}

uint32_t bdrv_dirty_bitmap_granularity(const BdrvDirtyBitmap *bm)
{
    return bm->granularity;
}

int64_t bdrv_dirty_bitmap_size(const BdrvDirtyBitmap *bm)
{
    return bm->size;
}

int64_t bdrv_get_dirty_count(BdrvDirtyBitmap *bm)
{
    QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex);
    return hbitmap_count(bm->bitmap);
}

bool bdrv_dirty_bitmap_enabled(BdrvDirtyBitmap *bm)
{
    return !bm->disabled;
}

bool bdrv_dirty_bitmap_recording(BdrvDirtyBitmap *bm)
{
    return !bm->disabled || (bm->successor && !bm->successor->disabled);
}

bool bdrv_dirty_bitmap_get_persistence(BdrvDirtyBitmap *bm)
{
    return bm->persistent;
}

bool bdrv_dirty_bitmap_readonly(const BdrvDirtyBitmap *bm)
{
    return bm->readonly;
}

bool bdrv_dirty_bitmap_inconsistent(const BdrvDirtyBitmap *bm)
{
    return bm->inconsistent;
}

bool bdrv_dirty_bitmap_busy(const BdrvDirtyBitmap *bm)
{
    return bm->busy;
}

static void set_disabled(BdrvDirtyBitmap *bm, bool disabled)
{
    QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex);
    bm->disabled = disabled;
    if (bm->successor) {
        bm->successor->disabled = disabled;
    }
}

void bdrv_enable_dirty_bitmap(BdrvDirtyBitmap *bm)
{
    set_disabled(bm, false);
}

void bdrv_disable_dirty_bitmap(BdrvDirtyBitmap *bm)
{
    set_disabled(bm, true);
}

void bdrv_dirty_bitmap_set_persistence(BdrvDirtyBitmap *bm, bool persistent)
{
    bm->persistent = persistent;
}

void bdrv_dirty_bitmap_set_readonly(BdrvDirtyBitmap *bm, bool value)
{
    bm->readonly = value;
}

void bdrv_dirty_bitmap_set_inconsistent(BdrvDirtyBitmap *bm)
{
    bm->inconsistent = true;
    set_disabled(bm, true);
}

void bdrv_dirty_bitmap_set_busy(BdrvDirtyBitmap *bm, bool busy)
{
    bm->busy = busy;
}

void bdrv_dirty_bitmap_skip_store(BdrvDirtyBitmap *bm, bool skip)
{
    bm->skip_store = skip;
}

bool bdrv_dirty_bitmap_get_skip_store(BdrvDirtyBitmap *bm)
{
    return bm->skip_store;
}

void bdrv_set_dirty_bitmap(BdrvDirtyBitmap *bm, int64_t offset, int64_t bytes)
{
    QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex);
    hbitmap_set(bm->bitmap, offset, bytes);
}

void bdrv_reset_dirty_bitmap(BdrvDirtyBitmap *bm, int64_t offset, int64_t bytes)
{
    QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex);
    hbitmap_reset(bm->bitmap, offset, bytes);
}

bool bdrv_dirty_bitmap_get(BdrvDirtyBitmap *bm, int64_t offset)
{
    QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex);
    return hbitmap_get(bm->bitmap, offset);
}

void bdrv_clear_dirty_bitmap(BdrvDirtyBitmap *bm, HBitmap **backup)
{
    QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex);
    if (backup) {
        *backup = bm->bitmap;
        bm->bitmap = hbitmap_alloc(bm->size, ctz32(bm->granularity));
    } else {
        hbitmap_reset_all(bm->bitmap);
    }
}

void bdrv_restore_dirty_bitmap(BdrvDirtyBitmap *bm, HBitmap *backup)
{
    HBitmap *old;

    WITH_QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex)
    {
        old = bm->bitmap;
        bm->bitmap = backup;
    }
    hbitmap_free(old);
}

bool bdrv_merge_dirty_bitmap(BdrvDirtyBitmap *dest, const BdrvDirtyBitmap *src, HBitmap **backup,
                             Error **errp)
{
    int64_t pos = 0;

    if (!bdrv_dirty_bitmap_check(dest, BDRV_BITMAP_DEFAULT, errp) ||
        !bdrv_dirty_bitmap_check(src, BDRV_BITMAP_ALLOW_RO, errp)) {
        return false;
    }
    if (src->size != dest->size) {
        error_setg(errp,
                   "Bitmaps are of different sizes (destination size is %" PRId64
                   ") and can't be merged",
                   dest->size);
        return false;
    }
    if (backup) {
        WITH_QEMU_LOCK_GUARD(&dest->bs->dirty_bitmap_mutex)
        {
            *backup = dest->bitmap;
            dest->bitmap = hbitmap_alloc(dest->size, ctz32(dest->granularity));
            hbitmap_merge(dest->bitmap, *backup, dest->bitmap);
        }
    }
    /* By ranges, since granularities may differ. */
    while ((pos = hbitmap_next_dirty(src->bitmap, pos, src->size - pos)) >= 0) {
        int64_t end = hbitmap_next_zero(src->bitmap, pos, src->size - pos);

        end = end < 0 ? src->size : end;
        bdrv_set_dirty_bitmap(dest, pos, end - pos);
        pos = end;
        if (pos >= src->size) {
            break;
        }
    }
    return true;
}

int64_t bdrv_dirty_bitmap_next_dirty(BdrvDirtyBitmap *bm, int64_t offset, int64_t bytes)
{
    QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex);
    return hbitmap_next_dirty(bm->bitmap, offset, bytes);
}

int64_t bdrv_dirty_bitmap_next_zero(BdrvDirtyBitmap *bm, int64_t offset, int64_t bytes)
{
    QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex);
    return hbitmap_next_zero(bm->bitmap, offset, bytes);
}

bool bdrv_dirty_bitmap_next_dirty_area(BdrvDirtyBitmap *bm, int64_t start, int64_t end,
                                       int64_t max_dirty_count, int64_t *dirty_start,
                                       int64_t *dirty_count)
{
    int64_t first, stop;

    QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex);
    end = MIN(end, bm->size);
    if (start >= end) {
        return false;
    }
    first = hbitmap_next_dirty(bm->bitmap, start, end - start);
    if (first < 0) {
        return false;
    }
    end = start + MIN(end - start, first - start + max_dirty_count);
    stop = hbitmap_next_zero(bm->bitmap, first, end - first);
    *dirty_start = first;
    *dirty_count = (stop < 0 ? end : stop) - first;
    return true;
}

uint64_t bdrv_dirty_bitmap_serialization_size(const BdrvDirtyBitmap *bm, uint64_t offset,
                                              uint64_t bytes)
{
    return hbitmap_serialization_size(bm->bitmap, offset, bytes);
}

void bdrv_dirty_bitmap_serialize_part(BdrvDirtyBitmap *bm, uint8_t *buf, uint64_t offset,
                                      uint64_t bytes)
{
    QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex);
    hbitmap_serialize_part(bm->bitmap, buf, offset, bytes);
}

void bdrv_dirty_bitmap_deserialize_part(BdrvDirtyBitmap *bm, const uint8_t *buf, uint64_t offset,
                                        uint64_t bytes)
{
    QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex);
    if (buf) {
        hbitmap_deserialize_part(bm->bitmap, buf, offset, bytes, false);
    } else {
        hbitmap_deserialize_ones(bm->bitmap, offset, bytes, false);
    }
}

void bdrv_dirty_bitmap_deserialize_finish(BdrvDirtyBitmap *bm)
{
    QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex);
    hbitmap_deserialize_finish(bm->bitmap);
}

bool bdrv_dirty_bitmap_create_successor(BdrvDirtyBitmap *bm, Error **errp)
{
    BdrvDirtyBitmap *child;

    if (!bdrv_dirty_bitmap_check(bm, BDRV_BITMAP_BUSY, errp)) {
        return false;
    }
    child = bdrv_create_dirty_bitmap(bm->bs, bm->granularity, NULL, errp);
    if (!child) {
        return false;
    }
    child->disabled = bm->disabled;
    bm->disabled = true;
    bm->successor = child;
    bm->busy = true;
    return true;
}

BdrvDirtyBitmap *bdrv_dirty_bitmap_abdicate(BdrvDirtyBitmap *bm, Error **errp)
{
    BdrvDirtyBitmap *successor = bm->successor;

    if (!successor) {
        error_setg(errp, "Cannot relinquish control if there's no successor present");
        return NULL;
    }
    successor->name = g_steal_pointer(&bm->name);
    successor->persistent = bm->persistent;
    bdrv_release_dirty_bitmap(bm);
    return successor;
}

BdrvDirtyBitmap *bdrv_reclaim_dirty_bitmap(BdrvDirtyBitmap *bm, Error **errp)
{
    BdrvDirtyBitmap *successor = bm->successor;

    if (!successor) {
        error_setg(errp, "Cannot reclaim a successor when none is present");
        return NULL;
    }
    WITH_QEMU_LOCK_GUARD(&bm->bs->dirty_bitmap_mutex)
    {
        hbitmap_merge(bm->bitmap, successor->bitmap, bm->bitmap);
        bm->disabled = successor->disabled;
        bm->successor = NULL;
    }
    bm->busy = false;
    bdrv_release_dirty_bitmap(successor);
    return bm;
}

bool bdrv_can_store_new_dirty_bitmap(BlockDriverState *bs, const char *name, uint32_t granularity,
                                     Error **errp)
{
    if (!bs->drv || !bs->drv->bdrv_can_store_new_dirty_bitmap) {
        error_setg(errp, "Node '%s' does not support persistent bitmaps", bdrv_shown_name(bs));
        return false;
    }
    return bs->drv->bdrv_can_store_new_dirty_bitmap(bs, name, granularity, errp);
}

bool bdrv_remove_persistent_dirty_bitmap(BlockDriverState *bs, const char *name, Error **errp)
{
    if (!bs->drv || !bs->drv->bdrv_remove_persistent_dirty_bitmap) {
        error_setg(errp, "Node '%s' does not support persistent bitmaps", bdrv_shown_name(bs));
        return false;
    }
    return bs->drv->bdrv_remove_persistent_dirty_bitmap(bs, name, errp);
}

void bdrv_set_dirty(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    BdrvDirtyBitmap *bm;

    QEMU_LOCK_GUARD(&bs->dirty_bitmap_mutex);
    QLIST_FOREACH (bm, &bs->dirty_bitmaps, list) {
        if (!bm->disabled && offset < bm->size) {
            hbitmap_set(bm->bitmap, offset, MIN(bytes, bm->size - offset));
        }
    }
}

void bdrv_dirty_bitmap_truncate(BlockDriverState *bs, int64_t bytes)
{
    BdrvDirtyBitmap *bm;

    QEMU_LOCK_GUARD(&bs->dirty_bitmap_mutex);
    QLIST_FOREACH (bm, &bs->dirty_bitmaps, list) {
        hbitmap_truncate(bm->bitmap, bytes);
        bm->size = bytes;
    }
}
