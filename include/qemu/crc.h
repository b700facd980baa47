/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cyclic redundancy checks. */
#ifndef QEMU_CRC_H
#define QEMU_CRC_H

#include <stddef.h>
#include <stdint.h>

/* IEEE 802.3 (zlib's); start with 0 and pass the result to go on. */
uint32_t qemu_crc32(uint32_t crc, const void *data, size_t length);
/* Castagnoli (iSCSI, VHDX, NVMe); start with 0xffffffff, the result is inverted. */
uint32_t crc32c(uint32_t crc, const uint8_t *data, unsigned int length);
/* Over Ethernet addresses as multicast filters do: MSB first, and LSB first. */
uint32_t net_crc32(const uint8_t *p, int len);
uint32_t net_crc32_le(const uint8_t *p, int len);
/* CCITT, polynomial 0x1021, MSB first. */
uint16_t crc_ccitt_msb(uint16_t crc, const uint8_t *data, size_t length);

#endif
