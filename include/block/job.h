/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs: long operations in the background, with a state machine that users see and steer.
 *
 * A job belongs to the main thread: its coroutine runs in the main loop, and all of this is called
 * there with the BQL held. So nothing here needs a lock; requests that it makes may be carried out
 * elsewhere. docs/devel/jobs.md has the states.
 */
#ifndef BLOCK_JOB_H
#define BLOCK_JOB_H

#include "block/aio.h"
#include "qapi/error.h"
#include "qapi/qapi-types-job.h"
#include "qemu/coroutine.h"
#include "qemu/queue.h"
#include "qemu/timer.h"

typedef struct Job Job;
typedef struct JobTxn JobTxn;

typedef enum JobVerb {
    JOB_VERB_CANCEL,
    JOB_VERB_PAUSE,
    JOB_VERB_RESUME,
    JOB_VERB_SET_SPEED,
    JOB_VERB_COMPLETE,
    JOB_VERB_FINALIZE,
    JOB_VERB_DISMISS,
    JOB_VERB_CHANGE,
    JOB_VERB__MAX,
} JobVerb;

typedef enum JobEvent {
    JOB_EVENT_READY,
    JOB_EVENT_PENDING,
    JOB_EVENT_COMPLETED, /* with job->ret, before it is concluded */
} JobEvent;

typedef struct JobDriver {
    size_t instance_size;
    JobType type;
    /* The work; 0 or -errno. Calls job_pause_point() or job_sleep_ns() often. */
    int coroutine_fn (*run)(Job *job, Error **errp);
    /* Around a pause, in the job's coroutine. */
    void coroutine_fn (*pause)(Job *job);
    void coroutine_fn (*resume)(Job *job);
    /* A user lets it go on after it was paused, for example by an error. */
    void (*user_resume)(Job *job);
    /* job-complete while it is ready. */
    void (*complete)(Job *job, Error **errp);
    /* It is to end: true if that means without result. NULL: it always does. */
    bool (*cancel)(Job *job, bool force);
    /*
     * After run(), outside of coroutines, for all jobs of a transaction: prepare() of each, which
     * may fail; then commit() of each, or abort() of each; then clean(). All may be NULL.
     */
    int (*prepare)(Job *job);
    void (*commit)(Job *job);
    void (*abort)(Job *job);
    void (*clean)(Job *job);
    void (*free)(Job *job);
    void (*event)(Job *job, JobEvent event);
} JobDriver;

struct Job {
    const JobDriver *driver;
    char *id; /* NULL: nobody but its maker knows it */
    int refcnt;
    JobStatus status;
    Coroutine *co; /* NULL until it starts */
    QEMUTimer sleep_timer;
    bool busy;   /* its coroutine may run or has a request: not in job_sleep_ns() or a pause */
    bool paused; /* in a pause point */
    int pause_count;
    bool user_paused;
    bool cancelled;    /* it is to end */
    bool force_cancel; /* without result */
    bool done;         /* run() has returned */
    bool auto_finalize, auto_dismiss;
    int ret;
    Error *err;
    int64_t progress_current, progress_total;
    JobTxn *txn;
    QLIST_ENTRY(Job) txn_list;
    QLIST_ENTRY(Job) list;
    /* For who waits for it: with ret, when it is over; may be NULL. */
    BlockCompletionFunc *cb;
    void *opaque;
};

#define JOB_DEFAULT         0
#define JOB_INTERNAL        1 /* no id */
#define JOB_MANUAL_FINALIZE 2
#define JOB_MANUAL_DISMISS  4

/* Jobs that end together: all with result, or none. NULL @txn in job_create(): it is alone. */
JobTxn *job_txn_new(void);
void job_txn_unref(JobTxn *txn);

/*
 * A job in status "created"; NULL and @errp if @id is malformed or taken. It is freed when it is
 * dismissed: by itself, unless JOB_MANUAL_DISMISS.
 */
void *job_create(const char *id, const JobDriver *driver, JobTxn *txn, int flags,
                 BlockCompletionFunc *cb, void *opaque, Error **errp);
void job_start(Job *job);
/* One that will not be started. */
void job_early_fail(Job *job);
void job_ref(Job *job);
void job_unref(Job *job);
/* NULL starts. */
Job *job_next(Job *job);
Job *job_get(const char *id);

bool job_is_ready(Job *job);
/* It is to end without result: run() returns as soon as it can. */
bool job_is_cancelled(Job *job);
/* It is to end, with or without. */
bool job_cancel_requested(Job *job);

/* ---- in the job's coroutine ---- */

void coroutine_fn job_pause_point(Job *job);
/* Shorter if it is paused or cancelled, or somebody calls job_enter(). */
void coroutine_fn job_sleep_ns(Job *job, int64_t ns);
/* Until job_enter(). */
void coroutine_fn job_yield(Job *job);
void job_transition_to_ready(Job *job);
void job_progress_update(Job *job, int64_t done);
void job_progress_set_remaining(Job *job, int64_t remaining);

/* ---- from outside ---- */

/* Wake it up from job_sleep_ns() or job_yield(). */
void job_enter(Job *job);
/* Nest; for drains. Users have their own. */
void job_pause(Job *job);
void job_resume(Job *job);
bool job_apply_verb(Job *job, JobVerb verb, Error **errp);
void job_user_pause(Job *job, Error **errp);
void job_user_resume(Job *job, Error **errp);
void job_user_cancel(Job *job, bool force, Error **errp);
void job_complete(Job *job, Error **errp);
void job_finalize(Job *job, Error **errp);
/* *@job is NULL afterwards. */
void job_dismiss(Job **job, Error **errp);
void job_cancel(Job *job, bool force);
/* Cancel and wait until it is over; its result. */
int job_cancel_sync(Job *job, bool force);
/* All, at the end of the process. */
void job_cancel_sync_all(void);
/* Run the main loop until it is over; its result. */
int job_wait(Job *job, Error **errp);

/* ---- between job*.c ---- */

void job_state_transition(Job *job, JobStatus status);
/* run() has returned, or never will be called. */
void job_completed(Job *job);
void job_txn_add(JobTxn *txn, Job *job);
void job_txn_remove(Job *job);
void job_txn_abort(Job *job);
void job_cancel_async(Job *job, bool force);
void job_do_dismiss(Job *job);

#endif
