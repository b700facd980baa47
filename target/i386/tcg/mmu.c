/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address translation: 32-bit, PAE, 4-level and 5-level paging.
 *
 * SDM volume 3, chapter 4 (paging), 4.6 (access rights), 4.7 (error codes),
 * 4.8 (accessed and dirty flags).
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "exec/address-space.h"
#include "target/i386/tcg/mmu.h"
#include "target/i386/tcg/tlb.h"

#define PTE_ADDR_MASK 0x000ffffffffff000ull

/* One paging-structure entry that a walk used. */
typedef struct WalkEntry {
    hwaddr addr;
    uint64_t val;
} WalkEntry;

/* A walk under way. */
typedef struct WalkState {
    CPUX86State *env;
    AddressSpace *as;
    MemTxAttrs attrs;
    uint64_t lin;
    bool debug; /* look only: no cached pointers, no accessed or dirty flags */
    unsigned entry_size;
    uint64_t rsvd;   /* reserved in every entry */
    uint64_t rights; /* AND of PG_RW and PG_USER of all entries */
    bool nx;
    uint8_t shift; /* of the entry looked at last */
    unsigned count;
    WalkEntry used[5];
} WalkState;

/* Host pointer to an entry in RAM; NULL: go through the address space. */
static void *walk_host(WalkState *w, hwaddr addr)
{
    X86TLB *tlb = w->env->tlb;
    hwaddr page = addr & TARGET_PAGE_MASK;
    X86TableCache *c;
    PhysPageInfo info;

    if (w->debug || !tlb) {
        return NULL;
    }
    c = &tlb->tables[(addr >> TARGET_PAGE_BITS) % ARRAY_SIZE(tlb->tables)];
    if (likely(c->page == (page | w->attrs.secure))) {
        return c->host + (addr - page);
    }
    address_space_lookup_page(w->as, page, w->attrs, &info);
    if (!info.host || info.readonly || info.len < TARGET_PAGE_SIZE) {
        return NULL;
    }
    c->page = page | w->attrs.secure;
    c->host = info.host;
    c->ram_addr = info.ram_addr;
    return c->host + (addr - page);
}

static uint64_t walk_load(WalkState *w, hwaddr addr)
{
    void *host = walk_host(w, addr);

    if (w->entry_size == 8) {
        return likely(host) ? le64_to_cpu(qatomic_read((uint64_t *)host))
                            : address_space_ldq(w->as, addr, w->attrs, NULL);
    }
    return likely(host) ? le32_to_cpu(qatomic_read((uint32_t *)host))
                        : address_space_ldl(w->as, addr, w->attrs, NULL);
}

/* Sets @bits in an entry if it still has the value that the walk saw. */
static bool walk_set_bits(WalkState *w, WalkEntry *e, uint64_t bits)
{
    void *host = walk_host(w, e->addr);
    uint64_t val = e->val | bits;
    MemTxResult res = MEMTX_OK;

    if (!host) {
        bool ok = address_space_cmpxchg(w->as, e->addr, e->val, val, w->entry_size, w->attrs, &res);
        /* Tables in ROM or MMIO stay as they are: there is nothing to retry for. */
        return ok || res != MEMTX_OK;
    }
    if (w->entry_size == 8) {
        uint64_t old = cpu_to_le64(e->val);
        if (qatomic_cmpxchg((uint64_t *)host, old, cpu_to_le64(val)) != old) {
            return false;
        }
    } else {
        uint32_t old = cpu_to_le32((uint32_t)e->val);
        if (qatomic_cmpxchg((uint32_t *)host, old, cpu_to_le32((uint32_t)val)) != old) {
            return false;
        }
    }
    X86TableCache *c =
        &w->env->tlb->tables[(e->addr >> TARGET_PAGE_BITS) % ARRAY_SIZE(w->env->tlb->tables)];
    ram_addr_t ram = c->ram_addr + (e->addr & ~TARGET_PAGE_MASK);
    if (!ram_page_is_dirty_for_all(ram)) {
        ram_notify_write(ram, w->entry_size);
    }
    return true;
}

typedef enum WalkStep { WALK_NEXT, WALK_LEAF, WALK_ABSENT, WALK_RESERVED } WalkStep;

/* Looks at the entry at @addr, which translates from bit @shift up; @large: PS means a page. */
static WalkStep walk_entry(WalkState *w, hwaddr addr, unsigned shift, bool large, uint64_t *pte)
{
    uint64_t val;

    addr &= w->env->a20_mask;
    val = walk_load(w, addr);
    w->shift = shift;
    *pte = val;
    if (!(val & PG_PRESENT_MASK)) {
        return WALK_ABSENT;
    }
    w->used[w->count++] = (WalkEntry){addr, val};
    if (val & w->rsvd) {
        return WALK_RESERVED;
    }
    w->rights &= val;
    w->nx |= w->entry_size == 8 && (val & PG_NX_MASK);
    if (shift == 12) {
        return WALK_LEAF;
    }
    if (!(val & PG_PSE_MASK)) {
        return WALK_NEXT;
    }
    if (large) {
        return WALK_LEAF;
    }
    /* In 32-bit paging without CR4.PSE the bit is ignored, elsewhere it is reserved. */
    return w->entry_size == 4 ? WALK_NEXT : WALK_RESERVED;
}

/* 4- and 5-level paging, and the lower two levels of PAE (from @shift, table at @table). */
static WalkStep walk_64(WalkState *w, hwaddr table, unsigned shift, hwaddr *frame, uint64_t *leaf)
{
    CPUX86State *env = w->env;
    bool has_1g = env->features[FEAT_8000_0001_EDX] & CPUID_EXT2_PDPE1GB;

    w->entry_size = 8;
    w->rsvd = PTE_ADDR_MASK & ~x86_phys_mask(env);
    if (!(env->efer & MSR_EFER_NXE)) {
        w->rsvd |= PG_NX_MASK;
    }
    if (!(env->hflags & HF_LMA)) {
        w->rsvd |= 0x7ff0000000000000ull;
    }
    for (;; shift -= 9) {
        bool large = shift == 21 || (shift == 30 && has_1g);
        uint64_t pte;
        WalkStep step;

        step = walk_entry(w, table + ((w->lin >> shift) & 0x1ff) * 8, shift, large, &pte);
        if (step == WALK_LEAF) {
            /* The walk ends at shift 12 at the latest: every entry there is a leaf. */
            uint64_t in_page = (1ull << shift) - 1; // NOLINT(clang-analyzer-core.*)
            if (shift > 12 && (pte & in_page & PTE_ADDR_MASK & ~0x1000ull)) {
                return WALK_RESERVED;
            }
            *frame = (pte & PTE_ADDR_MASK & ~in_page) | (w->lin & in_page & TARGET_PAGE_MASK);
            *leaf = pte;
            return step;
        }
        if (step != WALK_NEXT) {
            return step;
        }
        table = pte & PTE_ADDR_MASK;
    }
}

static WalkStep walk_32(WalkState *w, hwaddr *frame, uint64_t *leaf)
{
    CPUX86State *env = w->env;
    hwaddr table = env->cr[3] & 0xfffff000u;
    uint64_t pde, pte;
    WalkStep step;

    w->entry_size = 4;
    step = walk_entry(w, table + ((w->lin >> 22) & 0x3ff) * 4, 22, env->cr[4] & CR4_PSE_MASK, &pde);
    if (step == WALK_LEAF) {
        /* Bits 13 up hold address bits 32 up, as many as the processor has (PSE-36: 40). */
        unsigned extra = 0;
        if (env->features[FEAT_1_EDX] & CPUID_PSE36) {
            extra = MIN(env_archcpu(env)->phys_bits, 40) - 32;
        }
        uint64_t high = extract64(pde, 13, 9);
        if (high >> extra) {
            return WALK_RESERVED;
        }
        *frame = (pde & 0xffc00000u) | (high << 32) | (w->lin & 0x3ff000);
        *leaf = pde;
        return step;
    }
    if (step != WALK_NEXT) {
        return step;
    }
    step = walk_entry(w, (pde & 0xfffff000u) + ((w->lin >> 12) & 0x3ff) * 4, 12, false, &pte);
    *frame = pte & 0xfffff000u;
    *leaf = pte;
    return step;
}

static WalkStep walk_tables(WalkState *w, hwaddr *frame, uint64_t *leaf)
{
    CPUX86State *env = w->env;

    w->rights = PG_RW_MASK | PG_USER_MASK;
    w->nx = false;
    w->count = 0;
    w->rsvd = 0;
    if (!(env->cr[4] & CR4_PAE_MASK)) {
        return walk_32(w, frame, leaf);
    }
    if (env->hflags & HF_LMA) {
        unsigned top = env->cr[4] & CR4_LA57_MASK ? 48 : 39;
        return walk_64(w, env->cr[3] & PTE_ADDR_MASK, top, frame, leaf);
    }
    uint64_t pdpte = env->pdptr[(w->lin >> 30) & 3];
    if (!(pdpte & PG_PRESENT_MASK)) {
        w->shift = 30;
        return WALK_ABSENT;
    }
    return walk_64(w, pdpte & PTE_ADDR_MASK, 21, frame, leaf);
}

/* The rights that protection keys take from a page (SDM 4.6.2). */
static unsigned pkey_denied(CPUX86State *env, bool user_page, bool user_access, unsigned pkey)
{
    uint32_t reg;

    if (!(env->hflags & HF_LMA)) {
        return 0;
    }
    if (user_page) {
        if (!(env->cr[4] & CR4_PKE_MASK)) {
            return 0;
        }
        reg = env->pkru;
    } else {
        if (!(env->cr[4] & CR4_PKS_MASK)) {
            return 0;
        }
        reg = env->pkrs;
    }
    if (reg & (1u << (2 * pkey))) {
        return X86_PROT_READ | X86_PROT_WRITE;
    }
    if ((reg & (2u << (2 * pkey))) && (user_access || (env->cr[0] & CR0_WP_MASK))) {
        return X86_PROT_WRITE;
    }
    return 0;
}

/* What @mmu_idx may do with the page the walk found. *@denied gets what the key alone forbids. */
static unsigned page_rights(WalkState *w, int mmu_idx, unsigned pkey, unsigned *denied)
{
    CPUX86State *env = w->env;
    bool user_page = w->rights & PG_USER_MASK;
    bool user_access = mmu_idx == X86_MMU_USER;
    unsigned prot = X86_PROT_READ;

    *denied = pkey_denied(env, user_page, user_access, pkey);
    if (user_access && !user_page) {
        return 0;
    }
    if ((w->rights & PG_RW_MASK) || (!user_access && !(env->cr[0] & CR0_WP_MASK))) {
        prot |= X86_PROT_WRITE;
    }
    if (mmu_idx == X86_MMU_KSMAP && user_page) {
        prot = 0;
    }
    if (!w->nx && !(user_page && !user_access && (env->cr[4] & CR4_SMEP_MASK))) {
        prot |= X86_PROT_EXEC;
    }
    return prot & ~*denied;
}

static uint32_t access_error_code(CPUX86State *env, int mmu_idx, MMUAccessType access)
{
    uint32_t code = mmu_idx == X86_MMU_USER ? PG_ERROR_U_MASK : 0;

    if (access == MMU_DATA_STORE) {
        code |= PG_ERROR_W_MASK;
    } else if (access == MMU_INST_FETCH &&
               ((env->cr[4] & CR4_SMEP_MASK) ||
                ((env->cr[4] & CR4_PAE_MASK) && (env->efer & MSR_EFER_NXE)))) {
        code |= PG_ERROR_I_D_MASK;
    }
    return code;
}

/* Accessed in every entry, dirty in the leaf. False: an entry changed meanwhile. */
static bool set_accessed_dirty(WalkState *w, bool store)
{
    for (unsigned i = 0; i < w->count; i++) {
        uint64_t want = PG_ACCESSED_MASK;

        if (store && i == w->count - 1) {
            want |= PG_DIRTY_MASK;
        }
        if ((w->used[i].val & want) != want && !walk_set_bits(w, &w->used[i], want)) {
            return false;
        }
    }
    return true;
}

static bool walk_page(CPUX86State *env, uint64_t lin, int mmu_idx, MMUAccessType access,
                      X86Walk *walk)
{
    static const unsigned need[] = {
        [MMU_DATA_LOAD] = X86_PROT_READ,
        [MMU_DATA_STORE] = X86_PROT_WRITE,
        [MMU_INST_FETCH] = X86_PROT_EXEC,
    };
    WalkState w;
    hwaddr frame;
    uint64_t leaf;
    unsigned denied;

    memset(walk, 0, sizeof(*walk));
    if (!(env->cr[0] & CR0_PG_MASK)) {
        walk->paddr = lin & TARGET_PAGE_MASK & env->a20_mask;
        walk->prot = X86_PROT_READ | X86_PROT_WRITE | X86_PROT_EXEC;
        walk->level = 12;
        return true;
    }
    w.env = env;
    w.attrs = x86_mem_attrs(env);
    w.as = x86_address_space(env);
    w.lin = lin;
    w.debug = false;
    do {
        walk->error_code = access_error_code(env, mmu_idx, access);
        switch (walk_tables(&w, &frame, &leaf)) {
        case WALK_RESERVED:
            walk->error_code |= PG_ERROR_RSVD_MASK | PG_ERROR_P_MASK;
            return false;
        case WALK_LEAF:
            break;
        default:
            return false;
        }
        walk->pkey = w.entry_size == 8 ? extract64(leaf, PG_PKRU_BIT, 4) : 0;
        walk->prot = page_rights(&w, mmu_idx, walk->pkey, &denied);
        if (!(walk->prot & need[access])) {
            walk->error_code |= PG_ERROR_P_MASK;
            if (denied & need[access]) {
                walk->error_code |= PG_ERROR_PK_MASK;
            }
            return false;
        }
    } while (!set_accessed_dirty(&w, access == MMU_DATA_STORE));

    walk->paddr = frame & env->a20_mask;
    walk->level = w.shift;
    walk->global = (leaf & PG_GLOBAL_MASK) && (env->cr[4] & CR4_PGE_MASK);
    if (access != MMU_DATA_STORE && !(leaf & PG_DIRTY_MASK)) {
        walk->prot &= ~X86_PROT_WRITE;
    }
    return true;
}

bool x86_mmu_walk(CPUX86State *env, uint64_t lin, int mmu_idx, MMUAccessType access, X86Walk *walk)
{
    static const char *const kinds[] = {"load", "store", "fetch"};
    bool ok = walk_page(env, lin, mmu_idx, access, walk);

    if (qemu_loglevel_mask(CPU_LOG_MMU) && qemu_log_in_addr_range(lin)) {
        if (ok) {
            qemu_log(
                "mmu: %s of %016" PRIx64 " index %d: %012" HWADDR_PRIx " %c%c%c\n", kinds[access],
                lin, mmu_idx, walk->paddr, walk->prot & X86_PROT_READ ? 'r' : '-',
                walk->prot & X86_PROT_WRITE ? 'w' : '-', walk->prot & X86_PROT_EXEC ? 'x' : '-');
        } else {
            qemu_log("mmu: %s of %016" PRIx64 " index %d: page fault, error code %04x\n",
                     kinds[access], lin, mmu_idx, walk->error_code);
        }
    }
    return ok;
}

bool x86_mmu_peek(CPUX86State *env, uint64_t lin, int mmu_idx, X86Walk *walk)
{
    WalkState w = {
        .env = env, .as = x86_address_space(env), .attrs = x86_mem_attrs(env), .lin = lin};
    hwaddr frame;
    uint64_t leaf;
    unsigned denied;

    if (!(env->cr[0] & CR0_PG_MASK) || walk_tables(&w, &frame, &leaf) != WALK_LEAF) {
        return false;
    }
    for (unsigned i = 0; i < w.count; i++) {
        if (!(w.used[i].val & PG_ACCESSED_MASK)) {
            return false;
        }
    }
    *walk = (X86Walk){
        .paddr = frame & env->a20_mask,
        .level = w.shift,
        .pkey = w.entry_size == 8 ? extract64(leaf, PG_PKRU_BIT, 4) : 0,
        .global = (leaf & PG_GLOBAL_MASK) && (env->cr[4] & CR4_PGE_MASK),
    };
    walk->prot = page_rights(&w, mmu_idx, walk->pkey, &denied);
    if (!(leaf & PG_DIRTY_MASK)) {
        walk->prot &= ~X86_PROT_WRITE;
    }
    return true;
}

bool x86_load_pdptrs(CPUX86State *env, uint64_t cr3)
{
    AddressSpace *as = x86_address_space(env);
    uint64_t rsvd = (PTE_ADDR_MASK & ~x86_phys_mask(env)) | 0xfff0000000000000ull | 0x1e6;
    uint64_t pdpte[4];

    for (int i = 0; i < 4; i++) {
        hwaddr addr = ((cr3 & 0xffffffe0u) + i * 8) & env->a20_mask;
        pdpte[i] = address_space_ldq(as, addr, x86_mem_attrs(env), NULL);
        if ((pdpte[i] & PG_PRESENT_MASK) && (pdpte[i] & rsvd)) {
            return false;
        }
    }
    memcpy(env->pdptr, pdpte, sizeof(pdpte));
    return true;
}

hwaddr x86_cpu_get_phys_page_attrs_debug(CPUState *cs, vaddr addr, MemTxAttrs *attrs)
{
    CPUX86State *env = cpu_env(cs);
    WalkState w = {.env = env, .lin = addr, .debug = true};
    hwaddr frame;
    uint64_t leaf;

    *attrs = x86_mem_attrs(env);
    if (!(env->cr[0] & CR0_PG_MASK)) {
        return (uint32_t)addr & TARGET_PAGE_MASK & env->a20_mask;
    }
    if (env->hflags & HF_LMA) {
        int shift = env->cr[4] & CR4_LA57_MASK ? 64 - 57 : 64 - 48;
        if ((uint64_t)((int64_t)(addr << shift) >> shift) != addr) {
            return -1;
        }
    } else {
        w.lin = (uint32_t)addr;
    }
    w.attrs = *attrs;
    w.as = cpu_addressspace(cs, *attrs);
    if (walk_tables(&w, &frame, &leaf) != WALK_LEAF) {
        return -1;
    }
    return frame & TARGET_PAGE_MASK & env->a20_mask;
}
