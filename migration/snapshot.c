/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots of a machine in its disks' images. The stream of the machine's state is written by a
 * thread, which takes the BQL for devices only, to a pipe; this thread, which may use the images,
 * moves it from there.
 */
#include "qemu/osdep.h"
#include <glib-unix.h>
#include "migration/snapshot.h"
#include "block/block-backend.h"
#include "block/block_int.h"
#include "block/qapi.h"
#include "migration/blocker.h"
#include "qemu/cutils.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "global-state.h"
#include "savevm.h"

#define CHUNK (1 * MiB)

/* ---- disks ---- */

static void add_once(GPtrArray *nodes, BlockDriverState *bs)
{
    if (!g_ptr_array_find(nodes, bs, NULL)) {
        g_ptr_array_add(nodes, bs);
    }
}

static bool is_written_to(BlockDriverState *bs)
{
    return bs && bdrv_is_inserted(bs) && !bdrv_is_read_only(bs);
}

GPtrArray *snapshot_default_nodes(void)
{
    GPtrArray *nodes = g_ptr_array_new();

    for (BlockBackend *blk = blk_all_next(NULL); blk; blk = blk_all_next(blk)) {
        if (is_written_to(blk_bs(blk)) && (blk_get_attached_dev(blk) || blk_name(blk)[0])) {
            add_once(nodes, blk_bs(blk));
        }
    }
    for (BlockDriverState *bs = bdrv_next_node(NULL); bs; bs = bdrv_next_node(bs)) {
        if (bs->monitor_owned && is_written_to(bs) &&
            (QLIST_EMPTY(&bs->parents) || bdrv_has_blk(bs))) {
            add_once(nodes, bs);
        }
    }
    return nodes;
}

static bool add_node(GPtrArray *disks, BlockDriverState *bs, Error **errp)
{
    BlockDriverState *node = bdrv_snapshot_node(bs, errp);

    if (node) {
        add_once(disks, node);
    }
    return node;
}

static bool add_default_nodes(GPtrArray *disks, Error **errp)
{
    ERRP_GUARD();
    g_autoptr(GPtrArray) nodes = snapshot_default_nodes();

    for (guint i = 0; i < nodes->len; i++) {
        BlockDriverState *bs = nodes->pdata[i];

        if (!add_node(disks, bs, NULL)) {
            error_setg(errp,
                       "Device '%s' is writable but does not support snapshots, because its format "
                       "is '%s'",
                       bdrv_get_device_or_node_name(bs), bdrv_skip_filters(bs)->drv->format_name);
            error_append_hint(errp, "Convert it to qcow2, make it read-only, or leave it out: the "
                                    "QMP commands snapshot-* take the names of the disks.\n");
            return false;
        }
    }
    return true;
}

/* Borrowed nodes that have snapshots. */
static GPtrArray *find_disks(const strList *nodes, Error **errp)
{
    g_autoptr(GPtrArray) disks = g_ptr_array_new();

    for (const strList *e = nodes; e; e = e->next) {
        BlockDriverState *bs = bdrv_lookup_bs(e->value, e->value, errp);

        if (!bs || !add_node(disks, bs, errp)) {
            return NULL;
        }
    }
    if (!nodes && !add_default_nodes(disks, errp)) {
        return NULL;
    }
    if (!disks->len) {
        error_setg(errp, "No block device can accept snapshots");
        return NULL;
    }
    return g_steal_pointer(&disks);
}

static BlockDriverState *find_vmstate(GPtrArray *disks, const char *name, Error **errp)
{
    if (name) {
        BlockDriverState *bs = bdrv_lookup_bs(name, name, errp), *node;

        node = bs ? bdrv_snapshot_node(bs, errp) : NULL;
        if (node && !g_ptr_array_find(disks, node, NULL)) {
            error_setg(errp, "vmstate block device '%s' does not exist among the devices", name);
            return NULL;
        }
        return node;
    }
    for (guint i = 0; i < disks->len; i++) {
        BlockDriverState *bs = disks->pdata[i];

        if (bs->drv->bdrv_co_save_vmstate) {
            return bs;
        }
    }
    error_setg(errp, "No block device can store the machine's state: one in format qcow2 can");
    return NULL;
}

/* Never by id: another snapshot may have the name. */
static SnapshotInfo *find(SnapshotInfoList *list, const char *name)
{
    for (; list; list = list->next) {
        if (!strcmp(list->value->name, name)) {
            return list->value;
        }
    }
    return NULL;
}

static bool has(BlockDriverState *bs, const char *name, uint64_t *state_size)
{
    g_autoptr(SnapshotInfoList) list = bdrv_query_snapshots(bs);
    SnapshotInfo *sn = find(list, name);

    if (sn && state_size) {
        *state_size = sn->vm_state_size;
    }
    return sn;
}

static bool delete_one(BlockDriverState *bs, const char *name, Error **errp)
{
    g_autoptr(SnapshotInfoList) list = bdrv_query_snapshots(bs);
    SnapshotInfo *sn = find(list, name);

    return !sn || bs->drv->bdrv_snapshot_delete(bs, sn->id, sn->name, errp);
}

static bool delete_all(GPtrArray *disks, const char *name, Error **errp)
{
    ERRP_GUARD();

    for (guint i = 0; i < disks->len; i++) {
        BlockDriverState *bs = disks->pdata[i];

        if (!delete_one(bs, name, errp)) {
            error_prepend(errp, "Could not delete snapshot '%s' on '%s': ", name,
                          bdrv_get_device_or_node_name(bs));
            return false;
        }
    }
    return true;
}

/* ---- the stream ---- */

typedef struct Writer {
    QEMUFile *f;
    Error *err;
} Writer;

static void *writer_thread(void *opaque)
{
    Writer *w = opaque;
    int ret;

    rcu_register_thread();
    ret = qemu_savevm_state(w->f, &w->err);
    if (qemu_fclose(w->f) < 0 && ret >= 0 && !w->err) {
        error_setg(&w->err, "the machine's state could not be written");
    }
    rcu_unregister_thread();
    return NULL;
}

/* Whole chunks, but for the last; 0 at the end; the BQL is let go of meanwhile. */
static ssize_t read_chunk(int fd, uint8_t *buf)
{
    size_t done = 0;
    ssize_t n = 1;

    bql_unlock();
    while (done < CHUNK && n > 0) {
        n = RETRY_ON_EINTR(read(fd, buf + done, CHUNK - done));
        done += MAX(n, 0);
    }
    bql_lock();
    return done;
}

static bool save_state(BlockDriverState *bs, uint64_t *size, Error **errp)
{
    g_autofree uint8_t *buf = g_malloc(CHUNK);
    Writer w = {0};
    QemuThread thread;
    int fds[2], ret = 0;
    ssize_t n;

    *size = 0;
    if (!g_unix_open_pipe(fds, FD_CLOEXEC, NULL)) {
        error_setg_errno(errp, errno, "Could not make a pipe");
        return false;
    }
    w.f = qemu_file_new_fd(fds[1], true);
    qemu_thread_create(&thread, "savevm", writer_thread, &w, QEMU_THREAD_JOINABLE);
    while ((n = read_chunk(fds[0], buf)) > 0) {
        /* After a failure the rest is only taken, so that the thread comes to its end. */
        if (ret >= 0) {
            ret = bdrv_save_vmstate(bs, buf, *size, n);
        }
        *size += n;
    }
    close(fds[0]);
    qemu_thread_join(&thread);
    if (w.err) {
        error_propagate(errp, w.err);
        return false;
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write the machine's state to '%s'",
                         bdrv_get_device_or_node_name(bs));
    }
    return ret >= 0;
}

typedef struct Reader {
    BlockDriverState *bs;
    uint64_t pos, size;
} Reader;

static ssize_t reader_read(void *opaque, uint8_t *buf, size_t size)
{
    Reader *r = opaque;
    size_t n = MIN(size, r->size - r->pos);
    int ret = n ? bdrv_load_vmstate(r->bs, buf, r->pos, n) : 0;

    if (ret < 0) {
        return ret;
    }
    r->pos += n;
    return n;
}

static int reader_close(void *opaque)
{
    g_free(opaque);
    return 0;
}

static bool load_state(BlockDriverState *bs, uint64_t size, Error **errp)
{
    static const QEMUFileOps ops = {.read = reader_read, .close = reader_close};
    Reader *r = g_new0(Reader, 1);
    QEMUFile *f;
    int ret;

    r->bs = bs;
    r->size = size;
    f = qemu_file_new(&ops, r, false);
    ret = qemu_loadvm_state(f, errp);
    qemu_fclose(f);
    return ret >= 0;
}

/* ---- saving ---- */

static bool make_snapshots(GPtrArray *disks, BlockDriverState *vmstate, QEMUSnapshotInfo *info,
                           uint64_t state_size, Error **errp)
{
    ERRP_GUARD();

    for (guint i = 0; i < disks->len; i++) {
        BlockDriverState *bs = disks->pdata[i];
        QEMUSnapshotInfo one = *info;

        one.vm_state_size = bs == vmstate ? state_size : 0;
        if (!bs->drv->bdrv_snapshot_create(bs, &one, errp)) {
            error_prepend(errp,
                          "Could not make a snapshot on '%s': ", bdrv_get_device_or_node_name(bs));
            g_ptr_array_set_size(disks, i);
            delete_all(disks, info->name, NULL);
            return false;
        }
    }
    return true;
}

static void fill_info(QEMUSnapshotInfo *info, const char *name)
{
    int64_t now = g_get_real_time();
    g_autoptr(GDateTime) date = g_date_time_new_now_local();
    g_autofree char *made = g_date_time_format(date, "vm-%Y%m%d%H%M%S");

    *info = (QEMUSnapshotInfo){
        .date_sec = now / G_USEC_PER_SEC,
        .date_nsec = now % G_USEC_PER_SEC * 1000,
        .vm_clock_nsec = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL),
        .icount = UINT64_MAX,
    };
    pstrcpy(info->name, sizeof(info->name), name ? name : made);
}

bool save_snapshot(const char *name, bool overwrite, const char *vmstate, const strList *nodes,
                   Error **errp)
{
    g_autoptr(GPtrArray) disks = NULL;
    BlockDriverState *to;
    QEMUSnapshotInfo info;
    RunState was = runstate_get();
    uint64_t size;
    bool ok;

    if (!savevm_is_possible(errp)) {
        return false;
    }
    if (name && (!*name || strlen(name) >= sizeof(info.name))) {
        error_setg(errp, "The snapshot's name '%s' is empty or too long", name);
        return false;
    }
    disks = find_disks(nodes, errp);
    to = disks ? find_vmstate(disks, vmstate, errp) : NULL;
    if (!to) {
        return false;
    }
    for (guint i = 0; !overwrite && i < disks->len; i++) {
        if (has(disks->pdata[i], name, NULL)) {
            error_setg(errp, "Snapshot '%s' already exists in one or more devices", name);
            return false;
        }
    }
    if (name && overwrite && !delete_all(disks, name, errp)) {
        return false;
    }
    global_state_store();
    vm_stop(RUN_STATE_SAVE_VM);
    bdrv_drain_all_begin();
    fill_info(&info, name);
    ok = save_state(to, &size, errp) && make_snapshots(disks, to, &info, size, errp);
    bdrv_drain_all_end();
    if (runstate_is_live(was)) {
        vm_start();
    }
    return ok;
}

/* ---- loading ---- */

static bool go_back(GPtrArray *disks, const char *name, Error **errp)
{
    ERRP_GUARD();

    for (guint i = 0; i < disks->len; i++) {
        BlockDriverState *bs = disks->pdata[i];
        g_autoptr(SnapshotInfoList) list = bdrv_query_snapshots(bs);
        SnapshotInfo *sn = find(list, name);

        /* The driver looks for ids first. */
        if (!bdrv_snapshot_goto(bs, sn ? sn->id : name, errp)) {
            error_prepend(errp, "Could not load snapshot '%s' on '%s': ", name,
                          bdrv_get_device_or_node_name(bs));
            return false;
        }
    }
    return true;
}

bool load_snapshot(const char *name, const char *vmstate, const strList *nodes, bool *loaded,
                   Error **errp)
{
    g_autoptr(GPtrArray) disks = find_disks(nodes, errp);
    BlockDriverState *from = disks ? find_vmstate(disks, vmstate, errp) : NULL;
    uint64_t size = 0;
    bool ok;

    *loaded = false;
    if (!from) {
        return false;
    }
    for (guint i = 0; i < disks->len; i++) {
        BlockDriverState *bs = disks->pdata[i];

        if (!has(bs, name, bs == from ? &size : NULL)) {
            error_setg(errp, "Snapshot '%s' does not exist in '%s'", name,
                       bdrv_get_device_or_node_name(bs));
            return false;
        }
    }
    if (!size) {
        error_setg(errp,
                   "Snapshot '%s' has only disks: go back to it offline, with 'qemu-img snapshot "
                   "-a'",
                   name);
        return false;
    }
    vm_stop(RUN_STATE_RESTORE_VM);
    *loaded = true;
    bdrv_drain_all_begin();
    ok = go_back(disks, name, errp);
    if (ok) {
        qemu_system_reset(SHUTDOWN_CAUSE_SNAPSHOT_LOAD);
        ok = load_state(from, size, errp);
    }
    bdrv_drain_all_end();
    return ok;
}

bool delete_snapshot(const char *name, const strList *nodes, bool *found, Error **errp)
{
    g_autoptr(GPtrArray) disks = find_disks(nodes, errp);

    *found = false;
    for (guint i = 0; disks && i < disks->len; i++) {
        *found |= has(disks->pdata[i], name, NULL);
    }
    return disks && delete_all(disks, name, errp);
}
