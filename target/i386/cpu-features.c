/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking features up, and what depends on what (SDM vol. 2A CPUID; vol. 1 chapters 13-15). */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "target/i386/cpu.h"
#include "target/i386/feature-words.h"
#include "target/i386/host-cpu.h"

#define ALL_BITS UINT64_MAX

/* Bits that need the AVX register state. */
#define AVX_1_ECX    (CPUID_EXT_F16C | CPUID_EXT_FMA)
#define AVX_7_0_ECX  (CPUID_7_0_ECX_VAES | CPUID_7_0_ECX_VPCLMULQDQ)
#define AVX_7_1_EAX  (CPUID_7_1_EAX_SHA512 | CPUID_7_1_EAX_SM3 | CPUID_7_1_EAX_SM4)
#define AVX2_7_1_EAX (CPUID_7_1_EAX_AVX_VNNI | CPUID_7_1_EAX_AVX_IFMA)
#define AVX2_7_1_EDX                                                                               \
    (CPUID_7_1_EDX_AVX_VNNI_INT8 | CPUID_7_1_EDX_AVX_NE_CONVERT | CPUID_7_1_EDX_AVX_VNNI_INT16)
#define AVX512_7_0_EBX                                                                             \
    (CPUID_7_0_EBX_AVX512DQ | CPUID_7_0_EBX_AVX512IFMA | CPUID_7_0_EBX_AVX512PF |                  \
     CPUID_7_0_EBX_AVX512ER | CPUID_7_0_EBX_AVX512CD | CPUID_7_0_EBX_AVX512BW |                    \
     CPUID_7_0_EBX_AVX512VL)
#define AVX512_7_0_ECX                                                                             \
    (CPUID_7_0_ECX_AVX512VBMI | CPUID_7_0_ECX_AVX512VBMI2 | CPUID_7_0_ECX_AVX512VNNI |             \
     CPUID_7_0_ECX_AVX512BITALG | CPUID_7_0_ECX_AVX512_VPOPCNTDQ)
#define AVX512_7_0_EDX                                                                             \
    (CPUID_7_0_EDX_AVX512_4VNNIW | CPUID_7_0_EDX_AVX512_4FMAPS |                                   \
     CPUID_7_0_EDX_AVX512_VP2INTERSECT | CPUID_7_0_EDX_AVX512_FP16)
#define AMX_7_0_EDX (CPUID_7_0_EDX_AMX_BF16 | CPUID_7_0_EDX_AMX_INT8)

const FeatureDep feature_dependencies[] = {
    {{FEAT_1_ECX, CPUID_EXT_XSAVE}, {FEAT_1_ECX, CPUID_EXT_AVX | AVX_1_ECX}},
    {{FEAT_1_ECX, CPUID_EXT_XSAVE}, {FEAT_XSAVE, ALL_BITS}},
    {{FEAT_1_ECX, CPUID_EXT_XSAVE}, {FEAT_7_0_EBX, CPUID_7_0_EBX_MPX}},
    {{FEAT_1_ECX, CPUID_EXT_XSAVE}, {FEAT_7_0_EDX, CPUID_7_0_EDX_AMX_TILE}},
    {{FEAT_1_ECX, CPUID_EXT_AVX}, {FEAT_1_ECX, AVX_1_ECX}},
    {{FEAT_1_ECX, CPUID_EXT_AVX}, {FEAT_7_0_EBX, CPUID_7_0_EBX_AVX2}},
    {{FEAT_1_ECX, CPUID_EXT_AVX}, {FEAT_7_0_ECX, AVX_7_0_ECX}},
    {{FEAT_1_ECX, CPUID_EXT_AVX}, {FEAT_7_1_EAX, AVX_7_1_EAX}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_AVX2}, {FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512F}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_AVX2}, {FEAT_7_1_EAX, AVX2_7_1_EAX}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_AVX2}, {FEAT_7_1_EDX, AVX2_7_1_EDX}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512F}, {FEAT_7_0_EBX, AVX512_7_0_EBX}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512F}, {FEAT_7_0_ECX, AVX512_7_0_ECX}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512F}, {FEAT_7_0_EDX, AVX512_7_0_EDX}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512F}, {FEAT_7_1_EAX, CPUID_7_1_EAX_AVX512_BF16}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512F}, {FEAT_7_1_EDX, CPUID_7_1_EDX_AVX10}},
    {{FEAT_7_1_EDX, CPUID_7_1_EDX_AVX10}, {FEAT_24_0_EBX, ALL_BITS}},
    {{FEAT_7_1_EDX, CPUID_7_1_EDX_AVX10}, {FEAT_24_1_ECX, ALL_BITS}},
    {{FEAT_7_0_EDX, CPUID_7_0_EDX_AMX_TILE}, {FEAT_7_0_EDX, AMX_7_0_EDX}},
    {{FEAT_7_0_EDX, CPUID_7_0_EDX_AMX_TILE}, {FEAT_7_1_EAX, CPUID_7_1_EAX_AMX_FP16}},
    {{FEAT_7_0_EDX, CPUID_7_0_EDX_AMX_TILE}, {FEAT_7_1_EDX, CPUID_7_1_EDX_AMX_COMPLEX}},
    {{FEAT_7_0_EDX, CPUID_7_0_EDX_AMX_TILE}, {FEAT_1E_1_EAX, ALL_BITS}},
    {{FEAT_7_0_EDX, CPUID_7_0_EDX_AMX_TILE}, {FEAT_XSAVE, CPUID_XSAVE_XFD}},
    {{FEAT_7_1_EDX, CPUID_7_1_EDX_APXF}, {FEAT_29_0_EBX, ALL_BITS}},
    {{FEAT_7_1_EAX, CPUID_7_1_EAX_LKGS}, {FEAT_7_1_EAX, CPUID_7_1_EAX_FRED}},
    {{FEAT_1_ECX, CPUID_EXT_PCID}, {FEAT_7_0_EBX, CPUID_7_0_EBX_INVPCID}},
    {{FEAT_1_ECX, CPUID_EXT_PDCM}, {FEAT_PERF_CAPABILITIES, ALL_BITS}},
    {{FEAT_7_0_EDX, CPUID_7_0_EDX_ARCH_CAPABILITIES}, {FEAT_ARCH_CAPABILITIES, ALL_BITS}},
    {{FEAT_7_0_EDX, CPUID_7_0_EDX_CORE_CAPABILITY}, {FEAT_CORE_CAPABILITY, ALL_BITS}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_INTEL_PT}, {FEAT_14_0_ECX, ALL_BITS}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_SGX}, {FEAT_7_0_ECX, CPUID_7_0_ECX_SGXLC}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_SGX}, {FEAT_SGX_12_0_EAX, ALL_BITS}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_SGX}, {FEAT_SGX_12_0_EBX, ALL_BITS}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_SGX}, {FEAT_SGX_12_1_EAX, ALL_BITS}},
    {{FEAT_8000_0001_ECX, CPUID_EXT3_SVM}, {FEAT_SVM, ALL_BITS}},

    /* VMX: capability MSRs, and controls that name an instruction or another control. */
    {{FEAT_1_ECX, CPUID_EXT_VMX}, {FEAT_VMX_BASIC, ALL_BITS}},
    {{FEAT_1_ECX, CPUID_EXT_VMX}, {FEAT_VMX_PROCBASED_CTLS, ALL_BITS}},
    {{FEAT_1_ECX, CPUID_EXT_VMX}, {FEAT_VMX_PINBASED_CTLS, ALL_BITS}},
    {{FEAT_1_ECX, CPUID_EXT_VMX}, {FEAT_VMX_EXIT_CTLS, ALL_BITS}},
    {{FEAT_1_ECX, CPUID_EXT_VMX}, {FEAT_VMX_ENTRY_CTLS, ALL_BITS}},
    {{FEAT_1_ECX, CPUID_EXT_VMX}, {FEAT_VMX_MISC, ALL_BITS}},
    {{FEAT_VMX_PROCBASED_CTLS, VMX_CPU_BASED_SECONDARY_CTLS}, {FEAT_VMX_SECONDARY_CTLS, ALL_BITS}},
    {{FEAT_VMX_SECONDARY_CTLS, VMX_SECONDARY_EXEC_EPT}, {FEAT_VMX_EPT_VPID_CAPS, 0xffffffffu}},
    {{FEAT_VMX_SECONDARY_CTLS, VMX_SECONDARY_EXEC_EPT},
     {FEAT_VMX_SECONDARY_CTLS, VMX_SECONDARY_EXEC_UNRESTRICTED_GUEST | VMX_SECONDARY_EXEC_MBEC}},
    {{FEAT_VMX_SECONDARY_CTLS, VMX_SECONDARY_EXEC_VPID},
     {FEAT_VMX_EPT_VPID_CAPS, 0xffffffffull << 32}},
    {{FEAT_VMX_SECONDARY_CTLS, VMX_SECONDARY_EXEC_VMFUNC}, {FEAT_VMX_VMFUNC, ALL_BITS}},
    {{FEAT_8000_0001_EDX, CPUID_EXT2_RDTSCP},
     {FEAT_VMX_SECONDARY_CTLS, VMX_SECONDARY_EXEC_RDTSCP_EXIT}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_INVPCID},
     {FEAT_VMX_SECONDARY_CTLS, VMX_SECONDARY_EXEC_INVPCID_EXIT}},
    {{FEAT_1_ECX, CPUID_EXT_RDRAND}, {FEAT_VMX_SECONDARY_CTLS, VMX_SECONDARY_EXEC_RDRAND_EXIT}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_RDSEED},
     {FEAT_VMX_SECONDARY_CTLS, VMX_SECONDARY_EXEC_RDSEED_EXIT}},
    {{FEAT_7_0_ECX, CPUID_7_0_ECX_WAITPKG},
     {FEAT_VMX_SECONDARY_CTLS, VMX_SECONDARY_EXEC_ENABLE_USER_WAIT_PAUSE}},
    {{FEAT_XSAVE, CPUID_XSAVE_XSAVES}, {FEAT_VMX_SECONDARY_CTLS, VMX_SECONDARY_EXEC_XSAVES}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_MPX}, {FEAT_VMX_EXIT_CTLS, VMX_VM_EXIT_CLEAR_BNDCFGS}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_MPX}, {FEAT_VMX_ENTRY_CTLS, VMX_VM_ENTRY_LOAD_BNDCFGS}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_INTEL_PT}, {FEAT_VMX_EXIT_CTLS, VMX_VM_EXIT_CLEAR_RTIT_CTL}},
    {{FEAT_7_0_EBX, CPUID_7_0_EBX_INTEL_PT}, {FEAT_VMX_ENTRY_CTLS, VMX_VM_ENTRY_LOAD_RTIT_CTL}},
    {{FEAT_7_0_ECX, CPUID_7_0_ECX_PKS}, {FEAT_VMX_EXIT_CTLS, VMX_VM_EXIT_LOAD_PKRS}},
    {{FEAT_7_0_ECX, CPUID_7_0_ECX_PKS}, {FEAT_VMX_ENTRY_CTLS, VMX_VM_ENTRY_LOAD_PKRS}},
    {{FEAT_7_1_EAX, CPUID_7_1_EAX_FRED}, {FEAT_VMX_ENTRY_CTLS, VMX_VM_ENTRY_LOAD_FRED}},
};

const size_t feature_dependency_count = G_N_ELEMENTS(feature_dependencies);

typedef struct FeatureBits {
    FeatureWord word;
    uint64_t mask;
} FeatureBits;

/* name -> FeatureBits, made once: lookups happen for every -cpu word. */
static GHashTable *feature_index(void)
{
    static GHashTable *index;

    if (g_once_init_enter(&index)) {
        GHashTable *t = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);

        for (int w = 0; w < FEATURE_WORDS; w++) {
            for (int bit = 0; bit < 64; bit++) {
                const char *name = feature_word_info[w].names[bit];
                FeatureBits *fb;

                if (!name) {
                    continue;
                }
                fb = g_hash_table_lookup(t, name);
                if (!fb) {
                    fb = g_new0(FeatureBits, 1);
                    fb->word = w;
                    g_hash_table_insert(t, (char *)name, fb);
                }
                fb->mask |= 1ull << bit;
            }
        }
        for (const X86FeatureAlias *a = feature_aliases; a->alias; a++) {
            FeatureBits *fb = g_hash_table_lookup(t, a->name);

            g_hash_table_insert(t, (char *)a->alias, g_memdup2(fb, sizeof(*fb)));
        }
        g_once_init_leave(&index, t);
    }
    return index;
}

bool x86_feature_lookup(const char *name, FeatureWord *word, uint64_t *mask)
{
    FeatureBits *fb = g_hash_table_lookup(feature_index(), name);

    if (!fb) {
        return false;
    }
    *word = fb->word;
    *mask = fb->mask;
    return true;
}

char *x86_feature_name(FeatureWord word, int bit)
{
    const char *name = feature_word_info[word].names[bit];

    return name ? g_strdup(name) : g_strdup_printf("bit %d", bit);
}

char *x86_feature_word_origin(FeatureWord word)
{
    static const char *const regs[] = {
        [R_EAX] = "EAX",
        [R_EBX] = "EBX",
        [R_ECX] = "ECX",
        [R_EDX] = "EDX",
    };
    const FeatureWordInfo *f = &feature_word_info[word];

    if (f->source != FEATURE_CPUID) {
        return g_strdup_printf("MSR(%XH)", f->msr);
    }
    if (f->needs_ecx && f->ecx) {
        return g_strdup_printf("CPUID.(%02XH,%u):%s", f->leaf, f->ecx, regs[f->reg]);
    }
    return g_strdup_printf("CPUID.%02XH:%s", f->leaf, regs[f->reg]);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **x86_feature_names(void)
{
    GPtrArray *names = g_ptr_array_new();

    for (int w = 0; w < FEATURE_WORDS; w++) {
        for (int bit = 0; bit < 64; bit++) {
            const char *name = feature_word_info[w].names[bit];
            FeatureWord word;
            uint64_t mask;

            /* A name of several bits is listed for the lowest of them. */
            if (name && x86_feature_lookup(name, &word, &mask) && ctz64(mask) == bit) {
                g_ptr_array_add(names, g_strdup(name));
            }
        }
    }
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, false);
}

uint64_t x86_host_feature_word(FeatureWord word)
{
    const FeatureWordInfo *f = &feature_word_info[word];
    uint32_t r[4], limit;

    if (f->source != FEATURE_CPUID) {
        return 0;
    }
    host_cpuid(f->leaf & 0xf0000000u, 0, &limit, NULL, NULL, NULL);
    if (limit < f->leaf || limit >> 28 != f->leaf >> 28) {
        return 0;
    }
    if (f->leaf == 7 && f->ecx) {
        host_cpuid(7, 0, &limit, NULL, NULL, NULL);
        if (limit < f->ecx) {
            return 0;
        }
    }
    host_cpuid(f->leaf, f->ecx, &r[R_EAX], &r[R_EBX], &r[R_ECX], &r[R_EDX]);
    return r[f->reg];
}
