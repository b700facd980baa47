/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU in the migration stream. What every guest has is in the main
 * section; what few guests touch is in subsections, there only when it differs
 * from the state after reset.
 */
#include "qemu/osdep.h"
#include "migration/vmstate.h"
#include "target/i386/cpu-internal.h"
#include "target/i386/tcg/tlb.h"

static const VMStateDescription vmstate_segment = {
    .name = "segment",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(selector, SegmentCache),
            VMSTATE_UINT64(base, SegmentCache),
            VMSTATE_UINT32(limit, SegmentCache),
            VMSTATE_UINT32(flags, SegmentCache),
            VMSTATE_END_OF_LIST(),
        },
};

#define VMSTATE_SEGMENT(field, state) VMSTATE_STRUCT(field, state, 0, vmstate_segment, SegmentCache)

static int cpu_pre_save(void *opaque)
{
    X86CPU *cpu = opaque;
    CPUX86State *env = &cpu->env;

    /*
     * An event that was only pending can be found again; what has to be put back
     * is what delivery of has begun.
     */
    if (env->exception_pending && !env->exception_injected && !env->exception_has_payload) {
        env->exception_pending = 0;
        env->exception_injected = 1;
    }
    return 0;
}

static int cpu_pre_load(void *opaque)
{
    X86CPU *cpu = opaque;

    /* Subsections that are not in the stream leave these. */
    cpu->env.xss = 0;
    cpu->env.msr_xfd = cpu->env.msr_xfd_err = 0;
    return 0;
}

static int cpu_post_load(void *opaque, int version_id)
{
    X86CPU *cpu = opaque;
    CPUX86State *env = &cpu->env;
    CPUState *cs = CPU(cpu);
    uint64_t xcr0 = env->features[FEAT_XSAVE_XCR0_LO] | env->features[FEAT_XSAVE_XCR0_HI] << 32;

    if (env->features[FEAT_1_ECX] & CPUID_EXT_XSAVE && env->xcr0 & ~xcr0) {
        return -EINVAL; /* the guest uses registers that this CPU model has not got */
    }
    if (env->tsc_khz && env->user_tsc_khz && env->tsc_khz != env->user_tsc_khz) {
        return -EINVAL;
    }
    cs->exception_index = -1;
    /* Who slept in MWAIT looks for itself what happened meanwhile. */
    if (env->monitor_armed) {
        cs->halted = 0;
        env->monitor_armed = false;
    }
    env->mwait_irq = false;
    qatomic_set(&env->monitor_track, NULL);
    qatomic_set(&env->monitor_hit, false);
    cpu_breakpoint_remove_all(cs, BP_CPU);
    cpu_watchpoint_remove_all(cs, BP_CPU);
    x86_update_hflags(env);
    x86_tlb_flush_all(env);
    return 0;
}

/* ---- optional parts ---- */

#define NEEDED(part, expr)                                                                         \
    static bool part##_needed(void *opaque)                                                        \
    {                                                                                              \
        CPUX86State *env = &((X86CPU *)opaque)->env;                                               \
        return expr;                                                                               \
    }

#define SUBSECTION(part, ...)                                                                      \
    static const VMStateDescription vmstate_##part = {                                             \
        .name = "cpu/" #part,                                                                      \
        .version_id = 1,                                                                           \
        .minimum_version_id = 1,                                                                   \
        .needed = part##_needed,                                                                   \
        .fields = (const VMStateField[]){__VA_ARGS__, VMSTATE_END_OF_LIST()},                      \
    }

static bool any_byte(const void *p, size_t size)
{
    const uint8_t *b = p;

    for (size_t i = 0; i < size; i++) {
        if (b[i]) {
            return true;
        }
    }
    return false;
}

#define ANY(field) any_byte(&env->field, sizeof(env->field))

NEEDED(avx, env->features[FEAT_1_ECX] & CPUID_EXT_AVX && ANY(fpu.ymmh))
SUBSECTION(avx, VMSTATE_UINT64_2DARRAY(env.fpu.ymmh, X86CPU, 16, 2));

NEEDED(avx512, ANY(fpu.opmask) || ANY(fpu.zmmh) || ANY(fpu.hi16_zmm))
SUBSECTION(avx512, VMSTATE_UINT64_ARRAY(env.fpu.opmask, X86CPU, 8),
           VMSTATE_UINT64_2DARRAY(env.fpu.zmmh, X86CPU, 16, 4),
           VMSTATE_UINT64_2DARRAY(env.fpu.hi16_zmm, X86CPU, 16, 8));

NEEDED(amx_xtile, ANY(fpu.xtilecfg) || ANY(fpu.xtiledata))
SUBSECTION(amx_xtile, VMSTATE_UINT8_ARRAY(env.fpu.xtilecfg, X86CPU, 64),
           VMSTATE_UINT8_ARRAY(env.fpu.xtiledata, X86CPU, 8192));

NEEDED(mpx, ANY(fpu.bndregs) || ANY(fpu.bndcsr) || env->msr_bndcfgs)
SUBSECTION(mpx, VMSTATE_UINT8_ARRAY(env.fpu.bndregs, X86CPU, 64),
           VMSTATE_UINT8_ARRAY(env.fpu.bndcsr, X86CPU, 64),
           VMSTATE_UINT64(env.msr_bndcfgs, X86CPU));

NEEDED(pkru, env->pkru != 0)
SUBSECTION(pkru, VMSTATE_UINT32(env.pkru, X86CPU));

NEEDED(pkrs, env->pkrs != 0)
SUBSECTION(pkrs, VMSTATE_UINT32(env.pkrs, X86CPU));

NEEDED(xss, env->xss != 0)
SUBSECTION(xss, VMSTATE_UINT64(env.xss, X86CPU));

NEEDED(xfd, env->msr_xfd || env->msr_xfd_err)
SUBSECTION(xfd, VMSTATE_UINT64(env.msr_xfd, X86CPU), VMSTATE_UINT64(env.msr_xfd_err, X86CPU));

NEEDED(cet, env->msr_u_cet || env->msr_s_cet || env->msr_int_ssp_tab || ANY(msr_pl_ssp))
SUBSECTION(cet, VMSTATE_UINT64(env.msr_u_cet, X86CPU), VMSTATE_UINT64(env.msr_s_cet, X86CPU),
           VMSTATE_UINT64_ARRAY(env.msr_pl_ssp, X86CPU, 4),
           VMSTATE_UINT64(env.msr_int_ssp_tab, X86CPU));

NEEDED(spec_ctrl, env->msr_spec_ctrl || env->msr_virt_ssbd)
SUBSECTION(spec_ctrl, VMSTATE_UINT64(env.msr_spec_ctrl, X86CPU),
           VMSTATE_UINT64(env.msr_virt_ssbd, X86CPU));

NEEDED(tsx_ctrl, env->msr_tsx_ctrl != 0)
SUBSECTION(tsx_ctrl, VMSTATE_UINT64(env.msr_tsx_ctrl, X86CPU));

NEEDED(umwait, env->msr_umwait != 0)
SUBSECTION(umwait, VMSTATE_UINT64(env.msr_umwait, X86CPU));

NEEDED(debugctl, env->msr_debugctl || env->msr_hwcr)
SUBSECTION(debugctl, VMSTATE_UINT64(env.msr_debugctl, X86CPU),
           VMSTATE_UINT64(env.msr_hwcr, X86CPU));

NEEDED(last_branch,
       env->msr_branch_from || env->msr_branch_to || env->msr_int_from || env->msr_int_to)
SUBSECTION(last_branch, VMSTATE_UINT64(env.msr_branch_from, X86CPU),
           VMSTATE_UINT64(env.msr_branch_to, X86CPU), VMSTATE_UINT64(env.msr_int_from, X86CPU),
           VMSTATE_UINT64(env.msr_int_to, X86CPU));

static bool feature_control_needed(void *opaque)
{
    return ((X86CPU *)opaque)->env.msr_feature_control != 0;
}
SUBSECTION(feature_control, VMSTATE_UINT64(env.msr_feature_control, X86CPU));

static bool smi_count_needed(void *opaque)
{
    X86CPU *cpu = opaque;

    return cpu->migrate_smi_count && cpu->env.msr_smi_count;
}
SUBSECTION(smi_count, VMSTATE_UINT64(env.msr_smi_count, X86CPU));

NEEDED(svm, (env->hflags & HF_GUEST) || env->hflags2 & HF2_GIF_CLEAR || env->svm.hsave_pa ||
                env->svm.vm_cr)
SUBSECTION(svm, VMSTATE_UINT64(env.svm.hsave_pa, X86CPU), VMSTATE_UINT64(env.svm.vm_cr, X86CPU),
           VMSTATE_UINT64(env.svm.vmcb, X86CPU),
           VMSTATE_UINT32_ARRAY(env.svm.intercept, X86CPU, X86_SVM_INTERCEPTS),
           VMSTATE_UINT64(env.svm.iopm, X86CPU), VMSTATE_UINT64(env.svm.msrpm, X86CPU),
           VMSTATE_UINT64(env.svm.tsc_offset, X86CPU), VMSTATE_UINT64(env.svm.int_ctl, X86CPU),
           VMSTATE_UINT64(env.svm.virt_ext, X86CPU), VMSTATE_BOOL(env.svm.nested_paging, X86CPU),
           VMSTATE_UINT64(env.svm.ncr3, X86CPU), VMSTATE_UINT64(env.svm.nested_cr4, X86CPU),
           VMSTATE_UINT64(env.svm.nested_efer, X86CPU), VMSTATE_UINT64(env.svm.host_pat, X86CPU),
           VMSTATE_UINT64(env.svm.delivering, X86CPU), VMSTATE_UINT64(env.svm.inject, X86CPU),
           VMSTATE_UINT64(env.svm.inject_rip, X86CPU), VMSTATE_UINT64(env.svm.exit_code, X86CPU),
           VMSTATE_UINT64(env.svm.exit_info1, X86CPU), VMSTATE_UINT64(env.svm.exit_info2, X86CPU),
           VMSTATE_UINT64(env.svm.exit_next_rip, X86CPU),
           VMSTATE_UINT64(env.svm.fault_address, X86CPU));

NEEDED(kvmclock, env->kvm_system_time_msr || env->kvm_wall_clock_msr)
SUBSECTION(kvmclock, VMSTATE_UINT64(env.kvm_wall_clock_msr, X86CPU),
           VMSTATE_UINT64(env.kvm_system_time_msr, X86CPU));

NEEDED(kvm_pv, env->kvm_async_pf_en_msr || env->kvm_async_pf_int_msr || env->kvm_pv_eoi_en_msr ||
                   env->kvm_steal_time_msr || env->kvm_poll_control_msr != 1)
SUBSECTION(kvm_pv, VMSTATE_UINT64(env.kvm_async_pf_en_msr, X86CPU),
           VMSTATE_UINT64(env.kvm_async_pf_int_msr, X86CPU),
           VMSTATE_UINT64(env.kvm_pv_eoi_en_msr, X86CPU),
           VMSTATE_UINT64(env.kvm_steal_time_msr, X86CPU),
           VMSTATE_UINT64(env.kvm_poll_control_msr, X86CPU));

NEEDED(hyperv,
       env->hv_guest_os_id || env->hv_hypercall || env->hv_reference_tsc || env->hv_vp_assist_page)
SUBSECTION(hyperv, VMSTATE_UINT64(env.hv_guest_os_id, X86CPU),
           VMSTATE_UINT64(env.hv_hypercall, X86CPU), VMSTATE_UINT64(env.hv_reference_tsc, X86CPU),
           VMSTATE_UINT64(env.hv_vp_assist_page, X86CPU));

/* Events on their way into the guest (KVM), and a fault whose payload is not written yet. */
NEEDED(events, env->exception_pending || env->exception_injected || env->exception_has_payload ||
                   env->nmi_injected || env->nmi_pending || env->smi_pending ||
                   env->triple_fault_pending)
SUBSECTION(events, VMSTATE_UINT8(env.exception_pending, X86CPU),
           VMSTATE_UINT8(env.exception_injected, X86CPU),
           VMSTATE_UINT8(env.exception_has_payload, X86CPU),
           VMSTATE_INT32(env.exception_nr, X86CPU), VMSTATE_UINT64(env.exception_payload, X86CPU),
           VMSTATE_INT32(env.error_code, X86CPU), VMSTATE_UINT8(env.has_error_code, X86CPU),
           VMSTATE_UINT8(env.nmi_pending, X86CPU), VMSTATE_UINT8(env.nmi_injected, X86CPU),
           VMSTATE_UINT8(env.smi_pending, X86CPU), VMSTATE_BOOL(env.triple_fault_pending, X86CPU));

NEEDED(monitor, env->monitor_armed)
SUBSECTION(monitor, VMSTATE_BOOL(env.monitor_armed, X86CPU),
           VMSTATE_UINT64(env.monitor_paddr, X86CPU));

NEEDED(tsc_khz, env->tsc_khz != 0)
SUBSECTION(tsc_khz, VMSTATE_INT64(env.tsc_khz, X86CPU));

static const VMStateDescription vmstate_mtrr_var = {
    .name = "mtrr_var",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT64(base, X86MTRRVar),
            VMSTATE_UINT64(mask, X86MTRRVar),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- the whole ---- */

const VMStateDescription vmstate_x86_cpu = {
    .name = "cpu",
    .version_id = 12,
    .minimum_version_id = 12,
    .pre_save = cpu_pre_save,
    .pre_load = cpu_pre_load,
    .post_load = cpu_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT64_ARRAY(env.regs, X86CPU, CPU_NB_REGS),
            VMSTATE_UINT64(env.eip, X86CPU),
            VMSTATE_UINT64(env.eflags, X86CPU),
            VMSTATE_UINT32(env.hflags, X86CPU),
            VMSTATE_UINT32(env.hflags2, X86CPU),
            VMSTATE_UINT64(env.a20_mask, X86CPU),
            VMSTATE_STRUCT_ARRAY(env.segs, X86CPU, X86_NB_SEGS, 0, vmstate_segment, SegmentCache),
            VMSTATE_SEGMENT(env.ldt, X86CPU),
            VMSTATE_SEGMENT(env.tr, X86CPU),
            VMSTATE_SEGMENT(env.gdt, X86CPU),
            VMSTATE_SEGMENT(env.idt, X86CPU),
            VMSTATE_UINT64_ARRAY(env.cr, X86CPU, 5),
            VMSTATE_UINT64_ARRAY(env.dr, X86CPU, 8),
            VMSTATE_UINT64(env.efer, X86CPU),
            VMSTATE_UINT64(env.xcr0, X86CPU),
            VMSTATE_UINT64_ARRAY(env.pdptr, X86CPU, 4),
            VMSTATE_INT32(env.old_exception, X86CPU),

            VMSTATE_UINT16(env.fpu.legacy.fcw, X86CPU),
            VMSTATE_UINT16(env.fpu.legacy.fsw, X86CPU),
            VMSTATE_UINT8(env.fpu.legacy.ftw, X86CPU),
            VMSTATE_UINT16(env.fpu.legacy.fopcode, X86CPU),
            VMSTATE_UINT64(env.fpu.legacy.fpip, X86CPU),
            VMSTATE_UINT64(env.fpu.legacy.fpdp, X86CPU),
            VMSTATE_UINT32(env.fpu.legacy.mxcsr, X86CPU),
            VMSTATE_BUFFER_UNSAFE(env.fpu.legacy.st, X86CPU, 0,
                                  sizeof_field(X86LegacyXSaveArea, st)),
            VMSTATE_UINT64_2DARRAY(env.fpu.legacy.xmm, X86CPU, 16, 2),
            VMSTATE_UINT64(env.fpu.header.xstate_bv, X86CPU),

            VMSTATE_UINT64(env.star, X86CPU),
            VMSTATE_UINT64(env.lstar, X86CPU),
            VMSTATE_UINT64(env.cstar, X86CPU),
            VMSTATE_UINT64(env.fmask, X86CPU),
            VMSTATE_UINT64(env.kernelgsbase, X86CPU),
            VMSTATE_UINT64(env.sysenter_cs, X86CPU),
            VMSTATE_UINT64(env.sysenter_esp, X86CPU),
            VMSTATE_UINT64(env.sysenter_eip, X86CPU),
            VMSTATE_UINT64(env.tsc_offset, X86CPU),
            VMSTATE_UINT64(env.tsc_adjust, X86CPU),
            VMSTATE_UINT64(env.tsc_aux, X86CPU),
            VMSTATE_UINT64(env.tsc_deadline, X86CPU),
            VMSTATE_UINT64(env.pat, X86CPU),
            VMSTATE_UINT64_ARRAY(env.mtrr_fixed, X86CPU, MTRR_FIXED_NUM),
            VMSTATE_UINT64(env.mtrr_deftype, X86CPU),
            VMSTATE_STRUCT_ARRAY(env.mtrr_var, X86CPU, MTRR_VAR_MAX, 0, vmstate_mtrr_var,
                                 X86MTRRVar),
            VMSTATE_UINT64(env.mcg_cap, X86CPU),
            VMSTATE_UINT64(env.mcg_status, X86CPU),
            VMSTATE_UINT64(env.mcg_ctl, X86CPU),
            VMSTATE_UINT64(env.mcg_ext_ctl, X86CPU),
            VMSTATE_UINT64_ARRAY(env.mce_banks, X86CPU, MCE_BANKS_DEF * 4),
            VMSTATE_UINT64(env.msr_misc_enable, X86CPU),
            VMSTATE_UINT64(env.smbase, X86CPU),

            VMSTATE_INT32(env.interrupt_injected, X86CPU),
            VMSTATE_UINT8(env.soft_interrupt, X86CPU),
            VMSTATE_UINT32(env.sipi_vector, X86CPU),
            VMSTATE_END_OF_LIST(),
        },
    .subsections =
        (const VMStateDescription *const[]){
            &vmstate_avx,       &vmstate_avx512,      &vmstate_amx_xtile,
            &vmstate_mpx,       &vmstate_pkru,        &vmstate_pkrs,
            &vmstate_xss,       &vmstate_xfd,         &vmstate_cet,
            &vmstate_spec_ctrl, &vmstate_tsx_ctrl,    &vmstate_umwait,
            &vmstate_debugctl,  &vmstate_last_branch, &vmstate_feature_control,
            &vmstate_smi_count, &vmstate_kvmclock,    &vmstate_kvm_pv,
            &vmstate_hyperv,    &vmstate_events,      &vmstate_monitor,
            &vmstate_tsc_khz,   &vmstate_svm,         NULL,
        },
};
