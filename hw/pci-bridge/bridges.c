/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bridges to a conventional bus: from another, and from PCI Express, both with a hot-plug
 * controller, and that of an old chipset.
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
    bool express;         /* has the capability of a bridge from PCI Express */
    uint8_t ssvid_offset; /* 0: none */
    bool shpc;            /* and interrupts for it */
    uint16_t aer_offset;  /* 0: none */
    bool hotpluggable;
} BridgeInfo;

typedef struct PlainBridge {
    PCIBridge parent_obj;

    /* configuration; those that a kind has no property for stay as they are made */
    uint8_t chassis_nr;
    OnOffAuto msi;
    bool shpc_enabled;
    PCIResReserve reserve;

    /* state */
    SHPCDevice shpc;
} PlainBridge;

typedef struct PlainBridgeClass {
    PCIDeviceClass parent_class;

    const BridgeInfo *info;
} PlainBridgeClass;

/* Only the types of this file call these; what they have in common is not a type of its own. */
static PlainBridge *plain_bridge(void *obj)
{
    return (PlainBridge *)PCI_BRIDGE(obj);
}

static const BridgeInfo *info_of(void *obj)
{
    return ((PlainBridgeClass *)PCI_DEVICE_GET_CLASS(obj))->info;
}

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

/* Its interrupts can be messages unless they were not wanted. */
static bool has_msi(PlainBridge *b, const BridgeInfo *info)
{
    return has_shpc(b, info) && b->msi != ON_OFF_AUTO_OFF;
}

static bool capabilities_init(PCIDevice *d, const BridgeInfo *info, Error **errp)
{
    static const PCIELinkProps link = {.speed = 1, .width = 1};
    PlainBridge *b = plain_bridge(d);

    if ((info->ssvid_offset && !pci_bridge_ssvid_init(d, info->ssvid_offset, 0, 0, errp)) ||
        (has_shpc(b, info) && !shpc_init(&b->shpc, d, errp)) ||
        (info->express && (pcie_cap_init(d, 0, PCI_EXP_TYPE_PCI_BRIDGE, 0, link, errp) < 0 ||
                           !pci_pm_init(d, 0, false, errp))) ||
        !slotid_init(d, b->chassis_nr, errp) ||
        (has_msi(b, info) && msi_init(d, 0, 1, true, true, errp) < 0) ||
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
    const BridgeInfo *info = info_of(d);

    if (has_shpc(plain_bridge(d), info)) {
        d->config[PCI_INTERRUPT_PIN] = 1;
    }
    if (!pci_bridge_initfn(d, TYPE_PCI_BUS, errp)) {
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
    PlainBridge *b = plain_bridge(obj);

    b->reserve = (PCIResReserve){UINT32_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    b->shpc_enabled = true;
}

static void common_class_init(ObjectClass *klass)
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

    common_class_init(klass);
    ((PlainBridgeClass *)klass)->info = info;
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

static const BridgeInfo pci_bridge_info = {
    .desc = "Standard PCI Bridge",
    .vendor_id = PCI_VENDOR_ID_REDHAT,
    .device_id = 0x0001,
    .shpc = true,
    .hotpluggable = true,
};

static const BridgeInfo pcie_pci_bridge_info = {
    .desc = "PCI Express to PCI bridge",
    .vendor_id = PCI_VENDOR_ID_REDHAT,
    .device_id = 0x000e,
    .express = true,
    .shpc = true,
    .aer_offset = 0x100,
    .hotpluggable = true,
};

static const BridgeInfo i82801b11_info = {
    .desc = "i82801b11 DMI-to-PCI Bridge",
    .vendor_id = PCI_VENDOR_ID_INTEL,
    .device_id = 0x244e,
    .revision = 0x92,
    .ssvid_offset = 0x50,
};

#define BRIDGE_TYPE(_name, _class_init, _info, _bus)                                               \
    {                                                                                              \
        .name = _name, .parent = TYPE_PCI_BRIDGE, .instance_size = sizeof(PlainBridge),            \
        .instance_init = bridge_init, .class_size = sizeof(PlainBridgeClass),                      \
        .class_init = _class_init, .class_data = &(_info),                                         \
        .interfaces = (const InterfaceInfo[]){{TYPE_HOTPLUG_HANDLER}, {_bus}, {}},                 \
    }

static const TypeInfo bridge_types[] = {
    BRIDGE_TYPE("pci-bridge", pci_bridge_dev_class_init, pci_bridge_info,
                INTERFACE_CONVENTIONAL_PCI_DEVICE),
    BRIDGE_TYPE("pcie-pci-bridge", pcie_pci_bridge_class_init, pcie_pci_bridge_info,
                INTERFACE_PCIE_DEVICE),
    BRIDGE_TYPE("i82801b11-bridge", kind_class_init, i82801b11_info,
                INTERFACE_CONVENTIONAL_PCI_DEVICE),
};

DEFINE_TYPES(bridge_types)
