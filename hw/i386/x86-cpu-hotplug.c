/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processors of an x86 machine, at start and while it runs: which place one goes
 * into, by APIC ID or by socket, die, module, core and thread; what the firmware
 * and the guest are told. BQL held.
 */

#include "qemu/osdep.h"
#include "hw/i386/x86.h"
#include "hw/numa.h"
#include "system/reset.h"
#include "target/i386/cpu.h"

/* ---- places ---- */

static CPUArchId *find_place(MachineState *ms, uint32_t apic_id, int *index)
{
    CPUArchIdList *places = (CPUArchIdList *)machine_possible_cpus(ms);

    for (int i = 0; i < places->len; i++) {
        if (places->cpus[i].arch_id == apic_id) {
            *index = i;
            return &places->cpus[i];
        }
    }
    return NULL;
}

/* One level of the topology: @value is the property's, and below @limit. */
static bool check_level(const char *property, int32_t value, unsigned limit, Error **errp)
{
    if (value < 0) {
        error_setg(errp, "CPU: %s is not set: a number below %u", property, limit);
        return false;
    }
    if (value >= limit) {
        error_setg(errp, "CPU: %s=%d must be in range 0:%u", property, value, limit - 1);
        return false;
    }
    return true;
}

/* Properties to APIC ID. Levels of which there is but one need not be named. */
static bool choose_apic_id(X86CPU *cpu, MachineState *ms, Error **errp)
{
    X86CPUTopoInfo topo = x86_topo_info(ms);
    X86CPUTopoIDs ids;

    if (cpu->die_id < 0 && ms->smp.dies == 1) {
        cpu->die_id = 0;
    }
    if (cpu->module_id < 0 && ms->smp.modules == 1) {
        cpu->module_id = 0;
    }
    if (!check_level("socket-id", cpu->socket_id, ms->smp.sockets, errp) ||
        !check_level("die-id", cpu->die_id, ms->smp.dies, errp) ||
        !check_level("module-id", cpu->module_id, ms->smp.modules, errp) ||
        !check_level("core-id", cpu->core_id, ms->smp.cores, errp) ||
        !check_level("thread-id", cpu->thread_id, ms->smp.threads, errp)) {
        return false;
    }
    ids = (X86CPUTopoIDs){.pkg_id = cpu->socket_id,
                          .die_id = cpu->die_id,
                          .module_id = cpu->module_id,
                          .core_id = cpu->core_id,
                          .smt_id = cpu->thread_id};
    cpu->apic_id = x86_apicid_from_topo_ids(&topo, &ids);
    return true;
}

/* What the user said of a level agrees with the place; what was not said is taken from it. */
static bool agree(const char *property, int32_t *value, int64_t place, Error **errp)
{
    if (*value >= 0 && *value != place) {
        error_setg(errp, "CPU: %s=%d does not go with the APIC ID, which means %" PRId64, property,
                   *value, place);
        return false;
    }
    *value = place;
    return true;
}

static bool fill_from_place(X86CPU *cpu, const CPUArchId *place, Error **errp)
{
    const CpuInstanceProperties *p = &place->props;

    return agree("socket-id", &cpu->socket_id, p->socket_id, errp) &&
           agree("die-id", &cpu->die_id, p->die_id, errp) &&
           agree("module-id", &cpu->module_id, p->module_id, errp) &&
           agree("core-id", &cpu->core_id, p->core_id, errp) &&
           agree("thread-id", &cpu->thread_id, p->thread_id, errp) &&
           numa_cpu_pre_plug(place, DEVICE(cpu), errp);
}

/* ---- the machine's hotplug handler ---- */

void x86_cpu_pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    MachineState *ms = MACHINE(handler);
    X86CPUTopoInfo topo = x86_topo_info(ms);
    X86CPU *cpu = X86_CPU(dev);
    CPUArchId *place;
    int index;

    if (strcmp(object_get_typename(OBJECT(dev)), ms->cpu_type)) {
        error_setg(errp, "the machine's CPUs are of type '%s', got '%s'", ms->cpu_type,
                   object_get_typename(OBJECT(dev)));
        return;
    }
    cpu->nr_dies = topo.dies_per_pkg;
    cpu->nr_modules = topo.modules_per_die;
    cpu->nr_cores = topo.cores_per_module;
    cpu->nr_threads = topo.threads_per_core;
    if (cpu->apic_id == UINT32_MAX && !choose_apic_id(cpu, ms, errp)) {
        return;
    }
    place = find_place(ms, cpu->apic_id, &index);
    if (!place) {
        error_setg(errp, "CPU: there is no place with apic-id=%u; query-hotpluggable-cpus has them",
                   cpu->apic_id);
        return;
    }
    if (place->cpu) {
        error_setg(errp, "CPU: the place with APIC ID %u has a CPU already", cpu->apic_id);
        return;
    }
    if (dev->hotplugged && !X86_MACHINE(ms)->acpi_dev) {
        error_setg(errp, "a CPU can only be added with the help of ACPI, which is off");
        return;
    }
    CPU(cpu)->cpu_index = index;
    fill_from_place(cpu, place, errp);
}

void x86_cpu_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    X86MachineState *x86ms = X86_MACHINE(handler);
    int index;
    CPUArchId *place = find_place(MACHINE(handler), X86_CPU(dev)->apic_id, &index);

    qemu_register_resettable(OBJECT(dev)); /* it is on no bus whose reset would reach it */
    /* The place is taken: ACPI's MADT shows the processor as enabled. */
    place->cpu = CPU(dev);
    x86ms->boot_cpus++;
    if (dev->hotplugged) {
        fw_cfg_modify_i16(x86ms->fw_cfg, FW_CFG_NB_CPUS, x86ms->boot_cpus);
    }
    if (x86ms->acpi_dev) {
        hotplug_handler_plug(HOTPLUG_HANDLER(x86ms->acpi_dev), dev, errp);
    }
}

void x86_cpu_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    X86MachineState *x86ms = X86_MACHINE(handler);

    if (!x86ms->acpi_dev) {
        error_setg(errp, "a CPU can only be removed with the help of ACPI, which is off");
    } else if (CPU(dev)->cpu_index == 0) {
        error_setg(errp, "the first CPU, which firmware runs on, does not support hotplugging");
    } else {
        hotplug_handler_unplug_request(HOTPLUG_HANDLER(x86ms->acpi_dev), dev, errp);
    }
}

void x86_cpu_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    X86MachineState *x86ms = X86_MACHINE(handler);
    int index;
    CPUArchId *place = find_place(MACHINE(handler), X86_CPU(dev)->apic_id, &index);

    hotplug_handler_unplug(HOTPLUG_HANDLER(x86ms->acpi_dev), dev, errp);
    place->cpu = NULL;
    x86ms->boot_cpus--;
    fw_cfg_modify_i16(x86ms->fw_cfg, FW_CFG_NB_CPUS, x86ms->boot_cpus);
    qemu_unregister_resettable(OBJECT(dev));
    qdev_unrealize(dev);
}

static HotplugHandler *x86_get_hotplug_handler(MachineState *machine, DeviceState *dev)
{
    return object_dynamic_cast(OBJECT(dev), TYPE_CPU) ? HOTPLUG_HANDLER(machine) : NULL;
}

void x86_machine_class_init_hotplug(ObjectClass *oc)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    MACHINE_CLASS(oc)->get_hotplug_handler = x86_get_hotplug_handler;
    hc->pre_plug = x86_cpu_pre_plug;
    hc->plug = x86_cpu_plug;
    hc->unplug_request = x86_cpu_unplug_request;
    hc->unplug = x86_cpu_unplug;
}
