/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter "copy-on-read": what is read from backing files is written to the image below the
 * filter, too. With "bottom" only what comes from images down to that one.
 */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "qemu/module.h"

typedef struct CorState {
    BlockDriverState *bottom; /* a reference; NULL: all of the chain */
} CorState;

typedef struct CorOptions {
    char *bottom;
} CorOptions;

static const BdrvOpt cor_opts[] = {
    {"bottom", BDRV_OPT_STR, offsetof(CorOptions, bottom)},
    {NULL},
};

static bool find_bottom(BlockDriverState *bs, const char *name, Error **errp)
{
    CorState *s = bs->opaque;
    BlockDriverState *bottom = bdrv_find_node(name);

    if (!bottom) {
        error_setg(errp, "Bottom node '%s' not found", name);
        return false;
    }
    if (!bottom->drv) {
        error_setg(errp, "Bottom node '%s' not opened", name);
        return false;
    }
    if (bottom->drv->is_filter) {
        error_setg(errp, "Bottom node '%s' is a filter", name);
        return false;
    }
    if (!bdrv_chain_contains(bs->file->bs, bottom)) {
        error_setg(errp, "Bottom node '%s' is not below node '%s'", name, bs->file->bs->node_name);
        return false;
    }
    bdrv_ref(bottom);
    s->bottom = bottom;
    return true;
}

static bool cor_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    CorOptions o = {0};
    bool ok;

    if (!bdrv_open_file_child(NULL, options, "file", bs, errp) ||
        !bdrv_parse_options(&o, cor_opts, options, errp)) {
        return false;
    }
    ok = !o.bottom || find_bottom(bs, o.bottom, errp);
    bdrv_free_options(&o, cor_opts);
    bdrv_pass_request_flags(bs);
    bs->supported_truncate_flags = bs->file->bs->supported_truncate_flags;
    return ok;
}

static void cor_close(BlockDriverState *bs)
{
    CorState *s = bs->opaque;

    bdrv_unref(s->bottom);
    s->bottom = NULL;
}

/* To read is to write, but nothing that a reader would see. */
static void cor_child_perm(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role, uint64_t perm,
                           uint64_t shared, uint64_t *nperm, uint64_t *nshared)
{
    *nperm = perm;
    *nshared = shared | BLK_PERM_WRITE_UNCHANGED;
    if (perm & BLK_PERM_CONSISTENT_READ) {
        *nperm |= BLK_PERM_WRITE_UNCHANGED;
    }
}

static int64_t coroutine_fn cor_co_getlength(BlockDriverState *bs)
{
    return bdrv_co_getlength(bs->file->bs);
}

/* Is what is at @offset to be copied? For *@n bytes. */
static int coroutine_fn wants_copy(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *n)
{
    CorState *s = bs->opaque;
    int ret;

    *n = bytes;
    if (!s->bottom) {
        return 1;
    }
    ret = bdrv_co_is_allocated(bs->file->bs, offset, bytes, n);
    if (ret < 0 || ret > 0 || *n == 0) {
        *n = *n ? *n : bytes;
        return ret < 0 ? ret : 0;
    }
    ret = bdrv_co_is_allocated_above(bdrv_backing_chain_next(bs->file->bs), s->bottom, true, offset,
                                     *n, n);
    *n = *n ? *n : bytes;
    return ret < 0 ? ret : ret > 0;
}

static int coroutine_fn cor_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      QEMUIOVector *qiov, size_t qiov_offset,
                                      BdrvRequestFlags flags)
{
    int ret = 0;

    while (bytes && ret >= 0) {
        int64_t n;
        int copy = wants_copy(bs, offset, bytes, &n);

        if (copy < 0) {
            return copy;
        }
        ret = bdrv_co_preadv_part(bs->file, offset, n, qiov, qiov_offset,
                                  flags | (copy ? BDRV_REQ_COPY_ON_READ : 0));
        offset += n;
        qiov_offset += n;
        bytes -= n;
    }
    return ret;
}

static int coroutine_fn cor_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags)
{
    return bdrv_co_pwritev_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn cor_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                             BdrvRequestFlags flags)
{
    return bdrv_co_pwrite_zeroes(bs->file, offset, bytes, flags);
}

static int coroutine_fn cor_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    return bdrv_co_pdiscard(bs->file, offset, bytes);
}

static int coroutine_fn cor_co_pwritev_compressed(BlockDriverState *bs, int64_t offset,
                                                  int64_t bytes, QEMUIOVector *qiov,
                                                  size_t qiov_offset)
{
    return bdrv_co_pwritev_part(bs->file, offset, bytes, qiov, qiov_offset,
                                BDRV_REQ_WRITE_COMPRESSED);
}

static const char *const cor_strong_opts[] = {"bottom", NULL};

static BlockDriver bdrv_copy_on_read = {
    .format_name = "copy-on-read",
    .instance_size = sizeof(CorState),
    .is_filter = true,
    .bdrv_open = cor_open,
    .bdrv_close = cor_close,
    .bdrv_child_perm = cor_child_perm,
    .bdrv_co_getlength = cor_co_getlength,
    .bdrv_co_preadv_part = cor_co_preadv,
    .bdrv_co_pwritev_part = cor_co_pwritev,
    .bdrv_co_pwrite_zeroes = cor_co_pwrite_zeroes,
    .bdrv_co_pdiscard = cor_co_pdiscard,
    .bdrv_co_pwritev_compressed_part = cor_co_pwritev_compressed,
    .strong_runtime_opts = cor_strong_opts,
};

static void bdrv_copy_on_read_init(void)
{
    bdrv_register(&bdrv_copy_on_read);
}

block_init(bdrv_copy_on_read_init);
