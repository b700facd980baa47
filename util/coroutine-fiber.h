/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What AddressSanitizer must be told when the stack changes. */
#ifndef UTIL_COROUTINE_FIBER_H
#define UTIL_COROUTINE_FIBER_H

#ifdef CONFIG_ASAN
#include <sanitizer/common_interface_defs.h>

/*
 * Before switching to the stack at @bottom. *@fake_stack keeps the frames that
 * ASan has on its heap for the current one; NULL: it will not be used again.
 */
static inline void fiber_switch_begin(void **fake_stack, const void *bottom, size_t size)
{
    __sanitizer_start_switch_fiber(fake_stack, bottom, size);
}

/* On the new stack. *@bottom and *@size tell where we came from. */
static inline void fiber_switch_end(void *fake_stack, const void **bottom, size_t *size)
{
    __sanitizer_finish_switch_fiber(fake_stack, bottom, size);
}
#else
static inline void fiber_switch_begin(void **fake_stack, const void *bottom, size_t size)
{
}

static inline void fiber_switch_end(void *fake_stack, const void **bottom, size_t *size)
{
}
#endif

#endif
