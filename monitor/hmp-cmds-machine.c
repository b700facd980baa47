/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "info ..." about what a machine is made of, and the same for QMP as text. */

#include "qemu/osdep.h"
#include "commands.h"
#include "exec/address-space.h"
#include "exec/ram_addr.h"
#include "hw/acpi/vmgenid.h"
#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "hw/numa.h"
#include "qapi/qapi-commands-machine.h"
#include "qapi/qapi-commands-misc-target.h"
#include "qapi/qapi-commands-stats.h"
#include "qapi/util.h"
#include "qemu/accel.h"
#include "qemu/cutils.h"
#include "qemu/rcu.h"
#include "qemu/uuid.h"
#include "system/accel-ops.h"
#include "system/system.h"

/* ---- NUMA ---- */

static void print_cpus_of(Monitor *mon, const MachineState *ms, int node)
{
    const CPUArchIdList *cpus = ms->possible_cpus;

    monitor_printf(mon, "node %d cpus:", node);
    for (int i = 0; cpus && i < cpus->len; i++) {
        const CPUArchId *slot = &cpus->cpus[i];
        if (slot->cpu && slot->props.has_node_id && slot->props.node_id == node) {
            monitor_printf(mon, " %d", CPU(slot->cpu)->cpu_index);
        }
    }
    monitor_puts(mon, "\n");
}

static void info_numa(Monitor *mon, const QDict *args)
{
    const MachineState *ms = machine_current();
    const NumaState *ns = ms ? ms->numa_state : NULL;
    int n = ns ? ns->num_nodes : 0;

    monitor_printf(mon, "%d nodes\n", n);
    for (int i = 0; i < n; i++) {
        print_cpus_of(mon, ms, i);
        monitor_printf(mon, "node %d size: %" PRIu64 " MB\n", i, ns->nodes[i].node_mem >> 20);
    }
}

void qmp_set_numa_node(NumaOptions *options, Error **errp)
{
    if (phase_check(PHASE_MACHINE_INITIALIZED)) {
        error_setg(errp, "the machine exists: nodes can be set while -preconfig delays it");
        return;
    }
    numa_add_options(machine_current(), options, errp);
}

/* ---- memory ---- */

static int print_ramblock(RAMBlock *block, void *opaque)
{
    g_autofree char *page = size_to_str(block->page_size);

    monitor_printf(
        opaque, "%24s %5s  0x%016" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64 " %18p %3s\n",
        block->idstr, page, (uint64_t)block->offset, (uint64_t)block->used_length,
        (uint64_t)block->max_length, block->host, block->flags & RAM_READONLY ? "ro" : "rw");
    return 0;
}

static void info_ramblock(Monitor *mon, const QDict *args)
{
    monitor_printf(mon, "%24s %5s  %18s %18s %18s %18s %3s\n", "Block Name", "PSize", "Offset",
                   "Used", "Total", "HVA", "RO");
    WITH_RCU_READ_LOCK_GUARD()
    {
        qemu_ram_foreach_block(print_ramblock, mon);
    }
}

static void info_roms(Monitor *mon, const QDict *args)
{
    FlatView *view = address_space_get_flatview(&address_space_memory);
    FlatRange *fr;

    FOR_EACH_FLATRANGE (fr, view) {
        if (memory_region_is_rom(fr->mr)) {
            monitor_printf(mon, "addr=%016" PRIx64 " size=0x%06" PRIx64 " mem=rom name=\"%s\"\n",
                           int128_get64(fr->addr.start), int128_get64(fr->addr.size),
                           memory_region_name(fr->mr));
        }
    }
    flatview_unref(view);
}

/* ---- the generation ID ---- */

GuidInfo *qmp_query_vm_generation_id(Error **errp)
{
    VmGenIdState *s = vmgenid_find();
    GuidInfo *info;

    if (!s) {
        error_setg(errp, "the machine has no generation ID; -device " TYPE_VMGENID " adds it");
        return NULL;
    }
    info = g_new0(GuidInfo, 1);
    info->guid = qemu_uuid_unparse_strdup(vmgenid_get(s));
    return info;
}

static void info_vm_generation_id(Monitor *mon, const QDict *args)
{
    Error *err = NULL;
    GuidInfo *info = qmp_query_vm_generation_id(&err);

    if (info) {
        monitor_printf(mon, "%s\n", info->guid);
    }
    hmp_handle_error(mon, err);
    qapi_free_GuidInfo(info);
}

/* ---- accelerators ---- */

AcceleratorInfo *qmp_query_accelerators(Error **errp)
{
    AcceleratorInfo *info = g_new0(AcceleratorInfo, 1);
    AcceleratorList **tail = &info->present;
    g_auto(GStrv) names = accel_list_names();

    for (int i = 0; i < ACCELERATOR__MAX; i++) {
        if (g_strv_contains((const char *const *)names, Accelerator_str(i))) {
            QAPI_LIST_APPEND(tail, i);
        }
        if (!strcmp(current_accel_name(), Accelerator_str(i))) {
            info->enabled = i;
        }
    }
    return info;
}

/* ---- statistics ---- */

/* What the value of @name counts, from the descriptions. */
static const StatsSchemaValue *find_schema(const StatsSchemaList *schemas, StatsTarget target,
                                           const char *name)
{
    for (; schemas; schemas = schemas->next) {
        for (StatsSchemaValueList *v = schemas->value->stats; v && schemas->value->target == target;
             v = v->next) {
            if (!strcmp(v->value->name, name)) {
                return v->value;
            }
        }
    }
    return NULL;
}

static void print_value(Monitor *mon, const StatsValue *value)
{
    switch (value->type) {
    case QTYPE_QBOOL:
        monitor_printf(mon, ": %s\n", value->u.boolean ? "yes" : "no");
        break;
    case QTYPE_QNUM:
        monitor_printf(mon, ": %" PRIu64 "\n", value->u.scalar);
        break;
    default:
        monitor_puts(mon, ":");
        for (uint64List *l = value->u.list; l; l = l->next) {
            monitor_printf(mon, " %" PRIu64, l->value);
        }
        monitor_puts(mon, "\n");
    }
}

static void print_result(Monitor *mon, const StatsResult *result, StatsTarget target,
                         const StatsSchemaList *schemas)
{
    monitor_printf(mon, "provider: %s\n", StatsProvider_str(result->provider));
    for (StatsList *l = result->stats; l; l = l->next) {
        const StatsSchemaValue *s = find_schema(schemas, target, l->value->name);

        monitor_printf(mon, "    %s", l->value->name);
        if (s) {
            monitor_printf(mon, " (%s", StatsType_str(s->type));
            if (s->has_base) {
                monitor_printf(mon, ", * %d^%d", s->base, s->exponent);
            }
            if (s->has_unit) {
                monitor_printf(mon, " %s", StatsUnit_str(s->unit));
            }
            monitor_puts(mon, ")");
        }
        print_value(mon, l->value->value);
    }
}

/* "a,b" */
static strList *split(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    strList *list = NULL, **tail = &list;

    for (char **w = words; *w; w++) {
        QAPI_LIST_APPEND(tail, g_strdup(*w));
    }
    return list;
}

/* Of the machine, or of the monitor's CPU. */
static StatsResultList *get_stats(Monitor *mon, StatsTarget target, const char *names,
                                  const char *provider, Error **errp)
{
    g_autoptr(StatsFilter) filter = g_new0(StatsFilter, 1);
    StatsRequest *request;
    int which = provider ? qapi_enum_parse(&StatsProvider_lookup, provider, -1, errp) : 0;
    CPUState *cpu = target == STATS_TARGET_VCPU ? mon_get_cpu(mon) : NULL;

    if (which < 0) {
        return NULL;
    }
    filter->target = target;
    if (cpu) {
        QAPI_LIST_PREPEND(filter->u.vcpu.vcpus, object_get_canonical_path(OBJECT(cpu)));
    }
    if (provider || names) {
        filter->has_providers = true;
        request = g_new0(StatsRequest, 1);
        request->provider = which;
        if (names && strcmp(names, "*")) {
            request->names = split(names);
        }
        QAPI_LIST_PREPEND(filter->providers, request);
    }
    return qmp_query_stats(filter, errp);
}

static void info_stats(Monitor *mon, const QDict *args)
{
    Error *err = NULL;
    int target = qapi_enum_parse(&StatsTarget_lookup, qdict_get_str(args, "target"), -1, &err);
    g_autoptr(StatsSchemaList) schemas = NULL;
    g_autoptr(StatsResultList) results = NULL;

    if (target >= 0) {
        schemas = qmp_query_stats_schemas(false, 0, &err);
    }
    if (!err) {
        results = get_stats(mon, target, qdict_get_try_str(args, "names"),
                            qdict_get_try_str(args, "provider"), &err);
    }
    for (StatsResultList *l = results; l; l = l->next) {
        print_result(mon, l->value, target, schemas);
    }
    hmp_handle_error(mon, err);
}

/* ---- balloon ---- */

static void hmp_balloon(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qmp_balloon(qdict_get_int(args, "target"), &err);
    hmp_handle_error(mon, err);
}

static void info_balloon(Monitor *mon, const QDict *args)
{
    Error *err = NULL;
    g_autoptr(BalloonInfo) info = qmp_query_balloon(&err);

    if (info) {
        monitor_printf(mon, "balloon: actual=%" PRId64 "\n", info->actual >> 20);
    }
    hmp_handle_error(mon, err);
}

/* ---- for QMP, as text ---- */

static HumanReadableText *text_of(const char *line)
{
    HumanReadableText *text = g_new0(HumanReadableText, 1);

    text->human_readable_text = hmp_execute_to_string(line, -1);
    return text;
}

HumanReadableText *qmp_x_accel_stats(Error **errp)
{
    return text_of("info accel");
}

HumanReadableText *qmp_x_query_interrupt_controllers(Error **errp)
{
    return text_of("info pic");
}

HumanReadableText *qmp_x_query_irq(Error **errp)
{
    return text_of("info irq");
}

HumanReadableText *qmp_x_query_jit(Error **errp)
{
    return text_of("info jit");
}

HumanReadableText *qmp_x_query_numa(Error **errp)
{
    return text_of("info numa");
}

HumanReadableText *qmp_x_query_ramblock(Error **errp)
{
    return text_of("info ramblock");
}

HumanReadableText *qmp_x_query_roms(Error **errp)
{
    return text_of("info roms");
}

static const HMPCommand commands[] = {
    {"balloon", "target:M", "target", "asks the guest to be content with target MiB of memory",
     hmp_balloon},
};

static const HMPCommand info_commands[] = {
    {"balloon", "", "", "memory that the balloon leaves to the guest", info_balloon},
    {"numa", "", "", "NUMA nodes", info_numa},
    {"ramblock", "", "", "pieces of host memory that back the guest's", info_ramblock},
    {"stats", "target:s,names:s?,provider:s?", "target [names] [provider]",
     "statistics of the machine (vm) or of the current CPU (vcpu)", info_stats},
    {"roms", "", "", "ROMs in the address space of the machine", info_roms},
    {"vm-generation-id", "", "", "the generation ID of the machine", info_vm_generation_id},
};

void hmp_register_machine(void)
{
    hmp_register_commands(commands, ARRAY_SIZE(commands), false);
    hmp_register_commands(info_commands, ARRAY_SIZE(info_commands), true);
}
