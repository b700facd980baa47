/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Property kinds that know parts of the machine. */
#include "qemu/osdep.h"
#include "hw/qdev-properties-system.h"
#include "qapi/qapi-types-machine.h"

QEMU_BUILD_BUG_ON(sizeof(LostTickPolicy) != sizeof(int));

const PropertyInfo qdev_prop_losttickpolicy = {
    .type = "LostTickPolicy",
    .enum_table = &LostTickPolicy_lookup,
    .get = qdev_propinfo_get_enum,
    .set = qdev_propinfo_set_enum,
    .set_default_value = qdev_propinfo_set_default_value_enum,
};
