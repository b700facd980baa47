/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI tables of PC machines (docs/devel/acpi.md). BQL held. */
#ifndef HW_I386_ACPI_BUILD_H
#define HW_I386_ACPI_BUILD_H

#include "hw/acpi/acpi-tables.h"
#include "hw/i386/pc.h"

/* The machine is complete: hand its tables to the firmware. */
void acpi_setup(PCMachineState *pcms);

/*
 * Tables as files for the firmware. Both are rebuilt when it selects the first
 * of them after a reset, for the tables hold what firmware configured before.
 */
typedef struct AcpiBuildTables {
    GArray *tables, *rsdp;
    BIOSLinker *linker;
} AcpiBuildTables;

/* What the boards differ in when they hand their tables over. */
typedef void AcpiBuildFn(MachineState *ms, AcpiBuildTables *t);
/* @pad: files have round sizes, so that a change of the machine doesn't change them. */
void acpi_publish(MachineState *ms, FWCfgState *fw_cfg, AcpiBuildFn *build, bool pad);
/* What firmware would make of them: tables that lie at @base, the RSDP first. */
GByteArray *acpi_install(MachineState *ms, AcpiBuildFn *build, uint64_t base);

/* acpi-build.c: the next table is one of @offsets; those about nodes, where there are any. */
void acpi_note_table(AcpiBuildTables *t, GArray *offsets);
void acpi_add_numa(AcpiBuildTables *t, GArray *offsets, X86MachineState *x86ms);

/* acpi-madt.c */
void acpi_build_madt(AcpiBuildTables *t, X86MachineState *x86ms);
/* Parts of it: what is before the entries; local APICs, true if there are x2APICs among them. */
void acpi_madt_begin(GArray *table);
bool acpi_madt_add_cpus(GArray *table, X86MachineState *x86ms);
void acpi_build_srat(AcpiBuildTables *t, X86MachineState *x86ms);
/* acpi-hmat.c */
void acpi_build_hmat(AcpiBuildTables *t, X86MachineState *x86ms);

/* acpi-dsdt.c */
void acpi_build_dsdt(AcpiBuildTables *t, PCMachineState *pcms);
/* acpi-roots.c: the first PCI root bridge; and those of expander bridges, with what says where
 * their interrupts go and, if any, what of PCI Express the operating system may take over. */
Aml *acpi_first_root(PCMachineState *pcms);
void acpi_build_other_roots(Aml *sb, PCMachineState *pcms, Aml *(*routing)(void),
                            Aml *(*osc)(void));
/* acpi-cpu.c: \_SB.CPUS with the processors */
void acpi_build_cpus(X86MachineState *x86ms, Aml *dsdt);
/* What is under the root bridge and around it that only this chipset has: PCMachineClass.build_pci
 */
void acpi_build_piix_pci(Aml *dsdt, PCMachineState *pcms);
void acpi_build_ich9_pci(Aml *dsdt, PCMachineState *pcms);
/* acpi-pirq.c: devices LNKA and so on over the fields PRQ0 and so on */
void acpi_build_pirq_links(Aml *sb, int count);
/* acpi-mcfg.c: where the memory-mapped configuration space is; false if it is nowhere */
bool acpi_mcfg_range(PCMachineState *pcms, uint64_t *base, uint64_t *size);
void acpi_build_mcfg(AcpiBuildTables *t, PCMachineState *pcms, uint64_t base, uint64_t size);
/* acpi-wdat.c: of a Q35 board whose firmware has mapped the registers that it names */
bool acpi_wdat_available(PCMachineState *pcms);
void acpi_build_wdat(AcpiBuildTables *t, PCMachineState *pcms);
/* fw_cfg device, in @scope */
void acpi_build_fw_cfg(Aml *scope);

#endif
