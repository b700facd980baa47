/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU models: AMD Opteron, Hygon Dhyana.
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

static const X86CPUVersionDefinition dhyana_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .note = "xsaves",
        .props =
            (const X86PropValue[]){
                {"xsaves", "on"},
                {},
            },
    },
    {},
};

static const X86CPUDefinition defs[] = {
    {
        .name = "Opteron_G1",
        .level = 0x5,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_AMD,
        .family = 15,
        .model = 6,
        .stepping = 1,
        .features =
            {
                [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC |
                               CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC |
                               CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
                               CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR |
                               CPUID_SSE | CPUID_SSE2,
                [FEAT_1_ECX] = CPUID_EXT_SSE3,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_LM,
            },
        .model_id = "AMD Opteron 240 (Gen 1 Class Opteron)",
    },
    {
        .name = "Opteron_G2",
        .level = 0x5,
        .xlevel = 0x8000000a,
        .vendor = CPUID_VENDOR_AMD,
        .family = 15,
        .model = 6,
        .stepping = 1,
        .like = "Opteron_G1",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_CX16,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM | CPUID_EXT3_SVM,
            },
        .model_id = "AMD Opteron 22xx (Gen 2 Class Opteron)",
    },
    {
        .name = "Opteron_G3",
        .level = 0x5,
        .xlevel = 0x8000000a,
        .vendor = CPUID_VENDOR_AMD,
        .family = 16,
        .model = 2,
        .stepping = 3,
        .like = "Opteron_G2",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_MONITOR | CPUID_EXT_POPCNT,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_RDTSCP,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_ABM | CPUID_EXT3_SSE4A | CPUID_EXT3_MISALIGNSSE,
            },
        .model_id = "AMD Opteron 23xx (Gen 3 Class Opteron)",
    },
    {
        .name = "Opteron_G4",
        .level = 0xd,
        .xlevel = 0x8000001a,
        .vendor = CPUID_VENDOR_AMD,
        .family = 21,
        .model = 1,
        .stepping = 2,
        .like = "Opteron_G3",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_PCLMULQDQ | CPUID_EXT_SSSE3 | CPUID_EXT_SSE41 |
                               CPUID_EXT_SSE42 | CPUID_EXT_AES | CPUID_EXT_XSAVE | CPUID_EXT_AVX,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_PDPE1GB,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_3DNOWPREFETCH | CPUID_EXT3_XOP | CPUID_EXT3_FMA4,
                [FEAT_SVM] = CPUID_SVM_NPT | CPUID_SVM_NRIPSAVE,
            },
        .without =
            {
                [FEAT_1_ECX] = CPUID_EXT_MONITOR,
            },
        .model_id = "AMD Opteron 62xx class CPU",
    },
    {
        .name = "Opteron_G5",
        .level = 0xd,
        .xlevel = 0x8000001a,
        .vendor = CPUID_VENDOR_AMD,
        .family = 21,
        .model = 2,
        .stepping = 0,
        .like = "Opteron_G4",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_FMA | CPUID_EXT_F16C,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_TBM,
            },
        .model_id = "AMD Opteron 63xx class CPU",
    },
    {
        .name = "Dhyana",
        .level = 0xd,
        .xlevel = 0x8000001e,
        .vendor = CPUID_VENDOR_HYGON,
        .family = 24,
        .model = 0,
        .stepping = 1,
        .like = "EPYC",
        .features =
            {
                [FEAT_8000_0008_EBX] = CPUID_8000_0008_EBX_IBPB,
            },
        .without =
            {
                [FEAT_1_ECX] = CPUID_EXT_PCLMULQDQ | CPUID_EXT_AES,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_SHA_NI,
            },
        .model_id = "Hygon Dhyana Processor",
        .caches = &epyc_caches,
        .versions = dhyana_versions,
    },
};

const X86CPUDefinitionTable x86_defs_amd = {defs, G_N_ELEMENTS(defs)};
