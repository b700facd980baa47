/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The encryption of sectors: a cipher, and where a sector's initialization vector comes from. */
#include "qemu/osdep.h"
#include "block-internal.h"
#include "crypto/hash.h"
#include "qemu/bswap.h"

struct SectorCipher {
    QCryptoCipher *cipher;
    QCryptoCipher *essiv; /* encrypts numbers; NULL without essiv */
    QCryptoIVGenAlgo ivgen;
    size_t iv_len; /* 0: none */
};

/* The cipher of the family of @alg that takes a key as long as the digest. */
static bool essiv_cipher(QCryptoCipherAlgo alg, size_t nkey, QCryptoCipherAlgo *found)
{
    const char *name = QCryptoCipherAlgo_str(alg);
    size_t family = strcspn(name, "-");

    for (int i = 0; i < QCRYPTO_CIPHER_ALGO__MAX; i++) {
        if (!strncmp(QCryptoCipherAlgo_str(i), name, family) &&
            qcrypto_cipher_get_key_len(i, QCRYPTO_CIPHER_MODE_ECB) == nkey) {
            *found = i;
            return true;
        }
    }
    return false;
}

static QCryptoCipher *new_essiv(const SectorCipherSpec *spec, const uint8_t *key, size_t nkey,
                                Error **errp)
{
    uint8_t salt[QCRYPTO_HASH_MAX_LEN];
    size_t len = qcrypto_hash_digest_len(spec->ivgen_hash);
    QCryptoCipherAlgo alg;
    QCryptoCipher *c;

    if (!essiv_cipher(spec->cipher, len, &alg)) {
        error_setg(errp, "essiv with '%s' has a key of %zu bytes, which no cipher like '%s' takes",
                   QCryptoHashAlgo_str(spec->ivgen_hash), len, QCryptoCipherAlgo_str(spec->cipher));
        return NULL;
    }
    if (!qcrypto_hash(spec->ivgen_hash, key, nkey, salt, errp)) {
        return NULL;
    }
    c = qcrypto_cipher_new(alg, QCRYPTO_CIPHER_MODE_ECB, salt, len, errp);
    explicit_bzero(salt, sizeof(salt));
    return c;
}

SectorCipher *qcrypto_sector_cipher_new(const SectorCipherSpec *spec, const uint8_t *key,
                                        size_t nkey, Error **errp)
{
    g_autoptr(SectorCipher) c = g_new0(SectorCipher, 1);

    c->ivgen = spec->ivgen;
    c->iv_len = qcrypto_cipher_get_iv_len(spec->cipher, spec->mode);
    c->cipher = qcrypto_cipher_new(spec->cipher, spec->mode, key, nkey, errp);
    if (!c->cipher) {
        return NULL;
    }
    if (spec->ivgen == QCRYPTO_IV_GEN_ALGO_ESSIV) {
        c->essiv = new_essiv(spec, key, nkey, errp);
        if (!c->essiv) {
            return NULL;
        }
    }
    return g_steal_pointer(&c);
}

void qcrypto_sector_cipher_free(SectorCipher *c)
{
    if (c) {
        qcrypto_cipher_free(c->cipher);
        qcrypto_cipher_free(c->essiv);
        g_free(c);
    }
}

static bool set_iv(SectorCipher *c, uint64_t sector, Error **errp)
{
    uint8_t iv[16] = {0};

    if (c->ivgen == QCRYPTO_IV_GEN_ALGO_PLAIN) {
        stl_le_p(iv, sector);
    } else {
        stq_le_p(iv, sector);
    }
    if (c->essiv && qcrypto_cipher_encrypt(c->essiv, iv, iv, c->iv_len, errp) < 0) {
        return false;
    }
    return qcrypto_cipher_setiv(c->cipher, iv, c->iv_len, errp) == 0;
}

bool qcrypto_sector_cipher_run(SectorCipher *c, bool encrypt, uint64_t sector, uint8_t *buf,
                               size_t len, Error **errp)
{
    int (*run)(QCryptoCipher *, const void *, void *, size_t, Error **) =
        encrypt ? qcrypto_cipher_encrypt : qcrypto_cipher_decrypt;

    for (size_t done = 0; done < len; done += QCRYPTO_BLOCK_SECTOR_SIZE) {
        size_t n = MIN(QCRYPTO_BLOCK_SECTOR_SIZE, len - done);

        if ((c->iv_len && !set_iv(c, sector++, errp)) ||
            run(c->cipher, buf + done, buf + done, n, errp) < 0) {
            return false;
        }
    }
    return true;
}
