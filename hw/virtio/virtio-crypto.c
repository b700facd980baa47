/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio crypto device (virtio 1.3, 5.9): configuration and the control queue, by which a driver
 * hands over keys and gets sessions for them.
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-crypto.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "qemu/log.h"

#define DATA_QUEUE_SIZE    1024
#define CONTROL_QUEUE_SIZE 64

/* Configuration (5.9.4), 32 bits each but the last. */
#define CFG_STATUS       0
#define CFG_QUEUES       4
#define CFG_SERVICES     8
#define CFG_CIPHERS      12
#define CFG_MAX_KEY      36
#define CFG_MAX_SIZE     48 /* 64 bits */
#define CFG_SIZE         56
#define CFG_STATUS_READY 1

/* Control requests (5.9.7.2). */
#define REQ_OPCODE        0
#define REQ_CIPHER        16
#define REQ_KEY_LEN       20
#define REQ_DIRECTION     24
#define REQ_SYM_OP        64
#define REQ_SESSION       16 /* of those that end one; 64 bits */
#define REQ_SIZE          72 /* then the key */
#define DIRECTION_ENCRYPT 1
#define DIRECTION_DECRYPT 2

/* Answers: a session and how it went; or, when a session ends, the latter in a byte. */
#define INPUT_STATUS 8
#define INPUT_SIZE   16

/* Ciphers by their numbers in virtio (5.9.7.4.5). */
static const VirtIOCryptoAlgo algos[] = {
    {2, QCRYPTO_CIPHER_MODE_ECB, true},  {3, QCRYPTO_CIPHER_MODE_CBC, true},
    {4, QCRYPTO_CIPHER_MODE_CTR, true},  {7, QCRYPTO_CIPHER_MODE_ECB, false},
    {8, QCRYPTO_CIPHER_MODE_CBC, false}, {9, QCRYPTO_CIPHER_MODE_CTR, false},
    {13, QCRYPTO_CIPHER_MODE_XTS, true},
};

const VirtIOCryptoAlgo *virtio_crypto_find_algo(uint32_t number)
{
    for (size_t i = 0; i < ARRAY_SIZE(algos); i++) {
        if (algos[i].algo == number) {
            return &algos[i];
        }
    }
    return NULL;
}

/* By the key's length. False if none has such keys. */
static bool find_cipher(const VirtIOCryptoAlgo *algo, size_t key_len, QCryptoCipherAlgo *cipher)
{
    static const QCryptoCipherAlgo aes[] = {
        QCRYPTO_CIPHER_ALGO_AES_128, QCRYPTO_CIPHER_ALGO_AES_192, QCRYPTO_CIPHER_ALGO_AES_256};

    *cipher = QCRYPTO_CIPHER_ALGO_3DES;
    if (!algo->aes) {
        return key_len == qcrypto_cipher_get_key_len(*cipher, algo->mode);
    }
    for (size_t i = 0; i < ARRAY_SIZE(aes); i++) {
        *cipher = aes[i];
        if (key_len == qcrypto_cipher_get_key_len(aes[i], algo->mode)) {
            return true;
        }
    }
    return false;
}

/* ---- sessions ---- */

static CryptoDevCipher *make_cipher(VirtIOCrypto *c, const VirtIOCryptoSession *s, Error **errp)
{
    CryptoDevBackendClass *k = CRYPTODEV_BACKEND_GET_CLASS(c->cryptodev);
    const VirtIOCryptoAlgo *algo = virtio_crypto_find_algo(s->algo);
    QCryptoCipherAlgo cipher;

    if (!algo || !find_cipher(algo, s->key_len, &cipher)) {
        error_setg(errp, "there is no cipher %u with a key of %u bytes", s->algo, s->key_len);
        return NULL;
    }
    return k->cipher_new(c->cryptodev, cipher, algo->mode, s->key, s->key_len, errp);
}

static void end_session(VirtIOCrypto *c, VirtIOCryptoSession *s)
{
    if (s->cipher) {
        CRYPTODEV_BACKEND_GET_CLASS(c->cryptodev)->cipher_free(c->cryptodev, s->cipher);
    }
    *s = (VirtIOCryptoSession){};
}

static void end_sessions(VirtIOCrypto *c)
{
    for (int i = 0; i < VIRTIO_CRYPTO_MAX_SESSIONS; i++) {
        end_session(c, &c->sessions[i]);
    }
}

static VirtIOCryptoSession *free_session(VirtIOCrypto *c)
{
    for (int i = 0; i < VIRTIO_CRYPTO_MAX_SESSIONS; i++) {
        if (!c->sessions[i].used) {
            return &c->sessions[i];
        }
    }
    return NULL;
}

/* ---- control requests ---- */

static uint32_t create_session(VirtIOCrypto *c, const VirtQueueElement *elem, const uint8_t *req,
                               uint64_t *id)
{
    VirtIOCryptoSession *s = free_session(c);
    uint32_t key_len = ldl_le_p(req + REQ_KEY_LEN), direction = ldl_le_p(req + REQ_DIRECTION);
    Error *err = NULL;

    if (ldl_le_p(req + REQ_SYM_OP) != VIRTIO_CRYPTO_SYM_OP_CIPHER ||
        !virtio_crypto_find_algo(ldl_le_p(req + REQ_CIPHER))) {
        return VIRTIO_CRYPTO_NOTSUPP;
    }
    if (key_len > VIRTIO_CRYPTO_MAX_KEY ||
        (direction != DIRECTION_ENCRYPT && direction != DIRECTION_DECRYPT)) {
        return VIRTIO_CRYPTO_ERR;
    }
    if (!s) {
        return VIRTIO_CRYPTO_NOSPC;
    }
    if (iov_to_buf(elem->out_sg, elem->out_num, REQ_SIZE, s->key, key_len) < key_len) {
        return VIRTIO_CRYPTO_ERR;
    }
    s->algo = ldl_le_p(req + REQ_CIPHER);
    s->key_len = key_len;
    s->encrypt = direction == DIRECTION_ENCRYPT;
    s->cipher = make_cipher(c, s, &err);
    if (!s->cipher) {
        qemu_log_mask(LOG_GUEST_ERROR, "virtio-crypto: %s\n", error_get_pretty(err));
        error_free(err);
        end_session(c, s);
        return VIRTIO_CRYPTO_ERR;
    }
    s->used = true;
    *id = s - c->sessions;
    return VIRTIO_CRYPTO_OK;
}

static uint8_t destroy_session(VirtIOCrypto *c, uint64_t id)
{
    if (id >= VIRTIO_CRYPTO_MAX_SESSIONS || !c->sessions[id].used) {
        return VIRTIO_CRYPTO_INVSESS;
    }
    end_session(c, &c->sessions[id]);
    return VIRTIO_CRYPTO_OK;
}

/* Bytes of the answer. */
static size_t control(VirtIOCrypto *c, const VirtQueueElement *elem, const uint8_t *req,
                      uint8_t *answer)
{
    uint32_t opcode = ldl_le_p(req + REQ_OPCODE), status = VIRTIO_CRYPTO_NOTSUPP;
    bool cipher = opcode >> 8 == VIRTIO_CRYPTO_SERVICE_CIPHER;
    uint64_t id = 0;

    if (cipher && (opcode & 0xff) == VIRTIO_CRYPTO_DESTROY_SESSION) {
        answer[0] = destroy_session(c, ldq_le_p(req + REQ_SESSION));
        return 1;
    }
    if (cipher && (opcode & 0xff) == VIRTIO_CRYPTO_CREATE_SESSION) {
        status = create_session(c, elem, req, &id);
    }
    stq_le_p(answer, id);
    stl_le_p(answer + INPUT_STATUS, status);
    return INPUT_SIZE;
}

static void handle_control(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOCrypto *c = VIRTIO_CRYPTO(vdev);
    VirtQueueElement *elem;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        uint8_t req[REQ_SIZE], answer[INPUT_SIZE] = {};
        size_t room = iov_size(elem->in_sg, elem->in_num), size;

        if (iov_to_buf(elem->out_sg, elem->out_num, 0, req, REQ_SIZE) < REQ_SIZE || room < 1) {
            virtio_error(vdev, "virtio-crypto: control request or answer is too short");
            virtqueue_detach_element(vq, elem, 0);
            g_free(elem);
            return;
        }
        size = MIN(control(c, elem, req, answer), room);
        iov_from_buf(elem->in_sg, elem->in_num, 0, answer, size);
        virtqueue_push(vq, elem, size);
        virtio_notify(vdev, vq);
        g_free(elem);
    }
}

/* ---- what the core calls ---- */

static uint32_t cipher_mask(VirtIOCrypto *c)
{
    CryptoDevBackendClass *k = CRYPTODEV_BACKEND_GET_CLASS(c->cryptodev);
    uint32_t mask = 0;

    for (size_t i = 0; i < ARRAY_SIZE(algos); i++) {
        QCryptoCipherAlgo alg =
            algos[i].aes ? QCRYPTO_CIPHER_ALGO_AES_128 : QCRYPTO_CIPHER_ALGO_3DES;

        if (k->has_cipher(c->cryptodev, alg, algos[i].mode)) {
            mask |= 1u << algos[i].algo;
        }
    }
    return mask;
}

static void virtio_crypto_get_config(VirtIODevice *vdev, uint8_t *config)
{
    VirtIOCrypto *c = VIRTIO_CRYPTO(vdev);

    stl_le_p(config + CFG_STATUS, CFG_STATUS_READY);
    stl_le_p(config + CFG_QUEUES, c->cryptodev->queues);
    stl_le_p(config + CFG_SERVICES, 1u << VIRTIO_CRYPTO_SERVICE_CIPHER);
    stl_le_p(config + CFG_CIPHERS, cipher_mask(c));
    stl_le_p(config + CFG_MAX_KEY, VIRTIO_CRYPTO_MAX_KEY);
    stq_le_p(config + CFG_MAX_SIZE, VIRTIO_CRYPTO_MAX_SIZE);
}

static void virtio_crypto_reset(VirtIODevice *vdev)
{
    VirtIOCrypto *c = VIRTIO_CRYPTO(vdev);

    virtio_crypto_put_back(c, NULL);
    end_sessions(c);
}

static void virtio_crypto_queue_reset(VirtIODevice *vdev, unsigned queue_index)
{
    virtio_crypto_put_back(VIRTIO_CRYPTO(vdev), virtio_get_queue(vdev, queue_index));
}

static void virtio_crypto_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtIOCrypto *c = VIRTIO_CRYPTO(vdev);

    if (!vdev->vm_running) {
        virtio_crypto_put_back(c, NULL);
    } else if (vdev->started) {
        for (unsigned i = 0; i < c->cryptodev->queues; i++) {
            virtio_crypto_handle_data(vdev, virtio_get_queue(vdev, i));
        }
    }
}

/* ---- saved state ---- */

static int virtio_crypto_post_load(void *opaque, int version_id)
{
    VirtIOCrypto *c = opaque;

    for (int i = 0; i < VIRTIO_CRYPTO_MAX_SESSIONS; i++) {
        VirtIOCryptoSession *s = &c->sessions[i];

        if (s->used) {
            s->cipher = s->key_len <= sizeof(s->key) ? make_cipher(c, s, NULL) : NULL;
            if (!s->cipher) {
                s->used = false;
                return -EINVAL;
            }
        }
    }
    return 0;
}

static int virtio_crypto_pre_load(void *opaque)
{
    end_sessions(opaque);
    return 0;
}

static const VMStateDescription vmstate_session = {
    .name = "virtio-crypto/session",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_BOOL(used, VirtIOCryptoSession),
            VMSTATE_BOOL(encrypt, VirtIOCryptoSession),
            VMSTATE_UINT32(algo, VirtIOCryptoSession),
            VMSTATE_UINT32(key_len, VirtIOCryptoSession),
            VMSTATE_UINT8_ARRAY(key, VirtIOCryptoSession, VIRTIO_CRYPTO_MAX_KEY),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_virtio_crypto = {
    .name = "virtio-crypto",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = virtio_crypto_pre_load,
    .post_load = virtio_crypto_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtIOCrypto),
            VMSTATE_STRUCT_ARRAY(sessions, VirtIOCrypto, VIRTIO_CRYPTO_MAX_SESSIONS, 1,
                                 vmstate_session, VirtIOCryptoSession),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- life ---- */

static const Property virtio_crypto_properties[] = {
    DEFINE_PROP_LINK("cryptodev", VirtIOCrypto, cryptodev, TYPE_CRYPTODEV_BACKEND,
                     CryptoDevBackend *),
};

static void virtio_crypto_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOCrypto *c = VIRTIO_CRYPTO(dev);

    if (!cryptodev_backend_claim(c->cryptodev, errp)) {
        return;
    }
    QTAILQ_INIT(&c->waiting);
    virtio_init(vdev, VIRTIO_ID_CRYPTO, CFG_SIZE);
    for (uint32_t i = 0; i < c->cryptodev->queues; i++) {
        virtio_add_queue(vdev, DATA_QUEUE_SIZE, virtio_crypto_handle_data);
    }
    c->control = virtio_add_queue(vdev, CONTROL_QUEUE_SIZE, handle_control);
}

static void virtio_crypto_unrealize(DeviceState *dev)
{
    VirtIOCrypto *c = VIRTIO_CRYPTO(dev);

    virtio_crypto_put_back(c, NULL);
    end_sessions(c);
    virtio_cleanup(VIRTIO_DEVICE(dev));
    cryptodev_backend_release(c->cryptodev);
}

static void virtio_crypto_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->vmsd = &vmstate_virtio_crypto;
    device_class_set_props(dc, virtio_crypto_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
    vdc->modern_only = true;
    vdc->realize = virtio_crypto_realize;
    vdc->unrealize = virtio_crypto_unrealize;
    vdc->get_config = virtio_crypto_get_config;
    vdc->reset = virtio_crypto_reset;
    vdc->queue_reset = virtio_crypto_queue_reset;
    vdc->set_status = virtio_crypto_set_status;
}

static const TypeInfo virtio_crypto_types[] = {
    {
        .name = TYPE_VIRTIO_CRYPTO,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtIOCrypto),
        .class_init = virtio_crypto_class_init,
    },
};

DEFINE_TYPES(virtio_crypto_types)
