/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel PIIX3 south bridge and the power management function of PIIX4. */
#ifndef HW_SOUTHBRIDGE_PIIX_H
#define HW_SOUTHBRIDGE_PIIX_H

#include "hw/acpi/cpu_hotplug.h"
#include "hw/acpi/memory_hotplug.h"
#include "hw/acpi/pcihp.h"
#include "hw/isa/isa.h"
#include "hw/pci/pci.h"

#define TYPE_PIIX_PCI_DEVICE "pci-piix" /* what these bridges have in common */
#define TYPE_PIIX3_DEVICE    "PIIX3"
#define TYPE_PIIX4_PM        "PIIX4_PM"
OBJECT_DECLARE_SIMPLE_TYPE(PIIX3State, PIIX3_DEVICE)

/* The ISA bus behind the bridge, after realize. Lines: named GPIO output "isa-irqs", 16. */
ISABus *piix3_isa_bus(PIIX3State *s);

/* What the power management function @dev knows of hot-plugged PCI devices. */
const AcpiPciHpState *piix4_pm_pcihp(DeviceState *dev);
/* And of CPUs. */
const AcpiCpuHpState *piix4_pm_cpuhp(DeviceState *dev);
/* And of memory modules. */
const AcpiMemHpState *piix4_pm_memhp(DeviceState *dev);

#endif
