/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PAUSE does for the threads of the host; see spin.c. */
#ifndef I386_TCG_SPIN_H
#define I386_TCG_SPIN_H

#include "target/i386/cpu.h"

/* After so many PAUSE instructions x86_spun() is called; counted in env->jit_hot.spins. */
#define X86_SPINS 128

/*
 * X86_SPINS times PAUSE: if that was in one go, the host's other threads may run, and the count
 * starts again. The vCPU's thread, without the BQL.
 */
void x86_spun(CPUX86State *env);

#endif
