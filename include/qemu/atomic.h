/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Atomic accesses and barriers, over the compiler's C11 memory model.
 *
 * qatomic_read/qatomic_set are relaxed: no tearing, no ordering. The
 * read-modify-write operations that return a value, and the ones that do not,
 * are sequentially consistent.
 */
#ifndef QEMU_ATOMIC_H
#define QEMU_ATOMIC_H

#include "qemu/compiler.h"

#define barrier() __asm__ volatile("" ::: "memory")

#ifdef __SANITIZE_THREAD__
/* ThreadSanitizer knows no fences. It understands a read-modify-write that all threads do. */
extern int tsan_fence __attribute__((weak));
int tsan_fence;
#define smp_mb()         ((void)__atomic_fetch_add(&tsan_fence, 0, __ATOMIC_SEQ_CST))
#define smp_mb_acquire() smp_mb()
#define smp_mb_release() smp_mb()
#else
#define smp_mb()         __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_mb_acquire() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_mb_release() __atomic_thread_fence(__ATOMIC_RELEASE)
#endif
#define smp_rmb()                  smp_mb_acquire()
#define smp_wmb()                  smp_mb_release()
#define smp_read_barrier_depends() barrier()

/* Full barrier next to a read-modify-write, which on x86 already is one. */
#if defined(__x86_64__) || defined(__i386__)
#define smp_mb__before_rmw() barrier()
#define smp_mb__after_rmw()  barrier()
#else
#define smp_mb__before_rmw() smp_mb()
#define smp_mb__after_rmw()  smp_mb()
#endif

/* The type of *ptr without qualifiers. */
#define QATOMIC_TYPE_(ptr)                                                                         \
    typeof(__extension__({                                                                         \
        __auto_type unqual_ = *(ptr);                                                              \
        unqual_;                                                                                   \
    }))

#define qatomic_read(ptr)               __atomic_load_n(ptr, __ATOMIC_RELAXED)
#define qatomic_set(ptr, val)           __atomic_store_n(ptr, val, __ATOMIC_RELAXED)
#define qatomic_load_acquire(ptr)       __atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define qatomic_store_release(ptr, val) __atomic_store_n(ptr, val, __ATOMIC_RELEASE)
/* A store that no later load can overtake. */
#define qatomic_set_mb(ptr, val) ((void)__atomic_exchange_n(ptr, val, __ATOMIC_SEQ_CST))

/* Fetch a pointer published by qatomic_rcu_set(); use it inside rcu_read_lock(). */
#define qatomic_rcu_read(ptr)     __atomic_load_n(ptr, __ATOMIC_CONSUME)
#define qatomic_rcu_set(ptr, val) __atomic_store_n(ptr, val, __ATOMIC_RELEASE)

#define qatomic_xchg(ptr, val)    __atomic_exchange_n(ptr, val, __ATOMIC_SEQ_CST)
/* Returns what was there, which is @old exactly when @val has been stored. */
#define qatomic_cmpxchg(ptr, old, val)                                                             \
    __extension__({                                                                                \
        QATOMIC_TYPE_(ptr) cas_exp_ = (old);                                                       \
        (void)__atomic_compare_exchange_n(ptr, &cas_exp_, val, false, __ATOMIC_SEQ_CST,            \
                                          __ATOMIC_SEQ_CST);                                       \
        cas_exp_;                                                                                  \
    })

#define qatomic_fetch_inc(ptr)    __atomic_fetch_add(ptr, 1, __ATOMIC_SEQ_CST)
#define qatomic_fetch_dec(ptr)    __atomic_fetch_sub(ptr, 1, __ATOMIC_SEQ_CST)
#define qatomic_fetch_add(ptr, n) __atomic_fetch_add(ptr, n, __ATOMIC_SEQ_CST)
#define qatomic_fetch_sub(ptr, n) __atomic_fetch_sub(ptr, n, __ATOMIC_SEQ_CST)
#define qatomic_fetch_and(ptr, n) __atomic_fetch_and(ptr, n, __ATOMIC_SEQ_CST)
#define qatomic_fetch_or(ptr, n)  __atomic_fetch_or(ptr, n, __ATOMIC_SEQ_CST)
#define qatomic_fetch_xor(ptr, n) __atomic_fetch_xor(ptr, n, __ATOMIC_SEQ_CST)

#define qatomic_inc_fetch(ptr)    __atomic_add_fetch(ptr, 1, __ATOMIC_SEQ_CST)
#define qatomic_dec_fetch(ptr)    __atomic_sub_fetch(ptr, 1, __ATOMIC_SEQ_CST)
#define qatomic_add_fetch(ptr, n) __atomic_add_fetch(ptr, n, __ATOMIC_SEQ_CST)
#define qatomic_sub_fetch(ptr, n) __atomic_sub_fetch(ptr, n, __ATOMIC_SEQ_CST)
#define qatomic_and_fetch(ptr, n) __atomic_and_fetch(ptr, n, __ATOMIC_SEQ_CST)
#define qatomic_or_fetch(ptr, n)  __atomic_or_fetch(ptr, n, __ATOMIC_SEQ_CST)
#define qatomic_xor_fetch(ptr, n) __atomic_xor_fetch(ptr, n, __ATOMIC_SEQ_CST)

#define qatomic_inc(ptr)          ((void)qatomic_fetch_inc(ptr))
#define qatomic_dec(ptr)          ((void)qatomic_fetch_dec(ptr))
#define qatomic_add(ptr, n)       ((void)qatomic_fetch_add(ptr, n))
#define qatomic_sub(ptr, n)       ((void)qatomic_fetch_sub(ptr, n))
#define qatomic_and(ptr, n)       ((void)qatomic_fetch_and(ptr, n))
#define qatomic_or(ptr, n)        ((void)qatomic_fetch_or(ptr, n))
#define qatomic_xor(ptr, n)       ((void)qatomic_fetch_xor(ptr, n))

/* 64-bit counters; every supported host has native 64-bit accesses. */
#define qatomic_read_u64(ptr)     qatomic_read(ptr)
#define qatomic_read_i64(ptr)     qatomic_read(ptr)
#define qatomic_set_u64(ptr, val) qatomic_set(ptr, val)
#define qatomic_set_i64(ptr, val) qatomic_set(ptr, val)

/* What a spinning processor should do between two looks. */
static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield" ::: "memory");
#else
    barrier();
#endif
}

#endif
