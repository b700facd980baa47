/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which file of the host an image is: names do not tell, since a file may have several. So an image
 * that would be below itself is found, and one that is in use is not overwritten. Main thread.
 */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "node-internal.h"

/* Images that stand on each other: each takes a part of a coroutine's stack. */
#define MAX_LEVELS 500

bool bdrv_get_place(BlockDriverState *bs, BdrvPlace *place)
{
    for (; bs && bs->drv; bs = bdrv_primary_bs(bs)) {
        if (bs->drv->bdrv_get_place) {
            return bs->drv->bdrv_get_place(bs, place);
        }
    }
    return false;
}

static bool get_place_of_name(const char *filename, BdrvPlace *place)
{
    BlockDriver *drv = bdrv_find_protocol(filename, true, NULL);

    return drv && drv->bdrv_place_of_name && drv->bdrv_place_of_name(filename, place);
}

static bool same(const BdrvPlace *a, const BdrvPlace *b)
{
    return a->is_device == b->is_device && a->dev == b->dev && a->ino == b->ino &&
           a->offset == b->offset;
}

bool bdrv_same_place(BlockDriverState *a, BlockDriverState *b)
{
    BdrvPlace pa, pb;

    return bdrv_get_place(a, &pa) && bdrv_get_place(b, &pb) && same(&pa, &pb);
}

bool bdrv_is_read_from(BlockDriverState *top, BlockDriverState *bs)
{
    BdrvChild *c;

    if (bdrv_same_place(top, bs)) {
        return true;
    }
    QLIST_FOREACH (c, &top->children, next) {
        if (bdrv_is_read_from(c->bs, bs)) {
            return true;
        }
    }
    return false;
}

bool bdrv_is_at(BlockDriverState *bs, const char *filename)
{
    BdrvPlace pa, pb;

    return bdrv_get_place(bs, &pa) && get_place_of_name(filename, &pb) && same(&pa, &pb);
}

bool bdrv_same_file(const char *a, const char *b)
{
    BdrvPlace pa, pb;

    return !strcmp(a, b) ||
           (get_place_of_name(a, &pa) && get_place_of_name(b, &pb) && same(&pa, &pb));
}

/* A node, but for @except, of the driver of files that has this one open. */
static BlockDriverState *find_user(const BdrvPlace *place, const BlockDriverState *except)
{
    BlockDriverState *bs;
    BdrvPlace other;

    QTAILQ_FOREACH (bs, &all_bdrv_states, bs_list) {
        if (bs != except && bs->drv && bs->drv->bdrv_place_of_name && bdrv_get_place(bs, &other) &&
            same(place, &other)) {
            return bs;
        }
    }
    return NULL;
}

BlockDriverState *bdrv_find_other_user(BlockDriverState *bs)
{
    BdrvPlace place;

    return bdrv_get_place(bs, &place) ? find_user(&place, bs) : NULL;
}

bool bdrv_check_not_open(const BdrvPlace *place, const char *filename, Error **errp)
{
    BlockDriverState *user = find_user(place, NULL);

    if (user) {
        error_setg(errp, "'%s' would be overwritten while it is in use: it is open as '%s'",
                   filename, user->filename);
    }
    return !user;
}

bool bdrv_check_not_below_itself(BlockDriverState *bs, Error **errp)
{
    int levels = 0;

    /* Most are what their parent is: only seen from there it can be the same again. */
    if (bs->opened_as & (BDRV_CHILD_PRIMARY | BDRV_CHILD_FILTERED)) {
        return true;
    }
    for (BlockDriverState *above = bs->opener; above; above = above->opener) {
        if (bdrv_same_place(above, bs)) {
            error_setg(errp,
                       "Image '%s' creates an infinite loop: it would be below itself, as a "
                       "backing file or another part",
                       bs->filename);
            return false;
        }
        if (++levels == MAX_LEVELS) {
            error_setg(errp, "'%s' is the image number %d of a chain, which is one too many",
                       bs->filename, MAX_LEVELS + 1);
            return false;
        }
    }
    return true;
}
