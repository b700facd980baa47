/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU object: class, life cycle, reset, the list of all CPUs, and what the
 * monitor and debuggers ask of one.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/nearest-name.h"
#include "qemu/rcu.h"
#include "exec/address-space.h"
#include "hw/core/cpu.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/qapi-types-run-state.h"
#include "qemu/accel.h"
#include "system/accel-ops.h"
#include "system/cpus.h"

CPUTailQ cpus_queue = QTAILQ_HEAD_INITIALIZER(cpus_queue);
__thread CPUState *current_cpu;
bool icount_on;

/* ---- the list ---- */

static unsigned int cpu_list_generation_id;

unsigned int cpu_list_generation_id_get(void)
{
    return qatomic_read(&cpu_list_generation_id);
}

static int lowest_free_index(void)
{
    int index = 0;
    CPUState *cpu;
    bool taken;

    do {
        taken = false;
        CPU_FOREACH (cpu) {
            if (cpu->cpu_index == index) {
                taken = true;
                index++;
            }
        }
    } while (taken);
    return index;
}

void cpu_list_add(CPUState *cpu)
{
    cpu_list_lock();
    if (cpu->cpu_index == UNASSIGNED_CPU_INDEX) {
        cpu->cpu_index = lowest_free_index();
    }
    QTAILQ_INSERT_TAIL_RCU(&cpus_queue, cpu, node);
    qatomic_inc(&cpu_list_generation_id);
    cpu_list_unlock();
}

void cpu_list_remove(CPUState *cpu)
{
    CPUState *other;

    cpu_list_lock();
    CPU_FOREACH (other) {
        if (other == cpu) {
            QTAILQ_REMOVE_RCU(&cpus_queue, cpu, node);
            cpu->cpu_index = UNASSIGNED_CPU_INDEX;
            qatomic_inc(&cpu_list_generation_id);
            break;
        }
    }
    cpu_list_unlock();
}

CPUState *qemu_get_cpu(int index)
{
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        if (cpu->cpu_index == index) {
            return cpu;
        }
    }
    return NULL;
}

CPUState *cpu_by_arch_id(int64_t id)
{
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        if (cpu->cc->get_arch_id(cpu) == id) {
            return cpu;
        }
    }
    return NULL;
}

bool cpu_exists(int64_t id)
{
    return cpu_by_arch_id(id) != NULL;
}

/* ---- making one ---- */

ObjectClass *cpu_class_by_name(const char *typename, const char *cpu_model)
{
    ObjectClass *oc = object_class_by_name(typename);
    CPUClass *cc = oc ? CPU_CLASS(oc) : NULL;

    if (!cc || !cc->class_by_name) {
        return NULL;
    }
    oc = cc->class_by_name(cpu_model);
    return oc && !object_class_is_abstract(oc) ? oc : NULL;
}

/* Adds the model whose name is nearest; a model's type is "<model>-<base type>". */
static void hint_nearest_model(const char *base_type, const char *model, Error **errp)
{
    ERRP_GUARD();
    g_autofree char *suffix = g_strconcat("-", base_type, NULL);
    GSList *list = object_class_get_list(base_type, false);
    NearestName nearest;

    nearest_name_init(&nearest, model);
    for (GSList *l = list; l; l = l->next) {
        g_autofree char *name = g_strdup(object_class_get_name(l->data));

        if (g_str_has_suffix(name, suffix)) {
            name[strlen(name) - strlen(suffix)] = '\0';
            nearest_name_try(&nearest, name);
        }
    }
    g_slist_free(list);
    nearest_name_hint(&nearest, errp);
    error_append_hint(errp, "Use '-cpu help' for the list of models.\n");
}

const char *parse_cpu_option_for_type(const char *base_type, const char *cpu_option, Error **errp)
{
    ERRP_GUARD();
    g_auto(GStrv) parts = g_strsplit(cpu_option, ",", 2);
    const char *typename;
    ObjectClass *oc;

    if (!parts[0] || !parts[0][0]) {
        error_setg(errp, "'%s' does not begin with the name of a CPU model", cpu_option);
        return NULL;
    }
    oc = cpu_class_by_name(base_type, parts[0]);
    if (!oc) {
        error_setg(errp, "unable to find CPU model '%s'", parts[0]);
        hint_nearest_model(base_type, parts[0], errp);
        return NULL;
    }
    typename = object_class_get_name(oc);
    if (CPU_CLASS(oc)->parse_features) {
        CPU_CLASS(oc)->parse_features(typename, parts[1], errp);
        if (*errp) {
            return NULL;
        }
    } else if (parts[1]) {
        error_setg(errp, "CPU model '%s' has no features to set, got '%s'", parts[0], parts[1]);
        return NULL;
    }
    return typename;
}

CPUState *cpu_create(const char *typename, Error **errp)
{
    DeviceState *dev = qdev_new(typename);

    if (!qdev_realize(dev, NULL, errp)) {
        object_unref(OBJECT(dev));
        return NULL;
    }
    return CPU(dev);
}

/* Does the class put the common state into its own description? */
static bool has_own_vmsd(CPUState *cpu)
{
    return DEVICE_GET_CLASS(cpu)->vmsd != NULL;
}

bool cpu_exec_realizefn(CPUState *cpu, Error **errp)
{
    if (!accel_cpu_common_realize(cpu, errp)) {
        return false;
    }
    cpu_list_add(cpu);
    if (!has_own_vmsd(cpu)) {
        vmstate_register(NULL, cpu->cpu_index, &vmstate_cpu_common, cpu);
    }
    if (cpu->cc->vmsd) {
        vmstate_register(NULL, cpu->cpu_index, cpu->cc->vmsd, cpu);
    }
    return true;
}

typedef struct CPURelease {
    struct rcu_head rcu;
    CPUState *cpu;
} CPURelease;

static void cpu_release(CPURelease *release)
{
    object_unref(OBJECT(release->cpu));
    g_free(release);
}

void cpu_exec_unrealizefn(CPUState *cpu)
{
    CPURelease *release;

    if (cpu->cc->vmsd) {
        vmstate_unregister(NULL, cpu->cc->vmsd, cpu);
    }
    if (!has_own_vmsd(cpu)) {
        vmstate_unregister(NULL, &vmstate_cpu_common, cpu);
    }
    cpu_list_remove(cpu);
    accel_cpu_common_unrealize(cpu);
    cpu_destroy_address_spaces(cpu);
    /* Whoever walks the list without a lock may still look at it. */
    release = g_new(CPURelease, 1);
    release->cpu = CPU(object_ref(OBJECT(cpu)));
    call_rcu(release, cpu_release, rcu);
}

static void cpu_common_realizefn(DeviceState *dev, Error **errp)
{
    CPUState *cpu = CPU(dev);

    if (dev->hotplugged) {
        cpu_synchronize_post_init(cpu);
        cpu_resume(cpu);
    }
}

static void cpu_common_unrealizefn(DeviceState *dev)
{
    cpu_exec_unrealizefn(CPU(dev));
}

/* ---- reset ---- */

void cpu_reset(CPUState *cpu)
{
    device_cold_reset(DEVICE(cpu));
}

static void cpu_common_reset_hold(Object *obj, ResetType type)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();
    CPUState *cpu = CPU(obj);

    qemu_log_mask(CPU_LOG_RESET, "CPU reset (CPU %d)\n", cpu->cpu_index);
    qatomic_set(&cpu->interrupt_request, 0);
    qatomic_set(&cpu->exit_request, false);
    cpu->halted = cpu->start_powered_off;
    cpu->mem_io_pc = 0;
    cpu->exception_index = -1;
    cpu->crash_occurred = false;
    cpu->cflags_next_tb = -1;
    cpu->watchpoint_hit = NULL;
    if (ops && ops->cpu_reset_hold) {
        ops->cpu_reset_hold(cpu);
    }
}

/* ---- asking ---- */

bool cpu_has_work(CPUState *cpu)
{
    return cpu->cc->has_work ? cpu->cc->has_work(cpu) : false;
}

static int64_t cpu_common_get_arch_id(CPUState *cpu)
{
    return cpu->cpu_index;
}

bool cpu_paging_enabled(const CPUState *cpu)
{
    return cpu->cc->get_paging_enabled && cpu->cc->get_paging_enabled(cpu);
}

void cpu_set_pc(CPUState *cpu, vaddr addr)
{
    if (cpu->cc->set_pc) {
        cpu->cc->set_pc(cpu, addr);
    }
}

vaddr cpu_get_pc(CPUState *cpu)
{
    return cpu->cc->get_pc ? cpu->cc->get_pc(cpu) : 0;
}

struct GuestPanicInformation *cpu_get_crash_info(CPUState *cpu)
{
    return cpu->cc->get_crash_info ? cpu->cc->get_crash_info(cpu) : NULL;
}

void cpu_dump_state_to(CPUState *cpu, CPUDumpSink emit, void *opaque, int flags)
{
    if (cpu->cc->dump_state) {
        cpu_synchronize_state(cpu);
        cpu->cc->dump_state(cpu, emit, opaque, flags);
    }
}

static void emit_to_file(void *opaque, const char *text)
{
    fputs(text, opaque);
}

void cpu_dump_state(CPUState *cpu, FILE *f, int flags)
{
    cpu_dump_state_to(cpu, emit_to_file, f, flags);
}

static void emit_to_log(void *opaque, const char *text)
{
    qemu_log("%s", text);
}

void cpu_abort(CPUState *cpu, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    error_report("fatal: %s", text);
    cpu_dump_state(cpu, stderr, CPU_DUMP_FPU | CPU_DUMP_CCOP);
    if (qemu_log_enabled()) {
        qemu_log("fatal: %s\n", text);
        cpu_dump_state_to(cpu, emit_to_log, NULL, CPU_DUMP_FPU | CPU_DUMP_CCOP);
    }
    /* Only called when our own state is broken, never for what a guest does. */
    raise(SIGABRT);
    _Exit(EXIT_FAILURE);
}

/* ---- saved state ---- */

static int cpu_common_pre_load(void *opaque)
{
    CPUState *cpu = opaque;

    cpu->exception_index = -1;
    cpu->crash_occurred = false;
    return 0;
}

static int cpu_common_post_load(void *opaque, int version_id)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();
    CPUState *cpu = opaque;

    if (ops && ops->memory_map_changed) {
        /* Translations were made for another state. */
        for (int i = 0; i < cpu->cpu_ases_count; i++) {
            ops->memory_map_changed(cpu, i);
        }
    }
    return 0;
}

static bool cpu_common_exception_index_needed(void *opaque)
{
    return ((CPUState *)opaque)->exception_index != -1;
}

static const VMStateDescription vmstate_cpu_common_exception_index = {
    .name = "cpu_common/exception_index",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = cpu_common_exception_index_needed,
    .fields =
        (const VMStateField[]){VMSTATE_INT32(exception_index, CPUState), VMSTATE_END_OF_LIST()},
};

static bool cpu_common_crash_occurred_needed(void *opaque)
{
    return ((CPUState *)opaque)->crash_occurred;
}

static const VMStateDescription vmstate_cpu_common_crash_occurred = {
    .name = "cpu_common/crash_occurred",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = cpu_common_crash_occurred_needed,
    .fields = (const VMStateField[]){VMSTATE_BOOL(crash_occurred, CPUState), VMSTATE_END_OF_LIST()},
};

const VMStateDescription vmstate_cpu_common = {
    .name = "cpu_common",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = cpu_common_pre_load,
    .post_load = cpu_common_post_load,
    .fields =
        (const VMStateField[]){VMSTATE_UINT32(halted, CPUState),
                               VMSTATE_UINT32(interrupt_request, CPUState), VMSTATE_END_OF_LIST()},
    .subsections = (const VMStateDescription *const[]){&vmstate_cpu_common_exception_index,
                                                       &vmstate_cpu_common_crash_occurred, NULL},
};

/* ---- the class ---- */

static const Property cpu_common_props[] = {
    DEFINE_PROP_LINK("memory", CPUState, memory, TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP("start-powered-off", CPUState, start_powered_off, qdev_prop_bool, bool),
};

static void cpu_common_initfn(Object *obj)
{
    CPUState *cpu = CPU(obj);

    cpu->cc = CPU_GET_CLASS(obj);
    cpu->cpu_index = UNASSIGNED_CPU_INDEX;
    cpu->cluster_index = UNASSIGNED_CLUSTER_INDEX;
    cpu->nr_cores = 1;
    cpu->nr_threads = 1;
    cpu->exception_index = -1;
    cpu->cflags_next_tb = -1;
    cpu->kvm_fd = -1;
    cpu->kvm_vcpu_stats_fd = -1;
    cpu->thread = g_new0(QemuThread, 1);
    qemu_event_init(&cpu->halt_event, false);
    qemu_mutex_init(&cpu->work_mutex);
    QSIMPLEQ_INIT(&cpu->work_list);
    QTAILQ_INIT(&cpu->breakpoints);
    QTAILQ_INIT(&cpu->watchpoints);
}

static void cpu_common_finalize(Object *obj)
{
    CPUState *cpu = CPU(obj);

    free_queued_cpu_work(cpu);
    qemu_event_destroy(&cpu->halt_event);
    qemu_mutex_destroy(&cpu->work_mutex);
    g_free(cpu->thread);
}

static void cpu_common_class_init(ObjectClass *klass, const void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(klass);
    DeviceClass *dc = DEVICE_CLASS(klass);
    CPUClass *cc = CPU_CLASS(klass);

    cc->get_arch_id = cpu_common_get_arch_id;
    cc->max_as = 1;
    device_class_set_category(dc, DEVICE_CATEGORY_CPU);
    dc->realize = cpu_common_realizefn;
    dc->unrealize = cpu_common_unrealizefn;
    rc->phases.hold = cpu_common_reset_hold;
    device_class_set_props(dc, cpu_common_props);
    /* A CPU needs its place in the topology: machines that take more say so. */
    dc->user_creatable = false;
}

static const TypeInfo cpu_types[] = {
    {
        .name = TYPE_CPU,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(CPUState),
        .instance_init = cpu_common_initfn,
        .instance_finalize = cpu_common_finalize,
        .abstract = true,
        .class_size = sizeof(CPUClass),
        .class_init = cpu_common_class_init,
    },
};

DEFINE_TYPES(cpu_types)
