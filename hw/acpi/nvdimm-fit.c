/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFIT: where modules that keep what is in them are in the address space (ACPI 6.5, 5.2.26). */
#include "qemu/osdep.h"
#include "hw/acpi/acpi-tables.h"
#include "hw/acpi/nvdimm.h"
#include "hw/mem/nvdimm.h"
#include "hw/numa.h"

/* Structures, with their sizes. */
#define FIT_SPA               0 /* a range of addresses */
#define FIT_SPA_SIZE          56
#define FIT_MEMORY_MAP        1 /* which module is in a range */
#define FIT_MEMORY_MAP_SIZE   48
#define FIT_CONTROL           4 /* of which kind a module is */
#define FIT_CONTROL_SIZE      80
#define FIT_CAPABILITIES      7
#define FIT_CAPABILITIES_SIZE 16

#define SPA_FOR_HOTPLUG       (1u << 0)
#define SPA_HAS_PROXIMITY     (1u << 1)
#define PERSISTENT_MEMORY     "66f0d379-b4f3-4074-ac43-0d3318b78cdb"
/* EFI memory attributes (UEFI 2.10, 7.2): write-back, non-volatile. */
#define ATTR_WB               0x8
#define ATTR_NV               0x8000

#define MAP_NOT_ARMED         (1u << 3)

#define VENDOR                0x8086
#define DEVICE                1
#define REVISION              1
#define FIRST_SERIAL          0x123456
#define FORMAT_BYTE_ADDRESSED 0x0301

/* Highest bit of the capabilities that means anything here. */
#define HIGHEST_CAPABILITY 1

static void begin(GArray *out, uint16_t type, uint16_t size)
{
    build_append_int_noprefix(out, type, 2);
    build_append_int_noprefix(out, size, 2);
}

/* Indices are numbers from 1 that tie structures together. */
static uint16_t range_index(const PCDIMMDevice *dimm)
{
    return (dimm->slot + 1) * 2;
}

static uint16_t control_index(const PCDIMMDevice *dimm)
{
    return range_index(dimm) + 1;
}

static void add_range(GArray *out, PCDIMMDevice *dimm)
{
    QemuUUID type;

    begin(out, FIT_SPA, FIT_SPA_SIZE);
    build_append_int_noprefix(out, range_index(dimm), 2);
    build_append_int_noprefix(out, SPA_FOR_HOTPLUG | SPA_HAS_PROXIMITY, 2);
    build_append_int_noprefix(out, 0, 4);
    build_append_int_noprefix(out, dimm->node, 4);
    qemu_uuid_parse(PERSISTENT_MEMORY, &type);
    type = qemu_uuid_bswap(type);
    g_array_append_vals(out, type.data, sizeof(type.data));
    build_append_int_noprefix(out, dimm->addr, 8);
    build_append_int_noprefix(out, nvdimm_size(NVDIMM(dimm)), 8);
    build_append_int_noprefix(out, ATTR_WB | ATTR_NV, 8);
}

static void add_memory_map(GArray *out, PCDIMMDevice *dimm)
{
    begin(out, FIT_MEMORY_MAP, FIT_MEMORY_MAP_SIZE);
    build_append_int_noprefix(out, dimm->slot + 1, 4); /* handle */
    build_append_int_noprefix(out, 0, 2);              /* not in SMBIOS */
    build_append_int_noprefix(out, 0, 2);              /* its only region */
    build_append_int_noprefix(out, range_index(dimm), 2);
    build_append_int_noprefix(out, control_index(dimm), 2);
    build_append_int_noprefix(out, nvdimm_size(NVDIMM(dimm)), 8);
    build_append_int_noprefix(out, 0, 8); /* offset in the range, and in the module */
    build_append_int_noprefix(out, 0, 8);
    build_append_int_noprefix(out, 0, 2); /* not interleaved: with no way but its own */
    build_append_int_noprefix(out, 1, 2);
    build_append_int_noprefix(out, NVDIMM(dimm)->unarmed ? MAP_NOT_ARMED : 0, 2);
    build_append_int_noprefix(out, 0, 2);
}

static void add_control(GArray *out, PCDIMMDevice *dimm)
{
    guint start = out->len;

    begin(out, FIT_CONTROL, FIT_CONTROL_SIZE);
    build_append_int_noprefix(out, control_index(dimm), 2);
    build_append_int_noprefix(out, VENDOR, 2);
    build_append_int_noprefix(out, DEVICE, 2);
    build_append_int_noprefix(out, REVISION, 2);
    build_append_int_noprefix(out, 0, 6); /* no subsystem */
    build_append_int_noprefix(out, 0, 6); /* no place and date of manufacture */
    build_append_int_noprefix(out, FIRST_SERIAL + dimm->slot, 4);
    build_append_int_noprefix(out, FORMAT_BYTE_ADDRESSED, 2);
    g_array_set_size(out, start + FIT_CONTROL_SIZE); /* no block windows */
}

static void add_capabilities(GArray *out, uint32_t capabilities)
{
    begin(out, FIT_CAPABILITIES, FIT_CAPABILITIES_SIZE);
    build_append_int_noprefix(out, HIGHEST_CAPABILITY, 4);
    build_append_int_noprefix(out, capabilities, 4);
    build_append_int_noprefix(out, 0, 4);
}

GArray *acpi_nvdimm_fit(const NVDIMMState *s)
{
    GArray *fit = g_array_new(false, true, 1);

    for (uint64_t slot = 0; slot < s->machine->ram_slots; slot++) {
        NVDIMMDevice *nvdimm = nvdimm_in_slot(s->machine, slot);

        if (nvdimm) {
            add_range(fit, PC_DIMM(nvdimm));
            add_memory_map(fit, PC_DIMM(nvdimm));
            add_control(fit, PC_DIMM(nvdimm));
        }
    }
    if (fit->len && s->persistence) {
        add_capabilities(fit, s->capabilities);
    }
    return fit;
}

void acpi_nvdimm_build_nfit(const NVDIMMState *s, GArray *fit, GArray *tables, BIOSLinker *linker,
                            const char *oem_id, const char *oem_table_id)
{
    AcpiTable desc = {.sig = "NFIT", .rev = 1, .oem_id = oem_id, .oem_table_id = oem_table_id};

    acpi_table_begin(&desc, tables);
    build_append_int_noprefix(tables, 0, 4);
    g_array_append_vals(tables, fit->data, fit->len);
    acpi_table_end(linker, &desc);
}

void acpi_nvdimm_build_srat(const NVDIMMState *s, GArray *table)
{
    for (uint64_t slot = 0; s && s->is_enabled && slot < s->machine->ram_slots; slot++) {
        NVDIMMDevice *nvdimm = nvdimm_in_slot(s->machine, slot);

        if (nvdimm) {
            build_srat_memory(table, PC_DIMM(nvdimm)->addr, nvdimm_size(nvdimm),
                              PC_DIMM(nvdimm)->node,
                              ACPI_SRAT_MEMORY_ENABLED | ACPI_SRAT_MEMORY_NON_VOLATILE);
        }
    }
}
