/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtio block device (virtio 1.3, 5.2). */
#ifndef HW_VIRTIO_VIRTIO_BLK_H
#define HW_VIRTIO_VIRTIO_BLK_H

#include "hw/block/block.h"
#include "hw/virtio/iothread-vq-mapping.h"
#include "hw/virtio/virtio.h"
#include "system/iothread.h"

#define TYPE_VIRTIO_BLK "virtio-blk-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOBlock, VIRTIO_BLK)

/* "num-queues" not given: one for each processor where the transport can do that. */
#define VIRTIO_BLK_AUTO_NUM_QUEUES UINT16_MAX

typedef struct VirtIOBlkConf {
    BlockConf conf;
    IOThread *iothread;
    IOThreadVirtQueueMappingList *iothread_vq_mapping_list;
    char *serial;
    bool request_merging;
    uint16_t num_queues;
    uint16_t queue_size;
    bool seg_max_adjust;
    bool report_discard_granularity;
    bool enable_wce_if_config_wce;
    uint32_t max_discard_sectors;
    uint32_t max_write_zeroes_sectors;
} VirtIOBlkConf;

struct VirtIOBlkReq;

typedef struct VirtIOBlkQueue {
    VirtIOBlock *dev;
    VirtQueue *vq;
    unsigned
        answered; /* requests that the driver does not see yet; the thread that has the queue */
} VirtIOBlkQueue;

struct VirtIOBlock {
    VirtIODevice parent_obj;

    /* configuration */
    VirtIOBlkConf conf;
    BlockBackend *blk;
    bool original_wce;

    /* wiring */
    VirtIOBlkQueue *queues;
    AioContext **vq_ctx; /* of each queue; NULL: the main loop has all */
    bool attached;       /* queues are served in their IOThreads */

    /* state */
    uint32_t in_flight; /* atomic; requests taken from a queue, and not seen answered or kept */
    QemuMutex kept_lock;
    struct VirtIOBlkReq *kept; /* failed, to be tried again when the machine goes on; kept_lock */
};

#endif
