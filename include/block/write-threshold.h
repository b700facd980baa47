/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A threshold of a node: the first write behind it sends BLOCK_WRITE_THRESHOLD, so that who has put
 * the image on a small volume can grow that in time.
 */
#ifndef BLOCK_WRITE_THRESHOLD_H
#define BLOCK_WRITE_THRESHOLD_H

#include "block/block_int.h"

/* Main thread. 0: none. */
void bdrv_write_threshold_set(BlockDriverState *bs, uint64_t threshold);
uint64_t bdrv_write_threshold_get(BlockDriverState *bs);
/* [any] A write to @offset..+@bytes begins. */
void bdrv_write_threshold_check(BlockDriverState *bs, int64_t offset, int64_t bytes);

#endif
