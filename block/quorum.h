/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filter "quorum": which images there are, and what they agree on. */
#ifndef BLOCK_QUORUM_H
#define BLOCK_QUORUM_H

#include "block/block_int.h"

typedef struct QuorumState {
    /* Which images, in the user's order; changed while drained. */
    BdrvChild **children;
    unsigned n;
    unsigned next_index; /* of the name of the next child */
    uint64_t threshold;
    bool verify, rewrite;
    int read_pattern;
} QuorumState;

/* quorum-vote.c: any thread */
int coroutine_fn quorum_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                  QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags);
int coroutine_fn quorum_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                   QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags);
int coroutine_fn quorum_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                         BdrvRequestFlags flags);
int coroutine_fn quorum_co_flush(BlockDriverState *bs);
int coroutine_fn quorum_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                        int64_t bytes, int64_t *pnum, int64_t *map,
                                        BlockDriverState **file);

#endif
