/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware task switches. SDM volume 3, chapter 7 (7.3: the steps; table 7-1:
 * the checks; table 7-2: busy flag, NT and link field).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/mmu.h"
#include "target/i386/tcg/seg.h"
#include "target/i386/tcg/svm-vmcb.h"
#include "target/i386/tcg/svm.h"

/* Field offsets: 32-bit TSS (figure 7-2) and 16-bit TSS (figure 7-10). */
enum {
    TSS32_CR3 = 0x1c,
    TSS32_EIP = 0x20,
    TSS32_EFLAGS = 0x24,
    TSS32_REGS = 0x28,
    TSS32_SEGS = 0x48,
    TSS32_LDT = 0x60,
    TSS32_T = 0x64,
    TSS32_SIZE = 104,
    TSS16_IP = 0x0e,
    TSS16_FLAGS = 0x10,
    TSS16_REGS = 0x12,
    TSS16_SEGS = 0x22,
    TSS16_LDT = 0x2a,
    TSS16_SIZE = 44,
};

/* What a TSS says about its task. */
typedef struct TaskImage {
    uint32_t cr3, eip, eflags;
    uint32_t regs[8];
    uint16_t segs[6];
    uint16_t ldt;
    bool trap;
} TaskImage;

static void read_image(CPUX86State *env, uint64_t base, bool is32, TaskImage *t)
{
    int idx = x86_mmu_index_implicit(env);

    *t = (TaskImage){0};
    if (is32) {
        t->cr3 = x86_lin_ld32(env, base + TSS32_CR3, idx);
        t->eip = x86_lin_ld32(env, base + TSS32_EIP, idx);
        t->eflags = x86_lin_ld32(env, base + TSS32_EFLAGS, idx);
        for (int i = 0; i < 8; i++) {
            t->regs[i] = x86_lin_ld32(env, base + TSS32_REGS + i * 4, idx);
        }
        for (int i = 0; i < 6; i++) {
            t->segs[i] = x86_lin_ld16(env, base + TSS32_SEGS + i * 4, idx);
        }
        t->ldt = x86_lin_ld16(env, base + TSS32_LDT, idx);
        t->trap = x86_lin_ld16(env, base + TSS32_T, idx) & 1;
        return;
    }
    t->eip = x86_lin_ld16(env, base + TSS16_IP, idx);
    t->eflags = x86_lin_ld16(env, base + TSS16_FLAGS, idx);
    for (int i = 0; i < 8; i++) {
        t->regs[i] = x86_lin_ld16(env, base + TSS16_REGS + i * 2, idx) | 0xffff0000;
    }
    for (int i = 0; i < 4; i++) {
        t->segs[i] = x86_lin_ld16(env, base + TSS16_SEGS + i * 2, idx);
    }
    t->ldt = x86_lin_ld16(env, base + TSS16_LDT, idx);
}

static void save_current(CPUX86State *env, uint32_t eip, uint32_t eflags)
{
    bool is32 = env->tr.flags & (8u << DESC_TYPE_SHIFT);
    uint64_t base = env->tr.base;
    int idx = x86_mmu_index_implicit(env);

    if (is32) {
        x86_lin_st32(env, base + TSS32_EIP, eip, idx);
        x86_lin_st32(env, base + TSS32_EFLAGS, eflags, idx);
        for (int i = 0; i < 8; i++) {
            x86_lin_st32(env, base + TSS32_REGS + i * 4, env->regs[i], idx);
        }
        for (int i = 0; i < 6; i++) {
            x86_lin_st16(env, base + TSS32_SEGS + i * 4, env->segs[i].selector, idx);
        }
        return;
    }
    x86_lin_st16(env, base + TSS16_IP, eip, idx);
    x86_lin_st16(env, base + TSS16_FLAGS, eflags, idx);
    for (int i = 0; i < 8; i++) {
        x86_lin_st16(env, base + TSS16_REGS + i * 2, env->regs[i], idx);
    }
    for (int i = 0; i < 4; i++) {
        x86_lin_st16(env, base + TSS16_SEGS + i * 2, env->segs[i].selector, idx);
    }
}

static G_NORETURN void bad_tss(CPUX86State *env, unsigned sel, unsigned ext)
{
    raise_exception_err(env, EXCP0A_TSS, (sel & 0xfffc) | ext);
}

/* ---- loading the new task's segments: faults happen in the new task ---- */

static void task_load_ldt(CPUX86State *env, unsigned sel, unsigned ext)
{
    X86Desc d;

    env->ldt = (SegmentCache){.selector = sel};
    if (x86_sel_is_null(sel)) {
        return;
    }
    if ((sel & 4) || !x86_fetch_desc(env, sel, &d) || x86_desc_sys_type(&d) != X86_SYS_LDT ||
        !x86_desc_present(&d)) {
        bad_tss(env, sel, ext);
    }
    env->ldt.base = x86_desc_base(&d);
    env->ldt.limit = x86_desc_limit(&d);
    env->ldt.flags = d.hi;
}

static void task_load_cs(CPUX86State *env, unsigned sel, unsigned ext)
{
    unsigned rpl = sel & 3;
    X86Desc d;

    if (x86_sel_is_null(sel) || !x86_fetch_desc(env, sel, &d) || !x86_desc_is_code(&d) ||
        (x86_desc_conforming(&d) ? x86_desc_dpl(&d) > rpl : x86_desc_dpl(&d) != rpl)) {
        bad_tss(env, sel, ext);
    }
    if (!x86_desc_present(&d)) {
        raise_exception_err(env, EXCP0B_NOSEG, (sel & 0xfffc) | ext);
    }
    x86_desc_mark_accessed(env, &d);
    x86_set_seg_desc(env, R_CS, sel, &d);
}

static void task_load_data(CPUX86State *env, int seg, unsigned sel, unsigned cpl, unsigned ext)
{
    X86Desc d;
    bool conforming;

    if (x86_sel_is_null(sel) && seg != R_SS) {
        x86_set_seg_null(env, seg, sel);
        return;
    }
    if (x86_sel_is_null(sel) || !x86_fetch_desc(env, sel, &d) || !(d.hi & DESC_S_MASK)) {
        bad_tss(env, sel, ext);
    }
    conforming = x86_desc_is_code(&d) && x86_desc_conforming(&d);
    if (seg == R_SS) {
        if ((d.hi & DESC_CS_MASK) || !(d.hi & DESC_W_MASK) || (sel & 3) != cpl ||
            x86_desc_dpl(&d) != cpl) {
            bad_tss(env, sel, ext);
        }
    } else if ((d.hi & (DESC_CS_MASK | DESC_R_MASK)) == DESC_CS_MASK ||
               (!conforming && x86_desc_dpl(&d) < MAX(cpl, sel & 3))) {
        bad_tss(env, sel, ext);
    }
    if (!x86_desc_present(&d)) {
        raise_exception_err(env, seg == R_SS ? EXCP0C_STACK : EXCP0B_NOSEG, (sel & 0xfffc) | ext);
    }
    x86_desc_mark_accessed(env, &d);
    x86_set_seg_desc(env, seg, sel, &d);
}

static void task_load_segments(CPUX86State *env, const TaskImage *t, unsigned ext)
{
    unsigned cpl = t->segs[R_CS] & 3;
    static const uint8_t data[] = {R_ES, R_DS, R_FS, R_GS};

    if (env->eflags & VM_MASK) {
        for (int i = 0; i < 6; i++) {
            x86_set_seg_vm(env, i, t->segs[i]);
        }
        x86_update_hflags(env);
        task_load_ldt(env, t->ldt, ext);
        return;
    }
    /* Until a segment has passed its checks it is unusable; SS tells the level. */
    for (int i = 0; i < 6; i++) {
        x86_set_seg(env, i, t->segs[i], 0, 0, cpl << DESC_DPL_SHIFT);
    }
    x86_update_hflags(env);
    task_load_ldt(env, t->ldt, ext);
    task_load_cs(env, t->segs[R_CS], ext);
    task_load_data(env, R_SS, t->segs[R_SS], cpl, ext);
    x86_update_hflags(env);
    for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
        task_load_data(env, data[i], t->segs[data[i]], cpl, ext);
    }
    x86_update_hflags(env);
}

/* ---- the switch ---- */

static void load_image(CPUX86State *env, const TaskImage *t, bool is32, bool nested)
{
    if (is32 && (env->cr[0] & CR0_PG_MASK)) {
        /* The PDPTEs are taken as they are: there is no task to fault in. */
        if ((env->cr[4] & CR4_PAE_MASK) && !x86_load_pdptrs(env, t->cr3)) {
            memset(env->pdptr, 0, sizeof(env->pdptr));
        }
        cpu_x86_update_cr3(env, t->cr3);
    }
    env->cr[0] |= CR0_TS_MASK;
    env->eip = env->next_eip = t->eip;
    env->eflags =
        (t->eflags & (CC_ALL | TF_MASK | IF_MASK | DF_MASK | IOPL_MASK | NT_MASK |
                      (is32 ? RF_MASK | VM_MASK | AC_MASK | VIF_MASK | VIP_MASK | ID_MASK : 0))) |
        EFLAGS_FIXED | (nested ? NT_MASK : 0);
    for (int i = 0; i < 8; i++) {
        env->regs[i] = t->regs[i];
    }
    for (int i = 0; i < 4; i++) {
        env->dr[7] &= ~(1ull << (i * 2)); /* local breakpoints end with the task */
    }
    cpu_x86_update_dr7(env, env->dr[7]);
}

void x86_switch_task(CPUX86State *env, unsigned sel, X86Desc *d, X86TaskReason reason,
                     uint64_t return_eip, const uint32_t *error_code, unsigned ext)
{
    bool is32 = d->hi & (8u << DESC_TYPE_SHIFT);
    bool old_is32 = env->tr.flags & (8u << DESC_TYPE_SHIFT);
    uint32_t base = x86_desc_base(d), limit = x86_desc_limit(d);
    uint32_t old_flags = env->eflags;
    unsigned old_sel = env->tr.selector;
    int idx = x86_mmu_index_implicit(env);
    TaskImage t;
    X86Stack s;

    if (unlikely(env->hflags & HF_GUEST)) {
        x86_svm_check_task(env, sel,
                           reason == X86_TASK_IRET  ? SVM_TASK_IRET
                           : reason == X86_TASK_JMP ? SVM_TASK_JUMP
                                                    : 0,
                           error_code);
    }
    if (limit < (is32 ? TSS32_SIZE : TSS16_SIZE) - 1) {
        bad_tss(env, sel, ext);
    }
    /* Everything that can fault in the old task comes before the first change. */
    read_image(env, base, is32, &t);
    x86_lin_probe_write(env, env->tr.base, old_is32 ? TSS32_SIZE : TSS16_SIZE, idx);
    if (reason == X86_TASK_CALL) {
        x86_lin_probe_write(env, base, 2, idx);
    }
    if (reason != X86_TASK_CALL) {
        x86_tss_set_busy(env, old_sel, false);
    }
    if (reason == X86_TASK_IRET) {
        old_flags &= ~NT_MASK;
    }
    save_current(env, return_eip, old_flags);
    if (reason == X86_TASK_CALL) {
        x86_lin_st16(env, base, old_sel, idx);
    }
    if (reason != X86_TASK_IRET) {
        x86_tss_set_busy(env, sel, true);
    }
    env->tr = (SegmentCache){
        .selector = sel, .base = base, .limit = limit, .flags = d->hi | DESC_TSS_BUSY_MASK};
    load_image(env, &t, is32, reason == X86_TASK_CALL);
    task_load_segments(env, &t, ext);
    x86_check_eip(env, env->eip, env->segs[R_CS].limit, env->segs[R_CS].flags);
    if (error_code) {
        x86_stack_current(env, &s);
        s.error_code = ext;
        x86_stack_push(env, &s, *error_code, is32 ? 4 : 2);
        x86_set_rsp(env, s.sp);
    }
    if (t.trap) {
        x86_note_debug_trap(env, DR6_BT);
    }
}

void x86_switch_task_gate(CPUX86State *env, const X86Desc *gate, X86TaskReason reason,
                          uint64_t return_eip, const uint32_t *error_code, unsigned ext)
{
    unsigned sel = gate->lo >> 16;
    X86Desc d;
    int type;

    x86_fetch_desc_or_raise(env, sel, &d, EXCP0D_GPF, ext);
    type = x86_desc_sys_type(&d);
    if (type != X86_SYS_TSS32_AVAIL && type != X86_SYS_TSS16_AVAIL) {
        raise_exception_err(env, EXCP0D_GPF, (sel & 0xfffc) | ext);
    }
    if (!x86_desc_present(&d)) {
        raise_exception_err(env, EXCP0B_NOSEG, (sel & 0xfffc) | ext);
    }
    x86_switch_task(env, sel, &d, reason, return_eip, error_code, ext);
}
