/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Buses: construction, their place below a device, their children, walks over both. */
#include "qemu/osdep.h"
#include "hw/qdev-core.h"
#include "qdev-internal.h"

/* ---- children ----------------------------------------------------------- */

void bus_add_child(BusState *bus, DeviceState *child)
{
    BusChild *kid = g_new0(BusChild, 1);
    g_autofree char *name = NULL;

    bus->num_children++;
    kid->index = bus->max_index++;
    kid->child = child;
    object_ref(child);
    QTAILQ_INSERT_HEAD(&bus->children, kid, sibling);
    name = g_strdup_printf("child[%d]", kid->index);
    object_property_add_link(OBJECT(bus), name, object_get_typename(OBJECT(child)),
                             (Object **)&kid->child, NULL, 0);
}

void bus_remove_child(BusState *bus, DeviceState *child)
{
    BusChild *kid;

    QTAILQ_FOREACH (kid, &bus->children, sibling) {
        if (kid->child == child) {
            g_autofree char *name = g_strdup_printf("child[%d]", kid->index);

            QTAILQ_REMOVE(&bus->children, kid, sibling);
            bus->num_children--;
            object_property_del(OBJECT(bus), name);
            g_free(kid);
            object_unref(child);
            return;
        }
    }
}

DeviceState *qbus_find_child(BusState *bus, const char *id)
{
    BusChild *kid;

    QTAILQ_FOREACH (kid, &bus->children, sibling) {
        if (kid->child->id && !strcmp(kid->child->id, id)) {
            return kid->child;
        }
    }
    return NULL;
}

/* ---- walks -------------------------------------------------------------- */

int qbus_walk_children(BusState *bus, qdev_walkerfn *pre_devfn, qbus_walkerfn *pre_busfn,
                       qdev_walkerfn *post_devfn, qbus_walkerfn *post_busfn, void *opaque)
{
    BusChild *kid;
    int err = pre_busfn ? pre_busfn(bus, opaque) : 0;

    if (err) {
        return err;
    }
    QTAILQ_FOREACH (kid, &bus->children, sibling) {
        err = qdev_walk_children(kid->child, pre_devfn, pre_busfn, post_devfn, post_busfn, opaque);
        if (err < 0) {
            return err;
        }
    }
    return post_busfn ? post_busfn(bus, opaque) : 0;
}

int qdev_walk_children(DeviceState *dev, qdev_walkerfn *pre_devfn, qbus_walkerfn *pre_busfn,
                       qdev_walkerfn *post_devfn, qbus_walkerfn *post_busfn, void *opaque)
{
    BusState *bus;
    int err = pre_devfn ? pre_devfn(dev, opaque) : 0;

    if (err) {
        return err;
    }
    QLIST_FOREACH (bus, &dev->child_bus, sibling) {
        err = qbus_walk_children(bus, pre_devfn, pre_busfn, post_devfn, post_busfn, opaque);
        if (err < 0) {
            return err;
        }
    }
    return post_devfn ? post_devfn(dev, opaque) : 0;
}

DeviceState *qdev_find_recursive(BusState *bus, const char *id)
{
    BusChild *kid;

    QTAILQ_FOREACH (kid, &bus->children, sibling) {
        BusState *child;

        if (kid->child->id && !strcmp(kid->child->id, id)) {
            return kid->child;
        }
        QLIST_FOREACH (child, &kid->child->child_bus, sibling) {
            DeviceState *ret = qdev_find_recursive(child, id);

            if (ret) {
                return ret;
            }
        }
    }
    return NULL;
}

BusState *qbus_find_recursive(BusState *bus, const char *name, const char *bus_typename)
{
    BusState *pick = NULL;
    BusChild *kid;
    bool match = (!name || !strcmp(bus->name, name)) &&
                 (!bus_typename || object_dynamic_cast(OBJECT(bus), bus_typename));

    if (match && !qbus_is_full(bus)) {
        return bus;
    }
    /* A full one is better than none: the message can say that it is full. */
    pick = match ? bus : NULL;
    QTAILQ_FOREACH (kid, &bus->children, sibling) {
        BusState *child;

        QLIST_FOREACH (child, &kid->child->child_bus, sibling) {
            BusState *ret = qbus_find_recursive(child, name, bus_typename);

            if (ret && !qbus_is_full(ret)) {
                return ret;
            }
            pick = pick ? pick : ret;
        }
    }
    return pick;
}

bool qbus_is_full(BusState *bus)
{
    BusClass *bc = BUS_GET_CLASS(bus);

    return bus->full || (bc->max_dev && bus->num_children >= bc->max_dev);
}

/* ---- construction and realization --------------------------------------- */

static char *default_bus_name(BusState *bus)
{
    BusClass *bc = BUS_GET_CLASS(bus);
    g_autofree char *lower = NULL;

    if (bus->parent && bus->parent->id) {
        return g_strdup_printf("%s.%d", bus->parent->id, bus->parent->num_child_bus);
    }
    lower = g_ascii_strdown(object_get_typename(OBJECT(bus)), -1);
    return g_strdup_printf("%s.%d", lower, bc->automatic_ids++);
}

static void qbus_init_internal(BusState *bus, DeviceState *parent, const char *name)
{
    bus->parent = parent;
    bus->name = name ? g_strdup(name) : default_bus_name(bus);
    if (parent) {
        QLIST_INSERT_HEAD(&parent->child_bus, bus, sibling);
        parent->num_child_bus++;
        object_property_add_child(OBJECT(parent), bus->name, OBJECT(bus));
        object_unref(bus);
    }
}

void qbus_init(void *busp, size_t size, const char *typename, DeviceState *parent, const char *name)
{
    object_initialize(busp, size, typename);
    qbus_init_internal(busp, parent, name);
}

BusState *qbus_new(const char *typename, DeviceState *parent, const char *name)
{
    BusState *bus = BUS(object_new(typename));

    qbus_init_internal(bus, parent, name);
    return bus;
}

bool qbus_realize(BusState *bus, Error **errp)
{
    ERRP_GUARD();
    BusClass *bc = BUS_GET_CLASS(bus);

    if (bus->realized) {
        return true;
    }
    if (bc->realize) {
        bc->realize(bus, errp);
        if (*errp) {
            return false;
        }
    }
    bus_listeners_realize(bus);
    bus->realized = true;
    return true;
}

void qbus_unrealize(BusState *bus)
{
    BusClass *bc = BUS_GET_CLASS(bus);
    BusChild *kid;

    /* A device may have realized what is on its bus itself, before the bus is. */
    QTAILQ_FOREACH (kid, &bus->children, sibling) {
        qdev_unrealize(kid->child);
    }
    if (!bus->realized) {
        return;
    }
    bus_listeners_unrealize(bus);
    if (bc->unrealize) {
        bc->unrealize(bus);
    }
    bus->realized = false;
}

static bool bus_get_realized(Object *obj, Error **errp)
{
    return BUS(obj)->realized;
}

/* ---- hotplug ------------------------------------------------------------ */

/* Code sets the handler right now, not a user who sets the property. BQL. */
static bool choosing_handler;

void qbus_set_hotplug_handler(BusState *bus, Object *handler)
{
    choosing_handler = true;
    object_property_set_link(OBJECT(bus), QDEV_HOTPLUG_HANDLER_PROPERTY, handler, &error_abort);
    choosing_handler = false;
}

void qbus_set_bus_hotplug_handler(BusState *bus)
{
    qbus_set_hotplug_handler(bus, OBJECT(bus));
}

bool qbus_is_hotpluggable(BusState *bus)
{
    return bus->hotplug_handler != NULL;
}

/* ---- reset -------------------------------------------------------------- */

void bus_cold_reset(BusState *bus)
{
    resettable_reset(OBJECT(bus), RESET_TYPE_COLD);
}

static ResettableState *bus_get_reset_state(Object *obj)
{
    return &BUS(obj)->reset;
}

static void bus_reset_child_foreach(Object *obj, ResettableChildCallback cb, void *opaque,
                                    ResetType type)
{
    BusState *bus = BUS(obj);
    BusChild *kid, *next;

    QTAILQ_FOREACH_SAFE (kid, &bus->children, sibling, next) {
        cb(OBJECT(kid->child), opaque, type);
    }
}

/* ---- type --------------------------------------------------------------- */

/* Users do not choose who plugs devices in. */
static void check_handler(const Object *obj, const char *name, Object *val, Error **errp)
{
    if (!choosing_handler) {
        error_setg(errp, "Property '%s' of a bus cannot be set", name);
    }
}

static void bus_init(Object *obj)
{
    BusState *bus = BUS(obj);

    QTAILQ_INIT(&bus->children);
    /* Weak: a bus is often its own handler. */
    object_property_add_link(obj, QDEV_HOTPLUG_HANDLER_PROPERTY, TYPE_HOTPLUG_HANDLER,
                             (Object **)&bus->hotplug_handler, check_handler, 0);
}

static void bus_unparent(Object *obj)
{
    BusState *bus = BUS(obj);
    BusChild *kid;

    while ((kid = QTAILQ_FIRST(&bus->children)) != NULL) {
        DeviceState *dev = kid->child;

        object_unparent(OBJECT(dev));
        if (QTAILQ_FIRST(&bus->children) == kid) {
            /* It was in no tree, so that nothing took it off the bus. */
            device_leave_bus(dev);
        }
    }
    if (bus->parent) {
        QLIST_REMOVE(bus, sibling);
        bus->parent->num_child_bus--;
        bus->parent = NULL;
    }
}

static void bus_finalize(Object *obj)
{
    BusState *bus = BUS(obj);

    g_assert(QTAILQ_EMPTY(&bus->children));
    g_free(bus->name);
}

static char *default_bus_get_fw_dev_path(DeviceState *dev)
{
    return g_strdup(object_get_typename(OBJECT(dev)));
}

static void bus_class_init(ObjectClass *klass, const void *data)
{
    BusClass *bc = BUS_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    klass->unparent = bus_unparent;
    bc->get_fw_dev_path = default_bus_get_fw_dev_path;
    rc->get_state = bus_get_reset_state;
    rc->child_foreach = bus_reset_child_foreach;
    object_class_property_add_bool(klass, "realized", bus_get_realized, NULL);
}

static void bus_class_base_init(ObjectClass *klass, const void *data)
{
    BUS_CLASS(klass)->automatic_ids = 0;
}

static const TypeInfo bus_types[] = {
    {
        .name = TYPE_BUS,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(BusState),
        .instance_init = bus_init,
        .instance_finalize = bus_finalize,
        .abstract = true,
        .class_size = sizeof(BusClass),
        .class_init = bus_class_init,
        .class_base_init = bus_class_base_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_RESETTABLE_INTERFACE}, {}},
    },
};
DEFINE_TYPES(bus_types)
