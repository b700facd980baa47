/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binary coded decimals of two digits. */
#ifndef QEMU_BCD_H
#define QEMU_BCD_H

#include <stdint.h>

/* @val below 100. */
static inline uint8_t to_bcd(uint8_t val)
{
    return ((val / 10) << 4) | (val % 10);
}

/* Digits above 9 count as what they are. */
static inline uint8_t from_bcd(uint8_t val)
{
    return ((val >> 4) * 10) + (val & 0x0f);
}

#endif
