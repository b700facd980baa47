/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making, applying and deleting internal snapshots. Outside of coroutines each runs one, with
 * s->lock held and nothing in flight.
 *
 * A cluster's count is the number of level 1 tables that lead to it. Counts grow, and "copied"
 * flags go, on disk before a new level 1 table is named; counts shrink after the old one is not;
 * flags come back after that. So a cut leaves counts that are too high, or flags that are missing.
 */
#include "qemu/osdep.h"
#include "block/dirty-bitmap.h"
#include "qcow2.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"

/* ---- walking over the tables below a level 1 table ---- */

static int coroutine_fn add_entry_ref(BlockDriverState *bs, uint64_t entry)
{
    Qcow2State *s = bs->opaque;
    uint64_t offset, bytes;

    switch (qcow2_cluster_type(s, entry)) {
    case QCOW2_COMPRESSED:
        qcow2_compressed_range(s, entry, &offset, &bytes);
        return qcow2_share(bs, offset, bytes);
    case QCOW2_NORMAL:
    case QCOW2_ZERO_ALLOC:
        return qcow2_share(bs, entry & QCOW2_OFFSET_MASK, s->cluster_size);
    default:
        return 0;
    }
}

/* Drop references of the first @n entries of @table. */
static void drop_entries(BlockDriverState *bs, const uint64_t *table, uint32_t n, Qcow2Discard why)
{
    for (uint32_t i = 0; i < n; i++) {
        qcow2_free_entry_later(bs, qcow2_table_get(bs->opaque, table, i).entry, why);
    }
}

/* One more reference to all below @l1, whose tables lose their "copied" flags. */
static int coroutine_fn share_l2(BlockDriverState *bs, uint64_t offset, uint64_t *table)
{
    Qcow2State *s = bs->opaque;
    bool changed = false;
    int ret = qcow2_read_l2(bs, offset, table);
    uint32_t n = 0;

    for (; ret >= 0 && n < s->l2_size; n++) {
        Qcow2Entry e = qcow2_table_get(s, table, n);

        ret = add_entry_ref(bs, e.entry);
        if (ret < 0) {
            break;
        }
        if ((e.entry & QCOW_OFLAG_COPIED) && !(e.entry & QCOW_OFLAG_COMPRESSED)) {
            e.entry &= ~QCOW_OFLAG_COPIED;
            qcow2_table_put(s, table, n, e);
            changed = true;
        }
    }
    if (ret >= 0) {
        ret = qcow2_share(bs, offset, s->cluster_size);
    }
    if (ret >= 0 && changed) {
        ret = qcow2_update_l2(bs, offset, table);
    }
    if (ret < 0) {
        drop_entries(bs, table, n, QCOW2_DISCARD_SNAPSHOT);
    }
    return ret;
}

static int coroutine_fn share_l1(BlockDriverState *bs, const uint64_t *l1, uint32_t size)
{
    Qcow2State *s = bs->opaque;
    g_autofree uint64_t *table = g_malloc(s->cluster_size);

    for (uint32_t i = 0; i < size; i++) {
        uint64_t offset = l1[i] & QCOW2_OFFSET_MASK;
        int ret = offset ? share_l2(bs, offset, table) : 0;

        if (ret >= 0) {
            ret = qcow2_commit_if_full(bs);
        }
        if (ret < 0) {
            qcow2_drop_l1(bs, l1, i, QCOW2_DISCARD_SNAPSHOT);
            return ret;
        }
    }
    return 0;
}

/* One reference less to all below it. */
int coroutine_fn qcow2_drop_l1(BlockDriverState *bs, const uint64_t *l1, uint32_t size,
                               Qcow2Discard why)
{
    Qcow2State *s = bs->opaque;
    g_autofree uint64_t *table = g_malloc(s->cluster_size);
    int result = 0;

    for (uint32_t i = 0; i < size; i++) {
        uint64_t offset = l1[i] & QCOW2_OFFSET_MASK;
        bool there = offset && !qcow2_is_cut_off(bs, offset, s->cluster_size);
        int ret = there ? qcow2_read_l2(bs, offset, table) : 0;

        if (there && ret >= 0) {
            drop_entries(bs, table, s->l2_size, why);
            qcow2_free_later(bs, offset, s->cluster_size, QCOW2_DISCARD_OTHER);
            ret = qcow2_commit_if_full(bs);
        }
        /* What cannot be read stays counted: a leak. */
        result = ret < 0 && !result ? ret : result;
    }
    return result;
}

int coroutine_fn qcow2_drop_tables(BlockDriverState *bs, uint64_t first, uint64_t n,
                                   Qcow2Discard why)
{
    Qcow2State *s = bs->opaque;
    g_autofree uint64_t *old = n ? g_memdup2(s->l1 + first, n * 8) : NULL;
    bool any = false;
    int ret;

    for (uint64_t i = 0; i < n; i++) {
        if (old[i]) {
            any = true;
            s->l1[first + i] = 0;
            g_hash_table_add(s->l1_dirty, GSIZE_TO_POINTER(first + i));
        }
    }
    ret = any ? qcow2_drop_l1(bs, old, n, why) : 0;
    return ret < 0 ? ret : any;
}

/* ---- "copied" flags of what only the active tables lead to ---- */

static int coroutine_fn is_own(BlockDriverState *bs, uint64_t offset)
{
    Qcow2State *s = bs->opaque;
    uint64_t count;
    int ret = qcow2_get_refcount(bs, offset >> s->cluster_bits, &count);

    return ret < 0 ? ret : count == 1;
}

static int coroutine_fn flag_l2(BlockDriverState *bs, uint64_t offset, uint64_t *table)
{
    Qcow2State *s = bs->opaque;
    bool changed = false;
    int ret = qcow2_read_l2(bs, offset, table);

    for (uint32_t n = 0; ret >= 0 && n < s->l2_size; n++) {
        Qcow2Entry e = qcow2_table_get(s, table, n);
        Qcow2ClusterType type = qcow2_cluster_type(s, e.entry);

        if ((type != QCOW2_NORMAL && type != QCOW2_ZERO_ALLOC) || (e.entry & QCOW_OFLAG_COPIED)) {
            continue;
        }
        ret = is_own(bs, e.entry & QCOW2_OFFSET_MASK);
        if (ret > 0) {
            e.entry |= QCOW_OFLAG_COPIED;
            qcow2_table_put(s, table, n, e);
            changed = true;
        }
    }
    return ret >= 0 && changed ? qcow2_update_l2(bs, offset, table) : MIN(ret, 0);
}

/* After counts have come down on disk. */
static int coroutine_fn flag_active(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    g_autofree uint64_t *table = g_malloc(s->cluster_size);
    int ret = qcow2_commit(bs);

    for (uint32_t i = 0; ret >= 0 && i < s->l1_size; i++) {
        uint64_t offset = s->l1[i] & QCOW2_OFFSET_MASK;

        ret = offset ? is_own(bs, offset) : 0;
        if (ret <= 0) {
            continue;
        }
        ret = flag_l2(bs, offset, table);
        if (!(s->l1[i] & QCOW_OFLAG_COPIED)) {
            s->l1[i] |= QCOW_OFLAG_COPIED;
            g_hash_table_add(s->l1_dirty, GSIZE_TO_POINTER((uint64_t)i));
        }
        if (ret >= 0) {
            ret = qcow2_commit_if_full(bs);
        }
    }
    return ret < 0 ? ret : qcow2_commit(bs);
}

/* ---- level 1 tables ---- */

static bool coroutine_mixed_fn has_l1(BlockDriverState *bs, const Qcow2Snapshot *sn, Error **errp)
{
    return qcow2_is_in_file(bs, sn->l1_offset, sn->l1_size * 8ULL, "The snapshot's L1 table", errp);
}

/* Of one that is not there: a table that leads to nothing. */
static uint64_t *coroutine_fn read_l1(BlockDriverState *bs, const Qcow2Snapshot *sn, int *ret)
{
    uint64_t bytes = (uint64_t)sn->l1_size * 8;
    uint64_t *l1 = g_try_malloc0(MAX(bytes, 8));
    bool there = bytes && has_l1(bs, sn, NULL);

    *ret = !l1 ? -ENOMEM : there ? bdrv_co_pread(bs->file, sn->l1_offset, bytes, l1, 0) : 0;
    if (*ret < 0) {
        g_free(l1);
        return NULL;
    }
    for (uint32_t i = 0; i < sn->l1_size; i++) {
        l1[i] = be64_to_cpu(l1[i]);
    }
    return l1;
}

/* A new table with the content of @l1 without flags; counted in memory only. An empty one, of a
 * disk without size, has no place. */
static int64_t coroutine_fn write_l1_copy(BlockDriverState *bs, const uint64_t *l1, uint32_t size)
{
    uint64_t bytes = (uint64_t)size * 8;
    g_autofree uint64_t *disk = g_try_malloc0(bytes);
    int64_t offset;
    int ret;

    if (!size) {
        return 0;
    }
    if (!disk) {
        return -ENOMEM;
    }
    offset = qcow2_alloc_clusters(bs, bytes);
    if (offset < 0) {
        return offset;
    }
    for (uint32_t i = 0; i < size; i++) {
        disk[i] = cpu_to_be64(l1[i] & ~QCOW_OFLAG_COPIED);
    }
    ret = bdrv_co_pwrite(bs->file, offset, bytes, disk, 0);
    if (ret < 0) {
        qcow2_free_later(bs, offset, bytes, QCOW2_DISCARD_OTHER);
        return ret;
    }
    return offset;
}

/* ---- the operations, lock held ---- */

typedef struct SnapshotOp {
    BlockDriverState *bs;
    int (*coroutine_fn run)(struct SnapshotOp *op);
    QEMUSnapshotInfo *info;
    int index;
} SnapshotOp;

/*
 * The tables in memory after something has failed: what was shared is not any more, unless the disk
 * may have it that way.
 */
static int coroutine_fn undo_share(BlockDriverState *bs, int ret)
{
    Qcow2State *s = bs->opaque;

    if (s->header_unsure) {
        return ret;
    }
    qcow2_drop_l1(bs, s->l1, s->l1_size, QCOW2_DISCARD_SNAPSHOT);
    flag_active(bs);
    return ret;
}

static int coroutine_fn op_create(SnapshotOp *op)
{
    BlockDriverState *bs = op->bs;
    Qcow2State *s = bs->opaque;
    g_autofree Qcow2Snapshot *list = g_new0(Qcow2Snapshot, s->nb_snapshots + 1);
    Qcow2Snapshot *sn = &list[s->nb_snapshots];
    int64_t l1_offset;
    int ret = share_l1(bs, s->l1, s->l1_size);

    if (ret < 0) {
        flag_active(bs);
        return ret;
    }
    for (uint32_t i = 0; i < s->l1_size; i++) {
        if (s->l1[i] & QCOW_OFLAG_COPIED) {
            s->l1[i] &= ~QCOW_OFLAG_COPIED;
            g_hash_table_add(s->l1_dirty, GSIZE_TO_POINTER((uint64_t)i));
        }
    }
    l1_offset = write_l1_copy(bs, s->l1, s->l1_size);
    if (l1_offset < 0) {
        return undo_share(bs, l1_offset);
    }
    if (s->nb_snapshots) {
        memcpy(list, s->snapshots, s->nb_snapshots * sizeof(*list));
    }
    *sn = (Qcow2Snapshot){
        .l1_offset = l1_offset,
        .l1_size = s->l1_size,
        .id = g_strdup(op->info->id_str),
        .name = g_strdup(op->info->name),
        .date_sec = op->info->date_sec,
        .date_nsec = op->info->date_nsec,
        .vm_clock_nsec = op->info->vm_clock_nsec,
        .vm_state_size = op->info->vm_state_size,
        .icount = op->info->icount,
        .disk_size = bs->total_bytes,
        .has_disk_size = true,
    };
    ret = qcow2_write_snapshots(bs, list, s->nb_snapshots + 1);
    if (ret < 0) {
        if (!s->header_unsure) {
            qcow2_free_later(bs, l1_offset, (uint64_t)s->l1_size * 8, QCOW2_DISCARD_OTHER);
        }
        qcow2_snapshot_clear(sn);
        return undo_share(bs, ret);
    }
    g_free(s->snapshots);
    s->snapshots = g_steal_pointer(&list);
    s->nb_snapshots++;
    /* The machine's state is the snapshot's now. */
    ret = qcow2_drop_vmstate(bs);
    return ret < 0 ? ret : qcow2_commit(bs);
}

static int coroutine_fn op_delete(SnapshotOp *op)
{
    BlockDriverState *bs = op->bs;
    Qcow2State *s = bs->opaque;
    Qcow2Snapshot gone = s->snapshots[op->index];
    g_autofree Qcow2Snapshot *list = g_new0(Qcow2Snapshot, s->nb_snapshots);
    g_autofree uint64_t *l1 = NULL;
    uint32_t n = 0;
    int ret;

    l1 = read_l1(bs, &gone, &ret);
    if (!l1) {
        return ret;
    }
    for (uint32_t i = 0; i < s->nb_snapshots; i++) {
        if (i != op->index) {
            list[n++] = s->snapshots[i];
        }
    }
    ret = qcow2_write_snapshots(bs, list, n);
    if (ret < 0) {
        return ret;
    }
    g_free(s->snapshots);
    s->snapshots = g_steal_pointer(&list);
    s->nb_snapshots = n;
    ret = qcow2_drop_l1(bs, l1, gone.l1_size, QCOW2_DISCARD_SNAPSHOT);
    qcow2_free_later(bs, gone.l1_offset, (uint64_t)gone.l1_size * 8, QCOW2_DISCARD_OTHER);
    qcow2_snapshot_clear(&gone);
    /* From here on a failure only leaves leaks. */
    flag_active(bs);
    return ret;
}

/* The header names another level 1 table, and its size of the disk: all in one sector. */
static int coroutine_fn switch_l1(BlockDriverState *bs, uint64_t size, uint32_t l1_size,
                                  uint64_t l1_offset)
{
    Qcow2State *s = bs->opaque;
    struct QEMU_PACKED {
        uint64_t size;
        uint32_t crypt_method;
        uint32_t l1_size;
        uint64_t l1_offset;
    } header = {cpu_to_be64(size), cpu_to_be32(s->crypt_method), cpu_to_be32(l1_size),
                cpu_to_be64(l1_offset)};

    QEMU_BUILD_BUG_ON(offsetof(Qcow2Header, l1_table_offset) != offsetof(Qcow2Header, size) + 16);
    return qcow2_put_header(bs, offsetof(Qcow2Header, size), sizeof(header), &header);
}

/* Of a table for the disk of @sn: what it has, or more where that was larger later. */
static uint64_t l1_entries(const Qcow2State *s, const Qcow2Snapshot *sn)
{
    return MAX(MAX(sn->l1_size, qcow2_l1_entries(s, sn->disk_size)), 1);
}

static int coroutine_fn op_goto(SnapshotOp *op)
{
    BlockDriverState *bs = op->bs;
    Qcow2State *s = bs->opaque;
    Qcow2Snapshot *sn = &s->snapshots[op->index];
    uint64_t size = l1_entries(s, sn);
    uint32_t old_size = s->l1_size;
    uint64_t old_offset = s->l1_offset;
    g_autofree uint64_t *l1 = NULL, *old = NULL;
    int64_t offset;
    int ret;

    if (size * 8 > QCOW2_MAX_L1_BYTES) {
        return -EFBIG;
    }
    l1 = read_l1(bs, sn, &ret);
    if (!l1) {
        return ret;
    }
    l1 = g_realloc_n(l1, size, 8);
    memset(l1 + sn->l1_size, 0, (size - sn->l1_size) * 8ULL);
    ret = share_l1(bs, l1, size);
    if (ret < 0) {
        return ret;
    }
    offset = write_l1_copy(bs, l1, size);
    ret = offset < 0 ? offset : qcow2_commit(bs);
    if (ret >= 0) {
        ret = switch_l1(bs, sn->disk_size, size, offset);
    }
    if (ret < 0 && s->header_unsure) {
        return ret;
    }
    if (ret < 0) {
        if (offset >= 0) {
            qcow2_free_later(bs, offset, size * 8ULL, QCOW2_DISCARD_OTHER);
        }
        qcow2_drop_l1(bs, l1, size, QCOW2_DISCARD_SNAPSHOT);
        flag_active(bs);
        return ret;
    }
    for (uint32_t i = 0; i < size; i++) {
        l1[i] &= ~QCOW_OFLAG_COPIED;
    }
    old = s->l1;
    s->l1 = g_steal_pointer(&l1);
    s->l1_size = size;
    s->l1_offset = offset;
    g_hash_table_remove_all(s->l1_dirty);
    qatomic_set(&bs->total_bytes, ROUND_DOWN(sn->disk_size, BDRV_SECTOR_SIZE));
    ret = qcow2_drop_l1(bs, old, old_size, QCOW2_DISCARD_SNAPSHOT);
    qcow2_free_later(bs, old_offset, old_size * 8ULL, QCOW2_DISCARD_OTHER);
    flag_active(bs);
    return ret;
}

static int coroutine_fn run_entry(void *opaque)
{
    SnapshotOp *op = opaque;
    Qcow2State *s = op->bs->opaque;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    while (qcow2_wait_allocs(op->bs, 0, INT64_MAX, true)) {
        /* Look again. */
    }
    /* Compressed data does not go on in a cluster that is shared. */
    s->free_byte = 0;
    ret = qcow2_commit(op->bs);
    if (ret >= 0) {
        ret = op->run(op);
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

/* ---- the driver's functions ---- */

static bool run(SnapshotOp *op, const char *what, Error **errp)
{
    int ret;

    if (qcow2_has_data_file(op->bs->opaque)) {
        error_setg(errp, "Could not %s the snapshot: an image with an external data file has none",
                   what);
        return false;
    }
    ret = bdrv_run_co(op->bs, run_entry, op);
    if (ret == -EUCLEAN) {
        error_setg(errp,
                   "Could not %s the snapshot: the image's tables lead to clusters that it does "
                   "not count as used; 'qemu-img check' tells which",
                   what);
    } else if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not %s the snapshot", what);
    }
    return ret >= 0;
}

static void next_id(BlockDriverState *bs, char *id, size_t size)
{
    Qcow2State *s = bs->opaque;
    unsigned long max = 0;

    for (uint32_t i = 0; i < s->nb_snapshots; i++) {
        max = MAX(max, strtoul(s->snapshots[i].id, NULL, 10));
    }
    snprintf(id, size, "%lu", max + 1);
}

bool qcow2_snapshot_create(BlockDriverState *bs, QEMUSnapshotInfo *info, Error **errp)
{
    Qcow2State *s = bs->opaque;
    SnapshotOp op = {.bs = bs, .run = op_create, .info = info};

    if (s->nb_snapshots >= QCOW2_MAX_SNAPSHOTS) {
        error_setg(errp, "The image has as many snapshots as it can have");
        return false;
    }
    if (s->refcount_order == 0) {
        error_setg(errp, "An image with refcount_bits=1 cannot have snapshots");
        return false;
    }
    next_id(bs, info->id_str, sizeof(info->id_str));
    return run(&op, "create", errp);
}

bool qcow2_snapshot_goto(BlockDriverState *bs, const char *id_or_name, Error **errp)
{
    SnapshotOp op = {.bs = bs, .run = op_goto};

    op.index = qcow2_find_snapshot(bs, id_or_name, NULL);
    op.index = op.index < 0 ? qcow2_find_snapshot(bs, NULL, id_or_name) : op.index;
    if (op.index < 0) {
        error_setg(errp, "Can't find the snapshot '%s'", id_or_name);
        return false;
    }
    if (!has_l1(bs, &((Qcow2State *)bs->opaque)->snapshots[op.index], errp)) {
        return false;
    }
    if (!run(&op, "apply", errp)) {
        return false;
    }
    bdrv_parent_cb_resize(bs);
    return true;
}

bool qcow2_snapshot_delete(BlockDriverState *bs, const char *id, const char *name, Error **errp)
{
    SnapshotOp op = {.bs = bs, .run = op_delete};

    op.index = qcow2_find_snapshot(bs, id, name);
    if (op.index < 0) {
        error_setg(errp, "Can't find the snapshot '%s'", name ? name : id);
        return false;
    }
    return run(&op, "delete", errp);
}

typedef struct LoadTmp {
    BlockDriverState *bs;
    int index;
} LoadTmp;

static int coroutine_fn load_tmp_entry(void *opaque)
{
    LoadTmp *l = opaque;
    Qcow2State *s = l->bs->opaque;
    Qcow2Snapshot *sn = &s->snapshots[l->index];
    uint64_t *l1;
    int ret;

    if (l1_entries(s, sn) * 8 > QCOW2_MAX_L1_BYTES) {
        return -EFBIG;
    }
    qemu_co_mutex_lock(&s->lock);
    l1 = read_l1(l->bs, sn, &ret);
    if (l1) {
        g_free(s->l1);
        s->l1 = l1;
        s->l1_size = sn->l1_size;
        s->l1_offset = sn->l1_offset;
        qatomic_set(&l->bs->total_bytes, ROUND_DOWN(sn->disk_size, BDRV_SECTOR_SIZE));
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

bool qcow2_snapshot_load_tmp(BlockDriverState *bs, const char *id, const char *name, Error **errp)
{
    LoadTmp l = {bs, qcow2_find_snapshot(bs, id, name)};
    int ret;

    if (!bdrv_is_read_only(bs)) {
        error_setg(errp, "A snapshot can be shown only by a node that is read-only");
        return false;
    }
    if (l.index < 0) {
        error_setg(errp, "Can't find snapshot");
        return false;
    }
    if (!has_l1(bs, &((Qcow2State *)bs->opaque)->snapshots[l.index], errp)) {
        return false;
    }
    ret = bdrv_run_co(bs, load_tmp_entry, &l);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read the snapshot");
        return false;
    }
    bdrv_parent_cb_resize(bs);
    return true;
}
