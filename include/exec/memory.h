/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory regions: what a guest finds at an address.
 *
 * A region is RAM, ROM, a device's registers (I/O), an alias to part of another
 * region, an IOMMU, or a container of others. Regions form a tree: a container
 * holds sub-regions at offsets, and where these overlap the one of the higher
 * priority is seen; where nothing answers, the container's own kind does. An
 * address space (exec/address-space.h) is the view of one tree from its root.
 *
 * Life time: a region lives in its owner (a device). Whoever gets hold of one
 * outside an RCU critical section keeps a reference to that owner
 * (memory_region_ref). A region without owner lives as long as the process.
 *
 * Unless said otherwise everything here that changes a region needs the BQL.
 */
#ifndef EXEC_MEMORY_H
#define EXEC_MEMORY_H

#include "qapi/error.h"
#include "qemu/int128.h"
#include "qemu/notify.h"
#include "qemu/queue.h"
#include "qemu/event_notifier.h"
#include "qom/object.h"
#include "exec/hwaddr.h"
#include "exec/memattrs.h"
#include "exec/memop.h"
#include "exec/ramblock.h"

typedef struct MemoryRegionOps MemoryRegionOps;
typedef struct MemoryRegionIoeventfd MemoryRegionIoeventfd;
typedef struct CoalescedMemoryRange CoalescedMemoryRange;
typedef struct DirtyBitmapSnapshot DirtyBitmapSnapshot;
typedef struct DeviceState DeviceState;

#define TYPE_MEMORY_REGION "memory-region"
OBJECT_DECLARE_SIMPLE_TYPE(MemoryRegion, MEMORY_REGION)

/* Byte order of a device's registers. Native is the guest's, which is little endian. */
enum device_endian {
    DEVICE_NATIVE_ENDIAN,
    DEVICE_BIG_ENDIAN,
    DEVICE_LITTLE_ENDIAN,
};

/*
 * A device's registers. @addr is relative to the region, @size the bytes of
 * this call (1, 2, 4 or 8 within .impl). Called with the BQL held, unless the
 * region was given memory_region_clear_global_locking().
 *
 * The memory core adapts the guest's access to the device: what .valid refuses
 * never arrives (MEMTX_ACCESS_ERROR, reads as ones); what .impl does not cover
 * is split or widened into calls of a size it does.
 */
struct MemoryRegionOps {
    uint64_t (*read)(void *opaque, hwaddr addr, unsigned size);
    void (*write)(void *opaque, hwaddr addr, uint64_t data, unsigned size);

    /* Instead of the two above, for devices that look at attributes or can fail. */
    MemTxResult (*read_with_attrs)(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
                                   MemTxAttrs attrs);
    MemTxResult (*write_with_attrs)(void *opaque, hwaddr addr, uint64_t data, unsigned size,
                                    MemTxAttrs attrs);

    enum device_endian endianness;

    /* What the guest may do. Zeroes mean 1 to 4 bytes, aligned. */
    struct {
        unsigned min_access_size;
        unsigned max_access_size;
        bool unaligned;
        bool (*accepts)(void *opaque, hwaddr addr, unsigned size, bool is_write, MemTxAttrs attrs);
    } valid;

    /* What the callbacks can do. Zeroes mean 1 to 4 bytes, aligned. */
    struct {
        unsigned min_access_size;
        unsigned max_access_size;
        bool unaligned;
    } impl;
};

/*
 * Use the functions below; the fields are laid open so that a region can be
 * embedded in a device's state.
 */
struct MemoryRegion {
    Object parent_obj;

    /* Looked at for every access. */
    bool romd_mode;
    bool ram;
    bool rom_device;
    bool readonly; /* RAM only */
    bool nonvolatile;
    bool ram_device;
    bool terminates; /* an access ends here: RAM, I/O or IOMMU */
    bool is_iommu;
    bool enabled;
    bool global_locking;
    bool flush_coalesced_mmio;
    bool unmergeable;
    bool cpu_only;          /* DMA of devices does not reach it */
    uint8_t dirty_log_mask; /* clients, 1 << DIRTY_MEMORY_... */
    RAMBlock *ram_block;
    const MemoryRegionOps *ops;
    void *opaque;
    Object *owner;
    DeviceState *dev; /* owner, if that is a device: guard against re-entry */

    Int128 size; /* up to 2^64 */
    hwaddr addr; /* in the container */
    MemoryRegion *container;
    int32_t priority;
    unsigned mapped_via_alias;
    MemoryRegion *alias;
    hwaddr alias_offset;
    uint8_t vga_logging_count;
    void (*destructor)(MemoryRegion *mr);
    uint64_t align;                         /* of RAM, for DIMM placement */
    QTAILQ_HEAD(, MemoryRegion) subregions; /* highest priority first */
    QTAILQ_ENTRY(MemoryRegion) subregions_link;
    QTAILQ_HEAD(, CoalescedMemoryRange) coalesced;
    char *name;
    unsigned ioeventfd_nb;
    MemoryRegionIoeventfd *ioeventfds;
};

/* ---- making regions ---- */

/*
 * A container: sub-regions show through it, the rest is open. @size in bytes,
 * UINT64_MAX meaning 2^64 here and below. The region becomes a QOM child of
 * @owner (may be NULL) called @name, by which `info mtree` and migration know it.
 */
void memory_region_init(MemoryRegion *mr, Object *owner, const char *name, uint64_t size);
/* Registers: @ops are called with @opaque. */
void memory_region_init_io(MemoryRegion *mr, Object *owner, const MemoryRegionOps *ops,
                           void *opaque, const char *name, uint64_t size);
/* RAM, named in the migration stream after @owner (a device, or NULL for global RAM). */
bool memory_region_init_ram(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                            Error **errp);
/* RAM that is not migrated (its owner sees to that), with RAM_... @ram_flags. */
bool memory_region_init_ram_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, Error **errp);
bool memory_region_init_ram_flags_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                            uint64_t size, uint32_t ram_flags, Error **errp);
/* RAM whose size may change up to @max_size; @resized runs after an incoming change. */
bool memory_region_init_resizeable_ram(MemoryRegion *mr, Object *owner, const char *name,
                                       uint64_t size, uint64_t max_size,
                                       void (*resized)(const char *id, uint64_t length, void *host),
                                       Error **errp);
/* RAM in a file; see qemu_ram_alloc_from_file(). Not migrated unless the owner asks. */
bool memory_region_init_ram_from_file(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, uint64_t align, uint32_t ram_flags,
                                      const char *path, uint64_t offset, Error **errp);
/* RAM on @fd, which the region owns once this has succeeded. */
bool memory_region_init_ram_from_fd(MemoryRegion *mr, Object *owner, const char *name,
                                    uint64_t size, uint32_t ram_flags, int fd, uint64_t offset,
                                    Error **errp);
/* RAM in memory of the caller, who keeps it until the region is gone. */
void memory_region_init_ram_ptr(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                                void *ptr);
/* The same for a mapped device BAR: accessed with exactly the guest's sizes. */
void memory_region_init_ram_device_ptr(MemoryRegion *mr, Object *owner, const char *name,
                                       uint64_t size, void *ptr);
/* A window on [@offset, @offset + @size) of @orig. */
void memory_region_init_alias(MemoryRegion *mr, Object *owner, const char *name, MemoryRegion *orig,
                              hwaddr offset, uint64_t size);
/* RAM that the guest can only read; guest writes are ignored. */
bool memory_region_init_rom(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                            Error **errp);
bool memory_region_init_rom_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, Error **errp);
/* Reads like RAM while in ROMD mode (the initial one); writes, and all else, go to @ops. */
bool memory_region_init_rom_device(MemoryRegion *mr, Object *owner, const MemoryRegionOps *ops,
                                   void *opaque, const char *name, uint64_t size, Error **errp);
bool memory_region_init_rom_device_nomigrate(MemoryRegion *mr, Object *owner,
                                             const MemoryRegionOps *ops, void *opaque,
                                             const char *name, uint64_t size, Error **errp);

/* ---- what a region is; any context ---- */

Object *memory_region_owner(const MemoryRegion *mr);
/* Bytes; UINT64_MAX for 2^64. */
uint64_t memory_region_size(const MemoryRegion *mr);
const char *memory_region_name(const MemoryRegion *mr);
bool memory_region_is_ram_device(const MemoryRegion *mr);
bool memory_region_is_protected(const MemoryRegion *mr);
bool memory_region_is_nonvolatile(const MemoryRegion *mr);
uint8_t memory_region_get_dirty_log_mask(const MemoryRegion *mr);
/* True if it is a sub-region of something. */
bool memory_region_is_mapped(const MemoryRegion *mr);
/* True if the guest's @addr.. is inside the container @mr (through sub-regions, not I/O). */
bool memory_region_present(MemoryRegion *container, hwaddr addr);

static inline bool memory_region_is_ram(const MemoryRegion *mr)
{
    return mr->ram;
}

static inline bool memory_region_is_rom(const MemoryRegion *mr)
{
    return mr->ram && mr->readonly;
}

/* A rom device in the mode in which it reads like RAM. */
static inline bool memory_region_is_romd(const MemoryRegion *mr)
{
    return mr->rom_device && mr->romd_mode;
}

static inline bool memory_region_is_iommu(const MemoryRegion *mr)
{
    return mr->is_iommu;
}

/* May an access be done with memcpy on the region's RAM? */
static inline bool memory_access_is_direct(const MemoryRegion *mr, bool is_write)
{
    if (is_write) {
        return mr->ram && !mr->readonly && !mr->rom_device && !mr->ram_device;
    }
    return (mr->ram && !mr->ram_device) || memory_region_is_romd(mr);
}

/* Keeps the owner of the region alive. */
void memory_region_ref(MemoryRegion *mr);
void memory_region_unref(MemoryRegion *mr);

/* ---- RAM ---- */

/* Host pointer to the start of the region's RAM (an alias: of what it points at), or NULL. */
void *memory_region_get_ram_ptr(MemoryRegion *mr);
ram_addr_t memory_region_get_ram_addr(MemoryRegion *mr);
/* The file that backs the RAM, or -1. */
int memory_region_get_fd(MemoryRegion *mr);
/* The region that @ptr points into, and the offset; NULL if none. Caller holds RCU. */
MemoryRegion *memory_region_from_host(void *ptr, ram_addr_t *offset);
/* Resizes RAM that was made resizeable. */
bool memory_region_ram_resize(MemoryRegion *mr, ram_addr_t newsize, Error **errp);
void memory_region_msync(MemoryRegion *mr, hwaddr addr, hwaddr size);
void memory_region_writeback(MemoryRegion *mr, hwaddr addr, hwaddr size);

/* ---- dirty tracking ---- */

/* Turns logging for @client (only DIRTY_MEMORY_VGA) on or off; calls nest. */
void memory_region_set_log(MemoryRegion *mr, bool log, unsigned client);
/* Any thread: a write to the RAM of @mr was made through a pointer. */
void memory_region_set_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size);
bool memory_region_get_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size, unsigned client);
/* Fetches pending bits from the accelerator, then moves the bits of @client out. */
DirtyBitmapSnapshot *memory_region_snapshot_and_clear_dirty(MemoryRegion *mr, hwaddr addr,
                                                            hwaddr size, unsigned client);
bool memory_region_snapshot_get_dirty(MemoryRegion *mr, DirtyBitmapSnapshot *snap, hwaddr addr,
                                      hwaddr size);
void memory_region_reset_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size, unsigned client);
void memory_region_flush_rom_device(MemoryRegion *mr, hwaddr addr, hwaddr size);
/* Pulls dirty bits out of the accelerator for @mr (all regions when NULL). */
void memory_region_sync_dirty_bitmap(MemoryRegion *mr, bool last_stage);

/* Who asks for logging of all RAM. */
#define GLOBAL_DIRTY_MIGRATION  (1u << 0)
#define GLOBAL_DIRTY_DIRTY_RATE (1u << 1)
#define GLOBAL_DIRTY_LIMIT      (1u << 2)
#define GLOBAL_DIRTY_MASK       0x7u
extern unsigned global_dirty_tracking;
bool memory_global_dirty_log_start(unsigned flags, Error **errp);
void memory_global_dirty_log_stop(unsigned flags);
void memory_global_dirty_log_sync(bool last_stage);

/* ---- changing regions; each is a transaction of its own unless inside one ---- */

void memory_region_set_readonly(MemoryRegion *mr, bool readonly);
void memory_region_set_nonvolatile(MemoryRegion *mr, bool nonvolatile);
void memory_region_rom_device_set_romd(MemoryRegion *mr, bool romd_mode);
void memory_region_set_enabled(MemoryRegion *mr, bool enabled);
void memory_region_set_address(MemoryRegion *mr, hwaddr addr);
void memory_region_set_size(MemoryRegion *mr, uint64_t size);
void memory_region_set_alias_offset(MemoryRegion *mr, hwaddr offset);
void memory_region_set_unmergeable(MemoryRegion *mr, bool unmergeable);
/* Callbacks run without the BQL. Before the region is mapped. */
void memory_region_clear_global_locking(MemoryRegion *mr);

/* Maps @subregion at @offset with priority 0; it must not be mapped elsewhere. */
void memory_region_add_subregion(MemoryRegion *mr, hwaddr offset, MemoryRegion *subregion);
/* The same where it may overlap others: the highest priority is seen. */
void memory_region_add_subregion_overlap(MemoryRegion *mr, hwaddr offset, MemoryRegion *subregion,
                                         int priority);
void memory_region_del_subregion(MemoryRegion *mr, MemoryRegion *subregion);

/*
 * Changes between the two become visible to vCPUs in one step, at the outermost
 * commit. BQL held throughout.
 */
void memory_region_transaction_begin(void);
void memory_region_transaction_commit(void);

/* ---- fast notification and coalescing ---- */

/*
 * A guest write of @size bytes (0: any) to @addr signals @e instead of calling
 * the device; with @match_data only if it writes @data (guest order).
 */
void memory_region_add_eventfd(MemoryRegion *mr, hwaddr addr, unsigned size, bool match_data,
                               uint64_t data, EventNotifier *e);
void memory_region_del_eventfd(MemoryRegion *mr, hwaddr addr, unsigned size, bool match_data,
                               uint64_t data, EventNotifier *e);

/* Writes to the region (or part) may arrive late and in batches. */
void memory_region_set_coalescing(MemoryRegion *mr);
void memory_region_add_coalescing(MemoryRegion *mr, hwaddr offset, uint64_t size);
void memory_region_clear_coalescing(MemoryRegion *mr);
/* An access to this region first delivers what is pending elsewhere. */
void memory_region_set_flush_coalesced(MemoryRegion *mr);
void memory_region_clear_flush_coalesced(MemoryRegion *mr);
/* Delivers pending coalesced writes; set by the accelerator that coalesces. BQL held. */
void qemu_flush_coalesced_mmio_buffer(void);
void memory_set_coalesced_flush(void (*flush)(void));

/* ---- calling a region directly ---- */

/*
 * One access to @mr at offset @addr, adapted to the device as an access from
 * the guest is: checks, split, byte order (of @op), re-entry. Value in host
 * order. The BQL must be held if the region needs it.
 */
MemTxResult memory_region_dispatch_read(MemoryRegion *mr, hwaddr addr, uint64_t *pval, MemOp op,
                                        MemTxAttrs attrs);
MemTxResult memory_region_dispatch_write(MemoryRegion *mr, hwaddr addr, uint64_t data, MemOp op,
                                         MemTxAttrs attrs);
bool memory_region_access_valid(MemoryRegion *mr, hwaddr addr, unsigned size, bool is_write,
                                MemTxAttrs attrs);

/*
 * Takes the BQL if @mr needs it and the caller has not got it, and delivers
 * coalesced writes if it asks for that. True: the caller unlocks (bql_unlock)
 * after the access.
 */
bool memory_region_prepare_mmio_access(MemoryRegion *mr);

/* The region that answers where none does: reads as ones, MEMTX_DECODE_ERROR. */
extern MemoryRegion io_mem_unassigned;
extern const MemoryRegionOps unassigned_mem_ops;

/* Text of `info mtree`: flat views, dispatch tables, owners, disabled regions too. */
void mtree_info(void (*emit)(void *opaque, const char *text), void *opaque, bool flatview,
                bool dispatch_tree, bool owner, bool disabled);

#include "exec/address-space.h"
#include "exec/memory-listener.h"
#include "exec/memory-iommu.h"

#endif
