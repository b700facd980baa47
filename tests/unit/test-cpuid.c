/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID of one processor at reset against recorded values
 * (tests/data/guest-cpuid.tsv), and topology leaves of larger machines.
 */
#include "qemu/osdep.h"
#include "hw/i386/topology.h"
#include "target/i386/feature-words.h"
#include "target/i386/hyperv.h"
#include "x86-cpu-test.h"

/* Rows by "model leaf.subleaf". */
static GHashTable *recorded;

static void load_rows(void)
{
    g_autofree char *path = x86_cpu_test_data("guest-cpuid.tsv");
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    recorded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        g_auto(GStrv) f = g_strsplit(*l, "\t", -1);

        if (**l != '#' && g_strv_length(f) == 3) {
            g_hash_table_insert(recorded, g_strdup_printf("%s %s", f[0], f[1]), g_strdup(f[2]));
        }
    }
}

/* ---- an accelerator that offers what the rows of `max` were recorded with ---- */

static uint64_t recorded_word(X86CPU *cpu, FeatureWord w)
{
    const FeatureWordInfo *f = &feature_word_info[w];
    g_autofree char *key = NULL;
    unsigned r[4];
    const char *row;

    if (f->source != FEATURE_CPUID) {
        return 0;
    }
    key = g_strdup_printf("max %x.%x", f->leaf, f->ecx);
    row = g_hash_table_lookup(recorded, key);
    /* Leaves beyond the highest repeat leaf 0DH there. */
    if (!row || (f->leaf > 0xd && f->leaf < 0x40000000) || f->leaf == 0x80000022) {
        return 0;
    }
    g_assert_cmpint(sscanf(row, "%x %x %x %x", &r[0], &r[1], &r[2], &r[3]), ==, 4);
    return r[f->reg == R_EAX ? 0 : f->reg == R_EBX ? 1 : f->reg == R_ECX ? 2 : 3];
}

static bool recorded_hypervisor(X86CPU *cpu, uint32_t index, uint32_t *eax, uint32_t *ebx,
                                uint32_t *ecx, uint32_t *edx)
{
    X86AccelCPUClass *tcg = (X86AccelCPUClass *)object_class_by_name("tcg-" TYPE_ACCEL_CPU);

    return tcg->cpuid_hypervisor(cpu, index, eax, ebx, ecx, edx);
}

static void vme_off(CPUState *cs)
{
    static const X86PropDefault defaults[] = {{"vme", "off"}, {}};

    x86_cpu_apply_props(X86_CPU(cs), defaults);
}

static X86AccelCPUClass hooks = {
    .parent_class.cpu_instance_init = vme_off,
    .label = "test",
    .supported_feature_word = recorded_word,
    .cpuid_hypervisor = recorded_hypervisor,
};

/* ---- */

static void check_model(const char *model)
{
    static uint32_t apic_id = 100;
    g_autofree char *type = g_strconcat(model, X86_CPU_TYPE_SUFFIX, NULL);
    g_autofree char *prefix = g_strconcat(model, " ", NULL);
    GHashTableIter it;
    gpointer key, value;
    X86CPU *cpu = X86_CPU(object_new(type));
    int rows = 0;

    object_property_set_uint(OBJECT(cpu), "apic-id", apic_id++, &error_abort);
    object_property_set_bool(OBJECT(cpu), "check", false, &error_abort);
    qdev_realize(DEVICE(cpu), NULL, &error_abort);
    cpu->apic_id = 0;
    g_hash_table_iter_init(&it, recorded);
    while (g_hash_table_iter_next(&it, &key, &value)) {
        g_autofree char *got = NULL;
        unsigned leaf, sub;
        uint32_t a, b, c, d;

        if (!g_str_has_prefix(key, prefix) ||
            sscanf((char *)key + strlen(prefix), "%x.%x", &leaf, &sub) != 2) {
            continue;
        }
        cpu_x86_cpuid(&cpu->env, leaf, sub, &a, &b, &c, &d);
        got = g_strdup_printf("%08x %08x %08x %08x", a, b, c, d);
        if (strcmp(got, value) != 0) {
            g_test_message("%s: got %s, recorded %s", (char *)key, got, (char *)value);
            g_test_fail();
        }
        rows++;
    }
    g_assert_cmpint(rows, ==, 64);
}

static void test_recorded(gconstpointer model)
{
    check_model(model);
}

/* ---- topology ---- */

static X86CPU *cpu_in(const char *model, uint32_t apic_id, unsigned dies, unsigned modules,
                      unsigned cores, unsigned threads)
{
    g_autofree char *type = g_strconcat(model, X86_CPU_TYPE_SUFFIX, NULL);
    X86CPU *cpu = X86_CPU(object_new(type));

    cpu->nr_dies = dies;
    cpu->nr_modules = modules;
    cpu->nr_cores = cores;
    cpu->nr_threads = threads;
    object_property_set_uint(OBJECT(cpu), "apic-id", apic_id, &error_abort);
    object_property_set_bool(OBJECT(cpu), "check", false, &error_abort);
    qdev_realize(DEVICE(cpu), NULL, &error_abort);
    return cpu;
}

#define CPUID(cpu, leaf, sub) cpu_x86_cpuid(&(cpu)->env, (leaf), (sub), &a, &b, &c, &d)

static void test_topology_intel(void)
{
    X86CPU *cpu = cpu_in("Icelake-Server", 0x15, 2, 1, 3, 2);
    uint32_t a, b, c, d;

    CPUID(cpu, 1, 0);
    g_assert_cmphex(b >> 24, ==, 0x15);
    g_assert_cmpuint((b >> 16) & 0xff, ==, 16); /* ids: 1 + 2 + 1 bits */
    g_assert_true(d & CPUID_HT);
    CPUID(cpu, 0xb, 0);
    g_assert_cmphex(a, ==, 1);
    g_assert_cmphex(b, ==, 2);
    g_assert_cmphex(d, ==, 0x15);
    CPUID(cpu, 0xb, 1);
    g_assert_cmphex(a, ==, 4);
    g_assert_cmphex(b, ==, 12);
    CPUID(cpu, 0x1f, 1); /* cores of a die */
    g_assert_cmphex(a, ==, 3);
    g_assert_cmphex(b, ==, 6);
    g_assert_cmphex(c, ==, 0x201);
    CPUID(cpu, 0x1f, 2); /* dies */
    g_assert_cmphex(a, ==, 4);
    g_assert_cmphex(b, ==, 12);
    g_assert_cmphex(c, ==, 0x502);
    CPUID(cpu, 0x1f, 3);
    g_assert_cmphex(b, ==, 0);
    CPUID(cpu, 4, 0); /* L1: shared by the threads of a core; 8 core ids in the package */
    g_assert_cmpuint((a >> 14) & 0xfff, ==, 1);
    g_assert_cmpuint(a >> 26, ==, 7);
    CPUID(cpu, 4, 3);
    g_assert_cmpuint((a >> 14) & 0xfff, ==, 7);
}

static void test_topology_amd(void)
{
    X86CPU *cpu = cpu_in("EPYC", 0x25, 1, 1, 8, 2);
    uint32_t a, b, c, d;

    CPUID(cpu, 1, 0);
    g_assert_cmpuint((b >> 16) & 0xff, ==, 16);
    CPUID(cpu, 0x80000001, 0);
    g_assert_true(c & CPUID_EXT3_CMP_LEG);
    CPUID(cpu, 0x80000008, 0);
    g_assert_cmphex(c & 0xffff, ==, 0x400f);
    CPUID(cpu, 0x8000001e, 0);
    g_assert_cmphex(a, ==, 0x25);
    g_assert_cmphex(b, ==, 0x102);
    CPUID(cpu, 0x8000001d, 3);
    g_assert_cmpuint((a >> 14) & 0xfff, ==, 15);
}

static void test_apic_ids(void)
{
    X86CPUTopoInfo t = {
        .dies_per_pkg = 2, .modules_per_die = 1, .cores_per_module = 3, .threads_per_core = 2};

    g_assert_cmphex(x86_apicid_from_cpu_idx(&t, 0), ==, 0);
    g_assert_cmphex(x86_apicid_from_cpu_idx(&t, 5), ==, 5);
    g_assert_cmphex(x86_apicid_from_cpu_idx(&t, 6), ==, 8);
    g_assert_cmphex(x86_apicid_from_cpu_idx(&t, 12), ==, 16);
}

/* Bits that follow control registers. */
static void test_dynamic(void)
{
    X86CPU *cpu = cpu_in("Icelake-Server", 0x40, 1, 1, 1, 1);
    uint32_t a, b, c, d;

    cpu->env.cr[4] |= CR4_OSXSAVE_MASK | CR4_PKE_MASK;
    cpu->env.xcr0 = XSTATE_FP_MASK | XSTATE_SSE_MASK | XSTATE_YMM_MASK | XSTATE_PKRU_MASK;
    CPUID(cpu, 1, 0);
    g_assert_true(c & CPUID_EXT_OSXSAVE);
    CPUID(cpu, 7, 0);
    g_assert_true(c & CPUID_7_0_ECX_OSPKE);
    CPUID(cpu, 0xd, 0);
    g_assert_cmphex(b, ==, 2688 + 8);
    CPUID(cpu, 0xd, 1);
    g_assert_cmphex(b, ==, 576 + 256 + 8);
}

/* ---- Hyper-V ---- */

static void test_hyperv_leaves(void)
{
    X86CPU *cpu = X86_CPU(object_new("qemu64" X86_CPU_TYPE_SUFFIX));
    uint32_t a = 0, b = 0, c = 0, d = 0;

    g_assert_false(x86_hyperv_enabled(cpu));
    object_property_set_bool(OBJECT(cpu), "hv-relaxed", true, &error_abort);
    object_property_set_bool(OBJECT(cpu), "hv-time", true, &error_abort);
    object_property_set_uint(OBJECT(cpu), "hv-spinlocks", 0x1fff, &error_abort);
    g_assert_true(x86_hyperv_resolve(cpu, HV_FEAT(RELAXED) | HV_FEAT(TIME), "test", &error_abort));
    g_assert_true(x86_hyperv_enabled(cpu));
    g_assert_true(x86_hyperv_cpuid(cpu, 0x40000000, &a, &b, &c, &d));
    g_assert_cmphex(a, ==, 0x40000006);
    g_assert_cmphex(b, ==, 0x7263694d); /* "Micr" */
    g_assert_true(x86_hyperv_cpuid(cpu, 0x40000003, &a, &b, &c, &d));
    g_assert_cmphex(a, ==, 0x222); /* time, hypercall page */
    g_assert_true(x86_hyperv_cpuid(cpu, 0x40000004, &a, &b, &c, &d));
    g_assert_cmphex(a, ==, 0x20);
    g_assert_cmphex(b, ==, 0x1fff);
    g_assert_false(x86_hyperv_cpuid(cpu, 0x40000100, &a, &b, &c, &d));
    g_assert_true(x86_hyperv_has_msr(cpu, HV_TIME_REF_COUNT));
    g_assert_false(x86_hyperv_has_msr(cpu, HV_VP_INDEX));
    object_unref(OBJECT(cpu));
}

static void test_hyperv_refused(void)
{
    X86CPU *cpu = X86_CPU(object_new("qemu64" X86_CPU_TYPE_SUFFIX));
    g_autoptr(Error) err = NULL, err2 = NULL;

    object_property_set_bool(OBJECT(cpu), "hv-ipi", true, &error_abort);
    g_assert_false(x86_hyperv_resolve(cpu, UINT64_MAX, "test", &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "hv-ipi=on needs hv-vpindex=on");
    object_property_set_bool(OBJECT(cpu), "hv-vpindex", true, &error_abort);
    object_property_set_bool(OBJECT(cpu), "enforce", true, &error_abort);
    g_assert_false(x86_hyperv_resolve(cpu, HV_FEAT(VPINDEX), "test", &err2));
    g_assert_cmpstr(error_get_pretty(err2), ==,
                    "hv-ipi=on is not available: test does not support it");
    object_unref(OBJECT(cpu));
}

int main(int argc, char **argv)
{
    static const char *const models[] = {
        "qemu64",         "qemu32",         "kvm64",          "Nehalem",
        "Haswell",        "Skylake-Client", "Skylake-Server", "Icelake-Server",
        "SapphireRapids", "EPYC",           "EPYC-Milan",     "EPYC-Genoa",
    };

    x86_cpu_test_init(&argc, &argv);
    load_rows();
    x86_cpu_test_set_accel(&hooks);
    for (size_t i = 0; i < G_N_ELEMENTS(models); i++) {
        g_autofree char *path = g_strconcat("/cpuid/recorded/", models[i], NULL);

        g_test_add_data_func(path, models[i], test_recorded);
    }
    g_test_add_func("/cpuid/topology/intel", test_topology_intel);
    g_test_add_func("/cpuid/topology/amd", test_topology_amd);
    g_test_add_func("/cpuid/topology/apic-ids", test_apic_ids);
    g_test_add_func("/cpuid/dynamic", test_dynamic);
    g_test_add_func("/cpuid/hyperv/leaves", test_hyperv_leaves);
    g_test_add_func("/cpuid/hyperv/refused", test_hyperv_refused);
    return g_test_run();
}
