/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known about each feature word and bit: where it comes from, its
 * name, what it needs.
 */
#ifndef I386_FEATURE_WORDS_H
#define I386_FEATURE_WORDS_H

#include "target/i386/cpu-features.h"

typedef enum FeatureSource {
    FEATURE_CPUID,
    FEATURE_MSR,
    FEATURE_VMX_CTLS, /* the upper half of an MSR: controls that may be 1 */
} FeatureSource;

typedef struct FeatureWordInfo {
    FeatureSource source;
    uint32_t leaf, ecx; /* CPUID */
    bool needs_ecx;
    int reg;                /* R_EAX ... R_EBX */
    uint32_t msr;           /* MSR, VMX controls */
    bool derived;           /* follows from other words, cannot be asked for */
    uint64_t unmigratable;  /* on another host the guest would see a change */
    uint64_t no_autoenable; /* `max` and `host` leave these off */
    const char *names[64];  /* NULL: cannot be named */
} FeatureWordInfo;

extern const FeatureWordInfo feature_word_info[FEATURE_WORDS];

/* Other spellings of bit names; ends with {}. */
typedef struct X86FeatureAlias {
    const char *alias, *name;
} X86FeatureAlias;

extern const X86FeatureAlias feature_aliases[];

/* Features @to cannot be there without all features of @from. */
typedef struct FeatureMask {
    FeatureWord word;
    uint64_t mask;
} FeatureMask;

typedef struct FeatureDep {
    FeatureMask from, to;
} FeatureDep;

extern const FeatureDep feature_dependencies[];
extern const size_t feature_dependency_count;

/*
 * The bits that @name (or its other spellings) stands for: more than one where
 * several mean the same. False when there is no such feature.
 */
bool x86_feature_lookup(const char *name, FeatureWord *word, uint64_t *mask);

/* Name of a bit, for messages: "avx2", or "bit 40" when it has none. Caller frees. */
char *x86_feature_name(FeatureWord word, int bit);

/* Where a word comes from, for messages: "CPUID.07H:EBX", "MSR(10AH)". Caller frees. */
char *x86_feature_word_origin(FeatureWord word);

/* All feature names without other spellings, sorted, each once; NULL-terminated, g_strfreev(). */
char **x86_feature_names(void);

/*
 * The word as the host processor has it; 0 where that cannot be known from
 * user mode (MSRs).
 */
uint64_t x86_host_feature_word(FeatureWord word);

#endif
