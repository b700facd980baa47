/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saved state of a channel and its drives. */
#include "qemu/osdep.h"
#include "ide-internal.h"

static const VMStateDescription vmstate_task_file = {
    .name = "ide task file",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(feature, IDETaskFile),
            VMSTATE_UINT8(nsector, IDETaskFile),
            VMSTATE_UINT8(lbal, IDETaskFile),
            VMSTATE_UINT8(lbam, IDETaskFile),
            VMSTATE_UINT8(lbah, IDETaskFile),
            VMSTATE_END_OF_LIST(),
        },
};

/* Between commands nothing of the buffer matters. */
static bool command_needed(void *opaque)
{
    IDEDrive *s = opaque;

    return s->pio_end != IDE_PIO_NONE || s->work != IDE_WORK_NONE || s->retry != IDE_WORK_NONE;
}

static int command_post_load(void *opaque, int version_id)
{
    IDEDrive *s = opaque;

    /* Ranges of the disk are looked at again where they are used. */
    if (s->len > IDE_BUFFER_SIZE || s->pos > s->len || s->pio_end >= IDE_PIO_ENDS ||
        s->work >= IDE_WORKS || s->retry >= IDE_WORKS || s->block > ATA_MULTIPLE_MAX ||
        s->cd_chunk > IDE_BUFFER_SIZE || s->cd_pos > s->cd_chunk ||
        (s->cd_sector && s->cd_sector != CD_SECTOR && s->cd_sector != CD_RAW_SECTOR)) {
        return -EINVAL;
    }
    return 0;
}

static const VMStateDescription vmstate_command = {
    .name = "ide drive/command",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = command_needed,
    .post_load = command_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(pos, IDEDrive),
            VMSTATE_UINT32(len, IDEDrive),
            VMSTATE_UINT32(pio_end, IDEDrive),
            VMSTATE_UINT32(work, IDEDrive),
            VMSTATE_UINT32(retry, IDEDrive),
            VMSTATE_UINT64(lba, IDEDrive),
            VMSTATE_UINT32(left, IDEDrive),
            VMSTATE_UINT32(block, IDEDrive),
            VMSTATE_UINT8(write_blocks, IDEDrive),
            {.name = "buffer",
             .size = IDE_BUFFER_SIZE,
             .info = &vmstate_info_buffer,
             .flags = VMS_BUFFER | VMS_POINTER,
             .offset = offsetof(IDEDrive, buffer)},
            VMSTATE_UINT8_ARRAY(packet, IDEDrive, ATAPI_PACKET_SIZE),
            VMSTATE_BOOL(packet_dma, IDEDrive),
            VMSTATE_UINT32(reply_left, IDEDrive),
            VMSTATE_UINT32(cd_sector, IDEDrive),
            VMSTATE_UINT32(cd_pos, IDEDrive),
            VMSTATE_UINT32(cd_chunk, IDEDrive),
            VMSTATE_END_OF_LIST(),
        },
};

static int drive_pre_load(void *opaque)
{
    IDEDrive *s = opaque;

    s->pio_end = IDE_PIO_NONE;
    s->work = s->retry = IDE_WORK_NONE;
    s->pos = s->len = 0;
    return 0;
}

static int drive_post_load(void *opaque, int version_id)
{
    IDEDrive *s = opaque;

    if (s->multiple > ATA_MULTIPLE_MAX) {
        return -EINVAL;
    }
    if (s->is_cd && s->dev) {
        blk_lock_medium(s->blk, s->tray_locked);
    }
    return 0;
}

static const VMStateDescription vmstate_drive = {
    .name = "ide drive",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = drive_pre_load,
    .post_load = drive_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(tf, IDEDrive, 1, vmstate_task_file, IDETaskFile),
            VMSTATE_STRUCT(hob, IDEDrive, 1, vmstate_task_file, IDETaskFile),
            VMSTATE_UINT8(device, IDEDrive),
            VMSTATE_UINT8(status, IDEDrive),
            VMSTATE_UINT8(error, IDEDrive),
            VMSTATE_UINT32(heads, IDEDrive),
            VMSTATE_UINT32(secs, IDEDrive),
            VMSTATE_UINT8(multiple, IDEDrive),
            VMSTATE_UINT8(pio_mode, IDEDrive),
            VMSTATE_UINT8(mwdma_mode, IDEDrive),
            VMSTATE_UINT8(udma_mode, IDEDrive),
            VMSTATE_BOOL(lba48, IDEDrive),
            VMSTATE_BOOL(sleeping, IDEDrive),
            VMSTATE_BOOL(standby, IDEDrive),
            VMSTATE_BOOL(frozen, IDEDrive),
            VMSTATE_BOOL(smart_enabled, IDEDrive),
            VMSTATE_BOOL(smart_autosave, IDEDrive),
            VMSTATE_UINT8(smart_selftest_count, IDEDrive),
            VMSTATE_UINT8(sense_key, IDEDrive),
            VMSTATE_UINT8(asc, IDEDrive),
            VMSTATE_UINT8(ascq, IDEDrive),
            VMSTATE_UINT8(media_change, IDEDrive),
            VMSTATE_BOOL(event_new_media, IDEDrive),
            VMSTATE_BOOL(event_eject, IDEDrive),
            VMSTATE_BOOL(tray_open, IDEDrive),
            VMSTATE_BOOL(tray_locked, IDEDrive),
            VMSTATE_END_OF_LIST(),
        },
    .subsections =
        (const VMStateDescription *const[]){
            &vmstate_command,
            NULL,
        },
};

static int bus_post_load(void *opaque, int version_id)
{
    IDEBus *bus = opaque;

    return bus->unit < 2 ? 0 : -EINVAL;
}

const VMStateDescription vmstate_ide_bus = {
    .name = "ide bus",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = bus_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT_ARRAY(drives, IDEBus, 2, 1, vmstate_drive, IDEDrive),
            VMSTATE_UINT8(unit, IDEBus),
            VMSTATE_UINT8(control, IDEBus),
            VMSTATE_BOOL(intrq, IDEBus),
            VMSTATE_TIMER_PTR(late_irq_timer, IDEBus),
            VMSTATE_END_OF_LIST(),
        },
};
