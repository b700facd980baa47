/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables from the command line (-acpitable; header: ACPI 6.5, 5.2.6). */

#include "qemu/osdep.h"
#include "hw/acpi/acpi-table.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"

#define HEADER_SIZE    36
#define MAX_TABLE_SIZE (64 * 1024) /* what firmware has room for */

GPtrArray *acpi_user_tables(void)
{
    static GPtrArray *tables;

    if (!tables) {
        tables = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
    }
    return tables;
}

static bool check_keys(const QDict *keys, Error **errp)
{
    ERRP_GUARD();
    static const char *const known[] = {
        "sig",  "rev",  "oem_id", "oem_table_id", "oem_rev", "asl_compiler_id", "asl_compiler_rev",
        "file", "data", NULL};

    for (const QDictEntry *e = qdict_first(keys); e; e = qdict_next(keys, e)) {
        const char *key = qdict_entry_key(e);
        if (!g_strv_contains(known, key) || !qdict_get_try_str(keys, key)) {
            g_autofree char *all = g_strjoinv(", ", (char **)known);
            const char *nearest = qemu_nearest_name(key, known);
            error_setg(errp, "Invalid parameter '%s'", key);
            if (nearest) {
                error_append_hint(errp, "Did you mean '%s'? ", nearest);
            }
            error_append_hint(errp, "Accepted: %s.\n", all);
            return false;
        }
    }
    return true;
}

static bool read_files(GByteArray *table, const char *names, Error **errp)
{
    ERRP_GUARD();
    g_auto(GStrv) parts = g_strsplit(names, ":", 0);

    if (!names[0]) {
        error_setg(errp, "an ACPI table needs the name of at least one file");
        return false;
    }
    for (int i = 0; parts[i]; i++) {
        g_autofree char *data = NULL;
        size_t size;

        data = qemu_read_file(parts[i], MAX_TABLE_SIZE - table->len, &size, errp);
        if (!data) {
            error_prepend(errp, "ACPI table: ");
            return false;
        }
        g_byte_array_append(table, (uint8_t *)data, size);
    }
    return true;
}

static bool set_text(GByteArray *table, const QDict *keys, const char *key, unsigned offset,
                     size_t size, const char *fallback, Error **errp)
{
    const char *value = qdict_get_try_str(keys, key);

    value = value ? value : fallback;
    if (!value) {
        return true;
    }
    if (strlen(value) > size) {
        error_setg(errp, "%s='%s' is longer than %zu characters", key, value, size);
        return false;
    }
    memset(table->data + offset, 0, size);
    memcpy(table->data + offset, value, strlen(value));
    return true;
}

static bool set_number(GByteArray *table, const QDict *keys, const char *key, unsigned offset,
                       unsigned size, const char *fallback, Error **errp)
{
    const char *value = qdict_get_try_str(keys, key);
    uint64_t number, max = size == 1 ? UINT8_MAX : UINT32_MAX;

    value = value ? value : fallback;
    if (!value) {
        return true;
    }
    if (qemu_strtou64(value, NULL, 0, &number) < 0 || number > max) {
        error_setg(errp, "%s='%s' is not a number between 0 and %" PRIu64, key, value, max);
        return false;
    }
    number = cpu_to_le64(number);
    memcpy(table->data + offset, &number, size);
    return true;
}

/* What a table that comes with its header says of itself wrongly, or one without does not say. */
static void warn_of_header(const GByteArray *table, const QDict *keys, bool fresh)
{
    bool described = qdict_size(keys) > 1; /* more than file= or data= */

    if (fresh && !described) {
        warn_report("an ACPI table of data= without sig= and the like has a header that says "
                    "nothing of it");
    } else if (!fresh && ldl_le_p(table->data + 4) != table->len) {
        warn_report("ACPI table has wrong length, header says %u, actual size %u bytes",
                    ldl_le_p(table->data + 4), table->len);
    }
}

bool acpi_table_add(const QDict *keys, Error **errp)
{
    g_autoptr(GByteArray) table = g_byte_array_new();
    const char *file = qdict_get_try_str(keys, "file");
    const char *data = qdict_get_try_str(keys, "data");
    bool fresh = data != NULL;

    if (!check_keys(keys, errp)) {
        return false;
    }
    if (!file == !data) {
        error_setg(errp, "an ACPI table needs either 'file' or 'data'");
        return false;
    }
    if (fresh) {
        g_byte_array_set_size(table, HEADER_SIZE);
        memset(table->data, 0, HEADER_SIZE);
    }
    if (!read_files(table, fresh ? data : file, errp)) {
        return false;
    }
    if (table->len < HEADER_SIZE) {
        error_setg(errp, "ACPI table '%s' is shorter than its header (%u of %d bytes)", file,
                   table->len, HEADER_SIZE);
        return false;
    }
    if (!set_text(table, keys, "sig", 0, 4, fresh ? "QEMU" : NULL, errp) ||
        !set_number(table, keys, "rev", 8, 1, fresh ? "1" : NULL, errp) ||
        !set_text(table, keys, "oem_id", 10, 6, fresh ? "QEMUQE" : NULL, errp) ||
        !set_text(table, keys, "oem_table_id", 16, 8, fresh ? "QEMUQEMU" : NULL, errp) ||
        !set_number(table, keys, "oem_rev", 24, 4, fresh ? "1" : NULL, errp) ||
        !set_text(table, keys, "asl_compiler_id", 28, 4, fresh ? "QEMU" : NULL, errp) ||
        !set_number(table, keys, "asl_compiler_rev", 32, 4, fresh ? "1" : NULL, errp)) {
        return false;
    }
    warn_of_header(table, keys, fresh);
    stl_le_p(table->data + 4, table->len);
    g_ptr_array_add(acpi_user_tables(), g_steal_pointer(&table));
    return true;
}
