/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Draining: parents are told to submit nothing more, upwards to the users of the graph; then the
 * main loop runs until nothing is in flight. Main thread.
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "block/block-backend.h"
#include "block/block_int.h"
#include "blk-internal.h"
#include "qemu/main-loop.h"

void bdrv_parent_drained_begin_single(BdrvChild *c)
{
    if (!c->quiesced_parent) {
        c->quiesced_parent = true;
        if (c->klass->drained_begin) {
            c->klass->drained_begin(c);
        }
    }
}

void bdrv_parent_drained_end_single(BdrvChild *c)
{
    if (c->quiesced_parent) {
        c->quiesced_parent = false;
        if (c->klass->drained_end) {
            c->klass->drained_end(c);
        }
    }
}

void bdrv_do_drained_begin_quiesce(BlockDriverState *bs, BdrvChild *ignore)
{
    BdrvChild *c, *next;

    if (qatomic_fetch_inc(&bs->quiesce_counter) == 0) {
        QLIST_FOREACH_SAFE (c, &bs->parents, next_parent, next) {
            if (c != ignore) {
                bdrv_parent_drained_begin_single(c);
            }
        }
        if (bs->drv && bs->drv->bdrv_drain_begin) {
            bs->drv->bdrv_drain_begin(bs);
        }
    }
    smp_mb();
}

/* Is a request in flight at @bs or at a parent that could submit one? */
bool bdrv_drain_poll(BlockDriverState *bs, BdrvChild *ignore)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->parents, next_parent) {
        if (c != ignore && c->klass->drained_poll && c->klass->drained_poll(c)) {
            return true;
        }
    }
    return qatomic_read(&bs->in_flight) > 0;
}

typedef struct DrainCo {
    Coroutine *co;
    BlockDriverState *bs;
    bool begin;
} DrainCo;

static void drain_co_bh(void *opaque)
{
    DrainCo *data = opaque;
    BlockDriverState *bs = data->bs;
    Coroutine *co = data->co;

    if (data->begin) {
        bdrv_drained_begin(bs);
    } else {
        bdrv_drained_end(bs);
    }
    aio_co_wake(co);
}

/* The same from the main loop, since a coroutine cannot wait by running loops. */
static void coroutine_fn drain_in_main_loop(BlockDriverState *bs, bool begin)
{
    DrainCo data = {.co = qemu_coroutine_self(), .bs = bs, .begin = begin};

    aio_bh_schedule_oneshot(qemu_get_aio_context(), drain_co_bh, &data);
    qemu_coroutine_yield();
}

void bdrv_drained_begin(BlockDriverState *bs)
{
    if (qemu_in_coroutine()) {
        drain_in_main_loop(bs, true);
        return;
    }
    bdrv_do_drained_begin_quiesce(bs, NULL);
    AIO_WAIT_WHILE(NULL, bdrv_drain_poll(bs, NULL));
}

void bdrv_drained_end(BlockDriverState *bs)
{
    BdrvChild *c, *next;

    if (qemu_in_coroutine()) {
        drain_in_main_loop(bs, false);
        return;
    }
    /* Each end has a begin before it. */
    g_assert(bs->quiesce_counter > 0);
    if (qatomic_fetch_dec(&bs->quiesce_counter) == 1) {
        if (bs->drv && bs->drv->bdrv_drain_end) {
            bs->drv->bdrv_drain_end(bs);
        }
        QLIST_FOREACH_SAFE (c, &bs->parents, next_parent, next) {
            bdrv_parent_drained_end_single(c);
        }
    }
}

bool bdrv_is_drained(BlockDriverState *bs)
{
    return qatomic_read(&bs->quiesce_counter) > 0;
}

void bdrv_drain(BlockDriverState *bs)
{
    bdrv_drained_begin(bs);
    bdrv_drained_end(bs);
}

/* Any node, or BlockBackend without one, with something in flight? */
static bool drain_all_poll(void)
{
    BlockDriverState *bs;
    bool busy = false;

    QTAILQ_FOREACH (bs, &all_bdrv_states, bs_list) {
        busy |= bdrv_drain_poll(bs, NULL);
    }
    return busy || blk_any_in_flight_without_medium();
}

void bdrv_drain_all_begin(void)
{
    BlockDriverState *bs;

    QTAILQ_FOREACH (bs, &all_bdrv_states, bs_list) {
        bdrv_do_drained_begin_quiesce(bs, NULL);
    }
    AIO_WAIT_WHILE(NULL, drain_all_poll());
}

void bdrv_drain_all_end(void)
{
    BlockDriverState *bs;

    QTAILQ_FOREACH (bs, &all_bdrv_states, bs_list) {
        /* Not those made in between. */
        if (bs->quiesce_counter) {
            bdrv_drained_end(bs);
        }
    }
}

void bdrv_drain_all(void)
{
    bdrv_drain_all_begin();
    bdrv_drain_all_end();
}

int bdrv_flush_all(void)
{
    BlockDriverState *bs;
    int result = 0;

    QTAILQ_FOREACH (bs, &all_bdrv_states, bs_list) {
        int ret = bs->drv ? bdrv_flush(bs) : 0;

        if (ret < 0 && !result) {
            result = ret;
        }
    }
    return result;
}
