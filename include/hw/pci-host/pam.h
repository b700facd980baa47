/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programmable attribute map: for each 16 KiB of 0xc0000-0xfffff, whether reads
 * and writes go to RAM or to the PCI bus (82441FX data sheet, 3.2.17; ICH/MCH alike).
 */
#ifndef HW_PCI_HOST_PAM_H
#define HW_PCI_HOST_PAM_H

#include "exec/memory.h"

#define PAM_REGIONS_COUNT 13
#define PAM_EXPAN_BASE    0xc0000
#define PAM_EXPAN_SIZE    0x4000
#define PAM_BIOS_BASE     0xf0000
#define PAM_BIOS_SIZE     0x10000

#define PAM_ATTR_WE       2
#define PAM_ATTR_RE       1

typedef struct PAMMemoryRegion {
    MemoryRegion alias[4]; /* by the two attribute bits */
    unsigned current;
} PAMMemoryRegion;

/* @start, @size of @ram and @pci become one region of @system. */
void init_pam(PAMMemoryRegion *mem, Object *owner, MemoryRegion *ram, MemoryRegion *system,
              MemoryRegion *pci, uint32_t start, uint32_t size);
/* Region @idx takes its attributes from register value @val (even regions: high nibble). */
void pam_update(PAMMemoryRegion *mem, int idx, uint8_t val);

#endif
