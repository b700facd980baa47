/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that comes and goes with a device, in a part of the address space that the
 * board keeps for it: between the size that -m gives and maxmem=. BQL held.
 */
#ifndef HW_MEM_MEMORY_DEVICE_H
#define HW_MEM_MEMORY_DEVICE_H

#include "exec/memory.h"
#include "hw/boards.h"
#include "qapi/qapi-types-memory-device.h"

struct DeviceMemoryState {
    hwaddr base;
    MemoryRegion mr;
};

#define TYPE_MEMORY_DEVICE "memory-device"
typedef struct MemoryDeviceState MemoryDeviceState;
typedef struct MemoryDeviceClass MemoryDeviceClass;
DECLARE_CLASS_CHECKERS(MemoryDeviceClass, MEMORY_DEVICE, TYPE_MEMORY_DEVICE)
#define MEMORY_DEVICE(obj) INTERFACE_CHECK(MemoryDeviceState, (obj), TYPE_MEMORY_DEVICE)

struct MemoryDeviceClass {
    InterfaceClass parent_class;

    uint64_t (*get_addr)(const MemoryDeviceState *md);
    void (*set_addr)(MemoryDeviceState *md, uint64_t addr);
    /* At what multiples it may begin, if more than usual. Optional. */
    uint64_t (*get_min_alignment)(const MemoryDeviceState *md);
    /* Bytes that the guest has of it; absent: all of its region. */
    uint64_t (*get_plugged_size)(const MemoryDeviceState *md);
    /* What it shows to the guest; NULL and @errp when it has nothing yet. */
    MemoryRegion *(*get_memory_region)(MemoryDeviceState *md, Error **errp);
    /* Its size is a multiple of this; 0: of 2 MiB, as guests add memory in such pages. */
    uint64_t size_unit;
    MemoryDeviceInfoKind kind;
    /* All but the kind. */
    void (*fill_device_info)(const MemoryDeviceState *md, MemoryDeviceInfo *info);
};

/* Keeps [@base, @base + @size) of @parent for memory devices. */
void machine_memory_devices_init(MachineState *ms, MemoryRegion *parent, hwaddr base,
                                 uint64_t size);

/* For the machine's pre_plug: chooses or checks the address. */
bool memory_device_pre_plug(MemoryDeviceState *md, MachineState *ms, Error **errp);
/* Shows the memory to the guest, and takes it away. */
void memory_device_plug(MemoryDeviceState *md, MachineState *ms);
void memory_device_unplug(MemoryDeviceState *md, MachineState *ms);

/* Bytes that devices added to the machine's own memory. */
uint64_t machine_plugged_memory(MachineState *ms);

#endif
