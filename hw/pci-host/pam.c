/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programmable attribute map of host bridges. */

#include "qemu/osdep.h"
#include "hw/pci-host/pam.h"

void init_pam(PAMMemoryRegion *mem, Object *owner, MemoryRegion *ram, MemoryRegion *system,
              MemoryRegion *pci, uint32_t start, uint32_t size)
{
    /* Neither: PCI. */
    memory_region_init_alias(&mem->alias[0], owner, "pam-pci", pci, start, size);
    /* Read only: RAM, writes are lost. */
    memory_region_init_alias(&mem->alias[PAM_ATTR_RE], owner, "pam-rom", ram, start, size);
    memory_region_set_readonly(&mem->alias[PAM_ATTR_RE], true);
    /*
     * Write only: the bus answers reads while writes go to RAM. What firmware
     * does with this mode is to copy a ROM onto itself, which all of RAM serves.
     */
    memory_region_init_alias(&mem->alias[PAM_ATTR_WE], owner, "pam-pci", ram, start, size);
    memory_region_init_alias(&mem->alias[PAM_ATTR_RE | PAM_ATTR_WE], owner, "pam-ram", ram, start,
                             size);

    memory_region_transaction_begin();
    for (unsigned i = 0; i < ARRAY_SIZE(mem->alias); i++) {
        memory_region_set_enabled(&mem->alias[i], false);
        memory_region_add_subregion_overlap(system, start, &mem->alias[i], 1);
    }
    memory_region_set_enabled(&mem->alias[0], true);
    memory_region_transaction_commit();
    mem->current = 0;
}

void pam_update(PAMMemoryRegion *mem, int idx, uint8_t val)
{
    unsigned wanted = (idx & 1 ? val : val >> 4) & (PAM_ATTR_RE | PAM_ATTR_WE);

    if (wanted == mem->current) {
        return;
    }
    memory_region_set_enabled(&mem->alias[mem->current], false);
    mem->current = wanted;
    memory_region_set_enabled(&mem->alias[mem->current], true);
}
