/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices wired straight to the machine: memory regions that the board maps at
 * addresses of its choice, and interrupt outputs.
 */
#ifndef HW_SYSBUS_H
#define HW_SYSBUS_H

#include "hw/qdev-core.h"

typedef struct MemoryRegion MemoryRegion;

#define QDEV_MAX_MMIO   32
#define QDEV_MAX_PIO    32

#define TYPE_SYSTEM_BUS "System"
DECLARE_INSTANCE_CHECKER(BusState, SYSTEM_BUS, TYPE_SYSTEM_BUS)

#define TYPE_SYS_BUS_DEVICE "sys-bus-device"
OBJECT_DECLARE_TYPE(SysBusDevice, SysBusDeviceClass, SYS_BUS_DEVICE)

/* Those that -device may add to a machine that allows the type. */
#define TYPE_DYNAMIC_SYS_BUS_DEVICE "dynamic-sysbus-device"

/* The name of a sysbus device's interrupt outputs. */
#define SYSBUS_DEVICE_GPIO_IRQ "sysbus-irq"

struct SysBusDeviceClass {
    DeviceClass parent_class;

    /* Unit address for firmware paths of devices without mmio; caller frees. Optional. */
    char *(*explicit_ofw_unit_address)(const SysBusDevice *dev);
    void (*connect_irq_notifier)(SysBusDevice *dev, qemu_irq irq);
};

struct SysBusDevice {
    DeviceState parent_obj;

    int num_mmio;
    struct {
        uint64_t addr; /* UINT64_MAX: not mapped */
        MemoryRegion *memory;
    } mmio[QDEV_MAX_MMIO];
    int num_pio;
    uint32_t pio[QDEV_MAX_PIO];
};

/* In instance_init or realize; numbered in order of the calls. */
void sysbus_init_mmio(SysBusDevice *dev, MemoryRegion *memory);
void sysbus_init_irq(SysBusDevice *dev, qemu_irq *p);
/* Only recorded, for firmware paths. */
void sysbus_init_ioports(SysBusDevice *dev, uint32_t ioport, uint32_t size);

qemu_irq sysbus_get_connected_irq(const SysBusDevice *dev, int n);
void sysbus_connect_irq(SysBusDevice *dev, int n, qemu_irq irq);

/* Puts region @n into the system address space at @addr; moves it when it was mapped. */
void sysbus_mmio_map(SysBusDevice *dev, int n, uint64_t addr);
void sysbus_mmio_unmap(SysBusDevice *dev, int n);

/* On the main system bus. */
bool sysbus_realize(SysBusDevice *dev, Error **errp);
bool sysbus_realize_and_unref(SysBusDevice *dev, Error **errp);

/* A realized device of @name with its regions at the addresses resp. lines connected in order. */
DeviceState *sysbus_create_varargs(const char *name, uint64_t addr,
                                   ...) G_GNUC_NULL_TERMINATED; /* lines, then NULL */
static inline DeviceState *sysbus_create_simple(const char *name, uint64_t addr, qemu_irq irq)
{
    return sysbus_create_varargs(name, addr, irq, NULL);
}

#endif /* HW_SYSBUS_H */
