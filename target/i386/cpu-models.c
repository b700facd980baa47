/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU classes: for each definition the unversioned name, one class per version
 * and one per other name; `max`, `host` and `base`. -cpu help.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "target/i386/accel-cpu.h"
#include "target/i386/cpu-internal.h"
#include "target/i386/cpu-model.h"
#include "target/i386/feature-words.h"

static const X86CPUDefinitionTable *const builtin_x86_defs[] = {
    &x86_defs_legacy, &x86_defs_intel_core, &x86_defs_intel_xeon, &x86_defs_intel_atom,
    &x86_defs_amd,    &x86_defs_amd_epyc,   &x86_defs_zhaoxin,
};

/* Only the machine type sets this, before CPUs exist. */
static int default_cpu_version = CPU_VERSION_AUTO;

void x86_cpu_set_default_version(int version)
{
    default_cpu_version = version;
}

void x86_cpu_def_foreach(void (*fn)(const X86CPUDefinition *def, void *opaque), void *opaque)
{
    for (size_t t = 0; t < G_N_ELEMENTS(builtin_x86_defs); t++) {
        for (size_t i = 0; i < builtin_x86_defs[t]->count; i++) {
            fn(&builtin_x86_defs[t]->defs[i], opaque);
        }
    }
}

static const X86CPUDefinition *find_def(const char *name)
{
    for (size_t t = 0; t < G_N_ELEMENTS(builtin_x86_defs); t++) {
        for (size_t i = 0; i < builtin_x86_defs[t]->count; i++) {
            if (strcmp(builtin_x86_defs[t]->defs[i].name, name) == 0) {
                return &builtin_x86_defs[t]->defs[i];
            }
        }
    }
    return NULL;
}

void x86_cpu_def_features(const X86CPUDefinition *def, FeatureWordArray words)
{
    const X86CPUDefinition *chain[16];
    size_t n = 0;

    for (; def; def = def->like ? find_def(def->like) : NULL) {
        g_assert(n <
                 G_N_ELEMENTS(chain)); /* a loop in the tables: test-cpu-models loads them all */
        chain[n++] = def;
    }
    memset(words, 0, sizeof(FeatureWordArray));
    while (n-- > 0) {
        for (int w = 0; w < FEATURE_WORDS; w++) {
            words[w] = (words[w] & ~chain[n]->without[w]) | chain[n]->features[w];
        }
    }
}

const X86CPUVersionDefinition *x86_cpu_def_versions(const X86CPUDefinition *def)
{
    static const X86CPUVersionDefinition only_first[] = {{.version = 1}, {}};

    return def->versions ? def->versions : only_first;
}

static int latest_version(const X86CPUDefinition *def)
{
    int version = 1;

    for (const X86CPUVersionDefinition *v = x86_cpu_def_versions(def); v->version; v++) {
        version = v->version;
    }
    return version;
}

int x86_cpu_model_version(const X86CPUModel *model)
{
    int version = model->version;

    if (version == CPU_VERSION_AUTO) {
        version = default_cpu_version;
    }
    if (version == CPU_VERSION_AUTO) {
        version = 1;
    }
    if (version == CPU_VERSION_LATEST) {
        version = latest_version(model->def);
    }
    return version;
}

const CPUCaches *x86_cpu_def_caches(const X86CPUDefinition *def, int version)
{
    const CPUCaches *caches = def->caches;

    for (const X86CPUVersionDefinition *v = x86_cpu_def_versions(def);
         v->version && v->version <= version; v++) {
        if (v->caches) {
            caches = v->caches;
        }
    }
    return caches;
}

/* Properties of a model never fail: the tables are checked by test-cpu-models. */
static void set_prop(X86CPU *cpu, const char *prop, const char *value)
{
    object_property_parse(OBJECT(cpu), prop, value, &error_abort);
}

void x86_cpu_apply_props(X86CPU *cpu, const X86PropDefault *props)
{
    FeatureWordArray user;

    memcpy(user, cpu->env.user_features, sizeof(user));
    for (; props->prop; props++) {
        if (props->value) {
            set_prop(cpu, props->prop, props->value);
        }
    }
    memcpy(cpu->env.user_features, user, sizeof(user));
}

void x86_cpu_load_model(X86CPU *cpu, const X86CPUModel *model)
{
    const X86CPUDefinition *def = model->def;
    CPUX86State *env = &cpu->env;
    Object *obj = OBJECT(cpu);
    int version = x86_cpu_model_version(model);

    env->cpuid_min_level = def->level;
    env->cpuid_min_xlevel = def->xlevel;
    env->cpuid_min_xlevel2 = def->xlevel2;
    x86_cpu_set_vendor(env, def->vendor);
    object_property_set_int(obj, "family", def->family, &error_abort);
    object_property_set_int(obj, "model", def->model, &error_abort);
    object_property_set_int(obj, "stepping", def->stepping, &error_abort);
    object_property_set_str(obj, "model-id", def->model_id, &error_abort);
    cpu->avx10_version = def->avx10_version;
    cpu->force_cpuid_0x1f = def->force_cpuid_0x1f;
    x86_cpu_def_features(def, env->features);
    env->features[FEAT_1_ECX] |= CPUID_EXT_HYPERVISOR;

    for (const X86CPUVersionDefinition *v = x86_cpu_def_versions(def);
         v->version && v->version <= version; v++) {
        for (const X86PropValue *p = v->props; p && p->prop; p++) {
            set_prop(cpu, p->prop, p->value);
        }
    }
    cpu->legacy_cache = !x86_cpu_def_caches(def, version) && !def->legacy_cache_off;
    memset(env->user_features, 0, sizeof(env->user_features));
}

/* ---- names ---- */

char *x86_cpu_class_get_model_name(X86CPUClass *xcc)
{
    const char *type = object_class_get_name(OBJECT_CLASS(xcc));

    return g_strndup(type, strlen(type) - strlen(X86_CPU_TYPE_SUFFIX));
}

char *x86_cpu_class_get_alias_of(X86CPUClass *xcc)
{
    g_autofree char *name = x86_cpu_class_get_model_name(xcc);
    g_autofree char *versioned = NULL;

    if (!xcc->model) {
        return NULL;
    }
    versioned = g_strdup_printf("%s-v%d", xcc->model->def->name, x86_cpu_model_version(xcc->model));
    return strcmp(name, versioned) == 0 ? NULL : g_steal_pointer(&versioned);
}

ObjectClass *x86_cpu_class_by_name(const char *cpu_model)
{
    g_autofree char *type = g_strconcat(cpu_model, X86_CPU_TYPE_SUFFIX, NULL);
    ObjectClass *oc = object_class_by_name(type);

    /* A type name is as good as the model's. */
    if (!oc && g_str_has_suffix(cpu_model, X86_CPU_TYPE_SUFFIX)) {
        oc = object_class_by_name(cpu_model);
    }
    return oc && object_class_dynamic_cast(oc, TYPE_X86_CPU) ? oc : NULL;
}

/* ---- -cpu help ---- */

static gint compare_classes(gconstpointer a, gconstpointer b)
{
    const X86CPUClass *ca = a, *cb = b;

    if (ca->ordering != cb->ordering) {
        return ca->ordering - cb->ordering;
    }
    return g_ascii_strcasecmp(object_class_get_name(OBJECT_CLASS(ca)),
                              object_class_get_name(OBJECT_CLASS(cb)));
}

static char *describe_model(X86CPUClass *xcc)
{
    const X86CPUModel *model = xcc->model;
    g_autofree char *alias = x86_cpu_class_get_alias_of(xcc);
    const X86CPUVersionDefinition *v;
    const char *id = NULL, *note = NULL;

    if (!model) {
        return g_strdup(xcc->model_description);
    }
    if (alias && model->version == CPU_VERSION_AUTO) {
        return g_strdup_printf("(%s unless the machine type says otherwise)", alias);
    }
    if (alias) {
        return g_strdup_printf("(alias of %s)", alias);
    }
    id = model->def->model_id;
    for (v = x86_cpu_def_versions(model->def); v->version && v->version <= model->version; v++) {
        note = v->note;
        for (const X86PropValue *p = v->props; p && p->prop; p++) {
            id = strcmp(p->prop, "model-id") == 0 ? p->value : id;
        }
    }
    return note ? g_strdup_printf("%s [%s]", id, note) : g_strdup(id);
}

/* Words separated by blanks, in lines of at most 78 columns. */
static void print_wrapped(char **words)
{
    size_t column = 0;

    for (; *words; words++) {
        size_t len = strlen(*words) + 1;

        if (column && column + len > 78) {
            printf("\n");
            column = 0;
        }
        printf("%s%s", column ? " " : "  ", *words);
        column += len + (column ? 0 : 1);
    }
    printf("\n");
}

void x86_cpu_list(void)
{
    GSList *list = object_class_get_list(TYPE_X86_CPU, false);
    g_auto(GStrv) names = x86_feature_names();

    list = g_slist_sort(list, compare_classes);
    printf("Available CPUs:\n");
    for (GSList *l = list; l; l = l->next) {
        X86CPUClass *xcc = l->data;
        g_autofree char *name = x86_cpu_class_get_model_name(xcc);
        g_autofree char *text = describe_model(xcc);

        printf("  %-26s  %s%s\n", name, text,
               CPU_CLASS(xcc)->deprecation_note ? " (deprecated)" : "");
    }
    g_slist_free(list);
    printf("\nRecognized CPUID flags:\n");
    print_wrapped(names);
}

static gint compare_properties(gconstpointer a, gconstpointer b)
{
    return strcmp(((const ObjectProperty *)a)->name, ((const ObjectProperty *)b)->name);
}

void x86_cpu_list_properties(ObjectClass *oc)
{
    g_autofree char *name = x86_cpu_class_get_model_name(X86_CPU_CLASS(oc));
    GSList *list = NULL;
    ObjectPropertyIterator it;
    ObjectProperty *prop;

    object_class_property_iter_init(&it, oc);
    while ((prop = object_property_iter_next(&it))) {
        if (prop->set) {
            list = g_slist_insert_sorted(list, prop, compare_properties);
        }
    }
    printf("%s properties:\n", name);
    for (GSList *l = list; l; l = l->next) {
        prop = l->data;
        printf("  %s=<%s>\n", prop->name, prop->type);
    }
    g_slist_free(list);
}

/* ---- registration ---- */

static void named_class_init(ObjectClass *oc, const void *data)
{
    const X86CPUModel *model = data;
    X86CPUClass *xcc = X86_CPU_CLASS(oc);

    xcc->kind = X86_CPU_NAMED;
    xcc->model = model;
    CPU_CLASS(oc)->deprecation_note = model->def->deprecation_note;
}

static void base_class_init(ObjectClass *oc, const void *data)
{
    X86CPUClass *xcc = X86_CPU_CLASS(oc);

    xcc->kind = X86_CPU_BASE;
    xcc->model_description = "nothing but the features that are switched on by name";
    xcc->ordering = 8;
}

static bool get_migratable(Object *obj, Error **errp)
{
    return X86_CPU(obj)->migratable;
}

static void set_migratable(Object *obj, bool value, Error **errp)
{
    X86_CPU(obj)->migratable = value;
}

static bool get_host_cache_info(Object *obj, Error **errp)
{
    return X86_CPU(obj)->cache_info_passthrough;
}

static void set_host_cache_info(Object *obj, bool value, Error **errp)
{
    X86_CPU(obj)->cache_info_passthrough = value;
}

static void max_class_init(ObjectClass *oc, const void *data)
{
    X86CPUClass *xcc = X86_CPU_CLASS(oc);

    xcc->kind = X86_CPU_MAX;
    xcc->model_description = "every feature that the accelerator and this host can provide";
    xcc->ordering = 9;
    object_class_property_add_bool(oc, "migratable", get_migratable, set_migratable);
    object_class_property_add_bool(oc, "host-cache-info", get_host_cache_info, set_host_cache_info);
}

static void host_class_init(ObjectClass *oc, const void *data)
{
    X86CPUClass *xcc = X86_CPU_CLASS(oc);

    xcc->kind = X86_CPU_HOST;
    xcc->model_description = "this host's processor (KVM only)";
    xcc->ordering = 10;
}

static void register_model(const char *name, const X86CPUDefinition *def, int version)
{
    X86CPUModel *model = g_new0(X86CPUModel, 1);
    TypeInfo info = {
        /* Kept by the type table, like the model. */
        .name = g_strconcat(name, X86_CPU_TYPE_SUFFIX, NULL),
        .parent = TYPE_X86_CPU,
        .class_init = named_class_init,
        .class_data = model,
    };

    model->def = def;
    model->version = version;
    type_register_static(&info);
}

static void register_definition(const X86CPUDefinition *def, void *opaque)
{
    register_model(def->name, def, CPU_VERSION_AUTO);
    for (const X86CPUVersionDefinition *v = x86_cpu_def_versions(def); v->version; v++) {
        g_autofree char *name = g_strdup_printf("%s-v%d", def->name, v->version);

        register_model(name, def, v->version);
        if (v->alias) {
            register_model(v->alias, def, v->version);
        }
    }
}

static const TypeInfo special_models[] = {
    {
        .name = X86_CPU_TYPE_NAME("base"),
        .parent = TYPE_X86_CPU,
        .class_init = base_class_init,
    },
    {
        .name = X86_CPU_TYPE_NAME("max"),
        .parent = TYPE_X86_CPU,
        .class_init = max_class_init,
    },
    {
        .name = X86_CPU_TYPE_NAME("host"),
        .parent = X86_CPU_TYPE_NAME("max"),
        .class_init = host_class_init,
    },
};

static void register_models(void)
{
    type_register_static_array(special_models, G_N_ELEMENTS(special_models));
    x86_cpu_def_foreach(register_definition, NULL);
}

type_init(register_models)
