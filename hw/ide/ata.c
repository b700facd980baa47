/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of ATA disks (ATA8-ACS, chapter 7), and which of them a CD drive has. */
#include "qemu/osdep.h"
#include "hw/block/dma-blk.h"
#include "ide-internal.h"
#include "qemu/bswap.h"
#include "qemu/log.h"

/* DATA SET MANAGEMENT: blocks of ranges in one command, IDENTIFY word 105. */
#define TRIM_BLOCKS_MAX 64

/* ---- addresses ---- */

uint64_t ata_get_lba(IDEDrive *s)
{
    const IDETaskFile *t = &s->tf, *h = &s->hob;

    if (s->lba48) {
        return (uint64_t)h->lbah << 40 | (uint64_t)h->lbam << 32 | (uint64_t)h->lbal << 24 |
               t->lbah << 16 | t->lbam << 8 | t->lbal;
    }
    if (s->device & ATA_LBA) {
        return (s->device & 0x0f) << 24 | t->lbah << 16 | t->lbam << 8 | t->lbal;
    }
    /* Sector 0 of a track there is none: it wraps to what no disk has. */
    return ((uint64_t)(t->lbah << 8 | t->lbam) * s->heads + (s->device & 0x0f)) * s->secs +
           t->lbal - 1;
}

void ata_set_lba(IDEDrive *s, uint64_t lba)
{
    uint32_t track;

    if (s->lba48) {
        s->hob.lbal = lba >> 24;
        s->hob.lbam = lba >> 32;
        s->hob.lbah = lba >> 40;
    } else if (s->device & ATA_LBA) {
        s->device = (s->device & 0xf0) | ((lba >> 24) & 0x0f);
    } else if (s->heads && s->secs) {
        track = lba / s->secs;
        s->tf.lbal = lba % s->secs + 1;
        s->device = (s->device & 0xf0) | (track % s->heads & 0x0f);
        s->tf.lbam = track / s->heads;
        s->tf.lbah = (track / s->heads) >> 8;
        return;
    }
    s->tf.lbal = lba;
    s->tf.lbam = lba >> 8;
    s->tf.lbah = lba >> 16;
}

uint32_t ata_get_count(IDEDrive *s)
{
    uint32_t count = s->tf.nsector;

    if (s->lba48) {
        count |= s->hob.nsector << 8;
        return count ? count : 65536;
    }
    return count ? count : 256;
}

static bool range_ok(IDEDrive *s, uint64_t lba, uint64_t count)
{
    return lba < s->nb_sectors && count <= s->nb_sectors - lba;
}

/* ---- the end of work ---- */

void ata_work_failed(IDEDrive *s)
{
    IDEWork work = s->work;
    bool read = work == IDE_WORK_READ_PIO || work == IDE_WORK_READ_DMA;

    if (work == IDE_WORK_READ_DMA || work == IDE_WORK_WRITE_DMA || work == IDE_WORK_TRIM) {
        s->bus->ops->dma_done(s->bus, false);
    }
    if (work != IDE_WORK_FLUSH) {
        ata_set_lba(s, s->lba);
    }
    ide_command_failed(s, read ? ATA_UNC : ATA_ABRT);
}

/* @num sectors are done. */
static void advance(IDEDrive *s, uint32_t num)
{
    s->lba += num;
    s->left -= num;
    ata_set_lba(s, s->lba);
    s->tf.nsector = s->left;
    s->hob.nsector = s->left >> 8;
}

/* ---- PIO ---- */

static void read_pio_done(void *opaque, int ret)
{
    IDEDrive *s = opaque;

    if (ide_work_ended(s, ret)) {
        advance(s, s->block);
        ide_pio_start(s, 0, s->block * ATA_SECTOR, IDE_PIO_READ, true);
    }
}

static void write_pio_done(void *opaque, int ret)
{
    IDEDrive *s = opaque;

    if (!ide_work_ended(s, ret)) {
        return;
    }
    advance(s, s->block);
    /* The installer of Windows 2000 loses interrupts that come at once, now and then. */
    s->bus->irq_late = s->dev->win2k_install_hack && ++s->write_blocks % 16 == 0;
    if (s->left) {
        s->block = MIN(s->left, s->block);
        ide_pio_start(s, 0, s->block * ATA_SECTOR, IDE_PIO_WRITE, true);
    } else {
        ide_command_done(s);
    }
}

static void work_pio(IDEDrive *s, bool write)
{
    if (!write) {
        s->block = MIN(s->left, s->block);
    }
    qemu_iovec_init_buf(&s->qiov, s->buffer, s->block * ATA_SECTOR);
    ide_work_started(s, s->qiov.size, write ? BLOCK_ACCT_WRITE : BLOCK_ACCT_READ);
    if (write) {
        blk_aio_pwritev(s->blk, s->lba * ATA_SECTOR, &s->qiov, 0, write_pio_done, s);
    } else {
        blk_aio_preadv(s->blk, s->lba * ATA_SECTOR, &s->qiov, 0, read_pio_done, s);
    }
}

void ata_write_moved(IDEDrive *s)
{
    ide_work_begin(s, IDE_WORK_WRITE_PIO);
}

/* ---- DMA ---- */

static void rw_dma_done(void *opaque, int ret)
{
    IDEDrive *s = opaque;
    uint32_t sectors = s->sg.size / ATA_SECTOR;

    qemu_sglist_destroy(&s->sg);
    if (!ide_work_ended(s, ret)) {
        return;
    }
    advance(s, sectors);
    if (s->left) {
        ide_dma_short(s);
        return;
    }
    s->bus->ops->dma_done(s->bus, false);
    ide_command_done(s);
}

/* Only whole sectors. */
static void trim_list(QEMUSGList *sg)
{
    dma_addr_t excess = sg->size % ATA_SECTOR;

    sg->size -= excess;
    while (excess) {
        ScatterGatherEntry *e = &sg->sg[sg->nsg - 1];
        dma_addr_t len = MIN(excess, e->len);

        e->len -= len;
        excess -= len;
        if (!e->len) {
            sg->nsg--;
        }
    }
}

static void work_dma(IDEDrive *s, bool write)
{
    int64_t offset = s->lba * ATA_SECTOR;

    qemu_sglist_init(&s->sg, DEVICE(s->dev), 16, s->bus->as);
    s->bus->ops->dma_next(s->bus, (uint64_t)s->left * ATA_SECTOR, &s->sg);
    trim_list(&s->sg);
    if (!s->sg.size) {
        qemu_sglist_destroy(&s->sg);
        ide_dma_short(s);
        return;
    }
    ide_work_started(s, s->sg.size, write ? BLOCK_ACCT_WRITE : BLOCK_ACCT_READ);
    if (write) {
        dma_blk_write(s->blk, &s->sg, offset, ATA_SECTOR, rw_dma_done, s);
    } else {
        dma_blk_read(s->blk, &s->sg, offset, ATA_SECTOR, rw_dma_done, s);
    }
}

/* ---- DATA SET MANAGEMENT (7.10): ranges of 48 bits of address and 16 of length ---- */

static void trim_next(IDEDrive *s);

static void trim_done(void *opaque, int ret)
{
    IDEDrive *s = opaque;

    if (ide_work_ended(s, ret)) {
        trim_next(s);
    }
}

static void trim_next(IDEDrive *s)
{
    while (s->pos < s->len) {
        uint64_t entry = ldq_le_p(s->buffer + s->pos);
        uint64_t lba = entry & MAKE_64BIT_MASK(0, 48), count = entry >> 48;

        s->pos += 8;
        if (!count) {
            continue;
        }
        if (!range_ok(s, lba, count)) {
            s->lba = lba;
            block_acct_invalid(blk_get_stats(s->blk), BLOCK_ACCT_UNMAP);
            ata_work_failed(s);
            return;
        }
        ide_work_started(s, count * ATA_SECTOR, BLOCK_ACCT_UNMAP);
        blk_aio_pdiscard(s->blk, lba * ATA_SECTOR, count * ATA_SECTOR, trim_done, s);
        return;
    }
    s->bus->ops->dma_done(s->bus, false);
    ide_command_done(s);
}

static void work_trim(IDEDrive *s)
{
    uint32_t bytes = MIN(s->left, TRIM_BLOCKS_MAX) * ATA_SECTOR;

    qemu_sglist_init(&s->sg, DEVICE(s->dev), 1, s->bus->as);
    s->bus->ops->dma_next(s->bus, bytes, &s->sg);
    dma_buf_write(s->buffer, bytes, NULL, &s->sg, MEMTXATTRS_UNSPECIFIED);
    s->pos = 0;
    s->len = s->sg.size & ~7;
    qemu_sglist_destroy(&s->sg);
    trim_next(s);
}

/* ---- work ---- */

static void flush_done(void *opaque, int ret)
{
    IDEDrive *s = opaque;

    if (ide_work_ended(s, ret)) {
        ide_command_done(s);
    }
}

void ata_work(IDEDrive *s)
{
    IDEWork work = s->work;

    if (work == IDE_WORK_FLUSH) {
        ide_work_started(s, 0, BLOCK_ACCT_FLUSH);
        blk_aio_flush(s->blk, flush_done, s);
        return;
    }
    if (work == IDE_WORK_TRIM) {
        work_trim(s);
        return;
    }
    /* A disk may have become smaller meanwhile; a saved state may say anything. */
    if (!s->left || !range_ok(s, s->lba, s->left) ||
        (!s->block && (work == IDE_WORK_READ_PIO || work == IDE_WORK_WRITE_PIO))) {
        block_acct_invalid(blk_get_stats(s->blk), BLOCK_ACCT_READ);
        ata_work_failed(s);
        return;
    }
    switch (work) {
    case IDE_WORK_READ_PIO:
    case IDE_WORK_WRITE_PIO:
        work_pio(s, work == IDE_WORK_WRITE_PIO);
        break;
    case IDE_WORK_READ_DMA:
    case IDE_WORK_WRITE_DMA:
        work_dma(s, work == IDE_WORK_WRITE_DMA);
        break;
    default:
        ide_command_failed(s, ATA_ABRT);
        break;
    }
}

/* ---- commands ---- */

/* The range of the command; false after it was refused. */
static bool set_range(IDEDrive *s, bool write)
{
    s->lba = ata_get_lba(s);
    s->left = ata_get_count(s);
    if (!range_ok(s, s->lba, s->left) || (write && !blk_is_writable(s->blk))) {
        block_acct_invalid(blk_get_stats(s->blk), write ? BLOCK_ACCT_WRITE : BLOCK_ACCT_READ);
        ide_command_failed(s, range_ok(s, s->lba, s->left) ? ATA_ABRT : ATA_IDNF | ATA_ABRT);
        return false;
    }
    return true;
}

static void cmd_read_pio(IDEDrive *s, bool multiple)
{
    if (multiple && !s->multiple) {
        ide_command_failed(s, ATA_ABRT);
    } else if (set_range(s, false)) {
        s->block = multiple ? s->multiple : 1;
        ide_work_begin(s, IDE_WORK_READ_PIO);
    }
}

static void cmd_write_pio(IDEDrive *s, bool multiple)
{
    if (multiple && !s->multiple) {
        ide_command_failed(s, ATA_ABRT);
    } else if (set_range(s, true)) {
        s->block = MIN(s->left, multiple ? s->multiple : 1u);
        /* The first block is not asked for by an interrupt. */
        ide_pio_start(s, 0, s->block * ATA_SECTOR, IDE_PIO_WRITE, false);
    }
}

static void cmd_dma(IDEDrive *s, bool write)
{
    if (set_range(s, write)) {
        ide_dma_start(s, write ? IDE_WORK_WRITE_DMA : IDE_WORK_READ_DMA);
    }
}

static void cmd_data_set_management(IDEDrive *s)
{
    s->lba48 = true;
    s->left = ata_get_count(s);
    s->lba = 0;
    if (!(s->tf.feature & 1) || s->left > TRIM_BLOCKS_MAX || !blk_is_writable(s->blk)) {
        ide_command_failed(s, ATA_ABRT);
    } else {
        ide_dma_start(s, IDE_WORK_TRIM);
    }
}

static void cmd_verify(IDEDrive *s)
{
    if (set_range(s, false)) {
        ide_command_done(s);
    }
}

static void cmd_set_multiple(IDEDrive *s)
{
    uint8_t n = s->tf.nsector;

    if (n > ATA_MULTIPLE_MAX || (n & (n - 1))) {
        ide_command_failed(s, ATA_ABRT);
        return;
    }
    s->multiple = n;
    ide_command_done(s);
}

static void cmd_native_max(IDEDrive *s)
{
    if (!s->nb_sectors) {
        ide_command_failed(s, ATA_ABRT);
        return;
    }
    s->device |= ATA_LBA;
    ata_set_lba(s, s->lba48 ? s->nb_sectors - 1 : MIN(s->nb_sectors, 1ull << 28) - 1);
    ide_command_done(s);
}

/* The sizes by which the host counts cylinders (of ATA-3). */
static void cmd_set_geometry(IDEDrive *s)
{
    s->heads = (s->device & 0x0f) + 1;
    s->secs = s->tf.nsector;
    ide_command_done(s);
}

static void cmd_diagnostic(IDEDrive *s)
{
    IDEBus *bus = s->bus;

    for (int i = 0; i < 2; i++) {
        bus->drives[i].error = 1;
        ide_set_signature(&bus->drives[i]);
    }
    bus->unit = 0;
    bus->drives[0].device = bus->drives[1].device = 0xa0;
    if (s->is_cd) {
        /* A packet device has DRDY clear behind its signature. */
        ide_command_done(s);
        s->status = 0;
    } else {
        ide_command_done(s);
    }
}

static void cmd_identify(IDEDrive *s, bool packet)
{
    if (packet == s->is_cd) {
        if (packet) {
            atapi_identify(s);
        } else {
            ata_identify(s);
        }
        ide_pio_start(s, 0, ATA_SECTOR, IDE_PIO_LAST, true);
    } else {
        /* How hosts tell a packet device (6.4). */
        ide_set_signature(s);
        ide_command_failed(s, ATA_ABRT);
    }
}

/* Reads, writes, and what else has an address. False: none of those. */
static bool transfer_command(IDEDrive *s, uint8_t command)
{
    s->lba48 = command == 0x24 || command == 0x25 || command == 0x27 || command == 0x29 ||
               command == 0x34 || command == 0x35 || command == 0x39 || command == 0x3d ||
               command == 0x42 || command == 0xce || command == 0xea;
    switch (command) {
    case 0x20: /* READ SECTORS */
    case 0x21:
    case 0x24:
        cmd_read_pio(s, false);
        return true;
    case 0xc4: /* READ MULTIPLE */
    case 0x29:
        cmd_read_pio(s, true);
        return true;
    case 0x30: /* WRITE SECTORS */
    case 0x31:
    case 0x34:
    case 0x3c: /* WRITE VERIFY, of ATA-3 */
        cmd_write_pio(s, false);
        return true;
    case 0xc5: /* WRITE MULTIPLE */
    case 0x39:
        cmd_write_pio(s, true);
        return true;
    case 0xc8: /* READ DMA */
    case 0xc9:
    case 0x25:
        cmd_dma(s, false);
        return true;
    case 0xca: /* WRITE DMA */
    case 0xcb:
    case 0x35:
        cmd_dma(s, true);
        return true;
    case 0x40: /* READ VERIFY */
    case 0x41:
    case 0x42:
        cmd_verify(s);
        return true;
    case 0xf8: /* READ NATIVE MAX ADDRESS */
    case 0x27:
        cmd_native_max(s);
        return true;
    case 0xe7: /* FLUSH CACHE */
    case 0xea:
        ide_work_begin(s, IDE_WORK_FLUSH);
        return true;
    default:
        return false;
    }
}

static void disk_command(IDEDrive *s, uint8_t command)
{
    if (transfer_command(s, command) || ata_power(s, command)) {
        return;
    }
    switch (command) {
    case 0x06:
        cmd_data_set_management(s);
        break;
    case 0x10 ... 0x1f: /* RECALIBRATE */
    case 0x70 ... 0x7f: /* SEEK */
        ide_command_done(s);
        break;
    case 0x91:
        cmd_set_geometry(s);
        break;
    case 0xb0:
        ata_smart(s);
        break;
    case 0xc6:
        cmd_set_multiple(s);
        break;
    case 0xf5: /* SECURITY FREEZE LOCK */
        s->frozen = true;
        ide_command_done(s);
        break;
    default: /* also NOP, which is always refused */
        ide_command_failed(s, ATA_ABRT);
        break;
    }
}

static void cd_command(IDEDrive *s, uint8_t command)
{
    switch (command) {
    case 0x08: /* DEVICE RESET: no interrupt, and no DRDY */
        ide_forget_work(s);
        s->pio_end = IDE_PIO_NONE;
        s->pos = s->len = 0;
        s->error = 1;
        ide_set_signature(s);
        s->status = 0;
        s->sleeping = false;
        if (s->bus->ops->command_done) {
            s->bus->ops->command_done(s->bus);
        }
        break;
    case 0xa0:
        atapi_packet(s);
        break;
    case 0x20:
        ide_set_signature(s);
        ide_command_failed(s, ATA_ABRT);
        break;
    case 0xe7:
    case 0xea:
        ide_command_done(s);
        break;
    default:
        if (!ata_power(s, command)) {
            ide_command_failed(s, ATA_ABRT);
        }
        break;
    }
}

void ata_command(IDEDrive *s, uint8_t command)
{
    switch (command) {
    case 0x90:
        cmd_diagnostic(s);
        break;
    case 0xa1:
    case 0xec:
        cmd_identify(s, command == 0xa1);
        break;
    case 0xef:
        ata_set_features(s);
        break;
    default:
        if (s->is_cd) {
            cd_command(s, command);
        } else {
            disk_command(s, command);
        }
        break;
    }
}

static void ata_resize(void *opaque)
{
    IDEDrive *s = opaque;

    blk_get_geometry(s->blk, &s->nb_sectors);
}

const BlockDevOps ata_block_ops = {
    .resize_cb = ata_resize,
};
