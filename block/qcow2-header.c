/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of a qcow2 image and its extensions. Main thread, nothing in flight. */
#include "qemu/osdep.h"
#include "qcow2.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"

static bool check_table(const Qcow2State *s, uint64_t offset, uint64_t bytes, uint64_t max,
                        const char *what, Error **errp)
{
    if (bytes > max) {
        error_setg(errp, "%s too large: %" PRIu64 " bytes, at most %" PRIu64, what, bytes, max);
        return false;
    }
    if (qcow2_cluster_offset(s, offset) || offset > BDRV_MAX_LENGTH - bytes) {
        error_setg(errp, "%s offset invalid: %" PRIu64, what, offset);
        return false;
    }
    return true;
}

static bool check_features(const Qcow2State *s, int flags, Error **errp)
{
    static const char *const names[] = {"dirty bit", "corrupt bit", "external data file",
                                        "compression type", "extended L2 entries"};
    uint64_t known = QCOW2_INCOMPAT_DIRTY | QCOW2_INCOMPAT_CORRUPT | QCOW2_INCOMPAT_DATA_FILE |
                     QCOW2_INCOMPAT_COMPRESSION | QCOW2_INCOMPAT_EXTL2;

    if (s->incompatible & ~known) {
        int bit = ctz64(s->incompatible & ~known);

        error_setg(errp, "Unsupported qcow2 feature(s): %s",
                   bit < ARRAY_SIZE(names) ? names[bit] : "unknown");
        return false;
    }
    if ((s->incompatible & QCOW2_INCOMPAT_CORRUPT) && (flags & BDRV_O_RDWR) &&
        !(flags & BDRV_O_CHECK)) {
        error_setg(errp, "Image is corrupt; cannot be opened read/write");
        return false;
    }
    return true;
}

static bool read_bitmaps_ext(BlockDriverState *bs, uint64_t start, uint32_t len, Error **errp)
{
    Qcow2State *s = bs->opaque;
    uint8_t ext[24];
    int ret;

    if (len != sizeof(ext)) {
        error_setg(errp, "The header extension of bitmaps has %" PRIu32 " bytes instead of 24",
                   len);
        return false;
    }
    if (!(s->autoclear & QCOW2_AUTOCLEAR_BITMAPS)) {
        warn_report("%s: a program that does not know bitmaps has changed this image: its bitmaps "
                    "are out of date and not used",
                    bs->file->bs->filename);
        return true;
    }
    ret = bdrv_pread(bs->file, start, sizeof(ext), ext, 0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read a header extension");
        return false;
    }
    s->nb_bitmaps = ldl_be_p(ext);
    s->bitmaps_bytes = ldq_be_p(ext + 8);
    s->bitmaps_offset = ldq_be_p(ext + 16);
    if (!s->nb_bitmaps || s->nb_bitmaps > QCOW2_MAX_BITMAPS || ldl_be_p(ext + 4)) {
        error_setg(errp, "The header extension of bitmaps is invalid: %" PRIu32 " bitmaps",
                   s->nb_bitmaps);
        return false;
    }
    return s->bitmaps_bytes && s->bitmaps_offset
               ? check_table(s, s->bitmaps_offset, s->bitmaps_bytes, QCOW2_MAX_BITMAP_DIRECTORY,
                             "Bitmap directory", errp)
               : check_table(s, 1, 0, 0, "Bitmap directory", errp);
}

static bool read_extensions(BlockDriverState *bs, uint64_t start, uint64_t end, Error **errp)
{
    Qcow2State *s = bs->opaque;

    while (start + 8 <= end) {
        uint32_t ext[2], magic, len;
        int ret = bdrv_pread(bs->file, start, sizeof(ext), ext, 0);

        if (ret < 0) {
            error_setg_errno(errp, -ret, "Could not read a header extension");
            return false;
        }
        magic = be32_to_cpu(ext[0]);
        len = be32_to_cpu(ext[1]);
        start += 8;
        if (magic == QCOW2_EXT_END) {
            return true;
        }
        if (len > end - start) {
            error_setg(errp, "Header extension 0x%08" PRIx32 " is too long: %" PRIu32 " bytes",
                       magic, len);
            return false;
        }
        if (magic == QCOW2_EXT_BACKING_FORMAT) {
            char name[sizeof(bs->backing_format)] = {0};

            if (len >= sizeof(name)) {
                error_setg(errp, "The name of the backing file's format is too long: %" PRIu32,
                           len);
                return false;
            }
            ret = bdrv_pread(bs->file, start, len, name, 0);
            pstrcpy(bs->backing_format, sizeof(bs->backing_format), name);
        } else if (magic == QCOW2_EXT_CRYPTO) {
            if (!qcow2_read_crypto_ext(bs, start, len, errp)) {
                return false;
            }
        } else if (magic == QCOW2_EXT_DATA_FILE) {
            if (!qcow2_read_data_file_ext(bs, start, len, errp)) {
                return false;
            }
        } else if (magic == QCOW2_EXT_BITMAPS) {
            if (!read_bitmaps_ext(bs, start, len, errp)) {
                return false;
            }
        } else if (magic != QCOW2_EXT_FEATURE_TABLE) {
            Qcow2UnknownExt u = {magic, len, g_malloc0(len ? len : 1)};

            g_array_append_val(s->unknown_exts, u);
            ret = bdrv_pread(bs->file, start, len, u.data, 0);
        }
        if (ret < 0) {
            error_setg_errno(errp, -ret, "Could not read a header extension");
            return false;
        }
        start += ROUND_UP((uint64_t)len, 8);
    }
    return true;
}

static bool read_backing_name(BlockDriverState *bs, const Qcow2Header *h, Error **errp)
{
    Qcow2State *s = bs->opaque;
    int ret;

    if (!h->backing_file_offset) {
        return true;
    }
    if (h->backing_file_size > MIN(1023, s->cluster_size - (int64_t)sizeof(*h)) ||
        h->backing_file_offset > s->cluster_size ||
        h->backing_file_size >= sizeof(bs->backing_file)) {
        error_setg(errp, "Backing file name too long");
        return false;
    }
    ret = bdrv_pread(bs->file, h->backing_file_offset, h->backing_file_size, bs->backing_file, 0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read backing file name");
        return false;
    }
    bs->backing_file[h->backing_file_size] = 0;
    pstrcpy(bs->auto_backing_file, sizeof(bs->auto_backing_file), bs->backing_file);
    return true;
}

static void header_to_cpu(Qcow2Header *h)
{
    h->magic = be32_to_cpu(h->magic);
    h->version = be32_to_cpu(h->version);
    h->backing_file_offset = be64_to_cpu(h->backing_file_offset);
    h->backing_file_size = be32_to_cpu(h->backing_file_size);
    h->cluster_bits = be32_to_cpu(h->cluster_bits);
    h->size = be64_to_cpu(h->size);
    h->crypt_method = be32_to_cpu(h->crypt_method);
    h->l1_size = be32_to_cpu(h->l1_size);
    h->l1_table_offset = be64_to_cpu(h->l1_table_offset);
    h->refcount_table_offset = be64_to_cpu(h->refcount_table_offset);
    h->refcount_table_clusters = be32_to_cpu(h->refcount_table_clusters);
    h->nb_snapshots = be32_to_cpu(h->nb_snapshots);
    h->snapshots_offset = be64_to_cpu(h->snapshots_offset);
    h->incompatible_features = be64_to_cpu(h->incompatible_features);
    h->compatible_features = be64_to_cpu(h->compatible_features);
    h->autoclear_features = be64_to_cpu(h->autoclear_features);
    h->refcount_order = be32_to_cpu(h->refcount_order);
    h->header_length = be32_to_cpu(h->header_length);
}

/* Version and cluster size: what the rest depends on. */
static bool check_basics(Qcow2State *s, Qcow2Header *h, Error **errp)
{
    if (h->magic != QCOW2_MAGIC) {
        error_setg(errp, "Image is not in qcow2 format");
        return false;
    }
    if (h->version < 2 || h->version > 3) {
        error_setg(errp, "Unsupported qcow2 version %" PRIu32, h->version);
        return false;
    }
    if (h->cluster_bits < QCOW2_MIN_CLUSTER_BITS || h->cluster_bits > QCOW2_MAX_CLUSTER_BITS) {
        error_setg(errp, "Unsupported cluster size: 2^%" PRIu32, h->cluster_bits);
        return false;
    }
    s->version = h->version;
    s->cluster_bits = h->cluster_bits;
    s->cluster_size = 1 << s->cluster_bits;
    if (h->version == 2) {
        h->incompatible_features = h->compatible_features = h->autoclear_features = 0;
        h->refcount_order = 4;
        h->header_length = 72;
    }
    if (h->header_length < (h->version == 2 ? 72 : 104)) {
        error_setg(errp, "qcow2 header too short: %" PRIu32 " bytes", h->header_length);
        return false;
    }
    if (h->header_length > s->cluster_size) {
        error_setg(errp, "qcow2 header of %" PRIu32 " bytes exceeds cluster size",
                   h->header_length);
        return false;
    }
    if (h->refcount_order > 6) {
        error_setg(errp, "Reference count entry width too large; may not exceed 64 bits");
        return false;
    }
    s->crypt_method = h->crypt_method;
    s->header_length = h->header_length;
    qcow2_set_refcount_width(s, h->refcount_order);
    return true;
}

/* What follows from features: entries of tables, and what they are about. */
static bool set_geometry(Qcow2State *s, Error **errp)
{
    bool extended = qcow2_has_subclusters(s);

    if (extended && s->cluster_bits < QCOW2_MIN_EXTL2_CLUSTER_BITS) {
        error_setg(
            errp, "Extended L2 entries need clusters of at least %d bytes; this image has %" PRId64,
            1 << QCOW2_MIN_EXTL2_CLUSTER_BITS, s->cluster_size);
        return false;
    }
    s->l2_bits = s->cluster_bits - (extended ? 4 : 3);
    s->l2_size = 1u << s->l2_bits;
    s->slice_bytes = s->cluster_size;
    s->l2_slice = s->l2_size;
    s->subcluster_bits = s->cluster_bits - (extended ? 5 : 0);
    s->subcluster_size = 1 << s->subcluster_bits;
    return true;
}

bool qcow2_read_header(BlockDriverState *bs, Error **errp)
{
    Qcow2State *s = bs->opaque;
    Qcow2Header h = {0};
    uint64_t l1_needed;
    int ret;

    ret = bdrv_pread(bs->file, 0, sizeof(h), &h, 0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read qcow2 header");
        return false;
    }
    header_to_cpu(&h);
    if (!check_basics(s, &h, errp)) {
        return false;
    }
    s->incompatible = h.incompatible_features;
    s->compatible = h.compatible_features;
    s->autoclear = h.autoclear_features;
    s->compression_type = h.header_length > 104 && h.version == 3 ? h.compression_type : 0;
    if (s->compression_type >= QCOW2_COMPRESSION_TYPE__MAX ||
        !(s->incompatible & QCOW2_INCOMPAT_COMPRESSION) != !s->compression_type) {
        error_setg(errp, "Unknown or contradictory compression type: %d", s->compression_type);
        return false;
    }
    if (!check_features(s, bs->open_flags, errp) || !set_geometry(s, errp) ||
        !read_extensions(bs, s->header_length,
                         h.backing_file_offset ? MIN(h.backing_file_offset, s->cluster_size)
                                               : (uint64_t)s->cluster_size,
                         errp) ||
        !read_backing_name(bs, &h, errp)) {
        return false;
    }
    if (h.size > BDRV_MAX_LENGTH) {
        error_setg(errp, "Image is too big: %" PRIu64 " bytes", h.size);
        return false;
    }
    l1_needed = qcow2_l1_entries(s, h.size);
    if (!check_table(s, h.l1_table_offset, (uint64_t)h.l1_size * 8, QCOW2_MAX_L1_BYTES,
                     "Active L1 table", errp) ||
        !check_table(s, h.refcount_table_offset,
                     (uint64_t)h.refcount_table_clusters << s->cluster_bits,
                     QCOW2_MAX_REFTABLE_BYTES, "Image header: refcount table", errp) ||
        !check_table(s, h.snapshots_offset, 0, 0, "Snapshot table", errp)) {
        return false;
    }
    if (h.l1_size < l1_needed) {
        error_setg(errp, "L1 table is too small: %" PRIu32 " entries, %" PRIu64 " are needed",
                   h.l1_size, l1_needed);
        return false;
    }
    if (h.nb_snapshots > QCOW2_MAX_SNAPSHOTS) {
        error_setg(errp, "Too many snapshots: %" PRIu32, h.nb_snapshots);
        return false;
    }
    if (!h.refcount_table_clusters && !(bs->open_flags & BDRV_O_CHECK)) {
        error_setg(errp, "Image does not contain a reference count table");
        return false;
    }
    /* What is behind the last whole sector is not shown. */
    bs->total_bytes = ROUND_DOWN(h.size, BDRV_SECTOR_SIZE);
    s->l1_size = h.l1_size;
    s->l1_offset = h.l1_table_offset;
    s->reftable_offset = h.refcount_table_offset;
    s->reftable_size = h.refcount_table_clusters << (s->cluster_bits - 3);
    s->nb_snapshots = h.nb_snapshots;
    s->snapshots_offset = h.snapshots_offset;
    return true;
}

/* ---- writing ---- */

/* Append an extension at *@pos; false if there is no room up to @end. */
static bool put_ext(uint8_t *buf, size_t *pos, size_t end, uint32_t magic, const void *data,
                    size_t len)
{
    if (*pos + 8 + ROUND_UP(len, 8) > end) {
        return false;
    }
    stl_be_p(buf + *pos, magic);
    stl_be_p(buf + *pos + 4, len);
    if (len) {
        memcpy(buf + *pos + 8, data, len);
    }
    *pos += 8 + ROUND_UP(len, 8);
    return true;
}

/*
 * Names of feature bits, for programs that do not know them: as many as fit into the first sector
 * with the end of the extensions and a name of @name_len bytes, those that matter most.
 */
static void put_feature_table(uint8_t *buf, size_t *pos, size_t name_len)
{
    static const struct {
        uint8_t type, bit;
        const char name[46];
    } features[] = {
        {0, 2, "external data file"}, {0, 3, "compression type"}, {0, 4, "extended L2 entries"},
        {2, 1, "raw external data"},  {2, 0, "bitmaps"},          {0, 0, "dirty bit"},
        {0, 1, "corrupt bit"},        {1, 0, "lazy refcounts"},
    };
    size_t used = *pos + 8 + 8, room = QCOW2_HEADER_SECTOR - MIN(used, QCOW2_HEADER_SECTOR);
    size_t rows =
        MIN((room - (name_len <= room ? name_len : 0)) / sizeof(features[0]), ARRAY_SIZE(features));

    if (rows) {
        put_ext(buf, pos, QCOW2_HEADER_SECTOR, QCOW2_EXT_FEATURE_TABLE, features,
                rows * sizeof(features[0]));
    }
}

static bool put_crypto(const Qcow2State *s, uint8_t *buf, size_t *pos, size_t end)
{
    uint64_t ext[2] = {cpu_to_be64(s->crypto_offset), cpu_to_be64(s->crypto_bytes)};

    return !s->crypto_offset || put_ext(buf, pos, end, QCOW2_EXT_CRYPTO, ext, sizeof(ext));
}

/* First of all extensions: it is to lie in the first sector, with the bit that goes with it. */
static bool put_bitmaps(const Qcow2State *s, uint8_t *buf, size_t *pos, size_t end)
{
    uint8_t ext[24] = {0};

    stl_be_p(ext, s->nb_bitmaps);
    stq_be_p(ext + 8, s->bitmaps_bytes);
    stq_be_p(ext + 16, s->bitmaps_offset);
    return !s->nb_bitmaps || put_ext(buf, pos, end, QCOW2_EXT_BITMAPS, ext, sizeof(ext));
}

int qcow2_update_header(BlockDriverState *bs)
{
    Qcow2State *s = bs->opaque;
    g_autofree uint8_t *buf = g_malloc0(s->cluster_size);
    Qcow2Header *h = (Qcow2Header *)buf;
    uint32_t length = s->version >= 3 ? MAX(s->header_length, sizeof(*h)) : 72;
    size_t pos = length, end = s->cluster_size;
    bool fits = true;

    *h = (Qcow2Header){
        .magic = cpu_to_be32(QCOW2_MAGIC),
        .version = cpu_to_be32(s->version),
        .cluster_bits = cpu_to_be32(s->cluster_bits),
        .size = cpu_to_be64(bs->total_bytes),
        .crypt_method = cpu_to_be32(s->crypt_method),
        .l1_size = cpu_to_be32(s->l1_size),
        .l1_table_offset = cpu_to_be64(s->l1_offset),
        .refcount_table_offset = cpu_to_be64(s->reftable_offset),
        .refcount_table_clusters = cpu_to_be32(s->reftable_size >> (s->cluster_bits - 3)),
        .nb_snapshots = cpu_to_be32(s->nb_snapshots),
        .snapshots_offset = cpu_to_be64(s->snapshots_offset),
    };
    if (s->version >= 3) {
        h->incompatible_features = cpu_to_be64(s->incompatible);
        h->compatible_features = cpu_to_be64(s->compatible);
        h->autoclear_features = cpu_to_be64(s->autoclear);
        h->refcount_order = cpu_to_be32(s->refcount_order);
        h->header_length = cpu_to_be32(length);
        h->compression_type = s->compression_type;
    }
    fits &= put_bitmaps(s, buf, &pos, end);
    fits &= put_crypto(s, buf, &pos, end);
    if (bs->backing_format[0]) {
        fits &= put_ext(buf, &pos, end, QCOW2_EXT_BACKING_FORMAT, bs->backing_format,
                        strlen(bs->backing_format));
    }
    if (s->data_file_name && s->data_file_name[0]) {
        fits &= put_ext(buf, &pos, end, QCOW2_EXT_DATA_FILE, s->data_file_name,
                        strlen(s->data_file_name));
    }
    for (guint i = 0; i < s->unknown_exts->len; i++) {
        Qcow2UnknownExt *u = &g_array_index(s->unknown_exts, Qcow2UnknownExt, i);

        fits &= put_ext(buf, &pos, end, u->magic, u->data, u->len);
    }
    if (s->version >= 3 && s->cluster_size >= 4096) {
        put_feature_table(buf, &pos, strlen(bs->backing_file));
    }
    fits &= put_ext(buf, &pos, end, QCOW2_EXT_END, NULL, 0);
    return fits ? qcow2_replace_header(bs, buf, pos) : -ENOSPC;
}
