/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block ciphers by libgcrypt. */
#include "qemu/osdep.h"
#include "crypto/cipher.h"
#include "gcrypt-internal.h"
#ifdef CONFIG_GCRYPT
#include <gcrypt.h>
#endif

/* Bytes. */
static const struct {
    size_t key, block;
} algos[QCRYPTO_CIPHER_ALGO__MAX] = {
    [QCRYPTO_CIPHER_ALGO_AES_128] = {16, 16},     [QCRYPTO_CIPHER_ALGO_AES_192] = {24, 16},
    [QCRYPTO_CIPHER_ALGO_AES_256] = {32, 16},     [QCRYPTO_CIPHER_ALGO_DES] = {8, 8},
    [QCRYPTO_CIPHER_ALGO_3DES] = {24, 8},         [QCRYPTO_CIPHER_ALGO_CAST5_128] = {16, 8},
    [QCRYPTO_CIPHER_ALGO_SERPENT_128] = {16, 16}, [QCRYPTO_CIPHER_ALGO_SERPENT_192] = {24, 16},
    [QCRYPTO_CIPHER_ALGO_SERPENT_256] = {32, 16}, [QCRYPTO_CIPHER_ALGO_TWOFISH_128] = {16, 16},
    [QCRYPTO_CIPHER_ALGO_TWOFISH_192] = {24, 16}, [QCRYPTO_CIPHER_ALGO_TWOFISH_256] = {32, 16},
    [QCRYPTO_CIPHER_ALGO_SM4] = {16, 16},
};

size_t qcrypto_cipher_get_key_len(QCryptoCipherAlgo alg, QCryptoCipherMode mode)
{
    return algos[alg].key * (mode == QCRYPTO_CIPHER_MODE_XTS ? 2 : 1);
}

size_t qcrypto_cipher_get_iv_len(QCryptoCipherAlgo alg, QCryptoCipherMode mode)
{
    return mode == QCRYPTO_CIPHER_MODE_ECB ? 0 : algos[alg].block;
}

static bool check_key(QCryptoCipherAlgo alg, QCryptoCipherMode mode, size_t nkey, Error **errp)
{
    size_t want = qcrypto_cipher_get_key_len(alg, mode);

    if (nkey != want) {
        error_setg(errp, "a key of %s-%s has %zu bytes, not %zu", QCryptoCipherAlgo_str(alg),
                   QCryptoCipherMode_str(mode), want, nkey);
    }
    return nkey == want;
}

#ifdef CONFIG_GCRYPT

struct QCryptoCipher {
    gcry_cipher_hd_t handle;
    QCryptoCipherAlgo alg;
    QCryptoCipherMode mode;
};

/* 0: the library has none of it. */
static const int gcrypt_algos[QCRYPTO_CIPHER_ALGO__MAX] = {
    [QCRYPTO_CIPHER_ALGO_AES_128] = GCRY_CIPHER_AES128,
    [QCRYPTO_CIPHER_ALGO_AES_192] = GCRY_CIPHER_AES192,
    [QCRYPTO_CIPHER_ALGO_AES_256] = GCRY_CIPHER_AES256,
    [QCRYPTO_CIPHER_ALGO_DES] = GCRY_CIPHER_DES,
    [QCRYPTO_CIPHER_ALGO_3DES] = GCRY_CIPHER_3DES,
    [QCRYPTO_CIPHER_ALGO_CAST5_128] = GCRY_CIPHER_CAST5,
    [QCRYPTO_CIPHER_ALGO_SERPENT_128] = GCRY_CIPHER_SERPENT128,
    [QCRYPTO_CIPHER_ALGO_SERPENT_192] = GCRY_CIPHER_SERPENT192,
    [QCRYPTO_CIPHER_ALGO_SERPENT_256] = GCRY_CIPHER_SERPENT256,
    [QCRYPTO_CIPHER_ALGO_TWOFISH_128] = GCRY_CIPHER_TWOFISH128,
    [QCRYPTO_CIPHER_ALGO_TWOFISH_256] = GCRY_CIPHER_TWOFISH,
#if GCRYPT_VERSION_NUMBER >= 0x010900
    [QCRYPTO_CIPHER_ALGO_SM4] = GCRY_CIPHER_SM4,
#endif
};

static const int gcrypt_modes[QCRYPTO_CIPHER_MODE__MAX] = {
    [QCRYPTO_CIPHER_MODE_ECB] = GCRY_CIPHER_MODE_ECB,
    [QCRYPTO_CIPHER_MODE_CBC] = GCRY_CIPHER_MODE_CBC,
    [QCRYPTO_CIPHER_MODE_XTS] = GCRY_CIPHER_MODE_XTS,
    [QCRYPTO_CIPHER_MODE_CTR] = GCRY_CIPHER_MODE_CTR,
};

void qcrypto_init_gcrypt(void)
{
    static gsize done;

    if (g_once_init_enter(&done)) {
        if (!gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) {
            gcry_check_version(NULL);
            gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
            gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
        }
        g_once_init_leave(&done, 1);
    }
}

/* XTS is defined for blocks of 16 bytes only (IEEE 1619). */
static bool fits(QCryptoCipherAlgo alg, QCryptoCipherMode mode)
{
    return mode != QCRYPTO_CIPHER_MODE_XTS || algos[alg].block == 16;
}

bool qcrypto_cipher_supports(QCryptoCipherAlgo alg, QCryptoCipherMode mode)
{
    qcrypto_init_gcrypt();
    return fits(alg, mode) && gcrypt_algos[alg] && !gcry_cipher_test_algo(gcrypt_algos[alg]);
}

static int fail(const QCryptoCipher *c, const char *what, gcry_error_t code, Error **errp)
{
    error_setg(errp, "%s-%s: %s: %s", QCryptoCipherAlgo_str(c->alg), QCryptoCipherMode_str(c->mode),
               what, gcry_strerror(code));
    return -1;
}

QCryptoCipher *qcrypto_cipher_new(QCryptoCipherAlgo alg, QCryptoCipherMode mode, const uint8_t *key,
                                  size_t nkey, Error **errp)
{
    g_autoptr(QCryptoCipher) c = NULL;
    gcry_error_t code;

    if (!check_key(alg, mode, nkey, errp)) {
        return NULL;
    }
    if (!qcrypto_cipher_supports(alg, mode)) {
        error_setg(errp, "the cryptographic library has no %s-%s", QCryptoCipherAlgo_str(alg),
                   QCryptoCipherMode_str(mode));
        return NULL;
    }
    c = g_new0(QCryptoCipher, 1);
    c->alg = alg;
    c->mode = mode;
    code = gcry_cipher_open(&c->handle, gcrypt_algos[alg], gcrypt_modes[mode], 0);
    if (!code) {
        code = gcry_cipher_setkey(c->handle, key, nkey);
    }
    if (code) {
        fail(c, "the key could not be set", code, errp);
        return NULL;
    }
    return g_steal_pointer(&c);
}

void qcrypto_cipher_free(QCryptoCipher *c)
{
    if (c) {
        gcry_cipher_close(c->handle);
        g_free(c);
    }
}

int qcrypto_cipher_setiv(QCryptoCipher *c, const uint8_t *iv, size_t niv, Error **errp)
{
    size_t want = qcrypto_cipher_get_iv_len(c->alg, c->mode);
    gcry_error_t code;

    if (niv != want) {
        error_setg(errp, "an initialization vector of %s-%s has %zu bytes, not %zu",
                   QCryptoCipherAlgo_str(c->alg), QCryptoCipherMode_str(c->mode), want, niv);
        return -1;
    }
    gcry_cipher_reset(c->handle);
    code = c->mode == QCRYPTO_CIPHER_MODE_CTR ? gcry_cipher_setctr(c->handle, iv, niv)
           : niv                              ? gcry_cipher_setiv(c->handle, iv, niv)
                                              : 0;
    return code ? fail(c, "the initialization vector could not be set", code, errp) : 0;
}

static bool check_len(const QCryptoCipher *c, size_t len, Error **errp)
{
    size_t block = algos[c->alg].block;

    if (len % block) {
        error_setg(errp, "%zu bytes are not a multiple of %s's block of %zu", len,
                   QCryptoCipherAlgo_str(c->alg), block);
    }
    return len % block == 0;
}

int qcrypto_cipher_encrypt(QCryptoCipher *c, const void *in, void *out, size_t len, Error **errp)
{
    gcry_error_t code;

    if (!check_len(c, len, errp)) {
        return -1;
    }
    code = in == out ? gcry_cipher_encrypt(c->handle, out, len, NULL, 0)
                     : gcry_cipher_encrypt(c->handle, out, len, in, len);
    return code ? fail(c, "encryption failed", code, errp) : 0;
}

int qcrypto_cipher_decrypt(QCryptoCipher *c, const void *in, void *out, size_t len, Error **errp)
{
    gcry_error_t code;

    if (!check_len(c, len, errp)) {
        return -1;
    }
    code = in == out ? gcry_cipher_decrypt(c->handle, out, len, NULL, 0)
                     : gcry_cipher_decrypt(c->handle, out, len, in, len);
    return code ? fail(c, "decryption failed", code, errp) : 0;
}

#else /* !CONFIG_GCRYPT */

bool qcrypto_cipher_supports(QCryptoCipherAlgo alg, QCryptoCipherMode mode)
{
    return false;
}

QCryptoCipher *qcrypto_cipher_new(QCryptoCipherAlgo alg, QCryptoCipherMode mode, const uint8_t *key,
                                  size_t nkey, Error **errp)
{
    if (check_key(alg, mode, nkey, errp)) {
        error_setg(errp, "%s-%s: this program was built without libgcrypt, which has the ciphers",
                   QCryptoCipherAlgo_str(alg), QCryptoCipherMode_str(mode));
    }
    return NULL;
}

/* There is no object of the type that these could be given. */

void qcrypto_cipher_free(QCryptoCipher *c)
{
}

int qcrypto_cipher_setiv(QCryptoCipher *c, const uint8_t *iv, size_t niv, Error **errp)
{
    g_assert_not_reached();
}

int qcrypto_cipher_encrypt(QCryptoCipher *c, const void *in, void *out, size_t len, Error **errp)
{
    g_assert_not_reached();
}

int qcrypto_cipher_decrypt(QCryptoCipher *c, const void *in, void *out, size_t len, Error **errp)
{
    g_assert_not_reached();
}

#endif
