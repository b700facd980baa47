/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVM Express: the life of a request. Taken from a submission queue, started, in flight until its
 * last block request ends, then completed. One that failed where the policy is to stop the machine
 * is parked: its command is run again from its beginning when the machine goes on.
 */
#include "qemu/osdep.h"
#include "nvme-int.h"
#include "qemu/coroutine.h"
#include "qemu/main-loop.h"

/* Commands of several steps have buffers of their own: so many at a time. */
#define CO_MAX 32

NvmeRequest *nvme_request_new(NvmeSQueue *sq)
{
    NvmeCtrl *n = sq->ctrl;
    NvmeRequest *req = QTAILQ_FIRST(&n->free_requests);

    if (req) {
        NvmeData keep = {.segs = req->data.segs, .allocated = req->data.allocated};

        QTAILQ_REMOVE(&n->free_requests, req, entry);
        memset(req, 0, sizeof(*req));
        req->data = keep;
    } else {
        req = g_new0(NvmeRequest, 1);
    }
    req->ctrl = n;
    req->sq = sq;
    QTAILQ_INSERT_TAIL(&sq->inflight, req, entry);
    sq->inflight_count++;
    n->inflight++;
    return req;
}

/* It is on no list. */
void nvme_request_free(NvmeRequest *req)
{
    QTAILQ_INSERT_HEAD(&req->ctrl->free_requests, req, entry);
}

static void leave_flight(NvmeRequest *req)
{
    QTAILQ_REMOVE(&req->sq->inflight, req, entry);
    req->sq->inflight_count--;
    req->ctrl->inflight--;
}

void nvme_request_start(NvmeRequest *req)
{
    uint16_t status = req->sq->sqid ? nvme_io_command(req) : nvme_admin_command(req);

    if (status != NVME_NO_COMPLETE) {
        nvme_request_complete(req, status);
    }
}

/* Repeating the command would not help: true of all that is wrong with the command itself. */
static uint16_t with_dnr(uint16_t status)
{
    switch (status) {
    case NVME_SUCCESS:
    case NVME_ABORT_REQUESTED:
    case NVME_ABORT_SQ_DELETED:
    case NVME_NAMESPACE_NOT_READY:
    case NVME_FORMAT_IN_PROGRESS:
    case NVME_INTERNAL_ERROR:
    case NVME_WRITE_FAULT:
    case NVME_UNRECOVERED_READ:
        return status;
    default:
        return status | NVME_DNR;
    }
}

/* The queue had as many requests in flight as entries, or is to be deleted. */
static void queue_after_request(NvmeSQueue *sq)
{
    if (sq->deleting && !sq->inflight_count) {
        NvmeRequest *delete_req = sq->delete_req;

        nvme_sq_free(sq);
        nvme_request_complete(delete_req, NVME_SUCCESS);
    } else if (sq->head != sq->tail && sq->inflight_count == sq->size - 1) {
        qemu_bh_schedule(sq->bh);
    }
}

void nvme_request_complete(NvmeRequest *req, uint16_t status)
{
    NvmeCtrl *n = req->ctrl;
    NvmeSQueue *sq = req->sq;
    NvmeCQueue *cq = n->cq[sq->cqid];

    leave_flight(req);
    req->aiocb = NULL;
    if (n->stopping) {
        /* Who wanted the queue deleted is in flight, too. */
        NvmeRequest *delete_req = sq->inflight_count ? NULL : g_steal_pointer(&sq->delete_req);

        nvme_request_free(req);
        if (delete_req) {
            nvme_request_complete(delete_req, NVME_ABORT_REQUESTED);
        } else if (!n->inflight) {
            nvme_ctrl_stopped(n);
        }
        return;
    }
    req->status = with_dnr(status);
    req->sqid = sq->sqid;
    req->sqhd = sq->head;
    nvme_log_error(req);
    QTAILQ_INSERT_TAIL(&cq->done, req, entry);
    nvme_cq_post_soon(cq);
    queue_after_request(sq);
}

/* ---- block requests ---- */

static void park(NvmeRequest *req)
{
    NvmeSQueue *sq = req->sq;

    leave_flight(req);
    req->aiocb = NULL;
    QTAILQ_INSERT_TAIL(&sq->parked, req, entry);
    if (req->ctrl->stopping) {
        if (!req->ctrl->inflight) {
            nvme_ctrl_stopped(req->ctrl);
        }
        return;
    }
    queue_after_request(sq);
}

uint16_t nvme_request_error(NvmeRequest *req, int ret)
{
    BlockBackend *blk = req->ns->conf.blk;
    BlockErrorAction action;

    if (req->ctrl->stopping || req->aborted) {
        return req->sq->deleting ? NVME_ABORT_SQ_DELETED : NVME_ABORT_REQUESTED;
    }
    action = blk_get_error_action(blk, !req->is_write, -ret);
    blk_error_action(blk, action, !req->is_write, -ret);
    if (action == BLOCK_ERROR_ACTION_STOP) {
        return NVME_NO_COMPLETE;
    }
    if (action == BLOCK_ERROR_ACTION_IGNORE) {
        return NVME_SUCCESS;
    }
    if (ret == -ENOSPC && req->is_write) {
        return NVME_CAPACITY_EXCEEDED;
    }
    return req->is_write ? NVME_WRITE_FAULT : NVME_UNRECOVERED_READ;
}

void nvme_request_io_done(NvmeRequest *req, int ret)
{
    BlockAcctStats *stats = blk_get_stats(req->ns->conf.blk);
    uint16_t status = NVME_SUCCESS;

    if (ret < 0) {
        block_acct_failed(stats, &req->acct);
        status = nvme_request_error(req, ret);
    } else {
        block_acct_done(stats, &req->acct);
    }
    if (!nvme_data_unmap(req, ret >= 0) && status == NVME_SUCCESS) {
        status = NVME_DATA_TRANSFER_ERROR;
    }
    if (status == NVME_NO_COMPLETE) {
        park(req);
    } else {
        nvme_request_complete(req, status);
    }
}

/* ---- commands of several steps ---- */

static void co_start(NvmeRequest *req);

static void co_next(NvmeCtrl *n)
{
    NvmeRequest *req = QTAILQ_FIRST(&n->co_waiting);

    if (req) {
        QTAILQ_REMOVE(&n->co_waiting, req, co_entry);
        co_start(req);
    }
}

static void coroutine_fn co_run(void *opaque)
{
    NvmeRequest *req = opaque;
    NvmeCtrl *n = req->ctrl;
    uint16_t status = NVME_ABORT_REQUESTED;

    if (!req->aborted && !n->stopping) {
        status = req->co_fn(req);
    }
    n->co_running--;
    if (status == NVME_NO_COMPLETE) {
        park(req);
    } else {
        nvme_request_complete(req, status);
    }
    co_next(n);
}

static void co_start(NvmeRequest *req)
{
    req->ctrl->co_running++;
    qemu_coroutine_enter(qemu_coroutine_create(co_run, req));
}

uint16_t nvme_request_run_co(NvmeRequest *req, uint16_t (*fn)(NvmeRequest *req))
{
    req->co_fn = fn;
    if (req->ctrl->co_running >= CO_MAX) {
        QTAILQ_INSERT_TAIL(&req->ctrl->co_waiting, req, co_entry);
    } else {
        co_start(req);
    }
    return NVME_NO_COMPLETE;
}

/* ---- giving up, and trying again ---- */

void nvme_cancel_all(NvmeCtrl *n, NvmeSQueue *sq)
{
    NvmeRequest *req, *next;

    QTAILQ_FOREACH_SAFE (req, &sq->inflight, entry, next) {
        req->aborted = true;
        if (req->aiocb) {
            blk_aio_cancel_async(req->aiocb);
        }
    }
    QTAILQ_FOREACH_SAFE (req, &sq->parked, entry, next) {
        QTAILQ_REMOVE(&sq->parked, req, entry);
        QTAILQ_INSERT_TAIL(&sq->inflight, req, entry);
        sq->inflight_count++;
        n->inflight++;
        nvme_request_complete(req, NVME_ABORT_SQ_DELETED);
    }
}

void nvme_restart_parked(NvmeCtrl *n)
{
    for (unsigned i = 0; i < n->nqueues; i++) {
        NvmeSQueue *sq = n->sq[i];
        NvmeRequestList again = QTAILQ_HEAD_INITIALIZER(again);
        NvmeRequest *req;

        if (!sq) {
            continue;
        }
        /* One that fails again at once is parked again: not in this round. */
        while ((req = QTAILQ_FIRST(&sq->parked))) {
            QTAILQ_REMOVE(&sq->parked, req, entry);
            QTAILQ_INSERT_TAIL(&again, req, entry);
        }
        while ((req = QTAILQ_FIRST(&again))) {
            QTAILQ_REMOVE(&again, req, entry);
            QTAILQ_INSERT_TAIL(&sq->inflight, req, entry);
            sq->inflight_count++;
            n->inflight++;
            nvme_request_start(req);
        }
    }
}
