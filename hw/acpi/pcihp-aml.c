/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI hot-plug in the ACPI name space: a device with _EJ0 for each slot that can
 * change (ACPI 6.5, 6.3), what tells them of changes, and labels of devices (PCI
 * Firmware 3.3, 4.6.7). The registers are those of pcihp.c.
 */

#include "qemu/osdep.h"
#include "hw/acpi/pcihp.h"

#define LABEL_UUID           "E5C937D0-3553-4D7A-9117-EA4D19C3434D"

#define NOTIFY_DEVICE_CHECK  1
#define NOTIFY_EJECT_REQUEST 3

static void add_register(Aml *scope, const char *region, unsigned port, const char *const *fields,
                         int n)
{
    Aml *field = aml_field(region, AML_DWORD_ACC, AML_NOLOCK, AML_WRITE_AS_ZEROS);

    aml_append(scope, aml_operation_region(region, AML_SYSTEM_IO, aml_int(port), n * 4));
    for (int i = 0; i < n; i++) {
        aml_append(field, aml_named_field(fields[i], 32));
    }
    aml_append(scope, field);
}

/* PCEJ(bus, slot): lets go of what is in the slot. */
static Aml *eject_method(void)
{
    Aml *method = aml_method("PCEJ", 2, AML_NOTSERIALIZED);

    aml_append(method, aml_acquire(aml_name("BLCK"), 0xffff));
    aml_append(method, aml_store(aml_arg(0), aml_name("BNUM")));
    aml_append(method, aml_store(aml_shiftleft(aml_int(1), aml_arg(1), NULL), aml_name("B0EJ")));
    aml_append(method, aml_release(aml_name("BLCK")));
    return method;
}

/* AIDX(bus, slot): the label of what is in the slot, 0 without. */
static Aml *index_method(void)
{
    Aml *method = aml_method("AIDX", 2, AML_NOTSERIALIZED);

    aml_append(method, aml_acquire(aml_name("BLCK"), 0xffff));
    aml_append(method, aml_store(aml_arg(0), aml_name("BNUM")));
    aml_append(method, aml_store(aml_shiftleft(aml_int(1), aml_arg(1), NULL), aml_name("PIDX")));
    aml_append(method, aml_store(aml_name("PIDX"), aml_local(0)));
    aml_append(method, aml_release(aml_name("BLCK")));
    aml_append(method, aml_return(aml_local(0)));
    return method;
}

/*
 * PDSM(uuid, revision, function, label): _DSM of a slot. Function 0 tells which there
 * are: bit 7 only where the device has a label.
 */
static Aml *label_method(void)
{
    static const uint8_t none[1];
    Aml *method = aml_method("PDSM", 4, AML_SERIALIZED);
    Aml *foreign = aml_if(aml_lor(aml_lnot(aml_equal(aml_arg(0), aml_touuid(LABEL_UUID))),
                                  aml_lless(aml_arg(1), aml_int(2))));
    Aml *functions = aml_if(aml_equal(aml_arg(2), aml_int(0)));
    Aml *has_label = aml_if(aml_arg(3));
    Aml *label = aml_if(aml_land(aml_equal(aml_arg(2), aml_int(7)), aml_arg(3)));

    aml_append(method, aml_store(aml_buffer(1, none), aml_local(0)));
    aml_append(foreign, aml_return(aml_local(0)));
    aml_append(method, foreign);

    aml_append(has_label, aml_store(aml_int(1 | 1 << 7), aml_index(aml_local(0), aml_int(0))));
    aml_append(functions, has_label);
    aml_append(functions, aml_return(aml_local(0)));
    aml_append(method, functions);

    aml_append(label, aml_store(aml_package(2), aml_local(1)));
    aml_append(label, aml_store(aml_arg(3), aml_index(aml_local(1), aml_int(0))));
    aml_append(label, aml_store(aml_string("%s", ""), aml_index(aml_local(1), aml_int(1))));
    aml_append(label, aml_return(aml_local(1)));
    aml_append(method, label);
    aml_append(method, aml_return(aml_local(0)));
    return method;
}

/*
 * The label of what is in a slot that changes is asked for; others are fixed (@number is negative).
 * The bus by its number: BSEL is that of the bus behind it in a bridge's scope.
 */
static Aml *slot_dsm(int number, int slot, uint32_t label)
{
    Aml *method = aml_method("_DSM", 4, AML_SERIALIZED);

    if (number >= 0) {
        aml_append(method,
                   aml_store(aml_call("AIDX", 2, aml_int(number), aml_int(slot)), aml_local(0)));
    } else {
        aml_append(method, aml_store(aml_int(label), aml_local(0)));
    }
    aml_append(method,
               aml_return(aml_call("PDSM", 4, aml_arg(0), aml_arg(1), aml_arg(2), aml_local(0))));
    return method;
}

static void add_bus(const AcpiPciHpState *s, PCIBus *bus, Aml *scope);
static bool has_news(const AcpiPciHpState *s, PCIBus *bus);

/* The bus behind @d, which may be NULL. */
static PCIBus *secondary_bus(PCIDevice *d)
{
    BusState *child = d ? QLIST_FIRST(&DEVICE(d)->child_bus) : NULL;

    return (PCIBus *)object_dynamic_cast((Object *)child, TYPE_PCI_BUS);
}

/* The bus behind @d, if there is anything to say of it; @d may be NULL. */
static PCIBus *bus_behind(const AcpiPciHpState *s, PCIDevice *d)
{
    PCIBus *bus = secondary_bus(d);

    return bus && has_news(s, bus) ? bus : NULL;
}

/* Slots of the bus can change, or a device has a label, or that is so further down. */
static bool has_news(const AcpiPciHpState *s, PCIBus *bus)
{
    bool news = acpi_pcihp_bus_number(s, bus) >= 0;

    for (int devfn = 0; !news && devfn < PCI_DEVFN_MAX; devfn++) {
        PCIDevice *d = bus->devices[devfn];

        news = d && ((d->acpi_index && !PCI_FUNC(devfn)) || bus_behind(s, d));
    }
    return news;
}

static Aml *function_device(int devfn)
{
    Aml *dev = aml_device("S%.02X", devfn);

    aml_append(dev,
               aml_name_decl("_ADR", aml_int((uint64_t)PCI_SLOT(devfn) << 16 | PCI_FUNC(devfn))));
    return dev;
}

/* A slot that can change, or one that a label or what is behind a bridge is told of. */
static Aml *slot_device(const AcpiPciHpState *s, PCIBus *bus, int number, int slot, bool removable)
{
    PCIDevice *first = bus->devices[PCI_DEVFN(slot, 0)];
    PCIBus *behind = bus_behind(s, first);
    uint32_t label = first ? first->acpi_index : 0;
    bool labelled = removable || label;
    Aml *dev, *eject;

    if (!removable && !labelled && !behind) {
        return NULL;
    }
    dev = function_device(PCI_DEVFN(slot, 0));
    if (labelled) {
        aml_append(dev, slot_dsm(number, slot, label));
    }
    if (removable) {
        eject = aml_method("_EJ0", 1, AML_NOTSERIALIZED);
        aml_append(dev, aml_name_decl("_SUN", aml_int(slot)));
        aml_append(eject, aml_call("PCEJ", 2, aml_int(number), aml_int(slot)));
        aml_append(dev, eject);
    }
    if (behind) {
        add_bus(s, behind, dev);
    }
    return dev;
}

/* DVNT(slots, what): notifies the devices of these slots. */
static Aml *notify_method(uint32_t removable)
{
    Aml *method = aml_method("DVNT", 2, AML_NOTSERIALIZED);

    for (int slot = 0; slot < PCI_SLOT_MAX; slot++) {
        if (removable & (1u << slot)) {
            Aml *changed = aml_if(aml_and(aml_arg(0), aml_int(1u << slot), NULL));

            aml_append(changed, aml_notify(aml_name("S%.02X", PCI_DEVFN(slot, 0)), aml_arg(1)));
            aml_append(method, changed);
        }
    }
    return method;
}

/* PCNT(): asks for the changes of this bus, and of those behind its bridges. Does nothing without.
 */
static Aml *scan_method(const AcpiPciHpState *s, PCIBus *bus, int number)
{
    Aml *method = aml_method("PCNT", 0, AML_NOTSERIALIZED);

    if (number >= 0) {
        aml_append(method, aml_store(aml_int(number), aml_name("BNUM")));
        aml_append(method, aml_call("DVNT", 2, aml_name("PCIU"), aml_int(NOTIFY_DEVICE_CHECK)));
        aml_append(method, aml_call("DVNT", 2, aml_name("PCID"), aml_int(NOTIFY_EJECT_REQUEST)));
    }
    for (int devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        if (bus_behind(s, bus->devices[devfn])) {
            /* A path of several names is not searched for: from the scope that has this method. */
            g_autofree char *name = g_strdup_printf("^S%.02X.PCNT", devfn);
            aml_append(method, aml_call(name, 0));
        }
    }
    return method;
}

static void add_bus(const AcpiPciHpState *s, PCIBus *bus, Aml *scope)
{
    int number = acpi_pcihp_bus_number(s, bus);
    uint32_t removable = number < 0 ? 0 : acpi_pcihp_removable(s, number);

    if (number >= 0) {
        aml_append(scope, aml_name_decl("BSEL", aml_int(number)));
    }
    for (int slot = 0; slot < PCI_SLOT_MAX; slot++) {
        Aml *dev = slot_device(s, bus, number, slot, removable & (1u << slot));

        if (dev) {
            aml_append(scope, dev);
        }
    }
    /* Bridges among the other functions of a slot. */
    for (int devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        PCIBus *behind = bus_behind(s, bus->devices[devfn]);

        if (behind && PCI_FUNC(devfn)) {
            Aml *dev = function_device(devfn);

            add_bus(s, behind, dev);
            aml_append(scope, dev);
        }
    }
    if (number >= 0) {
        aml_append(scope, notify_method(removable));
    }
    aml_append(scope, scan_method(s, bus, number));
}

void acpi_pcihp_build_aml(const AcpiPciHpState *s, PCIBus *root, Aml *root_scope)
{
    static const char *const changes[] = {"PCIU", "PCID"}, *const ejection[] = {"B0EJ"},
                             *const selection[] = {"BNUM", "PIDX"};

    if (acpi_pcihp_active(s)) {
        add_register(root_scope, "PCST", s->base, changes, 2);
        add_register(root_scope, "SEJ", s->base + 0x08, ejection, 1);
        add_register(root_scope, "BNMR", s->base + 0x10, selection, 2);
        aml_append(root_scope, aml_mutex("BLCK", 0));
        aml_append(root_scope, eject_method());
        aml_append(root_scope, index_method());
    }
    aml_append(root_scope, label_method());
    add_bus(s, root, root_scope);
}
