/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between credentials and sessions. */
#ifndef CRYPTO_TLSCREDS_INTERNAL_H
#define CRYPTO_TLSCREDS_INTERNAL_H

#include "crypto/tlscreds.h"
#ifdef CONFIG_GNUTLS
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#endif

struct QCryptoTLSCreds {
    Object parent_obj;

    /* configuration */
    char *dir, *priority;
    QCryptoTLSCredsEndpoint endpoint;
    bool verify_peer;

    bool complete;
};

struct QCryptoTLSCredsClass {
    ObjectClass parent_class;

    /* What is added to the priorities so that this kind is agreed on. */
    const char *priority_suffix;
    /* The peer has a certificate that can be checked. */
    bool certificates;
#ifdef CONFIG_GNUTLS
    /* Reads the files. */
    bool (*load)(QCryptoTLSCreds *creds, Error **errp);
    /* Gives them to a session: a code of GnuTLS. */
    int (*apply)(QCryptoTLSCreds *creds, gnutls_session_t session);
#endif
};

#ifdef CONFIG_GNUTLS
/* Path of @name in the folder of @creds; NULL if there is no such file, which is an error if
 * @required. */
char *qcrypto_tls_creds_file(QCryptoTLSCreds *creds, const char *name, bool required, Error **errp);
#endif

#endif
