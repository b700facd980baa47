/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address spaces: a memory region tree as one bus master sees it.
 *
 * The tree is flattened into a FlatView: a sorted array of ranges in which each
 * address belongs to exactly one region. A view never changes; a new one is
 * published with RCU when a transaction commits. All accesses below may come
 * from any thread, with or without the BQL; they take what locks the target
 * needs.
 */
#ifndef EXEC_ADDRESS_SPACE_H
#define EXEC_ADDRESS_SPACE_H

#include "qemu/rcu.h"
#include "exec/memory.h"

typedef struct AddressSpace AddressSpace;
typedef struct FlatView FlatView;
typedef struct FlatRange FlatRange;
typedef struct MemoryListener MemoryListener;

/* [start, start + size), in 128 bits because a range can be all of 2^64. */
typedef struct AddrRange {
    Int128 start;
    Int128 size;
} AddrRange;

/* A range of a view: @addr.size bytes from @offset_in_region of @mr. */
struct FlatRange {
    MemoryRegion *mr;
    Object *owner; /* of @mr: what the view holds a reference to */
    hwaddr offset_in_region;
    AddrRange addr;
    uint8_t dirty_log_mask;
    bool romd_mode;
    bool readonly;
    bool nonvolatile;
    bool unmergeable;
};

/* Immutable once published; see address_space_get_flatview(). */
struct FlatView {
    struct rcu_head rcu;
    unsigned ref;
    FlatRange *ranges; /* sorted, disjoint, only terminating regions */
    unsigned nr;
    unsigned nr_allocated;
    unsigned mru; /* racy hint: last range hit */
    MemoryRegion *root;
    Object *root_owner;
};

#define FOR_EACH_FLATRANGE(var, view)                                                              \
    for ((var) = (view)->ranges; (var) < (view)->ranges + (view)->nr; ++(var))

typedef struct AddressSpaceMapClient {
    QEMUBH *bh;
    QLIST_ENTRY(AddressSpaceMapClient) link;
} AddressSpaceMapClient;

struct AddressSpace {
    char *name;
    MemoryRegion *root;
    FlatView *current_map; /* RCU */
    unsigned ioeventfd_nb;
    MemoryRegionIoeventfd *ioeventfds;
    QTAILQ_HEAD(, MemoryListener) listeners; /* lowest priority first */
    QTAILQ_ENTRY(AddressSpace) address_spaces_link;
    /* Bounce buffers of address_space_map(): bytes in use, and the limit. */
    size_t bounce_buffer_size;
    size_t max_bounce_buffer_size;
    QemuMutex map_client_list_lock;
    QLIST_HEAD(, AddressSpaceMapClient) map_client_list;
    /* The device whose DMA goes through here, if it is just one; see below. */
    DeviceState *dma_device;
    bool free_on_destroy;
};

#define DEFAULT_MAX_BOUNCE_BUFFER_SIZE 4096

/* What the CPUs (and DMA without an IOMMU) see, and the port space. */
extern AddressSpace address_space_memory;
extern AddressSpace address_space_io;
MemoryRegion *get_system_memory(void);
MemoryRegion *get_system_io(void);
/* Makes the two above. Once, from the main thread, before any region is mapped. */
void memory_map_init(void);

/* BQL held. @name is for people. */
void address_space_init(AddressSpace *as, MemoryRegion *root, const char *name);
/* The same for one of our own, freed some time after address_space_destroy(). */
AddressSpace *address_space_new(MemoryRegion *root, const char *name);
/*
 * BQL held; no listeners are left. No thread uses it any more, but readers of
 * its view may be about.
 */
void address_space_destroy(AddressSpace *as);
void address_space_remove_listeners(AddressSpace *as);
/*
 * Names the only device that does DMA through @as (the bus master space of a
 * PCI function). Its accesses to its own I/O regions are then refused in every
 * context, not only from within its own register callbacks. BQL held.
 */
void address_space_set_dma_device(AddressSpace *as, DeviceState *dev);

/* RCU critical section. */
static inline FlatView *address_space_to_flatview(AddressSpace *as)
{
    return qatomic_rcu_read(&as->current_map);
}

/* Takes a reference that outlives the RCU critical section. */
FlatView *address_space_get_flatview(AddressSpace *as);
bool flatview_ref(FlatView *view);
void flatview_unref(FlatView *view);
/* RCU critical section. The range that holds @addr, or NULL. */
const FlatRange *flatview_lookup(FlatView *view, hwaddr addr);

/* ---- copying to and from ---- */

/* Results are MEMTX_OK or the OR of what went wrong; unreachable bytes read as ones. */
MemTxResult address_space_rw(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, void *buf, hwaddr len,
                             bool is_write);
MemTxResult address_space_read(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, void *buf,
                               hwaddr len);
MemTxResult address_space_write(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, const void *buf,
                                hwaddr len);
MemTxResult address_space_set(AddressSpace *as, hwaddr addr, uint8_t c, hwaddr len,
                              MemTxAttrs attrs);
/* Writes ROM too (firmware loading, debugger breakpoints); I/O is left alone. */
MemTxResult address_space_write_rom(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                                    const void *buf, hwaddr len);
/* Would all of the range accept the access? */
bool address_space_access_valid(AddressSpace *as, hwaddr addr, hwaddr len, bool is_write,
                                MemTxAttrs attrs);

/* Single values. @result may be NULL. Plain names are guest (little endian) order. */
uint8_t address_space_ldub(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, MemTxResult *result);
uint16_t address_space_lduw_le(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                               MemTxResult *result);
uint16_t address_space_lduw_be(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                               MemTxResult *result);
uint32_t address_space_ldl_le(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, MemTxResult *result);
uint32_t address_space_ldl_be(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, MemTxResult *result);
uint64_t address_space_ldq_le(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, MemTxResult *result);
uint64_t address_space_ldq_be(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, MemTxResult *result);
void address_space_stb(AddressSpace *as, hwaddr addr, uint8_t val, MemTxAttrs attrs,
                       MemTxResult *result);
void address_space_stw_le(AddressSpace *as, hwaddr addr, uint16_t val, MemTxAttrs attrs,
                          MemTxResult *result);
void address_space_stw_be(AddressSpace *as, hwaddr addr, uint16_t val, MemTxAttrs attrs,
                          MemTxResult *result);
void address_space_stl_le(AddressSpace *as, hwaddr addr, uint32_t val, MemTxAttrs attrs,
                          MemTxResult *result);
void address_space_stl_be(AddressSpace *as, hwaddr addr, uint32_t val, MemTxAttrs attrs,
                          MemTxResult *result);
void address_space_stq_le(AddressSpace *as, hwaddr addr, uint64_t val, MemTxAttrs attrs,
                          MemTxResult *result);
void address_space_stq_be(AddressSpace *as, hwaddr addr, uint64_t val, MemTxAttrs attrs,
                          MemTxResult *result);
#define address_space_lduw address_space_lduw_le
#define address_space_ldl  address_space_ldl_le
#define address_space_ldq  address_space_ldq_le
#define address_space_stw  address_space_stw_le
#define address_space_stl  address_space_stl_le
#define address_space_stq  address_space_stq_le

/*
 * Atomic compare-and-exchange on RAM for page-table walkers (accessed and dirty
 * bits): true if the @size (4 or 8) bytes at @addr held @old and now hold @new.
 * Values in guest order. Not RAM: false and *result is MEMTX_ACCESS_ERROR.
 */
bool address_space_cmpxchg(AddressSpace *as, hwaddr addr, uint64_t old, uint64_t new, unsigned size,
                           MemTxAttrs attrs, MemTxResult *result);

/* ---- pointers into guest memory ---- */

/*
 * A host pointer to up to *@plen bytes at @addr, shortened to what is
 * contiguous. What is not RAM goes through a bounce buffer, of which there is a
 * limited amount: NULL when there is nothing (left). Undo with
 * address_space_unmap(), saying how much was really touched.
 */
void *address_space_map(AddressSpace *as, hwaddr addr, hwaddr *plen, bool is_write,
                        MemTxAttrs attrs);
void address_space_unmap(AddressSpace *as, void *buffer, hwaddr len, bool is_write,
                         hwaddr access_len);

/*
 * The same for the pieces of one request, with one reference for those in a row that are in the
 * same region: *@held, NULL before the first piece. All of them are unmapped together and in the
 * order in which they were mapped, again with *@held NULL at first, which gets a
 * memory_region_unref() after the last.
 */
void *address_space_map_piece(AddressSpace *as, hwaddr addr, hwaddr *plen, bool is_write,
                              MemTxAttrs attrs, MemoryRegion **held);
void address_space_unmap_piece(AddressSpace *as, void *buffer, bool is_write, hwaddr access_len,
                               MemoryRegion **held);

/* @bh is scheduled once when address_space_map() may succeed again. */
void address_space_register_map_client(AddressSpace *as, QEMUBH *bh);
void address_space_unregister_map_client(AddressSpace *as, QEMUBH *bh);

/* ---- translation; RCU critical section for the life of the result ---- */

/*
 * The region behind @addr, IOMMUs followed. *@xlat is the offset in it; *@plen
 * is cut to how far the answer holds. Never NULL: io_mem_unassigned if nothing.
 */
MemoryRegion *address_space_translate(AddressSpace *as, hwaddr addr, hwaddr *xlat, hwaddr *plen,
                                      bool is_write, MemTxAttrs attrs);
MemoryRegion *flatview_translate(FlatView *fv, hwaddr addr, hwaddr *xlat, hwaddr *plen,
                                 bool is_write, MemTxAttrs attrs);

/* What a software TLB needs to know about one page; see address_space_lookup_page(). */
typedef struct PhysPageInfo {
    MemoryRegion *mr;
    /* Offset of @addr in @mr. */
    hwaddr mr_offset;
    /* Loads: host address of @addr, or NULL if they must be dispatched to @mr. */
    uint8_t *host;
    /* @addr in ram_addr_t space, RAM_ADDR_INVALID where @host is NULL. */
    ram_addr_t ram_addr;
    /* Stores may never use @host: ROM (ignored) or rom device (dispatched). */
    bool readonly;
    /*
     * Stores through @host are fine only while the page is dirty for all clients
     * (ram_page_is_dirty_for_all); otherwise go through ram_notify_write() first.
     */
    bool dirty_tracked;
    /* The answer holds for [@addr, @addr + @len); < a page for sub-page regions. */
    hwaddr len;
} PhysPageInfo;

/*
 * Answers for the byte at @addr and what follows it up to the end of its page.
 * When @len ends before that, or @addr's page begins with something else, do
 * not cache the page: look up every access. RCU critical section; the result is
 * good until it ends, or until the AddressSpace's next commit, of which a CPU is
 * told by AccelOpsClass.memory_map_changed before the old view is freed.
 */
void address_space_lookup_page(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, PhysPageInfo *info);
/*
 * A vCPU stored to [@addr, @addr + @len) of RAM where ram_page_is_dirty_for_all()
 * had been false: has translated code dropped and sets the bits of the other
 * clients. Later stores need no further care once the page is dirty for all.
 */
void ram_notify_write(ram_addr_t addr, unsigned len);

/* ---- sections, as listeners and searches see them ---- */

/* Part of a region as mapped in a view. */
typedef struct MemoryRegionSection {
    Int128 size;
    MemoryRegion *mr;
    FlatView *fv;
    hwaddr offset_within_region;
    hwaddr offset_within_address_space;
    bool readonly;
    bool nonvolatile;
    bool unmergeable;
} MemoryRegionSection;

/*
 * The first range that overlaps [@addr, @addr + @size) of the address space
 * that @mr is in. .mr is referenced (memory_region_unref), NULL if nothing.
 */
MemoryRegionSection memory_region_find(MemoryRegion *mr, hwaddr addr, uint64_t size);

/* ---- a pre-translated range for repeated small accesses (virtqueues) ---- */

typedef struct MemoryRegionCache {
    /* Direct pointer for RAM, else NULL and accesses go through the slow path. */
    uint8_t *ptr;
    hwaddr xlat;
    hwaddr len;
    FlatView *fv;
    MemoryRegionSection mrs;
    AddressSpace *as;
    bool is_write;
} MemoryRegionCache;

#define MEMORY_REGION_CACHE_INVALID ((MemoryRegionCache){.mrs.mr = NULL})

/*
 * Prepares access to @len bytes at @addr; returns how many of them it covers, or
 * a negative errno. It stays valid, but stale, when the map changes: use a
 * listener to renew it. address_space_cache_destroy() ends it.
 */
int64_t address_space_cache_init(MemoryRegionCache *cache, AddressSpace *as, hwaddr addr,
                                 hwaddr len, bool is_write);
static inline void address_space_cache_init_empty(MemoryRegionCache *cache)
{
    cache->mrs.mr = NULL;
    cache->ptr = NULL;
    cache->fv = NULL;
    cache->len = 0;
}
/* [@addr, @addr + @len) was written through @cache->ptr. */
void address_space_cache_invalidate(MemoryRegionCache *cache, hwaddr addr, hwaddr len);
void address_space_cache_destroy(MemoryRegionCache *cache);

/* @addr is relative to the cache and checked against its length. */
MemTxResult address_space_read_cached(MemoryRegionCache *cache, hwaddr addr, void *buf, hwaddr len);
MemTxResult address_space_write_cached(MemoryRegionCache *cache, hwaddr addr, const void *buf,
                                       hwaddr len);
uint8_t ldub_phys_cached(MemoryRegionCache *cache, hwaddr addr);
uint16_t lduw_le_phys_cached(MemoryRegionCache *cache, hwaddr addr);
uint32_t ldl_le_phys_cached(MemoryRegionCache *cache, hwaddr addr);
uint64_t ldq_le_phys_cached(MemoryRegionCache *cache, hwaddr addr);
void stb_phys_cached(MemoryRegionCache *cache, hwaddr addr, uint8_t val);
void stw_le_phys_cached(MemoryRegionCache *cache, hwaddr addr, uint16_t val);
void stl_le_phys_cached(MemoryRegionCache *cache, hwaddr addr, uint32_t val);
void stq_le_phys_cached(MemoryRegionCache *cache, hwaddr addr, uint64_t val);
uint16_t lduw_be_phys_cached(MemoryRegionCache *cache, hwaddr addr);
uint32_t ldl_be_phys_cached(MemoryRegionCache *cache, hwaddr addr);
uint64_t ldq_be_phys_cached(MemoryRegionCache *cache, hwaddr addr);
void stw_be_phys_cached(MemoryRegionCache *cache, hwaddr addr, uint16_t val);
void stl_be_phys_cached(MemoryRegionCache *cache, hwaddr addr, uint32_t val);
void stq_be_phys_cached(MemoryRegionCache *cache, hwaddr addr, uint64_t val);

#endif
