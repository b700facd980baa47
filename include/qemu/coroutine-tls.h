/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Thread-local variables that coroutines may use. A coroutine can go to sleep
 * in one thread and wake up in another; a compiler that remembered the address
 * of a thread-local variable across the yield would then use the wrong
 * thread's. These accessors make it compute the address each time.
 */
#ifndef QEMU_COROUTINE_TLS_H
#define QEMU_COROUTINE_TLS_H

#include "qemu/compiler.h"

/* For a header: variable @var of @type, read and written by get_/set_/get_ptr_. */
#define QEMU_DECLARE_CO_TLS(type, var)                                                             \
    extern __thread type co_tls_##var;                                                             \
    QEMU_CO_TLS_ACCESSORS_(static inline, type, var)
/* For the one source file that defines it. */
#define QEMU_DEFINE_CO_TLS(type, var) __thread type co_tls_##var;
/* For use within one file. */
#define QEMU_DEFINE_STATIC_CO_TLS(type, var)                                                       \
    static __thread type co_tls_##var;                                                             \
    QEMU_CO_TLS_ACCESSORS_(static inline __attribute__((unused)), type, var)

/* The empty asm hides from the optimiser that the address is that of a TLS variable. */
#define QEMU_CO_TLS_ACCESSORS_(scope, type, var)                                                   \
    scope type *get_ptr_##var(void)                                                                \
    {                                                                                              \
        type *ptr_ = &co_tls_##var;                                                                \
        __asm__ volatile("" : "+r"(ptr_)::"memory");                                               \
        return ptr_;                                                                               \
    }                                                                                              \
    scope type get_##var(void)                                                                     \
    {                                                                                              \
        return *get_ptr_##var();                                                                   \
    }                                                                                              \
    scope void set_##var(type v)                                                                   \
    {                                                                                              \
        *get_ptr_##var() = v;                                                                      \
    }

#endif
