/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver "snapshot-access": the disk as it was when the filter below it, copy-before-write, was
 * put over it. Read-only; a discard says that a part will not be read any more.
 */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "qemu/cutils.h"
#include "qemu/module.h"
#include "qobject/qdict.h"

typedef struct AccessState {
    BlockDriverState *filter; /* whose snapshot it is; it may be gone, so look for it */
} AccessState;

static bool access_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    AccessState *s = bs->opaque;

    if (!bdrv_open_child(NULL, options, "file", bs, BDRV_CHILD_DATA | BDRV_CHILD_PRIMARY, false,
                         errp)) {
        return false;
    }
    if (!bs->file->bs->drv || !bs->file->bs->drv->bdrv_co_preadv_snapshot) {
        error_setg(errp, "Node '%s' has no snapshot to show: it must be a copy-before-write filter",
                   bs->file->bs->node_name);
        return false;
    }
    s->filter = bs->file->bs;
    return true;
}

/* The filter reads for itself; this node does nothing with it that others could mind. */
static void access_child_perm(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role, uint64_t perm,
                              uint64_t shared, uint64_t *nperm, uint64_t *nshared)
{
    *nperm = 0;
    *nshared = BLK_PERM_ALL;
}

/* Jobs put filters of their own between, and may put something else in its place: NULL then. */
static BlockDriverState *coroutine_fn begin(BlockDriverState *bs)
{
    AccessState *s = bs->opaque;
    BlockDriverState *filter = bs->file->bs;

    while (filter && filter != s->filter) {
        filter = bdrv_filter_bs(filter);
    }
    if (filter) {
        bdrv_inc_in_flight(filter);
    }
    return filter;
}

static int coroutine_fn access_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                         QEMUIOVector *qiov, size_t qiov_offset,
                                         BdrvRequestFlags flags)
{
    BlockDriverState *filter = begin(bs);
    int ret;

    if (!filter) {
        return -ENOMEDIUM;
    }
    ret = filter->drv->bdrv_co_preadv_snapshot(filter, offset, bytes, qiov, qiov_offset);
    bdrv_dec_in_flight(filter);
    return ret;
}

static int coroutine_fn access_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                               int64_t bytes, int64_t *pnum, int64_t *map,
                                               BlockDriverState **file)
{
    BlockDriverState *filter = begin(bs);
    int ret;

    if (!filter) {
        return -ENOMEDIUM;
    }
    ret = filter->drv->bdrv_co_snapshot_status(filter, offset, bytes, pnum);
    bdrv_dec_in_flight(filter);
    return ret;
}

static int coroutine_fn access_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    BlockDriverState *filter = begin(bs);
    int ret;

    if (!filter) {
        return -ENOMEDIUM;
    }
    ret = filter->drv->bdrv_co_pdiscard_snapshot(filter, offset, bytes);
    bdrv_dec_in_flight(filter);
    return ret;
}

static int coroutine_fn access_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                          QEMUIOVector *qiov, size_t qiov_offset,
                                          BdrvRequestFlags flags)
{
    return -ENOTSUP;
}

static int coroutine_fn access_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                                BdrvRequestFlags flags)
{
    return -EACCES;
}

static int64_t coroutine_fn access_co_getlength(BlockDriverState *bs)
{
    return bdrv_co_getlength(bs->file->bs);
}

static void access_refresh_filename(BlockDriverState *bs)
{
    /* A name cannot say which filter. */
    pstrcpy(bs->exact_filename, sizeof(bs->exact_filename), bs->file->bs->filename);
}

static BlockDriver bdrv_snapshot_access = {
    .format_name = "snapshot-access",
    .instance_size = sizeof(AccessState),
    .bdrv_open = access_open,
    .bdrv_child_perm = access_child_perm,
    .bdrv_refresh_filename = access_refresh_filename,
    .bdrv_co_getlength = access_co_getlength,
    .bdrv_co_preadv_part = access_co_preadv,
    .bdrv_co_pwritev_part = access_co_pwritev,
    .bdrv_co_pwrite_zeroes = access_co_pwrite_zeroes,
    .bdrv_co_pdiscard = access_co_pdiscard,
    .bdrv_co_block_status = access_co_block_status,
};

static void bdrv_snapshot_access_init(void)
{
    bdrv_register(&bdrv_snapshot_access);
}

block_init(bdrv_snapshot_access_init);
