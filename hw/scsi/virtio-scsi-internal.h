/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the virtio SCSI adapter share; numbers of virtio 1.3, 5.6. */
#ifndef HW_SCSI_VIRTIO_SCSI_INTERNAL_H
#define HW_SCSI_VIRTIO_SCSI_INTERNAL_H

#include "hw/virtio/virtio-scsi.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "qemu/iov.h"

#define VIRTIO_SCSI_F_INOUT     0
#define VIRTIO_SCSI_F_HOTPLUG   1
#define VIRTIO_SCSI_F_CHANGE    2

#define VIRTIO_SCSI_MAX_CHANNEL 0
#define VIRTIO_SCSI_MAX_TARGET  255
#define VIRTIO_SCSI_MAX_LUN     16383

/* A command's header before its CDB, an answer's before its sense. */
#define CMD_HEADER    19
#define RESP_HEADER   12
#define CDB_DEFAULT   32
#define SENSE_DEFAULT 96
#define CONFIG_SIZE   36
#define EVENT_SIZE    16

enum VirtIOSCSIResponse {
    VIRTIO_SCSI_S_OK = 0,
    VIRTIO_SCSI_S_OVERRUN = 1,
    VIRTIO_SCSI_S_ABORTED = 2,
    VIRTIO_SCSI_S_BAD_TARGET = 3,
    VIRTIO_SCSI_S_RESET = 4,
    VIRTIO_SCSI_S_BUSY = 5,
    VIRTIO_SCSI_S_FAILURE = 9,
    VIRTIO_SCSI_S_FUNCTION_SUCCEEDED = 10,
    VIRTIO_SCSI_S_FUNCTION_REJECTED = 11,
    VIRTIO_SCSI_S_INCORRECT_LUN = 12,
};
#define VIRTIO_SCSI_S_FUNCTION_COMPLETE 0

typedef struct VirtIOSCSIReq {
    VirtQueueElement elem;
    VirtIOSCSI *dev;
    VirtQueue *vq;
    SCSIRequest *sreq;
    QEMUIOVector data; /* in the direction of the command */
    size_t out_size, in_size;
    uint8_t cancel_response; /* why it was cancelled */
    uint8_t cdb[SCSI_CDB_MAX];
} VirtIOSCSIReq;

static inline bool virtio_scsi_lun_valid(const uint8_t *lun)
{
    return lun[0] == 1 && !ldl_be_p(lun + 4);
}

static inline uint32_t virtio_scsi_lun(const uint8_t *lun)
{
    return (lun[2] << 8 | lun[3]) & 0x3fff;
}

static inline AioContext *virtio_scsi_queue_ctx(VirtIOSCSI *s, VirtQueue *vq)
{
    unsigned n = virtio_get_queue_index(vq);

    return s->vq_ctx && n >= VIRTIO_SCSI_FIXED_QUEUES ? s->vq_ctx[n - VIRTIO_SCSI_FIXED_QUEUES]
                                                      : qemu_get_aio_context();
}

/* virtio-scsi-request.c */
void virtio_scsi_handle_cmd(VirtIODevice *vdev, VirtQueue *vq);
void virtio_scsi_complete(SCSIRequest *sreq, size_t residual);
void virtio_scsi_cancelled(SCSIRequest *sreq);
void virtio_scsi_save_request(QEMUFile *f, SCSIRequest *sreq);
bool virtio_scsi_load_request(QEMUFile *f, SCSIDevice *dev);
/* Cancel what is in command queue @vq (NULL: all), and wait. BQL held. */
void virtio_scsi_cancel_queue(VirtIOSCSI *s, VirtQueue *vq);
/* Until nothing is under way but what is kept. BQL held. */
void virtio_scsi_wait_idle(VirtIOSCSI *s);
/* The device a LUN field names, or one that speaks for it; a reference. */
SCSIDevice *virtio_scsi_device_get(VirtIOSCSI *s, const uint8_t *lun);

/* virtio-scsi-ctrl.c: main loop, BQL held. */
void virtio_scsi_handle_ctrl(VirtIODevice *vdev, VirtQueue *vq);
void virtio_scsi_handle_event(VirtIODevice *vdev, VirtQueue *vq);
void virtio_scsi_plugged(VirtIOSCSI *s, SCSIDevice *d);
void virtio_scsi_unplugged(VirtIOSCSI *s, SCSIDevice *d);
void virtio_scsi_change(SCSIBus *bus, SCSIDevice *d, SCSISense sense);

/* virtio-scsi-iothread.c */
bool virtio_scsi_iothreads_init(VirtIOSCSI *s, Error **errp);
void virtio_scsi_iothreads_cleanup(VirtIOSCSI *s);
int virtio_scsi_start_ioeventfd(VirtIODevice *vdev);
void virtio_scsi_stop_ioeventfd(VirtIODevice *vdev);
void virtio_scsi_queue_reset(VirtIODevice *vdev, unsigned n);
void virtio_scsi_queue_enable(VirtIODevice *vdev, unsigned n);

#endif
