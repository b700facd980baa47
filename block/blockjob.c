/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What jobs over block nodes have in common: edges, speed, errors, events. Main thread. */
#include "qemu/osdep.h"
#include "block/blockjob.h"
#include "qapi/qapi-events-block-job.h"
#include "qemu/main-loop.h"

#define THROTTLE_SLICE_NS (100 * SCALE_MS)

/* ---- the edges ---- */

static BlockJobDriver *driver_of(BlockJob *job)
{
    return container_of(job->job.driver, BlockJobDriver, job_driver);
}

static char *child_parent_desc(BdrvChild *c)
{
    BlockJob *job = c->opaque;

    return g_strdup_printf("%s job '%s'", JobType_str(job->job.driver->type),
                           job->job.id ? job->job.id : "");
}

static void child_drained_begin(BdrvChild *c)
{
    BlockJob *job = c->opaque;

    job_pause(&job->job);
}

static void child_drained_end(BdrvChild *c)
{
    BlockJob *job = c->opaque;

    job_resume(&job->job);
}

static bool child_drained_poll(BdrvChild *c)
{
    BlockJob *job = c->opaque;

    if (job->job.done) {
        return false;
    }
    if (driver_of(job)->drained_poll && driver_of(job)->drained_poll(job)) {
        return true;
    }
    /* One that sleeps comes to a pause point before anything else. */
    return job->job.busy && !job->draining;
}

static const BdrvChildClass child_job = {
    .get_parent_desc = child_parent_desc,
    .drained_begin = child_drained_begin,
    .drained_end = child_drained_end,
    .drained_poll = child_drained_poll,
    .stay_at_node = true,
};

bool block_job_add_bdrv(BlockJob *job, const char *name, BlockDriverState *bs, uint64_t perm,
                        uint64_t shared_perm, Error **errp)
{
    BdrvChild *c;

    bdrv_ref(bs);
    c = bdrv_root_attach_child(bs, name, &child_job, 0, perm, shared_perm, job, errp);
    if (!c) {
        return false;
    }
    job->children = g_slist_prepend(job->children, c);
    bdrv_op_block_all(bs, job->blocker);
    return true;
}

void block_job_remove_all_bdrv(BlockJob *job)
{
    /* Each removal may run the main loop, and come here again. */
    while (job->children) {
        BdrvChild *c = job->children->data;

        job->children = g_slist_delete_link(job->children, job->children);
        bdrv_op_unblock_all(c->bs, job->blocker);
        bdrv_root_unref_child(c);
    }
}

/* ---- life ---- */

void *block_job_create(const char *job_id, const BlockJobDriver *driver, JobTxn *txn,
                       BlockDriverState *bs, uint64_t perm, uint64_t shared_perm, int64_t speed,
                       int flags, BlockCompletionFunc *cb, void *opaque, Error **errp)
{
    BlockJob *job;

    if (!job_id && !(flags & JOB_INTERNAL)) {
        job_id = bdrv_get_device_name(bs);
        if (!*job_id) {
            error_setg(errp, "An explicit job ID is required for this node");
            return NULL;
        }
    }
    if (speed < 0) {
        error_setg(errp, "Parameter 'speed' expects a non-negative value, not %" PRId64, speed);
        return NULL;
    }
    job = job_create(job_id, &driver->job_driver, txn, flags, cb, opaque, errp);
    if (!job) {
        return NULL;
    }
    error_setg(&job->blocker, "block device is in use by block job: %s",
               JobType_str(driver->job_driver.type));
    if (!block_job_add_bdrv(job, "main node", bs, perm, shared_perm, errp) ||
        !block_job_set_speed(job, speed, errp)) {
        job_early_fail(&job->job);
        return NULL;
    }
    return job;
}

void block_job_free(Job *base)
{
    BlockJob *job = container_of(base, BlockJob, job);

    block_job_remove_all_bdrv(job);
    error_free(job->blocker);
}

BlockJob *block_job_of(Job *job)
{
    return job->driver->event == block_job_event ? container_of(job, BlockJob, job) : NULL;
}

BlockJob *block_job_next(BlockJob *job)
{
    Job *next = job_next(job ? &job->job : NULL);

    while (next && !block_job_of(next)) {
        next = job_next(next);
    }
    return next ? block_job_of(next) : NULL;
}

BlockJob *block_job_get(const char *id)
{
    Job *job = job_get(id);

    return job ? block_job_of(job) : NULL;
}

/* ---- speed ---- */

bool block_job_set_speed(BlockJob *job, int64_t speed, Error **errp)
{
    if (!job_apply_verb(&job->job, JOB_VERB_SET_SPEED, errp)) {
        return false;
    }
    if (speed < 0) {
        error_setg(errp, "Parameter 'speed' expects a non-negative value, not %" PRId64, speed);
        return false;
    }
    job->speed = speed;
    job->next_ns = 0;
    if (driver_of(job)->set_speed) {
        driver_of(job)->set_speed(job, speed);
    }
    /* It may sleep for longer than it has to now. */
    job_enter(&job->job);
    return true;
}

void block_job_pace(BlockJob *job, int64_t bytes)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);

    if (job->speed) {
        job->next_ns = MAX(job->next_ns, now) + (int64_t)(bytes * 1e9 / job->speed);
    }
}

void block_job_processed(BlockJob *job, int64_t bytes)
{
    job_progress_update(&job->job, bytes);
    block_job_pace(job, bytes);
}

void coroutine_fn block_job_throttle(BlockJob *job)
{
    int64_t delay = 0;

    do {
        if (job->speed) {
            /* Half a slice ahead is fine: timers are late, too. */
            delay = job->next_ns - qemu_clock_get_ns(QEMU_CLOCK_REALTIME) - THROTTLE_SLICE_NS / 2;
            delay = MAX(delay, 0);
        } else {
            delay = 0;
        }
        job_sleep_ns(&job->job, delay);
    } while (delay && !job_is_cancelled(&job->job));
}

/* ---- events and errors ---- */

BlockJobInfo *block_job_query(BlockJob *job)
{
    BlockJobInfo *info = g_new0(BlockJobInfo, 1);
    Job *j = &job->job;

    info->type = j->driver->type;
    info->device = g_strdup(j->id);
    info->busy = j->busy;
    info->paused = j->pause_count > 0;
    info->offset = j->progress_current;
    info->len = j->progress_total;
    info->speed = job->speed;
    info->io_status = !job->iostatus            ? BLOCK_DEVICE_IO_STATUS_OK
                      : job->iostatus == ENOSPC ? BLOCK_DEVICE_IO_STATUS_NOSPACE
                                                : BLOCK_DEVICE_IO_STATUS_FAILED;
    info->ready = job_is_ready(j);
    info->status = j->status;
    info->auto_finalize = j->auto_finalize;
    info->auto_dismiss = j->auto_dismiss;
    info->error = j->err ? g_strdup(error_get_pretty(j->err)) : NULL;
    if (driver_of(job)->query) {
        driver_of(job)->query(job, info);
    }
    return info;
}

void block_job_event(Job *j, JobEvent event)
{
    BlockJob *job = container_of(j, BlockJob, job);

    if (event == JOB_EVENT_COMPLETED) {
        block_job_remove_all_bdrv(job);
    }
    if (!j->id) {
        return;
    }
    switch (event) {
    case JOB_EVENT_READY:
        qapi_event_send_block_job_ready(j->driver->type, j->id, j->progress_total,
                                        j->progress_current, job->speed);
        break;
    case JOB_EVENT_PENDING:
        qapi_event_send_block_job_pending(j->driver->type, j->id);
        break;
    case JOB_EVENT_COMPLETED:
        if (job_is_cancelled(j)) {
            qapi_event_send_block_job_cancelled(j->driver->type, j->id, j->progress_total,
                                                j->progress_current, job->speed);
        } else {
            qapi_event_send_block_job_completed(j->driver->type, j->id, j->progress_total,
                                                j->progress_current, job->speed,
                                                j->ret < 0 ? error_get_pretty(j->err) : NULL);
        }
        break;
    }
}

void block_job_user_resume(Job *j)
{
    container_of(j, BlockJob, job)->iostatus = 0;
}

BlockErrorAction block_job_error_action(BlockJob *job, BlockdevOnError on_err, bool is_read,
                                        int error)
{
    BlockErrorAction action;

    switch (on_err) {
    case BLOCKDEV_ON_ERROR_ENOSPC:
    case BLOCKDEV_ON_ERROR_AUTO:
        action = error == ENOSPC ? BLOCK_ERROR_ACTION_STOP : BLOCK_ERROR_ACTION_REPORT;
        break;
    case BLOCKDEV_ON_ERROR_STOP:
        action = BLOCK_ERROR_ACTION_STOP;
        break;
    case BLOCKDEV_ON_ERROR_IGNORE:
        action = BLOCK_ERROR_ACTION_IGNORE;
        break;
    default:
        action = BLOCK_ERROR_ACTION_REPORT;
        break;
    }
    if (action == BLOCK_ERROR_ACTION_STOP) {
        if (!job->job.user_paused) {
            /* As if a user had: he resumes it. */
            job->job.user_paused = true;
            job_pause(&job->job);
        }
        job->iostatus = error;
    }
    if (job->job.id) {
        qapi_event_send_block_job_error(
            job->job.id, is_read ? IO_OPERATION_TYPE_READ : IO_OPERATION_TYPE_WRITE, action);
    }
    return action;
}
