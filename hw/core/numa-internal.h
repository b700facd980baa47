/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of NUMA: what an option asks for. */
#ifndef HW_CORE_NUMA_INTERNAL_H
#define HW_CORE_NUMA_INTERNAL_H

#include "hw/numa.h"

typedef struct NumaNodeOptions {
    bool has_nodeid, has_mem, has_initiator;
    uint16_t nodeid, initiator;
    uint64_t mem;
    char *memdev;
    uint16_t *cpus;
    size_t n_cpus;
} NumaNodeOptions;

typedef struct NumaDistOptions {
    uint16_t src, dst;
    uint8_t val;
} NumaDistOptions;

/* numa.c */
bool numa_add_node(MachineState *ms, const NumaNodeOptions *node, Error **errp);
bool numa_add_distance(MachineState *ms, const NumaDistOptions *dist, Error **errp);

#endif
