/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the request path. In coroutines, any thread. */
#ifndef BLOCK_IO_INTERNAL_H
#define BLOCK_IO_INTERNAL_H

#include "block/block_int.h"

/* A write of zeroes, without data: bdrv_co_pwrite_zeroes() as it goes down. */
#define BDRV_REQ_ZERO_WRITE 0x2

/* How much of an image decides what format it is. */
#define BLOCK_PROBE_BYTES 512

int coroutine_fn bdrv_driver_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                    QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags);
int coroutine_fn bdrv_driver_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                     QEMUIOVector *qiov, size_t qiov_offset,
                                     BdrvRequestFlags flags);
int coroutine_fn bdrv_co_write_req_prepare(BdrvChild *child, int64_t offset, int64_t bytes,
                                           BdrvTrackedRequest *req, BdrvRequestFlags flags);
int coroutine_fn bdrv_aligned_pwritev(BdrvChild *child, BdrvTrackedRequest *req, int64_t offset,
                                      int64_t bytes, QEMUIOVector *qiov, size_t qiov_offset,
                                      BdrvRequestFlags flags);
/* Zeroes to the driver in its own alignment, else as buffers. */
int coroutine_fn bdrv_co_do_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                          BdrvRequestFlags flags);
/* One step of a copy by the host, for drivers to pass on: down the source, down the destination. */
int coroutine_fn bdrv_co_copy_range_from(BdrvChild *src, int64_t src_offset, BdrvChild *dst,
                                         int64_t dst_offset, int64_t bytes,
                                         BdrvRequestFlags read_flags, BdrvRequestFlags write_flags);
int coroutine_fn bdrv_co_copy_range_to(BdrvChild *src, int64_t src_offset, BdrvChild *dst,
                                       int64_t dst_offset, int64_t bytes,
                                       BdrvRequestFlags read_flags, BdrvRequestFlags write_flags);
/* There may be holes where data was; see status.c. Any thread. */
void bdrv_forget_data(BlockDriverState *bs);
/* Of the node's image format, else its request alignment. */
int64_t bdrv_cluster_size(BlockDriverState *bs);

#endif
