/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Heterogeneous memory (ACPI 6.5, 5.2.28): how fast CPUs of one node reach the
 * memory of another, and what caches are before memory.
 */
#include "qemu/osdep.h"
#include "numa-internal.h"
#include "qapi/qapi-visit-machine.h"
#include "qapi/clone-visitor.h"
#include "qemu/units.h"

static bool check_enabled(NumaState *ns, const char *what, Error **errp)
{
    if (!ns->hmat_enabled) {
        error_setg(errp,
                   "-numa %s needs a machine with heterogeneous memory attributes "
                   "(-machine hmat=on)",
                   what);
    }
    return ns->hmat_enabled;
}

static bool check_present(NumaState *ns, const char *name, uint32_t node, Error **errp)
{
    if (node >= MAX_NODES || !ns->nodes[node].present) {
        error_setg(errp, "%s=%u: there is no such node; -numa node,nodeid=%u makes it", name, node,
                   node);
        return false;
    }
    return true;
}

/* ---- latency and bandwidth ---- */

static bool is_latency(HmatLBDataType type)
{
    return type <= HMAT_LB_DATA_TYPE_WRITE_LATENCY;
}

/* In picoseconds or MiB a second, as the table counts. */
uint64_t numa_hmat_lb_value(const NumaHmatLBOptions *lb)
{
    return is_latency(lb->data_type) ? lb->latency * 1000 : lb->bandwidth / MiB;
}

const NumaHmatLBOptions *numa_hmat_lb_nth(const NumaState *ns, unsigned n)
{
    return ns->hmat_lb && n < ns->hmat_lb->len ? ns->hmat_lb->pdata[n] : NULL;
}

static bool check_value(const NumaHmatLBOptions *lb, Error **errp)
{
    const char *type = HmatLBDataType_str(lb->data_type);
    bool latency = is_latency(lb->data_type);

    if (latency ? !lb->has_latency || lb->has_bandwidth : !lb->has_bandwidth || lb->has_latency) {
        error_setg(errp, "data-type=%s: expected %s=, and not %s=", type,
                   latency ? "latency" : "bandwidth", latency ? "bandwidth" : "latency");
        return false;
    }
    if (latency && (!lb->latency || lb->latency > UINT64_MAX / 1000)) {
        error_setg(errp, "latency=%" PRIu64 ": expected nanoseconds, from 1 to %" PRIu64,
                   lb->latency, UINT64_MAX / 1000);
        return false;
    }
    if (!latency && (!lb->bandwidth || lb->bandwidth % MiB)) {
        error_setg(errp, "bandwidth=%" PRIu64 ": expected bytes a second, a multiple of 1 MiB",
                   lb->bandwidth);
        return false;
    }
    return true;
}

static bool same_entry(const NumaHmatLBOptions *a, const NumaHmatLBOptions *b)
{
    return a->initiator == b->initiator && a->target == b->target && a->hierarchy == b->hierarchy &&
           a->data_type == b->data_type;
}

bool numa_add_hmat_lb(MachineState *ms, const NumaHmatLBOptions *lb, Error **errp)
{
    NumaState *ns = ms->numa_state;

    if (!check_enabled(ns, "hmat-lb", errp) ||
        !check_present(ns, "initiator", lb->initiator, errp) ||
        !check_present(ns, "target", lb->target, errp) || !check_value(lb, errp)) {
        return false;
    }
    for (unsigned n = 0; numa_hmat_lb_nth(ns, n); n++) {
        if (same_entry(numa_hmat_lb_nth(ns, n), lb)) {
            error_setg(errp, "initiator=%u,target=%u: %s of '%s' is given already", lb->initiator,
                       lb->target, HmatLBDataType_str(lb->data_type),
                       HmatLBMemoryHierarchy_str(lb->hierarchy));
            return false;
        }
    }
    if (!ns->hmat_lb) {
        ns->hmat_lb = g_ptr_array_new_with_free_func((GDestroyNotify)qapi_free_NumaHmatLBOptions);
    }
    g_ptr_array_add(ns->hmat_lb, QAPI_CLONE(NumaHmatLBOptions, lb));
    return true;
}

/* ---- caches ---- */

bool numa_add_hmat_cache(MachineState *ms, const NumaHmatCacheOptions *cache, Error **errp)
{
    NumaState *ns = ms->numa_state;

    if (!check_enabled(ns, "hmat-cache", errp) ||
        !check_present(ns, "node-id", cache->node_id, errp)) {
        return false;
    }
    if (cache->level < 1 || cache->level > HMAT_CACHE_LEVELS) {
        error_setg(errp, "level=%u: expected 1 to %d", cache->level, HMAT_CACHE_LEVELS);
        return false;
    }
    if (!cache->size) {
        error_setg(errp, "size=0: a cache has some bytes");
        return false;
    }
    if (ns->hmat_cache[cache->node_id][cache->level - 1]) {
        error_setg(errp, "node-id=%u: its cache of level %u is given already", cache->node_id,
                   cache->level);
        return false;
    }
    ns->hmat_cache[cache->node_id][cache->level - 1] = QAPI_CLONE(NumaHmatCacheOptions, cache);
    return true;
}

/* ---- all of it ---- */

static bool check_initiator(NumaState *ns, int node, Error **errp)
{
    NodeInfo *info = &ns->nodes[node];

    if (!info->has_initiator) {
        /* The CPUs of a node are nearest to its own memory. */
        info->initiator = node;
        info->has_initiator = info->has_cpu;
        return true;
    }
    if (info->has_cpu && info->initiator != node) {
        error_setg(errp, "initiator=%u of node %d: a node with CPUs is its own initiator",
                   info->initiator, node);
        return false;
    }
    if (!check_present(ns, "initiator", info->initiator, errp)) {
        return false;
    }
    if (!ns->nodes[info->initiator].has_cpu) {
        error_setg(errp, "initiator=%u of node %d: that node has no CPUs", info->initiator, node);
        return false;
    }
    return true;
}

/* Caches are counted from the CPUs on. */
static bool check_caches(NumaState *ns, int node, Error **errp)
{
    for (int level = HMAT_CACHE_LEVELS - 1; level > 0; level--) {
        if (ns->hmat_cache[node][level] && !ns->hmat_cache[node][level - 1]) {
            error_setg(errp, "node-id=%d has a cache of level %d, but none of level %d", node,
                       level + 1, level);
            return false;
        }
    }
    return true;
}

bool numa_complete_hmat(NumaState *ns, Error **errp)
{
    for (int node = 0; ns->hmat_enabled && node < ns->num_nodes; node++) {
        if (!check_initiator(ns, node, errp) || !check_caches(ns, node, errp)) {
            return false;
        }
    }
    for (unsigned n = 0; numa_hmat_lb_nth(ns, n); n++) {
        unsigned initiator = numa_hmat_lb_nth(ns, n)->initiator;

        if (!ns->nodes[initiator].has_cpu) {
            error_setg(errp, "-numa hmat-lb,initiator=%u: that node has no CPUs", initiator);
            return false;
        }
    }
    return true;
}

void numa_free_hmat(NumaState *ns)
{
    g_clear_pointer(&ns->hmat_lb, g_ptr_array_unref);
    for (int node = 0; node < MAX_NODES; node++) {
        for (int level = 0; level < HMAT_CACHE_LEVELS; level++) {
            qapi_free_NumaHmatCacheOptions(ns->hmat_cache[node][level]);
        }
    }
}
