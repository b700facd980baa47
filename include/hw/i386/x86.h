/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all x86 machines share: CPUs and their ids, RAM around the 4 GiB hole, firmware, GSIs. */
#ifndef HW_I386_X86_H
#define HW_I386_X86_H

#include "exec/memory.h"
#include "hw/boards.h"
#include "hw/i386/topology.h"
#include "hw/intc/ioapic.h"
#include "hw/isa/isa.h"
#include "hw/nvram/fw_cfg.h"
#include "qapi/qapi-types-common.h"
#include "qom/object.h"

#define TYPE_X86_MACHINE MACHINE_TYPE_NAME("x86")
OBJECT_DECLARE_TYPE(X86MachineState, X86MachineClass, X86_MACHINE)

struct X86MachineClass {
    MachineClass parent;

    bool fwcfg_dma_enabled;
    bool save_tsc_khz;
};

struct X86MachineState {
    MachineState parent;

    /* configuration (properties) */
    OnOffAuto smm, acpi, pit, pic;
    char *oem_id, *oem_table_id;
    uint64_t max_ram_below_4g;
    uint64_t bus_lock_limit; /* a second; 0: none */
    bool option_roms;        /* firmware is given one that boots -kernel */

    /* wiring */
    FWCfgState *fw_cfg;
    qemu_irq *gsi;
    MemoryRegion *rom_memory;
    ISADevice *rtc;
    DeviceState *ioapic;
    DeviceState *acpi_dev;              /* power management; NULL without */
    const struct AcpiCpuHpState *cpuhp; /* its registers for CPUs */
    const struct AcpiMemHpState *memhp; /* and for memory modules */
    MemoryRegion bios, isa_bios;
    uint64_t below_4g_mem_size, above_4g_mem_size, above_4g_mem_start;
    uint32_t apic_id_limit; /* one above the highest APIC id */
    uint16_t boot_cpus;
};

bool x86_machine_is_smm_enabled(const X86MachineState *x86ms);
bool x86_machine_is_acpi_enabled(const X86MachineState *x86ms);

/* Makes machines of this class the hotplug handlers of their CPUs (x86-cpu-hotplug.c). */
void x86_machine_class_init_hotplug(ObjectClass *oc);
void x86_cpu_pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp);
void x86_cpu_plug(HotplugHandler *handler, DeviceState *dev, Error **errp);
void x86_cpu_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp);
void x86_cpu_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp);
/* Create the boot CPUs. Ends the program with a message when one cannot be. */
void x86_cpus_init(X86MachineState *x86ms);
X86CPUTopoInfo x86_topo_info(const MachineState *ms);

/*
 * Load -bios (or @default_firmware) below 4 GiB and, its last 128 KiB, below
 * 1 MiB of @rom_memory. Ends the program when it is missing or of an impossible size.
 */
void x86_bios_rom_init(X86MachineState *x86ms, const char *default_firmware,
                       MemoryRegion *rom_memory, bool isapc_ram_fw);

/* ---- interrupts (x86-irq.c) ---- */

#define GSI_NUM_PINS IOAPIC_NUM_PINS

typedef struct GSIState {
    qemu_irq i8259_irq[ISA_NUM_IRQS];
    qemu_irq ioapic_irq[IOAPIC_NUM_PINS];
} GSIState;

/* Line @n for all who are wired to it: the PICs below 16, and the I/O APIC. */
void gsi_handler(void *opaque, int n, int level);
/* What the PIC's output drives: LINT0 of the boot CPU's APIC, or its INTR pin. */
qemu_irq x86_allocate_cpu_irq(void);
/* An I/O APIC at its architectural address with its inputs in @gsi_state. */
DeviceState *ioapic_init_gsi(GSIState *gsi_state, Object *parent);

/* ---- direct kernel boot (x86-linux.c) ---- */

/* Hand -kernel, -initrd and -append to the firmware through fw_cfg; exits with a message if it
 * can't. */
void x86_load_linux(X86MachineState *x86ms, FWCfgState *fw_cfg, int acpi_data_size,
                    bool pvh_enabled);

#endif
