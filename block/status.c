/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where data lies: block status of a node and of a backing chain; and what else a node tells about
 * itself in a coroutine. Any thread.
 */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "io-internal.h"
#include "qemu/lockable.h"

int coroutine_fn bdrv_co_default_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                              int64_t bytes, int64_t *pnum, int64_t *map,
                                              BlockDriverState **file)
{
    *pnum = bytes;
    *map = offset;
    *file = bdrv_primary_bs(bs);
    return BDRV_BLOCK_RAW | BDRV_BLOCK_OFFSET_VALID;
}

static int coroutine_fn node_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                    int64_t bytes, int64_t *pnum, int64_t *map,
                                    BlockDriverState **file);

/*
 * The last area of data of a file: finding its end costs some file systems time in proportion to
 * its length. That it is data may be out of date, which is safe: holes read as zeroes.
 */
static bool remembers_data(BlockDriverState *bs)
{
    return bs->drv->protocol_name && QLIST_EMPTY(&bs->children);
}

static bool known_data(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *pnum)
{
    QEMU_LOCK_GUARD(&bs->reqs_lock);
    if (offset < bs->data_start || offset >= bs->data_end) {
        return false;
    }
    *pnum = MIN(bytes, bs->data_end - offset);
    return true;
}

static void remember_data(BlockDriverState *bs, int ret, int64_t offset, int64_t bytes, int64_t map,
                          BlockDriverState *file)
{
    if (remembers_data(bs) && file == bs && map == offset &&
        (ret & ~BDRV_BLOCK_EOF) == (BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID)) {
        QEMU_LOCK_GUARD(&bs->reqs_lock);
        bs->data_start = offset;
        bs->data_end = offset + bytes;
    }
}

/*
 * The host tells where data ends, not where it begins. Who asks for places in no order, as a format
 * does whose clusters are in none, would have the rest of the file looked at again for each place
 * before those so far: so the first long area is looked for once, which often is all there is.
 */
#define LONG_AREA  (1 * MiB)
#define AREA_TRIES 8

static void coroutine_fn learn_first_data(BlockDriverState *bs, bool want_zero)
{
    int64_t pos = 0, pnum, map, end = QEMU_ALIGN_UP(bs->total_bytes, bs->bl.request_alignment);
    BlockDriverState *file;

    if (!want_zero || !remembers_data(bs) || qatomic_xchg(&bs->first_data_known, true)) {
        return;
    }
    for (int i = 0; i < AREA_TRIES && pos < end; i++, pos += pnum) {
        int ret = bs->drv->bdrv_co_block_status(bs, true, pos, end - pos, &pnum, &map, &file);

        if (ret < 0 || !pnum) {
            return;
        }
        if ((ret & BDRV_BLOCK_DATA) && pnum >= LONG_AREA) {
            remember_data(bs, ret, pos, pnum, map, file);
            return;
        }
    }
}

void bdrv_forget_data(BlockDriverState *bs)
{
    if (qatomic_read(&bs->data_end)) {
        QEMU_LOCK_GUARD(&bs->reqs_lock);
        bs->data_start = bs->data_end = 0;
    }
}

/* The driver's answer, with requests that it does not take rounded to what it takes. */
static int coroutine_fn driver_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                      int64_t bytes, int64_t *pnum, int64_t *map,
                                      BlockDriverState **file)
{
    int64_t align = bs->bl.request_alignment;
    int64_t start = QEMU_ALIGN_DOWN(offset, align);
    int64_t len = QEMU_ALIGN_UP(offset + bytes, align) - start;
    int ret;

    if (!bs->drv->bdrv_co_block_status) {
        if (bs->drv->is_filter) {
            return bdrv_co_default_block_status(bs, want_zero, offset, bytes, pnum, map, file);
        }
        *pnum = bytes;
        *map = offset;
        *file = bs;
        return BDRV_BLOCK_DATA | BDRV_BLOCK_ALLOCATED |
               (bs->drv->protocol_name ? BDRV_BLOCK_OFFSET_VALID : 0);
    }
    learn_first_data(bs, want_zero);
    if (known_data(bs, start, len, pnum)) {
        *map = start;
        *file = bs;
        ret = BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID;
    } else {
        /* As much as the driver can tell at once: it costs the same. */
        ret = bs->drv->bdrv_co_block_status(
            bs, want_zero, start,
            remembers_data(bs) ? MAX(len, QEMU_ALIGN_UP(bs->total_bytes, align) - start) : len,
            pnum, map, file);
        if (ret < 0) {
            return ret;
        }
        if (want_zero) {
            remember_data(bs, ret, start, *pnum, *map, *file);
        }
        *pnum = MIN(*pnum, len);
    }
    *pnum = MIN(*pnum - (offset - start), bytes);
    if (ret & BDRV_BLOCK_OFFSET_VALID) {
        *map += offset - start;
    }
    return ret;
}

/* Ask the file below whether it knows that the data is zero. */
static int coroutine_fn refine_by_file(BlockDriverState *bs, int ret, int64_t *pnum, int64_t map,
                                       BlockDriverState *file)
{
    int64_t file_pnum, file_map;
    BlockDriverState *file_file;
    int file_ret;

    file_ret = node_status(file, true, map, *pnum, &file_pnum, &file_map, &file_file);
    if (file_ret < 0) {
        return ret;
    }
    if ((file_ret & BDRV_BLOCK_EOF) && (!file_pnum || (file_ret & BDRV_BLOCK_ZERO))) {
        /* Beyond the end of the file everything reads as zeroes. */
        return ret | BDRV_BLOCK_ZERO;
    }
    if (file_pnum) {
        *pnum = MIN(*pnum, file_pnum);
        ret |= file_ret & BDRV_BLOCK_ZERO;
    }
    return ret;
}

static int coroutine_fn node_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                    int64_t bytes, int64_t *pnum, int64_t *map,
                                    BlockDriverState **file)
{
    int64_t total = bdrv_co_getlength(bs), local_map = 0;
    BlockDriverState *local_file = NULL;
    int ret;

    *pnum = 0;
    *map = 0;
    *file = NULL;
    if (total < 0) {
        return total;
    }
    if (offset >= total) {
        return BDRV_BLOCK_EOF;
    }
    bytes = MIN(bytes, total - offset);
    if (bytes <= 0) {
        return 0;
    }
    bdrv_inc_in_flight(bs);
    ret = driver_status(bs, want_zero, offset, bytes, pnum, &local_map, &local_file);
    if (ret < 0) {
        *pnum = 0;
    } else if (ret & BDRV_BLOCK_RAW) {
        ret = node_status(local_file, want_zero, local_map, *pnum, pnum, &local_map, &local_file);
        if (!*pnum && ret >= 0) {
            /* The file is shorter than this node says. */
            *pnum = bytes;
            ret = BDRV_BLOCK_ZERO | BDRV_BLOCK_ALLOCATED;
        }
    } else {
        if (ret & (BDRV_BLOCK_DATA | BDRV_BLOCK_ZERO)) {
            ret |= BDRV_BLOCK_ALLOCATED;
        }
        if (want_zero && (ret & BDRV_BLOCK_RECURSE) && (ret & BDRV_BLOCK_DATA) &&
            !(ret & BDRV_BLOCK_ZERO) && (ret & BDRV_BLOCK_OFFSET_VALID) && local_file &&
            local_file != bs) {
            ret = refine_by_file(bs, ret, pnum, local_map, local_file);
        }
    }
    bdrv_dec_in_flight(bs);
    if (ret >= 0) {
        ret &= ~(BDRV_BLOCK_RAW | BDRV_BLOCK_RECURSE | BDRV_BLOCK_EOF);
        if (offset + *pnum >= total) {
            ret |= BDRV_BLOCK_EOF;
        }
        *map = local_map;
        *file = local_file;
    }
    return ret;
}

int coroutine_fn bdrv_co_common_block_status_above(BlockDriverState *bs, BlockDriverState *base,
                                                   bool include_base, bool want_zero,
                                                   int64_t offset, int64_t bytes, int64_t *pnum,
                                                   int64_t *map, BlockDriverState **file,
                                                   int *depth)
{
    int64_t local_map, eof = 0, layer_pnum;
    BlockDriverState *local_file, *p;
    int local_depth, ret;

    map = map ? map : &local_map;
    file = file ? file : &local_file;
    depth = depth ? depth : &local_depth;
    *depth = 0;
    if (!include_base && bs == base) {
        *pnum = bytes;
        return 0;
    }
    ret = node_status(bs, want_zero, offset, bytes, pnum, map, file);
    ++*depth;
    if (ret < 0 || *pnum == 0 || (ret & BDRV_BLOCK_ALLOCATED) || bs == base) {
        return ret;
    }
    if (ret & BDRV_BLOCK_EOF) {
        eof = offset + *pnum;
    }
    bytes = *pnum;
    for (p = bdrv_filter_or_cow_bs(bs); include_base || !base || p != base;
         p = bdrv_filter_or_cow_bs(p)) {
        if (!p) {
            /* Nobody has it: zeroes, for which there may be room in the last file. */
            if (!(ret & BDRV_BLOCK_OFFSET_VALID)) {
                *file = NULL;
                *map = 0;
            }
            return BDRV_BLOCK_ZERO | (ret & BDRV_BLOCK_OFFSET_VALID) |
                   (eof && eof == offset + *pnum ? BDRV_BLOCK_EOF : 0);
        }
        ret = node_status(p, want_zero, offset, bytes, &layer_pnum, map, file);
        ++*depth;
        if (ret < 0) {
            return ret;
        }
        if (layer_pnum == 0) {
            /* @p is shorter: it has zeroes from here on, on behalf of what is below it. */
            *pnum = bytes;
            *file = p;
            *map = 0;
            ret = BDRV_BLOCK_ZERO | BDRV_BLOCK_ALLOCATED;
            break;
        }
        *pnum = layer_pnum;
        if (ret & BDRV_BLOCK_ALLOCATED) {
            ret &= ~BDRV_BLOCK_EOF;
            break;
        }
        if (p == base) {
            ret &= ~BDRV_BLOCK_EOF;
            break;
        }
        bytes = layer_pnum;
    }
    if (eof && eof == offset + *pnum && ret >= 0) {
        ret |= BDRV_BLOCK_EOF;
    }
    return ret;
}

int coroutine_fn bdrv_co_block_status_above(BlockDriverState *bs, BlockDriverState *base,
                                            int64_t offset, int64_t bytes, int64_t *pnum,
                                            int64_t *map, BlockDriverState **file)
{
    return bdrv_co_common_block_status_above(bs, base, false, true, offset, bytes, pnum, map, file,
                                             NULL);
}

int coroutine_fn bdrv_co_block_status(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      int64_t *pnum, int64_t *map, BlockDriverState **file)
{
    return bdrv_co_block_status_above(bs, bdrv_filter_or_cow_bs(bs), offset, bytes, pnum, map,
                                      file);
}

int coroutine_fn bdrv_co_is_allocated(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      int64_t *pnum)
{
    int64_t dummy;
    int ret;

    ret = bdrv_co_common_block_status_above(bs, bs, true, false, offset, bytes,
                                            pnum ? pnum : &dummy, NULL, NULL, NULL);
    return ret < 0 ? ret : !!(ret & BDRV_BLOCK_ALLOCATED);
}

int coroutine_fn bdrv_co_is_allocated_above(BlockDriverState *bs, BlockDriverState *base,
                                            bool include_base, int64_t offset, int64_t bytes,
                                            int64_t *pnum)
{
    int depth, ret;

    ret = bdrv_co_common_block_status_above(bs, base, include_base, false, offset, bytes, pnum,
                                            NULL, NULL, &depth);
    if (ret < 0) {
        return ret;
    }
    return ret & BDRV_BLOCK_ALLOCATED ? depth : 0;
}

int coroutine_fn bdrv_co_get_info(BlockDriverState *bs, BlockDriverInfo *bdi)
{
    int ret;

    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    *bdi = (BlockDriverInfo){0};
    if (!bs->drv->bdrv_co_get_info) {
        BlockDriverState *filtered = bdrv_filter_bs(bs);

        return filtered ? bdrv_co_get_info(filtered, bdi) : -ENOTSUP;
    }
    ret = bs->drv->bdrv_co_get_info(bs, bdi);
    if (bdi->subcluster_size == 0) {
        bdi->subcluster_size = bdi->cluster_size;
    }
    return ret;
}

int64_t coroutine_fn bdrv_co_get_allocated_file_size(BlockDriverState *bs)
{
    int64_t sum = 0;
    BdrvChild *c;

    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (bs->drv->bdrv_co_get_allocated_file_size) {
        return bs->drv->bdrv_co_get_allocated_file_size(bs);
    }
    if (QLIST_EMPTY(&bs->children)) {
        return -ENOTSUP;
    }
    QLIST_FOREACH (c, &bs->children, next) {
        if (c->role & (BDRV_CHILD_DATA | BDRV_CHILD_METADATA | BDRV_CHILD_FILTERED)) {
            int64_t size = bdrv_co_get_allocated_file_size(c->bs);

            if (size < 0) {
                return size;
            }
            sum += size;
        }
    }
    return sum;
}

int coroutine_fn bdrv_co_check(BlockDriverState *bs, BdrvCheckResult *res, BdrvCheckMode fix)
{
    int ret;

    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    *res = (BdrvCheckResult){0};
    if (!bs->drv->bdrv_co_check) {
        return -ENOTSUP;
    }
    bdrv_inc_in_flight(bs);
    ret = bs->drv->bdrv_co_check(bs, res, fix);
    bdrv_dec_in_flight(bs);
    return ret;
}
