/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PUSH, POP, LEAVE, PUSHF, and the stack side of CALL and RET.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/jit/gen.h"

unsigned gen_stack_size(const JitGen *g)
{
    return g->mode64 ? 8 : g->hflags & HF_SS32 ? 4 : 2;
}

static X86MemRef stack_ref(unsigned base, int disp)
{
    return (X86MemRef){.base = base, .index = X86_MEM_NO_REG, .seg = R_SS, .disp = disp};
}

X86HostMem gen_stack_mem(JitGen *g, int disp, unsigned size, unsigned access)
{
    X86MemRef m = stack_ref(R_ESP, disp);

    return gen_mem(g, &m, gen_stack_size(g), size, access);
}

bool gen_stack_ok(const JitGen *g)
{
    X86MemRef m = stack_ref(R_ESP, 0);

    return gen_mem_ok(g, &m);
}

void gen_stack_add(JitGen *g, int disp)
{
    Emit *e = &g->e;
    int sp = jit_host_reg[R_ESP];

    if (gen_stack_size(g) == 2) {
        gen_forget(g);
        emit_add_disp(e, false, H_T1, sp, disp);
        emit8(e, 0x66);
        emit_op_reg(e, false, 0, 0x89, H_T1, sp);
    } else {
        emit_add_disp(e, g->mode64, sp, sp, disp);
    }
}

static void store_imm(JitGen *g, unsigned size, int64_t imm, X86HostMem m)
{
    if (size == 2) {
        emit8(&g->e, 0x66);
        emit_op_mem(&g->e, false, 0, 0xc7, 0, &m);
        emit16(&g->e, imm);
    } else {
        emit_store_imm32(&g->e, size == 8, imm, m);
    }
}

static bool gen_push(JitGen *g)
{
    const DecodedInsn *d = g->d;
    const X86Operand *src = &d->opnd[0];
    unsigned size = d->opsize;
    X86HostMem m;

    if (src->kind == OPND_MEM) {
        if (!gen_mem_ok(g, &d->mem)) {
            return false;
        }
        m = gen_operand(g, size, OPND_R);
        emit_load_n(&g->e, size, H_T0, m);
        emit_store(&g->e, true, H_T0, ENV_MEM(jit_hot.temp));
    } else if (src->kind != OPND_GPR && src->kind != OPND_IMM) {
        return false;
    }
    m = gen_stack_mem(g, -(int)size, size, OPND_W);
    if (src->kind == OPND_IMM) {
        store_imm(g, size, d->imm, m);
    } else if (src->kind == OPND_MEM) {
        emit_load(&g->e, true, H_T0, ENV_MEM(jit_hot.temp));
        emit_store_n(&g->e, size, H_T0, m);
    } else {
        emit_store_n(&g->e, size, gen_read_reg(g, src->reg, H_T0), m);
    }
    gen_stack_add(g, -(int)size);
    return true;
}

static bool gen_pop(JitGen *g)
{
    const DecodedInsn *d = g->d;
    unsigned size = d->opsize, reg = d->opnd[0].reg;

    if (d->opnd[0].kind != OPND_GPR) {
        return false;
    }
    X86HostMem m = gen_stack_mem(g, 0, size, OPND_R);
    if (size >= 4 && gen_pinned(reg) && reg != R_ESP) {
        emit_load_n(&g->e, size, jit_host_reg[reg], m);
        gen_stack_add(g, size);
        return true;
    }
    emit_load_n(&g->e, size, H_T0, m);
    gen_stack_add(g, size);
    if (size >= 4) {
        gen_write_reg(g, reg, H_T0);
    } else if (gen_pinned(reg)) {
        emit8(&g->e, 0x66);
        emit_op_reg(&g->e, false, 0, 0x89, H_T0, jit_host_reg[reg]);
    } else {
        emit_store_n(&g->e, 2, H_T0, gen_reg_mem(reg));
        gen_forget_guest(g, reg);
    }
    return true;
}

static bool gen_leave(JitGen *g)
{
    X86MemRef m = stack_ref(R_EBP, 0);
    unsigned size = g->d->opsize;
    int bp = jit_host_reg[R_EBP], sp = jit_host_reg[R_ESP];

    if (size != gen_stack_size(g) || size == 2) {
        return false;
    }
    emit_load_n(&g->e, size, H_T0, gen_mem(g, &m, size, size, OPND_R));
    emit_add_disp(&g->e, size == 8, sp, bp, size);
    emit_mov_rr(&g->e, true, bp, H_T0);
    return true;
}

/* The status flags are the host's, the others are in env->eflags. */
static bool gen_pushf(JitGen *g)
{
    Emit *e = &g->e;
    unsigned size = g->d->opsize;

    if ((g->hflags & HF_VM) || size != gen_stack_size(g) || size == 2) {
        return false;
    }
    X86HostMem m = gen_fold(g, gen_stack_mem(g, -(int)size, size, OPND_W));
    emit8(e, 0x9c); /* pushfq; pop T0 */
    emit8(e, 0x58 | H_T0);
    emit_pext(e, H_T0, H_T0, ENV_MEM(jit_hot.status_flags));
    emit_pdep(e, H_T0, H_T0, ENV_MEM(jit_hot.status_flags));
    emit_load(e, true, H_T1, ENV_MEM(eflags));
    emit_pext(e, H_T1, H_T1, ENV_MEM(jit_hot.pushed_flags));
    emit_pdep(e, H_T1, H_T1, ENV_MEM(jit_hot.pushed_flags));
    emit_lea(e, true, H_T0, host_mem_index(H_T0, H_T1, 0, 0));
    emit_store_n(e, size, H_T0, m);
    gen_stack_add(g, -(int)size);
    return true;
}

bool gen_stack(JitGen *g)
{
    if (!gen_stack_ok(g)) {
        return false;
    }
    switch (g->d->op) {
    case X86_OP_PUSH:
        return gen_push(g);
    case X86_OP_POP:
        return gen_pop(g);
    case X86_OP_LEAVE:
        return gen_leave(g);
    case X86_OP_PUSHF:
        return gen_pushf(g);
    default:
        return false;
    }
}
