/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interface of devices that operating systems find through ACPI: a device that
 * implements it describes itself. BQL held.
 */
#ifndef HW_ACPI_ACPI_AML_INTERFACE_H
#define HW_ACPI_ACPI_AML_INTERFACE_H

#include "hw/acpi/aml-build.h"
#include "hw/qdev-core.h"
#include "qom/object.h"

#define TYPE_ACPI_DEV_AML_IF "acpi-dev-aml-interface"
typedef struct AcpiDevAmlIfClass AcpiDevAmlIfClass;
DECLARE_CLASS_CHECKERS(AcpiDevAmlIfClass, ACPI_DEV_AML_IF, TYPE_ACPI_DEV_AML_IF)
#define ACPI_DEV_AML_IF(obj) INTERFACE_CHECK(AcpiDevAmlIf, (obj), TYPE_ACPI_DEV_AML_IF)
typedef struct AcpiDevAmlIf AcpiDevAmlIf;

struct AcpiDevAmlIfClass {
    InterfaceClass parent_class;

    /* Appends the device's objects to @scope, the ACPI device of its bus. */
    void (*build_dev_aml)(AcpiDevAmlIf *adev, Aml *scope);
};

/* Has each device on @bus that can describe itself do so, in @scope. */
void qbus_build_aml(BusState *bus, Aml *scope);

#endif
