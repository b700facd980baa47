/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the driver vmdk. */
#ifndef BLOCK_VMDK_H
#define BLOCK_VMDK_H

#include "block/block_int.h"
#include "meta-cache.h"

#define VMDK_MAGIC      0x564d444b /* "KDMV" in the file */
#define VMDK_COWD_MAGIC 0x44574f43 /* "COWD": of ESX */
#define VMDK_NO_PARENT  0xffffffffu
#define VMDK_MAX_DESC   (1 * MiB)
/* Of 2 GiB each that is more than a disk has. */
#define VMDK_MAX_EXTENTS 2048
#define VMDK_MAX_GRAIN   (16 * MiB)

enum {
    VMDK_FLAG_NEWLINES = 1 << 0,
    VMDK_FLAG_REDUNDANT = 1 << 1, /* there is a second set of tables */
    VMDK_FLAG_ZERO_GRAIN = 1 << 2,
    VMDK_FLAG_COMPRESSED = 1 << 16,
    VMDK_FLAG_MARKERS = 1 << 17,
    VMDK_COMPRESSION_DEFLATE = 1,
};

/* Virtual Disk Format 5.0, "Hosted Sparse Extent Header"; little-endian, sectors of 512 bytes. */
typedef struct QEMU_PACKED VmdkHeader {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint64_t capacity;
    uint64_t granularity;
    uint64_t desc_offset;
    uint64_t desc_size;
    uint32_t gt_entries;
    uint64_t rgd_offset;
    uint64_t gd_offset; /* all ones: in the copy of the header at the end of the file */
    uint64_t grain_offset;
    uint8_t unclean;
    char check_bytes[4];
    uint16_t compression;
    uint8_t pad[433];
} VmdkHeader;
QEMU_BUILD_BUG_ON(sizeof(VmdkHeader) != 512);

/* The same of ESX, "ESX Server Sparse Extents". */
typedef struct QEMU_PACKED VmdkCowdHeader {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t sectors;
    uint32_t granularity;
    uint32_t gd_offset;
    uint32_t gd_entries;
    uint32_t file_sectors;
} VmdkCowdHeader;

typedef enum VmdkKind {
    VMDK_FLAT,
    VMDK_ZERO,
    VMDK_SPARSE,
} VmdkKind;

/* A part of the disk, in a file of its own or in that of the descriptor. */
typedef struct VmdkExtent {
    VmdkKind kind;
    const char *type;     /* as in the descriptor; "" for the file that has the descriptor inside */
    uint64_t start, size; /* bytes of the disk */
    bool read_only;
    BdrvChild *file; /* NULL: zero */
    int64_t flat_offset;
    /* sparse: */
    MetaCache *meta;
    uint64_t gd_offset, rgd_offset; /* bytes; rgd 0: none */
    uint64_t gd_entries;
    uint32_t gt_entries, grain; /* grain: bytes */
    bool compressed, zero_grain;
    CoMutex lock;  /* of allocations */
    uint64_t next; /* where the next grain or table goes; 0: not known yet; lock */
} VmdkExtent;

typedef struct VmdkState {
    VmdkExtent **extents;
    int nb_extents;
    uint64_t size;
    /* The descriptor in bs->file. */
    uint64_t desc_offset, desc_size;
    uint32_t cid; /* atomic */
    uint32_t parent_cid;
    const BlockDriverState *parent; /* atomic: one that is right; NULL: there is none */
    char create_type[32];
    CoMutex cid_lock;
    bool cid_renewed; /* atomic, set with cid_lock held: this process has changed the disk */
} VmdkState;

/* ---- vmdk-desc.c ---- */

/* Takes what it says about the disk as a whole; @text ends with NUL. */
bool vmdk_parse_desc(BlockDriverState *bs, const char *text, Error **errp);
/* The extents of a descriptor that is a file of its own; @options: "extents.N". */
bool vmdk_open_extents(BlockDriverState *bs, const char *text, QDict *options, Error **errp);
/* The disk is about to change: give it another CID, once. */
int coroutine_fn vmdk_renew_cid(BlockDriverState *bs);
/* Jobs of this process have changed the parent, but not what the child shows: its number follows.
 */
void vmdk_follow_parent(BlockDriverState *bs);

/* ---- vmdk-extent.c ---- */

/* Another extent at the end of the disk. */
VmdkExtent *vmdk_add_extent(BlockDriverState *bs);
/* What the header of a sparse extent in @e->file says. @size: as the descriptor has it, 0: unknown.
 */
bool vmdk_open_sparse(BlockDriverState *bs, VmdkExtent *e, uint64_t size, Error **errp);

typedef enum VmdkGrain {
    GRAIN_ABSENT,
    GRAIN_ZERO,
    GRAIN_STORED,
} VmdkGrain;

/*
 * What is at @offset of the extent, and how many of *@bytes go on like it, in the file, too, if
 * they are stored;
 * *@where: the byte there at which the first grain begins.
 */
int coroutine_fn vmdk_lookup(VmdkExtent *e, uint64_t offset, int64_t *bytes, uint64_t *where);
int coroutine_fn vmdk_read_compressed(VmdkExtent *e, uint64_t where, uint64_t in_grain,
                                      uint64_t bytes, QEMUIOVector *qiov, size_t qiov_offset);
/* As many as can be written together; *@bytes says. @backing (NULL: zeroes) has the rest of a new
 * grain. */
int coroutine_fn vmdk_write_grains(VmdkExtent *e, uint64_t offset, int64_t *bytes,
                                   QEMUIOVector *qiov, size_t qiov_offset, BdrvChild *backing);
/* Whole grains, up to *@bytes, read as zeroes; so many as it says then. -ENOTSUP: not in this way.
 */
int coroutine_fn vmdk_zero_grains(VmdkExtent *e, uint64_t offset, int64_t *bytes, bool has_backing);

/* ---- vmdk-create.c ---- */

extern const BdrvOpt vmdk_create_opts[];
bool vmdk_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp);
bool vmdk_create_node(BlockdevCreateOptions *options, struct QCryptoLuksNew *luks, Error **errp);

#endif
