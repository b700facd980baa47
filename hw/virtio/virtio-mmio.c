/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtio transport over memory-mapped registers, version 2 and, with
 * force-legacy, version 1 (virtio 1.3, 4.2).
 *
 * Without a device behind it the registers say so (device id 0).
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-mmio.h"
#include "migration/vmstate.h"
#include "qemu/log.h"
#include "qemu/host-utils.h"

/* Registers (table 4.1 and, with LEGACY, 4.2). */
enum {
    REG_MAGIC = 0x000,
    REG_VERSION = 0x004,
    REG_DEVICE_ID = 0x008,
    REG_VENDOR_ID = 0x00c,
    REG_DEVICE_FEATURES = 0x010,
    REG_DEVICE_FEATURES_SEL = 0x014,
    REG_DRIVER_FEATURES = 0x020,
    REG_DRIVER_FEATURES_SEL = 0x024,
    REG_LEGACY_GUEST_PAGE_SIZE = 0x028,
    REG_QUEUE_SEL = 0x030,
    REG_QUEUE_NUM_MAX = 0x034,
    REG_QUEUE_NUM = 0x038,
    REG_LEGACY_QUEUE_ALIGN = 0x03c,
    REG_LEGACY_QUEUE_PFN = 0x040,
    REG_QUEUE_READY = 0x044,
    REG_QUEUE_NOTIFY = 0x050,
    REG_INTERRUPT_STATUS = 0x060,
    REG_INTERRUPT_ACK = 0x064,
    REG_STATUS = 0x070,
    REG_QUEUE_DESC_LOW = 0x080,
    REG_QUEUE_DESC_HIGH = 0x084,
    REG_QUEUE_AVAIL_LOW = 0x090,
    REG_QUEUE_AVAIL_HIGH = 0x094,
    REG_QUEUE_USED_LOW = 0x0a0,
    REG_QUEUE_USED_HIGH = 0x0a4,
    REG_SHM_LEN_LOW = 0x0b0,
    REG_SHM_BASE_HIGH = 0x0bc,
    REG_QUEUE_RESET = 0x0c0,
    REG_CONFIG_GENERATION = 0x0fc,
    REG_CONFIG = 0x100,
};

#define MAGIC     0x74726976 /* "virt" */
#define VENDOR_ID 0x554d4551 /* "QEMU" */

static VirtIODevice *mmio_device(VirtIOMMIOProxy *proxy)
{
    return virtio_bus_get_device(&proxy->bus);
}

static void guest_error(hwaddr addr, const char *what)
{
    qemu_log_mask(LOG_GUEST_ERROR, "virtio-mmio: offset 0x%" HWADDR_PRIx ": %s\n", addr, what);
}

/* ---- queues ---- */

static uint64_t pair(const uint32_t *halves)
{
    return halves[0] | (uint64_t)halves[1] << 32;
}

/*
 * What a driver resets by its write to Status. Not GuestPageSize, which drivers of the legacy
 * interface write once, when they find the device, and do not repeat after that (4.2.4).
 */
static void reset_transport(VirtIOMMIOProxy *proxy)
{
    proxy->host_features_sel = proxy->guest_features_sel = 0;
    proxy->guest_features[0] = proxy->guest_features[1] = 0;
    for (unsigned i = 0; i < proxy->nqueues; i++) {
        proxy->queues[i] = (VirtIOMMIOQueue){};
    }
}

static void write_ready(VirtIOMMIOProxy *proxy, VirtIODevice *vdev, uint32_t value)
{
    unsigned n = vdev->queue_sel;
    VirtIOMMIOQueue *q = &proxy->queues[n];

    if (value & 1) {
        virtio_queue_set_rings(vdev, n, pair(q->desc), pair(q->avail), pair(q->used));
        virtio_queue_enable(vdev, n);
    } else {
        virtio_queue_reset(vdev, n);
    }
}

/* Low or high half of an address, by bit 2 of the register. */
static void write_address(uint32_t *halves, hwaddr addr, uint32_t value)
{
    halves[(addr >> 2) & 1] = value;
}

static bool write_modern_queue(VirtIOMMIOProxy *proxy, VirtIODevice *vdev, hwaddr addr,
                               uint32_t value)
{
    unsigned n = vdev->queue_sel;

    switch (addr) {
    case REG_QUEUE_READY:
        write_ready(proxy, vdev, value);
        return true;
    case REG_QUEUE_RESET:
        if (value == 1 && virtio_vdev_has_feature(vdev, VIRTIO_F_RING_RESET)) {
            virtio_queue_reset(vdev, n);
        }
        return true;
    case REG_QUEUE_DESC_LOW:
    case REG_QUEUE_DESC_HIGH:
        write_address(proxy->queues[n].desc, addr, value);
        return true;
    case REG_QUEUE_AVAIL_LOW:
    case REG_QUEUE_AVAIL_HIGH:
        write_address(proxy->queues[n].avail, addr, value);
        return true;
    case REG_QUEUE_USED_LOW:
    case REG_QUEUE_USED_HIGH:
        write_address(proxy->queues[n].used, addr, value);
        return true;
    default:
        return false;
    }
}

static bool write_legacy_queue(VirtIOMMIOProxy *proxy, VirtIODevice *vdev, hwaddr addr,
                               uint32_t value)
{
    unsigned n = vdev->queue_sel;

    switch (addr) {
    case REG_LEGACY_QUEUE_ALIGN:
        virtio_queue_set_align(vdev, n, value);
        return true;
    case REG_LEGACY_QUEUE_PFN:
        if (value) {
            virtio_queue_set_addr(vdev, n, (hwaddr)value << proxy->guest_page_shift);
        } else {
            /* The legacy way to reset, of all queues (4.2.4). */
            virtio_reset(vdev);
        }
        return true;
    default:
        return false;
    }
}

/* Registers of the selected queue; false when @addr is none, or there is no such queue. */
static bool write_queue(VirtIOMMIOProxy *proxy, VirtIODevice *vdev, hwaddr addr, uint32_t value)
{
    if (!virtio_get_queue(vdev, vdev->queue_sel)) {
        return false;
    }
    if (addr == REG_QUEUE_NUM) {
        virtio_queue_set_num(vdev, vdev->queue_sel, value);
        return true;
    }
    return proxy->legacy ? write_legacy_queue(proxy, vdev, addr, value)
                         : write_modern_queue(proxy, vdev, addr, value);
}

/* ---- registers ---- */

static uint32_t read_features(VirtIOMMIOProxy *proxy, VirtIODevice *vdev)
{
    uint64_t features = vdev->host_features;

    if (!proxy->legacy) {
        features &= ~VIRTIO_DEVICE_GET_CLASS(vdev)->legacy_features;
    }
    switch (proxy->host_features_sel) {
    case 0:
        return features;
    case 1:
        return proxy->legacy ? 0 : features >> 32;
    default:
        return 0;
    }
}

static uint32_t read_queue(VirtIOMMIOProxy *proxy, VirtIODevice *vdev, hwaddr addr)
{
    unsigned n = vdev->queue_sel;

    if (!virtio_get_queue(vdev, n)) {
        return 0;
    }
    switch (addr) {
    case REG_QUEUE_NUM_MAX:
        return virtio_queue_get_max_num(vdev, n);
    case REG_LEGACY_QUEUE_PFN:
        return proxy->legacy ? virtio_queue_get_addr(vdev, n) >> proxy->guest_page_shift : 0;
    case REG_QUEUE_READY:
        return !proxy->legacy && virtio_queue_enabled(vdev, n);
    default:
        return 0;
    }
}

static uint32_t read_device(VirtIOMMIOProxy *proxy, VirtIODevice *vdev, hwaddr addr)
{
    switch (addr) {
    case REG_DEVICE_ID:
        return vdev->device_id;
    case REG_DEVICE_FEATURES:
        return read_features(proxy, vdev);
    case REG_QUEUE_NUM_MAX:
    case REG_LEGACY_QUEUE_PFN:
    case REG_QUEUE_READY:
    case REG_QUEUE_RESET:
        return read_queue(proxy, vdev, addr);
    case REG_INTERRUPT_STATUS:
        return qatomic_read(&vdev->isr);
    case REG_STATUS:
        return qatomic_read(&vdev->status);
    case REG_SHM_LEN_LOW ... REG_SHM_BASE_HIGH:
        return UINT32_MAX; /* no shared memory */
    case REG_CONFIG_GENERATION:
        return proxy->legacy ? 0 : qatomic_read(&vdev->generation);
    default:
        guest_error(addr, "no register to read");
        return 0;
    }
}

static uint64_t virtio_mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtIOMMIOProxy *proxy = opaque;
    VirtIODevice *vdev = mmio_device(proxy);

    if (addr >= REG_CONFIG) {
        return vdev ? virtio_config_read(vdev, addr - REG_CONFIG, size) : 0;
    }
    if (size != 4) {
        guest_error(addr, "registers have 32 bits");
        return 0;
    }
    switch (addr) {
    case REG_MAGIC:
        return MAGIC;
    case REG_VERSION:
        return proxy->legacy ? 1 : 2;
    case REG_VENDOR_ID:
        return VENDOR_ID;
    default:
        return vdev ? read_device(proxy, vdev, addr) : 0;
    }
}

static void write_features(VirtIOMMIOProxy *proxy, VirtIODevice *vdev, uint32_t value)
{
    if (proxy->guest_features_sel > 1 || (proxy->legacy && proxy->guest_features_sel)) {
        guest_error(REG_DRIVER_FEATURES, "features beyond those that there are");
        return;
    }
    proxy->guest_features[proxy->guest_features_sel] = value;
    if (proxy->legacy) {
        virtio_set_features(vdev, value);
    }
}

static void write_status(VirtIOMMIOProxy *proxy, VirtIODevice *vdev, uint32_t value)
{
    if (!proxy->legacy && (value & ~vdev->status & VIRTIO_CONFIG_S_FEATURES_OK)) {
        virtio_set_features(vdev, pair(proxy->guest_features));
        if (!virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1)) {
            value &= ~VIRTIO_CONFIG_S_FEATURES_OK; /* 6.1 */
        }
    }
    virtio_set_status(vdev, value & 0xff);
    if (vdev->status == 0) {
        reset_transport(proxy);
        qemu_set_irq(proxy->irq, 0);
    }
}

static void virtio_mmio_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VirtIOMMIOProxy *proxy = opaque;
    VirtIODevice *vdev = mmio_device(proxy);

    if (!vdev) {
        return;
    }
    if (addr >= REG_CONFIG) {
        virtio_config_write(vdev, addr - REG_CONFIG, value, size);
        return;
    }
    if (size != 4) {
        guest_error(addr, "registers have 32 bits");
        return;
    }
    switch (addr) {
    case REG_DEVICE_FEATURES_SEL:
        proxy->host_features_sel = value;
        break;
    case REG_DRIVER_FEATURES:
        write_features(proxy, vdev, value);
        break;
    case REG_DRIVER_FEATURES_SEL:
        proxy->guest_features_sel = value;
        break;
    case REG_QUEUE_SEL:
        vdev->queue_sel = MIN(value, UINT16_MAX);
        break;
    case REG_QUEUE_NOTIFY:
        /* With notification data the rest of the value says how far the ring is filled (4.2.3.3).
         */
        virtio_queue_notify(vdev, value & 0xffff);
        break;
    case REG_INTERRUPT_ACK:
        qatomic_and(&vdev->isr, ~value);
        qemu_set_irq(proxy->irq, qatomic_read(&vdev->isr) != 0);
        break;
    case REG_STATUS:
        write_status(proxy, vdev, value);
        break;
    default:
        if (proxy->legacy && addr == REG_LEGACY_GUEST_PAGE_SIZE) {
            proxy->guest_page_shift = value ? MIN(ctz32(value), 31) : 0;
        } else if (!write_queue(proxy, vdev, addr, value)) {
            guest_error(addr, "no register to write");
        }
        break;
    }
}

static const MemoryRegionOps virtio_mmio_ops = {
    .read = virtio_mmio_read,
    .write = virtio_mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .impl = {.min_access_size = 1, .max_access_size = 4},
};

/* ---- what the device asks of the transport ---- */

static void mmio_notify(DeviceState *dev, uint16_t vector)
{
    VirtIOMMIOProxy *proxy = VIRTIO_MMIO(dev);
    VirtIODevice *vdev = mmio_device(proxy);

    qemu_set_irq(proxy->irq, vdev && qatomic_read(&vdev->isr) != 0);
}

static uint64_t mmio_get_features(DeviceState *dev, uint64_t features, Error **errp)
{
    if (VIRTIO_MMIO(dev)->legacy) {
        return features & UINT32_MAX;
    }
    virtio_add_feature(&features, VIRTIO_F_VERSION_1);
    return features;
}

static void mmio_device_plugged(DeviceState *dev, Error **errp)
{
    VirtIOMMIOProxy *proxy = VIRTIO_MMIO(dev);
    VirtIODevice *vdev = mmio_device(proxy);

    if (proxy->legacy && VIRTIO_DEVICE_GET_CLASS(vdev)->modern_only) {
        error_setg(errp, "%s needs a modern transport: -global virtio-mmio.force-legacy=off",
                   object_get_typename(OBJECT(vdev)));
        return;
    }
    proxy->nqueues = virtio_num_queues(vdev);
    proxy->queues = g_new0(VirtIOMMIOQueue, proxy->nqueues);
}

static void mmio_device_unplugged(DeviceState *dev)
{
    VirtIOMMIOProxy *proxy = VIRTIO_MMIO(dev);

    proxy->nqueues = 0;
    g_clear_pointer(&proxy->queues, g_free);
}

static AddressSpace *mmio_get_dma_as(DeviceState *dev)
{
    return &VIRTIO_MMIO(dev)->dma_as;
}

static bool mmio_ioeventfd_enabled(DeviceState *dev)
{
    return VIRTIO_MMIO(dev)->ioeventfd;
}

static void mmio_ioeventfd_assign(DeviceState *dev, EventNotifier *n, unsigned n_vq, bool assign)
{
    VirtIOMMIOProxy *proxy = VIRTIO_MMIO(dev);

    if (assign) {
        memory_region_add_eventfd(&proxy->iomem, REG_QUEUE_NOTIFY, 4, true, n_vq, n);
    } else {
        memory_region_del_eventfd(&proxy->iomem, REG_QUEUE_NOTIFY, 4, true, n_vq, n);
    }
}

static void virtio_mmio_bus_class_init(ObjectClass *klass, const void *data)
{
    VirtioBusClass *k = VIRTIO_BUS_CLASS(klass);

    k->notify = mmio_notify;
    k->get_features = mmio_get_features;
    k->device_plugged = mmio_device_plugged;
    k->device_unplugged = mmio_device_unplugged;
    k->get_dma_as = mmio_get_dma_as;
    k->ioeventfd_enabled = mmio_ioeventfd_enabled;
    k->ioeventfd_assign = mmio_ioeventfd_assign;
    k->has_variable_vring_alignment = true;
}

/* ---- reset ---- */

static void virtio_mmio_reset_hold(Object *obj, ResetType type)
{
    VirtIOMMIOProxy *proxy = VIRTIO_MMIO(obj);
    VirtIODevice *vdev = mmio_device(proxy);

    if (vdev) {
        virtio_reset(vdev);
    }
    reset_transport(proxy);
    proxy->guest_page_shift = 0;
    qemu_set_irq(proxy->irq, 0);
}

/* ---- saved state ---- */

static const VMStateDescription vmstate_virtio_mmio_queue = {
    .name = "virtio-mmio queue",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32_ARRAY(desc, VirtIOMMIOQueue, 2),
            VMSTATE_UINT32_ARRAY(avail, VirtIOMMIOQueue, 2),
            VMSTATE_UINT32_ARRAY(used, VirtIOMMIOQueue, 2),
            VMSTATE_END_OF_LIST(),
        },
};

static bool page_shift_ok(void *opaque, int version_id)
{
    VirtIOMMIOProxy *proxy = opaque;

    return proxy->guest_page_shift < 32;
}

static const VMStateDescription vmstate_virtio_mmio = {
    .name = TYPE_VIRTIO_MMIO,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(host_features_sel, VirtIOMMIOProxy),
            VMSTATE_UINT32(guest_features_sel, VirtIOMMIOProxy),
            VMSTATE_UINT32_ARRAY(guest_features, VirtIOMMIOProxy, 2),
            VMSTATE_UINT32(guest_page_shift, VirtIOMMIOProxy),
            VMSTATE_VALIDATE("the page size is one", page_shift_ok),
            VMSTATE_STRUCT_VARRAY_POINTER_UINT32(queues, VirtIOMMIOProxy, nqueues,
                                                 vmstate_virtio_mmio_queue, VirtIOMMIOQueue),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- life ---- */

static const Property virtio_mmio_properties[] = {
    DEFINE_PROP_BOOL("force-legacy", VirtIOMMIOProxy, legacy, true),
    DEFINE_PROP_BOOL("ioeventfd", VirtIOMMIOProxy, ioeventfd, true),
};

static void virtio_mmio_realize(DeviceState *dev, Error **errp)
{
    VirtIOMMIOProxy *proxy = VIRTIO_MMIO(dev);

    qbus_init(&proxy->bus, sizeof(proxy->bus), TYPE_VIRTIO_MMIO_BUS, dev, NULL);
    sysbus_init_irq(SYS_BUS_DEVICE(dev), &proxy->irq);
    memory_region_init_io(&proxy->iomem, OBJECT(dev), &virtio_mmio_ops, proxy, TYPE_VIRTIO_MMIO,
                          VIRTIO_MMIO_REGION_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &proxy->iomem);
    /* Of its own, so that its DMA to its own registers is known as such. */
    address_space_init(&proxy->dma_as, get_system_memory(), TYPE_VIRTIO_MMIO);
    address_space_set_dma_device(&proxy->dma_as, dev);
}

static void virtio_mmio_unrealize(DeviceState *dev)
{
    address_space_destroy(&VIRTIO_MMIO(dev)->dma_as);
}

static void virtio_mmio_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = virtio_mmio_realize;
    dc->unrealize = virtio_mmio_unrealize;
    dc->vmsd = &vmstate_virtio_mmio;
    RESETTABLE_CLASS(klass)->phases.hold = virtio_mmio_reset_hold;
    device_class_set_props(dc, virtio_mmio_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
}

static const TypeInfo virtio_mmio_types[] = {
    {
        .name = TYPE_VIRTIO_MMIO_BUS,
        .parent = TYPE_VIRTIO_BUS,
        .instance_size = sizeof(VirtioBusState),
        .class_init = virtio_mmio_bus_class_init,
    },
    {
        .name = TYPE_VIRTIO_MMIO,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(VirtIOMMIOProxy),
        .class_init = virtio_mmio_class_init,
    },
};

DEFINE_TYPES(virtio_mmio_types)
