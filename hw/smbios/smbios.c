/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMBIOS entry points and how structures are put together (DSP0134 3.6, 5.2 and 6.1). */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "smbios-internal.h"

/* The 32-bit entry point counts the bytes of all structures in 16 bits. */
#define MAX_SIZE_32 UINT16_MAX

bool smbios_begin(SmbiosBuilder *b, uint8_t type, uint16_t handle)
{
    if (smbios_type_from_file(type)) {
        return false;
    }
    b->fixed = g_byte_array_new();
    b->strings = g_ptr_array_new();
    smbios_put(b, type, 1);
    smbios_put(b, 0, 1); /* length, in smbios_end() */
    smbios_put(b, handle, 2);
    return true;
}

void smbios_put(SmbiosBuilder *b, uint64_t value, int size)
{
    value = cpu_to_le64(value);
    g_byte_array_append(b->fixed, (uint8_t *)&value, size);
}

void smbios_put_str(SmbiosBuilder *b, const char *text)
{
    if (text && *text) {
        g_ptr_array_add(b->strings, (char *)text);
        smbios_put(b, b->strings->len, 1);
    } else {
        smbios_put(b, 0, 1);
    }
}

void smbios_end(SmbiosBuilder *b)
{
    static const uint8_t nul[2];
    size_t start = b->tables->len;

    b->fixed->data[1] = b->fixed->len;
    g_byte_array_append(b->tables, b->fixed->data, b->fixed->len);
    for (guint i = 0; i < b->strings->len; i++) {
        const char *text = g_ptr_array_index(b->strings, i);
        g_byte_array_append(b->tables, (uint8_t *)text, strlen(text) + 1);
    }
    g_byte_array_append(b->tables, nul, b->strings->len ? 1 : 2);
    b->count++;
    b->max_size = MAX(b->max_size, b->tables->len - start);
    g_byte_array_unref(g_steal_pointer(&b->fixed));
    g_ptr_array_unref(g_steal_pointer(&b->strings));
}

/* Checksums and addresses are left to the firmware, which moves the tables. */
static GByteArray *entry_point_32(const SmbiosBuilder *b)
{
    GByteArray *ep = g_byte_array_new();
    uint8_t bytes[31] = "_SM_\0\x1f\x02\x08";

    stw_le_p(bytes + 8, b->max_size);
    memcpy(bytes + 16, "_DMI_", 5);
    stw_le_p(bytes + 22, b->tables->len);
    stw_le_p(bytes + 28, b->count);
    bytes[30] = 0x28;
    return g_byte_array_append(ep, bytes, sizeof(bytes));
}

static GByteArray *entry_point_64(const SmbiosBuilder *b)
{
    GByteArray *ep = g_byte_array_new();
    uint8_t bytes[24] = "_SM3_\0\x18\x03\x00\x00\x01";

    stl_le_p(bytes + 12, b->tables->len);
    return g_byte_array_append(ep, bytes, sizeof(bytes));
}

static bool build_structures(SmbiosBuilder *b, const SmbiosBoard *board, bool v3, Error **errp)
{
    GByteArray *from_file;

    *b = (SmbiosBuilder){.tables = g_byte_array_new(), .v3 = v3};
    from_file = smbios_file_structures(&b->count, &b->max_size);
    if (from_file) {
        g_byte_array_append(b->tables, from_file->data, from_file->len);
    }
    if (!smbios_build_system(b, board, errp)) {
        return false;
    }
    smbios_build_processors(b, board);
    if (!smbios_build_slots(b, errp)) {
        return false;
    }
    smbios_build_memory(b, board);
    if (smbios_begin(b, 32, 0x2000)) { /* system boot: no errors detected */
        smbios_put(b, 0, 7);
        smbios_end(b);
    }
    if (!smbios_build_onboard(b, errp)) {
        return false;
    }
    if (smbios_begin(b, 127, 0x7f00)) { /* end of table */
        smbios_end(b);
    }
    return true;
}

bool smbios_build(const SmbiosBoard *board, SmbiosEntryPointType type, SmbiosTables *out,
                  Error **errp)
{
    ERRP_GUARD();
    bool v3 = type == SMBIOS_ENTRY_POINT_TYPE_64;
    SmbiosBuilder b;

    for (;;) {
        if (!build_structures(&b, board, v3, errp)) {
            g_byte_array_unref(b.tables);
            return false;
        }
        if (v3 || (b.tables->len <= MAX_SIZE_32 && b.count <= UINT16_MAX)) {
            break;
        }
        g_byte_array_unref(b.tables);
        if (type == SMBIOS_ENTRY_POINT_TYPE_32) {
            error_setg(errp, "the SMBIOS structures don't fit into 65535 bytes");
            error_append_hint(errp, "smbios-entry-point-type=64 has no such limit.\n");
            return false;
        }
        v3 = true;
    }
    out->tables = b.tables;
    out->anchor = v3 ? entry_point_64(&b) : entry_point_32(&b);
    return true;
}
