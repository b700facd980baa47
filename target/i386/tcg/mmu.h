/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page-table walks of the emulated MMU. */
#ifndef I386_TCG_MMU_H
#define I386_TCG_MMU_H

#include "exec/address-space.h"
#include "target/i386/cpu.h"

#define X86_PROT_READ  1
#define X86_PROT_WRITE 2
#define X86_PROT_EXEC  4

typedef struct X86Walk {
    hwaddr paddr;  /* of the 4 KiB page, A20 applied */
    unsigned prot; /* X86_PROT_*; without WRITE while the dirty flag is clear */
    uint8_t level; /* log2 of the page size */
    uint8_t pkey;
    bool global;
    uint32_t error_code; /* when the walk failed */
    /* It failed in the second stage of nested paging: EXITINFO1 and 2 of a nested page fault. */
    bool nested;
    uint64_t npf_info;
    hwaddr npf_address;
} X86Walk;

/*
 * Translates @lin for @access with the rights of @mmu_idx. On success sets
 * accessed and dirty flags and returns true. On failure sets walk->error_code;
 * no flag is changed. vCPU thread.
 */
bool x86_mmu_walk(CPUX86State *env, uint64_t lin, int mmu_idx, MMUAccessType access, X86Walk *walk);

/*
 * What a walk would find without setting any flag: false unless the accessed flags are
 * set already; without WRITE unless the dirty flag is. vCPU thread.
 */
bool x86_mmu_peek(CPUX86State *env, uint64_t lin, int mmu_idx, X86Walk *walk);

/*
 * The physical address behind @addr of a guest of SVM, or @addr itself without nested
 * paging. May leave the instruction for a nested page fault. vCPU thread.
 */
hwaddr x86_guest_phys(CPUX86State *env, hwaddr addr, bool store);

/* Attributes of the CPU's own physical accesses, and the address space they use. */
static inline MemTxAttrs x86_mem_attrs(const CPUX86State *env)
{
    return (MemTxAttrs){.secure = (env->hflags & HF_SMM) != 0, .cpu = 1};
}

static inline AddressSpace *x86_address_space(CPUX86State *env)
{
    return cpu_addressspace(env_cpu(env), x86_mem_attrs(env));
}

/* Mask of valid physical address bits. */
static inline uint64_t x86_phys_mask(CPUX86State *env)
{
    return (1ull << env_archcpu(env)->phys_bits) - 1;
}

/* Reads the four PDPTEs that @cr3 points to; false: reserved bits are set (#GP). */
bool x86_load_pdptrs(CPUX86State *env, uint64_t cr3);

#endif
