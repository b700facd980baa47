/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encrypted qcow2 images: a LUKS header in clusters of the image, which a header extension names
 * ("Full disk encryption header pointer"). Clusters of guest data are encrypted, with their place
 * in the file as the number of their sectors; tables are not.
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

    if (s->crypt_method == QCOW2_CRYPT_AES) {
        error_setg(errp, "Images with AES encryption are not supported: that is not safe; LUKS is");
    } else if (s->crypt_method > QCOW2_CRYPT_LUKS) {
        error_setg(errp, "Unsupported encryption method %" PRIu32, s->crypt_method);
    } else if (!s->crypt_method && (o->encrypt_format || o->key_secret)) {
        error_setg(errp, "No encryption in image header, but options specified '%s'",
                   o->encrypt_format ? o->encrypt_format : "encrypt.key-secret");
    } else if (o->encrypt_format && strcmp(o->encrypt_format, "luks")) {
        error_setg(errp, "Header reported 'luks' encryption format but options specify '%s'",
                   o->encrypt_format);
    } else if (s->crypt_method && !s->crypto_offset) {
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
    s->crypto = qcrypto_block_luks_open(&store, o->key_secret, "encrypt.key-secret", errp);
    bs->encrypted = s->crypto;
    return s->crypto;
}

/* ---- data ---- */

int coroutine_fn qcow2_read_data(BlockDriverState *bs, uint64_t host, uint64_t bytes,
                                 QEMUIOVector *qiov, size_t qiov_offset)
{
    Qcow2State *s = bs->opaque;

    qcow2_event(bs, BLKDBG_READ_AIO);
    return s->crypto ? bdrv_co_preadv_encrypted(s->data_file, s->crypto, host, host, bytes, qiov,
                                                qiov_offset)
                     : bdrv_co_preadv_part(s->data_file, host, bytes, qiov, qiov_offset, 0);
}

int coroutine_fn qcow2_write_data(BlockDriverState *bs, uint64_t host, uint64_t bytes,
                                  QEMUIOVector *qiov, size_t qiov_offset)
{
    Qcow2State *s = bs->opaque;

    qcow2_event(bs, BLKDBG_WRITE_AIO);
    return s->crypto ? bdrv_co_pwritev_encrypted(s->data_file, s->crypto, host, host, bytes, qiov,
                                                 qiov_offset, 0)
                     : bdrv_co_pwritev_part(s->data_file, host, bytes, qiov, qiov_offset, 0);
}

/* ---- creation ---- */

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

bool qcow2_check_create_crypto(const Qcow2Create *c, uint64_t *header_bytes, Error **errp)
{
    QCryptoBlockCreateOptionsLUKS o = {0};

    *header_bytes = 0;
    if (!c->encrypt_format) {
        if (c->luks.key_secret) {
            error_setg(errp, "encrypt.key-secret needs encrypt.format=luks");
        }
        return !c->luks.key_secret;
    }
    if (strcmp(c->encrypt_format, "luks")) {
        error_setg(errp, "Unknown encryption format '%s'; images can be made with: luks",
                   c->encrypt_format);
        return false;
    }
    if (!c->luks.key_secret) {
        error_setg(errp, "Parameter 'encrypt.key-secret' is required for cipher");
        return false;
    }
    luks_create_options(&c->luks, &o);
    *header_bytes = qcrypto_block_luks_header_size(&o, errp);
    return *header_bytes;
}

bool qcow2_create_crypto(BlockDriverState *bs, const Qcow2Create *c, Error **errp)
{
    Qcow2State *s = bs->opaque;
    QCryptoBlockStore store = {store_read, store_write, bs};
    QCryptoBlockCreateOptionsLUKS o = {0};
    int ret;

    if (!qcow2_check_create_crypto(c, &s->crypto_bytes, errp)) {
        return false;
    }
    if (!s->crypto_bytes) {
        return true;
    }
    ret = bdrv_run_co(bs, alloc_entry, bs);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not make room for the encryption header");
        return false;
    }
    luks_create_options(&c->luks, &o);
    s->crypto = qcrypto_block_luks_create(&store, &o, false, "encrypt.key-secret", errp);
    if (s->crypto) {
        s->crypt_method = QCOW2_CRYPT_LUKS;
        bs->encrypted = true;
    }
    return s->crypto;
}
