/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes: their life, names, and what they say about themselves. Main thread. */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "block/block_int.h"
#include "block/dirty-bitmap.h"
#include "block/job.h"
#include "blk-internal.h"
#include "node-internal.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/id.h"
#include "qemu/nearest-name.h"

BdrvNodeList all_bdrv_states = QTAILQ_HEAD_INITIALIZER(all_bdrv_states);
BdrvNodeList graph_bdrv_states = QTAILQ_HEAD_INITIALIZER(graph_bdrv_states);

BlockDriverState *bdrv_new(void)
{
    BlockDriverState *bs = g_new0(BlockDriverState, 1);

    QLIST_INIT(&bs->children);
    QLIST_INIT(&bs->parents);
    QLIST_INIT(&bs->tracked_requests);
    QLIST_INIT(&bs->dirty_bitmaps);
    for (int i = 0; i < BLOCK_OP_TYPE_MAX; i++) {
        QLIST_INIT(&bs->op_blockers[i]);
    }
    qemu_mutex_init(&bs->reqs_lock);
    qemu_mutex_init(&bs->dirty_bitmap_mutex);
    qemu_co_queue_init(&bs->flush_queue);
    bs->refcnt = 1;
    bs->bl.request_alignment = 1;
    bs->cumulative_shared = BLK_PERM_ALL;
    QTAILQ_INSERT_TAIL(&all_bdrv_states, bs, bs_list);
    return bs;
}

bool bdrv_assign_node_name(BlockDriverState *bs, const char *node_name, Error **errp)
{
    g_autofree char *generated = NULL;

    if (!node_name) {
        node_name = generated = id_generate(ID_BLOCK);
    } else if (!id_wellformed(node_name)) {
        error_setg(errp, "Invalid node-name: '%s'", node_name);
        return false;
    }
    if (blk_by_name(node_name)) {
        error_setg(errp, "node-name=%s is conflicting with a device id", node_name);
        return false;
    }
    if (bdrv_find_node(node_name)) {
        error_setg(errp, "Duplicate nodes with node-name='%s'", node_name);
        return false;
    }
    if (strlen(node_name) >= sizeof(bs->node_name)) {
        error_setg(errp, "Node name '%s' is too long: at most %zu characters", node_name,
                   sizeof(bs->node_name) - 1);
        return false;
    }
    pstrcpy(bs->node_name, sizeof(bs->node_name), node_name);
    QTAILQ_INSERT_TAIL(&graph_bdrv_states, bs, node_list);
    return true;
}

void bdrv_ref(BlockDriverState *bs)
{
    bs->refcnt++;
}

/* The node loses its driver; children and options go. */
void bdrv_close_driver(BlockDriverState *bs)
{
    BdrvChild *child, *next;

    if (bs->drv) {
        if (bs->drv->bdrv_close) {
            bs->drv->bdrv_close(bs);
        }
        bs->drv = NULL;
    }
    QLIST_FOREACH_SAFE (child, &bs->children, next, next) {
        bdrv_unref_child(bs, child);
    }
    bs->backing = NULL;
    bs->file = NULL;
    g_free(bs->opaque);
    bs->opaque = NULL;
    bs->total_bytes = 0;
    qobject_unref(bs->options);
    qobject_unref(bs->explicit_options);
    qobject_unref(bs->full_open_options);
    bs->options = bs->explicit_options = bs->full_open_options = NULL;
    bdrv_release_named_dirty_bitmaps(bs);
}

static void bdrv_delete(BlockDriverState *bs)
{
    bdrv_drained_begin(bs);
    if (bs->drv && !(bs->open_flags & BDRV_O_INACTIVE)) {
        int ret = bdrv_flush(bs);

        if (ret < 0) {
            error_report("Could not flush '%s': %s", bs->filename, strerror(-ret));
        }
        bdrv_drain(bs);
    }
    bdrv_close_driver(bs);
    bdrv_drained_end(bs);
    if (bs->node_name[0]) {
        QTAILQ_REMOVE(&graph_bdrv_states, bs, node_list);
    }
    QTAILQ_REMOVE(&all_bdrv_states, bs, bs_list);
    qemu_mutex_destroy(&bs->reqs_lock);
    qemu_mutex_destroy(&bs->dirty_bitmap_mutex);
    g_free(bs);
}

void bdrv_unref(BlockDriverState *bs)
{
    if (bs && --bs->refcnt == 0) {
        bdrv_delete(bs);
    }
}

void bdrv_close_all(void)
{
    BlockDriverState *bs;
    BlockBackend *blk;
    bool again = true;

    job_cancel_sync_all();
    bdrv_drain_all();
    bdrv_flush_all();
    /* Media first, then what users made by name. */
    for (blk = blk_all_next(NULL); blk; blk = blk_all_next(blk)) {
        if (blk_bs(blk)) {
            blk_remove_bs(blk);
        }
    }
    while (again) {
        again = false;
        QTAILQ_FOREACH (bs, &graph_bdrv_states, node_list) {
            if (bs->monitor_owned) {
                /* Others on the list may go with it: start again. */
                bs->monitor_owned = false;
                bdrv_unref(bs);
                again = true;
                break;
            }
        }
    }
}

/* ---- finding ---- */

BlockDriverState *bdrv_find_node(const char *node_name)
{
    BlockDriverState *bs;

    QTAILQ_FOREACH (bs, &graph_bdrv_states, node_list) {
        if (!strcmp(node_name, bs->node_name)) {
            return bs;
        }
    }
    return NULL;
}

BlockDriverState *bdrv_lookup_bs(const char *device, const char *node_name, Error **errp)
{
    ERRP_GUARD();
    const char *name = device ? device : node_name;
    BlockBackend *blk;
    BlockDriverState *bs;
    NearestName near;

    if (device && (blk = blk_by_name(device))) {
        if (!blk_bs(blk)) {
            error_setg(errp, "Device '%s' has no medium", device);
        }
        return blk_bs(blk);
    }
    if (node_name && (bs = bdrv_find_node(node_name))) {
        return bs;
    }
    if (device && node_name) {
        error_setg(errp, "Cannot find device='%s' nor node-name='%s'", device, node_name);
    } else {
        error_setg(errp, "Cannot find %s='%s'", device ? "device" : "node-name", name ? name : "");
    }
    nearest_name_init(&near, name ? name : "");
    QTAILQ_FOREACH (bs, &graph_bdrv_states, node_list) {
        if (bs->node_name[0] != '#') {
            nearest_name_try(&near, bs->node_name);
        }
    }
    for (blk = blk_next(NULL); blk; blk = blk_next(blk)) {
        nearest_name_try(&near, blk_name(blk));
    }
    nearest_name_hint(&near, errp);
    return NULL;
}

bool bdrv_has_blk(BlockDriverState *bs)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->parents, next_parent) {
        if (c->klass == &child_root || c->klass == &child_root_at_node) {
            return true;
        }
    }
    return false;
}

void bdrv_set_monitor_owned(BlockDriverState *bs, bool owned)
{
    bs->monitor_owned = owned;
}

BlockDriverState *bdrv_next_node(BlockDriverState *bs)
{
    return bs ? QTAILQ_NEXT(bs, node_list) : QTAILQ_FIRST(&graph_bdrv_states);
}

const char *bdrv_get_node_name(const BlockDriverState *bs)
{
    return bs->node_name;
}

static const char *parent_name(const BlockDriverState *bs)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->parents, next_parent) {
        const char *name = c->klass->get_name ? c->klass->get_name(c) : NULL;

        if (name && *name) {
            return name;
        }
    }
    return NULL;
}

const char *bdrv_get_device_name(const BlockDriverState *bs)
{
    const char *name = parent_name(bs);

    return name ? name : "";
}

const char *bdrv_get_device_or_node_name(const BlockDriverState *bs)
{
    const char *name = parent_name(bs);

    return name ? name : bs->node_name;
}

const char *bdrv_shown_name(const BlockDriverState *bs)
{
    return bs->node_name[0] && bs->node_name[0] != '#' ? bs->node_name : bs->filename;
}

const char *bdrv_get_format_name(BlockDriverState *bs)
{
    return bs->drv ? bs->drv->format_name : NULL;
}

/* ---- the way down: what a node shows or stands on ---- */

BdrvChild *bdrv_cow_child(BlockDriverState *bs)
{
    return bs && bs->drv && !bs->drv->is_filter && bs->backing ? bs->backing : NULL;
}

BdrvChild *bdrv_filter_child(BlockDriverState *bs)
{
    if (!bs || !bs->drv || !bs->drv->is_filter) {
        return NULL;
    }
    return bs->backing ? bs->backing : bs->file;
}

BdrvChild *bdrv_filter_or_cow_child(BlockDriverState *bs)
{
    BdrvChild *c = bdrv_cow_child(bs);

    return c ? c : bdrv_filter_child(bs);
}

BdrvChild *bdrv_find_child(BlockDriverState *bs, const char *name)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->children, next) {
        if (!strcmp(c->name, name)) {
            return c;
        }
    }
    return NULL;
}

BdrvChild *bdrv_primary_child(BlockDriverState *bs)
{
    BdrvChild *c;

    if (bs->file) {
        return bs->file;
    }
    QLIST_FOREACH (c, &bs->children, next) {
        if (c->role & BDRV_CHILD_PRIMARY) {
            return c;
        }
    }
    return NULL;
}

BlockDriverState *bdrv_filter_bs(BlockDriverState *bs)
{
    return child_bs(bdrv_filter_child(bs));
}

BlockDriverState *bdrv_cow_bs(BlockDriverState *bs)
{
    return child_bs(bdrv_cow_child(bs));
}

BlockDriverState *bdrv_filter_or_cow_bs(BlockDriverState *bs)
{
    return child_bs(bdrv_filter_or_cow_child(bs));
}

BlockDriverState *bdrv_primary_bs(BlockDriverState *bs)
{
    return child_bs(bdrv_primary_child(bs));
}

BlockDriverState *bdrv_skip_filters(BlockDriverState *bs)
{
    BlockDriverState *below;

    while (bs && (below = bdrv_filter_bs(bs))) {
        bs = below;
    }
    return bs;
}

BlockDriverState *bdrv_skip_implicit_filters(BlockDriverState *bs)
{
    BlockDriverState *below;

    while (bs && bs->implicit && (below = bdrv_filter_bs(bs))) {
        bs = below;
    }
    return bs;
}

BlockDriverState *bdrv_backing_chain_next(BlockDriverState *bs)
{
    return bdrv_skip_filters(bdrv_cow_bs(bdrv_skip_filters(bs)));
}

bool bdrv_chain_contains(BlockDriverState *top, BlockDriverState *base)
{
    while (top && top != base) {
        top = bdrv_filter_or_cow_bs(top);
    }
    return top != NULL;
}

BlockDriverState *bdrv_find_overlay(BlockDriverState *active, BlockDriverState *bs)
{
    BlockDriverState *below;

    bs = bdrv_skip_filters(bs);
    active = bdrv_skip_filters(active);
    while (active && bs != (below = bdrv_backing_chain_next(active))) {
        active = below;
    }
    return active;
}

BlockDriverState *bdrv_find_base(BlockDriverState *bs)
{
    BlockDriverState *below;

    while ((below = bdrv_backing_chain_next(bs))) {
        bs = below;
    }
    return bs;
}

/* ---- facts ---- */

bool bdrv_is_read_only(BlockDriverState *bs)
{
    return !(bs->open_flags & BDRV_O_RDWR);
}

bool bdrv_is_writable(BlockDriverState *bs)
{
    return !bdrv_is_read_only(bs) && !(bs->open_flags & BDRV_O_INACTIVE);
}

bool bdrv_is_sg(BlockDriverState *bs)
{
    return bs->sg;
}

bool bdrv_is_inserted(BlockDriverState *bs)
{
    BdrvChild *c;

    if (!bs->drv) {
        return false;
    }
    if (bs->drv->bdrv_is_inserted) {
        return bs->drv->bdrv_is_inserted(bs);
    }
    QLIST_FOREACH (c, &bs->children, next) {
        if (!bdrv_is_inserted(c->bs)) {
            return false;
        }
    }
    return true;
}

bool bdrv_supports_compressed_writes(BlockDriverState *bs)
{
    if (!bs->drv) {
        return false;
    }
    if (bs->drv->bdrv_co_pwritev_compressed_part && !bs->drv->is_filter) {
        return true;
    }
    return bdrv_filter_bs(bs) && bdrv_supports_compressed_writes(bdrv_filter_bs(bs));
}

bool bdrv_has_zero_init(BlockDriverState *bs)
{
    BlockDriverState *filtered;

    if (!bs->drv || bdrv_cow_bs(bs)) {
        return false;
    }
    if (bs->drv->bdrv_has_zero_init) {
        return bs->drv->bdrv_has_zero_init(bs);
    }
    filtered = bdrv_filter_bs(bs);
    return filtered && bdrv_has_zero_init(filtered);
}

bool bdrv_probe_blocksizes(BlockDriverState *bs, BlockSizes *bsz)
{
    BlockDriverState *filtered = bdrv_filter_bs(bs);

    if (bs->drv && bs->drv->bdrv_probe_blocksizes) {
        return bs->drv->bdrv_probe_blocksizes(bs, bsz);
    }
    return filtered && bdrv_probe_blocksizes(filtered, bsz);
}

bool bdrv_probe_geometry(BlockDriverState *bs, HDGeometry *geo)
{
    BlockDriverState *filtered = bdrv_filter_bs(bs);

    if (bs->drv && bs->drv->bdrv_probe_geometry) {
        return bs->drv->bdrv_probe_geometry(bs, geo);
    }
    return filtered && bdrv_probe_geometry(filtered, geo);
}

void bdrv_eject(BlockDriverState *bs, bool eject_flag)
{
    if (bs->drv && bs->drv->bdrv_eject) {
        bs->drv->bdrv_eject(bs, eject_flag);
    } else if (bdrv_primary_bs(bs)) {
        bdrv_eject(bdrv_primary_bs(bs), eject_flag);
    }
}

void bdrv_lock_medium(BlockDriverState *bs, bool locked)
{
    if (bs->drv && bs->drv->bdrv_lock_medium) {
        bs->drv->bdrv_lock_medium(bs, locked);
    } else if (bdrv_primary_bs(bs)) {
        bdrv_lock_medium(bdrv_primary_bs(bs), locked);
    }
}

bool bdrv_can_set_read_only(BlockDriverState *bs, bool read_only, bool ignore_allow_rdw,
                            Error **errp)
{
    if (read_only && bs->copy_on_read) {
        error_setg(errp, "Can't set node '%s' to r/o with copy-on-read enabled", bs->node_name);
        return false;
    }
    if (!read_only && !(bs->open_flags & BDRV_O_ALLOW_RDWR) && !ignore_allow_rdw) {
        error_setg(errp, "Node '%s' is read only", bdrv_shown_name(bs));
        return false;
    }
    return true;
}

bool bdrv_enable_copy_on_read(BlockDriverState *bs, Error **errp)
{
    if (bdrv_is_read_only(bs)) {
        error_setg(errp, "copy-on-read=on: what is read is written to '%s', which is read-only",
                   bs->filename[0] ? bs->filename : bs->node_name);
        return false;
    }
    qatomic_inc(&bs->copy_on_read);
    return true;
}

/* ---- limits ---- */

static void merge_limits(BlockLimits *dst, const BlockLimits *src)
{
    dst->pdiscard_alignment = MAX(dst->pdiscard_alignment, src->pdiscard_alignment);
    dst->opt_transfer = MAX(dst->opt_transfer, src->opt_transfer);
    dst->max_transfer = MIN_NON_ZERO(dst->max_transfer, src->max_transfer);
    dst->max_hw_transfer = MIN_NON_ZERO(dst->max_hw_transfer, src->max_hw_transfer);
    dst->opt_mem_alignment = MAX(dst->opt_mem_alignment, src->opt_mem_alignment);
    dst->min_mem_alignment = MAX(dst->min_mem_alignment, src->min_mem_alignment);
    dst->max_iov = MIN_NON_ZERO(dst->max_iov, src->max_iov);
    dst->max_hw_iov = MIN_NON_ZERO(dst->max_hw_iov, src->max_hw_iov);
}

bool bdrv_refresh_limits(BlockDriverState *bs, Error **errp)
{
    Error *local_err = NULL;
    bool have_data_child = false;
    BdrvChild *c;

    bs->bl = (BlockLimits){.request_alignment = 1};
    if (!bs->drv) {
        return true;
    }
    /* Formats take any bytes that the host file takes; block devices set their own. */
    bs->bl.has_variable_length = bs->drv->has_variable_length;
    QLIST_FOREACH (c, &bs->children, next) {
        if (c->role & (BDRV_CHILD_DATA | BDRV_CHILD_FILTERED | BDRV_CHILD_COW)) {
            merge_limits(&bs->bl, &c->bs->bl);
            have_data_child = true;
        }
        if (c->role & BDRV_CHILD_FILTERED) {
            bs->bl.has_variable_length |= c->bs->bl.has_variable_length;
        }
    }
    if (!have_data_child) {
        bs->bl.min_mem_alignment = 512;
        bs->bl.opt_mem_alignment = qemu_real_host_page_size();
        bs->bl.max_iov = IOV_MAX;
    }
    if (bs->drv->bdrv_refresh_limits) {
        bs->drv->bdrv_refresh_limits(bs, &local_err);
        if (local_err) {
            error_propagate(errp, local_err);
            return false;
        }
    }
    if (bs->bl.request_alignment > BDRV_MAX_REQUEST_ALIGN) {
        error_setg(errp, "Driver requires too large request alignment");
        return false;
    }
    return true;
}

/* ---- who has blocked what ---- */

bool bdrv_check_is_active(BlockDriverState *bs, Error **errp)
{
    BdrvChild *c;

    QLIST_FOREACH (c, &bs->parents, next_parent) {
        if (c->klass->parent_is_bds && (c->role & BDRV_CHILD_COW)) {
            BlockDriverState *parent = c->opaque;

            error_setg(errp, "Node '%s' is busy: node is used as backing hd of '%s'", bs->node_name,
                       bdrv_get_device_or_node_name(parent));
            return false;
        }
    }
    return true;
}

bool bdrv_op_is_blocked(BlockDriverState *bs, BlockOpType op, Error **errp)
{
    BdrvOpBlocker *blocker = QLIST_FIRST(&bs->op_blockers[op]);

    if (!blocker) {
        return false;
    }
    error_propagate_prepend(errp, error_copy(blocker->reason),
                            "Node '%s' is busy: ", bdrv_get_device_or_node_name(bs));
    return true;
}

void bdrv_op_block(BlockDriverState *bs, BlockOpType op, Error *reason)
{
    BdrvOpBlocker *blocker = g_new0(BdrvOpBlocker, 1);

    blocker->reason = reason;
    QLIST_INSERT_HEAD(&bs->op_blockers[op], blocker, list);
}

void bdrv_op_unblock(BlockDriverState *bs, BlockOpType op, Error *reason)
{
    BdrvOpBlocker *blocker, *next;

    QLIST_FOREACH_SAFE (blocker, &bs->op_blockers[op], list, next) {
        if (blocker->reason == reason) {
            QLIST_REMOVE(blocker, list);
            g_free(blocker);
        }
    }
}

void bdrv_op_block_all(BlockDriverState *bs, Error *reason)
{
    for (int op = 0; op < BLOCK_OP_TYPE_MAX; op++) {
        bdrv_op_block(bs, op, reason);
    }
}

void bdrv_op_unblock_all(BlockDriverState *bs, Error *reason)
{
    for (int op = 0; op < BLOCK_OP_TYPE_MAX; op++) {
        bdrv_op_unblock(bs, op, reason);
    }
}
