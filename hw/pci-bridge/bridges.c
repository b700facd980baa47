/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bridges that are not ports of one slot: between conventional buses and from PCI Express to a
 * conventional bus, both with a hot-plug controller, and the upstream port of a switch.
 */

#include "qemu/osdep.h"
#include "hw/pci/pcie.h"
#include "hw/pci/shpc.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"

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
    bool msi_masking;
    bool shpc;           /* which is what interrupts are for, where a kind has it */
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
    bool shpc_enabled;
    PCIResReserve reserve;

    /* state */
    SHPCDevice shpc;
};

struct PlainBridgeClass {
    PCIDeviceClass parent_class;

    const BridgeInfo *info;
};

#define SLOTID_FIRST_IN_CHASSIS 0x20

/* Slot numbering (PCI-to-PCI Bridge 1.2, 13): no slots that need numbers, in chassis @number. */
static bool slotid_init(PCIDevice *d, uint8_t number, Error **errp)
{
    int at = number ? pci_add_capability(d, PCI_CAP_ID_SLOTID, 0, 4, errp) : 0;

    if (at > 0) {
        d->config[at + 2] = SLOTID_FIRST_IN_CHASSIS;
        d->config[at + 3] = number;
    }
    return at >= 0;
}

static bool has_shpc(PlainBridge *b, const BridgeInfo *info)
{
    return info->shpc && b->shpc_enabled;
}

/* A kind that has interrupts. */
static bool has_interrupts(PlainBridge *b, const BridgeInfo *info)
{
    return info->msi && (!info->shpc || b->shpc_enabled);
}

/* Those can be messages unless they were not wanted. */
static bool has_msi(PlainBridge *b, const BridgeInfo *info)
{
    return has_interrupts(b, info) && b->msi != ON_OFF_AUTO_OFF;
}

static bool capabilities_init(PCIDevice *d, const BridgeInfo *info, Error **errp)
{
    static const PCIELinkProps link = {.speed = 1, .width = 1};
    PlainBridge *b = PLAIN_BRIDGE(d);

    if ((info->ssvid_offset && !pci_bridge_ssvid_init(d, info->ssvid_offset, 0, 0, errp)) ||
        (has_shpc(b, info) && !shpc_init(&b->shpc, d, errp)) ||
        (info->express &&
         pcie_cap_init(d, info->exp_offset, info->exp_type, b->port, link, errp) < 0) ||
        !slotid_init(d, b->chassis_nr, errp) ||
        (has_msi(b, info) && msi_init(d, info->msi_offset, 1, true, info->msi_masking, errp) < 0) ||
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

    if (has_interrupts(PLAIN_BRIDGE(d), info)) {
        d->config[PCI_INTERRUPT_PIN] = 1;
    }
    if (!pci_bridge_initfn(d, info->sec_bus_type, errp)) {
        return;
    }
    if (!capabilities_init(d, info, errp)) {
        pci_bridge_exitfn(d);
        return;
    }
    if (PCI_BRIDGE(d)->shpc) {
        qbus_set_hotplug_handler(BUS(PCI_BRIDGE(d)->sec_bus), OBJECT(d));
    }
}

static uint32_t bridge_read_config(PCIDevice *d, uint32_t address, int len)
{
    if (PCI_BRIDGE(d)->shpc) {
        shpc_update_config(PCI_BRIDGE(d)->shpc);
    }
    return pci_default_read_config(d, address, len);
}

static void bridge_write_config(PCIDevice *d, uint32_t address, uint32_t val, int len)
{
    pci_bridge_write_config(d, address, val, len);
    if (PCI_BRIDGE(d)->shpc) {
        shpc_write_config(PCI_BRIDGE(d)->shpc, address, len);
    }
}

static void bridge_reset_hold(Object *obj, ResetType type)
{
    pci_bridge_reset_hold(obj, type);
    if (PCI_BRIDGE(obj)->shpc) {
        shpc_reset(PCI_BRIDGE(obj)->shpc);
    }
}

/* ---- hot-plug, of bridges with a controller ---- */

static void bridge_pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    shpc_device_pre_plug(PCI_BRIDGE(handler)->shpc, PCI_DEVICE(dev), errp);
}

static void bridge_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    shpc_device_plug(PCI_BRIDGE(handler)->shpc, PCI_DEVICE(dev));
}

static void bridge_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    shpc_device_unplug_request(PCI_BRIDGE(handler)->shpc, PCI_DEVICE(dev), errp);
}

/* ---- saved state ---- */

static bool uses_shpc(void *opaque, int version_id)
{
    return PCI_BRIDGE(opaque)->shpc;
}

static const VMStateDescription vmstate_plain_bridge = {
    .name = "pci_plain_bridge",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(parent_obj, PlainBridge, 1, vmstate_pci_bridge, PCIBridge),
            VMSTATE_STRUCT_TEST(shpc, PlainBridge, uses_shpc, 1, vmstate_shpc, SHPCDevice),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- kinds ---- */

static void bridge_init(Object *obj)
{
    PlainBridge *b = PLAIN_BRIDGE(obj);

    b->reserve = (PCIResReserve){UINT32_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    b->shpc_enabled = true;
}

static void bridge_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    k->realize = bridge_realize;
    k->exit = pci_bridge_exitfn;
    k->config_read = bridge_read_config;
    k->config_write = bridge_write_config;
    k->class_id = PCI_CLASS_BRIDGE_PCI;
    hc->pre_plug = bridge_pre_plug;
    hc->plug = bridge_plug;
    hc->unplug_request = bridge_unplug_request;
    hc->unplug = qdev_simple_device_unplug_cb;
    dc->vmsd = &vmstate_plain_bridge;
    RESETTABLE_CLASS(klass)->phases.hold = bridge_reset_hold;
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
    DEFINE_PROP_BOOL("shpc", PlainBridge, shpc_enabled, true),
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
    .msi_masking = true,
    .shpc = true,
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
    .msi_masking = true,
    .shpc = true,
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
        .interfaces = (const InterfaceInfo[]){{TYPE_HOTPLUG_HANDLER}, {}},
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
