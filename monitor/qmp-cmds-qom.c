/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands about objects, devices and their properties. */

#include "qemu/osdep.h"
#include "commands.h"
#include "hw/qdev-core.h"
#include "qapi/qapi-events-qdev.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qstring.h"
#include "qom/object_interfaces.h"
#include "system/system.h"

static Object *find_object(const char *path, Error **errp)
{
    bool ambiguous = false;
    Object *obj = object_resolve_path(path, &ambiguous);

    if (!obj) {
        if (ambiguous) {
            error_setg(errp, "path '%s' is ambiguous", path);
        } else {
            error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "there is no object '%s'", path);
        }
    }
    return obj;
}

/* ---- objects ---- */

static void append_property(QList *list, const ObjectProperty *prop, bool with_details)
{
    QDict *dict = qdict_from_jsonf_nofail("{'name': %s, 'type': %s}", prop->name, prop->type);

    if (with_details && prop->description) {
        qdict_put_str(dict, "description", prop->description);
    }
    if (with_details && prop->defval) {
        qdict_put_obj(dict, "default-value", qobject_ref(prop->defval));
    }
    qlist_append(list, dict);
}

static QObject *cmd_qom_list(const QDict *args, Error **errp)
{
    Object *obj = find_object(qdict_get_str(args, "path"), errp);
    ObjectPropertyIterator iter;
    ObjectProperty *prop;
    QList *list;

    if (!obj) {
        return NULL;
    }
    list = qlist_new();
    object_property_iter_init(&iter, obj);
    while ((prop = object_property_iter_next(&iter)) != NULL) {
        append_property(list, prop, false);
    }
    return QOBJECT(list);
}

static QObject *cmd_qom_get(const QDict *args, Error **errp)
{
    Object *obj = find_object(qdict_get_str(args, "path"), errp);

    return obj ? object_property_get_qobject(obj, qdict_get_str(args, "property"), errp) : NULL;
}

static QObject *cmd_qom_set(const QDict *args, Error **errp)
{
    Object *obj = find_object(qdict_get_str(args, "path"), errp);

    if (obj) {
        object_property_set_qobject(obj, qdict_get_str(args, "property"), qdict_get(args, "value"),
                                    errp);
    }
    return NULL;
}

typedef struct TypeList {
    QList *list;
} TypeList;

static void append_type(ObjectClass *oc, void *opaque)
{
    TypeList *types = opaque;
    ObjectClass *parent = object_class_get_parent(oc);
    QDict *dict = qdict_from_jsonf_nofail("{'name': %s}", object_class_get_name(oc));

    if (object_class_is_abstract(oc)) {
        qdict_put_bool(dict, "abstract", true);
    }
    if (parent) {
        qdict_put_str(dict, "parent", object_class_get_name(parent));
    }
    qlist_append(types->list, dict);
}

static QObject *cmd_qom_list_types(const QDict *args, Error **errp)
{
    TypeList types = {qlist_new()};

    object_class_foreach(append_type, qdict_get_try_str(args, "implements"),
                         qdict_get_try_bool(args, "abstract", false), &types);
    return QOBJECT(types.list);
}

static ObjectClass *find_class(const char *name, const char *base, Error **errp)
{
    ObjectClass *oc = object_class_by_name(name);

    if (!oc) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "there is no type '%s'", name);
    } else if (base && (!object_class_dynamic_cast(oc, base) || object_class_is_abstract(oc))) {
        error_setg(errp, "type '%s' is not a concrete kind of %s", name, base);
        oc = NULL;
    }
    return oc;
}

/* Those of the class; of an instance too where one can be made, because some come only then. */
static QObject *list_properties(ObjectClass *oc)
{
    g_autoptr(Object) obj = NULL;
    ObjectPropertyIterator iter;
    ObjectProperty *prop;
    QList *list = qlist_new();

    if (object_class_is_abstract(oc)) {
        object_class_property_iter_init(&iter, oc);
    } else {
        obj = object_new_with_class(oc);
        object_property_iter_init(&iter, obj);
    }
    while ((prop = object_property_iter_next(&iter)) != NULL) {
        append_property(list, prop, true);
    }
    return QOBJECT(list);
}

static QObject *cmd_qom_list_properties(const QDict *args, Error **errp)
{
    ObjectClass *oc = find_class(qdict_get_str(args, "typename"), NULL, errp);

    return oc ? list_properties(oc) : NULL;
}

static bool of_every_device(const char *name)
{
    static const char *const names[] = {"type",       "realized",   "hotpluggable",
                                        "hotplugged", "parent_bus", NULL};

    return g_strv_contains(names, name);
}

static QObject *cmd_device_list_properties(const QDict *args, Error **errp)
{
    ObjectClass *oc = find_class(qdict_get_str(args, "typename"), TYPE_DEVICE, errp);
    g_autoptr(Object) obj = NULL;
    ObjectPropertyIterator iter;
    ObjectProperty *prop;
    QList *list;

    if (!oc) {
        return NULL;
    }
    list = qlist_new();
    obj = object_new_with_class(oc);
    object_property_iter_init(&iter, obj);
    while ((prop = object_property_iter_next(&iter)) != NULL) {
        /* What a user can set: no wires, children and bookkeeping. */
        if (prop->set && !of_every_device(prop->name) &&
            !g_str_has_prefix(prop->type, "link<irq>")) {
            append_property(list, prop, true);
        }
    }
    return QOBJECT(list);
}

static QObject *cmd_object_add(const QDict *args, Error **errp)
{
    user_creatable_add_qdict(args, false, errp);
    return NULL;
}

static QObject *cmd_object_del(const QDict *args, Error **errp)
{
    user_creatable_del(qdict_get_str(args, "id"), errp);
    return NULL;
}

/* ---- devices ---- */

static QObject *cmd_device_add(const QDict *args, Error **errp)
{
    DeviceState *dev = qdev_device_add_from_qdict(args, true, errp);

    object_unref(OBJECT(dev));
    return NULL;
}

static QObject *cmd_device_del(const QDict *args, Error **errp)
{
    qdev_device_del(qdict_get_str(args, "id"), errp);
    return NULL;
}

static void on_unrealize(DeviceListener *listener, DeviceState *dev)
{
    if (dev->canonical_path) {
        qapi_event_send_device_deleted(dev->id, dev->canonical_path);
    }
}

void qmp_watch_devices(void)
{
    static DeviceListener listener = {.unrealize = on_unrealize};

    device_listener_register(&listener);
}

/* ---- table ---- */

static const QmpArg path_args[] = {{"path", QTYPE_QSTRING}, {NULL}};
static const QmpArg get_args[] = {{"path", QTYPE_QSTRING}, {"property", QTYPE_QSTRING}, {NULL}};
static const QmpArg set_args[] = {
    {"path", QTYPE_QSTRING},
    {"property", QTYPE_QSTRING},
    {"value", QTYPE_NONE},
    {NULL},
};
static const QmpArg types_args[] = {
    {"implements", QTYPE_QSTRING, true},
    {"abstract", QTYPE_QBOOL, true},
    {NULL},
};
static const QmpArg typename_args[] = {{"typename", QTYPE_QSTRING}, {NULL}};
static const QmpArg object_args[] = {{"qom-type", QTYPE_QSTRING}, {"id", QTYPE_QSTRING}, {NULL}};
static const QmpArg id_args[] = {{"id", QTYPE_QSTRING}, {NULL}};
static const QmpArg device_args[] = {
    {"driver", QTYPE_QSTRING},
    {"bus", QTYPE_QSTRING, true},
    {"id", QTYPE_QSTRING, true},
    {NULL},
};

static const QmpTableCommand commands[] = {
    {"qom-list", cmd_qom_list, path_args},
    {"qom-get", cmd_qom_get, get_args},
    {"qom-set", cmd_qom_set, set_args},
    {"qom-list-types", cmd_qom_list_types, types_args},
    {"qom-list-properties", cmd_qom_list_properties, typename_args},
    {"device-list-properties", cmd_device_list_properties, typename_args},
    {"object-add", cmd_object_add, object_args, .open_args = true},
    {"object-del", cmd_object_del, id_args},
    {"device_add", cmd_device_add, device_args, .open_args = true},
    {"device_del", cmd_device_del, id_args},
};

void qmp_register_qom(void)
{
    qmp_register_commands(commands, ARRAY_SIZE(commands));
}
