/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the memory core share with each other and with no one else. */
#ifndef SYSTEM_MEMORY_INTERNAL_H
#define SYSTEM_MEMORY_INTERNAL_H

#include "qemu/bitops.h"
#include "exec/memory.h"
#include "exec/ram_addr.h"

struct MemoryRegionIoeventfd {
    AddrRange addr; /* in the region, or in the address space */
    bool match_data;
    uint64_t data; /* as a little-endian guest writes it */
    EventNotifier *e;
};

struct CoalescedMemoryRange {
    AddrRange addr;
    QTAILQ_ENTRY(CoalescedMemoryRange) link;
};

typedef QTAILQ_HEAD(AddressSpaceList, AddressSpace) AddressSpaceList;
extern AddressSpaceList address_spaces;
typedef QTAILQ_HEAD(MemoryListenerList, MemoryListener) MemoryListenerList;
extern MemoryListenerList memory_listeners; /* lowest priority first */

static inline AddrRange addrrange_make(Int128 start, Int128 size)
{
    return (AddrRange){start, size};
}

static inline Int128 addrrange_end(AddrRange r)
{
    return r.start + r.size;
}

static inline bool addrrange_equal(AddrRange a, AddrRange b)
{
    return a.start == b.start && a.size == b.size;
}

static inline bool addrrange_contains(AddrRange r, Int128 addr)
{
    return addr >= r.start && addr < addrrange_end(r);
}

static inline bool addrrange_intersects(AddrRange a, AddrRange b)
{
    return a.start < addrrange_end(b) && b.start < addrrange_end(a);
}

/* The common part; only of ranges that intersect. */
static inline AddrRange addrrange_intersection(AddrRange a, AddrRange b)
{
    Int128 start = int128_max(a.start, b.start);
    Int128 end = int128_min(addrrange_end(a), addrrange_end(b));

    return addrrange_make(start, end - start);
}

/* ---- memory-flatview.c ---- */

/* The region that decides what @root looks like: roots with the same one share a view. */
MemoryRegion *memory_region_view_root(MemoryRegion *root);
/* A new view, one reference; @root may be NULL. BQL held. */
FlatView *flatview_build(MemoryRegion *root);
bool flatview_equal(const FlatView *a, const FlatView *b);
/* Index of the first range that ends after @addr (view->nr if none). */
unsigned flatview_first_after(const FlatView *view, Int128 addr);
MemoryRegionSection section_from_flat_range(const FlatRange *fr, FlatView *fv);

/* ---- memory-commit.c ---- */

/* @mr, if it can be seen, looks different now; to be called inside a transaction. */
void memory_topology_changed(bool visible);
void memory_ioeventfds_changed(bool visible);
/* Gives a new address space its first view. */
void address_space_first_view(AddressSpace *as);
/* Calls coalesced_io_add/del of the listeners of all views that show @mr. */
void memory_coalesced_notify(MemoryRegion *mr, const CoalescedMemoryRange *cmr, bool add);
/* The parts of @mr's coalesced ranges that @fr shows. */
void flat_range_coalesced_notify(AddressSpace *as, MemoryListener *only, FlatView *view,
                                 const FlatRange *fr, bool add);

/* ---- memory-dispatch.c ---- */

/*
 * As memory_region_dispatch_..., but refuses an access by @requester (may be
 * NULL) to registers of its own.
 */
MemTxResult memory_region_read_from(MemoryRegion *mr, hwaddr addr, uint64_t *pval, MemOp op,
                                    MemTxAttrs attrs, const DeviceState *requester);
MemTxResult memory_region_write_from(MemoryRegion *mr, hwaddr addr, uint64_t data, MemOp op,
                                     MemTxAttrs attrs, const DeviceState *requester);
/* Bytes of the next access out of @len at @addr that suit the device and the alignment. */
unsigned memory_access_size(const MemoryRegion *mr, hwaddr len, hwaddr addr);
extern const MemoryRegionOps ram_device_mem_ops;

/* ---- memory-huge.c ---- */

#define RAM_HUGE_BITS 21
#define RAM_HUGE_SIZE ((ram_addr_t)1 << RAM_HUGE_BITS)

/* When the block is mapped; does nothing for those that cannot have huge pages by this. */
void ram_block_huge_init(RAMBlock *block);
void ram_block_huge_free(RAMBlock *block);
/* The huge page around @offset was not asked for yet. */
void ram_block_ask_huge(RAMBlock *block, ram_addr_t offset);
/*
 * The range went back to the host: ask again for what it has whole, never for huge pages that it
 * has a part of, since that would come back. Also in signal handlers.
 */
void ram_block_huge_gone(RAMBlock *block, uint64_t start, uint64_t length);

static inline bool ram_huge_is_asked(const RAMBlock *block, ram_addr_t offset)
{
    uint64_t i = offset >> RAM_HUGE_BITS;

    return qatomic_read(&block->huge_asked[BIT_WORD(i)]) & BIT_MASK(i);
}

/*
 * Somebody is about to use a range of the block, which is not empty. Any thread, with a reference
 * or RCU. For each huge page that was not asked for the host may take milliseconds.
 */
static inline void ram_block_touch(RAMBlock *block, ram_addr_t offset, ram_addr_t length)
{
    for (ram_addr_t i = offset; block->huge_asked && i < offset + length;
         i = ROUND_DOWN(i, RAM_HUGE_SIZE) + RAM_HUGE_SIZE) {
        if (unlikely(!ram_huge_is_asked(block, i))) {
            ram_block_ask_huge(block, i);
        }
    }
}

/* ---- memory-access.c ---- */

/* Any thread: whether it is one that cannot have @mr, other than as plain memory. */
bool memory_region_out_of_reach(const MemoryRegion *mr);

/* ---- memory-ioeventfd.c ---- */

/* True if an eventfd took the write. */
bool memory_region_write_ioeventfd(MemoryRegion *mr, hwaddr addr, uint64_t data, unsigned size);
int ioeventfd_compare(const MemoryRegionIoeventfd *a, const MemoryRegionIoeventfd *b);

/* ---- memory-translate.c ---- */

/*
 * Like flatview_translate(); *@via_iommu tells that an IOMMU was on the way, so
 * that the answer may change without a new view.
 */
MemoryRegion *flatview_translate_full(FlatView *fv, hwaddr addr, hwaddr *xlat, hwaddr *plen,
                                      bool is_write, MemTxAttrs attrs, bool *via_iommu);

/* ---- ram-dirty.c ---- */

extern const RamDirtyHooks *ram_dirty_hooks;
bool ram_block_dirty_alloc(RAMBlock *block, Error **errp);
void ram_block_dirty_free(RAMBlock *block);

/* ---- ram-host.c ---- */

/* False if the host could never provide @size bytes: RAM plus swap are less. */
bool ram_size_plausible(uint64_t size, Error **errp);

#endif
