/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens between instructions: exceptions that were raised, resets,
 * SMIs, NMIs, interrupts. SDM volume 3, 6.9 (table 6-2: priorities).
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "hw/i386/apic.h"
#include "system/runstate.h"
#include "target/i386/tcg/excp.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/fault-story.h"
#include "target/i386/tcg/svm-vmcb.h"
#include "target/i386/tcg/svm.h"

/* ---- exceptions ---- */

static bool triple_fault(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);

    x86_story_tell(env);
    if (qemu_loglevel_mask(CPU_LOG_RESET)) {
        FILE *f = qemu_log_trylock();
        if (f) {
            cpu_dump_state(cs, f, CPU_DUMP_CODE);
            qemu_log_unlock(f);
        }
    }
    env->old_exception = -1;
    cs->halted = 1;
    qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    return false;
}

bool x86_take_exception(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);
    uint32_t error_code = env->error_code;
    int vector = cs->exception_index;
    X86Event ev = {.return_eip = env->eip};

    cs->exception_index = -1;
    if (env->exception_is_int) {
        ev.vector = vector;
        ev.kind = env->exception_is_int == 2 ? X86_EVENT_INT1 : X86_EVENT_SOFT_INT;
        ev.return_eip = env->exception_next_eip;
        env->old_exception = -1;
        if (ev.kind == X86_EVENT_INT1) {
            env->old_exception = vector;
            /* It is the debug exception that traps held back by a load of SS waited for. */
            env->dr[6] |= env->dr6_pending & 0xf;
            env->dr6_pending &= ~(uint64_t)UINT32_MAX;
        }
    } else {
        int combined;

        x86_story_note(env, vector, error_code);
        if ((env->hflags & HF_GUEST) && x86_svm_take_exception(env, vector, error_code)) {
            return true;
        }
        combined = x86_combine_exceptions(env, vector, &error_code);
        if (combined < 0) {
            if ((env->hflags & HF_GUEST) && x86_svm_take_event(env, SVM_EXIT_SHUTDOWN)) {
                return true;
            }
            return triple_fault(env);
        }
        if ((env->hflags & HF_GUEST) && combined != vector &&
            x86_svm_take_exception(env, combined, error_code)) {
            return true;
        }
        ev.vector = combined;
        ev.kind = X86_EVENT_FAULT;
        ev.has_error_code = x86_vector_has_error_code(combined);
        ev.error_code = error_code;
        env->old_exception = combined;
    }
    x86_deliver(env, &ev);
    env->old_exception = -1;
    return true;
}

void x86_take_debug_trap(CPUX86State *env, uint64_t dr6)
{
    X86Event ev = {.vector = EXCP01_DB, .kind = X86_EVENT_TRAP, .return_eip = env->eip};

    env->dr[6] = (env->dr[6] & ~0xfull) | dr6;
    if ((env->hflags & HF_GUEST) && x86_svm_take_exception(env, EXCP01_DB, 0)) {
        return;
    }
    env->old_exception = EXCP01_DB;
    x86_deliver(env, &ev);
    env->old_exception = -1;
}

/* ---- asynchronous events ---- */

bool x86_event_deliverable(const CPUX86State *env, uint32_t req)
{
    bool shadow = env->hflags & HF_INHIBIT_IRQ;

    req = x86_gif_visible(env, req);
    if (req & (CPU_INTERRUPT_POLL | CPU_INTERRUPT_INIT | CPU_INTERRUPT_SIPI | CPU_INTERRUPT_MCE |
               CPU_INTERRUPT_DEBUG | CPU_INTERRUPT_HALT | CPU_INTERRUPT_EXITTB)) {
        return true;
    }
    if ((req & CPU_INTERRUPT_SMI) && !(env->hflags & HF_SMM)) {
        return true;
    }
    if (shadow) {
        return false;
    }
    return ((req & CPU_INTERRUPT_NMI) && !(env->hflags2 & HF2_NMI_BLOCKED)) ||
           ((req & CPU_INTERRUPT_HARD) && x86_takes_interrupts(env)) ||
           ((req & CPU_INTERRUPT_VIRQ) && x86_svm_virq_ready(env));
}

uint32_t x86_visible_requests(CPUState *cs)
{
    uint32_t req = qatomic_load_acquire(&cs->interrupt_request);

    if (unlikely(cs->singlestep_enabled & SSTEP_NOIRQ)) {
        req &= ~(CPU_INTERRUPT_HARD | CPU_INTERRUPT_NMI | CPU_INTERRUPT_SMI);
    }
    return req;
}

static void deliver_external(CPUX86State *env, int vector)
{
    X86Event ev = {.vector = vector, .kind = X86_EVENT_EXTERNAL, .return_eip = env->eip};

    x86_deliver(env, &ev);
}

static void deliver_machine_check(CPUX86State *env)
{
    X86Event ev = {.vector = EXCP12_MCHK, .kind = X86_EVENT_FAULT, .return_eip = env->eip};

    if ((env->hflags & HF_GUEST) && x86_svm_take_exception(env, EXCP12_MCHK, 0)) {
        return;
    }
    env->old_exception = EXCP12_MCHK;
    x86_deliver(env, &ev);
    env->old_exception = -1;
}

/* The request is the hypervisor's to take: it stays until that sets its GIF. */
static bool intercepted(CPUX86State *env, unsigned code)
{
    return (env->hflags & HF_GUEST) && x86_svm_take_event(env, code);
}

#define NO_EVENT      (-1)
#define MACHINE_CHECK (-2)
#define LEFT_GUEST    (-3)

/*
 * Picks one event under the BQL. Returns a vector for an interrupt or NMI that
 * is to be delivered after the lock is dropped, or one of the values above.
 */
static int choose_event(CPUX86State *env)
{
    X86CPU *cpu = env_archcpu(env);
    CPUState *cs = env_cpu(env);
    uint32_t req = x86_gif_visible(env, x86_visible_requests(cs));
    bool shadow = env->hflags & HF_INHIBIT_IRQ;

    if (req & CPU_INTERRUPT_EXITTB) {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_EXITTB);
    }
    if (req & CPU_INTERRUPT_POLL) {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_POLL);
        apic_poll_irq(env->apic_state);
        req = x86_gif_visible(env, x86_visible_requests(cs));
    }
    if (req & CPU_INTERRUPT_INIT) {
        if (intercepted(env, SVM_EXIT_INIT)) {
            return LEFT_GUEST;
        }
        cpu_reset_interrupt(cs, CPU_INTERRUPT_INIT);
        do_cpu_init(cpu);
        return NO_EVENT;
    }
    if (req & CPU_INTERRUPT_SIPI) {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_SIPI);
        do_cpu_sipi(cpu);
        return NO_EVENT;
    }
    if (req & CPU_INTERRUPT_MCE) {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_MCE);
        return env->cr[4] & CR4_MCE_MASK ? MACHINE_CHECK : NO_EVENT;
    }
    if ((req & CPU_INTERRUPT_SMI) && !(env->hflags & HF_SMM)) {
        if (intercepted(env, SVM_EXIT_SMI)) {
            return LEFT_GUEST;
        }
        cpu_reset_interrupt(cs, CPU_INTERRUPT_SMI);
        x86_enter_smm(env);
        return NO_EVENT;
    }
    if ((req & CPU_INTERRUPT_NMI) && !shadow && !(env->hflags2 & HF2_NMI_BLOCKED)) {
        if (intercepted(env, SVM_EXIT_NMI)) {
            return LEFT_GUEST;
        }
        cpu_reset_interrupt(cs, CPU_INTERRUPT_NMI);
        env->hflags2 |= HF2_NMI_BLOCKED;
        return EXCP02_NMI;
    }
    if ((req & CPU_INTERRUPT_HARD) && !shadow && x86_takes_interrupts(env)) {
        if (intercepted(env, SVM_EXIT_INTR)) {
            return LEFT_GUEST;
        }
        cpu_reset_interrupt(cs, CPU_INTERRUPT_HARD);
        return cpu_get_pic_interrupt(env);
    }
    if ((req & CPU_INTERRUPT_VIRQ) && !shadow && x86_svm_virq_ready(env)) {
        return intercepted(env, SVM_EXIT_VINTR) ? LEFT_GUEST : x86_svm_virq_take(env);
    }
    return NO_EVENT;
}

bool x86_take_events(CPUX86State *env)
{
    int vector;

    bql_lock();
    vector = choose_event(env);
    bql_unlock();
    if (vector >= 0) {
        deliver_external(env, vector);
    } else if (vector == MACHINE_CHECK) {
        deliver_machine_check(env);
    }
    return vector != NO_EVENT;
}
