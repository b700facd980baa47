/* SPDX-License-Identifier: GPL-2.0-or-later */
/* secret: given in a property or in a file. */
#include "qemu/osdep.h"
#include "secret-internal.h"

OBJECT_DECLARE_SIMPLE_TYPE(QCryptoSecret, QCRYPTO_SECRET)

struct QCryptoSecret {
    QCryptoSecretCommon parent_obj;

    char *data, *file;
};

static uint8_t *secret_load(QCryptoSecretCommon *common, size_t *len, Error **errp)
{
    QCryptoSecret *s = QCRYPTO_SECRET(common);

    if (s->data && s->file) {
        error_setg(errp, "'data' and 'file' cannot both be given");
        return NULL;
    }
    if (s->file) {
        return (uint8_t *)qemu_read_file(s->file, SECRET_MAX_BYTES, len, errp);
    }
    if (!s->data) {
        error_setg(errp, "'data' or 'file' must be given");
        return NULL;
    }
    *len = strlen(s->data);
    return (uint8_t *)g_strdup(s->data);
}

static char *get_data(Object *obj, Error **errp)
{
    return g_strdup(QCRYPTO_SECRET(obj)->data);
}

static void set_data(Object *obj, const char *value, Error **errp)
{
    g_free(QCRYPTO_SECRET(obj)->data);
    QCRYPTO_SECRET(obj)->data = g_strdup(value);
}

static char *get_file(Object *obj, Error **errp)
{
    return g_strdup(QCRYPTO_SECRET(obj)->file);
}

static void set_file(Object *obj, const char *value, Error **errp)
{
    g_free(QCRYPTO_SECRET(obj)->file);
    QCRYPTO_SECRET(obj)->file = g_strdup(value);
}

static void secret_finalize(Object *obj)
{
    QCryptoSecret *s = QCRYPTO_SECRET(obj);

    qcrypto_secret_free(s->data, s->data ? strlen(s->data) : 0);
    g_free(s->file);
}

static void secret_class_init(ObjectClass *oc, const void *data)
{
    QCRYPTO_SECRET_COMMON_CLASS(oc)->load = secret_load;
    object_class_property_add_str(oc, "data", get_data, set_data);
    object_class_property_set_description(oc, "data", "The secret itself");
    object_class_property_add_str(oc, "file", get_file, set_file);
    object_class_property_set_description(oc, "file", "File that holds the secret");
}

static const TypeInfo secret_types[] = {
    {
        .name = TYPE_QCRYPTO_SECRET,
        .parent = TYPE_QCRYPTO_SECRET_COMMON,
        .instance_size = sizeof(QCryptoSecret),
        .instance_finalize = secret_finalize,
        .class_init = secret_class_init,
    },
};

DEFINE_TYPES(secret_types)
