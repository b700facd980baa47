/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device's option ROM as its expansion ROM BAR (PCI Local Bus 3.0, 6.3). */

#include "qemu/osdep.h"
#include "pci-internal.h"
#include "qemu/host-utils.h"
#include "system/system.h"

#define ROM_SIZE_MAX (16u << 20)

/*
 * The image is often built for another member of the device's family: put our
 * ids into its PCI data structure and mend the checksum of its first image.
 */
static void patch_ids(PCIDevice *d, uint8_t *rom, size_t size)
{
    uint16_t at, vendor = pci_get_word(d->config + PCI_VENDOR_ID);
    uint16_t device = pci_get_word(d->config + PCI_DEVICE_ID);
    uint8_t sum = 0;

    if (size < 0x1a || pci_get_word(rom) != 0xaa55) {
        return;
    }
    at = pci_get_word(rom + 0x18);
    if (at + 8u > size || memcmp(rom + at, "PCIR", 4)) {
        return;
    }
    for (int i = 4; i < 8; i++) {
        sum += rom[at + i];
    }
    pci_set_word(rom + at + 4, vendor);
    pci_set_word(rom + at + 6, device);
    for (int i = 4; i < 8; i++) {
        sum -= rom[at + i];
    }
    rom[6] += sum;
}

bool pci_rom_add(PCIDevice *d, Error **errp)
{
    ERRP_GUARD();
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(d);
    const char *file = d->romfile ? d->romfile : pc->romfile;
    g_autofree char *path = NULL, *image = NULL, *name = NULL;
    size_t length;
    uint64_t size;

    if (d->romsize != UINT32_MAX && !is_power_of_2(d->romsize)) {
        error_setg(errp, "romsize=%u is not a power of two", d->romsize);
        return false;
    }
    if (!file || !file[0] || !d->rom_bar) {
        return true;
    }
    path = qemu_find_file(QEMU_FILE_TYPE_BIOS, file);
    if (!path) {
        /* The class's default is a convenience; what the user named must be there. */
        if (!d->romfile) {
            return true;
        }
        error_setg(errp, "romfile '%s' not found", file);
        return false;
    }
    image = qemu_read_file(path, ROM_SIZE_MAX, &length, errp);
    if (!image) {
        error_prepend(errp, "romfile: ");
        return false;
    }
    if (!length) {
        error_setg(errp, "romfile '%s' is empty", path);
        return false;
    }
    size = d->romsize != UINT32_MAX ? d->romsize : pow2ceil(length);
    if (size < length) {
        error_setg(errp, "romsize=%" PRIu64 " is too small for the %zu bytes of '%s'", size, length,
                   path);
        return false;
    }
    patch_ids(d, (uint8_t *)image, length);
    name = g_strdup_printf("%s.rom", object_get_typename(OBJECT(d)));
    if (!memory_region_init_rom(&d->rom, OBJECT(d), name, size, errp)) {
        return false;
    }
    d->has_rom = true;
    memcpy(memory_region_get_ram_ptr(&d->rom), image, length);
    pci_register_bar(d, PCI_ROM_SLOT, 0, &d->rom);
    return true;
}

void pci_rom_del(PCIDevice *d)
{
    d->has_rom = false;
}
