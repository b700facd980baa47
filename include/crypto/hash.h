/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests, keys from passphrases, random bytes. Any thread. */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "qapi/error.h"
#include "qapi/qapi-types-crypto.h"

/* No digest is longer. */
#define QCRYPTO_HASH_MAX_LEN 64

/* Whether this build has it. */
bool qcrypto_hash_supports(QCryptoHashAlgo alg);
/* Bytes. */
size_t qcrypto_hash_digest_len(QCryptoHashAlgo alg);
/* @digest has room for that. False with @errp: the library lacks the function. */
bool qcrypto_hash(QCryptoHashAlgo alg, const void *data, size_t len, uint8_t *digest, Error **errp);

/* PBKDF2 of RFC 8018, 5.2, with HMAC of @alg: @out gets @nout bytes. */
bool qcrypto_pbkdf2(QCryptoHashAlgo alg, const uint8_t *key, size_t nkey, const uint8_t *salt,
                    size_t nsalt, uint32_t iterations, uint8_t *out, size_t nout, Error **errp);
/*
 * How many iterations one thread of this host does in a second for @nout bytes; 0 with @errp on
 * failure. Takes about a tenth of a second.
 */
uint64_t qcrypto_pbkdf2_count_iters(QCryptoHashAlgo alg, size_t nout, Error **errp);

/* From the kernel, good enough for keys. */
bool qcrypto_random_bytes(void *buf, size_t len, Error **errp);

#endif
