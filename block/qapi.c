/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query-block, query-named-block-nodes, query-blockstats, and what the tools show. Main thread. */
#include "qemu/osdep.h"
#include "block/qapi.h"
#include "block/block_int.h"
#include "block/dirty-bitmap.h"
#include "block/throttle.h"
#include "block/write-threshold.h"

/* ---- images ---- */

SnapshotInfoList *bdrv_query_snapshots(BlockDriverState *bs)
{
    g_autofree QEMUSnapshotInfo *list = NULL;
    SnapshotInfoList *result = NULL, **tail = &result;
    int n;

    bs = bdrv_snapshot_holder(bs);
    n = bs->drv && bs->drv->bdrv_snapshot_list ? bs->drv->bdrv_snapshot_list(bs, &list) : 0;
    for (int i = 0; i < n; i++) {
        SnapshotInfo *info = g_new0(SnapshotInfo, 1);

        info->id = g_strdup(list[i].id_str);
        info->name = g_strdup(list[i].name);
        info->vm_state_size = list[i].vm_state_size;
        info->date_sec = list[i].date_sec;
        info->date_nsec = list[i].date_nsec;
        info->vm_clock_sec = list[i].vm_clock_nsec / 1000000000;
        info->vm_clock_nsec = list[i].vm_clock_nsec % 1000000000;
        info->has_icount = list[i].icount != UINT64_MAX;
        info->icount = info->has_icount ? list[i].icount : 0;
        QAPI_LIST_APPEND(tail, info);
    }
    return result;
}

static BlockLimitsInfo *limits_info(const BlockLimits *bl)
{
    BlockLimitsInfo *info = g_new0(BlockLimitsInfo, 1);

#define SET(field, value)                                                                          \
    do {                                                                                           \
        info->has_##field = (value) != 0;                                                          \
        info->field = (value);                                                                     \
    } while (0)
    info->request_alignment = bl->request_alignment;
    SET(max_discard, bl->max_pdiscard);
    SET(discard_alignment, bl->pdiscard_alignment);
    SET(max_write_zeroes, bl->max_pwrite_zeroes);
    SET(write_zeroes_alignment, bl->pwrite_zeroes_alignment);
    SET(opt_transfer, bl->opt_transfer);
    SET(max_transfer, bl->max_transfer);
    SET(max_hw_transfer, bl->max_hw_transfer);
    SET(max_hw_iov, bl->max_hw_iov);
#undef SET
    info->max_iov = bl->max_iov;
    info->min_mem_alignment = bl->min_mem_alignment;
    info->opt_mem_alignment = bl->opt_mem_alignment;
    return info;
}

ImageInfo *bdrv_image_info(BlockDriverState *bs, bool limits, Error **errp)
{
    ImageInfo *info;
    BlockDriverInfo bdi;
    int64_t size = bdrv_getlength(bs), allocated = bdrv_get_allocated_file_size(bs);

    if (size < 0) {
        error_setg_errno(errp, -size, "Can't get image size '%s'", bs->filename);
        return NULL;
    }
    bdrv_refresh_filename(bs);
    info = g_new0(ImageInfo, 1);
    info->filename = g_strdup(bs->filename);
    info->format = g_strdup(bdrv_get_format_name(bs));
    info->virtual_size = size;
    info->has_actual_size = allocated >= 0;
    info->actual_size = allocated >= 0 ? allocated : 0;
    info->has_encrypted = info->encrypted = bs->encrypted;
    if (bdrv_get_info(bs, &bdi) >= 0) {
        info->has_cluster_size = bdi.cluster_size;
        info->cluster_size = bdi.cluster_size;
        info->has_dirty_flag = true;
        info->dirty_flag = bdi.is_dirty;
    }
    if (bs->drv->bdrv_get_specific_info) {
        info->format_specific = bs->drv->bdrv_get_specific_info(bs, NULL);
    }
    if (bs->backing_file[0]) {
        info->backing_filename = g_strdup(bs->backing_file);
        info->full_backing_filename = bdrv_get_full_backing_filename(bs, NULL);
        if (bs->backing_format[0]) {
            info->backing_filename_format = g_strdup(bs->backing_format);
        }
    }
    info->snapshots = bdrv_query_snapshots(bs);
    info->has_snapshots = info->snapshots;
    if (limits) {
        info->limits = limits_info(&bs->bl);
    }
    return info;
}

/* The image, with those below it inside unless @flat. */
static ImageInfo *chain_info(BlockDriverState *bs, bool flat, Error **errp)
{
    ImageInfo *first = NULL, **next = &first;

    for (; bs; bs = flat ? NULL : bdrv_filter_or_cow_bs(bs)) {
        *next = bdrv_image_info(bs, true, errp);
        if (!*next) {
            qapi_free_ImageInfo(first);
            return NULL;
        }
        next = &(*next)->backing_image;
    }
    return first;
}

/* ---- nodes ---- */

BlockDirtyInfoList *bdrv_query_dirty_bitmaps(BlockDriverState *bs)
{
    BlockDirtyInfoList *list = NULL, **tail = &list;

    for (BdrvDirtyBitmap *bm = bdrv_dirty_bitmap_first(bs); bm; bm = bdrv_dirty_bitmap_next(bm)) {
        BlockDirtyInfo *info = g_new0(BlockDirtyInfo, 1);

        info->name = g_strdup(bdrv_dirty_bitmap_name(bm));
        info->count = bdrv_get_dirty_count(bm);
        info->granularity = bdrv_dirty_bitmap_granularity(bm);
        info->recording = bdrv_dirty_bitmap_recording(bm);
        info->busy = bdrv_dirty_bitmap_busy(bm);
        info->persistent = bdrv_dirty_bitmap_get_persistence(bm);
        info->has_inconsistent = info->inconsistent = bdrv_dirty_bitmap_inconsistent(bm);
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

static BlockdevChildList *query_children(BlockDriverState *bs)
{
    BlockdevChildList *list = NULL;
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->children, next) {
        BlockdevChild *child = g_new0(BlockdevChild, 1);

        child->child = g_strdup(c->name);
        child->node_name = g_strdup(c->bs->node_name);
        /* The list has the newest first. */
        QAPI_LIST_PREPEND(list, child);
    }
    return list;
}

static int backing_depth(BlockDriverState *bs)
{
    int depth = 0;

    while ((bs = bdrv_backing_chain_next(bs))) {
        depth++;
    }
    return depth;
}

static void fill_limits(BlockDeviceInfo *info, ThrottleGroup *group)
{
    ThrottleConfig cfg;

    throttle_group_get_config(group, &cfg);
    info->group = g_strdup(throttle_group_name(group));
#define FILL(field, i)                                                                             \
    info->field = cfg.bucket[i].avg;                                                               \
    info->has_##field##_max = cfg.bucket[i].max;                                                   \
    info->field##_max = cfg.bucket[i].max;                                                         \
    info->has_##field##_max_length = info->has_##field##_max;                                      \
    info->field##_max_length = cfg.bucket[i].burst_length;
    FILL(bps, THROTTLE_BPS_TOTAL)
    FILL(bps_rd, THROTTLE_BPS_READ)
    FILL(bps_wr, THROTTLE_BPS_WRITE)
    FILL(iops, THROTTLE_OPS_TOTAL)
    FILL(iops_rd, THROTTLE_OPS_READ)
    FILL(iops_wr, THROTTLE_OPS_WRITE)
#undef FILL
    info->has_iops_size = cfg.op_size;
    info->iops_size = cfg.op_size;
}

BlockDeviceInfo *bdrv_block_device_info(BlockBackend *blk, BlockDriverState *bs, bool flat,
                                        Error **errp)
{
    ImageInfo *image = chain_info(bs, flat, errp);
    BlockDriverState *below = bdrv_cow_bs(bdrv_skip_filters(bs));
    BlockDeviceInfo *info;

    if (!image) {
        return NULL;
    }
    info = g_new0(BlockDeviceInfo, 1);
    info->file = g_strdup(bs->filename);
    info->node_name = g_strdup(bs->node_name);
    info->ro = bdrv_is_read_only(bs);
    info->drv = g_strdup(bs->drv->format_name);
    info->encrypted = bs->encrypted;
    info->active = !(bs->open_flags & BDRV_O_INACTIVE);
    info->children = query_children(bs);
    info->cache = g_new0(BlockdevCacheInfo, 1);
    info->cache->writeback = !blk || blk_enable_write_cache(blk);
    info->cache->direct = bs->open_flags & BDRV_O_NOCACHE;
    info->cache->no_flush = bs->open_flags & BDRV_O_NO_FLUSH;
    info->backing_file = below ? g_strdup(below->filename) : NULL;
    info->backing_file_depth = backing_depth(bs);
    info->detect_zeroes = bs->detect_zeroes;
    info->write_threshold = bdrv_write_threshold_get(bs);
    info->dirty_bitmaps = bdrv_query_dirty_bitmaps(bs);
    info->has_dirty_bitmaps = info->dirty_bitmaps;
    info->image = image;
    if (blk && blk_get_throttle_group(blk)) {
        fill_limits(info, blk_get_throttle_group(blk));
    }
    return info;
}

/* ---- statistics ---- */

static BlockLatencyHistogramInfo *histogram_info(const BlockLatencyHistogram *h)
{
    BlockLatencyHistogramInfo *info;
    uint64List **bounds, **bins;

    if (!h->bins) {
        return NULL;
    }
    info = g_new0(BlockLatencyHistogramInfo, 1);
    bounds = &info->boundaries;
    bins = &info->bins;
    for (int i = 0; i < h->nbins; i++) {
        if (i < h->nbins - 1) {
            QAPI_LIST_APPEND(bounds, h->boundaries[i]);
        }
        QAPI_LIST_APPEND(bins, h->bins[i]);
    }
    return info;
}

static void fill_device_stats(BlockDeviceStats *out, BlockBackend *blk)
{
    BlockAcctStats *s = blk_get_stats(blk);
    int64_t idle = block_acct_idle_time_ns(s);

    out->has_idle_time_ns = s->last_access_time_ns;
    out->idle_time_ns = out->has_idle_time_ns ? idle : 0;
    QEMU_LOCK_GUARD(&s->lock);
#define KIND(field, type)                                                                          \
    out->field##_operations = s->nr_ops[type];                                                     \
    out->failed_##field##_operations = s->failed_ops[type];                                        \
    out->invalid_##field##_operations = s->invalid_ops[type];                                      \
    out->field##_total_time_ns = s->total_time_ns[type];
#define DATA(field, type)                                                                          \
    KIND(field, type)                                                                              \
    out->field##_bytes = s->nr_bytes[type];                                                        \
    out->field##_merged = s->merged[type];
    DATA(rd, BLOCK_ACCT_READ)
    DATA(wr, BLOCK_ACCT_WRITE)
    DATA(unmap, BLOCK_ACCT_UNMAP)
    DATA(zone_append, BLOCK_ACCT_ZONE_APPEND)
    KIND(flush, BLOCK_ACCT_FLUSH)
#undef KIND
#undef DATA
    out->account_invalid = s->account_invalid;
    out->account_failed = s->account_failed;
    out->rd_latency_histogram = histogram_info(&s->latency_histogram[BLOCK_ACCT_READ]);
    out->wr_latency_histogram = histogram_info(&s->latency_histogram[BLOCK_ACCT_WRITE]);
    out->zone_append_latency_histogram =
        histogram_info(&s->latency_histogram[BLOCK_ACCT_ZONE_APPEND]);
    out->flush_latency_histogram = histogram_info(&s->latency_histogram[BLOCK_ACCT_FLUSH]);
}

/* With the backing files, if @chain; who asks for all nodes gets them anyway. */
static BlockStats *node_stats(BlockDriverState *bs, bool chain)
{
    BlockStats *stats = g_new0(BlockStats, 1);
    BlockDriverState *file = bdrv_primary_bs(bs), *below = bdrv_filter_or_cow_bs(bs);

    stats->node_name = g_strdup(bs->node_name);
    stats->stats = g_new0(BlockDeviceStats, 1);
    stats->stats->wr_highest_offset = stat64_get(&bs->wr_highest_offset);
    if (bs->drv && bs->drv->bdrv_get_specific_stats) {
        stats->driver_specific = bs->drv->bdrv_get_specific_stats(bs);
    }
    stats->parent = file ? node_stats(file, chain) : NULL;
    stats->backing = chain && below && below != file ? node_stats(below, chain) : NULL;
    return stats;
}

BlockStats *bdrv_query_stats(BlockBackend *blk, BlockDriverState *bs)
{
    BlockStats *stats;

    bs = blk ? bdrv_skip_implicit_filters(bs) : bs;
    if (bs) {
        stats = node_stats(bs, blk);
    } else {
        stats = g_new0(BlockStats, 1);
        stats->stats = g_new0(BlockDeviceStats, 1);
    }
    if (blk) {
        g_autofree char *qdev = blk_get_attached_dev_id(blk);

        stats->device = g_strdup(blk_name(blk));
        stats->qdev = *qdev ? g_steal_pointer(&qdev) : NULL;
        fill_device_stats(stats->stats, blk);
    }
    return stats;
}
