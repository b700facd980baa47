/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asymmetric barriers. With membarrier(2) one thread can make all others of
 * the process execute a full barrier, so that the frequent side (RCU readers)
 * needs only a compiler barrier; without it, both sides use a real one.
 */
#ifndef QEMU_SYS_MEMBARRIER_H
#define QEMU_SYS_MEMBARRIER_H

#include "qemu/atomic.h"

/* Decided once before any thread is started; see smp_mb_global_init(). */
extern bool smp_mb_global_is_asymmetric;

/* The rare side: all threads execute a full barrier. */
void smp_mb_global(void);
void smp_mb_global_init(void);

/* The frequent side, paired with smp_mb_global(). */
static inline void smp_mb_placeholder(void)
{
    if (likely(smp_mb_global_is_asymmetric)) {
        barrier();
    } else {
        smp_mb();
    }
}

#endif
