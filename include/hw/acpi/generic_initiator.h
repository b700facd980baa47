/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "-object acpi-generic-initiator": a PCI device is a NUMA node without processors, from which
 * memory is used (ACPI 6.5, 5.2.16.6). BQL held.
 */
#ifndef HW_ACPI_GENERIC_INITIATOR_H
#define HW_ACPI_GENERIC_INITIATOR_H

#include "hw/boards.h"

#define TYPE_ACPI_GENERIC_INITIATOR "acpi-generic-initiator"

/* All devices are there: false with @errp if one that an object names is not. */
bool acpi_generic_initiators_check(MachineState *ms, Error **errp);
/* Entries of SRAT. */
void acpi_generic_initiators_build_srat(GArray *table);

#endif
