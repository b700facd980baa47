/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CD drive: packets, their answers by PIO and DMA, reading, the tray (MMC-6; ATA8-ACS 4.3).
 * What it tells of itself is in atapi-info.c.
 */
#include "qemu/osdep.h"
#include "atapi-internal.h"

/* ---- the end of a packet ---- */

static void end_packet(IDEDrive *s)
{
    s->tf.nsector = ATAPI_CD | ATAPI_IO;
    s->reply_left = 0;
}

static void end_dma(IDEDrive *s)
{
    if (s->packet_dma) {
        s->bus->ops->dma_done(s->bus, false);
    }
}

void atapi_ok(IDEDrive *s)
{
    end_packet(s);
    end_dma(s);
    s->error = 0;
    ide_command_done(s);
}

void atapi_fail(IDEDrive *s, uint8_t key, uint8_t asc, uint8_t ascq)
{
    end_packet(s);
    end_dma(s);
    s->sense_key = key;
    s->asc = asc;
    s->ascq = ascq;
    ide_command_failed(s, key << 4);
}

void atapi_work_failed(IDEDrive *s, int error)
{
    if (error == ENOMEDIUM) {
        atapi_fail(s, SENSE_NOT_READY, ASC_MEDIUM_NOT_PRESENT, 0);
    } else {
        atapi_fail(s, SENSE_MEDIUM_ERROR, ASC_READ_ERROR, 0);
    }
}

uint64_t atapi_sectors(IDEDrive *s)
{
    uint64_t sectors = 0;

    if (blk_is_inserted(s->blk)) {
        blk_get_geometry(s->blk, &sectors);
    }
    return sectors / (CD_SECTOR / BDRV_SECTOR_SIZE);
}

static bool medium_there(IDEDrive *s)
{
    return !s->tray_open && atapi_sectors(s) > 0;
}

/* ---- answers ---- */

void atapi_reply(IDEDrive *s, uint32_t size, uint32_t max)
{
    s->cd_pos = 0;
    s->cd_chunk = MIN(size, max);
    s->cd_sector = 0;
    s->reply_left = s->cd_chunk;
    s->left = 0;
    atapi_reply_next(s);
}

/* How much the host takes at once by PIO: its limit, even unless that is the last piece. */
static uint32_t pio_piece(IDEDrive *s)
{
    uint32_t limit = s->tf.lbam | s->tf.lbah << 8;
    uint32_t piece = MIN(s->reply_left, s->cd_chunk - s->cd_pos);

    if (limit == 0xffff) {
        limit--;
    }
    if (piece > limit) {
        piece = limit & ~1;
    }
    return piece;
}

static void next_pio(IDEDrive *s)
{
    uint32_t start = s->cd_pos, piece = pio_piece(s);

    if (!piece) {
        /* A limit of one byte, and more to come. */
        atapi_fail(s, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD, 0);
        return;
    }
    s->tf.lbam = piece;
    s->tf.lbah = piece >> 8;
    s->tf.nsector = ATAPI_IO;
    s->cd_pos += piece;
    s->reply_left -= piece;
    ide_pio_start(s, start, piece, IDE_PIO_REPLY, true);
}

void atapi_reply_next(IDEDrive *s)
{
    if (!s->reply_left) {
        atapi_ok(s);
    } else if (s->cd_pos == s->cd_chunk && s->left) {
        ide_work_begin(s, IDE_WORK_CD_READ);
    } else if (s->cd_pos == s->cd_chunk) {
        atapi_ok(s); /* a saved state that promises more than there is */
    } else if (s->packet_dma) {
        ide_dma_start(s, IDE_WORK_CD_REPLY);
    } else {
        next_pio(s);
    }
}

static void reply_by_dma(IDEDrive *s)
{
    uint32_t len = MIN(s->reply_left, s->cd_chunk - s->cd_pos);
    uint32_t moved;

    qemu_sglist_init(&s->sg, DEVICE(s->dev), 1, s->bus->as);
    s->bus->ops->dma_next(s->bus, len, &s->sg);
    moved = MIN(s->sg.size, len);
    dma_buf_read(s->buffer + s->cd_pos, moved, NULL, &s->sg, MEMTXATTRS_UNSPECIFIED);
    qemu_sglist_destroy(&s->sg);
    s->cd_pos += moved;
    s->reply_left -= moved;
    if (moved < len) {
        ide_dma_short(s);
        return;
    }
    atapi_reply_next(s);
}

/* ---- reading ---- */

/* Number of a sector as minutes, seconds, frames; the first two seconds have none. */
static void lba_to_msf(uint8_t *buf, uint64_t lba)
{
    lba += 150;
    buf[0] = lba / 75 / 60;
    buf[1] = lba / 75 % 60;
    buf[2] = lba % 75;
}

/* 2,048 bytes at the end of @raw become a whole sector: synchronization, header, data, no ECC. */
static void make_raw(uint8_t *raw, const uint8_t *data, uint64_t lba)
{
    memmove(raw + 16, data, CD_SECTOR);
    memset(raw, 0xff, 12);
    raw[0] = raw[11] = 0;
    lba_to_msf(raw + 12, lba);
    raw[15] = 1;
    memset(raw + 16 + CD_SECTOR, 0, CD_RAW_SECTOR - 16 - CD_SECTOR);
}

static void cd_read_done(void *opaque, int ret)
{
    IDEDrive *s = opaque;
    uint32_t sectors = s->qiov.size / CD_SECTOR;

    if (!ide_work_ended(s, ret)) {
        return;
    }
    if (s->cd_sector == CD_RAW_SECTOR) {
        /* From the last one on: each grows towards the end. */
        for (int i = sectors - 1; i >= 0; i--) {
            make_raw(s->buffer + i * CD_RAW_SECTOR, s->buffer + i * CD_SECTOR, s->lba + i);
        }
    }
    s->lba += sectors;
    s->left -= sectors;
    s->cd_pos = 0;
    s->cd_chunk = sectors * s->cd_sector;
    atapi_reply_next(s);
}

static void cd_read(IDEDrive *s)
{
    uint32_t sectors = MIN(s->left, CD_CHUNK_SECTORS);
    uint64_t total = atapi_sectors(s);

    if (!sectors || !s->cd_sector || s->lba >= total || sectors > total - s->lba) {
        /* The medium has changed since it was asked for. */
        atapi_fail(s, SENSE_ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE, 0);
        return;
    }
    qemu_iovec_init_buf(&s->qiov, s->buffer, sectors * CD_SECTOR);
    ide_work_started(s, s->qiov.size, BLOCK_ACCT_READ);
    blk_aio_preadv(s->blk, s->lba * CD_SECTOR, &s->qiov, 0, cd_read_done, s);
}

void atapi_work(IDEDrive *s)
{
    if (s->work == IDE_WORK_CD_READ) {
        cd_read(s);
    } else if (s->work == IDE_WORK_CD_REPLY) {
        reply_by_dma(s);
    } else {
        ide_command_failed(s, ATA_ABRT);
    }
}

static void begin_read(IDEDrive *s, uint64_t lba, uint32_t count, uint32_t cd_sector)
{
    uint64_t total = atapi_sectors(s);

    if (count > total || lba > total - count) {
        atapi_fail(s, SENSE_ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE, 0);
        return;
    }
    if (!count) {
        atapi_ok(s);
        return;
    }
    s->lba = lba;
    s->left = count;
    s->cd_sector = cd_sector;
    s->cd_pos = s->cd_chunk = 0;
    /* So much that no disc has it does not fit; it is bounded by what is there. */
    s->reply_left = MIN((uint64_t)count * cd_sector, UINT32_MAX);
    ide_work_begin(s, IDE_WORK_CD_READ);
}

static void cmd_read(IDEDrive *s)
{
    bool ten = s->packet[0] == 0x28;

    begin_read(s, ldl_be_p(s->packet + 2), ten ? lduw_be_p(s->packet + 7) : ldl_be_p(s->packet + 6),
               CD_SECTOR);
}

/* Byte 9 says what of each sector: nothing, user data, or all of it. */
static void cmd_read_cd(IDEDrive *s)
{
    uint32_t count = s->packet[6] << 16 | s->packet[7] << 8 | s->packet[8];
    uint32_t lba = ldl_be_p(s->packet + 2);

    switch (s->packet[9] & 0xf8) {
    case 0x00:
        atapi_ok(s);
        break;
    case 0x10:
        begin_read(s, lba, count, CD_SECTOR);
        break;
    case 0xf8:
        begin_read(s, lba, count, CD_RAW_SECTOR);
        break;
    default:
        atapi_fail(s, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD, 0);
        break;
    }
}

static void cmd_read_capacity(IDEDrive *s)
{
    stl_be_p(s->buffer, MIN(atapi_sectors(s) - 1, UINT32_MAX));
    stl_be_p(s->buffer + 4, CD_SECTOR);
    atapi_reply(s, 8, 8);
}

static void cmd_seek(IDEDrive *s)
{
    if (ldl_be_p(s->packet + 2) >= atapi_sectors(s)) {
        atapi_fail(s, SENSE_ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE, 0);
    } else {
        atapi_ok(s);
    }
}

/* ---- sense and tray ---- */

static void cmd_request_sense(IDEDrive *s)
{
    uint8_t *p = s->buffer;

    memset(p, 0, 18);
    p[0] = 0x70;
    p[2] = s->sense_key;
    p[7] = 10;
    p[12] = s->asc;
    p[13] = s->ascq;
    if (s->sense_key == SENSE_UNIT_ATTENTION) {
        s->sense_key = SENSE_NONE;
    }
    atapi_reply(s, 18, s->packet[4]);
}

static void cmd_start_stop(IDEDrive *s)
{
    bool start = s->packet[4] & 1, load_eject = s->packet[4] & 2;

    if (!load_eject || s->packet[4] & 0xf0) {
        atapi_ok(s);
        return;
    }
    if (!start && !s->tray_open && s->tray_locked) {
        atapi_fail(s, medium_there(s) ? SENSE_ILLEGAL_REQUEST : SENSE_NOT_READY,
                   ASC_REMOVAL_PREVENTED, 2);
        return;
    }
    if (s->tray_open == start) {
        s->tray_open = !start;
        blk_eject(s->blk, !start);
    }
    atapi_ok(s);
}

static void cmd_prevent_removal(IDEDrive *s)
{
    s->tray_locked = s->packet[4] & 1;
    blk_lock_medium(s->blk, s->tray_locked);
    atapi_ok(s);
}

static void media_changed(void *opaque, bool load, Error **errp)
{
    IDEDrive *s = opaque;

    s->tray_open = !load;
    blk_get_geometry(s->blk, &s->nb_sectors);
    /* First that it is gone, then that one has come: some guests look for both. */
    s->media_change = load ? 2 : 0;
    s->event_new_media = true;
    s->event_eject = false;
}

static void eject_request(void *opaque, bool force)
{
    IDEDrive *s = opaque;

    s->event_eject = true;
    if (force) {
        s->tray_locked = false;
    }
}

static bool is_tray_open(void *opaque)
{
    return ((IDEDrive *)opaque)->tray_open;
}

static bool is_medium_locked(void *opaque)
{
    return ((IDEDrive *)opaque)->tray_locked;
}

const BlockDevOps atapi_block_ops = {
    .change_media_cb = media_changed,
    .eject_request_cb = eject_request,
    .is_tray_open = is_tray_open,
    .is_medium_locked = is_medium_locked,
};

void atapi_reset(IDEDrive *s)
{
    if (s->tray_locked) {
        blk_lock_medium(s->blk, false);
    }
    s->tray_locked = false;
    s->sense_key = s->asc = s->ascq = 0;
    s->reply_left = s->cd_pos = s->cd_chunk = 0;
    s->packet_dma = false;
}

/* ---- packets ---- */

void atapi_packet(IDEDrive *s)
{
    s->packet_dma = s->tf.feature & 1;
    if (s->tf.feature & 2) {
        ide_command_failed(s, ATA_ABRT); /* overlapped */
        return;
    }
    s->tf.nsector = ATAPI_CD;
    s->reply_left = 0;
    ide_pio_start(s, 0, ATAPI_PACKET_SIZE, IDE_PIO_PACKET, false);
}

static void cmd_test_unit_ready(IDEDrive *s)
{
    atapi_ok(s);
}

/* Needs a medium; is done even while the host has to be told that it changed; by byte 0. */
#define NEEDS_MEDIUM 1
#define ALLOW_UA     2
#define NO_DATA      4 /* does not care about a byte limit of 0 */

static const struct {
    uint8_t opcode, flags;
    void (*handler)(IDEDrive *s);
} commands[] = {
    {0x00, NEEDS_MEDIUM | NO_DATA, cmd_test_unit_ready},
    {0x03, ALLOW_UA, cmd_request_sense},
    {0x12, ALLOW_UA, atapi_inquiry},
    {0x1b, NO_DATA, cmd_start_stop},
    {0x1e, NO_DATA, cmd_prevent_removal},
    {0x25, NEEDS_MEDIUM, cmd_read_capacity},
    {0x28, NEEDS_MEDIUM, cmd_read},
    {0x2b, NEEDS_MEDIUM | NO_DATA, cmd_seek},
    {0x43, NEEDS_MEDIUM, atapi_read_toc},
    {0x46, ALLOW_UA, atapi_get_configuration},
    {0x4a, ALLOW_UA, atapi_get_event_status},
    {0x51, NEEDS_MEDIUM, atapi_read_disc_information},
    {0x5a, 0, atapi_mode_sense},
    {0xa8, NEEDS_MEDIUM, cmd_read},
    {0xad, NEEDS_MEDIUM, atapi_read_dvd_structure},
    {0xbb, NO_DATA, cmd_test_unit_ready}, /* SET CD SPEED: it is as fast as it is */
    {0xbd, 0, atapi_mechanism_status},
    {0xbe, NEEDS_MEDIUM, cmd_read_cd},
};

/* Told once each: gone, and come. True: that was the answer. */
static bool tell_media_change(IDEDrive *s)
{
    if (!s->media_change || s->tray_open) {
        return false;
    }
    if (--s->media_change) {
        atapi_fail(s, SENSE_NOT_READY, ASC_MEDIUM_NOT_PRESENT, 0);
    } else {
        atapi_fail(s, SENSE_UNIT_ATTENTION, ASC_MEDIUM_CHANGED, 0);
    }
    return true;
}

void atapi_command(IDEDrive *s)
{
    memcpy(s->packet, s->buffer, ATAPI_PACKET_SIZE);
    s->status = ATA_BSY | ATA_DRDY | ATA_DSC;
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        uint8_t flags = commands[i].flags;

        if (commands[i].opcode != s->packet[0]) {
            continue;
        }
        if (!(flags & ALLOW_UA) && tell_media_change(s)) {
            return;
        }
        if ((flags & NEEDS_MEDIUM) && !medium_there(s)) {
            atapi_fail(s, SENSE_NOT_READY, ASC_MEDIUM_NOT_PRESENT, s->tray_open ? 2 : 1);
            return;
        }
        if (!(flags & NO_DATA) && !s->packet_dma && !(s->tf.lbam | s->tf.lbah)) {
            ide_command_failed(s, ATA_ABRT);
            return;
        }
        commands[i].handler(s);
        return;
    }
    atapi_fail(s, SENSE_ILLEGAL_REQUEST, ASC_ILLEGAL_OPCODE, 0);
}
