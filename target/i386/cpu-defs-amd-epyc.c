/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU models: AMD EPYC.
 *
 * Each lists what version 1 has besides, and without, the features of the model
 * it is like, by CPUID register; and what later versions change.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "target/i386/cpu-model.h"

static const CPUCaches epyc_caches = {
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
            .no_invd_sharing = true,
        },
    .l1i =
        {
            .type = CPU_CACHE_INSTRUCTION,
            .level = 1,
            .size = 64 * KiB,
            .line_size = 64,
            .associativity = 4,
            .partitions = 1,
            .sets = 256,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
            .no_invd_sharing = true,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 512 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 1024,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 8 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 8192,
            .lines_per_tag = 1,
            .share = X86_TOPO_DIE,
            .self_init = true,
            .inclusive = true,
        },
};

static const CPUCaches epyc_v4_caches = {
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
            .associativity = 4,
            .partitions = 1,
            .sets = 256,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 512 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 1024,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
            .inclusive = true,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 8 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 8192,
            .lines_per_tag = 1,
            .share = X86_TOPO_DIE,
            .self_init = true,
            .no_invd_sharing = true,
        },
};

static const CPUCaches epyc_rome_caches = {
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
            .no_invd_sharing = true,
        },
    .l1i =
        {
            .type = CPU_CACHE_INSTRUCTION,
            .level = 1,
            .size = 32 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 64,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
            .no_invd_sharing = true,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 512 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 1024,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 16 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 16384,
            .lines_per_tag = 1,
            .share = X86_TOPO_DIE,
            .self_init = true,
            .inclusive = true,
        },
};

static const CPUCaches epyc_rome_v3_caches = {
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
            .size = 32 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 64,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 512 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 1024,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
            .inclusive = true,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 16 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 16384,
            .lines_per_tag = 1,
            .share = X86_TOPO_DIE,
            .self_init = true,
            .no_invd_sharing = true,
        },
};

static const CPUCaches epyc_milan_caches = {
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
            .no_invd_sharing = true,
        },
    .l1i =
        {
            .type = CPU_CACHE_INSTRUCTION,
            .level = 1,
            .size = 32 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 64,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
            .no_invd_sharing = true,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 512 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 1024,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 32 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 32768,
            .lines_per_tag = 1,
            .share = X86_TOPO_DIE,
            .self_init = true,
            .inclusive = true,
        },
};

static const CPUCaches epyc_milan_v2_caches = {
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
            .size = 32 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 64,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 512 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 1024,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
            .inclusive = true,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 32 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 32768,
            .lines_per_tag = 1,
            .share = X86_TOPO_DIE,
            .self_init = true,
            .no_invd_sharing = true,
        },
};

static const CPUCaches epyc_genoa_caches = {
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
            .no_invd_sharing = true,
        },
    .l1i =
        {
            .type = CPU_CACHE_INSTRUCTION,
            .level = 1,
            .size = 32 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 64,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
            .no_invd_sharing = true,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 1 * MiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 2048,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 32 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 32768,
            .lines_per_tag = 1,
            .share = X86_TOPO_DIE,
            .self_init = true,
            .inclusive = true,
        },
};

static const CPUCaches epyc_genoa_v2_caches = {
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
            .size = 32 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 64,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 1 * MiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 2048,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
            .inclusive = true,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 32 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 32768,
            .lines_per_tag = 1,
            .share = X86_TOPO_DIE,
            .self_init = true,
            .no_invd_sharing = true,
        },
};

static const CPUCaches epyc_turin_caches = {
    .l1d =
        {
            .type = CPU_CACHE_DATA,
            .level = 1,
            .size = 48 * KiB,
            .line_size = 64,
            .associativity = 12,
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
            .size = 32 * KiB,
            .line_size = 64,
            .associativity = 8,
            .partitions = 1,
            .sets = 64,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 1 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 1024,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
            .inclusive = true,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 32 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 32768,
            .lines_per_tag = 1,
            .share = X86_TOPO_DIE,
            .self_init = true,
            .no_invd_sharing = true,
        },
};

static const X86CPUVersionDefinition epyc_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .alias = "EPYC-IBPB",
        .props =
            (const X86PropValue[]){
                {"ibpb", "on"},
                {"model-id", "AMD EPYC Processor (with IBPB)"},
                {},
            },
    },
    {
        .version = 3,
        .props =
            (const X86PropValue[]){
                {"clzero", "on"},
                {"perfctr-core", "on"},
                {"xsaveerptr", "on"},
                {"xsaves", "on"},
                {"model-id", "AMD EPYC Processor"},
                {},
            },
    },
    {
        .version = 4,
        .caches = &epyc_v4_caches,
        .props =
            (const X86PropValue[]){
                {"model-id", "AMD EPYC-v4 Processor"},
                {},
            },
    },
    {
        .version = 5,
        .props =
            (const X86PropValue[]){
                {"flushbyasid", "on"},
                {"lbrv", "on"},
                {"overflow-recov", "on"},
                {"pause-filter", "on"},
                {"pfthreshold", "on"},
                {"succor", "on"},
                {"tsc-scale", "on"},
                {"v-vmsave-vmload", "on"},
                {"vgif", "on"},
                {"vmcb-clean", "on"},
                {"model-id", "AMD EPYC-v5 Processor"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition epyc_rome_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .note = "amd-ssbd, ibrs",
        .props =
            (const X86PropValue[]){
                {"amd-ssbd", "on"},
                {"ibrs", "on"},
                {},
            },
    },
    {
        .version = 3,
        .caches = &epyc_rome_v3_caches,
        .props =
            (const X86PropValue[]){
                {"model-id", "AMD EPYC-Rome-v3 Processor"},
                {},
            },
    },
    {
        .version = 4,
        .props =
            (const X86PropValue[]){
                {"xsaves", "off"},
                {"model-id", "AMD EPYC-Rome-v4 Processor (no XSAVES)"},
                {},
            },
    },
    {
        .version = 5,
        .props =
            (const X86PropValue[]){
                {"flushbyasid", "on"},
                {"lbrv", "on"},
                {"overflow-recov", "on"},
                {"pause-filter", "on"},
                {"pfthreshold", "on"},
                {"succor", "on"},
                {"tsc-scale", "on"},
                {"v-vmsave-vmload", "on"},
                {"vgif", "on"},
                {"vmcb-clean", "on"},
                {"model-id", "AMD EPYC-Rome-v5 Processor"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition epyc_milan_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .caches = &epyc_milan_v2_caches,
        .props =
            (const X86PropValue[]){
                {"amd-psfd", "on"},
                {"lfence-always-serializing", "on"},
                {"no-nested-data-bp", "on"},
                {"null-sel-clr-base", "on"},
                {"stibp-always-on", "on"},
                {"vaes", "on"},
                {"vpclmulqdq", "on"},
                {"model-id", "AMD EPYC-Milan-v2 Processor"},
                {},
            },
    },
    {
        .version = 3,
        .props =
            (const X86PropValue[]){
                {"flushbyasid", "on"},
                {"lbrv", "on"},
                {"overflow-recov", "on"},
                {"pause-filter", "on"},
                {"pfthreshold", "on"},
                {"succor", "on"},
                {"tsc-scale", "on"},
                {"v-vmsave-vmload", "on"},
                {"vgif", "on"},
                {"vmcb-clean", "on"},
                {"model-id", "AMD EPYC-Milan-v3 Processor"},
                {},
            },
    },
    {
        .version = 4,
        .props =
            (const X86PropValue[]){
                {"gmet", "on"},
                {"model-id", "AMD EPYC-Milan-v4 Processor"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition epyc_genoa_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .caches = &epyc_genoa_v2_caches,
        .props =
            (const X86PropValue[]){
                {"flushbyasid", "on"},
                {"fs-gs-base-ns", "on"},
                {"lbrv", "on"},
                {"overflow-recov", "on"},
                {"pause-filter", "on"},
                {"perfmon-v2", "on"},
                {"pfthreshold", "on"},
                {"succor", "on"},
                {"tsc-scale", "on"},
                {"v-vmsave-vmload", "on"},
                {"vgif", "on"},
                {"vmcb-clean", "on"},
                {"model-id", "AMD EPYC-Genoa-v2 Processor"},
                {},
            },
    },
    {
        .version = 3,
        .props =
            (const X86PropValue[]){
                {"gmet", "on"},
                {"model-id", "AMD EPYC-Genoa-v3 Processor"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition epyc_turin_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .props =
            (const X86PropValue[]){
                {"gmet", "on"},
                {"model-id", "AMD EPYC-Turin-v2 Processor"},
                {},
            },
    },
    {},
};

static const X86CPUDefinition defs[] = {
    {
        .name = "EPYC",
        .level = 0xd,
        .xlevel = 0x8000001e,
        .vendor = CPUID_VENDOR_AMD,
        .family = 23,
        .model = 1,
        .stepping = 2,
        .like = "Opteron_G5",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_MONITOR | CPUID_EXT_MOVBE | CPUID_EXT_RDRAND,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_FSGSBASE | CPUID_7_0_EBX_BMI1 | CPUID_7_0_EBX_AVX2 |
                                 CPUID_7_0_EBX_SMEP | CPUID_7_0_EBX_BMI2 | CPUID_7_0_EBX_RDSEED |
                                 CPUID_7_0_EBX_ADX | CPUID_7_0_EBX_SMAP | CPUID_7_0_EBX_CLFLUSHOPT |
                                 CPUID_7_0_EBX_SHA_NI,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_MMXEXT | CPUID_EXT2_FFXSR,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_CR8LEG | CPUID_EXT3_OSVW | CPUID_EXT3_TOPOEXT,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVEOPT | CPUID_XSAVE_XSAVEC | CPUID_XSAVE_XGETBV1,
                [FEAT_6_EAX] = CPUID_6_EAX_ARAT,
            },
        .without =
            {
                [FEAT_8000_0001_ECX] = CPUID_EXT3_XOP | CPUID_EXT3_FMA4 | CPUID_EXT3_TBM,
            },
        .model_id = "AMD EPYC Processor",
        .caches = &epyc_caches,
        .versions = epyc_versions,
    },
    {
        .name = "EPYC-Rome",
        .level = 0xd,
        .xlevel = 0x8000001e,
        .vendor = CPUID_VENDOR_AMD,
        .family = 23,
        .model = 49,
        .stepping = 0,
        .like = "EPYC",
        .features =
            {
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_CLWB,
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_UMIP | CPUID_7_0_ECX_RDPID,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_PERFCORE,
                [FEAT_8000_0008_EBX] = CPUID_8000_0008_EBX_CLZERO | CPUID_8000_0008_EBX_XSAVEERPTR |
                                       CPUID_8000_0008_EBX_WBNOINVD | CPUID_8000_0008_EBX_IBPB |
                                       CPUID_8000_0008_EBX_STIBP,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVES,
            },
        .model_id = "AMD EPYC-Rome Processor",
        .caches = &epyc_rome_caches,
        .versions = epyc_rome_versions,
    },
    {
        .name = "EPYC-Milan",
        .level = 0xd,
        .xlevel = 0x8000001e,
        .vendor = CPUID_VENDOR_AMD,
        .family = 25,
        .model = 1,
        .stepping = 1,
        .like = "EPYC-Rome",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_PCID,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_ERMS | CPUID_7_0_EBX_INVPCID,
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_PKU,
                [FEAT_7_0_EDX] = CPUID_7_0_EDX_FSRM,
                [FEAT_8000_0008_EBX] = CPUID_8000_0008_EBX_IBRS | CPUID_8000_0008_EBX_AMD_SSBD,
                [FEAT_SVM] = CPUID_SVM_SVME_ADDR_CHK,
            },
        .model_id = "AMD EPYC-Milan Processor",
        .caches = &epyc_milan_caches,
        .versions = epyc_milan_versions,
    },
    {
        .name = "EPYC-Genoa",
        .level = 0xd,
        .xlevel = 0x80000022,
        .vendor = CPUID_VENDOR_AMD,
        .family = 25,
        .model = 17,
        .stepping = 0,
        .like = "EPYC-Milan",
        .features =
            {
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_AVX512F | CPUID_7_0_EBX_AVX512DQ |
                                 CPUID_7_0_EBX_AVX512IFMA | CPUID_7_0_EBX_AVX512CD |
                                 CPUID_7_0_EBX_AVX512BW | CPUID_7_0_EBX_AVX512VL,
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_AVX512VBMI | CPUID_7_0_ECX_AVX512VBMI2 |
                                 CPUID_7_0_ECX_GFNI | CPUID_7_0_ECX_VAES |
                                 CPUID_7_0_ECX_VPCLMULQDQ | CPUID_7_0_ECX_AVX512VNNI |
                                 CPUID_7_0_ECX_AVX512BITALG | CPUID_7_0_ECX_AVX512_VPOPCNTDQ |
                                 CPUID_7_0_ECX_LA57,
                [FEAT_7_1_EAX] = CPUID_7_1_EAX_AVX512_BF16,
                [FEAT_8000_0008_EBX] =
                    CPUID_8000_0008_EBX_STIBP_ALWAYS_ON | CPUID_8000_0008_EBX_AMD_PSFD,
                [FEAT_8000_0021_EAX] = CPUID_8000_0021_EAX_NO_NESTED_DATA_BP |
                                       CPUID_8000_0021_EAX_LFENCE_ALWAYS_SERIALIZING |
                                       CPUID_8000_0021_EAX_NULL_SEL_CLR_BASE |
                                       CPUID_8000_0021_EAX_AUTO_IBRS,
                [FEAT_SVM] = CPUID_SVM_VNMI,
            },
        .model_id = "AMD EPYC-Genoa Processor",
        .caches = &epyc_genoa_caches,
        .versions = epyc_genoa_versions,
    },
    {
        .name = "EPYC-Turin",
        .level = 0xd,
        .xlevel = 0x80000022,
        .vendor = CPUID_VENDOR_AMD,
        .family = 26,
        .model = 0,
        .stepping = 0,
        .like = "EPYC-Genoa",
        .features =
            {
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_MOVDIRI | CPUID_7_0_ECX_MOVDIR64B,
                [FEAT_7_0_EDX] = CPUID_7_0_EDX_AVX512_VP2INTERSECT,
                [FEAT_7_1_EAX] = CPUID_7_1_EAX_AVX_VNNI,
                [FEAT_8000_0007_EBX] =
                    CPUID_8000_0007_EBX_OVERFLOW_RECOV | CPUID_8000_0007_EBX_SUCCOR,
                [FEAT_8000_0021_EAX] = CPUID_8000_0021_EAX_FS_GS_BASE_NS |
                                       CPUID_8000_0021_EAX_PREFETCHI | CPUID_8000_0021_EAX_SBPB |
                                       CPUID_8000_0021_EAX_IBPB_BRTYPE |
                                       CPUID_8000_0021_EAX_SRSO_USER_KERNEL_NO,
                [FEAT_8000_0022_EAX] = CPUID_8000_0022_EAX_PERFMON_V2,
                [FEAT_SVM] = CPUID_SVM_LBRV | CPUID_SVM_TSCSCALE | CPUID_SVM_VMCBCLEAN |
                             CPUID_SVM_FLUSHASID | CPUID_SVM_PAUSEFILTER | CPUID_SVM_PFTHRESHOLD |
                             CPUID_SVM_V_VMSAVE_VMLOAD | CPUID_SVM_VGIF,
            },
        .model_id = "AMD EPYC-Turin Processor",
        .caches = &epyc_turin_caches,
        .versions = epyc_turin_versions,
    },
};

const X86CPUDefinitionTable x86_defs_amd_epyc = {defs, G_N_ELEMENTS(defs)};
