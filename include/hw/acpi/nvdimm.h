/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a guest finds modules that keep what is in them, and reads and writes their labels: the NFIT
 * (ACPI 6.5, 5.2.26) and methods of the NVDIMM root device (9.20), which come to hw/acpi/nvdimm.c
 * with a page of memory and one port. BQL held.
 */
#ifndef HW_ACPI_NVDIMM_H
#define HW_ACPI_NVDIMM_H

#include "exec/memory.h"
#include "hw/acpi/aml-build.h"
#include "hw/boards.h"
#include "hw/nvram/fw_cfg.h"

#define ACPI_NVDIMM_IO_BASE  0x0a18
#define ACPI_NVDIMM_IO_SIZE  4
#define ACPI_NVDIMM_MEM_FILE "etc/acpi/nvdimm-mem"

/* Flags of the platform (5.2.26.9): what is written is safe from when it is in ... */
#define NVDIMM_SAFE_IN_CPU_CACHE      (1u << 0)
#define NVDIMM_SAFE_IN_MEM_CONTROLLER (1u << 1)

/* Handles of NFIT: 0 is the root device, a module has its slot's number and one. */
#define NVDIMM_ROOT_HANDLE 0
#define NVDIMM_FIT_HANDLE  0x10000 /* of no device: reading the table in parts */

/* Functions of a module's _DSM (Intel, "NVDIMM DSM Interface"). */
#define NVDIMM_DSM_QUERY      0
#define NVDIMM_DSM_LABEL_INFO 4
#define NVDIMM_DSM_LABEL_READ 5
#define NVDIMM_DSM_LABEL_SET  6
/* And that of NVDIMM_FIT_HANDLE. */
#define NVDIMM_DSM_READ_FIT 1

/* First word of answers. */
#define NVDIMM_DSM_SUCCESS       0
#define NVDIMM_DSM_UNSUPPORTED   1
#define NVDIMM_DSM_NO_DEVICE     2
#define NVDIMM_DSM_INVALID_INPUT 3
#define NVDIMM_DSM_FAILURE       4
#define NVDIMM_DSM_FIT_CHANGED   0x100

struct NVDIMMState {
    /* configuration */
    bool is_enabled;
    const char *persistence; /* of -machine nvdimm-persistence=; NULL: nothing is said */
    uint32_t capabilities;

    /* wiring */
    MachineState *machine;
    MemoryRegion io;
    GArray *page; /* ACPI_NVDIMM_MEM_FILE, which firmware gives a place */

    /* state */
    bool fit_changed; /* since the guest began to read it */
};

/* Registers, and the file for @fw_cfg, of a machine with nvdimm=on. */
void acpi_nvdimm_init(NVDIMMState *s, MachineState *machine, MemoryRegion *io, FWCfgState *fw_cfg);
void acpi_nvdimm_finalize(NVDIMMState *s);
/* @dev is there: tells the guest. */
void acpi_nvdimm_plug(NVDIMMState *s, DeviceState *dev);

/* nvdimm-fit.c: the structures of all modules, g_array_unref(); without any, nothing. */
GArray *acpi_nvdimm_fit(const NVDIMMState *s);
/* The table with them. */
void acpi_nvdimm_build_nfit(const NVDIMMState *s, GArray *fit, GArray *tables, BIOSLinker *linker,
                            const char *oem_id, const char *oem_table_id);
/* Ranges for SRAT. */
void acpi_nvdimm_build_srat(const NVDIMMState *s, GArray *table);

/* nvdimm-aml.c: an SSDT with the root device and a device for each slot. */
void acpi_nvdimm_build_ssdt(const NVDIMMState *s, GArray *tables, BIOSLinker *linker,
                            const char *oem_id);

#endif
