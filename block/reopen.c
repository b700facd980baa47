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
    bool prepared;
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
    e->state.flags = keep_old ? bs->open_flags : bs->open_flags & BDRV_O_NO_BACKING;
    e->state.explicit_options = qdict_clone_shallow(opts);
    if (keep_old && bs->explicit_options) {
        g_autoptr(QDict) old = qdict_clone_shallow(bs->explicit_options);

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

static bool prepare(ReopenEntry *e, Error **errp)
{
    BDRVReopenState *state = &e->state;
    BlockDriverState *bs = state->bs;
    const QDictEntry *entry, *next;
    static const char *const fixed[] = {"driver", "node-name", "backing", NULL};

    if (!bs->drv) {
        error_setg(errp, "Node '%s' has no medium", bs->node_name);
        return false;
    }
    for (int i = 0; fixed[i]; i++) {
        qdict_del(state->options, fixed[i]);
    }
    for (entry = qdict_first(state->options); entry; entry = next) {
        next = qdict_next(state->options, entry);
        if (is_child_option(bs, qdict_entry_key(entry))) {
            qdict_del(state->options, qdict_entry_key(entry));
        }
    }
    if (!bdrv_flags_from_options(&state->flags, state->options, errp)) {
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
    if (qdict_size(state->options)) {
        error_setg(errp, "Cannot change the option '%s'",
                   qdict_entry_key(qdict_first(state->options)));
        return false;
    }
    return true;
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
            bdrv_refresh_limits(bs, NULL);
        } else if (bs->drv->bdrv_reopen_abort) {
            bs->drv->bdrv_reopen_abort(&e->state);
        }
    }
}

static void free_queue(BlockReopenQueue *queue)
{
    ReopenEntry *e, *next;

    QTAILQ_FOREACH_SAFE (e, &queue->entries, next, next) {
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
        }
        ok = bdrv_update_perms(roots, errp);
    }
    finish(queue, ok);
    free_queue(queue);
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
