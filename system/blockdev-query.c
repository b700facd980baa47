/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query-block, query-named-block-nodes, query-blockstats and latency histograms. Main thread. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "block/qapi.h"
#include "qapi/qapi-commands-block-query.h"
#include "qapi/qapi-commands-block.h"

/* Drives by name, and those that devices made of a node. */
static bool is_drive(BlockBackend *blk)
{
    return *blk_name(blk) || blk_get_attached_dev(blk);
}

static BlockInfo *block_info(BlockBackend *blk, bool flat, Error **errp)
{
    BlockInfo *info = g_new0(BlockInfo, 1);
    BlockDriverState *bs = bdrv_skip_implicit_filters(blk_bs(blk));
    g_autofree char *qdev = blk_get_attached_dev_id(blk);
    const char *status = blk_iostatus(blk);

    info->device = g_strdup(blk_name(blk));
    info->type = g_strdup("unknown");
    info->locked = blk_dev_is_medium_locked(blk);
    info->removable = blk_dev_has_removable_media(blk);
    info->qdev = *qdev ? g_steal_pointer(&qdev) : NULL;
    info->has_tray_open = blk_dev_has_tray(blk);
    info->tray_open = info->has_tray_open && blk_dev_is_tray_open(blk);
    if (status) {
        info->has_io_status = true;
        info->io_status = qapi_enum_parse(&BlockDeviceIoStatus_lookup, status, 0, NULL);
    }
    if (bs && bs->drv) {
        info->inserted = bdrv_block_device_info(blk, bs, flat, errp);
        if (!info->inserted) {
            qapi_free_BlockInfo(info);
            return NULL;
        }
    }
    return info;
}

BlockInfoList *qmp_query_block(bool has_flat, bool flat, Error **errp)
{
    BlockInfoList *list = NULL, **tail = &list;

    for (BlockBackend *blk = blk_all_next(NULL); blk; blk = blk_all_next(blk)) {
        BlockInfo *info;

        if (!is_drive(blk)) {
            continue;
        }
        info = block_info(blk, has_flat && flat, errp);
        if (!info) {
            qapi_free_BlockInfoList(list);
            return NULL;
        }
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

BlockDeviceInfoList *qmp_query_named_block_nodes(bool has_flat, bool flat, Error **errp)
{
    BlockDeviceInfoList *list = NULL;

    for (BlockDriverState *bs = bdrv_next_node(NULL); bs; bs = bdrv_next_node(bs)) {
        BlockDeviceInfo *info;

        if (!bs->drv) {
            continue;
        }
        info = bdrv_block_device_info(NULL, bs, has_flat && flat, errp);
        if (!info) {
            qapi_free_BlockDeviceInfoList(list);
            return NULL;
        }
        /* The newest comes first. */
        QAPI_LIST_PREPEND(list, info);
    }
    return list;
}

BlockStatsList *qmp_query_blockstats(bool has_query_nodes, bool query_nodes, Error **errp)
{
    BlockStatsList *list = NULL, **tail = &list;

    if (has_query_nodes && query_nodes) {
        for (BlockDriverState *bs = bdrv_next_node(NULL); bs; bs = bdrv_next_node(bs)) {
            QAPI_LIST_APPEND(tail, bdrv_query_stats(NULL, bs));
        }
        return list;
    }
    for (BlockBackend *blk = blk_all_next(NULL); blk; blk = blk_all_next(blk)) {
        if (is_drive(blk)) {
            QAPI_LIST_APPEND(tail, bdrv_query_stats(blk, blk_bs(blk)));
        }
    }
    return list;
}

/* ---- latency histograms ---- */

static bool set_histogram(BlockBackend *blk, BlockAcctType type, uint64List *list, Error **errp)
{
    g_autoptr(GArray) bounds = g_array_new(false, false, sizeof(uint64_t));

    for (; list; list = list->next) {
        g_array_append_val(bounds, list->value);
    }
    if (!block_latency_histogram_set(blk_get_stats(blk), type, (uint64_t *)bounds->data,
                                     bounds->len)) {
        error_setg(errp, "Invalid boundaries of a latency histogram: they must rise, from above 0");
        return false;
    }
    return true;
}

void qmp_block_latency_histogram_set(const char *id, bool has_all, uint64List *all, bool has_read,
                                     uint64List *read, bool has_write, uint64List *write,
                                     bool has_zap, uint64List *zap, bool has_flush,
                                     uint64List *flush, Error **errp)
{
    struct {
        BlockAcctType type;
        bool given;
        uint64List *list;
    } kinds[] = {
        {BLOCK_ACCT_READ, has_read, read},
        {BLOCK_ACCT_WRITE, has_write, write},
        {BLOCK_ACCT_ZONE_APPEND, has_zap, zap},
        {BLOCK_ACCT_FLUSH, has_flush, flush},
    };
    BlockBackend *blk = blk_by_qdev_id(id, errp);
    bool any = has_all || has_read || has_write || has_zap || has_flush;

    for (size_t i = 0; blk && i < ARRAY_SIZE(kinds); i++) {
        if ((!any || has_all || kinds[i].given) &&
            !set_histogram(blk, kinds[i].type, kinds[i].given ? kinds[i].list : all, errp)) {
            return;
        }
    }
}
