/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a CD drive tells of itself and of its medium (MMC-6, chapter 6 and 7; SPC-4 6.4). */
#include "qemu/osdep.h"
#include "atapi-internal.h"
#include "qemu/units.h"

/* Profiles (MMC-6, 5.3.1). */
#define PROFILE_NONE    0x0000
#define PROFILE_CD_ROM  0x0008
#define PROFILE_DVD_ROM 0x0010

static bool is_dvd(IDEDrive *s)
{
    return atapi_sectors(s) > CD_MAX_SECTORS;
}

static void invalid_field(IDEDrive *s)
{
    atapi_fail(s, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD, 0);
}

static void pad(uint8_t *p, const char *text, size_t size)
{
    size_t len = strlen(text);

    memset(p, ' ', size);
    memcpy(p, text, MIN(len, size));
}

/* ---- INQUIRY ---- */

/* Page 83h: who it is, by its serial number, model, and world wide name (SPC-4, 7.8.6). */
static uint32_t put_identification(IDEDrive *s)
{
    IDEDevice *dev = s->dev;
    uint8_t *p = s->buffer + 4;
    g_autofree char *serial = g_strdup_printf("QM%05u", s->number);

    p[0] = 0x02; /* ASCII */
    p[1] = 0x00; /* vendor's own */
    p[3] = 20;
    pad(p + 4, dev->serial ? dev->serial : serial, 20);
    p += 24;
    p[0] = 0x02;
    p[1] = 0x01; /* T10 */
    p[3] = 68;
    pad(p + 4, "ATA", 8);
    pad(p + 12, dev->model ? dev->model : "QEMU DVD-ROM", 40);
    pad(p + 52, dev->serial ? dev->serial : serial, 20);
    p += 72;
    if (dev->wwn) {
        p[0] = 0x01; /* binary */
        p[1] = 0x03; /* NAA */
        p[3] = 8;
        stq_be_p(p + 4, dev->wwn);
        p += 12;
    }
    return p - s->buffer;
}

static void vital_product_data(IDEDrive *s, uint8_t page, uint32_t max)
{
    uint32_t len = 6;

    s->buffer[0] = 0x05;
    s->buffer[1] = page;
    switch (page) {
    case 0x00:
        s->buffer[4] = 0x00;
        s->buffer[5] = 0x83;
        break;
    case 0x83:
        len = put_identification(s);
        break;
    default:
        invalid_field(s);
        return;
    }
    s->buffer[3] = len - 4;
    atapi_reply(s, len, max);
}

void atapi_inquiry(IDEDrive *s)
{
    uint8_t *p = s->buffer;
    uint32_t max = lduw_be_p(s->packet + 3);

    memset(p, 0, 256);
    if (s->packet[1] & 1) {
        vital_product_data(s, s->packet[2], max);
        return;
    }
    if (s->packet[2]) {
        invalid_field(s);
        return;
    }
    p[0] = 0x05; /* CD */
    p[1] = 0x80; /* removable */
    p[3] = 0x21; /* ATAPI-2 */
    p[4] = 31;
    pad(p + 8, "QEMU", 8);
    pad(p + 16, "QEMU DVD-ROM", 16);
    pad(p + 32, s->dev->version ? s->dev->version : "2.5+", 4);
    atapi_reply(s, 36, max);
}

/* ---- MODE SENSE(10) ---- */

/* Page 01h: how hard it tries. Page 2Ah: what it can. Page 0Eh: sound, of which there is none. */
static uint32_t put_mode_page(uint8_t *p, IDEDrive *s, uint8_t page)
{
    switch (page) {
    case 0x01:
        p[0] = 0x01;
        p[1] = 6;
        p[3] = 5; /* retries */
        return 8;
    case 0x0e:
        p[0] = 0x0e;
        p[1] = 14;
        p[2] = 0x04;
        return 16;
    case 0x2a:
        p[0] = 0x2a;
        p[1] = 18;
        p[2] = 0x3b;                                 /* reads CD-R, CD-RW, DVD-ROM, -R and -RAM */
        p[4] = 0x70;                                 /* multisession, mode 2 forms 1 and 2 */
        p[5] = 0x03;                                 /* READ CD of audio is there, and exact */
        p[6] = 0x29 | (s->tray_locked ? 1 << 1 : 0); /* a tray that can be locked and ejects */
        stw_be_p(p + 8, 706);                        /* KiB/s */
        p[11] = 2;
        stw_be_p(p + 12, 512);
        stw_be_p(p + 14, 706);
        return 20;
    default:
        return 0;
    }
}

void atapi_mode_sense(IDEDrive *s)
{
    static const uint8_t pages[] = {0x01, 0x0e, 0x2a};
    uint8_t page = s->packet[2] & 0x3f, control = s->packet[2] >> 6;
    uint32_t len = 8;

    if (control == 3) {
        atapi_fail(s, SENSE_ILLEGAL_REQUEST, ASC_SAVING_UNSUPPORTED, 0);
        return;
    }
    memset(s->buffer, 0, 256);
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
        if (page == 0x3f || page == pages[i]) {
            len += put_mode_page(s->buffer + len, s, pages[i]);
        }
    }
    if (len == 8 || control == 1) {
        /* Nothing can be changed: no page that says what. */
        invalid_field(s);
        return;
    }
    stw_be_p(s->buffer, len - 2);
    s->buffer[2] = 0x70; /* the old code of "door closed, no disc", which hosts ignore */
    atapi_reply(s, len, lduw_be_p(s->packet + 7));
}

/* ---- GET CONFIGURATION ---- */

static uint8_t *put_feature(uint8_t *p, uint16_t code, uint8_t flags, uint8_t len)
{
    memset(p, 0, 4 + len);
    stw_be_p(p, code);
    p[2] = flags;
    p[3] = len;
    return p + 4;
}

static uint8_t *put_profile(uint8_t *p, uint16_t profile, uint16_t current)
{
    stw_be_p(p, profile);
    p[2] = profile == current;
    return p + 4;
}

void atapi_get_configuration(IDEDrive *s)
{
    uint16_t start = lduw_be_p(s->packet + 2), current = PROFILE_NONE;
    uint8_t kind = s->packet[1] & 3, *p = s->buffer + 8, *body;

    if (kind == 3) {
        invalid_field(s);
        return;
    }
    if (atapi_sectors(s) && !s->tray_open) {
        current = is_dvd(s) ? PROFILE_DVD_ROM : PROFILE_CD_ROM;
    }
    memset(s->buffer, 0, 256);
    stw_be_p(s->buffer + 6, current);
    if (start == 0) {
        body = put_feature(p, 0x0000, 0x03, 8); /* profiles */
        p = put_profile(put_profile(body, PROFILE_DVD_ROM, current), PROFILE_CD_ROM, current);
    }
    if (kind == 2 ? start == 1 : start <= 1) {
        body = put_feature(p, 0x0001, 0x0b, 8); /* core */
        stl_be_p(body, 2);                      /* over ATAPI */
        body[4] = 0x01;
        p = body + 8;
    }
    if (kind == 2 ? start == 3 : start <= 3) {
        body = put_feature(p, 0x0003, 0x03, 4); /* removable medium */
        body[0] = 0x29;                         /* a tray; it can be locked, and ejects */
        p = body + 4;
    }
    if (kind == 2 && start == 0) {
        p = s->buffer + 8 + 12; /* only the one that was asked for */
    }
    stl_be_p(s->buffer, p - s->buffer - 4);
    atapi_reply(s, p - s->buffer, lduw_be_p(s->packet + 7));
}

/* ---- GET EVENT STATUS NOTIFICATION ---- */

void atapi_get_event_status(IDEDrive *s)
{
    uint8_t *p = s->buffer;
    bool there = atapi_sectors(s) > 0 && !s->tray_open;

    if (!(s->packet[1] & 1)) {
        invalid_field(s); /* only polling */
        return;
    }
    memset(p, 0, 8);
    p[3] = 1 << 4; /* of media */
    if (!(s->packet[4] & (1 << 4))) {
        p[2] = 0x80; /* none of the classes that were asked for */
        stw_be_p(p, 2);
        atapi_reply(s, 4, lduw_be_p(s->packet + 7));
        return;
    }
    stw_be_p(p, 6);
    p[2] = 4;
    if (s->event_new_media) {
        p[4] = there ? 2 : 3; /* new, resp. removed */
        s->event_new_media = false;
    } else if (s->event_eject) {
        p[4] = 1;
        s->event_eject = false;
    }
    p[5] = (there ? 2 : 0) | s->tray_open;
    atapi_reply(s, 8, lduw_be_p(s->packet + 7));
}

/* ---- the medium: one session, one track of data ---- */

static void put_address(uint8_t *p, bool msf, uint64_t lba)
{
    if (msf) {
        lba += 150;
        p[0] = 0;
        p[1] = lba / 75 / 60;
        p[2] = lba / 75 % 60;
        p[3] = lba % 75;
    } else {
        stl_be_p(p, MIN(lba, UINT32_MAX));
    }
}

static uint8_t *put_track(uint8_t *p, uint8_t track, bool msf, uint64_t lba)
{
    p[0] = 0;
    p[1] = 0x14; /* data */
    p[2] = track;
    p[3] = 0;
    put_address(p + 4, msf, lba);
    return p + 8;
}

static uint8_t *put_raw_entry(uint8_t *p, uint8_t point, uint64_t lba, uint8_t first)
{
    memset(p, 0, 11);
    p[0] = 1;
    p[1] = 0x14;
    p[3] = point;
    if (point == 0xa0 || point == 0xa1) {
        p[8] = first;
    } else {
        put_address(p + 7, true, lba);
    }
    return p + 11;
}

void atapi_read_toc(IDEDrive *s)
{
    uint8_t format = s->packet[2] & 0x0f, start = s->packet[6], *p = s->buffer + 4;
    bool msf = s->packet[1] & 2;

    if (!format) {
        format = s->packet[9] >> 6; /* where it was before MMC */
    }
    s->buffer[2] = s->buffer[3] = 1;
    switch (format) {
    case 0:
        if (start > 1 && start != 0xaa) {
            invalid_field(s);
            return;
        }
        if (start <= 1) {
            p = put_track(p, 1, msf, 0);
        }
        p = put_track(p, 0xaa, msf, atapi_sectors(s));
        break;
    case 1: /* of the last session: where it begins */
        p = put_track(p, 1, msf, 0);
        break;
    case 2:
        p = put_raw_entry(p, 0xa0, 0, 1);
        p = put_raw_entry(p, 0xa1, 0, 1);
        p = put_raw_entry(p, 0xa2, atapi_sectors(s), 0);
        p = put_raw_entry(p, 1, 0, 0);
        break;
    default:
        invalid_field(s);
        return;
    }
    stw_be_p(s->buffer, p - s->buffer - 2);
    atapi_reply(s, p - s->buffer, lduw_be_p(s->packet + 7));
}

void atapi_read_disc_information(IDEDrive *s)
{
    uint8_t *p = s->buffer;

    if (s->packet[1] & 7) {
        invalid_field(s);
        return;
    }
    memset(p, 0, 34);
    p[1] = 32;
    p[2] = 0x0e; /* complete, and so is its last session */
    p[3] = 1;
    p[4] = p[5] = p[6] = 1;
    p[7] = 0x20; /* for any use */
    atapi_reply(s, 34, lduw_be_p(s->packet + 7));
}

static bool put_dvd_structure(IDEDrive *s, uint8_t format, uint32_t *len)
{
    uint8_t *p = s->buffer;
    uint64_t sectors = atapi_sectors(s);

    switch (format) {
    case 0x00:       /* physical */
        p[4] = 1;    /* DVD-ROM, part 1 */
        p[5] = 0x0f; /* 120 mm, no rate given */
        p[6] = 1;    /* one layer, stamped */
        stl_be_p(p + 8, 0x30000);
        stl_be_p(p + 12, 0x30000 + sectors - 1);
        stl_be_p(p + 16, 0);
        *len = 4 + 2048;
        return true;
    case 0x01: /* copyright: none */
        *len = 4 + 4;
        return true;
    case 0x03: /* burst cutting area: there is none */
        return false;
    case 0x04: /* manufacturer */
        *len = 4 + 2048;
        return true;
    case 0xff: /* which there are */
        p[4] = 0x00;
        p[5] = 0x40;
        stw_be_p(p + 6, 2048 + 4);
        p[8] = 0x01;
        p[9] = 0x40;
        stw_be_p(p + 10, 4 + 4);
        p[12] = 0x04;
        p[13] = 0x40;
        stw_be_p(p + 14, 2048 + 4);
        *len = 16;
        return true;
    default:
        return false;
    }
}

void atapi_read_dvd_structure(IDEDrive *s)
{
    uint32_t len;

    memset(s->buffer, 0, 2052);
    if ((s->packet[1] & 0x0f) || s->packet[6]) {
        invalid_field(s);
        return;
    }
    if (!is_dvd(s) && s->packet[7] != 0xff) {
        atapi_fail(s, SENSE_ILLEGAL_REQUEST, ASC_ILLEGAL_MODE, 0);
        return;
    }
    if (!put_dvd_structure(s, s->packet[7], &len)) {
        invalid_field(s);
        return;
    }
    stw_be_p(s->buffer, len - 2);
    atapi_reply(s, len, lduw_be_p(s->packet + 8));
}

void atapi_mechanism_status(IDEDrive *s)
{
    memset(s->buffer, 0, 8);
    s->buffer[1] = s->tray_open ? 1 << 4 : 0;
    s->buffer[5] = 1;
    atapi_reply(s, 8, lduw_be_p(s->packet + 8));
}
