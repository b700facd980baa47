/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what was asked for to what the guest sees: dependencies between
 * features, CPUID levels, and what accelerator and host can provide.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/host-utils.h"
#include "target/i386/accel-cpu.h"
#include "target/i386/cpu-internal.h"
#include "target/i386/cpu-model.h"
#include "target/i386/feature-words.h"
#include "target/i386/host-cpu.h"

/* Physical address bits of an emulated 64-bit CPU when nobody says otherwise. */
#define DEFAULT_PHYS_BITS 40
#define MAX_PHYS_BITS     52

/* Asked at every page walk. */
static bool vendor_is(const CPUX86State *env, const char *vendor)
{
    return !memcmp(&env->cpuid_vendor1, vendor, 4) && !memcmp(&env->cpuid_vendor2, vendor + 4, 4) &&
           !memcmp(&env->cpuid_vendor3, vendor + 8, 4);
}

bool x86_cpu_is_amd(const CPUX86State *env)
{
    return vendor_is(env, CPUID_VENDOR_AMD) || vendor_is(env, CPUID_VENDOR_HYGON);
}

bool x86_cpu_is_intel(const CPUX86State *env)
{
    return vendor_is(env, CPUID_VENDOR_INTEL);
}

bool x86_cpu_is_zhaoxin(const CPUX86State *env)
{
    return vendor_is(env, CPUID_VENDOR_ZHAOXIN1) || vendor_is(env, CPUID_VENDOR_ZHAOXIN2);
}

void x86_cpu_set_vendor(CPUX86State *env, const char *vendor)
{
    memcpy(&env->cpuid_vendor1, vendor, 4);
    memcpy(&env->cpuid_vendor2, vendor + 4, 4);
    memcpy(&env->cpuid_vendor3, vendor + 8, 4);
}

void x86_cpu_get_vendor(const CPUX86State *env, char vendor[CPUID_VENDOR_SZ + 1])
{
    memcpy(vendor, &env->cpuid_vendor1, 4);
    memcpy(vendor + 4, &env->cpuid_vendor2, 4);
    memcpy(vendor + 8, &env->cpuid_vendor3, 4);
    vendor[CPUID_VENDOR_SZ] = 0;
}

/* ---- availability ---- */

uint64_t x86_cpu_get_supported_feature_word(X86CPU *cpu, FeatureWord w)
{
    const X86AccelCPUClass *acc = x86_accel_cpu(cpu);
    uint64_t have = UINT64_MAX;

    if (acc && acc->supported_feature_word) {
        have = acc->supported_feature_word(cpu, w);
    }
    if (cpu->migratable && (w != FEAT_8000_0007_EDX || !cpu->env.user_tsc_khz)) {
        have &= ~feature_word_info[w].unmigratable;
    }
    return have;
}

static void warn_unavailable(X86CPU *cpu, FeatureWord w, uint64_t mask, const char *why)
{
    g_autofree char *origin = x86_feature_word_origin(w);

    for (; mask; mask &= mask - 1) {
        int bit = ctz64(mask);
        g_autofree char *name = x86_feature_name(w, bit);

        warn_report("CPU feature '%s' (%s bit %d) is not available: %s", name, origin, bit, why);
    }
}

/* The sentence that says why @mask of @w is missing; all its bits for the same reason. */
static char *unavailable_reason(X86CPU *cpu, FeatureWord w, uint64_t bit)
{
    const X86AccelCPUClass *acc = x86_accel_cpu(cpu);
    const FeatureWordInfo *f = &feature_word_info[w];

    if (f->unmigratable & bit && cpu->migratable && acc &&
        (acc->supported_feature_word(cpu, w) & bit)) {
        return g_strdup("it ties the guest to this host; migratable=off allows it");
    }
    if (f->source == FEATURE_CPUID && f->leaf < 0x40000000 && !(x86_host_feature_word(w) & bit)) {
        return g_strdup_printf("this host's processor lacks it, and %s does not emulate it",
                               acc ? acc->label : "nothing");
    }
    return g_strdup_printf("%s does not support it", acc ? acc->label : "the accelerator");
}

/* XCR0 and XSS bits follow from the features whose registers they hold. */
static void expand_xstate(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;
    uint64_t xcr0 = 0, xss = 0;

    if (env->features[FEAT_1_ECX] & CPUID_EXT_XSAVE) {
        xcr0 = XSTATE_FP_MASK | XSTATE_SSE_MASK;
        for (int i = 2; i < X86_XSTATE_COMPONENTS; i++) {
            const X86XStateFeature *c = &x86_xstate_components[i];

            if (env->features[c->word] & c->mask) {
                *(c->supervisor ? &xss : &xcr0) |= 1ull << i;
            }
        }
        if (!(env->features[FEAT_XSAVE] & CPUID_XSAVE_XSAVES)) {
            xss = 0;
        }
    }
    env->features[FEAT_XSAVE_XCR0_LO] = (uint32_t)xcr0;
    env->features[FEAT_XSAVE_XCR0_HI] = xcr0 >> 32;
    env->features[FEAT_XSAVE_XSS_LO] = (uint32_t)xss;
    env->features[FEAT_XSAVE_XSS_HI] = xss >> 32;
    cpu->xsave_components = xcr0 | xss;
}

bool x86_cpu_filter_features(X86CPU *cpu, bool verbose)
{
    CPUX86State *env = &cpu->env;
    const X86AccelCPUClass *acc = x86_accel_cpu(cpu);
    bool filtered = false;

    for (int w = 0; w < FEATURE_WORDS; w++) {
        uint64_t missing = env->features[w] & ~x86_cpu_get_supported_feature_word(cpu, w);
        uint64_t loud = missing;

        if (feature_word_info[w].derived) {
            missing = loud = 0;
        }
        if (acc && acc->quiet_feature_word) {
            loud &= ~acc->quiet_feature_word(w) | env->user_features[w];
        }
        for (uint64_t m = verbose ? loud : 0; m; m &= m - 1) {
            uint64_t bit = m & -m;
            g_autofree char *why = unavailable_reason(cpu, w, bit);

            warn_unavailable(cpu, w, bit, why);
        }
        if (!cpu->force_features) {
            env->features[w] &= ~missing;
        }
        cpu->filtered_features[w] |= loud;
        filtered |= loud != 0;
    }
    expand_xstate(cpu);
    if (cpu->avx10_version && !(env->features[FEAT_7_1_EDX] & CPUID_7_1_EDX_AVX10)) {
        /* Where it has just been taken away, that has been said. */
        if (verbose && !(cpu->filtered_features[FEAT_7_1_EDX] & CPUID_7_1_EDX_AVX10)) {
            warn_report("avx10-version=%u has no effect: this CPU is without feature 'avx10'",
                        cpu->avx10_version);
        }
        cpu->avx10_version = 0;
    }
    return filtered;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **x86_cpu_unavailable_features(X86CPU *cpu)
{
    GPtrArray *names = g_ptr_array_new();

    for (int w = 0; w < FEATURE_WORDS; w++) {
        for (uint64_t m = cpu->filtered_features[w]; m; m &= m - 1) {
            const char *name = feature_word_info[w].names[ctz64(m)];

            if (name) {
                g_ptr_array_add(names, g_strdup(name));
            }
        }
    }
    g_ptr_array_sort(names, compare_strings);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, false);
}

/* ---- expansion ---- */

/* `max` and `host`: everything there is, but what the user named and what must be asked for. */
static void expand_max(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;

    for (int w = 0; w < FEATURE_WORDS; w++) {
        if (!feature_word_info[w].derived) {
            env->features[w] |= x86_cpu_get_supported_feature_word(cpu, w) &
                                ~env->user_features[w] & ~feature_word_info[w].no_autoenable;
        }
    }
    /* AMD's processors have no such MSR, even where the hypervisor could emulate it. */
    if (x86_cpu_is_amd(env) && !cpu->arch_cap_always_on &&
        !(env->user_features[FEAT_7_0_EDX] & CPUID_7_0_EDX_ARCH_CAPABILITIES)) {
        env->features[FEAT_7_0_EDX] &= ~(uint64_t)CPUID_7_0_EDX_ARCH_CAPABILITIES;
    }
}

static void apply_dependencies(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;

    for (size_t i = 0; i < feature_dependency_count; i++) {
        const FeatureDep *d = &feature_dependencies[i];
        uint64_t lost;

        if ((env->features[d->from.word] & d->from.mask) == d->from.mask) {
            continue;
        }
        lost = env->features[d->to.word] & d->to.mask;
        if (!lost) {
            continue;
        }
        if (cpu->check_cpuid || cpu->enforce_cpuid) {
            g_autofree char *need = x86_feature_name(d->from.word, ctz64(d->from.mask));
            g_autofree char *why = g_strdup_printf("it needs '%s', which is off", need);

            warn_unavailable(cpu, d->to.word, lost & env->user_features[d->to.word], why);
        }
        cpu->filtered_features[d->to.word] |= lost & env->user_features[d->to.word];
        env->features[d->to.word] &= ~lost;
    }
}

static void need_level(uint32_t *min, uint32_t leaf)
{
    *min = MAX(*min, leaf);
}

/* The highest leaves must reach what the features and the topology are told in. */
static void expand_levels(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;
    X86CPUTopoInfo topo = x86_cpu_topology(cpu);

    for (int w = 0; w < FEATURE_WORDS; w++) {
        const FeatureWordInfo *f = &feature_word_info[w];

        if (f->source != FEATURE_CPUID || !env->features[w] || f->leaf == 0x40000001) {
            continue;
        }
        switch (f->leaf >> 28) {
        case 0:
            need_level(&env->cpuid_min_level, f->leaf);
            if (f->leaf == 7) {
                need_level(&env->cpuid_min_level_func7, f->ecx);
            }
            break;
        case 0x8:
            need_level(&env->cpuid_min_xlevel, f->leaf);
            break;
        case 0xc:
            need_level(&env->cpuid_min_xlevel2, f->leaf);
            break;
        }
    }
    if (env->features[FEAT_7_0_EBX] & CPUID_7_0_EBX_INTEL_PT) {
        need_level(&env->cpuid_min_level, 0x14);
    }
    if (env->features[FEAT_7_0_EDX] & CPUID_7_0_EDX_AMX_TILE) {
        need_level(&env->cpuid_min_level, 0x1e);
    }
    if (cpu->force_cpuid_0x1f || (topo.dies_per_pkg > 1 && x86_cpu_is_intel(env)) ||
        (topo.modules_per_die > 1 && x86_cpu_is_intel(env))) {
        need_level(&env->cpuid_min_level, 0x1f);
    }
    if (env->features[FEAT_8000_0001_ECX] & CPUID_EXT3_SVM) {
        need_level(&env->cpuid_min_xlevel, 0x8000000a);
    }
    if (env->features[FEAT_8000_0001_ECX] & CPUID_EXT3_TOPOEXT) {
        need_level(&env->cpuid_min_xlevel, 0x8000001e);
    }
}

bool x86_cpu_expand_features(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    X86CPUKind kind = X86_CPU_GET_CLASS(cpu)->kind;

    if (kind == X86_CPU_MAX || kind == X86_CPU_HOST) {
        expand_max(cpu);
    }
    apply_dependencies(cpu);
    if (!cpu->enable_pmu && !cpu->pdcm_on_even_without_pmu) {
        env->features[FEAT_1_ECX] &= ~CPUID_EXT_PDCM;
    }
    if (!cpu->expose_kvm) {
        env->features[FEAT_KVM] = 0;
        env->features[FEAT_KVM_HINTS] = 0;
    }
    expand_xstate(cpu);
    expand_levels(cpu);

    /* UINT32_MAX: not set by the user, follow the features. */
    if (env->cpuid_level_func7 == UINT32_MAX) {
        env->cpuid_level_func7 = env->cpuid_min_level_func7;
    }
    if (env->cpuid_level == UINT32_MAX) {
        env->cpuid_level = env->cpuid_min_level;
    }
    if (env->cpuid_xlevel == UINT32_MAX) {
        env->cpuid_xlevel = env->cpuid_min_xlevel;
    }
    if (env->cpuid_xlevel2 == UINT32_MAX) {
        env->cpuid_xlevel2 = env->cpuid_min_xlevel2;
    }
    return true;
}

/* ---- width of addresses ---- */

bool x86_cpu_set_phys_bits(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;

    if (cpu->host_phys_bits && cpu->phys_bits == 0) {
        uint32_t host = host_cpu_phys_bits();

        cpu->phys_bits = host;
        if (cpu->host_phys_bits_limit && cpu->phys_bits > cpu->host_phys_bits_limit) {
            cpu->phys_bits = cpu->host_phys_bits_limit;
        }
    }
    if (env->features[FEAT_8000_0001_EDX] & CPUID_EXT2_LM) {
        if (cpu->phys_bits && (cpu->phys_bits > MAX_PHYS_BITS || cpu->phys_bits < 32)) {
            error_setg(errp, "phys-bits=%u: must be between 32 and %d, or 0 for the default",
                       cpu->phys_bits, MAX_PHYS_BITS);
            return false;
        }
        if (cpu->phys_bits == 0) {
            cpu->phys_bits = DEFAULT_PHYS_BITS;
        }
        if (cpu->guest_phys_bits == UINT32_MAX) {
            cpu->guest_phys_bits = 0;
        }
        if (cpu->guest_phys_bits &&
            (cpu->guest_phys_bits > cpu->phys_bits || cpu->guest_phys_bits < 32)) {
            error_setg(errp, "guest-phys-bits=%u: must be between 32 and phys-bits (%u)",
                       cpu->guest_phys_bits, cpu->phys_bits);
            return false;
        }
        return true;
    }
    /* A 32-bit processor does not tell; what it has follows from PSE-36. */
    if (cpu->phys_bits && !cpu->host_phys_bits) {
        error_setg(errp, "phys-bits=%u: only a 64-bit CPU model has a choice", cpu->phys_bits);
        return false;
    }
    cpu->phys_bits = env->features[FEAT_1_EDX] & CPUID_PSE36 ? 36 : 32;
    cpu->guest_phys_bits = 0;
    return true;
}
