/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU models: Intel Core and the Xeons of the same generation, up to Skylake-Client.
 *
 * Each lists what version 1 has besides, and without, the features of the model
 * it is like, by CPUID register; and what later versions change.
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
        .like = "Conroe",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_CX16 | CPUID_EXT_SSE41,
                [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_WBINVD_EXIT,
                [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL,
                [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL,
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
        .like = "Penryn",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_SSE42 | CPUID_EXT_POPCNT,
                [FEAT_VMX_PROCBASED_CTLS] = VMX_CPU_BASED_CR3_LOAD_NOEXIT |
                                            VMX_CPU_BASED_CR3_STORE_NOEXIT | VMX_CPU_BASED_MTF,
                [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_EPT | VMX_SECONDARY_EXEC_DESC_EXIT |
                                            VMX_SECONDARY_EXEC_APICV_X2APIC |
                                            VMX_SECONDARY_EXEC_VPID,
                [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_PREEMPTION_TIMER,
                [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_NOSAVE_DEBUGCTL | VMX_VM_EXIT_SAVE_PAT |
                                       VMX_VM_EXIT_LOAD_PAT | VMX_VM_EXIT_SAVE_EFER |
                                       VMX_VM_EXIT_LOAD_EFER | VMX_VM_EXIT_SAVE_PREEMPTION_TIMER,
                [FEAT_VMX_ENTRY_CTLS] =
                    VMX_VM_ENTRY_NOLOAD_DEBUGCTL | VMX_VM_ENTRY_LOAD_PAT | VMX_VM_ENTRY_LOAD_EFER,
                [FEAT_VMX_EPT_VPID_CAPS] =
                    VMX_EPT_VPID_CAP_EPT_EXECONLY | VMX_EPT_VPID_CAP_PAGE_WALK_4 |
                    VMX_EPT_VPID_CAP_EPT_2MB | VMX_EPT_VPID_CAP_EPT_1GB | VMX_EPT_VPID_CAP_INVEPT |
                    VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT |
                    VMX_EPT_VPID_CAP_INVVPID | VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR |
                    VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT |
                    VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS,
                [FEAT_VMX_BASIC] = VMX_BASIC_TRUE_CTLS,
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
        .like = "Nehalem",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_PCLMULQDQ | CPUID_EXT_AES,
                [FEAT_6_EAX] = CPUID_6_EAX_ARAT,
                [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST,
                [FEAT_VMX_MISC] = VMX_MISC_STORE_LMA,
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
        .like = "Westmere",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_X2APIC | CPUID_EXT_TSC_DEADLINE_TIMER | CPUID_EXT_XSAVE |
                               CPUID_EXT_AVX,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_RDTSCP,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVEOPT,
                [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_RDTSCP_EXIT,
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
        .like = "SandyBridge",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_F16C | CPUID_EXT_RDRAND,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_FSGSBASE | CPUID_7_0_EBX_SMEP | CPUID_7_0_EBX_ERMS,
                [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_APICV_REGISTER |
                                            VMX_SECONDARY_EXEC_APICV_VID |
                                            VMX_SECONDARY_EXEC_RDRAND_EXIT,
                [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_POSTED_INTR,
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
        .like = "IvyBridge",
        .features =
            {
                [FEAT_1_ECX] = CPUID_EXT_FMA | CPUID_EXT_PCID | CPUID_EXT_MOVBE,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_BMI1 | CPUID_7_0_EBX_HLE | CPUID_7_0_EBX_AVX2 |
                                 CPUID_7_0_EBX_BMI2 | CPUID_7_0_EBX_INVPCID | CPUID_7_0_EBX_RTM,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_ABM,
                [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_INVPCID_EXIT |
                                            VMX_SECONDARY_EXEC_VMFUNC |
                                            VMX_SECONDARY_EXEC_SHADOW_VMCS,
                [FEAT_VMX_MISC] = VMX_MISC_VMWRITE_VMEXIT_FIELDS,
                [FEAT_VMX_EPT_VPID_CAPS] = VMX_EPT_VPID_CAP_EPTAD,
                [FEAT_VMX_VMFUNC] = VMX_VMFUNC_EPTP_SWITCHING,
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
        .like = "Haswell",
        .features =
            {
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_RDSEED | CPUID_7_0_EBX_ADX | CPUID_7_0_EBX_SMAP,
                [FEAT_8000_0001_ECX] = CPUID_EXT3_3DNOWPREFETCH,
                [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_RDSEED_EXIT | VMX_SECONDARY_EXEC_PML,
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
        .like = "Broadwell",
        .features =
            {
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVEC | CPUID_XSAVE_XGETBV1,
            },
        .without =
            {
                [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_APICV_X2APIC |
                                            VMX_SECONDARY_EXEC_APICV_REGISTER |
                                            VMX_SECONDARY_EXEC_APICV_VID,
                [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_POSTED_INTR,
            },
        .model_id = "Intel Core Processor (Skylake)",
        .versions = skylake_client_versions,
    },
};

const X86CPUDefinitionTable x86_defs_intel_core = {defs, G_N_ELEMENTS(defs)};
