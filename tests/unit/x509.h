/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates for tests, made on the spot. */
#ifndef TESTS_UNIT_X509_H
#define TESTS_UNIT_X509_H

#include "qemu/osdep.h"

/* What is wrong with the certificates of a folder. */
typedef enum X509Flaw {
    X509_GOOD,
    X509_EXPIRED,       /* the server's and the client's */
    X509_OTHER_CA,      /* signed by an authority that ca-cert.pem is not */
    X509_NOT_A_CA,      /* ca-cert.pem */
    X509_WRONG_PURPOSE, /* the server's is a client's, and the other way round */
} X509Flaw;

/*
 * Writes ca-cert.pem, server-*.pem (for 127.0.0.1 and localhost) and client-*.pem (CN=the client)
 * to @dir. Those of all calls have one authority but for X509_OTHER_CA.
 */
void x509_make(const char *dir, X509Flaw flaw);
void x509_remove(const char *dir);

#endif
