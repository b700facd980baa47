/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blockdev-mirror and drive-mirror. Main thread. */
#include "qemu/osdep.h"
#include "block/block-jobs.h"
#include "block/block_int.h"
#include "qapi/qapi-commands-block-job.h"
#include "qobject/qdict.h"
#include "system/blockdev.h"

/*
 * The node @name is the source, a child of a quorum that is the source, or a filter
 * over it: one that @target may take the place of.
 */
static BlockDriverState *find_replaced(BlockDriverState *source, BlockDriverState *target,
                                       const char *name, Error **errp)
{
    BlockDriverState *bs = bdrv_lookup_bs(NULL, name, errp);

    if (!bs) {
        return NULL;
    }
    if (!mirror_may_replace(source, bs)) {
        error_setg(errp,
                   "Cannot replace '%s' by a node mirrored from '%s', because it cannot be "
                   "guaranteed that doing so would not lead to an abrupt change of visible "
                   "data",
                   name, source->node_name);
        return NULL;
    }
    if (bdrv_getlength(bs) != bdrv_getlength(target)) {
        error_setg(errp, "Cannot replace '%s': source and target image have different sizes", name);
        return NULL;
    }
    return bs;
}

static bool set_sync(BlockDriverState *bs, MirrorSyncMode sync, MirrorParams *p, Error **errp)
{
    switch (sync) {
    case MIRROR_SYNC_MODE_FULL:
        break;
    case MIRROR_SYNC_MODE_TOP:
        /* Without a backing file it is the same. */
        p->base = bdrv_backing_chain_next(bs);
        break;
    case MIRROR_SYNC_MODE_NONE:
        p->copies_nothing = true;
        break;
    default:
        error_setg(errp, "Sync mode '%s' not supported", MirrorSyncMode_str(sync));
        return false;
    }
    return true;
}

static bool start_mirror(const BlockJobParams *params, BlockDriverState *bs, const char *replaces,
                         MirrorParams *p, Error **errp)
{
    if (bdrv_op_is_blocked(bs, BLOCK_OP_TYPE_MIRROR_SOURCE, errp) ||
        bdrv_op_is_blocked(p->target, BLOCK_OP_TYPE_MIRROR_TARGET, errp) ||
        !bdrv_check_is_active(bs, errp)) {
        return false;
    }
    if (p->buf_size < 0) {
        error_setg(errp, "Parameter 'buf-size' expects a non-negative value, not %" PRId64,
                   p->buf_size);
        return false;
    }
    if (bdrv_skip_filters(bs) == bdrv_skip_filters(p->target)) {
        error_setg(errp, "Can't mirror node into itself");
        return false;
    }
    if (bdrv_is_below(bs, p->target)) {
        error_setg(errp, "Can't mirror node '%s' into '%s', which stands on it",
                   bdrv_shown_name(bs), bdrv_shown_name(p->target));
        return false;
    }
    if (replaces) {
        p->replaces = find_replaced(bs, p->target, replaces, errp);
        if (!p->replaces) {
            return false;
        }
    }
    return mirror_start(params, bs, p, errp);
}

void qmp_blockdev_mirror(const char *job_id, const char *device, const char *target,
                         const char *replaces, MirrorSyncMode sync, bool has_speed, int64_t speed,
                         bool has_granularity, uint32_t granularity, bool has_buf_size,
                         int64_t buf_size, bool has_on_source_error,
                         BlockdevOnError on_source_error, bool has_on_target_error,
                         BlockdevOnError on_target_error, const char *filter_node_name,
                         bool has_copy_mode, MirrorCopyMode copy_mode, bool has_auto_finalize,
                         bool auto_finalize, bool has_auto_dismiss, bool auto_dismiss,
                         bool has_target_is_zero, bool target_is_zero, Error **errp)
{
    BlockDriverState *bs = bdrv_lookup_bs(device, device, errp);
    BlockDriverState *target_bs = bs ? bdrv_lookup_bs(target, target, errp) : NULL;
    BlockJobParams params = {
        .job_id = job_id,
        .flags =
            blockdev_job_flags(has_auto_finalize, auto_finalize, has_auto_dismiss, auto_dismiss),
        .speed = has_speed ? speed : 0,
        .filter_node_name = filter_node_name,
    };
    MirrorParams p = {
        .target = target_bs,
        .granularity = has_granularity ? granularity : 0,
        .buf_size = has_buf_size ? buf_size : 0,
        .unmap = true,
        .mark_all = sync == MIRROR_SYNC_MODE_FULL && !(has_target_is_zero && target_is_zero),
        .write_blocking = has_copy_mode && copy_mode == MIRROR_COPY_MODE_WRITE_BLOCKING,
        .on_source_error = has_on_source_error ? on_source_error : BLOCKDEV_ON_ERROR_REPORT,
        .on_target_error = has_on_target_error ? on_target_error : BLOCKDEV_ON_ERROR_REPORT,
    };

    if (!target_bs || !set_sync(bs, sync, &p, errp)) {
        return;
    }
    start_mirror(&params, bs, replaces, &p, errp);
}

/* ---- drive-mirror ---- */

bool blockdev_create_target(BlockDriverState *bs, const char *filename, const char *format,
                            BlockDriverState *backing, Error **errp)
{
    g_autoptr(QDict) opts = qdict_new();
    BlockDriver *drv = bdrv_find_format(format);
    int64_t size = bdrv_getlength(bs);

    if (!drv) {
        error_setg(errp, "Unknown driver '%s'", format);
        return false;
    }
    if (size < 0) {
        error_setg_errno(errp, -size, "bdrv_getlength failed");
        return false;
    }
    if (backing && !bdrv_can_create_backed(drv)) {
        error_setg(errp, "Backing file not supported for file format '%s'", format);
        return false;
    }
    qdict_put_int(opts, "size", size);
    if (backing) {
        bdrv_refresh_filename(backing);
        qdict_put_str(opts, "backing_file", backing->filename);
        qdict_put_str(opts, "backing_fmt", backing->drv->format_name);
    }
    return bdrv_create(drv, filename, opts, errp);
}

BlockDriverState *blockdev_open_target(BlockDriverState *bs, const char *filename,
                                       const char *format, const char *node_name, bool backing,
                                       Error **errp)
{
    QDict *opts = qdict_new();
    int flags = (bs->open_flags & (BDRV_O_CACHE_MASK | BDRV_O_UNMAP)) | BDRV_O_RDWR |
                BDRV_O_ALLOW_RDWR | (backing ? 0 : BDRV_O_NO_BACKING);

    if (format) {
        qdict_put_str(opts, "driver", format);
    }
    if (node_name) {
        qdict_put_str(opts, "node-name", node_name);
    }
    return bdrv_open(filename, NULL, opts, flags, errp);
}

static bool is_full(const DriveMirror *d, BlockDriverState *bs)
{
    return d->sync == MIRROR_SYNC_MODE_FULL ||
           (d->sync == MIRROR_SYNC_MODE_TOP && !bdrv_backing_chain_next(bs));
}

void qmp_drive_mirror(DriveMirror *d, Error **errp)
{
    BlockDriverState *bs = bdrv_lookup_bs(d->device, d->device, errp), *backing;
    bool existing = d->has_mode && d->mode == NEW_IMAGE_MODE_EXISTING;
    const char *format = d->format;
    BlockJobParams params = {
        .job_id = d->job_id,
        .flags = blockdev_job_flags(d->has_auto_finalize, d->auto_finalize, d->has_auto_dismiss,
                                    d->auto_dismiss),
        .speed = d->has_speed ? d->speed : 0,
    };
    MirrorParams p = {
        .granularity = d->has_granularity ? d->granularity : 0,
        .buf_size = d->has_buf_size ? d->buf_size : 0,
        .unmap = !d->has_unmap || d->unmap,
        .write_blocking = d->has_copy_mode && d->copy_mode == MIRROR_COPY_MODE_WRITE_BLOCKING,
        .on_source_error = d->has_on_source_error ? d->on_source_error : BLOCKDEV_ON_ERROR_REPORT,
        .on_target_error = d->has_on_target_error ? d->on_target_error : BLOCKDEV_ON_ERROR_REPORT,
    };

    if (!bs || !set_sync(bs, d->sync, &p, errp)) {
        return;
    }
    if (d->replaces && !d->node_name) {
        error_setg(errp, "a node-name must be provided when replacing a named node of the graph");
        return;
    }
    backing = d->sync == MIRROR_SYNC_MODE_NONE ? bs : p.base;
    if (!format && !existing) {
        format = bdrv_skip_filters(bs)->drv->format_name;
    }
    if (!existing &&
        !blockdev_create_target(bs, d->target, format, is_full(d, bs) ? NULL : backing, errp)) {
        return;
    }
    p.backing = existing ? MIRROR_BACKING_OPEN : MIRROR_BACKING_SET;
    p.final_backing = backing;
    p.target = blockdev_open_target(bs, d->target, format, d->node_name, false, errp);
    if (p.target) {
        p.mark_all = is_full(d, bs) && (existing || !bdrv_has_zero_init(p.target));
        start_mirror(&params, bs, d->replaces, &p, errp);
        bdrv_unref(p.target);
    }
}
