/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of registers for a debugger, read and written. */
#include "qemu/osdep.h"
#include "gdbstub/target.h"
#include "hw/i386/apic.h"
#include "qemu/bswap.h"
#include "target/i386/cpu-internal.h"
#include "target/i386/gdb-regs.h"

/*
 * The mode that code runs in. Before the first instruction nobody wants to look
 * at the firmware's real mode: what will run decides, and that is most likely
 * 64-bit code where there is long mode.
 */
static unsigned x86_gdb_layout(CPUState *cs)
{
    CPUX86State *env = cpu_env(cs);
    bool at_reset = env->eip == 0xfff0 && env->segs[R_CS].base == 0xffff0000;

    if ((env->hflags & HF_LMA) ||
        (at_reset && (env->features[FEAT_8000_0001_EDX] & CPUID_EXT2_LM))) {
        return X86_GDB_64;
    }
    return (env->hflags & HF_CS32) || at_reset ? X86_GDB_32 : X86_GDB_16;
}

static char *x86_gdb_get_description(CPUState *cs, unsigned layout)
{
    return x86_gdb_description(cpu_env(cs), layout);
}

static unsigned x86_gdb_num_regs(CPUState *cs, unsigned layout)
{
    unsigned n;

    x86_gdb_regs(cpu_env(cs), layout, &n);
    return n;
}

static unsigned x86_gdb_num_g_regs(CPUState *cs, unsigned layout)
{
    unsigned n, i = 0;
    const X86GdbReg *regs = x86_gdb_regs(cpu_env(cs), layout, &n);

    while (i < n && regs[i].feature <= X86_GDB_SEGMENTS) {
        i++;
    }
    return i;
}

static const X86GdbReg *find_reg(CPUState *cs, unsigned layout, unsigned reg)
{
    unsigned n;
    const X86GdbReg *regs = x86_gdb_regs(cpu_env(cs), layout, &n);

    return reg < n ? &regs[reg] : NULL;
}

static unsigned x86_gdb_reg_size(CPUState *cs, unsigned layout, unsigned reg)
{
    const X86GdbReg *r = find_reg(cs, layout, reg);

    return r ? r->bytes : 0;
}

/* ---- x87 ---- */

/* The tag word as FSTENV stores it, from the abridged one (SDM volume 1, 8.1.7, 10.5.1.1). */
static uint16_t full_tags(const X86LegacyXSaveArea *l)
{
    unsigned top = (l->fsw >> 11) & 7;
    uint16_t tags = 0;

    for (unsigned i = 0; i < 8; i++) {
        const uint8_t *st = l->st[(i - top) & 7].bytes;
        uint64_t mantissa = ldq_le_p(st);
        unsigned exponent = lduw_le_p(st + 8) & 0x7fff, tag;

        if (!(l->ftw & (1 << i))) {
            tag = 3;
        } else if (exponent == 0 && mantissa == 0) {
            tag = 1;
        } else {
            tag = exponent == 0 || exponent == 0x7fff || !(mantissa >> 63) ? 2 : 0;
        }
        tags |= tag << (2 * i);
    }
    return tags;
}

static uint32_t read_x87(const X86LegacyXSaveArea *l, unsigned index)
{
    switch (index) {
    case 0:
        return l->fcw;
    case 1:
        return l->fsw;
    case 2:
        return full_tags(l);
    case 3:
        return (l->fpip >> 32) & 0xffff;
    case 4:
        return l->fpip;
    case 5:
        return (l->fpdp >> 32) & 0xffff;
    case 6:
        return l->fpdp;
    default:
        return l->fopcode & 0x7ff;
    }
}

static void write_x87(X86LegacyXSaveArea *l, unsigned index, uint32_t value)
{
    switch (index) {
    case 0:
        l->fcw = value;
        break;
    case 1:
        l->fsw = value;
        break;
    case 2:
        l->ftw = 0;
        for (unsigned i = 0; i < 8; i++) {
            l->ftw |= ((value >> (2 * i)) & 3) != 3 ? 1 << i : 0;
        }
        break;
    case 3:
        l->fpip = deposit64(l->fpip, 32, 32, value & 0xffff);
        break;
    case 4:
        l->fpip = deposit64(l->fpip, 0, 32, value);
        break;
    case 5:
        l->fpdp = deposit64(l->fpdp, 32, 32, value & 0xffff);
        break;
    case 6:
        l->fpdp = deposit64(l->fpdp, 0, 32, value);
        break;
    default:
        l->fopcode = value & 0x7ff;
        break;
    }
}

/* ---- where a vector register lies, and which component of XSAVE it is ---- */

static void *vector_place(X86FPUState *f, const X86GdbReg *r, uint64_t *component)
{
    switch (r->kind) {
    case X86_GDB_ST:
        *component = XSTATE_FP_MASK;
        return f->legacy.st[r->index].bytes;
    case X86_GDB_XMM:
        *component = r->index < 16 ? XSTATE_SSE_MASK : XSTATE_Hi16_ZMM_MASK;
        return r->index < 16 ? f->legacy.xmm[r->index] : f->hi16_zmm[r->index - 16];
    case X86_GDB_YMMH:
        *component = r->index < 16 ? XSTATE_YMM_MASK : XSTATE_Hi16_ZMM_MASK;
        return r->index < 16 ? f->ymmh[r->index] : f->hi16_zmm[r->index - 16] + 2;
    case X86_GDB_ZMMH:
        *component = r->index < 16 ? XSTATE_ZMM_Hi256_MASK : XSTATE_Hi16_ZMM_MASK;
        return r->index < 16 ? f->zmmh[r->index] : f->hi16_zmm[r->index - 16] + 4;
    case X86_GDB_OPMASK:
        *component = XSTATE_OPMASK_MASK;
        return &f->opmask[r->index];
    default:
        return NULL;
    }
}

/* ---- reading ---- */

static uint64_t read_table(CPUX86State *env, unsigned index)
{
    const SegmentCache *t = index < 2 ? &env->gdt : &env->idt;

    return index & 1 ? t->limit : t->base;
}

static uint64_t read_integer(CPUState *cs, const X86GdbReg *r)
{
    CPUX86State *env = cpu_env(cs);

    switch (r->kind) {
    case X86_GDB_GPR:
        return env->regs[r->index];
    case X86_GDB_IP:
        return env->eip;
    case X86_GDB_FLAGS:
        return env->eflags;
    case X86_GDB_SEG:
        return env->segs[r->index].selector;
    case X86_GDB_X87:
        return read_x87(&env->fpu.legacy, r->index);
    case X86_GDB_MXCSR:
        return env->fpu.legacy.mxcsr;
    case X86_GDB_SEG_BASE:
        return env->segs[r->index].base;
    case X86_GDB_KERNEL_GS:
        return env->kernelgsbase;
    case X86_GDB_PKRU:
        return env->pkru;
    case X86_GDB_CR:
        if (r->index == 8) {
            return env->apic_state ? cpu_get_apic_tpr(env->apic_state) : 0;
        }
        return env->cr[r->index];
    case X86_GDB_DR:
        return env->dr[r->index];
    case X86_GDB_EFER:
        return env->efer;
    case X86_GDB_XCR0:
        return env->xcr0;
    case X86_GDB_TABLE:
        return read_table(env, r->index);
    default:
        return 0;
    }
}

static void x86_gdb_read_reg(CPUState *cs, unsigned layout, unsigned reg, uint8_t *buf)
{
    const X86GdbReg *r = find_reg(cs, layout, reg);
    uint64_t component, value;
    const void *place = vector_place(&cpu_env(cs)->fpu, r, &component);

    if (place) {
        memcpy(buf, place, r->bytes);
        return;
    }
    value = cpu_to_le64(read_integer(cs, r));
    memcpy(buf, &value, r->bytes);
}

/* ---- writing ---- */

/* The descriptor of @selector, as an instruction would load it but for checks of privilege. */
static bool load_descriptor(CPUState *cs, unsigned seg, uint16_t selector)
{
    CPUX86State *env = cpu_env(cs);
    const SegmentCache *t = selector & 4 ? &env->ldt : &env->gdt;
    unsigned offset = selector & ~7;
    uint32_t raw[2], limit, flags;
    uint64_t base;

    if (offset == 0 && !(selector & 4)) {
        if (seg == R_CS) {
            return false;
        }
        cpu_x86_load_seg_cache(env, seg, selector, 0, 0, 0);
        return true;
    }
    if (offset + 7 > t->limit || cpu_memory_rw_debug(cs, t->base + offset, raw, 8, false)) {
        return false;
    }
    flags = le32_to_cpu(raw[1]);
    if (!(flags & DESC_S_MASK) || !(flags & DESC_P_MASK) ||
        (seg == R_CS) != !!(flags & DESC_CS_MASK)) {
        return false;
    }
    base = (le32_to_cpu(raw[0]) >> 16) | (flags & 0xff) << 16 | (flags & 0xff000000);
    limit = (le32_to_cpu(raw[0]) & 0xffff) | (flags & 0xf0000);
    if (flags & DESC_G_MASK) {
        limit = limit << 12 | 0xfff;
    }
    cpu_x86_load_seg_cache(env, seg, selector, base, limit, flags);
    return true;
}

static bool write_segment(CPUState *cs, unsigned seg, uint32_t selector)
{
    CPUX86State *env = cpu_env(cs);
    SegmentCache *sc = &env->segs[seg];

    if (selector > UINT16_MAX) {
        return false;
    }
    if (selector == sc->selector) {
        return true;
    }
    if (!(env->hflags & HF_PE) || (env->hflags & HF_VM)) {
        cpu_x86_load_seg_cache(env, seg, selector, selector << 4, sc->limit, sc->flags);
        return true;
    }
    return load_descriptor(cs, seg, selector);
}

/* Combinations that MOV to CR0 and CR4 refuse are no state for a CPU to be in (SDM volume 3, 2.5).
 */
static bool write_control(CPUX86State *env, unsigned index, uint64_t value)
{
    const uint64_t cr4_known = CR4_PKS_MASK * 2 - 1;
    bool lma = env->efer & MSR_EFER_LMA;

    switch (index) {
    case 0:
        if (value > UINT32_MAX || ((value & CR0_PG_MASK) && !(value & CR0_PE_MASK)) ||
            (((value ^ env->cr[0]) & CR0_PG_MASK) && (env->efer & MSR_EFER_LME))) {
            return false;
        }
        cpu_x86_update_cr0(env, value);
        return true;
    case 2:
        env->cr[2] = value;
        return true;
    case 3:
        if (value >> 52) {
            return false;
        }
        cpu_x86_update_cr3(env, value);
        return true;
    case 4:
        if ((value & ~cr4_known) ||
            (lma && ((value ^ env->cr[4]) & (CR4_PAE_MASK | CR4_LA57_MASK))) ||
            (!lma && (value & CR4_PCIDE_MASK))) {
            return false;
        }
        cpu_x86_update_cr4(env, value);
        return true;
    default:
        return false;
    }
}

static bool write_dr(CPUX86State *env, unsigned index, uint64_t value)
{
    if (index < 4) {
        env->dr[index] = value;
        cpu_x86_update_dr7(env, env->dr[7]);
    } else if (index == 6) {
        env->dr[6] = (value & 0xe00f) | DR6_FIXED_1;
    } else {
        cpu_x86_update_dr7(env, value);
    }
    return true;
}

static vaddr x86_gdb_get_pc(CPUState *cs)
{
    return cpu_env(cs)->eip;
}

static void x86_gdb_set_pc(CPUState *cs, vaddr pc)
{
    cpu_env(cs)->eip = pc;
    /* It is to execute there, not to wait. */
    cs->halted = 0;
}

#define FLAGS_WRITABLE                                                                             \
    (CC_ALL | TF_MASK | IF_MASK | DF_MASK | IOPL_MASK | NT_MASK | RF_MASK | AC_MASK | VIF_MASK |   \
     VIP_MASK | ID_MASK)

static bool write_flags(CPUX86State *env, uint64_t value)
{
    env->eflags = (env->eflags & ~(uint64_t)FLAGS_WRITABLE) | (value & FLAGS_WRITABLE);
    x86_update_hflags(env);
    return true;
}

static bool write_integer(CPUState *cs, const X86GdbReg *r, uint64_t value)
{
    CPUX86State *env = cpu_env(cs);

    switch (r->kind) {
    case X86_GDB_GPR:
        env->regs[r->index] = value;
        return true;
    case X86_GDB_IP:
        x86_gdb_set_pc(cs, value);
        return true;
    case X86_GDB_FLAGS:
        return write_flags(env, value);
    case X86_GDB_SEG:
        return write_segment(cs, r->index, value);
    case X86_GDB_X87:
        env->fpu.header.xstate_bv |= XSTATE_FP_MASK;
        write_x87(&env->fpu.legacy, r->index, value);
        return true;
    case X86_GDB_MXCSR:
        /* A reserved bit would make the state one that cannot be loaded. */
        if (value & ~0xffffull) {
            return false;
        }
        env->fpu.header.xstate_bv |= XSTATE_SSE_MASK;
        env->fpu.legacy.mxcsr = value;
        return true;
    case X86_GDB_SEG_BASE:
        env->segs[r->index].base = value;
        x86_update_hflags(env);
        return true;
    case X86_GDB_KERNEL_GS:
        env->kernelgsbase = value;
        return true;
    case X86_GDB_PKRU:
        env->pkru = value;
        return true;
    case X86_GDB_CR:
        return write_control(env, r->index, value);
    case X86_GDB_DR:
        return write_dr(env, r->index, value);
    default: /* EFER, XCR0 and tables: loading them as a whole is the guest's business */
        return false;
    }
}

static bool x86_gdb_write_reg(CPUState *cs, unsigned layout, unsigned reg, const uint8_t *buf)
{
    const X86GdbReg *r = find_reg(cs, layout, reg);
    X86FPUState *fpu = &cpu_env(cs)->fpu;
    uint64_t component, value = 0;
    void *place = vector_place(fpu, r, &component);

    if (place) {
        memcpy(place, buf, r->bytes);
        fpu->header.xstate_bv |= component;
        return true;
    }
    memcpy(&value, buf, r->bytes);
    return write_integer(cs, r, le64_to_cpu(value));
}

const GdbTarget x86_gdb_target = {
    .layout = x86_gdb_layout,
    .description = x86_gdb_get_description,
    .num_regs = x86_gdb_num_regs,
    .num_g_regs = x86_gdb_num_g_regs,
    .reg_size = x86_gdb_reg_size,
    .read_reg = x86_gdb_read_reg,
    .write_reg = x86_gdb_write_reg,
    .get_pc = x86_gdb_get_pc,
    .set_pc = x86_gdb_set_pc,
};
