/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processors that come and go by ACPI: registers through which AML learns which
 * places changed, and lets go of a processor. BQL held everywhere.
 */
#ifndef HW_ACPI_CPU_HOTPLUG_H
#define HW_ACPI_CPU_HOTPLUG_H

#include "exec/memory.h"
#include "hw/boards.h"
#include "migration/vmstate.h"
#include "qapi/qapi-types-acpi.h"

#define ACPI_CPU_HOTPLUG_SIZE 0x0c

typedef struct AcpiCpuSlot {
    bool inserting, removing; /* the guest has not taken note yet */
    bool ejecting;            /* until the main loop has taken it off */
    uint32_t ost_event, ost_status;
} AcpiCpuSlot;

typedef struct AcpiCpuHpState {
    /* wiring */
    MemoryRegion io;
    uint16_t base; /* the first port */
    const CPUArchIdList *places;

    /* state */
    AcpiCpuSlot *slots; /* as many as places */
    uint32_t num_slots;
    uint32_t select;
    uint8_t command;
} AcpiCpuHpState;

/* Maps the registers into @io at @base; for the places of @machine. */
void acpi_cpu_hotplug_init(AcpiCpuHpState *s, Object *owner, MachineState *machine,
                           MemoryRegion *io, uint16_t base);
void acpi_cpu_hotplug_finalize(AcpiCpuHpState *s);
void acpi_cpu_hotplug_reset(AcpiCpuHpState *s);

/* Notes what happened to @dev, a processor in its place; the caller tells the guest (GPE 2). */
void acpi_cpu_plug(AcpiCpuHpState *s, DeviceState *dev);
void acpi_cpu_unplug_request(AcpiCpuHpState *s, DeviceState *dev);
/* It is gone. */
void acpi_cpu_unplug(AcpiCpuHpState *s, DeviceState *dev);

/* Appends what the guest last said of each place. */
void acpi_cpu_ospm_status(const AcpiCpuHpState *s, ACPIOSTInfoList ***tail);

extern const VMStateDescription vmstate_acpi_cpu_hotplug;
#define VMSTATE_CPU_HOTPLUG(field, type)                                                           \
    VMSTATE_STRUCT(field, type, 1, vmstate_acpi_cpu_hotplug, AcpiCpuHpState)

#endif
