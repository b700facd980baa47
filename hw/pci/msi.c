/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Message signalled interrupts (PCI Local Bus 3.0, 6.8.1). */

#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "qemu/host-utils.h"
#include "qemu/range.h"

static uint16_t msi_flags(const PCIDevice *d)
{
    return pci_get_word(d->config + d->msi_cap + PCI_MSI_FLAGS);
}

/* The data, mask and pending registers move with the width of the address. */
static uint8_t data_off(const PCIDevice *d, bool is_64)
{
    return d->msi_cap + (is_64 ? 0x0c : 0x08);
}

static uint8_t mask_off(const PCIDevice *d, bool is_64)
{
    return d->msi_cap + (is_64 ? 0x10 : 0x0c);
}

static uint8_t pending_off(const PCIDevice *d, bool is_64)
{
    return d->msi_cap + (is_64 ? 0x14 : 0x10);
}

static uint8_t cap_size(uint16_t flags)
{
    bool is_64 = flags & PCI_MSI_FLAGS_64BIT;
    return flags & PCI_MSI_FLAGS_MASKBIT ? (is_64 ? 0x18 : 0x14) : (is_64 ? 0x0e : 0x0a);
}

int msi_init(PCIDevice *d, uint8_t offset, unsigned nr_vectors, bool msi64bit,
             bool msi_per_vector_mask, Error **errp)
{
    uint16_t flags = ctz32(nr_vectors) << 1;
    int at;

    if (!nr_vectors || nr_vectors > 32 || !is_power_of_2(nr_vectors)) {
        error_setg(errp, "%u MSI vectors: the number must be a power of two up to 32", nr_vectors);
        return -EINVAL;
    }
    flags |= msi64bit ? PCI_MSI_FLAGS_64BIT : 0;
    flags |= msi_per_vector_mask ? PCI_MSI_FLAGS_MASKBIT : 0;
    at = pci_add_capability(d, PCI_CAP_ID_MSI, offset, cap_size(flags), errp);
    if (at < 0) {
        return at;
    }
    d->msi_cap = at;
    d->cap_present |= QEMU_PCI_CAP_MSI;
    pci_set_word(d->config + at + PCI_MSI_FLAGS, flags);
    pci_set_word(d->wmask + at + PCI_MSI_FLAGS, PCI_MSI_FLAGS_QSIZE | PCI_MSI_FLAGS_ENABLE);
    pci_set_long(d->wmask + at + PCI_MSI_ADDRESS_LO, 0xfffffffc);
    if (msi64bit) {
        pci_set_long(d->wmask + at + PCI_MSI_ADDRESS_HI, 0xffffffff);
    }
    pci_set_word(d->wmask + data_off(d, msi64bit), 0xffff);
    if (msi_per_vector_mask) {
        pci_set_long(d->wmask + mask_off(d, msi64bit), UINT32_MAX >> (32 - nr_vectors));
    }
    return 0;
}

void msi_uninit(PCIDevice *d)
{
    if (!msi_present(d)) {
        return;
    }
    pci_del_capability(d, PCI_CAP_ID_MSI, cap_size(msi_flags(d)));
    d->cap_present &= ~QEMU_PCI_CAP_MSI;
    d->msi_cap = 0;
}

bool msi_enabled(const PCIDevice *d)
{
    return msi_present(d) && (msi_flags(d) & PCI_MSI_FLAGS_ENABLE);
}

unsigned msi_nr_vectors_allocated(const PCIDevice *d)
{
    return 1u << ((msi_flags(d) & PCI_MSI_FLAGS_QSIZE) >> 4);
}

bool msi_is_masked(const PCIDevice *d, unsigned vector)
{
    uint16_t flags = msi_flags(d);

    if (!(flags & PCI_MSI_FLAGS_MASKBIT) || vector >= 32) {
        return false;
    }
    return pci_get_long(d->config + mask_off(d, flags & PCI_MSI_FLAGS_64BIT)) & (1u << vector);
}

MSIMessage msi_get_message(PCIDevice *d, unsigned vector)
{
    uint16_t flags = msi_flags(d);
    bool is_64 = flags & PCI_MSI_FLAGS_64BIT;
    unsigned nr = msi_nr_vectors_allocated(d);
    MSIMessage msg;

    msg.address = is_64 ? pci_get_quad(d->config + d->msi_cap + PCI_MSI_ADDRESS_LO)
                        : pci_get_long(d->config + d->msi_cap + PCI_MSI_ADDRESS_LO);
    msg.data = pci_get_word(d->config + data_off(d, is_64));
    if (nr > 1) {
        msg.data = (msg.data & ~(nr - 1)) | (vector & (nr - 1));
    }
    return msg;
}

void msi_send_message(PCIDevice *d, MSIMessage msg)
{
    MemTxAttrs attrs = {.requester_id = pci_requester_id(d)};

    address_space_stl_le(&d->bus_master_as, msg.address, msg.data, attrs, NULL);
}

void msi_notify(PCIDevice *d, unsigned vector)
{
    uint16_t flags = msi_flags(d);

    if (!(flags & PCI_MSI_FLAGS_ENABLE)) {
        return;
    }
    if (msi_is_masked(d, vector)) {
        uint8_t *pending = d->config + pending_off(d, flags & PCI_MSI_FLAGS_64BIT);
        pci_set_long(pending, pci_get_long(pending) | (1u << vector));
        return;
    }
    msi_send_message(d, msi_get_message(d, vector));
}

void msi_reset(PCIDevice *d)
{
    uint16_t flags;
    bool is_64;

    if (!msi_present(d)) {
        return;
    }
    flags = msi_flags(d) & ~(PCI_MSI_FLAGS_QSIZE | PCI_MSI_FLAGS_ENABLE);
    is_64 = flags & PCI_MSI_FLAGS_64BIT;
    pci_set_word(d->config + d->msi_cap + PCI_MSI_FLAGS, flags);
    pci_set_long(d->config + d->msi_cap + PCI_MSI_ADDRESS_LO, 0);
    if (is_64) {
        pci_set_long(d->config + d->msi_cap + PCI_MSI_ADDRESS_HI, 0);
    }
    pci_set_word(d->config + data_off(d, is_64), 0);
    if (flags & PCI_MSI_FLAGS_MASKBIT) {
        pci_set_long(d->config + mask_off(d, is_64), 0);
        pci_set_long(d->config + pending_off(d, is_64), 0);
    }
}

void msi_write_config(PCIDevice *d, uint32_t addr, uint32_t val, int len)
{
    uint16_t flags;
    uint32_t pending;
    uint8_t *pending_reg;

    if (!msi_present(d) || !ranges_overlap(addr, len, d->msi_cap, cap_size(msi_flags(d)))) {
        return;
    }
    flags = msi_flags(d);
    if (!(flags & PCI_MSI_FLAGS_ENABLE)) {
        return;
    }
    /* No more vectors than the device has may be allocated. */
    unsigned capable = (flags & PCI_MSI_FLAGS_QMASK) >> 1;
    if (((flags & PCI_MSI_FLAGS_QSIZE) >> 4) > capable) {
        flags = (flags & ~PCI_MSI_FLAGS_QSIZE) | (capable << 4);
        pci_set_word(d->config + d->msi_cap + PCI_MSI_FLAGS, flags);
    }
    /* MSI replaces the pin. */
    pci_irq_deassert(d);
    if (!(flags & PCI_MSI_FLAGS_MASKBIT)) {
        return;
    }
    /* What became pending while masked is sent when its mask bit goes away. */
    pending_reg = d->config + pending_off(d, flags & PCI_MSI_FLAGS_64BIT);
    pending = pci_get_long(pending_reg) & (UINT32_MAX >> (32 - msi_nr_vectors_allocated(d)));
    for (unsigned vector = 0; pending; vector++, pending >>= 1) {
        if ((pending & 1) && !msi_is_masked(d, vector)) {
            pci_set_long(pending_reg, pci_get_long(pending_reg) & ~(1u << vector));
            msi_notify(d, vector);
        }
    }
}
