/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a side of a TLS connection shows of itself and asks of the other. Main thread, BQL held. */
#ifndef CRYPTO_TLSCREDS_H
#define CRYPTO_TLSCREDS_H

#include "qapi/error.h"
#include "qapi/qapi-types-crypto.h"
#include "qom/object.h"

#define TYPE_QCRYPTO_TLS_CREDS      "tls-creds"
#define TYPE_QCRYPTO_TLS_CREDS_ANON "tls-creds-anon"
#define TYPE_QCRYPTO_TLS_CREDS_PSK  "tls-creds-psk"
#define TYPE_QCRYPTO_TLS_CREDS_X509 "tls-creds-x509"
OBJECT_DECLARE_TYPE(QCryptoTLSCreds, QCryptoTLSCredsClass, QCRYPTO_TLS_CREDS)

/* The credentials @id if they are for @endpoint; borrowed. NULL with @errp. */
QCryptoTLSCreds *qcrypto_tls_creds_by_id(const char *id, QCryptoTLSCredsEndpoint endpoint,
                                         Error **errp);

/*
 * Numbers of the cipher suites that the priorities of @creds name, in their order: two bytes each,
 * as TLS has them. NULL with @errp.
 */
GByteArray *qcrypto_tls_creds_cipher_suites(QCryptoTLSCreds *creds, Error **errp);

#endif
