/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AML terms against bytes worked out from ACPI 6.5, chapter 20, and against the iasl disassembler.
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "hw/acpi/aml-build.h"
#include "qemu/bswap.h"

static void check(Aml *term, const char *expected)
{
    g_autoptr(GArray) out = g_array_new(false, false, 1);
    g_autoptr(GString) hex = g_string_new(NULL);

    aml_emit(term, out);
    for (guint i = 0; i < out->len; i++) {
        g_string_append_printf(hex, "%s%02x", i ? " " : "", (uint8_t)out->data[i]);
    }
    g_assert_cmpstr(hex->str, ==, expected);
}

static void test_names(void)
{
    check(aml_name("FOO"), "46 4f 4f 5f");
    check(aml_name("\\"), "5c 00");
    check(aml_name("^^X"), "5e 5e 58 5f 5f 5f");
    check(aml_name("\\_SB.PCI%d", 0), "5c 2e 5f 53 42 5f 50 43 49 30");
    check(aml_name("A.B.C"), "2f 03 41 5f 5f 5f 42 5f 5f 5f 43 5f 5f 5f");
}

static void test_data(void)
{
    check(aml_int(0), "00");
    check(aml_int(1), "01");
    check(aml_int(2), "0a 02");
    check(aml_int(0x1234), "0b 34 12");
    check(aml_int(0x12345678), "0c 78 56 34 12");
    check(aml_int(0x123456789aull), "0e 9a 78 56 34 12 00 00 00");
    check(aml_int(UINT64_MAX), "ff");
    check(aml_string("a%s", "b"), "0d 61 62 00");
    check(aml_eisaid("PNP0A03"), "0c 41 d0 0a 03");
    check(aml_buffer(3, NULL), "11 03 0a 03");
    check(aml_buffer(2, (uint8_t[]){7, 8}), "11 05 0a 02 07 08");
    check(aml_touuid("33db4d5b-1ff7-401c-9657-7441c03dd766"),
          "11 13 0a 10 5b 4d db 33 f7 1f 1c 40 96 57 74 41 c0 3d d7 66");
}

static void test_blocks(void)
{
    Aml *pkg = aml_package(2);
    Aml *method = aml_method("M", 1, AML_SERIALIZED);
    Aml *field = aml_field("R", AML_BYTE_ACC, AML_NOLOCK, AML_PRESERVE);

    aml_append(pkg, aml_int(5));
    aml_append(pkg, aml_name("L"));
    check(pkg, "12 08 02 0a 05 4c 5f 5f 5f");

    aml_append(method, aml_return(aml_and(aml_arg(0), aml_int(0xf), NULL)));
    check(method, "14 0c 4d 5f 5f 5f 09 a4 7b 68 0a 0f 00");

    aml_append(field, aml_reserved_field(0x60 * 8));
    aml_append(field, aml_named_field("PRQ0", 8));
    check(field, "5b 81 0e 52 5f 5f 5f 01 00 40 30 50 52 51 30 08");
    check(aml_operation_region("R", AML_SYSTEM_IO, aml_int(0x80), 1),
          "5b 80 52 5f 5f 5f 01 0a 80 01");
    check(aml_call("F", 2, aml_int(1), aml_local(2)), "46 5f 5f 5f 01 62");
    check(aml_store(aml_int(0), aml_index(aml_local(0), aml_int(1))), "70 00 88 60 01 00");
}

/* The edges at which PkgLength needs one more byte. */
static void test_package_length(void)
{
    static const struct {
        size_t terms;
        const char *head;
    } cases[] = {{0x3e, "3f"}, {0x3f, "41 04"}, {0xffd, "4f ff"}, {0xffe, "81 00 01"}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autoptr(GArray) out = g_array_new(false, false, 1);
        g_autoptr(GString) hex = g_string_new(NULL);
        Aml *block = aml_else();
        for (size_t n = 0; n < cases[i].terms; n++) {
            aml_append(block, aml_int(0));
        }
        aml_emit(block, out);
        g_assert_cmpuint(out->len, ==, 1 + (strlen(cases[i].head) + 1) / 3 + cases[i].terms);
        for (size_t n = 0; n < (strlen(cases[i].head) + 1) / 3; n++) {
            g_string_append_printf(hex, "%s%02x", n ? " " : "", (uint8_t)out->data[1 + n]);
        }
        g_assert_cmpstr(hex->str, ==, cases[i].head);
    }
}

static void test_resources(void)
{
    Aml *crs = aml_resource_template();

    aml_append(crs, aml_io(AML_DECODE16, 0x60, 0x60, 1, 1));
    aml_append(crs, aml_irq_no_flags(1));
    check(crs, "11 10 0a 0d 47 01 60 00 60 00 01 01 22 02 00 79 00");
    check(aml_dma(AML_COMPATIBILITY, AML_NOTBUSMASTER, AML_TRANSFER8, 2), "2a 04 00");
    check(aml_memory32_fixed(0xfed00000, 0x400, AML_READ_ONLY),
          "86 09 00 00 00 00 d0 fe 00 04 00 00");
    check(
        aml_interrupt(AML_CONSUMER, AML_LEVEL, AML_ACTIVE_HIGH, AML_SHARED, (uint32_t[]){5, 10}, 2),
        "89 0a 00 09 02 05 00 00 00 0a 00 00 00");
    check(aml_word_bus_number(0, 0xff), "88 0d 00 02 0c 00 00 00 00 00 ff 00 00 00 00 01");
    check(aml_dword_memory(AML_CACHEABLE, AML_READ_WRITE, 0xa0000, 0xbffff),
          "87 17 00 00 0c 03 00 00 00 00 00 00 0a 00 ff ff 0b 00 00 00 00 00 00 00 02 00");
}

static void test_linker(void)
{
    BIOSLinker *linker = bios_linker_loader_init();
    g_autoptr(GArray) tables = g_array_new(false, true, 1);
    g_autoptr(GArray) rsdp = g_array_new(false, true, 1);
    AcpiTable table = {.sig = "TEST", .rev = 3, .oem_id = "AB", .oem_table_id = "CD"};
    const uint8_t *e;

    g_array_set_size(rsdp, 20);
    bios_linker_loader_alloc(linker, ACPI_BUILD_TABLE_FILE, tables, 64, false);
    bios_linker_loader_alloc(linker, ACPI_BUILD_RSDP_FILE, rsdp, 16, true);
    build_append_int_noprefix(tables, 0, 4);
    acpi_table_begin(&table, tables);
    build_append_int_noprefix(tables, 0x1122, 2);
    acpi_table_end(linker, &table);
    bios_linker_loader_add_pointer(linker, ACPI_BUILD_RSDP_FILE, 16, 4, ACPI_BUILD_TABLE_FILE, 4);

    g_assert_cmpuint(tables->len, ==, 4 + 36 + 2);
    g_assert_cmpmem(tables->data + 4, 36,
                    "TEST\x26\0\0\0\3\0"
                    "AB\0\0\0\0CD\0\0\0\0\0\0\1\0\0\0"
                    "BXPC\1\0\0\0",
                    36);
    g_assert_cmpuint(ldl_le_p(rsdp->data + 16), ==, 4);
    g_assert_cmpuint(linker->cmd_blob->len, ==, 4 * BIOS_LINKER_LOADER_ENTRY_SIZE);
    e = (uint8_t *)linker->cmd_blob->data;
    g_assert_cmpuint(ldl_le_p(e), ==, 1);
    g_assert_cmpstr((char *)e + 4, ==, ACPI_BUILD_RSDP_FILE);
    g_assert_cmpuint(ldl_le_p(e + 60), ==, 16);
    g_assert_cmpuint(e[64], ==, 2);
    e += 2 * BIOS_LINKER_LOADER_ENTRY_SIZE;
    g_assert_cmpuint(ldl_le_p(e), ==, 3);
    g_assert_cmpuint(ldl_le_p(e + 60), ==, 13);
    g_assert_cmpuint(ldl_le_p(e + 64), ==, 4);
    g_assert_cmpuint(ldl_le_p(e + 68), ==, 38);
    e += BIOS_LINKER_LOADER_ENTRY_SIZE;
    g_assert_cmpuint(ldl_le_p(e), ==, 2);
    g_assert_cmpstr((char *)e + 60, ==, ACPI_BUILD_TABLE_FILE);
    g_assert_cmpuint(ldl_le_p(e + 116), ==, 16);
    g_assert_cmpuint(e[120], ==, 4);
    bios_linker_loader_cleanup(linker);
}

static Aml *sample_dsdt(void)
{
    Aml *list = aml_list_new(), *scope = aml_scope("\\_SB"), *dev = aml_device("TST%d", 0);
    Aml *method = aml_method("_STA", 0, AML_NOTSERIALIZED);
    Aml *branch = aml_if(aml_lless(aml_local(0), aml_int(3)));
    Aml *otherwise = aml_else(), *loop = aml_while(aml_local(0));
    Aml *field = aml_field("REG", AML_DWORD_ACC, AML_LOCK, AML_WRITE_AS_ZEROS);

    aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0C02")));
    aml_append(dev, aml_mutex("MTX", 0));
    aml_append(dev, aml_operation_region("REG", AML_SYSTEM_MEMORY, aml_int(0xfed00000), 0x400));
    aml_append(field, aml_named_field("FLD", 12));
    aml_append(dev, field);
    aml_append(method, aml_acquire(aml_name("MTX"), 0xffff));
    aml_append(method, aml_store(aml_name("FLD"), aml_local(0)));
    aml_append(branch, aml_store(aml_int(1), aml_local(0)));
    aml_append(method, branch);
    aml_append(otherwise, aml_store(aml_int(2), aml_local(0)));
    aml_append(method, otherwise);
    aml_append(loop, aml_decrement(aml_local(0)));
    aml_append(loop, aml_break());
    aml_append(method, loop);
    aml_append(method, aml_store(aml_object_type(aml_local(1)), aml_local(2)));
    aml_append(method,
               aml_store(aml_mid(aml_local(1), aml_int(4), aml_int(8), NULL), aml_local(3)));
    aml_append(method, aml_release(aml_name("MTX")));
    aml_append(method, aml_return(aml_or(aml_local(0), aml_int(15), NULL)));
    aml_append(dev, method);
    aml_append(scope, dev);
    aml_append(list, scope);
    return list;
}

static void test_iasl(void)
{
    static const char *const expected[] = {
        "Device (TST0)",
        "EisaId (\"PNP0C02\")",
        "Acquire (MTX, 0xFFFF)",
        "If ((Local0 < 0x03))",
        "Else",
        "While (Local0)",
        "Local2 = ObjectType (Local1)",
        "Local3 = Mid (Local1, 0x04, 0x08)",
        "Release (MTX)",
        "Return ((Local0 | 0x0F))",
    };
    BIOSLinker *linker = bios_linker_loader_init();
    g_autoptr(GArray) tables = g_array_new(false, true, 1);
    AcpiTable table = {.sig = "DSDT", .rev = 2, .oem_id = "RHEA", .oem_table_id = "TEST"};
    g_autofree char *iasl = g_find_program_in_path("iasl");
    g_autofree char *dir = g_dir_make_tmp("aml-XXXXXX", NULL), *log = NULL, *text = NULL;
    g_autofree char *aml = g_build_filename(dir, "t.aml", NULL);
    g_autofree char *dsl = g_build_filename(dir, "t.dsl", NULL);
    char *argv[] = {iasl, (char *)"-d", aml, NULL};
    int status;

    bios_linker_loader_alloc(linker, ACPI_BUILD_TABLE_FILE, tables, 64, false);
    acpi_table_begin(&table, tables);
    aml_emit(sample_dsdt(), tables);
    acpi_table_end(linker, &table);
    bios_linker_loader_cleanup(linker);
    if (!iasl) {
        g_test_skip("iasl is not installed");
        g_rmdir(dir);
        return;
    }
    g_assert_true(g_file_set_contents(aml, tables->data, tables->len, NULL));
    g_assert_true(g_spawn_sync(dir, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &log,
                               &status, NULL));
    g_assert_cmpint(status, ==, 0);
    g_assert_true(g_file_get_contents(dsl, &text, NULL, NULL));
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        g_assert_nonnull(strstr(text, expected[i]));
    }
    g_unlink(aml);
    g_unlink(dsl);
    g_rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/aml/names", test_names);
    g_test_add_func("/aml/data", test_data);
    g_test_add_func("/aml/blocks", test_blocks);
    g_test_add_func("/aml/package-length", test_package_length);
    g_test_add_func("/aml/resources", test_resources);
    g_test_add_func("/aml/linker", test_linker);
    g_test_add_func("/aml/iasl", test_iasl);
    return g_test_run();
}
