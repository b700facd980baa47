/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine-wide reset: a list of callbacks and objects that a system reset
 * takes through the three phases together, in order of registration.
 */
#ifndef SYSTEM_RESET_H
#define SYSTEM_RESET_H

#include "hw/resettable.h"

typedef void QEMUResetHandler(void *opaque);

/* Runs in the hold phase. _nosnapshotload: not before a saved state is loaded. */
void qemu_register_reset(QEMUResetHandler *func, void *opaque);
void qemu_register_reset_nosnapshotload(QEMUResetHandler *func, void *opaque);
void qemu_unregister_reset(QEMUResetHandler *func, void *opaque);

/* Objects that are on no bus. A reference is held while registered. */
void qemu_register_resettable(Object *obj);
void qemu_unregister_resettable(Object *obj);

/* All phases over everything registered. Big lock held, vCPUs stopped. */
void qemu_devices_reset(ResetType type);

#endif /* SYSTEM_RESET_H */
