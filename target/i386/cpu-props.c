/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Properties of X86CPU: one per feature bit name, the identity that CPUID
 * shows, and the switches of the model. And the text after -cpu MODEL, which
 * becomes such properties.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/nearest-name.h"
#include "qapi/qapi-builtin-visit.h"
#include "hw/qdev-properties.h"
#include "target/i386/cpu-internal.h"
#include "target/i386/feature-words.h"
#include "target/i386/hyperv-features.h"

/* ---- identity ---- */

static bool version_in_range(const char *name, int64_t value, int64_t max, Error **errp)
{
    if (value < 0 || value > max) {
        error_setg(errp, "%s=%" PRId64 ": must be between 0 and %" PRId64, name, value, max);
        return false;
    }
    return true;
}

static void get_family(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t version = X86_CPU(obj)->env.cpuid_version;
    int64_t value = (version >> 8) & 0xf;

    if (value == 0xf) {
        value += (version >> 20) & 0xff;
    }
    visit_type_int(v, name, &value, errp);
}

static void set_family(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t *version = &X86_CPU(obj)->env.cpuid_version;
    int64_t value;

    if (!visit_type_int(v, name, &value, errp) ||
        !version_in_range(name, value, 0xff + 0xf, errp)) {
        return;
    }
    *version &= ~0xff00f00u;
    *version |= value > 0xf ? 0xf00u | ((uint32_t)(value - 0xf) << 20) : (uint32_t)value << 8;
}

static void get_model(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t version = X86_CPU(obj)->env.cpuid_version;
    int64_t value = ((version >> 4) & 0xf) | ((version >> 12) & 0xf0);

    visit_type_int(v, name, &value, errp);
}

static void set_model(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t *version = &X86_CPU(obj)->env.cpuid_version;
    int64_t value;

    if (!visit_type_int(v, name, &value, errp) || !version_in_range(name, value, 0xff, errp)) {
        return;
    }
    *version &= ~0xf00f0u;
    *version |= ((value & 0xf) << 4) | ((value >> 4) << 16);
}

static void get_stepping(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    int64_t value = X86_CPU(obj)->env.cpuid_version & 0xf;

    visit_type_int(v, name, &value, errp);
}

static void set_stepping(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t *version = &X86_CPU(obj)->env.cpuid_version;
    int64_t value;

    if (!visit_type_int(v, name, &value, errp) || !version_in_range(name, value, 0xf, errp)) {
        return;
    }
    *version = (*version & ~0xfu) | value;
}

static char *get_vendor(Object *obj, Error **errp)
{
    char vendor[CPUID_VENDOR_SZ + 1];

    x86_cpu_get_vendor(&X86_CPU(obj)->env, vendor);
    return g_strdup(vendor);
}

static void set_vendor(Object *obj, const char *value, Error **errp)
{
    if (strlen(value) != CPUID_VENDOR_SZ) {
        error_setg(errp, "vendor=%s: must be %d characters, such as " CPUID_VENDOR_INTEL, value,
                   CPUID_VENDOR_SZ);
        return;
    }
    x86_cpu_set_vendor(&X86_CPU(obj)->env, value);
}

static char *get_model_id(Object *obj, Error **errp)
{
    CPUX86State *env = &X86_CPU(obj)->env;

    return g_strndup((const char *)env->cpuid_model, sizeof(env->cpuid_model));
}

static void set_model_id(Object *obj, const char *value, Error **errp)
{
    CPUX86State *env = &X86_CPU(obj)->env;

    memset(env->cpuid_model, 0, sizeof(env->cpuid_model));
    memcpy(env->cpuid_model, value, MIN(strlen(value), sizeof(env->cpuid_model)));
}

static void get_tsc_frequency(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    int64_t value = X86_CPU(obj)->env.tsc_khz * 1000;

    visit_type_int(v, name, &value, errp);
}

static void set_tsc_frequency(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    CPUX86State *env = &X86_CPU(obj)->env;
    int64_t value;

    if (!visit_type_int(v, name, &value, errp) || !version_in_range(name, value, INT64_MAX, errp)) {
        return;
    }
    env->tsc_khz = env->user_tsc_khz = value / 1000;
}

/* ---- feature bits ---- */

typedef struct BitProperty {
    FeatureWord word;
    uint64_t mask;
} BitProperty;

static void get_bit(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const BitProperty *bp = opaque;
    bool value = (X86_CPU(obj)->env.features[bp->word] & bp->mask) == bp->mask;

    visit_type_bool(v, name, &value, errp);
}

static void set_bit_property(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const BitProperty *bp = opaque;
    CPUX86State *env = &X86_CPU(obj)->env;
    bool value;

    if (!visit_type_bool(v, name, &value, errp)) {
        return;
    }
    if (value) {
        env->features[bp->word] |= bp->mask;
    } else {
        env->features[bp->word] &= ~bp->mask;
    }
    env->user_features[bp->word] |= bp->mask;
}

static void add_bit(ObjectClass *oc, const char *name)
{
    BitProperty *bp = g_new(BitProperty, 1); /* as long as the class */

    x86_feature_lookup(name, &bp->word, &bp->mask);
    object_class_property_add(oc, name, "bool", get_bit, set_bit_property, NULL, bp);
}

/* ---- lists for the monitor ---- */

static void get_unavailable(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    g_auto(GStrv) names = x86_cpu_unavailable_features(X86_CPU(obj));
    strList *list = NULL, **tail = &list;

    for (char **n = names; *n; n++) {
        *tail = g_new0(strList, 1);
        (*tail)->value = *n;
        tail = &(*tail)->next;
    }
    visit_type_strList(v, name, &list, errp);
    while (list) {
        strList *next = list->next;

        g_free(list);
        list = next;
    }
}

static const QEnumLookup cpuid_register_lookup = {
    .array = (const char *const[]){"EAX", "EBX", "ECX", "EDX", "ESP", "EBP", "ESI", "EDI"},
    .size = 8,
};

/* In the order of the enum above; CPUState numbers registers as instructions do. */
static const int cpuid_register_index[] = {[R_EAX] = 0, [R_EBX] = 1, [R_ECX] = 2, [R_EDX] = 3};

static bool visit_feature_word(Visitor *v, FeatureWord w, uint64_t value, Error **errp)
{
    const FeatureWordInfo *f = &feature_word_info[w];
    int64_t leaf = f->leaf, ecx = f->ecx, features = (uint32_t)value;
    int reg = cpuid_register_index[f->reg];
    bool ok;

    if (!visit_start_struct(v, NULL, NULL, 0, errp)) {
        return false;
    }
    ok = visit_type_int(v, "cpuid-input-eax", &leaf, errp) &&
         (!f->needs_ecx || visit_type_int(v, "cpuid-input-ecx", &ecx, errp)) &&
         visit_type_enum(v, "cpuid-register", &reg, &cpuid_register_lookup, errp) &&
         visit_type_int(v, "features", &features, errp);
    visit_end_struct(v, NULL);
    return ok;
}

/* A list of X86CPUFeatureWordInfo, one per CPUID based word; @opaque: offset of the words. */
static void get_feature_words(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const uint64_t *words = (const uint64_t *)((char *)obj + (uintptr_t)opaque);
    GenericList dummy = {0}, *list = &dummy;

    if (!visit_start_list(v, name, &list, sizeof(dummy), errp)) {
        return;
    }
    for (int w = 0; w < FEATURE_WORDS; w++) {
        if (feature_word_info[w].source == FEATURE_CPUID &&
            !visit_feature_word(v, w, words[w], errp)) {
            break;
        }
    }
    visit_end_list(v, (void **)&list);
}

/* ---- registration ---- */

#define HV_BIT(name, bit) DEFINE_PROP_BIT64(name, X86CPU, hyperv_features, bit, false)

static const Property x86_cpu_properties[] = {
    DEFINE_PROP_UINT32("apic-id", X86CPU, apic_id, UINT32_MAX),
    DEFINE_PROP_INT32("thread-id", X86CPU, thread_id, -1),
    DEFINE_PROP_INT32("core-id", X86CPU, core_id, -1),
    DEFINE_PROP_INT32("module-id", X86CPU, module_id, -1),
    DEFINE_PROP_INT32("die-id", X86CPU, die_id, -1),
    DEFINE_PROP_INT32("socket-id", X86CPU, socket_id, -1),
    DEFINE_PROP_INT32("node-id", X86CPU, node_id, -1),
    DEFINE_PROP_BOOL("pmu", X86CPU, enable_pmu, false),
    DEFINE_PROP_UINT64_CHECKMASK("lbr-fmt", X86CPU, lbr_fmt, LBR_FMT_MASK),
    DEFINE_PROP_UINT64_CHECKMASK("lbr_fmt", X86CPU, lbr_fmt, LBR_FMT_MASK),
    DEFINE_PROP_BOOL("check", X86CPU, check_cpuid, true),
    DEFINE_PROP_BOOL("enforce", X86CPU, enforce_cpuid, false),
    DEFINE_PROP_BOOL("x-force-features", X86CPU, force_features, false),
    DEFINE_PROP_BOOL("kvm", X86CPU, expose_kvm, true),
    DEFINE_PROP_BOOL("tcg-cpuid", X86CPU, expose_tcg, true),
    DEFINE_PROP_UINT32("phys-bits", X86CPU, phys_bits, 0),
    DEFINE_PROP_UINT32("guest-phys-bits", X86CPU, guest_phys_bits, UINT32_MAX),
    DEFINE_PROP_BOOL("host-phys-bits", X86CPU, host_phys_bits, false),
    DEFINE_PROP_UINT8("host-phys-bits-limit", X86CPU, host_phys_bits_limit, 0),
    DEFINE_PROP_BOOL("fill-mtrr-mask", X86CPU, fill_mtrr_mask, true),
    DEFINE_PROP_UINT32("level-func7", X86CPU, env.cpuid_level_func7, UINT32_MAX),
    DEFINE_PROP_UINT32("level", X86CPU, env.cpuid_level, UINT32_MAX),
    DEFINE_PROP_UINT32("xlevel", X86CPU, env.cpuid_xlevel, UINT32_MAX),
    DEFINE_PROP_UINT32("xlevel2", X86CPU, env.cpuid_xlevel2, UINT32_MAX),
    DEFINE_PROP_UINT32("min-level", X86CPU, env.cpuid_min_level, 0),
    DEFINE_PROP_UINT32("min-xlevel", X86CPU, env.cpuid_min_xlevel, 0),
    DEFINE_PROP_UINT32("min-xlevel2", X86CPU, env.cpuid_min_xlevel2, 0),
    DEFINE_PROP("avx10-version", X86CPU, avx10_version, qdev_prop_uint8, uint8_t),
    DEFINE_PROP_UINT64("ucode-rev", X86CPU, ucode_rev, 0),
    DEFINE_PROP_BOOL("lmce", X86CPU, enable_lmce, false),
    DEFINE_PROP_BOOL("l3-cache", X86CPU, enable_l3_cache, true),
    DEFINE_PROP_BOOL("legacy-cache", X86CPU, legacy_cache, true),
    DEFINE_PROP_BOOL("legacy-multi-node", X86CPU, legacy_multi_node, false),
    DEFINE_PROP_BOOL("x-consistent-cache", X86CPU, consistent_cache, true),
    DEFINE_PROP_BOOL("x-l1-cache-per-thread", X86CPU, l1_cache_per_core, true),
    DEFINE_PROP_BOOL("cpuid-0xb", X86CPU, enable_cpuid_0xb, true),
    DEFINE_PROP_BOOL("x-force-cpuid-0x1f", X86CPU, force_cpuid_0x1f, false),
    DEFINE_PROP_BOOL("x-vendor-cpuid-only", X86CPU, vendor_cpuid_only, true),
    DEFINE_PROP_BOOL("x-vendor-cpuid-only-v2", X86CPU, vendor_cpuid_only_v2, true),
    DEFINE_PROP_BOOL("x-amd-topoext-features-only", X86CPU, amd_topoext_features_only, true),
    DEFINE_PROP_BOOL("x-arch-cap-always-on", X86CPU, arch_cap_always_on, false),
    DEFINE_PROP_BOOL("x-pdcm-on-even-without-pmu", X86CPU, pdcm_on_even_without_pmu, false),
    DEFINE_PROP_BOOL("x-migrate-smi-count", X86CPU, migrate_smi_count, true),
    DEFINE_PROP_BOOL("kvm-pv-enforce-cpuid", X86CPU, kvm_pv_enforce_cpuid, false),
    DEFINE_PROP_BOOL("vmware-cpuid-freq", X86CPU, vmware_cpuid_freq, true),
    DEFINE_PROP_BOOL("xen-vapic", X86CPU, xen_vapic, false),

    DEFINE_PROP_UINT32("hv-spinlocks", X86CPU, hyperv_spinlock_attempts,
                       HYPERV_SPINLOCK_NEVER_NOTIFY),
    HV_BIT("hv-relaxed", HYPERV_FEAT_RELAXED),
    HV_BIT("hv-vapic", HYPERV_FEAT_VAPIC),
    HV_BIT("hv-time", HYPERV_FEAT_TIME),
    HV_BIT("hv-crash", HYPERV_FEAT_CRASH),
    HV_BIT("hv-reset", HYPERV_FEAT_RESET),
    HV_BIT("hv-vpindex", HYPERV_FEAT_VPINDEX),
    HV_BIT("hv-runtime", HYPERV_FEAT_RUNTIME),
    HV_BIT("hv-synic", HYPERV_FEAT_SYNIC),
    HV_BIT("hv-stimer", HYPERV_FEAT_STIMER),
    HV_BIT("hv-frequencies", HYPERV_FEAT_FREQUENCIES),
    HV_BIT("hv-reenlightenment", HYPERV_FEAT_REENLIGHTENMENT),
    HV_BIT("hv-tlbflush", HYPERV_FEAT_TLBFLUSH),
    HV_BIT("hv-evmcs", HYPERV_FEAT_EVMCS),
    HV_BIT("hv-ipi", HYPERV_FEAT_IPI),
    HV_BIT("hv-stimer-direct", HYPERV_FEAT_STIMER_DIRECT),
    HV_BIT("hv-avic", HYPERV_FEAT_AVIC),
    HV_BIT("hv-apicv", HYPERV_FEAT_AVIC),
    HV_BIT("hv-syndbg", HYPERV_FEAT_SYNDBG),
    HV_BIT("hv-emsr-bitmap", HYPERV_FEAT_MSR_BITMAP),
    HV_BIT("hv-xmm-input", HYPERV_FEAT_XMM_INPUT),
    HV_BIT("hv-tlbflush-ext", HYPERV_FEAT_TLBFLUSH_EXT),
    HV_BIT("hv-tlbflush-direct", HYPERV_FEAT_TLBFLUSH_DIRECT),
    DEFINE_PROP_ON_OFF_AUTO("hv-no-nonarch-coresharing", X86CPU, hyperv_no_nonarch_cs,
                            ON_OFF_AUTO_OFF),
    DEFINE_PROP_BOOL("hv-passthrough", X86CPU, hyperv_passthrough, false),
    DEFINE_PROP_BOOL("hv-enforce-cpuid", X86CPU, hyperv_enforce_cpuid, false),
    DEFINE_PROP_STRING("hv-vendor-id", X86CPU, hyperv_vendor),
    DEFINE_PROP_UINT32("hv-version-id-build", X86CPU, hyperv_ver_id_build, 14393),
    DEFINE_PROP_UINT16("hv-version-id-major", X86CPU, hyperv_ver_id_major, 10),
    DEFINE_PROP_UINT16("hv-version-id-minor", X86CPU, hyperv_ver_id_minor, 0),
    DEFINE_PROP_UINT32("hv-version-id-spack", X86CPU, hyperv_ver_id_sp, 0),
    DEFINE_PROP_UINT8("hv-version-id-sbranch", X86CPU, hyperv_ver_id_sb, 0),
    DEFINE_PROP_UINT32("hv-version-id-snumber", X86CPU, hyperv_ver_id_sn, 0),
    DEFINE_PROP_INT32("x-hv-max-vps", X86CPU, hv_max_vps, -1),
};

void x86_cpu_class_add_properties(ObjectClass *oc)
{
    g_auto(GStrv) names = x86_feature_names();

    device_class_set_props(DEVICE_CLASS(oc), x86_cpu_properties);

    object_class_property_add(oc, "family", "int", get_family, set_family, NULL, NULL);
    object_class_property_add(oc, "model", "int", get_model, set_model, NULL, NULL);
    object_class_property_add(oc, "stepping", "int", get_stepping, set_stepping, NULL, NULL);
    object_class_property_add_str(oc, "vendor", get_vendor, set_vendor);
    object_class_property_add_str(oc, "model-id", get_model_id, set_model_id);
    object_class_property_add(oc, "tsc-frequency", "int", get_tsc_frequency, set_tsc_frequency,
                              NULL, NULL);
    object_class_property_add(oc, "feature-words", "X86CPUFeatureWordInfo", get_feature_words, NULL,
                              NULL, (void *)offsetof(X86CPU, env.features));
    object_class_property_add(oc, "filtered-features", "X86CPUFeatureWordInfo", get_feature_words,
                              NULL, NULL, (void *)offsetof(X86CPU, filtered_features));
    object_class_property_add(oc, "unavailable-features", "strList", get_unavailable, NULL, NULL,
                              NULL);
    for (char **n = names; *n; n++) {
        add_bit(oc, *n);
    }
    for (const X86FeatureAlias *a = feature_aliases; a->alias; a++) {
        add_bit(oc, a->alias);
    }
}

/* ---- -cpu MODEL,... ---- */

/* "sse4_1" and "SSE4" spellings of old: properties are spelt with dashes. */
static void dashes(char *name)
{
    for (char *p = name; *p; p++) {
        if (*p == '_') {
            *p = '-';
        }
    }
}

static bool check_property(ObjectClass *oc, const char *model, const char *name, Error **errp)
{
    ERRP_GUARD();
    ObjectPropertyIterator it;
    ObjectProperty *prop;
    NearestName near;

    if (object_class_property_find(oc, name)) {
        return true;
    }
    error_setg(errp, "CPU model '%s' has no feature or property '%s'", model, name);
    nearest_name_init(&near, name);
    object_class_property_iter_init(&it, oc);
    while ((prop = object_property_iter_next(&it))) {
        if (prop->set) {
            nearest_name_try(&near, prop->name);
        }
    }
    nearest_name_suggest(&near, errp);
    error_append_hint(errp, "\"-cpu %s,help\" lists them.\n", model);
    return false;
}

static void add_global(const char *typename, const char *name, const char *value)
{
    GlobalProperty *p = g_new0(GlobalProperty, 1);

    p->driver = g_strdup(typename);
    p->property = g_strdup(name);
    p->value = g_strdup(value);
    qdev_prop_register_global(p);
}

/* tsc-freq=2.5G is the friendly form of tsc-frequency. */
static char *parse_tsc_freq(const char *value, Error **errp)
{
    uint64_t freq;

    if (qemu_strtosz_metric(value, NULL, &freq) < 0 || freq > INT64_MAX) {
        error_setg(errp, "tsc-freq=%s: must be a frequency in Hz, such as 2500000000 or 2.5G",
                   value);
        return NULL;
    }
    return g_strdup_printf("%" PRIu64, freq);
}

/*
 * +feature and -feature win over feature=on|off wherever they stand, so they
 * are registered last.
 */
void x86_cpu_parse_featurestr(const char *typename, char *features, Error **errp)
{
    ObjectClass *oc = object_class_by_name(typename);
    g_autofree char *model = g_strndup(typename, strlen(typename) - strlen(X86_CPU_TYPE_SUFFIX));
    g_auto(GStrv) words = NULL;

    if (!features || !oc) {
        return;
    }
    words = g_strsplit(features, ",", -1);
    for (int pass = 0; pass < 2; pass++) {
        for (char **w = words; *w; w++) {
            bool plusminus = **w == '+' || **w == '-';
            g_autofree char *name = g_strdup(plusminus ? *w + 1 : *w);
            char *value = plusminus ? NULL : strchr(name, '=');
            g_autofree char *freq = NULL;

            if (plusminus != (pass == 1) || !**w) {
                continue;
            }
            if (value) {
                *value++ = 0;
            }
            dashes(name);
            if (strcmp(name, "tsc-freq") == 0) {
                freq = parse_tsc_freq(value ? value : "", errp);
                if (!freq) {
                    return;
                }
                add_global(typename, "tsc-frequency", freq);
                continue;
            }
            if (!check_property(oc, model, name, errp)) {
                return;
            }
            add_global(typename, name, value ? value : **w == '-' ? "off" : "on");
        }
    }
}
