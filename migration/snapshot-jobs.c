/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The jobs snapshot-save, snapshot-load and snapshot-delete. Their work stops the machine and is
 * done in one go by the main loop, outside of the jobs' coroutines.
 */
#include "qemu/osdep.h"
#include "block/job.h"
#include "migration/snapshot.h"
#include "qapi/clone-visitor.h"
#include "qapi/qapi-builtin-visit.h"
#include "qapi/qapi-commands-migration.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "system/runstate.h"

typedef struct SnapshotJob {
    Job common;
    char *tag, *vmstate;
    strList *devices;
    bool ok;
    Error *err;
} SnapshotJob;

static void save_work(SnapshotJob *s)
{
    s->ok = save_snapshot(s->tag, false, s->vmstate, s->devices, &s->err);
}

static void load_work(SnapshotJob *s)
{
    RunState was = runstate_get();
    bool loaded;

    s->ok = load_snapshot(s->tag, s->vmstate, s->devices, &loaded, &s->err);
    if (s->ok && runstate_is_live(was)) {
        vm_start();
    }
}

static void delete_work(SnapshotJob *s)
{
    bool found;

    s->ok = delete_snapshot(s->tag, s->devices, &found, &s->err);
}

static int coroutine_fn run(Job *job, Error **errp);

static void job_free(Job *job)
{
    SnapshotJob *s = container_of(job, SnapshotJob, common);

    g_free(s->tag);
    g_free(s->vmstate);
    qapi_free_strList(s->devices);
}

#define DRIVER(type_)                                                                              \
    {                                                                                              \
        .instance_size = sizeof(SnapshotJob), .type = JOB_TYPE_SNAPSHOT_##type_, .run = run,       \
        .free = job_free,                                                                          \
    }

static const JobDriver save_driver = DRIVER(SAVE), load_driver = DRIVER(LOAD),
                       delete_driver = DRIVER(DELETE);

static void work_bh(void *opaque)
{
    SnapshotJob *s = opaque;

    if (s->common.driver == &save_driver) {
        save_work(s);
    } else if (s->common.driver == &load_driver) {
        load_work(s);
    } else {
        delete_work(s);
    }
    aio_co_wake(s->common.co);
}

static int coroutine_fn run(Job *job, Error **errp)
{
    SnapshotJob *s = container_of(job, SnapshotJob, common);

    job_progress_set_remaining(job, 1);
    aio_bh_schedule_oneshot(qemu_get_aio_context(), work_bh, s);
    qemu_coroutine_yield();
    error_propagate(errp, g_steal_pointer(&s->err));
    job_progress_update(job, 1);
    return s->ok ? 0 : -EIO;
}

static void start(const JobDriver *driver, const char *id, const char *tag, const char *vmstate,
                  strList *devices, Error **errp)
{
    SnapshotJob *s;

    if (!devices) {
        error_setg(errp, "argument 'devices': at least one is needed");
        return;
    }
    s = job_create(id, driver, NULL, JOB_MANUAL_DISMISS, NULL, NULL, errp);
    if (s) {
        s->tag = g_strdup(tag);
        s->vmstate = g_strdup(vmstate);
        s->devices = QAPI_CLONE(strList, devices);
        job_start(&s->common);
    }
}

void qmp_snapshot_save(const char *job_id, const char *tag, const char *vmstate, strList *devices,
                       Error **errp)
{
    start(&save_driver, job_id, tag, vmstate, devices, errp);
}

void qmp_snapshot_load(const char *job_id, const char *tag, const char *vmstate, strList *devices,
                       Error **errp)
{
    start(&load_driver, job_id, tag, vmstate, devices, errp);
}

void qmp_snapshot_delete(const char *job_id, const char *tag, strList *devices, Error **errp)
{
    start(&delete_driver, job_id, tag, NULL, devices, errp);
}
