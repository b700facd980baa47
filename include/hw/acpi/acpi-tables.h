/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables that any machine with ACPI has, from what a board says of itself.
 * Each function appends one table to @tables and its checksum command to
 * @linker (ACPI 6.5, chapter 5).
 */
#ifndef HW_ACPI_ACPI_TABLES_H
#define HW_ACPI_ACPI_TABLES_H

#include "hw/acpi/aml-build.h"
#include "hw/boards.h"

/* FADT flags (5.2.9, table 5.10) */
#define ACPI_FADT_F_WBINVD                   (1 << 0)
#define ACPI_FADT_F_PROC_C1                  (1 << 2)
#define ACPI_FADT_F_SLP_BUTTON               (1 << 5)
#define ACPI_FADT_F_RTC_S4                   (1 << 7)
#define ACPI_FADT_F_RESET_REG_SUP            (1 << 10)
#define ACPI_FADT_F_USE_PLATFORM_CLOCK       (1 << 15)
#define ACPI_FADT_F_FORCE_APIC_CLUSTER_MODEL (1 << 18)
#define ACPI_FADT_F_HW_REDUCED_ACPI          (1 << 20)

/* Register blocks at I/O ports; a length of 0 bytes: there is none. */
typedef struct AcpiFadtBlock {
    uint32_t address;
    uint8_t length;
} AcpiFadtBlock;

typedef struct AcpiFadtData {
    uint8_t rev; /* 1, 3 or 5 */
    uint8_t int_model;
    uint16_t sci_int;
    uint32_t smi_cmd;
    uint8_t acpi_enable_cmd, acpi_disable_cmd;
    AcpiFadtBlock pm1_evt, pm1_cnt, pm_tmr, gpe0;
    uint16_t plvl2_lat, plvl3_lat; /* microseconds; above 100 and 1000: no such state */
    uint8_t rtc_century;           /* index in CMOS RAM */
    uint16_t iapc_boot_arch;
    uint32_t flags;
    AmlAddressSpace reset_space;
    uint64_t reset_address; /* 0: none */
    uint8_t reset_value;
    uint64_t sleep_ctl, sleep_sts; /* memory, hardware-reduced ACPI */
    unsigned facs, dsdt;           /* offsets in the tables file; facs 0 with @no_facs: none */
    bool no_facs;
} AcpiFadtData;

void build_facs(GArray *tables);
void build_fadt(GArray *tables, BIOSLinker *linker, const AcpiFadtData *f, const char *oem_id,
                const char *oem_table_id);
/* @offsets (of uint32_t): the tables pointed to. */
void build_rsdt(GArray *tables, BIOSLinker *linker, GArray *offsets, const char *oem_id,
                const char *oem_table_id);
void build_xsdt(GArray *tables, BIOSLinker *linker, GArray *offsets, const char *oem_id,
                const char *oem_table_id);
/* Fills @rsdp: revision 0 with the RSDT, or 2 with the XSDT, at @offset. */
void build_rsdp(GArray *rsdp, BIOSLinker *linker, uint8_t revision, const char *oem_id,
                unsigned offset);

/* MADT entries (5.2.12), also for _MAT. */
void build_madt_local_apic(GArray *out, uint8_t processor, uint8_t apic_id, bool enabled);
void build_madt_local_x2apic(GArray *out, uint32_t processor, uint32_t apic_id, bool enabled);
void build_madt_io_apic(GArray *out, uint8_t id, uint32_t address, uint32_t gsi_base);
/* @flags: MPS INTI, table 5.26 */
void build_madt_int_override(GArray *out, uint8_t source, uint32_t gsi, uint16_t flags);
/* Local APIC's LINT1 of all processors is NMI; @x2apic: also of those above 254. */
void build_madt_nmi(GArray *out, bool x2apic);

/* SRAT entries (5.2.16) */
void build_srat_local_apic(GArray *out, uint8_t apic_id, uint32_t node);
void build_srat_x2apic(GArray *out, uint32_t apic_id, uint32_t node);
void build_srat_memory(GArray *out, uint64_t base, uint64_t length, uint32_t node, uint32_t flags);
#define ACPI_SRAT_MEMORY_ENABLED      (1 << 0)
#define ACPI_SRAT_MEMORY_HOTPLUGGABLE (1 << 1)
#define ACPI_SRAT_MEMORY_NON_VOLATILE (1 << 2)

void build_slit(GArray *tables, BIOSLinker *linker, MachineState *ms, const char *oem_id,
                const char *oem_table_id);

#endif
