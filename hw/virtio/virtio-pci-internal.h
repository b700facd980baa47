/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the PCI transport share. */
#ifndef HW_VIRTIO_VIRTIO_PCI_INTERNAL_H
#define HW_VIRTIO_VIRTIO_PCI_INTERNAL_H

#include "hw/virtio/virtio-pci.h"

static inline VirtIODevice *virtio_pci_device(VirtIOPCIProxy *proxy)
{
    return virtio_bus_get_device(&proxy->bus);
}

/* virtio-pci-irq.c */
void virtio_pci_notify(DeviceState *proxy, uint16_t vector);
bool virtio_pci_notify_unlocked(DeviceState *proxy, uint16_t vector);
/* Reads the interrupt status, which clears it and the line (4.1.4.5). */
uint8_t virtio_pci_read_isr(VirtIOPCIProxy *proxy);
/* The driver names a vector for configuration changes or a queue; what it reads back (4.1.5.1.2).
 */
void virtio_pci_set_config_vector(VirtIOPCIProxy *proxy, uint16_t vector);
void virtio_pci_set_queue_vector(VirtIOPCIProxy *proxy, unsigned n, uint16_t vector);
/* Count the uses of vectors again, from the device's state. */
void virtio_pci_use_vectors(DeviceState *proxy);

/* virtio-pci.c: the status register of either interface. */
void virtio_pci_set_status(VirtIOPCIProxy *proxy, uint8_t status);

/* virtio-pci-legacy.c */
void virtio_pci_add_legacy(VirtIOPCIProxy *proxy, VirtIODevice *vdev);
void virtio_pci_legacy_ioeventfd(VirtIOPCIProxy *proxy, EventNotifier *n, unsigned n_vq,
                                 bool assign);

/* virtio-pci-modern.c */
bool virtio_pci_add_modern(VirtIOPCIProxy *proxy, VirtIODevice *vdev, Error **errp);
void virtio_pci_remove_modern(VirtIOPCIProxy *proxy);
void virtio_pci_modern_ioeventfd(VirtIOPCIProxy *proxy, EventNotifier *n, unsigned n_vq,
                                 bool assign);

/* virtio-pci-cfg.c: access to the BAR through configuration space (4.1.4.9). */
bool virtio_pci_add_cfg_cap(VirtIOPCIProxy *proxy, Error **errp);
uint32_t virtio_pci_config_read(PCIDevice *d, uint32_t addr, int len);
void virtio_pci_config_write(PCIDevice *d, uint32_t addr, uint32_t val, int len);

/* Layout of struct virtio_pci_cap (4.1.4). */
enum {
    VIRTIO_PCI_CAP_LEN = 2,
    VIRTIO_PCI_CAP_CFG_TYPE = 3,
    VIRTIO_PCI_CAP_BAR = 4,
    VIRTIO_PCI_CAP_OFFSET = 8,
    VIRTIO_PCI_CAP_LENGTH = 12,
    VIRTIO_PCI_CAP_SIZE = 16,
    VIRTIO_PCI_CAP_NOTIFY_MULT = 16,
    VIRTIO_PCI_CAP_NOTIFY_SIZE = 20,
    VIRTIO_PCI_CAP_CFG_DATA = 16,
    VIRTIO_PCI_CAP_CFG_SIZE = 20,
};

enum {
    VIRTIO_PCI_CAP_COMMON_CFG = 1,
    VIRTIO_PCI_CAP_NOTIFY_CFG = 2,
    VIRTIO_PCI_CAP_ISR_CFG = 3,
    VIRTIO_PCI_CAP_DEVICE_CFG = 4,
    VIRTIO_PCI_CAP_PCI_CFG = 5,
};

/* Base address registers. */
enum {
    VIRTIO_PCI_BAR_LEGACY = 0,
    VIRTIO_PCI_BAR_MSIX = 1,
    VIRTIO_PCI_BAR_MODERN_IO = 2,
    VIRTIO_PCI_BAR_MODERN_MEM = 4,
};

#endif
