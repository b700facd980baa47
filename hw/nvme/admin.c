/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVM Express: admin commands (1.4, 5): queues, abort, doorbell buffers, namespace attachment. */
#include "qemu/osdep.h"
#include "nvme-int.h"
#include "qemu/bswap.h"

/* ---- queues (5.3 to 5.6) ---- */

static uint16_t create_cq(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint32_t dw10 = req->cmd.dw[10], dw11 = req->cmd.dw[11];
    uint16_t cqid = dw10, vector = dw11 >> 16;
    uint32_t size = (dw10 >> 16) + 1;
    uint64_t prp1 = nvme_qword(&req->cmd, 6);
    bool msix = msix_enabled(PCI_DEVICE(n));

    if (!cqid || cqid >= n->nqueues || n->cq[cqid]) {
        return NVME_INVALID_QID;
    }
    if (size < 2 || size > n->params.mqes + 1u) {
        return NVME_INVALID_QUEUE_SIZE;
    }
    if (prp1 & (nvme_page_size(n) - 1)) {
        return NVME_INVALID_PRP_OFFSET;
    }
    if (msix ? vector >= n->params.msix_qsize : vector != 0) {
        return NVME_INVALID_VECTOR;
    }
    if (!(dw11 & 1) || NVME_CC_CQES(n->s.cc) != 4) {
        return NVME_INVALID_FIELD; /* queues are contiguous; entries have 16 bytes */
    }
    nvme_cq_create(n, cqid, prp1, size, vector, dw11 & 2);
    return NVME_SUCCESS;
}

static uint16_t create_sq(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint32_t dw10 = req->cmd.dw[10], dw11 = req->cmd.dw[11];
    uint16_t sqid = dw10, cqid = dw11 >> 16;
    uint32_t size = (dw10 >> 16) + 1;
    uint64_t prp1 = nvme_qword(&req->cmd, 6);

    if (!cqid || cqid >= n->nqueues || !n->cq[cqid]) {
        return NVME_INVALID_CQID;
    }
    if (!sqid || sqid >= n->nqueues || n->sq[sqid]) {
        return NVME_INVALID_QID;
    }
    if (size < 2 || size > n->params.mqes + 1u) {
        return NVME_INVALID_QUEUE_SIZE;
    }
    if (prp1 & (nvme_page_size(n) - 1)) {
        return NVME_INVALID_PRP_OFFSET;
    }
    if (!(dw11 & 1) || NVME_CC_SQES(n->s.cc) != 6) {
        return NVME_INVALID_FIELD;
    }
    nvme_sq_create(n, sqid, cqid, prp1, size);
    return NVME_SUCCESS;
}

/* Completes when all requests of the queue have. */
static uint16_t delete_sq(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint16_t sqid = req->cmd.dw[10];
    NvmeSQueue *sq = sqid && sqid < n->nqueues ? n->sq[sqid] : NULL;

    if (!sq || sq->deleting) {
        return NVME_INVALID_QID;
    }
    sq->deleting = true;
    sq->delete_req = req;
    sq->inflight_count++; /* so that the last of those cancelled now does not free it yet */
    nvme_cancel_all(n, sq);
    if (--sq->inflight_count) {
        return NVME_NO_COMPLETE;
    }
    nvme_sq_free(sq);
    return NVME_SUCCESS;
}

static uint16_t delete_cq(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint16_t cqid = req->cmd.dw[10];
    NvmeCQueue *cq = cqid && cqid < n->nqueues ? n->cq[cqid] : NULL;

    if (!cq) {
        return NVME_INVALID_QID;
    }
    if (cq->users) {
        return NVME_INVALID_QUEUE_DELETION;
    }
    nvme_cq_free(cq);
    return NVME_SUCCESS;
}

/* ---- abort (5.1) ---- */

static NvmeRequest *find_request(NvmeRequestList *list, uint16_t cid)
{
    NvmeRequest *req;

    QTAILQ_FOREACH (req, list, entry) {
        if (nvme_cid(&req->cmd) == cid) {
            return req;
        }
    }
    return NULL;
}

/* A request that the host works on is asked to end early; whether it did, its status will tell. */
static uint16_t abort_command(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint16_t sqid = req->cmd.dw[10], cid = req->cmd.dw[10] >> 16;
    NvmeSQueue *sq = sqid < n->nqueues ? n->sq[sqid] : NULL;
    NvmeRequest *found;

    req->result = 1; /* not aborted */
    if (!sq) {
        return NVME_INVALID_FIELD;
    }
    found = sqid ? NULL : find_request(&n->aers, cid);
    if (found) {
        QTAILQ_REMOVE(&n->aers, found, entry);
        n->aer_count--;
    } else {
        found = find_request(&sq->parked, cid);
        if (found) {
            QTAILQ_REMOVE(&sq->parked, found, entry);
        }
    }
    if (found) {
        QTAILQ_INSERT_TAIL(&sq->inflight, found, entry);
        sq->inflight_count++;
        n->inflight++;
        req->result = 0;
        nvme_request_complete(found, NVME_ABORT_REQUESTED);
        return NVME_SUCCESS;
    }
    found = find_request(&sq->inflight, cid);
    if (found && found != req) {
        found->aborted = true;
        if (found->aiocb) {
            blk_aio_cancel_async(found->aiocb);
        }
    }
    return NVME_SUCCESS;
}

/* ---- doorbell buffers (5.7) ---- */

static uint16_t doorbell_buffer(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint64_t doorbells = nvme_qword(&req->cmd, 6), indices = nvme_qword(&req->cmd, 8);
    uint64_t mask = nvme_page_size(n) - 1;

    if ((doorbells | indices) & mask || !doorbells || !indices) {
        return NVME_INVALID_FIELD;
    }
    nvme_doorbell_buffers(n, doorbells, indices);
    return NVME_SUCCESS;
}

/* ---- namespace attachment (5.19) ---- */

static uint16_t attach_to(NvmeRequest *req, NvmeNamespace *ns, NvmeCtrl *ctrl, bool attach)
{
    if (attach) {
        if (ctrl->namespaces[ns->nsid]) {
            return NVME_NS_ALREADY_ATTACHED;
        }
        if (!ns->shared && ns->attached) {
            return NVME_NS_PRIVATE;
        }
        nvme_attach_ns(ctrl, ns);
    } else {
        if (!ctrl->namespaces[ns->nsid]) {
            return NVME_NS_NOT_ATTACHED;
        }
        nvme_detach_ns(ctrl, ns);
    }
    ctrl->s.changed_ns[ns->nsid / 64] |= BIT_ULL(ns->nsid % 64);
    nvme_event(ctrl, NVME_EVENT_NOTICE, NVME_EVENT_NAMESPACE_CHANGED, NVME_LOG_CHANGED_NAMESPACES);
    return NVME_SUCCESS;
}

static uint16_t ns_attachment(NvmeRequest *req)
{
    NvmeCtrl *n = req->ctrl;
    uint8_t select = req->cmd.dw[10] & 0xf;
    uint32_t nsid = req->cmd.dw[1];
    uint16_t list[2048];
    NvmeNamespace *ns;
    uint16_t status, count;

    if (select > 1) {
        return NVME_INVALID_FIELD;
    }
    if (nsid < 1 || nsid > NVME_MAX_NAMESPACES || !n->subsys || !n->subsys->namespaces[nsid]) {
        return NVME_INVALID_NAMESPACE;
    }
    ns = n->subsys->namespaces[nsid];
    status = nvme_data_from_guest(req, list, sizeof(list));
    if (status) {
        return status;
    }
    count = le16_to_cpu(list[0]);
    if (!count || count > ARRAY_SIZE(list) - 1) {
        return NVME_CONTROLLER_LIST_INVALID;
    }
    for (unsigned i = 1; i <= count; i++) {
        uint16_t id = le16_to_cpu(list[i]);
        NvmeCtrl *ctrl = id < NVME_MAX_CONTROLLERS ? n->subsys->ctrls[id] : NULL;

        if (!ctrl || (i > 1 && id <= le16_to_cpu(list[i - 1]))) {
            return NVME_CONTROLLER_LIST_INVALID;
        }
        status = attach_to(req, ns, ctrl, select == 0);
        if (status) {
            return status;
        }
    }
    return NVME_SUCCESS;
}

/* ---- dispatch ---- */

typedef struct AdminCommand {
    uint16_t (*fn)(NvmeRequest *req);
    uint32_t effects;
} AdminCommand;

static const AdminCommand commands[256] = {
    [NVME_ADM_DELETE_SQ] = {delete_sq, NVME_EFFECT_SUPPORTED},
    [NVME_ADM_CREATE_SQ] = {create_sq, NVME_EFFECT_SUPPORTED},
    [NVME_ADM_GET_LOG_PAGE] = {nvme_get_log_page, NVME_EFFECT_SUPPORTED},
    [NVME_ADM_DELETE_CQ] = {delete_cq, NVME_EFFECT_SUPPORTED},
    [NVME_ADM_CREATE_CQ] = {create_cq, NVME_EFFECT_SUPPORTED},
    [NVME_ADM_IDENTIFY] = {nvme_identify, NVME_EFFECT_SUPPORTED},
    [NVME_ADM_ABORT] = {abort_command, NVME_EFFECT_SUPPORTED},
    [NVME_ADM_SET_FEATURES] = {nvme_set_features, NVME_EFFECT_SUPPORTED},
    [NVME_ADM_GET_FEATURES] = {nvme_get_features, NVME_EFFECT_SUPPORTED},
    [NVME_ADM_ASYNC_EVENT] = {nvme_async_event_request, NVME_EFFECT_SUPPORTED},
    [NVME_ADM_NS_ATTACHMENT] = {ns_attachment, NVME_EFFECT_SUPPORTED | NVME_EFFECT_NS_INVENTORY},
    [NVME_ADM_DOORBELL_BUFFER] = {doorbell_buffer, NVME_EFFECT_SUPPORTED},
    [NVME_ADM_FORMAT] = {nvme_format, NVME_EFFECT_SUPPORTED | NVME_EFFECT_LBA_CONTENT},
};

uint32_t nvme_admin_effects(const NvmeCtrl *n, uint8_t opcode)
{
    if (opcode == NVME_ADM_DOORBELL_BUFFER && !n->params.dbcs) {
        return 0;
    }
    return commands[opcode].effects;
}

uint16_t nvme_admin_command(NvmeRequest *req)
{
    uint8_t opcode = nvme_opcode(&req->cmd);

    if (!nvme_admin_effects(req->ctrl, opcode)) {
        return NVME_INVALID_OPCODE;
    }
    /* Neither fused nor with an SGL. */
    if (req->cmd.dw[0] & 0xc300) {
        return NVME_INVALID_FIELD;
    }
    return commands[opcode].fn(req);
}
