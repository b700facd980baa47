/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encrypted data, and the options of a new LUKS header, for the formats that have them. */
#include "qemu/osdep.h"
#include "crypto-io.h"

/* What is encrypted at once, beside the caller's buffer. */
#define BOUNCE_BYTES (1 * MiB)

void luks_create_options(const LuksCreateOpts *from, QCryptoBlockCreateOptionsLUKS *to)
{
    to->key_secret = from->key_secret;
#define SET(field)                                                                                 \
    do {                                                                                           \
        to->has_##field = from->field >= 0;                                                        \
        to->field = MAX(from->field, 0);                                                           \
    } while (0)
    SET(cipher_alg);
    SET(cipher_mode);
    SET(ivgen_alg);
    SET(ivgen_hash_alg);
    SET(hash_alg);
#undef SET
    to->has_iter_time = from->iter_time;
    to->iter_time = MIN(from->iter_time, INT64_MAX);
}

bool luks_amend_given(const LuksAmendOpts *a)
{
    return a->state >= 0 || a->new_secret || a->old_secret || a->keyslot != UINT64_MAX ||
           a->iter_time;
}

bool luks_amend_slots(const LuksAmendOpts *a, const char *prefix, QCryptoBlock *crypto,
                      const QCryptoBlockStore *store, const char *key_secret, bool force,
                      Error **errp)
{
    QCryptoBlockAmendOptionsLUKS o = {
        .state = MAX(a->state, 0),
        .new_secret = a->new_secret,
        .old_secret = a->old_secret,
        .has_keyslot = a->keyslot != UINT64_MAX,
        .keyslot = MIN(a->keyslot, INT64_MAX),
        .has_iter_time = a->iter_time,
        .iter_time = MIN(a->iter_time, INT64_MAX),
    };

    if (a->state < 0) {
        error_setg(errp, "Parameter '%sstate' is required: active or inactive", prefix);
        return false;
    }
    return qcrypto_block_luks_amend(crypto, store, key_secret, &o, force, errp);
}

static bool legacy_allowed;

void bdrv_allow_legacy_encryption(void)
{
    legacy_allowed = true;
}

bool bdrv_legacy_encryption(int open_flags, Error **errp)
{
    if (legacy_allowed || (open_flags & BDRV_O_NO_IO)) {
        return true;
    }
    error_setg(errp, "Use of AES-CBC encrypted qcow2 images is no longer supported in system "
                     "emulators");
    error_append_hint(errp, "Convert the image: qemu-img convert -O qcow2 -o "
                            "encrypt.format=luks,... --image-opts driver=qcow2,encrypt.format=aes,"
                            "encrypt.key-secret=ID,file.filename=IMAGE NEW\n");
    return false;
}

/* 0 with the buffer that a request of @bytes goes through, or -errno. */
static int get_bounce(BdrvChild *file, QCryptoBlock *crypto, uint64_t bytes, uint8_t **buf)
{
    if (!qcrypto_block_has_key(crypto)) {
        return -EACCES;
    }
    *buf = qemu_try_blockalign(file->bs, MIN(bytes, BOUNCE_BYTES));
    return *buf ? 0 : -ENOMEM;
}

int coroutine_fn bdrv_co_preadv_encrypted(BdrvChild *file, QCryptoBlock *crypto, uint64_t offset,
                                          uint64_t number, uint64_t bytes, QEMUIOVector *qiov,
                                          size_t qiov_offset)
{
    /* The guest must never see what is encrypted: not read into its memory. */
    QEMU_AUTO_VFREE uint8_t *buf = NULL;
    int ret = get_bounce(file, crypto, bytes, &buf);

    for (uint64_t done = 0, n; done < bytes && ret >= 0; done += n) {
        n = MIN(bytes - done, BOUNCE_BYTES);
        ret = bdrv_co_pread(file, offset + done, n, buf, 0);
        if (ret >= 0 && qcrypto_block_decrypt(crypto, number + done, buf, n, NULL) < 0) {
            ret = -EIO;
        }
        if (ret >= 0) {
            qemu_iovec_from_buf(qiov, qiov_offset + done, buf, n);
        }
    }
    return MIN(ret, 0);
}

int coroutine_fn bdrv_co_pwritev_encrypted(BdrvChild *file, QCryptoBlock *crypto, uint64_t offset,
                                           uint64_t number, uint64_t bytes, QEMUIOVector *qiov,
                                           size_t qiov_offset, BdrvRequestFlags flags)
{
    QEMU_AUTO_VFREE uint8_t *buf = NULL;
    int ret = get_bounce(file, crypto, bytes, &buf);

    for (uint64_t done = 0, n; done < bytes && ret >= 0; done += n) {
        n = MIN(bytes - done, BOUNCE_BYTES);
        qemu_iovec_to_buf(qiov, qiov_offset + done, buf, n);
        ret = qcrypto_block_encrypt(crypto, number + done, buf, n, NULL) < 0
                  ? -EIO
                  : bdrv_co_pwrite(file, offset + done, n, buf, flags);
    }
    return MIN(ret, 0);
}
