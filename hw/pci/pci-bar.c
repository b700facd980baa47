/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base address registers: where a device's regions appear (PCI Local Bus 3.0, 6.2.5). */

#include "qemu/osdep.h"
#include "pci-internal.h"

uint32_t pci_bar_offset(const PCIDevice *d, int region)
{
    bool bridge =
        (d->config[PCI_HEADER_TYPE] & ~PCI_HEADER_TYPE_MULTI_FUNCTION) == PCI_HEADER_TYPE_BRIDGE;

    return region != PCI_ROM_SLOT ? PCI_BASE_ADDRESS_0 + region * 4
           : bridge               ? PCI_ROM_ADDRESS1
                                  : PCI_ROM_ADDRESS;
}

void pci_register_bar(PCIDevice *d, int region, uint8_t type, MemoryRegion *memory)
{
    PCIIORegion *r = &d->io_regions[region];
    uint32_t at = pci_bar_offset(d, region);
    pcibus_t size = memory_region_size(memory);
    uint64_t wmask = ~(size - 1);

    r->addr = PCI_BAR_UNMAPPED;
    r->size = size;
    r->type = type;
    r->memory = memory;
    r->address_space = type & PCI_BASE_ADDRESS_SPACE_IO ? pci_get_bus(d)->address_space_io
                                                        : pci_get_bus(d)->address_space_mem;
    if (region == PCI_ROM_SLOT) {
        wmask |= PCI_ROM_ADDRESS_ENABLE;
    }
    pci_set_long(d->config + at, type);
    if (!(type & PCI_BASE_ADDRESS_SPACE_IO) && (type & PCI_BASE_ADDRESS_MEM_TYPE_64)) {
        pci_set_quad(d->wmask + at, wmask);
        pci_set_quad(d->cmask + at, ~0ull);
    } else {
        pci_set_long(d->wmask + at, wmask & 0xffffffff);
        pci_set_long(d->cmask + at, 0xffffffff);
    }
}

pcibus_t pci_get_bar_addr(PCIDevice *d, int region)
{
    return d->io_regions[region].addr;
}

static pcibus_t io_bar_address(PCIDevice *d, int region, pcibus_t size, uint16_t cmd)
{
    if (!(cmd & PCI_COMMAND_IO)) {
        return PCI_BAR_UNMAPPED;
    }
    pcibus_t addr = pci_get_long(d->config + pci_bar_offset(d, region)) & ~(size - 1);
    /* Address 0 means "not assigned", and x86 decodes 16 bits of port. */
    return addr == 0 || addr + size - 1 > 0xffff ? PCI_BAR_UNMAPPED : addr;
}

/* The address that the registers say, PCI_BAR_UNMAPPED when nothing is to be decoded. */
static pcibus_t bar_address(PCIDevice *d, int region)
{
    const PCIIORegion *r = &d->io_regions[region];
    uint16_t cmd = pci_effective_command(d);
    uint32_t at = pci_bar_offset(d, region);
    pcibus_t addr;

    if (r->type & PCI_BASE_ADDRESS_SPACE_IO) {
        return io_bar_address(d, region, r->size, cmd);
    }
    if (!(cmd & PCI_COMMAND_MEMORY)) {
        return PCI_BAR_UNMAPPED;
    }
    bool is_64 = r->type & PCI_BASE_ADDRESS_MEM_TYPE_64;
    addr = is_64 ? pci_get_quad(d->config + at) : pci_get_long(d->config + at);
    if (region == PCI_ROM_SLOT && !(addr & PCI_ROM_ADDRESS_ENABLE)) {
        return PCI_BAR_UNMAPPED;
    }
    addr &= ~(r->size - 1);
    pcibus_t last = addr + r->size - 1;
    /*
     * Unassigned, wrapped around, or the all-ones value of sizing, which must
     * not cover whatever lies at the top of the address space meanwhile.
     */
    if (addr == 0 || last <= addr || last == PCI_BAR_UNMAPPED || (!is_64 && last >= UINT32_MAX)) {
        return PCI_BAR_UNMAPPED;
    }
    return addr;
}

void pci_update_mappings(PCIDevice *d)
{
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        PCIIORegion *r = &d->io_regions[i];
        pcibus_t addr;

        if (!r->size) {
            continue;
        }
        addr = bar_address(d, i);
        if (addr == r->addr) {
            continue;
        }
        memory_region_transaction_begin();
        if (r->addr != PCI_BAR_UNMAPPED) {
            memory_region_del_subregion(r->address_space, r->memory);
        }
        r->addr = addr;
        if (addr != PCI_BAR_UNMAPPED) {
            memory_region_add_subregion_overlap(r->address_space, addr, r->memory, 1);
        }
        memory_region_transaction_commit();
    }
}

void pci_update_bus_master(PCIDevice *d)
{
    memory_region_set_enabled(&d->bus_master_enable_region,
                              pci_effective_command(d) & PCI_COMMAND_MASTER);
}

void pci_unmap_all(PCIDevice *d)
{
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        PCIIORegion *r = &d->io_regions[i];
        if (r->size && r->addr != PCI_BAR_UNMAPPED) {
            memory_region_del_subregion(r->address_space, r->memory);
            r->addr = PCI_BAR_UNMAPPED;
        }
    }
}
