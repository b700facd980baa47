/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host bridges with configuration mechanism #1: an address port and a data port. */
#ifndef HW_PCI_PCI_HOST_H
#define HW_PCI_PCI_HOST_H

#include "hw/pci/pci.h"
#include "hw/sysbus.h"

#define TYPE_PCI_HOST_BRIDGE "pci-host-bridge"
OBJECT_DECLARE_TYPE(PCIHostState, PCIHostBridgeClass, PCI_HOST_BRIDGE)

struct PCIHostState {
    SysBusDevice busdev;

    /* wiring */
    MemoryRegion conf_mem; /* the address register: 4 ports */
    MemoryRegion data_mem; /* the data window: 4 ports */
    PCIBus *bus;

    /* state */
    uint32_t config_reg;
};

struct PCIHostBridgeClass {
    SysBusDeviceClass parent_class;
    const char *(*root_bus_path)(PCIHostState *host, PCIBus *bus);
};

extern const MemoryRegionOps pci_host_conf_le_ops;
extern const MemoryRegionOps pci_host_data_le_ops;

/* Configuration access at bus<<16 | devfn<<8 | register; absent functions read all ones. */
void pci_data_write(PCIBus *bus, uint32_t addr, uint32_t val, unsigned len);
uint32_t pci_data_read(PCIBus *bus, uint32_t addr, unsigned len);

#endif
