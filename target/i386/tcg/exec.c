/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The execution loop of a vCPU.
 *
 *     pending exception? -> deliver it
 *     events, requests?  -> take them, or leave the loop
 *     run: the translator, or the interpreter block by block; one instruction at
 *          a time while something has to be looked at after each
 *
 * Whatever is raised inside an instruction comes back to the sigsetjmp() here
 * with env->eip at that instruction.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "hw/i386/apic.h"
#include "target/i386/msr-index.h"
#include "target/i386/tcg/debug.h"
#include "target/i386/tcg/excp.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/fault-story.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/svm.h"
#include "target/i386/tcg/tlb.h"

/* ---- one instruction, with everything that may surround it ---- */

/* An instruction breakpoint of a debugger or of the guest at @pc. */
static void check_breakpoints(CPUX86State *env, uint64_t pc)
{
    CPUState *cs = env_cpu(env);
    uint64_t hits;

    if (!QTAILQ_EMPTY(&cs->breakpoints) && cpu_breakpoint_test(cs, pc, BP_GDB) &&
        !cs->pass_breakpoint) {
        x86_exit_with(env, EXCP_DEBUG);
    }
    cs->pass_breakpoint = false;
    if ((env->dr[7] & 0xff) && !(env->eflags & RF_MASK)) {
        hits = x86_debug_insn_hits(env, pc);
        if (hits) {
            x86_raise_debug(env, hits);
        }
    }
}

static bool loads_ss(const DecodedInsn *d)
{
    return (d->op == X86_OP_MOV_TO_SEG || d->op == X86_OP_POP_SEG) && d->opnd[0].reg == R_SS;
}

/* @d has jumped. @behind: where it goes on if not. VMRUN changes the world instead, or fails. */
static bool has_branched(const CPUX86State *env, const DecodedInsn *d, uint64_t behind)
{
    return (d->flags & X86_IF_BRANCH) && d->op != X86_OP_VMRUN &&
           (!(d->flags & X86_IF_COND) || env->eip != behind);
}

/*
 * TF counts as it was before the instruction. SYSCALL and SYSRET load it for
 * themselves; a load of SS holds a single step back for good (SDM volume 3, 6.8.3).
 */
static bool single_steps(const CPUX86State *env, const DecodedInsn *d, bool old_tf, bool branched)
{
    if ((env->msr_debugctl & DEBUGCTL_BTF) && !branched) {
        return false;
    }
    if (d->op == X86_OP_SYSCALL || d->op == X86_OP_SYSRET) {
        return env->eflags & TF_MASK;
    }
    return old_tf && !loads_ss(d);
}

/* Traps that were noted without an instruction to wait for. */
static void take_pending_traps(CPUX86State *env)
{
    uint64_t pending = env->dr6_pending;

    env->dr6_pending = 0;
    if (pending & UINT32_MAX) {
        x86_take_debug_trap(env, pending & UINT32_MAX);
    }
    if (pending & X86_PENDING_GDB_WATCH) {
        x86_exit_with(env, EXCP_DEBUG);
    }
}

static void run_one(CPUX86State *env, const DecodedInsn *d)
{
    CPUState *cs = env_cpu(env);
    bool tf = env->eflags & TF_MASK;
    bool shadow = env->hflags & HF_INHIBIT_IRQ;
    uint64_t from = env->eip, behind = x86_eip_after(env, d->len);
    bool branched;

    env->next_eip = behind;
    x86_run_insn(env, d);
    x86_count_insn(env, d, env->eip);
    env->eip = env->next_eip;
    if (shadow) {
        env->hflags &= ~HF_INHIBIT_IRQ;
    }
    if (d->op != X86_OP_IRET) {
        env->eflags &= ~(uint64_t)RF_MASK;
    }
    branched = has_branched(env, d, behind);
    if (branched) {
        x86_story_enter(env, x86_pc(env));
    }
    if (branched && unlikely(env->msr_debugctl)) {
        x86_debug_branch(env, from);
    }
    if (single_steps(env, d, tf, branched)) {
        x86_note_debug_trap(env, DR6_BS);
    }
    /* A load of SS holds back other traps like interrupts, so that ESP can be loaded with it. */
    if (env->dr6_pending && !loads_ss(d)) {
        take_pending_traps(env);
    }
    if (unlikely(cs->singlestep_enabled)) {
        x86_exit_with(env, EXCP_DEBUG);
    }
}

void x86_step(CPUX86State *env)
{
    uint64_t pc = x86_pc(env);
    const X86InsnBlock *b;
    DecodedInsn d;

    /* By translated code, or a software interrupt behind a load of SS. */
    if (env->dr6_pending && !(env->hflags & HF_INHIBIT_IRQ)) {
        take_pending_traps(env);
        return;
    }
    check_breakpoints(env, pc);
    b = x86_insn_block(env);
    if (b) {
        /* A copy: the instruction may overwrite itself, and the cache with it. */
        d = b->insn[0];
    } else {
        x86_fetch_insn(env, &d);
    }
    run_one(env, &d);
}

X86_NO_VECTOR bool x86_needs_care(const CPUX86State *env)
{
    const CPUState *cs = &((const X86CPU *)container_of(env, X86CPU, env))->parent_obj;

    return (env->hflags & (HF_TF | HF_INHIBIT_IRQ)) || (env->eflags & RF_MASK) ||
           (env->dr[7] & 0xff) || env->dr6_pending || (env->msr_debugctl & DEBUGCTL_LBR) ||
           cs->singlestep_enabled ||
           (!cs->accel->heeds_debugger &&
            (!QTAILQ_EMPTY(&cs->breakpoints) || !QTAILQ_EMPTY(&cs->watchpoints)));
}

/* ---- the interpreter ---- */

static void log_exec(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);
    FILE *f;

    if (!qemu_log_in_addr_range(x86_pc(env))) {
        return;
    }
    qemu_log_mask(CPU_LOG_EXEC, "Trace %d: [%016" PRIx64 "/%08x]\n", cs->cpu_index, x86_pc(env),
                  env->hflags);
    if (qemu_loglevel_mask(CPU_LOG_TB_CPU)) {
        f = qemu_log_trylock();
        if (f) {
            cpu_dump_state(cs, f, qemu_loglevel_mask(CPU_LOG_TB_FPU) ? CPU_DUMP_FPU : 0);
            qemu_log_unlock(f);
        }
    }
}

/* Runs a block; stops early at whatever changes the mode, the flow or the code. */
static void run_block(CPUX86State *env, const X86InsnBlock *b)
{
    CPUState *cs = env_cpu(env);
    const DecodedInsn *d = b->insn, *end = d + b->count;
    const X86CodeTrack *track = b->track;
    uint32_t hflags = env->hflags, gen = b->gen;

    for (; d < end && !x86_out_of_budget(cs); d++) {
        uint64_t next = x86_eip_after(env, d->len);

        env->next_eip = next;
        x86_run_insn(env, d);
        x86_count_insn(env, d, env->eip);
        env->eip = env->next_eip;
        if (unlikely(env->next_eip != next || env->hflags != hflags ||
                     qatomic_read(&track->gen) != gen)) {
            break;
        }
    }
}

void x86_interpret(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);
    uint32_t req;
    bool ends;

    do {
        const X86InsnBlock *b = x86_insn_block(env);

        if (unlikely(qemu_loglevel_mask(CPU_LOG_EXEC | CPU_LOG_TB_CPU))) {
            log_exec(env);
        }
        if (unlikely(!b)) {
            x86_step(env);
            return;
        }
        x86_story_enter(env, b->pc);
        ends = b->ends;
        run_block(env, b);
        req = qatomic_read(&cs->interrupt_request);
    } while (!ends && !qatomic_read(&cs->exit_request) && likely(!req) && !x86_out_of_budget(cs));
}

void x86_interpret_one(CPUX86State *env)
{
    if (unlikely(qemu_loglevel_mask(CPU_LOG_EXEC | CPU_LOG_TB_CPU))) {
        log_exec(env);
    }
    x86_step(env);
}

/* ---- the loop ---- */

/* exception_index asks for something: true if the loop is to end with *ret. */
static bool handle_exception(CPUX86State *env, int *ret)
{
    CPUState *cs = env_cpu(env);

    if (cs->exception_index < 0) {
        return false;
    }
    if (cs->exception_index >= EXCP_INTERRUPT) {
        *ret = cs->exception_index;
        cs->exception_index = -1;
        /* HLT and MWAIT leave the loop when they are done: a debugger's step ends there. */
        if (unlikely(cs->singlestep_enabled) && (*ret == EXCP_HLT || *ret == EXCP_YIELD)) {
            *ret = EXCP_DEBUG;
        }
        return true;
    }
    if (unlikely(x86_svm_is_continuation(cs->exception_index))) {
        int what = cs->exception_index;

        cs->exception_index = -1;
        x86_svm_continue(env, what);
        return false;
    }
    if (!x86_take_exception(env)) {
        *ret = EXCP_HLT;
        return true;
    }
    /* A debugger's step ends at the handler, not behind its first instruction. */
    if (unlikely(cs->singlestep_enabled)) {
        *ret = EXCP_DEBUG;
        return true;
    }
    return false;
}

/* Requests from others: true if the loop is to end with *ret. */
static bool handle_requests(CPUX86State *env, int *ret)
{
    CPUState *cs = env_cpu(env);
    uint32_t req;

    if (unlikely(qatomic_read(&env->tlb->full_flush_pending))) {
        qatomic_set_mb(&env->tlb->full_flush_pending, false);
        x86_tlb_flush_all(env);
        x86_insn_cache_clear(cs->accel->cache);
    }
    if (unlikely(env->dr6_pending & X86_PENDING_GDB_WATCH)) {
        /* From translated code, whose instructions are not looked at one by one. */
        env->dr6_pending &= ~X86_PENDING_GDB_WATCH;
        *ret = EXCP_DEBUG;
        return true;
    }
    req = x86_visible_requests(cs);
    if (unlikely(req) && x86_event_deliverable(env, req)) {
        if (req & (CPU_INTERRUPT_DEBUG | CPU_INTERRUPT_HALT)) {
            cpu_reset_interrupt(cs, CPU_INTERRUPT_DEBUG | CPU_INTERRUPT_HALT);
            cs->halted |= req & CPU_INTERRUPT_HALT ? 1 : 0;
            *ret = req & CPU_INTERRUPT_DEBUG ? EXCP_DEBUG : EXCP_HLT;
            return true;
        }
        if (x86_take_events(env) && unlikely(cs->singlestep_enabled)) {
            *ret = EXCP_DEBUG;
            return true;
        }
        if (cs->halted) {
            *ret = EXCP_HALTED;
            return true;
        }
    }
    if (unlikely(qatomic_read(&cs->exit_request)) || x86_out_of_budget(cs)) {
        *ret = EXCP_INTERRUPT;
        return true;
    }
    return false;
}

/* A halted processor stays so unless something wakes it. */
static bool still_halted(CPUState *cs)
{
    CPUX86State *env = cpu_env(cs);

    if (!cs->halted) {
        return false;
    }
    if (cpu_test_interrupt(cs, CPU_INTERRUPT_POLL)) {
        bql_lock();
        cpu_reset_interrupt(cs, CPU_INTERRUPT_POLL);
        apic_poll_irq(env->apic_state);
        bql_unlock();
    }
    if (!cpu_has_work(cs)) {
        return true;
    }
    cs->halted = 0;
    x86_mwait_end(env);
    return false;
}

static int run_loop(CPUState *cs)
{
    CPUX86State *env = cpu_env(cs);
    int ret = EXCP_INTERRUPT;

    sigsetjmp(cs->jmp_env, 0);
    /* A device or delivery that was left in the middle may have held it. */
    if (unlikely(bql_locked())) {
        bql_unlock();
    }
    for (;;) {
        if (handle_exception(env, &ret) || handle_requests(env, &ret)) {
            return ret;
        }
        if (unlikely(x86_needs_care(env))) {
            x86_step(env);
        } else {
            cs->accel->run(env);
        }
    }
}

int x86_cpu_exec(CPUState *cs)
{
    int ret;

    current_cpu = cs;
    if (still_halted(cs)) {
        return EXCP_HALTED;
    }
    rcu_read_lock();
    cpu_exec_start(cs);
    ret = run_loop(cs);
    cpu_exec_end(cs);
    rcu_read_unlock();
    return ret;
}

static void atomic_step(CPUState *cs)
{
    if (sigsetjmp(cs->jmp_env, 0) == 0) {
        x86_step(cpu_env(cs));
    }
    if (bql_locked()) {
        bql_unlock();
    }
}

void x86_cpu_exec_atomic(CPUState *cs)
{
    current_cpu = cs;
    start_exclusive();
    rcu_read_lock();
    /* What it raises stays in exception_index for the next round of the loop. */
    atomic_step(cs);
    rcu_read_unlock();
    end_exclusive();
}
