/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The job "stream": copies what images below one have into it. Guest reads help: a copy-on-read
 * filter stands above it meanwhile. At the end the image gets another backing file, or none.
 * Main thread.
 */
#include "qemu/osdep.h"
#include "block/block-jobs.h"
#include "qobject/qdict.h"

/* A piece that is looked at, and copied, at once. */
#define STREAM_CHUNK (512 * KiB)

typedef struct StreamJob {
    BlockJob common;
    BlockBackend *blk;        /* of @target */
    BlockDriverState *filter; /* a reference */
    BlockDriverState *target; /* below the filter */
    BlockDriverState *base_overlay;
    char *backing_file;
    bool mask_protocol;
    bool was_read_only;
    bool frozen;
    BlockdevOnError on_error;
} StreamJob;

/* Has one of the images between something at @offset? For *@n bytes. */
static int coroutine_fn is_to_copy(StreamJob *s, int64_t offset, int64_t bytes, int64_t *n)
{
    int ret = bdrv_co_is_allocated(s->target, offset, bytes, n);

    if (ret < 0 || ret > 0 || s->target == s->base_overlay || !*n) {
        *n = *n ? *n : bytes;
        return ret < 0 ? ret : 0;
    }
    ret = bdrv_co_is_allocated_above(bdrv_backing_chain_next(s->target), s->base_overlay, true,
                                     offset, *n, n);
    /* Where they all have ended there are zeroes already. */
    *n = *n ? *n : bytes;
    return ret < 0 ? ret : ret > 0;
}

static int coroutine_fn stream_run(Job *job, Error **errp)
{
    StreamJob *s = container_of(job, StreamJob, common.job);
    int64_t len = bdrv_co_getlength(s->target), offset = 0, n;
    int error = 0;

    if (len < 0) {
        return len;
    }
    if (s->target == s->base_overlay && !bdrv_cow_bs(s->target)) {
        return 0; /* nothing is below it */
    }
    job_progress_set_remaining(job, len);
    while (offset < len) {
        int64_t chunk = MIN(STREAM_CHUNK, len - offset);
        int ret;

        block_job_throttle(&s->common);
        if (job_is_cancelled(job)) {
            break;
        }
        ret = is_to_copy(s, offset, chunk, &n);
        if (ret > 0) {
            ret = blk_co_preadv(s->blk, offset, n, NULL, BDRV_REQ_COPY_ON_READ | BDRV_REQ_PREFETCH);
            if (ret >= 0) {
                block_job_processed(&s->common, n);
                offset += n;
                continue;
            }
        }
        if (ret < 0) {
            BlockErrorAction action = block_job_error_action(&s->common, s->on_error, true, -ret);

            if (action == BLOCK_ERROR_ACTION_STOP) {
                continue; /* paused at the next turn, then again */
            }
            error = error ? error : ret;
            if (action == BLOCK_ERROR_ACTION_REPORT) {
                break;
            }
            n = chunk;
        }
        job_progress_update(job, n);
        offset += n;
    }
    return error;
}

static void unfreeze(StreamJob *s)
{
    if (s->frozen) {
        bdrv_unfreeze_backing_chain(s->target, s->base_overlay);
        s->frozen = false;
    }
}

static int stream_prepare(Job *job)
{
    StreamJob *s = container_of(job, StreamJob, common.job);
    BlockDriverState *base = bdrv_backing_chain_next(s->base_overlay);
    Error *err = NULL;
    const char *name = NULL, *fmt = NULL;
    int ret = 0;

    unfreeze(s);
    /* The filter's reason to look at the chain is over, and it must not look at what goes. */
    blk_unref(s->blk);
    s->blk = NULL;
    if (!bdrv_cow_child(s->target)) {
        return 0;
    }
    if (base) {
        bdrv_refresh_filename(base);
        name = s->backing_file ? s->backing_file : base->filename;
        fmt = bdrv_backing_format_name(base, s->mask_protocol);
    }
    /* What was copied before the image stops to name where it came from. */
    ret = bdrv_flush(s->target);
    if (ret < 0) {
        error_setg_errno(&job->err, -ret, "Could not flush '%s'", s->target->node_name);
        return ret;
    }
    if (!bdrv_set_backing_hd(s->target, base, &err)) {
        error_propagate(&job->err, err);
        return -EPERM;
    }
    ret = bdrv_change_backing_file(s->target, name, fmt, false);
    return ret == -ENOTSUP ? 0 : ret;
}

static void stream_clean(Job *job)
{
    StreamJob *s = container_of(job, StreamJob, common.job);

    unfreeze(s);
    blk_unref(s->blk);
    s->blk = NULL;
    block_job_remove_all_bdrv(&s->common);
    if (s->filter) {
        bdrv_drop_filter(s->filter, NULL);
        bdrv_unref(s->filter);
        s->filter = NULL;
    }
    if (s->was_read_only) {
        /* Best effort: it is still right if it stays writable. */
        bdrv_reopen_set_read_only(s->target, true, NULL);
    }
    bdrv_unref(s->target);
    s->target = NULL;
    g_free(s->backing_file);
    s->backing_file = NULL;
}

static const BlockJobDriver stream_driver = {
    .job_driver =
        {
            .instance_size = sizeof(StreamJob),
            .type = JOB_TYPE_STREAM,
            .run = stream_run,
            .prepare = stream_prepare,
            .clean = stream_clean,
            BLOCK_JOB_COMMON,
        },
};

static BlockDriverState *insert_filter(const BlockJobParams *params, BlockDriverState *bs,
                                       BlockDriverState *bottom, Error **errp)
{
    QDict *opts = qdict_new();
    BlockDriverState *filter;

    qdict_put_str(opts, "driver", "copy-on-read");
    qdict_put_str(opts, "file", bs->node_name);
    qdict_put_str(opts, "bottom", bottom->node_name);
    if (params->filter_node_name) {
        qdict_put_str(opts, "node-name", params->filter_node_name);
    }
    filter = bdrv_insert_node(bs, opts,
                              BDRV_O_RDWR | BDRV_O_ALLOW_RDWR |
                                  (bs->open_flags & (BDRV_O_UNMAP | BDRV_O_CACHE_MASK)),
                              errp);
    if (filter && !params->filter_node_name) {
        filter->implicit = true;
    }
    return filter;
}

/* The job's claims: nobody changes what it reads. */
static bool claim_chain(StreamJob *s, Error **errp)
{
    BlockDriverState *base = bdrv_backing_chain_next(s->base_overlay);

    for (BlockDriverState *bs = bdrv_filter_or_cow_bs(s->target); bs && bs != base;
         bs = bdrv_filter_or_cow_bs(bs)) {
        if (!block_job_add_bdrv(&s->common, "intermediate node", bs, BLK_PERM_CONSISTENT_READ,
                                BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED, errp)) {
            return false;
        }
    }
    return true;
}

bool stream_start(const BlockJobParams *params, BlockDriverState *bs, const StreamParams *stream,
                  Error **errp)
{
    bool was_read_only = bdrv_is_read_only(bs);
    BlockDriverState *filter = NULL;
    StreamJob *s = NULL;

    if (!bdrv_freeze_backing_chain(bs, stream->base_overlay, errp)) {
        return false;
    }
    if (was_read_only && !bdrv_reopen_set_read_only(bs, false, errp)) {
        goto fail;
    }
    filter = insert_filter(params, bs, stream->base_overlay, errp);
    if (!filter) {
        goto fail;
    }
    s = block_job_create(params->job_id, &stream_driver, params->txn, filter, 0, BLK_PERM_ALL,
                         params->speed, params->flags, NULL, NULL, errp);
    if (!s) {
        goto fail;
    }
    s->target = bs;
    s->base_overlay = stream->base_overlay;
    s->on_error = stream->on_error;
    if (!block_job_add_bdrv(&s->common, "active node", bs, 0,
                            BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE | BLK_PERM_WRITE_UNCHANGED,
                            errp) ||
        !claim_chain(s, errp)) {
        goto fail;
    }
    s->blk = blk_new_with_bs(bs, BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED, BLK_PERM_ALL,
                             errp);
    if (!s->blk) {
        goto fail;
    }
    blk_set_disable_request_queuing(s->blk, true);
    s->filter = filter;
    s->frozen = true;
    s->was_read_only = was_read_only;
    s->backing_file = g_strdup(stream->backing_file);
    s->mask_protocol = stream->mask_protocol;
    bdrv_ref(bs);
    job_start(&s->common.job);
    return true;

fail:
    if (s) {
        job_early_fail(&s->common.job);
    }
    bdrv_unfreeze_backing_chain(bs, stream->base_overlay);
    if (filter) {
        bdrv_drop_filter(filter, NULL);
        bdrv_unref(filter);
    }
    if (was_read_only) {
        bdrv_reopen_set_read_only(bs, true, NULL);
    }
    return false;
}
