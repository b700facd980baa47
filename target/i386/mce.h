/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TARGET_I386_MCE_H
#define TARGET_I386_MCE_H

#include "system/memory-failure.h"

/* For memory_failure_init(): a machine check. BQL held. */
GuestMemoryFailureResult x86_cpu_memory_failure(CPUState *cs, const GuestMemoryFailure *f);

#endif
