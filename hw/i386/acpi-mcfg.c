/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MCFG: memory-mapped configuration space (PCI Firmware 3.2, 4.1.2). */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/acpi/acpi_aml_interface.h"
#include "hw/pci/pcie_host.h"

bool acpi_mcfg_range(PCMachineState *pcms, uint64_t *base, uint64_t *size)
{
    Object *host = object_dynamic_cast(OBJECT(BUS(pcms->pcibus)->parent), TYPE_PCIE_HOST_BRIDGE);
    PCIExpressHost *e = host ? PCIE_HOST_BRIDGE(host) : NULL;

    if (!e || e->base_addr == PCIE_BASE_ADDR_UNMAPPED) {
        return false;
    }
    *base = e->base_addr;
    *size = e->size;
    return true;
}

void acpi_build_mcfg(AcpiBuildTables *t, PCMachineState *pcms, uint64_t base, uint64_t size)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    AcpiTable desc = {
        .sig = "MCFG", .rev = 1, .oem_id = x86ms->oem_id, .oem_table_id = x86ms->oem_table_id};

    acpi_table_begin(&desc, t->tables);
    build_append_int_noprefix(t->tables, 0, 8);
    build_append_int_noprefix(t->tables, base, 8);
    build_append_int_noprefix(t->tables, 0, 2); /* segment group */
    build_append_int_noprefix(t->tables, 0, 1); /* first bus */
    build_append_int_noprefix(t->tables, size / PCIE_MMCFG_BUS_SIZE - 1, 1);
    build_append_int_noprefix(t->tables, 0, 4);
    acpi_table_end(t->linker, &desc);
}
