/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU models: Intel Atom server processors and the Xeons with efficient cores.
 *
 * Each lists what version 1 has besides, and without, the features of the model
 * it is like, by CPUID register; and what later versions change.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "target/i386/cpu-model.h"
#include "target/i386/cpu-defs-vmx.h"

static const CPUCaches sierra_forest_caches = {
    .l1d =
        {
            .type = CPU_CACHE_DATA,
            .level = 1,
            .size = 32 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 64,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
        },
    .l1i =
        {
            .type = CPU_CACHE_INSTRUCTION,
            .level = 1,
            .size = 64 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 128,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 4 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 4096,
            .lines_per_tag = 1,
            .share = X86_TOPO_MODULE,
            .self_init = true,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 108 * MiB,
            .line_size = 64,
            .associativity = 12,
            .partitions = 1,
            .sets = 147456,
            .lines_per_tag = 1,
            .share = X86_TOPO_SOCKET,
            .self_init = true,
            .complex_indexing = true,
        },
};

static const CPUCaches clearwater_forest_caches = {
    .l1d =
        {
            .type = CPU_CACHE_DATA,
            .level = 1,
            .size = 32 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 64,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
        },
    .l1i =
        {
            .type = CPU_CACHE_INSTRUCTION,
            .level = 1,
            .size = 64 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 128,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 4 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 4096,
            .lines_per_tag = 1,
            .share = X86_TOPO_MODULE,
            .self_init = true,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 288 * MiB,
            .line_size = 64,
            .associativity = 12,
            .partitions = 1,
            .sets = 393216,
            .lines_per_tag = 1,
            .share = X86_TOPO_SOCKET,
            .self_init = true,
            .complex_indexing = true,
        },
};

static const X86CPUVersionDefinition denverton_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .note = "no monitor, no mpx",
        .props =
            (const X86PropValue[]){
                {"monitor", "off"},
                {"mpx", "off"},
                {},
            },
    },
    {
        .version = 3,
        .note = "vmx-xsaves, xsaves",
        .props =
            (const X86PropValue[]){
                {"vmx-xsaves", "on"},
                {"xsaves", "on"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition snowridge_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .props =
            (const X86PropValue[]){
                {"mpx", "off"},
                {"model-id", "Intel Atom Processor (Snowridge, no MPX)"},
                {},
            },
    },
    {
        .version = 3,
        .note = "vmx-xsaves, xsaves",
        .props =
            (const X86PropValue[]){
                {"vmx-xsaves", "on"},
                {"xsaves", "on"},
                {},
            },
    },
    {
        .version = 4,
        .note = "no core-capability, no split-lock-detect",
        .props =
            (const X86PropValue[]){
                {"core-capability", "off"},
                {"split-lock-detect", "off"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition sierraforest_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .props =
            (const X86PropValue[]){
                {"bhi-ctrl", "on"},
                {"cldemote", "on"},
                {"gds-no", "on"},
                {"intel-psfd", "on"},
                {"ipred-ctrl", "on"},
                {"lam", "on"},
                {"movdir64b", "on"},
                {"movdiri", "on"},
                {"rfds-no", "on"},
                {"rrsba-ctrl", "on"},
                {"ss", "on"},
                {"tsc-adjust", "on"},
                {"stepping", "3"},
                {},
            },
    },
    {
        .version = 3,
        .caches = &sierra_forest_caches,
        .props =
            (const X86PropValue[]){
                {"x-force-cpuid-0x1f", "on"},
                {},
            },
    },
    {
        .version = 4,
        .note = "cet-ibt, cet-ss",
        .props =
            (const X86PropValue[]){
                {"cet-ibt", "on"},
                {"cet-ss", "on"},
                {},
            },
    },
    {
        .version = 5,
        .note = "its-no",
        .props =
            (const X86PropValue[]){
                {"its-no", "on"},
                {},
            },
    },
    {
        .version = 6,
        .note = "vmx-mbec",
        .props =
            (const X86PropValue[]){
                {"vmx-mbec", "on"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition clearwaterforest_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .note = "cet-ibt, cet-ss",
        .props =
            (const X86PropValue[]){
                {"cet-ibt", "on"},
                {"cet-ss", "on"},
                {},
            },
    },
    {
        .version = 3,
        .note = "its-no",
        .caches = &clearwater_forest_caches,
        .props =
            (const X86PropValue[]){
                {"its-no", "on"},
                {"x-force-cpuid-0x1f", "on"},
                {},
            },
    },
    {
        .version = 4,
        .note = "vmx-mbec",
        .props =
            (const X86PropValue[]){
                {"vmx-mbec", "on"},
                {},
            },
    },
    {},
};

static const X86CPUDefinition defs[] = {
    {
        .name = "Denverton",
        .level = 0x15,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 95,
        .stepping = 1,
        .like = "IvyBridge",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_MONITOR | CPUID_EXT_MOVBE,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_MPX | CPUID_7_0_EBX_RDSEED | CPUID_7_0_EBX_SMAP |
                                 CPUID_7_0_EBX_CLFLUSHOPT | CPUID_7_0_EBX_SHA_NI,
                [FEAT_7_0_EDX] = CPUID_7_0_EDX_SPEC_CTRL | CPUID_7_0_EDX_ARCH_CAPABILITIES |
                                 CPUID_7_0_EDX_SPEC_CTRL_SSBD,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_PDPE1GB,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_3DNOWPREFETCH,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVEC | CPUID_XSAVE_XGETBV1,
                [FEAT_ARCH_CAPABILITIES] = MSR_ARCH_CAP_RDCTL_NO | MSR_ARCH_CAP_SKIP_L1DFL_VMENTRY,
                [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_VMFUNC |
                                            VMX_SECONDARY_EXEC_SHADOW_VMCS |
                                            VMX_SECONDARY_EXEC_RDSEED_EXIT | VMX_SECONDARY_EXEC_PML,
                [FEAT_VMX_MISC] = VMX_MISC_VMWRITE_VMEXIT_FIELDS,
                [FEAT_VMX_EPT_VPID_CAPS] = VMX_EPT_VPID_CAP_EPTAD,
                [FEAT_VMX_VMFUNC] = VMX_VMFUNC_EPTP_SWITCHING,
            },
        .without =
            {
                [FEAT_1_ECX] = CPUID_EXT_AVX | CPUID_EXT_F16C,
            },
        .model_id = "Intel Atom Processor (Denverton)",
        .versions = denverton_versions,
    },
    {
        .name = "Snowridge",
        .level = 0x1b,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 134,
        .stepping = 1,
        .like = "Denverton",
        .features =
            {
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_CLWB,
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_UMIP | CPUID_7_0_ECX_GFNI | CPUID_7_0_ECX_CLDEMOTE |
                                 CPUID_7_0_ECX_MOVDIRI | CPUID_7_0_ECX_MOVDIR64B,
                [FEAT_7_0_EDX] = CPUID_7_0_EDX_CORE_CAPABILITY,
                [FEAT_CORE_CAPABILITY] = MSR_CORE_CAP_SPLIT_LOCK_DETECT,
            },
        .without =
            {
                [FEAT_ARCH_CAPABILITIES] = MSR_ARCH_CAP_RDCTL_NO | MSR_ARCH_CAP_SKIP_L1DFL_VMENTRY,
            },
        .model_id = "Intel Atom Processor (SnowRidge)",
        .versions = snowridge_versions,
    },
    {
        .name = "SierraForest",
        .level = 0x23,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 175,
        .stepping = 0,
        .like = "Cooperlake",
        .features =
            {
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_SHA_NI,
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_UMIP | CPUID_7_0_ECX_GFNI | CPUID_7_0_ECX_VAES |
                                 CPUID_7_0_ECX_VPCLMULQDQ | CPUID_7_0_ECX_RDPID |
                                 CPUID_7_0_ECX_BUS_LOCK_DETECT,
                [FEAT_7_0_EDX] = CPUID_7_0_EDX_FSRM | CPUID_7_0_EDX_SERIALIZE,
                [FEAT_7_1_EAX] = CPUID_7_1_EAX_AVX_VNNI | CPUID_7_1_EAX_CMPCCXADD |
                                 CPUID_7_1_EAX_FSRS | CPUID_7_1_EAX_AVX_IFMA,
                [FEAT_7_1_EDX] = CPUID_7_1_EDX_AVX_VNNI_INT8 | CPUID_7_1_EDX_AVX_NE_CONVERT,
                [FEAT_7_2_EDX] = CPUID_7_2_EDX_MCDT_NO,
                [FEAT_8000_0008_EBX] = CPUID_8000_0008_EBX_WBNOINVD,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVES,
                [FEAT_ARCH_CAPABILITIES] = MSR_ARCH_CAP_SBDR_SSDP_NO | MSR_ARCH_CAP_FBSDP_NO |
                                           MSR_ARCH_CAP_PSDP_NO | MSR_ARCH_CAP_PBRSB_NO,
                [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_XSAVES,
                [FEAT_VMX_EPT_VPID_CAPS] = VMX_EPT_VPID_CAP_PAGE_WALK_5,
            },
        .without =
            {
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_HLE | CPUID_7_0_EBX_RTM | CPUID_7_0_EBX_AVX512F |
                                 CPUID_7_0_EBX_AVX512DQ | CPUID_7_0_EBX_AVX512CD |
                                 CPUID_7_0_EBX_AVX512BW | CPUID_7_0_EBX_AVX512VL,
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_AVX512VNNI,
                [FEAT_7_0_EDX] = CPUID_7_0_EDX_STIBP,
                [FEAT_7_1_EAX] = CPUID_7_1_EAX_AVX512_BF16,
                [FEAT_ARCH_CAPABILITIES] = MSR_ARCH_CAP_TAA_NO,
            },
        .model_id = "Intel Xeon Processor (SierraForest)",
        .versions = sierraforest_versions,
    },
    {
        .name = "ClearwaterForest",
        .level = 0x23,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 221,
        .stepping = 0,
        .like = "SierraForest",
        .features =
            {
                [FEAT_1_EDX] = CPUID_SS,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_TSC_ADJUST,
                [FEAT_7_0_ECX] =
                    CPUID_7_0_ECX_CLDEMOTE | CPUID_7_0_ECX_MOVDIRI | CPUID_7_0_ECX_MOVDIR64B,
                [FEAT_7_1_EAX] = CPUID_7_1_EAX_SHA512 | CPUID_7_1_EAX_SM3 | CPUID_7_1_EAX_SM4 |
                                 CPUID_7_1_EAX_LAM,
                [FEAT_7_1_EDX] = CPUID_7_1_EDX_AVX_VNNI_INT16 | CPUID_7_1_EDX_PREFETCHITI,
                [FEAT_7_2_EDX] = CPUID_7_2_EDX_INTEL_PSFD | CPUID_7_2_EDX_IPRED_CTRL |
                                 CPUID_7_2_EDX_RRSBA_CTRL | CPUID_7_2_EDX_DDPD_U |
                                 CPUID_7_2_EDX_BHI_CTRL,
                [FEAT_ARCH_CAPABILITIES] =
                    MSR_ARCH_CAP_BHI_NO | MSR_ARCH_CAP_GDS_NO | MSR_ARCH_CAP_RFDS_NO,
            },
        .model_id = "Intel Xeon Processor (ClearwaterForest)",
        .versions = clearwaterforest_versions,
    },
};

const X86CPUDefinitionTable x86_defs_intel_atom = {defs, G_N_ELEMENTS(defs)};
