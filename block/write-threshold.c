/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Thresholds of nodes and their event. */
#include "qemu/osdep.h"
#include "block/write-threshold.h"
#include "qapi/qapi-events-block-core.h"
#include "qemu/main-loop.h"

void bdrv_write_threshold_set(BlockDriverState *bs, uint64_t threshold)
{
    qatomic_set(&bs->write_threshold, threshold);
}

uint64_t bdrv_write_threshold_get(BlockDriverState *bs)
{
    return qatomic_read(&bs->write_threshold);
}

typedef struct ThresholdEvent {
    char *node_name;
    uint64_t exceeded, threshold;
} ThresholdEvent;

/* Events are sent with the BQL held, and requests may be anywhere. */
static void send_event_bh(void *opaque)
{
    ThresholdEvent *e = opaque;

    qapi_event_send_block_write_threshold(e->node_name, e->exceeded, e->threshold);
    g_free(e->node_name);
    g_free(e);
}

void bdrv_write_threshold_check(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    uint64_t threshold = qatomic_read(&bs->write_threshold), end = offset + bytes;
    ThresholdEvent *e;

    if (likely(!threshold || end <= threshold) ||
        qatomic_cmpxchg(&bs->write_threshold, threshold, 0) != threshold) {
        return;
    }
    e = g_new(ThresholdEvent, 1);
    *e = (ThresholdEvent){g_strdup(bs->node_name), end - threshold, threshold};
    aio_bh_schedule_oneshot(qemu_get_aio_context(), send_event_bh, e);
}
