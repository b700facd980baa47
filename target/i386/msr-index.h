/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Model specific register numbers and their bits (SDM vol. 4; AMD APM vol. 2
 * appendix A; Linux Documentation/virt/kvm/x86/msr.rst for 0x4b564dxx).
 */
#ifndef I386_MSR_INDEX_H
#define I386_MSR_INDEX_H

#define MSR_P5_MC_ADDR                            0x00000000
#define MSR_P5_MC_TYPE                            0x00000001
#define MSR_IA32_TSC                              0x00000010
#define MSR_IA32_PLATFORM_ID                      0x00000017
#define MSR_EBL_CR_POWERON                        0x0000002a
#define MSR_SMI_COUNT                             0x00000034
#define MSR_CORE_THREAD_COUNT                     0x00000035
#define MSR_IA32_FEATURE_CONTROL                  0x0000003a
#define FEATURE_CONTROL_LOCKED                    (1u << 0)
#define FEATURE_CONTROL_VMXON_ENABLED_INSIDE_SMX  (1u << 1)
#define FEATURE_CONTROL_VMXON_ENABLED_OUTSIDE_SMX (1u << 2)
#define FEATURE_CONTROL_SGX_LC                    (1u << 17)
#define FEATURE_CONTROL_SGX                       (1u << 18)
#define FEATURE_CONTROL_LMCE                      (1u << 20)
#define MSR_TSC_ADJUST                            0x0000003b
#define MSR_IA32_SPEC_CTRL                        0x00000048
#define SPEC_CTRL_IBRS                            (1u << 0)
#define SPEC_CTRL_STIBP                           (1u << 1)
#define SPEC_CTRL_SSBD                            (1u << 2)
#define MSR_IA32_PRED_CMD                         0x00000049
#define MSR_IA32_UCODE_WRITE                      0x00000079
#define MSR_IA32_UCODE_REV                        0x0000008b
#define MSR_IA32_SGXLEPUBKEYHASH0                 0x0000008c
#define MSR_IA32_SMBASE                           0x0000009e
#define MSR_PERFCTR0                              0x000000c1
#define MSR_FSB_FREQ                              0x000000cd
#define MSR_PLATFORM_INFO                         0x000000ce
#define MSR_IA32_CORE_CAPABILITIES                0x000000cf
#define MSR_IA32_UMWAIT_CONTROL                   0x000000e1
#define MSR_MPERF                                 0x000000e7
#define MSR_APERF                                 0x000000e8
#define MSR_MTRRcap                               0x000000fe
#define MSR_MTRRcap_VCNT                          8
#define MSR_MTRRcap_FIXRANGE_SUPPORT              (1u << 8)
#define MSR_MTRRcap_WC_SUPPORTED                  (1u << 10)
#define MSR_IA32_ARCH_CAPABILITIES                0x0000010a
#define MSR_IA32_FLUSH_CMD                        0x0000010b
#define MSR_BBL_CR_CTL3                           0x0000011e
#define MSR_IA32_TSX_CTRL                         0x00000122
#define MSR_IA32_SYSENTER_CS                      0x00000174
#define MSR_IA32_SYSENTER_ESP                     0x00000175
#define MSR_IA32_SYSENTER_EIP                     0x00000176
#define MSR_MCG_CAP                               0x00000179
#define MCG_CTL_P                                 (1ull << 8)
#define MCG_SER_P                                 (1ull << 24)
#define MCG_LMCE_P                                (1ull << 27)
#define MSR_MCG_STATUS                            0x0000017a
#define MCG_STATUS_RIPV                           (1ull << 0)
#define MCG_STATUS_EIPV                           (1ull << 1)
#define MCG_STATUS_MCIP                           (1ull << 2)
#define MCG_STATUS_LMCE                           (1ull << 3)
#define MSR_MCG_CTL                               0x0000017b
#define MSR_P6_EVNTSEL0                           0x00000186
#define MSR_IA32_PERF_STATUS                      0x00000198
#define MSR_IA32_PERF_CTL                         0x00000199
#define MSR_IA32_THERM_INTERRUPT                  0x0000019b
#define MSR_IA32_THERM_STATUS                     0x0000019c
#define MSR_IA32_MISC_ENABLE                      0x000001a0
#define MSR_IA32_MISC_ENABLE_FAST_STRING          (1ull << 0)
#define MSR_IA32_MISC_ENABLE_BTS_UNAVAIL          (1ull << 11)
#define MSR_IA32_MISC_ENABLE_PEBS_UNAVAIL         (1ull << 12)
#define MSR_IA32_MISC_ENABLE_MWAIT                (1ull << 18)
#define MSR_IA32_MISC_ENABLE_XD_DISABLE           (1ull << 34)
#define MSR_IA32_MISC_ENABLE_DEFAULT              1
#define MSR_IA32_XFD                              0x000001c4
#define MSR_IA32_XFD_ERR                          0x000001c5
#define MSR_IA32_DEBUGCTL                         0x000001d9
#define DEBUGCTL_LBR                              (1ull << 0)
#define DEBUGCTL_BTF                              (1ull << 1)
#define MSR_LASTBRANCHFROMIP                      0x000001db
#define MSR_LASTBRANCHTOIP                        0x000001dc
#define MSR_LASTINTFROMIP                         0x000001dd
#define MSR_LASTINTTOIP                           0x000001de
#define MSR_MTRRphysBase(n)                       (0x00000200 + 2 * (n))
#define MSR_MTRRphysMask(n)                       (0x00000201 + 2 * (n))
#define MSR_MTRRfix64K_00000                      0x00000250
#define MSR_MTRRfix16K_80000                      0x00000258
#define MSR_MTRRfix16K_A0000                      0x00000259
#define MSR_MTRRfix4K_C0000                       0x00000268
#define MSR_MTRRfix4K_F8000                       0x0000026f
#define MSR_PAT                                   0x00000277
#define PAT_RESET_VALUE                           0x0007040600070406ull
#define MSR_MC0_CTL2                              0x00000280
#define MSR_MTRRdefType                           0x000002ff
#define MSR_CORE_PERF_FIXED_CTR0                  0x00000309
#define MSR_IA32_PERF_CAPABILITIES                0x00000345
#define MSR_CORE_PERF_FIXED_CTR_CTRL              0x0000038d
#define MSR_CORE_PERF_GLOBAL_STATUS               0x0000038e
#define MSR_CORE_PERF_GLOBAL_CTRL                 0x0000038f
#define MSR_CORE_PERF_GLOBAL_OVF_CTRL             0x00000390
#define MSR_MC0_CTL                               0x00000400
#define MSR_MC0_STATUS                            0x00000401
#define MSR_MC0_ADDR                              0x00000402
#define MSR_MC0_MISC                              0x00000403
#define MCI_STATUS_VAL                            (1ull << 63)
#define MCI_STATUS_OVER                           (1ull << 62)
#define MCI_STATUS_UC                             (1ull << 61)
#define MCI_STATUS_EN                             (1ull << 60)
#define MCI_STATUS_MISCV                          (1ull << 59)
#define MCI_STATUS_ADDRV                          (1ull << 58)
#define MCI_STATUS_PCC                            (1ull << 57)
#define MCI_STATUS_S                              (1ull << 56)
#define MCI_STATUS_AR                             (1ull << 55)
#define MSR_IA32_VMX_BASIC                        0x00000480
#define MSR_IA32_VMX_PINBASED_CTLS                0x00000481
#define MSR_IA32_VMX_PROCBASED_CTLS               0x00000482
#define MSR_IA32_VMX_EXIT_CTLS                    0x00000483
#define MSR_IA32_VMX_ENTRY_CTLS                   0x00000484
#define MSR_IA32_VMX_MISC                         0x00000485
#define MSR_IA32_VMX_CR0_FIXED0                   0x00000486
#define MSR_IA32_VMX_CR0_FIXED1                   0x00000487
#define MSR_IA32_VMX_CR4_FIXED0                   0x00000488
#define MSR_IA32_VMX_CR4_FIXED1                   0x00000489
#define MSR_IA32_VMX_VMCS_ENUM                    0x0000048a
#define MSR_IA32_VMX_PROCBASED_CTLS2              0x0000048b
#define MSR_IA32_VMX_EPT_VPID_CAP                 0x0000048c
#define MSR_IA32_VMX_TRUE_PINBASED_CTLS           0x0000048d
#define MSR_IA32_VMX_TRUE_PROCBASED_CTLS          0x0000048e
#define MSR_IA32_VMX_TRUE_EXIT_CTLS               0x0000048f
#define MSR_IA32_VMX_TRUE_ENTRY_CTLS              0x00000490
#define MSR_IA32_VMX_VMFUNC                       0x00000491
#define MSR_IA32_U_CET                            0x000006a0
#define MSR_IA32_S_CET                            0x000006a2
#define MSR_IA32_PL0_SSP                          0x000006a4
#define MSR_IA32_PL1_SSP                          0x000006a5
#define MSR_IA32_PL2_SSP                          0x000006a6
#define MSR_IA32_PL3_SSP                          0x000006a7
#define MSR_IA32_INT_SSP_TAB                      0x000006a8
#define MSR_IA32_TSC_DEADLINE                     0x000006e0
#define MSR_IA32_PKRS                             0x000006e1
#define MSR_IA32_BNDCFGS                          0x00000d90
#define MSR_IA32_XSS                              0x00000da0

/* Local APIC: base, and the register file in x2APIC mode */
#define MSR_IA32_APICBASE        0x0000001b
#define MSR_IA32_APICBASE_BSP    (1u << 8)
#define MSR_IA32_APICBASE_EXTD   (1u << 10)
#define MSR_IA32_APICBASE_ENABLE (1u << 11)
#define MSR_IA32_APICBASE_BASE   (0xfffffull << 12)
#define MSR_APIC_START           0x00000800
#define MSR_APIC_END             0x000008ff

/* AMD64 */
#define MSR_EFER                    0xc0000080
#define MSR_EFER_SCE                (1u << 0)
#define MSR_EFER_LME                (1u << 8)
#define MSR_EFER_LMA                (1u << 10)
#define MSR_EFER_NXE                (1u << 11)
#define MSR_EFER_SVME               (1u << 12)
#define MSR_EFER_LMSLE              (1u << 13)
#define MSR_EFER_FFXSR              (1u << 14)
#define MSR_EFER_TCE                (1u << 15)
#define MSR_EFER_AUTOIBRS           (1u << 21)
#define MSR_STAR                    0xc0000081
#define MSR_LSTAR                   0xc0000082
#define MSR_CSTAR                   0xc0000083
#define MSR_FMASK                   0xc0000084
#define MSR_FSBASE                  0xc0000100
#define MSR_GSBASE                  0xc0000101
#define MSR_KERNELGSBASE            0xc0000102
#define MSR_TSC_AUX                 0xc0000103
#define MSR_AMD64_TSC_RATIO         0xc0000104
#define MSR_AMD64_TSC_RATIO_DEFAULT 0x100000000ull
#define MSR_K7_EVNTSEL0             0xc0010000
#define MSR_K7_PERFCTR0             0xc0010004
#define MSR_K8_SYSCFG               0xc0010010
#define MSR_K7_HWCR                 0xc0010015
#define MSR_K8_TOP_MEM1             0xc001001a
#define MSR_K8_TOP_MEM2             0xc001001d
#define MSR_AMD64_NB_CFG            0xc001001f
#define MSR_AMD64_PATCH_LEVEL       0x0000008b
#define MSR_K8_INT_PENDING          0xc0010055
#define MSR_K8_SMBASE               0xc0010111
#define MSR_VM_CR                   0xc0010114
#define MSR_VM_CR_LOCK              (1ull << 3)
#define MSR_VM_CR_SVMDIS            (1ull << 4)
#define MSR_VM_CR_BITS              0x1full
#define MSR_VM_HSAVE_PA             0xc0010117
#define MSR_VIRT_SSBD               0xc001011f
#define MSR_F15H_PERF_CTL           0xc0010200
#define MSR_AMD64_LS_CFG            0xc0011020
#define MSR_AMD64_DC_CFG            0xc0011022
#define MSR_AMD64_DE_CFG            0xc0011029
#define MSR_AMD64_BU_CFG2           0xc001102a

/* KVM paravirtual interface */
#define MSR_KVM_WALL_CLOCK_OLD   0x00000011
#define MSR_KVM_SYSTEM_TIME_OLD  0x00000012
#define MSR_KVM_WALL_CLOCK_NEW   0x4b564d00
#define MSR_KVM_SYSTEM_TIME_NEW  0x4b564d01
#define MSR_KVM_ASYNC_PF_EN_NUM  0x4b564d02
#define MSR_KVM_STEAL_TIME_NUM   0x4b564d03
#define MSR_KVM_PV_EOI_EN_NUM    0x4b564d04
#define MSR_KVM_POLL_CONTROL_NUM 0x4b564d05
#define MSR_KVM_ASYNC_PF_INT_NUM 0x4b564d06
#define MSR_KVM_ASYNC_PF_ACK_NUM 0x4b564d07

#endif
