/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMBus host controller of ICH9, function 3 of the south bridge.
 *
 * Specification: Intel I/O Controller Hub 9 data sheet, order number 316972, chapter 19.
 */
#include "qemu/osdep.h"
#include "hw/i2c/pm_smbus.h"
#include "hw/i2c/smbus_ich9.h"
#include "hw/pci/pci.h"
#include "qemu/range.h"

OBJECT_DECLARE_SIMPLE_TYPE(ICH9SMBState, ICH9_SMB)

/* Configuration space. */
#define HOSTC        0x40
#define HOSTC_HST_EN 0x01
#define HOSTC_BITS   0x07 /* enable, SMI instead of an interrupt, I2C */

struct ICH9SMBState {
    PCIDevice parent_obj;

    PMSMBus smb;
    qemu_irq irq; /* the function's pin */
};

static void update_enabled(ICH9SMBState *s)
{
    memory_region_set_enabled(&s->smb.io, s->parent_obj.config[HOSTC] & HOSTC_HST_EN);
}

static void ich9_smb_write_config(PCIDevice *d, uint32_t address, uint32_t val, int len)
{
    pci_default_write_config(d, address, val, len);
    if (ranges_overlap(address, len, HOSTC, 1)) {
        update_enabled(ICH9_SMB(d));
    }
}

static void set_pin(void *opaque, int n, int level)
{
    pci_set_irq(PCI_DEVICE(opaque), level);
}

static void ich9_smb_reset_hold(Object *obj, ResetType type)
{
    ICH9SMBState *s = ICH9_SMB(obj);

    pci_device_reset_hold(obj, type);
    s->parent_obj.config[HOSTC] = 0;
    pm_smbus_reset(&s->smb);
    update_enabled(s);
}

static int ich9_smb_post_load(void *opaque, int version_id)
{
    update_enabled(opaque);
    return 0;
}

static const VMStateDescription vmstate_ich9_smb = {
    .name = "ich9_smb",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = ich9_smb_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, ICH9SMBState),
            VMSTATE_STRUCT(smb, ICH9SMBState, 1, vmstate_pm_smbus, PMSMBus),
            VMSTATE_UINT8(smb.aux_control, ICH9SMBState),
            VMSTATE_END_OF_LIST(),
        },
};

static void ich9_smb_realize(PCIDevice *d, Error **errp)
{
    ICH9SMBState *s = ICH9_SMB(d);

    d->config[PCI_INTERRUPT_PIN] = 1;
    d->wmask[HOSTC] = HOSTC_BITS;
    s->irq = qemu_allocate_irq(set_pin, s, 0);
    pm_smbus_init(DEVICE(s), &s->smb);
    s->smb.has_aux = true;
    s->smb.irq = s->irq;
    pci_register_bar(d, 4, PCI_BASE_ADDRESS_SPACE_IO, &s->smb.io);
    update_enabled(s);
}

static void ich9_smb_exit(PCIDevice *d)
{
    qemu_free_irq(ICH9_SMB(d)->irq);
}

static void ich9_smb_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = ich9_smb_realize;
    k->exit = ich9_smb_exit;
    k->config_write = ich9_smb_write_config;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = 0x2930;
    k->revision = 0x02;
    k->class_id = PCI_CLASS_SERIAL_SMBUS;
    dc->vmsd = &vmstate_ich9_smb;
    /* A part of the south bridge, which the board makes. */
    dc->user_creatable = false;
    RESETTABLE_CLASS(klass)->phases.hold = ich9_smb_reset_hold;
}

static const TypeInfo ich9_smb_types[] = {
    {
        .name = TYPE_ICH9_SMB,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(ICH9SMBState),
        .class_init = ich9_smb_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
};

DEFINE_TYPES(ich9_smb_types)
