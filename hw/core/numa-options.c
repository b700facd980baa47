/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -numa: from the argument to nodes, distances and places of CPUs. */
#include "qemu/osdep.h"
#include "numa-internal.h"
#include "qapi/qobject-input-visitor.h"
#include "qapi/string-input-visitor.h"

/* ---- lists of CPUs ------------------------------------------------------ */

typedef struct IntList {
    struct IntList *next;
    int64_t value;
} IntList;

static bool visit_int_list(Visitor *v, const char *name, GArray *out, Error **errp)
{
    IntList *list, *e;
    bool ok = true;

    if (!visit_start_list(v, name, (GenericList **)&list, sizeof(*list), errp)) {
        return false;
    }
    for (e = list; ok && e; e = (IntList *)visit_next_list(v, (GenericList *)e, sizeof(*e))) {
        uint16_t cpu = 0;

        ok = visit_type_uint16(v, name, &cpu, errp);
        g_array_append_val(out, cpu);
    }
    ok = ok && visit_check_list(v, errp);
    visit_end_list(v, (void **)&list);
    while (list) {
        e = list->next;
        g_free(list);
        list = e;
    }
    return ok;
}

/*
 * "node,cpus=0,cpus=2-3,mem=1G": takes the cpus out, which key=value syntax has
 * no way to repeat, and returns the rest.
 */
static char *split_off_cpus(const char *arg, GArray *cpus, Error **errp)
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

            if (!visit_int_list(v, "cpus", cpus, errp)) {
                return NULL;
            }
        } else {
            g_string_append_printf(rest, "%s%.*s", rest->len ? "," : "", (int)(end - arg), arg);
        }
        arg = *end ? end + 1 : end;
    }
    return g_string_free(g_steal_pointer(&rest), FALSE);
}

/* ---- kinds of options --------------------------------------------------- */

static bool optional_size(Visitor *v, const char *name, bool *has, uint64_t *value, Error **errp)
{
    return !visit_optional(v, name, has) || visit_type_size(v, name, value, errp);
}

static bool optional_uint16(Visitor *v, const char *name, bool *has, uint16_t *value, Error **errp)
{
    return !visit_optional(v, name, has) || visit_type_uint16(v, name, value, errp);
}

static bool parse_node(MachineState *ms, Visitor *v, GArray *cpus, Error **errp)
{
    g_autofree char *memdev = NULL;
    NumaNodeOptions node = {};
    bool has_memdev = false, has_cpus = false;

    if (!optional_uint16(v, "nodeid", &node.has_nodeid, &node.nodeid, errp) ||
        (visit_optional(v, "cpus", &has_cpus) && !visit_int_list(v, "cpus", cpus, errp)) ||
        !optional_size(v, "mem", &node.has_mem, &node.mem, errp) ||
        (visit_optional(v, "memdev", &has_memdev) && !visit_type_str(v, "memdev", &memdev, errp)) ||
        !optional_uint16(v, "initiator", &node.has_initiator, &node.initiator, errp) ||
        !visit_check_struct(v, errp)) {
        return false;
    }
    node.memdev = memdev;
    node.cpus = (uint16_t *)cpus->data;
    node.n_cpus = cpus->len;
    return numa_add_node(ms, &node, errp);
}

static bool parse_dist(MachineState *ms, Visitor *v, Error **errp)
{
    NumaDistOptions dist = {};

    return visit_type_uint16(v, "src", &dist.src, errp) &&
           visit_type_uint16(v, "dst", &dist.dst, errp) &&
           visit_type_uint8(v, "val", &dist.val, errp) && visit_check_struct(v, errp) &&
           numa_add_distance(ms, &dist, errp);
}

static bool optional_int(Visitor *v, const char *name, bool *has, int64_t *value, Error **errp)
{
    return !visit_optional(v, name, has) || visit_type_int(v, name, value, errp);
}

static bool parse_cpu(MachineState *ms, Visitor *v, Error **errp)
{
    CpuInstanceProperties p = {};

    if (!optional_int(v, "node-id", &p.has_node_id, &p.node_id, errp) ||
        !optional_int(v, "drawer-id", &p.has_drawer_id, &p.drawer_id, errp) ||
        !optional_int(v, "book-id", &p.has_book_id, &p.book_id, errp) ||
        !optional_int(v, "socket-id", &p.has_socket_id, &p.socket_id, errp) ||
        !optional_int(v, "die-id", &p.has_die_id, &p.die_id, errp) ||
        !optional_int(v, "cluster-id", &p.has_cluster_id, &p.cluster_id, errp) ||
        !optional_int(v, "module-id", &p.has_module_id, &p.module_id, errp) ||
        !optional_int(v, "core-id", &p.has_core_id, &p.core_id, errp) ||
        !optional_int(v, "thread-id", &p.has_thread_id, &p.thread_id, errp) ||
        !visit_check_struct(v, errp)) {
        return false;
    }
    if (!p.has_node_id) {
        error_setg(errp, "Missing mandatory node-id property");
        return false;
    }
    if (p.node_id < 0 || p.node_id >= MAX_NODES || !ms->numa_state->nodes[p.node_id].present) {
        error_setg(errp,
                   "Invalid node-id=%" PRId64 ", NUMA node must be defined with "
                   "-numa node,nodeid=ID before it's used with -numa cpu,node-id=ID",
                   p.node_id);
        return false;
    }
    return machine_set_cpu_numa_node(ms, &p, errp);
}

static const char *const numa_types[] = {"node", "dist", "cpu"};
static const QEnumLookup numa_type_lookup = {.array = numa_types, .size = G_N_ELEMENTS(numa_types)};

static bool parse_option(MachineState *ms, Visitor *v, GArray *cpus, Error **errp)
{
    int type;
    bool ok;

    if (!visit_start_struct(v, NULL, NULL, 0, errp)) {
        return false;
    }
    ok = visit_type_enum(v, "type", &type, &numa_type_lookup, errp);
    if (ok && type != 0 && cpus->len) {
        error_setg(errp, "Parameter 'cpus' is unexpected");
        ok = false;
    }
    if (ok) {
        ok = type == 0   ? parse_node(ms, v, cpus, errp)
             : type == 1 ? parse_dist(ms, v, errp)
                         : parse_cpu(ms, v, errp);
    }
    visit_end_struct(v, NULL);
    return ok;
}

bool numa_add_option(MachineState *ms, const char *arg, Error **errp)
{
    g_autoptr(GArray) cpus = g_array_new(FALSE, FALSE, sizeof(uint16_t));
    g_autofree char *rest = NULL;
    g_autoptr(Visitor) v = NULL;

    if (!ms->numa_state) {
        error_setg(errp, "NUMA is not supported by this machine-type");
        return false;
    }
    rest = arg[0] == '{' ? g_strdup(arg) : split_off_cpus(arg, cpus, errp);
    if (!rest) {
        return false;
    }
    v = qobject_input_visitor_new_str(rest, "type", errp);
    return v && parse_option(ms, v, cpus, errp);
}
