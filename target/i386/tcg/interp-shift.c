/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interpreter: shifts and rotates (SDM vol. 2, "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR",
 * "SHLD", "SHRD").
 *
 * Beyond a count of one, OF and AF are undefined. Here, as on AMD processors, OF
 * is what it would be if the last bit had been shifted alone, and AF is set.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/interp-int.h"

typedef enum ShiftOp {
    SHIFT_ROL,
    SHIFT_ROR,
    SHIFT_RCL,
    SHIFT_RCR,
    SHIFT_SHL,
    SHIFT_SHR,
    SHIFT_SAR,
} ShiftOp;

typedef struct Shift {
    unsigned size, bits;
    bool cf; /* in and out */
} Shift;

static bool bit_at(uint64_t val, unsigned n)
{
    return n < 64 && (val >> n & 1);
}

static uint64_t rotate_left(uint64_t a, unsigned n, const Shift *s)
{
    n %= s->bits;
    return n ? (a << n | a >> (s->bits - n)) & x86_mask(s->size) : a;
}

/* Left rotation by @n (below bits + 1) of the number with CF above it. */
static uint64_t rotate_carry_left(uint64_t a, unsigned n, Shift *s)
{
    uint64_t res;

    if (n == 0) {
        return a;
    }
    res = n < 64 ? a << n : 0;
    res |= (uint64_t)s->cf << (n - 1);
    if (n > 1) {
        res |= a >> (s->bits + 1 - n);
    }
    s->cf = bit_at(a, s->bits - n);
    return res & x86_mask(s->size);
}

/* Result of shifting @a by @n, which is not 0; s->cf is updated. */
static uint64_t shift(ShiftOp op, uint64_t a, unsigned n, Shift *s)
{
    uint64_t res;

    switch (op) {
    case SHIFT_ROL:
        res = rotate_left(a, n, s);
        s->cf = res & 1;
        return res;
    case SHIFT_ROR:
        res = rotate_left(a, s->bits - n % s->bits, s);
        s->cf = res & x86_sign_bit(s->size);
        return res;
    case SHIFT_RCL:
        return rotate_carry_left(a, n % (s->bits + 1), s);
    case SHIFT_RCR:
        return rotate_carry_left(a, (s->bits + 1 - n % (s->bits + 1)) % (s->bits + 1), s);
    case SHIFT_SHL:
        s->cf = n <= s->bits && bit_at(a, s->bits - n);
        return n < s->bits ? a << n & x86_mask(s->size) : 0;
    case SHIFT_SHR:
        s->cf = bit_at(a, n - 1);
        return n < s->bits ? a >> n : 0;
    default:
        a = x86_sext(a, s->size);
        s->cf = bit_at(a, MIN(n, 64) - 1);
        return (uint64_t)((int64_t)a >> MIN(n, 63)) & x86_mask(s->size);
    }
}

/* OF of a shift to the left: the sign differs from CF; to the right: the two top bits differ. */
static bool shift_overflow(bool left, uint64_t res, const Shift *s)
{
    bool msb = bit_at(res, s->bits - 1);

    return msb != (left ? s->cf : bit_at(res, s->bits - 2));
}

static inline void shift_insn(CPUX86State *env, const DecodedInsn *d, ShiftOp op)
{
    Shift s = {.size = d->opnd[0].size, .bits = d->opnd[0].size * 8, .cf = env->eflags & CC_C};
    unsigned n = x86_get(env, d, 1) & (s.size == 8 ? 63 : 31);
    bool rotate = op <= SHIFT_RCR;
    uint32_t flags;
    uint64_t a, res;
    X86Rmw m;

    a = x86_rmw_begin(env, d, &m);
    if (n == 0) {
        x86_rmw_end(env, d, a, &m);
        return;
    }
    res = shift(op, a, n, &s);
    x86_rmw_end(env, d, res, &m);
    flags = x86_flag(CC_C, s.cf) |
            x86_flag(CC_O, shift_overflow(op == SHIFT_ROL || op == SHIFT_RCL || op == SHIFT_SHL,
                                          res, &s));
    if (rotate) {
        x86_set_flags(env, CC_C | CC_O, flags);
    } else {
        x86_set_flags(env, CC_ALL, flags | CC_A | x86_flags_szp(res, s.size));
    }
}

void interp_rol(CPUX86State *env, const DecodedInsn *d)
{
    shift_insn(env, d, SHIFT_ROL);
}

void interp_ror(CPUX86State *env, const DecodedInsn *d)
{
    shift_insn(env, d, SHIFT_ROR);
}

void interp_rcl(CPUX86State *env, const DecodedInsn *d)
{
    shift_insn(env, d, SHIFT_RCL);
}

void interp_rcr(CPUX86State *env, const DecodedInsn *d)
{
    shift_insn(env, d, SHIFT_RCR);
}

void interp_shl(CPUX86State *env, const DecodedInsn *d)
{
    shift_insn(env, d, SHIFT_SHL);
}

void interp_shr(CPUX86State *env, const DecodedInsn *d)
{
    shift_insn(env, d, SHIFT_SHR);
}

void interp_sar(CPUX86State *env, const DecodedInsn *d)
{
    shift_insn(env, d, SHIFT_SAR);
}

/*
 * A word shifted by more than 16 is undefined; processors shift the source in
 * a second time, and AMD's clear CF.
 */
static uint64_t double_shift(bool left, uint64_t a, uint64_t b, unsigned n, Shift *s)
{
    if (n > s->bits) {
        uint64_t bb = b << s->bits | b;

        s->cf = false;
        n -= s->bits;
        return (left ? bb << n >> s->bits : bb >> n) & x86_mask(s->size);
    }
    s->cf = bit_at(a, left ? s->bits - n : n - 1);
    if (n == s->bits) {
        return b;
    }
    return (left ? a << n | b >> (s->bits - n) : a >> n | b << (s->bits - n)) & x86_mask(s->size);
}

static inline void double_shift_insn(CPUX86State *env, const DecodedInsn *d, bool left)
{
    Shift s = {.size = d->opnd[0].size, .bits = d->opnd[0].size * 8};
    unsigned n = x86_get(env, d, 2) & (s.size == 8 ? 63 : 31);
    uint64_t b = x86_get(env, d, 1), a, res;
    bool of;
    X86Rmw m;

    a = x86_rmw_begin(env, d, &m);
    if (n == 0) {
        x86_rmw_end(env, d, a, &m);
        return;
    }
    res = double_shift(left, a, b, n, &s);
    x86_rmw_end(env, d, res, &m);
    of = left && n >= s.bits ? s.cf : shift_overflow(left, res, &s);
    x86_set_flags(env, CC_ALL,
                  x86_flags_szp(res, s.size) | CC_A | x86_flag(CC_C, s.cf) | x86_flag(CC_O, of));
}

void interp_shld(CPUX86State *env, const DecodedInsn *d)
{
    double_shift_insn(env, d, true);
}

void interp_shrd(CPUX86State *env, const DecodedInsn *d)
{
    double_shift_insn(env, d, false);
}

/* ---- BMI2: no flags ---- */

static unsigned shiftx_count(CPUX86State *env, const DecodedInsn *d)
{
    return x86_get(env, d, 2) & (d->opnd[0].size == 8 ? 63 : 31);
}

void interp_rorx(CPUX86State *env, const DecodedInsn *d)
{
    Shift s = {.size = d->opnd[0].size, .bits = d->opnd[0].size * 8};
    unsigned n = shiftx_count(env, d);

    x86_put(env, d, 0, rotate_left(x86_get(env, d, 1), s.bits - n, &s));
}

void interp_sarx(CPUX86State *env, const DecodedInsn *d)
{
    unsigned n = shiftx_count(env, d);

    x86_put(env, d, 0, x86_sext(x86_get(env, d, 1), d->opnd[0].size) >> n);
}

void interp_shlx(CPUX86State *env, const DecodedInsn *d)
{
    unsigned n = shiftx_count(env, d);

    x86_put(env, d, 0, x86_get(env, d, 1) << n);
}

void interp_shrx(CPUX86State *env, const DecodedInsn *d)
{
    unsigned n = shiftx_count(env, d);

    x86_put(env, d, 0, x86_get(env, d, 1) >> n);
}
