/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU features: the words that CPUID and the capability MSRs consist of, and
 * the bits in them.
 *
 * Sources: SDM vol. 2A "CPUID", vol. 4 (MSRs), vol. 3 appendix A (VMX
 * capabilities); Intel Architecture Instruction Set Extensions reference;
 * AMD APM vol. 3 appendix E; Linux Documentation/virt/kvm/x86/cpuid.rst;
 * VIA PadLock programming guide.
 */
#ifndef I386_CPU_FEATURES_H
#define I386_CPU_FEATURES_H

/*
 * One word per output register of a CPUID leaf, or per capability MSR. All
 * are kept as uint64_t, MSR based ones use all 64 bits. The names, the leaf
 * and the treatment of each are in feature_word_info[] (cpu-features.c).
 */
typedef enum FeatureWord {
    FEAT_1_EDX,              /* CPUID.01H:EDX */
    FEAT_1_ECX,              /* CPUID.01H:ECX */
    FEAT_7_0_EBX,            /* CPUID.(07H,0):EBX */
    FEAT_7_0_ECX,            /* CPUID.(07H,0):ECX */
    FEAT_7_0_EDX,            /* CPUID.(07H,0):EDX */
    FEAT_7_1_EAX,            /* CPUID.(07H,1):EAX */
    FEAT_7_1_ECX,            /* CPUID.(07H,1):ECX */
    FEAT_7_1_EDX,            /* CPUID.(07H,1):EDX */
    FEAT_7_2_EDX,            /* CPUID.(07H,2):EDX */
    FEAT_24_0_EBX,           /* CPUID.(24H,0):EBX */
    FEAT_24_1_ECX,           /* CPUID.(24H,1):ECX */
    FEAT_29_0_EBX,           /* CPUID.(29H,0):EBX */
    FEAT_1E_1_EAX,           /* CPUID.(1EH,1):EAX */
    FEAT_8000_0001_EDX,      /* CPUID.80000001H:EDX */
    FEAT_8000_0001_ECX,      /* CPUID.80000001H:ECX */
    FEAT_8000_0007_EBX,      /* CPUID.80000007H:EBX */
    FEAT_8000_0007_EDX,      /* CPUID.80000007H:EDX */
    FEAT_8000_0008_EBX,      /* CPUID.80000008H:EBX */
    FEAT_8000_0021_EAX,      /* CPUID.80000021H:EAX */
    FEAT_8000_0021_EBX,      /* CPUID.80000021H:EBX: return stack depth in bits 23:16 */
    FEAT_8000_0021_ECX,      /* CPUID.80000021H:ECX */
    FEAT_8000_0022_EAX,      /* CPUID.80000022H:EAX */
    FEAT_C000_0001_EDX,      /* CPUID.C0000001H:EDX (VIA, Zhaoxin) */
    FEAT_KVM,                /* CPUID.40000001H:EAX: KVM paravirtual interface */
    FEAT_KVM_HINTS,          /* CPUID.40000001H:EDX */
    FEAT_SVM,                /* CPUID.8000000AH:EDX */
    FEAT_XSAVE,              /* CPUID.(0DH,1):EAX */
    FEAT_6_EAX,              /* CPUID.06H:EAX */
    FEAT_XSAVE_XCR0_LO,      /* CPUID.(0DH,0):EAX: derived from the other words */
    FEAT_XSAVE_XCR0_HI,      /* CPUID.(0DH,0):EDX: derived */
    FEAT_XSAVE_XSS_LO,       /* CPUID.(0DH,1):ECX: derived */
    FEAT_XSAVE_XSS_HI,       /* CPUID.(0DH,1):EDX: derived */
    FEAT_14_0_ECX,           /* CPUID.(14H,0):ECX */
    FEAT_SGX_12_0_EAX,       /* CPUID.(12H,0):EAX */
    FEAT_SGX_12_0_EBX,       /* CPUID.(12H,0):EBX */
    FEAT_SGX_12_1_EAX,       /* CPUID.(12H,1):EAX */
    FEAT_ARCH_CAPABILITIES,  /* MSR 10AH IA32_ARCH_CAPABILITIES */
    FEAT_CORE_CAPABILITY,    /* MSR CFH IA32_CORE_CAPABILITIES */
    FEAT_PERF_CAPABILITIES,  /* MSR 345H IA32_PERF_CAPABILITIES; bits 5:0 hold lbr-fmt */
    FEAT_VMX_PROCBASED_CTLS, /* MSR 48EH, allowed-1 half */
    FEAT_VMX_SECONDARY_CTLS, /* MSR 48BH, allowed-1 half */
    FEAT_VMX_PINBASED_CTLS,  /* MSR 48DH, allowed-1 half */
    FEAT_VMX_EXIT_CTLS,      /* MSR 48FH, allowed-1 half */
    FEAT_VMX_ENTRY_CTLS,     /* MSR 490H, allowed-1 half */
    FEAT_VMX_MISC,           /* MSR 485H */
    FEAT_VMX_EPT_VPID_CAPS,  /* MSR 48CH */
    FEAT_VMX_BASIC,          /* MSR 480H */
    FEAT_VMX_VMFUNC,         /* MSR 491H */
    FEATURE_WORDS,
} FeatureWord;

typedef uint64_t FeatureWordArray[FEATURE_WORDS];

/* FEAT_1_EDX: CPUID.01H:EDX */
#define CPUID_FP87    (1u << 0)
#define CPUID_VME     (1u << 1)
#define CPUID_DE      (1u << 2)
#define CPUID_PSE     (1u << 3)
#define CPUID_TSC     (1u << 4)
#define CPUID_MSR     (1u << 5)
#define CPUID_PAE     (1u << 6)
#define CPUID_MCE     (1u << 7)
#define CPUID_CX8     (1u << 8)
#define CPUID_APIC    (1u << 9)
#define CPUID_SEP     (1u << 11)
#define CPUID_MTRR    (1u << 12)
#define CPUID_PGE     (1u << 13)
#define CPUID_MCA     (1u << 14)
#define CPUID_CMOV    (1u << 15)
#define CPUID_PAT     (1u << 16)
#define CPUID_PSE36   (1u << 17)
#define CPUID_PN      (1u << 18)
#define CPUID_CLFLUSH (1u << 19)
#define CPUID_DTS     (1u << 21)
#define CPUID_ACPI    (1u << 22)
#define CPUID_MMX     (1u << 23)
#define CPUID_FXSR    (1u << 24)
#define CPUID_SSE     (1u << 25)
#define CPUID_SSE2    (1u << 26)
#define CPUID_SS      (1u << 27)
#define CPUID_HT      (1u << 28)
#define CPUID_TM      (1u << 29)
#define CPUID_IA64    (1u << 30)
#define CPUID_PBE     (1u << 31)

/* FEAT_1_ECX: CPUID.01H:ECX */
#define CPUID_EXT_SSE3               (1u << 0)
#define CPUID_EXT_PCLMULQDQ          (1u << 1)
#define CPUID_EXT_DTES64             (1u << 2)
#define CPUID_EXT_MONITOR            (1u << 3)
#define CPUID_EXT_DSCPL              (1u << 4)
#define CPUID_EXT_VMX                (1u << 5)
#define CPUID_EXT_SMX                (1u << 6)
#define CPUID_EXT_EST                (1u << 7)
#define CPUID_EXT_TM2                (1u << 8)
#define CPUID_EXT_SSSE3              (1u << 9)
#define CPUID_EXT_CID                (1u << 10)
#define CPUID_EXT_FMA                (1u << 12)
#define CPUID_EXT_CX16               (1u << 13)
#define CPUID_EXT_XTPR               (1u << 14)
#define CPUID_EXT_PDCM               (1u << 15)
#define CPUID_EXT_PCID               (1u << 17)
#define CPUID_EXT_DCA                (1u << 18)
#define CPUID_EXT_SSE41              (1u << 19)
#define CPUID_EXT_SSE42              (1u << 20)
#define CPUID_EXT_X2APIC             (1u << 21)
#define CPUID_EXT_MOVBE              (1u << 22)
#define CPUID_EXT_POPCNT             (1u << 23)
#define CPUID_EXT_TSC_DEADLINE_TIMER (1u << 24)
#define CPUID_EXT_AES                (1u << 25)
#define CPUID_EXT_XSAVE              (1u << 26)
#define CPUID_EXT_OSXSAVE            (1u << 27)
#define CPUID_EXT_AVX                (1u << 28)
#define CPUID_EXT_F16C               (1u << 29)
#define CPUID_EXT_RDRAND             (1u << 30)
#define CPUID_EXT_HYPERVISOR         (1u << 31)

/* FEAT_7_0_EBX: CPUID.(07H,0):EBX */
#define CPUID_7_0_EBX_FSGSBASE        (1u << 0)
#define CPUID_7_0_EBX_TSC_ADJUST      (1u << 1)
#define CPUID_7_0_EBX_SGX             (1u << 2)
#define CPUID_7_0_EBX_BMI1            (1u << 3)
#define CPUID_7_0_EBX_HLE             (1u << 4)
#define CPUID_7_0_EBX_AVX2            (1u << 5)
#define CPUID_7_0_EBX_FDP_EXCPTN_ONLY (1u << 6)
#define CPUID_7_0_EBX_SMEP            (1u << 7)
#define CPUID_7_0_EBX_BMI2            (1u << 8)
#define CPUID_7_0_EBX_ERMS            (1u << 9)
#define CPUID_7_0_EBX_INVPCID         (1u << 10)
#define CPUID_7_0_EBX_RTM             (1u << 11)
#define CPUID_7_0_EBX_ZERO_FCS_FDS    (1u << 13)
#define CPUID_7_0_EBX_MPX             (1u << 14)
#define CPUID_7_0_EBX_AVX512F         (1u << 16)
#define CPUID_7_0_EBX_AVX512DQ        (1u << 17)
#define CPUID_7_0_EBX_RDSEED          (1u << 18)
#define CPUID_7_0_EBX_ADX             (1u << 19)
#define CPUID_7_0_EBX_SMAP            (1u << 20)
#define CPUID_7_0_EBX_AVX512IFMA      (1u << 21)
#define CPUID_7_0_EBX_PCOMMIT         (1u << 22)
#define CPUID_7_0_EBX_CLFLUSHOPT      (1u << 23)
#define CPUID_7_0_EBX_CLWB            (1u << 24)
#define CPUID_7_0_EBX_INTEL_PT        (1u << 25)
#define CPUID_7_0_EBX_AVX512PF        (1u << 26)
#define CPUID_7_0_EBX_AVX512ER        (1u << 27)
#define CPUID_7_0_EBX_AVX512CD        (1u << 28)
#define CPUID_7_0_EBX_SHA_NI          (1u << 29)
#define CPUID_7_0_EBX_AVX512BW        (1u << 30)
#define CPUID_7_0_EBX_AVX512VL        (1u << 31)

/* FEAT_7_0_ECX: CPUID.(07H,0):ECX */
#define CPUID_7_0_ECX_PREFETCHWT1      (1u << 0)
#define CPUID_7_0_ECX_AVX512VBMI       (1u << 1)
#define CPUID_7_0_ECX_UMIP             (1u << 2)
#define CPUID_7_0_ECX_PKU              (1u << 3)
#define CPUID_7_0_ECX_OSPKE            (1u << 4)
#define CPUID_7_0_ECX_WAITPKG          (1u << 5)
#define CPUID_7_0_ECX_AVX512VBMI2      (1u << 6)
#define CPUID_7_0_ECX_CET_SS           (1u << 7)
#define CPUID_7_0_ECX_GFNI             (1u << 8)
#define CPUID_7_0_ECX_VAES             (1u << 9)
#define CPUID_7_0_ECX_VPCLMULQDQ       (1u << 10)
#define CPUID_7_0_ECX_AVX512VNNI       (1u << 11)
#define CPUID_7_0_ECX_AVX512BITALG     (1u << 12)
#define CPUID_7_0_ECX_AVX512_VPOPCNTDQ (1u << 14)
#define CPUID_7_0_ECX_LA57             (1u << 16)
#define CPUID_7_0_ECX_RDPID            (1u << 22)
#define CPUID_7_0_ECX_BUS_LOCK_DETECT  (1u << 24)
#define CPUID_7_0_ECX_CLDEMOTE         (1u << 25)
#define CPUID_7_0_ECX_MOVDIRI          (1u << 27)
#define CPUID_7_0_ECX_MOVDIR64B        (1u << 28)
#define CPUID_7_0_ECX_SGXLC            (1u << 30)
#define CPUID_7_0_ECX_PKS              (1u << 31)

/* FEAT_7_0_EDX: CPUID.(07H,0):EDX */
#define CPUID_7_0_EDX_AVX512_4VNNIW       (1u << 2)
#define CPUID_7_0_EDX_AVX512_4FMAPS       (1u << 3)
#define CPUID_7_0_EDX_FSRM                (1u << 4)
#define CPUID_7_0_EDX_AVX512_VP2INTERSECT (1u << 8)
#define CPUID_7_0_EDX_MD_CLEAR            (1u << 10)
#define CPUID_7_0_EDX_SERIALIZE           (1u << 14)
#define CPUID_7_0_EDX_TSX_LDTRK           (1u << 16)
#define CPUID_7_0_EDX_ARCH_LBR            (1u << 19)
#define CPUID_7_0_EDX_CET_IBT             (1u << 20)
#define CPUID_7_0_EDX_AMX_BF16            (1u << 22)
#define CPUID_7_0_EDX_AVX512_FP16         (1u << 23)
#define CPUID_7_0_EDX_AMX_TILE            (1u << 24)
#define CPUID_7_0_EDX_AMX_INT8            (1u << 25)
#define CPUID_7_0_EDX_SPEC_CTRL           (1u << 26)
#define CPUID_7_0_EDX_STIBP               (1u << 27)
#define CPUID_7_0_EDX_FLUSH_L1D           (1u << 28)
#define CPUID_7_0_EDX_ARCH_CAPABILITIES   (1u << 29)
#define CPUID_7_0_EDX_CORE_CAPABILITY     (1u << 30)
#define CPUID_7_0_EDX_SPEC_CTRL_SSBD      (1u << 31)

/* FEAT_7_1_EAX: CPUID.(07H,1):EAX */
#define CPUID_7_1_EAX_SHA512      (1u << 0)
#define CPUID_7_1_EAX_SM3         (1u << 1)
#define CPUID_7_1_EAX_SM4         (1u << 2)
#define CPUID_7_1_EAX_AVX_VNNI    (1u << 4)
#define CPUID_7_1_EAX_AVX512_BF16 (1u << 5)
#define CPUID_7_1_EAX_CMPCCXADD   (1u << 7)
#define CPUID_7_1_EAX_FZRM        (1u << 10)
#define CPUID_7_1_EAX_FSRS        (1u << 11)
#define CPUID_7_1_EAX_FSRC        (1u << 12)
#define CPUID_7_1_EAX_FRED        (1u << 17)
#define CPUID_7_1_EAX_LKGS        (1u << 18)
#define CPUID_7_1_EAX_WRMSRNS     (1u << 19)
#define CPUID_7_1_EAX_AMX_FP16    (1u << 21)
#define CPUID_7_1_EAX_AVX_IFMA    (1u << 23)
#define CPUID_7_1_EAX_LAM         (1u << 26)
#define CPUID_7_1_EAX_MOVRS       (1u << 31)

/* FEAT_7_1_ECX: CPUID.(07H,1):ECX */
#define CPUID_7_1_ECX_MSR_IMM (1u << 5)

/* FEAT_7_1_EDX: CPUID.(07H,1):EDX */
#define CPUID_7_1_EDX_AVX_VNNI_INT8  (1u << 4)
#define CPUID_7_1_EDX_AVX_NE_CONVERT (1u << 5)
#define CPUID_7_1_EDX_AMX_COMPLEX    (1u << 8)
#define CPUID_7_1_EDX_AVX_VNNI_INT16 (1u << 10)
#define CPUID_7_1_EDX_PREFETCHITI    (1u << 14)
#define CPUID_7_1_EDX_AVX10          (1u << 19)
#define CPUID_7_1_EDX_APXF           (1u << 21)

/* FEAT_7_2_EDX: CPUID.(07H,2):EDX */
#define CPUID_7_2_EDX_INTEL_PSFD (1u << 0)
#define CPUID_7_2_EDX_IPRED_CTRL (1u << 1)
#define CPUID_7_2_EDX_RRSBA_CTRL (1u << 2)
#define CPUID_7_2_EDX_DDPD_U     (1u << 3)
#define CPUID_7_2_EDX_BHI_CTRL   (1u << 4)
#define CPUID_7_2_EDX_MCDT_NO    (1u << 5)

/* FEAT_24_0_EBX: CPUID.(24H,0):EBX */
#define CPUID_24_0_EBX_AVX10_128 (1u << 16)
#define CPUID_24_0_EBX_AVX10_256 (1u << 17)
#define CPUID_24_0_EBX_AVX10_512 (1u << 18)

/* FEAT_24_1_ECX: CPUID.(24H,1):ECX */
#define CPUID_24_1_ECX_AVX10_VNNI_INT (1u << 2)

/* FEAT_29_0_EBX: CPUID.(29H,0):EBX */
#define CPUID_29_0_EBX_APX_NCI_NDD_NF (1u << 0)

/* FEAT_1E_1_EAX: CPUID.(1EH,1):EAX */
#define CPUID_1E_1_EAX_AMX_INT8_ALIAS    (1u << 0)
#define CPUID_1E_1_EAX_AMX_BF16_ALIAS    (1u << 1)
#define CPUID_1E_1_EAX_AMX_COMPLEX_ALIAS (1u << 2)
#define CPUID_1E_1_EAX_AMX_FP16_ALIAS    (1u << 3)
#define CPUID_1E_1_EAX_AMX_FP8           (1u << 4)
#define CPUID_1E_1_EAX_AMX_TF32          (1u << 6)
#define CPUID_1E_1_EAX_AMX_AVX512        (1u << 7)
#define CPUID_1E_1_EAX_AMX_MOVRS         (1u << 8)

/* FEAT_8000_0001_EDX: CPUID.80000001H:EDX */
#define CPUID_EXT2_SYSCALL  (1u << 11)
#define CPUID_EXT2_MP       (1u << 19)
#define CPUID_EXT2_NX       (1u << 20)
#define CPUID_EXT2_MMXEXT   (1u << 22)
#define CPUID_EXT2_FFXSR    (1u << 25)
#define CPUID_EXT2_PDPE1GB  (1u << 26)
#define CPUID_EXT2_RDTSCP   (1u << 27)
#define CPUID_EXT2_LM       (1u << 29)
#define CPUID_EXT2_3DNOWEXT (1u << 30)
#define CPUID_EXT2_3DNOW    (1u << 31)

/* FEAT_8000_0001_ECX: CPUID.80000001H:ECX */
#define CPUID_EXT3_LAHF_LM       (1u << 0)
#define CPUID_EXT3_CMP_LEG       (1u << 1)
#define CPUID_EXT3_SVM           (1u << 2)
#define CPUID_EXT3_EXTAPIC       (1u << 3)
#define CPUID_EXT3_CR8LEG        (1u << 4)
#define CPUID_EXT3_ABM           (1u << 5)
#define CPUID_EXT3_SSE4A         (1u << 6)
#define CPUID_EXT3_MISALIGNSSE   (1u << 7)
#define CPUID_EXT3_3DNOWPREFETCH (1u << 8)
#define CPUID_EXT3_OSVW          (1u << 9)
#define CPUID_EXT3_IBS           (1u << 10)
#define CPUID_EXT3_XOP           (1u << 11)
#define CPUID_EXT3_SKINIT        (1u << 12)
#define CPUID_EXT3_WDT           (1u << 13)
#define CPUID_EXT3_LWP           (1u << 15)
#define CPUID_EXT3_FMA4          (1u << 16)
#define CPUID_EXT3_TCE           (1u << 17)
#define CPUID_EXT3_NODEID        (1u << 19)
#define CPUID_EXT3_TBM           (1u << 21)
#define CPUID_EXT3_TOPOEXT       (1u << 22)
#define CPUID_EXT3_PERFCORE      (1u << 23)
#define CPUID_EXT3_PERFNB        (1u << 24)

/* FEAT_8000_0007_EBX: CPUID.80000007H:EBX */
#define CPUID_8000_0007_EBX_OVERFLOW_RECOV (1u << 0)
#define CPUID_8000_0007_EBX_SUCCOR         (1u << 1)

/* FEAT_8000_0007_EDX: CPUID.80000007H:EDX */
#define CPUID_APM_INVTSC (1u << 8)

/* FEAT_8000_0008_EBX: CPUID.80000008H:EBX */
#define CPUID_8000_0008_EBX_CLZERO          (1u << 0)
#define CPUID_8000_0008_EBX_XSAVEERPTR      (1u << 2)
#define CPUID_8000_0008_EBX_WBNOINVD        (1u << 9)
#define CPUID_8000_0008_EBX_IBPB            (1u << 12)
#define CPUID_8000_0008_EBX_IBRS            (1u << 14)
#define CPUID_8000_0008_EBX_STIBP           (1u << 15)
#define CPUID_8000_0008_EBX_STIBP_ALWAYS_ON (1u << 17)
#define CPUID_8000_0008_EBX_AMD_SSBD        (1u << 24)
#define CPUID_8000_0008_EBX_VIRT_SSBD       (1u << 25)
#define CPUID_8000_0008_EBX_AMD_SSB_NO      (1u << 26)
#define CPUID_8000_0008_EBX_AMD_PSFD        (1u << 28)

/* FEAT_8000_0021_EAX: CPUID.80000021H:EAX */
#define CPUID_8000_0021_EAX_NO_NESTED_DATA_BP         (1u << 0)
#define CPUID_8000_0021_EAX_FS_GS_BASE_NS             (1u << 1)
#define CPUID_8000_0021_EAX_LFENCE_ALWAYS_SERIALIZING (1u << 2)
#define CPUID_8000_0021_EAX_VERW_CLEAR                (1u << 5)
#define CPUID_8000_0021_EAX_NULL_SEL_CLR_BASE         (1u << 6)
#define CPUID_8000_0021_EAX_AUTO_IBRS                 (1u << 8)
#define CPUID_8000_0021_EAX_PREFETCHI                 (1u << 20)
#define CPUID_8000_0021_EAX_ERAPS                     (1u << 24)
#define CPUID_8000_0021_EAX_SBPB                      (1u << 27)
#define CPUID_8000_0021_EAX_IBPB_BRTYPE               (1u << 28)
#define CPUID_8000_0021_EAX_SRSO_NO                   (1u << 29)
#define CPUID_8000_0021_EAX_SRSO_USER_KERNEL_NO       (1u << 30)

/* FEAT_8000_0021_ECX: CPUID.80000021H:ECX */
#define CPUID_8000_0021_ECX_TSA_SQ_NO (1u << 1)
#define CPUID_8000_0021_ECX_TSA_L1_NO (1u << 2)

/* FEAT_8000_0022_EAX: CPUID.80000022H:EAX */
#define CPUID_8000_0022_EAX_PERFMON_V2 (1u << 0)

/* FEAT_C000_0001_EDX: CPUID.C0000001H:EDX (VIA, Zhaoxin) */
#define CPUID_EXT4_XSTORE    (1u << 2)
#define CPUID_EXT4_XSTORE_EN (1u << 3)
#define CPUID_EXT4_XCRYPT    (1u << 6)
#define CPUID_EXT4_XCRYPT_EN (1u << 7)
#define CPUID_EXT4_ACE2      (1u << 8)
#define CPUID_EXT4_ACE2_EN   (1u << 9)
#define CPUID_EXT4_PHE       (1u << 10)
#define CPUID_EXT4_PHE_EN    (1u << 11)
#define CPUID_EXT4_PMM       (1u << 12)
#define CPUID_EXT4_PMM_EN    (1u << 13)

/* FEAT_KVM: CPUID.40000001H:EAX: KVM paravirtual interface */
#define CPUID_KVM_CLOCKSOURCE        (1u << 0)
#define CPUID_KVM_NOP_IO_DELAY       (1u << 1)
#define CPUID_KVM_MMU_OP             (1u << 2)
#define CPUID_KVM_CLOCKSOURCE2       (1u << 3)
#define CPUID_KVM_ASYNCPF            (1u << 4)
#define CPUID_KVM_STEAL_TIME         (1u << 5)
#define CPUID_KVM_PV_EOI             (1u << 6)
#define CPUID_KVM_PV_UNHALT          (1u << 7)
#define CPUID_KVM_PV_TLB_FLUSH       (1u << 9)
#define CPUID_KVM_ASYNCPF_VMEXIT     (1u << 10)
#define CPUID_KVM_PV_SEND_IPI        (1u << 11)
#define CPUID_KVM_POLL_CONTROL       (1u << 12)
#define CPUID_KVM_PV_SCHED_YIELD     (1u << 13)
#define CPUID_KVM_ASYNCPF_INT        (1u << 14)
#define CPUID_KVM_MSI_EXT_DEST_ID    (1u << 15)
#define CPUID_KVM_CLOCKSOURCE_STABLE (1u << 24)

/* FEAT_KVM_HINTS: CPUID.40000001H:EDX */
#define CPUID_KVM_HINTS_DEDICATED (1u << 0)

/* FEAT_SVM: CPUID.8000000AH:EDX */
#define CPUID_SVM_NPT             (1u << 0)
#define CPUID_SVM_LBRV            (1u << 1)
#define CPUID_SVM_SVMLOCK         (1u << 2)
#define CPUID_SVM_NRIPSAVE        (1u << 3)
#define CPUID_SVM_TSCSCALE        (1u << 4)
#define CPUID_SVM_VMCBCLEAN       (1u << 5)
#define CPUID_SVM_FLUSHASID       (1u << 6)
#define CPUID_SVM_DECODEASSIST    (1u << 7)
#define CPUID_SVM_PAUSEFILTER     (1u << 10)
#define CPUID_SVM_PFTHRESHOLD     (1u << 12)
#define CPUID_SVM_AVIC            (1u << 13)
#define CPUID_SVM_V_VMSAVE_VMLOAD (1u << 15)
#define CPUID_SVM_VGIF            (1u << 16)
#define CPUID_SVM_GMET            (1u << 17)
#define CPUID_SVM_VNMI            (1u << 25)
#define CPUID_SVM_SVME_ADDR_CHK   (1u << 28)

/* FEAT_XSAVE: CPUID.(0DH,1):EAX */
#define CPUID_XSAVE_XSAVEOPT (1u << 0)
#define CPUID_XSAVE_XSAVEC   (1u << 1)
#define CPUID_XSAVE_XGETBV1  (1u << 2)
#define CPUID_XSAVE_XSAVES   (1u << 3)
#define CPUID_XSAVE_XFD      (1u << 4)

/* FEAT_6_EAX: CPUID.06H:EAX */
#define CPUID_6_EAX_ARAT (1u << 2)

/* FEAT_14_0_ECX: CPUID.(14H,0):ECX */
#define CPUID_14_0_ECX_LIP (1u << 31)

/* FEAT_SGX_12_0_EAX: CPUID.(12H,0):EAX */
#define CPUID_SGX_12_0_EAX_SGX1     (1u << 0)
#define CPUID_SGX_12_0_EAX_SGX2     (1u << 1)
#define CPUID_SGX_12_0_EAX_EDECCSSA (1u << 11)

/* FEAT_SGX_12_0_EBX: CPUID.(12H,0):EBX */
#define CPUID_SGX_12_0_EBX_EXINFO (1u << 0)

/* FEAT_SGX_12_1_EAX: CPUID.(12H,1):EAX */
#define CPUID_SGX_12_1_EAX_DEBUG        (1u << 1)
#define CPUID_SGX_12_1_EAX_MODE64       (1u << 2)
#define CPUID_SGX_12_1_EAX_PROVISIONKEY (1u << 4)
#define CPUID_SGX_12_1_EAX_TOKENKEY     (1u << 5)
#define CPUID_SGX_12_1_EAX_KSS          (1u << 7)
#define CPUID_SGX_12_1_EAX_AEX_NOTIFY   (1u << 10)

/* FEAT_ARCH_CAPABILITIES: MSR 10AH IA32_ARCH_CAPABILITIES */
#define MSR_ARCH_CAP_RDCTL_NO           (1ull << 0)
#define MSR_ARCH_CAP_IBRS_ALL           (1ull << 1)
#define MSR_ARCH_CAP_RSBA               (1ull << 2)
#define MSR_ARCH_CAP_SKIP_L1DFL_VMENTRY (1ull << 3)
#define MSR_ARCH_CAP_SSB_NO             (1ull << 4)
#define MSR_ARCH_CAP_MDS_NO             (1ull << 5)
#define MSR_ARCH_CAP_PSCHANGE_MC_NO     (1ull << 6)
#define MSR_ARCH_CAP_TSX_CTRL           (1ull << 7)
#define MSR_ARCH_CAP_TAA_NO             (1ull << 8)
#define MSR_ARCH_CAP_SBDR_SSDP_NO       (1ull << 13)
#define MSR_ARCH_CAP_FBSDP_NO           (1ull << 14)
#define MSR_ARCH_CAP_PSDP_NO            (1ull << 15)
#define MSR_ARCH_CAP_FB_CLEAR           (1ull << 17)
#define MSR_ARCH_CAP_BHI_NO             (1ull << 20)
#define MSR_ARCH_CAP_PBRSB_NO           (1ull << 24)
#define MSR_ARCH_CAP_GDS_NO             (1ull << 26)
#define MSR_ARCH_CAP_RFDS_NO            (1ull << 27)
#define MSR_ARCH_CAP_RFDS_CLEAR         (1ull << 28)
#define MSR_ARCH_CAP_ITS_NO             (1ull << 62)

/* FEAT_CORE_CAPABILITY: MSR CFH IA32_CORE_CAPABILITIES */
#define MSR_CORE_CAP_SPLIT_LOCK_DETECT (1ull << 5)

/* FEAT_PERF_CAPABILITIES: MSR 345H IA32_PERF_CAPABILITIES; bits 5:0 hold lbr-fmt */
#define PERF_CAP_FULL_WRITE (1ull << 13)

/* FEAT_VMX_PROCBASED_CTLS: MSR 48EH, allowed-1 half */
#define VMX_CPU_BASED_VINTR_PENDING    (1u << 2)
#define VMX_CPU_BASED_TSC_OFFSET       (1u << 3)
#define VMX_CPU_BASED_HLT_EXIT         (1u << 7)
#define VMX_CPU_BASED_INVLPG_EXIT      (1u << 9)
#define VMX_CPU_BASED_MWAIT_EXIT       (1u << 10)
#define VMX_CPU_BASED_RDPMC_EXIT       (1u << 11)
#define VMX_CPU_BASED_RDTSC_EXIT       (1u << 12)
#define VMX_CPU_BASED_CR3_LOAD_NOEXIT  (1u << 15)
#define VMX_CPU_BASED_CR3_STORE_NOEXIT (1u << 16)
#define VMX_CPU_BASED_CR8_LOAD_EXIT    (1u << 19)
#define VMX_CPU_BASED_CR8_STORE_EXIT   (1u << 20)
#define VMX_CPU_BASED_FLEXPRIORITY     (1u << 21)
#define VMX_CPU_BASED_VNMI_PENDING     (1u << 22)
#define VMX_CPU_BASED_MOVDR_EXIT       (1u << 23)
#define VMX_CPU_BASED_IO_EXIT          (1u << 24)
#define VMX_CPU_BASED_IO_BITMAP        (1u << 25)
#define VMX_CPU_BASED_MTF              (1u << 27)
#define VMX_CPU_BASED_MSR_BITMAP       (1u << 28)
#define VMX_CPU_BASED_MONITOR_EXIT     (1u << 29)
#define VMX_CPU_BASED_PAUSE_EXIT       (1u << 30)
#define VMX_CPU_BASED_SECONDARY_CTLS   (1u << 31)

/* FEAT_VMX_SECONDARY_CTLS: MSR 48BH, allowed-1 half */
#define VMX_SECONDARY_EXEC_APICV_XAPIC            (1u << 0)
#define VMX_SECONDARY_EXEC_EPT                    (1u << 1)
#define VMX_SECONDARY_EXEC_DESC_EXIT              (1u << 2)
#define VMX_SECONDARY_EXEC_RDTSCP_EXIT            (1u << 3)
#define VMX_SECONDARY_EXEC_APICV_X2APIC           (1u << 4)
#define VMX_SECONDARY_EXEC_VPID                   (1u << 5)
#define VMX_SECONDARY_EXEC_WBINVD_EXIT            (1u << 6)
#define VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST     (1u << 7)
#define VMX_SECONDARY_EXEC_APICV_REGISTER         (1u << 8)
#define VMX_SECONDARY_EXEC_APICV_VID              (1u << 9)
#define VMX_SECONDARY_EXEC_PLE                    (1u << 10)
#define VMX_SECONDARY_EXEC_RDRAND_EXIT            (1u << 11)
#define VMX_SECONDARY_EXEC_INVPCID_EXIT           (1u << 12)
#define VMX_SECONDARY_EXEC_VMFUNC                 (1u << 13)
#define VMX_SECONDARY_EXEC_SHADOW_VMCS            (1u << 14)
#define VMX_SECONDARY_EXEC_ENCLS_EXIT             (1u << 15)
#define VMX_SECONDARY_EXEC_RDSEED_EXIT            (1u << 16)
#define VMX_SECONDARY_EXEC_PML                    (1u << 17)
#define VMX_SECONDARY_EXEC_XSAVES                 (1u << 20)
#define VMX_SECONDARY_EXEC_MBEC                   (1u << 22)
#define VMX_SECONDARY_EXEC_TSC_SCALING            (1u << 25)
#define VMX_SECONDARY_EXEC_ENABLE_USER_WAIT_PAUSE (1u << 26)

/* FEAT_VMX_PINBASED_CTLS: MSR 48DH, allowed-1 half */
#define VMX_PIN_BASED_INTR_EXIT        (1u << 0)
#define VMX_PIN_BASED_NMI_EXIT         (1u << 3)
#define VMX_PIN_BASED_VNMI             (1u << 5)
#define VMX_PIN_BASED_PREEMPTION_TIMER (1u << 6)
#define VMX_PIN_BASED_POSTED_INTR      (1u << 7)

/* FEAT_VMX_EXIT_CTLS: MSR 48FH, allowed-1 half */
#define VMX_VM_EXIT_NOSAVE_DEBUGCTL       (1u << 2)
#define VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL (1u << 12)
#define VMX_VM_EXIT_ACK_INTR              (1u << 15)
#define VMX_VM_EXIT_SAVE_PAT              (1u << 18)
#define VMX_VM_EXIT_LOAD_PAT              (1u << 19)
#define VMX_VM_EXIT_SAVE_EFER             (1u << 20)
#define VMX_VM_EXIT_LOAD_EFER             (1u << 21)
#define VMX_VM_EXIT_SAVE_PREEMPTION_TIMER (1u << 22)
#define VMX_VM_EXIT_CLEAR_BNDCFGS         (1u << 23)
#define VMX_VM_EXIT_CLEAR_RTIT_CTL        (1u << 25)
#define VMX_VM_EXIT_SAVE_CET              (1u << 28)
#define VMX_VM_EXIT_LOAD_PKRS             (1u << 29)
#define VMX_VM_EXIT_SECONDARY_CTLS        (1u << 31)

/* FEAT_VMX_ENTRY_CTLS: MSR 490H, allowed-1 half */
#define VMX_VM_ENTRY_NOLOAD_DEBUGCTL       (1u << 2)
#define VMX_VM_ENTRY_IA32E_MODE            (1u << 9)
#define VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL (1u << 13)
#define VMX_VM_ENTRY_LOAD_PAT              (1u << 14)
#define VMX_VM_ENTRY_LOAD_EFER             (1u << 15)
#define VMX_VM_ENTRY_LOAD_BNDCFGS          (1u << 16)
#define VMX_VM_ENTRY_LOAD_RTIT_CTL         (1u << 18)
#define VMX_VM_ENTRY_LOAD_CET              (1u << 20)
#define VMX_VM_ENTRY_LOAD_PKRS             (1u << 22)
#define VMX_VM_ENTRY_LOAD_FRED             (1u << 23)

/* FEAT_VMX_MISC: MSR 485H */
#define VMX_MISC_STORE_LMA             (1ull << 5)
#define VMX_MISC_ACTIVITY_HLT          (1ull << 6)
#define VMX_MISC_ACTIVITY_SHUTDOWN     (1ull << 7)
#define VMX_MISC_ACTIVITY_WAIT_SIPI    (1ull << 8)
#define VMX_MISC_VMWRITE_VMEXIT_FIELDS (1ull << 29)
#define VMX_MISC_ZERO_LEN_INJECT       (1ull << 30)

/* FEAT_VMX_EPT_VPID_CAPS: MSR 48CH */
#define VMX_EPT_VPID_CAP_EPT_EXECONLY                     (1ull << 0)
#define VMX_EPT_VPID_CAP_PAGE_WALK_4                      (1ull << 6)
#define VMX_EPT_VPID_CAP_PAGE_WALK_5                      (1ull << 7)
#define VMX_EPT_VPID_CAP_EPT_2MB                          (1ull << 16)
#define VMX_EPT_VPID_CAP_EPT_1GB                          (1ull << 17)
#define VMX_EPT_VPID_CAP_INVEPT                           (1ull << 20)
#define VMX_EPT_VPID_CAP_EPTAD                            (1ull << 21)
#define VMX_EPT_VPID_CAP_EPT_ADVANCED_EXITINFO            (1ull << 22)
#define VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT            (1ull << 25)
#define VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT               (1ull << 26)
#define VMX_EPT_VPID_CAP_INVVPID                          (1ull << 32)
#define VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR              (1ull << 40)
#define VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT           (1ull << 41)
#define VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT              (1ull << 42)
#define VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS (1ull << 43)

/* FEAT_VMX_BASIC: MSR 480H */
#define VMX_BASIC_INS_OUTS         (1ull << 54)
#define VMX_BASIC_TRUE_CTLS        (1ull << 55)
#define VMX_BASIC_ANY_ERRCODE      (1ull << 56)
#define VMX_BASIC_NESTED_EXCEPTION (1ull << 58)

/* FEAT_VMX_VMFUNC: MSR 491H */
#define VMX_VMFUNC_EPTP_SWITCHING (1ull << 0)

/* Vendor signatures, CPUID.0 EBX, EDX, ECX */
#define CPUID_VENDOR_SZ       12
#define CPUID_VENDOR_INTEL    "GenuineIntel"
#define CPUID_VENDOR_INTEL_1  0x756e6547u
#define CPUID_VENDOR_INTEL_2  0x49656e69u
#define CPUID_VENDOR_INTEL_3  0x6c65746eu
#define CPUID_VENDOR_AMD      "AuthenticAMD"
#define CPUID_VENDOR_AMD_1    0x68747541u
#define CPUID_VENDOR_AMD_2    0x69746e65u
#define CPUID_VENDOR_AMD_3    0x444d4163u
#define CPUID_VENDOR_HYGON    "HygonGenuine"
#define CPUID_VENDOR_ZHAOXIN1 "CentaurHauls"
#define CPUID_VENDOR_ZHAOXIN2 "  Shanghai  "

#endif
