/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI-to-PCI bridges (PCI-to-PCI Bridge Architecture 1.2). BQL held. */
#ifndef HW_PCI_PCI_BRIDGE_H
#define HW_PCI_PCI_BRIDGE_H

#include "hw/pci/pci.h"

typedef struct SHPCDevice SHPCDevice;

#define TYPE_PCI_BRIDGE "base-pci-bridge"
OBJECT_DECLARE_SIMPLE_TYPE(PCIBridge, PCI_BRIDGE)

struct PCIBridge {
    PCIDevice parent_obj;

    /* wiring */
    PCIBus *sec_bus;
    MemoryRegion address_space_mem, address_space_io; /* behind the bridge */
    MemoryRegion window_io, window_mem, window_pref;  /* what of them the bridge forwards */
    MemoryRegion vga_mem, vga_io_lo, vga_io_hi;
    SHPCDevice *shpc; /* hot-plug controller of the secondary bus; NULL without */
};

/* What firmware should keep free for devices that come later; -1 each: it may decide. */
typedef struct PCIResReserve {
    uint32_t bus;
    uint64_t io, mem_non_pref, mem_pref_32, mem_pref_64;
} PCIResReserve;

#define DEFINE_PCI_RESERVE_PROPS(_type, _field)                                                    \
    DEFINE_PROP_UINT32("bus-reserve", _type, _field.bus, UINT32_MAX),                              \
        DEFINE_PROP_SIZE("io-reserve", _type, _field.io, UINT64_MAX),                              \
        DEFINE_PROP_SIZE("mem-reserve", _type, _field.mem_non_pref, UINT64_MAX),                   \
        DEFINE_PROP_SIZE("pref32-reserve", _type, _field.mem_pref_32, UINT64_MAX),                 \
        DEFINE_PROP_SIZE("pref64-reserve", _type, _field.mem_pref_64, UINT64_MAX)

/*
 * First and last step of a bridge's realize and exit. @bus_type: TYPE_PCI_BUS or TYPE_PCIE_BUS
 * for what is behind it. The bus has the name of the device's id.
 */
bool pci_bridge_initfn(PCIDevice *d, const char *bus_type, Error **errp);
void pci_bridge_exitfn(PCIDevice *d);
/* Their config_write: windows and bridge control. */
void pci_bridge_write_config(PCIDevice *d, uint32_t address, uint32_t val, int len);
/* What the bridge forwards, by its registers: nothing where base is above limit. */
typedef struct PCIBridgeWindow {
    uint64_t base, limit; /* both inside */
} PCIBridgeWindow;
typedef struct PCIBridgeWindows {
    PCIBridgeWindow io, mem, pref;
} PCIBridgeWindows;
void pci_bridge_get_windows(const PCIDevice *d, PCIBridgeWindows *windows);
/* The last bus behind it, as firmware set it up. */
int pci_bridge_last_bus(const PCIDevice *d);
/* Phase hold of their reset. */
void pci_bridge_reset_hold(Object *obj, ResetType type);
/* After a saved state was loaded. */
int pci_bridge_post_load(void *opaque, int version_id);
extern const VMStateDescription vmstate_pci_bridge;

/* Capability with the ID of the vendor and of the board, as a bridge has it. */
bool pci_bridge_ssvid_init(PCIDevice *d, uint8_t offset, uint16_t svid, uint16_t ssid,
                           Error **errp);
/* Capability that tells firmware of @reserve, if that says anything. */
bool pci_bridge_reserve_cap_init(PCIDevice *d, uint8_t offset, const PCIResReserve *reserve,
                                 Error **errp);

#endif
