/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks that are encrypted: opening, and the encryption of sectors. */
#include "qemu/osdep.h"
#include "block-internal.h"
#include "crypto/secret.h"

QCryptoBlock *qcrypto_block_new(void)
{
    QCryptoBlock *b = g_new0(QCryptoBlock, 1);

    qemu_mutex_init(&b->lock);
    b->idle = g_ptr_array_new_with_free_func((GDestroyNotify)qcrypto_sector_cipher_free);
    return b;
}

void qcrypto_block_free(QCryptoBlock *b)
{
    if (b) {
        g_ptr_array_unref(b->idle);
        qemu_mutex_destroy(&b->lock);
        explicit_bzero(b->key, sizeof(b->key));
        g_free(b);
    }
}

bool qcrypto_block_keep_cipher(QCryptoBlock *b, Error **errp)
{
    SectorCipher *c = qcrypto_sector_cipher_new(&b->header.spec, b->key, b->header.key_bytes, errp);

    if (!c) {
        return false;
    }
    g_ptr_array_add(b->idle, c);
    b->has_key = true;
    return true;
}

QCryptoBlock *qcrypto_block_luks_open(const QCryptoBlockStore *store, const char *key_secret,
                                      const char *option, QCryptoKeyWork *work, Error **errp)
{
    g_autoptr(QCryptoBlock) b = qcrypto_block_new();
    uint8_t buf[QCRYPTO_BLOCK_LUKS_HEADER_SIZE];
    char *pass;
    int slot;

    if (!store->read(store->opaque, 0, buf, sizeof(buf), errp) ||
        !luks_header_decode(&b->header, buf, errp)) {
        return NULL;
    }
    if (!key_secret) {
        return g_steal_pointer(&b);
    }
    pass = luks_get_passphrase(key_secret, option, errp);
    if (!pass) {
        return NULL;
    }
    slot = work ? luks_key_work_slot(work, buf, &b->header, store, pass, b->key, errp)
                : luks_find_slot(&b->header, store, pass, b->key, errp);
    luks_free_passphrase(pass);
    if (slot < 0 || !qcrypto_block_keep_cipher(b, errp)) {
        return NULL;
    }
    return g_steal_pointer(&b);
}

QCryptoBlock *qcrypto_block_aes_open(const char *key_secret, const char *option, Error **errp)
{
    g_autoptr(QCryptoBlock) b = qcrypto_block_new();
    char *pass;
    bool ok;

    b->header.spec = (SectorCipherSpec){
        .cipher = QCRYPTO_CIPHER_ALGO_AES_128,
        .mode = QCRYPTO_CIPHER_MODE_CBC,
        .ivgen = QCRYPTO_IV_GEN_ALGO_PLAIN64,
    };
    b->header.key_bytes = 16;
    if (!key_secret) {
        return g_steal_pointer(&b);
    }
    pass = luks_get_passphrase(key_secret, option, errp);
    if (!pass) {
        return NULL;
    }
    memcpy(b->key, pass, MIN(strlen(pass), b->header.key_bytes));
    ok = qcrypto_block_keep_cipher(b, errp);
    luks_free_passphrase(pass);
    return ok ? g_steal_pointer(&b) : NULL;
}

QCryptoBlockInfoLUKS *qcrypto_block_luks_info(const QCryptoBlock *b)
{
    const LuksHeader *h = &b->header;
    QCryptoBlockInfoLUKS *info = g_new0(QCryptoBlockInfoLUKS, 1);
    QCryptoBlockInfoLUKSSlotList **tail = &info->slots;

    info->cipher_alg = h->spec.cipher;
    info->cipher_mode = h->spec.mode;
    info->ivgen_alg = h->spec.ivgen;
    info->has_ivgen_hash_alg = h->spec.ivgen == QCRYPTO_IV_GEN_ALGO_ESSIV;
    info->ivgen_hash_alg = h->spec.ivgen_hash;
    info->hash_alg = h->hash;
    info->detached_header = !h->payload_sector;
    info->payload_offset = (int64_t)h->payload_sector * QCRYPTO_BLOCK_SECTOR_SIZE;
    info->master_key_iters = h->digest_iterations;
    info->uuid = g_strdup(h->uuid);
    for (int i = 0; i < LUKS_SLOTS; i++) {
        QCryptoBlockInfoLUKSSlot *slot = g_new0(QCryptoBlockInfoLUKSSlot, 1);

        slot->active = slot->has_iters = slot->has_stripes = h->slots[i].active;
        slot->iters = h->slots[i].iterations;
        slot->stripes = h->slots[i].stripes;
        slot->key_offset = (int64_t)h->slots[i].key_sector * QCRYPTO_BLOCK_SECTOR_SIZE;
        QAPI_LIST_APPEND(tail, slot);
    }
    return info;
}

uint64_t qcrypto_block_payload_offset(const QCryptoBlock *b)
{
    return (uint64_t)b->header.payload_sector * QCRYPTO_BLOCK_SECTOR_SIZE;
}

bool qcrypto_block_has_key(const QCryptoBlock *b)
{
    return b->has_key;
}

/* Any thread: takes a cipher that nobody uses, makes one when all are in use. */
static int run(QCryptoBlock *b, bool encrypt, uint64_t offset, uint8_t *buf, size_t len,
               Error **errp)
{
    SectorCipher *c = NULL;
    bool ok;

    qemu_mutex_lock(&b->lock);
    if (b->idle->len) {
        c = g_ptr_array_steal_index_fast(b->idle, b->idle->len - 1);
    }
    qemu_mutex_unlock(&b->lock);
    if (!c) {
        c = qcrypto_sector_cipher_new(&b->header.spec, b->key, b->header.key_bytes, errp);
        if (!c) {
            return -1;
        }
    }
    ok = qcrypto_sector_cipher_run(c, encrypt, offset / QCRYPTO_BLOCK_SECTOR_SIZE, buf, len, errp);
    qemu_mutex_lock(&b->lock);
    g_ptr_array_add(b->idle, c);
    qemu_mutex_unlock(&b->lock);
    return ok ? 0 : -1;
}

int qcrypto_block_encrypt(QCryptoBlock *b, uint64_t offset, uint8_t *buf, size_t len, Error **errp)
{
    return run(b, true, offset, buf, len, errp);
}

int qcrypto_block_decrypt(QCryptoBlock *b, uint64_t offset, uint8_t *buf, size_t len, Error **errp)
{
    return run(b, false, offset, buf, len, errp);
}
