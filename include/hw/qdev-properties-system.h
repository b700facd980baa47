/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Property kinds that know parts of the machine or its back ends; see hw/qdev-properties.h. */
#ifndef HW_QDEV_PROPERTIES_SYSTEM_H
#define HW_QDEV_PROPERTIES_SYSTEM_H

#include "audio/audio.h"
#include "chardev/char-fe.h"
#include "hw/qdev-properties.h"
#include "qapi/qapi-types-block-core.h"
#include "qapi/qapi-types-machine.h"

extern const PropertyInfo qdev_prop_chr;
extern const PropertyInfo qdev_prop_losttickpolicy;
extern const PropertyInfo qdev_prop_audiodev;

/* A CharBackend, named by the id of its character device. */
#define DEFINE_PROP_CHR(_n, _s, _f) DEFINE_PROP(_n, _s, _f, qdev_prop_chr, CharBackend)

/* An AudioBackend *, named by its id; NULL for none. */
#define DEFINE_PROP_AUDIODEV(_n, _s, _f) DEFINE_PROP(_n, _s, _f, qdev_prop_audiodev, AudioBackend *)

#define DEFINE_PROP_LOSTTICKPOLICY(_n, _s, _f, _d)                                                 \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_losttickpolicy, LostTickPolicy)

extern const PropertyInfo qdev_prop_drive;
extern const PropertyInfo qdev_prop_drive_iothread;
extern const PropertyInfo qdev_prop_blocksize;
extern const PropertyInfo qdev_prop_blockdev_on_error;
extern const PropertyInfo qdev_prop_bios_chs_trans;

/*
 * A BlockBackend *, named by a drive's ID or a node's name; the device is attached to it. The
 * plain form belongs to devices whose requests come from the main thread.
 */
#define DEFINE_PROP_DRIVE(_n, _s, _f) DEFINE_PROP(_n, _s, _f, qdev_prop_drive, BlockBackend *)
#define DEFINE_PROP_DRIVE_IOTHREAD(_n, _s, _f)                                                     \
    DEFINE_PROP(_n, _s, _f, qdev_prop_drive_iothread, BlockBackend *)
/* A power of two from 512 bytes to 2 MiB; 0: not given. */
#define DEFINE_PROP_BLOCKSIZE(_n, _s, _f)                                                          \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, 0, qdev_prop_blocksize, uint32_t)
#define DEFINE_PROP_BLOCKDEV_ON_ERROR(_n, _s, _f, _d)                                              \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_blockdev_on_error, BlockdevOnError)
#define DEFINE_PROP_BIOS_CHS_TRANS(_n, _s, _f, _d)                                                 \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_bios_chs_trans, BiosAtaTranslation)

/* Gives @value to the property; false and @errp if another device has it. */
bool qdev_prop_set_drive_err(DeviceState *dev, const char *name, BlockBackend *value, Error **errp);
/* For devices of the machine itself. */
void qdev_prop_set_drive(DeviceState *dev, const char *name, BlockBackend *value);

/* NULL: no device. Ends the program if the device is in use: for devices of the machine itself. */
void qdev_prop_set_chr(DeviceState *dev, const char *name, Chardev *value);

#endif
