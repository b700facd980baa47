/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a decoded instruction reads and writes, and checks that need its operands.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode-state.h"

/* ---- legality ---- */

static bool lock_allowed(const DecodedInsn *d, const X86Row *row)
{
    return (x86_op_info[row->op].flags & X86_IF_LOCKABLE) && d->opnd[0].kind == OPND_MEM;
}

static bool arg_uses(const X86Row *row, X86ArgMode a, X86ArgMode b, X86ArgMode c)
{
    for (int i = 0; i < 4 && row->arg[i]; i++) {
        X86ArgMode m = X86_ARG_MODE(row->arg[i]);

        if (m == a || m == b || m == c) {
            return true;
        }
    }
    return false;
}

/* VEX.vvvv and EVEX.V' that name nothing must be all ones (zero once inverted). */
static bool vvvv_allowed(const DecodeState *s)
{
    if (s->vvvv && !arg_uses(s->row, AM_H, AM_B, AM_KH)) {
        return false;
    }
    return !s->evex_v1 || arg_uses(s->row, AM_H, AM_VM, AM_VM);
}

/* SDM vol. 2, 2.7.11.2-2.7.11.4: when EVEX.b, aaa and z raise #UD. */
static bool evex_allowed(const DecodeState *s)
{
    const DecodedInsn *d = s->d;
    uint32_t attr = s->row->attr;
    bool mem = false;

    for (int i = 0; i < d->nopnd; i++) {
        mem |= d->opnd[i].kind == OPND_MEM;
    }
    if (d->evex_b && !(attr & (mem ? RA_BC : RA_ER | RA_SAE))) {
        return false;
    }
    if (((attr & RA_NOK) && d->evex_aaa) || ((attr & RA_KREQ) && !d->evex_aaa)) {
        return false;
    }
    if (d->evex_z) {
        return d->evex_aaa && !(attr & (RA_NOZ | RA_NOK)) && d->opnd[0].kind == OPND_VEC;
    }
    return true;
}

/* Registers of a gather, and of complex FP16 multiplication, must differ. */
static bool regs_distinct(const DecodedInsn *d)
{
    int dst = d->opnd[0].reg;

    if (d->mem.vsib) {
        int mask = d->encoding == X86_ENC_VEX ? d->opnd[2].reg : -1;

        return dst != d->mem.index && dst != mask && mask != d->mem.index;
    }
    return dst != d->opnd[1].reg && (d->opnd[2].kind != OPND_VEC || dst != d->opnd[2].reg);
}

bool x86_decode_legal(DecodeState *s)
{
    const DecodedInsn *d = s->d;

    if (s->lock && !lock_allowed(d, s->row)) {
        return false;
    }
    if (d->encoding == X86_ENC_LEGACY) {
        return true;
    }
    if (!vvvv_allowed(s) || (d->encoding == X86_ENC_EVEX && !evex_allowed(s))) {
        return false;
    }
    return !(s->row->attr & RA_UDREG) || regs_distinct(d);
}

/* ---- effects ---- */

static uint16_t cond_flags(unsigned cond)
{
    static const uint16_t flags[8] = {
        CC_O, CC_C, CC_Z, CC_C | CC_Z, CC_S, CC_P, CC_S | CC_O, CC_S | CC_O | CC_Z,
    };

    return flags[cond >> 1];
}

/* A count of zero leaves the flags alone, a count of one defines OF. */
static void shift_flags(DecodedInsn *d)
{
    const X86Operand *c = &d->opnd[d->op == X86_OP_SHLD || d->op == X86_OP_SHRD ? 2 : 1];
    unsigned count;

    if (c->kind == OPND_GPR) {
        d->flags_read |= d->flags_written;
        return;
    }
    count = c->kind == OPND_ONE ? 1 : d->imm & (d->opnd[0].size == 8 ? 63 : 31);
    if (count == 0) {
        d->flags_read = d->flags_written = d->flags_undef = 0;
    } else if (count == 1) {
        d->flags_undef &= ~CC_O;
    } else if (c == &d->opnd[2] && count > d->opnd[0].size * 8) {
        d->flags_undef = d->flags_written;
    }
}

static void string_effects(DecodedInsn *d)
{
    if (d->prefixes & (X86_PFX_REPZ | X86_PFX_REPNZ)) {
        d->flags_read |= d->flags_written;
        d->gpr_read |= 1u << R_ECX;
        d->gpr_written |= 1u << R_ECX;
    }
}

/* Operations whose static properties depend on operands. */
static void special_effects(DecodedInsn *d)
{
    switch (d->op) {
    case X86_OP_JCC:
    case X86_OP_SETCC:
    case X86_OP_CMOVCC:
        d->cond = d->opcode & 15;
        d->flags_read = cond_flags(d->cond);
        break;
    case X86_OP_ROL:
    case X86_OP_ROR:
    case X86_OP_RCL:
    case X86_OP_RCR:
    case X86_OP_SHL:
    case X86_OP_SHR:
    case X86_OP_SAR:
    case X86_OP_SHLD:
    case X86_OP_SHRD:
        shift_flags(d);
        break;
    case X86_OP_MUL:
    case X86_OP_IMUL1:
    case X86_OP_DIV:
    case X86_OP_IDIV:
        if (d->opnd[0].size == 1) {
            d->gpr_read &= ~(1u << R_EDX);
            d->gpr_written &= ~(1u << R_EDX);
        }
        break;
    case X86_OP_LXS:
    case X86_OP_MASKMOV:
        d->opnd[2].access = OPND_W;
        break;
    default:
        if (d->flags & X86_IF_STRING) {
            string_effects(d);
        }
        break;
    }
}

static unsigned operand_access(X86RowAccess acc, int i)
{
    switch (acc) {
    case ACC_N:
        return 0;
    case ACC_W:
        return i == 0 ? OPND_W : OPND_R;
    case ACC_RW:
        return i == 0 ? OPND_RW : OPND_R;
    case ACC_WW:
        return i <= 1 ? OPND_W : OPND_R;
    case ACC_RWRW:
        return i <= 1 ? OPND_RW : OPND_R;
    default:
        return OPND_R;
    }
}

static void operand_gprs(DecodedInsn *d, const X86Operand *o)
{
    uint16_t bit = 1u << o->reg;

    if (o->kind != OPND_GPR && o->kind != OPND_GPR_HI) {
        return;
    }
    if ((o->access & OPND_R) || ((o->access & OPND_W) && o->size < 4)) {
        d->gpr_read |= bit;
    }
    if (o->access & OPND_W) {
        d->gpr_written |= bit;
    }
}

static void memory_effects(DecodeState *s, const X86Operand *o)
{
    DecodedInsn *d = s->d;
    uint32_t attr = s->row->attr;

    if (d->encoding == X86_ENC_EVEX) {
        d->bcast = d->evex_b;
        d->vec_whole = (attr & RA_NF) && (o->access & OPND_W);
        if (!d->mem.vsib && (!d->evex_aaa || ((attr & RA_NF) && !d->vec_whole))) {
            d->flags &= ~X86_IF_MASKED;
        } else {
            d->flags |= X86_IF_MASKED;
        }
        if (attr & RA_ALIGNED) {
            d->flags |= X86_IF_ALIGN;
        }
    } else if (d->flags & X86_IF_VECTOR) {
        if (d->encoding == X86_ENC_VEX
                ? !!(attr & RA_ALIGNED)
                : o->size == 16 && !(attr & RA_UNALIGNED) && d->op != X86_OP_MASKMOV) {
            d->flags |= X86_IF_ALIGN;
        }
    }
    if (d->flags & X86_IF_MASKED) {
        d->vec_elem = s->row->elem;
        d->vec_lanes = (attr & RA_REP ? s->vl : s->mem_bytes) / MAX(d->vec_elem, 1);
    }
}

void x86_decode_effects(DecodeState *s)
{
    DecodedInsn *d = s->d;
    const X86Row *row = s->row;
    const X86OpInfo *info = &x86_op_info[row->op];
    X86RowAccess acc = row->acc ? row->acc : info->acc;
    bool mem = false;

    d->flags = info->flags | row->flags;
    d->flags_read = info->fr | row->fr;
    d->flags_written = info->fw | row->fw;
    d->flags_undef = info->fu;
    d->gpr_read = info->gr | row->gr;
    d->gpr_written = info->gw | row->gw;
    for (int i = 0; i < d->nopnd; i++) {
        X86Operand *o = &d->opnd[i];

        o->access = operand_access(acc, i);
        /* Merging keeps part of the destination. */
        if (i == 0 && d->evex_aaa && !d->evex_z && o->kind == OPND_VEC) {
            o->access |= OPND_R;
        }
        if (o->kind == OPND_MEM) {
            mem = true;
            memory_effects(s, o);
        } else if (o->kind == OPND_MMX) {
            d->flags |= X86_IF_MMX;
        }
        operand_gprs(d, o);
    }
    if (d->op == X86_OP_EMMS) {
        d->flags |= X86_IF_MMX;
    }
    if (!mem) {
        d->flags &= ~X86_IF_MASKED;
    }
    if (d->mem.base < CPU_NB_REGS) {
        d->gpr_read |= 1u << d->mem.base;
    }
    if (d->mem.index < CPU_NB_REGS && !d->mem.vsib) {
        d->gpr_read |= 1u << d->mem.index;
    }
    special_effects(d);
}
