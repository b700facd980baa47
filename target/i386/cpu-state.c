/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State of the processor after RESET, INIT and SIPI (SDM vol. 3, table 10-1).
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "hw/i386/apic.h"
#include "system/cpus.h"
#include "target/i386/accel-cpu.h"
#include "target/i386/cpu-internal.h"
#include "target/i386/tcg/tlb.h"

void cpu_x86_load_seg_cache(CPUX86State *env, X86Seg seg, unsigned selector, uint64_t base,
                            unsigned limit, unsigned flags)
{
    SegmentCache *sc = seg == R_LDTR ? &env->ldt : seg == R_TR ? &env->tr : &env->segs[seg];

    *sc = (SegmentCache){.selector = selector, .flags = flags, .base = base, .limit = limit};
    x86_update_hflags(env);
}

/* ---- reset ---- */

#define DATA_SEGMENT (DESC_P_MASK | DESC_S_MASK | DESC_W_MASK | DESC_A_MASK)
#define CODE_SEGMENT (DESC_P_MASK | DESC_S_MASK | DESC_CS_MASK | DESC_R_MASK | DESC_A_MASK)

/* What RESET and INIT have in common. */
static void reset_common(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;

    memset(env->regs, 0, sizeof(env->regs));
    env->regs[R_EDX] = env->cpuid_version;
    env->eip = env->next_eip = 0xfff0;
    env->eflags = EFLAGS_FIXED;
    env->hflags = 0;
    env->hflags2 = 0;

    env->segs[R_CS] = (SegmentCache){0xf000, CODE_SEGMENT, 0xffff0000, 0xffff};
    for (int i = 0; i < X86_NB_SEGS; i++) {
        if (i != R_CS) {
            env->segs[i] = (SegmentCache){0, DATA_SEGMENT, 0, 0xffff};
        }
    }
    env->ldt = (SegmentCache){0, DESC_P_MASK | (2 << DESC_TYPE_SHIFT), 0, 0xffff};
    env->tr = (SegmentCache){0, DESC_P_MASK | (11 << DESC_TYPE_SHIFT), 0, 0xffff};
    env->gdt = env->idt = (SegmentCache){.limit = 0xffff};

    env->cr[0] = CR0_ET_MASK | (env->cr[0] & (CR0_CD_MASK | CR0_NW_MASK));
    env->cr[2] = env->cr[3] = env->cr[4] = 0;
    memset(env->dr, 0, sizeof(env->dr));
    env->dr[6] = DR6_FIXED_1;
    env->dr[7] = DR7_FIXED_1;
    env->efer = 0;
    env->a20_mask = UINT64_MAX;
    memset(env->pdptr, 0, sizeof(env->pdptr));

    env->exception_next_eip = 0;
    env->error_code = 0;
    env->exception_has_error_code = false;
    env->exception_is_int = false;
    env->old_exception = -1;
    env->interrupt_injected = -1;
    env->nmi_pending = env->nmi_injected = env->soft_interrupt = env->has_error_code = 0;
    env->exception_pending = env->exception_injected = env->exception_has_payload = 0;
    env->exception_nr = -1;
    env->exception_payload = 0;
    env->smi_pending = 0;
    env->triple_fault_pending = false;
    env->monitor_armed = false;
    env->mwait_irq = false;
    qatomic_set(&env->monitor_track, NULL);
    qatomic_set(&env->monitor_hit, false);
    env->pkrs = 0;
}

static void reset_fpu(CPUX86State *env)
{
    memset(&env->fpu, 0, sizeof(env->fpu));
    env->fpu.legacy.fcw = 0x40;
    env->fpu.legacy.ftw = 0xff; /* all valid: each holds +0.0 */
    env->fpu.legacy.mxcsr = 0x1f80;
    env->fpu.header.xstate_bv = XSTATE_FP_MASK | XSTATE_SSE_MASK;
    env->pkru = 0;
    env->xcr0 = XSTATE_FP_MASK;
    env->xss = 0;
}

static void reset_msrs(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;
    uint64_t mcg_cap = env->mcg_cap;

    /* From the first MSR to what is configuration. */
    memset(&env->star, 0, offsetof(CPUX86State, interrupt_injected) - offsetof(CPUX86State, star));
    env->mcg_cap = mcg_cap;
    if (mcg_cap & MCG_CTL_P) {
        env->mcg_ctl = UINT64_MAX;
    }
    for (unsigned bank = 0; bank < (mcg_cap & 0xff); bank++) {
        env->mce_banks[bank * 4] = UINT64_MAX;
    }
    env->pat = PAT_RESET_VALUE;
    env->msr_misc_enable = MSR_IA32_MISC_ENABLE_DEFAULT;
    if (env->features[FEAT_1_ECX] & CPUID_EXT_MONITOR) {
        env->msr_misc_enable |= MSR_IA32_MISC_ENABLE_MWAIT;
    }
    env->msr_arch_capabilities = env->features[FEAT_ARCH_CAPABILITIES];
    env->smbase = 0x30000;
    env->a20_mask = UINT64_MAX;
    env->kvm_poll_control_msr = 1;
    env->tsc_offset = -(uint64_t)cpus_get_elapsed_ticks();
}

static void x86_cpu_reset_hold(Object *obj, ResetType type)
{
    X86CPU *cpu = X86_CPU(obj);
    X86CPUClass *xcc = X86_CPU_GET_CLASS(obj);
    const X86AccelCPUClass *acc = x86_accel_cpu(cpu);
    CPUState *cs = CPU(obj);
    CPUX86State *env = &cpu->env;

    if (qemu_loglevel_mask(CPU_LOG_RESET)) {
        FILE *f = qemu_log_trylock();

        if (f) {
            fprintf(f, "CPU Reset (CPU %d)\n", cs->cpu_index);
            cpu_dump_state(cs, f, CPU_DUMP_FPU);
            qemu_log_unlock(f);
        }
    }
    if (xcc->parent_phases.hold) {
        xcc->parent_phases.hold(obj, type);
    }
    env->cr[0] = CR0_CD_MASK | CR0_NW_MASK;
    reset_common(cpu);
    reset_fpu(env);
    reset_msrs(cpu);
    env->sipi_vector = 0;

    if (env->apic_state) {
        device_cold_reset(env->apic_state);
    }
    /* The first processor boots, the others wait for its SIPI. */
    apic_designate_bsp(env->apic_state, cs->cpu_index == 0);
    cs->halted = !cpu_is_bsp(cpu);
    x86_update_hflags(env);
    x86_tlb_flush_all(env);
    if (acc && acc->reset) {
        acc->reset(cpu);
    }
}

void x86_cpu_class_init_reset(ObjectClass *oc)
{
    resettable_class_set_parent_phases(RESETTABLE_CLASS(oc), NULL, x86_cpu_reset_hold, NULL,
                                       &X86_CPU_CLASS(oc)->parent_phases);
}

/* ---- INIT and SIPI ---- */

void do_cpu_init(X86CPU *cpu)
{
    CPUState *cs = CPU(cpu);
    CPUX86State *env = &cpu->env;
    const X86AccelCPUClass *acc = x86_accel_cpu(cpu);

    /* A SIPI that came right behind the INIT must not get lost. */
    cpu_reset_interrupt(cs, ~(uint32_t)(CPU_INTERRUPT_SIPI | CPU_INTERRUPT_EXITTB));
    reset_common(cpu);
    env->pkru = 0;
    apic_init_reset(env->apic_state);
    cs->halted = !cpu_is_bsp(cpu);
    cs->exception_index = -1;
    x86_update_hflags(env);
    x86_tlb_flush_all(env);
    if (acc && acc->reset) {
        acc->reset(cpu);
    }
}

void cpu_x86_load_seg_cache_sipi(X86CPU *cpu, uint8_t sipi_vector)
{
    CPUX86State *env = &cpu->env;

    env->eip = env->next_eip = 0;
    cpu_x86_load_seg_cache(env, R_CS, sipi_vector << 8, sipi_vector << 12, env->segs[R_CS].limit,
                           env->segs[R_CS].flags);
    CPU(cpu)->halted = 0;
}

void do_cpu_sipi(X86CPU *cpu)
{
    apic_sipi(cpu->env.apic_state);
}

bool cpu_is_bsp(X86CPU *cpu)
{
    return cpu->env.apic_state ? apic_is_bsp(cpu->env.apic_state) : CPU(cpu)->cpu_index == 0;
}
