/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A 16550A at one of the four places where PCs have COM ports.
 *
 * PC/AT: 3F8h/4, 2F8h/3; by convention 3E8h/4 and 2E8h/3.
 */
#include "qemu/osdep.h"
#include "hw/char/serial-isa.h"
#include "hw/char/serial.h"
#include "hw/acpi/acpi_aml_interface.h"
#include "hw/qdev-properties-system.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

struct ISASerialState {
    ISADevice parent_obj;

    /* config; UINT32_MAX: choose */
    uint32_t index;
    uint32_t iobase;
    uint32_t isairq;

    SerialState state;
};

static const uint16_t isa_serial_io[MAX_ISA_SERIAL_PORTS] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};
static const uint8_t isa_serial_irq[MAX_ISA_SERIAL_PORTS] = {4, 3, 4, 3};

/* The lowest index that no other port of the bus has. */
static uint32_t serial_isa_free_index(ISASerialState *isa)
{
    BusState *bus = qdev_get_parent_bus(DEVICE(isa));
    uint32_t index = 0;
    bool taken;
    BusChild *kid;

    do {
        taken = false;
        QTAILQ_FOREACH (kid, &bus->children, sibling) {
            Object *obj = object_dynamic_cast(OBJECT(kid->child), TYPE_ISA_SERIAL);

            if (obj && obj != OBJECT(isa) && ISA_SERIAL(obj)->index == index) {
                index++;
                taken = true;
            }
        }
    } while (taken);
    return index;
}

static void serial_isa_realizefn(DeviceState *dev, Error **errp)
{
    ISADevice *isadev = ISA_DEVICE(dev);
    ISASerialState *isa = ISA_SERIAL(dev);
    SerialState *s = &isa->state;

    if (isa->index == UINT32_MAX) {
        isa->index = serial_isa_free_index(isa);
    }
    if (isa->index >= MAX_ISA_SERIAL_PORTS) {
        error_setg(errp,
                   "Property 'index' can't be %" PRIu32 ": there are ISA serial ports 0 to %d",
                   isa->index, MAX_ISA_SERIAL_PORTS - 1);
        return;
    }
    if (isa->iobase == UINT32_MAX) {
        isa->iobase = isa_serial_io[isa->index];
    }
    if (isa->isairq == UINT32_MAX) {
        isa->isairq = isa_serial_irq[isa->index];
    }
    if (!isa_init_irq(isadev, &s->irq, "irq", isa->isairq, errp) ||
        !qdev_realize(DEVICE(s), NULL, errp)) {
        return;
    }
    memory_region_init_io(&s->io, OBJECT(isa), &serial_io_ops, s, "serial", 8);
    isa_register_ioport(isadev, &s->io, isa->iobase);
}

static void serial_isa_reset_hold(Object *obj, ResetType type)
{
    serial_reset(&ISA_SERIAL(obj)->state);
}

static const VMStateDescription vmstate_isa_serial = {
    .name = "serial",
    .version_id = 3,
    .minimum_version_id = 2,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(state, ISASerialState, 0, vmstate_serial, SerialState),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property serial_isa_properties[] = {
    DEFINE_PROP_UINT32("index", ISASerialState, index, UINT32_MAX),
    DEFINE_PROP_UINT32("iobase", ISASerialState, iobase, UINT32_MAX),
    DEFINE_PROP_UINT32("irq", ISASerialState, isairq, UINT32_MAX),
};

static void serial_isa_initfn(Object *o)
{
    ISASerialState *self = ISA_SERIAL(o);

    object_initialize_child(o, "serial", &self->state, TYPE_SERIAL);
    qdev_alias_all_properties(DEVICE(o), OBJECT(&self->state));
}

static void serial_isa_build_aml(AcpiDevAmlIf *adev, Aml *scope)
{
    ISASerialState *isa = ISA_SERIAL(adev);
    Aml *dev = aml_device("COM%u", isa->index + 1), *crs = aml_resource_template();

    aml_append(crs, aml_io(AML_DECODE16, isa->iobase, isa->iobase, 0, 8));
    aml_append(crs, aml_irq_no_flags(isa->isairq));
    aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0501")));
    aml_append(dev, aml_name_decl("_UID", aml_int(isa->index + 1)));
    aml_append(dev, aml_name_decl("_STA", aml_int(0xf)));
    aml_append(dev, aml_name_decl("_CRS", crs));
    aml_append(scope, dev);
}

static void serial_isa_class_initfn(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = serial_isa_realizefn;
    dc->vmsd = &vmstate_isa_serial;
    RESETTABLE_CLASS(klass)->phases.hold = serial_isa_reset_hold;
    ACPI_DEV_AML_IF_CLASS(klass)->build_dev_aml = serial_isa_build_aml;
    device_class_set_props(dc, serial_isa_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_INPUT);
}

static const TypeInfo serial_isa_types[] = {
    {
        .name = TYPE_ISA_SERIAL,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(ISASerialState),
        .instance_init = serial_isa_initfn,
        .class_init = serial_isa_class_initfn,
        .interfaces = (const InterfaceInfo[]){{TYPE_ACPI_DEV_AML_IF}, {}},
    },
};

DEFINE_TYPES(serial_isa_types)

void isa_serial_init(ISABus *bus, int index, Chardev *chr)
{
    DeviceState *dev;

    if (!chr) {
        return;
    }
    dev = DEVICE(isa_new(TYPE_ISA_SERIAL));
    qdev_prop_set_uint32(dev, "index", index);
    qdev_prop_set_chr(dev, "chardev", chr);
    isa_realize_and_unref(ISA_DEVICE(dev), bus, &error_fatal);
}
