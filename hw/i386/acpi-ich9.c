/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI interrupt routing of a Q35 board in ACPI: ICH9's router has eight inputs, which with the
 * PICs are ISA interrupts and with the I/O APIC its inputs from 16 (ICH9 data sheet, order number
 * 316972, 5.8.6 and 10.1.50-57). And _OSC (ACPI 6.5, 6.2.11; PCI Firmware 3.2, 4.5).
 */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/acpi/acpi_aml_interface.h"
#include "hw/acpi/pcihp.h"
#include "hw/southbridge/ich9.h"

#define PIRQ_REGISTERS     0x60 /* PIRQA to PIRQD; PIRQE to PIRQH eight bytes further */
#define PIRQ_REGISTERS_LEN 12

/* What of PCI Express an operating system may take over: SHPC, PME, AER, capability, hot plug. */
#define OSC_CONTROL_ALLOWED        0x1e
#define OSC_CONTROL_NATIVE_HOTPLUG 0x01

/* As lpc_ich9.c comes out of reset. */
static int pirq_of(int slot, int pin)
{
    if ((slot >= 25 && slot <= 29) || slot == 31) {
        return pin;
    }
    return 4 + (slot == 30 ? pin : (slot + pin) & 3);
}

static Aml *routing_table(const char *name, bool apic)
{
    Aml *table = aml_package(PCI_SLOT_MAX * PCI_NUM_PINS);

    for (int slot = 0; slot < PCI_SLOT_MAX; slot++) {
        for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
            Aml *entry = aml_package(4);
            int pirq = pirq_of(slot, pin);

            aml_append(entry, aml_int(slot << 16 | 0xffff));
            aml_append(entry, aml_int(pin));
            if (apic) {
                aml_append(entry, aml_int(0));
                aml_append(entry, aml_int(ICH9_PIRQ_GSI + pirq));
            } else {
                aml_append(entry, aml_name("LNK%c", 'A' + pirq));
                aml_append(entry, aml_int(0));
            }
            aml_append(table, entry);
        }
    }
    return aml_name_decl(name, table);
}

/* The operating system says by _PIC which controllers it uses (5.8.1). */
static void add_interrupt_model(Aml *dsdt)
{
    Aml *method = aml_method("\\_PIC", 1, AML_NOTSERIALIZED);

    aml_append(dsdt, aml_name_decl("\\PICF", aml_int(0)));
    aml_append(method, aml_store(aml_arg(0), aml_name("\\PICF")));
    aml_append(dsdt, method);
}

/* Of all root buses. */
static Aml *routing_method(void)
{
    Aml *method = aml_method("_PRT", 0, AML_NOTSERIALIZED);
    Aml *pic = aml_if(aml_equal(aml_name("\\PICF"), aml_int(0)));

    aml_append(pic, aml_return(aml_name("\\_SB.PCI0.PRTP")));
    aml_append(method, pic);
    aml_append(method, aml_return(aml_name("\\_SB.PCI0.PRTA")));
    return method;
}

static Aml *osc_method(uint32_t allowed)
{
    Aml *method = aml_method("_OSC", 4, AML_NOTSERIALIZED);
    Aml *known = aml_if(aml_equal(aml_arg(0), aml_touuid("33DB4D5B-1FF7-401C-9657-7441C03DD766")));
    Aml *unknown = aml_else();
    Aml *revision = aml_if(aml_lnot(aml_equal(aml_arg(1), aml_int(1))));
    Aml *masked = aml_if(aml_lnot(aml_equal(aml_name("CDW3"), aml_local(0))));

    aml_append(method, aml_create_field(aml_arg(3), aml_int(0), 4, "CDW1"));
    aml_append(known, aml_create_field(aml_arg(3), aml_int(8), 4, "CDW3"));
    aml_append(known, aml_store(aml_and(aml_name("CDW3"), aml_int(allowed), NULL), aml_local(0)));
    aml_append(revision, aml_or(aml_name("CDW1"), aml_int(0x08), aml_name("CDW1")));
    aml_append(known, revision);
    aml_append(masked, aml_or(aml_name("CDW1"), aml_int(0x10), aml_name("CDW1")));
    aml_append(known, masked);
    aml_append(known, aml_store(aml_local(0), aml_name("CDW3")));
    aml_append(method, known);
    aml_append(unknown, aml_or(aml_name("CDW1"), aml_int(0x04), aml_name("CDW1")));
    aml_append(method, unknown);
    aml_append(method, aml_return(aml_arg(3)));
    return method;
}

/* Slots behind expander bridges have no hot-plug by ACPI. */
static Aml *other_osc(void)
{
    return osc_method(OSC_CONTROL_ALLOWED | OSC_CONTROL_NATIVE_HOTPLUG);
}

static Aml *isa_bridge(ICH9LPCState *lpc)
{
    Aml *dev = aml_device("ISA");

    aml_append(dev, aml_name_decl("_ADR", aml_int(PCI_SLOT(ICH9_LPC_DEVFN) << 16 |
                                                  PCI_FUNC(ICH9_LPC_DEVFN))));
    aml_append(dev, aml_operation_region("PIRQ", AML_PCI_CONFIG, aml_int(PIRQ_REGISTERS),
                                         PIRQ_REGISTERS_LEN));
    qbus_build_aml(BUS(ich9_lpc_isa_bus(lpc)), dev);
    return dev;
}

static Aml *pirq_fields(void)
{
    Aml *field = aml_field("PCI0.ISA.PIRQ", AML_BYTE_ACC, AML_NOLOCK, AML_PRESERVE);

    for (int i = 0; i < ICH9_NUM_PIRQS; i++) {
        g_autofree char *name = g_strdup_printf("PRQ%d", i);

        if (i == 4) {
            aml_append(field, aml_reserved_field(4 * 8));
        }
        aml_append(field, aml_named_field(name, 8));
    }
    return field;
}

void acpi_build_ich9_pci(Aml *dsdt, PCMachineState *pcms)
{
    Aml *pci = aml_scope("\\_SB.PCI0"), *sb = aml_scope("\\_SB");
    uint32_t osc = OSC_CONTROL_ALLOWED;

    /* A slot has one master: the registers of its port are not for who uses those of ACPI. */
    if (!acpi_pcihp_active(pcms->pcihp)) {
        osc |= OSC_CONTROL_NATIVE_HOTPLUG;
    }
    add_interrupt_model(dsdt);
    aml_append(pci, osc_method(osc));
    aml_append(pci, isa_bridge(ICH9_LPC_DEVICE(X86_MACHINE(pcms)->acpi_dev)));
    aml_append(pci, routing_table("PRTP", false));
    aml_append(pci, routing_table("PRTA", true));
    aml_append(pci, routing_method());
    aml_append(dsdt, pci);
    aml_append(sb, pirq_fields());
    acpi_build_pirq_links(sb, ICH9_NUM_PIRQS);
    acpi_build_other_roots(sb, pcms, routing_method, other_osc);
    aml_append(dsdt, sb);
}
