/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Searching in arrays of bits. */

#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/bitops.h"

/* First bit at or after @offset in words of @addr xor @invert; @size if none. */
static unsigned long find(const unsigned long *addr, unsigned long size, unsigned long offset,
                          unsigned long invert)
{
    unsigned long i, word;

    if (offset >= size) {
        return size;
    }
    i = BIT_WORD(offset);
    word = (addr[i] ^ invert) & BITMAP_FIRST_WORD_MASK(offset);
    while (!word) {
        if (++i * BITS_PER_LONG >= size) {
            return size;
        }
        word = addr[i] ^ invert;
    }
    return MIN(i * BITS_PER_LONG + __builtin_ctzl(word), size);
}

unsigned long find_next_bit(const unsigned long *addr, unsigned long size, unsigned long offset)
{
    return find(addr, size, offset, 0);
}

unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size,
                                 unsigned long offset)
{
    return find(addr, size, offset, ~0UL);
}

unsigned long find_last_bit(const unsigned long *addr, unsigned long size)
{
    unsigned long i = BITS_TO_LONGS(size), word;

    while (i-- > 0) {
        word = addr[i];
        if ((i + 1) * BITS_PER_LONG > size) {
            word &= BITMAP_LAST_WORD_MASK(size);
        }
        if (word) {
            return i * BITS_PER_LONG + BITS_PER_LONG - 1 - __builtin_clzl(word);
        }
    }
    return size;
}
