/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BlockBackend: life, names, the medium and the device. Main thread, unless noted. */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "blk-internal.h"
#include "qapi/qapi-events-block-core.h"
#include "qemu/cutils.h"
#include "qemu/id.h"
#include "qemu/main-loop.h"

BlockBackendList block_backends = QTAILQ_HEAD_INITIALIZER(block_backends);
static BlockBackendList monitor_block_backends = QTAILQ_HEAD_INITIALIZER(monitor_block_backends);
static BlockBackendHooks hooks;

void blk_set_hooks(const BlockBackendHooks *h)
{
    hooks = *h;
}

void blk_stop_machine(void)
{
    if (hooks.vm_stop_io_error) {
        hooks.vm_stop_io_error();
    }
}

/* ---- the edge to the medium ---- */

static char *root_parent_desc(BdrvChild *child)
{
    BlockBackend *blk = child->opaque;
    g_autofree char *dev_id = NULL;

    if (blk->name) {
        return g_strdup_printf("block device '%s'", blk->name);
    }
    dev_id = blk_get_attached_dev_id(blk);
    return *dev_id ? g_strdup_printf("block device '%s'", dev_id)
                   : g_strdup("an unnamed block device");
}

static const char *root_name(BdrvChild *child)
{
    return blk_name(child->opaque);
}

static void root_drained_begin(BdrvChild *child)
{
    BlockBackend *blk = child->opaque;

    if (qatomic_fetch_inc(&blk->quiesce_counter) == 0) {
        if (blk->dev_ops && blk->dev_ops->drained_begin) {
            blk->dev_ops->drained_begin(blk->dev_opaque);
        }
        if (blk->throttle) {
            /* A drain does not wait for limits. */
            throttle_member_disable(blk->throttle);
        }
    }
}

static bool root_drained_poll(BdrvChild *child)
{
    BlockBackend *blk = child->opaque;
    bool busy = false;

    if (blk->dev_ops && blk->dev_ops->drained_poll) {
        busy = blk->dev_ops->drained_poll(blk->dev_opaque);
    }
    return busy || qatomic_read(&blk->in_flight);
}

static void root_drained_end(BdrvChild *child)
{
    BlockBackend *blk = child->opaque;

    if (qatomic_fetch_dec(&blk->quiesce_counter) == 1) {
        if (blk->throttle) {
            throttle_member_enable(blk->throttle);
        }
        if (blk->dev_ops && blk->dev_ops->drained_end) {
            blk->dev_ops->drained_end(blk->dev_opaque);
        }
        qemu_mutex_lock(&blk->queued_requests_lock);
        while (qemu_co_enter_next(&blk->queued_requests, &blk->queued_requests_lock)) {
            /* Each continues in its own thread. */
        }
        qemu_mutex_unlock(&blk->queued_requests_lock);
    }
}

static void resize_bh(void *opaque)
{
    BlockBackend *blk = opaque;

    if (blk->dev_ops && blk->dev_ops->resize_cb) {
        blk->dev_ops->resize_cb(blk->dev_opaque);
    }
    blk_unref(blk);
}

/* Any thread: a write may have grown the image. */
static void root_resize(BdrvChild *child)
{
    BlockBackend *blk = child->opaque;

    if (blk->dev_ops && blk->dev_ops->resize_cb) {
        if (qemu_get_current_aio_context() == qemu_get_aio_context()) {
            blk->dev_ops->resize_cb(blk->dev_opaque);
        } else {
            blk_ref(blk);
            aio_bh_schedule_oneshot(qemu_get_aio_context(), resize_bh, blk);
        }
    }
}

static void root_change_media(BdrvChild *child, bool load)
{
    blk_dev_change_media_cb(child->opaque, load, NULL);
}

static bool root_activate(BdrvChild *child, Error **errp)
{
    BlockBackend *blk = child->opaque;

    return bdrv_child_try_set_perm(child, blk->perm, blk->shared_perm, errp);
}

#define ROOT_CLASS(...)                                                                            \
    {                                                                                              \
        .get_parent_desc = root_parent_desc, .get_name = root_name,                                \
        .drained_begin = root_drained_begin, .drained_end = root_drained_end,                      \
        .drained_poll = root_drained_poll, .resize = root_resize,                                  \
        .change_media = root_change_media, .activate = root_activate, __VA_ARGS__                  \
    }

const BdrvChildClass child_root = ROOT_CLASS();
const BdrvChildClass child_root_at_node = ROOT_CLASS(.stay_at_node = true);

/* ---- life ---- */

BlockBackend *blk_new(uint64_t perm, uint64_t shared_perm)
{
    BlockBackend *blk = g_new0(BlockBackend, 1);

    blk->refcnt = 1;
    blk->perm = perm;
    blk->shared_perm = shared_perm;
    blk->enable_write_cache = true;
    blk->on_read_error = BLOCKDEV_ON_ERROR_REPORT;
    blk->on_write_error = BLOCKDEV_ON_ERROR_ENOSPC;
    block_acct_init(&blk->stats);
    qemu_mutex_init(&blk->queued_requests_lock);
    qemu_co_queue_init(&blk->queued_requests);
    QTAILQ_INSERT_TAIL(&block_backends, blk, link);
    return blk;
}

static bool insert_bs(BlockBackend *blk, BlockDriverState *bs, const BdrvChildClass *klass,
                      Error **errp)
{
    BdrvChild *root;

    bdrv_ref(bs);
    root = bdrv_root_attach_child(bs, "root", klass, BDRV_CHILD_FILTERED | BDRV_CHILD_PRIMARY,
                                  blk->perm, blk->shared_perm, blk, errp);
    if (!root) {
        return false;
    }
    blk->root = root;
    return true;
}

static BlockBackend *new_with_bs(BlockDriverState *bs, uint64_t perm, uint64_t shared_perm,
                                 const BdrvChildClass *klass, Error **errp)
{
    BlockBackend *blk = blk_new(perm, shared_perm);

    if (!insert_bs(blk, bs, klass, errp)) {
        blk_unref(blk);
        return NULL;
    }
    return blk;
}

BlockBackend *blk_new_with_bs(BlockDriverState *bs, uint64_t perm, uint64_t shared_perm,
                              Error **errp)
{
    return new_with_bs(bs, perm, shared_perm, &child_root, errp);
}

BlockBackend *blk_new_at_node(BlockDriverState *bs, uint64_t perm, uint64_t shared_perm,
                              Error **errp)
{
    return new_with_bs(bs, perm, shared_perm, &child_root_at_node, errp);
}

BlockBackend *blk_new_open(const char *filename, const char *reference, QDict *options, int flags,
                           Error **errp)
{
    uint64_t perm = BLK_PERM_CONSISTENT_READ, shared = BLK_PERM_ALL;
    BlockBackend *blk = NULL;
    BlockDriverState *bs;

    if (flags & BDRV_O_RDWR) {
        perm |= BLK_PERM_WRITE;
        shared = BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED;
    }
    if (flags & BDRV_O_NO_IO) {
        shared = BLK_PERM_ALL;
        perm &= ~BLK_PERM_CONSISTENT_READ;
    }
    bs = bdrv_open(filename, reference, options, flags, errp);
    if (bs) {
        blk = blk_new_with_bs(bs, perm, shared, errp);
        bdrv_unref(bs);
    }
    return blk;
}

static void blk_delete(BlockBackend *blk)
{
    if (blk->root) {
        blk_remove_bs(blk);
    }
    blk_set_throttle_group(blk, NULL);
    blk_drain(blk);
    QTAILQ_REMOVE(&block_backends, blk, link);
    qemu_mutex_destroy(&blk->queued_requests_lock);
    block_acct_cleanup(&blk->stats);
    g_free(blk->name);
    g_free(blk);
}

void blk_ref(BlockBackend *blk)
{
    qatomic_inc(&blk->refcnt);
}

void blk_unref(BlockBackend *blk)
{
    if (blk && qatomic_fetch_dec(&blk->refcnt) == 1) {
        blk_delete(blk);
    }
}

const char *blk_name(const BlockBackend *blk)
{
    return blk->name ? blk->name : "";
}

BlockBackend *blk_by_name(const char *name)
{
    BlockBackend *blk;

    QTAILQ_FOREACH (blk, &monitor_block_backends, monitor_link) {
        if (!strcmp(name, blk->name)) {
            return blk;
        }
    }
    return NULL;
}

bool monitor_add_blk(BlockBackend *blk, const char *name, Error **errp)
{
    if (!id_wellformed(name)) {
        error_setg(errp, "Invalid device name '%s'", name);
        return false;
    }
    if (blk_by_name(name)) {
        error_setg(errp, "Device with id '%s' already exists", name);
        return false;
    }
    if (bdrv_find_node(name)) {
        error_setg(errp, "Device name '%s' conflicts with an existing node name", name);
        return false;
    }
    blk->name = g_strdup(name);
    QTAILQ_INSERT_TAIL(&monitor_block_backends, blk, monitor_link);
    return true;
}

void monitor_remove_blk(BlockBackend *blk)
{
    if (blk->name) {
        QTAILQ_REMOVE(&monitor_block_backends, blk, monitor_link);
        g_free(blk->name);
        blk->name = NULL;
    }
}

BlockBackend *blk_next(BlockBackend *blk)
{
    return blk ? QTAILQ_NEXT(blk, monitor_link) : QTAILQ_FIRST(&monitor_block_backends);
}

BlockBackend *blk_all_next(BlockBackend *blk)
{
    return blk ? QTAILQ_NEXT(blk, link) : QTAILQ_FIRST(&block_backends);
}

bool blk_any_in_flight_without_medium(void)
{
    BlockBackend *blk;

    QTAILQ_FOREACH (blk, &block_backends, link) {
        if (!blk->root && qatomic_read(&blk->in_flight)) {
            return true;
        }
    }
    return false;
}

/* ---- the medium ---- */

BlockDriverState *blk_bs(BlockBackend *blk)
{
    return blk->root ? blk->root->bs : NULL;
}

bool blk_insert_bs(BlockBackend *blk, BlockDriverState *bs, Error **errp)
{
    return insert_bs(blk, bs, &child_root, errp);
}

bool blk_replace_bs(BlockBackend *blk, BlockDriverState *new_bs, Error **errp)
{
    return bdrv_replace_child_bs(blk->root, new_bs, errp);
}

void blk_remove_bs(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);
    BdrvChild *root;

    if (!bs) {
        return;
    }
    bdrv_ref(bs);
    bdrv_drained_begin(bs);
    root = blk->root;
    blk->root = NULL;
    bdrv_root_unref_child(root);
    bdrv_drained_end(bs);
    bdrv_unref(bs);
}

bool blk_is_inserted(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);

    return bs && bdrv_is_inserted(bs);
}

bool blk_is_available(BlockBackend *blk)
{
    return blk_is_inserted(blk) && !blk_dev_is_tray_open(blk);
}

bool blk_is_writable(BlockBackend *blk)
{
    return blk->perm & BLK_PERM_WRITE;
}

bool blk_supports_write_perm(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);

    return bs ? !bdrv_is_read_only(bs) : !blk->read_only_medium_default;
}

void blk_set_read_only_default(BlockBackend *blk, bool read_only)
{
    blk->read_only_medium_default = read_only;
}

bool blk_set_perm(BlockBackend *blk, uint64_t perm, uint64_t shared_perm, Error **errp)
{
    if (blk->root && !(blk_bs(blk)->open_flags & BDRV_O_INACTIVE) &&
        !bdrv_child_try_set_perm(blk->root, perm, shared_perm, errp)) {
        return false;
    }
    blk->perm = perm;
    blk->shared_perm = shared_perm;
    return true;
}

void blk_get_perm(BlockBackend *blk, uint64_t *perm, uint64_t *shared_perm)
{
    *perm = blk->perm;
    *shared_perm = blk->shared_perm;
}

void blk_set_allow_write_beyond_eof(BlockBackend *blk, bool allow)
{
    blk->allow_write_beyond_eof = allow;
}

void blk_lock_medium(BlockBackend *blk, bool locked)
{
    if (blk_bs(blk)) {
        bdrv_lock_medium(blk_bs(blk), locked);
    }
}

static void send_tray_moved(BlockBackend *blk, bool open)
{
    g_autofree char *id = blk_get_attached_dev_id(blk);

    qapi_event_send_device_tray_moved(blk_name(blk), id, open);
}

void blk_eject(BlockBackend *blk, bool eject_flag)
{
    if (blk_bs(blk)) {
        bdrv_eject(blk_bs(blk), eject_flag);
    }
    send_tray_moved(blk, eject_flag);
}

/* ---- the device ---- */

int blk_attach_dev(BlockBackend *blk, DeviceState *dev)
{
    if (blk->dev) {
        return -EBUSY;
    }
    blk_ref(blk);
    blk->dev = dev;
    blk_iostatus_reset(blk);
    return 0;
}

void blk_detach_dev(BlockBackend *blk, DeviceState *dev)
{
    /* Who attached itself detaches itself. */
    g_assert(blk->dev == dev);
    blk->dev = NULL;
    blk->dev_ops = NULL;
    blk->dev_opaque = NULL;
    blk_set_perm(blk, 0, BLK_PERM_ALL, NULL);
    blk_unref(blk);
}

DeviceState *blk_get_attached_dev(BlockBackend *blk)
{
    return blk->dev;
}

BlockBackend *blk_by_dev(void *dev)
{
    BlockBackend *blk;

    QTAILQ_FOREACH (blk, &block_backends, link) {
        if (dev && blk->dev == dev) {
            return blk;
        }
    }
    return NULL;
}

char *blk_get_attached_dev_id(BlockBackend *blk)
{
    g_autofree char *id = NULL;

    if (!blk->dev || !hooks.dev_id) {
        return g_strdup("");
    }
    id = hooks.dev_id(blk->dev);
    return id && *id ? g_steal_pointer(&id) : hooks.dev_path(blk->dev);
}

char *blk_get_attached_dev_path(BlockBackend *blk)
{
    return blk->dev && hooks.dev_path ? hooks.dev_path(blk->dev) : g_strdup("");
}

BlockBackend *blk_by_qdev_id(const char *id, Error **errp)
{
    DeviceState *dev = hooks.find_dev ? hooks.find_dev(id) : NULL;
    BlockBackend *blk = dev ? blk_by_dev(dev) : NULL;

    if (!dev) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", id);
    } else if (!blk) {
        error_setg(errp, "Device '%s' does not have a block device backend", id);
    }
    return blk;
}

void blk_set_dev_ops(BlockBackend *blk, const BlockDevOps *ops, void *opaque)
{
    blk->dev_ops = ops;
    blk->dev_opaque = opaque;
    /* Attached in the middle of a drained section: it begins for the device now. */
    if (ops && blk->quiesce_counter && ops->drained_begin) {
        ops->drained_begin(opaque);
    }
}

void blk_dev_change_media_cb(BlockBackend *blk, bool load, Error **errp)
{
    bool was_open, is_open;

    if (!blk->dev_ops || !blk->dev_ops->change_media_cb) {
        return;
    }
    was_open = blk_dev_is_tray_open(blk);
    blk->dev_ops->change_media_cb(blk->dev_opaque, load, errp);
    is_open = blk_dev_is_tray_open(blk);
    if (was_open != is_open) {
        send_tray_moved(blk, is_open);
    }
}

bool blk_dev_has_removable_media(BlockBackend *blk)
{
    return !blk->dev || (blk->dev_ops && blk->dev_ops->change_media_cb);
}

bool blk_dev_has_tray(BlockBackend *blk)
{
    return blk->dev_ops && blk->dev_ops->is_tray_open;
}

void blk_dev_eject_request(BlockBackend *blk, bool force)
{
    if (blk->dev_ops && blk->dev_ops->eject_request_cb) {
        blk->dev_ops->eject_request_cb(blk->dev_opaque, force);
    }
}

bool blk_dev_is_tray_open(BlockBackend *blk)
{
    return blk_dev_has_tray(blk) && blk->dev_ops->is_tray_open(blk->dev_opaque);
}

bool blk_dev_is_medium_locked(BlockBackend *blk)
{
    return blk->dev_ops && blk->dev_ops->is_medium_locked &&
           blk->dev_ops->is_medium_locked(blk->dev_opaque);
}

/* ---- facts; any thread ---- */

int64_t blk_getlength(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);

    return bs && blk_is_available(blk) ? bdrv_getlength(bs) : -ENOMEDIUM;
}

int64_t blk_nb_sectors(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);

    return bs ? bdrv_nb_sectors(bs) : -ENOMEDIUM;
}

void blk_get_geometry(BlockBackend *blk, uint64_t *nb_sectors_ptr)
{
    int64_t n = blk_nb_sectors(blk);

    *nb_sectors_ptr = n < 0 ? 0 : n;
}

uint32_t blk_get_request_alignment(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);

    return bs ? bs->bl.request_alignment : BDRV_SECTOR_SIZE;
}

uint32_t blk_get_max_transfer(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);
    uint32_t max = bs ? bs->bl.max_transfer : 0;

    return ROUND_DOWN(MIN_NON_ZERO(max, (uint32_t)BDRV_REQUEST_MAX_BYTES),
                      blk_get_request_alignment(blk));
}

uint64_t blk_get_max_hw_transfer(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);
    uint64_t max = BDRV_REQUEST_MAX_BYTES;

    if (bs) {
        max = MIN_NON_ZERO(max, bs->bl.max_hw_transfer);
        max = MIN_NON_ZERO(max, bs->bl.max_transfer);
    }
    return ROUND_DOWN(max, (uint64_t)blk_get_request_alignment(blk));
}

int blk_get_max_iov(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);

    return MIN_NON_ZERO(bs ? bs->bl.max_iov : 0, IOV_MAX);
}

int blk_probe_blocksizes(BlockBackend *blk, BlockSizes *bsz)
{
    BlockDriverState *bs = blk_bs(blk);

    return bs && bdrv_probe_blocksizes(bs, bsz) ? 0 : -ENOTSUP;
}

int blk_probe_geometry(BlockBackend *blk, HDGeometry *geo)
{
    BlockDriverState *bs = blk_bs(blk);

    return bs && bdrv_probe_geometry(bs, geo) ? 0 : -ENOTSUP;
}

void *blk_blockalign(BlockBackend *blk, size_t size)
{
    return qemu_blockalign(blk ? blk_bs(blk) : NULL, size);
}

void *blk_try_blockalign(BlockBackend *blk, size_t size)
{
    return qemu_try_blockalign(blk ? blk_bs(blk) : NULL, size);
}

int blk_get_flags(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);

    return bs ? bs->open_flags : 0;
}

BlockAcctStats *blk_get_stats(BlockBackend *blk)
{
    return &blk->stats;
}

bool blk_enable_write_cache(BlockBackend *blk)
{
    return blk->enable_write_cache;
}

void blk_set_enable_write_cache(BlockBackend *blk, bool wce)
{
    blk->enable_write_cache = wce;
}

/* ---- limits ---- */

void blk_set_throttle_group(BlockBackend *blk, const char *group)
{
    BlockDriverState *bs = blk_bs(blk);
    ThrottleMember *old = blk->throttle;

    if (!old && !group) {
        return;
    }
    if (bs) {
        bdrv_ref(bs);
        bdrv_drained_begin(bs);
    }
    blk->throttle = group ? throttle_member_new(group) : NULL;
    if (blk->throttle && blk->quiesce_counter) {
        throttle_member_disable(blk->throttle);
    }
    if (old) {
        throttle_member_free(old);
    }
    if (bs) {
        bdrv_drained_end(bs);
        bdrv_unref(bs);
    }
}

ThrottleGroup *blk_get_throttle_group(BlockBackend *blk)
{
    return blk->throttle ? throttle_member_group(blk->throttle) : NULL;
}

/* ---- drain ---- */

void blk_drain(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);

    if (bs) {
        bdrv_ref(bs);
        bdrv_drained_begin(bs);
    }
    AIO_WAIT_WHILE(NULL, qatomic_read(&blk->in_flight) > 0);
    if (bs) {
        bdrv_drained_end(bs);
        bdrv_unref(bs);
    }
}

void blk_set_disable_request_queuing(BlockBackend *blk, bool disable)
{
    qatomic_set(&blk->disable_request_queuing, disable);
}
