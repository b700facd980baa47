/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Authorization: the look-up, and the kind that knows one identity. */
#include "qemu/osdep.h"
#include "authz/base.h"
#include "qemu/lockable.h"
#include "qom/object_interfaces.h"

/*
 * The objects that can be asked, by their ids: /objects itself is under the BQL. Who found one
 * here keeps a reference while it is asked.
 */
static struct {
    QemuMutex lock;
    GHashTable *by_id; /* char * -> QAuthZ *, whose place in /objects has the reference */
} known;

static void __attribute__((constructor)) known_init(void)
{
    qemu_mutex_init(&known.lock);
    known.by_id = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static QAuthZ *find(const char *id)
{
    QAuthZ *authz;

    QEMU_LOCK_GUARD(&known.lock);
    authz = g_hash_table_lookup(known.by_id, id);
    if (authz) {
        object_ref(OBJECT(authz));
    }
    return authz;
}

bool qauthz_is_allowed(QAuthZ *authz, const char *identity, Error **errp)
{
    QEMU_LOCK_GUARD(&authz->lock);

    return QAUTHZ_GET_CLASS(authz)->is_allowed(authz, identity, errp);
}

bool qauthz_is_allowed_by_id(const char *id, const char *identity, Error **errp)
{
    QAuthZ *authz = find(id);
    bool allowed;

    if (!authz) {
        error_setg(errp, "there is no authorization object '%s'", id);
        return false;
    }
    allowed = qauthz_is_allowed(authz, identity, errp);
    object_unref(OBJECT(authz));
    return allowed;
}

/* ---- what all kinds have ---- */

static void authz_complete(UserCreatable *uc, Error **errp)
{
    QAuthZ *authz = QAUTHZ(uc);
    bool (*complete)(QAuthZ * authz, Error * *errp) = QAUTHZ_GET_CLASS(authz)->complete;

    if (complete && !complete(authz, errp)) {
        return;
    }
    QEMU_LOCK_GUARD(&known.lock);
    g_hash_table_insert(known.by_id, g_strdup(object_get_canonical_path_component(OBJECT(uc))),
                        authz);
}

/* Nobody finds it from now on. */
static void authz_unparent(Object *obj)
{
    const char *id = object_get_canonical_path_component(obj);

    QEMU_LOCK_GUARD(&known.lock);
    if (id && g_hash_table_lookup(known.by_id, id) == obj) {
        g_hash_table_remove(known.by_id, id);
    }
}

static void authz_init(Object *obj)
{
    qemu_mutex_init(&QAUTHZ(obj)->lock);
}

static void authz_finalize(Object *obj)
{
    qemu_mutex_destroy(&QAUTHZ(obj)->lock);
}

static void authz_class_init(ObjectClass *oc, const void *data)
{
    oc->unparent = authz_unparent;
    USER_CREATABLE_CLASS(oc)->complete = authz_complete;
}

/* ---- authz-simple ---- */

OBJECT_DECLARE_SIMPLE_TYPE(QAuthZSimple, QAUTHZ_SIMPLE)

struct QAuthZSimple {
    QAuthZ parent_obj;

    char *identity;
};

static bool simple_is_allowed(QAuthZ *authz, const char *identity, Error **errp)
{
    return !strcmp(QAUTHZ_SIMPLE(authz)->identity, identity);
}

static char *get_identity(Object *obj, Error **errp)
{
    return g_strdup(QAUTHZ_SIMPLE(obj)->identity);
}

static void set_identity(Object *obj, const char *value, Error **errp)
{
    QEMU_LOCK_GUARD(&QAUTHZ(obj)->lock);

    g_free(QAUTHZ_SIMPLE(obj)->identity);
    QAUTHZ_SIMPLE(obj)->identity = g_strdup(value);
}

static bool simple_complete(QAuthZ *authz, Error **errp)
{
    if (!QAUTHZ_SIMPLE(authz)->identity) {
        error_setg(errp, "'identity' must be given");
        return false;
    }
    return true;
}

static void simple_finalize(Object *obj)
{
    g_free(QAUTHZ_SIMPLE(obj)->identity);
}

static void simple_class_init(ObjectClass *oc, const void *data)
{
    QAUTHZ_CLASS(oc)->complete = simple_complete;
    QAUTHZ_CLASS(oc)->is_allowed = simple_is_allowed;
    object_class_property_add_str(oc, "identity", get_identity, set_identity);
    object_class_property_set_description(oc, "identity", "The only identity that is allowed");
}

static const TypeInfo authz_types[] = {
    {
        .name = TYPE_QAUTHZ,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(QAuthZ),
        .class_size = sizeof(QAuthZClass),
        .instance_init = authz_init,
        .instance_finalize = authz_finalize,
        .class_init = authz_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_USER_CREATABLE}, {}},
    },
    {
        .name = TYPE_QAUTHZ_SIMPLE,
        .parent = TYPE_QAUTHZ,
        .instance_size = sizeof(QAuthZSimple),
        .instance_finalize = simple_finalize,
        .class_init = simple_class_init,
    },
};

DEFINE_TYPES(authz_types)
