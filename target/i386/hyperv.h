/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Hyper-V interface that `hv-` properties switch on, as far as a processor has
 * it: CPUID leaves, and under TCG the registers. Hypervisor Top Level Functional
 * Specification (TLFS) 6.0, chapters 2, 3, 7, 9 and 12.
 */
#ifndef I386_HYPERV_H
#define I386_HYPERV_H

#include "target/i386/cpu.h"
#include "target/i386/hyperv-features.h"

#define HV_FEAT(name) (1ull << HYPERV_FEAT_##name)

/* True if anything of the interface is there. */
bool x86_hyperv_enabled(const X86CPU *cpu);

/*
 * Drops from cpu->hyperv_features what is not in @available, with a warning that names
 * @accel; hv-passthrough=on stands for all of @available. False and @errp for a switch
 * without another that it needs, and, with enforce=on, for what is not available.
 */
bool x86_hyperv_resolve(X86CPU *cpu, uint64_t available, const char *accel, Error **errp);

/* Leaves 40000000H to 40000006H; false for others. */
bool x86_hyperv_cpuid(X86CPU *cpu, uint32_t index, uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                      uint32_t *edx);

#define MSR_HYPERV_START 0x40000000
#define MSR_HYPERV_END   0x400001ff
enum {
    HV_GUEST_OS_ID = 0x40000000,
    HV_HYPERCALL = 0x40000001,
    HV_VP_INDEX = 0x40000002,
    HV_RESET = 0x40000003,
    HV_TIME_REF_COUNT = 0x40000020,
    HV_REFERENCE_TSC = 0x40000021,
    HV_VP_ASSIST_PAGE = 0x40000073,
};

/* Without the switch that a register belongs to it does not exist. */
bool x86_hyperv_has_msr(const X86CPU *cpu, uint32_t index);

/* Registers 40000000H to 400001FFH under TCG; false: #GP. vCPU thread. */
bool x86_hyperv_rdmsr(CPUX86State *env, uint32_t index, uint64_t *val);
bool x86_hyperv_wrmsr(CPUX86State *env, uint32_t index, uint64_t val);

#endif
