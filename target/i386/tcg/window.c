/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The window's pages: mappings of RAM blocks' files in a reserved part of this
 * process, found by place and, for write protection, by RAM page. See window.h.
 *
 * The lock orders a mapping against invalidations (by the sequence number: who
 * walked before one must walk again) and against dirty tracking: a page is mapped
 * for stores only while it is dirty for all clients, looked at under the lock;
 * who clears a dirty bit calls x86_window_protect() after that.
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/lockable.h"
#include "qemu/thread.h"
#include "qapi/error.h"
#include "exec/ram_addr.h"
#include "target/i386/tcg/window.h"

#define HASH_BITS 16
#define MAX_PAGES (1u << 18) /* 1 GiB of the guest's memory at a time */
/* Mappings that are left to the rest of the process, of those that the host allows. */
#define SPARE_MAPPINGS 12000
#define MIN_MAPPINGS   4000

/* Where a mapping may begin: the host lets nobody map the first page. */
#define FIRST_HOST 0x10000ull

/* In the low bits of WindowPage.host. */
#define PAGE_WRITE 1u
#define PAGE_USED  2u

typedef struct WindowPage {
    uint64_t host; /* page address | PAGE_* */
    ram_addr_t ram;
    uint32_t next_host, next_ram; /* index + 1; of the free list when unused */
} WindowPage;

static struct {
    bool ready;
    QemuMutex lock;
    uint64_t seq; /* (A) */
    WindowPage *page;
    uint32_t used, free; /* first never used; index + 1 of the first free one */
    uint32_t by_host[1u << HASH_BITS], by_ram[1u << HASH_BITS];
    unsigned pieces, max_pieces; /* an upper limit of the number of mappings */
    bool large, huge;            /* 2 or 4 MiB pages, larger ones: parts of some are mapped */
    X86WindowStats stats;
} win;

/* ---- index ---- */

static uint32_t *host_head(uint64_t host)
{
    return &win.by_host[(host >> TARGET_PAGE_BITS) * 0x9e3779b97f4a7c15ull >> (64 - HASH_BITS)];
}

static uint32_t *ram_head(ram_addr_t ram)
{
    return &win.by_ram[(ram >> TARGET_PAGE_BITS) * 0x9e3779b97f4a7c15ull >> (64 - HASH_BITS)];
}

static WindowPage *find(uint64_t host)
{
    for (uint32_t i = *host_head(host); i; i = win.page[i - 1].next_host) {
        if ((win.page[i - 1].host & TARGET_PAGE_MASK) == host) {
            return &win.page[i - 1];
        }
    }
    return NULL;
}

static bool index_full(unsigned more)
{
    return !win.free && win.used + more > MAX_PAGES;
}

static void index_add(uint64_t host, ram_addr_t ram, bool write)
{
    uint32_t i = win.free ? win.free : ++win.used;
    WindowPage *p = &win.page[i - 1];

    if (win.free) {
        win.free = p->next_host;
    }
    *p = (WindowPage){
        .host = host | PAGE_USED | (write ? PAGE_WRITE : 0),
        .ram = ram,
        .next_host = *host_head(host),
        .next_ram = *ram_head(ram),
    };
    *host_head(host) = i;
    *ram_head(ram) = i;
    win.stats.pages++;
    win.stats.mapped++;
}

static void index_remove(WindowPage *p)
{
    uint32_t i = p - win.page + 1, *link;

    for (link = host_head(p->host & TARGET_PAGE_MASK); *link != i;) {
        link = &win.page[*link - 1].next_host;
    }
    *link = p->next_host;
    for (link = ram_head(p->ram); *link != i;) {
        link = &win.page[*link - 1].next_ram;
    }
    *link = p->next_ram;
    *p = (WindowPage){.next_host = win.free};
    win.free = i;
    win.stats.pages--;
    win.stats.unmapped++;
}

/* ---- host mappings ---- */

/* Nothing is there again. False: that would be one mapping too many. */
static bool reserve(uint64_t host, uint64_t len)
{
    return mmap((void *)(uintptr_t)host, len, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
}

static void empty(void)
{
    if (!win.stats.pages) {
        return;
    }
    /* One mapping instead of many, which no host refuses. */
    reserve(FIRST_HOST, X86_WINDOW_END - FIRST_HOST);
    for (uint32_t i = 0; i < win.used; i++) {
        if (win.page[i].host) {
            *host_head(win.page[i].host & TARGET_PAGE_MASK) = 0;
            *ram_head(win.page[i].ram) = 0;
        }
    }
    win.stats.unmapped += win.stats.pages;
    win.stats.pages = 0;
    win.stats.emptied++;
    win.used = win.free = 0;
    win.pieces = 0;
    win.large = win.huge = false;
}

static bool map_pages(const RAMBlock *block, uint64_t host, ram_addr_t ram, unsigned pages,
                      bool write)
{
    return mmap((void *)(uintptr_t)host, (size_t)pages << TARGET_PAGE_BITS,
                PROT_READ | (write ? PROT_WRITE : 0), MAP_SHARED | MAP_FIXED | MAP_POPULATE,
                block->fd, block->fd_offset + (ram - block->offset)) != MAP_FAILED;
}

/* Its pages can be mapped a second time, one by one. */
static bool block_usable(const RAMBlock *block)
{
    return block && block->fd >= 0 && block->map_shared &&
           !(block->flags & (RAM_READONLY | RAM_READONLY_FD | RAM_PROTECTED)) &&
           block->page_size == TARGET_PAGE_SIZE &&
           !((block->offset | block->fd_offset) & ~TARGET_PAGE_MASK);
}

/* ---- mapping ---- */

uint64_t x86_window_seq(void)
{
    return qatomic_load_acquire(&win.seq);
}

/* Page @i of @run is in the block, not mapped yet, and is to have the rights @write. */
static bool extends(const X86WindowRun *run, const RAMBlock *block, int64_t i, bool write)
{
    ram_addr_t ram = run->ram + i * TARGET_PAGE_SIZE;
    bool may_write = run->write && ram_page_is_dirty_for_all(ram);

    return ram >= block->offset && offset_in_ramblock(block, ram - block->offset) &&
           may_write == write && !find(run->host + i * TARGET_PAGE_SIZE);
}

static void note_level(uint8_t level)
{
    win.large |= level > 12;
    win.huge |= level > 22;
}

X86WindowMapResult x86_window_map(const X86WindowRun *run, uint64_t host, bool store, uint64_t seq)
{
    int64_t at = (host - run->host) >> TARGET_PAGE_BITS, first = at, end = at + 1;
    ram_addr_t ram = run->ram + at * TARGET_PAGE_SIZE;
    RAMBlock *block = qemu_get_ram_block(ram);
    WindowPage *p;
    bool write;

    host &= TARGET_PAGE_MASK;
    if (!block_usable(block) || host < FIRST_HOST) {
        return X86_WINDOW_UNMAPPED;
    }
    QEMU_LOCK_GUARD(&win.lock);
    if (win.seq != seq) {
        return X86_WINDOW_STALE;
    }
    write = run->write && ram_page_is_dirty_for_all(ram);
    if (store && !write) {
        return X86_WINDOW_UNMAPPED;
    }
    p = find(host);
    if (p && (!store || (p->host & PAGE_WRITE))) {
        return X86_WINDOW_MAPPED; /* by another vCPU */
    }
    if (p) {
        index_remove(p);
    }
    if (win.pieces + 3 > win.max_pieces || index_full(run->pages)) {
        empty();
    }
    while (first > 0 && extends(run, block, first - 1, write)) {
        first--;
    }
    while (end < run->pages && extends(run, block, end, write)) {
        end++;
    }
    if (!map_pages(block, run->host + first * TARGET_PAGE_SIZE, run->ram + first * TARGET_PAGE_SIZE,
                   end - first, write)) {
        /* What was there may be half gone. */
        win.stats.pages++;
        empty();
        return X86_WINDOW_UNMAPPED;
    }
    for (int64_t i = first; i < end; i++) {
        index_add(run->host + i * TARGET_PAGE_SIZE, run->ram + i * TARGET_PAGE_SIZE, write);
    }
    note_level(run->level);
    win.pieces += p ? 3 : 2;
    win.stats.runs++;
    return X86_WINDOW_MAPPED;
}

/* ---- and its end ---- */

void x86_window_unmap_all(void)
{
    if (win.ready) {
        QEMU_LOCK_GUARD(&win.lock);
        qatomic_set(&win.seq, win.seq + 1);
        empty();
    }
}

static void unmap_range(uint64_t host, unsigned pages)
{
    for (unsigned i = 0; i < pages; i++, host += TARGET_PAGE_SIZE) {
        WindowPage *p = find(host);

        if (p && !reserve(host, TARGET_PAGE_SIZE)) {
            empty();
            return;
        }
        if (p) {
            index_remove(p);
            win.pieces += 2;
        }
    }
}

void x86_window_unmap_page(uint64_t host)
{
    if (!win.ready) {
        return;
    }
    QEMU_LOCK_GUARD(&win.lock);
    qatomic_set(&win.seq, win.seq + 1);
    if (win.huge || win.pieces > win.max_pieces) {
        empty();
    } else if (win.large) {
        /* Of 4 MiB where 32-bit tables are in use, which the window is not for. */
        unmap_range(host & ~((1ull << 21) - 1), 1u << (21 - TARGET_PAGE_BITS));
    } else {
        unmap_range(host & TARGET_PAGE_MASK, 1);
    }
}

/* False: that would be one mapping too many. */
static bool write_protect(WindowPage *p)
{
    if (p->host & PAGE_WRITE) {
        if (mprotect((void *)(uintptr_t)(p->host & TARGET_PAGE_MASK), TARGET_PAGE_SIZE, PROT_READ) <
            0) {
            return false;
        }
        p->host &= ~(uint64_t)PAGE_WRITE;
        win.pieces += 2;
        win.stats.protected_pages++;
    }
    return true;
}

void x86_window_protect(ram_addr_t first, ram_addr_t last)
{
    if (!win.ready) {
        return;
    }
    QEMU_LOCK_GUARD(&win.lock);
    if (!win.stats.pages) {
        return;
    }
    if (win.pieces > win.max_pieces || (last - first) >> TARGET_PAGE_BITS >= win.used) {
        empty();
        return;
    }
    for (ram_addr_t ram = first; ram <= last; ram += TARGET_PAGE_SIZE) {
        for (uint32_t i = *ram_head(ram); i; i = win.page[i - 1].next_ram) {
            if (win.page[i - 1].ram == ram && !write_protect(&win.page[i - 1])) {
                empty();
                return;
            }
        }
    }
}

/* ---- start ---- */

static unsigned host_mappings(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/sys/vm/max_map_count", &text, NULL, NULL)) {
        return 65530;
    }
    return MIN(g_ascii_strtoull(text, NULL, 10), 1u << 20);
}

bool x86_window_map_init(Error **errp)
{
    unsigned mappings = host_mappings();
    void *p;

    if (mappings < SPARE_MAPPINGS + MIN_MAPPINGS) {
        error_setg(errp, "vm.max_map_count is %u, %u are needed", mappings,
                   SPARE_MAPPINGS + MIN_MAPPINGS);
        return false;
    }
    p = mmap((void *)(uintptr_t)FIRST_HOST, X86_WINDOW_END - FIRST_HOST, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (p != (void *)(uintptr_t)FIRST_HOST) {
        if (p != MAP_FAILED) {
            munmap(p, X86_WINDOW_END - FIRST_HOST);
            errno = EEXIST;
        }
        error_setg_errno(errp, errno, "the lower half of the process' addresses cannot be had");
        return false;
    }
    qemu_mutex_init(&win.lock);
    win.page = g_new0(WindowPage, MAX_PAGES);
    win.max_pieces = mappings - SPARE_MAPPINGS;
    win.ready = true;
    return true;
}

void x86_window_map_stats(X86WindowStats *s)
{
    QEMU_LOCK_GUARD(&win.lock);
    *s = win.stats;
}
