/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing key slots of LUKS 1 (LUKS On-Disk Format Specification 1.2.3, 4.3 to 4.5). In three
 * steps: the first and the last, which read and write the image, in the main thread; the second,
 * which takes seconds, in any.
 */
#include "qemu/osdep.h"
#include "block-internal.h"
#include "crypto/hash.h"

struct QCryptoLuksChange {
    LuksMemory memory; /* its header is as it was before */
    bool activate, force;
    int slot; /* -1: all that @old opens */
    uint64_t iter_time;
    char *now, *old, *new; /* passphrases: what opens a slot, and what is not to or is to */
    Error *err;
};

/* ---- preparing: main thread ---- */

static bool check_options(const QCryptoBlockAmendOptionsLUKS *opts, Error **errp)
{
    if (opts->has_keyslot && (opts->keyslot < 0 || opts->keyslot >= LUKS_SLOTS)) {
        error_setg(errp, "Invalid keyslot %" PRId64 ". Keyslot must be between 0 and %d",
                   opts->keyslot, LUKS_SLOTS - 1);
        return false;
    }
    if (opts->has_iter_time && (opts->iter_time <= 0 || opts->iter_time > 3600 * 1000)) {
        error_setg(errp, "iter-time must be between 1 and 3600000 milliseconds, not %" PRId64,
                   opts->iter_time);
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
static bool prepare_active(QCryptoLuksChange *c, const LuksHeader *h, const char *key_secret,
                           const QCryptoBlockAmendOptionsLUKS *opts, Error **errp)
{
    c->slot = opts->has_keyslot ? (int)opts->keyslot : free_slot(h, errp);
    if (c->slot < 0) {
        return false;
    }
    if (opts->old_secret) {
        error_setg(errp, "'old-secret' is for key slots that become inactive, not active");
        return false;
    }
    if (h->slots[c->slot].active && !c->force) {
        error_setg(errp, "Refusing to overwrite active keyslot %d: make it inactive first",
                   c->slot);
        return false;
    }
    if (!opts->new_secret) {
        error_setg(errp, "'new-secret' is required to activate a keyslot");
        return false;
    }
    c->now = luks_get_passphrase(opts->secret ?: key_secret, "key-secret", errp);
    c->new = c->now ? luks_get_passphrase(opts->new_secret, "new-secret", errp) : NULL;
    return c->new;
}

static bool prepare_inactive(QCryptoLuksChange *c, const QCryptoBlockAmendOptionsLUKS *opts,
                             Error **errp)
{
    if (opts->new_secret || opts->has_iter_time) {
        error_setg(errp, "'%s' is for a key slot that becomes active",
                   opts->new_secret ? "new-secret" : "iter-time");
        return false;
    }
    if (!opts->has_keyslot && !opts->old_secret) {
        error_setg(errp, "'keyslot' or 'old-secret' must say which key slots become inactive");
        return false;
    }
    c->slot = opts->has_keyslot ? (int)opts->keyslot : -1;
    if (opts->old_secret) {
        c->old = luks_get_passphrase(opts->old_secret, "old-secret", errp);
    }
    return !opts->old_secret || c->old;
}

QCryptoLuksChange *qcrypto_luks_change_prepare(const QCryptoBlock *block,
                                               const QCryptoBlockStore *store,
                                               const char *key_secret,
                                               const QCryptoBlockAmendOptionsLUKS *opts, bool force,
                                               Error **errp)
{
    g_autoptr(QCryptoLuksChange) c = g_new0(QCryptoLuksChange, 1);
    const LuksHeader *h = &block->header;

    c->activate = opts->state == QCRYPTO_BLOCK_LUKS_KEYSLOT_STATE_ACTIVE;
    c->force = force;
    c->iter_time = opts->has_iter_time ? opts->iter_time : LUKS_ITER_TIME;
    if (!check_options(opts, errp) ||
        !(c->activate ? prepare_active(c, h, key_secret, opts, errp)
                      : prepare_inactive(c, opts, errp)) ||
        !luks_memory_read_keys(&c->memory, h, store, errp)) {
        return NULL;
    }
    return g_steal_pointer(&c);
}

/* ---- the work: any thread ---- */

static bool add_key(QCryptoLuksChange *c, const QCryptoBlockStore *store, Error **errp)
{
    LuksHeader h = c->memory.header;
    uint8_t key[LUKS_MAX_KEY];
    bool ok = luks_find_slot(&h, store, c->now, key, errp) >= 0 &&
              luks_fill_slot(&h, c->slot, store, c->new, key, c->iter_time, errp) &&
              luks_write_header(&h, store, errp);

    explicit_bzero(key, sizeof(key));
    return ok;
}

/* Bit n: slot n is meant. 0 with @errp: none is. */
static unsigned slots_to_erase(QCryptoLuksChange *c, const QCryptoBlockStore *store, Error **errp)
{
    const LuksHeader *h = &c->memory.header;
    uint8_t key[LUKS_MAX_KEY];
    unsigned found = 0;
    int ret = 0;

    for (int i = 0; i < LUKS_SLOTS && ret >= 0; i++) {
        ret = c->slot >= 0 && c->slot != i ? 0
              : c->old                     ? luks_try_slot(h, i, store, c->old, key, errp)
                                           : h->slots[i].active;
        found |= ret > 0 ? 1u << i : 0;
    }
    explicit_bzero(key, sizeof(key));
    if (ret < 0) {
        return 0;
    }
    if (!found) {
        error_setg(errp,
                   c->old ? "'old-secret' opens none of the key slots"
                          : "Keyslot %d is already inactive",
                   c->slot);
    }
    return found;
}

/* The key's place first: an inactive slot whose key is still there could be made active again. */
static bool erase_key(LuksHeader *h, int n, const QCryptoBlockStore *store, Error **errp)
{
    LuksSlot *s = &h->slots[n];
    size_t len = luks_slot_bytes(h);
    g_autofree uint8_t *noise = g_malloc(len);

    if (!qcrypto_random_bytes(noise, len, errp) ||
        !store->write(store->opaque, (uint64_t)s->key_sector * QCRYPTO_BLOCK_SECTOR_SIZE, noise,
                      len, errp)) {
        return false;
    }
    s->active = false;
    s->iterations = 0;
    memset(s->salt, 0, sizeof(s->salt));
    return luks_write_header(h, store, errp);
}

static bool erase_keys(QCryptoLuksChange *c, const QCryptoBlockStore *store, Error **errp)
{
    LuksHeader h = c->memory.header;
    unsigned slots = slots_to_erase(c, store, errp), active = 0;

    for (int i = 0; i < LUKS_SLOTS; i++) {
        active |= (unsigned)h.slots[i].active << i;
    }
    if (slots && slots == active && !c->force) {
        error_setg(errp, "Refusing to erase the only active keyslots: nobody could read the image "
                         "any more");
        return false;
    }
    for (int i = 0; i < LUKS_SLOTS; i++) {
        if ((slots & 1u << i) && !erase_key(&h, i, store, errp)) {
            return false;
        }
    }
    return slots;
}

void qcrypto_luks_change_make(QCryptoLuksChange *c)
{
    QCryptoBlockStore store = luks_memory_store(&c->memory);

    if (c->activate) {
        add_key(c, &store, &c->err);
    } else {
        erase_keys(c, &store, &c->err);
    }
}

/* ---- the end: main thread ---- */

bool qcrypto_luks_change_write(QCryptoLuksChange *c, QCryptoBlock *block,
                               const QCryptoBlockStore *store, Error **errp)
{
    uint8_t before[QCRYPTO_BLOCK_LUKS_HEADER_SIZE], now[QCRYPTO_BLOCK_LUKS_HEADER_SIZE];

    if (c->err) {
        error_propagate(errp, g_steal_pointer(&c->err));
        return false;
    }
    luks_header_encode(&c->memory.header, before);
    luks_header_encode(&block->header, now);
    if (memcmp(before, now, sizeof(now))) {
        error_setg(errp, "Key slots have been changed meanwhile: try again");
        return false;
    }
    return luks_memory_write_out(&c->memory, store, &block->header, errp);
}

void qcrypto_luks_change_free(QCryptoLuksChange *c)
{
    if (c) {
        luks_memory_clear(&c->memory);
        luks_free_passphrase(c->now);
        luks_free_passphrase(c->old);
        luks_free_passphrase(c->new);
        error_free(c->err);
        g_free(c);
    }
}

bool qcrypto_block_luks_amend(QCryptoBlock *block, const QCryptoBlockStore *store,
                              const char *key_secret, const QCryptoBlockAmendOptionsLUKS *opts,
                              bool force, Error **errp)
{
    g_autoptr(QCryptoLuksChange) c =
        qcrypto_luks_change_prepare(block, store, key_secret, opts, force, errp);

    if (!c) {
        return false;
    }
    qcrypto_luks_change_make(c);
    return qcrypto_luks_change_write(c, block, store, errp);
}
