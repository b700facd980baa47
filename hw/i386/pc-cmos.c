/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CMOS RAM as PC firmware expects to find it. Register numbers are those of
 * the AT and its successors (Ralf Brown's interrupt list, CMOS.LST).
 */

#include "qemu/osdep.h"
#include "hw/block/fdc.h"
#include "hw/boards.h"
#include "hw/i386/pc.h"
#include "hw/ide/ide.h"
#include "hw/rtc/mc146818rtc.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "system/boot-order.h"
#include "system/runstate.h"

#define CMOS_SHUTDOWN   0x0f /* why there is a reset */
#define CMOS_DISKS      0x12 /* types of the first two; 15: see further on */
#define CMOS_FLOPPIES   0x10
#define CMOS_EQUIPMENT  0x14
#define CMOS_BASE_MEM   0x15 /* KiB below 640 KiB, 16 bits */
#define CMOS_EXT_MEM    0x17 /* KiB above 1 MiB, 16 bits */
#define CMOS_DISK_TYPE  0x19 /* and the next; 47: the geometry is given */
#define CMOS_DISK_GEO   0x1b /* 9 bytes for each of the first two */
#define CMOS_EXT_MEM2   0x30
#define CMOS_MEM_16M    0x34 /* 64 KiB above 16 MiB, 16 bits */
#define CMOS_BOOT3      0x38 /* third boot device, and no floppy check */
#define CMOS_DISK_TRANS 0x39 /* two bits for each of four: none, LBA, large, revised ECHS */
#define CMOS_BOOT12     0x3d
#define CMOS_MEM_4G     0x5b /* 64 KiB above 4 GiB, 24 bits */
#define CMOS_CPUS       0x5f /* CPUs but one */
#define SHUTDOWN_S3     0xfe /* the reset ends ACPI sleep state S3 */
#define EQUIPMENT_FPU   0x02
#define EQUIPMENT_MOUSE 0x04

static void set_word(MC146818RtcState *s, int addr, unsigned value)
{
    mc146818rtc_set_cmos_data(s, addr, value & 0xff);
    mc146818rtc_set_cmos_data(s, addr + 1, value >> 8);
}

static void set_memory(MC146818RtcState *s, const X86MachineState *x86ms)
{
    uint64_t below = x86ms->below_4g_mem_size;
    unsigned val;

    set_word(s, CMOS_BASE_MEM, MIN(below / KiB, 640u));

    val = below > 1 * MiB ? MIN((below - 1 * MiB) / KiB, 65535u) : 0;
    set_word(s, CMOS_EXT_MEM, val);
    set_word(s, CMOS_EXT_MEM2, val);

    val = below > 16 * MiB ? MIN((below - 16 * MiB) / (64 * KiB), 65535u) : 0;
    set_word(s, CMOS_MEM_16M, val);

    val = x86ms->above_4g_mem_size / (64 * KiB);
    set_word(s, CMOS_MEM_4G, val & 0xffff);
    mc146818rtc_set_cmos_data(s, CMOS_MEM_4G + 2, val >> 16);
}

/* The letters of -boot as firmware numbers them; 0 for one that is none. */
static int boot_device(char letter)
{
    switch (letter) {
    case 'a':
    case 'b':
        return 0x01;
    case 'c':
        return 0x02;
    case 'd':
        return 0x03;
    case 'n':
        return 0x04;
    default:
        return 0;
    }
}

static bool set_boot_order(void *opaque, const char *order, Error **errp)
{
    ERRP_GUARD();
    PCMachineState *pcms = opaque;
    MC146818RtcState *s = MC146818_RTC(X86_MACHINE(pcms)->rtc);
    int devices[3] = {0};
    size_t len = strlen(order);

    if (len > ARRAY_SIZE(devices)) {
        error_setg(errp, "order=%s: a PC has at most three boot devices", order);
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        devices[i] = boot_device(order[i]);
        if (!devices[i]) {
            error_setg(errp, "order=%s: '%c' is not a boot device of a PC", order, order[i]);
            error_append_hint(errp, "Accepted: a, b (floppy), c (disk), d (CD), n (network).\n");
            return false;
        }
    }
    mc146818rtc_set_cmos_data(s, CMOS_BOOT12, devices[1] << 4 | devices[0]);
    mc146818rtc_set_cmos_data(s, CMOS_BOOT3, devices[2] << 4 | !pcms->fd_bootchk);
    return true;
}

/* Firmware, which starts from the reset vector then, jumps to the waking vector of the tables. */
static void on_suspend(Notifier *n, void *data)
{
    PCMachineState *pcms = container_of(n, PCMachineState, suspend);

    mc146818rtc_set_cmos_data(MC146818_RTC(X86_MACHINE(pcms)->rtc), CMOS_SHUTDOWN, SHUTDOWN_S3);
}

static void set_geometry(MC146818RtcState *s, int disk, const IDEGeometry *g)
{
    int at = CMOS_DISK_GEO + 9 * disk;

    mc146818rtc_set_cmos_data(s, CMOS_DISK_TYPE + disk, 47);
    set_word(s, at, g->cyls);
    mc146818rtc_set_cmos_data(s, at + 2, g->heads);
    set_word(s, at + 3, 0xffff); /* no write precompensation */
    mc146818rtc_set_cmos_data(s, at + 5, 0xc0 | (g->heads > 8) << 3);
    set_word(s, at + 6, g->cyls); /* where heads land */
    mc146818rtc_set_cmos_data(s, at + 8, g->secs);
}

void pc_cmos_set_disks(PCMachineState *pcms)
{
    MC146818RtcState *s = MC146818_RTC(X86_MACHINE(pcms)->rtc);
    uint8_t types = 0, translations = 0;
    IDEGeometry g;

    for (int i = 0; pcms->ide && i < 4; i++) {
        if (!ide_get_geometry(pcms->ide, i / 2, i % 2, &g)) {
            continue;
        }
        /* Automatic was settled when the geometry was; 1 is LBA. */
        translations |= (g.translation - BIOS_ATA_TRANSLATION_NONE) << 2 * i;
        if (i < 2) {
            types |= 0xf0 >> 4 * i;
            set_geometry(s, i, &g);
        }
    }
    mc146818rtc_set_cmos_data(s, CMOS_DISKS, types);
    mc146818rtc_set_cmos_data(s, CMOS_DISK_TRANS, translations);
}

static uint8_t floppy_type(FloppyDriveType type)
{
    switch (type) {
    case FLOPPY_DRIVE_TYPE_144:
        return 4;
    case FLOPPY_DRIVE_TYPE_288:
        return 5;
    case FLOPPY_DRIVE_TYPE_120:
        return 2;
    default:
        return 0;
    }
}

/* Kinds of drives, and how many, less one, beside the bit that there are any. */
void pc_cmos_set_floppies(PCMachineState *pcms)
{
    MC146818RtcState *s = MC146818_RTC(X86_MACHINE(pcms)->rtc);
    ISADevice *fdc = (ISADevice *)object_resolve_path_type("", TYPE_ISA_FDC, NULL);
    uint8_t types = 0, equipment = mc146818rtc_get_cmos_data(s, CMOS_EQUIPMENT) & ~0xc1;
    int count = 0;

    for (int i = 0; fdc && i < FDC_DRIVES; i++) {
        uint8_t type = floppy_type(isa_fdc_get_drive_type(fdc, i));

        types |= i ? type : type << 4;
        count += type != 0;
    }
    equipment |= count ? 1 | (count - 1) << 6 : 0;
    mc146818rtc_set_cmos_data(s, CMOS_FLOPPIES, types);
    mc146818rtc_set_cmos_data(s, CMOS_EQUIPMENT, equipment);
}

void pc_cmos_init(PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    MachineState *ms = MACHINE(pcms);
    MC146818RtcState *s = MC146818_RTC(x86ms->rtc);

    set_memory(s, x86ms);
    mc146818rtc_set_cmos_data(s, CMOS_CPUS, MIN(x86ms->boot_cpus - 1, 255));
    pcms->suspend.notify = on_suspend;
    qemu_register_suspend_notifier(&pcms->suspend);
    mc146818rtc_set_cmos_data(s, CMOS_EQUIPMENT,
                              EQUIPMENT_FPU | (pcms->i8042_enabled ? EQUIPMENT_MOUSE : 0));
    object_property_add_link(OBJECT(pcms), "rtc_state", TYPE_ISA_DEVICE, (Object **)&x86ms->rtc,
                             object_property_allow_set_link, 0);
    qemu_register_boot_set(set_boot_order, pcms);
    set_boot_order(pcms, machine_boot_order(ms), &error_fatal);
}
