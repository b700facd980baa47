/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reopening: new options, and other children, for nodes that stay in place. All nodes of a queue
 * are prepared, edges are moved, permissions computed with the new flags, and then all is committed
 * or all put back. Main thread; the nodes are drained meanwhile.
 */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "node-internal.h"
#include "qobject/qdict.h"
#include "reopen-internal.h"

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

static BlockReopenQueue *queue_node(BlockReopenQueue *queue, BlockDriverState *bs, QDict *options,
                                    bool keep_old, bool follows);

/* Without some options of its own, a child keeps what the parent does not change. */
static BlockReopenQueue *queue_child(BlockReopenQueue *queue, ReopenEntry *e, BdrvChild *c)
{
    g_autofree char *prefix = g_strdup_printf("%s.", c->name);
    QDict *opts = e->state.options, *child_opts;
    bool named;

    qdict_extract_subqdict(opts, &child_opts, prefix);
    named = qdict_size(child_opts);
    if (c->role & BDRV_CHILD_COW) {
        if (!named) {
            qobject_unref(child_opts);
            return queue;
        }
        e->has_backing_options = true;
        qdict_set_default_str(child_opts, "read-only", "on");
        qdict_set_default_str(child_opts, "auto-read-only", "off");
    } else {
        qdict_copy_default(child_opts, opts, "read-only");
        qdict_copy_default(child_opts, opts, "auto-read-only");
        qdict_copy_default(child_opts, opts, "cache.direct");
        qdict_copy_default(child_opts, opts, "cache.no-flush");
    }
    return queue_node(queue, c->bs, child_opts, e->keep_old || !named, true);
}

static void set_options(ReopenEntry *e, QDict *opts, bool keep_old)
{
    BlockDriverState *bs = e->state.bs;

    qobject_unref(e->state.options);
    qobject_unref(e->state.explicit_options);
    qobject_unref(e->all_options);
    e->keep_old = keep_old;
    e->state.flags =
        keep_old ? bs->open_flags
                 : (bs->open_flags & (BDRV_O_NO_BACKING | BDRV_O_PROTOCOL | BDRV_O_INACTIVE)) |
                       BDRV_O_RDWR;
    e->state.detect_zeroes = keep_old ? bs->detect_zeroes : BLOCKDEV_DETECT_ZEROES_OPTIONS_OFF;
    e->state.explicit_options = qdict_clone_shallow(opts);
    if (keep_old && bs->explicit_options) {
        g_autoptr(QDict) old = qdict_clone_shallow(bs->explicit_options);

        drop_references(old, bs);
        qdict_join(opts, old, false);
    }
    e->all_options = qdict_clone_shallow(opts);
    if (keep_old && bs->options) {
        g_autoptr(QDict) old = qdict_clone_shallow(bs->options);

        qdict_join(e->all_options, old, false);
    }
    e->state.options = opts;
}

/* @follows: because of its parent; what a user says of the node itself comes before that. */
static BlockReopenQueue *queue_node(BlockReopenQueue *queue, BlockDriverState *bs, QDict *options,
                                    bool keep_old, bool follows)
{
    ReopenEntry *e = find_entry(queue, bs);
    BdrvChild *c;

    if (e && follows && !e->follows) {
        qobject_unref(options);
        return queue;
    }
    if (!e) {
        e = g_new0(ReopenEntry, 1);
        e->state.bs = bs;
        e->old_flags = bs->open_flags;
        bdrv_ref(bs);
        QTAILQ_INSERT_TAIL(&queue->entries, e, next);
    }
    e->follows = follows;
    set_options(e, options ? options : qdict_new(), keep_old);
    /* Children that were opened along with it follow it. */
    QLIST_FOREACH (c, &bs->children, next) {
        if (c->bs->inherits_from == bs) {
            queue = queue_child(queue, e, c);
        }
    }
    return queue;
}

BlockReopenQueue *bdrv_reopen_queue(BlockReopenQueue *queue, BlockDriverState *bs, QDict *options,
                                    bool keep_old)
{
    if (!queue) {
        queue = g_new0(BlockReopenQueue, 1);
        QTAILQ_INIT(&queue->entries);
        queue->drained = g_ptr_array_new();
    }
    return queue_node(queue, bs, options, keep_old, false);
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

    if (!check_fixed(e, errp) || !reopen_find_edges(e, errp) ||
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

static bool refresh_size(BlockDriverState *bs)
{
    int64_t old = qatomic_read(&bs->total_bytes);

    if (bdrv_refresh_total_bytes(bs) < 0 || bs->total_bytes == old) {
        return false;
    }
    bdrv_parent_cb_resize(bs);
    return true;
}

/* What nodes know of those below, in whatever order they were named. */
static void refresh_facts(BlockReopenQueue *queue)
{
    ReopenEntry *e;
    bool again = true;

    while (again) {
        again = false;
        QTAILQ_FOREACH (e, &queue->entries, next) {
            bdrv_refresh_limits(e->state.bs, NULL);
            again |= refresh_size(e->state.bs);
        }
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
            qobject_unref(bs->options);
            bs->options = qobject_ref(e->all_options);
            bs->detect_zeroes = e->state.detect_zeroes;
            reopen_settle_edges(e);
        } else if (bs->drv->bdrv_reopen_abort) {
            bs->drv->bdrv_reopen_abort(&e->state);
        }
    }
    if (commit) {
        refresh_facts(queue);
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
    for (guint i = queue->drained->len; i > 0; i--) {
        bdrv_drained_end(queue->drained->pdata[i - 1]);
        bdrv_unref(queue->drained->pdata[i - 1]);
    }
    g_ptr_array_unref(queue->drained);
    QTAILQ_FOREACH_SAFE (e, &queue->entries, next, next) {
        qobject_unref(e->state.options);
        qobject_unref(e->state.explicit_options);
        qobject_unref(e->all_options);
        bdrv_unref(e->state.bs);
        g_free(e);
    }
    g_free(queue);
}

static bool prepare_all(BlockReopenQueue *queue, Error **errp)
{
    ReopenEntry *e;

    QTAILQ_FOREACH (e, &queue->entries, next) {
        if (!prepare(e, errp)) {
            return false;
        }
    }
    return reopen_check_edges(queue, errp);
}

/* Images whose file is another one now are read anew. */
static bool load_all(BlockReopenQueue *queue, Error **errp)
{
    ReopenEntry *e;

    QTAILQ_FOREACH (e, &queue->entries, next) {
        BlockDriver *drv = e->state.bs->drv;

        if (drv->bdrv_reopen_load && !drv->bdrv_reopen_load(&e->state, errp)) {
            return false;
        }
    }
    return true;
}

/* With flags and edges as they will be; as they were, if that cannot be. */
static bool apply_all(BlockReopenQueue *queue, Error **errp)
{
    g_autoptr(GPtrArray) roots = g_ptr_array_new();
    ReopenEntry *e;
    bool ok;

    QTAILQ_FOREACH (e, &queue->entries, next) {
        e->state.bs->open_flags = e->state.flags | (e->old_flags & BDRV_O_ALLOW_RDWR);
        g_ptr_array_add(roots, e->state.bs);
    }
    reopen_move_edges(queue, false, roots);
    ok = bdrv_update_perms(roots, errp) && load_all(queue, errp);
    if (!ok) {
        reopen_move_edges(queue, true, roots);
    }
    finish(queue, ok);
    if (!ok) {
        bdrv_update_perms(roots, NULL);
    }
    return ok;
}

bool bdrv_reopen_multiple(BlockReopenQueue *queue, Error **errp)
{
    bool ok;

    reopen_drain(queue);
    ok = prepare_all(queue, errp);
    if (ok) {
        ok = apply_all(queue, errp);
    } else {
        finish(queue, false);
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
