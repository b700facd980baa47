/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtio SCSI host adapter (virtio 1.3, 5.6). */
#ifndef HW_VIRTIO_VIRTIO_SCSI_H
#define HW_VIRTIO_VIRTIO_SCSI_H

#include "hw/scsi/scsi.h"
#include "hw/virtio/iothread-vq-mapping.h"
#include "hw/virtio/virtio.h"
#include "system/iothread.h"

#define TYPE_VIRTIO_SCSI_COMMON "virtio-scsi-common"
#define TYPE_VIRTIO_SCSI        "virtio-scsi-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOSCSI, VIRTIO_SCSI)

/* "num_queues" not given: one for each processor where the transport can do that. */
#define VIRTIO_SCSI_AUTO_NUM_QUEUES UINT32_MAX
/* Queues before those for commands: control, events. */
#define VIRTIO_SCSI_FIXED_QUEUES 2

typedef struct VirtIOSCSIConf {
    uint32_t num_queues;
    uint32_t virtqueue_size;
    bool seg_max_adjust;
    uint32_t max_sectors;
    uint32_t cmd_per_lun;
    IOThread *iothread;
    IOThreadVirtQueueMappingList *iothread_vq_mapping_list;
} VirtIOSCSIConf;

struct VirtIOSCSI {
    VirtIODevice parent_obj;

    /* configuration */
    VirtIOSCSIConf conf;

    /* wiring */
    SCSIBus bus;
    char *bus_name; /* given by the transport; NULL: the usual */
    VirtQueue *ctrl_vq, *event_vq, **cmd_vqs;
    AioContext **vq_ctx; /* of each command queue; NULL: the main loop has all */
    bool attached;       /* queues are served by eventfds */
    unsigned *restored;  /* ring places of loaded requests, per queue */

    /* state */
    uint32_t sense_size, cdb_size;
    bool events_dropped;
    uint32_t in_flight; /* atomic; requests taken from a queue and not given back or kept */
};

#endif
