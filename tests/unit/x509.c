/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "x509.h"
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <glib/gstdio.h>

#define DAY (24 * 60 * 60)

static const char *const files[] = {"ca-cert.pem",     "server-cert.pem", "server-key.pem",
                                    "client-cert.pem", "client-key.pem",  "keys.psk"};

typedef struct Identity {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t cert;
} Identity;

static void ok(int ret)
{
    if (ret < 0) {
        g_error("GnuTLS: %s", gnutls_strerror(ret));
    }
}

static Identity identity_new(const char *name, const Identity *signer, bool ca, bool server,
                             bool expired)
{
    static uint8_t serial;
    time_t now = time(NULL);
    Identity id;

    ok(gnutls_x509_privkey_init(&id.key));
    ok(gnutls_x509_privkey_generate(id.key, GNUTLS_PK_ECDSA,
                                    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    ok(gnutls_x509_crt_init(&id.cert));
    ok(gnutls_x509_crt_set_version(id.cert, 3));
    serial++;
    ok(gnutls_x509_crt_set_serial(id.cert, &serial, 1));
    ok(gnutls_x509_crt_set_dn_by_oid(id.cert, GNUTLS_OID_X520_COMMON_NAME, 0, name, strlen(name)));
    ok(gnutls_x509_crt_set_activation_time(id.cert, now - 2 * DAY));
    ok(gnutls_x509_crt_set_expiration_time(id.cert, expired ? now - DAY : now + DAY));
    ok(gnutls_x509_crt_set_key(id.cert, id.key));
    ok(gnutls_x509_crt_set_basic_constraints(id.cert, ca, -1));
    ok(gnutls_x509_crt_set_key_usage(id.cert,
                                     ca ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE));
    if (!ca) {
        ok(gnutls_x509_crt_set_key_purpose_oid(
            id.cert, server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT, 0));
    }
    if (server) {
        static const uint8_t loopback[] = {127, 0, 0, 1};

        ok(gnutls_x509_crt_set_subject_alt_name(id.cert, GNUTLS_SAN_DNSNAME, "localhost", 9, 0));
        ok(gnutls_x509_crt_set_subject_alt_name(id.cert, GNUTLS_SAN_IPADDRESS, loopback, 4,
                                                GNUTLS_FSAN_APPEND));
    }
    signer = signer ? signer : &id;
    ok(gnutls_x509_crt_sign2(id.cert, signer->cert, signer->key, GNUTLS_DIG_SHA256, 0));
    return id;
}

static void write_file(const char *dir, const char *name, const gnutls_datum_t *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    g_assert_true(g_file_set_contents(path, (char *)text->data, text->size, NULL));
}

static void write_cert(const char *dir, const char *name, gnutls_x509_crt_t cert)
{
    gnutls_datum_t text;

    ok(gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &text));
    write_file(dir, name, &text);
    gnutls_free(text.data);
}

static void write_key(const char *dir, const char *name, gnutls_x509_privkey_t key)
{
    gnutls_datum_t text;

    ok(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &text));
    write_file(dir, name, &text);
    gnutls_free(text.data);
}

static void identity_free(Identity *id)
{
    gnutls_x509_crt_deinit(id->cert);
    gnutls_x509_privkey_deinit(id->key);
}

void x509_make(const char *dir, X509Flaw flaw)
{
    static Identity ca;
    bool swap = flaw == X509_WRONG_PURPOSE, expired = flaw == X509_EXPIRED;
    Identity other, server, client;

    if (!ca.cert) {
        ca = identity_new("authority", NULL, true, false, false);
    }
    other = identity_new("another", NULL, flaw != X509_NOT_A_CA, false, false);
    server = identity_new("the server", &ca, false, !swap, expired);
    client = identity_new("the client", &ca, false, swap, expired);
    write_cert(dir, "ca-cert.pem",
               flaw == X509_OTHER_CA || flaw == X509_NOT_A_CA ? other.cert : ca.cert);
    write_cert(dir, "server-cert.pem", server.cert);
    write_key(dir, "server-key.pem", server.key);
    write_cert(dir, "client-cert.pem", client.cert);
    write_key(dir, "client-key.pem", client.key);
    identity_free(&other);
    identity_free(&server);
    identity_free(&client);
}

void x509_remove(const char *dir)
{
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(dir, files[i], NULL);

        g_unlink(path);
    }
    g_rmdir(dir);
}
