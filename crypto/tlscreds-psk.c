/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tls-creds-psk: keys that both sides have, lines "NAME:HEX" of the file keys.psk. */
#include "qemu/osdep.h"
#include "tlscreds-internal.h"

#define KEYS_FILE      "keys.psk"
#define KEYS_MAX_BYTES (1024 * 1024)

OBJECT_DECLARE_SIMPLE_TYPE(QCryptoTLSCredsPSK, QCRYPTO_TLS_CREDS_PSK)

struct QCryptoTLSCredsPSK {
    QCryptoTLSCreds parent_obj;

    char *username;
#ifdef CONFIG_GNUTLS
    gnutls_psk_server_credentials_t server;
    gnutls_psk_client_credentials_t client;
#endif
};

#ifdef CONFIG_GNUTLS

static bool failed(int ret, const char *path, Error **errp)
{
    if (ret < 0) {
        error_setg(errp, "'%s': %s", path, gnutls_strerror(ret));
    }
    return ret < 0;
}

static bool load_server(QCryptoTLSCredsPSK *s, const char *path, Error **errp)
{
    if (failed(gnutls_psk_allocate_server_credentials(&s->server), path, errp) ||
        failed(gnutls_psk_set_server_credentials_file(s->server, path), path, errp)) {
        return false;
    }
    gnutls_psk_set_server_known_dh_params(s->server, GNUTLS_SEC_PARAM_MEDIUM);
    return true;
}

/* The hexadecimal text behind "@user:", NULL if there is no such line. */
static char *find_key(const char *text, const char *user)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    size_t n = strlen(user);

    for (int i = 0; lines[i]; i++) {
        if (!strncmp(lines[i], user, n) && lines[i][n] == ':') {
            return g_strdup(g_strstrip(lines[i] + n + 1));
        }
    }
    return NULL;
}

static bool load_client(QCryptoTLSCredsPSK *s, const char *path, Error **errp)
{
    const char *user = s->username ?: "qemu";
    size_t size;
    g_autofree char *text = qemu_read_file(path, KEYS_MAX_BYTES, &size, errp);
    g_autofree char *key = text ? find_key(text, user) : NULL;
    gnutls_datum_t datum = {.data = (void *)key, .size = key ? strlen(key) : 0};
    int ret;

    if (!text) {
        return false;
    }
    if (!key) {
        error_setg(errp, "'%s' has no key of username=%s", path, user);
        return false;
    }
    ret = gnutls_psk_allocate_client_credentials(&s->client);
    return !failed(ret, path, errp) &&
           !failed(gnutls_psk_set_client_credentials(s->client, user, &datum, GNUTLS_PSK_KEY_HEX),
                   path, errp);
}

static bool psk_load(QCryptoTLSCreds *creds, Error **errp)
{
    QCryptoTLSCredsPSK *s = QCRYPTO_TLS_CREDS_PSK(creds);
    g_autofree char *path = qcrypto_tls_creds_file(creds, KEYS_FILE, true, errp);

    if (!path) {
        return false;
    }
    if (creds->endpoint == QCRYPTO_TLS_CREDS_ENDPOINT_SERVER) {
        if (s->username) {
            error_setg(errp, "username is for endpoint=client");
            return false;
        }
        return load_server(s, path, errp);
    }
    return load_client(s, path, errp);
}

static int psk_apply(QCryptoTLSCreds *creds, gnutls_session_t session)
{
    QCryptoTLSCredsPSK *s = QCRYPTO_TLS_CREDS_PSK(creds);

    return gnutls_credentials_set(session, GNUTLS_CRD_PSK,
                                  s->server ? (void *)s->server : (void *)s->client);
}

#endif

static char *get_username(Object *obj, Error **errp)
{
    return g_strdup(QCRYPTO_TLS_CREDS_PSK(obj)->username);
}

static void set_username(Object *obj, const char *value, Error **errp)
{
    if (QCRYPTO_TLS_CREDS(obj)->complete) {
        error_setg(errp, "'username' cannot be changed now");
        return;
    }
    g_free(QCRYPTO_TLS_CREDS_PSK(obj)->username);
    QCRYPTO_TLS_CREDS_PSK(obj)->username = g_strdup(value);
}

static void psk_finalize(Object *obj)
{
    QCryptoTLSCredsPSK *s = QCRYPTO_TLS_CREDS_PSK(obj);

#ifdef CONFIG_GNUTLS
    if (s->server) {
        gnutls_psk_free_server_credentials(s->server);
    }
    if (s->client) {
        gnutls_psk_free_client_credentials(s->client);
    }
#endif
    g_free(s->username);
}

static void psk_class_init(ObjectClass *oc, const void *data)
{
    QCryptoTLSCredsClass *cc = QCRYPTO_TLS_CREDS_CLASS(oc);

    cc->priority_suffix = ":+ECDHE-PSK:+DHE-PSK:+PSK";
#ifdef CONFIG_GNUTLS
    cc->load = psk_load;
    cc->apply = psk_apply;
#endif
    object_class_property_add_str(oc, "username", get_username, set_username);
    object_class_property_set_description(oc, "username", "Which key a client uses");
}

static const TypeInfo psk_types[] = {
    {
        .name = TYPE_QCRYPTO_TLS_CREDS_PSK,
        .parent = TYPE_QCRYPTO_TLS_CREDS,
        .instance_size = sizeof(QCryptoTLSCredsPSK),
        .instance_finalize = psk_finalize,
        .class_init = psk_class_init,
    },
};

DEFINE_TYPES(psk_types)
