/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays of bits. Bits beyond the length of a map are ignored, and may be anything. */

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"

static size_t bytes_of(long nbits)
{
    return BITS_TO_LONGS(nbits) * sizeof(unsigned long);
}

unsigned long *bitmap_try_new(long nbits)
{
    return g_try_malloc0(MAX(bytes_of(nbits), 1));
}

unsigned long *bitmap_new(long nbits)
{
    return g_malloc0(MAX(bytes_of(nbits), 1));
}

void bitmap_zero(unsigned long *dst, long nbits)
{
    memset(dst, 0, bytes_of(nbits));
}

void bitmap_fill(unsigned long *dst, long nbits)
{
    memset(dst, 0xff, bytes_of(nbits));
}

void bitmap_copy(unsigned long *dst, const unsigned long *src, long nbits)
{
    memcpy(dst, src, bytes_of(nbits));
}

/* Word @i of a map of @nbits, without what is beyond its end. */
static unsigned long word_at(const unsigned long *map, long i, long nbits)
{
    return (i + 1) * BITS_PER_LONG > nbits ? map[i] & BITMAP_LAST_WORD_MASK(nbits) : map[i];
}

bool bitmap_equal(const unsigned long *a, const unsigned long *b, long nbits)
{
    for (long i = 0; i < BITS_TO_LONGS(nbits); i++) {
        if (word_at(a, i, nbits) != word_at(b, i, nbits)) {
            return false;
        }
    }
    return true;
}

bool bitmap_empty(const unsigned long *src, long nbits)
{
    return find_next_bit(src, nbits, 0) >= (unsigned long)nbits;
}

bool bitmap_subset(const unsigned long *a, const unsigned long *b, long nbits)
{
    for (long i = 0; i < BITS_TO_LONGS(nbits); i++) {
        if (word_at(a, i, nbits) & ~b[i]) {
            return false;
        }
    }
    return true;
}

long bitmap_count_one(const unsigned long *bitmap, long nbits)
{
    long count = 0;

    for (long i = 0; i < BITS_TO_LONGS(nbits); i++) {
        count += __builtin_popcountl(word_at(bitmap, i, nbits));
    }
    return count;
}

long bitmap_count_one_with_offset(const unsigned long *bitmap, long offset, long nbits)
{
    long start = offset / BITS_PER_LONG * BITS_PER_LONG;
    long lead = offset - start;
    long count = bitmap_count_one(bitmap + BIT_WORD(offset), lead + nbits);

    return count - bitmap_count_one(bitmap + BIT_WORD(offset), lead);
}

/*
 * Walks the words that the run [@start, @end) touches: @pos is the first bit of
 * the run in each, @mask the bits of the run in it.
 */
#define FOR_EACH_WORD(pos, mask, start, end)                                                       \
    for (long pos = (start), mask; pos < (end) && (mask = mask_in_word(pos, (end)), true);         \
         pos = ROUND_DOWN(pos, BITS_PER_LONG) + BITS_PER_LONG)

static unsigned long mask_in_word(long pos, long end)
{
    unsigned long mask = BITMAP_FIRST_WORD_MASK(pos);

    return BIT_WORD(pos) == BIT_WORD(end) ? mask & ~BITMAP_FIRST_WORD_MASK(end) : mask;
}

void bitmap_set(unsigned long *map, long start, long nr)
{
    FOR_EACH_WORD(pos, mask, start, start + nr)
    {
        map[BIT_WORD(pos)] |= mask;
    }
}

void bitmap_set_atomic(unsigned long *map, long start, long nr)
{
    FOR_EACH_WORD(pos, mask, start, start + nr)
    {
        qatomic_or(&map[BIT_WORD(pos)], mask);
    }
    smp_mb();
}

void bitmap_clear(unsigned long *map, long start, long nr)
{
    bitmap_test_and_clear(map, start, nr);
}

bool bitmap_test_and_clear(unsigned long *map, long start, long nr)
{
    unsigned long any = 0;

    FOR_EACH_WORD(pos, mask, start, start + nr)
    {
        any |= map[BIT_WORD(pos)] & mask;
        map[BIT_WORD(pos)] &= ~mask;
    }
    return any;
}

bool bitmap_test_and_clear_atomic(unsigned long *map, long start, long nr)
{
    unsigned long any = 0;

    FOR_EACH_WORD(pos, mask, start, start + nr)
    {
        /* Most words are clean: look before taking the cache line for writing. */
        if (qatomic_read(&map[BIT_WORD(pos)]) & mask) {
            any |= qatomic_fetch_and(&map[BIT_WORD(pos)], ~mask) & mask;
        }
    }
    smp_mb();
    return any;
}

unsigned long bitmap_find_next_zero_area(unsigned long *map, unsigned long size,
                                         unsigned long start, unsigned long nr,
                                         unsigned long align_mask)
{
    for (;;) {
        unsigned long index = find_next_zero_bit(map, size, start), end, taken;

        index = (index + align_mask) & ~align_mask;
        end = index + nr;
        if (end > size) {
            return end;
        }
        taken = find_next_bit(map, end, index);
        if (taken >= end) {
            return index;
        }
        start = taken + 1;
    }
}

void bitmap_to_le(unsigned long *dst, const unsigned long *src, long nbits)
{
    for (long i = 0; i < BITS_TO_LONGS(nbits); i++) {
        dst[i] = cpu_to_le64(src[i]);
    }
}

void bitmap_copy_with_src_offset(unsigned long *dst, const unsigned long *src, unsigned long shift,
                                 unsigned long nbits)
{
    unsigned long low = shift % BITS_PER_LONG;

    src += BIT_WORD(shift);
    for (unsigned long done = 0; done < nbits; done += BITS_PER_LONG, dst++, src++) {
        unsigned long here = *src >> low;
        /* The next word only if bits of it are wanted: it may lie outside. */
        if (low && nbits - done > BITS_PER_LONG - low) {
            here |= src[1] << (BITS_PER_LONG - low);
        }
        *dst = nbits - done < BITS_PER_LONG ? here & BITMAP_LAST_WORD_MASK(nbits) : here;
    }
}

void bitmap_copy_with_dst_offset(unsigned long *dst, const unsigned long *src, unsigned long shift,
                                 unsigned long nbits)
{
    for (unsigned long done = 0; done < nbits; done += BITS_PER_LONG, src++) {
        unsigned long count = MIN(nbits - done, (unsigned long)BITS_PER_LONG);
        unsigned long word = count < BITS_PER_LONG ? *src & BITMAP_LAST_WORD_MASK(count) : *src;
        unsigned long at = shift + done, low = at % BITS_PER_LONG;

        bitmap_clear(dst, at, count);
        dst[BIT_WORD(at)] |= word << low;
        if (low && count > BITS_PER_LONG - low) {
            dst[BIT_WORD(at) + 1] |= word >> (BITS_PER_LONG - low);
        }
    }
}
