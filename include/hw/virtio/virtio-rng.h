/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtio entropy device (virtio 1.3, 5.4). */
#ifndef HW_VIRTIO_VIRTIO_RNG_H
#define HW_VIRTIO_VIRTIO_RNG_H

#include "hw/virtio/virtio.h"
#include "qemu/timer.h"
#include "system/rng.h"

#define TYPE_VIRTIO_RNG "virtio-rng-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIORNG, VIRTIO_RNG)

struct VirtIORNG {
    VirtIODevice parent_obj;

    /* configuration */
    RngBackend *rng;
    uint64_t max_bytes; /* per period */
    uint32_t period_ms;

    /* wiring */
    VirtQueue *vq;
    QEMUTimer *period_timer;
    VirtQueueElement *pending; /* waits for the back end; put back before the state is saved */

    /* state */
    uint64_t quota; /* bytes left in this period */
};

#endif
