/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine properties with parts: -boot, -m, -smp and caches. Each has one walk
 * over its members that serves reading and writing alike.
 */
#include "qemu/osdep.h"
#include "machine-config.h"
#include "qapi/visitor.h"

/* ---- members ------------------------------------------------------------ */

static bool member_str(Visitor *v, const char *name, char **value, Error **errp)
{
    bool present = *value != NULL;

    return !visit_optional(v, name, &present) || visit_type_str(v, name, value, errp);
}

static bool member_int(Visitor *v, const char *name, bool *has, int64_t *value, Error **errp)
{
    return !visit_optional(v, name, has) || visit_type_int(v, name, value, errp);
}

static bool member_bool(Visitor *v, const char *name, bool *has, bool *value, Error **errp)
{
    return !visit_optional(v, name, has) || visit_type_bool(v, name, value, errp);
}

static bool member_size(Visitor *v, const char *name, bool *has, uint64_t *value, Error **errp)
{
    return !visit_optional(v, name, has) || visit_type_size(v, name, value, errp);
}

/* A structure without a C struct that the visitor would allocate. */
static bool visit_members(Visitor *v, const char *name,
                          bool (*members)(Visitor *, void *, Error **), void *config, Error **errp)
{
    bool ok;

    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return false;
    }
    ok = members(v, config, errp) && visit_check_struct(v, errp);
    visit_end_struct(v, NULL);
    return ok;
}

/* ---- boot --------------------------------------------------------------- */

static bool boot_members(Visitor *v, void *opaque, Error **errp)
{
    BootConfiguration *c = opaque;

    return member_str(v, "order", &c->order, errp) && member_str(v, "once", &c->once, errp) &&
           member_bool(v, "menu", &c->has_menu, &c->menu, errp) &&
           member_str(v, "splash", &c->splash, errp) &&
           member_int(v, "splash-time", &c->has_splash_time, &c->splash_time, errp) &&
           member_int(v, "reboot-timeout", &c->has_reboot_timeout, &c->reboot_timeout, errp) &&
           member_bool(v, "strict", &c->has_strict, &c->strict, errp);
}

void machine_boot_config_clear(BootConfiguration *config)
{
    g_free(config->order);
    g_free(config->once);
    g_free(config->splash);
    *config = (BootConfiguration){};
}

bool validate_bootdevices(const char *devices, Error **errp)
{
    uint32_t seen = 0;

    for (const char *p = devices; *p; p++) {
        /* a, b floppies; c... hard disks and CD-ROM; n... network */
        if (*p < 'a' || *p > 'p') {
            error_setg(errp, "Invalid boot device '%c', expected letters from a to p", *p);
            return false;
        }
        if (seen & 1u << (*p - 'a')) {
            error_setg(errp, "Boot device '%c' was given twice", *p);
            return false;
        }
        seen |= 1u << (*p - 'a');
    }
    return true;
}

static void machine_get_boot(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_members(v, name, boot_members, &MACHINE(obj)->boot_config, errp);
}

static bool in_range(const char *what, bool has, int64_t value, int64_t min, Error **errp)
{
    if (has && (value < min || value > 0xffff)) {
        error_setg(errp, "Parameter 'boot.%s' expects %" PRId64 " to 65535, got %" PRId64, what,
                   min, value);
        return false;
    }
    return true;
}

static void machine_set_boot(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    MachineState *ms = MACHINE(obj);
    BootConfiguration config = {};

    if (!visit_members(v, name, boot_members, &config, errp) ||
        (config.order && !validate_bootdevices(config.order, errp)) ||
        (config.once && !validate_bootdevices(config.once, errp)) ||
        !in_range("splash-time", config.has_splash_time, config.splash_time, 0, errp) ||
        !in_range("reboot-timeout", config.has_reboot_timeout, config.reboot_timeout, -1, errp)) {
        machine_boot_config_clear(&config);
        return;
    }
    machine_boot_config_clear(&ms->boot_config);
    ms->boot_config = config;
}

/* ---- memory ------------------------------------------------------------- */

static bool memory_members(Visitor *v, void *opaque, Error **errp)
{
    MemorySizeConfiguration *c = opaque;

    return member_size(v, "size", &c->has_size, &c->size, errp) &&
           member_size(v, "max-size", &c->has_max_size, &c->max_size, errp) &&
           member_int(v, "slots", &c->has_slots, (int64_t *)&c->slots, errp);
}

static void machine_get_mem(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    MachineState *ms = MACHINE(obj);
    MemorySizeConfiguration c = {
        .has_size = true,
        .size = ms->ram_size,
        .has_max_size = ms->ram_slots > 0,
        .max_size = ms->maxram_size,
        .has_slots = ms->ram_slots > 0,
        .slots = ms->ram_slots,
    };

    visit_members(v, name, memory_members, &c, errp);
}

static bool memory_max_ok(const MemorySizeConfiguration *c, uint64_t size, Error **errp)
{
    if (!c->has_max_size) {
        if (c->has_slots) {
            error_setg(errp, "slots specified but no max-size");
            return false;
        }
        return true;
    }
    if (c->max_size < size) {
        error_setg(errp,
                   "invalid value of maxmem: maximum memory size (0x%" PRIx64 ") must be at "
                   "least the initial memory size (0x%" PRIx64 ")",
                   c->max_size, size);
        return false;
    }
    if (c->has_slots && c->slots > INT_MAX) {
        error_setg(errp, "Parameter 'memory.slots' expects 0 to %d, got %" PRId64, INT_MAX,
                   (int64_t)c->slots);
        return false;
    }
    if (c->has_slots && c->slots && c->max_size == size) {
        error_setg(errp,
                   "invalid value of maxmem: memory slots were specified but maximum memory "
                   "size (0x%" PRIx64 ") is equal to the initial memory size (0x%" PRIx64 ")",
                   c->max_size, size);
        return false;
    }
    return true;
}

static void machine_set_mem(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    MachineState *ms = MACHINE(obj);
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    MemorySizeConfiguration c = {};
    uint64_t size;

    if (!visit_members(v, name, memory_members, &c, errp)) {
        return;
    }
    /* "-m 0" has always meant the default. */
    size = c.has_size && c.size ? c.size : mc->default_ram_size;
    if (size > UINT64_MAX - 8191) {
        error_setg(errp, "ram size too large");
        return;
    }
    size = QEMU_ALIGN_UP(size, 8192);
    if (mc->fixup_ram_size) {
        size = mc->fixup_ram_size(size);
    }
    if (!memory_max_ok(&c, size, errp)) {
        return;
    }
    ms->ram_size = size;
    ms->ram_size_given = c.has_size && c.size;
    ms->maxram_size = c.has_max_size ? c.max_size : size;
    ms->ram_slots = c.has_slots ? c.slots : 0;
}

/* ---- smp ---------------------------------------------------------------- */

static bool smp_members(Visitor *v, void *opaque, Error **errp)
{
    SMPConfiguration *c = opaque;

    return member_int(v, "cpus", &c->has_cpus, &c->cpus, errp) &&
           member_int(v, "drawers", &c->has_drawers, &c->drawers, errp) &&
           member_int(v, "books", &c->has_books, &c->books, errp) &&
           member_int(v, "sockets", &c->has_sockets, &c->sockets, errp) &&
           member_int(v, "dies", &c->has_dies, &c->dies, errp) &&
           member_int(v, "clusters", &c->has_clusters, &c->clusters, errp) &&
           member_int(v, "modules", &c->has_modules, &c->modules, errp) &&
           member_int(v, "cores", &c->has_cores, &c->cores, errp) &&
           member_int(v, "threads", &c->has_threads, &c->threads, errp) &&
           member_int(v, "maxcpus", &c->has_maxcpus, &c->maxcpus, errp);
}

static void machine_get_smp(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const CpuTopology *t = &MACHINE(obj)->smp;
    SMPConfiguration c = {
        .has_cpus = true,
        .cpus = t->cpus,
        .has_drawers = true,
        .drawers = t->drawers,
        .has_books = true,
        .books = t->books,
        .has_sockets = true,
        .sockets = t->sockets,
        .has_dies = true,
        .dies = t->dies,
        .has_clusters = true,
        .clusters = t->clusters,
        .has_modules = true,
        .modules = t->modules,
        .has_cores = true,
        .cores = t->cores,
        .has_threads = true,
        .threads = t->threads,
        .has_maxcpus = true,
        .maxcpus = t->max_cpus,
    };

    visit_members(v, name, smp_members, &c, errp);
}

static void machine_set_smp(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    SMPConfiguration config = {};

    if (visit_members(v, name, smp_members, &config, errp)) {
        machine_parse_smp_config(MACHINE(obj), &config, errp);
    }
}

/* ---- caches ------------------------------------------------------------- */

/* One element: {"cache": "l2", "topology": "core"}. */
typedef struct SmpCacheElement {
    int cache, topology;
} SmpCacheElement;

static bool smp_cache_element_members(Visitor *v, void *opaque, Error **errp)
{
    SmpCacheElement *e = opaque;

    return visit_type_enum(v, "cache", &e->cache, &CacheLevelAndType_lookup, errp) &&
           visit_type_enum(v, "topology", &e->topology, &CpuTopologyLevel_lookup, errp);
}

static bool set_cache_level(MachineState *ms, CpuTopologyLevel levels[], const SmpCacheElement *e,
                            Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    const char *cache = CacheLevelAndType_str(e->cache);

    if (levels[e->cache] != CPU_TOPOLOGY_LEVEL_DEFAULT) {
        error_setg(errp, "Invalid cache properties: %s is given twice", cache);
        return false;
    }
    if (!mc->smp_props.cache_supported[e->cache]) {
        error_setg(errp, "%s cache topology not supported by this machine", cache);
        return false;
    }
    if ((e->topology == CPU_TOPOLOGY_LEVEL_MODULE && !mc->smp_props.modules_supported) ||
        (e->topology == CPU_TOPOLOGY_LEVEL_CLUSTER && !mc->smp_props.clusters_supported) ||
        (e->topology == CPU_TOPOLOGY_LEVEL_DIE && !mc->smp_props.dies_supported) ||
        (e->topology == CPU_TOPOLOGY_LEVEL_BOOK && !mc->smp_props.books_supported) ||
        (e->topology == CPU_TOPOLOGY_LEVEL_DRAWER && !mc->smp_props.drawers_supported)) {
        error_setg(errp, "Invalid topology level '%s' for %s cache: this machine has no such level",
                   CpuTopologyLevel_str(e->topology), cache);
        return false;
    }
    levels[e->cache] = e->topology;
    return true;
}

/* A level nearer to the CPU can't be shared more widely than one behind it. */
static bool cache_levels_nest(const CpuTopologyLevel levels[], Error **errp)
{
    for (int inner = 0; inner < CACHE_LEVEL_AND_TYPE__MAX; inner++) {
        for (int outer = MAX(inner + 1, CACHE_LEVEL_AND_TYPE_L2); outer < CACHE_LEVEL_AND_TYPE__MAX;
             outer++) {
            if (levels[inner] != CPU_TOPOLOGY_LEVEL_DEFAULT &&
                levels[outer] != CPU_TOPOLOGY_LEVEL_DEFAULT && levels[inner] > levels[outer]) {
                error_setg(errp,
                           "Invalid smp cache topology: %s cache topology level shouldn't be "
                           "higher than %s cache",
                           CacheLevelAndType_str(inner), CacheLevelAndType_str(outer));
                return false;
            }
        }
    }
    return true;
}

/* The wrapper {"caches": [...]}. */
static bool smp_cache_set_members(Visitor *v, void *opaque, Error **errp)
{
    MachineState *ms = opaque;
    CpuTopologyLevel levels[CACHE_LEVEL_AND_TYPE__MAX];
    GenericList *list, *node;
    bool ok = true;

    for (int i = 0; i < CACHE_LEVEL_AND_TYPE__MAX; i++) {
        levels[i] = CPU_TOPOLOGY_LEVEL_DEFAULT;
    }
    if (!visit_start_list(v, "caches", &list, sizeof(*list), errp)) {
        return false;
    }
    for (node = list; ok && node; node = visit_next_list(v, node, sizeof(*list))) {
        SmpCacheElement e;

        ok = visit_members(v, NULL, smp_cache_element_members, &e, errp) &&
             set_cache_level(ms, levels, &e, errp);
    }
    ok = ok && visit_check_list(v, errp);
    visit_end_list(v, (void **)&list);
    while (list) {
        node = list->next;
        g_free(list);
        list = node;
    }
    if (ok && cache_levels_nest(levels, errp)) {
        memcpy(ms->smp_cache, levels, sizeof(levels));
        return true;
    }
    return false;
}

static bool smp_cache_get_members(Visitor *v, void *opaque, Error **errp)
{
    MachineState *ms = opaque;
    GenericList chain[CACHE_LEVEL_AND_TYPE__MAX] = {}, *list = chain, *node;
    bool ok = true;
    int i = 0;

    for (int k = 1; k < CACHE_LEVEL_AND_TYPE__MAX; k++) {
        chain[k - 1].next = &chain[k];
    }
    if (!visit_start_list(v, "caches", &list, sizeof(*list), errp)) {
        return false;
    }
    for (node = list; ok && node; node = visit_next_list(v, node, sizeof(*list)), i++) {
        SmpCacheElement e = {.cache = i, .topology = ms->smp_cache[i]};

        ok = visit_members(v, NULL, smp_cache_element_members, &e, errp);
    }
    visit_end_list(v, (void **)&list);
    return ok;
}

static void machine_get_smp_cache(Object *obj, Visitor *v, const char *name, void *opaque,
                                  Error **errp)
{
    visit_members(v, name, smp_cache_get_members, MACHINE(obj), errp);
}

static void machine_set_smp_cache(Object *obj, Visitor *v, const char *name, void *opaque,
                                  Error **errp)
{
    visit_members(v, name, smp_cache_set_members, MACHINE(obj), errp);
}

void machine_class_add_compound_properties(ObjectClass *oc)
{
    object_class_property_add(oc, "boot", "BootConfiguration", machine_get_boot, machine_set_boot,
                              NULL, NULL);
    object_class_property_set_description(oc, "boot", "Boot configuration");
    object_class_property_add(oc, "memory", "MemorySizeConfiguration", machine_get_mem,
                              machine_set_mem, NULL, NULL);
    object_class_property_set_description(oc, "memory", "Memory size configuration");
    object_class_property_add(oc, "smp", "SMPConfiguration", machine_get_smp, machine_set_smp, NULL,
                              NULL);
    object_class_property_set_description(oc, "smp", "CPU topology");
    object_class_property_add(oc, "smp-cache", "SmpCachePropertiesWrapper", machine_get_smp_cache,
                              machine_set_smp_cache, NULL, NULL);
    object_class_property_set_description(oc, "smp-cache",
                                          "Cache topology properties for SMP machine");
}
