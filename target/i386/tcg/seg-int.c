/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Delivery of interrupts and exceptions through the interrupt vector table
 * (real mode) or the IDT. SDM volume 3, 6.12 (protected), 6.14 (64-bit), 20.1.4
 * (real), 20.3 (virtual-8086).
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "target/i386/tcg/debug.h"
#include "target/i386/tcg/seg.h"
#include "target/i386/tcg/svm.h"

/* Everything that a delivery through the IDT carries along. */
typedef struct Delivery {
    const X86Event *ev;
    unsigned ext;    /* bit 0 of error codes */
    uint64_t flags;  /* image to push */
    unsigned size;   /* of one stack item */
    uint64_t offset; /* of the handler */
    unsigned sel;
    bool masks_if; /* interrupt gate */
    unsigned dpl;  /* new CPL */
    X86Desc cs;
} Delivery;

/* Table 6-4: RF in the image is set for faults, but for #DB (instruction breakpoint). */
static uint64_t flags_image(CPUX86State *env, const X86Event *ev)
{
    uint64_t flags = env->eflags;

    if (ev->kind == X86_EVENT_FAULT && ev->vector != EXCP01_DB && ev->vector != EXCP08_DBLE &&
        ev->vector != EXCP12_MCHK) {
        flags |= RF_MASK;
    }
    return flags;
}

static void finish(CPUX86State *env, uint64_t eip, uint64_t clear)
{
    env->eip = eip;
    env->next_eip = eip;
    env->eflags &= ~clear;
    env->hflags &= ~HF_INHIBIT_IRQ;
    x86_update_hflags(env);
}

/* ---- real mode ---- */

static void deliver_real(CPUX86State *env, const X86Event *ev)
{
    uint64_t entry = ev->vector * 4;
    uint16_t offset, sel;
    X86Stack s;

    if (entry + 3 > env->idt.limit) {
        raise_exception_err(env, EXCP0D_GPF, ev->vector * 8 + 2);
    }
    offset = x86_lin_ld16(env, env->idt.base + entry, x86_mmu_index_implicit(env));
    sel = x86_lin_ld16(env, env->idt.base + entry + 2, x86_mmu_index_implicit(env));
    x86_stack_current(env, &s);
    x86_stack_push(env, &s, flags_image(env, ev), 2);
    x86_stack_push(env, &s, env->segs[R_CS].selector, 2);
    x86_stack_push(env, &s, ev->return_eip, 2);
    x86_set_rsp(env, s.sp);
    x86_set_seg_real(env, R_CS, sel);
    finish(env, offset, IF_MASK | TF_MASK | AC_MASK | RF_MASK);
}

/* ---- gates ---- */

static unsigned idt_error(const Delivery *t)
{
    return t->ev->vector * 8 + 2 + t->ext;
}

static bool is_soft(const X86Event *ev)
{
    return ev->kind == X86_EVENT_SOFT_INT;
}

/* Checks of the gate itself, in the order of the SDM's pseudo code for INT. */
static void check_gate(CPUX86State *env, const Delivery *t, const X86Desc *gate)
{
    if (is_soft(t->ev) && x86_desc_dpl(gate) < x86_cpl(env)) {
        raise_exception_err(env, EXCP0D_GPF, idt_error(t));
    }
    if (!x86_desc_present(gate)) {
        raise_exception_err(env, EXCP0B_NOSEG, idt_error(t));
    }
}

/* The handler's code segment; decides the new privilege level. */
static void check_handler_cs(CPUX86State *env, Delivery *t)
{
    unsigned err = (t->sel & 0xfffc) | t->ext;
    unsigned cpl = x86_cpl(env);

    if (x86_sel_is_null(t->sel)) {
        raise_exception_err(env, EXCP0D_GPF, t->ext);
    }
    if (!x86_fetch_desc(env, t->sel, &t->cs) || !x86_desc_is_code(&t->cs) ||
        x86_desc_dpl(&t->cs) > cpl) {
        raise_exception_err(env, EXCP0D_GPF, err);
    }
    if (x86_long_mode(env) && (t->cs.hi & (DESC_L_MASK | DESC_B_MASK)) != DESC_L_MASK) {
        raise_exception_err(env, EXCP0D_GPF, err);
    }
    if (!x86_desc_present(&t->cs)) {
        raise_exception_err(env, EXCP0B_NOSEG, err);
    }
    t->dpl = x86_desc_conforming(&t->cs) ? cpl : x86_desc_dpl(&t->cs);
    if ((env->hflags & HF_VM) && (x86_desc_conforming(&t->cs) || t->dpl != 0)) {
        raise_exception_err(env, EXCP0D_GPF, err);
    }
}

/* t->cs has been marked as accessed, before anything was changed. */
static void enter_handler(CPUX86State *env, const Delivery *t)
{
    uint64_t clear = TF_MASK | VM_MASK | RF_MASK | NT_MASK | (t->masks_if ? IF_MASK : 0);

    x86_set_seg_desc(env, R_CS, (t->sel & 0xfffc) | t->dpl, &t->cs);
    finish(env, t->offset, clear);
}

static void push_return(CPUX86State *env, const Delivery *t, X86Stack *s)
{
    x86_stack_push(env, s, t->flags, t->size);
    x86_stack_push(env, s, env->segs[R_CS].selector, t->size);
    x86_stack_push(env, s, t->ev->return_eip, t->size);
    if (t->ev->has_error_code) {
        x86_stack_push(env, s, t->ev->error_code, t->size);
    }
}

/* ---- protected mode ---- */

static void deliver_task_gate(CPUX86State *env, const Delivery *t, const X86Desc *gate)
{
    const X86Event *ev = t->ev;

    x86_switch_task_gate(env, gate, X86_TASK_CALL, ev->return_eip,
                         ev->has_error_code ? &ev->error_code : NULL, t->ext);
    env->hflags &= ~HF_INHIBIT_IRQ;
}

static void deliver_inner(CPUX86State *env, Delivery *t)
{
    bool from_vm = env->hflags & HF_VM;
    X86Desc ss_desc;
    unsigned ss;
    uint32_t esp;
    X86Stack s;

    x86_tss_stack(env, t->dpl, &ss, &esp, t->ext);
    x86_check_inner_ss(env, ss, t->dpl, &ss_desc, t->ext);
    x86_stack_inner(env, &s, &ss_desc, esp, t->dpl);
    s.error_code = (ss & 0xfffc) | t->ext;
    x86_check_eip(env, t->offset, x86_desc_limit(&t->cs), t->cs.hi);
    if (from_vm) {
        static const uint8_t order[] = {R_GS, R_FS, R_DS, R_ES};
        for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
            x86_stack_push(env, &s, env->segs[order[i]].selector, t->size);
        }
    }
    x86_stack_push(env, &s, env->segs[R_SS].selector, t->size);
    x86_stack_push(env, &s, env->regs[R_ESP], t->size);
    push_return(env, t, &s);

    x86_desc_mark_accessed(env, &t->cs);
    x86_desc_mark_accessed(env, &ss_desc);
    x86_set_seg_desc(env, R_SS, ss, &ss_desc);
    env->regs[R_ESP] = s.sp;
    if (from_vm) {
        static const uint8_t data[] = {R_ES, R_DS, R_FS, R_GS};
        for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
            x86_set_seg_null(env, data[i], 0);
        }
    }
    enter_handler(env, t);
}

static void deliver_same(CPUX86State *env, Delivery *t)
{
    X86Stack s;

    x86_check_eip(env, t->offset, x86_desc_limit(&t->cs), t->cs.hi);
    x86_stack_current(env, &s);
    s.error_code = t->ext;
    push_return(env, t, &s);
    x86_desc_mark_accessed(env, &t->cs);
    x86_set_rsp(env, s.sp);
    enter_handler(env, t);
}

static void deliver_protected(CPUX86State *env, Delivery *t)
{
    uint64_t addr = env->idt.base + t->ev->vector * 8;
    X86Desc gate;
    uint64_t raw;
    int type;

    if (t->ev->vector * 8 + 7 > env->idt.limit) {
        raise_exception_err(env, EXCP0D_GPF, idt_error(t));
    }
    raw = x86_lin_ld64(env, (uint32_t)addr, x86_mmu_index_implicit(env));
    gate.addr = addr;
    gate.lo = raw;
    gate.hi = raw >> 32;
    type = x86_desc_sys_type(&gate);
    if (type != X86_SYS_TASK_GATE && type != X86_SYS_INT_GATE16 && type != X86_SYS_TRAP_GATE16 &&
        type != X86_SYS_INT_GATE32 && type != X86_SYS_TRAP_GATE32) {
        raise_exception_err(env, EXCP0D_GPF, idt_error(t));
    }
    check_gate(env, t, &gate);
    if (type == X86_SYS_TASK_GATE) {
        deliver_task_gate(env, t, &gate);
        return;
    }
    t->size = type & 8 ? 4 : 2;
    t->masks_if = !(type & 1);
    t->sel = gate.lo >> 16;
    t->offset = gate.lo & 0xffff;
    if (type & 8) {
        t->offset |= gate.hi & 0xffff0000;
    }
    check_handler_cs(env, t);
    if (t->dpl < x86_cpl(env)) {
        deliver_inner(env, t);
    } else {
        deliver_same(env, t);
    }
}

/* ---- long mode ---- */

static void deliver_long(CPUX86State *env, Delivery *t)
{
    uint64_t addr = env->idt.base + t->ev->vector * 16;
    int idx = x86_mmu_index_implicit(env);
    unsigned cpl = x86_cpl(env);
    uint64_t raw, rsp;
    X86Desc gate;
    X86Stack s;
    int type, ist;

    if (t->ev->vector * 16 + 15 > env->idt.limit) {
        raise_exception_err(env, EXCP0D_GPF, idt_error(t));
    }
    raw = x86_lin_ld64(env, addr, idx);
    gate = (X86Desc){.addr = addr, .lo = raw, .hi = raw >> 32};
    type = x86_desc_sys_type(&gate);
    if (type != X86_SYS_INT_GATE32 && type != X86_SYS_TRAP_GATE32) {
        raise_exception_err(env, EXCP0D_GPF, idt_error(t));
    }
    check_gate(env, t, &gate);
    t->size = 8;
    t->masks_if = !(type & 1);
    t->sel = gate.lo >> 16;
    t->offset = (gate.lo & 0xffff) | (gate.hi & 0xffff0000) |
                (uint64_t)x86_lin_ld32(env, addr + 8, idx) << 32;
    check_handler_cs(env, t);

    ist = gate.hi & 7;
    if (ist) {
        rsp = x86_tss64_stack(env, ist + 3, t->ext);
    } else if (t->dpl < cpl) {
        rsp = x86_tss64_stack(env, t->dpl, t->ext);
    } else {
        rsp = env->regs[R_ESP];
    }
    if (!x86_is_canonical(env, t->offset)) {
        raise_exception_err(env, EXCP0D_GPF, t->ext);
    }
    s = (X86Stack){
        .sp = rsp & ~15ull,
        .mask = UINT64_MAX,
        .mmu_idx = t->dpl == 3    ? X86_MMU_USER
                   : t->dpl < cpl ? idx
                                  : x86_mmu_index(env),
        .flat = true,
        .error_code = t->ext,
    };
    x86_stack_push(env, &s, env->segs[R_SS].selector, 8);
    x86_stack_push(env, &s, env->regs[R_ESP], 8);
    push_return(env, t, &s);
    x86_desc_mark_accessed(env, &t->cs);
    if (t->dpl < cpl) {
        x86_set_ss_null(env, t->dpl);
    }
    env->regs[R_ESP] = s.sp;
    enter_handler(env, t);
}

static void log_event(CPUX86State *env, const X86Event *ev)
{
    static const char *const kinds[] = {
        [X86_EVENT_FAULT] = "fault", [X86_EVENT_TRAP] = "trap",       [X86_EVENT_SOFT_INT] = "int",
        [X86_EVENT_INT1] = "int1",   [X86_EVENT_EXTERNAL] = "extern",
    };

    qemu_log("v=%02x %s err=%04x cpl=%d cs:ip=%04x:%016" PRIx64 " ss:sp=%04x:%016" PRIx64
             " rax=%016" PRIx64 " cr2=%016" PRIx64 " cr3=%016" PRIx64 " fl=%08" PRIx64 "\n",
             ev->vector, kinds[ev->kind], ev->has_error_code ? ev->error_code : 0, x86_cpl(env),
             env->segs[R_CS].selector, env->eip, env->segs[R_SS].selector, env->regs[R_ESP],
             env->regs[R_EAX], env->cr[2], env->cr[3], env->eflags);
}

void x86_deliver(CPUX86State *env, const X86Event *ev)
{
    Delivery t = {.ev = ev, .ext = !is_soft(ev), .flags = flags_image(env, ev)};
    bool is_db = ev->vector == EXCP01_DB && ev->kind != X86_EVENT_SOFT_INT;
    uint64_t from = env->eip;

    if (qemu_loglevel_mask(CPU_LOG_INT)) {
        log_event(env, ev);
    }
    if (unlikely(env->hflags & HF_GUEST)) {
        env->svm.delivering = x86_svm_event_info(ev);
    }
    if (!(env->hflags & HF_PE)) {
        deliver_real(env, ev);
    } else if (x86_long_mode(env)) {
        deliver_long(env, &t);
    } else {
        deliver_protected(env, &t);
    }
    if (is_db) {
        env->dr[7] &= ~(uint64_t)DR7_GD;
    }
    if (unlikely(env->msr_debugctl)) {
        x86_debug_event(env, from, is_db, ev->kind == X86_EVENT_SOFT_INT);
    }
    env->svm.delivering = 0;
}
