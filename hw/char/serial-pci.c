/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One, two or four 16550A on a PCI card: BAR 0 has the eight ports of each, one
 * after the other, and all share INTA.
 */
#include "qemu/osdep.h"
#include "hw/char/serial.h"
#include "hw/irq.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties-system.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_PCI_SERIAL    "pci-serial"
#define TYPE_PCI_SERIAL_2X "pci-serial-2x"
#define TYPE_PCI_SERIAL_4X "pci-serial-4x"

#define PCI_SERIAL_PROG_IF 0x02 /* 16550 compatible */
#define UART_PORTS         8
#define PCI_SERIAL_MAX     4

OBJECT_DECLARE_SIMPLE_TYPE(PCISerialState, PCI_SERIAL)

struct PCISerialState {
    PCIDevice dev;

    SerialState state;
};

/* The types for two and for four are two types with one implementation. */
typedef struct PCIMultiSerialState {
    PCIDevice dev;

    /* wiring */
    MemoryRegion iobar;
    IRQState irqs[PCI_SERIAL_MAX];

    /* state */
    uint32_t ports;
    uint32_t level[PCI_SERIAL_MAX]; /* of each UART's interrupt */
    SerialState state[PCI_SERIAL_MAX];
} PCIMultiSerialState;

/* ---- one ---- */

static void serial_pci_realize(PCIDevice *dev, Error **errp)
{
    PCISerialState *pci = PCI_SERIAL(dev);
    SerialState *s = &pci->state;

    if (!qdev_realize(DEVICE(s), NULL, errp)) {
        return;
    }
    dev->config[PCI_CLASS_PROG] = PCI_SERIAL_PROG_IF;
    dev->config[PCI_INTERRUPT_PIN] = 1;
    s->irq = pci_allocate_irq(dev);
    memory_region_init_io(&s->io, OBJECT(pci), &serial_io_ops, s, "serial", UART_PORTS);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_IO, &s->io);
}

static void serial_pci_exit(PCIDevice *dev)
{
    SerialState *s = &PCI_SERIAL(dev)->state;

    qdev_unrealize(DEVICE(s));
    qemu_free_irq(s->irq);
}

static void serial_pci_reset_hold(Object *obj, ResetType type)
{
    serial_reset(&PCI_SERIAL(obj)->state);
    pci_device_reset_hold(obj, type);
}

static const VMStateDescription vmstate_pci_serial = {
    .name = "pci-serial",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(dev, PCISerialState),
            VMSTATE_STRUCT(state, PCISerialState, 0, vmstate_serial, SerialState),
            VMSTATE_END_OF_LIST(),
        },
};

static void serial_pci_init(Object *o)
{
    PCISerialState *ps = PCI_SERIAL(o);

    object_initialize_child(o, "serial", &ps->state, TYPE_SERIAL);
    qdev_alias_all_properties(DEVICE(o), OBJECT(&ps->state));
}

static void serial_pci_class_common(ObjectClass *klass, uint16_t device_id)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->vendor_id = PCI_VENDOR_ID_REDHAT;
    pc->device_id = device_id;
    pc->revision = 1;
    pc->class_id = PCI_CLASS_COMMUNICATION_SERIAL;
    device_class_set_category(dc, DEVICE_CATEGORY_INPUT);
}

static void serial_pci_class_init(ObjectClass *klass, const void *data)
{
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    serial_pci_class_common(klass, PCI_DEVICE_ID_REDHAT_SERIAL);
    pc->realize = serial_pci_realize;
    pc->exit = serial_pci_exit;
    DEVICE_CLASS(klass)->vmsd = &vmstate_pci_serial;
    RESETTABLE_CLASS(klass)->phases.hold = serial_pci_reset_hold;
}

/* ---- two and four ---- */

static uint32_t multi_serial_ports(Object *obj)
{
    return object_dynamic_cast(obj, TYPE_PCI_SERIAL_4X) ? 4 : 2;
}

static void multi_serial_irq_mux(void *opaque, int n, int level)
{
    PCIMultiSerialState *pci = opaque;
    bool pending = false;

    pci->level[n] = level;
    for (int i = 0; i < pci->ports; i++) {
        pending |= pci->level[i] != 0;
    }
    pci_set_irq(&pci->dev, pending);
}

static void multi_serial_pci_exit(PCIDevice *dev)
{
    PCIMultiSerialState *pci = container_of(dev, PCIMultiSerialState, dev);

    for (int i = 0; i < pci->ports; i++) {
        SerialState *s = &pci->state[i];

        if (qdev_is_realized(DEVICE(s))) {
            memory_region_del_subregion(&pci->iobar, &s->io);
            qdev_unrealize(DEVICE(s));
        }
    }
}

static void multi_serial_pci_realize(PCIDevice *dev, Error **errp)
{
    PCIMultiSerialState *pci = container_of(dev, PCIMultiSerialState, dev);

    dev->config[PCI_CLASS_PROG] = PCI_SERIAL_PROG_IF;
    dev->config[PCI_INTERRUPT_PIN] = 1;
    memory_region_init(&pci->iobar, OBJECT(pci), "multiserial", UART_PORTS * pci->ports);
    for (int i = 0; i < pci->ports; i++) {
        g_autofree char *name = g_strdup_printf("uart #%d", i + 1);
        SerialState *s = &pci->state[i];

        if (!qdev_realize(DEVICE(s), NULL, errp)) {
            multi_serial_pci_exit(dev);
            return;
        }
        s->irq = &pci->irqs[i];
        memory_region_init_io(&s->io, OBJECT(pci), &serial_io_ops, s, name, UART_PORTS);
        memory_region_add_subregion(&pci->iobar, UART_PORTS * i, &s->io);
    }
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_IO, &pci->iobar);
}

static void multi_serial_reset_hold(Object *obj, ResetType type)
{
    PCIMultiSerialState *pci = container_of(PCI_DEVICE(obj), PCIMultiSerialState, dev);

    for (int i = 0; i < pci->ports; i++) {
        serial_reset(&pci->state[i]);
    }
    pci_device_reset_hold(obj, type);
}

static const VMStateDescription vmstate_pci_multi_serial = {
    .name = "pci-serial-multi",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(dev, PCIMultiSerialState),
            VMSTATE_STRUCT_VARRAY_UINT32(state, PCIMultiSerialState, ports, 0, vmstate_serial,
                                         SerialState),
            VMSTATE_UINT32_ARRAY(level, PCIMultiSerialState, PCI_SERIAL_MAX),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property multi_2x_serial_pci_properties[] = {
    DEFINE_PROP_CHR("chardev1", PCIMultiSerialState, state[0].chr),
    DEFINE_PROP_CHR("chardev2", PCIMultiSerialState, state[1].chr),
};

static const Property multi_4x_serial_pci_properties[] = {
    DEFINE_PROP_CHR("chardev1", PCIMultiSerialState, state[0].chr),
    DEFINE_PROP_CHR("chardev2", PCIMultiSerialState, state[1].chr),
    DEFINE_PROP_CHR("chardev3", PCIMultiSerialState, state[2].chr),
    DEFINE_PROP_CHR("chardev4", PCIMultiSerialState, state[3].chr),
};

static void multi_serial_init(Object *o)
{
    PCIMultiSerialState *pci = container_of(PCI_DEVICE(o), PCIMultiSerialState, dev);

    pci->ports = multi_serial_ports(o);
    for (int i = 0; i < pci->ports; i++) {
        object_initialize_child(o, "serial[*]", &pci->state[i], TYPE_SERIAL);
        qemu_init_irq_child(o, "irq[*]", &pci->irqs[i], multi_serial_irq_mux, pci, i);
    }
}

static void multi_serial_class_common(ObjectClass *klass, uint16_t device_id)
{
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    serial_pci_class_common(klass, device_id);
    pc->realize = multi_serial_pci_realize;
    pc->exit = multi_serial_pci_exit;
    DEVICE_CLASS(klass)->vmsd = &vmstate_pci_multi_serial;
    RESETTABLE_CLASS(klass)->phases.hold = multi_serial_reset_hold;
}

static void multi_2x_serial_pci_class_init(ObjectClass *klass, const void *data)
{
    multi_serial_class_common(klass, PCI_DEVICE_ID_REDHAT_SERIAL2);
    device_class_set_props(DEVICE_CLASS(klass), multi_2x_serial_pci_properties);
}

static void multi_4x_serial_pci_class_init(ObjectClass *klass, const void *data)
{
    multi_serial_class_common(klass, PCI_DEVICE_ID_REDHAT_SERIAL4);
    device_class_set_props(DEVICE_CLASS(klass), multi_4x_serial_pci_properties);
}

static const TypeInfo serial_pci_types[] = {
    {
        .name = TYPE_PCI_SERIAL,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PCISerialState),
        .instance_init = serial_pci_init,
        .class_init = serial_pci_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
    {
        .name = TYPE_PCI_SERIAL_2X,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PCIMultiSerialState),
        .instance_init = multi_serial_init,
        .class_init = multi_2x_serial_pci_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
    {
        .name = TYPE_PCI_SERIAL_4X,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PCIMultiSerialState),
        .instance_init = multi_serial_init,
        .class_init = multi_4x_serial_pci_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
};

DEFINE_TYPES(serial_pci_types)
