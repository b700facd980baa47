/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How jobs end. Those of a transaction wait for each other; then all prepare their results, and if
 * nobody fails, all commit them. If one fails or is cancelled, the others are cancelled, too. Main
 * thread, outside of coroutines.
 */
#include "qemu/osdep.h"
#include "block/job.h"

struct JobTxn {
    int refcnt;
    bool aborting;
    QLIST_HEAD(, Job) jobs;
};

JobTxn *job_txn_new(void)
{
    JobTxn *txn = g_new0(JobTxn, 1);

    QLIST_INIT(&txn->jobs);
    txn->refcnt = 1;
    return txn;
}

void job_txn_unref(JobTxn *txn)
{
    if (txn && --txn->refcnt == 0) {
        g_free(txn);
    }
}

void job_txn_add(JobTxn *txn, Job *job)
{
    job->txn = txn;
    txn->refcnt++;
    QLIST_INSERT_HEAD(&txn->jobs, job, txn_list);
}

void job_txn_remove(Job *job)
{
    if (job->txn) {
        QLIST_REMOVE(job, txn_list);
        job_txn_unref(job->txn);
        job->txn = NULL;
    }
}

static bool has_ended(Job *job)
{
    return job->done || !job->co;
}

static void update_result(Job *job)
{
    if (!job->ret && (job_is_cancelled(job) || (job->txn && job->txn->aborting))) {
        job->ret = -ECANCELED;
    }
    if (job->ret) {
        if (!job->err) {
            error_setg(&job->err, "%s", strerror(-job->ret));
        }
        job_state_transition(job, JOB_STATUS_ABORTING);
    }
}

static void finalize_single(Job *job)
{
    const JobDriver *drv = job->driver;

    update_result(job);
    if (job->ret) {
        if (drv->abort) {
            drv->abort(job);
        }
    } else if (drv->commit) {
        drv->commit(job);
    }
    if (drv->clean) {
        drv->clean(job);
    }
    if (drv->event && job->co) {
        drv->event(job, JOB_EVENT_COMPLETED);
    }
    if (job->cb) {
        job->cb(job->opaque, job->ret);
    }
    job_txn_remove(job);
    job_state_transition(job, JOB_STATUS_CONCLUDED);
    if (job->auto_dismiss || !job->co) {
        job_do_dismiss(job);
    }
}

static void finalize_all(JobTxn *txn)
{
    txn->refcnt++;
    while (!QLIST_EMPTY(&txn->jobs)) {
        finalize_single(QLIST_FIRST(&txn->jobs));
    }
    job_txn_unref(txn);
}

/* Once the last one has stopped. */
static void finish_abort(JobTxn *txn)
{
    Job *job;

    QLIST_FOREACH (job, &txn->jobs, txn_list) {
        if (!has_ended(job) || job->busy) {
            return;
        }
    }
    finalize_all(txn);
}

void job_txn_abort(Job *job)
{
    JobTxn *txn = job->txn;
    Job *other;

    if (!txn->aborting) {
        txn->aborting = true;
        QLIST_FOREACH (other, &txn->jobs, txn_list) {
            if (other != job && !has_ended(other)) {
                job_cancel_async(other, true);
            }
        }
        QLIST_FOREACH (other, &txn->jobs, txn_list) {
            if (other != job && !has_ended(other)) {
                job_enter(other);
            }
        }
    }
    finish_abort(txn);
}

static void do_finalize(Job *job)
{
    JobTxn *txn = job->txn;
    Job *other;

    QLIST_FOREACH (other, &txn->jobs, txn_list) {
        if (other->driver->prepare) {
            other->ret = other->driver->prepare(other);
        }
        if (other->ret) {
            job_txn_abort(other);
            return;
        }
    }
    finalize_all(txn);
}

static void txn_success(Job *job)
{
    JobTxn *txn = job->txn;
    bool manual = false;
    Job *other;

    job_state_transition(job, JOB_STATUS_WAITING);
    QLIST_FOREACH (other, &txn->jobs, txn_list) {
        if (other->status != JOB_STATUS_WAITING) {
            return;
        }
    }
    QLIST_FOREACH (other, &txn->jobs, txn_list) {
        job_state_transition(other, JOB_STATUS_PENDING);
        if (!other->auto_finalize) {
            manual = true;
            if (other->driver->event) {
                other->driver->event(other, JOB_EVENT_PENDING);
            }
        }
    }
    if (!manual) {
        do_finalize(job);
    }
}

void job_completed(Job *job)
{
    update_result(job);
    if (job->ret) {
        job_txn_abort(job);
    } else {
        txn_success(job);
    }
}

void job_finalize(Job *job, Error **errp)
{
    if (job_apply_verb(job, JOB_VERB_FINALIZE, errp)) {
        do_finalize(job);
    }
}
