/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RAM blocks: where guest RAM comes from, and the list of all of it.
 *
 * A block is a memfd unless it is somebody's file or memory, so that other
 * processes (vhost-user) and other mappings in this one (the translator) can
 * share it. Readers walk the list under RCU; changes need the BQL.
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/cutils.h"
#include "qemu/main-loop.h"
#include "qemu/mmap-alloc.h"
#include "qemu/rcu.h"
#include "exec/ram_addr.h"
#include "hw/qdev-core.h"
#include "memory-internal.h"

RAMList ram_list = {.blocks = QLIST_HEAD_INITIALIZER(ram_list.blocks),
                    .notifiers = QLIST_HEAD_INITIALIZER(ram_list.notifiers)};

static void __attribute__((constructor)) ram_list_init(void)
{
    qemu_mutex_init(&ram_list.mutex);
}

void qemu_mutex_lock_ramlist(void)
{
    qemu_mutex_lock(&ram_list.mutex);
}

void qemu_mutex_unlock_ramlist(void)
{
    qemu_mutex_unlock(&ram_list.mutex);
}

/* ---- notifiers ---- */

void ram_block_notifier_add(RAMBlockNotifier *n)
{
    RAMBlock *block;

    QLIST_INSERT_HEAD(&ram_list.notifiers, n, next);
    RCU_READ_LOCK_GUARD();
    RAMBLOCK_FOREACH (block) {
        if (block->host && n->ram_block_added) {
            n->ram_block_added(n, block->host, block->used_length, block->max_length);
        }
    }
}

void ram_block_notifier_remove(RAMBlockNotifier *n)
{
    RAMBlock *block;

    QLIST_REMOVE(n, next);
    RCU_READ_LOCK_GUARD();
    RAMBLOCK_FOREACH (block) {
        if (block->host && n->ram_block_removed) {
            n->ram_block_removed(n, block->host, block->used_length, block->max_length);
        }
    }
}

/* ---- placing and listing blocks ---- */

/* Blocks start where the words of their dirty bitmaps do not share pages with others. */
#define RAM_OFFSET_ALIGN ((ram_addr_t)BITS_PER_LONG << TARGET_PAGE_BITS)

/* The lowest free place of @size bytes. ram_list.mutex held. */
static ram_addr_t find_ram_offset(ram_addr_t size)
{
    ram_addr_t offset = 0;
    bool moved;

    do {
        RAMBlock *block;

        moved = false;
        QLIST_FOREACH (block, &ram_list.blocks, next) {
            if (offset < block->offset + block->max_length && block->offset < offset + size) {
                offset = ROUND_UP(block->offset + block->max_length, RAM_OFFSET_ALIGN);
                moved = true;
            }
        }
    } while (moved);
    return offset;
}

static bool ram_block_add(RAMBlock *new_block, Error **errp)
{
    RAMBlock *block, *last = NULL;
    RAMBlockNotifier *n, *next;

    if (!ram_block_dirty_alloc(new_block, errp)) {
        return false;
    }
    qemu_mutex_lock(&ram_list.mutex);
    new_block->offset = find_ram_offset(new_block->max_length);
    QLIST_FOREACH (block, &ram_list.blocks, next) {
        last = block;
        if (block->max_length < new_block->max_length) {
            break;
        }
    }
    if (block) {
        QLIST_INSERT_BEFORE_RCU(block, new_block, next);
    } else if (last) {
        QLIST_INSERT_AFTER_RCU(last, new_block, next);
    } else {
        QLIST_INSERT_HEAD_RCU(&ram_list.blocks, new_block, next);
    }
    ram_list.mru_block = NULL;
    smp_wmb();
    ram_list.version++;
    qemu_mutex_unlock(&ram_list.mutex);

    QLIST_FOREACH_SAFE (n, &ram_list.notifiers, next, next) {
        if (n->ram_block_added) {
            n->ram_block_added(n, new_block->host, new_block->used_length, new_block->max_length);
        }
    }
    return true;
}

static void ram_block_reclaim(RAMBlock *block)
{
    if (!(block->flags & RAM_PREALLOC)) {
        qemu_ram_munmap(block->fd, block->host, block->max_length);
        if (block->fd >= 0) {
            close(block->fd);
        }
    }
    ram_block_huge_free(block);
    ram_block_dirty_free(block);
    g_free(block);
}

void qemu_ram_free(RAMBlock *block)
{
    RAMBlockNotifier *n, *next;

    if (!block) {
        return;
    }
    QLIST_FOREACH_SAFE (n, &ram_list.notifiers, next, next) {
        if (n->ram_block_removed) {
            n->ram_block_removed(n, block->host, block->used_length, block->max_length);
        }
    }
    qemu_mutex_lock(&ram_list.mutex);
    QLIST_REMOVE_RCU(block, next);
    qatomic_set(&ram_list.mru_block, NULL);
    smp_wmb();
    ram_list.version++;
    call_rcu(block, ram_block_reclaim, rcu);
    qemu_mutex_unlock(&ram_list.mutex);
}

static uint32_t map_flags(const RAMBlock *block)
{
    return (block->map_shared ? QEMU_MAP_SHARED : 0) |
           (block->flags & RAM_READONLY ? QEMU_MAP_READONLY : 0) |
           (block->flags & RAM_NORESERVE ? QEMU_MAP_NORESERVE : 0) |
           (block->flags & RAM_PMEM ? QEMU_MAP_SYNC : 0);
}

static RAMBlock *ram_block_new(ram_addr_t size, ram_addr_t max_size, MemoryRegion *mr,
                               uint32_t flags)
{
    RAMBlock *block = g_new0(RAMBlock, 1);

    block->mr = mr;
    block->flags = flags;
    block->fd = -1;
    block->guest_memfd = -1;
    block->page_size = qemu_real_host_page_size();
    block->used_length = ROUND_UP(size, block->page_size);
    block->max_length = MAX(block->used_length, ROUND_UP(max_size, block->page_size));
    return block;
}

/* Host kernel settings that suit guest RAM; a refusal costs only performance. */
static void advise(RAMBlock *block)
{
    qemu_madvise(block->host, block->max_length, MADV_HUGEPAGE);
    qemu_madvise(block->host, block->max_length, MADV_DONTFORK);
}

/* ---- blocks with memory of our own ---- */

static int ram_memfd(const MemoryRegion *mr, ram_addr_t size)
{
    int fd = memfd_create(memory_region_name(mr), MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && ftruncate(fd, size) < 0) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* Says in front of the reason what it was that could not be had. */
static void prepend_what(RAMBlock *block, Error **errp)
{
    g_autofree char *size = size_to_str(block->max_length);

    error_prepend(errp, "cannot set up guest memory '%s' of %s: ", memory_region_name(block->mr),
                  size);
}

static bool share_aux;

void qemu_ram_share_aux(bool share)
{
    share_aux = share;
}

static RAMBlock *ram_alloc_internal(ram_addr_t size, ram_addr_t max_size,
                                    void (*resized)(const char *id, uint64_t length, void *host),
                                    MemoryRegion *mr, uint32_t flags, Error **errp)
{
    RAMBlock *block;

    if (share_aux && !(flags & RAM_PRIVATE)) {
        flags |= RAM_SHARED;
    }
    block = ram_block_new(size, max_size, mr, flags);
    block->resized = resized;
    if (!(flags & RAM_NORESERVE) && !ram_size_plausible(block->max_length, errp)) {
        prepend_what(block, errp);
        g_free(block);
        return NULL;
    }
    block->fd = ram_memfd(mr, block->max_length);
    block->map_shared = block->fd >= 0;
    block->host =
        qemu_ram_mmap(block->fd, block->max_length, QEMU_VMALLOC_ALIGN, map_flags(block), 0);
    if (block->host == MAP_FAILED || (!block->map_shared && (flags & RAM_SHARED))) {
        error_setg_errno(errp, errno, "the host refused it");
        prepend_what(block, errp);
        if (block->fd >= 0) {
            close(block->fd);
        }
        if (block->host != MAP_FAILED) {
            qemu_ram_munmap(-1, block->host, block->max_length);
        }
        g_free(block);
        return NULL;
    }
    advise(block);
    ram_block_huge_init(block);
    if (!ram_block_add(block, errp)) {
        ram_block_reclaim(block);
        return NULL;
    }
    return block;
}

RAMBlock *qemu_ram_alloc(ram_addr_t size, uint32_t flags, MemoryRegion *mr, Error **errp)
{
    return ram_alloc_internal(size, size, NULL, mr, flags, errp);
}

RAMBlock *qemu_ram_alloc_resizeable(ram_addr_t size, ram_addr_t max_size,
                                    void (*resized)(const char *id, uint64_t length, void *host),
                                    MemoryRegion *mr, Error **errp)
{
    return ram_alloc_internal(size, max_size, resized, mr, RAM_RESIZEABLE, errp);
}

RAMBlock *qemu_ram_alloc_from_ptr(ram_addr_t size, void *host, MemoryRegion *mr, Error **errp)
{
    RAMBlock *block = ram_block_new(size, size, mr, RAM_PREALLOC);

    /* Not rounded up: what lies behind is not ours. */
    block->used_length = block->max_length = size;
    block->host = host;
    if (!ram_block_add(block, errp)) {
        ram_block_reclaim(block);
        return NULL;
    }
    return block;
}

/* ---- blocks in files ---- */

/* Whether @wanted bytes from @offset on are there, or can be: @grow makes an empty file longer. */
static bool check_file_size(int fd, uint64_t offset, uint64_t wanted, bool grow, Error **errp)
{
    uint64_t need = offset + wanted;
    off_t size = lseek(fd, 0, SEEK_END);
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        return true; /* a device: its size is what can be mapped */
    }
    if (size >= 0 && (uint64_t)size >= need) {
        return true;
    }
    if (!grow) {
        error_setg(errp,
                   "backing store size 0x%" PRIx64 " is too small for offset and size, which "
                   "need 0x%" PRIx64,
                   (uint64_t)MAX(size, 0), need);
        return false;
    }
    /* What somebody has put there is perhaps no memory at all: a disk image, a mistyped name. */
    if (size > 0) {
        error_setg(errp,
                   "backing store size 0x%" PRIx64 " does not match 'size' option 0x%" PRIx64
                   "%s: a file that is not empty is not made longer",
                   (uint64_t)size, wanted, offset ? " at its offset" : "");
        return false;
    }
    if (ftruncate(fd, need) < 0) {
        error_setg_errno(errp, errno, "cannot grow the backing store to 0x%" PRIx64 " bytes", need);
        return false;
    }
    return true;
}

RAMBlock *qemu_ram_alloc_from_fd(ram_addr_t size, ram_addr_t max_size,
                                 void (*resized)(const char *id, uint64_t length, void *host),
                                 MemoryRegion *mr, uint32_t flags, int fd, off_t offset,
                                 uint64_t align, bool grow, Error **errp)
{
    size_t page_size = qemu_fd_getpagesize(fd);
    RAMBlock *block;

    if (align && (align % page_size || !is_power_of_2(align))) {
        error_setg(errp,
                   "alignment 0x%" PRIx64 " is not a power of two that is a multiple of the page "
                   "size 0x%zx of the backing store",
                   align, page_size);
        return NULL;
    }
    if (offset % (off_t)page_size) {
        error_setg(errp, "offset 0x%" PRIx64 " is not a multiple of the page size 0x%zx",
                   (uint64_t)offset, page_size);
        return NULL;
    }
    block = ram_block_new(size, max_size, mr, flags);
    block->page_size = page_size;
    block->used_length = ROUND_UP(block->used_length, page_size);
    block->max_length = ROUND_UP(block->max_length, page_size);
    block->resized = resized;
    block->fd_offset = offset;
    block->map_shared = flags & RAM_SHARED;
    if (!check_file_size(fd, offset, block->max_length, grow, errp)) {
        g_free(block);
        return NULL;
    }
    align = MAX(align, page_size);
    align = MAX(align, (uint64_t)QEMU_VMALLOC_ALIGN);
    block->host = qemu_ram_mmap(fd, block->max_length, align, map_flags(block), offset);
    if (block->host == MAP_FAILED) {
        error_setg_errno(errp, errno, "cannot map 0x%" PRIx64 " bytes of backing store for '%s'",
                         block->max_length, memory_region_name(mr));
        g_free(block);
        return NULL;
    }
    advise(block);
    if (!ram_block_add(block, errp)) {
        qemu_ram_munmap(fd, block->host, block->max_length);
        ram_block_dirty_free(block);
        g_free(block);
        return NULL;
    }
    block->fd = fd;
    ram_block_huge_init(block);
    return block;
}

/* A new file without a name in the folder @dir (a huge page mount, usually). */
static int open_in_folder(const char *dir, const char *name, Error **errp)
{
    g_autofree char *clean = g_strdelimit(g_strdup(name), "/", '_');
    g_autofree char *path = g_strdup_printf("%s/qemu_back_mem.%s.XXXXXX", dir, clean);
    int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0) {
        error_setg_errno(errp, errno, "cannot create backing store in '%s'", dir);
        return -1;
    }
    unlink(path);
    return fd;
}

/* Opens or creates; *@created tells that a failure should unlink it again. */
static int open_backing(const char *path, const char *name, bool readonly, bool *created,
                        bool *named, Error **errp)
{
    int fd = qemu_open_old(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);

    *created = false;
    *named = true;
    if (fd >= 0) {
        return fd;
    }
    if (errno == EISDIR && !readonly) {
        *named = false;
        return open_in_folder(path, name, errp);
    }
    if (errno == ENOENT && !readonly) {
        fd = qemu_open_old(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        *created = fd >= 0;
    }
    if (fd < 0) {
        error_setg_errno(errp, errno, "cannot open backing store '%s' for guest RAM", path);
    }
    return fd;
}

RAMBlock *qemu_ram_alloc_from_file(ram_addr_t size, MemoryRegion *mr, uint32_t flags,
                                   const char *mem_path, off_t offset, uint64_t align, Error **errp)
{
    ERRP_GUARD();
    bool readonly = flags & RAM_READONLY_FD;
    bool created, named;
    RAMBlock *block;
    int fd = open_backing(mem_path, memory_region_name(mr), readonly, &created, &named, errp);

    if (fd < 0) {
        return NULL;
    }
    block = qemu_ram_alloc_from_fd(size, size, NULL, mr, flags | (named ? RAM_NAMED_FILE : 0), fd,
                                   offset, align, !readonly, errp);
    if (!block) {
        error_prepend(errp, "'%s': ", mem_path);
        if (created) {
            unlink(mem_path);
        }
        close(fd);
    }
    return block;
}

/* ---- changes ---- */

int qemu_ram_resize(RAMBlock *block, ram_addr_t newsize, Error **errp)
{
    ram_addr_t wanted = newsize, oldsize = block->used_length;
    RAMBlockNotifier *n, *next;

    newsize = ROUND_UP(newsize, block->page_size);
    if (newsize == oldsize) {
        /* The region may still end elsewhere within the last page. */
        if (wanted != memory_region_size(block->mr)) {
            memory_region_set_size(block->mr, wanted);
            if (block->resized) {
                block->resized(block->idstr, wanted, block->host);
            }
        }
        return 0;
    }
    if (!(block->flags & RAM_RESIZEABLE)) {
        error_setg(errp, "RAM block '%s' has 0x%" PRIx64 " bytes and cannot have 0x%" PRIx64,
                   block->idstr, oldsize, newsize);
        return -EINVAL;
    }
    if (newsize > block->max_length) {
        error_setg(errp, "RAM block '%s' can have up to 0x%" PRIx64 " bytes, not 0x%" PRIx64,
                   block->idstr, block->max_length, newsize);
        return -EINVAL;
    }
    QLIST_FOREACH_SAFE (n, &ram_list.notifiers, next, next) {
        if (n->ram_block_resized) {
            n->ram_block_resized(n, block->host, oldsize, newsize);
        }
    }
    qatomic_set(&block->used_length, newsize);
    if (newsize < oldsize) {
        ram_block_discard_range(block, newsize, oldsize - newsize);
    } else {
        ram_set_dirty_range(block->offset + oldsize, newsize - oldsize, DIRTY_CLIENTS_ALL);
    }
    memory_region_set_size(block->mr, wanted);
    if (block->resized) {
        block->resized(block->idstr, wanted, block->host);
    }
    return 0;
}

void qemu_ram_msync(RAMBlock *block, ram_addr_t start, ram_addr_t length)
{
    uintptr_t first = (uintptr_t)block->host + start;
    uintptr_t from = ROUND_DOWN(first, (uintptr_t)qemu_real_host_page_size());

    if (block->fd >= 0 && start + length <= block->used_length) {
        msync((void *)from, first + length - from, MS_SYNC);
    }
}

/* @advice: to madvise(), for what is not in a file. 0 or -errno; signal handlers use it, too. */
static int discard(RAMBlock *block, uint64_t start, size_t length, int advice)
{
    int ret = 0;

    if (start % block->page_size || length % block->page_size ||
        start + length > block->max_length || (block->flags & RAM_NO_DISCARD)) {
        return -EINVAL;
    }
    /* Pages of a shared mapping live in the file; a private one has its own besides. */
    if (block->fd >= 0 && block->map_shared) {
        ret = fallocate(block->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                        block->fd_offset + start, length);
    }
    if (!ret && (block->fd < 0 || !block->map_shared)) {
        ret = madvise(block->host + start, length, advice);
    }
    return ret < 0 ? -errno : 0;
}

int ram_block_discard_range(RAMBlock *block, uint64_t start, size_t length)
{
    int ret = discard(block, start, length, MADV_DONTNEED);

    if (!ret) {
        ram_block_huge_gone(block, start, length);
    }
    return ret;
}

int qemu_ram_remap(ram_addr_t addr)
{
    RAMBlock *block;
    uint64_t start;
    int ret;

    RCU_READ_LOCK_GUARD();
    block = qemu_get_ram_block(addr);
    if (!block || (block->flags & RAM_PREALLOC)) {
        return -EINVAL;
    }
    start = ROUND_DOWN(addr - block->offset, block->page_size);
    ret = discard(block, start, block->page_size, MADV_DONTNEED);
    if (ret == -EINVAL) {
        /* -overcommit mem-lock=on; Linux knows this from 5.18 on. */
        ret = discard(block, start, block->page_size, MADV_DONTNEED_LOCKED);
    }
    return ret;
}

void qemu_ram_set_populated_check(RAMBlock *block,
                                  bool (*populated)(void *opaque, ram_addr_t offset), void *opaque)
{
    block->populated_opaque = opaque;
    block->populated = populated;
}

bool ram_block_is_populated(const RAMBlock *block, ram_addr_t offset)
{
    return !block->populated || block->populated(block->populated_opaque, offset);
}
