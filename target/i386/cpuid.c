/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID as the guest sees it (SDM vol. 2A CPUID; APM vol. 3 appendix E;
 * VIA/Zhaoxin for C0000000H). Caches are in cpuid-cache.c.
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "hw/i386/apic.h"
#include "target/i386/accel-cpu.h"
#include "target/i386/cpu-internal.h"

typedef struct CPUIDRegs {
    uint32_t eax, ebx, ecx, edx;
} CPUIDRegs;

/* ---- XSAVE: leaf 0DH ---- */

/* Offsets as in fpu-state.h; where XSAVE is the host's own, the accelerator puts the host's. */
X86XStateFeature x86_xstate_components[X86_XSTATE_COMPONENTS] = {
    [XSTATE_FP_BIT] = {FEAT_1_EDX, CPUID_FP87, 160, 0},
    [XSTATE_SSE_BIT] = {FEAT_1_EDX, CPUID_SSE, 256, 160},
    [XSTATE_YMM_BIT] = {FEAT_1_ECX, CPUID_EXT_AVX, 256, 576},
    [XSTATE_BNDREGS_BIT] = {FEAT_7_0_EBX, CPUID_7_0_EBX_MPX, 64, 960},
    [XSTATE_BNDCSR_BIT] = {FEAT_7_0_EBX, CPUID_7_0_EBX_MPX, 64, 1024},
    [XSTATE_OPMASK_BIT] = {FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512F, 64, 1088},
    [XSTATE_ZMM_Hi256_BIT] = {FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512F, 512, 1152},
    [XSTATE_Hi16_ZMM_BIT] = {FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512F, 1024, 1664},
    [XSTATE_PKRU_BIT] = {FEAT_7_0_ECX, CPUID_7_0_ECX_PKU, 8, 2688},
    [XSTATE_CET_U_BIT] = {FEAT_7_0_ECX, CPUID_7_0_ECX_CET_SS, 16, 0, .supervisor = true},
    [XSTATE_CET_S_BIT] = {FEAT_7_0_ECX, CPUID_7_0_ECX_CET_SS, 24, 0, .supervisor = true},
    [XSTATE_XTILE_CFG_BIT] = {FEAT_7_0_EDX, CPUID_7_0_EDX_AMX_TILE, 64, 2752, .align64 = true},
    [XSTATE_XTILE_DATA_BIT] = {FEAT_7_0_EDX, CPUID_7_0_EDX_AMX_TILE, 8192, 2816, .align64 = true},
    [XSTATE_APX_BIT] = {FEAT_7_1_EDX, CPUID_7_1_EDX_APXF, 128, 960},
};

void x86_xstate_set_layout(int bit, uint32_t size, uint32_t offset)
{
    x86_xstate_components[bit].size = size;
    if (!x86_xstate_components[bit].supervisor) {
        x86_xstate_components[bit].offset = offset;
    }
}

#define XSAVE_LEGACY_AND_HEADER 576

uint32_t x86_xsave_area_size(uint64_t components, bool compacted)
{
    uint32_t size = XSAVE_LEGACY_AND_HEADER;

    for (int i = 2; i < X86_XSTATE_COMPONENTS; i++) {
        const X86XStateFeature *c = &x86_xstate_components[i];

        if (!(components & (1ull << i))) {
            continue;
        }
        if (compacted) {
            size = c->align64 ? ROUND_UP(size, 64) : size;
            size += c->size;
        } else {
            size = MAX(size, c->offset + c->size);
        }
    }
    return size;
}

static uint64_t guest_xcr0_mask(const CPUX86State *env)
{
    return env->features[FEAT_XSAVE_XCR0_LO] | env->features[FEAT_XSAVE_XCR0_HI] << 32;
}

static uint64_t guest_xss_mask(const CPUX86State *env)
{
    return env->features[FEAT_XSAVE_XSS_LO] | env->features[FEAT_XSAVE_XSS_HI] << 32;
}

static void cpuid_xsave(CPUX86State *env, uint32_t count, CPUIDRegs *r)
{
    uint64_t xcr0 = guest_xcr0_mask(env), xss = guest_xss_mask(env);
    const X86XStateFeature *c;

    if (!(env->features[FEAT_1_ECX] & CPUID_EXT_XSAVE)) {
        return;
    }
    if (count == 0) {
        r->eax = xcr0;
        r->edx = xcr0 >> 32;
        r->ebx = x86_xsave_area_size(env->xcr0, false);
        r->ecx = x86_xsave_area_size(xcr0, false);
    } else if (count == 1) {
        /* Until the guest turns XSAVE on: the size with everything that it could enable. */
        uint64_t active = env->cr[4] & CR4_OSXSAVE_MASK ? env->xcr0 | env->xss : xcr0 | xss;

        r->eax = env->features[FEAT_XSAVE];
        r->ebx = x86_xsave_area_size(active, true);
        r->ecx = xss;
        r->edx = xss >> 32;
    } else if (count < X86_XSTATE_COMPONENTS) {
        bool offered = (xcr0 | xss) & (1ull << count);

        c = &x86_xstate_components[count];
        if (c->supervisor || count > XSTATE_PKRU_BIT) {
            if (!offered) {
                return;
            }
        }
        /* Old components keep their place in the area, whether or not they are offered. */
        r->eax = offered || count <= XSTATE_BNDCSR_BIT || count == XSTATE_PKRU_BIT ? c->size : 0;
        r->ebx = c->offset;
        r->ecx = (c->supervisor ? 1 : 0) | (c->align64 ? 2 : 0);
    }
}

/* ---- topology: leaves 1, 0BH, 1FH, 8000001EH ---- */

static void cpuid_version(X86CPU *cpu, CPUIDRegs *r)
{
    CPUX86State *env = &cpu->env;
    X86CPUTopoInfo topo = x86_cpu_topology(cpu);
    unsigned threads = x86_threads_per_pkg(&topo);

    r->eax = env->cpuid_version;
    r->ebx = ((cpu->apic_id & 0xff) << 24) | (8 << 8); /* CLFLUSH line: 8 quadwords */
    r->ecx = env->features[FEAT_1_ECX];
    if (r->ecx & CPUID_EXT_XSAVE && env->cr[4] & CR4_OSXSAVE_MASK) {
        r->ecx |= CPUID_EXT_OSXSAVE;
    }
    r->edx = env->features[FEAT_1_EDX];
    if (env->apic_state && !cpu_is_apic_enabled(env->apic_state)) {
        r->edx &= ~CPUID_APIC;
    }
    if (threads > 1) {
        unsigned ids = threads;

        if (x86_cpu_is_intel(env) || x86_cpu_is_zhaoxin(env)) {
            /* Intel: addressable IDs, a power of 2. */
            ids = 1u << apicid_pkg_offset(&topo);
        }
        r->ebx |= MIN(ids, 255) << 16;
    }
}

/* Level types of leaves 0BH and 1FH. */
enum {
    TOPO_TYPE_INVALID = 0,
    TOPO_TYPE_SMT = 1,
    TOPO_TYPE_CORE = 2,
    TOPO_TYPE_MODULE = 3,
    TOPO_TYPE_DIE = 5,
};

static void topo_level(CPUIDRegs *r, uint32_t count, unsigned shift, unsigned threads,
                       unsigned type)
{
    r->eax = shift;
    r->ebx = threads;
    r->ecx = (count & 0xff) | (type << 8);
}

static void cpuid_topology_0b(X86CPU *cpu, uint32_t count, CPUIDRegs *r)
{
    X86CPUTopoInfo topo = x86_cpu_topology(cpu);

    if (!cpu->enable_cpuid_0xb) {
        return;
    }
    r->edx = cpu->apic_id;
    switch (count) {
    case 0:
        topo_level(r, count, apicid_core_offset(&topo), topo.threads_per_core, TOPO_TYPE_SMT);
        break;
    case 1:
        topo_level(r, count, apicid_pkg_offset(&topo), x86_threads_per_pkg(&topo), TOPO_TYPE_CORE);
        break;
    default:
        topo_level(r, count, 0, 0, TOPO_TYPE_INVALID);
        break;
    }
}

/* 1FH: as 0BH with modules and dies, each only where there is more than one. */
static void cpuid_topology_1f(X86CPU *cpu, uint32_t count, CPUIDRegs *r)
{
    X86CPUTopoInfo topo = x86_cpu_topology(cpu);
    unsigned core_threads = topo.threads_per_core;
    unsigned module_threads = core_threads * topo.cores_per_module;
    unsigned die_threads = module_threads * topo.modules_per_die;
    struct {
        unsigned shift, threads, type;
    } levels[4];
    unsigned n = 0;
    bool modules = topo.modules_per_die > 1, dies = topo.dies_per_pkg > 1;

    levels[n].shift = apicid_core_offset(&topo);
    levels[n].threads = core_threads;
    levels[n++].type = TOPO_TYPE_SMT;

    levels[n].shift = modules ? apicid_module_offset(&topo)
                      : dies  ? apicid_die_offset(&topo)
                              : apicid_pkg_offset(&topo);
    levels[n].threads = module_threads;
    levels[n++].type = TOPO_TYPE_CORE;
    if (modules) {
        levels[n].shift = dies ? apicid_die_offset(&topo) : apicid_pkg_offset(&topo);
        levels[n].threads = die_threads;
        levels[n++].type = TOPO_TYPE_MODULE;
    }
    if (dies) {
        levels[n].shift = apicid_pkg_offset(&topo);
        levels[n].threads = die_threads * topo.dies_per_pkg;
        levels[n++].type = TOPO_TYPE_DIE;
    }
    r->edx = cpu->apic_id;
    if (count < n) {
        topo_level(r, count, levels[count].shift, levels[count].threads, levels[count].type);
    } else {
        topo_level(r, count, 0, 0, TOPO_TYPE_INVALID);
    }
}

static bool has_leaf_1f(X86CPU *cpu)
{
    X86CPUTopoInfo topo = x86_cpu_topology(cpu);

    return cpu->force_cpuid_0x1f || topo.dies_per_pkg > 1 || topo.modules_per_die > 1;
}

static void cpuid_topology_amd(X86CPU *cpu, CPUIDRegs *r)
{
    X86CPUTopoInfo topo = x86_cpu_topology(cpu);
    X86CPUTopoIDs ids;

    x86_topo_ids_from_apicid(cpu->apic_id, &topo, &ids);
    r->eax = cpu->apic_id;
    /* Core number within the node, and threads per core. */
    r->ebx = ((topo.threads_per_core - 1) << 8) |
             ((ids.module_id * topo.cores_per_module + ids.core_id) & 0xff);
    if (cpu->legacy_multi_node) {
        unsigned nodes = topo.dies_per_pkg;

        r->ecx = ((nodes - 1) << 8) | ((ids.pkg_id * nodes + ids.die_id) & 0xff);
    } else {
        r->ecx = ((topo.dies_per_pkg - 1) << 8) | (ids.pkg_id * topo.dies_per_pkg + ids.die_id);
    }
}

/* ---- basic leaves ---- */

static void cpuid_structured_features(CPUX86State *env, uint32_t count, CPUIDRegs *r)
{
    switch (count) {
    case 0:
        r->eax = env->cpuid_level_func7;
        r->ebx = env->features[FEAT_7_0_EBX];
        r->ecx = env->features[FEAT_7_0_ECX];
        if (r->ecx & CPUID_7_0_ECX_PKU && env->cr[4] & CR4_PKE_MASK) {
            r->ecx |= CPUID_7_0_ECX_OSPKE;
        }
        r->edx = env->features[FEAT_7_0_EDX];
        break;
    case 1:
        r->eax = env->features[FEAT_7_1_EAX];
        r->ecx = env->features[FEAT_7_1_ECX];
        r->edx = env->features[FEAT_7_1_EDX];
        break;
    case 2:
        r->edx = env->features[FEAT_7_2_EDX];
        break;
    }
}

static void cpuid_tiles(CPUX86State *env, uint32_t index, uint32_t count, CPUIDRegs *r)
{
    if (!(env->features[FEAT_7_0_EDX] & CPUID_7_0_EDX_AMX_TILE)) {
        return;
    }
    if (index == 0x1d && count == 0) {
        r->eax = 1; /* palettes */
    } else if (index == 0x1d && count == 1) {
        r->eax = 8192 | (1024 << 16); /* bytes: all tiles, one tile */
        r->ebx = 64 | (8 << 16);      /* bytes per row, tiles */
        r->ecx = 16;                  /* rows */
    } else if (index == 0x1e && count == 0) {
        r->eax = env->features[FEAT_1E_1_EAX] ? 1 : 0;
        r->ebx = 16 | (64 << 8); /* TMUL: K, N */
    } else if (index == 0x1e && count == 1) {
        r->eax = env->features[FEAT_1E_1_EAX];
    }
}

static void cpuid_host_leaf(X86CPU *cpu, uint32_t index, uint32_t count, CPUIDRegs *r)
{
    const X86AccelCPUClass *acc = x86_accel_cpu(cpu);
    CPUX86State *env = &cpu->env;
    bool offered =
        index == 0xa ? cpu->enable_pmu : env->features[FEAT_7_0_EBX] & CPUID_7_0_EBX_INTEL_PT;

    if (offered && acc && acc->cpuid_passthrough) {
        acc->cpuid_passthrough(cpu, index, count, &r->eax, &r->ebx, &r->ecx, &r->edx);
    }
}

static void cpuid_basic(X86CPU *cpu, uint32_t index, uint32_t count, CPUIDRegs *r)
{
    CPUX86State *env = &cpu->env;

    switch (index) {
    case 0x0:
        *r = (CPUIDRegs){env->cpuid_level, env->cpuid_vendor1, env->cpuid_vendor3,
                         env->cpuid_vendor2};
        break;
    case 0x1:
        cpuid_version(cpu, r);
        break;
    case 0x2:
    case 0x4:
        x86_cpuid_cache_intel(cpu, index, count, &r->eax, &r->ebx, &r->ecx, &r->edx);
        break;
    case 0x5:
        *r = (CPUIDRegs){cpu->mwait[0], cpu->mwait[1], cpu->mwait[2], cpu->mwait[3]};
        break;
    case 0x6:
        r->eax = env->features[FEAT_6_EAX];
        break;
    case 0x7:
        cpuid_structured_features(env, count, r);
        break;
    case 0xa:
    case 0x14:
        cpuid_host_leaf(cpu, index, count, r);
        break;
    case 0xb:
        cpuid_topology_0b(cpu, count, r);
        break;
    case 0xd:
        cpuid_xsave(env, count, r);
        break;
    case 0x12:
        if (env->features[FEAT_7_0_EBX] & CPUID_7_0_EBX_SGX && count == 0) {
            r->eax = env->features[FEAT_SGX_12_0_EAX];
            r->ebx = env->features[FEAT_SGX_12_0_EBX];
            r->edx = 0x241f; /* largest enclaves: 2^31 outside, 2^36 in 64-bit mode */
        } else if (env->features[FEAT_7_0_EBX] & CPUID_7_0_EBX_SGX && count == 1) {
            r->eax = env->features[FEAT_SGX_12_1_EAX];
            r->ecx = guest_xcr0_mask(env);
            r->edx = guest_xcr0_mask(env) >> 32;
        }
        break;
    case 0x1d:
    case 0x1e:
        cpuid_tiles(env, index, count, r);
        break;
    case 0x1f:
        if (has_leaf_1f(cpu)) {
            cpuid_topology_1f(cpu, count, r);
        }
        break;
    case 0x24:
        if (env->features[FEAT_7_1_EDX] & CPUID_7_1_EDX_AVX10 && count == 0) {
            r->eax = env->features[FEAT_24_1_ECX] ? 1 : 0;
            r->ebx = env->features[FEAT_24_0_EBX] | cpu->avx10_version;
        } else if (env->features[FEAT_7_1_EDX] & CPUID_7_1_EDX_AVX10 && count == 1) {
            r->ecx = env->features[FEAT_24_1_ECX];
        }
        break;
    case 0x29:
        if (count == 0) {
            r->ebx = env->features[FEAT_29_0_EBX];
        }
        break;
    }
}

/* ---- extended leaves ---- */

static void cpuid_extended_features(X86CPU *cpu, CPUIDRegs *r)
{
    CPUX86State *env = &cpu->env;

    r->eax = env->cpuid_version;
    r->ecx = env->features[FEAT_8000_0001_ECX];
    r->edx = env->features[FEAT_8000_0001_EDX];
    /* On Intel, SYSCALL exists in 64-bit mode only, and the bit follows the mode. */
    if (x86_cpu_is_intel(env) && cpu->vendor_cpuid_only_v2 && !(env->hflags & HF_LMA)) {
        r->edx &= ~CPUID_EXT2_SYSCALL;
    }
}

static void cpuid_address_sizes(X86CPU *cpu, CPUIDRegs *r)
{
    CPUX86State *env = &cpu->env;
    X86CPUTopoInfo topo = x86_cpu_topology(cpu);
    unsigned threads = x86_threads_per_pkg(&topo);

    r->eax = cpu->phys_bits;
    if (env->features[FEAT_8000_0001_EDX] & CPUID_EXT2_LM) {
        r->eax |= env->features[FEAT_7_0_ECX] & CPUID_7_0_ECX_LA57 ? 57 << 8 : 48 << 8;
        r->eax |= cpu->guest_phys_bits << 16;
    }
    r->ebx = env->features[FEAT_8000_0008_EBX];
    if (threads > 1 && !(cpu->vendor_cpuid_only_v2 && x86_cpu_is_intel(env))) {
        r->ecx = (apicid_pkg_offset(&topo) << 12) | (threads - 1);
    }
}

static void cpuid_extended(X86CPU *cpu, uint32_t index, uint32_t count, CPUIDRegs *r)
{
    CPUX86State *env = &cpu->env;
    uint32_t model = (index - 0x80000002) * 4;

    switch (index) {
    case 0x80000000:
        r->eax = env->cpuid_xlevel;
        if (!(cpu->vendor_cpuid_only_v2 && x86_cpu_is_intel(env))) {
            r->ebx = env->cpuid_vendor1;
            r->edx = env->cpuid_vendor2;
            r->ecx = env->cpuid_vendor3;
        }
        break;
    case 0x80000001:
        cpuid_extended_features(cpu, r);
        break;
    case 0x80000002 ... 0x80000004:
        *r = (CPUIDRegs){env->cpuid_model[model], env->cpuid_model[model + 1],
                         env->cpuid_model[model + 2], env->cpuid_model[model + 3]};
        break;
    case 0x80000005:
    case 0x80000006:
    case 0x8000001d:
        x86_cpuid_cache_amd(cpu, index, count, &r->eax, &r->ebx, &r->ecx, &r->edx);
        break;
    case 0x80000007:
        r->ebx = env->features[FEAT_8000_0007_EBX];
        r->edx = env->features[FEAT_8000_0007_EDX];
        break;
    case 0x80000008:
        cpuid_address_sizes(cpu, r);
        break;
    case 0x8000000a:
        if (env->features[FEAT_8000_0001_ECX] & CPUID_EXT3_SVM) {
            r->eax = 1;  /* revision */
            r->ebx = 16; /* ASIDs */
            r->edx = env->features[FEAT_SVM];
        }
        break;
    case 0x8000001e:
        if (x86_cpu_is_amd(env)) {
            cpuid_topology_amd(cpu, r);
        }
        break;
    case 0x80000021:
        r->eax = env->features[FEAT_8000_0021_EAX];
        r->ebx = env->features[FEAT_8000_0021_EBX];
        r->ecx = env->features[FEAT_8000_0021_ECX];
        break;
    case 0x80000022:
        if (cpu->enable_pmu) {
            r->eax = env->features[FEAT_8000_0022_EAX];
            r->ebx = r->eax & CPUID_8000_0022_EAX_PERFMON_V2 ? 6 : 0; /* core counters */
        }
        break;
    }
}

/* What the guest gets when it asks for a leaf beyond the last: the last basic one. */
static uint32_t clamp_index(CPUX86State *env, uint32_t index)
{
    uint32_t limit = index >= 0xc0000000   ? env->cpuid_xlevel2
                     : index >= 0x80000000 ? env->cpuid_xlevel
                                           : env->cpuid_level;

    return index > limit ? env->cpuid_level : index;
}

void cpu_x86_cpuid(CPUX86State *env, uint32_t index, uint32_t count, uint32_t *eax, uint32_t *ebx,
                   uint32_t *ecx, uint32_t *edx)
{
    X86CPU *cpu = env_archcpu(env);
    const X86AccelCPUClass *acc = x86_accel_cpu(cpu);
    CPUIDRegs r = {0};

    if (index >= 0x40000000 && index < 0x40000200) {
        if (acc && acc->cpuid_hypervisor) {
            acc->cpuid_hypervisor(cpu, index, &r.eax, &r.ebx, &r.ecx, &r.edx);
        }
    } else {
        index = clamp_index(env, index);
        if (index >= 0xc0000000) {
            if (index == 0xc0000000) {
                r.eax = env->cpuid_xlevel2;
            } else if (index == 0xc0000001) {
                r.edx = env->features[FEAT_C000_0001_EDX];
                r.eax = env->cpuid_version;
            }
        } else if (index >= 0x80000000) {
            cpuid_extended(cpu, index, count, &r);
        } else {
            cpuid_basic(cpu, index, count, &r);
        }
    }
    *eax = r.eax;
    *ebx = r.ebx;
    *ecx = r.ecx;
    *edx = r.edx;
}
