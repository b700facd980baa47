/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System description tables: header and common fields (ACPI 6.5, 5.2.3 and 5.2.6). */

#include "qemu/osdep.h"
#include "hw/acpi/aml-build.h"
#include "qemu/bswap.h"

#define HEADER_LENGTH_OFFSET   4
#define HEADER_CHECKSUM_OFFSET 9

void build_append_int_noprefix(GArray *table, uint64_t value, int size)
{
    value = cpu_to_le64(value);
    g_array_append_vals(table, &value, size);
}

void build_append_padded_str(GArray *table, const char *str, size_t max, char pad)
{
    size_t len = strlen(str);

    g_assert(len <= max);
    g_array_append_vals(table, str, len);
    for (; len < max; len++) {
        g_array_append_val(table, pad);
    }
}

void build_append_gas(GArray *table, AmlAddressSpace space, uint8_t bit_width, uint8_t bit_offset,
                      uint8_t access_width, uint64_t address)
{
    build_append_int_noprefix(table, space, 1);
    build_append_int_noprefix(table, bit_width, 1);
    build_append_int_noprefix(table, bit_offset, 1);
    build_append_int_noprefix(table, access_width, 1);
    build_append_int_noprefix(table, address, 8);
}

void acpi_table_begin(AcpiTable *desc, GArray *array)
{
    desc->array = array;
    desc->table_offset = array->len;

    build_append_padded_str(array, desc->sig, 4, '\0');
    build_append_int_noprefix(array, 0, 4); /* length, in acpi_table_end() */
    build_append_int_noprefix(array, desc->rev, 1);
    build_append_int_noprefix(array, 0, 1); /* checksum, by the firmware */
    build_append_padded_str(array, desc->oem_id, 6, '\0');
    build_append_padded_str(array, desc->oem_table_id, 8, '\0');
    build_append_int_noprefix(array, 1, 4); /* OEM revision */
    build_append_padded_str(array, "BXPC", 4, '\0');
    build_append_int_noprefix(array, 1, 4); /* creator revision */
}

void acpi_table_end(BIOSLinker *linker, AcpiTable *desc)
{
    uint32_t length = desc->array->len - desc->table_offset;
    uint32_t le = cpu_to_le32(length);

    memcpy(desc->array->data + desc->table_offset + HEADER_LENGTH_OFFSET, &le, sizeof(le));
    bios_linker_loader_add_checksum(linker, ACPI_BUILD_TABLE_FILE, desc->table_offset, length,
                                    desc->table_offset + HEADER_CHECKSUM_OFFSET);
}

unsigned acpi_table_append_address(GArray *table, const char *name)
{
    build_append_int_noprefix(table, 0x08, 1); /* NameOp */
    build_append_padded_str(table, name, 4, '\0');
    build_append_int_noprefix(table, 0x0c, 1); /* DWordPrefix */
    build_append_int_noprefix(table, 0, 4);
    return table->len - 4;
}
