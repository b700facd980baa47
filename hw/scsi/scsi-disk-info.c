/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SCSI disks: INQUIRY and its pages (SPC-4, 6.6, 7.8; SBC-3, 6.6), capacity, block status. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/units.h"
#include "scsi-disk-internal.h"

#define INQUIRY_MAX  256
#define UNMAP_RANGES 255 /* of one command */

static void put_text(uint8_t *dst, size_t size, const char *text)
{
    memset(dst, ' ', size);
    memcpy(dst, text, MIN(strlen(text), size));
}

/* ---- pages ---- */

static size_t page_list(SCSIDiskState *s, uint8_t *out)
{
    size_t n = 0;

    out[n++] = 0x00;
    if (s->serial) {
        out[n++] = 0x80;
    }
    out[n++] = 0x83;
    if (s->qdev.type == TYPE_DISK) {
        out[n++] = 0xb0;
        out[n++] = 0xb1;
        out[n++] = 0xb2;
    }
    return n;
}

static size_t page_serial(SCSIDiskState *s, uint8_t *out)
{
    size_t len = MIN(strlen(s->serial), 36);

    memcpy(out, s->serial, len);
    return len;
}

static size_t put_designator(uint8_t *out, uint8_t code_set, uint8_t type, const void *data,
                             uint8_t len)
{
    out[0] = code_set;
    out[1] = type;
    out[3] = len;
    memcpy(out + 4, data, len);
    return len + 4u;
}

/* By which the unit is known: text, and world wide names; and its port's (SPC-4, 7.8.6). */
static size_t page_identification(SCSIDiskState *s, uint8_t *out)
{
    size_t n = 0;
    uint64_t be;

    if (s->device_id) {
        n += put_designator(out + n, 2, 0, s->device_id, MIN(strlen(s->device_id), 255 - 8));
    }
    if (s->qdev.wwn) {
        be = cpu_to_be64(s->qdev.wwn);
        n += put_designator(out + n, 1, 3, &be, 8);
    }
    if (s->qdev.port_wwn) {
        be = cpu_to_be64(s->qdev.port_wwn);
        n += put_designator(out + n, 0x61, 0x93, &be, 8);
    }
    if (s->port_index) {
        uint8_t port[4] = {0, 0, s->port_index >> 8, s->port_index};

        n += put_designator(out + n, 0x61, 0x94, port, 4);
    }
    return n;
}

static size_t page_block_limits(SCSIDiskState *s, uint8_t *out)
{
    const BlockConf *conf = &s->qdev.conf;
    uint32_t bs = s->qdev.blocksize;
    uint64_t max_io = MIN(blk_get_max_hw_transfer(conf->blk), s->max_io_size) / bs;

    out[0] = 1;                       /* WSNZ: write same of zero blocks is not all of them */
    out[1] = MIN(32 * KiB / bs, 255); /* compare and write */
    stw_be_p(out + 2, MIN(conf->min_io_size / bs, UINT16_MAX));
    stl_be_p(out + 4, MIN(max_io, UINT32_MAX));
    stl_be_p(out + 8, conf->opt_io_size / bs);
    stl_be_p(out + 16, MIN(s->max_unmap_size / bs, UINT32_MAX));
    stl_be_p(out + 20, UNMAP_RANGES);
    stl_be_p(out + 24, conf->discard_granularity / bs);
    stq_be_p(out + 32, max_io);
    return 0x3c;
}

static size_t page_characteristics(SCSIDiskState *s, uint8_t *out)
{
    stw_be_p(out, s->rotation_rate);
    return 0x3c;
}

static size_t page_provisioning(SCSIDiskState *s, uint8_t *out)
{
    out[1] = 0xe0;                                     /* unmap, write same of both lengths */
    out[2] = s->qdev.conf.discard_granularity ? 2 : 1; /* thin, or full */
    return 4;
}

static bool vital_page(SCSIDiskReq *r, uint8_t page, uint8_t *buf, size_t *len)
{
    SCSIDiskState *s = scsi_disk(r);
    bool disk = s->qdev.type == TYPE_DISK;

    switch (page) {
    case 0x00:
        *len = page_list(s, buf + 4);
        break;
    case 0x80:
        if (!s->serial) {
            return false;
        }
        *len = page_serial(s, buf + 4);
        break;
    case 0x83:
        *len = page_identification(s, buf + 4);
        break;
    case 0xb0:
        *len = disk ? page_block_limits(s, buf + 4) : 0;
        break;
    case 0xb1:
        *len = disk ? page_characteristics(s, buf + 4) : 0;
        break;
    case 0xb2:
        *len = disk ? page_provisioning(s, buf + 4) : 0;
        break;
    default:
        return false;
    }
    return page == 0x00 || page == 0x83 || *len;
}

static size_t standard_inquiry(SCSIDiskState *s, uint8_t *buf)
{
    buf[0] = s->qdev.type;
    buf[1] = s->removable ? 0x80 : 0;
    buf[2] = s->qdev.scsi_version;
    buf[3] = 2 | 0x10; /* data format; addresses in hierarchical form */
    buf[4] = 36 - 5;
    buf[7] = 0x10 | 0x02; /* synchronous, as a parallel bus would; queued commands */
    put_text(buf + 8, 8, s->vendor);
    put_text(buf + 16, 16, s->product);
    put_text(buf + 32, 4, s->version);
    return 36;
}

void scsi_disk_inquiry(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    const uint8_t *cdb = r->req.cmd.buf;
    uint8_t buf[INQUIRY_MAX + 4] = {0};
    size_t len;

    if (!(cdb[1] & 1)) {
        if (cdb[2]) {
            scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
            return;
        }
        scsi_req_reply(&r->req, buf, standard_inquiry(s, buf));
        return;
    }
    if (!vital_page(r, cdb[2], buf, &len)) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
        return;
    }
    buf[0] = s->qdev.type;
    buf[1] = cdb[2];
    stw_be_p(buf + 2, len);
    scsi_req_reply(&r->req, buf, len + 4);
}

/* ---- capacity (SBC-3, 5.16, 5.17) ---- */

void scsi_disk_read_capacity_10(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    const uint8_t *cdb = r->req.cmd.buf;
    uint64_t blocks = scsi_disk_blocks(s);
    uint8_t buf[8];

    if (!(cdb[8] & 1) && r->req.cmd.lba) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
        return;
    }
    if (!blocks) {
        scsi_disk_fail(r, SENSE_CODE(LUN_NOT_READY));
        return;
    }
    stl_be_p(buf, MIN(blocks - 1, UINT32_MAX));
    stl_be_p(buf + 4, s->qdev.blocksize);
    scsi_req_reply(&r->req, buf, sizeof(buf));
}

static void read_capacity_16(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    uint64_t blocks = scsi_disk_blocks(s);
    uint8_t buf[32] = {0};

    if (!(r->req.cmd.buf[14] & 1) && r->req.cmd.lba) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
        return;
    }
    if (!blocks) {
        scsi_disk_fail(r, SENSE_CODE(LUN_NOT_READY));
        return;
    }
    stq_be_p(buf, blocks - 1);
    stl_be_p(buf + 8, s->qdev.blocksize);
    buf[13] = get_physical_block_exp(&s->qdev.conf);
    if (s->qdev.type == TYPE_DISK && s->qdev.conf.discard_granularity) {
        buf[14] = 0x80; /* unmapping is possible */
    }
    scsi_req_reply(&r->req, buf, sizeof(buf));
}

/* Everything is mapped, as far as we tell (SBC-3, 5.6). */
static void get_lba_status(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    uint64_t lba = r->req.cmd.lba, blocks = scsi_disk_blocks(s);
    uint8_t buf[24] = {0};

    if (lba >= blocks) {
        scsi_disk_fail(r, SENSE_CODE(LBA_OUT_OF_RANGE));
        return;
    }
    stl_be_p(buf, 20);
    stq_be_p(buf + 8, lba);
    stl_be_p(buf + 16, MIN(blocks - lba, UINT32_MAX));
    scsi_req_reply(&r->req, buf, sizeof(buf));
}

void scsi_disk_service_action_in(SCSIDiskReq *r)
{
    switch (r->req.cmd.buf[1] & 31) {
    case SAI_READ_CAPACITY_16:
        read_capacity_16(r);
        break;
    case SAI_GET_LBA_STATUS:
        get_lba_status(r);
        break;
    default:
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
    }
}
