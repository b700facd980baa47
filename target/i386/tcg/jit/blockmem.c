/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of blocks' descriptions and of the table that finds them. A large program has some
 * hundred thousand blocks, and each process that runs it looks them all up, in no order: what a
 * look-up touches is one line of the table and one of the block, both in large pages.
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/memalign.h"
#include "target/i386/tcg/jit/jit-int.h"

#define LARGE_PAGE (2u << 20)
#define LINE       64           /* bytes; JitBlock has first what a look-up reads */
#define CHUNK      (256u << 10) /* of an arena */

/* Blocks that are free, by hash_next, and what was never one. jit.lock. */
static struct {
    JitBlock *free;
    uint8_t *next, *end;
} pool;

static void *large_pages(size_t size)
{
    void *p = qemu_memalign(LARGE_PAGE, size);

    qemu_madvise(p, size, MADV_HUGEPAGE);
    return p;
}

JitBlock **jit_new_table(size_t entries)
{
    size_t size = ROUND_UP(entries * sizeof(JitBlock *), LARGE_PAGE);

    return memset(large_pages(size), 0, size);
}

JitBlock *jit_new_block(void)
{
    const size_t size = ROUND_UP(sizeof(JitBlock), LINE);
    JitBlock *b = pool.free;

    QEMU_BUILD_BUG_ON(offsetof(JitBlock, page_node) > LINE);
    if (b) {
        pool.free = b->hash_next;
    } else {
        if ((size_t)(pool.end - pool.next) < size) {
            pool.next = large_pages(LARGE_PAGE);
            pool.end = pool.next + LARGE_PAGE;
        }
        b = (JitBlock *)pool.next;
        pool.next += size;
    }
    return memset(b, 0, sizeof(*b));
}

void jit_free_block(JitBlock *b)
{
    b->hash_next = pool.free;
    pool.free = b;
}

void *jit_region_alloc(size_t size)
{
    JitArena *a = &jit.region[jit.current].arena;
    uint8_t *p;

    if (!a->chunk) {
        a->chunk = g_ptr_array_new();
    }
    if (a->nfull < a->chunk->len && a->used + size > CHUNK) {
        a->nfull++;
        a->used = 0;
    }
    if (a->nfull == a->chunk->len) {
        g_ptr_array_add(a->chunk, g_malloc(CHUNK));
    }
    p = (uint8_t *)g_ptr_array_index(a->chunk, a->nfull) + a->used;
    a->used += ROUND_UP(size, sizeof(void *));
    return p;
}

void jit_empty_arena(JitArena *a)
{
    a->nfull = 0;
    a->used = 0;
}
