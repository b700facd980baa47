/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest RAM: mappings of files and of anonymous memory, with guard pages. */
#ifndef QEMU_MMAP_ALLOC_H
#define QEMU_MMAP_ALLOC_H

#include "qemu/compiler.h"
#include "qemu/thread.h"
#include "qemu/typedefs.h"

#define QEMU_MAP_READONLY  (1 << 0)
#define QEMU_MAP_SHARED    (1 << 1)
#define QEMU_MAP_SYNC      (1 << 2) /* persistent memory: MAP_SYNC if the file can */
#define QEMU_MAP_NORESERVE (1 << 3)

/* Page size of the file system of @fd (huge pages), or of the host for -1. */
size_t qemu_fd_getpagesize(int fd);
/*
 * @fd -1: anonymous. Aligned to @align, followed by an inaccessible page, so
 * that running off the end faults. MAP_FAILED with errno.
 */
void *qemu_ram_mmap(int fd, size_t size, size_t align, uint32_t qemu_map_flags, off_t map_offset);
void qemu_ram_munmap(int fd, void *ptr, size_t size);

/* Anonymous RAM; NULL with errno. *@alignment (may be NULL) is what it was aligned to. */
void *qemu_anon_ram_alloc(size_t size, uint64_t *alignment, bool shared, bool noreserve);
void qemu_anon_ram_free(void *ptr, size_t size);

/* As qemu_thread_create(); the first argument is the caller's. */
typedef void PreallocThreadFn(void *opaque, QemuThread *thread, const char *name,
                              void *(*start)(void *), void *arg, int mode);
/*
 * Touch every page of @area so that it is there, with @max_threads threads
 * (MADV_POPULATE_WRITE where the host has it), which @make makes; NULL: the caller's thread does.
 */
bool qemu_prealloc_mem(int fd, char *area, size_t sz, int max_threads, PreallocThreadFn *make,
                       void *opaque, Error **errp);

/*
 * A memfd named @name; @hugetlb with pages of @hugetlbsize (0: the default);
 * @seal: fixed size. -1 with @errp set.
 */
int qemu_memfd_create(const char *name, size_t size, bool hugetlb, uint64_t hugetlbsize,
                      unsigned int seals, Error **errp);
/* Such a memfd, mapped shared. */
void *qemu_memfd_alloc(const char *name, size_t size, unsigned int seals, int *fd, Error **errp);
void qemu_memfd_free(void *ptr, size_t size, int fd);

#endif
