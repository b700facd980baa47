/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pvpanic as a PCI function: the byte is at the start of BAR 0. */
#include "qemu/osdep.h"
#include "hw/misc/pvpanic.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/module.h"

OBJECT_DECLARE_SIMPLE_TYPE(PVPanicPCIState, PVPANIC_PCI_DEVICE)

struct PVPanicPCIState {
    PCIDevice dev;

    PVPanicState pvpanic;
};

static void pvpanic_pci_realize(PCIDevice *dev, Error **errp)
{
    PVPanicPCIState *s = PVPANIC_PCI_DEVICE(dev);

    pvpanic_setup_io(&s->pvpanic, DEVICE(s), 2);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->pvpanic.mr);
}

static const VMStateDescription vmstate_pvpanic_pci = {
    .name = "pvpanic-pci",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(dev, PVPanicPCIState),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property pvpanic_pci_properties[] = {
    DEFINE_PROP_UINT8("events", PVPanicPCIState, pvpanic.events, PVPANIC_EVENTS),
};

static void pvpanic_pci_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = pvpanic_pci_realize;
    pc->vendor_id = PCI_VENDOR_ID_REDHAT;
    pc->device_id = PCI_DEVICE_ID_REDHAT_PVPANIC;
    pc->revision = 1;
    pc->class_id = PCI_CLASS_SYSTEM_OTHER;
    dc->vmsd = &vmstate_pvpanic_pci;
    device_class_set_props(dc, pvpanic_pci_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
}

static const TypeInfo pvpanic_pci_types[] = {
    {
        .name = TYPE_PVPANIC_PCI_DEVICE,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PVPanicPCIState),
        .class_init = pvpanic_pci_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
};

DEFINE_TYPES(pvpanic_pci_types)
