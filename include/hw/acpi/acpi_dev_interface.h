/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interface of the device that has a machine's general purpose event block. BQL held. */
#ifndef HW_ACPI_ACPI_DEV_INTERFACE_H
#define HW_ACPI_ACPI_DEV_INTERFACE_H

#include "qapi/qapi-types-acpi.h"
#include "qom/object.h"

/* Bits of GPE0, as the DSDT handles them. */
typedef enum AcpiEventStatusBits {
    ACPI_PCI_HOTPLUG_STATUS = 1 << 1,
    ACPI_CPU_HOTPLUG_STATUS = 1 << 2,
    ACPI_MEMORY_HOTPLUG_STATUS = 1 << 3,
    ACPI_NVDIMM_HOTPLUG_STATUS = 1 << 4,
    ACPI_VMGENID_CHANGE_STATUS = 1 << 5,
} AcpiEventStatusBits;

#define TYPE_ACPI_DEVICE_IF "acpi-device-interface"
typedef struct AcpiDeviceIfClass AcpiDeviceIfClass;
DECLARE_CLASS_CHECKERS(AcpiDeviceIfClass, ACPI_DEVICE_IF, TYPE_ACPI_DEVICE_IF)
#define ACPI_DEVICE_IF(obj) INTERFACE_CHECK(AcpiDeviceIf, (obj), TYPE_ACPI_DEVICE_IF)
typedef struct AcpiDeviceIf AcpiDeviceIf;

struct AcpiDeviceIfClass {
    InterfaceClass parent_class;

    /* Sets the event's status bit and, if the guest enabled it, the SCI. */
    void (*send_event)(AcpiDeviceIf *adev, AcpiEventStatusBits event);
    /* Appends what the guest last said of slots that it can plug; NULL: none. */
    void (*ospm_status)(AcpiDeviceIf *adev, ACPIOSTInfoList ***tail);
};

/* To the one of this machine; nothing happens without. */
void acpi_send_event(AcpiEventStatusBits event);

typedef struct DeviceState DeviceState;
/* What the guest last said of @dev (NULL: nothing is there) in slot number @slot of a kind. */
ACPIOSTInfo *acpi_ost_info(const DeviceState *dev, ACPISlotType type, uint32_t slot, uint32_t event,
                           uint32_t status);
/* The guest said @info (which is freed) of the slot of @dev, NULL for an empty one. */
void acpi_report_ost(ACPIOSTInfo *info, DeviceState *dev);

#endif
