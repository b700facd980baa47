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
#include "target/i386/tcg/svm-vmcb.h"
#include "target/i386/tcg/svm.h"
#include "target/i386/tcg/tlb.h"

#define PTE_ADDR_MASK 0x000ffffffffff000ull

/* One paging-structure entry that a walk used. */
typedef struct WalkEntry {
    hwaddr addr;
    uint64_t val;
} WalkEntry;

/* The tables that a walk goes through. */
typedef struct WalkMode {
    uint64_t cr3;
    uint64_t cr4;
    const uint64_t *pdptr; /* PAE without long mode */
    bool lma;
    bool nxe;
    bool second_stage; /* entries are at addresses that nested tables translate */
} WalkMode;

/* A walk under way. */
typedef struct WalkState {
    CPUX86State *env;
    AddressSpace *as;
    MemTxAttrs attrs;
    WalkMode mode;
    uint64_t lin;
    bool debug; /* look only: no cached pointers, no accessed or dirty flags */
    unsigned entry_size;
    uint64_t rsvd;     /* reserved in every entry */
    uint64_t rsvd_top; /* and in those of the fourth and fifth level (APM volume 2, 5.3.3) */
    uint64_t rights;   /* AND of PG_RW and PG_USER of all entries */
    bool nx;
    uint8_t shift; /* of the entry looked at last */
    unsigned count;
    WalkEntry used[5];
    /* Why the second stage failed: EXITINFO1 and 2 of the nested page fault. */
    uint64_t npf_info;
    hwaddr npf_address;
} WalkState;

static bool nested_paging(const CPUX86State *env)
{
    return (env->hflags & HF_GUEST) && env->svm.nested_paging;
}

static WalkMode own_mode(const CPUX86State *env)
{
    return (WalkMode){
        .cr3 = env->cr[3],
        .cr4 = env->cr[4],
        .pdptr = nested_paging(env) ? NULL : env->pdptr,
        .lma = env->hflags & HF_LMA,
        .nxe = env->efer & MSR_EFER_NXE,
        .second_stage = nested_paging(env),
    };
}

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

/* WALK_NESTED: the second stage failed. */
typedef enum WalkStep { WALK_NEXT, WALK_LEAF, WALK_ABSENT, WALK_RESERVED, WALK_NESTED } WalkStep;

static bool nested_walk(WalkState *w, hwaddr gpa, MMUAccessType access, uint64_t stage,
                        X86Walk *found);

/* Looks at the entry at @addr, which translates from bit @shift up; @large: PS means a page. */
static WalkStep walk_entry(WalkState *w, hwaddr addr, unsigned shift, bool large, uint64_t *pte)
{
    uint64_t val;

    if (w->mode.second_stage) {
        X86Walk found;

        /* Reads, too, as accessed flags may have to be set (15.25.5). */
        if (!nested_walk(w, addr, MMU_DATA_STORE, SVM_NPF_TABLE, &found)) {
            return WALK_NESTED;
        }
        addr = found.paddr | (addr & ~TARGET_PAGE_MASK);
    }
    addr &= w->env->a20_mask;
    val = walk_load(w, addr);
    w->shift = shift;
    *pte = val;
    if (!(val & PG_PRESENT_MASK)) {
        return WALK_ABSENT;
    }
    w->used[w->count++] = (WalkEntry){addr, val};
    if (val & (w->rsvd | (shift >= 39 ? w->rsvd_top : 0))) {
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
    if (!w->mode.nxe) {
        w->rsvd |= PG_NX_MASK;
    }
    if (!w->mode.lma) {
        w->rsvd |= 0x7ff0000000000000ull;
    }
    w->rsvd_top = x86_cpu_is_amd(env) ? PG_GLOBAL_MASK : 0;
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
    hwaddr table = w->mode.cr3 & 0xfffff000u;
    uint64_t pde, pte;
    WalkStep step;

    w->entry_size = 4;
    step =
        walk_entry(w, table + ((w->lin >> 22) & 0x3ff) * 4, 22, w->mode.cr4 & CR4_PSE_MASK, &pde);
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

/* What CR4.PAE has reserved in the four entries at CR3. */
static uint64_t pdpte_reserved(CPUX86State *env)
{
    return (PTE_ADDR_MASK & ~x86_phys_mask(env)) | 0xfff0000000000000ull | 0x1e6;
}

/* With nested paging nothing was loaded with CR3: they are read as they are needed (15.25.10). */
static WalkStep walk_pdpte(WalkState *w, uint64_t *pdpte)
{
    WalkStep step;

    w->entry_size = 8;
    w->rsvd = pdpte_reserved(w->env);
    w->rsvd_top = 0;
    step = walk_entry(w, (w->mode.cr3 & 0xffffffe0u) + ((w->lin >> 30) & 3) * 8, 30, false, pdpte);
    /* These have neither rights nor an accessed flag. */
    w->rights = PG_RW_MASK | PG_USER_MASK;
    w->nx = false;
    w->count = 0;
    return step;
}

static WalkStep walk_tables(WalkState *w, hwaddr *frame, uint64_t *leaf)
{
    WalkStep step;

    w->rights = PG_RW_MASK | PG_USER_MASK;
    w->nx = false;
    w->count = 0;
    w->rsvd = 0;
    if (!(w->mode.cr4 & CR4_PAE_MASK)) {
        return walk_32(w, frame, leaf);
    }
    if (w->mode.lma) {
        unsigned top = w->mode.cr4 & CR4_LA57_MASK ? 48 : 39;
        return walk_64(w, w->mode.cr3 & PTE_ADDR_MASK, top, frame, leaf);
    }
    uint64_t pdpte;
    if (w->mode.pdptr) {
        pdpte = w->mode.pdptr[(w->lin >> 30) & 3];
        w->shift = 30;
        if (!(pdpte & PG_PRESENT_MASK)) {
            return WALK_ABSENT;
        }
    } else {
        step = walk_pdpte(w, &pdpte);
        if (step != WALK_NEXT) {
            return step;
        }
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

static const unsigned right_needed[] = {
    [MMU_DATA_LOAD] = X86_PROT_READ,
    [MMU_DATA_STORE] = X86_PROT_WRITE,
    [MMU_INST_FETCH] = X86_PROT_EXEC,
};

/* ---- nested paging: from guest physical to physical addresses (APM volume 2, 15.25) ---- */

static WalkMode nested_mode(const CPUX86State *env)
{
    return (WalkMode){
        .cr3 = env->svm.ncr3,
        .cr4 = env->svm.nested_cr4,
        .lma = env->svm.nested_efer & MSR_EFER_LMA,
        .nxe = env->svm.nested_efer & MSR_EFER_NXE,
    };
}

/* All accesses count as user's; CR0.WP and CR4.SMEP of nobody count. */
static unsigned nested_rights(const WalkState *n)
{
    if (!(n->rights & PG_USER_MASK)) {
        return 0;
    }
    return X86_PROT_READ | (n->rights & PG_RW_MASK ? X86_PROT_WRITE : 0) |
           (n->nx ? 0 : X86_PROT_EXEC);
}

/* Faults of fetches say so where the tables could forbid them, as SMEP would. */
static bool nested_fault(WalkState *w, hwaddr gpa, MMUAccessType access, uint64_t info)
{
    const X86SVMState *svm = &w->env->svm;

    info |= PG_ERROR_U_MASK | (access == MMU_DATA_STORE ? PG_ERROR_W_MASK : 0);
    if (access == MMU_INST_FETCH &&
        (svm->nested_efer & MSR_EFER_NXE || svm->nested_cr4 & CR4_SMEP_MASK)) {
        info |= PG_ERROR_I_D_MASK;
    }
    w->npf_info = info;
    w->npf_address = gpa;
    return false;
}

/* Guest physical addresses that the nested tables can translate. */
static unsigned nested_width(const WalkMode *m)
{
    if (!m->lma) {
        return 32;
    }
    return m->cr4 & CR4_LA57_MASK ? 57 : 48;
}

/* @found gets page, rights and size; false: w->npf_info and w->npf_address say why. */
static bool nested_walk(WalkState *w, hwaddr gpa, MMUAccessType access, uint64_t stage,
                        X86Walk *found)
{
    WalkState n = {.env = w->env,
                   .as = w->as,
                   .attrs = w->attrs,
                   .mode = nested_mode(w->env),
                   .lin = gpa,
                   .debug = w->debug};
    uint64_t leaf;
    hwaddr frame;

    memset(found, 0, sizeof(*found));
    if (gpa >> nested_width(&n.mode)) {
        return nested_fault(w, gpa, access, stage);
    }
    do {
        switch (walk_tables(&n, &frame, &leaf)) {
        case WALK_LEAF:
            break;
        case WALK_RESERVED:
            return nested_fault(w, gpa, access, stage | PG_ERROR_P_MASK | PG_ERROR_RSVD_MASK);
        default:
            return nested_fault(w, gpa, access, stage);
        }
        found->prot = nested_rights(&n);
        if (n.debug) {
            break;
        }
        if (!(found->prot & right_needed[access])) {
            return nested_fault(w, gpa, access, stage | PG_ERROR_P_MASK);
        }
    } while (!set_accessed_dirty(&n, access == MMU_DATA_STORE));
    if (access != MMU_DATA_STORE && !(leaf & PG_DIRTY_MASK)) {
        found->prot &= ~X86_PROT_WRITE;
    }
    found->paddr = frame & TARGET_PAGE_MASK;
    found->level = n.shift;
    return true;
}

/* The second stage of @walk, whose paddr is the guest's so far. */
static bool second_stage(WalkState *w, MMUAccessType access, X86Walk *walk)
{
    hwaddr gpa = walk->paddr | (w->lin & ~TARGET_PAGE_MASK);
    X86Walk found;

    if (!nested_walk(w, gpa, access, SVM_NPF_FINAL, &found)) {
        return false;
    }
    walk->paddr = found.paddr;
    walk->prot &= found.prot;
    walk->level = MIN(walk->level, found.level);
    return true;
}

hwaddr x86_guest_phys(CPUX86State *env, hwaddr addr, bool store)
{
    WalkState w = {.env = env,
                   .as = x86_address_space(env),
                   .attrs = x86_mem_attrs(env),
                   .mode = own_mode(env)};
    X86Walk found;

    if (!w.mode.second_stage) {
        return addr;
    }
    if (!nested_walk(&w, addr, store ? MMU_DATA_STORE : MMU_DATA_LOAD, SVM_NPF_FINAL, &found)) {
        x86_svm_nested_fault(env, w.npf_info, w.npf_address);
    }
    return found.paddr | (addr & ~TARGET_PAGE_MASK);
}

/* ---- whole walks ---- */

static bool nested_failed(const WalkState *w, X86Walk *walk)
{
    walk->nested = true;
    walk->npf_info = w->npf_info;
    walk->npf_address = w->npf_address;
    return false;
}

static bool walk_page(CPUX86State *env, uint64_t lin, int mmu_idx, MMUAccessType access,
                      X86Walk *walk)
{
    WalkState w;
    hwaddr frame;
    uint64_t leaf;
    unsigned denied;

    memset(walk, 0, sizeof(*walk));
    w.env = env;
    w.attrs = x86_mem_attrs(env);
    w.as = x86_address_space(env);
    w.mode = own_mode(env);
    w.lin = lin;
    w.debug = false;
    if (!(env->cr[0] & CR0_PG_MASK)) {
        walk->paddr = lin & TARGET_PAGE_MASK;
        walk->prot = X86_PROT_READ | X86_PROT_WRITE | X86_PROT_EXEC;
        walk->level = 12;
        if (w.mode.second_stage && !second_stage(&w, access, walk)) {
            return nested_failed(&w, walk);
        }
        walk->paddr &= env->a20_mask;
        return true;
    }
    do {
        walk->error_code = access_error_code(env, mmu_idx, access);
        switch (walk_tables(&w, &frame, &leaf)) {
        case WALK_RESERVED:
            walk->error_code |= PG_ERROR_RSVD_MASK | PG_ERROR_P_MASK;
            return false;
        case WALK_LEAF:
            break;
        case WALK_NESTED:
            return nested_failed(&w, walk);
        default:
            return false;
        }
        walk->pkey = w.entry_size == 8 ? extract64(leaf, PG_PKRU_BIT, 4) : 0;
        walk->prot = page_rights(&w, mmu_idx, walk->pkey, &denied);
        if (!(walk->prot & right_needed[access])) {
            walk->error_code |= PG_ERROR_P_MASK;
            if (denied & right_needed[access]) {
                walk->error_code |= PG_ERROR_PK_MASK;
            }
            return false;
        }
    } while (!set_accessed_dirty(&w, access == MMU_DATA_STORE));

    walk->paddr = frame;
    walk->level = w.shift;
    walk->global = (leaf & PG_GLOBAL_MASK) && (env->cr[4] & CR4_PGE_MASK);
    if (w.mode.second_stage && !second_stage(&w, access, walk)) {
        return nested_failed(&w, walk);
    }
    walk->paddr &= env->a20_mask;
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
    WalkState w = {.env = env,
                   .as = x86_address_space(env),
                   .attrs = x86_mem_attrs(env),
                   .mode = own_mode(env),
                   .lin = lin};
    hwaddr frame;
    uint64_t leaf;
    unsigned denied;

    if (!(env->cr[0] & CR0_PG_MASK) || w.mode.second_stage ||
        walk_tables(&w, &frame, &leaf) != WALK_LEAF) {
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
    uint64_t rsvd = pdpte_reserved(env);
    uint64_t pdpte[4];

    if (nested_paging(env)) {
        return true;
    }
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

static hwaddr debug_result(WalkState *w, X86Walk *walk)
{
    if (w->mode.second_stage && !second_stage(w, MMU_DATA_LOAD, walk)) {
        return -1;
    }
    return walk->paddr & w->env->a20_mask;
}

hwaddr x86_cpu_get_phys_page_attrs_debug(CPUState *cs, vaddr addr, MemTxAttrs *attrs)
{
    CPUX86State *env = cpu_env(cs);
    WalkState w = {.env = env, .mode = own_mode(env), .lin = addr, .debug = true};
    X86Walk walk = {0};
    uint64_t leaf;

    *attrs = x86_mem_attrs(env);
    w.attrs = *attrs;
    w.as = cpu_addressspace(cs, *attrs);
    if (!(env->cr[0] & CR0_PG_MASK)) {
        w.lin = (uint32_t)addr;
        walk.paddr = w.lin & TARGET_PAGE_MASK;
        return debug_result(&w, &walk);
    }
    if (env->hflags & HF_LMA) {
        int shift = env->cr[4] & CR4_LA57_MASK ? 64 - 57 : 64 - 48;
        if ((uint64_t)((int64_t)(addr << shift) >> shift) != addr) {
            return -1;
        }
    } else {
        w.lin = (uint32_t)addr;
    }
    if (walk_tables(&w, &walk.paddr, &leaf) != WALK_LEAF) {
        return -1;
    }
    walk.paddr &= TARGET_PAGE_MASK;
    return debug_result(&w, &walk);
}
