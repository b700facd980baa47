/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 64-bit counters that many threads update, without ordering. */
#ifndef QEMU_STATS64_H
#define QEMU_STATS64_H

#include "qemu/atomic.h"

typedef struct Stat64 {
    uint64_t value;
} Stat64;

static inline void stat64_init(Stat64 *s, uint64_t value)
{
    s->value = value;
}

static inline uint64_t stat64_get(const Stat64 *s)
{
    return qatomic_read(&s->value);
}

static inline void stat64_set(Stat64 *s, uint64_t val)
{
    qatomic_set(&s->value, val);
}

static inline void stat64_add(Stat64 *s, uint64_t value)
{
    __atomic_fetch_add(&s->value, value, __ATOMIC_RELAXED);
}

static inline void stat64_max(Stat64 *s, uint64_t value)
{
    uint64_t old = stat64_get(s);

    while (old < value && !__atomic_compare_exchange_n(&s->value, &old, value, true,
                                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

static inline void stat64_min(Stat64 *s, uint64_t value)
{
    uint64_t old = stat64_get(s);

    while (old > value && !__atomic_compare_exchange_n(&s->value, &old, value, true,
                                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

#endif
