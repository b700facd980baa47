/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One request to several children at once. Each runs in a coroutine of its own, the last one in the
 * caller's; requests end in the thread that they were begun in, so no lock is needed.
 */
#include "qemu/osdep.h"
#include "fan-out.h"

static int coroutine_fn run_part(const BdrvFanOutPart *p)
{
    const BdrvFanOut *f = p->all;

    switch (f->type) {
    case BDRV_FAN_OUT_READ:
        return bdrv_co_preadv_part(p->child, f->offset, f->bytes, p->qiov, p->qiov_offset,
                                   f->flags);
    case BDRV_FAN_OUT_WRITE:
        return bdrv_co_pwritev_part(p->child, f->offset, f->bytes, p->qiov, p->qiov_offset,
                                    f->flags);
    case BDRV_FAN_OUT_ZEROES:
        return bdrv_co_pwrite_zeroes(p->child, f->offset, f->bytes, f->flags);
    case BDRV_FAN_OUT_FLUSH:
        return bdrv_co_flush(p->child->bs);
    }
    g_assert_not_reached(); /* all types are above */
}

static void coroutine_fn part_entry(void *opaque)
{
    BdrvFanOutPart *p = opaque;

    p->ret = run_part(p);
    if (--p->all->running == 0 && p->all->waiting) {
        aio_co_wake(p->all->waiting);
    }
}

void coroutine_fn bdrv_co_fan_out(BdrvFanOut *f)
{
    f->running = f->n;
    f->waiting = NULL;
    for (unsigned i = 0; i < f->n; i++) {
        f->parts[i].all = f;
        if (i + 1 < f->n) {
            qemu_coroutine_enter(qemu_coroutine_create(part_entry, &f->parts[i]));
        } else {
            part_entry(&f->parts[i]);
        }
    }
    if (f->running) {
        f->waiting = qemu_coroutine_self();
        qemu_coroutine_yield();
    }
}
