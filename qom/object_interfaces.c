/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User-creatable objects: from an option or a command to /objects/ID and back. */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/id.h"
#include "qemu/missing-part.h"
#include "qemu/module.h"
#include "qobject/keyval.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qom/object_interfaces.h"

bool user_creatable_complete(UserCreatable *uc, Error **errp)
{
    UserCreatableClass *ucc = USER_CREATABLE_GET_CLASS(uc);
    Error *err = NULL;

    if (ucc->complete) {
        ucc->complete(uc, &err);
        error_propagate(errp, err);
    }
    return !err;
}

bool user_creatable_can_be_deleted(UserCreatable *uc)
{
    UserCreatableClass *ucc = USER_CREATABLE_GET_CLASS(uc);

    return ucc->can_be_deleted ? ucc->can_be_deleted(uc) : true;
}

/* ---- creation ----------------------------------------------------------- */

static ObjectClass *user_creatable_class(const char *type, Error **errp)
{
    ERRP_GUARD();
    ObjectClass *klass = module_object_class_by_name(type);
    const char *nearest;

    if (!klass && missing_part_error(MISSING_OBJECT, type, errp)) {
        return NULL;
    }
    if (!klass || !object_class_dynamic_cast(klass, TYPE_USER_CREATABLE)) {
        error_setg(
            errp, klass ? "object type '%s' can't be created by a user" : "invalid object type: %s",
            type);
        nearest = object_class_nearest_name(TYPE_USER_CREATABLE, type);
        if (nearest) {
            error_append_hint(errp, "did you mean '%s'? ", nearest);
        }
        error_append_hint(errp, "\"-object help\" lists them.\n");
        return NULL;
    }
    if (object_class_is_abstract(klass)) {
        error_setg(errp, "object type '%s' is abstract", type);
        return NULL;
    }
    return klass;
}

Object *user_creatable_add_type(const char *type, const char *id, const QDict *qdict, bool keyval,
                                Error **errp)
{
    ERRP_GUARD();
    ObjectClass *klass;
    g_autoptr(Object) obj = NULL;

    if (id && !id_check(id, errp)) {
        return NULL;
    }
    klass = user_creatable_class(type, errp);
    if (!klass) {
        return NULL;
    }
    obj = object_new_with_class(klass);
    if (!object_set_properties_from_qdict(obj, qdict, keyval, errp)) {
        object_hint_at_property_help(obj, qdict, "-object", type, errp);
        return NULL;
    }
    if (id && !object_property_try_add_child(object_get_objects_root(), id, obj, errp)) {
        return NULL;
    }
    if (!user_creatable_complete(USER_CREATABLE(obj), errp)) {
        if (id) {
            object_unparent(obj);
        }
        return NULL;
    }
    /* With an id the tree holds it; without, the caller takes our reference. */
    return id ? obj : g_steal_pointer(&obj);
}

static bool take_string(QDict *props, const char *key, char **value, Error **errp)
{
    const char *str = qdict_get_try_str(props, key);

    if (!str) {
        error_setg(errp,
                   qdict_haskey(props, key) ? "Parameter '%s' expects a string"
                                            : "Parameter '%s' is missing",
                   key);
        return false;
    }
    *value = g_strdup(str);
    qdict_del(props, key);
    return true;
}

bool user_creatable_add_qdict(const QDict *qdict, bool keyval, Error **errp)
{
    g_autoptr(QDict) props = qdict_clone_shallow(qdict);
    g_autofree char *type = NULL;
    g_autofree char *id = NULL;

    return take_string(props, "qom-type", &type, errp) && take_string(props, "id", &id, errp) &&
           user_creatable_add_type(type, id, props, keyval, errp) != NULL;
}

QDict *user_creatable_parse_str(const char *str, bool *keyval, Error **errp)
{
    g_autoptr(QDict) args = NULL;
    bool help = false;

    *keyval = str[0] != '{';
    if (!*keyval) {
        QObject *obj = qobject_from_json(str, errp);

        return obj ? qobject_to(QDict, obj) : NULL;
    }
    args = keyval_parse(str, "qom-type", &help, errp);
    if (!args) {
        return NULL;
    }
    if (help) {
        const char *type = qdict_get_try_str(args, "qom-type");

        if (!type) {
            user_creatable_print_types();
        } else if (user_creatable_class(type, errp)) {
            user_creatable_print_type_properties(type);
        }
        return NULL;
    }
    return g_steal_pointer(&args);
}

bool user_creatable_add_from_str(const char *str, bool *helped, Error **errp)
{
    ERRP_GUARD();
    bool keyval;
    g_autoptr(QDict) args = user_creatable_parse_str(str, &keyval, errp);

    *helped = !args && !*errp;
    if (!args) {
        return *helped;
    }
    return user_creatable_add_qdict(args, keyval, errp);
}

/* ---- deletion ----------------------------------------------------------- */

bool user_creatable_del(const char *id, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);

    if (!obj) {
        error_setg(errp, "object '%s' not found", id);
        return false;
    }
    if (!user_creatable_can_be_deleted(USER_CREATABLE(obj))) {
        error_setg(errp, "object '%s' is in use, can not be deleted", id);
        return false;
    }
    object_unparent(obj);
    return true;
}

static int unparent_child(Object *child, void *opaque)
{
    object_unparent(child);
    return 0;
}

void user_creatable_cleanup(void)
{
    object_child_foreach(object_get_objects_root(), unparent_child, NULL);
}

static const TypeInfo user_creatable_types[] = {
    {
        .name = TYPE_USER_CREATABLE,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(UserCreatableClass),
    },
};
DEFINE_TYPES(user_creatable_types)
