/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices for -drive if=ide, -hda, -cdrom..., and what boards ask about disks. */
#include "qemu/osdep.h"
#include "hw/qdev-properties-system.h"
#include "ide-internal.h"
#include "system/blockdev.h"

static IDEBus *channel_of(PCIDevice *controller, int channel)
{
    BusState *bus;

    QLIST_FOREACH (bus, &DEVICE(controller)->child_bus, sibling) {
        IDEBus *ide = (IDEBus *)object_dynamic_cast(OBJECT(bus), TYPE_IDE_BUS);

        if (ide && ide->bus_id == channel) {
            return ide;
        }
    }
    return NULL;
}

void ide_create_drives(PCIDevice *controller)
{
    for (DriveInfo *d = drive_next(NULL); d; d = drive_next(d)) {
        IDEBus *bus = d->type == IF_IDE ? channel_of(controller, d->bus) : NULL;
        DeviceState *dev;

        if (!bus || d->unit >= bus->max_units) {
            continue;
        }
        loc_push_restore(&d->loc);
        dev = qdev_new(d->media_cd ? "ide-cd" : "ide-hd");
        qdev_prop_set_uint32(dev, "unit", d->unit);
        qdev_prop_set_drive_err(dev, "drive", d->blk, &error_fatal);
        drive_mark_claimed(d);
        qdev_realize_and_unref(dev, BUS(bus), &error_fatal);
        loc_pop(&d->loc);
    }
}

bool ide_get_geometry(PCIDevice *controller, int channel, int unit, IDEGeometry *geometry)
{
    IDEBus *bus = channel_of(controller, channel);
    IDEDrive *s = bus ? &bus->drives[unit] : NULL;

    if (!s || !s->dev || s->is_cd) {
        return false;
    }
    *geometry = (IDEGeometry){
        .cyls = s->dev->conf.cyls,
        .heads = s->dev->conf.heads,
        .secs = s->dev->conf.secs,
        .translation = s->dev->chs_trans,
    };
    return true;
}
