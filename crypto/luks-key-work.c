/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trying passphrases apart from opening. How long that takes is what an image's header asks for, so
 * the main thread must not do it while a machine runs: an open that lacks a key notes what it would
 * try and fails, a worker tries it, and the next attempt to open finds the answer here.
 */
#include "qemu/osdep.h"
#include "block-internal.h"
#include "crypto/secret.h"

/* One passphrase and one header. What is found is the answer: */
typedef struct Attempt {
    uint8_t raw[QCRYPTO_BLOCK_LUKS_HEADER_SIZE];
    char *pass;
    LuksHeader header;
    uint8_t *keys[LUKS_SLOTS]; /* as the image has them, encrypted; NULL: inactive */
    bool done;
    int slot; /* or -1 with err */
    uint8_t key[LUKS_MAX_KEY];
    Error *err;
} Attempt;

struct QCryptoKeyWork {
    GPtrArray *attempts;
};

static void free_keys(Attempt *a)
{
    for (int i = 0; i < LUKS_SLOTS; i++) {
        g_clear_pointer(&a->keys[i], g_free);
    }
}

static void free_attempt(void *opaque)
{
    Attempt *a = opaque;

    free_keys(a);
    qcrypto_secret_free(a->pass, strlen(a->pass));
    explicit_bzero(a->key, sizeof(a->key));
    error_free(a->err);
    g_free(a);
}

QCryptoKeyWork *qcrypto_key_work_new(void)
{
    QCryptoKeyWork *work = g_new0(QCryptoKeyWork, 1);

    work->attempts = g_ptr_array_new_with_free_func(free_attempt);
    return work;
}

void qcrypto_key_work_free(QCryptoKeyWork *work)
{
    if (work) {
        g_ptr_array_unref(work->attempts);
        g_free(work);
    }
}

static Attempt *find_attempt(const QCryptoKeyWork *work, const uint8_t *raw, const char *pass)
{
    for (guint i = 0; i < work->attempts->len; i++) {
        Attempt *a = g_ptr_array_index(work->attempts, i);

        if (!memcmp(a->raw, raw, sizeof(a->raw)) && !strcmp(a->pass, pass)) {
            return a;
        }
    }
    return NULL;
}

/* All that a worker needs, as it cannot read the image. */
static bool note_attempt(QCryptoKeyWork *work, const uint8_t *raw, const LuksHeader *h,
                         const QCryptoBlockStore *store, const char *pass, Error **errp)
{
    Attempt *a = g_new0(Attempt, 1);
    size_t len = luks_slot_bytes(h);

    memcpy(a->raw, raw, sizeof(a->raw));
    a->header = *h;
    a->pass = g_strdup(pass);
    g_ptr_array_add(work->attempts, a);
    for (int i = 0; i < LUKS_SLOTS; i++) {
        if (!h->slots[i].active) {
            continue;
        }
        a->keys[i] = g_malloc(len);
        if (!store->read(store->opaque,
                         (uint64_t)h->slots[i].key_sector * QCRYPTO_BLOCK_SECTOR_SIZE, a->keys[i],
                         len, errp)) {
            g_ptr_array_remove(work->attempts, a);
            return false;
        }
    }
    return true;
}

int luks_key_work_slot(QCryptoKeyWork *work, const uint8_t *raw, const LuksHeader *h,
                       const QCryptoBlockStore *store, const char *pass, uint8_t *key, Error **errp)
{
    Attempt *a = find_attempt(work, raw, pass);

    if (!a) {
        if (note_attempt(work, raw, h, store, pass, errp)) {
            error_setg(errp, "The passphrase has not been tried on the key slots yet");
        }
        return -1;
    }
    if (a->err) {
        error_propagate(errp, error_copy(a->err));
        return -1;
    }
    memcpy(key, a->key, sizeof(a->key));
    return a->slot;
}

bool qcrypto_key_work_pending(const QCryptoKeyWork *work)
{
    for (guint i = 0; i < work->attempts->len; i++) {
        const Attempt *a = g_ptr_array_index(work->attempts, i);

        if (!a->done) {
            return true;
        }
    }
    return false;
}

/* The store of a worker: slots' keys, of an Attempt. */
static bool read_noted(void *opaque, uint64_t offset, void *buf, size_t len, Error **errp)
{
    Attempt *a = opaque;

    for (int i = 0; i < LUKS_SLOTS; i++) {
        if (a->keys[i] &&
            (uint64_t)a->header.slots[i].key_sector * QCRYPTO_BLOCK_SECTOR_SIZE == offset &&
            len == luks_slot_bytes(&a->header)) {
            memcpy(buf, a->keys[i], len);
            return true;
        }
    }
    error_setg(errp, "Nothing was read from offset %" PRIu64 " of the encryption header", offset);
    return false;
}

void qcrypto_key_work_do(QCryptoKeyWork *work)
{
    for (guint i = 0; i < work->attempts->len; i++) {
        Attempt *a = g_ptr_array_index(work->attempts, i);
        QCryptoBlockStore store = {read_noted, NULL, a};

        if (!a->done) {
            a->slot = luks_find_slot(&a->header, &store, a->pass, a->key, &a->err);
            a->done = true;
            free_keys(a);
        }
    }
}
