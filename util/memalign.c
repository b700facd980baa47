/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory with an alignment. */

#include "qemu/osdep.h"
#include "qemu/memalign.h"
#include "error-exit.h"

void *qemu_try_memalign(size_t alignment, size_t size)
{
    void *ptr;

    alignment = MAX(alignment, sizeof(void *));
    return posix_memalign(&ptr, alignment, MAX(size, (size_t)1)) ? NULL : ptr;
}

void *qemu_memalign(size_t alignment, size_t size)
{
    void *ptr = qemu_try_memalign(alignment, size);

    if (!ptr) {
        error_exit(ENOMEM, "aligned memory"); /* as g_malloc() does */
    }
    return ptr;
}

void qemu_vfree(void *ptr)
{
    free(ptr);
}
