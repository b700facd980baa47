/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Integer arithmetic that C has no operator for: bit counts, wide multiply
 * and divide, overflow detection.
 */
#ifndef QEMU_HOST_UTILS_H
#define QEMU_HOST_UTILS_H

#include "qemu/bswap.h"

/* Unsigned and signed 64 x 64 -> 128. */
static inline void mulu64(uint64_t *plow, uint64_t *phigh, uint64_t a, uint64_t b)
{
    unsigned __int128 r = (unsigned __int128)a * b;

    *plow = r;
    *phigh = r >> 64;
}

static inline void muls64(uint64_t *plow, uint64_t *phigh, int64_t a, int64_t b)
{
    __int128 r = (__int128)a * b;

    *plow = r;
    *phigh = (unsigned __int128)r >> 64;
}

/* a * b / c with a 96-bit intermediate product. */
static inline uint64_t muldiv64(uint64_t a, uint32_t b, uint32_t c)
{
    return (unsigned __int128)a * b / c;
}

static inline uint64_t muldiv64_round_up(uint64_t a, uint32_t b, uint32_t c)
{
    return ((unsigned __int128)a * b + c - 1) / c;
}

/*
 * Divide *phigh:*plow by @divisor (not 0): the quotient is left in
 * *phigh:*plow, the remainder is returned.
 */
static inline uint64_t divu128(uint64_t *plow, uint64_t *phigh, uint64_t divisor)
{
    unsigned __int128 dividend = (unsigned __int128)*phigh << 64 | *plow;
    unsigned __int128 quotient = dividend / divisor;

    *plow = quotient;
    *phigh = quotient >> 64;
    return dividend % divisor;
}

static inline int64_t divs128(uint64_t *plow, int64_t *phigh, int64_t divisor)
{
    __int128 dividend = (__int128)((unsigned __int128)(uint64_t)*phigh << 64 | *plow);
    __int128 quotient = dividend / divisor;

    *plow = quotient;
    *phigh = quotient >> 64;
    return dividend % divisor;
}

/* Leading and trailing zeros or ones; the width when all bits are alike. */
static inline int clz32(uint32_t v)
{
    return v ? __builtin_clz(v) : 32;
}

static inline int clz64(uint64_t v)
{
    return v ? __builtin_clzll(v) : 64;
}

static inline int clo32(uint32_t v)
{
    return clz32(~v);
}

static inline int clo64(uint64_t v)
{
    return clz64(~v);
}

static inline int ctz8(uint8_t v)
{
    return v ? __builtin_ctz(v) : 8;
}

static inline int ctz16(uint16_t v)
{
    return v ? __builtin_ctz(v) : 16;
}

static inline int ctz32(uint32_t v)
{
    return v ? __builtin_ctz(v) : 32;
}

static inline int ctz64(uint64_t v)
{
    return v ? __builtin_ctzll(v) : 64;
}

static inline int cto32(uint32_t v)
{
    return ctz32(~v);
}

static inline int cto64(uint64_t v)
{
    return ctz64(~v);
}

/* Redundant sign bits: how many after the top one equal it. */
static inline int clrsb32(uint32_t v)
{
    return __builtin_clrsb(v);
}

static inline int clrsb64(uint64_t v)
{
    return __builtin_clrsbll(v);
}

static inline int ctpop8(uint8_t v)
{
    return __builtin_popcount(v);
}

static inline int ctpop16(uint16_t v)
{
    return __builtin_popcount(v);
}

static inline int ctpop32(uint32_t v)
{
    return __builtin_popcount(v);
}

static inline int ctpop64(uint64_t v)
{
    return __builtin_popcountll(v);
}

static inline uint8_t revbit8(uint8_t x)
{
    x = (x & 0xf0) >> 4 | (x & 0x0f) << 4;
    x = (x & 0xcc) >> 2 | (x & 0x33) << 2;
    return (x & 0xaa) >> 1 | (x & 0x55) << 1;
}

static inline uint16_t revbit16(uint16_t x)
{
    return revbit8(x) << 8 | revbit8(x >> 8);
}

static inline uint32_t revbit32(uint32_t x)
{
    return (uint32_t)revbit16(x) << 16 | revbit16(x >> 16);
}

static inline uint64_t revbit64(uint64_t x)
{
    return (uint64_t)revbit32(x) << 32 | revbit32(x >> 32);
}

/* Wrapped result in *ret; true when it does not fit. */
static inline bool sadd32_overflow(int32_t x, int32_t y, int32_t *ret)
{
    return __builtin_add_overflow(x, y, ret);
}

static inline bool sadd64_overflow(int64_t x, int64_t y, int64_t *ret)
{
    return __builtin_add_overflow(x, y, ret);
}

static inline bool uadd32_overflow(uint32_t x, uint32_t y, uint32_t *ret)
{
    return __builtin_add_overflow(x, y, ret);
}

static inline bool uadd64_overflow(uint64_t x, uint64_t y, uint64_t *ret)
{
    return __builtin_add_overflow(x, y, ret);
}

static inline bool ssub32_overflow(int32_t x, int32_t y, int32_t *ret)
{
    return __builtin_sub_overflow(x, y, ret);
}

static inline bool ssub64_overflow(int64_t x, int64_t y, int64_t *ret)
{
    return __builtin_sub_overflow(x, y, ret);
}

static inline bool usub64_overflow(uint64_t x, uint64_t y, uint64_t *ret)
{
    return __builtin_sub_overflow(x, y, ret);
}

static inline bool smul64_overflow(int64_t x, int64_t y, int64_t *ret)
{
    return __builtin_mul_overflow(x, y, ret);
}

static inline bool umul64_overflow(uint64_t x, uint64_t y, uint64_t *ret)
{
    return __builtin_mul_overflow(x, y, ret);
}

static inline bool is_power_of_2(uint64_t value)
{
    return value && !(value & (value - 1));
}

/* Largest power of two not above @value; 0 for 0. */
static inline uint64_t pow2floor(uint64_t value)
{
    return value ? 0x8000000000000000ull >> clz64(value) : 0;
}

/* Smallest power of two not below @value; 0 when that is 2^64, 1 for 0. */
static inline uint64_t pow2ceil(uint64_t value)
{
    int n = clz64(value - 1);

    if (value <= 1) {
        return 1;
    }
    return n ? 0x8000000000000000ull >> (n - 1) : 0;
}

static inline uint32_t pow2roundup32(uint32_t x)
{
    return x <= 1 ? x : (uint32_t)(2u << (31 - clz32(x - 1)));
}

#endif
