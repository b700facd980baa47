/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors, segment registers, tasks: what the files seg-*.c share.
 * SDM volume 3, chapters 3, 5, 6 and 7. All of it runs in the vCPU thread and
 * raises what goes wrong.
 */
#ifndef I386_TCG_SEG_H
#define I386_TCG_SEG_H

#include "target/i386/tcg/access.h"

/* System descriptor types (SDM table 3-2); long mode has only the 32-bit ones, as 64-bit. */
enum {
    X86_SYS_TSS16_AVAIL = 1,
    X86_SYS_LDT = 2,
    X86_SYS_TSS16_BUSY = 3,
    X86_SYS_CALL_GATE16 = 4,
    X86_SYS_TASK_GATE = 5,
    X86_SYS_INT_GATE16 = 6,
    X86_SYS_TRAP_GATE16 = 7,
    X86_SYS_TSS32_AVAIL = 9,
    X86_SYS_TSS32_BUSY = 11,
    X86_SYS_CALL_GATE32 = 12,
    X86_SYS_INT_GATE32 = 14,
    X86_SYS_TRAP_GATE32 = 15,
};

typedef struct X86Desc {
    uint64_t addr; /* linear address of the descriptor */
    uint32_t lo, hi;
} X86Desc;

static inline bool x86_desc_present(const X86Desc *d)
{
    return d->hi & DESC_P_MASK;
}

static inline unsigned x86_desc_dpl(const X86Desc *d)
{
    return (d->hi >> DESC_DPL_SHIFT) & 3;
}

static inline bool x86_desc_is_code(const X86Desc *d)
{
    return (d->hi & (DESC_S_MASK | DESC_CS_MASK)) == (DESC_S_MASK | DESC_CS_MASK);
}

static inline bool x86_desc_conforming(const X86Desc *d)
{
    return d->hi & DESC_C_MASK;
}

/* Type of a system descriptor, or -1 for a code or data segment. */
static inline int x86_desc_sys_type(const X86Desc *d)
{
    return d->hi & DESC_S_MASK ? -1 : (d->hi >> DESC_TYPE_SHIFT) & 15;
}

static inline uint32_t x86_desc_base(const X86Desc *d)
{
    return (d->lo >> 16) | ((d->hi & 0xff) << 16) | (d->hi & 0xff000000);
}

static inline uint32_t x86_desc_limit(const X86Desc *d)
{
    uint32_t limit = (d->lo & 0xffff) | (d->hi & 0x000f0000);

    return d->hi & DESC_G_MASK ? (limit << 12) | 0xfff : limit;
}

static inline bool x86_sel_is_null(unsigned sel)
{
    return (sel & 0xfffc) == 0;
}

/* Real or virtual-8086 addressing: a selector is a paragraph number. */
static inline bool x86_is_real_or_vm(const CPUX86State *env)
{
    return (env->hflags & (HF_PE | HF_VM)) != HF_PE;
}

static inline bool x86_long_mode(const CPUX86State *env)
{
    return env->hflags & HF_LMA;
}

/* Reads the 8-byte descriptor of @sel; false if it lies outside its table. */
bool x86_fetch_desc(CPUX86State *env, unsigned sel, X86Desc *d);
/* The same in the GDT only, raising @vector (@sel & ~3 | @ext) if that fails. */
void x86_fetch_desc_or_raise(CPUX86State *env, unsigned sel, X86Desc *d, int vector, unsigned ext);
/* Upper half of a 16-byte system descriptor (long mode). */
uint64_t x86_fetch_desc_high(CPUX86State *env, unsigned sel, const X86Desc *d, int vector);

/* Sets the accessed flag in the table, if it is clear, and in @d. */
void x86_desc_mark_accessed(CPUX86State *env, X86Desc *d);
/* Sets or clears the busy flag of the TSS descriptor of @sel (in the GDT). */
void x86_tss_set_busy(CPUX86State *env, unsigned sel, bool busy);

/* Segment cache writes without checks; x86_update_hflags() is left to the caller. */
static inline void x86_set_seg(CPUX86State *env, int seg, unsigned sel, uint64_t base,
                               uint32_t limit, uint32_t flags)
{
    env->segs[seg] = (SegmentCache){.selector = sel, .flags = flags, .base = base, .limit = limit};
}

static inline void x86_set_seg_desc(CPUX86State *env, int seg, unsigned sel, const X86Desc *d)
{
    x86_set_seg(env, seg, sel, x86_desc_base(d), x86_desc_limit(d), d->hi);
}

/* Real mode: selector and base; limit and type stay what they were ("unreal" mode). */
static inline void x86_set_seg_real(CPUX86State *env, int seg, unsigned sel)
{
    env->segs[seg].selector = sel;
    env->segs[seg].base = (uint64_t)sel << 4;
}

/* Virtual-8086: 64 KiB, writable, accessed, DPL 3. */
static inline void x86_set_seg_vm(CPUX86State *env, int seg, unsigned sel)
{
    x86_set_seg(env, seg, sel, (uint64_t)sel << 4, 0xffff,
                DESC_P_MASK | DESC_S_MASK | DESC_W_MASK | DESC_A_MASK | DESC_DPL_MASK);
}

/* A null selector: nothing may be accessed through it outside 64-bit mode. */
static inline void x86_set_seg_null(CPUX86State *env, int seg, unsigned sel)
{
    x86_set_seg(env, seg, sel, 0, 0, 0);
}

/* The SS that long mode uses after a change of privilege: null, with RPL and DPL = @cpl. */
static inline void x86_set_ss_null(CPUX86State *env, unsigned cpl)
{
    x86_set_seg(env, R_SS, cpl, 0, UINT32_MAX,
                DESC_G_MASK | DESC_B_MASK | DESC_P_MASK | DESC_S_MASK | (cpl << DESC_DPL_SHIFT) |
                    DESC_W_MASK | DESC_A_MASK);
}

/* MOV to ES, SS, DS, FS, GS in any mode, with all checks. Updates hflags. */
void x86_load_seg(CPUX86State *env, int seg, unsigned sel);

/* LLDT and LTR, without the CPL check. */
void x86_load_ldt(CPUX86State *env, unsigned sel);
void x86_load_tr(CPUX86State *env, unsigned sel);

/* #GP(0) unless @eip is within @cs (or canonical in 64-bit code); @flags, @limit of the target. */
void x86_check_eip(CPUX86State *env, uint64_t eip, uint32_t limit, uint32_t flags);

/* Inner stack of @dpl from the current (16- or 32-bit) TSS. Raises #TS(TR + ext). */
void x86_tss_stack(CPUX86State *env, unsigned dpl, unsigned *ss, uint32_t *esp, unsigned ext);
/* RSPn (0-2) or ISTn (number + 3) from the 64-bit TSS. */
uint64_t x86_tss64_stack(CPUX86State *env, unsigned n, unsigned ext);
/* Checks SS @sel taken from a TSS for @dpl and reads its descriptor; raises #TS, #SS. */
void x86_check_inner_ss(CPUX86State *env, unsigned sel, unsigned dpl, X86Desc *d, unsigned ext);

/*
 * A stack that is written or read before it is, or after it was, the current
 * one: pushes have the rights of the level that will own it.
 */
typedef struct X86Stack {
    SegmentCache ss;
    uint64_t sp;
    uint64_t mask;
    int mmu_idx;
    bool flat;           /* 64-bit: no segment */
    unsigned error_code; /* of the #SS for a limit violation */
} X86Stack;

/* The current stack; and one on @d with level @dpl. */
void x86_stack_current(CPUX86State *env, X86Stack *s);
void x86_stack_inner(CPUX86State *env, X86Stack *s, const X86Desc *d, uint64_t sp, unsigned dpl);
void x86_stack_push(CPUX86State *env, X86Stack *s, uint64_t val, unsigned size);
uint64_t x86_stack_pop(CPUX86State *env, X86Stack *s, unsigned size);

/* ---- returns to the same or an outer level (RET, IRET): seg-far.c ---- */

/* Checks the CS selector that a return popped and reads its descriptor. */
void x86_return_cs(CPUX86State *env, unsigned sel, X86Desc *d);
/* The same for SS at new level @cpl; @d->hi is 0 if it is null, where that is allowed. */
void x86_return_ss(CPUX86State *env, unsigned sel, const X86Desc *cs, unsigned cpl, X86Desc *d);
/* Data segments that level @cpl may not use become null. hflags are left to the caller. */
void x86_drop_inner_segs(CPUX86State *env, unsigned cpl);

/* seg-task.c */
typedef enum X86TaskReason {
    X86_TASK_JMP,
    X86_TASK_CALL, /* also through an interrupt's task gate */
    X86_TASK_IRET,
} X86TaskReason;

/*
 * Switches to the task of TSS descriptor @d with selector @sel; @return_eip is
 * saved as the old task's EIP. @error_code: NULL or pushed on the new stack.
 * @ext: bit 0 of error codes. Sets eip and next_eip.
 */
void x86_switch_task(CPUX86State *env, unsigned sel, X86Desc *d, X86TaskReason reason,
                     uint64_t return_eip, const uint32_t *error_code, unsigned ext);
/* The same through task gate @gate. */
void x86_switch_task_gate(CPUX86State *env, const X86Desc *gate, X86TaskReason reason,
                          uint64_t return_eip, const uint32_t *error_code, unsigned ext);

/* seg-flags.c */

/* Replaces the flags in @mask by those of @val, updates hflags. */
void x86_write_eflags(CPUX86State *env, uint64_t val, uint64_t mask);

/* ---- seg-save.c ---- */

/* 16 bytes of physical memory at @addr, as SMM's save area of AMD64 and the VMCB have them. */
void x86_save_segment(CPUX86State *env, hwaddr addr, const SegmentCache *sc);
void x86_load_segment(CPUX86State *env, hwaddr addr, SegmentCache *sc);

#endif
