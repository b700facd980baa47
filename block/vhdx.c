/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format "vhdx" of Hyper-V ([MS-VHDX]): two headers, of which the newer one counts, a log, a
 * table of where blocks are, and the blocks.
 *
 * The log is replayed when the image is opened, and not written to: the only metadata that changes
 * afterwards are single entries of the table, eight bytes in one sector, which name a block at the
 * end of the file after everything of it is there. A power failure leaves the old entry or the new
 * one, and with the new one maybe a file that has not grown: no place is given out that the table
 * names already.
 */
#include "qemu/osdep.h"
#include "vhdx.h"
#include "crypto/hash.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/module.h"

static int vhdx_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    return buf_size >= 8 && !memcmp(buf, VHDX_SIGNATURE, 8) ? 100 : 0;
}

/* ---- opening ---- */

static bool vhdx_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    VhdxState *s = bs->opaque;
    int64_t length;

    qemu_co_mutex_init(&s->lock);
    if (!bdrv_open_file_child(NULL, options, "file", bs, errp) || !vhdx_read_headers(bs, errp) ||
        !vhdx_replay_log(bs, errp) || !vhdx_read_regions(bs, errp) ||
        !vhdx_read_metadata(bs, errp)) {
        return false;
    }
    length = bdrv_getlength(bs->file->bs);
    if (length < 0 || s->bat_offset > (uint64_t)length ||
        s->bat_length > (uint64_t)length - s->bat_offset) {
        error_setg(errp, "The VHDX block allocation table at %" PRIu64 " is not inside of the file",
                   s->bat_offset);
        return false;
    }
    s->meta = meta_cache_new(bs->file);
    return true;
}

static void vhdx_close(BlockDriverState *bs)
{
    VhdxState *s = bs->opaque;

    meta_cache_free(s->meta);
}

static void vhdx_refresh_limits(BlockDriverState *bs, Error **errp)
{
    VhdxState *s = bs->opaque;

    bs->bl.request_alignment = MAX(bs->bl.request_alignment, s->sector_size);
    bs->bl.pwrite_zeroes_alignment = s->block_size;
}

/* ---- where data is ---- */

static uint64_t entry_place(const VhdxState *s, uint64_t block)
{
    /* After each chunk there is the entry of a bitmap, which only differences have. */
    return s->bat_offset + (block + block / s->chunk_ratio) * 8;
}

/* 1: block @block is at *@where in the file; 0: it reads as zeroes. */
static int coroutine_fn lookup(VhdxState *s, uint64_t block, uint64_t *where)
{
    uint64_t entry;
    int ret = meta_read(s->meta, entry_place(s, block), &entry, 8);

    if (ret < 0) {
        return ret;
    }
    entry = le64_to_cpu(entry);
    *where = entry & ~(uint64_t)(MiB - 1);
    switch (entry & 7) {
    case VHDX_BLOCK_NOT_PRESENT:
    case VHDX_BLOCK_UNDEFINED:
    case VHDX_BLOCK_ZERO:
    case VHDX_BLOCK_UNMAPPED:
        return 0;
    case VHDX_BLOCK_FULLY_PRESENT:
        /* The first MiB has the headers. */
        return *where < MiB || *where > 2 * VHDX_MAX_SIZE ? -EIO : 1;
    default:
        return -EIO;
    }
}

static int64_t in_block(const VhdxState *s, int64_t offset, int64_t bytes)
{
    return MIN(bytes, s->block_size - offset % s->block_size);
}

static int coroutine_fn vhdx_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags)
{
    VhdxState *s = bs->opaque;

    while (bytes) {
        int64_t n = in_block(s, offset, bytes);
        uint64_t where;
        int ret = lookup(s, offset / s->block_size, &where);

        if (ret > 0) {
            ret = bdrv_co_preadv_part(bs->file, where + offset % s->block_size, n, qiov,
                                      qiov_offset, 0);
        } else if (!ret) {
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

/* ---- writing ---- */

/* Both GUIDs of the header are new once the disk is not what it was. */
static int coroutine_fn note_write(BlockDriverState *bs)
{
    VhdxState *s = bs->opaque;
    int ret = 0;

    if (qatomic_read(&s->written)) {
        return 0;
    }
    qemu_co_mutex_lock(&s->lock);
    if (!s->written) {
        if (!qcrypto_random_bytes(s->header.file_guid, 16, NULL) ||
            !qcrypto_random_bytes(s->header.data_guid, 16, NULL)) {
            ret = -EIO;
        }
        ret = ret < 0 ? ret : vhdx_write_header(bs);
        if (ret >= 0) {
            qatomic_set(&s->written, true);
        }
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

static int coroutine_fn note_end(const void *buf, void *opaque)
{
    VhdxState *s = opaque;
    uint64_t entry = ldq_le_p(buf), where = entry & ~(uint64_t)(MiB - 1);

    if ((entry & 7) >= VHDX_BLOCK_FULLY_PRESENT && where <= 2 * VHDX_MAX_SIZE) {
        s->next = MAX(s->next, where + s->block_size);
    }
    return 0;
}

/* Behind all that is in the file. With the lock held. */
static int coroutine_fn find_free(BlockDriverState *bs)
{
    VhdxState *s = bs->opaque;
    uint64_t last = DIV_ROUND_UP(s->size, s->block_size) - 1;
    int64_t length = bdrv_co_getlength(bs->file->bs);
    int ret;

    if (length < 0) {
        return length;
    }
    s->next = MAX(length, s->metadata_offset + s->metadata_length);
    s->next = MAX(s->next, le64_to_cpu(s->header.log_offset) + le32_to_cpu(s->header.log_length));
    ret = meta_for_each(s->meta, s->bat_offset, (entry_place(s, last) - s->bat_offset) / 8 + 1, 8,
                        note_end, s);
    s->next = ret < 0 ? 0 : ROUND_UP(s->next, MiB);
    return ret;
}

/* A new block, in which @qiov's data is at @in. With the lock held. */
static int coroutine_fn allocate(BlockDriverState *bs, uint64_t block, int64_t in, int64_t bytes,
                                 QEMUIOVector *qiov, size_t qiov_offset)
{
    VhdxState *s = bs->opaque;
    int ret = s->next ? 0 : find_free(bs);
    uint64_t at = s->next, entry = cpu_to_le64(at | VHDX_BLOCK_FULLY_PRESENT);

    if (ret < 0) {
        return ret;
    }
    if (at > 2 * VHDX_MAX_SIZE) {
        return -EFBIG;
    }
    ret = bdrv_co_clear_area(bs->file, at, s->block_size);
    if (ret >= 0) {
        ret = bdrv_co_pwritev_part(bs->file, at + in, bytes, qiov, qiov_offset, 0);
    }
    if (ret >= 0) {
        /* Whether an error leaves it in the table is not known: the place is used up. */
        s->next = at + s->block_size;
        ret = meta_write(s->meta, entry_place(s, block), &entry, 8);
    }
    return ret < 0 ? ret : 0;
}

static int coroutine_fn write_in_block(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset)
{
    VhdxState *s = bs->opaque;
    uint64_t block = offset / s->block_size, where;
    int64_t in = offset % s->block_size;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    ret = lookup(s, block, &where);
    if (ret > 0) {
        qemu_co_mutex_unlock(&s->lock);
        return bdrv_co_pwritev_part(bs->file, where + in, bytes, qiov, qiov_offset, 0);
    }
    if (!ret) {
        ret = allocate(bs, block, in, bytes, qiov, qiov_offset);
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

static int coroutine_fn vhdx_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                        QEMUIOVector *qiov, size_t qiov_offset,
                                        BdrvRequestFlags flags)
{
    VhdxState *s = bs->opaque;
    int ret = note_write(bs);

    while (bytes && ret >= 0) {
        int64_t n = in_block(s, offset, bytes);

        ret = write_in_block(bs, offset, n, qiov, qiov_offset);
        offset += n;
        qiov_offset += n;
        bytes -= n;
    }
    return ret < 0 ? ret : 0;
}

static int coroutine_fn vhdx_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                              BdrvRequestFlags flags)
{
    VhdxState *s = bs->opaque;
    int ret = note_write(bs);

    while (bytes && ret >= 0) {
        int64_t n = in_block(s, offset, bytes);
        uint64_t where;

        ret = lookup(s, offset / s->block_size, &where);
        if (ret > 0) {
            ret = bdrv_co_pwrite_zeroes(bs->file, where + offset % s->block_size, n, 0);
        }
        offset += n;
        bytes -= n;
    }
    return ret < 0 ? ret : 0;
}

/* ---- what it is ---- */

static int coroutine_fn vhdx_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                             int64_t bytes, int64_t *pnum, int64_t *map,
                                             BlockDriverState **file)
{
    VhdxState *s = bs->opaque;
    uint64_t where;
    int ret = lookup(s, offset / s->block_size, &where);

    *pnum = in_block(s, offset, bytes);
    if (ret <= 0) {
        return ret < 0 ? ret : BDRV_BLOCK_ZERO;
    }
    *map = where + offset % s->block_size;
    *file = bs->file->bs;
    return BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID | BDRV_BLOCK_RECURSE;
}

static int coroutine_fn vhdx_co_flush_to_os(BlockDriverState *bs)
{
    VhdxState *s = bs->opaque;

    return meta_commit(s->meta);
}

static int64_t coroutine_fn vhdx_co_getlength(BlockDriverState *bs)
{
    VhdxState *s = bs->opaque;

    return s->size;
}

static int coroutine_fn vhdx_co_get_info(BlockDriverState *bs, BlockDriverInfo *bdi)
{
    VhdxState *s = bs->opaque;

    bdi->cluster_size = s->block_size;
    return 0;
}

static int vhdx_has_zero_init(BlockDriverState *bs)
{
    VhdxState *s = bs->opaque;

    return !s->fixed || bdrv_has_zero_init(bs->file->bs);
}

/* A bit for each MiB of the file, set where headers, log and tables are. NULL: no memory. */
static unsigned long *places_of_tables(const VhdxState *s, uint64_t places)
{
    const struct {
        uint64_t offset, length;
    } areas[] = {
        {0, MiB},
        {le64_to_cpu(s->header.log_offset), le32_to_cpu(s->header.log_length)},
        {s->bat_offset, s->bat_length},
        {s->metadata_offset, s->metadata_length},
    };
    unsigned long *seen = bitmap_try_new(places);

    for (size_t i = 0; seen && i < ARRAY_SIZE(areas); i++) {
        uint64_t first = MIN(areas[i].offset / MiB, places);

        meta_take_places(seen, first, MIN(areas[i].length / MiB, places - first));
    }
    return seen;
}

/* Blocks lie in the file, apart from the tables and from each other. */
static int coroutine_fn vhdx_co_check(BlockDriverState *bs, BdrvCheckResult *res, BdrvCheckMode fix)
{
    VhdxState *s = bs->opaque;
    int64_t length = bdrv_co_getlength(bs->file->bs);
    uint64_t blocks = DIV_ROUND_UP(s->size, s->block_size);
    uint64_t places = DIV_ROUND_UP(MIN(MAX(length, 0), 2 * VHDX_MAX_SIZE + s->block_size), MiB);
    g_autofree unsigned long *seen = places_of_tables(s, places);

    if (length < 0 || !seen) {
        return length < 0 ? length : -ENOMEM;
    }
    /* Replaying the log is all that there is to mend; opening has done it. */
    res->corruptions_fixed += s->log_replayed;
    res->bfi.total_clusters = blocks;
    for (uint64_t i = 0; i < blocks; i++) {
        uint64_t where;
        int ret = lookup(s, i, &where);

        if (ret < 0) {
            error_printf("ERROR: block %" PRIu64 " has an invalid entry\n", i);
            res->corruptions++;
        } else if (ret) {
            res->bfi.allocated_clusters++;
            if (where >= (uint64_t)length) {
                error_printf("ERROR: block %" PRIu64 " is behind the end of the file, at %" PRIu64
                             "\n",
                             i, where);
                res->corruptions++;
            } else if (meta_take_places(seen, where / MiB,
                                        MIN(s->block_size / MiB, places - where / MiB))) {
                error_printf("ERROR: block %" PRIu64 " at %" PRIu64 " is where another block, or "
                             "a table, is\n",
                             i, where);
                res->corruptions++;
            }
        }
    }
    return 0;
}

static BlockDriver bdrv_vhdx = {
    .format_name = "vhdx",
    .instance_size = sizeof(VhdxState),
    .is_format = true,
    .bdrv_probe = vhdx_probe,
    .bdrv_open = vhdx_open,
    .bdrv_close = vhdx_close,
    .bdrv_reopen_prepare = bdrv_reopen_nothing,
    .bdrv_inactivate = bdrv_refuse_inactivate,
    .bdrv_create = vhdx_create,
    .bdrv_create_node = vhdx_create_node,
    .bdrv_refresh_limits = vhdx_refresh_limits,
    .bdrv_co_preadv_part = vhdx_co_preadv,
    .bdrv_co_pwritev_part = vhdx_co_pwritev,
    .bdrv_co_pwrite_zeroes = vhdx_co_pwrite_zeroes,
    .bdrv_co_block_status = vhdx_co_block_status,
    .bdrv_co_flush_to_os = vhdx_co_flush_to_os,
    .bdrv_co_getlength = vhdx_co_getlength,
    .bdrv_co_get_info = vhdx_co_get_info,
    .bdrv_co_check = vhdx_co_check,
    .bdrv_has_zero_init = vhdx_has_zero_init,
    .create_opts = vhdx_create_opts,
};

static void bdrv_vhdx_init(void)
{
    bdrv_register(&bdrv_vhdx);
}

block_init(bdrv_vhdx_init);
