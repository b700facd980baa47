/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Enhanced configuration access mechanism (PCI Express Base 4.0, 7.2.2): the offset in the
 * window is bus << 20 | devfn << 12 | register.
 */

#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/pci/pcie_host.h"

static PCIDevice *find(PCIExpressHost *e, hwaddr offset)
{
    return pci_find_device(e->pci.bus, offset >> 20, (offset >> 12) & 0xff);
}

static void mmcfg_write(void *opaque, hwaddr offset, uint64_t val, unsigned len)
{
    PCIDevice *d = find(opaque, offset);
    uint32_t reg = offset & (PCIE_CONFIG_SPACE_SIZE - 1);

    /* A conventional function has no registers beyond the first 256 bytes. */
    if (d && reg + len <= pci_config_size(d)) {
        d->config_write(d, reg, val, len);
    }
}

static uint64_t mmcfg_read(void *opaque, hwaddr offset, unsigned len)
{
    PCIDevice *d = find(opaque, offset);
    uint32_t reg = offset & (PCIE_CONFIG_SPACE_SIZE - 1);

    if (!d) {
        return ~UINT64_C(0);
    }
    /* Zero ends the list of extended capabilities. */
    return reg + len <= pci_config_size(d) ? d->config_read(d, reg, len) : 0;
}

static const MemoryRegionOps mmcfg_ops = {
    .read = mmcfg_read,
    .write = mmcfg_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 4},
    .valid = {.min_access_size = 1, .max_access_size = 4},
};

void pcie_host_mmcfg_update(PCIExpressHost *e, bool enable, hwaddr addr, uint32_t size)
{
    bool mapped = e->base_addr != PCIE_BASE_ADDR_UNMAPPED;

    if (mapped == enable && (!enable || (addr == e->base_addr && size == e->size))) {
        return;
    }
    memory_region_transaction_begin();
    if (mapped) {
        memory_region_del_subregion(get_system_memory(), &e->window);
        e->base_addr = PCIE_BASE_ADDR_UNMAPPED;
    }
    if (enable) {
        g_assert(size && size <= PCIE_MMCFG_SIZE_MAX);
        e->base_addr = addr;
        e->size = size;
        memory_region_set_size(&e->window, size);
        memory_region_add_subregion_overlap(get_system_memory(), addr, &e->window, 1);
    }
    memory_region_transaction_commit();
}

static void pcie_host_init(Object *obj)
{
    PCIExpressHost *e = PCIE_HOST_BRIDGE(obj);

    e->base_addr = PCIE_BASE_ADDR_UNMAPPED;
    memory_region_init_io(&e->mmio, obj, &mmcfg_ops, e, "pcie-mmcfg-mmio", PCIE_MMCFG_SIZE_MAX);
    /* The chipset decodes it for processors alone: no device configures itself or its bridge. */
    e->mmio.cpu_only = true;
    memory_region_init_alias(&e->window, obj, "pcie-mmcfg", &e->mmio, 0, PCIE_MMCFG_SIZE_MAX);
}

static const TypeInfo pcie_host_types[] = {
    {
        .name = TYPE_PCIE_HOST_BRIDGE,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .abstract = true,
        .instance_size = sizeof(PCIExpressHost),
        .instance_init = pcie_host_init,
    },
};

DEFINE_TYPES(pcie_host_types)
