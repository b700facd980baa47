/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtio PCI, legacy interface: one I/O BAR (virtio 1.3, 4.1.4.10). */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "virtio-pci-internal.h"

enum {
    REG_HOST_FEATURES = 0,
    REG_GUEST_FEATURES = 4,
    REG_QUEUE_PFN = 8,
    REG_QUEUE_NUM = 12,
    REG_QUEUE_SEL = 14,
    REG_QUEUE_NOTIFY = 16,
    REG_STATUS = 18,
    REG_ISR = 19,
    /* With MSI-X enabled; the device's configuration follows. */
    REG_CONFIG_VECTOR = 20,
    REG_QUEUE_VECTOR = 22,
};

#define QUEUE_PAGE_SHIFT 12

/* Where the device's configuration begins now. */
static unsigned config_offset(VirtIOPCIProxy *proxy)
{
    return msix_enabled(&proxy->pci_dev) ? 24 : 20;
}

static uint32_t read_queue(VirtIODevice *vdev, hwaddr addr)
{
    unsigned n = vdev->queue_sel;

    if (!virtio_get_queue(vdev, n)) {
        return addr == REG_QUEUE_VECTOR ? VIRTIO_NO_VECTOR : 0;
    }
    switch (addr) {
    case REG_QUEUE_PFN:
        return virtio_queue_get_addr(vdev, n) >> QUEUE_PAGE_SHIFT;
    case REG_QUEUE_NUM:
        return virtio_queue_get_num(vdev, n);
    default:
        return virtio_queue_vector(vdev, n);
    }
}

static uint32_t read_register(VirtIOPCIProxy *proxy, VirtIODevice *vdev, hwaddr addr)
{
    switch (addr) {
    case REG_HOST_FEATURES:
        return vdev->host_features;
    case REG_GUEST_FEATURES:
        return vdev->guest_features;
    case REG_QUEUE_PFN:
    case REG_QUEUE_NUM:
    case REG_QUEUE_VECTOR:
        return read_queue(vdev, addr);
    case REG_QUEUE_SEL:
        return vdev->queue_sel;
    case REG_STATUS:
        return qatomic_read(&vdev->status);
    case REG_ISR:
        return virtio_pci_read_isr(proxy);
    case REG_CONFIG_VECTOR:
        return vdev->config_vector;
    default:
        return UINT32_MAX;
    }
}

static uint64_t legacy_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtIOPCIProxy *proxy = opaque;
    VirtIODevice *vdev = virtio_pci_device(proxy);
    unsigned config = config_offset(proxy);

    if (!vdev) {
        return UINT64_MAX;
    }
    return addr < config ? read_register(proxy, vdev, addr)
                         : virtio_config_read(vdev, addr - config, size);
}

static void write_queue(VirtIOPCIProxy *proxy, VirtIODevice *vdev, hwaddr addr, uint32_t value)
{
    unsigned n = vdev->queue_sel;

    if (!virtio_get_queue(vdev, n)) {
        return;
    }
    if (addr == REG_QUEUE_VECTOR) {
        virtio_pci_set_queue_vector(proxy, n, value);
    } else if (value) {
        virtio_queue_set_addr(vdev, n, (hwaddr)value << QUEUE_PAGE_SHIFT);
    } else {
        virtio_pci_set_status(proxy, 0); /* the oldest drivers' way to reset */
    }
}

static void write_register(VirtIOPCIProxy *proxy, VirtIODevice *vdev, hwaddr addr, uint32_t value)
{
    switch (addr) {
    case REG_GUEST_FEATURES:
        /* A driver that does not know of features sets this one: it gets the least. */
        virtio_set_features(vdev, value & (1u << VIRTIO_F_BAD_FEATURE) ? 0 : value);
        break;
    case REG_QUEUE_PFN:
    case REG_QUEUE_VECTOR:
        write_queue(proxy, vdev, addr, value);
        break;
    case REG_QUEUE_SEL:
        vdev->queue_sel = value;
        break;
    case REG_QUEUE_NOTIFY:
        virtio_queue_notify(vdev, value & 0xffff);
        break;
    case REG_STATUS:
        virtio_pci_set_status(proxy, value);
        break;
    case REG_CONFIG_VECTOR:
        virtio_pci_set_config_vector(proxy, value);
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: no legacy register to write at %" HWADDR_PRIu "\n",
                      vdev->name, addr);
    }
}

static void legacy_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VirtIOPCIProxy *proxy = opaque;
    VirtIODevice *vdev = virtio_pci_device(proxy);
    unsigned config = config_offset(proxy);

    if (!vdev) {
        return;
    }
    if (addr < config) {
        write_register(proxy, vdev, addr, value);
    } else {
        virtio_config_write(vdev, addr - config, value, size);
    }
}

static const MemoryRegionOps legacy_ops = {
    .read = legacy_read,
    .write = legacy_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 4},
};

void virtio_pci_add_legacy(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    unsigned registers = msix_present(&proxy->pci_dev) ? 24 : 20;

    memory_region_init_io(&proxy->legacy_bar, OBJECT(proxy), &legacy_ops, proxy, "virtio-pci",
                          pow2ceil(registers + vdev->config_len));
    pci_register_bar(&proxy->pci_dev, VIRTIO_PCI_BAR_LEGACY, PCI_BASE_ADDRESS_SPACE_IO,
                     &proxy->legacy_bar);
}

void virtio_pci_legacy_ioeventfd(VirtIOPCIProxy *proxy, EventNotifier *n, unsigned n_vq,
                                 bool assign)
{
    if (assign) {
        memory_region_add_eventfd(&proxy->legacy_bar, REG_QUEUE_NOTIFY, 2, true, n_vq, n);
    } else {
        memory_region_del_eventfd(&proxy->legacy_bar, REG_QUEUE_NOTIFY, 2, true, n_vq, n);
    }
}
