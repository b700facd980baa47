/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The job "commit" below the topmost image: writes what images from @top down to, not including,
 * @base have into @base, then takes them out of the chain. (The topmost one is a mirror's work.)
 *
 * While it runs, @base alone is neither the old disk nor the new one. All that read it through @top
 * see no change; a filter above @top lets them share it with the job. Main thread.
 */
#include "qemu/osdep.h"
#include "block/block-jobs.h"
#include "commit-internal.h"

#define COMMIT_CHUNK (512 * KiB)

typedef struct CommitJob {
    BlockJob common;
    BlockDriverState *filter; /* a reference */
    BlockBackend *top, *base;
    BlockDriverState *base_bs;      /* a reference */
    BlockDriverState *base_overlay; /* the lowest whose data is written */
    char *backing_file;
    bool mask_protocol;
    bool base_was_read_only;
    bool frozen;
    BlockdevOnError on_error;
} CommitJob;

/* ---- the filter ---- */

static bool commit_top_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    return true;
}

static int64_t coroutine_fn commit_top_getlength(BlockDriverState *bs)
{
    return bs->backing ? bdrv_co_getlength(bs->backing->bs) : bs->total_bytes;
}

static int coroutine_fn commit_top_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                          QEMUIOVector *qiov, size_t qiov_offset,
                                          BdrvRequestFlags flags)
{
    return bdrv_co_preadv_part(bs->backing, offset, bytes, qiov, qiov_offset, flags);
}

static void commit_top_child_perm(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role,
                                  uint64_t perm, uint64_t shared, uint64_t *nperm,
                                  uint64_t *nshared)
{
    *nperm = 0;
    *nshared = BLK_PERM_ALL;
}

BlockDriver bdrv_commit_top = {
    .format_name = "commit_top",
    .is_filter = true,
    .bdrv_open = commit_top_open,
    .bdrv_child_perm = commit_top_child_perm,
    .bdrv_co_getlength = commit_top_getlength,
    .bdrv_co_preadv_part = commit_top_preadv,
};

/* ---- the work ---- */

/* Grow @base to the size of @top. */
static int coroutine_fn match_size(CommitJob *s, int64_t len, Error **errp)
{
    int64_t base_len = bdrv_co_getlength(s->base_bs);

    if (base_len < 0 || base_len >= len) {
        return MIN(base_len, 0);
    }
    return blk_co_truncate(s->base, len, false, PREALLOC_MODE_OFF, 0, errp);
}

/* Copy what is at @offset, *@n bytes of it; 1 if there was something. */
static int coroutine_fn copy_chunk(CommitJob *s, int64_t offset, int64_t bytes, void *buf,
                                   int64_t *n, bool *error_in_source)
{
    BlockDriverState *top = blk_bs(s->top);
    int64_t zero_n;
    int ret = bdrv_co_is_allocated_above(top, s->base_overlay, true, offset, bytes, n);

    *error_in_source = true;
    *n = *n ? *n : bytes;
    if (ret <= 0) {
        return ret;
    }
    ret = bdrv_co_block_status_above(top, NULL, offset, *n, &zero_n, NULL, NULL);
    if (ret < 0) {
        return ret;
    }
    if (zero_n) {
        *n = zero_n;
    }
    if (ret & BDRV_BLOCK_ZERO) {
        *error_in_source = false;
        ret = blk_co_pwrite_zeroes(s->base, offset, *n, BDRV_REQ_MAY_UNMAP);
    } else {
        ret = blk_co_pread(s->top, offset, *n, buf, 0);
        if (ret >= 0) {
            *error_in_source = false;
            ret = blk_co_pwrite(s->base, offset, *n, buf, 0);
        }
    }
    return ret < 0 ? ret : 1;
}

static int coroutine_fn commit_run(Job *job, Error **errp)
{
    CommitJob *s = container_of(job, CommitJob, common.job);
    QEMU_AUTO_VFREE void *buf = NULL;
    int64_t len = bdrv_co_getlength(blk_bs(s->top)), offset = 0, n;
    bool in_source;
    int ret;

    if (len < 0) {
        return len;
    }
    job_progress_set_remaining(job, len);
    ret = match_size(s, len, errp);
    if (ret < 0) {
        return ret;
    }
    buf = blk_blockalign(s->top, COMMIT_CHUNK);
    while (offset < len) {
        block_job_throttle(&s->common);
        if (job_is_cancelled(job)) {
            break;
        }
        ret = copy_chunk(s, offset, MIN(COMMIT_CHUNK, len - offset), buf, &n, &in_source);
        if (ret < 0) {
            BlockErrorAction action =
                block_job_error_action(&s->common, s->on_error, in_source, -ret);

            if (action == BLOCK_ERROR_ACTION_REPORT) {
                return ret;
            }
            /* Stopped or to be ignored: data that was not written cannot be left out. */
            continue;
        }
        if (ret > 0) {
            block_job_processed(&s->common, n);
        } else {
            job_progress_update(job, n);
        }
        offset += n;
    }
    return 0;
}

static void unfreeze(CommitJob *s)
{
    if (s->frozen) {
        bdrv_unfreeze_backing_chain(s->filter, s->base_bs);
        s->frozen = false;
    }
}

static void drop_claims(CommitJob *s)
{
    unfreeze(s);
    blk_unref(s->base);
    blk_unref(s->top);
    s->base = s->top = NULL;
    block_job_remove_all_bdrv(&s->common);
}

static int commit_prepare(Job *job)
{
    CommitJob *s = container_of(job, CommitJob, common.job);
    int ret = bdrv_flush(s->base_bs);

    if (ret < 0) {
        error_setg_errno(&job->err, -ret, "Could not flush '%s'", s->base_bs->node_name);
        return ret;
    }
    drop_claims(s);
    return bdrv_drop_intermediate(s->filter, s->base_bs, s->backing_file, s->mask_protocol,
                                  &job->err)
               ? 0
               : -EIO;
}

static void commit_abort(Job *job)
{
    CommitJob *s = container_of(job, CommitJob, common.job);

    drop_claims(s);
    if (bdrv_filter_bs(s->filter)) {
        bdrv_drop_filter(s->filter, NULL);
    }
}

static void commit_clean(Job *job)
{
    CommitJob *s = container_of(job, CommitJob, common.job);

    bdrv_unref(s->filter);
    s->filter = NULL;
    if (s->base_was_read_only) {
        bdrv_reopen_set_read_only(s->base_bs, true, NULL);
    }
    bdrv_unref(s->base_bs);
    s->base_bs = NULL;
    g_free(s->backing_file);
    s->backing_file = NULL;
}

static const BlockJobDriver commit_driver = {
    .job_driver =
        {
            .instance_size = sizeof(CommitJob),
            .type = JOB_TYPE_COMMIT,
            .run = commit_run,
            .prepare = commit_prepare,
            .abort = commit_abort,
            .clean = commit_clean,
            BLOCK_JOB_COMMON,
        },
};

/* ---- start ---- */

static BlockDriverState *insert_filter(const BlockJobParams *params, BlockDriverState *top,
                                       Error **errp)
{
    BlockDriverState *filter =
        bdrv_new_open_driver(&bdrv_commit_top, params->filter_node_name, NULL, BDRV_O_RDWR, errp);

    if (!filter) {
        return NULL;
    }
    filter->implicit = !params->filter_node_name;
    filter->total_bytes = top->total_bytes;
    if (!bdrv_append(filter, top, errp)) {
        bdrv_unref(filter);
        return NULL;
    }
    return filter;
}

static bool claim_nodes(CommitJob *s, BlockDriverState *top, Error **errp)
{
    for (BlockDriverState *bs = top; bs != s->base_bs; bs = bdrv_filter_or_cow_bs(bs)) {
        if (!block_job_add_bdrv(&s->common, "intermediate node", bs, 0, BLK_PERM_ALL, errp)) {
            return false;
        }
    }
    if (!block_job_add_bdrv(&s->common, "base", s->base_bs, 0, BLK_PERM_ALL, errp)) {
        return false;
    }
    s->base =
        blk_new_with_bs(s->base_bs, BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE | BLK_PERM_RESIZE,
                        BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED, errp);
    if (!s->base) {
        return false;
    }
    blk_set_disable_request_queuing(s->base, true);
    s->top = blk_new_with_bs(top, 0, BLK_PERM_ALL, errp);
    if (!s->top) {
        return false;
    }
    blk_set_disable_request_queuing(s->top, true);
    return true;
}

bool commit_start(const BlockJobParams *params, BlockDriverState *bs, const CommitParams *commit,
                  Error **errp)
{
    BlockDriverState *base = commit->base;
    CommitJob *s = block_job_create(params->job_id, &commit_driver, params->txn, bs, 0,
                                    BLK_PERM_ALL, params->speed, params->flags, NULL, NULL, errp);

    if (!s) {
        return false;
    }
    bdrv_ref(base);
    s->base_bs = base;
    s->base_overlay = bdrv_find_overlay(commit->top, base);
    s->on_error = commit->on_error;
    s->backing_file = g_strdup(commit->backing_file);
    s->mask_protocol = commit->mask_protocol;
    if (!bdrv_takes_any_order(base, errp)) {
        goto fail;
    }
    s->base_was_read_only = bdrv_is_read_only(base);
    if (s->base_was_read_only && !bdrv_reopen_set_read_only(base, false, errp)) {
        s->base_was_read_only = false;
        goto fail;
    }
    s->filter = insert_filter(params, commit->top, errp);
    if (!s->filter || !claim_nodes(s, commit->top, errp) ||
        !bdrv_freeze_backing_chain(s->filter, base, errp)) {
        goto fail;
    }
    s->frozen = true;
    job_start(&s->common.job);
    return true;

fail:
    if (s->filter) {
        commit_abort(&s->common.job);
    }
    commit_clean(&s->common.job);
    job_early_fail(&s->common.job);
    return false;
}
