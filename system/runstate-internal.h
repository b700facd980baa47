/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the run state share. */
#ifndef SYSTEM_RUNSTATE_INTERNAL_H
#define SYSTEM_RUNSTATE_INTERNAL_H

#include "system/runstate.h"

/* Takes back a stop that was requested but not carried out; false if there is none. */
bool runstate_take_vmstop_request(RunState *state);

/* Was it suspended to RAM when it was stopped? */
void vm_set_suspended(bool suspended);
bool vm_get_suspended(void);

#endif
