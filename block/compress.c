/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filter "compress": what is written is stored compressed by the image below. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "qemu/module.h"

static bool compress_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    if (!bdrv_open_file_child(NULL, options, "file", bs, errp)) {
        return false;
    }
    if (!bdrv_supports_compressed_writes(bs->file->bs)) {
        error_setg(errp, "Compression is not supported for the format '%s' of node '%s'",
                   bs->file->bs->drv->format_name, bs->file->bs->node_name);
        return false;
    }
    bdrv_pass_request_flags(bs);
    bs->supported_truncate_flags = bs->file->bs->supported_truncate_flags;
    return true;
}

static int64_t coroutine_fn compress_co_getlength(BlockDriverState *bs)
{
    return bdrv_co_getlength(bs->file->bs);
}

/* Only whole clusters are compressed: the core makes them of parts. */
static void compress_refresh_limits(BlockDriverState *bs, Error **errp)
{
    BlockDriverInfo bdi = {0};

    if (bdrv_get_info(bs->file->bs, &bdi) >= 0 && bdi.cluster_size) {
        bs->bl.request_alignment = MAX(bs->bl.request_alignment, bdi.cluster_size);
    }
}

static int coroutine_fn compress_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                           QEMUIOVector *qiov, size_t qiov_offset,
                                           BdrvRequestFlags flags)
{
    return bdrv_co_preadv_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn compress_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                            QEMUIOVector *qiov, size_t qiov_offset,
                                            BdrvRequestFlags flags)
{
    return bdrv_co_pwritev_part(bs->file, offset, bytes, qiov, qiov_offset,
                                flags | BDRV_REQ_WRITE_COMPRESSED);
}

static int coroutine_fn compress_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset,
                                                  int64_t bytes, BdrvRequestFlags flags)
{
    return bdrv_co_pwrite_zeroes(bs->file, offset, bytes, flags);
}

static int coroutine_fn compress_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    return bdrv_co_pdiscard(bs->file, offset, bytes);
}

static BlockDriver bdrv_compress = {
    .format_name = "compress",
    .is_filter = true,
    .bdrv_open = compress_open,
    .bdrv_refresh_limits = compress_refresh_limits,
    .bdrv_co_getlength = compress_co_getlength,
    .bdrv_co_preadv_part = compress_co_preadv,
    .bdrv_co_pwritev_part = compress_co_pwritev,
    .bdrv_co_pwrite_zeroes = compress_co_pwrite_zeroes,
    .bdrv_co_pdiscard = compress_co_pdiscard,
};

static void bdrv_compress_init(void)
{
    bdrv_register(&bdrv_compress);
}

block_init(bdrv_compress_init);
