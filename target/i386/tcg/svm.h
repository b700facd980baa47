/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secure virtual machine: guests of the guest. AMD64 APM volume 2, chapter 15.
 *
 * A guest of SVM runs like anything else, with HF_GUEST set. What the VMCB intercepts is
 * found out before the instruction (x86_svm_check_insn()), or by whoever raises
 * an exception or takes an event; x86_svm_exit() notes the reason and leaves the
 * instruction, and the execution loop then switches to the host. Every switch flushes the TLB,
 * so that address space identifiers are of no consequence.
 *
 * All of this runs in the vCPU thread.
 */
#ifndef I386_TCG_SVM_H
#define I386_TCG_SVM_H

#include "target/i386/tcg/decode.h"
#include "target/i386/tcg/excp.h"

/* exception_index: what x86_svm_continue() has to do. Not vectors, and not EXCP_INTERRUPT or up. */
#define EXCP_SVM_EXIT   0x200
#define EXCP_SVM_INJECT 0x201

static inline bool x86_svm_is_continuation(int exception_index)
{
    return exception_index == EXCP_SVM_EXIT || exception_index == EXCP_SVM_INJECT;
}

/* Does the VMCB ask for exit code @code? Only with HF_GUEST. */
static inline bool x86_svm_intercepts(const CPUX86State *env, unsigned code)
{
    return env->svm.intercept[code / 32] >> (code % 32) & 1;
}

/* #UD without EFER.SVME in protected mode, #GP outside CPL 0. */
void x86_svm_require(CPUX86State *env);
/* An instruction for which a VMCB may ask: it is not translated in a guest. */
bool x86_svm_concerns(const DecodedInsn *d);
/* Before @d runs with HF_GUEST; env->next_eip is behind it. Leaves it if it is intercepted. */
void x86_svm_check_insn(CPUX86State *env, const DecodedInsn *d);
/* An access to I/O ports that is allowed otherwise. */
void x86_svm_check_io(CPUX86State *env, const DecodedInsn *d, unsigned port, unsigned size,
                      bool in);
/* A task switch of a guest to @sel that is allowed so far. @error_code: what it would push, or
 * NULL. */
void x86_svm_check_task(CPUX86State *env, unsigned sel, uint64_t reason,
                        const uint32_t *error_code);

/* What the next #VMEXIT tells. @next_rip: behind an intercepted instruction, else 0. */
static inline void x86_svm_note_exit(CPUX86State *env, uint64_t code, uint64_t info1,
                                     uint64_t info2, uint64_t next_rip)
{
    env->svm.exit_code = code;
    env->svm.exit_info1 = info1;
    env->svm.exit_info2 = info2;
    env->svm.exit_next_rip = next_rip;
}

/* Leaves the instruction undone; the loop then does the #VMEXIT. */
G_NORETURN void x86_svm_exit(CPUX86State *env, uint64_t code, uint64_t info1, uint64_t info2);
/* The second stage could not translate: a nested page fault. */
G_NORETURN void x86_svm_nested_fault(CPUX86State *env, uint64_t info1, uint64_t address);
/* Called by the loop for x86_svm_is_continuation(); may raise. */
void x86_svm_continue(CPUX86State *env, int what);

/* Called by the loop between instructions: true if the host runs now instead. */
bool x86_svm_take_exception(CPUX86State *env, int vector, uint32_t error_code);
bool x86_svm_take_event(CPUX86State *env, unsigned code);
/* A virtual interrupt that the guest could take now. */
bool x86_svm_virq_ready(const CPUX86State *env);
/* Its vector; it does not wait any more. BQL held. */
int x86_svm_virq_take(CPUX86State *env);

/* @ev as EXITINTINFO has it. */
uint64_t x86_svm_event_info(const X86Event *ev);

/* An instruction with what a hypervisor may want to do about it. */
static inline void x86_run_insn(CPUX86State *env, const DecodedInsn *d)
{
    if (unlikely(env->hflags & HF_GUEST)) {
        x86_svm_check_insn(env, d);
    }
    d->interp(env, d);
}

/* Of the time-stamp counter, as instructions read it. */
static inline uint64_t x86_svm_tsc_offset(const CPUX86State *env)
{
    return env->hflags & HF_GUEST ? env->svm.tsc_offset : 0;
}

#endif
