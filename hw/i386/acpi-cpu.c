/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processors in the ACPI name space (ACPI 6.5, 8.4): each has a device, also
 * those that are not there yet; the registers of hw/acpi/cpu_hotplug.c tell which
 * are, and what changed.
 */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/acpi/cpu_hotplug.h"
#include "hw/numa.h"

#define REGISTERS            "\\_SB.PCI0.PRES"
#define LOCK                 REGISTERS ".CPLK"

#define NOTIFY_DEVICE_CHECK  1
#define NOTIFY_EJECT_REQUEST 3

/* ---- registers ---- */

static Aml *byte_registers(void)
{
    static const char *const bits[] = {"CPEN", "CINS", "CRMV", "CEJ0", "CEJF"};
    Aml *field = aml_field("PRST", AML_BYTE_ACC, AML_NOLOCK, AML_WRITE_AS_ZEROS);

    aml_append(field, aml_reserved_field(4 * 8));
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        aml_append(field, aml_named_field(bits[i], 1));
    }
    aml_append(field, aml_reserved_field(8 - ARRAY_SIZE(bits)));
    aml_append(field, aml_named_field("CCMD", 8));
    return field;
}

static Aml *word_registers(void)
{
    Aml *field = aml_field("PRST", AML_DWORD_ACC, AML_NOLOCK, AML_PRESERVE);

    aml_append(field, aml_named_field("CSEL", 32));
    aml_append(field, aml_reserved_field(32));
    aml_append(field, aml_named_field("CDAT", 32));
    return field;
}

static Aml *registers_device(uint16_t base)
{
    Aml *dev = aml_device(REGISTERS), *crs = aml_resource_template();

    aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0A06")));
    aml_append(dev, aml_name_decl("_UID", aml_string("CPU Hotplug resources")));
    aml_append(crs, aml_io(AML_DECODE16, base, base, 1, ACPI_CPU_HOTPLUG_SIZE));
    aml_append(dev, aml_name_decl("_CRS", crs));
    aml_append(dev, aml_mutex("CPLK", 0));
    aml_append(dev,
               aml_operation_region("PRST", AML_SYSTEM_IO, aml_int(base), ACPI_CPU_HOTPLUG_SIZE));
    aml_append(dev, byte_registers());
    aml_append(dev, word_registers());
    return dev;
}

static Aml *reg(const char *name)
{
    return aml_name(REGISTERS ".%s", name);
}

/* ---- methods of the container; the first argument is a processor's number ---- */

static Aml *locked_method(const char *name, int args)
{
    Aml *method = aml_method(name, args, AML_SERIALIZED);

    aml_append(method, aml_acquire(aml_name(LOCK), 0xffff));
    return method;
}

static void select_arg0(Aml *method)
{
    aml_append(method, aml_store(aml_arg(0), reg("CSEL")));
}

static Aml *status_method(void)
{
    Aml *method = locked_method("CSTA", 1), *present = aml_if(reg("CPEN"));

    select_arg0(method);
    aml_append(method, aml_store(aml_int(0), aml_local(0)));
    aml_append(present, aml_store(aml_int(0xf), aml_local(0)));
    aml_append(method, present);
    aml_append(method, aml_release(aml_name(LOCK)));
    aml_append(method, aml_return(aml_local(0)));
    return method;
}

static Aml *eject_method(void)
{
    Aml *method = locked_method("CEJ0", 1);

    select_arg0(method);
    aml_append(method, aml_store(aml_int(1), reg("CEJ0")));
    aml_append(method, aml_release(aml_name(LOCK)));
    return method;
}

/* COST(number, event, status): hands on what _OST says. */
static Aml *ost_method(void)
{
    Aml *method = locked_method("COST", 3);

    select_arg0(method);
    for (int i = 1; i <= 2; i++) {
        aml_append(method, aml_store(aml_int(i), reg("CCMD")));
        aml_append(method, aml_store(aml_arg(i), reg("CDAT")));
    }
    aml_append(method, aml_release(aml_name(LOCK)));
    return method;
}

/* CTFY(number, what): notifies that processor. */
static Aml *notify_method(int count)
{
    Aml *method = aml_method("CTFY", 2, AML_NOTSERIALIZED);

    for (int i = 0; i < count; i++) {
        Aml *it = aml_if(aml_equal(aml_arg(0), aml_int(i)));

        aml_append(it, aml_notify(aml_name("C%.03X", i), aml_arg(1)));
        aml_append(method, it);
    }
    return method;
}

/* Notifies the processor in Local1 and takes note, which is @flag; there may be more. */
static void note(Aml *block, int what, const char *flag)
{
    aml_append(block, aml_call("CTFY", 2, aml_local(1), aml_int(what)));
    aml_append(block, aml_store(aml_int(1), reg(flag)));
    aml_append(block, aml_store(aml_int(1), aml_local(0)));
}

/* CSCN(): goes from one processor that changed to the next. */
static Aml *scan_method(void)
{
    Aml *method = locked_method("CSCN", 0);
    Aml *more = aml_while(aml_local(0));
    Aml *inserted = aml_if(reg("CINS")), *otherwise = aml_else(), *removing = aml_if(reg("CRMV"));

    aml_append(method, aml_store(aml_int(0), reg("CSEL")));
    aml_append(method, aml_store(aml_int(1), aml_local(0)));
    aml_append(more, aml_store(aml_int(0), aml_local(0)));
    aml_append(more, aml_store(aml_int(0), reg("CCMD")));
    aml_append(more, aml_store(reg("CDAT"), aml_local(1)));
    note(inserted, NOTIFY_DEVICE_CHECK, "CINS");
    note(removing, NOTIFY_EJECT_REQUEST, "CRMV");
    aml_append(more, inserted);
    aml_append(otherwise, removing);
    aml_append(more, otherwise);
    aml_append(method, more);
    aml_append(method, aml_release(aml_name(LOCK)));
    return method;
}

/* ---- processors ---- */

/* The processor's MADT entry, by which the operating system finds its APIC. */
static Aml *mat_entry(int index, const CPUArchId *slot)
{
    g_autoptr(GArray) entry = g_array_new(false, true, 1);

    if (slot->arch_id <= 254) {
        build_madt_local_apic(entry, index, slot->arch_id, true);
    } else {
        build_madt_local_x2apic(entry, index, slot->arch_id, true);
    }
    return aml_buffer(entry->len, (uint8_t *)entry->data);
}

static Aml *processor(MachineState *ms, int index, const CPUArchId *slot)
{
    Aml *sta = aml_method("_STA", 0, AML_SERIALIZED), *ost = aml_method("_OST", 3, AML_SERIALIZED);
    Aml *dev;

    if (index < 255) {
        dev = aml_processor(index, "C%.03X", index);
    } else {
        dev = aml_device("C%.03X", index);
        aml_append(dev, aml_name_decl("_HID", aml_string("ACPI0007")));
        aml_append(dev, aml_name_decl("_UID", aml_int(index)));
    }
    aml_append(sta, aml_return(aml_call("CSTA", 1, aml_int(index))));
    aml_append(dev, sta);
    aml_append(dev, aml_name_decl("_MAT", mat_entry(index, slot)));
    /* The first one stays: it is the one that firmware runs on. */
    if (index > 0) {
        Aml *ej0 = aml_method("_EJ0", 1, AML_NOTSERIALIZED);
        aml_append(ej0, aml_call("CEJ0", 1, aml_int(index)));
        aml_append(dev, ej0);
    }
    aml_append(ost, aml_call("COST", 3, aml_int(index), aml_arg(0), aml_arg(1)));
    aml_append(dev, ost);
    if (ms->numa_state && ms->numa_state->num_nodes) {
        aml_append(dev, aml_name_decl("_PXM", aml_int(slot->props.node_id)));
    }
    return dev;
}

void acpi_build_cpus(X86MachineState *x86ms, Aml *dsdt)
{
    const CPUArchIdList *cpus = machine_possible_cpus(MACHINE(x86ms));
    Aml *sb = aml_scope("\\_SB"), *container = aml_device("CPUS");
    Aml *event = aml_method("\\_GPE._E02", 0, AML_NOTSERIALIZED);

    aml_append(dsdt, registers_device(x86ms->cpuhp->base));
    aml_append(container, aml_name_decl("_HID", aml_string("ACPI0010")));
    aml_append(container, aml_name_decl("_CID", aml_eisaid("PNP0A05")));
    aml_append(container, notify_method(cpus->len));
    aml_append(container, status_method());
    aml_append(container, eject_method());
    aml_append(container, ost_method());
    aml_append(container, scan_method());
    for (int i = 0; i < cpus->len; i++) {
        aml_append(container, processor(MACHINE(x86ms), i, &cpus->cpus[i]));
    }
    aml_append(sb, container);
    aml_append(dsdt, sb);
    aml_append(event, aml_call("\\_SB.CPUS.CSCN", 0));
    aml_append(dsdt, event);
}
