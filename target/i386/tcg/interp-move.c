/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interpreter: data movement, extension, addresses, flags as data (SDM vol. 2).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/interp-int.h"

void interp_mov(CPUX86State *env, const DecodedInsn *d)
{
    x86_put(env, d, 0, x86_get(env, d, 1));
}

void interp_movzx(CPUX86State *env, const DecodedInsn *d)
{
    x86_put(env, d, 0, x86_get(env, d, 1));
}

void interp_movsx(CPUX86State *env, const DecodedInsn *d)
{
    x86_put(env, d, 0, x86_sext(x86_get(env, d, 1), d->opnd[1].size));
}

static uint64_t byte_swap(uint64_t val, unsigned size)
{
    return bswap64(val) >> (64 - 8 * size);
}

void interp_movbe(CPUX86State *env, const DecodedInsn *d)
{
    x86_put(env, d, 0, byte_swap(x86_get(env, d, 1), d->opnd[0].size));
}

/* With 16 bits the result is undefined: processors clear the word. */
void interp_bswap(CPUX86State *env, const DecodedInsn *d)
{
    unsigned size = d->opnd[0].size;

    x86_put(env, d, 0, size == 2 ? 0 : byte_swap(x86_get(env, d, 0), size));
}

void interp_lea(CPUX86State *env, const DecodedInsn *d)
{
    x86_put(env, d, 0, x86_mem_ea(env, d));
}

void interp_xlat(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t ea = env->regs[R_EBX] + (env->regs[R_EAX] & 0xff);

    x86_set_reg(env, R_EAX, x86_ld8(env, d->mem.seg, ea & x86_mask(d->addrsize)), 1);
}

void interp_cbw(CPUX86State *env, const DecodedInsn *d)
{
    x86_set_reg(env, R_EAX, x86_sext(env->regs[R_EAX], d->opsize / 2), d->opsize);
}

void interp_cwd(CPUX86State *env, const DecodedInsn *d)
{
    x86_set_reg(env, R_EDX, x86_sext(env->regs[R_EAX], d->opsize) < 0 ? UINT64_MAX : 0, d->opsize);
}

void interp_setcc(CPUX86State *env, const DecodedInsn *d)
{
    x86_put(env, d, 0, x86_cond_holds(env->eflags, d->cond));
}

/* The source is read, and a 32-bit destination cleared above, in any case. */
void interp_cmovcc(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t b = x86_get(env, d, 1);

    x86_put(env, d, 0, x86_cond_holds(env->eflags, d->cond) ? b : x86_get(env, d, 0));
}

/* ---- flags ---- */

#define AH_FLAGS (CC_S | CC_Z | CC_A | CC_P | CC_C)

void interp_lahf(CPUX86State *env, const DecodedInsn *d)
{
    x86_set_reg_hi(env, R_EAX, (env->eflags & AH_FLAGS) | EFLAGS_FIXED);
}

void interp_sahf(CPUX86State *env, const DecodedInsn *d)
{
    x86_set_flags(env, AH_FLAGS, env->regs[R_EAX] >> 8 & AH_FLAGS);
}

void interp_salc(CPUX86State *env, const DecodedInsn *d)
{
    x86_set_reg(env, R_EAX, env->eflags & CC_C ? 0xff : 0, 1);
}

void interp_clc(CPUX86State *env, const DecodedInsn *d)
{
    x86_set_flags(env, CC_C, 0);
}

void interp_stc(CPUX86State *env, const DecodedInsn *d)
{
    x86_set_flags(env, CC_C, CC_C);
}

void interp_cmc(CPUX86State *env, const DecodedInsn *d)
{
    env->eflags ^= CC_C;
}

void interp_cld(CPUX86State *env, const DecodedInsn *d)
{
    x86_set_flags(env, DF_MASK, 0);
}

void interp_std(CPUX86State *env, const DecodedInsn *d)
{
    x86_set_flags(env, DF_MASK, DF_MASK);
}
