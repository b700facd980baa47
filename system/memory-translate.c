/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From an address to the region behind it, through IOMMUs where there are some. */
#include "qemu/osdep.h"
#include "exec/target_page.h"
#include "memory-internal.h"

MemoryRegion io_mem_unassigned;

/* How many IOMMUs may follow each other before we take it for a loop. */
#define MAX_IOMMU_LEVELS 16

/* One step through the IOMMU @mr: the view and address that the access continues at. */
static FlatView *translate_iommu(MemoryRegion *mr, hwaddr *addr, hwaddr *plen, bool is_write,
                                 MemTxAttrs attrs)
{
    IOMMUMemoryRegion *iommu = (IOMMUMemoryRegion *)mr;
    IOMMUMemoryRegionClass *imrc = (IOMMUMemoryRegionClass *)object_get_class(OBJECT(iommu));
    int idx = imrc->attrs_to_index ? imrc->attrs_to_index(iommu, attrs) : 0;
    IOMMUTLBEntry entry = imrc->translate(iommu, *addr, is_write ? IOMMU_WO : IOMMU_RO, idx);

    if (!(entry.perm & (is_write ? IOMMU_WO : IOMMU_RO)) || !entry.target_as) {
        return NULL;
    }
    *addr = (entry.translated_addr & ~entry.addr_mask) | (*addr & entry.addr_mask);
    *plen = MIN(*plen - 1, entry.addr_mask - (*addr & entry.addr_mask)) + 1;
    return address_space_to_flatview(entry.target_as);
}

/*
 * How far a device's registers reach: at least as far as its narrowest access.
 * One port can be a register of 32 bits.
 */
static Int128 registers_size(const MemoryRegion *mr)
{
    return int128_max(mr->size, int128_make64(mr->ops->impl.min_access_size));
}

MemoryRegion *flatview_translate_full(FlatView *fv, hwaddr addr, hwaddr *xlat, hwaddr *plen,
                                      bool is_write, MemTxAttrs attrs, bool *via_iommu)
{
    *via_iommu = false;
    for (unsigned level = 0; fv && level < MAX_IOMMU_LEVELS; level++) {
        const FlatRange *fr = flatview_lookup(fv, addr);
        Int128 left;

        if (!fr) {
            unsigned i = flatview_first_after(fv, addr);

            /* The hole reaches to the next range. */
            left = i < fv->nr ? fv->ranges[i].addr.start - addr : int128_2_64() - addr;
            *plen = int128_get64(int128_min(*plen, left));
            break;
        }
        *xlat = addr - int128_get64(fr->addr.start) + fr->offset_in_region;
        /*
         * A device decodes an access by its first address, whatever has been
         * laid over the ones behind it: port CF8h is one 32-bit register though
         * CF9h by itself is another device's. Memory ends where its range does.
         */
        left = fr->mr->ram || fr->mr->rom_device || fr->mr->is_iommu
                   ? addrrange_end(fr->addr) - addr
                   : registers_size(fr->mr) - *xlat;
        *plen = int128_get64(int128_min(*plen, left));
        if (!fr->mr->is_iommu) {
            return fr->mr;
        }
        *via_iommu = true;
        addr = *xlat;
        fv = translate_iommu(fr->mr, &addr, plen, is_write, attrs);
    }
    *xlat = addr;
    return &io_mem_unassigned;
}

MemoryRegion *flatview_translate(FlatView *fv, hwaddr addr, hwaddr *xlat, hwaddr *plen,
                                 bool is_write, MemTxAttrs attrs)
{
    bool via_iommu;

    return flatview_translate_full(fv, addr, xlat, plen, is_write, attrs, &via_iommu);
}

MemoryRegion *address_space_translate(AddressSpace *as, hwaddr addr, hwaddr *xlat, hwaddr *plen,
                                      bool is_write, MemTxAttrs attrs)
{
    return flatview_translate(address_space_to_flatview(as), addr, xlat, plen, is_write, attrs);
}

void address_space_lookup_page(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, PhysPageInfo *info)
{
    hwaddr xlat, len = TARGET_PAGE_SIZE - (addr & ~TARGET_PAGE_MASK);
    MemoryRegion *mr = address_space_translate(as, addr, &xlat, &len, false, attrs);
    RAMBlock *block = mr->ram_block;

    *info = (PhysPageInfo){
        .mr = mr,
        .mr_offset = xlat,
        .ram_addr = RAM_ADDR_INVALID,
        .len = len,
    };
    if (memory_access_is_direct(mr, false) && xlat < block->max_length) {
        ram_block_touch(block, xlat, 1);
        info->host = ramblock_ptr(block, xlat);
        info->ram_addr = block->offset + xlat;
        info->readonly = !memory_access_is_direct(mr, true);
        info->dirty_tracked = true;
    }
}

/* ---- IOMMUs and those who follow what they map ---- */

static IOMMUMemoryRegionClass *iommu_class(IOMMUMemoryRegion *iommu)
{
    return (IOMMUMemoryRegionClass *)object_get_class(OBJECT(iommu));
}

uint64_t memory_region_iommu_get_min_page_size(IOMMUMemoryRegion *iommu)
{
    IOMMUMemoryRegionClass *imrc = iommu_class(iommu);

    return imrc->get_min_page_size ? imrc->get_min_page_size(iommu) : TARGET_PAGE_SIZE;
}

int memory_region_iommu_attrs_to_index(IOMMUMemoryRegion *iommu, MemTxAttrs attrs)
{
    IOMMUMemoryRegionClass *imrc = iommu_class(iommu);

    return imrc->attrs_to_index ? imrc->attrs_to_index(iommu, attrs) : 0;
}

int memory_region_iommu_num_indexes(IOMMUMemoryRegion *iommu)
{
    IOMMUMemoryRegionClass *imrc = iommu_class(iommu);

    return imrc->num_indexes ? imrc->num_indexes(iommu) : 1;
}

/* The union of what all notifiers want; tells the IOMMU if it is new. */
static int update_notify_flags(IOMMUMemoryRegion *iommu, Error **errp)
{
    IOMMUMemoryRegionClass *imrc = iommu_class(iommu);
    IOMMUNotifierFlag flags = IOMMU_NOTIFIER_NONE;
    IOMMUNotifier *n;
    int ret = 0;

    QLIST_FOREACH (n, &iommu->iommu_notify, node) {
        flags |= n->notifier_flags;
    }
    if (flags != iommu->iommu_notify_flags && imrc->notify_flag_changed) {
        ret = imrc->notify_flag_changed(iommu, iommu->iommu_notify_flags, flags, errp);
    }
    if (!ret) {
        iommu->iommu_notify_flags = flags;
    }
    return ret;
}

int memory_region_register_iommu_notifier(MemoryRegion *mr, IOMMUNotifier *n, Error **errp)
{
    IOMMUMemoryRegion *iommu = memory_region_get_iommu(mr);
    int ret;

    QLIST_INSERT_HEAD(&iommu->iommu_notify, n, node);
    ret = update_notify_flags(iommu, errp);
    if (ret) {
        QLIST_REMOVE(n, node);
    }
    return ret;
}

void memory_region_unregister_iommu_notifier(MemoryRegion *mr, IOMMUNotifier *n)
{
    QLIST_REMOVE(n, node);
    update_notify_flags(memory_region_get_iommu(mr), NULL);
}

void memory_region_iommu_replay(IOMMUMemoryRegion *iommu, IOMMUNotifier *n)
{
    IOMMUMemoryRegionClass *imrc = iommu_class(iommu);
    uint64_t granule;
    Int128 end;

    if (imrc->replay) {
        imrc->replay(iommu, n);
        return;
    }
    granule = memory_region_iommu_get_min_page_size(iommu);
    end = int128_min(MEMORY_REGION(iommu)->size, (Int128)n->end + 1);
    for (Int128 addr = n->start; addr < end; addr += granule) {
        IOMMUTLBEntry entry = imrc->translate(iommu, int128_get64(addr), IOMMU_NONE, n->iommu_idx);

        if (entry.perm != IOMMU_NONE) {
            n->notify(n, &entry);
        }
    }
}

void memory_region_notify_iommu_one(IOMMUNotifier *notifier, const IOMMUTLBEvent *event)
{
    IOMMUTLBEntry entry = event->entry;
    hwaddr last = entry.iova + entry.addr_mask;

    if (notifier->start > last || notifier->end < entry.iova ||
        !(event->type & notifier->notifier_flags)) {
        return;
    }
    if (notifier->notifier_flags & IOMMU_NOTIFIER_DEVIOTLB_UNMAP) {
        /* Any invalidation may be larger than what the device asked for: cut it. */
        entry.iova = MAX(entry.iova, notifier->start);
        entry.addr_mask = MIN(last, notifier->end) - entry.iova;
    }
    notifier->notify(notifier, &entry);
}

void memory_region_notify_iommu(IOMMUMemoryRegion *iommu, int iommu_idx, const IOMMUTLBEvent event)
{
    IOMMUNotifier *n, *next;

    QLIST_FOREACH_SAFE (n, &iommu->iommu_notify, node, next) {
        if (n->iommu_idx == iommu_idx) {
            memory_region_notify_iommu_one(n, &event);
        }
    }
}

void memory_region_unmap_iommu_notifier_range(IOMMUNotifier *notifier)
{
    IOMMUTLBEvent event = {
        .type = IOMMU_NOTIFIER_UNMAP,
        .entry =
            {
                .target_as = &address_space_memory,
                .iova = notifier->start,
                .perm = IOMMU_NONE,
                .addr_mask = notifier->end - notifier->start,
            },
    };

    memory_region_notify_iommu_one(notifier, &event);
}

IOMMUTLBEntry address_space_get_iotlb_entry(AddressSpace *as, hwaddr addr, bool is_write,
                                            MemTxAttrs attrs)
{
    hwaddr xlat, len = TARGET_PAGE_SIZE - (addr & ~TARGET_PAGE_MASK);
    FlatView *fv = address_space_to_flatview(as);
    IOMMUTLBEntry none = {.target_as = NULL, .perm = IOMMU_NONE};
    const FlatRange *fr = flatview_lookup(fv, addr);
    bool via_iommu;
    MemoryRegion *mr;

    if (!fr) {
        return none;
    }
    mr = flatview_translate_full(fv, addr, &xlat, &len, is_write, attrs, &via_iommu);
    if (mr == &io_mem_unassigned) {
        return none;
    }
    if (!via_iommu) {
        return (IOMMUTLBEntry){
            .target_as = as,
            .iova = addr & TARGET_PAGE_MASK,
            .translated_addr = addr & TARGET_PAGE_MASK,
            .addr_mask = ~TARGET_PAGE_MASK,
            .perm = IOMMU_RW,
        };
    }
    {
        IOMMUMemoryRegion *iommu = (IOMMUMemoryRegion *)fr->mr;
        hwaddr in = addr - int128_get64(fr->addr.start) + fr->offset_in_region;
        IOMMUTLBEntry entry =
            iommu_class(iommu)->translate(iommu, in, is_write ? IOMMU_WO : IOMMU_RO,
                                          memory_region_iommu_attrs_to_index(iommu, attrs));

        entry.iova = addr & ~entry.addr_mask;
        entry.translated_addr &= ~entry.addr_mask;
        return entry;
    }
}
