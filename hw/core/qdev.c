/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices: construction, plugging into buses, realize and unrealize, the base type. */
#include "qemu/osdep.h"
#include "qapi/visitor.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "migration/register.h"
#include "qobject/qdict.h"
#include "qdev-internal.h"

/* ---- phases ------------------------------------------------------------- */

static MachineInitPhase machine_phase = PHASE_NO_MACHINE;
static bool hotplug_happened;

bool phase_check(MachineInitPhase phase)
{
    return machine_phase >= phase;
}

void phase_advance(MachineInitPhase phase)
{
    g_assert(phase >= machine_phase);
    machine_phase = phase;
}

bool qdev_machine_modified(void)
{
    return hotplug_happened;
}

/* ---- places in the composition tree ------------------------------------- */

Object *qdev_get_machine(void)
{
    Object *machine = object_resolve_path_component(object_get_root(), "machine");

    return machine ? machine : object_property_add_new_container(object_get_root(), "machine");
}

Object *machine_get_container(const char *name)
{
    Object *machine = qdev_get_machine();
    Object *container = object_resolve_path_component(machine, name);

    return container ? container : object_property_add_new_container(machine, name);
}

/* ---- buses of a device -------------------------------------------------- */

BusState *qdev_get_parent_bus(const DeviceState *dev)
{
    return dev->parent_bus;
}

BusState *qdev_get_child_bus(DeviceState *dev, const char *name)
{
    Object *child = object_resolve_path_component(OBJECT(dev), name);

    return (BusState *)object_dynamic_cast(child, TYPE_BUS);
}

bool qdev_set_parent_bus(DeviceState *dev, BusState *bus, Error **errp)
{
    BusState *old_parent_bus = dev->parent_bus;
    DeviceClass *dc = DEVICE_GET_CLASS(dev);
    BusClass *bc = BUS_GET_CLASS(bus);

    g_assert(dc->bus_type && object_dynamic_cast(OBJECT(bus), dc->bus_type));
    if (bc->check_address && !bc->check_address(bus, dev, errp)) {
        return false;
    }
    if (old_parent_bus) {
        /* Keep the device alive while it is on neither bus. */
        object_ref(dev);
        bus_remove_child(old_parent_bus, dev);
    }
    dev->parent_bus = bus;
    object_ref(bus);
    bus_add_child(bus, dev);
    if (dev->realized) {
        resettable_change_parent(OBJECT(dev), OBJECT(bus), OBJECT(old_parent_bus));
    }
    if (old_parent_bus) {
        object_unref(old_parent_bus);
        object_unref(dev);
    }
    return true;
}

void device_leave_bus(DeviceState *dev)
{
    BusState *bus = dev->parent_bus;

    if (bus) {
        dev->parent_bus = NULL;
        bus_remove_child(bus, dev);
        object_unref(bus);
    }
}

/* ---- construction and realization --------------------------------------- */

DeviceState *qdev_try_new(const char *name)
{
    ObjectClass *oc = module_object_class_by_name(name);

    return oc && !object_class_is_abstract(oc) ? DEVICE(object_new_with_class(oc)) : NULL;
}

DeviceState *qdev_new(const char *name)
{
    return DEVICE(object_new(name));
}

static bool device_realize(DeviceState *dev, Error **errp);
static void device_unrealize(DeviceState *dev);

bool qdev_realize(DeviceState *dev, BusState *bus, Error **errp)
{
    g_assert(!dev->realized && !dev->parent_bus);
    if (bus) {
        if (!qdev_set_parent_bus(dev, bus, errp)) {
            return false;
        }
    } else {
        g_assert(!DEVICE_GET_CLASS(dev)->bus_type);
    }
    /* Leaving the bus may drop the last reference but the caller's. */
    if (!device_realize(dev, errp)) {
        device_leave_bus(dev);
        return false;
    }
    return true;
}

bool qdev_realize_and_unref(DeviceState *dev, BusState *bus, Error **errp)
{
    bool ret = qdev_realize(dev, bus, errp);

    object_unref(dev);
    return ret;
}

void qdev_unrealize(DeviceState *dev)
{
    if (dev->realized) {
        device_unrealize(dev);
    }
}

const char *qdev_set_id(DeviceState *dev, char *id, Error **errp)
{
    ObjectProperty *prop;

    g_assert(!dev->id && !dev->realized);
    if (id) {
        prop = object_property_try_add_child(machine_get_container("peripheral"), id, OBJECT(dev),
                                             NULL);
        if (!prop) {
            error_setg(errp, "Duplicate device ID '%s'", id);
            g_free(id);
            return NULL;
        }
        dev->id = id;
    } else {
        prop = object_property_add_child(machine_get_container("peripheral-anon"), "device[*]",
                                         OBJECT(dev));
    }
    return prop->name;
}

static bool device_get_realized(Object *obj, Error **errp)
{
    return DEVICE(obj)->realized;
}

/* What has been done so far, so that it can be undone in reverse. */
typedef enum RealizeStep {
    REALIZE_NOTHING,
    REALIZE_DEVICE,
    REALIZE_LISTENERS,
    REALIZE_VMSTATE,
    REALIZE_BUSES,
} RealizeStep;

void qdev_unrealize_child_buses(DeviceState *dev)
{
    BusState *bus;

    QLIST_FOREACH (bus, &dev->child_bus, sibling) {
        qbus_unrealize(bus);
    }
}

static void device_undo_realize(DeviceState *dev, RealizeStep done, bool parented_here)
{
    DeviceClass *dc = DEVICE_GET_CLASS(dev);

    if (done >= REALIZE_DEVICE) {
        qdev_unrealize_child_buses(dev);
    }
    if (done >= REALIZE_VMSTATE && dc->vmsd) {
        vmstate_unregister_device(dev, dc->vmsd, dev);
    }
    if (done >= REALIZE_LISTENERS) {
        device_listeners_unrealize(dev);
    }
    if (done >= REALIZE_DEVICE && dc->unrealize) {
        dc->unrealize(dev);
    }
    if (parented_here) {
        g_clear_pointer(&dev->canonical_path, g_free);
        object_unparent(OBJECT(dev));
    }
}

static bool realize_child_buses(DeviceState *dev, Error **errp)
{
    BusState *bus;

    QLIST_FOREACH (bus, &dev->child_bus, sibling) {
        if (!qbus_realize(bus, errp)) {
            return false;
        }
    }
    return true;
}

/* A device that comes at run time starts from its reset state, as its bus is or is not in reset. */
static void reset_hotplugged(DeviceState *dev)
{
    resettable_assert_reset(OBJECT(dev), RESET_TYPE_COLD);
    resettable_change_parent(OBJECT(dev), OBJECT(dev->parent_bus), NULL);
    resettable_release_reset(OBJECT(dev), RESET_TYPE_COLD);
}

/* The steps after realize(); returns the last one that was done, REALIZE_BUSES for success. */
static RealizeStep device_announce(DeviceState *dev, Error **errp)
{
    DeviceClass *dc = DEVICE_GET_CLASS(dev);

    device_listeners_realize(dev);
    g_free(dev->canonical_path);
    dev->canonical_path = object_get_canonical_path(OBJECT(dev));
    if (dc->vmsd && !vmstate_register_device(dev, dc->vmsd, dev, dev->instance_id_alias, errp)) {
        return REALIZE_LISTENERS;
    }
    /* Not in reset, whatever an earlier life left behind. */
    dev->reset = (ResettableState){};
    return realize_child_buses(dev, errp) ? REALIZE_BUSES : REALIZE_VMSTATE;
}

static bool device_realize(DeviceState *dev, Error **errp)
{
    ERRP_GUARD();
    DeviceClass *dc = DEVICE_GET_CLASS(dev);
    Object *obj = OBJECT(dev);
    HotplugHandler *hotplug_ctrl;
    RealizeStep done = REALIZE_NOTHING;
    bool parented_here = false;

    if (dev->hotplugged && !dc->hotpluggable) {
        error_setg(errp, "Device '%s' does not support hotplugging", object_get_typename(obj));
        return false;
    }
    if (!obj->parent) {
        object_property_add_child(machine_get_container("unattached"), "device[*]", obj);
        parented_here = true;
    }
    hotplug_ctrl = qdev_get_hotplug_handler(dev);
    if (hotplug_ctrl) {
        hotplug_handler_pre_plug(hotplug_ctrl, dev, errp);
    }
    if (!*errp && dc->realize) {
        dc->realize(dev, errp);
    }
    if (!*errp) {
        done = device_announce(dev, errp);
    }
    if (!*errp) {
        if (dev->hotplugged) {
            reset_hotplugged(dev);
            dev->unplug_requested = false;
            hotplug_happened = true;
        }
        if (hotplug_ctrl) {
            hotplug_handler_plug(hotplug_ctrl, dev, errp);
        }
    }
    if (*errp) {
        device_undo_realize(dev, done, parented_here);
        return false;
    }
    /* Who sees it realized sees all of the above. */
    qatomic_set(&dev->unrealized, false);
    qatomic_store_release(&dev->realized, true);
    return true;
}

static void device_unrealize(DeviceState *dev)
{
    qatomic_set(&dev->realized, false);
    qatomic_set(&dev->unrealized, true);
    device_undo_realize(dev, REALIZE_BUSES, false);
    if (dev->hotplugged || phase_check(PHASE_MACHINE_READY)) {
        hotplug_happened = true;
    }
}

/* ---- class set-up ------------------------------------------------------- */

void device_class_set_parent_realize(DeviceClass *dc, DeviceRealize dev_realize,
                                     DeviceRealize *parent_realize)
{
    *parent_realize = dc->realize;
    dc->realize = dev_realize;
}

void device_class_set_parent_unrealize(DeviceClass *dc, DeviceUnrealize dev_unrealize,
                                       DeviceUnrealize *parent_unrealize)
{
    *parent_unrealize = dc->unrealize;
    dc->unrealize = dev_unrealize;
}

/* ---- reset -------------------------------------------------------------- */

void device_cold_reset(DeviceState *dev)
{
    resettable_reset(OBJECT(dev), RESET_TYPE_COLD);
}

bool device_is_in_reset(DeviceState *dev)
{
    return resettable_is_in_reset(OBJECT(dev));
}

static ResettableState *device_get_reset_state(Object *obj)
{
    return &DEVICE(obj)->reset;
}

static void device_reset_child_foreach(Object *obj, ResettableChildCallback cb, void *opaque,
                                       ResetType type)
{
    DeviceState *dev = DEVICE(obj);
    BusState *bus;

    QLIST_FOREACH (bus, &dev->child_bus, sibling) {
        cb(OBJECT(bus), opaque, type);
    }
}

/* ---- the base type ------------------------------------------------------ */

static bool device_get_hotpluggable(Object *obj, Error **errp)
{
    DeviceState *dev = DEVICE(obj);

    return DEVICE_GET_CLASS(dev)->hotpluggable &&
           (!dev->parent_bus || qbus_is_hotpluggable(dev->parent_bus));
}

static bool device_get_hotplugged(Object *obj, Error **errp)
{
    return DEVICE(obj)->hotplugged;
}

static void device_initfn(Object *obj)
{
    DeviceState *dev = DEVICE(obj);

    dev->hotplugged = phase_check(PHASE_MACHINE_READY);
    dev->instance_id_alias = -1;
    QLIST_INIT(&dev->gpios);
    QLIST_INIT(&dev->child_bus);
}

static void device_post_init(Object *obj)
{
    /* The user's globals win over what machine and accelerator need. */
    object_apply_compat_props(obj);
    qdev_prop_set_globals(DEVICE(obj));
}

/* Off the tree: nobody can find it any more, so it must not be working any more. */
static void device_unparent(Object *obj)
{
    DeviceState *dev = DEVICE(obj);
    BusState *bus;

    if (dev->realized) {
        qdev_unrealize(dev);
    }
    while ((bus = QLIST_FIRST(&dev->child_bus)) != NULL) {
        object_unparent(OBJECT(bus));
    }
    device_leave_bus(dev);
}

static void device_finalize(Object *obj)
{
    DeviceState *dev = DEVICE(obj);

    device_free_gpios(dev);
    g_assert(!dev->unplug_blockers);
    qobject_unref(dev->opts);
    g_free(dev->canonical_path);
    g_free(dev->id);
}

static char *device_vmstate_if_get_id(VMStateIf *obj)
{
    return qdev_get_dev_path(DEVICE(obj));
}

static void device_class_base_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    /* A table belongs to the class that set it; descendants have the properties anyway. */
    dc->props_ = NULL;
    dc->props_count_ = 0;
}

bool qdev_may_set_property(DeviceState *dev, const char *name, Error **errp)
{
    g_autofree char *id = NULL;

    if (dev->realized) {
        id = qdev_get_human_name(dev);
        error_setg(errp,
                   "Attempt to set property '%s' on device '%s' (type '%s') after it was realized",
                   name, id, object_get_typename(OBJECT(dev)));
    }
    return !dev->realized;
}

/* A guest has seen what a device is like. */
static bool device_may_set(Object *obj, const ObjectProperty *prop, const char *name, Error **errp)
{
    return prop->live || qdev_may_set_property(DEVICE(obj), name, errp);
}

static void device_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VMStateIfClass *vc = VMSTATE_IF_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    klass->unparent = device_unparent;
    klass->may_set = device_may_set;
    /* Most can; those that can't say so. */
    dc->hotpluggable = true;
    dc->user_creatable = true;
    vc->get_id = device_vmstate_if_get_id;
    rc->get_state = device_get_reset_state;
    rc->child_foreach = device_reset_child_foreach;

    /* Only to be seen: devices come by device_add and go by device_del, which ask their handler. */
    object_class_property_add_bool(klass, "realized", device_get_realized, NULL);
    object_class_property_add_bool(klass, "hotpluggable", device_get_hotpluggable, NULL);
    object_class_property_add_bool(klass, "hotplugged", device_get_hotplugged, NULL);
    object_class_property_add_link(klass, "parent_bus", TYPE_BUS, offsetof(DeviceState, parent_bus),
                                   NULL, 0);
}

static const TypeInfo device_types[] = {
    {
        .name = TYPE_DEVICE,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(DeviceState),
        .instance_init = device_initfn,
        .instance_post_init = device_post_init,
        .instance_finalize = device_finalize,
        .abstract = true,
        .class_base_init = device_class_base_init,
        .class_init = device_class_init,
        .class_size = sizeof(DeviceClass),
        .interfaces = (const InterfaceInfo[]){{TYPE_VMSTATE_IF}, {TYPE_RESETTABLE_INTERFACE}, {}},
    },
};
DEFINE_TYPES(device_types)
