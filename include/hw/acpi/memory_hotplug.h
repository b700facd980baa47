/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory modules that come and go by ACPI: registers through which AML learns which
 * slots changed, and lets go of a module. BQL held everywhere.
 */
#ifndef HW_ACPI_MEMORY_HOTPLUG_H
#define HW_ACPI_MEMORY_HOTPLUG_H

#include "exec/memory.h"
#include "hw/acpi/aml-build.h"
#include "hw/boards.h"
#include "migration/vmstate.h"
#include "qapi/qapi-types-acpi.h"

#define ACPI_MEMORY_HOTPLUG_BASE 0x0a00
#define ACPI_MEMORY_HOTPLUG_SIZE 0x18

typedef struct AcpiMemSlot {
    bool inserting, removing; /* the guest has not taken note yet */
    uint32_t ost_event, ost_status;
} AcpiMemSlot;

typedef struct AcpiMemHpState {
    /* wiring */
    MemoryRegion io;
    MachineState *machine;

    /* state */
    AcpiMemSlot *slots;
    uint32_t num_slots; /* 0: no memory slots, and no registers */
    uint32_t select;
} AcpiMemHpState;

/* Maps the registers into @io, for the slots of @machine if it has any. */
void acpi_memory_hotplug_init(AcpiMemHpState *s, Object *owner, MachineState *machine,
                              MemoryRegion *io);
void acpi_memory_hotplug_finalize(AcpiMemHpState *s);
void acpi_memory_hotplug_reset(AcpiMemHpState *s);

/* Notes what happened to @dev, a pc-dimm; the caller tells the guest (GPE 3). */
void acpi_memory_plug(AcpiMemHpState *s, DeviceState *dev);
void acpi_memory_unplug_request(AcpiMemHpState *s, DeviceState *dev);
void acpi_memory_unplug(AcpiMemHpState *s, DeviceState *dev);

/* Appends what the guest last said of each slot. */
void acpi_memory_ospm_status(const AcpiMemHpState *s, ACPIOSTInfoList ***tail);

/* The slots in the name space, and the event's handler; nothing without slots. */
void acpi_memory_build_aml(const AcpiMemHpState *s, Aml *dsdt);

extern const VMStateDescription vmstate_acpi_memory_hotplug;
#define VMSTATE_MEMORY_HOTPLUG(field, type)                                                        \
    VMSTATE_STRUCT(field, type, 1, vmstate_acpi_memory_hotplug, AcpiMemHpState)

#endif
