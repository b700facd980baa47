/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RAM that is part of the saved state, under the name of its region. */

#include "qemu/osdep.h"
#include "exec/memory.h"
#include "exec/ram_addr.h"
#include "migration/vmstate.h"

void vmstate_register_ram(MemoryRegion *mr, DeviceState *owner)
{
    qemu_ram_set_idstr(mr->ram_block, memory_region_name(mr), (Object *)owner);
    qemu_ram_set_migratable(mr->ram_block);
}

void vmstate_unregister_ram(MemoryRegion *mr, DeviceState *owner)
{
    qemu_ram_unset_idstr(mr->ram_block);
    qemu_ram_unset_migratable(mr->ram_block);
}

void vmstate_register_ram_global(MemoryRegion *mr)
{
    vmstate_register_ram(mr, NULL);
}
