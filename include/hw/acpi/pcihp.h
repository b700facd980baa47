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
    uint16_t base; /* port of the first register */

    /* wiring */
    MemoryRegion io;
    DeviceListener bridges;  /* hears of them as they come */
    HotplugHandler *handler; /* the device that has these registers */

    /* state; buses are numbered (BSEL) in the order in which they were made */
    AcpiPciHpBus buses[ACPI_PCIHP_MAX_BUSES];
    uint32_t num_buses;
    uint32_t select;
    uint32_t acpi_index;
} AcpiPciHpState;

/*
 * Maps the registers into @io at port @base and makes @owner the hotplug handler of @root and of
 * the buses behind bridges that the machine starts with, as far as that is enabled.
 */
void acpi_pcihp_init(AcpiPciHpState *s, Object *owner, PCIBus *root, MemoryRegion *io,
                     uint16_t base);
/* Devices that wait for their removal go; nothing else is left to say. */
void acpi_pcihp_reset(AcpiPciHpState *s);

/* The hotplug handler's functions; true if the guest is to be told (general purpose event 1). */
bool acpi_pcihp_plug(AcpiPciHpState *s, PCIDevice *d, Error **errp);
bool acpi_pcihp_unplug_request(AcpiPciHpState *s, PCIDevice *d, Error **errp);
void acpi_pcihp_unplug(AcpiPciHpState *s, PCIDevice *d);

/* The bus's BSEL; -1 if its slots are not hot-pluggable. */
int acpi_pcihp_bus_number(const AcpiPciHpState *s, const PCIBus *bus);
/* Slots of a bus whose devices can go: a bit each. */
uint32_t acpi_pcihp_removable(const AcpiPciHpState *s, unsigned number);

/* Any slot can change: there are registers, and the event's handler PCNT in the root's scope. */
bool acpi_pcihp_active(const AcpiPciHpState *s);
/* Members of the root bridge's scope: slots that can change, and labels (acpi-index) of devices. */
void acpi_pcihp_build_aml(const AcpiPciHpState *s, PCIBus *root, Aml *root_scope);

extern const VMStateDescription vmstate_acpi_pcihp;
#define VMSTATE_PCI_HOTPLUG(field, type)                                                           \
    VMSTATE_STRUCT(field, type, 1, vmstate_acpi_pcihp, AcpiPciHpState)

#endif
