/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where realized devices announce their state description. Saving and loading
 * walk this list in order of registration.
 */
#ifndef MIGRATION_REGISTER_H
#define MIGRATION_REGISTER_H

#include "migration/vmstate-if.h"

typedef struct DeviceState DeviceState;
typedef struct QEMUFile QEMUFile;
typedef struct VMStateDescription VMStateDescription;

/*
 * @vmsd under the name that @dev (an object with the interface VMStateIf) has,
 * instances counted per name. A stream may also call it by number @alias_id,
 * when that is not -1. false and @errp when the name is too long, or when the
 * device cannot be saved and -only-migratable was given.
 */
bool vmstate_register_device(DeviceState *dev, const VMStateDescription *vmsd, void *opaque,
                             int alias_id, Error **errp);
void vmstate_unregister_device(DeviceState *dev, const VMStateDescription *vmsd, void *opaque);

/*
 * State that is written in parts by functions, not by a description: memory.
 * All return 0 or a negative errno with @errp.
 */
typedef struct SaveVMHandlers {
    /* Any thread, BQL not held. */
    int (*save_setup)(QEMUFile *f, void *opaque, Error **errp);
    /* The machine is stopped; what is left. Any thread, BQL not held. */
    int (*save_complete)(QEMUFile *f, void *opaque, Error **errp);
    /* Once for each part. BQL held; may be in a coroutine. */
    int (*load_state)(QEMUFile *f, void *opaque, int version_id, Error **errp);
} SaveVMHandlers;

/* @handlers must stay alive. */
void register_savevm_live(const char *idstr, uint32_t instance_id, int version_id,
                          const SaveVMHandlers *handlers, void *opaque);

/* One registered description, or set of handlers. */
typedef struct VMStateEntry {
    char *idstr;
    uint32_t instance_id;
    int alias_id; /* -1: none */
    const VMStateDescription *vmsd;
    const SaveVMHandlers *handlers; /* in place of vmsd */
    int version_id;                 /* of what they write */
    void *opaque;
    DeviceState *dev;
} VMStateEntry;

/* Calls @fn on each in order of registration; a non-zero result ends the walk and is returned. */
int vmstate_foreach(int (*fn)(VMStateEntry *entry, void *opaque), void *opaque);

#endif /* MIGRATION_REGISTER_H */
