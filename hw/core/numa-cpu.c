/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which CPU is on which node. */
#include "qemu/osdep.h"
#include "hw/numa.h"

/* A member of CpuInstanceProperties that can select places. */
typedef struct Selector {
    const char *name;
    size_t has, value;
} Selector;

#define SELECTOR(field, text)                                                                      \
    {                                                                                              \
        text, offsetof(CpuInstanceProperties, has_##field), offsetof(CpuInstanceProperties, field) \
    }

static const Selector selectors[] = {
    SELECTOR(drawer_id, "drawer-id"),   SELECTOR(book_id, "book-id"),
    SELECTOR(socket_id, "socket-id"),   SELECTOR(die_id, "die-id"),
    SELECTOR(cluster_id, "cluster-id"), SELECTOR(module_id, "module-id"),
    SELECTOR(core_id, "core-id"),       SELECTOR(thread_id, "thread-id"),
};

static bool sel_has(const CpuInstanceProperties *p, const Selector *sel)
{
    return *(const bool *)((const char *)p + sel->has);
}

static int64_t sel_value(const CpuInstanceProperties *p, const Selector *sel)
{
    return *(const int64_t *)((const char *)p + sel->value);
}

static bool place_matches(const CpuInstanceProperties *place, const CpuInstanceProperties *wanted)
{
    for (size_t i = 0; i < G_N_ELEMENTS(selectors); i++) {
        const Selector *sel = &selectors[i];

        if (sel_has(wanted, sel) && sel_value(wanted, sel) != sel_value(place, sel)) {
            return false;
        }
    }
    return true;
}

/* All places have the same members: look at the first. */
static bool check_selectors(const CpuInstanceProperties *place, const CpuInstanceProperties *wanted,
                            Error **errp)
{
    for (size_t i = 0; i < G_N_ELEMENTS(selectors); i++) {
        if (sel_has(wanted, &selectors[i]) && !sel_has(place, &selectors[i])) {
            error_setg(errp, "%s is not supported", selectors[i].name);
            return false;
        }
    }
    return true;
}

bool machine_set_cpu_numa_node(MachineState *machine, const CpuInstanceProperties *props,
                               Error **errp)
{
    CPUArchIdList *list = (CPUArchIdList *)machine_possible_cpus(machine);
    bool match = false;

    if (!list || !list->len) {
        error_setg(errp, "mapping of CPUs to NUMA node is not supported");
        return false;
    }
    if (!check_selectors(&list->cpus[0].props, props, errp)) {
        return false;
    }
    for (int i = 0; i < list->len; i++) {
        CpuInstanceProperties *place = &list->cpus[i].props;

        if (!place_matches(place, props)) {
            continue;
        }
        match = true;
        if (place->has_node_id && place->node_id != props->node_id) {
            error_setg(errp, "CPU %d is already assigned to node-id: %" PRId64, i, place->node_id);
            return false;
        }
        place->node_id = props->node_id;
        place->has_node_id = true;
        machine->numa_state->nodes[props->node_id].has_cpu = true;
    }
    if (!match) {
        error_setg(errp, "no match found");
        return false;
    }
    return true;
}

bool numa_cpu_pre_plug(const CPUArchId *slot, DeviceState *dev, Error **errp)
{
    int64_t node_id = object_property_get_int(OBJECT(dev), "node-id", &error_abort);

    if (node_id == NUMA_NODE_UNASSIGNED || node_id < 0) {
        /* The CPU takes the node of its place, where there is one. */
        return !slot->props.has_node_id ||
               object_property_set_int(OBJECT(dev), "node-id", slot->props.node_id, errp);
    }
    if (slot->props.has_node_id && node_id != slot->props.node_id) {
        error_setg(errp, "invalid node-id, must be %" PRId64 ", got %" PRId64, slot->props.node_id,
                   node_id);
        return false;
    }
    return true;
}
