/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MADT, SRAT: processors, interrupt controllers, and where memory is (ACPI 6.5, 5.2.12, 5.2.16). */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/acpi/generic_initiator.h"
#include "hw/acpi/nvdimm.h"
#include "hw/mem/memory-device.h"
#include "hw/numa.h"
#include "qemu/units.h"
#include "target/i386/cpu.h"

#define XAPIC_MAX_ID  254
#define APIC_DEFAULT  0xfee00000
#define MADT_PCAT     1    /* there are two 8259s as well */
#define INTI_LEVEL_HI 0x0d /* active high, level triggered */

void acpi_madt_begin(GArray *table)
{
    build_append_int_noprefix(table, APIC_DEFAULT, 4);
    build_append_int_noprefix(table, MADT_PCAT, 4);
}

bool acpi_madt_add_cpus(GArray *table, X86MachineState *x86ms)
{
    const CPUArchIdList *cpus = machine_possible_cpus(MACHINE(x86ms));
    bool x2apic = false;

    for (int i = 0; i < cpus->len; i++) {
        uint32_t apic_id = cpus->cpus[i].arch_id;
        bool present = cpus->cpus[i].cpu != NULL;
        if (apic_id <= XAPIC_MAX_ID) {
            build_madt_local_apic(table, i, apic_id, present);
        } else {
            x2apic = true;
            build_madt_local_x2apic(table, i, apic_id, present);
        }
    }
    return x2apic;
}

void acpi_build_madt(AcpiBuildTables *t, X86MachineState *x86ms)
{
    AcpiTable desc = {
        .sig = "APIC", .rev = 3, .oem_id = x86ms->oem_id, .oem_table_id = x86ms->oem_table_id};
    bool x2apic;

    acpi_table_begin(&desc, t->tables);
    acpi_madt_begin(t->tables);
    x2apic = acpi_madt_add_cpus(t->tables, x86ms);
    build_madt_io_apic(t->tables, 0, IO_APIC_DEFAULT_ADDRESS, 0);
    /* The PIT's output is on input 2 of the I/O APIC. */
    build_madt_int_override(t->tables, 0, 2, 0);
    for (int irq = 1; irq < 16; irq++) {
        /* Those that PCI devices and the SCI use. */
        if (irq == 5 || (irq >= 9 && irq <= 11)) {
            build_madt_int_override(t->tables, irq, irq, INTI_LEVEL_HI);
        }
    }
    if (x2apic) {
        build_madt_nmi(t->tables, true);
    }
    build_madt_nmi(t->tables, false);
    acpi_table_end(t->linker, &desc);
}

/* What of [@base, @base + @length) is RAM of the machine, as @node's. */
static void add_memory(AcpiBuildTables *t, uint64_t base, uint64_t length, uint32_t node)
{
    if (length) {
        build_srat_memory(t->tables, base, length, node, ACPI_SRAT_MEMORY_ENABLED);
    }
}

static void add_nodes(AcpiBuildTables *t, X86MachineState *x86ms)
{
    const NumaState *numa = MACHINE(x86ms)->numa_state;
    uint64_t next = 0; /* as if RAM had no hole */

    for (int node = 0; node < numa->num_nodes; node++) {
        uint64_t end = next + numa->nodes[node].node_mem;
        /* 640 KiB to 1 MiB is not RAM to the operating system. */
        if (next < 640 * KiB) {
            add_memory(t, next, MIN(end, 640 * KiB) - next, node);
            next = MIN(end, 1 * MiB);
        }
        if (next < x86ms->below_4g_mem_size) {
            uint64_t low_end = MIN(end, x86ms->below_4g_mem_size);
            add_memory(t, next, low_end - next, node);
            next = low_end;
        }
        add_memory(t, x86ms->above_4g_mem_start + next - x86ms->below_4g_mem_size, end - next,
                   node);
        next = end;
    }
}

void acpi_build_srat(AcpiBuildTables *t, X86MachineState *x86ms)
{
    MachineState *ms = MACHINE(x86ms);
    AcpiTable desc = {
        .sig = "SRAT", .rev = 1, .oem_id = x86ms->oem_id, .oem_table_id = x86ms->oem_table_id};
    const CPUArchIdList *cpus = machine_possible_cpus(ms);

    acpi_table_begin(&desc, t->tables);
    build_append_int_noprefix(t->tables, 1, 4); /* reserved to be 1 */
    build_append_int_noprefix(t->tables, 0, 8);
    for (int i = 0; i < cpus->len; i++) {
        uint32_t apic_id = cpus->cpus[i].arch_id;
        if (apic_id <= XAPIC_MAX_ID) {
            build_srat_local_apic(t->tables, apic_id, cpus->cpus[i].props.node_id);
        } else {
            build_srat_x2apic(t->tables, apic_id, cpus->cpus[i].props.node_id);
        }
    }
    add_nodes(t, x86ms);
    acpi_nvdimm_build_srat(ms->nvdimms_state, t->tables);
    acpi_generic_initiators_build_srat(t->tables);
    if (ms->device_memory) {
        DeviceMemoryState *dm = ms->device_memory;

        /* Modules say in _PXM which node they are on. */
        build_srat_memory(t->tables, dm->base, memory_region_size(&dm->mr),
                          ms->numa_state->num_nodes - 1,
                          ACPI_SRAT_MEMORY_ENABLED | ACPI_SRAT_MEMORY_HOTPLUGGABLE);
    }
    acpi_table_end(t->linker, &desc);
}
