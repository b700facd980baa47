/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tls-creds-x509: certificates (RFC 5280). Before they are used, they are looked at: a mistake is
 * told by its name when the object is made, not by an alert when somebody connects.
 */
#include "qemu/osdep.h"
#include "crypto/secret.h"
#include "tlscreds-internal.h"

#define CERT_MAX_BYTES (1024 * 1024)

OBJECT_DECLARE_SIMPLE_TYPE(QCryptoTLSCredsX509, QCRYPTO_TLS_CREDS_X509)

struct QCryptoTLSCredsX509 {
    QCryptoTLSCreds parent_obj;

    bool sanity_check;
    char *passwordid;
#ifdef CONFIG_GNUTLS
    gnutls_certificate_credentials_t data;
#endif
};

#ifdef CONFIG_GNUTLS

/* ---- looking at certificates ---- */

typedef struct CertList {
    gnutls_x509_crt_t *certs;
    unsigned count;
} CertList;

static void cert_list_clear(CertList *list)
{
    for (unsigned i = 0; i < list->count; i++) {
        gnutls_x509_crt_deinit(list->certs[i]);
    }
    gnutls_free(list->certs);
    *list = (CertList){0};
}

static bool cert_list_read(CertList *list, const char *path, Error **errp)
{
    size_t size;
    g_autofree char *text = qemu_read_file(path, CERT_MAX_BYTES, &size, errp);
    gnutls_datum_t datum = {.data = (void *)text, .size = size};
    int ret;

    if (!text) {
        return false;
    }
    ret = gnutls_x509_crt_list_import2(&list->certs, &list->count, &datum, GNUTLS_X509_FMT_PEM, 0);
    if (ret < 0) {
        error_setg(errp, "'%s' has no certificate: %s", path, gnutls_strerror(ret));
        *list = (CertList){0};
        return false;
    }
    return true;
}

static bool check_times(gnutls_x509_crt_t cert, const char *path, Error **errp)
{
    time_t now = time(NULL), end = gnutls_x509_crt_get_expiration_time(cert);

    if (end != (time_t)-1 && end < now) {
        error_setg(errp, "the certificate '%s' has expired", path);
        return false;
    }
    if (gnutls_x509_crt_get_activation_time(cert) > now) {
        error_setg(errp, "the certificate '%s' is not valid yet", path);
        return false;
    }
    return true;
}

/* Basic constraints and key usage say that it may sign others (4.2.1.3, 4.2.1.9). */
static bool check_authority(gnutls_x509_crt_t cert, const char *path, Error **errp)
{
    unsigned usage, critical;
    int ret = gnutls_x509_crt_get_basic_constraints(cert, NULL, NULL, NULL);

    if (ret <= 0) {
        error_setg(errp, "the certificate '%s' is not that of an authority", path);
        return false;
    }
    ret = gnutls_x509_crt_get_key_usage(cert, &usage, &critical);
    if (ret >= 0 && !(usage & GNUTLS_KEY_KEY_CERT_SIGN)) {
        error_setg(errp, "the certificate '%s' is not for signing others", path);
        return false;
    }
    return true;
}

/* The purposes of the key (4.2.1.12), if it names any, have that of this side among them. */
static bool check_purpose(gnutls_x509_crt_t cert, bool server, const char *path, Error **errp)
{
    const char *wanted = server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;
    char oid[128];
    int i;

    for (i = 0;; i++) {
        size_t size = sizeof(oid);
        int ret = gnutls_x509_crt_get_key_purpose_oid(cert, i, oid, &size, NULL);

        if (ret < 0) {
            break;
        }
        if (!strcmp(oid, wanted) || !strcmp(oid, GNUTLS_KP_ANY)) {
            return true;
        }
    }
    if (i) {
        error_setg(errp, "the certificate '%s' is not for a TLS %s", path,
                   server ? "server" : "client");
    }
    return i == 0;
}

static bool check_own(const char *path, const CertList *authorities, bool server, Error **errp)
{
    CertList own = {0};
    unsigned status = 0;
    bool ok = cert_list_read(&own, path, errp);

    ok = ok && check_times(own.certs[0], path, errp) &&
         check_purpose(own.certs[0], server, path, errp);
    if (ok && (gnutls_x509_crt_list_verify(own.certs, own.count, authorities->certs,
                                           authorities->count, NULL, 0, 0, &status) < 0 ||
               status)) {
        error_setg(errp, "the certificate '%s' is not signed by the authority of ca-cert.pem",
                   path);
        ok = false;
    }
    cert_list_clear(&own);
    return ok;
}

static bool check_all(const char *ca, const char *own, bool server, Error **errp)
{
    CertList authorities = {0};
    bool ok = cert_list_read(&authorities, ca, errp);

    for (unsigned i = 0; ok && i < authorities.count; i++) {
        ok = check_times(authorities.certs[i], ca, errp) &&
             check_authority(authorities.certs[i], ca, errp);
    }
    ok = ok && (!own || check_own(own, &authorities, server, errp));
    cert_list_clear(&authorities);
    return ok;
}

/* ---- loading ---- */

static bool load_key(QCryptoTLSCredsX509 *s, const char *cert, const char *key, Error **errp)
{
    g_autofree char *password = NULL;
    int ret;

    if (s->passwordid) {
        password = qcrypto_secret_lookup_as_utf8(s->passwordid, errp);
        if (!password) {
            return false;
        }
    }
    ret =
        gnutls_certificate_set_x509_key_file2(s->data, cert, key, GNUTLS_X509_FMT_PEM, password, 0);
    if (password) {
        explicit_bzero(password, strlen(password));
    }
    if (ret < 0) {
        error_setg(errp, "certificate '%s' with key '%s': %s", cert, key, gnutls_strerror(ret));
    }
    return ret >= 0;
}

static bool load_authorities(QCryptoTLSCredsX509 *s, const char *ca, const char *crl, Error **errp)
{
    int ret = gnutls_certificate_set_x509_trust_file(s->data, ca, GNUTLS_X509_FMT_PEM);

    if (ret >= 0 && crl) {
        ca = crl;
        ret = gnutls_certificate_set_x509_crl_file(s->data, crl, GNUTLS_X509_FMT_PEM);
    }
    if (ret < 0) {
        error_setg(errp, "'%s': %s", ca, gnutls_strerror(ret));
    }
    return ret >= 0;
}

static bool x509_load(QCryptoTLSCreds *creds, Error **errp)
{
    ERRP_GUARD();
    QCryptoTLSCredsX509 *s = QCRYPTO_TLS_CREDS_X509(creds);
    bool server = creds->endpoint == QCRYPTO_TLS_CREDS_ENDPOINT_SERVER;
    g_autofree char *ca = NULL, *crl = NULL, *cert = NULL, *key = NULL;

    /* A server must have a certificate; a client may stay unknown. */
    ca = qcrypto_tls_creds_file(creds, "ca-cert.pem", true, errp);
    if (*errp) {
        return false;
    }
    crl = qcrypto_tls_creds_file(creds, "ca-crl.pem", false, errp);
    cert = *errp ? NULL
                 : qcrypto_tls_creds_file(creds, server ? "server-cert.pem" : "client-cert.pem",
                                          server, errp);
    key = *errp ? NULL
                : qcrypto_tls_creds_file(creds, server ? "server-key.pem" : "client-key.pem",
                                         server || cert, errp);
    if (*errp || (s->sanity_check && !check_all(ca, cert, server, errp))) {
        return false;
    }
    if (gnutls_certificate_allocate_credentials(&s->data) < 0) {
        error_setg(errp, "credentials cannot be made");
        return false;
    }
    if (server) {
        gnutls_certificate_set_known_dh_params(s->data, GNUTLS_SEC_PARAM_MEDIUM);
    }
    return load_authorities(s, ca, crl, errp) && (!cert || load_key(s, cert, key, errp));
}

static int x509_apply(QCryptoTLSCreds *creds, gnutls_session_t session)
{
    if (creds->endpoint == QCRYPTO_TLS_CREDS_ENDPOINT_SERVER) {
        gnutls_certificate_server_set_request(session, creds->verify_peer ? GNUTLS_CERT_REQUIRE
                                                                          : GNUTLS_CERT_IGNORE);
    }
    return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                                  QCRYPTO_TLS_CREDS_X509(creds)->data);
}

#endif

/* ---- the type ---- */

static bool get_sanity_check(Object *obj, Error **errp)
{
    return QCRYPTO_TLS_CREDS_X509(obj)->sanity_check;
}

static void set_sanity_check(Object *obj, bool value, Error **errp)
{
    QCRYPTO_TLS_CREDS_X509(obj)->sanity_check = value;
}

static char *get_passwordid(Object *obj, Error **errp)
{
    return g_strdup(QCRYPTO_TLS_CREDS_X509(obj)->passwordid);
}

static void set_passwordid(Object *obj, const char *value, Error **errp)
{
    g_free(QCRYPTO_TLS_CREDS_X509(obj)->passwordid);
    QCRYPTO_TLS_CREDS_X509(obj)->passwordid = g_strdup(value);
}

static void x509_init(Object *obj)
{
    QCRYPTO_TLS_CREDS_X509(obj)->sanity_check = true;
}

static void x509_finalize(Object *obj)
{
    QCryptoTLSCredsX509 *s = QCRYPTO_TLS_CREDS_X509(obj);

#ifdef CONFIG_GNUTLS
    if (s->data) {
        gnutls_certificate_free_credentials(s->data);
    }
#endif
    g_free(s->passwordid);
}

static void x509_class_init(ObjectClass *oc, const void *data)
{
    QCryptoTLSCredsClass *cc = QCRYPTO_TLS_CREDS_CLASS(oc);

    cc->priority_suffix = "";
    cc->certificates = true;
#ifdef CONFIG_GNUTLS
    cc->load = x509_load;
    cc->apply = x509_apply;
#endif
    object_class_property_add_bool(oc, "sanity-check", get_sanity_check, set_sanity_check);
    object_class_property_set_description(oc, "sanity-check", "Look at the certificates first");
    object_class_property_add_str(oc, "passwordid", get_passwordid, set_passwordid);
    object_class_property_set_description(oc, "passwordid", "Secret that decrypts the private key");
}

static const TypeInfo x509_types[] = {
    {
        .name = TYPE_QCRYPTO_TLS_CREDS_X509,
        .parent = TYPE_QCRYPTO_TLS_CREDS,
        .instance_size = sizeof(QCryptoTLSCredsX509),
        .instance_init = x509_init,
        .instance_finalize = x509_finalize,
        .class_init = x509_class_init,
    },
};

DEFINE_TYPES(x509_types)
