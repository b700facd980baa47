/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Authorization: the look-up, and the kind that knows one identity. */
#include "qemu/osdep.h"
#include "authz/base.h"
#include "qom/object_interfaces.h"

bool qauthz_is_allowed(QAuthZ *authz, const char *identity, Error **errp)
{
    return QAUTHZ_GET_CLASS(authz)->is_allowed(authz, identity, errp);
}

bool qauthz_is_allowed_by_id(const char *id, const char *identity, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);

    if (!obj) {
        error_setg(errp, "there is no authorization object '%s'", id);
        return false;
    }
    if (!object_dynamic_cast(obj, TYPE_QAUTHZ)) {
        error_setg(errp, "object '%s' is a %s and authorizes nobody", id, object_get_typename(obj));
        return false;
    }
    return qauthz_is_allowed(QAUTHZ(obj), identity, errp);
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
    g_free(QAUTHZ_SIMPLE(obj)->identity);
    QAUTHZ_SIMPLE(obj)->identity = g_strdup(value);
}

static void simple_complete(UserCreatable *uc, Error **errp)
{
    if (!QAUTHZ_SIMPLE(uc)->identity) {
        error_setg(errp, "'identity' must be given");
    }
}

static void simple_finalize(Object *obj)
{
    g_free(QAUTHZ_SIMPLE(obj)->identity);
}

static void simple_class_init(ObjectClass *oc, const void *data)
{
    USER_CREATABLE_CLASS(oc)->complete = simple_complete;
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
