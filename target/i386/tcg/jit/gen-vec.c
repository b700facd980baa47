/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x87, MMX, SSE, AVX and AVX-512: the guest's instruction with its memory
 * operand and general registers replaced; the guest's vector state is in the
 * host's registers. What the host traps (unmasked exceptions, alignment) comes
 * back as a signal and is handed to the interpreter, which raises the fault.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/hostvec-int.h"
#include "target/i386/tcg/jit/gen.h"

/*
 * The vector state is in the host's registers from here to the end of the block. Who comes from
 * where it is enters behind the check (jit_link), if that is the first thing in the block, as it is
 * in many loops.
 */
static void gen_need_fpu(JitGen *g)
{
    Emit *e = &g->e;
    uint8_t *start = e->p;

    if (g->fpu_checked) {
        return;
    }
    emit_load_n(e, 1, H_T0, ENV_MEM(jit_hot.fpu_parked));
    uint8_t *loaded = emit_jrcxz(e);
    emit_call(e, jit.thunk.load_fpu);
    gen_site(g, g->index, NULL);
    emit_here8(e, loaded);
    gen_forget(g);
    g->fpu_checked = true;
    g->fpu_size = start == g->code ? e->p - start : 0;
}

static const X86Operand *operand_of(const DecodedInsn *d, unsigned kind)
{
    for (unsigned i = 0; i < d->nopnd; i++) {
        if (d->opnd[i].kind == kind) {
            return &d->opnd[i];
        }
    }
    return NULL;
}

static bool mem_access(JitGen *g, X86HostOperands *h)
{
    const X86Operand *m = operand_of(g->d, OPND_MEM);

    if (!x86_insn_has_mem(g->d)) {
        return true;
    }
    if (!m || !m->size || m->size > 64 || !gen_mem_ok(g, &g->d->mem)) {
        return false;
    }
    h->use_mem = true;
    h->mem = gen_operand(g, m->size, m->access);
    return true;
}

/* ---- x87 ---- */

/*
 * The processor's pointers to the last x87 instruction and its operand are kept in env, since not
 * all processors tell them. Those to the instruction are stored where a block may end; before that,
 * who needs them knows them from the instruction it is at (settle_x87() in runtime.c).
 */
static void gen_pointers(JitGen *g)
{
    const DecodedInsn *d = g->d;

    if (x86_insn_has_mem(d)) {
        gen_ea(g, &d->mem, d->addrsize, H_T1);
        emit_store(&g->e, true, H_T1, ENV_MEM(fpu.legacy.fpdp));
    }
    g->x87 = g->index + 1;
    g->insn[g->index].fop = (d->opcode & 7) << 8 | d->modrm;
}

void gen_settle_x87(JitGen *g)
{
    Emit *e = &g->e;
    const JitInsn *last;

    if (!g->x87) {
        return;
    }
    last = &g->insn[g->x87 - 1];
    gen_forget(g);
    gen_eip(g, H_T1, last->off);
    emit_store(e, true, H_T1, ENV_MEM(fpu.legacy.fpip));
    emit8(e, 0x66);
    X86HostMem fop = ENV_MEM(fpu.legacy.fopcode);
    emit_op_mem(e, false, 0, 0xc7, 0, &fop);
    emit16(e, last->fop);
    g->x87 = 0;
}

static bool gen_x87(JitGen *g)
{
    const DecodedInsn *d = g->d;
    X86HostOperands h = X86_HOST_OPERANDS_KEEP;

    switch (d->op) {
    case X86_OP_FWAIT:
        if ((g->hflags & (HF_MP | HF_TS)) == (HF_MP | HF_TS)) {
            return false;
        }
        gen_need_fpu(g);
        emit8(&g->e, 0x9b);
        return true;
    case X86_OP_X87:
    case X86_OP_FNCLEX:
    case X86_OP_FNSTSW:
    case X86_OP_FNSTCW:
    case X86_OP_FLDCW:
        break;
    default:
        return false;
    }
    if (g->hflags & (HF_EM | HF_TS)) {
        return false;
    }
    gen_need_fpu(g);
    if (!mem_access(g, &h)) {
        return false;
    }
    g->e.p += x86_reencode(g->e.p, d, &h, g->mode64);
    if (d->op == X86_OP_X87) {
        gen_pointers(g);
    }
    return true;
}

/* ---- vectors ---- */

static bool gen_vec(JitGen *g)
{
    const DecodedInsn *d = g->d;
    const X86Operand *gpr = d->has_modrm ? operand_of(d, OPND_GPR) : NULL;
    X86HostOperands h = X86_HOST_OPERANDS_KEEP;
    int host = X86_HOST_NONE;

    gen_need_fpu(g);
    if (!mem_access(g, &h)) {
        return false;
    }
    if (gpr) {
        host = gen_dest_reg(gpr->reg, H_T0);
        if (gpr->access & OPND_R) {
            gen_read_reg(g, gpr->reg, H_T0);
        }
        *(x86_vec_gpr_in_reg_field(d) ? &h.reg : &h.rm) = host;
    }
    g->e.p += x86_reencode(g->e.p, d, &h, g->mode64);
    if (gpr && (gpr->access & OPND_W) && host == H_T0) {
        gen_write_reg(g, gpr->reg, host);
    }
    if (x86_vec_is_string_compare(d) && (d->opcode & 1)) {
        gen_write_reg(g, R_ECX, H_RCX);
    }
    return true;
}

bool gen_vector(JitGen *g)
{
    const DecodedInsn *d = g->d;

    if (d->flags & X86_IF_X87) {
        return gen_x87(g);
    }
    if (x86_fpu_vector_fault(g->hflags, d) >= 0) {
        return false;
    }
    switch (d->op) {
    case X86_OP_VEC:
    case X86_OP_VEC_MASKMOV:
    case X86_OP_VEC_COMPRESS:
    case X86_OP_VEC_EXPAND:
    case X86_OP_EMMS:
    case X86_OP_LDMXCSR:
    case X86_OP_STMXCSR:
        return gen_vec(g);
    case X86_OP_VZERO:
        /* Elsewhere it leaves registers 8 and up alone. */
        return g->mode64 && gen_vec(g);
    default:
        return false;
    }
}
