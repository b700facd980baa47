/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images on top of disks: blockdev-snapshot and -sync. Main thread. */
#include "qemu/osdep.h"
#include "blockdev-tran.h"
#include "qapi/qapi-commands-block-change.h"
#include "qobject/qdict.h"
#include "system/blockdev.h"

typedef struct Overlay {
    BlockDriverState *old; /* a reference; drained */
    BlockDriverState *new; /* a reference */
} Overlay;

static void overlay_commit(void *opaque)
{
    Overlay *o = opaque;

    /* Nobody writes to it any more; a commit makes it writable again. */
    if (!o->old->copy_on_read && !bdrv_is_read_only(o->old)) {
        bdrv_reopen_set_read_only(o->old, true, NULL);
    }
}

static void overlay_abort(void *opaque)
{
    Overlay *o = opaque;

    if (bdrv_replace_node(o->new, o->old, NULL)) {
        bdrv_set_backing_hd(o->new, NULL, NULL);
    }
}

static void overlay_clean(void *opaque)
{
    Overlay *o = opaque;

    bdrv_drained_end(o->old);
    bdrv_unref(o->old);
    bdrv_unref(o->new);
    g_free(o);
}

static const TranOps overlay_ops = {overlay_commit, overlay_abort, overlay_clean};

static bool check_old(BlockDriverState *bs, Error **errp)
{
    if (!bdrv_is_inserted(bs)) {
        error_setg(errp, "Device '%s' has no medium", bdrv_get_device_or_node_name(bs));
        return false;
    }
    if (bdrv_op_is_blocked(bs, BLOCK_OP_TYPE_EXTERNAL_SNAPSHOT, errp)) {
        return false;
    }
    if (!bdrv_is_read_only(bs) && bdrv_flush(bs) < 0) {
        error_setg(errp, "An IO error has occurred: could not flush '%s'",
                   bdrv_get_device_or_node_name(bs));
        return false;
    }
    return true;
}

/* Is @bs fit to stand on top of something? */
static bool check_new(BlockDriverState *bs, Error **errp)
{
    uint64_t perm, shared;

    bdrv_get_cumulative_perm(bs, &perm, &shared);
    if (perm & BLK_PERM_CONSISTENT_READ) {
        /* Its readers would see another disk all at once. */
        error_setg(errp, "The overlay is already in use");
        return false;
    }
    if (bdrv_op_is_blocked(bs, BLOCK_OP_TYPE_EXTERNAL_SNAPSHOT, errp)) {
        return false;
    }
    if (bdrv_cow_child(bs)) {
        error_setg(errp, "The overlay already has a backing image");
        return false;
    }
    if (!bs->drv->supports_backing) {
        error_setg(errp, "The overlay does not support backing images");
        return false;
    }
    return true;
}

/* Takes over the references; @old is drained. */
static bool put_on_top(Tran *tran, BlockDriverState *old, BlockDriverState *new, Error **errp)
{
    Overlay *o;

    /* In the middle of a chain an overlay would only be read. */
    if (!check_new(new, errp) || !bdrv_check_is_active(old, errp) || !bdrv_append(new, old, errp)) {
        bdrv_drained_end(old);
        bdrv_unref(old);
        bdrv_unref(new);
        return false;
    }
    o = g_new(Overlay, 1);
    *o = (Overlay){old, new};
    tran_add(tran, &overlay_ops, o);
    return true;
}

static bool begin(BlockDriverState *bs, Error **errp)
{
    bdrv_ref(bs);
    bdrv_drained_begin(bs);
    if (!check_old(bs, errp)) {
        bdrv_drained_end(bs);
        bdrv_unref(bs);
        return false;
    }
    return true;
}

bool tran_snapshot(Tran *tran, const BlockdevSnapshot *args, Error **errp)
{
    BlockDriverState *old = bdrv_lookup_bs(args->node, args->node, errp);
    BlockDriverState *new = old ? bdrv_lookup_bs(args->overlay, args->overlay, errp) : NULL;

    if (!new || !begin(old, errp)) {
        return false;
    }
    bdrv_ref(new);
    return put_on_top(tran, old, new, errp);
}

/* The new image of blockdev-snapshot-sync. */
static BlockDriverState *open_overlay(BlockDriverState *old, const BlockdevSnapshotSync *args,
                                      Error **errp)
{
    const char *format = args->format ? args->format : "qcow2";
    bool existing = args->has_mode && args->mode == NEW_IMAGE_MODE_EXISTING;
    QDict *opts;
    int flags = (old->open_flags & (BDRV_O_CACHE_MASK | BDRV_O_UNMAP)) | BDRV_O_RDWR |
                BDRV_O_ALLOW_RDWR | BDRV_O_NO_BACKING;

    if (args->snapshot_node_name && bdrv_find_node(args->snapshot_node_name)) {
        error_setg(errp, "New overlay node-name already in use");
        return NULL;
    }
    if (!existing &&
        !blockdev_create_target(old, args->snapshot_file, format, bdrv_skip_filters(old), errp)) {
        return NULL;
    }
    opts = qdict_new();
    qdict_put_str(opts, "driver", format);
    if (args->snapshot_node_name) {
        qdict_put_str(opts, "node-name", args->snapshot_node_name);
    }
    if (old->detect_zeroes) {
        qdict_put_str(opts, "detect-zeroes", BlockdevDetectZeroesOptions_str(old->detect_zeroes));
    }
    return bdrv_open(args->snapshot_file, NULL, opts, flags, errp);
}

bool tran_snapshot_sync(Tran *tran, const BlockdevSnapshotSync *args, Error **errp)
{
    BlockDriverState *old, *new;

    if (!args->device == !args->node_name) {
        error_setg(errp, "Specify either 'device' or 'node-name'");
        return false;
    }
    old = bdrv_lookup_bs(args->device, args->node_name, errp);
    if (old && args->node_name && !args->snapshot_node_name) {
        error_setg(errp, "New overlay node-name missing");
        return false;
    }
    if (!old || !begin(old, errp)) {
        return false;
    }
    new = open_overlay(old, args, errp);
    if (!new) {
        bdrv_drained_end(old);
        bdrv_unref(old);
        return false;
    }
    return put_on_top(tran, old, new, errp);
}

/* ---- by themselves ---- */

void qmp_blockdev_snapshot(const char *node, const char *overlay, Error **errp)
{
    BlockdevSnapshot args = {.node = (char *)node, .overlay = (char *)overlay};
    Tran *tran = tran_new(false);

    tran_end(tran, tran_snapshot(tran, &args, errp));
}

void qmp_blockdev_snapshot_sync(const char *device, const char *node_name,
                                const char *snapshot_file, const char *snapshot_node_name,
                                const char *format, bool has_mode, NewImageMode mode, Error **errp)
{
    BlockdevSnapshotSync args = {
        .device = (char *)device,
        .node_name = (char *)node_name,
        .snapshot_file = (char *)snapshot_file,
        .snapshot_node_name = (char *)snapshot_node_name,
        .format = (char *)format,
        .has_mode = has_mode,
        .mode = mode,
    };
    Tran *tran = tran_new(false);

    tran_end(tran, tran_snapshot_sync(tran, &args, errp));
}
