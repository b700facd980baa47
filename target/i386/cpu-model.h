/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU models: what a named CPU is made of, and how its versions differ.
 *
 * A definition holds version 1: what it has in common with an earlier model it
 * takes from there. Each later version lists what it changes against the one
 * before it, as properties of the CPU object. The unversioned name stands for
 * the version that the machine type chooses.
 */
#ifndef I386_CPU_MODEL_H
#define I386_CPU_MODEL_H

#include "target/i386/cpu-features.h"

typedef enum CPUCacheType {
    CPU_CACHE_NONE,
    CPU_CACHE_DATA,
    CPU_CACHE_INSTRUCTION,
    CPU_CACHE_UNIFIED,
} CPUCacheType;

/* Which logical processors share something: the smallest group first. */
typedef enum X86TopoLevel {
    X86_TOPO_THREAD,
    X86_TOPO_CORE,
    X86_TOPO_MODULE,
    X86_TOPO_DIE,
    X86_TOPO_SOCKET,
} X86TopoLevel;

/* One cache, as CPUID leaves 04H and 8000001DH describe it. */
typedef struct CPUCacheInfo {
    CPUCacheType type;
    uint8_t level;
    uint32_t size; /* bytes: associativity * partitions * sets * line_size */
    uint16_t line_size;
    uint8_t associativity;
    uint8_t partitions;
    uint32_t sets;
    uint8_t lines_per_tag; /* 80000005H and 80000006H only */
    bool self_init;
    bool no_invd_sharing; /* WBINVD does not reach the caches of other sharers */
    bool inclusive;
    bool complex_indexing;
    X86TopoLevel share;
} CPUCacheInfo;

/* All caches of a model; a cache of type NONE does not exist. */
typedef struct CPUCaches {
    CPUCacheInfo l1d, l1i, l2, l3;
} CPUCaches;

typedef struct X86PropValue {
    const char *prop, *value;
} X86PropValue;

typedef struct X86CPUVersionDefinition {
    int version;               /* 0 ends the list */
    const char *alias;         /* another name of this version, or NULL */
    const char *note;          /* what it adds, for -cpu help, or NULL */
    const X86PropValue *props; /* changes against the version before, ends with {} */
    const CPUCaches *caches;   /* NULL: those of the version before */
} X86CPUVersionDefinition;

typedef struct X86CPUDefinition {
    const char *name;
    uint32_t level;   /* highest basic leaf, before features ask for more */
    uint32_t xlevel;  /* highest extended leaf */
    uint32_t xlevel2; /* highest Centaur leaf */
    const char *vendor;
    int family, model, stepping;
    uint8_t avx10_version;
    bool force_cpuid_0x1f;
    const char *like;          /* model whose version 1 has the rest of the features; NULL: none */
    FeatureWordArray features; /* besides those */
    FeatureWordArray without;  /* of those, what this one lacks */
    const char *model_id;
    const CPUCaches *caches; /* NULL: the traditional ones */
    bool legacy_cache_off;   /* default of the legacy-cache property, without caches */
    const X86CPUVersionDefinition *versions; /* NULL: just version 1 */
    const char *deprecation_note;
} X86CPUDefinition;

/* Version numbers with a meaning of their own. */
#define CPU_VERSION_AUTO   -1 /* what the machine type chooses */
#define CPU_VERSION_LATEST -2

typedef struct X86CPUModel X86CPUModel;

/* A definition in one of its versions: what a CPU class stands for. */
struct X86CPUModel {
    const X86CPUDefinition *def;
    int version; /* > 0, or CPU_VERSION_AUTO for the unversioned name */
};

/* Tables of one vendor or generation each. */
typedef struct X86CPUDefinitionTable {
    const X86CPUDefinition *defs;
    size_t count;
} X86CPUDefinitionTable;

extern const X86CPUDefinitionTable x86_defs_legacy, x86_defs_intel_core, x86_defs_intel_xeon,
    x86_defs_intel_atom, x86_defs_amd, x86_defs_amd_epyc, x86_defs_zhaoxin;

/* Calls @fn for each built-in definition. */
void x86_cpu_def_foreach(void (*fn)(const X86CPUDefinition *def, void *opaque), void *opaque);

/* All features of version 1 of @def. */
void x86_cpu_def_features(const X86CPUDefinition *def, FeatureWordArray words);

/* The versions of @def, ended by one with version 0. */
const X86CPUVersionDefinition *x86_cpu_def_versions(const X86CPUDefinition *def);

/* The version of @model after the machine type's choice: always > 0. */
int x86_cpu_model_version(const X86CPUModel *model);

/* The caches that version @version of @def has; NULL: the traditional ones. */
const CPUCaches *x86_cpu_def_caches(const X86CPUDefinition *def, int version);

#endif
