/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The graph as it will be once some edges have moved, looked at before they do: nothing may stand
 * on itself, and requests, which go down by recursion, must find the lowest node before a
 * coroutine's stack ends. Main thread.
 */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "node-internal.h"

/* From a node down to the lowest, both included: a chain of 500 images, its file, and filters. */
#define MAX_LEVELS 600
/* Ways down from a node: some things are done once for each, and it can double with each level. */
#define MAX_WAYS 10000

typedef struct PlannedEdge {
    BlockDriverState *parent, *to;
    const char *name;
} PlannedEdge;

/* What is below a node, as far as it is known; one on the path that is looked at has no levels. */
typedef struct Below {
    unsigned levels, ways;
} Below;

struct BdrvPlan {
    /* By the edge that moves, or, of a new one, by its parent. */
    GHashTable *edges;
    GHashTable *below;
    /* Nodes from where looking began down to the current one. */
    GPtrArray *path;
};

BdrvPlan *bdrv_plan_new(void)
{
    BdrvPlan *plan = g_new0(BdrvPlan, 1);

    plan->edges = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    plan->below = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    plan->path = g_ptr_array_new();
    return plan;
}

void bdrv_plan_free(BdrvPlan *plan)
{
    g_hash_table_unref(plan->edges);
    g_hash_table_unref(plan->below);
    g_ptr_array_unref(plan->path);
    g_free(plan);
}

void bdrv_plan_edge(BdrvPlan *plan, BlockDriverState *parent, BdrvChild *child, const char *name,
                    BlockDriverState *to)
{
    PlannedEdge *edge = g_new(PlannedEdge, 1);

    *edge = (PlannedEdge){.parent = parent, .to = to, .name = name};
    g_hash_table_insert(plan->edges, child ? (void *)child : parent, edge);
}

/* The planned edge that closes the loop from @bs, which is on the path, down to the path's end. */
static void set_loop_error(BdrvPlan *plan, BlockDriverState *bs, Error **errp)
{
    GHashTableIter iter;
    PlannedEdge *edge;
    guint start = 0;

    while (plan->path->pdata[start] != bs) {
        start++;
    }
    g_hash_table_iter_init(&iter, plan->edges);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&edge)) {
        for (guint i = start; i < plan->path->len; i++) {
            bool last = i + 1 == plan->path->len;

            if (edge->parent == plan->path->pdata[i] &&
                edge->to == (last ? bs : plan->path->pdata[i + 1])) {
                error_setg(errp, "Making '%s' a %s child of '%s' would create a cycle",
                           bdrv_shown_name(edge->to), edge->name, bdrv_shown_name(edge->parent));
                return;
            }
        }
    }
    /* The graph itself has none. */
    g_assert_not_reached();
}

static const Below *look_below(BdrvPlan *plan, BlockDriverState *bs, Error **errp);

/* False on an error; @to: NULL for an edge that goes. */
static bool add_child(BdrvPlan *plan, Below *below, BlockDriverState *to, Error **errp)
{
    const Below *child;

    if (!to) {
        return true;
    }
    child = look_below(plan, to, errp);
    if (!child) {
        return false;
    }
    below->levels = MAX(below->levels, child->levels + 1);
    below->ways = MIN(below->ways + child->ways, MAX_WAYS + 1);
    return true;
}

static bool add_children(BdrvPlan *plan, Below *below, BlockDriverState *bs, Error **errp)
{
    PlannedEdge *added = g_hash_table_lookup(plan->edges, bs);
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->children, next) {
        PlannedEdge *moved = g_hash_table_lookup(plan->edges, c);

        if (!add_child(plan, below, moved ? moved->to : c->bs, errp)) {
            return false;
        }
    }
    return !added || add_child(plan, below, added->to, errp);
}

/* NULL and @errp if that cannot be. */
static const Below *look_below(BdrvPlan *plan, BlockDriverState *bs, Error **errp)
{
    Below *below = g_hash_table_lookup(plan->below, bs);

    if (below && !below->levels) {
        set_loop_error(plan, bs, errp);
        return NULL;
    }
    if (!below) {
        Below sum = {.levels = 1};

        below = g_new0(Below, 1);
        g_hash_table_insert(plan->below, bs, below);
        g_ptr_array_add(plan->path, bs);
        if (plan->path->len <= MAX_LEVELS && !add_children(plan, &sum, bs, errp)) {
            return NULL;
        }
        g_ptr_array_set_size(plan->path, plan->path->len - 1);
        *below = (Below){.levels = sum.levels, .ways = MAX(sum.ways, 1)};
    }
    if (plan->path->len + below->levels > MAX_LEVELS) {
        error_setg(errp, "More than %d nodes would stand on each other, of which '%s' is one",
                   MAX_LEVELS, bdrv_shown_name(bs));
        return NULL;
    }
    if (below->ways > MAX_WAYS) {
        error_setg(errp, "More than %d ways would lead down from node '%s'", MAX_WAYS,
                   bdrv_shown_name(bs));
        return NULL;
    }
    return below;
}

bool bdrv_plan_check(BdrvPlan *plan, Error **errp)
{
    BlockDriverState *bs;

    QTAILQ_FOREACH (bs, &all_bdrv_states, bs_list) {
        if (!look_below(plan, bs, errp)) {
            return false;
        }
    }
    return true;
}

bool bdrv_check_edge(BlockDriverState *parent, BdrvChild *child, const char *name,
                     BlockDriverState *to, Error **errp)
{
    g_autoptr(BdrvPlan) plan = bdrv_plan_new();

    bdrv_plan_edge(plan, parent, child, name, to);
    return bdrv_plan_check(plan, errp);
}

bool bdrv_is_below(BlockDriverState *bs, BlockDriverState *top)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) todo = g_ptr_array_new();

    g_ptr_array_add(todo, top);
    while (todo->len) {
        BlockDriverState *node = g_ptr_array_steal_index_fast(todo, todo->len - 1);
        BdrvChild *c;

        if (node == bs) {
            return true;
        }
        if (g_hash_table_add(seen, node)) {
            QLIST_FOREACH (c, &node->children, next) {
                g_ptr_array_add(todo, c->bs);
            }
        }
    }
    return false;
}
