/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM's paravirtual clock for translated guests; see kvmclock.c. */
#ifndef I386_TCG_KVMCLOCK_H
#define I386_TCG_KVMCLOCK_H

#include "target/i386/cpu.h"

/* Once, at start-up; main thread. */
void x86_kvmclock_init(void);

/*
 * The guest has set MSR_KVM_SYSTEM_TIME or, @wall, MSR_KVM_WALL_CLOCK, or its time stamp
 * counter: writes what belongs there. The vCPU's thread, without the BQL.
 */
void x86_kvmclock_update(CPUX86State *env, bool wall);

#endif
