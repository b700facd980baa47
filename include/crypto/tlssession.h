/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One TLS connection over any transport that does not block. One thread may read while another
 * writes; the handshake is done before both.
 */
#ifndef CRYPTO_TLSSESSION_H
#define CRYPTO_TLSSESSION_H

#include "crypto/tlscreds.h"

typedef struct QCryptoTLSSession QCryptoTLSSession;

/* The transport: as read(2) and write(2), with errno; EAGAIN when it would block. */
typedef ssize_t (*QCryptoTLSReadFunc)(void *opaque, void *buf, size_t len);
typedef ssize_t (*QCryptoTLSWriteFunc)(void *opaque, const void *buf, size_t len);

typedef enum QCryptoTLSHandshake {
    QCRYPTO_TLS_HANDSHAKE_FAILED = -1,
    QCRYPTO_TLS_HANDSHAKE_COMPLETE,
    QCRYPTO_TLS_HANDSHAKE_SENDING, /* go on when the transport takes data */
    QCRYPTO_TLS_HANDSHAKE_RECVING, /* go on when it has some */
} QCryptoTLSHandshake;

/*
 * Keeps a reference to @creds, whose endpoint this side is. @hostname: what a client's server
 * must be called; @authz: object that must allow a server's client. Both may be NULL.
 */
QCryptoTLSSession *qcrypto_tls_session_new(QCryptoTLSCreds *creds, const char *hostname,
                                           const char *authz, QCryptoTLSReadFunc read_fn,
                                           QCryptoTLSWriteFunc write_fn, void *opaque,
                                           Error **errp);
void qcrypto_tls_session_free(QCryptoTLSSession *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QCryptoTLSSession, qcrypto_tls_session_free)

/* Goes on with it; on completion the peer has been checked, too. */
QCryptoTLSHandshake qcrypto_tls_session_handshake(QCryptoTLSSession *s, Error **errp);

/* As the transport's: -1 with errno; 0 at the end of the stream. */
ssize_t qcrypto_tls_session_read(QCryptoTLSSession *s, void *buf, size_t len);
ssize_t qcrypto_tls_session_write(QCryptoTLSSession *s, const void *buf, size_t len);
/* Bytes that can be read without the transport. */
size_t qcrypto_tls_session_pending(const QCryptoTLSSession *s);
/* Says good-bye, without waiting for an answer. */
void qcrypto_tls_session_bye(QCryptoTLSSession *s);

#endif
