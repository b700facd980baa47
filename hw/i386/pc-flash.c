/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware of a PC in flash chips: -drive if=pflash, or -machine pflash0=NODE,pflash1=NODE. The
 * first chip ends at 4 GiB and has the code, the second lies below it and has, for UEFI, the
 * variables.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "hw/block/flash.h"
#include "hw/i386/pc.h"
#include "hw/qdev-properties-system.h"
#include "hw/qdev-properties.h"
#include "qapi/visitor.h"
#include "qemu/option-place.h"
#include "qemu/units.h"
#include "system/blockdev.h"

#define FLASH_SECTOR_SIZE 4096
#define ISA_BIOS_SIZE     (128 * KiB)

/* The drive by either way, as the property of a device wants it; NULL: none. */
static bool has_drive(PCMachineState *pcms, int n, DriveInfo **drive, Error **errp)
{
    *drive = drive_get(IF_PFLASH, 0, n);
    if (*drive && pcms->pflash[n]) {
        error_setg(errp, "machine property pflash%d and -drive if=pflash,unit=%d: only one of them",
                   n, n);
        return false;
    }
    return true;
}

void pc_flash_create(PCMachineState *pcms)
{
    for (int n = 0; n < PC_FLASH_CHIPS; n++) {
        DeviceState *dev = qdev_new(TYPE_PFLASH_CFI01);
        g_autofree char *name = g_strdup_printf("system.flash%d", n);

        object_property_add_child(OBJECT(pcms), name, OBJECT(dev));
        object_unref(dev);
        qdev_prop_set_uint64(dev, "sector-length", FLASH_SECTOR_SIZE);
        qdev_prop_set_uint8(dev, "width", 1);
        qdev_prop_set_string(dev, "name", name);
        pcms->flash[n] = dev;
    }
}

/* Chips that no drive makes real. */
static void drop_chips(PCMachineState *pcms, const bool *there)
{
    for (int n = 0; n < PC_FLASH_CHIPS; n++) {
        if (!there[n]) {
            object_unparent(OBJECT(pcms->flash[n]));
            pcms->flash[n] = NULL;
        }
    }
}

static DeviceState *chip_with_drive(PCMachineState *pcms, int n, DriveInfo *drive)
{
    DeviceState *dev = pcms->flash[n];

    if (drive) {
        qdev_prop_set_drive(dev, "drive", drive->blk);
        drive_mark_claimed(drive);
    } else {
        object_property_set_str(OBJECT(dev), "drive", pcms->pflash[n], &error_fatal);
    }
    return dev;
}

static uint64_t chip_size(PCMachineState *pcms, int n, BlockBackend *blk, uint64_t total)
{
    uint64_t limit = pcms->max_fw_size;
    int64_t size = blk_getlength(blk);

    if (size < 0) {
        error_setg_errno(&error_fatal, -size, "pflash%d: can't get the size of drive '%s'", n,
                         blk_name(blk));
    } else if (size == 0 || size % FLASH_SECTOR_SIZE) {
        error_setg(&error_fatal,
                   "system firmware block device %s has invalid size %" PRId64
                   ": its size must be a non-zero multiple of 0x%x",
                   blk_name(blk), size, FLASH_SECTOR_SIZE);
    } else if (total + size > limit) {
        error_setg(&error_fatal,
                   "combined size of system firmware exceeds %" PRIu64
                   " bytes (-machine max-fw-size= allows more)",
                   limit);
    }
    return size;
}

/* The end of the chip, as the processor finds it in real mode: a copy, with which it may do as it
 * likes. */
static void map_isa_copy(X86MachineState *x86ms, PFlashCFI01 *flash, uint64_t size,
                         MemoryRegion *rom_memory)
{
    uint64_t isa_size = MIN(size, ISA_BIOS_SIZE);

    memory_region_init_ram(&x86ms->isa_bios, NULL, "isa-bios", isa_size, &error_fatal);
    memory_region_add_subregion_overlap(rom_memory, 1 * MiB - isa_size, &x86ms->isa_bios, 1);
    memcpy(memory_region_get_ram_ptr(&x86ms->isa_bios),
           (uint8_t *)pflash_cfi01_get_storage(flash) + size - isa_size, isa_size);
    memory_region_set_readonly(&x86ms->isa_bios, true);
}

bool pc_flash_init(PCMachineState *pcms, MemoryRegion *rom_memory)
{
    DriveInfo *drives[PC_FLASH_CHIPS];
    bool there[PC_FLASH_CHIPS];
    uint64_t total = 0;

    for (int n = 0; n < PC_FLASH_CHIPS; n++) {
        has_drive(pcms, n, &drives[n], &error_fatal);
        there[n] = drives[n] || pcms->pflash[n];
    }
    drop_chips(pcms, there);
    if (!there[0]) {
        if (there[1]) {
            error_setg(&error_fatal, "pflash1 requires pflash0");
        }
        return false;
    }
    for (int n = 0; n < PC_FLASH_CHIPS && there[n]; n++) {
        g_autofree char *property = g_strdup_printf("pflash%d", n);
        DeviceState *dev;
        uint64_t size;
        Location loc;

        if (drives[n]) {
            loc = drives[n]->loc;
            loc_push_restore(&loc);
        } else {
            loc_push_property(property, &loc);
        }
        dev = chip_with_drive(pcms, n, drives[n]);
        size = chip_size(pcms, n, blk_by_dev(dev), total);
        total += size;
        qdev_prop_set_uint32(dev, "num-blocks", size / FLASH_SECTOR_SIZE);
        sysbus_realize(SYS_BUS_DEVICE(dev), &error_fatal);
        sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, 4 * GiB - total);
        loc_pop(&loc);
        if (n == 0) {
            map_isa_copy(X86_MACHINE(pcms), PFLASH_CFI01(dev), size, rom_memory);
        }
    }
    return true;
}

/* ---- machine properties ---- */

static char *get_pflash0(Object *obj, Error **errp)
{
    return g_strdup(PC_MACHINE(obj)->pflash[0]);
}

static char *get_pflash1(Object *obj, Error **errp)
{
    return g_strdup(PC_MACHINE(obj)->pflash[1]);
}

static void set_pflash(Object *obj, int n, const char *value)
{
    g_free(PC_MACHINE(obj)->pflash[n]);
    PC_MACHINE(obj)->pflash[n] = *value ? g_strdup(value) : NULL;
}

static void set_pflash0(Object *obj, const char *value, Error **errp)
{
    set_pflash(obj, 0, value);
}

static void set_pflash1(Object *obj, const char *value, Error **errp)
{
    set_pflash(obj, 1, value);
}

static void get_max_fw_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_type_size(v, name, &PC_MACHINE(obj)->max_fw_size, errp);
}

static void set_max_fw_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint64_t value;

    if (!visit_type_size(v, name, &value, errp)) {
        return;
    }
    /* Below the APICs and the TPM at FED40000h. */
    if (value > 16 * MiB) {
        error_setg(errp, "max-fw-size=%" PRIu64 ": at most 16 MiB fit below 4 GiB", value);
        return;
    }
    PC_MACHINE(obj)->max_fw_size = value;
}

void pc_flash_class_properties(ObjectClass *oc)
{
    object_class_property_add_plain_str(oc, "pflash0", get_pflash0, set_pflash0);
    object_class_property_set_description(oc, "pflash0",
                                          "Node name or ID of a block device to use as a backend");
    object_class_property_add_plain_str(oc, "pflash1", get_pflash1, set_pflash1);
    object_class_property_set_description(oc, "pflash1",
                                          "Node name or ID of a block device to use as a backend");
    object_class_property_add(oc, "max-fw-size", "size", get_max_fw_size, set_max_fw_size, NULL,
                              NULL);
    object_class_property_set_description(oc, "max-fw-size", "Maximum combined firmware size");
}
