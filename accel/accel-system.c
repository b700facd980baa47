/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accelerators: their base classes, choosing one, and installing what it brings. */
#include "qemu/osdep.h"
#include "exec/hwaddr.h"
#include "hw/core/cpu.h"
#include "qemu/accel.h"
#include "qemu/cutils.h"
#include "qom/compat-properties.h"
#include "system/accel-ops.h"
#include "system/cpus.h"

static AccelState *accel_in_use;

AccelState *current_accel(void)
{
    return accel_in_use;
}

const char *current_accel_name(void)
{
    return accel_in_use ? ACCEL_GET_CLASS(accel_in_use)->name : "none";
}

AccelClass *accel_find(const char *opt_name)
{
    g_autofree char *class_name = g_strconcat(opt_name, ACCEL_CLASS_SUFFIX, NULL);
    ObjectClass *oc = module_object_class_by_name(class_name);

    return oc && object_class_dynamic_cast(oc, TYPE_ACCEL) && !object_class_is_abstract(oc)
               ? ACCEL_CLASS(oc)
               : NULL;
}

AccelClass *accel_find_err(const char *opt_name, Error **errp)
{
    ERRP_GUARD();
    AccelClass *ac = accel_find(opt_name);
    g_auto(GStrv) names = accel_list_names();
    g_autofree char *all = g_strjoinv(", ", names);
    const char *nearest = qemu_nearest_name(opt_name, (const char *const *)names);

    if (!ac) {
        error_setg(errp, "there is no accelerator '%s'", opt_name);
        if (nearest) {
            error_append_hint(errp, "Did you mean '%s'? ", nearest);
        }
        error_append_hint(errp, "Accepted: %s.\n", all);
    }
    return ac;
}

char **accel_list_names(void)
{
    GSList *list = object_class_get_list_sorted(TYPE_ACCEL, false);
    GPtrArray *names = g_ptr_array_new();

    for (GSList *l = list; l; l = l->next) {
        g_autofree char *name = g_strdup(object_class_get_name(l->data));

        if (g_str_has_suffix(name, ACCEL_CLASS_SUFFIX)) {
            name[strlen(name) - strlen(ACCEL_CLASS_SUFFIX)] = '\0';
            g_ptr_array_add(names, g_steal_pointer(&name));
        }
    }
    g_slist_free(list);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

bool accel_available(const char *opt_name, Error **errp)
{
    AccelClass *ac = accel_find(opt_name);

    if (!ac) {
        error_setg(errp, "accelerator '%s' is not built into this program", opt_name);
        return false;
    }
    return !ac->available || ac->available(errp);
}

int accel_init_machine(AccelState *accel, MachineState *ms, Error **errp)
{
    ERRP_GUARD();
    AccelClass *ac = ACCEL_GET_CLASS(accel);
    int ret = 0;

    if (ac->available && !ac->available(errp)) {
        return -ENODEV;
    }
    /* What it sets up asks whether it is in use. */
    if (ac->allowed) {
        *ac->allowed = true;
    }
    accel_in_use = accel;
    if (ac->init_machine) {
        ret = ac->init_machine(accel, ms, errp);
    }
    if (ret < 0) {
        accel_in_use = NULL;
        if (ac->allowed) {
            *ac->allowed = false;
        }
        if (!*errp) {
            error_setg_errno(errp, -ret, "failed to initialize %s", ac->name);
        }
        return ret;
    }
    if (ac->compat_props) {
        object_set_accelerator_compat_props(ac->compat_props);
    }
    return 0;
}

void accel_init_ops_interfaces(AccelClass *ac)
{
    g_autofree char *name = g_strconcat(ac->name, "-" TYPE_ACCEL_OPS, NULL);
    ObjectClass *oc = module_object_class_by_name(name);
    AccelOpsClass *ops;

    /* An accelerator without operations: our own bug. */
    g_assert(oc && object_class_dynamic_cast(oc, TYPE_ACCEL_OPS));
    ops = ACCEL_OPS_CLASS(oc);
    if (ops->ops_init) {
        ops->ops_init(ac);
    }
    cpus_register_accel(ops);
}

static void install_in_cpu_class(ObjectClass *klass, void *opaque)
{
    AccelCPUClass *accel_cpu = opaque;
    CPUClass *cc = CPU_CLASS(klass);

    cc->accel_cpu = accel_cpu;
    if (cc->init_accel_cpu) {
        cc->init_accel_cpu(accel_cpu, cc);
    }
    if (accel_cpu->cpu_class_init) {
        accel_cpu->cpu_class_init(cc);
    }
}

void accel_init_interfaces(AccelClass *ac, const char *cpu_type)
{
    g_autofree char *name = g_strconcat(ac->name, "-" TYPE_ACCEL_CPU, NULL);
    ObjectClass *oc = module_object_class_by_name(name);

    accel_init_ops_interfaces(ac);
    if (oc && cpu_type) {
        object_class_foreach(install_in_cpu_class, cpu_type, false, ACCEL_CPU_CLASS(oc));
    }
}

void accel_setup_post(MachineState *ms)
{
    if (accel_in_use && ACCEL_GET_CLASS(accel_in_use)->setup_post) {
        ACCEL_GET_CLASS(accel_in_use)->setup_post(accel_in_use);
    }
}

void accel_cpu_instance_init(CPUState *cpu)
{
    if (cpu->cc->accel_cpu && cpu->cc->accel_cpu->cpu_instance_init) {
        cpu->cc->accel_cpu->cpu_instance_init(cpu);
    }
}

bool accel_cpu_common_realize(CPUState *cpu, Error **errp)
{
    AccelCPUClass *accel_cpu = cpu->cc->accel_cpu;

    if (accel_cpu && accel_cpu->cpu_target_realize && !accel_cpu->cpu_target_realize(cpu, errp)) {
        return false;
    }
    if (accel_in_use && ACCEL_GET_CLASS(accel_in_use)->cpu_common_realize) {
        return ACCEL_GET_CLASS(accel_in_use)->cpu_common_realize(cpu, errp);
    }
    return true;
}

void accel_cpu_common_unrealize(CPUState *cpu)
{
    if (accel_in_use && ACCEL_GET_CLASS(accel_in_use)->cpu_common_unrealize) {
        ACCEL_GET_CLASS(accel_in_use)->cpu_common_unrealize(cpu);
    }
}

int accel_supported_gdbstub_sstep_flags(void)
{
    if (accel_in_use && ACCEL_GET_CLASS(accel_in_use)->gdbstub_supported_sstep_flags) {
        return ACCEL_GET_CLASS(accel_in_use)->gdbstub_supported_sstep_flags(accel_in_use);
    }
    return 0;
}

static const TypeInfo accel_types[] = {
    {
        .name = TYPE_ACCEL,
        .parent = TYPE_OBJECT,
        .class_size = sizeof(AccelClass),
        .instance_size = sizeof(AccelState),
        .abstract = true,
    },
    {
        .name = TYPE_ACCEL_OPS,
        .parent = TYPE_OBJECT,
        .class_size = sizeof(AccelOpsClass),
        .abstract = true,
    },
    {
        .name = TYPE_ACCEL_CPU,
        .parent = TYPE_OBJECT,
        .class_size = sizeof(AccelCPUClass),
        .abstract = true,
    },
};

DEFINE_TYPES(accel_types)
