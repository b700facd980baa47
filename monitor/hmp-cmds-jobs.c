/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMP commands of jobs over block nodes. */

#include "qemu/osdep.h"
#include "commands.h"
#include "block/blockjob.h"
#include "block/qapi.h"
#include "qapi/qapi-commands-block-change.h"
#include "qapi/qapi-commands-block-job.h"

static void info_block_jobs(Monitor *mon, const QDict *args)
{
    g_autoptr(BlockJobInfoList) list = qmp_query_block_jobs(NULL);

    if (!list) {
        monitor_puts(mon, "No active jobs\n");
    }
    for (BlockJobInfoList *e = list; e; e = e->next) {
        BlockJobInfo *i = e->value;

        if (i->type == JOB_TYPE_STREAM) {
            monitor_printf(mon,
                           "Streaming device %s: Completed %" PRId64 " of %" PRId64
                           " bytes, speed limit %" PRId64 " bytes/s\n",
                           i->device, i->offset, i->len, i->speed);
        } else {
            monitor_printf(mon,
                           "Type %s, device %s: Completed %" PRId64 " of %" PRId64
                           " bytes, speed limit %" PRId64 " bytes/s\n",
                           JobType_str(i->type), i->device, i->offset, i->len, i->speed);
        }
    }
}

static void cmd_stream(Monitor *mon, const QDict *args)
{
    const char *device = qdict_get_str(args, "device");
    Error *err = NULL;

    qmp_block_stream(device, device, qdict_get_try_str(args, "base"), NULL, NULL, false, false,
                     NULL, qdict_haskey(args, "speed"), qdict_get_try_int(args, "speed", 0), true,
                     BLOCKDEV_ON_ERROR_REPORT, NULL, false, false, false, false, &err);
    hmp_handle_error(mon, err);
}

static void cmd_set_speed(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qmp_block_job_set_speed(qdict_get_str(args, "device"), qdict_get_int(args, "speed"), &err);
    hmp_handle_error(mon, err);
}

static void cmd_cancel(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qmp_block_job_cancel(qdict_get_str(args, "device"), true, qdict_get_bool(args, "-f"), &err);
    hmp_handle_error(mon, err);
}

static void cmd_pause(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qmp_block_job_pause(qdict_get_str(args, "device"), &err);
    hmp_handle_error(mon, err);
}

static void cmd_resume(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qmp_block_job_resume(qdict_get_str(args, "device"), &err);
    hmp_handle_error(mon, err);
}

static void cmd_complete(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qmp_block_job_complete(qdict_get_str(args, "device"), &err);
    hmp_handle_error(mon, err);
}

/* ---- copies ---- */

static void cmd_mirror(Monitor *mon, const QDict *args)
{
    Error *err = NULL;
    DriveMirror m = {
        .device = (char *)qdict_get_str(args, "device"),
        .target = (char *)qdict_get_str(args, "target"),
        .format = (char *)qdict_get_try_str(args, "format"),
        .sync = qdict_get_bool(args, "-f") ? MIRROR_SYNC_MODE_FULL : MIRROR_SYNC_MODE_TOP,
        .has_mode = true,
        .mode =
            qdict_get_bool(args, "-n") ? NEW_IMAGE_MODE_EXISTING : NEW_IMAGE_MODE_ABSOLUTE_PATHS,
        .unmap = true,
    };

    qmp_drive_mirror(&m, &err);
    hmp_handle_error(mon, err);
}

static void cmd_backup(Monitor *mon, const QDict *args)
{
    Error *err = NULL;
    DriveBackup b = {
        .device = (char *)qdict_get_str(args, "device"),
        .target = (char *)qdict_get_str(args, "target"),
        .format = (char *)qdict_get_try_str(args, "format"),
        .sync = qdict_get_bool(args, "-f") ? MIRROR_SYNC_MODE_FULL : MIRROR_SYNC_MODE_TOP,
        .has_mode = true,
        .mode =
            qdict_get_bool(args, "-n") ? NEW_IMAGE_MODE_EXISTING : NEW_IMAGE_MODE_ABSOLUTE_PATHS,
        .has_compress = true,
        .compress = qdict_get_bool(args, "-c"),
    };

    qmp_drive_backup(&b, &err);
    hmp_handle_error(mon, err);
}

static void cmd_snapshot(Monitor *mon, const QDict *args)
{
    const char *file = qdict_get_try_str(args, "snapshot-file");
    Error *err = NULL;

    if (!file) {
        error_setg(&err, "Parameter 'snapshot-file' is missing");
    } else {
        qmp_blockdev_snapshot_sync(qdict_get_str(args, "device"), NULL, file, NULL,
                                   qdict_get_try_str(args, "format"), true,
                                   qdict_get_bool(args, "-n") ? NEW_IMAGE_MODE_EXISTING
                                                              : NEW_IMAGE_MODE_ABSOLUTE_PATHS,
                                   &err);
    }
    hmp_handle_error(mon, err);
}

static void cmd_snapshot_internal(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qmp_blockdev_snapshot_internal_sync(qdict_get_str(args, "device"), qdict_get_str(args, "name"),
                                        &err);
    hmp_handle_error(mon, err);
}

static void cmd_delete_internal(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qapi_free_SnapshotInfo(qmp_blockdev_snapshot_delete_internal_sync(
        qdict_get_str(args, "device"), qdict_get_try_str(args, "id"), qdict_get_str(args, "name"),
        &err));
    hmp_handle_error(mon, err);
}

static void complete_job(int index, const char *text, void (*add)(void *, const char *),
                         void *opaque)
{
    for (BlockJob *job = block_job_next(NULL); index == 0 && job; job = block_job_next(job)) {
        if (job->job.id) {
            add(opaque, job->job.id);
        }
    }
}

static const HMPCommand commands[] = {
    {"drive_mirror", "-n,-f,device:s,target:s,format:s?", "[-n] [-f] device target [format]",
     "copies a drive to a file, and goes on with that; -n: the file is there; -f: with what is in "
     "its backing files",
     cmd_mirror},
    {"drive_backup", "-n,-f,-c,device:s,target:s,format:s?",
     "[-n] [-f] [-c] device target [format]",
     "copies a drive as it is now to a file; -n and -f: as drive_mirror; -c: compressed",
     cmd_backup},
    {"snapshot_blkdev", "-n,device:s,snapshot-file:s?,format:s?",
     "[-n] device [new-image-file] [format]",
     "puts a new image on top of a drive's one; -n: the file is there", cmd_snapshot},
    {"snapshot_blkdev_internal", "device:s,name:s", "device name",
     "makes a snapshot inside of a drive's image", cmd_snapshot_internal},
    {"snapshot_delete_blkdev_internal", "device:s,name:s,id:s?", "device name [id]",
     "deletes a snapshot inside of a drive's image", cmd_delete_internal},
    {"block_stream", "device:s,speed:M?,base:s?", "device [speed [base]]",
     "copies what images below a drive's one have into it, so many MiB a second", cmd_stream},
    {"block_job_set_speed", "device:s,speed:M", "device speed",
     "limits how fast a job copies, in MiB (or with a suffix: 500k) a second", cmd_set_speed, NULL,
     complete_job},
    {"block_job_cancel", "-f,device:s", "[-f] device",
     "ends a job; -f: at once, also one that is paused or ready", cmd_cancel, NULL, complete_job},
    {"block_job_pause", "device:s", "device", "has a job stop for a while", cmd_pause, NULL,
     complete_job},
    {"block_job_resume", "device:s", "device", "lets a job go on", cmd_resume, NULL, complete_job},
    {"block_job_complete", "device:s", "device", "has a job that is ready end with its result",
     cmd_complete, NULL, complete_job},
};

static const HMPCommand infos[] = {
    {"block-jobs", "", "", "jobs over block nodes", info_block_jobs},
};

void hmp_register_block_jobs(void)
{
    hmp_register_commands(commands, ARRAY_SIZE(commands), false);
    hmp_register_commands(infos, ARRAY_SIZE(infos), true);
}
