/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI expander bridges: another root bus, with a number and a NUMA node of its own, beside the
 * first one of a machine. What a guest sees on the first one is a host bridge without registers;
 * firmware is told how many root buses to look for (etc/extra-pci-roots), operating systems by ACPI
 * where they are (hw/i386/acpi-roots.c). Accesses and interrupts go as on the first one.
 *
 * pxb has a conventional bus behind a bridge, which is all that its root bus holds; the root bus of
 * pxb-pcie takes root ports and bridges.
 */
#include "qemu/osdep.h"
#include "hw/numa.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_host.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"

#define DEVICE_ID_PXB      0x0009
#define DEVICE_ID_PXB_PCIE 0x000b

/* Of no node. */
#define NODE_NONE         128

#define TYPE_PXB_BUS      "pxb-bus"
#define TYPE_PXB_PCIE_BUS "pxb-pcie-bus"
#define TYPE_PXB_HOST     "pxb-host"

#define TYPE_PXB          "pxb"
#define TYPE_PXB_PCIE     "pxb-pcie"
OBJECT_DECLARE_SIMPLE_TYPE(PXBDev, PXB)

struct PXBDev {
    PCIDevice parent_obj;

    /* configuration */
    uint8_t bus_nr;
    uint16_t numa_node;

    /* wiring */
    PCIHostState *host; /* which has the root bus */
};

static bool is_express(PXBDev *pxb)
{
    return object_dynamic_cast(OBJECT(pxb), TYPE_PXB_PCIE);
}

/* ---- the root bus and what it is on ---- */

static PXBDev *pxb_of(PCIBus *bus)
{
    return PXB(OBJECT(BUS(bus)->parent)->parent);
}

static int bus_number(PCIBus *bus)
{
    return pxb_of(bus)->bus_nr;
}

static int bus_numa_node(PCIBus *bus)
{
    PXBDev *pxb = pxb_of(bus);

    return pxb->numa_node == NODE_NONE ? -1 : pxb->numa_node;
}

static bool bus_check_address(BusState *bus, DeviceState *dev, Error **errp)
{
    if (!object_dynamic_cast(OBJECT(dev), TYPE_PCI_BRIDGE)) {
        error_setg(errp, "bus '%s' of a %s takes root ports and bridges only", bus->name,
                   object_get_typename(OBJECT(pxb_of(PCI_BUS(bus)))));
        return false;
    }
    return true;
}

static void bus_class_init(ObjectClass *klass, const void *data)
{
    BUS_CLASS(klass)->check_address = bus_check_address;
    BUS_CLASS(klass)->by_name_only = true;
    PCI_BUS_CLASS(klass)->bus_num = bus_number;
    PCI_BUS_CLASS(klass)->numa_node = bus_numa_node;
}

/* Firmware names root buses by their order: /pci@i0cf8,1 is the first after that of the chipset. */
static char *host_unit_address(const SysBusDevice *dev)
{
    PCIBus *bus = PCI_HOST_BRIDGE((void *)dev)->bus;
    const SysBusDevice *first = SYS_BUS_DEVICE(BUS(bus->main_root)->parent);
    unsigned n = 0;

    for (PCIBus *b = bus->main_root; b != bus; b = b->next_root) {
        n++;
    }
    return g_strdup_printf("i%04x,%x", first->pio[0], n);
}

static void host_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->fw_name = "pci";
    dc->user_creatable = false; /* part of the PCI function */
    SYS_BUS_DEVICE_CLASS(klass)->explicit_ofw_unit_address = host_unit_address;
}

/* ---- the function on the first root bus ---- */

static bool check_place(PXBDev *pxb, Error **errp)
{
    PCIBus *bus = pci_get_bus(PCI_DEVICE(pxb));

    if (!pci_bus_is_root(bus) || bus->main_root) {
        error_setg(errp, "a %s goes on the first root bus, not on '%s'",
                   object_get_typename(OBJECT(pxb)), BUS(bus)->name);
        return false;
    }
    if (pci_bus_is_express(bus) != is_express(pxb)) {
        error_setg(errp, "this machine has a PCI%s root bus, which takes a %s",
                   is_express(pxb) ? "" : " Express", is_express(pxb) ? TYPE_PXB : TYPE_PXB_PCIE);
        return false;
    }
    return true;
}

static bool check_properties(PXBDev *pxb, Error **errp)
{
    const NumaState *numa = MACHINE(qdev_get_machine())->numa_state;
    int nodes = numa ? numa->num_nodes : 0;

    for (PCIBus *b = pci_get_bus(PCI_DEVICE(pxb)); b; b = b->next_root) {
        if (pci_bus_num(b) == pxb->bus_nr) {
            error_setg(errp, "bus_nr=%u is the number of root bus '%s' already", pxb->bus_nr,
                       BUS(b)->name);
            return false;
        }
    }
    if (pxb->numa_node != NODE_NONE && pxb->numa_node >= nodes) {
        error_setg(errp, "numa_node=%u: the machine has %d NUMA nodes", pxb->numa_node, nodes);
        return false;
    }
    return true;
}

/* The bus of devices has the name of the id, be it the root bus or that behind the bridge. */
static bool add_bridge(PXBDev *pxb, Error **errp)
{
    PCIDevice *bridge = pci_new(PCI_DEVFN(0, 0), "pci-bridge");

    DEVICE(bridge)->id = g_strdup(DEVICE(pxb)->id);
    qdev_prop_set_uint8(DEVICE(bridge), "chassis_nr", pxb->bus_nr);
    qdev_prop_set_bit(DEVICE(bridge), "shpc", false);
    return pci_realize_and_unref(bridge, pxb->host->bus, errp);
}

static void pxb_exit(PCIDevice *d)
{
    PXBDev *pxb = PXB(d);

    pci_root_bus_remove(pxb->host->bus);
    object_unparent(OBJECT(pxb->host));
    pxb->host = NULL;
}

static void pxb_realize(PCIDevice *d, Error **errp)
{
    PXBDev *pxb = PXB(d);
    PCIBus *main_root = pci_get_bus(d);
    bool express = is_express(pxb);
    DeviceState *host;

    if (!check_place(pxb, errp) || !check_properties(pxb, errp)) {
        return;
    }
    pci_set_word(d->config + PCI_STATUS, PCI_STATUS_66MHZ | PCI_STATUS_FAST_BACK);

    host = qdev_new(TYPE_PXB_HOST);
    object_property_add_child(OBJECT(pxb), "host", OBJECT(host));
    object_unref(OBJECT(host));
    /* The bus is a member of it. */
    if (express && DEVICE(pxb)->id && object_property_find(OBJECT(host), DEVICE(pxb)->id)) {
        error_setg(errp, "id=%s names a property of the host bridge, and cannot name its bus",
                   DEVICE(pxb)->id);
        object_unparent(OBJECT(host));
        return;
    }
    pxb->host = PCI_HOST_BRIDGE(host);
    pxb->host->bus = pci_root_bus_new(host, express ? DEVICE(pxb)->id : "pxb-internal",
                                      main_root->address_space_mem, main_root->address_space_io, 0,
                                      express ? TYPE_PXB_PCIE_BUS : TYPE_PXB_BUS);
    pci_root_bus_add(main_root, pxb->host->bus);
    if (!sysbus_realize(SYS_BUS_DEVICE(host), errp) || (!express && !add_bridge(pxb, errp))) {
        pxb_exit(d);
    }
}

static const VMStateDescription vmstate_pxb = {
    .name = "pxb",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, PXBDev),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property pxb_props[] = {
    DEFINE_PROP_UINT8("bus_nr", PXBDev, bus_nr, 0),
    DEFINE_PROP_UINT16("numa_node", PXBDev, numa_node, NODE_NONE),
};

static void pxb_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = pxb_realize;
    k->exit = pxb_exit;
    k->vendor_id = PCI_VENDOR_ID_REDHAT;
    k->device_id = DEVICE_ID_PXB;
    k->class_id = PCI_CLASS_BRIDGE_HOST;
    dc->desc = "PCI Expander Bridge";
    dc->vmsd = &vmstate_pxb;
    dc->hotpluggable = false;
    device_class_set_props(dc, pxb_props);
    device_class_set_category(dc, DEVICE_CATEGORY_BRIDGE);
}

static void pxb_pcie_class_init(ObjectClass *klass, const void *data)
{
    PCI_DEVICE_CLASS(klass)->device_id = DEVICE_ID_PXB_PCIE;
    DEVICE_CLASS(klass)->desc = "PCI Express Expander Bridge";
}

static const TypeInfo pxb_types[] = {
    {
        .name = TYPE_PXB_BUS,
        .parent = TYPE_PCI_BUS,
        .class_init = bus_class_init,
    },
    {
        .name = TYPE_PXB_PCIE_BUS,
        .parent = TYPE_PCIE_BUS,
        .class_init = bus_class_init,
    },
    {
        .name = TYPE_PXB_HOST,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .class_init = host_class_init,
    },
    {
        .name = TYPE_PXB,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PXBDev),
        .class_init = pxb_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
    {
        .name = TYPE_PXB_PCIE,
        .parent = TYPE_PXB,
        .class_init = pxb_pcie_class_init,
    },
};

DEFINE_TYPES(pxb_types)
