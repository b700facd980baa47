/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing the header.
 *
 * What the new fields lead to is on stable storage before: both functions see to that.
 *
 * The header's cluster anew, whole at any cut. Disks write a sector at once, but not several; the
 * first one has all the fields and, unless their names are very long, all extensions. The name of
 * the backing file may be in there as well. If it does not fit, it is written before, to where
 * nothing of the old header is.
 */
#include "qemu/osdep.h"
#include "qcow2.h"
#include "qemu/bswap.h"

/* An extension's length with its head; 0 at the end. */
static size_t ext_bytes(const uint8_t *ext)
{
    return ldl_be_p(ext) == QCOW2_EXT_END ? 0
                                          : 8 + ROUND_UP((uint64_t)(uint32_t)ldl_be_p(ext + 4), 8);
}

/* Where the extensions of the header in @data end; @size if that cannot be told. */
static size_t extensions_end(const uint8_t *data, size_t size)
{
    size_t pos = ldl_be_p(data + 4) >= 3 ? (uint32_t)ldl_be_p(data + 100) : 72, n;

    while (pos <= size - 8 && (n = ext_bytes(data + pos))) {
        if (n > size - pos) {
            return size;
        }
        pos += n;
    }
    return MIN(pos + 8, size);
}

/*
 * A place behind the first sector for a name of @len bytes where neither the extensions nor the
 * name of the header in @old are; at its end, which is @size or more, if there is no room.
 */
static size_t place_of_name(const uint8_t *old, size_t size, size_t len)
{
    size_t at = MAX(ROUND_UP(extensions_end(old, size), 8), QCOW2_HEADER_SECTOR);
    uint64_t name = ldq_be_p(old + 8);

    return name && name < at + len ? MAX(at, ROUND_UP(name + (uint32_t)ldl_be_p(old + 16), 8)) : at;
}

static void put_name(uint8_t *header, size_t at, const char *name, size_t len)
{
    memcpy(header + at, name, len);
    stq_be_p(header + 8, at);
    stl_be_p(header + 16, len);
}

int qcow2_replace_header(BlockDriverState *bs, uint8_t *new, size_t used)
{
    Qcow2State *s = bs->opaque;
    size_t size = s->cluster_size, len = strlen(bs->backing_file), first = QCOW2_HEADER_SECTOR, at;
    g_autofree uint8_t *old = g_malloc(size);
    int ret;

    if (used + len > size) {
        return -ENOSPC;
    }
    ret = bdrv_pread(bs->file, 0, size, old, 0);
    if (ret < 0) {
        return ret;
    }
    at = used + len <= first ? used : place_of_name(old, size, len);
    if (used > first || at > size - len) {
        /* Only with small clusters or very long names: there is no room for anything better. */
        first = size;
        at = used;
    }
    if (len) {
        put_name(new, at, bs->backing_file, len);
    }
    if (len && at >= first) {
        ret = bdrv_pwrite(bs->file, at, len, new + at, 0);
    }
    ret = ret < 0 ? ret : qcow2_sync(bs);
    return ret < 0 ? ret : bdrv_pwrite_sync(bs->file, 0, first, new, 0);
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
