/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HLT, RDMSR, WRMSR, RDPMC, VMCALL. SDM volume 2.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "target/i386/tcg/excp.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/interp.h"

void x86_leave_behind(CPUX86State *env, int reason)
{
    env->eip = env->next_eip;
    /* STI; HLT: the shadow ends with this instruction, so that an interrupt can wake us. */
    env->hflags &= ~HF_INHIBIT_IRQ;
    env->eflags &= ~(uint64_t)RF_MASK;
    if (icount_enabled()) {
        env_cpu(env)->icount_left--;
    }
    x86_exit_with(env, reason);
}

void x86_halt(CPUX86State *env)
{
    env_cpu(env)->halted = 1;
    x86_leave_behind(env, EXCP_HLT);
}

void interp_hlt(CPUX86State *env, const DecodedInsn *d)
{
    x86_require_cpl0(env);
    /* A trap that is due behind the instruction ends the halt before it begins. */
    if (!(env->hflags & HF_TF) && !env->dr6_pending) {
        x86_mwait_end(env);
        x86_halt(env);
    }
}

void interp_rdmsr(CPUX86State *env, const DecodedInsn *d)
{
    uint32_t index = env->regs[R_ECX];
    uint64_t val;

    x86_require_cpl0(env);
    if (!x86_cpu_rdmsr(env, index, &val)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    env->regs[R_EAX] = (uint32_t)val;
    env->regs[R_EDX] = val >> 32;
}

void interp_wrmsr(CPUX86State *env, const DecodedInsn *d)
{
    uint32_t index = env->regs[R_ECX];
    uint64_t val = (uint32_t)env->regs[R_EAX] | env->regs[R_EDX] << 32;

    x86_require_cpl0(env);
    if (!x86_cpu_wrmsr(env, index, val)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

void interp_rdpmc(CPUX86State *env, const DecodedInsn *d)
{
    if (!(env->cr[4] & CR4_PCE_MASK)) {
        x86_require_cpl0(env);
    }
    /* CPUID leaf 0AH shows no counters, so there is none to read. */
    raise_exception_err(env, EXCP0D_GPF, 0);
}

/*
 * Without KVM's leaves in CPUID there is no hypervisor below, and these are no instructions
 * of this processor. With them there is, and it knows the hypercall that asks it to look
 * whether interrupts are waiting, which is done anyway (Linux,
 * Documentation/virt/kvm/x86/hypercalls.rst).
 */
#define HYPERCALL_POLL_IRQ 1
#define HYPERCALL_UNKNOWN  (-1000) /* what Linux calls KVM_ENOSYS */
#define HYPERCALL_REFUSED  (-1)    /* KVM_EPERM: not at CPL 0 */

static void hypercall(CPUX86State *env)
{
    uint64_t nr = env->hflags & HF_CS64 ? env->regs[R_EAX] : (uint32_t)env->regs[R_EAX];
    int64_t result = nr == HYPERCALL_POLL_IRQ ? 0 : HYPERCALL_UNKNOWN;

    if (!env->features[FEAT_KVM]) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if (x86_cpl(env)) {
        result = HYPERCALL_REFUSED;
    }
    env->regs[R_EAX] = env->hflags & HF_CS64 ? (uint64_t)result : (uint32_t)result;
}

void interp_vmcall(CPUX86State *env, const DecodedInsn *d)
{
    hypercall(env);
}

void interp_vmmcall(CPUX86State *env, const DecodedInsn *d)
{
    hypercall(env);
}
