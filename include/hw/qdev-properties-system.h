/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Property kinds that know parts of the machine or its back ends; see hw/qdev-properties.h. */
#ifndef HW_QDEV_PROPERTIES_SYSTEM_H
#define HW_QDEV_PROPERTIES_SYSTEM_H

#include "hw/qdev-properties.h"

extern const PropertyInfo qdev_prop_losttickpolicy;

#define DEFINE_PROP_LOSTTICKPOLICY(_n, _s, _f, _d)                                                 \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_losttickpolicy, LostTickPolicy)

#endif
