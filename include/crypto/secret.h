/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passwords and keys as objects, so that they are on no command line. Main thread, BQL held. */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include "qapi/error.h"

#define TYPE_QCRYPTO_SECRET_COMMON  "secret_common"
#define TYPE_QCRYPTO_SECRET         "secret"
#define TYPE_QCRYPTO_SECRET_KEYRING "secret_keyring"

/*
 * The bytes of the secret @id in *@data, for the caller to free with
 * qcrypto_secret_free(). -1 with @errp: there is no such secret.
 */
int qcrypto_secret_lookup(const char *id, uint8_t **data, size_t *len, Error **errp);
/* The same as text, NULL if it is not valid UTF-8 or contains NUL. */
char *qcrypto_secret_lookup_as_utf8(const char *id, Error **errp);
/* Overwrites @len bytes, then frees. NULL is fine. */
void qcrypto_secret_free(void *data, size_t len);

#endif
