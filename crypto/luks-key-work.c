/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trying passphrases apart from opening. How long that takes is what an image's header asks for, so
 * the main thread must not do it while a machine runs: an open that lacks a key notes what it would
 * try and fails, a worker tries it, and the next attempt to open finds the answer here.
 */
#include "qemu/osdep.h"
#include "block-internal.h"

/* One passphrase and one header. What is found is the answer: */
typedef struct Attempt {
    uint8_t raw[QCRYPTO_BLOCK_LUKS_HEADER_SIZE];
    char *pass;
    LuksMemory memory;
    bool done;
    int slot; /* or -1 with err */
    uint8_t key[LUKS_MAX_KEY];
    Error *err;
} Attempt;

struct QCryptoKeyWork {
    GPtrArray *attempts;
};

static void free_attempt(void *opaque)
{
    Attempt *a = opaque;

    luks_memory_clear(&a->memory);
    luks_free_passphrase(a->pass);
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

    memcpy(a->raw, raw, sizeof(a->raw));
    a->pass = g_strdup(pass);
    g_ptr_array_add(work->attempts, a);
    if (!luks_memory_read_keys(&a->memory, h, store, errp)) {
        g_ptr_array_remove(work->attempts, a);
        return false;
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

void qcrypto_key_work_do(QCryptoKeyWork *work)
{
    for (guint i = 0; i < work->attempts->len; i++) {
        Attempt *a = g_ptr_array_index(work->attempts, i);
        QCryptoBlockStore store = luks_memory_store(&a->memory);

        if (!a->done) {
            a->slot = luks_find_slot(&a->memory.header, &store, a->pass, a->key, &a->err);
            a->done = true;
            luks_memory_clear(&a->memory);
        }
    }
}
