/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encrypted qcow2 images: a LUKS header in clusters of the image, which a header extension names
 * ("Full disk encryption header pointer"). Clusters of guest data are encrypted, with their place
 * in the file as the number of their sectors; tables are not. The older method, AES, has no header,
 * and sectors are numbered as the guest does.
 *
 * Opening, creating and changing keys: main thread. Requests: any thread.
 */
#include "qemu/osdep.h"
#include "crypto-io.h"
#include "qcow2-create.h"
#include "qcow2.h"
#include "qemu/bswap.h"

/* ---- the header ---- */

static bool check_range(BlockDriverState *bs, uint64_t offset, size_t len, Error **errp)
{
    Qcow2State *s = bs->opaque;

    if (offset > s->crypto_bytes || len > s->crypto_bytes - offset) {
        error_setg(errp,
                   "The encryption header needs %" PRIu64 " bytes, but has only %" PRIu64
                   " in the image",
                   offset + len, s->crypto_bytes);
        return false;
    }
    return true;
}

static bool store_read(void *opaque, uint64_t offset, void *buf, size_t len, Error **errp)
{
    BlockDriverState *bs = opaque;
    Qcow2State *s = bs->opaque;
    int ret;

    if (!check_range(bs, offset, len, errp)) {
        return false;
    }
    ret = bdrv_pread(bs->file, s->crypto_offset + offset, len, buf, 0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Unable to read encryption header");
    }
    return ret >= 0;
}

static bool store_write(void *opaque, uint64_t offset, const void *buf, size_t len, Error **errp)
{
    BlockDriverState *bs = opaque;
    Qcow2State *s = bs->opaque;
    int ret;

    if (!check_range(bs, offset, len, errp)) {
        return false;
    }
    ret = bdrv_pwrite_sync(bs->file, s->crypto_offset + offset, len, buf, 0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Unable to write encryption header");
    }
    return ret >= 0;
}

bool qcow2_read_crypto_ext(BlockDriverState *bs, uint64_t start, uint32_t len, Error **errp)
{
    Qcow2State *s = bs->opaque;
    uint64_t ext[2];
    int ret;

    if (s->crypt_method != QCOW2_CRYPT_LUKS || len != sizeof(ext)) {
        error_setg(errp, "The header extension of encryption is invalid: %" PRIu32 " bytes", len);
        return false;
    }
    ret = bdrv_pread(bs->file, start, sizeof(ext), ext, 0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read a header extension");
        return false;
    }
    s->crypto_offset = be64_to_cpu(ext[0]);
    s->crypto_bytes = be64_to_cpu(ext[1]);
    if (!s->crypto_offset || qcow2_cluster_offset(s, s->crypto_offset) ||
        s->crypto_offset > BDRV_MAX_LENGTH / 2 || s->crypto_bytes > BDRV_MAX_LENGTH / 2) {
        error_setg(errp, "Encryption header offset invalid: %" PRIu64, s->crypto_offset);
        return false;
    }
    return true;
}

static bool check_format(BlockDriverState *bs, const Qcow2Options *o, Error **errp)
{
    Qcow2State *s = bs->opaque;

    const char *format = s->crypt_method == QCOW2_CRYPT_AES ? "aes" : "luks";

    if (s->crypt_method == QCOW2_CRYPT_AES && !bdrv_legacy_encryption(bs->open_flags, errp)) {
        return false;
    } else if (s->crypt_method > QCOW2_CRYPT_LUKS) {
        error_setg(errp, "Unsupported encryption method %" PRIu32, s->crypt_method);
    } else if (!s->crypt_method && (o->encrypt_format || o->key_secret)) {
        error_setg(errp, "No encryption in image header, but options specified '%s'",
                   o->encrypt_format ? o->encrypt_format : "encrypt.key-secret");
    } else if (o->encrypt_format && strcmp(o->encrypt_format, format)) {
        error_setg(errp, "Header reported '%s' encryption format but options specify '%s'", format,
                   o->encrypt_format);
    } else if (s->crypt_method == QCOW2_CRYPT_LUKS && !s->crypto_offset) {
        error_setg(errp, "The encryption header is missing");
    } else {
        return true;
    }
    return false;
}

bool qcow2_open_crypto(BlockDriverState *bs, const Qcow2Options *o, Error **errp)
{
    Qcow2State *s = bs->opaque;
    QCryptoBlockStore store = {store_read, store_write, bs};

    if (!check_format(bs, o, errp)) {
        return false;
    }
    if (!s->crypt_method) {
        return true;
    }
    /* Tables can be looked at, and checked, without a key. */
    if (!o->key_secret && !(bs->open_flags & (BDRV_O_NO_IO | BDRV_O_CHECK))) {
        error_setg(errp, "Parameter 'encrypt.key-secret' is required for cipher");
        error_append_hint(errp, "Give the passphrase with an object: secret,id=ID,file=FILE and "
                                "encrypt.key-secret=ID.\n");
        return false;
    }
    s->crypto = s->crypt_method == QCOW2_CRYPT_AES
                    ? qcrypto_block_aes_open(o->key_secret, "encrypt.key-secret", errp)
                    : qcrypto_block_luks_open(&store, o->key_secret, "encrypt.key-secret",
                                              bs->key_work, errp);
    bs->encrypted = s->crypto;
    return s->crypto;
}

/* ---- data ---- */

static uint64_t sector_number(const Qcow2State *s, uint64_t guest, uint64_t host)
{
    return s->crypt_method == QCOW2_CRYPT_AES ? guest : host;
}

int coroutine_fn qcow2_read_data(BlockDriverState *bs, uint64_t guest, uint64_t host,
                                 uint64_t bytes, QEMUIOVector *qiov, size_t qiov_offset)
{
    Qcow2State *s = bs->opaque;

    qcow2_event(bs, BLKDBG_READ_AIO);
    return s->crypto
               ? bdrv_co_preadv_encrypted(s->data_file, s->crypto, host,
                                          sector_number(s, guest, host), bytes, qiov, qiov_offset)
               : bdrv_co_preadv_part(s->data_file, host, bytes, qiov, qiov_offset, 0);
}

int coroutine_fn qcow2_write_data(BlockDriverState *bs, uint64_t guest, uint64_t host,
                                  uint64_t bytes, QEMUIOVector *qiov, size_t qiov_offset)
{
    Qcow2State *s = bs->opaque;

    qcow2_event(bs, BLKDBG_WRITE_AIO);
    return s->crypto ? bdrv_co_pwritev_encrypted(s->data_file, s->crypto, host,
                                                 sector_number(s, guest, host), bytes, qiov,
                                                 qiov_offset, 0)
                     : bdrv_co_pwritev_part(s->data_file, host, bytes, qiov, qiov_offset, 0);
}

/* ---- creation ---- */

const char *qcow2_create_crypto_format(const Qcow2Create *c)
{
    return c->encryption ? "aes" : c->encrypt_format;
}

static int coroutine_fn alloc_entry(void *opaque)
{
    BlockDriverState *bs = opaque;
    Qcow2State *s = bs->opaque;
    int64_t offset;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    offset = qcow2_alloc_clusters(bs, s->crypto_bytes);
    ret = offset < 0 ? (int)offset
                     : bdrv_co_pwrite_zeroes(bs->file, offset,
                                             ROUND_UP(s->crypto_bytes, s->cluster_size), 0);
    s->crypto_offset = MAX(offset, 0);
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

static bool has_luks_options(const LuksCreateOpts *o)
{
    return o->cipher_alg >= 0 || o->cipher_mode >= 0 || o->ivgen_alg >= 0 ||
           o->ivgen_hash_alg >= 0 || o->hash_alg >= 0 || o->iter_time;
}

static bool check_aes(const Qcow2Create *c, Error **errp)
{
    if (has_luks_options(&c->luks)) {
        error_setg(errp, "Encryption with 'aes' has no options beside encrypt.key-secret");
        return false;
    }
    return bdrv_legacy_encryption(0, errp);
}

bool qcow2_check_create_crypto(const Qcow2Create *c, uint64_t *header_bytes, Error **errp)
{
    QCryptoBlockCreateOptionsLUKS o = {0};
    const char *format = qcow2_create_crypto_format(c);

    *header_bytes = 0;
    if (c->encryption && c->encrypt_format) {
        error_setg(errp, "'encrypt.format' and its alias 'encryption' can't be used at the same "
                         "time");
        return false;
    }
    if (!format) {
        if (c->luks.key_secret) {
            error_setg(errp, "encrypt.key-secret needs encrypt.format=luks");
        }
        return !c->luks.key_secret;
    }
    if (strcmp(format, "luks") && strcmp(format, "aes")) {
        error_setg(errp, "Unknown encryption format '%s'; images can be made with: luks", format);
        return false;
    }
    if (!c->luks.key_secret) {
        error_setg(errp, "Parameter 'encrypt.key-secret' is required for cipher");
        return false;
    }
    if (!strcmp(format, "aes")) {
        return check_aes(c, errp);
    }
    luks_create_options(&c->luks, &o);
    *header_bytes = qcrypto_block_luks_header_size(&o, errp);
    return *header_bytes;
}

static bool create_luks(BlockDriverState *bs, const Qcow2Create *c, Error **errp)
{
    Qcow2State *s = bs->opaque;
    QCryptoBlockStore store = {store_read, store_write, bs};
    QCryptoBlockCreateOptionsLUKS o = {0};
    int ret = bdrv_run_co(bs, alloc_entry, bs);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not make room for the encryption header");
        return false;
    }
    luks_create_options(&c->luks, &o);
    s->crypto = c->luks_new
                    ? qcrypto_luks_new_write(c->luks_new, &store, errp)
                    : qcrypto_block_luks_create(&store, &o, false, "encrypt.key-secret", errp);
    s->crypt_method = QCOW2_CRYPT_LUKS;
    return s->crypto;
}

bool qcow2_create_crypto(BlockDriverState *bs, const Qcow2Create *c, Error **errp)
{
    Qcow2State *s = bs->opaque;
    const char *format = qcow2_create_crypto_format(c);

    if (!qcow2_check_create_crypto(c, &s->crypto_bytes, errp)) {
        return false;
    }
    if (!format) {
        return true;
    }
    if (s->crypto_bytes) {
        bs->encrypted = create_luks(bs, c, errp);
    } else {
        s->crypt_method = QCOW2_CRYPT_AES;
        s->crypto = qcrypto_block_aes_open(c->luks.key_secret, "encrypt.key-secret", errp);
        bs->encrypted = s->crypto;
    }
    return bs->encrypted;
}

/* ---- key slots ---- */

static bool can_amend(const Qcow2State *s, Error **errp)
{
    if (!s->crypto) {
        error_setg(errp, "Can't amend encryption options - encryption not present");
        return false;
    }
    if (s->crypt_method != QCOW2_CRYPT_LUKS) {
        error_setg(errp, "Only LUKS encryption options can be amended");
        return false;
    }
    return true;
}

bool qcow2_amend_crypto(BlockDriverState *bs, const LuksAmendOpts *a, bool force, Error **errp)
{
    Qcow2State *s = bs->opaque;
    QCryptoBlockStore store = {store_read, store_write, bs};

    return can_amend(s, errp) &&
           luks_amend_slots(a, "encrypt.", s->crypto, &store, s->options.key_secret, force, errp);
}

bool coroutine_fn qcow2_amend_prepare(BlockDriverState *bs, const BlockdevAmendOptions *options,
                                      bool force, QCryptoLuksChange **change, Error **errp)
{
    Qcow2State *s = bs->opaque;
    QCryptoBlockStore store = {store_read, store_write, bs};
    const QCryptoBlockAmendOptions *encrypt = options->u.qcow2.encrypt;

    *change = NULL;
    if (!encrypt) {
        return true;
    }
    if (encrypt->format != QCRYPTO_BLOCK_FORMAT_LUKS) {
        error_setg(errp,
                   "Amend can't be used to change the qcow2 encryption format to '%s': only "
                   "'luks' has key slots",
                   QCryptoBlockFormat_str(encrypt->format));
        return false;
    }
    if (can_amend(s, errp)) {
        *change = qcrypto_luks_change_prepare(s->crypto, &store, s->options.key_secret,
                                              &encrypt->u.luks, force, errp);
    }
    return *change;
}

bool coroutine_fn qcow2_amend_write(BlockDriverState *bs, QCryptoLuksChange *change, Error **errp)
{
    Qcow2State *s = bs->opaque;
    QCryptoBlockStore store = {store_read, store_write, bs};

    return qcrypto_luks_change_write(change, s->crypto, &store, errp);
}
