/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The splitter against forensics (LUKS On-Disk Format Specification 1.2.3, 2.4): a small key
 * becomes so much data that a disk does not keep all of it by chance once it is overwritten.
 */
#include "qemu/osdep.h"
#include "block-internal.h"
#include "crypto/hash.h"
#include "qemu/bswap.h"

static void xor_into(uint8_t *dest, const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        dest[i] = a[i] ^ b[i];
    }
}

/* Each piece of a digest's length becomes the digest of its number and itself. */
static bool diffuse(QCryptoHashAlgo hash, uint8_t *buf, size_t len, Error **errp)
{
    size_t step = qcrypto_hash_digest_len(hash);

    for (size_t done = 0; done < len; done += step) {
        uint8_t in[4 + QCRYPTO_HASH_MAX_LEN], out[QCRYPTO_HASH_MAX_LEN];
        size_t n = MIN(step, len - done);

        stl_be_p(in, done / step);
        memcpy(in + 4, buf + done, n);
        if (!qcrypto_hash(hash, in, 4 + n, out, errp)) {
            return false;
        }
        memcpy(buf + done, out, n);
    }
    return true;
}

bool qcrypto_afsplit(QCryptoHashAlgo hash, size_t len, uint32_t stripes, const uint8_t *key,
                     uint8_t *split, Error **errp)
{
    uint8_t d[LUKS_MAX_KEY] = {0};
    uint8_t *last = split + (stripes - 1) * len;

    for (uint32_t i = 0; i + 1 < stripes; i++) {
        uint8_t *s = split + i * len;

        if (!qcrypto_random_bytes(s, len, errp)) {
            return false;
        }
        xor_into(d, d, s, len);
        if (!diffuse(hash, d, len, errp)) {
            return false;
        }
    }
    xor_into(last, d, key, len);
    explicit_bzero(d, sizeof(d));
    return true;
}

bool qcrypto_afmerge(QCryptoHashAlgo hash, size_t len, uint32_t stripes, const uint8_t *split,
                     uint8_t *key, Error **errp)
{
    memset(key, 0, len);
    for (uint32_t i = 0; i + 1 < stripes; i++) {
        xor_into(key, key, split + i * len, len);
        if (!diffuse(hash, key, len, errp)) {
            return false;
        }
    }
    xor_into(key, key, split + (stripes - 1) * len, len);
    return true;
}
