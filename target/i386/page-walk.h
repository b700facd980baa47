/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's page tables from the first to the last entry, for those who look at it from outside. */
#ifndef I386_PAGE_WALK_H
#define I386_PAGE_WALK_H

#include "target/i386/cpu.h"

typedef struct X86PageWalk X86PageWalk;

/*
 * Called in order of addresses for each page and each hole (@rights 0). @pte: the entry that
 * maps it; @rights: PG_PRESENT_MASK, PG_USER_MASK and PG_RW_MASK as all levels together give them.
 */
typedef void X86PageFn(X86PageWalk *w, uint64_t va, uint64_t size, uint64_t pte, uint64_t rights);

struct X86PageWalk {
    X86PageFn *page;
    void *opaque;
    /* set by x86_page_walk() */
    bool legacy; /* 32-bit entries */
    int levels;
    bool pse;
    uint64_t entries_left; /* a table that points to itself must not keep us for ever */
};

/* How many entries are looked at. */
#define X86_PAGE_WALK_LIMIT (4u << 20)

/* vCPU stopped or BQL held, registers synchronized. false: paging is off. */
bool x86_page_walk(X86PageWalk *w, CPUX86State *env);
/* The physical address in @pte, which maps @size bytes. */
uint64_t x86_page_address(const X86PageWalk *w, uint64_t pte, uint64_t size);

#endif
