/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtio transport over memory-mapped registers (virtio 1.3, 4.2). */
#ifndef HW_VIRTIO_VIRTIO_MMIO_H
#define HW_VIRTIO_VIRTIO_MMIO_H

#include "exec/memory.h"
#include "hw/sysbus.h"
#include "hw/virtio/virtio-bus.h"

#define TYPE_VIRTIO_MMIO_BUS "virtio-mmio-bus"
#define TYPE_VIRTIO_MMIO     "virtio-mmio"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOMMIOProxy, VIRTIO_MMIO)

#define VIRTIO_MMIO_REGION_SIZE 0x200

/* Registers as a driver sees them before it has chosen features or a queue's address is whole. */
typedef struct VirtIOMMIOQueue {
    uint32_t desc[2], avail[2], used[2]; /* low, high */
} VirtIOMMIOQueue;

struct VirtIOMMIOProxy {
    SysBusDevice parent_obj;

    /* configuration */
    bool legacy;
    bool ioeventfd;

    /* wiring */
    MemoryRegion iomem;
    qemu_irq irq;
    AddressSpace dma_as;
    VirtioBusState bus;

    /* state */
    uint32_t host_features_sel;
    uint32_t guest_features_sel;
    uint32_t guest_features[2];
    uint32_t guest_page_shift; /* legacy */
    uint32_t nqueues;          /* of the device; configuration */
    VirtIOMMIOQueue *queues;
};

#endif
