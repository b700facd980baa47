/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel 82441FX (i440FX) host bridge. */
#ifndef HW_PCI_HOST_I440FX_H
#define HW_PCI_HOST_I440FX_H

#include "hw/pci-host/pam.h"
#include "hw/pci/pci.h"

#define TYPE_I440FX_PCI_HOST_BRIDGE "i440FX-pcihost"
#define TYPE_I440FX_PCI_DEVICE      "i440FX"
OBJECT_DECLARE_SIMPLE_TYPE(PCII440FXState, I440FX_PCI_DEVICE)

/* Link properties of the host bridge, to be set before realize. */
#define PCI_HOST_PROP_RAM_MEM      "ram-mem"
#define PCI_HOST_PROP_PCI_MEM      "pci-mem"
#define PCI_HOST_PROP_SYSTEM_MEM   "system-mem"
#define PCI_HOST_PROP_IO_MEM       "io-mem"
#define PCI_HOST_BELOW_4G_MEM_SIZE "below-4g-mem-size"
#define PCI_HOST_ABOVE_4G_MEM_SIZE "above-4g-mem-size"

#endif
