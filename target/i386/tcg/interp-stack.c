/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interpreter: stack instructions (SDM vol. 1, chapter 6; vol. 2). RSP is written
 * when nothing can fault any more.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/interp-int.h"

void interp_push(CPUX86State *env, const DecodedInsn *d)
{
    x86_push(env, x86_get(env, d, 0), d->opsize);
}

/* The address of a memory destination is computed with RSP after the pop. */
static void pop_mem(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t val = x86_peek(env, 0, d->opsize), rsp = env->regs[R_ESP], ea;

    x86_set_rsp(env, rsp + d->opsize);
    ea = x86_mem_ea(env, d);
    env->regs[R_ESP] = rsp;
    x86_stn(env, d->mem.seg, ea, val, d->opsize);
    x86_set_rsp(env, rsp + d->opsize);
}

void interp_pop(CPUX86State *env, const DecodedInsn *d)
{
    if (d->opnd[0].kind == OPND_MEM) {
        pop_mem(env, d);
    } else {
        x86_put(env, d, 0, x86_pop(env, d->opsize));
    }
}

/* Where the @n-th of values pushed one after the other goes. */
static uint64_t push_address(const CPUX86State *env, unsigned n, unsigned size)
{
    return (env->regs[R_ESP] - (uint64_t)n * size) & x86_stack_mask(env);
}

void interp_pusha(CPUX86State *env, const DecodedInsn *d)
{
    for (int i = 1; i <= 8; i++) {
        x86_probe_write(env, R_SS, push_address(env, i, d->opsize), d->opsize);
    }
    for (int i = 1; i <= 8; i++) {
        x86_stn(env, R_SS, push_address(env, i, d->opsize), x86_reg(env, i - 1, d->opsize),
                d->opsize);
    }
    x86_set_rsp(env, env->regs[R_ESP] - 8 * d->opsize);
}

void interp_popa(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t val[8];

    for (int i = 0; i < 8; i++) {
        val[7 - i] = x86_peek(env, i * d->opsize, d->opsize);
    }
    for (int i = 0; i < 8; i++) {
        if (i != R_ESP) {
            x86_set_reg(env, i, val[i], d->opsize);
        }
    }
    x86_set_rsp(env, env->regs[R_ESP] + 8 * d->opsize);
}

/* Copies the @level - 1 frame pointers that the caller's display has, and adds the new one. */
static unsigned enter_display(CPUX86State *env, unsigned level, unsigned size, uint64_t frame)
{
    unsigned pushed = 1;

    for (unsigned i = 1; i < level; i++) {
        uint64_t from = (env->regs[R_EBP] - (uint64_t)i * size) & x86_stack_mask(env);

        x86_stn(env, R_SS, push_address(env, ++pushed, size), x86_ldn(env, R_SS, from, size), size);
    }
    x86_stn(env, R_SS, push_address(env, ++pushed, size), frame, size);
    return pushed;
}

void interp_enter(CPUX86State *env, const DecodedInsn *d)
{
    unsigned size = d->opsize, level = d->imm2 & 31, pushed = 1;
    uint64_t frame, rsp;

    x86_stn(env, R_SS, push_address(env, 1, size), x86_reg(env, R_EBP, size), size);
    /* Beyond the stack size, the frame pointer keeps what RSP has. */
    frame = (env->regs[R_ESP] & ~x86_stack_mask(env)) | push_address(env, 1, size);
    if (level) {
        pushed = enter_display(env, level, size, frame);
    }
    rsp = env->regs[R_ESP] - (uint64_t)pushed * size - (uint16_t)d->imm;
    /* The new top of the stack must be writable. */
    x86_probe_write(env, R_SS, rsp & x86_stack_mask(env), size);
    x86_set_reg(env, R_EBP, frame, size);
    x86_set_rsp(env, rsp);
}

void interp_leave(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t rbp = env->regs[R_EBP];
    uint64_t val = x86_ldn(env, R_SS, rbp & x86_stack_mask(env), d->opsize);

    x86_set_rsp(env, rbp + d->opsize);
    x86_set_reg(env, R_EBP, val, d->opsize);
}

/* ---- flags (SDM vol. 2, "PUSHF", "POPF"; virtual-8086 mode: vol. 3, 21.2 and 21.3) ---- */

static unsigned iopl(const CPUX86State *env)
{
    return (env->eflags & IOPL_MASK) >> IOPL_SHIFT;
}

/* In virtual-8086 mode below IOPL 3: only the 16-bit forms, and only with VME, on VIF. */
static bool virtual_if(CPUX86State *env, const DecodedInsn *d)
{
    if (!(env->hflags & HF_VM) || iopl(env) == 3) {
        return false;
    }
    if (!(env->cr[4] & CR4_VME_MASK) || d->opsize != 2) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    return true;
}

void interp_pushf(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t fl = env->eflags & ~(uint64_t)(VM_MASK | RF_MASK);

    if (virtual_if(env, d)) {
        fl = (fl & ~(uint64_t)IF_MASK) | IOPL_MASK | (fl & VIF_MASK ? IF_MASK : 0);
    }
    x86_push(env, fl, d->opsize);
}

/* Bits that POPF may change in the current mode. */
static uint32_t popf_mask(CPUX86State *env, const DecodedInsn *d)
{
    uint32_t mask = CC_ALL | TF_MASK | DF_MASK | NT_MASK | AC_MASK | ID_MASK;
    unsigned cpl = x86_cpl(env);

    if (cpl == 0) {
        mask |= IOPL_MASK;
    }
    if (cpl <= iopl(env)) {
        mask |= IF_MASK;
    }
    return d->opsize == 2 ? mask & 0xffff : mask;
}

void interp_popf(CPUX86State *env, const DecodedInsn *d)
{
    bool vif = virtual_if(env, d);
    uint64_t val = x86_peek(env, 0, d->opsize);
    uint32_t mask = popf_mask(env, d);

    if (vif) {
        if ((val & TF_MASK) || ((val & IF_MASK) && (env->eflags & VIP_MASK))) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
        x86_set_flags(env, VIF_MASK, val & IF_MASK ? VIF_MASK : 0);
    }
    x86_set_rsp(env, env->regs[R_ESP] + d->opsize);
    x86_set_flags(env, mask | RF_MASK, val & mask);
    x86_update_hflags(env);
}
