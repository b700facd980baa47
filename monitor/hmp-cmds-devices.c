/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "info qtree", "info qom-tree", "info pci". */

#include "qemu/osdep.h"
#include "commands.h"
#include "exec/memory.h"
#include "hw/pci/pci-ids.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bridge.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"

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

static void print_bar(Monitor *mon, PCIDevice *d, int i)
{
    PCIIORegion *r = &d->io_regions[i];
    bool io = r->type & PCI_BASE_ADDRESS_SPACE_IO;

    if (!r->size) {
        return;
    }
    monitor_printf(mon, "      BAR%d: ", i);
    if (io) {
        monitor_puts(mon, "I/O");
    } else {
        monitor_printf(mon, "%d bit%s memory", r->type & PCI_BASE_ADDRESS_MEM_TYPE_64 ? 64 : 32,
                       r->type & PCI_BASE_ADDRESS_MEM_PREFETCH ? " prefetchable" : "");
    }
    if (r->addr == PCI_BAR_UNMAPPED) {
        monitor_puts(mon, " (not mapped)\n");
    } else {
        monitor_printf(mon,
                       io ? " at 0x%04" PRIx64 " [0x%04" PRIx64 "]\n"
                          : " at 0x%08" PRIx64 " [0x%08" PRIx64 "]\n",
                       r->addr, r->addr + r->size - 1);
    }
}

static void print_bridge(Monitor *mon, PCIBus *bus, PCIBridge *br)
{
    PCIBridgeWindows w;

    pci_bridge_get_windows(PCI_DEVICE(br), &w);
    monitor_printf(mon, "      BUS %d.\n      secondary bus %d.\n      subordinate bus %d.\n",
                   pci_bus_num(bus), pci_bus_num(br->sec_bus), pci_bridge_last_bus(PCI_DEVICE(br)));
    monitor_printf(mon, "      IO range [0x%04" PRIx64 ", 0x%04" PRIx64 "]\n", w.io.base,
                   w.io.limit);
    monitor_printf(mon, "      memory range [0x%08" PRIx64 ", 0x%08" PRIx64 "]\n", w.mem.base,
                   w.mem.limit);
    monitor_printf(mon, "      prefetchable memory range [0x%08" PRIx64 ", 0x%08" PRIx64 "]\n",
                   w.pref.base, w.pref.limit);
}

static void print_pci(PCIBus *bus, PCIDevice *d, void *opaque)
{
    Monitor *mon = opaque;
    uint16_t class = pci_get_word(d->config + PCI_CLASS_DEVICE);
    const char *words = pci_class_words(class);

    monitor_printf(mon, "  Bus %2d, device %3d, function %d:\n", pci_bus_num(bus), d->devfn >> 3,
                   d->devfn & 7);
    if (words) {
        monitor_printf(mon, "    %s: ", words);
    } else {
        monitor_printf(mon, "    Class %04x: ", class);
    }
    monitor_printf(mon, "PCI device %04x:%04x\n", pci_get_word(d->config + PCI_VENDOR_ID),
                   pci_get_word(d->config + PCI_DEVICE_ID));
    if ((d->config[PCI_HEADER_TYPE] & 0x7f) == 0 &&
        pci_get_word(d->config + PCI_SUBSYSTEM_VENDOR_ID)) {
        monitor_printf(mon, "      PCI subsystem %04x:%04x\n",
                       pci_get_word(d->config + PCI_SUBSYSTEM_VENDOR_ID),
                       pci_get_word(d->config + PCI_SUBSYSTEM_ID));
    }
    if (d->config[PCI_INTERRUPT_PIN]) {
        monitor_printf(mon, "      IRQ %d, pin %c\n", d->config[PCI_INTERRUPT_LINE],
                       '@' + d->config[PCI_INTERRUPT_PIN]);
    }
    if (object_dynamic_cast(OBJECT(d), TYPE_PCI_BRIDGE)) {
        print_bridge(mon, bus, PCI_BRIDGE(d));
    }
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        print_bar(mon, d, i);
    }
    monitor_printf(mon, "      id \"%s\"\n", d->qdev.id ? d->qdev.id : "");
}

static int print_root_bus(Object *obj, void *mon)
{
    PCIBus *bus = (PCIBus *)object_dynamic_cast(obj, TYPE_PCI_BUS);

    /* The walk goes below bridges, and from the first root bus to the others. */
    if (bus && pci_bus_is_root(bus) && !bus->main_root) {
        pci_for_each_device(bus, print_pci, mon);
    }
    return 0;
}

static void info_pci(Monitor *mon, const QDict *args)
{
    object_child_foreach_recursive(object_get_root(), print_root_bus, mon);
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
