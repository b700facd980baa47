/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The feature words: which CPUID output or MSR each is, and the name of each
 * bit as -cpu takes it. Sources as in cpu-features.h.
 */
#include "qemu/osdep.h"
#include "target/i386/cpu.h"
#include "target/i386/feature-words.h"

const FeatureWordInfo feature_word_info[FEATURE_WORDS] = {
    [FEAT_1_EDX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x1,
            .reg = R_EDX,
            .no_autoenable = CPUID_HT,
            .names =
                {
                    [0] = "fpu",   [1] = "vme",    [2] = "de",    [3] = "pse",      [4] = "tsc",
                    [5] = "msr",   [6] = "pae",    [7] = "mce",   [8] = "cx8",      [9] = "apic",
                    [11] = "sep",  [12] = "mtrr",  [13] = "pge",  [14] = "mca",     [15] = "cmov",
                    [16] = "pat",  [17] = "pse36", [18] = "pn",   [19] = "clflush", [21] = "ds",
                    [22] = "acpi", [23] = "mmx",   [24] = "fxsr", [25] = "sse",     [26] = "sse2",
                    [27] = "ss",   [28] = "ht",    [29] = "tm",   [30] = "ia64",    [31] = "pbe",
                },
        },
    [FEAT_1_ECX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x1,
            .reg = R_ECX,
            .names =
                {
                    [0] = "pni",         [1] = "pclmulqdq", [2] = "dtes64",        [3] = "monitor",
                    [4] = "ds-cpl",      [5] = "vmx",       [6] = "smx",           [7] = "est",
                    [8] = "tm2",         [9] = "ssse3",     [10] = "cid",          [12] = "fma",
                    [13] = "cx16",       [14] = "xtpr",     [15] = "pdcm",         [17] = "pcid",
                    [18] = "dca",        [19] = "sse4.1",   [20] = "sse4.2",       [21] = "x2apic",
                    [22] = "movbe",      [23] = "popcnt",   [24] = "tsc-deadline", [25] = "aes",
                    [26] = "xsave",      [28] = "avx",      [29] = "f16c",         [30] = "rdrand",
                    [31] = "hypervisor",
                },
        },
    [FEAT_7_0_EBX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x7,
            .ecx = 0x0,
            .needs_ecx = true,
            .reg = R_EBX,
            .names =
                {
                    [0] = "fsgsbase",
                    [1] = "tsc-adjust",
                    [2] = "sgx",
                    [3] = "bmi1",
                    [4] = "hle",
                    [5] = "avx2",
                    [6] = "fdp-excptn-only",
                    [7] = "smep",
                    [8] = "bmi2",
                    [9] = "erms",
                    [10] = "invpcid",
                    [11] = "rtm",
                    [13] = "zero-fcs-fds",
                    [14] = "mpx",
                    [16] = "avx512f",
                    [17] = "avx512dq",
                    [18] = "rdseed",
                    [19] = "adx",
                    [20] = "smap",
                    [21] = "avx512ifma",
                    [22] = "pcommit",
                    [23] = "clflushopt",
                    [24] = "clwb",
                    [25] = "intel-pt",
                    [26] = "avx512pf",
                    [27] = "avx512er",
                    [28] = "avx512cd",
                    [29] = "sha-ni",
                    [30] = "avx512bw",
                    [31] = "avx512vl",
                },
        },
    [FEAT_7_0_ECX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x7,
            .ecx = 0x0,
            .needs_ecx = true,
            .reg = R_ECX,
            .names =
                {
                    [1] = "avx512vbmi",  [2] = "umip",          [3] = "pku",
                    [5] = "waitpkg",     [6] = "avx512vbmi2",   [7] = "cet-ss",
                    [8] = "gfni",        [9] = "vaes",          [10] = "vpclmulqdq",
                    [11] = "avx512vnni", [12] = "avx512bitalg", [14] = "avx512-vpopcntdq",
                    [16] = "la57",       [22] = "rdpid",        [24] = "bus-lock-detect",
                    [25] = "cldemote",   [27] = "movdiri",      [28] = "movdir64b",
                    [30] = "sgxlc",      [31] = "pks",
                },
        },
    [FEAT_7_0_EDX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x7,
            .ecx = 0x0,
            .needs_ecx = true,
            .reg = R_EDX,
            .names =
                {
                    [2] = "avx512-4vnniw",
                    [3] = "avx512-4fmaps",
                    [4] = "fsrm",
                    [8] = "avx512-vp2intersect",
                    [10] = "md-clear",
                    [14] = "serialize",
                    [16] = "tsx-ldtrk",
                    [19] = "arch-lbr",
                    [20] = "cet-ibt",
                    [22] = "amx-bf16",
                    [23] = "avx512-fp16",
                    [24] = "amx-tile",
                    [25] = "amx-int8",
                    [26] = "spec-ctrl",
                    [27] = "stibp",
                    [28] = "flush-l1d",
                    [29] = "arch-capabilities",
                    [30] = "core-capability",
                    [31] = "ssbd",
                },
        },
    [FEAT_7_1_EAX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x7,
            .ecx = 0x1,
            .needs_ecx = true,
            .reg = R_EAX,
            .names =
                {
                    [0] = "sha512",
                    [1] = "sm3",
                    [2] = "sm4",
                    [4] = "avx-vnni",
                    [5] = "avx512-bf16",
                    [7] = "cmpccxadd",
                    [10] = "fzrm",
                    [11] = "fsrs",
                    [12] = "fsrc",
                    [17] = "fred",
                    [18] = "lkgs",
                    [19] = "wrmsrns",
                    [21] = "amx-fp16",
                    [23] = "avx-ifma",
                    [26] = "lam",
                    [31] = "movrs",
                },
        },
    [FEAT_7_1_ECX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x7,
            .ecx = 0x1,
            .needs_ecx = true,
            .reg = R_ECX,
            .names =
                {
                    [5] = "msr-imm",
                },
        },
    [FEAT_7_1_EDX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x7,
            .ecx = 0x1,
            .needs_ecx = true,
            .reg = R_EDX,
            .names =
                {
                    [4] = "avx-vnni-int8",
                    [5] = "avx-ne-convert",
                    [8] = "amx-complex",
                    [10] = "avx-vnni-int16",
                    [14] = "prefetchiti",
                    [19] = "avx10",
                    [21] = "apxf",
                },
        },
    [FEAT_7_2_EDX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x7,
            .ecx = 0x2,
            .needs_ecx = true,
            .reg = R_EDX,
            .names =
                {
                    [0] = "intel-psfd",
                    [1] = "ipred-ctrl",
                    [2] = "rrsba-ctrl",
                    [3] = "ddpd-u",
                    [4] = "bhi-ctrl",
                    [5] = "mcdt-no",
                },
        },
    [FEAT_24_0_EBX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x24,
            .ecx = 0x0,
            .needs_ecx = true,
            .reg = R_EBX,
            .names =
                {
                    [16] = "avx10-128",
                    [17] = "avx10-256",
                    [18] = "avx10-512",
                },
        },
    [FEAT_24_1_ECX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x24,
            .ecx = 0x1,
            .needs_ecx = true,
            .reg = R_ECX,
            .names =
                {
                    [2] = "avx10-vnni-int",
                },
        },
    [FEAT_29_0_EBX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x29,
            .ecx = 0x0,
            .needs_ecx = true,
            .reg = R_EBX,
            .names =
                {
                    [0] = "apx-nci-ndd-nf",
                },
        },
    [FEAT_1E_1_EAX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x1e,
            .ecx = 0x1,
            .needs_ecx = true,
            .reg = R_EAX,
            .names =
                {
                    [0] = "amx-int8-alias",
                    [1] = "amx-bf16-alias",
                    [2] = "amx-complex-alias",
                    [3] = "amx-fp16-alias",
                    [4] = "amx-fp8",
                    [6] = "amx-tf32",
                    [7] = "amx-avx512",
                    [8] = "amx-movrs",
                },
        },
    [FEAT_8000_0001_EDX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x80000001,
            .reg = R_EDX,
            .names =
                {
                    [11] = "syscall",
                    [20] = "nx",
                    [22] = "mmxext",
                    [25] = "fxsr-opt",
                    [26] = "pdpe1gb",
                    [27] = "rdtscp",
                    [29] = "lm",
                    [30] = "3dnowext",
                    [31] = "3dnow",
                },
        },
    [FEAT_8000_0001_ECX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x80000001,
            .reg = R_ECX,
            .no_autoenable = CPUID_EXT3_TOPOEXT,
            .names =
                {
                    [0] = "lahf-lm",       [1] = "cmp-legacy",  [2] = "svm",   [3] = "extapic",
                    [4] = "cr8legacy",     [5] = "abm",         [6] = "sse4a", [7] = "misalignsse",
                    [8] = "3dnowprefetch", [9] = "osvw",        [10] = "ibs",  [11] = "xop",
                    [12] = "skinit",       [13] = "wdt",        [15] = "lwp",  [16] = "fma4",
                    [17] = "tce",          [19] = "nodeid-msr", [21] = "tbm",  [22] = "topoext",
                    [23] = "perfctr-core", [24] = "perfctr-nb",
                },
        },
    [FEAT_8000_0007_EBX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x80000007,
            .reg = R_EBX,
            .names =
                {
                    [0] = "overflow-recov",
                    [1] = "succor",
                },
        },
    [FEAT_8000_0007_EDX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x80000007,
            .reg = R_EDX,
            .unmigratable = CPUID_APM_INVTSC,
            .names =
                {
                    [8] = "invtsc",
                },
        },
    [FEAT_8000_0008_EBX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x80000008,
            .reg = R_EBX,
            .names =
                {
                    [0] = "clzero",
                    [2] = "xsaveerptr",
                    [9] = "wbnoinvd",
                    [12] = "ibpb",
                    [14] = "ibrs",
                    [15] = "amd-stibp",
                    [17] = "stibp-always-on",
                    [24] = "amd-ssbd",
                    [25] = "virt-ssbd",
                    [26] = "amd-no-ssb",
                    [28] = "amd-psfd",
                },
        },
    [FEAT_8000_0021_EAX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x80000021,
            .reg = R_EAX,
            .names =
                {
                    [0] = "no-nested-data-bp",
                    [1] = "fs-gs-base-ns",
                    [2] = "lfence-always-serializing",
                    [5] = "verw-clear",
                    [6] = "null-sel-clr-base",
                    [8] = "auto-ibrs",
                    [20] = "prefetchi",
                    [24] = "eraps",
                    [27] = "sbpb",
                    [28] = "ibpb-brtype",
                    [29] = "srso-no",
                    [30] = "srso-user-kernel-no",
                },
        },
    [FEAT_8000_0021_EBX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x80000021,
            .reg = R_EBX,
        },
    [FEAT_8000_0021_ECX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x80000021,
            .reg = R_ECX,
            .names =
                {
                    [1] = "tsa-sq-no",
                    [2] = "tsa-l1-no",
                },
        },
    [FEAT_8000_0022_EAX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x80000022,
            .reg = R_EAX,
            .names =
                {
                    [0] = "perfmon-v2",
                },
        },
    [FEAT_C000_0001_EDX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0xc0000001,
            .reg = R_EDX,
            .names =
                {
                    [2] = "xstore",
                    [3] = "xstore-en",
                    [6] = "xcrypt",
                    [7] = "xcrypt-en",
                    [8] = "ace2",
                    [9] = "ace2-en",
                    [10] = "phe",
                    [11] = "phe-en",
                    [12] = "pmm",
                    [13] = "pmm-en",
                },
        },
    [FEAT_KVM] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x40000001,
            .reg = R_EAX,
            .names =
                {
                    [0] = "kvmclock",
                    [1] = "kvm-nopiodelay",
                    [2] = "kvm-mmu",
                    [3] = "kvmclock",
                    [4] = "kvm-asyncpf",
                    [5] = "kvm-steal-time",
                    [6] = "kvm-pv-eoi",
                    [7] = "kvm-pv-unhalt",
                    [9] = "kvm-pv-tlb-flush",
                    [10] = "kvm-asyncpf-vmexit",
                    [11] = "kvm-pv-ipi",
                    [12] = "kvm-poll-control",
                    [13] = "kvm-pv-sched-yield",
                    [14] = "kvm-asyncpf-int",
                    [15] = "kvm-msi-ext-dest-id",
                    [24] = "kvmclock-stable-bit",
                },
        },
    [FEAT_KVM_HINTS] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x40000001,
            .reg = R_EDX,
            .no_autoenable = CPUID_KVM_HINTS_DEDICATED,
            .names =
                {
                    [0] = "kvm-hint-dedicated",
                },
        },
    [FEAT_SVM] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x8000000a,
            .reg = R_EDX,
            .names =
                {
                    [0] = "npt",
                    [1] = "lbrv",
                    [2] = "svm-lock",
                    [3] = "nrip-save",
                    [4] = "tsc-scale",
                    [5] = "vmcb-clean",
                    [6] = "flushbyasid",
                    [7] = "decodeassists",
                    [10] = "pause-filter",
                    [12] = "pfthreshold",
                    [13] = "avic",
                    [15] = "v-vmsave-vmload",
                    [16] = "vgif",
                    [17] = "gmet",
                    [25] = "vnmi",
                    [28] = "svme-addr-chk",
                },
        },
    [FEAT_XSAVE] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0xd,
            .ecx = 0x1,
            .needs_ecx = true,
            .reg = R_EAX,
            .names =
                {
                    [0] = "xsaveopt",
                    [1] = "xsavec",
                    [2] = "xgetbv1",
                    [3] = "xsaves",
                    [4] = "xfd",
                },
        },
    [FEAT_6_EAX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x6,
            .reg = R_EAX,
            .names =
                {
                    [2] = "arat",
                },
        },
    [FEAT_XSAVE_XCR0_LO] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0xd,
            .ecx = 0x0,
            .needs_ecx = true,
            .reg = R_EAX,
            .derived = true,
        },
    [FEAT_XSAVE_XCR0_HI] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0xd,
            .ecx = 0x0,
            .needs_ecx = true,
            .reg = R_EDX,
            .derived = true,
        },
    [FEAT_XSAVE_XSS_LO] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0xd,
            .ecx = 0x1,
            .needs_ecx = true,
            .reg = R_ECX,
            .derived = true,
        },
    [FEAT_XSAVE_XSS_HI] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0xd,
            .ecx = 0x1,
            .needs_ecx = true,
            .reg = R_EDX,
            .derived = true,
        },
    [FEAT_14_0_ECX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x14,
            .ecx = 0x0,
            .needs_ecx = true,
            .reg = R_ECX,
            .names =
                {
                    [31] = "intel-pt-lip",
                },
        },
    [FEAT_SGX_12_0_EAX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x12,
            .ecx = 0x0,
            .needs_ecx = true,
            .reg = R_EAX,
            .names =
                {
                    [0] = "sgx1",
                    [1] = "sgx2",
                    [11] = "sgx-edeccssa",
                },
        },
    [FEAT_SGX_12_0_EBX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x12,
            .ecx = 0x0,
            .needs_ecx = true,
            .reg = R_EBX,
            .names =
                {
                    [0] = "sgx-exinfo",
                },
        },
    [FEAT_SGX_12_1_EAX] =
        {
            .source = FEATURE_CPUID,
            .leaf = 0x12,
            .ecx = 0x1,
            .needs_ecx = true,
            .reg = R_EAX,
            .names =
                {
                    [1] = "sgx-debug",
                    [2] = "sgx-mode64",
                    [4] = "sgx-provisionkey",
                    [5] = "sgx-tokenkey",
                    [7] = "sgx-kss",
                    [10] = "sgx-aex-notify",
                },
        },
    [FEAT_ARCH_CAPABILITIES] =
        {
            .source = FEATURE_MSR,
            .msr = MSR_IA32_ARCH_CAPABILITIES,
            .names =
                {
                    [0] = "rdctl-no",       [1] = "ibrs-all",
                    [2] = "rsba",           [3] = "skip-l1dfl-vmentry",
                    [4] = "ssb-no",         [5] = "mds-no",
                    [6] = "pschange-mc-no", [7] = "tsx-ctrl",
                    [8] = "taa-no",         [13] = "sbdr-ssdp-no",
                    [14] = "fbsdp-no",      [15] = "psdp-no",
                    [17] = "fb-clear",      [20] = "bhi-no",
                    [24] = "pbrsb-no",      [26] = "gds-no",
                    [27] = "rfds-no",       [28] = "rfds-clear",
                    [62] = "its-no",
                },
        },
    [FEAT_CORE_CAPABILITY] =
        {
            .source = FEATURE_MSR,
            .msr = MSR_IA32_CORE_CAPABILITIES,
            .names =
                {
                    [5] = "split-lock-detect",
                },
        },
    [FEAT_PERF_CAPABILITIES] =
        {
            .source = FEATURE_MSR,
            .msr = MSR_IA32_PERF_CAPABILITIES,
            .names =
                {
                    [13] = "full-width-write",
                },
        },
    [FEAT_VMX_PROCBASED_CTLS] =
        {
            .source = FEATURE_VMX_CTLS,
            .msr = MSR_IA32_VMX_TRUE_PROCBASED_CTLS,
            .names =
                {
                    [2] = "vmx-vintr-pending",
                    [3] = "vmx-tsc-offset",
                    [7] = "vmx-hlt-exit",
                    [9] = "vmx-invlpg-exit",
                    [10] = "vmx-mwait-exit",
                    [11] = "vmx-rdpmc-exit",
                    [12] = "vmx-rdtsc-exit",
                    [15] = "vmx-cr3-load-noexit",
                    [16] = "vmx-cr3-store-noexit",
                    [19] = "vmx-cr8-load-exit",
                    [20] = "vmx-cr8-store-exit",
                    [21] = "vmx-flexpriority",
                    [22] = "vmx-vnmi-pending",
                    [23] = "vmx-movdr-exit",
                    [24] = "vmx-io-exit",
                    [25] = "vmx-io-bitmap",
                    [27] = "vmx-mtf",
                    [28] = "vmx-msr-bitmap",
                    [29] = "vmx-monitor-exit",
                    [30] = "vmx-pause-exit",
                    [31] = "vmx-secondary-ctls",
                },
        },
    [FEAT_VMX_SECONDARY_CTLS] =
        {
            .source = FEATURE_VMX_CTLS,
            .msr = MSR_IA32_VMX_PROCBASED_CTLS2,
            .names =
                {
                    [0] = "vmx-apicv-xapic",    [1] = "vmx-ept",
                    [2] = "vmx-desc-exit",      [3] = "vmx-rdtscp-exit",
                    [4] = "vmx-apicv-x2apic",   [5] = "vmx-vpid",
                    [6] = "vmx-wbinvd-exit",    [7] = "vmx-unrestricted-guest",
                    [8] = "vmx-apicv-register", [9] = "vmx-apicv-vid",
                    [10] = "vmx-ple",           [11] = "vmx-rdrand-exit",
                    [12] = "vmx-invpcid-exit",  [13] = "vmx-vmfunc",
                    [14] = "vmx-shadow-vmcs",   [15] = "vmx-encls-exit",
                    [16] = "vmx-rdseed-exit",   [17] = "vmx-pml",
                    [20] = "vmx-xsaves",        [22] = "vmx-mbec",
                    [25] = "vmx-tsc-scaling",   [26] = "vmx-enable-user-wait-pause",
                },
        },
    [FEAT_VMX_PINBASED_CTLS] =
        {
            .source = FEATURE_VMX_CTLS,
            .msr = MSR_IA32_VMX_TRUE_PINBASED_CTLS,
            .names =
                {
                    [0] = "vmx-intr-exit",
                    [3] = "vmx-nmi-exit",
                    [5] = "vmx-vnmi",
                    [6] = "vmx-preemption-timer",
                    [7] = "vmx-posted-intr",
                },
        },
    [FEAT_VMX_EXIT_CTLS] =
        {
            .source = FEATURE_VMX_CTLS,
            .msr = MSR_IA32_VMX_TRUE_EXIT_CTLS,
            .names =
                {
                    [2] = "vmx-exit-nosave-debugctl",
                    [12] = "vmx-exit-load-perf-global-ctrl",
                    [15] = "vmx-exit-ack-intr",
                    [18] = "vmx-exit-save-pat",
                    [19] = "vmx-exit-load-pat",
                    [20] = "vmx-exit-save-efer",
                    [21] = "vmx-exit-load-efer",
                    [22] = "vmx-exit-save-preemption-timer",
                    [23] = "vmx-exit-clear-bndcfgs",
                    [25] = "vmx-exit-clear-rtit-ctl",
                    [28] = "vmx-exit-save-cet",
                    [29] = "vmx-exit-load-pkrs",
                    [31] = "vmx-exit-secondary-ctls",
                },
        },
    [FEAT_VMX_ENTRY_CTLS] =
        {
            .source = FEATURE_VMX_CTLS,
            .msr = MSR_IA32_VMX_TRUE_ENTRY_CTLS,
            .names =
                {
                    [2] = "vmx-entry-noload-debugctl",
                    [9] = "vmx-entry-ia32e-mode",
                    [13] = "vmx-entry-load-perf-global-ctrl",
                    [14] = "vmx-entry-load-pat",
                    [15] = "vmx-entry-load-efer",
                    [16] = "vmx-entry-load-bndcfgs",
                    [18] = "vmx-entry-load-rtit-ctl",
                    [20] = "vmx-entry-load-cet",
                    [22] = "vmx-entry-load-pkrs",
                    [23] = "vmx-entry-load-fred",
                },
        },
    [FEAT_VMX_MISC] =
        {
            .source = FEATURE_MSR,
            .msr = MSR_IA32_VMX_MISC,
            .names =
                {
                    [5] = "vmx-store-lma",
                    [6] = "vmx-activity-hlt",
                    [7] = "vmx-activity-shutdown",
                    [8] = "vmx-activity-wait-sipi",
                    [29] = "vmx-vmwrite-vmexit-fields",
                    [30] = "vmx-zero-len-inject",
                },
        },
    [FEAT_VMX_EPT_VPID_CAPS] =
        {
            .source = FEATURE_MSR,
            .msr = MSR_IA32_VMX_EPT_VPID_CAP,
            .names =
                {
                    [0] = "vmx-ept-execonly",
                    [6] = "vmx-page-walk-4",
                    [7] = "vmx-page-walk-5",
                    [16] = "vmx-ept-2mb",
                    [17] = "vmx-ept-1gb",
                    [20] = "vmx-invept",
                    [21] = "vmx-eptad",
                    [22] = "vmx-ept-advanced-exitinfo",
                    [25] = "vmx-invept-single-context",
                    [26] = "vmx-invept-all-context",
                    [32] = "vmx-invvpid",
                    [40] = "vmx-invvpid-single-addr",
                    [41] = "vmx-invept-single-context",
                    [42] = "vmx-invvpid-all-context",
                    [43] = "vmx-invept-single-context-noglobals",
                },
        },
    [FEAT_VMX_BASIC] =
        {
            .source = FEATURE_MSR,
            .msr = MSR_IA32_VMX_BASIC,
            .names =
                {
                    [54] = "vmx-ins-outs",
                    [55] = "vmx-true-ctls",
                    [56] = "vmx-any-errcode",
                    [58] = "vmx-nested-exception",
                },
        },
    [FEAT_VMX_VMFUNC] =
        {
            .source = FEATURE_MSR,
            .msr = MSR_IA32_VMX_VMFUNC,
            .names =
                {
                    [0] = "vmx-eptp-switching",
                },
        },
};

const X86FeatureAlias feature_aliases[] = {
    {"cmp_legacy", "cmp-legacy"},
    {"ds_cpl", "ds-cpl"},
    {"ffxsr", "fxsr-opt"},
    {"fxsr_opt", "fxsr-opt"},
    {"i64", "lm"},
    {"kvm_asyncpf", "kvm-asyncpf"},
    {"kvm_asyncpf_int", "kvm-asyncpf-int"},
    {"kvm_mmu", "kvm-mmu"},
    {"kvm_nopiodelay", "kvm-nopiodelay"},
    {"kvm_poll_control", "kvm-poll-control"},
    {"kvm_pv_eoi", "kvm-pv-eoi"},
    {"kvm_pv_unhalt", "kvm-pv-unhalt"},
    {"kvm_steal_time", "kvm-steal-time"},
    {"lahf_lm", "lahf-lm"},
    {"nodeid_msr", "nodeid-msr"},
    {"nrip_save", "nrip-save"},
    {"pause_filter", "pause-filter"},
    {"pclmuldq", "pclmulqdq"},
    {"perfctr_core", "perfctr-core"},
    {"perfctr_nb", "perfctr-nb"},
    {"sse3", "pni"},
    {"sse4-1", "sse4.1"},
    {"sse4-2", "sse4.2"},
    {"sse4_1", "sse4.1"},
    {"sse4_2", "sse4.2"},
    {"svm_lock", "svm-lock"},
    {"tsc_adjust", "tsc-adjust"},
    {"tsc_scale", "tsc-scale"},
    {"vmcb_clean", "vmcb-clean"},
    {"xd", "nx"},
    {},
};
