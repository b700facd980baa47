/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Persistent reservations (SPC-5, 5.14) by another process: what its kinds have in common, QMP. */
#include "qemu/osdep.h"
#include <scsi/sg.h>
#include "block/pr-manager.h"
#include "block/thread-pool.h"
#include "qapi/qapi-commands-block.h"
#include "qom/object_interfaces.h"

/* Sense of a command that nobody could carry out: ABORTED COMMAND, LOGICAL UNIT COMMUNICATION
 * FAILURE. */
#define SENSE_KEY       0x0b
#define SENSE_ASC       0x08
#define SENSE_SIZE      18

#define CHECK_CONDITION 2
#define DRIVER_SENSE    8

typedef struct Job {
    PRManager *pr;
    int fd;
    sg_io_hdr_t *io;
} Job;

void pr_manager_set_result(sg_io_hdr_t *io, uint8_t status, const uint8_t *sense, size_t len)
{
    bool has_sense = status == CHECK_CONDITION;

    io->status = status;
    io->host_status = 0;
    io->driver_status = has_sense ? DRIVER_SENSE : 0;
    io->sb_len_wr = has_sense ? MIN(io->mx_sb_len, len) : 0;
    memcpy(io->sbp, sense, io->sb_len_wr);
}

static void fail(sg_io_hdr_t *io)
{
    const uint8_t sense[SENSE_SIZE] = {0x70, 0, SENSE_KEY, [7] = SENSE_SIZE - 8, [12] = SENSE_ASC};

    pr_manager_set_result(io, CHECK_CONDITION, sense, sizeof(sense));
    io->resid = io->dxfer_len;
}

/* A thread of the pool. */
static int run_job(void *opaque)
{
    Job *job = opaque;

    if (PR_MANAGER_GET_CLASS(job->pr)->run(job->pr, job->fd, job->io) < 0) {
        fail(job->io);
    }
    return 0;
}

bool pr_manager_takes(unsigned long req, const struct sg_io_hdr *io)
{
    return req == SG_IO && io->cmd_len >= 10 && io->cmd_len <= PR_CDB_SIZE &&
           (io->cmdp[0] == PR_IN || io->cmdp[0] == PR_OUT);
}

int coroutine_fn pr_manager_execute(PRManager *pr, int fd, struct sg_io_hdr *io)
{
    Job job = {pr, fd, io};
    int ret;

    /* The object may be deleted as soon as its node is. */
    object_ref(OBJECT(pr));
    ret = thread_pool_submit_co(run_job, &job);
    object_unref(OBJECT(pr));
    return ret;
}

PRManager *pr_manager_get(const char *id, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);

    if (!obj || !object_dynamic_cast(obj, TYPE_PR_MANAGER)) {
        error_setg(errp, "pr-manager='%s' is no object of type %s", id, TYPE_PR_MANAGER);
        return NULL;
    }
    object_ref(obj);
    return PR_MANAGER(obj);
}

/* ---- QMP ---- */

static int append_manager(Object *obj, void *opaque)
{
    PRManagerInfoList ***tail = opaque;
    PRManager *pr = (PRManager *)object_dynamic_cast(obj, TYPE_PR_MANAGER);
    PRManagerInfo *info;

    if (pr) {
        info = g_new0(PRManagerInfo, 1);
        info->id = g_strdup(object_get_canonical_path_component(obj));
        info->connected = PR_MANAGER_GET_CLASS(pr)->is_connected(pr);
        QAPI_LIST_APPEND(*tail, info);
    }
    return 0;
}

PRManagerInfoList *qmp_query_pr_managers(Error **errp)
{
    PRManagerInfoList *list = NULL, **tail = &list;

    object_child_foreach(object_get_objects_root(), append_manager, &tail);
    return list;
}

static const TypeInfo pr_manager_types[] = {
    {
        .name = TYPE_PR_MANAGER,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(PRManager),
        .class_size = sizeof(PRManagerClass),
        .interfaces = (const InterfaceInfo[]){{TYPE_USER_CREATABLE}, {}},
    },
};

DEFINE_TYPES(pr_manager_types)
