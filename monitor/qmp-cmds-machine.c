/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands about the machine: types, CPUs, memory, event loops. */

#include "qemu/osdep.h"
#include "commands.h"
#include "exec/address-space.h"
#include "exec/memory.h"
#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "hw/mem/memory-device.h"
#include "qapi/clone-visitor.h"
#include "qapi/qapi-commands-machine.h"
#include "qapi/qapi-commands-misc-target.h"
#include "qapi/qapi-commands-misc.h"
#include "qapi/qapi-visit-machine.h"
#include "qemu/accel.h"
#include "qom/compat-properties.h"
#include "system/cpus.h"
#include "system/hostmem.h"
#include "system/iothread.h"
#include "system/kvm.h"

static MachineState *machine(void)
{
    Object *obj = qdev_get_machine();

    return (MachineState *)object_dynamic_cast(obj, TYPE_MACHINE);
}

/* ---- accelerator, machine types ---- */

/*
 * Management tools ask each program for these two, and take an error as the answer "no"; a
 * command that is not there makes them refuse the program.
 */
SevCapability *qmp_query_sev_capabilities(Error **errp)
{
    error_setg(errp, kvm_enabled() ? "guests with memory encrypted by SEV cannot be run"
                                   : "SEV needs KVM, which is not in use");
    return NULL;
}

SgxInfo *qmp_query_sgx_capabilities(Error **errp)
{
    error_setg(errp, kvm_enabled() ? "guests with SGX enclaves cannot be run"
                                   : "SGX needs KVM, which is not in use");
    return NULL;
}

KvmInfo *qmp_query_kvm(Error **errp)
{
    AccelClass *kvm = accel_find("kvm");
    KvmInfo *info = g_new0(KvmInfo, 1);

    info->enabled = kvm && kvm->allowed && *kvm->allowed;
    info->present = kvm != NULL;
    return info;
}

static CompatPropertyList *describe_compat_props(const GPtrArray *props)
{
    CompatPropertyList *list = NULL, **tail = &list;

    for (guint i = 0; props && i < props->len; i++) {
        const GlobalProperty *global = g_ptr_array_index(props, i);
        CompatProperty *prop = g_new0(CompatProperty, 1);

        prop->qom_type = g_strdup(global->driver);
        prop->property = g_strdup(global->property);
        prop->value = g_strdup(global->value);
        QAPI_LIST_APPEND(tail, prop);
    }
    return list;
}

static MachineInfo *describe_machine(MachineClass *mc, bool compat_props)
{
    MachineInfo *info = g_new0(MachineInfo, 1);

    info->name = g_strdup(mc->name);
    info->alias = g_strdup(mc->alias);
    info->has_is_default = info->is_default = mc->is_default;
    info->hotpluggable_cpus = mc->has_hotpluggable_cpus;
    info->numa_mem_supported = mc->numa_mem_supported;
    info->cpu_max = MAX(mc->max_cpus, 1);
    info->deprecated = mc->deprecation_reason != NULL;
    info->acpi = object_class_property_find(OBJECT_CLASS(mc), "acpi") != NULL;
    info->default_cpu_type = g_strdup(mc->default_cpu_type);
    info->default_ram_id = g_strdup(mc->default_ram_id);
    info->has_compat_props = compat_props;
    if (compat_props) {
        info->compat_props = describe_compat_props(mc->compat_props);
    }
    return info;
}

MachineInfoList *qmp_query_machines(bool has_compat_props, bool compat_props, Error **errp)
{
    g_autoptr(GSList) classes = object_class_get_list_sorted(TYPE_MACHINE, false);
    MachineInfoList *list = NULL, **tail = &list;

    for (GSList *l = classes; l; l = l->next) {
        QAPI_LIST_APPEND(tail, describe_machine(MACHINE_CLASS(l->data), compat_props));
    }
    return list;
}

/* ---- CPUs ---- */

CpuInfoFastList *qmp_query_cpus_fast(Error **errp)
{
    MachineState *ms = machine();
    MachineClass *mc = ms ? MACHINE_GET_CLASS(ms) : NULL;
    CpuInfoFastList *list = NULL, **tail = &list;
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        CpuInfoFast *info = g_new0(CpuInfoFast, 1);

        info->cpu_index = cpu->cpu_index;
        info->qom_path = object_get_canonical_path(OBJECT(cpu));
        info->qom_type = g_strdup(object_get_typename(OBJECT(cpu)));
        info->thread_id = cpu->thread_id;
        info->target = SYS_EMU_TARGET_X86_64;
        if (mc && mc->cpu_index_to_instance_props && mc->possible_cpu_arch_ids) {
            CpuInstanceProperties props = mc->cpu_index_to_instance_props(ms, cpu->cpu_index);
            info->props = QAPI_CLONE(CpuInstanceProperties, &props);
        }
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

HotpluggableCPUList *qmp_query_hotpluggable_cpus(Error **errp)
{
    MachineState *ms = machine();
    MachineClass *mc = ms ? MACHINE_GET_CLASS(ms) : NULL;
    HotpluggableCPUList *list = NULL;
    const CPUArchIdList *places;

    if (!mc || !mc->has_hotpluggable_cpus) {
        error_setg(errp, "this machine has no places for CPUs that could be plugged in");
        return NULL;
    }
    places = machine_possible_cpus(ms);
    for (int i = 0; i < places->len; i++) {
        const CPUArchId *place = &places->cpus[i];
        HotpluggableCPU *info = g_new0(HotpluggableCPU, 1);

        info->type = g_strdup(place->type);
        info->vcpus_count = place->vcpus_count;
        info->props = QAPI_CLONE(CpuInstanceProperties, &place->props);
        if (place->cpu) {
            info->qom_path = object_get_canonical_path(OBJECT(place->cpu));
        }
        QAPI_LIST_PREPEND(list, info);
    }
    return list;
}

/* ---- memory ---- */

MemoryInfo *qmp_query_memory_size_summary(Error **errp)
{
    MachineState *ms = machine();
    MemoryInfo *info = g_new0(MemoryInfo, 1);

    info->base_memory = ms ? ms->ram_size : 0;
    info->has_plugged_memory = true;
    info->plugged_memory = ms ? machine_plugged_memory(ms) : 0;
    return info;
}

static int append_memdev(Object *obj, void *opaque)
{
    MemdevList ***tail = opaque;
    HostMemoryBackend *m = (HostMemoryBackend *)object_dynamic_cast(obj, TYPE_MEMORY_BACKEND);
    uint16List **nodes;
    Memdev *info;

    if (!m) {
        return 0;
    }
    info = g_new0(Memdev, 1);
    info->id = g_strdup(object_get_canonical_path_component(obj));
    info->size = m->size;
    info->merge = m->merge;
    info->dump = m->dump;
    info->prealloc = m->prealloc;
    info->share = m->share;
    info->has_reserve = true;
    info->reserve = m->reserve;
    info->policy = m->policy;
    nodes = &info->host_nodes;
    for (unsigned i = find_first_bit(m->host_nodes, HOST_MEM_MAX_NODES); i < HOST_MEM_MAX_NODES;
         i = find_next_bit(m->host_nodes, HOST_MEM_MAX_NODES, i + 1)) {
        QAPI_LIST_APPEND(nodes, i);
    }
    QAPI_LIST_APPEND(*tail, info);
    return 0;
}

MemdevList *qmp_query_memdev(Error **errp)
{
    MemdevList *list = NULL, **tail = &list;

    object_child_foreach_recursive(object_get_root(), append_memdev, &tail);
    return list;
}

/* Copies @size bytes from @addr of @cpu's virtual (NULL: of physical) memory to a file. */
static void save_memory(CPUState *cpu, const char *filename, uint64_t addr, uint64_t size,
                        Error **errp)
{
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
    qemu_close(fd);
}

void qmp_memsave(const char *filename, uint64_t size, uint64_t val, bool has_cpu_index,
                 int64_t cpu_index, Error **errp)
{
    CPUState *cpu = qemu_get_cpu(has_cpu_index ? cpu_index : 0);

    if (!cpu) {
        error_setg(errp, "argument 'cpu-index': there is no CPU %" PRId64, cpu_index);
        return;
    }
    cpu_synchronize_state(cpu);
    save_memory(cpu, filename, val, size, errp);
}

void qmp_pmemsave(const char *filename, uint64_t size, uint64_t val, Error **errp)
{
    save_memory(NULL, filename, val, size, errp);
}

/* ---- event loops ---- */

static void append_iothread(IOThread *iothread, void *opaque)
{
    IOThreadInfoList ***tail = opaque;
    IOThreadInfo *info = g_new0(IOThreadInfo, 1);
    IOThreadParams p;

    iothread_get_params(iothread, &p);
    info->id = g_strdup(p.id);
    info->thread_id = p.thread_id;
    info->poll_max_ns = p.poll_max_ns;
    info->poll_grow = p.poll_grow;
    info->poll_shrink = p.poll_shrink;
    info->poll_weight = p.poll_weight;
    info->aio_max_batch = p.aio_max_batch;
    QAPI_LIST_APPEND(*tail, info);
}

IOThreadInfoList *qmp_query_iothreads(Error **errp)
{
    IOThreadInfoList *list = NULL, **tail = &list;

    iothread_foreach(append_iothread, &tail);
    return list;
}
