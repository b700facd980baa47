/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which RAM pages hold code that somebody keeps in decoded or translated form,
 * and telling them when it is overwritten.
 *
 * A page's record is created when code in it is first kept, and lives as long
 * as the process. While lines != 0 the page's DIRTY_MEMORY_CODE bit is clear and
 * every store to it, by a vCPU or by DMA, comes through here. A page whose code was
 * overwritten stays watched for a while: who generates code soon runs it, and
 * protecting a page on all vCPUs is dear.
 *
 * Protocol for who keeps code: x86_code_track() for the page, note gen, then
 * x86_code_cover() for the bytes, *then* read them. What was made from them is
 * good while gen has the noted value.
 */
#ifndef I386_TCG_CODE_TRACK_H
#define I386_TCG_CODE_TRACK_H

#include "exec/ram_addr.h"
#include "qemu/thread.h"

typedef struct X86CodeTrack {
    ram_addr_t page;
    /* (A) Grows with every store to a covered line. */
    uint32_t gen;
    /* One bit per 64 bytes that are covered. Written under the lock. */
    uint64_t lines;
    bool monitored;   /* a vCPU sleeps, or once slept, until a covered line is stored to */
    uint32_t telling; /* (A) stores that still have to tell the translator; grows under the lock */
    uint32_t quiet;   /* stores since lines became 0; under the lock */
    /* The translator's own list of blocks in this page; under its own lock. */
    void *jit;
} X86CodeTrack;

/* The record of the page that holds @addr. Any thread. */
X86CodeTrack *x86_code_track(ram_addr_t addr);
/* The same, or NULL if code was never kept from there. */
X86CodeTrack *x86_code_track_find(ram_addr_t addr);

/*
 * Watch bytes [@offset, @offset + @len) of the page: when this returns no vCPU
 * can store there unnoticed. Cheap if they are covered already. Any thread.
 */
void x86_code_cover(X86CodeTrack *t, unsigned offset, unsigned len);

/* True: x86_mwait_wake() follows when the generation is not @gen any more; false: it is not. */
bool x86_code_sleep_on(X86CodeTrack *t, uint32_t gen);

static inline uint32_t x86_code_gen(const X86CodeTrack *t)
{
    return qatomic_load_acquire(&t->gen);
}

/*
 * The translator's part: called for each page in which covered bytes
 * [@offset, @offset + @len) were overwritten, after the store, in the thread
 * that stored (which need not be a vCPU). All that was made from the page is to
 * go; the page's cover is gone when this runs. One consumer; set at start-up.
 */
typedef void X86CodeInvalidateFn(X86CodeTrack *t, unsigned offset, unsigned len);
void x86_code_set_invalidate(X86CodeInvalidateFn *fn);

/* Makes this the consumer of the memory core's dirty hooks. Once, at start-up. */
void x86_code_track_init(void);

#endif
