/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks all of a guest's page tables (SDM vol. 3, 4.3 to 4.5). */

#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "target/i386/page-walk.h"

#define RIGHTS       (PG_PRESENT_MASK | PG_USER_MASK | PG_RW_MASK)
#define ADDRESS_MASK 0xffffffffff000ull

static uint64_t read_entry(X86PageWalk *w, hwaddr table, unsigned index)
{
    if (w->legacy) {
        return address_space_ldl_le(&address_space_memory, table + index * 4,
                                    MEMTXATTRS_UNSPECIFIED, NULL);
    }
    return address_space_ldq_le(&address_space_memory, table + index * 8, MEMTXATTRS_UNSPECIFIED,
                                NULL);
}

static uint64_t canonical(X86PageWalk *w, uint64_t va)
{
    if (w->legacy || w->levels == 3) {
        return (uint32_t)va;
    }
    return sextract64(va, 0, w->levels == 5 ? 57 : 48);
}

static void walk_table(X86PageWalk *w, hwaddr table, int level, uint64_t va, uint64_t rights)
{
    int bits = w->legacy ? 10 : 9, shift = 12 + (level - 1) * bits;
    unsigned n = w->levels == 3 && level == 3 ? 4 : 1u << bits;

    for (unsigned i = 0; i < n; i++) {
        uint64_t pte, sub, addr = va | ((uint64_t)i << shift);
        bool large;

        if (!w->entries_left) {
            return;
        }
        w->entries_left--;
        pte = read_entry(w, table, i);
        if (!(pte & PG_PRESENT_MASK)) {
            w->page(w, canonical(w, addr), 1ull << shift, 0, 0);
            continue;
        }
        /* The four top entries of PAE have no rights of their own. */
        sub = w->levels == 3 && level == 3 ? rights : rights & pte & RIGHTS;
        large = (pte & PG_PSE_MASK) && level > 1 && level <= (w->levels == 3 ? 2 : 3) &&
                (!w->legacy || w->pse);
        if (level == 1 || large) {
            w->page(w, canonical(w, addr), 1ull << shift, pte, sub);
        } else {
            walk_table(w, pte & (w->legacy ? 0xfffff000u : ADDRESS_MASK), level - 1, addr, sub);
        }
    }
}

bool x86_page_walk(X86PageWalk *w, CPUX86State *env)
{
    uint64_t root = env->cr[3];

    if (!(env->cr[0] & CR0_PG_MASK)) {
        return false;
    }
    w->entries_left = X86_PAGE_WALK_LIMIT;
    w->pse = env->cr[4] & CR4_PSE_MASK;
    w->legacy = !(env->cr[4] & CR4_PAE_MASK);
    if (w->legacy) {
        w->levels = 2;
        root &= 0xfffff000u;
    } else if (!(env->efer & MSR_EFER_LMA)) {
        w->levels = 3;
        root &= 0xffffffe0u;
    } else {
        w->levels = env->cr[4] & CR4_LA57_MASK ? 5 : 4;
        root &= ADDRESS_MASK;
    }
    walk_table(w, root, w->levels, 0, RIGHTS);
    return true;
}

uint64_t x86_page_address(const X86PageWalk *w, uint64_t pte, uint64_t size)
{
    return pte & (w->legacy ? 0xfffff000u : ADDRESS_MASK) & ~(size - 1);
}
