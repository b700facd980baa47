/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands about objects, devices and their properties. */

#include "qemu/osdep.h"
#include "commands.h"
#include "hw/qdev-core.h"
#include "qapi/qapi-commands-qdev.h"
#include "qapi/qapi-commands-qom.h"
#include "qapi/qapi-events-qdev.h"
#include "qobject/qdict.h"
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

static ObjectPropertyInfo *describe_property(const ObjectProperty *prop, bool with_details)
{
    ObjectPropertyInfo *info = g_new0(ObjectPropertyInfo, 1);

    info->name = g_strdup(prop->name);
    info->type = g_strdup(prop->type);
    if (with_details) {
        info->description = g_strdup(prop->description);
        info->default_value = qobject_ref(prop->defval);
    }
    return info;
}

ObjectPropertyInfoList *qmp_qom_list(const char *path, Error **errp)
{
    Object *obj = find_object(path, errp);
    ObjectPropertyInfoList *list = NULL, **tail = &list;
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    if (obj) {
        object_property_iter_init(&iter, obj);
        while ((prop = object_property_iter_next(&iter)) != NULL) {
            QAPI_LIST_APPEND(tail, describe_property(prop, false));
        }
    }
    return list;
}

static ObjectPropertyValueList *property_values(Object *obj)
{
    ObjectPropertyValueList *list = NULL, **tail = &list;
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    object_property_iter_init(&iter, obj);
    while ((prop = object_property_iter_next(&iter)) != NULL) {
        ObjectPropertyValue *info = g_new0(ObjectPropertyValue, 1);

        info->name = g_strdup(prop->name);
        info->type = g_strdup(prop->type);
        info->value = object_property_get_qobject(obj, prop->name, NULL);
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

ObjectPropertiesValuesList *qmp_qom_list_get(strList *paths, Error **errp)
{
    ObjectPropertiesValuesList *list = NULL, **tail = &list;

    for (; paths; paths = paths->next) {
        Object *obj = find_object(paths->value, errp);
        ObjectPropertiesValues *info;

        if (!obj) {
            qapi_free_ObjectPropertiesValuesList(list);
            return NULL;
        }
        info = g_new0(ObjectPropertiesValues, 1);
        info->properties = property_values(obj);
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

QObject *qmp_qom_get(const char *path, const char *property, Error **errp)
{
    Object *obj = find_object(path, errp);

    return obj ? object_property_get_qobject(obj, property, errp) : NULL;
}

void qmp_qom_set(const char *path, const char *property, QObject *value, Error **errp)
{
    Object *obj = find_object(path, errp);

    if (obj) {
        object_property_set_qobject(obj, property, value, errp);
    }
}

static void append_type(ObjectClass *oc, void *opaque)
{
    ObjectTypeInfoList ***tail = opaque;
    ObjectClass *parent = object_class_get_parent(oc);
    ObjectTypeInfo *info = g_new0(ObjectTypeInfo, 1);

    info->name = g_strdup(object_class_get_name(oc));
    info->has_abstract = info->abstract = object_class_is_abstract(oc);
    info->parent = parent ? g_strdup(object_class_get_name(parent)) : NULL;
    QAPI_LIST_APPEND(*tail, info);
}

ObjectTypeInfoList *qmp_qom_list_types(bool has_abstract, bool abstract, const char *implements,
                                       Error **errp)
{
    ObjectTypeInfoList *list = NULL, **tail = &list;

    object_class_foreach(append_type, implements, abstract, &tail);
    return list;
}

/* A type below @base of which there can be objects; @abstract_too: or none. */
static ObjectClass *find_class(const char *name, const char *base, bool abstract_too, Error **errp)
{
    ObjectClass *oc = object_class_by_name(name);

    if (!oc) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "there is no type '%s'", name);
    } else if (!object_class_dynamic_cast(oc, base) ||
               (!abstract_too && object_class_is_abstract(oc))) {
        error_setg(errp, "type '%s' is not a %skind of %s", name, abstract_too ? "" : "concrete ",
                   base);
        oc = NULL;
    }
    return oc;
}

/* Those of the class; of an instance too where one can be made, because some come only then. */
ObjectPropertyInfoList *qmp_qom_list_properties(const char *type_name, Error **errp)
{
    ObjectClass *oc = find_class(type_name, TYPE_OBJECT, true, errp);
    ObjectPropertyInfoList *list = NULL, **tail = &list;
    g_autoptr(Object) obj = NULL;
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    if (!oc) {
        return NULL;
    }
    if (object_class_is_abstract(oc)) {
        object_class_property_iter_init(&iter, oc);
    } else {
        obj = object_new_with_class(oc);
        object_property_iter_init(&iter, obj);
    }
    while ((prop = object_property_iter_next(&iter)) != NULL) {
        QAPI_LIST_APPEND(tail, describe_property(prop, true));
    }
    return list;
}

/* Each type knows what it can be given; see docs/devel/qapi.md about 'gen'. */
void qmp_marshal_object_add(QDict *args, QObject **ret, Error **errp)
{
    user_creatable_add_qdict(args, false, errp);
}

void qmp_object_del(const char *id, Error **errp)
{
    user_creatable_del(id, errp);
}

/* ---- devices ---- */

static bool of_every_device(const char *name)
{
    static const char *const names[] = {"type",       "realized",   "hotpluggable",
                                        "hotplugged", "parent_bus", NULL};

    return g_strv_contains(names, name);
}

ObjectPropertyInfoList *qmp_device_list_properties(const char *type_name, Error **errp)
{
    ObjectClass *oc = find_class(type_name, TYPE_DEVICE, false, errp);
    ObjectPropertyInfoList *list = NULL, **tail = &list;
    g_autoptr(Object) obj = NULL;
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    if (!oc) {
        return NULL;
    }
    obj = object_new_with_class(oc);
    object_property_iter_init(&iter, obj);
    while ((prop = object_property_iter_next(&iter)) != NULL) {
        if (!of_every_device(prop->name)) {
            QAPI_LIST_APPEND(tail, describe_property(prop, true));
        }
    }
    return list;
}

void qmp_marshal_device_add(QDict *args, QObject **ret, Error **errp)
{
    DeviceState *dev;

    if (!qdict_get_try_str(args, "driver")) {
        error_setg(errp, "command 'device_add': argument 'driver', a string, is missing");
        return;
    }
    dev = qdev_device_add_from_qdict(args, true, errp);
    object_unref(OBJECT(dev));
}

void qmp_device_del(const char *id, Error **errp)
{
    qdev_device_del(id, errp);
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
