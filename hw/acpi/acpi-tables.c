/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables that any machine with ACPI has (ACPI 6.5, chapter 5). */

#include "qemu/osdep.h"
#include "hw/acpi/acpi-tables.h"
#include "hw/numa.h"

/* ---- root tables (5.2.5, 5.2.7, 5.2.8) ---- */

static void build_root_table(GArray *tables, BIOSLinker *linker, AcpiTable *desc, GArray *offsets,
                             int pointer_size)
{
    acpi_table_begin(desc, tables);
    for (guint i = 0; i < offsets->len; i++) {
        unsigned field = tables->len;
        build_append_int_noprefix(tables, 0, pointer_size);
        bios_linker_loader_add_pointer(linker, ACPI_BUILD_TABLE_FILE, field, pointer_size,
                                       ACPI_BUILD_TABLE_FILE, g_array_index(offsets, uint32_t, i));
    }
    acpi_table_end(linker, desc);
}

void build_rsdt(GArray *tables, BIOSLinker *linker, GArray *offsets, const char *oem_id,
                const char *oem_table_id)
{
    AcpiTable desc = {.sig = "RSDT", .rev = 1, .oem_id = oem_id, .oem_table_id = oem_table_id};

    build_root_table(tables, linker, &desc, offsets, 4);
}

void build_xsdt(GArray *tables, BIOSLinker *linker, GArray *offsets, const char *oem_id,
                const char *oem_table_id)
{
    AcpiTable desc = {.sig = "XSDT", .rev = 1, .oem_id = oem_id, .oem_table_id = oem_table_id};

    build_root_table(tables, linker, &desc, offsets, 8);
}

void build_rsdp(GArray *rsdp, BIOSLinker *linker, uint8_t revision, const char *oem_id,
                unsigned offset)
{
    bios_linker_loader_alloc(linker, ACPI_BUILD_RSDP_FILE, rsdp, 16, true);
    build_append_padded_str(rsdp, "RSD PTR ", 8, '\0');
    build_append_int_noprefix(rsdp, 0, 1); /* checksum */
    build_append_padded_str(rsdp, oem_id, 6, '\0');
    build_append_int_noprefix(rsdp, revision, 1);
    build_append_int_noprefix(rsdp, 0, 4); /* RSDT */
    if (revision == 0) {
        bios_linker_loader_add_pointer(linker, ACPI_BUILD_RSDP_FILE, 16, 4, ACPI_BUILD_TABLE_FILE,
                                       offset);
    } else {
        build_append_int_noprefix(rsdp, 36, 4);
        build_append_int_noprefix(rsdp, 0, 8); /* XSDT */
        build_append_int_noprefix(rsdp, 0, 4); /* extended checksum, reserved */
        bios_linker_loader_add_pointer(linker, ACPI_BUILD_RSDP_FILE, 24, 8, ACPI_BUILD_TABLE_FILE,
                                       offset);
    }
    bios_linker_loader_add_checksum(linker, ACPI_BUILD_RSDP_FILE, 0, 20, 8);
    if (revision != 0) {
        bios_linker_loader_add_checksum(linker, ACPI_BUILD_RSDP_FILE, 0, 36, 32);
    }
}

/* ---- FACS and FADT (5.2.9, 5.2.10) ---- */

void build_facs(GArray *tables)
{
    build_append_padded_str(tables, "FACS", 4, '\0');
    build_append_int_noprefix(tables, 64, 4);
    g_array_set_size(tables, tables->len + 64 - 8);
}

static void append_pointer(GArray *tables, BIOSLinker *linker, int size, unsigned target, bool none)
{
    unsigned field = tables->len;

    build_append_int_noprefix(tables, 0, size);
    if (!none) {
        bios_linker_loader_add_pointer(linker, ACPI_BUILD_TABLE_FILE, field, size,
                                       ACPI_BUILD_TABLE_FILE, target);
    }
}

static void append_block_gas(GArray *tables, const AcpiFadtBlock *block)
{
    build_append_gas(tables, AML_AS_SYSTEM_IO, block->length * 8, 0, 0, block->address);
}

static void append_fadt_v1(GArray *tables, BIOSLinker *linker, const AcpiFadtData *f)
{
    append_pointer(tables, linker, 4, f->facs, f->no_facs);
    append_pointer(tables, linker, 4, f->dsdt, false);
    build_append_int_noprefix(tables, f->int_model, 1);
    build_append_int_noprefix(tables, 0, 1); /* preferred profile: unspecified */
    build_append_int_noprefix(tables, f->sci_int, 2);
    build_append_int_noprefix(tables, f->smi_cmd, 4);
    build_append_int_noprefix(tables, f->acpi_enable_cmd, 1);
    build_append_int_noprefix(tables, f->acpi_disable_cmd, 1);
    build_append_int_noprefix(tables, 0, 2); /* no S4BIOS, no P-state control */
    build_append_int_noprefix(tables, f->pm1_evt.address, 4);
    build_append_int_noprefix(tables, 0, 4);
    build_append_int_noprefix(tables, f->pm1_cnt.address, 4);
    build_append_int_noprefix(tables, 0, 4);
    build_append_int_noprefix(tables, 0, 4); /* PM2 */
    build_append_int_noprefix(tables, f->pm_tmr.address, 4);
    build_append_int_noprefix(tables, f->gpe0.address, 4);
    build_append_int_noprefix(tables, 0, 4);
    build_append_int_noprefix(tables, f->pm1_evt.length, 1);
    build_append_int_noprefix(tables, f->pm1_cnt.length, 1);
    build_append_int_noprefix(tables, 0, 1);
    build_append_int_noprefix(tables, f->pm_tmr.length, 1);
    build_append_int_noprefix(tables, f->gpe0.length, 1);
    build_append_int_noprefix(tables, 0, 3); /* GPE1, C-state notification */
    build_append_int_noprefix(tables, f->plvl2_lat, 2);
    build_append_int_noprefix(tables, f->plvl3_lat, 2);
    build_append_int_noprefix(tables, 0, 6); /* flush size, flush stride, duty cycle */
    build_append_int_noprefix(tables, 0, 2); /* no day or month alarm */
    build_append_int_noprefix(tables, f->rtc_century, 1);
    build_append_int_noprefix(tables, f->rev >= 3 ? f->iapc_boot_arch : 0, 2);
    build_append_int_noprefix(tables, 0, 1);
    build_append_int_noprefix(tables, f->flags, 4);
}

void build_fadt(GArray *tables, BIOSLinker *linker, const AcpiFadtData *f, const char *oem_id,
                const char *oem_table_id)
{
    AcpiTable desc = {.sig = "FACP", .rev = f->rev, .oem_id = oem_id, .oem_table_id = oem_table_id};
    static const AcpiFadtBlock none;

    acpi_table_begin(&desc, tables);
    append_fadt_v1(tables, linker, f);
    if (f->rev >= 3) {
        build_append_gas(tables, f->reset_space, f->reset_address ? 8 : 0, 0, 0, f->reset_address);
        build_append_int_noprefix(tables, f->reset_value, 1);
        build_append_int_noprefix(tables, 0, 2);                   /* ARM boot flags */
        build_append_int_noprefix(tables, f->rev >= 5 ? 1 : 0, 1); /* minor version */
        build_append_int_noprefix(tables, 0, 8);                   /* FACS is in the 32-bit field */
        append_pointer(tables, linker, 8, f->dsdt, false);
        append_block_gas(tables, &f->pm1_evt);
        append_block_gas(tables, &none);
        append_block_gas(tables, &f->pm1_cnt);
        append_block_gas(tables, &none);
        append_block_gas(tables, &none);
        append_block_gas(tables, &f->pm_tmr);
        append_block_gas(tables, &f->gpe0);
        append_block_gas(tables, &none);
    }
    if (f->rev >= 5) {
        build_append_gas(tables, AML_AS_SYSTEM_MEMORY, f->sleep_ctl ? 8 : 0, 0, 0, f->sleep_ctl);
        build_append_gas(tables, AML_AS_SYSTEM_MEMORY, f->sleep_sts ? 8 : 0, 0, 0, f->sleep_sts);
    }
    acpi_table_end(linker, &desc);
}

/* ---- MADT entries (5.2.12) ---- */

static void entry_head(GArray *out, uint8_t type, uint8_t length)
{
    build_append_int_noprefix(out, type, 1);
    build_append_int_noprefix(out, length, 1);
}

void build_madt_local_apic(GArray *out, uint8_t processor, uint8_t apic_id, bool enabled)
{
    entry_head(out, 0, 8);
    build_append_int_noprefix(out, processor, 1);
    build_append_int_noprefix(out, apic_id, 1);
    build_append_int_noprefix(out, enabled, 4);
}

void build_madt_local_x2apic(GArray *out, uint32_t processor, uint32_t apic_id, bool enabled)
{
    entry_head(out, 9, 16);
    build_append_int_noprefix(out, 0, 2);
    build_append_int_noprefix(out, apic_id, 4);
    build_append_int_noprefix(out, enabled, 4);
    build_append_int_noprefix(out, processor, 4);
}

void build_madt_io_apic(GArray *out, uint8_t id, uint32_t address, uint32_t gsi_base)
{
    entry_head(out, 1, 12);
    build_append_int_noprefix(out, id, 1);
    build_append_int_noprefix(out, 0, 1);
    build_append_int_noprefix(out, address, 4);
    build_append_int_noprefix(out, gsi_base, 4);
}

void build_madt_int_override(GArray *out, uint8_t source, uint32_t gsi, uint16_t flags)
{
    entry_head(out, 2, 10);
    build_append_int_noprefix(out, 0, 1); /* ISA */
    build_append_int_noprefix(out, source, 1);
    build_append_int_noprefix(out, gsi, 4);
    build_append_int_noprefix(out, flags, 2);
}

void build_madt_nmi(GArray *out, bool x2apic)
{
    if (x2apic) {
        entry_head(out, 10, 12);
        build_append_int_noprefix(out, 0, 2);
        build_append_int_noprefix(out, 0xffffffff, 4);
        build_append_int_noprefix(out, 1, 1);
        build_append_int_noprefix(out, 0, 3);
        return;
    }
    entry_head(out, 4, 6);
    build_append_int_noprefix(out, 0xff, 1);
    build_append_int_noprefix(out, 0, 2); /* polarity and trigger mode of the bus */
    build_append_int_noprefix(out, 1, 1);
}

/* ---- NUMA (5.2.16, 5.2.17) ---- */

void build_srat_local_apic(GArray *out, uint8_t apic_id, uint32_t node)
{
    entry_head(out, 0, 16);
    build_append_int_noprefix(out, node, 1);
    build_append_int_noprefix(out, apic_id, 1);
    build_append_int_noprefix(out, 1, 4); /* enabled */
    build_append_int_noprefix(out, 0, 1);
    build_append_int_noprefix(out, node >> 8, 3);
    build_append_int_noprefix(out, 0, 4); /* clock domain */
}

void build_srat_x2apic(GArray *out, uint32_t apic_id, uint32_t node)
{
    entry_head(out, 2, 24);
    build_append_int_noprefix(out, 0, 2);
    build_append_int_noprefix(out, node, 4);
    build_append_int_noprefix(out, apic_id, 4);
    build_append_int_noprefix(out, 1, 4);
    build_append_int_noprefix(out, 0, 8);
}

void build_srat_memory(GArray *out, uint64_t base, uint64_t length, uint32_t node, uint32_t flags)
{
    entry_head(out, 1, 40);
    build_append_int_noprefix(out, node, 4);
    build_append_int_noprefix(out, 0, 2);
    build_append_int_noprefix(out, base, 8);
    build_append_int_noprefix(out, length, 8);
    build_append_int_noprefix(out, 0, 4);
    build_append_int_noprefix(out, flags, 4);
    build_append_int_noprefix(out, 0, 8);
}

void build_slit(GArray *tables, BIOSLinker *linker, MachineState *ms, const char *oem_id,
                const char *oem_table_id)
{
    AcpiTable desc = {.sig = "SLIT", .rev = 1, .oem_id = oem_id, .oem_table_id = oem_table_id};
    const NumaState *numa = ms->numa_state;

    acpi_table_begin(&desc, tables);
    build_append_int_noprefix(tables, numa->num_nodes, 8);
    for (int i = 0; i < numa->num_nodes; i++) {
        for (int j = 0; j < numa->num_nodes; j++) {
            build_append_int_noprefix(tables, numa->nodes[i].distance[j], 1);
        }
    }
    acpi_table_end(linker, &desc);
}
