/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio PCI: access to the structures in the BAR through configuration space,
 * for drivers that cannot map it (virtio 1.3, 4.1.4.9).
 */
#include "qemu/osdep.h"
#include "exec/memop.h"
#include "qemu/range.h"
#include "virtio-pci-internal.h"

bool virtio_pci_add_cfg_cap(VirtIOPCIProxy *proxy, Error **errp)
{
    PCIDevice *d = &proxy->pci_dev;
    int cap = pci_add_capability(d, PCI_CAP_ID_VNDR, 0, VIRTIO_PCI_CAP_CFG_SIZE, errp);

    if (cap < 0) {
        return false;
    }
    d->config[cap + VIRTIO_PCI_CAP_LEN] = VIRTIO_PCI_CAP_CFG_SIZE;
    d->config[cap + VIRTIO_PCI_CAP_CFG_TYPE] = VIRTIO_PCI_CAP_PCI_CFG;
    d->wmask[cap + VIRTIO_PCI_CAP_BAR] = 0xff;
    pci_set_long(d->wmask + cap + VIRTIO_PCI_CAP_OFFSET, UINT32_MAX);
    pci_set_long(d->wmask + cap + VIRTIO_PCI_CAP_LENGTH, UINT32_MAX);
    pci_set_long(d->wmask + cap + VIRTIO_PCI_CAP_CFG_DATA, UINT32_MAX);
    proxy->cfg_cap = cap;
    return true;
}

/* The structure that the window shows; *@addr is in it. NULL when it shows none. */
static MemoryRegion *window(VirtIOPCIProxy *proxy, hwaddr *addr, unsigned *len)
{
    const uint8_t *cap = proxy->pci_dev.config + proxy->cfg_cap;
    VirtIOPCIRegion *regions[] = {&proxy->common, &proxy->isr, &proxy->device, &proxy->notify};
    uint32_t offset = pci_get_long(cap + VIRTIO_PCI_CAP_OFFSET);

    *len = pci_get_long(cap + VIRTIO_PCI_CAP_LENGTH);
    if (cap[VIRTIO_PCI_CAP_BAR] != VIRTIO_PCI_BAR_MODERN_MEM ||
        (*len != 1 && *len != 2 && *len != 4) || offset % *len) {
        return NULL;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(regions); i++) {
        if (offset >= regions[i]->offset && offset - regions[i]->offset < regions[i]->size) {
            *addr = offset - regions[i]->offset;
            return &regions[i]->mr;
        }
    }
    return NULL;
}

static bool touches_data(VirtIOPCIProxy *proxy, uint32_t addr, int len)
{
    return proxy->cfg_cap && ranges_overlap(addr, len, proxy->cfg_cap + VIRTIO_PCI_CAP_CFG_DATA, 4);
}

uint32_t virtio_pci_config_read(PCIDevice *d, uint32_t addr, int len)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(d);
    uint64_t value = 0;
    MemoryRegion *mr;
    unsigned size;
    hwaddr at;

    if (touches_data(proxy, addr, len)) {
        mr = window(proxy, &at, &size);
        if (mr) {
            memory_region_dispatch_read(mr, at, &value, size_memop(size) | MO_LE,
                                        MEMTXATTRS_UNSPECIFIED);
            stn_le_p(d->config + proxy->cfg_cap + VIRTIO_PCI_CAP_CFG_DATA, size, value);
        }
    }
    return pci_default_read_config(d, addr, len);
}

void virtio_pci_config_write(PCIDevice *d, uint32_t addr, uint32_t val, int len)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(d);
    MemoryRegion *mr;
    unsigned size;
    hwaddr at;

    pci_default_write_config(d, addr, val, len);
    if (touches_data(proxy, addr, len)) {
        mr = window(proxy, &at, &size);
        if (mr) {
            memory_region_dispatch_write(
                mr, at, ldn_le_p(d->config + proxy->cfg_cap + VIRTIO_PCI_CAP_CFG_DATA, size),
                size_memop(size) | MO_LE, MEMTXATTRS_UNSPECIFIED);
        }
    }
}
