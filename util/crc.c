/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cyclic redundancy checks, a byte at a time by table. The reflected ones take
 * eight bytes at a time ("slicing by 8": Kounavis and Berry, 2005).
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/crc.h"

#define POLY_IEEE_REFLECTED       0xedb88320u
#define POLY_CASTAGNOLI_REFLECTED 0x82f63b78u
#define POLY_IEEE                 0x04c11db7u
#define POLY_CCITT                0x1021u

typedef uint32_t SliceTable[8][256];

static SliceTable ieee_table;
static SliceTable castagnoli_table;

/* table[k][b]: what byte b does to the remainder when k more bytes follow. */
static void make_table(SliceTable t, uint32_t poly)
{
    uint32_t b, crc;
    int k;

    for (b = 0; b < 256; b++) {
        crc = b;
        for (k = 0; k < 8; k++) {
            crc = crc >> 1 ^ (crc & 1 ? poly : 0);
        }
        t[0][b] = crc;
    }
    for (k = 1; k < 8; k++) {
        for (b = 0; b < 256; b++) {
            t[k][b] = t[k - 1][b] >> 8 ^ t[0][t[k - 1][b] & 0xff];
        }
    }
}

static void __attribute__((constructor)) make_tables(void)
{
    make_table(ieee_table, POLY_IEEE_REFLECTED);
    make_table(castagnoli_table, POLY_CASTAGNOLI_REFLECTED);
}

static uint32_t crc_reflected(const SliceTable t, uint32_t crc, const uint8_t *p, size_t len)
{
    for (; len >= 8; p += 8, len -= 8) {
        uint32_t lo = crc ^ (uint32_t)ldl_le_p(p);
        uint32_t hi = ldl_le_p(p + 4);

        crc = t[7][lo & 0xff] ^ t[6][lo >> 8 & 0xff] ^ t[5][lo >> 16 & 0xff] ^ t[4][lo >> 24] ^
              t[3][hi & 0xff] ^ t[2][hi >> 8 & 0xff] ^ t[1][hi >> 16 & 0xff] ^ t[0][hi >> 24];
    }
    while (len--) {
        crc = crc >> 8 ^ t[0][(crc ^ *p++) & 0xff];
    }
    return crc;
}

uint32_t qemu_crc32(uint32_t crc, const void *data, size_t length)
{
    return ~crc_reflected(ieee_table, ~crc, data, length);
}

#ifdef HOST_X86_64
/* SSE4.2 has an instruction for this polynomial: ten times as fast as the table. */
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint64_t crc, const uint8_t *data,
                                                               unsigned int length)
{
    for (; length >= 8; length -= 8, data += 8) {
        uint64_t word;

        memcpy(&word, data, sizeof(word));
        crc = __builtin_ia32_crc32di(crc, word);
    }
    for (; length; length--) {
        crc = __builtin_ia32_crc32qi(crc, *data++);
    }
    return crc;
}
#endif

uint32_t crc32c(uint32_t crc, const uint8_t *data, unsigned int length)
{
#ifdef HOST_X86_64
    if (__builtin_cpu_supports("sse4.2")) {
        return ~crc32c_sse42(crc, data, length);
    }
#endif
    return ~crc_reflected(castagnoli_table, crc, data, length);
}

uint32_t net_crc32_le(const uint8_t *p, int len)
{
    return crc_reflected(ieee_table, ~0u, p, len);
}

uint32_t net_crc32(const uint8_t *p, int len)
{
    uint32_t crc = ~0u;
    int i, bit;

    /* Six bytes at most: no table. Bits of a byte go in from the least significant. */
    for (i = 0; i < len; i++) {
        for (bit = 0; bit < 8; bit++) {
            uint32_t carry = crc >> 31 ^ (p[i] >> bit & 1);

            crc = crc << 1 ^ (carry ? POLY_IEEE : 0);
        }
    }
    return crc;
}

uint16_t crc_ccitt_msb(uint16_t crc, const uint8_t *data, size_t length)
{
    int bit;

    while (length--) {
        crc ^= *data++ << 8;
        for (bit = 0; bit < 8; bit++) {
            crc = crc << 1 ^ (crc & 0x8000 ? POLY_CCITT : 0);
        }
    }
    return crc;
}
