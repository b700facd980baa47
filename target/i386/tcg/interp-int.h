/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the integer operations of the interpreter are written with: operands,
 * flags, read-modify-write.
 *
 * Flags that the architecture leaves undefined get the values that AMD
 * processors since Zen give them (measured), as far as they are stated here.
 */
#ifndef I386_TCG_INTERP_INT_H
#define I386_TCG_INTERP_INT_H

#include "target/i386/tcg/access.h"
#include "target/i386/tcg/interp.h"

/* ---- numbers ---- */

static inline uint64_t x86_mask(unsigned size)
{
    return UINT64_MAX >> (64 - 8 * size);
}

static inline uint64_t x86_sign_bit(unsigned size)
{
    return 1ull << (8 * size - 1);
}

static inline int64_t x86_sext(uint64_t val, unsigned size)
{
    unsigned shift = 64 - 8 * size;

    return (int64_t)(val << shift) >> shift;
}

/* ---- registers ---- */

static inline uint64_t x86_reg(const CPUX86State *env, unsigned reg, unsigned size)
{
    return env->regs[reg] & x86_mask(size);
}

/* Bytes and words keep the rest of the register, doublewords clear it. */
static inline void x86_set_reg(CPUX86State *env, unsigned reg, uint64_t val, unsigned size)
{
    if (size >= 4) {
        env->regs[reg] = val & x86_mask(size);
    } else {
        env->regs[reg] = (env->regs[reg] & ~x86_mask(size)) | (val & x86_mask(size));
    }
}

static inline void x86_set_reg_hi(CPUX86State *env, unsigned reg, uint64_t val)
{
    env->regs[reg] = (env->regs[reg] & ~0xff00ull) | (val & 0xff) << 8;
}

/* ---- operands ---- */

/* Zero-extended value of operand @i; an immediate is cut to the size of operand 0. */
static inline uint64_t x86_get(CPUX86State *env, const DecodedInsn *d, int i)
{
    const X86Operand *o = &d->opnd[i];

    switch (o->kind) {
    case OPND_GPR:
        return x86_reg(env, o->reg, o->size);
    case OPND_GPR_HI:
        return env->regs[o->reg] >> 8 & 0xff;
    case OPND_MEM:
        return x86_ldn(env, d->mem.seg, x86_mem_ea(env, d), o->size);
    case OPND_ONE:
        return 1;
    default:
        return d->imm;
    }
}

static inline void x86_put(CPUX86State *env, const DecodedInsn *d, int i, uint64_t val)
{
    const X86Operand *o = &d->opnd[i];

    switch (o->kind) {
    case OPND_GPR:
        x86_set_reg(env, o->reg, val, o->size);
        break;
    case OPND_GPR_HI:
        x86_set_reg_hi(env, o->reg, val);
        break;
    default:
        x86_stn(env, d->mem.seg, x86_mem_ea(env, d), val, o->size);
        break;
    }
}

/*
 * A read-modify-write of operand 0: x86_rmw_begin() gives the old value and has
 * raised all faults, x86_rmw_end() stores the new one. Not for LOCK.
 */
typedef struct X86Rmw {
    void *host; /* memory that is plain RAM */
    uint64_t ea;
} X86Rmw;

static inline uint64_t x86_host_ld(const void *p, unsigned size)
{
    switch (size) {
    case 1:
        return ldub_p(p);
    case 2:
        return lduw_le_p(p);
    case 4:
        return (uint32_t)ldl_le_p(p);
    default:
        return ldq_le_p(p);
    }
}

static inline void x86_host_st(void *p, uint64_t val, unsigned size)
{
    switch (size) {
    case 1:
        stb_p(p, val);
        break;
    case 2:
        stw_le_p(p, val);
        break;
    case 4:
        stl_le_p(p, val);
        break;
    default:
        stq_le_p(p, val);
        break;
    }
}

static inline uint64_t x86_rmw_begin_mem(CPUX86State *env, int seg, uint64_t ea, unsigned size,
                                         X86Rmw *m)
{
    m->ea = ea;
    m->host = x86_mem_probe(env, seg, ea, size, OPND_RW);
    if (m->host) {
        return x86_host_ld(m->host, size);
    }
    x86_probe_write(env, seg, ea, size);
    return x86_ldn(env, seg, ea, size);
}

static inline void x86_rmw_end_mem(CPUX86State *env, int seg, uint64_t val, unsigned size,
                                   const X86Rmw *m)
{
    if (m->host) {
        x86_host_st(m->host, val, size);
    } else {
        x86_stn(env, seg, m->ea, val, size);
    }
}

static inline uint64_t x86_rmw_begin(CPUX86State *env, const DecodedInsn *d, X86Rmw *m)
{
    if (d->opnd[0].kind != OPND_MEM) {
        *m = (X86Rmw){0};
        return x86_get(env, d, 0);
    }
    return x86_rmw_begin_mem(env, d->mem.seg, x86_mem_ea(env, d), d->opnd[0].size, m);
}

static inline void x86_rmw_end(CPUX86State *env, const DecodedInsn *d, uint64_t val,
                               const X86Rmw *m)
{
    if (d->opnd[0].kind != OPND_MEM) {
        x86_put(env, d, 0, val);
    } else {
        x86_rmw_end_mem(env, d->mem.seg, val, d->opnd[0].size, m);
    }
}

static inline bool x86_locked(const DecodedInsn *d)
{
    return d->prefixes & X86_PFX_LOCK;
}

/* ---- flags ---- */

static inline void x86_set_flags(CPUX86State *env, uint32_t mask, uint32_t val)
{
    env->eflags = (env->eflags & ~(uint64_t)mask) | val;
}

static inline uint32_t x86_flag(uint32_t flag, bool set)
{
    return set ? flag : 0;
}

/* SF, ZF and PF of a result of @size bytes (cut to it). */
static inline uint32_t x86_flags_szp(uint64_t res, unsigned size)
{
    return x86_flag(CC_S, res & x86_sign_bit(size)) | x86_flag(CC_Z, res == 0) |
           x86_flag(CC_P, !__builtin_parity(res & 0xff));
}

static inline bool x86_cond_holds(uint64_t fl, unsigned cond)
{
    bool r;

    switch (cond >> 1) {
    case 0:
        r = fl & CC_O;
        break;
    case 1:
        r = fl & CC_C;
        break;
    case 2:
        r = fl & CC_Z;
        break;
    case 3:
        r = fl & (CC_C | CC_Z);
        break;
    case 4:
        r = fl & CC_S;
        break;
    case 5:
        r = fl & CC_P;
        break;
    case 6:
        r = !(fl & CC_S) != !(fl & CC_O);
        break;
    default:
        r = (!(fl & CC_S) != !(fl & CC_O)) || (fl & CC_Z);
        break;
    }
    return r != (cond & 1);
}

/* All six of a + b + carry = res. */
static inline uint32_t x86_flags_add(uint64_t a, uint64_t b, uint64_t res, unsigned size,
                                     bool carry)
{
    bool c = carry ? res <= a : res < a;

    return x86_flags_szp(res, size) | x86_flag(CC_C, c) | ((a ^ b ^ res) & CC_A) |
           x86_flag(CC_O, (a ^ res) & (b ^ res) & x86_sign_bit(size));
}

/* All six of a - b - borrow = res. */
static inline uint32_t x86_flags_sub(uint64_t a, uint64_t b, uint64_t res, unsigned size,
                                     bool borrow)
{
    bool c = borrow ? a <= b : a < b;

    return x86_flags_szp(res, size) | x86_flag(CC_C, c) | ((a ^ b ^ res) & CC_A) |
           x86_flag(CC_O, (a ^ b) & (a ^ res) & x86_sign_bit(size));
}

#endif
