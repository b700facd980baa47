/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Floppy drives ("floppy") on the bus of a controller, and how media of each size are laid out. */
#include "qemu/osdep.h"
#include "fdc-internal.h"
#include "hw/qdev-properties.h"

typedef struct FDFormat {
    FloppyDriveType drive;
    uint8_t last_sect, max_track, heads, rate;
} FDFormat;

/* The first of a size is what a medium of that size is taken for. */
static const FDFormat formats[] = {
    {FLOPPY_DRIVE_TYPE_144, 18, 80, 2, FD_RATE_500K}, /* 3.5": 1440 KiB */
    {FLOPPY_DRIVE_TYPE_144, 20, 80, 2, FD_RATE_500K},
    {FLOPPY_DRIVE_TYPE_144, 21, 80, 2, FD_RATE_500K},
    {FLOPPY_DRIVE_TYPE_144, 21, 82, 2, FD_RATE_500K},
    {FLOPPY_DRIVE_TYPE_144, 21, 83, 2, FD_RATE_500K},
    {FLOPPY_DRIVE_TYPE_144, 22, 80, 2, FD_RATE_500K},
    {FLOPPY_DRIVE_TYPE_144, 23, 80, 2, FD_RATE_500K},
    {FLOPPY_DRIVE_TYPE_144, 24, 80, 2, FD_RATE_500K},
    {FLOPPY_DRIVE_TYPE_288, 36, 80, 2, FD_RATE_1M}, /* 2880 KiB */
    {FLOPPY_DRIVE_TYPE_288, 39, 80, 2, FD_RATE_1M},
    {FLOPPY_DRIVE_TYPE_288, 40, 80, 2, FD_RATE_1M},
    {FLOPPY_DRIVE_TYPE_288, 44, 80, 2, FD_RATE_1M},
    {FLOPPY_DRIVE_TYPE_288, 48, 80, 2, FD_RATE_1M},
    {FLOPPY_DRIVE_TYPE_144, 9, 80, 2, FD_RATE_250K}, /* 720 KiB */
    {FLOPPY_DRIVE_TYPE_144, 10, 80, 2, FD_RATE_250K},
    {FLOPPY_DRIVE_TYPE_144, 10, 82, 2, FD_RATE_250K},
    {FLOPPY_DRIVE_TYPE_144, 10, 83, 2, FD_RATE_250K},
    {FLOPPY_DRIVE_TYPE_144, 13, 80, 2, FD_RATE_250K},
    {FLOPPY_DRIVE_TYPE_144, 14, 80, 2, FD_RATE_250K},
    {FLOPPY_DRIVE_TYPE_120, 15, 80, 2, FD_RATE_500K}, /* 5.25": 1200 KiB */
    {FLOPPY_DRIVE_TYPE_120, 18, 82, 2, FD_RATE_500K},
    {FLOPPY_DRIVE_TYPE_120, 18, 83, 2, FD_RATE_500K},
    {FLOPPY_DRIVE_TYPE_120, 9, 40, 2, FD_RATE_300K}, /* 360 KiB */
    {FLOPPY_DRIVE_TYPE_120, 9, 40, 1, FD_RATE_300K},
    {FLOPPY_DRIVE_TYPE_120, 10, 41, 2, FD_RATE_300K},
    {FLOPPY_DRIVE_TYPE_120, 10, 42, 2, FD_RATE_300K},
    {FLOPPY_DRIVE_TYPE_120, 8, 40, 2, FD_RATE_250K}, /* 320 KiB */
    {FLOPPY_DRIVE_TYPE_120, 8, 40, 1, FD_RATE_250K},
};

static uint64_t format_size(const FDFormat *f)
{
    return (uint64_t)f->last_sect * f->max_track * f->heads * FD_SECTOR;
}

/* Of one size: 3.5 inch drives take each other's media. */
static bool fits(FloppyDriveType drive, FloppyDriveType medium)
{
    return drive == FLOPPY_DRIVE_TYPE_AUTO || drive == medium ||
           (drive == FLOPPY_DRIVE_TYPE_288 && medium == FLOPPY_DRIVE_TYPE_144);
}

static const FDFormat *find_format(FloppyDriveType drive, int64_t size)
{
    const FDFormat *usual = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        const FDFormat *f = &formats[i];

        if (fits(drive, f->drive)) {
            usual = usual ? usual : f;
            if (format_size(f) == (uint64_t)size) {
                return f;
            }
        }
    }
    /* Some other size: as if it were the drive's usual one. */
    return usual;
}

/* ---- drives ---- */

FDrive *fd_current(FDCtrl *fdc)
{
    return &fdc->drives[fdc->cur_drv % FDC_DRIVES];
}

bool fd_has_medium(const FDrive *drv)
{
    return drv->blk && drv->last_sect && blk_is_inserted(drv->blk);
}

int64_t fd_offset(const FDrive *drv)
{
    return (((int64_t)drv->track * drv->heads + drv->head) * drv->last_sect + drv->sect - 1) *
           FD_SECTOR;
}

void fd_revalidate(FDrive *drv)
{
    int64_t size = drv->blk && blk_is_inserted(drv->blk) ? blk_getlength(drv->blk) : -1;
    const FDFormat *f;

    drv->last_sect = drv->max_track = drv->heads = 0;
    drv->readonly = !drv->blk || !blk_supports_write_perm(drv->blk);
    if (!drv->blk || size < 0) {
        return;
    }
    f = find_format(drv->type, size);
    drv->last_sect = f->last_sect;
    drv->max_track = f->max_track;
    drv->heads = f->heads;
    drv->rate = f->rate;
    if (drv->type == FLOPPY_DRIVE_TYPE_AUTO) {
        drv->type = f->drive;
    }
}

static bool apply_backend_options(BlockConf *conf, Error **errp)
{
    return blkconf_apply_backend_options(conf, !blk_supports_write_perm(conf->blk), false, errp);
}

static void change_media(void *opaque, bool load, Error **errp)
{
    FDrive *drv = opaque;

    drv->media_changed = 1;
    /* An empty drive asks for nothing, so that the next medium may be write-protected. */
    if (!load) {
        blk_set_perm(drv->blk, 0, BLK_PERM_ALL, NULL);
    } else if (!apply_backend_options(drv->conf, errp)) {
        return;
    }
    fd_revalidate(drv);
}

/* A floppy has no tray: taken out means that there is no medium. */
static const BlockDevOps floppy_ops = {
    .change_media_cb = change_media,
};

static int fdrive_post_load(void *opaque, int version_id)
{
    FDrive *drv = opaque;

    fd_revalidate(drv);
    return drv->head <= 1 ? 0 : -EINVAL;
}

const VMStateDescription vmstate_fdrive = {
    .name = "fdrive",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = fdrive_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(head, FDrive),
            VMSTATE_UINT8(track, FDrive),
            VMSTATE_UINT8(sect, FDrive),
            VMSTATE_UINT8(perpendicular, FDrive),
            VMSTATE_UINT8(media_changed, FDrive),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- the device ---- */

OBJECT_DECLARE_SIMPLE_TYPE(FloppyDrive, FLOPPY_DRIVE)
DECLARE_INSTANCE_CHECKER(FloppyBus, FLOPPY_BUS, TYPE_FLOPPY_BUS)

struct FloppyDrive {
    DeviceState qdev;

    uint32_t unit;
    BlockConf conf;
    FloppyDriveType type;
};

QEMU_BUILD_BUG_ON(sizeof(FloppyDriveType) != sizeof(int));

const PropertyInfo qdev_prop_fdc_drive_type = {
    .type = "FloppyDriveType",
    .description = "FDC drive type, 144/288/120/none/auto",
    .enum_table = &FloppyDriveType_lookup,
    .get = qdev_propinfo_get_enum,
    .set = qdev_propinfo_set_enum,
    .set_default_value = qdev_propinfo_set_default_value_enum,
};

static const Property floppy_properties[] = {
    DEFINE_PROP_UINT32("unit", FloppyDrive, unit, -1),
    DEFINE_BLOCK_PROPERTIES(FloppyDrive, conf),
    DEFINE_PROP_SIGNED("drive-type", FloppyDrive, type, FLOPPY_DRIVE_TYPE_AUTO,
                       qdev_prop_fdc_drive_type, FloppyDriveType),
};

static bool choose_unit(FloppyDrive *dev, FDCtrl *fdc, Error **errp)
{
    for (int i = 0; dev->unit == UINT32_MAX && i < FDC_DRIVES; i++) {
        dev->unit = fdc->drives[i].blk ? UINT32_MAX : (uint32_t)i;
    }
    if (dev->unit == UINT32_MAX) {
        error_setg(errp, "the controller has its %d floppy drives already", FDC_DRIVES);
        return false;
    }
    if (dev->unit >= FDC_DRIVES) {
        error_setg(errp, "unit=%u: a controller has floppy drives 0 and 1", dev->unit);
        return false;
    }
    if (fdc->drives[dev->unit].blk) {
        error_setg(errp, "Floppy unit %u is in use", dev->unit);
        return false;
    }
    return true;
}

static bool take_drive(FloppyDrive *dev, Error **errp)
{
    BlockConf *conf = &dev->conf;

    if (!conf->blk) {
        /* A drive without a medium. */
        conf->blk = blk_new(0, BLK_PERM_ALL);
        blk_attach_dev(conf->blk, DEVICE(dev));
        blk_unref(conf->blk);
    }
    conf->rerror = conf->werror = BLOCKDEV_ON_ERROR_AUTO;
    if (!blkconf_blocksizes(conf, errp)) {
        return false;
    }
    if (conf->logical_block_size != FD_SECTOR || conf->physical_block_size != FD_SECTOR) {
        error_setg(errp, "Physical and logical block size must be 512 for floppy");
        return false;
    }
    return apply_backend_options(conf, errp);
}

static void floppy_realize(DeviceState *qdev, Error **errp)
{
    FloppyDrive *dev = FLOPPY_DRIVE(qdev);
    FDCtrl *fdc = FLOPPY_BUS(qdev_get_parent_bus(qdev))->fdc;
    FDrive *drv;

    if (!choose_unit(dev, fdc, errp) || !take_drive(dev, errp)) {
        return;
    }
    drv = &fdc->drives[dev->unit];
    drv->fdc = fdc;
    drv->conf = &dev->conf;
    drv->blk = dev->conf.blk;
    drv->type = dev->type;
    if (drv->type == FLOPPY_DRIVE_TYPE_AUTO) {
        drv->type = fdc->requested[dev->unit];
    }
    drv->media_changed = 1;
    fd_revalidate(drv);
    if (drv->type == FLOPPY_DRIVE_TYPE_AUTO) {
        drv->type = fdc->fallback;
    }
    blk_set_dev_ops(drv->blk, &floppy_ops, drv);
}

static void floppy_unrealize(DeviceState *qdev)
{
    FloppyDrive *dev = FLOPPY_DRIVE(qdev);
    FDCtrl *fdc = FLOPPY_BUS(qdev_get_parent_bus(qdev))->fdc;

    blk_set_dev_ops(dev->conf.blk, NULL, NULL);
    fdc->drives[dev->unit].blk = NULL;
    fd_revalidate(&fdc->drives[dev->unit]);
}

static void floppy_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = floppy_realize;
    dc->unrealize = floppy_unrealize;
    dc->bus_type = TYPE_FLOPPY_BUS;
    dc->desc = "virtual floppy drive";
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    device_class_set_props(dc, floppy_properties);
}

void fdc_init_bus(FDCtrl *fdc, DeviceState *dev)
{
    qbus_init(&fdc->bus, sizeof(fdc->bus), TYPE_FLOPPY_BUS, dev, NULL);
    fdc->bus.fdc = fdc;
    for (int i = 0; i < FDC_DRIVES; i++) {
        fd_revalidate(&fdc->drives[i]);
    }
}

static const TypeInfo floppy_types[] = {
    {
        .name = TYPE_FLOPPY_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(FloppyBus),
    },
    {
        .name = TYPE_FLOPPY_DRIVE,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(FloppyDrive),
        .class_init = floppy_class_init,
    },
};

DEFINE_TYPES(floppy_types)
