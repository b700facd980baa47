/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of NUMA. */
#ifndef HW_CORE_NUMA_INTERNAL_H
#define HW_CORE_NUMA_INTERNAL_H

#include "hw/numa.h"
#include "qapi/qapi-types-machine.h"

/* numa.c */
bool numa_add_node(MachineState *ms, const NumaNodeOptions *node, Error **errp);
bool numa_add_distance(MachineState *ms, const NumaDistOptions *dist, Error **errp);

#endif
