/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID and KVM: what the kernel supports (api.rst 4.46), and telling it what
 * the guest is to see (4.42). The paravirtual leaves are described in
 * Documentation/virt/kvm/x86/cpuid.rst.
 */
#include "qemu/osdep.h"
#include <sys/ioctl.h>

#include "target/i386/accel-cpu.h"
#include "target/i386/cpu-internal.h"
#include "target/i386/feature-words.h"
#include "target/i386/host-cpu.h"
#include "target/i386/hyperv.h"
#include "target/i386/kvm/kvm-i386.h"

#define MAX_CPUID_ENTRIES 512

/* ---- what is supported ---- */

static struct kvm_cpuid2 *supported_cpuid(KVMState *s)
{
    static struct kvm_cpuid2 *cache;
    int ret;

    if (cache) {
        return cache;
    }
    for (unsigned n = 64; n <= MAX_CPUID_ENTRIES * 2; n *= 2) {
        struct kvm_cpuid2 *c = g_malloc0(sizeof(*c) + n * sizeof(struct kvm_cpuid_entry2));

        c->nent = n;
        ret = kvm_ioctl(s, KVM_GET_SUPPORTED_CPUID, c);
        if (ret == 0) {
            cache = c;
            return cache;
        }
        g_free(c);
        if (ret != -E2BIG) {
            break;
        }
    }
    /* It tells nothing: then nothing is offered. */
    cache = g_malloc0(sizeof(*cache));
    return cache;
}

static uint32_t entry_reg(const struct kvm_cpuid_entry2 *e, int reg)
{
    switch (reg) {
    case R_EAX:
        return e->eax;
    case R_EBX:
        return e->ebx;
    case R_ECX:
        return e->ecx;
    default:
        return e->edx;
    }
}

static uint32_t raw_supported(KVMState *s, uint32_t function, uint32_t index, int reg, bool *found)
{
    struct kvm_cpuid2 *c = supported_cpuid(s);

    for (unsigned i = 0; i < c->nent; i++) {
        const struct kvm_cpuid_entry2 *e = &c->entries[i];

        if (e->function == function &&
            (!(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || e->index == index)) {
            *found = true;
            return entry_reg(e, reg);
        }
    }
    *found = false;
    return 0;
}

/* Bits that the kernel does not report although it, or we, provide them. */
static uint32_t fix_basic(KVMState *s, uint32_t function, int reg, uint32_t val)
{
    if (function == 1 && reg == R_EDX) {
        val |= CPUID_PAT | CPUID_MTRR | CPUID_MCE | CPUID_MCA | CPUID_HT;
    } else if (function == 1 && reg == R_ECX) {
        val |= CPUID_EXT_HYPERVISOR;
        if (kvm_irqchip_in_kernel()) {
            if (kvm_check_extension(s, KVM_CAP_TSC_DEADLINE_TIMER)) {
                val |= CPUID_EXT_TSC_DEADLINE_TIMER;
            }
        } else {
            val &= ~(CPUID_EXT_X2APIC | CPUID_EXT_TSC_DEADLINE_TIMER);
        }
        /* Otherwise MONITOR would exit on each use. */
        val = kvm_caps.mwait_in_guest ? val | CPUID_EXT_MONITOR : val & ~CPUID_EXT_MONITOR;
    } else if (function == 6 && reg == R_EAX) {
        val |= kvm_irqchip_in_kernel() ? CPUID_6_EAX_ARAT : 0;
    }
    return val;
}

static uint32_t fix_extended(KVMState *s, uint32_t function, int reg, uint32_t val)
{
    bool found;

    if (function == 0x80000001 && reg == R_EDX) {
        /* On Intel the copies of leaf 1 are not reported. */
        val |= raw_supported(s, 1, 0, R_EDX, &found) & 0x0183f3ff;
    } else if (function == 0x80000007 && reg == R_EBX) {
        val |= CPUID_8000_0007_EBX_OVERFLOW_RECOV | CPUID_8000_0007_EBX_SUCCOR;
    }
    return val;
}

static uint32_t fix_paravirtual(KVMState *s, int reg, uint32_t val)
{
    if (reg == R_EAX) {
        val &= ~CPUID_KVM_MMU_OP;
        if (!kvm_irqchip_in_kernel()) {
            val &= ~(CPUID_KVM_PV_UNHALT | CPUID_KVM_PV_EOI | CPUID_KVM_ASYNCPF |
                     CPUID_KVM_ASYNCPF_INT | CPUID_KVM_PV_SEND_IPI);
        }
        if (kvm_irqchip_is_split()) {
            val |= CPUID_KVM_MSI_EXT_DEST_ID;
        } else {
            val &= ~CPUID_KVM_MSI_EXT_DEST_ID;
        }
    } else if (reg == R_EDX) {
        val |= CPUID_KVM_HINTS_DEDICATED;
    }
    return val;
}

uint32_t kvm_arch_get_supported_cpuid(KVMState *s, uint32_t function, uint32_t index, int reg)
{
    bool found;
    uint32_t val = raw_supported(s, function, index, reg, &found);

    if (function == 0x40000001) {
        return found ? fix_paravirtual(s, reg, val) : 0;
    }
    return function >= 0x80000000 ? fix_extended(s, function, reg, val)
                                  : fix_basic(s, function, reg, val);
}

uint64_t kvm_arch_get_supported_msr_feature(KVMState *s, uint32_t index)
{
    struct {
        struct kvm_msrs info;
        struct kvm_msr_entry entry;
    } m = {.info.nmsrs = 1, .entry.index = index};
    uint64_t val;

    if (!kvm_check_extension(s, KVM_CAP_GET_MSR_FEATURES) || kvm_ioctl(s, KVM_GET_MSRS, &m) != 1) {
        return 0;
    }
    val = m.entry.data;
    if (index == MSR_IA32_VMX_PROCBASED_CTLS2 && !(val >> 32)) {
        return 0;
    }
    return val;
}

/* ---- paravirtual leaves ---- */

#define KVM_LEAVES_BEHIND_HYPERV 0x40000100

bool kvm_cpuid_hypervisor(X86CPU *cpu, uint32_t index, uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                          uint32_t *edx)
{
    static const char signature[12] = "KVMKVMKVM\0\0";
    CPUX86State *env = &cpu->env;
    bool freq = cpu->vmware_cpuid_freq && env->tsc_khz;

    /* Hyper-V's leaves come first; KVM's own then begin at the next place where guests look. */
    if (x86_hyperv_enabled(cpu)) {
        if (index < KVM_LEAVES_BEHIND_HYPERV) {
            return x86_hyperv_cpuid(cpu, index, eax, ebx, ecx, edx);
        }
        index -= KVM_LEAVES_BEHIND_HYPERV - 0x40000000;
        freq = false;
    }
    if (!cpu->expose_kvm) {
        return false;
    }
    switch (index) {
    case 0x40000000:
        *eax = freq ? 0x40000010 : 0x40000001;
        *eax += x86_hyperv_enabled(cpu) ? KVM_LEAVES_BEHIND_HYPERV - 0x40000000 : 0;
        memcpy(ebx, signature, 4);
        memcpy(ecx, signature + 4, 4);
        memcpy(edx, signature + 8, 4);
        return true;
    case 0x40000001:
        *eax = env->features[FEAT_KVM];
        *edx = env->features[FEAT_KVM_HINTS];
        return true;
    case 0x40000010:
        if (freq) {
            *eax = env->tsc_khz;
            *ebx = 1000000; /* the local APIC timer counts at 1 GHz */
        }
        return freq;
    }
    return false;
}

/* ---- telling the kernel ---- */

typedef struct CPUIDTable {
    struct kvm_cpuid2 *cpuid;
    CPUX86State *env;
    bool full;
} CPUIDTable;

static struct kvm_cpuid_entry2 *add_entry(CPUIDTable *t, uint32_t function, uint32_t index,
                                          bool indexed)
{
    struct kvm_cpuid_entry2 *e;

    if (t->cpuid->nent == MAX_CPUID_ENTRIES) {
        t->full = true;
        return NULL;
    }
    e = &t->cpuid->entries[t->cpuid->nent++];
    *e = (struct kvm_cpuid_entry2){
        .function = function,
        .index = index,
        .flags = indexed ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
    };
    if (function >= 0x40000000 && function < 0x80000000) {
        kvm_cpuid_hypervisor(env_archcpu(t->env), function, &e->eax, &e->ebx, &e->ecx, &e->edx);
    } else {
        cpu_x86_cpuid(t->env, function, index, &e->eax, &e->ebx, &e->ecx, &e->edx);
    }
    return e;
}

static bool entry_is_zero(const struct kvm_cpuid_entry2 *e)
{
    return !e->eax && !e->ebx && !e->ecx && !e->edx;
}

/* Sub-leaves that go on until one says that it is the last. */
static void add_until_end(CPUIDTable *t, uint32_t function)
{
    for (uint32_t i = 0; i < 64; i++) {
        struct kvm_cpuid_entry2 *e = add_entry(t, function, i, true);
        bool last;

        if (!e) {
            return;
        }
        last = function == 0xb || function == 0x1f ? !((e->ecx >> 8) & 0xff) : !(e->eax & 0x1f);
        if (last) {
            return;
        }
    }
}

static void add_counted(CPUIDTable *t, uint32_t function)
{
    struct kvm_cpuid_entry2 *e = add_entry(t, function, 0, true);
    uint32_t last = e ? e->eax : 0;

    for (uint32_t i = 1; e && i <= MIN(last, 63); i++) {
        add_entry(t, function, i, true);
    }
}

static void add_sparse(CPUIDTable *t, uint32_t function, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct kvm_cpuid_entry2 *e = add_entry(t, function, i, true);

        if (e && i > 1 && entry_is_zero(e)) {
            t->cpuid->nent--;
        }
    }
}

static void add_leaf(CPUIDTable *t, uint32_t function)
{
    struct kvm_cpuid_entry2 *e;

    switch (function) {
    case 0x4:
    case 0xb:
    case 0x1f:
    case 0x8000001d:
        add_until_end(t, function);
        return;
    case 0x7:
    case 0x14:
    case 0x1d:
    case 0x1e:
    case 0x24:
        add_counted(t, function);
        return;
    case 0xd:
        add_sparse(t, function, 64);
        return;
    case 0x12:
        add_sparse(t, function, 3);
        return;
    default:
        e = add_entry(t, function, 0, false);
        if (e && entry_is_zero(e)) {
            t->cpuid->nent--; /* the same as not there */
        }
    }
}

static void add_range(CPUIDTable *t, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i >= first && i <= last; i++) {
        add_leaf(t, i);
    }
}

bool kvm_set_cpuid(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    g_autofree struct kvm_cpuid2 *cpuid =
        g_malloc0(sizeof(*cpuid) + MAX_CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2));
    CPUIDTable t = {.cpuid = cpuid, .env = env};
    int ret;

    if (x86_hyperv_enabled(cpu)) {
        add_range(&t, 0x40000000, 0x40000006);
        if (cpu->expose_kvm) {
            add_range(&t, KVM_LEAVES_BEHIND_HYPERV, KVM_LEAVES_BEHIND_HYPERV + 1);
        }
    } else if (cpu->expose_kvm) {
        uint32_t a = 0, b, c, d;

        kvm_cpuid_hypervisor(cpu, 0x40000000, &a, &b, &c, &d);
        add_entry(&t, 0x40000000, 0, false);
        add_entry(&t, 0x40000001, 0, false);
        if (a >= 0x40000010) {
            add_entry(&t, 0x40000010, 0, false);
        }
    }
    add_range(&t, 0, MIN(env->cpuid_level, 0xff));
    add_range(&t, 0x80000000, MIN(env->cpuid_xlevel, 0x800000ff));
    if (env->cpuid_xlevel2) {
        add_range(&t, 0xc0000000, MIN(env->cpuid_xlevel2, 0xc00000ff));
    }
    if (t.full) {
        error_setg(errp, "this CPU's CPUID has more than the %d entries that can be given to KVM",
                   MAX_CPUID_ENTRIES);
        return false;
    }
    ret = kvm_vcpu_ioctl(CPU(cpu), KVM_SET_CPUID2, cpuid);
    return ret < 0 ? kvm_reg_error(errp, "KVM_SET_CPUID2", ret) : true;
}
