/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New disks with LUKS 1 (LUKS On-Disk Format Specification 1.2.3, 4.1): a key, and a header with
 * one passphrase. How long making them takes is what the user asks for with iter-time.
 */
#include "qemu/osdep.h"
#include "block-internal.h"
#include "crypto/hash.h"

/* Keys begin at multiples of this: the specification's LUKS_ALIGN_KEYSLOTS. */
#define SLOT_ALIGN_SECTORS (4096 / QCRYPTO_BLOCK_SECTOR_SIZE)

/* What @opts says about the cipher. */
static bool choose_spec(LuksHeader *h, const QCryptoBlockCreateOptionsLUKS *opts, Error **errp)
{
    SectorCipherSpec *spec = &h->spec;

    spec->cipher = opts->has_cipher_alg ? opts->cipher_alg : QCRYPTO_CIPHER_ALGO_AES_256;
    spec->mode = opts->has_cipher_mode ? opts->cipher_mode : QCRYPTO_CIPHER_MODE_XTS;
    spec->ivgen = opts->has_ivgen_alg ? opts->ivgen_alg : QCRYPTO_IV_GEN_ALGO_PLAIN64;
    spec->ivgen_hash = opts->has_ivgen_hash_alg ? opts->ivgen_hash_alg : QCRYPTO_HASH_ALGO_SHA256;
    h->hash = opts->has_hash_alg ? opts->hash_alg : QCRYPTO_HASH_ALGO_SHA256;
    if (opts->has_iter_time && (opts->iter_time <= 0 || opts->iter_time > 3600 * 1000)) {
        error_setg(errp, "iter-time must be between 1 and 3600000 milliseconds, not %" PRId64,
                   opts->iter_time);
        return false;
    }
    if (spec->cipher == QCRYPTO_CIPHER_ALGO_DES || spec->cipher == QCRYPTO_CIPHER_ALGO_3DES) {
        error_setg(errp,
                   "Unsupported cipher algorithm '%s'; LUKS has aes, cast5, serpent, "
                   "twofish and sm4",
                   QCryptoCipherAlgo_str(spec->cipher));
        return false;
    }
    if (!qcrypto_cipher_supports(spec->cipher, spec->mode)) {
        error_setg(errp, "the cryptographic library has no %s-%s",
                   QCryptoCipherAlgo_str(spec->cipher), QCryptoCipherMode_str(spec->mode));
        return false;
    }
    if (opts->has_ivgen_hash_alg && spec->ivgen != QCRYPTO_IV_GEN_ALGO_ESSIV) {
        spec->ivgen_hash = QCRYPTO_HASH_ALGO_SHA256;
    }
    h->key_bytes = qcrypto_cipher_get_key_len(spec->cipher, spec->mode);
    return true;
}

static uint32_t header_sectors(const LuksHeader *h)
{
    return SLOT_ALIGN_SECTORS + LUKS_SLOTS * ROUND_UP(luks_slot_sectors(h), SLOT_ALIGN_SECTORS);
}

uint64_t qcrypto_block_luks_header_size(const QCryptoBlockCreateOptionsLUKS *opts, Error **errp)
{
    LuksHeader h = {0};

    if (!choose_spec(&h, opts, errp)) {
        return 0;
    }
    return (uint64_t)header_sectors(&h) * QCRYPTO_BLOCK_SECTOR_SIZE;
}

/* A key, what proves it, and where slots are. */
static bool fill_header(LuksHeader *h, const uint8_t *key, uint64_t iter_time, bool detached,
                        Error **errp)
{
    g_autofree char *uuid = g_uuid_string_random();
    uint64_t per_second = qcrypto_pbkdf2_count_iters(h->hash, LUKS_DIGEST, errp);

    if (!per_second || !qcrypto_random_bytes(h->digest_salt, LUKS_SALT, errp)) {
        return false;
    }
    /* Whoever has the key need not be slowed down: an eighth of a passphrase's time. */
    h->digest_iterations =
        CLAMP(per_second * iter_time / 1000 / 8, LUKS_MIN_ITERATIONS, LUKS_MAX_ITERATIONS);
    g_strlcpy(h->uuid, uuid, sizeof(h->uuid));
    h->payload_sector = detached ? 0 : header_sectors(h);
    for (int i = 0; i < LUKS_SLOTS; i++) {
        h->slots[i].key_sector =
            SLOT_ALIGN_SECTORS + i * ROUND_UP(luks_slot_sectors(h), SLOT_ALIGN_SECTORS);
        h->slots[i].stripes = LUKS_STRIPES;
    }
    return luks_key_digest(h, key, h->digest, errp);
}

/* ---- in three steps: the second in any thread ---- */

struct QCryptoLuksNew {
    QCryptoBlock *block;
    char *pass;
    uint64_t iter_time;
    bool detached;
    LuksMemory writes; /* all that is to be written */
    Error *err;
};

QCryptoLuksNew *qcrypto_luks_new_prepare(const QCryptoBlockCreateOptionsLUKS *opts, bool detached,
                                         const char *option, Error **errp)
{
    g_autoptr(QCryptoLuksNew) n = g_new0(QCryptoLuksNew, 1);

    n->block = qcrypto_block_new();
    n->iter_time = opts->has_iter_time ? opts->iter_time : LUKS_ITER_TIME;
    n->detached = detached;
    n->pass = luks_get_passphrase(opts->key_secret, option, errp);
    if (!n->pass || !choose_spec(&n->block->header, opts, errp)) {
        return NULL;
    }
    return g_steal_pointer(&n);
}

void qcrypto_luks_new_make(QCryptoLuksNew *n)
{
    QCryptoBlock *b = n->block;
    LuksHeader *h = &b->header;
    QCryptoBlockStore store = luks_memory_store(&n->writes);
    Error **errp = &n->err;

    /* Each step says in n->err why there is no next one. */
    if (qcrypto_random_bytes(b->key, h->key_bytes, errp) && qcrypto_block_keep_cipher(b, errp) &&
        fill_header(h, b->key, n->iter_time, n->detached, errp) &&
        luks_fill_slot(h, 0, &store, n->pass, b->key, n->iter_time, errp)) {
        luks_write_header(h, &store, errp);
    }
}

QCryptoBlock *qcrypto_luks_new_write(QCryptoLuksNew *n, const QCryptoBlockStore *store,
                                     Error **errp)
{
    if (n->err) {
        error_propagate(errp, g_steal_pointer(&n->err));
        return NULL;
    }
    return luks_memory_write_out(&n->writes, store, NULL, errp) ? g_steal_pointer(&n->block) : NULL;
}

void qcrypto_luks_new_free(QCryptoLuksNew *n)
{
    if (n) {
        qcrypto_block_free(n->block);
        luks_free_passphrase(n->pass);
        luks_memory_clear(&n->writes);
        error_free(n->err);
        g_free(n);
    }
}

QCryptoBlock *qcrypto_block_luks_create(const QCryptoBlockStore *store,
                                        const QCryptoBlockCreateOptionsLUKS *opts, bool detached,
                                        const char *option, Error **errp)
{
    g_autoptr(QCryptoLuksNew) n = qcrypto_luks_new_prepare(opts, detached, option, errp);

    if (!n) {
        return NULL;
    }
    qcrypto_luks_new_make(n);
    return qcrypto_luks_new_write(n, store, errp);
}
