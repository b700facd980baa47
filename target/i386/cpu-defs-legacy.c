/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU models: Generic models and processors of the 32-bit age.
 *
 * Each lists the features of version 1, by CPUID register, and what later
 * versions change.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "target/i386/cpu-model.h"
#include "target/i386/cpu-defs-vmx.h"

static const CPUCaches pentium2_caches = {
    .l1d =
        {
            .type = CPU_CACHE_DATA,
            .level = 1,
            .size = 16 * KiB,
            .line_size = 32,
            .associativity = 4,
            .partitions = 1,
            .sets = 128,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
        },
    .l1i =
        {
            .type = CPU_CACHE_INSTRUCTION,
            .level = 1,
            .size = 16 * KiB,
            .line_size = 32,
            .associativity = 4,
            .partitions = 1,
            .sets = 128,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
        },
    .l2 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 2,
            .size = 512 * KiB,
            .line_size = 32,
            .associativity = 4,
            .partitions = 1,
            .sets = 4096,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
        },
};

static const X86CPUDefinition defs[] = {
    {
        .name = "qemu64",
        .level = 0xd,
        .xlevel = 0x8000000a,
        .vendor = CPUID_VENDOR_AMD,
        .family = 15, .model = 107, .stepping = 1,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR | CPUID_PAE |
                CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_MTRR | CPUID_PGE |
                CPUID_MCA | CPUID_CMOV | CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX |
                CPUID_FXSR | CPUID_SSE | CPUID_SSE2,
            [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_CX16,
            [FEAT_8000_0001_EDX] = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_LM,
            [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM | CPUID_EXT3_SVM,
        },
        .model_id = "QEMU Virtual CPU version 2.5+",
    },
    {
        .name = "kvm64",
        .level = 0xd,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 15, .model = 6, .stepping = 1,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |
                CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_MTRR |
                CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH |
                CPUID_MMX | CPUID_FXSR | CPUID_SSE | CPUID_SSE2,
            [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_CX16,
            [FEAT_8000_0001_EDX] = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_LM,
            VMX_KVM64,
        },
        .model_id = "Common KVM processor",
    },
    {
        .name = "qemu32",
        .level = 0x4,
        .xlevel = 0x80000004,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6, .model = 6, .stepping = 3,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR | CPUID_PAE |
                CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_PGE | CPUID_CMOV |
                CPUID_PAT | CPUID_MMX | CPUID_FXSR | CPUID_SSE | CPUID_SSE2,
            [FEAT_1_ECX] = CPUID_EXT_SSE3,
        },
        .model_id = "QEMU Virtual CPU version 2.5+",
    },
    {
        .name = "kvm32",
        .level = 0x5,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 15, .model = 6, .stepping = 1,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |
                CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_MTRR |
                CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH |
                CPUID_MMX | CPUID_FXSR | CPUID_SSE | CPUID_SSE2,
            [FEAT_1_ECX] = CPUID_EXT_SSE3,
            VMX_KVM32,
        },
        .model_id = "Common 32-bit KVM processor",
    },
    {
        .name = "486",
        .level = 0x1,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 4, .model = 8, .stepping = 0,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_PSE,
        },
        .model_id = "",
        .legacy_cache_off = true,
    },
    {
        .name = "pentium",
        .level = 0x1,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 5, .model = 4, .stepping = 3,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |
                CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_MMX,
        },
        .model_id = "",
        .legacy_cache_off = true,
    },
    {
        .name = "pentium2",
        .level = 0x2,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6, .model = 5, .stepping = 2,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |
                CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_MTRR |
                CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT | CPUID_PSE36 | CPUID_MMX |
                CPUID_FXSR,
        },
        .model_id = "",
        .caches = &pentium2_caches,
    },
    {
        .name = "pentium3",
        .level = 0x3,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6, .model = 7, .stepping = 3,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |
                CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_MTRR |
                CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT | CPUID_PSE36 | CPUID_MMX |
                CPUID_FXSR | CPUID_SSE,
        },
        .model_id = "",
        .caches = &pentium2_caches,
    },
    {
        .name = "athlon",
        .level = 0x2,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_AMD,
        .family = 6, .model = 2, .stepping = 3,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |
                CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_MTRR |
                CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT | CPUID_PSE36 | CPUID_MMX |
                CPUID_FXSR | CPUID_SSE | CPUID_SSE2,
            [FEAT_8000_0001_EDX] = CPUID_EXT2_MMXEXT | CPUID_EXT2_3DNOWEXT | CPUID_EXT2_3DNOW,
        },
        .model_id = "QEMU Virtual CPU version 2.5+",
    },
    {
        .name = "phenom",
        .level = 0x5,
        .xlevel = 0x8000001a,
        .vendor = CPUID_VENDOR_AMD,
        .family = 16, .model = 2, .stepping = 3,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |
                CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_MTRR |
                CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH |
                CPUID_MMX | CPUID_FXSR | CPUID_SSE | CPUID_SSE2,
            [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_MONITOR | CPUID_EXT_CX16 | CPUID_EXT_POPCNT,
            [FEAT_8000_0001_EDX] = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_MMXEXT |
                CPUID_EXT2_FFXSR | CPUID_EXT2_PDPE1GB | CPUID_EXT2_RDTSCP | CPUID_EXT2_LM |
                CPUID_EXT2_3DNOWEXT | CPUID_EXT2_3DNOW,
            [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM | CPUID_EXT3_SVM | CPUID_EXT3_ABM |
                CPUID_EXT3_SSE4A,
            [FEAT_SVM] = CPUID_SVM_NPT,
        },
        .model_id = "AMD Phenom(tm) 9550 Quad-Core Processor",
    },
    {
        .name = "coreduo",
        .level = 0xa,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6, .model = 14, .stepping = 8,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |
                CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_MTRR |
                CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT | CPUID_CLFLUSH | CPUID_ACPI |
                CPUID_MMX | CPUID_FXSR | CPUID_SSE | CPUID_SSE2 | CPUID_SS,
            [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_MONITOR,
            [FEAT_8000_0001_EDX] = CPUID_EXT2_NX,
            VMX_KVM32,
        },
        .model_id = "Genuine Intel(R) CPU           T2600  @ 2.16GHz",
    },
    {
        .name = "core2duo",
        .level = 0xa,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6, .model = 15, .stepping = 11,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |
                CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_MTRR |
                CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH |
                CPUID_ACPI | CPUID_MMX | CPUID_FXSR | CPUID_SSE | CPUID_SSE2 | CPUID_SS,
            [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_MONITOR | CPUID_EXT_SSSE3 | CPUID_EXT_CX16,
            [FEAT_8000_0001_EDX] = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_LM,
            [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM,
            VMX_CORE2DUO,
        },
        .model_id = "Intel(R) Core(TM)2 Duo CPU     T7700  @ 2.40GHz",
    },
    {
        .name = "n270",
        .level = 0xa,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6, .model = 28, .stepping = 2,
        .features = {
            [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |
                CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_MTRR |
                CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT | CPUID_CLFLUSH | CPUID_ACPI |
                CPUID_MMX | CPUID_FXSR | CPUID_SSE | CPUID_SSE2 | CPUID_SS,
            [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_MONITOR | CPUID_EXT_SSSE3 | CPUID_EXT_MOVBE,
            [FEAT_8000_0001_EDX] = CPUID_EXT2_NX,
            [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM,
        },
        .model_id = "Intel(R) Atom(TM) CPU N270   @ 1.60GHz",
    },
};

const X86CPUDefinitionTable x86_defs_legacy = {defs, G_N_ELEMENTS(defs)};
