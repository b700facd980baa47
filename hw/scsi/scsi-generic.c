/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCSI devices of the host: scsi-generic hands every command to the host's driver (SG_IO, Linux
 * SCSI Generic version 3), scsi-block all but reads and writes of blocks, which go the block
 * layer's way.
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "scsi-disk-internal.h"
#include <scsi/sg.h>

#define SG_VERSION_MIN 30000
#define IOV_LIMIT      1024
#define PROBE_TIMEOUT  6000 /* ms */

#define HOST_BUS_BUSY  0x02 /* host_status: try again */

typedef struct SCSIGenericReq {
    SCSIRequest req;
    sg_io_hdr_t io;
    uint32_t timeout; /* ms */
} SCSIGenericReq;

#define TYPE_SCSI_GENERIC "scsi-generic"
OBJECT_DECLARE_SIMPLE_TYPE(SCSIGenericState, SCSI_GENERIC)

struct SCSIGenericState {
    SCSIDevice qdev;

    uint32_t io_timeout; /* s */
};

#define TYPE_SCSI_BLOCK "scsi-block"
OBJECT_DECLARE_SIMPLE_TYPE(SCSIBlockState, SCSI_BLOCK)

struct SCSIBlockState {
    SCSIDiskState disk;

    uint32_t io_timeout;
};

/* ---- the end of a command ---- */

/* What the host can transfer at once is less than the device can, perhaps. */
static void limit_transfer(SCSIRequest *req)
{
    const uint8_t *cdb = req->cmd.buf;
    uint64_t max = blk_get_max_hw_transfer(req->dev->conf.blk) / MAX(req->dev->blocksize, 512);
    uint8_t field[4];
    uint32_t told;

    if (cdb[0] != INQUIRY || !(cdb[1] & 1) || cdb[2] != 0xb0 || req->transferred < 12) {
        return;
    }
    qemu_iovec_to_buf(req->data, 8, field, sizeof(field));
    told = ldl_be_p(field);
    if (!told || told > max) {
        stl_be_p(field, MIN(max, UINT32_MAX));
        qemu_iovec_from_buf(req->data, 8, field, sizeof(field));
    }
}

static void generic_done(void *opaque, int ret)
{
    SCSIGenericReq *r = opaque;
    SCSIRequest *req = &r->req;

    req->aiocb = NULL;
    if (qatomic_read(&req->cancelled)) {
        scsi_req_cancel_complete(req);
        return;
    }
    if (ret < 0) {
        scsi_req_fail(req, ret == -ENOMEM   ? SENSE_CODE(TARGET_FAILURE)
                           : ret == -EINVAL ? SENSE_CODE(INVALID_FIELD)
                                            : SENSE_CODE(IO_ERROR));
        return;
    }
    if (r->io.sb_len_wr) {
        req->sense_len = MIN(r->io.sb_len_wr, SCSI_SENSE_MAX);
    } else if (r->io.host_status == HOST_BUS_BUSY) {
        scsi_req_complete(req, BUSY);
        return;
    } else if (r->io.host_status) {
        scsi_req_fail(req, SENSE_CODE(IO_ERROR));
        return;
    }
    req->transferred = r->io.dxfer_len - MIN((uint32_t)MAX(r->io.resid, 0), r->io.dxfer_len);
    limit_transfer(req);
    scsi_req_complete(req, r->io.status);
}

/* ---- the beginning ---- */

static void generic_start(SCSIRequest *req)
{
    SCSIGenericReq *r = container_of(req, SCSIGenericReq, req);
    size_t room = req->data ? req->data->size : 0, len = MIN(req->cmd.xfer, room);

    if (len < req->cmd.xfer && req->cmd.mode == SCSI_XFER_TO_DEV) {
        scsi_req_fail(req, SENSE_CODE(INVALID_FIELD));
        return;
    }
    if (req->data && req->data->niov > IOV_LIMIT) {
        scsi_req_fail(req, SENSE_CODE(TARGET_FAILURE));
        return;
    }
    r->io = (sg_io_hdr_t){
        .interface_id = 'S',
        .dxfer_direction = !len                                ? SG_DXFER_NONE
                           : req->cmd.mode == SCSI_XFER_TO_DEV ? SG_DXFER_TO_DEV
                                                               : SG_DXFER_FROM_DEV,
        .cmd_len = req->cmd.len,
        .cmdp = req->cmd.buf,
        .mx_sb_len = SCSI_SENSE_MAX,
        .sbp = req->sense,
        .dxfer_len = len,
        .timeout = r->timeout,
    };
    if (len) {
        r->io.iovec_count = req->data->niov;
        r->io.dxferp = req->data->iov;
    }
    req->aiocb = blk_aio_ioctl(req->dev->conf.blk, SG_IO, &r->io, generic_done, r);
}

static const SCSIReqOps generic_ops = {
    .start = generic_start,
    .size = sizeof(SCSIGenericReq),
};

static SCSIRequest *new_generic(SCSIDevice *d, uint32_t tag, uint32_t lun, void *hba_private,
                                uint32_t timeout)
{
    SCSIRequest *req = scsi_req_alloc(&generic_ops, d, tag, lun, hba_private);

    container_of(req, SCSIGenericReq, req)->timeout = MIN(timeout, UINT32_MAX / 1000) * 1000;
    return req;
}

static SCSIRequest *generic_alloc_req(SCSIDevice *d, uint32_t tag, uint32_t lun, uint8_t *cdb,
                                      void *hba_private)
{
    return new_generic(d, tag, lun, hba_private,
                       container_of(d, SCSIGenericState, qdev)->io_timeout);
}

static bool by_block_layer(uint8_t opcode)
{
    switch (opcode) {
    case READ_6:
    case READ_10:
    case READ_12:
    case READ_16:
    case WRITE_6:
    case WRITE_10:
    case WRITE_12:
    case WRITE_16:
    case SYNCHRONIZE_CACHE:
    case SYNCHRONIZE_CACHE_16:
        return true;
    default:
        return false;
    }
}

static SCSIRequest *block_alloc_req(SCSIDevice *d, uint32_t tag, uint32_t lun, uint8_t *cdb,
                                    void *hba_private)
{
    SCSIBlockState *s = container_of(d, SCSIBlockState, disk.qdev);

    return by_block_layer(cdb[0]) ? scsi_disk_alloc_req(d, tag, lun, cdb, hba_private)
                                  : new_generic(d, tag, lun, hba_private, s->io_timeout);
}

/* ---- asking the device, at realize ---- */

static int probe(BlockBackend *blk, const uint8_t *cdb, uint8_t cdb_len, uint8_t *buf, uint32_t len)
{
    uint8_t sense[SCSI_SENSE_MAX];
    sg_io_hdr_t io = {
        .interface_id = 'S',
        .dxfer_direction = SG_DXFER_FROM_DEV,
        .cmd_len = cdb_len,
        .cmdp = (uint8_t *)cdb,
        .mx_sb_len = sizeof(sense),
        .sbp = sense,
        .dxfer_len = len,
        .dxferp = buf,
        .timeout = PROBE_TIMEOUT,
    };
    int ret = blk_ioctl(blk, SG_IO, &io);

    return ret < 0 ? ret : io.status || io.host_status ? -EIO : 0;
}

static bool check_version(BlockBackend *blk, Error **errp)
{
    int version = 0, ret = blk_ioctl(blk, SG_GET_VERSION_NUM, &version);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "cannot get SG_IO version number");
        error_append_hint(errp, "Is this a SCSI device?\n");
        return false;
    }
    if (version < SG_VERSION_MIN) {
        error_setg(errp, "scsi generic interface too old");
        return false;
    }
    return true;
}

static bool get_type(SCSIDevice *d, bool *removable, Error **errp)
{
    static const uint8_t cdb[6] = {INQUIRY, 0, 0, 0, 36, 0};
    uint8_t buf[36] = {0};
    int ret = probe(d->conf.blk, cdb, sizeof(cdb), buf, sizeof(buf));

    if (ret < 0) {
        error_setg_errno(errp, -ret, "INQUIRY failed");
        return false;
    }
    d->type = buf[0] & 0x1f;
    d->scsi_version = buf[2];
    *removable = buf[1] & 0x80;
    return true;
}

/* By the block descriptor; 0: any size. */
static void get_tape_blocksize(SCSIDevice *d)
{
    static const uint8_t cdb[6] = {MODE_SENSE, 0, 0, 0, 12};
    uint8_t buf[12] = {0};

    d->blocksize = probe(d->conf.blk, cdb, sizeof(cdb), buf, sizeof(buf)) == 0 && buf[3] == 8
                       ? ldl_be_p(buf + 8) & 0xffffff
                       : 0;
}

/* Of disks and CDs; a drive without medium has the usual ones. */
static void get_blocksize(SCSIDevice *d)
{
    static const uint8_t cdb[10] = {READ_CAPACITY_10};
    uint8_t buf[8];
    uint32_t size = 0;

    if (d->type == TYPE_TAPE) {
        get_tape_blocksize(d);
        return;
    }
    if (d->type != TYPE_DISK && d->type != TYPE_ROM) {
        d->blocksize = 0;
        return;
    }
    if (probe(d->conf.blk, cdb, sizeof(cdb), buf, sizeof(buf)) == 0) {
        size = ldl_be_p(buf + 4);
    }
    d->blocksize = size >= 512 && size <= 2 * MiB && !(size & (size - 1)) ? size
                   : d->type == TYPE_ROM                                  ? 2048
                                                                          : 512;
}

static bool check_drive(SCSIDevice *d, bool *removable, Error **errp)
{
    if (!blkconf_has_drive(&d->conf, errp)) {
        return false;
    }
    /* A node of its own has no permissions yet, without which there are no requests. */
    if (!blkconf_apply_backend_options(&d->conf, !blk_supports_write_perm(d->conf.blk), true,
                                       errp) ||
        !check_version(d->conf.blk, errp) || !get_type(d, removable, errp)) {
        return false;
    }
    get_blocksize(d);
    return true;
}

/* ---- scsi-generic ---- */

static void generic_realize(SCSIDevice *d, Error **errp)
{
    bool removable;

    d->conf.rerror = d->conf.werror = BLOCKDEV_ON_ERROR_REPORT;
    if (check_drive(d, &removable, errp)) {
        blk_iostatus_enable(d->conf.blk);
    }
}

static void generic_reset_hold(Object *obj, ResetType type)
{
    scsi_device_purge_requests(SCSI_DEVICE(obj), SENSE_CODE(RESET));
}

/* The host's device has state that is not ours. */
static const VMStateDescription vmstate_scsi_generic = {
    .name = "scsi-generic",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_SCSI_DEVICE(qdev, SCSIGenericState),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property generic_properties[] = {
    DEFINE_PROP_DRIVE_IOTHREAD("drive", SCSIGenericState, qdev.conf.blk),
    DEFINE_PROP_BOOL("share-rw", SCSIGenericState, qdev.conf.share_rw, false),
    DEFINE_PROP_UINT32("io_timeout", SCSIGenericState, io_timeout, 30),
};

static void generic_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    SCSIDeviceClass *sc = SCSI_DEVICE_CLASS(klass);

    sc->realize = generic_realize;
    sc->alloc_req = generic_alloc_req;
    dc->fw_name = "disk";
    dc->desc = "pass through generic scsi device (/dev/sg*)";
    dc->vmsd = &vmstate_scsi_generic;
    device_class_set_props(dc, generic_properties);
    RESETTABLE_CLASS(klass)->phases.hold = generic_reset_hold;
}

/* ---- scsi-block ---- */

static void block_realize(SCSIDevice *d, Error **errp)
{
    SCSIBlockState *s = container_of(d, SCSIBlockState, disk.qdev);

    if (!check_drive(d, &s->disk.removable, errp)) {
        return;
    }
    if (d->type != TYPE_DISK && d->type != TYPE_ROM) {
        error_setg(errp,
                   "scsi-block: the device is of type 0x%x, not a disk or CD drive: use "
                   "scsi-generic with its /dev/sg*",
                   d->type);
        return;
    }
    d->conf.logical_block_size = d->conf.physical_block_size = d->blocksize;
    s->disk.dpofua = true;
    scsi_disk_realize_common(d, errp);
}

static const Property block_properties[] = {
    DEFINE_PROP_DRIVE_IOTHREAD("drive", SCSIBlockState, disk.qdev.conf.blk),
    DEFINE_BLOCK_ERROR_PROPERTIES(SCSIBlockState, disk.qdev.conf),
    DEFINE_PROP_BOOL("share-rw", SCSIBlockState, disk.qdev.conf.share_rw, false),
    DEFINE_PROP_UINT32("io_timeout", SCSIBlockState, io_timeout, 30),
};

static void block_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    SCSIDeviceClass *sc = SCSI_DEVICE_CLASS(klass);

    sc->realize = block_realize;
    sc->alloc_req = block_alloc_req;
    dc->desc = "SCSI block device passthrough";
    device_class_set_props(dc, block_properties);
}

static const TypeInfo scsi_generic_types[] = {
    {
        .name = TYPE_SCSI_GENERIC,
        .parent = TYPE_SCSI_DEVICE,
        .instance_size = sizeof(SCSIGenericState),
        .class_init = generic_class_init,
    },
    {
        .name = TYPE_SCSI_BLOCK,
        .parent = TYPE_SCSI_DISK_BASE,
        .instance_size = sizeof(SCSIBlockState),
        .class_init = block_class_init,
    },
};

DEFINE_TYPES(scsi_generic_types)
