/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x87 and vector registers between CPUX86State and the kernel (api.rst 4.42,
 * 4.43, 4.134). The kernel's area is laid out as the host's processor does it
 * (CPUID 0DH), ours as fpu-state.h says: components are copied one by one.
 */
#include "qemu/osdep.h"
#include <sys/ioctl.h>

#include "target/i386/cpu-internal.h"
#include "target/i386/host-cpu.h"
#include "target/i386/kvm/kvm-i386.h"

#define XSAVE_HEADER_OFFSET 512

void kvm_xsave_init(KVMState *s)
{
    for (int i = 2; i < X86_XSTATE_COMPONENTS; i++) {
        uint32_t size, offset;

        host_cpuid(0xd, i, &size, &offset, NULL, NULL);
        if (size) {
            /* The guest executes XSAVE itself: it must be told the host's layout. */
            x86_xstate_set_layout(i, size, offset);
        }
    }
}

/* Our copy of component @bit, and its size; NULL if it is kept elsewhere. */
static void *component(CPUX86State *env, int bit, uint32_t *size)
{
    X86XStateComponent c;

    if (bit == XSTATE_BNDREGS_BIT) {
        *size = sizeof(env->fpu.bndregs);
        return env->fpu.bndregs;
    }
    if (bit == XSTATE_BNDCSR_BIT) {
        *size = sizeof(env->fpu.bndcsr);
        return env->fpu.bndcsr;
    }
    if (bit == XSTATE_PKRU_BIT) {
        *size = sizeof(env->pkru);
        return &env->pkru;
    }
    c = x86_xstate_component(bit);
    *size = c.size;
    return c.offset ? (uint8_t *)&env->fpu + c.offset : NULL;
}

static void copy_components(CPUX86State *env, uint8_t *area, uint64_t *xstate_bv, bool to_kvm)
{
    for (int bit = 2; bit < X86_XSTATE_COMPONENTS; bit++) {
        const X86XStateFeature *f = &x86_xstate_components[bit];
        uint32_t size;
        void *own = component(env, bit, &size);
        uint64_t mask = 1ull << bit;

        size = MIN(size, f->size);
        if (!own || f->supervisor || !f->offset ||
            f->offset + size > (uint32_t)kvm_caps.xsave_size) {
            continue;
        }
        if (to_kvm) {
            memcpy(area + f->offset, own, size);
            *xstate_bv |= env->xcr0 & mask;
        } else if (*xstate_bv & mask) {
            memcpy(own, area + f->offset, size);
        } else {
            memset(own, 0, size); /* in its initial state */
        }
    }
}

static bool put_fpu(X86CPU *cpu, Error **errp)
{
    const X86LegacyXSaveArea *l = &cpu->env.fpu.legacy;
    struct kvm_fpu fpu = {
        .fcw = l->fcw,
        .fsw = l->fsw,
        .ftwx = l->ftw,
        .last_opcode = l->fopcode,
        .last_ip = l->fpip,
        .last_dp = l->fpdp,
        .mxcsr = l->mxcsr,
    };
    int ret;

    memcpy(fpu.fpr, l->st, sizeof(fpu.fpr));
    memcpy(fpu.xmm, l->xmm, sizeof(fpu.xmm));
    ret = kvm_vcpu_ioctl(CPU(cpu), KVM_SET_FPU, &fpu);
    return ret < 0 ? kvm_reg_error(errp, "KVM_SET_FPU", ret) : true;
}

static bool get_fpu(X86CPU *cpu, Error **errp)
{
    X86LegacyXSaveArea *l = &cpu->env.fpu.legacy;
    struct kvm_fpu fpu;
    int ret = kvm_vcpu_ioctl(CPU(cpu), KVM_GET_FPU, &fpu);

    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_GET_FPU", ret);
    }
    l->fcw = fpu.fcw;
    l->fsw = fpu.fsw;
    l->ftw = fpu.ftwx;
    l->fopcode = fpu.last_opcode;
    l->fpip = fpu.last_ip;
    l->fpdp = fpu.last_dp;
    l->mxcsr = fpu.mxcsr;
    memcpy(l->st, fpu.fpr, sizeof(fpu.fpr));
    memcpy(l->xmm, fpu.xmm, sizeof(fpu.xmm));
    return true;
}

bool kvm_put_xsave(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    g_autofree uint8_t *area = NULL;
    uint64_t xstate_bv = XSTATE_FP_MASK | XSTATE_SSE_MASK;
    int ret;

    if (!kvm_caps.xsave) {
        return put_fpu(cpu, errp);
    }
    area = g_malloc0(kvm_caps.xsave_size);
    memcpy(area, &env->fpu.legacy, sizeof(env->fpu.legacy));
    copy_components(env, area, &xstate_bv, true);
    memcpy(area + XSAVE_HEADER_OFFSET, &xstate_bv, sizeof(xstate_bv));
    ret = kvm_vcpu_ioctl(CPU(cpu), KVM_SET_XSAVE, area);
    return ret < 0 ? kvm_reg_error(errp, "KVM_SET_XSAVE", ret) : true;
}

bool kvm_get_xsave(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    g_autofree uint8_t *area = NULL;
    uint64_t xstate_bv;
    int ret;

    if (!kvm_caps.xsave) {
        return get_fpu(cpu, errp);
    }
    area = g_malloc0(kvm_caps.xsave_size);
    ret = kvm_vcpu_ioctl(CPU(cpu), kvm_caps.xsave2 ? KVM_GET_XSAVE2 : KVM_GET_XSAVE, area);
    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_GET_XSAVE", ret);
    }
    memcpy(&env->fpu.legacy, area, sizeof(env->fpu.legacy));
    memcpy(&xstate_bv, area + XSAVE_HEADER_OFFSET, sizeof(xstate_bv));
    env->fpu.header.xstate_bv = xstate_bv;
    copy_components(env, area, &xstate_bv, false);
    return true;
}
