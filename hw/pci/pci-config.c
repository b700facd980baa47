/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI configuration space: masks, capabilities, and the default accessors
 * (PCI Local Bus 3.0, chapter 6).
 */

#include "qemu/osdep.h"
#include "pci-internal.h"
#include "hw/pci/pci_bridge.h"
#include "qemu/range.h"

bool pci_config_alloc(PCIDevice *d, Error **errp)
{
    uint32_t size = pci_config_size(d);

    d->config = g_malloc0(size);
    d->cmask = g_malloc0(size);
    d->wmask = g_malloc0(size);
    d->w1cmask = g_malloc0(size);
    d->used = g_malloc0(size);
    return true;
}

void pci_config_free(PCIDevice *d)
{
    g_clear_pointer(&d->config, g_free);
    g_clear_pointer(&d->cmask, g_free);
    g_clear_pointer(&d->wmask, g_free);
    g_clear_pointer(&d->w1cmask, g_free);
    g_clear_pointer(&d->used, g_free);
}

void pci_config_init_header(PCIDevice *d, const PCIDeviceClass *pc)
{
    uint8_t *c = d->config;

    pci_set_word(c + PCI_VENDOR_ID, pc->vendor_id);
    pci_set_word(c + PCI_DEVICE_ID, pc->device_id);
    pci_set_byte(c + PCI_REVISION_ID, pc->revision);
    pci_set_word(c + PCI_CLASS_DEVICE, pc->class_id);
    if (object_dynamic_cast(OBJECT(d), TYPE_PCI_BRIDGE)) {
        c[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE; /* which has its windows there */
    } else if (pc->subsystem_vendor_id || pc->subsystem_id) {
        pci_set_word(c + PCI_SUBSYSTEM_VENDOR_ID, pc->subsystem_vendor_id);
        pci_set_word(c + PCI_SUBSYSTEM_ID, pc->subsystem_id);
    } else {
        pci_set_word(c + PCI_SUBSYSTEM_VENDOR_ID, PCI_SUBVENDOR_ID_REDHAT_QUMRANET);
        pci_set_word(c + PCI_SUBSYSTEM_ID, PCI_SUBDEVICE_ID_QEMU);
    }
    if (d->cap_present & QEMU_PCI_CAP_MULTIFUNCTION) {
        c[PCI_HEADER_TYPE] |= PCI_HEADER_TYPE_MULTI_FUNCTION;
    }

    pci_set_word(d->cmask + PCI_VENDOR_ID, 0xffff);
    pci_set_word(d->cmask + PCI_DEVICE_ID, 0xffff);
    d->cmask[PCI_STATUS] = PCI_STATUS_CAP_LIST;
    d->cmask[PCI_REVISION_ID] = 0xff;
    d->cmask[PCI_CLASS_PROG] = 0xff;
    pci_set_word(d->cmask + PCI_CLASS_DEVICE, 0xffff);
    d->cmask[PCI_HEADER_TYPE] = 0xff;
    d->cmask[PCI_CAPABILITY_LIST] = 0xff;

    d->wmask[PCI_CACHE_LINE_SIZE] = 0xff;
    d->wmask[PCI_INTERRUPT_LINE] = 0xff;
    pci_set_word(d->wmask + PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
                                             PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_SERR);
    memset(d->wmask + PCI_CONFIG_HEADER_SIZE, 0xff, pci_config_size(d) - PCI_CONFIG_HEADER_SIZE);
    pci_set_word(d->w1cmask + PCI_STATUS,
                 PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT | PCI_STATUS_REC_TARGET_ABORT |
                     PCI_STATUS_REC_MASTER_ABORT | PCI_STATUS_SIG_SYSTEM_ERROR |
                     PCI_STATUS_DETECTED_PARITY);
}

void pci_config_reset(PCIDevice *d)
{
    uint8_t *c = d->config;

    pci_set_word(c + PCI_COMMAND,
                 pci_get_word(c + PCI_COMMAND) & ~(pci_get_word(d->wmask + PCI_COMMAND) |
                                                   pci_get_word(d->w1cmask + PCI_COMMAND)));
    pci_set_word(c + PCI_STATUS,
                 pci_get_word(c + PCI_STATUS) & ~(pci_get_word(d->wmask + PCI_STATUS) |
                                                  pci_get_word(d->w1cmask + PCI_STATUS)));
    c[PCI_CACHE_LINE_SIZE] = 0;
    c[PCI_INTERRUPT_LINE] = 0;
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        PCIIORegion *r = &d->io_regions[i];
        uint32_t at = pci_bar_offset(d, i);
        if (!r->size) {
            continue;
        }
        if (!(r->type & PCI_BASE_ADDRESS_SPACE_IO) && (r->type & PCI_BASE_ADDRESS_MEM_TYPE_64)) {
            pci_set_quad(c + at, r->type);
        } else {
            pci_set_long(c + at, r->type);
        }
    }
    pci_update_mappings(d);
}

uint32_t pci_default_read_config(PCIDevice *d, uint32_t address, int len)
{
    uint32_t val = 0;

    if (address + len > pci_config_size(d)) {
        return ~0u;
    }
    memcpy(&val, d->config + address, len);
    return le32_to_cpu(val);
}

void pci_default_write_config(PCIDevice *d, uint32_t addr, uint32_t val_in, int len)
{
    uint32_t val = val_in;
    bool was_disabled, power_changed;
    uint8_t power = pci_pm_state(d);

    if (addr + len > pci_config_size(d)) {
        return;
    }
    was_disabled = pci_get_word(d->config + PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE;
    for (int i = 0; i < len; i++, val >>= 8) {
        uint8_t wmask = d->wmask[addr + i];
        uint8_t w1cmask = d->w1cmask[addr + i];
        d->config[addr + i] = (d->config[addr + i] & ~wmask) | (val & wmask);
        d->config[addr + i] &= ~(val & w1cmask);
    }

    power_changed = pci_pm_written(d, power);
    if (power_changed || ranges_overlap(addr, len, PCI_BASE_ADDRESS_0, 24) ||
        ranges_overlap(addr, len, pci_bar_offset(d, PCI_ROM_SLOT), 4) ||
        ranges_overlap(addr, len, PCI_COMMAND, 2)) {
        pci_update_mappings(d);
    }
    if (ranges_overlap(addr, len, PCI_COMMAND, 2)) {
        pci_irq_handler_update_disable(d, was_disabled);
    }
    if (power_changed || ranges_overlap(addr, len, PCI_COMMAND, 2)) {
        pci_update_bus_master(d);
    }
    msi_write_config(d, addr, val_in, len);
    msix_write_config(d, addr, val_in, len);
    pcie_cap_written(d, addr, val_in, len);
}

/* First run of @size free bytes behind the header, 0 if there is none. */
static uint8_t find_space(PCIDevice *d, uint8_t size)
{
    int run = 0;

    for (int i = PCI_CONFIG_HEADER_SIZE; i < PCI_CONFIG_SPACE_SIZE; i++) {
        if (i % 4 == 0 && run == 0) {
            run = 1;
        } else if (run) {
            run++;
        }
        if (d->used[i]) {
            run = 0;
        } else if (run == size) {
            return i - size + 1;
        }
    }
    return 0;
}

/* Offset of @cap_id and, in *@prev, of the pointer that leads to it. */
static uint8_t find_capability(PCIDevice *d, uint8_t cap_id, uint8_t *prev)
{
    uint8_t at_ptr = PCI_CAPABILITY_LIST;

    if (!(d->config[PCI_STATUS] & PCI_STATUS_CAP_LIST)) {
        return 0;
    }
    /* At most 48 capabilities fit: a list that a guest bent into a loop ends here. */
    for (int i = 0; i < 48; i++) {
        uint8_t at = d->config[at_ptr] & ~3;
        if (at < PCI_CONFIG_HEADER_SIZE) {
            return 0;
        }
        if (d->config[at + PCI_CAP_LIST_ID] == cap_id) {
            if (prev) {
                *prev = at_ptr;
            }
            return at;
        }
        at_ptr = at + PCI_CAP_LIST_NEXT;
    }
    return 0;
}

uint8_t pci_find_capability(PCIDevice *pdev, uint8_t cap_id)
{
    return find_capability(pdev, cap_id, NULL);
}

int pci_add_capability(PCIDevice *d, uint8_t cap_id, uint8_t offset, uint8_t size, Error **errp)
{
    if (!offset) {
        offset = find_space(d, size);
        if (!offset) {
            error_setg(errp, "no room for PCI capability 0x%02x of %u bytes", cap_id, size);
            return -ENOSPC;
        }
    }
    for (int i = offset; i < offset + size; i++) {
        if (d->used[i]) {
            error_setg(errp, "PCI capability 0x%02x at offset 0x%02x overlaps another one", cap_id,
                       offset);
            return -EINVAL;
        }
    }
    uint8_t *config = d->config + offset;
    config[PCI_CAP_LIST_ID] = cap_id;
    config[PCI_CAP_LIST_NEXT] = d->config[PCI_CAPABILITY_LIST];
    d->config[PCI_CAPABILITY_LIST] = offset;
    pci_set_word(d->config + PCI_STATUS,
                 pci_get_word(d->config + PCI_STATUS) | PCI_STATUS_CAP_LIST);
    memset(d->used + offset, 0xff, QEMU_ALIGN_UP(size, 4));
    memset(d->wmask + offset, 0, size);
    memset(d->cmask + offset, 0xff, size);
    return offset;
}

void pci_del_capability(PCIDevice *d, uint8_t cap_id, uint8_t size)
{
    uint8_t prev, offset = find_capability(d, cap_id, &prev);

    if (!offset) {
        return;
    }
    d->config[prev] = d->config[offset + PCI_CAP_LIST_NEXT];
    memset(d->wmask + offset, 0xff, size);
    memset(d->w1cmask + offset, 0, size);
    memset(d->cmask + offset, 0, size);
    memset(d->used + offset, 0, QEMU_ALIGN_UP(size, 4));
    if (!d->config[PCI_CAPABILITY_LIST]) {
        pci_set_word(d->config + PCI_STATUS,
                     pci_get_word(d->config + PCI_STATUS) & ~PCI_STATUS_CAP_LIST);
    }
}
