/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Model specific registers as the emulated processor has them: what reads and
 * writes do, and which values are refused (#GP).
 *
 * SDM volume 4; volume 3, 11.11 (MTRRs), 11.12 (PAT), 15.3 (machine check),
 * 17.17 (time stamp counter); AMD64 APM volume 2, 3.2.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "hw/i386/apic.h"
#include "system/cpus.h"
#include "target/i386/cpu.h"
#include "target/i386/hyperv.h"
#include "target/i386/tcg/access.h"
#include "target/i386/tcg/kvmclock.h"
#include "target/i386/tcg/mmu.h"
#include "target/i386/tcg/tlb.h"

/* ---- helpers ---- */

static bool memory_type_valid(unsigned type)
{
    return type == 0 || type == 1 || (type >= 4 && type <= 6);
}

uint64_t cpu_get_tsc(CPUX86State *env)
{
    return cpus_get_elapsed_ticks() + env->tsc_offset;
}

static void write_tsc(CPUX86State *env, uint64_t val)
{
    uint64_t delta = val - cpu_get_tsc(env);

    env->tsc_offset += delta;
    env->tsc_adjust += delta;
    x86_kvmclock_update(env, false);
}

/* ---- MTRRs and PAT: stored and checked, without effect ---- */

static uint64_t *mtrr_fixed_slot(CPUX86State *env, uint32_t index)
{
    if (index == MSR_MTRRfix64K_00000) {
        return &env->mtrr_fixed[0];
    }
    if (index == MSR_MTRRfix16K_80000 || index == MSR_MTRRfix16K_A0000) {
        return &env->mtrr_fixed[1 + index - MSR_MTRRfix16K_80000];
    }
    if (index >= MSR_MTRRfix4K_C0000 && index <= MSR_MTRRfix4K_F8000) {
        return &env->mtrr_fixed[3 + index - MSR_MTRRfix4K_C0000];
    }
    return NULL;
}

static uint64_t *mtrr_var_slot(CPUX86State *env, uint32_t index)
{
    unsigned n = (index - MSR_MTRRphysBase(0)) / 2;

    if (index < MSR_MTRRphysBase(0) || n >= MTRR_VAR_MAX) {
        return NULL;
    }
    return index & 1 ? &env->mtrr_var[n].mask : &env->mtrr_var[n].base;
}

static bool write_mtrr_fixed(uint64_t *slot, uint64_t val)
{
    for (int i = 0; i < 8; i++) {
        if (!memory_type_valid(extract64(val, i * 8, 8))) {
            return false;
        }
    }
    *slot = val;
    return true;
}

static bool write_mtrr_var(CPUX86State *env, uint32_t index, uint64_t *slot, uint64_t val)
{
    uint64_t rsvd = ~x86_phys_mask(env);

    if (index & 1) {
        rsvd |= 0x7ff;
    } else {
        rsvd |= 0xf00;
        if (!memory_type_valid(val & 0xff)) {
            return false;
        }
    }
    if (val & rsvd) {
        return false;
    }
    *slot = val;
    return true;
}

static bool write_pat(CPUX86State *env, uint64_t val)
{
    for (int i = 0; i < 8; i++) {
        unsigned type = extract64(val, i * 8, 8);
        if (!memory_type_valid(type) && type != 7) {
            return false;
        }
    }
    env->pat = val;
    return true;
}

/* ---- machine check ---- */

static uint64_t *mce_bank_slot(CPUX86State *env, uint32_t index)
{
    unsigned n = index - MSR_MC0_CTL;

    return n < 4 * MIN(env->mcg_cap & 0xff, MCE_BANKS_DEF) ? &env->mce_banks[n] : NULL;
}

static bool write_mce_bank(uint32_t index, uint64_t *slot, uint64_t val)
{
    unsigned reg = (index - MSR_MC0_CTL) & 3;

    /* CTL takes all or nothing, STATUS can only be cleared; ADDR and MISC are the model's own. */
    if ((reg == 0 && val != 0 && val != UINT64_MAX) || (reg == 1 && val != 0)) {
        return false;
    }
    *slot = val;
    return true;
}

static bool write_mcg(CPUX86State *env, uint32_t index, uint64_t val)
{
    if (!env->mcg_cap) {
        return false;
    }
    if (index == MSR_MCG_STATUS) {
        if (val & ~7ull) {
            return false;
        }
        env->mcg_status = val;
        return true;
    }
    if (!(env->mcg_cap & MCG_CTL_P) || (val != 0 && val != UINT64_MAX)) {
        return false;
    }
    env->mcg_ctl = val;
    return true;
}

/* ---- EFER, APIC base, feature control ---- */

static bool has_svm(const CPUX86State *env)
{
    return env->features[FEAT_8000_0001_ECX] & CPUID_EXT3_SVM;
}

/* APM volume 2, 15.30.1: SVMDIS can be set while EFER.SVME is clear, and LOCK keeps both. */
static bool write_vm_cr(CPUX86State *env, uint64_t val)
{
    uint64_t locked = MSR_VM_CR_LOCK | MSR_VM_CR_SVMDIS;

    if (val & ~MSR_VM_CR_BITS || ((val & MSR_VM_CR_SVMDIS) && (env->efer & MSR_EFER_SVME))) {
        return false;
    }
    if (env->svm.vm_cr & MSR_VM_CR_LOCK) {
        val = (val & ~locked) | (env->svm.vm_cr & locked);
    }
    env->svm.vm_cr = val;
    return true;
}

static bool write_hsave(CPUX86State *env, uint64_t val)
{
    if (val & (~x86_phys_mask(env) | 0xfff)) {
        return false;
    }
    env->svm.hsave_pa = val;
    return true;
}

static bool write_efer(CPUX86State *env, uint64_t val)
{
    uint32_t ext = env->features[FEAT_8000_0001_EDX];
    uint64_t allowed = MSR_EFER_LMA;

    allowed |= ext & CPUID_EXT2_SYSCALL ? MSR_EFER_SCE : 0;
    allowed |= ext & CPUID_EXT2_LM ? MSR_EFER_LME : 0;
    allowed |= ext & CPUID_EXT2_NX ? MSR_EFER_NXE : 0;
    allowed |= ext & CPUID_EXT2_FFXSR ? MSR_EFER_FFXSR : 0;
    allowed |= has_svm(env) && !(env->svm.vm_cr & MSR_VM_CR_SVMDIS) ? MSR_EFER_SVME : 0;
    if (val & ~allowed) {
        return false;
    }
    if (((val ^ env->efer) & MSR_EFER_LME) && (env->cr[0] & CR0_PG_MASK)) {
        return false;
    }
    cpu_x86_set_efer(env, (val & ~(uint64_t)MSR_EFER_LMA) | (env->efer & MSR_EFER_LMA));
    return true;
}

static bool write_apic_base(CPUX86State *env, uint64_t val)
{
    uint64_t rsvd = ~(x86_phys_mask(env) & MSR_IA32_APICBASE_BASE);
    int ret;

    rsvd &= ~(uint64_t)(MSR_IA32_APICBASE_BSP | MSR_IA32_APICBASE_ENABLE);
    if (env->features[FEAT_1_ECX] & CPUID_EXT_X2APIC) {
        rsvd &= ~(uint64_t)MSR_IA32_APICBASE_EXTD;
    }
    if (!env->apic_state || (val & rsvd)) {
        return false;
    }
    bql_lock();
    ret = cpu_set_apic_base(env->apic_state, val);
    bql_unlock();
    return ret >= 0;
}

static bool write_feature_control(CPUX86State *env, uint64_t val)
{
    uint64_t allowed = FEATURE_CONTROL_LOCKED;

    if (env->features[FEAT_1_ECX] & CPUID_EXT_VMX) {
        allowed |= FEATURE_CONTROL_VMXON_ENABLED_OUTSIDE_SMX;
        if (env->features[FEAT_1_ECX] & CPUID_EXT_SMX) {
            allowed |= FEATURE_CONTROL_VMXON_ENABLED_INSIDE_SMX;
        }
    }
    if (env->mcg_cap & MCG_LMCE_P) {
        allowed |= FEATURE_CONTROL_LMCE;
    }
    if ((env->msr_feature_control & FEATURE_CONTROL_LOCKED) || (val & ~allowed)) {
        return false;
    }
    env->msr_feature_control = val;
    return true;
}

static bool write_apic_msr(CPUX86State *env, uint32_t index, uint64_t val)
{
    int ret;

    if (!env->apic_state) {
        return false;
    }
    bql_lock();
    ret = apic_msr_write(env->apic_state, index - MSR_APIC_START, val);
    bql_unlock();
    return ret >= 0;
}

static bool read_apic_msr(CPUX86State *env, uint32_t index, uint64_t *val)
{
    int ret;

    if (!env->apic_state) {
        return false;
    }
    bql_lock();
    ret = apic_msr_read(env->apic_state, index - MSR_APIC_START, val);
    bql_unlock();
    return ret >= 0;
}

static bool write_tsc_deadline(CPUX86State *env, uint64_t val)
{
    if (!(env->features[FEAT_1_ECX] & CPUID_EXT_TSC_DEADLINE_TIMER) || !env->apic_state) {
        return false;
    }
    bql_lock();
    apic_set_tsc_deadline(env->apic_state, val);
    bql_unlock();
    return true;
}

/* ---- registers that are a variable and a condition ---- */

typedef enum MsrCheck {
    MSR_ANY,
    MSR_CANONICAL, /* #GP unless canonical */
    MSR_LOW32,     /* the upper half is ignored */
    MSR_MASK,      /* bits outside .mask are reserved */
    MSR_READONLY,
} MsrCheck;

typedef struct MsrVar {
    uint32_t index;
    uint32_t offset; /* in CPUX86State; 64 bits wide */
    MsrCheck check;
    uint64_t mask;
    /* Exists only with this feature; bits 0: always. */
    FeatureWord word;
    uint64_t feature;
} MsrVar;

#define VAR(num, field) .index = num, .offset = offsetof(CPUX86State, field)
#define WITH(w, f)      .word = w, .feature = f

static const MsrVar msr_vars[] = {
    {VAR(MSR_IA32_SYSENTER_CS, sysenter_cs), MSR_LOW32, 0, WITH(FEAT_1_EDX, CPUID_SEP)},
    {VAR(MSR_IA32_SYSENTER_ESP, sysenter_esp), MSR_CANONICAL, 0, WITH(FEAT_1_EDX, CPUID_SEP)},
    {VAR(MSR_IA32_SYSENTER_EIP, sysenter_eip), MSR_CANONICAL, 0, WITH(FEAT_1_EDX, CPUID_SEP)},
    {VAR(MSR_STAR, star), MSR_ANY, 0, WITH(FEAT_8000_0001_EDX, CPUID_EXT2_SYSCALL)},
    {VAR(MSR_LSTAR, lstar), MSR_CANONICAL, 0, WITH(FEAT_8000_0001_EDX, CPUID_EXT2_LM)},
    {VAR(MSR_CSTAR, cstar), MSR_CANONICAL, 0, WITH(FEAT_8000_0001_EDX, CPUID_EXT2_LM)},
    {VAR(MSR_FMASK, fmask), MSR_LOW32, 0, WITH(FEAT_8000_0001_EDX, CPUID_EXT2_LM)},
    {VAR(MSR_FSBASE, segs[R_FS].base), MSR_CANONICAL, 0, WITH(FEAT_8000_0001_EDX, CPUID_EXT2_LM)},
    {VAR(MSR_GSBASE, segs[R_GS].base), MSR_CANONICAL, 0, WITH(FEAT_8000_0001_EDX, CPUID_EXT2_LM)},
    {VAR(MSR_KERNELGSBASE, kernelgsbase), MSR_CANONICAL, 0,
     WITH(FEAT_8000_0001_EDX, CPUID_EXT2_LM)},
    {VAR(MSR_IA32_DEBUGCTL, msr_debugctl), MSR_MASK, DEBUGCTL_LBR | DEBUGCTL_BTF, 0, 0},
    {VAR(MSR_SMI_COUNT, msr_smi_count), MSR_READONLY, 0, 0, 0},
    {VAR(MSR_MCG_CAP, mcg_cap), MSR_READONLY, 0, WITH(FEAT_1_EDX, CPUID_MCA)},
    {VAR(MSR_MCG_STATUS, mcg_status), MSR_ANY, 0, WITH(FEAT_1_EDX, CPUID_MCA)},
    {VAR(MSR_MTRRdefType, mtrr_deftype), MSR_MASK, 0xcff, WITH(FEAT_1_EDX, CPUID_MTRR)},
    {VAR(MSR_PAT, pat), MSR_ANY, 0, WITH(FEAT_1_EDX, CPUID_PAT)},
    {VAR(MSR_IA32_FEATURE_CONTROL, msr_feature_control), MSR_ANY, 0, 0, 0},
    {VAR(MSR_IA32_SPEC_CTRL, msr_spec_ctrl), MSR_MASK,
     SPEC_CTRL_IBRS | SPEC_CTRL_STIBP | SPEC_CTRL_SSBD,
     WITH(FEAT_7_0_EDX, CPUID_7_0_EDX_SPEC_CTRL)},
    {VAR(MSR_VIRT_SSBD, msr_virt_ssbd), MSR_MASK, SPEC_CTRL_SSBD,
     WITH(FEAT_8000_0008_EBX, CPUID_8000_0008_EBX_VIRT_SSBD)},
    {VAR(MSR_IA32_ARCH_CAPABILITIES, msr_arch_capabilities), MSR_READONLY, 0,
     WITH(FEAT_7_0_EDX, CPUID_7_0_EDX_ARCH_CAPABILITIES)},
    {VAR(MSR_IA32_TSX_CTRL, msr_tsx_ctrl), MSR_MASK, 3,
     WITH(FEAT_ARCH_CAPABILITIES, MSR_ARCH_CAP_TSX_CTRL)},
    {VAR(MSR_IA32_UMWAIT_CONTROL, msr_umwait), MSR_MASK, 0xfffffffdull,
     WITH(FEAT_7_0_ECX, CPUID_7_0_ECX_WAITPKG)},
    {VAR(MSR_IA32_XFD, msr_xfd), MSR_MASK, XSTATE_XTILE_DATA_MASK,
     WITH(FEAT_XSAVE, CPUID_XSAVE_XFD)},
    {VAR(MSR_IA32_XFD_ERR, msr_xfd_err), MSR_MASK, XSTATE_XTILE_DATA_MASK,
     WITH(FEAT_XSAVE, CPUID_XSAVE_XFD)},
    {VAR(MSR_K7_HWCR, msr_hwcr), MSR_MASK, 0x01001fff, 0, 0},
    {VAR(MSR_KVM_WALL_CLOCK_NEW, kvm_wall_clock_msr), MSR_ANY, 0,
     WITH(FEAT_KVM, CPUID_KVM_CLOCKSOURCE2)},
    {VAR(MSR_KVM_SYSTEM_TIME_NEW, kvm_system_time_msr), MSR_ANY, 0,
     WITH(FEAT_KVM, CPUID_KVM_CLOCKSOURCE2)},
    {VAR(MSR_KVM_WALL_CLOCK_OLD, kvm_wall_clock_msr), MSR_ANY, 0,
     WITH(FEAT_KVM, CPUID_KVM_CLOCKSOURCE)},
    {VAR(MSR_KVM_SYSTEM_TIME_OLD, kvm_system_time_msr), MSR_ANY, 0,
     WITH(FEAT_KVM, CPUID_KVM_CLOCKSOURCE)},
    {VAR(MSR_KVM_ASYNC_PF_EN_NUM, kvm_async_pf_en_msr), MSR_ANY, 0,
     WITH(FEAT_KVM, CPUID_KVM_ASYNCPF)},
    {VAR(MSR_KVM_ASYNC_PF_INT_NUM, kvm_async_pf_int_msr), MSR_ANY, 0,
     WITH(FEAT_KVM, CPUID_KVM_ASYNCPF_INT)},
    {VAR(MSR_KVM_PV_EOI_EN_NUM, kvm_pv_eoi_en_msr), MSR_ANY, 0, WITH(FEAT_KVM, CPUID_KVM_PV_EOI)},
    {VAR(MSR_KVM_STEAL_TIME_NUM, kvm_steal_time_msr), MSR_ANY, 0,
     WITH(FEAT_KVM, CPUID_KVM_STEAL_TIME)},
    {VAR(MSR_KVM_POLL_CONTROL_NUM, kvm_poll_control_msr), MSR_MASK, 1,
     WITH(FEAT_KVM, CPUID_KVM_POLL_CONTROL)},
};

static const MsrVar *find_var(CPUX86State *env, uint32_t index)
{
    for (size_t i = 0; i < ARRAY_SIZE(msr_vars); i++) {
        const MsrVar *v = &msr_vars[i];

        if (v->index == index && (!v->feature || (env->features[v->word] & v->feature))) {
            return v;
        }
    }
    return NULL;
}

static uint64_t *var_ptr(CPUX86State *env, const MsrVar *v)
{
    return (uint64_t *)((uint8_t *)env + v->offset);
}

static bool write_var(CPUX86State *env, const MsrVar *v, uint64_t val)
{
    switch (v->check) {
    case MSR_CANONICAL:
        if (!x86_is_canonical_base(env, val)) {
            return false;
        }
        break;
    case MSR_LOW32:
        val = (uint32_t)val;
        break;
    case MSR_MASK:
        if (val & ~v->mask) {
            return false;
        }
        break;
    case MSR_READONLY:
        return false;
    case MSR_ANY:
        break;
    }
    *var_ptr(env, v) = val;
    return true;
}

static void kvm_written(CPUX86State *env, uint32_t index)
{
    switch (index) {
    case MSR_KVM_SYSTEM_TIME_OLD:
    case MSR_KVM_SYSTEM_TIME_NEW:
        x86_kvmclock_update(env, false);
        break;
    case MSR_KVM_WALL_CLOCK_OLD:
    case MSR_KVM_WALL_CLOCK_NEW:
        x86_kvmclock_update(env, true);
        break;
    }
}

/* ---- the whole set ---- */

/* Registers that read as a constant and ignore writes: what firmware and kernels touch blindly. */
static bool is_inert(CPUX86State *env, uint32_t index)
{
    switch (index) {
    case MSR_P5_MC_ADDR:
    case MSR_P5_MC_TYPE:
    case MSR_IA32_PLATFORM_ID:
    case MSR_EBL_CR_POWERON:
    case MSR_IA32_UCODE_WRITE:
    case MSR_BBL_CR_CTL3:
    case MSR_IA32_PERF_CTL:
    case MSR_IA32_THERM_INTERRUPT:
    case MSR_IA32_THERM_STATUS:
    case MSR_K8_SYSCFG:
    case MSR_AMD64_NB_CFG:
    case MSR_K8_INT_PENDING:
    case MSR_AMD64_LS_CFG:
    case MSR_AMD64_DC_CFG:
    case MSR_AMD64_DE_CFG:
    case MSR_AMD64_BU_CFG2:
        return true;
    default:
        break;
    }
    /* Performance counters of both vendors; CPUID leaf 0AH says there are none. */
    return (index >= MSR_K7_EVNTSEL0 && index < MSR_K7_PERFCTR0 + 4) ||
           (index >= MSR_F15H_PERF_CTL && index < MSR_F15H_PERF_CTL + 12) ||
           (index >= MSR_PERFCTR0 && index < MSR_PERFCTR0 + 2) ||
           (index >= MSR_P6_EVNTSEL0 && index < MSR_P6_EVNTSEL0 + 2) ||
           (index >= MSR_MC0_CTL2 && index < MSR_MC0_CTL2 + MCE_BANKS_DEF);
}

static bool read_special(CPUX86State *env, uint32_t index, uint64_t *val)
{
    X86CPU *cpu = env_archcpu(env);

    switch (index) {
    case MSR_IA32_TSC:
        *val = cpu_get_tsc(env) + (env->hflags & HF_GUEST ? env->svm.tsc_offset : 0);
        return true;
    case MSR_TSC_ADJUST:
        *val = env->tsc_adjust;
        return env->features[FEAT_7_0_EBX] & CPUID_7_0_EBX_TSC_ADJUST;
    case MSR_TSC_AUX:
        *val = env->tsc_aux;
        return (env->features[FEAT_8000_0001_EDX] & CPUID_EXT2_RDTSCP) ||
               (env->features[FEAT_7_0_ECX] & CPUID_7_0_ECX_RDPID);
    case MSR_IA32_TSC_DEADLINE:
        *val = env->tsc_deadline;
        return env->features[FEAT_1_ECX] & CPUID_EXT_TSC_DEADLINE_TIMER;
    case MSR_IA32_APICBASE:
        if (!env->apic_state) {
            return false;
        }
        *val = cpu_get_apic_base(env->apic_state);
        return true;
    case MSR_EFER:
        *val = env->efer;
        return true;
    case MSR_IA32_UCODE_REV:
        *val = cpu->ucode_rev;
        return true;
    case MSR_IA32_MISC_ENABLE:
        *val = env->msr_misc_enable;
        return true;
    case MSR_MTRRcap:
        *val = MTRR_VAR_MAX | MSR_MTRRcap_FIXRANGE_SUPPORT | MSR_MTRRcap_WC_SUPPORTED;
        return env->features[FEAT_1_EDX] & CPUID_MTRR;
    case MSR_MCG_CTL:
        *val = env->mcg_ctl;
        return env->mcg_cap & MCG_CTL_P;
    case MSR_IA32_PERF_STATUS:
        /* Bus ratio 1000 and base clock multiplier 4: constants that drivers can divide by. */
        *val = 1000ull | 4ull << 40;
        return true;
    case MSR_CORE_THREAD_COUNT: {
        CPUState *cs = env_cpu(env);
        *val = (uint64_t)(cs->nr_threads * cs->nr_cores) | (uint64_t)cs->nr_cores << 16;
        return true;
    }
    case MSR_IA32_SMBASE:
        *val = env->smbase;
        return env->hflags & HF_SMM;
    case MSR_K8_SMBASE:
        *val = env->smbase;
        return x86_cpu_is_amd(env);
    case MSR_VM_CR:
        *val = has_svm(env) ? env->svm.vm_cr : MSR_VM_CR_SVMDIS | MSR_VM_CR_LOCK;
        return has_svm(env) || x86_cpu_is_amd(env);
    case MSR_VM_HSAVE_PA:
        *val = env->svm.hsave_pa;
        return has_svm(env) || x86_cpu_is_amd(env);
    case MSR_LASTBRANCHFROMIP:
        *val = env->msr_branch_from;
        return true;
    case MSR_LASTBRANCHTOIP:
        *val = env->msr_branch_to;
        return true;
    case MSR_LASTINTFROMIP:
        *val = env->msr_int_from;
        return true;
    case MSR_LASTINTTOIP:
        *val = env->msr_int_to;
        return true;
    case MSR_IA32_XSS:
        *val = env->xss;
        return env->features[FEAT_XSAVE] & CPUID_XSAVE_XSAVES;
    case MSR_IA32_PKRS:
        *val = env->pkrs;
        return env->features[FEAT_7_0_ECX] & CPUID_7_0_ECX_PKS;
    case MSR_IA32_CORE_CAPABILITIES:
        *val = env->features[FEAT_CORE_CAPABILITY];
        return env->features[FEAT_7_0_EDX] & CPUID_7_0_EDX_CORE_CAPABILITY;
    default:
        return false;
    }
}

bool x86_cpu_rdmsr(CPUX86State *env, uint32_t index, uint64_t *val)
{
    const MsrVar *v;
    uint64_t *slot;

    *val = 0;
    if (index >= MSR_APIC_START && index <= MSR_APIC_END) {
        return read_apic_msr(env, index, val);
    }
    if (index >= MSR_HYPERV_START && index <= MSR_HYPERV_END) {
        return x86_hyperv_rdmsr(env, index, val);
    }
    if (read_special(env, index, val)) {
        return true;
    }
    *val = 0;
    v = find_var(env, index);
    if (v) {
        *val = *var_ptr(env, v);
        return true;
    }
    slot = mtrr_fixed_slot(env, index);
    if (!slot) {
        slot = mtrr_var_slot(env, index);
    }
    if (slot && (env->features[FEAT_1_EDX] & CPUID_MTRR)) {
        *val = *slot;
        return true;
    }
    slot = index >= MSR_MC0_CTL ? mce_bank_slot(env, index) : NULL;
    if (slot) {
        *val = *slot;
        return true;
    }
    if (is_inert(env, index)) {
        return true;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "rdmsr: no register 0x%x\n", index);
    return false;
}

/* 0: refused, 1: done, -1: not one of these. */
static int write_special(CPUX86State *env, uint32_t index, uint64_t val)
{
    switch (index) {
    case MSR_IA32_TSC:
        write_tsc(env, val);
        return 1;
    case MSR_TSC_ADJUST:
        if (!(env->features[FEAT_7_0_EBX] & CPUID_7_0_EBX_TSC_ADJUST)) {
            return 0;
        }
        env->tsc_offset += val - env->tsc_adjust;
        env->tsc_adjust = val;
        x86_kvmclock_update(env, false);
        return 1;
    case MSR_TSC_AUX:
        env->tsc_aux = (uint32_t)val;
        return 1;
    case MSR_IA32_TSC_DEADLINE:
        return write_tsc_deadline(env, val);
    case MSR_IA32_APICBASE:
        return write_apic_base(env, val);
    case MSR_EFER:
        return write_efer(env, val);
    case MSR_VM_CR:
        return has_svm(env) && write_vm_cr(env, val);
    case MSR_VM_HSAVE_PA:
        if (!has_svm(env)) {
            return x86_cpu_is_amd(env);
        }
        return write_hsave(env, val);
    case MSR_PAT:
        return write_pat(env, val);
    case MSR_MTRRdefType:
        return memory_type_valid(val & 0xff) ? -1 : 0;
    case MSR_MCG_STATUS:
    case MSR_MCG_CTL:
        return write_mcg(env, index, val);
    case MSR_IA32_FEATURE_CONTROL:
        return write_feature_control(env, val);
    case MSR_IA32_MISC_ENABLE:
        env->msr_misc_enable = val;
        return 1;
    case MSR_IA32_UCODE_REV:
        return 1; /* written with 0 before it is read */
    case MSR_LASTBRANCHFROMIP:
    case MSR_LASTBRANCHTOIP:
    case MSR_LASTINTFROMIP:
    case MSR_LASTINTTOIP:
        return 1; /* read only; not all processors tell */
    case MSR_IA32_PRED_CMD:
        return !(val & ~1ull) && ((env->features[FEAT_7_0_EDX] & CPUID_7_0_EDX_SPEC_CTRL) ||
                                  (env->features[FEAT_8000_0008_EBX] & CPUID_8000_0008_EBX_IBPB));
    case MSR_IA32_FLUSH_CMD:
        return !(val & ~1ull) && (env->features[FEAT_7_0_EDX] & CPUID_7_0_EDX_FLUSH_L1D);
    case MSR_IA32_XSS:
        if (!(env->features[FEAT_XSAVE] & CPUID_XSAVE_XSAVES) ||
            (val & ~(uint64_t)env->features[FEAT_XSAVE_XSS_LO])) {
            return 0;
        }
        env->xss = val;
        return 1;
    case MSR_IA32_PKRS:
        if (!(env->features[FEAT_7_0_ECX] & CPUID_7_0_ECX_PKS) || val >> 32) {
            return 0;
        }
        env->pkrs = val;
        x86_tlb_flush_pkeys(env);
        return 1;
    default:
        return -1;
    }
}

bool x86_cpu_wrmsr(CPUX86State *env, uint32_t index, uint64_t val)
{
    int done;
    const MsrVar *v;
    uint64_t *slot;

    if (index >= MSR_APIC_START && index <= MSR_APIC_END) {
        return write_apic_msr(env, index, val);
    }
    if (index >= MSR_HYPERV_START && index <= MSR_HYPERV_END) {
        return x86_hyperv_wrmsr(env, index, val);
    }
    done = write_special(env, index, val);
    if (done >= 0) {
        return done;
    }
    v = find_var(env, index);
    if (v) {
        bool done = write_var(env, v, val);

        if (done && v->word == FEAT_KVM) {
            kvm_written(env, index);
        }
        return done;
    }
    if (env->features[FEAT_1_EDX] & CPUID_MTRR) {
        slot = mtrr_fixed_slot(env, index);
        if (slot) {
            return write_mtrr_fixed(slot, val);
        }
        slot = mtrr_var_slot(env, index);
        if (slot) {
            return write_mtrr_var(env, index, slot, val);
        }
    }
    slot = index >= MSR_MC0_CTL ? mce_bank_slot(env, index) : NULL;
    if (slot) {
        return write_mce_bank(index, slot, val);
    }
    if (is_inert(env, index)) {
        return true;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "wrmsr: no register 0x%x (value 0x%" PRIx64 ")\n", index, val);
    return false;
}
