/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IDE: what boards need of it. BQL held. */
#ifndef HW_IDE_IDE_H
#define HW_IDE_IDE_H

#include "hw/pci/pci.h"
#include "qapi/qapi-types-block-core.h"

#define TYPE_IDE_BUS    "IDE"
#define TYPE_IDE_DEVICE "ide-device"
OBJECT_DECLARE_SIMPLE_TYPE(IDEDevice, IDE_DEVICE)

#define TYPE_PIIX3_IDE "piix3-ide"
#define TYPE_PIIX4_IDE "piix4-ide"
#define TYPE_ICH9_AHCI "ich9-ahci"

/* Geometry of a disk, and how a BIOS is to translate it. */
typedef struct IDEGeometry {
    uint32_t cyls, heads, secs;
    BiosAtaTranslation translation;
} IDEGeometry;

/* Makes devices of the drives of the command line that belong on this controller. */
void ide_create_drives(PCIDevice *controller);
/* Of the disk in place @unit of channel @channel; false if there is none, or a CD. */
bool ide_get_geometry(PCIDevice *controller, int channel, int unit, IDEGeometry *geometry);

#endif
