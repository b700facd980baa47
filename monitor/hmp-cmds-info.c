/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "info ...": identity, run state, CPUs, memory, character devices, logs. */

#include "qemu/osdep.h"
#include "commands.h"
#include "qapi/qapi-commands-cryptodev.h"
#include "qapi/qapi-commands-memory-device.h"
#include "qapi/qapi-commands-machine.h"
#include "exec/memory.h"
#include "hw/boards.h"
#include "hw/intc/intc.h"
#include "qemu/accel.h"
#include "qobject/qlist.h"
#include "system/cpus.h"
#include "system/hostmem.h"
#include "system/iothread.h"
#include "system/runstate.h"
#include "system/system.h"
#include "trace/control.h"

static void emit_text(void *mon, const char *text)
{
    monitor_puts(mon, text);
}

/* ---- identity and state ---- */

static void info_version(Monitor *mon, const QDict *args)
{
    monitor_printf(mon, "%s (Rhea %s)\n", QEMU_VERSION, RHEA_VERSION);
}

static void info_status(Monitor *mon, const QDict *args)
{
    bool running = runstate_is_running();

    monitor_printf(mon, "VM status: %s", running ? "running" : "paused");
    if (!running && !runstate_check(RUN_STATE_PAUSED)) {
        monitor_printf(mon, " (%s)", RunState_str(runstate_get()));
    }
    monitor_puts(mon, "\n");
}

static void info_name(Monitor *mon, const QDict *args)
{
    if (qemu_name) {
        monitor_printf(mon, "%s\n", qemu_name);
    }
}

static void info_uuid(Monitor *mon, const QDict *args)
{
    g_autofree char *text = qemu_uuid_unparse_strdup(&qemu_uuid);

    monitor_printf(mon, "%s\n", text);
}

static void info_kvm(Monitor *mon, const QDict *args)
{
    AccelClass *kvm = accel_find("kvm");

    monitor_printf(mon, "kvm support: %s\n",
                   !kvm                            ? "not compiled"
                   : kvm->allowed && *kvm->allowed ? "enabled"
                                                   : "disabled");
}

static void info_accelerators(Monitor *mon, const QDict *args)
{
    g_auto(GStrv) names = accel_list_names();

    for (int i = 0; names[i]; i++) {
        bool used = current_accel() && !strcmp(current_accel_name(), names[i]);
        monitor_printf(mon, "%c %s\n", used ? '*' : ' ', names[i]);
    }
}

static void info_jit(Monitor *mon, const QDict *args)
{
    AccelClass *ac = current_accel() ? ACCEL_GET_CLASS(current_accel()) : NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    if (!ac || !ac->get_stats) {
        monitor_printf(mon, "accelerator '%s' has no statistics\n", ac ? ac->name : "none");
        return;
    }
    ac->get_stats(current_accel(), text);
    monitor_puts(mon, text->str);
}

static void info_history(Monitor *mon, const QDict *args)
{
    const char *line;

    for (unsigned i = 0; (line = monitor_hmp_history(mon, i)) != NULL; i++) {
        monitor_printf(mon, "%u: '%s'\n", i, line);
    }
}

/* ---- CPUs ---- */

static void info_cpus(Monitor *mon, const QDict *args)
{
    CPUState *cpu, *cur = mon_get_cpu(mon);

    CPU_FOREACH (cpu) {
        monitor_printf(mon, "%c CPU #%d: thread_id=%d\n", cpu == cur ? '*' : ' ', cpu->cpu_index,
                       cpu->thread_id);
    }
}

static void print_registers(Monitor *mon, CPUState *cpu)
{
    cpu_synchronize_state(cpu);
    monitor_printf(mon, "\nCPU#%d\n", cpu->cpu_index);
    cpu_dump_state_to(cpu, emit_text, mon, CPU_DUMP_FPU);
}

static void info_registers(Monitor *mon, const QDict *args)
{
    CPUState *cpu;

    if (qdict_get_bool(args, "-a")) {
        CPU_FOREACH (cpu) {
            print_registers(mon, cpu);
        }
        return;
    }
    if (qdict_haskey(args, "vcpu")) {
        cpu = qemu_get_cpu(qdict_get_int(args, "vcpu"));
        if (!cpu) {
            monitor_printf(mon, "CPU#%" PRId64 " not available\n", qdict_get_int(args, "vcpu"));
            return;
        }
    } else {
        cpu = mon_get_cpu(mon);
    }
    if (cpu) {
        print_registers(mon, cpu);
    } else {
        monitor_puts(mon, "No CPU available\n");
    }
}

/* ---- interrupt controllers ---- */

static int print_pic(Object *obj, void *mon)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (object_dynamic_cast(obj, TYPE_INTERRUPT_STATS_PROVIDER)) {
        InterruptStatsProviderClass *ic = INTERRUPT_STATS_PROVIDER_GET_CLASS(obj);
        if (ic->print_info) {
            ic->print_info(INTERRUPT_STATS_PROVIDER(obj), text);
            monitor_puts(mon, text->str);
        }
    }
    return 0;
}

static void info_pic(Monitor *mon, const QDict *args)
{
    object_child_foreach_recursive(object_get_root(), print_pic, mon);
}

static int print_irqs(Object *obj, void *mon)
{
    InterruptStatsProviderClass *ic;
    uint64_t *counts;
    unsigned n;

    if (!object_dynamic_cast(obj, TYPE_INTERRUPT_STATS_PROVIDER)) {
        return 0;
    }
    ic = INTERRUPT_STATS_PROVIDER_GET_CLASS(obj);
    if (!ic->get_statistics) {
        return 0;
    }
    if (!ic->get_statistics(INTERRUPT_STATS_PROVIDER(obj), &counts, &n)) {
        monitor_printf(mon, "IRQ statistics not available for %s.\n", object_get_typename(obj));
        return 0;
    }
    monitor_printf(mon, "IRQ statistics for %s:\n", object_get_typename(obj));
    for (unsigned i = 0; i < n; i++) {
        if (counts[i]) {
            monitor_printf(mon, "%2u: %" PRIu64 "\n", i, counts[i]);
        }
    }
    return 0;
}

static void info_irq(Monitor *mon, const QDict *args)
{
    object_child_foreach_recursive(object_get_root(), print_irqs, mon);
}

/* ---- memory ---- */

static void info_mtree(Monitor *mon, const QDict *args)
{
    mtree_info(emit_text, mon, qdict_get_bool(args, "-f"), qdict_get_bool(args, "-d"),
               qdict_get_bool(args, "-o"), qdict_get_bool(args, "-D"));
}

static void info_memory_size_summary(Monitor *mon, const QDict *args)
{
    QObject *ret = hmp_call_qmp(mon, "query-memory-size-summary", NULL);
    QDict *dict = qobject_to(QDict, ret);

    if (dict) {
        monitor_printf(mon, "base memory: %" PRIu64 "\nplugged memory: %" PRIu64 "\n",
                       qdict_get_int(dict, "base-memory"), qdict_get_int(dict, "plugged-memory"));
    }
    qobject_unref(ret);
}

static int print_memdev(Object *obj, void *mon)
{
    HostMemoryBackend *m = (HostMemoryBackend *)object_dynamic_cast(obj, TYPE_MEMORY_BACKEND);

    if (m) {
        monitor_printf(mon,
                       "memory backend: %s\n  size:  %" PRIu64 "\n  merge: %s\n  dump: %s\n"
                       "  prealloc: %s\n  share: %s\n  reserve: %s\n",
                       object_get_canonical_path_component(obj), m->size,
                       m->merge ? "true" : "false", m->dump ? "true" : "false",
                       m->prealloc ? "true" : "false", m->share ? "true" : "false",
                       m->reserve ? "true" : "false");
    }
    return 0;
}

static void info_memdev(Monitor *mon, const QDict *args)
{
    object_child_foreach_recursive(object_get_root(), print_memdev, mon);
    monitor_puts(mon, "\n");
}

/* ---- back ends ---- */

static void print_chardev(Chardev *chr, void *mon)
{
    g_autofree char *filename = qemu_chr_get_filename(chr);

    monitor_printf(mon, "%s: filename=%s\n", chr->label, filename);
}

static void info_chardev(Monitor *mon, const QDict *args)
{
    qemu_chr_foreach(print_chardev, mon);
}

static void print_iothread(IOThread *iothread, void *mon)
{
    IOThreadParams p;

    iothread_get_params(iothread, &p);
    monitor_printf(mon,
                   "%s:\n  thread_id=%d\n  poll-max-ns=%" PRId64 "\n  poll-grow=%" PRId64
                   "\n  poll-shrink=%" PRId64 "\n  aio-max-batch=%" PRId64 "\n",
                   p.id, p.thread_id, p.poll_max_ns, p.poll_grow, p.poll_shrink, p.aio_max_batch);
}

static void info_iothreads(Monitor *mon, const QDict *args)
{
    iothread_foreach(print_iothread, mon);
}

static void info_trace_events(Monitor *mon, const QDict *args)
{
    const char *pattern = qdict_get_try_str(args, "name");
    TraceEventIter iter;
    TraceEvent *ev;

    trace_event_iter_init_pattern(&iter, pattern ? pattern : "*");
    while ((ev = trace_event_iter_next(&iter)) != NULL) {
        monitor_printf(mon, "%s : state %d\n", trace_event_get_name(ev),
                       trace_event_get_state_static(ev) && trace_event_get_state_dynamic(ev));
    }
}

static void print_place(Monitor *mon, const CpuInstanceProperties *p)
{
    const struct {
        const char *name;
        bool has;
        int64_t value;
    } members[] = {
        {"node-id", p->has_node_id, p->node_id}, {"socket-id", p->has_socket_id, p->socket_id},
        {"die-id", p->has_die_id, p->die_id},    {"module-id", p->has_module_id, p->module_id},
        {"core-id", p->has_core_id, p->core_id}, {"thread-id", p->has_thread_id, p->thread_id},
    };

    monitor_puts(mon, "  CPUInstance Properties:\n");
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        if (members[i].has) {
            monitor_printf(mon, "    %s: \"%" PRId64 "\"\n", members[i].name, members[i].value);
        }
    }
}

static void info_hotpluggable_cpus(Monitor *mon, const QDict *args)
{
    Error *err = NULL;
    g_autoptr(HotpluggableCPUList) list = qmp_query_hotpluggable_cpus(&err);

    if (hmp_handle_error(mon, err)) {
        return;
    }
    monitor_puts(mon, "Hotpluggable CPUs:\n");
    for (HotpluggableCPUList *e = list; e; e = e->next) {
        monitor_printf(mon, "  type: \"%s\"\n  vcpus_count: \"%" PRId64 "\"\n", e->value->type,
                       e->value->vcpus_count);
        if (e->value->qom_path) {
            monitor_printf(mon, "  qom_path: \"%s\"\n", e->value->qom_path);
        }
        print_place(mon, e->value->props);
    }
}

static void print_dimm(Monitor *mon, const char *kind, const PCDIMMDeviceInfo *d)
{
    monitor_printf(mon, "Memory device [%s]: \"%s\"\n", kind, d->id ? d->id : "");
    monitor_printf(mon, "  addr: 0x%" PRIx64 "\n  slot: %" PRId64 "\n  node: %" PRId64 "\n",
                   d->addr, d->slot, d->node);
    monitor_printf(mon, "  size: %" PRIu64 "\n  memdev: %s\n", d->size, d->memdev);
    monitor_printf(mon, "  hotplugged: %s\n  hotpluggable: %s\n", d->hotplugged ? "true" : "false",
                   d->hotpluggable ? "true" : "false");
}

static void print_virtio_pmem(Monitor *mon, const VirtioPMEMDeviceInfo *d)
{
    monitor_printf(mon, "Memory device [virtio-pmem]: \"%s\"\n", d->id ? d->id : "");
    monitor_printf(mon, "  memaddr: 0x%" PRIx64 "\n  size: %" PRIu64 "\n  memdev: %s\n", d->memaddr,
                   d->size, d->memdev);
}

static void print_virtio_mem(Monitor *mon, const VirtioMEMDeviceInfo *d)
{
    monitor_printf(mon, "Memory device [virtio-mem]: \"%s\"\n", d->id ? d->id : "");
    monitor_printf(mon, "  memaddr: 0x%" PRIx64 "\n  node: %" PRId64 "\n", d->memaddr, d->node);
    monitor_printf(mon, "  requested-size: %" PRIu64 "\n  size: %" PRIu64 "\n", d->requested_size,
                   d->size);
    monitor_printf(mon, "  max-size: %" PRIu64 "\n  block-size: %" PRIu64 "\n  memdev: %s\n",
                   d->max_size, d->block_size, d->memdev);
}

static void info_memory_devices(Monitor *mon, const QDict *args)
{
    Error *err = NULL;
    g_autoptr(MemoryDeviceInfoList) list = qmp_query_memory_devices(&err);

    if (hmp_handle_error(mon, err)) {
        return;
    }
    for (MemoryDeviceInfoList *e = list; e; e = e->next) {
        switch (e->value->type) {
        case MEMORY_DEVICE_INFO_KIND_DIMM:
            print_dimm(mon, "dimm", e->value->u.dimm.data);
            break;
        case MEMORY_DEVICE_INFO_KIND_NVDIMM:
            print_dimm(mon, "nvdimm", e->value->u.nvdimm.data);
            break;
        case MEMORY_DEVICE_INFO_KIND_VIRTIO_PMEM:
            print_virtio_pmem(mon, e->value->u.virtio_pmem.data);
            break;
        case MEMORY_DEVICE_INFO_KIND_VIRTIO_MEM:
            print_virtio_mem(mon, e->value->u.virtio_mem.data);
            break;
        default:
            break;
        }
    }
}

static void info_cryptodev(Monitor *mon, const QDict *args)
{
    Error *err = NULL;
    g_autoptr(QCryptodevInfoList) list = qmp_query_cryptodev(&err);

    if (hmp_handle_error(mon, err)) {
        return;
    }
    for (QCryptodevInfoList *e = list; e; e = e->next) {
        const char *separator = "";

        monitor_printf(mon, "%s: service=[", e->value->id);
        for (QCryptodevBackendServiceTypeList *s = e->value->service; s; s = s->next) {
            monitor_printf(mon, "%s%s", separator, QCryptodevBackendServiceType_str(s->value));
            separator = "|";
        }
        monitor_printf(mon, "]\n");
        for (QCryptodevBackendClientList *c = e->value->client; c; c = c->next) {
            monitor_printf(mon, "    queue %u: type=%s\n", c->value->queue,
                           QCryptodevBackendType_str(c->value->type));
        }
    }
}

static const HMPCommand commands[] = {
    {"version", "", "", "version of the interface, and of this program", info_version},
    {"status", "", "", "whether the machine runs", info_status},
    {"name", "", "", "name of the machine", info_name},
    {"uuid", "", "", "UUID of the machine", info_uuid},
    {"kvm", "", "", "whether KVM is in use", info_kvm},
    {"accelerators", "", "", "accelerators, and which is in use", info_accelerators},
    {"accel", "", "", "statistics of the accelerator", info_jit},
    {"jit", "", "", "statistics of the accelerator", info_jit},
    {"history", "", "", "lines that were typed", info_history},
    {"cpus", "", "", "CPUs and their threads", info_cpus},
    {"memory-devices", "", "", "memory modules", info_memory_devices},
    {"hotpluggable-cpus", "", "", "places for CPUs", info_hotpluggable_cpus},
    {"registers", "-a,vcpu:i?", "[-a|vcpu]", "registers of a CPU; -a: of all", info_registers},
    {"pic", "", "", "registers of the interrupt controllers", info_pic},
    {"irq", "", "", "how often each interrupt came", info_irq},
    {"mtree", "-f,-d,-o,-D", "[-f][-d][-o][-D]",
     "memory regions; -f: as flat views (-d: with dispatch tables), -o: with owners,"
     " -D: disabled ones too",
     info_mtree},
    {"memory_size_summary", "", "", "size of the memory", info_memory_size_summary},
    {"memdev", "", "", "memory back ends", info_memdev},
    {"chardev", "", "", "character devices", info_chardev},
    {"iothreads", "", "", "event loop threads", info_iothreads},
    {"cryptodev", "", "", "back ends of crypto devices", info_cryptodev},
    {"trace-events", "name:s?,vcpu:i?", "[name] [vcpu]", "trace events and whether they are on",
     info_trace_events},
};

void hmp_register_info(void)
{
    hmp_register_commands(commands, ARRAY_SIZE(commands), true);
}
