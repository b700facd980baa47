/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pvpanic at an I/O port. */
#include "qemu/osdep.h"
#include "hw/isa/isa.h"
#include "hw/misc/pvpanic.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/module.h"

OBJECT_DECLARE_SIMPLE_TYPE(PVPanicISAState, PVPANIC_ISA_DEVICE)

struct PVPanicISAState {
    ISADevice parent_obj;

    uint16_t ioport;
    PVPanicState pvpanic;
    uint16_t port_le; /* as firmware reads it */
};

static void pvpanic_isa_initfn(Object *obj)
{
    pvpanic_setup_io(&PVPANIC_ISA_DEVICE(obj)->pvpanic, DEVICE(obj), 1);
}

static void pvpanic_isa_realizefn(DeviceState *dev, Error **errp)
{
    PVPanicISAState *s = PVPANIC_ISA_DEVICE(dev);
    FWCfgState *fw_cfg = fw_cfg_find();

    if (fw_cfg) {
        /* How firmware finds the port and tells the operating system. */
        s->port_le = cpu_to_le16(s->ioport);
        if (!fw_cfg_add_file(fw_cfg, "etc/pvpanic-port", &s->port_le, sizeof(s->port_le), errp)) {
            return;
        }
    }
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
