/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtio crypto device (virtio 1.3, 5.9), in sessions, with the cipher service. */
#ifndef HW_VIRTIO_VIRTIO_CRYPTO_H
#define HW_VIRTIO_VIRTIO_CRYPTO_H

#include "hw/virtio/virtio.h"
#include "qemu/queue.h"
#include "system/cryptodev.h"

#define TYPE_VIRTIO_CRYPTO "virtio-crypto-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOCrypto, VIRTIO_CRYPTO)

#define VIRTIO_CRYPTO_MAX_SESSIONS 256
#define VIRTIO_CRYPTO_MAX_KEY      64
/* Bytes of one request: done in one go by the main loop. */
#define VIRTIO_CRYPTO_MAX_SIZE (1u << 20)

/* 5.9.7: how it went. */
#define VIRTIO_CRYPTO_OK      0
#define VIRTIO_CRYPTO_ERR     1
#define VIRTIO_CRYPTO_BADMSG  2
#define VIRTIO_CRYPTO_NOTSUPP 3
#define VIRTIO_CRYPTO_INVSESS 4
#define VIRTIO_CRYPTO_NOSPC   5

/* Services, and operations of them: service << 8 | operation. */
#define VIRTIO_CRYPTO_SERVICE_CIPHER  0
#define VIRTIO_CRYPTO_CIPHER_ENCRYPT  0x0000
#define VIRTIO_CRYPTO_CIPHER_DECRYPT  0x0001
#define VIRTIO_CRYPTO_CREATE_SESSION  0x02
#define VIRTIO_CRYPTO_DESTROY_SESSION 0x03
/* Ciphers of symmetric sessions and requests, rather than ciphers together with hashes. */
#define VIRTIO_CRYPTO_SYM_OP_CIPHER 1

typedef struct VirtIOCryptoSession {
    bool used, encrypt;
    uint32_t algo; /* as in virtio */
    uint32_t key_len;
    uint8_t key[VIRTIO_CRYPTO_MAX_KEY];

    CryptoDevCipher *cipher; /* of the back end; not saved */
} VirtIOCryptoSession;

typedef struct VirtIOCryptoReq VirtIOCryptoReq;

struct VirtIOCrypto {
    VirtIODevice parent_obj;

    /* configuration */
    CryptoDevBackend *cryptodev;

    /* wiring */
    VirtQueue *control;
    QTAILQ_HEAD(, VirtIOCryptoReq) waiting; /* oldest first; put back before the state is saved */

    /* state */
    VirtIOCryptoSession sessions[VIRTIO_CRYPTO_MAX_SESSIONS];
};

/* What a cipher is to virtio and to us. */
typedef struct VirtIOCryptoAlgo {
    uint32_t algo;
    QCryptoCipherMode mode;
    bool aes; /* else triple DES */
} VirtIOCryptoAlgo;

/* virtio-crypto.c: NULL if there is none. */
const VirtIOCryptoAlgo *virtio_crypto_find_algo(uint32_t algo);

/* virtio-crypto-data.c: handler of the data queues. */
void virtio_crypto_handle_data(VirtIODevice *vdev, VirtQueue *vq);
/* Requests that wait for their turn go back into their queues; @vq NULL: all. */
void virtio_crypto_put_back(VirtIOCrypto *c, VirtQueue *vq);

#endif
