/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands about CPU models: which there are, and what one is made of. */
#include "qemu/osdep.h"
#include "commands.h"
#include "hw/qdev-properties.h"
#include "qapi/qapi-commands-machine.h"
#include "qobject/qdict.h"
#include "qemu/nearest-name.h"
#include "target/i386/cpu.h"
#include "target/i386/feature-words.h"

/* ---- query-cpu-definitions ---- */

/* What a CPU of this class would lack here; false if it cannot be made. */
static bool unavailable_features(X86CPUClass *xcc, strList **list)
{
    Object *obj = object_new_with_class(OBJECT_CLASS(xcc));
    X86CPU *cpu = X86_CPU(obj);
    bool ok;

    cpu->check_cpuid = false;
    ok = x86_cpu_expand_features(cpu, NULL);
    if (ok) {
        g_auto(GStrv) names = NULL;

        x86_cpu_filter_features(cpu, false);
        names = x86_cpu_unavailable_features(cpu);
        for (char **n = names; *n; n++) {
            QAPI_LIST_APPEND(list, g_strdup(*n));
        }
    }
    object_unref(obj);
    return ok;
}

static CpuDefinitionInfo *describe_model(X86CPUClass *xcc)
{
    CpuDefinitionInfo *info = g_new0(CpuDefinitionInfo, 1);

    info->name = x86_cpu_class_get_model_name(xcc);
    info->typename = g_strdup(object_class_get_name(OBJECT_CLASS(xcc)));
    info->q_static = xcc->kind == X86_CPU_BASE;
    info->has_migration_safe = true;
    info->migration_safe = xcc->kind == X86_CPU_NAMED || xcc->kind == X86_CPU_BASE;
    info->deprecated = CPU_CLASS(xcc)->deprecation_note != NULL;
    info->alias_of = x86_cpu_class_get_alias_of(xcc);
    info->has_unavailable_features = unavailable_features(xcc, &info->unavailable_features);
    return info;
}

CpuDefinitionInfoList *qmp_query_cpu_definitions(Error **errp)
{
    g_autoptr(GSList) classes = object_class_get_list_sorted(TYPE_X86_CPU, false);
    CpuDefinitionInfoList *list = NULL, **tail = &list;

    for (GSList *l = classes; l; l = l->next) {
        QAPI_LIST_APPEND(tail, describe_model(X86_CPU_CLASS(l->data)));
    }
    return list;
}

/* ---- query-cpu-model-expansion ---- */

static X86CPU *model_cpu(const CpuModelInfo *model, Error **errp)
{
    QDict *props = qobject_to(QDict, model->props);
    ObjectClass *oc = cpu_class_by_name(TYPE_X86_CPU, model->name);
    Object *obj;

    if (!oc) {
        error_setg(errp, "argument 'model': there is no CPU model '%s'", model->name);
        return NULL;
    }
    if (model->props && !props) {
        error_setg(errp, "argument 'model': member 'props' must be an object");
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

/*
 * Of use to who makes a CPU: no wires, results and bookkeeping. "realized" is none of that, but
 * clients know it from there.
 */
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

    if (!strcmp(prop->name, "realized")) {
        return true;
    }
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

CpuModelExpansionInfo *qmp_query_cpu_model_expansion(CpuModelInfo *model,
                                                     CpuModelExpansionType type, Error **errp)
{
    bool full = type == CPU_MODEL_EXPANSION_TYPE_FULL;
    X86CPU *cpu = model_cpu(model, errp);
    CpuModelExpansionInfo *info;

    if (!cpu) {
        return NULL;
    }
    info = g_new0(CpuModelExpansionInfo, 1);
    info->model = g_new0(CpuModelInfo, 1);
    info->model->name = g_strdup(full ? model->name : "base");
    info->model->props = QOBJECT(full ? full_properties(cpu) : static_properties(cpu));
    object_unref(OBJECT(cpu));
    return info;
}

/* ---- two models ---- */

typedef struct Pair {
    X86CPU *a, *b;
} Pair;

static void pair_free(Pair *pair)
{
    if (pair->a) {
        object_unref(OBJECT(pair->a));
    }
    if (pair->b) {
        object_unref(OBJECT(pair->b));
    }
}

static bool pair_new(Pair *pair, const CpuModelInfo *modela, const CpuModelInfo *modelb,
                     Error **errp)
{
    pair->a = model_cpu(modela, errp);
    pair->b = pair->a ? model_cpu(modelb, errp) : NULL;
    if (!pair->b) {
        pair_free(pair);
        return false;
    }
    return true;
}

static bool has_feature(X86CPU *cpu, const char *name)
{
    return object_property_get_bool(OBJECT(cpu), name, NULL);
}

CpuModelCompareInfo *qmp_query_cpu_model_comparison(CpuModelInfo *modela, CpuModelInfo *modelb,
                                                    Error **errp)
{
    g_auto(GStrv) features = x86_feature_names();
    g_autofree char *vendor_a = NULL, *vendor_b = NULL;
    bool a_more = false, b_more = false;
    CpuModelCompareInfo *info;
    strList **tail;
    Pair pair;

    if (!pair_new(&pair, modela, modelb, errp)) {
        return NULL;
    }
    info = g_new0(CpuModelCompareInfo, 1);
    tail = &info->responsible_properties;
    vendor_a = object_property_get_str(OBJECT(pair.a), "vendor", NULL);
    vendor_b = object_property_get_str(OBJECT(pair.b), "vendor", NULL);
    if (g_strcmp0(vendor_a, vendor_b)) {
        QAPI_LIST_APPEND(tail, g_strdup("vendor"));
        a_more = b_more = true; /* code chooses its way by the vendor */
    }
    for (char **f = features; *f; f++) {
        bool in_a = has_feature(pair.a, *f), in_b = has_feature(pair.b, *f);

        if (in_a != in_b) {
            QAPI_LIST_APPEND(tail, g_strdup(*f));
            a_more |= in_a;
            b_more |= in_b;
        }
    }
    info->result = a_more && b_more ? CPU_MODEL_COMPARE_RESULT_INCOMPATIBLE
                   : a_more         ? CPU_MODEL_COMPARE_RESULT_SUPERSET
                   : b_more         ? CPU_MODEL_COMPARE_RESULT_SUBSET
                                    : CPU_MODEL_COMPARE_RESULT_IDENTICAL;
    pair_free(&pair);
    return info;
}

/* Takes out of @props, those of one model, what the other lacks; levels are those of the lesser. */
static void restrict_to(QDict *props, X86CPU *other)
{
    static const char *const levels[] = {"min-level", "min-xlevel", NULL};
    g_auto(GStrv) features = x86_feature_names();

    for (char **f = features; *f; f++) {
        if (!has_feature(other, *f)) {
            qdict_put_bool(props, *f, false);
        }
    }
    for (const char *const *l = levels; *l; l++) {
        int64_t value = object_property_get_int(OBJECT(other), *l, NULL);
        qdict_put_int(props, *l, MIN(value, qdict_get_int(props, *l)));
    }
}

CpuModelBaselineInfo *qmp_query_cpu_model_baseline(CpuModelInfo *modela, CpuModelInfo *modelb,
                                                   Error **errp)
{
    CpuModelBaselineInfo *info;
    g_autofree char *vendor_a = NULL, *vendor_b = NULL;
    QDict *props;
    Pair pair;

    if (!pair_new(&pair, modela, modelb, errp)) {
        return NULL;
    }
    vendor_a = object_property_get_str(OBJECT(pair.a), "vendor", NULL);
    vendor_b = object_property_get_str(OBJECT(pair.b), "vendor", NULL);
    if (g_strcmp0(vendor_a, vendor_b)) {
        error_setg(errp, "models '%s' and '%s' have different vendors, and no common baseline",
                   modela->name, modelb->name);
        pair_free(&pair);
        return NULL;
    }
    props = static_properties(pair.a);
    restrict_to(props, pair.b);
    pair_free(&pair);
    info = g_new0(CpuModelBaselineInfo, 1);
    info->model = g_new0(CpuModelInfo, 1);
    info->model->name = g_strdup("base");
    info->model->props = QOBJECT(props);
    return info;
}
