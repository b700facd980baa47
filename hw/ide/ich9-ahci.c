/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SATA function of the Intel 82801I (ICH9) in AHCI mode (data sheet 316972, chapter 14 and 15). */
#include "qemu/osdep.h"
#include "ahci-internal.h"

#define ICH9_PORTS    6
#define ICH9_MAP      0x90
#define ICH9_MAP_AHCI (1 << 6)
#define ICH9_MSI_CAP  0x80
#define ICH9_SATA_CAP 0xa8
#define SATA_CAP_ID   0x12
#define BAR_IDP       4
#define BAR_AHCI      5

OBJECT_DECLARE_SIMPLE_TYPE(ICH9AHCIState, ICH9_AHCI)

struct ICH9AHCIState {
    PCIDevice parent_obj;

    AHCIState ahci;
};

static void set_irq(AHCIState *s, bool level)
{
    PCIDevice *dev = PCI_DEVICE(s->dev);

    if (!msi_enabled(dev)) {
        pci_set_irq(dev, level);
    } else if (level) {
        msi_notify(dev, 0);
    }
}

static void ich9_ahci_reset_hold(Object *obj, ResetType type)
{
    ahci_reset(&ICH9_AHCI(obj)->ahci);
    pci_device_reset_hold(obj, type);
}

/* Where the index-data pair is: BAR 4, offset 10h. */
static bool add_sata_capability(PCIDevice *dev, Error **errp)
{
    int at = pci_add_capability(dev, SATA_CAP_ID, ICH9_SATA_CAP, 8, errp);

    if (at < 0) {
        return false;
    }
    pci_set_word(dev->config + at + 2, 0x0010);
    pci_set_long(dev->config + at + 4, (BAR_IDP + 4) | 4 << 4);
    return true;
}

static void ich9_ahci_realize(PCIDevice *dev, Error **errp)
{
    AHCIState *s = &ICH9_AHCI(dev)->ahci;

    dev->config[PCI_CLASS_PROG] = 0x01; /* AHCI 1.0 */
    dev->config[PCI_INTERRUPT_PIN] = 1;
    dev->config[ICH9_MAP] = ICH9_MAP_AHCI;
    if (!add_sata_capability(dev, errp) || msi_init(dev, ICH9_MSI_CAP, 1, true, false, errp) < 0) {
        return;
    }
    ahci_init(s, DEVICE(dev), pci_get_address_space(dev), ICH9_PORTS, set_irq);
    pci_register_bar(dev, BAR_IDP, PCI_BASE_ADDRESS_SPACE_IO, &s->idp);
    pci_register_bar(dev, BAR_AHCI, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->mmio);
}

static void ich9_ahci_exit(PCIDevice *dev)
{
    ahci_cleanup(&ICH9_AHCI(dev)->ahci);
    msi_uninit(dev);
}

static void ich9_ahci_instance_init(Object *obj)
{
    ahci_instance_init(&ICH9_AHCI(obj)->ahci, obj);
}

static const VMStateDescription vmstate_ich9_ahci = {
    .name = "ich9_ahci",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, ICH9AHCIState),
            VMSTATE_STRUCT(ahci, ICH9AHCIState, 1, vmstate_ahci, AHCIState),
            VMSTATE_END_OF_LIST(),
        },
};

static void ich9_ahci_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = ich9_ahci_realize;
    k->exit = ich9_ahci_exit;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = PCI_DEVICE_ID_INTEL_82801IR;
    k->revision = 0x02;
    k->class_id = PCI_CLASS_STORAGE_SATA;
    dc->vmsd = &vmstate_ich9_ahci;
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    RESETTABLE_CLASS(klass)->phases.hold = ich9_ahci_reset_hold;
}

static const TypeInfo ich9_ahci_types[] = {
    {
        .name = TYPE_ICH9_AHCI,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(ICH9AHCIState),
        .instance_init = ich9_ahci_instance_init,
        .class_init = ich9_ahci_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
};

DEFINE_TYPES(ich9_ahci_types)
