/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory slots in the ACPI name space (ACPI 6.5, 9.11): a device PNP0C80 for each,
 * also for empty ones. The registers are those of memory_hotplug.c.
 */

#include "qemu/osdep.h"
#include "hw/acpi/memory_hotplug.h"

#define REGION               "\\_SB.PCI0.MHPD.HPMR"

#define NOTIFY_DEVICE_CHECK  1
#define NOTIFY_EJECT_REQUEST 3

/* Offsets in a resource template that begins with an address space descriptor of 64 bits
 * (6.4.3.5.1). */
#define QWORD_MIN 0x0e
#define QWORD_MAX 0x16
#define QWORD_LEN 0x26

static Aml *registers_device(void)
{
    Aml *dev = aml_device("\\_SB.PCI0.MHPD"), *crs = aml_resource_template();

    aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0A06")));
    aml_append(dev, aml_name_decl("_UID", aml_string("Memory hotplug resources")));
    aml_append(crs, aml_io(AML_DECODE16, ACPI_MEMORY_HOTPLUG_BASE, ACPI_MEMORY_HOTPLUG_BASE, 0,
                           ACPI_MEMORY_HOTPLUG_SIZE));
    aml_append(dev, aml_name_decl("_CRS", crs));
    aml_append(dev, aml_operation_region("HPMR", AML_SYSTEM_IO, aml_int(ACPI_MEMORY_HOTPLUG_BASE),
                                         ACPI_MEMORY_HOTPLUG_SIZE));
    return dev;
}

static Aml *words(const char *const *names, size_t n)
{
    Aml *field = aml_field(REGION, AML_DWORD_ACC, AML_NOLOCK, AML_PRESERVE);

    for (size_t i = 0; i < n; i++) {
        aml_append(field, aml_named_field(names[i], 32));
    }
    return field;
}

/* What is read and what is written at the same places have names of their own. */
static void add_registers(Aml *dev)
{
    static const char *const read[] = {"MRBL", "MRBH", "MRLL", "MRLH", "MPX"};
    static const char *const written[] = {"MSEL", "MOEV", "MOSC"};
    static const char *const bits[] = {"MES", "MINS", "MRMV", "MEJ"};
    Aml *field = aml_field(REGION, AML_BYTE_ACC, AML_NOLOCK, AML_WRITE_AS_ZEROS);

    aml_append(dev, words(read, ARRAY_SIZE(read)));
    aml_append(dev, words(written, ARRAY_SIZE(written)));
    aml_append(field, aml_reserved_field(0x14 * 8));
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        aml_append(field, aml_named_field(bits[i], 1));
    }
    aml_append(dev, field);
}

/* ---- methods of the container; the first argument is a slot's number ---- */

static Aml *locked_method(const char *name, int args)
{
    Aml *method = aml_method(name, args, AML_SERIALIZED);

    aml_append(method, aml_acquire(aml_name("MLCK"), 0xffff));
    aml_append(method, aml_store(aml_arg(0), aml_name("MSEL")));
    return method;
}

static void end(Aml *method, Aml *value)
{
    aml_append(method, aml_release(aml_name("MLCK")));
    if (value) {
        aml_append(method, aml_return(value));
    }
}

static Aml *status_method(void)
{
    Aml *method = locked_method("MRST", 1), *present = aml_if(aml_name("MES"));

    aml_append(method, aml_store(aml_int(0), aml_local(0)));
    aml_append(present, aml_store(aml_int(0xf), aml_local(0)));
    aml_append(method, present);
    end(method, aml_local(0));
    return method;
}

/*
 * MCRS(slot): where its memory is. In halves: integers of this table have 32 bits
 * (its revision is 1).
 */
static Aml *resources_method(void)
{
    static const struct {
        const char *name;
        unsigned offset;
    } halves[] = {{"MINL", QWORD_MIN},     {"MINH", QWORD_MIN + 4}, {"MAXL", QWORD_MAX},
                  {"MAXH", QWORD_MAX + 4}, {"LENL", QWORD_LEN},     {"LENH", QWORD_LEN + 4}};
    static const char *const copies[][2] = {
        {"MRBL", "MINL"}, {"MRBH", "MINH"}, {"MRLL", "LENL"}, {"MRLH", "LENH"}};
    Aml *method = locked_method("MCRS", 1), *crs = aml_resource_template();
    Aml *carry = aml_if(aml_lless(aml_name("MAXL"), aml_name("MINL")));
    Aml *borrow = aml_if(aml_equal(aml_name("MAXL"), aml_int(0)));

    aml_append(crs, aml_qword_memory(AML_CACHEABLE, AML_READ_WRITE, 0, UINT64_MAX - 1));
    aml_append(method, aml_name_decl("MR64", crs));
    for (size_t i = 0; i < ARRAY_SIZE(halves); i++) {
        aml_append(method, aml_create_field(aml_name("MR64"), aml_int(halves[i].offset), 4,
                                            halves[i].name));
    }
    for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
        aml_append(method, aml_store(aml_name("%s", copies[i][0]), aml_name("%s", copies[i][1])));
    }
    /* The last byte's address. */
    aml_append(method, aml_add(aml_name("MINL"), aml_name("LENL"), aml_name("MAXL")));
    aml_append(method, aml_add(aml_name("MINH"), aml_name("LENH"), aml_name("MAXH")));
    aml_append(carry, aml_increment(aml_name("MAXH")));
    aml_append(method, carry);
    aml_append(borrow, aml_decrement(aml_name("MAXH")));
    aml_append(method, borrow);
    aml_append(method, aml_decrement(aml_name("MAXL")));
    end(method, aml_name("MR64"));
    return method;
}

static Aml *proximity_method(void)
{
    Aml *method = locked_method("MPXM", 1);

    aml_append(method, aml_store(aml_name("MPX"), aml_local(0)));
    end(method, aml_local(0));
    return method;
}

/* MOST(slot, event, status): hands on what _OST says. */
static Aml *ost_method(void)
{
    Aml *method = locked_method("MOST", 3);

    aml_append(method, aml_store(aml_arg(1), aml_name("MOEV")));
    aml_append(method, aml_store(aml_arg(2), aml_name("MOSC")));
    end(method, NULL);
    return method;
}

static Aml *eject_method(void)
{
    Aml *method = locked_method("MEJ0", 1);

    aml_append(method, aml_store(aml_int(1), aml_name("MEJ")));
    end(method, NULL);
    return method;
}

/* MTFY(slot, what): notifies that slot's device. */
static Aml *notify_method(uint32_t count)
{
    Aml *method = aml_method("MTFY", 2, AML_NOTSERIALIZED);

    for (uint32_t i = 0; i < count; i++) {
        Aml *it = aml_if(aml_equal(aml_arg(0), aml_int(i)));

        aml_append(it, aml_notify(aml_name("MP%.02X", i), aml_arg(1)));
        aml_append(method, it);
    }
    return method;
}

/* Notifies the device of slot Local0 and takes note, which is @flag. */
static void note(Aml *block, int what, const char *flag)
{
    aml_append(block, aml_call("MTFY", 2, aml_local(0), aml_int(what)));
    aml_append(block, aml_store(aml_int(1), aml_name("%s", flag)));
}

/* MSCN(): looks at all slots. */
static Aml *scan_method(uint32_t count)
{
    Aml *method = aml_method("MSCN", 0, AML_SERIALIZED);
    Aml *each = aml_while(aml_lless(aml_local(0), aml_int(count)));
    Aml *inserted = aml_if(aml_name("MINS")), *otherwise = aml_else();
    Aml *removing = aml_if(aml_name("MRMV"));

    aml_append(method, aml_acquire(aml_name("MLCK"), 0xffff));
    aml_append(method, aml_store(aml_int(0), aml_local(0)));
    aml_append(each, aml_store(aml_local(0), aml_name("MSEL")));
    note(inserted, NOTIFY_DEVICE_CHECK, "MINS");
    note(removing, NOTIFY_EJECT_REQUEST, "MRMV");
    aml_append(each, inserted);
    aml_append(otherwise, removing);
    aml_append(each, otherwise);
    aml_append(each, aml_increment(aml_local(0)));
    aml_append(method, each);
    end(method, NULL);
    return method;
}

/* ---- slots ---- */

/* A method @name of a slot's device that returns what @method of the container says of it. */
static Aml *forward(const char *name, const char *method, uint32_t slot)
{
    Aml *m = aml_method(name, 0, AML_NOTSERIALIZED);

    aml_append(m, aml_return(aml_call(method, 1, aml_int(slot))));
    return m;
}

static Aml *slot_device(uint32_t slot)
{
    Aml *dev = aml_device("MP%.02X", slot);
    Aml *ost = aml_method("_OST", 3, AML_NOTSERIALIZED);
    Aml *ej0 = aml_method("_EJ0", 1, AML_NOTSERIALIZED);

    aml_append(dev, aml_name_decl("_UID", aml_string("0x%.02X", slot)));
    aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0C80")));
    aml_append(dev, forward("_CRS", "MCRS", slot));
    aml_append(dev, forward("_STA", "MRST", slot));
    aml_append(dev, forward("_PXM", "MPXM", slot));
    aml_append(ost, aml_call("MOST", 3, aml_int(slot), aml_arg(0), aml_arg(1)));
    aml_append(dev, ost);
    aml_append(ej0, aml_call("MEJ0", 1, aml_int(slot)));
    aml_append(dev, ej0);
    return dev;
}

void acpi_memory_build_aml(const AcpiMemHpState *s, Aml *dsdt)
{
    Aml *container, *event;

    if (!s->num_slots) {
        return;
    }
    aml_append(dsdt, registers_device());
    container = aml_device("\\_SB.MHPC");
    aml_append(container, aml_name_decl("_HID", aml_eisaid("PNP0A06")));
    aml_append(container, aml_name_decl("_UID", aml_string("DIMM devices")));
    aml_append(container, aml_name_decl("_STA", aml_int(0xb)));
    add_registers(container);
    aml_append(container, aml_mutex("MLCK", 0));
    aml_append(container, status_method());
    aml_append(container, resources_method());
    aml_append(container, proximity_method());
    aml_append(container, ost_method());
    aml_append(container, eject_method());
    aml_append(container, notify_method(s->num_slots));
    aml_append(container, scan_method(s->num_slots));
    for (uint32_t i = 0; i < s->num_slots; i++) {
        aml_append(container, slot_device(i));
    }
    aml_append(dsdt, container);
    event = aml_method("\\_GPE._E03", 0, AML_NOTSERIALIZED);
    aml_append(event, aml_call("\\_SB.MHPC.MSCN", 0));
    aml_append(dsdt, event);
}
