/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mode word that is derived from control registers and segments. Compiled without
 * vector registers, since SYSCALL and SYSRET of translated code need it.
 */
#include "qemu/osdep.h"
#include "target/i386/cpu.h"

#ifdef HOST_X86_64
#pragma GCC target("general-regs-only")
#endif

/* Nothing to check for an access through this cache in 16/32-bit code: flat and writable. */
static bool seg_is_flat_data(const SegmentCache *s)
{
    const uint32_t want = DESC_P_MASK | DESC_S_MASK | DESC_W_MASK;

    return s->limit == UINT32_MAX && (s->flags & want) == want &&
           !(s->flags & (DESC_CS_MASK | DESC_E_MASK));
}

static bool seg_is_flat_code(const SegmentCache *s)
{
    const uint32_t want = DESC_P_MASK | DESC_S_MASK | DESC_CS_MASK | DESC_R_MASK;

    return s->limit == UINT32_MAX && (s->flags & want) == want;
}

static uint32_t segment_hflags(const CPUX86State *env, uint32_t hflags)
{
    const SegmentCache *cs = &env->segs[R_CS], *ds = &env->segs[R_DS];
    const SegmentCache *es = &env->segs[R_ES], *ss = &env->segs[R_SS];

    if (hflags & HF_LMA && cs->flags & DESC_L_MASK) {
        return HF_CS64;
    }
    return (cs->flags & DESC_B_MASK ? HF_CS32 : 0) | (ss->flags & DESC_B_MASK ? HF_SS32 : 0) |
           (cs->base | ds->base | es->base | ss->base ? HF_ADDSEG : 0) |
           (seg_is_flat_code(cs) && seg_is_flat_data(ds) && seg_is_flat_data(es) &&
                    seg_is_flat_data(ss)
                ? 0
                : HF_SEGLIMIT);
}

static bool io_breakpoint_armed(const CPUX86State *env)
{
    if (!(env->cr[4] & CR4_DE_MASK)) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        if ((env->dr[7] >> (2 * i)) & 3 && ((env->dr[7] >> (16 + 4 * i)) & 3) == 2) {
            return true;
        }
    }
    return false;
}

static uint32_t xstate_hflags(const CPUX86State *env)
{
    const uint64_t avx = XSTATE_SSE_MASK | XSTATE_YMM_MASK;
    const uint64_t avx512 = avx | XSTATE_AVX512_MASK;
    const uint64_t amx = XSTATE_XTILE_CFG_MASK | XSTATE_XTILE_DATA_MASK;

    if (!(env->cr[4] & CR4_OSXSAVE_MASK)) {
        return 0;
    }
    return ((env->xcr0 & avx) == avx ? HF_AVX_EN : 0) |
           ((env->xcr0 & avx512) == avx512 ? HF_AVX512_EN : 0) |
           ((env->xcr0 & amx) == amx ? HF_AMX_EN : 0);
}

void x86_update_hflags(CPUX86State *env)
{
    uint32_t hflags = env->hflags & (HF_INHIBIT_IRQ | HF_SMM | HF_GUEST);

    if (env->cr[0] & CR0_PE_MASK) {
        hflags |= HF_PE;
        if (env->eflags & VM_MASK) {
            hflags |= HF_VM | 3;
        } else {
            hflags |= (env->segs[R_SS].flags >> DESC_DPL_SHIFT) & HF_CPL_MASK;
        }
    }
    if (env->efer & MSR_EFER_LMA) {
        hflags |= HF_LMA;
    }
    hflags |= segment_hflags(env, hflags) | xstate_hflags(env);
    hflags |= (env->cr[0] & CR0_MP_MASK ? HF_MP : 0) | (env->cr[0] & CR0_EM_MASK ? HF_EM : 0) |
              (env->cr[0] & CR0_TS_MASK ? HF_TS : 0);
    hflags |= (env->cr[4] & CR4_OSFXSR_MASK ? HF_OSFXSR : 0) |
              (env->cr[4] & CR4_SMAP_MASK ? HF_SMAP : 0) |
              (env->cr[4] & CR4_UMIP_MASK ? HF_UMIP : 0);
    hflags |= (env->eflags & TF_MASK ? HF_TF : 0) | (env->eflags & AC_MASK ? HF_AC : 0);
    if (env->cr[0] & CR0_AM_MASK && hflags & HF_AC && (hflags & HF_CPL_MASK) == 3) {
        hflags |= HF_ALIGNCHECK;
    }
    if (io_breakpoint_armed(env)) {
        hflags |= HF_IOBPT;
    }
    env->hflags = hflags;
}
