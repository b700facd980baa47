/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single bits, fields of bits, and rotations. Bit 0 is the least significant. */
#ifndef QEMU_BITOPS_H
#define QEMU_BITOPS_H

#include <assert.h>
#include <stdint.h>
#include "qemu/atomic.h"

#define BITS_PER_BYTE     CHAR_BIT
#define BITS_PER_LONG     (sizeof(unsigned long) * BITS_PER_BYTE)
#define BITS_TO_LONGS(nr) DIV_ROUND_UP(nr, BITS_PER_LONG)
#define BITS_TO_U32S(nr)  DIV_ROUND_UP(nr, 32)

#define BIT(nr)           (1UL << (nr))
#define BIT_ULL(nr)       (1ULL << (nr))
#define BIT_MASK(nr)      (1UL << ((nr) % BITS_PER_LONG))
#define BIT_WORD(nr)      ((nr) / BITS_PER_LONG)
#define BIT32_MASK(nr)    (1u << ((nr) % 32))
#define BIT32_WORD(nr)    ((nr) / 32)

/* @length ones starting at bit @shift; @length is 1 to 64. */
#define MAKE_64BIT_MASK(shift, length) (((~0ULL) >> (64 - (length))) << (shift))

static inline void set_bit(long nr, unsigned long *addr)
{
    addr[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static inline void set_bit_atomic(long nr, unsigned long *addr)
{
    qatomic_or(&addr[BIT_WORD(nr)], BIT_MASK(nr));
}

static inline void clear_bit(long nr, unsigned long *addr)
{
    addr[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

static inline void clear_bit_atomic(long nr, unsigned long *addr)
{
    qatomic_and(&addr[BIT_WORD(nr)], ~BIT_MASK(nr));
}

static inline void change_bit(long nr, unsigned long *addr)
{
    addr[BIT_WORD(nr)] ^= BIT_MASK(nr);
}

/* These return the old value of the bit. */
static inline int test_and_set_bit(long nr, unsigned long *addr)
{
    unsigned long old = addr[BIT_WORD(nr)];

    addr[BIT_WORD(nr)] = old | BIT_MASK(nr);
    return (old & BIT_MASK(nr)) != 0;
}

static inline int test_and_clear_bit(long nr, unsigned long *addr)
{
    unsigned long old = addr[BIT_WORD(nr)];

    addr[BIT_WORD(nr)] = old & ~BIT_MASK(nr);
    return (old & BIT_MASK(nr)) != 0;
}

static inline int test_and_change_bit(long nr, unsigned long *addr)
{
    unsigned long old = addr[BIT_WORD(nr)];

    addr[BIT_WORD(nr)] = old ^ BIT_MASK(nr);
    return (old & BIT_MASK(nr)) != 0;
}

static inline int test_bit(long nr, const unsigned long *addr)
{
    return 1UL & (addr[BIT_WORD(nr)] >> (nr % BITS_PER_LONG));
}

static inline void set_bit32(long nr, uint32_t *addr)
{
    addr[BIT32_WORD(nr)] |= BIT32_MASK(nr);
}

static inline void clear_bit32(long nr, uint32_t *addr)
{
    addr[BIT32_WORD(nr)] &= ~BIT32_MASK(nr);
}

static inline int test_bit32(long nr, const uint32_t *addr)
{
    return 1u & (addr[BIT32_WORD(nr)] >> (nr % 32));
}

/* Index of the bit looked for below @size, or @size. */
unsigned long find_next_bit(const unsigned long *addr, unsigned long size, unsigned long offset);
unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size,
                                 unsigned long offset);
unsigned long find_last_bit(const unsigned long *addr, unsigned long size);

static inline unsigned long find_first_bit(const unsigned long *addr, unsigned long size)
{
    return find_next_bit(addr, size, 0);
}

static inline unsigned long find_first_zero_bit(const unsigned long *addr, unsigned long size)
{
    return find_next_zero_bit(addr, size, 0);
}

static inline uint8_t rol8(uint8_t word, unsigned int shift)
{
    return word << (shift & 7) | word >> (-shift & 7);
}

static inline uint8_t ror8(uint8_t word, unsigned int shift)
{
    return word >> (shift & 7) | word << (-shift & 7);
}

static inline uint16_t rol16(uint16_t word, unsigned int shift)
{
    return word << (shift & 15) | word >> (-shift & 15);
}

static inline uint16_t ror16(uint16_t word, unsigned int shift)
{
    return word >> (shift & 15) | word << (-shift & 15);
}

static inline uint32_t rol32(uint32_t word, unsigned int shift)
{
    return word << (shift & 31) | word >> (-shift & 31);
}

static inline uint32_t ror32(uint32_t word, unsigned int shift)
{
    return word >> (shift & 31) | word << (-shift & 31);
}

static inline uint64_t rol64(uint64_t word, unsigned int shift)
{
    return word << (shift & 63) | word >> (-shift & 63);
}

static inline uint64_t ror64(uint64_t word, unsigned int shift)
{
    return word >> (shift & 63) | word << (-shift & 63);
}

static inline uint32_t hswap32(uint32_t h)
{
    return rol32(h, 16);
}

/* @length bits of @value from bit @start; the field must lie within the type. */
static inline uint8_t extract8(uint8_t value, int start, int length)
{
    assert(start >= 0 && length > 0 && length <= 8 - start);
    return (value >> start) & (~0u >> (32 - length));
}

static inline uint16_t extract16(uint16_t value, int start, int length)
{
    assert(start >= 0 && length > 0 && length <= 16 - start);
    return (value >> start) & (~0u >> (32 - length));
}

static inline uint32_t extract32(uint32_t value, int start, int length)
{
    assert(start >= 0 && length > 0 && length <= 32 - start);
    return (value >> start) & (~0u >> (32 - length));
}

static inline uint64_t extract64(uint64_t value, int start, int length)
{
    assert(start >= 0 && length > 0 && length <= 64 - start);
    return (value >> start) & (~0ULL >> (64 - length));
}

/* The same, with the field's top bit as sign. */
static inline int32_t sextract32(uint32_t value, int start, int length)
{
    assert(start >= 0 && length > 0 && length <= 32 - start);
    return (int32_t)(value << (32 - length - start)) >> (32 - length);
}

static inline int64_t sextract64(uint64_t value, int start, int length)
{
    assert(start >= 0 && length > 0 && length <= 64 - start);
    return (int64_t)(value << (64 - length - start)) >> (64 - length);
}

/* @value with that field replaced by the low bits of @fieldval. */
static inline uint32_t deposit32(uint32_t value, int start, int length, uint32_t fieldval)
{
    uint32_t mask;

    assert(start >= 0 && length > 0 && length <= 32 - start);
    mask = (~0u >> (32 - length)) << start;
    return (value & ~mask) | ((fieldval << start) & mask);
}

static inline uint64_t deposit64(uint64_t value, int start, int length, uint64_t fieldval)
{
    uint64_t mask;

    assert(start >= 0 && length > 0 && length <= 64 - start);
    mask = (~0ULL >> (64 - length)) << start;
    return (value & ~mask) | ((fieldval << start) & mask);
}

/* Spread bits 0..31 to the even places of a 64-bit word, and back. */
static inline uint64_t half_shuffle64(uint64_t x)
{
    x = ((x & 0xFFFF0000ull) << 16) | (x & 0xFFFF);
    x = ((x << 8) | x) & 0x00FF00FF00FF00FFull;
    x = ((x << 4) | x) & 0x0F0F0F0F0F0F0F0Full;
    x = ((x << 2) | x) & 0x3333333333333333ull;
    return ((x << 1) | x) & 0x5555555555555555ull;
}

static inline uint32_t half_unshuffle64(uint64_t x)
{
    x &= 0x5555555555555555ull;
    x = ((x >> 1) | x) & 0x3333333333333333ull;
    x = ((x >> 2) | x) & 0x0F0F0F0F0F0F0F0Full;
    x = ((x >> 4) | x) & 0x00FF00FF00FF00FFull;
    x = ((x >> 8) | x) & 0x0000FFFF0000FFFFull;
    return (x >> 16) | x;
}

#endif
