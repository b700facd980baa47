/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transaction. Main thread. */
#include "qemu/osdep.h"
#include "blockdev-tran.h"
#include "qapi/qapi-commands-block-change.h"

typedef struct TranAction {
    const TranOps *ops;
    void *opaque;
} TranAction;

struct Tran {
    GArray *actions;
    JobTxn *jobs;
};

Tran *tran_new(bool grouped)
{
    Tran *tran = g_new0(Tran, 1);

    tran->actions = g_array_new(false, false, sizeof(TranAction));
    tran->jobs = grouped ? job_txn_new() : NULL;
    return tran;
}

void tran_add(Tran *tran, const TranOps *ops, void *opaque)
{
    TranAction action = {ops, opaque};

    g_array_append_val(tran->actions, action);
}

JobTxn *tran_jobs(Tran *tran)
{
    return tran->jobs;
}

void tran_end(Tran *tran, bool commit)
{
    for (guint i = 0; i < tran->actions->len; i++) {
        guint n = commit ? i : tran->actions->len - 1 - i;
        TranAction *a = &g_array_index(tran->actions, TranAction, n);
        void (*end)(void *) = commit ? a->ops->commit : a->ops->abort;

        if (end) {
            end(a->opaque);
        }
    }
    for (guint i = 0; i < tran->actions->len; i++) {
        TranAction *a = &g_array_index(tran->actions, TranAction, i);

        if (a->ops->clean) {
            a->ops->clean(a->opaque);
        }
    }
    g_array_free(tran->actions, true);
    job_txn_unref(tran->jobs);
    g_free(tran);
}

static bool prepare(Tran *tran, const TransactionAction *a, Error **errp)
{
    switch (a->type) {
    case TRANSACTION_ACTION_KIND_ABORT:
        error_setg(errp, "Transaction aborted using Abort action");
        return false;
    case TRANSACTION_ACTION_KIND_BLOCK_DIRTY_BITMAP_ADD:
        return tran_bitmap_add(tran, a->u.block_dirty_bitmap_add.data, errp);
    case TRANSACTION_ACTION_KIND_BLOCK_DIRTY_BITMAP_REMOVE:
        return tran_bitmap_remove(tran, a->u.block_dirty_bitmap_remove.data, errp);
    case TRANSACTION_ACTION_KIND_BLOCK_DIRTY_BITMAP_CLEAR:
        return tran_bitmap_clear(tran, a->u.block_dirty_bitmap_clear.data, errp);
    case TRANSACTION_ACTION_KIND_BLOCK_DIRTY_BITMAP_ENABLE:
        return tran_bitmap_enable(tran, a->u.block_dirty_bitmap_enable.data, true, errp);
    case TRANSACTION_ACTION_KIND_BLOCK_DIRTY_BITMAP_DISABLE:
        return tran_bitmap_enable(tran, a->u.block_dirty_bitmap_disable.data, false, errp);
    case TRANSACTION_ACTION_KIND_BLOCK_DIRTY_BITMAP_MERGE:
        return tran_bitmap_merge(tran, a->u.block_dirty_bitmap_merge.data, errp);
    case TRANSACTION_ACTION_KIND_BLOCKDEV_BACKUP:
        return tran_blockdev_backup(tran, a->u.blockdev_backup.data, errp);
    case TRANSACTION_ACTION_KIND_BLOCKDEV_SNAPSHOT:
        return tran_snapshot(tran, a->u.blockdev_snapshot.data, errp);
    case TRANSACTION_ACTION_KIND_BLOCKDEV_SNAPSHOT_SYNC:
        return tran_snapshot_sync(tran, a->u.blockdev_snapshot_sync.data, errp);
    case TRANSACTION_ACTION_KIND_BLOCKDEV_SNAPSHOT_INTERNAL_SYNC:
        return tran_snapshot_internal(tran, a->u.blockdev_snapshot_internal_sync.data, errp);
    case TRANSACTION_ACTION_KIND_DRIVE_BACKUP:
        return tran_drive_backup(tran, a->u.drive_backup.data, errp);
    default:
        return false;
    }
}

void qmp_transaction(TransactionActionList *actions, TransactionProperties *properties,
                     Error **errp)
{
    bool grouped = properties && properties->has_completion_mode &&
                   properties->completion_mode == ACTION_COMPLETION_MODE_GROUPED;
    Tran *tran;
    bool ok = true;

    if (grouped) {
        for (TransactionActionList *e = actions; e; e = e->next) {
            if (e->value->type != TRANSACTION_ACTION_KIND_BLOCKDEV_BACKUP &&
                e->value->type != TRANSACTION_ACTION_KIND_DRIVE_BACKUP &&
                e->value->type != TRANSACTION_ACTION_KIND_ABORT &&
                !g_str_has_prefix(TransactionActionKind_str(e->value->type),
                                  "block-dirty-bitmap-")) {
                error_setg(errp,
                           "Action '%s' does not support transaction property "
                           "completion-mode = grouped",
                           TransactionActionKind_str(e->value->type));
                return;
            }
        }
    }
    tran = tran_new(grouped);
    for (TransactionActionList *e = actions; ok && e; e = e->next) {
        ok = prepare(tran, e->value, errp);
    }
    tran_end(tran, ok);
}
