/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that only zoned disks know: checked, tracked as changes, handed to the driver. */
#include "qemu/osdep.h"
#include "block/zoned.h"
#include "blk-internal.h"
#include "io-internal.h"

bool blk_is_host_managed(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);

    return bs && bs->bl.zones.host_managed;
}

bool bdrv_takes_any_order(BlockDriverState *bs, Error **errp)
{
    if (bs->bl.zones.host_managed) {
        error_setg(errp,
                   "Node '%s' is a host-managed zoned device, which is written in order: no job "
                   "can write to it",
                   bs->node_name);
    }
    return !bs->bl.zones.host_managed;
}

/* ---- nodes ---- */

int coroutine_fn bdrv_co_zone_report(BlockDriverState *bs, int64_t offset, unsigned *nr,
                                     BlockZone *zones)
{
    int ret = -ENOTSUP;

    bdrv_inc_in_flight(bs);
    if (bs->drv && bs->drv->bdrv_co_zone_report && bs->bl.zones.size) {
        ret = offset < 0 || offset >= bs->total_bytes || !*nr
                  ? -EINVAL
                  : bs->drv->bdrv_co_zone_report(bs, offset, nr, zones);
    }
    bdrv_dec_in_flight(bs);
    return ret;
}

static bool whole_zones(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    int64_t size = bs->bl.zones.size;

    return offset >= 0 && bytes > 0 && offset % size == 0 && offset < bs->total_bytes &&
           bytes <= bs->total_bytes - offset &&
           (bytes % size == 0 || bytes == bs->total_bytes - offset);
}

int coroutine_fn bdrv_co_zone_manage(BdrvChild *child, BlockZoneOp op, int64_t offset,
                                     int64_t bytes)
{
    BlockDriverState *bs = child->bs;
    BdrvTrackedRequest req;
    int ret;

    if (!bs->drv || !bs->drv->bdrv_co_zone_manage || !bs->bl.zones.size) {
        return -ENOTSUP;
    }
    if (!whole_zones(bs, offset, bytes)) {
        return -EINVAL;
    }
    bdrv_inc_in_flight(bs);
    tracked_request_begin(&req, bs, offset, bytes, BDRV_TRACKED_DISCARD);
    ret = bdrv_co_write_req_prepare(child, offset, bytes, &req, 0);
    if (ret >= 0) {
        ret = bs->drv->bdrv_co_zone_manage(bs, op, offset, bytes);
        /* An empty zone reads as zeroes, mostly; a failure may have emptied some. */
        bdrv_write_done(bs, offset, op == BLOCK_ZONE_RESET ? bytes : 0, true);
    }
    tracked_request_end(&req);
    bdrv_dec_in_flight(bs);
    return ret;
}

static int check_append(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    const BlockZones *z = &bs->bl.zones;

    if (offset < 0 || offset >= bs->total_bytes || offset % z->size || !bytes ||
        bytes % bs->bl.request_alignment || bytes > z->size ||
        (z->max_append && bytes > z->max_append)) {
        return -EINVAL;
    }
    return 0;
}

int coroutine_fn bdrv_co_zone_append(BdrvChild *child, int64_t *offset, QEMUIOVector *qiov)
{
    BlockDriverState *bs = child->bs;
    BdrvTrackedRequest req;
    int64_t zone = *offset, bytes;
    int ret;

    if (!bs->drv || !bs->drv->bdrv_co_zone_append || !bs->bl.zones.size) {
        return -ENOTSUP;
    }
    ret = check_append(bs, zone, qiov->size);
    if (ret < 0) {
        return ret;
    }
    bdrv_inc_in_flight(bs);
    /* It may go anywhere in the zone. */
    bytes = MIN(bs->bl.zones.size, bs->total_bytes - zone);
    tracked_request_begin(&req, bs, zone, bytes, BDRV_TRACKED_WRITE);
    ret = bdrv_co_write_req_prepare(child, zone, bytes, &req, 0);
    if (ret >= 0) {
        ret = bs->drv->bdrv_co_zone_append(bs, offset, qiov);
        bdrv_write_done(bs, ret < 0 ? zone : *offset, ret < 0 ? bytes : (int64_t)qiov->size,
                        ret < 0);
    }
    tracked_request_end(&req);
    bdrv_dec_in_flight(bs);
    return ret;
}

/* ---- back ends ---- */

static int coroutine_fn do_zone_report(BlockBackend *blk, int64_t offset, unsigned *nr,
                                       BlockZone *zones)
{
    int ret;

    blk_inc_in_flight(blk);
    blk_wait_while_drained(blk);
    ret = blk_is_available(blk) ? bdrv_co_zone_report(blk_bs(blk), offset, nr, zones) : -ENOMEDIUM;
    blk_dec_in_flight(blk);
    return ret;
}

static int coroutine_fn do_zone_manage(BlockBackend *blk, BlockZoneOp op, int64_t offset,
                                       int64_t bytes)
{
    int ret;

    blk_inc_in_flight(blk);
    blk_wait_while_drained(blk);
    ret = blk_is_available(blk) ? bdrv_co_zone_manage(blk->root, op, offset, bytes) : -ENOMEDIUM;
    blk_dec_in_flight(blk);
    return ret;
}

static int coroutine_fn do_zone_append(BlockBackend *blk, int64_t *offset, QEMUIOVector *qiov)
{
    int ret;

    blk_inc_in_flight(blk);
    blk_wait_while_drained(blk);
    ret = blk_is_available(blk) ? bdrv_co_zone_append(blk->root, offset, qiov) : -ENOMEDIUM;
    if (ret >= 0 && !blk_enable_write_cache(blk)) {
        ret = bdrv_co_flush(blk_bs(blk));
    }
    blk_dec_in_flight(blk);
    return ret;
}

/* ---- waiting ---- */

typedef struct Args {
    BlockBackend *blk;
    BlockZoneOp op;
    int64_t offset, bytes, *where;
    unsigned *nr;
    BlockZone *zones;
    QEMUIOVector *qiov;
} Args;

static int coroutine_fn call_report(void *opaque)
{
    Args *a = opaque;

    return do_zone_report(a->blk, a->offset, a->nr, a->zones);
}

static int coroutine_fn call_manage(void *opaque)
{
    Args *a = opaque;

    return do_zone_manage(a->blk, a->op, a->offset, a->bytes);
}

static int coroutine_fn call_append(void *opaque)
{
    Args *a = opaque;

    return do_zone_append(a->blk, a->where, a->qiov);
}

int blk_zone_report(BlockBackend *blk, int64_t offset, unsigned *nr, BlockZone *zones)
{
    Args args = {.blk = blk, .offset = offset, .nr = nr, .zones = zones};

    return bdrv_run_co(NULL, call_report, &args);
}

int blk_zone_manage(BlockBackend *blk, BlockZoneOp op, int64_t offset, int64_t bytes)
{
    Args args = {.blk = blk, .op = op, .offset = offset, .bytes = bytes};

    return bdrv_run_co(NULL, call_manage, &args);
}

int blk_zone_append(BlockBackend *blk, int64_t *offset, QEMUIOVector *qiov)
{
    Args args = {.blk = blk, .where = offset, .qiov = qiov};

    return bdrv_run_co(NULL, call_append, &args);
}
