/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interpreter: multiplication, division, decimal adjustment (SDM vol. 2; BCD in
 * vol. 1, 7.3.3).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/interp-int.h"

typedef unsigned __int128 u128;
typedef __int128 i128;

/* CF and OF together; the others, undefined, are left alone. */
static void set_mul_flags(CPUX86State *env, bool overflow)
{
    x86_set_flags(env, CC_C | CC_O, overflow ? CC_C | CC_O : 0);
}

/* The double-width result of a one-operand multiplication. */
static void put_product(CPUX86State *env, u128 prod, unsigned size)
{
    if (size == 1) {
        x86_set_reg(env, R_EAX, prod, 2);
    } else {
        x86_set_reg(env, R_EAX, prod, size);
        x86_set_reg(env, R_EDX, prod >> (8 * size), size);
    }
}

void interp_mul(CPUX86State *env, const DecodedInsn *d)
{
    unsigned size = d->opnd[0].size;
    u128 prod = (u128)x86_reg(env, R_EAX, size) * x86_get(env, d, 0);

    put_product(env, prod, size);
    set_mul_flags(env, prod >> (8 * size));
}

void interp_imul1(CPUX86State *env, const DecodedInsn *d)
{
    unsigned size = d->opnd[0].size;
    i128 prod = (i128)x86_sext(env->regs[R_EAX], size) * x86_sext(x86_get(env, d, 0), size);

    put_product(env, prod, size);
    set_mul_flags(env, prod != x86_sext(prod, size));
}

static void imul_to(CPUX86State *env, const DecodedInsn *d, uint64_t a, uint64_t b)
{
    unsigned size = d->opnd[0].size;
    i128 prod = (i128)x86_sext(a, size) * x86_sext(b, size);

    x86_put(env, d, 0, prod);
    set_mul_flags(env, prod != x86_sext(prod, size));
}

void interp_imul(CPUX86State *env, const DecodedInsn *d)
{
    imul_to(env, d, x86_get(env, d, 0), x86_get(env, d, 1));
}

void interp_imul3(CPUX86State *env, const DecodedInsn *d)
{
    imul_to(env, d, x86_get(env, d, 1), d->imm);
}

/* The low half is written first, so that the high half wins if both are one register. */
void interp_mulx(CPUX86State *env, const DecodedInsn *d)
{
    unsigned size = d->opnd[0].size;
    u128 prod = (u128)x86_reg(env, R_EDX, size) * x86_get(env, d, 2);

    x86_put(env, d, 1, prod);
    x86_put(env, d, 0, prod >> (8 * size));
}

/* All are undefined; AMD sets AF, keeps CF and OF and clears the rest. */
static void set_div_flags(CPUX86State *env)
{
    x86_set_flags(env, CC_S | CC_Z | CC_A | CC_P, CC_A);
}

static u128 dividend(const CPUX86State *env, unsigned size)
{
    if (size == 1) {
        return x86_reg(env, R_EAX, 2);
    }
    return (u128)x86_reg(env, R_EDX, size) << (8 * size) | x86_reg(env, R_EAX, size);
}

static void put_quotient(CPUX86State *env, uint64_t quot, uint64_t rem, unsigned size)
{
    if (size == 1) {
        x86_set_reg(env, R_EAX, (quot & 0xff) | rem << 8, 2);
    } else {
        x86_set_reg(env, R_EAX, quot, size);
        x86_set_reg(env, R_EDX, rem, size);
    }
}

void interp_div(CPUX86State *env, const DecodedInsn *d)
{
    unsigned size = d->opnd[0].size;
    uint64_t div = x86_get(env, d, 0);
    u128 num = dividend(env, size), quot;

    if (div == 0) {
        raise_exception(env, EXCP00_DIVZ);
    }
    quot = num / div;
    if (quot >> (8 * size)) {
        raise_exception(env, EXCP00_DIVZ);
    }
    put_quotient(env, quot, num % div, size);
    set_div_flags(env);
}

void interp_idiv(CPUX86State *env, const DecodedInsn *d)
{
    unsigned size = d->opnd[0].size, shift = 128 - 16 * size;
    int64_t div = x86_sext(x86_get(env, d, 0), size);
    i128 num = (i128)(dividend(env, size) << shift) >> shift, quot;

    /* The smallest dividend over -1 would trap in the host as well. */
    if (div == 0 || (div == -1 && num == (i128)((u128)1 << 127))) {
        raise_exception(env, EXCP00_DIVZ);
    }
    quot = num / div;
    if (quot != x86_sext(quot, size)) {
        raise_exception(env, EXCP00_DIVZ);
    }
    put_quotient(env, quot, num % div, size);
    set_div_flags(env);
}

/* ---- decimal ---- */

static void set_al_flags(CPUX86State *env, uint32_t mask, uint32_t flags)
{
    x86_set_flags(env, mask, flags | x86_flags_szp(env->regs[R_EAX] & 0xff, 1));
}

static void decimal_adjust(CPUX86State *env, int sign)
{
    uint8_t al = env->regs[R_EAX], old = al;
    bool cf = env->eflags & CC_C, af = env->eflags & CC_A, new_cf = false;

    if ((al & 15) > 9 || af) {
        new_cf = cf || (sign > 0 ? old > 0xff - 6 : old < 6);
        al += sign * 6;
        af = true;
    }
    if (old > 0x99 || cf) {
        al += sign * 0x60;
        new_cf = true;
    }
    x86_set_reg(env, R_EAX, al, 1);
    set_al_flags(env, CC_ALL, x86_flag(CC_C, new_cf) | x86_flag(CC_A, af));
}

void interp_daa(CPUX86State *env, const DecodedInsn *d)
{
    decimal_adjust(env, 1);
}

void interp_das(CPUX86State *env, const DecodedInsn *d)
{
    decimal_adjust(env, -1);
}

static void ascii_adjust(CPUX86State *env, int sign)
{
    uint16_t ax = env->regs[R_EAX];
    bool adjust = (ax & 15) > 9 || (env->eflags & CC_A);

    if (adjust) {
        ax += sign * 0x106;
    }
    x86_set_reg(env, R_EAX, ax & 0xff0f, 2);
    set_al_flags(env, CC_ALL, adjust ? CC_C | CC_A : 0);
}

void interp_aaa(CPUX86State *env, const DecodedInsn *d)
{
    ascii_adjust(env, 1);
}

void interp_aas(CPUX86State *env, const DecodedInsn *d)
{
    ascii_adjust(env, -1);
}

void interp_aam(CPUX86State *env, const DecodedInsn *d)
{
    uint8_t al = env->regs[R_EAX], base = d->imm;

    if (base == 0) {
        raise_exception(env, EXCP00_DIVZ);
    }
    x86_set_reg(env, R_EAX, al % base | al / base << 8, 2);
    set_al_flags(env, CC_ALL, 0);
}

void interp_aad(CPUX86State *env, const DecodedInsn *d)
{
    uint8_t al = env->regs[R_EAX], ah = env->regs[R_EAX] >> 8;

    x86_set_reg(env, R_EAX, (uint8_t)(al + ah * (uint8_t)d->imm), 2);
    set_al_flags(env, CC_ALL, 0);
}
