/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU models: Intel Xeon Scalable and its successors, Xeon Phi.
 *
 * Each lists what version 1 has besides, and without, the features of the model
 * it is like, by CPUID register; and what later versions change.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "target/i386/cpu-model.h"
#include "target/i386/cpu-defs-vmx.h"

static const CPUCaches sapphire_rapids_caches = {
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
            .size = 2 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 2048,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 60 * MiB,
            .line_size = 64,
            .associativity = 15,
            .partitions = 1,
            .sets = 65536,
            .lines_per_tag = 1,
            .share = X86_TOPO_SOCKET,
            .self_init = true,
            .complex_indexing = true,
        },
};

static const CPUCaches granite_rapids_caches = {
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
            .size = 64 * KiB,
            .line_size = 64,
            .associativity = 16,
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
            .size = 2 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 2048,
            .lines_per_tag = 1,
            .share = X86_TOPO_CORE,
            .self_init = true,
        },
    .l3 =
        {
            .type = CPU_CACHE_UNIFIED,
            .level = 3,
            .size = 288 * MiB,
            .line_size = 64,
            .associativity = 16,
            .partitions = 1,
            .sets = 294912,
            .lines_per_tag = 1,
            .share = X86_TOPO_SOCKET,
            .self_init = true,
            .complex_indexing = true,
        },
};

static const X86CPUVersionDefinition skylake_server_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .alias = "Skylake-Server-IBRS",
        .props =
            (const X86PropValue[]){
                {"clflushopt", "off"},
                {"spec-ctrl", "on"},
                {"model-id", "Intel Xeon Processor (Skylake, IBRS)"},
                {},
            },
    },
    {
        .version = 3,
        .alias = "Skylake-Server-noTSX-IBRS",
        .props =
            (const X86PropValue[]){
                {"hle", "off"},
                {"rtm", "off"},
                {"model-id", "Intel Xeon Processor (Skylake, IBRS, no TSX)"},
                {},
            },
    },
    {
        .version = 4,
        .note = "IBRS, EPT switching, no TSX",
        .props =
            (const X86PropValue[]){
                {"vmx-eptp-switching", "on"},
                {},
            },
    },
    {
        .version = 5,
        .note = "vmx-xsaves, xsaves",
        .props =
            (const X86PropValue[]){
                {"vmx-xsaves", "on"},
                {"xsaves", "on"},
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

static const X86CPUVersionDefinition cascadelake_server_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .note = "ARCH_CAPABILITIES",
        .props =
            (const X86PropValue[]){
                {"arch-capabilities", "on"},
                {"ibrs-all", "on"},
                {"mds-no", "on"},
                {"rdctl-no", "on"},
                {"skip-l1dfl-vmentry", "on"},
                {},
            },
    },
    {
        .version = 3,
        .alias = "Cascadelake-Server-noTSX",
        .note = "ARCH_CAPABILITIES, no TSX",
        .props =
            (const X86PropValue[]){
                {"hle", "off"},
                {"rtm", "off"},
                {},
            },
    },
    {
        .version = 4,
        .note = "ARCH_CAPABILITIES, EPT switching, no TSX",
        .props =
            (const X86PropValue[]){
                {"vmx-eptp-switching", "on"},
                {},
            },
    },
    {
        .version = 5,
        .note = "vmx-xsaves, xsaves",
        .props =
            (const X86PropValue[]){
                {"vmx-xsaves", "on"},
                {"xsaves", "on"},
                {},
            },
    },
    {
        .version = 6,
        .note = "fb-clear, gds-no, psdp-no, rfds-no, sbdr-ssdp-no",
        .props =
            (const X86PropValue[]){
                {"fb-clear", "on"},
                {"gds-no", "on"},
                {"psdp-no", "on"},
                {"rfds-no", "on"},
                {"sbdr-ssdp-no", "on"},
                {},
            },
    },
    {
        .version = 7,
        .note = "vmx-mbec",
        .props =
            (const X86PropValue[]){
                {"vmx-mbec", "on"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition cooperlake_versions[] = {
    {.version = 1},
    {
        .version = 2,
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

static const X86CPUVersionDefinition icelake_server_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .alias = "Icelake-Server-noTSX",
        .note = "no TSX",
        .props =
            (const X86PropValue[]){
                {"hle", "off"},
                {"rtm", "off"},
                {},
            },
    },
    {
        .version = 3,
        .props =
            (const X86PropValue[]){
                {"arch-capabilities", "on"},
                {"ibrs-all", "on"},
                {"mds-no", "on"},
                {"pschange-mc-no", "on"},
                {"rdctl-no", "on"},
                {"skip-l1dfl-vmentry", "on"},
                {"taa-no", "on"},
                {},
            },
    },
    {
        .version = 4,
        .props =
            (const X86PropValue[]){
                {"avx512ifma", "on"},
                {"fsrm", "on"},
                {"rdpid", "on"},
                {"sha-ni", "on"},
                {"vmx-eptp-switching", "on"},
                {"vmx-pml", "on"},
                {"vmx-rdseed-exit", "on"},
                {"model", "106"},
                {},
            },
    },
    {
        .version = 5,
        .note = "vmx-xsaves, xsaves",
        .props =
            (const X86PropValue[]){
                {"vmx-xsaves", "on"},
                {"xsaves", "on"},
                {},
            },
    },
    {
        .version = 6,
        .note = "vmx-page-walk-5",
        .props =
            (const X86PropValue[]){
                {"vmx-page-walk-5", "on"},
                {},
            },
    },
    {
        .version = 7,
        .note = "TSX, taa-no",
        .props =
            (const X86PropValue[]){
                {"hle", "on"},
                {"rtm", "on"},
                {},
            },
    },
    {
        .version = 8,
        .note = "fb-clear, gds-no, psdp-no, rfds-no, sbdr-ssdp-no",
        .props =
            (const X86PropValue[]){
                {"fb-clear", "on"},
                {"gds-no", "on"},
                {"psdp-no", "on"},
                {"rfds-no", "on"},
                {"sbdr-ssdp-no", "on"},
                {},
            },
    },
    {
        .version = 9,
        .note = "vmx-mbec",
        .props =
            (const X86PropValue[]){
                {"vmx-mbec", "on"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition sapphirerapids_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .note = "fbsdp-no, psdp-no, sbdr-ssdp-no",
        .props =
            (const X86PropValue[]){
                {"fbsdp-no", "on"},
                {"psdp-no", "on"},
                {"sbdr-ssdp-no", "on"},
                {},
            },
    },
    {
        .version = 3,
        .note = "cldemote, movdir64b, movdiri, ss, tsc-adjust",
        .props =
            (const X86PropValue[]){
                {"cldemote", "on"},
                {"movdir64b", "on"},
                {"movdiri", "on"},
                {"ss", "on"},
                {"tsc-adjust", "on"},
                {},
            },
    },
    {
        .version = 4,
        .caches = &sapphire_rapids_caches,
        .props =
            (const X86PropValue[]){
                {"x-force-cpuid-0x1f", "on"},
                {},
            },
    },
    {
        .version = 5,
        .note = "cet-ibt, cet-ss",
        .props =
            (const X86PropValue[]){
                {"cet-ibt", "on"},
                {"cet-ss", "on"},
                {},
            },
    },
    {
        .version = 6,
        .note = "its-no",
        .props =
            (const X86PropValue[]){
                {"its-no", "on"},
                {},
            },
    },
    {
        .version = 7,
        .note = "gds-no, rfds-no",
        .props =
            (const X86PropValue[]){
                {"gds-no", "on"},
                {"rfds-no", "on"},
                {},
            },
    },
    {
        .version = 8,
        .note = "vmx-mbec",
        .props =
            (const X86PropValue[]){
                {"vmx-mbec", "on"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition graniterapids_versions[] = {
    {.version = 1},
    {
        .version = 2,
        .props =
            (const X86PropValue[]){
                {"avx10", "on"},
                {"avx10-128", "on"},
                {"avx10-256", "on"},
                {"avx10-512", "on"},
                {"cldemote", "on"},
                {"movdir64b", "on"},
                {"movdiri", "on"},
                {"ss", "on"},
                {"tsc-adjust", "on"},
                {"avx10-version", "1"},
                {"stepping", "1"},
                {},
            },
    },
    {
        .version = 3,
        .caches = &granite_rapids_caches,
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
        .note = "gds-no, rfds-no",
        .props =
            (const X86PropValue[]){
                {"gds-no", "on"},
                {"rfds-no", "on"},
                {},
            },
    },
    {
        .version = 7,
        .note = "vmx-mbec",
        .props =
            (const X86PropValue[]){
                {"vmx-mbec", "on"},
                {},
            },
    },
    {},
};

static const X86CPUVersionDefinition diamondrapids_versions[] = {
    {.version = 1},
    {
        .version = 2,
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
        .name = "Skylake-Server",
        .level = 0xd,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 85,
        .stepping = 4,
        .like = "Broadwell",
        .features =
            {
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_AVX512F | CPUID_7_0_EBX_AVX512DQ |
                                 CPUID_7_0_EBX_CLFLUSHOPT | CPUID_7_0_EBX_CLWB |
                                 CPUID_7_0_EBX_AVX512CD | CPUID_7_0_EBX_AVX512BW |
                                 CPUID_7_0_EBX_AVX512VL,
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_PKU,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_PDPE1GB,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVEC | CPUID_XSAVE_XGETBV1,
            },
        .without =
            {
                [FEAT_VMX_VMFUNC] = VMX_VMFUNC_EPTP_SWITCHING,
            },
        .model_id = "Intel Xeon Processor (Skylake)",
        .versions = skylake_server_versions,
    },
    {
        .name = "Cascadelake-Server",
        .level = 0xd,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 85,
        .stepping = 6,
        .like = "Skylake-Server",
        .features =
            {
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_AVX512VNNI,
                [FEAT_7_0_EDX] = CPUID_7_0_EDX_SPEC_CTRL | CPUID_7_0_EDX_SPEC_CTRL_SSBD,
            },
        .model_id = "Intel Xeon Processor (Cascadelake)",
        .versions = cascadelake_server_versions,
    },
    {
        .name = "Cooperlake",
        .level = 0xd,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 85,
        .stepping = 10,
        .like = "Cascadelake-Server",
        .features =
            {
                [FEAT_7_0_EDX] = CPUID_7_0_EDX_STIBP | CPUID_7_0_EDX_ARCH_CAPABILITIES,
                [FEAT_7_1_EAX] = CPUID_7_1_EAX_AVX512_BF16,
                [FEAT_ARCH_CAPABILITIES] = MSR_ARCH_CAP_RDCTL_NO | MSR_ARCH_CAP_IBRS_ALL |
                                           MSR_ARCH_CAP_SKIP_L1DFL_VMENTRY | MSR_ARCH_CAP_MDS_NO |
                                           MSR_ARCH_CAP_PSCHANGE_MC_NO | MSR_ARCH_CAP_TAA_NO,
                [FEAT_VMX_VMFUNC] = VMX_VMFUNC_EPTP_SWITCHING,
            },
        .model_id = "Intel Xeon Processor (Cooperlake)",
        .versions = cooperlake_versions,
    },
    {
        .name = "Icelake-Server",
        .level = 0xd,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 134,
        .stepping = 0,
        .like = "Cascadelake-Server",
        .features =
            {
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_AVX512VBMI | CPUID_7_0_ECX_UMIP |
                                 CPUID_7_0_ECX_AVX512VBMI2 | CPUID_7_0_ECX_GFNI |
                                 CPUID_7_0_ECX_VAES | CPUID_7_0_ECX_VPCLMULQDQ |
                                 CPUID_7_0_ECX_AVX512BITALG | CPUID_7_0_ECX_AVX512_VPOPCNTDQ |
                                 CPUID_7_0_ECX_LA57,
                [FEAT_8000_0008_EBX] = CPUID_8000_0008_EBX_WBNOINVD,
            },
        .without =
            {
                [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_RDSEED_EXIT | VMX_SECONDARY_EXEC_PML,
            },
        .model_id = "Intel Xeon Processor (Icelake)",
        .versions = icelake_server_versions,
    },
    {
        .name = "SapphireRapids",
        .level = 0x20,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 143,
        .stepping = 4,
        .like = "Icelake-Server",
        .features =
            {
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_AVX512IFMA | CPUID_7_0_EBX_SHA_NI,
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_RDPID | CPUID_7_0_ECX_BUS_LOCK_DETECT,
                [FEAT_7_0_EDX] = CPUID_7_0_EDX_FSRM | CPUID_7_0_EDX_SERIALIZE |
                                 CPUID_7_0_EDX_TSX_LDTRK | CPUID_7_0_EDX_AMX_BF16 |
                                 CPUID_7_0_EDX_AVX512_FP16 | CPUID_7_0_EDX_AMX_TILE |
                                 CPUID_7_0_EDX_AMX_INT8 | CPUID_7_0_EDX_ARCH_CAPABILITIES,
                [FEAT_7_1_EAX] = CPUID_7_1_EAX_AVX_VNNI | CPUID_7_1_EAX_AVX512_BF16 |
                                 CPUID_7_1_EAX_FZRM | CPUID_7_1_EAX_FSRS | CPUID_7_1_EAX_FSRC,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVES | CPUID_XSAVE_XFD,
                [FEAT_ARCH_CAPABILITIES] = MSR_ARCH_CAP_RDCTL_NO | MSR_ARCH_CAP_IBRS_ALL |
                                           MSR_ARCH_CAP_SKIP_L1DFL_VMENTRY | MSR_ARCH_CAP_MDS_NO |
                                           MSR_ARCH_CAP_PSCHANGE_MC_NO | MSR_ARCH_CAP_TAA_NO,
                [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_RDSEED_EXIT |
                                            VMX_SECONDARY_EXEC_PML | VMX_SECONDARY_EXEC_XSAVES,
                [FEAT_VMX_EPT_VPID_CAPS] = VMX_EPT_VPID_CAP_PAGE_WALK_5,
                [FEAT_VMX_VMFUNC] = VMX_VMFUNC_EPTP_SWITCHING,
            },
        .model_id = "Intel Xeon Processor (SapphireRapids)",
        .versions = sapphirerapids_versions,
    },
    {
        .name = "GraniteRapids",
        .level = 0x20,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 173,
        .stepping = 0,
        .like = "SapphireRapids",
        .features =
            {
                [FEAT_7_1_EAX] = CPUID_7_1_EAX_AMX_FP16,
                [FEAT_7_1_EDX] = CPUID_7_1_EDX_PREFETCHITI,
                [FEAT_7_2_EDX] = CPUID_7_2_EDX_MCDT_NO,
                [FEAT_ARCH_CAPABILITIES] = MSR_ARCH_CAP_SBDR_SSDP_NO | MSR_ARCH_CAP_FBSDP_NO |
                                           MSR_ARCH_CAP_PSDP_NO | MSR_ARCH_CAP_PBRSB_NO,
            },
        .model_id = "Intel Xeon Processor (GraniteRapids)",
        .versions = graniterapids_versions,
    },
    {
        .name = "DiamondRapids",
        .level = 0x29,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 19,
        .model = 1,
        .stepping = 0,
        .avx10_version = 2,
        .force_cpuid_0x1f = true,
        .like = "GraniteRapids",
        .features =
            {
                [FEAT_1_EDX] = CPUID_SS,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_TSC_ADJUST | CPUID_7_0_EBX_FDP_EXCPTN_ONLY |
                                 CPUID_7_0_EBX_ZERO_FCS_FDS,
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_CET_SS | CPUID_7_0_ECX_CLDEMOTE |
                                 CPUID_7_0_ECX_MOVDIRI | CPUID_7_0_ECX_MOVDIR64B,
                [FEAT_7_0_EDX] = CPUID_7_0_EDX_MD_CLEAR | CPUID_7_0_EDX_CET_IBT |
                                 CPUID_7_0_EDX_STIBP | CPUID_7_0_EDX_FLUSH_L1D,
                [FEAT_7_1_EAX] = CPUID_7_1_EAX_CMPCCXADD | CPUID_7_1_EAX_FRED | CPUID_7_1_EAX_LKGS |
                                 CPUID_7_1_EAX_WRMSRNS | CPUID_7_1_EAX_AVX_IFMA |
                                 CPUID_7_1_EAX_LAM | CPUID_7_1_EAX_MOVRS,
                [FEAT_7_1_EDX] = CPUID_7_1_EDX_AVX_VNNI_INT8 | CPUID_7_1_EDX_AVX_NE_CONVERT |
                                 CPUID_7_1_EDX_AMX_COMPLEX | CPUID_7_1_EDX_AVX10 |
                                 CPUID_7_1_EDX_APXF,
                [FEAT_7_2_EDX] = CPUID_7_2_EDX_INTEL_PSFD | CPUID_7_2_EDX_IPRED_CTRL |
                                 CPUID_7_2_EDX_RRSBA_CTRL | CPUID_7_2_EDX_DDPD_U |
                                 CPUID_7_2_EDX_BHI_CTRL,
                [FEAT_24_0_EBX] =
                    CPUID_24_0_EBX_AVX10_128 | CPUID_24_0_EBX_AVX10_256 | CPUID_24_0_EBX_AVX10_512,
                [FEAT_24_1_ECX] = CPUID_24_1_ECX_AVX10_VNNI_INT,
                [FEAT_29_0_EBX] = CPUID_29_0_EBX_APX_NCI_NDD_NF,
                [FEAT_1E_1_EAX] = CPUID_1E_1_EAX_AMX_INT8_ALIAS | CPUID_1E_1_EAX_AMX_BF16_ALIAS |
                                  CPUID_1E_1_EAX_AMX_COMPLEX_ALIAS | CPUID_1E_1_EAX_AMX_FP16_ALIAS |
                                  CPUID_1E_1_EAX_AMX_FP8 | CPUID_1E_1_EAX_AMX_TF32 |
                                  CPUID_1E_1_EAX_AMX_AVX512 | CPUID_1E_1_EAX_AMX_MOVRS,
                [FEAT_ARCH_CAPABILITIES] =
                    MSR_ARCH_CAP_BHI_NO | MSR_ARCH_CAP_GDS_NO | MSR_ARCH_CAP_RFDS_NO,
            },
        .model_id = "Intel Xeon Processor (DiamondRapids)",
        .versions = diamondrapids_versions,
    },
    {
        .name = "KnightsMill",
        .level = 0xd,
        .xlevel = 0x80000008,
        .vendor = CPUID_VENDOR_INTEL,
        .family = 6,
        .model = 133,
        .stepping = 0,
        .features =
            {
                [FEAT_1_EDX] = CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC |
                               CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC |
                               CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
                               CPUID_PAT | CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR |
                               CPUID_SSE | CPUID_SSE2 | CPUID_SS,
                [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_PCLMULQDQ | CPUID_EXT_SSSE3 |
                               CPUID_EXT_FMA | CPUID_EXT_CX16 | CPUID_EXT_SSE41 | CPUID_EXT_SSE42 |
                               CPUID_EXT_X2APIC | CPUID_EXT_MOVBE | CPUID_EXT_POPCNT |
                               CPUID_EXT_TSC_DEADLINE_TIMER | CPUID_EXT_AES | CPUID_EXT_XSAVE |
                               CPUID_EXT_AVX | CPUID_EXT_F16C | CPUID_EXT_RDRAND,
                [FEAT_7_0_EBX] = CPUID_7_0_EBX_FSGSBASE | CPUID_7_0_EBX_BMI1 | CPUID_7_0_EBX_AVX2 |
                                 CPUID_7_0_EBX_SMEP | CPUID_7_0_EBX_BMI2 | CPUID_7_0_EBX_ERMS |
                                 CPUID_7_0_EBX_AVX512F | CPUID_7_0_EBX_RDSEED | CPUID_7_0_EBX_ADX |
                                 CPUID_7_0_EBX_AVX512PF | CPUID_7_0_EBX_AVX512ER |
                                 CPUID_7_0_EBX_AVX512CD,
                [FEAT_7_0_ECX] = CPUID_7_0_ECX_AVX512_VPOPCNTDQ,
                [FEAT_7_0_EDX] = CPUID_7_0_EDX_AVX512_4VNNIW | CPUID_7_0_EDX_AVX512_4FMAPS,
                [FEAT_8000_0001_EDX] = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_PDPE1GB |
                                       CPUID_EXT2_RDTSCP | CPUID_EXT2_LM,
                [FEAT_8000_0001_ECX] =
                    CPUID_EXT3_LAHF_LM | CPUID_EXT3_ABM | CPUID_EXT3_3DNOWPREFETCH,
                [FEAT_XSAVE] = CPUID_XSAVE_XSAVEOPT,
                [FEAT_6_EAX] = CPUID_6_EAX_ARAT,
            },
        .model_id = "Intel Xeon Phi Processor (Knights Mill)",
    },
};

const X86CPUDefinitionTable x86_defs_intel_xeon = {defs, G_N_ELEMENTS(defs)};
