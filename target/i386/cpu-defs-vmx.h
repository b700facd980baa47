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

#endif
