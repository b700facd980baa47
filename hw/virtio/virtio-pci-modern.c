/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio PCI, modern interface: four structures in a memory BAR that vendor
 * capabilities point at (virtio 1.3, 4.1.4).
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "virtio-pci-internal.h"

/* struct virtio_pci_common_cfg (4.1.4.3). */
enum {
    REG_DEVICE_FEATURE_SELECT = 0,
    REG_DEVICE_FEATURE = 4,
    REG_DRIVER_FEATURE_SELECT = 8,
    REG_DRIVER_FEATURE = 12,
    REG_CONFIG_VECTOR = 16,
    REG_NUM_QUEUES = 18,
    REG_STATUS = 20,
    REG_GENERATION = 21,
    REG_QUEUE_SELECT = 22,
    REG_QUEUE_SIZE = 24,
    REG_QUEUE_VECTOR = 26,
    REG_QUEUE_ENABLE = 28,
    REG_QUEUE_NOTIFY_OFF = 30,
    REG_QUEUE_DESC = 32,
    REG_QUEUE_DRIVER = 40,
    REG_QUEUE_DEVICE = 48,
    REG_QUEUE_NOTIFY_DATA = 56,
    REG_QUEUE_RESET = 58,
};

#define REGION_SIZE     0x1000
#define NOTIFY_STRIDE   4
#define NOTIFY_PIO_SIZE 4

static unsigned notify_stride(const VirtIOPCIProxy *proxy)
{
    return proxy->page_per_vq ? 4096 : NOTIFY_STRIDE;
}

static uint64_t pair(const uint32_t *halves)
{
    return halves[0] | (uint64_t)halves[1] << 32;
}

/* ---- common configuration ---- */

static uint32_t read_device_feature(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    uint64_t features = vdev->host_features & ~VIRTIO_DEVICE_GET_CLASS(vdev)->legacy_features;

    return proxy->dfselect > 1 ? 0 : features >> (32 * proxy->dfselect);
}

/* The half of an address register at @addr, or NULL. */
static uint32_t *address_register(VirtIOPCIQueue *q, hwaddr addr)
{
    unsigned half = (addr >> 2) & 1;

    switch (addr & ~7ull) {
    case REG_QUEUE_DESC:
        return &q->desc[half];
    case REG_QUEUE_DRIVER:
        return &q->avail[half];
    case REG_QUEUE_DEVICE:
        return &q->used[half];
    default:
        return NULL;
    }
}

static uint32_t read_queue(VirtIOPCIProxy *proxy, VirtIODevice *vdev, hwaddr addr)
{
    unsigned n = vdev->queue_sel;
    uint32_t *address;

    if (!virtio_get_queue(vdev, n)) {
        /* Size 0 says that there is no such queue (4.1.4.3.1). */
        return addr == REG_QUEUE_VECTOR ? VIRTIO_NO_VECTOR : 0;
    }
    switch (addr) {
    case REG_QUEUE_SIZE:
        return virtio_queue_get_num(vdev, n);
    case REG_QUEUE_VECTOR:
        return virtio_queue_vector(vdev, n);
    case REG_QUEUE_ENABLE:
        return virtio_queue_enabled(vdev, n);
    case REG_QUEUE_NOTIFY_OFF:
    case REG_QUEUE_NOTIFY_DATA:
        return n;
    case REG_QUEUE_RESET:
        return 0; /* done when the write returns */
    default:
        address = address_register(&proxy->queues[n], addr);
        return address ? *address : 0;
    }
}

static uint64_t common_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtIOPCIProxy *proxy = opaque;
    VirtIODevice *vdev = virtio_pci_device(proxy);

    if (!vdev) {
        return UINT64_MAX;
    }
    switch (addr) {
    case REG_DEVICE_FEATURE_SELECT:
        return proxy->dfselect;
    case REG_DEVICE_FEATURE:
        return read_device_feature(proxy, vdev);
    case REG_DRIVER_FEATURE_SELECT:
        return proxy->gfselect;
    case REG_DRIVER_FEATURE:
        return proxy->gfselect > 1 ? 0 : proxy->guest_features[proxy->gfselect];
    case REG_CONFIG_VECTOR:
        return vdev->config_vector;
    case REG_NUM_QUEUES:
        return virtio_num_queues(vdev);
    case REG_STATUS:
        return qatomic_read(&vdev->status);
    case REG_GENERATION:
        return qatomic_read(&vdev->generation) & 0xff;
    case REG_QUEUE_SELECT:
        return vdev->queue_sel;
    default:
        return read_queue(proxy, vdev, addr);
    }
}

static void enable_queue(VirtIOPCIProxy *proxy, VirtIODevice *vdev, unsigned n, uint32_t value)
{
    VirtIOPCIQueue *q = &proxy->queues[n];

    if (value != 1) {
        virtio_error(vdev, "queue %u: %u written to queue_enable, which takes only 1", n, value);
        return;
    }
    virtio_queue_set_rings(vdev, n, pair(q->desc), pair(q->avail), pair(q->used));
    virtio_queue_enable(vdev, n);
}

static void write_queue(VirtIOPCIProxy *proxy, VirtIODevice *vdev, hwaddr addr, uint32_t value)
{
    unsigned n = vdev->queue_sel;
    uint32_t *address;

    if (!virtio_get_queue(vdev, n)) {
        return;
    }
    switch (addr) {
    case REG_QUEUE_SIZE:
        virtio_queue_set_num(vdev, n, value);
        break;
    case REG_QUEUE_VECTOR:
        virtio_pci_set_queue_vector(proxy, n, value);
        break;
    case REG_QUEUE_ENABLE:
        enable_queue(proxy, vdev, n, value);
        break;
    case REG_QUEUE_RESET:
        if (value == 1 && virtio_vdev_has_feature(vdev, VIRTIO_F_RING_RESET)) {
            virtio_queue_reset(vdev, n);
        }
        break;
    default:
        address = address_register(&proxy->queues[n], addr);
        if (address) {
            *address = value;
        } else {
            qemu_log_mask(LOG_GUEST_ERROR, "%s: no register to write at %" HWADDR_PRIu "\n",
                          vdev->name, addr);
        }
    }
}

static void write_status(VirtIOPCIProxy *proxy, VirtIODevice *vdev, uint8_t status)
{
    if (status & ~vdev->status & VIRTIO_CONFIG_S_FEATURES_OK) {
        virtio_set_features(vdev, pair(proxy->guest_features));
        if (!virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1)) {
            status &= ~VIRTIO_CONFIG_S_FEATURES_OK; /* 6.1 */
        }
    }
    virtio_pci_set_status(proxy, status);
}

static void common_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VirtIOPCIProxy *proxy = opaque;
    VirtIODevice *vdev = virtio_pci_device(proxy);

    if (!vdev) {
        return;
    }
    switch (addr) {
    case REG_DEVICE_FEATURE_SELECT:
        proxy->dfselect = value;
        break;
    case REG_DRIVER_FEATURE_SELECT:
        proxy->gfselect = value;
        break;
    case REG_DRIVER_FEATURE:
        if (proxy->gfselect < 2) {
            proxy->guest_features[proxy->gfselect] = value;
        }
        break;
    case REG_CONFIG_VECTOR:
        virtio_pci_set_config_vector(proxy, value);
        break;
    case REG_STATUS:
        write_status(proxy, vdev, value);
        break;
    case REG_QUEUE_SELECT:
        vdev->queue_sel = value;
        break;
    default:
        write_queue(proxy, vdev, addr, value);
        break;
    }
}

static const MemoryRegionOps common_ops = {
    .read = common_read,
    .write = common_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 8},
    .impl = {.min_access_size = 1, .max_access_size = 4},
};

/* ---- interrupt status, device configuration, notification ---- */

static uint64_t isr_read(void *opaque, hwaddr addr, unsigned size)
{
    return addr == 0 ? virtio_pci_read_isr(opaque) : 0;
}

static void isr_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
}

static const MemoryRegionOps isr_ops = {
    .read = isr_read,
    .write = isr_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 4},
};

static uint64_t device_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtIODevice *vdev = virtio_pci_device(opaque);

    return vdev ? virtio_config_read(vdev, addr, size) : UINT64_MAX;
}

static void device_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VirtIODevice *vdev = virtio_pci_device(opaque);

    if (vdev) {
        virtio_config_write(vdev, addr, value, size);
    }
}

static const MemoryRegionOps device_ops = {
    .read = device_read,
    .write = device_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 8},
    .impl = {.min_access_size = 1, .max_access_size = 4},
};

static uint64_t notify_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

/* The place says which queue; the value may say how far it is filled, too (4.1.5.2). */
static void notify_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VirtIOPCIProxy *proxy = opaque;
    VirtIODevice *vdev = virtio_pci_device(proxy);

    if (vdev) {
        virtio_queue_notify(vdev, addr / notify_stride(proxy));
    }
}

static void notify_pio_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VirtIODevice *vdev = virtio_pci_device(opaque);

    if (vdev) {
        virtio_queue_notify(vdev, value & 0xffff);
    }
}

static const MemoryRegionOps notify_ops = {
    .read = notify_read,
    .write = notify_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 4},
};

static const MemoryRegionOps notify_pio_ops = {
    .read = notify_read,
    .write = notify_pio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 4},
};

void virtio_pci_modern_ioeventfd(VirtIOPCIProxy *proxy, EventNotifier *n, unsigned n_vq,
                                 bool assign)
{
    hwaddr at = (hwaddr)n_vq * notify_stride(proxy);

    if (assign) {
        memory_region_add_eventfd(&proxy->notify.mr, at, 0, false, 0, n);
    } else {
        memory_region_del_eventfd(&proxy->notify.mr, at, 0, false, 0, n);
    }
    if (!proxy->modern_pio_notify) {
        return;
    }
    if (assign) {
        memory_region_add_eventfd(&proxy->notify_pio.mr, 0, 2, true, n_vq, n);
    } else {
        memory_region_del_eventfd(&proxy->notify_pio.mr, 0, 2, true, n_vq, n);
    }
}

/* ---- set up ---- */

/* Maps a structure and adds its capability of @cap_size bytes; its offset, 0 on failure. */
static uint8_t add_region(VirtIOPCIProxy *proxy, MemoryRegion *bar, uint8_t bar_nr,
                          VirtIOPCIRegion *r, uint8_t cap_size, Error **errp)
{
    PCIDevice *d = &proxy->pci_dev;
    int cap = pci_add_capability(d, PCI_CAP_ID_VNDR, 0, cap_size, errp);

    if (cap < 0) {
        return 0;
    }
    d->config[cap + VIRTIO_PCI_CAP_LEN] = cap_size;
    d->config[cap + VIRTIO_PCI_CAP_CFG_TYPE] = r->type;
    d->config[cap + VIRTIO_PCI_CAP_BAR] = bar_nr;
    pci_set_long(d->config + cap + VIRTIO_PCI_CAP_OFFSET, r->offset);
    pci_set_long(d->config + cap + VIRTIO_PCI_CAP_LENGTH, r->size);
    memory_region_add_subregion(bar, r->offset, &r->mr);
    return cap;
}

static void init_region(VirtIOPCIProxy *proxy, VirtIOPCIRegion *r, const MemoryRegionOps *ops,
                        const char *name, uint32_t type, uint32_t offset, uint32_t size)
{
    r->type = type;
    r->offset = offset;
    r->size = size;
    memory_region_init_io(&r->mr, OBJECT(proxy), ops, proxy, name, size);
}

static bool add_notify_pio(VirtIOPCIProxy *proxy, Error **errp)
{
    memory_region_init(&proxy->modern_io_bar, OBJECT(proxy), "virtio-pci-io", NOTIFY_PIO_SIZE);
    init_region(proxy, &proxy->notify_pio, &notify_pio_ops, "virtio-pci-notify-pio",
                VIRTIO_PCI_CAP_NOTIFY_CFG, 0, NOTIFY_PIO_SIZE);
    /* Multiplier 0: all queues have the one register. */
    if (!add_region(proxy, &proxy->modern_io_bar, VIRTIO_PCI_BAR_MODERN_IO, &proxy->notify_pio,
                    VIRTIO_PCI_CAP_NOTIFY_SIZE, errp)) {
        return false;
    }
    pci_register_bar(&proxy->pci_dev, VIRTIO_PCI_BAR_MODERN_IO, PCI_BASE_ADDRESS_SPACE_IO,
                     &proxy->modern_io_bar);
    return true;
}

bool virtio_pci_add_modern(VirtIOPCIProxy *proxy, VirtIODevice *vdev, Error **errp)
{
    PCIDevice *d = &proxy->pci_dev;
    uint32_t notify_size = notify_stride(proxy) * VIRTIO_QUEUE_MAX;
    VirtIOPCIRegion *plain[] = {&proxy->common, &proxy->isr, &proxy->device};
    uint8_t cap;

    init_region(proxy, &proxy->common, &common_ops, "virtio-pci-common", VIRTIO_PCI_CAP_COMMON_CFG,
                0, REGION_SIZE);
    init_region(proxy, &proxy->isr, &isr_ops, "virtio-pci-isr", VIRTIO_PCI_CAP_ISR_CFG, REGION_SIZE,
                REGION_SIZE);
    init_region(proxy, &proxy->device, &device_ops, "virtio-pci-device", VIRTIO_PCI_CAP_DEVICE_CFG,
                2 * REGION_SIZE, REGION_SIZE);
    init_region(proxy, &proxy->notify, &notify_ops, "virtio-pci-notify", VIRTIO_PCI_CAP_NOTIFY_CFG,
                3 * REGION_SIZE, notify_size);
    memory_region_init(&proxy->modern_bar, OBJECT(proxy), "virtio-pci",
                       pow2ceil(3 * REGION_SIZE + notify_size));
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++) {
        if (!add_region(proxy, &proxy->modern_bar, VIRTIO_PCI_BAR_MODERN_MEM, plain[i],
                        VIRTIO_PCI_CAP_SIZE, errp)) {
            return false;
        }
    }
    cap = add_region(proxy, &proxy->modern_bar, VIRTIO_PCI_BAR_MODERN_MEM, &proxy->notify,
                     VIRTIO_PCI_CAP_NOTIFY_SIZE, errp);
    if (!cap) {
        return false;
    }
    pci_set_long(d->config + cap + VIRTIO_PCI_CAP_NOTIFY_MULT, notify_stride(proxy));
    if (proxy->modern_pio_notify && !add_notify_pio(proxy, errp)) {
        return false;
    }
    pci_register_bar(d, VIRTIO_PCI_BAR_MODERN_MEM,
                     PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_PREFETCH |
                         PCI_BASE_ADDRESS_MEM_TYPE_64,
                     &proxy->modern_bar);
    return virtio_pci_add_cfg_cap(proxy, errp);
}

void virtio_pci_remove_modern(VirtIOPCIProxy *proxy)
{
    VirtIOPCIRegion *regions[] = {&proxy->common, &proxy->isr, &proxy->device, &proxy->notify,
                                  &proxy->notify_pio};

    for (size_t i = 0; i < G_N_ELEMENTS(regions); i++) {
        if (memory_region_is_mapped(&regions[i]->mr)) {
            memory_region_del_subregion(regions[i]->mr.container, &regions[i]->mr);
        }
    }
}
