/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "info qtree", "info qom-tree", "info pci". */

#include "qemu/osdep.h"
#include "commands.h"
#include "exec/memory.h"
#include "hw/pci/pci.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "qapi/qapi-commands-pci.h"

/* ---- buses and devices ---- */

#define qtree_printf(mon, indent, fmt, ...)                                                        \
    monitor_printf(mon, "%*s" fmt, indent, "", ##__VA_ARGS__)

static void print_bus(Monitor *mon, BusState *bus, int indent, bool brief);

static void print_props(Monitor *mon, DeviceState *dev, ObjectClass *oc, int indent)
{
    DeviceClass *dc;

    if (!object_class_dynamic_cast(oc, TYPE_DEVICE)) {
        return;
    }
    dc = DEVICE_CLASS(oc);
    for (int i = 0; i < dc->props_count_; i++) {
        const char *name = dc->props_[i].name;
        g_autofree char *value = NULL;
        Error *err = NULL;

        value = object_property_print(OBJECT(dev), name, true, &err);
        error_free(err);
        qtree_printf(mon, indent, "%s = %s\n", name,
                     value && *value ? value
                     : value         ? "\"\""
                                     : "<null>");
    }
    if (object_class_get_parent(oc)) {
        print_props(mon, dev, object_class_get_parent(oc), indent);
    }
}

static void print_wires(Monitor *mon, DeviceState *dev, int indent)
{
    NamedGPIOList *list;

    QLIST_FOREACH (list, &dev->gpios, node) {
        if (list->num_in) {
            qtree_printf(mon, indent, "gpio-in \"%s\" %d\n", list->name ? list->name : "",
                         list->num_in);
        }
        if (list->num_out) {
            qtree_printf(mon, indent, "gpio-out \"%s\" %d\n", list->name ? list->name : "",
                         list->num_out);
        }
    }
}

static void print_sysbus(Monitor *mon, DeviceState *dev, int indent)
{
    SysBusDevice *s = (SysBusDevice *)object_dynamic_cast(OBJECT(dev), TYPE_SYS_BUS_DEVICE);

    for (int i = 0; s && i < s->num_mmio; i++) {
        qtree_printf(mon, indent, "mmio %016" PRIx64 "/%016" PRIx64 "\n", s->mmio[i].addr,
                     memory_region_size(s->mmio[i].memory));
    }
}

static void print_device(Monitor *mon, DeviceState *dev, int indent, bool brief)
{
    BusState *bus;

    qtree_printf(mon, indent, "dev: %s, id \"%s\"\n", object_get_typename(OBJECT(dev)),
                 dev->id ? dev->id : "");
    indent += 2;
    if (!brief) {
        BusClass *bc = dev->parent_bus ? BUS_GET_CLASS(dev->parent_bus) : NULL;
        print_wires(mon, dev, indent);
        print_props(mon, dev, object_get_class(OBJECT(dev)), indent);
        print_sysbus(mon, dev, indent);
        if (bc && bc->print_dev) {
            bc->print_dev(mon, dev, indent);
        }
    }
    QLIST_FOREACH (bus, &dev->child_bus, sibling) {
        print_bus(mon, bus, indent, brief);
    }
}

static void print_bus(Monitor *mon, BusState *bus, int indent, bool brief)
{
    BusChild *kid;

    qtree_printf(mon, indent, "bus: %s\n", bus->name);
    indent += 2;
    qtree_printf(mon, indent, "type %s\n", object_get_typename(OBJECT(bus)));
    QTAILQ_FOREACH (kid, &bus->children, sibling) {
        print_device(mon, kid->child, indent, brief);
    }
}

static void info_qtree(Monitor *mon, const QDict *args)
{
    print_bus(mon, sysbus_get_default(), 0, qdict_get_bool(args, "-b"));
}

/* ---- composition tree ---- */

typedef struct TreeWalk {
    GPtrArray *children;
} TreeWalk;

static int collect_child(Object *child, void *opaque)
{
    g_ptr_array_add(((TreeWalk *)opaque)->children, child);
    return 0;
}

static gint compare_children(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(object_get_canonical_path_component(*(Object *const *)a),
                     object_get_canonical_path_component(*(Object *const *)b));
}

static void print_tree(Monitor *mon, Object *obj, int indent)
{
    g_autoptr(GPtrArray) children = g_ptr_array_new();
    const char *name = object_get_canonical_path_component(obj);
    TreeWalk walk = {children};

    qtree_printf(mon, indent, "/%s (%s)\n", name ? name : "", object_get_typename(obj));
    object_child_foreach(obj, collect_child, &walk);
    g_ptr_array_sort(children, compare_children);
    for (guint i = 0; i < children->len; i++) {
        print_tree(mon, g_ptr_array_index(children, i), indent + 2);
    }
}

static void info_qom_tree(Monitor *mon, const QDict *args)
{
    const char *path = qdict_get_try_str(args, "path");
    bool ambiguous = false;
    Object *obj = path ? object_resolve_path(path, &ambiguous) : qdev_get_machine();

    if (!obj) {
        monitor_printf(
            mon, ambiguous ? "Error: path '%s' is ambiguous\n" : "Error: there is no object '%s'\n",
            path);
        return;
    }
    print_tree(mon, obj, 0);
}

/* ---- PCI ---- */

static void print_region(Monitor *mon, const PciMemoryRegion *r)
{
    bool io = !strcmp(r->type, "io");

    monitor_printf(mon, "      BAR%" PRId64 ": ", r->bar);
    if (io) {
        monitor_puts(mon, "I/O");
    } else {
        monitor_printf(mon, "%d bit%s memory", r->mem_type_64 ? 64 : 32,
                       r->prefetch ? " prefetchable" : "");
    }
    if ((uint64_t)r->address == PCI_BAR_UNMAPPED) {
        monitor_puts(mon, " (not mapped)\n");
    } else {
        monitor_printf(mon,
                       io ? " at 0x%04" PRIx64 " [0x%04" PRIx64 "].\n"
                          : " at 0x%08" PRIx64 " [0x%08" PRIx64 "].\n",
                       r->address, r->address + r->size - 1);
    }
}

static void print_bridge(Monitor *mon, const PciBusInfo *bus)
{
    monitor_printf(mon,
                   "      BUS %" PRId64 ".\n      secondary bus %" PRId64
                   ".\n      subordinate bus %" PRId64 ".\n",
                   bus->number, bus->secondary, bus->subordinate);
    monitor_printf(mon, "      IO range [0x%04" PRIx64 ", 0x%04" PRIx64 "]\n", bus->io_range->base,
                   bus->io_range->limit);
    monitor_printf(mon, "      memory range [0x%08" PRIx64 ", 0x%08" PRIx64 "]\n",
                   bus->memory_range->base, bus->memory_range->limit);
    monitor_printf(mon, "      prefetchable memory range [0x%08" PRIx64 ", 0x%08" PRIx64 "]\n",
                   bus->prefetchable_range->base, bus->prefetchable_range->limit);
}

static void print_pci_devices(Monitor *mon, const PciDeviceInfoList *list);

static void print_pci_device(Monitor *mon, const PciDeviceInfo *d)
{
    monitor_printf(mon, "  Bus %2" PRId64 ", device %3" PRId64 ", function %" PRId64 ":\n", d->bus,
                   d->slot, d->function);
    if (d->class_info->desc) {
        monitor_printf(mon, "    %s: ", d->class_info->desc);
    } else {
        monitor_printf(mon, "    Class %04" PRIx64 ": ", d->class_info->class);
    }
    monitor_printf(mon, "PCI device %04" PRIx64 ":%04" PRIx64 "\n", d->id->vendor, d->id->device);
    if (d->id->has_subsystem && d->id->subsystem_vendor) {
        monitor_printf(mon, "      PCI subsystem %04" PRIx64 ":%04" PRIx64 "\n",
                       d->id->subsystem_vendor, d->id->subsystem);
    }
    if (d->irq_pin) {
        monitor_printf(mon, "      IRQ %" PRId64 ", pin %c\n", d->irq, (char)('@' + d->irq_pin));
    }
    if (d->pci_bridge) {
        print_bridge(mon, d->pci_bridge->bus);
    }
    for (const PciMemoryRegionList *r = d->regions; r; r = r->next) {
        print_region(mon, r->value);
    }
    monitor_printf(mon, "      id \"%s\"\n", d->qdev_id);
    if (d->pci_bridge && d->pci_bridge->has_devices) {
        print_pci_devices(mon, d->pci_bridge->devices);
    }
}

static void print_pci_devices(Monitor *mon, const PciDeviceInfoList *list)
{
    for (; list; list = list->next) {
        print_pci_device(mon, list->value);
    }
}

static void info_pci(Monitor *mon, const QDict *args)
{
    g_autoptr(PciInfoList) buses = qmp_query_pci(NULL);

    for (const PciInfoList *bus = buses; bus; bus = bus->next) {
        print_pci_devices(mon, bus->value->devices);
    }
}

static const HMPCommand commands[] = {
    {"qtree", "-b", "[-b]", "buses and devices; -b: names only", info_qtree},
    {"qom-tree", "path:s?", "[path]", "tree of objects", info_qom_tree},
    {"pci", "", "", "PCI devices", info_pci},
};

void hmp_register_info_devices(void)
{
    hmp_register_commands(commands, ARRAY_SIZE(commands), true);
}
