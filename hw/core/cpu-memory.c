/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The address spaces of a CPU: memory, and what it sees in SMM. */
#include "qemu/osdep.h"
#include "exec/address-space.h"
#include "exec/memory-listener.h"
#include "hw/core/cpu.h"
#include "system/accel-ops.h"

struct CPUAddressSpace {
    CPUState *cpu;
    AddressSpace *as;
    int asidx;
    MemoryListener listener;
};

static void view_changed(MemoryListener *listener)
{
    CPUAddressSpace *cpuas = container_of(listener, CPUAddressSpace, listener);

    cpus_get_accel_ops()->memory_map_changed(cpuas->cpu, cpuas->asidx);
}

void cpu_address_space_init(CPUState *cpu, int asidx, const char *prefix, MemoryRegion *mr)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();
    g_autofree char *name = g_strdup_printf("%s-%d", prefix, MAX(cpu->cpu_index, 0));
    CPUAddressSpace *cpuas;

    /* The target says how many there will be before it makes the first. */
    g_assert(asidx < cpu->num_ases);
    if (!cpu->cpu_ases) {
        cpu->cpu_ases = g_new0(CPUAddressSpace, cpu->num_ases);
        cpu->cpu_ases_count = cpu->num_ases;
    }
    cpuas = &cpu->cpu_ases[asidx];
    cpuas->cpu = cpu;
    cpuas->asidx = asidx;
    cpuas->as = address_space_new(mr, name);
    if (asidx == 0) {
        cpu->as = cpuas->as;
    }
    if (ops && ops->memory_map_changed) {
        cpuas->listener.name = "cpu";
        cpuas->listener.commit = view_changed;
        /* After the accelerator's own listener. */
        cpuas->listener.priority = MEMORY_LISTENER_PRIORITY_ACCEL + 1;
        memory_listener_register(&cpuas->listener, cpuas->as);
    }
}

void cpu_destroy_address_spaces(CPUState *cpu)
{
    for (int i = 0; i < cpu->cpu_ases_count; i++) {
        CPUAddressSpace *cpuas = &cpu->cpu_ases[i];

        if (cpuas->as) {
            memory_listener_unregister(&cpuas->listener);
            address_space_destroy(cpuas->as);
        }
    }
    g_free(cpu->cpu_ases);
    cpu->cpu_ases = NULL;
    cpu->cpu_ases_count = 0;
    cpu->as = NULL;
}

AddressSpace *cpu_get_address_space(CPUState *cpu, int asidx)
{
    return cpu->cpu_ases[asidx].as;
}

int cpu_asidx_from_attrs(CPUState *cpu, MemTxAttrs attrs)
{
    int asidx = cpu->cc->asidx_from_attrs ? cpu->cc->asidx_from_attrs(cpu, attrs) : 0;

    return asidx < cpu->cpu_ases_count && cpu->cpu_ases[asidx].as ? asidx : 0;
}

AddressSpace *cpu_addressspace(CPUState *cpu, MemTxAttrs attrs)
{
    return cpu->cpu_ases[cpu_asidx_from_attrs(cpu, attrs)].as;
}
