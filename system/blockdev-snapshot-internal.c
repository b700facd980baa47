/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots inside of images: blockdev-snapshot-internal-sync and its opposite. Main thread. */
#include "qemu/osdep.h"
#include "block/qapi.h"
#include "blockdev-tran.h"
#include "qapi/clone-visitor.h"
#include "qapi/qapi-commands-block-change.h"
#include "qapi/qapi-visit-block-query.h"
#include "qemu/cutils.h"
#include "qemu/timer.h"

typedef struct InternalSnapshot {
    BlockDriverState *top;  /* a reference; drained */
    BlockDriverState *node; /* what has the snapshot */
    QEMUSnapshotInfo info;
} InternalSnapshot;

static void internal_abort(void *opaque)
{
    InternalSnapshot *s = opaque;

    /* It was made a moment ago: best effort. */
    s->node->drv->bdrv_snapshot_delete(s->node, s->info.id_str, s->info.name, NULL);
}

static void internal_clean(void *opaque)
{
    InternalSnapshot *s = opaque;

    bdrv_drained_end(s->top);
    bdrv_unref(s->top);
    g_free(s);
}

static const TranOps internal_ops = {.abort = internal_abort, .clean = internal_clean};

static bool has_snapshot(BlockDriverState *bs, const char *name)
{
    g_autoptr(SnapshotInfoList) list = bdrv_query_snapshots(bs);

    for (SnapshotInfoList *e = list; e; e = e->next) {
        if (!strcmp(e->value->name, name)) {
            return true;
        }
    }
    return false;
}

static BlockDriverState *check(BlockDriverState *top, const char *name, Error **errp)
{
    BlockDriverState *node;

    if (bdrv_op_is_blocked(top, BLOCK_OP_TYPE_INTERNAL_SNAPSHOT, errp)) {
        return NULL;
    }
    node = bdrv_snapshot_node(top, errp);
    if (!node) {
        return NULL;
    }
    if (!*name) {
        error_setg(errp, "Name is empty");
        return NULL;
    }
    if (has_snapshot(node, name)) {
        error_setg(errp, "Snapshot with name '%s' already exists on device '%s'", name,
                   bdrv_get_device_or_node_name(top));
        return NULL;
    }
    return node;
}

bool tran_snapshot_internal(Tran *tran, const BlockdevSnapshotInternal *args, Error **errp)
{
    BlockDriverState *top = bdrv_lookup_bs(args->device, args->device, errp);
    int64_t now = g_get_real_time();
    InternalSnapshot *s;

    if (!top) {
        return false;
    }
    s = g_new0(InternalSnapshot, 1);
    s->top = top;
    bdrv_ref(top);
    bdrv_drained_begin(top);
    s->node = check(top, args->name, errp);
    if (s->node) {
        pstrcpy(s->info.name, sizeof(s->info.name), args->name);
        s->info.date_sec = now / 1000000;
        s->info.date_nsec = now % 1000000 * 1000;
        s->info.vm_clock_nsec = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
        s->info.icount = UINT64_MAX;
    }
    if (!s->node || !s->node->drv->bdrv_snapshot_create(s->node, &s->info, errp)) {
        internal_clean(s);
        return false;
    }
    tran_add(tran, &internal_ops, s);
    return true;
}

void qmp_blockdev_snapshot_internal_sync(const char *device, const char *name, Error **errp)
{
    BlockdevSnapshotInternal args = {.device = (char *)device, .name = (char *)name};
    Tran *tran = tran_new(false);

    tran_end(tran, tran_snapshot_internal(tran, &args, errp));
}

static SnapshotInfo *find_snapshot(BlockDriverState *bs, const char *id, const char *name)
{
    g_autoptr(SnapshotInfoList) list = bdrv_query_snapshots(bs);

    for (SnapshotInfoList *e = list; e; e = e->next) {
        if ((!id || !strcmp(e->value->id, id)) && (!name || !strcmp(e->value->name, name))) {
            return QAPI_CLONE(SnapshotInfo, e->value);
        }
    }
    return NULL;
}

SnapshotInfo *qmp_blockdev_snapshot_delete_internal_sync(const char *device, const char *id,
                                                         const char *name, Error **errp)
{
    ERRP_GUARD();
    BlockDriverState *top = bdrv_lookup_bs(device, device, errp), *node;
    g_autoptr(SnapshotInfo) info = NULL;

    if (!top || bdrv_op_is_blocked(top, BLOCK_OP_TYPE_INTERNAL_SNAPSHOT_DELETE, errp)) {
        return NULL;
    }
    if (!id && !name) {
        error_setg(errp, "Name or id must be provided");
        return NULL;
    }
    node = bdrv_snapshot_node(top, errp);
    if (!node) {
        return NULL;
    }
    bdrv_drained_begin(top);
    info = find_snapshot(node, id, name);
    if (!info) {
        error_setg(errp, "Snapshot with id '%s' and name '%s' does not exist on device '%s'",
                   id ? id : "", name ? name : "", device);
    } else {
        node->drv->bdrv_snapshot_delete(node, info->id, info->name, errp);
    }
    bdrv_drained_end(top);
    return *errp ? NULL : g_steal_pointer(&info);
}
