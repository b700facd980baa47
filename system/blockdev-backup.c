/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blockdev-backup and drive-backup. Main thread. */
#include "qemu/osdep.h"
#include "blockdev-tran.h"
#include "qapi/qapi-commands-block-job.h"
#include "qapi/qapi-types-block-job.h"
#include "system/blockdev.h"

/* ---- the bitmap ---- */

static bool check_bitmap_modes(const BackupCommon *b, BackupParams *p, Error **errp)
{
    bool by_bitmap = b->sync == MIRROR_SYNC_MODE_BITMAP || b->sync == MIRROR_SYNC_MODE_INCREMENTAL;

    p->bitmap_mode = b->has_bitmap_mode ? b->bitmap_mode : BITMAP_SYNC_MODE_ON_SUCCESS;
    if (by_bitmap && !b->bitmap) {
        error_setg(errp, "must provide a valid bitmap name for '%s' sync mode",
                   MirrorSyncMode_str(b->sync));
        return false;
    }
    if (b->sync == MIRROR_SYNC_MODE_INCREMENTAL && b->has_bitmap_mode &&
        b->bitmap_mode != BITMAP_SYNC_MODE_ON_SUCCESS) {
        error_setg(errp, "Bitmap sync mode must be '%s' when using sync mode '%s'",
                   BitmapSyncMode_str(BITMAP_SYNC_MODE_ON_SUCCESS), MirrorSyncMode_str(b->sync));
        return false;
    }
    if (b->bitmap && b->sync != MIRROR_SYNC_MODE_INCREMENTAL && !b->has_bitmap_mode) {
        error_setg(errp, "Bitmap sync mode must be given when providing a bitmap");
        return false;
    }
    if (!b->bitmap && b->has_bitmap_mode) {
        error_setg(errp, "Cannot specify bitmap sync mode without a bitmap");
        return false;
    }
    if (b->bitmap && b->bitmap_mode == BITMAP_SYNC_MODE_NEVER &&
        (b->sync == MIRROR_SYNC_MODE_FULL || b->sync == MIRROR_SYNC_MODE_TOP)) {
        error_setg(
            errp,
            "Bitmap sync mode '%s' has no meaningful effect when combined with sync mode '%s'",
            BitmapSyncMode_str(b->bitmap_mode), MirrorSyncMode_str(b->sync));
        return false;
    }
    if (b->bitmap && b->sync == MIRROR_SYNC_MODE_NONE) {
        error_setg(errp, "sync mode '%s' does not produce meaningful bitmap outputs",
                   MirrorSyncMode_str(b->sync));
        return false;
    }
    return true;
}

static bool find_bitmap(BlockDriverState *bs, const BackupCommon *b, BackupParams *p, Error **errp)
{
    uint32_t flags = BDRV_BITMAP_DEFAULT;

    if (!check_bitmap_modes(b, p, errp)) {
        return false;
    }
    if (!b->bitmap) {
        return true;
    }
    p->bitmap = bdrv_find_dirty_bitmap(bs, b->bitmap);
    if (!p->bitmap) {
        error_setg(errp, "Bitmap '%s' could not be found", b->bitmap);
        return false;
    }
    if (p->bitmap_mode == BITMAP_SYNC_MODE_NEVER) {
        flags = BDRV_BITMAP_ALLOW_RO;
    }
    return bdrv_dirty_bitmap_check(p->bitmap, flags, errp);
}

/* ---- the action ---- */

typedef struct BackupState {
    BlockDriverState *bs; /* a reference; drained */
    Job *job;
} BackupState;

static void backup_commit(void *opaque)
{
    BackupState *s = opaque;

    job_start(s->job);
}

static void backup_abort(void *opaque)
{
    BackupState *s = opaque;

    job_cancel_sync(s->job, true);
}

static void backup_clean(void *opaque)
{
    BackupState *s = opaque;

    job_unref(s->job);
    bdrv_drained_end(s->bs);
    bdrv_unref(s->bs);
    g_free(s);
}

static const TranOps backup_ops = {backup_commit, backup_abort, backup_clean};

static bool set_perf(BackupParams *p, const BackupPerf *perf, Error **errp)
{
    if (!perf) {
        return true;
    }
    if (perf->has_max_workers && (perf->max_workers < 1 || perf->max_workers > INT_MAX)) {
        error_setg(errp, "max-workers must be between 1 and %d", INT_MAX);
        return false;
    }
    if (perf->has_max_chunk && perf->max_chunk < 0) {
        error_setg(errp, "max-chunk must be zero (which means no limit) or positive");
        return false;
    }
    p->use_copy_range = perf->has_use_copy_range && perf->use_copy_range;
    p->max_workers = perf->has_max_workers ? perf->max_workers : 0;
    p->max_chunk = perf->has_max_chunk ? perf->max_chunk : 0;
    p->min_cluster_size = perf->has_min_cluster_size ? MIN(perf->min_cluster_size, INT64_MAX) : 0;
    return true;
}

/* @bs is drained, and stays so until the end of the transaction, if this works. */
static bool add_backup(Tran *tran, BlockDriverState *bs, BlockDriverState *target,
                       const BackupCommon *b, Error **errp)
{
    BlockJobParams params = {
        .job_id = b->job_id,
        .flags = blockdev_job_flags(b->has_auto_finalize, b->auto_finalize, b->has_auto_dismiss,
                                    b->auto_dismiss),
        .speed = b->has_speed ? b->speed : 0,
        .filter_node_name = b->filter_node_name,
        .txn = tran_jobs(tran),
    };
    BackupParams p = {
        .target = target,
        .sync = b->sync,
        .compress = b->has_compress && b->compress,
        .discard_source = b->has_discard_source && b->discard_source,
        .on_cbw_error = b->has_on_cbw_error ? b->on_cbw_error : ON_CBW_ERROR_BREAK_GUEST_WRITE,
        .on_source_error = b->has_on_source_error ? b->on_source_error : BLOCKDEV_ON_ERROR_REPORT,
        .on_target_error = b->has_on_target_error ? b->on_target_error : BLOCKDEV_ON_ERROR_REPORT,
    };
    BackupState *s;
    Job *job;

    if (bs == target) {
        error_setg(errp, "Source and target cannot be the same");
        return false;
    }
    if (!set_perf(&p, b->x_perf, errp) ||
        bdrv_op_is_blocked(bs, BLOCK_OP_TYPE_BACKUP_SOURCE, errp) ||
        bdrv_op_is_blocked(target, BLOCK_OP_TYPE_BACKUP_TARGET, errp) ||
        !find_bitmap(bs, b, &p, errp)) {
        return false;
    }
    job = backup_create(&params, bs, &p, errp);
    if (!job) {
        return false;
    }
    s = g_new(BackupState, 1);
    *s = (BackupState){bs, job};
    job_ref(job);
    tran_add(tran, &backup_ops, s);
    return true;
}

static BlockDriverState *begin(const char *device, Error **errp)
{
    BlockDriverState *bs = bdrv_lookup_bs(device, device, errp);

    if (bs) {
        bdrv_ref(bs);
        bdrv_drained_begin(bs);
    }
    return bs;
}

static void end(BlockDriverState *bs)
{
    bdrv_drained_end(bs);
    bdrv_unref(bs);
}

bool tran_blockdev_backup(Tran *tran, const BlockdevBackup *args, Error **errp)
{
    BlockDriverState *bs = begin(args->device, errp);
    BlockDriverState *target = bs ? bdrv_lookup_bs(args->target, args->target, errp) : NULL;

    if (target &&
        add_backup(tran, bs, target, qapi_BlockdevBackup_base((BlockdevBackup *)args), errp)) {
        return true;
    }
    if (bs) {
        end(bs);
    }
    return false;
}

static BlockDriverState *make_target(BlockDriverState *bs, const DriveBackup *args, Error **errp)
{
    bool existing = args->has_mode && args->mode == NEW_IMAGE_MODE_EXISTING;
    const char *format = args->format;
    BlockDriverState *backing = NULL;

    if (!format && !existing) {
        format = bdrv_skip_filters(bs)->drv->format_name;
    }
    if (args->sync == MIRROR_SYNC_MODE_TOP) {
        backing = bdrv_backing_chain_next(bs);
    } else if (args->sync == MIRROR_SYNC_MODE_NONE) {
        backing = bdrv_skip_filters(bs);
    }
    if (!existing && !blockdev_create_target(bs, args->target, format, backing, errp)) {
        return NULL;
    }
    /* With sync=none the source itself is below it, but is not opened a second time. */
    return blockdev_open_target(bs, args->target, format, NULL, false, errp);
}

bool tran_drive_backup(Tran *tran, const DriveBackup *args, Error **errp)
{
    BlockDriverState *bs = begin(args->device, errp);
    BlockDriverState *target = bs ? make_target(bs, args, errp) : NULL;
    bool ok =
        target && add_backup(tran, bs, target, qapi_DriveBackup_base((DriveBackup *)args), errp);

    bdrv_unref(target);
    if (bs && !ok) {
        end(bs);
    }
    return ok;
}

/* ---- by themselves ---- */

void qmp_blockdev_backup(BlockdevBackup *args, Error **errp)
{
    Tran *tran = tran_new(false);

    tran_end(tran, tran_blockdev_backup(tran, args, errp));
}

void qmp_drive_backup(DriveBackup *args, Error **errp)
{
    Tran *tran = tran_new(false);

    tran_end(tran, tran_drive_backup(tran, args, errp));
}
