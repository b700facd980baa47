/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PC machines: what i440FX and Q35 boards have in common. */
#ifndef HW_I386_PC_H
#define HW_I386_PC_H

#include "hw/firmware/smbios.h"
#include "hw/i386/x86.h"
#include "hw/intc/ioapic.h"
#include "hw/pci/pci.h"
#include "qom/compat-properties.h"

struct Aml;

#define TYPE_PC_MACHINE "generic-pc-machine"
OBJECT_DECLARE_TYPE(PCMachineState, PCMachineClass, PC_MACHINE)

/* Ranges that e820 tells the firmware of beside RAM. */
#define E820_RAM      1
#define E820_RESERVED 2

struct PCMachineClass {
    X86MachineClass parent;

    const char *south_bridge;
    bool pci_enabled;
    bool has_acpi_build;
    bool has_sata; /* the chipset has an AHCI controller */
    int acpi_data_size;
    /* Of the DSDT, what only this chipset has. */
    void (*build_pci_aml)(struct Aml *dsdt, PCMachineState *pcms);
    /* Its ports that belong to no device of ACPI's, from the first to behind the last. */
    uint16_t chipset_ports_start, chipset_ports_end;
};

#define PC_FLASH_CHIPS 2

struct PCMachineState {
    X86MachineState parent_obj;

    /* configuration (properties) */
    OnOffAuto vmport;
    bool hpet_enabled, i8042_enabled, fd_bootchk, smbus_enabled, sata_enabled;
    bool wdat_enabled; /* q35 */
    uint64_t max_fw_size;
    SmbiosEntryPointType smbios_entry_point_type;
    char *pcspk_audiodev;
    char *pflash[PC_FLASH_CHIPS];       /* drives */
    DeviceState *flash[PC_FLASH_CHIPS]; /* chips; taken out again where there is no drive */

    /* wiring */
    PCIBus *pcibus;
    const struct AcpiPciHpState *pcihp; /* its hotplug registers; NULL without ACPI */
    PCIDevice *ide;                     /* with the disks that firmware finds in CMOS RAM */
    GSIState *gsi_state;
    Notifier machine_done;
    Notifier suspend;
    MemoryRegion ram_below_4g, ram_above_4g, option_rom;
    GArray *e820; /* PCE820Entry */
};

/* One entry of the fw_cfg file etc/e820 (little endian). */
typedef struct QEMU_PACKED PCE820Entry {
    uint64_t address;
    uint64_t length;
    uint32_t type;
} PCE820Entry;

void pc_e820_add(PCMachineState *pcms, uint64_t address, uint64_t length, uint32_t type);

/* pc-memory.c: RAM below and above 4 GiB, firmware, option ROM area, fw_cfg. */
void pc_memory_init(PCMachineState *pcms, MemoryRegion *system_memory, MemoryRegion *rom_memory);

/*
 * pc-flash.c: firmware in flash chips, if drives for them were given (else false). Ends the program
 * when they do not fit.
 */
bool pc_flash_init(PCMachineState *pcms, MemoryRegion *rom_memory);
/* In instance_init: the chips, which a drive makes real. */
void pc_flash_create(PCMachineState *pcms);
void pc_flash_class_properties(ObjectClass *oc);

/* pc-devices.c: the devices on the ISA bus that every PC has. */
void pc_basic_device_init(PCMachineState *pcms, ISABus *isa_bus, qemu_irq *gsi);
/* Interrupt controllers between @isa_bus and the CPUs. */
void pc_i8259_create(PCMachineState *pcms, ISABus *isa_bus);

/* pc-nvdimm.c: in instance_init; when ports and fw_cfg are there. */
void pc_nvdimm_create(PCMachineState *pcms);
void pc_nvdimm_init(PCMachineState *pcms);
void pc_nvdimm_class_properties(ObjectClass *oc);

/* pc-smbios.c: SMBIOS tables for the firmware. Ends the program when they cannot be. */
void pc_smbios_setup(PCMachineState *pcms);

/* pc-cmos.c: what firmware reads from CMOS RAM. */
void pc_cmos_init(PCMachineState *pcms);
/* The same of disks, when all devices are there. */
void pc_cmos_set_disks(PCMachineState *pcms);
void pc_cmos_set_floppies(PCMachineState *pcms);
/* pc-hotplug.c: CPUs and memory modules that come and go; the address space kept for the latter. */
void pc_machine_class_init_hotplug(ObjectClass *oc);
void pc_device_memory_init(PCMachineState *pcms);
/* The first GiB behind all memory that the machine has or may get. */
uint64_t pc_memory_end(PCMachineState *pcms);
/* A version of a board: a machine type. */
typedef struct PCVersion {
    const char *name;  /* type name without suffix */
    const char *alias; /* of the newest */
    bool is_default;
    bool is_old;            /* deprecated */
    GlobalProperty *compat; /* what of its devices differs; ends with a row without driver */
} PCVersion;

/* A type for each of @versions, which must stay there; @class_init says which board they are of. */
void pc_register_board(const PCVersion *versions, size_t n,
                       void (*class_init)(ObjectClass *oc, const void *version));
/* Last thing @class_init does. */
void pc_version_class_init(ObjectClass *oc, const PCVersion *version);
/* First thing a board does: what it waits for and is called back for. */
void pc_machine_start(PCMachineState *pcms);

#endif
