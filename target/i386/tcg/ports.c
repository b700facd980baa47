/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IN, OUT, INS, OUTS. SDM volume 1, chapter 19 (protection: 19.5); volume 2.
 */
#include "qemu/osdep.h"
#include "exec/ioport.h"
#include "target/i386/tcg/access.h"
#include "target/i386/tcg/debug.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/svm.h"

/* Iterations of a repeated string instruction between looks at requests. */
#define STRING_BATCH 1024

/* Below IOPL, and always in virtual-8086 mode, the bit map of the TSS decides. */
static void check_permission(CPUX86State *env, unsigned port, unsigned size)
{
    unsigned iopl = (env->eflags & IOPL_MASK) >> IOPL_SHIFT;
    int idx = x86_mmu_index_implicit(env);
    unsigned offset, bits;

    if (!(env->hflags & HF_PE) || (!(env->hflags & HF_VM) && x86_cpl(env) <= iopl)) {
        return;
    }
    if (!(env->tr.flags & DESC_P_MASK) || !(env->tr.flags & (8u << DESC_TYPE_SHIFT)) ||
        env->tr.limit < 103) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    offset = x86_lin_ld16(env, env->tr.base + 0x66, idx) + port / 8;
    if (offset + 1 > env->tr.limit) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    bits = x86_lin_ld16(env, env->tr.base + offset, idx) >> (port & 7);
    if (bits & ((1u << size) - 1)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

static uint32_t port_in(CPUX86State *env, unsigned port, unsigned size)
{
    if (unlikely(env->hflags & HF_IOBPT)) {
        x86_debug_io_access(env, port, size);
    }
    switch (size) {
    case 1:
        return cpu_inb(port);
    case 2:
        return cpu_inw(port);
    default:
        return cpu_inl(port);
    }
}

static void port_out(CPUX86State *env, unsigned port, uint32_t val, unsigned size)
{
    if (unlikely(env->hflags & HF_IOBPT)) {
        x86_debug_io_access(env, port, size);
    }
    switch (size) {
    case 1:
        cpu_outb(port, val);
        break;
    case 2:
        cpu_outw(port, val);
        break;
    default:
        cpu_outl(port, val);
        break;
    }
}

static unsigned port_operand(CPUX86State *env, const X86Operand *o, const DecodedInsn *d)
{
    return o->kind == OPND_IMM ? d->imm & 0xff : env->regs[R_EDX] & 0xffff;
}

void interp_in(CPUX86State *env, const DecodedInsn *d)
{
    unsigned port = port_operand(env, &d->opnd[1], d);
    unsigned size = d->opnd[0].size;
    uint32_t val;

    check_permission(env, port, size);
    x86_svm_check_io(env, d, port, size, true);
    val = port_in(env, port, size);
    if (size == 4) {
        env->regs[R_EAX] = val;
    } else {
        env->regs[R_EAX] = deposit64(env->regs[R_EAX], 0, size * 8, val);
    }
}

void interp_out(CPUX86State *env, const DecodedInsn *d)
{
    unsigned port = port_operand(env, &d->opnd[0], d);
    unsigned size = d->opnd[1].size;

    check_permission(env, port, size);
    x86_svm_check_io(env, d, port, size, false);
    port_out(env, port, env->regs[R_EAX], size);
}

/* ---- strings ---- */

static uint64_t addr_mask(const DecodedInsn *d)
{
    return d->addrsize == 8 ? UINT64_MAX : d->addrsize == 4 ? UINT32_MAX : UINT16_MAX;
}

/* Index and count registers keep what lies above a 16-bit address size; 32 bits zero it. */
static void set_index(CPUX86State *env, unsigned reg, uint64_t val, const DecodedInsn *d)
{
    if (d->addrsize == 2) {
        env->regs[reg] = deposit64(env->regs[reg], 0, 16, val);
    } else {
        env->regs[reg] = val & addr_mask(d);
    }
}

static void step_index(CPUX86State *env, unsigned reg, unsigned size, const DecodedInsn *d)
{
    uint64_t delta = env->eflags & DF_MASK ? -(uint64_t)size : size;

    set_index(env, reg, env->regs[reg] + delta, d);
}

static void ins_once(CPUX86State *env, const DecodedInsn *d, unsigned port, unsigned size)
{
    uint64_t ea = env->regs[R_EDI] & addr_mask(d);
    uint32_t val;

    /* The store must not fault after the port was read. */
    x86_probe_write(env, R_ES, ea, size);
    val = port_in(env, port, size);
    x86_stn(env, R_ES, ea, val, size);
    step_index(env, R_EDI, size, d);
}

static void outs_once(CPUX86State *env, const DecodedInsn *d, unsigned port, unsigned size)
{
    uint64_t ea = env->regs[R_ESI] & addr_mask(d);

    port_out(env, port, x86_ldn(env, d->mem.seg, ea, size), size);
    step_index(env, R_ESI, size, d);
}

static void string_io(CPUX86State *env, const DecodedInsn *d,
                      void (*once)(CPUX86State *, const DecodedInsn *, unsigned, unsigned))
{
    unsigned port = env->regs[R_EDX] & 0xffff;
    unsigned size = MIN(d->opsize, 4);
    uint64_t count;

    check_permission(env, port, size);
    x86_svm_check_io(env, d, port, size, once == ins_once);
    if (!(d->prefixes & (X86_PFX_REPZ | X86_PFX_REPNZ))) {
        once(env, d, port, size);
        return;
    }
    for (int i = 0;; i++) {
        count = env->regs[R_ECX] & addr_mask(d);
        if (count == 0) {
            return;
        }
        if (i == STRING_BATCH || (i && x86_insn_should_stop(env))) {
            env->next_eip = env->eip;
            return;
        }
        once(env, d, port, size);
        set_index(env, R_ECX, count - 1, d);
    }
}

void interp_ins(CPUX86State *env, const DecodedInsn *d)
{
    string_io(env, d, ins_once);
}

void interp_outs(CPUX86State *env, const DecodedInsn *d)
{
    string_io(env, d, outs_once);
}
