/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables that were not used for a time (the option cache-clean-interval) leave memory. Main thread;
 * what looks at the caches is a coroutine, as they are under s->lock.
 */
#include "qemu/osdep.h"
#include "qcow2.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"

static void arm(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;

    if (s->clean_timer && !qatomic_read(&bs->quiesce_counter)) {
        timer_mod(s->clean_timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) +
                                      (int64_t)s->options.clean_interval * 1000);
    }
}

/* Counts as a request: who drains the node waits for its end. */
static void coroutine_fn clean_entry(void *opaque)
{
    BlockDriverState *bs = opaque;
    Qcow2State *s = bs->opaque;

    qemu_co_mutex_lock(&s->lock);
    qcow2_cache_clean(s->l2_cache);
    qcow2_cache_clean(s->refblock_cache);
    qemu_co_mutex_unlock(&s->lock);
    arm(bs);
    bdrv_dec_in_flight(bs);
}

static void clean(void *opaque)
{
    BlockDriverState *bs = opaque;

    bdrv_inc_in_flight(bs);
    qemu_coroutine_enter(qemu_coroutine_create(clean_entry, bs));
}

void qcow2_clean_start(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;

    qcow2_clean_stop(s);
    if (s->options.clean_interval) {
        s->clean_timer =
            aio_timer_new(qemu_get_aio_context(), QEMU_CLOCK_VIRTUAL, SCALE_MS, clean, bs);
        arm(bs);
    }
}

void qcow2_clean_stop(Qcow2State *s)
{
    if (s->clean_timer) {
        timer_free(s->clean_timer);
        s->clean_timer = NULL;
    }
}

void qcow2_clean_drain_begin(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;

    if (s->clean_timer) {
        timer_del(s->clean_timer);
    }
}

void qcow2_clean_drain_end(BlockDriverState *bs)
{
    arm(bs);
}
