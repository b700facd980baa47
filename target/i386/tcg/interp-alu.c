/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interpreter: addition, subtraction, logic, compare, and exchange operations
 * with their LOCK forms (SDM vol. 2).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/interp-int.h"

typedef enum AluOp {
    ALU_ADD,
    ALU_OR,
    ALU_ADC,
    ALU_SBB,
    ALU_AND,
    ALU_SUB,
    ALU_XOR,
} AluOp;

/* Result and all flags of @a op @b (both cut to @size). */
static inline uint64_t alu(AluOp op, uint64_t a, uint64_t b, bool carry, unsigned size,
                           uint32_t *flags)
{
    uint64_t res, mask = x86_mask(size);

    switch (op) {
    case ALU_ADD:
    case ALU_ADC:
        carry = carry && op == ALU_ADC;
        res = (a + b + carry) & mask;
        *flags = x86_flags_add(a, b, res, size, carry);
        return res;
    case ALU_SUB:
    case ALU_SBB:
        carry = carry && op == ALU_SBB;
        res = (a - b - carry) & mask;
        *flags = x86_flags_sub(a, b, res, size, carry);
        return res;
    case ALU_OR:
        res = a | b;
        break;
    case ALU_AND:
        res = a & b;
        break;
    default:
        res = a ^ b;
        break;
    }
    *flags = x86_flags_szp(res, size);
    return res;
}

static uint64_t alu_locked(CPUX86State *env, const DecodedInsn *d, AluOp op, uint64_t b)
{
    static const uint8_t atomic[] = {
        [ALU_ADD] = X86_ATOMIC_ADD, [ALU_OR] = X86_ATOMIC_OR,   [ALU_ADC] = X86_ATOMIC_ADD,
        [ALU_SBB] = X86_ATOMIC_SUB, [ALU_AND] = X86_ATOMIC_AND, [ALU_SUB] = X86_ATOMIC_SUB,
        [ALU_XOR] = X86_ATOMIC_XOR,
    };

    if (op == ALU_ADC || op == ALU_SBB) {
        b += env->eflags & CC_C;
    }
    return x86_atomic_rmw(env, d->mem.seg, x86_mem_ea(env, d), d->opnd[0].size, atomic[op],
                          b & x86_mask(d->opnd[0].size));
}

static QEMU_ALWAYS_INLINE void alu2(CPUX86State *env, const DecodedInsn *d, AluOp op)
{
    unsigned size = d->opnd[0].size;
    uint64_t b = x86_get(env, d, 1) & x86_mask(size);
    bool carry = env->eflags & CC_C;
    uint32_t flags;
    X86Rmw m;

    if (unlikely(x86_locked(d))) {
        alu(op, alu_locked(env, d, op, b), b, carry, size, &flags);
    } else {
        uint64_t a = x86_rmw_begin(env, d, &m);
        x86_rmw_end(env, d, alu(op, a, b, carry, size, &flags), &m);
    }
    x86_set_flags(env, CC_ALL, flags);
}

void interp_add(CPUX86State *env, const DecodedInsn *d)
{
    alu2(env, d, ALU_ADD);
}

void interp_or(CPUX86State *env, const DecodedInsn *d)
{
    alu2(env, d, ALU_OR);
}

void interp_adc(CPUX86State *env, const DecodedInsn *d)
{
    alu2(env, d, ALU_ADC);
}

void interp_sbb(CPUX86State *env, const DecodedInsn *d)
{
    alu2(env, d, ALU_SBB);
}

void interp_and(CPUX86State *env, const DecodedInsn *d)
{
    alu2(env, d, ALU_AND);
}

void interp_sub(CPUX86State *env, const DecodedInsn *d)
{
    alu2(env, d, ALU_SUB);
}

void interp_xor(CPUX86State *env, const DecodedInsn *d)
{
    alu2(env, d, ALU_XOR);
}

static inline void compare(CPUX86State *env, const DecodedInsn *d, AluOp op)
{
    unsigned size = d->opnd[0].size;
    uint64_t b = x86_get(env, d, 1) & x86_mask(size);
    uint32_t flags;

    alu(op, x86_get(env, d, 0), b, false, size, &flags);
    x86_set_flags(env, CC_ALL, flags);
}

void interp_cmp(CPUX86State *env, const DecodedInsn *d)
{
    compare(env, d, ALU_SUB);
}

void interp_test(CPUX86State *env, const DecodedInsn *d)
{
    compare(env, d, ALU_AND);
}

static inline void inc_dec(CPUX86State *env, const DecodedInsn *d, AluOp op)
{
    unsigned size = d->opnd[0].size;
    uint32_t flags;
    X86Rmw m;

    if (unlikely(x86_locked(d))) {
        alu(op, alu_locked(env, d, op, 1), 1, false, size, &flags);
    } else {
        uint64_t a = x86_rmw_begin(env, d, &m);
        x86_rmw_end(env, d, alu(op, a, 1, false, size, &flags), &m);
    }
    x86_set_flags(env, CC_ALL & ~CC_C, flags & ~CC_C);
}

void interp_inc(CPUX86State *env, const DecodedInsn *d)
{
    inc_dec(env, d, ALU_ADD);
}

void interp_dec(CPUX86State *env, const DecodedInsn *d)
{
    inc_dec(env, d, ALU_SUB);
}

static uint64_t neg_locked(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t ea = x86_mem_ea(env, d), mask = x86_mask(d->opnd[0].size);
    /* A guess: the first attempt tells, and faults as a store does. */
    uint64_t seen = 0, old;

    do {
        old = seen;
        seen = x86_atomic_cmpxchg(env, d->mem.seg, ea, d->opnd[0].size, old, -old & mask);
    } while (seen != old);
    return old;
}

void interp_neg(CPUX86State *env, const DecodedInsn *d)
{
    unsigned size = d->opnd[0].size;
    uint32_t flags;
    uint64_t a;
    X86Rmw m;

    if (unlikely(x86_locked(d))) {
        a = neg_locked(env, d);
        alu(ALU_SUB, 0, a, false, size, &flags);
    } else {
        a = x86_rmw_begin(env, d, &m);
        x86_rmw_end(env, d, alu(ALU_SUB, 0, a, false, size, &flags), &m);
    }
    x86_set_flags(env, CC_ALL, flags);
}

void interp_not(CPUX86State *env, const DecodedInsn *d)
{
    X86Rmw m;

    if (unlikely(x86_locked(d))) {
        alu_locked(env, d, ALU_XOR, UINT64_MAX);
    } else {
        uint64_t a = x86_rmw_begin(env, d, &m);
        x86_rmw_end(env, d, ~a, &m);
    }
}

/* ADCX and ADOX: a carry chain through one flag. */
static void add_through(CPUX86State *env, const DecodedInsn *d, uint32_t flag)
{
    unsigned size = d->opnd[0].size;
    uint64_t a = x86_get(env, d, 0), b = x86_get(env, d, 1);
    bool carry = env->eflags & flag;
    uint64_t res = (a + b + carry) & x86_mask(size);

    x86_put(env, d, 0, res);
    x86_set_flags(env, flag, x86_flag(flag, carry ? res <= a : res < a));
}

void interp_adcx(CPUX86State *env, const DecodedInsn *d)
{
    add_through(env, d, CC_C);
}

void interp_adox(CPUX86State *env, const DecodedInsn *d)
{
    add_through(env, d, CC_O);
}

/* ---- exchanges ---- */

/* With memory it is locked, prefix or not. */
void interp_xchg(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t b = x86_get(env, d, 1), a;

    if (d->opnd[0].kind == OPND_MEM) {
        a = x86_atomic_xchg(env, d->mem.seg, x86_mem_ea(env, d), d->opnd[0].size, b);
    } else {
        a = x86_get(env, d, 0);
        x86_put(env, d, 0, b);
    }
    x86_put(env, d, 1, a);
}

void interp_xadd(CPUX86State *env, const DecodedInsn *d)
{
    unsigned size = d->opnd[0].size;
    uint64_t b = x86_get(env, d, 1), a, res;
    uint32_t flags;
    X86Rmw m;

    if (unlikely(x86_locked(d))) {
        a = alu_locked(env, d, ALU_ADD, b);
        alu(ALU_ADD, a, b, false, size, &flags);
        x86_put(env, d, 1, a);
    } else {
        a = x86_rmw_begin(env, d, &m);
        res = alu(ALU_ADD, a, b, false, size, &flags);
        if (d->opnd[0].kind == OPND_MEM) {
            x86_rmw_end(env, d, res, &m);
            x86_put(env, d, 1, a);
        } else {
            x86_put(env, d, 1, a);
            x86_put(env, d, 0, res);
        }
    }
    x86_set_flags(env, CC_ALL, flags);
}

/*
 * The destination is written in any case, with its own value if the comparison
 * failed; only one of destination and accumulator changes.
 */
void interp_cmpxchg(CPUX86State *env, const DecodedInsn *d)
{
    unsigned size = d->opnd[0].size;
    uint64_t acc = x86_reg(env, R_EAX, size), b = x86_get(env, d, 1), a;
    uint32_t flags;
    X86Rmw m;

    if (unlikely(x86_locked(d))) {
        a = x86_atomic_cmpxchg(env, d->mem.seg, x86_mem_ea(env, d), size, acc, b);
    } else {
        a = x86_rmw_begin(env, d, &m);
        if (a == acc || d->opnd[0].kind == OPND_MEM) {
            x86_rmw_end(env, d, a == acc ? b : a, &m);
        }
    }
    if (a != acc) {
        x86_set_reg(env, R_EAX, a, size);
    }
    alu(ALU_SUB, acc, a, false, size, &flags);
    x86_set_flags(env, CC_ALL, flags);
}

static void cmpxchg8b_done(CPUX86State *env, uint64_t seen, uint64_t expected)
{
    if (seen != expected) {
        env->regs[R_EAX] = (uint32_t)seen;
        env->regs[R_EDX] = seen >> 32;
    }
    x86_set_flags(env, CC_Z, x86_flag(CC_Z, seen == expected));
}

void interp_cmpxchg8b(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t old = (uint32_t)env->regs[R_EAX] | env->regs[R_EDX] << 32;
    uint64_t new = (uint32_t)env->regs[R_EBX] | env->regs[R_ECX] << 32;
    uint64_t a;
    X86Rmw m;

    if (x86_locked(d)) {
        a = x86_atomic_cmpxchg(env, d->mem.seg, x86_mem_ea(env, d), 8, old, new);
    } else {
        a = x86_rmw_begin(env, d, &m);
        x86_rmw_end(env, d, a == old ? new : a, &m);
    }
    cmpxchg8b_done(env, a, old);
}

/* Always through the locked form: one 16-byte store cannot be had otherwise. */
void interp_cmpxchg16b(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t old[2] = {env->regs[R_EAX], env->regs[R_EDX]};
    uint64_t new[2] = {env->regs[R_EBX], env->regs[R_ECX]};
    uint64_t ea = x86_mem_ea(env, d);
    bool done;

    if (x86_lin(env, d->mem.seg, ea, 16, OPND_RW) & 15) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    done = x86_atomic_cmpxchg16(env, d->mem.seg, ea, old, new);
    if (!done) {
        env->regs[R_EAX] = old[0];
        env->regs[R_EDX] = old[1];
    }
    x86_set_flags(env, CC_Z, x86_flag(CC_Z, done));
}
