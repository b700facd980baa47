/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Link devices (ACPI 6.5, 6.2.13) for the inputs of PIIX3's and ICH9's interrupt routers. Both
 * have one register for each: bit 7 set is off, bits 3:0 are the ISA interrupt.
 */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/acpi/acpi_aml_interface.h"

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

void acpi_build_pirq_links(Aml *sb, int count)
{
    aml_append(sb, link_status_method());
    aml_append(sb, link_resources_method());
    for (int i = 0; i < count; i++) {
        aml_append(sb, link_device(i));
    }
}
