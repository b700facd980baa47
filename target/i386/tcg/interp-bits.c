/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interpreter: bit tests, bit scans and counts, BMI1, BMI2, CRC32 (SDM vol. 2).
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "target/i386/tcg/interp-int.h"

typedef enum BitOp { BIT_TEST, BIT_SET, BIT_RESET, BIT_COMPLEMENT } BitOp;

/*
 * Where the bit is: with a register offset and memory, the operand is the one
 * that holds the bit, counted in operands from the address given.
 */
static uint64_t bit_ea(CPUX86State *env, const DecodedInsn *d, uint64_t offset)
{
    unsigned size = d->opnd[0].size;
    uint64_t ea = x86_mem_ea(env, d);

    if (d->opnd[1].kind == OPND_GPR) {
        ea += (x86_sext(offset, size) >> (size == 8 ? 6 : size == 4 ? 5 : 4)) * size;
    }
    return ea & x86_mask(d->addrsize);
}

static uint64_t bit_apply(BitOp op, uint64_t val, uint64_t bit)
{
    switch (op) {
    case BIT_SET:
        return val | bit;
    case BIT_RESET:
        return val & ~bit;
    case BIT_COMPLEMENT:
        return val ^ bit;
    default:
        return val;
    }
}

static uint64_t bit_locked(CPUX86State *env, const DecodedInsn *d, BitOp op, uint64_t ea,
                           uint64_t bit)
{
    unsigned size = d->opnd[0].size;

    switch (op) {
    case BIT_SET:
        return x86_atomic_rmw(env, d->mem.seg, ea, size, X86_ATOMIC_OR, bit);
    case BIT_RESET:
        return x86_atomic_rmw(env, d->mem.seg, ea, size, X86_ATOMIC_AND, ~bit & x86_mask(size));
    default:
        return x86_atomic_rmw(env, d->mem.seg, ea, size, X86_ATOMIC_XOR, bit);
    }
}

static inline void bit_insn(CPUX86State *env, const DecodedInsn *d, BitOp op)
{
    unsigned size = d->opnd[0].size;
    uint64_t offset = x86_get(env, d, 1), bit = 1ull << (offset & (size * 8 - 1)), a, ea;
    X86Rmw m;

    if (d->opnd[0].kind != OPND_MEM) {
        a = x86_get(env, d, 0);
        if (op != BIT_TEST) {
            x86_put(env, d, 0, bit_apply(op, a, bit));
        }
    } else {
        ea = bit_ea(env, d, offset);
        if (op == BIT_TEST) {
            a = x86_ldn(env, d->mem.seg, ea, size);
        } else if (x86_locked(d)) {
            a = bit_locked(env, d, op, ea, bit);
        } else {
            a = x86_rmw_begin_mem(env, d->mem.seg, ea, size, &m);
            x86_rmw_end_mem(env, d->mem.seg, bit_apply(op, a, bit), size, &m);
        }
    }
    x86_set_flags(env, CC_C, x86_flag(CC_C, a & bit));
}

void interp_bt(CPUX86State *env, const DecodedInsn *d)
{
    bit_insn(env, d, BIT_TEST);
}

void interp_bts(CPUX86State *env, const DecodedInsn *d)
{
    bit_insn(env, d, BIT_SET);
}

void interp_btr(CPUX86State *env, const DecodedInsn *d)
{
    bit_insn(env, d, BIT_RESET);
}

void interp_btc(CPUX86State *env, const DecodedInsn *d)
{
    bit_insn(env, d, BIT_COMPLEMENT);
}

/* ---- scans and counts ---- */

static void bit_scan(CPUX86State *env, const DecodedInsn *d, bool reverse)
{
    uint64_t a = x86_get(env, d, 1);
    unsigned n;

    if (a == 0) {
        /* The destination keeps its value, all 64 bits of it. */
        x86_set_flags(env, CC_ALL, CC_Z | CC_P);
        return;
    }
    n = reverse ? 63 - clz64(a) : ctz64(a);
    x86_put(env, d, 0, n);
    x86_set_flags(env, CC_ALL, x86_flags_szp(n, 8) & CC_P);
}

void interp_bsf(CPUX86State *env, const DecodedInsn *d)
{
    bit_scan(env, d, false);
}

void interp_bsr(CPUX86State *env, const DecodedInsn *d)
{
    bit_scan(env, d, true);
}

/* OF is undefined and kept, the other undefined ones are cleared. */
static void put_count(CPUX86State *env, const DecodedInsn *d, unsigned n, bool zero_source)
{
    x86_put(env, d, 0, n);
    x86_set_flags(env, CC_ALL & ~CC_O, x86_flag(CC_C, zero_source) | x86_flag(CC_Z, n == 0));
}

void interp_tzcnt(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t a = x86_get(env, d, 1);

    put_count(env, d, a ? ctz64(a) : d->opnd[0].size * 8, a == 0);
}

void interp_lzcnt(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t a = x86_get(env, d, 1);

    put_count(env, d, clz64(a) - (64 - d->opnd[0].size * 8), a == 0);
}

void interp_popcnt(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t a = x86_get(env, d, 1);

    x86_put(env, d, 0, ctpop64(a));
    x86_set_flags(env, CC_ALL, x86_flag(CC_Z, a == 0));
}

/* CRC-32C, bits reflected: polynomial 11EDC6F41h. */
void interp_crc32(CPUX86State *env, const DecodedInsn *d)
{
    uint32_t crc = x86_get(env, d, 0);
    uint64_t data = x86_get(env, d, 1);

    for (unsigned i = 0; i < d->opnd[1].size; i++) {
        crc ^= data >> (8 * i) & 0xff;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
        }
    }
    x86_put(env, d, 0, crc);
}

/* ---- BMI1 and BMI2 ---- */

static void put_bmi(CPUX86State *env, const DecodedInsn *d, uint64_t res, uint32_t flags)
{
    res &= x86_mask(d->opnd[0].size);
    x86_put(env, d, 0, res);
    x86_set_flags(env, CC_ALL, flags | x86_flags_szp(res, d->opnd[0].size));
}

void interp_andn(CPUX86State *env, const DecodedInsn *d)
{
    put_bmi(env, d, ~x86_get(env, d, 1) & x86_get(env, d, 2), 0);
}

void interp_bextr(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t a = x86_get(env, d, 1), control = x86_get(env, d, 2);
    unsigned start = control & 0xff, len = control >> 8 & 0xff;

    a = start < 64 ? a >> start : 0;
    if (len < 64) {
        a &= (1ull << len) - 1;
    }
    x86_put(env, d, 0, a);
    x86_set_flags(env, CC_ALL, CC_A | (x86_flags_szp(a, d->opnd[0].size) & (CC_Z | CC_P)));
}

void interp_blsi(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t a = x86_get(env, d, 1);

    put_bmi(env, d, a & -a, x86_flag(CC_C, a != 0));
}

void interp_blsr(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t a = x86_get(env, d, 1);

    put_bmi(env, d, a & (a - 1), x86_flag(CC_C, a == 0));
}

void interp_blsmsk(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t a = x86_get(env, d, 1);

    put_bmi(env, d, a ^ (a - 1), x86_flag(CC_C, a == 0));
}

void interp_bzhi(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t a = x86_get(env, d, 1);
    unsigned n = x86_get(env, d, 2) & 0xff, bits = d->opnd[0].size * 8;

    if (n < bits) {
        a &= (1ull << n) - 1;
    }
    put_bmi(env, d, a, x86_flag(CC_C, n >= bits));
}

void interp_pdep(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t src = x86_get(env, d, 1), mask = x86_get(env, d, 2), res = 0;

    for (; mask; mask &= mask - 1, src >>= 1) {
        if (src & 1) {
            res |= mask & -mask;
        }
    }
    x86_put(env, d, 0, res);
}

void interp_pext(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t src = x86_get(env, d, 1), mask = x86_get(env, d, 2), res = 0;

    for (uint64_t bit = 1; mask; mask &= mask - 1, bit <<= 1) {
        if (src & mask & -mask) {
            res |= bit;
        }
    }
    x86_put(env, d, 0, res);
}
