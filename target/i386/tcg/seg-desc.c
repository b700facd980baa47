/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors and segment registers: reading tables, loading ES SS DS FS GS,
 * LDTR and TR, stacks from the TSS. SDM volume 3, 3.4, 3.5, 5.4-5.8, 7.2.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/seg.h"

/* ---- reading descriptors ---- */

bool x86_fetch_desc(CPUX86State *env, unsigned sel, X86Desc *d)
{
    const SegmentCache *table = &env->gdt;
    uint64_t raw;

    if (sel & 4) {
        table = &env->ldt;
        if (x86_sel_is_null(env->ldt.selector) || !(env->ldt.flags & DESC_P_MASK)) {
            return false;
        }
    }
    if ((sel | 7) > table->limit) {
        return false;
    }
    d->addr = table->base + (sel & 0xfff8);
    if (!x86_long_mode(env)) {
        d->addr = (uint32_t)d->addr;
    }
    raw = x86_lin_ld64(env, d->addr, x86_mmu_index_implicit(env));
    d->lo = raw;
    d->hi = raw >> 32;
    return true;
}

void x86_fetch_desc_or_raise(CPUX86State *env, unsigned sel, X86Desc *d, int vector, unsigned ext)
{
    if ((sel & 4) || !x86_fetch_desc(env, sel, d)) {
        raise_exception_err(env, vector, (sel & 0xfffc) | ext);
    }
}

uint64_t x86_fetch_desc_high(CPUX86State *env, unsigned sel, const X86Desc *d, int vector)
{
    const SegmentCache *table = sel & 4 ? &env->ldt : &env->gdt;

    if ((sel | 15) > table->limit) {
        raise_exception_err(env, vector, sel & 0xfffc);
    }
    return x86_lin_ld64(env, d->addr + 8, x86_mmu_index_implicit(env));
}

void x86_desc_mark_accessed(CPUX86State *env, X86Desc *d)
{
    if (!(d->hi & DESC_A_MASK)) {
        d->hi |= DESC_A_MASK;
        x86_lin_atomic_rmw(env, d->addr + 4, 4, x86_mmu_index_implicit(env), X86_ATOMIC_OR,
                           DESC_A_MASK);
    }
}

void x86_tss_set_busy(CPUX86State *env, unsigned sel, bool busy)
{
    uint64_t addr = env->gdt.base + (sel & 0xfff8) + 4;

    x86_lin_atomic_rmw(env, addr, 4, x86_mmu_index_implicit(env),
                       busy ? X86_ATOMIC_OR : X86_ATOMIC_AND,
                       busy ? DESC_TSS_BUSY_MASK : (uint32_t)~DESC_TSS_BUSY_MASK);
}

/* ---- data segment registers ---- */

static G_NORETURN void raise_sel(CPUX86State *env, int vector, unsigned sel)
{
    raise_exception_err(env, vector, sel & 0xfffc);
}

static void load_ss(CPUX86State *env, unsigned sel)
{
    unsigned cpl = x86_cpl(env);
    X86Desc d;

    if (x86_sel_is_null(sel)) {
        /* Only 64-bit code below CPL 3 may have a null SS, with RPL = CPL. */
        if (!(env->hflags & HF_CS64) || cpl == 3 || (sel & 3) != cpl) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
        x86_set_ss_null(env, cpl);
        return;
    }
    if (!x86_fetch_desc(env, sel, &d) || (sel & 3) != cpl || !(d.hi & DESC_S_MASK) ||
        (d.hi & DESC_CS_MASK) || !(d.hi & DESC_W_MASK) || x86_desc_dpl(&d) != cpl) {
        raise_sel(env, EXCP0D_GPF, sel);
    }
    if (!x86_desc_present(&d)) {
        raise_sel(env, EXCP0C_STACK, sel);
    }
    x86_desc_mark_accessed(env, &d);
    x86_set_seg_desc(env, R_SS, sel, &d);
}

static void load_data(CPUX86State *env, int seg, unsigned sel)
{
    X86Desc d;

    if (x86_sel_is_null(sel)) {
        x86_set_seg_null(env, seg, sel);
        return;
    }
    if (!x86_fetch_desc(env, sel, &d) || !(d.hi & DESC_S_MASK) ||
        (d.hi & (DESC_CS_MASK | DESC_R_MASK)) == DESC_CS_MASK) {
        raise_sel(env, EXCP0D_GPF, sel);
    }
    /* Data and non-conforming code: both CPL and RPL have to be good enough. */
    if (!(x86_desc_is_code(&d) && x86_desc_conforming(&d)) &&
        x86_desc_dpl(&d) < MAX(sel & 3, (unsigned)x86_cpl(env))) {
        raise_sel(env, EXCP0D_GPF, sel);
    }
    if (!x86_desc_present(&d)) {
        raise_sel(env, EXCP0B_NOSEG, sel);
    }
    x86_desc_mark_accessed(env, &d);
    x86_set_seg_desc(env, seg, sel, &d);
}

void x86_load_seg(CPUX86State *env, int seg, unsigned sel)
{
    sel &= 0xffff;
    if (env->hflags & HF_VM) {
        x86_set_seg_vm(env, seg, sel);
    } else if (!(env->hflags & HF_PE)) {
        x86_set_seg_real(env, seg, sel);
    } else if (seg == R_SS) {
        load_ss(env, sel);
    } else {
        load_data(env, seg, sel);
    }
    x86_update_hflags(env);
}

/* ---- LDTR and TR ---- */

void x86_load_ldt(CPUX86State *env, unsigned sel)
{
    uint64_t base;
    X86Desc d;

    if (x86_sel_is_null(sel)) {
        env->ldt = (SegmentCache){.selector = sel};
        return;
    }
    x86_fetch_desc_or_raise(env, sel, &d, EXCP0D_GPF, 0);
    if (x86_desc_sys_type(&d) != X86_SYS_LDT) {
        raise_sel(env, EXCP0D_GPF, sel);
    }
    base = x86_desc_base(&d);
    if (x86_long_mode(env)) {
        base |= x86_fetch_desc_high(env, sel, &d, EXCP0D_GPF) << 32;
        if (!x86_is_canonical_base(env, base)) {
            raise_sel(env, EXCP0D_GPF, sel);
        }
    }
    if (!x86_desc_present(&d)) {
        raise_sel(env, EXCP0B_NOSEG, sel);
    }
    env->ldt =
        (SegmentCache){.selector = sel, .base = base, .limit = x86_desc_limit(&d), .flags = d.hi};
}

void x86_load_tr(CPUX86State *env, unsigned sel)
{
    uint64_t base;
    X86Desc d;
    int type;

    if (x86_sel_is_null(sel)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    x86_fetch_desc_or_raise(env, sel, &d, EXCP0D_GPF, 0);
    type = x86_desc_sys_type(&d);
    if (type != X86_SYS_TSS32_AVAIL && (type != X86_SYS_TSS16_AVAIL || x86_long_mode(env))) {
        raise_sel(env, EXCP0D_GPF, sel);
    }
    base = x86_desc_base(&d);
    if (x86_long_mode(env)) {
        uint64_t high = x86_fetch_desc_high(env, sel, &d, EXCP0D_GPF);
        base |= high << 32;
        if (((high >> 40) & 0x1f) || !x86_is_canonical_base(env, base)) {
            raise_sel(env, EXCP0D_GPF, sel);
        }
    }
    if (!x86_desc_present(&d)) {
        raise_sel(env, EXCP0B_NOSEG, sel);
    }
    x86_tss_set_busy(env, sel, true);
    env->tr = (SegmentCache){.selector = sel,
                             .base = base,
                             .limit = x86_desc_limit(&d),
                             .flags = d.hi | DESC_TSS_BUSY_MASK};
}

/* ---- code offsets ---- */

void x86_check_eip(CPUX86State *env, uint64_t eip, uint32_t limit, uint32_t flags)
{
    bool ok;

    if (x86_long_mode(env) && (flags & DESC_L_MASK)) {
        ok = x86_is_canonical(env, eip);
    } else {
        ok = (uint32_t)eip <= limit;
    }
    if (!ok) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

/* ---- stacks of inner levels ---- */

void x86_tss_stack(CPUX86State *env, unsigned dpl, unsigned *ss, uint32_t *esp, unsigned ext)
{
    bool is32 = env->tr.flags & (8u << DESC_TYPE_SHIFT);
    unsigned offset = is32 ? 4 + dpl * 8 : 2 + dpl * 4;
    unsigned size = is32 ? 4 : 2;
    int idx = x86_mmu_index_implicit(env);

    if (!(env->tr.flags & DESC_P_MASK) || offset + size * 2 - 1 > env->tr.limit) {
        raise_exception_err(env, EXCP0A_TSS, (env->tr.selector & 0xfffc) | ext);
    }
    if (is32) {
        *esp = x86_lin_ld32(env, env->tr.base + offset, idx);
        *ss = x86_lin_ld16(env, env->tr.base + offset + 4, idx);
    } else {
        *esp = x86_lin_ld16(env, env->tr.base + offset, idx);
        *ss = x86_lin_ld16(env, env->tr.base + offset + 2, idx);
    }
}

uint64_t x86_tss64_stack(CPUX86State *env, unsigned n, unsigned ext)
{
    unsigned offset = 4 + n * 8;

    if (n >= 3) {
        offset = 0x24 + (n - 4) * 8;
    }
    if (!(env->tr.flags & DESC_P_MASK) || offset + 7 > env->tr.limit) {
        raise_exception_err(env, EXCP0A_TSS, (env->tr.selector & 0xfffc) | ext);
    }
    return x86_lin_ld64(env, env->tr.base + offset, x86_mmu_index_implicit(env));
}

void x86_check_inner_ss(CPUX86State *env, unsigned sel, unsigned dpl, X86Desc *d, unsigned ext)
{
    if (x86_sel_is_null(sel) || !x86_fetch_desc(env, sel, d) || (sel & 3) != dpl ||
        x86_desc_dpl(d) != dpl || !(d->hi & DESC_S_MASK) || (d->hi & DESC_CS_MASK) ||
        !(d->hi & DESC_W_MASK)) {
        raise_exception_err(env, EXCP0A_TSS, (sel & 0xfffc) | ext);
    }
    if (!x86_desc_present(d)) {
        raise_exception_err(env, EXCP0C_STACK, (sel & 0xfffc) | ext);
    }
}

/* ---- stacks that are not (yet) current ---- */

void x86_stack_current(CPUX86State *env, X86Stack *s)
{
    s->ss = env->segs[R_SS];
    s->sp = env->regs[R_ESP];
    s->mask = x86_stack_mask(env);
    s->mmu_idx = x86_mmu_index(env);
    s->flat = env->hflags & HF_CS64;
    s->error_code = 0;
}

void x86_stack_inner(CPUX86State *env, X86Stack *s, const X86Desc *d, uint64_t sp, unsigned dpl)
{
    s->ss = (SegmentCache){.base = x86_desc_base(d), .limit = x86_desc_limit(d), .flags = d->hi};
    s->sp = sp;
    s->mask = d->hi & DESC_B_MASK ? UINT32_MAX : UINT16_MAX;
    s->mmu_idx = dpl == 3 ? X86_MMU_USER : x86_mmu_index_implicit(env);
    s->flat = false;
    s->error_code = 0;
}

static uint64_t stack_lin(CPUX86State *env, const X86Stack *s, uint64_t sp, unsigned size)
{
    uint64_t last = sp + size - 1;
    bool ok;

    if (s->flat) {
        if (!x86_is_canonical(env, sp) || !x86_is_canonical(env, last)) {
            raise_exception_err(env, EXCP0C_STACK, s->error_code);
        }
        return sp;
    }
    if (s->ss.flags & DESC_E_MASK) {
        ok = sp > s->ss.limit && last <= (s->ss.flags & DESC_B_MASK ? UINT32_MAX : UINT16_MAX);
    } else {
        ok = last <= s->ss.limit;
    }
    if (!ok) {
        raise_exception_err(env, EXCP0C_STACK, s->error_code);
    }
    return (uint32_t)(s->ss.base + sp);
}

void x86_stack_push(CPUX86State *env, X86Stack *s, uint64_t val, unsigned size)
{
    uint64_t sp = (s->sp - size) & s->mask;
    uint64_t lin = stack_lin(env, s, sp, size);

    switch (size) {
    case 2:
        x86_lin_st16(env, lin, val, s->mmu_idx);
        break;
    case 4:
        x86_lin_st32(env, lin, val, s->mmu_idx);
        break;
    default:
        x86_lin_st64(env, lin, val, s->mmu_idx);
        break;
    }
    s->sp = (s->sp & ~s->mask) | sp;
}

uint64_t x86_stack_pop(CPUX86State *env, X86Stack *s, unsigned size)
{
    uint64_t sp = s->sp & s->mask;
    uint64_t lin = stack_lin(env, s, sp, size);
    uint64_t val;

    switch (size) {
    case 2:
        val = x86_lin_ld16(env, lin, s->mmu_idx);
        break;
    case 4:
        val = x86_lin_ld32(env, lin, s->mmu_idx);
        break;
    default:
        val = x86_lin_ld64(env, lin, s->mmu_idx);
        break;
    }
    s->sp = (s->sp & ~s->mask) | ((sp + size) & s->mask);
    return val;
}
