/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory in blocks that a driver plugs and unplugs by itself (virtio 1.3, 5.15). BQL held. */
#ifndef HW_VIRTIO_VIRTIO_MEM_H
#define HW_VIRTIO_VIRTIO_MEM_H

#include "hw/virtio/virtio.h"
#include "qapi/qapi-types-memory-device.h"
#include "system/hostmem.h"

#define TYPE_VIRTIO_MEM "virtio-mem"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOMEM, VIRTIO_MEM)

struct VirtIOMEM {
    VirtIODevice parent_obj;

    /* configuration */
    HostMemoryBackend *memdev;
    uint64_t addr;       /* guest-physical */
    uint32_t node;       /* of NUMA */
    uint64_t block_size; /* 0: not chosen yet */
    OnOffAuto unplugged_inaccessible;
    bool prealloc, dynamic_memslots;

    /* wiring */
    VirtQueue *vq;
    MemoryRegion container; /* dynamic-memslots: what the guest sees, of parts of the memory */
    MemoryRegion *memslots; /* such parts */
    uint64_t memslot_size;
    unsigned num_memslots;
    Object *system_reset;

    /* state */
    uint64_t plugged_size;
    uint64_t requested_size;
    uint64_t usable_region_size;
    int32_t num_blocks; /* bits of plugged; configuration */
    unsigned long *plugged;
};

/* ---- the memory (virtio-mem-region.c) ---- */

uint64_t virtio_mem_region_size(const VirtIOMEM *vmem);
/* What the guest sees; NULL and @errp when there is no back end yet. */
MemoryRegion *virtio_mem_get_memory_region(VirtIOMEM *vmem, Error **errp);
bool virtio_mem_region_init(VirtIOMEM *vmem, Error **errp);
void virtio_mem_region_cleanup(VirtIOMEM *vmem);
/* Are all blocks of the range in this state? */
bool virtio_mem_is_plugged(const VirtIOMEM *vmem, uint64_t offset, uint64_t size, bool plugged);
/* 0, or a negative errno, with the range as it was. */
int virtio_mem_plug_range(VirtIOMEM *vmem, uint64_t offset, uint64_t size);
int virtio_mem_unplug_range(VirtIOMEM *vmem, uint64_t offset, uint64_t size);
int virtio_mem_unplug_all(VirtIOMEM *vmem);
/* After loading: memory of unplugged blocks goes, parts with plugged ones are shown. */
int virtio_mem_region_loaded(VirtIOMEM *vmem);

/* ---- for the form that has an address ---- */

void virtio_mem_fill_device_info(const VirtIOMEM *vmem, VirtioMEMDeviceInfo *info);

#endif
