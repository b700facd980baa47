/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to several children at once: for drivers whose data is in more than one place. */
#ifndef BLOCK_FAN_OUT_H
#define BLOCK_FAN_OUT_H

#include "block/block_int.h"

typedef enum BdrvFanOutType {
    BDRV_FAN_OUT_READ,
    BDRV_FAN_OUT_WRITE,
    BDRV_FAN_OUT_ZEROES,
    BDRV_FAN_OUT_FLUSH,
} BdrvFanOutType;

/* What differs from child to child. */
typedef struct BdrvFanOutPart {
    BdrvChild *child;
    QEMUIOVector *qiov; /* of reads and writes */
    size_t qiov_offset;
    int ret; /* set by bdrv_co_fan_out() */
    struct BdrvFanOut *all;
} BdrvFanOutPart;

typedef struct BdrvFanOut {
    BdrvFanOutType type;
    int64_t offset, bytes;
    BdrvRequestFlags flags;
    BdrvFanOutPart *parts;
    unsigned n;
    /* While it runs; all of it does in one thread. */
    unsigned running;
    Coroutine *waiting;
} BdrvFanOut;

/* Returns when all parts are done and have their result. Any thread. */
void coroutine_fn bdrv_co_fan_out(BdrvFanOut *f);

#endif
