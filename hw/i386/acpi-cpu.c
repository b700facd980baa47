/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processors in the ACPI name space (ACPI 6.5, 8.4). */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/numa.h"

/* The processor's MADT entry, by which the operating system finds its APIC. */
static Aml *mat_entry(int index, const CPUArchId *slot)
{
    g_autoptr(GArray) entry = g_array_new(false, true, 1);

    if (slot->arch_id <= 254) {
        build_madt_local_apic(entry, index, slot->arch_id, true);
    } else {
        build_madt_local_x2apic(entry, index, slot->arch_id, true);
    }
    return aml_buffer(entry->len, (uint8_t *)entry->data);
}

static Aml *processor(MachineState *ms, int index, const CPUArchId *slot)
{
    Aml *dev;

    if (index < 255) {
        dev = aml_processor(index, "C%.03X", index);
    } else {
        dev = aml_device("C%.03X", index);
        aml_append(dev, aml_name_decl("_HID", aml_string("ACPI0007")));
        aml_append(dev, aml_name_decl("_UID", aml_int(index)));
    }
    aml_append(dev, aml_name_decl("_STA", aml_int(slot->cpu ? 0xf : 0)));
    aml_append(dev, aml_name_decl("_MAT", mat_entry(index, slot)));
    if (ms->numa_state && ms->numa_state->num_nodes) {
        aml_append(dev, aml_name_decl("_PXM", aml_int(slot->props.node_id)));
    }
    return dev;
}

void acpi_build_cpus(X86MachineState *x86ms, Aml *sb_scope)
{
    const CPUArchIdList *cpus = machine_possible_cpus(MACHINE(x86ms));
    Aml *container = aml_device("CPUS");

    aml_append(container, aml_name_decl("_HID", aml_string("ACPI0010")));
    aml_append(container, aml_name_decl("_CID", aml_eisaid("PNP0A05")));
    for (int i = 0; i < cpus->len; i++) {
        aml_append(container, processor(MACHINE(x86ms), i, &cpus->cpus[i]));
    }
    aml_append(sb_scope, container);
}
