/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The smallest page of an x86 guest: unit of dirty tracking and of TLBs. */
#ifndef EXEC_TARGET_PAGE_H
#define EXEC_TARGET_PAGE_H

#include "exec/hwaddr.h"

#define TARGET_PAGE_BITS        12
#define TARGET_PAGE_SIZE        (1ull << TARGET_PAGE_BITS)
#define TARGET_PAGE_MASK        (~(TARGET_PAGE_SIZE - 1))

#define TARGET_PAGE_ALIGN(addr) (((addr) + TARGET_PAGE_SIZE - 1) & TARGET_PAGE_MASK)

static inline size_t qemu_target_page_size(void)
{
    return TARGET_PAGE_SIZE;
}

static inline int qemu_target_page_bits(void)
{
    return TARGET_PAGE_BITS;
}

#endif
