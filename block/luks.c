/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format "luks": a disk that is encrypted as a whole, with its keys in a header
 * (crypto/block.h) before the data or in a file of its own.
 *
 * Requests run in any thread; opening, creating and changing keys in the main thread.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "crypto-io.h"
#include "qapi/qapi-types-block-create.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qobject/qdict.h"

typedef struct LuksState {
    QCryptoBlock *block;
    BdrvChild *header; /* NULL: before the data in bs->file */
    char *key_secret;
} LuksState;

typedef struct LuksOptions {
    char *key_secret;
} LuksOptions;

static const BdrvOpt luks_opts[] = {
    {"key-secret", BDRV_OPT_STR, offsetof(LuksOptions, key_secret)},
    {NULL},
};

/* ---- the header ---- */

static bool store_read(void *opaque, uint64_t offset, void *buf, size_t len, Error **errp)
{
    int ret = bdrv_pread(opaque, offset, len, buf, 0);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Unable to read encryption header");
    }
    return ret >= 0;
}

static bool store_write(void *opaque, uint64_t offset, const void *buf, size_t len, Error **errp)
{
    int ret = bdrv_pwrite_sync(opaque, offset, len, buf, 0);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Unable to write encryption header");
    }
    return ret >= 0;
}

static QCryptoBlockStore node_store(BlockDriverState *bs)
{
    LuksState *s = bs->opaque;

    return (QCryptoBlockStore){store_read, store_write, s->header ? s->header : bs->file};
}

static int luks_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    return qcrypto_block_luks_probe(buf, buf_size) ? 100 : 0;
}

static bool check_payload(BlockDriverState *bs, Error **errp)
{
    LuksState *s = bs->opaque;
    int64_t length = bdrv_getlength(bs->file->bs);
    uint64_t payload = qcrypto_block_payload_offset(s->block);

    if (length < 0) {
        error_setg_errno(errp, -length, "Could not get image size");
        return false;
    }
    if (payload > length) {
        error_setg(errp,
                   "The encrypted data begins at %" PRIu64 ", behind the end of the file (%" PRId64
                   ")",
                   payload, length);
        return false;
    }
    return true;
}

static bool luks_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    LuksState *s = bs->opaque;
    LuksOptions o = {0};
    QCryptoBlockStore store;

    if (!bdrv_open_file_child(NULL, options, "file", bs, errp)) {
        return false;
    }
    if (qdict_haskey(options, "header") || qdict_haskey(options, "header.driver") ||
        qdict_haskey(options, "header.filename")) {
        s->header = bdrv_open_child(NULL, options, "header", bs, BDRV_CHILD_METADATA, false, errp);
        if (!s->header) {
            return false;
        }
    }
    if (!bdrv_parse_options(&o, luks_opts, options, errp)) {
        return false;
    }
    s->key_secret = o.key_secret;
    if (!s->key_secret && !(flags & BDRV_O_NO_IO)) {
        error_setg(errp, "Parameter 'key-secret' is required for cipher");
        error_append_hint(errp, "Give the passphrase with an object: secret,id=ID,file=FILE and "
                                "key-secret=ID.\n");
        return false;
    }
    store = node_store(bs);
    s->block = qcrypto_block_luks_open(&store, s->key_secret, "key-secret", bs->key_work, errp);
    if (!s->block || !check_payload(bs, errp)) {
        return false;
    }
    bs->encrypted = true;
    bs->supported_write_flags = BDRV_REQ_FUA & bs->file->bs->supported_write_flags;
    return true;
}

static void luks_close(BlockDriverState *bs)
{
    LuksState *s = bs->opaque;

    qcrypto_block_free(s->block);
    g_free(s->key_secret);
}

/* The passphrase is not asked for again. */
static bool luks_reopen_prepare(BDRVReopenState *state, Error **errp)
{
    LuksState *s = state->bs->opaque;
    LuksOptions o = {0};
    bool same;

    if (!bdrv_parse_options(&o, luks_opts, state->options, errp)) {
        return false;
    }
    same = !g_strcmp0(o.key_secret, s->key_secret);
    if (!same) {
        error_setg(errp, "'key-secret' cannot be changed while the image is open");
    }
    g_free(o.key_secret);
    return same;
}

/* ---- requests ---- */

static void luks_refresh_limits(BlockDriverState *bs, Error **errp)
{
    bs->bl.request_alignment = MAX(bs->bl.request_alignment, QCRYPTO_BLOCK_SECTOR_SIZE);
}

static int coroutine_fn luks_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags)
{
    LuksState *s = bs->opaque;

    return bdrv_co_preadv_encrypted(bs->file, s->block,
                                    qcrypto_block_payload_offset(s->block) + offset, offset, bytes,
                                    qiov, qiov_offset);
}

static int coroutine_fn luks_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                        QEMUIOVector *qiov, size_t qiov_offset,
                                        BdrvRequestFlags flags)
{
    LuksState *s = bs->opaque;

    return bdrv_co_pwritev_encrypted(bs->file, s->block,
                                     qcrypto_block_payload_offset(s->block) + offset, offset, bytes,
                                     qiov, qiov_offset, flags);
}

static int64_t coroutine_fn luks_co_getlength(BlockDriverState *bs)
{
    LuksState *s = bs->opaque;
    int64_t len = bdrv_co_getlength(bs->file->bs);
    uint64_t payload = qcrypto_block_payload_offset(s->block);

    if (len < 0) {
        return len;
    }
    return len < payload ? -EIO : len - (int64_t)payload;
}

static int coroutine_fn luks_co_truncate(BlockDriverState *bs, int64_t offset, bool exact,
                                         PreallocMode prealloc, unsigned flags, Error **errp)
{
    LuksState *s = bs->opaque;
    uint64_t payload = qcrypto_block_payload_offset(s->block);

    if (offset > INT64_MAX - (int64_t)payload) {
        error_setg(errp, "The requested file size is too large");
        return -EFBIG;
    }
    return bdrv_co_truncate(bs->file, offset + payload, exact, prealloc, 0, errp);
}

static ImageInfoSpecific *luks_get_specific_info(BlockDriverState *bs, Error **errp)
{
    LuksState *s = bs->opaque;
    ImageInfoSpecific *spec = g_new0(ImageInfoSpecific, 1);

    spec->type = IMAGE_INFO_SPECIFIC_KIND_LUKS;
    spec->u.luks.data = qcrypto_block_luks_info(s->block);
    return spec;
}

/* ---- creation ---- */

typedef struct LuksCreate {
    uint64_t size;
    LuksCreateOpts luks;
    int preallocation;
    bool detached;
} LuksCreate;

#define OPT(name, type, field, ...)                                                                \
    {                                                                                              \
        name, type, offsetof(LuksCreate, field), __VA_ARGS__                                       \
    }

static const BdrvOpt luks_create_opts[] = {
    OPT("size", BDRV_OPT_SIZE, size, NULL, "Virtual disk size"),
    OPT("key-secret", BDRV_OPT_STR, luks.key_secret, NULL,
        "ID of the secret that provides the keyslot passphrase"),
    LUKS_CREATE_OPTS("", LuksCreate, luks),
    OPT("detached-header", BDRV_OPT_BOOL, detached, NULL,
        "Create only the header, for data in a file of its own"),
    OPT("preallocation", BDRV_OPT_ENUM, preallocation, &PreallocMode_lookup,
        "Preallocation mode (allowed values: off, falloc, full)"),
    {NULL},
};

static bool blk_store_read(void *opaque, uint64_t offset, void *buf, size_t len, Error **errp)
{
    int ret = blk_pread(opaque, offset, len, buf, 0);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Unable to read encryption header");
    }
    return ret >= 0;
}

static bool blk_store_write(void *opaque, uint64_t offset, const void *buf, size_t len,
                            Error **errp)
{
    int ret = blk_pwrite(opaque, offset, len, buf, 0);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Unable to write encryption header");
    }
    return ret >= 0;
}

/* What can be known to be wrong before a file is touched. 0 with @errp, or the header's size. */
static uint64_t check_create(const QCryptoBlockCreateOptionsLUKS *opts, int64_t size, Error **errp)
{
    uint64_t header = qcrypto_block_luks_header_size(opts, errp);

    if (!header) {
        return 0;
    }
    if (size < 0 || size > BDRV_MAX_LENGTH - (int64_t)header) {
        error_setg(errp, "The requested file size is too large");
        return 0;
    }
    return header;
}

/* @node becomes @size bytes. */
static bool resize_node(BlockDriverState *node, int64_t size, PreallocMode prealloc, Error **errp)
{
    BlockBackend *blk = blk_new_with_bs(node, BLK_PERM_WRITE | BLK_PERM_RESIZE, 0, errp);
    bool ok;

    if (!blk) {
        return false;
    }
    ok = blk_truncate(blk, 0, false, PREALLOC_MODE_OFF, 0, errp) >= 0 &&
         blk_truncate(blk, size, false, prealloc, 0, errp) >= 0;
    blk_unref(blk);
    return ok;
}

/* The header in @node; nobody else has it meanwhile. */
static bool format_node(BlockDriverState *node, QCryptoLuksNew *luks, Error **errp)
{
    BlockBackend *blk = blk_new_with_bs(node, BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE, 0, errp);
    QCryptoBlockStore store = {blk_store_read, blk_store_write, blk};
    QCryptoBlock *block;
    bool ok;
    int ret;

    if (!blk) {
        return false;
    }
    block = qcrypto_luks_new_write(luks, &store, errp);
    ok = block;
    qcrypto_block_free(block);
    ret = ok ? blk_flush(blk) : 0;
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not flush the encryption header");
        ok = false;
    }
    blk_unref(blk);
    return ok;
}

static bool luks_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp)
{
    LuksCreate c = {.luks = LUKS_CREATE_DEFAULTS};
    QCryptoBlockCreateOptionsLUKS o = {0};
    g_autoptr(QCryptoLuksNew) luks = NULL;
    BlockDriverState *file = NULL;
    uint64_t header;
    bool ok = false;

    if (!bdrv_parse_options(&c, luks_create_opts, opts, errp)) {
        bdrv_free_options(&c, luks_create_opts);
        return false;
    }
    luks_create_options(&c.luks, &o);
    header = check_create(&o, c.detached ? 0 : MIN(c.size, INT64_MAX), errp);
    luks = header ? qcrypto_luks_new_prepare(&o, c.detached, "key-secret", errp) : NULL;
    if (luks && bdrv_create_file(filename, opts, made, errp)) {
        qcrypto_luks_new_make(luks);
        file = bdrv_open(filename, NULL, NULL, BDRV_O_RDWR | BDRV_O_PROTOCOL, errp);
        ok = file && resize_node(file, header + (c.detached ? 0 : c.size), c.preallocation, errp) &&
             format_node(file, luks, errp);
        bdrv_unref(file);
    }
    bdrv_free_options(&c, luks_create_opts);
    return ok;
}

static bool luks_create_luks(const BlockdevCreateOptions *options, BdrvCreateLuks *luks)
{
    const BlockdevCreateOptionsLUKS *o = &options->u.luks;

    *luks = (BdrvCreateLuks){qapi_BlockdevCreateOptionsLUKS_base(o), o->header, "key-secret"};
    return true;
}

static bool luks_create_node(BlockdevCreateOptions *options, struct QCryptoLuksNew *luks,
                             Error **errp)
{
    BlockdevCreateOptionsLUKS *o = &options->u.luks;
    const QCryptoBlockCreateOptionsLUKS *crypto = qapi_BlockdevCreateOptionsLUKS_base(o);
    uint64_t header = check_create(crypto, MIN(o->size, INT64_MAX), errp);
    PreallocMode prealloc = o->has_preallocation ? o->preallocation : PREALLOC_MODE_OFF;
    BlockDriverState *file = NULL, *head = NULL;
    bool ok = false;

    if (!header) {
        return false;
    }
    if (!o->file && !o->header) {
        error_setg(errp, "Either the parameter 'file' or 'header' must be specified");
        return false;
    }
    if ((o->file && !(file = bdrv_open_ref(o->file, errp))) ||
        (o->header && !(head = bdrv_open_ref(o->header, errp)))) {
        bdrv_unref(file);
        return false;
    }
    if (head) {
        ok = (!file || resize_node(file, o->size, prealloc, errp)) &&
             resize_node(head, header, PREALLOC_MODE_OFF, errp) && format_node(head, luks, errp);
    } else {
        ok = resize_node(file, header + o->size, prealloc, errp) && format_node(file, luks, errp);
    }
    bdrv_unref(file);
    bdrv_unref(head);
    return ok;
}

static BlockMeasureInfo *luks_measure(QDict *opts, BlockDriverState *in_bs, Error **errp)
{
    LuksCreate c = {.luks = {.cipher_alg = QCRYPTO_CIPHER_ALGO_AES_256,
                             .cipher_mode = QCRYPTO_CIPHER_MODE_XTS}};
    QCryptoBlockCreateOptionsLUKS o = {.has_cipher_alg = true, .has_cipher_mode = true};
    BlockMeasureInfo *info = NULL;
    uint64_t header = 0;
    int64_t size;

    if (bdrv_parse_options(&c, luks_create_opts, opts, errp)) {
        o.cipher_alg = c.luks.cipher_alg;
        o.cipher_mode = c.luks.cipher_mode;
        header = qcrypto_block_luks_header_size(&o, errp);
    }
    size = c.detached ? 0 : in_bs ? bdrv_getlength(in_bs) : MIN(c.size, BDRV_MAX_LENGTH);
    bdrv_free_options(&c, luks_create_opts);
    if (!header) {
        return NULL;
    }
    if (size < 0) {
        error_setg_errno(errp, -size, "Unable to get image length");
        return NULL;
    }
    info = g_new0(BlockMeasureInfo, 1);
    info->required = info->fully_allocated = header + size;
    return info;
}

/* ---- key slots ---- */

typedef struct LuksAmend {
    LuksAmendOpts slots;
} LuksAmend;

static const BdrvOpt luks_amend_opts[] = {
    LUKS_AMEND_OPTS("", LuksAmend, slots),
    {NULL},
};

static bool luks_amend(BlockDriverState *bs, QDict *opts,
                       void (*progress)(void *, int64_t, int64_t), void *opaque, bool force,
                       Error **errp)
{
    LuksState *s = bs->opaque;
    LuksAmend a = {LUKS_AMEND_DEFAULTS};
    QCryptoBlockStore store = node_store(bs);
    bool ok = bdrv_parse_options(&a, luks_amend_opts, opts, errp) &&
              luks_amend_slots(&a.slots, "", s->block, &store, s->key_secret, force, errp);

    if (ok && progress) {
        progress(opaque, 1, 1);
    }
    bdrv_free_options(&a, luks_amend_opts);
    return ok;
}

static bool coroutine_fn luks_amend_prepare(BlockDriverState *bs,
                                            const BlockdevAmendOptions *options, bool force,
                                            QCryptoLuksChange **change, Error **errp)
{
    LuksState *s = bs->opaque;
    QCryptoBlockStore store = node_store(bs);

    *change = qcrypto_luks_change_prepare(s->block, &store, s->key_secret,
                                          qapi_BlockdevAmendOptionsLUKS_base(&options->u.luks),
                                          force, errp);
    return *change;
}

static bool coroutine_fn luks_amend_write(BlockDriverState *bs, QCryptoLuksChange *change,
                                          Error **errp)
{
    LuksState *s = bs->opaque;
    QCryptoBlockStore store = node_store(bs);

    return qcrypto_luks_change_write(change, s->block, &store, errp);
}

static const char *const luks_strong_opts[] = {"key-secret", NULL};

static BlockDriver bdrv_luks = {
    .format_name = "luks",
    .instance_size = sizeof(LuksState),
    .is_format = true,
    .bdrv_probe = luks_probe,
    .bdrv_open = luks_open,
    .bdrv_close = luks_close,
    .bdrv_reopen_prepare = luks_reopen_prepare,
    .bdrv_create = luks_create,
    .bdrv_create_node = luks_create_node,
    .bdrv_create_luks = luks_create_luks,
    .bdrv_amend_prepare = luks_amend_prepare,
    .bdrv_amend_write = luks_amend_write,
    .bdrv_amend = luks_amend,
    .bdrv_measure = luks_measure,
    .bdrv_refresh_limits = luks_refresh_limits,
    .bdrv_co_preadv_part = luks_co_preadv,
    .bdrv_co_pwritev_part = luks_co_pwritev,
    .bdrv_co_truncate = luks_co_truncate,
    .bdrv_co_getlength = luks_co_getlength,
    .bdrv_get_specific_info = luks_get_specific_info,
    .create_opts = luks_create_opts,
    .amend_opts = luks_amend_opts,
    .strong_runtime_opts = luks_strong_opts,
};

static void bdrv_luks_init(void)
{
    bdrv_register(&bdrv_luks);
}

block_init(bdrv_luks_init);
