/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands about CPU models: which there are, and what one is made of. */
#include "qemu/osdep.h"
#include "commands.h"
#include "hw/qdev-properties.h"
#include "qobject/qbool.h"
#include "qobject/qlist.h"
#include "qobject/qstring.h"
#include "qemu/nearest-name.h"
#include "target/i386/cpu.h"
#include "target/i386/feature-words.h"

/* ---- query-cpu-definitions ---- */

/* What a CPU of this class would lack here: names of features, NULL if it cannot be made. */
static QList *unavailable_features(X86CPUClass *xcc)
{
    Object *obj = object_new_with_class(OBJECT_CLASS(xcc));
    X86CPU *cpu = X86_CPU(obj);
    QList *list = NULL;
    Error *err = NULL;

    cpu->check_cpuid = false;
    if (x86_cpu_expand_features(cpu, &err)) {
        g_auto(GStrv) names = NULL;

        x86_cpu_filter_features(cpu, false);
        names = x86_cpu_unavailable_features(cpu);
        list = qlist_new();
        for (char **n = names; *n; n++) {
            qlist_append_str(list, *n);
        }
    }
    error_free(err);
    object_unref(obj);
    return list;
}

static QDict *describe_model(X86CPUClass *xcc)
{
    g_autofree char *name = x86_cpu_class_get_model_name(xcc);
    g_autofree char *alias = x86_cpu_class_get_alias_of(xcc);
    QList *missing = unavailable_features(xcc);
    QDict *dict = qdict_new();

    qdict_put_str(dict, "name", name);
    qdict_put_str(dict, "typename", object_class_get_name(OBJECT_CLASS(xcc)));
    qdict_put_bool(dict, "static", xcc->kind == X86_CPU_BASE);
    qdict_put_bool(dict, "migration-safe", xcc->kind == X86_CPU_NAMED || xcc->kind == X86_CPU_BASE);
    qdict_put_bool(dict, "deprecated", CPU_CLASS(xcc)->deprecation_note != NULL);
    if (alias) {
        qdict_put_str(dict, "alias-of", alias);
    }
    if (missing) {
        qdict_put(dict, "unavailable-features", missing);
    }
    return dict;
}

static QObject *cmd_query_cpu_definitions(const QDict *args, Error **errp)
{
    g_autoptr(GSList) classes = object_class_get_list_sorted(TYPE_X86_CPU, false);
    QList *list = qlist_new();

    for (GSList *l = classes; l; l = l->next) {
        qlist_append(list, describe_model(X86_CPU_CLASS(l->data)));
    }
    return QOBJECT(list);
}

/* ---- query-cpu-model-expansion ---- */

static X86CPU *model_cpu(const QDict *model, Error **errp)
{
    ERRP_GUARD();
    const char *name = qdict_get_try_str(model, "name");
    QDict *props = qobject_to(QDict, qdict_get(model, "props"));
    ObjectClass *oc = name ? cpu_class_by_name(TYPE_X86_CPU, name) : NULL;
    Object *obj;

    if (!name) {
        error_setg(errp, "argument 'model': member 'name' is missing");
        return NULL;
    }
    if (!oc) {
        error_setg(errp, "argument 'model': there is no CPU model '%s'", name);
        return NULL;
    }
    obj = object_new_with_class(oc);
    X86_CPU(obj)->check_cpuid = false;
    if ((props && !object_set_properties_from_qdict(obj, props, false, errp)) ||
        !x86_cpu_expand_features(X86_CPU(obj), errp)) {
        object_unref(obj);
        return NULL;
    }
    X86_CPU(obj)->check_cpuid = true;
    return X86_CPU(obj);
}

/* Of use to who makes a CPU: no wires, results and bookkeeping. */
static bool is_model_property(const ObjectProperty *prop)
{
    static const char *const skip[] = {"type",
                                       "hotplugged",
                                       "hotpluggable",
                                       "parent_bus",
                                       "feature-words",
                                       "filtered-features",
                                       "unavailable-features",
                                       "crash-information",
                                       NULL};

    return prop->get && prop->set && !g_strv_contains(skip, prop->name) &&
           !g_str_has_prefix(prop->type, "child<");
}

static void put_property(QDict *dict, X86CPU *cpu, const char *name)
{
    QObject *value = object_property_get_qobject(OBJECT(cpu), name, NULL);

    if (value) {
        qdict_put_obj(dict, name, value);
    }
}

static QDict *full_properties(X86CPU *cpu)
{
    QDict *dict = qdict_new();
    ObjectPropertyIterator it;
    ObjectProperty *prop;

    object_property_iter_init(&it, OBJECT(cpu));
    while ((prop = object_property_iter_next(&it))) {
        if (is_model_property(prop)) {
            put_property(dict, cpu, prop->name);
        }
    }
    return dict;
}

/* What makes the model, whatever the version of the emulator: every feature, and the identity. */
static QDict *static_properties(X86CPU *cpu)
{
    static const char *const identity[] = {"min-level", "min-xlevel", "family", "model", "stepping",
                                           "model-id",  "vendor",     "lmce",   NULL};
    g_auto(GStrv) features = x86_feature_names();
    QDict *dict = qdict_new();

    for (char **f = features; *f; f++) {
        put_property(dict, cpu, *f);
    }
    for (const char *const *p = identity; *p; p++) {
        put_property(dict, cpu, *p);
    }
    return dict;
}

static QObject *cmd_query_cpu_model_expansion(const QDict *args, Error **errp)
{
    const char *type = qdict_get_str(args, "type");
    const QDict *model = qobject_to(QDict, qdict_get(args, "model"));
    bool full = strcmp(type, "full") == 0;
    QDict *result, *expanded;
    X86CPU *cpu;

    if (!full && strcmp(type, "static") != 0) {
        error_setg(errp, "argument 'type': '%s' is not one of 'static', 'full'", type);
        return NULL;
    }
    cpu = model_cpu(model, errp);
    if (!cpu) {
        return NULL;
    }
    expanded = qdict_new();
    qdict_put_str(expanded, "name", full ? qdict_get_str(model, "name") : "base");
    qdict_put(expanded, "props", full ? full_properties(cpu) : static_properties(cpu));
    result = qdict_new();
    qdict_put(result, "model", expanded);
    object_unref(OBJECT(cpu));
    return QOBJECT(result);
}

/* ---- table ---- */

static const QmpArg expansion_args[] = {
    {"type", QTYPE_QSTRING},
    {"model", QTYPE_QDICT},
    {NULL},
};

static const QmpTableCommand commands[] = {
    {"query-cpu-definitions", cmd_query_cpu_definitions},
    {"query-cpu-model-expansion", cmd_query_cpu_model_expansion, expansion_args},
};

void qmp_register_cpu_models(void)
{
    qmp_register_commands(commands, ARRAY_SIZE(commands));
}
