/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU models: Zhaoxin.
 *
 * Each lists the features of version 1, by CPUID register, and what later
 * versions change.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "target/i386/cpu-model.h"

static const CPUCaches yongfeng_caches = {
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
            .associativity = 16,
            .partitions = 1,
            .sets = 32,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 256 * KiB,
            .line_size = 64,
            .associativity = 4,
            .partitions = 1,
            .sets = 1024,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
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
            .share = X86_TOPO_SOCKET,
            .self_init = true,
            .complex_indexing = true,
        },
};

static const X86CPUVersionDefinition yongfeng_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .note = "no model",
        .props =
            (const X86PropValue[]){
                {"model", "91"},
                {},
            },
    },
    {
        .version = 3,
        .caches = &yongfeng_caches,
        .props =
            (const X86PropValue[]){
                {"x-force-cpuid-0x1f", "on"},
                {},
            },
    },
    {},
};

static const X86CPUDefinition defs[] = {
    {
        .name = "YongFeng",
        .level = 0x1f,
        .xlevel = 0x80000008,
        .xlevel2 = 0xc0000001,
        .vendor = CPUID_VENDOR_ZHAOXIN1,
        .family = 7,
        .model = 11,
        .stepping = 3,
        .features =
            {
                [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC |
                               CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC |
                               CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
                               CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_ACPI | CPUID_MMX |
                               CPUID_FXSR | CPUID_SSE | CPUID_SSE2 | CPUID_SS,
                [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_PCLMULQDQ | CPUID_EXT_MONITOR |
                               CPUID_EXT_SSSE3 | CPUID_EXT_FMA | CPUID_EXT_CX16 | CPUID_EXT_PCID |
                               CPUID_EXT_SSE41 | CPUID_EXT_SSE42 | CPUID_EXT_X2APIC |
                               CPUID_EXT_MOVBE | CPUID_EXT_POPCNT | CPUID_EXT_TSC_DEADLINE_TIMER |
                               CPUID_EXT_AES | CPUID_EXT_XSAVE | CPUID_EXT_AVX | CPUID_EXT_F16C |
                               CPUID_EXT_RDRAND,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_FSGSBASE | CPUID_7_0_EBX_BMI1 | CPUID_7_0_EBX_AVX2 |
                                 CPUID_7_0_EBX_SMEP | CPUID_7_0_EBX_BMI2 | CPUID_7_0_EBX_INVPCID |
                                 CPUID_7_0_EBX_RDSEED | CPUID_7_0_EBX_ADX | CPUID_7_0_EBX_SMAP |
                                 CPUID_7_0_EBX_SHA_NI,
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_UMIP | CPUID_7_0_ECX_PKU | CPUID_7_0_ECX_RDPID,
                [FEAT_7_0_EDX] = CPUID_7_0_EDX_SPEC_CTRL | CPUID_7_0_EDX_ARCH_CAPABILITIES,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_PDPE1GB |
                                       CPUID_EXT2_RDTSCP | CPUID_EXT2_LM,
                [FEAT_8000_0001_ECX] =
                    CPUID_EXT3_LAHF_LM | CPUID_EXT3_ABM | CPUID_EXT3_3DNOWPREFETCH,
                [FEAT_8000_0007_EDX] = CPUID_APM_INVTSC,
                [FEAT_C000_0001_EDX] = CPUID_EXT4_XSTORE | CPUID_EXT4_XSTORE_EN |
                                       CPUID_EXT4_XCRYPT | CPUID_EXT4_XCRYPT_EN | CPUID_EXT4_ACE2 |
                                       CPUID_EXT4_PHE | CPUID_EXT4_PHE_EN | CPUID_EXT4_PMM |
                                       CPUID_EXT4_PMM_EN,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVEOPT,
                [FEAT_ARCH_CAPABILITIES] = MSR_ARCH_CAP_RDCTL_NO | MSR_ARCH_CAP_SKIP_L1DFL_VMENTRY |
                                           MSR_ARCH_CAP_SSB_NO | MSR_ARCH_CAP_MDS_NO |
                                           MSR_ARCH_CAP_PSCHANGE_MC_NO,
            },
        .model_id = "Zhaoxin YongFeng Processor",
        .versions = yongfeng_versions,
    },
};

const X86CPUDefinitionTable x86_defs_zhaoxin = {defs, G_N_ELEMENTS(defs)};
