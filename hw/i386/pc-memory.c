/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of a PC: RAM around the hole below 4 GiB, firmware, and fw_cfg that describes it. */

#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/i386/pc.h"
#include "hw/numa.h"
#include "hw/nvram/fw_cfg.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "system/system.h"

#define PC_ROM_MIN_VGA 0xc0000
#define PC_ROM_MAX     0xe0000
#define PC_ROM_SIZE    (PC_ROM_MAX - PC_ROM_MIN_VGA)

/* Where physical addresses of AMD processors with an IOMMU have the HyperTransport hole. */
#define AMD_HT_START   0xfd00000000ull
#define AMD_HT_SIZE    0x300000000ull

#define FW_CFG_IO_BASE 0x510

void pc_e820_add(PCMachineState *pcms, uint64_t address, uint64_t length, uint32_t type)
{
    PCE820Entry entry = {
        .address = cpu_to_le64(address),
        .length = cpu_to_le64(length),
        .type = cpu_to_le32(type),
    };

    g_array_append_val(pcms->e820, entry);
}

/* Which CPUs and how much memory each node has, in the order that firmware knows. */
static void add_numa(FWCfgState *fw_cfg, X86MachineState *x86ms)
{
    MachineState *ms = MACHINE(x86ms);
    const CPUArchIdList *cpus = MACHINE_GET_CLASS(ms)->possible_cpu_arch_ids(ms);
    int nodes = ms->numa_state ? ms->numa_state->num_nodes : 0;
    size_t count = 1 + x86ms->apic_id_limit + nodes;
    uint64_t *table = g_new0(uint64_t, count);

    table[0] = cpu_to_le64(nodes);
    for (int i = 0; i < cpus->len; i++) {
        table[cpus->cpus[i].arch_id + 1] = cpu_to_le64(cpus->cpus[i].props.node_id);
    }
    for (int i = 0; i < nodes; i++) {
        table[x86ms->apic_id_limit + 1 + i] = cpu_to_le64(ms->numa_state->nodes[i].node_mem);
    }
    fw_cfg_add_bytes(fw_cfg, FW_CFG_NUMA, table, count * sizeof(*table));
}

static FWCfgState *fw_cfg_create(PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    MachineState *ms = MACHINE(pcms);
    FWCfgState *fw_cfg =
        fw_cfg_init_io_dma(FW_CFG_IO_BASE, FW_CFG_IO_BASE + 4, &address_space_memory);

    fw_cfg_add_i16(fw_cfg, FW_CFG_NB_CPUS, x86ms->boot_cpus);
    /* By its name the number of CPUs, in truth a bound of their APIC ids. */
    fw_cfg_add_i16(fw_cfg, FW_CFG_MAX_CPUS, x86ms->apic_id_limit);
    fw_cfg_add_i64(fw_cfg, FW_CFG_RAM_SIZE, ms->ram_size);
    fw_cfg_add_i32(fw_cfg, FW_CFG_IRQ0_OVERRIDE, 1);
    fw_cfg_add_i16(fw_cfg, FW_CFG_NOGRAPHIC, !ms->enable_graphics);
    fw_cfg_add_bytes(fw_cfg, FW_CFG_UUID, &qemu_uuid, 16);
    add_numa(fw_cfg, x86ms);
    return fw_cfg;
}

void pc_memory_init(PCMachineState *pcms, MemoryRegion *system_memory, MemoryRegion *rom_memory)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    MachineState *ms = MACHINE(pcms);

    memory_region_init_alias(&pcms->ram_below_4g, OBJECT(pcms), "ram-below-4g", ms->ram, 0,
                             x86ms->below_4g_mem_size);
    memory_region_add_subregion(system_memory, 0, &pcms->ram_below_4g);
    pc_e820_add(pcms, 0, x86ms->below_4g_mem_size, E820_RAM);
    pc_e820_add(pcms, AMD_HT_START, AMD_HT_SIZE, E820_RESERVED);
    if (x86ms->above_4g_mem_size) {
        memory_region_init_alias(&pcms->ram_above_4g, OBJECT(pcms), "ram-above-4g", ms->ram,
                                 x86ms->below_4g_mem_size, x86ms->above_4g_mem_size);
        memory_region_add_subregion(system_memory, x86ms->above_4g_mem_start, &pcms->ram_above_4g);
        pc_e820_add(pcms, x86ms->above_4g_mem_start, x86ms->above_4g_mem_size, E820_RAM);
    }

    pc_device_memory_init(pcms);
    if (!pc_flash_init(pcms, rom_memory)) {
        x86_bios_rom_init(x86ms, "bios-256k.bin", rom_memory, false);
    }

    memory_region_init_ram(&pcms->option_rom, NULL, "pc.rom", PC_ROM_SIZE, &error_fatal);
    memory_region_set_readonly(&pcms->option_rom, true);
    memory_region_add_subregion_overlap(rom_memory, PC_ROM_MIN_VGA, &pcms->option_rom, 1);

    x86ms->fw_cfg = fw_cfg_create(pcms);
    if (ms->kernel_filename) {
        x86_load_linux(x86ms, x86ms->fw_cfg, PC_MACHINE_GET_CLASS(pcms)->acpi_data_size, true);
    }
}
