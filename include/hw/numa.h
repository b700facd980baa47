/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NUMA nodes of a machine: which memory, which CPUs, how far from each other. */
#ifndef HW_NUMA_H
#define HW_NUMA_H

#include "hw/boards.h"
#include "qapi/qapi-types-machine.h"

#define MAX_NODES                 128
#define NUMA_NODE_UNASSIGNED      MAX_NODES
#define NUMA_DISTANCE_MIN         10 /* to itself (ACPI SLIT) */
#define NUMA_DISTANCE_DEFAULT     20
#define NUMA_DISTANCE_MAX         254
#define NUMA_DISTANCE_UNREACHABLE 255
#define HMAT_CACHE_LEVELS         3

typedef struct NodeInfo {
    uint64_t node_mem;              /* bytes */
    HostMemoryBackend *node_memdev; /* a reference; NULL: part of the main memory */
    bool present;
    bool has_cpu;
    bool has_initiator;
    uint16_t initiator;          /* the node whose CPUs are nearest to this memory */
    uint8_t distance[MAX_NODES]; /* 0: not given */
} NodeInfo;

struct NumaState {
    int num_nodes;
    bool have_numa_distance;
    bool have_mem;     /* a node got its memory by size */
    bool have_memdevs; /* a node got its memory by back end */
    NodeInfo nodes[MAX_NODES];

    /* heterogeneous memory (numa-hmat.c); entries are owned */
    bool hmat_enabled;
    GPtrArray *hmat_lb; /* of NumaHmatLBOptions; NULL: none */
    NumaHmatCacheOptions *hmat_cache[MAX_NODES][HMAT_CACHE_LEVELS]; /* NULL: none */
};

NumaState *numa_state_new(void);
void numa_state_free(NumaState *ns);

/*
 * One -numa, its argument as given: "node,...", "cpu,...", "dist,...", "hmat-lb,...",
 * "hmat-cache,...", or a JSON object. "cpus" may be given more than once and takes ranges. After
 * the machine's properties are set and before the board is built.
 */
bool numa_add_option(MachineState *ms, const char *arg, Error **errp);
/* The same from set-numa-node. */
bool numa_add_options(MachineState *ms, const NumaOptions *options, Error **errp);
/* All options are in: fills what is left open, checks that it fits together. */
bool numa_complete_configuration(MachineState *ms, Error **errp);

/* What @lb says, as HMAT counts: picoseconds, or MiB a second. */
uint64_t numa_hmat_lb_value(const NumaHmatLBOptions *lb);
/* The entries; NULL after the last. */
const NumaHmatLBOptions *numa_hmat_lb_nth(const NumaState *ns, unsigned n);

/* Puts the places for CPUs that @props matches on node @props->node_id. */
bool machine_set_cpu_numa_node(MachineState *machine, const CpuInstanceProperties *props,
                               Error **errp);
/*
 * For the machine's pre_plug of a CPU: its "node-id" must be the node of its
 * place, or is set to it.
 */
bool numa_cpu_pre_plug(const CPUArchId *slot, DeviceState *dev, Error **errp);

#endif /* HW_NUMA_H */
