/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI tables of machine microvm: hardware-reduced (ACPI 6.5, 4.1, chapter 5). */
#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/acpi/acpi_aml_interface.h"
#include "hw/i386/microvm.h"
#include "hw/rtc/mc146818rtc.h"
#include "hw/char/serial-isa.h"

/* Each slot that has a device, as Linux and others know virtio-mmio: by id LNRO0005. */
static void add_virtio(Aml *scope, MicrovmMachineState *mms)
{
    for (int i = mms->num_slots - 1; i >= 0; i--) {
        Aml *dev, *crs;
        uint32_t irq = mms->slot_irq_base + i;

        if (!virtio_bus_get_device(&mms->slots[i]->bus)) {
            continue;
        }
        dev = aml_device("VR%02u", i);
        crs = aml_resource_template();
        aml_append(dev, aml_name_decl("_HID", aml_string("LNRO0005")));
        aml_append(dev, aml_name_decl("_UID", aml_int(i)));
        aml_append(dev, aml_name_decl("_CCA", aml_int(1)));
        aml_append(crs, aml_memory32_fixed(MICROVM_VIRTIO_BASE + i * VIRTIO_MMIO_REGION_SIZE,
                                           VIRTIO_MMIO_REGION_SIZE, AML_READ_WRITE));
        aml_append(crs,
                   aml_interrupt(AML_CONSUMER, AML_LEVEL, AML_ACTIVE_HIGH, AML_EXCLUSIVE, &irq, 1));
        aml_append(dev, aml_name_decl("_CRS", crs));
        aml_append(scope, dev);
    }
}

static void build_dsdt(AcpiBuildTables *t, MicrovmMachineState *mms)
{
    X86MachineState *x86ms = X86_MACHINE(mms);
    AcpiTable desc = {
        .sig = "DSDT", .rev = 2, .oem_id = x86ms->oem_id, .oem_table_id = x86ms->oem_table_id};
    Aml *dsdt = aml_list_new(), *sb = aml_scope("\\_SB"), *root, *s5;
    ISABus *isa = ISA_BUS(object_resolve_path_type("", TYPE_ISA_BUS, NULL));

    acpi_build_fw_cfg(sb);
    qbus_build_aml(BUS(isa), sb);
    acpi_ged_build_aml(sb, MICROVM_GED_EVT_BASE, MICROVM_GED_IRQ);
    add_virtio(sb, mms);
    aml_append(dsdt, sb);

    root = aml_scope("\\");
    s5 = aml_package(4);
    aml_append(s5, aml_int(ACPI_GED_SLP_TYP_S5));
    for (int i = 0; i < 3; i++) {
        aml_append(s5, aml_int(0));
    }
    aml_append(root, aml_name_decl("_S5", s5));
    aml_append(dsdt, root);

    acpi_table_begin(&desc, t->tables);
    aml_emit(dsdt, t->tables);
    acpi_table_end(t->linker, &desc);
}

static void build_madt(AcpiBuildTables *t, MicrovmMachineState *mms)
{
    X86MachineState *x86ms = X86_MACHINE(mms);
    AcpiTable desc = {
        .sig = "APIC", .rev = 3, .oem_id = x86ms->oem_id, .oem_table_id = x86ms->oem_table_id};

    acpi_table_begin(&desc, t->tables);
    acpi_madt_begin(t->tables);
    bool x2apic = acpi_madt_add_cpus(t->tables, x86ms);
    build_madt_io_apic(t->tables, 0, IO_APIC_DEFAULT_ADDRESS, 0);
    if (mms->has_ioapic2) {
        build_madt_io_apic(t->tables, 1, IO_APIC_SECONDARY_ADDRESS, IO_APIC_SECONDARY_IRQBASE);
    }
    if (x2apic) {
        build_madt_nmi(t->tables, true);
    }
    build_madt_nmi(t->tables, false);
    acpi_table_end(t->linker, &desc);
}

static void build_tables(MachineState *ms, AcpiBuildTables *t)
{
    MicrovmMachineState *mms = MICROVM_MACHINE(ms);
    X86MachineState *x86ms = X86_MACHINE(ms);
    g_autoptr(GArray) offsets = g_array_new(false, false, sizeof(uint32_t));
    AcpiFadtData fadt = {
        .rev = 5,
        .flags = ACPI_FADT_F_HW_REDUCED_ACPI | ACPI_FADT_F_RESET_REG_SUP,
        .reset_space = AML_AS_SYSTEM_MEMORY,
        .reset_address = MICROVM_GED_REGS_BASE + ACPI_GED_REG_RESET,
        .reset_value = ACPI_GED_RESET_VALUE,
        .sleep_ctl = MICROVM_GED_REGS_BASE + ACPI_GED_REG_SLEEP_CTL,
        .sleep_sts = MICROVM_GED_REGS_BASE + ACPI_GED_REG_SLEEP_STS,
        .pm_tmr = {MICROVM_PM_TIMER_PORT, 4},
        .no_facs = true,
    };
    unsigned root;

    bios_linker_loader_alloc(t->linker, ACPI_BUILD_TABLE_FILE, t->tables, 64, false);
    fadt.dsdt = t->tables->len;
    build_dsdt(t, mms);
    acpi_note_table(t, offsets);
    build_fadt(t->tables, t->linker, &fadt, x86ms->oem_id, x86ms->oem_table_id);
    acpi_note_table(t, offsets);
    build_madt(t, mms);
    acpi_add_numa(t, offsets, x86ms);
    root = t->tables->len;
    build_xsdt(t->tables, t->linker, offsets, x86ms->oem_id, x86ms->oem_table_id);
    build_rsdp(t->rsdp, t->linker, 2, x86ms->oem_id, root);
}

void microvm_acpi_publish(MicrovmMachineState *mms)
{
    acpi_publish(MACHINE(mms), X86_MACHINE(mms)->fw_cfg, build_tables, false);
}

GByteArray *microvm_acpi_tables(MicrovmMachineState *mms)
{
    return acpi_install(MACHINE(mms), build_tables, MICROVM_ACPI_ADDR);
}
