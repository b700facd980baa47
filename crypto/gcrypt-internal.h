/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CRYPTO_GCRYPT_INTERNAL_H
#define CRYPTO_GCRYPT_INTERNAL_H

/* Before any call of the library, which wants to be told that nobody needs its secure memory. */
void qcrypto_init_gcrypt(void);

#endif
