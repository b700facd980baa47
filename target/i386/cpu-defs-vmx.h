/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Initializers for the VMX feature words of CPU models: what a processor of that
 * generation offers to a nested hypervisor (SDM vol. 3, appendix A). Each is named after
 * the first model that has it.
 */
#ifndef I386_CPU_DEFS_VMX_H
#define I386_CPU_DEFS_VMX_H

#include "target/i386/cpu-features.h"

#define VMX_KVM64                                                                                  \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR8_LOAD_EXIT | VMX_CPU_BASED_CR8_STORE_EXIT |    \
        VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT |            \
        VMX_CPU_BASED_IO_BITMAP | VMX_CPU_BASED_MONITOR_EXIT | VMX_CPU_BASED_PAUSE_EXIT,           \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT,                   \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_ACK_INTR, [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_IA32E_MODE,  \
    [FEAT_VMX_MISC] = VMX_MISC_ACTIVITY_HLT

#define VMX_KVM32                                                                                  \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT |              \
        VMX_CPU_BASED_IO_BITMAP | VMX_CPU_BASED_MSR_BITMAP | VMX_CPU_BASED_MONITOR_EXIT |          \
        VMX_CPU_BASED_PAUSE_EXIT,                                                                  \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT,                   \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_ACK_INTR, [FEAT_VMX_MISC] = VMX_MISC_ACTIVITY_HLT

#define VMX_CORE2DUO                                                                               \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR8_LOAD_EXIT | VMX_CPU_BASED_CR8_STORE_EXIT |    \
        VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING | VMX_CPU_BASED_MOVDR_EXIT |       \
        VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP | VMX_CPU_BASED_MSR_BITMAP |               \
        VMX_CPU_BASED_MONITOR_EXIT | VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,      \
    [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_APICV_XAPIC,                                    \
    [FEAT_VMX_PINBASED_CTLS] =                                                                     \
        VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT | VMX_PIN_BASED_VNMI,                     \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_ACK_INTR, [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_IA32E_MODE,  \
    [FEAT_VMX_MISC] = VMX_MISC_ACTIVITY_HLT, [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS

#define VMX_PENRYN                                                                                 \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR8_LOAD_EXIT | VMX_CPU_BASED_CR8_STORE_EXIT |    \
        VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING | VMX_CPU_BASED_MOVDR_EXIT |       \
        VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP | VMX_CPU_BASED_MSR_BITMAP |               \
        VMX_CPU_BASED_MONITOR_EXIT | VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,      \
    [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_APICV_XAPIC | VMX_SECONDARY_EXEC_WBINVD_EXIT,   \
    [FEAT_VMX_PINBASED_CTLS] =                                                                     \
        VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT | VMX_PIN_BASED_VNMI,                     \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL | VMX_VM_EXIT_ACK_INTR,               \
    [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_IA32E_MODE | VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL,          \
    [FEAT_VMX_MISC] = VMX_MISC_ACTIVITY_HLT, [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS

#define VMX_NEHALEM                                                                                \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR3_LOAD_NOEXIT |                                 \
        VMX_CPU_BASED_CR3_STORE_NOEXIT | VMX_CPU_BASED_CR8_LOAD_EXIT |                             \
        VMX_CPU_BASED_CR8_STORE_EXIT | VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING |   \
        VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP |               \
        VMX_CPU_BASED_MTF | VMX_CPU_BASED_MSR_BITMAP | VMX_CPU_BASED_MONITOR_EXIT |                \
        VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,                                   \
    [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_APICV_XAPIC | VMX_SECONDARY_EXEC_EPT |          \
                                VMX_SECONDARY_EXEC_DESC_EXIT | VMX_SECONDARY_EXEC_APICV_X2APIC |   \
                                VMX_SECONDARY_EXEC_VPID | VMX_SECONDARY_EXEC_WBINVD_EXIT,          \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT |                  \
                               VMX_PIN_BASED_VNMI | VMX_PIN_BASED_PREEMPTION_TIMER,                \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_NOSAVE_DEBUGCTL | VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL |       \
                           VMX_VM_EXIT_ACK_INTR | VMX_VM_EXIT_SAVE_PAT | VMX_VM_EXIT_LOAD_PAT |    \
                           VMX_VM_EXIT_SAVE_EFER | VMX_VM_EXIT_LOAD_EFER |                         \
                           VMX_VM_EXIT_SAVE_PREEMPTION_TIMER,                                      \
    [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_NOLOAD_DEBUGCTL | VMX_VM_ENTRY_IA32E_MODE |               \
                            VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL | VMX_VM_ENTRY_LOAD_PAT |           \
                            VMX_VM_ENTRY_LOAD_EFER,                                                \
    [FEAT_VMX_MISC] = VMX_MISC_ACTIVITY_HLT,                                                       \
    [FEAT_VMX_EPT_VPID_CAPS] =                                                                     \
        VMX_EPT_VPID_CAP_EPT_EXECONLY | VMX_EPT_VPID_CAP_PAGE_WALK_4 | VMX_EPT_VPID_CAP_EPT_2MB |  \
        VMX_EPT_VPID_CAP_EPT_1GB | VMX_EPT_VPID_CAP_INVEPT |                                       \
        VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT |             \
        VMX_EPT_VPID_CAP_INVVPID | VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR |                          \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT |           \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS,                                         \
    [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS | VMX_BASIC_TRUE_CTLS

#define VMX_WESTMERE                                                                               \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR3_LOAD_NOEXIT |                                 \
        VMX_CPU_BASED_CR3_STORE_NOEXIT | VMX_CPU_BASED_CR8_LOAD_EXIT |                             \
        VMX_CPU_BASED_CR8_STORE_EXIT | VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING |   \
        VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP |               \
        VMX_CPU_BASED_MTF | VMX_CPU_BASED_MSR_BITMAP | VMX_CPU_BASED_MONITOR_EXIT |                \
        VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,                                   \
    [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_APICV_XAPIC | VMX_SECONDARY_EXEC_EPT |          \
                                VMX_SECONDARY_EXEC_DESC_EXIT | VMX_SECONDARY_EXEC_APICV_X2APIC |   \
                                VMX_SECONDARY_EXEC_VPID | VMX_SECONDARY_EXEC_WBINVD_EXIT |         \
                                VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST,                             \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT |                  \
                               VMX_PIN_BASED_VNMI | VMX_PIN_BASED_PREEMPTION_TIMER,                \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_NOSAVE_DEBUGCTL | VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL |       \
                           VMX_VM_EXIT_ACK_INTR | VMX_VM_EXIT_SAVE_PAT | VMX_VM_EXIT_LOAD_PAT |    \
                           VMX_VM_EXIT_SAVE_EFER | VMX_VM_EXIT_LOAD_EFER |                         \
                           VMX_VM_EXIT_SAVE_PREEMPTION_TIMER,                                      \
    [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_NOLOAD_DEBUGCTL | VMX_VM_ENTRY_IA32E_MODE |               \
                            VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL | VMX_VM_ENTRY_LOAD_PAT |           \
                            VMX_VM_ENTRY_LOAD_EFER,                                                \
    [FEAT_VMX_MISC] = VMX_MISC_STORE_LMA | VMX_MISC_ACTIVITY_HLT,                                  \
    [FEAT_VMX_EPT_VPID_CAPS] =                                                                     \
        VMX_EPT_VPID_CAP_EPT_EXECONLY | VMX_EPT_VPID_CAP_PAGE_WALK_4 | VMX_EPT_VPID_CAP_EPT_2MB |  \
        VMX_EPT_VPID_CAP_EPT_1GB | VMX_EPT_VPID_CAP_INVEPT |                                       \
        VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT |             \
        VMX_EPT_VPID_CAP_INVVPID | VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR |                          \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT |           \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS,                                         \
    [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS | VMX_BASIC_TRUE_CTLS

#define VMX_SANDYBRIDGE                                                                            \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR3_LOAD_NOEXIT |                                 \
        VMX_CPU_BASED_CR3_STORE_NOEXIT | VMX_CPU_BASED_CR8_LOAD_EXIT |                             \
        VMX_CPU_BASED_CR8_STORE_EXIT | VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING |   \
        VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP |               \
        VMX_CPU_BASED_MTF | VMX_CPU_BASED_MSR_BITMAP | VMX_CPU_BASED_MONITOR_EXIT |                \
        VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,                                   \
    [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_APICV_XAPIC | VMX_SECONDARY_EXEC_EPT |          \
                                VMX_SECONDARY_EXEC_DESC_EXIT | VMX_SECONDARY_EXEC_RDTSCP_EXIT |    \
                                VMX_SECONDARY_EXEC_APICV_X2APIC | VMX_SECONDARY_EXEC_VPID |        \
                                VMX_SECONDARY_EXEC_WBINVD_EXIT |                                   \
                                VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST,                             \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT |                  \
                               VMX_PIN_BASED_VNMI | VMX_PIN_BASED_PREEMPTION_TIMER,                \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_NOSAVE_DEBUGCTL | VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL |       \
                           VMX_VM_EXIT_ACK_INTR | VMX_VM_EXIT_SAVE_PAT | VMX_VM_EXIT_LOAD_PAT |    \
                           VMX_VM_EXIT_SAVE_EFER | VMX_VM_EXIT_LOAD_EFER |                         \
                           VMX_VM_EXIT_SAVE_PREEMPTION_TIMER,                                      \
    [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_NOLOAD_DEBUGCTL | VMX_VM_ENTRY_IA32E_MODE |               \
                            VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL | VMX_VM_ENTRY_LOAD_PAT |           \
                            VMX_VM_ENTRY_LOAD_EFER,                                                \
    [FEAT_VMX_MISC] = VMX_MISC_STORE_LMA | VMX_MISC_ACTIVITY_HLT,                                  \
    [FEAT_VMX_EPT_VPID_CAPS] =                                                                     \
        VMX_EPT_VPID_CAP_EPT_EXECONLY | VMX_EPT_VPID_CAP_PAGE_WALK_4 | VMX_EPT_VPID_CAP_EPT_2MB |  \
        VMX_EPT_VPID_CAP_EPT_1GB | VMX_EPT_VPID_CAP_INVEPT |                                       \
        VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT |             \
        VMX_EPT_VPID_CAP_INVVPID | VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR |                          \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT |           \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS,                                         \
    [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS | VMX_BASIC_TRUE_CTLS

#define VMX_IVYBRIDGE                                                                              \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR3_LOAD_NOEXIT |                                 \
        VMX_CPU_BASED_CR3_STORE_NOEXIT | VMX_CPU_BASED_CR8_LOAD_EXIT |                             \
        VMX_CPU_BASED_CR8_STORE_EXIT | VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING |   \
        VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP |               \
        VMX_CPU_BASED_MTF | VMX_CPU_BASED_MSR_BITMAP | VMX_CPU_BASED_MONITOR_EXIT |                \
        VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,                                   \
    [FEAT_VMX_SECONDARY_CTLS] =                                                                    \
        VMX_SECONDARY_EXEC_APICV_XAPIC | VMX_SECONDARY_EXEC_EPT | VMX_SECONDARY_EXEC_DESC_EXIT |   \
        VMX_SECONDARY_EXEC_RDTSCP_EXIT | VMX_SECONDARY_EXEC_APICV_X2APIC |                         \
        VMX_SECONDARY_EXEC_VPID | VMX_SECONDARY_EXEC_WBINVD_EXIT |                                 \
        VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST | VMX_SECONDARY_EXEC_APICV_REGISTER |                \
        VMX_SECONDARY_EXEC_APICV_VID | VMX_SECONDARY_EXEC_RDRAND_EXIT,                             \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT |                  \
                               VMX_PIN_BASED_VNMI | VMX_PIN_BASED_PREEMPTION_TIMER |               \
                               VMX_PIN_BASED_POSTED_INTR,                                          \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_NOSAVE_DEBUGCTL | VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL |       \
                           VMX_VM_EXIT_ACK_INTR | VMX_VM_EXIT_SAVE_PAT | VMX_VM_EXIT_LOAD_PAT |    \
                           VMX_VM_EXIT_SAVE_EFER | VMX_VM_EXIT_LOAD_EFER |                         \
                           VMX_VM_EXIT_SAVE_PREEMPTION_TIMER,                                      \
    [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_NOLOAD_DEBUGCTL | VMX_VM_ENTRY_IA32E_MODE |               \
                            VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL | VMX_VM_ENTRY_LOAD_PAT |           \
                            VMX_VM_ENTRY_LOAD_EFER,                                                \
    [FEAT_VMX_MISC] = VMX_MISC_STORE_LMA | VMX_MISC_ACTIVITY_HLT,                                  \
    [FEAT_VMX_EPT_VPID_CAPS] =                                                                     \
        VMX_EPT_VPID_CAP_EPT_EXECONLY | VMX_EPT_VPID_CAP_PAGE_WALK_4 | VMX_EPT_VPID_CAP_EPT_2MB |  \
        VMX_EPT_VPID_CAP_EPT_1GB | VMX_EPT_VPID_CAP_INVEPT |                                       \
        VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT |             \
        VMX_EPT_VPID_CAP_INVVPID | VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR |                          \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT |           \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS,                                         \
    [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS | VMX_BASIC_TRUE_CTLS

#define VMX_HASWELL                                                                                \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR3_LOAD_NOEXIT |                                 \
        VMX_CPU_BASED_CR3_STORE_NOEXIT | VMX_CPU_BASED_CR8_LOAD_EXIT |                             \
        VMX_CPU_BASED_CR8_STORE_EXIT | VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING |   \
        VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP |               \
        VMX_CPU_BASED_MTF | VMX_CPU_BASED_MSR_BITMAP | VMX_CPU_BASED_MONITOR_EXIT |                \
        VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,                                   \
    [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_APICV_XAPIC | VMX_SECONDARY_EXEC_EPT |          \
                                VMX_SECONDARY_EXEC_DESC_EXIT | VMX_SECONDARY_EXEC_RDTSCP_EXIT |    \
                                VMX_SECONDARY_EXEC_APICV_X2APIC | VMX_SECONDARY_EXEC_VPID |        \
                                VMX_SECONDARY_EXEC_WBINVD_EXIT |                                   \
                                VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST |                            \
                                VMX_SECONDARY_EXEC_APICV_REGISTER | VMX_SECONDARY_EXEC_APICV_VID | \
                                VMX_SECONDARY_EXEC_RDRAND_EXIT | VMX_SECONDARY_EXEC_INVPCID_EXIT | \
                                VMX_SECONDARY_EXEC_VMFUNC | VMX_SECONDARY_EXEC_SHADOW_VMCS,        \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT |                  \
                               VMX_PIN_BASED_VNMI | VMX_PIN_BASED_PREEMPTION_TIMER |               \
                               VMX_PIN_BASED_POSTED_INTR,                                          \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_NOSAVE_DEBUGCTL | VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL |       \
                           VMX_VM_EXIT_ACK_INTR | VMX_VM_EXIT_SAVE_PAT | VMX_VM_EXIT_LOAD_PAT |    \
                           VMX_VM_EXIT_SAVE_EFER | VMX_VM_EXIT_LOAD_EFER |                         \
                           VMX_VM_EXIT_SAVE_PREEMPTION_TIMER,                                      \
    [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_NOLOAD_DEBUGCTL | VMX_VM_ENTRY_IA32E_MODE |               \
                            VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL | VMX_VM_ENTRY_LOAD_PAT |           \
                            VMX_VM_ENTRY_LOAD_EFER,                                                \
    [FEAT_VMX_MISC] = VMX_MISC_STORE_LMA | VMX_MISC_ACTIVITY_HLT | VMX_MISC_VMWRITE_VMEXIT_FIELDS, \
    [FEAT_VMX_EPT_VPID_CAPS] =                                                                     \
        VMX_EPT_VPID_CAP_EPT_EXECONLY | VMX_EPT_VPID_CAP_PAGE_WALK_4 | VMX_EPT_VPID_CAP_EPT_2MB |  \
        VMX_EPT_VPID_CAP_EPT_1GB | VMX_EPT_VPID_CAP_INVEPT | VMX_EPT_VPID_CAP_EPTAD |              \
        VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT |             \
        VMX_EPT_VPID_CAP_INVVPID | VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR |                          \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT |           \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS,                                         \
    [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS | VMX_BASIC_TRUE_CTLS,                                   \
    [FEAT_VMX_VMFUNC] = VMX_VMFUNC_EPTP_SWITCHING

#define VMX_BROADWELL                                                                              \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR3_LOAD_NOEXIT |                                 \
        VMX_CPU_BASED_CR3_STORE_NOEXIT | VMX_CPU_BASED_CR8_LOAD_EXIT |                             \
        VMX_CPU_BASED_CR8_STORE_EXIT | VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING |   \
        VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP |               \
        VMX_CPU_BASED_MTF | VMX_CPU_BASED_MSR_BITMAP | VMX_CPU_BASED_MONITOR_EXIT |                \
        VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,                                   \
    [FEAT_VMX_SECONDARY_CTLS] =                                                                    \
        VMX_SECONDARY_EXEC_APICV_XAPIC | VMX_SECONDARY_EXEC_EPT | VMX_SECONDARY_EXEC_DESC_EXIT |   \
        VMX_SECONDARY_EXEC_RDTSCP_EXIT | VMX_SECONDARY_EXEC_APICV_X2APIC |                         \
        VMX_SECONDARY_EXEC_VPID | VMX_SECONDARY_EXEC_WBINVD_EXIT |                                 \
        VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST | VMX_SECONDARY_EXEC_APICV_REGISTER |                \
        VMX_SECONDARY_EXEC_APICV_VID | VMX_SECONDARY_EXEC_RDRAND_EXIT |                            \
        VMX_SECONDARY_EXEC_INVPCID_EXIT | VMX_SECONDARY_EXEC_VMFUNC |                              \
        VMX_SECONDARY_EXEC_SHADOW_VMCS | VMX_SECONDARY_EXEC_RDSEED_EXIT | VMX_SECONDARY_EXEC_PML,  \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT |                  \
                               VMX_PIN_BASED_VNMI | VMX_PIN_BASED_PREEMPTION_TIMER |               \
                               VMX_PIN_BASED_POSTED_INTR,                                          \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_NOSAVE_DEBUGCTL | VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL |       \
                           VMX_VM_EXIT_ACK_INTR | VMX_VM_EXIT_SAVE_PAT | VMX_VM_EXIT_LOAD_PAT |    \
                           VMX_VM_EXIT_SAVE_EFER | VMX_VM_EXIT_LOAD_EFER |                         \
                           VMX_VM_EXIT_SAVE_PREEMPTION_TIMER,                                      \
    [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_NOLOAD_DEBUGCTL | VMX_VM_ENTRY_IA32E_MODE |               \
                            VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL | VMX_VM_ENTRY_LOAD_PAT |           \
                            VMX_VM_ENTRY_LOAD_EFER,                                                \
    [FEAT_VMX_MISC] = VMX_MISC_STORE_LMA | VMX_MISC_ACTIVITY_HLT | VMX_MISC_VMWRITE_VMEXIT_FIELDS, \
    [FEAT_VMX_EPT_VPID_CAPS] =                                                                     \
        VMX_EPT_VPID_CAP_EPT_EXECONLY | VMX_EPT_VPID_CAP_PAGE_WALK_4 | VMX_EPT_VPID_CAP_EPT_2MB |  \
        VMX_EPT_VPID_CAP_EPT_1GB | VMX_EPT_VPID_CAP_INVEPT | VMX_EPT_VPID_CAP_EPTAD |              \
        VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT |             \
        VMX_EPT_VPID_CAP_INVVPID | VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR |                          \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT |           \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS,                                         \
    [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS | VMX_BASIC_TRUE_CTLS,                                   \
    [FEAT_VMX_VMFUNC] = VMX_VMFUNC_EPTP_SWITCHING

#define VMX_SKYLAKE_CLIENT                                                                         \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR3_LOAD_NOEXIT |                                 \
        VMX_CPU_BASED_CR3_STORE_NOEXIT | VMX_CPU_BASED_CR8_LOAD_EXIT |                             \
        VMX_CPU_BASED_CR8_STORE_EXIT | VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING |   \
        VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP |               \
        VMX_CPU_BASED_MTF | VMX_CPU_BASED_MSR_BITMAP | VMX_CPU_BASED_MONITOR_EXIT |                \
        VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,                                   \
    [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_APICV_XAPIC | VMX_SECONDARY_EXEC_EPT |          \
                                VMX_SECONDARY_EXEC_DESC_EXIT | VMX_SECONDARY_EXEC_RDTSCP_EXIT |    \
                                VMX_SECONDARY_EXEC_VPID | VMX_SECONDARY_EXEC_WBINVD_EXIT |         \
                                VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST |                            \
                                VMX_SECONDARY_EXEC_RDRAND_EXIT | VMX_SECONDARY_EXEC_INVPCID_EXIT | \
                                VMX_SECONDARY_EXEC_VMFUNC | VMX_SECONDARY_EXEC_SHADOW_VMCS |       \
                                VMX_SECONDARY_EXEC_RDSEED_EXIT | VMX_SECONDARY_EXEC_PML,           \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT |                  \
                               VMX_PIN_BASED_VNMI | VMX_PIN_BASED_PREEMPTION_TIMER,                \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_NOSAVE_DEBUGCTL | VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL |       \
                           VMX_VM_EXIT_ACK_INTR | VMX_VM_EXIT_SAVE_PAT | VMX_VM_EXIT_LOAD_PAT |    \
                           VMX_VM_EXIT_SAVE_EFER | VMX_VM_EXIT_LOAD_EFER |                         \
                           VMX_VM_EXIT_SAVE_PREEMPTION_TIMER,                                      \
    [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_NOLOAD_DEBUGCTL | VMX_VM_ENTRY_IA32E_MODE |               \
                            VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL | VMX_VM_ENTRY_LOAD_PAT |           \
                            VMX_VM_ENTRY_LOAD_EFER,                                                \
    [FEAT_VMX_MISC] = VMX_MISC_STORE_LMA | VMX_MISC_ACTIVITY_HLT | VMX_MISC_VMWRITE_VMEXIT_FIELDS, \
    [FEAT_VMX_EPT_VPID_CAPS] =                                                                     \
        VMX_EPT_VPID_CAP_EPT_EXECONLY | VMX_EPT_VPID_CAP_PAGE_WALK_4 | VMX_EPT_VPID_CAP_EPT_2MB |  \
        VMX_EPT_VPID_CAP_EPT_1GB | VMX_EPT_VPID_CAP_INVEPT | VMX_EPT_VPID_CAP_EPTAD |              \
        VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT |             \
        VMX_EPT_VPID_CAP_INVVPID | VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR |                          \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT |           \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS,                                         \
    [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS | VMX_BASIC_TRUE_CTLS,                                   \
    [FEAT_VMX_VMFUNC] = VMX_VMFUNC_EPTP_SWITCHING

#define VMX_SKYLAKE_SERVER                                                                         \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR3_LOAD_NOEXIT |                                 \
        VMX_CPU_BASED_CR3_STORE_NOEXIT | VMX_CPU_BASED_CR8_LOAD_EXIT |                             \
        VMX_CPU_BASED_CR8_STORE_EXIT | VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING |   \
        VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP |               \
        VMX_CPU_BASED_MTF | VMX_CPU_BASED_MSR_BITMAP | VMX_CPU_BASED_MONITOR_EXIT |                \
        VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,                                   \
    [FEAT_VMX_SECONDARY_CTLS] =                                                                    \
        VMX_SECONDARY_EXEC_APICV_XAPIC | VMX_SECONDARY_EXEC_EPT | VMX_SECONDARY_EXEC_DESC_EXIT |   \
        VMX_SECONDARY_EXEC_RDTSCP_EXIT | VMX_SECONDARY_EXEC_APICV_X2APIC |                         \
        VMX_SECONDARY_EXEC_VPID | VMX_SECONDARY_EXEC_WBINVD_EXIT |                                 \
        VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST | VMX_SECONDARY_EXEC_APICV_REGISTER |                \
        VMX_SECONDARY_EXEC_APICV_VID | VMX_SECONDARY_EXEC_RDRAND_EXIT |                            \
        VMX_SECONDARY_EXEC_INVPCID_EXIT | VMX_SECONDARY_EXEC_VMFUNC |                              \
        VMX_SECONDARY_EXEC_SHADOW_VMCS | VMX_SECONDARY_EXEC_RDSEED_EXIT | VMX_SECONDARY_EXEC_PML,  \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT |                  \
                               VMX_PIN_BASED_VNMI | VMX_PIN_BASED_PREEMPTION_TIMER |               \
                               VMX_PIN_BASED_POSTED_INTR,                                          \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_NOSAVE_DEBUGCTL | VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL |       \
                           VMX_VM_EXIT_ACK_INTR | VMX_VM_EXIT_SAVE_PAT | VMX_VM_EXIT_LOAD_PAT |    \
                           VMX_VM_EXIT_SAVE_EFER | VMX_VM_EXIT_LOAD_EFER |                         \
                           VMX_VM_EXIT_SAVE_PREEMPTION_TIMER,                                      \
    [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_NOLOAD_DEBUGCTL | VMX_VM_ENTRY_IA32E_MODE |               \
                            VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL | VMX_VM_ENTRY_LOAD_PAT |           \
                            VMX_VM_ENTRY_LOAD_EFER,                                                \
    [FEAT_VMX_MISC] = VMX_MISC_STORE_LMA | VMX_MISC_ACTIVITY_HLT | VMX_MISC_VMWRITE_VMEXIT_FIELDS, \
    [FEAT_VMX_EPT_VPID_CAPS] =                                                                     \
        VMX_EPT_VPID_CAP_EPT_EXECONLY | VMX_EPT_VPID_CAP_PAGE_WALK_4 | VMX_EPT_VPID_CAP_EPT_2MB |  \
        VMX_EPT_VPID_CAP_EPT_1GB | VMX_EPT_VPID_CAP_INVEPT | VMX_EPT_VPID_CAP_EPTAD |              \
        VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT |             \
        VMX_EPT_VPID_CAP_INVVPID | VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR |                          \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT |           \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS,                                         \
    [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS | VMX_BASIC_TRUE_CTLS

#define VMX_ICELAKE_SERVER                                                                         \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR3_LOAD_NOEXIT |                                 \
        VMX_CPU_BASED_CR3_STORE_NOEXIT | VMX_CPU_BASED_CR8_LOAD_EXIT |                             \
        VMX_CPU_BASED_CR8_STORE_EXIT | VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING |   \
        VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP |               \
        VMX_CPU_BASED_MTF | VMX_CPU_BASED_MSR_BITMAP | VMX_CPU_BASED_MONITOR_EXIT |                \
        VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,                                   \
    [FEAT_VMX_SECONDARY_CTLS] = VMX_SECONDARY_EXEC_APICV_XAPIC | VMX_SECONDARY_EXEC_EPT |          \
                                VMX_SECONDARY_EXEC_DESC_EXIT | VMX_SECONDARY_EXEC_RDTSCP_EXIT |    \
                                VMX_SECONDARY_EXEC_APICV_X2APIC | VMX_SECONDARY_EXEC_VPID |        \
                                VMX_SECONDARY_EXEC_WBINVD_EXIT |                                   \
                                VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST |                            \
                                VMX_SECONDARY_EXEC_APICV_REGISTER | VMX_SECONDARY_EXEC_APICV_VID | \
                                VMX_SECONDARY_EXEC_RDRAND_EXIT | VMX_SECONDARY_EXEC_INVPCID_EXIT | \
                                VMX_SECONDARY_EXEC_VMFUNC | VMX_SECONDARY_EXEC_SHADOW_VMCS,        \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT |                  \
                               VMX_PIN_BASED_VNMI | VMX_PIN_BASED_PREEMPTION_TIMER |               \
                               VMX_PIN_BASED_POSTED_INTR,                                          \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_NOSAVE_DEBUGCTL | VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL |       \
                           VMX_VM_EXIT_ACK_INTR | VMX_VM_EXIT_SAVE_PAT | VMX_VM_EXIT_LOAD_PAT |    \
                           VMX_VM_EXIT_SAVE_EFER | VMX_VM_EXIT_LOAD_EFER |                         \
                           VMX_VM_EXIT_SAVE_PREEMPTION_TIMER,                                      \
    [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_NOLOAD_DEBUGCTL | VMX_VM_ENTRY_IA32E_MODE |               \
                            VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL | VMX_VM_ENTRY_LOAD_PAT |           \
                            VMX_VM_ENTRY_LOAD_EFER,                                                \
    [FEAT_VMX_MISC] = VMX_MISC_STORE_LMA | VMX_MISC_ACTIVITY_HLT | VMX_MISC_VMWRITE_VMEXIT_FIELDS, \
    [FEAT_VMX_EPT_VPID_CAPS] =                                                                     \
        VMX_EPT_VPID_CAP_EPT_EXECONLY | VMX_EPT_VPID_CAP_PAGE_WALK_4 | VMX_EPT_VPID_CAP_EPT_2MB |  \
        VMX_EPT_VPID_CAP_EPT_1GB | VMX_EPT_VPID_CAP_INVEPT | VMX_EPT_VPID_CAP_EPTAD |              \
        VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT |             \
        VMX_EPT_VPID_CAP_INVVPID | VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR |                          \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT |           \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS,                                         \
    [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS | VMX_BASIC_TRUE_CTLS

#define VMX_SAPPHIRERAPIDS                                                                         \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR3_LOAD_NOEXIT |                                 \
        VMX_CPU_BASED_CR3_STORE_NOEXIT | VMX_CPU_BASED_CR8_LOAD_EXIT |                             \
        VMX_CPU_BASED_CR8_STORE_EXIT | VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING |   \
        VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP |               \
        VMX_CPU_BASED_MTF | VMX_CPU_BASED_MSR_BITMAP | VMX_CPU_BASED_MONITOR_EXIT |                \
        VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,                                   \
    [FEAT_VMX_SECONDARY_CTLS] =                                                                    \
        VMX_SECONDARY_EXEC_APICV_XAPIC | VMX_SECONDARY_EXEC_EPT | VMX_SECONDARY_EXEC_DESC_EXIT |   \
        VMX_SECONDARY_EXEC_RDTSCP_EXIT | VMX_SECONDARY_EXEC_APICV_X2APIC |                         \
        VMX_SECONDARY_EXEC_VPID | VMX_SECONDARY_EXEC_WBINVD_EXIT |                                 \
        VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST | VMX_SECONDARY_EXEC_APICV_REGISTER |                \
        VMX_SECONDARY_EXEC_APICV_VID | VMX_SECONDARY_EXEC_RDRAND_EXIT |                            \
        VMX_SECONDARY_EXEC_INVPCID_EXIT | VMX_SECONDARY_EXEC_VMFUNC |                              \
        VMX_SECONDARY_EXEC_SHADOW_VMCS | VMX_SECONDARY_EXEC_RDSEED_EXIT | VMX_SECONDARY_EXEC_PML | \
        VMX_SECONDARY_EXEC_XSAVES,                                                                 \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT |                  \
                               VMX_PIN_BASED_VNMI | VMX_PIN_BASED_PREEMPTION_TIMER |               \
                               VMX_PIN_BASED_POSTED_INTR,                                          \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_NOSAVE_DEBUGCTL | VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL |       \
                           VMX_VM_EXIT_ACK_INTR | VMX_VM_EXIT_SAVE_PAT | VMX_VM_EXIT_LOAD_PAT |    \
                           VMX_VM_EXIT_SAVE_EFER | VMX_VM_EXIT_LOAD_EFER |                         \
                           VMX_VM_EXIT_SAVE_PREEMPTION_TIMER,                                      \
    [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_NOLOAD_DEBUGCTL | VMX_VM_ENTRY_IA32E_MODE |               \
                            VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL | VMX_VM_ENTRY_LOAD_PAT |           \
                            VMX_VM_ENTRY_LOAD_EFER,                                                \
    [FEAT_VMX_MISC] = VMX_MISC_STORE_LMA | VMX_MISC_ACTIVITY_HLT | VMX_MISC_VMWRITE_VMEXIT_FIELDS, \
    [FEAT_VMX_EPT_VPID_CAPS] =                                                                     \
        VMX_EPT_VPID_CAP_EPT_EXECONLY | VMX_EPT_VPID_CAP_PAGE_WALK_4 |                             \
        VMX_EPT_VPID_CAP_PAGE_WALK_5 | VMX_EPT_VPID_CAP_EPT_2MB | VMX_EPT_VPID_CAP_EPT_1GB |       \
        VMX_EPT_VPID_CAP_INVEPT | VMX_EPT_VPID_CAP_EPTAD |                                         \
        VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT |             \
        VMX_EPT_VPID_CAP_INVVPID | VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR |                          \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT |           \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS,                                         \
    [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS | VMX_BASIC_TRUE_CTLS,                                   \
    [FEAT_VMX_VMFUNC] = VMX_VMFUNC_EPTP_SWITCHING

#define VMX_DENVERTON                                                                              \
    [FEAT_VMX_PROCBASED_CTLS] =                                                                    \
        VMX_CPU_BASED_VINTR_PENDING | VMX_CPU_BASED_TSC_OFFSET | VMX_CPU_BASED_HLT_EXIT |          \
        VMX_CPU_BASED_INVLPG_EXIT | VMX_CPU_BASED_MWAIT_EXIT | VMX_CPU_BASED_RDPMC_EXIT |          \
        VMX_CPU_BASED_RDTSC_EXIT | VMX_CPU_BASED_CR3_LOAD_NOEXIT |                                 \
        VMX_CPU_BASED_CR3_STORE_NOEXIT | VMX_CPU_BASED_CR8_LOAD_EXIT |                             \
        VMX_CPU_BASED_CR8_STORE_EXIT | VMX_CPU_BASED_FLEXPRIORITY | VMX_CPU_BASED_VNMI_PENDING |   \
        VMX_CPU_BASED_MOVDR_EXIT | VMX_CPU_BASED_IO_EXIT | VMX_CPU_BASED_IO_BITMAP |               \
        VMX_CPU_BASED_MTF | VMX_CPU_BASED_MSR_BITMAP | VMX_CPU_BASED_MONITOR_EXIT |                \
        VMX_CPU_BASED_PAUSE_EXIT | VMX_CPU_BASED_SECONDARY_CTLS,                                   \
    [FEAT_VMX_SECONDARY_CTLS] =                                                                    \
        VMX_SECONDARY_EXEC_APICV_XAPIC | VMX_SECONDARY_EXEC_EPT | VMX_SECONDARY_EXEC_DESC_EXIT |   \
        VMX_SECONDARY_EXEC_RDTSCP_EXIT | VMX_SECONDARY_EXEC_APICV_X2APIC |                         \
        VMX_SECONDARY_EXEC_VPID | VMX_SECONDARY_EXEC_WBINVD_EXIT |                                 \
        VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST | VMX_SECONDARY_EXEC_APICV_REGISTER |                \
        VMX_SECONDARY_EXEC_APICV_VID | VMX_SECONDARY_EXEC_RDRAND_EXIT |                            \
        VMX_SECONDARY_EXEC_VMFUNC | VMX_SECONDARY_EXEC_SHADOW_VMCS |                               \
        VMX_SECONDARY_EXEC_RDSEED_EXIT | VMX_SECONDARY_EXEC_PML,                                   \
    [FEAT_VMX_PINBASED_CTLS] = VMX_PIN_BASED_INTR_EXIT | VMX_PIN_BASED_NMI_EXIT |                  \
                               VMX_PIN_BASED_VNMI | VMX_PIN_BASED_PREEMPTION_TIMER |               \
                               VMX_PIN_BASED_POSTED_INTR,                                          \
    [FEAT_VMX_EXIT_CTLS] = VMX_VM_EXIT_NOSAVE_DEBUGCTL | VMX_VM_EXIT_LOAD_PERF_GLOBAL_CTRL |       \
                           VMX_VM_EXIT_ACK_INTR | VMX_VM_EXIT_SAVE_PAT | VMX_VM_EXIT_LOAD_PAT |    \
                           VMX_VM_EXIT_SAVE_EFER | VMX_VM_EXIT_LOAD_EFER |                         \
                           VMX_VM_EXIT_SAVE_PREEMPTION_TIMER,                                      \
    [FEAT_VMX_ENTRY_CTLS] = VMX_VM_ENTRY_NOLOAD_DEBUGCTL | VMX_VM_ENTRY_IA32E_MODE |               \
                            VMX_VM_ENTRY_LOAD_PERF_GLOBAL_CTRL | VMX_VM_ENTRY_LOAD_PAT |           \
                            VMX_VM_ENTRY_LOAD_EFER,                                                \
    [FEAT_VMX_MISC] = VMX_MISC_STORE_LMA | VMX_MISC_ACTIVITY_HLT | VMX_MISC_VMWRITE_VMEXIT_FIELDS, \
    [FEAT_VMX_EPT_VPID_CAPS] =                                                                     \
        VMX_EPT_VPID_CAP_EPT_EXECONLY | VMX_EPT_VPID_CAP_PAGE_WALK_4 | VMX_EPT_VPID_CAP_EPT_2MB |  \
        VMX_EPT_VPID_CAP_EPT_1GB | VMX_EPT_VPID_CAP_INVEPT | VMX_EPT_VPID_CAP_EPTAD |              \
        VMX_EPT_VPID_CAP_INVEPT_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVEPT_ALL_CONTEXT |             \
        VMX_EPT_VPID_CAP_INVVPID | VMX_EPT_VPID_CAP_INVVPID_SINGLE_ADDR |                          \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT | VMX_EPT_VPID_CAP_INVVPID_ALL_CONTEXT |           \
        VMX_EPT_VPID_CAP_INVVPID_SINGLE_CONTEXT_NOGLOBALS,                                         \
    [FEAT_VMX_BASIC] = VMX_BASIC_INS_OUTS | VMX_BASIC_TRUE_CTLS,                                   \
    [FEAT_VMX_VMFUNC] = VMX_VMFUNC_EPTP_SWITCHING

#endif
