/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fast system calls, FS and GS bases. SDM volume 2: SYSCALL, SYSRET, SYSENTER,
 * SYSEXIT, SWAPGS, RDFSBASE and its siblings; AMD64 APM volume 2, 6.1 (legacy
 * mode SYSCALL, which Intel processors do not have).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/seg.h"

#define FLAT (DESC_G_MASK | DESC_P_MASK | DESC_S_MASK | DESC_A_MASK)

static void set_flat_code(CPUX86State *env, unsigned sel, unsigned dpl, uint32_t mode)
{
    x86_set_seg(env, R_CS, sel, 0, UINT32_MAX,
                FLAT | DESC_CS_MASK | DESC_R_MASK | (dpl << DESC_DPL_SHIFT) | mode);
}

static void set_flat_stack(CPUX86State *env, unsigned sel, unsigned dpl)
{
    x86_set_seg(env, R_SS, sel, 0, UINT32_MAX,
                FLAT | DESC_B_MASK | DESC_W_MASK | (dpl << DESC_DPL_SHIFT));
}

void interp_syscall(CPUX86State *env, const DecodedInsn *d)
{
    unsigned sel = (env->star >> 32) & 0xfffc;

    if (!(env->efer & MSR_EFER_SCE) || !(env->hflags & HF_PE) || (env->hflags & HF_VM)) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if (x86_long_mode(env)) {
        bool code64 = env->hflags & HF_CS64;

        env->regs[R_ECX] = env->next_eip;
        env->regs[R_R11] = env->eflags & ~(uint64_t)RF_MASK;
        set_flat_code(env, sel, 0, DESC_L_MASK);
        set_flat_stack(env, sel + 8, 0);
        env->next_eip = code64 ? env->lstar : env->cstar;
        x86_write_eflags(env, 0, env->fmask | RF_MASK);
    } else {
        env->regs[R_ECX] = (uint32_t)env->next_eip;
        set_flat_code(env, sel, 0, DESC_B_MASK);
        set_flat_stack(env, sel + 8, 0);
        env->next_eip = (uint32_t)env->star;
        x86_write_eflags(env, 0, IF_MASK | RF_MASK | VM_MASK);
    }
}

void interp_sysret(CPUX86State *env, const DecodedInsn *d)
{
    unsigned sel = (env->star >> 48) & 0xffff;

    if (!(env->efer & MSR_EFER_SCE) || !(env->hflags & HF_PE) || (env->hflags & HF_VM)) {
        raise_exception(env, EXCP06_ILLOP);
    }
    x86_require_cpl0(env);
    if (x86_long_mode(env)) {
        uint64_t flags = CC_ALL | TF_MASK | IF_MASK | DF_MASK | IOPL_MASK | NT_MASK | AC_MASK |
                         VIF_MASK | VIP_MASK | ID_MASK | RF_MASK;

        if (d->opsize == 8) {
            if (!x86_is_canonical(env, env->regs[R_ECX])) {
                raise_exception_err(env, EXCP0D_GPF, 0);
            }
            set_flat_code(env, (sel + 16) | 3, 3, DESC_L_MASK);
            env->next_eip = env->regs[R_ECX];
        } else {
            set_flat_code(env, sel | 3, 3, DESC_B_MASK);
            env->next_eip = (uint32_t)env->regs[R_ECX];
        }
        set_flat_stack(env, (sel + 8) | 3, 3);
        x86_write_eflags(env, env->regs[R_R11] & ~(uint64_t)RF_MASK, flags);
        if (env->eflags & TF_MASK) {
            /* It counts for this very instruction, even where nobody looked for a trap. */
            x86_note_debug_trap(env, DR6_BS);
        }
    } else {
        set_flat_code(env, sel | 3, 3, DESC_B_MASK);
        set_flat_stack(env, (sel + 8) | 3, 3);
        env->next_eip = (uint32_t)env->regs[R_ECX];
        x86_write_eflags(env, IF_MASK, IF_MASK);
    }
}

void interp_sysenter(CPUX86State *env, const DecodedInsn *d)
{
    unsigned sel = env->sysenter_cs & 0xfffc;
    bool lm = x86_long_mode(env);

    if (!(env->hflags & HF_PE) || sel == 0) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    set_flat_code(env, sel, 0, lm ? DESC_L_MASK : DESC_B_MASK);
    set_flat_stack(env, sel + 8, 0);
    env->regs[R_ESP] = lm ? env->sysenter_esp : (uint32_t)env->sysenter_esp;
    env->next_eip = lm ? env->sysenter_eip : (uint32_t)env->sysenter_eip;
    x86_write_eflags(env, 0, VM_MASK | IF_MASK | RF_MASK);
}

void interp_sysexit(CPUX86State *env, const DecodedInsn *d)
{
    unsigned sel = env->sysenter_cs & 0xfffc;

    if (!(env->hflags & HF_PE) || sel == 0 || x86_cpl(env) != 0) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    if (d->opsize == 8) {
        if (!x86_is_canonical(env, env->regs[R_ECX]) || !x86_is_canonical(env, env->regs[R_EDX])) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
        set_flat_code(env, (sel + 32) | 3, 3, DESC_L_MASK);
        set_flat_stack(env, (sel + 40) | 3, 3);
        env->regs[R_ESP] = env->regs[R_ECX];
        env->next_eip = env->regs[R_EDX];
    } else {
        set_flat_code(env, (sel + 16) | 3, 3, DESC_B_MASK);
        set_flat_stack(env, (sel + 24) | 3, 3);
        env->regs[R_ESP] = (uint32_t)env->regs[R_ECX];
        env->next_eip = (uint32_t)env->regs[R_EDX];
    }
    x86_update_hflags(env);
}

/* ---- FS and GS bases ---- */

void interp_swapgs(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t base = env->segs[R_GS].base;

    x86_require_cpl0(env);
    env->segs[R_GS].base = env->kernelgsbase;
    env->kernelgsbase = base;
}

static void require_fsgsbase(CPUX86State *env)
{
    if (!(env->cr[4] & CR4_FSGSBASE_MASK)) {
        raise_exception(env, EXCP06_ILLOP);
    }
}

static void read_base(CPUX86State *env, const DecodedInsn *d, int seg)
{
    uint64_t base = env->segs[seg].base;

    require_fsgsbase(env);
    env->regs[d->opnd[0].reg] = d->opsize == 8 ? base : (uint32_t)base;
}

static void write_base(CPUX86State *env, const DecodedInsn *d, int seg)
{
    uint64_t base = env->regs[d->opnd[0].reg];

    require_fsgsbase(env);
    if (d->opsize != 8) {
        base = (uint32_t)base;
    }
    if (!x86_is_canonical(env, base)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    env->segs[seg].base = base;
}

void interp_rdfsbase(CPUX86State *env, const DecodedInsn *d)
{
    read_base(env, d, R_FS);
}

void interp_rdgsbase(CPUX86State *env, const DecodedInsn *d)
{
    read_base(env, d, R_GS);
}

void interp_wrfsbase(CPUX86State *env, const DecodedInsn *d)
{
    write_base(env, d, R_FS);
}

void interp_wrgsbase(CPUX86State *env, const DecodedInsn *d)
{
    write_base(env, d, R_GS);
}
