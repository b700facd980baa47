/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts of virtio PCI functions: MSI-X vectors, or the INTx pin (virtio 1.3, 4.1.5.1). */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "virtio-pci-internal.h"

void virtio_pci_notify(DeviceState *dev, uint16_t vector)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(dev);
    VirtIODevice *vdev = virtio_pci_device(proxy);

    if (msix_enabled(&proxy->pci_dev)) {
        if (vector != VIRTIO_NO_VECTOR) {
            msix_notify(&proxy->pci_dev, vector);
        }
    } else if (vdev) {
        pci_set_irq(&proxy->pci_dev, qatomic_read(&vdev->isr) != 0);
    }
}

/*
 * Whoever has the BQL may be waiting for this thread: it is taken if it is free, and only for what
 * a processor gets, which ends at once. Messages that go elsewhere may be writes of registers.
 */
bool virtio_pci_notify_unlocked(DeviceState *dev, uint16_t vector)
{
    PCIDevice *d = PCI_DEVICE(dev);
    bool can;

    if (!bql_trylock()) {
        return false;
    }
    can = msix_enabled(d) && vector < d->msix_entries_nr && !msix_is_masked(d, vector) &&
          msi_is_interrupt(msix_get_message(d, vector));
    if (can) {
        msix_notify(d, vector);
    }
    bql_unlock();
    return can;
}

uint8_t virtio_pci_read_isr(VirtIOPCIProxy *proxy)
{
    VirtIODevice *vdev = virtio_pci_device(proxy);
    uint8_t isr = vdev ? qatomic_xchg(&vdev->isr, 0) : 0;

    pci_irq_deassert(&proxy->pci_dev);
    return isr;
}

/* What the driver reads back: a vector that there is not is none. */
static uint16_t change_vector(PCIDevice *d, uint16_t old, uint16_t new)
{
    if (old != VIRTIO_NO_VECTOR) {
        msix_vector_unuse(d, old);
    }
    if (!msix_present(d) || new >= d->msix_entries_nr) {
        return VIRTIO_NO_VECTOR;
    }
    msix_vector_use(d, new);
    return new;
}

void virtio_pci_set_config_vector(VirtIOPCIProxy *proxy, uint16_t vector)
{
    VirtIODevice *vdev = virtio_pci_device(proxy);

    vdev->config_vector = change_vector(&proxy->pci_dev, vdev->config_vector, vector);
}

void virtio_pci_set_queue_vector(VirtIOPCIProxy *proxy, unsigned n, uint16_t vector)
{
    VirtIODevice *vdev = virtio_pci_device(proxy);

    virtio_queue_set_vector(vdev, n,
                            change_vector(&proxy->pci_dev, virtio_queue_vector(vdev, n), vector));
}

void virtio_pci_use_vectors(DeviceState *dev)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(dev);
    VirtIODevice *vdev = virtio_pci_device(proxy);
    PCIDevice *d = &proxy->pci_dev;

    for (int i = 0; i < d->msix_entries_nr; i++) {
        d->msix_entry_used[i] = 0;
    }
    msix_vector_use(d, vdev->config_vector);
    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        msix_vector_use(d, virtio_queue_vector(vdev, i));
    }
}
