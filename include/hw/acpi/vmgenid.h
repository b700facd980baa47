/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generation ID of the virtual machine: 16 bytes in guest memory that change
 * when the machine's past is not the only one (restored from a snapshot).
 * Specification: Microsoft, "Virtual Machine Generation ID". BQL held.
 */
#ifndef HW_ACPI_VMGENID_H
#define HW_ACPI_VMGENID_H

#include "hw/acpi/aml-build.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/qdev-core.h"
#include "qemu/uuid.h"

#define TYPE_VMGENID "vmgenid"
OBJECT_DECLARE_SIMPLE_TYPE(VmGenIdState, VMGENID)

/* The one of this machine, NULL without. */
VmGenIdState *vmgenid_find(void);
const QemuUUID *vmgenid_get(const VmGenIdState *s);
/* The files that firmware places and reports its placement in. */
void vmgenid_add_fw_cfg(VmGenIdState *s, FWCfgState *fw_cfg);
/* SSDT of the device at the end of @tables. */
void vmgenid_build_acpi(VmGenIdState *s, GArray *tables, BIOSLinker *linker, const char *oem_id);

#endif
