/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtio driver for tests: transports. See virtio-driver.h; rings are in virtio-rings.c. */
#include "virtio-driver.h"

#define PCI_COMMAND 0x04
#define PCI_BAR0    0x10
#define PCI_BAR1    0x14
#define PCI_BAR4    0x20
#define CAP_VENDOR  0x09
#define CAP_MSIX    0x11

#define STEP_NS     (1000 * 1000)

/* ---- memory ---- */

static uint64_t heap_next = VDRV_HEAP;

uint64_t vdrv_alloc(QTestState *qts, uint64_t size)
{
    uint64_t at = heap_next;

    heap_next += QEMU_ALIGN_UP(size, 4096);
    qtest_memset(qts, at, 0, size);
    return at;
}

/* ---- finding the structures of a PCI function ---- */

static void find_structures(VdrvDev *dev)
{
    QTestState *qts = dev->qts;

    for (int cap = qpci_config_readb(qts, dev->devfn, 0x34); cap;
         cap = qpci_config_readb(qts, dev->devfn, cap + 1)) {
        uint64_t at;

        if (qpci_config_readb(qts, dev->devfn, cap) != CAP_VENDOR ||
            qpci_config_readb(qts, dev->devfn, cap + 4) != 4) {
            continue;
        }
        at = dev->base + qpci_config_readl(qts, dev->devfn, cap + 8);
        switch (qpci_config_readb(qts, dev->devfn, cap + 3)) {
        case 1:
            dev->common = at;
            break;
        case 2:
            dev->notify = at;
            dev->notify_mult = qpci_config_readl(qts, dev->devfn, cap + 16);
            break;
        case 3:
            dev->isr = at;
            break;
        case 4:
            dev->device = at;
            break;
        }
    }
    g_assert(dev->common && dev->notify && dev->isr && dev->device);
}

VdrvDev *vdrv_pci_new(QTestState *qts, int devfn, bool modern, unsigned n)
{
    VdrvDev *dev = g_new0(VdrvDev, 1);

    heap_next = VDRV_HEAP + n * 0x800000;
    dev->qts = qts;
    dev->devfn = devfn;
    dev->transport = modern ? VDRV_PCI_MODERN : VDRV_PCI_LEGACY;
    dev->legacy = !modern;
    dev->io = 0xc000 + n * 0x100;
    dev->base = 0xe0000000 + n * 0x1000000;
    g_assert_cmphex(qpci_config_readw(qts, devfn, 0), ==, 0x1af4);
    if (modern) {
        qpci_config_writel(qts, devfn, PCI_BAR4, dev->base);
        qpci_config_writel(qts, devfn, PCI_BAR4 + 4, 0);
    } else {
        qpci_config_writel(qts, devfn, PCI_BAR0, dev->io);
    }
    qpci_config_writel(qts, devfn, PCI_BAR1, dev->base + 0x800000);
    qpci_config_writew(qts, devfn, PCI_COMMAND, 7);
    if (modern) {
        find_structures(dev);
    }
    return dev;
}

VdrvDev *vdrv_mmio_new(QTestState *qts, uint64_t base)
{
    VdrvDev *dev = g_new0(VdrvDev, 1);

    heap_next = VDRV_HEAP;
    dev->qts = qts;
    dev->transport = VDRV_MMIO;
    dev->base = base;
    g_assert_cmphex(qtest_readl(qts, base), ==, 0x74726976);
    dev->legacy = qtest_readl(qts, base + 4) == 1;
    dev->device = base + 0x100;
    return dev;
}

void vdrv_free(VdrvDev *dev)
{
    g_free(dev);
}

/* ---- registers ---- */

uint8_t vdrv_status(VdrvDev *dev)
{
    switch (dev->transport) {
    case VDRV_PCI_LEGACY:
        return qtest_inb(dev->qts, dev->io + 18);
    case VDRV_PCI_MODERN:
        return qtest_readb(dev->qts, dev->common + 20);
    default:
        return qtest_readl(dev->qts, dev->base + 0x70);
    }
}

void vdrv_set_status(VdrvDev *dev, uint8_t status)
{
    switch (dev->transport) {
    case VDRV_PCI_LEGACY:
        qtest_outb(dev->qts, dev->io + 18, status);
        break;
    case VDRV_PCI_MODERN:
        qtest_writeb(dev->qts, dev->common + 20, status);
        break;
    default:
        qtest_writel(dev->qts, dev->base + 0x70, status);
        break;
    }
}

uint64_t vdrv_offered(VdrvDev *dev)
{
    uint64_t at = dev->transport == VDRV_MMIO ? dev->base + 0x10 : dev->common + 4;
    uint64_t sel = dev->transport == VDRV_MMIO ? dev->base + 0x14 : dev->common;
    uint64_t low;

    if (dev->transport == VDRV_PCI_LEGACY) {
        return qtest_inl(dev->qts, dev->io);
    }
    qtest_writel(dev->qts, sel, 0);
    low = qtest_readl(dev->qts, at);
    qtest_writel(dev->qts, sel, 1);
    return low | (uint64_t)qtest_readl(dev->qts, at) << 32;
}

static void write_features(VdrvDev *dev, uint64_t features)
{
    uint64_t at = dev->transport == VDRV_MMIO ? dev->base + 0x20 : dev->common + 12;
    uint64_t sel = dev->transport == VDRV_MMIO ? dev->base + 0x24 : dev->common + 8;

    if (dev->transport == VDRV_PCI_LEGACY) {
        qtest_outl(dev->qts, dev->io + 4, features);
        return;
    }
    qtest_writel(dev->qts, sel, 0);
    qtest_writel(dev->qts, at, features);
    if (!dev->legacy) {
        qtest_writel(dev->qts, sel, 1);
        qtest_writel(dev->qts, at, features >> 32);
    }
}

uint8_t vdrv_read_isr(VdrvDev *dev)
{
    uint32_t isr;

    switch (dev->transport) {
    case VDRV_PCI_LEGACY:
        return qtest_inb(dev->qts, dev->io + 19);
    case VDRV_PCI_MODERN:
        return qtest_readb(dev->qts, dev->isr);
    default:
        isr = qtest_readl(dev->qts, dev->base + 0x60);
        qtest_writel(dev->qts, dev->base + 0x64, isr);
        return isr;
    }
}

/* ---- configuration space ---- */

static uint16_t legacy_config(VdrvDev *dev)
{
    return dev->io + (dev->msix ? 24 : 20);
}

uint8_t vdrv_config_readb(VdrvDev *dev, unsigned offset)
{
    return dev->transport == VDRV_PCI_LEGACY ? qtest_inb(dev->qts, legacy_config(dev) + offset)
                                             : qtest_readb(dev->qts, dev->device + offset);
}

uint16_t vdrv_config_readw(VdrvDev *dev, unsigned offset)
{
    return dev->transport == VDRV_PCI_LEGACY ? qtest_inw(dev->qts, legacy_config(dev) + offset)
                                             : qtest_readw(dev->qts, dev->device + offset);
}

uint32_t vdrv_config_readl(VdrvDev *dev, unsigned offset)
{
    return dev->transport == VDRV_PCI_LEGACY ? qtest_inl(dev->qts, legacy_config(dev) + offset)
                                             : qtest_readl(dev->qts, dev->device + offset);
}

uint64_t vdrv_config_readq(VdrvDev *dev, unsigned offset)
{
    return vdrv_config_readl(dev, offset) | (uint64_t)vdrv_config_readl(dev, offset + 4) << 32;
}

void vdrv_config_writeb(VdrvDev *dev, unsigned offset, uint8_t value)
{
    if (dev->transport == VDRV_PCI_LEGACY) {
        qtest_outb(dev->qts, legacy_config(dev) + offset, value);
    } else {
        qtest_writeb(dev->qts, dev->device + offset, value);
    }
}

void vdrv_config_writel(VdrvDev *dev, unsigned offset, uint32_t value)
{
    if (dev->transport == VDRV_PCI_LEGACY) {
        qtest_outl(dev->qts, legacy_config(dev) + offset, value);
    } else {
        qtest_writel(dev->qts, dev->device + offset, value);
    }
}

/* ---- start ---- */

void vdrv_start(VdrvDev *dev, uint64_t wanted)
{
    vdrv_set_status(dev, 0);
    g_assert_cmphex(vdrv_status(dev), ==, 0);
    vdrv_set_status(dev, 1);
    vdrv_set_status(dev, 3);
    dev->features = vdrv_offered(dev) & (wanted | (dev->legacy ? 0 : VDRV_VERSION_1));
    write_features(dev, dev->features);
    if (!dev->legacy) {
        g_assert(dev->features & VDRV_VERSION_1);
        vdrv_set_status(dev, 3 | 8);
        g_assert_cmphex(vdrv_status(dev), ==, 3 | 8);
    }
}

void vdrv_driver_ok(VdrvDev *dev)
{
    vdrv_set_status(dev, vdrv_status(dev) | VDRV_S_DRIVER_OK);
}

uint64_t vdrv_enable_msix(VdrvDev *dev, unsigned vectors)
{
    int cap = qpci_find_capability(dev->qts, dev->devfn, CAP_MSIX);
    uint64_t target = vdrv_alloc(dev->qts, 4096);

    g_assert(cap);
    dev->msix = dev->base + 0x800000;
    qpci_config_writew(dev->qts, dev->devfn, cap + 2, 0x8000);
    for (unsigned i = 0; i < vectors; i++) {
        qtest_writel(dev->qts, dev->msix + i * 16, target + 4 * i);
        qtest_writel(dev->qts, dev->msix + i * 16 + 4, 0);
        qtest_writel(dev->qts, dev->msix + i * 16 + 8, 0x100 + i);
        qtest_writel(dev->qts, dev->msix + i * 16 + 12, 0);
    }
    return target;
}

void vdrv_set_config_vector(VdrvDev *dev, uint16_t vector)
{
    if (dev->transport == VDRV_PCI_LEGACY) {
        qtest_outw(dev->qts, dev->io + 20, vector);
        g_assert_cmphex(qtest_inw(dev->qts, dev->io + 20), ==, vector);
    } else {
        qtest_writew(dev->qts, dev->common + 16, vector);
        g_assert_cmphex(qtest_readw(dev->qts, dev->common + 16), ==, vector);
    }
}

/* ---- queues ---- */

static void select_queue(VdrvDev *dev, unsigned n)
{
    switch (dev->transport) {
    case VDRV_PCI_LEGACY:
        qtest_outw(dev->qts, dev->io + 14, n);
        break;
    case VDRV_PCI_MODERN:
        qtest_writew(dev->qts, dev->common + 22, n);
        break;
    default:
        qtest_writel(dev->qts, dev->base + 0x30, n);
        break;
    }
}

unsigned vdrv_queue_max(VdrvDev *dev, unsigned n)
{
    select_queue(dev, n);
    switch (dev->transport) {
    case VDRV_PCI_LEGACY:
        return qtest_inw(dev->qts, dev->io + 12);
    case VDRV_PCI_MODERN:
        return qtest_readw(dev->qts, dev->common + 24);
    default:
        return qtest_readl(dev->qts, dev->base + 0x34);
    }
}

static void set_up_modern(VdrvQueue *vq, uint16_t vector)
{
    QTestState *qts = vq->dev->qts;
    uint64_t common = vq->dev->common;

    qtest_writew(qts, common + 24, vq->num);
    g_assert_cmpuint(qtest_readw(qts, common + 24), ==, vq->num);
    if (vq->dev->msix) {
        qtest_writew(qts, common + 26, vector);
        g_assert_cmphex(qtest_readw(qts, common + 26), ==, vector);
    }
    qtest_writeq(qts, common + 32, vq->desc);
    qtest_writeq(qts, common + 40, vq->avail);
    qtest_writel(qts, common + 48, vq->used);
    qtest_writel(qts, common + 52, vq->used >> 32);
    vq->notify_addr = vq->dev->notify + qtest_readw(qts, common + 30) * vq->dev->notify_mult;
    qtest_writew(qts, common + 28, 1);
    g_assert_cmpuint(qtest_readw(qts, common + 28), ==, 1);
}

static void set_up_mmio(VdrvQueue *vq)
{
    QTestState *qts = vq->dev->qts;
    uint64_t base = vq->dev->base;

    qtest_writel(qts, base + 0x38, vq->num);
    vq->notify_addr = base + 0x50;
    if (vq->dev->legacy) {
        qtest_writel(qts, base + 0x28, 4096);
        qtest_writel(qts, base + 0x3c, 4096);
        qtest_writel(qts, base + 0x40, vq->desc >> 12);
        return;
    }
    qtest_writel(qts, base + 0x80, vq->desc);
    qtest_writel(qts, base + 0x84, vq->desc >> 32);
    qtest_writel(qts, base + 0x90, vq->avail);
    qtest_writel(qts, base + 0x94, vq->avail >> 32);
    qtest_writel(qts, base + 0xa0, vq->used);
    qtest_writel(qts, base + 0xa4, vq->used >> 32);
    qtest_writel(qts, base + 0x44, 1);
    g_assert_cmpuint(qtest_readl(qts, base + 0x44), ==, 1);
}

VdrvQueue *vdrv_queue_new(VdrvDev *dev, unsigned n, unsigned num, uint16_t vector)
{
    VdrvQueue *vq = g_new0(VdrvQueue, 1);

    vq->dev = dev;
    vq->index = n;
    vq->num = vdrv_queue_max(dev, n);
    g_assert_cmpuint(vq->num, !=, 0);
    if (num) {
        g_assert_cmpuint(num, <=, vq->num);
        vq->num = num;
    }
    /* The legacy layout, which is as good as any for the others. */
    vq->desc = vdrv_alloc(dev->qts, 65536);
    vq->avail = vq->desc + 16 * vq->num;
    vq->used = QEMU_ALIGN_UP(vq->avail + 6 + 2 * vq->num, 4096);
    vq->avail_wrap = vq->used_wrap = true;
    select_queue(dev, n);
    switch (dev->transport) {
    case VDRV_PCI_LEGACY:
        if (dev->msix) {
            qtest_outw(dev->qts, dev->io + 22, vector);
            g_assert_cmphex(qtest_inw(dev->qts, dev->io + 22), ==, vector);
        }
        qtest_outl(dev->qts, dev->io + 8, vq->desc >> 12);
        g_assert_cmphex(qtest_inl(dev->qts, dev->io + 8), ==, vq->desc >> 12);
        break;
    case VDRV_PCI_MODERN:
        set_up_modern(vq, vector);
        break;
    default:
        set_up_mmio(vq);
        break;
    }
    return vq;
}

void vdrv_kick(VdrvQueue *vq)
{
    switch (vq->dev->transport) {
    case VDRV_PCI_LEGACY:
        qtest_outw(vq->dev->qts, vq->dev->io + 16, vq->index);
        break;
    case VDRV_PCI_MODERN:
        qtest_writew(vq->dev->qts, vq->notify_addr, vq->index);
        break;
    default:
        qtest_writel(vq->dev->qts, vq->notify_addr, vq->index);
        break;
    }
}

/* ---- waiting ---- */

uint16_t vdrv_wait_used(VdrvQueue *vq, uint32_t *len)
{
    uint16_t id;

    while (!vdrv_get_used(vq, &id, len)) {
        qtest_clock_step(vq->dev->qts, STEP_NS);
    }
    return id;
}

void vdrv_wait_broken(VdrvDev *dev)
{
    while (!(vdrv_status(dev) & VDRV_S_NEEDS_RESET)) {
        qtest_clock_step(dev->qts, STEP_NS);
    }
}
