/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for the stacks of coroutines. */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/coroutine_int.h"
#include "error-exit.h"

void *qemu_alloc_stack(size_t *sz)
{
    size_t page = qemu_real_host_page_size();
    char *ptr;

    *sz = ROUND_UP(*sz, page) + page;
    /* Pages come when they are touched, which for most coroutines is two or three. */
    ptr = mmap(NULL, *sz, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (ptr == MAP_FAILED) {
        error_exit(errno, "failed to allocate memory for a coroutine's stack");
    }
    /* An overflow faults instead of running into whatever lies below. */
    if (mprotect(ptr, page, PROT_NONE) != 0) {
        error_exit(errno, "failed to set up a coroutine's guard page");
    }
    return ptr;
}

void qemu_free_stack(void *stack, size_t sz)
{
    munmap(stack, sz);
}
