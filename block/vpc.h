/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The structures of VHD files (Virtual Hard Disk Image Format Specification 1.0); big-endian. */
#ifndef BLOCK_VPC_H
#define BLOCK_VPC_H

#include "block/block_int.h"

#define VPC_COOKIE         "conectix"
#define VPC_DYNAMIC_COOKIE "cxsparse"
#define VPC_UNUSED         0xffffffffu
#define VPC_MAX_SECTORS    0xff000000u /* 2040 GiB */

enum {
    VPC_FIXED = 2,
    VPC_DYNAMIC = 3,
};

typedef struct QEMU_PACKED VpcFooter {
    char cookie[8];
    uint32_t features;
    uint32_t version;
    uint64_t data_offset; /* of the dynamic header; all ones: none */
    uint32_t timestamp;   /* seconds since 2000 */
    char creator[4];
    uint32_t creator_version;
    char creator_os[4];
    uint64_t original_size;
    uint64_t current_size;
    uint16_t cylinders;
    uint8_t heads;
    uint8_t sectors;
    uint32_t type;
    uint32_t checksum;
    uint8_t uuid[16];
    uint8_t saved_state;
    uint8_t reserved[427];
} VpcFooter;
QEMU_BUILD_BUG_ON(sizeof(VpcFooter) != 512);

typedef struct QEMU_PACKED VpcDynamicHeader {
    char cookie[8];
    uint64_t data_offset; /* all ones */
    uint64_t table_offset;
    uint32_t version;
    uint32_t max_table_entries;
    uint32_t block_size;
    uint32_t checksum;
    uint8_t parent_uuid[16];
    uint32_t parent_timestamp;
    uint32_t reserved;
    uint8_t parent_name[512];
    uint8_t parent_locators[8][24];
    uint8_t reserved2[256];
} VpcDynamicHeader;
QEMU_BUILD_BUG_ON(sizeof(VpcDynamicHeader) != 1024);

/* The complement of the sum of all bytes but those of the checksum itself. */
uint32_t vpc_checksum(const void *buf, size_t size, size_t checksum_offset);
/* Bytes: by the geometry or by the size, as the program means it that made the image. */
uint64_t vpc_disk_size(const VpcFooter *footer);

static inline uint32_t vpc_bitmap_size(uint32_t block_size)
{
    return ROUND_UP(DIV_ROUND_UP(block_size / 512, 8), 512);
}

extern const BdrvOpt vpc_create_opts[];
bool vpc_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp);
bool vpc_create_node(BlockdevCreateOptions *options, struct QCryptoLuksNew *luks, Error **errp);

#endif
