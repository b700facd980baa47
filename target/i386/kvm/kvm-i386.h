/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of target/i386/kvm. */
#ifndef I386_KVM_I386_H
#define I386_KVM_I386_H

#include <linux/kvm.h>

#include "accel/kvm/kvm-int.h"
#include "target/i386/cpu.h"

/* What the kernel offers, asked once (kvm.c). */
typedef struct KVMCaps {
    bool xsave, xsave2, xcrs, sregs2, debugregs, vcpu_events, mp_state, mce, tsc_control;
    bool get_tsc_khz, exception_payload, triple_fault_event, smm, adjust_clock_stable;
    bool mwait_in_guest; /* MWAIT does not exit: guests may have MONITOR */
    int xsave_size;      /* bytes of a state for KVM_GET_XSAVE(2) */
} KVMCaps;
extern KVMCaps kvm_caps;

/* Adds what the kernel said to *@errp: "KVM_SET_SREGS: Invalid argument". Returns false. */
bool kvm_reg_error(Error **errp, const char *ioctl_name, int ret);

/* ---- bus-lock.c ---- */

/* The guest has locked the bus: returns when it may go on. vCPU thread without BQL. */
void kvm_bus_lock_met(void);

/* ---- kvm-cpuid.c ---- */

/* Output @reg (R_EAX...) of a leaf as the kernel supports it, with what it leaves to us. */
uint32_t kvm_arch_get_supported_cpuid(KVMState *s, uint32_t function, uint32_t index, int reg);
/* A capability MSR as the kernel supports it; 0 if it does not. */
uint64_t kvm_arch_get_supported_msr_feature(KVMState *s, uint32_t index);
/* Tells the kernel what CPUID shows. */
bool kvm_set_cpuid(X86CPU *cpu, Error **errp);
/* Leaves 40000000H and up as we give them to the kernel. */
bool kvm_cpuid_hypervisor(X86CPU *cpu, uint32_t index, uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                          uint32_t *edx);

/* ---- kvm-msr.c ---- */

bool kvm_msr_init(KVMState *s, Error **errp);
bool kvm_put_msrs(X86CPU *cpu, int level, Error **errp);
bool kvm_get_msrs(X86CPU *cpu, Error **errp);
bool kvm_put_feature_msrs(X86CPU *cpu, Error **errp);
/* Machine check registers alone. */
bool kvm_put_mce(X86CPU *cpu, Error **errp);

/* ---- kvm-fpu.c ---- */

bool kvm_put_xsave(X86CPU *cpu, Error **errp);
bool kvm_get_xsave(X86CPU *cpu, Error **errp);
/* Learns where the host's processor puts each component. */
void kvm_xsave_init(KVMState *s);

/* ---- kvm.c ---- */

/* After a reset: what KVM wants different. */
void kvm_arch_reset_vcpu(X86CPU *cpu);

/* ---- kvm-regs.c ---- */

bool kvm_put_events(X86CPU *cpu, int level, Error **errp);

#endif
