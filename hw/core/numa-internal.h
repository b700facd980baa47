/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of NUMA. */
#ifndef HW_CORE_NUMA_INTERNAL_H
#define HW_CORE_NUMA_INTERNAL_H

#include "hw/numa.h"
#include "qapi/qapi-types-machine.h"

/* numa.c */
bool numa_add_node(MachineState *ms, const NumaNodeOptions *node, Error **errp);
bool numa_add_distance(MachineState *ms, const NumaDistOptions *dist, Error **errp);

/* numa-hmat.c */
bool numa_add_hmat_lb(MachineState *ms, const NumaHmatLBOptions *lb, Error **errp);
bool numa_add_hmat_cache(MachineState *ms, const NumaHmatCacheOptions *cache, Error **errp);
/* Fills in initiators, and checks that all fits together. */
bool numa_complete_hmat(NumaState *ns, Error **errp);
void numa_free_hmat(NumaState *ns);

#endif
