/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Topology and APIC IDs (SDM vol. 3, 10.9.1). An APIC ID is a row of bit
 * fields, widest group on top: package, die, module, core, thread. Each field
 * is as wide as its number of members needs, so a topology with sizes that are
 * no powers of two leaves holes between APIC IDs.
 */
#ifndef HW_I386_TOPOLOGY_H
#define HW_I386_TOPOLOGY_H

#include "qemu/osdep.h"
#include "qemu/host-utils.h"

typedef uint32_t apic_id_t;

typedef struct X86CPUTopoIDs {
    unsigned pkg_id, die_id, module_id, core_id, smt_id;
} X86CPUTopoIDs;

/* Members per group of the next level up; all at least 1. */
typedef struct X86CPUTopoInfo {
    unsigned dies_per_pkg, modules_per_die, cores_per_module, threads_per_core;
} X86CPUTopoInfo;

static inline unsigned apicid_bitwidth_for_count(unsigned count)
{
    return count > 1 ? 32 - clz32(count - 1) : 0;
}

static inline unsigned apicid_core_offset(const X86CPUTopoInfo *t)
{
    return apicid_bitwidth_for_count(t->threads_per_core);
}

static inline unsigned apicid_module_offset(const X86CPUTopoInfo *t)
{
    return apicid_core_offset(t) + apicid_bitwidth_for_count(t->cores_per_module);
}

static inline unsigned apicid_die_offset(const X86CPUTopoInfo *t)
{
    return apicid_module_offset(t) + apicid_bitwidth_for_count(t->modules_per_die);
}

static inline unsigned apicid_pkg_offset(const X86CPUTopoInfo *t)
{
    return apicid_die_offset(t) + apicid_bitwidth_for_count(t->dies_per_pkg);
}

static inline apic_id_t x86_apicid_from_topo_ids(const X86CPUTopoInfo *t, const X86CPUTopoIDs *ids)
{
    return (ids->pkg_id << apicid_pkg_offset(t)) | (ids->die_id << apicid_die_offset(t)) |
           (ids->module_id << apicid_module_offset(t)) | (ids->core_id << apicid_core_offset(t)) |
           ids->smt_id;
}

/* CPUs are numbered thread by thread, core by core, ... */
static inline void x86_topo_ids_from_idx(const X86CPUTopoInfo *t, unsigned cpu_index,
                                         X86CPUTopoIDs *ids)
{
    ids->smt_id = cpu_index % t->threads_per_core;
    cpu_index /= t->threads_per_core;
    ids->core_id = cpu_index % t->cores_per_module;
    cpu_index /= t->cores_per_module;
    ids->module_id = cpu_index % t->modules_per_die;
    cpu_index /= t->modules_per_die;
    ids->die_id = cpu_index % t->dies_per_pkg;
    ids->pkg_id = cpu_index / t->dies_per_pkg;
}

static inline void x86_topo_ids_from_apicid(apic_id_t apicid, const X86CPUTopoInfo *t,
                                            X86CPUTopoIDs *ids)
{
    ids->smt_id = apicid & ~(UINT32_MAX << apicid_core_offset(t));
    ids->core_id = (apicid & ~(UINT32_MAX << apicid_module_offset(t))) >> apicid_core_offset(t);
    ids->module_id = (apicid & ~(UINT32_MAX << apicid_die_offset(t))) >> apicid_module_offset(t);
    ids->die_id = (apicid & ~(UINT32_MAX << apicid_pkg_offset(t))) >> apicid_die_offset(t);
    ids->pkg_id = apicid >> apicid_pkg_offset(t);
}

static inline apic_id_t x86_apicid_from_cpu_idx(const X86CPUTopoInfo *t, unsigned cpu_index)
{
    X86CPUTopoIDs ids;

    x86_topo_ids_from_idx(t, cpu_index, &ids);
    return x86_apicid_from_topo_ids(t, &ids);
}

/* Logical processors in a package. */
static inline unsigned x86_threads_per_pkg(const X86CPUTopoInfo *t)
{
    return t->dies_per_pkg * t->modules_per_die * t->cores_per_module * t->threads_per_core;
}

#endif
