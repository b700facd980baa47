/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What drives say of themselves, and their settings: IDENTIFY DEVICE and IDENTIFY PACKET DEVICE,
 * SET FEATURES, SMART, power modes (ATA8-ACS 7.12, 7.13, 7.45, 7.53, 4.15).
 */
#include "qemu/osdep.h"
#include "ide-internal.h"
#include "qemu/bswap.h"

/* ---- IDENTIFY ---- */

static void put(IDEDrive *s, unsigned word, uint16_t value)
{
    stw_le_p(s->buffer + word * 2, value);
}

/* Characters change places within each word, and blanks fill the rest. */
static void put_string(IDEDrive *s, unsigned word, const char *text, unsigned bytes)
{
    size_t len = strlen(text);

    for (unsigned i = 0; i < bytes; i++) {
        s->buffer[word * 2 + (i ^ 1)] = i < len ? text[i] : ' ';
    }
}

static void put_names(IDEDrive *s, const char *model)
{
    g_autofree char *serial = g_strdup_printf("QM%05u", s->number);
    IDEDevice *dev = s->dev;

    put_string(s, 10, dev->serial ? dev->serial : serial, 20);
    put_string(s, 23, dev->version ? dev->version : "2.5+", 8);
    put_string(s, 27, dev->model ? dev->model : model, 40);
}

/* The mode that is set shows as a bit in the upper byte. */
static uint16_t mode_bits(uint8_t supported, uint8_t mode)
{
    return supported | (mode & 8 ? 1u << ((mode & 7) + 8) : 0);
}

static void put_modes(IDEDrive *s)
{
    put(s, 63, mode_bits(0x07, s->mwdma_mode));
    put(s, 64, 0x03); /* PIO 3 and 4 */
    for (int word = 65; word <= 68; word++) {
        put(s, word, 120); /* ns a cycle */
    }
    put(s, 88, mode_bits(0x3f, s->udma_mode));
}

static void put_serial_ata(IDEDrive *s, bool disk)
{
    if (s->bus->ops->ncq) {
        put(s, 75, disk ? 31 : 0); /* commands in its queue, but one */
        put(s, 76, (disk ? 1 << 8 : 0) | 1 << 2 | 1 << 1);
    }
}

static void put_wwn(IDEDrive *s)
{
    for (int i = 0; i < 4; i++) {
        put(s, 108 + i, s->dev->wwn >> (48 - 16 * i));
    }
}

static void put_sizes(IDEDrive *s)
{
    BlockConf *conf = &s->dev->conf;
    uint32_t chs = MIN((uint64_t)conf->cyls * s->heads * s->secs, UINT32_MAX);
    uint64_t lba28 = MIN(s->nb_sectors, (1ull << 28) - 1);
    unsigned exp = get_physical_block_exp(conf);

    put(s, 1, conf->cyls);
    put(s, 3, conf->heads);
    put(s, 4, ATA_SECTOR * conf->secs);
    put(s, 5, ATA_SECTOR);
    put(s, 6, conf->secs);
    put(s, 54, conf->cyls);
    put(s, 55, s->heads);
    put(s, 56, s->secs);
    put(s, 57, chs);
    put(s, 58, chs >> 16);
    put(s, 60, lba28);
    put(s, 61, lba28 >> 16);
    for (int i = 0; i < 4; i++) {
        put(s, 100 + i, s->nb_sectors >> 16 * i);
    }
    put(s, 106, 1 << 14 | (exp ? 1 << 13 | exp : 0));
}

/* Words 82 to 87: what there is, and what of it is on. */
static void put_command_sets(IDEDrive *s)
{
    bool wwn = s->dev->wwn;
    uint16_t sets1 = 1 << 14 | 1 << 5 | 1;                      /* NOP, write cache, SMART */
    uint16_t sets2 = 1 << 14 | 1 << 13 | 1 << 12 | 1 << 10;     /* both flushes, 48 bits */
    uint16_t sets3 = 1 << 14 | 1 << 1 | 1 | (wwn ? 1 << 8 : 0); /* SMART logs and self-test */

    put(s, 82, sets1);
    put(s, 83, sets2);
    put(s, 84, sets3);
    put(s, 85,
        (sets1 & ~(1 << 5 | 1)) | (blk_enable_write_cache(s->blk) ? 1 << 5 : 0) | s->smart_enabled);
    put(s, 86, sets2);
    put(s, 87, sets3);
}

void ata_identify(IDEDrive *s)
{
    memset(s->buffer, 0, ATA_SECTOR);
    put(s, 0, 0x0040); /* fixed */
    put_names(s, "QEMU HARDDISK");
    put(s, 20, 3);
    put(s, 21, 512);
    put(s, 22, 4);
    put(s, 47, 0x8000 | ATA_MULTIPLE_MAX);
    put(s, 48, 1);                         /* 32-bit accesses of the data port */
    put(s, 49, 1 << 11 | 1 << 9 | 1 << 8); /* IORDY, LBA, DMA */
    put(s, 51, 0x200);
    put(s, 52, 0x200);
    put(s, 53, 1 | 1 << 1 | 1 << 2);
    put(s, 59, s->multiple ? 0x100 | s->multiple : 0);
    put(s, 62, 0x07);
    put_sizes(s);
    put_modes(s);
    put_serial_ata(s, true);
    put(s, 80, 0xf0); /* ATA/ATAPI-4 to -7 */
    put(s, 81, 0x16);
    put_command_sets(s);
    if (!s->bus->ops->ncq) {
        put(s, 93, 1 | 1 << 14 | 0x2000); /* a parallel cable of 80 wires */
    }
    put_wwn(s);
    put(s, 217, s->dev->rotation_rate);
    put(s, 105, 64); /* blocks of ranges, see ata.c */
    put(s, 169, 1);  /* TRIM */
}

void atapi_identify(IDEDrive *s)
{
    memset(s->buffer, 0, ATA_SECTOR);
    /* A packet device, CD, removable, DRQ within 50 us, packets of 12 bytes. */
    put(s, 0, 2 << 14 | 5 << 8 | 1 << 7 | 2 << 5);
    put_names(s, "QEMU DVD-ROM");
    put(s, 20, 3);
    put(s, 21, 512);
    put(s, 22, 4);
    put(s, 48, 1);
    put(s, 49, 1 << 9 | 1 << 8);
    put(s, 53, 7);
    put(s, 62, 7);
    put_modes(s);
    put(s, 71, 30); /* ns from packet to bus release, and from SERVICE to not busy */
    put(s, 72, 30);
    put_serial_ata(s, false);
    put(s, 80, 0x1e);
    put(s, 84, s->dev->wwn ? 1 << 14 | 1 << 8 : 0);
    put(s, 87, s->dev->wwn ? 1 << 14 | 1 << 8 : 0);
    put_wwn(s);
}

/* ---- SET FEATURES ---- */

static bool set_transfer_mode(IDEDrive *s, uint8_t count)
{
    uint8_t mode = count & 7;

    switch (count >> 3) {
    case 0: /* PIO, the default */
    case 1:
        if (mode > (count >> 3 ? 4 : 1)) {
            return false;
        }
        s->pio_mode = mode;
        break;
    case 2: /* single words, which nobody has any more */
        s->mwdma_mode = s->udma_mode = 0;
        break;
    case 4:
        if (mode > 2) {
            return false;
        }
        s->mwdma_mode = 8 | mode;
        s->udma_mode = 0;
        break;
    case 8:
        if (mode > 5) {
            return false;
        }
        s->udma_mode = 8 | mode;
        s->mwdma_mode = 0;
        break;
    default:
        return false;
    }
    return true;
}

void ata_set_features(IDEDrive *s)
{
    switch (s->tf.feature) {
    case 0x02: /* write cache on */
    case 0x82:
        if (s->is_cd) {
            ide_command_failed(s, ATA_ABRT);
            return;
        }
        blk_set_enable_write_cache(s->blk, s->tf.feature == 0x02);
        if (s->tf.feature == 0x82) {
            /* What was answered before is not safe yet. */
            ide_work_begin(s, IDE_WORK_FLUSH);
            return;
        }
        break;
    case 0x03:
        if (!set_transfer_mode(s, s->tf.nsector)) {
            ide_command_failed(s, ATA_ABRT);
            return;
        }
        break;
    case 0x05: /* power management, noise: the drive has nothing to do for it */
    case 0x85:
    case 0x42:
    case 0xc2:
    case 0x55: /* look-ahead off and on */
    case 0xaa:
    case 0x66: /* power-on defaults, off and on */
    case 0xcc:
        break;
    default:
        ide_command_failed(s, ATA_ABRT);
        return;
    }
    ide_command_done(s);
}

/* ---- power modes ---- */

bool ata_power(IDEDrive *s, uint8_t command)
{
    switch (command) {
    case 0x94: /* STANDBY IMMEDIATE, STANDBY */
    case 0xe0:
    case 0x96:
    case 0xe2:
        s->standby = true;
        break;
    case 0x95: /* IDLE IMMEDIATE, IDLE */
    case 0xe1:
    case 0x97:
    case 0xe3:
        s->standby = false;
        break;
    case 0x98: /* CHECK POWER MODE */
    case 0xe5:
        s->tf.nsector = s->standby ? 0 : 0xff;
        break;
    case 0x99: /* SLEEP: until a reset */
    case 0xe6:
        s->sleeping = true;
        break;
    default:
        return false;
    }
    ide_command_done(s);
    return true;
}

/* ---- SMART ---- */

/* Number, flags, value, worst, raw; and the threshold. */
static const struct {
    uint8_t id;
    uint16_t flags;
    uint8_t value, raw[6], threshold;
} attributes[] = {
    {1, 0x0003, 100, {0}, 6},
    {3, 0x0003, 100, {16}, 0},
    {4, 0x0002, 100, {100}, 20},
    {5, 0x0003, 100, {0}, 36},
    {9, 0x0003, 100, {1}, 0},
    {12, 0x0003, 100, {0}, 0},
    {190, 0x0003, 69, {31, 0, 31, 31}, 50},
};

static void put_checksum(IDEDrive *s)
{
    uint8_t sum = 0;

    for (int i = 0; i < 511; i++) {
        sum += s->buffer[i];
    }
    s->buffer[511] = -sum;
}

static void smart_data(IDEDrive *s)
{
    s->buffer[0] = 1;
    for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
        uint8_t *p = s->buffer + 2 + 12 * i;

        p[0] = attributes[i].id;
        stw_le_p(p + 1, attributes[i].flags);
        p[3] = p[4] = attributes[i].value;
        memcpy(p + 5, attributes[i].raw, 6);
    }
    s->buffer[362] = 0x02 | (s->smart_autosave ? 0x80 : 0);
    /* Off-line collection takes no time; self-tests are there, and logs. */
    stw_le_p(s->buffer + 364, 288);
    s->buffer[367] = 0x01 | 1 << 4 | 1 << 3;
    stw_le_p(s->buffer + 368, 3);
    s->buffer[370] = 1;
    s->buffer[372] = 2;
    s->buffer[373] = 54;
    put_checksum(s);
}

static void smart_thresholds(IDEDrive *s)
{
    s->buffer[0] = 1;
    for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
        s->buffer[2 + 12 * i] = attributes[i].id;
        s->buffer[3 + 12 * i] = attributes[i].threshold;
    }
    put_checksum(s);
}

static bool smart_log(IDEDrive *s)
{
    switch (s->tf.lbal) {
    case 0x00: /* which logs there are */
        s->buffer[0] = s->buffer[2] = s->buffer[12] = 1;
        break;
    case 0x01: /* errors: none yet */
        s->buffer[0] = 1;
        put_checksum(s);
        break;
    case 0x06: /* self-tests: all were good, and took no time */
        s->buffer[0] = 1;
        s->buffer[508] = MIN(s->smart_selftest_count, 21);
        for (int i = 0; i < s->buffer[508]; i++) {
            stw_le_p(s->buffer + 2 + i * 24 + 2, 0x34);
        }
        put_checksum(s);
        break;
    default:
        return false;
    }
    return true;
}

static bool smart_answer(IDEDrive *s, uint8_t subcommand)
{
    memset(s->buffer, 0, ATA_SECTOR);
    switch (subcommand) {
    case 0xd0:
        smart_data(s);
        return true;
    case 0xd1:
        smart_thresholds(s);
        return true;
    case 0xd5:
        return smart_log(s);
    default:
        return false;
    }
}

static bool smart_setting(IDEDrive *s, uint8_t subcommand)
{
    switch (subcommand) {
    case 0xd2:
        if (s->tf.nsector != 0 && s->tf.nsector != 0xf1) {
            return false;
        }
        s->smart_autosave = s->tf.nsector;
        return true;
    case 0xd3: /* save attributes */
    case 0xda: /* return status: the signature stays as it is, all is well */
        return true;
    case 0xd4: /* off-line collection and self-tests, which end at once */
        if (s->tf.lbal == 0 || s->tf.lbal == 1 || s->tf.lbal == 2) {
            s->smart_selftest_count += s->tf.lbal && s->smart_selftest_count < 21;
        } else if (s->tf.lbal != 127) {
            return false;
        }
        return true;
    case 0xd9:
        s->smart_enabled = false;
        return true;
    default:
        return false;
    }
}

void ata_smart(IDEDrive *s)
{
    uint8_t subcommand = s->tf.feature;

    if (s->tf.lbam != 0x4f || s->tf.lbah != 0xc2) {
        ide_command_failed(s, ATA_ABRT);
    } else if (subcommand == 0xd8) {
        s->smart_enabled = true;
        ide_command_done(s);
    } else if (!s->smart_enabled) {
        ide_command_failed(s, ATA_ABRT);
    } else if (subcommand == 0xd6 && s->tf.nsector == 1) {
        ide_pio_start(s, 0, ATA_SECTOR, IDE_PIO_SMART_LOG, false);
    } else if (smart_answer(s, subcommand)) {
        ide_pio_start(s, 0, ATA_SECTOR, IDE_PIO_LAST, true);
    } else if (smart_setting(s, subcommand)) {
        ide_command_done(s);
    } else {
        ide_command_failed(s, ATA_ABRT);
    }
}
