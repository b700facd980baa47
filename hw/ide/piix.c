/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IDE functions of the Intel 82371SB (PIIX3) and 82371AB (PIIX4), function 1: two channels at the
 * ports and interrupts of the AT (data sheets 290550 and 290562; 2.4, resp. 5.1).
 */
#include "qemu/osdep.h"
#include "pci-ide.h"
#include "hw/qdev-properties.h"

static const struct {
    uint16_t command, control;
} ports[2] = {{0x1f0, 0x3f6}, {0x170, 0x376}};

/*
 * IDETIM (40h), by which a real one decodes its ports, is just stored: the channels answer also
 * to who does not set it.
 */
static void piix_ide_reset_hold(Object *obj, ResetType type)
{
    PCIIDEState *d = PCI_IDE(obj);

    pci_ide_reset(d);
    pci_device_reset_hold(obj, type);
    pci_set_word(d->parent_obj.config + PCI_STATUS,
                 PCI_STATUS_DEVSEL_MEDIUM | PCI_STATUS_FAST_BACK);
}

static void piix_ide_realize(PCIDevice *dev, Error **errp)
{
    PCIIDEState *d = PCI_IDE(dev);

    dev->config[PCI_CLASS_PROG] = 0x80; /* compatible ports, bus master */
    pci_ide_init(d);
    for (int i = 0; i < 2; i++) {
        pci_ide_map_ports(d, i, ports[i].command, ports[i].control);
    }
}

static void piix_ide_exit(PCIDevice *dev)
{
    pci_ide_cleanup(PCI_IDE(dev));
}

static void piix_ide_instance_init(Object *obj)
{
    PCIIDEState *d = PCI_IDE(obj);

    for (int i = 0; i < 2; i++) {
        qdev_init_gpio_out_named(DEVICE(obj), &d->bmdma[i].irq, "isa-irq", 1);
    }
}

static void piix_ide_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = piix_ide_realize;
    k->exit = piix_ide_exit;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = (uintptr_t)data;
    k->class_id = PCI_CLASS_STORAGE_IDE;
    dc->vmsd = &vmstate_pci_ide;
    dc->fw_name = "ide";
    dc->hotpluggable = false;
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    RESETTABLE_CLASS(klass)->phases.hold = piix_ide_reset_hold;
}

static const TypeInfo piix_ide_types[] = {
    {
        .name = TYPE_PCI_IDE,
        .parent = TYPE_PCI_DEVICE,
        .abstract = true,
        .instance_size = sizeof(PCIIDEState),
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
    {
        .name = TYPE_PIIX3_IDE,
        .parent = TYPE_PCI_IDE,
        .instance_init = piix_ide_instance_init,
        .class_init = piix_ide_class_init,
        .class_data = (const void *)PCI_DEVICE_ID_INTEL_82371SB_1,
    },
    {
        .name = TYPE_PIIX4_IDE,
        .parent = TYPE_PCI_IDE,
        .instance_init = piix_ide_instance_init,
        .class_init = piix_ide_class_init,
        .class_data = (const void *)PCI_DEVICE_ID_INTEL_82371AB,
    },
};

DEFINE_TYPES(piix_ide_types)
