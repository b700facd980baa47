/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMBIOS tables of PC machines, handed to the firmware. */

#include "qemu/osdep.h"
#include "hw/firmware/smbios.h"
#include "hw/i386/pc.h"
#include "qemu/bswap.h"
#include "target/i386/cpu.h"

void pc_smbios_setup(PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    MachineClass *mc = MACHINE_GET_CLASS(pcms);
    g_autofree SmbiosMemoryRange *memory = g_new0(SmbiosMemoryRange, pcms->e820->len);
    SmbiosBoard board = {
        .machine = MACHINE(pcms),
        .manufacturer = "QEMU",
        .product = mc->desc,
        .version = mc->name,
        .memory = memory,
    };
    SmbiosTables t;
    uint32_t ebx, ecx;

    cpu_x86_cpuid(&X86_CPU(first_cpu)->env, 1, 0, &board.cpuid_signature, &ebx, &ecx,
                  &board.cpuid_features);
    for (guint i = 0; i < pcms->e820->len; i++) {
        const PCE820Entry *e = &g_array_index(pcms->e820, PCE820Entry, i);
        if (le32_to_cpu(e->type) == E820_RAM) {
            memory[board.num_memory++] =
                (SmbiosMemoryRange){le64_to_cpu(e->address), le64_to_cpu(e->length)};
        }
    }
    if (!smbios_build(&board, pcms->smbios_entry_point_type, &t, &error_fatal)) {
        return;
    }
    /* The files are the machine's from now on. */
    fw_cfg_add_file(x86ms->fw_cfg, "etc/smbios/smbios-tables", t.tables->data, t.tables->len,
                    &error_fatal);
    fw_cfg_add_file(x86ms->fw_cfg, "etc/smbios/smbios-anchor", t.anchor->data, t.anchor->len,
                    &error_fatal);
    g_byte_array_free(t.tables, false);
    g_byte_array_free(t.anchor, false);
}
