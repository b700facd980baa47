/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arrays of bits in unsigned longs. Bits of the last word beyond the length
 * are don't-care on input and may be changed.
 */
#ifndef QEMU_BITMAP_H
#define QEMU_BITMAP_H

#include "qemu/bitops.h"

#define DECLARE_BITMAP(name, bits)    unsigned long name[BITS_TO_LONGS(bits)]

#define BITMAP_FIRST_WORD_MASK(start) (~0UL << ((start) & (BITS_PER_LONG - 1)))
#define BITMAP_LAST_WORD_MASK(nbits)  (~0UL >> (-(nbits) & (BITS_PER_LONG - 1)))

/* Zeroed, to be g_free()d; the try form returns NULL when there is no memory. */
unsigned long *bitmap_try_new(long nbits);
unsigned long *bitmap_new(long nbits);

void bitmap_zero(unsigned long *dst, long nbits);
void bitmap_fill(unsigned long *dst, long nbits);
void bitmap_copy(unsigned long *dst, const unsigned long *src, long nbits);
bool bitmap_equal(const unsigned long *a, const unsigned long *b, long nbits);
bool bitmap_empty(const unsigned long *src, long nbits);
bool bitmap_subset(const unsigned long *a, const unsigned long *b, long nbits);
long bitmap_count_one(const unsigned long *bitmap, long nbits);
long bitmap_count_one_with_offset(const unsigned long *bitmap, long offset, long nbits);

void bitmap_set(unsigned long *map, long start, long nr);
void bitmap_set_atomic(unsigned long *map, long start, long nr);
void bitmap_clear(unsigned long *map, long start, long nr);
/* Full barrier; true if any bit in the range was set. */
bool bitmap_test_and_clear_atomic(unsigned long *map, long start, long nr);
bool bitmap_test_and_clear(unsigned long *map, long start, long nr);
/* Start of the first run of @nr zeros at or after @start aligned to @align_mask + 1, or >= @size.
 */
unsigned long bitmap_find_next_zero_area(unsigned long *map, unsigned long size,
                                         unsigned long start, unsigned long nr,
                                         unsigned long align_mask);

/* Between host order and an array of little-endian 64-bit words. */
void bitmap_to_le(unsigned long *dst, const unsigned long *src, long nbits);
/* Copy @nbits from bit @shift of @src to bit 0 of @dst, and the reverse. */
void bitmap_copy_with_src_offset(unsigned long *dst, const unsigned long *src, unsigned long shift,
                                 unsigned long nbits);
void bitmap_copy_with_dst_offset(unsigned long *dst, const unsigned long *src, unsigned long shift,
                                 unsigned long nbits);

#endif
