/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format "vpc": Virtual Hard Disk Image Format Specification 1.0. A footer of 512 bytes ends
 * the file; a dynamic disk has a copy of it and a header in front, a table of where blocks are, and
 * for each block a bitmap of its sectors before the data. Big-endian.
 *
 * New blocks are appended: the table names a block after everything of it is in the file.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "block/block_int.h"
#include "meta-cache.h"
#include "qapi/qapi-types-block-create.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/module.h"
#include "vpc.h"

typedef struct VpcState {
    VpcFooter footer; /* as in the file */
    uint64_t size;    /* of the disk */
    bool dynamic;
    /* dynamic: */
    MetaCache *meta;
    uint32_t block_size, bitmap_size, entries;
    uint64_t table_offset;
    CoMutex lock;       /* of allocations */
    uint64_t free_byte; /* where the next block goes; 0: not known yet; lock */
    uint64_t marked;    /* last block whose bitmap this process has written; lock */
} VpcState;

static int vpc_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    return buf_size >= 8 && !memcmp(buf, VPC_COOKIE, 8) ? 100 : 0;
}

/* ---- opening ---- */

static bool footer_is_sound(const VpcFooter *f)
{
    return !memcmp(f->cookie, VPC_COOKIE, 8) &&
           vpc_checksum(f, sizeof(*f), offsetof(VpcFooter, checksum)) == be32_to_cpu(f->checksum);
}

/* The one at the end counts: what is in front may be the guest's. */
static bool read_footer(BlockDriverState *bs, VpcFooter *f, Error **errp)
{
    int64_t length = bdrv_getlength(bs->file->bs);
    int ret = length < 0 ? length : 0;

    if (length >= (int64_t)sizeof(*f)) {
        ret = bdrv_pread(bs->file, length - sizeof(*f), sizeof(*f), f, 0);
        if (ret >= 0 && footer_is_sound(f)) {
            return true;
        }
        ret = ret < 0 ? ret : bdrv_pread(bs->file, 0, sizeof(*f), f, 0);
        if (ret >= 0 && footer_is_sound(f) && be32_to_cpu(f->type) == VPC_DYNAMIC) {
            return true;
        }
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Unable to read VHD footer");
    } else {
        error_setg(errp, "Not a VHD file: there is no footer with a right checksum, neither at the "
                         "end nor in front");
    }
    return false;
}

static bool check_table(BlockDriverState *bs, Error **errp)
{
    VpcState *s = bs->opaque;
    int64_t length = bdrv_getlength(bs->file->bs);

    if (!is_power_of_2(s->block_size) || s->block_size < BDRV_SECTOR_SIZE ||
        s->block_size > 256 * MiB) {
        error_setg(errp,
                   "Invalid block size %u: it must be a power of two between 512 bytes and "
                   "256 MiB",
                   s->block_size);
        return false;
    }
    if (DIV_ROUND_UP(s->size, s->block_size) > s->entries) {
        error_setg(errp,
                   "The table of blocks has %u entries, too few for a disk of %" PRIu64 " bytes",
                   s->entries, s->size);
        return false;
    }
    if (s->table_offset % BDRV_SECTOR_SIZE || length < 0 || s->table_offset > length ||
        (uint64_t)s->entries * 4 > length - s->table_offset) {
        error_setg(errp, "The table of blocks at %" PRIu64 " is not inside of the file",
                   s->table_offset);
        return false;
    }
    return true;
}

static bool open_dynamic(BlockDriverState *bs, Error **errp)
{
    VpcState *s = bs->opaque;
    uint64_t offset = be64_to_cpu(s->footer.data_offset);
    VpcDynamicHeader h;
    int ret = offset > BDRV_MAX_LENGTH - sizeof(h) ? -EINVAL
                                                   : bdrv_pread(bs->file, offset, sizeof(h), &h, 0);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Error reading dynamic VHD header");
        return false;
    }
    if (memcmp(h.cookie, VPC_DYNAMIC_COOKIE, 8)) {
        error_setg(errp, "Invalid header magic: there is no dynamic disk header at %" PRIu64,
                   offset);
        return false;
    }
    s->block_size = be32_to_cpu(h.block_size);
    s->entries = be32_to_cpu(h.max_table_entries);
    s->table_offset = be64_to_cpu(h.table_offset);
    if (!check_table(bs, errp)) {
        return false;
    }
    s->bitmap_size = vpc_bitmap_size(s->block_size);
    s->meta = meta_cache_new(bs->file);
    s->marked = UINT64_MAX;
    return true;
}

static bool vpc_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    VpcState *s = bs->opaque;
    uint32_t type;

    qemu_co_mutex_init(&s->lock);
    if (!bdrv_open_file_child(NULL, options, "file", bs, errp) ||
        !read_footer(bs, &s->footer, errp)) {
        return false;
    }
    s->size = vpc_disk_size(&s->footer);
    type = be32_to_cpu(s->footer.type);
    if (s->size / BDRV_SECTOR_SIZE > VPC_MAX_SECTORS) {
        error_setg(errp, "A disk of %" PRIu64 " bytes is larger than the 2040 GiB of the format",
                   s->size);
        return false;
    }
    if (type == VPC_FIXED) {
        int64_t length = bdrv_getlength(bs->file->bs);

        if (length < 0 || s->size > length) {
            error_setg(errp, "The file has %" PRId64 " bytes, the disk %" PRIu64, length, s->size);
            return false;
        }
        return true;
    }
    if (type != VPC_DYNAMIC) {
        error_setg(errp, "VHD type %u is not supported, only fixed (2) and dynamic (3)%s", type,
                   type == 4 ? "; 4 is a differencing disk" : "");
        return false;
    }
    s->dynamic = true;
    return open_dynamic(bs, errp);
}

static void vpc_close(BlockDriverState *bs)
{
    VpcState *s = bs->opaque;

    meta_cache_free(s->meta);
}

static void vpc_refresh_limits(BlockDriverState *bs, Error **errp)
{
    VpcState *s = bs->opaque;

    if (s->dynamic) {
        bs->bl.request_alignment = MAX(bs->bl.request_alignment, BDRV_SECTOR_SIZE);
        bs->bl.pwrite_zeroes_alignment = s->block_size;
    }
}

/* ---- where data is ---- */

/* The byte in the file where the data of block @n is, 0: not allocated; -errno. */
static int64_t coroutine_fn block_offset(BlockDriverState *bs, uint64_t n)
{
    VpcState *s = bs->opaque;
    uint32_t entry;
    int ret = meta_read(s->meta, s->table_offset + n * 4, &entry, 4);

    if (ret < 0) {
        return ret;
    }
    entry = be32_to_cpu(entry);
    return entry == VPC_UNUSED ? 0 : (int64_t)entry * BDRV_SECTOR_SIZE + s->bitmap_size;
}

/* The part of a request in one block. */
static int64_t in_block(const VpcState *s, int64_t offset, int64_t bytes)
{
    return MIN(bytes, s->block_size - offset % s->block_size);
}

static int coroutine_fn vpc_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      QEMUIOVector *qiov, size_t qiov_offset,
                                      BdrvRequestFlags flags)
{
    VpcState *s = bs->opaque;

    if (!s->dynamic) {
        return bdrv_co_preadv_part(bs->file, offset, bytes, qiov, qiov_offset, 0);
    }
    while (bytes) {
        int64_t n = in_block(s, offset, bytes);
        int64_t where = block_offset(bs, offset / s->block_size);
        int ret = 0;

        if (where < 0) {
            return where;
        }
        if (where) {
            ret = bdrv_co_preadv_part(bs->file, where + offset % s->block_size, n, qiov,
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

/* ---- allocation; with the lock held ---- */

static int coroutine_fn note_end(const void *entry, void *opaque)
{
    VpcState *s = opaque;
    uint32_t sector = ldl_be_p(entry);

    if (sector != VPC_UNUSED) {
        s->free_byte =
            MAX(s->free_byte, (uint64_t)sector * BDRV_SECTOR_SIZE + s->bitmap_size + s->block_size);
    }
    return 0;
}

/* Behind all blocks. The footer, which is there when the file is as it should be, moves. */
static int coroutine_fn find_free(BlockDriverState *bs)
{
    VpcState *s = bs->opaque;
    uint64_t table_end = s->table_offset + (uint64_t)s->entries * 4;
    int ret;

    s->free_byte = MAX(table_end, be64_to_cpu(s->footer.data_offset) + sizeof(VpcDynamicHeader));
    ret = meta_for_each(s->meta, s->table_offset, s->entries, 4, note_end, s);
    s->free_byte = ret < 0 ? 0 : ROUND_UP(s->free_byte, BDRV_SECTOR_SIZE);
    return ret;
}

static int coroutine_fn mark_sectors(BlockDriverState *bs, int64_t data)
{
    VpcState *s = bs->opaque;
    g_autofree uint8_t *bitmap = g_malloc(s->bitmap_size);
    int ret;

    memset(bitmap, 0xff, s->bitmap_size);
    ret = bdrv_co_pwrite(bs->file, data - s->bitmap_size, s->bitmap_size, bitmap, 0);
    if (ret >= 0) {
        s->marked = data;
    }
    return ret;
}

/* A new block @n, in which @qiov is written at @in_block_offset. */
static int coroutine_fn allocate(BlockDriverState *bs, uint64_t n, int64_t in_block_offset,
                                 int64_t bytes, QEMUIOVector *qiov, size_t qiov_offset)
{
    VpcState *s = bs->opaque;
    uint64_t start, data, end;
    uint32_t entry;
    int ret = s->free_byte ? 0 : find_free(bs);

    if (ret < 0) {
        return ret;
    }
    start = s->free_byte;
    data = start + s->bitmap_size;
    end = data + s->block_size;
    if (start / BDRV_SECTOR_SIZE >= VPC_UNUSED) {
        return -EFBIG;
    }
    ret = bdrv_co_clear_area(bs->file, start, end - start);
    if (ret >= 0) {
        ret = bdrv_co_pwrite(bs->file, end, sizeof(s->footer), &s->footer, 0);
    }
    if (ret >= 0) {
        ret = mark_sectors(bs, data);
    }
    if (ret >= 0) {
        ret = bdrv_co_pwritev_part(bs->file, data + in_block_offset, bytes, qiov, qiov_offset, 0);
    }
    if (ret >= 0) {
        /* From here on an error does not tell whether the table has it: the place is used up. */
        s->free_byte = end;
        entry = cpu_to_be32(start / BDRV_SECTOR_SIZE);
        ret = meta_write(s->meta, s->table_offset + n * 4, &entry, 4);
    }
    return ret < 0 ? ret : 0;
}

static int coroutine_fn write_in_block(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset)
{
    VpcState *s = bs->opaque;
    uint64_t n = offset / s->block_size;
    int64_t in = offset % s->block_size, where;
    int ret = 0;

    qemu_co_mutex_lock(&s->lock);
    where = block_offset(bs, n);
    if (where <= 0) {
        ret = where ? (int)where : allocate(bs, n, in, bytes, qiov, qiov_offset);
    } else if (s->marked != where) {
        ret = mark_sectors(bs, where);
    }
    qemu_co_mutex_unlock(&s->lock);
    if (ret < 0 || where <= 0) {
        return ret;
    }
    return bdrv_co_pwritev_part(bs->file, where + in, bytes, qiov, qiov_offset, 0);
}

static int coroutine_fn vpc_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags)
{
    VpcState *s = bs->opaque;
    int ret = 0;

    if (!s->dynamic) {
        return bdrv_co_pwritev_part(bs->file, offset, bytes, qiov, qiov_offset, 0);
    }
    while (bytes && ret >= 0) {
        int64_t n = in_block(s, offset, bytes);

        ret = write_in_block(bs, offset, n, qiov, qiov_offset);
        offset += n;
        qiov_offset += n;
        bytes -= n;
    }
    return ret < 0 ? ret : 0;
}

/* What is not allocated is zero. */
static int coroutine_fn vpc_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                             BdrvRequestFlags flags)
{
    VpcState *s = bs->opaque;

    if (!s->dynamic) {
        return bdrv_co_pwrite_zeroes(bs->file, offset, bytes, flags);
    }
    while (bytes) {
        int64_t n = in_block(s, offset, bytes);
        int64_t where = block_offset(bs, offset / s->block_size);
        int ret = where < 0 ? (int)where
                  : where   ? bdrv_co_pwrite_zeroes(bs->file, where + offset % s->block_size, n, 0)
                            : 0;

        if (ret < 0) {
            return ret;
        }
        offset += n;
        bytes -= n;
    }
    return 0;
}

static int coroutine_fn vpc_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                            int64_t bytes, int64_t *pnum, int64_t *map,
                                            BlockDriverState **file)
{
    VpcState *s = bs->opaque;
    int64_t where;

    *file = bs->file->bs;
    if (!s->dynamic) {
        *pnum = bytes;
        *map = offset;
        return BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID | BDRV_BLOCK_RECURSE;
    }
    *pnum = in_block(s, offset, bytes);
    where = block_offset(bs, offset / s->block_size);
    if (where < 0) {
        return where;
    }
    if (!where) {
        return BDRV_BLOCK_ZERO;
    }
    *map = where + offset % s->block_size;
    return BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID | BDRV_BLOCK_RECURSE;
}

static int coroutine_fn vpc_co_flush_to_os(BlockDriverState *bs)
{
    VpcState *s = bs->opaque;

    return s->meta ? meta_commit(s->meta) : 0;
}

static int64_t coroutine_fn vpc_co_getlength(BlockDriverState *bs)
{
    VpcState *s = bs->opaque;

    return s->size;
}

static int coroutine_fn vpc_co_get_info(BlockDriverState *bs, BlockDriverInfo *bdi)
{
    VpcState *s = bs->opaque;

    if (s->dynamic) {
        bdi->cluster_size = s->block_size;
    }
    return 0;
}

static int vpc_has_zero_init(BlockDriverState *bs)
{
    VpcState *s = bs->opaque;

    return s->dynamic || bdrv_has_zero_init(bs->file->bs);
}

static BlockDriver bdrv_vpc = {
    .format_name = "vpc",
    .instance_size = sizeof(VpcState),
    .is_format = true,
    .bdrv_probe = vpc_probe,
    .bdrv_open = vpc_open,
    .bdrv_close = vpc_close,
    .bdrv_reopen_prepare = bdrv_reopen_nothing,
    .bdrv_inactivate = bdrv_refuse_inactivate,
    .bdrv_create = vpc_create,
    .bdrv_create_node = vpc_create_node,
    .bdrv_refresh_limits = vpc_refresh_limits,
    .bdrv_co_preadv_part = vpc_co_preadv,
    .bdrv_co_pwritev_part = vpc_co_pwritev,
    .bdrv_co_pwrite_zeroes = vpc_co_pwrite_zeroes,
    .bdrv_co_block_status = vpc_co_block_status,
    .bdrv_co_flush_to_os = vpc_co_flush_to_os,
    .bdrv_co_getlength = vpc_co_getlength,
    .bdrv_co_get_info = vpc_co_get_info,
    .bdrv_has_zero_init = vpc_has_zero_init,
    .create_opts = vpc_create_opts,
};

static void bdrv_vpc_init(void)
{
    bdrv_register(&bdrv_vpc);
}

block_init(bdrv_vpc_init);
