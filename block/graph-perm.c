/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Permissions. Each edge says what its parent does with the node below (perm) and what others may
 * do at the same time (shared_perm). What a node's parents do, taken together, decides what its
 * driver needs of its children; so a change goes down the graph, parents before children.
 *
 * An update has two halves: new_perm and new_shared_perm of all edges below the start are computed
 * and checked (drivers take locks), and only when nobody objects they become perm and shared_perm.
 * Between updates they are equal.
 *
 * Main thread.
 */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "node-internal.h"

char *bdrv_perm_names(uint64_t perm)
{
    static const struct {
        uint64_t perm;
        const char *name;
    } names[] = {
        {BLK_PERM_CONSISTENT_READ, "consistent read"},
        {BLK_PERM_WRITE, "write"},
        {BLK_PERM_WRITE_UNCHANGED, "write unchanged"},
        {BLK_PERM_RESIZE, "resize"},
    };
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (perm & names[i].perm) {
            g_string_append_printf(text, "%s%s", text->len ? ", " : "", names[i].name);
        }
    }
    return g_string_free(text, false);
}

/* ---- what a driver needs of a child, from what is needed of the driver ---- */

static void filter_perms(uint64_t perm, uint64_t shared, uint64_t *nperm, uint64_t *nshared)
{
    *nperm = perm;
    *nshared = shared;
}

static void cow_perms(uint64_t perm, uint64_t shared, uint64_t *nperm, uint64_t *nshared)
{
    /* A backing file is only read, and must not change under what was not copied. */
    perm &= BLK_PERM_CONSISTENT_READ;
    if (shared & BLK_PERM_WRITE) {
        shared = BLK_PERM_WRITE | BLK_PERM_RESIZE;
    } else {
        shared = 0;
    }
    *nperm = perm;
    *nshared = shared | BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED;
}

static void storage_perms(BlockDriverState *bs, BdrvChildRole role, uint64_t perm, uint64_t shared,
                          uint64_t *nperm, uint64_t *nshared)
{
    if (role & BDRV_CHILD_METADATA) {
        /* Formats write their tables also when the guest reads (and grow for guest writes). */
        if (bdrv_is_writable(bs)) {
            perm |= BLK_PERM_WRITE | BLK_PERM_RESIZE;
        }
        /* Tables are read again all the time: nobody else may write. */
        perm |= BLK_PERM_CONSISTENT_READ;
        shared &= ~(BLK_PERM_WRITE | BLK_PERM_RESIZE);
    } else if (role & BDRV_CHILD_DATA) {
        if (perm & BLK_PERM_WRITE_UNCHANGED) {
            perm |= BLK_PERM_WRITE;
        }
        if (perm & BLK_PERM_WRITE) {
            perm |= BLK_PERM_RESIZE;
        }
        shared &= ~BLK_PERM_RESIZE;
    }
    if (bs->open_flags & BDRV_O_INACTIVE) {
        shared |= BLK_PERM_WRITE | BLK_PERM_RESIZE;
    }
    *nperm = perm;
    *nshared = shared | BLK_PERM_WRITE_UNCHANGED;
}

void bdrv_default_perms(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role,
                        uint64_t parent_perm, uint64_t parent_shared, uint64_t *nperm,
                        uint64_t *nshared)
{
    if (role & BDRV_CHILD_FILTERED) {
        filter_perms(parent_perm, parent_shared, nperm, nshared);
    } else if (role & BDRV_CHILD_COW) {
        cow_perms(parent_perm, parent_shared, nperm, nshared);
    } else {
        storage_perms(bs, role, parent_perm, parent_shared, nperm, nshared);
    }
}

/* ---- an update ---- */

static unsigned visit_mark;

static void add_below(BlockDriverState *bs, GPtrArray *order)
{
    BdrvChild *c;

    if (bs->perm_visit == visit_mark) {
        return;
    }
    bs->perm_visit = visit_mark;
    QLIST_FOREACH (c, &bs->children, next) {
        if (c->bs) {
            add_below(c->bs, order);
        }
    }
    g_ptr_array_add(order, bs);
}

static bool check_parents(BlockDriverState *bs, Error **errp)
{
    BdrvChild *a, *b;

    QLIST_FOREACH (a, &bs->parents, next_parent) {
        QLIST_FOREACH (b, &bs->parents, next_parent) {
            g_autofree char *a_desc = NULL, *b_desc = NULL, *perms = NULL;

            if (a == b || !(a->new_perm & ~b->new_shared_perm)) {
                continue;
            }
            perms = bdrv_perm_names(a->new_perm & ~b->new_shared_perm);
            a_desc = a->klass->get_parent_desc(a);
            b_desc = b->klass->get_parent_desc(b);
            error_setg(errp,
                       "Permission conflict on node '%s': permissions '%s' are both required by "
                       "%s (uses node '%s' as '%s' child) and unshared by %s (uses node '%s' as "
                       "'%s' child).",
                       bs->node_name, perms, a_desc, bs->node_name, a->name, b_desc, bs->node_name,
                       b->name);
            return false;
        }
    }
    return true;
}

/* Drivers that do not write in order may read what is written in order. */
static bool check_zones(BlockDriverState *bs, Error **errp)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->parents, next_parent) {
        BlockDriverState *parent = c->klass->parent_is_bds ? c->opaque : NULL;

        if (parent && parent->drv && !parent->drv->keeps_zones && (c->new_perm & BLK_PERM_WRITE)) {
            error_setg(errp,
                       "Node '%s' is a host-managed zoned device, which is written in order: "
                       "driver '%s' cannot write to it; 'raw' can",
                       bs->node_name, parent->drv->format_name);
            return false;
        }
    }
    return true;
}

static void cumulate(BlockDriverState *bs, uint64_t *perm, uint64_t *shared)
{
    BdrvChild *c;

    *perm = 0;
    *shared = BLK_PERM_ALL;
    QLIST_FOREACH (c, &bs->parents, next_parent) {
        *perm |= c->new_perm;
        *shared &= c->new_shared_perm;
    }
}

static bool check_node(BlockDriverState *bs, Error **errp)
{
    uint64_t perm, shared;
    BdrvChild *c;

    if (!check_parents(bs, errp) || (bs->bl.zones.host_managed && !check_zones(bs, errp))) {
        return false;
    }
    cumulate(bs, &perm, &shared);
    if ((perm & (BLK_PERM_WRITE | BLK_PERM_WRITE_UNCHANGED)) && !bdrv_is_writable(bs)) {
        if (bs->open_flags & BDRV_O_INACTIVE) {
            error_setg(errp, "Block node is inactive");
        } else {
            error_setg(errp, "Block node is read-only");
        }
        return false;
    }
    /* Past its end nobody could write to an image whose size others may change. */
    if (!bs->drv) {
        return true;
    }
    if (bs->drv->bdrv_check_perm && !bs->drv->bdrv_check_perm(bs, perm, shared, errp)) {
        return false;
    }
    QLIST_FOREACH (c, &bs->children, next) {
        uint64_t nperm = 0, nshared = BLK_PERM_ALL;

        if (bs->drv->bdrv_child_perm) {
            bs->drv->bdrv_child_perm(bs, c, c->role, perm, shared, &nperm, &nshared);
        } else {
            bdrv_default_perms(bs, c, c->role, perm, shared, &nperm, &nshared);
        }
        if (bs->force_share) {
            /* The user knows what he does. */
            nshared = BLK_PERM_ALL;
        }
        c->new_perm = nperm;
        c->new_shared_perm = nshared;
    }
    return true;
}

static void finish_node(BlockDriverState *bs, bool commit)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->parents, next_parent) {
        if (commit) {
            c->perm = c->new_perm;
            c->shared_perm = c->new_shared_perm;
        }
    }
    if (commit) {
        cumulate(bs, &bs->cumulative_perm, &bs->cumulative_shared);
        if (bs->drv && bs->drv->bdrv_set_perm) {
            bs->drv->bdrv_set_perm(bs, bs->cumulative_perm, bs->cumulative_shared);
        }
    }
}

static void reset_edges(BlockDriverState *bs)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->parents, next_parent) {
        c->new_perm = c->perm;
        c->new_shared_perm = c->shared_perm;
    }
}

/* Nodes in @roots and all below: new_perm of the edges to @roots was set by the caller. */
bool bdrv_update_perms(GPtrArray *roots, Error **errp)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    int i;

    visit_mark++;
    for (guint r = 0; r < roots->len; r++) {
        add_below(roots->pdata[r], order);
    }
    /* Children come first in @order. */
    for (i = order->len - 1; i >= 0; i--) {
        if (!check_node(order->pdata[i], errp)) {
            break;
        }
    }
    if (i < 0) {
        for (i = order->len - 1; i >= 0; i--) {
            finish_node(order->pdata[i], true);
        }
        return true;
    }
    /* The one that failed has cleaned up after itself. */
    for (int done = order->len - 1; done > i; done--) {
        BlockDriverState *bs = order->pdata[done];

        if (bs->drv && bs->drv->bdrv_abort_perm_update) {
            bs->drv->bdrv_abort_perm_update(bs);
        }
    }
    for (guint n = 0; n < order->len; n++) {
        reset_edges(order->pdata[n]);
    }
    return false;
}

bool bdrv_refresh_perms(BlockDriverState *bs, Error **errp)
{
    g_autoptr(GPtrArray) roots = g_ptr_array_new();

    g_ptr_array_add(roots, bs);
    return bdrv_update_perms(roots, errp);
}

bool bdrv_child_try_set_perm(BdrvChild *c, uint64_t perm, uint64_t shared, Error **errp)
{
    c->new_perm = perm;
    c->new_shared_perm = shared;
    if (bdrv_refresh_perms(c->bs, errp)) {
        return true;
    }
    c->new_perm = c->perm;
    c->new_shared_perm = c->shared_perm;
    return false;
}

bool bdrv_child_refresh_perms(BlockDriverState *bs, BdrvChild *c, Error **errp)
{
    return bdrv_refresh_perms(bs, errp);
}

void bdrv_get_cumulative_perm(BlockDriverState *bs, uint64_t *perm, uint64_t *shared_perm)
{
    cumulate(bs, perm, shared_perm);
}
