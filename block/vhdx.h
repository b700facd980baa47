/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the driver vhdx; [MS-VHDX] 2, little-endian. */
#ifndef BLOCK_VHDX_H
#define BLOCK_VHDX_H

#include "block/block_int.h"
#include "meta-cache.h"

#define VHDX_SIGNATURE      "vhdxfile"
#define VHDX_HEADER_MAGIC   0x64616568            /* "head" */
#define VHDX_REGION_MAGIC   0x69676572            /* "regi" */
#define VHDX_METADATA_MAGIC 0x617461646174656dULL /* "metadata" */
#define VHDX_LOG_MAGIC      0x65676f6c            /* "loge" */
#define VHDX_DATA_MAGIC     0x61746164            /* "data" */
#define VHDX_DESC_MAGIC     0x63736564            /* "desc" */
#define VHDX_ZERO_MAGIC     0x6f72657a            /* "zero" */

#define VHDX_HEADER1        (64 * KiB)
#define VHDX_HEADER2        (128 * KiB)
#define VHDX_HEADER_BYTES   4096
#define VHDX_REGIONS1       (192 * KiB)
#define VHDX_REGIONS2       (256 * KiB)
#define VHDX_REGIONS_BYTES  65536
#define VHDX_MAX_SIZE       (64 * TiB)
#define VHDX_MAX_LOG        (128 * MiB)

enum {
    VHDX_BLOCK_NOT_PRESENT = 0,
    VHDX_BLOCK_UNDEFINED = 1,
    VHDX_BLOCK_ZERO = 2,
    VHDX_BLOCK_UNMAPPED = 3,
    VHDX_BLOCK_FULLY_PRESENT = 6,
};

typedef struct QEMU_PACKED VhdxHeader {
    uint32_t magic;
    uint32_t checksum; /* of VHDX_HEADER_BYTES */
    uint64_t sequence;
    uint8_t file_guid[16]; /* changes when the file does */
    uint8_t data_guid[16]; /* changes when the disk does */
    uint8_t log_guid[16];  /* zero: the log is empty */
    uint16_t log_version;
    uint16_t version;
    uint32_t log_length;
    uint64_t log_offset;
} VhdxHeader;

typedef struct QEMU_PACKED VhdxRegion {
    uint8_t guid[16];
    uint64_t offset;
    uint32_t length;
    uint32_t required;
} VhdxRegion;

typedef struct QEMU_PACKED VhdxRegionTable {
    uint32_t magic;
    uint32_t checksum; /* of VHDX_REGIONS_BYTES */
    uint32_t count;
    uint32_t reserved;
    VhdxRegion regions[];
} VhdxRegionTable;

typedef struct QEMU_PACKED VhdxItem {
    uint8_t guid[16];
    uint32_t offset; /* in the region */
    uint32_t length;
    uint32_t flags;
    uint32_t reserved;
} VhdxItem;

#define VHDX_ITEM_REQUIRED 4

typedef struct QEMU_PACKED VhdxMetadata {
    uint64_t magic;
    uint16_t reserved;
    uint16_t count;
    uint8_t reserved2[20];
    VhdxItem items[];
} VhdxMetadata;

extern const uint8_t vhdx_guid_bat[16], vhdx_guid_metadata[16];
typedef enum VhdxItemKind {
    VHDX_FILE_PARAMETERS,
    VHDX_DISK_SIZE,
    VHDX_PAGE83,
    VHDX_LOGICAL_SECTOR,
    VHDX_PHYSICAL_SECTOR,
    VHDX_ITEMS,
} VhdxItemKind;
extern const struct VhdxItemInfo {
    uint8_t guid[16];
    uint32_t offset, length; /* as we write them */
    uint32_t flags;
} vhdx_items[VHDX_ITEMS];

typedef struct VhdxState {
    VhdxHeader header; /* the one that counts */
    bool first_counts;
    uint64_t bat_offset, metadata_offset;
    uint32_t bat_length, metadata_length;
    uint64_t size;
    uint32_t block_size, sector_size, chunk_ratio;
    bool fixed, log_replayed;
    MetaCache *meta;
    CoMutex lock;  /* of allocations */
    uint64_t next; /* where the next block goes; 0: not known yet; lock */
    bool written;  /* the header says that the disk has changed; atomic, set with the lock */
} VhdxState;

/* Behind so many blocks is one of their bitmaps, but not behind the last. */
static inline uint64_t vhdx_bat_entries(uint64_t blocks, uint64_t chunk_ratio)
{
    return blocks ? blocks + (blocks - 1) / chunk_ratio : 0;
}

/* A header with @s->header's content in the place that does not count, which counts from then on.
 */
int coroutine_mixed_fn vhdx_write_header(BlockDriverState *bs);
/* In front of @bytes at @p, where the checksum is 0 meanwhile. */
uint32_t vhdx_checksum(const void *p, size_t bytes);
bool vhdx_read_headers(BlockDriverState *bs, Error **errp);
bool vhdx_read_regions(BlockDriverState *bs, Error **errp);
bool vhdx_read_metadata(BlockDriverState *bs, Error **errp);
/* Do what is in the log, if there is something. */
bool vhdx_replay_log(BlockDriverState *bs, Error **errp);

extern const BdrvOpt vhdx_create_opts[];
bool vhdx_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp);
bool vhdx_create_node(BlockdevCreateOptions *options, struct QCryptoLuksNew *luks, Error **errp);

#endif
