/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The job "backup": copies a disk as it is at its start to a target, all of it or what a bitmap
 * has. A filter copies what the guest is about to overwrite. Main thread.
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "block/block-copy.h"
#include "block/block-jobs.h"

#define BACKUP_CHUNK   (1 * MiB)
#define BACKUP_WORKERS 16

typedef struct BackupJob {
    BlockJob common;
    BlockDriverState *filter; /* a reference */
    BlockDriverState *source; /* below it; a reference */
    BlockDriverState *target; /* a reference */
    BlockCopy *copy;
    BdrvDirtyBitmap *bitmap; /* busy meanwhile */
    BitmapSyncMode bitmap_mode;
    MirrorSyncMode sync;
    BlockdevOnError on_source_error, on_target_error;
    int64_t length, max_chunk;
    unsigned in_flight, max_workers;
    bool waiting;
    int ret;
} BackupJob;

typedef struct Worker {
    BackupJob *s;
    int64_t offset, bytes;
} Worker;

/* ---- progress, in any thread ---- */

static void progress(void *opaque, int64_t bytes)
{
    BackupJob *s = opaque;

    /* Shown only; the speed counts what the job itself has copied. */
    qatomic_add(&s->common.job.progress_current, bytes);
}

/* ---- the loop ---- */

static void coroutine_fn worker_entry(void *opaque)
{
    Worker *w = opaque;
    BackupJob *s = w->s;
    bool is_read = true;
    int ret = block_copy(s->copy, w->offset, w->bytes, &is_read);

    if (ret < 0 &&
        block_job_error_action(&s->common, is_read ? s->on_source_error : s->on_target_error,
                               is_read, -ret) == BLOCK_ERROR_ACTION_REPORT) {
        s->ret = s->ret ? s->ret : ret;
    }
    g_free(w);
    s->in_flight--;
    aio_wait_kick();
    if (s->waiting) {
        s->waiting = false;
        aio_co_wake(s->common.job.co);
    }
}

static void coroutine_fn wait_for_worker(BackupJob *s)
{
    s->waiting = true;
    qemu_coroutine_yield();
}

static void coroutine_fn wait_for_all(BackupJob *s)
{
    while (s->in_flight) {
        wait_for_worker(s);
    }
}

static void coroutine_fn start_worker(BackupJob *s, int64_t offset, int64_t bytes)
{
    Worker *w = g_new(Worker, 1);

    *w = (Worker){s, offset, bytes};
    s->in_flight++;
    block_job_pace(&s->common, bytes);
    qemu_coroutine_enter(qemu_coroutine_create(worker_entry, w));
}

/* Leave out what the image itself does not have. */
static int coroutine_fn skip_unallocated(BackupJob *s)
{
    BdrvDirtyBitmap *todo = block_copy_todo(s->copy);
    int64_t cluster = block_copy_cluster_size(s->copy), offset = 0, n;

    while (offset < s->length) {
        int ret;

        job_pause_point(&s->common.job);
        if (job_is_cancelled(&s->common.job)) {
            return 0;
        }
        ret = bdrv_co_is_allocated(s->source, offset, s->length - offset, &n);
        if (ret < 0) {
            return ret;
        }
        n = n ? n : s->length - offset;
        if (!ret) {
            int64_t start = QEMU_ALIGN_UP(offset, cluster);
            int64_t end =
                offset + n == s->length ? s->length : QEMU_ALIGN_DOWN(offset + n, cluster);

            if (end > start) {
                bdrv_reset_dirty_bitmap(todo, start, end - start);
            }
        }
        offset += n;
    }
    return 0;
}

/* Pass over what is to be copied until nothing is. */
static int coroutine_fn copy_all(BackupJob *s)
{
    BdrvDirtyBitmap *todo = block_copy_todo(s->copy);
    int64_t pos = 0, start, bytes;
    Job *job = &s->common.job;

    while (!s->ret && !job_is_cancelled(job)) {
        if (s->common.speed || job->pause_count || !s->in_flight) {
            block_job_throttle(&s->common);
        }
        if (s->in_flight >= s->max_workers) {
            wait_for_worker(s);
        } else if (bdrv_dirty_bitmap_next_dirty_area(todo, pos, s->length, s->max_chunk, &start,
                                                     &bytes)) {
            pos = start + bytes;
            start_worker(s, start, bytes);
        } else if (s->in_flight) {
            /* What has failed is to be copied again. */
            wait_for_worker(s);
            pos = 0;
        } else if (pos) {
            pos = 0;
        } else {
            break;
        }
    }
    wait_for_all(s);
    return s->ret;
}

static int coroutine_fn backup_run(Job *job, Error **errp)
{
    BackupJob *s = container_of(job, BackupJob, common.job);
    int ret = s->sync == MIRROR_SYNC_MODE_TOP ? skip_unallocated(s) : 0;

    if (ret < 0) {
        return ret;
    }
    job_progress_set_remaining(job, bdrv_get_dirty_count(block_copy_todo(s->copy)));
    if (s->sync == MIRROR_SYNC_MODE_NONE) {
        /* The filter does it all, until the job is told to end. */
        while (!job_cancel_requested(job)) {
            job_yield(job);
        }
        return 0;
    }
    ret = copy_all(s);
    if (!ret && cbw_broken(s->filter)) {
        error_setg(errp, "A cluster could not be copied before the guest has overwritten it");
        return cbw_broken(s->filter);
    }
    return ret ? ret : bdrv_co_flush(s->target);
}

static void coroutine_fn backup_pause(Job *job)
{
    wait_for_all(container_of(job, BackupJob, common.job));
}

static bool backup_drained_poll(BlockJob *job)
{
    return container_of(job, BackupJob, common)->in_flight > 0;
}

static bool backup_cancel(Job *job, bool force)
{
    /* There is no result without the end. */
    return true;
}

/* ---- the end ---- */

static void settle_bitmap(BackupJob *s, int ret)
{
    BdrvDirtyBitmap *bm = s->bitmap;
    bool gone = s->bitmap_mode == BITMAP_SYNC_MODE_ALWAYS ||
                (!ret && s->bitmap_mode == BITMAP_SYNC_MODE_ON_SUCCESS);

    if (!bm) {
        return;
    }
    s->bitmap = NULL;
    if (!gone) {
        bdrv_reclaim_dirty_bitmap(bm, NULL);
        return;
    }
    bm = bdrv_dirty_bitmap_abdicate(bm, NULL);
    if (ret < 0 && bm) {
        /* What did not come to the target is still to come. */
        bdrv_merge_dirty_bitmap(bm, block_copy_todo(s->copy), NULL, NULL);
    }
}

static void backup_commit(Job *job)
{
    settle_bitmap(container_of(job, BackupJob, common.job), 0);
}

static void backup_abort(Job *job)
{
    settle_bitmap(container_of(job, BackupJob, common.job), -ECANCELED);
}

static void backup_clean(Job *job)
{
    BackupJob *s = container_of(job, BackupJob, common.job);

    block_job_remove_all_bdrv(&s->common);
    if (s->filter) {
        bdrv_drop_filter(s->filter, NULL);
        bdrv_unref(s->filter);
    }
    bdrv_unref(s->target);
    bdrv_unref(s->source);
    s->filter = s->target = s->source = NULL;
}

static const BlockJobDriver backup_driver = {
    .job_driver =
        {
            .instance_size = sizeof(BackupJob),
            .type = JOB_TYPE_BACKUP,
            .run = backup_run,
            .pause = backup_pause,
            .cancel = backup_cancel,
            .commit = backup_commit,
            .abort = backup_abort,
            .clean = backup_clean,
            BLOCK_JOB_COMMON,
        },
    .drained_poll = backup_drained_poll,
};

/* ---- start ---- */

static bool take_bitmap(BackupJob *s, const BackupParams *p, Error **errp)
{
    BdrvDirtyBitmap *todo = block_copy_todo(s->copy);

    s->bitmap_mode = p->bitmap_mode;
    if (!p->bitmap) {
        return true;
    }
    if (p->sync == MIRROR_SYNC_MODE_BITMAP || p->sync == MIRROR_SYNC_MODE_INCREMENTAL) {
        bdrv_clear_dirty_bitmap(todo, NULL);
        if (!bdrv_merge_dirty_bitmap(todo, p->bitmap, NULL, errp)) {
            return false;
        }
    }
    if (!bdrv_dirty_bitmap_create_successor(p->bitmap, errp)) {
        return false;
    }
    s->bitmap = p->bitmap;
    return true;
}

static bool check_chunk(const BackupJob *s, Error **errp)
{
    int64_t cluster = block_copy_cluster_size(s->copy);

    if (s->max_chunk < cluster) {
        error_setg(
            errp, "Required max-chunk (%" PRId64 ") is less than backup cluster size (%" PRId64 ")",
            s->max_chunk, cluster);
        return false;
    }
    return true;
}

Job *backup_create(const BlockJobParams *params, BlockDriverState *source, const BackupParams *p,
                   Error **errp)
{
    BlockDriverState *filter;
    BackupJob *s;

    if (p->compress && !bdrv_supports_compressed_writes(p->target)) {
        error_setg(errp, "Compression is not supported for this drive %s",
                   bdrv_get_device_or_node_name(p->target));
        return NULL;
    }
    filter = cbw_insert(source, p->target, params->filter_node_name, p->on_cbw_error,
                        p->min_cluster_size, p->discard_source, errp);
    if (!filter) {
        return NULL;
    }
    s = block_job_create(params->job_id, &backup_driver, params->txn, filter, 0, BLK_PERM_ALL,
                         params->speed, params->flags, params->cb, params->opaque, errp);
    if (!s) {
        bdrv_drop_filter(filter, NULL);
        bdrv_unref(filter);
        return NULL;
    }
    s->filter = filter;
    s->source = source;
    s->target = p->target;
    bdrv_ref(source);
    bdrv_ref(p->target);
    s->copy = cbw_block_copy(filter);
    s->max_workers = p->max_workers ? p->max_workers : BACKUP_WORKERS;
    s->max_chunk =
        p->max_chunk ? p->max_chunk : MAX(BACKUP_CHUNK, block_copy_cluster_size(s->copy));
    s->sync = p->sync;
    s->on_source_error = p->on_source_error;
    s->on_target_error = p->on_target_error;
    s->length = bdrv_getlength(source);
    block_copy_set_compress(s->copy, p->compress);
    block_copy_set_copy_range(s->copy, p->use_copy_range);
    block_copy_set_max_chunk(s->copy, s->max_chunk);
    block_copy_set_progress(s->copy, progress, s);
    if (!block_job_add_bdrv(&s->common, "source", source, 0, BLK_PERM_ALL, errp) ||
        !block_job_add_bdrv(&s->common, "target", p->target, 0, BLK_PERM_ALL, errp) ||
        !check_chunk(s, errp) || !take_bitmap(s, p, errp)) {
        backup_clean(&s->common.job);
        job_early_fail(&s->common.job);
        return NULL;
    }
    return &s->common.job;
}
