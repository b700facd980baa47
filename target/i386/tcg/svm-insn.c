/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMLOAD, VMSAVE, STGI, CLGI, SKINIT and INVLPGA. AMD64 APM volume 3.
 *
 * Each first says #UD without EFER.SVME, then #GP outside CPL 0, and only then is
 * intercepted.
 */
#include "qemu/osdep.h"
#include "exec/address-space.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/mmu.h"
#include "target/i386/tcg/seg.h"
#include "target/i386/tcg/svm-vmcb.h"
#include "target/i386/tcg/svm.h"
#include "target/i386/tcg/tlb.h"

void x86_svm_require(CPUX86State *env)
{
    if (!(env->efer & MSR_EFER_SVME) || !(env->hflags & HF_PE) || (env->hflags & HF_VM)) {
        raise_exception(env, EXCP06_ILLOP);
    }
    x86_require_cpl0(env);
}

/* ---- VMLOAD, VMSAVE ---- */

/* Registers of the VMCB that VMRUN leaves alone, beyond FS, GS, TR and LDTR. */
static uint64_t *extra_register(CPUX86State *env, unsigned i, unsigned *offset)
{
    static const uint16_t offsets[] = {
        VMCB_STAR,           VMCB_LSTAR,       VMCB_CSTAR,        VMCB_SFMASK,
        VMCB_KERNEL_GS_BASE, VMCB_SYSENTER_CS, VMCB_SYSENTER_ESP, VMCB_SYSENTER_EIP,
    };
    uint64_t *reg[] = {
        &env->star,         &env->lstar,       &env->cstar,        &env->fmask,
        &env->kernelgsbase, &env->sysenter_cs, &env->sysenter_esp, &env->sysenter_eip,
    };

    QEMU_BUILD_BUG_ON(ARRAY_SIZE(offsets) != ARRAY_SIZE(reg));
    if (i >= ARRAY_SIZE(reg)) {
        return NULL;
    }
    *offset = offsets[i];
    return reg[i];
}

static SegmentCache *extra_segment(CPUX86State *env, unsigned i, unsigned *offset)
{
    static const uint16_t offsets[] = {VMCB_FS, VMCB_GS, VMCB_TR, VMCB_LDTR};
    SegmentCache *sc[] = {&env->segs[R_FS], &env->segs[R_GS], &env->tr, &env->ldt};

    if (i >= ARRAY_SIZE(sc)) {
        return NULL;
    }
    *offset = offsets[i];
    return sc[i];
}

/* The VMCB that rAX names; a guest's own address is translated if it is let through. */
static hwaddr operand(CPUX86State *env)
{
    uint64_t addr = env->hflags & HF_CS64 ? env->regs[R_EAX] : (uint32_t)env->regs[R_EAX];

    if (addr & (0xfff | ~x86_phys_mask(env))) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    if ((env->hflags & HF_GUEST) && (env->svm.virt_ext & SVM_V_VMLOAD)) {
        return x86_guest_phys(env, addr, true);
    }
    return addr;
}

void interp_vmsave(CPUX86State *env, const DecodedInsn *d)
{
    AddressSpace *as = x86_address_space(env);
    MemTxAttrs attrs = x86_mem_attrs(env);
    const SegmentCache *sc;
    const uint64_t *reg;
    unsigned offset;
    hwaddr base;

    x86_svm_require(env);
    base = operand(env);
    for (unsigned i = 0; (sc = extra_segment(env, i, &offset)); i++) {
        x86_save_segment(env, base + offset, sc);
    }
    for (unsigned i = 0; (reg = extra_register(env, i, &offset)); i++) {
        address_space_stq(as, base + offset, *reg, attrs, NULL);
    }
}

/* Bases that are not canonical are made so by copying the highest implemented bit. */
static uint64_t canonical_base(const CPUX86State *env, uint64_t base)
{
    unsigned bits = env->features[FEAT_7_0_ECX] & CPUID_7_0_ECX_LA57 ? 57 : 48;

    return sextract64(base, 0, bits);
}

void interp_vmload(CPUX86State *env, const DecodedInsn *d)
{
    AddressSpace *as = x86_address_space(env);
    MemTxAttrs attrs = x86_mem_attrs(env);
    unsigned offset;
    SegmentCache *sc;
    uint64_t *reg;
    hwaddr base;

    x86_svm_require(env);
    base = operand(env);
    for (unsigned i = 0; (sc = extra_segment(env, i, &offset)); i++) {
        x86_load_segment(env, base + offset, sc);
        sc->base = canonical_base(env, sc->base);
    }
    for (unsigned i = 0; (reg = extra_register(env, i, &offset)); i++) {
        *reg = address_space_ldq(as, base + offset, attrs, NULL);
    }
    env->kernelgsbase = canonical_base(env, env->kernelgsbase);
    env->sysenter_esp = canonical_base(env, env->sysenter_esp);
    env->sysenter_eip = canonical_base(env, env->sysenter_eip);
    env->lstar = canonical_base(env, env->lstar);
    env->cstar = canonical_base(env, env->cstar);
    x86_update_hflags(env);
}

/* ---- the global interrupt flag ---- */

static bool virtual_gif(const CPUX86State *env)
{
    return (env->hflags & HF_GUEST) && (env->svm.int_ctl & SVM_V_GIF_ENABLE);
}

void interp_stgi(CPUX86State *env, const DecodedInsn *d)
{
    x86_svm_require(env);
    if (virtual_gif(env)) {
        env->svm.int_ctl |= SVM_V_GIF;
    } else {
        env->hflags2 &= ~HF2_GIF_CLEAR;
    }
}

void interp_clgi(CPUX86State *env, const DecodedInsn *d)
{
    x86_svm_require(env);
    if (virtual_gif(env)) {
        env->svm.int_ctl &= ~SVM_V_GIF;
    } else {
        env->hflags2 |= HF2_GIF_CLEAR;
    }
}

/* CPUID does not show it: secure initialization needs a TPM. So it is not intercepted either. */
void interp_skinit(CPUX86State *env, const DecodedInsn *d)
{
    raise_exception(env, EXCP06_ILLOP);
}

/* The other address spaces are flushed when they are entered. */
void interp_invlpga(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t lin = d->addrsize == 8   ? env->regs[R_EAX]
                   : d->addrsize == 4 ? (uint32_t)env->regs[R_EAX]
                                      : (uint16_t)env->regs[R_EAX];

    x86_svm_require(env);
    x86_tlb_flush_page(env, lin);
}
