/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs over block nodes: with edges to what they use, a speed, and error policies. Main thread. */
#ifndef BLOCK_BLOCKJOB_H
#define BLOCK_BLOCKJOB_H

#include "block/block-backend.h"
#include "block/block_int.h"
#include "block/job.h"
#include "qapi/qapi-types-block-job.h"

typedef struct BlockJob {
    Job job;          /* first */
    int64_t speed;    /* bytes a second; 0: as fast as can be */
    int64_t next_ns;  /* when the next bytes may go */
    int iostatus;     /* 0, or errno of the error that has stopped it */
    bool draining;    /* its coroutine itself waits for a drain, and does nothing else */
    GSList *children; /* BdrvChild: the nodes that it uses */
    Error *blocker;   /* why others may not resize, snapshot... them */
} BlockJob;

typedef struct BlockJobDriver {
    JobDriver job_driver; /* first */
    /* Are requests in flight that its coroutine does not wait for? A drain has to. */
    bool (*drained_poll)(BlockJob *job);
    bool (*set_speed)(BlockJob *job, int64_t speed);
    void (*change)(BlockJob *job, BlockJobChangeOptions *opts, Error **errp);
    void (*query)(BlockJob *job, BlockJobInfo *info);
} BlockJobDriver;

/*
 * As job_create(). @job_id NULL: the name of the drive that @bs is in. The job has an edge to @bs
 * with the permissions, "main node".
 */
void *block_job_create(const char *job_id, const BlockJobDriver *driver, JobTxn *txn,
                       BlockDriverState *bs, uint64_t perm, uint64_t shared_perm, int64_t speed,
                       int flags, BlockCompletionFunc *cb, void *opaque, Error **errp);
/* Another node. */
bool block_job_add_bdrv(BlockJob *job, const char *name, BlockDriverState *bs, uint64_t perm,
                        uint64_t shared_perm, Error **errp);
void block_job_remove_all_bdrv(BlockJob *job);

/* NULL if the job is no block job. */
BlockJob *block_job_of(Job *job);
BlockJob *block_job_get(const char *id);
BlockJob *block_job_next(BlockJob *job);
BlockJobInfo *block_job_query(BlockJob *job);
bool block_job_set_speed(BlockJob *job, int64_t speed, Error **errp);

/* ---- in the job's coroutine ---- */

/* @bytes were copied: they count as progress and for the speed. */
void block_job_processed(BlockJob *job, int64_t bytes);
/* The same for the speed only. */
void block_job_pace(BlockJob *job, int64_t bytes);
/* Wait until the speed allows more. Also a pause point, and lets others run. */
void coroutine_fn block_job_throttle(BlockJob *job);
/*
 * A request has failed with @error (errno): what is to be done by the policy. STOP: the job is
 * paused by now, and tries again when a user resumes it. Sends BLOCK_JOB_ERROR.
 */
BlockErrorAction block_job_error_action(BlockJob *job, BlockdevOnError on_err, bool is_read,
                                        int error);

/* Fields of JobDriver that all of them have. */
#define BLOCK_JOB_COMMON                                                                           \
    .free = block_job_free, .event = block_job_event, .user_resume = block_job_user_resume
void block_job_free(Job *job);
void block_job_event(Job *job, JobEvent event);
void block_job_user_resume(Job *job);

#endif
