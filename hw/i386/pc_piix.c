/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The i440FX + PIIX board (machine "pc") in its versions. */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "exec/address-spaces.h"
#include "hw/i2c/smbus_eeprom.h"
#include "hw/i386/pc.h"
#include "hw/ide/ide.h"
#include "hw/irq.h"
#include "hw/pci-host/i440fx.h"
#include "hw/pci/pci_host.h"
#include "hw/qdev-properties.h"
#include "hw/southbridge/piix.h"
#include "qemu/units.h"

/*
 * The PCI hole begins at 3.5 GiB, or at 3 GiB when there is more RAM than that:
 * a start aligned to 1 GiB lets large pages map the RAM behind it.
 */
#define LOWMEM_MAX     0xe0000000ull
#define LOWMEM_ALIGNED 0xc0000000ull

static void split_ram(X86MachineState *x86ms)
{
    uint64_t ram_size = MACHINE(x86ms)->ram_size;
    uint64_t limit = x86ms->max_ram_below_4g ? x86ms->max_ram_below_4g : LOWMEM_MAX;
    uint64_t lowmem = LOWMEM_MAX;

    if (ram_size >= lowmem) {
        lowmem = LOWMEM_ALIGNED;
    }
    lowmem = MIN(lowmem, limit);
    if (ram_size >= lowmem) {
        x86ms->above_4g_mem_size = ram_size - lowmem;
        x86ms->below_4g_mem_size = lowmem;
    } else {
        x86ms->above_4g_mem_size = 0;
        x86ms->below_4g_mem_size = ram_size;
    }
}

static PCIBus *host_bridge_init(PCMachineState *pcms, MemoryRegion *pci_memory)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    Object *phb = OBJECT(qdev_new(TYPE_I440FX_PCI_HOST_BRIDGE));

    object_property_add_child(OBJECT(pcms), "i440fx", phb);
    object_property_set_link(phb, PCI_HOST_PROP_RAM_MEM, OBJECT(MACHINE(pcms)->ram), &error_fatal);
    object_property_set_link(phb, PCI_HOST_PROP_PCI_MEM, OBJECT(pci_memory), &error_fatal);
    object_property_set_link(phb, PCI_HOST_PROP_SYSTEM_MEM, OBJECT(get_system_memory()),
                             &error_fatal);
    object_property_set_link(phb, PCI_HOST_PROP_IO_MEM, OBJECT(get_system_io()), &error_fatal);
    object_property_set_uint(phb, PCI_HOST_BELOW_4G_MEM_SIZE, x86ms->below_4g_mem_size,
                             &error_fatal);
    object_property_set_uint(phb, PCI_HOST_ABOVE_4G_MEM_SIZE, x86ms->above_4g_mem_size,
                             &error_fatal);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(phb), &error_fatal);
    return PCI_HOST_BRIDGE(phb)->bus;
}

static ISABus *south_bridge_init(PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    PCIDevice *piix3 = pci_new_multifunction(PCI_DEVFN(1, 0), TYPE_PIIX3_DEVICE);

    for (int i = 0; i < ISA_NUM_IRQS; i++) {
        qdev_connect_gpio_out_named(DEVICE(piix3), "isa-irqs", i, x86ms->gsi[i]);
    }
    pci_realize_and_unref(piix3, pcms->pcibus, &error_fatal);
    return piix3_isa_bus(PIIX3_DEVICE(piix3));
}

/* Channels as on the AT, with the drives of the command line. */
static void ide_init(PCMachineState *pcms)
{
    pcms->ide = pci_create_simple(pcms->pcibus, PCI_DEVFN(1, 1), TYPE_PIIX3_IDE);
    for (int i = 0; i < 2; i++) {
        qdev_connect_gpio_out_named(DEVICE(pcms->ide), "isa-irq", i,
                                    X86_MACHINE(pcms)->gsi[14 + i]);
    }
    ide_create_drives(pcms->ide);
}

static void power_management_init(PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    PCIDevice *pm = pci_new(PCI_DEVFN(1, 3), TYPE_PIIX4_PM);

    qdev_prop_set_uint32(DEVICE(pm), "smb_io_base", 0xb100);
    qdev_prop_set_bit(DEVICE(pm), "smm-enabled", x86_machine_is_smm_enabled(x86ms));
    pci_realize_and_unref(pm, pcms->pcibus, &error_fatal);
    qdev_connect_gpio_out(DEVICE(pm), 0, x86ms->gsi[9]);
    if (pcms->smbus_enabled) {
        smbus_eeprom_init(I2C_BUS(qdev_get_child_bus(DEVICE(pm), "i2c")));
    }
    X86_MACHINE(pcms)->acpi_dev = DEVICE(pm);
    X86_MACHINE(pcms)->cpuhp = piix4_pm_cpuhp(DEVICE(pm));
    X86_MACHINE(pcms)->memhp = piix4_pm_memhp(DEVICE(pm));
    pcms->pcihp = piix4_pm_pcihp(DEVICE(pm));
}

static void pc_init(MachineState *machine)
{
    PCMachineState *pcms = PC_MACHINE(machine);
    X86MachineState *x86ms = X86_MACHINE(machine);
    MemoryRegion *pci_memory = g_new0(MemoryRegion, 1);
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
    isa_bus = south_bridge_init(pcms);
    if (x86ms->pic != ON_OFF_AUTO_OFF) {
        pc_i8259_create(pcms, isa_bus);
    }
    x86ms->ioapic = ioapic_init_gsi(pcms->gsi_state, OBJECT(machine));

    pc_basic_device_init(pcms, isa_bus, x86ms->gsi);
    ide_init(pcms);
    if (x86_machine_is_acpi_enabled(x86ms)) {
        power_management_init(pcms);
    }
    pc_cmos_init(pcms);
}

static void pc_i440fx_class_init(ObjectClass *oc, const void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    PC_MACHINE_CLASS(oc)->build_pci_aml = acpi_build_piix_pci;
    /* Hotplug and general purpose event registers. */
    PC_MACHINE_CLASS(oc)->chipset_ports_start = 0xae00;
    PC_MACHINE_CLASS(oc)->chipset_ports_end = 0xafff;
    mc->family = "pc_piix";
    mc->desc = "Standard PC (i440FX + PIIX, 1996)";
    mc->init = pc_init;
    mc->no_floppy = false;
    pc_version_class_init(oc, data);
}

static const PCVersion versions[] = {
    {"pc-i440fx-11.1", .alias = "pc", .is_default = true},
    {"pc-i440fx-11.0"},
    {"pc-i440fx-10.2"},
    {"pc-i440fx-10.1"},
    {"pc-i440fx-10.0"},
    {"pc-i440fx-9.2"},
    {"pc-i440fx-9.1"},
    {"pc-i440fx-9.0"},
    {"pc-i440fx-8.2"},
    {"pc-i440fx-8.1", .is_old = true},
    {"pc-i440fx-8.0", .is_old = true},
    {"pc-i440fx-7.2", .is_old = true},
    {"pc-i440fx-7.1", .is_old = true},
    {"pc-i440fx-7.0", .is_old = true},
    {"pc-i440fx-6.2", .is_old = true},
    {"pc-i440fx-6.1", .is_old = true},
    {"pc-i440fx-6.0", .is_old = true},
    {"pc-i440fx-5.2", .is_old = true},
};

static void pc_i440fx_register_types(void)
{
    pc_register_board(versions, ARRAY_SIZE(versions), pc_i440fx_class_init);
}

type_init(pc_i440fx_register_types)
