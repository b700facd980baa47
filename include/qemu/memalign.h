/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory with an alignment. Free it with qemu_vfree() only. */
#ifndef QEMU_MEMALIGN_H
#define QEMU_MEMALIGN_H

#include "qemu/compiler.h"

/* @alignment is a power of two. NULL when there is no memory. */
void *qemu_try_memalign(size_t alignment, size_t size);
/* Ends the program when there is no memory. */
void *qemu_memalign(size_t alignment, size_t size);
void qemu_vfree(void *ptr);

static inline void qemu_cleanup_generic_vfree(void *p)
{
    qemu_vfree(*(void **)p);
}

#define QEMU_AUTO_VFREE __attribute__((cleanup(qemu_cleanup_generic_vfree)))

#endif
