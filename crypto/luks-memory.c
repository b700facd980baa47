/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker has of a header, as it must not touch an image: keys as the image has them, read
 * before, and what it writes, which is done when it has ended. One thread at a time.
 */
#include "qemu/osdep.h"
#include "block-internal.h"
#include "crypto/secret.h"

typedef struct Write {
    uint64_t offset;
    size_t len;
    uint8_t data[];
} Write;

bool luks_memory_read_keys(LuksMemory *m, const LuksHeader *h, const QCryptoBlockStore *store,
                           Error **errp)
{
    size_t len = luks_slot_bytes(h);

    m->header = *h;
    for (int i = 0; i < LUKS_SLOTS; i++) {
        if (!h->slots[i].active) {
            continue;
        }
        m->keys[i] = g_malloc(len);
        if (!store->read(store->opaque,
                         (uint64_t)h->slots[i].key_sector * QCRYPTO_BLOCK_SECTOR_SIZE, m->keys[i],
                         len, errp)) {
            return false;
        }
    }
    return true;
}

static bool memory_read(void *opaque, uint64_t offset, void *buf, size_t len, Error **errp)
{
    LuksMemory *m = opaque;

    for (int i = 0; i < LUKS_SLOTS; i++) {
        if (m->keys[i] &&
            (uint64_t)m->header.slots[i].key_sector * QCRYPTO_BLOCK_SECTOR_SIZE == offset &&
            len == luks_slot_bytes(&m->header)) {
            memcpy(buf, m->keys[i], len);
            return true;
        }
    }
    error_setg(errp, "Nothing was read from offset %" PRIu64 " of the encryption header", offset);
    return false;
}

static bool memory_write(void *opaque, uint64_t offset, const void *buf, size_t len, Error **errp)
{
    LuksMemory *m = opaque;
    Write *w = g_malloc(sizeof(*w) + len);

    w->offset = offset;
    w->len = len;
    memcpy(w->data, buf, len);
    if (!m->writes) {
        m->writes = g_ptr_array_new_with_free_func(g_free);
    }
    g_ptr_array_add(m->writes, w);
    return true;
}

QCryptoBlockStore luks_memory_store(LuksMemory *m)
{
    return (QCryptoBlockStore){memory_read, memory_write, m};
}

bool luks_memory_write_out(const LuksMemory *m, const QCryptoBlockStore *store, LuksHeader *h,
                           Error **errp)
{
    for (guint i = 0; m->writes && i < m->writes->len; i++) {
        const Write *w = g_ptr_array_index(m->writes, i);
        LuksHeader now;

        if (!store->write(store->opaque, w->offset, w->data, w->len, errp)) {
            return false;
        }
        if (h && !w->offset && luks_header_decode(&now, w->data, NULL)) {
            /* Nothing else of the header has changed, and requests read that meanwhile. */
            memcpy(h->slots, now.slots, sizeof(h->slots));
        }
    }
    return true;
}

void luks_memory_clear(LuksMemory *m)
{
    for (int i = 0; i < LUKS_SLOTS; i++) {
        g_clear_pointer(&m->keys[i], g_free);
    }
    g_clear_pointer(&m->writes, g_ptr_array_unref);
}

/* ---- passphrases ---- */

void luks_free_passphrase(char *pass)
{
    qcrypto_secret_free(pass, pass ? strlen(pass) : 0);
}

char *luks_get_passphrase(const char *key_secret, const char *option, Error **errp)
{
    if (!key_secret) {
        error_setg(errp, "Parameter '%s' is required for cipher: the id of a secret object",
                   option);
        return NULL;
    }
    return qcrypto_secret_lookup_as_utf8(key_secret, errp);
}
