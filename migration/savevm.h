/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole saved state of a machine, as one stream. */
#ifndef MIGRATION_SAVEVM_H
#define MIGRATION_SAVEVM_H

#include "migration/qemu-file.h"

/* false and @errp naming the first device or reason that does not allow saving. BQL held. */
bool savevm_is_possible(Error **errp);
/*
 * Writes everything; the machine is stopped and stays so. Any thread, BQL not
 * held: it is taken for the devices, not for the memory. 0 or a negative errno.
 */
int qemu_savevm_state(QEMUFile *f, Error **errp);
/*
 * Reads everything into the machine, which is stopped and has just been reset.
 * After a failure parts of it are loaded: it must not run. BQL held; in a
 * coroutine it lets others run now and then. 0 or a negative errno.
 */
int qemu_loadvm_state(QEMUFile *f, Error **errp);

#endif
