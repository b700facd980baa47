/* SPDX-License-Identifier: GPL-2.0-or-later */
/* secret_keyring: a key that the kernel keeps, keyctl(2). */
#include "qemu/osdep.h"
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include "qapi/visitor.h"
#include "secret-internal.h"

OBJECT_DECLARE_SIMPLE_TYPE(QCryptoSecretKeyring, QCRYPTO_SECRET_KEYRING)

struct QCryptoSecretKeyring {
    QCryptoSecretCommon parent_obj;

    int32_t serial;
};

static long key_read(int32_t serial, uint8_t *buf, size_t size)
{
    return syscall(SYS_keyctl, KEYCTL_READ, serial, buf, size, 0);
}

static uint8_t *keyring_load(QCryptoSecretCommon *common, size_t *len, Error **errp)
{
    QCryptoSecretKeyring *s = QCRYPTO_SECRET_KEYRING(common);
    long size = key_read(s->serial, NULL, 0), got;
    uint8_t *data;

    if (size < 0) {
        error_setg_errno(errp, errno, "serial=%d: the kernel's key cannot be read", s->serial);
        return NULL;
    }
    if (size > SECRET_MAX_BYTES) {
        error_setg(errp, "serial=%d: a key of %ld bytes is too long", s->serial, size);
        return NULL;
    }
    data = g_malloc0(size + 1);
    got = key_read(s->serial, data, size);
    if (got != size) {
        error_setg(errp, "serial=%d: the kernel's key changed while it was read", s->serial);
        qcrypto_secret_free(data, size);
        return NULL;
    }
    *len = size;
    return data;
}

static void get_serial(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_type_int32(v, name, &QCRYPTO_SECRET_KEYRING(obj)->serial, errp);
}

static void set_serial(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    int32_t value;

    if (visit_type_int32(v, name, &value, errp)) {
        if (value) {
            QCRYPTO_SECRET_KEYRING(obj)->serial = value;
        } else {
            error_setg(errp, "serial=0 is not the number of a key");
        }
    }
}

static void keyring_class_init(ObjectClass *oc, const void *data)
{
    QCRYPTO_SECRET_COMMON_CLASS(oc)->load = keyring_load;
    object_class_property_add(oc, "serial", "int32_t", get_serial, set_serial, NULL, NULL);
    object_class_property_set_description(oc, "serial", "Number of the key in the kernel");
}

static const TypeInfo keyring_types[] = {
    {
        .name = TYPE_QCRYPTO_SECRET_KEYRING,
        .parent = TYPE_QCRYPTO_SECRET_COMMON,
        .instance_size = sizeof(QCryptoSecretKeyring),
        .class_init = keyring_class_init,
    },
};

DEFINE_TYPES(keyring_types)
