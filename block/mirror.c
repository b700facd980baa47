/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The job "mirror": copies a disk to a target, and what is written to it meanwhile, until both are
 * equal; then the target may take the source's place. A commit of the topmost image is the same
 * with a target in the source's own chain. Main thread.
 */
#include "qemu/osdep.h"
#include "mirror-internal.h"
#include "block/aio-wait.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/memalign.h"

#define DEFAULT_OPS      16
#define MAX_OP_BYTES     (1 * MiB)
#define DEFAULT_BUF_SIZE (16 * MiB)
#define IDLE_NS          (100 * SCALE_MS)

/* ---- one copy ---- */

typedef struct Copy {
    MirrorJob *s;
    int64_t offset, bytes;
    MirrorOp op;
} Copy;

static void error_to(MirrorJob *s, int64_t offset, int64_t bytes, bool is_read, int ret)
{
    BlockdevOnError policy = is_read ? s->on_source_error : s->on_target_error;

    bdrv_set_dirty_bitmap(s->bitmap, offset, bytes);
    s->synced = false;
    if (block_job_error_action(&s->common, policy, is_read, -ret) == BLOCK_ERROR_ACTION_REPORT) {
        s->ret = s->ret ? s->ret : ret;
    }
}

/* Zeroes are written as such. *@n: how much of it was done. */
static int coroutine_fn copy_piece(MirrorJob *s, int64_t offset, int64_t bytes, int64_t *n,
                                   bool *is_read)
{
    QEMU_AUTO_VFREE void *buf = NULL;
    QEMUIOVector qiov;
    int ret = bdrv_co_block_status_above(s->source, NULL, offset, bytes, n, NULL, NULL);

    *is_read = true;
    if (ret < 0 || !*n) {
        *n = bytes;
        ret = ret < 0 ? 0 : ret;
    }
    if (ret & BDRV_BLOCK_ZERO) {
        *is_read = false;
        return blk_co_pwrite_zeroes(s->target, offset, *n, s->unmap ? BDRV_REQ_MAY_UNMAP : 0);
    }
    buf = qemu_try_blockalign(s->source, *n);
    if (!buf) {
        return -ENOMEM;
    }
    qemu_iovec_init_buf(&qiov, buf, *n);
    ret = bdrv_co_preadv(s->filter->backing, offset, *n, &qiov, 0);
    if (ret < 0) {
        return ret;
    }
    *is_read = false;
    return blk_co_pwritev(s->target, offset, *n, &qiov, 0);
}

static void coroutine_fn copy_entry(void *opaque)
{
    Copy *c = opaque;
    MirrorJob *s = c->s;
    int64_t done = 0, n;
    bool is_read;
    int ret = 0;

    while (done < c->bytes && ret >= 0) {
        ret = copy_piece(s, c->offset + done, c->bytes - done, &n, &is_read);
        done += ret < 0 ? 0 : n;
    }
    if (ret < 0) {
        error_to(s, c->offset + done, c->bytes - done, is_read, ret);
    }
    block_job_processed(&s->common, done);
    WITH_QEMU_LOCK_GUARD(&s->lock)
    {
        mirror_op_end(s, &c->op);
    }
    s->in_flight--;
    s->bytes_in_flight -= c->bytes;
    g_free(c);
    aio_wait_kick();
    if (s->waiting) {
        s->waiting = false;
        aio_co_wake(s->common.job.co);
    }
}

static void coroutine_fn wait_for_copy(MirrorJob *s)
{
    s->waiting = true;
    qemu_coroutine_yield();
}

static void coroutine_fn wait_for_all(MirrorJob *s)
{
    while (s->in_flight) {
        wait_for_copy(s);
    }
}

/* The next dirty area from *@pos on, around the end once. */
static bool next_area(MirrorJob *s, int64_t *pos, int64_t *start, int64_t *bytes)
{
    int64_t max = MAX(MAX_OP_BYTES, s->granularity);

    if (!bdrv_dirty_bitmap_next_dirty_area(s->bitmap, *pos, s->length, max, start, bytes)) {
        *pos = 0;
        if (!bdrv_dirty_bitmap_next_dirty_area(s->bitmap, 0, s->length, max, start, bytes)) {
            return false;
        }
    }
    /* Whole clusters, up to the end of the disk. */
    *bytes = MIN(QEMU_ALIGN_UP(*start + *bytes, s->granularity), s->length);
    *start = QEMU_ALIGN_DOWN(*start, s->granularity);
    *bytes -= *start;
    *pos = *start + *bytes;
    return true;
}

static void coroutine_fn start_copy(MirrorJob *s, int64_t offset, int64_t bytes)
{
    Copy *c = g_new0(Copy, 1);

    *c = (Copy){.s = s, .offset = offset, .bytes = bytes};
    qemu_mutex_lock(&s->lock);
    mirror_op_begin(s, &c->op, offset, bytes);
    qemu_mutex_unlock(&s->lock);
    /* Before it is read: what is written from now on is dirty again. */
    bdrv_reset_dirty_bitmap(s->bitmap, offset, bytes);
    s->in_flight++;
    s->bytes_in_flight += bytes;
    qemu_coroutine_enter(qemu_coroutine_create(copy_entry, c));
}

/* ---- the beginning: what is to be copied ---- */

static int coroutine_fn mark_initial(MirrorJob *s)
{
    int64_t offset = 0, n;

    if (s->copies_nothing) {
        return 0;
    }
    if (s->mark_all && !s->base_overlay) {
        bdrv_set_dirty_bitmap(s->bitmap, 0, s->length);
        return 0;
    }
    while (offset < s->length) {
        int64_t bytes = MIN(s->length - offset, 1 * GiB);
        int ret = bdrv_co_is_allocated_above(s->source, s->base_overlay, s->base_overlay, offset,
                                             bytes, &n);

        if (ret < 0) {
            return ret;
        }
        n = n ? n : bytes;
        if (ret) {
            bdrv_set_dirty_bitmap(s->bitmap, offset, n);
        }
        offset += n;
        job_pause_point(&s->common.job);
        if (job_is_cancelled(&s->common.job)) {
            return 0;
        }
    }
    return 0;
}

static int coroutine_fn match_size(MirrorJob *s, Error **errp)
{
    int64_t len = bdrv_co_getlength(s->target_bs);

    if (len < 0) {
        return len;
    }
    if (s->is_commit && len < s->length) {
        return blk_co_truncate(s->target, s->length, false, PREALLOC_MODE_OFF, 0, errp);
    }
    if (!s->is_commit && len != s->length) {
        error_setg(
            errp, "Source and target image have different sizes: %" PRId64 " and %" PRId64 " bytes",
            s->length, len);
        return -EINVAL;
    }
    return 0;
}

/* ---- the loop ---- */

static void flush_failed(MirrorJob *s, int ret)
{
    if (block_job_error_action(&s->common, s->on_target_error, false, -ret) ==
        BLOCK_ERROR_ACTION_REPORT) {
        s->ret = ret;
    }
}

/*
 * Both are equal once nothing is dirty or in flight; then the guest has to stop for a moment. What
 * it wrote to both until then, and flushed on its side, is on stable storage on the target, too.
 */
static bool coroutine_fn try_to_end(MirrorJob *s)
{
    int ret = 0;

    s->common.draining = true;
    bdrv_drained_begin(s->source);
    s->common.draining = false;
    if (!bdrv_get_dirty_count(s->bitmap) && !qatomic_read(&s->active_error)) {
        ret = blk_co_flush(s->target);
        if (ret >= 0) {
            s->source_drained = true;
            return true;
        }
    }
    s->common.draining = true;
    bdrv_drained_end(s->source);
    s->common.draining = false;
    if (ret < 0) {
        flush_failed(s, ret);
    }
    return false;
}

static void take_active_error(MirrorJob *s)
{
    int ret = qatomic_xchg(&s->active_error, 0);

    if (ret && block_job_error_action(&s->common, s->on_target_error, false, -ret) ==
                   BLOCK_ERROR_ACTION_REPORT) {
        s->ret = s->ret ? s->ret : ret;
    }
}

/* Nothing is dirty, nothing in flight: true if that was the end. */
static bool coroutine_fn at_rest(MirrorJob *s)
{
    Job *job = &s->common.job;
    int ret = blk_co_flush(s->target);

    if (ret < 0) {
        flush_failed(s, ret);
        return false;
    }
    if (!s->synced) {
        s->synced = true;
        if (s->auto_complete) {
            s->should_complete = true;
        } else if (!job_is_ready(job)) {
            job_transition_to_ready(job);
        }
    }
    if (!s->should_complete && !job_cancel_requested(job)) {
        return false;
    }
    return !bdrv_get_dirty_count(s->bitmap) && try_to_end(s);
}

static void coroutine_fn copy_dirty(MirrorJob *s, int64_t *pos)
{
    int64_t start, bytes;

    if (s->in_flight >= s->max_ops) {
        wait_for_copy(s);
    } else if (next_area(s, pos, &start, &bytes)) {
        job_progress_set_remaining(&s->common.job,
                                   bdrv_get_dirty_count(s->bitmap) + s->bytes_in_flight);
        start_copy(s, start, bytes);
    }
}

static int coroutine_fn mirror_run(Job *job, Error **errp)
{
    MirrorJob *s = container_of(job, MirrorJob, common.job);
    int64_t pos = 0;
    int ret = match_size(s, errp);

    ret = ret < 0 ? ret : mark_initial(s);
    if (ret < 0) {
        return ret;
    }
    job_progress_set_remaining(job, bdrv_get_dirty_count(s->bitmap));
    while (!job_is_cancelled(job) && !s->ret) {
        bool dirty = bdrv_get_dirty_count(s->bitmap);

        take_active_error(s);
        if (dirty || s->in_flight) {
            if (s->common.speed || job->pause_count || ++s->started % 64 == 0) {
                block_job_throttle(&s->common);
            }
            if (dirty) {
                copy_dirty(s, &pos);
            } else if (s->in_flight) {
                wait_for_copy(s);
            }
            continue;
        }
        if (at_rest(s)) {
            break;
        }
        if (!s->ret && !bdrv_get_dirty_count(s->bitmap)) {
            job_sleep_ns(job, s->should_complete || job_cancel_requested(job) ? 0 : IDLE_NS);
        }
    }
    wait_for_all(s);
    job_progress_set_remaining(job, bdrv_get_dirty_count(s->bitmap));
    return s->ret;
}

static void coroutine_fn mirror_pause(Job *job)
{
    wait_for_all(container_of(job, MirrorJob, common.job));
}

static bool mirror_drained_poll(BlockJob *job)
{
    MirrorJob *s = container_of(job, MirrorJob, common);

    return s->in_flight > 0;
}

static void mirror_complete(Job *job, Error **errp)
{
    MirrorJob *s = container_of(job, MirrorJob, common.job);

    s->should_complete = true;
    job_enter(job);
}

static bool mirror_cancel(Job *job, bool force)
{
    /* One that is ready ends with a copy, unless it is forced. */
    return force || !job_is_ready(job);
}

/* ---- the end ---- */

static void release(MirrorJob *s)
{
    if (s->frozen) {
        bdrv_unfreeze_backing_chain(s->filter, s->target_bs);
        s->frozen = false;
    }
    if (s->bitmap) {
        bdrv_release_dirty_bitmap(s->bitmap);
        s->bitmap = NULL;
    }
    blk_unref(s->target);
    s->target = NULL;
    block_job_remove_all_bdrv(&s->common);
}

static void end_drain(MirrorJob *s)
{
    if (s->source_drained) {
        s->source_drained = false;
        bdrv_drained_end(s->source);
    }
}

/* Is what the guest sees of @source the same after what it has was put in the place of @bs? */
bool mirror_may_replace(BlockDriverState *source, BlockDriverState *bs)
{
    BlockDriverState *below = bdrv_skip_filters(source);

    /* A filter over the source, or one of several whose votes count. */
    return bdrv_skip_filters(bs) == below ||
           (below->drv && below->drv->bdrv_can_replace && below->drv->bdrv_can_replace(below, bs));
}

/* The target in the place of the source, or of what else it replaces. */
static int swap(MirrorJob *s)
{
    BlockDriverState *old = s->replaces ? s->replaces : s->source;
    bool read_only = bdrv_is_read_only(old);

    /* It has lain open to others since the job began. */
    if (s->replaces && !mirror_may_replace(s->source, s->replaces)) {
        error_setg(&s->common.job.err,
                   "Cannot replace '%s': it is no longer a part of '%s' that nobody else uses",
                   s->replaces->node_name, s->source->node_name);
        return -EPERM;
    }
    if (bdrv_is_read_only(s->target_bs) != read_only) {
        bdrv_reopen_set_read_only(s->target_bs, read_only, NULL);
    }
    mirror_top_stop(s->filter);
    if (s->backing == MIRROR_BACKING_SET && bdrv_cow_bs(s->target_bs) != s->final_backing &&
        !bdrv_set_backing_hd(s->target_bs, s->final_backing, &s->common.job.err)) {
        return -EPERM;
    }
    if (s->backing == MIRROR_BACKING_OPEN && s->target_bs->drv->supports_backing &&
        !bdrv_open_backing_file(s->target_bs, NULL, "backing", &s->common.job.err)) {
        return -EIO;
    }
    return bdrv_replace_node(old, s->target_bs, &s->common.job.err) ? 0 : -EPERM;
}

static int mirror_prepare(Job *job)
{
    MirrorJob *s = container_of(job, MirrorJob, common.job);
    int ret = 0;

    /* Held here: the graph changes under it. */
    bdrv_drained_begin(s->target_bs);
    mirror_top_set_job(s->filter, NULL);
    release(s);
    if (s->should_complete) {
        ret = swap(s);
    }
    bdrv_drop_filter(s->filter, ret ? NULL : &job->err);
    bdrv_drained_end(s->target_bs);
    end_drain(s);
    return ret;
}

static void mirror_abort(Job *job)
{
    MirrorJob *s = container_of(job, MirrorJob, common.job);

    if (bdrv_filter_bs(s->filter)) {
        mirror_top_set_job(s->filter, NULL);
        release(s);
        bdrv_drop_filter(s->filter, NULL);
    }
    end_drain(s);
}

static void mirror_clean(Job *job)
{
    MirrorJob *s = container_of(job, MirrorJob, common.job);

    if (s->commit_target_was_read_only && !s->should_complete) {
        bdrv_reopen_set_read_only(s->target_bs, true, NULL);
    }
    bdrv_unref(s->filter);
    bdrv_unref(s->replaces);
    bdrv_unref(s->final_backing);
    bdrv_unref(s->target_bs);
    bdrv_unref(s->source);
    s->filter = s->replaces = s->target_bs = s->source = s->final_backing = NULL;
}

static void mirror_free(Job *job)
{
    MirrorJob *s = container_of(job, MirrorJob, common.job);

    qemu_mutex_destroy(&s->lock);
    block_job_free(job);
}

/* ---- options that change ---- */

static void mirror_change(BlockJob *job, BlockJobChangeOptions *opts, Error **errp)
{
    MirrorJob *s = container_of(job, MirrorJob, common);
    bool blocking = opts->u.mirror.copy_mode == MIRROR_COPY_MODE_WRITE_BLOCKING;

    if (blocking == (bool)qatomic_read(&s->write_blocking)) {
        return;
    }
    if (!blocking) {
        /* The interface has this direction only: what is in the bitmap then is copied anyway. */
        error_setg(errp,
                   "copy-mode of a mirror can be changed from 'background' to "
                   "'write-blocking', not to '%s'",
                   MirrorCopyMode_str(opts->u.mirror.copy_mode));
        return;
    }
    qatomic_set(&s->write_blocking, true);
}

static void mirror_query(BlockJob *job, BlockJobInfo *info)
{
    MirrorJob *s = container_of(job, MirrorJob, common);

    info->u.mirror.actively_synced = s->bitmap && qatomic_read(&s->write_blocking) && s->synced &&
                                     !bdrv_get_dirty_count(s->bitmap) && !s->in_flight;
}

#define MIRROR_DRIVER(kind)                                                                        \
    {                                                                                              \
        .job_driver =                                                                              \
            {                                                                                      \
                .instance_size = sizeof(MirrorJob),                                                \
                .type = kind,                                                                      \
                .run = mirror_run,                                                                 \
                .pause = mirror_pause,                                                             \
                .complete = mirror_complete,                                                       \
                .cancel = mirror_cancel,                                                           \
                .prepare = mirror_prepare,                                                         \
                .abort = mirror_abort,                                                             \
                .clean = mirror_clean,                                                             \
                .event = block_job_event,                                                          \
                .user_resume = block_job_user_resume,                                              \
                .free = mirror_free,                                                               \
            },                                                                                     \
        .drained_poll = mirror_drained_poll, .change = mirror_change, .query = mirror_query,       \
    }

static const BlockJobDriver mirror_driver = MIRROR_DRIVER(JOB_TYPE_MIRROR);
static const BlockJobDriver commit_active_driver = MIRROR_DRIVER(JOB_TYPE_COMMIT);

/* ---- start ---- */

static bool check_granularity(const MirrorParams *p, BlockDriverState *target, int64_t *granularity,
                              Error **errp)
{
    BlockDriverInfo bdi;

    *granularity =
        p->granularity ? p->granularity : (int64_t)bdrv_get_default_bitmap_granularity(target);
    if (*granularity < 512 || *granularity > 64 * MiB) {
        error_setg(errp,
                   "Parameter 'granularity' expects a value in range [512B, 64MB], not %" PRId64,
                   *granularity);
        return false;
    }
    if (*granularity & (*granularity - 1)) {
        error_setg(errp, "Parameter 'granularity' expects a power of 2, not %" PRId64,
                   *granularity);
        return false;
    }
    /* The target gets whole clusters: what it has below it now is not what it will have. */
    if (bdrv_get_info(target, &bdi) >= 0 && bdi.cluster_size > *granularity) {
        *granularity = bdi.cluster_size;
    }
    return true;
}

/* Edges to all nodes that must stay as they are, and the user of the target. */
static bool claim_nodes(MirrorJob *s, BlockDriverState *source, BlockDriverState *target,
                        Error **errp)
{
    uint64_t target_shared = BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED;

    if (!block_job_add_bdrv(&s->common, "source", source, 0, BLK_PERM_ALL, errp) ||
        !block_job_add_bdrv(&s->common, "target", target, 0, BLK_PERM_ALL, errp)) {
        return false;
    }
    for (BlockDriverState *bs = s->is_commit ? bdrv_filter_or_cow_bs(source) : NULL;
         bs && bs != target; bs = bdrv_filter_or_cow_bs(bs)) {
        if (!block_job_add_bdrv(&s->common, "intermediate node", bs, 0, BLK_PERM_ALL, errp)) {
            return false;
        }
    }
    s->target = blk_new_with_bs(
        target, BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE | (s->is_commit ? BLK_PERM_RESIZE : 0),
        target_shared, errp);
    if (!s->target) {
        return false;
    }
    blk_set_disable_request_queuing(s->target, true);
    return true;
}

static void set_fields(MirrorJob *s, BlockDriverState *source, const MirrorParams *p,
                       int64_t granularity)
{
    int64_t buf = p->buf_size ? p->buf_size : DEFAULT_BUF_SIZE;

    s->source = source;
    s->target_bs = p->target;
    s->replaces = p->replaces;
    bdrv_ref(source);
    bdrv_ref(p->target);
    if (p->replaces) {
        bdrv_ref(p->replaces);
    }
    s->base = p->base;
    s->base_overlay = p->base ? bdrv_find_overlay(source, p->base) : NULL;
    s->granularity = granularity;
    s->length = bdrv_getlength(source);
    s->max_ops = MIN(MAX(buf / MAX(MAX_OP_BYTES, granularity), 1), DEFAULT_OPS);
    s->is_commit = p->is_commit;
    s->auto_complete = p->auto_complete;
    s->copies_nothing = p->copies_nothing;
    s->mark_all = p->mark_all;
    s->unmap = p->unmap;
    s->backing = p->backing;
    s->final_backing = p->final_backing;
    if (p->final_backing) {
        bdrv_ref(p->final_backing);
    }
    s->on_source_error = p->on_source_error;
    s->on_target_error = p->on_target_error;
    s->write_blocking = p->write_blocking;
    QLIST_INIT(&s->ops);
}

bool mirror_start(const BlockJobParams *params, BlockDriverState *source, const MirrorParams *p,
                  Error **errp)
{
    BlockDriverState *filter;
    int64_t granularity;
    MirrorJob *s;

    if (bdrv_getlength(source) < 0) {
        error_setg(errp, "Unable to query the size of node '%s'", source->node_name);
        return false;
    }
    if (!check_granularity(p, p->target, &granularity, errp)) {
        return false;
    }
    filter = mirror_top_insert(source, params->filter_node_name, p->is_commit, errp);
    if (!filter) {
        return false;
    }
    s = block_job_create(params->job_id, p->is_commit ? &commit_active_driver : &mirror_driver,
                         params->txn, filter, 0, BLK_PERM_ALL, params->speed, params->flags,
                         params->cb, params->opaque, errp);
    if (!s) {
        bdrv_drop_filter(filter, NULL);
        bdrv_unref(filter);
        return false;
    }
    qemu_mutex_init(&s->lock);
    s->filter = filter;
    set_fields(s, source, p, granularity);
    s->commit_target_was_read_only = p->is_commit && bdrv_is_read_only(p->target);
    if (!bdrv_takes_any_order(p->target, errp) ||
        (s->commit_target_was_read_only && !bdrv_reopen_set_read_only(p->target, false, errp)) ||
        !claim_nodes(s, source, p->target, errp)) {
        goto fail;
    }
    s->bitmap = bdrv_create_dirty_bitmap(source, granularity, NULL, errp);
    if (!s->bitmap) {
        goto fail;
    }
    if (p->is_commit) {
        if (!bdrv_freeze_backing_chain(filter, p->target, errp)) {
            goto fail;
        }
        s->frozen = true;
    }
    mirror_top_set_job(filter, s);
    job_start(&s->common.job);
    return true;

fail:
    mirror_abort(&s->common.job);
    mirror_clean(&s->common.job);
    job_early_fail(&s->common.job);
    return false;
}
