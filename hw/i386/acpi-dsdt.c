/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DSDT of a PC: root bridges, sleep states, devices that no bus enumerates (ACPI 6.5). */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/acpi/memory_hotplug.h"
#include "hw/acpi/pcihp.h"
#include "hw/timer/hpet.h"

static Aml *hpet_device(void)
{
    Aml *dev = aml_device("HPET"), *crs = aml_resource_template();

    aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0103")));
    aml_append(dev, aml_name_decl("_UID", aml_int(0)));
    aml_append(dev, aml_name_decl("_STA", aml_int(0xf)));
    aml_append(crs, aml_memory32_fixed(HPET_BASE, HPET_LEN, AML_READ_ONLY));
    aml_append(dev, aml_name_decl("_CRS", crs));
    return dev;
}

/* Reserves ports of the chip set that no other device claims. */
static Aml *reserved_ports(const char *name, const char *uid, uint16_t port, uint8_t length)
{
    Aml *dev = aml_device("%s", name), *crs = aml_resource_template();

    aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0A06")));
    aml_append(dev, aml_name_decl("_UID", aml_string("%s", uid)));
    aml_append(dev, aml_name_decl("_STA", aml_int(0xb)));
    aml_append(crs, aml_io(AML_DECODE16, port, port, 1, length));
    aml_append(dev, aml_name_decl("_CRS", crs));
    return dev;
}

void acpi_build_fw_cfg(Aml *scope)
{
    Aml *dev = aml_device("FWCF"), *crs = aml_resource_template();

    aml_append(dev, aml_name_decl("_HID", aml_string("QEMU0002")));
    aml_append(dev, aml_name_decl("_STA", aml_int(0xb)));
    aml_append(crs, aml_io(AML_DECODE16, 0x510, 0x510, 1, 0x0c));
    aml_append(dev, aml_name_decl("_CRS", crs));
    aml_append(scope, dev);
}

/* _Sx (7.4.2): values for the sleep type fields of PM1a and PM1b control. */
static void add_sleep_state(Aml *dsdt, const char *name, unsigned type)
{
    Aml *values = aml_package(4);

    aml_append(values, aml_int(type));
    aml_append(values, aml_int(type));
    aml_append(values, aml_int(0));
    aml_append(values, aml_int(0));
    aml_append(dsdt, aml_name_decl(name, values));
}

static void add_sleep_states(Aml *dsdt, Object *pm)
{
    if (!object_property_get_uint(pm, "disable_s3", NULL)) {
        add_sleep_state(dsdt, "\\_S3", 1);
    }
    if (!object_property_get_uint(pm, "disable_s4", NULL)) {
        add_sleep_state(dsdt, "\\_S4", object_property_get_uint(pm, "s4_val", NULL));
    }
    add_sleep_state(dsdt, "\\_S5", 0);
}

/* _E01: slots of PCI buses changed. */
static Aml *pci_hotplug_event(void)
{
    Aml *method = aml_method("_E01", 0, AML_NOTSERIALIZED);

    aml_append(method, aml_acquire(aml_name("\\_SB.PCI0.BLCK"), 0xffff));
    aml_append(method, aml_call("\\_SB.PCI0.PCNT", 0));
    aml_append(method, aml_release(aml_name("\\_SB.PCI0.BLCK")));
    return method;
}

static Aml *event_scope(const AcpiPciHpState *pcihp)
{
    Aml *scope = aml_scope("\\_GPE");

    aml_append(scope, aml_name_decl("_HID", aml_string("ACPI0006")));
    if (acpi_pcihp_active(pcihp)) {
        aml_append(scope, pci_hotplug_event());
    }
    return scope;
}

void acpi_build_dsdt(AcpiBuildTables *t, PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    AcpiTable desc = {
        .sig = "DSDT", .rev = 1, .oem_id = x86ms->oem_id, .oem_table_id = x86ms->oem_table_id};
    Object *pm = OBJECT(x86ms->acpi_dev);
    const AcpiPciHpState *pcihp = pcms->pcihp;
    Aml *dsdt = aml_list_new(), *sb, *pci;

    sb = aml_scope("\\_SB");
    aml_append(sb, acpi_first_root(pcms));
    if (object_resolve_path_type("", TYPE_HPET, NULL)) {
        aml_append(sb, hpet_device());
    }
    aml_append(dsdt, sb);
    acpi_build_cpus(x86ms, dsdt);
    acpi_memory_build_aml(x86ms->memhp, dsdt);
    PC_MACHINE_GET_CLASS(pcms)->build_pci_aml(dsdt, pcms);
    add_sleep_states(dsdt, pm);
    aml_append(dsdt, event_scope(pcihp));

    pci = aml_scope("\\_SB.PCI0");
    aml_append(pci, reserved_ports("GPE0", "GPE0 resources",
                                   object_property_get_uint(pm, "gpe0_blk", NULL),
                                   object_property_get_uint(pm, "gpe0_blk_len", NULL)));
    if (acpi_pcihp_active(pcihp)) {
        aml_append(pci,
                   reserved_ports("PHPR", "PCI Hotplug resources", pcihp->base, ACPI_PCIHP_SIZE));
    }
    acpi_pcihp_build_aml(pcihp, pcms->pcibus, pci);
    acpi_build_fw_cfg(pci);
    aml_append(dsdt, pci);

    acpi_table_begin(&desc, t->tables);
    aml_emit(dsdt, t->tables);
    acpi_table_end(t->linker, &desc);
}
