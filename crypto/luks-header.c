/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of LUKS 1 as bytes (LUKS On-Disk Format Specification 1.2.3, 3.1): big-endian. */
#include "qemu/osdep.h"
#include "block-internal.h"
#include "qapi/util.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"

#define LUKS_MAGIC    "LUKS\xba\xbe"
#define SLOT_INACTIVE 0x0000dead
#define SLOT_ACTIVE   0x00ac71f3

/* Offsets of fields. */
enum {
    F_MAGIC = 0,
    F_VERSION = 6,
    F_CIPHER = 8,
    F_MODE = 40,
    F_HASH = 72,
    F_PAYLOAD = 104,
    F_KEY_BYTES = 108,
    F_DIGEST = 112,
    F_DIGEST_SALT = 132,
    F_DIGEST_ITERATIONS = 164,
    F_UUID = 168,
    F_SLOTS = 208,
    SLOT_SIZE = 48,
    S_STATE = 0,
    S_ITERATIONS = 4,
    S_SALT = 8,
    S_KEY = 40,
    S_STRIPES = 44,
    NAME_LEN = 32,
};

/* The families of ciphers as the header names them. */
static const struct {
    const char *name;
    QCryptoCipherAlgo alg;
} ciphers[] = {
    {"aes", QCRYPTO_CIPHER_ALGO_AES_128},
    {"aes", QCRYPTO_CIPHER_ALGO_AES_192},
    {"aes", QCRYPTO_CIPHER_ALGO_AES_256},
    {"cast5", QCRYPTO_CIPHER_ALGO_CAST5_128},
    {"serpent", QCRYPTO_CIPHER_ALGO_SERPENT_128},
    {"serpent", QCRYPTO_CIPHER_ALGO_SERPENT_192},
    {"serpent", QCRYPTO_CIPHER_ALGO_SERPENT_256},
    {"twofish", QCRYPTO_CIPHER_ALGO_TWOFISH_128},
    {"twofish", QCRYPTO_CIPHER_ALGO_TWOFISH_192},
    {"twofish", QCRYPTO_CIPHER_ALGO_TWOFISH_256},
    {"sm4", QCRYPTO_CIPHER_ALGO_SM4},
};

bool qcrypto_block_luks_probe(const uint8_t *buf, size_t len)
{
    return len >= F_VERSION + 2 && !memcmp(buf, LUKS_MAGIC, 6) && lduw_be_p(buf + F_VERSION) == 1;
}

static bool decode_name(const uint8_t *field, const char *what, char *name, Error **errp)
{
    if (!memchr(field, 0, NAME_LEN)) {
        error_setg(errp, "LUKS header: the name of the %s has no end", what);
        return false;
    }
    for (int i = 0; i < NAME_LEN; i++) {
        name[i] = field[i];
        if (field[i] && !g_ascii_isprint(field[i])) {
            error_setg(errp, "LUKS header: the name of the %s is no text", what);
            return false;
        }
    }
    return true;
}

static bool decode_enum(const QEnumLookup *lookup, const char *name, const char *what, int *value,
                        Error **errp)
{
    *value = qapi_enum_parse(lookup, name, -1, NULL);
    if (*value < 0) {
        error_setg(errp, "LUKS header: the %s '%s' is not known", what, name);
    }
    return *value >= 0;
}

/* "xts-plain64", "cbc-essiv:sha256" */
static bool decode_mode(SectorCipherSpec *spec, char *text, Error **errp)
{
    char *ivgen = strchr(text, '-'), *hash;
    int value;

    if (!ivgen) {
        error_setg(errp, "LUKS header: the cipher mode '%s' does not say how sectors differ", text);
        return false;
    }
    *ivgen++ = 0;
    hash = strchr(ivgen, ':');
    if (hash) {
        *hash++ = 0;
        if (!decode_enum(&QCryptoHashAlgo_lookup, hash, "digest", &value, errp)) {
            return false;
        }
        spec->ivgen_hash = value;
    }
    if (!decode_enum(&QCryptoCipherMode_lookup, text, "cipher mode", &value, errp)) {
        return false;
    }
    spec->mode = value;
    if (!decode_enum(&QCryptoIVGenAlgo_lookup, ivgen, "generator of initialization vectors", &value,
                     errp)) {
        return false;
    }
    spec->ivgen = value;
    if (spec->ivgen == QCRYPTO_IV_GEN_ALGO_ESSIV && !hash) {
        error_setg(errp, "LUKS header: essiv has no digest");
        return false;
    }
    return true;
}

static bool decode_cipher(LuksHeader *h, const char *name, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++) {
        if (!strcmp(ciphers[i].name, name) &&
            qcrypto_cipher_get_key_len(ciphers[i].alg, h->spec.mode) == h->key_bytes) {
            h->spec.cipher = ciphers[i].alg;
            return true;
        }
    }
    error_setg(errp, "LUKS header: there is no cipher '%s' in mode '%s' with a key of %u bytes",
               name, QCryptoCipherMode_str(h->spec.mode), h->key_bytes);
    return false;
}

uint32_t luks_slot_sectors(const LuksHeader *h)
{
    return DIV_ROUND_UP(h->key_bytes * LUKS_STRIPES, QCRYPTO_BLOCK_SECTOR_SIZE);
}

static bool check_iterations(uint32_t n, const char *what, Error **errp)
{
    if (!n || n > LUKS_MAX_ITERATIONS) {
        error_setg(errp, "LUKS header: %u iterations of the %s are not between 1 and %u", n, what,
                   LUKS_MAX_ITERATIONS);
        return false;
    }
    return true;
}

bool luks_check_work(const LuksHeader *h, Error **errp)
{
    uint64_t work = 0;

    for (int i = 0; i < LUKS_SLOTS; i++) {
        if (h->slots[i].active) {
            work += (uint64_t)h->slots[i].iterations + h->digest_iterations;
        }
    }
    if (work > LUKS_MAX_WORK) {
        error_setg(errp,
                   "LUKS header: trying a passphrase on all key slots takes %" PRIu64
                   " iterations, more than %u",
                   work, LUKS_MAX_WORK);
    }
    return work <= LUKS_MAX_WORK;
}

static bool check_slot(const LuksHeader *h, int n, Error **errp)
{
    const LuksSlot *s = &h->slots[n];
    uint64_t end = (uint64_t)s->key_sector + luks_slot_sectors(h);

    if (s->active && s->stripes != LUKS_STRIPES) {
        error_setg(errp, "LUKS header: key slot %d has %u stripes, not %u", n, s->stripes,
                   LUKS_STRIPES);
        return false;
    }
    if (s->active && !check_iterations(s->iterations, "passphrase", errp)) {
        return false;
    }
    if ((uint64_t)s->key_sector * QCRYPTO_BLOCK_SECTOR_SIZE < QCRYPTO_BLOCK_LUKS_HEADER_SIZE ||
        (h->payload_sector && end > h->payload_sector)) {
        error_setg(errp, "LUKS header: key slot %d is in the header or in the data", n);
        return false;
    }
    for (int i = 0; i < n; i++) {
        if (s->key_sector < (uint64_t)h->slots[i].key_sector + luks_slot_sectors(h) &&
            h->slots[i].key_sector < end) {
            error_setg(errp, "LUKS header: key slots %d and %d overlap", i, n);
            return false;
        }
    }
    return true;
}

static bool decode_slot(LuksHeader *h, int n, const uint8_t *buf, Error **errp)
{
    LuksSlot *s = &h->slots[n];
    uint32_t state = ldl_be_p(buf + S_STATE);

    if (state != SLOT_ACTIVE && state != SLOT_INACTIVE) {
        error_setg(errp, "LUKS header: the state of key slot %d is 0x%x, neither active nor not", n,
                   state);
        return false;
    }
    s->active = state == SLOT_ACTIVE;
    s->iterations = ldl_be_p(buf + S_ITERATIONS);
    memcpy(s->salt, buf + S_SALT, LUKS_SALT);
    s->key_sector = ldl_be_p(buf + S_KEY);
    s->stripes = ldl_be_p(buf + S_STRIPES);
    return check_slot(h, n, errp);
}

bool luks_header_decode(LuksHeader *h, const uint8_t *buf, Error **errp)
{
    char cipher[NAME_LEN], mode[NAME_LEN], hash[NAME_LEN];
    int value;

    if (memcmp(buf, LUKS_MAGIC, 6)) {
        error_setg(errp, "this is no LUKS header");
        return false;
    }
    if (lduw_be_p(buf + F_VERSION) != 1) {
        error_setg(errp, "LUKS version %u is not supported, only version 1",
                   lduw_be_p(buf + F_VERSION));
        return false;
    }
    if (!decode_name(buf + F_CIPHER, "cipher", cipher, errp) ||
        !decode_name(buf + F_MODE, "cipher mode", mode, errp) ||
        !decode_name(buf + F_HASH, "digest", hash, errp)) {
        return false;
    }
    h->payload_sector = ldl_be_p(buf + F_PAYLOAD);
    h->key_bytes = ldl_be_p(buf + F_KEY_BYTES);
    memcpy(h->digest, buf + F_DIGEST, LUKS_DIGEST);
    memcpy(h->digest_salt, buf + F_DIGEST_SALT, LUKS_SALT);
    h->digest_iterations = ldl_be_p(buf + F_DIGEST_ITERATIONS);
    memcpy(h->uuid, buf + F_UUID, sizeof(h->uuid));
    h->uuid[sizeof(h->uuid) - 1] = 0;
    if (!g_utf8_validate(h->uuid, -1, NULL)) {
        error_setg(errp, "LUKS header: the UUID is no text");
        return false;
    }
    if (!decode_enum(&QCryptoHashAlgo_lookup, hash, "digest", &value, errp)) {
        return false;
    }
    h->hash = value;
    if (!decode_mode(&h->spec, mode, errp) || !decode_cipher(h, cipher, errp) ||
        !check_iterations(h->digest_iterations, "key's digest", errp)) {
        return false;
    }
    for (int i = 0; i < LUKS_SLOTS; i++) {
        if (!decode_slot(h, i, buf + F_SLOTS + i * SLOT_SIZE, errp)) {
            return false;
        }
    }
    return luks_check_work(h, errp);
}

static const char *cipher_name(QCryptoCipherAlgo alg)
{
    for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++) {
        if (ciphers[i].alg == alg) {
            return ciphers[i].name;
        }
    }
    return NULL;
}

void luks_header_encode(const LuksHeader *h, uint8_t *buf)
{
    bool essiv = h->spec.ivgen == QCRYPTO_IV_GEN_ALGO_ESSIV;

    memset(buf, 0, QCRYPTO_BLOCK_LUKS_HEADER_SIZE);
    memcpy(buf, LUKS_MAGIC, 6);
    stw_be_p(buf + F_VERSION, 1);
    pstrcpy((char *)buf + F_CIPHER, NAME_LEN, cipher_name(h->spec.cipher));
    snprintf((char *)buf + F_MODE, NAME_LEN, "%s-%s%s%s", QCryptoCipherMode_str(h->spec.mode),
             QCryptoIVGenAlgo_str(h->spec.ivgen), essiv ? ":" : "",
             essiv ? QCryptoHashAlgo_str(h->spec.ivgen_hash) : "");
    pstrcpy((char *)buf + F_HASH, NAME_LEN, QCryptoHashAlgo_str(h->hash));
    stl_be_p(buf + F_PAYLOAD, h->payload_sector);
    stl_be_p(buf + F_KEY_BYTES, h->key_bytes);
    memcpy(buf + F_DIGEST, h->digest, LUKS_DIGEST);
    memcpy(buf + F_DIGEST_SALT, h->digest_salt, LUKS_SALT);
    stl_be_p(buf + F_DIGEST_ITERATIONS, h->digest_iterations);
    memcpy(buf + F_UUID, h->uuid, sizeof(h->uuid));
    for (int i = 0; i < LUKS_SLOTS; i++) {
        const LuksSlot *s = &h->slots[i];
        uint8_t *p = buf + F_SLOTS + i * SLOT_SIZE;

        stl_be_p(p + S_STATE, s->active ? SLOT_ACTIVE : SLOT_INACTIVE);
        stl_be_p(p + S_ITERATIONS, s->iterations);
        memcpy(p + S_SALT, s->salt, LUKS_SALT);
        stl_be_p(p + S_KEY, s->key_sector);
        stl_be_p(p + S_STRIPES, s->stripes);
    }
}
