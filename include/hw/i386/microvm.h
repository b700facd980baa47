/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine "microvm": no PCI, virtio devices in memory-mapped slots (docs/system/microvm.md). */
#ifndef HW_I386_MICROVM_H
#define HW_I386_MICROVM_H

#include "hw/acpi/generic_event_device.h"
#include "hw/i386/x86.h"
#include "hw/virtio/virtio-mmio.h"

#define TYPE_MICROVM_MACHINE MACHINE_TYPE_NAME("microvm")
OBJECT_DECLARE_SIMPLE_TYPE(MicrovmMachineState, MICROVM_MACHINE)

#define MICROVM_GED_EVT_BASE  0xfea00000
#define MICROVM_GED_REGS_BASE 0xfea00200
#define MICROVM_GED_IRQ       9
#define MICROVM_PM_TIMER_PORT 0x608
#define MICROVM_PM_TIMER_HZ   3579545
#define MICROVM_VIRTIO_BASE   0xfeb00000
#define MICROVM_VIRTIO_MAX    24 /* slots, with the second I/O APIC */

/* Places in memory of a kernel that is entered without firmware. */
#define MICROVM_ACPI_ADDR 0xe0000
#define MICROVM_ACPI_MAX  0x20000

struct MicrovmMachineState {
    X86MachineState parent_obj;

    /* configuration (properties) */
    OnOffAuto rtc, pcie, ioapic2;
    bool isa_serial, auto_kernel_cmdline;

    /* wiring */
    GSIState *gsi_state;
    VirtIOMMIOProxy *slots[MICROVM_VIRTIO_MAX];
    unsigned num_slots;
    unsigned slot_irq_base;
    bool has_ioapic2;
    MemoryRegion ram_below_4g, ram_above_4g, pm_timer;
    Notifier machine_done;
    struct MicrovmBoot *boot; /* NULL: through firmware */
};

/* microvm-boot.c: enter the kernel of -kernel without firmware. Ends the program on a mistake. */
void microvm_boot_load(MicrovmMachineState *mms);
/* After the reset of all devices: memory and the first processor. */
void microvm_boot_reset(MicrovmMachineState *mms);

/* microvm-acpi.c */
void microvm_acpi_publish(MicrovmMachineState *mms);
/* Tables for MICROVM_ACPI_ADDR on, of which the first is the RSDP. */
GByteArray *microvm_acpi_tables(MicrovmMachineState *mms);

/* microvm-dt.c: that of -dtb, else of the machine as it is. Ends the program on a mistake. */
GByteArray *microvm_dt_get(MicrovmMachineState *mms);
/* As the fw_cfg file etc/fdt. */
void microvm_dt_publish(MicrovmMachineState *mms, const GByteArray *tree);

#endif
