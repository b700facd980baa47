/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pvpanic at an I/O port. */
#include "qemu/osdep.h"
#include "hw/isa/isa.h"
#include "hw/misc/pvpanic.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/acpi/acpi_aml_interface.h"
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

/* A driver asks what the port understands (RDPT) and reports what happened (WRPT). */
static void pvpanic_isa_build_aml(AcpiDevAmlIf *adev, Aml *scope)
{
    PVPanicISAState *s = PVPANIC_ISA_DEVICE(adev);
    Aml *dev = aml_device("PEVT"), *crs = aml_resource_template();
    Aml *field = aml_field("PEOR", AML_BYTE_ACC, AML_NOLOCK, AML_PRESERVE);
    Aml *rdpt = aml_method("RDPT", 0, AML_NOTSERIALIZED);
    Aml *wrpt = aml_method("WRPT", 1, AML_NOTSERIALIZED);

    aml_append(crs, aml_io(AML_DECODE16, s->ioport, s->ioport, 1, 1));
    aml_append(dev, aml_name_decl("_HID", aml_string("QEMU0001")));
    aml_append(dev, aml_name_decl("_STA", aml_int(0xf)));
    aml_append(dev, aml_name_decl("_CRS", crs));
    aml_append(dev, aml_operation_region("PEOR", AML_SYSTEM_IO, aml_int(s->ioport), 1));
    aml_append(field, aml_named_field("PEPT", 8));
    aml_append(dev, field);
    aml_append(rdpt, aml_return(aml_name("PEPT")));
    aml_append(dev, rdpt);
    aml_append(wrpt, aml_store(aml_arg(0), aml_name("PEPT")));
    aml_append(dev, wrpt);
    aml_append(scope, dev);
}

static const Property pvpanic_isa_properties[] = {
    DEFINE_PROP_UINT16(PVPANIC_IOPORT_PROP, PVPanicISAState, ioport, 0x505),
    DEFINE_PROP_UINT8("events", PVPanicISAState, pvpanic.events, PVPANIC_EVENTS),
};

static void pvpanic_isa_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = pvpanic_isa_realizefn;
    ACPI_DEV_AML_IF_CLASS(klass)->build_dev_aml = pvpanic_isa_build_aml;
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
        .interfaces = (const InterfaceInfo[]){{TYPE_ACPI_DEV_AML_IF}, {}},
    },
};

DEFINE_TYPES(pvpanic_isa_types)
