/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bridges without a slot of their own: between conventional buses, from PCI Express to a
 * conventional bus, and the upstream port of a switch.
 */

#include "qemu/osdep.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"

/* What kinds of bridges differ in. */
typedef struct BridgeInfo {
    const char *desc;
    uint16_t vendor_id, device_id;
    uint8_t revision;
    const char *sec_bus_type;
    bool express; /* has the capability, as @exp_type at @exp_offset */
    PCIExpPortType exp_type;
    uint8_t exp_offset;
    uint8_t ssvid_offset; /* 0: none */
    bool msi;
    uint8_t msi_offset;
    uint16_t aer_offset; /* 0: none */
    bool hotpluggable;
} BridgeInfo;

#define TYPE_PLAIN_BRIDGE "pci-plain-bridge"
OBJECT_DECLARE_TYPE(PlainBridge, PlainBridgeClass, PLAIN_BRIDGE)

struct PlainBridge {
    PCIBridge parent_obj;

    /* configuration; those that a kind has no property for stay as they are made */
    uint8_t chassis_nr, port;
    OnOffAuto msi;
    PCIResReserve reserve;
};

struct PlainBridgeClass {
    PCIDeviceClass parent_class;

    const BridgeInfo *info;
};

/* Slot numbering (PCI-to-PCI Bridge 1.2, 13): no slots that need numbers, in chassis @number. */
static bool slotid_init(PCIDevice *d, uint8_t number, Error **errp)
{
    int at = number ? pci_add_capability(d, PCI_CAP_ID_SLOTID, 0, 4, errp) : 0;

    if (at > 0) {
        d->config[at + 3] = number;
    }
    return at >= 0;
}

/* A kind that can have MSI has it unless it was not wanted. */
static bool has_msi(PlainBridge *b, const BridgeInfo *info)
{
    return info->msi && b->msi != ON_OFF_AUTO_OFF;
}

static bool capabilities_init(PCIDevice *d, const BridgeInfo *info, Error **errp)
{
    static const PCIELinkProps link = {.speed = 1, .width = 1};
    PlainBridge *b = PLAIN_BRIDGE(d);

    if ((info->ssvid_offset && !pci_bridge_ssvid_init(d, info->ssvid_offset, 0, 0, errp)) ||
        (info->express &&
         pcie_cap_init(d, info->exp_offset, info->exp_type, b->port, link, errp) < 0) ||
        (has_msi(b, info) && msi_init(d, info->msi_offset, 1, true, false, errp) < 0) ||
        !slotid_init(d, b->chassis_nr, errp) ||
        !pci_bridge_reserve_cap_init(d, 0, &b->reserve, errp)) {
        return false;
    }
    if (info->aer_offset) {
        pcie_aer_init(d, info->aer_offset, false);
    }
    return true;
}

static void bridge_realize(PCIDevice *d, Error **errp)
{
    const BridgeInfo *info = PLAIN_BRIDGE_GET_CLASS(d)->info;

    if (has_msi(PLAIN_BRIDGE(d), info)) {
        d->config[PCI_INTERRUPT_PIN] = 1;
    }
    if (pci_bridge_initfn(d, info->sec_bus_type, errp) && !capabilities_init(d, info, errp)) {
        pci_bridge_exitfn(d);
    }
}

static void bridge_init(Object *obj)
{
    PLAIN_BRIDGE(obj)->reserve =
        (PCIResReserve){UINT32_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
}

static void bridge_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = bridge_realize;
    k->exit = pci_bridge_exitfn;
    k->config_write = pci_bridge_write_config;
    k->class_id = PCI_CLASS_BRIDGE_PCI;
    device_class_set_category(dc, DEVICE_CATEGORY_BRIDGE);
}

static void kind_class_init(ObjectClass *klass, const void *data)
{
    const BridgeInfo *info = data;
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    PLAIN_BRIDGE_CLASS(klass)->info = info;
    k->vendor_id = info->vendor_id;
    k->device_id = info->device_id;
    k->revision = info->revision;
    DEVICE_CLASS(klass)->desc = info->desc;
    DEVICE_CLASS(klass)->hotpluggable = info->hotpluggable;
}

static const Property pci_bridge_props[] = {
    DEFINE_PROP_UINT8("chassis_nr", PlainBridge, chassis_nr, 0),
    DEFINE_PROP_ON_OFF_AUTO("msi", PlainBridge, msi, ON_OFF_AUTO_AUTO),
    DEFINE_PCI_RESERVE_PROPS(PlainBridge, reserve),
};

static const Property pcie_pci_bridge_props[] = {
    DEFINE_PROP_ON_OFF_AUTO("msi", PlainBridge, msi, ON_OFF_AUTO_AUTO),
};

static const Property upstream_props[] = {
    DEFINE_PROP_UINT8("port", PlainBridge, port, 0),
};

static void pci_bridge_dev_class_init(ObjectClass *klass, const void *data)
{
    kind_class_init(klass, data);
    device_class_set_props(DEVICE_CLASS(klass), pci_bridge_props);
}

static void pcie_pci_bridge_class_init(ObjectClass *klass, const void *data)
{
    kind_class_init(klass, data);
    device_class_set_props(DEVICE_CLASS(klass), pcie_pci_bridge_props);
}

static void upstream_class_init(ObjectClass *klass, const void *data)
{
    kind_class_init(klass, data);
    device_class_set_props(DEVICE_CLASS(klass), upstream_props);
}

static const BridgeInfo pci_bridge_info = {
    .desc = "Standard PCI Bridge",
    .vendor_id = PCI_VENDOR_ID_REDHAT,
    .device_id = 0x0001,
    .sec_bus_type = TYPE_PCI_BUS,
    .msi = true,
    .hotpluggable = true,
};

static const BridgeInfo pcie_pci_bridge_info = {
    .desc = "PCI Express to PCI bridge",
    .vendor_id = PCI_VENDOR_ID_REDHAT,
    .device_id = 0x000e,
    .sec_bus_type = TYPE_PCI_BUS,
    .express = true,
    .exp_type = PCI_EXP_TYPE_PCI_BRIDGE,
    .msi = true,
    .aer_offset = 0x100,
    .hotpluggable = true,
};

static const BridgeInfo i82801b11_info = {
    .desc = "i82801b11 DMI-to-PCI Bridge",
    .vendor_id = PCI_VENDOR_ID_INTEL,
    .device_id = 0x244e,
    .revision = 0x92,
    .sec_bus_type = TYPE_PCI_BUS,
    .ssvid_offset = 0x50,
};

static const BridgeInfo x3130_upstream_info = {
    .desc = "TI X3130 Upstream Port of PCI Express Switch",
    .vendor_id = PCI_VENDOR_ID_TI,
    .device_id = 0x8232,
    .revision = 2,
    .sec_bus_type = TYPE_PCIE_BUS,
    .express = true,
    .exp_type = PCI_EXP_TYPE_UPSTREAM,
    .exp_offset = 0x90,
    .ssvid_offset = 0x80,
    .msi = true,
    .msi_offset = 0x70,
    .aer_offset = 0x100,
    .hotpluggable = true,
};

#define CONVENTIONAL                                                                               \
    (const InterfaceInfo[])                                                                        \
    {                                                                                              \
        {INTERFACE_CONVENTIONAL_PCI_DEVICE},                                                       \
        {                                                                                          \
        }                                                                                          \
    }
#define EXPRESS                                                                                    \
    (const InterfaceInfo[])                                                                        \
    {                                                                                              \
        {INTERFACE_PCIE_DEVICE},                                                                   \
        {                                                                                          \
        }                                                                                          \
    }

static const TypeInfo bridge_types[] = {
    {
        .name = TYPE_PLAIN_BRIDGE,
        .parent = TYPE_PCI_BRIDGE,
        .abstract = true,
        .instance_size = sizeof(PlainBridge),
        .instance_init = bridge_init,
        .class_size = sizeof(PlainBridgeClass),
        .class_init = bridge_class_init,
    },
    {
        .name = "pci-bridge",
        .parent = TYPE_PLAIN_BRIDGE,
        .class_init = pci_bridge_dev_class_init,
        .class_data = &pci_bridge_info,
        .interfaces = CONVENTIONAL,
    },
    {
        .name = "pcie-pci-bridge",
        .parent = TYPE_PLAIN_BRIDGE,
        .class_init = pcie_pci_bridge_class_init,
        .class_data = &pcie_pci_bridge_info,
        .interfaces = EXPRESS,
    },
    {
        .name = "i82801b11-bridge",
        .parent = TYPE_PLAIN_BRIDGE,
        .class_init = kind_class_init,
        .class_data = &i82801b11_info,
        .interfaces = CONVENTIONAL,
    },
    {
        .name = "x3130-upstream",
        .parent = TYPE_PLAIN_BRIDGE,
        .class_init = upstream_class_init,
        .class_data = &x3130_upstream_info,
        .interfaces = EXPRESS,
    },
};

DEFINE_TYPES(bridge_types)
