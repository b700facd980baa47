/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The software TLB of a vCPU.
 *
 * Used by the interpreter (access.h) and, inline, by translated code. A slot
 * holds the translations of one address space (PCID); in it there is one
 * direct-mapped table per MMU index, so that a change of CPL or of EFLAGS.AC
 * flushes nothing. Behind them lies one larger associative level for all slots,
 * which keeps what the direct-mapped tables had to drop, and global pages.
 *
 * Inline look-up of SIZE bytes at LIN:
 *
 *     base  = env->tlb_slot + MMU_INDEX * sizeof(X86TLBEntry[X86_TLB_SIZE])
 *     entry = base + ((LIN >> 12) & (X86_TLB_SIZE - 1)) * 32
 *     hit   = ((LIN + SIZE - 1) & ~0xfff) == entry->addr_read   (or addr_write)
 *     host  = LIN + entry->addend
 *
 * An access that crosses into the next page compares that page's number with
 * the entry of the first and so misses. Whatever needs a closer look (no
 * translation, MMIO, a store to a page with code or under dirty logging,
 * breakpoints) has bits set below bit 12 of the tag and misses as well; misses
 * go to x86_tlb_load()/x86_tlb_store(). Non-canonical addresses are never entered.
 *
 * Locking: the vCPU thread reads without a lock. It fills and flushes under
 * tlb->lock, because other threads set X86_TLB_NOTDIRTY in addr_write under
 * that lock (x86_tlb_protect_ram).
 */
#ifndef I386_TCG_TLB_H
#define I386_TCG_TLB_H

#include "qemu/rcu.h"
#include "exec/memory.h"
#include "exec/ram_addr.h"
#include "target/i386/cpu.h"

/* MMU indices: whose rights an access has. */
enum {
    X86_MMU_KERNEL, /* CPL 0-2, SMAP off or overridden by EFLAGS.AC */
    X86_MMU_KSMAP,  /* CPL 0-2 with SMAP in force; implicit accesses when CR4.SMAP is set */
    X86_MMU_USER,   /* CPL 3 */
    X86_MMU_COUNT,
};

#define X86_TLB_BITS  10
#define X86_TLB_SIZE  (1u << X86_TLB_BITS)
#define X86_TLB_SLOTS 8

/* Low bits of addr_read, addr_write, addr_code: reasons not to take the fast path. */
#define X86_TLB_INVALID  0x800u /* no translation, or not for this kind of access */
#define X86_TLB_MMIO     0x400u /* not plain RAM: dispatch by physical address */
#define X86_TLB_NOTDIRTY 0x200u /* store: page holds code or is clean for a dirty client */
#define X86_TLB_WATCH    0x100u /* a breakpoint lies in the page */
#define X86_TLB_FLAGS    0xf00u

typedef struct X86TLBEntry {
    uint64_t addr_read;
    uint64_t addr_write;
    uint64_t addr_code;
    uintptr_t addend; /* host = linear + addend, for RAM */
} X86TLBEntry;

QEMU_BUILD_BUG_ON(sizeof(X86TLBEntry) != 32);

/* What a slow path needs beside the entry. */
typedef struct X86TLBInfo {
    hwaddr paddr;        /* of the page, A20 applied */
    ram_addr_t ram_addr; /* of the page; RAM_ADDR_INVALID if it is not RAM */
    uint8_t level;       /* log2 of the guest's page size */
    bool global;
    bool readonly; /* ROM: stores are dispatched by physical address */
} X86TLBInfo;

/*
 * Copies of an index's entries that can be used without a further look, in the
 * form that translated code reads: minus the page number, so that a comparison is
 * an addition that sets no flags. Whenever the entry changes its copy goes.
 */
#define X86_TLB_FAST_NONE 1
typedef struct X86TLBFast {
    uint64_t read_ntag[X86_TLB_SIZE];
    uint64_t write_ntag[X86_TLB_SIZE];
    uintptr_t addend[X86_TLB_SIZE];
} X86TLBFast;

/* Pages that code was entered from: filters, see x86_tlb_note_code(). */
#define X86_TLB_CODE_WORDS 128

/* Entries filled since the last flush of a table; more than fit: scan it. */
#define X86_TLB_LOG 256

typedef struct X86TLBSlot {
    X86TLBEntry entry[X86_MMU_COUNT][X86_TLB_SIZE];
    X86TLBInfo info[X86_MMU_COUNT][X86_TLB_SIZE];
    X86TLBFast fast[X86_MMU_COUNT];
    /* Grows whenever a translation may be gone that x86_tlb_note_code() was told of. */
    uint64_t epoch;
    uint64_t code[X86_TLB_CODE_WORDS];
    uint16_t log[X86_MMU_COUNT][X86_TLB_LOG];
    uint16_t log_count[X86_MMU_COUNT]; /* X86_TLB_LOG + 1: overflown */
    uint16_t pcid;
    uint64_t root; /* tables that its entries are from: see window.h */
    uint64_t gen;  /* second-level entries of other generations are stale */
    uint64_t last_use;
} X86TLBSlot;

typedef struct X86TLB2Entry {
    X86TLBEntry entry;
    X86TLBInfo info;
    uint64_t page; /* linear page address | MMU index; X86_TLB_INVALID set if unused */
    uint64_t gen;  /* of the slot, or of the global pages */
    uint8_t slot;  /* X86_TLB_SLOTS for global pages */
} X86TLB2Entry;

#define X86_TLB2_SETS 512
#define X86_TLB2_WAYS 4

/* A page of paging structures, kept so that a walk need not search the memory map. */
typedef struct X86TableCache {
    hwaddr page; /* bit 0: in the SMM address space */
    uint8_t *host;
    ram_addr_t ram_addr;
} X86TableCache;

#define X86_TABLE_CACHE 256

/* RAM pages that a direct store may reach through this TLB: a one-hash filter. */
#define X86_TLB_FILTER_BITS 16

/* The address space that this vCPU has been running user code of: see window.h. */
typedef struct X86WindowCandidate {
    uint64_t root;
    uint64_t used;   /* ns */
    int64_t last;    /* when the vCPU was looked at */
    uint64_t faults; /* of X86TLB, then */
} X86WindowCandidate;

struct X86TLB {
    struct rcu_head rcu; /* other vCPUs may look at it until a grace period has passed */
    X86TLBMicro *micro;  /* env->tlb_micro */
    QemuSpin lock;
    X86TLBSlot *slot[X86_TLB_SLOTS]; /* allocated when first used */
    int current;
    uint64_t use_clock;
    uint64_t gen_counter; /* the last generation given out */
    uint64_t gen_global;
    /* Filters of the 4 MiB and 1 GiB regions in which parts of large pages were entered. */
    uint64_t large[128], huge[16];
    /* Grows whenever a global translation may be gone that x86_tlb_note_code() was told of. */
    uint64_t global_epoch;
    uint64_t global_code[X86_TLB_CODE_WORDS];
    bool pkeys_seen;         /* a page with a protection key other than 0 was entered */
    bool full_flush_pending; /* (A) set by other threads, with a request to exit */
    X86TLB2Entry l2[X86_TLB2_SETS][X86_TLB2_WAYS];
    uint8_t l2_next[X86_TLB2_SETS];
    X86TableCache tables[X86_TABLE_CACHE];
    X86WindowCandidate candidate;
    unsigned long wfilter[(1 << X86_TLB_FILTER_BITS) / BITS_PER_LONG];
    /*
     * Grows whenever a translation that existed may be gone (flush, INVLPG, CR3
     * write, change of paging mode). Caches by linear address compare it.
     */
    uint64_t epoch;
    uint64_t walks, faults, l2_hits, flushes; /* statistics */
};

/* The index that data accesses of the current instruction use. */
static inline int x86_mmu_index(const CPUX86State *env)
{
    if ((env->hflags & HF_CPL_MASK) == 3) {
        return X86_MMU_USER;
    }
    return (env->hflags & (HF_SMAP | HF_AC)) == HF_SMAP ? X86_MMU_KSMAP : X86_MMU_KERNEL;
}

/* Supervisor rights whatever the CPL is: descriptor tables, TSS, stack switches. */
static inline int x86_mmu_index_implicit(const CPUX86State *env)
{
    return env->hflags & HF_SMAP ? X86_MMU_KSMAP : X86_MMU_KERNEL;
}

static inline X86TLBEntry *x86_tlb_entry(CPUX86State *env, int mmu_idx, uint64_t lin)
{
    return &env->tlb_slot->entry[mmu_idx][(lin >> TARGET_PAGE_BITS) & (X86_TLB_SIZE - 1)];
}

static inline bool x86_tlb_hit(uint64_t tag, uint64_t lin, unsigned size)
{
    return ((lin + size - 1) & TARGET_PAGE_MASK) == tag;
}

/* ---- life time; BQL held ---- */

void x86_tlb_init(CPUX86State *env);
void x86_tlb_free(CPUX86State *env);

/* ---- slow paths; vCPU thread. Faults are raised, page crossings and MMIO done. ---- */

/*
 * Load or store @size (1, 2, 4, 8) bytes at linear address @lin. @seg is only
 * used to choose between #GP and #SS for a non-canonical address; -1: no check
 * is needed.
 */
uint64_t x86_tlb_load(CPUX86State *env, uint64_t lin, unsigned size, int mmu_idx, int seg);
void x86_tlb_store(CPUX86State *env, uint64_t lin, uint64_t val, unsigned size, int mmu_idx,
                   int seg);

/*
 * Makes sure that the page of @lin is entered for @access, or raises the fault.
 * The entry may still have flags (MMIO ...) set. With @probe it returns NULL
 * instead of raising, and sets no accessed or dirty bits for an access that faults.
 */
X86TLBEntry *x86_tlb_fill(CPUX86State *env, uint64_t lin, int mmu_idx, MMUAccessType access,
                          bool probe);
/*
 * Copies outlive an entry that is only replaced: they are dropped when a
 * translation may be gone, and those for stores when some page is to be watched.
 */

/* Makes the entry's copy for translated code; false if it cannot be read directly. */
bool x86_tlb_set_fast(CPUX86State *env, int mmu_idx, uint64_t lin);
/* The info that belongs to an entry of the current slot. */
static inline X86TLBInfo *x86_tlb_info(CPUX86State *env, int mmu_idx, const X86TLBEntry *e)
{
    return &env->tlb_slot->info[mmu_idx][e - env->tlb_slot->entry[mmu_idx]];
}

/* A page to fetch instructions from. */
typedef struct X86CodePage {
    const uint8_t *host; /* of the page; NULL: not RAM or ROM, read it by physical address */
    ram_addr_t ram_addr;
    hwaddr paddr;
} X86CodePage;

/* Raises #PF (or, with @probe, returns false). Rights are those of the current CPL. */
bool x86_tlb_code_page(CPUX86State *env, uint64_t lin, bool probe, X86CodePage *page);
/*
 * A cache by linear address now holds something from the page of @lin, which has
 * just been looked up: until the epoch of the slot changes (of all slots if the
 * page is @global) the page is where it was. vCPU thread.
 */
void x86_tlb_note_code(CPUX86State *env, uint64_t lin, bool global);
/* Reads up to @len code bytes at physical @paddr where there is no host pointer. */
void x86_read_code_mmio(CPUX86State *env, hwaddr paddr, uint8_t *buf, unsigned len);

/*
 * To be called after a store through a host pointer to a page whose entry has
 * X86_TLB_NOTDIRTY: drops code made from these bytes and sets dirty bits.
 */
void x86_tlb_notdirty_write(CPUX86State *env, uint64_t lin, int mmu_idx, unsigned size);

/* ---- flushing; vCPU thread ---- */

void x86_tlb_flush_all(CPUX86State *env);
/* What a MOV to CR3 drops: all but global pages, in the current slot. */
void x86_tlb_flush_nonglobal(CPUX86State *env);
/* INVLPG: one address in the current slot, and global pages there in all. */
void x86_tlb_flush_page(CPUX86State *env, uint64_t lin);
/* INVPCID: one address of @pcid, not global; all of @pcid but global; all but global. */
void x86_tlb_flush_pcid_page(CPUX86State *env, uint16_t pcid, uint64_t lin);
void x86_tlb_flush_pcid(CPUX86State *env, uint16_t pcid);
void x86_tlb_flush_all_nonglobal(CPUX86State *env);
/* Makes the slot of @pcid current; unless @keep, flushes its non-global entries. */
void x86_tlb_switch(CPUX86State *env, uint16_t pcid, bool keep);
/* Entries of pages in which breakpoints begin or end. */
void x86_tlb_flush_watch(CPUX86State *env, uint64_t lin);
/* PKRU or PKRS changed. */
void x86_tlb_flush_pkeys(CPUX86State *env);

/* ---- from other threads ---- */

/* All entries go before the vCPU executes its next instruction after noticing. */
void x86_tlb_flush_async(CPUState *cs);
/* Stores to [@start, @start + @len) take the slow path on all vCPUs when this returns. */
void x86_tlb_protect_ram(ram_addr_t start, ram_addr_t len);
/*
 * Whether this thread's last x86_tlb_protect_ram() found another vCPU that could
 * store to the range: one such store may have been compared before, and land late.
 */
bool x86_tlb_protect_met_others(void);

#endif
