/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI hot-plug by ACPI: registers through which AML learns which slots of which
 * bus changed, and lets go of a device. BQL held everywhere.
 */
#ifndef HW_ACPI_PCIHP_H
#define HW_ACPI_PCIHP_H

#include "exec/memory.h"
#include "hw/acpi/aml-build.h"
#include "hw/pci/pci.h"
#include "migration/vmstate.h"

#define ACPI_PCIHP_BASE      0xae00
#define ACPI_PCIHP_SIZE      0x18
#define ACPI_PCIHP_MAX_BUSES 256

/* One bit per slot. */
typedef struct AcpiPciHpBus {
    PCIBus *bus; /* NULL: no such number */
    uint32_t up, down;
} AcpiPciHpBus;

typedef struct AcpiPciHpState {
    /* configuration */
    bool root_enabled, bridges_enabled;

    /* wiring */
    MemoryRegion io;
    HotplugHandler *handler; /* the device that has these registers */

    /* state; buses are numbered (BSEL) in the order in which they were made */
    AcpiPciHpBus buses[ACPI_PCIHP_MAX_BUSES];
    uint32_t num_buses;
    uint32_t select;
    uint32_t acpi_index;
} AcpiPciHpState;

/* Maps the registers into @io and makes @owner the hotplug handler of @root, if anything is
 * enabled. */
void acpi_pcihp_init(AcpiPciHpState *s, Object *owner, PCIBus *root, MemoryRegion *io);
/* Devices that wait for their removal go; nothing else is left to say. */
void acpi_pcihp_reset(AcpiPciHpState *s);

/* The hotplug handler's functions; true if the guest is to be told (general purpose event 1). */
void acpi_pcihp_pre_plug(AcpiPciHpState *s, PCIDevice *d, Error **errp);
bool acpi_pcihp_plug(AcpiPciHpState *s, PCIDevice *d, Error **errp);
bool acpi_pcihp_unplug_request(AcpiPciHpState *s, PCIDevice *d, Error **errp);

/* The bus's BSEL; -1 if its slots are not hot-pluggable. */
int acpi_pcihp_bus_number(const AcpiPciHpState *s, const PCIBus *bus);
/* Slots of a bus whose devices can go: a bit each. */
uint32_t acpi_pcihp_removable(const AcpiPciHpState *s, unsigned number);

/* Members of the root bridge's scope, and the event's handler. */
void acpi_pcihp_build_aml(const AcpiPciHpState *s, PCIBus *root, Aml *root_scope);

extern const VMStateDescription vmstate_acpi_pcihp;
#define VMSTATE_PCI_HOTPLUG(field, type)                                                           \
    VMSTATE_STRUCT(field, type, 1, vmstate_acpi_pcihp, AcpiPciHpState)

#endif
