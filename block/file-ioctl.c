/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to the driver of a host device that are neither reads nor writes (SCSI commands by
 * SG_IO). */
#include "qemu/osdep.h"
#include "block/pr-manager.h"
#include "block/thread-pool.h"
#include "file-posix.h"
#include <scsi/sg.h>
#include <sys/ioctl.h>

typedef struct IoctlJob {
    int fd;
    unsigned long req;
    void *buf;
} IoctlJob;

/* A thread of the pool. */
static int run_ioctl(void *opaque)
{
    IoctlJob *job = opaque;
    int ret;

    do {
        ret = ioctl(job->fd, job->req, job->buf);
    } while (ret < 0 && errno == EINTR);
    return ret < 0 ? -errno : ret;
}

int coroutine_fn raw_ioctl(int fd, unsigned long req, void *buf)
{
    IoctlJob job = {.fd = fd, .req = req, .buf = buf};

    return thread_pool_submit_co(run_ioctl, &job);
}

int coroutine_fn raw_co_ioctl(BlockDriverState *bs, int req, void *buf)
{
    RawPosix *s = bs->opaque;

    if (s->pr_manager && pr_manager_takes((unsigned)req, buf)) {
        return pr_manager_execute(s->pr_manager, s->fd, buf);
    }
    return raw_ioctl(s->fd, (unsigned)req, buf);
}

bool raw_is_scsi_generic(int fd)
{
    struct stat st;
    int version;

    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
           ioctl(fd, SG_GET_VERSION_NUM, &version) >= 0;
}
