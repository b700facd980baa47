/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where realized devices announce their state description. Saving and loading
 * walk this list in order of registration.
 */
#ifndef MIGRATION_REGISTER_H
#define MIGRATION_REGISTER_H

#include "qapi/error.h"

typedef struct DeviceState DeviceState;
typedef struct VMStateDescription VMStateDescription;

/*
 * The device's vmsd under its bus path, instance id counted per path and name,
 * or alias @alias_id when that is not -1. false and @errp when it can't be.
 */
bool vmstate_register_device(DeviceState *dev, const VMStateDescription *vmsd, void *opaque,
                             Error **errp);
void vmstate_unregister_device(DeviceState *dev, const VMStateDescription *vmsd, void *opaque);

#endif /* MIGRATION_REGISTER_H */
