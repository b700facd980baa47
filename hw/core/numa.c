/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NUMA nodes: their memory, their distances (ACPI 6.5, 5.2.17), and that all of it fits together.
 */
#include "qemu/osdep.h"
#include "numa-internal.h"
#include "qemu/error-report.h"
#include "system/hostmem.h"

NumaState *numa_state_new(void)
{
    return g_new0(NumaState, 1);
}

void numa_state_free(NumaState *ns)
{
    for (int i = 0; ns && i < MAX_NODES; i++) {
        object_unref(ns->nodes[i].node_memdev);
    }
    if (ns) {
        numa_free_hmat(ns);
    }
    g_free(ns);
}

/* ---- nodes -------------------------------------------------------------- */

static bool check_node(MachineState *ms, const NumaNodeOptions *node, unsigned nodenr, Error **errp)
{
    ERRP_GUARD();
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    NumaState *ns = ms->numa_state;

    if (nodenr >= MAX_NODES) {
        error_setg(errp, "Max number of NUMA nodes reached: %u, expected 0 to %d", nodenr,
                   MAX_NODES - 1);
        return false;
    }
    if (ns->nodes[nodenr].present) {
        error_setg(errp, "Duplicate NUMA nodeid: %u", nodenr);
        return false;
    }
    if (node->has_initiator && !ns->hmat_enabled) {
        error_setg(errp, "Parameter 'initiator' needs a machine with heterogeneous memory "
                         "attributes (-machine hmat=on)");
        return false;
    }
    if (node->has_mem && !mc->numa_mem_supported) {
        error_setg(errp, "Parameter -numa node,mem is not supported by this machine type");
        error_append_hint(errp, "Use -numa node,memdev instead\n");
        return false;
    }
    if (node->has_mem && node->memdev) {
        error_setg(errp, "cannot specify both mem= and memdev=");
        return false;
    }
    if ((node->has_mem && ns->have_memdevs) || (node->memdev && ns->have_mem)) {
        error_setg(errp, "numa configuration should use either mem= or memdev=, "
                         "mixing both is not allowed");
        return false;
    }
    for (uint16List *l = node->cpus; l; l = l->next) {
        if (l->value >= ms->smp.max_cpus) {
            error_setg(errp, "CPU index (%u) should be smaller than maxcpus (%u)", l->value,
                       ms->smp.max_cpus);
            return false;
        }
    }
    return true;
}

static HostMemoryBackend *find_memdev(const char *name, Error **errp)
{
    bool ambiguous;
    Object *obj = object_resolve_path_type(name, TYPE_MEMORY_BACKEND, &ambiguous);

    if (!obj) {
        error_setg(errp, ambiguous ? "memdev=%s is ambiguous" : "memdev=%s doesn't exist", name);
    }
    return (HostMemoryBackend *)obj;
}

static bool assign_node_cpus(MachineState *ms, const NumaNodeOptions *node, unsigned nodenr,
                             Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);

    for (uint16List *l = node->cpus; l; l = l->next) {
        CpuInstanceProperties props = mc->cpu_index_to_instance_props(ms, l->value);

        props.node_id = nodenr;
        props.has_node_id = true;
        if (!machine_set_cpu_numa_node(ms, &props, errp)) {
            return false;
        }
    }
    return true;
}

bool numa_add_node(MachineState *ms, const NumaNodeOptions *node, Error **errp)
{
    NumaState *ns = ms->numa_state;
    unsigned nodenr = node->has_nodeid ? node->nodeid : ns->num_nodes;
    HostMemoryBackend *memdev = NULL;

    if (!check_node(ms, node, nodenr, errp)) {
        return false;
    }
    if (node->memdev) {
        memdev = find_memdev(node->memdev, errp);
        if (!memdev) {
            return false;
        }
    }
    ns->nodes[nodenr].present = true;
    ns->nodes[nodenr].has_initiator = node->has_initiator;
    ns->nodes[nodenr].initiator = node->initiator;
    ns->num_nodes++;
    if (!assign_node_cpus(ms, node, nodenr, errp)) {
        ns->nodes[nodenr].present = false;
        ns->num_nodes--;
        return false;
    }
    if (memdev) {
        ns->have_memdevs = true;
        ns->nodes[nodenr].node_memdev = memdev;
        ns->nodes[nodenr].node_mem = object_property_get_uint(OBJECT(memdev), "size", NULL);
        object_ref(memdev);
    } else if (node->has_mem) {
        ns->have_mem = true;
        ns->nodes[nodenr].node_mem = node->mem;
        warn_report_once("Parameter -numa node,mem is deprecated, use -numa node,memdev instead");
    }
    return true;
}

/* ---- distances ---------------------------------------------------------- */

bool numa_add_distance(MachineState *ms, const NumaDistOptions *dist, Error **errp)
{
    NumaState *ns = ms->numa_state;

    if (dist->src >= MAX_NODES || dist->dst >= MAX_NODES) {
        error_setg(errp, "Parameter '%s' expects an integer between 0 and %d, got %u",
                   dist->src >= MAX_NODES ? "src" : "dst", MAX_NODES - 1,
                   dist->src >= MAX_NODES ? dist->src : dist->dst);
        return false;
    }
    if (!ns->nodes[dist->src].present || !ns->nodes[dist->dst].present) {
        error_setg(errp, "Source/Destination NUMA node is missing. Please use '-numa node' option "
                         "to declare it first.");
        return false;
    }
    if (dist->val < NUMA_DISTANCE_MIN) {
        error_setg(errp, "NUMA distance (%u) is invalid, it shouldn't be less than %d.", dist->val,
                   NUMA_DISTANCE_MIN);
        return false;
    }
    if (dist->src == dist->dst && dist->val != NUMA_DISTANCE_MIN) {
        error_setg(errp, "Local distance of node %u should be %d.", dist->src, NUMA_DISTANCE_MIN);
        return false;
    }
    ns->nodes[dist->src].distance[dist->dst] = dist->val;
    ns->have_numa_distance = true;
    return true;
}

/* Either all pairs in one direction, the other then being equal, or all in both. */
static bool validate_distances(NumaState *ns, Error **errp)
{
    bool asymmetrical = false;

    for (int src = 0; src < ns->num_nodes; src++) {
        for (int dst = src + 1; dst < ns->num_nodes; dst++) {
            uint8_t there = ns->nodes[src].distance[dst], back = ns->nodes[dst].distance[src];

            if (!there && !back) {
                error_setg(errp,
                           "The distance between node %d and %d is missing, at least one "
                           "distance value between each nodes should be provided.",
                           src, dst);
                return false;
            }
            asymmetrical |= there && back && there != back;
        }
    }
    for (int src = 0; asymmetrical && src < ns->num_nodes; src++) {
        for (int dst = 0; dst < ns->num_nodes; dst++) {
            if (src != dst && !ns->nodes[src].distance[dst]) {
                error_setg(errp,
                           "At least one asymmetrical pair of distances is given, please provide "
                           "distances for both directions of all node pairs (%d to %d is missing).",
                           src, dst);
                return false;
            }
        }
    }
    return true;
}

static void complete_distances(NumaState *ns)
{
    for (int src = 0; src < ns->num_nodes; src++) {
        for (int dst = 0; dst < ns->num_nodes; dst++) {
            if (!ns->nodes[src].distance[dst]) {
                ns->nodes[src].distance[dst] =
                    src == dst ? NUMA_DISTANCE_MIN : ns->nodes[dst].distance[src];
            }
        }
    }
}

/* ---- the whole ---------------------------------------------------------- */

/* One node over everything, where that is what the machine does. */
static void maybe_add_implied_node(MachineState *ms)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    NumaState *ns = ms->numa_state;

    if (ns->num_nodes == 0 &&
        (mc->auto_enable_numa || (mc->auto_enable_numa_with_memhp && ms->ram_slots > 0) ||
         (mc->auto_enable_numa_with_memdev && ms->memdev))) {
        ns->nodes[0].present = true;
        ns->nodes[0].node_mem = ms->ram_size;
        ns->num_nodes = 1;
    }
}

static bool check_node_memory(MachineState *ms, Error **errp)
{
    NumaState *ns = ms->numa_state;
    uint64_t total = 0;

    for (int i = 0; i < ns->num_nodes; i++) {
        if (!ns->nodes[i].present) {
            error_setg(errp, "numa: Node ID missing: %d", i);
            return false;
        }
        total += ns->nodes[i].node_mem;
    }
    if (ns->have_memdevs && ms->memdev) {
        error_setg(errp, "'-machine memory-backend' and '-numa memdev' properties are mutually "
                         "exclusive");
        return false;
    }
    if (total != ms->ram_size) {
        error_setg(errp,
                   "total memory for NUMA nodes (0x%" PRIx64 ") should equal RAM size "
                   "(0x%" PRIx64 ")",
                   total, ms->ram_size);
        return false;
    }
    return true;
}

/* Places for CPUs that no option named go where the machine puts them by default. */
static void assign_remaining_cpus(MachineState *ms)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    CPUArchIdList *list = (CPUArchIdList *)machine_possible_cpus(ms);
    bool any_assigned = false;

    for (int i = 0; i < list->len; i++) {
        any_assigned |= list->cpus[i].props.has_node_id;
    }
    for (int i = 0; i < list->len; i++) {
        CpuInstanceProperties *p = &list->cpus[i].props;

        if (!p->has_node_id) {
            /* Once somebody chose, what was forgotten is on the first node. */
            p->node_id = any_assigned ? 0 : mc->get_default_cpu_node_id(ms, i);
            p->has_node_id = true;
            ms->numa_state->nodes[p->node_id].has_cpu = true;
        }
    }
}

bool numa_complete_configuration(MachineState *ms, Error **errp)
{
    NumaState *ns = ms->numa_state;

    maybe_add_implied_node(ms);
    if (ns->num_nodes == 0) {
        return true;
    }
    if (!check_node_memory(ms, errp)) {
        return false;
    }
    if (ns->have_numa_distance) {
        if (!validate_distances(ns, errp)) {
            return false;
        }
        complete_distances(ns);
    }
    assign_remaining_cpus(ms);
    return numa_complete_hmat(ns, errp);
}
