/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MONITOR and MWAIT. SDM volume 2 at these, volume 3, 9.10.4.
 *
 * A processor that waits sleeps. A store to the monitored line is noticed the way
 * that a store to translated code is: the line is covered (code-track.h), so the
 * store takes the slow path on whatever vCPU or device makes it. Where that cannot
 * be done MWAIT ends at once, which it may do for any reason.
 *
 * env->monitor_armed stays set while the processor sleeps in MWAIT.
 */
#include "qemu/osdep.h"
#include "hw/core/cpu.h"
#include "target/i386/tcg/access.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/tlb.h"

#define LINE_SIZE 64u

/* The CPUID leaf 5 line that holds @lin, which has just been read; NULL: not in RAM. */
static X86CodeTrack *track_of(CPUX86State *env, uint64_t lin, unsigned *offset)
{
    int idx = x86_mmu_index(env);
    const X86TLBEntry *e = x86_tlb_fill(env, lin, idx, MMU_DATA_LOAD, true);
    ram_addr_t page = e ? x86_tlb_info(env, idx, e)->ram_addr : RAM_ADDR_INVALID;

    *offset = lin & ~TARGET_PAGE_MASK & ~(uint64_t)(LINE_SIZE - 1);
    return page == RAM_ADDR_INVALID ? NULL : x86_code_track(page);
}

static uint64_t linear(CPUX86State *env, const DecodedInsn *d, uint64_t ea)
{
    uint64_t base = env->segs[d->mem.seg].base;

    if (env->hflags & HF_CS64) {
        return d->mem.seg >= R_FS ? base + ea : ea;
    }
    return (uint32_t)(base + ea);
}

static void require_enabled(CPUX86State *env)
{
    if (x86_cpl(env) != 0 || !(env->msr_misc_enable & MSR_IA32_MISC_ENABLE_MWAIT)) {
        raise_exception(env, EXCP06_ILLOP);
    }
}

void interp_monitor(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t ea = x86_mem_ea(env, d);
    X86CodeTrack *t;
    unsigned offset;

    require_enabled(env);
    if ((uint32_t)env->regs[R_ECX] != 0) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    x86_ld8(env, d->mem.seg, ea);
    x86_mwait_end(env);
    t = track_of(env, linear(env, d, ea), &offset);
    if (t) {
        /* What is stored before the line is covered, the guest sees when it looks again. */
        env->monitor_gen = x86_code_gen(t);
        x86_code_cover(t, offset, LINE_SIZE);
    }
    qatomic_set(&env->monitor_track, t);
    env->monitor_armed = true;
}

void x86_mwait_end(CPUX86State *env)
{
    env->monitor_armed = false;
    env->mwait_irq = false;
    qatomic_set(&env->monitor_track, NULL);
    qatomic_set(&env->monitor_hit, false);
}

/* Bit 0 of ECX: interrupts end the wait even if they are masked. */
#define MWAIT_IRQ 1u

void interp_mwait(CPUX86State *env, const DecodedInsn *d)
{
    CPUState *cs = env_cpu(env);
    X86CodeTrack *t = env->monitor_track;
    uint32_t ext = env->regs[R_ECX];

    require_enabled(env);
    if (ext > MWAIT_IRQ) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    /* A trap that is due behind the instruction ends the wait before it begins. */
    if (env->monitor_armed && t && !(env->hflags & HF_TF) && !env->dr6_pending &&
        !(ext & MWAIT_IRQ && qatomic_read(&cs->interrupt_request)) &&
        x86_code_sleep_on(t, env->monitor_gen)) {
        env->mwait_irq = ext & MWAIT_IRQ;
        x86_halt(env);
    }
    x86_mwait_end(env);
    if (!t) {
        x86_leave_behind(env, EXCP_YIELD);
    }
}

void x86_mwait_wake(X86CodeTrack *t)
{
    CPUState *cs;

    CPU_FOREACH (cs) {
        CPUX86State *env = cpu_env(cs);

        if (qatomic_read(&env->monitor_track) == t) {
            qatomic_set(&env->monitor_hit, true);
            qemu_cpu_kick(cs);
        }
    }
}
