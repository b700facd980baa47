/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format "vdi" of VirtualBox, version 1.1: a header, a table of where each block of 1 MiB is,
 * and the blocks, in the order in which they were written to. Little-endian.
 *
 * New blocks are appended: the header counts a block, and then the table names it (meta_commit()).
 * No place is given out that the table names already: other programs have no such order.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "block/block_int.h"
#include "crypto/hash.h"
#include "meta-cache.h"
#include "qapi/qapi-types-block-create.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qobject/qdict.h"

#define VDI_TEXT      "<<< QEMU VM Virtual Disk Image >>>\n"
#define VDI_SIGNATURE 0xbeda107fu
#define VDI_VERSION   0x00010001u
#define VDI_DYNAMIC   1
#define VDI_STATIC    2
#define VDI_BLOCK     (1 * MiB)
/* Entries of the table. */
#define VDI_UNUSED 0xffffffffu
#define VDI_ZERO   0xfffffffeu
/* As others have it: the table, in whole sectors, is below 2 GiB. */
#define VDI_MAX_BLOCKS 0x1fffff80u

typedef struct QEMU_PACKED VdiHeader {
    char text[64];
    uint32_t signature;
    uint32_t version;
    uint32_t header_size; /* from here on */
    uint32_t type;
    uint32_t flags;
    char description[256];
    uint32_t table_offset;
    uint32_t data_offset;
    uint32_t cylinders;
    uint32_t heads;
    uint32_t sectors;
    uint32_t sector_size;
    uint32_t unused1;
    uint64_t disk_size;
    uint32_t block_size;
    uint32_t block_extra;
    uint32_t blocks;
    uint32_t blocks_allocated;
    uint8_t uuid_image[16];
    uint8_t uuid_last_snap[16];
    uint8_t uuid_link[16];
    uint8_t uuid_parent[16];
    uint8_t unused2[56];
} VdiHeader;
QEMU_BUILD_BUG_ON(sizeof(VdiHeader) != 512);

typedef struct VdiState {
    MetaCache *meta;
    uint64_t size, table_offset, data_offset;
    uint32_t blocks;
    CoMutex lock;  /* of allocations */
    uint32_t used; /* blocks that are in the file; lock */
    bool all_seen; /* no entry of the table names one behind them; lock */
} VdiState;

static int vdi_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    return buf_size >= 72 && ldl_le_p(buf + offsetof(VdiHeader, signature)) == VDI_SIGNATURE ? 100
                                                                                             : 0;
}

/* ---- opening ---- */

static bool check_header(const VdiHeader *h, Error **errp)
{
    static const uint8_t none[16];
    uint64_t size = le64_to_cpu(h->disk_size);
    uint32_t blocks = le32_to_cpu(h->blocks);

    if (le32_to_cpu(h->signature) != VDI_SIGNATURE) {
        error_setg(errp, "Image not in VDI format (bad signature %08x)", le32_to_cpu(h->signature));
    } else if (le32_to_cpu(h->version) != VDI_VERSION) {
        error_setg(errp, "unsupported VDI image (version %u.%u), only 1.1",
                   le32_to_cpu(h->version) >> 16, le32_to_cpu(h->version) & 0xffff);
    } else if (le32_to_cpu(h->table_offset) % BDRV_SECTOR_SIZE ||
               le32_to_cpu(h->data_offset) % BDRV_SECTOR_SIZE) {
        error_setg(errp, "unsupported VDI image (table at %u, data at %u: not at sectors)",
                   le32_to_cpu(h->table_offset), le32_to_cpu(h->data_offset));
    } else if (le32_to_cpu(h->table_offset) < sizeof(*h) ||
               le32_to_cpu(h->data_offset) < le32_to_cpu(h->table_offset) + (uint64_t)blocks * 4) {
        error_setg(errp,
                   "invalid VDI image (the header, the table at %u and the data at %u "
                   "overlap)",
                   le32_to_cpu(h->table_offset), le32_to_cpu(h->data_offset));
    } else if (le32_to_cpu(h->sector_size) != BDRV_SECTOR_SIZE) {
        error_setg(errp, "unsupported VDI image (sector size %u is not 512)",
                   le32_to_cpu(h->sector_size));
    } else if (le32_to_cpu(h->block_size) != VDI_BLOCK || h->block_extra) {
        error_setg(errp, "unsupported VDI image (block size %u + %u is not 1 MiB)",
                   le32_to_cpu(h->block_size), le32_to_cpu(h->block_extra));
    } else if (blocks > VDI_MAX_BLOCKS || size > (uint64_t)blocks * VDI_BLOCK) {
        error_setg(errp, "unsupported VDI image (disk size %" PRIu64 ", image has %u blocks)", size,
                   blocks);
    } else if (memcmp(h->uuid_link, none, 16)) {
        error_setg(errp, "unsupported VDI image (non-NULL link UUID: it is a difference to another "
                         "image)");
    } else if (memcmp(h->uuid_parent, none, 16)) {
        error_setg(errp, "unsupported VDI image (non-NULL parent UUID: it is a difference to "
                         "another image)");
    } else {
        return true;
    }
    return false;
}

static bool vdi_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    VdiState *s = bs->opaque;
    int64_t length;
    VdiHeader h;
    int ret;

    qemu_co_mutex_init(&s->lock);
    if (!bdrv_open_file_child(NULL, options, "file", bs, errp)) {
        return false;
    }
    ret = bdrv_pread(bs->file, 0, sizeof(h), &h, 0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read the VDI header");
        return false;
    }
    if (!check_header(&h, errp)) {
        return false;
    }
    s->size = ROUND_UP(le64_to_cpu(h.disk_size), BDRV_SECTOR_SIZE);
    s->table_offset = le32_to_cpu(h.table_offset);
    s->data_offset = le32_to_cpu(h.data_offset);
    s->blocks = le32_to_cpu(h.blocks);
    length = bdrv_getlength(bs->file->bs);
    if (length < 0 || s->table_offset + (uint64_t)s->blocks * 4 > length) {
        error_setg(errp, "The table of %u blocks at %" PRIu64 " is not inside of the file",
                   s->blocks, s->table_offset);
        return false;
    }
    /* The count may be older than the table, when a power failure kept only the latter. */
    s->used = le32_to_cpu(h.blocks_allocated);
    if (length > (int64_t)s->data_offset && bdrv_has_zero_init(bs->file->bs)) {
        s->used = MAX(s->used, MIN(DIV_ROUND_UP(length - s->data_offset, VDI_BLOCK), UINT32_MAX));
    }
    s->meta = meta_cache_new(bs->file);
    return true;
}

static void vdi_close(BlockDriverState *bs)
{
    VdiState *s = bs->opaque;

    meta_cache_free(s->meta);
}

static void vdi_refresh_limits(BlockDriverState *bs, Error **errp)
{
    bs->bl.request_alignment = MAX(bs->bl.request_alignment, BDRV_SECTOR_SIZE);
    bs->bl.pwrite_zeroes_alignment = VDI_BLOCK;
}

/* ---- requests ---- */

static bool is_stored(uint32_t entry)
{
    return entry < VDI_ZERO;
}

static int coroutine_fn get_entry(VdiState *s, uint64_t block, uint32_t *entry)
{
    int ret = meta_read(s->meta, s->table_offset + block * 4, entry, 4);

    *entry = le32_to_cpu(*entry);
    return ret;
}

static int64_t data_of(const VdiState *s, uint32_t entry)
{
    return s->data_offset + (int64_t)entry * VDI_BLOCK;
}

static int64_t in_block(int64_t offset, int64_t bytes)
{
    return MIN(bytes, VDI_BLOCK - offset % VDI_BLOCK);
}

static int coroutine_fn vdi_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      QEMUIOVector *qiov, size_t qiov_offset,
                                      BdrvRequestFlags flags)
{
    VdiState *s = bs->opaque;

    while (bytes) {
        int64_t n = in_block(offset, bytes);
        uint32_t entry;
        int ret = get_entry(s, offset / VDI_BLOCK, &entry);

        if (ret < 0) {
            return ret;
        }
        if (is_stored(entry)) {
            ret = bdrv_co_preadv_part(bs->file, data_of(s, entry) + offset % VDI_BLOCK, n, qiov,
                                      qiov_offset, 0);
        } else {
            qemu_iovec_memset(qiov, qiov_offset, 0, n);
        }
        if (ret < 0) {
            return ret;
        }
        offset += n;
        qiov_offset += n;
        bytes -= n;
    }
    return 0;
}

static int coroutine_fn note_end(const void *entry, void *opaque)
{
    VdiState *s = opaque;
    uint32_t value = ldl_le_p(entry);

    if (is_stored(value)) {
        s->used = MAX(s->used, value + 1);
    }
    return 0;
}

/* The block gets a place in the file, and @qiov's data at @in in it. With the lock held. */
static int coroutine_fn allocate(BlockDriverState *bs, uint64_t block, int64_t in, int64_t bytes,
                                 QEMUIOVector *qiov, size_t qiov_offset)
{
    VdiState *s = bs->opaque;
    int ret = s->all_seen ? 0 : meta_for_each(s->meta, s->table_offset, s->blocks, 4, note_end, s);
    uint32_t entry = s->used, value;

    if (ret < 0) {
        return ret;
    }
    s->all_seen = true;
    if (!is_stored(entry)) {
        return -EFBIG;
    }
    ret = bdrv_co_clear_area(bs->file, data_of(s, entry), VDI_BLOCK);
    if (ret >= 0) {
        ret = bdrv_co_pwritev_part(bs->file, data_of(s, entry) + in, bytes, qiov, qiov_offset, 0);
    }
    if (ret < 0) {
        return ret;
    }
    /* From here on an error does not tell whether it is in the table: the place is used up. */
    s->used++;
    value = cpu_to_le32(s->used);
    ret = bdrv_co_pwrite(bs->file, offsetof(VdiHeader, blocks_allocated), 4, &value, 0);
    if (ret >= 0) {
        value = cpu_to_le32(entry);
        ret = meta_write(s->meta, s->table_offset + block * 4, &value, 4);
    }
    return ret < 0 ? ret : 0;
}

static int coroutine_fn write_in_block(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset)
{
    VdiState *s = bs->opaque;
    uint64_t block = offset / VDI_BLOCK;
    int64_t in = offset % VDI_BLOCK;
    uint32_t entry;
    bool stored;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    ret = get_entry(s, block, &entry);
    stored = ret >= 0 && is_stored(entry);
    if (ret >= 0 && !stored) {
        ret = allocate(bs, block, in, bytes, qiov, qiov_offset);
    }
    qemu_co_mutex_unlock(&s->lock);
    return stored
               ? bdrv_co_pwritev_part(bs->file, data_of(s, entry) + in, bytes, qiov, qiov_offset, 0)
               : ret;
}

static int coroutine_fn vdi_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags)
{
    int ret = 0;

    while (bytes && ret >= 0) {
        int64_t n = in_block(offset, bytes);

        ret = write_in_block(bs, offset, n, qiov, qiov_offset);
        offset += n;
        qiov_offset += n;
        bytes -= n;
    }
    return ret < 0 ? ret : 0;
}

static int coroutine_fn vdi_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                             BdrvRequestFlags flags)
{
    VdiState *s = bs->opaque;

    while (bytes) {
        int64_t n = in_block(offset, bytes);
        uint32_t entry;
        int ret = get_entry(s, offset / VDI_BLOCK, &entry);

        if (ret >= 0 && is_stored(entry)) {
            ret = bdrv_co_pwrite_zeroes(bs->file, data_of(s, entry) + offset % VDI_BLOCK, n, 0);
        }
        if (ret < 0) {
            return ret;
        }
        offset += n;
        bytes -= n;
    }
    return 0;
}

static int coroutine_fn vdi_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                            int64_t bytes, int64_t *pnum, int64_t *map,
                                            BlockDriverState **file)
{
    VdiState *s = bs->opaque;
    uint32_t entry;
    int ret = get_entry(s, offset / VDI_BLOCK, &entry);

    *pnum = in_block(offset, bytes);
    if (ret < 0) {
        return ret;
    }
    if (!is_stored(entry)) {
        return BDRV_BLOCK_ZERO;
    }
    *map = data_of(s, entry) + offset % VDI_BLOCK;
    *file = bs->file->bs;
    return BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID | BDRV_BLOCK_RECURSE;
}

static int coroutine_fn vdi_co_flush_to_os(BlockDriverState *bs)
{
    VdiState *s = bs->opaque;

    return meta_commit(s->meta);
}

static int64_t coroutine_fn vdi_co_getlength(BlockDriverState *bs)
{
    VdiState *s = bs->opaque;

    return s->size;
}

static int coroutine_fn vdi_co_get_info(BlockDriverState *bs, BlockDriverInfo *bdi)
{
    bdi->cluster_size = VDI_BLOCK;
    return 0;
}

/* ---- check ---- */

/* Each place in the file is used at most once, and is there. */
static int coroutine_fn check_table(BlockDriverState *bs, BdrvCheckResult *res)
{
    VdiState *s = bs->opaque;
    int64_t length = bdrv_co_getlength(bs->file->bs);
    uint64_t places =
        length > (int64_t)s->data_offset ? DIV_ROUND_UP(length - s->data_offset, VDI_BLOCK) : 0;
    g_autofree unsigned long *seen = bitmap_try_new(places);
    uint64_t allocated = 0;

    if (!seen) {
        return -ENOMEM;
    }
    for (uint64_t i = 0; i < s->blocks; i++) {
        uint32_t entry;

        if (get_entry(s, i, &entry) < 0) {
            res->check_errors++;
            continue;
        }
        if (!is_stored(entry)) {
            continue;
        }
        allocated++;
        if (entry >= places) {
            error_printf("ERROR: block index %" PRIu64 " out of range, is %u\n", i, entry);
            res->corruptions++;
        } else if (meta_take_places(seen, entry, 1)) {
            error_printf("ERROR: block index %" PRIu64 " also used by another block: %u\n", i,
                         entry);
            res->corruptions++;
        }
    }
    res->bfi.total_clusters = s->blocks;
    res->bfi.allocated_clusters = allocated;
    if (allocated != s->used) {
        /* Places that nothing uses, after a power failure. */
        error_printf("ERROR: allocated blocks mismatch, is %" PRIu64 ", should be %u\n", allocated,
                     s->used);
        if (allocated < s->used) {
            res->leaks += s->used - allocated;
        } else {
            res->corruptions++;
        }
    }
    return 0;
}

static int coroutine_fn vdi_co_check(BlockDriverState *bs, BdrvCheckResult *res, BdrvCheckMode fix)
{
    if (fix) {
        return -ENOTSUP;
    }
    return check_table(bs, res);
}

/* ---- creation ---- */

typedef struct VdiCreate {
    uint64_t size;
    int preallocation;
    bool is_static;
} VdiCreate;

static const BdrvOpt vdi_create_opts[] = {
    {"size", BDRV_OPT_SIZE, offsetof(VdiCreate, size), NULL, "Virtual disk size"},
    {"static", BDRV_OPT_BOOL, offsetof(VdiCreate, is_static), NULL,
     "VDI static (pre-allocated) image", "off"},
    {"preallocation", BDRV_OPT_ENUM, offsetof(VdiCreate, preallocation), &PreallocMode_lookup,
     "Preallocation mode (allowed values: off, metadata, falloc, full)"},
    {NULL},
};

static bool fill_header(VdiHeader *h, const VdiCreate *c, uint32_t blocks, uint64_t data_offset,
                        Error **errp)
{
    bool all = c->preallocation != PREALLOC_MODE_OFF;

    *h = (VdiHeader){
        .text = VDI_TEXT,
        .signature = cpu_to_le32(VDI_SIGNATURE),
        .version = cpu_to_le32(VDI_VERSION),
        .header_size = cpu_to_le32(0x180),
        .type = cpu_to_le32(all ? VDI_STATIC : VDI_DYNAMIC),
        .table_offset = cpu_to_le32(sizeof(*h)),
        .data_offset = cpu_to_le32(data_offset),
        .sector_size = cpu_to_le32(BDRV_SECTOR_SIZE),
        .disk_size = cpu_to_le64(c->size),
        .block_size = cpu_to_le32(VDI_BLOCK),
        .blocks = cpu_to_le32(blocks),
        .blocks_allocated = cpu_to_le32(all ? blocks : 0),
    };
    return qcrypto_random_bytes(h->uuid_image, sizeof(h->uuid_image), errp) &&
           qcrypto_random_bytes(h->uuid_last_snap, sizeof(h->uuid_last_snap), errp);
}

/* In pieces: the table of a large disk has many megabytes. */
static bool fill_table(BlockBackend *blk, uint32_t blocks, bool all, Error **errp)
{
    enum { PIECE = 64 * 1024 };
    g_autofree uint32_t *buf = g_new(uint32_t, PIECE);

    for (uint32_t i = 0; i < blocks; i += PIECE) {
        uint32_t n = MIN(PIECE, blocks - i);

        for (uint32_t k = 0; k < n; k++) {
            buf[k] = cpu_to_le32(all ? i + k : VDI_UNUSED);
        }
        if (!bdrv_fill_write(blk, sizeof(VdiHeader) + (int64_t)i * 4, buf, (int64_t)n * 4,
                             "table of blocks", errp)) {
            return false;
        }
    }
    return true;
}

static bool fill_image(BlockBackend *blk, void *opaque, Error **errp)
{
    const VdiCreate *c = opaque;
    uint32_t blocks = DIV_ROUND_UP(c->size, VDI_BLOCK);
    uint64_t data_offset = sizeof(VdiHeader) + ROUND_UP((uint64_t)blocks * 4, BDRV_SECTOR_SIZE);
    bool all = c->preallocation != PREALLOC_MODE_OFF;
    uint64_t end = data_offset + (all ? (uint64_t)blocks * VDI_BLOCK : 0);
    /* Of the file, which has no metadata. */
    PreallocMode mode =
        c->preallocation == PREALLOC_MODE_METADATA ? PREALLOC_MODE_OFF : c->preallocation;
    VdiHeader h;

    return fill_header(&h, c, blocks, data_offset, errp) &&
           blk_truncate(blk, end, false, mode, 0, errp) >= 0 &&
           fill_table(blk, blocks, all, errp) &&
           bdrv_fill_write(blk, 0, &h, sizeof(h), "header", errp);
}

static bool check_create(const VdiCreate *c, Error **errp)
{
    if (c->size > (uint64_t)VDI_MAX_BLOCKS * VDI_BLOCK) {
        error_setg(errp,
                   "Unsupported VDI image size (size is 0x%" PRIx64 ", max supported is 0x%" PRIx64
                   ")",
                   c->size, (uint64_t)VDI_MAX_BLOCKS * VDI_BLOCK);
        return false;
    }
    return true;
}

static bool vdi_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp)
{
    VdiCreate c = {0};

    if (!bdrv_parse_options(&c, vdi_create_opts, opts, errp)) {
        return false;
    }
    if (c.is_static && c.preallocation == PREALLOC_MODE_OFF) {
        c.preallocation = PREALLOC_MODE_METADATA;
    }
    return check_create(&c, errp) && bdrv_create_filled(filename, opts, made, fill_image, &c, errp);
}

static bool vdi_create_node(BlockdevCreateOptions *options, struct QCryptoLuksNew *luks,
                            Error **errp)
{
    BlockdevCreateOptionsVdi *o = &options->u.vdi;
    VdiCreate c = {
        .size = o->size,
        .preallocation = o->has_preallocation ? o->preallocation : PREALLOC_MODE_OFF,
    };

    /* The others are the file's business, whose node is there already. */
    if (c.preallocation != PREALLOC_MODE_OFF && c.preallocation != PREALLOC_MODE_METADATA) {
        error_setg(errp, "Preallocation mode '%s' is not supported by vdi; accepted: off, metadata",
                   PreallocMode_str(c.preallocation));
        return false;
    }
    return check_create(&c, errp) && bdrv_fill_node(o->file, fill_image, &c, errp);
}

static int vdi_has_zero_init(BlockDriverState *bs)
{
    /* A static image shows what was in its file. */
    return bdrv_has_zero_init(bs->file->bs);
}

static BlockDriver bdrv_vdi = {
    .format_name = "vdi",
    .instance_size = sizeof(VdiState),
    .is_format = true,
    .bdrv_probe = vdi_probe,
    .bdrv_open = vdi_open,
    .bdrv_close = vdi_close,
    .bdrv_reopen_prepare = bdrv_reopen_nothing,
    .bdrv_inactivate = bdrv_refuse_inactivate,
    .bdrv_create = vdi_create,
    .bdrv_create_node = vdi_create_node,
    .bdrv_refresh_limits = vdi_refresh_limits,
    .bdrv_co_preadv_part = vdi_co_preadv,
    .bdrv_co_pwritev_part = vdi_co_pwritev,
    .bdrv_co_pwrite_zeroes = vdi_co_pwrite_zeroes,
    .bdrv_co_block_status = vdi_co_block_status,
    .bdrv_co_flush_to_os = vdi_co_flush_to_os,
    .bdrv_co_getlength = vdi_co_getlength,
    .bdrv_co_get_info = vdi_co_get_info,
    .bdrv_co_check = vdi_co_check,
    .bdrv_has_zero_init = vdi_has_zero_init,
    .create_opts = vdi_create_opts,
};

static void bdrv_vdi_init(void)
{
    bdrv_register(&bdrv_vdi);
}

block_init(bdrv_vdi_init);
