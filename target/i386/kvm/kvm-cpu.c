/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU model under KVM: which features guests can have, what models get in
 * addition, and `host`.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "hw/i386/apic_internal.h"
#include "target/i386/hyperv.h"
#include "target/i386/accel-cpu.h"
#include "target/i386/cpu-internal.h"
#include "target/i386/feature-words.h"
#include "target/i386/host-cpu.h"
#include "target/i386/kvm/kvm-i386.h"

static uint64_t kvm_supported_feature_word(X86CPU *cpu, FeatureWord w)
{
    const FeatureWordInfo *f = &feature_word_info[w];
    uint64_t val;

    switch (f->source) {
    case FEATURE_CPUID:
        val = kvm_arch_get_supported_cpuid(kvm_state, f->leaf, f->ecx, f->reg);
        /* SGX needs memory for its pages, which machines cannot give. */
        return w == FEAT_7_0_EBX ? val & ~(uint64_t)CPUID_7_0_EBX_SGX : val;
    case FEATURE_MSR:
        val = kvm_arch_get_supported_msr_feature(kvm_state, f->msr);
        /* Low half: numbers, not features. */
        return w == FEAT_VMX_BASIC ? val & ~0xffffffffull : val;
    case FEATURE_VMX_CTLS:
        return kvm_arch_get_supported_msr_feature(kvm_state, f->msr) >> 32;
    }
    return 0;
}

/* Defaults of every model but `base`; what the user says comes later and wins. */
static const X86PropDefault kvm_defaults[] = {
    {"kvmclock", "on"},
    {"kvm-nopiodelay", "on"},
    {"kvm-asyncpf", "on"},
    {"kvm-steal-time", "on"},
    {"kvm-pv-eoi", "on"},
    {"kvmclock-stable-bit", "on"},
    {"x2apic", "on"},
    {"acpi", "off"},
    {"monitor", "off"},
    {"svm", "off"},
    {},
};

static const X86PropDefault kvm_defaults_no_irqchip[] = {
    {"x2apic", "off"},
    {"kvm-pv-eoi", "off"},
    {"kvm-asyncpf", "off"},
    {},
};

static const X86PropDefault kvm_defaults_split[] = {
    {"kvm-msi-ext-dest-id", "on"},
    {},
};

static void kvm_cpu_instance_init(CPUState *cs)
{
    X86CPU *cpu = X86_CPU(cs);
    X86CPUKind kind = X86_CPU_GET_CLASS(cs)->kind;
    char vendor[HOST_CPU_VENDOR_LEN + 1];
    int family, model, stepping;

    if (kind != X86_CPU_NAMED) {
        return;
    }
    x86_cpu_apply_props(cpu, kvm_defaults);
    if (!kvm_irqchip_in_kernel()) {
        x86_cpu_apply_props(cpu, kvm_defaults_no_irqchip);
    } else if (kvm_irqchip_is_split()) {
        x86_cpu_apply_props(cpu, kvm_defaults_split);
    }
    /* Guests choose instructions by vendor (SYSCALL, SYSENTER): it must be the real one. */
    host_cpu_vendor_fms(vendor, &family, &model, &stepping);
    x86_cpu_set_vendor(&cpu->env, vendor);
}

static void kvm_max_instance_init(X86CPU *cpu)
{
    KVMState *s = kvm_state;
    CPUX86State *env = &cpu->env;
    Object *obj = OBJECT(cpu);
    char vendor[HOST_CPU_VENDOR_LEN + 1], brand[49];
    int family, model, stepping;

    host_cpu_vendor_fms(vendor, &family, &model, &stepping);
    host_cpu_brand(brand);
    x86_cpu_set_vendor(env, vendor);
    object_property_set_int(obj, "family", family, &error_abort);
    object_property_set_int(obj, "model", model, &error_abort);
    object_property_set_int(obj, "stepping", stepping, &error_abort);
    object_property_set_str(obj, "model-id", brand, &error_abort);

    env->cpuid_min_level = kvm_arch_get_supported_cpuid(s, 0, 0, R_EAX);
    env->cpuid_min_xlevel = kvm_arch_get_supported_cpuid(s, 0x80000000, 0, R_EAX);
    env->cpuid_min_xlevel2 = kvm_arch_get_supported_cpuid(s, 0xc0000000, 0, R_EAX);
    cpu->host_phys_bits = true;
    if (kvm_caps.mwait_in_guest) {
        host_cpuid(5, 0, &cpu->mwait[0], &cpu->mwait[1], &cpu->mwait[2], &cpu->mwait[3]);
        /* Wakes on masked interrupts, and says so (SDM vol. 2, CPUID leaf 05H). */
        cpu->mwait[2] |= 3;
    }
    cpu->enable_lmce =
        kvm_check_extension(s, KVM_CAP_MCE) > 0 && strcmp(vendor, CPUID_VENDOR_INTEL) == 0;
}

/* What the kernel does by itself once CPUID tells the guest of it (api.rst 4.118, 8). */
static uint64_t kvm_hyperv_features(void)
{
    static const struct {
        int cap;
        uint64_t features;
    } table[] = {
        {KVM_CAP_HYPERV, HV_FEAT(RELAXED) | HV_FEAT(RESET) | HV_FEAT(RUNTIME) | HV_FEAT(AVIC)},
        {KVM_CAP_HYPERV_VAPIC, HV_FEAT(VAPIC)},
        {KVM_CAP_HYPERV_TIME, HV_FEAT(TIME)},
        {KVM_CAP_HYPERV_VP_INDEX, HV_FEAT(VPINDEX) | HV_FEAT(FREQUENCIES)},
        {KVM_CAP_HYPERV_TLBFLUSH, HV_FEAT(TLBFLUSH)},
        {KVM_CAP_HYPERV_SEND_IPI, HV_FEAT(IPI)},
    };
    uint64_t features = 0;

    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (kvm_check_extension(kvm_state, table[i].cap) > 0) {
            features |= table[i].features;
        }
    }
    return features;
}

static bool kvm_cpu_realize(CPUState *cs, Error **errp)
{
    X86CPU *cpu = X86_CPU(cs);
    uint32_t host = host_cpu_phys_bits();

    if (!x86_hyperv_resolve(cpu, kvm_hyperv_features(), "KVM", errp)) {
        return false;
    }
    /* More than the host has cannot work: the guest's page tables are the processor's. */
    if (cpu->phys_bits > host && cpu->env.features[FEAT_8000_0001_EDX] & CPUID_EXT2_LM) {
        warn_report("phys-bits=%u: this host has %u; addresses above cannot be used",
                    cpu->phys_bits, host);
    }
    return true;
}

static const char *kvm_apic_type(void)
{
    return kvm_irqchip_in_kernel() ? TYPE_KVM_APIC : TYPE_APIC;
}

/* Leaves that describe the host's hardware and that the kernel knows best. */
static bool kvm_cpuid_passthrough(X86CPU *cpu, uint32_t index, uint32_t count, uint32_t *eax,
                                  uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
    *eax = kvm_arch_get_supported_cpuid(kvm_state, index, count, R_EAX);
    *ebx = kvm_arch_get_supported_cpuid(kvm_state, index, count, R_EBX);
    *ecx = kvm_arch_get_supported_cpuid(kvm_state, index, count, R_ECX);
    *edx = kvm_arch_get_supported_cpuid(kvm_state, index, count, R_EDX);
    return true;
}

static void kvm_accel_cpu_class_init(ObjectClass *oc, const void *data)
{
    X86AccelCPUClass *acc = X86_ACCEL_CPU_CLASS(oc);

    acc->parent_class.cpu_instance_init = kvm_cpu_instance_init;
    acc->parent_class.cpu_target_realize = kvm_cpu_realize;
    acc->label = "KVM";
    acc->supported_feature_word = kvm_supported_feature_word;
    acc->max_instance_init = kvm_max_instance_init;
    acc->cpuid_hypervisor = kvm_cpuid_hypervisor;
    acc->cpuid_passthrough = kvm_cpuid_passthrough;
    acc->apic_type = kvm_apic_type;
    acc->reset = kvm_arch_reset_vcpu;
}

static const TypeInfo kvm_cpu_types[] = {
    {
        .name = ACCEL_CPU_NAME("kvm"),
        .parent = TYPE_ACCEL_CPU,
        .class_size = sizeof(X86AccelCPUClass),
        .class_init = kvm_accel_cpu_class_init,
        .abstract = true,
    },
};

DEFINE_TYPES(kvm_cpu_types)
