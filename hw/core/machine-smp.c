/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU topology: what -smp gives is checked and completed, and caches are put on
 * its levels. What is not given becomes cores (sockets in machine versions up
 * to 6.1).
 */
#include "qemu/osdep.h"
#include "hw/boards.h"

/* ---- levels ------------------------------------------------------------- */

/* A level of @topo and what was given for it, outermost first. */
typedef struct Level {
    const char *name;
    bool has;
    int64_t given;
    unsigned *value;
    bool supported;
} Level;

enum {
    LV_DRAWERS,
    LV_BOOKS,
    LV_SOCKETS,
    LV_DIES,
    LV_CLUSTERS,
    LV_MODULES,
    LV_CORES,
    LV_THREADS,
    LV_MAX,
};

static void describe_levels(Level lv[LV_MAX], const SMPCompatProps *p, CpuTopology *t,
                            const SMPConfiguration *c)
{
    lv[LV_DRAWERS] =
        (Level){"drawers", c->has_drawers, c->drawers, &t->drawers, p->drawers_supported};
    lv[LV_BOOKS] = (Level){"books", c->has_books, c->books, &t->books, p->books_supported};
    lv[LV_SOCKETS] = (Level){"sockets", c->has_sockets, c->sockets, &t->sockets, true};
    lv[LV_DIES] = (Level){"dies", c->has_dies, c->dies, &t->dies, p->dies_supported};
    lv[LV_CLUSTERS] =
        (Level){"clusters", c->has_clusters, c->clusters, &t->clusters, p->clusters_supported};
    lv[LV_MODULES] =
        (Level){"modules", c->has_modules, c->modules, &t->modules, p->modules_supported};
    lv[LV_CORES] = (Level){"cores", c->has_cores, c->cores, &t->cores, true};
    lv[LV_THREADS] = (Level){"threads", c->has_threads, c->threads, &t->threads, true};
}

static char *hierarchy_string(const SMPCompatProps *p, const CpuTopology *topo)
{
    static const SMPConfiguration none;
    CpuTopology t = *topo;
    GString *s = g_string_new(NULL);
    Level lv[LV_MAX];

    describe_levels(lv, p, &t, &none);
    for (int i = 0; i < LV_MAX; i++) {
        if (lv[i].supported) {
            g_string_append_printf(s, "%s%s (%u)", s->len ? " * " : "", lv[i].name, *lv[i].value);
        }
    }
    return g_string_free(s, FALSE);
}

char *cpu_hierarchy_to_string(const MachineState *ms)
{
    return hierarchy_string(&MACHINE_GET_CLASS(ms)->smp_props, &ms->smp);
}

/* ---- parsing ------------------------------------------------------------ */

/* More than anybody has, and small enough that no product of eight overflows. */
#define COUNT_MAX 65536

static bool check_count(const char *name, bool has, int64_t value, Error **errp)
{
    if (has && value < 1) {
        error_setg(errp,
                   "Invalid CPU topology: CPU topology parameters must be greater than zero, "
                   "got %s=%" PRId64,
                   name, value);
        return false;
    }
    if (has && value > COUNT_MAX) {
        error_setg(errp, "Invalid CPU topology: %s=%" PRId64 " is more than %d", name, value,
                   COUNT_MAX);
        return false;
    }
    return true;
}

static bool check_given(const Level lv[LV_MAX], const SMPConfiguration *config, Error **errp)
{
    if (!check_count("cpus", config->has_cpus, config->cpus, errp) ||
        !check_count("maxcpus", config->has_maxcpus, config->maxcpus, errp)) {
        return false;
    }
    for (int i = 0; i < LV_MAX; i++) {
        if (!check_count(lv[i].name, lv[i].has, lv[i].given, errp)) {
            return false;
        }
        if (!lv[i].supported && lv[i].has && lv[i].given > 1) {
            error_setg(errp, "%s > 1 not supported by this machine's CPU topology", lv[i].name);
            return false;
        }
    }
    return true;
}

/* Product of all levels, @except (or -1) and those not known yet (0) left out. */
static uint64_t levels_product(const Level lv[LV_MAX], int except)
{
    uint64_t product = 1;

    for (int i = 0; i < LV_MAX; i++) {
        if (i != except && *lv[i].value) {
            /* Saturates far above what any machine takes. */
            product = MIN(product * *lv[i].value, (uint64_t)1 << 40);
        }
    }
    return product;
}

static void fill_level(Level lv[LV_MAX], int which, uint64_t maxcpus)
{
    *lv[which].value = maxcpus / levels_product(lv, which);
}

static void complete_levels(Level lv[LV_MAX], bool prefer_sockets, uint64_t maxcpus)
{
    int first = prefer_sockets ? LV_SOCKETS : LV_CORES;
    int second = prefer_sockets ? LV_CORES : LV_SOCKETS;

    for (int i = 0; i < LV_MAX; i++) {
        *lv[i].value = lv[i].has ? lv[i].given : 0;
        if (!lv[i].has && i != LV_SOCKETS && i != LV_CORES && i != LV_THREADS) {
            *lv[i].value = 1;
        }
    }
    if (!maxcpus) { /* no total to reach */
        for (int i = 0; i < LV_MAX; i++) {
            *lv[i].value = *lv[i].value ? *lv[i].value : 1;
        }
        return;
    }
    if (!*lv[first].value) {
        *lv[second].value = *lv[second].value ? *lv[second].value : 1;
        *lv[LV_THREADS].value = *lv[LV_THREADS].value ? *lv[LV_THREADS].value : 1;
        fill_level(lv, first, maxcpus);
    } else if (!*lv[second].value) {
        *lv[LV_THREADS].value = *lv[LV_THREADS].value ? *lv[LV_THREADS].value : 1;
        fill_level(lv, second, maxcpus);
    }
    if (!*lv[LV_THREADS].value) {
        fill_level(lv, LV_THREADS, maxcpus);
    }
}

static bool check_limits(const MachineClass *mc, uint64_t cpus, uint64_t maxcpus, Error **errp)
{
    if (cpus < mc->min_cpus) {
        error_setg(errp,
                   "Invalid SMP CPUs %" PRIu64 ". The min CPUs supported by machine '%s' is %d",
                   cpus, mc->name, mc->min_cpus);
        return false;
    }
    if (maxcpus > mc->max_cpus) {
        error_setg(errp,
                   "Invalid SMP CPUs %" PRIu64 ". The max CPUs supported by machine '%s' is %d",
                   maxcpus, mc->name, mc->max_cpus);
        return false;
    }
    return true;
}

bool machine_parse_smp_config(MachineState *ms, const SMPConfiguration *config, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    uint64_t cpus = config->has_cpus ? config->cpus : 0;
    uint64_t maxcpus = config->has_maxcpus ? config->maxcpus : 0, total;
    g_autofree char *hierarchy = NULL;
    CpuTopology t = {};
    Level lv[LV_MAX];

    describe_levels(lv, &mc->smp_props, &t, config);
    if (!check_given(lv, config, errp)) {
        return false;
    }
    complete_levels(lv, mc->smp_props.prefer_sockets, maxcpus ? maxcpus : cpus);

    total = levels_product(lv, -1);
    for (int i = 0; i < LV_MAX; i++) {
        total = *lv[i].value ? total : 0;
    }
    maxcpus = maxcpus ? maxcpus : cpus ? cpus : total;
    cpus = cpus ? cpus : maxcpus;
    hierarchy = hierarchy_string(&mc->smp_props, &t);
    if (total != maxcpus) {
        error_setg(errp,
                   "Invalid CPU topology: product of the hierarchy must match maxcpus: "
                   "%s != maxcpus (%" PRIu64 ")",
                   hierarchy, maxcpus);
        return false;
    }
    if (maxcpus < cpus) {
        error_setg(errp,
                   "Invalid CPU topology: maxcpus must be equal to or greater than smp: "
                   "%s == maxcpus (%" PRIu64 ") < smp_cpus (%" PRIu64 ")",
                   hierarchy, maxcpus, cpus);
        return false;
    }
    if (!check_limits(mc, cpus, maxcpus, errp)) {
        return false;
    }
    t.cpus = cpus;
    t.max_cpus = maxcpus;
    ms->smp = t;
    return true;
}

unsigned int machine_topo_get_cores_per_socket(const MachineState *ms)
{
    return ms->smp.cores * ms->smp.modules * ms->smp.clusters * ms->smp.dies;
}

unsigned int machine_topo_get_threads_per_socket(const MachineState *ms)
{
    return ms->smp.threads * machine_topo_get_cores_per_socket(ms);
}
