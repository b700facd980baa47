/* SPDX-License-Identifier: GPL-2.0-or-later */
/* General purpose events to whichever chip has their registers, and what it knows of slots. */

#include "qemu/osdep.h"
#include "hw/acpi/acpi_dev_interface.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-acpi.h"
#include "qapi/qapi-events-acpi.h"
#include "qapi/qapi-events-memory-device.h"
#include "hw/qdev-core.h"

void acpi_send_event(AcpiEventStatusBits event)
{
    Object *obj = object_resolve_path_type("", TYPE_ACPI_DEVICE_IF, NULL);

    if (obj) {
        ACPI_DEVICE_IF_GET_CLASS(obj)->send_event(ACPI_DEVICE_IF(obj), event);
    }
}

/* Values of _OST for ejections (ACPI 6.5, 6.3.5). */
#define OST_EJECT_REQUEST     3
#define OST_EJECTION          0x103
#define OST_EJECT_IN_PROGRESS 0x84

ACPIOSTInfo *acpi_ost_info(const DeviceState *dev, ACPISlotType type, uint32_t slot, uint32_t event,
                           uint32_t status)
{
    ACPIOSTInfo *info = g_new0(ACPIOSTInfo, 1);

    info->device = g_strdup(dev ? dev->id : NULL);
    info->slot = g_strdup_printf("%u", slot);
    info->slot_type = type;
    info->source = event;
    info->status = status;
    return info;
}

void acpi_report_ost(ACPIOSTInfo *info, DeviceState *dev)
{
    bool ejection = info->source == OST_EJECT_REQUEST || info->source == OST_EJECTION;

    qapi_event_send_acpi_device_ost(info);
    if (dev && ejection && info->status != 0 && info->status != OST_EJECT_IN_PROGRESS) {
        dev->unplug_requested = false;
        qapi_event_send_device_unplug_guest_error(dev->id, dev->canonical_path);
    }
    qapi_free_ACPIOSTInfo(info);
}

ACPIOSTInfoList *qmp_query_acpi_ospm_status(Error **errp)
{
    Object *obj = object_resolve_path_type("", TYPE_ACPI_DEVICE_IF, NULL);
    AcpiDeviceIfClass *k = obj ? ACPI_DEVICE_IF_GET_CLASS(obj) : NULL;
    ACPIOSTInfoList *list = NULL, **tail = &list;

    if (!k || !k->ospm_status) {
        error_setg(errp, "this machine has no ACPI slots for memory or CPUs");
        return NULL;
    }
    k->ospm_status(ACPI_DEVICE_IF(obj), &tail);
    return list;
}

static const TypeInfo acpi_event_types[] = {
    {
        .name = TYPE_ACPI_DEVICE_IF,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(AcpiDeviceIfClass),
    },
};

DEFINE_TYPES(acpi_event_types)
