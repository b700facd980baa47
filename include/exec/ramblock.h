/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One contiguous piece of host memory that backs guest RAM or ROM. */
#ifndef EXEC_RAMBLOCK_H
#define EXEC_RAMBLOCK_H

#include "qemu/queue.h"
#include "qemu/rcu.h"
#include "exec/hwaddr.h"
#include "exec/ramlist.h"
#include "exec/target_page.h"

/*
 * An address in the space of all RAM blocks laid end to end. It names a byte of
 * RAM whatever the guest has mapped it to; dirty bitmaps and migration use it.
 */
typedef uint64_t ram_addr_t;
#define RAM_ADDR_MAX     UINT64_MAX
#define RAM_ADDR_INVALID (~(ram_addr_t)0)
#define RAM_ADDR_FMT     "%" PRIx64

/* Who wants to know about writes: one bitmap per client. */
#define DIRTY_MEMORY_VGA       0
#define DIRTY_MEMORY_CODE      1 /* bit clear: the page holds translated code */
#define DIRTY_MEMORY_MIGRATION 2
#define DIRTY_MEMORY_NUM       3

#define DIRTY_CLIENTS_ALL      ((1 << DIRTY_MEMORY_NUM) - 1)
#define DIRTY_CLIENTS_NOCODE   (DIRTY_CLIENTS_ALL & ~(1 << DIRTY_MEMORY_CODE))

/* RAMBlock flags, given when it is created. */
#define RAM_PREALLOC    (1u << 0)  /* memory of the caller: never freed, never resized */
#define RAM_SHARED      (1u << 1)  /* mapped MAP_SHARED, from ::fd */
#define RAM_RESIZEABLE  (1u << 2)  /* used_length may change up to max_length */
#define RAM_UF_ZEROPAGE (1u << 3)  /* userfaultfd zero pages work on it */
#define RAM_MIGRATABLE  (1u << 4)  /* part of the migration stream, under ::idstr */
#define RAM_PMEM        (1u << 5)  /* persistent memory: msync semantics on flush */
#define RAM_NORESERVE   (1u << 6)  /* no swap reservation (MAP_NORESERVE) */
#define RAM_PROTECTED   (1u << 7)  /* not readable by us (encrypted guest) */
#define RAM_NAMED_FILE  (1u << 8)  /* ::fd is a file that has a name */
#define RAM_READONLY    (1u << 9)  /* mapped read-only */
#define RAM_READONLY_FD (1u << 10) /* ::fd is open read-only; a private mapping may be written */
#define RAM_GUEST_MEMFD (1u << 11) /* ::guest_memfd holds the private half */
#define RAM_NO_DISCARD  (1u << 12) /* punching holes is not allowed */
#define RAM_PRIVATE     (1u << 13) /* explicitly not shared with other processes */

/*
 * Fields without a comment of their own are constant after creation. The block
 * is freed after a grace period: a pointer is good for an RCU critical section,
 * or for as long as a reference to ::mr is held.
 */
struct RAMBlock {
    struct rcu_head rcu;
    struct MemoryRegion *mr;
    /* Host mapping of max_length bytes; pages above used_length may be inaccessible. */
    uint8_t *host;
    /* Start in ram_addr_t space; max_length bytes are reserved there. */
    ram_addr_t offset;
    /* Bytes the guest sees now. Written under ram_list.mutex, read anywhere. */
    ram_addr_t used_length;
    ram_addr_t max_length;
    /* BQL held. Tells the owner about a new length (incoming migration). */
    void (*resized)(const char *id, uint64_t length, void *host);
    uint32_t flags;
    /* Name in the migration stream: "<device path>/<region name>". Set under the BQL. */
    char idstr[256];
    QLIST_ENTRY(RAMBlock) next;
    /* File or memfd that the block is a mapping of, or -1 (anonymous, or the caller's memory). */
    int fd;
    uint64_t fd_offset;
    /* Our writes reach ::fd (always so for the memfds that we make). */
    bool map_shared;
    int guest_memfd;
    size_t page_size;
    /*
     * One bit per target page of max_length for each client. Set bits with
     * atomics from any thread; see exec/ram_addr.h for who clears them.
     */
    unsigned long *dirty[DIRTY_MEMORY_NUM];
    /* Huge pages of the host that were asked for, or NULL: none will be. Atomics, any thread. */
    unsigned long *huge_asked;
    unsigned huge_failures;
    /* Migration's own bitmaps, owned by migration/ram.c while a migration runs. */
    unsigned long *bmap;
    unsigned long *receivedmap;
    unsigned long *clear_bmap;
    uint8_t clear_bmap_shift;
    void *migration_private;
    /* Of memory with holes, or NULL: is there anything at @offset? */
    bool (*populated)(void *opaque, ram_addr_t offset);
    void *populated_opaque;
    ram_addr_t postcopy_length;
};

static inline bool offset_in_ramblock(const RAMBlock *b, ram_addr_t offset)
{
    return b && b->host && offset < b->used_length;
}

static inline void *ramblock_ptr(const RAMBlock *block, ram_addr_t offset)
{
    return block->host + offset;
}

#endif
