/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random bytes that a guest will see. With -seed N they are reproducible,
 * otherwise from the host's generator.
 */
#ifndef QEMU_GUEST_RANDOM_H
#define QEMU_GUEST_RANDOM_H

#include "qemu/typedefs.h"

/* -seed: a decimal 64-bit number. Main thread, before others are started. */
bool qemu_guest_random_seed_main(const char *seed, Error **errp);
/* ...set in the new thread. */
void qemu_guest_random_seed_thread_part2(uint64_t seed);

/* 0, or -1 with @errp set. */
int qemu_guest_getrandom(void *buf, size_t len, Error **errp);
/* Where failure means the host is unusable. */
void qemu_guest_getrandom_nofail(void *buf, size_t len);

#endif
