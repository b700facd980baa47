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
