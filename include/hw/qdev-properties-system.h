/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Property kinds that know parts of the machine or its back ends; see hw/qdev-properties.h. */
#ifndef HW_QDEV_PROPERTIES_SYSTEM_H
#define HW_QDEV_PROPERTIES_SYSTEM_H

#include "chardev/char-fe.h"
#include "hw/qdev-properties.h"

extern const PropertyInfo qdev_prop_chr;
extern const PropertyInfo qdev_prop_losttickpolicy;

/* A CharBackend, named by the id of its character device. */
#define DEFINE_PROP_CHR(_n, _s, _f) DEFINE_PROP(_n, _s, _f, qdev_prop_chr, CharBackend)

#define DEFINE_PROP_LOSTTICKPOLICY(_n, _s, _f, _d)                                                 \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_losttickpolicy, LostTickPolicy)

/* NULL: no device. Ends the program if the device is in use: for devices of the machine itself. */
void qdev_prop_set_chr(DeviceState *dev, const char *name, Chardev *value);

#endif
