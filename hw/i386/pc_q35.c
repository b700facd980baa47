/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Q35 + ICH9 board (machine "q35") in its versions. */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "exec/address-spaces.h"
#include "hw/i2c/smbus_eeprom.h"
#include "hw/i2c/smbus_ich9.h"
#include "hw/i386/pc.h"
#include "hw/ide/ide.h"
#include "hw/irq.h"
#include "hw/pci-host/q35.h"
#include "hw/qdev-properties.h"
#include "hw/southbridge/ich9.h"
#include "qemu/units.h"

/*
 * Firmware puts configuration space at 2.75 GiB. RAM ends there, or at 2 GiB when there is
 * more: a start aligned to 1 GiB lets large pages map the RAM behind the hole.
 */
#define LOWMEM_MAX     0xb0000000ull
#define LOWMEM_ALIGNED 0x80000000ull

static void split_ram(X86MachineState *x86ms)
{
    uint64_t ram_size = MACHINE(x86ms)->ram_size;
    uint64_t limit = x86ms->max_ram_below_4g ? x86ms->max_ram_below_4g : 4 * GiB;
    uint64_t lowmem = MIN(ram_size >= LOWMEM_MAX ? LOWMEM_ALIGNED : LOWMEM_MAX, limit);

    x86ms->below_4g_mem_size = MIN(ram_size, lowmem);
    x86ms->above_4g_mem_size = ram_size - x86ms->below_4g_mem_size;
}

static void set_memory(Object *phb, const char *name, MemoryRegion *mr)
{
    object_property_set_link(phb, name, OBJECT(mr), &error_fatal);
}

static PCIBus *host_bridge_init(PCMachineState *pcms, MemoryRegion *pci_memory)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    Object *phb = OBJECT(qdev_new(TYPE_Q35_HOST_DEVICE));

    object_property_add_child(OBJECT(pcms), "q35", phb);
    set_memory(phb, Q35_PROP_RAM_MEM, MACHINE(pcms)->ram);
    set_memory(phb, Q35_PROP_PCI_MEM, pci_memory);
    set_memory(phb, Q35_PROP_SYSTEM_MEM, get_system_memory());
    set_memory(phb, Q35_PROP_IO_MEM, get_system_io());
    object_property_set_uint(phb, Q35_PROP_BELOW_4G, x86ms->below_4g_mem_size, &error_fatal);
    object_property_set_uint(phb, Q35_PROP_ABOVE_4G, x86ms->above_4g_mem_size, &error_fatal);
    object_property_set_bool(phb, Q35_PROP_SMM_RANGES, x86_machine_is_smm_enabled(x86ms),
                             &error_fatal);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(phb), &error_fatal);
    return PCI_HOST_BRIDGE(phb)->bus;
}

static ICH9LPCState *south_bridge_init(PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    PCIDevice *lpc = pci_new_multifunction(ICH9_LPC_DEVFN, TYPE_ICH9_LPC_DEVICE);

    for (int i = 0; i < GSI_NUM_PINS; i++) {
        qdev_connect_gpio_out_named(DEVICE(lpc), "gsi", i, x86ms->gsi[i]);
    }
    pci_realize_and_unref(lpc, pcms->pcibus, &error_fatal);
    return ICH9_LPC_DEVICE(lpc);
}

static void smbus_init(PCMachineState *pcms)
{
    PCIDevice *smb;

    if (pcms->smbus_enabled) {
        smb = pci_create_simple_multifunction(pcms->pcibus, PCI_DEVFN(0x1f, 3), TYPE_ICH9_SMB);
        smbus_eeprom_init(I2C_BUS(qdev_get_child_bus(DEVICE(smb), "i2c")));
    }
}

/* A port for each of the first drives of the command line. */
static void sata_init(PCMachineState *pcms)
{
    if (!pcms->sata_enabled) {
        return;
    }
    pcms->ide = pci_create_simple_multifunction(pcms->pcibus, PCI_DEVFN(0x1f, 2), TYPE_ICH9_AHCI);
    ide_create_drives(pcms->ide);
}

static void q35_init(MachineState *machine)
{
    PCMachineState *pcms = PC_MACHINE(machine);
    X86MachineState *x86ms = X86_MACHINE(machine);
    MemoryRegion *pci_memory = g_new0(MemoryRegion, 1);
    ICH9LPCState *lpc;
    ISABus *isa_bus;

    pc_machine_start(pcms);
    split_ram(x86ms);
    x86_cpus_init(x86ms);

    memory_region_init(pci_memory, OBJECT(machine), "pci", UINT64_MAX);
    x86ms->rom_memory = pci_memory;
    pc_memory_init(pcms, get_system_memory(), pci_memory);

    pcms->gsi_state = g_new0(GSIState, 1);
    x86ms->gsi = qemu_allocate_irqs(gsi_handler, pcms->gsi_state, GSI_NUM_PINS);

    pcms->pcibus = host_bridge_init(pcms, pci_memory);
    lpc = south_bridge_init(pcms);
    isa_bus = ich9_lpc_isa_bus(lpc);
    if (x86ms->pic != ON_OFF_AUTO_OFF) {
        pc_i8259_create(pcms, isa_bus);
    }
    x86ms->ioapic = ioapic_init_gsi(pcms->gsi_state, OBJECT(machine));

    pc_basic_device_init(pcms, isa_bus, x86ms->gsi);
    sata_init(pcms);
    smbus_init(pcms);
    /* Without ACPI, ports have to serve their slots themselves. */
    lpc->pm.pcihp.bridges_enabled &= x86_machine_is_acpi_enabled(x86ms);
    ich9_lpc_pm_init(lpc, x86_machine_is_smm_enabled(x86ms));
    if (x86_machine_is_acpi_enabled(x86ms)) {
        x86ms->acpi_dev = DEVICE(lpc);
        x86ms->cpuhp = &lpc->pm.cpuhp;
        x86ms->memhp = &lpc->pm.memhp;
        pcms->pcihp = &lpc->pm.pcihp;
    }
    pc_cmos_init(pcms);
}

static bool get_wdat(Object *obj, Error **errp)
{
    return PC_MACHINE(obj)->wdat_enabled;
}

static void set_wdat(Object *obj, bool value, Error **errp)
{
    PC_MACHINE(obj)->wdat_enabled = value;
}

static void pc_q35_class_init(ObjectClass *oc, const void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    PCMachineClass *pcmc = PC_MACHINE_CLASS(oc);

    pcmc->build_pci_aml = acpi_build_ich9_pci;
    pcmc->has_sata = true;
    /* Registers for hotplug, below those of configuration space. */
    pcmc->chipset_ports_start = 0xcc0;
    pcmc->chipset_ports_end = 0xcf7;
    mc->family = "pc_q35";
    mc->desc = "Standard PC (Q35 + ICH9, 2009)";
    mc->init = q35_init;
    mc->max_cpus = 4096;
    mc->no_floppy = true;
    mc->ide_units_per_bus = 1;
    object_class_property_add_bool(oc, "wdat", get_wdat, set_wdat);
    object_class_property_set_description(
        oc, "wdat", "Describe the chipset's watchdog by an ACPI table (WDAT)");
    pc_version_class_init(oc, data);
}

/* Slots of ports were the ports' business once. */
static GlobalProperty compat_native_hotplug[] = {
    {TYPE_ICH9_LPC_DEVICE, "acpi-pci-hotplug-with-bridge-support", "off"},
    {},
};

static const PCVersion versions[] = {
    {"pc-q35-11.1", .alias = "q35"},
    {"pc-q35-11.0"},
    {"pc-q35-10.2"},
    {"pc-q35-10.1"},
    {"pc-q35-10.0"},
    {"pc-q35-9.2"},
    {"pc-q35-9.1"},
    {"pc-q35-9.0"},
    {"pc-q35-8.2"},
    {"pc-q35-8.1", .is_old = true},
    {"pc-q35-8.0", .is_old = true},
    {"pc-q35-7.2", .is_old = true},
    {"pc-q35-7.1", .is_old = true},
    {"pc-q35-7.0", .is_old = true},
    {"pc-q35-6.2", .is_old = true},
    {"pc-q35-6.1", .is_old = true},
    {"pc-q35-6.0", .is_old = true, .compat = compat_native_hotplug},
    {"pc-q35-5.2", .is_old = true, .compat = compat_native_hotplug},
};

static void pc_q35_register_types(void)
{
    pc_register_board(versions, ARRAY_SIZE(versions), pc_q35_class_init);
}

type_init(pc_q35_register_types)
