/* SPDX-License-Identifier: GPL-2.0-or-later */
/* General purpose events to whichever chip has their registers. */

#include "qemu/osdep.h"
#include "hw/acpi/acpi_dev_interface.h"

void acpi_send_event(AcpiEventStatusBits event)
{
    Object *obj = object_resolve_path_type("", TYPE_ACPI_DEVICE_IF, NULL);

    if (obj) {
        ACPI_DEVICE_IF_GET_CLASS(obj)->send_event(ACPI_DEVICE_IF(obj), event);
    }
}

static const TypeInfo acpi_event_types[] = {
    {
        .name = TYPE_ACPI_DEVICE_IF,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(AcpiDeviceIfClass),
    },
};

DEFINE_TYPES(acpi_event_types)
