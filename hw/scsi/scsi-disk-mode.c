/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SCSI disks: MODE SENSE and MODE SELECT (SPC-4, 6.9 to 6.12), and pages (SBC-3, 6.5; MMC-6, 7). */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "scsi-disk-internal.h"

enum {
    PAGE_ERROR_RECOVERY = 0x01,
    PAGE_GEOMETRY = 0x04,
    PAGE_FLEXIBLE = 0x05,
    PAGE_CACHING = 0x08,
    PAGE_AUDIO = 0x0e,
    PAGE_CD_TIMEOUT = 0x1d,
    PAGE_CD_CAPABILITIES = 0x2a,
    PAGE_ALL = 0x3f,
};

#define CURRENT    0
#define CHANGEABLE 1
#define DEFAULT    2
#define SAVED      3

#define PAGE_MAX   64
#define MODE_MAX   512

/* ---- pages: content after the two bytes of header; its length, 0: none for this device ---- */

static void put_cylinder(uint8_t *p, uint32_t cylinder)
{
    p[0] = cylinder >> 16;
    stw_be_p(p + 1, cylinder);
}

static size_t geometry(SCSIDiskState *s, uint8_t *p)
{
    const BlockConf *conf = &s->qdev.conf;

    put_cylinder(p, conf->cyls);
    p[3] = conf->heads;
    /* Write precompensation and reduced current start beyond the last cylinder. */
    put_cylinder(p + 4, conf->cyls);
    put_cylinder(p + 7, conf->cyls);
    stw_be_p(p + 18, 5400); /* rotations a minute */
    return 0x16;
}

static size_t flexible_geometry(SCSIDiskState *s, uint8_t *p)
{
    const BlockConf *conf = &s->qdev.conf;

    stw_be_p(p, 5000); /* kbit/s */
    p[2] = conf->heads;
    p[3] = conf->secs;
    stw_be_p(p + 4, s->qdev.blocksize);
    stw_be_p(p + 6, conf->cyls);
    stw_be_p(p + 26, 5400);
    return 0x1e;
}

static size_t cd_capabilities(SCSIDiskState *s, uint8_t *p)
{
    p[0] = 0x3b; /* reads CD-R, CD-RW, DVD-ROM, DVD-R */
    p[2] = 0x7f; /* plays audio, all modes and sessions */
    p[3] = 0xff;
    p[4] = 0x29 | (s->tray_locked ? 2 : 0); /* a tray, which can be locked */
    stw_be_p(p + 6, 50 * 176);              /* speed, kB/s */
    stw_be_p(p + 8, 2);                     /* volume levels */
    stw_be_p(p + 10, 2048);                 /* buffer, kB */
    stw_be_p(p + 12, 16 * 176);
    stw_be_p(p + 16, 16 * 176);
    stw_be_p(p + 18, 16 * 176);
    return 0x14;
}

/* In CHANGEABLE form: ones where MODE SELECT may change something. */
static size_t mode_page(SCSIDiskState *s, uint8_t page, int control, uint8_t *p)
{
    bool cd = s->qdev.type == TYPE_ROM, values = control != CHANGEABLE;
    size_t len;

    memset(p, 0, PAGE_MAX);
    switch (page) {
    case PAGE_GEOMETRY:
        len = cd ? 0 : geometry(s, p);
        break;
    case PAGE_FLEXIBLE:
        len = cd ? 0 : flexible_geometry(s, p);
        break;
    case PAGE_CACHING:
        p[0] = !values || blk_enable_write_cache(s->qdev.conf.blk) ? 4 : 0; /* WCE */
        return 0x12;
    case PAGE_ERROR_RECOVERY:
        p[0] = values && !cd ? 0x80 : 0; /* bad blocks move when written */
        p[1] = values && cd ? 0x20 : 0;  /* reads are tried again */
        return 0x0a;
    case PAGE_AUDIO:
        return cd ? 0x0e : 0;
    case PAGE_CD_TIMEOUT:
        return cd ? 0x0a : 0;
    case PAGE_CD_CAPABILITIES:
        len = cd ? cd_capabilities(s, p) : 0;
        break;
    default:
        return 0;
    }
    if (!values) {
        memset(p, 0, PAGE_MAX);
    }
    return len;
}

static size_t append_page(SCSIDiskState *s, uint8_t page, int control, uint8_t *out)
{
    size_t len = mode_page(s, page, control, out + 2);

    if (!len) {
        return 0;
    }
    out[0] = page;
    out[1] = len;
    return len + 2;
}

/* ---- MODE SENSE ---- */

static size_t block_descriptor(SCSIDiskState *s, uint8_t *p)
{
    uint64_t blocks = scsi_disk_blocks(s);

    if (!blocks) {
        return 0;
    }
    stl_be_p(p, blocks > 0xffffff ? 0 : blocks); /* 0: more than fit */
    stl_be_p(p + 4, s->qdev.blocksize);
    return 8;
}

void scsi_disk_mode_sense(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    const uint8_t *cdb = r->req.cmd.buf;
    bool ten = cdb[0] == MODE_SENSE_10, dbd = cdb[1] & 8;
    uint8_t page = cdb[2] & 0x3f, buf[MODE_MAX] = {0};
    int control = cdb[2] >> 6;
    size_t header = ten ? 8 : 4, len = header, descriptor = 0;
    uint8_t specific = 0;

    if (control == SAVED) {
        scsi_disk_fail(r, SENSE_CODE(SAVING_PARAMS));
        return;
    }
    if (s->qdev.type == TYPE_DISK) {
        specific = (s->dpofua ? 0x10 : 0) | (blk_is_writable(s->qdev.conf.blk) ? 0 : 0x80);
        descriptor = dbd ? 0 : block_descriptor(s, buf + len);
        len += descriptor;
    }
    if (page == PAGE_ALL) {
        for (uint8_t i = 0; i < PAGE_ALL; i++) {
            len += append_page(s, i, control, buf + len);
        }
    } else {
        size_t got = append_page(s, page, control, buf + len);

        if (!got) {
            scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
            return;
        }
        len += got;
    }
    if (ten) {
        stw_be_p(buf, len - 2);
        buf[3] = specific;
        stw_be_p(buf + 6, descriptor);
    } else {
        buf[0] = len - 1;
        buf[2] = specific;
        buf[3] = descriptor;
    }
    scsi_req_reply(&r->req, buf, len);
}

/* ---- MODE SELECT ---- */

/* Nothing but what may change differs from what there is. */
static bool acceptable(SCSIDiskState *s, uint8_t page, const uint8_t *p, size_t len)
{
    uint8_t now[PAGE_MAX], mask[PAGE_MAX];

    if (mode_page(s, page, CURRENT, now) != len) {
        return false;
    }
    mode_page(s, page, CHANGEABLE, mask);
    for (size_t i = 0; i < len; i++) {
        if ((p[i] ^ now[i]) & ~mask[i]) {
            return false;
        }
    }
    return true;
}

typedef void PageFn(SCSIDiskState *s, uint8_t page, const uint8_t *p, size_t len);

static bool walk_pages(SCSIDiskState *s, const uint8_t *p, size_t len, PageFn *apply,
                       SCSISense *why)
{
    while (len) {
        uint8_t page = p[0] & 0x3f;
        size_t page_len = len > 1 ? p[1] : 0;

        if (len < 2 || p[0] & 0x40 || page_len + 2 > len) {
            *why = SENSE_CODE(INVALID_PARAM_LEN); /* sub-pages, too: there are none */
            return false;
        }
        if (apply) {
            apply(s, page, p + 2, page_len);
        } else if (!acceptable(s, page, p + 2, page_len)) {
            *why = SENSE_CODE(INVALID_PARAM);
            return false;
        }
        p += page_len + 2;
        len -= page_len + 2;
    }
    return true;
}

static void apply_page(SCSIDiskState *s, uint8_t page, const uint8_t *p, size_t len)
{
    if (page == PAGE_CACHING) {
        blk_set_enable_write_cache(s->qdev.conf.blk, p[0] & 4);
    }
}

static void flushed_after_select(void *opaque, int ret)
{
    SCSIDiskReq *r = opaque;

    r->req.aiocb = NULL;
    if (ret < 0) {
        scsi_disk_error(r, ret, false);
    } else {
        scsi_req_complete(&r->req, GOOD);
    }
}

void scsi_disk_mode_select(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    const uint8_t *cdb = r->req.cmd.buf;
    bool ten = cdb[0] == MODE_SELECT_10;
    uint8_t buf[MODE_MAX];
    size_t header = ten ? 8 : 4, len, descriptor;
    SCSISense why = SENSE_CODE(INVALID_PARAM_LEN);

    if ((cdb[1] & 0x11) != 0x10) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD)); /* pages by the standard, not saved */
        return;
    }
    len = scsi_req_data_out(&r->req, buf, sizeof(buf));
    if (!r->req.cmd.xfer) {
        scsi_req_complete(&r->req, GOOD);
        return;
    }
    descriptor = len < header ? 0 : ten ? lduw_be_p(buf + 6) : buf[3];
    if (len < header || r->req.cmd.xfer > sizeof(buf) || descriptor > len - header ||
        (descriptor != 0 && descriptor != 8)) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_PARAM_LEN));
        return;
    }
    if (descriptor && (ldl_be_p(buf + header + 4) & 0xffffff) != s->qdev.blocksize) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_PARAM));
        return;
    }
    if (!walk_pages(s, buf + header + descriptor, len - header - descriptor, NULL, &why)) {
        scsi_disk_fail(r, why);
        return;
    }
    walk_pages(s, buf + header + descriptor, len - header - descriptor, apply_page, &why);
    /* A cache that was switched off has nothing left in it. */
    if (blk_enable_write_cache(s->qdev.conf.blk) || !blk_is_available(s->qdev.conf.blk)) {
        scsi_req_complete(&r->req, GOOD);
    } else {
        r->req.aiocb = blk_aio_flush(s->qdev.conf.blk, flushed_after_select, r);
    }
}
