/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What AddressSanitizer and ThreadSanitizer must be told when the stack changes. */
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

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>

/* ThreadSanitizer's idea of a stack: made and destroyed with a coroutine, switched with it. */
static inline void *tsan_fiber_new(void)
{
    return __tsan_create_fiber(0);
}

static inline void tsan_fiber_free(void *fiber)
{
    __tsan_destroy_fiber(fiber);
}

/* Right before the switch. *@from gets what is left, which may be a thread's own stack. */
static inline void tsan_fiber_switch(void **from, void *to)
{
    *from = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to, 0);
}
#else
static inline void *tsan_fiber_new(void)
{
    return NULL;
}

static inline void tsan_fiber_free(void *fiber)
{
}

static inline void tsan_fiber_switch(void **from, void *to)
{
}
#endif

#endif
