/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Constants and small types of the block layer that its users see too. */
#ifndef BLOCK_BLOCK_COMMON_H
#define BLOCK_BLOCK_COMMON_H

#include "block/aio.h"
#include "qapi/error.h"
#include "qapi/qapi-types-block-core.h"
#include "qemu/iov.h"
#include "qemu/units.h"

#define BDRV_SECTOR_BITS 9
#define BDRV_SECTOR_SIZE (1ULL << BDRV_SECTOR_BITS)
/* No request is longer; a multiple of every alignment that a node may ask for. */
#define BDRV_REQUEST_MAX_BYTES (INT32_MAX & ~(int64_t)(BDRV_MAX_REQUEST_ALIGN - 1))
#define BDRV_MAX_REQUEST_ALIGN (1u << 20)
/* Offsets end here, so that sums of an offset, a length and an alignment do not overflow. */
#define BDRV_MAX_LENGTH (INT64_MAX & ~(int64_t)(BDRV_MAX_REQUEST_ALIGN - 1))

/* ---- how a node is opened ---- */

#define BDRV_O_RDWR               0x0002
#define BDRV_O_SNAPSHOT           0x0008 /* writes go to a temporary overlay */
#define BDRV_O_TEMPORARY          0x0010 /* delete the file after opening it */
#define BDRV_O_NOCACHE            0x0020 /* cache.direct: around the host's page cache */
#define BDRV_O_NATIVE_AIO         0x0080
#define BDRV_O_NO_BACKING         0x0100 /* do not open the backing chain */
#define BDRV_O_NO_FLUSH           0x0200 /* cache.no-flush: flushes do nothing */
#define BDRV_O_COPY_ON_READ       0x0400
#define BDRV_O_INACTIVE           0x0800 /* another process has the image (incoming migration) */
#define BDRV_O_CHECK              0x1000 /* opened to be checked: tolerate what check can mend */
#define BDRV_O_ALLOW_RDWR         0x2000 /* may become writable by reopen */
#define BDRV_O_UNMAP              0x4000 /* discard=unmap */
#define BDRV_O_PROTOCOL           0x8000 /* open the protocol level, do not probe for a format */
#define BDRV_O_NO_IO              0x10000
#define BDRV_O_AUTO_RDONLY        0x20000 /* fall back to read-only when the image cannot be written */
#define BDRV_O_IO_URING           0x40000
#define BDRV_O_CBW_DISCARD_SOURCE 0x80000
#define BDRV_O_CACHE_MASK         (BDRV_O_NOCACHE | BDRV_O_NO_FLUSH)

/* ---- requests ---- */

typedef enum {
    BDRV_REQ_COPY_ON_READ = 0x1,
    /* Write zeroes: deallocate if that still reads as zeroes. */
    BDRV_REQ_MAY_UNMAP = 0x4,
    /* On stable storage before the request completes. */
    BDRV_REQ_FUA = 0x10,
    /* The data is to be stored compressed. */
    BDRV_REQ_WRITE_COMPRESSED = 0x20,
    /* The guest sees no change: copy-on-read, committing below. Needs only WRITE_UNCHANGED. */
    BDRV_REQ_WRITE_UNCHANGED = 0x40,
    /* Runs alone: overlapping requests wait for it. */
    BDRV_REQ_SERIALISING = 0x80,
    /* Write zeroes fails with -ENOTSUP where that would mean to write buffers full of them. */
    BDRV_REQ_NO_FALLBACK = 0x100,
    /* Only get the data near (with COPY_ON_READ: into the image); the buffer is not filled. */
    BDRV_REQ_PREFETCH = 0x200,
    /* With SERIALISING: -EBUSY instead of waiting. */
    BDRV_REQ_NO_WAIT = 0x400,
} BdrvRequestFlags;

/* ---- bdrv_co_block_status() ---- */

#define BDRV_BLOCK_DATA         0x01 /* is stored somewhere */
#define BDRV_BLOCK_ZERO         0x02 /* reads as zeroes */
#define BDRV_BLOCK_OFFSET_VALID 0x04 /* *map is where in *file */
#define BDRV_BLOCK_RAW          0x08 /* drivers only: ask *file at *map */
#define BDRV_BLOCK_ALLOCATED    0x10 /* this layer decides, not the backing file */
#define BDRV_BLOCK_EOF          0x20 /* reaches the end of the image */
#define BDRV_BLOCK_RECURSE      0x40 /* drivers only: also ask *file whether it is zero */
#define BDRV_BLOCK_COMPRESSED   0x80

/* ---- permissions: what a parent does with a child, and lets others do meanwhile ---- */

enum {
    /* What is read was written by somebody, or was there: no half-copied state. */
    BLK_PERM_CONSISTENT_READ = 0x01,
    BLK_PERM_WRITE = 0x02,
    /* Writes that do not change what is read (copy-on-read, allocation). */
    BLK_PERM_WRITE_UNCHANGED = 0x04,
    BLK_PERM_RESIZE = 0x08,
    BLK_PERM_ALL = 0x0f,
};

/* "consistent read, write", g_free() it. */
char *bdrv_perm_names(uint64_t perm);

/* What a child is to its parent. */
enum {
    BDRV_CHILD_DATA = 0x01,     /* guest data */
    BDRV_CHILD_METADATA = 0x02, /* the parent's own tables */
    BDRV_CHILD_FILTERED = 0x04, /* the parent shows this child's data, offset by offset */
    BDRV_CHILD_COW = 0x08,      /* read where the parent has nothing */
    BDRV_CHILD_PRIMARY = 0x10,  /* bs->file, or bs->backing of a filter */
    BDRV_CHILD_IMAGE = BDRV_CHILD_DATA | BDRV_CHILD_METADATA | BDRV_CHILD_PRIMARY,
};
typedef unsigned int BdrvChildRole;

/* ---- small types ---- */

typedef struct HDGeometry {
    uint32_t heads;
    uint32_t sectors;
    uint32_t cylinders;
} HDGeometry;

typedef struct BlockSizes {
    uint32_t phys;
    uint32_t log;
} BlockSizes;

typedef struct BlockDriverInfo {
    int cluster_size;        /* 0: none */
    int64_t vm_state_offset; /* 0: cannot hold the state of a machine */
    bool is_dirty;           /* tables may be stale (lazy refcounts) */
    /* Compressed clusters stay readable when something is written to them uncompressed. */
    bool needs_compressed_writes;
    int64_t subcluster_size;
} BlockDriverInfo;

typedef struct BlockFragInfo {
    uint64_t allocated_clusters;
    uint64_t total_clusters;
    uint64_t fragmented_clusters;
    uint64_t compressed_clusters;
} BlockFragInfo;

typedef enum {
    BDRV_FIX_LEAKS = 1,
    BDRV_FIX_ERRORS = 2,
} BdrvCheckMode;

typedef struct BdrvCheckResult {
    int corruptions;
    int leaks;
    int check_errors;
    int corruptions_fixed;
    int leaks_fixed;
    int64_t image_end_offset;
    BlockFragInfo bfi;
} BdrvCheckResult;

typedef struct BlockMeasureInfo {
    uint64_t required;
    uint64_t fully_allocated;
    bool has_bitmaps;
    uint64_t bitmaps;
} BlockMeasureInfo;

/* ---- memory ---- */

/* Aligned well enough for O_DIRECT on @bs (NULL: on anything). Free with qemu_vfree(). */
void *qemu_blockalign(BlockDriverState *bs, size_t size);
/* NULL when there is not enough memory: for sizes that an image decides. */
void *qemu_try_blockalign(BlockDriverState *bs, size_t size);
void *qemu_try_blockalign0(BlockDriverState *bs, size_t size);

#endif
