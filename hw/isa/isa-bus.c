/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ISA bus, and the bridge that carries one on machines without PCI.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/isa/isa.h"
#include "hw/sysbus.h"

#define TYPE_ISABUS_BRIDGE "isabus-bridge"

ISABus *isa_bus_new(DeviceState *dev, MemoryRegion *address_space, MemoryRegion *address_space_io,
                    Error **errp)
{
    ISABus *bus;

    if (!dev) {
        dev = qdev_new(TYPE_ISABUS_BRIDGE);
        if (!sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), errp)) {
            return NULL;
        }
    }
    bus = ISA_BUS(qbus_new(TYPE_ISA_BUS, dev, "isa.0"));
    bus->address_space = address_space;
    bus->address_space_io = address_space_io;
    return bus;
}

void isa_bus_register_input_irqs(ISABus *bus, qemu_irq *irqs_in)
{
    bus->irqs_in = irqs_in;
}

void isa_bus_dma(ISABus *bus, IsaDma *dma8, IsaDma *dma16)
{
    bus->dma[0] = dma8;
    bus->dma[1] = dma16;
}

IsaDma *isa_bus_get_dma(ISABus *bus, int nchan)
{
    return nchan >= 0 && nchan < 8 ? bus->dma[nchan > 3] : NULL;
}

qemu_irq isa_bus_get_irq(ISABus *bus, unsigned isairq)
{
    return bus->irqs_in && isairq < ISA_NUM_IRQS ? bus->irqs_in[isairq] : NULL;
}

ISABus *isa_bus_from_device(ISADevice *dev)
{
    return ISA_BUS(qdev_get_parent_bus(DEVICE(dev)));
}

ISADevice *isa_new(const char *name)
{
    return ISA_DEVICE(qdev_new(name));
}

bool isa_realize_and_unref(ISADevice *dev, ISABus *bus, Error **errp)
{
    return qdev_realize_and_unref(DEVICE(dev), BUS(bus), errp);
}

ISADevice *isa_create_simple(ISABus *bus, const char *name)
{
    ISADevice *dev = isa_new(name);

    isa_realize_and_unref(dev, bus, &error_fatal);
    return dev;
}

bool isa_check_irq(const char *prop, uint32_t isairq, Error **errp)
{
    if (isairq >= ISA_NUM_IRQS) {
        error_setg(errp, "Property '%s' can't be %" PRIu32 ": ISA interrupts are 0 to %d", prop,
                   isairq, ISA_NUM_IRQS - 1);
        return false;
    }
    return true;
}

bool isa_init_irq(ISADevice *dev, qemu_irq *p, const char *prop, uint32_t isairq, Error **errp)
{
    if (!isa_check_irq(prop, isairq, errp)) {
        return false;
    }
    *p = isa_bus_get_irq(isa_bus_from_device(dev), isairq);
    return true;
}

void isa_connect_gpio_out(ISADevice *dev, int gpioirq, unsigned isairq)
{
    qdev_connect_gpio_out(DEVICE(dev), gpioirq, isa_bus_get_irq(isa_bus_from_device(dev), isairq));
}

MemoryRegion *isa_address_space(ISADevice *dev)
{
    return isa_bus_from_device(dev)->address_space;
}

MemoryRegion *isa_address_space_io(ISADevice *dev)
{
    return isa_bus_from_device(dev)->address_space_io;
}

static void isa_note_ioport(ISADevice *dev, uint16_t port)
{
    if (!dev->ioport_id || port < dev->ioport_id) {
        dev->ioport_id = port;
    }
}

void isa_register_ioport(ISADevice *dev, MemoryRegion *io, uint16_t start)
{
    memory_region_add_subregion(isa_address_space_io(dev), start, io);
    isa_note_ioport(dev, start);
}

void isa_register_portio_list(ISADevice *dev, PortioList *piolist, uint16_t start,
                              const MemoryRegionPortio *portio, void *opaque, const char *name)
{
    isa_note_ioport(dev, start);
    portio_list_init(piolist, OBJECT(dev), portio, opaque, name);
    portio_list_add(piolist, isa_address_space_io(dev), start);
}

static char *isa_bus_get_fw_dev_path(DeviceState *dev)
{
    ISADevice *isa = ISA_DEVICE(dev);

    if (isa->ioport_id) {
        return g_strdup_printf("%s@%04x", qdev_fw_name(dev), isa->ioport_id);
    }
    return g_strdup(qdev_fw_name(dev));
}

static void isa_bus_class_init(ObjectClass *klass, const void *data)
{
    BUS_CLASS(klass)->get_fw_dev_path = isa_bus_get_fw_dev_path;
}

static void isa_device_class_init(ObjectClass *klass, const void *data)
{
    DEVICE_CLASS(klass)->bus_type = TYPE_ISA_BUS;
}

static void isabus_bridge_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    device_class_set_category(dc, DEVICE_CATEGORY_BRIDGE);
    dc->fw_name = "isa";
    /* The machine connects its bus to interrupts and address spaces. */
    dc->user_creatable = false;
}

static const TypeInfo isa_types[] = {
    {
        .name = TYPE_ISADMA,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(IsaDmaClass),
    },
    {
        .name = TYPE_ISA_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(ISABus),
        .class_init = isa_bus_class_init,
    },
    {
        .name = TYPE_ISA_DEVICE,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(ISADevice),
        .abstract = true,
        .class_init = isa_device_class_init,
    },
    {
        .name = TYPE_ISABUS_BRIDGE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(SysBusDevice),
        .class_init = isabus_bridge_class_init,
    },
};

DEFINE_TYPES(isa_types)
