/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an accelerator tells the CPU model: class "<accel>-accel-x86_64-cpu".
 * Without an accelerator (qtest, unit tests) every feature is taken as available.
 */
#ifndef I386_ACCEL_CPU_H
#define I386_ACCEL_CPU_H

#include "qemu/accel.h"
#include "target/i386/cpu.h"

typedef struct X86AccelCPUClass {
    AccelCPUClass parent_class;
    /* "KVM", "TCG": for messages. */
    const char *label;
    /* The bits of a word that guests can have on this host. */
    uint64_t (*supported_feature_word)(X86CPU *cpu, FeatureWord w);
    /* Bits of models that are dropped without a warning unless asked for by name. */
    uint64_t (*quiet_feature_word)(FeatureWord w);
    /* Identity and levels of `max` and `host`. */
    void (*max_instance_init)(X86CPU *cpu);
    /* Type of the local APIC device. */
    const char *(*apic_type)(void);
    /* Leaves 40000000H and up; false: nothing there. */
    bool (*cpuid_hypervisor)(X86CPU *cpu, uint32_t index, uint32_t *eax, uint32_t *ebx,
                             uint32_t *ecx, uint32_t *edx);
    /* Leaves that describe the host (performance monitoring, PT): false: zeroes. */
    bool (*cpuid_passthrough)(X86CPU *cpu, uint32_t index, uint32_t count, uint32_t *eax,
                              uint32_t *ebx, uint32_t *ecx, uint32_t *edx);
    /* The CPU was reset: bring what only the accelerator keeps to its reset state. */
    void (*reset)(X86CPU *cpu);
} X86AccelCPUClass;

static inline X86AccelCPUClass *X86_ACCEL_CPU_CLASS(ObjectClass *oc)
{
    return (X86AccelCPUClass *)ACCEL_CPU_CLASS(oc);
}

/* The hooks for @cpu, NULL without an accelerator. */
static inline const X86AccelCPUClass *x86_accel_cpu(X86CPU *cpu)
{
    return (const X86AccelCPUClass *)CPU_GET_CLASS(cpu)->accel_cpu;
}

#endif
