/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where realized devices announce their state description. Saving and loading
 * walk this list in order of registration.
 */
#ifndef MIGRATION_REGISTER_H
#define MIGRATION_REGISTER_H

#include "migration/vmstate-if.h"

typedef struct DeviceState DeviceState;
typedef struct VMStateDescription VMStateDescription;

/*
 * @vmsd under the name that @dev (an object with the interface VMStateIf) has,
 * instances counted per name. A stream may also call it by number @alias_id,
 * when that is not -1. false and @errp when the name is taken.
 */
bool vmstate_register_device(DeviceState *dev, const VMStateDescription *vmsd, void *opaque,
                             int alias_id, Error **errp);
void vmstate_unregister_device(DeviceState *dev, const VMStateDescription *vmsd, void *opaque);

/* One registered description. */
typedef struct VMStateEntry {
    char *idstr;
    uint32_t instance_id;
    int alias_id; /* -1: none */
    const VMStateDescription *vmsd;
    void *opaque;
    DeviceState *dev;
} VMStateEntry;

/* Calls @fn on each in order of registration; a non-zero result ends the walk and is returned. */
int vmstate_foreach(int (*fn)(VMStateEntry *entry, void *opaque), void *opaque);

#endif /* MIGRATION_REGISTER_H */
