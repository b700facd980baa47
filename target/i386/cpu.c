/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The X86CPU object: from class to running vCPU. */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "hw/qdev-properties.h"
#include "system/cpus.h"
#include "target/i386/accel-cpu.h"
#include "target/i386/cpu-internal.h"
#include "target/i386/cpu-model.h"
#include "target/i386/feature-words.h"

/* EDX bits of leaf 1 that AMD repeats in leaf 80000001H (APM vol. 3, E.4.1). */
#define AMD_REPEATED_1_EDX                                                                         \
    (CPUID_FP87 | CPUID_VME | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR | CPUID_PAE |           \
     CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |        \
     CPUID_PAT | CPUID_PSE36 | CPUID_MMX | CPUID_FXSR)

/* ---- realize ---- */

static bool check_available(X86CPU *cpu, Error **errp)
{
    X86CPUClass *xcc = X86_CPU_GET_CLASS(cpu);
    const X86AccelCPUClass *acc = x86_accel_cpu(cpu);

    if (xcc->kind == X86_CPU_HOST && !(acc && strcmp(acc->label, "KVM") == 0)) {
        ERRP_GUARD();

        error_setg(errp, "CPU model 'host' needs KVM");
        error_append_hint(errp,
                          "Use -cpu max: it has everything of this host's processor "
                          "that %s can run.\n",
                          acc ? acc->label : "the accelerator");
        return false;
    }
    if (cpu->xen_vapic) {
        error_setg(errp,
                   "xen-vapic=on tells guests of Xen what its interrupt controller can do, and "
                   "no accelerator here is one of Xen's");
        return false;
    }
    return true;
}

/* The feature words as the guest will see them. */
static bool finalize_features(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    bool missing;

    if (!x86_cpu_expand_features(cpu, errp)) {
        return false;
    }
    /* All CPUs of a machine are alike: the first speaks for them. An error names all at once. */
    missing = x86_cpu_filter_features(cpu, cpu->check_cpuid && !cpu->enforce_cpuid && !first_cpu);
    if (missing && cpu->enforce_cpuid) {
        g_auto(GStrv) names = x86_cpu_unavailable_features(cpu);
        g_autofree char *list = g_strjoinv(", ", names);
        const X86AccelCPUClass *acc = x86_accel_cpu(cpu);

        error_setg(errp, "enforce=on: %s cannot provide the CPU features %s",
                   acc ? acc->label : "the accelerator", list);
        return false;
    }
    if (x86_cpu_is_amd(env)) {
        env->features[FEAT_8000_0001_EDX] &= ~(uint64_t)AMD_REPEATED_1_EDX;
        env->features[FEAT_8000_0001_EDX] |= env->features[FEAT_1_EDX] & AMD_REPEATED_1_EDX;
    }
    return true;
}

static bool choose_caches(X86CPU *cpu, Error **errp)
{
    const X86CPUModel *model = X86_CPU_GET_CLASS(cpu)->model;

    if (cpu->legacy_cache) {
        cpu->caches = NULL;
        return true;
    }
    if (model) {
        cpu->caches = x86_cpu_def_caches(model->def, x86_cpu_model_version(model));
        if (cpu->caches || model->def->legacy_cache_off) {
            return true;
        }
    }
    error_setg(errp, "legacy-cache=off: this CPU model has no description of its caches; only "
                     "legacy-cache=on is possible");
    return false;
}

static void set_topology_features(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;
    X86CPUTopoInfo topo = x86_cpu_topology(cpu);
    unsigned threads = x86_threads_per_pkg(&topo);

    if (threads > 1) {
        env->features[FEAT_1_EDX] |= CPUID_HT;
        /* The threads of HT are cores: AMD says so in a bit of its own. */
        if (!x86_cpu_is_intel(env) && !x86_cpu_is_zhaoxin(env)) {
            env->features[FEAT_8000_0001_ECX] |= CPUID_EXT3_CMP_LEG;
        }
    }
    CPU(cpu)->nr_threads = topo.threads_per_core;
    CPU(cpu)->nr_cores = threads / topo.threads_per_core;
}

static void mce_init(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;
    uint64_t mce = CPUID_MCE | CPUID_MCA;

    if (((env->cpuid_version >> 8) & 0xf) >= 6 && (env->features[FEAT_1_EDX] & mce) == mce) {
        env->mcg_cap = MCG_CTL_P | MCG_SER_P | MCE_BANKS_DEF;
        if (cpu->enable_lmce) {
            env->mcg_cap |= MCG_LMCE_P;
        }
        env->mcg_ctl = ~0ull;
        for (int bank = 0; bank < MCE_BANKS_DEF; bank++) {
            env->mce_banks[bank * 4] = ~0ull;
        }
    }
}

/* Performance counters are the host's, so only some accelerators have them. */
static bool check_pmu(X86CPU *cpu, Error **errp)
{
    const X86AccelCPUClass *acc = x86_accel_cpu(cpu);
    bool none = acc && !acc->cpuid_passthrough;

    if (cpu->lbr_fmt && cpu->lbr_fmt != LBR_FMT_HOST && (none || !cpu->enable_pmu)) {
        error_setg(errp, "lbr-fmt=0x%" PRIx64 " needs pmu=on%s", cpu->lbr_fmt,
                   none ? " and accelerator kvm" : "");
        return false;
    }
    if (none && cpu->enable_pmu) {
        warn_report_once("pmu=on: only accelerator kvm has performance counters");
    }
    return true;
}

static void x86_cpu_realizefn(DeviceState *dev, Error **errp)
{
    CPUState *cs = CPU(dev);
    X86CPU *cpu = X86_CPU(dev);
    X86CPUClass *xcc = X86_CPU_GET_CLASS(dev);
    Error *local_err = NULL;

    if (!check_available(cpu, errp)) {
        return;
    }
    if (cpu->apic_id == UINT32_MAX) {
        cpu->apic_id = 0;
    }
    if (!check_pmu(cpu, errp) || !finalize_features(cpu, errp) || !choose_caches(cpu, errp)) {
        return;
    }
    set_topology_features(cpu);
    if (!cpu_exec_realizefn(cs, errp)) {
        return;
    }
    if (!x86_cpu_set_phys_bits(cpu, errp)) {
        goto unrealize;
    }
    mce_init(cpu);
    if (!x86_cpu_apic_create(cpu, errp)) {
        goto unrealize;
    }
    qemu_init_vcpu(cs);
    if (!x86_cpu_apic_realize(cpu, errp)) {
        goto stop;
    }
    cpu_reset(cs);
    xcc->parent_realize(dev, &local_err);
    if (local_err) {
        error_propagate(errp, local_err);
        goto stop;
    }
    return;

stop:
    cpu_remove_sync(cs);
unrealize:
    cpu_exec_unrealizefn(cs);
}

static void x86_cpu_unrealizefn(DeviceState *dev)
{
    X86CPU *cpu = X86_CPU(dev);
    X86CPUClass *xcc = X86_CPU_GET_CLASS(dev);

    cpu_remove_sync(CPU(dev));
    if (cpu->env.apic_state) {
        object_unparent(OBJECT(cpu->env.apic_state));
        cpu->env.apic_state = NULL;
    }
    xcc->parent_unrealize(dev);
}

/* ---- instance ---- */

static void x86_cpu_initfn(Object *obj)
{
    X86CPU *cpu = X86_CPU(obj);
    CPUX86State *env = &cpu->env;
    X86CPUClass *xcc = X86_CPU_GET_CLASS(obj);
    const X86AccelCPUClass *acc = x86_accel_cpu(cpu);

    if (address_space_memory.root) {
        /* What property "memory" shows before it is set to something else. */
        CPU(obj)->memory = get_system_memory();
        object_ref(OBJECT(CPU(obj)->memory));
    }
    cpu->lbr_fmt = LBR_FMT_HOST;
    cpu->mwait[2] = 3; /* ECX: enumerates, and interrupts wake even when masked */
    switch (xcc->kind) {
    case X86_CPU_NAMED:
        x86_cpu_load_model(cpu, xcc->model);
        break;
    case X86_CPU_BASE:
        break;
    case X86_CPU_MAX:
    case X86_CPU_HOST:
        cpu->migratable = true;
        x86_cpu_set_vendor(env, CPUID_VENDOR_INTEL);
        env->features[FEAT_1_ECX] |= CPUID_EXT_HYPERVISOR;
        if (acc && acc->max_instance_init) {
            acc->max_instance_init(cpu);
        }
        break;
    }
    if (xcc->kind != X86_CPU_BASE) {
        accel_cpu_instance_init(CPU(obj));
    }
}

static void x86_cpu_finalizefn(Object *obj)
{
    g_free(X86_CPU(obj)->hyperv_vendor);
}

/* ---- CPUClass ---- */

static int64_t x86_cpu_get_arch_id(CPUState *cs)
{
    return X86_CPU(cs)->apic_id;
}

static bool x86_cpu_get_paging_enabled(const CPUState *cs)
{
    return ((const X86CPU *)cs)->env.cr[0] & CR0_PG_MASK;
}

static void x86_cpu_set_pc(CPUState *cs, vaddr value)
{
    X86_CPU(cs)->env.eip = value;
}

static vaddr x86_cpu_get_pc(CPUState *cs)
{
    CPUX86State *env = cpu_env(cs);

    return env->eip + env->segs[R_CS].base;
}

static bool x86_cpu_has_work(CPUState *cs)
{
    CPUX86State *env = cpu_env(cs);
    uint32_t pending = x86_gif_visible(env, qatomic_read(&cs->interrupt_request));

    if (pending & CPU_INTERRUPT_HARD && (x86_takes_interrupts(env) || env->mwait_irq)) {
        return true;
    }
    if (pending & CPU_INTERRUPT_VIRQ && env->eflags & IF_MASK) {
        return true;
    }
    if (qatomic_read(&env->monitor_hit)) {
        return true;
    }
    if (pending & CPU_INTERRUPT_NMI && !(env->hflags2 & HF2_NMI_BLOCKED)) {
        return true;
    }
    if (pending & CPU_INTERRUPT_SMI && !(env->hflags & HF_SMM)) {
        return true;
    }
    return pending &
           (CPU_INTERRUPT_POLL | CPU_INTERRUPT_INIT | CPU_INTERRUPT_SIPI | CPU_INTERRUPT_MCE);
}

static int x86_asidx_from_attrs(CPUState *cs, MemTxAttrs attrs)
{
    return attrs.secure && cs->num_ases > 1 ? 1 : 0;
}

static void x86_cpu_class_init(ObjectClass *oc, const void *data)
{
    X86CPUClass *xcc = X86_CPU_CLASS(oc);
    CPUClass *cc = CPU_CLASS(oc);
    DeviceClass *dc = DEVICE_CLASS(oc);

    device_class_set_parent_realize(dc, x86_cpu_realizefn, &xcc->parent_realize);
    device_class_set_parent_unrealize(dc, x86_cpu_unrealizefn, &xcc->parent_unrealize);
    x86_cpu_class_add_properties(oc);
    x86_cpu_class_init_reset(oc);

    cc->class_by_name = x86_cpu_class_by_name;
    cc->parse_features = x86_cpu_parse_featurestr;
    cc->has_work = x86_cpu_has_work;
    cc->dump_state = x86_cpu_dump_state;
    cc->set_pc = x86_cpu_set_pc;
    cc->get_pc = x86_cpu_get_pc;
    cc->get_arch_id = x86_cpu_get_arch_id;
    cc->get_paging_enabled = x86_cpu_get_paging_enabled;
    cc->asidx_from_attrs = x86_asidx_from_attrs;
    cc->get_phys_page_attrs_debug = x86_cpu_get_phys_page_attrs_debug;
    cc->gdb = &x86_gdb_target;
    cc->vmsd = &vmstate_x86_cpu;
    cc->max_as = 2;
    dc->user_creatable = true;
    set_bit(DEVICE_CATEGORY_CPU, dc->categories);
}

static const TypeInfo x86_cpu_type_info = {
    .name = TYPE_X86_CPU,
    .parent = TYPE_CPU,
    .instance_size = sizeof(X86CPU),
    .instance_align = __alignof__(X86CPU),
    .instance_init = x86_cpu_initfn,
    .instance_finalize = x86_cpu_finalizefn,
    .abstract = true,
    .class_size = sizeof(X86CPUClass),
    .class_init = x86_cpu_class_init,
};

static void register_x86_cpu(void)
{
    type_register_static(&x86_cpu_type_info);
}

type_init(register_x86_cpu)
