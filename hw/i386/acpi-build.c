/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ACPI tables a PC has, and what its fixed hardware is (ACPI 6.5, chapter 5). */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/acpi/acpi-table.h"
#include "hw/acpi/nvdimm.h"
#include "hw/acpi/vmgenid.h"
#include "hw/numa.h"
#include "hw/timer/hpet.h"
#include "qemu/bswap.h"

#define HPET_BLOCK_ID 0x8086a201 /* Intel, legacy replacement, 64-bit counter, 3 timers, rev 1 */

/* The power management function's bases are where firmware put them. */
static void fill_fadt(AcpiFadtData *f, PCMachineState *pcms)
{
    Object *pm = OBJECT(X86_MACHINE(pcms)->acpi_dev);
    uint32_t base = object_property_get_uint(pm, "pm_io_base", NULL);

    *f = (AcpiFadtData){
        .rev = 1,
        .int_model = 1, /* multiple APICs */
        .sci_int = 9,
        .smi_cmd = object_property_get_uint(pm, "smi_cmd", NULL),
        .acpi_enable_cmd = object_property_get_uint(pm, "acpi_enable_cmd", NULL),
        .acpi_disable_cmd = object_property_get_uint(pm, "acpi_disable_cmd", NULL),
        .pm1_evt = {base, 4},
        .pm1_cnt = {base + 4, 2},
        .pm_tmr = {base + 8, 4},
        .gpe0 = {object_property_get_uint(pm, "gpe0_blk", NULL),
                 object_property_get_uint(pm, "gpe0_blk_len", NULL)},
        .plvl2_lat = 0xfff,
        .plvl3_lat = 0xfff,
        .rtc_century = 0x32,
        .flags = ACPI_FADT_F_WBINVD | ACPI_FADT_F_PROC_C1 | ACPI_FADT_F_SLP_BUTTON |
                 ACPI_FADT_F_RTC_S4 | ACPI_FADT_F_USE_PLATFORM_CLOCK,
    };
    /* The reset control register of a chipset with PCI Express. */
    if (pci_bus_is_express(pcms->pcibus)) {
        f->rev = 3;
        f->flags |= ACPI_FADT_F_RESET_REG_SUP;
        f->reset_space = AML_AS_SYSTEM_IO;
        f->reset_address = 0xcf9;
        f->reset_value = 0xf;
    }
    /* More processors than a flat logical APIC ID can name. */
    if (MACHINE(pcms)->smp.max_cpus > 8) {
        f->flags |= ACPI_FADT_F_FORCE_APIC_CLUSTER_MODEL;
    }
}

static void build_hpet(AcpiBuildTables *t, X86MachineState *x86ms)
{
    AcpiTable desc = {
        .sig = "HPET", .rev = 1, .oem_id = x86ms->oem_id, .oem_table_id = x86ms->oem_table_id};

    acpi_table_begin(&desc, t->tables);
    build_append_int_noprefix(t->tables, HPET_BLOCK_ID, 4);
    build_append_gas(t->tables, AML_AS_SYSTEM_MEMORY, 0, 0, 0, HPET_BASE);
    build_append_int_noprefix(t->tables, 0, 4); /* number, minimum tick, page protection */
    acpi_table_end(t->linker, &desc);
}

/* Windows ACPI Emulated Devices Table: reading the PM timer once is enough. */
static void build_waet(AcpiBuildTables *t, X86MachineState *x86ms)
{
    AcpiTable desc = {
        .sig = "WAET", .rev = 1, .oem_id = x86ms->oem_id, .oem_table_id = x86ms->oem_table_id};

    acpi_table_begin(&desc, t->tables);
    build_append_int_noprefix(t->tables, 1 << 1, 4);
    acpi_table_end(t->linker, &desc);
}

static void add_user_tables(AcpiBuildTables *t, GArray *offsets)
{
    GPtrArray *user = acpi_user_tables();

    for (guint i = 0; i < user->len; i++) {
        GByteArray *table = g_ptr_array_index(user, i);
        uint32_t start = t->tables->len;
        g_array_append_vals(t->tables, table->data, table->len);
        g_array_append_val(offsets, start);
        bios_linker_loader_add_checksum(t->linker, ACPI_BUILD_TABLE_FILE, start, table->len,
                                        start + 9);
    }
}

/* Windows takes a license table only under the OEM ids that it names itself. */
static void take_slic_oem(X86MachineState *x86ms, char oem_id[7], char oem_table_id[9])
{
    GPtrArray *user = acpi_user_tables();

    g_strlcpy(oem_id, x86ms->oem_id, 7);
    g_strlcpy(oem_table_id, x86ms->oem_table_id, 9);
    for (guint i = 0; i < user->len; i++) {
        GByteArray *table = g_ptr_array_index(user, i);
        if (!memcmp(table->data, "SLIC", 4)) {
            memcpy(oem_id, table->data + 10, 6);
            memcpy(oem_table_id, table->data + 16, 8);
            return;
        }
    }
}

void acpi_note_table(AcpiBuildTables *t, GArray *offsets)
{
    uint32_t start = t->tables->len;

    g_array_append_val(offsets, start);
}

static void add_nvdimms(AcpiBuildTables *t, GArray *offsets, X86MachineState *x86ms)
{
    const NVDIMMState *s = MACHINE(x86ms)->nvdimms_state;
    g_autoptr(GArray) fit = NULL;

    if (!s->is_enabled) {
        return;
    }
    acpi_note_table(t, offsets);
    acpi_nvdimm_build_ssdt(s, t->tables, t->linker, x86ms->oem_id);
    fit = acpi_nvdimm_fit(s);
    if (fit->len) {
        acpi_note_table(t, offsets);
        acpi_nvdimm_build_nfit(s, fit, t->tables, t->linker, x86ms->oem_id, x86ms->oem_table_id);
    }
}

void acpi_add_numa(AcpiBuildTables *t, GArray *offsets, X86MachineState *x86ms)
{
    MachineState *ms = MACHINE(x86ms);

    if (!ms->numa_state || !ms->numa_state->num_nodes) {
        return;
    }
    acpi_note_table(t, offsets);
    acpi_build_srat(t, x86ms);
    if (ms->numa_state->have_numa_distance) {
        acpi_note_table(t, offsets);
        build_slit(t->tables, t->linker, ms, x86ms->oem_id, x86ms->oem_table_id);
    }
    if (ms->numa_state->hmat_enabled) {
        acpi_note_table(t, offsets);
        acpi_build_hmat(t, x86ms);
    }
}

static void build_pc_tables(MachineState *ms, AcpiBuildTables *t)
{
    PCMachineState *pcms = PC_MACHINE(ms);
    X86MachineState *x86ms = X86_MACHINE(ms);
    g_autoptr(GArray) offsets = g_array_new(false, false, sizeof(uint32_t));
    VmGenIdState *vmgenid = vmgenid_find();
    char oem_id[7] = "", oem_table_id[9] = "";
    AcpiFadtData fadt;
    uint64_t mcfg, mcfg_size;
    unsigned root;

    take_slic_oem(x86ms, oem_id, oem_table_id);
    /* FACS must be aligned to 64 bytes (5.2.10): it comes first. */
    bios_linker_loader_alloc(t->linker, ACPI_BUILD_TABLE_FILE, t->tables, 64, false);
    fill_fadt(&fadt, pcms);
    fadt.facs = t->tables->len;
    build_facs(t->tables);
    fadt.dsdt = t->tables->len;
    acpi_build_dsdt(t, pcms);

    acpi_note_table(t, offsets);
    build_fadt(t->tables, t->linker, &fadt, oem_id, oem_table_id);
    acpi_note_table(t, offsets);
    acpi_build_madt(t, x86ms);
    add_user_tables(t, offsets);
    if (object_resolve_path_type("", TYPE_HPET, NULL)) {
        acpi_note_table(t, offsets);
        build_hpet(t, x86ms);
    }
    acpi_add_numa(t, offsets, x86ms);
    if (acpi_mcfg_range(pcms, &mcfg, &mcfg_size)) {
        acpi_note_table(t, offsets);
        acpi_build_mcfg(t, pcms, mcfg, mcfg_size);
    }
    if (pcms->wdat_enabled && acpi_wdat_available(pcms)) {
        acpi_note_table(t, offsets);
        acpi_build_wdat(t, pcms);
    }
    if (vmgenid) {
        acpi_note_table(t, offsets);
        vmgenid_build_acpi(vmgenid, t->tables, t->linker, x86ms->oem_id);
    }
    add_nvdimms(t, offsets, x86ms);
    acpi_note_table(t, offsets);
    build_waet(t, x86ms);

    root = t->tables->len;
    build_rsdt(t->tables, t->linker, offsets, oem_id, oem_table_id);
    build_rsdp(t->rsdp, t->linker, 0, x86ms->oem_id, root);
}

void acpi_setup(PCMachineState *pcms)
{
    if (!X86_MACHINE(pcms)->acpi_dev || !X86_MACHINE(pcms)->fw_cfg) {
        return;
    }
    if (vmgenid_find()) {
        vmgenid_add_fw_cfg(vmgenid_find(), X86_MACHINE(pcms)->fw_cfg);
    }
    acpi_publish(MACHINE(pcms), X86_MACHINE(pcms)->fw_cfg, build_pc_tables, true);
}
