/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Back ends of crypto devices: limits, statistics, QMP; and the one that is this process. */
#include "qemu/osdep.h"
#include "qapi/qapi-commands-cryptodev.h"
#include "qapi/visitor.h"
#include "qom/object_interfaces.h"
#include "system/cryptodev.h"
#include "system/stats.h"

/* ---- for devices ---- */

bool cryptodev_backend_claim(CryptoDevBackend *b, Error **errp)
{
    if (!b) {
        error_setg(errp, "cryptodev= is missing: the id of a crypto back end");
        return false;
    }
    if (b->in_use) {
        error_setg(errp, "cryptodev=%s is in use already",
                   object_get_canonical_path_component(OBJECT(b)));
        return false;
    }
    b->in_use = true;
    return true;
}

void cryptodev_backend_release(CryptoDevBackend *b)
{
    b->in_use = false;
}

void coroutine_fn cryptodev_backend_wait(CryptoDevBackend *b, size_t bytes)
{
    throttle_wait(b->throttle, false, bytes);
}

bool cryptodev_backend_crypt(CryptoDevBackend *b, CryptoDevCipher *c, bool encrypt,
                             const uint8_t *iv, size_t niv, uint8_t *data, size_t len, Error **errp)
{
    CryptoDevStats *s = &b->stats;

    *(encrypt ? &s->encrypt_ops : &s->decrypt_ops) += 1;
    *(encrypt ? &s->encrypt_bytes : &s->decrypt_bytes) += len;
    return CRYPTODEV_BACKEND_GET_CLASS(b)->crypt(b, c, encrypt, iv, niv, data, len, errp);
}

/* ---- properties ---- */

/* False and @errp if they are none. Before the object is complete they are only checked. */
static bool apply_limits(CryptoDevBackend *b, Error **errp)
{
    ThrottleConfig cfg;

    throttle_config_init(&cfg);
    cfg.bucket[THROTTLE_BPS_TOTAL].avg = b->throttle_bps;
    cfg.bucket[THROTTLE_OPS_TOTAL].avg = b->throttle_ops;
    if (!throttle_config_check(&cfg, errp)) {
        return false;
    }
    if (b->throttle) {
        throttle_group_set_config(throttle_member_group(b->throttle), &cfg);
    }
    return true;
}

/* The limit that a property is about: @opaque says where it is. */
static uint64_t *limit_of(Object *obj, void *opaque)
{
    return (uint64_t *)((char *)obj + GPOINTER_TO_SIZE(opaque));
}

static void get_limit(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_type_uint64(v, name, limit_of(obj, opaque), errp);
}

static void set_limit(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint64_t *limit = limit_of(obj, opaque), before = *limit, value;

    if (visit_type_uint64(v, name, &value, errp)) {
        *limit = value;
        if (!apply_limits(CRYPTODEV_BACKEND(obj), errp)) {
            *limit = before;
        }
    }
}

static void add_limit(ObjectClass *oc, const char *name, size_t offset, const char *description)
{
    object_class_property_add(oc, name, "uint64", get_limit, set_limit, NULL,
                              GSIZE_TO_POINTER(offset));
    object_class_property_set_description(oc, name, description);
}

static void get_queues(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &CRYPTODEV_BACKEND(obj)->queues, errp);
}

static void set_queues(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    CryptoDevBackend *b = CRYPTODEV_BACKEND(obj);
    uint32_t value;

    if (!visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (value == 0 || value > CRYPTODEV_MAX_QUEUES) {
        error_setg(errp, "queues=%u is not between 1 and %d", value, CRYPTODEV_MAX_QUEUES);
        return;
    }
    if (b->throttle) {
        error_setg(errp, "queues cannot be changed after the object was created");
        return;
    }
    b->queues = value;
}

/* ---- life ---- */

static void backend_complete(UserCreatable *uc, Error **errp)
{
    CryptoDevBackend *b = CRYPTODEV_BACKEND(uc);
    /* No drive's group has such a name. */
    g_autofree char *group = g_strdup_printf("cryptodev %p", (void *)b);

    b->throttle = throttle_member_new(group);
    apply_limits(b, errp);
}

static bool backend_can_be_deleted(UserCreatable *uc)
{
    return !CRYPTODEV_BACKEND(uc)->in_use;
}

static void backend_init(Object *obj)
{
    CRYPTODEV_BACKEND(obj)->queues = 1;
}

static void backend_finalize(Object *obj)
{
    CryptoDevBackend *b = CRYPTODEV_BACKEND(obj);

    if (b->throttle) {
        throttle_member_free(b->throttle);
    }
}

/* ---- QMP ---- */

static int append_backend(Object *obj, void *opaque)
{
    QCryptodevInfoList ***tail = opaque;
    CryptoDevBackend *b = (CryptoDevBackend *)object_dynamic_cast(obj, TYPE_CRYPTODEV_BACKEND);
    QCryptodevBackendClientList **clients;
    QCryptodevInfo *info;

    if (!b) {
        return 0;
    }
    info = g_new0(QCryptodevInfo, 1);
    info->id = g_strdup(object_get_canonical_path_component(obj));
    QAPI_LIST_PREPEND(info->service, Q_CRYPTODEV_BACKEND_SERVICE_TYPE_CIPHER);
    clients = &info->client;
    for (uint32_t i = 0; i < b->queues; i++) {
        QCryptodevBackendClient *client = g_new0(QCryptodevBackendClient, 1);

        client->queue = i;
        client->type = CRYPTODEV_BACKEND_GET_CLASS(b)->type;
        QAPI_LIST_APPEND(clients, client);
    }
    QAPI_LIST_APPEND(*tail, info);
    return 0;
}

QCryptodevInfoList *qmp_query_cryptodev(Error **errp)
{
    QCryptodevInfoList *list = NULL, **tail = &list;

    object_child_foreach(object_get_objects_root(), append_backend, &tail);
    return list;
}

/* ---- statistics ---- */

static const struct {
    const char *name;
    size_t offset;
    bool bytes;
} counters[] = {
    {"sym-encrypt-ops", offsetof(CryptoDevStats, encrypt_ops), false},
    {"sym-decrypt-ops", offsetof(CryptoDevStats, decrypt_ops), false},
    {"sym-encrypt-bytes", offsetof(CryptoDevStats, encrypt_bytes), true},
    {"sym-decrypt-bytes", offsetof(CryptoDevStats, decrypt_bytes), true},
};

typedef struct Retrieval {
    StatsResultList ***tail;
    strList *names;
} Retrieval;

static int append_stats(Object *obj, void *opaque)
{
    const Retrieval *r = opaque;
    CryptoDevBackend *b = (CryptoDevBackend *)object_dynamic_cast(obj, TYPE_CRYPTODEV_BACKEND);
    StatsResult *result;
    StatsList **tail;

    if (!b) {
        return 0;
    }
    result = g_new0(StatsResult, 1);
    result->provider = STATS_PROVIDER_CRYPTODEV;
    result->qom_path = object_get_canonical_path(obj);
    tail = &result->stats;
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        if (stats_wanted(r->names, counters[i].name)) {
            Stats *stats = g_new0(Stats, 1);

            stats->name = g_strdup(counters[i].name);
            stats->value = g_new0(StatsValue, 1);
            stats->value->type = QTYPE_QNUM;
            memcpy(&stats->value->u.scalar, (char *)&b->stats + counters[i].offset,
                   sizeof(uint64_t));
            QAPI_LIST_APPEND(tail, stats);
        }
    }
    QAPI_LIST_APPEND(*r->tail, result);
    return 0;
}

static bool retrieve_stats(StatsResultList ***tail, StatsTarget target, strList *names,
                           strList *objects, Error **errp)
{
    Retrieval r = {tail, names};

    if (target == STATS_TARGET_CRYPTODEV) {
        object_child_foreach(object_get_objects_root(), append_stats, &r);
    }
    return true;
}

static bool describe_stats(StatsSchemaList ***tail, Error **errp)
{
    StatsSchema *schema = g_new0(StatsSchema, 1);
    StatsSchemaValueList **values = &schema->stats;

    schema->provider = STATS_PROVIDER_CRYPTODEV;
    schema->target = STATS_TARGET_CRYPTODEV;
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        StatsSchemaValue *value = g_new0(StatsSchemaValue, 1);

        value->name = g_strdup(counters[i].name);
        value->type = STATS_TYPE_CUMULATIVE;
        value->has_unit = counters[i].bytes;
        value->unit = STATS_UNIT_BYTES;
        QAPI_LIST_APPEND(values, value);
    }
    QAPI_LIST_APPEND(*tail, schema);
    return true;
}

static void backend_class_init(ObjectClass *oc, const void *data)
{
    USER_CREATABLE_CLASS(oc)->complete = backend_complete;
    USER_CREATABLE_CLASS(oc)->can_be_deleted = backend_can_be_deleted;
    object_class_property_add(oc, "queues", "uint32", get_queues, set_queues, NULL, NULL);
    object_class_property_set_description(oc, "queues", "Number of queues for requests");
    add_limit(oc, "throttle-bps", offsetof(CryptoDevBackend, throttle_bps),
              "Bytes per second, 0 without limit");
    add_limit(oc, "throttle-ops", offsetof(CryptoDevBackend, throttle_ops),
              "Requests per second, 0 without limit");
    stats_add_provider(STATS_PROVIDER_CRYPTODEV, retrieve_stats, describe_stats);
}

/* ---- cryptodev-backend-builtin: this process, by the cryptographic library ---- */

static bool builtin_has_cipher(CryptoDevBackend *b, QCryptoCipherAlgo alg, QCryptoCipherMode mode)
{
    return qcrypto_cipher_supports(alg, mode);
}

static CryptoDevCipher *builtin_cipher_new(CryptoDevBackend *b, QCryptoCipherAlgo alg,
                                           QCryptoCipherMode mode, const uint8_t *key, size_t nkey,
                                           Error **errp)
{
    return (CryptoDevCipher *)qcrypto_cipher_new(alg, mode, key, nkey, errp);
}

static void builtin_cipher_free(CryptoDevBackend *b, CryptoDevCipher *c)
{
    qcrypto_cipher_free((QCryptoCipher *)c);
}

static bool builtin_crypt(CryptoDevBackend *b, CryptoDevCipher *cipher, bool encrypt,
                          const uint8_t *iv, size_t niv, uint8_t *data, size_t len, Error **errp)
{
    QCryptoCipher *c = (QCryptoCipher *)cipher;

    return qcrypto_cipher_setiv(c, iv, niv, errp) == 0 &&
           (encrypt ? qcrypto_cipher_encrypt(c, data, data, len, errp)
                    : qcrypto_cipher_decrypt(c, data, data, len, errp)) == 0;
}

static void builtin_class_init(ObjectClass *oc, const void *data)
{
    CryptoDevBackendClass *k = CRYPTODEV_BACKEND_CLASS(oc);

    k->type = Q_CRYPTODEV_BACKEND_TYPE_BUILTIN;
    k->has_cipher = builtin_has_cipher;
    k->cipher_new = builtin_cipher_new;
    k->cipher_free = builtin_cipher_free;
    k->crypt = builtin_crypt;
}

static const TypeInfo cryptodev_types[] = {
    {
        .name = TYPE_CRYPTODEV_BACKEND,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(CryptoDevBackend),
        .instance_init = backend_init,
        .instance_finalize = backend_finalize,
        .class_size = sizeof(CryptoDevBackendClass),
        .class_init = backend_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_USER_CREATABLE}, {}},
    },
    {
        .name = TYPE_CRYPTODEV_BACKEND_BUILTIN,
        .parent = TYPE_CRYPTODEV_BACKEND,
        .class_init = builtin_class_init,
    },
};

DEFINE_TYPES(cryptodev_types)
