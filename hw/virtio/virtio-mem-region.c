/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of virtio-mem: which blocks are plugged, giving back the memory of those that are
 * not, and, with dynamic-memslots, showing the guest only the parts that have plugged blocks.
 */
#include "qemu/osdep.h"
#include "exec/ram_addr.h"
#include "hw/virtio/virtio-mem.h"
#include "qemu/bitmap.h"
#include "qemu/error-report.h"
#include "qemu/mmap-alloc.h"
#include "qemu/rcu.h"
#include "qemu/units.h"

/* Parts of dynamic-memslots: no smaller than what guests add at a time, and not too many. */
#define MEMSLOT_MIN_SIZE (128 * MiB)
#define MEMSLOTS_MAX     64

static MemoryRegion *backend_mr(const VirtIOMEM *vmem)
{
    return host_memory_backend_get_memory(vmem->memdev);
}

uint64_t virtio_mem_region_size(const VirtIOMEM *vmem)
{
    return vmem->memdev ? memory_region_size(backend_mr(vmem)) : 0;
}

/* ---- blocks ---- */

bool virtio_mem_is_plugged(const VirtIOMEM *vmem, uint64_t offset, uint64_t size, bool plugged)
{
    unsigned long first = offset / vmem->block_size, end = first + size / vmem->block_size;

    return (plugged ? find_next_zero_bit(vmem->plugged, end, first)
                    : find_next_bit(vmem->plugged, end, first)) >= end;
}

/* For what saves memory: is there anything at @offset of the block? */
static bool is_populated(void *opaque, ram_addr_t offset)
{
    VirtIOMEM *vmem = opaque;

    return test_bit(offset / vmem->block_size, vmem->plugged);
}

/* ---- parts ---- */

/* Shows the parts of the range that have plugged blocks, and hides those that have none. */
static void update_memslots(VirtIOMEM *vmem, uint64_t offset, uint64_t size)
{
    if (!vmem->dynamic_memslots) {
        return;
    }
    memory_region_transaction_begin();
    for (uint64_t n = offset / vmem->memslot_size; n * vmem->memslot_size < offset + size; n++) {
        MemoryRegion *part = &vmem->memslots[n];

        memory_region_set_enabled(part, !virtio_mem_is_plugged(vmem, n * vmem->memslot_size,
                                                               memory_region_size(part), false));
    }
    memory_region_transaction_commit();
}

static void init_memslots(VirtIOMEM *vmem)
{
    uint64_t total = virtio_mem_region_size(vmem);
    MemoryRegion *ram = backend_mr(vmem);

    vmem->memslot_size = MAX(MEMSLOT_MIN_SIZE, pow2ceil(DIV_ROUND_UP(total, MEMSLOTS_MAX)));
    vmem->memslot_size = MAX(vmem->memslot_size, vmem->block_size);
    vmem->num_memslots = DIV_ROUND_UP(total, vmem->memslot_size);
    vmem->memslots = g_new0(MemoryRegion, vmem->num_memslots);
    for (unsigned n = 0; n < vmem->num_memslots; n++) {
        uint64_t offset = n * vmem->memslot_size;
        g_autofree char *name = g_strdup_printf("virtio-mem-memslot-%u", n);

        memory_region_init_alias(&vmem->memslots[n], OBJECT(vmem), name, ram, offset,
                                 MIN(vmem->memslot_size, total - offset));
        memory_region_set_enabled(&vmem->memslots[n], false);
        memory_region_add_subregion(&vmem->container, offset, &vmem->memslots[n]);
    }
}

/* A view that still has one of them keeps the device, and with it, them. */
static void cleanup_memslots(VirtIOMEM *vmem)
{
    for (unsigned n = 0; n < vmem->num_memslots; n++) {
        memory_region_del_subregion(&vmem->container, &vmem->memslots[n]);
        object_unparent(OBJECT(&vmem->memslots[n]));
    }
    vmem->num_memslots = 0;
    g_clear_pointer(&vmem->memslots, g_free);
}

MemoryRegion *virtio_mem_get_memory_region(VirtIOMEM *vmem, Error **errp)
{
    MemoryRegion *mr = host_memory_backend_find_memory(vmem->memdev, errp);

    if (!mr || !vmem->dynamic_memslots) {
        return mr;
    }
    if (!memory_region_size(&vmem->container)) {
        memory_region_init(&vmem->container, OBJECT(vmem), "virtio-mem",
                           virtio_mem_region_size(vmem));
    }
    return &vmem->container;
}

/* ---- plugging ---- */

int virtio_mem_plug_range(VirtIOMEM *vmem, uint64_t offset, uint64_t size)
{
    MemoryRegion *mr = backend_mr(vmem);
    Error *err = NULL;

    if (vmem->prealloc &&
        !qemu_prealloc_mem(memory_region_get_fd(mr), (char *)memory_region_get_ram_ptr(mr) + offset,
                           size, 1, NULL, NULL, &err)) {
        warn_reportf_err(err, "virtio-mem: no memory for a block to plug: ");
        ram_block_discard_range(mr->ram_block, offset, size);
        return -ENOMEM;
    }
    bitmap_set(vmem->plugged, offset / vmem->block_size, size / vmem->block_size);
    vmem->plugged_size += size;
    update_memslots(vmem, offset, size);
    return 0;
}

static int discard(VirtIOMEM *vmem, uint64_t offset, uint64_t size)
{
    MemoryRegion *mr = backend_mr(vmem);

    RCU_READ_LOCK_GUARD();
    /* A translator forgets what code it knew there. */
    invalidate_and_set_dirty(mr, offset, size);
    return ram_block_discard_range(mr->ram_block, offset, size);
}

int virtio_mem_unplug_range(VirtIOMEM *vmem, uint64_t offset, uint64_t size)
{
    int ret = discard(vmem, offset, size);

    if (ret < 0) {
        return ret;
    }
    bitmap_clear(vmem->plugged, offset / vmem->block_size, size / vmem->block_size);
    vmem->plugged_size -= size;
    update_memslots(vmem, offset, size);
    return 0;
}

int virtio_mem_unplug_all(VirtIOMEM *vmem)
{
    uint64_t total = virtio_mem_region_size(vmem);
    int ret = discard(vmem, 0, total);

    if (ret < 0) {
        return ret;
    }
    bitmap_zero(vmem->plugged, vmem->num_blocks);
    vmem->plugged_size = 0;
    update_memslots(vmem, 0, total);
    return 0;
}

int virtio_mem_region_loaded(VirtIOMEM *vmem)
{
    unsigned long first = 0, end;

    while ((first = find_next_zero_bit(vmem->plugged, vmem->num_blocks, first)) <
           vmem->num_blocks) {
        int ret;

        end = find_next_bit(vmem->plugged, vmem->num_blocks, first);
        ret = discard(vmem, first * vmem->block_size, (end - first) * vmem->block_size);
        if (ret < 0) {
            return ret;
        }
        first = end;
    }
    update_memslots(vmem, 0, virtio_mem_region_size(vmem));
    return 0;
}

/* ---- life ---- */

bool virtio_mem_region_init(VirtIOMEM *vmem, Error **errp)
{
    MemoryRegion *mr = backend_mr(vmem);
    int ret;

    vmem->num_blocks = memory_region_size(mr) / vmem->block_size;
    vmem->plugged = bitmap_new(vmem->num_blocks);
    if (vmem->dynamic_memslots) {
        init_memslots(vmem);
    }
    /* Memory that was allocated in advance goes, too: blocks are unplugged. */
    ret = discard(vmem, 0, memory_region_size(mr));
    if (ret < 0) {
        error_setg_errno(errp, -ret, "memdev=%s: its memory cannot be given back to the host",
                         object_get_canonical_path_component(OBJECT(vmem->memdev)));
        virtio_mem_region_cleanup(vmem);
        return false;
    }
    host_memory_backend_set_mapped(vmem->memdev, true);
    vmstate_register_ram(mr, DEVICE(vmem));
    qemu_ram_set_populated_check(mr->ram_block, is_populated, vmem);
    return true;
}

void virtio_mem_region_cleanup(VirtIOMEM *vmem)
{
    MemoryRegion *mr = backend_mr(vmem);

    if (host_memory_backend_is_mapped(vmem->memdev)) {
        qemu_ram_set_populated_check(mr->ram_block, NULL, NULL);
        vmstate_unregister_ram(mr, DEVICE(vmem));
        host_memory_backend_set_mapped(vmem->memdev, false);
    }
    cleanup_memslots(vmem);
    g_clear_pointer(&vmem->plugged, g_free);
}
