/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVM Express: saved state. Nothing is in flight while the machine is stopped, but there are
 * queues, commands that are to be tried again, event requests that wait, and completions for which
 * a queue had no room. These go into a list of records, little-endian:
 *
 *   'C' completion queue    'S' submission queue    'A' event request
 *   'P' parked command of the queue before it       'D' completion of the queue before it
 *   'E' end
 */
#include "qemu/osdep.h"
#include "nvme-int.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"

#define SAVED_MAX (64 * MiB)

/* ---- writing ---- */

static void put(GByteArray *out, uint64_t value, unsigned size)
{
    uint64_t le = cpu_to_le64(value);

    g_byte_array_append(out, (const uint8_t *)&le, size);
}

static void put_command(GByteArray *out, char tag, const NvmeRequest *req)
{
    put(out, tag, 1);
    for (int i = 0; i < 16; i++) {
        put(out, req->cmd.dw[i], 4);
    }
}

static void put_cq(GByteArray *out, const NvmeCQueue *cq)
{
    NvmeRequest *req;

    put(out, 'C', 1);
    put(out, cq->cqid, 2);
    put(out, cq->addr, 8);
    put(out, cq->size, 4);
    put(out, cq->head, 2);
    put(out, cq->tail, 2);
    put(out, cq->vector, 2);
    put(out, cq->phase | cq->irq_enabled << 1, 1);
    QTAILQ_FOREACH (req, &cq->done, entry) {
        put(out, 'D', 1);
        put(out, nvme_cid(&req->cmd), 2);
        put(out, req->result, 4);
        put(out, req->status, 2);
        put(out, req->sqid, 2);
        put(out, req->sqhd, 2);
    }
}

static void put_sq(GByteArray *out, const NvmeSQueue *sq)
{
    NvmeRequest *req;

    put(out, 'S', 1);
    put(out, sq->sqid, 2);
    put(out, sq->cqid, 2);
    put(out, sq->addr, 8);
    put(out, sq->size, 4);
    put(out, sq->head, 2);
    put(out, sq->tail, 2);
    QTAILQ_FOREACH (req, &sq->parked, entry) {
        put_command(out, 'P', req);
    }
}

static int nvme_pre_save(void *opaque)
{
    NvmeCtrl *n = opaque;
    GByteArray *out = g_byte_array_new();
    NvmeRequest *req;

    for (unsigned i = 0; i < n->nqueues; i++) {
        if (n->cq[i]) {
            put_cq(out, n->cq[i]);
        }
    }
    for (unsigned i = 0; i < n->nqueues; i++) {
        if (n->sq[i]) {
            put_sq(out, n->sq[i]);
        }
    }
    QTAILQ_FOREACH (req, &n->aers, entry) {
        put_command(out, 'A', req);
    }
    put(out, 'E', 1);
    memset(n->saved_attached, 0, sizeof(n->saved_attached));
    for (unsigned i = 1; i <= NVME_MAX_NAMESPACES; i++) {
        n->saved_attached[i / 64] |= n->namespaces[i] ? BIT_ULL(i % 64) : 0;
    }
    g_free(n->saved);
    n->saved_size = out->len;
    n->saved = g_byte_array_free(out, FALSE);
    return 0;
}

static int nvme_post_save(void *opaque)
{
    g_clear_pointer(&((NvmeCtrl *)opaque)->saved, g_free);
    return 0;
}

/* ---- reading: every number is checked before it is used ---- */

typedef struct Reader {
    NvmeCtrl *n;
    const uint8_t *at, *end;
    NvmeCQueue *cq; /* of which records follow */
    NvmeSQueue *sq;
    bool bad;
} Reader;

static uint64_t get(Reader *r, unsigned size)
{
    uint64_t le = 0;

    if ((size_t)(r->end - r->at) < size) {
        r->bad = true;
        return 0;
    }
    memcpy(&le, r->at, size);
    r->at += size;
    return le64_to_cpu(le);
}

static void get_cq(Reader *r)
{
    NvmeCtrl *n = r->n;
    uint16_t id = get(r, 2);
    uint64_t addr = get(r, 8);
    uint32_t size = get(r, 4);
    uint16_t head = get(r, 2), tail = get(r, 2), vector = get(r, 2);
    uint8_t flags = get(r, 1);

    if (r->bad || id >= n->nqueues || n->cq[id] || size < 1 || size > 65536 || head >= size ||
        tail >= size || vector >= n->params.msix_qsize) {
        r->bad = true;
        return;
    }
    r->cq = nvme_cq_create(n, id, addr, size, vector, flags & 2);
    r->cq->head = head;
    r->cq->tail = tail;
    r->cq->phase = flags & 1;
}

static void get_sq(Reader *r)
{
    NvmeCtrl *n = r->n;
    uint16_t id = get(r, 2), cqid = get(r, 2);
    uint64_t addr = get(r, 8);
    uint32_t size = get(r, 4);
    uint16_t head = get(r, 2), tail = get(r, 2);

    if (r->bad || id >= n->nqueues || n->sq[id] || cqid >= n->nqueues || !n->cq[cqid] || size < 1 ||
        size > 65536 || head >= size || tail >= size) {
        r->bad = true;
        return;
    }
    r->sq = nvme_sq_create(n, id, cqid, addr, size);
    r->sq->head = head;
    r->sq->tail = tail;
}

/* A request that is on no list but the one it is put into. */
static NvmeRequest *detached_request(NvmeSQueue *sq)
{
    NvmeRequest *req = nvme_request_new(sq);

    QTAILQ_REMOVE(&sq->inflight, req, entry);
    sq->inflight_count--;
    sq->ctrl->inflight--;
    return req;
}

static void get_command(Reader *r, NvmeSQueue *sq, NvmeRequestList *list)
{
    NvmeRequest *req;

    if (!sq) {
        r->bad = true;
        return;
    }
    req = detached_request(sq);
    for (int i = 0; i < 16; i++) {
        req->cmd.dw[i] = get(r, 4);
    }
    QTAILQ_INSERT_TAIL(list, req, entry);
}

static void get_completion(Reader *r)
{
    NvmeRequest *req;

    if (!r->cq || !r->n->cq[0]) {
        r->bad = true;
        return;
    }
    /* Its submission queue may be gone; all that is posted is in the record. */
    req = g_new0(NvmeRequest, 1);
    req->ctrl = r->n;
    req->cmd.dw[0] = get(r, 2) << 16;
    req->result = get(r, 4);
    req->status = get(r, 2);
    req->sqid = get(r, 2);
    req->sqhd = get(r, 2);
    QTAILQ_INSERT_TAIL(&r->cq->done, req, entry);
}

static bool get_records(Reader *r)
{
    NvmeCtrl *n = r->n;

    while (!r->bad) {
        switch (get(r, 1)) {
        case 'C':
            get_cq(r);
            break;
        case 'D':
            get_completion(r);
            break;
        case 'S':
            get_sq(r);
            break;
        case 'P':
            get_command(r, r->sq, r->sq ? &r->sq->parked : NULL);
            break;
        case 'A':
            if (n->aer_count > n->params.aerl) {
                return false;
            }
            n->aer_count++;
            get_command(r, n->sq[0], &n->aers);
            break;
        case 'E':
            return !r->bad && r->at == r->end;
        default:
            return false;
        }
    }
    return false;
}

/* As commands attached and detached the namespaces of the subsystem. */
static void restore_attachments(NvmeCtrl *n)
{
    for (unsigned i = 1; n->subsys && i <= NVME_MAX_NAMESPACES; i++) {
        NvmeNamespace *ns = n->subsys->namespaces[i];
        bool attached = n->saved_attached[i / 64] & BIT_ULL(i % 64);

        if (ns && attached && !n->namespaces[i]) {
            nvme_attach_ns(n, ns);
        } else if (ns && !attached && n->namespaces[i]) {
            nvme_detach_ns(n, ns);
        }
    }
}

static int nvme_pre_load(void *opaque)
{
    nvme_ctrl_clear(opaque);
    return 0;
}

static int nvme_post_load(void *opaque, int version_id)
{
    NvmeCtrl *n = opaque;
    Reader r = {.n = n, .at = n->saved, .end = n->saved + n->saved_size};
    NvmeState s = n->s;
    bool ok;

    if (n->saved_size > SAVED_MAX || s.event_count > NVME_EVENTS_QUEUED ||
        n->namespace.lba_format >= NVME_LBA_FORMATS) {
        return -EINVAL;
    }
    for (unsigned i = 0; i < s.event_count; i++) {
        if (s.events[i].type >= NVME_EVENT_TYPES) {
            return -EINVAL;
        }
    }
    ok = get_records(&r);
    g_clear_pointer(&n->saved, g_free);
    if (!ok || (s.csts & NVME_CSTS_RDY && (!n->sq[0] || !n->cq[0])) || NVME_CC_MPS(s.cc) > 4) {
        nvme_ctrl_clear(n);
        return -EINVAL;
    }
    restore_attachments(n);
    nvme_update_intx(n);
    nvme_kick_all(n);
    return 0;
}

static const VMStateDescription vmstate_event = {
    .name = "nvme-event",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(type, NvmeEvent),
            VMSTATE_UINT8(info, NvmeEvent),
            VMSTATE_UINT8(log_page, NvmeEvent),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_error_entry = {
    .name = "nvme-error",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT64(count, NvmeErrorEntry),
            VMSTATE_UINT16(sqid, NvmeErrorEntry),
            VMSTATE_UINT16(cid, NvmeErrorEntry),
            VMSTATE_UINT16(status, NvmeErrorEntry),
            VMSTATE_UINT16(location, NvmeErrorEntry),
            VMSTATE_UINT64(lba, NvmeErrorEntry),
            VMSTATE_UINT32(nsid, NvmeErrorEntry),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_controller = {
    .name = "nvme-controller",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(cc, NvmeState),
            VMSTATE_UINT32(csts, NvmeState),
            VMSTATE_UINT32(aqa, NvmeState),
            VMSTATE_UINT32(intms, NvmeState),
            VMSTATE_UINT64(asq, NvmeState),
            VMSTATE_UINT64(acq, NvmeState),
            VMSTATE_UINT32(irq_status, NvmeState),
            VMSTATE_UINT64(cmbmsc, NvmeState),
            VMSTATE_UINT32(cmbsts, NvmeState),
            VMSTATE_UINT32(arbitration, NvmeState),
            VMSTATE_UINT32(power, NvmeState),
            VMSTATE_UINT32(temperature_over, NvmeState),
            VMSTATE_UINT32(temperature_under, NvmeState),
            VMSTATE_UINT32(async_config, NvmeState),
            VMSTATE_UINT64(timestamp, NvmeState),
            VMSTATE_INT64(timestamp_set_ns, NvmeState),
            VMSTATE_UINT8(timestamp_origin, NvmeState),
            VMSTATE_UINT64(db_base, NvmeState),
            VMSTATE_UINT64(ei_base, NvmeState),
            VMSTATE_UINT8(events_masked, NvmeState),
            VMSTATE_UINT32(event_count, NvmeState),
            VMSTATE_STRUCT_ARRAY(events, NvmeState, NVME_EVENTS_QUEUED, 1, vmstate_event,
                                 NvmeEvent),
            VMSTATE_UINT64_ARRAY(changed_ns, NvmeState, NVME_MAX_NAMESPACES / 64 + 1),
            VMSTATE_END_OF_LIST(),
        },
};

const VMStateDescription vmstate_nvme = {
    .name = "nvme",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = nvme_pre_save,
    .post_save = nvme_post_save,
    .pre_load = nvme_pre_load,
    .post_load = nvme_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, NvmeCtrl),
            VMSTATE_MSIX(parent_obj, NvmeCtrl),
            VMSTATE_STRUCT(s, NvmeCtrl, 1, vmstate_controller, NvmeState),
            VMSTATE_STRUCT(namespace, NvmeCtrl, 1, vmstate_nvme_ns, NvmeNamespace),
            VMSTATE_UINT8(critical_warning, NvmeCtrl),
            VMSTATE_UINT64(starttime_ms, NvmeCtrl),
            VMSTATE_UINT64(error_count, NvmeCtrl),
            VMSTATE_STRUCT_ARRAY(errors, NvmeCtrl, NVME_ERROR_ENTRIES, 1, vmstate_error_entry,
                                 NvmeErrorEntry),
            VMSTATE_UINT64_ARRAY(saved_attached, NvmeCtrl, NVME_MAX_NAMESPACES / 64 + 1),
            VMSTATE_UINT32(saved_size, NvmeCtrl),
            VMSTATE_VBUFFER_ALLOC_UINT32(saved, NvmeCtrl, 1, NULL, saved_size),
            VMSTATE_END_OF_LIST(),
        },
};
