/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IRET in all its forms: real, virtual-8086 (with VME), protected to the same
 * level, an outer level or virtual-8086 mode, nested task, and long mode.
 * SDM volume 2, IRET; volume 3, 20.2.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/seg.h"

#define IRET_FLAGS (CC_ALL | TF_MASK | DF_MASK | NT_MASK | RF_MASK | AC_MASK | ID_MASK)

static unsigned iopl(const CPUX86State *env)
{
    return (env->eflags & IOPL_MASK) >> IOPL_SHIFT;
}

static uint64_t size_mask(unsigned size)
{
    return size == 2 ? 0xffff : UINT32_MAX;
}

/* Real mode, and virtual-8086 mode with IOPL 3. */
static void iret_real(CPUX86State *env, unsigned size)
{
    uint64_t mask = IRET_FLAGS | IF_MASK;
    uint64_t eip, flags;
    unsigned sel;
    X86Stack s;

    x86_stack_current(env, &s);
    eip = x86_stack_pop(env, &s, size);
    sel = x86_stack_pop(env, &s, size) & 0xffff;
    flags = x86_stack_pop(env, &s, size);
    if (eip > env->segs[R_CS].limit) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    x86_set_rsp(env, s.sp);
    if (env->hflags & HF_VM) {
        x86_set_seg_vm(env, R_CS, sel);
    } else {
        x86_set_seg_real(env, R_CS, sel);
        mask |= IOPL_MASK;
    }
    env->next_eip = eip;
    x86_write_eflags(env, flags, mask & size_mask(size));
}

/* Virtual-8086 with IOPL < 3 and VME: VIF takes the place of IF. */
static void iret_vme(CPUX86State *env)
{
    uint64_t eip, flags, mask = (IRET_FLAGS & 0xffff) | VIF_MASK;
    unsigned sel;
    X86Stack s;

    x86_stack_current(env, &s);
    eip = x86_stack_pop(env, &s, 2);
    sel = x86_stack_pop(env, &s, 2);
    flags = x86_stack_pop(env, &s, 2);
    if ((flags & TF_MASK) || ((flags & IF_MASK) && (env->eflags & VIP_MASK))) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    x86_set_rsp(env, s.sp);
    x86_set_seg_vm(env, R_CS, sel);
    env->next_eip = eip;
    flags = (flags & ~(uint64_t)VIF_MASK) | (flags & IF_MASK ? VIF_MASK : 0);
    x86_write_eflags(env, flags, mask);
}

static void iret_task(CPUX86State *env)
{
    unsigned sel = x86_lin_ld16(env, env->tr.base, x86_mmu_index_implicit(env));
    X86Desc d;
    int type;

    x86_fetch_desc_or_raise(env, sel, &d, EXCP0A_TSS, 0);
    type = x86_desc_sys_type(&d);
    if (type != X86_SYS_TSS16_BUSY && type != X86_SYS_TSS32_BUSY) {
        raise_exception_err(env, EXCP0A_TSS, sel & 0xfffc);
    }
    if (!x86_desc_present(&d)) {
        raise_exception_err(env, EXCP0B_NOSEG, sel & 0xfffc);
    }
    x86_switch_task(env, sel, &d, X86_TASK_IRET, env->next_eip, NULL, 0);
}

/* From CPL 0 with VM set in the image: the rest of the frame is a virtual-8086 task's. */
static void iret_to_vm(CPUX86State *env, X86Stack *s, uint64_t eip, unsigned cs, uint64_t flags)
{
    uint32_t esp = x86_stack_pop(env, s, 4);
    static const uint8_t order[] = {R_SS, R_ES, R_DS, R_FS, R_GS};
    unsigned sel[ARRAY_SIZE(order)];

    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        sel[i] = x86_stack_pop(env, s, 4) & 0xffff;
    }
    if ((eip & UINT32_MAX) > 0xffff) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        x86_set_seg_vm(env, order[i], sel[i]);
    }
    x86_set_seg_vm(env, R_CS, cs);
    env->regs[R_ESP] = esp;
    env->next_eip = eip & 0xffff;
    x86_write_eflags(env, flags, IRET_FLAGS | IF_MASK | IOPL_MASK | VM_MASK | VIF_MASK | VIP_MASK);
}

/* Which flags of the image count at the level that executes IRET. */
static uint64_t iret_flags_mask(const CPUX86State *env, unsigned size)
{
    uint64_t mask = IRET_FLAGS;

    if (x86_cpl(env) <= iopl(env)) {
        mask |= IF_MASK;
    }
    if (x86_cpl(env) == 0) {
        mask |= IOPL_MASK | VIF_MASK | VIP_MASK;
    }
    return mask & size_mask(size);
}

/* Same or outer level; in 64-bit mode RSP and SS are popped in both cases. */
static void iret_protected(CPUX86State *env, unsigned size)
{
    bool long_frame = env->hflags & HF_CS64;
    uint64_t eip, flags, mask, rsp = 0;
    unsigned sel, cpl, ss = 0;
    X86Desc cs, ss_desc = {0};
    bool outer;
    X86Stack s;

    x86_stack_current(env, &s);
    eip = x86_stack_pop(env, &s, size);
    sel = x86_stack_pop(env, &s, size) & 0xffff;
    flags = x86_stack_pop(env, &s, size);
    if ((flags & VM_MASK) && x86_cpl(env) == 0 && size == 4 && !x86_long_mode(env)) {
        iret_to_vm(env, &s, eip, sel, flags);
        return;
    }
    x86_return_cs(env, sel, &cs);
    cpl = sel & 3;
    outer = cpl > x86_cpl(env);
    if (outer || long_frame) {
        rsp = x86_stack_pop(env, &s, size);
        ss = x86_stack_pop(env, &s, size) & 0xffff;
        x86_return_ss(env, ss, &cs, cpl, &ss_desc);
    }
    x86_check_eip(env, eip, x86_desc_limit(&cs), cs.hi);

    mask = iret_flags_mask(env, size);
    x86_desc_mark_accessed(env, &cs);
    if (outer || long_frame) {
        if (ss_desc.hi) {
            x86_desc_mark_accessed(env, &ss_desc);
            x86_set_seg_desc(env, R_SS, ss, &ss_desc);
        } else {
            x86_set_ss_null(env, cpl);
            env->segs[R_SS].selector = ss;
        }
    }
    x86_set_seg_desc(env, R_CS, sel, &cs);
    env->next_eip = eip;
    x86_write_eflags(env, flags, mask);
    if (outer || long_frame) {
        /* To a 16-bit stack, only SP is loaded. */
        x86_set_rsp(env, rsp);
        if (outer) {
            x86_drop_inner_segs(env, cpl);
            x86_update_hflags(env);
        }
    } else {
        x86_set_rsp(env, s.sp);
    }
}

void interp_iret(CPUX86State *env, const DecodedInsn *d)
{
    if (!(env->hflags & HF_PE)) {
        iret_real(env, d->opsize);
    } else if (env->hflags & HF_VM) {
        if (iopl(env) == 3) {
            iret_real(env, d->opsize);
        } else if ((env->cr[4] & CR4_VME_MASK) && d->opsize == 2) {
            iret_vme(env);
        } else {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
    } else if (env->eflags & NT_MASK) {
        if (x86_long_mode(env)) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
        iret_task(env);
    } else {
        iret_protected(env, d->opsize);
    }
    env->hflags2 &= ~HF2_NMI_BLOCKED;
}
