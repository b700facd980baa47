/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a SCSI target says whatever the logical unit: REPORT LUNS, REQUEST SENSE, and for units that
 * it does not have (SPC-4, 6.6, 6.33, 6.39; SAM-5, 4.8).
 */
#include "qemu/osdep.h"
#include "hw/scsi/scsi.h"
#include "qemu/bswap.h"

/* ---- a fixed answer ---- */

typedef struct SCSISenseReq {
    SCSIRequest req;
    SCSISense sense;
} SCSISenseReq;

static void sense_start(SCSIRequest *req)
{
    scsi_req_fail(req, container_of(req, SCSISenseReq, req)->sense);
}

static const SCSIReqOps sense_ops = {
    .start = sense_start,
    .size = sizeof(SCSISenseReq),
};

SCSIRequest *scsi_sense_req_new(SCSIDevice *d, uint32_t tag, uint32_t lun, void *hba_private,
                                SCSISense sense)
{
    SCSIRequest *req = scsi_req_alloc(&sense_ops, d, tag, lun, hba_private);

    container_of(req, SCSISenseReq, req)->sense = sense;
    return req;
}

/* ---- REPORT LUNS ---- */

static void put_lun(GByteArray *list, uint32_t lun)
{
    /* Below 256 by the peripheral method, others by the flat space one (SAM-5, 4.7.7). */
    uint8_t entry[8] = {lun < 256 ? 0 : 0x40 | lun >> 8, lun};

    g_byte_array_append(list, entry, sizeof(entry));
}

static int compare_luns(gconstpointer a, gconstpointer b)
{
    const SCSIDevice *x = *(SCSIDevice *const *)a, *y = *(SCSIDevice *const *)b;

    return x->lun < y->lun ? -1 : x->lun > y->lun;
}

static void report_luns(SCSIRequest *req)
{
    SCSIDevice *d = req->dev;
    g_autoptr(GPtrArray) devices = scsi_bus_devices(req->bus);
    g_autoptr(GByteArray) list = g_byte_array_new();
    static const uint8_t header[8];

    if (req->cmd.xfer < 16 || req->cmd.buf[2] > 2) {
        scsi_req_fail(req, SENSE_CODE(INVALID_FIELD));
        return;
    }
    g_byte_array_append(list, header, sizeof(header));
    /* Well known units (1) are none. Unit 0 is always said, there or not. */
    if (req->cmd.buf[2] != 1) {
        bool zero = false;

        g_ptr_array_sort(devices, compare_luns);
        for (guint i = 0; i < devices->len; i++) {
            SCSIDevice *other = g_ptr_array_index(devices, i);

            if (other->channel != d->channel || other->id != d->id) {
                continue;
            }
            if (other->lun && !zero) {
                put_lun(list, 0);
            }
            zero = true;
            put_lun(list, other->lun);
        }
    }
    stl_be_p(list->data, list->len - 8);
    scsi_req_reply(req, list->data, list->len);
}

/* ---- the rest ---- */

static void inquiry_no_lun(SCSIRequest *req)
{
    const uint8_t *cdb = req->cmd.buf;
    uint8_t buf[36] = {TYPE_NO_LUN};

    if (cdb[1] & 1) {
        if (cdb[2]) {
            scsi_req_fail(req, SENSE_CODE(INVALID_FIELD));
            return;
        }
        buf[3] = 1; /* the list of pages has one: itself */
        scsi_req_reply(req, buf, 5);
        return;
    }
    if (cdb[2]) {
        scsi_req_fail(req, SENSE_CODE(INVALID_FIELD));
        return;
    }
    buf[2] = 5;
    buf[3] = 2 | 0x10;
    buf[4] = sizeof(buf) - 5;
    buf[7] = 0x02; /* commands are queued */
    memcpy(buf + 8, "QEMU    QEMU TARGET     2.5+", 28);
    scsi_req_reply(req, buf, sizeof(buf));
}

static void request_sense(SCSIRequest *req)
{
    SCSIDevice *d = req->dev;
    SCSISense sense = SENSE_CODE(LUN_NOT_SUPPORTED);
    uint8_t buf[18];

    if (req->cmd.buf[1] & 1) {
        scsi_req_fail(req, SENSE_CODE(INVALID_FIELD)); /* descriptor format */
        return;
    }
    if (req->lun == d->lun) {
        QEMU_LOCK_GUARD(&d->lock);
        sense = d->unit_attention;
        d->unit_attention = SENSE_CODE(NO_SENSE);
    }
    scsi_req_reply(req, buf, scsi_build_sense(buf, sense));
}

static void target_start(SCSIRequest *req)
{
    switch (req->cmd.buf[0]) {
    case REPORT_LUNS:
        report_luns(req);
        break;
    case REQUEST_SENSE:
        request_sense(req);
        break;
    case INQUIRY:
        inquiry_no_lun(req);
        break;
    default:
        scsi_req_fail(req, SENSE_CODE(LUN_NOT_SUPPORTED));
    }
}

static const SCSIReqOps target_ops = {
    .start = target_start,
    .size = sizeof(SCSIRequest),
};

SCSIRequest *scsi_target_req_new(SCSIDevice *d, uint32_t tag, uint32_t lun, void *hba_private)
{
    return scsi_req_alloc(&target_ops, d, tag, lun, hba_private);
}
