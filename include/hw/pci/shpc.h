/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Standard hot-plug controller of a bridge (PCI Standard Hot-Plug Controller 1.0): slots 1 to 31
 * of its secondary bus, which the guest switches on and off. BQL held.
 */
#ifndef HW_PCI_SHPC_H
#define HW_PCI_SHPC_H

#include "hw/hotplug.h"
#include "hw/pci/pci_bridge.h"

#define SHPC_NUM_SLOTS 31
#define SHPC_BAR_SIZE  0x100

struct SHPCDevice {
    /* wiring */
    PCIDevice *bridge;
    MemoryRegion mmio;
    uint8_t cap; /* offset of the capability */

    /* state */
    uint16_t command, command_status;
    uint32_t serr_int;
    uint32_t slots[SHPC_NUM_SLOTS];
    bool notified; /* an interrupt was signalled and its cause is still there */
};

/* Step of a bridge's realize: capability, registers in BAR 0. @s belongs to the bridge. */
bool shpc_init(SHPCDevice *s, PCIDevice *bridge, Error **errp);
/* Steps of a bridge's reset, before its config_read, and after its config_write. */
void shpc_reset(SHPCDevice *s);
void shpc_update_config(SHPCDevice *s);
void shpc_write_config(SHPCDevice *s, uint32_t address, int len);
/* Another hotplug handler plugged or unplugged something: slots follow, without an event. */
void shpc_update_presence(SHPCDevice *s);

/* Those of the secondary bus's hotplug handler. */
void shpc_device_pre_plug(SHPCDevice *s, PCIDevice *d, Error **errp);
void shpc_device_plug(SHPCDevice *s, PCIDevice *d);
void shpc_device_unplug_request(SHPCDevice *s, PCIDevice *d, Error **errp);

extern const VMStateDescription vmstate_shpc;

#endif
