/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all kinds of TLS credentials share, and the anonymous kind. */
#include "qemu/osdep.h"
#include "qom/object_interfaces.h"
#include "tlscreds-internal.h"

QCryptoTLSCreds *qcrypto_tls_creds_by_id(const char *id, QCryptoTLSCredsEndpoint endpoint,
                                         Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);
    QCryptoTLSCreds *creds;

    if (!obj) {
        error_setg(errp, "there are no TLS credentials '%s'", id);
        return NULL;
    }
    if (!object_dynamic_cast(obj, TYPE_QCRYPTO_TLS_CREDS)) {
        error_setg(errp, "object '%s' is a %s, not TLS credentials", id, object_get_typename(obj));
        return NULL;
    }
    creds = QCRYPTO_TLS_CREDS(obj);
    if (!QCRYPTO_TLS_CREDS_GET_CLASS(creds)->priority_suffix) {
        error_setg(errp, "object '%s' is a %s, which no session can use", id,
                   object_get_typename(obj));
        return NULL;
    }
    if (creds->endpoint != endpoint) {
        error_setg(errp, "TLS credentials '%s' have endpoint=%s; %s is needed here", id,
                   QCryptoTLSCredsEndpoint_str(creds->endpoint),
                   QCryptoTLSCredsEndpoint_str(endpoint));
        return NULL;
    }
    return creds;
}

#ifdef CONFIG_GNUTLS

char *qcrypto_tls_creds_file(QCryptoTLSCreds *creds, const char *name, bool required, Error **errp)
{
    g_autofree char *path = NULL;

    if (!creds->dir) {
        if (required) {
            error_setg(errp, "'dir' must be given");
        }
        return NULL;
    }
    path = g_build_filename(creds->dir, name, NULL);
    if (access(path, R_OK) < 0) {
        if (required || errno != ENOENT) {
            error_setg_errno(errp, errno, "dir=%s: '%s' cannot be read", creds->dir, name);
        }
        return NULL;
    }
    return g_steal_pointer(&path);
}

static bool check_priority(QCryptoTLSCreds *creds, Error **errp)
{
    gnutls_priority_t parsed;
    const char *where;
    int ret = creds->priority ? gnutls_priority_init(&parsed, creds->priority, &where) : -1;

    if (ret == 0) {
        gnutls_priority_deinit(parsed);
    } else if (creds->priority) {
        error_setg(errp, "priority=%s: %s at '%s'", creds->priority, gnutls_strerror(ret), where);
        return false;
    }
    return true;
}

static void creds_complete(UserCreatable *uc, Error **errp)
{
    QCryptoTLSCreds *creds = QCRYPTO_TLS_CREDS(uc);
    QCryptoTLSCredsClass *cc = QCRYPTO_TLS_CREDS_GET_CLASS(creds);

    creds->complete = check_priority(creds, errp) && (!cc->load || cc->load(creds, errp));
}

GByteArray *qcrypto_tls_creds_cipher_suites(QCryptoTLSCreds *creds, Error **errp)
{
    GByteArray *suites;
    gnutls_priority_t parsed;
    unsigned suite;
    int ret;

    if (!creds->priority) {
        error_setg(errp, "'priority' of the %s is not set", object_get_typename(OBJECT(creds)));
        return NULL;
    }
    ret = gnutls_priority_init(&parsed, creds->priority, NULL);
    if (ret < 0) {
        error_setg(errp, "priority=%s: %s", creds->priority, gnutls_strerror(ret));
        return NULL;
    }
    suites = g_byte_array_new();
    for (unsigned i = 0; ret != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
        uint8_t id[2];

        ret = gnutls_priority_get_cipher_suite_index(parsed, i, &suite);
        /* Some combinations of algorithms have no name. */
        if (ret == 0 && gnutls_cipher_suite_info(suite, id, NULL, NULL, NULL, NULL)) {
            g_byte_array_append(suites, id, sizeof(id));
        }
    }
    gnutls_priority_deinit(parsed);
    return suites;
}

#else

GByteArray *qcrypto_tls_creds_cipher_suites(QCryptoTLSCreds *creds, Error **errp)
{
    error_setg(errp, "this program was built without GnuTLS");
    return NULL;
}

static void creds_complete(UserCreatable *uc, Error **errp)
{
    error_setg(errp, "%s: this program was built without GnuTLS", object_get_typename(OBJECT(uc)));
}

#endif

/* ---- properties ---- */

static char *get_dir(Object *obj, Error **errp)
{
    return g_strdup(QCRYPTO_TLS_CREDS(obj)->dir);
}

static char *get_priority(Object *obj, Error **errp)
{
    return g_strdup(QCRYPTO_TLS_CREDS(obj)->priority);
}

/* Sessions use what was there when the object was completed. */
static bool still_open(QCryptoTLSCreds *creds, const char *name, Error **errp)
{
    if (creds->complete) {
        error_setg(errp, "'%s' cannot be changed now", name);
    }
    return !creds->complete;
}

static void set_dir(Object *obj, const char *value, Error **errp)
{
    QCryptoTLSCreds *creds = QCRYPTO_TLS_CREDS(obj);

    if (still_open(creds, "dir", errp)) {
        g_free(creds->dir);
        creds->dir = g_strdup(value);
    }
}

static void set_priority(Object *obj, const char *value, Error **errp)
{
    QCryptoTLSCreds *creds = QCRYPTO_TLS_CREDS(obj);

    if (still_open(creds, "priority", errp)) {
        g_free(creds->priority);
        creds->priority = g_strdup(value);
    }
}

static int get_endpoint(Object *obj, Error **errp)
{
    return QCRYPTO_TLS_CREDS(obj)->endpoint;
}

static void set_endpoint(Object *obj, int value, Error **errp)
{
    if (still_open(QCRYPTO_TLS_CREDS(obj), "endpoint", errp)) {
        QCRYPTO_TLS_CREDS(obj)->endpoint = value;
    }
}

static bool get_verify_peer(Object *obj, Error **errp)
{
    return QCRYPTO_TLS_CREDS(obj)->verify_peer;
}

static void set_verify_peer(Object *obj, bool value, Error **errp)
{
    if (still_open(QCRYPTO_TLS_CREDS(obj), "verify-peer", errp)) {
        QCRYPTO_TLS_CREDS(obj)->verify_peer = value;
    }
}

static void creds_init(Object *obj)
{
    QCRYPTO_TLS_CREDS(obj)->verify_peer = true;
}

static void creds_finalize(Object *obj)
{
    QCryptoTLSCreds *creds = QCRYPTO_TLS_CREDS(obj);

    g_free(creds->dir);
    g_free(creds->priority);
}

static void creds_class_init(ObjectClass *oc, const void *data)
{
    USER_CREATABLE_CLASS(oc)->complete = creds_complete;
    object_class_property_add_str(oc, "dir", get_dir, set_dir);
    object_class_property_set_description(oc, "dir", "Folder with the files");
    object_class_property_add_str(oc, "priority", get_priority, set_priority);
    object_class_property_set_description(oc, "priority", "Algorithms, as GnuTLS writes them");
    object_class_property_add_enum(oc, "endpoint", "QCryptoTLSCredsEndpoint",
                                   &QCryptoTLSCredsEndpoint_lookup, get_endpoint, set_endpoint);
    object_class_property_set_description(oc, "endpoint", "Which side these are for");
    object_class_property_add_bool(oc, "verify-peer", get_verify_peer, set_verify_peer);
    object_class_property_set_description(oc, "verify-peer", "The peer must show who it is");
}

/* ---- tls-creds-anon ---- */

OBJECT_DECLARE_SIMPLE_TYPE(QCryptoTLSCredsAnon, QCRYPTO_TLS_CREDS_ANON)

struct QCryptoTLSCredsAnon {
    QCryptoTLSCreds parent_obj;

#ifdef CONFIG_GNUTLS
    gnutls_anon_server_credentials_t server;
    gnutls_anon_client_credentials_t client;
#endif
};

#ifdef CONFIG_GNUTLS

static bool anon_load(QCryptoTLSCreds *creds, Error **errp)
{
    QCryptoTLSCredsAnon *s = QCRYPTO_TLS_CREDS_ANON(creds);
    int ret;

    if (creds->endpoint == QCRYPTO_TLS_CREDS_ENDPOINT_SERVER) {
        ret = gnutls_anon_allocate_server_credentials(&s->server);
        if (ret == 0) {
            gnutls_anon_set_server_known_dh_params(s->server, GNUTLS_SEC_PARAM_MEDIUM);
        }
    } else {
        ret = gnutls_anon_allocate_client_credentials(&s->client);
    }
    if (ret < 0) {
        error_setg(errp, "credentials cannot be made: %s", gnutls_strerror(ret));
    }
    return ret >= 0;
}

static int anon_apply(QCryptoTLSCreds *creds, gnutls_session_t session)
{
    QCryptoTLSCredsAnon *s = QCRYPTO_TLS_CREDS_ANON(creds);

    return gnutls_credentials_set(session, GNUTLS_CRD_ANON,
                                  s->server ? (void *)s->server : (void *)s->client);
}

#endif

static void anon_finalize(Object *obj)
{
#ifdef CONFIG_GNUTLS
    QCryptoTLSCredsAnon *s = QCRYPTO_TLS_CREDS_ANON(obj);

    if (s->server) {
        gnutls_anon_free_server_credentials(s->server);
    }
    if (s->client) {
        gnutls_anon_free_client_credentials(s->client);
    }
#endif
}

static void anon_class_init(ObjectClass *oc, const void *data)
{
    QCryptoTLSCredsClass *cc = QCRYPTO_TLS_CREDS_CLASS(oc);

    /* TLS 1.3 has no anonymous key exchange. */
    cc->priority_suffix = ":-VERS-TLS1.3:+ANON-ECDH:+ANON-DH";
#ifdef CONFIG_GNUTLS
    cc->load = anon_load;
    cc->apply = anon_apply;
#endif
}

static const TypeInfo tls_creds_types[] = {
    {
        .name = TYPE_QCRYPTO_TLS_CREDS,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(QCryptoTLSCreds),
        .instance_init = creds_init,
        .instance_finalize = creds_finalize,
        .class_size = sizeof(QCryptoTLSCredsClass),
        .class_init = creds_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_USER_CREATABLE}, {}},
    },
    {
        .name = TYPE_QCRYPTO_TLS_CREDS_ANON,
        .parent = TYPE_QCRYPTO_TLS_CREDS,
        .instance_size = sizeof(QCryptoTLSCredsAnon),
        .instance_finalize = anon_finalize,
        .class_init = anon_class_init,
    },
};

DEFINE_TYPES(tls_creds_types)
