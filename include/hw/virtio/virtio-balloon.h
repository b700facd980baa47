/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The traditional memory balloon (virtio 1.3, 5.5). */
#ifndef HW_VIRTIO_VIRTIO_BALLOON_H
#define HW_VIRTIO_VIRTIO_BALLOON_H

#include "exec/ram_addr.h"
#include "hw/virtio/virtio.h"
#include "qemu/timer.h"

#define TYPE_VIRTIO_BALLOON "virtio-balloon-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOBalloon, VIRTIO_BALLOON)

/* Statistics that a driver may tell (5.5.6.4): tags from 0 on. */
#define VIRTIO_BALLOON_S_COUNT 16

/* Memory that is given back to the host as one: neighbours in one block. */
typedef struct BalloonRun {
    MemoryRegion *mr; /* NULL: none; referenced */
    RAMBlock *block;
    ram_addr_t start, length;
} BalloonRun;

struct VirtIOBalloon {
    VirtIODevice parent_obj;

    /* wiring */
    VirtQueue *inflate_vq, *deflate_vq, *stats_vq, *reporting_vq;
    QEMUTimer *stats_timer;
    VirtQueueElement *stats_elem; /* the driver's buffer; put back before the state is saved */
    BalloonRun run;               /* less than a page of the host, of which the rest may come */

    /* set by users while it runs; not part of the machine's state */
    uint32_t stats_interval;                /* seconds; 0: no statistics */
    uint64_t stats[VIRTIO_BALLOON_S_COUNT]; /* all ones: not told */
    int64_t stats_time;                     /* of the host, in seconds; 0: never */

    /* state */
    uint32_t num_pages; /* that the balloon is to have */
    uint32_t actual;    /* that it has, says the driver */
    uint32_t poison_val;
};

/* Properties of the statistics; for class_init. */
void virtio_balloon_add_stats_properties(ObjectClass *klass);
/* What the driver told so far is of a driver before. */
void virtio_balloon_forget_stats(VirtIOBalloon *s);
/* The queue of the statistics has something, or is to be looked at again. */
void virtio_balloon_receive_stats(VirtIODevice *vdev, VirtQueue *vq);
/* The driver's buffer goes back into the queue. */
void virtio_balloon_put_back_stats(VirtIOBalloon *s);
void virtio_balloon_stats_init(VirtIOBalloon *s);
void virtio_balloon_stats_cleanup(VirtIOBalloon *s);

#endif
