/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LUKS 1 (LUKS On-Disk Format Specification 1.2.3, 4): a disk's key, stored up to eight times, each
 * time encrypted by a passphrase. Main thread.
 */
#include "qemu/osdep.h"
#include "block-internal.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

/* Keys begin at multiples of this: the specification's LUKS_ALIGN_KEYSLOTS. */
#define SLOT_ALIGN_SECTORS (4096 / QCRYPTO_BLOCK_SECTOR_SIZE)
#define DEFAULT_ITER_TIME  2000

size_t luks_slot_bytes(const LuksHeader *h)
{
    return (size_t)luks_slot_sectors(h) * QCRYPTO_BLOCK_SECTOR_SIZE;
}

/* The cipher of a slot's key, by the passphrase. */
static SectorCipher *slot_cipher(const LuksHeader *h, const LuksSlot *s, const char *pass,
                                 Error **errp)
{
    uint8_t key[LUKS_MAX_KEY];
    SectorCipher *c = NULL;

    if (qcrypto_pbkdf2(h->hash, (const uint8_t *)pass, strlen(pass), s->salt, LUKS_SALT,
                       s->iterations, key, h->key_bytes, errp)) {
        c = qcrypto_sector_cipher_new(&h->spec, key, h->key_bytes, errp);
    }
    explicit_bzero(key, sizeof(key));
    return c;
}

static bool key_digest(const LuksHeader *h, const uint8_t *key, uint8_t *digest, Error **errp)
{
    return qcrypto_pbkdf2(h->hash, key, h->key_bytes, h->digest_salt, LUKS_SALT,
                          h->digest_iterations, digest, LUKS_DIGEST, errp);
}

/* 1: @pass opens slot @n, and @key has the disk's key; 0: it does not; -1 with @errp. */
static int try_slot(const LuksHeader *h, int n, const QCryptoBlockStore *store, const char *pass,
                    uint8_t *key, Error **errp)
{
    const LuksSlot *s = &h->slots[n];
    size_t len = luks_slot_bytes(h);
    g_autofree uint8_t *split = NULL;
    g_autoptr(SectorCipher) c = NULL;
    uint8_t digest[LUKS_DIGEST];

    if (!s->active) {
        return 0;
    }
    split = g_malloc(len);
    c = slot_cipher(h, s, pass, errp);
    if (!c ||
        !store->read(store->opaque, (uint64_t)s->key_sector * QCRYPTO_BLOCK_SECTOR_SIZE, split, len,
                     errp) ||
        !qcrypto_sector_cipher_run(c, false, 0, split, len, errp) ||
        !qcrypto_afmerge(h->hash, h->key_bytes, s->stripes, split, key, errp) ||
        !key_digest(h, key, digest, errp)) {
        return -1;
    }
    explicit_bzero(split, len);
    return !memcmp(digest, h->digest, LUKS_DIGEST);
}

int luks_find_slot(const LuksHeader *h, const QCryptoBlockStore *store, const char *pass,
                   uint8_t *key, Error **errp)
{
    for (int i = 0; i < LUKS_SLOTS; i++) {
        int ret = try_slot(h, i, store, pass, key, errp);

        if (ret) {
            return ret < 0 ? -1 : i;
        }
    }
    error_setg(errp, "Invalid password, cannot unlock any keyslot");
    return -1;
}

static void free_passphrase(char *pass)
{
    qcrypto_secret_free(pass, pass ? strlen(pass) : 0);
}

/* @pass encrypts the key in slot @n; the slot is written, then the header. */
static bool fill_slot(LuksHeader *h, int n, const QCryptoBlockStore *store, const char *pass,
                      const uint8_t *key, uint64_t iter_time, Error **errp)
{
    ERRP_GUARD();
    LuksSlot *s = &h->slots[n];
    size_t len = luks_slot_bytes(h);
    g_autofree uint8_t *split = g_malloc0(len);
    g_autoptr(SectorCipher) c = NULL;
    uint64_t per_second = qcrypto_pbkdf2_count_iters(h->hash, h->key_bytes, errp);
    bool ok;

    if (!per_second || !qcrypto_random_bytes(s->salt, LUKS_SALT, errp)) {
        return false;
    }
    s->active = true;
    s->stripes = LUKS_STRIPES;
    s->iterations = CLAMP(per_second * iter_time / 1000, LUKS_MIN_ITERATIONS, LUKS_MAX_ITERATIONS);
    if (!luks_check_work(h, errp)) {
        error_append_hint(errp, "Give the new key slot a smaller iter-time.\n");
        return false;
    }
    c = slot_cipher(h, s, pass, errp);
    ok = c && qcrypto_afsplit(h->hash, h->key_bytes, s->stripes, key, split, errp) &&
         qcrypto_sector_cipher_run(c, true, 0, split, len, errp) &&
         store->write(store->opaque, (uint64_t)s->key_sector * QCRYPTO_BLOCK_SECTOR_SIZE, split,
                      len, errp);
    explicit_bzero(split, len);
    return ok;
}

static bool write_header(const LuksHeader *h, const QCryptoBlockStore *store, Error **errp)
{
    uint8_t buf[QCRYPTO_BLOCK_LUKS_HEADER_SIZE];

    luks_header_encode(h, buf);
    return store->write(store->opaque, 0, buf, sizeof(buf), errp);
}

static QCryptoBlock *new_block(void)
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

/* g_free() with free_passphrase(). */
static char *get_passphrase(const char *key_secret, const char *option, Error **errp)
{
    if (!key_secret) {
        error_setg(errp, "Parameter '%s' is required for cipher: the id of a secret object",
                   option);
        return NULL;
    }
    return qcrypto_secret_lookup_as_utf8(key_secret, errp);
}

/* Is there everything that the key is used with? */
static bool keep_cipher(QCryptoBlock *b, Error **errp)
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
    g_autoptr(QCryptoBlock) b = new_block();
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
    pass = get_passphrase(key_secret, option, errp);
    if (!pass) {
        return NULL;
    }
    slot = work ? luks_key_work_slot(work, buf, &b->header, store, pass, b->key, errp)
                : luks_find_slot(&b->header, store, pass, b->key, errp);
    free_passphrase(pass);
    if (slot < 0 || !keep_cipher(b, errp)) {
        return NULL;
    }
    return g_steal_pointer(&b);
}

QCryptoBlock *qcrypto_block_aes_open(const char *key_secret, const char *option, Error **errp)
{
    g_autoptr(QCryptoBlock) b = new_block();
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
    pass = get_passphrase(key_secret, option, errp);
    if (!pass) {
        return NULL;
    }
    memcpy(b->key, pass, MIN(strlen(pass), b->header.key_bytes));
    ok = keep_cipher(b, errp);
    free_passphrase(pass);
    return ok ? g_steal_pointer(&b) : NULL;
}

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
    return key_digest(h, key, h->digest, errp);
}

QCryptoBlock *qcrypto_block_luks_create(const QCryptoBlockStore *store,
                                        const QCryptoBlockCreateOptionsLUKS *opts, bool detached,
                                        const char *option, Error **errp)
{
    g_autoptr(QCryptoBlock) b = new_block();
    uint64_t iter_time = opts->has_iter_time ? opts->iter_time : DEFAULT_ITER_TIME;
    LuksHeader *h = &b->header;
    char *pass = get_passphrase(opts->key_secret, option, errp);
    bool ok;

    ok = pass && choose_spec(h, opts, errp) && qcrypto_random_bytes(b->key, h->key_bytes, errp) &&
         keep_cipher(b, errp) && fill_header(h, b->key, iter_time, detached, errp) &&
         fill_slot(h, 0, store, pass, b->key, iter_time, errp) && write_header(h, store, errp);
    free_passphrase(pass);
    return ok ? g_steal_pointer(&b) : NULL;
}

static bool check_keyslot(const QCryptoBlockAmendOptionsLUKS *opts, Error **errp)
{
    if (opts->has_keyslot && (opts->keyslot < 0 || opts->keyslot >= LUKS_SLOTS)) {
        error_setg(errp, "Invalid keyslot %" PRId64 ". Keyslot must be between 0 and %d",
                   opts->keyslot, LUKS_SLOTS - 1);
        return false;
    }
    return true;
}

static int free_slot(const LuksHeader *h, Error **errp)
{
    for (int i = 0; i < LUKS_SLOTS; i++) {
        if (!h->slots[i].active) {
            return i;
        }
    }
    error_setg(errp, "all %d key slots are in use: make one inactive first, or name one by keyslot",
               LUKS_SLOTS);
    return -1;
}

/* Another passphrase. */
static bool add_key(QCryptoBlock *b, const QCryptoBlockStore *store, const char *key_secret,
                    const QCryptoBlockAmendOptionsLUKS *opts, bool force, Error **errp)
{
    LuksHeader h = b->header;
    int slot = opts->has_keyslot ? (int)opts->keyslot : free_slot(&h, errp);
    uint8_t key[LUKS_MAX_KEY];
    char *old = NULL, *new = NULL;
    bool ok = false;

    if (slot < 0) {
        return false;
    }
    if (opts->old_secret) {
        error_setg(errp, "'old-secret' is for key slots that become inactive, not active");
        return false;
    }
    if (h.slots[slot].active && !force) {
        error_setg(errp, "Refusing to overwrite active keyslot %d: make it inactive first", slot);
        return false;
    }
    if (!opts->new_secret) {
        error_setg(errp, "'new-secret' is required to activate a keyslot");
        return false;
    }
    old = get_passphrase(opts->secret ?: key_secret, "key-secret", errp);
    new = old ? get_passphrase(opts->new_secret, "new-secret", errp) : NULL;
    if (new &&luks_find_slot(&h, store, old, key, errp) >= 0) {
        ok = fill_slot(&h, slot, store, new, key,
                       opts->has_iter_time ? opts->iter_time : DEFAULT_ITER_TIME, errp) &&
             write_header(&h, store, errp);
    }
    if (ok) {
        /* Nothing else of the header has changed, and requests read that meanwhile. */
        memcpy(b->header.slots, h.slots, sizeof(h.slots));
    }
    explicit_bzero(key, sizeof(key));
    free_passphrase(old);
    free_passphrase(new);
    return ok;
}

/* Bit n: slot n is meant. 0 with @errp: none is. */
static unsigned slots_to_erase(const LuksHeader *h, const QCryptoBlockStore *store,
                               const QCryptoBlockAmendOptionsLUKS *opts, Error **errp)
{
    uint8_t key[LUKS_MAX_KEY];
    unsigned found = 0;
    char *pass = NULL;

    if (!opts->has_keyslot && !opts->old_secret) {
        error_setg(errp, "'keyslot' or 'old-secret' must say which key slots become inactive");
        return 0;
    }
    if (opts->old_secret) {
        pass = get_passphrase(opts->old_secret, "old-secret", errp);
        if (!pass) {
            return 0;
        }
    }
    for (int i = 0; i < LUKS_SLOTS; i++) {
        int ret = opts->has_keyslot && opts->keyslot != i ? 0
                  : pass                                  ? try_slot(h, i, store, pass, key, errp)
                                                          : h->slots[i].active;

        if (ret < 0) {
            free_passphrase(pass);
            return 0;
        }
        found |= (unsigned)ret << i;
    }
    if (!found) {
        error_setg(errp,
                   opts->old_secret ? "'old-secret' opens none of the key slots"
                                    : "Keyslot %" PRId64 " is already inactive",
                   opts->keyslot);
    }
    explicit_bzero(key, sizeof(key));
    free_passphrase(pass);
    return found;
}

/* The key's place first: an inactive slot whose key is still there could be made active again. */
static bool erase_keys(QCryptoBlock *b, const QCryptoBlockStore *store,
                       const QCryptoBlockAmendOptionsLUKS *opts, bool force, Error **errp)
{
    LuksHeader *h = &b->header;
    size_t len = luks_slot_bytes(h);
    g_autofree uint8_t *noise = g_malloc(len);
    unsigned slots, active = 0;

    if (opts->new_secret || opts->has_iter_time) {
        error_setg(errp, "'%s' is for a key slot that becomes active",
                   opts->new_secret ? "new-secret" : "iter-time");
        return false;
    }
    slots = slots_to_erase(h, store, opts, errp);
    for (int i = 0; i < LUKS_SLOTS; i++) {
        active |= (unsigned)h->slots[i].active << i;
    }
    if (slots && slots == active && !force) {
        error_setg(errp, "Refusing to erase the only active keyslots: nobody could read the image "
                         "any more");
        return false;
    }
    for (int i = 0; i < LUKS_SLOTS; i++) {
        LuksSlot *s = &h->slots[i];

        if (!(slots & 1u << i)) {
            continue;
        }
        if (!qcrypto_random_bytes(noise, len, errp) ||
            !store->write(store->opaque, (uint64_t)s->key_sector * QCRYPTO_BLOCK_SECTOR_SIZE, noise,
                          len, errp)) {
            return false;
        }
        s->active = false;
        s->iterations = 0;
        memset(s->salt, 0, sizeof(s->salt));
        if (!write_header(h, store, errp)) {
            return false;
        }
    }
    return slots;
}

bool qcrypto_block_luks_amend(QCryptoBlock *b, const QCryptoBlockStore *store,
                              const char *key_secret, const QCryptoBlockAmendOptionsLUKS *opts,
                              bool force, Error **errp)
{
    if (!check_keyslot(opts, errp)) {
        return false;
    }
    if (opts->has_iter_time && (opts->iter_time <= 0 || opts->iter_time > 3600 * 1000)) {
        error_setg(errp, "iter-time must be between 1 and 3600000 milliseconds, not %" PRId64,
                   opts->iter_time);
        return false;
    }
    return opts->state == QCRYPTO_BLOCK_LUKS_KEYSLOT_STATE_ACTIVE
               ? add_key(b, store, key_secret, opts, force, errp)
               : erase_keys(b, store, opts, force, errp);
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
