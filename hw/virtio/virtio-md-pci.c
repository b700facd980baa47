/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtio PCI functions that bring memory with an address of its own. */
#include "qemu/osdep.h"
#include "hw/mem/memory-device.h"
#include "hw/virtio/virtio-md-pci.h"
#include "qemu/module.h"

bool virtio_md_pci_may_go(VirtIOMDPCI *md, Error **errp)
{
    return VIRTIO_MD_PCI_GET_CLASS(md)->may_go(md, errp);
}

static const TypeInfo virtio_md_pci_types[] = {
    {
        .name = TYPE_VIRTIO_MD_PCI,
        .parent = TYPE_VIRTIO_PCI,
        .instance_size = sizeof(VirtIOMDPCI),
        .abstract = true,
        .class_size = sizeof(VirtIOMDPCIClass),
        .interfaces = (const InterfaceInfo[]){{TYPE_MEMORY_DEVICE}, {}},
    },
};

DEFINE_TYPES(virtio_md_pci_types)
