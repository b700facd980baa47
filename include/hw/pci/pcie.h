/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes a PCI function one of PCI Express (Base 4.0, 7.5.3): its capability, extended
 * capabilities, and slots that devices come into and leave while the guest runs. BQL held.
 */
#ifndef HW_PCI_PCIE_H
#define HW_PCI_PCIE_H

#include "hw/hotplug.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bridge.h"

/* Device/port type of the capability. */
typedef enum PCIExpPortType {
    PCI_EXP_TYPE_ENDPOINT = 0x0,
    PCI_EXP_TYPE_ROOT_PORT = 0x4,
    PCI_EXP_TYPE_UPSTREAM = 0x5,
    PCI_EXP_TYPE_DOWNSTREAM = 0x6,
    PCI_EXP_TYPE_PCI_BRIDGE = 0x7,
    PCI_EXP_TYPE_RC_END = 0x9, /* integrated into the root complex */
} PCIExpPortType;

/* Registers, from the capability. */
#define PCI_EXP_FLAGS      0x02
#define PCI_EXP_FLAGS_SLOT 0x0100
#define PCI_EXP_DEVCAP     0x04
#define PCI_EXP_DEVCTL     0x08
#define PCI_EXP_DEVSTA     0x0a
#define PCI_EXP_LNKCAP     0x0c
#define PCI_EXP_LNKCTL     0x10
#define PCI_EXP_LNKSTA     0x12
#define PCI_EXP_SLTCAP     0x14
#define PCI_EXP_SLTCTL     0x18
#define PCI_EXP_SLTSTA     0x1a
#define PCI_EXP_RTCTL      0x1c
#define PCI_EXP_DEVCAP2    0x24
#define PCI_EXP_DEVCTL2    0x28
#define PCI_EXP_LNKCAP2    0x2c
#define PCI_EXP_LNKCTL2    0x30
#define PCI_EXP_SIZEOF     0x3c

/* Speed and width of a link as its registers code them. */
typedef struct PCIELinkProps {
    uint8_t speed; /* 1: 2.5 GT/s to 4: 16 GT/s */
    uint8_t width; /* lanes */
} PCIELinkProps;

/*
 * Adds the capability at @offset (0: anywhere). Its offset, or -errno with @errp. A function on
 * an express root bus that is no port is an integrated endpoint.
 */
int pcie_cap_init(PCIDevice *d, uint8_t offset, PCIExpPortType type, uint8_t port,
                  PCIELinkProps link, Error **errp);
/* The capability that an endpoint has where it is: none on a conventional or the root bus. */
bool pcie_endpoint_cap_init(PCIDevice *d, uint8_t offset, Error **errp);
/* The same for a function that has it on every bus, as 7.5.3 has it for any that can be reset so.
 */
bool pcie_any_endpoint_cap_init(PCIDevice *d, uint8_t offset, Error **errp);
/*
 * The function can be reset by its driver (6.6.2: Function Level Reset); it must have the
 * capability, or this does nothing.
 */
void pcie_flr_init(PCIDevice *d);
/* Registers that a reset of the function clears. */
void pcie_cap_reset(PCIDevice *d);
/* Offset of the capability, 0 without. */
uint8_t pcie_cap_offset(PCIDevice *d);

/* Puts an extended capability at @offset, which the caller chose in ascending order. */
void pcie_add_capability(PCIDevice *d, uint16_t cap_id, uint8_t version, uint16_t offset,
                         uint16_t size);
/* Access control services (7.7.8) of a port at @offset. */
void pcie_acs_init(PCIDevice *d, uint16_t offset);

/*
 * Advanced error reporting (7.8.4) at @offset, with the registers of a root port if @root. Nothing
 * here goes wrong on a link, so that no status bit is ever set.
 */
void pcie_aer_init(PCIDevice *d, uint16_t offset, bool root);
#define PCI_ERR_SIZEOF 0x48
/*
 * Address translation services (10.5.1) at @offset. Addresses of DMA are looked up for the
 * function, so that it has nothing to ask for; what the driver sets is kept.
 */
void pcie_ats_init(PCIDevice *d, uint16_t offset);

/* ---- ports (hw/pci-bridge/pcie_port.c) ---- */

#define TYPE_PCIE_PORT "pcie-port"
OBJECT_DECLARE_TYPE(PCIEPort, PCIEPortClass, PCIE_PORT)

/* One end of a link that a bridge has behind it: of a root complex or of a switch. */
struct PCIEPort {
    PCIBridge parent_obj;

    /* configuration */
    uint8_t port; /* its number, for guests */
    PCIResReserve reserve;
};

struct PCIEPortClass {
    PCIDeviceClass parent_class;

    const struct PCIEPortInfo *info; /* what kinds of ports differ in */
};

#define TYPE_PCIE_ROOT_PORT_BASE "pcie-root-port-base"

/* ---- slots (pcie_slot.c) ---- */

#define TYPE_PCIE_SLOT "pcie-slot"
OBJECT_DECLARE_SIMPLE_TYPE(PCIESlot, PCIE_SLOT)

/* A port with a slot for one device; its secondary bus takes function 0 of slot 0 and others. */
struct PCIESlot {
    PCIEPort parent_obj;

    /* configuration */
    uint8_t chassis;
    uint16_t slot;
    bool hotplug, native_hotplug_hidden, power_controller;

    /* state */
    bool notified; /* an event was signalled and not acknowledged */
};

/* Step of realize, after the express capability: slot registers, and the bus's hotplug handler. */
bool pcie_slot_init(PCIESlot *s, Error **errp);
/* What their config_write does after that of the bridge. @before: SLTCTL and SLTSTA then. */
void pcie_slot_write_config(PCIESlot *s, uint16_t old_ctl, uint16_t old_sta, uint32_t address,
                            uint32_t val, int len);
void pcie_slot_get(PCIESlot *s, uint16_t *ctl, uint16_t *sta);
/* Another than this slot's own handler plugged or unplugged something: says whether it is empty. */
void pcie_slot_update_presence(PCIESlot *s);
/* Step of reset: presence and power follow from what is plugged. */
void pcie_slot_reset(PCIESlot *s);
/* After a saved state was loaded; @opaque: the PCIESlot. */
int pcie_slot_post_load(void *opaque, int version_id);

#endif
