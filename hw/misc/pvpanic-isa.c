/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pvpanic at an I/O port. */
#include "qemu/osdep.h"
#include "hw/isa/isa.h"
#include "hw/misc/pvpanic.h"
#include "hw/qdev-properties.h"
#include "qemu/module.h"

OBJECT_DECLARE_SIMPLE_TYPE(PVPanicISAState, PVPANIC_ISA_DEVICE)

struct PVPanicISAState {
    ISADevice parent_obj;

    uint16_t ioport;
    PVPanicState pvpanic;
};

static void pvpanic_isa_initfn(Object *obj)
{
    pvpanic_setup_io(&PVPANIC_ISA_DEVICE(obj)->pvpanic, DEVICE(obj), 1);
}

static void pvpanic_isa_realizefn(DeviceState *dev, Error **errp)
{
    PVPanicISAState *s = PVPANIC_ISA_DEVICE(dev);

    isa_register_ioport(ISA_DEVICE(dev), &s->pvpanic.mr, s->ioport);
}

static const Property pvpanic_isa_properties[] = {
    DEFINE_PROP_UINT16(PVPANIC_IOPORT_PROP, PVPanicISAState, ioport, 0x505),
    DEFINE_PROP_UINT8("events", PVPanicISAState, pvpanic.events, PVPANIC_EVENTS),
};

static void pvpanic_isa_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = pvpanic_isa_realizefn;
    device_class_set_props(dc, pvpanic_isa_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
}

static const TypeInfo pvpanic_isa_types[] = {
    {
        .name = TYPE_PVPANIC_ISA_DEVICE,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(PVPanicISAState),
        .instance_init = pvpanic_isa_initfn,
        .class_init = pvpanic_isa_class_init,
    },
};

DEFINE_TYPES(pvpanic_isa_types)
