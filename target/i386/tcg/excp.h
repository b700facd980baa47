/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raising exceptions from inside an instruction, and delivering events.
 *
 * Raising never returns: it notes what happened in CPUState.exception_index and
 * env->error_code and leaves through the vCPU's jump buffer, with env->eip at
 * the instruction that faulted and nothing of it done. The execution loop
 * (exec.c) then combines it with an exception whose delivery was under way
 * (SDM vol. 3, table 6-5) and delivers the result.
 *
 * All of this runs in the vCPU thread, without the BQL unless noted. A frame
 * between the loop and raise_exception() that holds a lock must drop it first.
 */
#ifndef I386_TCG_EXCP_H
#define I386_TCG_EXCP_H

#include "target/i386/cpu.h"

/* A fault without, and one with an error code. */
G_NORETURN void raise_exception(CPUX86State *env, int vector);
G_NORETURN void raise_exception_err(CPUX86State *env, int vector, uint32_t error_code);

/*
 * INT n, INT3, INTO, INT1: @next_eip is what the handler returns to. The checks
 * of the gate's DPL and of v8086 mode are made by the delivery.
 */
G_NORETURN void x86_raise_soft_int(CPUX86State *env, int vector, uint64_t next_eip);

/* INT1 (ICEBP): a trap to vector 1, whatever its gate's DPL is. */
G_NORETURN void x86_raise_int1(CPUX86State *env, uint64_t next_eip);

/* #DB as a fault (instruction breakpoint, general detect): @dr6 are the DR6 bits to add. */
G_NORETURN void x86_raise_debug(CPUX86State *env, uint64_t dr6);

/* #PF at linear address @cr2. */
G_NORETURN void x86_raise_page_fault(CPUX86State *env, uint64_t cr2, uint32_t error_code);

/*
 * Leave the instruction with it undone, without an exception: the loop looks at
 * requests and executes it again. x86_exit_with() also sets exception_index to
 * one of EXCP_HLT, EXCP_DEBUG, EXCP_ATOMIC ...
 */
G_NORETURN void x86_restart_insn(CPUX86State *env);
G_NORETURN void x86_exit_with(CPUX86State *env, int excp);

/* Called by all of the above before they leave; the translator's. See excp.c. */
extern void (*x86_leave_hook)(CPUX86State *env);

/*
 * DR6 bits of traps (data breakpoints, I/O breakpoints, task switch) that the
 * instruction caused: delivered as one #DB once it has completed.
 */
static inline void x86_note_debug_trap(CPUX86State *env, uint64_t dr6)
{
    env->dr6_pending |= dr6;
}

/*
 * What to deliver when @vector (with *error_code) is raised while
 * env->old_exception is being delivered: a vector, or -1 for a triple fault.
 */
int x86_combine_exceptions(CPUX86State *env, int vector, uint32_t *error_code);

/* How x86_deliver() was caused. */
typedef enum X86EventKind {
    X86_EVENT_FAULT,    /* exception of an instruction that was not completed */
    X86_EVENT_TRAP,     /* exception after one: #DB single step */
    X86_EVENT_SOFT_INT, /* INT n, INT3, INTO */
    X86_EVENT_INT1,     /* INT1: like a trap, no DPL check */
    X86_EVENT_EXTERNAL, /* interrupt or NMI */
} X86EventKind;

typedef struct X86Event {
    int vector;
    X86EventKind kind;
    bool has_error_code;
    uint32_t error_code;
    uint64_t return_eip; /* offset that is pushed */
} X86Event;

/*
 * Transfers control to the handler of @ev in whatever mode the CPU is in. May
 * raise an exception itself. On return eip, CS, SS, flags are the handler's.
 */
void x86_deliver(CPUX86State *env, const X86Event *ev);

/* Exceptions that push an error code. */
static inline bool x86_vector_has_error_code(int vector)
{
    return vector == EXCP08_DBLE || (vector >= EXCP0A_TSS && vector <= EXCP0E_PAGE) ||
           vector == EXCP11_ALGN || vector == EXCP15_CP;
}

/* #UD / #GP(0) unless the CPU is at CPL 0. */
static inline void x86_require_cpl0(CPUX86State *env)
{
    if (unlikely(x86_cpl(env) != 0)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

#endif
