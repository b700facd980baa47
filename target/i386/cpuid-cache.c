/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caches and TLBs in CPUID: descriptors (02H), deterministic parameters (04H,
 * 8000001DH) and AMD's older leaves (80000005H, 80000006H).
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/units.h"
#include "target/i386/accel-cpu.h"
#include "target/i386/cpu-internal.h"
#include "target/i386/cpu-model.h"
#include "target/i386/host-cpu.h"

/* What CPUs without a description of their own have always shown. */
static const CPUCaches traditional_intel = {
    .l1d = {CPU_CACHE_DATA, 1, 32 * KiB, 64, 8, 1, 64, .self_init = true, .no_invd_sharing = true,
            .share = X86_TOPO_CORE},
    .l1i = {CPU_CACHE_INSTRUCTION, 1, 32 * KiB, 64, 8, 1, 64, .self_init = true,
            .no_invd_sharing = true, .share = X86_TOPO_CORE},
    .l2 = {CPU_CACHE_UNIFIED, 2, 4 * MiB, 64, 16, 1, 4096, .self_init = true,
           .no_invd_sharing = true, .share = X86_TOPO_CORE},
    .l3 = {CPU_CACHE_UNIFIED, 3, 16 * MiB, 64, 16, 1, 16384, 1, .self_init = true,
           .inclusive = true, .complex_indexing = true, .share = X86_TOPO_DIE},
};

static const CPUCaches traditional_amd = {
    .l1d = {CPU_CACHE_DATA, 1, 64 * KiB, 64, 2, 1, 512, 1, .self_init = true,
            .no_invd_sharing = true, .share = X86_TOPO_CORE},
    .l1i = {CPU_CACHE_INSTRUCTION, 1, 64 * KiB, 64, 2, 1, 512, 1, .self_init = true,
            .no_invd_sharing = true, .share = X86_TOPO_CORE},
    .l2 = {CPU_CACHE_UNIFIED, 2, 512 * KiB, 64, 16, 1, 512, 1, .share = X86_TOPO_CORE},
    .l3 = {CPU_CACHE_UNIFIED, 3, 16 * MiB, 64, 16, 1, 16384, 1, .self_init = true,
           .inclusive = true, .share = X86_TOPO_DIE},
};

static bool cache_exists(const X86CPU *cpu, const CPUCacheInfo *c)
{
    return c->type != CPU_CACHE_NONE && (c->level < 3 || cpu->enable_l3_cache);
}

static const CPUCaches *intel_caches(const X86CPU *cpu)
{
    return cpu->caches ? cpu->caches : &traditional_intel;
}

static const CPUCaches *amd_caches(const X86CPU *cpu)
{
    return cpu->caches ? cpu->caches : &traditional_amd;
}

/* ---- leaf 02H ---- */

/* SDM vol. 2A, table 3-12: the descriptors of caches, as far as models have them. */
static const struct {
    uint8_t descriptor, level;
    CPUCacheType type;
    uint32_t size;
    uint8_t ways;
    uint8_t line;
} cache_descriptors[] = {
    {0x06, 1, CPU_CACHE_INSTRUCTION, 8 * KiB, 4, 32},
    {0x08, 1, CPU_CACHE_INSTRUCTION, 16 * KiB, 4, 32},
    {0x09, 1, CPU_CACHE_INSTRUCTION, 32 * KiB, 4, 64},
    {0x0a, 1, CPU_CACHE_DATA, 8 * KiB, 2, 32},
    {0x0c, 1, CPU_CACHE_DATA, 16 * KiB, 4, 32},
    {0x0d, 1, CPU_CACHE_DATA, 16 * KiB, 4, 64},
    {0x0e, 1, CPU_CACHE_DATA, 24 * KiB, 6, 64},
    {0x1d, 2, CPU_CACHE_UNIFIED, 128 * KiB, 2, 64},
    {0x21, 2, CPU_CACHE_UNIFIED, 256 * KiB, 8, 64},
    {0x24, 2, CPU_CACHE_UNIFIED, 1 * MiB, 16, 64},
    {0x41, 2, CPU_CACHE_UNIFIED, 128 * KiB, 4, 32},
    {0x42, 2, CPU_CACHE_UNIFIED, 256 * KiB, 4, 32},
    {0x43, 2, CPU_CACHE_UNIFIED, 512 * KiB, 4, 32},
    {0x44, 2, CPU_CACHE_UNIFIED, 1 * MiB, 4, 32},
    {0x45, 2, CPU_CACHE_UNIFIED, 2 * MiB, 4, 32},
    {0x48, 2, CPU_CACHE_UNIFIED, 3 * MiB, 12, 64},
    {0x4e, 2, CPU_CACHE_UNIFIED, 6 * MiB, 24, 64},
    {0x60, 1, CPU_CACHE_DATA, 16 * KiB, 8, 64},
    {0x66, 1, CPU_CACHE_DATA, 8 * KiB, 4, 64},
    {0x67, 1, CPU_CACHE_DATA, 16 * KiB, 4, 64},
    {0x68, 1, CPU_CACHE_DATA, 32 * KiB, 4, 64},
    {0x78, 2, CPU_CACHE_UNIFIED, 1 * MiB, 4, 64},
    {0x7d, 2, CPU_CACHE_UNIFIED, 2 * MiB, 8, 64},
    {0x7f, 2, CPU_CACHE_UNIFIED, 512 * KiB, 2, 64},
    {0x80, 2, CPU_CACHE_UNIFIED, 512 * KiB, 8, 64},
    {0x82, 2, CPU_CACHE_UNIFIED, 256 * KiB, 8, 32},
    {0x83, 2, CPU_CACHE_UNIFIED, 512 * KiB, 8, 32},
    {0x86, 2, CPU_CACHE_UNIFIED, 512 * KiB, 4, 64},
    {0x87, 2, CPU_CACHE_UNIFIED, 1 * MiB, 8, 64},
};

#define DESCRIPTOR_SEE_LEAF_4 0xff

static uint8_t cache_descriptor(const CPUCacheInfo *c)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cache_descriptors); i++) {
        if (cache_descriptors[i].level == c->level && cache_descriptors[i].type == c->type &&
            cache_descriptors[i].size == c->size && cache_descriptors[i].ways == c->associativity &&
            cache_descriptors[i].line == c->line_size) {
            return cache_descriptors[i].descriptor;
        }
    }
    return DESCRIPTOR_SEE_LEAF_4;
}

static void cpuid_descriptors(X86CPU *cpu, uint32_t *eax, uint32_t *edx)
{
    const CPUCaches *caches = intel_caches(cpu);
    const CPUCacheInfo *list[] = {&caches->l2, &caches->l1i, &caches->l1d, &caches->l3};
    uint8_t d[4] = {0};
    bool see_leaf_4 = false;

    *eax = 1; /* one call tells all */
    for (int i = 0; i < 4; i++) {
        if (cache_exists(cpu, list[i])) {
            d[i] = cache_descriptor(list[i]);
            see_leaf_4 |= d[i] == DESCRIPTOR_SEE_LEAF_4;
        }
    }
    /* The one that refers to leaf 04H stands for all caches. */
    *edx = see_leaf_4 ? DESCRIPTOR_SEE_LEAF_4
                      : d[0] | (d[1] << 8) | (d[2] << 16) | ((uint32_t)d[3] << 24);
    if (!cpu->consistent_cache && cpu->legacy_cache) {
        /* What older machine types showed, whatever leaf 04H says. */
        *edx = 0x002c307d;
    }
}

/* ---- leaves 04H and 8000001DH ---- */

static unsigned sharing_threads(X86CPU *cpu, const CPUCacheInfo *c, bool addressable_ids)
{
    X86CPUTopoInfo t = x86_cpu_topology(cpu);
    X86TopoLevel share = c->level == 1 && !cpu->l1_cache_per_core ? X86_TOPO_THREAD : c->share;
    unsigned threads = 1, shift = 0;

    switch (share) {
    case X86_TOPO_THREAD:
        break;
    case X86_TOPO_CORE:
        threads = t.threads_per_core;
        shift = apicid_core_offset(&t);
        break;
    case X86_TOPO_MODULE:
        threads = t.threads_per_core * t.cores_per_module;
        shift = apicid_module_offset(&t);
        break;
    case X86_TOPO_DIE:
        threads = t.threads_per_core * t.cores_per_module * t.modules_per_die;
        shift = apicid_die_offset(&t);
        break;
    case X86_TOPO_SOCKET:
        threads = x86_threads_per_pkg(&t);
        shift = apicid_pkg_offset(&t);
        break;
    }
    return addressable_ids ? 1u << shift : threads;
}

static void deterministic_parameters(X86CPU *cpu, const CPUCacheInfo *c, bool addressable_ids,
                                     uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
    *eax = c->type | (c->level << 5) | (c->self_init ? 1 << 8 : 0) |
           ((sharing_threads(cpu, c, addressable_ids) - 1) << 14);
    *ebx =
        (c->line_size - 1) | ((c->partitions - 1) << 12) | ((uint32_t)(c->associativity - 1) << 22);
    *ecx = c->sets - 1;
    *edx = (c->no_invd_sharing ? 1 : 0) | (c->inclusive ? 2 : 0) | (c->complex_indexing ? 4 : 0);
}

/* The @count'th cache there is, or NULL. */
static const CPUCacheInfo *nth_cache(X86CPU *cpu, const CPUCaches *caches, uint32_t count)
{
    const CPUCacheInfo *list[] = {&caches->l1d, &caches->l1i, &caches->l2, &caches->l3};

    return count < 4 && cache_exists(cpu, list[count]) ? list[count] : NULL;
}

static void cpuid_leaf_4(X86CPU *cpu, uint32_t count, uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                         uint32_t *edx)
{
    X86CPUTopoInfo t = x86_cpu_topology(cpu);
    const CPUCacheInfo *c;

    if (cpu->cache_info_passthrough) {
        host_cpuid(4, count, eax, ebx, ecx, edx);
        *eax &= ~(0xfffu << 14 | 0x3fu << 26);
        if (*eax & 31) {
            /* The host's caches with this guest's neighbours. */
            bool shared = ((*eax >> 5) & 7) > 2;

            *eax |= ((1u << (shared ? apicid_die_offset(&t) : apicid_core_offset(&t))) - 1) << 14;
        }
    } else {
        c = nth_cache(cpu, intel_caches(cpu), count);
        if (c) {
            deterministic_parameters(cpu, c, true, eax, ebx, ecx, edx);
        }
    }
    if (*eax & 31) {
        unsigned core_ids = 1u << (apicid_pkg_offset(&t) - apicid_core_offset(&t));

        *eax |= (MIN(core_ids, 64) - 1) << 26;
    }
}

void x86_cpuid_cache_intel(X86CPU *cpu, uint32_t index, uint32_t count, uint32_t *eax,
                           uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
    if (x86_cpu_is_amd(&cpu->env) && cpu->vendor_cpuid_only) {
        return;
    }
    if (index == 4) {
        cpuid_leaf_4(cpu, count, eax, ebx, ecx, edx);
    } else if (cpu->cache_info_passthrough) {
        host_cpuid(2, 0, eax, ebx, ecx, edx);
    } else {
        cpuid_descriptors(cpu, eax, edx);
    }
}

/* ---- 80000005H, 80000006H ---- */

/* APM vol. 3, table E-4: associativity of L2 and L3. */
static uint32_t amd_associativity(uint8_t ways)
{
    static const uint8_t ways_of_code[16] = {
        [1] = 1,  [2] = 2,   [3] = 3,   [4] = 4,   [5] = 6,   [6] = 8,
        [8] = 16, [10] = 32, [11] = 48, [12] = 64, [13] = 96, [14] = 128,
    };

    for (uint32_t code = 1; code < 15; code++) {
        if (ways_of_code[code] == ways) {
            return code;
        }
    }
    return 9; /* "see leaf 8000001DH" */
}

static uint32_t amd_l1(const CPUCacheInfo *c)
{
    return c->type == CPU_CACHE_NONE ? 0
                                     : ((c->size / KiB) << 24) | (c->associativity << 16) |
                                           (c->lines_per_tag << 8) | c->line_size;
}

static uint32_t amd_l2(const CPUCacheInfo *c)
{
    return c->type == CPU_CACHE_NONE
               ? 0
               : ((c->size / KiB) << 16) | (amd_associativity(c->associativity) << 12) |
                     (c->lines_per_tag << 8) | c->line_size;
}

static uint32_t amd_l3(const CPUCacheInfo *c)
{
    return ((c->size / (512 * KiB)) << 18) | (amd_associativity(c->associativity) << 12) |
           (c->lines_per_tag << 8) | c->line_size;
}

/* TLBs: 255 entries, 1 way for L1; 512 entries, 4 ways for L2. */
#define AMD_L1_TLB 0x01ff01ffu
#define AMD_L2_TLB 0x42004200u

void x86_cpuid_cache_amd(X86CPU *cpu, uint32_t index, uint32_t count, uint32_t *eax, uint32_t *ebx,
                         uint32_t *ecx, uint32_t *edx)
{
    bool intel = x86_cpu_is_intel(&cpu->env);
    const CPUCaches *caches = intel ? intel_caches(cpu) : amd_caches(cpu);
    const CPUCacheInfo *c;

    if (index == 0x8000001d) {
        if (cpu->cache_info_passthrough) {
            host_cpuid(index, count, eax, ebx, ecx, edx);
        } else if (x86_cpu_is_amd(&cpu->env) && (c = nth_cache(cpu, caches, count))) {
            deterministic_parameters(cpu, c, false, eax, ebx, ecx, edx);
        }
        return;
    }
    if (cpu->cache_info_passthrough) {
        host_cpuid(index, 0, eax, ebx, ecx, edx);
        return;
    }
    if (intel && cpu->vendor_cpuid_only_v2) {
        /* Intel documents only the L2 cache here. */
        *ecx = index == 0x80000006 ? amd_l2(&caches->l2) : 0;
        return;
    }
    if (index == 0x80000005) {
        *eax = *ebx = AMD_L1_TLB;
        *ecx = amd_l1(&caches->l1d);
        *edx = amd_l1(&caches->l1i);
    } else {
        *ebx = AMD_L2_TLB;
        *ecx = amd_l2(&caches->l2);
        *edx = cache_exists(cpu, &caches->l3) ? amd_l3(&caches->l3) : 0;
    }
}
