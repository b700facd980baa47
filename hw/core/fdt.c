/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing flattened device trees (hw/fdt.h). */

#include "qemu/osdep.h"
#include "hw/fdt.h"
#include "qemu/bswap.h"

#define FDT_MAGIC           0xd00dfeed
#define FDT_VERSION         17
#define FDT_LAST_COMPATIBLE 16
#define FDT_HEADER_SIZE     40
#define FDT_RESERVE_SIZE    16 /* the entry that ends the list */

#define FDT_BEGIN_NODE      1
#define FDT_END_NODE        2
#define FDT_PROP            3
#define FDT_END             9

struct FdtBuilder {
    GByteArray *structure, *strings;
    GHashTable *names; /* of properties, to their place in @strings, plus one */
};

static void append_u32(GByteArray *out, uint32_t value)
{
    uint32_t be = cpu_to_be32(value);

    g_byte_array_append(out, (uint8_t *)&be, sizeof(be));
}

static void pad(GByteArray *out)
{
    static const uint8_t zeros[4];

    g_byte_array_append(out, zeros, -out->len & 3);
}

static uint32_t string_place(FdtBuilder *fdt, const char *name)
{
    uintptr_t place = (uintptr_t)g_hash_table_lookup(fdt->names, name);

    if (!place) {
        place = fdt->strings->len + 1;
        g_hash_table_insert(fdt->names, g_strdup(name), (gpointer)place);
        g_byte_array_append(fdt->strings, (const uint8_t *)name, strlen(name) + 1);
    }
    return place - 1;
}

FdtBuilder *fdt_new(void)
{
    FdtBuilder *fdt = g_new0(FdtBuilder, 1);

    fdt->structure = g_byte_array_new();
    fdt->strings = g_byte_array_new();
    fdt->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return fdt;
}

void fdt_begin_node(FdtBuilder *fdt, const char *fmt, ...)
{
    g_autofree char *name = NULL;
    va_list ap;

    va_start(ap, fmt);
    name = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    append_u32(fdt->structure, FDT_BEGIN_NODE);
    g_byte_array_append(fdt->structure, (uint8_t *)name, strlen(name) + 1);
    pad(fdt->structure);
}

void fdt_end_node(FdtBuilder *fdt)
{
    append_u32(fdt->structure, FDT_END_NODE);
}

void fdt_prop_bytes(FdtBuilder *fdt, const char *name, const void *data, size_t size)
{
    append_u32(fdt->structure, FDT_PROP);
    append_u32(fdt->structure, size);
    append_u32(fdt->structure, string_place(fdt, name));
    g_byte_array_append(fdt->structure, data, size);
    pad(fdt->structure);
}

void fdt_prop_empty(FdtBuilder *fdt, const char *name)
{
    fdt_prop_bytes(fdt, name, "", 0);
}

void fdt_prop_string(FdtBuilder *fdt, const char *name, const char *value)
{
    fdt_prop_bytes(fdt, name, value, strlen(value) + 1);
}

void fdt_prop_cells(FdtBuilder *fdt, const char *name, const uint32_t *cells, size_t n)
{
    g_autofree uint32_t *be = g_new(uint32_t, n);

    for (size_t i = 0; i < n; i++) {
        be[i] = cpu_to_be32(cells[i]);
    }
    fdt_prop_bytes(fdt, name, be, n * sizeof(*be));
}

GByteArray *fdt_finish(FdtBuilder *fdt)
{
    static const uint8_t reserve[FDT_RESERVE_SIZE];
    GByteArray *out = g_byte_array_new();
    uint32_t structure = FDT_HEADER_SIZE + FDT_RESERVE_SIZE;
    uint32_t strings;

    append_u32(fdt->structure, FDT_END);
    strings = structure + fdt->structure->len;
    append_u32(out, FDT_MAGIC);
    append_u32(out, strings + fdt->strings->len);
    append_u32(out, structure);
    append_u32(out, strings);
    append_u32(out, FDT_HEADER_SIZE); /* of the reserved ranges */
    append_u32(out, FDT_VERSION);
    append_u32(out, FDT_LAST_COMPATIBLE);
    append_u32(out, 0); /* processor that boots */
    append_u32(out, fdt->strings->len);
    append_u32(out, fdt->structure->len);
    g_byte_array_append(out, reserve, sizeof(reserve));
    g_byte_array_append(out, fdt->structure->data, fdt->structure->len);
    g_byte_array_append(out, fdt->strings->data, fdt->strings->len);
    g_byte_array_unref(fdt->structure);
    g_byte_array_unref(fdt->strings);
    g_hash_table_unref(fdt->names);
    g_free(fdt);
    return out;
}
