/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CLI, STI, STAC, CLAC with the rules of IOPL, virtual-8086 mode extensions (VME)
 * and protected-mode virtual interrupts. PUSHF and POPF are in interp-stack.c.
 * SDM volume 2 at these instructions, volume 3, 20.3.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/seg.h"

static unsigned iopl(const CPUX86State *env)
{
    return (env->eflags & IOPL_MASK) >> IOPL_SHIFT;
}

void x86_write_eflags(CPUX86State *env, uint64_t val, uint64_t mask)
{
    env->eflags = (env->eflags & ~mask) | (val & mask) | EFLAGS_FIXED;
    x86_update_hflags(env);
}

/* CLI and STI may act on VIF instead of IF. */
static bool uses_vif(const CPUX86State *env)
{
    if (env->hflags & HF_VM) {
        return iopl(env) < 3 && (env->cr[4] & CR4_VME_MASK);
    }
    return x86_cpl(env) == 3 && iopl(env) < 3 && (env->hflags & HF_PE) &&
           (env->cr[4] & CR4_PVI_MASK);
}

void interp_cli(CPUX86State *env, const DecodedInsn *d)
{
    if (uses_vif(env)) {
        env->eflags &= ~(uint64_t)VIF_MASK;
    } else if ((env->hflags & HF_PE) && x86_cpl(env) > iopl(env)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    } else {
        env->eflags &= ~(uint64_t)IF_MASK;
    }
}

void interp_sti(CPUX86State *env, const DecodedInsn *d)
{
    if (uses_vif(env)) {
        if (env->eflags & VIP_MASK) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
        env->eflags |= VIF_MASK;
        return;
    }
    if ((env->hflags & HF_PE) && x86_cpl(env) > iopl(env)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    /* Interrupts stay off for one more instruction, unless they were on already. */
    if (!(env->eflags & IF_MASK)) {
        env->eflags |= IF_MASK;
        env->hflags |= HF_INHIBIT_IRQ;
    }
}

static void set_ac(CPUX86State *env, uint64_t ac)
{
    if (x86_cpl(env) != 0 || !(env->hflags & HF_PE)) {
        raise_exception(env, EXCP06_ILLOP);
    }
    x86_write_eflags(env, ac, AC_MASK);
}

void interp_stac(CPUX86State *env, const DecodedInsn *d)
{
    set_ac(env, AC_MASK);
}

void interp_clac(CPUX86State *env, const DecodedInsn *d)
{
    set_ac(env, 0);
}
