/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of the creation of qcow2 images, for what makes them and what measures them. */
#ifndef BLOCK_QCOW2_CREATE_H
#define BLOCK_QCOW2_CREATE_H

#include "crypto-io.h"

typedef struct Qcow2Create {
    uint64_t size, cluster_size, refcount_bits;
    char *backing_file, *backing_fmt, *compat, *data_file;
    int preallocation, compression_type;
    bool lazy_refcounts, extended_l2, data_file_raw, keep_data_file;
    char *encrypt_format;
    bool encryption; /* the old name of one format */
    LuksCreateOpts luks;
    QCryptoLuksNew *luks_new; /* the header, made before; or NULL */
} Qcow2Create;

#define QCOW2_CREATE_DEFAULTS                                                                      \
    {                                                                                              \
        .cluster_size = 1 << QCOW2_DEFAULT_CLUSTER_BITS, .refcount_bits = 16,                      \
        .luks = LUKS_CREATE_DEFAULTS                                                               \
    }

/* Do they go together? *@version: of the format. */
bool qcow2_check_create(const Qcow2Create *c, int *version, Error **errp);

/* qcow2-crypto.c; NULL: not encrypted */
const char *qcow2_create_crypto_format(const Qcow2Create *c);
/* *@header_bytes: 0 without encryption. */
bool qcow2_check_create_crypto(const Qcow2Create *c, uint64_t *header_bytes, Error **errp);
/* The LUKS header of a new image, if it is to have one; then the header is to be written. */
bool qcow2_create_crypto(BlockDriverState *bs, const Qcow2Create *c, Error **errp);

#endif
