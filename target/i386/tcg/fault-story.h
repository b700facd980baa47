/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The story of a triple fault, for the log. vCPU thread. */
#ifndef I386_TCG_FAULT_STORY_H
#define I386_TCG_FAULT_STORY_H

#include "qemu/log.h"
#include "target/i386/cpu.h"

/* Items of the log under which stories are told. */
#define X86_STORY_LOG (CPU_LOG_INT | CPU_LOG_RESET | LOG_GUEST_ERROR)

/* A block of code at linear address @pc is entered; translated code notes that by itself. */
static inline void x86_story_enter(CPUX86State *env, uint64_t pc)
{
    if (unlikely(qemu_loglevel_mask(X86_STORY_LOG))) {
        env->story.pc[env->story.entered++ % X86_STORY_BLOCKS] = pc;
    }
}

/* Exception @vector was raised, perhaps while env->old_exception is being delivered. */
void x86_story_note(CPUX86State *env, int vector, uint32_t error_code);
/* The one noted last was one too many: to the log, under int, cpu_reset or guest_errors. */
void x86_story_tell(CPUX86State *env);

#endif
