/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands about the machine: types, CPUs, memory, event loops. */

#include "qemu/osdep.h"
#include "commands.h"
#include "exec/address-space.h"
#include "exec/memory.h"
#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "qemu/accel.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "system/cpus.h"
#include "system/hostmem.h"
#include "system/iothread.h"

static MachineState *machine(void)
{
    Object *obj = qdev_get_machine();

    return (MachineState *)object_dynamic_cast(obj, TYPE_MACHINE);
}

/* ---- accelerator, machine types ---- */

static QObject *cmd_query_kvm(const QDict *args, Error **errp)
{
    AccelClass *kvm = accel_find("kvm");

    return qobject_from_jsonf_nofail("{'enabled': %i, 'present': %i}",
                                     kvm && kvm->allowed && *kvm->allowed, kvm != NULL);
}

static QDict *describe_machine(MachineClass *mc)
{
    QDict *dict = qdict_from_jsonf_nofail(
        "{'hotpluggable-cpus': %i, 'name': %s, 'numa-mem-supported': %i, 'cpu-max': %d,"
        " 'deprecated': %i, 'acpi': %i}",
        mc->has_hotpluggable_cpus, mc->name, mc->numa_mem_supported, MAX(mc->max_cpus, 1),
        mc->deprecation_reason != NULL,
        object_class_property_find(OBJECT_CLASS(mc), "acpi") != NULL);

    if (mc->alias) {
        qdict_put_str(dict, "alias", mc->alias);
    }
    if (mc->is_default) {
        qdict_put_bool(dict, "is-default", true);
    }
    if (mc->default_cpu_type) {
        qdict_put_str(dict, "default-cpu-type", mc->default_cpu_type);
    }
    if (mc->default_ram_id) {
        qdict_put_str(dict, "default-ram-id", mc->default_ram_id);
    }
    return dict;
}

static QObject *cmd_query_machines(const QDict *args, Error **errp)
{
    g_autoptr(GSList) classes = object_class_get_list_sorted(TYPE_MACHINE, false);
    QList *list = qlist_new();

    for (GSList *l = classes; l; l = l->next) {
        qlist_append(list, describe_machine(MACHINE_CLASS(l->data)));
    }
    return QOBJECT(list);
}

/* ---- CPUs ---- */

static QDict *describe_place(const CpuInstanceProperties *p)
{
    const struct {
        const char *name;
        bool has;
        int64_t value;
    } members[] = {
        {"node-id", p->has_node_id, p->node_id},
        {"drawer-id", p->has_drawer_id, p->drawer_id},
        {"book-id", p->has_book_id, p->book_id},
        {"socket-id", p->has_socket_id, p->socket_id},
        {"die-id", p->has_die_id, p->die_id},
        {"cluster-id", p->has_cluster_id, p->cluster_id},
        {"module-id", p->has_module_id, p->module_id},
        {"core-id", p->has_core_id, p->core_id},
        {"thread-id", p->has_thread_id, p->thread_id},
    };
    QDict *dict = qdict_new();

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        if (members[i].has) {
            qdict_put_int(dict, members[i].name, members[i].value);
        }
    }
    return dict;
}

static QObject *cmd_query_cpus_fast(const QDict *args, Error **errp)
{
    MachineState *ms = machine();
    MachineClass *mc = ms ? MACHINE_GET_CLASS(ms) : NULL;
    QList *list = qlist_new();
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        g_autofree char *path = object_get_canonical_path(OBJECT(cpu));
        QDict *dict = qdict_from_jsonf_nofail(
            "{'thread-id': %d, 'qom-path': %s, 'qom-type': %s, 'target': 'x86_64',"
            " 'cpu-index': %d}",
            cpu->thread_id, path ? path : "", object_get_typename(OBJECT(cpu)), cpu->cpu_index);

        if (mc && mc->cpu_index_to_instance_props && mc->possible_cpu_arch_ids) {
            CpuInstanceProperties props = mc->cpu_index_to_instance_props(ms, cpu->cpu_index);
            qdict_put(dict, "props", describe_place(&props));
        }
        qlist_append(list, dict);
    }
    return QOBJECT(list);
}

static QObject *cmd_query_hotpluggable_cpus(const QDict *args, Error **errp)
{
    MachineState *ms = machine();
    MachineClass *mc = ms ? MACHINE_GET_CLASS(ms) : NULL;
    const CPUArchIdList *places;
    QList *list;

    if (!mc || !mc->has_hotpluggable_cpus) {
        error_setg(errp, "this machine has no places for CPUs that could be plugged in");
        return NULL;
    }
    places = machine_possible_cpus(ms);
    list = qlist_new();
    for (int i = places->len - 1; i >= 0; i--) {
        const CPUArchId *place = &places->cpus[i];
        QDict *dict = qdict_from_jsonf_nofail("{'vcpus-count': %lld, 'type': %s}",
                                              (long long)place->vcpus_count, place->type);

        qdict_put(dict, "props", describe_place(&place->props));
        if (place->cpu) {
            g_autofree char *path = object_get_canonical_path(OBJECT(place->cpu));
            qdict_put_str(dict, "qom-path", path);
        }
        qlist_append(list, dict);
    }
    return QOBJECT(list);
}

/* ---- memory ---- */

static QObject *cmd_query_memory_size_summary(const QDict *args, Error **errp)
{
    MachineState *ms = machine();

    return qobject_from_jsonf_nofail("{'base-memory': %llu, 'plugged-memory': 0}",
                                     (unsigned long long)(ms ? ms->ram_size : 0));
}

static int append_memdev(Object *obj, void *list)
{
    static const char *const policies[] = {"default", "preferred", "bind", "interleave"};
    HostMemoryBackend *m = (HostMemoryBackend *)object_dynamic_cast(obj, TYPE_MEMORY_BACKEND);
    QList *nodes;
    QDict *dict;

    if (!m) {
        return 0;
    }
    nodes = qlist_new();
    for (unsigned i = find_first_bit(m->host_nodes, HOST_MEM_MAX_NODES); i < HOST_MEM_MAX_NODES;
         i = find_next_bit(m->host_nodes, HOST_MEM_MAX_NODES, i + 1)) {
        qlist_append_int(nodes, i);
    }
    dict = qdict_from_jsonf_nofail(
        "{'id': %s, 'size': %llu, 'merge': %i, 'dump': %i, 'prealloc': %i, 'share': %i,"
        " 'reserve': %i, 'policy': %s}",
        object_get_canonical_path_component(obj), (unsigned long long)m->size, m->merge, m->dump,
        m->prealloc, m->share, m->reserve, policies[m->policy]);
    qdict_put(dict, "host-nodes", nodes);
    qlist_append((QList *)list, dict);
    return 0;
}

static QObject *cmd_query_memdev(const QDict *args, Error **errp)
{
    QList *list = qlist_new();

    object_child_foreach_recursive(object_get_root(), append_memdev, list);
    return QOBJECT(list);
}

/* The whole range of 64 bits: kernels live in its upper half. */
static uint64_t get_u64(const QDict *args, const char *name)
{
    const QNum *num = qobject_to(QNum, qdict_get(args, name));
    int64_t i = 0;
    uint64_t u;

    return qnum_get_try_uint(num, &u) ? u : (qnum_get_try_int(num, &i), (uint64_t)i);
}

/* Copies @size bytes from @addr of @cpu's virtual (NULL: of physical) memory to a file. */
static void save_memory(CPUState *cpu, const QDict *args, Error **errp)
{
    const char *filename = qdict_get_str(args, "filename");
    uint64_t addr = get_u64(args, "val"), size = get_u64(args, "size");
    g_autofree uint8_t *buf = g_malloc(64 * 1024);
    int fd = qemu_create(filename, O_WRONLY | O_TRUNC, 0666, errp);

    if (fd < 0) {
        return;
    }
    while (size) {
        size_t n = MIN(size, 64 * 1024);
        if (cpu ? cpu_memory_rw_debug(cpu, addr, buf, n, false) < 0
                : address_space_read(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, buf, n) !=
                      MEMTX_OK) {
            error_setg(errp, "there is no memory at 0x%" PRIx64 " or within %zu bytes behind it",
                       addr, n);
            break;
        }
        if (qemu_write_full(fd, buf, n) != (ssize_t)n) {
            error_setg_errno(errp, errno, "cannot write '%s'", filename);
            break;
        }
        addr += n;
        size -= n;
    }
    close(fd);
}

static QObject *cmd_memsave(const QDict *args, Error **errp)
{
    int64_t index = qdict_get_try_int(args, "cpu-index", 0);
    CPUState *cpu = qemu_get_cpu(index);

    if (!cpu) {
        error_setg(errp, "argument 'cpu-index': there is no CPU %" PRId64, index);
        return NULL;
    }
    cpu_synchronize_state(cpu);
    save_memory(cpu, args, errp);
    return NULL;
}

static QObject *cmd_pmemsave(const QDict *args, Error **errp)
{
    save_memory(NULL, args, errp);
    return NULL;
}

/* ---- event loops ---- */

static void append_iothread(IOThread *iothread, void *list)
{
    IOThreadParams p;

    iothread_get_params(iothread, &p);
    qlist_append((QList *)list,
                 qdict_from_jsonf_nofail("{'id': %s, 'thread-id': %d, 'poll-max-ns': %lld,"
                                         " 'poll-grow': %lld, 'poll-shrink': %lld,"
                                         " 'poll-weight': %lld, 'aio-max-batch': %lld}",
                                         p.id, p.thread_id, (long long)p.poll_max_ns,
                                         (long long)p.poll_grow, (long long)p.poll_shrink,
                                         (long long)p.poll_weight, (long long)p.aio_max_batch));
}

static QObject *cmd_query_iothreads(const QDict *args, Error **errp)
{
    QList *list = qlist_new();

    iothread_foreach(append_iothread, list);
    return QOBJECT(list);
}

/* ---- table ---- */

static const QmpArg machines_args[] = {{"compat-props", QTYPE_QBOOL, true}, {NULL}};
static const QmpArg memsave_args[] = {
    {"val", QTYPE_QNUM},
    {"size", QTYPE_QNUM},
    {"filename", QTYPE_QSTRING},
    {"cpu-index", QTYPE_QNUM, true},
    {NULL},
};
static const QmpArg pmemsave_args[] = {
    {"val", QTYPE_QNUM},
    {"size", QTYPE_QNUM},
    {"filename", QTYPE_QSTRING},
    {NULL},
};

static const QmpTableCommand commands[] = {
    {"query-kvm", cmd_query_kvm},
    {"query-machines", cmd_query_machines, machines_args},
    {"query-cpus-fast", cmd_query_cpus_fast},
    {"query-hotpluggable-cpus", cmd_query_hotpluggable_cpus},
    {"query-memory-size-summary", cmd_query_memory_size_summary},
    {"query-memdev", cmd_query_memdev},
    {"memsave", cmd_memsave, memsave_args},
    {"pmemsave", cmd_pmemsave, pmemsave_args},
    {"query-iothreads", cmd_query_iothreads},
};

void qmp_register_machine(void)
{
    qmp_register_commands(commands, ARRAY_SIZE(commands));
}
