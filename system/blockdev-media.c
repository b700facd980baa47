/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trays and media of drives: eject, blockdev-*-tray, blockdev-*-medium. Main thread. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "qapi/qapi-commands-block.h"
#include "qobject/qdict.h"
#include "system/blockdev.h"

BlockBackend *blockdev_find(const char *device, const char *id, Error **errp)
{
    BlockBackend *blk;

    if (!device == !id) {
        error_setg(errp, "Need exactly one of 'device' and 'id'");
        return NULL;
    }
    if (id) {
        return blk_by_qdev_id(id, errp);
    }
    blk = blk_by_name(device);
    if (!blk) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", device);
    }
    return blk;
}

/* As the user calls it. */
static const char *name_of(const char *device, const char *id)
{
    return device ? device : id;
}

static bool check_removable(BlockBackend *blk, const char *name, Error **errp)
{
    if (blk_dev_has_removable_media(blk)) {
        return true;
    }
    error_setg(errp, "Device '%s' is not removable", name);
    return false;
}

/* 0; -ENOSYS without a tray (no @errp then), -EINPROGRESS when the guest was asked to open it. */
static int open_tray(BlockBackend *blk, const char *name, bool force, Error **errp)
{
    ERRP_GUARD();
    bool locked = blk_dev_is_medium_locked(blk);

    if (!check_removable(blk, name, errp)) {
        return -ENOTSUP;
    }
    if (!blk_dev_has_tray(blk)) {
        return -ENOSYS;
    }
    if (blk_dev_is_tray_open(blk)) {
        return 0;
    }
    if (locked) {
        blk_dev_eject_request(blk, force);
    }
    if (locked && !force) {
        error_setg(errp,
                   "Device '%s' is locked and force was not specified, wait for tray to open and "
                   "try again",
                   name);
        return -EINPROGRESS;
    }
    blk_dev_change_media_cb(blk, false, errp);
    return *errp ? -EIO : 0;
}

static void close_tray(BlockBackend *blk, const char *name, Error **errp)
{
    if (check_removable(blk, name, errp) && blk_dev_has_tray(blk) && blk_dev_is_tray_open(blk)) {
        blk_dev_change_media_cb(blk, true, errp);
    }
}

static bool check_tray_open(BlockBackend *blk, const char *name, Error **errp)
{
    if (!blk_get_attached_dev(blk)) {
        return true;
    }
    if (!check_removable(blk, name, errp)) {
        return false;
    }
    if (blk_dev_has_tray(blk) && !blk_dev_is_tray_open(blk)) {
        error_setg(errp, "Tray of device '%s' is not open", name);
        return false;
    }
    return true;
}

static bool remove_medium(BlockBackend *blk, const char *name, Error **errp)
{
    BlockDriverState *bs = blk_bs(blk);

    if (!check_tray_open(blk, name, errp)) {
        return false;
    }
    if (!bs) {
        return true;
    }
    if (bdrv_op_is_blocked(bs, BLOCK_OP_TYPE_EJECT, errp)) {
        return false;
    }
    blk_remove_bs(blk);
    if (!blk_dev_has_tray(blk)) {
        /* Without a tray that says so, the device is told; it has nothing to object. */
        blk_dev_change_media_cb(blk, false, NULL);
    }
    return true;
}

static bool insert_medium(BlockBackend *blk, const char *name, BlockDriverState *bs, Error **errp)
{
    Error *local_err = NULL;

    if (!check_tray_open(blk, name, errp)) {
        return false;
    }
    if (blk_bs(blk)) {
        error_setg(errp, "There already is a medium in device '%s'", name);
        return false;
    }
    if (!blk_insert_bs(blk, bs, errp)) {
        return false;
    }
    if (!blk_dev_has_tray(blk)) {
        blk_dev_change_media_cb(blk, true, &local_err);
        if (local_err) {
            error_propagate(errp, local_err);
            blk_remove_bs(blk);
            return false;
        }
    }
    return true;
}

/* ---- commands ---- */

void qmp_eject(const char *device, const char *id, bool has_force, bool force, Error **errp)
{
    BlockBackend *blk = blockdev_find(device, id, errp);
    int ret = blk ? open_tray(blk, name_of(device, id), has_force && force, errp) : -ENODEV;

    if (ret == 0 || ret == -ENOSYS) {
        remove_medium(blk, name_of(device, id), errp);
    }
}

void qmp_blockdev_open_tray(const char *device, const char *id, bool has_force, bool force,
                            Error **errp)
{
    BlockBackend *blk = blockdev_find(device, id, errp);

    if (blk && open_tray(blk, name_of(device, id), has_force && force, errp) == -ENOSYS) {
        error_setg(errp, "Device '%s' does not have a tray", name_of(device, id));
    }
}

void qmp_blockdev_close_tray(const char *device, const char *id, Error **errp)
{
    BlockBackend *blk = blockdev_find(device, id, errp);

    if (blk) {
        close_tray(blk, name_of(device, id), errp);
    }
}

void qmp_blockdev_remove_medium(const char *id, Error **errp)
{
    BlockBackend *blk = blk_by_qdev_id(id, errp);

    if (blk) {
        remove_medium(blk, id, errp);
    }
}

void qmp_blockdev_insert_medium(const char *id, const char *node_name, Error **errp)
{
    BlockBackend *blk = blk_by_qdev_id(id, errp);
    BlockDriverState *bs = blk ? bdrv_lookup_bs(NULL, node_name, errp) : NULL;

    if (bs && bdrv_has_blk(bs)) {
        error_setg(errp, "Node '%s' is already in use", node_name);
    } else if (bs) {
        insert_medium(blk, id, bs, errp);
    }
}

static BlockDriverState *open_medium(BlockBackend *blk, const char *filename, const char *format,
                                     BlockdevChangeReadOnlyMode mode, Error **errp)
{
    QDict *options = qdict_new();
    int flags = blk_get_flags(blk) & BDRV_O_CACHE_MASK;
    bool writable = mode == BLOCKDEV_CHANGE_READ_ONLY_MODE_RETAIN
                        ? blk_supports_write_perm(blk)
                        : mode == BLOCKDEV_CHANGE_READ_ONLY_MODE_READ_WRITE;

    if (writable) {
        flags |= BDRV_O_RDWR | BDRV_O_ALLOW_RDWR;
        qdict_put_bool(options, "auto-read-only", mode == BLOCKDEV_CHANGE_READ_ONLY_MODE_RETAIN);
    }
    if (format) {
        qdict_put_str(options, "driver", format);
    }
    return bdrv_open(filename, NULL, options, flags, errp);
}

void qmp_blockdev_change_medium(const char *device, const char *id, const char *filename,
                                const char *format, bool has_force, bool force,
                                bool has_read_only_mode, BlockdevChangeReadOnlyMode mode,
                                Error **errp)
{
    BlockBackend *blk = blockdev_find(device, id, errp);
    const char *name = name_of(device, id);
    BlockDriverState *medium;
    int ret;

    if (!blk) {
        return;
    }
    if (!has_read_only_mode) {
        mode = BLOCKDEV_CHANGE_READ_ONLY_MODE_RETAIN;
    }
    medium = open_medium(blk, filename, format, mode, errp);
    if (!medium) {
        return;
    }
    ret = open_tray(blk, name, has_force && force, errp);
    if ((ret == 0 || ret == -ENOSYS) && remove_medium(blk, name, errp) &&
        insert_medium(blk, name, medium, errp)) {
        close_tray(blk, name, errp);
    }
    bdrv_unref(medium);
}
