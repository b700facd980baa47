/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers of a machine as `info mtree` shows them, and accesses of any size to them. */
#ifndef QTEST_REGISTERS_H
#define QTEST_REGISTERS_H

#include "libqtest.h"

/* A piece of the map, ends included, that reaches a device and not RAM. */
typedef struct RegisterRange {
    bool io;
    uint64_t first, last;
} RegisterRange;

/*
 * Those of the object at @owner and of what is below it; all with NULL. PCI base
 * addresses count when they are programmed. GArray of RegisterRange, g_array_unref().
 */
GArray *registers_find(QTestState *s, const char *owner);

/* @size 1, 2, 4; 8 in memory only. Ports end at FFFFh: what would go beyond is not done. */
uint64_t registers_read(QTestState *s, bool io, uint64_t addr, int size);
void registers_write(QTestState *s, bool io, uint64_t addr, int size, uint64_t value);

/* A value as registers dislike it: limits, powers of two, few and many bits. */
uint64_t registers_pick_value(GRand *rnd);

/*
 * Gives every base address register of the functions of @slot on bus 0 a place,
 * expansion ROMs included, and switches decoding on.
 */
void registers_place_pci(QTestState *s, int slot);

#endif
