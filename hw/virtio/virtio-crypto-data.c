/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data requests of the virtio crypto device (virtio 1.3, 5.9.7.4): what is to be encrypted or
 * decrypted by the key of a session. Each is a coroutine, which waits where the back end has
 * limits.
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-crypto.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "qemu/log.h"

/* The request, 32 bits each where nothing else is said; then IV and data. */
#define REQ_OPCODE  0
#define REQ_SESSION 8 /* 64 bits */
#define REQ_IV_LEN  24
#define REQ_SRC_LEN 28
#define REQ_DST_LEN 32
#define REQ_SYM_OP  64
#define REQ_SIZE    72

/* Bytes of the longest block. */
#define MAX_IV 16

struct VirtIOCryptoReq {
    VirtQueueElement elem;
    VirtIOCrypto *crypto; /* NULL: it was put back */
    VirtQueue *vq;
    QTAILQ_ENTRY(VirtIOCryptoReq) next;

    uint32_t opcode, iv_len, src_len, dst_len;
    uint64_t session;
    uint8_t iv[MAX_IV];
    uint8_t *data; /* src_len bytes, and room to the end of a block */
};

static void free_request(VirtIOCryptoReq *req)
{
    g_free(req->data);
    g_free(req);
}

/* The status is the last byte, whatever room is before it. */
static void answer(VirtIOCryptoReq *req, uint8_t status)
{
    VirtQueueElement *elem = &req->elem;
    size_t room = iov_size(elem->in_sg, elem->in_num);

    if (status == VIRTIO_CRYPTO_OK) {
        iov_from_buf(elem->in_sg, elem->in_num, 0, req->data, req->src_len);
    }
    iov_from_buf(elem->in_sg, elem->in_num, room - 1, &status, 1);
    virtqueue_push(req->vq, elem, room);
    virtio_notify(VIRTIO_DEVICE(req->crypto), req->vq);
    free_request(req);
}

/* Status of what cannot be asked for, 0 when all is right. Fills in the data. */
static uint8_t parse(VirtIOCryptoReq *req)
{
    VirtQueueElement *elem = &req->elem;
    size_t given = iov_size(elem->out_sg, elem->out_num);
    size_t room = iov_size(elem->in_sg, elem->in_num);
    uint8_t head[REQ_SIZE];

    iov_to_buf(elem->out_sg, elem->out_num, 0, head, REQ_SIZE);
    req->opcode = ldl_le_p(head + REQ_OPCODE);
    req->session = ldq_le_p(head + REQ_SESSION);
    req->iv_len = ldl_le_p(head + REQ_IV_LEN);
    req->src_len = ldl_le_p(head + REQ_SRC_LEN);
    req->dst_len = ldl_le_p(head + REQ_DST_LEN);
    if ((req->opcode != VIRTIO_CRYPTO_CIPHER_ENCRYPT &&
         req->opcode != VIRTIO_CRYPTO_CIPHER_DECRYPT) ||
        ldl_le_p(head + REQ_SYM_OP) != VIRTIO_CRYPTO_SYM_OP_CIPHER) {
        return VIRTIO_CRYPTO_NOTSUPP;
    }
    if (req->iv_len > MAX_IV || req->src_len > VIRTIO_CRYPTO_MAX_SIZE ||
        given - REQ_SIZE < (size_t)req->iv_len + req->src_len || req->dst_len < req->src_len ||
        room - 1 < req->dst_len) {
        qemu_log_mask(LOG_GUEST_ERROR, "virtio-crypto: lengths do not fit: IV %u, %u to %u\n",
                      req->iv_len, req->src_len, req->dst_len);
        return VIRTIO_CRYPTO_BADMSG;
    }
    iov_to_buf(elem->out_sg, elem->out_num, REQ_SIZE, req->iv, req->iv_len);
    req->data = g_malloc0(ROUND_UP(req->src_len, MAX_IV));
    iov_to_buf(elem->out_sg, elem->out_num, REQ_SIZE + req->iv_len, req->data, req->src_len);
    return VIRTIO_CRYPTO_OK;
}

static uint8_t apply_cipher(VirtIOCrypto *c, VirtIOCryptoReq *req)
{
    VirtIOCryptoSession *s =
        req->session < VIRTIO_CRYPTO_MAX_SESSIONS ? &c->sessions[req->session] : NULL;
    bool encrypt = req->opcode == VIRTIO_CRYPTO_CIPHER_ENCRYPT;
    const VirtIOCryptoAlgo *algo;
    size_t len = req->src_len;
    Error *err = NULL;

    if (!s || !s->used) {
        return VIRTIO_CRYPTO_INVSESS;
    }
    algo = virtio_crypto_find_algo(s->algo);
    if (algo->mode == QCRYPTO_CIPHER_MODE_CTR) {
        len = ROUND_UP(len, MAX_IV); /* of a stream, the rest of the last block is not used */
    }
    if (encrypt != s->encrypt || !cryptodev_backend_crypt(c->cryptodev, s->cipher, encrypt, req->iv,
                                                          req->iv_len, req->data, len, &err)) {
        qemu_log_mask(LOG_GUEST_ERROR, "virtio-crypto: %s\n",
                      err ? error_get_pretty(err) : "the session is for the other direction");
        error_free(err);
        return VIRTIO_CRYPTO_BADMSG;
    }
    return VIRTIO_CRYPTO_OK;
}

static void coroutine_fn run(void *opaque)
{
    VirtIOCryptoReq *req = opaque;

    cryptodev_backend_wait(req->crypto->cryptodev, req->src_len);
    if (!req->crypto) {
        free_request(req);
        return;
    }
    QTAILQ_REMOVE(&req->crypto->waiting, req, next);
    answer(req, apply_cipher(req->crypto, req));
}

void virtio_crypto_handle_data(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOCrypto *c = VIRTIO_CRYPTO(vdev);
    VirtIOCryptoReq *req;

    while (vdev->vm_running && (req = virtqueue_pop(vq, sizeof(*req)))) {
        uint8_t status;

        if (iov_size(req->elem.out_sg, req->elem.out_num) < REQ_SIZE ||
            iov_size(req->elem.in_sg, req->elem.in_num) < 1) {
            virtio_error(vdev, "virtio-crypto: request or answer is too short");
            virtqueue_detach_element(vq, &req->elem, 0);
            g_free(req);
            return;
        }
        req->crypto = c;
        req->vq = vq;
        req->data = NULL;
        status = parse(req);
        if (status != VIRTIO_CRYPTO_OK) {
            answer(req, status);
            continue;
        }
        QTAILQ_INSERT_TAIL(&c->waiting, req, next);
        qemu_coroutine_enter(qemu_coroutine_create(run, req));
    }
}

void virtio_crypto_put_back(VirtIOCrypto *c, VirtQueue *vq)
{
    VirtIOCryptoReq *req, *before;

    QTAILQ_FOREACH_REVERSE_SAFE(req, &c->waiting, next, before)
    {
        if (!vq || req->vq == vq) {
            QTAILQ_REMOVE(&c->waiting, req, next);
            virtqueue_unpop(req->vq, &req->elem, 0);
            req->crypto = NULL;
        }
    }
}
