/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Key slots of LUKS 1 (LUKS On-Disk Format Specification 1.2.3, 2.2 and 4): the disk's key,
 * encrypted by a passphrase. Any thread; what takes long is the work that a slot's iterations ask
 * for.
 */
#include "qemu/osdep.h"
#include "block-internal.h"
#include "crypto/hash.h"

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

bool luks_key_digest(const LuksHeader *h, const uint8_t *key, uint8_t *digest, Error **errp)
{
    return qcrypto_pbkdf2(h->hash, key, h->key_bytes, h->digest_salt, LUKS_SALT,
                          h->digest_iterations, digest, LUKS_DIGEST, errp);
}

int luks_try_slot(const LuksHeader *h, int n, const QCryptoBlockStore *store, const char *pass,
                  uint8_t *key, Error **errp)
{
    const LuksSlot *s = &h->slots[n];
    size_t len = luks_slot_bytes(h);
    g_autofree uint8_t *split = NULL;
    g_autoptr(SectorCipher) c = NULL;
    uint8_t digest[LUKS_DIGEST];
    bool ok;

    if (!s->active) {
        return 0;
    }
    split = g_malloc(len);
    c = slot_cipher(h, s, pass, errp);
    ok = c &&
         store->read(store->opaque, (uint64_t)s->key_sector * QCRYPTO_BLOCK_SECTOR_SIZE, split, len,
                     errp) &&
         qcrypto_sector_cipher_run(c, false, 0, split, len, errp) &&
         qcrypto_afmerge(h->hash, h->key_bytes, s->stripes, split, key, errp) &&
         luks_key_digest(h, key, digest, errp);
    explicit_bzero(split, len);
    return ok ? !memcmp(digest, h->digest, LUKS_DIGEST) : -1;
}

int luks_find_slot(const LuksHeader *h, const QCryptoBlockStore *store, const char *pass,
                   uint8_t *key, Error **errp)
{
    for (int i = 0; i < LUKS_SLOTS; i++) {
        int ret = luks_try_slot(h, i, store, pass, key, errp);

        if (ret) {
            return ret < 0 ? -1 : i;
        }
    }
    error_setg(errp, "Invalid password, cannot unlock any keyslot");
    return -1;
}

bool luks_fill_slot(LuksHeader *h, int n, const QCryptoBlockStore *store, const char *pass,
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

bool luks_write_header(const LuksHeader *h, const QCryptoBlockStore *store, Error **errp)
{
    uint8_t buf[QCRYPTO_BLOCK_LUKS_HEADER_SIZE];

    luks_header_encode(h, buf);
    return store->write(store->opaque, 0, buf, sizeof(buf), errp);
}
