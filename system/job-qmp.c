/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about jobs. Main thread. */
#include "qemu/osdep.h"
#include "block/blockjob.h"
#include "qapi/qapi-commands-block-job.h"
#include "qapi/qapi-commands-job.h"
#include "qemu/nearest-name.h"

static Job *find_job(const char *id, Error **errp)
{
    ERRP_GUARD();
    Job *job = job_get(id);
    NearestName near;

    if (!job) {
        error_setg(errp, "Job not found");
        nearest_name_init(&near, id);
        for (Job *j = job_next(NULL); j; j = job_next(j)) {
            if (j->id) {
                nearest_name_try(&near, j->id);
            }
        }
        nearest_name_hint(&near, errp);
    }
    return job;
}

void qmp_job_cancel(const char *id, Error **errp)
{
    Job *job = find_job(id, errp);

    if (job) {
        job_user_cancel(job, true, errp);
    }
}

void qmp_job_pause(const char *id, Error **errp)
{
    Job *job = find_job(id, errp);

    if (job) {
        job_user_pause(job, errp);
    }
}

void qmp_job_resume(const char *id, Error **errp)
{
    Job *job = find_job(id, errp);

    if (job) {
        job_user_resume(job, errp);
    }
}

void qmp_job_complete(const char *id, Error **errp)
{
    Job *job = find_job(id, errp);

    if (job) {
        job_complete(job, errp);
    }
}

void qmp_job_finalize(const char *id, Error **errp)
{
    Job *job = find_job(id, errp);

    if (job) {
        job_finalize(job, errp);
    }
}

void qmp_job_dismiss(const char *id, Error **errp)
{
    Job *job = find_job(id, errp);

    if (job) {
        job_dismiss(&job, errp);
    }
}

JobInfoList *qmp_query_jobs(Error **errp)
{
    JobInfoList *list = NULL, **tail = &list;

    for (Job *job = job_next(NULL); job; job = job_next(job)) {
        JobInfo *info;

        if (!job->id) {
            continue;
        }
        info = g_new0(JobInfo, 1);
        info->id = g_strdup(job->id);
        info->type = job->driver->type;
        info->status = job->status;
        info->current_progress = job->progress_current;
        info->total_progress = job->progress_total;
        info->error = job->err ? g_strdup(error_get_pretty(job->err)) : NULL;
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

/* ---- jobs over block nodes ---- */

static BlockJob *find_block_job(const char *id, Error **errp)
{
    BlockJob *job = block_job_get(id);

    if (!job) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_ACTIVE, "Block job '%s' not found", id);
    }
    return job;
}

BlockJobInfoList *qmp_query_block_jobs(Error **errp)
{
    BlockJobInfoList *list = NULL, **tail = &list;

    for (BlockJob *job = block_job_next(NULL); job; job = block_job_next(job)) {
        if (job->job.id) {
            QAPI_LIST_APPEND(tail, block_job_query(job));
        }
    }
    return list;
}

void qmp_block_job_set_speed(const char *device, int64_t speed, Error **errp)
{
    BlockJob *job = find_block_job(device, errp);

    if (job) {
        block_job_set_speed(job, speed, errp);
    }
}

void qmp_block_job_cancel(const char *device, bool has_force, bool force, Error **errp)
{
    BlockJob *job = find_block_job(device, errp);

    force = has_force && force;
    if (!job) {
        return;
    }
    if (job->job.user_paused && !force) {
        error_setg(errp, "The block job for device '%s' is currently paused", device);
        return;
    }
    job_user_cancel(&job->job, force, errp);
}

void qmp_block_job_pause(const char *device, Error **errp)
{
    BlockJob *job = find_block_job(device, errp);

    if (job) {
        job_user_pause(&job->job, errp);
    }
}

void qmp_block_job_resume(const char *device, Error **errp)
{
    BlockJob *job = find_block_job(device, errp);

    if (job) {
        job_user_resume(&job->job, errp);
    }
}

void qmp_block_job_complete(const char *device, Error **errp)
{
    BlockJob *job = find_block_job(device, errp);

    if (job) {
        job_complete(&job->job, errp);
    }
}

void qmp_block_job_finalize(const char *id, Error **errp)
{
    BlockJob *job = find_block_job(id, errp);

    if (job) {
        job_finalize(&job->job, errp);
    }
}

void qmp_block_job_dismiss(const char *id, Error **errp)
{
    BlockJob *job = find_block_job(id, errp);
    Job *base;

    if (job) {
        base = &job->job;
        job_dismiss(&base, errp);
    }
}

void qmp_block_job_change(BlockJobChangeOptions *opts, Error **errp)
{
    BlockJob *job = find_block_job(opts->id, errp);
    const BlockJobDriver *drv;

    if (!job || !job_apply_verb(&job->job, JOB_VERB_CHANGE, errp)) {
        return;
    }
    drv = container_of(job->job.driver, BlockJobDriver, job_driver);
    if (opts->type != job->job.driver->type) {
        error_setg(errp, "job type mismatch: job '%s' is a %s job", opts->id,
                   JobType_str(job->job.driver->type));
    } else if (!drv->change) {
        error_setg(errp, "Job type does not support change");
    } else {
        drv->change(job, opts, errp);
    }
}
