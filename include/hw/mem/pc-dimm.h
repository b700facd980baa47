/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A memory module: memory of a back end, in one of the slots of -m slots=. BQL held. */
#ifndef HW_MEM_PC_DIMM_H
#define HW_MEM_PC_DIMM_H

#include "hw/qdev-core.h"
#include "system/hostmem.h"

#define TYPE_PC_DIMM "pc-dimm"
OBJECT_DECLARE_SIMPLE_TYPE(PCDIMMDevice, PC_DIMM)

struct PCDIMMDevice {
    DeviceState parent_obj;

    /* configuration */
    HostMemoryBackend *memdev;
    uint64_t addr; /* 0: the next free one */
    uint32_t node;
    int32_t slot; /* -1: the next free one */
};

/* For the machine's hotplug handler: slot and address, then the memory itself. */
bool pc_dimm_pre_plug(PCDIMMDevice *dimm, MachineState *ms, Error **errp);
void pc_dimm_plug(PCDIMMDevice *dimm, MachineState *ms);
void pc_dimm_unplug(PCDIMMDevice *dimm, MachineState *ms);
/* What is in @slot, NULL for nothing. */
PCDIMMDevice *pc_dimm_in_slot(MachineState *ms, int slot);

#endif
