/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main system bus: the root of the tree of buses and devices. */
#include "qemu/osdep.h"
#include "hw/sysbus.h"
#include "system/reset.h"

static BusState *main_system_bus;

BusState *sysbus_get_default(void)
{
    if (!main_system_bus) {
        main_system_bus = qbus_new(TYPE_SYSTEM_BUS, NULL, "main-system-bus");
        object_property_add_child(machine_get_container("unattached"), "sysbus",
                                  OBJECT(main_system_bus));
        qemu_register_resettable(OBJECT(main_system_bus));
    }
    return main_system_bus;
}

static char *system_bus_get_fw_dev_path(DeviceState *dev)
{
    SysBusDevice *s = (SysBusDevice *)object_dynamic_cast(OBJECT(dev), TYPE_SYS_BUS_DEVICE);
    SysBusDeviceClass *sbc;
    g_autofree char *unit = NULL;

    if (!s) {
        return g_strdup(qdev_fw_name(dev));
    }
    sbc = SYS_BUS_DEVICE_GET_CLASS(s);
    if (sbc->explicit_ofw_unit_address) {
        unit = sbc->explicit_ofw_unit_address(s);
        if (unit) {
            return g_strdup_printf("%s@%s", qdev_fw_name(dev), unit);
        }
    }
    if (s->num_mmio) {
        return g_strdup_printf("%s@%016" PRIx64, qdev_fw_name(dev), s->mmio[0].addr);
    }
    if (s->num_pio) {
        return g_strdup_printf("%s@i%04x", qdev_fw_name(dev), s->pio[0]);
    }
    return g_strdup(qdev_fw_name(dev));
}

static void system_bus_class_init(ObjectClass *klass, const void *data)
{
    BUS_CLASS(klass)->get_fw_dev_path = system_bus_get_fw_dev_path;
}

static const TypeInfo main_bus_types[] = {
    {
        .name = TYPE_SYSTEM_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(BusState),
        .class_init = system_bus_class_init,
    },
};
DEFINE_TYPES(main_bus_types)
