/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Internal snapshots: the table of them in the image. Each has a level 1 table of its own, which
 * counts as a reference to all that it leads to. What makes and uses them: qcow2-snapshot-ops.c.
 */
#include "qemu/osdep.h"
#include "qcow2.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"

#define ENTRY_BYTES     40
#define EXTRA_BYTES     24
#define MAX_TABLE_BYTES (64 * MiB)
#define MAX_EXTRA_BYTES 1024

void qcow2_free_snapshots(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;

    for (uint32_t i = 0; s->snapshots && i < s->nb_snapshots; i++) {
        qcow2_snapshot_clear(&s->snapshots[i]);
    }
    g_free(s->snapshots);
    s->snapshots = NULL;
}

void qcow2_snapshot_clear(Qcow2Snapshot *sn)
{
    g_free(sn->id);
    g_free(sn->name);
    g_free(sn->extra);
}

/* ---- reading ---- */

/* @h: the fixed part of the entry. */
static void parse_fixed(Qcow2Snapshot *sn, const uint8_t *h)
{
    sn->l1_offset = ldq_be_p(h);
    sn->l1_size = ldl_be_p(h + 8);
    sn->date_sec = ldl_be_p(h + 16);
    sn->date_nsec = ldl_be_p(h + 20);
    sn->vm_clock_nsec = ldq_be_p(h + 24);
    sn->vm_state_size = (uint32_t)ldl_be_p(h + 32);
    sn->icount = UINT64_MAX;
}

static void parse_extra(Qcow2Snapshot *sn, const uint8_t *extra, uint32_t len)
{
    if (len >= 8) {
        sn->vm_state_size = ldq_be_p(extra);
    }
    if (len >= 16) {
        sn->disk_size = ldq_be_p(extra + 8);
        sn->has_disk_size = true;
    }
    if (len >= 24) {
        sn->icount = ldq_be_p(extra + 16);
    }
    if (len > EXTRA_BYTES) {
        sn->extra_bytes = len - EXTRA_BYTES;
        sn->extra = g_memdup2(extra + EXTRA_BYTES, sn->extra_bytes);
    }
}

/*
 * The entry at *@pos, which becomes that of the next. What it allocates @sn has, also on failure:
 * -EINVAL if there is no such entry, another -errno if that cannot be told.
 */
static int read_one(BlockDriverState *bs, uint64_t *pos, Qcow2Snapshot *sn, Error **errp)
{
    Qcow2State *s = bs->opaque;
    uint8_t h[ENTRY_BYTES];
    g_autofree uint8_t *rest = NULL;
    uint32_t extra, id, name;
    int ret;

    if (!qcow2_is_in_file(bs, s->snapshots_offset, *pos + ENTRY_BYTES - s->snapshots_offset,
                          "The snapshot table", errp)) {
        return -EINVAL;
    }
    ret = bdrv_pread(bs->file, *pos, sizeof(h), h, 0);
    if (ret >= 0) {
        parse_fixed(sn, h);
        extra = ldl_be_p(h + 36);
        id = lduw_be_p(h + 12);
        name = lduw_be_p(h + 14);
        if (extra > MAX_EXTRA_BYTES) {
            error_setg(errp, "A snapshot has too much extra metadata: %" PRIu32 " bytes", extra);
            return -EINVAL;
        }
        rest = g_malloc(extra + id + name + 1);
        ret = bdrv_pread(bs->file, *pos + ENTRY_BYTES, extra + id + name, rest, 0);
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read the snapshot table");
        return ret == -EINVAL ? -EIO : ret;
    }
    sn->disk_size = bs->total_bytes;
    parse_extra(sn, rest, extra);
    sn->id = g_strndup((char *)rest + extra, id);
    sn->name = g_strndup((char *)rest + extra + id, name);
    if (qcow2_cluster_offset(s, sn->l1_offset) || (uint64_t)sn->l1_size * 8 > QCOW2_MAX_L1_BYTES ||
        sn->l1_offset > BDRV_MAX_LENGTH / 2) {
        error_setg(errp, "Snapshot '%s' has an invalid L1 table", sn->name);
        return -EINVAL;
    }
    *pos = ROUND_UP(*pos + ENTRY_BYTES + extra + id + name, 8);
    if (*pos - s->snapshots_offset > MAX_TABLE_BYTES) {
        error_setg(errp, "The snapshot table is too large");
        return -EINVAL;
    }
    return 0;
}

bool qcow2_read_snapshots(BlockDriverState *bs, Error **errp)
{
    Qcow2State *s = bs->opaque;
    uint64_t pos = s->snapshots_offset;

    if (!s->nb_snapshots) {
        return true;
    }
    s->snapshots = g_new0(Qcow2Snapshot, s->nb_snapshots);
    for (uint32_t i = 0; i < s->nb_snapshots; i++) {
        uint64_t start = pos;
        Error *err = NULL;
        int ret = read_one(bs, &pos, &s->snapshots[i], &err);

        if (ret >= 0) {
            continue;
        }
        /*
         * A check tells of those that are not there, and goes on with the others. That something
         * cannot be read now does not say so: a repair would forget it for ever.
         */
        if (!(bs->open_flags & BDRV_O_NO_IO) &&
            (ret != -EINVAL || !(bs->open_flags & BDRV_O_CHECK))) {
            error_propagate(errp, err);
            return false;
        }
        error_free(err);
        qcow2_snapshot_clear(&s->snapshots[i]);
        pos = start;
        s->lost_snapshots = s->nb_snapshots - i;
        s->nb_snapshots = i;
    }
    s->snapshots_bytes = pos - s->snapshots_offset;
    return true;
}

/* ---- writing ---- */

static void put_one(GByteArray *out, const Qcow2Snapshot *sn)
{
    static const uint8_t zero[8];
    uint8_t h[ENTRY_BYTES + EXTRA_BYTES] = {0};
    size_t id = strlen(sn->id), name = strlen(sn->name);

    stq_be_p(h, sn->l1_offset);
    stl_be_p(h + 8, sn->l1_size);
    stw_be_p(h + 12, id);
    stw_be_p(h + 14, name);
    stl_be_p(h + 16, sn->date_sec);
    stl_be_p(h + 20, sn->date_nsec);
    stq_be_p(h + 24, sn->vm_clock_nsec);
    stl_be_p(h + 32, sn->vm_state_size > UINT32_MAX ? 0 : sn->vm_state_size);
    stl_be_p(h + 36, EXTRA_BYTES + sn->extra_bytes);
    stq_be_p(h + 40, sn->vm_state_size);
    stq_be_p(h + 48, sn->disk_size);
    stq_be_p(h + 56, sn->icount);
    g_byte_array_append(out, h, sizeof(h));
    if (sn->extra_bytes) {
        g_byte_array_append(out, sn->extra, sn->extra_bytes);
    }
    g_byte_array_append(out, (const uint8_t *)sn->id, id);
    g_byte_array_append(out, (const uint8_t *)sn->name, name);
    g_byte_array_append(out, zero, -out->len & 7);
}

/*
 * Order: the new table and its count, and all that was to be committed before, are on stable
 * storage; then the header, in whose one sector number and offset lie together, names it; then the
 * old one goes.
 */
int coroutine_fn qcow2_write_snapshots(BlockDriverState *bs, Qcow2Snapshot *list, uint32_t n)
{
    Qcow2State *s = bs->opaque;
    g_autoptr(GByteArray) table = g_byte_array_new();
    struct QEMU_PACKED {
        uint32_t n;
        uint64_t offset;
    } header;
    uint64_t old_offset = s->snapshots_offset, old_bytes = s->snapshots_bytes;
    int64_t offset = 0;
    int ret;

    for (uint32_t i = 0; i < n; i++) {
        put_one(table, &list[i]);
    }
    if (table->len > MAX_TABLE_BYTES || n > QCOW2_MAX_SNAPSHOTS) {
        return -EFBIG;
    }
    if (table->len) {
        offset = qcow2_alloc_clusters(bs, table->len);
        if (offset < 0) {
            return offset;
        }
    }
    ret = qcow2_commit(bs);
    if (ret >= 0 && table->len) {
        ret = bdrv_co_pwrite(bs->file, offset, table->len, table->data, 0);
    }
    if (ret >= 0) {
        header.n = cpu_to_be32(n);
        header.offset = cpu_to_be64(offset);
        ret = qcow2_put_header(bs, offsetof(Qcow2Header, nb_snapshots), sizeof(header), &header);
    }
    if (ret < 0) {
        if (table->len && !s->header_unsure) {
            qcow2_free_later(bs, offset, table->len, QCOW2_DISCARD_OTHER);
        }
        return ret;
    }
    s->snapshots_offset = offset;
    s->snapshots_bytes = table->len;
    if (old_bytes) {
        qcow2_free_later(bs, old_offset, old_bytes, QCOW2_DISCARD_OTHER);
    }
    return 0;
}

int coroutine_fn qcow2_snapshots_keep_size(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    bool all = true;
    int ret;

    for (uint32_t i = 0; i < s->nb_snapshots; i++) {
        all &= s->snapshots[i].has_disk_size;
    }
    ret = all ? 0 : qcow2_write_snapshots(bs, s->snapshots, s->nb_snapshots);
    for (uint32_t i = 0; ret >= 0 && i < s->nb_snapshots; i++) {
        s->snapshots[i].has_disk_size = true;
    }
    return ret;
}

/* ---- listing ---- */

int qcow2_find_snapshot(BlockDriverState *bs, const char *id, const char *name)
{
    Qcow2State *s = bs->opaque;

    for (uint32_t i = 0; i < s->nb_snapshots; i++) {
        Qcow2Snapshot *sn = &s->snapshots[i];

        if ((!id || !strcmp(id, sn->id)) && (!name || !strcmp(name, sn->name))) {
            return i;
        }
    }
    return -1;
}

int qcow2_snapshot_list(BlockDriverState *bs, QEMUSnapshotInfo **list)
{
    Qcow2State *s = bs->opaque;

    *list = g_new0(QEMUSnapshotInfo, s->nb_snapshots);
    for (uint32_t i = 0; i < s->nb_snapshots; i++) {
        Qcow2Snapshot *sn = &s->snapshots[i];
        QEMUSnapshotInfo *info = &(*list)[i];

        pstrcpy(info->id_str, sizeof(info->id_str), sn->id);
        pstrcpy(info->name, sizeof(info->name), sn->name);
        info->vm_state_size = sn->vm_state_size;
        info->date_sec = sn->date_sec;
        info->date_nsec = sn->date_nsec;
        info->vm_clock_nsec = sn->vm_clock_nsec;
        info->icount = sn->icount;
        info->disk_size = sn->disk_size;
    }
    return s->nb_snapshots;
}
