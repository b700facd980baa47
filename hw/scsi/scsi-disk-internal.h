/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks and CD drives on a SCSI bus: what their files share. */
#ifndef HW_SCSI_DISK_INTERNAL_H
#define HW_SCSI_DISK_INTERNAL_H

#include "hw/scsi/scsi.h"
#include "qemu/coroutine.h"

#define TYPE_SCSI_DISK_BASE "scsi-disk-base"
OBJECT_DECLARE_SIMPLE_TYPE(SCSIDiskState, SCSI_DISK_BASE)

struct SCSIDiskState {
    SCSIDevice qdev;

    /* configuration */
    uint64_t max_unmap_size, max_io_size;
    uint16_t port_index, rotation_rate;
    char *version, *serial, *vendor, *product, *device_id;
    bool removable, dpofua;

    /* wiring */
    CoMutex compare_lock; /* of COMPARE AND WRITE */

    /* state; qdev.lock */
    bool media_event; /* a change that the guest has not asked about yet */
    bool eject_request;
    bool tray_open, tray_locked;
};

typedef struct SCSIDiskReq {
    SCSIRequest req;
    QEMUIOVector qiov; /* exactly what is transferred */
    bool has_qiov;
} SCSIDiskReq;

#define DISK_REQ(r) container_of(r, SCSIDiskReq, req)

static inline SCSIDiskState *scsi_disk(SCSIDiskReq *r)
{
    return container_of(r->req.dev, SCSIDiskState, qdev);
}

static inline BlockBackend *scsi_disk_blk(SCSIDiskReq *r)
{
    return r->req.dev->conf.blk;
}

static inline void scsi_disk_fail(SCSIDiskReq *r, SCSISense sense)
{
    scsi_req_fail(&r->req, sense);
}

/* Blocks of the medium; 0 without. */
uint64_t scsi_disk_blocks(SCSIDiskState *s);
bool scsi_disk_in_range(SCSIDiskState *s, uint64_t lba, uint64_t count);
/* A block request of @r failed with @ret: complete it, or keep it. */
void scsi_disk_error(SCSIDiskReq *r, int ret, bool is_read);

/* Commands. Each completes its request, now or later. */
void scsi_disk_inquiry(SCSIDiskReq *r);
void scsi_disk_read_capacity_10(SCSIDiskReq *r);
void scsi_disk_service_action_in(SCSIDiskReq *r);
void scsi_disk_mode_sense(SCSIDiskReq *r);
void scsi_disk_mode_select(SCSIDiskReq *r);
void scsi_disk_read_write(SCSIDiskReq *r);
void scsi_disk_verify(SCSIDiskReq *r);
void scsi_disk_synchronize(SCSIDiskReq *r);
void scsi_disk_unmap(SCSIDiskReq *r);
void scsi_disk_write_same(SCSIDiskReq *r);
void scsi_disk_compare_and_write(SCSIDiskReq *r);
void scsi_disk_start_stop(SCSIDiskReq *r);
void scsi_disk_allow_removal(SCSIDiskReq *r);
void scsi_disk_read_toc(SCSIDiskReq *r);
void scsi_disk_get_configuration(SCSIDiskReq *r);
void scsi_disk_event_status(SCSIDiskReq *r);
void scsi_disk_mechanism_status(SCSIDiskReq *r);
void scsi_disk_disc_information(SCSIDiskReq *r);
void scsi_disk_track_information(SCSIDiskReq *r);
void scsi_disk_dvd_structure(SCSIDiskReq *r);

/* For scsi-block, whose emulated commands are these. */
SCSIRequest *scsi_disk_alloc_req(SCSIDevice *d, uint32_t tag, uint32_t lun, uint8_t *cdb,
                                 void *hba_private);
void scsi_disk_realize_common(SCSIDevice *dev, Error **errp);

#endif
