/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports of PCI Express: root ports and downstream ports of a switch, with a slot for one device,
 * and the upstream port of a switch. The generic root port has an ID of this machine's; the others
 * are chips that guests know.
 */

#include "qemu/osdep.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"

/* What kinds of ports differ in. */
typedef struct PCIEPortInfo {
    const char *desc;
    uint16_t vendor_id, device_id;
    uint8_t revision;
    PCIExpPortType type;
    PCIELinkProps link;
    uint8_t ssvid_offset, exp_offset;
    uint16_t svid, ssid;
    uint8_t msi_offset, msi_vectors; /* no vectors: one by MSI-X instead, with BAR 0 */
    uint16_t aer_offset, acs_offset; /* ACS: 0 for none */
} PCIEPortInfo;

/* Of a downstream port; its link has one device at the other end. */
static bool has_slot(const PCIEPortInfo *info)
{
    return info->type != PCI_EXP_TYPE_UPSTREAM;
}

static void slot_write_config(PCIDevice *d, uint32_t address, uint32_t val, int len)
{
    PCIESlot *s = PCIE_SLOT(d);
    uint16_t ctl, sta;

    pcie_slot_get(s, &ctl, &sta);
    pci_bridge_write_config(d, address, val, len);
    pcie_slot_write_config(s, ctl, sta, address, val, len);
}

static void slot_reset_hold(Object *obj, ResetType type)
{
    pci_bridge_reset_hold(obj, type);
    pcie_slot_reset(PCIE_SLOT(obj));
}

static bool interrupts_init(PCIDevice *d, const PCIEPortInfo *info, Error **errp)
{
    if (info->msi_vectors) {
        return msi_init(d, info->msi_offset, info->msi_vectors, true, false, errp) >= 0;
    }
    if (msix_init_exclusive_bar(d, 1, 0, errp) < 0) {
        return false;
    }
    msix_vector_use(d, 0);
    return true;
}

static void interrupts_uninit(PCIDevice *d)
{
    if (msix_present(d)) {
        msix_uninit_exclusive_bar(d);
    }
}

/* In the order of their places, which is how guests find them linked. */
static bool first_capabilities_init(PCIDevice *d, const PCIEPortInfo *info, Error **errp)
{
    bool interrupts_first = info->msi_vectors && info->msi_offset < info->ssvid_offset;

    return (!interrupts_first || interrupts_init(d, info, errp)) &&
           pci_bridge_ssvid_init(d, info->ssvid_offset, info->svid, info->ssid, errp) &&
           (interrupts_first || interrupts_init(d, info, errp));
}

static bool capabilities_init(PCIDevice *d, const PCIEPortInfo *info, Error **errp)
{
    PCIEPort *p = PCIE_PORT(d);

    if (pcie_cap_init(d, info->exp_offset, info->type, p->port, info->link, errp) < 0 ||
        (has_slot(info) && !pcie_slot_init(PCIE_SLOT(d), errp)) ||
        !pci_bridge_reserve_cap_init(d, 0, &p->reserve, errp)) {
        return false;
    }
    pcie_aer_init(d, info->aer_offset, info->type == PCI_EXP_TYPE_ROOT_PORT);
    if (info->acs_offset) {
        pcie_acs_init(d, info->acs_offset);
    }
    return true;
}

static void port_realize(PCIDevice *d, Error **errp)
{
    const PCIEPortInfo *info = PCIE_PORT_GET_CLASS(d)->info;

    d->config[PCI_INTERRUPT_PIN] = 1;
    if (!pci_bridge_initfn(d, TYPE_PCIE_BUS, errp)) {
        return;
    }
    if (has_slot(info)) {
        /* What is at the other end of the link has number 0. */
        PCI_BRIDGE(d)->sec_bus->slot_reserved_mask = ~1u;
    }
    if (!first_capabilities_init(d, info, errp) || !capabilities_init(d, info, errp)) {
        interrupts_uninit(d);
        pci_bridge_exitfn(d);
    }
}

static void port_exit(PCIDevice *d)
{
    interrupts_uninit(d);
    pci_bridge_exitfn(d);
}

static bool uses_msix(void *opaque, int version_id)
{
    return msix_present(PCI_DEVICE(opaque));
}

static const VMStateDescription vmstate_slot_port = {
    .name = "pcie_port",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pcie_slot_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(parent_obj.parent_obj, PCIESlot, 1, vmstate_pci_bridge, PCIBridge),
            VMSTATE_STRUCT_TEST(parent_obj.parent_obj.parent_obj, PCIESlot, uses_msix, 1,
                                vmstate_msix, PCIDevice),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_upstream = {
    .name = "pcie_upstream_port",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(parent_obj, PCIEPort, 1, vmstate_pci_bridge, PCIBridge),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property port_props[] = {
    DEFINE_PROP_UINT8("port", PCIEPort, port, 0),
};

static const Property generic_root_port_props[] = {
    DEFINE_PCI_RESERVE_PROPS(PCIEPort, reserve),
};

static void port_init(Object *obj)
{
    PCIEPort *p = PCIE_PORT(obj);

    p->reserve = (PCIResReserve){UINT32_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
}

static void port_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = port_realize;
    k->exit = port_exit;
    k->config_write = pci_bridge_write_config;
    k->class_id = PCI_CLASS_BRIDGE_PCI;
    device_class_set_category(dc, DEVICE_CATEGORY_BRIDGE);
    device_class_set_props(dc, port_props);
}

static void kind_class_init(ObjectClass *klass, const void *data)
{
    const PCIEPortInfo *info = data;
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    PCIE_PORT_CLASS(klass)->info = info;
    k->vendor_id = info->vendor_id;
    k->device_id = info->device_id;
    k->revision = info->revision;
    DEVICE_CLASS(klass)->desc = info->desc;
    if (has_slot(info)) {
        k->config_write = slot_write_config;
        DEVICE_CLASS(klass)->vmsd = &vmstate_slot_port;
        RESETTABLE_CLASS(klass)->phases.hold = slot_reset_hold;
    } else {
        DEVICE_CLASS(klass)->vmsd = &vmstate_upstream;
    }
}

/* The root complex is where it is. */
static void root_port_class_init(ObjectClass *klass, const void *data)
{
    DEVICE_CLASS(klass)->hotpluggable = false;
}

static void generic_class_init(ObjectClass *klass, const void *data)
{
    kind_class_init(klass, data);
    device_class_set_props(DEVICE_CLASS(klass), generic_root_port_props);
}

static const PCIEPortInfo generic_root_port = {
    .desc = "PCI Express Root Port",
    .vendor_id = PCI_VENDOR_ID_REDHAT,
    .device_id = 0x000c,
    .type = PCI_EXP_TYPE_ROOT_PORT,
    .link = {.speed = 4, .width = 32},
    .ssvid_offset = 0x40,
    .svid = PCI_VENDOR_ID_REDHAT,
    .exp_offset = 0x54,
    .aer_offset = 0x100,
    .acs_offset = 0x148,
};

static const PCIEPortInfo ioh3420 = {
    .desc = "Intel IOH device id 3420 PCIE Root Port",
    .vendor_id = PCI_VENDOR_ID_INTEL,
    .device_id = 0x3420,
    .revision = 2,
    .type = PCI_EXP_TYPE_ROOT_PORT,
    .link = {.speed = 1, .width = 1},
    .ssvid_offset = 0x40,
    .svid = PCI_VENDOR_ID_INTEL,
    .exp_offset = 0x90,
    .msi_offset = 0x60,
    .msi_vectors = 2,
    .aer_offset = 0x100,
};

static const PCIEPortInfo xio3130_downstream = {
    .desc = "TI X3130 Downstream Port of PCI Express Switch",
    .vendor_id = PCI_VENDOR_ID_TI,
    .device_id = 0x8233,
    .revision = 1,
    .type = PCI_EXP_TYPE_DOWNSTREAM,
    .link = {.speed = 1, .width = 1},
    .ssvid_offset = 0x80,
    .exp_offset = 0x90,
    .msi_offset = 0x70,
    .msi_vectors = 1,
    .aer_offset = 0x100,
};

static const PCIEPortInfo x3130_upstream = {
    .desc = "TI X3130 Upstream Port of PCI Express Switch",
    .vendor_id = PCI_VENDOR_ID_TI,
    .device_id = 0x8232,
    .revision = 2,
    .type = PCI_EXP_TYPE_UPSTREAM,
    .link = {.speed = 1, .width = 1},
    .ssvid_offset = 0x80,
    .exp_offset = 0x90,
    .msi_offset = 0x70,
    .msi_vectors = 1,
    .aer_offset = 0x100,
};

static const TypeInfo pcie_port_types[] = {
    {
        .name = TYPE_PCIE_PORT,
        .parent = TYPE_PCI_BRIDGE,
        .abstract = true,
        .instance_size = sizeof(PCIEPort),
        .instance_init = port_init,
        .class_size = sizeof(PCIEPortClass),
        .class_init = port_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_PCIE_DEVICE}, {}},
    },
    {
        .name = TYPE_PCIE_ROOT_PORT_BASE,
        .parent = TYPE_PCIE_SLOT,
        .abstract = true,
        .class_init = root_port_class_init,
    },
    {
        .name = "pcie-root-port",
        .parent = TYPE_PCIE_ROOT_PORT_BASE,
        .class_init = generic_class_init,
        .class_data = &generic_root_port,
    },
    {
        .name = "ioh3420",
        .parent = TYPE_PCIE_ROOT_PORT_BASE,
        .class_init = kind_class_init,
        .class_data = &ioh3420,
    },
    {
        .name = "xio3130-downstream",
        .parent = TYPE_PCIE_SLOT,
        .class_init = kind_class_init,
        .class_data = &xio3130_downstream,
    },
    {
        .name = "x3130-upstream",
        .parent = TYPE_PCIE_PORT,
        .class_init = kind_class_init,
        .class_data = &x3130_upstream,
    },
};

DEFINE_TYPES(pcie_port_types)
