/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System management mode: entry on SMI, and RSM.
 *
 * Two layouts of the state save area: that of AMD64 (APM volume 2, table 10-1;
 * revision 20064h) for processors with long mode, and the 32-bit one of the P6
 * family (SDM volume 3, table 31-1; revision 20000h; descriptor caches in the
 * reserved part, where the P6 has them).
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "exec/address-space.h"
#include "target/i386/tcg/excp.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/mmu.h"
#include "target/i386/tcg/seg.h"
#include "target/i386/tcg/tlb.h"

#define SMM_REVISION_64 0x00020064u
#define SMM_REVISION_32 0x00020000u
#define SMM_REV_SMBASE  0x00020000u /* SMBASE can be relocated */

/* Offsets count from SMBASE + 8000h, as in the manuals. */
typedef struct SaveArea {
    CPUX86State *env;
    AddressSpace *as;
    MemTxAttrs attrs;
    hwaddr base;
} SaveArea;

static SaveArea save_area(CPUX86State *env)
{
    return (SaveArea){
        .env = env,
        .as = x86_address_space(env),
        .attrs = x86_mem_attrs(env),
        .base = env->smbase + 0x8000,
    };
}

static void put16(const SaveArea *a, unsigned offset, uint16_t val)
{
    address_space_stw(a->as, a->base + offset, val, a->attrs, NULL);
}

static void put32(const SaveArea *a, unsigned offset, uint32_t val)
{
    address_space_stl(a->as, a->base + offset, val, a->attrs, NULL);
}

static void put64(const SaveArea *a, unsigned offset, uint64_t val)
{
    address_space_stq(a->as, a->base + offset, val, a->attrs, NULL);
}

static uint16_t get16(const SaveArea *a, unsigned offset)
{
    return address_space_lduw(a->as, a->base + offset, a->attrs, NULL);
}

static uint32_t get32(const SaveArea *a, unsigned offset)
{
    return address_space_ldl(a->as, a->base + offset, a->attrs, NULL);
}

static uint64_t get64(const SaveArea *a, unsigned offset)
{
    return address_space_ldq(a->as, a->base + offset, a->attrs, NULL);
}

/* ---- AMD64 layout ---- */

enum {
    S64_SEGS = 0x7e00,
    S64_GDT = 0x7e60,
    S64_LDT = 0x7e70,
    S64_IDT = 0x7e80,
    S64_TR = 0x7e90,
    S64_AUTO_HALT = 0x7ec9,
    S64_EFER = 0x7ed0,
    S64_REVISION = 0x7efc,
    S64_SMBASE = 0x7f00,
    S64_CR4 = 0x7f48,
    S64_CR3 = 0x7f50,
    S64_CR0 = 0x7f58,
    S64_DR7 = 0x7f60,
    S64_DR6 = 0x7f68,
    S64_RFLAGS = 0x7f70,
    S64_RIP = 0x7f78,
    S64_R15 = 0x7f80,
    S64_RAX = 0x7ff8,
};

/* In the order of their numbers, from the top down. */
static unsigned reg64_offset(int reg)
{
    return S64_RAX - 8 * reg;
}

static void save64(CPUX86State *env, const SaveArea *a, bool halted)
{
    for (int i = 0; i < X86_NB_SEGS; i++) {
        x86_save_segment(env, a->base + S64_SEGS + i * 16, &env->segs[i]);
    }
    x86_save_segment(env, a->base + S64_GDT, &env->gdt);
    x86_save_segment(env, a->base + S64_LDT, &env->ldt);
    x86_save_segment(env, a->base + S64_IDT, &env->idt);
    x86_save_segment(env, a->base + S64_TR, &env->tr);
    address_space_stb(a->as, a->base + S64_AUTO_HALT, halted, a->attrs, NULL);
    put64(a, S64_EFER, env->efer);
    put32(a, S64_REVISION, SMM_REVISION_64);
    put32(a, S64_SMBASE, env->smbase);
    put32(a, S64_CR4, env->cr[4]);
    put64(a, S64_CR3, env->cr[3]);
    put32(a, S64_CR0, env->cr[0]);
    put64(a, S64_DR7, env->dr[7]);
    put64(a, S64_DR6, env->dr[6]);
    put64(a, S64_RFLAGS, env->eflags);
    put64(a, S64_RIP, env->eip);
    for (int i = 0; i < CPU_NB_REGS; i++) {
        put64(a, reg64_offset(i), env->regs[i]);
    }
}

static void load64(CPUX86State *env, const SaveArea *a)
{
    cpu_x86_set_efer(env, get64(a, S64_EFER) & ~(uint64_t)MSR_EFER_LMA);
    for (int i = 0; i < X86_NB_SEGS; i++) {
        x86_load_segment(env, a->base + S64_SEGS + i * 16, &env->segs[i]);
    }
    x86_load_segment(env, a->base + S64_GDT, &env->gdt);
    x86_load_segment(env, a->base + S64_LDT, &env->ldt);
    x86_load_segment(env, a->base + S64_IDT, &env->idt);
    x86_load_segment(env, a->base + S64_TR, &env->tr);
    for (int i = 0; i < CPU_NB_REGS; i++) {
        env->regs[i] = get64(a, reg64_offset(i));
    }
    env->eip = env->next_eip = get64(a, S64_RIP);
    env->eflags = (get64(a, S64_RFLAGS) & EFLAGS_VALID) | EFLAGS_FIXED;
    env->dr[6] = get64(a, S64_DR6);
    cpu_x86_update_dr7(env, get64(a, S64_DR7));
    cpu_x86_update_cr4(env, get32(a, S64_CR4));
    env->cr[3] = get64(a, S64_CR3);
    cpu_x86_update_cr0(env, get32(a, S64_CR0));
    if (get32(a, S64_REVISION) & SMM_REV_SMBASE) {
        env->smbase = get32(a, S64_SMBASE);
    }
}

/* ---- P6 layout ---- */

enum {
    S32_CR0 = 0x7ffc,
    S32_CR3 = 0x7ff8,
    S32_EFLAGS = 0x7ff4,
    S32_EIP = 0x7ff0,
    S32_EDI = 0x7fec,
    S32_DR6 = 0x7fcc,
    S32_DR7 = 0x7fc8,
    S32_TR = 0x7fc4,
    S32_LDTR = 0x7fc0,
    S32_SELS = 0x7fa8,
    S32_ES_CACHE = 0x7f84,
    S32_LDT_CACHE = 0x7f78,
    S32_GDT_LIMIT = 0x7f70,
    S32_GDT_BASE = 0x7f74,
    S32_TR_CACHE = 0x7f5c,
    S32_IDT_BASE = 0x7f58,
    S32_IDT_LIMIT = 0x7f54,
    S32_DS_CACHE = 0x7f2c,
    S32_CR4 = 0x7f14,
    S32_AUTO_HALT = 0x7f02,
    S32_REVISION = 0x7efc,
    S32_SMBASE = 0x7ef8,
};

static void put_cache32(const SaveArea *a, unsigned offset, const SegmentCache *sc)
{
    put32(a, offset, sc->flags);
    put32(a, offset + 4, sc->limit);
    put32(a, offset + 8, sc->base);
}

static void get_cache32(const SaveArea *a, unsigned offset, SegmentCache *sc)
{
    sc->flags = get32(a, offset);
    sc->limit = get32(a, offset + 4);
    sc->base = get32(a, offset + 8);
}

static unsigned cache32_offset(int seg)
{
    return seg < R_DS ? S32_ES_CACHE + seg * 12 : S32_DS_CACHE + (seg - R_DS) * 12;
}

/* EDI ESI EBP ESP EBX EDX ECX EAX from the top down. */
static unsigned reg32_offset(int reg)
{
    return S32_EDI - (7 - reg) * 4;
}

static void save32(CPUX86State *env, const SaveArea *a, bool halted)
{
    put32(a, S32_CR0, env->cr[0]);
    put32(a, S32_CR3, env->cr[3]);
    put32(a, S32_EFLAGS, env->eflags);
    put32(a, S32_EIP, env->eip);
    for (int i = 0; i < 8; i++) {
        put32(a, reg32_offset(i), env->regs[i]);
    }
    put32(a, S32_DR6, env->dr[6]);
    put32(a, S32_DR7, env->dr[7]);
    put32(a, S32_TR, env->tr.selector);
    put_cache32(a, S32_TR_CACHE, &env->tr);
    put32(a, S32_LDTR, env->ldt.selector);
    put_cache32(a, S32_LDT_CACHE, &env->ldt);
    put32(a, S32_GDT_BASE, env->gdt.base);
    put32(a, S32_GDT_LIMIT, env->gdt.limit);
    put32(a, S32_IDT_BASE, env->idt.base);
    put32(a, S32_IDT_LIMIT, env->idt.limit);
    for (int i = 0; i < X86_NB_SEGS; i++) {
        put32(a, S32_SELS + i * 4, env->segs[i].selector);
        put_cache32(a, cache32_offset(i), &env->segs[i]);
    }
    put32(a, S32_CR4, env->cr[4]);
    put16(a, S32_AUTO_HALT, halted);
    put32(a, S32_REVISION, SMM_REVISION_32);
    put32(a, S32_SMBASE, env->smbase);
}

static void load32(CPUX86State *env, const SaveArea *a)
{
    env->eflags = (get32(a, S32_EFLAGS) & EFLAGS_VALID) | EFLAGS_FIXED;
    env->eip = env->next_eip = get32(a, S32_EIP);
    for (int i = 0; i < 8; i++) {
        env->regs[i] = get32(a, reg32_offset(i));
    }
    env->tr.selector = get32(a, S32_TR) & 0xffff;
    get_cache32(a, S32_TR_CACHE, &env->tr);
    env->ldt.selector = get32(a, S32_LDTR) & 0xffff;
    get_cache32(a, S32_LDT_CACHE, &env->ldt);
    env->gdt.base = get32(a, S32_GDT_BASE);
    env->gdt.limit = get32(a, S32_GDT_LIMIT);
    env->idt.base = get32(a, S32_IDT_BASE);
    env->idt.limit = get32(a, S32_IDT_LIMIT);
    for (int i = 0; i < X86_NB_SEGS; i++) {
        env->segs[i].selector = get32(a, S32_SELS + i * 4) & 0xffff;
        get_cache32(a, cache32_offset(i), &env->segs[i]);
    }
    env->dr[6] = get32(a, S32_DR6);
    cpu_x86_update_dr7(env, get32(a, S32_DR7));
    cpu_x86_update_cr4(env, get32(a, S32_CR4));
    env->cr[3] = get32(a, S32_CR3);
    cpu_x86_update_cr0(env, get32(a, S32_CR0));
    if (get32(a, S32_REVISION) & SMM_REV_SMBASE) {
        env->smbase = get32(a, S32_SMBASE);
    }
}

/* ---- entry and return ---- */

static bool has_long_mode(CPUX86State *env)
{
    return env->features[FEAT_8000_0001_EDX] & CPUID_EXT2_LM;
}

void x86_enter_smm(CPUX86State *env)
{
    const uint32_t data = DESC_P_MASK | DESC_S_MASK | DESC_W_MASK | DESC_A_MASK | DESC_G_MASK;
    CPUState *cs = env_cpu(env);
    bool halted = cs->halted;
    SaveArea a;

    qemu_log_mask(CPU_LOG_INT, "SMI: smbase %08" PRIx64 " rip %016" PRIx64 "\n", env->smbase,
                  env->eip);
    env->msr_smi_count++;
    if (env->hflags & HF_GUEST) {
        env->hflags2 |= HF2_SMM_IN_GUEST;
    }
    env->hflags |= HF_SMM;
    env->hflags &= ~(HF_INHIBIT_IRQ | HF_GUEST);
    if (env->hflags2 & HF2_NMI_BLOCKED) {
        env->hflags2 |= HF2_SMM_INSIDE_NMI;
    } else {
        env->hflags2 |= HF2_NMI_BLOCKED;
    }
    a = save_area(env);
    if (has_long_mode(env)) {
        save64(env, &a, halted);
    } else {
        save32(env, &a, halted);
    }
    cs->halted = 0;

    env->eflags = EFLAGS_FIXED;
    env->eip = env->next_eip = 0x8000;
    cpu_x86_update_cr0(env, env->cr[0] & ~(CR0_PE_MASK | CR0_EM_MASK | CR0_TS_MASK | CR0_PG_MASK));
    cpu_x86_update_cr4(env, 0);
    cpu_x86_set_efer(env, 0);
    cpu_x86_update_dr7(env, DR7_FIXED_1);
    env->segs[R_CS] = (SegmentCache){.selector = (env->smbase >> 4) & 0xffff,
                                     .base = env->smbase,
                                     .limit = UINT32_MAX,
                                     .flags = data};
    for (int i = 0; i < X86_NB_SEGS; i++) {
        if (i != R_CS) {
            env->segs[i] = (SegmentCache){.limit = UINT32_MAX, .flags = data};
        }
    }
    /* Another address space begins: SMRAM is visible. */
    x86_tlb_flush_all(env);
    x86_update_hflags(env);
}

void interp_rsm(CPUX86State *env, const DecodedInsn *d)
{
    CPUState *cs = env_cpu(env);
    bool auto_halt;
    SaveArea a;

    if (!(env->hflags & HF_SMM)) {
        raise_exception(env, EXCP06_ILLOP);
    }
    a = save_area(env);
    if (has_long_mode(env)) {
        auto_halt = get16(&a, S64_AUTO_HALT) & 1;
        load64(env, &a);
    } else {
        auto_halt = get16(&a, S32_AUTO_HALT) & 1;
        load32(env, &a);
    }
    env->hflags &= ~HF_SMM;
    if (env->hflags2 & HF2_SMM_IN_GUEST) {
        env->hflags |= HF_GUEST;
        env->hflags2 &= ~HF2_SMM_IN_GUEST;
    }
    if (!(env->hflags2 & HF2_SMM_INSIDE_NMI)) {
        env->hflags2 &= ~HF2_NMI_BLOCKED;
    }
    env->hflags2 &= ~HF2_SMM_INSIDE_NMI;
    x86_tlb_flush_all(env);
    if ((env->cr[0] & CR0_PG_MASK) && (env->cr[4] & CR4_PAE_MASK) && !(env->efer & MSR_EFER_LMA)) {
        x86_load_pdptrs(env, env->cr[3]);
    }
    if (env->cr[4] & CR4_PCIDE_MASK) {
        x86_tlb_switch(env, env->cr[3] & 0xfff, false);
    }
    x86_update_hflags(env);
    qemu_log_mask(CPU_LOG_INT, "RSM: rip %016" PRIx64 "\n", env->eip);
    if (auto_halt) {
        cs->halted = 1;
        x86_exit_with(env, EXCP_HLT);
    }
}
