/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kinds of secrets share. */
#ifndef CRYPTO_SECRET_INTERNAL_H
#define CRYPTO_SECRET_INTERNAL_H

#include "crypto/secret.h"
#include "qapi/qapi-types-crypto.h"
#include "qom/object.h"

/* Longest secret, so that a wrong file name does not fill the memory. */
#define SECRET_MAX_BYTES (1024 * 1024)

OBJECT_DECLARE_TYPE(QCryptoSecretCommon, QCryptoSecretCommonClass, QCRYPTO_SECRET_COMMON)

struct QCryptoSecretCommon {
    Object parent_obj;

    uint8_t *rawdata; /* as it is used; NULL until complete */
    size_t rawlen;
    QCryptoSecretFormat format;
    char *keyid, *iv;
};

struct QCryptoSecretCommonClass {
    ObjectClass parent_class;

    /* What the properties name, as it is written there; caller frees. NULL with @errp. */
    uint8_t *(*load)(QCryptoSecretCommon *secret, size_t *len, Error **errp);
};

#endif
