/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Named CPU models against recorded facts (tests/data/cpu-models.tsv): which
 * features each version has on, and who it says it is. Names, versions,
 * -cpu text, and what happens when a feature is not available.
 */
#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "target/i386/cpu-model.h"
#include "target/i386/feature-words.h"
#include "x86-cpu-test.h"

static X86AccelCPUClass *tcg_hooks(void)
{
    return (X86AccelCPUClass *)object_class_by_name("tcg-" TYPE_ACCEL_CPU);
}

static X86CPU *new_expanded(const char *model)
{
    g_autofree char *type = g_strconcat(model, X86_CPU_TYPE_SUFFIX, NULL);
    X86CPU *cpu;

    g_assert_nonnull(object_class_by_name(type));
    cpu = X86_CPU(object_new(type));
    g_assert_true(x86_cpu_expand_features(cpu, &error_abort));
    return cpu;
}

/* ---- golden table ---- */

static char *features_on(X86CPU *cpu)
{
    g_auto(GStrv) names = x86_feature_names();
    GString *on = g_string_new(NULL);

    for (char **n = names; *n; n++) {
        if (object_property_get_bool(OBJECT(cpu), *n, &error_abort)) {
            g_string_append_printf(on, "%s%s", on->len ? " " : "", *n);
        }
    }
    return g_string_free(on, false);
}

static char *identity(X86CPU *cpu)
{
    Object *o = OBJECT(cpu);
    g_autofree char *vendor = object_property_get_str(o, "vendor", &error_abort);
    g_autofree char *id = object_property_get_str(o, "model-id", &error_abort);

    return g_strdup_printf("%s|%d|%d|%d|%u|%u|%s", g_strstrip(vendor),
                           (int)object_property_get_int(o, "family", &error_abort),
                           (int)object_property_get_int(o, "model", &error_abort),
                           (int)object_property_get_int(o, "stepping", &error_abort),
                           cpu->env.cpuid_level, cpu->env.cpuid_xlevel, g_strstrip(id));
}

static void test_golden(void)
{
    g_autofree char *path = x86_cpu_test_data("cpu-models.tsv");
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    int models = 0;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        g_auto(GStrv) f = g_strsplit(*l, "\t", -1);
        X86CPU *cpu;
        g_autofree char *on = NULL, *sum = NULL, *who = NULL;

        if (**l == '#' || g_strv_length(f) != 3) {
            continue;
        }
        cpu = new_expanded(f[0]);
        on = features_on(cpu);
        who = identity(cpu);
        sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, on, -1);
        sum[16] = 0;
        if (strcmp(sum, f[1]) != 0) {
            g_test_message("%s has on: %s", f[0], on);
        }
        g_assert_cmpstr(sum, ==, f[1]);
        g_assert_cmpstr(who, ==, f[2]);
        object_unref(cpu);
        models++;
    }
    g_assert_cmpint(models, ==, 187);
}

/* ---- names ---- */

static void test_names(void)
{
    static const struct {
        const char *name, *alias_of;
    } cases[] = {
        {"Skylake-Client", "Skylake-Client-v1"},
        {"Skylake-Client-IBRS", "Skylake-Client-v2"},
        {"EPYC-IBPB", "EPYC-v2"},
        {"EPYC-v2", NULL},
        {"max", NULL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        ObjectClass *oc = cpu_class_by_name(TYPE_X86_CPU, cases[i].name);
        g_autofree char *alias = NULL;

        g_assert_nonnull(oc);
        alias = x86_cpu_class_get_alias_of(X86_CPU_CLASS(oc));
        g_assert_cmpstr(alias, ==, cases[i].alias_of);
    }
    g_assert_null(cpu_class_by_name(TYPE_X86_CPU, "i9"));
}

static void test_default_version(void)
{
    X86CPU *cpu;

    x86_cpu_set_default_version(CPU_VERSION_LATEST);
    cpu = new_expanded("EPYC-Turin");
    g_assert_true(object_property_get_bool(OBJECT(cpu), "gmet", &error_abort));
    object_unref(cpu);
    x86_cpu_set_default_version(CPU_VERSION_AUTO);
    cpu = new_expanded("EPYC-Turin");
    g_assert_false(object_property_get_bool(OBJECT(cpu), "gmet", &error_abort));
    object_unref(cpu);
}

/* Each definition has the caches it says: their size is the product of the rest. */
static void check_cache(const CPUCacheInfo *c, unsigned level)
{
    if (c->type != CPU_CACHE_NONE) {
        g_assert_cmpuint(c->level, ==, level);
        g_assert_cmpuint(c->size, ==,
                         (uint32_t)c->line_size * c->associativity * c->partitions * c->sets);
    }
}

static void check_definition(const X86CPUDefinition *def, void *opaque)
{
    for (const X86CPUVersionDefinition *v = x86_cpu_def_versions(def); v->version; v++) {
        const CPUCaches *caches = x86_cpu_def_caches(def, v->version);

        if (caches) {
            check_cache(&caches->l1d, 1);
            check_cache(&caches->l1i, 1);
            check_cache(&caches->l2, 2);
            check_cache(&caches->l3, 3);
        }
    }
}

static void test_caches(void)
{
    x86_cpu_def_foreach(check_definition, NULL);
}

/* ---- features by name ---- */

static void test_feature_names(void)
{
    FeatureWord word;
    uint64_t mask;

    g_assert_true(x86_feature_lookup("sse4_1", &word, &mask));
    g_assert_cmpint(word, ==, FEAT_1_ECX);
    g_assert_cmphex(mask, ==, CPUID_EXT_SSE41);
    g_assert_true(x86_feature_lookup("kvmclock", &word, &mask));
    g_assert_cmphex(mask, ==, CPUID_KVM_CLOCKSOURCE | CPUID_KVM_CLOCKSOURCE2);
    g_assert_false(x86_feature_lookup("avx1024", &word, &mask));
}

static void test_parse(void)
{
    const char *type = X86_CPU_TYPE_NAME("Nehalem");
    CPUClass *cc = CPU_CLASS(object_class_by_name(type));
    g_autofree char *text = g_strdup("+avx2,-sse4_2,stepping=3,popcnt=off,tsc-freq=2G,avx2=off");
    X86CPU *cpu;

    cc->parse_features(type, text, &error_abort);
    cpu = new_expanded("Nehalem");
    g_assert_false(cpu->env.features[FEAT_1_ECX] & CPUID_EXT_SSE42);
    g_assert_false(cpu->env.features[FEAT_1_ECX] & CPUID_EXT_POPCNT);
    g_assert_cmpint(cpu->env.cpuid_version & 0xf, ==, 3);
    g_assert_cmpint(cpu->env.tsc_khz, ==, 2000000);
    /* +avx2 wins, but what it needs is off */
    g_assert_true(cpu->env.user_features[FEAT_7_0_EBX] & CPUID_7_0_EBX_AVX2);
    g_assert_false(cpu->env.features[FEAT_7_0_EBX] & CPUID_7_0_EBX_AVX2);
    g_assert_true(cpu->filtered_features[FEAT_7_0_EBX] & CPUID_7_0_EBX_AVX2);
    object_unref(cpu);
}

static void test_parse_errors(void)
{
    static const struct {
        const char *text, *message, *hint;
    } cases[] = {
        {"+avx3", "CPU model 'qemu64' has no feature or property 'avx3'", "avx"},
        {"steping=3", "CPU model 'qemu64' has no feature or property 'steping'", "stepping"},
        {"tsc-freq=fast", "tsc-freq=fast: must be a frequency in Hz, such as 2500000000 or 2.5G",
         NULL},
    };
    const char *type = X86_CPU_TYPE_NAME("qemu64");
    CPUClass *cc = CPU_CLASS(object_class_by_name(type));

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup(cases[i].text);
        Error *err = NULL;

        cc->parse_features(type, text, &err);
        g_assert_nonnull(err);
        g_assert_cmpstr(error_get_pretty(err), ==, cases[i].message);
        if (cases[i].hint) {
            g_assert_nonnull(strstr(error_get_hint(err), cases[i].hint));
        }
        error_free(err);
    }
}

static void test_bad_values(void)
{
    static const struct {
        const char *prop, *value, *message;
    } cases[] = {
        {"stepping", "16", "stepping=16: must be between 0 and 15"},
        {"family", "-1", "family=-1: must be between 0 and 270"},
        {"vendor", "Intel", "vendor=Intel: must be 12 characters, such as GenuineIntel"},
    };
    X86CPU *cpu = X86_CPU(object_new(X86_CPU_TYPE_NAME("qemu64")));

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Error *err = NULL;

        object_property_parse(OBJECT(cpu), cases[i].prop, cases[i].value, &err);
        g_assert_nonnull(err);
        g_assert_cmpstr(error_get_pretty(err), ==, cases[i].message);
        error_free(err);
    }
    object_unref(cpu);
}

/* ---- what is not available ---- */

static char *realize_error(X86CPU *cpu)
{
    Error *err = NULL;
    char *message;

    g_assert_false(qdev_realize(DEVICE(cpu), NULL, &err));
    message = g_strdup(error_get_pretty(err));
    error_free(err);
    object_unref(cpu);
    return message;
}

static void test_enforce(void)
{
    X86CPU *cpu = X86_CPU(object_new(X86_CPU_TYPE_NAME("qemu64")));
    g_autofree char *message = NULL;

    object_property_set_bool(OBJECT(cpu), "3dnow", true, &error_abort);
    object_property_set_bool(OBJECT(cpu), "enforce", true, &error_abort);
    message = realize_error(cpu);
    g_assert_cmpstr(message, ==, "enforce=on: TCG cannot provide the CPU features 3dnow");
}

static void test_host_without_kvm(void)
{
    g_autofree char *message = realize_error(X86_CPU(object_new(X86_CPU_TYPE_NAME("host"))));

    g_assert_cmpstr(message, ==, "CPU model 'host' needs KVM");
}

/* What TCG lacks on every host is dropped. */
static void test_filter(void)
{
    X86CPU *cpu = new_expanded("EPYC");
    uint64_t tbm = CPUID_EXT3_TBM;

    object_property_set_bool(OBJECT(cpu), "tbm", true, &error_abort);
    g_assert_true(x86_cpu_filter_features(cpu, false));
    g_assert_false(cpu->env.features[FEAT_8000_0001_ECX] & tbm);
    g_assert_true(cpu->env.features[FEAT_8000_0001_ECX] & CPUID_EXT3_SVM);
    g_assert_true(cpu->filtered_features[FEAT_8000_0001_ECX] & tbm);
    object_unref(cpu);
}

/* `max` has what the host has and the emulator knows, and no more. */
static void test_max(void)
{
    X86CPU *cpu = new_expanded("max");
    CPUX86State *env = &cpu->env;
    uint64_t host = x86_host_feature_word(FEAT_7_0_EBX);

    g_assert_true(env->features[FEAT_8000_0001_EDX] & CPUID_EXT2_LM);
    g_assert_true(env->features[FEAT_7_0_EBX] & CPUID_7_0_EBX_SMEP);
    g_assert_cmpint(!!(env->features[FEAT_7_0_EBX] & CPUID_7_0_EBX_BMI2), ==,
                    !!(host & CPUID_7_0_EBX_BMI2));
    g_assert_false(env->features[FEAT_8000_0007_EDX] & CPUID_APM_INVTSC);
    g_assert_false(x86_cpu_filter_features(cpu, false));
    object_unref(cpu);
}

int main(int argc, char **argv)
{
    x86_cpu_test_init(&argc, &argv);
    x86_cpu_test_set_accel(tcg_hooks());
    g_test_add_func("/cpu/models/golden", test_golden);
    g_test_add_func("/cpu/models/names", test_names);
    g_test_add_func("/cpu/models/default-version", test_default_version);
    g_test_add_func("/cpu/models/caches", test_caches);
    g_test_add_func("/cpu/features/names", test_feature_names);
    g_test_add_func("/cpu/features/errors", test_parse_errors);
    g_test_add_func("/cpu/features/bad-values", test_bad_values);
    g_test_add_func("/cpu/features/enforce", test_enforce);
    g_test_add_func("/cpu/features/filter", test_filter);
    g_test_add_func("/cpu/features/max", test_max);
    g_test_add_func("/cpu/features/host", test_host_without_kvm);
    /* Last: it leaves globals for Nehalem behind. */
    g_test_add_func("/cpu/features/parse", test_parse);
    return g_test_run();
}
