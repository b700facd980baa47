/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a qcow2 image: the smallest one by hand, which is then opened and resized. */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "qapi/qapi-types-block-create.h"
#include "qcow2-create.h"
#include "qcow2.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qobject/qdict.h"

#define OPT(name, type, field, ...)                                                                \
    {                                                                                              \
        name, type, offsetof(Qcow2Create, field), __VA_ARGS__                                      \
    }

/* In the order in which QEMU's tools show what an image is made with. */
const BdrvOpt qcow2_create_opts[] = {
    OPT("encrypt.format", BDRV_OPT_STR, encrypt_format, NULL,
        "Encrypt the image, format choices: 'aes', 'luks'"),
    OPT("encryption", BDRV_OPT_BOOL, encryption, NULL,
        "Encrypt the image with format 'aes'. (Deprecated in favor of encrypt.format=aes)"),
    OPT("encrypt.key-secret", BDRV_OPT_STR, luks.key_secret, NULL,
        "ID of secret providing the passphrase of the image"),
    LUKS_CREATE_OPTS("encrypt.", Qcow2Create, luks),
    OPT("cluster_size", BDRV_OPT_SIZE, cluster_size, NULL, "qcow2 cluster size", "65536"),
    OPT("extended_l2", BDRV_OPT_BOOL, extended_l2, NULL,
        "Extended L2 tables: 32 subclusters in each cluster", "off"),
    OPT("preallocation", BDRV_OPT_ENUM, preallocation, &PreallocMode_lookup,
        "Preallocation mode (allowed values: off, metadata, falloc, full)"),
    OPT("compression_type", BDRV_OPT_ENUM, compression_type, &Qcow2CompressionType_lookup,
        "Compression method used for image cluster compression", "zlib"),
    OPT("size", BDRV_OPT_SIZE, size, NULL, "Virtual disk size"),
    OPT("compat", BDRV_OPT_STR, compat, NULL, "Compatibility level (v2 [0.10] or v3 [1.1])"),
    OPT("backing_file", BDRV_OPT_STR, backing_file, NULL, "File name of a base image"),
    OPT("backing_fmt", BDRV_OPT_STR, backing_fmt, NULL, "Image format of the base image"),
    OPT("data_file", BDRV_OPT_STR, data_file, NULL, "File name of an external data file"),
    OPT("data_file_raw", BDRV_OPT_BOOL, data_file_raw, NULL,
        "The external data file must stay valid as a raw image"),
    OPT("keep_data_file", BDRV_OPT_BOOL, keep_data_file, NULL,
        "The external data file is there already, and its content becomes the disk's"),
    OPT("lazy_refcounts", BDRV_OPT_BOOL, lazy_refcounts, NULL, "Postpone refcount updates", "off"),
    OPT("refcount_bits", BDRV_OPT_NUM, refcount_bits, NULL,
        "Width of a reference count entry in bits", "16"),
    {NULL},
};

/* What the largest first-level table covers; the size of clusters is right. */
static uint64_t max_size(const Qcow2Create *c)
{
    uint64_t l2_entries = c->cluster_size / (c->extended_l2 ? 16 : 8);

    return QCOW2_MAX_L1_BYTES / 8 * l2_entries * c->cluster_size;
}

bool qcow2_check_create(const Qcow2Create *c, int *version, Error **errp)
{
    uint64_t bits = c->refcount_bits, crypto;

    *version = 3;
    if (c->compat && (!strcmp(c->compat, "0.10") || !strcmp(c->compat, "v2"))) {
        *version = 2;
    } else if (c->compat && strcmp(c->compat, "1.1") && strcmp(c->compat, "v3")) {
        error_setg(errp, "Invalid compatibility level: '%s'; accepted: 0.10 (v2), 1.1 (v3)",
                   c->compat);
        return false;
    }
    if (c->cluster_size < 1 << QCOW2_MIN_CLUSTER_BITS ||
        c->cluster_size > 1 << QCOW2_MAX_CLUSTER_BITS ||
        (c->cluster_size & (c->cluster_size - 1))) {
        error_setg(errp, "Cluster size must be a power of two between %d and %dk, not %" PRIu64,
                   1 << QCOW2_MIN_CLUSTER_BITS, 1 << (QCOW2_MAX_CLUSTER_BITS - 10),
                   c->cluster_size);
        return false;
    }
    if (c->size > max_size(c)) {
        error_setg(errp, "The image size is too large for file format 'qcow2' (try using a larger "
                         "cluster size)");
        return false;
    }
    if (!bits || bits > 64 || (bits & (bits - 1))) {
        error_setg(errp, "Refcount width must be a power of two and may not exceed 64 bits");
        return false;
    }
    if (*version == 2 && bits != 16) {
        error_setg(errp, "Different refcount widths than 16 bits require compatibility level 1.1 "
                         "or above (use version=v3 or greater)");
        return false;
    }
    if (*version == 2 && c->compression_type != QCOW2_COMPRESSION_TYPE_ZLIB) {
        error_setg(errp, "Non-zlib compression type is only supported with compatibility level 1.1 "
                         "and above (use version=v3 or greater)");
        return false;
    }
    if (*version == 2 && c->lazy_refcounts) {
        error_setg(errp,
                   "Lazy refcounts only supported with compatibility level 1.1 and above (use "
                   "version=v3 or greater)");
        return false;
    }
    if (*version == 2 && c->data_file) {
        error_setg(errp, "External data files are only supported with compatibility level 1.1 and "
                         "above (use version=v3 or greater)");
        return false;
    }
    if (!c->data_file && (c->data_file_raw || c->keep_data_file)) {
        error_setg(errp, "%s requires data-file",
                   c->data_file_raw ? "data-file-raw" : "keep_data_file");
        return false;
    }
    if (c->data_file_raw && c->backing_file) {
        error_setg(errp, "Backing file and data-file-raw cannot be used at the same time");
        return false;
    }
    if (*version == 2 && c->extended_l2) {
        error_setg(errp, "Extended L2 entries are only supported with compatibility level 1.1 and "
                         "above (use version=v3 or greater)");
        return false;
    }
    if (c->extended_l2 && c->cluster_size < 1 << QCOW2_MIN_EXTL2_CLUSTER_BITS) {
        error_setg(errp,
                   "Extended L2 entries are only supported with cluster sizes of at least %d "
                   "bytes",
                   1 << QCOW2_MIN_EXTL2_CLUSTER_BITS);
        return false;
    }
    if (c->backing_fmt && !c->backing_file) {
        error_setg(errp, "Backing format cannot be used without backing file");
        return false;
    }
    if (c->backing_file && c->preallocation != PREALLOC_MODE_OFF && !c->extended_l2) {
        error_setg(errp, "Backing file and preallocation can only be used at the same time if "
                         "extended_l2 is enabled");
        return false;
    }
    if (!qcow2_check_create_crypto(c, &crypto, errp)) {
        return false;
    }
    if (*version == 2 && qcow2_create_crypto_format(c) && c->preallocation != PREALLOC_MODE_OFF) {
        error_setg(errp, "Preallocation of encrypted images requires compatibility level 1.1 and "
                         "above (use version=v3 or greater)");
        return false;
    }
    if (c->size % 512 && c->size > INT64_MAX - 512) {
        error_setg(errp, "Image is too big");
        return false;
    }
    return true;
}

/* Header, refcount table, one refcount block; a cluster each. */
static int write_skeleton(BlockBackend *blk, const Qcow2Create *c, int version)
{
    g_autofree uint8_t *buf = g_malloc0(3 * c->cluster_size);
    Qcow2Header *h = (Qcow2Header *)buf;
    uint8_t *block = buf + 2 * c->cluster_size;

    *h = (Qcow2Header){
        .magic = cpu_to_be32(QCOW2_MAGIC),
        .version = cpu_to_be32(version),
        .cluster_bits = cpu_to_be32(ctz64(c->cluster_size)),
        .refcount_table_offset = cpu_to_be64(c->cluster_size),
        .refcount_table_clusters = cpu_to_be32(1),
    };
    if (version >= 3) {
        h->incompatible_features = cpu_to_be64(
            (c->compression_type != QCOW2_COMPRESSION_TYPE_ZLIB ? QCOW2_INCOMPAT_COMPRESSION : 0) |
            (c->data_file ? QCOW2_INCOMPAT_DATA_FILE : 0) |
            (c->extended_l2 ? QCOW2_INCOMPAT_EXTL2 : 0));
        h->compatible_features = cpu_to_be64(c->lazy_refcounts ? QCOW2_COMPAT_LAZY_REFCOUNTS : 0);
        h->refcount_order = cpu_to_be32(ctz64(c->refcount_bits));
        h->header_length = cpu_to_be32(sizeof(*h));
        h->compression_type = c->compression_type;
    }
    stq_be_p(buf + c->cluster_size, 2 * c->cluster_size);
    for (int i = 0; i < 3; i++) {
        /* Counts of one, big-endian or packed from the low bits. */
        if (c->refcount_bits < 8) {
            block[i * c->refcount_bits / 8] |= 1 << (i * c->refcount_bits % 8);
        } else {
            block[(i + 1) * c->refcount_bits / 8 - 1] = 1;
        }
    }
    return blk_pwrite(blk, 0, 3 * c->cluster_size, buf, 0);
}

/* Where a new image goes: the nodes of its files; @data: NULL if it has no external data file. */
typedef struct CreateFiles {
    BlockDriverState *file, *data;
} CreateFiles;

static void close_files(CreateFiles *f)
{
    bdrv_unref(f->file);
    bdrv_unref(f->data);
}

/* The image in @f, which stays the caller's. */
static BlockBackend *open_image(const CreateFiles *f, bool no_flush, Error **errp)
{
    QDict *opts = qdict_new();

    qdict_put_str(opts, "driver", "qcow2");
    qdict_put_str(opts, "file", f->file->node_name);
    if (f->data) {
        qdict_put_str(opts, "data-file", f->data->node_name);
    }
    if (no_flush) {
        qdict_put_str(opts, "cache.no-flush", "on");
    }
    return blk_new_open(NULL, NULL, opts, BDRV_O_RDWR | BDRV_O_NO_BACKING, errp);
}

static bool fill_image(BlockBackend *blk, const Qcow2Create *c, Error **errp)
{
    BlockDriverState *bs = blk_bs(blk);
    Qcow2State *s = bs->opaque;
    int ret;

    if (c->data_file) {
        s->data_file_name = g_strdup(c->data_file);
        s->keep_data = c->keep_data_file;
        s->autoclear |= c->data_file_raw ? QCOW2_AUTOCLEAR_DATA_FILE_RAW : 0;
    }
    if (c->backing_file) {
        if (strlen(c->backing_file) > 1023) {
            error_setg(errp, "The name of the backing file is too long: at most 1023 bytes");
            return false;
        }
        pstrcpy(bs->backing_file, sizeof(bs->backing_file), c->backing_file);
        pstrcpy(bs->backing_format, sizeof(bs->backing_format),
                c->backing_fmt ? c->backing_fmt : "");
    }
    if (!qcow2_create_crypto(bs, c, errp)) {
        return false;
    }
    /* Of a data file that is to be right without tables, everything is the disk's. */
    ret = blk_truncate(blk, ROUND_UP(c->size, 512), false,
                       c->data_file_raw ? MAX(c->preallocation, PREALLOC_MODE_METADATA)
                                        : c->preallocation,
                       0, errp);
    if (ret < 0) {
        return false;
    }
    ret = qcow2_update_header(bs);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write the header");
    }
    return ret >= 0;
}

/* @no_flush: until it is complete nobody relies on it. */
static bool create_in(const CreateFiles *f, const Qcow2Create *c, int version, bool no_flush,
                      Error **errp)
{
    BlockBackend *blk = blk_new_with_bs(f->file, BLK_PERM_WRITE | BLK_PERM_RESIZE, 0, errp);
    bool ok;
    int ret;

    if (!blk) {
        return false;
    }
    blk_set_allow_write_beyond_eof(blk, true);
    ret = write_skeleton(blk, c, version);
    blk_unref(blk);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write qcow2 header");
        return false;
    }
    blk = open_image(f, no_flush, errp);
    if (!blk) {
        return false;
    }
    ok = blk_set_perm(blk, BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE | BLK_PERM_RESIZE, 0, errp) &&
         fill_image(blk, c, errp);
    blk_unref(blk);
    return ok;
}

static BlockDriverState *open_file(const char *filename, Error **errp)
{
    QDict *opts = qdict_new();

    qdict_put_str(opts, "cache.no-flush", "on");
    return bdrv_open(filename, NULL, opts, BDRV_O_RDWR | BDRV_O_PROTOCOL, errp);
}

/* What is made first is the data file, empty: it must not be one that is needed. */
static bool check_data_file(const char *filename, const Qcow2Create *c, Error **errp)
{
    g_autofree char *backing =
        c->backing_file
            ? bdrv_get_full_backing_filename_from_filename(filename, c->backing_file, NULL)
            : NULL;

    if (!c->data_file) {
        return true;
    }
    if (bdrv_same_file(c->data_file, filename)) {
        error_setg(errp, "data_file '%s' is the file of the image itself", c->data_file);
        return false;
    }
    if (backing && bdrv_same_file(c->data_file, backing)) {
        error_setg(errp, "data_file '%s' is the backing file", c->data_file);
        return false;
    }
    return true;
}

bool qcow2_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp)
{
    Qcow2Create c = QCOW2_CREATE_DEFAULTS;
    CreateFiles f = {0};
    int version;
    bool ok = bdrv_parse_options(&c, qcow2_create_opts, opts, errp) &&
              qcow2_check_create(&c, &version, errp) && check_data_file(filename, &c, errp);

    if (ok && c.data_file) {
        ok = c.keep_data_file || bdrv_create_file(c.data_file, opts, made, errp);
        f.data = ok ? open_file(c.data_file, errp) : NULL;
        ok = f.data;
    }
    if (ok && bdrv_create_file(filename, opts, made, errp)) {
        f.file = open_file(filename, errp);
    }
    ok = f.file && create_in(&f, &c, version, true, errp);
    close_files(&f);
    bdrv_free_options(&c, qcow2_create_opts);
    return ok;
}

/* An empty file, whatever it was before. */
static bool clear_file(BlockDriverState *file, Error **errp)
{
    BlockBackend *blk = blk_new_with_bs(file, BLK_PERM_WRITE | BLK_PERM_RESIZE, 0, errp);
    bool ok = blk && blk_truncate(blk, 0, false, PREALLOC_MODE_OFF, 0, errp) >= 0;

    blk_unref(blk);
    return ok;
}

bool qcow2_create_luks(const BlockdevCreateOptions *options, BdrvCreateLuks *luks)
{
    const QCryptoBlockCreateOptions *encrypt = options->u.qcow2.encrypt;

    if (!encrypt || encrypt->format != QCRYPTO_BLOCK_FORMAT_LUKS) {
        return false;
    }
    *luks = (BdrvCreateLuks){&encrypt->u.luks, false, "encrypt.key-secret"};
    return true;
}

bool qcow2_create_node(BlockdevCreateOptions *options, struct QCryptoLuksNew *luks, Error **errp)
{
    BlockdevCreateOptionsQcow2 *o = &options->u.qcow2;
    Qcow2Create c = QCOW2_CREATE_DEFAULTS;
    CreateFiles f = {0};
    int version;
    bool ok;

    c.luks_new = luks;
    c.size = o->size;
    c.backing_file = o->backing_file;
    c.backing_fmt = o->has_backing_fmt ? (char *)BlockdevDriver_str(o->backing_fmt) : NULL;
    c.compat = o->has_version && o->version == BLOCKDEV_QCOW2_VERSION_V2 ? (char *)"v2" : NULL;
    c.cluster_size = o->has_cluster_size ? o->cluster_size : c.cluster_size;
    c.preallocation = o->has_preallocation ? o->preallocation : PREALLOC_MODE_OFF;
    c.lazy_refcounts = o->has_lazy_refcounts && o->lazy_refcounts;
    c.extended_l2 = o->has_extended_l2 && o->extended_l2;
    c.data_file_raw = o->has_data_file_raw && o->data_file_raw;
    c.keep_data_file = o->data_file;
    c.refcount_bits = o->has_refcount_bits ? (uint64_t)o->refcount_bits : c.refcount_bits;
    c.compression_type = o->has_compression_type ? o->compression_type : 0;
    if (o->encrypt) {
        const QCryptoBlockCreateOptionsLUKS *from = &o->encrypt->u.luks;

        c.encrypt_format =
            (char *)(o->encrypt->format == QCRYPTO_BLOCK_FORMAT_QCOW ? "aes" : "luks");
        if (o->encrypt->format == QCRYPTO_BLOCK_FORMAT_QCOW) {
            c.luks.key_secret = o->encrypt->u.qcow.key_secret;
        }
        if (o->encrypt->format == QCRYPTO_BLOCK_FORMAT_LUKS) {
            c.luks.key_secret = from->key_secret;
            c.luks.cipher_alg = from->has_cipher_alg ? (int)from->cipher_alg : -1;
            c.luks.cipher_mode = from->has_cipher_mode ? (int)from->cipher_mode : -1;
            c.luks.ivgen_alg = from->has_ivgen_alg ? (int)from->ivgen_alg : -1;
            c.luks.ivgen_hash_alg = from->has_ivgen_hash_alg ? (int)from->ivgen_hash_alg : -1;
            c.luks.hash_alg = from->has_hash_alg ? (int)from->hash_alg : -1;
            c.luks.iter_time = from->has_iter_time ? MAX(from->iter_time, 0) : 0;
        }
    }
    if (c.size % 512) {
        error_setg(errp, "Image size must be a multiple of 512 bytes, not %" PRIu64, c.size);
        return false;
    }
    f.data = o->data_file ? bdrv_open_ref(o->data_file, errp) : NULL;
    ok = !o->data_file || f.data;
    if (ok) {
        c.data_file = f.data ? f.data->filename : NULL;
        f.file = bdrv_open_ref(o->file, errp);
        ok = f.file && qcow2_check_create(&c, &version, errp) && clear_file(f.file, errp) &&
             create_in(&f, &c, version, false, errp);
    }
    close_files(&f);
    return ok;
}
