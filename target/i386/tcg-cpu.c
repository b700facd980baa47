/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU model under TCG: which features guests can have. What belongs to
 * the system (modes, paging, control registers, MSRs) is emulated on every
 * host; instructions that work on data are executed by the host's processor,
 * so they are offered when it has them.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "system/system.h"
#include "target/i386/accel-cpu.h"
#include "target/i386/cpu-internal.h"
#include "target/i386/feature-words.h"
#include "target/i386/host-cpu.h"
#include "target/i386/hyperv.h"
#include "target/i386/tcg/tcg-ops.h"

/* A word: emulated everywhere, and executed by the host if it can. */
typedef struct TCGFeatureWord {
    uint64_t emulated, native;
} TCGFeatureWord;

/* Kept in step with X86_DECODE_FEATURES: what the decoder does not know is not offered. */
static const TCGFeatureWord tcg_features[FEATURE_WORDS] = {
    [FEAT_1_EDX] =
        {
            .emulated = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |
                        CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_MTRR |
                        CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT | CPUID_PSE36 |
                        CPUID_CLFLUSH | CPUID_ACPI | CPUID_MMX | CPUID_FXSR | CPUID_SSE |
                        CPUID_SSE2 | CPUID_SS | CPUID_HT,
        },
    [FEAT_1_ECX] =
        {
            .emulated = CPUID_EXT_MONITOR | CPUID_EXT_PCID | CPUID_EXT_X2APIC |
                        CPUID_EXT_TSC_DEADLINE_TIMER | CPUID_EXT_HYPERVISOR,
            .native = CPUID_EXT_SSE3 | CPUID_EXT_PCLMULQDQ | CPUID_EXT_SSSE3 | CPUID_EXT_FMA |
                      CPUID_EXT_CX16 | CPUID_EXT_SSE41 | CPUID_EXT_SSE42 | CPUID_EXT_MOVBE |
                      CPUID_EXT_POPCNT | CPUID_EXT_AES | CPUID_EXT_XSAVE | CPUID_EXT_AVX |
                      CPUID_EXT_F16C | CPUID_EXT_RDRAND,
        },
    [FEAT_7_0_EBX] =
        {
            .emulated = CPUID_7_0_EBX_FSGSBASE | CPUID_7_0_EBX_TSC_ADJUST | CPUID_7_0_EBX_SMEP |
                        CPUID_7_0_EBX_ERMS | CPUID_7_0_EBX_INVPCID | CPUID_7_0_EBX_SMAP,
            .native = CPUID_7_0_EBX_BMI1 | CPUID_7_0_EBX_AVX2 | CPUID_7_0_EBX_FDP_EXCPTN_ONLY |
                      CPUID_7_0_EBX_BMI2 | CPUID_7_0_EBX_ZERO_FCS_FDS | CPUID_7_0_EBX_AVX512F |
                      CPUID_7_0_EBX_AVX512DQ | CPUID_7_0_EBX_RDSEED | CPUID_7_0_EBX_ADX |
                      CPUID_7_0_EBX_AVX512IFMA | CPUID_7_0_EBX_CLFLUSHOPT | CPUID_7_0_EBX_CLWB |
                      CPUID_7_0_EBX_AVX512CD | CPUID_7_0_EBX_SHA_NI | CPUID_7_0_EBX_AVX512BW |
                      CPUID_7_0_EBX_AVX512VL,
        },
    [FEAT_7_0_ECX] =
        {
            .emulated = CPUID_7_0_ECX_UMIP | CPUID_7_0_ECX_PKU | CPUID_7_0_ECX_LA57 |
                        CPUID_7_0_ECX_RDPID | CPUID_7_0_ECX_CLDEMOTE | CPUID_7_0_ECX_PKS,
            .native = CPUID_7_0_ECX_AVX512VBMI | CPUID_7_0_ECX_AVX512VBMI2 | CPUID_7_0_ECX_GFNI |
                      CPUID_7_0_ECX_VAES | CPUID_7_0_ECX_VPCLMULQDQ | CPUID_7_0_ECX_AVX512VNNI |
                      CPUID_7_0_ECX_AVX512BITALG | CPUID_7_0_ECX_AVX512_VPOPCNTDQ |
                      CPUID_7_0_ECX_MOVDIRI | CPUID_7_0_ECX_MOVDIR64B,
        },
    [FEAT_7_0_EDX] =
        {
            .emulated = CPUID_7_0_EDX_FSRM | CPUID_7_0_EDX_SERIALIZE,
            .native = CPUID_7_0_EDX_AVX512_VP2INTERSECT | CPUID_7_0_EDX_AVX512_FP16,
        },
    [FEAT_7_1_EAX] =
        {
            .emulated = CPUID_7_1_EAX_FZRM | CPUID_7_1_EAX_FSRS | CPUID_7_1_EAX_FSRC,
            .native = CPUID_7_1_EAX_AVX_VNNI | CPUID_7_1_EAX_AVX512_BF16 | CPUID_7_1_EAX_AVX_IFMA,
        },
    [FEAT_7_1_EDX] =
        {
            .emulated = CPUID_7_1_EDX_PREFETCHITI,
            .native = CPUID_7_1_EDX_AVX_VNNI_INT8 | CPUID_7_1_EDX_AVX_NE_CONVERT |
                      CPUID_7_1_EDX_AVX_VNNI_INT16,
        },
    [FEAT_8000_0001_EDX] =
        {
            .emulated = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_MMXEXT |
                        CPUID_EXT2_PDPE1GB | CPUID_EXT2_RDTSCP | CPUID_EXT2_LM,
        },
    [FEAT_8000_0001_ECX] =
        {
            .emulated = CPUID_EXT3_LAHF_LM | CPUID_EXT3_CMP_LEG | CPUID_EXT3_CR8LEG |
                        CPUID_EXT3_3DNOWPREFETCH | CPUID_EXT3_TOPOEXT | CPUID_EXT3_SVM,
            .native = CPUID_EXT3_ABM | CPUID_EXT3_SSE4A | CPUID_EXT3_MISALIGNSSE,
        },
    [FEAT_8000_0007_EDX] = {.emulated = CPUID_APM_INVTSC},
    [FEAT_8000_0008_EBX] =
        {
            .emulated = CPUID_8000_0008_EBX_WBNOINVD,
            .native = CPUID_8000_0008_EBX_CLZERO | CPUID_8000_0008_EBX_XSAVEERPTR,
        },
    [FEAT_8000_0021_EAX] =
        {
            .emulated = CPUID_8000_0021_EAX_NO_NESTED_DATA_BP |
                        CPUID_8000_0021_EAX_NULL_SEL_CLR_BASE | CPUID_8000_0021_EAX_PREFETCHI,
            .native = CPUID_8000_0021_EAX_LFENCE_ALWAYS_SERIALIZING,
        },
    [FEAT_SVM] =
        {
            .emulated = CPUID_SVM_NPT | CPUID_SVM_LBRV | CPUID_SVM_NRIPSAVE | CPUID_SVM_VMCBCLEAN |
                        CPUID_SVM_FLUSHASID | CPUID_SVM_V_VMSAVE_VMLOAD | CPUID_SVM_VGIF |
                        CPUID_SVM_SVME_ADDR_CHK,
        },
    [FEAT_XSAVE] =
        {
            .emulated = CPUID_XSAVE_XSAVEOPT | CPUID_XSAVE_XSAVEC | CPUID_XSAVE_XGETBV1 |
                        CPUID_XSAVE_XSAVES,
        },
    [FEAT_6_EAX] = {.emulated = CPUID_6_EAX_ARAT},
    [FEAT_KVM] =
        {
            .emulated = CPUID_KVM_CLOCKSOURCE | CPUID_KVM_CLOCKSOURCE2 |
                        CPUID_KVM_CLOCKSOURCE_STABLE | CPUID_KVM_NOP_IO_DELAY,
        },
};

/* Features whose registers the host's operating system must switch (XCR0). */
static uint64_t host_usable(FeatureWord w, uint64_t host)
{
    const uint64_t avx = XSTATE_SSE_MASK | XSTATE_YMM_MASK;
    const uint64_t avx512 = avx | XSTATE_AVX512_MASK;
    uint64_t xcr0 = host_cpu_xcr0();

    if ((xcr0 & avx) != avx) {
        if (w == FEAT_1_ECX) {
            host &= ~(uint64_t)(CPUID_EXT_AVX | CPUID_EXT_FMA | CPUID_EXT_F16C);
        } else if (w == FEAT_7_0_EBX) {
            host &= ~(uint64_t)CPUID_7_0_EBX_AVX2;
        }
    }
    if ((xcr0 & avx512) != avx512 && w == FEAT_7_0_EBX) {
        host &= ~(uint64_t)CPUID_7_0_EBX_AVX512F;
    }
    return host;
}

static uint64_t tcg_supported_feature_word(X86CPU *cpu, FeatureWord w)
{
    const TCGFeatureWord *f = &tcg_features[w];
    uint64_t native = 0;

    /* The guest's counter is the host's. */
    if (w == FEAT_KVM && !(x86_host_feature_word(FEAT_8000_0007_EDX) & CPUID_APM_INVTSC)) {
        return 0;
    }
    if (f->native) {
        native = f->native & host_usable(w, x86_host_feature_word(w));
    }
    return f->emulated | native;
}

/*
 * Nested virtualization, and what only mitigates weaknesses of real processors:
 * models have them, a translated guest loses nothing without.
 */
static uint64_t tcg_quiet_feature_word(FeatureWord w)
{
    switch (w) {
    case FEAT_1_ECX:
        return CPUID_EXT_VMX;
    case FEAT_SVM:
    case FEAT_ARCH_CAPABILITIES:
        return UINT64_MAX;
    case FEAT_VMX_PROCBASED_CTLS ... FEAT_VMX_VMFUNC:
        return UINT64_MAX;
    default:
        return 0;
    }
}

static void tcg_max_instance_init(X86CPU *cpu)
{
    Object *obj = OBJECT(cpu);
    CPUX86State *env = &cpu->env;

    x86_cpu_set_vendor(env, CPUID_VENDOR_AMD);
    object_property_set_int(obj, "family", 6, &error_abort);
    object_property_set_int(obj, "model", 6, &error_abort);
    object_property_set_int(obj, "stepping", 3, &error_abort);
    object_property_set_str(obj, "model-id", "QEMU TCG CPU version 2.5+", &error_abort);
    env->cpuid_min_level = 0xd;
    env->cpuid_min_xlevel = 0x80000021;
}

static void tcg_cpu_class_init(CPUClass *cc)
{
    cc->tcg_ops = &x86_tcg_ops;
}

static void tcg_cpu_instance_init(CPUState *cs)
{
    /* Operating systems of today have no use for VME in a model that is not `max`. */
    static const X86PropDefault defaults[] = {{"vme", "off"}, {}};

    if (X86_CPU_GET_CLASS(cs)->kind == X86_CPU_NAMED) {
        x86_cpu_apply_props(X86_CPU(cs), defaults);
    }
}

/* ---- address spaces: 0 for normal operation, 1 for System Management Mode ---- */

/* The machine's SMRAM shows in address space 1 only; it exists once the machine is complete. */
static void add_smram(Notifier *n, void *data)
{
    X86CPU *cpu = container_of(n, X86CPU, machine_done);
    Object *smram = object_resolve_path("/machine/smram", NULL);

    if (smram) {
        cpu->smram = g_new(MemoryRegion, 1);
        memory_region_init_alias(cpu->smram, OBJECT(cpu), "smm-view-smram", MEMORY_REGION(smram), 0,
                                 4ull << 30);
        memory_region_set_enabled(cpu->smram, true);
        memory_region_add_subregion_overlap(cpu->cpu_as_root, 0, cpu->smram, 1);
    }
}

static bool tcg_cpu_realize(CPUState *cs, Error **errp)
{
    X86CPU *cpu = X86_CPU(cs);
    const uint64_t hyperv = HV_FEAT(RELAXED) | HV_FEAT(TIME) | HV_FEAT(VPINDEX) | HV_FEAT(RESET);

    if (!x86_hyperv_resolve(cpu, hyperv, "TCG", errp)) {
        return false;
    }
    cs->num_ases = 2;
    cpu->cpu_as_mem = g_new(MemoryRegion, 1);
    cpu->cpu_as_root = g_new(MemoryRegion, 1);
    memory_region_init(cpu->cpu_as_root, OBJECT(cpu), "smm-view", UINT64_MAX);
    memory_region_set_enabled(cpu->cpu_as_root, true);
    memory_region_init_alias(cpu->cpu_as_mem, OBJECT(cpu), "smm-view-memory", get_system_memory(),
                             0, UINT64_MAX);
    memory_region_add_subregion_overlap(cpu->cpu_as_root, 0, cpu->cpu_as_mem, 0);
    memory_region_set_enabled(cpu->cpu_as_mem, true);
    cpu_address_space_init(cs, 0, "cpu-memory", cs->memory ? cs->memory : get_system_memory());
    cpu_address_space_init(cs, 1, "cpu-smm", cpu->cpu_as_root);

    cpu->machine_done.notify = add_smram;
    qemu_add_machine_init_done_notifier(&cpu->machine_done);
    return true;
}

/* ---- CPUID 40000000H and behind ---- */

/* The second place where guests look: the first says what the accelerator is, or speaks for
 * Hyper-V. */
#define KVM_LEAVES 0x40000100

static void signature(const char sig[12], uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
    memcpy(ebx, sig, 4);
    memcpy(ecx, sig + 4, 4);
    memcpy(edx, sig + 8, 4);
}

static bool tcg_cpuid_hypervisor(X86CPU *cpu, uint32_t index, uint32_t *eax, uint32_t *ebx,
                                 uint32_t *ecx, uint32_t *edx)
{
    if (index >= KVM_LEAVES && cpu->env.features[FEAT_KVM]) {
        if (index == KVM_LEAVES) {
            *eax = KVM_LEAVES + 1;
            signature("KVMKVMKVM\0\0\0", ebx, ecx, edx);
        } else if (index == KVM_LEAVES + 1) {
            *eax = cpu->env.features[FEAT_KVM];
        }
        return true;
    }
    if (x86_hyperv_enabled(cpu)) {
        return x86_hyperv_cpuid(cpu, index, eax, ebx, ecx, edx);
    }
    if (!cpu->expose_tcg) {
        return false;
    }
    if (index == 0x40000000) {
        *eax = 0x40000001;
        signature("TCGTCGTCGTCG", ebx, ecx, edx);
    }
    return true;
}

static const char *tcg_apic_type(void)
{
    return "apic";
}

static void tcg_accel_cpu_class_init(ObjectClass *oc, const void *data)
{
    X86AccelCPUClass *acc = X86_ACCEL_CPU_CLASS(oc);

    acc->parent_class.cpu_class_init = tcg_cpu_class_init;
    acc->parent_class.cpu_instance_init = tcg_cpu_instance_init;
    acc->parent_class.cpu_target_realize = tcg_cpu_realize;
    acc->label = "TCG";
    acc->supported_feature_word = tcg_supported_feature_word;
    acc->quiet_feature_word = tcg_quiet_feature_word;
    acc->max_instance_init = tcg_max_instance_init;
    acc->cpuid_hypervisor = tcg_cpuid_hypervisor;
    acc->apic_type = tcg_apic_type;
}

static const TypeInfo accel_cpu_types[] = {
    {
        .name = ACCEL_CPU_NAME("tcg"),
        .parent = TYPE_ACCEL_CPU,
        .class_size = sizeof(X86AccelCPUClass),
        .class_init = tcg_accel_cpu_class_init,
        .abstract = true,
    },
};

DEFINE_TYPES(accel_cpu_types)
