/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVM Express: submission and completion queues (1.4, 4.1, 4.6), doorbells (3.1.24) and shadow
 * doorbells (5.7, 7.13), interrupts (7.5).
 *
 * A doorbell only schedules work: the main loop takes commands out of rings and posts
 * completions, many at a time.
 */
#include "qemu/osdep.h"
#include "nvme-int.h"
#include "hw/pci/pci.h"
#include "qemu/bswap.h"
#include "qemu/defer-call.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"

/* ---- interrupts ---- */

void nvme_update_intx(NvmeCtrl *n)
{
    if (!msix_enabled(PCI_DEVICE(n))) {
        pci_set_irq(PCI_DEVICE(n), (n->s.irq_status & ~n->s.intms) != 0);
    }
}

static void cq_raise(NvmeCQueue *cq)
{
    NvmeCtrl *n = cq->ctrl;

    if (!cq->irq_enabled) {
        return;
    }
    if (msix_enabled(PCI_DEVICE(n))) {
        msix_notify(PCI_DEVICE(n), cq->vector);
    } else {
        n->s.irq_status |= 1u << (cq->vector & 31);
        nvme_update_intx(n);
    }
}

/* The pin is down once no queue of the vector has entries that the host has not seen. */
static void cq_lower(NvmeCQueue *cq)
{
    NvmeCtrl *n = cq->ctrl;

    if (!cq->irq_enabled || msix_enabled(PCI_DEVICE(n))) {
        return;
    }
    for (unsigned i = 0; i < n->nqueues; i++) {
        NvmeCQueue *other = n->cq[i];

        if (other && other->irq_enabled && other->vector == cq->vector &&
            other->head != other->tail) {
            return;
        }
    }
    n->s.irq_status &= ~(1u << (cq->vector & 31));
    nvme_update_intx(n);
}

/* ---- shadow doorbells ---- */

/* The position that the driver keeps at @shadow, after telling it that we know @known. */
static uint32_t shadow_sync(NvmeCtrl *n, uint64_t shadow, uint64_t event_index, uint32_t known)
{
    uint32_t value = cpu_to_le32(known);

    /* Event index first: a driver that moves on after this rings the doorbell. */
    if (!nvme_write_mem(n, event_index, &value, sizeof(value)) ||
        !nvme_read_mem(n, shadow, &value, sizeof(value))) {
        return known;
    }
    return le32_to_cpu(value);
}

static void sq_sync_tail(NvmeSQueue *sq)
{
    if (sq->db_addr) {
        uint32_t tail = shadow_sync(sq->ctrl, sq->db_addr, sq->ei_addr, sq->tail);

        sq->tail = tail < sq->size ? tail : sq->tail;
    }
}

static void cq_sync_head(NvmeCQueue *cq)
{
    if (cq->db_addr) {
        uint32_t head = shadow_sync(cq->ctrl, cq->db_addr, cq->ei_addr, cq->head);

        cq->head = head < cq->size ? head : cq->head;
    }
}

/* ---- completions ---- */

static bool cq_full(const NvmeCQueue *cq)
{
    return (cq->tail + 1) % cq->size == cq->head;
}

static bool cq_post_one(NvmeCQueue *cq, NvmeRequest *req)
{
    uint64_t addr = cq->addr + (uint64_t)cq->tail * NVME_CQ_ENTRY_SIZE;
    uint32_t entry[4] = {
        cpu_to_le32(req->result),
        0,
        cpu_to_le32(req->sqid << 16 | req->sqhd),
        cpu_to_le32((uint32_t)nvme_cid(&req->cmd) | (uint32_t)cq->phase << 16 |
                    (uint32_t)req->status << 17),
    };

    /* The phase bit last: it says that the rest is there. */
    if (!nvme_write_mem(cq->ctrl, addr, entry, 12)) {
        return false;
    }
    smp_wmb();
    if (!nvme_write_mem(cq->ctrl, addr + 12, &entry[3], 4)) {
        return false;
    }
    if (++cq->tail == cq->size) {
        cq->tail = 0;
        cq->phase = !cq->phase;
    }
    return true;
}

static void cq_bh(void *opaque)
{
    NvmeCQueue *cq = opaque;
    NvmeCtrl *n = cq->ctrl;
    NvmeRequest *req;
    bool posted = false;

    if (n->s.csts & NVME_CSTS_CFS) {
        return;
    }
    while ((req = QTAILQ_FIRST(&cq->done))) {
        if (cq_full(cq)) {
            cq_sync_head(cq);
            if (cq_full(cq)) {
                break;
            }
        }
        if (!cq_post_one(cq, req)) {
            nvme_ctrl_fail(n, "a completion queue is not in memory");
            return;
        }
        QTAILQ_REMOVE(&cq->done, req, entry);
        nvme_request_free(req);
        posted = true;
    }
    if (posted) {
        cq_raise(cq);
        if (cq->db_addr && !msix_enabled(PCI_DEVICE(n))) {
            cq_sync_head(cq); /* so that the driver rings when the pin may go down */
        }
    }
}

/* By the controller: a queue may be deleted before the batch ends. */
static void post_all(void *opaque)
{
    NvmeCtrl *n = opaque;

    for (unsigned i = 0; i < n->nqueues; i++) {
        if (n->cq[i] && !QTAILQ_EMPTY(&n->cq[i]->done)) {
            cq_bh(n->cq[i]);
        }
    }
}

void nvme_cq_post_soon(NvmeCQueue *cq)
{
    if (defer_call_in_batch()) {
        defer_call(post_all, cq->ctrl);
    } else {
        qemu_bh_schedule(cq->bh);
    }
}

/* ---- submissions ---- */

static bool sq_may_run(NvmeSQueue *sq)
{
    NvmeCtrl *n = sq->ctrl;

    return !n->stopping && !sq->deleting && n->s.csts & NVME_CSTS_RDY &&
           !(n->s.csts & NVME_CSTS_CFS) && runstate_is_running();
}

static bool sq_fetch(NvmeSQueue *sq)
{
    NvmeRequest *req;
    uint32_t raw[16];

    if (!nvme_read_mem(sq->ctrl, sq->addr + (uint64_t)sq->head * NVME_SQ_ENTRY_SIZE, raw,
                       sizeof(raw))) {
        return false;
    }
    req = nvme_request_new(sq);
    for (int i = 0; i < 16; i++) {
        req->cmd.dw[i] = le32_to_cpu(raw[i]);
    }
    sq->head = (sq->head + 1) % sq->size;
    nvme_request_start(req);
    return true;
}

static void sq_bh(void *opaque)
{
    NvmeSQueue *sq = opaque;

    if (!sq_may_run(sq)) {
        return;
    }
    sq_sync_tail(sq);
    defer_call_begin();
    while (sq->head != sq->tail && sq->inflight_count < sq->size) {
        if (!sq_fetch(sq)) {
            nvme_ctrl_fail(sq->ctrl, "a submission queue is not in memory");
            break;
        }
        if (!sq_may_run(sq)) {
            break;
        }
        if (sq->head == sq->tail) {
            sq_sync_tail(sq);
        }
    }
    defer_call_end();
}

static void sq_notified(EventNotifier *e)
{
    NvmeSQueue *sq = container_of(e, NvmeSQueue, notifier);

    if (event_notifier_test_and_clear(e)) {
        sq_bh(sq);
    }
}

void nvme_kick_all(NvmeCtrl *n)
{
    for (unsigned i = 0; i < n->nqueues; i++) {
        if (n->sq[i]) {
            qemu_bh_schedule(n->sq[i]->bh);
        }
        if (n->cq[i]) {
            qemu_bh_schedule(n->cq[i]->bh);
        }
    }
}

/* ---- doorbells ---- */

static void bad_doorbell(NvmeCtrl *n, uint8_t info, hwaddr offset, uint32_t value)
{
    qemu_log_mask(LOG_GUEST_ERROR, "nvme: doorbell at 0x%" HWADDR_PRIx " written with %u\n", offset,
                  value);
    nvme_event(n, NVME_EVENT_ERROR, info, NVME_LOG_ERROR);
}

static void cq_doorbell(NvmeCtrl *n, unsigned qid, hwaddr offset, uint32_t value)
{
    NvmeCQueue *cq = qid < n->nqueues ? n->cq[qid] : NULL;

    if (!cq) {
        bad_doorbell(n, NVME_EVENT_BAD_DOORBELL_REGISTER, offset, value);
        return;
    }
    if (value >= cq->size) {
        bad_doorbell(n, NVME_EVENT_BAD_DOORBELL_VALUE, offset, value);
        return;
    }
    cq->head = value;
    if (!QTAILQ_EMPTY(&cq->done)) {
        qemu_bh_schedule(cq->bh);
    }
    if (cq->head == cq->tail) {
        cq_lower(cq);
    }
}

static void sq_doorbell(NvmeCtrl *n, unsigned qid, hwaddr offset, uint32_t value)
{
    NvmeSQueue *sq = qid < n->nqueues ? n->sq[qid] : NULL;

    if (!sq) {
        bad_doorbell(n, NVME_EVENT_BAD_DOORBELL_REGISTER, offset, value);
        return;
    }
    if (value >= sq->size) {
        bad_doorbell(n, NVME_EVENT_BAD_DOORBELL_VALUE, offset, value);
        return;
    }
    sq->tail = value;
    qemu_bh_schedule(sq->bh);
}

void nvme_doorbell(NvmeCtrl *n, hwaddr offset, uint32_t value)
{
    unsigned index = (offset - NVME_REG_DOORBELLS) / 4;

    if (!(n->s.csts & NVME_CSTS_RDY) || n->stopping) {
        return;
    }
    if (offset & 3) {
        qemu_log_mask(LOG_GUEST_ERROR, "nvme: doorbell at 0x%" HWADDR_PRIx " is not aligned\n",
                      offset);
    } else if (index & 1) {
        cq_doorbell(n, index / 2, offset, value);
    } else {
        sq_doorbell(n, index / 2, offset, value);
    }
}

/* ---- eventfds for doorbells ---- */

/* Only with shadow doorbells: an eventfd does not carry what was written. */
static void sq_set_notifier(NvmeSQueue *sq, bool use)
{
    NvmeCtrl *n = sq->ctrl;
    hwaddr offset = NVME_REG_DOORBELLS + sq->sqid * 8;

    if (use == sq->notifier_used) {
        return;
    }
    if (use) {
        if (event_notifier_init(&sq->notifier, 0) < 0) {
            return; /* the register itself does as well */
        }
        event_notifier_set_handler(&sq->notifier, sq_notified);
        memory_region_add_eventfd(&n->iomem, offset, 4, false, 0, &sq->notifier);
    } else {
        memory_region_del_eventfd(&n->iomem, offset, 4, false, 0, &sq->notifier);
        event_notifier_set_handler(&sq->notifier, NULL);
        event_notifier_cleanup(&sq->notifier);
    }
    sq->notifier_used = use;
}

/* Drivers do not keep shadows of the admin queue's doorbells. */
static void sq_set_shadow(NvmeSQueue *sq)
{
    NvmeCtrl *n = sq->ctrl;
    bool use = n->s.db_base && sq->sqid;

    sq->db_addr = use ? n->s.db_base + sq->sqid * 8 : 0;
    sq->ei_addr = use ? n->s.ei_base + sq->sqid * 8 : 0;
    sq_set_notifier(sq, n->params.ioeventfd && use);
}

static void cq_set_shadow(NvmeCQueue *cq)
{
    NvmeCtrl *n = cq->ctrl;
    bool use = n->s.db_base && cq->cqid;

    cq->db_addr = use ? n->s.db_base + cq->cqid * 8 + 4 : 0;
    cq->ei_addr = use ? n->s.ei_base + cq->cqid * 8 + 4 : 0;
}

void nvme_doorbell_buffers(NvmeCtrl *n, uint64_t doorbells, uint64_t event_indices)
{
    n->s.db_base = doorbells;
    n->s.ei_base = event_indices;
    for (unsigned i = 0; i < n->nqueues; i++) {
        if (n->sq[i]) {
            sq_set_shadow(n->sq[i]);
        }
        if (n->cq[i]) {
            cq_set_shadow(n->cq[i]);
        }
    }
}

/* ---- life ---- */

NvmeCQueue *nvme_cq_create(NvmeCtrl *n, uint16_t cqid, uint64_t addr, uint32_t size,
                           uint16_t vector, bool irq_enabled)
{
    NvmeCQueue *cq = g_new0(NvmeCQueue, 1);

    *cq = (NvmeCQueue){
        .ctrl = n,
        .cqid = cqid,
        .addr = addr,
        .size = size,
        .vector = vector,
        .irq_enabled = irq_enabled,
        .phase = true,
    };
    QTAILQ_INIT(&cq->done);
    cq->bh = qemu_bh_new(cq_bh, cq);
    cq_set_shadow(cq);
    if (msix_present(PCI_DEVICE(n)) && irq_enabled) {
        msix_vector_use(PCI_DEVICE(n), vector);
    }
    n->cq[cqid] = cq;
    return cq;
}

void nvme_cq_free(NvmeCQueue *cq)
{
    NvmeCtrl *n = cq->ctrl;
    NvmeRequest *req, *next;

    QTAILQ_FOREACH_SAFE (req, &cq->done, entry, next) {
        QTAILQ_REMOVE(&cq->done, req, entry);
        nvme_request_free(req);
    }
    cq->head = cq->tail;
    cq_lower(cq);
    if (msix_present(PCI_DEVICE(n)) && cq->irq_enabled) {
        msix_vector_unuse(PCI_DEVICE(n), cq->vector);
    }
    n->cq[cq->cqid] = NULL;
    qemu_bh_delete(cq->bh);
    g_free(cq);
}

NvmeSQueue *nvme_sq_create(NvmeCtrl *n, uint16_t sqid, uint16_t cqid, uint64_t addr, uint32_t size)
{
    NvmeSQueue *sq = g_new0(NvmeSQueue, 1);

    *sq = (NvmeSQueue){
        .ctrl = n,
        .sqid = sqid,
        .cqid = cqid,
        .addr = addr,
        .size = size,
    };
    QTAILQ_INIT(&sq->inflight);
    QTAILQ_INIT(&sq->parked);
    sq->bh = qemu_bh_new(sq_bh, sq);
    sq_set_shadow(sq);
    n->cq[cqid]->users++;
    n->sq[sqid] = sq;
    return sq;
}

/* Nothing of it is in flight. */
void nvme_sq_free(NvmeSQueue *sq)
{
    NvmeCtrl *n = sq->ctrl;
    NvmeRequest *req, *next;

    QTAILQ_FOREACH_SAFE (req, &sq->parked, entry, next) {
        QTAILQ_REMOVE(&sq->parked, req, entry);
        nvme_request_free(req);
    }
    sq_set_notifier(sq, false);
    n->cq[sq->cqid]->users--;
    n->sq[sq->sqid] = NULL;
    qemu_bh_delete(sq->bh);
    g_free(sq);
}

void nvme_admin_queues_create(NvmeCtrl *n)
{
    nvme_cq_create(n, 0, n->s.acq, extract32(n->s.aqa, 16, 12) + 1, 0, true);
    nvme_sq_create(n, 0, 0, n->s.asq, extract32(n->s.aqa, 0, 12) + 1);
}
