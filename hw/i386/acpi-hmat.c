/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMAT: how fast memory is, from where, and what caches are before it (ACPI 6.5, 5.2.28). */
#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/numa.h"

#define HMAT_REVISION 2

/* Structures. */
#define HMAT_PROXIMITY      0
#define HMAT_LATENCY_BW     1
#define HMAT_CACHE          2

#define PROXIMITY_LENGTH    40
#define PROXIMITY_INITIATOR 0x1 /* flag: the initiator is valid */
#define LATENCY_BW_LENGTH   32  /* and the two lists, and the matrix */
#define CACHE_LENGTH        32

#define ENTRY_NOT_GIVEN     0
#define ENTRY_MAX           0xfffe /* FFFFh: not reachable */

static void begin_structure(GArray *out, uint16_t type, uint32_t length)
{
    build_append_int_noprefix(out, type, 2);
    build_append_int_noprefix(out, 0, 2);
    build_append_int_noprefix(out, length, 4);
}

static void add_proximity(GArray *out, const NumaState *ns, int node)
{
    const NodeInfo *info = &ns->nodes[node];

    begin_structure(out, HMAT_PROXIMITY, PROXIMITY_LENGTH);
    build_append_int_noprefix(out, info->has_initiator ? PROXIMITY_INITIATOR : 0, 2);
    build_append_int_noprefix(out, 0, 2);
    build_append_int_noprefix(out, info->has_initiator ? info->initiator : 0, 4);
    build_append_int_noprefix(out, node, 4);
    build_append_int_noprefix(out, 0, 4);
    build_append_int_noprefix(out, 0, 8);
    build_append_int_noprefix(out, 0, 8);
}

/* Value of one pair; 0: not given. */
static uint64_t lb_value(const NumaState *ns, int hierarchy, int type, int initiator, int target)
{
    const NumaHmatLBOptions *lb;

    for (unsigned n = 0; (lb = numa_hmat_lb_nth(ns, n)); n++) {
        if (lb->hierarchy == hierarchy && lb->data_type == type && lb->initiator == initiator &&
            lb->target == target) {
            return numa_hmat_lb_value(lb);
        }
    }
    return 0;
}

static uint64_t greatest_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* What all values are multiples of, or about so where they differ too much for 16 bits. */
static uint64_t base_unit(const NumaState *ns, int hierarchy, int type)
{
    const NumaHmatLBOptions *lb;
    uint64_t unit = 0, most = 0;

    for (unsigned n = 0; (lb = numa_hmat_lb_nth(ns, n)); n++) {
        if (lb->hierarchy == hierarchy && lb->data_type == type) {
            uint64_t value = numa_hmat_lb_value(lb);

            unit = greatest_divisor(value, unit);
            most = MAX(most, value);
        }
    }
    return unit && most / unit > ENTRY_MAX ? DIV_ROUND_UP(most, ENTRY_MAX) : unit;
}

static void add_latency_bandwidth(GArray *out, const NumaState *ns, int hierarchy, int type)
{
    uint64_t unit = base_unit(ns, hierarchy, type);
    uint32_t initiators = 0, targets = ns->num_nodes;

    if (!unit) {
        return; /* nothing is known about it */
    }
    for (int i = 0; i < ns->num_nodes; i++) {
        initiators += ns->nodes[i].has_cpu;
    }
    begin_structure(out, HMAT_LATENCY_BW,
                    LATENCY_BW_LENGTH + 4 * initiators + 4 * targets + 2 * initiators * targets);
    build_append_int_noprefix(out, hierarchy, 1);
    build_append_int_noprefix(out, type, 1);
    build_append_int_noprefix(out, 0, 2);
    build_append_int_noprefix(out, initiators, 4);
    build_append_int_noprefix(out, targets, 4);
    build_append_int_noprefix(out, 0, 4);
    build_append_int_noprefix(out, unit, 8);
    for (int i = 0; i < ns->num_nodes; i++) {
        if (ns->nodes[i].has_cpu) {
            build_append_int_noprefix(out, i, 4);
        }
    }
    for (int t = 0; t < ns->num_nodes; t++) {
        build_append_int_noprefix(out, t, 4);
    }
    for (int i = 0; i < ns->num_nodes; i++) {
        for (int t = 0; ns->nodes[i].has_cpu && t < ns->num_nodes; t++) {
            uint64_t value = lb_value(ns, hierarchy, type, i, t);

            build_append_int_noprefix(out, value ? MAX(value / unit, 1) : ENTRY_NOT_GIVEN, 2);
        }
    }
}

static void add_caches(GArray *out, const NumaState *ns, int node)
{
    unsigned levels = 0;

    while (levels < HMAT_CACHE_LEVELS && ns->hmat_cache[node][levels]) {
        levels++;
    }
    for (unsigned i = 0; i < levels; i++) {
        const NumaHmatCacheOptions *cache = ns->hmat_cache[node][i];
        uint32_t attributes = levels | cache->level << 4 | cache->associativity << 8 |
                              cache->policy << 12 | (uint32_t)cache->line << 16;

        begin_structure(out, HMAT_CACHE, CACHE_LENGTH);
        build_append_int_noprefix(out, node, 4);
        build_append_int_noprefix(out, 0, 4);
        build_append_int_noprefix(out, cache->size, 8);
        build_append_int_noprefix(out, attributes, 4);
        build_append_int_noprefix(out, 0, 2);
        build_append_int_noprefix(out, 0, 2); /* no SMBIOS handles */
    }
}

void acpi_build_hmat(AcpiBuildTables *t, X86MachineState *x86ms)
{
    const NumaState *ns = MACHINE(x86ms)->numa_state;
    AcpiTable table = {.sig = "HMAT",
                       .rev = HMAT_REVISION,
                       .oem_id = x86ms->oem_id,
                       .oem_table_id = x86ms->oem_table_id};

    acpi_table_begin(&table, t->tables);
    build_append_int_noprefix(t->tables, 0, 4);
    for (int node = 0; node < ns->num_nodes; node++) {
        if (ns->nodes[node].node_mem) {
            add_proximity(t->tables, ns, node);
        }
    }
    for (int hierarchy = 0; hierarchy < HMAT_LB_MEMORY_HIERARCHY__MAX; hierarchy++) {
        for (int type = 0; type < HMAT_LB_DATA_TYPE__MAX; type++) {
            add_latency_bandwidth(t->tables, ns, hierarchy, type);
        }
    }
    for (int node = 0; node < ns->num_nodes; node++) {
        add_caches(t->tables, ns, node);
    }
    acpi_table_end(t->linker, &table);
}
