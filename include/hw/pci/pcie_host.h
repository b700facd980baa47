/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host bridges with the memory-mapped configuration space of PCI Express (Base 4.0, 7.2.2). */
#ifndef HW_PCI_PCIE_HOST_H
#define HW_PCI_PCIE_HOST_H

#include "hw/pci/pci_host.h"

#define TYPE_PCIE_HOST_BRIDGE "pcie-host-bridge"
OBJECT_DECLARE_SIMPLE_TYPE(PCIExpressHost, PCIE_HOST_BRIDGE)

/* Each bus takes 1 MiB: 32 devices of 8 functions with 4 KiB of registers. */
#define PCIE_MMCFG_BUS_SIZE     (1024 * 1024)
#define PCIE_MMCFG_SIZE_MAX     (256 * PCIE_MMCFG_BUS_SIZE)
#define PCIE_BASE_ADDR_UNMAPPED UINT64_MAX

struct PCIExpressHost {
    PCIHostState pci;

    /* wiring */
    MemoryRegion mmio; /* of the greatest size; @window shows what of it is mapped */
    MemoryRegion window;

    /* state, which follows from registers of the bridge */
    hwaddr base_addr; /* PCIE_BASE_ADDR_UNMAPPED when it is not mapped */
    hwaddr size;
};

/* Maps the first @size bytes of configuration space at @addr, or unmaps it. BQL held. */
void pcie_host_mmcfg_update(PCIExpressHost *e, bool enable, hwaddr addr, uint32_t size);

#endif
