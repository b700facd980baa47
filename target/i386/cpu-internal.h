/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that make up the X86CPU object; not for others. */
#ifndef I386_CPU_INTERNAL_H
#define I386_CPU_INTERNAL_H

#include "target/i386/cpu.h"
#include "hw/i386/topology.h"

/* cpu-props.c: properties of TYPE_X86_CPU; names of feature bits come first. */
void x86_cpu_class_add_properties(ObjectClass *oc);
/* "feat=on,+x,-y" to globals of @typename. */
void x86_cpu_parse_featurestr(const char *typename, char *features, Error **errp);

/* cpu-models.c */
void x86_cpu_load_model(X86CPU *cpu, const X86CPUModel *model);
ObjectClass *x86_cpu_class_by_name(const char *cpu_model);

/* cpu-expand.c */
void x86_cpu_set_vendor(CPUX86State *env, const char *vendor);
void x86_cpu_get_vendor(const CPUX86State *env, char vendor[CPUID_VENDOR_SZ + 1]);
bool x86_cpu_set_phys_bits(X86CPU *cpu, Error **errp);

/* cpu-apic.c */
bool x86_cpu_apic_create(X86CPU *cpu, Error **errp);
bool x86_cpu_apic_realize(X86CPU *cpu, Error **errp);

/* gdbstub.c */
extern const struct GdbTarget x86_gdb_target;

/* cpu-state.c */
void x86_cpu_class_init_reset(ObjectClass *oc);

/* The topology with each 0 taken as 1. */
static inline X86CPUTopoInfo x86_cpu_topology(const X86CPU *cpu)
{
    return (X86CPUTopoInfo){
        .dies_per_pkg = MAX(cpu->nr_dies, 1),
        .modules_per_die = MAX(cpu->nr_modules, 1),
        .cores_per_module = MAX(cpu->nr_cores, 1),
        .threads_per_core = MAX(cpu->nr_threads, 1),
    };
}

/* cpuid.c: one state component of XSAVE, or size 0. */
typedef struct X86XStateFeature {
    FeatureWord word; /* with any bit of mask the component exists */
    uint64_t mask;
    uint32_t size, offset; /* offset in the standard format, 0 for supervisor components */
    bool supervisor;       /* in XSS, not XCR0 */
    bool align64;          /* starts at a multiple of 64 in the compacted format */
} X86XStateFeature;

#define X86_XSTATE_COMPONENTS 20
extern X86XStateFeature x86_xstate_components[X86_XSTATE_COMPONENTS];
/* The accelerator's processor places component @bit elsewhere. Before CPUs exist. */
void x86_xstate_set_layout(int bit, uint32_t size, uint32_t offset);

/* cpuid-cache.c */
void x86_cpuid_cache_intel(X86CPU *cpu, uint32_t index, uint32_t count, uint32_t *eax,
                           uint32_t *ebx, uint32_t *ecx, uint32_t *edx);
void x86_cpuid_cache_amd(X86CPU *cpu, uint32_t index, uint32_t count, uint32_t *eax, uint32_t *ebx,
                         uint32_t *ecx, uint32_t *edx);
void x86_cpuid_tlb_amd(X86CPU *cpu, uint32_t index, uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                       uint32_t *edx);

#endif
