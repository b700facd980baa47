/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCSI CD and DVD drives: the tray, and what MMC-6 adds: table of contents, features, events. A
 * medium is one track of 2048 byte blocks; more than fit on a CD are a DVD.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "scsi-disk-internal.h"

#define CD_MAX_BLOCKS (80 * 60 * 75) /* 80 minutes */

#define PROFILE_CD    0x0008
#define PROFILE_DVD   0x0010

static bool is_dvd(SCSIDiskState *s)
{
    return scsi_disk_blocks(s) > CD_MAX_BLOCKS;
}

/* ---- tray ---- */

void scsi_disk_start_stop(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    const uint8_t *cdb = r->req.cmd.buf;
    bool start = cdb[4] & 1, load_eject = cdb[4] & 2, locked, open;

    /* Power conditions (the high nibble) take precedence, and are noted (SBC-3, 5.25). */
    if (!s->removable || !load_eject || cdb[4] & 0xf0) {
        scsi_req_complete(&r->req, GOOD);
        return;
    }
    WITH_QEMU_LOCK_GUARD(&s->qdev.lock)
    {
        locked = s->tray_locked;
        open = s->tray_open;
    }
    if (!start && !open && locked) {
        scsi_disk_fail(r, blk_is_inserted(s->qdev.conf.blk)
                              ? SENSE_CODE(ILLEGAL_REQ_REMOVAL_PREVENTED)
                              : SENSE_CODE(NOT_READY_REMOVAL_PREVENTED));
        return;
    }
    if (open == start) {
        WITH_QEMU_LOCK_GUARD(&s->qdev.lock)
        {
            s->tray_open = !start;
        }
        blk_eject(s->qdev.conf.blk, !start);
    }
    scsi_req_complete(&r->req, GOOD);
}

void scsi_disk_allow_removal(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    bool lock = r->req.cmd.buf[4] & 1;

    WITH_QEMU_LOCK_GUARD(&s->qdev.lock)
    {
        s->tray_locked = lock;
    }
    blk_lock_medium(s->qdev.conf.blk, lock);
    scsi_req_complete(&r->req, GOOD);
}

/* ---- table of contents (MMC-6, 6.25) ---- */

static void put_address(uint8_t *p, uint32_t lba, bool msf)
{
    if (msf) {
        lba += 150;
        p[1] = lba / 75 / 60;
        p[2] = lba / 75 % 60;
        p[3] = lba % 75;
    } else {
        stl_be_p(p, lba);
    }
}

static size_t toc_tracks(uint8_t *buf, uint32_t blocks, uint8_t first, bool msf)
{
    size_t len = 4;

    buf[2] = buf[3] = 1; /* first and last */
    if (first <= 1) {
        buf[len + 1] = 0x14; /* data */
        buf[len + 2] = 1;
        put_address(buf + len + 4, 0, msf);
        len += 8;
    }
    buf[len + 1] = 0x14;
    buf[len + 2] = 0xaa; /* the lead-out */
    put_address(buf + len + 4, blocks, msf);
    return len + 8;
}

static size_t toc_sessions(uint8_t *buf, bool msf)
{
    buf[2] = buf[3] = 1;
    buf[5] = 0x14;
    buf[6] = 1;
    put_address(buf + 8, 0, msf);
    return 12;
}

/* As it lies in the lead-in: first track, last track, lead-out, the track. */
static size_t toc_raw(uint8_t *buf, uint32_t blocks)
{
    static const uint8_t points[] = {0xa0, 0xa1, 0xa2, 1};
    size_t len = 4;

    buf[2] = buf[3] = 1;
    for (size_t i = 0; i < ARRAY_SIZE(points); i++, len += 11) {
        buf[len] = 1; /* session */
        buf[len + 1] = 0x14;
        buf[len + 3] = points[i];
        if (points[i] == 0xa0 || points[i] == 0xa1) {
            buf[len + 8] = 1;
        } else {
            uint8_t msf[4] = {0};

            put_address(msf, points[i] == 0xa2 ? blocks : 0, true);
            memcpy(buf + len + 8, msf + 1, 3);
        }
    }
    return len;
}

void scsi_disk_read_toc(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    const uint8_t *cdb = r->req.cmd.buf;
    uint8_t buf[64] = {0}, format = cdb[2] & 0xf, first = cdb[6];
    bool msf = cdb[1] & 2;
    size_t len;

    /* Older hosts give the format in the control byte. */
    if (!format) {
        format = cdb[9] >> 6;
    }
    switch (format) {
    case 0:
        if (first > 1 && first != 0xaa) {
            scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
            return;
        }
        len = toc_tracks(buf, scsi_disk_blocks(s), first, msf);
        break;
    case 1:
        len = toc_sessions(buf, msf);
        break;
    case 2:
        len = toc_raw(buf, scsi_disk_blocks(s));
        break;
    default:
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
        return;
    }
    stw_be_p(buf, len - 2);
    scsi_req_reply(&r->req, buf, len);
}

/* ---- features and status ---- */

static size_t put_feature(uint8_t *p, uint16_t code, uint8_t flags, uint8_t len)
{
    stw_be_p(p, code);
    p[2] = flags;
    p[3] = len;
    return len + 4u;
}

void scsi_disk_get_configuration(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    uint8_t buf[40] = {0};
    bool there = blk_is_inserted(s->qdev.conf.blk);
    uint16_t profile = !there ? 0 : is_dvd(s) ? PROFILE_DVD : PROFILE_CD;
    size_t len = 8;

    stw_be_p(buf + 6, profile);
    /* The profiles, and which one is current. */
    stw_be_p(buf + len + 4, PROFILE_DVD);
    buf[len + 6] = profile == PROFILE_DVD;
    stw_be_p(buf + len + 8, PROFILE_CD);
    buf[len + 10] = profile == PROFILE_CD;
    len += put_feature(buf + len, 0, 0x03, 8);
    /* Core: SCSI, device busy events. */
    stl_be_p(buf + len + 4, 1);
    buf[len + 8] = 1;
    len += put_feature(buf + len, 1, 0x0b, 8);
    /* Removable medium: a tray, which can be locked and ejected. */
    buf[len + 4] = 0x29;
    len += put_feature(buf + len, 3, 0x03, 4);
    stl_be_p(buf, len - 4);
    scsi_req_reply(&r->req, buf, len);
}

void scsi_disk_event_status(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    const uint8_t *cdb = r->req.cmd.buf;
    uint8_t buf[8] = {0};

    if (!(cdb[1] & 1)) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD)); /* asynchronous */
        return;
    }
    buf[3] = 0x10; /* media events are there */
    if (!(cdb[4] & 0x10)) {
        buf[2] = 0x80; /* nothing of what was asked for */
        stw_be_p(buf, 2);
        scsi_req_reply(&r->req, buf, 4);
        return;
    }
    WITH_QEMU_LOCK_GUARD(&s->qdev.lock)
    {
        buf[5] = s->tray_open ? 1 : blk_is_inserted(s->qdev.conf.blk) ? 2 : 0;
        if (s->eject_request) {
            buf[4] = 1;
            s->eject_request = false;
        } else if (s->media_event) {
            buf[4] = blk_is_inserted(s->qdev.conf.blk) ? 2 : 3; /* new medium, or it is gone */
            s->media_event = false;
        }
    }
    stw_be_p(buf, 6);
    buf[2] = 4; /* class: media */
    scsi_req_reply(&r->req, buf, sizeof(buf));
}

void scsi_disk_mechanism_status(SCSIDiskReq *r)
{
    uint8_t buf[8] = {0};

    buf[5] = 1; /* slots */
    scsi_req_reply(&r->req, buf, sizeof(buf));
}

void scsi_disk_disc_information(SCSIDiskReq *r)
{
    uint8_t buf[34] = {0};

    if (r->req.cmd.buf[1] & 7) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
        return;
    }
    stw_be_p(buf, 32);
    buf[2] = 0x0e; /* complete, finalized */
    buf[3] = buf[4] = buf[5] = buf[6] = 1;
    buf[7] = 0x20; /* not for restricted use */
    scsi_req_reply(&r->req, buf, sizeof(buf));
}

void scsi_disk_track_information(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    uint8_t buf[36] = {0};
    uint32_t which = ldl_be_p(r->req.cmd.buf + 2), type = r->req.cmd.buf[1] & 3;

    if (type > 1 || (type == 1 && which != 1) || (type == 0 && which >= scsi_disk_blocks(s))) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
        return;
    }
    stw_be_p(buf, 34);
    buf[2] = buf[3] = 1;
    buf[5] = 0x04; /* data */
    buf[6] = 0x01;
    stl_be_p(buf + 24, scsi_disk_blocks(s));
    scsi_req_reply(&r->req, buf, sizeof(buf));
}

/* Physical format of a DVD (MMC-6, 6.22.3.2.1); nothing of it is protected. */
void scsi_disk_dvd_structure(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    const uint8_t *cdb = r->req.cmd.buf;
    uint8_t buf[2052] = {0}, format = cdb[7];
    uint64_t blocks = scsi_disk_blocks(s);

    if (cdb[1] & 0xf || cdb[6] || (format != 0 && format != 1)) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
        return;
    }
    if (!is_dvd(s)) {
        scsi_disk_fail(r, SENSE_CODE(INCOMPATIBLE_MEDIUM));
        return;
    }
    if (format == 1) {
        stw_be_p(buf, 6); /* copyright: none */
        scsi_req_reply(&r->req, buf, 8);
        return;
    }
    stw_be_p(buf, 2050);
    buf[4] = 1;    /* DVD-ROM, part version 1 */
    buf[5] = 0x0f; /* 120 mm; no maximum rate */
    buf[6] = 1;    /* one layer, read only */
    stl_be_p(buf + 8, 0x30000);
    stl_be_p(buf + 12, MIN(blocks + 0x30000 - 1, 0xffffff));
    scsi_req_reply(&r->req, buf, sizeof(buf));
}
