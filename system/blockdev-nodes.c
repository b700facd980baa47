/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Named nodes of users: -blockdev, blockdev-add, -del, -reopen, -set-active. Main thread. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "block/write-threshold.h"
#include "qapi/qapi-commands-block-node.h"
#include "qapi/qapi-commands-block.h"
#include "qapi/qapi-visit-block-node.h"
#include "qapi/qobject-input-visitor.h"
#include "qapi/qobject-output-visitor.h"
#include "qemu/missing-part.h"
#include "qobject/qdict.h"
#include "system/blockdev.h"

/* The options as the block layer takes them: "file.filename" and so on. */
static QDict *flat_options(BlockdevOptions *options)
{
    g_autoptr(Visitor) v = NULL;
    QObject *obj = NULL;
    QDict *dict;

    v = qobject_output_visitor_new(&obj);
    /* A value that came through the visitor once is complete. */
    visit_type_BlockdevOptions(v, NULL, &options, &error_abort);
    visit_complete(v, &obj);
    dict = qobject_to(QDict, obj);
    qdict_flatten(dict);
    return dict;
}

/* Without "read-only" a node is writable. */
#define ADD_FLAGS (BDRV_O_RDWR | BDRV_O_ALLOW_RDWR)

static bool check_named(const BlockdevOptions *options, Error **errp)
{
    if (!options->node_name) {
        error_setg(errp, "'node-name' must be specified for the root node");
    }
    return options->node_name;
}

/* The machine and other monitors go on while passphrases are tried. */
void coroutine_fn qmp_blockdev_add(BlockdevOptions *options, Error **errp)
{
    BlockDriverState *bs = check_named(options, errp)
                               ? bdrv_co_open(NULL, flat_options(options), ADD_FLAGS, errp)
                               : NULL;

    if (bs) {
        bdrv_set_monitor_owned(bs, true);
    }
}

bool blockdev_add_node(QDict *keys, bool typed, Error **errp)
{
    ERRP_GUARD();
    g_autoptr(Visitor) v = typed ? qobject_input_visitor_new(QOBJECT(keys))
                                 : qobject_input_visitor_new_keyval(QOBJECT(keys));
    g_autoptr(BlockdevOptions) options = NULL;
    const char *driver = qdict_get_try_str(keys, "driver");
    BlockDriverState *bs = NULL;

    if (driver && !bdrv_find_format(driver) &&
        missing_part_error(MISSING_BLOCK_DRIVER, driver, errp)) {
        return false;
    }
    if (visit_type_BlockdevOptions(v, NULL, &options, errp) && check_named(options, errp)) {
        bs = bdrv_open(NULL, NULL, flat_options(options), ADD_FLAGS, errp);
    }
    if (bs) {
        bdrv_set_monitor_owned(bs, true);
    }
    return bs;
}

bool blockdev_add_node_probing(QDict *keys, Error **errp)
{
    BlockDriverState *bs;

    qdict_flatten(keys);
    if (!qdict_get_try_str(keys, "node-name")) {
        error_setg(errp, "'node-name' needs to be specified");
        qobject_unref(keys);
        return false;
    }
    bs = bdrv_open(NULL, NULL, keys, ADD_FLAGS, errp);
    if (bs) {
        bdrv_set_monitor_owned(bs, true);
    }
    return bs;
}

void qmp_blockdev_del(const char *node_name, Error **errp)
{
    BlockDriverState *bs = bdrv_find_node(node_name);

    if (!bs) {
        /* Names the nearest. */
        bdrv_lookup_bs(NULL, node_name, errp);
    } else if (bdrv_has_blk(bs)) {
        error_setg(errp, "Node %s is in use", node_name);
    } else if (bdrv_op_is_blocked(bs, BLOCK_OP_TYPE_DRIVE_DEL, errp)) {
        /* Says who uses it. */
    } else if (!bs->monitor_owned) {
        error_setg(errp, "Node %s is not owned by the monitor", bs->node_name);
    } else if (bs->refcnt > 1) {
        error_setg(errp, "Block device %s is in use", bdrv_get_device_or_node_name(bs));
    } else {
        bdrv_set_monitor_owned(bs, false);
        bdrv_unref(bs);
    }
}

static void add_child(BlockDriverState *parent, const char *node, Error **errp)
{
    BlockDriverState *bs = bdrv_find_node(node);

    if (!bs) {
        /* Names the nearest. */
        bdrv_lookup_bs(NULL, node, errp);
    } else if (!parent->drv->bdrv_add_child) {
        error_setg(errp, "The node %s does not support adding a child",
                   bdrv_get_device_or_node_name(parent));
    } else if (!QLIST_EMPTY(&bs->parents)) {
        error_setg(errp, "The node %s already has a parent", bs->node_name);
    } else {
        bdrv_ref(bs);
        parent->drv->bdrv_add_child(parent, bs, errp);
    }
}

static void del_child(BlockDriverState *parent, const char *name, Error **errp)
{
    BdrvChild *child = bdrv_find_child(parent, name);

    if (!child) {
        error_setg(errp, "Node '%s' does not have child '%s'", bdrv_get_node_name(parent), name);
    } else if (!parent->drv->bdrv_del_child) {
        error_setg(errp, "The node %s does not support removing a child",
                   bdrv_get_device_or_node_name(parent));
    } else if (child->frozen) {
        error_setg(errp, "Cannot remove child '%s' of node '%s': a job uses it", name,
                   parent->node_name);
    } else {
        parent->drv->bdrv_del_child(parent, child, errp);
    }
}

void qmp_x_blockdev_change(const char *parent, const char *child, const char *node, Error **errp)
{
    BlockDriverState *bs = bdrv_lookup_bs(parent, parent, errp);

    if (!bs) {
        return;
    }
    if (!child == !node) {
        error_setg(errp, child ? "The parameters child and node are in conflict"
                               : "Either child or node must be specified");
        return;
    }
    bdrv_ref(bs);
    bdrv_drained_begin(bs);
    if (!bs->drv) {
        error_setg(errp, "Node '%s' has no medium", bs->node_name);
    } else if (child) {
        del_child(bs, child, errp);
    } else {
        add_child(bs, node, errp);
    }
    bdrv_drained_end(bs);
    bdrv_unref(bs);
}

void qmp_blockdev_reopen(BlockdevOptionsList *list, Error **errp)
{
    BlockReopenQueue *queue = NULL;

    for (BlockdevOptionsList *e = list; e; e = e->next) {
        BlockDriverState *bs;

        if (!e->value->node_name) {
            error_setg(errp, "node-name not specified");
            goto fail;
        }
        bs = bdrv_find_node(e->value->node_name);
        if (!bs) {
            bdrv_lookup_bs(NULL, e->value->node_name, errp);
            goto fail;
        }
        queue = bdrv_reopen_queue(queue, bs, flat_options(e->value), false);
    }
    if (queue) {
        bdrv_reopen_multiple(queue, errp);
    }
    return;
fail:
    bdrv_reopen_queue_free(queue);
}

void qmp_blockdev_set_active(const char *node_name, bool active, Error **errp)
{
    BlockDriverState *bs;

    if (!node_name) {
        if (active) {
            bdrv_activate_all(errp);
        } else if (bdrv_inactivate_all() < 0) {
            error_setg(errp, "Failed to inactivate all nodes");
        }
        return;
    }
    bs = bdrv_lookup_bs(NULL, node_name, errp);
    if (bs && active) {
        bdrv_activate(bs, errp);
    } else if (bs) {
        bdrv_inactivate(bs, errp);
    }
}

void qmp_block_set_write_threshold(const char *node_name, uint64_t threshold, Error **errp)
{
    BlockDriverState *bs = bdrv_lookup_bs(NULL, node_name, errp);

    if (bs) {
        bdrv_write_threshold_set(bs, threshold);
    }
}

void qmp_block_resize(const char *device, const char *node_name, int64_t size, Error **errp)
{
    ERRP_GUARD();
    BlockDriverState *bs;
    BlockBackend *blk;

    if (!device == !node_name) {
        error_setg(errp, "Specify either 'device' or 'node-name'");
        return;
    }
    if (size < 0) {
        error_setg(errp, "Parameter 'size' expects a >0 size, not %" PRId64, size);
        return;
    }
    bs = bdrv_lookup_bs(device, node_name, errp);
    if (!bs || bdrv_op_is_blocked(bs, BLOCK_OP_TYPE_RESIZE, errp)) {
        return;
    }
    blk = blk_new_with_bs(bs, BLK_PERM_RESIZE, BLK_PERM_ALL, errp);
    if (blk) {
        bdrv_drained_begin(bs);
        blk_truncate(blk, size, false, PREALLOC_MODE_OFF, 0, errp);
        bdrv_drained_end(bs);
        blk_unref(blk);
    }
}
