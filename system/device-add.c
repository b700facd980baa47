/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that the user adds and removes: -device, device_add, device_del. */

#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "qapi/qapi-commands-qdev.h"
#include "qemu/cutils.h"
#include "qemu/id.h"
#include "qemu/missing-part.h"
#include "qemu/qemu-print.h"
#include "qobject/qdict.h"
#include "qom/object_interfaces.h"
#include "system/system.h"

/* ---- models ---- */

static bool listed(ObjectClass *oc)
{
    return !object_class_is_abstract(oc) && DEVICE_CLASS(oc)->user_creatable;
}

/* Legacy names that command lines and scripts use: one table for all of them. */
static const char *const model_aliases[][2] = {
    {"ahci", "ich9-ahci"},
    {"virtio-balloon", "virtio-balloon-pci"},
    {"virtio-blk", "virtio-blk-pci"},
    {"virtio-keyboard", "virtio-keyboard-pci"},
    {"virtio-mouse", "virtio-mouse-pci"},
    {"virtio-rng", "virtio-rng-pci"},
    {"virtio-scsi", "virtio-scsi-pci"},
    {"virtio-serial", "virtio-serial-pci"},
    {"virtio-tablet", "virtio-tablet-pci"},
};

static const char *resolve_alias(const char *driver)
{
    for (size_t i = 0; i < ARRAY_SIZE(model_aliases); i++) {
        if (!strcmp(driver, model_aliases[i][0])) {
            return model_aliases[i][1];
        }
    }
    return driver;
}

/* The other name of @model, NULL: it has none. */
static const char *alias_of(const char *model)
{
    for (size_t i = 0; i < ARRAY_SIZE(model_aliases); i++) {
        if (!strcmp(model, model_aliases[i][1])) {
            return model_aliases[i][0];
        }
    }
    return NULL;
}

/* The class of @driver, of which there can be instances. */
static ObjectClass *model_class(const char *driver, Error **errp)
{
    ERRP_GUARD();
    ObjectClass *oc = object_class_by_name(resolve_alias(driver));

    if (!oc && missing_part_error(MISSING_DEVICE, driver, errp)) {
        return NULL;
    }
    if (!oc || !object_class_dynamic_cast(oc, TYPE_DEVICE)) {
        const char *nearest = object_class_nearest_name(TYPE_DEVICE, driver);
        error_setg(errp, "there is no device model '%s'", driver);
        if (nearest) {
            error_append_hint(errp, "Did you mean '%s'? ", nearest);
        }
        error_append_hint(errp, "\"-device help\" lists them.\n");
        return NULL;
    }
    if (object_class_is_abstract(oc)) {
        error_setg(errp, "device model '%s' is a family, not a device", driver);
        return NULL;
    }
    return oc;
}

static DeviceClass *device_class(const char *driver, Error **errp)
{
    ObjectClass *oc = model_class(driver, errp);

    if (!oc) {
        return NULL;
    }
    if (!DEVICE_CLASS(oc)->user_creatable ||
        (object_class_dynamic_cast(oc, TYPE_SYS_BUS_DEVICE) &&
         !device_type_is_dynamic_sysbus(MACHINE_GET_CLASS(machine_current()), driver))) {
        error_setg(errp, "device '%s' is part of a machine and cannot be added to one", driver);
        return NULL;
    }
    if (object_class_dynamic_cast(oc, TYPE_CPU) &&
        !MACHINE_GET_CLASS(machine_current())->has_hotpluggable_cpus) {
        error_setg(errp, "device '%s': this machine has no places for CPUs beside those of -smp",
                   driver);
        return NULL;
    }
    if (phase_check(PHASE_MACHINE_READY) && !DEVICE_CLASS(oc)->hotpluggable) {
        error_setg(errp, "device '%s' cannot be added while the machine runs", driver);
        return NULL;
    }
    return DEVICE_CLASS(oc);
}

/* ---- buses ---- */

static BusState *find_by_type(BusState *bus, const char *type, bool *full);

static BusState *find_below(DeviceState *dev, const char *type, bool *full)
{
    BusState *child;

    QLIST_FOREACH (child, &dev->child_bus, sibling) {
        BusState *found = find_by_type(child, type, full);
        if (found) {
            return found;
        }
    }
    return NULL;
}

/* The first bus of @type at or below @bus that has room. */
static BusState *find_by_type(BusState *bus, const char *type, bool *full)
{
    BusChild *kid;

    if (BUS_GET_CLASS(bus)->by_name_only) {
        return NULL;
    }
    if (object_dynamic_cast(OBJECT(bus), type)) {
        if (!qbus_is_full(bus)) {
            return bus;
        }
        *full = true;
    }
    QTAILQ_FOREACH (kid, &bus->children, sibling) {
        BusState *found = find_below(kid->child, type, full);
        if (found) {
            return found;
        }
    }
    return NULL;
}

/* What a bus of @type usually comes with; NULL for one that only machines have. */
static const char *controller_of(const char *type)
{
    static const char *const controllers[][2] = {
        {"IDE", "ich9-ahci"},
        {"SCSI", "virtio-scsi-pci"},
        {"floppy-bus", "isa-fdc"},
        {"nvme-bus", "nvme"},
        {"virtio-serial-bus", "virtio-serial-pci"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
        if (!strcmp(type, controllers[i][0])) {
            return controllers[i][1];
        }
    }
    return NULL;
}

static BusState *find_bus(const char *driver, DeviceClass *dc, const char *name, Error **errp)
{
    ERRP_GUARD();
    bool full = false;
    BusState *bus;

    if (!name) {
        bus = find_by_type(sysbus_get_default(), dc->bus_type, &full);
        if (!bus) {
            error_setg(errp, "device '%s' needs a bus of type %s, and the machine has none%s",
                       driver, dc->bus_type, full ? " with room" : "");
            if (controller_of(dc->bus_type)) {
                error_append_hint(errp, "-device %s before it brings one.\n",
                                  controller_of(dc->bus_type));
            }
        }
        return bus;
    }
    bus = qbus_find_recursive(sysbus_get_default(), name, NULL);
    if (!bus) {
        error_setg(errp, "bus=%s: there is no such bus", name);
        error_append_hint(errp, "\"info qtree\" in the monitor shows all of them.\n");
        return NULL;
    }
    if (!object_dynamic_cast(OBJECT(bus), dc->bus_type)) {
        error_setg(errp, "bus=%s is a bus of type %s; device '%s' needs one of type %s", name,
                   object_get_typename(OBJECT(bus)), driver, dc->bus_type);
        return NULL;
    }
    if (qbus_is_full(bus)) {
        error_setg(errp, "bus=%s has no room for another device", name);
        return NULL;
    }
    return bus;
}

/* ---- adding ---- */

static bool check_hotplug(DeviceState *dev, const char *driver, BusState *bus, Error **errp)
{
    if (!phase_check(PHASE_MACHINE_READY)) {
        return true;
    }
    if (bus && !qbus_is_hotpluggable(bus)) {
        error_setg(errp, "bus '%s' takes no devices while the machine runs", bus->name);
        return false;
    }
    return !bus || qdev_hotplug_allowed(dev, bus, errp);
}

DeviceState *qdev_device_add_from_qdict(const QDict *opts, bool from_json, Error **errp)
{
    ERRP_GUARD();
    const char *driver = qdict_get_try_str(opts, "driver");
    const char *id = qdict_get_try_str(opts, "id");
    g_autoptr(QDict) props = NULL;
    DeviceClass *dc;
    DeviceState *dev;
    BusState *bus = NULL;

    if (!driver) {
        error_setg(errp, "parameter 'driver' is missing");
        return NULL;
    }
    dc = device_class(driver, errp);
    if (!dc || (id && !id_check(id, errp))) {
        return NULL;
    }
    if (dc->bus_type) {
        bus = find_bus(driver, dc, qdict_get_try_str(opts, "bus"), errp);
        if (!bus) {
            return NULL;
        }
    } else if (qdict_haskey(opts, "bus")) {
        error_setg(errp, "device '%s' is on no bus", driver);
        return NULL;
    }

    dev = qdev_new(object_class_get_name(OBJECT_CLASS(dc)));
    if (!check_hotplug(dev, driver, bus, errp) || !qdev_set_id(dev, g_strdup(id), errp)) {
        goto fail;
    }
    props = qdict_clone_shallow(opts);
    qdict_del(props, "driver");
    qdict_del(props, "bus");
    qdict_del(props, "id");
    /* The option or command at hand has the model's name; messages need not repeat it. */
    if (!object_set_properties_from_qdict(OBJECT(dev), props, !from_json, errp)) {
        object_hint_at_property_help(OBJECT(dev), props, "-device", driver, errp);
        goto fail;
    }
    if (!qdev_realize(dev, bus, errp)) {
        goto fail;
    }
    return dev;

fail:
    object_unparent(OBJECT(dev));
    object_unref(OBJECT(dev));
    return NULL;
}

/* ---- removing ---- */

static DeviceState *find_device(const char *id, Error **errp)
{
    Object *obj;

    if (id[0] == '/') {
        obj = object_resolve_path_type(id, TYPE_DEVICE, NULL);
    } else {
        obj = object_resolve_path_component(machine_get_container("peripheral"), id);
    }
    if (!obj || !object_dynamic_cast(obj, TYPE_DEVICE)) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", id);
        return NULL;
    }
    return DEVICE(obj);
}

bool qdev_device_del(const char *id, Error **errp)
{
    ERRP_GUARD();
    DeviceState *dev = find_device(id, errp);
    HotplugHandler *handler;

    if (!dev || !qdev_hotunplug_allowed(dev, errp)) {
        return false;
    }
    if (qdev_unplug_pending(dev)) {
        error_setg(errp,
                   "device '%s' is already in the process of unplug: the guest has been asked", id);
        return false;
    }
    handler = qdev_get_hotplug_handler(dev);
    if (!handler) {
        error_setg(errp, "device '%s' cannot be removed while the machine runs", id);
        return false;
    }
    if (HOTPLUG_HANDLER_GET_CLASS(handler)->unplug_request) {
        hotplug_handler_unplug_request(handler, dev, errp);
    } else {
        hotplug_handler_unplug(handler, dev, errp);
        if (!*errp) {
            object_unparent(OBJECT(dev));
        }
    }
    return !*errp;
}

/* ---- help ---- */

static void print_model(DeviceClass *dc)
{
    qemu_printf("name \"%s\"", object_class_get_name(OBJECT_CLASS(dc)));
    if (dc->bus_type) {
        qemu_printf(", bus %s", dc->bus_type);
    }
    if (alias_of(object_class_get_name(OBJECT_CLASS(dc)))) {
        qemu_printf(", alias \"%s\"", alias_of(object_class_get_name(OBJECT_CLASS(dc))));
    }
    if (dc->desc) {
        qemu_printf(", desc \"%s\"", dc->desc);
    }
    qemu_printf("\n");
}

static void print_models(void)
{
    static const char *const titles[DEVICE_CATEGORY_MAX + 1] = {
        [DEVICE_CATEGORY_BRIDGE] = "Controller/Bridge/Hub",
        [DEVICE_CATEGORY_USB] = "USB",
        [DEVICE_CATEGORY_STORAGE] = "Storage",
        [DEVICE_CATEGORY_NETWORK] = "Network",
        [DEVICE_CATEGORY_INPUT] = "Input",
        [DEVICE_CATEGORY_DISPLAY] = "Display",
        [DEVICE_CATEGORY_SOUND] = "Sound",
        [DEVICE_CATEGORY_MISC] = "Misc",
        [DEVICE_CATEGORY_CPU] = "CPU",
        [DEVICE_CATEGORY_WATCHDOG] = "Watchdog",
        [DEVICE_CATEGORY_MAX] = "Uncategorized",
    };
    g_autoptr(GSList) list = object_class_get_list_sorted(TYPE_DEVICE, false);

    for (int category = 0; category <= DEVICE_CATEGORY_MAX; category++) {
        bool first = true;
        for (GSList *l = list; l; l = l->next) {
            DeviceClass *dc = DEVICE_CLASS(l->data);
            bool in = category < DEVICE_CATEGORY_MAX
                          ? test_bit(category, dc->categories)
                          : bitmap_empty(dc->categories, DEVICE_CATEGORY_MAX);
            if (!in || !listed(l->data)) {
                continue;
            }
            if (first) {
                qemu_printf("%s%s devices:\n", category ? "\n" : "", titles[category]);
                first = false;
            }
            print_model(dc);
        }
    }
}

/* What a user can give, also what is passed on to parts of the device. */
static void print_properties(const char *driver)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(ObjectPropertyInfoList) list =
        qmp_device_list_properties(resolve_alias(driver), NULL);

    for (ObjectPropertyInfoList *e = list; e; e = e->next) {
        const ObjectPropertyInfo *p = e->value;

        if (!g_str_has_prefix(p->type, "child<")) {
            g_ptr_array_add(
                lines, object_property_help(p->name, p->type, p->default_value, p->description));
        }
    }
    if (!lines->len) {
        qemu_printf("There are no options for %s.\n", driver);
        return;
    }
    g_ptr_array_sort(lines, (GCompareFunc)qemu_pstrcmp0);
    qemu_printf("%s options:\n", driver);
    for (guint i = 0; i < lines->len; i++) {
        qemu_printf("%s\n", (char *)g_ptr_array_index(lines, i));
    }
}

bool qdev_device_help(const char *text, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(text, ",", 0);
    const char *driver = words[0] ? words[0] : "";
    bool wanted = false;

    strstart(driver, "driver=", &driver);
    for (int i = 1; words[0] && words[i]; i++) {
        wanted |= !strcmp(words[i], "help") || !strcmp(words[i], "?");
    }
    if (!strcmp(driver, "help") || !strcmp(driver, "?")) {
        print_models();
        return true;
    }
    if (wanted && model_class(driver, errp)) {
        print_properties(driver);
    }
    return wanted;
}
