/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operands of an instruction whose row is known: ModRM and SIB (SDM vol. 2,
 * 2.1.5, 2.2.1.3, 2.3.12 VSIB, 2.7.5 compressed displacement), immediates, registers.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode-state.h"

static bool undefined(DecodeState *s)
{
    s->err = X86_DECODE_UD;
    return false;
}

bool x86_decode_fetch(DecodeState *s, unsigned len, uint64_t *val)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < len; i++) {
        if (s->pos >= X86_MAX_INSN_LEN) {
            s->err = X86_DECODE_TOO_LONG;
            return false;
        }
        if (s->pos >= s->avail) {
            s->err = X86_DECODE_MORE;
            return false;
        }
        v |= (uint64_t)s->bytes[s->pos++] << (8 * i);
    }
    *val = v;
    return true;
}

static int64_t sign_extend(uint64_t val, unsigned len)
{
    return len ? (int64_t)(val << (64 - 8 * len)) >> (64 - 8 * len) : 0;
}

static bool fetch_signed(DecodeState *s, unsigned len, int64_t *val)
{
    uint64_t v = 0;

    if (!x86_decode_fetch(s, len, &v)) {
        return false;
    }
    *val = sign_extend(v, len);
    return true;
}

/* ---- sizes ---- */

/* Bytes of a memory operand of size letter @sz. */
static unsigned mem_size(const DecodeState *s, X86ArgSize sz)
{
    unsigned v = s->d->opsize;

    switch (sz) {
    case SZ_b:
    case SZ_mb:
        return 1;
    case SZ_w:
    case SZ_mw:
    case SZ_vw:
        return 2;
    case SZ_d:
    case SZ_md:
        return 4;
    case SZ_q:
        return 8;
    case SZ_dq:
        return 16;
    case SZ_qq:
        return 32;
    case SZ_oq:
        return 64;
    case SZ_v:
        return v;
    case SZ_z:
        return MIN(v, 4);
    case SZ_y:
        return s->code64 && s->w ? 8 : 4;
    case SZ_p:
        return v + 2;
    case SZ_s:
        return s->code64 ? 10 : 6;
    case SZ_a:
        return 2 * v;
    case SZ_t:
        return 10;
    case SZ_e:
        return s->p66 != !(s->hflags & (HF_CS32 | HF_CS64)) ? 14 : 28;
    case SZ_f:
        return s->p66 != !(s->hflags & (HF_CS32 | HF_CS64)) ? 94 : 108;
    case SZ_x:
        return s->vl;
    case SZ_h:
        return s->vl / 2;
    case SZ_hq:
        return s->vl / 4;
    case SZ_hd:
        return s->vl / 8;
    case SZ_dd:
        return s->vl == 16 ? 8 : s->vl;
    case SZ_W:
        return s->w ? 8 : 4;
    case SZ_0:
    case SZ_COUNT:
        break;
    }
    return 0;
}

static unsigned gpr_size(const DecodeState *s, X86ArgSize sz)
{
    switch (sz) {
    case SZ_0:
        return s->d->addrsize;
    case SZ_mb:
    case SZ_mw:
    case SZ_md:
        return 4;
    case SZ_vw:
        return s->d->opsize;
    case SZ_q:
        return s->code64 ? 8 : 4;
    default:
        return mem_size(s, sz);
    }
}

/* ---- registers ---- */

static X86Operand *add_operand(DecodeState *s, X86OperandKind kind, unsigned reg, unsigned size,
                               X86OperandField field)
{
    X86Operand *o = &s->d->opnd[s->d->nopnd++];

    *o = (X86Operand){.kind = kind, .reg = reg, .size = size, .field = field};
    return o;
}

static void add_gpr(DecodeState *s, unsigned reg, X86ArgSize sz, X86OperandField field)
{
    unsigned size = gpr_size(s, sz);

    if (size == 1 && reg >= 4 && reg < 8 && !(s->d->prefixes & X86_PFX_REX) &&
        s->d->encoding == X86_ENC_LEGACY) {
        add_operand(s, OPND_GPR_HI, reg - 4, 1, field);
    } else {
        add_operand(s, OPND_GPR, reg, size, field);
    }
}

/* A vector register is at least an XMM register, whatever part of it is used. */
static void add_vec(DecodeState *s, unsigned reg, X86ArgSize sz, X86OperandField field)
{
    unsigned size = mem_size(s, sz);

    add_operand(s, OPND_VEC, reg, MAX(size, 16), field);
}

/* ---- memory ---- */

/* What a disp8 is multiplied with. */
static unsigned disp8_scale(const DecodeState *s, X86ArgSize sz)
{
    const X86Row *r = s->row;

    if (s->d->encoding != X86_ENC_EVEX) {
        return 1;
    }
    if (s->d->evex_b || s->vsib || (r->attr & RA_T1S)) {
        return r->elem;
    }
    return MAX(mem_size(s, sz), 1);
}

static bool decode_mem16(DecodeState *s, X86ArgSize sz)
{
    static const uint8_t base[8] = {R_EBX, R_EBX, R_EBP, R_EBP, R_ESI, R_EDI, R_EBP, R_EBX};
    static const uint8_t index[8] = {
        R_ESI, R_EDI, R_ESI, R_EDI, X86_MEM_NO_REG, X86_MEM_NO_REG, X86_MEM_NO_REG, X86_MEM_NO_REG,
    };
    X86MemRef *m = &s->d->mem;

    m->base = base[s->rm];
    m->index = index[s->rm];
    if (s->mod == 0 && s->rm == 6) {
        m->base = X86_MEM_NO_REG;
        return fetch_signed(s, 2, &m->disp);
    }
    if (!fetch_signed(s, s->mod, &m->disp)) {
        return false;
    }
    if (s->mod == 1) {
        m->disp *= disp8_scale(s, sz);
    }
    m->seg = m->base == R_EBP ? R_SS : R_DS;
    return true;
}

static bool decode_mem32(DecodeState *s, X86ArgSize sz)
{
    X86MemRef *m = &s->d->mem;
    unsigned base = s->rm, disp_len = s->mod == 2 ? 4 : s->mod;

    m->index = X86_MEM_NO_REG;
    if (base == 4) {
        uint64_t sib;

        if (!x86_decode_fetch(s, 1, &sib)) {
            return false;
        }
        base = sib & 7;
        m->scale = sib >> 6;
        m->index = (sib >> 3 & 7) | s->index_ext;
        if (s->vsib) {
            m->index |= s->evex_v1;
        } else if (m->index == 4) {
            m->index = X86_MEM_NO_REG;
        }
    } else if (s->vsib) {
        return undefined(s);
    }
    m->base = base | s->base_ext;
    if (s->mod == 0 && base == 5) {
        disp_len = 4;
        s->rip = s->code64 && s->rm == 5;
        m->base = s->rip ? X86_MEM_RIP : X86_MEM_NO_REG;
    }
    if (!fetch_signed(s, disp_len, &m->disp)) {
        return false;
    }
    if (disp_len == 1) {
        m->disp *= disp8_scale(s, sz);
    }
    m->seg = m->base == R_ESP || m->base == R_EBP ? R_SS : R_DS;
    return true;
}

static void finish_mem(DecodeState *s)
{
    if (s->seg >= 0) {
        s->d->mem.seg = s->seg;
    }
}

/* Memory operand by ModRM. */
static bool add_mem(DecodeState *s, X86ArgSize sz)
{
    unsigned size = mem_size(s, sz);

    s->d->mem.seg = R_DS;
    s->d->mem.vsib = s->vsib;
    if (s->d->addrsize == 2 ? s->vsib || !decode_mem16(s, sz) : !decode_mem32(s, sz)) {
        return s->vsib && s->d->addrsize == 2 ? undefined(s) : false;
    }
    finish_mem(s);
    s->mem_bytes = size;
    if (s->vsib || (s->d->evex_b && s->d->encoding == X86_ENC_EVEX)) {
        size = s->row->elem;
    }
    add_operand(s, OPND_MEM, 0, size, X86_FIELD_RM);
    return true;
}

/* Memory at a fixed register; @operand: list it. */
static void add_fixed_mem(DecodeState *s, unsigned base, unsigned size, bool es, bool operand)
{
    s->d->mem = (X86MemRef){.base = base, .index = X86_MEM_NO_REG, .seg = es ? R_ES : R_DS};
    if (!es) {
        finish_mem(s);
    }
    if (operand) {
        add_operand(s, OPND_MEM, 0, size, X86_FIELD_NONE);
    }
}

static bool add_moffs(DecodeState *s, X86ArgSize sz)
{
    uint64_t disp;

    if (!x86_decode_fetch(s, s->d->addrsize, &disp)) {
        return false;
    }
    s->d->imm_len = s->d->addrsize;
    s->d->mem = (X86MemRef){
        .base = X86_MEM_NO_REG,
        .index = X86_MEM_NO_REG,
        .seg = R_DS,
        .disp = disp,
    };
    finish_mem(s);
    add_operand(s, OPND_MEM, 0, mem_size(s, sz), X86_FIELD_NONE);
    return true;
}

/* ---- immediates ---- */

static bool add_imm(DecodeState *s, X86ArgSize sz, X86OperandKind kind, bool is_signed)
{
    unsigned len = mem_size(s, sz);
    uint64_t val;

    if (!x86_decode_fetch(s, len, &val)) {
        return false;
    }
    s->d->imm_len += len;
    if (s->nimm++) {
        s->d->imm2 = val;
    } else if (is_signed) {
        s->d->imm = sign_extend(val, len);
    } else {
        s->d->imm = val;
    }
    add_operand(s, kind, 0, len, X86_FIELD_NONE);
    return true;
}

static bool add_far(DecodeState *s)
{
    uint64_t offset, selector;

    if (!x86_decode_fetch(s, s->d->opsize, &offset) || !x86_decode_fetch(s, 2, &selector)) {
        return false;
    }
    s->d->imm = offset;
    s->d->imm2 = selector;
    s->d->imm_len = s->d->opsize + 2;
    add_operand(s, OPND_FAR, 0, s->d->opsize + 2, X86_FIELD_NONE);
    return true;
}

/* The register in bits 7:4 of an immediate. */
static bool add_is4(DecodeState *s, X86ArgSize sz)
{
    uint64_t val;

    if (!x86_decode_fetch(s, 1, &val)) {
        return false;
    }
    s->d->imm = val;
    s->d->imm_len = 1;
    add_vec(s, val >> 4 & (s->code64 ? 15 : 7), sz, X86_FIELD_IS4);
    return true;
}

/* ---- operands by where they are encoded ---- */

/* ModRM.rm names memory unless mod is 3 (or ignored). */
static bool is_mem(const DecodeState *s)
{
    return s->mod != 3 && !(s->row->attr & RA_MODIGN);
}

static bool add_rm(DecodeState *s, X86ArgMode mode, X86ArgSize sz)
{
    static const struct {
        X86OperandKind kind;
        bool reg_ok, mem_ok;
    } rm_modes[] = {
        [AM_E] = {OPND_GPR, true, true},    [AM_R] = {OPND_GPR, true, false},
        [AM_M] = {OPND_NONE, false, true},  [AM_Q] = {OPND_MMX, true, true},
        [AM_N] = {OPND_MMX, true, false},   [AM_W] = {OPND_VEC, true, true},
        [AM_U] = {OPND_VEC, true, false},   [AM_KE] = {OPND_KREG, true, true},
        [AM_KR] = {OPND_KREG, true, false}, [AM_STI] = {OPND_ST, true, false},
        [AM_VM] = {OPND_NONE, false, true},
    };

    if (is_mem(s)) {
        s->vsib = mode == AM_VM;
        return rm_modes[mode].mem_ok ? add_mem(s, sz) : undefined(s);
    }
    if (!rm_modes[mode].reg_ok) {
        return undefined(s);
    }
    switch (rm_modes[mode].kind) {
    case OPND_GPR:
        add_gpr(s, s->rm | s->base_ext, sz, X86_FIELD_RM);
        break;
    case OPND_VEC:
        /* EVEX.X extends a vector register in ModRM.rm to 32. */
        add_vec(s, s->rm | s->base_ext | (s->d->encoding == X86_ENC_EVEX ? s->index_ext << 1 : 0),
                sz, X86_FIELD_RM);
        break;
    case OPND_ST:
        add_operand(s, OPND_ST, s->rm, 10, X86_FIELD_RM);
        break;
    default: /* MMX and mask registers ignore the extension */
        add_operand(s, rm_modes[mode].kind, s->rm, 8, X86_FIELD_RM);
        break;
    }
    return true;
}

static bool add_control_reg(DecodeState *s, X86OperandKind kind)
{
    unsigned reg = s->reg | s->reg_ext;

    if (kind == OPND_CR) {
        if (s->lock && reg == 0 && (s->row->attr & RA_CRLOCK) &&
            x86_decode_has(s, FEAT_8000_0001_ECX, CPUID_EXT3_CR8LEG)) {
            s->lock = false;
            reg = 8;
        }
        if (reg != 0 && reg != 8 && (reg < 2 || reg > 4)) {
            return undefined(s);
        }
    } else if (reg > 7) {
        return undefined(s);
    }
    add_operand(s, kind, reg, s->code64 ? 8 : 4, X86_FIELD_REG);
    return true;
}

static bool add_reg(DecodeState *s, X86ArgMode mode, X86ArgSize sz)
{
    unsigned reg = s->reg | s->reg_ext;

    switch (mode) {
    case AM_G:
        if (s->evex_r1) {
            return undefined(s);
        }
        add_gpr(s, reg, sz, X86_FIELD_REG);
        return true;
    case AM_V:
        add_vec(s, reg | s->evex_r1, sz, X86_FIELD_REG);
        return true;
    case AM_P:
        add_operand(s, OPND_MMX, s->reg, 8, X86_FIELD_REG);
        return true;
    case AM_KG:
        if (s->reg_ext || s->evex_r1) {
            return undefined(s);
        }
        add_operand(s, OPND_KREG, s->reg, 8, X86_FIELD_REG);
        return true;
    case AM_SREG:
        if (s->reg > R_GS || (s->row->op == X86_OP_MOV_TO_SEG && s->reg == R_CS)) {
            return undefined(s);
        }
        add_operand(s, OPND_SEG, s->reg, 2, X86_FIELD_REG);
        return true;
    case AM_CREG:
        return add_control_reg(s, OPND_CR);
    default:
        return add_control_reg(s, OPND_DR);
    }
}

static bool add_vvvv(DecodeState *s, X86ArgMode mode, X86ArgSize sz)
{
    unsigned reg = s->d->vvvv;

    switch (mode) {
    case AM_B:
        add_gpr(s, reg, sz, X86_FIELD_VVVV);
        return true;
    case AM_H:
        add_vec(s, reg | s->evex_v1, sz, X86_FIELD_VVVV);
        return true;
    default:
        if (reg > 7) {
            return undefined(s);
        }
        add_operand(s, OPND_KREG, reg, 8, X86_FIELD_VVVV);
        return true;
    }
}

/* Memory at a fixed register, or registers that the opcode implies. */
static bool add_implied(DecodeState *s, X86ArgMode mode, unsigned sz)
{
    switch (mode) {
    case AM_FIX:
        add_operand(s, OPND_GPR, sz >> 5, gpr_size(s, sz & 31), X86_FIELD_NONE);
        break;
    case AM_STR_X:
        add_fixed_mem(s, R_ESI, 0, false, false);
        break;
    case AM_STR_Y:
        add_fixed_mem(s, R_EDI, 0, true, false);
        break;
    case AM_RAX_M:
        add_fixed_mem(s, R_EAX, 0, false, true);
        break;
    case AM_RDI_M:
        add_fixed_mem(s, R_EDI, mem_size(s, sz), false, true);
        break;
    case AM_RBX_M:
        add_fixed_mem(s, R_EBX, 1, false, true);
        break;
    case AM_FSEG:
        add_operand(s, OPND_SEG, sz, 2, X86_FIELD_NONE);
        break;
    case AM_ONE:
        add_operand(s, OPND_ONE, 0, 1, X86_FIELD_NONE);
        break;
    case AM_ST0:
        add_operand(s, OPND_ST, 0, 10, X86_FIELD_NONE);
        break;
    case AM_X0:
        add_operand(s, OPND_VEC, 0, 16, X86_FIELD_NONE);
        break;
    default:
        break;
    }
    return true;
}

static bool add_arg(DecodeState *s, unsigned arg)
{
    X86ArgMode mode = X86_ARG_MODE(arg);
    unsigned sz = X86_ARG_SIZE(arg);

    switch (mode) {
    case AM_E:
    case AM_R:
    case AM_M:
    case AM_Q:
    case AM_N:
    case AM_W:
    case AM_U:
    case AM_VM:
    case AM_KE:
    case AM_KR:
    case AM_STI:
        return add_rm(s, mode, sz);
    case AM_G:
    case AM_V:
    case AM_P:
    case AM_KG:
    case AM_SREG:
    case AM_CREG:
    case AM_DREG:
        return add_reg(s, mode, sz);
    case AM_B:
    case AM_H:
    case AM_KH:
        return add_vvvv(s, mode, sz);
    case AM_Z:
        add_gpr(s, (s->d->opcode & 7) | s->base_ext, sz, X86_FIELD_OPCODE);
        return true;
    case AM_IMM:
    case AM_IMMS:
        return add_imm(s, sz, OPND_IMM, mode == AM_IMMS);
    case AM_REL:
        return add_imm(s, sz, OPND_REL, true);
    case AM_FAR:
        return add_far(s);
    case AM_L:
        return add_is4(s, sz);
    case AM_MOFFS:
        return add_moffs(s, sz);
    default:
        return add_implied(s, mode, sz);
    }
}

bool x86_decode_operands(DecodeState *s)
{
    s->d->mem.base = s->d->mem.index = X86_MEM_NO_REG;
    for (int i = 0; i < 4 && s->row->arg[i]; i++) {
        if (!add_arg(s, s->row->arg[i])) {
            return false;
        }
    }
    if (s->rip) {
        s->d->mem.disp += s->eip + s->pos;
    }
    return true;
}
