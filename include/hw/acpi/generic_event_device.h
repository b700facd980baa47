/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generic event device and the sleep and reset registers of hardware-reduced
 * ACPI (ACPI 6.5, 5.6.9, 4.8.3.7, 4.8.3.6). BQL held.
 */
#ifndef HW_ACPI_GENERIC_EVENT_DEVICE_H
#define HW_ACPI_GENERIC_EVENT_DEVICE_H

#include "exec/memory.h"
#include "hw/acpi/aml-build.h"
#include "hw/sysbus.h"
#include "qemu/notify.h"

#define TYPE_ACPI_GED "acpi-ged"
OBJECT_DECLARE_SIMPLE_TYPE(AcpiGedState, ACPI_GED)

/* mmio region 0: events that happened, cleared by reading. Bits. */
#define ACPI_GED_EVT_LEN      4
#define ACPI_GED_PWR_DOWN_EVT (1u << 1)

/* mmio region 1 */
#define ACPI_GED_REG_SLEEP_CTL 0
#define ACPI_GED_REG_SLEEP_STS 1
#define ACPI_GED_REG_RESET     2
#define ACPI_GED_REG_COUNT     3
#define ACPI_GED_RESET_VALUE   0x42
/* SLP_TYP of S5, which power off is. */
#define ACPI_GED_SLP_TYP_S5 5

struct AcpiGedState {
    SysBusDevice parent_obj;

    /* wiring */
    MemoryRegion evt, regs;
    qemu_irq irq;
    Notifier powerdown_notifier;

    /* state */
    uint32_t sel;
};

/* The device and the power button in @scope; region 0 is at @evt_base. */
void acpi_ged_build_aml(Aml *scope, uint64_t evt_base, uint32_t irq);

#endif
