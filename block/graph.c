/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Edges: making, removing and moving them. Main thread; whoever changes an edge has drained the
 * nodes at its lower end, old and new, so that no request is between parent and child.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "block/block_int.h"
#include "node-internal.h"
#include "qemu/cutils.h"

/* ---- a node as a parent ---- */

static char *bds_parent_desc(BdrvChild *c)
{
    BlockDriverState *parent = c->opaque;

    return g_strdup_printf("node '%s'", bdrv_get_node_name(parent));
}

static void bds_drained_begin(BdrvChild *c)
{
    bdrv_do_drained_begin_quiesce(c->opaque, NULL);
}

static void bds_drained_end(BdrvChild *c)
{
    bdrv_drained_end(c->opaque);
}

static bool bds_drained_poll(BdrvChild *c)
{
    return bdrv_drain_poll(c->opaque, NULL);
}

static void bds_resize(BdrvChild *c)
{
    BlockDriverState *parent = c->opaque;

    /* Formats have a size of their own. */
    if (c->role & BDRV_CHILD_FILTERED) {
        qatomic_set(&parent->total_bytes, qatomic_read(&c->bs->total_bytes));
        bdrv_parent_cb_resize(parent);
    }
}

static void bds_change_media(BdrvChild *c, bool load)
{
    bdrv_parent_cb_change_media(c->opaque, load);
}

/* What a child is opened with when its options do not say. */
static void bds_inherit_options(BdrvChildRole role, bool parent_is_format, int *child_flags,
                                QDict *child_options, int parent_flags, QDict *parent_options)
{
    int flags = parent_flags & ~(BDRV_O_SNAPSHOT | BDRV_O_NO_BACKING | BDRV_O_COPY_ON_READ |
                                 BDRV_O_TEMPORARY | BDRV_O_CHECK);

    if (!parent_is_format) {
        flags &= ~BDRV_O_NO_IO;
    }
    qdict_copy_default(child_options, parent_options, "cache.direct");
    qdict_copy_default(child_options, parent_options, "cache.no-flush");
    qdict_copy_default(child_options, parent_options, "force-share");
    if (role & BDRV_CHILD_COW) {
        /* Only read; written by commit, which asks for it. */
        flags &= ~(BDRV_O_RDWR | BDRV_O_UNMAP | BDRV_O_AUTO_RDONLY);
        flags |= parent_flags & BDRV_O_RDWR ? BDRV_O_ALLOW_RDWR : 0;
        qdict_set_default_str(child_options, "read-only", "on");
        qdict_set_default_str(child_options, "auto-read-only", "off");
        flags &= ~BDRV_O_PROTOCOL;
    } else {
        qdict_copy_default(child_options, parent_options, "read-only");
        qdict_copy_default(child_options, parent_options, "auto-read-only");
        if (parent_is_format && !(role & BDRV_CHILD_FILTERED)) {
            /* The format decides what to discard. */
            flags |= BDRV_O_UNMAP;
            qdict_set_default_str(child_options, "discard", "unmap");
        } else {
            qdict_copy_default(child_options, parent_options, "discard");
        }
    }
    if (!(role & BDRV_CHILD_COW) && !(role & BDRV_CHILD_FILTERED)) {
        flags |= BDRV_O_PROTOCOL;
        if (!parent_is_format && !(role & BDRV_CHILD_METADATA)) {
            /* A second image of a filter is in whatever format it is. */
            flags &= ~BDRV_O_PROTOCOL;
        }
    }
    *child_flags = flags;
}

static void bds_attach(BdrvChild *c)
{
    BlockDriverState *bs = c->opaque;

    QLIST_INSERT_HEAD(&bs->children, c, next);
    if (c->role & BDRV_CHILD_COW) {
        bs->backing = c;
    } else if (c->role & BDRV_CHILD_FILTERED) {
        if (!strcmp(c->name, "backing")) {
            bs->backing = c;
        } else {
            bs->file = c;
        }
    } else if (c->role & BDRV_CHILD_PRIMARY) {
        bs->file = c;
    }
}

static void bds_detach(BdrvChild *c)
{
    BlockDriverState *bs = c->opaque;

    QLIST_REMOVE(c, next);
    if (bs->backing == c) {
        bs->backing = NULL;
    } else if (bs->file == c) {
        bs->file = NULL;
    }
}

static bool bds_activate(BdrvChild *c, Error **errp)
{
    return true;
}

const BdrvChildClass child_of_bds = {
    .parent_is_bds = true,
    .get_parent_desc = bds_parent_desc,
    .drained_begin = bds_drained_begin,
    .drained_end = bds_drained_end,
    .drained_poll = bds_drained_poll,
    .resize = bds_resize,
    .change_media = bds_change_media,
    .inherit_options = bds_inherit_options,
    .attach = bds_attach,
    .detach = bds_detach,
    .activate = bds_activate,
};

void bdrv_parent_cb_resize(BlockDriverState *bs)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->parents, next_parent) {
        if (c->klass->resize) {
            c->klass->resize(c);
        }
    }
}

void bdrv_parent_cb_change_media(BlockDriverState *bs, bool load)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->parents, next_parent) {
        if (c->klass->change_media) {
            c->klass->change_media(c, load);
        }
    }
}

/* ---- moving an edge ---- */

void bdrv_replace_child_noperm(BdrvChild *child, BlockDriverState *new_bs)
{
    BlockDriverState *old_bs = child->bs;
    bool quiesce = new_bs && new_bs->quiesce_counter;

    if (quiesce) {
        bdrv_parent_drained_begin_single(child);
    }
    if (old_bs) {
        QLIST_REMOVE(child, next_parent);
    }
    child->bs = new_bs;
    if (new_bs) {
        QLIST_INSERT_HEAD(&new_bs->parents, child, next_parent);
    }
    if (!quiesce) {
        bdrv_parent_drained_end_single(child);
    }
}

/* An edge without permissions yet; takes over the reference to @child_bs. */
static BdrvChild *new_edge(BlockDriverState *child_bs, const char *name,
                           const BdrvChildClass *klass, BdrvChildRole role, void *opaque)
{
    BdrvChild *c = g_new0(BdrvChild, 1);

    c->name = g_strdup(name);
    c->klass = klass;
    c->role = role;
    c->opaque = opaque;
    c->shared_perm = c->new_shared_perm = BLK_PERM_ALL;
    bdrv_replace_child_noperm(c, child_bs);
    if (klass->attach) {
        klass->attach(c);
    }
    return c;
}

/* Gives the reference back. */
static void free_edge(BdrvChild *c)
{
    BlockDriverState *bs = c->bs;

    if (c->klass->detach) {
        c->klass->detach(c);
    }
    bdrv_drained_begin(bs);
    bdrv_replace_child_noperm(c, NULL);
    bdrv_drained_end(bs);
    g_free(c->name);
    g_free(c);
    /* What it asked for is free again; that cannot fail. */
    bdrv_refresh_perms(bs, NULL);
    bdrv_unref(bs);
}

/* Nothing is computed: see the callers, which do that for all edges together. */
BdrvChild *bdrv_move_edge_noperm(BlockDriverState *parent, BdrvChild *child, const char *name,
                                 BlockDriverState *from, BlockDriverState *to)
{
    if (to) {
        bdrv_ref(to);
    }
    if (!child && to) {
        child = new_edge(to, name, &child_of_bds,
                         parent->drv->is_filter ? BDRV_CHILD_FILTERED | BDRV_CHILD_PRIMARY
                                                : BDRV_CHILD_COW,
                         parent);
    } else if (child && to) {
        bdrv_replace_child_noperm(child, to);
    } else if (child) {
        child->klass->detach(child);
        bdrv_replace_child_noperm(child, NULL);
        g_free(child->name);
        g_free(child);
        child = NULL;
    }
    bdrv_unref(from);
    return child;
}

void bdrv_child_moved(BlockDriverState *parent, BdrvChild *child, BlockDriverState *from)
{
    if (from && from->inherits_from == parent) {
        from->inherits_from = NULL;
    }
    if (child && child == parent->backing && (child->role & BDRV_CHILD_COW)) {
        pstrcpy(parent->auto_backing_file, sizeof(parent->auto_backing_file), child->bs->filename);
    }
}

BdrvChild *bdrv_root_attach_child(BlockDriverState *child_bs, const char *child_name,
                                  const BdrvChildClass *child_class, BdrvChildRole child_role,
                                  uint64_t perm, uint64_t shared_perm, void *opaque, Error **errp)
{
    BdrvChild *c = new_edge(child_bs, child_name, child_class, child_role, opaque);

    if (!bdrv_child_try_set_perm(c, perm, shared_perm, errp)) {
        free_edge(c);
        return NULL;
    }
    return c;
}

void bdrv_root_unref_child(BdrvChild *child)
{
    free_edge(child);
}

BdrvChild *bdrv_attach_child(BlockDriverState *parent_bs, BlockDriverState *child_bs,
                             const char *child_name, const BdrvChildClass *child_class,
                             BdrvChildRole child_role, Error **errp)
{
    BdrvChild *c;

    if (!bdrv_check_edge(parent_bs, NULL, child_name, child_bs, errp)) {
        bdrv_unref(child_bs);
        return NULL;
    }
    c = new_edge(child_bs, child_name, child_class, child_role, parent_bs);
    if (!bdrv_refresh_perms(parent_bs, errp)) {
        free_edge(c);
        return NULL;
    }
    return c;
}

void bdrv_unref_child(BlockDriverState *parent, BdrvChild *child)
{
    if (child) {
        if (child->bs->inherits_from == parent) {
            child->bs->inherits_from = NULL;
        }
        free_edge(child);
    }
}

static bool can_move_edges(GPtrArray *edges, BlockDriverState *to, Error **errp)
{
    g_autoptr(BdrvPlan) plan = bdrv_plan_new();

    for (guint i = 0; i < edges->len; i++) {
        BdrvChild *c = edges->pdata[i];

        if (c->klass->parent_is_bds) {
            bdrv_plan_edge(plan, c->opaque, c, c->name, to);
        }
    }
    return bdrv_plan_check(plan, errp);
}

/* Move @edges and recompute; back again on failure. The nodes are drained. */
static bool move_edges(GPtrArray *edges, BlockDriverState *from, BlockDriverState *to, Error **errp)
{
    g_autoptr(GPtrArray) roots = g_ptr_array_new();

    if (!can_move_edges(edges, to, errp)) {
        return false;
    }
    for (guint i = 0; i < edges->len; i++) {
        bdrv_replace_child_noperm(edges->pdata[i], to);
    }
    g_ptr_array_add(roots, to);
    g_ptr_array_add(roots, from);
    if (bdrv_update_perms(roots, errp)) {
        for (guint i = 0; i < edges->len; i++) {
            bdrv_ref(to);
        }
        return true;
    }
    for (guint i = 0; i < edges->len; i++) {
        bdrv_replace_child_noperm(edges->pdata[i], from);
    }
    bdrv_update_perms(roots, NULL);
    return false;
}

static bool move_edges_drained(GPtrArray *edges, BlockDriverState *from, BlockDriverState *to,
                               Error **errp)
{
    bool ok;

    bdrv_ref(from);
    bdrv_drained_begin(from);
    bdrv_drained_begin(to);
    ok = move_edges(edges, from, to, errp);
    bdrv_drained_end(to);
    bdrv_drained_end(from);
    for (guint i = 0; ok && i < edges->len; i++) {
        bdrv_unref(from);
    }
    bdrv_unref(from);
    return ok;
}

bool bdrv_replace_child_bs(BdrvChild *child, BlockDriverState *new_bs, Error **errp)
{
    g_autoptr(GPtrArray) edges = g_ptr_array_new();

    if (child->frozen) {
        error_setg(errp, "Cannot change frozen '%s' link to '%s'", child->name,
                   child->bs->node_name);
        return false;
    }
    g_ptr_array_add(edges, child);
    return move_edges_drained(edges, child->bs, new_bs, errp);
}

/* @skip: an edge whose parent is @to or below it stays. */
static bool collect_parents(BlockDriverState *from, BlockDriverState *to, GPtrArray *edges,
                            Error **errp)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &from->parents, next_parent) {
        if (c->klass->stay_at_node || (c->klass->parent_is_bds && bdrv_is_below(c->opaque, to))) {
            continue;
        }
        if (c->frozen) {
            error_setg(errp, "Cannot change '%s' link to '%s'", c->name, from->node_name);
            return false;
        }
        g_ptr_array_add(edges, c);
    }
    return true;
}

bool bdrv_replace_node(BlockDriverState *from, BlockDriverState *to, Error **errp)
{
    g_autoptr(GPtrArray) edges = g_ptr_array_new();

    return collect_parents(from, to, edges, errp) && move_edges_drained(edges, from, to, errp);
}

/* All three stay as they were if the permissions conflict. */
static bool move_backing_drained(BlockDriverState *bs, BlockDriverState *to, Error **errp)
{
    g_autoptr(GPtrArray) roots = g_ptr_array_new();
    BlockDriverState *from = child_bs(bs->backing);
    BdrvChild *c;
    bool ok;

    g_ptr_array_add(roots, bs);
    bdrv_drained_begin(bs);
    if (to) {
        bdrv_ref(to);
        bdrv_drained_begin(to);
    }
    if (from) {
        bdrv_ref(from);
        bdrv_drained_begin(from);
        g_ptr_array_add(roots, from);
    }
    c = bdrv_move_edge_noperm(bs, bs->backing, "backing", from, to);
    ok = bdrv_update_perms(roots, errp);
    if (ok) {
        bdrv_child_moved(bs, c, from);
    } else {
        bdrv_move_edge_noperm(bs, c, "backing", to, from);
        bdrv_update_perms(roots, NULL);
    }
    bdrv_refresh_limits(bs, NULL);
    if (from) {
        bdrv_drained_end(from);
        bdrv_unref(from);
    }
    if (to) {
        bdrv_drained_end(to);
        bdrv_unref(to);
    }
    bdrv_drained_end(bs);
    return ok;
}

bool bdrv_set_backing_hd(BlockDriverState *bs, BlockDriverState *backing_hd, Error **errp)
{
    if (bs->backing && bs->backing->frozen) {
        error_setg(errp, "Cannot change 'backing' link from '%s' to '%s'", bs->node_name,
                   bs->backing->bs->node_name);
        return false;
    }
    if (backing_hd && bs->drv && !bs->drv->is_filter && !bs->drv->supports_backing) {
        error_setg(errp, "Driver '%s' of node '%s' does not support backing files",
                   bs->drv->format_name, bs->node_name);
        return false;
    }
    if (backing_hd && !bdrv_check_edge(bs, bs->backing, "backing", backing_hd, errp)) {
        return false;
    }
    return move_backing_drained(bs, backing_hd, errp);
}

bool bdrv_append(BlockDriverState *bs_new, BlockDriverState *bs_top, Error **errp)
{
    g_autoptr(GPtrArray) edges = g_ptr_array_new();
    bool ok;

    bdrv_ref(bs_top);
    bdrv_drained_begin(bs_new);
    bdrv_drained_begin(bs_top);
    /* Parents first: the new edge must not be among those that move. */
    ok = collect_parents(bs_top, bs_new, edges, errp) && move_edges(edges, bs_top, bs_new, errp);
    if (ok) {
        ok = bdrv_set_backing_hd(bs_new, bs_top, errp);
        if (!ok && move_edges(edges, bs_new, bs_top, NULL)) {
            for (guint i = 0; i < edges->len; i++) {
                bs_new->refcnt--;
            }
        } else if (ok) {
            for (guint i = 0; i < edges->len; i++) {
                bs_top->refcnt--;
            }
        }
    }
    bdrv_drained_end(bs_top);
    bdrv_drained_end(bs_new);
    bdrv_unref(bs_top);
    return ok;
}

bool bdrv_drop_filter(BlockDriverState *bs, Error **errp)
{
    BlockDriverState *below = bdrv_filter_bs(bs);
    g_autoptr(GPtrArray) edges = g_ptr_array_new();
    BdrvChild *c;
    bool ok;

    if (!below) {
        error_setg(errp, "Node '%s' is no filter", bs->node_name);
        return false;
    }
    QLIST_FOREACH (c, &bs->parents, next_parent) {
        if (c->frozen) {
            error_setg(errp, "Cannot change '%s' link to '%s'", c->name, bs->node_name);
            return false;
        }
        g_ptr_array_add(edges, c);
    }
    bdrv_ref(bs);
    bdrv_ref(below);
    bdrv_drained_begin(bs);
    bdrv_drained_begin(below);
    for (guint i = 0; i < edges->len; i++) {
        bdrv_replace_child_noperm(edges->pdata[i], below);
        bdrv_ref(below);
        bs->refcnt--;
    }
    bdrv_unref_child(bs, bdrv_filter_child(bs));
    ok = bdrv_refresh_perms(below, errp);
    bdrv_drained_end(below);
    bdrv_drained_end(bs);
    bdrv_unref(below);
    bdrv_unref(bs);
    return ok;
}

BlockDriverState *bdrv_insert_node(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    BlockDriverState *filter;

    filter = bdrv_open(NULL, NULL, options, flags, errp);
    if (!filter) {
        return NULL;
    }
    if (!bdrv_replace_node(bs, filter, errp)) {
        bdrv_unref(filter);
        return NULL;
    }
    return filter;
}

/* The image @overlay names another backing file; a read-only one is writable for so long. */
static bool rename_backing(BlockDriverState *overlay, const char *name, const char *fmt,
                           Error **errp)
{
    bool read_only = bdrv_is_read_only(overlay);
    int ret;

    if (read_only && !bdrv_reopen_set_read_only(overlay, false, errp)) {
        return false;
    }
    ret = bdrv_change_backing_file(overlay, name, fmt, false);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not update backing file link");
    }
    if (read_only) {
        bdrv_reopen_set_read_only(overlay, true, NULL);
    }
    return ret >= 0;
}

const char *bdrv_backing_format_name(BlockDriverState *base, bool mask_protocol)
{
    if (!base->drv) {
        return NULL;
    }
    return mask_protocol && base->drv->protocol_name ? "raw" : base->drv->format_name;
}

bool bdrv_drop_intermediate(BlockDriverState *top, BlockDriverState *base,
                            const char *backing_file_str, bool mask_protocol, Error **errp)
{
    g_autofree char *str = NULL;
    g_autoptr(GPtrArray) edges = g_ptr_array_new();
    BdrvChild *c;
    bool ok;

    if (!bdrv_chain_contains(top, base) || top == base) {
        error_setg(errp, "Node '%s' is not below node '%s'", base->node_name, top->node_name);
        return false;
    }
    if (!backing_file_str) {
        bdrv_refresh_filename(base);
        backing_file_str = base->filename;
    }
    str = g_strdup(backing_file_str);
    bdrv_ref(top);
    bdrv_ref(base);
    bdrv_drained_begin(base);
    bdrv_drained_begin(top);
    ok = collect_parents(top, base, edges, errp);
    /* The images first: if that fails, or the process ends here, either chain is right. */
    for (guint i = 0; ok && i < edges->len; i++) {
        c = edges->pdata[i];
        if (c->klass->parent_is_bds && (c->role & BDRV_CHILD_COW)) {
            ok =
                rename_backing(c->opaque, str, bdrv_backing_format_name(base, mask_protocol), errp);
        }
    }
    ok = ok && move_edges(edges, top, base, errp);
    bdrv_drained_end(top);
    bdrv_drained_end(base);
    for (guint i = 0; ok && i < edges->len; i++) {
        bdrv_unref(top);
    }
    bdrv_unref(top);
    bdrv_unref(base);
    return ok;
}

/* ---- freezing ---- */

bool bdrv_is_backing_chain_frozen(BlockDriverState *bs, BlockDriverState *base, Error **errp)
{
    for (BlockDriverState *i = bs; i && i != base; i = bdrv_filter_or_cow_bs(i)) {
        BdrvChild *c = bdrv_filter_or_cow_child(i);

        if (c && c->frozen) {
            error_setg(errp, "Cannot change '%s' link from '%s' to '%s'", c->name, i->node_name,
                       c->bs->node_name);
            return true;
        }
    }
    return false;
}

bool bdrv_freeze_backing_chain(BlockDriverState *bs, BlockDriverState *base, Error **errp)
{
    if (bdrv_is_backing_chain_frozen(bs, base, errp)) {
        return false;
    }
    for (BlockDriverState *i = bs; i && i != base; i = bdrv_filter_or_cow_bs(i)) {
        BdrvChild *c = bdrv_filter_or_cow_child(i);

        if (c) {
            c->frozen = true;
        }
    }
    return true;
}

void bdrv_unfreeze_backing_chain(BlockDriverState *bs, BlockDriverState *base)
{
    for (BlockDriverState *i = bs; i && i != base; i = bdrv_filter_or_cow_bs(i)) {
        BdrvChild *c = bdrv_filter_or_cow_child(i);

        if (c) {
            c->frozen = false;
        }
    }
}

int bdrv_change_backing_file(BlockDriverState *bs, const char *backing_file,
                             const char *backing_fmt, bool require)
{
    int ret;

    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (backing_fmt && !backing_file) {
        return -EINVAL;
    }
    if (require && backing_file && !backing_fmt) {
        return -EINVAL;
    }
    if (!bs->drv->bdrv_change_backing_file) {
        return -ENOTSUP;
    }
    if (backing_file) {
        g_autofree char *full = bdrv_make_absolute_filename(bs, backing_file, NULL);

        if (full && bdrv_is_at(bs, full)) {
            return -ELOOP;
        }
    }
    /* The whole header is read, changed and written: no request may change fields meanwhile. */
    bdrv_drained_begin(bs);
    ret = bs->drv->bdrv_change_backing_file(bs, backing_file, backing_fmt);
    bdrv_drained_end(bs);
    if (ret == 0) {
        pstrcpy(bs->backing_file, sizeof(bs->backing_file), backing_file ? backing_file : "");
        pstrcpy(bs->backing_format, sizeof(bs->backing_format), backing_fmt ? backing_fmt : "");
        pstrcpy(bs->auto_backing_file, sizeof(bs->auto_backing_file),
                backing_file ? backing_file : "");
    }
    return ret;
}
