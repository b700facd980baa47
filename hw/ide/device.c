/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drives as devices on the bus of a channel: ide-hd and ide-cd. */
#include "qemu/osdep.h"
#include "block/block.h"
#include "hw/qdev-properties.h"
#include "ide-internal.h"
#include "qemu/cutils.h"

/* ---- the bus ---- */

static char *ide_bus_get_dev_path(DeviceState *dev)
{
    return qdev_get_dev_path(qdev_get_parent_bus(dev)->parent);
}

/* The channel, and the place on it. */
static char *ide_bus_get_fw_dev_path(DeviceState *dev)
{
    return g_strdup_printf("%s@%x/disk@%x", qdev_fw_name(dev),
                           IDE_BUS(qdev_get_parent_bus(dev))->bus_id, IDE_DEVICE(dev)->unit);
}

static bool place_taken(IDEBus *bus, unsigned unit, DeviceState *but)
{
    BusChild *kid;

    QTAILQ_FOREACH (kid, &BUS(bus)->children, sibling) {
        if (kid->child != but && IDE_DEVICE(kid->child)->unit == unit) {
            return true;
        }
    }
    return false;
}

static bool ide_bus_check_address(BusState *b, DeviceState *dev, Error **errp)
{
    IDEBus *bus = IDE_BUS(b);
    IDEDevice *d = IDE_DEVICE(dev);

    if (d->unit == UINT32_MAX) {
        for (d->unit = 0; d->unit < bus->max_units && place_taken(bus, d->unit, dev);) {
            d->unit++;
        }
        if (d->unit == bus->max_units) {
            d->unit = UINT32_MAX;
            error_setg(errp, "IDE bus '%s' has no free unit", b->name);
            return false;
        }
    }
    if (d->unit >= bus->max_units) {
        error_setg(errp, "unit=%u: IDE bus '%s' has %s", d->unit, b->name,
                   bus->max_units == 1 ? "only unit 0" : "units 0 and 1");
        return false;
    }
    if (place_taken(bus, d->unit, dev)) {
        error_setg(errp, "IDE unit %u is in use", d->unit);
        return false;
    }
    return true;
}

static void ide_bus_class_init(ObjectClass *klass, const void *data)
{
    BusClass *bc = BUS_CLASS(klass);

    bc->get_dev_path = ide_bus_get_dev_path;
    bc->get_fw_dev_path = ide_bus_get_fw_dev_path;
    bc->check_address = ide_bus_check_address;
    bc->max_dev = 2;
}

/* ---- realize ---- */

static bool check_names(IDEDevice *dev, Error **errp)
{
    const struct {
        const char *name, *value;
        size_t max;
    } names[] = {{"serial", dev->serial, 20}, {"model", dev->model, 40}, {"ver", dev->version, 8}};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (names[i].value && strlen(names[i].value) > names[i].max) {
            error_setg(errp, "%s='%s' is longer than the %zu characters there are for it",
                       names[i].name, names[i].value, names[i].max);
            return false;
        }
    }
    return true;
}

/* A CD drive without a medium has a back end all the same, for one that comes. */
static bool find_backend(IDEDevice *dev, bool is_cd, Error **errp)
{
    BlockConf *conf = &dev->conf;

    if (!conf->blk) {
        BlockBackend *blk;

        if (!is_cd) {
            return blkconf_has_drive(conf, errp);
        }
        blk = blk_new(0, BLK_PERM_ALL);
        blk_attach_dev(blk, DEVICE(dev));
        blk_unref(blk); /* attaching took a reference */
        conf->blk = blk;
    }
    if (!is_cd && !blk_is_inserted(conf->blk)) {
        error_setg(errp, "Device needs media, but drive is empty: file= says where it is");
        return false;
    }
    return true;
}

static bool check_logical_size(const BlockConf *conf, Error **errp)
{
    if (conf->logical_block_size && conf->logical_block_size != ATA_SECTOR) {
        error_setg(errp, "logical_block_size=%u: IDE disks have 512", conf->logical_block_size);
        return false;
    }
    return true;
}

static bool check_conf(IDEDevice *dev, bool is_cd, Error **errp)
{
    BlockConf *conf = &dev->conf;

    if (!check_logical_size(conf, errp)) {
        return false;
    }
    if (conf->discard_granularity == UINT32_MAX) {
        conf->discard_granularity = ATA_SECTOR;
    } else if (conf->discard_granularity && conf->discard_granularity != ATA_SECTOR) {
        error_setg(errp, "discard_granularity=%u: IDE disks have 512, or 0 for none",
                   conf->discard_granularity);
        return false;
    }
    /* Once more: the back end may have said it. */
    if (!blkconf_blocksizes(conf, errp) || !check_logical_size(conf, errp)) {
        return false;
    }
    if (!is_cd && !blkconf_geometry(conf, &dev->chs_trans, 65535, 16, 255, errp)) {
        return false;
    }
    return blkconf_apply_backend_options(conf, is_cd || !blk_supports_write_perm(conf->blk), !is_cd,
                                         errp);
}

static void place_drive(IDEDevice *dev, bool is_cd)
{
    IDEBus *bus = IDE_BUS(qdev_get_parent_bus(DEVICE(dev)));
    IDEDrive *s = &bus->drives[dev->unit];

    s->dev = dev;
    s->blk = dev->conf.blk;
    s->is_cd = is_cd;
    s->nb_sectors = 0;
    blk_get_geometry(s->blk, &s->nb_sectors);
    blk_set_dev_ops(s->blk, is_cd ? &atapi_block_ops : &ata_block_ops, s);
    blk_iostatus_enable(s->blk);
    ide_bus_reset(bus);
}

static void realize(DeviceState *qdev, bool is_cd, Error **errp)
{
    IDEDevice *dev = IDE_DEVICE(qdev);

    if (!check_names(dev, errp) || !find_backend(dev, is_cd, errp) ||
        !check_conf(dev, is_cd, errp)) {
        return;
    }
    if (!is_cd && !blk_supports_write_perm(dev->conf.blk)) {
        error_setg(errp, "drive '%s' is read-only, and an IDE disk cannot be",
                   *blk_name(dev->conf.blk) ? blk_name(dev->conf.blk)
                                            : bdrv_get_node_name(blk_bs(dev->conf.blk)));
        return;
    }
    place_drive(dev, is_cd);
}

static void ide_hd_realize(DeviceState *qdev, Error **errp)
{
    realize(qdev, false, errp);
}

static void ide_cd_realize(DeviceState *qdev, Error **errp)
{
    realize(qdev, true, errp);
}

static void ide_dev_unrealize(DeviceState *qdev)
{
    IDEDevice *dev = IDE_DEVICE(qdev);
    IDEBus *bus = IDE_BUS(qdev_get_parent_bus(qdev));
    IDEDrive *s = &bus->drives[dev->unit];

    ide_forget_work(s);
    blk_set_dev_ops(s->blk, NULL, NULL);
    s->dev = NULL;
    s->blk = NULL;
    s->is_cd = false;
}

/* ---- properties and types ---- */

#define IDE_COMMON_PROPERTIES                                                                      \
    DEFINE_BLOCK_PROPERTIES(IDEDevice, conf), DEFINE_BLOCK_ERROR_PROPERTIES(IDEDevice, conf),      \
        DEFINE_PROP_STRING("ver", IDEDevice, version),                                             \
        DEFINE_PROP_UINT64("wwn", IDEDevice, wwn, 0),                                              \
        DEFINE_PROP_STRING("serial", IDEDevice, serial),                                           \
        DEFINE_PROP_STRING("model", IDEDevice, model),                                             \
        DEFINE_PROP_BOOL("win2k-install-hack", IDEDevice, win2k_install_hack, false)

static const Property ide_dev_properties[] = {
    DEFINE_PROP_UINT32("unit", IDEDevice, unit, -1),
};

static const Property ide_hd_properties[] = {
    IDE_COMMON_PROPERTIES,
    DEFINE_BLOCK_CHS_PROPERTIES(IDEDevice, conf),
    DEFINE_PROP_BIOS_CHS_TRANS("bios-chs-trans", IDEDevice, chs_trans, BIOS_ATA_TRANSLATION_AUTO),
    DEFINE_PROP_UINT16("rotation_rate", IDEDevice, rotation_rate, 0),
};

static const Property ide_cd_properties[] = {
    IDE_COMMON_PROPERTIES,
};

static void ide_dev_instance_init(Object *obj)
{
    device_add_bootindex_property(obj, &IDE_DEVICE(obj)->conf.bootindex, "bootindex", NULL,
                                  DEVICE(obj));
}

static void ide_dev_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->bus_type = TYPE_IDE_BUS;
    dc->unrealize = ide_dev_unrealize;
    dc->hotpluggable = false;
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    device_class_set_props(dc, ide_dev_properties);
}

static void ide_hd_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = ide_hd_realize;
    dc->fw_name = "drive";
    dc->desc = "virtual IDE disk";
    device_class_set_props(dc, ide_hd_properties);
}

static void ide_cd_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = ide_cd_realize;
    dc->fw_name = "drive";
    dc->desc = "virtual IDE CD-ROM";
    device_class_set_props(dc, ide_cd_properties);
}

static const TypeInfo ide_device_types[] = {
    {
        .name = TYPE_IDE_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(IDEBus),
        .class_init = ide_bus_class_init,
    },
    {
        .name = TYPE_IDE_DEVICE,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(IDEDevice),
        .instance_init = ide_dev_instance_init,
        .class_init = ide_dev_class_init,
    },
    {
        .name = "ide-hd",
        .parent = TYPE_IDE_DEVICE,
        .class_init = ide_hd_class_init,
    },
    {
        .name = "ide-cd",
        .parent = TYPE_IDE_DEVICE,
        .class_init = ide_cd_class_init,
    },
};

DEFINE_TYPES(ide_device_types)
