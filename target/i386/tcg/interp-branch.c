/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interpreter: near branches, calls and returns (SDM vol. 2; vol. 1, 6.4).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/interp-int.h"

/* Cuts @target to the operand size; #GP(0) if it is no address to continue at. */
static uint64_t check_target(CPUX86State *env, const DecodedInsn *d, uint64_t target)
{
    target &= x86_mask(d->opsize);
    if (env->hflags & HF_CS64) {
        if (!x86_is_canonical(env, target)) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
    } else if (target > env->segs[R_CS].limit) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    return target;
}

static inline void jump_relative(CPUX86State *env, const DecodedInsn *d)
{
    env->next_eip = check_target(env, d, env->next_eip + d->imm);
}

void interp_jmp(CPUX86State *env, const DecodedInsn *d)
{
    jump_relative(env, d);
}

void interp_jmp_ind(CPUX86State *env, const DecodedInsn *d)
{
    env->next_eip = check_target(env, d, x86_get(env, d, 0));
}

void interp_jcc(CPUX86State *env, const DecodedInsn *d)
{
    if (x86_cond_holds(env->eflags, d->cond)) {
        jump_relative(env, d);
    }
}

void interp_call(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t target = check_target(env, d, env->next_eip + d->imm);

    x86_push(env, env->next_eip, d->opsize);
    env->next_eip = target;
}

void interp_call_ind(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t target = x86_get(env, d, 0);

    /* A fault of the push comes before one of the target. */
    x86_probe_write(env, R_SS, (env->regs[R_ESP] - d->opsize) & x86_stack_mask(env), d->opsize);
    target = check_target(env, d, target);
    x86_push(env, env->next_eip, d->opsize);
    env->next_eip = target;
}

void interp_ret(CPUX86State *env, const DecodedInsn *d)
{
    env->next_eip = check_target(env, d, x86_peek(env, 0, d->opsize));
    x86_set_rsp(env, env->regs[R_ESP] + d->opsize + (uint16_t)d->imm);
}

/* The count is rCX of the address size, and is written only if the branch does not fault. */
static void loop_while(CPUX86State *env, const DecodedInsn *d, bool cond)
{
    uint64_t count = (env->regs[R_ECX] - 1) & x86_mask(d->addrsize);

    if (count && cond) {
        jump_relative(env, d);
    }
    x86_set_reg(env, R_ECX, count, d->addrsize);
}

void interp_loop(CPUX86State *env, const DecodedInsn *d)
{
    loop_while(env, d, true);
}

void interp_loope(CPUX86State *env, const DecodedInsn *d)
{
    loop_while(env, d, env->eflags & CC_Z);
}

void interp_loopne(CPUX86State *env, const DecodedInsn *d)
{
    loop_while(env, d, !(env->eflags & CC_Z));
}

void interp_jcxz(CPUX86State *env, const DecodedInsn *d)
{
    if (x86_reg(env, R_ECX, d->addrsize) == 0) {
        jump_relative(env, d);
    }
}
