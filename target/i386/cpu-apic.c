/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The local APIC as part of a CPU. */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/i386/apic_internal.h"
#include "hw/qdev-properties.h"
#include "target/i386/accel-cpu.h"
#include "target/i386/cpu-internal.h"

bool x86_cpu_apic_create(X86CPU *cpu, Error **errp)
{
    const X86AccelCPUClass *acc = x86_accel_cpu(cpu);
    const char *type = acc && acc->apic_type ? acc->apic_type() : TYPE_APIC;
    Object *apic;

    if (!(cpu->env.features[FEAT_1_EDX] & CPUID_APIC)) {
        return true;
    }
    apic = object_new(type);
    object_property_add_child(OBJECT(cpu), "lapic", apic);
    object_unref(apic);
    qdev_prop_set_uint32(DEVICE(apic), "id", cpu->apic_id);
    object_property_set_link(apic, "cpu", OBJECT(cpu), &error_abort);
    cpu->env.apic_state = DEVICE(apic);
    return true;
}

bool x86_cpu_apic_realize(X86CPU *cpu, Error **errp)
{
    APICCommonState *apic;

    if (!cpu->env.apic_state) {
        return true;
    }
    if (!qdev_realize(cpu->env.apic_state, NULL, errp)) {
        return false;
    }
    /* All APICs are at the same address; who is meant depends on who asks. */
    apic = APIC_COMMON(cpu->env.apic_state);
    if (CPU(cpu)->cpu_index == 0) {
        memory_region_add_subregion_overlap(get_system_memory(), APIC_DEFAULT_ADDRESS,
                                            &apic->io_memory, 0x1000);
    }
    return true;
}
