/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFLAGS as whole: PUSHF, POPF, CLI, STI, STAC, CLAC with the rules of IOPL,
 * virtual-8086 mode extensions (VME) and protected-mode virtual interrupts.
 * SDM volume 2 at these instructions, volume 3, 20.3.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/seg.h"

#define FLAGS_ANY (CC_ALL | TF_MASK | DF_MASK | NT_MASK | AC_MASK | ID_MASK)

static unsigned iopl(const CPUX86State *env)
{
    return (env->eflags & IOPL_MASK) >> IOPL_SHIFT;
}

void x86_write_eflags(CPUX86State *env, uint64_t val, uint64_t mask)
{
    env->eflags = (env->eflags & ~mask) | (val & mask) | EFLAGS_FIXED;
    x86_update_hflags(env);
}

uint64_t x86_pushf_image(CPUX86State *env, unsigned size)
{
    uint64_t image = env->eflags & ~(uint64_t)(VM_MASK | RF_MASK);

    if ((env->hflags & HF_VM) && iopl(env) < 3) {
        if (!(env->cr[4] & CR4_VME_MASK) || size != 2) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
        /* The virtual interrupt flag shows as IF, and IOPL as 3. */
        image = (image & ~(uint64_t)IF_MASK) | IOPL_MASK;
        if (env->eflags & VIF_MASK) {
            image |= IF_MASK;
        }
    }
    return image;
}

/* POPF in virtual-8086 mode with IOPL < 3: only with VME, 16 bits wide. */
static void popf_vme(CPUX86State *env, uint64_t val)
{
    if (!(env->cr[4] & CR4_VME_MASK) || (val & TF_MASK) ||
        ((val & IF_MASK) && (env->eflags & VIP_MASK))) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    val = (val & ~(uint64_t)VIF_MASK) | (val & IF_MASK ? VIF_MASK : 0);
    x86_write_eflags(env, val, ((FLAGS_ANY & 0xffff) | VIF_MASK));
}

void x86_popf(CPUX86State *env, uint64_t val, unsigned size)
{
    uint64_t mask = FLAGS_ANY | RF_MASK;

    if ((env->hflags & HF_VM) && iopl(env) < 3) {
        if (size != 2) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
        popf_vme(env, val);
        return;
    }
    if (x86_cpl(env) == 0 && !(env->hflags & HF_VM)) {
        mask |= IOPL_MASK | IF_MASK;
    } else if (x86_cpl(env) <= iopl(env)) {
        mask |= IF_MASK;
    }
    if (size == 2) {
        mask &= 0xffff;
    }
    x86_write_eflags(env, val & ~(uint64_t)RF_MASK, mask);
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
