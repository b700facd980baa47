/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NUMA nodes of a machine: which memory, which CPUs, how far from each other. */
#ifndef HW_NUMA_H
#define HW_NUMA_H

#include "hw/boards.h"

#define MAX_NODES                 128
#define NUMA_NODE_UNASSIGNED      MAX_NODES
#define NUMA_DISTANCE_MIN         10 /* to itself (ACPI SLIT) */
#define NUMA_DISTANCE_DEFAULT     20
#define NUMA_DISTANCE_MAX         254
#define NUMA_DISTANCE_UNREACHABLE 255

typedef struct NodeInfo {
    uint64_t node_mem; /* bytes */
    HostMemoryBackend *node_memdev;
    bool present;
    bool has_cpu;
    bool has_gi;
    uint16_t initiator;          /* MAX_NODES: not given */
    uint8_t distance[MAX_NODES]; /* 0: not given */
} NodeInfo;

struct NumaState {
    int num_nodes;
    bool have_numa_distance;
    bool have_mem; /* by size (old machines) */
    bool have_memdevs;
    bool hmat_enabled;
    NodeInfo nodes[MAX_NODES];
};

NumaState *numa_state_new(void);
void numa_state_free(NumaState *ns);

/*
 * One -numa: @opts has "type" node, cpu, dist (@keyval: values are strings).
 * Before the board is built.
 */
bool numa_add_option(MachineState *ms, const QDict *opts, bool keyval, Error **errp);
/* All options are in: fills what is left open, checks that it fits together. */
bool numa_complete_configuration(MachineState *ms, Error **errp);
/* With memdevs: the container of all nodes' memory; NULL without. */
MemoryRegion *numa_system_memory(MachineState *ms, Error **errp);

/* Puts the CPUs that @props matches on node @props->node_id. */
bool machine_set_cpu_numa_node(MachineState *machine, const CpuInstanceProperties *props,
                               Error **errp);
/* A CPU that comes: its node must be the one of its place, or gets set. */
bool numa_cpu_pre_plug(const CPUArchId *slot, DeviceState *dev, Error **errp);

#endif /* HW_NUMA_H */
