/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests and PBKDF2 by libgcrypt, random bytes by the kernel. */
#include "qemu/osdep.h"
#include "crypto/hash.h"
#include "gcrypt-internal.h"
#include <sys/random.h>
#include <time.h>
#ifdef CONFIG_GCRYPT
#include <gcrypt.h>
#endif

static const size_t lengths[QCRYPTO_HASH_ALGO__MAX] = {
    [QCRYPTO_HASH_ALGO_MD5] = 16,       [QCRYPTO_HASH_ALGO_SHA1] = 20,
    [QCRYPTO_HASH_ALGO_SHA224] = 28,    [QCRYPTO_HASH_ALGO_SHA256] = 32,
    [QCRYPTO_HASH_ALGO_SHA384] = 48,    [QCRYPTO_HASH_ALGO_SHA512] = 64,
    [QCRYPTO_HASH_ALGO_RIPEMD160] = 20, [QCRYPTO_HASH_ALGO_SM3] = 32,
};

size_t qcrypto_hash_digest_len(QCryptoHashAlgo alg)
{
    return lengths[alg];
}

static bool check_supported(QCryptoHashAlgo alg, Error **errp)
{
    if (!qcrypto_hash_supports(alg)) {
        error_setg(errp, "the cryptographic library has no digest '%s'", QCryptoHashAlgo_str(alg));
        return false;
    }
    return true;
}

#ifdef CONFIG_GCRYPT

/* 0: the library has none of it. */
static const int gcrypt_algos[QCRYPTO_HASH_ALGO__MAX] = {
    [QCRYPTO_HASH_ALGO_MD5] = GCRY_MD_MD5,          [QCRYPTO_HASH_ALGO_SHA1] = GCRY_MD_SHA1,
    [QCRYPTO_HASH_ALGO_SHA224] = GCRY_MD_SHA224,    [QCRYPTO_HASH_ALGO_SHA256] = GCRY_MD_SHA256,
    [QCRYPTO_HASH_ALGO_SHA384] = GCRY_MD_SHA384,    [QCRYPTO_HASH_ALGO_SHA512] = GCRY_MD_SHA512,
    [QCRYPTO_HASH_ALGO_RIPEMD160] = GCRY_MD_RMD160,
#if GCRYPT_VERSION_NUMBER >= 0x010900
    [QCRYPTO_HASH_ALGO_SM3] = GCRY_MD_SM3,
#endif
};

bool qcrypto_hash_supports(QCryptoHashAlgo alg)
{
    qcrypto_init_gcrypt();
    return gcrypt_algos[alg] && !gcry_md_test_algo(gcrypt_algos[alg]);
}

bool qcrypto_hash(QCryptoHashAlgo alg, const void *data, size_t len, uint8_t *digest, Error **errp)
{
    if (!check_supported(alg, errp)) {
        return false;
    }
    gcry_md_hash_buffer(gcrypt_algos[alg], digest, data, len);
    return true;
}

bool qcrypto_pbkdf2(QCryptoHashAlgo alg, const uint8_t *key, size_t nkey, const uint8_t *salt,
                    size_t nsalt, uint32_t iterations, uint8_t *out, size_t nout, Error **errp)
{
    gcry_error_t code;

    if (!check_supported(alg, errp)) {
        return false;
    }
    code = gcry_kdf_derive(key, nkey, GCRY_KDF_PBKDF2, gcrypt_algos[alg], salt, nsalt, iterations,
                           nout, out);
    if (code) {
        error_setg(errp, "no key can be made from the passphrase with '%s': %s",
                   QCryptoHashAlgo_str(alg), gcry_strerror(code));
    }
    return !code;
}

#else /* !CONFIG_GCRYPT */

bool qcrypto_hash_supports(QCryptoHashAlgo alg)
{
    return false;
}

bool qcrypto_hash(QCryptoHashAlgo alg, const void *data, size_t len, uint8_t *digest, Error **errp)
{
    return check_supported(alg, errp);
}

bool qcrypto_pbkdf2(QCryptoHashAlgo alg, const uint8_t *key, size_t nkey, const uint8_t *salt,
                    size_t nsalt, uint32_t iterations, uint8_t *out, size_t nout, Error **errp)
{
    return check_supported(alg, errp);
}

#endif

/* What this thread has used, so that a busy host does not weaken a key. */
static uint64_t thread_time_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

uint64_t qcrypto_pbkdf2_count_iters(QCryptoHashAlgo alg, size_t nout, Error **errp)
{
    static const uint8_t key[] = "passphrase", salt[32] = {1};
    g_autofree uint8_t *out = g_malloc(nout);

    for (uint32_t iterations = 1 << 10;; iterations *= 2) {
        uint64_t start = thread_time_ns(), took;

        if (!qcrypto_pbkdf2(alg, key, sizeof(key), salt, sizeof(salt), iterations, out, nout,
                            errp)) {
            return 0;
        }
        took = thread_time_ns() - start;
        if (took >= 50 * 1000000 || iterations >= 1u << 30) {
            return iterations * 1000000000ULL / MAX(took, 1);
        }
    }
}

bool qcrypto_random_bytes(void *buf, size_t len, Error **errp)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = getrandom((char *)buf + done, len - done, 0);

        if (n < 0 && errno != EINTR) {
            error_setg_errno(errp, errno, "the kernel gives no random bytes");
            return false;
        }
        done += MAX(n, 0);
    }
    return true;
}
