/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that describe themselves in ACPI. */

#include "qemu/osdep.h"
#include "hw/acpi/acpi_aml_interface.h"

void qbus_build_aml(BusState *bus, Aml *scope)
{
    GList *devices = NULL;
    BusChild *kid;

    /* The bus lists the newest first; tables read better in the order of creation. */
    QTAILQ_FOREACH (kid, &bus->children, sibling) {
        devices = g_list_prepend(devices, kid->child);
    }
    for (GList *l = devices; l; l = l->next) {
        Object *obj = object_dynamic_cast(OBJECT(l->data), TYPE_ACPI_DEV_AML_IF);
        if (obj) {
            ACPI_DEV_AML_IF_GET_CLASS(obj)->build_dev_aml(ACPI_DEV_AML_IF(obj), scope);
        }
    }
    g_list_free(devices);
}

static const TypeInfo acpi_interface_types[] = {
    {
        .name = TYPE_ACPI_DEV_AML_IF,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(AcpiDevAmlIfClass),
    },
};

DEFINE_TYPES(acpi_interface_types)
