/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of disk encryption. */
#ifndef CRYPTO_BLOCK_INTERNAL_H
#define CRYPTO_BLOCK_INTERNAL_H

#include "crypto/block.h"
#include "crypto/cipher.h"
#include "qemu/thread.h"

/* How sectors are encrypted. */
typedef struct SectorCipherSpec {
    QCryptoCipherAlgo cipher;
    QCryptoCipherMode mode;
    QCryptoIVGenAlgo ivgen;
    QCryptoHashAlgo ivgen_hash; /* essiv */
} SectorCipherSpec;

/* A key in use. Belongs to one thread at a time. */
typedef struct SectorCipher SectorCipher;

SectorCipher *qcrypto_sector_cipher_new(const SectorCipherSpec *spec, const uint8_t *key,
                                        size_t nkey, Error **errp);
void qcrypto_sector_cipher_free(SectorCipher *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SectorCipher, qcrypto_sector_cipher_free)
/* Sectors from number @sector on, in place. */
bool qcrypto_sector_cipher_run(SectorCipher *c, bool encrypt, uint64_t sector, uint8_t *buf,
                               size_t len, Error **errp);

/*
 * The splitter against forensics (LUKS specification, 2.4): @stripes pieces of @len bytes, all of
 * which are needed to get @key again.
 */
bool qcrypto_afsplit(QCryptoHashAlgo hash, size_t len, uint32_t stripes, const uint8_t *key,
                     uint8_t *split, Error **errp);
bool qcrypto_afmerge(QCryptoHashAlgo hash, size_t len, uint32_t stripes, const uint8_t *split,
                     uint8_t *key, Error **errp);

#define LUKS_SLOTS   8
#define LUKS_STRIPES 4000
#define LUKS_DIGEST  20
#define LUKS_SALT    32
/* No key that is known is longer: two of 256 bits. */
#define LUKS_MAX_KEY 64
/* More of them would take minutes: no passphrase is meant to be tried for so long. */
#define LUKS_MAX_ITERATIONS (1u << 26)
/* All of a header together, for one passphrase that opens the last slot, or none. */
#define LUKS_MAX_WORK       (1u << 27)
#define LUKS_MIN_ITERATIONS 1000
/* Milliseconds that trying a passphrase takes, unless the user wants something else. */
#define LUKS_ITER_TIME 2000

typedef struct LuksSlot {
    bool active;
    uint32_t iterations;
    uint8_t salt[LUKS_SALT];
    uint32_t key_sector;
    uint32_t stripes;
} LuksSlot;

/* The header, decoded. */
typedef struct LuksHeader {
    SectorCipherSpec spec;
    QCryptoHashAlgo hash;
    uint32_t payload_sector;
    uint32_t key_bytes;
    uint8_t digest[LUKS_DIGEST];
    uint8_t digest_salt[LUKS_SALT];
    uint32_t digest_iterations;
    char uuid[40];
    LuksSlot slots[LUKS_SLOTS];
} LuksHeader;

bool luks_header_decode(LuksHeader *h, const uint8_t *buf, Error **errp);
void luks_header_encode(const LuksHeader *h, uint8_t *buf);
/* Sectors that a slot's key takes. */
uint32_t luks_slot_sectors(const LuksHeader *h);
size_t luks_slot_bytes(const LuksHeader *h);
/* Can a passphrase be tried on all slots in a time that somebody would wait? */
bool luks_check_work(const LuksHeader *h, Error **errp);

/* What proves that @key is the disk's. */
bool luks_key_digest(const LuksHeader *h, const uint8_t *key, uint8_t *digest, Error **errp);
/* 1: @pass opens slot @n, and @key has the disk's key; 0: it does not; -1 with @errp. Any thread.
 */
int luks_try_slot(const LuksHeader *h, int n, const QCryptoBlockStore *store, const char *pass,
                  uint8_t *key, Error **errp);
/* The slot that @pass opens, and in @key the disk's; -1 with @errp if there is none. Any thread. */
int luks_find_slot(const LuksHeader *h, const QCryptoBlockStore *store, const char *pass,
                   uint8_t *key, Error **errp);
/* @pass encrypts the key in slot @n, which is written; the header is not yet. Any thread. */
bool luks_fill_slot(LuksHeader *h, int n, const QCryptoBlockStore *store, const char *pass,
                    const uint8_t *key, uint64_t iter_time, Error **errp);
bool luks_write_header(const LuksHeader *h, const QCryptoBlockStore *store, Error **errp);

/* luks_free_passphrase() it. @option: where @key_secret comes from. Main thread. */
char *luks_get_passphrase(const char *key_secret, const char *option, Error **errp);
void luks_free_passphrase(char *pass);

/* A header without an image, for workers: see luks-memory.c. */
typedef struct LuksMemory {
    LuksHeader header;         /* where @keys are */
    uint8_t *keys[LUKS_SLOTS]; /* as the image has them; NULL: inactive */
    GPtrArray *writes;         /* in their order; NULL: none */
} LuksMemory;

/* Keep @h, and read the keys of its active slots. In any case luks_memory_clear() it. */
bool luks_memory_read_keys(LuksMemory *m, const LuksHeader *h, const QCryptoBlockStore *store,
                           Error **errp);
/* Reads what was read, and keeps what is written. */
QCryptoBlockStore luks_memory_store(LuksMemory *m);
/* @h (may be NULL) gets the slots of each header as it is written. */
bool luks_memory_write_out(const LuksMemory *m, const QCryptoBlockStore *store, LuksHeader *h,
                           Error **errp);
void luks_memory_clear(LuksMemory *m);

/*
 * What qcrypto_key_work_do() found out about it. @raw: the header, of which @h is made. If it has
 * not looked yet, note what it is to try, and fail. Main thread.
 */
int luks_key_work_slot(QCryptoKeyWork *work, const uint8_t *raw, const LuksHeader *h,
                       const QCryptoBlockStore *store, const char *pass, uint8_t *key,
                       Error **errp);

struct QCryptoBlock {
    LuksHeader header;
    bool has_key;
    uint8_t key[LUKS_MAX_KEY];
    QemuMutex lock;
    GPtrArray *idle; /* SectorCipher that nobody uses now; lock */
};

QCryptoBlock *qcrypto_block_new(void);
/* Is there everything that the key is used with? */
bool qcrypto_block_keep_cipher(QCryptoBlock *b, Error **errp);

#endif
