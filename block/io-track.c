/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests in flight at a node: counted, so that draining can wait for them, and listed, so that
 * a request that must run alone (read-modify-write, copy-on-read) can keep others off its range.
 *
 * bs->reqs_lock guards the list and who waits for whom; it is held for a few instructions.
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "block/block_int.h"
#include "qemu/cutils.h"
#include "qemu/range.h"

void bdrv_inc_in_flight(BlockDriverState *bs)
{
    qatomic_inc(&bs->in_flight);
}

void bdrv_dec_in_flight(BlockDriverState *bs)
{
    qatomic_dec(&bs->in_flight);
    aio_wait_kick();
}

int bdrv_check_request(int64_t offset, int64_t bytes, Error **errp)
{
    if (offset < 0 || bytes < 0 || bytes > BDRV_MAX_LENGTH || offset > BDRV_MAX_LENGTH - bytes) {
        error_setg(errp, "request of %" PRIi64 " bytes at offset %" PRIi64 " is out of range",
                   bytes, offset);
        return -EIO;
    }
    return 0;
}

int bdrv_check_qiov_request(int64_t offset, int64_t bytes, QEMUIOVector *qiov, size_t qiov_offset,
                            Error **errp)
{
    int ret = bdrv_check_request(offset, bytes, errp);

    if (ret < 0) {
        return ret;
    }
    if (qiov && (qiov_offset > qiov->size || bytes > qiov->size - qiov_offset)) {
        error_setg(errp, "request of %" PRIi64 " bytes is longer than its buffer", bytes);
        return -EIO;
    }
    return 0;
}

void coroutine_fn tracked_request_begin(BdrvTrackedRequest *req, BlockDriverState *bs,
                                        int64_t offset, int64_t bytes,
                                        enum BdrvTrackedRequestType type)
{
    *req = (BdrvTrackedRequest){
        .bs = bs,
        .offset = offset,
        .bytes = bytes,
        .type = type,
        .co = qemu_coroutine_self(),
        .overlap_offset = offset,
        .overlap_bytes = bytes,
    };
    qemu_co_queue_init(&req->wait_queue);
    qemu_mutex_lock(&bs->reqs_lock);
    QLIST_INSERT_HEAD(&bs->tracked_requests, req, list);
    qemu_mutex_unlock(&bs->reqs_lock);
}

void coroutine_fn tracked_request_end(BdrvTrackedRequest *req)
{
    BlockDriverState *bs = req->bs;

    if (req->serialising) {
        qatomic_dec(&bs->serialising_in_flight);
    }
    qemu_mutex_lock(&bs->reqs_lock);
    QLIST_REMOVE(req, list);
    qemu_co_queue_restart_all(&req->wait_queue);
    qemu_mutex_unlock(&bs->reqs_lock);
}

/* reqs_lock held. A request that @self has to wait for, or NULL. */
static BdrvTrackedRequest *find_conflict(BdrvTrackedRequest *self)
{
    BdrvTrackedRequest *req;

    QLIST_FOREACH (req, &self->bs->tracked_requests, list) {
        if (req == self || (!req->serialising && !self->serialising)) {
            continue;
        }
        if (!ranges_overlap(req->overlap_offset, req->overlap_bytes, self->overlap_offset,
                            self->overlap_bytes)) {
            continue;
        }
        /*
         * One that waits, possibly through others, for something that overlaps us will look
         * again when it wakes up and find us: waiting for it could be a circle.
         */
        if (!req->waiting_for) {
            return req;
        }
    }
    return NULL;
}

/* reqs_lock held, dropped while waiting. */
static void coroutine_fn wait_for_conflicts(BdrvTrackedRequest *self)
{
    BdrvTrackedRequest *req;

    while ((req = find_conflict(self))) {
        self->waiting_for = req;
        qemu_co_queue_wait(&req->wait_queue, &self->bs->reqs_lock);
        self->waiting_for = NULL;
    }
}

/* reqs_lock held. */
static void set_serialising(BdrvTrackedRequest *req, uint64_t align)
{
    int64_t start = req->offset / align * align;
    int64_t end = DIV_ROUND_UP((uint64_t)req->offset + req->bytes, align) * align;

    if (!req->serialising) {
        qatomic_inc(&req->bs->serialising_in_flight);
        req->serialising = true;
    }
    end = MAX(end, req->overlap_offset + req->overlap_bytes);
    req->overlap_offset = MIN(req->overlap_offset, start);
    req->overlap_bytes = end - req->overlap_offset;
}

int coroutine_fn bdrv_make_request_serialising(BdrvTrackedRequest *req, uint64_t align,
                                               BdrvRequestFlags flags)
{
    BlockDriverState *bs = req->bs;
    int ret = 0;

    qemu_mutex_lock(&bs->reqs_lock);
    set_serialising(req, align);
    if ((flags & BDRV_REQ_NO_WAIT) && find_conflict(req)) {
        ret = -EBUSY;
    } else {
        wait_for_conflicts(req);
    }
    qemu_mutex_unlock(&bs->reqs_lock);
    return ret;
}

void coroutine_fn bdrv_wait_serialising_requests(BdrvTrackedRequest *self)
{
    BlockDriverState *bs = self->bs;

    /* @self is on the list already: whoever becomes serialising from now on waits for it. */
    smp_mb();
    if (!qatomic_read(&bs->serialising_in_flight)) {
        return;
    }
    qemu_mutex_lock(&bs->reqs_lock);
    wait_for_conflicts(self);
    qemu_mutex_unlock(&bs->reqs_lock);
}

BdrvTrackedRequest *coroutine_fn bdrv_co_get_self_request(BlockDriverState *bs)
{
    Coroutine *self = qemu_coroutine_self();
    BdrvTrackedRequest *req;

    qemu_mutex_lock(&bs->reqs_lock);
    QLIST_FOREACH (req, &bs->tracked_requests, list) {
        if (req->co == self) {
            break;
        }
    }
    qemu_mutex_unlock(&bs->reqs_lock);
    return req;
}

/* ---- buffers ---- */

size_t bdrv_opt_mem_align(BlockDriverState *bs)
{
    return bs && bs->drv ? bs->bl.opt_mem_alignment : MAX(4096, qemu_real_host_page_size());
}

void *qemu_blockalign(BlockDriverState *bs, size_t size)
{
    return qemu_memalign(bdrv_opt_mem_align(bs), size ? size : 1);
}

void *qemu_try_blockalign(BlockDriverState *bs, size_t size)
{
    return qemu_try_memalign(bdrv_opt_mem_align(bs), size ? size : 1);
}

void *qemu_try_blockalign0(BlockDriverState *bs, size_t size)
{
    void *mem = qemu_try_blockalign(bs, size);

    return mem ? memset(mem, 0, size) : NULL;
}
