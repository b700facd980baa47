/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two kinds of vCPU threads of the tcg accelerator share. */
#ifndef ACCEL_TCG_INTERNAL_H
#define ACCEL_TCG_INTERNAL_H

#include "hw/core/cpu.h"
#include "system/accel-ops.h"

/* thread=single, or -icount: all vCPUs take turns in one thread. */
bool tcg_single_thread(void);

/* What exec() returned @reason for: a debugger, or an instruction that is to run alone. BQL held.
 */
void tcg_handle_exit(CPUState *cpu, int reason);

/* tcg-rr.c: members of @ops for one thread. */
void tcg_rr_set_ops(AccelOpsClass *ops);

#endif
