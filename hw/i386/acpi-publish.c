/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handing ACPI tables to the firmware as fw_cfg files, or to a kernel as they are. */

#include "qemu/osdep.h"
#include "acpi-build.h"
#include "qemu/error-report.h"
#include "system/reset.h"

/* Sizes that the files are rounded up to, so that they rarely change. */
#define TABLES_SIZE 0x20000
#define LOADER_SIZE 0x1000

typedef struct AcpiPublished {
    MachineState *ms;
    FWCfgState *fw_cfg;
    AcpiBuildFn *build;
    bool pad;
    bool current; /* built since the last reset */
} AcpiPublished;

static void init_tables(AcpiBuildTables *t)
{
    t->tables = g_array_new(false, true, 1);
    t->rsdp = g_array_new(false, true, 1);
    t->linker = bios_linker_loader_init();
}

static void free_tables(AcpiBuildTables *t)
{
    bios_linker_loader_cleanup(t->linker);
    g_array_free(t->tables, true);
    g_array_free(t->rsdp, true);
}

static void pad_to(GArray *blob, unsigned granule, const char *what)
{
    if (blob->len > granule) {
        warn_report("%s of this machine take %u bytes; firmware may have no room for more than %u",
                    what, blob->len, granule);
    }
    g_array_set_size(blob, ROUND_UP(blob->len, granule));
}

static void build(AcpiPublished *p, AcpiBuildTables *t)
{
    init_tables(t);
    p->build(p->ms, t);
    if (p->pad) {
        pad_to(t->tables, TABLES_SIZE, "the ACPI tables");
        pad_to(t->linker->cmd_blob, LOADER_SIZE, "the ACPI table loader commands");
    }
}

static void replace(AcpiPublished *p, const char *name, GArray *blob)
{
    g_free(fw_cfg_modify_file(p->fw_cfg, name, g_memdup2(blob->data, blob->len), blob->len));
}

static void update(void *opaque)
{
    AcpiPublished *p = opaque;
    AcpiBuildTables t;

    if (p->current) {
        return;
    }
    p->current = true;
    build(p, &t);
    replace(p, ACPI_BUILD_TABLE_FILE, t.tables);
    replace(p, ACPI_BUILD_RSDP_FILE, t.rsdp);
    replace(p, ACPI_BUILD_LOADER_FILE, t.linker->cmd_blob);
    free_tables(&t);
}

static void on_reset(void *opaque)
{
    ((AcpiPublished *)opaque)->current = false;
}

static void add(AcpiPublished *p, const char *name, GArray *blob)
{
    fw_cfg_add_file_callback(p->fw_cfg, name, update, NULL, p, g_memdup2(blob->data, blob->len),
                             blob->len, true, &error_fatal);
}

void acpi_publish(MachineState *ms, FWCfgState *fw_cfg, AcpiBuildFn *build_fn, bool pad)
{
    /* Lives as long as the machine. */
    AcpiPublished *p = g_new0(AcpiPublished, 1);
    AcpiBuildTables t;

    p->ms = ms;
    p->fw_cfg = fw_cfg;
    p->build = build_fn;
    p->pad = pad;
    build(p, &t);
    add(p, ACPI_BUILD_TABLE_FILE, t.tables);
    add(p, ACPI_BUILD_RSDP_FILE, t.rsdp);
    add(p, ACPI_BUILD_LOADER_FILE, t.linker->cmd_blob);
    free_tables(&t);
    qemu_register_reset(on_reset, p);
}

GByteArray *acpi_install(MachineState *ms, AcpiBuildFn *build_fn, uint64_t base)
{
    GByteArray *installed;
    AcpiBuildTables t;

    init_tables(&t);
    build_fn(ms, &t);
    installed = bios_linker_loader_install(t.linker, ACPI_BUILD_RSDP_FILE, base);
    free_tables(&t);
    return installed;
}
