/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the run state share. */
#ifndef SYSTEM_RUNSTATE_INTERNAL_H
#define SYSTEM_RUNSTATE_INTERNAL_H

#include "system/runstate.h"

/* Takes back a stop that was requested but not carried out; false if there is none. */
bool runstate_take_vmstop_request(RunState *state);

#endif
