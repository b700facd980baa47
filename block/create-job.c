/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The job "create": makes an image, in a file or in a node that is there. Opening and closing nodes
 * cannot be done in a coroutine: the work is done in one go by the main loop, after a worker has
 * made what takes seconds, the keys of an image that is to be encrypted. Main thread.
 */
#include "qemu/osdep.h"
#include "block/block-jobs.h"
#include "block/block_int.h"
#include "block/thread-pool.h"
#include "crypto/block.h"
#include "qapi/clone-visitor.h"
#include "qapi/qapi-visit-block-create.h"
#include "qemu/main-loop.h"

typedef struct CreateJob {
    Job common;
    BlockDriver *drv;
    BlockdevCreateOptions *options;
    QCryptoLuksNew *luks; /* or NULL */
    int ret;
    Error *err;
} CreateJob;

static void create_bh(void *opaque)
{
    CreateJob *s = opaque;

    s->ret = s->drv->bdrv_create_node(s->options, s->luks, &s->err) ? 0 : -EINVAL;
    aio_co_wake(s->common.co);
}

static int make_keys(void *opaque)
{
    qcrypto_luks_new_make(opaque);
    return 0;
}

static bool coroutine_fn prepare_keys(CreateJob *s, Error **errp)
{
    BdrvCreateLuks l;

    if (!s->drv->bdrv_create_luks || !s->drv->bdrv_create_luks(s->options, &l)) {
        return true;
    }
    s->luks = qcrypto_luks_new_prepare(l.opts, l.detached, l.option, errp);
    if (s->luks) {
        thread_pool_submit_co(make_keys, s->luks);
        job_pause_point(&s->common);
    }
    return s->luks;
}

static int coroutine_fn create_run(Job *job, Error **errp)
{
    CreateJob *s = container_of(job, CreateJob, common);

    job_progress_set_remaining(job, 1);
    if (!prepare_keys(s, errp)) {
        return -EINVAL;
    }
    if (job_is_cancelled(job)) {
        return -ECANCELED;
    }
    aio_bh_schedule_oneshot(qemu_get_aio_context(), create_bh, s);
    qemu_coroutine_yield();
    error_propagate(errp, s->err);
    s->err = NULL;
    job_progress_update(job, 1);
    return s->ret;
}

static void create_free(Job *job)
{
    CreateJob *s = container_of(job, CreateJob, common);

    qapi_free_BlockdevCreateOptions(s->options);
    qcrypto_luks_new_free(s->luks);
}

static const JobDriver create_driver = {
    .instance_size = sizeof(CreateJob),
    .type = JOB_TYPE_CREATE,
    .run = create_run,
    .free = create_free,
};

bool create_start(const char *job_id, BlockdevCreateOptions *options, Error **errp)
{
    const char *name = BlockdevDriver_str(options->driver);
    BlockDriver *drv = bdrv_find_format(name);
    CreateJob *s;

    if (!drv || !drv->bdrv_create_node) {
        error_setg(errp, "Driver does not support blockdev-create: '%s'", name);
        return false;
    }
    s = job_create(job_id, &create_driver, NULL, JOB_MANUAL_DISMISS, NULL, NULL, errp);
    if (!s) {
        return false;
    }
    s->drv = drv;
    s->options = QAPI_CLONE(BlockdevCreateOptions, options);
    job_start(&s->common);
    return true;
}
