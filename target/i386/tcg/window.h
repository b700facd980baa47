/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The window: pages of one guest address space in the address space of this
 * process, so that translated user code reaches them without a look-up.
 * docs/devel/translator.md, "The window".
 *
 * They lie in the lower 2^46 bytes of the host process, in which it has nothing of its own: guest
 * addresses from 2^46 to 2^47, where position-independent programs, shared libraries and stacks
 * live, 2^46 bytes lower; the lowest 2^40 bytes, for programs that are linked to fixed addresses,
 * as they are. What would come to lie there twice, 2^40 bytes from 2^46 up, is looked up.
 *
 * A page in the window is an entry of a TLB that all vCPUs share: it is there
 * because a walk of the owner's tables found it, has no more rights than the walk
 * gave, and goes when the architecture says so. There is one owner at a time:
 * the address space of a process that has been running user code for a while.
 * What others do goes through the software TLB.
 */
#ifndef I386_TCG_WINDOW_H
#define I386_TCG_WINDOW_H

#include "exec/ramblock.h"
#include "target/i386/cpu.h"

/* The two ranges of guest addresses; with the base of GS, minus the first constant. */
#define X86_WINDOW_HIGH     (1ull << 46)
#define X86_WINDOW_LOW_SIZE (1ull << 40)
/* Displacements are added behind the check of an address: nothing lies that near to a range. */
#define X86_WINDOW_GUARD (1ull << 32)
/* Of the part of this process that is reserved. */
#define X86_WINDOW_END     (X86_WINDOW_HIGH + X86_WINDOW_GUARD)

#define X86_WINDOW_NOWHERE UINT64_MAX

static inline uint64_t x86_window_to_host(uint64_t lin)
{
    const uint64_t first = X86_WINDOW_HIGH + X86_WINDOW_LOW_SIZE + X86_WINDOW_GUARD;

    if (lin >= first && lin < 2 * X86_WINDOW_HIGH) {
        return lin - X86_WINDOW_HIGH;
    }
    return lin < X86_WINDOW_LOW_SIZE ? lin : X86_WINDOW_NOWHERE;
}

static inline uint64_t x86_window_to_guest(uint64_t host)
{
    uint64_t lin = host < X86_WINDOW_LOW_SIZE ? host : host + X86_WINDOW_HIGH;

    return x86_window_to_host(lin) == host ? lin : X86_WINDOW_NOWHERE;
}

/* ---- window.c: what is mapped; any thread ---- */

/* Adjacent pages that lie side by side in RAM as well, and have the same rights. */
typedef struct X86WindowRun {
    uint64_t host; /* page address */
    ram_addr_t ram;
    unsigned pages;
    uint8_t level; /* log2 of the guest's page size */
    bool write;
} X86WindowRun;

typedef enum X86WindowMapResult {
    X86_WINDOW_MAPPED,
    X86_WINDOW_STALE,    /* something was invalidated since @seq: walk again */
    X86_WINDOW_UNMAPPED, /* this page cannot be in the window, or not for stores now */
} X86WindowMapResult;

typedef struct X86WindowStats {
    uint64_t pages; /* in the window now */
    uint64_t runs, mapped, unmapped, protected_pages, emptied;
} X86WindowStats;

/* Reserves the ranges. False: this host cannot, and why. Once, at start-up. */
bool x86_window_map_init(Error **errp);
/* What x86_window_map() compares; to be read before the guest's tables are. */
uint64_t x86_window_seq(void);
/*
 * Maps @run, less of it if some of its pages are mapped already or may not be written;
 * the page at @host in any case, for stores if @store. RCU critical section.
 */
X86WindowMapResult x86_window_map(const X86WindowRun *run, uint64_t host, bool store, uint64_t seq);
void x86_window_unmap_all(void);
/* The guest page that holds @host. */
void x86_window_unmap_page(uint64_t host);
/* Stores to [@first, @last + a page) fault from now on. */
void x86_window_protect(ram_addr_t first, ram_addr_t last);
void x86_window_map_stats(X86WindowStats *s);

/* ---- window-cpu.c: whose window it is, and first touches ---- */

/* @eager: no process has to earn it (for tests). False and @errp if this host has no window. */
bool x86_window_init(bool eager, Error **errp);
bool x86_window_enabled(void);
/* window=on, and user code is about to run that has it not: x86_window_sample() asks for it. */
bool x86_window_wanted(const CPUX86State *env);
/*
 * This processor refuses an effective address that is not canonical whatever the base of the
 * segment is: addresses of the upper range need no other check.
 */
bool x86_window_direct(void);
/* Have code made as for one that does not. Before any is (for tests). */
void x86_window_set_indirect(void);
/* Points GS at the window. vCPU thread, first thing. */
void x86_window_thread_init(void);
/* Sets env->jit_hot.window: paging, CR3 or PKRU of the vCPU changed. Its own thread, or exclusive.
 */
void x86_window_update(CPUX86State *env);
/* vCPU thread, between instructions: who runs, for how long, and is it worth the window? */
void x86_window_sample(CPUX86State *env);

/* The address space with these tables becomes the owner. While no vCPU runs guest code. */
void x86_window_give(uint64_t root);

typedef enum X86WindowFault {
    X86_WINDOW_RETRY,    /* it is there now */
    X86_WINDOW_OUTSIDE,  /* not an address of the window */
    X86_WINDOW_GUEST,    /* a fault of the guest's, most likely */
    X86_WINDOW_SLOW_PAGE /* the access is fine, the page is none for the window now */
} X86WindowFault;

/* Translated code touched @host. From a signal handler, in the vCPU's thread. */
X86WindowFault x86_window_fault(CPUX86State *env, uint64_t host, bool store);

/*
 * User code goes on after a fault that x86_window_fault() found: the page that the kernel has
 * provided is mapped, so that the access does not fault once more. Sets no flag. vCPU thread.
 */
void x86_window_after_fault(CPUX86State *env);

/* Invalidations; @root: page tables whose translations go. vCPU thread. */
void x86_window_flush_root(uint64_t root);
void x86_window_flush_page(uint64_t root, uint64_t lin);
void x86_window_flush_all(void);

/* For `info jit`. */
void x86_window_describe(GString *buf);

/* Address of the top-level table in CR3. */
static inline uint64_t x86_window_root(const CPUX86State *env)
{
    return env->cr[3] & 0x000ffffffffff000ull;
}

#endif
