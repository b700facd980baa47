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
#define LINE       64 /* bytes; JitBlock has first what a look-up reads */

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
    g_free(b->insn);
    g_free(b->exit);
    g_free(b->decoded);
    g_free(b->bytes);
    b->hash_next = pool.free;
    pool.free = b;
}
