/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel Q35 memory controller hub. */
#ifndef HW_PCI_HOST_Q35_H
#define HW_PCI_HOST_Q35_H

#include "hw/pci/pcie_host.h"

#define TYPE_Q35_HOST_DEVICE "q35-pcihost"
#define TYPE_MCH_PCI_DEVICE  "mch"

/* Link and number properties of the host bridge, to be set before realize. */
#define Q35_PROP_RAM_MEM    "ram-mem"
#define Q35_PROP_PCI_MEM    "pci-mem"
#define Q35_PROP_SYSTEM_MEM "system-mem"
#define Q35_PROP_IO_MEM     "io-mem"
#define Q35_PROP_BELOW_4G   "below-4g-mem-size"
#define Q35_PROP_ABOVE_4G   "above-4g-mem-size"
#define Q35_PROP_SMM_RANGES "smm-ranges"

#endif
