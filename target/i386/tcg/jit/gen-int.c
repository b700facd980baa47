/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Integer instructions: re-encoded with the guest's registers replaced by the
 * host's that hold them. They set the host's flags, which are the guest's.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/jit/gen.h"

/* A ModRM or VEX field that names a general register. */
typedef struct GprField {
    int8_t *slot; /* in X86HostOperands */
    uint8_t guest;
    bool high; /* AH, CH, DH, BH: guest is 0-3 */
    uint8_t size;
    uint8_t access;
    int8_t host;
} GprField;

typedef struct GenericOp {
    X86HostOperands h;
    GprField field[3];
    unsigned nfield;
    const X86Operand *mem;
    bool uses_cl;
} GenericOp;

/* ModRM.reg extends the opcode. */
static bool reg_is_opcode(const DecodedInsn *d)
{
    unsigned op = d->opcode;

    switch (d->opcode_map) {
    case 0:
        return (op >= 0x80 && op <= 0x83) || op == 0x8f || op == 0xc0 || op == 0xc1 || op == 0xc6 ||
               op == 0xc7 || (op >= 0xd0 && op <= 0xd3) || op == 0xf6 || op == 0xf7 || op == 0xfe ||
               op == 0xff;
    case 1:
        return op == 0xba || op == 0xc7 || op == 0xae || (op >= 0x90 && op <= 0x9f);
    case 2:
        return d->encoding == X86_ENC_VEX && op == 0xf3;
    default:
        return false;
    }
}

/* Index in DecodedInsn.opnd of the fields reg, rm and vvvv; -1: not an operand. */
static void operand_order(const DecodedInsn *d, int order[3])
{
    unsigned op = d->opcode;
    bool rm_first = false;

    order[0] = order[1] = order[2] = -1;
    if (d->encoding == X86_ENC_VEX) {
        bool vvvv_last = d->opcode_map == 2 && (op == 0xf7 || (op == 0xf5 && d->op == X86_OP_BZHI));
        if (op == 0xf3 && d->opcode_map == 2) {
            order[2] = 0;
            order[1] = 1;
        } else if (d->opcode_map == 3) {
            order[0] = 0;
            order[1] = 1;
        } else {
            order[0] = 0;
            order[1] = vvvv_last ? 1 : 2;
            order[2] = vvvv_last ? 2 : 1;
        }
        return;
    }
    if (reg_is_opcode(d)) {
        order[1] = 0;
        return;
    }
    switch (d->opcode_map) {
    case 0:
        rm_first = op < 0x40 ? !(op & 2) : op >= 0x84 && op <= 0x89;
        break;
    case 1:
        rm_first = (op >= 0xa3 && op <= 0xad) || op == 0xb0 || op == 0xb1 || op == 0xb3 ||
                   op == 0xbb || op == 0xc0 || op == 0xc1 || op == 0xc3;
        break;
    case 2:
        rm_first = (op == 0xf1 && d->op == X86_OP_MOVBE) || op == 0xf9;
        break;
    }
    order[0] = rm_first;
    order[1] = !rm_first;
}

static bool add_field(GenericOp *o, const DecodedInsn *d, int8_t *slot, int i)
{
    const X86Operand *p = &d->opnd[i];

    if (i < 0 || i >= d->nopnd) {
        return false;
    }
    if (p->kind == OPND_MEM) {
        o->mem = p;
        return slot == &o->h.rm;
    }
    if (p->kind != OPND_GPR && p->kind != OPND_GPR_HI) {
        return false;
    }
    o->field[o->nfield++] = (GprField){.slot = slot,
                                       .guest = p->reg,
                                       .high = p->kind == OPND_GPR_HI,
                                       .size = p->size,
                                       .access = p->access};
    return true;
}

static bool has_opcode_register(const DecodedInsn *d)
{
    return !d->has_modrm &&
           (d->opcode_map == 0 ? (d->opcode >= 0xb0 && d->opcode <= 0xbf) ||
                                     (d->opcode >= 0x91 && d->opcode <= 0x97) ||
                                     (d->opcode == 0x90 && d->op == X86_OP_XCHG)
                               : d->opcode_map == 1 && d->opcode >= 0xc8 && d->opcode <= 0xcf);
}

static bool find_fields(const JitGen *g, GenericOp *o)
{
    const DecodedInsn *d = g->d;
    int order[3];

    o->h = X86_HOST_OPERANDS_KEEP;
    if (has_opcode_register(d)) {
        /* XCHG rAX, r: the one that is not the accumulator; both may be it. */
        int i = d->op == X86_OP_XCHG && d->opnd[0].reg == R_EAX ? 1 : 0;
        return add_field(o, d, &o->h.opreg, i);
    }
    if (!d->has_modrm) {
        return true;
    }
    operand_order(d, order);
    if (order[0] >= 0 && !add_field(o, d, &o->h.reg, order[0])) {
        return false;
    }
    if (order[2] >= 0 && !add_field(o, d, &o->h.vvvv, order[2])) {
        return false;
    }
    return order[1] < 0 || add_field(o, d, &o->h.rm, order[1]);
}

/* ---- staging: operands that are not where an encoding can name them ---- */

static void load_high(JitGen *g, unsigned guest, int to)
{
    Emit *e = &g->e;
    int from = jit_host_reg[guest];

    if (from <= H_RBX && from != H_RCX && to < H_R8) {
        emit8(e, 0x0f); /* movzx to, ah/dh/bh */
        emit8(e, 0xb6);
        emit8(e, 0xc0 | (to & 7) << 3 | (from + 4));
    } else {
        emit_rorx(e, to, from, 8);
    }
}

static void store_high(JitGen *g, unsigned guest, int from)
{
    Emit *e = &g->e;
    int to = jit_host_reg[guest];

    if (to <= H_RBX && to != H_RCX && from == H_RCX) {
        emit8(e, 0x88); /* mov ah/dh/bh, cl */
        emit8(e, 0xc0 | H_RCX << 3 | (to + 4));
        return;
    }
    emit_rorx(e, to, to, 8);
    emit8(e, 0x40 | (from & 8 ? 4 : 0) | (to & 8 ? 1 : 0)); /* mov to.b, from.b */
    emit8(e, 0x88);
    emit8(e, 0xc0 | (from & 7) << 3 | (to & 7));
    emit_rorx(e, to, to, 56);
}

/* What the instruction does to the register of @f through any of its fields. */
static unsigned total_access(const GenericOp *o, const GprField *f)
{
    unsigned access = 0;

    for (unsigned i = 0; i < o->nfield; i++) {
        if (o->field[i].guest == f->guest && o->field[i].high == f->high) {
            access |= o->field[i].access;
        }
    }
    return access;
}

static bool staged(const GprField *f)
{
    return f->high || !gen_pinned(f->guest);
}

static GprField *same_before(GenericOp *o, unsigned i)
{
    for (unsigned k = 0; k < i; k++) {
        if (o->field[k].guest == o->field[i].guest && o->field[k].high == o->field[i].high) {
            return &o->field[k];
        }
    }
    return NULL;
}

static unsigned scratch_in(const X86HostMem *m)
{
    return gen_scratch_bit(m->base) | gen_scratch_bit(m->index);
}

/* A register for the staged field @f, with what it has now where that matters. */
static int stage_field(JitGen *g, const GenericOp *o, const GprField *f, unsigned *busy,
                       bool *t0_free)
{
    bool load = (total_access(o, f) & OPND_R) || f->size < 4;
    int host = X86_HOST_NONE;

    if (f->high || (*busy & (GEN_T1 | GEN_T2)) == (GEN_T1 | GEN_T2)) {
        host = *t0_free ? H_T0 : gen_take(g, *busy);
    } else if (load) {
        return gen_guest(g, f->guest, busy);
    } else {
        gen_forget_guest(g, f->guest);
        host = gen_take(g, *busy);
    }
    *t0_free &= host != H_T0;
    *busy |= gen_scratch_bit(host);
    if (f->high) {
        load_high(g, f->guest, host);
    } else if (load) {
        emit_load(&g->e, true, host, gen_reg_mem(f->guest));
    }
    return host;
}

/*
 * Give every field a host register and load the staged ones. There is room for all of them
 * (can_stage), if the memory operand takes no more than one scratch register.
 */
static void stage(JitGen *g, GenericOp *o)
{
    unsigned need = o->uses_cl, busy = 0;
    bool t0_free = !o->uses_cl;

    for (unsigned i = 0; i < o->nfield; i++) {
        need += staged(&o->field[i]) && !same_before(o, i);
    }
    if (o->h.use_mem) {
        if (scratch_in(&o->h.mem) == (GEN_T1 | GEN_T2) && need > 1) {
            o->h.mem = gen_fold(g, o->h.mem);
        }
        busy = scratch_in(&o->h.mem);
    }
    for (unsigned i = 0; i < o->nfield; i++) {
        GprField *f = &o->field[i], *same = same_before(o, i);
        if (same) {
            f->host = same->host;
        } else if (!staged(f)) {
            f->host = jit_host_reg[f->guest];
        } else {
            f->host = stage_field(g, o, f, &busy, &t0_free);
        }
        *f->slot = f->host;
        if (f->size == 1 && f->host >= H_RSP && f->host <= H_RDI) {
            o->h.byte_rex = true;
        }
    }
}

static void unstage(JitGen *g, GenericOp *o)
{
    for (unsigned i = 0; i < o->nfield; i++) {
        GprField *f = &o->field[i];
        if (!staged(f) || !(total_access(o, f) & OPND_W) || same_before(o, i)) {
            continue;
        }
        if (f->high) {
            store_high(g, f->guest, f->host);
        } else {
            gen_write_held(g, f->guest, f->host);
        }
    }
}

/* Worst case need of scratch registers, before anything is emitted. */
static bool can_stage(const GenericOp *o, const DecodedInsn *d)
{
    int need = 0;

    for (unsigned i = 0; i < o->nfield; i++) {
        need += staged(&o->field[i]) && !same_before((GenericOp *)o, i);
    }
    return need + o->uses_cl <= (o->mem ? 2 : 3);
}

static void write_generic(JitGen *g, GenericOp *o)
{
    o->h.flip66 = !(g->hflags & (HF_CS32 | HF_CS64)) && g->d->op != X86_OP_ADCX;
    g->e.p += x86_reencode(g->e.p, g->d, &o->h, g->mode64);
}

/* BT and its relatives, of memory: the register says how far away the bit is. */
static bool bit_offset_in_register(const DecodedInsn *d)
{
    switch (d->op) {
    case X86_OP_BT:
    case X86_OP_BTS:
    case X86_OP_BTR:
    case X86_OP_BTC:
        return x86_insn_has_mem(d) && d->opcode != 0xba;
    default:
        return false;
    }
}

static bool gen_generic(JitGen *g, bool uses_cl)
{
    GenericOp o = {.uses_cl = uses_cl};
    const DecodedInsn *d = g->d;

    if (!find_fields(g, &o) || !can_stage(&o, d)) {
        return false;
    }
    if (o.mem) {
        if (!gen_mem_ok(g, &d->mem)) {
            return false;
        }
        o.h.use_mem = true;
        if (!bit_offset_in_register(d)) {
            o.h.mem = gen_operand(g, o.mem->size, o.mem->access);
        } else if (!gen_bit_operand(g, d->opnd[1].reg, o.mem->size, o.mem->access, &o.h.mem)) {
            return false;
        }
    }
    if (uses_cl && o.h.use_mem && o.h.mem.base == H_T0) {
        return false;
    }
    stage(g, &o);
    if (uses_cl) {
        emit_mov_rr(&g->e, true, H_RCX, jit_host_reg[R_ECX]);
    }
    write_generic(g, &o);
    unstage(g, &o);
    return true;
}

/* ---- forms that need more than new register numbers ---- */

/* With 64-bit addresses, and registers that may be held. */
static bool gen_lea_held(JitGen *g)
{
    const DecodedInsn *d = g->d;
    unsigned guest = d->opnd[0].reg, busy = 0;
    X86HostMem m;
    int to;

    if (d->addrsize != 8 || d->opsize < 4 || d->mem.base >= CPU_NB_REGS || d->mem.vsib ||
        d->mem.disp != (int32_t)d->mem.disp) {
        return false;
    }
    m = host_mem(gen_guest(g, d->mem.base, &busy), d->mem.disp);
    if (d->mem.index < CPU_NB_REGS) {
        m.index = gen_guest(g, d->mem.index, &busy);
        m.scale = d->mem.scale;
    }
    to = jit_host_reg[guest];
    if (!gen_pinned(guest)) {
        /* Whatever it has is read before. */
        to = gen_take(g, busy);
        to = to == X86_HOST_NONE ? gen_take(g, GEN_T2) : to;
    }
    emit_lea(&g->e, d->opsize == 8, to, m);
    if (!gen_pinned(guest)) {
        gen_write_held(g, guest, to);
    }
    return true;
}

static bool gen_lea(JitGen *g)
{
    const DecodedInsn *d = g->d;
    unsigned guest = d->opnd[0].reg, size = MIN(d->opsize, d->addrsize);
    bool direct = gen_pinned(guest) && d->opsize >= 4 && d->mem.base != X86_MEM_RIP &&
                  (d->mem.base == X86_MEM_NO_REG || gen_pinned(d->mem.base)) &&
                  (d->mem.index == X86_MEM_NO_REG || gen_pinned(d->mem.index));

    if (d->opsize == 2 && size == 2) {
        size = 4; /* the upper half is dropped below */
    }
    if (direct && d->addrsize > 2) {
        gen_ea(g, &d->mem, size, jit_host_reg[guest]);
        return true;
    }
    if (gen_lea_held(g)) {
        return true;
    }
    gen_forget(g);
    gen_ea(g, &d->mem, d->addrsize == 2 ? 2 : size, H_T1);
    if (d->opsize >= 4) {
        gen_write_reg(g, guest, H_T1);
    } else if (gen_pinned(guest)) {
        emit8(&g->e, 0x66);
        emit_op_reg(&g->e, false, 0, 0x89, H_T1, jit_host_reg[guest]);
    } else {
        emit_store_n(&g->e, 2, H_T1, gen_reg_mem(guest));
        gen_forget_guest(g, guest);
    }
    return true;
}

/* INC r, DEC r in their one-byte form, which is a REX prefix in 64-bit code. */
static bool gen_inc_dec(JitGen *g)
{
    const DecodedInsn *d = g->d;

    if (d->has_modrm) {
        return gen_generic(g, false);
    }
    if (d->opsize == 2) {
        emit8(&g->e, 0x66);
    }
    emit_op_reg(&g->e, false, 0, 0xff, d->op == X86_OP_DEC, jit_host_reg[d->opnd[0].reg]);
    return true;
}

/* MOV between the accumulator and an absolute address. */
static bool gen_moffs(JitGen *g)
{
    const DecodedInsn *d = g->d;
    bool store = d->opnd[0].kind == OPND_MEM;
    unsigned size = d->opnd[0].size;

    if (!gen_mem_ok(g, &d->mem)) {
        return false;
    }
    X86HostMem m = gen_operand(g, size, store ? OPND_W : OPND_R);
    if (size == 2) {
        emit8(&g->e, 0x66);
    }
    emit_op_mem(&g->e, size == 8, 0, (store ? 0x88 : 0x8a) | (size > 1), H_RAX, &m);
    return true;
}

static bool gen_cmpxchg_pair(JitGen *g)
{
    X86HostOperands h = X86_HOST_OPERANDS_KEEP;

    if (!gen_mem_ok(g, &g->d->mem)) {
        return false;
    }
    h.use_mem = true;
    h.mem = gen_operand(g, g->d->op == X86_OP_CMPXCHG16B ? 16 : 8, OPND_RW);
    emit_mov_rr(&g->e, true, H_RCX, jit_host_reg[R_ECX]);
    g->e.p += x86_reencode(g->e.p, g->d, &h, g->mode64);
    return true;
}

static bool is_moffs(const DecodedInsn *d)
{
    return d->opcode_map == 0 && d->opcode >= 0xa0 && d->opcode <= 0xa3;
}

static bool gen_mov(JitGen *g)
{
    const DecodedInsn *d = g->d;

    return is_moffs(d) ? gen_moffs(g) : gen_generic(g, false);
}

/* Needs nothing but other registers and another memory operand. */
static bool plain(unsigned op)
{
    switch (op) {
    case X86_OP_ADD:
    case X86_OP_OR:
    case X86_OP_ADC:
    case X86_OP_SBB:
    case X86_OP_AND:
    case X86_OP_SUB:
    case X86_OP_XOR:
    case X86_OP_CMP:
    case X86_OP_TEST:
    case X86_OP_NEG:
    case X86_OP_NOT:
    case X86_OP_MUL:
    case X86_OP_IMUL1:
    case X86_OP_DIV:
    case X86_OP_IDIV:
    case X86_OP_IMUL:
    case X86_OP_IMUL3:
    case X86_OP_MOVNTI:
    case X86_OP_MOVDIRI:
    case X86_OP_MOVZX:
    case X86_OP_MOVSX:
    case X86_OP_MOVBE:
    case X86_OP_BSWAP:
    case X86_OP_XCHG:
    case X86_OP_XADD:
    case X86_OP_CMPXCHG:
    case X86_OP_BSF:
    case X86_OP_BSR:
    case X86_OP_TZCNT:
    case X86_OP_LZCNT:
    case X86_OP_POPCNT:
    case X86_OP_CRC32:
    case X86_OP_SETCC:
    case X86_OP_CMOVCC:
    case X86_OP_ADCX:
    case X86_OP_ADOX:
    case X86_OP_ANDN:
    case X86_OP_BEXTR:
    case X86_OP_BLSI:
    case X86_OP_BLSR:
    case X86_OP_BLSMSK:
    case X86_OP_BZHI:
    case X86_OP_MULX:
    case X86_OP_PDEP:
    case X86_OP_PEXT:
    case X86_OP_RORX:
    case X86_OP_SARX:
    case X86_OP_SHLX:
    case X86_OP_SHRX:
    case X86_OP_CBW:
    case X86_OP_CWD:
    case X86_OP_LAHF:
    case X86_OP_SAHF:
    case X86_OP_CLC:
    case X86_OP_STC:
    case X86_OP_CMC:
    case X86_OP_RDRAND:
    case X86_OP_RDSEED:
        return true;
    default:
        return false;
    }
}

bool gen_is_generic(const DecodedInsn *d)
{
    switch (d->op) {
    case X86_OP_MOV:
        return !is_moffs(d);
    case X86_OP_INC:
    case X86_OP_DEC:
        return d->has_modrm;
    case X86_OP_ROL:
    case X86_OP_ROR:
    case X86_OP_RCL:
    case X86_OP_RCR:
    case X86_OP_SHL:
    case X86_OP_SHR:
    case X86_OP_SAR:
    case X86_OP_SHLD:
    case X86_OP_SHRD:
    case X86_OP_BT:
    case X86_OP_BTS:
    case X86_OP_BTR:
    case X86_OP_BTC:
        return true;
    default:
        return plain(d->op);
    }
}

bool gen_integer(JitGen *g)
{
    const DecodedInsn *d = g->d;

    if (plain(d->op)) {
        return gen_generic(g, false);
    }
    switch (d->op) {
    case X86_OP_MOV:
        return gen_mov(g);
    case X86_OP_ROL:
    case X86_OP_ROR:
    case X86_OP_RCL:
    case X86_OP_RCR:
    case X86_OP_SHL:
    case X86_OP_SHR:
    case X86_OP_SAR:
        return gen_generic(g, d->opcode == 0xd2 || d->opcode == 0xd3);
    case X86_OP_SHLD:
    case X86_OP_SHRD:
        return gen_generic(g, d->opcode == 0xa5 || d->opcode == 0xad);
    case X86_OP_BT:
    case X86_OP_BTS:
    case X86_OP_BTR:
    case X86_OP_BTC:
        return gen_generic(g, false);
    case X86_OP_INC:
    case X86_OP_DEC:
        return gen_inc_dec(g);
    case X86_OP_CMPXCHG8B:
    case X86_OP_CMPXCHG16B:
        return gen_cmpxchg_pair(g);
    case X86_OP_LEA:
        return gen_lea(g);
    case X86_OP_NOP:
    case X86_OP_PREFETCH:
        return true;
    default:
        return false;
    }
}
