/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encrypted disks: a header with the disk's key, encrypted by passphrases, and the encryption of
 * sectors. The header is LUKS version 1 (LUKS On-Disk Format Specification 1.2.3).
 *
 * Opening, creating and changing keys: main thread. Encryption and decryption: any thread, several
 * at once.
 */
#ifndef CRYPTO_BLOCK_H
#define CRYPTO_BLOCK_H

#include "qapi/error.h"
#include "qapi/qapi-types-crypto.h"

/* What has an initialization vector of its own. */
#define QCRYPTO_BLOCK_SECTOR_SIZE 512
/* The header itself, without keys; for probing. */
#define QCRYPTO_BLOCK_LUKS_HEADER_SIZE 592

typedef struct QCryptoBlock QCryptoBlock;

/*
 * Passphrases that are tried apart, for whoever must not wait as long as a header asks for. To open
 * with one: qcrypto_block_luks_open() fails, and qcrypto_key_work_pending() says that this is for
 * want of a try. Then qcrypto_key_work_do() tries, in any thread while nobody else uses @work; and
 * it is opened again. Several images may be opened with the same @work.
 */
typedef struct QCryptoKeyWork QCryptoKeyWork;
QCryptoKeyWork *qcrypto_key_work_new(void);
void qcrypto_key_work_free(QCryptoKeyWork *work);
bool qcrypto_key_work_pending(const QCryptoKeyWork *work);
void qcrypto_key_work_do(QCryptoKeyWork *work);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QCryptoKeyWork, qcrypto_key_work_free)

/* How the user stores a header; @offset is in it. False with @errp on failure. */
typedef struct QCryptoBlockStore {
    bool (*read)(void *opaque, uint64_t offset, void *buf, size_t len, Error **errp);
    bool (*write)(void *opaque, uint64_t offset, const void *buf, size_t len, Error **errp);
    void *opaque;
} QCryptoBlockStore;

/* Are these the first bytes of a LUKS header of a version that can be opened? */
bool qcrypto_block_luks_probe(const uint8_t *buf, size_t len);

/*
 * Read the header. With a @key_secret, the id of a secret, also get the key; without one (NULL)
 * only qcrypto_block_luks_info() and the payload's offset are there. Takes seconds, as the header
 * wants, unless @work (may be NULL) has tried the passphrase. @option: the name of the option that
 * @key_secret comes from, for messages.
 */
QCryptoBlock *qcrypto_block_luks_open(const QCryptoBlockStore *store, const char *key_secret,
                                      const char *option, QCryptoKeyWork *work, Error **errp);
/*
 * Make a key, and a header that @opts->key_secret opens. @detached: the data is elsewhere, from
 * offset 0. @option: as above.
 */
QCryptoBlock *qcrypto_block_luks_create(const QCryptoBlockStore *store,
                                        const QCryptoBlockCreateOptionsLUKS *opts, bool detached,
                                        const char *option, Error **errp);
/*
 * The same in three steps, for whoever must not wait as long as the user's iter-time: first and
 * last in the main thread, make in any.
 */
typedef struct QCryptoLuksNew QCryptoLuksNew;
QCryptoLuksNew *qcrypto_luks_new_prepare(const QCryptoBlockCreateOptionsLUKS *opts, bool detached,
                                         const char *option, Error **errp);
void qcrypto_luks_new_make(QCryptoLuksNew *n);
/* Once. */
QCryptoBlock *qcrypto_luks_new_write(QCryptoLuksNew *n, const QCryptoBlockStore *store,
                                     Error **errp);
void qcrypto_luks_new_free(QCryptoLuksNew *n);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QCryptoLuksNew, qcrypto_luks_new_free)

/*
 * The oldest encryption of qcow and qcow2 images, which has no header: AES-128 in CBC mode, the key
 * is the first 16 bytes of the passphrase, a sector's vector is its number. For old images only:
 * whoever can guess a passphrase, or knows a part of the disk, reads the rest. @key_secret: NULL
 * for one without a key.
 */
QCryptoBlock *qcrypto_block_aes_open(const char *key_secret, const char *option, Error **errp);
/* Bytes that a header by @opts takes, with all key slots; 0 with @errp: they do not fit together.
 */
uint64_t qcrypto_block_luks_header_size(const QCryptoBlockCreateOptionsLUKS *opts, Error **errp);
/*
 * Change key slots. @key_secret: what opens a slot now, unless @opts says it. @force: also where
 * that overwrites a key or nothing opens the image any more.
 */
bool qcrypto_block_luks_amend(QCryptoBlock *block, const QCryptoBlockStore *store,
                              const char *key_secret, const QCryptoBlockAmendOptionsLUKS *opts,
                              bool force, Error **errp);
/*
 * The same in three steps, for whoever must not wait as long as the header and iter-time want:
 * first and last in the main thread, make in any. If slots have changed in between, nothing is
 * written.
 */
typedef struct QCryptoLuksChange QCryptoLuksChange;
QCryptoLuksChange *qcrypto_luks_change_prepare(const QCryptoBlock *block,
                                               const QCryptoBlockStore *store,
                                               const char *key_secret,
                                               const QCryptoBlockAmendOptionsLUKS *opts, bool force,
                                               Error **errp);
void qcrypto_luks_change_make(QCryptoLuksChange *c);
/* Once. */
bool qcrypto_luks_change_write(QCryptoLuksChange *c, QCryptoBlock *block,
                               const QCryptoBlockStore *store, Error **errp);
void qcrypto_luks_change_free(QCryptoLuksChange *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QCryptoLuksChange, qcrypto_luks_change_free)
/* qapi_free_QCryptoBlockInfoLUKS() it. */
QCryptoBlockInfoLUKS *qcrypto_block_luks_info(const QCryptoBlock *block);
void qcrypto_block_free(QCryptoBlock *block);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QCryptoBlock, qcrypto_block_free)

/* Where the data begins, in bytes from the start of the header. */
uint64_t qcrypto_block_payload_offset(const QCryptoBlock *block);
/* Opened with a key? */
bool qcrypto_block_has_key(const QCryptoBlock *block);

/* @offset (in the payload) and @len are multiples of the sector size. In place. 0, or -1 and @errp.
 */
int qcrypto_block_encrypt(QCryptoBlock *block, uint64_t offset, uint8_t *buf, size_t len,
                          Error **errp);
int qcrypto_block_decrypt(QCryptoBlock *block, uint64_t offset, uint8_t *buf, size_t len,
                          Error **errp);

#endif
