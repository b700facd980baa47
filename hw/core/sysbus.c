/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices wired straight to the machine: their memory regions and interrupt outputs. */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "hw/sysbus.h"

#define NOT_MAPPED UINT64_MAX

/* ---- interrupts --------------------------------------------------------- */

void sysbus_init_irq(SysBusDevice *dev, qemu_irq *p)
{
    qdev_init_gpio_out_named(DEVICE(dev), p, SYSBUS_DEVICE_GPIO_IRQ, 1);
}

qemu_irq sysbus_get_connected_irq(const SysBusDevice *dev, int n)
{
    return qdev_get_gpio_out_connector(DEVICE(dev), SYSBUS_DEVICE_GPIO_IRQ, n);
}

void sysbus_connect_irq(SysBusDevice *dev, int n, qemu_irq irq)
{
    SysBusDeviceClass *sbd = SYS_BUS_DEVICE_GET_CLASS(dev);

    qdev_connect_gpio_out_named(DEVICE(dev), SYSBUS_DEVICE_GPIO_IRQ, n, irq);
    if (sbd->connect_irq_notifier) {
        sbd->connect_irq_notifier(dev, irq);
    }
}

/* ---- memory ------------------------------------------------------------- */

void sysbus_init_mmio(SysBusDevice *dev, MemoryRegion *memory)
{
    int n = dev->num_mmio;

    g_assert(n < QDEV_MAX_MMIO);
    dev->mmio[n].addr = NOT_MAPPED;
    dev->mmio[n].memory = memory;
    dev->num_mmio++;
}

void sysbus_mmio_map(SysBusDevice *dev, int n, uint64_t addr)
{
    MemoryRegion *mr;

    g_assert(n >= 0 && n < dev->num_mmio);
    mr = dev->mmio[n].memory;
    if (dev->mmio[n].addr == addr) {
        return;
    }
    sysbus_mmio_unmap(dev, n);
    dev->mmio[n].addr = addr;
    memory_region_add_subregion(get_system_memory(), addr, mr);
}

void sysbus_mmio_unmap(SysBusDevice *dev, int n)
{
    g_assert(n >= 0 && n < dev->num_mmio);
    if (dev->mmio[n].addr != NOT_MAPPED) {
        memory_region_del_subregion(get_system_memory(), dev->mmio[n].memory);
        dev->mmio[n].addr = NOT_MAPPED;
    }
}

void sysbus_init_ioports(SysBusDevice *dev, uint32_t ioport, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        g_assert(dev->num_pio < QDEV_MAX_PIO);
        dev->pio[dev->num_pio++] = ioport++;
    }
}

/* ---- life --------------------------------------------------------------- */

bool sysbus_realize(SysBusDevice *dev, Error **errp)
{
    return qdev_realize(DEVICE(dev), sysbus_get_default(), errp);
}

bool sysbus_realize_and_unref(SysBusDevice *dev, Error **errp)
{
    return qdev_realize_and_unref(DEVICE(dev), sysbus_get_default(), errp);
}

DeviceState *sysbus_create_varargs(const char *name, uint64_t addr, ...)
{
    DeviceState *dev = qdev_new(name);
    SysBusDevice *s = SYS_BUS_DEVICE(dev);
    va_list va;
    qemu_irq irq;

    sysbus_realize_and_unref(s, &error_fatal);
    if (addr != NOT_MAPPED) {
        sysbus_mmio_map(s, 0, addr);
    }
    va_start(va, addr);
    for (int n = 0; (irq = va_arg(va, qemu_irq)) != NULL; n++) {
        sysbus_connect_irq(s, n, irq);
    }
    va_end(va);
    return dev;
}

/* ---- types -------------------------------------------------------------- */

static void sysbus_device_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *k = DEVICE_CLASS(klass);

    k->bus_type = TYPE_SYSTEM_BUS;
    /* Boards map and wire them; -device could not. */
    k->user_creatable = false;
}

static void dynamic_sysbus_device_class_init(ObjectClass *klass, const void *data)
{
    DEVICE_CLASS(klass)->user_creatable = true;
}

static const TypeInfo sysbus_types[] = {
    {
        .name = TYPE_SYS_BUS_DEVICE,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(SysBusDevice),
        .abstract = true,
        .class_size = sizeof(SysBusDeviceClass),
        .class_init = sysbus_device_class_init,
    },
    {
        .name = TYPE_DYNAMIC_SYS_BUS_DEVICE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .class_init = dynamic_sysbus_device_class_init,
        .abstract = true,
    },
};
DEFINE_TYPES(sysbus_types)
