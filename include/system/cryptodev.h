/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who encrypts and decrypts for a guest's crypto device: "-object cryptodev-backend-builtin". Main
 * thread, BQL held.
 */
#ifndef SYSTEM_CRYPTODEV_H
#define SYSTEM_CRYPTODEV_H

#include "block/throttle.h"
#include "crypto/cipher.h"
#include "qapi/qapi-types-cryptodev.h"
#include "qom/object.h"

#define TYPE_CRYPTODEV_BACKEND         "cryptodev-backend"
#define TYPE_CRYPTODEV_BACKEND_BUILTIN "cryptodev-backend-builtin"
OBJECT_DECLARE_TYPE(CryptoDevBackend, CryptoDevBackendClass, CRYPTODEV_BACKEND)

#define CRYPTODEV_MAX_QUEUES 64

/* A key and what it is for, of whichever kind the back end is. */
typedef struct CryptoDevCipher CryptoDevCipher;

struct CryptoDevBackendClass {
    ObjectClass parent_class;

    QCryptodevBackendType type;
    bool (*has_cipher)(CryptoDevBackend *b, QCryptoCipherAlgo alg, QCryptoCipherMode mode);
    CryptoDevCipher *(*cipher_new)(CryptoDevBackend *b, QCryptoCipherAlgo alg,
                                   QCryptoCipherMode mode, const uint8_t *key, size_t nkey,
                                   Error **errp);
    void (*cipher_free)(CryptoDevBackend *b, CryptoDevCipher *c);
    /* @len bytes in place; a multiple of the block. */
    bool (*crypt)(CryptoDevBackend *b, CryptoDevCipher *c, bool encrypt, const uint8_t *iv,
                  size_t niv, uint8_t *data, size_t len, Error **errp);
};

typedef struct CryptoDevStats {
    uint64_t encrypt_ops, decrypt_ops, encrypt_bytes, decrypt_bytes;
} CryptoDevStats;

struct CryptoDevBackend {
    Object parent_obj;

    /* configuration */
    uint32_t queues;
    uint64_t throttle_bps, throttle_ops; /* 0: no limit */

    /* state */
    bool in_use; /* by a device, one at most */
    ThrottleMember *throttle;
    CryptoDevStats stats;
};

/* The one of a device's cryptodev=, NULL with @errp when there is none or it is another's. */
bool cryptodev_backend_claim(CryptoDevBackend *b, Error **errp);
void cryptodev_backend_release(CryptoDevBackend *b);

/* Until the limits of the back end let a request of @bytes go. */
void coroutine_fn cryptodev_backend_wait(CryptoDevBackend *b, size_t bytes);
/* The class's function, counted. */
bool cryptodev_backend_crypt(CryptoDevBackend *b, CryptoDevCipher *c, bool encrypt,
                             const uint8_t *iv, size_t niv, uint8_t *data, size_t len,
                             Error **errp);

#endif
