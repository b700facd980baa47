/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kinds of ivshmem have in common. BQL held. */
#ifndef HW_MISC_IVSHMEM_H
#define HW_MISC_IVSHMEM_H

#include "hw/pci/pci.h"
#include "qapi/qapi-types-common.h"

#define TYPE_IVSHMEM_COMMON "ivshmem-common"
OBJECT_DECLARE_SIMPLE_TYPE(IVShmemState, IVSHMEM_COMMON)

struct IVShmemState {
    PCIDevice parent_obj;

    /* configuration */
    OnOffAuto master; /* the memory goes with the machine when it is saved */

    /* wiring */
    MemoryRegion regs;
    MemoryRegion *shared; /* NULL: not there yet */
    Error *blocker;       /* why the machine cannot be saved */
};

/* BAR 0; @ops are called with the device. */
void ivshmem_init_registers(IVShmemState *s, const MemoryRegionOps *ops);
/*
 * @shared is BAR 2. What becomes of it when the machine is saved: it goes along, or stands in the
 * way. false with @errp, and nothing done.
 */
bool ivshmem_show_memory(IVShmemState *s, MemoryRegion *shared, Error **errp);
void ivshmem_hide_memory(IVShmemState *s);

#endif
