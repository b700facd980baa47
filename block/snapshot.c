/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots inside of images, of whatever format. Main thread. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "block/dirty-bitmap.h"

/* The file's, if the only name that the node has is one it was given by itself. */
static const char *name_for_user(BlockDriverState *bs)
{
    const char *name = bdrv_get_device_or_node_name(bs);

    return (!*name || *name == '#') && bs->filename[0] ? bs->filename : name;
}

BlockDriverState *bdrv_snapshot_holder(BlockDriverState *bs)
{
    bs = bdrv_skip_filters(bs);
    while (bs && bs->drv && bs->drv->snapshots_of_file) {
        bs = bdrv_skip_filters(bs->file->bs);
    }
    return bs;
}

BlockDriverState *bdrv_snapshot_node(BlockDriverState *bs, Error **errp)
{
    BlockDriverState *node = bdrv_snapshot_holder(bs);

    if (!bdrv_is_inserted(bs)) {
        error_setg(errp, "Device '%s' has no medium", name_for_user(bs));
        return NULL;
    }
    if (!node->drv->bdrv_snapshot_create) {
        error_setg(errp,
                   "Block format '%s' used by device '%s' does not support feature 'internal "
                   "snapshots'",
                   bdrv_skip_filters(bs)->drv->format_name, name_for_user(bs));
        return NULL;
    }
    if (bdrv_is_read_only(node)) {
        error_setg(errp, "Device '%s' is read only", name_for_user(bs));
        return NULL;
    }
    return node;
}

bool bdrv_snapshot_goto(BlockDriverState *bs, const char *id_or_name, Error **errp)
{
    BdrvDirtyBitmap *bitmap = bdrv_dirty_bitmap_first(bs);

    if (bitmap) {
        const char *name = bdrv_dirty_bitmap_name(bitmap);

        error_setg(errp,
                   "Device '%s' has active dirty bitmaps (%s), which would not know what the "
                   "snapshot changes: remove them first",
                   name_for_user(bs), name ? name : "a job's");
        return false;
    }
    return bs->drv->bdrv_snapshot_goto(bs, id_or_name, errp);
}
