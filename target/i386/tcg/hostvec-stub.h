/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executing one re-encoded instruction on the host with the guest's vector state.
 */
#ifndef I386_TCG_HOSTVEC_STUB_H
#define I386_TCG_HOSTVEC_STUB_H

#include "target/i386/tcg/reencode.h"

/* Host register that stands for the instruction's general register operand. */
#define HOSTVEC_GPR 3 /* RBX */
/* Host register that holds the address of the memory operand. */
#define HOSTVEC_MEM 7 /* RDI */

/* Registers of the stub; offsets are known to the assembly in hostvec-stub.c. */
typedef struct X86HostvecFrame {
    uint64_t rax, rcx, rdx, rbx;
    uint64_t flags; /* CC_ALL only */
    void *mem;
    const void *code;
} X86HostvecFrame;

typedef enum X86HostvecResult {
    X86_HOSTVEC_OK,
    X86_HOSTVEC_SIMD_FAULT, /* an unmasked SIMD floating-point exception; not executed */
    X86_HOSTVEC_MISALIGNED, /* its memory operand is not aligned as it has to be */
    X86_HOSTVEC_UNDEFINED,  /* the host does not have the instruction */
} X86HostvecResult;

/* Run @code (@len bytes as x86_reencode() wrote them) on the state in @fpu. vCPU thread. */
X86HostvecResult x86_hostvec_run(X86FPUState *fpu, X86HostvecFrame *f, const uint8_t *code,
                                 unsigned len);

/*
 * For the signal handlers: if @pc is in a stub of the calling thread, note
 * @result and return the address to continue at; 0 otherwise.
 */
uintptr_t x86_hostvec_fault(uintptr_t pc, X86HostvecResult result);

/* Buffers and signal stack of the calling thread; does nothing the second time. */
void x86_hostvec_stub_thread_init(void);

#endif
