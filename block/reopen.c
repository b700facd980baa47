/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reopening: new options for nodes that stay in place. All nodes of a queue are prepared, then the
 * permissions are computed with the new flags, and then all are committed or all aborted. Main
 * thread; the nodes are drained meanwhile.
 */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "node-internal.h"
#include "qobject/qdict.h"

typedef struct ReopenEntry {
    BDRVReopenState state;
    int old_flags;
    bool keep_old;
    bool prepared;
    /* A child to be replaced: the edge, or NULL to make one ("backing"); to what, NULL: nothing. */
    bool changes_child;
    BdrvChild *child;
    BlockDriverState *new_child, *old_child;
    QTAILQ_ENTRY(ReopenEntry) next;
} ReopenEntry;

struct BlockReopenQueue {
    QTAILQ_HEAD(, ReopenEntry) entries;
};

static ReopenEntry *find_entry(BlockReopenQueue *queue, BlockDriverState *bs)
{
    ReopenEntry *e;

    QTAILQ_FOREACH (e, &queue->entries, next) {
        if (e->state.bs == bs) {
            return e;
        }
    }
    return NULL;
}

/* Options of children ("file.x") that are not the node's own business. */
static bool is_child_option(BlockDriverState *bs, const char *key)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->children, next) {
        size_t n = strlen(c->name);

        if (!strncmp(key, c->name, n) && (key[n] == '.' || !key[n])) {
            return true;
        }
    }
    return false;
}

/*
 * What a child was when the node was opened it need not be any more (an overlay got its backing
 * file later, a job put another node there): unless someone names it now, it stays.
 */
static void drop_references(QDict *old, BlockDriverState *bs)
{
    BdrvChild *c;

    qdict_del(old, "backing");
    QLIST_FOREACH (c, &bs->children, next) {
        qdict_del(old, c->name);
    }
}

BlockReopenQueue *bdrv_reopen_queue(BlockReopenQueue *queue, BlockDriverState *bs, QDict *options,
                                    bool keep_old)
{
    ReopenEntry *e;
    BdrvChild *c;
    QDict *opts = options ? options : qdict_new();

    if (!queue) {
        queue = g_new0(BlockReopenQueue, 1);
        QTAILQ_INIT(&queue->entries);
    }
    e = find_entry(queue, bs);
    if (!e) {
        e = g_new0(ReopenEntry, 1);
        e->state.bs = bs;
        e->old_flags = bs->open_flags;
        bdrv_ref(bs);
        bdrv_drained_begin(bs);
        QTAILQ_INSERT_TAIL(&queue->entries, e, next);
    } else {
        qobject_unref(e->state.options);
        qobject_unref(e->state.explicit_options);
    }
    e->state.flags =
        keep_old ? bs->open_flags
                 : (bs->open_flags & (BDRV_O_NO_BACKING | BDRV_O_PROTOCOL | BDRV_O_INACTIVE)) |
                       BDRV_O_RDWR;
    e->keep_old = keep_old;
    e->state.detect_zeroes = keep_old ? bs->detect_zeroes : BLOCKDEV_DETECT_ZEROES_OPTIONS_OFF;
    e->state.explicit_options = qdict_clone_shallow(opts);
    if (keep_old && bs->explicit_options) {
        g_autoptr(QDict) old = qdict_clone_shallow(bs->explicit_options);

        drop_references(old, bs);
        qdict_join(opts, old, false);
    }
    e->state.options = opts;
    /* Children that were opened along with it follow it. */
    QLIST_FOREACH (c, &bs->children, next) {
        g_autofree char *prefix = NULL;
        QDict *child_options;

        if (c->bs->inherits_from != bs || (c->role & BDRV_CHILD_COW)) {
            continue;
        }
        prefix = g_strdup_printf("%s.", c->name);
        qdict_extract_subqdict(opts, &child_options, prefix);
        qdict_copy_default(child_options, opts, "read-only");
        qdict_copy_default(child_options, opts, "auto-read-only");
        qdict_copy_default(child_options, opts, "cache.direct");
        qdict_copy_default(child_options, opts, "cache.no-flush");
        queue = bdrv_reopen_queue(queue, c->bs, child_options, true);
    }
    return queue;
}

/*
 * A reference to a child: the one that is there, or another one, which takes its place when all is
 * prepared. Only one child of a node may change.
 */
static bool prepare_child(ReopenEntry *e, BdrvChild *child, const char *name, Error **errp)
{
    BDRVReopenState *state = &e->state;
    BlockDriverState *bs = state->bs, *new_bs = NULL;
    QObject *value = qdict_get(state->options, name);
    const char *ref = value ? qdict_get_try_str(state->options, name) : NULL;

    if (!value) {
        if (!strcmp(name, "backing") && !e->keep_old && bs->drv->supports_backing &&
            (child || bs->backing_file[0])) {
            error_setg(errp, "backing is missing for '%s'", bs->node_name);
            return false;
        }
        return true;
    }
    if (ref && *ref) {
        new_bs = bdrv_lookup_bs(NULL, ref, errp);
        if (!new_bs) {
            return false;
        }
    } else if (strcmp(name, "backing")) {
        error_setg(errp, "Option '%s' of node '%s' expects the name of a node", name,
                   bs->node_name);
        return false;
    }
    qdict_del(state->options, name);
    if (new_bs == (child ? child->bs : NULL)) {
        return true;
    }
    if (child && child->frozen) {
        error_setg(errp, "Cannot change '%s' link from '%s' to '%s'", name, bs->node_name,
                   child->bs->node_name);
        return false;
    }
    if (strcmp(name, "backing") && child != bdrv_filter_child(bs)) {
        error_setg(errp, "Cannot change the option '%s'", name);
        return false;
    }
    if (child && child->bs->implicit) {
        error_setg(errp, "Cannot replace implicit %s child of %s", name, bs->node_name);
        return false;
    }
    if (new_bs && bdrv_chain_contains(new_bs, bs)) {
        error_setg(errp, "Making '%s' a %s child of '%s' would create a cycle", new_bs->node_name,
                   name, bs->node_name);
        return false;
    }
    e->changes_child = true;
    e->child = child;
    e->new_child = new_bs;
    if (new_bs) {
        bdrv_ref(new_bs);
        bdrv_drained_begin(new_bs);
    }
    return true;
}

static bool prepare_children(ReopenEntry *e, Error **errp)
{
    BlockDriverState *bs = e->state.bs;
    const QDictEntry *entry, *next;
    BdrvChild *c;

    if (!prepare_child(e, bs->backing && !bs->drv->is_filter ? bs->backing : NULL, "backing",
                       errp) ||
        !prepare_child(e, bs->file, "file", errp)) {
        return false;
    }
    QLIST_FOREACH (c, &bs->children, next) {
        if (c != bs->backing && c != bs->file && !prepare_child(e, c, c->name, errp)) {
            return false;
        }
    }
    /* What describes children that were opened along with the node is in their own entries. */
    for (entry = qdict_first(e->state.options); entry; entry = next) {
        next = qdict_next(e->state.options, entry);
        if (is_child_option(bs, qdict_entry_key(entry))) {
            qdict_del(e->state.options, qdict_entry_key(entry));
        }
    }
    return true;
}

/* What the driver did not take: fine where it is as before. */
static bool check_unchanged(ReopenEntry *e, Error **errp)
{
    BlockDriverState *bs = e->state.bs;

    for (const QDictEntry *o = qdict_first(e->state.options); o;
         o = qdict_next(e->state.options, o)) {
        QObject *old = qdict_get(bs->options, qdict_entry_key(o));

        if (!old || !qobject_is_equal(qdict_entry_value(o), old)) {
            error_setg(errp, "Cannot change the option '%s'", qdict_entry_key(o));
            return false;
        }
    }
    return true;
}

static bool check_fixed(ReopenEntry *e, Error **errp)
{
    BlockDriverState *bs = e->state.bs;
    const char *driver = qdict_get_try_str(e->state.options, "driver");

    if (!bs->drv) {
        error_setg(errp, "Node '%s' has no medium", bs->node_name);
        return false;
    }
    if (driver && strcmp(driver, bs->drv->format_name)) {
        error_setg(errp, "Cannot change the option 'driver'");
        return false;
    }
    qdict_del(e->state.options, "driver");
    qdict_del(e->state.options, "node-name");
    return true;
}

static bool prepare(ReopenEntry *e, Error **errp)
{
    BDRVReopenState *state = &e->state;
    BlockDriverState *bs = state->bs;

    if (!check_fixed(e, errp) || !prepare_children(e, errp) ||
        !bdrv_flags_from_options(&state->flags, &state->detect_zeroes, state->options, errp)) {
        return false;
    }
    if (!(state->flags & BDRV_O_RDWR) && !bdrv_can_set_read_only(bs, true, true, errp)) {
        return false;
    }
    if (!(state->flags & BDRV_O_RDWR) && !bdrv_is_read_only(bs) && bdrv_flush(bs) < 0) {
        error_setg(errp, "Error flushing drive");
        return false;
    }
    if (bs->drv->bdrv_reopen_prepare) {
        if (!bs->drv->bdrv_reopen_prepare(state, errp)) {
            return false;
        }
    } else if (!bs->drv->is_filter) {
        error_setg(errp, "Block format '%s' used by node '%s' does not support reopening files",
                   bs->drv->format_name, bs->node_name);
        return false;
    }
    e->prepared = true;
    return check_unchanged(e, errp);
}

/*
 * Children move before permissions are computed, and back if those are refused. Both ends are
 * drained; the references of the edges are settled at the end.
 */
static void move_child(ReopenEntry *e, bool back)
{
    BlockDriverState *bs = e->state.bs, *to = back ? e->old_child : e->new_child;

    if (!e->changes_child) {
        return;
    }
    if (!back) {
        e->old_child = e->child ? e->child->bs : NULL;
        if (e->old_child) {
            bdrv_ref(e->old_child);
            bdrv_drained_begin(e->old_child);
        }
    }
    e->child = bdrv_move_edge_noperm(bs, e->child, "backing", to);
}

static void end_child(ReopenEntry *e)
{
    if (e->new_child) {
        bdrv_drained_end(e->new_child);
        bdrv_unref(e->new_child);
    }
    if (e->old_child) {
        bdrv_drained_end(e->old_child);
        bdrv_unref(e->old_child);
    }
}

static void finish(BlockReopenQueue *queue, bool commit)
{
    ReopenEntry *e;

    QTAILQ_FOREACH (e, &queue->entries, next) {
        BlockDriverState *bs = e->state.bs;

        if (!commit) {
            bs->open_flags = e->old_flags;
        }
        if (!e->prepared) {
            continue;
        }
        if (commit) {
            if (bs->drv->bdrv_reopen_commit) {
                bs->drv->bdrv_reopen_commit(&e->state);
            }
            qobject_unref(bs->explicit_options);
            bs->explicit_options = qobject_ref(e->state.explicit_options);
            bs->detect_zeroes = e->state.detect_zeroes;
            bdrv_refresh_limits(bs, NULL);
        } else if (bs->drv->bdrv_reopen_abort) {
            bs->drv->bdrv_reopen_abort(&e->state);
        }
    }
    QTAILQ_FOREACH_REVERSE (e, &queue->entries, next) {
        if (commit && e->state.bs->drv->bdrv_reopen_commit_post) {
            e->state.bs->drv->bdrv_reopen_commit_post(&e->state);
        }
    }
}

void bdrv_reopen_queue_free(BlockReopenQueue *queue)
{
    ReopenEntry *e, *next;

    if (!queue) {
        return;
    }
    QTAILQ_FOREACH_SAFE (e, &queue->entries, next, next) {
        end_child(e);
        qobject_unref(e->state.options);
        qobject_unref(e->state.explicit_options);
        bdrv_drained_end(e->state.bs);
        bdrv_unref(e->state.bs);
        g_free(e);
    }
    g_free(queue);
}

bool bdrv_reopen_multiple(BlockReopenQueue *queue, Error **errp)
{
    g_autoptr(GPtrArray) roots = g_ptr_array_new();
    ReopenEntry *e;
    bool ok = true;

    QTAILQ_FOREACH (e, &queue->entries, next) {
        if (!prepare(e, errp)) {
            ok = false;
            break;
        }
        g_ptr_array_add(roots, e->state.bs);
    }
    if (ok) {
        QTAILQ_FOREACH (e, &queue->entries, next) {
            e->state.bs->open_flags = e->state.flags | (e->old_flags & BDRV_O_ALLOW_RDWR);
            move_child(e, false);
            if (e->old_child) {
                g_ptr_array_add(roots, e->old_child);
            }
        }
        ok = bdrv_update_perms(roots, errp);
        if (!ok) {
            QTAILQ_FOREACH_REVERSE (e, &queue->entries, next) {
                move_child(e, true);
            }
        }
    }
    finish(queue, ok);
    if (!ok) {
        bdrv_update_perms(roots, NULL);
    }
    bdrv_reopen_queue_free(queue);
    return ok;
}

bool bdrv_reopen(BlockDriverState *bs, QDict *options, bool keep_old, Error **errp)
{
    return bdrv_reopen_multiple(bdrv_reopen_queue(NULL, bs, options, keep_old), errp);
}

bool bdrv_reopen_set_read_only(BlockDriverState *bs, bool read_only, Error **errp)
{
    QDict *opts = qdict_new();

    qdict_put_bool(opts, "read-only", read_only);
    return bdrv_reopen(bs, opts, true, errp);
}
