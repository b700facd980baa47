/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How large the file of a qcow2 image would be. Main thread. */
#include "qemu/osdep.h"
#include "block/dirty-bitmap.h"
#include "qcow2-create.h"
#include "qcow2.h"

/* Clusters of the refcount table and its blocks for @clusters others; they count themselves. */
static uint64_t refcount_clusters(const Qcow2Create *c, uint64_t clusters)
{
    uint64_t per_block = c->cluster_size * 8 / c->refcount_bits, table = 1, blocks = 0, before;

    do {
        before = table + blocks;
        blocks = DIV_ROUND_UP(clusters + table + blocks, per_block);
        table = MAX(DIV_ROUND_UP(blocks * 8, c->cluster_size), 1);
    } while (table + blocks != before);
    return table + blocks;
}

/* Header, both levels of tables, refcounts; all clusters of the disk have data. */
static uint64_t metadata_bytes(const Qcow2Create *c, uint64_t size, uint64_t crypto, Error **errp)
{
    uint64_t per_l2 = c->cluster_size / (c->extended_l2 ? 16 : 8),
             clusters = DIV_ROUND_UP(size, c->cluster_size);
    uint64_t l2 = DIV_ROUND_UP(clusters, per_l2);

    if (l2 * 8 > QCOW2_MAX_L1_BYTES) {
        error_setg(errp, "The image size is too large (try using a larger cluster size)");
        return 0;
    }
    clusters +=
        1 + DIV_ROUND_UP(l2 * 8, c->cluster_size) + l2 + DIV_ROUND_UP(crypto, c->cluster_size);
    return (clusters + refcount_clusters(c, clusters)) * c->cluster_size -
           ROUND_UP(size, c->cluster_size);
}

/* Bytes of clusters that have data in @bs; -errno. */
static int64_t data_bytes(BlockDriverState *bs, int64_t size, int64_t cluster)
{
    int64_t sum = 0, counted = 0; /* all before @counted is */

    for (int64_t pos = 0, pnum; pos < size; pos += pnum) {
        int ret = bdrv_block_status_above(bs, NULL, pos, size - pos, &pnum, NULL, NULL);

        if (ret < 0) {
            return ret;
        }
        if (!pnum) {
            break;
        }
        if (!(ret & BDRV_BLOCK_ZERO) && (ret & BDRV_BLOCK_DATA)) {
            int64_t start = MAX(ROUND_DOWN(pos, cluster), counted);

            counted = ROUND_UP(pos + pnum, cluster);
            sum += MAX(counted - start, 0);
        }
    }
    return sum;
}

static uint64_t bitmap_bytes(BlockDriverState *bs, const Qcow2Create *c)
{
    uint64_t sum = 0, directory = 0;

    for (BdrvDirtyBitmap *bm = bdrv_dirty_bitmap_first(bs); bm; bm = bdrv_dirty_bitmap_next(bm)) {
        uint64_t bits, clusters;

        if (!bdrv_dirty_bitmap_get_persistence(bm) || bdrv_dirty_bitmap_inconsistent(bm)) {
            continue;
        }
        bits = DIV_ROUND_UP(bdrv_dirty_bitmap_size(bm), bdrv_dirty_bitmap_granularity(bm));
        clusters = DIV_ROUND_UP(bits, 8 * c->cluster_size);
        sum += clusters * c->cluster_size + ROUND_UP(clusters * 8, c->cluster_size);
        directory += ROUND_UP(24 + strlen(bdrv_dirty_bitmap_name(bm)), 8);
    }
    return sum + ROUND_UP(directory, c->cluster_size);
}

static BlockMeasureInfo *measure(const Qcow2Create *c, BlockDriverState *in, Error **errp)
{
    int version;
    int64_t size = in ? bdrv_getlength(in) : (int64_t)c->size, data = 0;
    uint64_t metadata;
    uint64_t crypto = 0;
    BlockMeasureInfo *info;

    if (size < 0) {
        error_setg_errno(errp, -size, "Unable to get image virtual_size");
        return NULL;
    }
    size = ROUND_UP(size, BDRV_SECTOR_SIZE);
    if (!qcow2_check_create(c, &version, errp)) {
        return NULL;
    }
    if (!qcow2_check_create_crypto(c, &crypto, errp)) {
        return NULL;
    }
    metadata = metadata_bytes(c, size, crypto, errp);
    if (!metadata) {
        return NULL;
    }
    if (in) {
        data = data_bytes(in, size, c->cluster_size);
        if (data < 0) {
            error_setg_errno(errp, -data, "Unable to get block status");
            return NULL;
        }
    }
    if (c->preallocation == PREALLOC_MODE_FULL || c->preallocation == PREALLOC_MODE_FALLOC) {
        data = ROUND_UP(size, c->cluster_size);
    }
    info = g_new0(BlockMeasureInfo, 1);
    info->required = metadata + data;
    info->fully_allocated = metadata + ROUND_UP(size, c->cluster_size);
    info->has_bitmaps = version >= 3 && in && in->drv->bdrv_supports_persistent_dirty_bitmap &&
                        in->drv->bdrv_supports_persistent_dirty_bitmap(in);
    if (info->has_bitmaps) {
        info->bitmaps = bitmap_bytes(in, c);
    }
    return info;
}

BlockMeasureInfo *qcow2_measure(QDict *opts, BlockDriverState *in, Error **errp)
{
    Qcow2Create c = QCOW2_CREATE_DEFAULTS;
    BlockMeasureInfo *info = NULL;

    if (bdrv_parse_options(&c, qcow2_create_opts, opts, errp)) {
        info = measure(&c, in, errp);
    }
    bdrv_free_options(&c, qcow2_create_opts);
    return info;
}
