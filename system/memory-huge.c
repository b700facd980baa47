/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Huge pages for guest RAM.
 *
 * RAM is a memfd, and hosts give shared memory small pages only, unless an administrator has
 * changed shmem_enabled. That costs twice: a page fault for each 4 KiB of the guest, and requests
 * of disks without the host's page cache that come to it as hundreds of pieces of memory. But a
 * process may ask for a huge page by itself (MADV_COLLAPSE, Linux 6.1): it is asked for with the
 * first use of each 2 MiB, by a vCPU that is not the host's (a TLB is filled) or by a device
 * (address_space_map), which is what private memory of a process that has asked for huge pages gets
 * from the host.
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/bitmap.h"
#include "memory-internal.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* So often in a row there was none: the host is not asked again for this block. */
#define MAX_FAILURES 16

/* Has the administrator said that nobody gets any? MADV_COLLAPSE would not look at that. */
static bool host_says_never(void)
{
    static int never = -1;
    g_autofree char *text = NULL;

    if (never < 0) {
        never = !g_file_get_contents("/sys/kernel/mm/transparent_hugepage/enabled", &text, NULL,
                                     NULL) ||
                strstr(text, "[never]");
    }
    return never;
}

void ram_block_huge_init(RAMBlock *block)
{
    uint32_t without = RAM_PREALLOC | RAM_READONLY | RAM_READONLY_FD | RAM_PMEM | RAM_PROTECTED;

    if (block->fd >= 0 && block->map_shared && !(block->flags & without) &&
        block->page_size == qemu_real_host_page_size() &&
        QEMU_IS_ALIGNED((uintptr_t)block->host | block->fd_offset, RAM_HUGE_SIZE) &&
        block->max_length >= RAM_HUGE_SIZE && !host_says_never()) {
        block->huge_asked = bitmap_new(DIV_ROUND_UP(block->max_length, RAM_HUGE_SIZE));
    }
}

void ram_block_huge_free(RAMBlock *block)
{
    g_free(block->huge_asked);
}

/* Memory with holes: is there none in this huge page? */
static bool all_populated(const RAMBlock *block, ram_addr_t offset)
{
    for (ram_addr_t i = 0; block->populated && i < RAM_HUGE_SIZE; i += TARGET_PAGE_SIZE) {
        if (!ram_block_is_populated(block, offset + i)) {
            return false;
        }
    }
    return true;
}

void ram_block_ask_huge(RAMBlock *block, ram_addr_t offset)
{
    ram_addr_t start = ROUND_DOWN(offset, RAM_HUGE_SIZE);
    uint64_t index = offset >> RAM_HUGE_BITS;
    size_t page = block->page_size;

    if (start + RAM_HUGE_SIZE > qatomic_read(&block->used_length) ||
        qatomic_read(&block->huge_failures) >= MAX_FAILURES || !all_populated(block, start)) {
        return;
    }
    if (qatomic_fetch_or(&block->huge_asked[BIT_WORD(index)], BIT_MASK(index)) & BIT_MASK(index)) {
        return; /* another thread was faster */
    }
    /* Out of nothing the host makes no huge page: first the one that is to be used anyway. */
    if (madvise(block->host + ROUND_DOWN(offset, page), page, MADV_POPULATE_READ) < 0) {
        return;
    }
    if (madvise(block->host + start, RAM_HUGE_SIZE, MADV_COLLAPSE) == 0) {
        qatomic_set(&block->huge_failures, 0);
    } else if (errno != EAGAIN) {
        /* That would be a page in use at this moment, which says nothing about others. */
        qatomic_inc(&block->huge_failures);
    }
}

void ram_block_huge_gone(RAMBlock *block, uint64_t start, uint64_t length)
{
    uint64_t end = start + length;

    for (uint64_t i = start >> RAM_HUGE_BITS;
         block->huge_asked && length && i <= (end - 1) >> RAM_HUGE_BITS; i++) {
        if (i << RAM_HUGE_BITS >= start && (i + 1) << RAM_HUGE_BITS <= end) {
            clear_bit_atomic(i, block->huge_asked);
        } else {
            set_bit_atomic(i, block->huge_asked);
        }
    }
}
