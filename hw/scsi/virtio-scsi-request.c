/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands of the virtio SCSI adapter (virtio 1.3, 5.6.6.1): a header and data to read; an answer
 * with sense, and data, to write. A request belongs to the thread that has its queue.
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "migration/qemu-file.h"
#include "qemu/bswap.h"
#include "qemu/defer-call.h"
#include "virtio-scsi-internal.h"

/* ---- the end ---- */

static void leave_flight(VirtIOSCSI *s)
{
    qatomic_dec(&s->in_flight);
    aio_wait_kick();
}

static void free_request(VirtIOSCSIReq *req)
{
    if (req->sreq) {
        scsi_req_unref(req->sreq);
    }
    qemu_iovec_destroy(&req->data);
    g_free(req);
}

/* @written: bytes of data after the answer. */
static void respond(VirtIOSCSIReq *req, uint8_t response, uint8_t status, uint32_t residual,
                    size_t written)
{
    VirtIOSCSI *s = req->dev;
    uint8_t resp[RESP_HEADER + SCSI_SENSE_MAX] = {0};
    uint32_t sense_len = req->sreq && status == CHECK_CONDITION
                             ? MIN(req->sreq->sense_len, MIN(s->sense_size, SCSI_SENSE_MAX))
                             : 0;

    stl_le_p(resp, sense_len);
    stl_le_p(resp + 4, residual);
    resp[10] = status;
    resp[11] = response;
    if (sense_len) {
        memcpy(resp + RESP_HEADER, req->sreq->sense, sense_len);
    }
    iov_from_buf(req->elem.in_sg, req->elem.in_num, 0, resp, RESP_HEADER + sense_len);
    virtqueue_push(req->vq, &req->elem, RESP_HEADER + s->sense_size + written);
    virtio_notify(VIRTIO_DEVICE(s), req->vq);
    free_request(req);
    leave_flight(s);
}

void virtio_scsi_complete(SCSIRequest *sreq, size_t residual)
{
    VirtIOSCSIReq *req = sreq->hba_private;
    size_t written = sreq->cmd.mode == SCSI_XFER_FROM_DEV ? sreq->transferred : 0;

    respond(req, VIRTIO_SCSI_S_OK, sreq->status, residual, written);
}

void virtio_scsi_cancelled(SCSIRequest *sreq)
{
    VirtIOSCSIReq *req = sreq->hba_private;

    respond(req, qatomic_read(&req->cancel_response), 0, req->data.size, 0);
}

/* The driver broke the rules in a way that leaves no place for an answer. */
static void abandon(VirtIOSCSIReq *req, const char *why)
{
    VirtIOSCSI *s = req->dev;

    virtio_error(VIRTIO_DEVICE(s), "virtio-scsi: %s", why);
    virtqueue_detach_element(req->vq, &req->elem, 0);
    free_request(req);
    leave_flight(s);
}

/* ---- the beginning ---- */

SCSIDevice *virtio_scsi_device_get(VirtIOSCSI *s, const uint8_t *lun)
{
    return virtio_scsi_lun_valid(lun) ? scsi_device_get(&s->bus, 0, lun[1], virtio_scsi_lun(lun))
                                      : NULL;
}

static void init_request(VirtIOSCSIReq *req, VirtIOSCSI *s, VirtQueue *vq)
{
    memset((uint8_t *)req + sizeof(req->elem), 0, sizeof(*req) - sizeof(req->elem));
    req->dev = s;
    req->vq = vq;
    req->out_size = iov_size(req->elem.out_sg, req->elem.out_num);
    req->in_size = iov_size(req->elem.in_sg, req->elem.in_num);
    req->cancel_response = VIRTIO_SCSI_S_ABORTED;
}

/* What lies behind header and answer. False: data both ways, which we did not offer. */
static bool find_data(VirtIOSCSIReq *req, size_t out_header, size_t in_header)
{
    bool out = req->out_size > out_header, in = req->in_size > in_header;
    const VirtQueueElement *e = &req->elem;

    if (out && in) {
        return false;
    }
    qemu_iovec_init(&req->data, out ? e->out_num : e->in_num);
    if (out) {
        qemu_iovec_concat_iov(&req->data, e->out_sg, e->out_num, out_header,
                              req->out_size - out_header);
    } else if (in) {
        qemu_iovec_concat_iov(&req->data, e->in_sg, e->in_num, in_header, req->in_size - in_header);
    }
    return true;
}

/* Make the SCSI request. NULL: answered already, or given up. */
static SCSIRequest *prepare(VirtIOSCSIReq *req)
{
    VirtIOSCSI *s = req->dev;
    size_t out_header = CMD_HEADER + s->cdb_size, in_header = RESP_HEADER + s->sense_size;
    uint8_t header[CMD_HEADER];
    g_autoptr(SCSIDevice) d = NULL;
    bool to_device;

    if (req->out_size < out_header || req->in_size < in_header) {
        abandon(req, "a command without room for its header or answer");
        return NULL;
    }
    iov_to_buf(req->elem.out_sg, req->elem.out_num, 0, header, sizeof(header));
    iov_to_buf(req->elem.out_sg, req->elem.out_num, CMD_HEADER, req->cdb,
               MIN(s->cdb_size, SCSI_CDB_MAX));
    if (!find_data(req, out_header, in_header)) {
        respond(req, VIRTIO_SCSI_S_FAILURE, 0, 0, 0);
        return NULL;
    }
    d = virtio_scsi_device_get(s, header);
    if (!d) {
        respond(req, VIRTIO_SCSI_S_BAD_TARGET, 0, 0, 0);
        return NULL;
    }
    req->sreq = scsi_req_new(d, ldl_le_p(header + 8), virtio_scsi_lun(header), req->cdb,
                             MIN(s->cdb_size, SCSI_CDB_MAX), req);
    to_device = req->out_size > out_header;
    if (req->sreq->cmd.mode != SCSI_XFER_NONE &&
        (req->sreq->cmd.mode == SCSI_XFER_TO_DEV) != to_device && req->data.size) {
        respond(req, VIRTIO_SCSI_S_OVERRUN, 0, 0, 0);
        return NULL;
    }
    /* Reads and writes of blocks need room for all of it; others take what there is. */
    if (req->sreq->cmd.xfer > req->data.size && to_device) {
        respond(req, VIRTIO_SCSI_S_OVERRUN, 0, 0, 0);
        return NULL;
    }
    return req->sreq;
}

void virtio_scsi_handle_cmd(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOSCSI *s = VIRTIO_SCSI(vdev);
    VirtIOSCSIReq *req;

    defer_call_begin();
    do {
        virtio_queue_set_notification(vq, false);
        while ((req = virtqueue_pop(vq, sizeof(*req)))) {
            init_request(req, s, vq);
            qatomic_inc(&s->in_flight);
            if (prepare(req)) {
                scsi_req_submit(req->sreq, &req->data);
            }
        }
        virtio_queue_set_notification(vq, true);
    } while (!virtio_queue_empty(vq) && !virtio_device_broken(vdev));
    defer_call_end();
}

/* ---- cancelling and waiting ---- */

static bool all_idle(VirtIOSCSI *s)
{
    g_autoptr(GPtrArray) devices = scsi_bus_devices(&s->bus);
    uint32_t kept = 0;

    for (guint i = 0; i < devices->len; i++) {
        SCSIDevice *d = g_ptr_array_index(devices, i);
        SCSIRequest *req;

        QEMU_LOCK_GUARD(&d->lock);
        QTAILQ_FOREACH (req, &d->requests, next) {
            kept += req->kept;
        }
    }
    return qatomic_read(&s->in_flight) == kept;
}

void virtio_scsi_wait_idle(VirtIOSCSI *s)
{
    AIO_WAIT_WHILE(NULL, !all_idle(s));
}

static void cancel_device(SCSIDevice *d, VirtQueue *vq)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    SCSIRequest *sreq;

    WITH_QEMU_LOCK_GUARD(&d->lock)
    {
        QTAILQ_FOREACH (sreq, &d->requests, next) {
            if (!vq || ((VirtIOSCSIReq *)sreq->hba_private)->vq == vq) {
                g_ptr_array_add(list, scsi_req_ref(sreq));
            }
        }
    }
    for (guint i = 0; i < list->len; i++) {
        scsi_req_cancel_async(g_ptr_array_index(list, i), NULL, NULL);
        scsi_req_unref(g_ptr_array_index(list, i));
    }
}

void virtio_scsi_cancel_queue(VirtIOSCSI *s, VirtQueue *vq)
{
    g_autoptr(GPtrArray) devices = scsi_bus_devices(&s->bus);

    for (guint i = 0; i < devices->len; i++) {
        cancel_device(g_ptr_array_index(devices, i), vq);
    }
    virtio_scsi_wait_idle(s);
}

/* ---- saved state ---- */

void virtio_scsi_save_request(QEMUFile *f, SCSIRequest *sreq)
{
    VirtIOSCSIReq *req = sreq->hba_private;

    qemu_put_be32(f, virtio_get_queue_index(req->vq));
    qemu_put_virtqueue_element(VIRTIO_DEVICE(req->dev), f, &req->elem);
}

bool virtio_scsi_load_request(QEMUFile *f, SCSIDevice *dev)
{
    SCSIBus *bus = scsi_bus_from_device(dev);
    VirtIOSCSI *s = container_of(bus, VirtIOSCSI, bus);
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    uint32_t index = qemu_get_be32(f);
    VirtQueue *vq = index >= VIRTIO_SCSI_FIXED_QUEUES ? virtio_get_queue(vdev, index) : NULL;
    VirtIOSCSIReq *req = vq ? qemu_get_virtqueue_element(vdev, vq, f, sizeof(*req)) : NULL;

    if (!req) {
        return false;
    }
    s->restored[index] += req->elem.ndescs;
    init_request(req, s, vq);
    qatomic_inc(&s->in_flight);
    if (s->restored[index] > virtio_queue_inuse(vq) || !prepare(req) || req->sreq->dev != dev) {
        return false;
    }
    req->sreq->ctx = virtio_scsi_queue_ctx(s, vq);
    scsi_req_restore(req->sreq, &req->data);
    return true;
}
