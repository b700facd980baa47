/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest RAM: aligned mappings with a guard page, memfds, preallocation. */

#include "qemu/osdep.h"
#include <sys/mman.h>
#include <sys/vfs.h>
#include <linux/magic.h>
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/mmap-alloc.h"
#include "qemu/thread.h"

size_t qemu_fd_getpagesize(int fd)
{
    struct statfs fs;

    if (fd >= 0 && RETRY_ON_EINTR(fstatfs(fd, &fs)) == 0 && fs.f_type == HUGETLBFS_MAGIC) {
        return fs.f_bsize;
    }
    return qemu_real_host_page_size();
}

/* The guard behind a mapping is one page of its own kind. */
static size_t guard_size(int fd)
{
    return qemu_fd_getpagesize(fd);
}

void *qemu_ram_mmap(int fd, size_t size, size_t align, uint32_t map_flags, off_t offset)
{
    size_t guard = guard_size(fd), total;
    int prot = PROT_READ | (map_flags & QEMU_MAP_READONLY ? 0 : PROT_WRITE);
    int flags = map_flags & QEMU_MAP_SHARED ? MAP_SHARED : MAP_PRIVATE;
    uint8_t *reserved, *ptr;

    size = ROUND_UP(size, guard);
    total = size + align + guard;
    if (total < size) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    reserved = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) {
        return MAP_FAILED;
    }
    ptr = QEMU_ALIGN_PTR_UP(reserved, align);

    flags |= MAP_FIXED | (fd < 0 ? MAP_ANONYMOUS : 0);
    flags |= map_flags & QEMU_MAP_NORESERVE ? MAP_NORESERVE : 0;
    if (map_flags & QEMU_MAP_SYNC && map_flags & QEMU_MAP_SHARED) {
        /* MAP_SYNC is only looked at, and refused where impossible, with MAP_SHARED_VALIDATE. */
        void *synced = mmap(ptr, size, prot, flags | MAP_SHARED_VALIDATE | MAP_SYNC, fd, offset);
        if (synced != MAP_FAILED) {
            goto mapped;
        }
    }
    if (mmap(ptr, size, prot, flags, fd, offset) == MAP_FAILED) {
        int err = errno;
        munmap(reserved, total);
        errno = err;
        return MAP_FAILED;
    }
mapped:
    /* Keep one inaccessible page behind, and nothing else of what was reserved. */
    if (ptr > reserved) {
        munmap(reserved, ptr - reserved);
    }
    total -= ptr - reserved;
    if (total > size + guard) {
        munmap(ptr + size + guard, total - size - guard);
    }
    return ptr;
}

void qemu_ram_munmap(int fd, void *ptr, size_t size)
{
    if (ptr) {
        size_t guard = guard_size(fd);
        munmap(ptr, ROUND_UP(size, guard) + guard);
    }
}

void *qemu_anon_ram_alloc(size_t size, uint64_t *alignment, bool shared, bool noreserve)
{
    size_t align = QEMU_VMALLOC_ALIGN;
    uint32_t flags = (shared ? QEMU_MAP_SHARED : 0) | (noreserve ? QEMU_MAP_NORESERVE : 0);
    void *ptr = qemu_ram_mmap(-1, size, align, flags, 0);

    if (ptr == MAP_FAILED) {
        return NULL;
    }
    if (alignment) {
        *alignment = align;
    }
    return ptr;
}

void qemu_anon_ram_free(void *ptr, size_t size)
{
    qemu_ram_munmap(-1, ptr, size);
}

/* ---- preallocation ---- */

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

typedef struct PreallocPart {
    QemuThread thread;
    char *addr;
    size_t size;
    int err;
} PreallocPart;

static void *prealloc_part(void *opaque)
{
    PreallocPart *part = opaque;

    while (part->size && madvise(part->addr, part->size, MADV_POPULATE_WRITE) < 0) {
        if (errno != EINTR) {
            part->err = errno;
            break;
        }
    }
    return NULL;
}

bool qemu_prealloc_mem(int fd, char *area, size_t sz, int max_threads, PreallocThreadFn *make,
                       void *opaque, Error **errp)
{
    size_t page = qemu_fd_getpagesize(fd);
    int threads = CLAMP(max_threads, 1, (int)MAX(sz / (64 << 20), (size_t)1));
    size_t step = ROUND_UP(sz / threads, page);
    g_autofree PreallocPart *parts = g_new0(PreallocPart, threads);
    int err = 0;

    for (int i = 0; i < threads; i++) {
        size_t start = MIN(i * step, sz);
        parts[i].addr = area + start;
        parts[i].size = i + 1 == threads ? sz - start : MIN(step, sz - start);
        if (make) {
            make(opaque, &parts[i].thread, "touch_pages", prealloc_part, &parts[i],
                 QEMU_THREAD_JOINABLE);
        } else {
            qemu_thread_create(&parts[i].thread, "touch_pages", prealloc_part, &parts[i],
                               QEMU_THREAD_JOINABLE);
        }
    }
    for (int i = 0; i < threads; i++) {
        qemu_thread_join(&parts[i].thread);
        err = err ? err : parts[i].err;
    }
    if (err) {
        error_setg_errno(errp, err == EFAULT ? ENOMEM : err,
                         "cannot allocate all of %zu bytes of guest memory now", sz);
        return false;
    }
    return true;
}

/* ---- memfd ---- */

int qemu_memfd_create(const char *name, size_t size, bool hugetlb, uint64_t hugetlbsize,
                      unsigned int seals, Error **errp)
{
    unsigned flags = MFD_CLOEXEC;
    int fd;

    if (seals) {
        flags |= MFD_ALLOW_SEALING;
    }
    if (hugetlb) {
        flags |= MFD_HUGETLB;
        if (hugetlbsize) {
            if (!is_power_of_2(hugetlbsize)) {
                error_setg(errp, "hugetlbsize=%" PRIu64 " is not a power of two", hugetlbsize);
                return -1;
            }
            flags |= (unsigned)ctz64(hugetlbsize) << MAP_HUGE_SHIFT;
        }
    }
    fd = memfd_create(name, flags);
    if (fd < 0) {
        error_setg_errno(errp, errno, "cannot create a memfd for '%s'%s", name,
                         hugetlb ? " with huge pages" : "");
        return -1;
    }
    if (ftruncate(fd, size) < 0) {
        error_setg_errno(errp, errno, "cannot make a memfd of %zu bytes for '%s'", size, name);
        close(fd);
        return -1;
    }
    if (seals && fcntl(fd, F_ADD_SEALS, seals) < 0) {
        error_setg_errno(errp, errno, "cannot seal the memfd for '%s'", name);
        close(fd);
        return -1;
    }
    return fd;
}

void *qemu_memfd_alloc(const char *name, size_t size, unsigned int seals, int *fd, Error **errp)
{
    void *ptr;

    *fd = qemu_memfd_create(name, size, false, 0, seals, errp);
    if (*fd < 0) {
        return NULL;
    }
    ptr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (ptr == MAP_FAILED) {
        error_setg_errno(errp, errno, "cannot map %zu bytes for '%s'", size, name);
        close(*fd);
        *fd = -1;
        return NULL;
    }
    return ptr;
}

void qemu_memfd_free(void *ptr, size_t size, int fd)
{
    if (ptr) {
        munmap(ptr, size);
    }
    if (fd >= 0) {
        close(fd);
    }
}
