/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The run state at the time of saving, as a section of its own. */
#ifndef MIGRATION_GLOBAL_STATE_H
#define MIGRATION_GLOBAL_STATE_H

#include "qapi/qapi-types-run-state.h"

void register_global_state(void);
/* Keeps the present run state for the section; before the machine is stopped for saving. */
void global_state_store(void);
/* What the section said; RUN_STATE_RUNNING until one is loaded. */
RunState global_state_get_runstate(void);

#endif
