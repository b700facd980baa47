/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs: life, states, and what users may do when. How they end: job-txn.c. Main thread. */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "block/job.h"
#include "qapi/qapi-events-job.h"
#include "qemu/id.h"
#include "qemu/main-loop.h"

static QLIST_HEAD(, Job) jobs = QLIST_HEAD_INITIALIZER(jobs);

#define BIT_OF(status) (1u << JOB_STATUS_##status)

/* Where each status may lead to. */
static const uint16_t transitions[JOB_STATUS__MAX] = {
    [JOB_STATUS_UNDEFINED] = BIT_OF(CREATED),
    [JOB_STATUS_CREATED] = BIT_OF(RUNNING) | BIT_OF(ABORTING) | BIT_OF(NULL),
    [JOB_STATUS_RUNNING] = BIT_OF(PAUSED) | BIT_OF(READY) | BIT_OF(WAITING) | BIT_OF(ABORTING),
    [JOB_STATUS_PAUSED] = BIT_OF(RUNNING),
    [JOB_STATUS_READY] = BIT_OF(STANDBY) | BIT_OF(WAITING) | BIT_OF(ABORTING),
    [JOB_STATUS_STANDBY] = BIT_OF(READY),
    [JOB_STATUS_WAITING] = BIT_OF(PENDING) | BIT_OF(ABORTING),
    [JOB_STATUS_PENDING] = BIT_OF(ABORTING) | BIT_OF(CONCLUDED),
    [JOB_STATUS_ABORTING] = BIT_OF(ABORTING) | BIT_OF(CONCLUDED),
    [JOB_STATUS_CONCLUDED] = BIT_OF(NULL),
};

#define AT_WORK                                                                                    \
    (BIT_OF(CREATED) | BIT_OF(RUNNING) | BIT_OF(PAUSED) | BIT_OF(READY) | BIT_OF(STANDBY))

/* In which status users may say what. */
static const struct {
    const char *name;
    uint16_t allowed;
} verbs[JOB_VERB__MAX] = {
    [JOB_VERB_CANCEL] = {"cancel", AT_WORK | BIT_OF(WAITING) | BIT_OF(PENDING)},
    [JOB_VERB_PAUSE] = {"pause", AT_WORK},
    [JOB_VERB_RESUME] = {"resume", AT_WORK},
    [JOB_VERB_SET_SPEED] = {"set-speed", AT_WORK},
    [JOB_VERB_COMPLETE] = {"complete", BIT_OF(READY) | BIT_OF(STANDBY)},
    [JOB_VERB_FINALIZE] = {"finalize", BIT_OF(PENDING)},
    [JOB_VERB_DISMISS] = {"dismiss", BIT_OF(CONCLUDED)},
    [JOB_VERB_CHANGE] = {"change", AT_WORK},
};

bool job_apply_verb(Job *job, JobVerb verb, Error **errp)
{
    if (verbs[verb].allowed & (1u << job->status)) {
        return true;
    }
    error_setg(errp, "Job '%s' in state '%s' cannot accept command verb '%s'", job->id,
               JobStatus_str(job->status), verbs[verb].name);
    return false;
}

void job_state_transition(Job *job, JobStatus status)
{
    /* Our own code asks for none but these. */
    g_assert(transitions[job->status] & (1u << status));
    if (job->status != status && job->id) {
        job->status = status;
        qapi_event_send_job_status_change(job->id, status);
    }
    job->status = status;
}

/* ---- life ---- */

Job *job_next(Job *job)
{
    return job ? QLIST_NEXT(job, list) : QLIST_FIRST(&jobs);
}

Job *job_get(const char *id)
{
    Job *job;

    QLIST_FOREACH (job, &jobs, list) {
        if (job->id && !strcmp(id, job->id)) {
            return job;
        }
    }
    return NULL;
}

static void sleep_timer_cb(void *opaque)
{
    job_enter(opaque);
}

static bool check_id(const char *id, int flags, Error **errp)
{
    if (!id) {
        if (!(flags & JOB_INTERNAL)) {
            error_setg(errp, "An explicit job ID is required");
        }
        return flags & JOB_INTERNAL;
    }
    if (!id_wellformed(id)) {
        error_setg(errp, "Invalid job ID '%s'", id);
        return false;
    }
    if (job_get(id)) {
        error_setg(errp, "Job ID '%s' already in use", id);
        return false;
    }
    return true;
}

void *job_create(const char *id, const JobDriver *driver, JobTxn *txn, int flags,
                 BlockCompletionFunc *cb, void *opaque, Error **errp)
{
    Job *job;

    if (!check_id(id, flags, errp)) {
        return NULL;
    }
    job = g_malloc0(driver->instance_size);
    job->driver = driver;
    job->id = g_strdup(id);
    job->refcnt = 1;
    job->auto_finalize = !(flags & JOB_MANUAL_FINALIZE);
    job->auto_dismiss = !(flags & JOB_MANUAL_DISMISS);
    job->cb = cb;
    job->opaque = opaque;
    aio_timer_init(qemu_get_aio_context(), &job->sleep_timer, QEMU_CLOCK_REALTIME, SCALE_NS,
                   sleep_timer_cb, job);
    QLIST_INSERT_HEAD(&jobs, job, list);
    job_state_transition(job, JOB_STATUS_CREATED);
    if (txn) {
        job_txn_add(txn, job);
    } else {
        txn = job_txn_new();
        job_txn_add(txn, job);
        job_txn_unref(txn);
    }
    return job;
}

void job_ref(Job *job)
{
    job->refcnt++;
}

void job_unref(Job *job)
{
    if (--job->refcnt) {
        return;
    }
    /* Who drops the last reference has dismissed it. */
    g_assert(job->status == JOB_STATUS_NULL);
    timer_del(&job->sleep_timer);
    if (job->driver->free) {
        job->driver->free(job);
    }
    QLIST_REMOVE(job, list);
    error_free(job->err);
    g_free(job->id);
    g_free(job);
}

void job_do_dismiss(Job *job)
{
    job_txn_remove(job);
    job_state_transition(job, JOB_STATUS_NULL);
    job_unref(job);
}

void job_early_fail(Job *job)
{
    job_do_dismiss(job);
}

/* ---- running ---- */

bool job_is_ready(Job *job)
{
    return job->status == JOB_STATUS_READY || job->status == JOB_STATUS_STANDBY;
}

bool job_is_cancelled(Job *job)
{
    return job->cancelled && job->force_cancel;
}

bool job_cancel_requested(Job *job)
{
    return job->cancelled;
}

static void exit_bh(void *opaque)
{
    Job *job = opaque;

    job->busy = false;
    job_completed(job);
    job_unref(job);
    aio_wait_kick();
}

static void coroutine_fn run_entry(void *opaque)
{
    Job *job = opaque;

    job_pause_point(job);
    job->ret = job->driver->run(job, &job->err);
    job->done = true;
    /* The rest changes the graph, outside of coroutines. */
    aio_bh_schedule_oneshot(qemu_get_aio_context(), exit_bh, job);
}

void job_start(Job *job)
{
    job->co = qemu_coroutine_create(run_entry, job);
    job->busy = true;
    job_ref(job); /* the coroutine's, until exit_bh() */
    job_state_transition(job, JOB_STATUS_RUNNING);
    aio_co_enter(qemu_get_aio_context(), job->co);
}

void job_enter(Job *job)
{
    if (!job->co || job->done || job->busy) {
        return;
    }
    timer_del(&job->sleep_timer);
    job->busy = true;
    aio_co_enter(qemu_get_aio_context(), job->co);
}

/* @ns -1: no timer. */
static void coroutine_fn do_yield(Job *job, int64_t ns)
{
    if (ns != -1) {
        timer_mod(&job->sleep_timer, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + ns);
    }
    job->busy = false;
    aio_wait_kick();
    qemu_coroutine_yield();
}

static bool should_pause(Job *job)
{
    return job->pause_count > 0 && !job_is_cancelled(job);
}

void coroutine_fn job_pause_point(Job *job)
{
    JobStatus status = job->status;

    if (!should_pause(job)) {
        return;
    }
    if (job->driver->pause) {
        job->driver->pause(job);
    }
    if (should_pause(job)) {
        job_state_transition(job,
                             status == JOB_STATUS_READY ? JOB_STATUS_STANDBY : JOB_STATUS_PAUSED);
        job->paused = true;
        /* Whoever wakes it up too early leaves it asleep. */
        while (should_pause(job)) {
            do_yield(job, -1);
        }
        job->paused = false;
        job_state_transition(job, status);
    }
    if (job->driver->resume) {
        job->driver->resume(job);
    }
}

void coroutine_fn job_yield(Job *job)
{
    if (!job_is_cancelled(job) && !should_pause(job)) {
        do_yield(job, -1);
    }
    job_pause_point(job);
}

void coroutine_fn job_sleep_ns(Job *job, int64_t ns)
{
    if (!job_is_cancelled(job) && !should_pause(job)) {
        do_yield(job, ns);
    }
    job_pause_point(job);
}

void job_transition_to_ready(Job *job)
{
    job_state_transition(job, JOB_STATUS_READY);
    if (job->driver->event) {
        job->driver->event(job, JOB_EVENT_READY);
    }
}

void job_progress_update(Job *job, int64_t done)
{
    job->progress_current += done;
}

void job_progress_set_remaining(Job *job, int64_t remaining)
{
    job->progress_total = job->progress_current + remaining;
}

/* ---- from outside ---- */

void job_pause(Job *job)
{
    job->pause_count++;
    if (!job->paused) {
        job_enter(job);
    }
}

void job_resume(Job *job)
{
    /* Each has a pause before it. */
    g_assert(job->pause_count > 0);
    if (--job->pause_count == 0) {
        job_enter(job);
    }
}

void job_user_pause(Job *job, Error **errp)
{
    if (!job_apply_verb(job, JOB_VERB_PAUSE, errp)) {
        return;
    }
    if (job->user_paused) {
        error_setg(errp, "Job is already paused");
        return;
    }
    job->user_paused = true;
    job_pause(job);
}

void job_user_resume(Job *job, Error **errp)
{
    if (!job->user_paused || job->pause_count <= 0) {
        error_setg(errp, "Can't resume a job that was not paused");
        return;
    }
    if (!job_apply_verb(job, JOB_VERB_RESUME, errp)) {
        return;
    }
    if (job->driver->user_resume) {
        job->driver->user_resume(job);
    }
    job->user_paused = false;
    job_resume(job);
}

void job_user_cancel(Job *job, bool force, Error **errp)
{
    if (job_apply_verb(job, JOB_VERB_CANCEL, errp)) {
        job_cancel(job, force);
    }
}

void job_complete(Job *job, Error **errp)
{
    if (!job_apply_verb(job, JOB_VERB_COMPLETE, errp)) {
        return;
    }
    if (job_cancel_requested(job) || !job->driver->complete) {
        error_setg(errp, "The active block job '%s' cannot be completed", job->id);
        return;
    }
    job->driver->complete(job, errp);
}

void job_dismiss(Job **jobptr, Error **errp)
{
    Job *job = *jobptr;

    if (job_apply_verb(job, JOB_VERB_DISMISS, errp)) {
        job_do_dismiss(job);
        *jobptr = NULL;
    }
}

void job_cancel_async(Job *job, bool force)
{
    force = job->driver->cancel ? job->driver->cancel(job, force) : true;
    if (job->user_paused) {
        /* It is woken up for its end; the user's pause is over. */
        job->user_paused = false;
        job->pause_count--;
        if (job->driver->user_resume) {
            job->driver->user_resume(job);
        }
    }
    if (force || !job->done) {
        job->cancelled = true;
        job->force_cancel |= force;
    }
}

void job_cancel(Job *job, bool force)
{
    if (job->status == JOB_STATUS_CONCLUDED) {
        job_do_dismiss(job);
        return;
    }
    job_cancel_async(job, force);
    if (!job->co) {
        job_completed(job);
    } else if (!job->done) {
        job_enter(job);
    } else if (job->status == JOB_STATUS_WAITING || job->status == JOB_STATUS_PENDING) {
        job_txn_abort(job);
    }
}

static bool is_over(Job *job)
{
    return job->status == JOB_STATUS_CONCLUDED || job->status == JOB_STATUS_NULL;
}

int job_wait(Job *job, Error **errp)
{
    int ret;

    job_ref(job);
    AIO_WAIT_WHILE(qemu_get_aio_context(), (job_enter(job), !is_over(job)));
    ret = job->ret;
    if (ret < 0 && errp) {
        error_propagate(errp, error_copy(job->err));
    }
    job_unref(job);
    return ret;
}

int job_cancel_sync(Job *job, bool force)
{
    int ret;

    job_ref(job);
    if (!is_over(job)) {
        job_cancel(job, force);
    }
    ret = job_wait(job, NULL);
    job_unref(job);
    return ret;
}

void job_cancel_sync_all(void)
{
    Job *job;

    while ((job = job_next(NULL))) {
        job_ref(job);
        job_cancel_sync(job, true);
        if (job->status == JOB_STATUS_CONCLUDED) {
            job_do_dismiss(job);
        }
        job_unref(job);
    }
}
