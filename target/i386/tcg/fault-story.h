/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The story of a triple fault, for the log. vCPU thread. */
#ifndef I386_TCG_FAULT_STORY_H
#define I386_TCG_FAULT_STORY_H

#include "target/i386/cpu.h"

/* Exception @vector was raised, perhaps while env->old_exception is being delivered. */
void x86_story_note(CPUX86State *env, int vector, uint32_t error_code);
/* The one noted last was one too many: to the log, under int, cpu_reset or guest_errors. */
void x86_story_tell(CPUX86State *env);

#endif
