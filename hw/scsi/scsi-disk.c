/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks (scsi-hd) and CD drives (scsi-cd) on a SCSI bus: SPC-4, SBC-3, MMC-6. Which commands there
 * are, media and their changes, configuration.
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "scsi-disk-internal.h"

#define HD_VERSION          "2.5+"
#define DISCARD_GRANULARITY 4096

/* ---- commands ---- */

enum {
    FOR_DISK = 1,
    FOR_CD = 2,
    FOR_ALL = FOR_DISK | FOR_CD,
    MEDIUM = 4,   /* there must be one */
    WRITABLE = 8, /* that can be written */
};

typedef struct DiskCommand {
    void (*fn)(SCSIDiskReq *r);
    unsigned flags;
} DiskCommand;

/* Nothing to do. */
static void do_nothing(SCSIDiskReq *r)
{
    r->req.transferred = r->req.cmd.xfer;
    scsi_req_complete(&r->req, GOOD);
}

static void check_range(SCSIDiskReq *r)
{
    if (scsi_disk_in_range(scsi_disk(r), r->req.cmd.lba, 1)) {
        scsi_req_complete(&r->req, GOOD);
    } else {
        scsi_disk_fail(r, SENSE_CODE(LBA_OUT_OF_RANGE));
    }
}

/* One initiator at a time has a bus like ours: reservations of all have no one to keep out. */
static void reserve(SCSIDiskReq *r)
{
    if (r->req.cmd.buf[1] & 1) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD)); /* of extents */
    } else {
        do_nothing(r);
    }
}

static void send_diagnostic(SCSIDiskReq *r)
{
    /* The self test, which passes; others are not there. */
    if (r->req.cmd.buf[1] & 0xf8 && !(r->req.cmd.buf[1] & 4)) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
    } else {
        do_nothing(r);
    }
}

static const DiskCommand commands[256] = {
    [TEST_UNIT_READY] = {do_nothing, FOR_ALL | MEDIUM},
    [INQUIRY] = {scsi_disk_inquiry, FOR_ALL},
    [MODE_SENSE] = {scsi_disk_mode_sense, FOR_ALL},
    [MODE_SENSE_10] = {scsi_disk_mode_sense, FOR_ALL},
    [MODE_SELECT] = {scsi_disk_mode_select, FOR_ALL},
    [MODE_SELECT_10] = {scsi_disk_mode_select, FOR_ALL},
    [RESERVE] = {reserve, FOR_ALL},
    [RESERVE_10] = {reserve, FOR_ALL},
    [RELEASE] = {reserve, FOR_ALL},
    [RELEASE_10] = {reserve, FOR_ALL},
    [START_STOP] = {scsi_disk_start_stop, FOR_ALL},
    [ALLOW_MEDIUM_REMOVAL] = {scsi_disk_allow_removal, FOR_ALL},
    [SEND_DIAGNOSTIC] = {send_diagnostic, FOR_ALL},
    [READ_CAPACITY_10] = {scsi_disk_read_capacity_10, FOR_ALL | MEDIUM},
    [SERVICE_ACTION_IN_16] = {scsi_disk_service_action_in, FOR_ALL | MEDIUM},
    [SYNCHRONIZE_CACHE] = {scsi_disk_synchronize, FOR_ALL | MEDIUM},
    [SYNCHRONIZE_CACHE_16] = {scsi_disk_synchronize, FOR_ALL | MEDIUM},
    [SEEK_10] = {check_range, FOR_ALL | MEDIUM},
    [PRE_FETCH] = {check_range, FOR_DISK | MEDIUM},
    [PRE_FETCH_16] = {check_range, FOR_DISK | MEDIUM},
    [READ_6] = {scsi_disk_read_write, FOR_ALL | MEDIUM},
    [READ_10] = {scsi_disk_read_write, FOR_ALL | MEDIUM},
    [READ_12] = {scsi_disk_read_write, FOR_ALL | MEDIUM},
    [READ_16] = {scsi_disk_read_write, FOR_ALL | MEDIUM},
    [WRITE_6] = {scsi_disk_read_write, FOR_DISK | MEDIUM | WRITABLE},
    [WRITE_10] = {scsi_disk_read_write, FOR_DISK | MEDIUM | WRITABLE},
    [WRITE_12] = {scsi_disk_read_write, FOR_DISK | MEDIUM | WRITABLE},
    [WRITE_16] = {scsi_disk_read_write, FOR_DISK | MEDIUM | WRITABLE},
    [WRITE_VERIFY_10] = {scsi_disk_read_write, FOR_DISK | MEDIUM | WRITABLE},
    [WRITE_VERIFY_12] = {scsi_disk_read_write, FOR_DISK | MEDIUM | WRITABLE},
    [WRITE_VERIFY_16] = {scsi_disk_read_write, FOR_DISK | MEDIUM | WRITABLE},
    [VERIFY_10] = {scsi_disk_verify, FOR_ALL | MEDIUM},
    [VERIFY_12] = {scsi_disk_verify, FOR_ALL | MEDIUM},
    [VERIFY_16] = {scsi_disk_verify, FOR_ALL | MEDIUM},
    [UNMAP] = {scsi_disk_unmap, FOR_DISK | MEDIUM | WRITABLE},
    [WRITE_SAME_10] = {scsi_disk_write_same, FOR_DISK | MEDIUM | WRITABLE},
    [WRITE_SAME_16] = {scsi_disk_write_same, FOR_DISK | MEDIUM | WRITABLE},
    [COMPARE_AND_WRITE] = {scsi_disk_compare_and_write, FOR_DISK | MEDIUM | WRITABLE},
    [FORMAT_UNIT] = {do_nothing, FOR_DISK | MEDIUM | WRITABLE},
    [READ_TOC] = {scsi_disk_read_toc, FOR_CD | MEDIUM},
    [GET_CONFIGURATION] = {scsi_disk_get_configuration, FOR_CD},
    [GET_EVENT_STATUS_NOTIFICATION] = {scsi_disk_event_status, FOR_CD},
    [MECHANISM_STATUS] = {scsi_disk_mechanism_status, FOR_CD},
    [READ_DISC_INFORMATION] = {scsi_disk_disc_information, FOR_CD | MEDIUM},
    [READ_TRACK_INFORMATION] = {scsi_disk_track_information, FOR_CD | MEDIUM},
    [READ_DVD_STRUCTURE] = {scsi_disk_dvd_structure, FOR_CD | MEDIUM},
    [SET_CD_SPEED] = {do_nothing, FOR_CD},
};

static void disk_start(SCSIRequest *req)
{
    SCSIDiskReq *r = DISK_REQ(req);
    SCSIDiskState *s = scsi_disk(r);
    const DiskCommand *c = &commands[req->cmd.buf[0]];
    unsigned kind = s->qdev.type == TYPE_ROM ? FOR_CD : FOR_DISK;

    if (!(c->flags & kind)) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_OPCODE));
    } else if (c->flags & MEDIUM && !blk_is_available(s->qdev.conf.blk)) {
        scsi_disk_fail(r, SENSE_CODE(NO_MEDIUM));
    } else if (c->flags & WRITABLE && !blk_is_writable(s->qdev.conf.blk)) {
        scsi_disk_fail(r, SENSE_CODE(WRITE_PROTECTED));
    } else {
        c->fn(r);
    }
}

static void disk_cancel(SCSIRequest *req)
{
    if (req->aiocb) {
        blk_aio_cancel_async(req->aiocb);
    }
}

static void disk_free(SCSIRequest *req)
{
    if (DISK_REQ(req)->has_qiov) {
        qemu_iovec_destroy(&DISK_REQ(req)->qiov);
    }
}

static const SCSIReqOps disk_req_ops = {
    .start = disk_start,
    .cancel = disk_cancel,
    .free = disk_free,
    .size = sizeof(SCSIDiskReq),
};

SCSIRequest *scsi_disk_alloc_req(SCSIDevice *d, uint32_t tag, uint32_t lun, uint8_t *cdb,
                                 void *hba_private)
{
    return scsi_req_alloc(&disk_req_ops, d, tag, lun, hba_private);
}

/* ---- what the block layer tells ---- */

static void disk_resize(void *opaque)
{
    SCSIDiskState *s = opaque;

    if (s->qdev.type == TYPE_DISK) {
        scsi_device_report_change(&s->qdev, SENSE_CODE(CAPACITY_CHANGED));
    }
}

static void cd_change_media(void *opaque, bool load, Error **errp)
{
    SCSIDiskState *s = opaque;

    WITH_QEMU_LOCK_GUARD(&s->qdev.lock)
    {
        s->tray_open = !load;
        s->media_event = true;
        s->eject_request = false;
    }
    if (load) {
        scsi_device_set_ua(&s->qdev, SENSE_CODE(MEDIUM_CHANGED));
    }
}

static void cd_eject_request(void *opaque, bool force)
{
    SCSIDiskState *s = opaque;

    QEMU_LOCK_GUARD(&s->qdev.lock);
    s->eject_request = true;
    s->tray_locked = force ? false : s->tray_locked;
}

static bool cd_is_tray_open(void *opaque)
{
    return qatomic_read(&((SCSIDiskState *)opaque)->tray_open);
}

static bool cd_is_medium_locked(void *opaque)
{
    return qatomic_read(&((SCSIDiskState *)opaque)->tray_locked);
}

static const BlockDevOps removable_ops = {
    .change_media_cb = cd_change_media,
    .eject_request_cb = cd_eject_request,
    .is_tray_open = cd_is_tray_open,
    .is_medium_locked = cd_is_medium_locked,
    .resize_cb = disk_resize,
};

static const BlockDevOps fixed_ops = {
    .resize_cb = disk_resize,
};

/* ---- reset, saved state ---- */

static void disk_reset_hold(Object *obj, ResetType type)
{
    SCSIDiskState *s = SCSI_DISK_BASE(obj);

    scsi_device_purge_requests(&s->qdev, SENSE_CODE(RESET));
    WITH_QEMU_LOCK_GUARD(&s->qdev.lock)
    {
        s->tray_locked = false;
        s->tray_open = false;
        s->media_event = false;
        s->eject_request = false;
    }
}

static const VMStateDescription vmstate_scsi_disk = {
    .name = "scsi-disk",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_SCSI_DEVICE(qdev, SCSIDiskState),
            VMSTATE_BOOL(media_event, SCSIDiskState),
            VMSTATE_BOOL(eject_request, SCSIDiskState),
            VMSTATE_BOOL(tray_open, SCSIDiskState),
            VMSTATE_BOOL(tray_locked, SCSIDiskState),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- configuration ---- */

#define DEFINE_DISK_PROPERTIES()                                                                   \
    DEFINE_PROP_DRIVE_IOTHREAD("drive", SCSIDiskState, qdev.conf.blk),                             \
        DEFINE_BLOCK_PROPERTIES_BASE(SCSIDiskState, qdev.conf),                                    \
        DEFINE_BLOCK_ERROR_PROPERTIES(SCSIDiskState, qdev.conf),                                   \
        DEFINE_PROP_STRING("ver", SCSIDiskState, version),                                         \
        DEFINE_PROP_STRING("serial", SCSIDiskState, serial),                                       \
        DEFINE_PROP_STRING("vendor", SCSIDiskState, vendor),                                       \
        DEFINE_PROP_STRING("product", SCSIDiskState, product),                                     \
        DEFINE_PROP_STRING("device_id", SCSIDiskState, device_id),                                 \
        DEFINE_PROP_UINT64("wwn", SCSIDiskState, qdev.wwn, 0),                                     \
        DEFINE_PROP_UINT64("port_wwn", SCSIDiskState, qdev.port_wwn, 0),                           \
        DEFINE_PROP_UINT16("port_index", SCSIDiskState, port_index, 0),                            \
        DEFINE_PROP_UINT64("max_io_size", SCSIDiskState, max_io_size, INT32_MAX),                  \
        DEFINE_PROP_INT32("scsi_version", SCSIDiskState, qdev.scsi_version, 5)

static const Property hd_properties[] = {
    DEFINE_DISK_PROPERTIES(),
    DEFINE_PROP_BOOL("removable", SCSIDiskState, removable, false),
    DEFINE_PROP_BOOL("dpofua", SCSIDiskState, dpofua, true),
    DEFINE_PROP_UINT64("max_unmap_size", SCSIDiskState, max_unmap_size, 1 * GiB),
    DEFINE_PROP_UINT16("rotation_rate", SCSIDiskState, rotation_rate, 0),
    DEFINE_BLOCK_CHS_PROPERTIES(SCSIDiskState, qdev.conf),
};

static const Property cd_properties[] = {
    DEFINE_DISK_PROPERTIES(),
};

static void set_default(char **text, const char *value)
{
    if (!*text) {
        *text = g_strdup(value);
    }
}

static bool check_text(SCSIDiskState *s, Error **errp)
{
    const struct {
        const char *name, *value;
        size_t max;
    } texts[] = {
        {"vendor", s->vendor, 8},
        {"product", s->product, 16},
        {"ver", s->version, 4},
        {"serial", s->serial, 36},
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (texts[i].value && strlen(texts[i].value) > texts[i].max) {
            error_setg(errp, "%s='%s': at most %zu characters", texts[i].name, texts[i].value,
                       texts[i].max);
            return false;
        }
    }
    return true;
}

void scsi_disk_realize_common(SCSIDevice *dev, Error **errp)
{
    SCSIDiskState *s = container_of(dev, SCSIDiskState, qdev);
    BlockConf *conf = &dev->conf;
    bool readonly = dev->type == TYPE_ROM || !blk_supports_write_perm(conf->blk);

    qemu_co_mutex_init(&s->compare_lock);
    if (!check_text(s, errp) || !blkconf_blocksizes(conf, errp) ||
        !blkconf_apply_backend_options(conf, readonly, dev->type == TYPE_DISK, errp)) {
        return;
    }
    dev->blocksize = conf->logical_block_size;
    if (conf->discard_granularity == UINT32_MAX) {
        conf->discard_granularity = MAX(conf->logical_block_size, DISCARD_GRANULARITY);
    }
    set_default(&s->version, HD_VERSION);
    set_default(&s->vendor, "QEMU");
    if (!s->device_id) {
        const char *name = blk_name(conf->blk);

        s->device_id = s->serial ? g_strndup(s->serial, 20) : *name ? g_strdup(name) : NULL;
    }
    blk_set_dev_ops(conf->blk, s->removable ? &removable_ops : &fixed_ops, s);
    blk_iostatus_enable(conf->blk);
}

static void hd_realize(SCSIDevice *dev, Error **errp)
{
    SCSIDiskState *s = container_of(dev, SCSIDiskState, qdev);

    if (!blkconf_has_drive(&dev->conf, errp)) {
        return;
    }
    if (!s->removable && !blk_is_inserted(dev->conf.blk)) {
        error_setg(errp, "Device needs media, but drive is empty: file= says where it is");
        return;
    }
    if (!blkconf_geometry(&dev->conf, NULL, 65535, 255, 255, errp)) {
        return;
    }
    dev->type = TYPE_DISK;
    set_default(&s->product, "QEMU HARDDISK");
    scsi_disk_realize_common(dev, errp);
}

static void cd_realize(SCSIDevice *dev, Error **errp)
{
    SCSIDiskState *s = container_of(dev, SCSIDiskState, qdev);

    if (!dev->conf.blk) {
        /* An empty drive. */
        dev->conf.blk = blk_new(0, BLK_PERM_ALL);
        blk_attach_dev(dev->conf.blk, DEVICE(dev));
        blk_unref(dev->conf.blk);
    }
    dev->type = TYPE_ROM;
    dev->conf.logical_block_size = 2048;
    dev->conf.physical_block_size = 2048;
    s->removable = true;
    set_default(&s->product, "QEMU CD-ROM");
    scsi_disk_realize_common(dev, errp);
}

static void disk_unrealize(SCSIDevice *dev)
{
    blk_set_dev_ops(dev->conf.blk, NULL, NULL);
}

/* ---- types ---- */

static void disk_base_class_init(ObjectClass *klass, const void *data)
{
    SCSIDeviceClass *sc = SCSI_DEVICE_CLASS(klass);

    sc->alloc_req = scsi_disk_alloc_req;
    sc->unrealize = disk_unrealize;
    DEVICE_CLASS(klass)->fw_name = "disk";
    DEVICE_CLASS(klass)->vmsd = &vmstate_scsi_disk;
    RESETTABLE_CLASS(klass)->phases.hold = disk_reset_hold;
}

static void hd_class_init(ObjectClass *klass, const void *data)
{
    SCSI_DEVICE_CLASS(klass)->realize = hd_realize;
    DEVICE_CLASS(klass)->desc = "virtual SCSI disk";
    device_class_set_props(DEVICE_CLASS(klass), hd_properties);
}

static void cd_class_init(ObjectClass *klass, const void *data)
{
    SCSI_DEVICE_CLASS(klass)->realize = cd_realize;
    DEVICE_CLASS(klass)->desc = "virtual SCSI CD-ROM";
    device_class_set_props(DEVICE_CLASS(klass), cd_properties);
}

static const TypeInfo scsi_disk_types[] = {
    {
        .name = TYPE_SCSI_DISK_BASE,
        .parent = TYPE_SCSI_DEVICE,
        .abstract = true,
        .instance_size = sizeof(SCSIDiskState),
        .class_init = disk_base_class_init,
    },
    {
        .name = "scsi-hd",
        .parent = TYPE_SCSI_DISK_BASE,
        .class_init = hd_class_init,
    },
    {
        .name = "scsi-cd",
        .parent = TYPE_SCSI_DISK_BASE,
        .class_init = cd_class_init,
    },
};

DEFINE_TYPES(scsi_disk_types)
