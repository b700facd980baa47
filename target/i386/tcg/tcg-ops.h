/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef I386_TCG_TCG_OPS_H
#define I386_TCG_TCG_OPS_H

#include "accel/tcg/cpu-ops.h"

/* CPUClass.tcg_ops of x86 CPUs. */
extern const TCGCPUOps x86_tcg_ops;

#endif
