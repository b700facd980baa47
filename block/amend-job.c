/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The job "amend": changes key slots of an encrypted image that is in use. What takes seconds,
 * trying and making passphrases, is done by a worker; reading and writing the header is as a
 * request of the job, which waits while the node is drained. Main thread.
 */
#include "qemu/osdep.h"
#include "blk-internal.h"
#include "block/block-jobs.h"
#include "block/thread-pool.h"
#include "crypto/block.h"
#include "qapi/clone-visitor.h"
#include "qapi/qapi-visit-block-create.h"

typedef struct AmendJob {
    Job common;
    BlockBackend *blk;
    BlockdevAmendOptions *options;
    bool force;
} AmendJob;

static int make_change(void *opaque)
{
    qcrypto_luks_change_make(opaque);
    return 0;
}

/* Its driver may have gone when a drain is over: an image that is found corrupt is closed. */
static BlockDriver *coroutine_fn begin_request(AmendJob *s, Error **errp)
{
    BlockDriver *drv;

    blk_inc_in_flight(s->blk);
    blk_wait_while_drained(s->blk);
    drv = blk_bs(s->blk)->drv;
    if (!drv) {
        error_setg(errp, "No medium inserted");
        blk_dec_in_flight(s->blk);
    }
    return drv;
}

static bool coroutine_fn prepare(AmendJob *s, QCryptoLuksChange **change, Error **errp)
{
    BlockDriver *drv = begin_request(s, errp);
    bool ok;

    if (!drv) {
        return false;
    }
    ok = drv->bdrv_amend_prepare(blk_bs(s->blk), s->options, s->force, change, errp);
    blk_dec_in_flight(s->blk);
    return ok;
}

static bool coroutine_fn write_change(AmendJob *s, QCryptoLuksChange *change, Error **errp)
{
    BlockDriver *drv = begin_request(s, errp);
    bool ok = false;

    if (!drv) {
        return false;
    }
    if (bdrv_is_writable(blk_bs(s->blk))) {
        ok = drv->bdrv_amend_write(blk_bs(s->blk), change, errp);
    } else {
        error_setg(errp, "Node '%s' is read-only", blk_bs(s->blk)->node_name);
    }
    blk_dec_in_flight(s->blk);
    return ok;
}

static int coroutine_fn amend_run(Job *job, Error **errp)
{
    AmendJob *s = container_of(job, AmendJob, common);
    g_autoptr(QCryptoLuksChange) change = NULL;

    job_progress_set_remaining(job, 1);
    if (!prepare(s, &change, errp)) {
        return -EINVAL;
    }
    if (change) {
        thread_pool_submit_co(make_change, change);
        job_pause_point(job);
        if (job_is_cancelled(job)) {
            return -ECANCELED;
        }
        if (!write_change(s, change, errp)) {
            return -EINVAL;
        }
    }
    job_progress_update(job, 1);
    return 0;
}

static void amend_free(Job *job)
{
    AmendJob *s = container_of(job, AmendJob, common);

    qapi_free_BlockdevAmendOptions(s->options);
    blk_unref(s->blk);
}

static const JobDriver amend_driver = {
    .instance_size = sizeof(AmendJob),
    .type = JOB_TYPE_AMEND,
    .run = amend_run,
    .free = amend_free,
};

static bool check_driver(BlockDriverState *bs, const BlockdevAmendOptions *options, Error **errp)
{
    const char *name = BlockdevDriver_str(options->driver);

    if (!bs->drv) {
        error_setg(errp, "Node '%s' has no medium", bs->node_name);
    } else if (strcmp(bs->drv->format_name, name)) {
        error_setg(errp,
                   "x-blockdev-amend doesn't support changing the block driver: node '%s' has "
                   "'%s', not '%s'",
                   bs->node_name, bs->drv->format_name, name);
    } else if (!bs->drv->bdrv_amend_prepare) {
        error_setg(errp, "Driver does not support x-blockdev-amend: '%s'", name);
    } else if (!bdrv_is_writable(bs)) {
        error_setg(errp, "Node '%s' is read-only", bs->node_name);
    } else {
        return true;
    }
    return false;
}

bool amend_start(const char *job_id, BlockDriverState *bs, const BlockdevAmendOptions *options,
                 bool force, Error **errp)
{
    BlockBackend *blk;
    AmendJob *s;

    if (!check_driver(bs, options, errp)) {
        return false;
    }
    /* Options and change are for this node, whatever takes its place meanwhile. */
    blk = blk_new_at_node(bs, 0, BLK_PERM_ALL, errp);
    if (!blk) {
        return false;
    }
    s = job_create(job_id, &amend_driver, NULL, JOB_MANUAL_DISMISS, NULL, NULL, errp);
    if (!s) {
        blk_unref(blk);
        return false;
    }
    s->blk = blk;
    s->options = QAPI_CLONE(BlockdevAmendOptions, options);
    s->force = force;
    job_start(&s->common);
    return true;
}
