/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The translator's structures. What lives where:
 *
 *   cache.c      blocks: look-up, linking, invalidation, eviction (under jit.lock)
 *   translate.c  one block: decode, then a template per instruction
 *   gen-*.c      the templates
 *   thunk.c      generated glue between translated code and C
 *   runtime.c    what translated code calls
 */
#ifndef I386_JIT_INT_H
#define I386_JIT_INT_H

#include "qemu/bitmap.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "target/i386/tcg/code-track.h"
#include "target/i386/tcg/codebuf.h"
#include "target/i386/tcg/decode.h"
#include "target/i386/tcg/jit.h"
#include "target/i386/tcg/jit/emit.h"
#include "target/i386/tcg/tlb.h"

#define JIT_MAX_INSNS  64
#define JIT_MAX_EXITS  24
#define JIT_MAX_SLOW   160
#define JIT_MAX_CODE   16384 /* host bytes of one block, with its stubs */
#define JIT_REGIONS    16
#define JIT_HASH_BITS  19
#define JIT_FAR_SIZE   16 /* bytes of a block's entry from other pages */
#define JIT_SCATTERED  4096
#define JIT_LOOKS      16
#define JIT_PLACES     32768
#define JIT_PLACE_BITS 131072
#define JIT_NO_PAGE    ((ram_addr_t)-1)

/* hflags that do not distinguish blocks: no translated code runs with them set. */
#define JIT_HFLAGS_IGNORED (HF_INHIBIT_IRQ | HF_TF | HF_IOBPT)
/* Not one of the processor's: the block reaches memory through the window. */
#define JIT_HF_WINDOW (1u << 31)

typedef struct JitBlock JitBlock;

/* What a block is valid for. eip, base and limit of CS count only where CS is not flat. */
typedef struct JitKey {
    ram_addr_t phys;
    uint32_t hflags;
    uint32_t eip, cs_base, cs_limit;
} JitKey;

/* JitKey.hflags of blocks that can run now. */
static inline uint32_t jit_mode(const CPUX86State *env)
{
    uint32_t mode = env->hflags & ~JIT_HFLAGS_IGNORED;

    if (env->jit_hot.window &&
        (mode & (HF_CPL_MASK | HF_CS64 | HF_SMM | HF_GUEST)) == (3 | HF_CS64)) {
        mode |= JIT_HF_WINDOW;
    }
    return mode;
}

/* Where an instruction's memory operands were found to lie, in blocks with JIT_HF_WINDOW. */
typedef enum JitPlace {
    JIT_PLACE_UNKNOWN,
    JIT_PLACE_HIGH, /* the window's ranges */
    JIT_PLACE_LOW,
    JIT_PLACE_LOOKUP, /* in different places, or none of the window's */
} JitPlace;

/* One guest instruction of a block. */
typedef struct JitInsn {
    uint16_t host; /* its code, from JitBlock.code */
    uint16_t off;  /* guest address - linear address of the block's first page */
    uint8_t len;
    int16_t decoded; /* index in JitBlock.decoded, -1: none kept */
    uint16_t bytes;  /* index in JitBlock.bytes */
    uint8_t held[2]; /* JIT_HELD_*: what its code expects in T1 and T2 */
    bool fpu;        /* its code expects the vector state in the host's registers */
    uint8_t x87;     /* index + 1 of an x87 instruction before, whose pointers are not stored yet */
    uint16_t fop;    /* of an x87 instruction: as the processor's FOP register has it */
} JitInsn;

/*
 * Between instructions a scratch register may hold what would have to be loaded again: a
 * guest register that lives in memory (which has the same value), or a constant of the block.
 */
enum {
    JIT_HELD_NOTHING,
    JIT_HELD_GUEST,                              /* + number of the register */
    JIT_HELD_LOW = JIT_HELD_GUEST + CPU_NB_REGS, /* X86JitHot.window_low */
    JIT_HELD_PCBASE,
};

/* A direct exit: a rel32 in the code that leads to the stub or, linked, to another block. */
typedef struct JitExit {
    JitBlock *from, *to;
    QLIST_ENTRY(JitExit) incoming; /* of @to */
    uint32_t rel;                  /* offset of the rel32 from the start of the block's code */
    uint32_t stub;                 /* offset of the stub */
    int32_t off;                   /* guest target - linear address of the block's first page */
    bool fpu;                      /* the vector state is in the host's registers there */
} JitExit;

struct JitBlock {
    /* What a look-up reads. */
    JitKey key;
    JitBlock *hash_next; /* (A) read under RCU without a lock */
    ram_addr_t page[2];  /* JIT_NO_PAGE: only one */
    const uint8_t *far;  /* JIT_FAR_SIZE before @code: entry with the target's eip in T1; executable
                            addresses */
    const uint8_t *code; /* entry from the same page */
    QLIST_ENTRY(JitBlock) page_node[2];
    X86CodeTrack *track[2];
    uint8_t *base;      /* first byte (writable address) */
    uint32_t size;      /* host bytes from @base */
    uint16_t first_off; /* JitInsn.off of the first instruction */
    uint16_t guest_len;
    uint16_t ninsn, nexit, ndecoded;
    uint16_t fpu_size; /* of the check of the vector state that @code begins with, or 0 */
    bool invalid;      /* (A) */
    uint64_t pcbase;   /* eip - off when it was translated */
    QLIST_HEAD(, JitExit) incoming;
    JitInsn *insn;
    JitExit *exit;
    DecodedInsn *decoded;
    uint8_t *bytes;
};

/* ---- per vCPU ---- */

#define JIT_JC_BITS 14
#define JIT_JC_SIZE (1u << JIT_JC_BITS)
#define JIT_JC_SETS 8
#define JIT_JC_LOG  1024

/*
 * Jump cache: eip to code for one mode. @ntag is -eip, so that code can compare
 * by an addition that touches no flags; an unused entry has JIT_JC_NONE. The second
 * way keeps what the first one lost last.
 */
#define JIT_JC_NONE 1
typedef struct JitJump {
    uint64_t ntag;
    const uint8_t *code;
} JitJump;

typedef struct JitJumpCache {
    JitJump way[2][JIT_JC_SIZE];
    uint16_t log[JIT_JC_LOG]; /* what was entered since it was cleared; more: all of it */
} JitJumpCache;

/* What a jump cache is for: apart from it, since all are looked at when the mode changes. */
typedef struct JitJumpInfo {
    JitJumpCache *cache;
    /* which mode and address space */
    uint32_t hflags;
    uint32_t cs_base, cs_limit;
    unsigned nlog;          /* used of the log */
    const X86TLBSlot *slot; /* NULL: of all, holds global pages of the kernel only */
    uint64_t epoch;         /* of the slot or of global pages */
    uint64_t generation;
    uint64_t last_use;
} JitJumpInfo;

struct X86JitCPU {
    JitJumpCache cache[JIT_JC_SETS];
    JitJumpInfo info[JIT_JC_SETS];
    JitJumpInfo *jumps, *jumps_before; /* jit_hot.jumps is that of the first */
    uint64_t use_clock;
    /* The last access that took the slow path; for comparison only. */
    const struct JitSite *slow_site;
    const JitBlock *slow_block;
    unsigned slow_index;
    /*
     * Jumps of the kernel to pages that are not global, since global_epoch: where
     * there are many, its jump caches are kept per address space.
     */
    unsigned local_jumps;
    uint64_t looks[JIT_LOOKS]; /* TSC at the last looks at how often the micro TLB misses */
    unsigned next_look;
    uint64_t local_epoch;
    uint64_t lookups, slow_fills, interpreted;
};

/* ---- global ---- */

/* Memory that is given back all at once. */
typedef struct JitArena {
    GPtrArray *chunk;
    unsigned nfull; /* chunks before the one that is being used */
    size_t used;    /* of that */
} JitArena;

typedef struct JitRegion {
    uint8_t *start, *end; /* writable addresses */
    JitBlock **block;     /* by address */
    unsigned nblocks, capacity;
    bool draining;  /* emptied, but a vCPU may still be inside */
    JitArena arena; /* what its blocks' descriptions point to */
} JitRegion;

/* Entry points of the glue (executable addresses). */
typedef struct JitThunks {
    void (*enter)(CPUX86State *env, const uint8_t *code);
    const uint8_t *refill[X86_MMU_COUNT][2]; /* loads, stores */
    const uint8_t *slow, *interp, *exit, *poll, *miss, *indirect, *fault, *polled, *load_fpu, *spin,
        *stale, *budget;
    const uint8_t *syscall, *sysret, *iret, *string, *run;
    const uint8_t *second_way; /* the first way does not know the eip in T1 */
    const uint8_t *far;        /* code for the eip in T1, by the jump cache, to T0 */
    const uint8_t *end;        /* of the glue */
} JitThunks;

typedef struct Jit {
    bool enabled;
    QemuMutex lock; /* blocks, links, the code buffer */
    X86CodeBuf buf;
    JitThunks thunk;
    JitRegion region[JIT_REGIONS];
    unsigned nregions;
    unsigned current;                           /* region that is being filled */
    uint8_t *next;                              /* in it */
    unsigned next_micro[X86_TLB_MICRO_CLASSES]; /* entry that the next memory access gets */
    JitBlock **hash;                            /* 1 << JIT_HASH_BITS of them */
    ram_addr_t scattered[JIT_SCATTERED];        /* see jit_is_scattered(); by hash */
    uint64_t place[JIT_PLACES];                 /* see place_slot() */
    /* By hash: something may be known. Most often not, and this much stays in the host's caches. */
    DECLARE_BITMAP(placed, JIT_PLACE_BITS);
    /*
     * Offsets in a page at which a debugger has a breakpoint in some page. No
     * block goes on there: the interpreter looks whether it is this page.
     */
    DECLARE_BITMAP(break_offset, TARGET_PAGE_SIZE);
    unsigned break_count; /* bits in it */
    uint64_t generation;  /* (A) grows when jump caches must be dropped */
    X86JitStats stats;
} Jit;

extern Jit jit;

/* ---- thunk.c ---- */

/* Host register of guest register @r, or X86_HOST_NONE if it lives in env->regs. */
extern const int8_t jit_host_reg[CPU_NB_REGS];
/* Writes the glue at the start of the code buffer; returns its size. */
size_t jit_make_thunks(void);

/*
 * What follows a call from translated code to a thunk; behind a call to refill or
 * second_way there is first the jump (JIT_REFILL_JMP bytes) that it returns to.
 */
#define JIT_REFILL_JMP 5
/* The instruction does nothing that could fault but this load or store. */
#define JIT_ONLY_ACCESS 0x80
typedef struct QEMU_PACKED JitSite {
    uint16_t back;   /* bytes from the block's header to here: see jit_site_block() */
    int16_t micro;   /* of a memory access: its index in X86TLBMicro, -1: none */
    uint8_t index;   /* of the instruction or exit */
    uint8_t access;  /* OPND_R, OPND_W, JIT_ONLY_ACCESS */
    uint8_t size_m1; /* its size - 1 */
    uint8_t class;   /* of its size: X86_TLB_MICRO_CLASSES */
} JitSite;

/* A block's code has its address in front of it. */
#define JIT_HEADER sizeof(JitBlock *)

static inline JitBlock *jit_site_block(const JitSite *site)
{
    JitBlock *b;

    memcpy(&b, (const uint8_t *)site - site->back, sizeof(b));
    return b;
}

/* ---- blockmem.c; jit.lock held ---- */

/* A block with nothing in it. */
JitBlock *jit_new_block(void);
/* What belongs to a block of the region that is being filled, until that is emptied. */
void *jit_region_alloc(size_t size);
void jit_empty_arena(JitArena *a);
void jit_free_block(JitBlock *b);
/* A hash table, empty. */
JitBlock **jit_new_table(size_t entries);

/* ---- cache.c; jit.lock held unless noted ---- */

/* The block at the vCPU's eip, translated if need be; NULL: interpret. Takes the lock. May raise
 * #PF. */
JitBlock *jit_get(CPUX86State *env);
/*
 * A block that is there and begins in @page as it should, or NULL; its second page is to
 * be looked at. Needs no lock but RCU, and leaves vector registers alone.
 */
JitBlock *jit_find_fast(CPUX86State *env, const X86CodePage *page);
/* Room for one more block in the current region; may evict. */
bool jit_reserve(void);
void jit_insert(JitBlock *b);
void jit_link(JitExit *x, JitBlock *to);

/* Block that contains executable address @pc, which a vCPU is executing. */
JitBlock *jit_block_at(uintptr_t pc);
/* The same two, taking the lock. */
JitBlock *jit_find_host(uintptr_t pc);
void jit_link_exit(JitExit *x, JitBlock *to);
X86JitCPU *jit_new_cpu(void);
void jit_init_signals(void);
void jit_invalidate_hook(X86CodeTrack *t, unsigned offset, unsigned len);

/* The memory access of the instruction at @phys goes to another page most of the time. */
bool jit_is_scattered(ram_addr_t phys);
/* Note that, and drop @b to have it translated again. Takes the lock. */
void jit_set_scattered(JitBlock *b, ram_addr_t phys);

/* Of the instruction at @phys. */
JitPlace jit_window_place(ram_addr_t phys);
/*
 * Its access failed in the window for reason @fault at @host, and went through by a
 * look-up: note that, and drop @b to have it translated again if that helps. Takes the lock.
 */
void jit_window_learn(JitBlock *b, ram_addr_t phys, unsigned fault, uint64_t host);

/* No block may contain the instruction at this offset of its page, because of a breakpoint. */
static inline bool jit_breaks_at(unsigned page_offset)
{
    return unlikely(jit.break_count) && test_bit(page_offset, jit.break_offset);
}

/* ---- gen-branch.c ---- */

typedef struct JitJumpLookup {
    uint8_t *miss; /* rel32 of the jump that is taken when the first way does not know it */
    uint8_t *join; /* where it goes on, with the code in T0 */
} JitJumpLookup;

/*
 * Look up the eip in T1, which stays, in the jump cache: code to T0. T2 is changed. RSP is @pushed
 * bytes below env.
 */
JitJumpLookup jit_emit_jump_cache(Emit *e, int pushed);

/* ---- translate.c ---- */

/* Translate at @key; NULL if the first instruction cannot be decoded from RAM. */
JitBlock *jit_translate(CPUX86State *env, const JitKey *key, const X86CodePage *page);

/* ---- runtime-fast.c: the same for instructions that need no interpreter most of the time ---- */

/* SYSCALL, SYSRET and IRET with 64-bit operand size, in 64-bit code. */
const uint8_t *jit_rt_syscall(CPUX86State *env, const JitSite *site, uint64_t unused);
const uint8_t *jit_rt_sysret(CPUX86State *env, const JitSite *site, uint64_t unused);
const uint8_t *jit_rt_iret(CPUX86State *env, const JitSite *site, uint64_t unused);
/* REP MOVS and REP STOS in 64-bit code, with 64-bit addresses and no segment base. */
const uint8_t *jit_rt_string(CPUX86State *env, const JitSite *site, uint64_t unused);

/* ---- runtime.c for runtime-fast.c ---- */

/* Flags as the thunks stored them, to env->eflags. */
void jit_flags_from_code(CPUX86State *env);
/* At an instruction boundary, env->eip is the next instruction's and env->eflags are good. */
const uint8_t *jit_next_block(CPUX86State *env, bool look);
/* Instruction @index of @b by the interpreter, and where to go on; env->eflags are good. */
const uint8_t *jit_interpret(CPUX86State *env, JitBlock *b, unsigned index);

static inline uint64_t jit_eip_mask(uint32_t hflags)
{
    return hflags & HF_CS64 ? UINT64_MAX : hflags & HF_CS32 ? UINT32_MAX : UINT16_MAX;
}

static inline uint64_t jit_eip_at(const CPUX86State *env, int32_t off)
{
    return (env->jit_hot.pcbase + off) & jit_eip_mask(env->hflags);
}

/* ---- runtime.c: called by thunks, with all state in env; return where to continue or NULL ---- */

const uint8_t *jit_rt_slow(CPUX86State *env, const JitSite *site, uint64_t lin);
/* The stretch of the stack at @lin that a run touches cannot be reached directly, so far. */
const uint8_t *jit_rt_run(CPUX86State *env, const JitSite *site, uint64_t lin);
const uint8_t *jit_rt_interp(CPUX86State *env, const JitSite *site, uint64_t unused);
const uint8_t *jit_rt_exit(CPUX86State *env, const JitSite *site, uint64_t unused);
const uint8_t *jit_rt_poll(CPUX86State *env, const JitSite *site, uint64_t unused);
const uint8_t *jit_rt_miss(CPUX86State *env, const JitSite *unused, uint64_t eip);
/* The block has more instructions than may be executed before the clock is looked at. */
const uint8_t *jit_rt_budget(CPUX86State *env, const JitSite *site, uint64_t unused);
/* The jump cache does not know the target @eip of the indirect branch at @site. */
const uint8_t *jit_rt_indirect(CPUX86State *env, const JitSite *site, uint64_t eip);
const uint8_t *jit_rt_polled(CPUX86State *env, const JitSite *unused, uint64_t host_pc);
const uint8_t *jit_rt_fault(CPUX86State *env, const JitSite *unused, uint64_t host_pc);
const uint8_t *jit_rt_load_fpu(CPUX86State *env, const JitSite *site, uint64_t unused);
/* PAUSE was executed X86_SPINS times. */
const uint8_t *jit_rt_spin(CPUX86State *env, const JitSite *site, uint64_t unused);
/* More accesses of user code are busy than the micro TLB has entries. */
bool jit_micro_is_crowded(const CPUX86State *env);
/* Store the guest's vector state to env->fpu if it is in the host's registers. */
void jit_park(CPUX86State *env);

/*
 * Index in the jump cache: the sum of two parts of the address, since functions of large programs
 * often lie at the same place of different pages. The lowest bit is in neither: two targets next
 * to each other are rare.
 */
#define JIT_JC_LOW  0x0003ffeull
#define JIT_JC_HIGH 0x7ffc000ull

static inline unsigned jit_jump_index(uint64_t eip)
{
    uint64_t low, high;

    asm("pextq %2, %1, %0" : "=r"(low) : "r"(eip), "r"(JIT_JC_LOW));
    asm("pextq %2, %1, %0" : "=r"(high) : "r"(eip), "r"(JIT_JC_HIGH));
    return low + high;
}

#endif
