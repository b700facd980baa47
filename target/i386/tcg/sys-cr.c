/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control and debug register instructions and TLB invalidation.
 * SDM volume 2: MOV CR, MOV DR, LMSW, SMSW, CLTS, INVLPG, INVPCID, XSETBV,
 * WRPKRU; volume 3, 2.5 and 2.6 (reserved bits), 17.2 (debug registers).
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "hw/i386/apic.h"
#include "target/i386/tcg/access.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/hostvec.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/mmu.h"

static G_NORETURN void gp0(CPUX86State *env)
{
    raise_exception_err(env, EXCP0D_GPF, 0);
}

static uint64_t read_reg(CPUX86State *env, const DecodedInsn *d, unsigned reg)
{
    return env->hflags & HF_CS64 ? env->regs[reg] : (uint32_t)env->regs[reg];
}

/* ---- CR0 ---- */

#define CR0_WRITABLE                                                                               \
    (CR0_PE_MASK | CR0_MP_MASK | CR0_EM_MASK | CR0_TS_MASK | CR0_NE_MASK | CR0_WP_MASK |           \
     CR0_AM_MASK | CR0_NW_MASK | CR0_CD_MASK | CR0_PG_MASK)

static void write_cr0(CPUX86State *env, uint64_t val)
{
    uint32_t old = env->cr[0];

    if (val >> 32 || ((val & CR0_PG_MASK) && !(val & CR0_PE_MASK)) ||
        ((val & CR0_NW_MASK) && !(val & CR0_CD_MASK))) {
        gp0(env);
    }
    val &= CR0_WRITABLE;
    if ((val & CR0_PG_MASK) && !(old & CR0_PG_MASK)) {
        if (env->efer & MSR_EFER_LME) {
            if (!(env->cr[4] & CR4_PAE_MASK) || (env->segs[R_CS].flags & DESC_L_MASK)) {
                gp0(env);
            }
        } else if ((env->cr[4] & CR4_PAE_MASK) && !x86_load_pdptrs(env, env->cr[3])) {
            gp0(env);
        }
    }
    if (!(val & CR0_PG_MASK) && (old & CR0_PG_MASK) &&
        ((env->hflags & HF_CS64) || (env->cr[4] & CR4_PCIDE_MASK))) {
        gp0(env);
    }
    /* With PAE, changes of the cache bits reload the PDPTEs too (SDM 4.4.1). */
    if ((val & old & CR0_PG_MASK) && (env->cr[4] & CR4_PAE_MASK) && !(env->hflags & HF_LMA) &&
        ((val ^ old) & (CR0_CD_MASK | CR0_NW_MASK)) && !x86_load_pdptrs(env, env->cr[3])) {
        gp0(env);
    }
    cpu_x86_update_cr0(env, val);
}

/* ---- CR3 ---- */

static void write_cr3(CPUX86State *env, uint64_t val)
{
    if (env->hflags & HF_LMA) {
        uint64_t rsvd = ~x86_phys_mask(env);

        if (env->cr[4] & CR4_PCIDE_MASK) {
            rsvd &= ~(1ull << 63);
        }
        if (val & rsvd) {
            gp0(env);
        }
    } else {
        val = (uint32_t)val;
        if ((env->cr[0] & CR0_PG_MASK) && (env->cr[4] & CR4_PAE_MASK) &&
            !x86_load_pdptrs(env, val)) {
            gp0(env);
        }
    }
    cpu_x86_update_cr3(env, val);
}

/* ---- CR4 ---- */

typedef struct CR4Feature {
    uint32_t bit;
    FeatureWord word;
    uint32_t feature;
} CR4Feature;

/* Bits that only exist with a CPUID feature; a write of others is #GP. */
uint64_t x86_cr4_writable(const CPUX86State *env)
{
    static const CR4Feature table[] = {
        {CR4_VME_MASK | CR4_PVI_MASK, FEAT_1_EDX, CPUID_VME},
        {CR4_TSD_MASK, FEAT_1_EDX, CPUID_TSC},
        {CR4_DE_MASK, FEAT_1_EDX, CPUID_DE},
        {CR4_PSE_MASK, FEAT_1_EDX, CPUID_PSE},
        {CR4_PAE_MASK, FEAT_1_EDX, CPUID_PAE},
        {CR4_MCE_MASK, FEAT_1_EDX, CPUID_MCE},
        {CR4_PGE_MASK, FEAT_1_EDX, CPUID_PGE},
        {CR4_OSFXSR_MASK, FEAT_1_EDX, CPUID_FXSR},
        {CR4_OSXMMEXCPT_MASK, FEAT_1_EDX, CPUID_SSE},
        {CR4_PCIDE_MASK, FEAT_1_ECX, CPUID_EXT_PCID},
        {CR4_OSXSAVE_MASK, FEAT_1_ECX, CPUID_EXT_XSAVE},
        {CR4_FSGSBASE_MASK, FEAT_7_0_EBX, CPUID_7_0_EBX_FSGSBASE},
        {CR4_SMEP_MASK, FEAT_7_0_EBX, CPUID_7_0_EBX_SMEP},
        {CR4_SMAP_MASK, FEAT_7_0_EBX, CPUID_7_0_EBX_SMAP},
        {CR4_UMIP_MASK, FEAT_7_0_ECX, CPUID_7_0_ECX_UMIP},
        {CR4_PKE_MASK, FEAT_7_0_ECX, CPUID_7_0_ECX_PKU},
        {CR4_LA57_MASK, FEAT_7_0_ECX, CPUID_7_0_ECX_LA57},
        {CR4_PKS_MASK, FEAT_7_0_ECX, CPUID_7_0_ECX_PKS},
    };
    uint64_t mask = CR4_PCE_MASK;

    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (env->features[table[i].word] & table[i].feature) {
            mask |= table[i].bit;
        }
    }
    return mask;
}

static void write_cr4(CPUX86State *env, uint64_t val)
{
    uint64_t changed = env->cr[4] ^ val;
    bool lma = env->hflags & HF_LMA;

    if (val & ~x86_cr4_writable(env)) {
        gp0(env);
    }
    if (lma && (!(val & CR4_PAE_MASK) || (changed & CR4_LA57_MASK))) {
        gp0(env);
    }
    if ((changed & val & CR4_PCIDE_MASK) && (!lma || (env->cr[3] & 0xfff))) {
        gp0(env);
    }
    if ((env->cr[0] & CR0_PG_MASK) && !lma && (val & CR4_PAE_MASK) &&
        (changed & (CR4_PAE_MASK | CR4_PSE_MASK | CR4_PGE_MASK | CR4_SMEP_MASK)) &&
        !x86_load_pdptrs(env, env->cr[3])) {
        gp0(env);
    }
    cpu_x86_update_cr4(env, val);
}

/* ---- MOV CR ---- */

static void write_cr8(CPUX86State *env, uint64_t val)
{
    if (val >> 4) {
        gp0(env);
    }
    if (x86_virtual_tpr(env)) {
        env->svm.int_ctl = (env->svm.int_ctl & ~0xffull) | val;
    } else if (env->apic_state) {
        bql_lock();
        cpu_set_apic_tpr(env->apic_state, val);
        bql_unlock();
    }
}

void interp_mov_to_cr(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t val = read_reg(env, d, d->opnd[1].reg);

    x86_require_cpl0(env);
    switch (d->opnd[0].reg) {
    case 0:
        write_cr0(env, val);
        break;
    case 2:
        env->cr[2] = val;
        break;
    case 3:
        write_cr3(env, val);
        break;
    case 4:
        write_cr4(env, val);
        break;
    case 8:
        write_cr8(env, val);
        break;
    default:
        raise_exception(env, EXCP06_ILLOP);
    }
}

void interp_mov_from_cr(CPUX86State *env, const DecodedInsn *d)
{
    unsigned cr = d->opnd[1].reg;
    uint64_t val = 0;

    x86_require_cpl0(env);
    if (cr == 0 || (cr >= 2 && cr <= 4)) {
        val = env->cr[cr];
    } else if (cr == 8) {
        if (x86_virtual_tpr(env)) {
            val = env->svm.int_ctl & 15;
        } else if (env->apic_state) {
            bql_lock();
            val = cpu_get_apic_tpr(env->apic_state);
            bql_unlock();
        }
    } else {
        raise_exception(env, EXCP06_ILLOP);
    }
    env->regs[d->opnd[0].reg] = env->hflags & HF_CS64 ? val : (uint32_t)val;
}

void interp_smsw(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t val = env->cr[0];
    unsigned reg = d->opnd[0].reg;

    if ((env->hflags & HF_UMIP) && x86_cpl(env) != 0) {
        gp0(env);
    }
    if (d->opnd[0].kind == OPND_MEM) {
        x86_st16(env, d->mem.seg, x86_mem_ea(env, d), val);
    } else if (d->opsize == 2) {
        env->regs[reg] = (env->regs[reg] & ~0xffffull) | (uint16_t)val;
    } else {
        env->regs[reg] = d->opsize == 8 ? val : (uint32_t)val;
    }
}

void interp_lmsw(CPUX86State *env, const DecodedInsn *d)
{
    uint32_t val, mask = CR0_PE_MASK | CR0_MP_MASK | CR0_EM_MASK | CR0_TS_MASK;

    x86_require_cpl0(env);
    if (d->opnd[0].kind == OPND_MEM) {
        val = x86_ld16(env, d->mem.seg, x86_mem_ea(env, d));
    } else {
        val = env->regs[d->opnd[0].reg];
    }
    /* PE can be set but not cleared this way. */
    val = (env->cr[0] & ~mask) | (val & mask) | (env->cr[0] & CR0_PE_MASK);
    cpu_x86_update_cr0(env, val);
}

void interp_clts(CPUX86State *env, const DecodedInsn *d)
{
    x86_require_cpl0(env);
    env->cr[0] &= ~(uint64_t)CR0_TS_MASK;
    env->hflags &= ~HF_TS;
}

/* ---- MOV DR ---- */

/* Register number after the DR4/DR5 aliases; checks that both directions share. */
static unsigned check_dr(CPUX86State *env, unsigned reg)
{
    if (reg == 4 || reg == 5) {
        if (env->cr[4] & CR4_DE_MASK) {
            raise_exception(env, EXCP06_ILLOP);
        }
        reg += 2;
    } else if (reg > 7) {
        raise_exception(env, EXCP06_ILLOP);
    }
    x86_require_cpl0(env);
    if (env->dr[7] & DR7_GD) {
        x86_raise_debug(env, DR6_BD);
    }
    return reg;
}

void interp_mov_from_dr(CPUX86State *env, const DecodedInsn *d)
{
    unsigned reg = check_dr(env, d->opnd[1].reg);
    uint64_t val = env->dr[reg];

    if (reg == 6) {
        val |= DR6_FIXED_1;
    }
    env->regs[d->opnd[0].reg] = env->hflags & HF_CS64 ? val : (uint32_t)val;
}

void interp_mov_to_dr(CPUX86State *env, const DecodedInsn *d)
{
    unsigned reg = check_dr(env, d->opnd[0].reg);
    uint64_t val = read_reg(env, d, d->opnd[1].reg);

    if (reg >= 6) {
        if (val >> 32) {
            gp0(env);
        }
        if (reg == 6) {
            env->dr[6] = (val & ~0xffff1ff0ull & 0xe00f) | DR6_FIXED_1;
        } else {
            cpu_x86_update_dr7(env, val);
        }
        return;
    }
    if (env->dr[7] & 0xff) {
        uint32_t dr7 = env->dr[7];
        cpu_x86_update_dr7(env, dr7 & ~0xffu);
        env->dr[reg] = val;
        cpu_x86_update_dr7(env, dr7);
    } else {
        env->dr[reg] = val;
    }
}

/* ---- caches and TLB ---- */

void interp_invd(CPUX86State *env, const DecodedInsn *d)
{
    x86_require_cpl0(env);
}

void interp_wbinvd(CPUX86State *env, const DecodedInsn *d)
{
    x86_require_cpl0(env);
}

void interp_invlpg(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t lin = x86_mem_ea(env, d);

    x86_require_cpl0(env);
    if (env->hflags & HF_CS64) {
        lin += d->mem.seg >= R_FS ? env->segs[d->mem.seg].base : 0;
        if (!x86_is_canonical(env, lin)) {
            return;
        }
    } else {
        lin = (uint32_t)(lin + env->segs[d->mem.seg].base);
    }
    x86_tlb_flush_page(env, lin);
}

void interp_invpcid(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t ea = x86_mem_ea(env, d);
    uint64_t type = read_reg(env, d, d->opnd[0].reg);
    uint64_t desc[2];
    uint16_t pcid;

    x86_require_cpl0(env);
    x86_read_bytes(env, d->mem.seg, ea, desc, sizeof(desc));
    pcid = desc[0] & 0xfff;
    if (type > 3 || (type < 2 && desc[0] >> 12) ||
        (type < 2 && pcid && !(env->cr[4] & CR4_PCIDE_MASK)) ||
        (type == 0 && !x86_is_canonical_base(env, desc[1]))) {
        gp0(env);
    }
    switch (type) {
    case 0:
        x86_tlb_flush_pcid_page(env, pcid, desc[1]);
        break;
    case 1:
        x86_tlb_flush_pcid(env, pcid);
        break;
    case 2:
        x86_tlb_flush_all(env);
        break;
    default:
        x86_tlb_flush_all_nonglobal(env);
        break;
    }
}

/* ---- XCR0, protection keys ---- */

static void require_osxsave(CPUX86State *env)
{
    if (!(env->cr[4] & CR4_OSXSAVE_MASK)) {
        raise_exception(env, EXCP06_ILLOP);
    }
}

static bool valid_xcr0(CPUX86State *env, uint64_t val)
{
    uint64_t allowed =
        env->features[FEAT_XSAVE_XCR0_LO] | (uint64_t)env->features[FEAT_XSAVE_XCR0_HI] << 32;
    uint64_t avx512 = val & XSTATE_AVX512_MASK;
    uint64_t amx = val & (XSTATE_XTILE_CFG_MASK | XSTATE_XTILE_DATA_MASK);

    if (!(val & XSTATE_FP_MASK) || (val & ~allowed)) {
        return false;
    }
    if ((val & XSTATE_YMM_MASK) && !(val & XSTATE_SSE_MASK)) {
        return false;
    }
    if (avx512 && (avx512 != XSTATE_AVX512_MASK || !(val & XSTATE_YMM_MASK))) {
        return false;
    }
    return !amx || amx == (XSTATE_XTILE_CFG_MASK | XSTATE_XTILE_DATA_MASK);
}

void interp_xgetbv(CPUX86State *env, const DecodedInsn *d)
{
    uint32_t index = env->regs[R_ECX];
    uint64_t val = env->xcr0;

    require_osxsave(env);
    if (index == 1 && (env->features[FEAT_XSAVE] & CPUID_XSAVE_XGETBV1)) {
        val &= x86_fpu_xinuse(env);
    } else if (index != 0) {
        gp0(env);
    }
    env->regs[R_EAX] = (uint32_t)val;
    env->regs[R_EDX] = val >> 32;
}

void interp_xsetbv(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t val = (uint32_t)env->regs[R_EAX] | env->regs[R_EDX] << 32;

    require_osxsave(env);
    x86_require_cpl0(env);
    if ((uint32_t)env->regs[R_ECX] != 0 || !valid_xcr0(env, val)) {
        gp0(env);
    }
    env->xcr0 = val;
    x86_update_hflags(env);
}

static void require_pke(CPUX86State *env)
{
    if (!(env->cr[4] & CR4_PKE_MASK)) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if ((uint32_t)env->regs[R_ECX] != 0) {
        gp0(env);
    }
}

void interp_rdpkru(CPUX86State *env, const DecodedInsn *d)
{
    require_pke(env);
    env->regs[R_EAX] = env->pkru;
    env->regs[R_EDX] = 0;
}

void interp_wrpkru(CPUX86State *env, const DecodedInsn *d)
{
    require_pke(env);
    if ((uint32_t)env->regs[R_EDX] != 0) {
        gp0(env);
    }
    if (env->pkru != (uint32_t)env->regs[R_EAX]) {
        env->pkru = env->regs[R_EAX];
        x86_tlb_flush_pkeys(env);
    }
}
