/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCSI requests: made for the device, or for what its target or a pending unit attention has to
 * say; in the device's list from submission to completion; kept there while the machine is stopped
 * because of an error; cancelled.
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "hw/scsi/scsi.h"
#include "qemu/main-loop.h"

/* ---- life ---- */

SCSIRequest *scsi_req_alloc(const SCSIReqOps *ops, SCSIDevice *d, uint32_t tag, uint32_t lun,
                            void *hba_private)
{
    SCSIRequest *req = g_malloc0(ops->size);

    req->refcount = 1;
    req->bus = scsi_bus_from_device(d);
    req->dev = d;
    req->ops = ops;
    req->tag = tag;
    req->lun = lun;
    req->hba_private = hba_private;
    req->status = -1;
    req->ctx = qemu_get_current_aio_context();
    object_ref(OBJECT(d));
    return req;
}

SCSIRequest *scsi_req_ref(SCSIRequest *req)
{
    qatomic_inc(&req->refcount);
    return req;
}

void scsi_req_unref(SCSIRequest *req)
{
    if (qatomic_fetch_dec(&req->refcount) == 1) {
        SCSIDevice *d = req->dev;

        if (req->ops->free) {
            req->ops->free(req);
        }
        g_free(req);
        object_unref(OBJECT(d));
    }
}

/* ---- which request a command becomes ---- */

/* These are answered whatever is to be told (SAM-5, 5.14). */
static bool passes_unit_attention(uint8_t opcode)
{
    return opcode == INQUIRY || opcode == REPORT_LUNS || opcode == GET_CONFIGURATION ||
           opcode == GET_EVENT_STATUS_NOTIFICATION || opcode == REQUEST_SENSE;
}

static bool take_unit_attention(SCSIDevice *d, SCSISense *ua)
{
    SCSIBus *bus = scsi_bus_from_device(d);
    bool found = false;

    WITH_QEMU_LOCK_GUARD(&d->lock)
    {
        if (d->unit_attention.key == UNIT_ATTENTION) {
            *ua = d->unit_attention;
            d->unit_attention = SENSE_CODE(NO_SENSE);
            found = true;
        }
    }
    if (!found) {
        QEMU_LOCK_GUARD(&bus->lock);
        if (bus->unit_attention.key == UNIT_ATTENTION) {
            *ua = bus->unit_attention;
            bus->unit_attention = SENSE_CODE(NO_SENSE);
            found = true;
        }
    }
    return found;
}

static SCSIRequest *new_request(SCSIDevice *d, SCSICommand *cmd, bool valid, uint32_t tag,
                                uint32_t lun, void *hba_private)
{
    SCSIDeviceClass *k = SCSI_DEVICE_GET_CLASS(d);
    SCSISense ua;

    if (!valid) {
        return scsi_sense_req_new(d, tag, lun, hba_private, SENSE_CODE(INVALID_OPCODE));
    }
    if (cmd->xfer > INT32_MAX) {
        return scsi_sense_req_new(d, tag, lun, hba_private, SENSE_CODE(INVALID_FIELD));
    }
    if (lun == d->lun && !passes_unit_attention(cmd->buf[0]) && take_unit_attention(d, &ua)) {
        return scsi_sense_req_new(d, tag, lun, hba_private, ua);
    }
    if (lun != d->lun || cmd->buf[0] == REPORT_LUNS || cmd->buf[0] == REQUEST_SENSE) {
        return scsi_target_req_new(d, tag, lun, hba_private);
    }
    return k->alloc_req(d, tag, lun, cmd->buf, hba_private);
}

SCSIRequest *scsi_req_new(SCSIDevice *d, uint32_t tag, uint32_t lun, const uint8_t *cdb,
                          size_t cdb_len, void *hba_private)
{
    SCSIDeviceClass *k = SCSI_DEVICE_GET_CLASS(d);
    SCSICommand cmd = {.len = 0};
    SCSIRequest *req;
    int len;
    bool valid;

    memcpy(cmd.buf, cdb, MIN(cdb_len, sizeof(cmd.buf)));
    len = scsi_cdb_length(cmd.buf);
    valid = len < 0 || (size_t)len <= cdb_len;
    if (valid) {
        valid = k->parse_cdb && lun == d->lun ? k->parse_cdb(d, &cmd)
                                              : scsi_parse_cdb(&cmd, d->type, d->blocksize);
    }
    req = new_request(d, &cmd, valid, tag, lun, hba_private);
    req->cmd = cmd;
    return req;
}

/* ---- submission and completion ---- */

static void enqueue(SCSIRequest *req)
{
    QEMU_LOCK_GUARD(&req->dev->lock);
    req->enqueued = true;
    QTAILQ_INSERT_TAIL(&req->dev->requests, req, next);
}

/* The list's reference is the caller's from here on. */
static bool dequeue(SCSIRequest *req)
{
    bool was;

    WITH_QEMU_LOCK_GUARD(&req->dev->lock)
    {
        was = req->enqueued;
        if (was) {
            QTAILQ_REMOVE(&req->dev->requests, req, next);
            req->enqueued = false;
            req->kept = false;
        }
    }
    aio_wait_kick();
    return was;
}

void scsi_req_submit(SCSIRequest *req, QEMUIOVector *data)
{
    req->data = data;
    scsi_req_ref(req);
    enqueue(req);
    /* Until start() returns, which may find the request completed. */
    scsi_req_ref(req);
    req->ops->start(req);
    scsi_req_unref(req);
}

typedef struct SCSICancelWaiter {
    void (*done)(void *opaque);
    void *opaque;
} SCSICancelWaiter;

static void tell_cancellers(SCSIRequest *req)
{
    GSList *list = NULL;

    WITH_QEMU_LOCK_GUARD(&req->dev->lock)
    {
        list = g_steal_pointer(&req->cancel_waiters);
    }
    while (list) {
        SCSICancelWaiter *w = list->data;

        list = g_slist_delete_link(list, list);
        w->done(w->opaque);
        g_free(w);
    }
}

void scsi_req_restore(SCSIRequest *req, QEMUIOVector *data)
{
    req->data = data;
    req->kept = true;
    scsi_req_ref(req);
    enqueue(req);
}

static void finish(SCSIRequest *req, bool cancelled)
{
    size_t size = req->data ? req->data->size : 0;

    if (!dequeue(req)) {
        return;
    }
    req->aiocb = NULL;
    if (cancelled) {
        req->bus->info->cancelled(req);
    } else {
        req->bus->info->complete(req, size - MIN(req->transferred, size));
    }
    tell_cancellers(req);
    scsi_req_unref(req);
}

void scsi_req_complete(SCSIRequest *req, int status)
{
    req->status = status;
    finish(req, false);
}

void scsi_req_fail(SCSIRequest *req, SCSISense sense)
{
    req->sense_len = scsi_build_sense(req->sense, sense);
    scsi_req_complete(req, CHECK_CONDITION);
}

void scsi_req_cancel_complete(SCSIRequest *req)
{
    finish(req, true);
}

void scsi_req_keep(SCSIRequest *req)
{
    req->aiocb = NULL;
    req->transferred = 0;
    WITH_QEMU_LOCK_GUARD(&req->dev->lock)
    {
        req->kept = true;
    }
    aio_wait_kick();
}

/* ---- cancelling ---- */

static void cancel_here(void *opaque)
{
    SCSIRequest *req = opaque;
    bool kept;

    WITH_QEMU_LOCK_GUARD(&req->dev->lock)
    {
        kept = req->enqueued && req->kept;
    }
    if (kept) {
        scsi_req_cancel_complete(req);
    } else if (req->enqueued && req->ops->cancel) {
        req->ops->cancel(req);
    }
    scsi_req_unref(req);
}

bool scsi_req_cancel_async(SCSIRequest *req, void (*done)(void *opaque), void *opaque)
{
    WITH_QEMU_LOCK_GUARD(&req->dev->lock)
    {
        if (!req->enqueued) {
            return false;
        }
        if (done) {
            SCSICancelWaiter *w = g_new(SCSICancelWaiter, 1);

            *w = (SCSICancelWaiter){done, opaque};
            req->cancel_waiters = g_slist_prepend(req->cancel_waiters, w);
        }
        qatomic_set(&req->cancelled, true);
    }
    scsi_req_ref(req);
    if (req->ctx == qemu_get_current_aio_context()) {
        cancel_here(req);
    } else {
        aio_bh_schedule_oneshot(req->ctx, cancel_here, req);
    }
    return true;
}

static bool has_requests(SCSIDevice *d)
{
    QEMU_LOCK_GUARD(&d->lock);
    return !QTAILQ_EMPTY(&d->requests);
}

void scsi_device_purge_requests(SCSIDevice *d, SCSISense sense)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    SCSIRequest *req;

    WITH_QEMU_LOCK_GUARD(&d->lock)
    {
        QTAILQ_FOREACH (req, &d->requests, next) {
            g_ptr_array_add(all, scsi_req_ref(req));
        }
    }
    for (guint i = 0; i < all->len; i++) {
        scsi_req_cancel_async(g_ptr_array_index(all, i), NULL, NULL);
        scsi_req_unref(g_ptr_array_index(all, i));
    }
    AIO_WAIT_WHILE(NULL, has_requests(d));
    scsi_device_set_ua(d, sense);
}

/* ---- data ---- */

size_t scsi_req_data_in(SCSIRequest *req, const void *buf, size_t len)
{
    size_t room = req->data && req->cmd.mode == SCSI_XFER_FROM_DEV ? req->data->size : 0;

    len = MIN(len, MIN(room, req->cmd.xfer));
    if (len) {
        qemu_iovec_from_buf(req->data, 0, buf, len);
    }
    req->transferred = len;
    return len;
}

size_t scsi_req_data_out(SCSIRequest *req, void *buf, size_t len)
{
    size_t given = req->data && req->cmd.mode == SCSI_XFER_TO_DEV ? req->data->size : 0;

    len = MIN(len, MIN(given, req->cmd.xfer));
    if (len) {
        qemu_iovec_to_buf(req->data, 0, buf, len);
    }
    req->transferred = len;
    return len;
}

void scsi_req_reply(SCSIRequest *req, const void *buf, size_t len)
{
    scsi_req_data_in(req, buf, len);
    scsi_req_complete(req, GOOD);
}
