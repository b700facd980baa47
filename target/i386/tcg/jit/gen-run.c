/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs of pushes, pops and moves, as functions begin and end with: one look-up for all of their
 * accesses to the stack, one change of RSP. What is written here is a second form of the run, in
 * front of the instructions' own code, and is entered only if the whole stretch of the stack lies
 * in one page that can be reached directly. So nothing in it faults, and state need not be precise
 * but at its end: whoever comes back into the middle of the run comes back to the first form.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/jit/gen.h"
#include "target/i386/tcg/svm.h"

#define RUN_MAX      24  /* instructions */
#define RUN_BYTES    248 /* of the stack */
#define RUN_ACCESSES 3   /* fewer are not worth a second form */
#define INSN_BYTES   96  /* of host code, in both forms, at most */

typedef struct Run {
    unsigned n, accesses;
    int sp;     /* of RSP, from where it was before the run */
    int lo, hi; /* stretch of the stack, from there */
    bool write, ret;
} Run;

static bool is_gpr(const X86Operand *o)
{
    return o->kind == OPND_GPR && o->reg != R_ESP;
}

static bool touch(Run *r, int64_t at, unsigned size, unsigned access)
{
    int lo = MIN(r->lo, at), hi = MAX(r->hi, at + size);

    if (r->accesses == 0) {
        lo = at;
        hi = at + size;
    }
    if (at != (int32_t)at || hi - lo > RUN_BYTES) {
        return false;
    }
    r->lo = lo;
    r->hi = hi;
    r->accesses++;
    r->write |= access & OPND_W;
    return true;
}

static bool touch_operand(Run *r, const DecodedInsn *d, unsigned access)
{
    const X86MemRef *m = &d->mem;

    return m->base == R_ESP && m->index == X86_MEM_NO_REG && m->seg == R_SS && d->addrsize == 8 &&
           m->disp == (int16_t)m->disp && touch(r, r->sp + m->disp, d->opsize, access);
}

static bool take_mov(Run *r, const DecodedInsn *d)
{
    const X86Operand *to = &d->opnd[0], *from = &d->opnd[1];

    if (d->opsize < 4) {
        return false;
    }
    if (to->kind == OPND_MEM) {
        return is_gpr(from) && touch_operand(r, d, OPND_W);
    }
    if (!is_gpr(to)) {
        return false;
    }
    if (from->kind == OPND_MEM) {
        return touch_operand(r, d, OPND_R);
    }
    return is_gpr(from) || from->kind == OPND_IMM || (from->kind == OPND_GPR && d->opsize == 8);
}

/* XOR of a register with itself, which has a host register. */
static bool is_zeroing(const DecodedInsn *d)
{
    return d->opsize >= 4 && is_gpr(&d->opnd[0]) && is_gpr(&d->opnd[1]) &&
           d->opnd[0].reg == d->opnd[1].reg && gen_pinned(d->opnd[0].reg);
}

/* Takes @d into the run if it can be part of it. */
static bool take(const JitGen *g, Run *r, const DecodedInsn *d)
{
    switch (d->op) {
    case X86_OP_NOP:
        return true;
    case X86_OP_XOR:
        return is_zeroing(d);
    case X86_OP_MOV:
        return take_mov(r, d);
    case X86_OP_PUSH:
        if (d->opsize != 8 || !(is_gpr(&d->opnd[0]) || d->opnd[0].kind == OPND_IMM) ||
            !touch(r, r->sp - 8, 8, OPND_W)) {
            return false;
        }
        r->sp -= 8;
        return true;
    case X86_OP_POP:
        if (d->opsize != 8 || !is_gpr(&d->opnd[0]) || !touch(r, r->sp, 8, OPND_R)) {
            return false;
        }
        r->sp += 8;
        return true;
    case X86_OP_RET:
        /* User code polls by a load whose fault needs to know the instruction it belongs to. */
        r->ret = d->opsize == 8 && g->mmu != X86_MMU_USER && g->hflags == g->entry_hflags &&
                 touch(r, r->sp, 8, OPND_R);
        return r->ret;
    default:
        return false;
    }
}

/* ---- the second form ---- */

/* The stack at @at from where RSP was; T2 has what is to be added. */
static X86HostMem stack_at(int at)
{
    return host_mem_index(H_T2, jit_host_reg[R_ESP], 0, at);
}

static void run_mov(JitGen *g, const DecodedInsn *d, int sp)
{
    const X86Operand *to = &d->opnd[0], *from = &d->opnd[1];
    Emit *e = &g->e;
    bool wide = d->opsize == 8;
    int reg;

    if (to->kind == OPND_MEM) {
        emit_store(e, wide, gen_read_reg(g, from->reg, H_T0), stack_at(sp + d->mem.disp));
        return;
    }
    reg = gen_dest_reg(to->reg, H_T0);
    if (from->kind == OPND_MEM) {
        emit_load(e, wide, reg, stack_at(sp + d->mem.disp));
    } else if (from->kind == OPND_IMM) {
        emit_load_imm(e, reg, wide ? (uint64_t)d->imm : (uint32_t)d->imm);
    } else if (from->reg == R_ESP) {
        emit_lea(e, true, reg, host_mem(jit_host_reg[R_ESP], sp));
    } else {
        emit_mov_rr(e, wide, reg, gen_read_reg(g, from->reg, H_T0));
    }
    gen_write_reg(g, to->reg, reg);
}

/* One instruction of the run, with RSP @sp bytes behind; returns what it is then. */
static int run_insn(JitGen *g, const DecodedInsn *d, int sp)
{
    Emit *e = &g->e;
    int reg;

    switch (d->op) {
    case X86_OP_PUSH:
        sp -= 8;
        if (d->opnd[0].kind == OPND_IMM) {
            emit_store_imm32(e, true, d->imm, stack_at(sp));
        } else {
            emit_store(e, true, gen_read_reg(g, d->opnd[0].reg, H_T0), stack_at(sp));
        }
        break;
    case X86_OP_POP:
        reg = gen_dest_reg(d->opnd[0].reg, H_T0);
        emit_load(e, true, reg, stack_at(sp));
        gen_write_reg(g, d->opnd[0].reg, reg);
        sp += 8;
        break;
    case X86_OP_MOV:
        run_mov(g, d, sp);
        break;
    case X86_OP_XOR:
        reg = jit_host_reg[d->opnd[0].reg];
        emit_op_reg(e, d->opsize == 8, 0, 0x31, reg, reg);
        break;
    default:
        break;
    }
    return sp;
}

static void write_run(JitGen *g, const Run *r)
{
    unsigned index = g->index, off = g->off, last = index + r->n - 1;
    const DecodedInsn *first = g->d;
    Emit *e = &g->e;
    int sp = 0;

    gen_stack_stretch(g, r->lo, r->hi - r->lo, r->write ? OPND_W : OPND_R);
    for (unsigned i = 0; i < r->n - r->ret; i++) {
        sp = run_insn(g, gen_peek(g, index + i), sp);
    }
    gen_stack_add(g, sp);
    if (!r->ret) {
        emit8(e, 0xe9); /* jmp to the end of the first form */
        g->run_join = e->p;
        emit32(e, 0);
        return;
    }
    g->off += g->at[last] - g->at[index];
    g->index = last;
    g->d = gen_peek(g, last);
    gen_ret_from(g, stack_at(0));
    g->ended = false;
    g->index = index;
    g->off = off;
    g->d = first;
}

/* @d accesses the stack as instructions of a run do: to begin with anything else brings nothing. */
static bool may_begin(const DecodedInsn *d)
{
    return d->op == X86_OP_PUSH || d->op == X86_OP_POP ||
           (d->op == X86_OP_MOV && d->mem.base == R_ESP &&
            (d->opnd[0].kind == OPND_MEM || d->opnd[1].kind == OPND_MEM));
}

/* There is room for the run, and what comes behind, in the block. */
static bool has_room(const JitGen *g, unsigned n)
{
    return g->ninsn + n < JIT_MAX_INSNS && g->nmiss + n + 8 < JIT_MAX_SLOW &&
           g->nexit + 4 < JIT_MAX_EXITS && g->npoll + 4 < JIT_MAX_EXITS &&
           g->e.p + (2 * n + 8) * INSN_BYTES < g->e.limit;
}

/* No debugger or hypervisor asks for the instruction, no poll is due before it. */
static bool can_follow(JitGen *g, unsigned index)
{
    unsigned off = g->off + g->at[index] - g->at[g->index], next;
    const DecodedInsn *d = gen_peek(g, index);

    if (!d || (index != g->index && jit_breaks_at(off & ~TARGET_PAGE_MASK)) ||
        ((g->hflags & HF_GUEST) && x86_svm_concerns(d))) {
        return false;
    }
    next = g->at[index] + d->len;
    return g->mmu != X86_MMU_USER || !gen_loop_end_follows(g->bytes + next, g->avail - next);
}

void gen_run(JitGen *g)
{
    Run run = {0};

    if (!g->mode64 || g->index < g->run_end || (g->hflags & (HF_ALIGNCHECK | JIT_HF_WINDOW)) ||
        !may_begin(g->d)) {
        return;
    }
    while (run.n < RUN_MAX && !run.ret && has_room(g, run.n + 1) &&
           can_follow(g, g->index + run.n) && take(g, &run, gen_peek(g, g->index + run.n))) {
        run.n++;
    }
    g->run_end = g->index + run.n;
    if (run.accesses < RUN_ACCESSES) {
        return;
    }
    gen_settle_x87(g);
    gen_forget(g);
    write_run(g, &run);
    g->insn[g->index].host = g->e.p - g->code;
    memset(g->insn[g->index].held, JIT_HELD_NOTHING, sizeof(g->insn[0].held));
    g->insn[g->index].x87 = 0;
}

void gen_end_run(JitGen *g)
{
    if (g->run_join && g->ninsn == g->run_end) {
        gen_forget(g);
        emit_patch32(&g->e, g->run_join, emit_rx(&g->e, g->e.p));
        g->run_join = NULL;
    }
}
