/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x87, MMX, SSE, AVX and AVX-512 instructions of the interpreter, executed on
 * the host's own units: the instruction is re-encoded with its memory operand
 * and general registers replaced, the guest's state is loaded around it.
 */
#ifndef I386_TCG_HOSTVEC_H
#define I386_TCG_HOSTVEC_H

#include "target/i386/tcg/decode.h"

/*
 * Executes any instruction with X86_IF_VECTOR or X86_IF_X87 that computes:
 * checks CR0.TS/EM, CR4.OSFXSR and XCR0 (#NM, #UD), alignment (#GP), pending
 * x87 exceptions (#MF); then reads memory, runs, writes memory. Includes
 * gathers, scatters, MASKMOV*, masked EVEX accesses, FWAIT, FNINIT, FNCLEX,
 * FNSTSW, FLDCW, FNSTCW, EMMS, KMOV*, LDMXCSR, STMXCSR and the VZERO pair.
 */
X86InterpFn x86_interp_hostvec;

/* The x87 environment: layouts by operand size and mode (SDM vol. 1, figures 8-9 to 8-12). */
X86InterpFn x86_interp_fnstenv;
X86InterpFn x86_interp_fldenv;
X86InterpFn x86_interp_fnsave;
X86InterpFn x86_interp_frstor;

/* State images (SDM vol. 1, 10.5 and chapter 13). */
X86InterpFn x86_interp_fxsave;
X86InterpFn x86_interp_fxrstor;
X86InterpFn x86_interp_xsave;
X86InterpFn x86_interp_xsaveopt;
X86InterpFn x86_interp_xsavec;
X86InterpFn x86_interp_xsaves;
X86InterpFn x86_interp_xrstor;
X86InterpFn x86_interp_xrstors;

/* Guest value of XINUSE, as XGETBV with ECX = 1 returns it (before the AND with XCR0). */
uint64_t x86_fpu_xinuse(const CPUX86State *env);

/* Prepare the calling vCPU thread (signal stack, buffers); once per thread, before it runs code. */
void x86_hostvec_thread_init(CPUX86State *env);

#endif
