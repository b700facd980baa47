/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI interrupt routing of a PIIX board in ACPI: the registers of PIIX3's router
 * (82371SB data sheet, PIRQRC[A:D], 60h-63h), _PRT (ACPI 6.5, 6.2.13), the ISA bridge.
 */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/acpi/acpi_aml_interface.h"
#include "hw/southbridge/piix.h"

#define PIRQ_REGISTERS 0x60
#define NUM_PIRQS      4
#define SCI_IRQ        9

/* The power management function's interrupt is not routed: it is the SCI. */
static Aml *sci_link_device(void)
{
    Aml *dev = aml_device("LNKS");
    uint32_t irq = SCI_IRQ;

    aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0C0F")));
    aml_append(dev, aml_name_decl("_UID", aml_int(NUM_PIRQS)));
    for (int i = 0; i < 2; i++) {
        Aml *res = aml_resource_template();
        aml_append(res,
                   aml_interrupt(AML_CONSUMER, AML_LEVEL, AML_ACTIVE_HIGH, AML_SHARED, &irq, 1));
        aml_append(dev, aml_name_decl(i ? "_CRS" : "_PRS", res));
    }
    aml_append(dev, aml_name_decl("_STA", aml_int(0xb)));
    aml_append(dev, aml_method("_DIS", 0, AML_NOTSERIALIZED));
    aml_append(dev, aml_method("_SRS", 1, AML_NOTSERIALIZED));
    return dev;
}

/* One element per slot and pin: slots are wired to the router in turn. @first: of the bus with it.
 */
static Aml *routing_table(bool first)
{
    Aml *table = aml_package(PCI_SLOT_MAX * PCI_NUM_PINS);

    for (int slot = 0; slot < PCI_SLOT_MAX; slot++) {
        for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
            Aml *entry = aml_package(4);
            aml_append(entry, aml_int(slot << 16 | 0xffff));
            aml_append(entry, aml_int(pin));
            if (first && slot == 1 && pin == 0) {
                aml_append(entry, aml_name("LNKS"));
            } else {
                aml_append(entry, aml_name("LNK%c", 'A' + ((slot + pin - 1) & 3)));
            }
            aml_append(entry, aml_int(0));
            aml_append(table, entry);
        }
    }
    return table;
}

static Aml *isa_bridge(PCIDevice *piix3)
{
    Aml *dev = aml_device("ISA");

    aml_append(
        dev, aml_name_decl("_ADR", aml_int(PCI_SLOT(piix3->devfn) << 16 | PCI_FUNC(piix3->devfn))));
    aml_append(dev,
               aml_operation_region("PIRQ", AML_PCI_CONFIG, aml_int(PIRQ_REGISTERS), NUM_PIRQS));
    qbus_build_aml(BUS(piix3_isa_bus(PIIX3_DEVICE(piix3))), dev);
    return dev;
}

/* Slots of other root buses are wired to the router alike. */
static Aml *other_routing(void)
{
    Aml *method = aml_method("_PRT", 0, AML_NOTSERIALIZED);

    aml_append(method, aml_return(aml_name("\\_SB.PCI0.PRTO")));
    return method;
}

void acpi_build_piix_pci(Aml *dsdt, PCMachineState *pcms)
{
    Object *piix3 = object_resolve_path_type("", TYPE_PIIX3_DEVICE, NULL);
    Aml *pci = aml_scope("\\_SB.PCI0"), *sb = aml_scope("\\_SB");
    Aml *field;

    aml_append(pci, isa_bridge(PCI_DEVICE(piix3)));
    aml_append(pci, aml_name_decl("_PRT", routing_table(true)));
    if (pcms->pcibus->next_root) {
        aml_append(pci, aml_name_decl("PRTO", routing_table(false)));
    }
    aml_append(dsdt, pci);

    field = aml_field("PCI0.ISA.PIRQ", AML_BYTE_ACC, AML_NOLOCK, AML_PRESERVE);
    for (int i = 0; i < NUM_PIRQS; i++) {
        g_autofree char *name = g_strdup_printf("PRQ%d", i);
        aml_append(field, aml_named_field(name, 8));
    }
    aml_append(sb, field);
    acpi_build_pirq_links(sb, NUM_PIRQS);
    aml_append(sb, sci_link_device());
    acpi_build_other_roots(sb, pcms, other_routing, NULL);
    aml_append(dsdt, sb);
}
