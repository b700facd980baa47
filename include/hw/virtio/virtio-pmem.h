/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Persistent memory whose writes a driver flushes by requests (virtio 1.3, 5.19). BQL held. */
#ifndef HW_VIRTIO_VIRTIO_PMEM_H
#define HW_VIRTIO_VIRTIO_PMEM_H

#include "hw/virtio/virtio.h"
#include "system/hostmem.h"

#define TYPE_VIRTIO_PMEM "virtio-pmem"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOPMEM, VIRTIO_PMEM)

struct VirtIOPMEM {
    VirtIODevice parent_obj;

    /* configuration */
    HostMemoryBackend *memdev;
    uint64_t start; /* guest-physical */

    /* wiring */
    VirtQueue *vq;

    /* flushes that the thread pool has not done */
    unsigned in_flight;
};

#endif
