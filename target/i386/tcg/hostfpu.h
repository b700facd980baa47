/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving the guest's x87 and vector state between env->fpu and the host's
 * registers. Processors disagree about the offsets of the AVX-512 components
 * of a standard-format XSAVE area, env->fpu does not: those go through a buffer.
 */
#ifndef I386_TCG_HOSTFPU_H
#define I386_TCG_HOSTFPU_H

#include "target/i386/cpu.h"

/* False: this host lacks XSAVE or AVX state management and cannot run vector code natively. */
bool x86_hostfpu_init(void);

/* Components of XCR0 that the host has and that these functions move. */
uint64_t x86_hostfpu_components(void);

/* Bits that MXCSR has on this host; others cannot be loaded. */
uint32_t x86_hostfpu_mxcsr_mask(void);

/*
 * Load the host's registers from @f, or store them there. Between a load and
 * the matching save only code that was compiled without vector registers runs.
 * The save leaves FIP, FDP and FOP of @f alone (they are the guest's), and
 * puts the host's own defaults into the control registers.
 */
void x86_hostfpu_load(const X86FPUState *f);
void x86_hostfpu_save(X86FPUState *f);

/* Make @f what its registers would read back as: reserved bits of FCW and FSW, what is in use. */
void x86_hostfpu_normalize(X86FPUState *f);

#endif
