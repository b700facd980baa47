/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio PCI functions that bring memory with an address of its own (TYPE_MEMORY_DEVICE): plugged
 * by the machine, which has the addresses, and by their bus. BQL held.
 */
#ifndef HW_VIRTIO_VIRTIO_MD_PCI_H
#define HW_VIRTIO_VIRTIO_MD_PCI_H

#include "hw/virtio/virtio-pci.h"

#define TYPE_VIRTIO_MD_PCI "virtio-md-pci"
OBJECT_DECLARE_TYPE(VirtIOMDPCI, VirtIOMDPCIClass, VIRTIO_MD_PCI)

struct VirtIOMDPCI {
    VirtIOPCIProxy parent_obj;
};

struct VirtIOMDPCIClass {
    VirtioPCIClass parent_class;

    /* May it be unplugged now? */
    bool (*may_go)(VirtIOMDPCI *md, Error **errp);
};

bool virtio_md_pci_may_go(VirtIOMDPCI *md, Error **errp);

#endif
