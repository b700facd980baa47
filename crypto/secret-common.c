/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what is written in a secret's properties to its bytes: base 64, and encryption with
 * another secret (AES-256-CBC, PKCS#7 padding: RFC 5652, 6.3).
 */
#include "qemu/osdep.h"
#include "crypto/cipher.h"
#include "qom/object_interfaces.h"
#include "secret-internal.h"

#define KEY_BYTES 32
#define IV_BYTES  16

void qcrypto_secret_free(void *data, size_t len)
{
    if (data) {
        explicit_bzero(data, len);
        g_free(data);
    }
}

/* ---- base 64 ---- */

/* Strict, but for white space: g_base64_decode() passes over anything else. */
static uint8_t *decode_base64(const char *what, const char *text, size_t len, size_t *outlen,
                              Error **errp)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789+/";
    g_autofree char *clean = g_malloc(len + 1);
    size_t n = 0, digits;
    uint8_t *out;

    for (size_t i = 0; i < len; i++) {
        if (!g_ascii_isspace(text[i])) {
            clean[n++] = text[i];
        }
    }
    clean[n] = '\0';
    digits = strspn(clean, alphabet);
    if (strlen(clean) != n || n % 4 || n - digits > 2 ||
        strspn(clean + digits, "=") != n - digits) {
        error_setg(errp, "%s is not valid base 64", what);
        explicit_bzero(clean, n);
        return NULL;
    }
    out = g_base64_decode(clean, outlen);
    explicit_bzero(clean, n);
    return out;
}

/* ---- decryption ---- */

static bool strip_padding(uint8_t *data, size_t *len, Error **errp)
{
    uint8_t pad = *len ? data[*len - 1] : 0;

    for (size_t i = 1; pad && pad <= IV_BYTES && i <= pad; i++) {
        if (data[*len - i] != pad) {
            pad = 0;
        }
    }
    if (!pad || pad > IV_BYTES) {
        error_setg(errp, "the secret does not fit the key of 'keyid': its padding is wrong");
        return false;
    }
    *len -= pad;
    return true;
}

static bool decrypt_with(const uint8_t *key, size_t nkey, const char *iv_text, uint8_t *data,
                         size_t *len, Error **errp)
{
    g_autofree uint8_t *iv = NULL;
    g_autoptr(QCryptoCipher) cipher = NULL;
    size_t niv;

    iv = decode_base64("'iv'", iv_text, strlen(iv_text), &niv, errp);
    if (!iv) {
        return false;
    }
    if (niv != IV_BYTES) {
        error_setg(errp, "'iv' has %zu bytes, not %d", niv, IV_BYTES);
        return false;
    }
    cipher =
        qcrypto_cipher_new(QCRYPTO_CIPHER_ALGO_AES_256, QCRYPTO_CIPHER_MODE_CBC, key, nkey, errp);
    return cipher && !qcrypto_cipher_setiv(cipher, iv, niv, errp) &&
           !qcrypto_cipher_decrypt(cipher, data, data, *len, errp) &&
           strip_padding(data, len, errp);
}

static bool decrypt(QCryptoSecretCommon *s, uint8_t *data, size_t *len, Error **errp)
{
    uint8_t *key;
    size_t nkey;
    bool ok;

    if (!s->iv) {
        error_setg(errp, "'iv' must be given with 'keyid'");
        return false;
    }
    if (qcrypto_secret_lookup(s->keyid, &key, &nkey, errp) < 0) {
        return false;
    }
    if (nkey != KEY_BYTES) {
        error_setg(errp, "keyid='%s': a key has %d bytes, this secret has %zu", s->keyid, KEY_BYTES,
                   nkey);
        ok = false;
    } else {
        ok = decrypt_with(key, nkey, s->iv, data, len, errp);
    }
    qcrypto_secret_free(key, nkey);
    return ok;
}

static void secret_complete(UserCreatable *uc, Error **errp)
{
    QCryptoSecretCommon *s = QCRYPTO_SECRET_COMMON(uc);
    size_t len = 0, all;
    uint8_t *data = QCRYPTO_SECRET_COMMON_GET_CLASS(s)->load(s, &len, errp);

    if (data && s->format == QCRYPTO_SECRET_FORMAT_BASE64) {
        size_t written = len;
        uint8_t *text = data;

        data = decode_base64("the secret", (char *)text, written, &len, errp);
        qcrypto_secret_free(text, written);
    }
    all = len;
    if (data && s->keyid && !decrypt(s, data, &len, errp)) {
        qcrypto_secret_free(data, all);
        data = NULL;
    }
    s->rawdata = data;
    s->rawlen = data ? len : 0;
}

/* ---- look-up ---- */

int qcrypto_secret_lookup(const char *id, uint8_t **data, size_t *len, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);
    QCryptoSecretCommon *s;

    if (!obj) {
        error_setg(errp, "there is no secret '%s'", id);
        return -1;
    }
    s = (QCryptoSecretCommon *)object_dynamic_cast(obj, TYPE_QCRYPTO_SECRET_COMMON);
    if (!s) {
        error_setg(errp, "object '%s' is a %s, not a secret", id, object_get_typename(obj));
        return -1;
    }
    if (!s->rawdata) {
        error_setg(errp, "secret '%s' is not complete", id);
        return -1;
    }
    /* One byte more, so that an empty secret is not NULL and text can be ended. */
    *data = g_malloc(s->rawlen + 1);
    memcpy(*data, s->rawdata, s->rawlen);
    (*data)[s->rawlen] = '\0';
    *len = s->rawlen;
    return 0;
}

char *qcrypto_secret_lookup_as_utf8(const char *id, Error **errp)
{
    uint8_t *data;
    size_t len;

    if (qcrypto_secret_lookup(id, &data, &len, errp) < 0) {
        return NULL;
    }
    if (!g_utf8_validate((char *)data, len, NULL)) {
        error_setg(errp, "secret '%s' is not text in UTF-8", id);
        qcrypto_secret_free(data, len);
        return NULL;
    }
    return (char *)data;
}

/* ---- the type ---- */

static int get_format(Object *obj, Error **errp)
{
    return QCRYPTO_SECRET_COMMON(obj)->format;
}

static void set_format(Object *obj, int value, Error **errp)
{
    QCRYPTO_SECRET_COMMON(obj)->format = value;
}

static char *get_keyid(Object *obj, Error **errp)
{
    return g_strdup(QCRYPTO_SECRET_COMMON(obj)->keyid);
}

static void set_keyid(Object *obj, const char *value, Error **errp)
{
    g_free(QCRYPTO_SECRET_COMMON(obj)->keyid);
    QCRYPTO_SECRET_COMMON(obj)->keyid = g_strdup(value);
}

static char *get_iv(Object *obj, Error **errp)
{
    return g_strdup(QCRYPTO_SECRET_COMMON(obj)->iv);
}

static void set_iv(Object *obj, const char *value, Error **errp)
{
    g_free(QCRYPTO_SECRET_COMMON(obj)->iv);
    QCRYPTO_SECRET_COMMON(obj)->iv = g_strdup(value);
}

static void secret_finalize(Object *obj)
{
    QCryptoSecretCommon *s = QCRYPTO_SECRET_COMMON(obj);

    qcrypto_secret_free(s->rawdata, s->rawlen);
    g_free(s->keyid);
    g_free(s->iv);
}

static void secret_class_init(ObjectClass *oc, const void *data)
{
    USER_CREATABLE_CLASS(oc)->complete = secret_complete;
    object_class_property_add_enum(oc, "format", "QCryptoSecretFormat", &QCryptoSecretFormat_lookup,
                                   get_format, set_format);
    object_class_property_set_description(oc, "format", "How the data is written");
    object_class_property_add_str(oc, "keyid", get_keyid, set_keyid);
    object_class_property_set_description(oc, "keyid", "ID of the secret it is encrypted with");
    object_class_property_add_str(oc, "iv", get_iv, set_iv);
    object_class_property_set_description(oc, "iv", "Initialization vector, in base 64");
}

static const TypeInfo secret_common_types[] = {
    {
        .name = TYPE_QCRYPTO_SECRET_COMMON,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(QCryptoSecretCommon),
        .instance_finalize = secret_finalize,
        .class_size = sizeof(QCryptoSecretCommonClass),
        .class_init = secret_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_USER_CREATABLE}, {}},
    },
};

DEFINE_TYPES(secret_common_types)
