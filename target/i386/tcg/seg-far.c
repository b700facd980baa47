/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Far JMP, CALL and RET: code segments, call gates, task gates and TSSs.
 * SDM volume 2 at these instructions; volume 3, 5.8 (privilege), 5.8.6 (stack
 * switching), 5.8.3.1 (64-bit call gates).
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/seg.h"

static G_NORETURN void gp(CPUX86State *env, unsigned sel)
{
    raise_exception_err(env, EXCP0D_GPF, sel & 0xfffc);
}

static uint64_t cut_eip(uint64_t eip, unsigned size)
{
    return size == 2 ? (uint16_t)eip : size == 4 ? (uint32_t)eip : eip;
}

/* Operand size of what a far transfer pushes: that of the instruction. */
static void push_far_return(CPUX86State *env, X86Stack *s, unsigned size)
{
    x86_stack_push(env, s, env->segs[R_CS].selector, size);
    x86_stack_push(env, s, env->next_eip, size);
}

/*
 * That @d is marked as accessed can fault: who has changed anything by then, such as RSP, has
 * marked it before.
 */
static void enter_cs(CPUX86State *env, unsigned sel, unsigned cpl, X86Desc *d, uint64_t eip)
{
    x86_desc_mark_accessed(env, d);
    x86_set_seg_desc(env, R_CS, (sel & 0xfffc) | cpl, d);
    env->next_eip = eip;
    x86_update_hflags(env);
}

/* L and D may not both be set in long mode. */
static void check_code_mode(CPUX86State *env, const X86Desc *d, unsigned sel)
{
    if (x86_long_mode(env) &&
        (d->hi & (DESC_L_MASK | DESC_B_MASK)) == (DESC_L_MASK | DESC_B_MASK)) {
        gp(env, sel);
    }
}

/* A direct transfer to code segment @d at the same level. */
static void check_direct(CPUX86State *env, const X86Desc *d, unsigned sel)
{
    unsigned cpl = x86_cpl(env);
    bool ok;

    if (x86_desc_conforming(d)) {
        ok = x86_desc_dpl(d) <= cpl;
    } else {
        ok = (sel & 3) <= cpl && x86_desc_dpl(d) == cpl;
    }
    if (!ok) {
        gp(env, sel);
    }
    check_code_mode(env, d, sel);
    if (!x86_desc_present(d)) {
        raise_exception_err(env, EXCP0B_NOSEG, sel & 0xfffc);
    }
}

static void far_real(CPUX86State *env, unsigned sel, uint64_t eip, unsigned size, bool call)
{
    X86Stack s;

    eip = cut_eip(eip, size);
    if (eip > env->segs[R_CS].limit) {
        gp(env, 0);
    }
    if (call) {
        x86_stack_current(env, &s);
        push_far_return(env, &s, size);
        x86_set_rsp(env, s.sp);
    }
    if (env->hflags & HF_VM) {
        x86_set_seg_vm(env, R_CS, sel);
    } else {
        x86_set_seg_real(env, R_CS, sel);
    }
    env->next_eip = eip;
    x86_update_hflags(env);
}

/* ---- call gates ---- */

typedef struct CallGate {
    unsigned sel;
    uint64_t offset;
    unsigned params; /* items to copy */
    unsigned size;   /* of a stack item */
} CallGate;

static void read_call_gate(CPUX86State *env, const X86Desc *d, unsigned sel, CallGate *g)
{
    bool is32 = x86_desc_sys_type(d) == X86_SYS_CALL_GATE32;

    if (x86_desc_dpl(d) < x86_cpl(env) || (sel & 3) > x86_desc_dpl(d)) {
        gp(env, sel);
    }
    if (!x86_desc_present(d)) {
        raise_exception_err(env, EXCP0B_NOSEG, sel & 0xfffc);
    }
    g->sel = d->lo >> 16;
    g->offset = d->lo & 0xffff;
    g->params = d->hi & 31;
    g->size = is32 ? 4 : 2;
    if (is32) {
        g->offset |= d->hi & 0xffff0000;
    }
    if (x86_long_mode(env)) {
        uint64_t high = x86_fetch_desc_high(env, sel, d, EXCP0D_GPF);
        if ((high >> 40) & 0x1f) {
            gp(env, sel);
        }
        g->offset |= high << 32;
        g->size = 8;
        g->params = 0;
    }
}

static void gate_target(CPUX86State *env, const CallGate *g, X86Desc *cs, bool call)
{
    unsigned cpl = x86_cpl(env);
    bool ok;

    if (x86_sel_is_null(g->sel)) {
        gp(env, 0);
    }
    if (!x86_fetch_desc(env, g->sel, cs) || !x86_desc_is_code(cs)) {
        gp(env, g->sel);
    }
    ok = x86_desc_dpl(cs) <= cpl;
    if (!call && !x86_desc_conforming(cs)) {
        ok = x86_desc_dpl(cs) == cpl;
    }
    if (!ok || (x86_long_mode(env) && (cs->hi & (DESC_L_MASK | DESC_B_MASK)) != DESC_L_MASK)) {
        gp(env, g->sel);
    }
    if (!x86_desc_present(cs)) {
        raise_exception_err(env, EXCP0B_NOSEG, g->sel & 0xfffc);
    }
}

static void copy_params(CPUX86State *env, X86Stack *to, const CallGate *g)
{
    uint64_t mask = x86_stack_mask(env);

    for (int i = g->params - 1; i >= 0; i--) {
        uint64_t from = (env->regs[R_ESP] + i * g->size) & mask;
        x86_stack_push(env, to, x86_ldn(env, R_SS, from, g->size), g->size);
    }
}

static void call_inner(CPUX86State *env, const CallGate *g, X86Desc *cs)
{
    unsigned dpl = x86_desc_dpl(cs);
    unsigned ss = dpl;
    X86Desc ss_desc = {0};
    X86Stack s;

    if (x86_long_mode(env)) {
        s = (X86Stack){
            .sp = x86_tss64_stack(env, dpl, 0),
            .mask = UINT64_MAX,
            .mmu_idx = x86_mmu_index_implicit(env),
            .flat = true,
        };
    } else {
        uint32_t esp;
        x86_tss_stack(env, dpl, &ss, &esp, 0);
        x86_check_inner_ss(env, ss, dpl, &ss_desc, 0);
        x86_stack_inner(env, &s, &ss_desc, esp, dpl);
        s.error_code = ss & 0xfffc;
    }
    x86_check_eip(env, g->offset, x86_desc_limit(cs), cs->hi);
    x86_stack_push(env, &s, env->segs[R_SS].selector, g->size);
    x86_stack_push(env, &s, env->regs[R_ESP], g->size);
    copy_params(env, &s, g);
    push_far_return(env, &s, g->size);
    x86_desc_mark_accessed(env, cs);
    if (x86_long_mode(env)) {
        x86_set_ss_null(env, dpl);
    } else {
        x86_desc_mark_accessed(env, &ss_desc);
        x86_set_seg_desc(env, R_SS, ss, &ss_desc);
    }
    env->regs[R_ESP] = s.sp;
    enter_cs(env, g->sel, dpl, cs, g->offset);
}

static void through_call_gate(CPUX86State *env, const X86Desc *d, unsigned sel, bool call)
{
    unsigned cpl = x86_cpl(env);
    CallGate g;
    X86Desc cs;
    X86Stack s;

    read_call_gate(env, d, sel, &g);
    gate_target(env, &g, &cs, call);
    if (call && !x86_desc_conforming(&cs) && x86_desc_dpl(&cs) < cpl) {
        call_inner(env, &g, &cs);
        return;
    }
    x86_check_eip(env, g.offset, x86_desc_limit(&cs), cs.hi);
    if (call) {
        x86_stack_current(env, &s);
        push_far_return(env, &s, g.size);
        x86_desc_mark_accessed(env, &cs);
        x86_set_rsp(env, s.sp);
    }
    enter_cs(env, g.sel, cpl, &cs, g.offset);
}

/* ---- JMP and CALL ---- */

/* A TSS or a task gate, not in long mode. */
static void far_task(CPUX86State *env, X86Desc *d, unsigned sel, bool call)
{
    X86TaskReason reason = call ? X86_TASK_CALL : X86_TASK_JMP;
    bool gate = x86_desc_sys_type(d) == X86_SYS_TASK_GATE;

    if (x86_desc_dpl(d) < x86_cpl(env) || (sel & 3) > x86_desc_dpl(d)) {
        gp(env, sel);
    }
    if (!x86_desc_present(d)) {
        raise_exception_err(env, EXCP0B_NOSEG, sel & 0xfffc);
    }
    if (gate) {
        x86_switch_task_gate(env, d, reason, env->next_eip, NULL, 0);
    } else {
        x86_switch_task(env, sel, d, reason, env->next_eip, NULL, 0);
    }
}

static void far_protected(CPUX86State *env, unsigned sel, uint64_t eip, unsigned size, bool call)
{
    X86Desc d;
    X86Stack s;

    if (x86_sel_is_null(sel)) {
        gp(env, 0);
    }
    if (!x86_fetch_desc(env, sel, &d)) {
        gp(env, sel);
    }
    if (x86_desc_is_code(&d)) {
        check_direct(env, &d, sel);
        eip = cut_eip(eip, size);
        x86_check_eip(env, eip, x86_desc_limit(&d), d.hi);
        if (call) {
            x86_stack_current(env, &s);
            push_far_return(env, &s, size);
            x86_desc_mark_accessed(env, &d);
            x86_set_rsp(env, s.sp);
        }
        enter_cs(env, sel, x86_cpl(env), &d, eip);
        return;
    }
    switch (x86_desc_sys_type(&d)) {
    case X86_SYS_CALL_GATE32:
        through_call_gate(env, &d, sel, call);
        return;
    case X86_SYS_CALL_GATE16:
        if (!x86_long_mode(env)) {
            through_call_gate(env, &d, sel, call);
            return;
        }
        break;
    case X86_SYS_TSS16_AVAIL:
    case X86_SYS_TSS32_AVAIL:
    case X86_SYS_TASK_GATE:
        if (!x86_long_mode(env)) {
            far_task(env, &d, sel, call);
            return;
        }
        break;
    default:
        break;
    }
    gp(env, sel);
}

static void far_transfer(CPUX86State *env, unsigned sel, uint64_t eip, unsigned size, bool call)
{
    qemu_log_mask(CPU_LOG_PCALL, "far %s from %04x:%016" PRIx64 " to %04x:%016" PRIx64 "\n",
                  call ? "call" : "jmp", env->segs[R_CS].selector, env->eip, sel, eip);
    if (x86_is_real_or_vm(env)) {
        far_real(env, sel, eip, size, call);
    } else {
        far_protected(env, sel, eip, size, call);
    }
}

void interp_jmp_far(CPUX86State *env, const DecodedInsn *d)
{
    far_transfer(env, d->imm2, d->imm, d->opsize, false);
}

void interp_call_far(CPUX86State *env, const DecodedInsn *d)
{
    far_transfer(env, d->imm2, d->imm, d->opsize, true);
}

/* m16:16, m16:32, m16:64: the offset comes first. */
static void far_indirect(CPUX86State *env, const DecodedInsn *d, bool call)
{
    uint64_t ea = x86_mem_ea(env, d);
    uint64_t mask = d->addrsize == 8 ? UINT64_MAX : d->addrsize == 4 ? UINT32_MAX : UINT16_MAX;
    uint64_t eip = x86_ldn(env, d->mem.seg, ea, d->opsize);
    unsigned sel = x86_ld16(env, d->mem.seg, (ea + d->opsize) & mask);

    far_transfer(env, sel, eip, d->opsize, call);
}

void interp_jmp_far_ind(CPUX86State *env, const DecodedInsn *d)
{
    far_indirect(env, d, false);
}

void interp_call_far_ind(CPUX86State *env, const DecodedInsn *d)
{
    far_indirect(env, d, true);
}

/* ---- RET ---- */

static void retf_real(CPUX86State *env, unsigned size, unsigned release)
{
    uint64_t eip;
    unsigned sel;
    X86Stack s;

    x86_stack_current(env, &s);
    eip = x86_stack_pop(env, &s, size);
    sel = x86_stack_pop(env, &s, size) & 0xffff;
    if (eip > env->segs[R_CS].limit) {
        gp(env, 0);
    }
    x86_set_rsp(env, s.sp + release);
    if (env->hflags & HF_VM) {
        x86_set_seg_vm(env, R_CS, sel);
    } else {
        x86_set_seg_real(env, R_CS, sel);
    }
    env->next_eip = eip;
    x86_update_hflags(env);
}

void x86_return_cs(CPUX86State *env, unsigned sel, X86Desc *d)
{
    unsigned rpl = sel & 3;
    bool ok;

    if (x86_sel_is_null(sel)) {
        gp(env, 0);
    }
    if (!x86_fetch_desc(env, sel, d) || !x86_desc_is_code(d) || rpl < x86_cpl(env)) {
        gp(env, sel);
    }
    ok = x86_desc_conforming(d) ? x86_desc_dpl(d) <= rpl : x86_desc_dpl(d) == rpl;
    if (!ok) {
        gp(env, sel);
    }
    check_code_mode(env, d, sel);
    if (!x86_desc_present(d)) {
        raise_exception_err(env, EXCP0B_NOSEG, sel & 0xfffc);
    }
}

void x86_return_ss(CPUX86State *env, unsigned sel, const X86Desc *cs, unsigned cpl, X86Desc *d)
{
    if (x86_sel_is_null(sel)) {
        /* Allowed for a return to 64-bit code below level 3. */
        if (!x86_long_mode(env) || !(cs->hi & DESC_L_MASK) || cpl == 3 || (sel & 3) != cpl) {
            gp(env, 0);
        }
        d->hi = 0;
        return;
    }
    if (!x86_fetch_desc(env, sel, d) || (sel & 3) != cpl || x86_desc_dpl(d) != cpl ||
        !(d->hi & DESC_S_MASK) || (d->hi & DESC_CS_MASK) || !(d->hi & DESC_W_MASK)) {
        gp(env, sel);
    }
    if (!x86_desc_present(d)) {
        raise_exception_err(env, EXCP0C_STACK, sel & 0xfffc);
    }
}

/* After a return to an outer level: data segments that it may not use become null. */
void x86_drop_inner_segs(CPUX86State *env, unsigned cpl)
{
    static const uint8_t data[] = {R_ES, R_DS, R_FS, R_GS};

    for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
        SegmentCache *sc = &env->segs[data[i]];
        unsigned dpl = (sc->flags & DESC_DPL_MASK) >> DESC_DPL_SHIFT;
        bool conforming =
            (sc->flags & (DESC_CS_MASK | DESC_C_MASK)) == (DESC_CS_MASK | DESC_C_MASK);

        /* A null selector stays as it is: in 64-bit mode its base may be in use. */
        if (!x86_sel_is_null(sc->selector) && !conforming && dpl < cpl) {
            /* The selector and the rights go. 64-bit code sees the base of FS and GS as it was. */
            x86_set_seg(env, data[i], 0, sc->base, 0, 0);
        }
    }
}

static void retf_outer(CPUX86State *env, unsigned size, unsigned release, X86Stack *s, unsigned sel,
                       uint64_t eip, X86Desc *cs)
{
    unsigned cpl = sel & 3;
    X86Desc ss_desc;
    uint64_t rsp;
    unsigned ss;

    s->sp = (s->sp & ~s->mask) | ((s->sp + release) & s->mask);
    rsp = x86_stack_pop(env, s, size);
    ss = x86_stack_pop(env, s, size) & 0xffff;
    x86_return_ss(env, ss, cs, cpl, &ss_desc);
    x86_check_eip(env, eip, x86_desc_limit(cs), cs->hi);
    x86_desc_mark_accessed(env, cs);
    if (ss_desc.hi) {
        x86_desc_mark_accessed(env, &ss_desc);
        x86_set_seg_desc(env, R_SS, ss, &ss_desc);
    } else {
        x86_set_ss_null(env, cpl);
        env->segs[R_SS].selector = ss;
    }
    enter_cs(env, sel, cpl, cs, eip);
    x86_set_rsp(env, (env->hflags & HF_CS64) || (env->hflags & HF_SS32) ? rsp : (uint16_t)rsp);
    x86_set_rsp(env, env->regs[R_ESP] + release);
    x86_drop_inner_segs(env, cpl);
    x86_update_hflags(env);
}

void interp_retf(CPUX86State *env, const DecodedInsn *d)
{
    unsigned release = d->imm & 0xffff;
    uint64_t eip;
    unsigned sel;
    X86Desc cs;
    X86Stack s;

    if (x86_is_real_or_vm(env)) {
        retf_real(env, d->opsize, release);
        return;
    }
    x86_stack_current(env, &s);
    eip = x86_stack_pop(env, &s, d->opsize);
    sel = x86_stack_pop(env, &s, d->opsize) & 0xffff;
    x86_return_cs(env, sel, &cs);
    if ((sel & 3) > x86_cpl(env)) {
        retf_outer(env, d->opsize, release, &s, sel, eip, &cs);
        return;
    }
    x86_check_eip(env, eip, x86_desc_limit(&cs), cs.hi);
    x86_desc_mark_accessed(env, &cs);
    x86_set_rsp(env, s.sp + release);
    enter_cs(env, sel, sel & 3, &cs, eip);
}
