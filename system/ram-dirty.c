/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dirty bitmaps of RAM blocks.
 *
 * Ordering: a writer first writes, then looks at the bit (full barrier between);
 * a client first clears the bit, then reads the page. So either the writer sees
 * the bit cleared and sets it again, or the client sees what was written.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "exec/ram_addr.h"
#include "memory-internal.h"

const RamDirtyHooks *ram_dirty_hooks;

/* A part of a block in pages; empty when there is no such RAM. */
typedef struct PageRange {
    RAMBlock *block;
    unsigned long first;
    unsigned long end;
} PageRange;

static PageRange page_range(ram_addr_t start, ram_addr_t len)
{
    RAMBlock *block = len ? qemu_get_ram_block(start) : NULL;
    PageRange r = {.block = block};

    if (block) {
        ram_addr_t offset = start - block->offset;
        ram_addr_t end = MIN(offset + len, block->max_length);

        r.first = offset >> TARGET_PAGE_BITS;
        r.end = TARGET_PAGE_ALIGN(end) >> TARGET_PAGE_BITS;
    }
    return r;
}

/* The bits of word @w that belong to [first, end). */
static unsigned long word_mask(const PageRange *r, unsigned long w)
{
    unsigned long mask = ~0ul, base = w * BITS_PER_LONG;

    if (r->first > base) {
        mask &= ~0ul << (r->first - base);
    }
    if (r->end < base + BITS_PER_LONG) {
        mask &= ~0ul >> (base + BITS_PER_LONG - r->end);
    }
    return mask;
}

#define FOR_EACH_WORD(r, w)                                                                        \
    for (unsigned long w = (r)->first / BITS_PER_LONG; w * BITS_PER_LONG < (r)->end; w++)

bool ram_block_dirty_alloc(RAMBlock *block, Error **errp)
{
    unsigned long pages = TARGET_PAGE_ALIGN(block->max_length) >> TARGET_PAGE_BITS;

    for (unsigned i = 0; i < DIRTY_MEMORY_NUM; i++) {
        block->dirty[i] = bitmap_try_new(pages);
        if (!block->dirty[i]) {
            error_setg(errp, "no memory to track the %lu pages of '%s'", pages,
                       memory_region_name(block->mr));
            ram_block_dirty_free(block);
            return false;
        }
        /* New memory is new to everyone. */
        bitmap_fill(block->dirty[i], pages);
    }
    return true;
}

void ram_block_dirty_free(RAMBlock *block)
{
    for (unsigned i = 0; i < DIRTY_MEMORY_NUM; i++) {
        g_free(block->dirty[i]);
        block->dirty[i] = NULL;
    }
}

void ram_set_dirty_hooks(const RamDirtyHooks *hooks)
{
    qatomic_set(&ram_dirty_hooks, hooks);
    /* Views say which clients log. */
    memory_region_transaction_begin();
    memory_topology_changed(true);
    memory_region_transaction_commit();
}

/* ---- asking ---- */

static bool all_dirty(const PageRange *r, unsigned client)
{
    FOR_EACH_WORD(r, w)
    {
        unsigned long mask = word_mask(r, w);

        if ((qatomic_read(&r->block->dirty[client][w]) & mask) != mask) {
            return false;
        }
    }
    return true;
}

uint8_t ram_range_clients_clean(ram_addr_t start, ram_addr_t len, uint8_t mask)
{
    PageRange r = page_range(start, len);
    uint8_t clean = 0;

    for (unsigned client = 0; client < DIRTY_MEMORY_NUM; client++) {
        if ((mask & (1 << client)) && r.block && !all_dirty(&r, client)) {
            clean |= 1 << client;
        }
    }
    return clean;
}

bool ram_get_dirty(ram_addr_t start, ram_addr_t len, unsigned client)
{
    PageRange r = page_range(start, len);

    if (r.block) {
        FOR_EACH_WORD(&r, w)
        {
            if (qatomic_read(&r.block->dirty[client][w]) & word_mask(&r, w)) {
                return true;
            }
        }
    }
    return false;
}

bool ram_page_is_dirty_for_all(ram_addr_t addr)
{
    return !ram_range_clients_clean(addr, 1, DIRTY_CLIENTS_ALL);
}

/* ---- setting ---- */

static void set_range(const PageRange *r, uint8_t client_mask)
{
    for (unsigned client = 0; client < DIRTY_MEMORY_NUM; client++) {
        if (!(client_mask & (1 << client))) {
            continue;
        }
        FOR_EACH_WORD(r, w)
        {
            unsigned long mask = word_mask(r, w);
            unsigned long *word = &r->block->dirty[client][w];

            /* Most are set already: do not take the cache line from the others. */
            if ((qatomic_read(word) & mask) != mask) {
                qatomic_or(word, mask);
            }
        }
    }
}

void ram_set_dirty_range(ram_addr_t start, ram_addr_t len, uint8_t client_mask)
{
    RCU_READ_LOCK_GUARD();
    {
        PageRange r = page_range(start, len);

        if (r.block && client_mask) {
            smp_mb();
            set_range(&r, client_mask);
        }
    }
}

void ram_set_dirty_flag(ram_addr_t addr, unsigned client)
{
    ram_set_dirty_range(addr, 1, 1 << client);
}

/* After a write: tells those in @mask that do not know yet. */
static void notify_range(ram_addr_t start, ram_addr_t len, uint8_t mask)
{
    const RamDirtyHooks *hooks = qatomic_read(&ram_dirty_hooks);

    smp_mb();
    mask = ram_range_clients_clean(start, len, mask);
    if ((mask & (1 << DIRTY_MEMORY_CODE)) && hooks) {
        hooks->invalidate_code(start, len);
        mask &= ~(1 << DIRTY_MEMORY_CODE);
    }
    if (mask) {
        ram_set_dirty_range(start, len, mask);
    }
}

void invalidate_and_set_dirty(MemoryRegion *mr, hwaddr offset, hwaddr length)
{
    uint8_t mask;

    if (!mr->ram_block || !length) {
        return;
    }
    mask = memory_region_get_dirty_log_mask(mr);
    if (mask) {
        RCU_READ_LOCK_GUARD();
        notify_range(mr->ram_block->offset + offset, length, mask);
    }
}

void ram_notify_write(ram_addr_t addr, unsigned len)
{
    RCU_READ_LOCK_GUARD();
    notify_range(addr, len, DIRTY_CLIENTS_ALL);
}

uint64_t ram_set_dirty_lebitmap(const unsigned long *bitmap, ram_addr_t start, ram_addr_t pages)
{
    uint64_t count = 0;

    RCU_READ_LOCK_GUARD();
    for (ram_addr_t i = 0; i < pages; i += BITS_PER_LONG) {
        unsigned long bits = le64_to_cpu(bitmap[i / BITS_PER_LONG]);
        ram_addr_t left = pages - i;

        if (left < BITS_PER_LONG) {
            bits &= ~0ul >> (BITS_PER_LONG - left);
        }
        count += __builtin_popcountl(bits);
        while (bits) {
            unsigned first = __builtin_ctzl(bits);
            unsigned long rest = ~(bits >> first);
            unsigned run = rest ? __builtin_ctzl(rest) : BITS_PER_LONG;

            ram_set_dirty_range(start + ((i + first) << TARGET_PAGE_BITS),
                                (ram_addr_t)run << TARGET_PAGE_BITS, DIRTY_CLIENTS_ALL);
            bits &= first + run >= BITS_PER_LONG ? 0 : ~0ul << (first + run);
        }
    }
    return count;
}

/* ---- clearing ---- */

static void protect_again(ram_addr_t start, ram_addr_t len)
{
    const RamDirtyHooks *hooks = qatomic_read(&ram_dirty_hooks);

    if (hooks && hooks->protect) {
        hooks->protect(start, len);
    }
}

bool ram_test_and_clear_dirty(ram_addr_t start, ram_addr_t len, unsigned client)
{
    PageRange r;
    bool dirty = false;

    RCU_READ_LOCK_GUARD();
    r = page_range(start, len);
    if (!r.block) {
        return false;
    }
    FOR_EACH_WORD(&r, w)
    {
        unsigned long mask = word_mask(&r, w);

        dirty |= qatomic_fetch_and(&r.block->dirty[client][w], ~mask) & mask;
    }
    if (dirty) {
        protect_again(start, len);
    }
    return dirty;
}

struct DirtyBitmapSnapshot {
    ram_addr_t start; /* of bit 0 */
    ram_addr_t end;
    unsigned long dirty[];
};

DirtyBitmapSnapshot *ram_snapshot_and_clear_dirty(MemoryRegion *mr, hwaddr offset, hwaddr length,
                                                  unsigned client)
{
    ram_addr_t start = memory_region_get_ram_addr(mr) + offset;
    DirtyBitmapSnapshot *snap;
    unsigned long first_word;
    bool dirty = false;
    PageRange r;

    RCU_READ_LOCK_GUARD();
    r = page_range(start, length);
    first_word = r.first / BITS_PER_LONG;
    snap =
        g_malloc0(sizeof(*snap) + (BITS_TO_LONGS(r.end) - first_word + 1) * sizeof(unsigned long));
    if (!r.block) {
        return snap;
    }
    snap->start = r.block->offset + ((ram_addr_t)first_word * BITS_PER_LONG << TARGET_PAGE_BITS);
    snap->end = r.block->offset + ((ram_addr_t)r.end << TARGET_PAGE_BITS);
    FOR_EACH_WORD(&r, w)
    {
        unsigned long mask = word_mask(&r, w);
        unsigned long old = qatomic_fetch_and(&r.block->dirty[client][w], ~mask) & mask;

        snap->dirty[w - first_word] = old;
        dirty |= old;
    }
    if (dirty) {
        protect_again(start, length);
    }
    return snap;
}

bool ram_snapshot_get_dirty(const DirtyBitmapSnapshot *snap, ram_addr_t start, ram_addr_t len)
{
    unsigned long first, end;

    if (!len || start < snap->start || start + len > snap->end) {
        return false;
    }
    first = (start - snap->start) >> TARGET_PAGE_BITS;
    end = TARGET_PAGE_ALIGN(start + len - snap->start) >> TARGET_PAGE_BITS;
    return find_next_bit(snap->dirty, end, first) < end;
}

uint64_t ramblock_sync_dirty_bitmap(RAMBlock *block, ram_addr_t start, ram_addr_t length)
{
    PageRange r = page_range(block->offset + start, length);
    uint64_t count = 0;
    bool dirty = false;

    if (!r.block) {
        return 0;
    }
    FOR_EACH_WORD(&r, w)
    {
        unsigned long mask = word_mask(&r, w);
        unsigned long *word = &block->dirty[DIRTY_MEMORY_MIGRATION][w];
        unsigned long bits;

        if (!(qatomic_read(word) & mask)) {
            continue;
        }
        bits = qatomic_fetch_and(word, ~mask) & mask;
        count += __builtin_popcountl(bits & ~block->bmap[w]);
        block->bmap[w] |= bits;
        dirty |= bits;
    }
    if (dirty) {
        protect_again(block->offset + start, length);
    }
    return count;
}
