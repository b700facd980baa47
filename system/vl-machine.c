/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine object with its properties, and the accelerator that runs it. */

#include "qemu/osdep.h"
#include <cpuid.h>
#include "hw/core/cpu.h"
#include "hw/qdev-properties.h"
#include "qemu/accel.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qapi/util.h"
#include "qemu/missing-part.h"
#include "qemu/option-place.h"
#include "qobject/qstring.h"
#include "qom/compat-properties.h"
#include "system/cpus.h"
#include "system/hostmem.h"
#include "target/i386/cpu.h"
#include "vl-internal.h"

/* ---- machine ---- */

static MachineClass *select_machine(const VMConfig *config)
{
    const char *type = qdict_get_try_str(config->machine, "type");
    MachineClass *mc;

    if (type) {
        Location place;

        loc_push_property("type", &place);
        mc = machine_class_find(type, &error_fatal);
        loc_pop(&place);
        qdict_del(config->machine, "type");
    } else {
        mc = machine_class_default();
    }
    if (mc->deprecation_reason) {
        warn_report("machine type '%s' is deprecated: %s", mc->name, mc->deprecation_reason);
    }
    return mc;
}

/* -machine accel=A:B is the old spelling of -accel A -accel B. */
static char *take_machine_accel(const VMConfig *config)
{
    char *accel = g_strdup(qdict_get_try_str(config->machine, "accel"));

    qdict_del(config->machine, "accel");
    return accel;
}

/* Properties that are the accelerator's, but were given to -machine for long. */
static void take_accel_properties(const VMConfig *config, QDict *accel_props)
{
    const char *irqchip;

    static const char *const names[][2] = {
        {"kernel_irqchip", "kernel-irqchip"}, /* as it was spelt at first */
        {"kernel-irqchip", "kernel-irqchip"},
        {"kvm-shadow-mem", "kvm-shadow-mem"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *value = qdict_get_try_str(config->machine, names[i][0]);
        if (value) {
            qdict_put_str(accel_props, names[i][1], value);
            qdict_del(config->machine, names[i][0]);
        }
    }
    /* Wrong is wrong also where the accelerator has nothing like it. */
    irqchip = qdict_get_try_str(accel_props, "kernel-irqchip");
    if (irqchip && qapi_enum_parse(&OnOffSplit_lookup, irqchip, -1, NULL) < 0) {
        error_report("-machine kernel-irqchip=%s: accepted are on, off, split", irqchip);
        exit(1);
    }
}

/* In reverse order of appearance: the first registered wins where two say the same. */
static void register_globals(const VMConfig *config)
{
    for (guint i = 0; i < config->globals->len; i++) {
        ConfigItem *item = g_ptr_array_index(config->globals, i);
        GlobalProperty *g = g_new0(GlobalProperty, 1);

        g->driver = g_strdup(qdict_get_str(item->keys, "driver"));
        g->property = g_strdup(qdict_get_str(item->keys, "property"));
        g->value = g_strdup(qdict_get_str(item->keys, "value"));
        loc_push_restore(&item->loc);
        qdev_prop_register_global(g);
        loc_pop(&item->loc);
    }
}

MachineState *vl_create_machine(const VMConfig *config)
{
    MachineClass *mc = select_machine(config);

    register_globals(config);
    return machine_create(mc);
}

/* ---- accelerator ---- */

#define bit_VMX (1u << 5)
#define bit_SVM (1u << 2)

/* One of the list: true when it runs. A property that it does not take ends the program. */
static bool try_accelerator(MachineState *machine, const char *name, const QDict *props,
                            Error **errp)
{
    ERRP_GUARD();
    AccelClass *ac = accel_find_err(name, errp);
    AccelState *accel;
    int ret;

    if (!ac) {
        return false;
    }
    if (icount_enabled() && strcmp(name, "tcg") != 0) {
        error_setg(errp, "-icount is not allowed with hardware virtualization");
        error_append_hint(errp, "Instructions are counted by accelerator tcg, not by %s.\n", name);
        return false;
    }
    accel = ACCEL(object_new_with_class(OBJECT_CLASS(ac)));
    object_set_properties_from_qdict(OBJECT(accel), props, true, &error_fatal);
    ret = accel_init_machine(accel, machine, errp);
    if (ret < 0) {
        error_prepend(errp, "accelerator %s: ", name);
        object_unref(accel);
        return false;
    }
    machine->accelerator = accel; /* the machine holds it from now on */
    return true;
}

/*
 * VT-x (SDM vol. 3, 24.6) or SVM (AMD APM vol. 2, 15.4). A /dev/kvm without them
 * belongs to a hypervisor that emulates it: it starts, but is slower than our
 * own translator and does not run every guest. Only who asks for it gets it.
 */
static bool host_has_virtualization(void)
{
    unsigned eax, ebx, ecx, edx;

    return (__get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_VMX)) ||
           (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) && (ecx & bit_SVM));
}

/* The candidates: -accel options, else -machine accel=, else the best that works here. */
static GPtrArray *candidates(const VMConfig *config, const char *machine_accel, bool *chosen)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)qdict_unref);
    const char *names = machine_accel;

    *chosen = config->accels->len || machine_accel;
    for (guint i = 0; i < config->accels->len; i++) {
        ConfigItem *item = g_ptr_array_index(config->accels, i);
        g_ptr_array_add(list, qobject_ref(item->keys));
    }
    if (config->accels->len) {
        return list;
    }
    if (!names) {
        names = config->qtest                                    ? "qtest"
                : host_has_virtualization() && !icount_enabled() ? "kvm:tcg"
                                                                 : "tcg";
    }
    g_auto(GStrv) parts = g_strsplit(names, ":", 0);
    for (int i = 0; parts[i]; i++) {
        QDict *keys = qdict_new();
        qdict_put_str(keys, "accel", parts[i]);
        g_ptr_array_add(list, keys);
    }
    return list;
}

/*
 * What -machine says for accelerators goes to those that have it: the same command
 * line shall start where KVM is and, by the next of the list, where it is not.
 */
static void add_machine_properties(QDict *props, const char *accel, const QDict *extra)
{
    AccelClass *ac = accel_find(accel);

    for (const QDictEntry *e = qdict_first(extra); e && ac; e = qdict_next(extra, e)) {
        if (object_class_property_find(OBJECT_CLASS(ac), qdict_entry_key(e))) {
            qdict_put_obj(props, qdict_entry_key(e), qobject_ref(qdict_entry_value(e)));
        }
    }
}

/* Messages name what asks for the candidate @i, until loc_pop(@loc). */
static void push_place(const VMConfig *config, guint i, Location *loc)
{
    if (config->accels->len) {
        *loc = ((ConfigItem *)g_ptr_array_index(config->accels, i))->loc;
        loc_push_restore(loc);
    } else {
        loc_push_property("accel", loc);
    }
}

/* Of several candidates none runs: one message for all. */
static void report_failure(const VMConfig *config, const char *reasons)
{
    Location loc;

    if (config->accels->len) {
        error_report("no -accel works: %s", reasons);
        error_printf("\"-accel help\" lists those that there are.\n");
        return;
    }
    loc_push_property("accel", &loc);
    error_report("%s", reasons);
    loc_pop(&loc);
}

/* Nobody named one; @failed: KVM was tried. */
static void announce(const char *name, bool failed)
{
    if (!strcmp(name, "kvm")) {
        info_report("using KVM; -accel chooses another accelerator");
    } else {
        info_report("using the translator (-accel tcg), because %s",
                    failed ? "KVM does not work here" : "this host has no hardware virtualization");
    }
}

void vl_start_accelerator(const VMConfig *config, MachineState *machine)
{
    g_autofree char *machine_accel = take_machine_accel(config);
    g_autoptr(QDict) extra = qdict_new();
    g_autoptr(GString) reasons = g_string_new(NULL);
    g_autoptr(GPtrArray) list = NULL;
    Location loc;
    bool chosen;

    take_accel_properties(config, extra);
    list = candidates(config, machine_accel, &chosen);
    if (!list->len) {
        error_report("-machine accel=: this names no accelerator; \"-accel help\" lists them");
        exit(1);
    }
    for (guint i = 0; i < list->len; i++) {
        g_autoptr(QDict) props = qdict_clone_shallow(g_ptr_array_index(list, i));
        const char *accel = qdict_get_try_str(props, "accel");
        g_autofree char *name = g_strdup(accel ? accel : "");
        Error *err = NULL;

        qdict_del(props, "accel");
        add_machine_properties(props, name, extra);
        push_place(config, i, &loc);
        if (try_accelerator(machine, name, props, &err)) {
            loc_pop(&loc);
            /* A machine without processors runs nothing. */
            if (!chosen && !config->qtest &&
                (config->cpu || MACHINE_GET_CLASS(machine)->default_cpu_type)) {
                announce(name, i > 0);
            }
            return;
        }
        if (list->len == 1) {
            error_report_err(err);
            exit(1);
        }
        loc_pop(&loc);
        /* Nobody asked for the first of the default list: its failing is no news. */
        if (chosen || i + 1 == list->len) {
            g_string_append_printf(reasons, "%s%s", reasons->len ? "; " : "",
                                   error_get_pretty(err));
        }
        error_free(err);
    }
    report_failure(config, reasons->str);
    exit(1);
}

/* ---- properties and CPUs ---- */

/* A machine property that says how all guest memory is treated, under @backend_prop there. */
static void pass_memory_flag(const VMConfig *config, const char *machine_prop,
                             const char *backend_prop)
{
    const char *value = qdict_get_try_str(config->machine, machine_prop);
    bool on;

    if (value && qapi_bool_parse(machine_prop, value, &on, &error_fatal)) {
        object_register_sugar_prop(TYPE_MEMORY_BACKEND, backend_prop, on ? "on" : "off", false);
    }
}

/* -mem-prealloc: a default of all memory, that of the machine and what -object makes. */
static void set_prealloc_defaults(const VMConfig *config)
{
    const QDict *smp = qdict_get_qdict(config->machine, "smp");
    const char *cpus = smp ? qdict_get_try_str(smp, "cpus") : NULL;
    unsigned n;

    if (!config->mem_prealloc) {
        return;
    }
    object_register_sugar_prop(TYPE_MEMORY_BACKEND, "prealloc", "on", false);
    if (cpus && !qemu_strtoui(cpus, NULL, 10, &n) && n > 0) {
        /* Who has that many vCPUs has the CPUs to touch the memory with. */
        object_register_sugar_prop(TYPE_MEMORY_BACKEND, "prealloc-threads", cpus, false);
    }
}

void vl_set_memory_defaults(const VMConfig *config)
{
    pass_memory_flag(config, "mem-merge", "merge");
    pass_memory_flag(config, "dump-guest-core", "dump");
    set_prealloc_defaults(config);
}

void vl_set_machine_properties(const VMConfig *config, MachineState *machine)
{
    const QDict *keys = config->machine;

    for (const QDictEntry *e = qdict_first(keys); e; e = qdict_next(keys, e)) {
        g_autoptr(QDict) one = qdict_new();
        Location place;
        Error *err = NULL;

        qdict_put_obj(one, qdict_entry_key(e), qobject_ref(qdict_entry_value(e)));
        loc_push_property(qdict_entry_key(e), &place);
        if (!object_property_find(OBJECT(machine), qdict_entry_key(e)) &&
            missing_part_error(MISSING_MACHINE_PROPERTY, qdict_entry_key(e), &err)) {
            error_propagate(&error_fatal, err);
        }
        if (!object_set_properties_from_qdict(OBJECT(machine), one, true, &err)) {
            object_hint_at_property_help(OBJECT(machine), one, "-machine",
                                         MACHINE_GET_CLASS(machine)->name, &err);
            error_propagate(&error_fatal, err);
        }
        loc_pop(&place);
    }
}

void vl_configure_cpus(const VMConfig *config, MachineState *machine)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    machine->cpu_type = mc->default_cpu_type;
    if (config->cpu) {
        Location loc;

        vl_push_option(config, QEMU_OPTION_cpu, &loc);
        loc_note_property("cpu-type"); /* which processors find out when they are realized */
        machine->cpu_type = parse_cpu_option_for_type(TYPE_X86_CPU, config->cpu, &error_fatal);
        loc_pop(&loc);
    }
    accel_init_interfaces(ACCEL_GET_CLASS(machine->accelerator), TYPE_X86_CPU);
}
