/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions on segment registers, selectors and descriptor tables, and
 * software interrupts. SDM volume 2.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/seg.h"

/* ---- operands ---- */

static unsigned read_sel(CPUX86State *env, const DecodedInsn *d, const X86Operand *o)
{
    if (o->kind == OPND_MEM) {
        return x86_ld16(env, d->mem.seg, x86_mem_ea(env, d));
    }
    return env->regs[o->reg] & 0xffff;
}

static void write_gpr(CPUX86State *env, unsigned reg, uint64_t val, unsigned size)
{
    if (size == 2) {
        env->regs[reg] = (env->regs[reg] & ~0xffffull) | (uint16_t)val;
    } else if (size == 4) {
        env->regs[reg] = (uint32_t)val;
    } else {
        env->regs[reg] = val;
    }
}

/* Destination of SLDT, STR, SMSW, MOV r/m,Sreg: 16 bits in memory, operand size in a register. */
static void write_word(CPUX86State *env, const DecodedInsn *d, uint64_t val)
{
    if (d->opnd[0].kind == OPND_MEM) {
        x86_st16(env, d->mem.seg, x86_mem_ea(env, d), val);
    } else {
        write_gpr(env, d->opnd[0].reg, val, d->opsize);
    }
}

static void require_umip(CPUX86State *env)
{
    if ((env->hflags & HF_UMIP) && x86_cpl(env) != 0) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

/* Selector instructions do not exist in real and virtual-8086 mode. */
static void require_protected(CPUX86State *env)
{
    if (x86_is_real_or_vm(env)) {
        raise_exception(env, EXCP06_ILLOP);
    }
}

static uint64_t ea_mask(const DecodedInsn *d)
{
    return d->addrsize == 8 ? UINT64_MAX : d->addrsize == 4 ? UINT32_MAX : UINT16_MAX;
}

/* ---- segment registers ---- */

void interp_mov_from_seg(CPUX86State *env, const DecodedInsn *d)
{
    write_word(env, d, env->segs[d->opnd[1].reg].selector);
}

static void load_seg_reg(CPUX86State *env, int seg, unsigned sel)
{
    x86_load_seg(env, seg, sel);
    if (seg == R_SS) {
        env->hflags |= HF_INHIBIT_IRQ;
    }
}

void interp_mov_to_seg(CPUX86State *env, const DecodedInsn *d)
{
    load_seg_reg(env, d->opnd[0].reg, read_sel(env, d, &d->opnd[1]));
}

void interp_push_seg(CPUX86State *env, const DecodedInsn *d)
{
    unsigned size = d->opsize;
    uint64_t rsp = (env->regs[R_ESP] - size) & x86_stack_mask(env);
    unsigned sel = env->segs[d->opnd[0].reg].selector;

    /* A 32-bit push moves ESP by 4 but stores 16 bits. */
    if (size == 4) {
        x86_st16(env, R_SS, rsp, sel);
    } else {
        x86_stn(env, R_SS, rsp, sel, size);
    }
    x86_set_rsp(env, rsp);
}

void interp_pop_seg(CPUX86State *env, const DecodedInsn *d)
{
    unsigned sel = x86_peek(env, 0, d->opsize) & 0xffff;
    uint64_t rsp = env->regs[R_ESP] + d->opsize;

    if (d->opnd[0].reg == R_SS) {
        /* The new size of the stack does not apply to this pop. */
        uint64_t mask = x86_stack_mask(env);
        load_seg_reg(env, R_SS, sel);
        env->regs[R_ESP] = (mask == UINT16_MAX ? env->regs[R_ESP] & ~mask : 0) | (rsp & mask);
        return;
    }
    load_seg_reg(env, d->opnd[0].reg, sel);
    x86_set_rsp(env, rsp);
}

void interp_lxs(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t ea = x86_mem_ea(env, d);
    uint64_t offset = x86_ldn(env, d->mem.seg, ea, d->opsize);
    unsigned sel = x86_ld16(env, d->mem.seg, (ea + d->opsize) & ea_mask(d));

    x86_load_seg(env, d->opnd[2].reg, sel);
    write_gpr(env, d->opnd[0].reg, offset, d->opsize);
}

/* ---- questions about selectors ---- */

static void set_zf(CPUX86State *env, bool zf)
{
    env->eflags = (env->eflags & ~(uint64_t)CC_Z) | (zf ? CC_Z : 0);
}

void interp_arpl(CPUX86State *env, const DecodedInsn *d)
{
    const X86Operand *o = &d->opnd[0];
    unsigned rpl = env->regs[d->opnd[1].reg] & 3;
    uint64_t ea = 0;
    unsigned sel;
    bool change;

    require_protected(env);
    if (o->kind == OPND_MEM) {
        ea = x86_mem_ea(env, d);
        sel = x86_ld16(env, d->mem.seg, ea);
    } else {
        sel = env->regs[o->reg] & 0xffff;
    }
    change = (sel & 3) < rpl;
    if (change) {
        sel = (sel & ~3u) | rpl;
        if (o->kind == OPND_MEM) {
            x86_st16(env, d->mem.seg, ea, sel);
        } else {
            write_gpr(env, o->reg, sel, 2);
        }
    }
    set_zf(env, change);
}

/* Is the segment within reach of CPL and RPL? */
static bool dpl_allows(CPUX86State *env, const X86Desc *d, unsigned sel)
{
    return x86_desc_dpl(d) >= MAX((unsigned)x86_cpl(env), sel & 3);
}

static void verify(CPUX86State *env, const DecodedInsn *d, bool write)
{
    unsigned sel;
    X86Desc desc;
    bool ok = false;

    require_protected(env);
    sel = read_sel(env, d, &d->opnd[0]);
    if (!x86_sel_is_null(sel) && x86_fetch_desc(env, sel, &desc) && (desc.hi & DESC_S_MASK)) {
        if (x86_desc_is_code(&desc)) {
            ok = !write && (desc.hi & DESC_R_MASK) &&
                 (x86_desc_conforming(&desc) || dpl_allows(env, &desc, sel));
        } else {
            ok = (!write || (desc.hi & DESC_W_MASK)) && dpl_allows(env, &desc, sel);
        }
    }
    set_zf(env, ok);
}

void interp_verr(CPUX86State *env, const DecodedInsn *d)
{
    verify(env, d, false);
}

void interp_verw(CPUX86State *env, const DecodedInsn *d)
{
    verify(env, d, true);
}

/* LAR and LSL: @types is the set of system descriptor types that are valid. */
static bool visible_desc(CPUX86State *env, unsigned sel, unsigned types, X86Desc *desc)
{
    int type;

    if (x86_sel_is_null(sel) || !x86_fetch_desc(env, sel, desc)) {
        return false;
    }
    type = x86_desc_sys_type(desc);
    if (type >= 0 && !(types >> type & 1)) {
        return false;
    }
    if (x86_desc_is_code(desc) && x86_desc_conforming(desc)) {
        return true;
    }
    return dpl_allows(env, desc, sel);
}

void interp_lar(CPUX86State *env, const DecodedInsn *d)
{
    unsigned legacy = 1u << X86_SYS_TSS16_AVAIL | 1u << X86_SYS_LDT | 1u << X86_SYS_TSS16_BUSY |
                      1u << X86_SYS_CALL_GATE16 | 1u << X86_SYS_TASK_GATE |
                      1u << X86_SYS_TSS32_AVAIL | 1u << X86_SYS_TSS32_BUSY |
                      1u << X86_SYS_CALL_GATE32;
    unsigned lm = 1u << X86_SYS_LDT | 1u << X86_SYS_TSS32_AVAIL | 1u << X86_SYS_TSS32_BUSY |
                  1u << X86_SYS_CALL_GATE32;
    unsigned sel;
    X86Desc desc;
    bool ok;

    require_protected(env);
    sel = read_sel(env, d, &d->opnd[1]);
    ok = visible_desc(env, sel, x86_long_mode(env) ? lm : legacy, &desc);
    if (ok) {
        write_gpr(env, d->opnd[0].reg, desc.hi & (d->opsize == 2 ? 0xff00 : 0x00ffff00), d->opsize);
    }
    set_zf(env, ok);
}

void interp_lsl(CPUX86State *env, const DecodedInsn *d)
{
    unsigned legacy = 1u << X86_SYS_TSS16_AVAIL | 1u << X86_SYS_LDT | 1u << X86_SYS_TSS16_BUSY |
                      1u << X86_SYS_TSS32_AVAIL | 1u << X86_SYS_TSS32_BUSY;
    unsigned lm = 1u << X86_SYS_LDT | 1u << X86_SYS_TSS32_AVAIL | 1u << X86_SYS_TSS32_BUSY;
    unsigned sel;
    X86Desc desc;
    bool ok;

    require_protected(env);
    sel = read_sel(env, d, &d->opnd[1]);
    ok = visible_desc(env, sel, x86_long_mode(env) ? lm : legacy, &desc);
    if (ok) {
        write_gpr(env, d->opnd[0].reg, x86_desc_limit(&desc), d->opsize);
    }
    set_zf(env, ok);
}

/* ---- descriptor tables ---- */

static void store_table(CPUX86State *env, const DecodedInsn *d, const SegmentCache *table)
{
    unsigned base_size = env->hflags & HF_CS64 ? 8 : 4;
    uint8_t image[10];

    require_umip(env);
    stw_le_p(image, table->limit);
    stq_le_p(image + 2, table->base);
    x86_write_bytes(env, d->mem.seg, x86_mem_ea(env, d), image, 2 + base_size);
}

void interp_sgdt(CPUX86State *env, const DecodedInsn *d)
{
    store_table(env, d, &env->gdt);
}

void interp_sidt(CPUX86State *env, const DecodedInsn *d)
{
    store_table(env, d, &env->idt);
}

static void load_table(CPUX86State *env, const DecodedInsn *d, SegmentCache *table)
{
    bool code64 = env->hflags & HF_CS64;
    uint8_t image[10] = {0};
    uint64_t base;

    x86_require_cpl0(env);
    x86_read_bytes(env, d->mem.seg, x86_mem_ea(env, d), image, code64 ? 10 : 6);
    base = ldq_le_p(image + 2);
    if (code64) {
        if (!x86_is_canonical_base(env, base)) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
    } else if (d->opsize == 2) {
        base &= 0xffffff;
    }
    table->base = base;
    table->limit = lduw_le_p(image);
}

void interp_lgdt(CPUX86State *env, const DecodedInsn *d)
{
    load_table(env, d, &env->gdt);
}

void interp_lidt(CPUX86State *env, const DecodedInsn *d)
{
    load_table(env, d, &env->idt);
}

void interp_sldt(CPUX86State *env, const DecodedInsn *d)
{
    require_protected(env);
    require_umip(env);
    write_word(env, d, env->ldt.selector);
}

void interp_str(CPUX86State *env, const DecodedInsn *d)
{
    require_protected(env);
    require_umip(env);
    write_word(env, d, env->tr.selector);
}

void interp_lldt(CPUX86State *env, const DecodedInsn *d)
{
    require_protected(env);
    x86_require_cpl0(env);
    x86_load_ldt(env, read_sel(env, d, &d->opnd[0]));
}

void interp_ltr(CPUX86State *env, const DecodedInsn *d)
{
    require_protected(env);
    x86_require_cpl0(env);
    x86_load_tr(env, read_sel(env, d, &d->opnd[0]));
}

/* ---- software interrupts ---- */

/* INT n in virtual-8086 mode, VME on and the redirection bit clear: served by the 8086 program. */
static bool vme_redirect(CPUX86State *env, unsigned vector)
{
    int idx = x86_mmu_index_implicit(env);
    unsigned map;

    if (!(env->cr[4] & CR4_VME_MASK)) {
        return false;
    }
    if (!(env->tr.flags & DESC_P_MASK) || env->tr.limit < 0x67) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    map = x86_lin_ld16(env, env->tr.base + 0x66, idx);
    if (map < 32 || map - 32 + vector / 8 > env->tr.limit) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    return !(x86_lin_ld8(env, env->tr.base + map - 32 + vector / 8, idx) >> (vector % 8) & 1);
}

static void vme_interrupt(CPUX86State *env, unsigned vector)
{
    bool virtual_if = (env->eflags & IOPL_MASK) != IOPL_MASK;
    uint64_t flags = env->eflags;
    uint32_t entry;
    X86Stack s;

    if (virtual_if) {
        flags = (flags & ~(uint64_t)IF_MASK) | IOPL_MASK | (flags & VIF_MASK ? IF_MASK : 0);
    }
    entry = x86_lin_ld32(env, vector * 4, X86_MMU_USER);
    x86_stack_current(env, &s);
    x86_stack_push(env, &s, flags, 2);
    x86_stack_push(env, &s, env->segs[R_CS].selector, 2);
    x86_stack_push(env, &s, env->next_eip, 2);
    x86_set_rsp(env, s.sp);
    x86_set_seg_vm(env, R_CS, entry >> 16);
    env->next_eip = entry & 0xffff;
    x86_write_eflags(env, 0, TF_MASK | NT_MASK | (virtual_if ? VIF_MASK : IF_MASK));
}

void interp_int(CPUX86State *env, const DecodedInsn *d)
{
    unsigned vector = d->imm & 0xff;

    if (env->hflags & HF_VM) {
        if (vme_redirect(env, vector)) {
            vme_interrupt(env, vector);
            return;
        }
        if ((env->eflags & IOPL_MASK) != IOPL_MASK) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
    }
    x86_raise_soft_int(env, vector, env->next_eip);
}

void interp_int3(CPUX86State *env, const DecodedInsn *d)
{
    x86_raise_soft_int(env, EXCP03_INT3, env->next_eip);
}

void interp_into(CPUX86State *env, const DecodedInsn *d)
{
    if (env->eflags & CC_O) {
        x86_raise_soft_int(env, EXCP04_INTO, env->next_eip);
    }
}

void interp_int1(CPUX86State *env, const DecodedInsn *d)
{
    x86_raise_int1(env, env->next_eip);
}
