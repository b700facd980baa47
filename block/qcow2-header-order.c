/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing the header.
 *
 * What the new fields lead to is on stable storage before: both functions see to that.
 *
 * The header's cluster anew, whole at any cut. Disks write a sector at once, but not several; the
 * first one has all the fields, then come extensions and the name of the backing file, which may
 * reach into the others. So between the old and the new first sector there is a third one that does
 * not need the rest: without the table of features, which is for people, and with the name of the
 * backing file in a place that neither the old nor the new content uses.
 */
#include "qemu/osdep.h"
#include "qcow2.h"
#include "qemu/bswap.h"

#define FIRST 512

typedef struct Area {
    const uint8_t *data;
    size_t size, header, name, name_len;
    size_t used; /* the end of extensions and name; 0: it cannot be told */
} Area;

/* An extension's length with its head; 0 at the end. */
static size_t ext_bytes(const uint8_t *ext)
{
    return ldl_be_p(ext) == QCOW2_EXT_END ? 0
                                          : 8 + ROUND_UP((uint64_t)(uint32_t)ldl_be_p(ext + 4), 8);
}

static Area parse(const Qcow2State *s, const uint8_t *data)
{
    Area a = {data, s->cluster_size};
    size_t pos, n;

    a.header = ldl_be_p(data + 4) >= 3 ? (uint32_t)ldl_be_p(data + 100) : 72;
    a.name = ldq_be_p(data + 8);
    a.name_len = a.name ? (uint32_t)ldl_be_p(data + 16) : 0;
    if (a.header > FIRST - 8 || a.name_len > a.size || a.name > a.size - a.name_len) {
        return a;
    }
    for (pos = a.header; (n = ext_bytes(data + pos)); pos += n) {
        if (n > a.size - pos - 8) {
            return a;
        }
    }
    a.used = MAX(pos + 8, a.name + a.name_len);
    return a;
}

/* The old first sector without what is only for people, its name at @name; false: no room. */
static bool make_bridge(uint8_t *out, const Area *old, size_t name)
{
    size_t pos = old->header, n;

    memset(out, 0, FIRST);
    memcpy(out, old->data, old->header);
    for (size_t from = old->header; (n = ext_bytes(old->data + from)); from += n) {
        if (ldl_be_p(old->data + from) == (int)QCOW2_EXT_FEATURE_TABLE) {
            continue;
        }
        if (pos + n + 8 > FIRST) {
            return false;
        }
        memcpy(out + pos, old->data + from, n);
        pos += n;
    }
    if (old->name) {
        stq_be_p(out + 8, name);
    }
    return true;
}

int qcow2_replace_header(BlockDriverState *bs, uint8_t *new)
{
    Qcow2State *s = bs->opaque;
    size_t size = s->cluster_size, name;
    g_autofree uint8_t *old = g_malloc(size);
    uint8_t bridge[FIRST];
    int ret = qcow2_sync(bs);
    Area was, will;

    ret = ret < 0 ? ret : bdrv_pread(bs->file, 0, size, old, 0);
    if (ret < 0) {
        return ret;
    }
    if (size == FIRST || !memcmp(old + FIRST, new + FIRST, size - FIRST)) {
        return bdrv_pwrite_sync(bs->file, 0, FIRST, new, 0);
    }
    was = parse(s, old);
    will = parse(s, new);
    name = ROUND_DOWN(size - was.name_len, 8);
    if (!was.used || !will.used || name < MAX(MAX(was.used, will.used), FIRST) ||
        !make_bridge(bridge, &was, name)) {
        /* Only for small clusters that are full: there is no room for anything better. */
        return bdrv_pwrite_sync(bs->file, 0, size, new, 0);
    }
    if (was.name_len) {
        memcpy(new + name, old + was.name, was.name_len);
        ret = bdrv_pwrite_sync(bs->file, name, was.name_len, new + name, 0);
    }
    if (ret >= 0) {
        ret = bdrv_pwrite_sync(bs->file, 0, FIRST, bridge, 0);
    }
    if (ret >= 0) {
        ret = bdrv_pwrite_sync(bs->file, FIRST, size - FIRST, new + FIRST, 0);
    }
    return ret < 0 ? ret : bdrv_pwrite_sync(bs->file, 0, FIRST, new, 0);
}

/* ---- single fields ---- */

int coroutine_mixed_fn qcow2_settle_header(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    /* The size of the disk and where tables are: one piece of the header. */
    Qcow2Header h = {
        .size = cpu_to_be64(bs->total_bytes),
        .crypt_method = cpu_to_be32(s->crypt_method),
        .l1_size = cpu_to_be32(s->l1_size),
        .l1_table_offset = cpu_to_be64(s->l1_offset),
        .refcount_table_offset = cpu_to_be64(s->reftable_offset),
        .refcount_table_clusters = cpu_to_be32(s->reftable_size >> (s->cluster_bits - 3)),
        .nb_snapshots = cpu_to_be32(s->nb_snapshots + s->lost_snapshots),
        .snapshots_offset = cpu_to_be64(s->snapshots_offset),
        .incompatible_features = cpu_to_be64(s->incompatible),
        .compatible_features = cpu_to_be64(s->compatible),
        .autoclear_features = cpu_to_be64(s->autoclear),
        .refcount_order = cpu_to_be32(s->refcount_order),
    };
    size_t start = offsetof(Qcow2Header, size);
    size_t end = s->version >= 3 ? offsetof(Qcow2Header, header_length)
                                 : offsetof(Qcow2Header, incompatible_features);
    int ret;

    if (!s->header_unsure) {
        return 0;
    }
    ret = bdrv_pwrite_sync(bs->file, start, end - start, (uint8_t *)&h + start, 0);
    s->header_unsure = ret < 0;
    return ret;
}

int coroutine_mixed_fn qcow2_put_header(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                        const void *fields)
{
    Qcow2State *s = bs->opaque;
    int ret = qcow2_settle_header(bs);

    ret = ret < 0 ? ret : qcow2_sync(bs);
    if (ret < 0) {
        return ret;
    }
    ret = bdrv_pwrite_sync(bs->file, offset, bytes, fields, 0);
    if (ret < 0) {
        s->header_unsure = true;
        qcow2_settle_header(bs);
    }
    return ret;
}
