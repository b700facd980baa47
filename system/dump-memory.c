/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which memory a dump has: RAM and ROM of the guest, and where its page tables map it. */

#include "qemu/osdep.h"
#include "dump-internal.h"
#include "exec/address-spaces.h"
#include "target/i386/dump-notes.h"

static void append_block(GArray *blocks, DumpBlock b)
{
    DumpBlock *last = blocks->len ? &g_array_index(blocks, DumpBlock, blocks->len - 1) : NULL;

    if (last && last->start + last->size == b.start && last->host + last->size == b.host) {
        last->size += b.size;
    } else {
        g_array_append_val(blocks, b);
    }
}

static bool is_memory(MemoryRegion *mr)
{
    return mr->ram && !mr->ram_device;
}

bool dump_collect_memory(Dump *d, uint64_t filter_start, uint64_t filter_size, Error **errp)
{
    FlatRange *fr;

    d->view = address_space_get_flatview(&address_space_memory);
    d->blocks = g_array_new(false, false, sizeof(DumpBlock));
    FOR_EACH_FLATRANGE (fr, d->view) {
        uint64_t start = int128_get64(fr->addr.start), end, skip = 0;

        if (!is_memory(fr->mr) || fr->nonvolatile) {
            continue;
        }
        end = start + int128_get64(fr->addr.size); /* RAM does not reach the end of 2^64 */
        if (filter_size) {
            skip = MAX(filter_start, start) - start;
            end = MIN(end, filter_start + filter_size);
        }
        if (start + skip < end) {
            append_block(d->blocks, (DumpBlock){start + skip, end - start - skip,
                                                (uint8_t *)memory_region_get_ram_ptr(fr->mr) +
                                                    fr->offset_in_region + skip});
        }
    }
    if (!d->blocks->len) {
        error_setg(errp, "there is no memory to dump%s", filter_size ? " in that range" : "");
        return false;
    }
    for (guint i = 0; i < d->blocks->len; i++) {
        d->total += g_array_index(d->blocks, DumpBlock, i).size;
    }
    return true;
}

/* The parts of a mapping that are dumped. */
static void add_mapping(void *opaque, uint64_t phys, uint64_t virt, uint64_t size)
{
    Dump *d = opaque;

    for (guint i = 0; i < d->blocks->len; i++) {
        const DumpBlock *b = &g_array_index(d->blocks, DumpBlock, i);
        uint64_t from = MAX(phys, b->start), to = MIN(phys + size, b->start + b->size);

        if (from < to) {
            DumpMapping m = {from, virt + (from - phys), to - from};
            g_array_append_val(d->mappings, m);
        }
    }
}

void dump_collect_mappings(Dump *d)
{
    d->mappings = g_array_new(false, false, sizeof(DumpMapping));
    x86_dump_foreach_mapping(add_mapping, d);
}

void dump_free_memory(Dump *d)
{
    if (d->view) {
        flatview_unref(d->view);
    }
    if (d->blocks) {
        g_array_unref(d->blocks);
    }
    if (d->mappings) {
        g_array_unref(d->mappings);
    }
    d->view = NULL;
    d->blocks = d->mappings = NULL;
}
