/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small operations that go down the graph: breakpoints, who has the image. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "node-internal.h"

/* ---- breakpoints of blkdebug ---- */

static BlockDriverState *debug_bs(BlockDriverState *bs)
{
    while (bs && bs->drv && !bs->drv->bdrv_debug_breakpoint) {
        bs = bdrv_primary_bs(bs);
    }
    return bs && bs->drv ? bs : NULL;
}

void coroutine_fn bdrv_co_debug_event(BlockDriverState *bs, BlkdebugEvent event)
{
    if (unlikely(bs->drv && bs->drv->bdrv_co_debug_event)) {
        bs->drv->bdrv_co_debug_event(bs, event);
    }
}

int bdrv_debug_breakpoint(BlockDriverState *bs, const char *event, const char *tag)
{
    bs = debug_bs(bs);
    return bs ? bs->drv->bdrv_debug_breakpoint(bs, event, tag) : -ENOTSUP;
}

int bdrv_debug_remove_breakpoint(BlockDriverState *bs, const char *tag)
{
    bs = debug_bs(bs);
    return bs ? bs->drv->bdrv_debug_remove_breakpoint(bs, tag) : -ENOTSUP;
}

int bdrv_debug_resume(BlockDriverState *bs, const char *tag)
{
    bs = debug_bs(bs);
    return bs ? bs->drv->bdrv_debug_resume(bs, tag) : -ENOTSUP;
}

bool bdrv_debug_is_suspended(BlockDriverState *bs, const char *tag)
{
    bs = debug_bs(bs);
    return bs && bs->drv->bdrv_debug_is_suspended(bs, tag);
}

/* ---- activation ---- */

bool bdrv_activate(BlockDriverState *bs, Error **errp)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->children, next) {
        if (!bdrv_activate(c->bs, errp)) {
            return false;
        }
    }
    if (!bs->drv || !(bs->open_flags & BDRV_O_INACTIVE)) {
        return true;
    }
    bs->open_flags &= ~BDRV_O_INACTIVE;
    if (!bdrv_refresh_perms(bs, errp) ||
        (bs->drv->bdrv_activate && !bs->drv->bdrv_activate(bs, errp))) {
        bs->open_flags |= BDRV_O_INACTIVE;
        bdrv_refresh_perms(bs, NULL);
        return false;
    }
    if (bdrv_refresh_total_bytes(bs) < 0) {
        error_setg(errp, "Could not refresh total sector count of node '%s'", bdrv_shown_name(bs));
        return false;
    }
    QLIST_FOREACH (c, &bs->parents, next_parent) {
        if (c->klass->activate && !c->klass->activate(c, errp)) {
            return false;
        }
    }
    return true;
}

bool bdrv_activate_all(Error **errp)
{
    BlockDriverState *bs;

    QTAILQ_FOREACH (bs, &all_bdrv_states, bs_list) {
        if (!bdrv_activate(bs, errp)) {
            return false;
        }
    }
    return true;
}

bool bdrv_inactivate(BlockDriverState *bs, Error **errp)
{
    BdrvChild *c;

    if (!bs->drv || (bs->open_flags & BDRV_O_INACTIVE)) {
        return true;
    }
    QLIST_FOREACH (c, &bs->parents, next_parent) {
        /* Parents first: a format writes its tables to its file. */
        if (c->klass->parent_is_bds &&
            !(((BlockDriverState *)c->opaque)->open_flags & BDRV_O_INACTIVE) &&
            !bdrv_inactivate(c->opaque, errp)) {
            return false;
        }
    }
    bdrv_drained_begin(bs);
    if (bs->drv->bdrv_inactivate && !bs->drv->bdrv_inactivate(bs, errp)) {
        bdrv_drained_end(bs);
        return false;
    }
    if (!bdrv_is_read_only(bs) && bdrv_flush(bs) < 0) {
        error_setg(errp, "Could not flush node '%s'", bdrv_shown_name(bs));
        bdrv_drained_end(bs);
        return false;
    }
    QLIST_FOREACH (c, &bs->parents, next_parent) {
        if (!c->klass->parent_is_bds) {
            c->new_perm &= ~(BLK_PERM_WRITE | BLK_PERM_WRITE_UNCHANGED | BLK_PERM_RESIZE);
            c->new_shared_perm = BLK_PERM_ALL;
        }
    }
    bs->open_flags |= BDRV_O_INACTIVE;
    bdrv_refresh_perms(bs, NULL);
    bdrv_drained_end(bs);
    return true;
}

int bdrv_inactivate_all(void)
{
    BlockDriverState *bs;

    QTAILQ_FOREACH (bs, &all_bdrv_states, bs_list) {
        if (!bdrv_inactivate(bs, NULL)) {
            bdrv_activate_all(NULL);
            return -EIO;
        }
    }
    return 0;
}
