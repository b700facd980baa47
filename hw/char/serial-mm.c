/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A 16550A whose registers are in memory, for boards without ISA. */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/char/serial-mm.h"
#include "hw/qdev-properties-system.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define SERIAL_MM_MAX_REGSHIFT 3

static uint64_t serial_mm_read(void *opaque, hwaddr addr, unsigned size)
{
    SerialMM *s = opaque;

    return serial_io_ops.read(&s->serial, addr >> s->regshift, 1);
}

static void serial_mm_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    SerialMM *s = opaque;

    serial_io_ops.write(&s->serial, addr >> s->regshift, value & 0xff, 1);
}

static const MemoryRegionOps serial_mm_ops[] = {
    [DEVICE_NATIVE_ENDIAN] =
        {
            .read = serial_mm_read,
            .write = serial_mm_write,
            .endianness = DEVICE_NATIVE_ENDIAN,
            .valid.max_access_size = 8,
            .impl.max_access_size = 8,
        },
    [DEVICE_LITTLE_ENDIAN] =
        {
            .read = serial_mm_read,
            .write = serial_mm_write,
            .endianness = DEVICE_LITTLE_ENDIAN,
            .valid.max_access_size = 8,
            .impl.max_access_size = 8,
        },
    [DEVICE_BIG_ENDIAN] =
        {
            .read = serial_mm_read,
            .write = serial_mm_write,
            .endianness = DEVICE_BIG_ENDIAN,
            .valid.max_access_size = 8,
            .impl.max_access_size = 8,
        },
};

static void serial_mm_realize(DeviceState *dev, Error **errp)
{
    SerialMM *smm = SERIAL_MM(dev);
    SerialState *s = &smm->serial;

    if (smm->regshift > SERIAL_MM_MAX_REGSHIFT) {
        error_setg(errp, "Property 'regshift' can't be %u: 0 to %d are possible", smm->regshift,
                   SERIAL_MM_MAX_REGSHIFT);
        return;
    }
    if (smm->endianness >= ARRAY_SIZE(serial_mm_ops)) {
        error_setg(errp, "Property 'endianness' can't be %u: 0 is native, 1 big, 2 little",
                   smm->endianness);
        return;
    }
    if (!qdev_realize(DEVICE(s), NULL, errp)) {
        return;
    }
    memory_region_init_io(&s->io, OBJECT(dev), &serial_mm_ops[smm->endianness], smm, "serial",
                          8ull << smm->regshift);
    sysbus_init_mmio(SYS_BUS_DEVICE(smm), &s->io);
    sysbus_init_irq(SYS_BUS_DEVICE(smm), &s->irq);
}

static void serial_mm_reset_hold(Object *obj, ResetType type)
{
    serial_reset(&SERIAL_MM(obj)->serial);
}

static const VMStateDescription vmstate_serial_mm = {
    .name = "serial",
    .version_id = 3,
    .minimum_version_id = 2,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(serial, SerialMM, 0, vmstate_serial, SerialState),
            VMSTATE_END_OF_LIST(),
        },
};

static void serial_mm_instance_init(Object *o)
{
    SerialMM *smm = SERIAL_MM(o);

    object_initialize_child(o, "serial", &smm->serial, TYPE_SERIAL);
    qdev_alias_all_properties(DEVICE(o), OBJECT(&smm->serial));
}

static const Property serial_mm_properties[] = {
    DEFINE_PROP_UINT8("regshift", SerialMM, regshift, 0),
    DEFINE_PROP_UINT8("endianness", SerialMM, endianness, DEVICE_NATIVE_ENDIAN),
};

static void serial_mm_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    device_class_set_props(dc, serial_mm_properties);
    dc->realize = serial_mm_realize;
    dc->vmsd = &vmstate_serial_mm;
    RESETTABLE_CLASS(oc)->phases.hold = serial_mm_reset_hold;
}

static const TypeInfo serial_mm_types[] = {
    {
        .name = TYPE_SERIAL_MM,
        .parent = TYPE_SYS_BUS_DEVICE,
        .class_init = serial_mm_class_init,
        .instance_init = serial_mm_instance_init,
        .instance_size = sizeof(SerialMM),
    },
};

DEFINE_TYPES(serial_mm_types)
