/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block ciphers. A cipher belongs to one thread at a time. */
#ifndef CRYPTO_CIPHER_H
#define CRYPTO_CIPHER_H

#include "qapi/error.h"
#include "qapi/qapi-types-crypto.h"

typedef struct QCryptoCipher QCryptoCipher;

/* Whether this build has it. */
bool qcrypto_cipher_supports(QCryptoCipherAlgo alg, QCryptoCipherMode mode);
/* Bytes. */
/* With xts it is twice as long. */
size_t qcrypto_cipher_get_key_len(QCryptoCipherAlgo alg, QCryptoCipherMode mode);
/* Of an initialization vector: 0 with ECB. */
size_t qcrypto_cipher_get_iv_len(QCryptoCipherAlgo alg, QCryptoCipherMode mode);

/* NULL with @errp if @nkey is not the length that fits or the library lacks the cipher. */
QCryptoCipher *qcrypto_cipher_new(QCryptoCipherAlgo alg, QCryptoCipherMode mode, const uint8_t *key,
                                  size_t nkey, Error **errp);
void qcrypto_cipher_free(QCryptoCipher *cipher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QCryptoCipher, qcrypto_cipher_free)

/* @niv must be the length above. Starts a new message. */
int qcrypto_cipher_setiv(QCryptoCipher *cipher, const uint8_t *iv, size_t niv, Error **errp);
/* @len: a multiple of the block length; @in may be @out. 0, or -1 with @errp. */
int qcrypto_cipher_encrypt(QCryptoCipher *cipher, const void *in, void *out, size_t len,
                           Error **errp);
int qcrypto_cipher_decrypt(QCryptoCipher *cipher, const void *in, void *out, size_t len,
                           Error **errp);

#endif
