/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -numa: from the argument to nodes, distances and places of CPUs. */
#include "qemu/osdep.h"
#include "numa-internal.h"
#include "qapi/qapi-visit-machine.h"
#include "qapi/qobject-input-visitor.h"
#include "qapi/string-input-visitor.h"

/* ---- lists of CPUs ------------------------------------------------------ */

/* "0" or "2-3" */
static bool append_cpus(Visitor *v, uint16List ***tail, Error **errp)
{
    uint16List *list = NULL;

    if (!visit_type_uint16List(v, "cpus", &list, errp)) {
        return false;
    }
    for (**tail = list; **tail; *tail = &(**tail)->next) {
    }
    return true;
}

/*
 * "node,cpus=0,cpus=2-3,mem=1G": takes the cpus out, which key=value syntax has
 * no way to repeat, and returns the rest.
 */
static char *split_off_cpus(const char *arg, uint16List ***tail, Error **errp)
{
    g_autoptr(GString) rest = g_string_new(NULL);

    while (*arg) {
        const char *end = arg;

        /* ",," is a comma inside a value. */
        while (*end && (*end != ',' || end[1] == ',')) {
            end += *end == ',' ? 2 : 1;
        }
        if (g_str_has_prefix(arg, "cpus=")) {
            g_autofree char *range = g_strndup(arg + 5, end - arg - 5);
            g_autoptr(Visitor) v = string_input_visitor_new(range);

            if (!append_cpus(v, tail, errp)) {
                return NULL;
            }
        } else {
            g_string_append_printf(rest, "%s%.*s", rest->len ? "," : "", (int)(end - arg), arg);
        }
        arg = *end ? end + 1 : end;
    }
    return g_string_free(g_steal_pointer(&rest), FALSE);
}

/* ---- options ------------------------------------------------------------ */

static bool add_cpus_of(MachineState *ms, const CpuInstanceProperties *p, Error **errp)
{
    if (!p->has_node_id) {
        error_setg(errp, "Missing mandatory node-id property");
        return false;
    }
    if (p->node_id < 0 || p->node_id >= MAX_NODES || !ms->numa_state->nodes[p->node_id].present) {
        error_setg(errp,
                   "Invalid node-id=%" PRId64 ", NUMA node must be defined with "
                   "-numa node,nodeid=ID before it's used with -numa cpu,node-id=ID",
                   p->node_id);
        return false;
    }
    return machine_set_cpu_numa_node(ms, p, errp);
}

static bool check_supported(MachineState *ms, Error **errp)
{
    if (!ms->numa_state) {
        error_setg(errp, "NUMA is not supported by this machine-type");
    }
    return ms->numa_state != NULL;
}

bool numa_add_options(MachineState *ms, const NumaOptions *options, Error **errp)
{
    if (!check_supported(ms, errp)) {
        return false;
    }
    switch (options->type) {
    case NUMA_OPTIONS_TYPE_NODE:
        return numa_add_node(ms, &options->u.node, errp);
    case NUMA_OPTIONS_TYPE_HMAT_LB:
        return numa_add_hmat_lb(ms, &options->u.hmat_lb, errp);
    case NUMA_OPTIONS_TYPE_HMAT_CACHE:
        return numa_add_hmat_cache(ms, &options->u.hmat_cache, errp);
    case NUMA_OPTIONS_TYPE_DIST:
        return numa_add_distance(ms, &options->u.dist, errp);
    default:
        return add_cpus_of(ms, qapi_NumaCpuOptions_base(&options->u.cpu), errp);
    }
}

bool numa_add_option(MachineState *ms, const char *arg, Error **errp)
{
    uint16List *cpus = NULL, **tail = &cpus;
    g_autofree char *rest = NULL;
    g_autoptr(NumaOptions) options = NULL;
    g_autoptr(Visitor) v = NULL;
    bool ok;

    if (!check_supported(ms, errp)) {
        return false;
    }
    rest = arg[0] == '{' ? g_strdup(arg) : split_off_cpus(arg, &tail, errp);
    v = rest ? qobject_input_visitor_new_str(rest, "type", errp) : NULL;
    ok = v && visit_type_NumaOptions(v, NULL, &options, errp);
    if (ok && cpus) {
        if (options->type == NUMA_OPTIONS_TYPE_NODE) {
            options->u.node.cpus = g_steal_pointer(&cpus);
        } else {
            error_setg(errp, "Parameter 'cpus' is unexpected");
            ok = false;
        }
    }
    qapi_free_uint16List(cpus);
    return ok && numa_add_options(ms, options, errp);
}
