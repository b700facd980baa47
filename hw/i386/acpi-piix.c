/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI interrupt routing of a PIIX board in ACPI: link devices for the four
 * inputs of PIIX3's router (82371SB data sheet, PIRQRC[A:D], 60h-63h: bit 7 set
 * is off, bits 3:0 the ISA interrupt), _PRT (ACPI 6.5, 6.2.13), the ISA bridge.
 */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/acpi/acpi_aml_interface.h"
#include "hw/southbridge/piix.h"

#define PIRQ_REGISTERS 0x60
#define NUM_PIRQS      4
#define SCI_IRQ        9

static const uint32_t pci_irqs[] = {5, 10, 11};

/* PIRQ off is "not enabled, but there". */
static Aml *link_status_method(void)
{
    Aml *method = aml_method("LNST", 1, AML_NOTSERIALIZED);
    Aml *off = aml_if(aml_and(aml_arg(0), aml_int(0x80), NULL));

    aml_append(off, aml_return(aml_int(0x9)));
    aml_append(method, off);
    aml_append(method, aml_return(aml_int(0xb)));
    return method;
}

/* A resource buffer with the interrupt that register value Arg0 chooses; 0 when it is off. */
static Aml *link_resources_method(void)
{
    Aml *method = aml_method("LNCR", 1, AML_SERIALIZED);
    Aml *crs = aml_resource_template();
    Aml *on = aml_if(aml_lless(aml_arg(0), aml_int(0x80)));
    uint32_t none = 0;

    aml_append(crs, aml_interrupt(AML_CONSUMER, AML_LEVEL, AML_ACTIVE_HIGH, AML_SHARED, &none, 1));
    aml_append(method, aml_name_decl("LBUF", crs));
    aml_append(method, aml_create_field(aml_name("LBUF"), aml_int(5), 4, "LIRQ"));
    aml_append(on, aml_store(aml_arg(0), aml_name("LIRQ")));
    aml_append(method, on);
    aml_append(method, aml_return(aml_name("LBUF")));
    return method;
}

static Aml *link_device(int pirq)
{
    g_autofree char *reg = g_strdup_printf("PRQ%d", pirq);
    Aml *dev = aml_device("LNK%c", 'A' + pirq), *prs = aml_resource_template();
    Aml *sta = aml_method("_STA", 0, AML_NOTSERIALIZED);
    Aml *dis = aml_method("_DIS", 0, AML_NOTSERIALIZED);
    Aml *crs = aml_method("_CRS", 0, AML_NOTSERIALIZED);
    Aml *srs = aml_method("_SRS", 1, AML_NOTSERIALIZED);

    aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0C0F")));
    aml_append(dev, aml_name_decl("_UID", aml_int(pirq)));
    aml_append(prs, aml_interrupt(AML_CONSUMER, AML_LEVEL, AML_ACTIVE_HIGH, AML_SHARED, pci_irqs,
                                  ARRAY_SIZE(pci_irqs)));
    aml_append(dev, aml_name_decl("_PRS", prs));
    aml_append(sta, aml_return(aml_call("LNST", 1, aml_name("%s", reg))));
    aml_append(dev, sta);
    aml_append(dis, aml_or(aml_name("%s", reg), aml_int(0x80), aml_name("%s", reg)));
    aml_append(dev, dis);
    aml_append(crs, aml_return(aml_call("LNCR", 1, aml_name("%s", reg))));
    aml_append(dev, crs);
    aml_append(srs, aml_create_field(aml_arg(0), aml_int(5), 4, "LIRQ"));
    aml_append(srs, aml_store(aml_name("LIRQ"), aml_name("%s", reg)));
    aml_append(dev, srs);
    return dev;
}

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

/* One element per slot and pin: slots are wired to the router in turn. */
static Aml *routing_table(void)
{
    Aml *table = aml_package(PCI_SLOT_MAX * PCI_NUM_PINS);

    for (int slot = 0; slot < PCI_SLOT_MAX; slot++) {
        for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
            Aml *entry = aml_package(4);
            aml_append(entry, aml_int(slot << 16 | 0xffff));
            aml_append(entry, aml_int(pin));
            if (slot == 1 && pin == 0) {
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

void acpi_build_piix_pci(Aml *dsdt, PCMachineState *pcms)
{
    Object *piix3 = object_resolve_path_type("", TYPE_PIIX3_DEVICE, NULL);
    Aml *pci = aml_scope("\\_SB.PCI0"), *sb = aml_scope("\\_SB");
    Aml *field;

    aml_append(pci, isa_bridge(PCI_DEVICE(piix3)));
    aml_append(pci, aml_name_decl("_PRT", routing_table()));
    aml_append(dsdt, pci);

    field = aml_field("PCI0.ISA.PIRQ", AML_BYTE_ACC, AML_NOLOCK, AML_PRESERVE);
    for (int i = 0; i < NUM_PIRQS; i++) {
        g_autofree char *name = g_strdup_printf("PRQ%d", i);
        aml_append(field, aml_named_field(name, 8));
    }
    aml_append(sb, field);
    aml_append(sb, link_status_method());
    aml_append(sb, link_resources_method());
    for (int i = 0; i < NUM_PIRQS; i++) {
        aml_append(sb, link_device(i));
    }
    aml_append(sb, sci_link_device());
    aml_append(dsdt, sb);
}
