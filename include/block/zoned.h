/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zoned disks: divided into zones that are written from their start to their end only, and emptied
 * as a whole (ZBC, ZAC, NVMe's zoned namespaces). Numbers are those of ZBC and of Linux.
 */
#ifndef BLOCK_ZONED_H
#define BLOCK_ZONED_H

#include "block/block-backend.h"

typedef enum BlockZoneOp {
    BLOCK_ZONE_OPEN,
    BLOCK_ZONE_CLOSE,
    BLOCK_ZONE_FINISH,
    BLOCK_ZONE_RESET,
} BlockZoneOp;

/* Of BlockZone.type. */
#define BLOCK_ZONE_CONVENTIONAL 1
/* Of BlockZone.condition. */
#define BLOCK_ZONE_READ_ONLY 13
#define BLOCK_ZONE_FULL      14
#define BLOCK_ZONE_OFFLINE   15

typedef struct BlockZone {
    /*
     * Bytes. Of @length, @capacity can be written; @write_pointer is where that goes on, the end of
     * the zone where it does not: it is full, cannot be written, or needs no order.
     */
    int64_t start, length, capacity, write_pointer;
    uint8_t type;      /* 1: conventional; 2, 3: to be, or better, written in order */
    uint8_t condition; /* 0: conventional; 1: empty; 2, 3: open; 4: closed; and: */
} BlockZone;

/* Is @blk's medium host-managed: does it refuse writes that are not in order? Main thread. */
bool blk_is_host_managed(BlockBackend *blk);
/* May a job write to @bs as it pleases? Main thread. */
bool bdrv_takes_any_order(BlockDriverState *bs, Error **errp);

/*
 * Requests; -ENOTSUP for what has no zones. In coroutines, any thread.
 *
 * @report: the zones from the one with byte @offset on, *@nr at most, and how many there were.
 * @manage: all zones of a range, which starts and ends with zones.
 * @append: to the zone that starts at *@offset; where it went to afterwards.
 */
int coroutine_fn bdrv_co_zone_report(BlockDriverState *bs, int64_t offset, unsigned *nr,
                                     BlockZone *zones);
int coroutine_fn bdrv_co_zone_manage(BdrvChild *child, BlockZoneOp op, int64_t offset,
                                     int64_t bytes);
int coroutine_fn bdrv_co_zone_append(BdrvChild *child, int64_t *offset, QEMUIOVector *qiov);

/* The same of a back end; they wait: in coroutines, or in the main thread, which runs its loop. */
int blk_zone_report(BlockBackend *blk, int64_t offset, unsigned *nr, BlockZone *zones);
int blk_zone_manage(BlockBackend *blk, BlockZoneOp op, int64_t offset, int64_t bytes);
int blk_zone_append(BlockBackend *blk, int64_t *offset, QEMUIOVector *qiov);

#endif
