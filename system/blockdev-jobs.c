/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that start jobs over a backing chain, blockdev-create and x-blockdev-amend. Main thread.
 */
#include "qemu/osdep.h"
#include "block/block-jobs.h"
#include "qapi/qapi-commands-block-create.h"
#include "qapi/qapi-commands-block-job.h"
#include "system/blockdev.h"

int blockdev_job_flags(bool has_auto_finalize, bool auto_finalize, bool has_auto_dismiss,
                       bool auto_dismiss)
{
    return (has_auto_finalize && !auto_finalize ? JOB_MANUAL_FINALIZE : 0) |
           (has_auto_dismiss && !auto_dismiss ? JOB_MANUAL_DISMISS : 0);
}

void qmp_blockdev_create(const char *job_id, BlockdevCreateOptions *options, Error **errp)
{
    create_start(job_id, options, errp);
}

void qmp_x_blockdev_amend(const char *job_id, const char *node_name, BlockdevAmendOptions *options,
                          bool has_force, bool force, Error **errp)
{
    BlockDriverState *bs = bdrv_lookup_bs(NULL, node_name, errp);

    if (bs) {
        amend_start(job_id, bs, options, has_force && force, errp);
    }
}

/* ---- block-stream ---- */

/* Exactly one, or none, says what stays below; false with @errp if it is not in the chain. */
static bool find_stream_base(BlockDriverState *bs, const char *base, const char *base_node,
                             const char *bottom, StreamParams *p, Error **errp)
{
    BlockDriverState *node = NULL;

    if (!!base + !!base_node + !!bottom > 1) {
        error_setg(errp, "'base', 'base-node' and 'bottom' cannot be specified at the same time");
        return false;
    }
    if (base) {
        node = bdrv_find_backing_image(bs, base);
        if (!node) {
            error_setg(errp, "Can't find '%s' in the backing chain", base);
            return false;
        }
    } else if (base_node || bottom) {
        node = bdrv_lookup_bs(NULL, base_node ? base_node : bottom, errp);
        if (!node) {
            return false;
        }
        if (!bdrv_chain_contains(bs, node) || (base_node && node == bs)) {
            error_setg(errp, "Node '%s' is not a backing image of '%s'", node->node_name,
                       bs->node_name);
            return false;
        }
    }
    if (bottom) {
        if (!node->drv || node->drv->is_filter) {
            error_setg(errp, "Node '%s' is a filter, use a non-filter node as 'bottom'", bottom);
            return false;
        }
        p->base_overlay = node;
        p->base = bdrv_backing_chain_next(node);
    } else {
        p->base = bdrv_skip_filters(node);
        p->base_overlay = node ? bdrv_find_overlay(bs, node) : bdrv_find_base(bs);
    }
    return true;
}

static bool check_chain(BlockDriverState *top, BlockDriverState *end, BlockOpType op, Error **errp)
{
    for (BlockDriverState *bs = top; bs && bs != end; bs = bdrv_filter_or_cow_bs(bs)) {
        if (bdrv_op_is_blocked(bs, op, errp)) {
            return false;
        }
    }
    return true;
}

void qmp_block_stream(const char *job_id, const char *device, const char *base,
                      const char *base_node, const char *backing_file, bool has_mask,
                      bool mask_protocol, const char *bottom, bool has_speed, int64_t speed,
                      bool has_on_error, BlockdevOnError on_error, const char *filter_node_name,
                      bool has_auto_finalize, bool auto_finalize, bool has_auto_dismiss,
                      bool auto_dismiss, Error **errp)
{
    BlockDriverState *bs = bdrv_lookup_bs(device, device, errp);
    BlockJobParams params = {
        .job_id = job_id,
        .flags =
            blockdev_job_flags(has_auto_finalize, auto_finalize, has_auto_dismiss, auto_dismiss),
        .speed = has_speed ? speed : 0,
        .filter_node_name = filter_node_name,
    };
    StreamParams p = {
        .backing_file = backing_file,
        .mask_protocol = has_mask && mask_protocol,
        .on_error = has_on_error ? on_error : BLOCKDEV_ON_ERROR_REPORT,
    };

    if (!bs) {
        return;
    }
    if (!job_id && *bdrv_get_device_name(bs)) {
        params.job_id = bdrv_get_device_name(bs);
    }
    bs = bdrv_skip_filters(bs);
    if (!find_stream_base(bs, base, base_node, bottom, &p, errp) ||
        !check_chain(bs, p.base, BLOCK_OP_TYPE_STREAM, errp)) {
        return;
    }
    if (!p.base && backing_file) {
        error_setg(errp, "backing file specified, but streaming the entire chain");
        return;
    }
    stream_start(&params, bs, &p, errp);
}

/* ---- block-commit ---- */

static BlockDriverState *find_in_chain(BlockDriverState *bs, const char *file, const char *node,
                                       const char *what, BlockDriverState *fallback, Error **errp)
{
    BlockDriverState *found = fallback;

    if (file && node) {
        error_setg(errp, "'%s-node' and '%s' are mutually exclusive", what, what);
        return NULL;
    }
    if (node) {
        found = bdrv_lookup_bs(NULL, node, errp);
        if (found && !bdrv_chain_contains(bs, found)) {
            error_setg(errp, "'%s' is not in this backing file chain", node);
            return NULL;
        }
    } else if (file) {
        found = bdrv_find_backing_image(bs, file);
        bdrv_refresh_filename(bs);
        if (!found && !strcmp(bs->filename, file)) {
            found = bs;
        }
        if (!found) {
            error_setg(errp, "Can't find '%s' in the backing chain", file);
        }
    }
    return found;
}

/* The topmost image: a mirror to @base, which takes its place when the job is completed. */
static void commit_active(const BlockJobParams *params, BlockDriverState *bs,
                          BlockDriverState *base, BlockdevOnError on_error, Error **errp)
{
    MirrorParams p = {
        .target = base,
        .base = base,
        .is_commit = true,
        .unmap = true,
        .on_source_error = on_error,
        .on_target_error = on_error,
    };

    mirror_start(params, bs, &p, errp);
}

void qmp_block_commit(const char *job_id, const char *device, const char *base_node,
                      const char *base, const char *top_node, const char *top,
                      const char *backing_file, bool has_mask, bool mask_protocol, bool has_speed,
                      int64_t speed, bool has_on_error, BlockdevOnError on_error,
                      const char *filter_node_name, bool has_auto_finalize, bool auto_finalize,
                      bool has_auto_dismiss, bool auto_dismiss, Error **errp)
{
    BlockDriverState *bs = bdrv_lookup_bs(device, device, NULL), *top_bs, *base_bs;
    BlockJobParams params = {
        .job_id = job_id,
        .flags =
            blockdev_job_flags(has_auto_finalize, auto_finalize, has_auto_dismiss, auto_dismiss),
        .speed = has_speed ? speed : 0,
        .filter_node_name = filter_node_name,
    };
    CommitParams p = {
        .backing_file = backing_file,
        .mask_protocol = has_mask && mask_protocol,
        .on_error = has_on_error ? on_error : BLOCKDEV_ON_ERROR_REPORT,
    };

    if (!bs) {
        /* By this class libvirt sees that there is the command. */
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", device);
        return;
    }
    if (bdrv_op_is_blocked(bs, BLOCK_OP_TYPE_COMMIT_SOURCE, errp) ||
        !bdrv_check_is_active(bs, errp)) {
        return;
    }
    top_bs = find_in_chain(bs, top, top_node, "top", bs, errp);
    base_bs = top_bs ? find_in_chain(top_bs, base, base_node, "base", bdrv_find_base(top_bs), errp)
                     : NULL;
    if (!top_bs || !base_bs) {
        return;
    }
    if (bdrv_skip_filters(top_bs) == bdrv_skip_filters(base_bs)) {
        error_setg(errp, "cannot commit an image into itself");
        return;
    }
    if (!check_chain(top_bs, bdrv_filter_or_cow_bs(base_bs), BLOCK_OP_TYPE_COMMIT_TARGET, errp)) {
        return;
    }
    p.top = top_bs;
    p.base = base_bs;
    if (bdrv_skip_filters(top_bs) == bdrv_skip_filters(bs)) {
        if (backing_file) {
            error_setg(errp, "'backing-file' specified, but 'top' is the active layer");
            return;
        }
        commit_active(&params, bs, base_bs, p.on_error, errp);
        return;
    }
    commit_start(&params, bs, &p, errp);
}

/* ---- change-backing-file ---- */

void qmp_change_backing_file(const char *device, const char *image_node_name,
                             const char *backing_file, Error **errp)
{
    BlockDriverState *bs = bdrv_lookup_bs(device, device, errp);
    BlockDriverState *image = bs ? bdrv_lookup_bs(NULL, image_node_name, errp) : NULL;
    g_autofree char *fmt = NULL;
    bool read_only;
    int ret;

    if (!image) {
        return;
    }
    if (bdrv_find_base(image) == image) {
        error_setg(errp, "not allowing backing file change on an image without a backing file");
        return;
    }
    if (bdrv_op_is_blocked(image, BLOCK_OP_TYPE_CHANGE, errp)) {
        return;
    }
    if (!bdrv_chain_contains(bs, image)) {
        error_setg(errp, "'%s' and image file are not in the same chain", device);
        return;
    }
    read_only = bdrv_is_read_only(image);
    if (read_only && !bdrv_reopen_set_read_only(image, false, errp)) {
        return;
    }
    fmt = g_strdup(image->backing_format);
    ret = bdrv_change_backing_file(image, backing_file, fmt, false);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not change backing file to '%s'", backing_file);
    }
    if (read_only) {
        bdrv_reopen_set_read_only(image, true, NULL);
    }
}
