/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RAM blocks: creation, look-up by address, and the dirty bitmaps.
 *
 * A dirty bitmap says "written since the client last cleared it". Bits are set
 * by whoever writes: DMA and vCPU threads, without a lock. They are cleared by
 * the client, with an atomic exchange per word, after which writers must notice
 * again: the accelerator is told (RamDirtyHooks.protect) before the clear
 * function returns, and so before the client reads what the pages hold.
 */
#ifndef EXEC_RAM_ADDR_H
#define EXEC_RAM_ADDR_H

#include "qapi/error.h"
#include "qemu/atomic.h"
#include "exec/ramblock.h"

typedef struct MemoryRegion MemoryRegion;
typedef struct DirtyBitmapSnapshot DirtyBitmapSnapshot;

/* ---- creation; BQL held for all of these ---- */

/* From now on: memory without a back end, and so without a say in it, is RAM_SHARED. */
void qemu_ram_share_aux(bool share);
/*
 * Allocates @size bytes (rounded up to host pages) for @mr on a memfd, or
 * anonymously when @flags lacks RAM_SHARED and memfds cannot be had. @flags:
 * RAM_SHARED, RAM_NORESERVE, RAM_GUEST_MEMFD, RAM_PRIVATE. NULL and @errp when
 * the host has not got that much.
 */
RAMBlock *qemu_ram_alloc(ram_addr_t size, uint32_t flags, MemoryRegion *mr, Error **errp);
/* Reserves @max_size and starts with @size; @resized is told of every change. */
RAMBlock *qemu_ram_alloc_resizeable(ram_addr_t size, ram_addr_t max_size,
                                    void (*resized)(const char *id, uint64_t length, void *host),
                                    MemoryRegion *mr, Error **errp);
/* Uses @host, which stays the caller's. */
RAMBlock *qemu_ram_alloc_from_ptr(ram_addr_t size, void *host, MemoryRegion *mr, Error **errp);
/*
 * Maps @mem_path (created if need be, and made @size long if it is empty; a shorter file with
 * contents is refused; a folder gets an unlinked temporary file). @flags: RAM_SHARED, RAM_PMEM,
 * RAM_NORESERVE, RAM_READONLY, RAM_READONLY_FD, RAM_PROTECTED.
 */
RAMBlock *qemu_ram_alloc_from_file(ram_addr_t size, MemoryRegion *mr, uint32_t flags,
                                   const char *mem_path, off_t offset, uint64_t align,
                                   Error **errp);
/* Maps @fd, which the block owns from then on (also after a failure it is the caller's). */
RAMBlock *qemu_ram_alloc_from_fd(ram_addr_t size, ram_addr_t max_size,
                                 void (*resized)(const char *id, uint64_t length, void *host),
                                 MemoryRegion *mr, uint32_t flags, int fd, off_t offset,
                                 uint64_t align, bool grow, Error **errp);
/* Unlinks the block; its memory goes after a grace period. */
void qemu_ram_free(RAMBlock *block);
/* Changes used_length of a RAM_RESIZEABLE block, and the size of its region. 0 or -errno. */
int qemu_ram_resize(RAMBlock *block, ram_addr_t newsize, Error **errp);
/* Writes the range back to its file (persistent memory). */
void qemu_ram_msync(RAMBlock *block, ram_addr_t start, ram_addr_t length);
/* Replaces the page of @addr by a fresh one (hardware memory error), also if it is locked. 0 or
 * -errno. Any thread, signal handlers too. */
int qemu_ram_remap(ram_addr_t addr);

/* ---- look-up; RCU critical section unless the caller holds a reference to the region ---- */

RAMBlock *qemu_ram_block_by_name(const char *name);
/* The block that holds @addr, or NULL. */
RAMBlock *qemu_get_ram_block(ram_addr_t addr);
/* The block that @host points into, with the offset in it; NULL when it is not guest RAM. */
RAMBlock *qemu_ram_block_from_host(void *host, bool round_offset, ram_addr_t *offset);
ram_addr_t qemu_ram_addr_from_host(void *host);
ram_addr_t qemu_ram_block_host_offset(RAMBlock *block, void *host);
/* Host pointer of @addr in @block (or in whatever block holds it, when NULL); NULL if outside. */
void *qemu_map_ram_ptr(RAMBlock *block, ram_addr_t addr);

void qemu_ram_set_idstr(RAMBlock *block, const char *name, Object *dev);
void qemu_ram_unset_idstr(RAMBlock *block);
const char *qemu_ram_get_idstr(const RAMBlock *block);
void *qemu_ram_get_host_addr(const RAMBlock *block);
ram_addr_t qemu_ram_get_offset(const RAMBlock *block);
ram_addr_t qemu_ram_get_fd_offset(const RAMBlock *block);
ram_addr_t qemu_ram_get_used_length(const RAMBlock *block);
ram_addr_t qemu_ram_get_max_length(const RAMBlock *block);
int qemu_ram_get_fd(const RAMBlock *block);
bool qemu_ram_is_shared(const RAMBlock *block);
bool qemu_ram_is_noreserve(const RAMBlock *block);
bool qemu_ram_is_named_file(const RAMBlock *block);
bool qemu_ram_is_migratable(const RAMBlock *block);
void qemu_ram_set_migratable(RAMBlock *block);
void qemu_ram_unset_migratable(RAMBlock *block);
size_t qemu_ram_pagesize(const RAMBlock *block);
size_t qemu_ram_pagesize_largest(void);
/* End of the used part of ram_addr_t space. */
ram_addr_t last_ram_offset(void);
/* Bytes of guest-visible RAM blocks. */
uint64_t qemu_ram_total_bytes(void);
/* Gives the pages of the range back to the host; they read as zero (or as the file) afterwards. */
int ram_block_discard_range(RAMBlock *block, uint64_t start, size_t length);

/*
 * The block has holes that read as zeros but should not be touched: @populated tells for the page
 * at an offset whether it is outside of them. NULL: none. BQL held. The thread that saves memory
 * asks without the BQL: the machine is stopped then, so that devices and their holes stay.
 */
void qemu_ram_set_populated_check(RAMBlock *block,
                                  bool (*populated)(void *opaque, ram_addr_t offset), void *opaque);
bool ram_block_is_populated(const RAMBlock *block, ram_addr_t offset);

typedef int(RAMBlockIterFunc)(RAMBlock *block, void *opaque);
/* Calls @func on every block in an RCU critical section until one returns non-zero. */
int qemu_ram_foreach_block(RAMBlockIterFunc func, void *opaque);

/* ---- dirty bitmaps; any thread, RCU critical section ---- */

/* What an accelerator that caches writability (a TLB) must do. Set once, before vCPUs start. */
typedef struct RamDirtyHooks {
    /*
     * Bytes [start, start + len) were written: drop the code made from them, and
     * set DIRTY_MEMORY_CODE of pages that hold no code any more. Called in an RCU
     * critical section, any thread, only when one of these bits is clear.
     */
    void (*invalidate_code)(ram_addr_t start, ram_addr_t len);
    /*
     * Dirty bits of [start, start + len) were cleared: stores that begin after
     * this returns must take the slow path again, on every vCPU. Those in flight
     * are waited for by the listener's log_global_after_sync().
     */
    void (*protect)(ram_addr_t start, ram_addr_t len);
} RamDirtyHooks;

/* BQL held. @hooks must stay alive; NULL removes them. */
void ram_set_dirty_hooks(const RamDirtyHooks *hooks);

/* Clients in @mask that have at least one clean page in the range (what a writer must care about).
 */
uint8_t ram_range_clients_clean(ram_addr_t start, ram_addr_t len, uint8_t mask);
/* True when @client has a dirty page in the range. */
bool ram_get_dirty(ram_addr_t start, ram_addr_t len, unsigned client);
/* True when the one page at @addr is clean for no client: stores need no further care. */
bool ram_page_is_dirty_for_all(ram_addr_t addr);
void ram_set_dirty_flag(ram_addr_t addr, unsigned client);
void ram_set_dirty_range(ram_addr_t start, ram_addr_t len, uint8_t client_mask);
/* Marks the pages clean for @client; true when one of them was dirty. */
bool ram_test_and_clear_dirty(ram_addr_t start, ram_addr_t len, unsigned client);
/* Copies and clears the bits of the range in one go; free with g_free(). */
DirtyBitmapSnapshot *ram_snapshot_and_clear_dirty(MemoryRegion *mr, hwaddr offset, hwaddr length,
                                                  unsigned client);
bool ram_snapshot_get_dirty(const DirtyBitmapSnapshot *snap, ram_addr_t start, ram_addr_t len);
/*
 * ORs a little-endian bitmap as KVM_GET_DIRTY_LOG gives it (one bit per host
 * page from @start) into the bitmaps of all clients that log. Pages marked.
 */
uint64_t ram_set_dirty_lebitmap(const unsigned long *bitmap, ram_addr_t start, ram_addr_t pages);
/*
 * Moves the migration bits of @block into @block->bmap. Returns how many pages
 * became dirty in bmap.
 */
uint64_t ramblock_sync_dirty_bitmap(RAMBlock *block, ram_addr_t start, ram_addr_t length);
/*
 * A write to [start, start + len) was made through a host pointer: sets the bits
 * of @client_mask's clients and drops stale translated code.
 */
void invalidate_and_set_dirty(MemoryRegion *mr, hwaddr offset, hwaddr length);

/* Names for the same things that older code uses. */
#define cpu_physical_memory_get_dirty(start, len, client)     ram_get_dirty(start, len, client)
#define cpu_physical_memory_set_dirty_range(start, len, mask) ram_set_dirty_range(start, len, mask)
#define cpu_physical_memory_set_dirty_flag(addr, client)      ram_set_dirty_flag(addr, client)
#define cpu_physical_memory_test_and_clear_dirty(start, len, client)                               \
    ram_test_and_clear_dirty(start, len, client)
#define cpu_physical_memory_set_dirty_lebitmap(bitmap, start, pages)                               \
    ram_set_dirty_lebitmap(bitmap, start, pages)
#define cpu_physical_memory_is_clean(addr) (!ram_page_is_dirty_for_all(addr))

#endif
