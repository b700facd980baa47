/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What formats with encrypted data have in common, whatever their header looks like. */
#ifndef BLOCK_CRYPTO_IO_H
#define BLOCK_CRYPTO_IO_H

#include "block/block_int.h"
#include "crypto/block.h"

/* ---- options of a new LUKS header ---- */

/* As the parser of options fills it in; enumerations are -1 where nothing was said. */
typedef struct LuksCreateOpts {
    char *key_secret;
    int cipher_alg, cipher_mode, ivgen_alg, ivgen_hash_alg, hash_alg;
    uint64_t iter_time; /* ms, 0: the default */
} LuksCreateOpts;

#define LUKS_CREATE_DEFAULTS                                                                       \
    {                                                                                              \
        .cipher_alg = -1, .cipher_mode = -1, .ivgen_alg = -1, .ivgen_hash_alg = -1, .hash_alg = -1 \
    }

/* Rows of a table of options of @type, whose LuksCreateOpts is @field; names begin with @prefix. */
#define LUKS_CREATE_OPTS(prefix, type, field)                                                      \
    {prefix "cipher-alg", BDRV_OPT_ENUM, offsetof(type, field.cipher_alg),                         \
     &QCryptoCipherAlgo_lookup, "Name of encryption cipher algorithm"},                            \
        {prefix "cipher-mode", BDRV_OPT_ENUM, offsetof(type, field.cipher_mode),                   \
         &QCryptoCipherMode_lookup, "Name of encryption cipher mode"},                             \
        {prefix "ivgen-alg", BDRV_OPT_ENUM, offsetof(type, field.ivgen_alg),                       \
         &QCryptoIVGenAlgo_lookup, "Name of IV generator algorithm"},                              \
        {prefix "ivgen-hash-alg", BDRV_OPT_ENUM, offsetof(type, field.ivgen_hash_alg),             \
         &QCryptoHashAlgo_lookup, "Name of IV generator hash algorithm"},                          \
        {prefix "hash-alg", BDRV_OPT_ENUM, offsetof(type, field.hash_alg),                         \
         &QCryptoHashAlgo_lookup, "Name of encryption hash algorithm"},                            \
    {                                                                                              \
        prefix "iter-time", BDRV_OPT_NUM, offsetof(type, field.iter_time), NULL,                   \
            "Time to spend in PBKDF in milliseconds"                                               \
    }

/* @to borrows the strings of @from. */
void luks_create_options(const LuksCreateOpts *from, QCryptoBlockCreateOptionsLUKS *to);

/* ---- key slots of LUKS ---- */

typedef struct LuksAmendOpts {
    char *new_secret, *old_secret;
    uint64_t keyslot, iter_time;
    int state;
} LuksAmendOpts;

#define LUKS_AMEND_DEFAULTS                                                                        \
    {                                                                                              \
        .state = -1, .keyslot = UINT64_MAX                                                         \
    }

/* Rows as above, for a change of slots. */
#define LUKS_AMEND_OPTS(prefix, type, field)                                                       \
    {prefix "state", BDRV_OPT_ENUM, offsetof(type, field.state),                                   \
     &QCryptoBlockLUKSKeyslotState_lookup,                                                         \
     "Select new state of affected keyslots (active/inactive)"},                                   \
        {prefix "new-secret", BDRV_OPT_STR, offsetof(type, field.new_secret), NULL,                \
         "New secret to set in the matching keyslots"},                                            \
        {prefix "old-secret", BDRV_OPT_STR, offsetof(type, field.old_secret), NULL,                \
         "Select all keyslots that match this password"},                                          \
        {prefix "keyslot", BDRV_OPT_NUM, offsetof(type, field.keyslot), NULL,                      \
         "Select a single keyslot to modify explicitly"},                                          \
    {                                                                                              \
        prefix "iter-time", BDRV_OPT_NUM, offsetof(type, field.iter_time), NULL,                   \
            "Time to spend in PBKDF in milliseconds"                                               \
    }

/* Is anything to be changed? */
bool luks_amend_given(const LuksAmendOpts *a);
/* @prefix: of the options, for messages; @key_secret: what opens the image. Main thread. */
bool luks_amend_slots(const LuksAmendOpts *a, const char *prefix, QCryptoBlock *crypto,
                      const QCryptoBlockStore *store, const char *key_secret, bool force,
                      Error **errp);

/* ---- what is not safe any more ---- */

/*
 * May images with AES by passphrase be used? Only by tools, which are to bring their content
 * elsewhere, and by who only asks what the image is (@open_flags).
 */
bool bdrv_legacy_encryption(int open_flags, Error **errp);

/* ---- data ---- */

/*
 * @bytes at @offset in @file; their sectors are numbered from byte @number on. Both are multiples
 * of the sector's size. -EACCES without a key. Any thread.
 */
int coroutine_fn bdrv_co_preadv_encrypted(BdrvChild *file, QCryptoBlock *crypto, uint64_t offset,
                                          uint64_t number, uint64_t bytes, QEMUIOVector *qiov,
                                          size_t qiov_offset);
int coroutine_fn bdrv_co_pwritev_encrypted(BdrvChild *file, QCryptoBlock *crypto, uint64_t offset,
                                           uint64_t number, uint64_t bytes, QEMUIOVector *qiov,
                                           size_t qiov_offset, BdrvRequestFlags flags);

#endif
