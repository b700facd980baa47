/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Model specific registers between CPUX86State and the kernel (api.rst 4.3,
 * 4.18, 4.19). Only those that the kernel lists, and that the guest's CPU has,
 * are moved.
 */
#include "qemu/osdep.h"
#include <sys/ioctl.h>

#include "qemu/error-report.h"
#include "hw/i386/apic.h"
#include "system/cpus.h"
#include "target/i386/feature-words.h"
#include "target/i386/hyperv.h"
#include "target/i386/kvm/kvm-i386.h"

#define MAX_MSRS 192

/* Sorted numbers of what KVM_GET_MSRS knows. */
static uint32_t *known_msrs;
static unsigned known_msr_count;

/* ---- what there is ---- */

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

bool kvm_msr_init(KVMState *s, Error **errp)
{
    struct kvm_msr_list probe = {0};
    g_autofree struct kvm_msr_list *list = NULL;
    int ret = kvm_ioctl(s, KVM_GET_MSR_INDEX_LIST, &probe);

    if (ret < 0 && ret != -E2BIG) {
        return kvm_reg_error(errp, "KVM_GET_MSR_INDEX_LIST", ret);
    }
    list = g_malloc0(sizeof(*list) + probe.nmsrs * sizeof(list->indices[0]));
    list->nmsrs = probe.nmsrs;
    ret = kvm_ioctl(s, KVM_GET_MSR_INDEX_LIST, list);
    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_GET_MSR_INDEX_LIST", ret);
    }
    known_msrs = g_memdup2(list->indices, list->nmsrs * sizeof(known_msrs[0]));
    known_msr_count = list->nmsrs;
    qsort(known_msrs, known_msr_count, sizeof(known_msrs[0]), compare_u32);
    return true;
}

static bool msr_known(uint32_t index)
{
    return known_msr_count &&
           bsearch(&index, known_msrs, known_msr_count, sizeof(known_msrs[0]), compare_u32) != NULL;
}

/* ---- a list on its way ---- */

typedef struct MSRList {
    struct kvm_msrs info;
    struct kvm_msr_entry entries[MAX_MSRS];
} MSRList;

static void add(MSRList *l, uint32_t index, uint64_t value)
{
    /* Our own bug otherwise: the lists below are shorter. */
    g_assert(l->info.nmsrs < MAX_MSRS);
    l->entries[l->info.nmsrs++] = (struct kvm_msr_entry){.index = index, .data = value};
}

static bool write_list(CPUState *cs, MSRList *l, Error **errp)
{
    int ret = l->info.nmsrs ? kvm_vcpu_ioctl(cs, KVM_SET_MSRS, l) : 0;

    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_SET_MSRS", ret);
    }
    if (ret < (int)l->info.nmsrs) {
        error_setg(errp, "KVM refuses value 0x%" PRIx64 " for MSR 0x%x",
                   (uint64_t)l->entries[ret].data, l->entries[ret].index);
        return false;
    }
    return true;
}

/* ---- MSRs that are a field of env ---- */

#define FIELD(name) offsetof(CPUX86State, name)

typedef struct MSRField {
    uint32_t index;
    uint32_t offset;
    bool always; /* every KVM has it, listed or not */
    int level;   /* written at this level and above */
    FeatureWord word;
    uint64_t mask; /* 0: no feature needed */
} MSRField;

#define RUNTIME KVM_PUT_RUNTIME_STATE
#define RESET   KVM_PUT_RESET_STATE

static const MSRField msr_fields[] = {
    {MSR_IA32_SYSENTER_CS, FIELD(sysenter_cs), true, RUNTIME},
    {MSR_IA32_SYSENTER_ESP, FIELD(sysenter_esp), true, RUNTIME},
    {MSR_IA32_SYSENTER_EIP, FIELD(sysenter_eip), true, RUNTIME},
    {MSR_PAT, FIELD(pat), true, RUNTIME},
    {MSR_STAR, FIELD(star), false, RUNTIME},
    {MSR_CSTAR, FIELD(cstar), false, RUNTIME, FEAT_8000_0001_EDX, CPUID_EXT2_LM},
    {MSR_KERNELGSBASE, FIELD(kernelgsbase), false, RUNTIME, FEAT_8000_0001_EDX, CPUID_EXT2_LM},
    {MSR_FMASK, FIELD(fmask), false, RUNTIME, FEAT_8000_0001_EDX, CPUID_EXT2_LM},
    {MSR_LSTAR, FIELD(lstar), false, RUNTIME, FEAT_8000_0001_EDX, CPUID_EXT2_LM},
    {MSR_TSC_AUX, FIELD(tsc_aux), false, RUNTIME, FEAT_8000_0001_EDX, CPUID_EXT2_RDTSCP},
    {MSR_TSC_ADJUST, FIELD(tsc_adjust), false, RESET, FEAT_7_0_EBX, CPUID_7_0_EBX_TSC_ADJUST},
    {MSR_IA32_MISC_ENABLE, FIELD(msr_misc_enable), false, RESET},
    {MSR_IA32_SMBASE, FIELD(smbase), false, RESET},
    {MSR_SMI_COUNT, FIELD(msr_smi_count), false, RESET},
    {MSR_IA32_BNDCFGS, FIELD(msr_bndcfgs), false, RUNTIME, FEAT_7_0_EBX, CPUID_7_0_EBX_MPX},
    {MSR_IA32_XSS, FIELD(xss), false, RUNTIME, FEAT_XSAVE, CPUID_XSAVE_XSAVES},
    {MSR_IA32_UMWAIT_CONTROL, FIELD(msr_umwait), false, RUNTIME, FEAT_7_0_ECX,
     CPUID_7_0_ECX_WAITPKG},
    {MSR_IA32_PKRS, FIELD(msr_pkrs), false, RUNTIME, FEAT_7_0_ECX, CPUID_7_0_ECX_PKS},
    {MSR_IA32_TSX_CTRL, FIELD(msr_tsx_ctrl), false, RUNTIME, FEAT_ARCH_CAPABILITIES,
     MSR_ARCH_CAP_TSX_CTRL},
    {MSR_IA32_SPEC_CTRL, FIELD(msr_spec_ctrl), false, RUNTIME, FEAT_7_0_EDX,
     CPUID_7_0_EDX_SPEC_CTRL | CPUID_7_0_EDX_STIBP | CPUID_7_0_EDX_SPEC_CTRL_SSBD},
    {MSR_VIRT_SSBD, FIELD(msr_virt_ssbd), false, RUNTIME, FEAT_8000_0008_EBX,
     CPUID_8000_0008_EBX_VIRT_SSBD},
    {MSR_IA32_XFD, FIELD(msr_xfd), false, RUNTIME, FEAT_XSAVE, CPUID_XSAVE_XFD},
    {MSR_IA32_XFD_ERR, FIELD(msr_xfd_err), false, RUNTIME, FEAT_XSAVE, CPUID_XSAVE_XFD},
    {MSR_K7_HWCR, FIELD(msr_hwcr), false, RUNTIME},
    {MSR_IA32_FEATURE_CONTROL, FIELD(msr_feature_control), false, RESET, FEAT_1_ECX, CPUID_EXT_VMX},
    {MSR_IA32_U_CET, FIELD(msr_u_cet), false, RUNTIME, FEAT_7_0_ECX, CPUID_7_0_ECX_CET_SS},
    {MSR_IA32_S_CET, FIELD(msr_s_cet), false, RUNTIME, FEAT_7_0_ECX, CPUID_7_0_ECX_CET_SS},
    {MSR_IA32_PL0_SSP, FIELD(msr_pl_ssp[0]), false, RUNTIME, FEAT_7_0_ECX, CPUID_7_0_ECX_CET_SS},
    {MSR_IA32_PL1_SSP, FIELD(msr_pl_ssp[1]), false, RUNTIME, FEAT_7_0_ECX, CPUID_7_0_ECX_CET_SS},
    {MSR_IA32_PL2_SSP, FIELD(msr_pl_ssp[2]), false, RUNTIME, FEAT_7_0_ECX, CPUID_7_0_ECX_CET_SS},
    {MSR_IA32_PL3_SSP, FIELD(msr_pl_ssp[3]), false, RUNTIME, FEAT_7_0_ECX, CPUID_7_0_ECX_CET_SS},
    {MSR_IA32_INT_SSP_TAB, FIELD(msr_int_ssp_tab), false, RUNTIME, FEAT_7_0_ECX,
     CPUID_7_0_ECX_CET_SS},
    {HV_GUEST_OS_ID, FIELD(hv_guest_os_id), false, RESET},
    {HV_HYPERCALL, FIELD(hv_hypercall), false, RESET},
    {HV_REFERENCE_TSC, FIELD(hv_reference_tsc), false, RESET},
    {HV_VP_ASSIST_PAGE, FIELD(hv_vp_assist_page), false, RESET},
    {MSR_KVM_SYSTEM_TIME_NEW, FIELD(kvm_system_time_msr), false, RESET, FEAT_KVM,
     CPUID_KVM_CLOCKSOURCE2},
    {MSR_KVM_WALL_CLOCK_NEW, FIELD(kvm_wall_clock_msr), false, RESET, FEAT_KVM,
     CPUID_KVM_CLOCKSOURCE2},
    {MSR_KVM_ASYNC_PF_INT_NUM, FIELD(kvm_async_pf_int_msr), false, RESET, FEAT_KVM,
     CPUID_KVM_ASYNCPF_INT},
    {MSR_KVM_ASYNC_PF_EN_NUM, FIELD(kvm_async_pf_en_msr), false, RESET, FEAT_KVM,
     CPUID_KVM_ASYNCPF},
    {MSR_KVM_PV_EOI_EN_NUM, FIELD(kvm_pv_eoi_en_msr), false, RESET, FEAT_KVM, CPUID_KVM_PV_EOI},
    {MSR_KVM_STEAL_TIME_NUM, FIELD(kvm_steal_time_msr), false, RESET, FEAT_KVM,
     CPUID_KVM_STEAL_TIME},
    {MSR_KVM_POLL_CONTROL_NUM, FIELD(kvm_poll_control_msr), false, RESET, FEAT_KVM,
     CPUID_KVM_POLL_CONTROL},
};

static bool field_applies(const CPUX86State *env, const MSRField *f)
{
    if (f->index >= MSR_HYPERV_START && f->index <= MSR_HYPERV_END &&
        !x86_hyperv_has_msr(container_of(env, X86CPU, env), f->index)) {
        return false;
    }
    return (f->always || msr_known(f->index)) && (!f->mask || env->features[f->word] & f->mask);
}

static uint64_t *field_ptr(CPUX86State *env, const MSRField *f)
{
    return (uint64_t *)((char *)env + f->offset);
}

/* ---- groups ---- */

static const uint32_t mtrr_fixed_msrs[MTRR_FIXED_NUM] = {
    MSR_MTRRfix64K_00000,    MSR_MTRRfix16K_80000,    MSR_MTRRfix16K_A0000,
    MSR_MTRRfix4K_C0000,     MSR_MTRRfix4K_C0000 + 1, MSR_MTRRfix4K_C0000 + 2,
    MSR_MTRRfix4K_C0000 + 3, MSR_MTRRfix4K_C0000 + 4, MSR_MTRRfix4K_C0000 + 5,
    MSR_MTRRfix4K_C0000 + 6, MSR_MTRRfix4K_F8000,
};

static bool has_mtrr(const CPUX86State *env)
{
    return env->features[FEAT_1_EDX] & CPUID_MTRR;
}

/* Bits of a variable range's mask above the guest's addresses must be clear. */
static uint64_t mtrr_mask_bits(X86CPU *cpu)
{
    return MAKE_64BIT_MASK(0, cpu->phys_bits ? cpu->phys_bits : 36);
}

static void put_mtrrs(X86CPU *cpu, MSRList *l)
{
    CPUX86State *env = &cpu->env;
    uint64_t bits = mtrr_mask_bits(cpu);

    if (!has_mtrr(env)) {
        return;
    }
    /* Off while the ranges change. */
    add(l, MSR_MTRRdefType, 0);
    for (int i = 0; i < MTRR_FIXED_NUM; i++) {
        add(l, mtrr_fixed_msrs[i], env->mtrr_fixed[i]);
    }
    for (int i = 0; i < MTRR_VAR_MAX; i++) {
        add(l, MSR_MTRRphysBase(i), env->mtrr_var[i].base & bits);
        add(l, MSR_MTRRphysMask(i), env->mtrr_var[i].mask & bits);
    }
    add(l, MSR_MTRRdefType, env->mtrr_deftype);
}

static void put_mce(CPUX86State *env, MSRList *l)
{
    if (!env->mcg_cap) {
        return;
    }
    add(l, MSR_MCG_STATUS, env->mcg_status);
    add(l, MSR_MCG_CTL, env->mcg_ctl);
    for (unsigned i = 0; i < (env->mcg_cap & 0xff) * 4; i++) {
        add(l, MSR_MC0_CTL + i, env->mce_banks[i]);
    }
}

bool kvm_put_mce(X86CPU *cpu, Error **errp)
{
    MSRList *l = &(MSRList){0};

    put_mce(&cpu->env, l);
    return write_list(CPU(cpu), l, errp);
}

bool kvm_put_msrs(X86CPU *cpu, int level, Error **errp)
{
    CPUX86State *env = &cpu->env;
    MSRList *l = &(MSRList){0};

    for (size_t i = 0; i < G_N_ELEMENTS(msr_fields); i++) {
        const MSRField *f = &msr_fields[i];

        if (level >= f->level && field_applies(env, f)) {
            add(l, f->index, *field_ptr(env, f));
        }
    }
    if (level >= KVM_PUT_RESET_STATE) {
        add(l, MSR_IA32_TSC, cpus_get_elapsed_ticks() + env->tsc_offset);
        put_mtrrs(cpu, l);
        put_mce(env, l);
    }
    if (level >= KVM_PUT_FULL_STATE && kvm_irqchip_in_kernel() &&
        env->features[FEAT_1_ECX] & CPUID_EXT_TSC_DEADLINE_TIMER) {
        add(l, MSR_IA32_TSC_DEADLINE, env->tsc_deadline);
    }
    return write_list(CPU(cpu), l, errp);
}

static void request_groups(X86CPU *cpu, MSRList *l)
{
    CPUX86State *env = &cpu->env;

    add(l, MSR_IA32_TSC, 0);
    if (has_mtrr(env)) {
        add(l, MSR_MTRRdefType, 0);
        for (int i = 0; i < MTRR_FIXED_NUM; i++) {
            add(l, mtrr_fixed_msrs[i], 0);
        }
        for (int i = 0; i < MTRR_VAR_MAX; i++) {
            add(l, MSR_MTRRphysBase(i), 0);
            add(l, MSR_MTRRphysMask(i), 0);
        }
    }
    if (env->mcg_cap) {
        add(l, MSR_MCG_STATUS, 0);
        add(l, MSR_MCG_CTL, 0);
        for (unsigned i = 0; i < (env->mcg_cap & 0xff) * 4; i++) {
            add(l, MSR_MC0_CTL + i, 0);
        }
    }
    if (kvm_irqchip_in_kernel() && env->features[FEAT_1_ECX] & CPUID_EXT_TSC_DEADLINE_TIMER) {
        add(l, MSR_IA32_TSC_DEADLINE, 0);
    }
}

static void take_group_msr(X86CPU *cpu, uint32_t index, uint64_t data)
{
    CPUX86State *env = &cpu->env;

    switch (index) {
    case MSR_IA32_TSC:
        env->tsc_offset = data - cpus_get_elapsed_ticks();
        return;
    case MSR_IA32_TSC_DEADLINE:
        env->tsc_deadline = data;
        return;
    case MSR_MTRRdefType:
        env->mtrr_deftype = data;
        return;
    case MSR_MCG_STATUS:
        env->mcg_status = data;
        return;
    case MSR_MCG_CTL:
        env->mcg_ctl = data;
        return;
    case MSR_MC0_CTL ... MSR_MC0_CTL + MCE_BANKS_DEF * 4 - 1:
        env->mce_banks[index - MSR_MC0_CTL] = data;
        return;
    case MSR_MTRRphysBase(0)... MSR_MTRRphysMask(MTRR_VAR_MAX - 1):
        if (index & 1) {
            uint64_t above = cpu->fill_mtrr_mask ? ~mtrr_mask_bits(cpu) : 0;

            /* Another host may have wider addresses: there these bits have to be set. */
            env->mtrr_var[(index - MSR_MTRRphysBase(0)) / 2].mask =
                data | (above & MAKE_64BIT_MASK(0, 52));
        } else {
            env->mtrr_var[(index - MSR_MTRRphysBase(0)) / 2].base = data;
        }
        return;
    }
    for (int i = 0; i < MTRR_FIXED_NUM; i++) {
        if (mtrr_fixed_msrs[i] == index) {
            env->mtrr_fixed[i] = data;
        }
    }
}

bool kvm_get_msrs(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    MSRList *l = &(MSRList){0};
    const MSRField *fields[MAX_MSRS];
    unsigned nfields = 0;
    int ret;

    for (size_t i = 0; i < G_N_ELEMENTS(msr_fields); i++) {
        if (field_applies(env, &msr_fields[i])) {
            fields[nfields++] = &msr_fields[i];
            add(l, msr_fields[i].index, 0);
        }
    }
    request_groups(cpu, l);
    ret = kvm_vcpu_ioctl(CPU(cpu), KVM_GET_MSRS, l);
    if (ret < 0) {
        return kvm_reg_error(errp, "KVM_GET_MSRS", ret);
    }
    if (ret < (int)l->info.nmsrs) {
        error_setg(errp, "KVM does not tell the value of MSR 0x%x", l->entries[ret].index);
        return false;
    }
    for (unsigned i = 0; i < l->info.nmsrs; i++) {
        if (i < nfields) {
            *field_ptr(env, fields[i]) = l->entries[i].data;
        } else {
            take_group_msr(cpu, l->entries[i].index, l->entries[i].data);
        }
    }
    return true;
}

/* ---- MSRs that say what the processor is ---- */

/* VMX controls: what must be 1 comes from the kernel, what may be 1 from the model. */
static uint64_t vmx_controls(uint32_t msr, uint64_t allowed)
{
    uint32_t must = kvm_arch_get_supported_msr_feature(kvm_state, msr);

    return ((allowed | must) << 32) | must;
}

static void put_vmx_msrs(CPUX86State *env, MSRList *l)
{
    uint64_t basic = kvm_arch_get_supported_msr_feature(kvm_state, MSR_IA32_VMX_BASIC);
    uint64_t misc = kvm_arch_get_supported_msr_feature(kvm_state, MSR_IA32_VMX_MISC);
    const uint64_t misc_flags = MAKE_64BIT_MASK(5, 4) | MAKE_64BIT_MASK(28, 4);

    if (!(env->features[FEAT_1_ECX] & CPUID_EXT_VMX)) {
        return;
    }
    for (int w = FEAT_VMX_PROCBASED_CTLS; w <= FEAT_VMX_ENTRY_CTLS; w++) {
        if (env->features[w]) {
            add(l, feature_word_info[w].msr,
                vmx_controls(feature_word_info[w].msr, env->features[w]));
        }
    }
    add(l, MSR_IA32_VMX_BASIC,
        (basic & 0xffffffff) | (basic & MAKE_64BIT_MASK(32, 22)) | env->features[FEAT_VMX_BASIC]);
    add(l, MSR_IA32_VMX_MISC, (misc & ~misc_flags) | env->features[FEAT_VMX_MISC]);
    if (env->features[FEAT_VMX_SECONDARY_CTLS] &
        (VMX_SECONDARY_EXEC_EPT | VMX_SECONDARY_EXEC_VPID)) {
        uint64_t ept = kvm_arch_get_supported_msr_feature(kvm_state, MSR_IA32_VMX_EPT_VPID_CAP);

        /* Memory types have no names of their own. */
        add(l, MSR_IA32_VMX_EPT_VPID_CAP,
            env->features[FEAT_VMX_EPT_VPID_CAPS] | (ept & ((1u << 8) | (1u << 14))));
    }
    if (env->features[FEAT_VMX_SECONDARY_CTLS] & VMX_SECONDARY_EXEC_VMFUNC) {
        add(l, MSR_IA32_VMX_VMFUNC, env->features[FEAT_VMX_VMFUNC]);
    }
}

bool kvm_put_feature_msrs(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    MSRList *l = &(MSRList){0};

    if (!kvm_check_extension(kvm_state, KVM_CAP_GET_MSR_FEATURES)) {
        return true;
    }
    if (env->features[FEAT_7_0_EDX] & CPUID_7_0_EDX_ARCH_CAPABILITIES &&
        msr_known(MSR_IA32_ARCH_CAPABILITIES)) {
        add(l, MSR_IA32_ARCH_CAPABILITIES, env->features[FEAT_ARCH_CAPABILITIES]);
    }
    if (env->features[FEAT_7_0_EDX] & CPUID_7_0_EDX_CORE_CAPABILITY &&
        msr_known(MSR_IA32_CORE_CAPABILITIES)) {
        add(l, MSR_IA32_CORE_CAPABILITIES, env->features[FEAT_CORE_CAPABILITY]);
    }
    if (env->features[FEAT_1_ECX] & CPUID_EXT_PDCM && msr_known(MSR_IA32_PERF_CAPABILITIES)) {
        uint64_t lbr = cpu->lbr_fmt == LBR_FMT_HOST ? 0 : cpu->lbr_fmt;

        add(l, MSR_IA32_PERF_CAPABILITIES, env->features[FEAT_PERF_CAPABILITIES] | lbr);
    }
    if (cpu->ucode_rev && msr_known(MSR_IA32_UCODE_REV)) {
        add(l, MSR_IA32_UCODE_REV, cpu->ucode_rev);
    }
    put_vmx_msrs(env, l);
    return write_list(CPU(cpu), l, errp);
}
