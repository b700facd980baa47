/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reopening with other children: "backing" and "file" may name another node than the one that is
 * there. Who does this puts a filter in between, takes one away, or puts another image below. Main
 * thread.
 */
#include "qemu/osdep.h"
#include "node-internal.h"
#include "qobject/qdict.h"
#include "reopen-internal.h"

static void drain(BlockReopenQueue *queue, BlockDriverState *bs)
{
    bdrv_ref(bs);
    g_ptr_array_add(queue->drained, bs);
    bdrv_drained_begin(bs);
}

/* Both ends of the edge that @name of @e's options is about. */
static void drain_ends(BlockReopenQueue *queue, ReopenEntry *e, const char *name)
{
    const char *ref = qdict_get_try_str(e->state.options, name);
    BlockDriverState *to = ref ? bdrv_find_node(ref) : NULL;
    BdrvChild *child;

    if (qdict_haskey(e->state.options, name)) {
        if (to) {
            drain(queue, to);
        }
        child = bdrv_find_child(e->state.bs, name);
        if (child) {
            drain(queue, child->bs);
        }
    }
}

void reopen_drain(BlockReopenQueue *queue)
{
    ReopenEntry *e;

    QTAILQ_FOREACH (e, &queue->entries, next) {
        drain(queue, e->state.bs);
        drain_ends(queue, e, "backing");
        drain_ends(queue, e, "file");
    }
}

/* ---- what options say ---- */

/* Both show the same bytes: what is known of one of them is right of the other. */
static bool same_data(BlockDriverState *a, BlockDriverState *b)
{
    return bdrv_skip_filters(a) == bdrv_skip_filters(b) || bdrv_same_place(a, b);
}

static bool check_file(ReopenEntry *e, BdrvChild *child, BlockDriverState *to, Error **errp)
{
    BlockDriverState *bs = e->state.bs;

    if (child == bdrv_filter_child(bs) || same_data(child->bs, to)) {
        return true;
    }
    e->state.other_file = true;
    if (!bs->drv->bdrv_reopen_load) {
        error_setg(
            errp,
            "Cannot change the option 'file' of '%s' to '%s': driver '%s' knows its file, and "
            "can only have filters put above that or taken away",
            bdrv_shown_name(bs), bdrv_shown_name(to), bs->drv->format_name);
        return false;
    }
    return true;
}

/* @to: NULL for nothing, which only a backing file can be. */
static bool add_edge(ReopenEntry *e, BdrvChild *child, const char *name, BlockDriverState *to,
                     Error **errp)
{
    BlockDriverState *bs = e->state.bs;
    bool is_backing = !strcmp(name, "backing");

    if (child && child->frozen) {
        error_setg(errp, "Cannot change '%s' link from '%s' to '%s': a job uses it", name,
                   bs->node_name, child->bs->node_name);
        return false;
    }
    if (child && child->bs->implicit) {
        error_setg(errp, "Cannot replace implicit %s child of %s", name, bs->node_name);
        return false;
    }
    if (is_backing ? !bs->drv->supports_backing : !child || child != bs->file) {
        error_setg(errp, "Cannot change the option '%s'", name);
        return false;
    }
    if (!is_backing && !check_file(e, child, to, errp)) {
        return false;
    }
    e->edges[e->n_edges++] =
        (ReopenEdge){.child = child, .name = name, .from = child_bs(child), .to = to};
    return true;
}

static bool lacks_backing(ReopenEntry *e, BdrvChild *child, const char *name, Error **errp)
{
    BlockDriverState *bs = e->state.bs;

    if (e->keep_old || strcmp(name, "backing") || !bs->drv->supports_backing ||
        (!child && !bs->backing_file[0])) {
        return false;
    }
    error_setg(errp, "backing is missing for '%s'", bs->node_name);
    error_append_hint(errp, "Give the name of a node, or null for no backing file.\n");
    return true;
}

/* The options of a child that was opened with its parent are in an entry of their own. */
static bool check_inline(ReopenEntry *e, BdrvChild *child, const char *name, Error **errp)
{
    g_autofree char *prefix = g_strdup_printf("%s.", name);

    for (const QDictEntry *o = qdict_first(e->state.explicit_options); o;
         o = qdict_next(e->state.explicit_options, o)) {
        if (g_str_has_prefix(qdict_entry_key(o), prefix) &&
            (!child || child->bs->inherits_from != e->state.bs)) {
            error_setg(errp,
                       "Cannot change the option '%s': the %s child of '%s' is a node that was "
                       "opened for itself; give its name",
                       qdict_entry_key(o), name, bdrv_shown_name(e->state.bs));
            return false;
        }
    }
    return true;
}

static bool find_edge(ReopenEntry *e, BdrvChild *child, const char *name, Error **errp)
{
    QDict *options = e->state.options;
    const char *ref = qdict_get_try_str(options, name);
    BlockDriverState *to = NULL;

    if (!qdict_haskey(options, name)) {
        return check_inline(e, child, name, errp) &&
               (e->has_backing_options || !lacks_backing(e, child, name, errp));
    }
    if (ref) {
        to = bdrv_lookup_bs(NULL, ref, errp);
        if (!to) {
            return false;
        }
    } else if (strcmp(name, "backing")) {
        error_setg(errp, "Option '%s' of node '%s' expects the name of a node", name,
                   e->state.bs->node_name);
        return false;
    }
    qdict_del(options, name);
    /* Filters of jobs are not the user's business. */
    return to == child_bs(child) || (child && to && to == bdrv_skip_implicit_filters(child->bs)) ||
           add_edge(e, child, name, to, errp);
}

/* Options of children ("file.x") that are not the node's own business. */
static void drop_child_options(ReopenEntry *e)
{
    const QDictEntry *entry, *next;
    BdrvChild *c;

    for (entry = qdict_first(e->state.options); entry; entry = next) {
        const char *key = qdict_entry_key(entry);

        next = qdict_next(e->state.options, entry);
        QLIST_FOREACH (c, &e->state.bs->children, next) {
            size_t n = strlen(c->name);

            if (!strncmp(key, c->name, n) && key[n] == '.') {
                qdict_del(e->state.options, key);
                break;
            }
        }
    }
}

bool reopen_find_edges(ReopenEntry *e, Error **errp)
{
    BlockDriverState *bs = e->state.bs;
    BdrvChild *c;

    if (!find_edge(e, bdrv_cow_child(bs), "backing", errp) ||
        !find_edge(e, bs->file, bs->file ? bs->file->name : "file", errp)) {
        return false;
    }
    QLIST_FOREACH (c, &bs->children, next) {
        if (c != bs->backing && c != bs->file && !find_edge(e, c, c->name, errp)) {
            return false;
        }
    }
    drop_child_options(e);
    return true;
}

bool reopen_check_edges(BlockReopenQueue *queue, Error **errp)
{
    g_autoptr(BdrvPlan) plan = bdrv_plan_new();
    ReopenEntry *e;

    QTAILQ_FOREACH (e, &queue->entries, next) {
        for (int i = 0; i < e->n_edges; i++) {
            bdrv_plan_edge(plan, e->state.bs, e->edges[i].child, e->edges[i].name, e->edges[i].to);
        }
    }
    return bdrv_plan_check(plan, errp);
}

/* ---- moving ---- */

static void move_edge(ReopenEntry *e, ReopenEdge *edge, bool back)
{
    BlockDriverState *bs = e->state.bs;

    edge->child = back ? bdrv_move_edge_noperm(bs, edge->child, edge->name, edge->to, edge->from)
                       : bdrv_move_edge_noperm(bs, edge->child, edge->name, edge->from, edge->to);
}

void reopen_move_edges(BlockReopenQueue *queue, bool back, GPtrArray *roots)
{
    ReopenEntry *e;

    /* All let go first: with one at a time there might be a loop in between. */
    QTAILQ_FOREACH (e, &queue->entries, next) {
        for (int i = 0; i < e->n_edges; i++) {
            if (e->edges[i].child) {
                bdrv_replace_child_noperm(e->edges[i].child, NULL);
            }
        }
    }
    QTAILQ_FOREACH (e, &queue->entries, next) {
        for (int i = 0; i < e->n_edges; i++) {
            BlockDriverState *left = back ? e->edges[i].to : e->edges[i].from;

            move_edge(e, &e->edges[i], back);
            if (left) {
                g_ptr_array_add(roots, left);
            }
        }
    }
}

void reopen_settle_edges(ReopenEntry *e)
{
    for (int i = 0; i < e->n_edges; i++) {
        bdrv_child_moved(e->state.bs, e->edges[i].child, e->edges[i].from);
    }
}
