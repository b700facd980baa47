/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NVDIMM root device and a device for each slot (ACPI 6.5, 9.20), whose methods hand requests
 * to hw/acpi/nvdimm.c. MEMA is where firmware put the page for that.
 */
#include "qemu/osdep.h"
#include "hw/acpi/nvdimm.h"

#define PORT      "NPIO"
#define PAGE      "NRAM"
#define PAGE_SIZE 4096

/* Whose functions _DSM of the root device and of modules takes. */
#define ROOT_UUID      "2f10e7a4-9e91-11e4-89d3-123b93f75cba"
#define MODULE_UUID    "4309ac30-0d11-11e4-9191-0800200c9a66"

#define OBJECT_PACKAGE 4 /* of ObjectType */
#define DSM_REVISION   1

/* ---- request and answer ---- */

static void add_registers(Aml *dev)
{
    Aml *port = aml_field(PORT, AML_DWORD_ACC, AML_NOLOCK, AML_PRESERVE);
    Aml *request = aml_field(PAGE, AML_DWORD_ACC, AML_NOLOCK, AML_PRESERVE);
    Aml *answer = aml_field(PAGE, AML_DWORD_ACC, AML_NOLOCK, AML_PRESERVE);

    aml_append(dev, aml_operation_region(PORT, AML_SYSTEM_IO, aml_int(ACPI_NVDIMM_IO_BASE),
                                         ACPI_NVDIMM_IO_SIZE));
    aml_append(dev, aml_operation_region(PAGE, AML_SYSTEM_MEMORY, aml_name("MEMA"), PAGE_SIZE));
    aml_append(port, aml_named_field("NTFI", 32));
    aml_append(dev, port);
    aml_append(request, aml_named_field("HDLE", 32));
    aml_append(request, aml_named_field("REVS", 32));
    aml_append(request, aml_named_field("FUNC", 32));
    aml_append(request, aml_named_field("FARG", (PAGE_SIZE - 12) * 8));
    aml_append(dev, request);
    aml_append(answer, aml_named_field("RLEN", 32));
    aml_append(answer, aml_named_field("ODAT", (PAGE_SIZE - 4) * 8));
    aml_append(dev, answer);
}

/* NREQ(handle, revision, function, argument): the answer, as a buffer. One request at a time. */
static Aml *request_method(void)
{
    static const char *const words[] = {"HDLE", "REVS", "FUNC", "FARG"};
    Aml *method = aml_method("NREQ", 4, AML_SERIALIZED);

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        aml_append(method, aml_store(aml_arg(i), aml_name("%s", words[i])));
    }
    aml_append(method, aml_store(aml_name("MEMA"), aml_name("NTFI")));
    aml_append(method, aml_return(aml_mid(aml_name("ODAT"), aml_int(0),
                                          aml_subtract(aml_name("RLEN"), aml_int(4), NULL), NULL)));
    return method;
}

static Aml *request(Aml *handle, int function, Aml *argument)
{
    return aml_call("NREQ", 4, handle, aml_int(DSM_REVISION), aml_int(function), argument);
}

/* NWRD(buffer, offset): 32 bits of a buffer as a number. */
static Aml *word_method(void)
{
    Aml *method = aml_method("NWRD", 2, AML_NOTSERIALIZED);

    aml_append(method,
               aml_return(aml_tointeger(aml_mid(aml_arg(0), aml_arg(1), aml_int(4), NULL), NULL)));
    return method;
}

static Aml *word(Aml *buffer, int offset)
{
    return aml_call("NWRD", 2, buffer, aml_int(offset));
}

/* ---- device-specific methods (9.1.1) ---- */

static void refuse_other_uuid(Aml *method)
{
    static const uint8_t no_function[] = {0}, unsupported[] = {NVDIMM_DSM_UNSUPPORTED};
    Aml *other = aml_if(aml_lnot(aml_equal(aml_arg(0), aml_arg(5))));
    Aml *query = aml_if(aml_equal(aml_arg(2), aml_int(NVDIMM_DSM_QUERY)));

    aml_append(query, aml_return(aml_buffer(sizeof(no_function), no_function)));
    aml_append(other, query);
    aml_append(other, aml_return(aml_buffer(sizeof(unsupported), unsupported)));
    aml_append(method, other);
}

/* NDSM(uuid, revision, function, package with an argument or none, handle, uuid of the device) */
static Aml *dsm_method(void)
{
    Aml *method = aml_method("NDSM", 6, AML_NOTSERIALIZED);
    Aml *package = aml_if(aml_equal(aml_object_type(aml_arg(3)), aml_int(OBJECT_PACKAGE)));
    Aml *one = aml_if(aml_equal(aml_sizeof(aml_arg(3)), aml_int(1)));

    refuse_other_uuid(method);
    aml_append(method, aml_store(aml_int(0), aml_local(0)));
    aml_append(one, aml_store(aml_derefof(aml_index(aml_arg(3), aml_int(0))), aml_local(0)));
    aml_append(package, one);
    aml_append(method, package);
    aml_append(method,
               aml_return(aml_call("NREQ", 4, aml_arg(4), aml_arg(1), aml_arg(2), aml_local(0))));
    return method;
}

static void add_dsm(Aml *dev, uint32_t handle, const char *uuid)
{
    Aml *method = aml_method("_DSM", 4, AML_NOTSERIALIZED);

    aml_append(method, aml_return(aml_call("NDSM", 6, aml_arg(0), aml_arg(1), aml_arg(2),
                                           aml_arg(3), aml_int(handle), aml_touuid(uuid))));
    aml_append(dev, method);
}

/* ---- _FIT (9.20.2): the table as it is now ---- */

static Aml *fit_method(void)
{
    Aml *method = aml_method("_FIT", 0, AML_SERIALIZED), *loop = aml_while(aml_int(1));
    Aml *changed = aml_if(aml_equal(aml_local(3), aml_int(NVDIMM_DSM_FIT_CHANGED)));
    Aml *more = aml_else(), *end = aml_if(aml_lor(aml_local(3), aml_lnot(aml_local(4))));

    /* Local0: what there is of it, Local1: its size. */
    aml_append(method, aml_store(aml_buffer(0, NULL), aml_local(0)));
    aml_append(method, aml_store(aml_int(0), aml_local(1)));
    aml_append(loop,
               aml_store(request(aml_int(NVDIMM_FIT_HANDLE), NVDIMM_DSM_READ_FIT, aml_local(1)),
                         aml_local(2)));
    aml_append(loop, aml_store(word(aml_local(2), 0), aml_local(3)));
    aml_append(changed, aml_store(aml_buffer(0, NULL), aml_local(0)));
    aml_append(changed, aml_store(aml_int(0), aml_local(1)));
    aml_append(loop, changed);
    aml_append(more, aml_subtract(aml_sizeof(aml_local(2)), aml_int(4), aml_local(4)));
    aml_append(end, aml_return(aml_local(0)));
    aml_append(more, end);
    aml_append(more,
               aml_concatenate(aml_local(0), aml_mid(aml_local(2), aml_int(4), aml_local(4), NULL),
                               aml_local(0)));
    aml_append(more, aml_add(aml_local(1), aml_local(4), aml_local(1)));
    aml_append(loop, more);
    aml_append(method, loop);
    return method;
}

/* ---- labels (9.20.8): each method of the root device has the handle as its first argument ---- */

/* Local1 becomes a package of @n elements, which are to be stored in it. */
static void begin_package(Aml *method, int n)
{
    aml_append(method, aml_store(aml_package(n), aml_local(1)));
}

static void set_element(Aml *method, int i, Aml *value)
{
    aml_append(method, aml_store(value, aml_index(aml_local(1), aml_int(i))));
}

/* NLSI(handle): status, size, and how much a request takes. */
static Aml *label_info_method(void)
{
    Aml *method = aml_method("NLSI", 1, AML_NOTSERIALIZED);

    aml_append(method,
               aml_store(request(aml_arg(0), NVDIMM_DSM_LABEL_INFO, aml_int(0)), aml_local(0)));
    begin_package(method, 3);
    for (int i = 0; i < 3; i++) {
        set_element(method, i, word(aml_local(0), i * 4));
    }
    aml_append(method, aml_return(aml_local(1)));
    return method;
}

/* Name INPT becomes the argument of both of the following: Arg1, the offset, and Arg2, the size. */
static void add_label_argument(Aml *method)
{
    aml_append(method, aml_name_decl("INPT", aml_buffer(8, NULL)));
    aml_append(method, aml_create_field(aml_name("INPT"), aml_int(0), 4, "OFST"));
    aml_append(method, aml_create_field(aml_name("INPT"), aml_int(4), 4, "TLEN"));
    aml_append(method, aml_store(aml_arg(1), aml_name("OFST")));
    aml_append(method, aml_store(aml_arg(2), aml_name("TLEN")));
}

/* NLSR(handle, offset, size): status and a buffer. */
static Aml *label_read_method(void)
{
    Aml *method = aml_method("NLSR", 3, AML_SERIALIZED);

    add_label_argument(method);
    aml_append(method, aml_store(request(aml_arg(0), NVDIMM_DSM_LABEL_READ, aml_name("INPT")),
                                 aml_local(0)));
    begin_package(method, 2);
    set_element(method, 0, word(aml_local(0), 0));
    set_element(method, 1, aml_mid(aml_local(0), aml_int(4), aml_arg(2), NULL));
    aml_append(method, aml_return(aml_local(1)));
    return method;
}

/* NLSW(handle, offset, size, data): status. */
static Aml *label_set_method(void)
{
    Aml *method = aml_method("NLSW", 4, AML_SERIALIZED);

    add_label_argument(method);
    aml_append(method, aml_concatenate(aml_name("INPT"), aml_arg(3), aml_local(0)));
    aml_append(method,
               aml_return(word(request(aml_arg(0), NVDIMM_DSM_LABEL_SET, aml_local(0)), 0)));
    return method;
}

/* ---- devices ---- */

static void add_label_method(Aml *dev, const char *name, int args, const char *target,
                             uint32_t handle)
{
    Aml *method = aml_method(name, args, AML_NOTSERIALIZED);
    Aml *call = aml_call(target, 1, aml_int(handle));

    for (int i = 0; i < args; i++) {
        aml_append(call, aml_arg(i));
    }
    aml_append(method, aml_return(call));
    aml_append(dev, method);
}

static Aml *module_device(uint32_t slot)
{
    Aml *dev = aml_device("NV%02X", slot);
    uint32_t handle = slot + 1;

    aml_append(dev, aml_name_decl("_ADR", aml_int(handle)));
    add_label_method(dev, "_LSI", 0, "NLSI", handle);
    add_label_method(dev, "_LSR", 2, "NLSR", handle);
    add_label_method(dev, "_LSW", 3, "NLSW", handle);
    add_dsm(dev, handle, MODULE_UUID);
    return dev;
}

static Aml *root_device(const NVDIMMState *s)
{
    Aml *dev = aml_device("NVDR");

    aml_append(dev, aml_name_decl("_HID", aml_string("ACPI0012")));
    add_registers(dev);
    aml_append(dev, request_method());
    aml_append(dev, word_method());
    aml_append(dev, dsm_method());
    aml_append(dev, label_info_method());
    aml_append(dev, label_read_method());
    aml_append(dev, label_set_method());
    aml_append(dev, fit_method());
    add_dsm(dev, NVDIMM_ROOT_HANDLE, ROOT_UUID);
    for (uint64_t slot = 0; slot < s->machine->ram_slots; slot++) {
        aml_append(dev, module_device(slot));
    }
    return dev;
}

void acpi_nvdimm_build_ssdt(const NVDIMMState *s, GArray *tables, BIOSLinker *linker,
                            const char *oem_id)
{
    AcpiTable desc = {.sig = "SSDT", .rev = 1, .oem_id = oem_id, .oem_table_id = "NVDIMM"};
    Aml *list = aml_list_new(), *scope = aml_scope("\\_SB");
    Aml *event = aml_method("\\_GPE._E04", 0, AML_NOTSERIALIZED);
    unsigned field;

    acpi_table_begin(&desc, tables);
    field = acpi_table_append_address(tables, "MEMA");
    aml_append(scope, root_device(s));
    aml_append(list, scope);
    aml_append(event, aml_notify(aml_name("\\_SB.NVDR"), aml_int(0x80)));
    aml_append(list, event);
    aml_emit(list, tables);

    bios_linker_loader_alloc(linker, ACPI_NVDIMM_MEM_FILE, s->page, PAGE_SIZE, false);
    bios_linker_loader_add_pointer(linker, ACPI_BUILD_TABLE_FILE, field, 4, ACPI_NVDIMM_MEM_FILE,
                                   0);
    acpi_table_end(linker, &desc);
}
