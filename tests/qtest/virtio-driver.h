/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small virtio driver for tests: PCI (legacy and modern) and memory-mapped
 * transports, split and packed rings. It keeps its rings and buffers in guest
 * memory from VDRV_HEAP on, and never frees them.
 */
#ifndef QTEST_VIRTIO_DRIVER_H
#define QTEST_VIRTIO_DRIVER_H

#include "libqtest.h"

#define VDRV_HEAP      0x1000000ull
#define VDRV_CHAIN_MAX 64

/* Feature bits and status that tests name. */
#define VDRV_INDIRECT      (1ull << 28)
#define VDRV_EVENT_IDX     (1ull << 29)
#define VDRV_VERSION_1     (1ull << 32)
#define VDRV_PACKED        (1ull << 34)
#define VDRV_IN_ORDER      (1ull << 35)
#define VDRV_RING_RESET    (1ull << 40)

#define VDRV_S_DRIVER_OK   4
#define VDRV_S_NEEDS_RESET 0x40

typedef enum { VDRV_PCI_LEGACY, VDRV_PCI_MODERN, VDRV_MMIO } VdrvTransport;

typedef struct VdrvDev {
    QTestState *qts;
    VdrvTransport transport;
    int devfn;     /* PCI */
    uint64_t io;   /* legacy: I/O base */
    uint64_t base; /* mmio: registers; modern: BAR */
    uint64_t common, isr, device, notify;
    uint32_t notify_mult;
    uint64_t msix;     /* table; 0: not enabled */
    uint64_t features; /* negotiated */
    bool legacy;       /* interface */
} VdrvDev;

typedef struct VdrvBuf {
    uint64_t addr;
    uint32_t len;
    bool write; /* by the device */
} VdrvBuf;

typedef struct VdrvQueue {
    VdrvDev *dev;
    unsigned index, num;
    uint64_t desc, avail, used, notify_addr;
    uint16_t free_desc; /* next descriptor to use */
    uint16_t avail_idx; /* split: as published; packed: position */
    uint16_t used_idx;
    bool avail_wrap, used_wrap;
    uint16_t chain_len[1024]; /* by buffer id, packed */
} VdrvQueue;

/* The function at @devfn of bus 0, whose BARs it places; @n (below 8) keeps several apart. */
VdrvDev *vdrv_pci_new(QTestState *qts, int devfn, bool modern, unsigned n);
VdrvDev *vdrv_mmio_new(QTestState *qts, uint64_t base);
void vdrv_free(VdrvDev *dev);

uint64_t vdrv_alloc(QTestState *qts, uint64_t size);

uint8_t vdrv_status(VdrvDev *dev);
void vdrv_set_status(VdrvDev *dev, uint8_t status);
uint64_t vdrv_offered(VdrvDev *dev);
uint8_t vdrv_read_isr(VdrvDev *dev);
uint16_t vdrv_config_readw(VdrvDev *dev, unsigned offset);
uint8_t vdrv_config_readb(VdrvDev *dev, unsigned offset);
uint32_t vdrv_config_readl(VdrvDev *dev, unsigned offset);
uint64_t vdrv_config_readq(VdrvDev *dev, unsigned offset);
void vdrv_config_writeb(VdrvDev *dev, unsigned offset, uint8_t value);
void vdrv_config_writel(VdrvDev *dev, unsigned offset, uint32_t value);

/*
 * Reset, acknowledge, negotiate @wanted of what is offered (VERSION_1 by itself
 * where the interface is modern). Then queues, then vdrv_driver_ok().
 */
void vdrv_start(VdrvDev *dev, uint64_t wanted);
void vdrv_driver_ok(VdrvDev *dev);

/* MSI-X on: vector @i writes 0x100 + i to the address that is returned plus 4 * i. */
uint64_t vdrv_enable_msix(VdrvDev *dev, unsigned vectors);
void vdrv_set_config_vector(VdrvDev *dev, uint16_t vector);

/* Queue @n with @num entries (0: as many as it may have), in use. */
VdrvQueue *vdrv_queue_new(VdrvDev *dev, unsigned n, unsigned num, uint16_t vector);
unsigned vdrv_queue_max(VdrvDev *dev, unsigned n);

/* Make one chain available; the id by which it comes back. */
uint16_t vdrv_add(VdrvQueue *vq, const VdrvBuf *bufs, unsigned n);
uint16_t vdrv_add_indirect(VdrvQueue *vq, const VdrvBuf *bufs, unsigned n);
void vdrv_kick(VdrvQueue *vq);
/* One used element, if there is one. */
bool vdrv_get_used(VdrvQueue *vq, uint16_t *id, uint32_t *len);
/* Steps the clock until there is one. */
uint16_t vdrv_wait_used(VdrvQueue *vq, uint32_t *len);
/* Steps the clock until the device asks to be reset. */
void vdrv_wait_broken(VdrvDev *dev);

#endif
