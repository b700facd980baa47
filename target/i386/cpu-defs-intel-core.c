/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU models: Intel Core and the Xeons of the same generation, up to Skylake-Client.
 *
 * Each lists the features of version 1, by CPUID register, and what later
 * versions change.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "target/i386/cpu-model.h"
#include "target/i386/cpu-defs-vmx.h"

static const X86CPUVersionDefinition nehalem_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .alias = "Nehalem-IBRS",
        .props =
            (const X86PropValue[]){
                {"spec-ctrl", "on"},
                {"model-id", "Intel Core i7 9xx (Nehalem Core i7, IBRS update)"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition westmere_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .alias = "Westmere-IBRS",
        .props =
            (const X86PropValue[]){
                {"spec-ctrl", "on"},
                {"model-id", "Westmere E56xx/L56xx/X56xx (IBRS update)"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition sandybridge_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .alias = "SandyBridge-IBRS",
        .props =
            (const X86PropValue[]){
                {"spec-ctrl", "on"},
                {"model-id", "Intel Xeon E312xx (Sandy Bridge, IBRS update)"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition ivybridge_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .alias = "IvyBridge-IBRS",
        .props =
            (const X86PropValue[]){
                {"spec-ctrl", "on"},
                {"model-id", "Intel Xeon E3-12xx v2 (Ivy Bridge, IBRS)"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition haswell_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .alias = "Haswell-noTSX",
        .props =
            (const X86PropValue[]){
                {"hle", "off"},
                {"rtm", "off"},
                {"model-id", "Intel Core Processor (Haswell, no TSX)"},
                {"stepping", "1"},
                {},
            },
    },
    {
        .version = 3,
        .alias = "Haswell-IBRS",
        .props =
            (const X86PropValue[]){
                {"hle", "on"},
                {"rtm", "on"},
                {"spec-ctrl", "on"},
                {"model-id", "Intel Core Processor (Haswell, IBRS)"},
                {"stepping", "4"},
                {},
            },
    },
    {
        .version = 4,
        .alias = "Haswell-noTSX-IBRS",
        .props =
            (const X86PropValue[]){
                {"hle", "off"},
                {"rtm", "off"},
                {"model-id", "Intel Core Processor (Haswell, no TSX, IBRS)"},
                {"stepping", "1"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition broadwell_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .alias = "Broadwell-noTSX",
        .props =
            (const X86PropValue[]){
                {"hle", "off"},
                {"rtm", "off"},
                {"model-id", "Intel Core Processor (Broadwell, no TSX)"},
                {},
            },
    },
    {
        .version = 3,
        .alias = "Broadwell-IBRS",
        .props =
            (const X86PropValue[]){
                {"hle", "on"},
                {"rtm", "on"},
                {"spec-ctrl", "on"},
                {"model-id", "Intel Core Processor (Broadwell, IBRS)"},
                {},
            },
    },
    {
        .version = 4,
        .alias = "Broadwell-noTSX-IBRS",
        .props =
            (const X86PropValue[]){
                {"hle", "off"},
                {"rtm", "off"},
                {"model-id", "Intel Core Processor (Broadwell, no TSX, IBRS)"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition skylake_client_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .alias = "Skylake-Client-IBRS",
        .props =
            (const X86PropValue[]){
                {"spec-ctrl", "on"},
                {"model-id", "Intel Core Processor (Skylake, IBRS)"},
                {},
            },
    },
    {
        .version = 3,
        .alias = "Skylake-Client-noTSX-IBRS",
        .props =
            (const X86PropValue[]){
                {"hle", "off"},
                {"rtm", "off"},
                {"model-id", "Intel Core Processor (Skylake, IBRS, no TSX)"},
                {},
            },
    },
    {
        .version = 4,
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

static const X86CPUDefinition defs[] = {
    {
        .name = "Conroe",
        .level = 0xa,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 15,
        .stepping = 3,
        .features =
            {
                [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC |
                               CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC |
                               CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
                               CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR |
                               CPUID_SSE | CPUID_SSE2,
                [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_SSSE3,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_LM,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM,
                VMX_CORE2DUO,
            },
        .model_id = "Intel Celeron_4x0 (Conroe/Merom Class Core 2)",
    },
    {
        .name = "Penryn",
        .level = 0xa,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 23,
        .stepping = 3,
        .features =
            {
                [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC |
                               CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC |
                               CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
                               CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR |
                               CPUID_SSE | CPUID_SSE2,
                [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_SSSE3 | CPUID_EXT_CX16 | CPUID_EXT_SSE41,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_LM,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM,
                VMX_PENRYN,
            },
        .model_id = "Intel Core 2 Duo P9xxx (Penryn Class Core 2)",
    },
    {
        .name = "Nehalem",
        .level = 0xb,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 26,
        .stepping = 3,
        .features =
            {
                [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC |
                               CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC |
                               CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
                               CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR |
                               CPUID_SSE | CPUID_SSE2,
                [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_SSSE3 | CPUID_EXT_CX16 | CPUID_EXT_SSE41 |
                               CPUID_EXT_SSE42 | CPUID_EXT_POPCNT,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_LM,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM,
                VMX_NEHALEM,
            },
        .model_id = "Intel Core i7 9xx (Nehalem Class Core i7)",
        .versions = nehalem_versions,
    },
    {
        .name = "Westmere",
        .level = 0xb,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 44,
        .stepping = 1,
        .features =
            {
                [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC |
                               CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC |
                               CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
                               CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR |
                               CPUID_SSE | CPUID_SSE2,
                [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_PCLMULQDQ | CPUID_EXT_SSSE3 |
                               CPUID_EXT_CX16 | CPUID_EXT_SSE41 | CPUID_EXT_SSE42 |
                               CPUID_EXT_POPCNT | CPUID_EXT_AES,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_LM,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM,
                [FEAT_6_EAX] = CPUID_6_EAX_ARAT,
                VMX_WESTMERE,
            },
        .model_id = "Westmere E56xx/L56xx/X56xx (Nehalem-C)",
        .versions = westmere_versions,
    },
    {
        .name = "SandyBridge",
        .level = 0xd,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 42,
        .stepping = 1,
        .features =
            {
                [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC |
                               CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC |
                               CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
                               CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR |
                               CPUID_SSE | CPUID_SSE2,
                [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_PCLMULQDQ | CPUID_EXT_SSSE3 |
                               CPUID_EXT_CX16 | CPUID_EXT_SSE41 | CPUID_EXT_SSE42 |
                               CPUID_EXT_X2APIC | CPUID_EXT_POPCNT | CPUID_EXT_TSC_DEADLINE_TIMER |
                               CPUID_EXT_AES | CPUID_EXT_XSAVE | CPUID_EXT_AVX,
                [FEAT_8000_0001_EDX] =
                    CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_RDTSCP | CPUID_EXT2_LM,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVEOPT,
                [FEAT_6_EAX] = CPUID_6_EAX_ARAT,
                VMX_SANDYBRIDGE,
            },
        .model_id = "Intel Xeon E312xx (Sandy Bridge)",
        .versions = sandybridge_versions,
    },
    {
        .name = "IvyBridge",
        .level = 0xd,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 58,
        .stepping = 9,
        .features =
            {
                [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC |
                               CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC |
                               CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
                               CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR |
                               CPUID_SSE | CPUID_SSE2,
                [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_PCLMULQDQ | CPUID_EXT_SSSE3 |
                               CPUID_EXT_CX16 | CPUID_EXT_SSE41 | CPUID_EXT_SSE42 |
                               CPUID_EXT_X2APIC | CPUID_EXT_POPCNT | CPUID_EXT_TSC_DEADLINE_TIMER |
                               CPUID_EXT_AES | CPUID_EXT_XSAVE | CPUID_EXT_AVX | CPUID_EXT_F16C |
                               CPUID_EXT_RDRAND,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_FSGSBASE | CPUID_7_0_EBX_SMEP | CPUID_7_0_EBX_ERMS,
                [FEAT_8000_0001_EDX] =
                    CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_RDTSCP | CPUID_EXT2_LM,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVEOPT,
                [FEAT_6_EAX] = CPUID_6_EAX_ARAT,
                VMX_IVYBRIDGE,
            },
        .model_id = "Intel Xeon E3-12xx v2 (Ivy Bridge)",
        .versions = ivybridge_versions,
    },
    {
        .name = "Haswell",
        .level = 0xd,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 60,
        .stepping = 4,
        .features =
            {
                [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC |
                               CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC |
                               CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
                               CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR |
                               CPUID_SSE | CPUID_SSE2,
                [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_PCLMULQDQ | CPUID_EXT_SSSE3 |
                               CPUID_EXT_FMA | CPUID_EXT_CX16 | CPUID_EXT_PCID | CPUID_EXT_SSE41 |
                               CPUID_EXT_SSE42 | CPUID_EXT_X2APIC | CPUID_EXT_MOVBE |
                               CPUID_EXT_POPCNT | CPUID_EXT_TSC_DEADLINE_TIMER | CPUID_EXT_AES |
                               CPUID_EXT_XSAVE | CPUID_EXT_AVX | CPUID_EXT_F16C | CPUID_EXT_RDRAND,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_FSGSBASE | CPUID_7_0_EBX_BMI1 | CPUID_7_0_EBX_HLE |
                                 CPUID_7_0_EBX_AVX2 | CPUID_7_0_EBX_SMEP | CPUID_7_0_EBX_BMI2 |
                                 CPUID_7_0_EBX_ERMS | CPUID_7_0_EBX_INVPCID | CPUID_7_0_EBX_RTM,
                [FEAT_8000_0001_EDX] =
                    CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_RDTSCP | CPUID_EXT2_LM,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM | CPUID_EXT3_ABM,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVEOPT,
                [FEAT_6_EAX] = CPUID_6_EAX_ARAT,
                VMX_HASWELL,
            },
        .model_id = "Intel Core Processor (Haswell)",
        .versions = haswell_versions,
    },
    {
        .name = "Broadwell",
        .level = 0xd,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 61,
        .stepping = 2,
        .features =
            {
                [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC |
                               CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC |
                               CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
                               CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR |
                               CPUID_SSE | CPUID_SSE2,
                [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_PCLMULQDQ | CPUID_EXT_SSSE3 |
                               CPUID_EXT_FMA | CPUID_EXT_CX16 | CPUID_EXT_PCID | CPUID_EXT_SSE41 |
                               CPUID_EXT_SSE42 | CPUID_EXT_X2APIC | CPUID_EXT_MOVBE |
                               CPUID_EXT_POPCNT | CPUID_EXT_TSC_DEADLINE_TIMER | CPUID_EXT_AES |
                               CPUID_EXT_XSAVE | CPUID_EXT_AVX | CPUID_EXT_F16C | CPUID_EXT_RDRAND,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_FSGSBASE | CPUID_7_0_EBX_BMI1 | CPUID_7_0_EBX_HLE |
                                 CPUID_7_0_EBX_AVX2 | CPUID_7_0_EBX_SMEP | CPUID_7_0_EBX_BMI2 |
                                 CPUID_7_0_EBX_ERMS | CPUID_7_0_EBX_INVPCID | CPUID_7_0_EBX_RTM |
                                 CPUID_7_0_EBX_RDSEED | CPUID_7_0_EBX_ADX | CPUID_7_0_EBX_SMAP,
                [FEAT_8000_0001_EDX] =
                    CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_RDTSCP | CPUID_EXT2_LM,
                [FEAT_8000_0001_ECX] =
                    CPUID_EXT3_LAHF_LM | CPUID_EXT3_ABM | CPUID_EXT3_3DNOWPREFETCH,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVEOPT,
                [FEAT_6_EAX] = CPUID_6_EAX_ARAT,
                VMX_BROADWELL,
            },
        .model_id = "Intel Core Processor (Broadwell)",
        .versions = broadwell_versions,
    },
    {
        .name = "Skylake-Client",
        .level = 0xd,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 94,
        .stepping = 3,
        .features =
            {
                [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC |
                               CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC |
                               CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
                               CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR |
                               CPUID_SSE | CPUID_SSE2,
                [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_PCLMULQDQ | CPUID_EXT_SSSE3 |
                               CPUID_EXT_FMA | CPUID_EXT_CX16 | CPUID_EXT_PCID | CPUID_EXT_SSE41 |
                               CPUID_EXT_SSE42 | CPUID_EXT_X2APIC | CPUID_EXT_MOVBE |
                               CPUID_EXT_POPCNT | CPUID_EXT_TSC_DEADLINE_TIMER | CPUID_EXT_AES |
                               CPUID_EXT_XSAVE | CPUID_EXT_AVX | CPUID_EXT_F16C | CPUID_EXT_RDRAND,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_FSGSBASE | CPUID_7_0_EBX_BMI1 | CPUID_7_0_EBX_HLE |
                                 CPUID_7_0_EBX_AVX2 | CPUID_7_0_EBX_SMEP | CPUID_7_0_EBX_BMI2 |
                                 CPUID_7_0_EBX_ERMS | CPUID_7_0_EBX_INVPCID | CPUID_7_0_EBX_RTM |
                                 CPUID_7_0_EBX_RDSEED | CPUID_7_0_EBX_ADX | CPUID_7_0_EBX_SMAP,
                [FEAT_8000_0001_EDX] =
                    CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_RDTSCP | CPUID_EXT2_LM,
                [FEAT_8000_0001_ECX] =
                    CPUID_EXT3_LAHF_LM | CPUID_EXT3_ABM | CPUID_EXT3_3DNOWPREFETCH,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVEOPT | CPUID_XSAVE_XSAVEC | CPUID_XSAVE_XGETBV1,
                [FEAT_6_EAX] = CPUID_6_EAX_ARAT,
                VMX_SKYLAKE_CLIENT,
            },
        .model_id = "Intel Core Processor (Skylake)",
        .versions = skylake_client_versions,
    },
};

const X86CPUDefinitionTable x86_defs_intel_core = {defs, G_N_ELEMENTS(defs)};
