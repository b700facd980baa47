/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS sessions by GnuTLS. */
#include "qemu/osdep.h"
#include "authz/base.h"
#include "crypto/tlssession.h"
#include "tlscreds-internal.h"

#ifdef CONFIG_GNUTLS

struct QCryptoTLSSession {
    QCryptoTLSCreds *creds;
    gnutls_session_t handle;
    char *hostname, *authz;
    QCryptoTLSReadFunc read_fn;
    QCryptoTLSWriteFunc write_fn;
    void *opaque;
    size_t unsent; /* bytes that GnuTLS took and could not send yet */
    bool handshaken;
};

/* ---- transport ---- */

static ssize_t push(gnutls_transport_ptr_t ptr, const void *buf, size_t len)
{
    QCryptoTLSSession *s = ptr;
    ssize_t ret = s->write_fn(s->opaque, buf, len);

    if (ret < 0) {
        gnutls_transport_set_errno(s->handle, errno);
    }
    return ret;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *buf, size_t len)
{
    QCryptoTLSSession *s = ptr;
    ssize_t ret = s->read_fn(s->opaque, buf, len);

    if (ret < 0) {
        gnutls_transport_set_errno(s->handle, errno);
    }
    return ret;
}

/* ---- life ---- */

static bool set_priority(QCryptoTLSSession *s, Error **errp)
{
    const char *suffix = QCRYPTO_TLS_CREDS_GET_CLASS(s->creds)->priority_suffix;
    g_autofree char *text = g_strconcat(s->creds->priority ?: "NORMAL", suffix, NULL);
    const char *where;
    int ret = gnutls_priority_set_direct(s->handle, text, &where);

    if (ret < 0) {
        error_setg(errp, "priority '%s': %s at '%s'", text, gnutls_strerror(ret), where);
    }
    return ret >= 0;
}

static bool set_up(QCryptoTLSSession *s, Error **errp)
{
    bool server = s->creds->endpoint == QCRYPTO_TLS_CREDS_ENDPOINT_SERVER;
    int ret;

    /* Else everybody would be let in. */
    if (s->authz &&
        !(QCRYPTO_TLS_CREDS_GET_CLASS(s->creds)->certificates && s->creds->verify_peer)) {
        error_setg(errp, "authorization needs tls-creds-x509 with verify-peer=on");
        return false;
    }
    ret = gnutls_init(&s->handle, (server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NONBLOCK);

    if (ret < 0) {
        error_setg(errp, "TLS session: %s", gnutls_strerror(ret));
        s->handle = NULL;
        return false;
    }
    if (!set_priority(s, errp)) {
        return false;
    }
    ret = QCRYPTO_TLS_CREDS_GET_CLASS(s->creds)->apply(s->creds, s->handle);
    if (ret >= 0 && s->hostname && !server) {
        ret = gnutls_server_name_set(s->handle, GNUTLS_NAME_DNS, s->hostname, strlen(s->hostname));
    }
    if (ret < 0) {
        error_setg(errp, "TLS session: %s", gnutls_strerror(ret));
        return false;
    }
    gnutls_transport_set_ptr(s->handle, s);
    gnutls_transport_set_push_function(s->handle, push);
    gnutls_transport_set_pull_function(s->handle, pull);
    return true;
}

QCryptoTLSSession *qcrypto_tls_session_new(QCryptoTLSCreds *creds, const char *hostname,
                                           const char *authz, QCryptoTLSReadFunc read_fn,
                                           QCryptoTLSWriteFunc write_fn, void *opaque, Error **errp)
{
    g_autoptr(QCryptoTLSSession) s = g_new0(QCryptoTLSSession, 1);

    object_ref(OBJECT(creds));
    s->creds = creds;
    s->hostname = g_strdup(hostname);
    s->authz = g_strdup(authz);
    s->read_fn = read_fn;
    s->write_fn = write_fn;
    s->opaque = opaque;
    return set_up(s, errp) ? g_steal_pointer(&s) : NULL;
}

void qcrypto_tls_session_free(QCryptoTLSSession *s)
{
    if (s) {
        if (s->handle) {
            gnutls_deinit(s->handle);
        }
        object_unref(OBJECT(s->creds));
        g_free(s->hostname);
        g_free(s->authz);
        g_free(s);
    }
}

/* ---- who is there ---- */

static bool check_chain(QCryptoTLSSession *s, Error **errp)
{
    unsigned status;
    int ret = gnutls_certificate_verify_peers2(s->handle, &status);
    gnutls_datum_t text;

    if (ret < 0) {
        error_setg(errp, "the peer's certificate: %s", gnutls_strerror(ret));
    } else if (status) {
        ret = gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
        error_setg(errp, "the peer's certificate is not accepted: %s",
                   ret < 0 ? "it is not trusted" : (char *)text.data);
        if (ret >= 0) {
            gnutls_free(text.data);
        }
    } else {
        return true;
    }
    return false;
}

/* The distinguished name of @cert is one that the object allows. */
static bool check_authorized(QCryptoTLSSession *s, gnutls_x509_crt_t cert, Error **errp)
{
    ERRP_GUARD();
    gnutls_datum_t name;
    bool ok;

    if (!s->authz) {
        return true;
    }
    if (gnutls_x509_crt_get_dn3(cert, &name, 0) < 0) {
        error_setg(errp, "the peer's certificate has no name");
        return false;
    }
    ok = qauthz_is_allowed_by_id(s->authz, (char *)name.data, errp);
    if (!ok && !*errp) {
        error_setg(errp, "'%s' does not allow '%s'", s->authz, (char *)name.data);
    }
    gnutls_free(name.data);
    return ok;
}

static bool check_certificate(QCryptoTLSSession *s, Error **errp)
{
    unsigned count;
    const gnutls_datum_t *certs = gnutls_certificate_get_peers(s->handle, &count);
    gnutls_x509_crt_t cert;
    bool ok = false;

    if (!certs || !count) {
        error_setg(errp, "the peer has no certificate");
        return false;
    }
    if (gnutls_x509_crt_init(&cert) < 0) {
        error_setg(errp, "the peer's certificate cannot be read");
        return false;
    }
    if (gnutls_x509_crt_import(cert, &certs[0], GNUTLS_X509_FMT_DER) < 0) {
        error_setg(errp, "the peer's certificate cannot be read");
    } else if (s->creds->endpoint == QCRYPTO_TLS_CREDS_ENDPOINT_SERVER) {
        ok = check_authorized(s, cert, errp);
    } else if (s->hostname && !gnutls_x509_crt_check_hostname(cert, s->hostname)) {
        error_setg(errp, "the peer's certificate is not that of '%s'", s->hostname);
    } else {
        ok = true;
    }
    gnutls_x509_crt_deinit(cert);
    return ok;
}

static bool check_peer(QCryptoTLSSession *s, Error **errp)
{
    if (!QCRYPTO_TLS_CREDS_GET_CLASS(s->creds)->certificates || !s->creds->verify_peer) {
        return true;
    }
    return check_chain(s, errp) && check_certificate(s, errp);
}

QCryptoTLSHandshake qcrypto_tls_session_handshake(QCryptoTLSSession *s, Error **errp)
{
    int ret = gnutls_handshake(s->handle);

    if (ret == 0) {
        s->handshaken = check_peer(s, errp);
        return s->handshaken ? QCRYPTO_TLS_HANDSHAKE_COMPLETE : QCRYPTO_TLS_HANDSHAKE_FAILED;
    }
    if (!gnutls_error_is_fatal(ret)) {
        return gnutls_record_get_direction(s->handle) ? QCRYPTO_TLS_HANDSHAKE_SENDING
                                                      : QCRYPTO_TLS_HANDSHAKE_RECVING;
    }
    error_setg(errp, "TLS handshake failed: %s", gnutls_strerror(ret));
    return QCRYPTO_TLS_HANDSHAKE_FAILED;
}

/* ---- data ---- */

static ssize_t result(ssize_t ret)
{
    if (ret >= 0) {
        return ret;
    }
    errno = ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED ? EAGAIN : EIO;
    return -1;
}

ssize_t qcrypto_tls_session_read(QCryptoTLSSession *s, void *buf, size_t len)
{
    ssize_t ret = gnutls_record_recv(s->handle, buf, len);

    /* Programs that just close their socket are as good as those that say good-bye. */
    return ret == GNUTLS_E_PREMATURE_TERMINATION ? 0 : result(ret);
}

ssize_t qcrypto_tls_session_write(QCryptoTLSSession *s, const void *buf, size_t len)
{
    ssize_t ret;

    if (s->unsent) {
        /* What the caller, who was told EAGAIN, has given again. */
        ret = gnutls_record_send(s->handle, NULL, 0);
    } else {
        ret = gnutls_record_send(s->handle, buf, len);
    }
    if (ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED) {
        s->unsent = s->unsent ?: MIN(len, gnutls_record_get_max_size(s->handle));
    } else {
        ret = ret >= 0 && s->unsent ? (ssize_t)MIN(s->unsent, len) : ret;
        s->unsent = 0;
    }
    return result(ret);
}

size_t qcrypto_tls_session_pending(const QCryptoTLSSession *s)
{
    return s->handshaken ? gnutls_record_check_pending(s->handle) : 0;
}

void qcrypto_tls_session_bye(QCryptoTLSSession *s)
{
    if (s->handshaken) {
        gnutls_bye(s->handle, GNUTLS_SHUT_WR);
    }
}

#else /* !CONFIG_GNUTLS: credentials cannot be made, so there is nobody who could call these */

QCryptoTLSSession *qcrypto_tls_session_new(QCryptoTLSCreds *creds, const char *hostname,
                                           const char *authz, QCryptoTLSReadFunc read_fn,
                                           QCryptoTLSWriteFunc write_fn, void *opaque, Error **errp)
{
    error_setg(errp, "this program was built without GnuTLS");
    return NULL;
}

void qcrypto_tls_session_free(QCryptoTLSSession *s)
{
}

QCryptoTLSHandshake qcrypto_tls_session_handshake(QCryptoTLSSession *s, Error **errp)
{
    g_assert_not_reached();
}

ssize_t qcrypto_tls_session_read(QCryptoTLSSession *s, void *buf, size_t len)
{
    g_assert_not_reached();
}

ssize_t qcrypto_tls_session_write(QCryptoTLSSession *s, const void *buf, size_t len)
{
    g_assert_not_reached();
}

size_t qcrypto_tls_session_pending(const QCryptoTLSSession *s)
{
    return 0;
}

void qcrypto_tls_session_bye(QCryptoTLSSession *s)
{
}

#endif
